/* store/outbox.c - rows of what has been written and may not have arrived */
#include "store/private.h"

void store_add_outgoing(struct store *s, struct store_outgoing *o)
{
    o->id = s->next_outgoing++;
    STORE_WRITE(s, S_ADD_OUTGOING, v_int(o->id), v_int(o->chat), v_int(o->message), v_int(o->op),
                v_int(o->flags), v_int(o->attempts), v_int(o->written), v_text(o->origin_id),
                v_text(o->target), v_text(o->body), v_text(o->reply_to), v_text(o->reply_sender),
                v_text(o->reply_body), v_text(o->thread), v_text(o->spans));
}

void store_put_attempts(struct store *s, const struct store_outgoing *o)
{
    STORE_WRITE(s, S_PUT_ATTEMPTS, v_int(o->id), v_int(o->attempts));
}

void store_put_outgoing(struct store *s, const struct store_outgoing *o)
{
    scrub_want(s);
    STORE_WRITE(s, S_PUT_OUTGOING, v_int(o->id), v_text(o->body), v_text(o->failure),
                v_text(o->spans));
}

void store_drop_outgoing(struct store *s, int64_t id)
{
    STORE_WRITE(s, S_DROP_OUTGOING, v_int(id));
    scrub_want(s);
}

void store_outgoing_clear(struct store_outgoing *o)
{
    char *const texts[] = {o->origin_id,    o->target,     o->body,  o->reply_to,
                           o->reply_sender, o->reply_body, o->thread, o->failure, o->spans};
    for (size_t i = 0; i < COUNT(texts); i++)
        free(texts[i]);
    *o = (struct store_outgoing){0};
}

void store_load_outbox(struct store *s, store_outgoing_fn *fn, void *user)
{
    sqlite3_stmt *q = STORE_READ(s, S_OUTBOX, v_null());
    while (store_row(s, q)) {
        struct store_outgoing o = {
            .id = sqlite3_column_int64(q, 0),
            .chat = sqlite3_column_int64(q, 1),
            .message = sqlite3_column_int64(q, 2),
            .op = (uint32_t)sqlite3_column_int64(q, 3),
            .flags = (uint32_t)sqlite3_column_int64(q, 4),
            .attempts = sqlite3_column_int(q, 5),
            .written = sqlite3_column_int64(q, 6),
            .origin_id = column_dup(q, 7),
            .target = column_dup(q, 8),
            .body = column_dup(q, 9),
            .reply_to = column_dup(q, 10),
            .reply_sender = column_dup(q, 11),
            .reply_body = column_dup(q, 12),
            .thread = column_dup(q, 13),
            .failure = column_dup(q, 14),
            .spans = column_dup(q, 15),
        };
        fn(user, &o);
    }
}
