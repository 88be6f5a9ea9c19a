/* backends/local/dedupe.c - remembers the last messages of a sender, so that a retry arrives once
 */
#include "backends/local/dedupe.h"

#include <string.h>

static const char seen_magic[4] = {'k', 's', '1', '\n'};

static uint64_t fnv(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return (h ^ 0xffu) * 0x100000001b3u; /* a separator that no string holds */
}

/* Two FNV-1a of 64 bits from different starts. A sender who makes two ids collide harms nobody
 * else. */
static void seen_hash(unsigned char out[SEEN_HASH], const char *room, const char *id)
{
    const uint64_t start[2] = {0xcbf29ce484222325u, 0x9ae16a3b2f90404fu};
    for (int k = 0; k < 2; k++) {
        uint64_t h = fnv(fnv(start[k], room ? room : ""), id);
        h ^= h >> 29;
        for (int i = 0; i < 8; i++)
            out[k * 8 + i] = (unsigned char)(h >> (8 * i));
    }
}

bool seen_has(const struct seen *s, const char *room, const char *id)
{
    unsigned char h[SEEN_HASH];
    seen_hash(h, room, id);
    for (unsigned i = 0; i < s->n; i++) {
        if (memcmp(s->hash[i], h, SEEN_HASH) == 0)
            return true;
    }
    return false;
}

void seen_add(struct seen *s, const char *room, const char *id)
{
    seen_hash(s->hash[s->at], room, id);
    s->at = (s->at + 1) % SEEN_MAX;
    s->n = MIN(s->n + 1, SEEN_MAX);
}

void seen_save(const struct seen *s, struct buf *out)
{
    buf_add(out, seen_magic, sizeof seen_magic);
    unsigned first = (s->at + SEEN_MAX - s->n) % SEEN_MAX;
    for (unsigned i = 0; i < s->n; i++)
        buf_add(out, s->hash[(first + i) % SEEN_MAX], SEEN_HASH);
}

void seen_load(struct seen *s, const void *data, size_t len)
{
    *s = (struct seen){0};
    if (len < sizeof seen_magic || memcmp(data, seen_magic, sizeof seen_magic) != 0)
        return;
    const unsigned char *p = (const unsigned char *)data + sizeof seen_magic;
    size_t n = (len - sizeof seen_magic) / SEEN_HASH;
    for (size_t i = 0; i < n && i < SEEN_MAX; i++, s->n++)
        memcpy(s->hash[i], p + i * SEEN_HASH, SEEN_HASH);
    s->at = s->n % SEEN_MAX;
}
