/* store/store.c - opening the one file: lock, checks, damaged ones set aside; closing it */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/aside.h"
#include "store/grams.h"

enum {
    BUSY_MS = 20,           /* how long a lock of another program may hold a turn up */
};

/* ---- who may use it ---- */

/* A child that an engine was about to start when it was killed may hold the lock for a moment more.
 */
static bool take_lock(int fd)
{
    enum { TRIES = 15, PAUSE_MS = 20 };
    for (int i = 0; i < TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        poll(NULL, 0, PAUSE_MS);
    }
    return false;
}

static int lock(struct store *s, struct err *e)
{
    char *name = xasprintf("%s.lock", s->path);
    s->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r = 0;
    if (s->lock_fd < 0 && (errno == EROFS || errno == EACCES || errno == ENOSPC || errno == EDQUOT))
        s->lock_fd =
            open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW); /* or none: nothing is written */
    else if (s->lock_fd < 0)
        r = err_set(e, STORE_FAILED, "cannot make %s: %s", name, strerror(errno));
    if (s->lock_fd >= 0 && !take_lock(s->lock_fd))
        r = err_set(e, STORE_IN_USE, "another kith uses %s", s->path);
    free(name);
    return r;
}

/* ---- damaged files ---- */

static char *damage_mark(const struct store *s)
{
    return xasprintf("%s.damaged", s->path);
}

void store_note_damage(struct store *s, int rc)
{
    if ((rc & 0xff) != SQLITE_CORRUPT && (rc & 0xff) != SQLITE_NOTADB)
        return;
    char *mark = damage_mark(s); /* the next start sets the file aside */
    int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd);
    free(mark);
}

static int set_aside(struct store *s, struct err *e)
{
    char when[32], *mark = damage_mark(s);
    clock_format(when, sizeof when, "%Y%m%d-%H%M%S", clock_wall_ms());
    char *to = xasprintf("%s.damaged-%s", s->path, when);
    for (int i = 2; access(to, F_OK) == 0; i++)
        str_take(&to, xasprintf("%s.damaged-%s-%d", s->path, when, i));
    int r = 0;
    if (rename(s->path, to) < 0 && errno != ENOENT)
        r = err_set(e, STORE_FAILED, "%s is damaged, and cannot be renamed: %s", s->path,
                    strerror(errno));
    static const char *const beside[] = {"-wal", "-shm"};
    for (size_t i = 0; r == 0 && i < COUNT(beside); i++) {
        char *from = xasprintf("%s%s", s->path, beside[i]);
        char *dest = xasprintf("%s%s", to, beside[i]);
        rename(from, dest); /* may not be there */
        free(from);
        free(dest);
    }
    if (r == 0) {
        unlink(mark);
        err_set(e, 1, "the history was damaged; it is kept as %s, and a new one begins", to);
    }
    free(mark);
    free(to);
    return r;
}

/* ---- opening ---- */

void store_forget_statements(struct store *s)
{
    for (size_t i = 0; i < S_COUNT; i++) {
        sqlite3_finalize(s->st[i]);
        s->st[i] = NULL;
    }
}

static void close_db(struct store *s)
{
    store_forget_statements(s);
    sqlite3_close(s->db);
    s->db = NULL;
}

static int read_counters(struct store *s)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(s->db, store_sql[S_MAX_IDS], -1, &q, NULL);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) {
        s->next_account = sqlite3_column_int64(q, 0) + 1;
        s->next_chat = sqlite3_column_int64(q, 1) + 1;
        s->next_message = sqlite3_column_int64(q, 2) + 1;
        s->next_outgoing = sqlite3_column_int64(q, 3) + 1;
        s->indexed = sqlite3_column_int64(q, 4);
        s->shelved = sqlite3_column_int64(q, 5); /* 0 in a file that is not of today's format */
        s->shelf_changed = s->shelved > 0;       /* to be seen */
        s->next_message =
            MAX(s->next_message, MAX(s->indexed, s->shelved) + 1); /* the full text may still know it */
        rc = SQLITE_OK;
    }
    sqlite3_finalize(q);
    return rc;
}

static int set_up(sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return sqlite3_exec(db,
                        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
                        "PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0;"
                        "PRAGMA cache_size = -8000; PRAGMA journal_size_limit = 33554432;",
                        NULL, NULL, NULL);
}

/* What a kith left that was killed, and somebody copied who did not care. */
static void close_beside(const struct store *s)
{
    static const char *const beside[] = {"-wal", "-shm"};
    for (size_t i = 0; i < COUNT(beside); i++) {
        char *name = xasprintf("%s%s", s->path, beside[i]);
        int fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        free(name);
        if (fd < 0)
            continue;
        fchmod(fd, 0600);
        close(fd);
    }
}

/* 0, an SQLite code, or one of store.h. */
static int open_db(struct store *s, struct err *e)
{
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX;
    int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); /* for its mode */
    if (fd < 0 && errno != EACCES && errno != EROFS)
        return err_set(e, STORE_FAILED, "cannot open %s: %s", s->path, strerror(errno));
    if (fd >= 0) {
        fchmod(fd, 0600);
        close(fd);
    }
    close_beside(s);
    int rc = sqlite3_open_v2(s->path, &s->db, flags, NULL);
    if (rc == SQLITE_OK)
        rc = grams_register(s->db);
    if (rc == SQLITE_OK)
        rc = set_up(s->db);
    if ((rc & 0xff) == SQLITE_READONLY)
        rc = SQLITE_OK; /* what can be read is shown; writes will wait in memory */
    if (rc == SQLITE_OK)
        rc = store_migrate(s->db, e);
    if (rc == SQLITE_OK)
        rc = read_counters(s);
    if (rc == SQLITE_OK)
        wal_watch(s);
    return rc;
}

int store_open_again(struct store *s, struct err *e)
{
    int rc = s->lock_fd < 0 ? lock(s, e) : 0;
    if (rc == 0)
        rc = open_db(s, e);
    if (rc == SQLITE_OK && sqlite3_db_readonly(s->db, "main") == 1)
        rc = SQLITE_READONLY;
    return rc;
}

/* What the file holds and cannot be seen now must not meet these numbers again: they begin where no
 * row of any file has come to. */
static void count_from_now(struct store *s)
{
    int64_t now = clock_wall_ms();
    s->next_account = MAX(s->next_account, now);
    s->next_chat = MAX(s->next_chat, now);
    s->next_message = MAX(s->next_message, now);
    s->next_outgoing = MAX(s->next_outgoing, now);
}

/* The disk takes nothing: shows what is there, or nothing, and lets all writes wait in memory. */
static int open_without_writing(struct store *s, int why, struct err *e)
{
    close_db(s);
    char *uri = sqlite3_mprintf("file:%w?immutable=1", s->path);
    int rc = sqlite3_open_v2(uri, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    sqlite3_free(uri);
    if (rc == SQLITE_OK)
        rc = grams_register(s->db);
    if (rc == SQLITE_OK)
        rc = read_counters(s);
    if (rc != SQLITE_OK) {
        close_db(s);
        rc = sqlite3_open_v2(":memory:", &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
        if (rc == SQLITE_OK)
            rc = grams_register(s->db);
        if (rc == SQLITE_OK)
            rc = store_migrate(s->db, e);
        if (rc == SQLITE_OK)
            rc = read_counters(s);
    }
    count_from_now(s);
    s->waiting = s->stand_in = true;
    s->why = why;
    if (rc == SQLITE_OK)
        err_set(e, 1,
                "the history cannot be saved (%s): %s; chat goes on in memory until that is mended",
                s->path, store_reason(why));
    return rc;
}

static bool is_damage(int rc)
{
    return rc > 0 && ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB);
}

static int open_or_set_aside(struct store *s, struct err *e)
{
    char *mark = damage_mark(s);
    int rc = access(mark, F_OK) == 0 ? SQLITE_CORRUPT : open_db(s, e);
    free(mark);
    if (rc > 0 && !is_damage(rc))
        return open_without_writing(s, rc, e);
    if (!is_damage(rc))
        return rc;
    close_db(s);
    int r = set_aside(s, e);
    if (r < 0)
        return r;
    struct err again = {0};
    rc = open_db(s, &again);
    return rc == SQLITE_OK ? 0 : rc;
}

int store_open(struct store **out, const char *path, struct err *e)
{
    /* A limit on file sizes is an error to be told, not a death. */
    sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    /* One thread, nobody asks for statistics: no locks. Refused, to no harm, once SQLite is in use.
     */
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    struct store *s = xcalloc(1, sizeof *s);
    struct err why = {0};
    s->path = xstrdup(path);
    s->unsaved_from = INT64_MAX;
    int rc = lock(s, &why);
    if (rc == 0)
        rc = open_or_set_aside(s, &why);
    if (rc == 0) {
        if (e)
            *e = why;
        *out = s;
        return why.code == 1;
    }
    if (rc == STORE_NEWER || (rc == STORE_FAILED && why.code == STORE_FAILED && s->db))
        err_set(e, rc, "%s: %s", path, why.text);
    else if (rc < 0)
        err_set(e, rc, "%s", why.text);
    else
        err_set(e, STORE_FAILED, "cannot open the history %s: %s", path, sqlite3_errstr(rc));
    close_db(s);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s->path);
    free(s);
    *out = NULL;
    return rc < 0 ? rc : STORE_FAILED;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    while (store_commit(s, true, NULL) == 2)
        ;
    if (s->waiting)
        log_error("store: what could not be written is lost: %s", sqlite3_errstr(s->why));
    (void)store_scrub(s);
    close_db(s);
    aside_free(s);
    close(s->lock_fd);
    arena_free(&s->ops_mem);
    free(s->path);
    free(s);
}

const char *store_path(const struct store *s)
{
    return s->path;
}
