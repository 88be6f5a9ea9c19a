/* store/find.c - searching the history: the index narrows down, each candidate is looked at */
#include "store/find.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "store/sift.h"

#define COLUMNS "m.id, m.chat, m.time, m.sort, m.flags, m.sender, m.sender_name, m.body"

enum {
    RARE = 3000,     /* words that occur in no more messages: all of these are looked at */
    COMMON = 50000,  /* that occur in more: they are met soon enough; as are those */
    READ_US = 6000,  /* whose places take longer to be read */
    LOOK = 3000,     /* the best of so many that fit, the newest of them, are told first; but */
    LOOK_US = 15000, /* no longer is looked once there are as many as are wanted */
    ROUND = 1024,    /* places of the first round; each further one has as many as seem to be needed, up to */
    ROUND_MAX = ROUND << 6
};

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
        rc = sqlite3_exec(*db,
                          "PRAGMA query_only = ON; PRAGMA cache_size = -16000; PRAGMA mmap_size = 4294967296",
                          NULL, NULL, NULL);
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
    sqlite3_stmt *look;
    struct folded text;
    int64_t *chats; /* that in: means */
    size_t n_chats, cap_chats;
    sqlite3_stmt *match; /* what the index of words has, in order, as far as it has been read */
    int64_t *words, indexed;
    size_t n_words, cap_words;
    struct map kept; /* addresses of contacts: find_kept() */
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

static bool sender_fits(struct search *s, bool ours, const char *sender, const char *name, const char *kept)
{
    const struct find *f = s->f;
    if (f->from_me)
        return ours;
    if (f->from.n == 0)
        return true;
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

static bool voice_fits(void *user, int64_t chat, bool own, const char *sender, const char *name)
{
    struct search *s = user;
    return chat_fits(s, chat) && (sender_fits(s, own, sender, name, NULL) || (!own && map_get(&s->kept, sender)));
}

/* Finds all terms in the folded text; notes where, and how well. */
static bool terms_fit(struct search *s, struct find_hit *h)
{
    double score = 0;
    for (size_t i = 0; i < s->f->n_terms; i++) {
        const struct folded *term = &s->f->terms[i];
        size_t at = folded_find_term(&s->text, term, 0), times = 0;
        if (at == SIZE_MAX)
            return false;
        for (; at != SIZE_MAX; at = folded_find_term(&s->text, term, at + term->n), times++) {
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
        !chat_fits(s, h.chat) || !has_fits(f, q, body) ||
        !sender_fits(s, h.flags & KITH_MSG_OUTGOING, (const char *)sqlite3_column_text(q, 5),
                     (const char *)sqlite3_column_text(q, 6), (const char *)sqlite3_column_text(q, 8)))
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

/* Addresses of contacts that from: means by the names that the user gave them. */
static int find_kept(struct search *s, struct err *e)
{
    sqlite3_stmt *q = NULL;
    if (s->f->from.n == 0 || s->f->from_me)
        return 0;
    if (sqlite3_prepare_v2(s->db, "SELECT address, name FROM contact WHERE name IS NOT NULL", -1, &q, NULL) != SQLITE_OK)
        return failed(s->db, e);
    while (sqlite3_step(q) == SQLITE_ROW) {
        if (holds(&s->text, (const char *)sqlite3_column_text(q, 1), &s->f->from))
            map_set(&s->kept, (const char *)sqlite3_column_text(q, 0), s);
    }
    sqlite3_finalize(q);
    return 0;
}

/* By date the newest that fit come first, and more are not needed. */
static bool enough(const struct search *s)
{
    if (!s->f->ranked)
        return s->n > s->wanted;
    return s->n > LOOK || (s->n > s->wanted && clock_mono_us() > s->until);
}

static int prepare_look(struct search *s, struct err *e)
{
    const struct find *f = s->f;
    char *sql = sqlite3_mprintf(
        "SELECT " COLUMNS ", %s, %s, %s, m.spans FROM message m WHERE m.id = ?1",
        f->from.n ? "(SELECT t.name FROM contact t JOIN chat c ON c.account = t.account WHERE c.id "
                    "= m.chat "
                    "AND t.address = m.sender)"
                  : "NULL",
        f->has & FIND_FILE ? "EXISTS (SELECT 1 FROM attachment a WHERE a.message = m.id)" : "0",
        f->has & FIND_PICTURE ? "EXISTS (SELECT 1 FROM attachment a WHERE a.message = m.id AND "
                                "a.mime LIKE 'image/%%')"
                              : "0");
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &s->look, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? 0 : failed(s->db, e);
}

static int look_at(struct search *s, int64_t id, struct err *e)
{
    sqlite3_bind_int64(s->look, 1, id);
    int rc = sqlite3_step(s->look);
    if (rc == SQLITE_ROW)
        take(s, s->look);
    sqlite3_reset(s->look);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : failed(s->db, e);
}

/* Reads on in what the index of words names, up to `most` in all. 1: that was the last of it. */
static int read_words(struct search *s, size_t most, struct err *e)
{
    enum { A_WHILE = 64 };
    int64_t until = clock_mono_us() + READ_US;
    while (s->match && s->n_words <= most) {
        if (s->n_words % A_WHILE == 0 && clock_mono_us() > until)
            return 0;
        int rc = sqlite3_step(s->match);
        if (rc == SQLITE_DONE)
            return 1;
        if (rc != SQLITE_ROW)
            return failed(s->db, e);
        VEC_PUSH(s->words, s->n_words, s->cap_words, sqlite3_column_int64(s->match, 0));
    }
    return 0;
}

/* How many places it takes until there are enough hits, if it goes on as it went. */
static size_t next_round(const struct search *s, size_t looked)
{
    size_t wanted = s->f->ranked ? LOOK : s->wanted, missing = wanted > s->n ? wanted - s->n : 1;
    double rate = (double)(s->n + 1) / (double)(looked + 1), need = 1.1 * (double)missing / rate;
    return need > ROUND_MAX ? ROUND_MAX : MAX((size_t)need, (size_t)ROUND / 4);
}

/* Goes through what comes into question, the newest first, until there is enough. Where the marks of the shelf let much pass
 * that does not fit, the index of words says more, if that can be read through. */
static int look_through(struct search *s, int64_t after, struct err *e)
{
    struct sift *g = sift_new(s->db, s->f, after, voice_fits, s, e);
    const struct place *places = NULL;
    int n = g ? 1 : -1;
    bool first = true;
    size_t looked = 0;
    for (size_t round = ROUND; n > 0 && !enough(s); round = next_round(s, looked)) {
        n = sift_next(g, round, &places, e);
        looked += (size_t)MAX(n, 0);
        for (int i = 0; i < n && !enough(s); i++) {
            if (look_at(s, places[i].id, e) < 0)
                n = -1;
        }
        if (n <= 0 || after > 0 || !first || enough(s))
            continue;
        first = false;
        int all = read_words(s, COMMON, e);
        if (all > 0 && s->match) {
            sift_only(g, s->words, s->n_words, s->indexed);
            looked = s->n; /* from now on they nearly all fit */
        }
        n = all < 0 ? -1 : n;
    }
    sift_free(g);
    return MIN(n, 0);
}

static int prepare_words(struct search *s, const char *match, struct err *e)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(s->db, "SELECT value FROM meta WHERE key = 'indexed'", -1, &q, NULL) != SQLITE_OK)
        return failed(s->db, e);
    if (sqlite3_step(q) == SQLITE_ROW)
        s->indexed = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    static const char sql[] = "SELECT rowid FROM message_text WHERE message_text MATCH ?1 ORDER BY rowid";
    if (sqlite3_prepare_v2(s->db, sql, -1, &s->match, NULL) != SQLITE_OK)
        return failed(s->db, e);
    sqlite3_bind_text(s->match, 1, match, -1, SQLITE_TRANSIENT);
    return 0;
}

/* Rare words are found by their index; common ones, and filters, by going through the shelf. */
static int look_everywhere(struct search *s, const char *match, struct err *e)
{
    int r = prepare_look(s, e);
    if (r == 0 && match)
        r = prepare_words(s, match, e);
    int few = r == 0 ? read_words(s, RARE, e) : r;
    for (size_t i = 0; few > 0 && r == 0 && i < s->n_words; i++)
        r = look_at(s, s->words[i], e);
    return few < 0 || r < 0 ? -1 : look_through(s, few ? s->indexed : 0, e);
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

static int run(struct search *s, struct err *e)
{
    struct buf match = {0};
    bool narrow = false;
    for (size_t i = 0; i < s->f->n_terms; i++)
        narrow |= grams_expression(&match, &s->f->terms[i]);
    int r = find_chats(s, e);
    if (r == 0)
        r = find_kept(s, e);
    if (r == 0)
        r = look_everywhere(s, narrow ? buf_str(&match) : NULL, e);
    buf_free(&match);
    return r;
}

int find_run(sqlite3 *db, const struct find *f, struct find_hit **out, size_t *n, bool *more,
             struct err *e)
{
    struct search s = {.db = db, .f = f, .until = clock_mono_us() + LOOK_US};
    s.wanted = f->max ? MIN(f->max, (size_t)FIND_MAX) : FIND_MAX;
    /* One state of the file from beginning to end, whatever the engine writes meanwhile. */
    bool begun = sqlite3_get_autocommit(db) && sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
    int r = run(&s, e);
    sqlite3_finalize(s.look);
    sqlite3_finalize(s.match);
    if (begun)
        sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (s.n > 1)
        qsort(s.hits, s.n, sizeof *s.hits, f->ranked ? by_score : by_time);
    *more = s.n > s.wanted;
    while (s.n > s.wanted)
        find_hit_clear(&s.hits[--s.n]);
    *out = s.hits;
    *n = s.n;
    folded_free(&s.text);
    free(s.chats);
    free(s.words);
    map_free(&s.kept, NULL);
    return r;
}
