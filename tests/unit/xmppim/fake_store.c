/* unit/xmppim/fake_store.c - what the host keeps for an account, and a process that is killed at one of its uses */
#include "fake_x.h"

#include <stdlib.h>

#include "fake_inner.h"

static struct x *session(struct kith_account *a)
{
    return (struct x *)(uintptr_t)a; /* as x_account() has it */
}

struct kept { /* a value that the host keeps, with a NUL behind it */
    size_t len;
    char data[];
};

void fake_copy_store(struct map *to, const struct map *from)
{
    map_free(to, free);
    for (struct map_entry *e = NULL; (e = map_next(from, e));) {
        const struct kept *v = e->value;
        struct kept *copy = xmalloc(sizeof *copy + v->len + 1);
        memcpy(copy, v, sizeof *v + v->len + 1);
        map_set(to, e->key, copy);
    }
}

/* ---- a process that is killed ---- */

void fake_kill_at(struct x *x, int n)
{
    x->kill_in = n;
    x->killed = false;
}

bool fake_killed(const struct x *x)
{
    return x->killed;
}

size_t fake_sent_before_kill(const struct x *x)
{
    return x->killed ? x->sent_then : x->sent.n;
}

size_t fake_emitted_before_kill(const struct x *x)
{
    return x->killed ? x->events_then : x->events.n;
}

static void use_store(struct x *x)
{
    if (x->kill_in == 0 || --x->kill_in > 0)
        return;
    x->killed = true;
    x->sent_then = x->sent.n;
    x->events_then = x->events.n;
    fake_copy_store(&x->disk, x->begun ? &x->before : &x->store);
}

void fake_store_restart(struct x *x)
{
    if (x->killed)
        fake_copy_store(&x->store, &x->disk);
    map_free(&x->disk, free);
    x->killed = false;
    x->kill_in = 0;
}

static int host_state_get(struct kith_account *a, const char *key, void *out, size_t cap)
{
    struct x *x = session(a);
    const struct kept *v = map_get(&x->store, key);
    if (!v)
        return KITH_ENOTFOUND;
    if (out)
        memcpy(out, v->data, MIN(v->len, cap));
    return (int)v->len;
}

static int host_state_set(struct kith_account *a, const char *key, const void *data, size_t len)
{
    struct x *x = session(a);
    use_store(x);
    struct kept *v = len ? xmalloc(sizeof *v + len + 1) : NULL;
    if (v) {
        v->len = len;
        memcpy(v->data, data, len);
        v->data[len] = '\0';
    }
    free(v ? map_set(&x->store, key, v) : map_del(&x->store, key));
    return 0;
}

static int host_state_begin(struct kith_account *a)
{
    struct x *x = session(a);
    use_store(x);
    assert_false(x->begun);
    x->begun = true;
    fake_copy_store(&x->before, &x->store);
    return 0;
}

static int host_state_end(struct kith_account *a, int keep)
{
    struct x *x = session(a);
    assert_true(x->begun);
    use_store(x);
    x->begun = false;
    if (!keep)
        fake_copy_store(&x->store, &x->before);
    map_free(&x->before, free);
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int host_state_each(struct kith_account *a, const char *prefix, kith_state_fn *fn, void *user)
{
    struct x *x = session(a);
    char **keys = xcalloc(x->store.n + 1, sizeof *keys);
    size_t n = 0;
    int rc = 0;
    for (struct map_entry *e = NULL; (e = map_next(&x->store, e));) {
        if (str_starts(e->key, prefix))
            keys[n++] = e->key;
    }
    qsort(keys, n, sizeof *keys, by_key);
    for (size_t i = 0; i < n && rc == 0; i++) {
        const struct kept *v = map_get(&x->store, keys[i]);
        rc = fn(user, keys[i], v->data, v->len);
    }
    free(keys);
    return rc;
}

void fake_store_host(struct kith_host *h)
{
    h->state_get = host_state_get;
    h->state_set = host_state_set;
    h->state_begin = host_state_begin;
    h->state_end = host_state_end;
    h->state_each = host_state_each;
}

const char *fake_state(const struct x *x, const char *key)
{
    const struct kept *v = map_get(&x->store, key);
    return v ? v->data : NULL;
}
