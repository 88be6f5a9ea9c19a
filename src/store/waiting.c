/* store/waiting.c - edits, withdrawals and reactions that came before the message they are about */
#include <inttypes.h>

#include "store/aside.h"

enum { WAITING_MOST = 1000 }; /* of a chat: nobody fills the disk with changes of what never comes */

size_t store_count_waiting(struct store *s, const struct chat *c)
{
    return (size_t)STORE_READ_INT(s, S_COUNT_WAITING, 0, v_int(c->id));
}

/* One that is not to be on the disk. */
static char *aside_name(const struct chat *c, int64_t target, int64_t change)
{
    return xasprintf("%" PRId64 " %" PRId64 " %" PRId64, c->id, target, change);
}

static void put_aside(struct store *s, const struct chat *c, const struct store_change *w, int64_t change)
{
    if (!w->body)
        return;
    char *name = aside_name(c, store_key(w->target), change);
    free(map_set(&s->aside_changes, name, xstrdup(w->body)));
    free(name);
}

static void take_aside(struct store *s, const struct chat *c, struct store_change *w)
{
    char *name = aside_name(c, store_key(w->target), store_key(w->ref ? w->ref : ""));
    char *body = map_del(&s->aside_changes, name);
    if (body)
        str_take(&w->body, body);
    free(name);
}

void store_add_waiting(struct store *s, const struct chat *c, const struct store_change *w)
{
    if (store_count_waiting(s, c) >= WAITING_MOST)
        return;
    bool kept = !(c->flags & CHAT_UNKEPT);
    STORE_WRITE(s, S_ADD_WAITING, v_int(c->id), v_int(store_key(w->target)),
                v_int(store_key(w->ref ? w->ref : "")), v_int(w->flags), v_int(w->time),
                v_int(w->shown), v_text(w->target), v_text(w->ref), v_text(w->sender),
                v_text(w->sender_id), kept ? v_text(w->body) : v_null(), kept ? v_text(w->spans) : v_null());
    if (!kept)
        put_aside(s, c, w, store_key(w->ref ? w->ref : ""));
}

struct store_change *store_take_waiting(struct store *s, const struct chat *c, const char *ref,
                                        size_t *n)
{
    struct store_change *v = NULL;
    size_t cap = 0;
    *n = 0;
    sqlite3_stmt *q = STORE_READ(s, S_WAITING, v_int(c->id), v_int(store_key(ref)));
    while (store_row(s, q)) {
        struct store_change one = {.flags = (uint32_t)sqlite3_column_int64(q, 0),
                                   .time = sqlite3_column_int64(q, 1),
                                   .shown = sqlite3_column_int64(q, 2),
                                   .target = column_dup(q, 3),
                                   .ref = column_dup(q, 4),
                                   .sender = column_dup(q, 5),
                                   .sender_id = column_dup(q, 6),
                                   .body = column_dup(q, 7),
                                   .spans = column_dup(q, 8)};
        if (s->aside_changes.n > 0 && one.target)
            take_aside(s, c, &one);
        VEC_PUSH(v, *n, cap, one);
    }
    if (*n > 0)
        STORE_WRITE(s, S_DROP_WAITING, v_int(c->id), v_int(store_key(ref)));
    return v;
}

void store_changes_free(struct store_change *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(v[i].target);
        free(v[i].ref);
        free(v[i].sender);
        free(v[i].sender_id);
        free(v[i].body);
        free(v[i].spans);
    }
    free(v);
}
