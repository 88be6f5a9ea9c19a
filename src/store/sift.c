/* store/sift.c - which messages come into question for a search, the newest first: looks through the shelf, whole rows
 * of it by their first columns
 */
#include "store/sift.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/shelf.h"

struct head { /* of one row of the shelf */
    int64_t last, first, newest, oldest;
    unsigned has;
};

struct sift {
    sqlite3 *db;
    const struct find *f;
    int64_t after, shelved;
    struct head *heads; /* the newest first */
    size_t n_heads, cap_heads;
    bool by_voice, by_marks;
    uint32_t *voices; /* that fit: a table of hashes, 0 is free */
    size_t n_voices, room_voices;
    bool voice_0;
    struct gram_marks marks;
    const int64_t *only; /* sift_only() */
    size_t n_only;
    int64_t upto;
    bool begun, over;
    struct place told; /* what was told last */
    struct place *v;
    size_t n, want;
    bool full; /* v[want - 1] is the oldest that counts */
};

static int failed(const struct sift *g, struct err *e)
{
    return err_set(e, KITH_EPROTO, "the history cannot be read: %s", sqlite3_errmsg(g->db));
}

/* ---- what fits ---- */

static void put_voice(uint32_t *table, size_t room, uint32_t hash)
{
    size_t i = hash & (room - 1);
    while (table[i] != 0 && table[i] != hash)
        i = (i + 1) & (room - 1);
    table[i] = hash;
}

static void add_voice(struct sift *g, uint32_t hash)
{
    enum { FIRST = 64 };
    if (2 * (g->n_voices + 1) > g->room_voices) {
        size_t room = g->room_voices ? 2 * g->room_voices : FIRST;
        uint32_t *table = xcalloc(room, sizeof *table);
        for (size_t i = 0; i < g->room_voices; i++) {
            if (g->voices[i])
                put_voice(table, room, g->voices[i]);
        }
        free(g->voices);
        g->voices = table;
        g->room_voices = room;
    }
    g->voice_0 |= hash == 0;
    if (hash)
        put_voice(g->voices, g->room_voices, hash);
    g->n_voices++;
}

static bool has_voice(const struct sift *g, uint32_t hash)
{
    if (hash == 0 || g->room_voices == 0)
        return hash == 0 && g->voice_0;
    size_t i = hash & (g->room_voices - 1);
    while (g->voices[i] != 0 && g->voices[i] != hash)
        i = (i + 1) & (g->room_voices - 1);
    return g->voices[i] == hash;
}

static int read_voices(struct sift *g, sift_voice_fn *fits, void *user, struct err *e)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(g->db, "SELECT hash, chat, own, sender, name FROM voice", -1, &q, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        rc = SQLITE_OK;
        if (fits(user, sqlite3_column_int64(q, 1), sqlite3_column_int(q, 2) != 0, (const char *)sqlite3_column_text(q, 3),
                 (const char *)sqlite3_column_text(q, 4)))
            add_voice(g, (uint32_t)sqlite3_column_int64(q, 0));
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? 0 : failed(g, e);
}

/* ---- the shelf's rows ---- */

static bool head_fits(const struct sift *g, const struct head *h)
{
    const struct find *f = g->f;
    return (h->has & f->has) == f->has && (!f->since || h->newest >= f->since) && (!f->before || h->oldest < f->before);
}

static int read_heads(struct sift *g, struct err *e)
{
    sqlite3_stmt *q = NULL;
    static const char sql[] = "SELECT last, first, newest, oldest, has FROM shelf WHERE last > ?1 ORDER BY newest DESC";
    int rc = sqlite3_prepare_v2(g->db, sql, -1, &q, NULL);
    if (rc == SQLITE_OK)
        sqlite3_bind_int64(q, 1, g->after);
    while (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct head h = {sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1), sqlite3_column_int64(q, 2),
                         sqlite3_column_int64(q, 3), (unsigned)sqlite3_column_int(q, 4)};
        rc = SQLITE_OK;
        if (head_fits(g, &h))
            VEC_PUSH(g->heads, g->n_heads, g->cap_heads, h);
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? 0 : failed(g, e);
}

static int read_shelved(struct sift *g, struct err *e)
{
    sqlite3_stmt *q = NULL; /* a file of an older format has no shelf */
    if (sqlite3_prepare_v2(g->db, "SELECT value FROM meta WHERE key = 'shelved'", -1, &q, NULL) != SQLITE_OK)
        return failed(g, e);
    if (sqlite3_step(q) == SQLITE_ROW)
        g->shelved = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return 0;
}

struct sift *sift_new(sqlite3 *db, const struct find *f, int64_t after, sift_voice_fn *fits, void *user, struct err *e)
{
    struct sift *g = xcalloc(1, sizeof *g);
    *g = (struct sift){.db = db, .f = f, .after = after};
    for (size_t i = 0; i < f->n_terms; i++)
        grams_mark_term(&g->marks, &f->terms[i]);
    for (size_t i = 0; i < COUNT(g->marks.w); i++)
        g->by_marks |= g->marks.w[i] != 0;
    g->by_voice = f->from_me || f->from.n > 0 || f->in.n > 0 || f->chat != 0;
    int r = read_shelved(g, e);
    if (r == 0 && g->shelved > after)
        r = read_heads(g, e);
    if (r == 0 && g->by_voice && g->n_heads > 0)
        r = read_voices(g, fits, user, e);
    if (r == 0)
        return g;
    sift_free(g);
    return NULL;
}

void sift_free(struct sift *g)
{
    if (!g)
        return;
    free(g->heads);
    free(g->voices);
    free(g->v);
    free(g);
}

void sift_only(struct sift *g, const int64_t *ids, size_t n, int64_t upto)
{
    g->only = ids;
    g->n_only = n;
    g->upto = upto;
}

/* ---- one round ---- */

static int newer_first(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->time != y->time)
        return x->time > y->time ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

/* Does the index of words name one of these? */
static bool are_named(const struct sift *g, int64_t first, int64_t last)
{
    size_t lo = 0, hi = g->n_only;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (g->only[mid] < first)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < g->n_only && g->only[lo] <= last;
}

static void push(struct sift *g, struct place p)
{
    if (g->begun && newer_first(&g->told, &p) >= 0)
        return;
    if (g->full && newer_first(&g->v[g->want - 1], &p) <= 0)
        return;
    if (g->only && p.id <= g->upto && !are_named(g, p.id, p.id))
        return;
    g->v[g->n++] = p;
    if (g->n < 2 * g->want)
        return;
    qsort(g->v, g->n, sizeof *g->v, newer_first);
    g->n = g->want;
    g->full = true;
}

static void push_rows(struct sift *g, int64_t first, const struct shelf_rows *rows, const unsigned char *marks)
{
    const struct find *f = g->f;
    int64_t since = f->since ? f->since : INT64_MIN, before = f->before ? f->before : INT64_MAX;
    for (size_t i = rows->n; i-- > 0;) {
        int64_t time = shelf_time(rows, i), floor = g->full ? g->v[g->want - 1].time : INT64_MIN;
        if (time < since || time >= before || time < floor || (shelf_has(rows, i) & f->has) != f->has ||
            (g->by_voice && !has_voice(g, shelf_voice(rows, i))) || (marks && !shelf_marked(marks, i, &g->marks)))
            continue;
        struct place p = {time, first + shelf_distance(rows, i)};
        if (p.id > g->after)
            push(g, p);
    }
}

static int read_rows(struct sift *g, sqlite3_stmt *q, const struct head *h, struct err *e)
{
    bool by_marks = g->by_marks && !(g->only && h->last <= g->upto);
    sqlite3_bind_int64(q, 1, h->last);
    if (sqlite3_step(q) != SQLITE_ROW) {
        sqlite3_reset(q);
        return failed(g, e);
    }
    struct shelf_rows rows = {sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1) / SHELF_ROW_BYTES};
    const unsigned char *marks = by_marks ? sqlite3_column_blob(q, 2) : NULL;
    if (marks && (size_t)sqlite3_column_bytes(q, 2) < rows.n * SHELF_MARK_BYTES)
        marks = NULL;
    push_rows(g, sqlite3_column_int64(q, 0), &rows, marks);
    sqlite3_reset(q);
    return 0;
}

static int look_through(struct sift *g, struct err *e)
{
    sqlite3_stmt *q = NULL;
    if (g->n_heads == 0 || (g->by_voice && g->n_voices == 0))
        return 0;
    const char *sql = "SELECT first, rows, marks FROM shelf WHERE last = ?1"; /* marks lie last: read when asked for */
    int r = sqlite3_prepare_v2(g->db, sql, -1, &q, NULL) == SQLITE_OK ? 0 : failed(g, e);
    for (size_t i = 0; r == 0 && i < g->n_heads; i++) {
        const struct head *h = &g->heads[i];
        if (g->begun && h->oldest > g->told.time)
            continue;
        if (g->full && h->newest < g->v[g->want - 1].time)
            break;
        if (g->only && h->last <= g->upto && !are_named(g, h->first, h->last))
            continue;
        r = read_rows(g, q, h, e);
    }
    sqlite3_finalize(q);
    return r;
}

/* What is not on the shelf, or not as it is now. */
static int look_beside(struct sift *g, const char *sql, int64_t from, struct err *e)
{
    sqlite3_stmt *q = NULL;
    const struct find *f = g->f;
    int rc = sqlite3_prepare_v2(g->db, sql, -1, &q, NULL);
    if (rc == SQLITE_OK)
        sqlite3_bind_int64(q, 1, from);
    while (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct place p = {sqlite3_column_int64(q, 1), sqlite3_column_int64(q, 0)};
        rc = SQLITE_OK;
        if ((!f->since || p.time >= f->since) && (!f->before || p.time < f->before))
            push(g, p);
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? 0 : failed(g, e);
}

static void once_each(struct sift *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        if (n == 0 || g->v[n - 1].id != g->v[i].id)
            g->v[n++] = g->v[i];
    }
    g->n = n;
}

int sift_next(struct sift *g, size_t want, const struct place **out, struct err *e)
{
    if (g->over)
        return 0;
    g->v = xreallocarray(g->v, 2 * want, sizeof *g->v);
    g->n = 0;
    g->want = want;
    g->full = false;
    int r = look_beside(g, "SELECT id, time FROM message WHERE id > ?1", MAX(g->after, g->shelved), e);
    if (r == 0 && g->shelved > g->after)
        r = look_beside(g,
                        "SELECT m.id, m.time FROM shelf_changed c CROSS JOIN message m ON m.id = c.message "
                        "WHERE c.message > ?1",
                        g->after, e);
    if (r == 0)
        r = look_through(g, e);
    if (r < 0)
        return -1;
    qsort(g->v, g->n, sizeof *g->v, newer_first);
    g->over = g->n < want;
    g->n = MIN(g->n, want);
    once_each(g);
    if (g->n > 0)
        g->told = g->v[g->n - 1];
    g->begun = true;
    *out = g->v;
    return (int)g->n;
}
