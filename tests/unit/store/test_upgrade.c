/* unit/store/test_upgrade.c - a history of any older format becomes today's: whole, or not at all */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "store/find.h"
#include "store/store.h"

struct rig {
    char dir[64];
    char *path, *old; /* the file that is upgraded, and one that stays as it is */
    char *before;     /* what the old one holds, as text */
};

/* A file of the tree, wherever below it the test was built. Owned. */
static char *tree_file(const char *name)
{
    char self[512];
    struct buf text = {0};
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    for (char *slash; text.len == 0 && (slash = strrchr(self, '/'));) {
        *slash = '\0';
        char *path = xasprintf("%s/%s", self, name);
        if (access(path, R_OK) == 0)
            assert_true(path_read(path, 1 << 20, &text, NULL) >= 0);
        free(path);
    }
    if (text.len == 0)
        fail_msg("%s is not to be found", name);
    return buf_take(&text);
}

static struct buf read_file(const char *path)
{
    struct buf b = {0};
    assert_true(path_read(path, 1 << 24, &b, NULL) >= 0);
    return b;
}

static sqlite3 *open_raw(const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(grams_register(db), SQLITE_OK);
    return db;
}

static char *one_value(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    char *v = NULL;
    if (sqlite3_step(q) == SQLITE_ROW)
        v = xstrdup((const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    return v;
}

static int version(const char *path)
{
    sqlite3 *db = open_raw(path);
    char *v = one_value(db, "PRAGMA user_version");
    int n = atoi(v);
    free(v);
    sqlite3_close(db);
    return n;
}

/* Every row of the tables that `like` has, in the columns that it has there. Owned. */
static char *contents(const char *path, const char *like)
{
    sqlite3 *shape = open_raw(like), *db = open_raw(path);
    sqlite3_stmt *t = NULL;
    struct buf out = {0};
    static const char tables[] = "SELECT 'SELECT ' || group_concat('quote(' || c.name || ')', "
                                 "'||'',''||') || ' FROM ' || s.name || ' ORDER BY 1'"
                                 " FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type "
                                 "= 'table' AND s.name NOT LIKE 'message_text%'"
                                 " AND s.name <> 'meta' GROUP BY s.name ORDER BY s.name";
    assert_int_equal(sqlite3_prepare_v2(shape, tables, -1, &t, NULL), SQLITE_OK);
    while (sqlite3_step(t) == SQLITE_ROW) {
        sqlite3_stmt *q = NULL;
        const char *sql = (const char *)sqlite3_column_text(t, 0);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
        buf_addf(&out, "%s\n", sql);
        while (sqlite3_step(q) == SQLITE_ROW)
            buf_addf(&out, "%s\n", (const char *)sqlite3_column_text(q, 0));
        sqlite3_finalize(q);
    }
    sqlite3_finalize(t);
    sqlite3_close(shape);
    sqlite3_close(db);
    return buf_take(&out);
}

static void fresh_copy(const struct rig *r)
{
    struct buf bytes = read_file(r->old);
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < COUNT(tails); i++) {
        char *name = xasprintf("%s%s", r->path, tails[i]);
        unlink(name);
        free(name);
    }
    assert_int_equal(path_write(r->path, bytes.data, bytes.len, NULL), 0);
    buf_free(&bytes);
}

static void must(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

/* What each later format is made by, and rows for the tables that come with it. These files never change: a
 * format that is out is what people have. */
static const struct {
    const char *file, *rows;
} steps[] = {
    {"002-changes.sql", NULL},
    {"003-answers.sql", "INSERT INTO inbox VALUES (1, 1, 2, 5000, 6000), (7, 1, 1, 7000, 0)"},
    {"004-text-in-slices.sql", NULL},
    {"005-archive-gap.sql", NULL},
    {"006-parts-of-words.sql", NULL},
    {"007-waiting-changes.sql",
     "INSERT INTO waiting_change VALUES (1, 5, 6, 7, 8, 9, 'target', 'ref', 'sender', 'id', 'text')"},
    {"008-looks-of-text.sql", NULL},
    {"009-links.sql", NULL},
    {"010-pictures.sql", NULL},
    {"011-threads.sql", NULL},
    {"012-shelf.sql",
     "INSERT INTO shelf VALUES (3, 1, 9, 8, 0, x'0011', x'2233'); INSERT INTO shelf_changed VALUES (2);"
     "INSERT INTO voice VALUES (1, 77, 'bob', 'Bob', 0)"},
    {"013-encrypted-files.sql", NULL},
};

/* Statements that give each column which `first` did not have values of its own. Owned. */
static char *fill_columns(sqlite3 *db, const char *first)
{
    static const char sql[] =
        "SELECT 'UPDATE ' || s.name || ' SET ' || c.name || ' = ' || CASE c.type WHEN 'TEXT' THEN "
        "'hex(randomblob(6))' WHEN 'BLOB' THEN 'randomblob(9)' ELSE 'abs(random() % 1000000) + 1' END "
        "FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table' AND s.name NOT LIKE "
        "'message_text%' AND s.name <> 'meta' AND c.pk = 0 AND NOT EXISTS (SELECT 1 FROM one.sqlite_schema o "
        "WHERE o.name = s.name AND EXISTS (SELECT 1 FROM pragma_table_info(s.name, 'one') p "
        "WHERE p.name = c.name)) AND NOT EXISTS (SELECT 1 FROM pragma_foreign_key_list(s.name) k "
        "WHERE k.\"from\" = c.name)";
    sqlite3_stmt *q = NULL;
    struct buf all = {0};
    char *attach = sqlite3_mprintf("ATTACH %Q AS one", first);
    must(db, attach);
    sqlite3_free(attach);
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    while (sqlite3_step(q) == SQLITE_ROW)
        buf_addf(&all, "%s;", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    must(db, "DETACH one");
    return buf_take(&all);
}

static void assert_no_table_is_empty(sqlite3 *db)
{
    sqlite3_stmt *q = NULL;
    static const char sql[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'message_text%'";
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW) {
        char *any = sqlite3_mprintf("SELECT 1 FROM %s", (const char *)sqlite3_column_text(q, 0));
        char *one = one_value(db, any);
        if (!one)
            fail_msg("%s is empty: a new table needs a row in steps[]", (const char *)sqlite3_column_text(q, 0));
        free(one);
        sqlite3_free(any);
    }
    sqlite3_finalize(q);
}

/* The old file, of format 1, becomes one of this format, with something in each of its columns. */
static void make_old(struct rig *r, int format)
{
    char *first = xasprintf("%s.first", r->old);
    struct buf bytes = read_file(r->old);
    assert_int_equal(path_write(first, bytes.data, bytes.len, NULL), 0);
    buf_free(&bytes);
    sqlite3 *db = open_raw(r->old);
    for (int i = 2; i <= format; i++) {
        char *name = xasprintf("src/store/migrations/%s", steps[i - 2].file), *sql = tree_file(name);
        must(db, sql);
        if (steps[i - 2].rows)
            must(db, steps[i - 2].rows);
        free(sql);
        free(name);
    }
    char *fill = fill_columns(db, first), *mark = sqlite3_mprintf("PRAGMA user_version = %d", format);
    assert_true(strlen(fill) > 20);
    must(db, fill);
    must(db, mark);
    assert_no_table_is_empty(db);
    sqlite3_free(mark);
    sqlite3_close(db);
    free(fill);
    str_take(&r->before, contents(r->old, r->old));
    static const char *const tails[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT(tails); i++) {
        char *name = xasprintf("%s%s", first, tails[i]);
        unlink(name);
        free(name);
    }
    free(first);
    fresh_copy(r);
}

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    snprintf(r->dir, sizeof r->dir, "/tmp/kith-upgrade-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    r->path = xasprintf("%s/history.db", r->dir);
    r->old = xasprintf("%s/old.db", r->dir);
    char *sql = tree_file("tests/unit/store/version-1.sql"), *why = NULL;
    sqlite3 *db = open_raw(r->old);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    sqlite3_close(db);
    free(sql);
    r->before = contents(r->old, r->old);
    assert_true(strlen(r->before) > 3000);
    fresh_copy(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    static const char *const names[] = {"history.db",      "history.db-wal", "history.db-shm",
                                        "history.db.lock", "old.db",         "old.db-wal",
                                        "old.db-shm"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char *path = path_join(r->dir, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(r->dir);
    free(r->path);
    free(r->old);
    free(r->before);
    free(r);
    return 0;
}

static void assert_whole(const struct rig *r)
{
    char *after = contents(r->path, r->old);
    assert_string_equal(after, r->before);
    free(after);
    sqlite3 *db = open_raw(r->path);
    char *ok = one_value(db, "PRAGMA integrity_check"),
         *keys = one_value(db, "PRAGMA foreign_key_check");
    assert_string_equal(ok, "ok");
    assert_null(keys);
    free(ok);
    free(keys);
    sqlite3_close(db);
}

static void upgrade(const struct rig *r)
{
    struct store *s = NULL;
    struct err e = {0};
    assert_int_equal(store_open(&s, r->path, &e), 0);
    store_close(s);
}

static bool on_hit(void *user, int64_t chat, const struct message *m)
{
    *(int64_t *)user = m->id;
    return true;
}

static void ignore_chat(void *user, struct chat *c, const struct store_chat *more)
{
}

static void take_outgoing(void *user, struct store_outgoing *o)
{
    (*(int *)user)++;
    store_outgoing_clear(o);
}

static void test_everything_is_kept(void **state)
{
    struct rig *r = *state;
    assert_int_equal(version(r->path), 1);
    upgrade(r);
    assert_true(version(r->path) > 1);
    assert_whole(r);
    struct store *s = NULL;
    struct model *m = model_new();
    struct store_account row;
    int n_out = 0;
    size_t n = 0;
    int64_t hit = 0;
    assert_int_equal(store_open(&s, r->path, NULL), 0);
    assert_int_equal(store_account(s, "home", "xmpp", &row), 1);
    struct account *a = model_add_account(m, row.id, "home", row.protocol);
    assert_string_equal(row.resume_id, "arch-7");
    store_account_clear(&row);
    store_load_contacts(s, a);
    store_load_chats(s, a, ignore_chat, NULL);
    struct chat *c = account_chat(a, "bob@example.org");
    assert_string_equal(c->draft.text, "dear Bob,\nit is");
    struct message **v = store_page(s, c, STORE_OLDER, 0, 0, 100, &n);
    assert_int_equal(n, 8);
    assert_int_equal(v[1]->n_reactions, 2);
    assert_int_equal(v[6]->n_attachments, 2);
    assert_string_equal(v[7]->failure, "the server has no such user");
    for (size_t i = 0; i < n; i++)
        message_free(v[i]);
    free(v);
    struct message *found = store_find_message(s, c, "o3", NULL);
    assert_int_equal(found->id, 3); /* the keys of ids are what they were */
    message_free(found);
    store_load_outbox(s, take_outgoing, &n_out);
    assert_int_equal(n_out, 2);
    while (store_index_slice(s, 1000))
        store_commit(s, false, NULL);
    store_commit(s, false, NULL);
    assert_int_equal(store_search(s, NULL, "picture", 10, on_hit, &hit, NULL), 1);
    assert_int_equal(hit, 7);
    assert_int_equal(store_search(s, NULL, "bob", 10, on_hit, &hit, NULL), 1);
    assert_int_equal(hit, 10);
    assert_int_equal(store_new_id(s), 13);
    model_free(m);
    store_close(s);
    upgrade(r); /* and once more changes nothing */
    assert_whole(r);
}

/* ---- killed in the middle ---- */

static int ticks_left; /* of this child's SQLite; at 0 it is gone */

static int on_tick(void *user)
{
    if (--ticks_left <= 0)
        kill(getpid(), SIGKILL);
    return 0;
}

static int on_open(sqlite3 *db, const char **why, const struct sqlite3_api_routines *api)
{
    enum { OPERATIONS = 15 };
    sqlite3_progress_handler(db, OPERATIONS, on_tick, NULL);
    return SQLITE_OK;
}

/* True when it was killed. */
static bool upgrade_in_child(const struct rig *r, int ticks)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct store *s = NULL;
        ticks_left = ticks;
        sqlite3_auto_extension((void (*)(void))on_open);
        _exit(store_open(&s, r->path, NULL) == 0 ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGKILL);
        return true;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return false;
}

/* After so many parts of what was done the last time a little more. How often it was not finished. */
static int kill_at_every_point(const struct rig *r, int parts)
{
    int old = version(r->old), unfinished = 0, ticks = 1;
    fresh_copy(r);
    upgrade(r);
    int newest = version(r->path);
    for (;; ticks += 1 + ticks / parts) {
        fresh_copy(r);
        bool killed = upgrade_in_child(r, ticks);
        int now = version(r->path);
        assert_true(now == old || now == newest); /* nothing between: it is one transaction */
        unfinished += now == old;
        upgrade(r);
        assert_int_equal(version(r->path), newest);
        assert_whole(r);
        if (!killed)
            return unfinished;
    }
}

static void test_killed_in_the_middle(void **state)
{
    assert_true(kill_at_every_point(*state, 10) > 10);
}

/* ---- every format there was ---- */

static int found(struct store *s, const char *words)
{
    struct find_hit *hits = NULL;
    size_t n = 0;
    bool more;
    struct err e = {0};
    const struct find_query q = {.words = words, .now = 1800000000000};
    if (store_find(s, &q, &hits, &n, &more, &e) < 0)
        fail_msg("%s: %s", words, e.text);
    find_hits_free(hits, n);
    return (int)n;
}

static void assert_searched(const struct rig *r)
{
    struct store *s = NULL;
    assert_int_equal(store_open(&s, r->path, NULL), 0);
    for (int indexed = 0; indexed < 2; indexed++) {
        assert_int_equal(found(s, "picture"), 1);
        assert_int_equal(found(s, "bob"), 1);
        assert_int_equal(found(s, "has:file"), 1);
        assert_int_equal(found(s, "from:me in:bob"), 3);
        while (store_index_slice(s, 1000))
            store_commit(s, false, NULL);
        store_commit(s, false, NULL);
    }
    store_close(s);
}

static void test_each_format(void **state)
{
    struct rig *r = *state;
    upgrade(r);
    int newest = version(r->path);
    assert_int_equal(newest, (int)COUNT(steps) + 1); /* a new format has a line in steps[] */
    struct buf first = read_file(r->old);
    for (int format = 2; format <= newest; format++) {
        assert_int_equal(path_write(r->old, first.data, first.len, NULL), 0);
        make_old(r, format);
        assert_int_equal(version(r->path), format);
        upgrade(r);
        assert_int_equal(version(r->path), newest);
        assert_whole(r);
        if (format == newest)
            continue;
        assert_searched(r);
        assert_true(kill_at_every_point(r, 1) > 0);
    }
    buf_free(&first);
}

static void test_newer_is_left_alone(void **state)
{
    struct rig *r = *state;
    struct store *s = NULL;
    struct err e = {0};
    sqlite3 *db = open_raw(r->path);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 1000", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct buf before = read_file(r->path);
    assert_int_equal(store_open(&s, r->path, &e), STORE_NEWER);
    assert_non_null(strstr(e.text, "newer kith"));
    struct buf after = read_file(r->path);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    buf_free(&before);
    buf_free(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everything_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed_in_the_middle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_format, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newer_is_left_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
