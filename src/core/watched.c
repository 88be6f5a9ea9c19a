/* core/watched.c - does anybody look at kith? Backends are told, so that servers can hold back what has time */
#include "core/private.h"

enum {
    UNFOCUSED_MS = 60 * 1000, /* a terminal without the focus may still be in sight: so long it counts */
    DETACHED_MS = 5 * 1000    /* and so long a terminal that went: it may be on its way back */
};

static void tell(struct core_account *ca)
{
    struct wire_op op = {.size = sizeof op, .type = OP_WATCHED, .number = !ca->core->unwatched};
    link_op(ca, &op, -1, NULL);
}

static void say(struct core *c, bool watched)
{
    if (c->unwatched == !watched || c->stopping)
        return;
    c->unwatched = !watched;
    for (size_t i = 0; i < c->model->n_accounts; i++)
        tell(c->model->accounts[i]->core);
}

static void on_time(void *user)
{
    struct core *c = user;
    c->unwatched_timer = NULL;
    say(c, false);
}

void watched_update(struct core *c)
{
    bool focused = false;
    for (size_t i = 0; i < c->n_looks; i++)
        focused |= c->looks[i].focused;
    if (focused || c->n_looks == 0) { /* the last one that went makes the wait short */
        loop_timer_del(c->unwatched_timer);
        c->unwatched_timer = NULL;
    }
    if (focused) {
        say(c, true);
    } else if (!c->unwatched && !c->unwatched_timer) {
        int64_t wait = c->n_looks ? UNFOCUSED_MS : DETACHED_MS;
        if (c->p.unwatched_ms)
            wait = c->p.unwatched_ms;
        c->unwatched_timer = loop_timer_add(c->loop, wait, on_time, c);
    }
}

void core_looks(struct core *c, const void *view, enum core_look how)
{
    size_t i = 0;
    while (i < c->n_looks && c->looks[i].view != view)
        i++;
    if (i < c->n_looks && how == LOOK_GONE) {
        VEC_DEL(c->looks, c->n_looks, i);
    } else if (i < c->n_looks) {
        c->looks[i].focused = how == LOOK_FOCUSED;
    } else if (how != LOOK_GONE) {
        struct looker look = {view, how == LOOK_FOCUSED};
        VEC_PUSH(c->looks, c->n_looks, c->cap_looks, look);
    }
    watched_update(c);
}

void watched_connect(struct core_account *ca)
{
    if (ca->core->unwatched)
        tell(ca);
}
