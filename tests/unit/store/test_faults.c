/* unit/store/test_faults.c - kills, full disks, locks, damage, newer formats: nothing stored is
 * lost, all is said */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/store.h"

struct rig {
    char dir[64];
    char *path;
    struct store *s;
    struct model *m;
    struct chat *c;
    struct err e;
    int opened;
};

static void ignore_chat(void *user, struct chat *c, const struct store_chat *more)
{
}

static bool load(struct rig *r)
{
    struct store_account row;
    err_set(&r->e, 0, "%s", "");
    r->opened = store_open(&r->s, r->path, &r->e);
    if (r->opened < 0)
        return false;
    r->m = model_new();
    store_account(r->s, "home", "xmpp", &row);
    struct account *a = model_add_account(r->m, row.id, "home", "xmpp");
    store_account_clear(&row);
    store_load_chats(r->s, a, ignore_chat, NULL);
    r->c = account_chat(a, "bob");
    if (!r->c)
        r->c = account_add_chat(a, store_new_chat(r->s, a, "bob", KITH_CHAT_DIRECT), "bob",
                                KITH_CHAT_DIRECT);
    return true;
}

static void unload(struct rig *r)
{
    model_free(r->m);
    store_close(r->s);
    r->m = NULL;
    r->s = NULL;
}

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    snprintf(r->dir, sizeof r->dir, "/tmp/kith-faults-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    r->path = xasprintf("%s/history.db", r->dir);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    glob_t g = {0};
    char *all = xasprintf("%s/*", r->dir);
    if (r->s)
        unload(r);
    chmod(r->dir, 0700);
    if (glob(all, 0, NULL, &g) == 0) {
        for (size_t i = 0; i < g.gl_pathc; i++)
            unlink(g.gl_pathv[i]);
    }
    globfree(&g);
    rmdir(r->dir);
    free(all);
    free(r->path);
    free(r);
    return 0;
}

static void add(struct rig *r, int n)
{
    char id[32];
    int64_t same;
    snprintf(id, sizeof id, "id-%d", n);
    struct message *m = message_new();
    m->chat = r->c;
    m->id = store_new_id(r->s);
    m->time = m->sort = 1000 + n;
    m->sender = xstrdup("bob");
    m->body = xasprintf("message %d, and some words more so that it takes room in the file", n);
    m->wire_id = xstrdup(id);
    m->archive_id = xstrdup(id);
    store_add_message(r->s, m, &same);
    message_free(m);
}

/* Checks that messages 1..n are there, each once, in order; how many there are. */
static int count(struct rig *r)
{
    size_t n = 0;
    struct message **v = store_page(r->s, r->c, STORE_OLDER, 0, 0, 100000, &n);
    for (size_t i = 0; i < n; i++) {
        char id[32];
        snprintf(id, sizeof id, "id-%zu", i + 1);
        assert_string_equal(v[i]->archive_id, id);
        message_free(v[i]);
    }
    free(v);
    return (int)n;
}

static size_t files_like(const struct rig *r, const char *tail)
{
    glob_t g = {0};
    char *pattern = xasprintf("%s%s", r->path, tail);
    size_t n = glob(pattern, 0, NULL, &g) == 0 ? g.gl_pathc : 0;
    globfree(&g);
    free(pattern);
    return n;
}

/* ---- killed ---- */

static void write_until_killed(struct rig *r, int report)
{
    assert_true(load(r));
    int n = count(r);
    for (;;) {
        for (int i = 0; i < 7; i++)
            add(r, ++n);
        while (n % 5 == 0 && store_index_slice(r->s, 200))
            ;
        if (store_commit(r->s, false, NULL) != 1)
            _exit(1);
        if (write(report, &n, sizeof n) != sizeof n)
            _exit(2);
    }
}

static void test_killed_at_any_moment(void **state)
{
    struct rig *r = *state;
    srand(4711);
    for (int round = 0; round < 30; round++) {
        int report[2], confirmed = 0, n;
        assert_int_equal(pipe(report), 0);
        pid_t pid = fork();
        if (pid == 0)
            write_until_killed(r, report[1]);
        close(report[1]);
        struct timespec wait = {.tv_nsec = (rand() % 20000 + 500) * 1000L};
        nanosleep(&wait, NULL);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (read(report[0], &n, sizeof n) == sizeof n)
            confirmed = n;
        close(report[0]);
        assert_true(load(r));
        assert_int_equal(r->opened, 0);
        assert_true(count(r) >= confirmed); /* what was committed is there */
        unload(r);
    }
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_open(r->path, &db), SQLITE_OK);
    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &q, NULL);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(q, 0), "ok");
    sqlite3_finalize(q);
    sqlite3_close(db);
}

/* ---- the disk refuses ---- */

static void limit_file_size(rlim_t bytes)
{
    struct rlimit l;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = bytes == 0 ? l.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void test_full_disk(void **state)
{
    struct rig *r = *state;
    int n = 0;
    assert_true(load(r));
    for (; n < 200;)
        add(r, ++n);
    assert_int_equal(store_commit(r->s, false, &r->e), 1);
    limit_file_size(100 << 10);
    int saved = 1;
    while (saved == 1 && n < 5000) {
        for (int i = 0; i < 20; i++)
            add(r, ++n);
        saved = store_commit(r->s, false, &r->e);
    }
    int refused_at = n;
    assert_int_equal(saved, 0);
    assert_true(store_waiting(r->s));
    assert_true(strlen(r->e.text) > 10);
    for (int i = 0; i < 700; i++)
        add(r, ++n); /* chat goes on */
    assert_int_equal(store_commit(r->s, false, &r->e), 0);
    assert_int_equal(store_commit(r->s, true, &r->e), 0);
    assert_true(store_unsaved_from(r->s) <= refused_at);
    assert_true(count(r) >= 200 && count(r) < refused_at); /* what is stored is not harmed */
    limit_file_size(0);
    while ((saved = store_commit(r->s, true, &r->e)) == 2)
        ;
    assert_int_equal(saved, 1);
    assert_false(store_waiting(r->s));
    assert_int_equal(count(r), n); /* and nothing is missing, nothing twice */
    unload(r);
    assert_true(load(r));
    assert_int_equal(count(r), n);
}

static void test_locked_by_another(void **state)
{
    struct rig *r = *state;
    sqlite3 *db = NULL;
    assert_true(load(r));
    add(r, 1);
    assert_int_equal(store_commit(r->s, false, &r->e), 1);
    assert_int_equal(sqlite3_open(r->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    add(r, 2);
    add(r, 2); /* the same once more, unseen by the file */
    assert_int_equal(store_commit(r->s, false, &r->e), 0);
    assert_non_null(strstr(r->e.text, "locked"));
    assert_int_equal(count(r), 1);
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(db);
    assert_int_equal(store_commit(r->s, true, &r->e), 1);
    assert_int_equal(count(r), 2);
}

static void test_read_only(void **state)
{
    struct rig *r = *state;
    assert_true(load(r));
    add(r, 1);
    store_commit(r->s, false, NULL);
    unload(r);
    chmod(r->path, 0400);
    chmod(r->dir, 0500);
    pid_t pid = fork();
    if (pid == 0) { /* root may write anywhere: be nobody */
        if (getuid() == 0 && (chown(r->dir, 65534, 65534) < 0 || chown(r->path, 65534, 65534) < 0 ||
                              setgid(65534) < 0 || setuid(65534) < 0))
            _exit(9);
        if (!load(r))
            _exit(1);
        if (r->opened != 1 || strlen(r->e.text) < 10 || count(r) != 1)
            _exit(2);
        add(r, 2);
        _exit(store_commit(r->s, true, &r->e) == 0 && count(r) == 1 ? 0 : 3);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    if (getuid() == 0) {
        assert_int_equal(chown(r->dir, 0, 0), 0);
        assert_int_equal(chown(r->path, 0, 0), 0);
    }
    chmod(r->dir, 0700);
    chmod(r->path, 0600);
    assert_true(load(r));
    assert_int_equal(r->opened, 0);
    assert_int_equal(count(r), 1);
}

/* ---- the disk refuses at the start, and takes it later ---- */

enum refusal { FILE_READ_ONLY, FILE_UNREADABLE, NO_FILE, DISK_FULL };

static void refuse(const struct rig *r, enum refusal how, bool yes)
{
    if (how == DISK_FULL)
        limit_file_size(yes ? 1 : 0);
    else if (how == NO_FILE)
        chmod(r->dir, yes ? 0500 : 0700);
    if (how == FILE_READ_ONLY || how == FILE_UNREADABLE)
        chmod(r->path, !yes ? 0600 : how == FILE_READ_ONLY ? 0400 : 0);
    if (how == FILE_READ_ONLY)
        chmod(r->dir, yes ? 0500 : 0700);
}

static int count_all(struct rig *r)
{
    size_t n = 0;
    struct message **v = store_page(r->s, r->c, STORE_OLDER, 0, 0, 100000, &n);
    for (size_t i = 0; i < n; i++)
        message_free(v[i]);
    free(v);
    return (int)n;
}

/* In a process that may not write everywhere. 0: as it must be. */
static int refused_and_taken(struct rig *r, enum refusal how, int before)
{
    enum { NEW = 50 };
    refuse(r, how, true);
    if (!load(r))
        return 1;
    store_commit(r->s, false, &r->e);
    for (int n = 1001; n <= 1000 + NEW; n++)
        add(r, n);
    chat_set_draft(r->c, &(struct draft){.text = (char *)"new"}, NULL);
    if (store_commit(r->s, true, &r->e) != 0 || !store_waiting(r->s) || strlen(r->e.text) < 10)
        return 2;
    refuse(r, how, false);
    int rc;
    while ((rc = store_commit(r->s, true, &r->e)) == 2)
        ;
    if (rc != 1 || store_waiting(r->s))
        return 3;
    if (store_found_more(r->s) != (how == FILE_UNREADABLE))
        return 4;
    if (how == FILE_UNREADABLE)
        store_load_chats(r->s, r->c->account, ignore_chat, NULL);
    if (count_all(r) != before + NEW)
        return 5;
    add(r, 2000); /* and it goes on as if nothing had been */
    if (store_commit(r->s, false, &r->e) != 1)
        return 6;
    unload(r);
    if (!load(r) || r->opened != 0 || count_all(r) != before + NEW + 1 ||
        r->c->account->n_chats != 1)
        return 7;
    unload(r);
    return 0;
}

static void refused_at_start(struct rig *r, enum refusal how)
{
    int before = 0;
    if (how != NO_FILE) {
        assert_true(load(r));
        while (before < 100)
            add(r, ++before);
        store_commit(r->s, false, NULL);
        unload(r);
    }
    pid_t pid = fork();
    if (pid == 0) { /* root may write anywhere: be nobody */
        if (getuid() == 0 &&
            (chown(r->dir, 65534, 65534) < 0 ||
             (how != NO_FILE && chown(r->path, 65534, 65534) < 0) || chmod(r->dir, 0700) < 0))
            _exit(90);
        char *lock = xasprintf("%s.lock", r->path);
        unlink(lock);
        free(lock);
        if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(91);
        _exit(refused_and_taken(r, how, before));
    }
    int status = 0;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_read_only_at_start(void **state)
{
    refused_at_start(*state, FILE_READ_ONLY);
}

static void test_unreadable_at_start(void **state)
{
    refused_at_start(*state, FILE_UNREADABLE);
}

static void test_no_file_at_start(void **state)
{
    refused_at_start(*state, NO_FILE);
}

static void test_full_disk_at_start(void **state)
{
    refused_at_start(*state, DISK_FULL);
}

/* ---- damaged, newer, foreign ---- */

static void scribble(const struct rig *r, off_t at, const char *what, off_t cut)
{
    int fd = open(r->path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    if (what)
        assert_true(pwrite(fd, what, strlen(what), at) > 0);
    if (cut)
        assert_int_equal(ftruncate(fd, cut), 0);
    close(fd);
}

static void some_history(struct rig *r)
{
    assert_true(load(r));
    for (int n = 1; n <= 500; n++)
        add(r, n);
    store_commit(r->s, false, NULL);
    unload(r);
}

static void test_damaged_is_set_aside(void **state)
{
    struct rig *r = *state;
    for (int way = 0; way < 3; way++) {
        some_history(r);
        if (way == 0)
            scribble(r, 0, "this was never a database, was it?", 0);
        else if (way == 1)
            scribble(r, 0, NULL, 20480);
        else
            scribble(r, 0, NULL, 50);
        assert_true(load(r));
        assert_int_equal(r->opened, 1);
        assert_non_null(strstr(r->e.text, "damaged"));
        assert_int_equal(count(r), 0);
        assert_true(files_like(r, ".damaged-*") >= (size_t)way + 1); /* kept */
        add(r, 1);
        assert_int_equal(store_commit(r->s, false, NULL), 1);
        unload(r);
        unlink(r->path);
    }
}

static void test_damage_found_while_reading(void **state)
{
    struct rig *r = *state;
    char junk[4097];
    some_history(r);
    memset(junk, 'x', 4096);
    junk[4096] = '\0';
    struct stat st;
    stat(r->path, &st);
    for (off_t at = 40960; at + 4096 <= st.st_size; at += 4096)
        scribble(r, at, junk, 0);
    if (load(r)) { /* the beginning is fine: it may open */
        size_t n = 0;
        struct message **v = store_page(r->s, r->c, STORE_OLDER, 0, 0, 1000, &n);
        for (size_t i = 0; i < n; i++)
            message_free(v[i]);
        free(v);
        unload(r);
    }
    assert_true(load(r)); /* at the latest now it is set aside */
    assert_int_equal(count(r), 0);
    assert_int_equal(files_like(r, ".damaged-*"), 1);
}

static void exec_sql(const struct rig *r, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(r->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_newer_is_refused(void **state)
{
    struct rig *r = *state;
    struct stat before, after;
    some_history(r);
    exec_sql(r, "PRAGMA user_version = 999");
    stat(r->path, &before);
    assert_false(load(r));
    assert_int_equal(r->opened, STORE_NEWER);
    assert_non_null(strstr(r->e.text, "newer kith"));
    stat(r->path, &after);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(files_like(r, ".damaged-*"), 0);
    exec_sql(r, "PRAGMA user_version = 1");
    assert_true(load(r));
    assert_int_equal(count(r), 500);
}

static void test_foreign_database_is_left_alone(void **state)
{
    struct rig *r = *state;
    exec_sql(r, "CREATE TABLE recipes (name TEXT)");
    assert_false(load(r));
    assert_int_equal(r->opened, STORE_FAILED);
    assert_non_null(strstr(r->e.text, "not one of kith"));
}

static void test_two_engines(void **state)
{
    struct rig *r = *state;
    struct store *second = NULL;
    struct err e = {0};
    assert_true(load(r));
    assert_int_equal(store_open(&second, r->path, &e), STORE_IN_USE);
    assert_null(second);
    assert_non_null(strstr(e.text, "another kith"));
    unload(r);
    assert_int_equal(store_open(&second, r->path, &e), 0);
    store_close(second);
}

static void test_no_directory(void **state)
{
    struct store *s = NULL;
    struct err e = {0};
    assert_int_equal(store_open(&s, "/nonexistent/kith/history.db", &e), STORE_FAILED);
    assert_true(strlen(e.text) > 10);
}

static void test_links_are_not_followed(void **state)
{
    struct rig *r = *state;
    char *target = xasprintf("%s/elsewhere", r->dir);
    assert_int_equal(symlink(target, r->path), 0);
    assert_false(load(r));
    assert_int_not_equal(access(target, F_OK), 0);
    free(target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_killed_at_any_moment, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_locked_by_another, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_only_at_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unreadable_at_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_file_at_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk_at_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_is_set_aside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage_found_while_reading, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newer_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_database_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_engines, setup, teardown),
        cmocka_unit_test(test_no_directory),
        cmocka_unit_test_setup_teardown(test_links_are_not_followed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
