/* store/inbox.c - what may want an answer: which messages, why, and until when they are put off */
#include "base/runs.h"
#include "base/utf8.h"
#include "store/private.h"

void store_put_inbox(struct store *s, const struct inbox_item *i)
{
    STORE_WRITE(s, S_PUT_INBOX, v_int(i->message), v_int(i->chat), v_int(i->why), v_int(i->time),
                v_int(i->until));
}

void store_drop_inbox(struct store *s, int64_t message)
{
    STORE_WRITE(s, S_DROP_INBOX, v_int(message));
}

void store_load_inbox(struct store *s, store_inbox_fn *fn, void *user)
{
    sqlite3_stmt *q = STORE_READ(s, S_INBOX, v_int(INBOX_MAX));
    while (store_row(s, q)) {
        int64_t why = sqlite3_column_int64(q, 2);
        struct inbox_item i = {.message = sqlite3_column_int64(q, 0),
                               .chat = sqlite3_column_int64(q, 1),
                               .time = sqlite3_column_int64(q, 3),
                               .until = sqlite3_column_int64(q, 4),
                               .who = column_dup(q, 5)};
        char *body = column_dup(q, 6), *spans = column_dup(q, 7);
        struct buf text = {0};
        runs_add_covered(&text, body, spans);
        i.text = !body ? NULL : xstrndup(buf_str(&text), utf8_floor(buf_str(&text), text.len, MIN(text.len, (size_t)INBOX_TEXT)));
        buf_free(&text);
        free(body);
        free(spans);
        i.why = why > 0 && why < N_INBOX_WHY ? (enum inbox_why)why : INBOX_DIRECT;
        fn(user, &i);
    }
}
