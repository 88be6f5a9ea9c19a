/* account/state.c - the account's private store: the plugin's values, and trusted certificates */
#include "account/state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "kith/plugin.h"

#define STATE_VERSION 1
#define VALUE_MAX (16 << 20)
#define REWRITE_MOST (8 << 20) /* bytes of a file that is written anew as a whole: some ms */
#define SCRUB_SOON_MS 3000     /* many values change at once, and the disk is waited for */
#define SCRUB_LATE_MS 60000    /* what kith-xmpp(7) promises */
#define SCRUB_LATE_BYTES (1 << 20)
#define SCRUB_SHARE 20 /* of the time at most one part in this many */

struct state {
    sqlite3 *db;
    sqlite3_stmt *get, *set, *del, *each, *pin_get, *pin_set, *begin, *commit;
    bool begun;
    bool changed;        /* since the last scrub */
    int64_t scrub_at_ms; /* not again before */
};

static const char schema[] = "CREATE TABLE IF NOT EXISTS state (key TEXT NOT NULL PRIMARY KEY, "
                             "value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS pin (name TEXT NOT NULL PRIMARY KEY, "
                             "fingerprint TEXT NOT NULL, key TEXT NOT NULL,"
                             " since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
                             "PRAGMA user_version = 1;";

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int version_of(sqlite3 *db, int *version)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &st, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        *version = sqlite3_column_int(st, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    return rc;
}

static int prepare(struct state *s)
{
    struct {
        sqlite3_stmt **st;
        const char *sql;
    } all[] = {
        {&s->get, "SELECT value FROM state WHERE key = ?1"},
        {&s->set, "INSERT INTO state VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = "
                  "excluded.value"},
        {&s->del, "DELETE FROM state WHERE key = ?1"},
        {&s->each, "SELECT key, value FROM state WHERE key >= ?1 ORDER BY key"},
        {&s->begin, "BEGIN IMMEDIATE"},
        {&s->commit, "COMMIT"},
        {&s->pin_get, "SELECT fingerprint, key FROM pin WHERE name = ?1"},
        {&s->pin_set,
         "INSERT INTO pin VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET"
         " fingerprint = excluded.fingerprint, key = excluded.key, since_ms = excluded.since_ms"}};
    for (size_t i = 0; i < COUNT(all); i++) {
        int rc =
            sqlite3_prepare_v3(s->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].st, NULL);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

static bool damaged(int rc)
{
    return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

/* SQLITE_OK, or the code; *e is filled. */
static int open_file(struct state *s, const char *path, struct err *e)
{
    int version = 0;
    int rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_extended_result_codes(s->db, 1);
        (void)sqlite3_busy_timeout(s->db, 2000);
        (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0); /* it keeps what was freed, as it is */
        rc = run(s->db, "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; PRAGMA synchronous = "
                        "NORMAL; PRAGMA temp_store = MEMORY;"
                        "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 1048576");
    }
    if (rc == SQLITE_OK)
        rc = version_of(s->db, &version);
    if (rc == SQLITE_OK && version > STATE_VERSION) {
        (void)err_set(e, KITH_EUNSUP,
                      "%s was written by a newer kith: it is left alone and nothing is kept there.",
                      path);
        return SQLITE_MISMATCH;
    }
    if (rc == SQLITE_OK && version < STATE_VERSION)
        rc = run(s->db, schema);
    if (rc == SQLITE_OK)
        rc = prepare(s);
    if (rc != SQLITE_OK)
        (void)err_set(e, KITH_EDENIED, "Cannot use %s: %s.", path,
                      s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
    return rc;
}

int64_t state_scrub_due(const struct state *s, int64_t now_ms)
{
    return s->changed ? MAX(s->scrub_at_ms - now_ms, SCRUB_SOON_MS) : -1;
}

static int64_t one_number(struct state *s, const char *sql)
{
    sqlite3_stmt *st = NULL;
    int64_t n = INT64_MAX;
    if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

/* Rows move within a page and from page to page while others change, and where they were stays as it is: only a file that is
 * written anew has nothing between its rows. The log has pages as they were, until it is cut off. */
bool state_scrub(struct state *s, int64_t now_ms)
{
    if (!s->changed)
        return false;
    if (s->begun)
        return true;
    int64_t bytes = one_number(s, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    int64_t began = clock_mono_ms();
    bool anew = bytes <= REWRITE_MOST;
    int rc = anew ? run(s->db, "VACUUM") : SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    int64_t pause = anew ? SCRUB_LATE_MS * bytes / SCRUB_LATE_BYTES : 0;
    s->scrub_at_ms = now_ms + MIN(MAX(pause, (clock_mono_ms() - began) * SCRUB_SHARE), SCRUB_LATE_MS);
    s->changed = rc != SQLITE_OK;
    return s->changed;
}

static void shut(struct state *s)
{
    sqlite3_stmt *all[] = {s->get, s->set, s->del, s->each, s->pin_get, s->pin_set, s->begin, s->commit};
    for (size_t i = 0; i < COUNT(all); i++)
        sqlite3_finalize(all[i]);
    (void)sqlite3_close(s->db);
    *s = (struct state){0};
}

static int set_aside(const char *path, struct err *e)
{
    char stamp[32];
    static const char *const parts[] = {"", "-wal", "-shm"};
    if (clock_format(stamp, sizeof stamp, "%Y%m%d-%H%M%S", clock_wall_ms()) == 0)
        return -1;
    char *to = xasprintf("%s.damaged-%s", path, stamp);
    int rc = 0;
    for (size_t i = 0; i < COUNT(parts); i++) {
        char *a = xasprintf("%s%s", path, parts[i]), *b = xasprintf("%s%s", to, parts[i]);
        if (rename(a, b) < 0 && errno != ENOENT)
            rc = -1;
        free(a);
        free(b);
    }
    (void)err_set(e, KITH_EDENIED,
                  "%s was damaged and is now %s; trusted certificates will be asked for again.",
                  path, to);
    free(to);
    return rc;
}

/* What was left by a process that was killed, and copied by somebody who did not care. */
static void close_beside(const char *path)
{
    static const char *const parts[] = {"-wal", "-shm"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        char *part = xasprintf("%s%s", path, parts[i]);
        int fd = open(part, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        free(part);
        if (fd < 0)
            continue;
        (void)fchmod(fd, 0600);
        (void)close(fd);
    }
}

/* Some file systems have no modes to set, but one for all that is on them. */
static bool closed_to_others(int fd)
{
    struct stat st;
    return fchmod(fd, 0600) == 0 || (fstat(fd, &st) == 0 && (st.st_mode & 077) == 0);
}

/* Made by us first, so that the mode is right whatever the umask is, and no link is followed. */
static int touch(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(e, "Cannot open %s", path);
    int rc = closed_to_others(fd) ? 0 : err_errno(e, "Cannot make %s readable for you alone", path);
    (void)close(fd);
    close_beside(path);
    return rc;
}

int state_lock(const char *dir, int wait_ms, struct err *e)
{
    enum { PAUSE_MS = 50 };
    if (path_mkdirs(dir, 0700, e) < 0)
        return KITH_EUNSUP;
    char *path = path_join(dir, "account.lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int64_t end = clock_mono_ms() + wait_ms;
    free(path);
    if (fd < 0)
        return err_set(e, KITH_EUNSUP, "Cannot lock %s: %s.", dir, strerror(errno));
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        bool busy = errno == EWOULDBLOCK || errno == EINTR;
        if (busy && clock_mono_ms() < end) {
            (void)poll(NULL, 0, PAUSE_MS);
            continue;
        }
        (void)close(fd);
        return busy ? err_set(e, KITH_ECONFLICT, "Another process of kith runs this account.")
                    : err_set(e, KITH_EUNSUP, "Cannot lock %s: %s.", dir, strerror(errno));
    }
    return fd;
}

struct state *state_open(const char *dir, struct err *e)
{
    if (path_mkdirs(dir, 0700, e) < 0 || path_check(dir, 077, e) < 0)
        return NULL;
    struct state *s = xcalloc(1, sizeof *s);
    char *path = path_join(dir, "account.db");
    int rc = touch(path, e) < 0 ? SQLITE_CANTOPEN : open_file(s, path, e);
    if (damaged(rc)) {
        shut(s);
        struct err second = {0};
        bool moved = set_aside(path, e) == 0 && touch(path, &second) == 0;
        rc = moved ? open_file(s, path, &second) : SQLITE_CANTOPEN;
    }
    free(path);
    if (rc == SQLITE_OK)
        return s;
    shut(s);
    free(s);
    return NULL;
}

void state_close(struct state *s)
{
    if (!s)
        return;
    (void)state_scrub(s, clock_mono_ms());
    shut(s);
    free(s);
}

int state_get(struct state *s, const char *key, void *out, size_t cap)
{
    int rc = KITH_ENOTFOUND;
    (void)sqlite3_bind_text(s->get, 1, key, -1, SQLITE_STATIC);
    if (sqlite3_step(s->get) == SQLITE_ROW) {
        const void *value = sqlite3_column_blob(s->get, 0);
        rc = sqlite3_column_bytes(s->get, 0);
        if (value && out)
            memcpy(out, value, MIN((size_t)rc, cap));
    }
    (void)sqlite3_reset(s->get);
    (void)sqlite3_clear_bindings(s->get);
    return rc;
}

static int done(struct state *s, sqlite3_stmt *st, struct err *e)
{
    int rc = sqlite3_step(st);
    if (rc != SQLITE_DONE)
        (void)err_set(e, KITH_EDENIED, "Cannot keep the account's state: %s.",
                      sqlite3_errmsg(s->db));
    (void)sqlite3_reset(st);
    (void)sqlite3_clear_bindings(st);
    return rc == SQLITE_DONE ? KITH_OK : KITH_EDENIED;
}

int state_set(struct state *s, const char *key, const void *data, size_t len, struct err *e)
{
    if (len > VALUE_MAX)
        return err_set(e, KITH_ETOOBIG, "A value of %zu bytes is too large to keep.", len);
    sqlite3_stmt *st = len ? s->set : s->del;
    s->changed = true;
    (void)sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    if (len)
        (void)sqlite3_bind_blob(st, 2, data, (int)len, SQLITE_STATIC);
    return done(s, st, e);
}

int state_begin(struct state *s, struct err *e)
{
    if (s->begun)
        return err_set(e, KITH_ECONFLICT, "The account's state is being written already.");
    int rc = done(s, s->begin, e);
    s->begun = rc == KITH_OK;
    return rc;
}

int state_end(struct state *s, bool keep, struct err *e)
{
    if (!s->begun)
        return err_set(e, KITH_EINVAL, "The account's state is not being written.");
    s->begun = false;
    if (keep && done(s, s->commit, e) == KITH_OK)
        return KITH_OK;
    if (!sqlite3_get_autocommit(s->db)) /* some errors have taken it back already */
        (void)run(s->db, "ROLLBACK");
    return keep ? KITH_EDENIED : KITH_OK;
}

int state_each(struct state *s, const char *prefix, state_fn *fn, void *user)
{
    size_t len = strlen(prefix);
    int rc = KITH_OK, step = SQLITE_ROW;
    (void)sqlite3_bind_text(s->each, 1, prefix, -1, SQLITE_STATIC);
    while (rc == KITH_OK && (step = sqlite3_step(s->each)) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(s->each, 0);
        if (!key || strncmp(key, prefix, len) != 0)
            break;
        const void *value = sqlite3_column_blob(s->each, 1);
        rc = fn(user, key, value, (size_t)sqlite3_column_bytes(s->each, 1));
    }
    (void)sqlite3_reset(s->each);
    (void)sqlite3_clear_bindings(s->each);
    return step == SQLITE_ROW || step == SQLITE_DONE ? rc : KITH_EDENIED;
}

bool state_pin_get(struct state *s, const char *name, struct state_pin *pin)
{
    (void)sqlite3_bind_text(s->pin_get, 1, name, -1, SQLITE_STATIC);
    bool found = sqlite3_step(s->pin_get) == SQLITE_ROW;
    if (found) {
        str_copy(pin->fingerprint, sizeof pin->fingerprint,
                 (const char *)sqlite3_column_text(s->pin_get, 0));
        str_copy(pin->key, sizeof pin->key, (const char *)sqlite3_column_text(s->pin_get, 1));
    }
    (void)sqlite3_reset(s->pin_get);
    (void)sqlite3_clear_bindings(s->pin_get);
    return found;
}

int state_pin_set(struct state *s, const char *name, const struct state_pin *pin, struct err *e)
{
    (void)sqlite3_bind_text(s->pin_set, 1, name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(s->pin_set, 2, pin->fingerprint, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(s->pin_set, 3, pin->key, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s->pin_set, 4, clock_wall_ms());
    return done(s, s->pin_set, e);
}
