/* base/map.c - hash map from strings to pointers; keys are copied, order of insertion is kept */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif

#include "base/log.h"
#include "base/mem.h"

/* Keys are often chosen by strangers (nicks, addresses), so the hash is SipHash-1-3 under a key of
 * this process: the 16 random bytes that the kernel hands every program. */
static void hash_key(uint64_t key[2])
{
    const void *p = NULL;
#ifdef __linux__
    p = (const void *)getauxval(AT_RANDOM); /* NOLINT(performance-no-int-to-ptr) */
#endif
    key[0] = (uint64_t)(uintptr_t)&hash_key;
    key[1] = (uint64_t)(uintptr_t)key;
    if (p)
        memcpy(key, p, 16);
    else
        key[1] = ~key[0]; /* the address alone differs by run */
}

static uint64_t rotl(uint64_t x, int b)
{
    return (x << b) | (x >> (64 - b));
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

static uint64_t hash_of(const char *s)
{
    uint64_t k[2];
    hash_key(k);
    uint64_t v[4] = {k[0] ^ 0x736f6d6570736575u, k[1] ^ 0x646f72616e646f6du,
                     k[0] ^ 0x6c7967656e657261u, k[1] ^ 0x7465646279746573u};
    size_t len = strlen(s), left = len;
    for (; left >= 8; left -= 8, s += 8) {
        uint64_t m;
        memcpy(&m, s, 8);
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
    }
    uint64_t last = (uint64_t)len << 56;
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)(unsigned char)s[i] << (8 * i);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The index is open addressing: 0 = free, else number of the entry + 1. A deleted entry keeps its
 * place in the index (its key is NULL) until the next rebuild. */
static struct map_entry *find(const struct map *m, const char *key, uint64_t hash)
{
    if (!m->n_index)
        return NULL;
    size_t mask = m->n_index - 1;
    for (size_t i = hash & mask; m->index[i]; i = (i + 1) & mask) {
        struct map_entry *e = &m->entries[m->index[i] - 1];
        if (e->key && e->hash == hash && strcmp(e->key, key) == 0)
            return e;
    }
    return NULL;
}

static void index_add(struct map *m, uint64_t hash, size_t at)
{
    size_t mask = m->n_index - 1, i = hash & mask;
    while (m->index[i])
        i = (i + 1) & mask;
    m->index[i] = (uint32_t)(at + 1);
}

/* Squeezes deleted entries out, grows when the live ones need it, and builds the index anew. */
static void rebuild(struct map *m)
{
    size_t live = 0;
    for (size_t i = 0; i < m->n_entries; i++)
        if (m->entries[i].key)
            m->entries[live++] = m->entries[i];
    m->n_entries = live;
    if (live * 4 >= m->cap_entries * 3) {
        m->cap_entries = m->cap_entries ? m->cap_entries * 2 : 8;
        ENSURE(m->cap_entries < UINT32_MAX / 2);
        m->entries = xreallocarray(m->entries, m->cap_entries, sizeof *m->entries);
        m->n_index = m->cap_entries * 2;
        free(m->index);
        m->index = xcalloc(m->n_index, sizeof *m->index);
    } else {
        memset(m->index, 0, m->n_index * sizeof *m->index);
    }
    for (size_t i = 0; i < live; i++)
        index_add(m, m->entries[i].hash, i);
}

void *map_get(const struct map *m, const char *key)
{
    if (!m->n)
        return NULL;
    struct map_entry *e = find(m, key, hash_of(key));
    return e ? e->value : NULL;
}

void *map_set(struct map *m, const char *key, void *value)
{
    ENSURE(value != NULL);
    uint64_t hash = hash_of(key);
    struct map_entry *e = find(m, key, hash);
    if (e) {
        void *old = e->value;
        e->value = value;
        return old;
    }
    if (m->n_entries == m->cap_entries)
        rebuild(m);
    m->entries[m->n_entries] = (struct map_entry){xstrdup(key), value, hash};
    index_add(m, hash, m->n_entries++);
    m->n++;
    return NULL;
}

void *map_del(struct map *m, const char *key)
{
    struct map_entry *e = m->n ? find(m, key, hash_of(key)) : NULL;
    if (!e)
        return NULL;
    void *value = e->value;
    free(e->key);
    e->key = NULL;
    e->value = NULL;
    m->n--;
    return value;
}

void map_free(struct map *m, void (*free_value)(void *))
{
    struct map old = *m;
    *m = (struct map){0};
    for (size_t i = 0; i < old.n_entries; i++) {
        if (!old.entries[i].key)
            continue;
        free(old.entries[i].key);
        if (free_value)
            free_value(old.entries[i].value);
    }
    free(old.entries);
    free(old.index);
}

struct map_entry *map_next(const struct map *m, struct map_entry *e)
{
    struct map_entry *end = m->entries ? m->entries + m->n_entries : NULL;
    for (e = e ? e + 1 : m->entries; e < end; e++)
        if (e->key)
            return e;
    return NULL;
}
