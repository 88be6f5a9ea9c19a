/* store/write.c - writes of a turn as one transaction, kept in memory until the disk has them */
#include "base/clock.h"
#include "store/private.h"

enum {
    REPLAY = 500,     /* writes of one transaction when what waits is written at last */
    REPLAY_US = 20000 /* and how long that may take in one call: a turn must stay short */
};

static sqlite3_stmt *statement(struct store *s, enum statement st)
{
    if (!s->st[st]) {
        int rc = sqlite3_prepare_v3(s->db, store_sql[st], -1, SQLITE_PREPARE_PERSISTENT, &s->st[st],
                                    NULL);
        if (rc != SQLITE_OK) {
            s->why = rc;
            log_error("store: %s: %s", store_sql[st], sqlite3_errmsg(s->db));
        }
    }
    return s->st[st];
}

static void bind(sqlite3_stmt *q, const struct val *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int at = (int)i + 1;
        switch (v[i].type) {
        case V_NULL:
            sqlite3_bind_null(q, at);
            break;
        case V_INT:
            sqlite3_bind_int64(q, at, v[i].i);
            break;
        case V_BLOB:
            sqlite3_bind_blob(q, at, v[i].s, v[i].len, SQLITE_STATIC);
            break;
        case V_TEXT:
            sqlite3_bind_text(q, at, v[i].s, v[i].len, SQLITE_STATIC);
            break;
        }
    }
}

/* Runs a statement that returns no rows. SQLite's code: SQLITE_DONE is success. */
static int run(struct store *s, enum statement st, const struct val *v, size_t n)
{
    sqlite3_stmt *q = statement(s, st);
    if (!q)
        return s->why;
    bind(q, v, n);
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        rc = SQLITE_DONE;
    if (rc != SQLITE_DONE)
        rc = sqlite3_extended_errcode(s->db);
    sqlite3_reset(q);
    return rc;
}

/* The disk refuses: what this transaction held is still in memory, and so will be all that follows.
 */
static void give_up(struct store *s, int rc)
{
    if (!s->waiting)
        log_warn("store: writes wait in memory: %s (%d)", sqlite3_errstr(rc), rc);
    s->why = rc;
    s->waiting = true;
    if (!sqlite3_get_autocommit(s->db))
        run(s, S_ROLLBACK, NULL, 0);
    s->in_txn = false;
}

static int begin(struct store *s)
{
    if (s->in_txn)
        return 0;
    int rc = run(s, S_BEGIN, NULL, 0);
    if (rc != SQLITE_DONE)
        return rc;
    s->in_txn = true;
    return 0;
}

static bool refused(int rc) /* by a rule of the schema: the row it depends on is gone */
{
    return (rc & 0xff) == SQLITE_CONSTRAINT;
}

int store_try(struct store *s, enum statement st, const struct val *v, size_t n)
{
    if (s->waiting)
        return 0;
    int rc = begin(s);
    if (rc == 0)
        rc = run(s, st, v, n);
    if (rc == SQLITE_DONE)
        return sqlite3_changes(s->db);
    if (refused(rc)) {
        log_warn("store: %s: %s", store_sql[st], sqlite3_errstr(rc));
        return 0;
    }
    give_up(s, rc);
    return -1;
}

void store_remember(struct store *s, enum statement st, const struct val *v, size_t n)
{
    size_t size = sizeof(struct op) + n * sizeof *v;
    struct op *op = arena_alloc(&s->ops_mem, size);
    op->st = st;
    op->n = n;
    memcpy(op->v, v, n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        if (v[i].type == V_TEXT) {
            op->v[i].s = arena_strndup(&s->ops_mem, v[i].s, (size_t)v[i].len);
            size += (size_t)v[i].len + 1;
        } else if (v[i].type == V_BLOB) {
            char *copy = arena_alloc(&s->ops_mem, (size_t)v[i].len + 1);
            memcpy(copy, v[i].s, (size_t)v[i].len);
            op->v[i].s = copy;
            size += (size_t)v[i].len + 1;
        }
    }
    if (s->last)
        s->last->next = op;
    else
        s->first = op;
    s->last = op;
    s->waiting_bytes += size;
}

int store_write(struct store *s, enum statement st, const struct val *v, size_t n)
{
    store_remember(s, st, v, n);
    int rows = store_try(s, st, v, n); /* not inside of MAX(): that would write twice */
    return MAX(rows, 0);
}

static void forget(struct store *s)
{
    s->first = s->last = NULL;
    s->waiting_bytes = 0;
    s->unsaved_from = INT64_MAX;
    arena_reset(&s->ops_mem);
}

static int finish(struct store *s)
{
    int rc = run(s, S_COMMIT, NULL, 0);
    if (rc != SQLITE_DONE) {
        give_up(s, rc);
        return rc;
    }
    s->in_txn = false;
    store_slice_ended(s);
    return 0;
}

/* Writes some of what waits. */
static void replay_some(struct store *s)
{
    struct op *op = s->first;
    int rc = begin(s);
    for (int i = 0; rc == 0 && op && i < REPLAY; i++, op = op->next) {
        int r = run(s, op->st, op->v, op->n);
        if (r != SQLITE_DONE && !refused(r))
            rc = r;
    }
    if (rc == 0)
        rc = finish(s);
    if (rc != 0) {
        give_up(s, rc);
        return;
    }
    s->why = 0;
    s->first = op;
    if (!op) {
        s->waiting = false;
        forget(s);
    }
}

static void replay(struct store *s)
{
    int64_t until = clock_mono_us() + REPLAY_US;
    do
        replay_some(s);
    while (s->waiting && s->why == 0 && clock_mono_us() < until);
}

const char *store_reason(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return "the disk is full";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return "it cannot be written to";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program holds it locked";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "it is damaged";
    default:
        return sqlite3_errstr(rc);
    }
}

int store_commit(struct store *s, bool retry, struct err *e)
{
    if (s->waiting && retry && store_reopen(s))
        replay(s);
    else if (!s->waiting && s->in_txn && finish(s) == 0)
        forget(s);
    if (!s->waiting && !s->first)
        return 1;
    if (s->waiting && s->why == 0)
        return 2;
    if (s->waiting)
        err_set(e, -1, "the history cannot be saved (%s): %s", s->path, store_reason(s->why));
    return 0;
}

bool store_waiting(const struct store *s)
{
    return s->waiting;
}

size_t store_waiting_bytes(const struct store *s)
{
    return s->waiting ? s->waiting_bytes : 0;
}

bool store_dirty(const struct store *s)
{
    return s->first != NULL;
}

size_t store_dirty_bytes(const struct store *s)
{
    return s->waiting_bytes;
}

int64_t store_unsaved_from(const struct store *s)
{
    return s->unsaved_from;
}

/* ---- reading ---- */

sqlite3_stmt *store_read(struct store *s, enum statement st, const struct val *v, size_t n)
{
    sqlite3_stmt *q = statement(s, st);
    if (q) {
        sqlite3_reset(q);
        bind(q, v, n);
    }
    return q;
}

bool store_row(struct store *s, sqlite3_stmt *q)
{
    if (!q)
        return false;
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE) {
        log_error("store: cannot read: %s", sqlite3_errmsg(s->db));
        store_note_damage(s, rc);
    }
    store_done(q);
    return false;
}

void store_done(sqlite3_stmt *q)
{
    if (q) {
        sqlite3_reset(q);
        sqlite3_clear_bindings(q); /* what was bound is the caller's, and going */
    }
}

int64_t store_read_int(struct store *s, enum statement st, const struct val *v, size_t n,
                       int64_t fallback)
{
    sqlite3_stmt *q = store_read(s, st, v, n);
    if (!store_row(s, q))
        return fallback;
    if (sqlite3_column_type(q, 0) != SQLITE_NULL)
        fallback = sqlite3_column_int64(q, 0);
    store_done(q);
    return fallback;
}

char *column_dup(sqlite3_stmt *q, int i)
{
    const unsigned char *text = sqlite3_column_text(q, i);
    return text ? xstrndup((const char *)text, (size_t)sqlite3_column_bytes(q, i)) : NULL;
}
