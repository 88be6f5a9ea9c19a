/* store/forget.c - nothing stays in any file of what is not to be kept, or is to be kept no longer (/keep) */
#include "store/aside.h"

enum {
    AT_ONCE = 64,               /* messages */
    MERGE_PAGES = 64,           /* of the full text */
    REWRITE_MOST = 256 << 20    /* bytes of a file that is written anew as a whole: seconds */
};

void scrub_pages(struct store *s, bool all)
{
    sqlite3_exec(s->db, all ? "PRAGMA secure_delete = ON" : "PRAGMA secure_delete = FAST", NULL, NULL, NULL);
}

void scrub_want(struct store *s)
{
    s->scrub |= s->unkept;
}

/* The log has the pages as they were, until it is moved into the file and cut off. */
static bool empty_log(struct store *s)
{
    int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc == SQLITE_OK)
        s->wal_pages = s->wal_begun = 0;
    return rc == SQLITE_OK;
}

bool store_scrub(struct store *s)
{
    if (!store_wants_scrub(s))
        return false;
    if (s->in_txn)
        return true;
    s->scrub = !empty_log(s);
    return s->scrub;
}

bool store_wants_scrub(const struct store *s)
{
    return s->scrub && !s->waiting && !s->stand_in;
}

/* ---- what was kept ---- */

uint32_t store_count_kept(struct store *s, const struct chat *c)
{
    return (uint32_t)STORE_READ_INT(s, S_COUNT_KEPT, 0, v_int(c->id));
}

static void forget_one(struct store *s, struct message *m)
{
    shelf_note_change(s, m);
    if (m->body && m->id <= s->indexed)
        STORE_WRITE(s, S_TEXT_DROP, v_int(m->id), v_text(m->body));
    STORE_WRITE(s, S_DROP_EDITS, v_int(m->id));
    STORE_WRITE(s, S_FORGET_MESSAGE, v_int(m->id));
    STORE_WRITE(s, S_FORGET_REACTIONS, v_int(m->id));
    STORE_WRITE(s, S_DROP_FILES, v_int(m->id));
}

bool store_forget_some(struct store *s, const struct chat *c, int64_t *sort, int64_t *id)
{
    struct message *v[AT_ONCE];
    size_t n = 0;
    sqlite3_stmt *q = STORE_READ(s, S_KEPT, v_int(c->id), v_int(*sort), v_int(*id), v_int(AT_ONCE));
    while (n < AT_ONCE && store_row(s, q)) {
        struct message *m = message_new();
        m->id = sqlite3_column_int64(q, 0);
        m->sort = sqlite3_column_int64(q, 1);
        m->body = column_dup(q, 2);
        v[n++] = m;
    }
    if (n == AT_ONCE)
        store_done(q);
    for (size_t i = 0; i < n; i++) {
        forget_one(s, v[i]);
        *sort = v[i]->sort;
        *id = v[i]->id;
        message_free(v[i]);
    }
    if (n < AT_ONCE)
        STORE_WRITE(s, S_FORGET_WAITING, v_int(c->id));
    return n == AT_ONCE;
}

/* The full text notes what goes as something new; only when all of it is one piece it is without both. */
static bool merge_all(struct store *s)
{
    int before = sqlite3_total_changes(s->db);
    const struct val v = v_int(-MERGE_PAGES);
    store_try(s, S_TEXT_MERGE, &v, 1);
    return !s->waiting && sqlite3_total_changes(s->db) - before >= 2;
}

static int64_t file_bytes(struct store *s)
{
    sqlite3_stmt *q = NULL;
    int64_t n = 0;
    if (sqlite3_prepare_v2(s->db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

/* False: it is being used; later. */
static bool write_anew(struct store *s, struct err *e)
{
    if (file_bytes(s) > REWRITE_MOST) {
        (void)err_set(e, KITH_ETOOBIG, "it has more than %d MiB, and is not written anew", REWRITE_MOST >> 20);
        return true;
    }
    int rc = sqlite3_exec(s->db, "VACUUM", NULL, NULL, NULL) & 0xff;
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        (void)err_set(e, STORE_FAILED, "it cannot be written anew: %s; /keep -sure forget tries again", sqlite3_errmsg(s->db));
    return rc != SQLITE_BUSY;
}

bool store_forget_traces(struct store *s, struct err *e)
{
    *e = (struct err){0};
    if (s->waiting || s->stand_in)
        return false;
    if (s->in_txn)
        return true;
    bool more = shelf_slice(s) || merge_all(s);
    if (store_commit(s, false, NULL) != 1 || more)
        return !s->waiting;
    s->unkept = s->scrub = true;
    return !write_anew(s, e) || store_scrub(s);
}
