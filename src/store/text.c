/* store/text.c - full text: filled a little at a time when nothing is due, and searched */
#include "base/buf.h"
#include "base/clock.h"
#include "store/private.h"

enum { CHUNK = 16 }; /* rows between two looks at the clock */

struct chunk {
    int64_t id[CHUNK];
    char *body[CHUNK];
    size_t n;
};

static void read_chunk(struct store *s, struct chunk *c)
{
    sqlite3_stmt *q = STORE_READ(s, S_UNINDEXED, v_int(s->indexed), v_int(CHUNK));
    c->n = 0;
    while (store_row(s, q) && c->n < CHUNK) {
        c->id[c->n] = sqlite3_column_int64(q, 0);
        c->body[c->n++] = column_dup(q, 1);
    }
    store_done(q);
}

bool store_index_slice(struct store *s, int64_t budget_us)
{
    struct chunk c;
    int64_t until = clock_mono_us() + budget_us, from = s->indexed;
    bool more = true;
    while (more && !s->waiting && clock_mono_us() < until) {
        read_chunk(s, &c);
        for (size_t i = 0; i < c.n; i++) {
            if (c.body[i])
                STORE_WRITE(s, S_TEXT_ADD, v_int(c.id[i]), v_text(c.body[i]));
            s->indexed = c.id[i];
            free(c.body[i]);
        }
        more = c.n == CHUNK;
    }
    if (s->indexed != from)
        STORE_WRITE(s, S_PUT_INDEXED, v_int(s->indexed));
    return more && !s->waiting;
}

/* The user's words as an FTS5 expression: each quoted, so that nothing in them is syntax. */
static char *expression(const char *words)
{
    struct buf b = {0};
    while (*words) {
        size_t n = strcspn(words, " \t\n");
        if (n > 0) {
            buf_adds(&b, b.len > 0 ? " \"" : "\"");
            for (size_t i = 0; i < n; i++) {
                if (words[i] == '"')
                    buf_addc(&b, '"');
                buf_addc(&b, words[i]);
            }
            buf_adds(&b, "\"");
        }
        words += n + (words[n] != '\0');
    }
    return buf_take(&b);
}

struct hit {
    int64_t id, chat;
};

static void tell_hits(struct store *s, const struct hit *v, size_t n, store_hit_fn *fn, void *user)
{
    for (size_t i = 0; i < n; i++) {
        struct message *m = store_message(s, NULL, v[i].id);
        bool go_on = !m || fn(user, v[i].chat, m);
        message_free(m);
        if (!go_on)
            return;
    }
}

int store_search(struct store *s, const struct chat *c, const char *words, size_t max,
                 store_hit_fn *fn, void *user, struct err *e)
{
    char *match = expression(words);
    struct hit *hits = NULL;
    size_t n = 0, cap = 0;
    if (!*match) {
        free(match);
        return err_set(e, KITH_EINVAL, "there is nothing to search for");
    }
    sqlite3_stmt *q =
        STORE_READ(s, S_SEARCH, v_text(match), v_int(c ? c->id : 0), v_int((int64_t)max));
    while (store_row(s, q)) {
        struct hit h = {sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1)};
        VEC_PUSH(hits, n, cap, h);
    }
    free(match);
    tell_hits(s, hits, n, fn, user);
    free(hits);
    return (int)n;
}
