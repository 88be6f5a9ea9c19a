/* core/listing.c - rows of answers into the listings of the model, and forgetting those that nobody looks at */
#include "core/private.h"
#include "model/listing.h"

enum { KEEP_MS = 30 * 60 * 1000 };

struct core_listing { /* lives until its answer came */
    struct core *c;
    int64_t id;
};

struct core_listing *core_listing_new(struct core *c, struct account *a, struct chat *chat,
                                      const struct listing_look *look, const char *key,
                                      const char *title, const char *again)
{
    struct listing *l = model_add_listing(c->model, look, key, title);
    l->account = a ? a->id : chat ? chat->account->id : 0;
    l->chat = chat ? chat->id : 0;
    l->again = xstrdup(again);
    struct core_listing *cl = xmalloc(sizeof *cl);
    *cl = (struct core_listing){c, l->id};
    return cl;
}

struct listing *core_listing_of(const struct core_listing *cl)
{
    return model_listing(cl->c->model, cl->id);
}

static const char *field_of(const struct kith_ev_item *item, const char *key)
{
    for (size_t i = 0; key && i < item->n_fields; i++) {
        const struct kith_field *f = KITH_AT(struct kith_field, item->fields, i);
        if (str_eq(f->key, key) && f->n_values > 0)
            return f->values[0];
    }
    return NULL;
}

void core_listing_item(void *user, const struct kith_ev_item *item)
{
    struct core_listing *cl = user;
    struct listing *l = core_listing_of(cl);
    if (!l)
        return;
    struct listing_row row = {.address = item->address,
                              .name = item->name,
                              .words = item->text,
                              .number = item->number};
    for (size_t i = 0; i < LISTING_EXTRAS; i++)
        row.extras[i] = field_of(item, l->look->extra_keys[i]);
    listing_add(l, &row);
}

/* ---- forgetting ---- */

static void forget_old(void *user)
{
    struct core *c = user;
    int64_t oldest = INT64_MAX, now = clock_wall_ms();
    loop_timer_del(c->listing_timer);
    c->listing_timer = NULL;
    for (size_t i = c->model->n_listings; i-- > 0;) {
        struct listing *l = c->model->listings[i];
        if (l->state == LISTING_RUNS || l->shown > 0)
            continue;
        if (now - l->time >= KEEP_MS || now < l->time)
            model_drop_listing(c->model, l);
        else
            oldest = MIN(oldest, l->time);
    }
    if (oldest != INT64_MAX)
        c->listing_timer = loop_timer_add(c->loop, oldest + KEEP_MS - now, forget_old, c);
}

void core_listing_done(void *user, const struct err *e)
{
    struct core_listing *cl = user;
    struct core *c = cl->c;
    struct listing *l = core_listing_of(cl);
    free(cl);
    if (!l)
        return;
    listing_end(l, e && e->code < 0 ? LISTING_FAILED : LISTING_DONE,
                e && e->text[0] ? e->text : NULL);
    if (!c->listing_timer && !c->stopping)
        c->listing_timer = loop_timer_add(c->loop, KEEP_MS, forget_old, c);
}

void core_listing_shown(struct core *c, int64_t id, bool shown)
{
    struct listing *l = model_listing(c->model, id);
    if (!l)
        return;
    l->shown += shown ? 1 : l->shown > 0 ? -1u : 0;
    if (!shown && l->shown == 0 && !c->listing_timer && !c->stopping)
        c->listing_timer = loop_timer_add(c->loop, KEEP_MS, forget_old, c);
}
