/* store/find.c - searching the history: the index narrows down, each candidate is looked at */
#include "store/find.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define COLUMNS "m.id, m.chat, m.time, m.sort, m.flags, m.sender, m.sender_name, m.body"

/* Rows lie in the order in which they came: what the archive gave last is the oldest. So more are
 * looked at than are told, and the newest, or the best, of these are. */
enum { LOOK = 3000, LOOK_US = 25000 /* no longer, once there are as many as are wanted */ };

void find_hit_clear(struct find_hit *h)
{
    free(h->sender);
    free(h->sender_name);
    free(h->body);
    free(h->spans);
    *h = (struct find_hit){0};
}

void find_hits_free(struct find_hit *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        find_hit_clear(&v[i]);
    free(v);
}

int find_open(sqlite3 **db, const char *path, struct err *e)
{
    enum { BUSY_MS = 200 };
    *db = NULL;
    int rc = sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = grams_register(*db);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(*db, "PRAGMA query_only = ON; PRAGMA cache_size = -16000", NULL, NULL,
                          NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(*db, BUSY_MS);
        return 0;
    }
    sqlite3_close(*db);
    *db = NULL;
    return err_set(e, KITH_EPROTO, "the history %s cannot be read: %s", path, sqlite3_errstr(rc));
}

/* ---- one candidate ---- */

struct search {
    sqlite3 *db;
    const struct find *f;
    struct folded text;
    int64_t *chats; /* that in: means */
    size_t n_chats, cap_chats;
    struct find_hit *hits;
    size_t n, cap, wanted;
    int64_t until;
};

static bool holds(struct folded *text, const char *where, const struct folded *what)
{
    if (!where)
        return false;
    fold_text(text, where, strlen(where));
    return folded_find(text, what, 0) != SIZE_MAX;
}

static bool sender_fits(struct search *s, sqlite3_stmt *q)
{
    const struct find *f = s->f;
    bool ours = sqlite3_column_int64(q, 4) & KITH_MSG_OUTGOING;
    if (f->from_me)
        return ours;
    if (f->from.n == 0)
        return true;
    const char *sender = (const char *)sqlite3_column_text(q, 5);
    const char *name = (const char *)sqlite3_column_text(q, 6);
    const char *kept = (const char *)sqlite3_column_text(q, 8);
    return holds(&s->text, sender, &f->from) || holds(&s->text, name, &f->from) ||
           (!ours && holds(&s->text, kept, &f->from));
}

static bool has_fits(const struct find *f, sqlite3_stmt *q, const char *body)
{
    bool file = sqlite3_column_int(q, 9) != 0, picture = sqlite3_column_int(q, 10) != 0;
    if ((f->has & FIND_LINK) && !strstr(body, "://"))
        return false;
    return (!(f->has & FIND_FILE) || file) && (!(f->has & FIND_PICTURE) || picture);
}

static bool chat_fits(const struct search *s, int64_t chat)
{
    if (s->f->chat && chat != s->f->chat)
        return false;
    if (s->f->in.n == 0)
        return true;
    for (size_t i = 0; i < s->n_chats; i++) {
        if (s->chats[i] == chat)
            return true;
    }
    return false;
}

/* Finds all terms in the folded text; notes where, and how well. */
static bool terms_fit(struct search *s, struct find_hit *h)
{
    double score = 0;
    for (size_t i = 0; i < s->f->n_terms; i++) {
        const struct folded *term = &s->f->terms[i];
        size_t at = folded_find(&s->text, term, 0), times = 0;
        if (at == SIZE_MAX)
            return false;
        for (; at != SIZE_MAX; at = folded_find(&s->text, term, at + term->n), times++) {
            if (times < 3)
                score += folded_word_at(&s->text, at, term->n) ? 2 : 1;
            if (h->n_spots < FIND_SPOTS) {
                h->spots[h->n_spots].from = s->text.from[at];
                h->spots[h->n_spots++].to = s->text.from[at + term->n];
            }
        }
    }
    h->score = score / (1 + (double)s->text.n / 400); /* short ones say it more clearly */
    return true;
}

static void take(struct search *s, sqlite3_stmt *q)
{
    struct find_hit h = {.message = sqlite3_column_int64(q, 0),
                         .chat = sqlite3_column_int64(q, 1),
                         .time = sqlite3_column_int64(q, 2),
                         .sort = sqlite3_column_int64(q, 3),
                         .flags = (uint32_t)sqlite3_column_int64(q, 4)};
    const char *body = (const char *)sqlite3_column_text(q, 7);
    const struct find *f = s->f;
    if (!body || (f->since && h.time < f->since) || (f->before && h.time >= f->before) ||
        !chat_fits(s, h.chat) || !has_fits(f, q, body) || !sender_fits(s, q))
        return;
    fold_text(&s->text, body, (size_t)sqlite3_column_bytes(q, 7));
    if (!terms_fit(s, &h))
        return;
    h.body = xstrdup(body);
    h.spans = xstrdup((const char *)sqlite3_column_text(q, 11));
    h.sender = xstrdup((const char *)sqlite3_column_text(q, 5));
    h.sender_name = xstrdup((const char *)sqlite3_column_text(q, 6));
    VEC_PUSH(s->hits, s->n, s->cap, h);
}

/* ---- all of them ---- */

static int failed(sqlite3 *db, struct err *e)
{
    return err_set(e, KITH_EPROTO, "the history cannot be read: %s", sqlite3_errmsg(db));
}

static int find_chats(struct search *s, struct err *e)
{
    sqlite3_stmt *q = NULL;
    if (s->f->in.n == 0)
        return 0;
    static const char sql[] =
        "SELECT c.id, c.address, c.name, (SELECT t.name FROM contact t WHERE t.account = c.account "
        "AND t.address = c.address) FROM chat c";
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
        return failed(s->db, e);
    while (sqlite3_step(q) == SQLITE_ROW) {
        bool fits = false;
        for (int i = 1; i <= 3 && !fits; i++)
            fits = holds(&s->text, (const char *)sqlite3_column_text(q, i), &s->f->in);
        if (fits)
            VEC_PUSH(s->chats, s->n_chats, s->cap_chats, sqlite3_column_int64(q, 0));
    }
    sqlite3_finalize(q);
    return s->n_chats > 0 ? 0 : err_set(e, KITH_ENOTFOUND, "no chat is called so (in:)");
}

static bool enough(const struct search *s)
{
    return s->n > LOOK || (s->n > s->wanted && clock_mono_us() > s->until);
}

/* What the index has not come to yet is looked at one by one, newest first, as are all when no word
 * narrows it down. order: what the rows of `from` are told by. */
static int run(struct search *s, const char *from, const char *order, const char *match, struct err *e)
{
    const struct find *f = s->f;
    sqlite3_stmt *q = NULL;
    char *sql = sqlite3_mprintf(
        "SELECT " COLUMNS ", %s, %s, %s, m.spans FROM %s ORDER BY %s DESC",
        f->from.n ? "(SELECT t.name FROM contact t JOIN chat c ON c.account = t.account WHERE c.id "
                    "= m.chat "
                    "AND t.address = m.sender)"
                  : "NULL",
        f->has & FIND_FILE ? "EXISTS (SELECT 1 FROM attachment a WHERE a.message = m.id)" : "0",
        f->has & FIND_PICTURE ? "EXISTS (SELECT 1 FROM attachment a WHERE a.message = m.id AND "
                                "a.mime LIKE 'image/%%')"
                              : "0",
        from, order);
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
    sqlite3_free(sql);
    if (rc == SQLITE_OK && match)
        sqlite3_bind_text(q, 1, match, -1, SQLITE_STATIC);
    while (rc == SQLITE_OK && !enough(s) && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        take(s, q);
        rc = SQLITE_OK;
    }
    bool good = rc == SQLITE_OK || rc == SQLITE_DONE;
    if (!good)
        failed(s->db, e);
    sqlite3_finalize(q);
    return good ? 0 : -1;
}

/* By the index of words; what must have a link or a file is looked up before the message is read. */
static int run_words(struct search *s, const char *match, struct err *e)
{
    struct buf from = {0};
    buf_adds(&from, "message_text t CROSS JOIN message m ON m.id = t.rowid WHERE message_text MATCH ?1");
    if (s->f->has & FIND_LINK)
        buf_adds(&from, " AND +t.rowid IN (SELECT id FROM message INDEXED BY message_link WHERE instr(body, '://') > 0)");
    if (s->f->has & (FIND_FILE | FIND_PICTURE))
        buf_adds(&from, " AND +t.rowid IN (SELECT message FROM attachment)");
    int r = run(s, buf_str(&from), "t.rowid", match, e);
    buf_free(&from);
    return r;
}

/* No word narrows it down: what has a file or a link is found by these, one chat by its own order. */
static int run_wordless(struct search *s, struct err *e)
{
    int64_t chat = s->f->chat ? s->f->chat : s->n_chats == 1 ? s->chats[0] : 0;
    if (s->f->has & (FIND_FILE | FIND_PICTURE)) {
        const char *from = s->f->has & FIND_PICTURE
                               ? "(SELECT DISTINCT message FROM attachment WHERE mime LIKE 'image/%') a "
                                 "CROSS JOIN message m ON m.id = a.message"
                               : "(SELECT DISTINCT message FROM attachment) a CROSS JOIN message m ON m.id = a.message";
        return run(s, from, "a.message", NULL, e);
    }
    if (chat) {
        char *from = xasprintf("message m INDEXED BY message_order WHERE m.chat = %lld", (long long)chat);
        int r = run(s, from, "m.sort", NULL, e);
        free(from);
        return r;
    }
    if (s->f->has & FIND_LINK)
        return run(s, "message m INDEXED BY message_link WHERE instr(m.body, '://') > 0", "m.id", NULL, e);
    return run(s, "message m", "m.id", NULL, e);
}

int find_query(sqlite3 *db, const struct find_query *q, struct find_hit **out, size_t *n,
               bool *more, struct err *e)
{
    struct find f = {.chat = q->chat, .max = q->max, .ranked = q->ranked};
    *out = NULL;
    *n = 0;
    *more = false;
    int r = find_parse(&f, q->words, q->now, e);
    if (r == 0)
        r = find_run(db, &f, out, n, more, e);
    find_clear(&f);
    return r;
}

static int by_time(const void *a, const void *b)
{
    const struct find_hit *x = a, *y = b;
    if (x->time != y->time)
        return x->time > y->time ? -1 : 1;
    return x->message > y->message ? -1 : x->message < y->message;
}

static int by_score(const void *a, const void *b)
{
    const struct find_hit *x = a, *y = b;
    if (x->score > y->score || x->score < y->score)
        return x->score > y->score ? -1 : 1;
    return by_time(a, b);
}

int find_run(sqlite3 *db, const struct find *f, struct find_hit **out, size_t *n, bool *more,
             struct err *e)
{
    struct search s = {.db = db, .f = f, .until = clock_mono_us() + LOOK_US};
    s.wanted = f->max ? MIN(f->max, (size_t)FIND_MAX) : FIND_MAX;
    struct buf match = {0};
    bool narrow = false;
    for (size_t i = 0; i < f->n_terms; i++)
        narrow |= grams_expression(&match, &f->terms[i]);
    int r = find_chats(&s, e);
    if (r == 0 && narrow)
        r = run(&s, "message m WHERE m.id > (SELECT value FROM meta WHERE key = 'indexed')", "m.id", NULL,
                e);
    if (r == 0 && narrow)
        r = run_words(&s, buf_str(&match), e);
    else if (r == 0)
        r = run_wordless(&s, e);
    if (s.n > 1)
        qsort(s.hits, s.n, sizeof *s.hits, f->ranked ? by_score : by_time);
    *more = s.n > s.wanted;
    while (s.n > s.wanted)
        find_hit_clear(&s.hits[--s.n]);
    *out = s.hits;
    *n = s.n;
    buf_free(&match);
    folded_free(&s.text);
    free(s.chats);
    return r;
}
