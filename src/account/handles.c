/* account/handles.c - descriptors and timers as numbers, for plugins; reading stops while the
 * engine is behind */
#include "account/handles.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

/* A handle is a slot's index and how often the slot was used: an old one never hits a new owner. */
#define SLOT_BITS 12
#define SLOTS_MAX (1u << SLOT_BITS)
#define USES_MAX (1u << 18)

enum slot_kind { SLOT_FREE = 0, SLOT_IO, SLOT_TIMER };
struct slot {
    enum slot_kind kind;
    uint32_t uses;
    int handle;
    struct handles *h;
    void *user;
    kith_io_fn *io_fn;
    kith_timer_fn *timer_fn;
    struct loop_io *io; /* NULL while nothing is wanted */
    struct loop_timer *timer;
    int fd;
    unsigned want;
};
struct handles {
    struct loop *loop;
    struct slot **slots;
    size_t n, cap;
    bool held;
};

struct handles *handles_new(struct loop *loop)
{
    struct handles *h = xcalloc(1, sizeof *h);
    h->loop = loop;
    return h;
}

static void slot_clear(struct slot *s)
{
    loop_io_del(s->io);
    loop_timer_del(s->timer);
    s->io = NULL;
    s->timer = NULL;
    s->kind = SLOT_FREE;
    s->handle = 0;
}

void handles_free(struct handles *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n; i++) {
        slot_clear(h->slots[i]);
        free(h->slots[i]);
    }
    free(h->slots);
    free(h);
}

static struct slot *slot_new(struct handles *h, enum slot_kind kind)
{
    size_t i = 0;
    while (i < h->n && h->slots[i]->kind != SLOT_FREE)
        i++;
    if (i >= SLOTS_MAX)
        return NULL;
    if (i == h->n)
        VEC_PUSH(h->slots, h->n, h->cap, xcalloc(1, sizeof(struct slot)));
    struct slot *s = h->slots[i];
    s->kind = kind;
    s->h = h;
    s->uses = s->uses % (USES_MAX - 1) + 1;
    s->handle = (int)(s->uses << SLOT_BITS | (uint32_t)i);
    return s;
}

static struct slot *slot_find(struct handles *h, int handle, enum slot_kind kind)
{
    size_t i = (uint32_t)handle & (SLOTS_MAX - 1);
    if (handle <= 0 || i >= h->n || h->slots[i]->handle != handle || h->slots[i]->kind != kind)
        return NULL;
    return h->slots[i];
}

static void on_io(void *user, int fd, unsigned ready)
{
    struct slot *s = user;
    s->io_fn(s->user, fd, ready);
}

/* Nothing wanted means not watched at all: a peer that hung up must not wake a held loop again and
 * again. */
static void io_apply(struct slot *s)
{
    unsigned want = s->want & (KITH_IO_READ | KITH_IO_WRITE);
    if (s->h->held)
        want &= ~KITH_IO_READ;
    if (want == 0) {
        loop_io_del(s->io);
        s->io = NULL;
    } else if (s->io) {
        loop_io_want(s->io, want);
    } else {
        s->io = loop_io_add(s->h->loop, s->fd, want, on_io, s);
    }
}

int handles_io_add(struct handles *h, int fd, unsigned want, kith_io_fn *fn, void *user)
{
    if (fd < 0 || !fn)
        return KITH_EINVAL;
    struct slot *s = slot_new(h, SLOT_IO);
    if (!s)
        return KITH_ELIMIT;
    s->fd = fd;
    s->want = want;
    s->io_fn = fn;
    s->user = user;
    io_apply(s);
    return s->handle;
}

int handles_io_set(struct handles *h, int handle, unsigned want)
{
    struct slot *s = slot_find(h, handle, SLOT_IO);
    if (!s)
        return KITH_EINVAL;
    s->want = want;
    io_apply(s);
    return KITH_OK;
}

void handles_io_del(struct handles *h, int handle)
{
    struct slot *s = slot_find(h, handle, SLOT_IO);
    if (s)
        slot_clear(s);
}

static void on_timer(void *user)
{
    struct slot *s = user;
    kith_timer_fn *fn = s->timer_fn;
    void *arg = s->user;
    s->timer = NULL;
    slot_clear(s);
    fn(arg);
}

int handles_timer_add(struct handles *h, int64_t after_ms, kith_timer_fn *fn, void *user)
{
    if (!fn)
        return KITH_EINVAL;
    struct slot *s = slot_new(h, SLOT_TIMER);
    if (!s)
        return KITH_ELIMIT;
    s->timer_fn = fn;
    s->user = user;
    s->timer = loop_timer_add(h->loop, MAX(after_ms, 0), on_timer, s);
    return s->handle;
}

void handles_timer_del(struct handles *h, int handle)
{
    struct slot *s = slot_find(h, handle, SLOT_TIMER);
    if (s)
        slot_clear(s);
}

void handles_hold(struct handles *h, bool hold)
{
    if (h->held == hold)
        return;
    h->held = hold;
    for (size_t i = 0; i < h->n; i++)
        if (h->slots[i]->kind == SLOT_IO)
            io_apply(h->slots[i]);
}
