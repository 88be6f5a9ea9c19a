/* tests/unit/account/test_state.c - what an account keeps: values, several together, by prefix; whose file it is */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "account/state.h"
#include "base/mem.h"
#include "kith/types.h"
#include "base/path.h"

/* The file system: it may have no modes that could be set. */
static bool no_modes;
int fchmod(int fd, mode_t mode)
{
    char path[32];
    if (no_modes) {
        errno = EPERM;
        return -1;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return chmod(path, mode);
}

static int note_key(void *user, const char *key, const void *data, size_t len)
{
    buf_addf(user, "%s=%.*s ", key, (int)len, (const char *)data);
    return strcmp(key, "p.3") == 0 ? 7 : 0;
}

/* Values that are set together, and read by what their keys begin with. */
static void assert_kept_together(struct state *s)
{
    struct err e = {0};
    struct buf b = {0};
    char out[8];
    assert_int_equal(state_begin(s, &e), 0);
    assert_int_equal(state_begin(s, &e), KITH_ECONFLICT);
    assert_int_equal(state_set(s, "p.1", "a", 1, &e), 0);
    assert_int_equal(state_set(s, "p.2", "b", 1, &e), 0);
    assert_int_equal(state_end(s, false, &e), 0);
    assert_int_equal(state_get(s, "p.1", out, sizeof out), KITH_ENOTFOUND);
    assert_int_equal(state_begin(s, &e), 0);
    assert_int_equal(state_set(s, "p.2", "b", 1, &e), 0);
    assert_int_equal(state_set(s, "p.1", "a", 1, &e), 0);
    assert_int_equal(state_set(s, "q", "z", 1, &e), 0);
    assert_int_equal(state_set(s, "o", "z", 1, &e), 0);
    assert_int_equal(state_end(s, true, &e), 0);
    assert_int_equal(state_end(s, true, &e), KITH_EINVAL);
    assert_int_equal(state_each(s, "p.", note_key, &b), 0);
    assert_string_equal(buf_str(&b), "p.1=a p.2=b ");
    assert_int_equal(state_set(s, "p.3", "c", 1, &e), 0);
    assert_int_equal(state_each(s, "p.", note_key, &b), 7); /* what fn says ends it */
    assert_int_equal(state_each(s, "none", note_key, &b), 0);
    buf_free(&b);
}

static void the_store_keeps(void **state)
{
    char dir[] = "/tmp/kith-state-XXXXXX", out[8] = "";
    struct err e = {0};
    struct state_pin pin = {"ab", "cd"}, back;
    struct stat st;
    assert_non_null(mkdtemp(dir));
    struct state *s = state_open(dir, &e);
    assert_non_null(s);
    assert_int_equal(state_get(s, "k", out, sizeof out), KITH_ENOTFOUND);
    assert_int_equal(state_set(s, "k", "a\0b", 3, &e), 0);
    assert_int_equal(state_set(s, "k", "x\0yz", 4, &e), 0);
    assert_false(state_pin_get(s, "host", &back));
    assert_int_equal(state_pin_set(s, "host", &pin, &e), 0);
    char *path = path_join(dir, "account.db");
    static const char *const parts[] = {"", "-wal", "-shm"}; /* keys are in each of them */
    for (size_t i = 0; i < COUNT(parts); i++) {
        char *part = xasprintf("%s%s", path, parts[i]);
        assert_int_equal(stat(part, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        free(part);
    }
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    for (size_t i = 1; i < COUNT(parts); i++) { /* left open to others by whatever copied them */
        char *part = xasprintf("%s%s", path, parts[i]);
        assert_int_equal(chmod(part, 0666), 0);
        struct state *second = state_open(dir, &e);
        assert_int_equal(stat(part, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        state_close(second);
        free(part);
    }
    state_close(s);
    assert_int_equal(chmod(path, 0644), 0); /* copied there by somebody: closed again before a key is written */
    s = state_open(dir, &e);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(state_get(s, "k", out, 2), 4); /* the whole length, though only 2 fit */
    assert_int_equal(state_get(s, "k", out, sizeof out), 4);
    assert_memory_equal(out, "x\0yz", 4);
    assert_true(state_pin_get(s, "host", &back));
    assert_string_equal(back.key, "cd");
    assert_int_equal(state_set(s, "k", NULL, 0, &e), 0);
    assert_int_equal(state_get(s, "k", out, sizeof out), KITH_ENOTFOUND);
    assert_kept_together(s);
    state_close(s);

    int fd = open(path, O_WRONLY); /* damaged: set aside, said, and a new one works */
    assert_int_equal(write(fd, "this is no database at all, not at all", 38), 38);
    close(fd);
    err_clear(&e);
    s = state_open(dir, &e);
    assert_non_null(s);
    assert_non_null(strstr(e.text, "damaged"));
    assert_int_equal(state_set(s, "k", "v", 1, &e), 0);
    state_close(s);
    chmod(dir, 0755); /* others may look in: refused */
    assert_null(state_open(dir, &e));
    char command[64];
    snprintf(command, sizeof command, "%s", dir);
    free(path);
    chmod(dir, 0700);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", command, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static void remove_store(const char *dir)
{
    static const char *const parts[] = {"account.db", "account.db-wal", "account.db-shm"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        char *path = path_join(dir, parts[i]);
        (void)unlink(path);
        free(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

static bool on_disk(const char *dir, const char *word)
{
    static const char *const parts[] = {"account.db", "account.db-wal"};
    bool found = false;
    for (size_t i = 0; i < COUNT(parts); i++) {
        char *path = path_join(dir, parts[i]);
        struct buf b = {0};
        if (path_read(path, 64 << 20, &b, NULL) >= 0)
            found |= b.len && memmem(b.data, b.len, word, strlen(word));
        buf_free(&b);
        free(path);
    }
    return found;
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* One text after the other comes and goes, beside keys that change. */
static void come_and_go(struct state *s, uint32_t seed)
{
    enum { N = 400, WAITING = 30 };
    static char keys[N][40];
    char text[3000], key[40];
    struct err e = {0};
    for (int i = 0; i < N; i++) {
        snprintf(keys[i], sizeof keys[i], "omemo.text.%08x%08x", next(&seed), next(&seed));
        memset(text, 'x', sizeof text);
        memcpy(text, "kingfisher", 10);
        assert_int_equal(state_begin(s, &e), 0);
        assert_int_equal(state_set(s, keys[i], text, 20 + next(&seed) % (i % 5 ? 400 : sizeof text - 20), &e), 0);
        snprintf(key, sizeof key, "omemo.ratchet.%u", next(&seed) % 9);
        memset(text, 'r', sizeof text);
        assert_int_equal(state_set(s, key, text, 10 + next(&seed) % 900, &e), 0);
        assert_int_equal(state_end(s, true, &e), 0);
        if (i >= WAITING)
            assert_int_equal(state_set(s, keys[i - WAITING], i % 3 ? NULL : "told", i % 3 ? 0 : 4, &e), 0);
    }
    for (int i = N - WAITING; i < N; i++)
        assert_int_equal(state_set(s, keys[i], NULL, 0, &e), 0);
}

/* Texts that wait for the engine, among keys that change all the time: when they are dropped, nothing of them is left. */
static void what_is_dropped_is_gone(void **state)
{
    char dir[] = "/tmp/kith-state-XXXXXX";
    struct err e = {0};
    assert_non_null(mkdtemp(dir));
    struct state *s = state_open(dir, &e);
    assert_non_null(s);
    assert_int_equal(state_scrub_due(s, 0), -1);
    for (uint32_t seed = 1; seed <= 8; seed++) {
        come_and_go(s, seed);
        assert_true(on_disk(dir, "kingfisher"));
        assert_int_equal(state_begin(s, &e), 0);
        assert_true(state_scrub(s, 0)); /* not within what is kept together */
        assert_int_equal(state_end(s, true, &e), 0);
        assert_in_range(state_scrub_due(s, 0), 3000, 60000);
        assert_false(state_scrub(s, 0));
        assert_false(on_disk(dir, "kingfisher"));
        assert_int_equal(state_scrub_due(s, 0), -1);
    }
    state_close(s);
    remove_store(dir);
}

/* A file that is written anew is so the less often the larger it is, but within the minute that is promised. */
static void a_large_file_is_written_less_often(void **state)
{
    char dir[] = "/tmp/kith-state-XXXXXX";
    struct err e = {0};
    static char value[9 << 20];
    static const struct {
        size_t bytes;
        int64_t least, most; /* ms; what it takes counts as well, and this machine may be slow */
    } of[] = {{100, 3000, 60000}, {600 << 10, 35000, 60000}, {2 << 20, 60000, 60000}, {9 << 20, 3000, 60000}};
    assert_non_null(mkdtemp(dir));
    struct state *s = state_open(dir, &e);
    assert_non_null(s);
    for (size_t i = 0; i < COUNT(of); i++) {
        int64_t now = 1000000 * (int64_t)(i + 1);
        memset(value, 'v', sizeof value);
        assert_int_equal(state_set(s, "size", value, of[i].bytes, &e), 0);
        assert_int_equal(state_set(s, "text", "kingfisher", 10, &e), 0);
        assert_int_equal(state_scrub_due(s, now), 3000); /* nothing for long: at once */
        assert_false(state_scrub(s, now));
        assert_int_equal(state_scrub_due(s, now), -1);
        assert_int_equal(state_set(s, "text", NULL, 0, &e), 0);
        assert_in_range(state_scrub_due(s, now), of[i].least, of[i].most);
        assert_int_equal(state_scrub_due(s, now + 60000), 3000); /* put off no further by what changes meanwhile */
        assert_false(state_scrub(s, now + 60000));
        assert_false(on_disk(dir, "kingfisher"));
    }
    state_close(s);
    remove_store(dir);
}

/* Where modes cannot be set, what they are decides. */
static void a_file_system_without_modes(void **state)
{
    char dir[] = "/tmp/kith-state-XXXXXX";
    struct err e = {0};
    assert_non_null(mkdtemp(dir));
    char *path = path_join(dir, "account.db");
    no_modes = true;
    struct state *s = state_open(dir, &e);
    assert_non_null(s);
    assert_int_equal(state_set(s, "k", "v", 1, &e), 0);
    state_close(s);
    assert_int_equal(chmod(path, 0640), 0);
    assert_null(state_open(dir, &e));
    assert_non_null(strstr(e.text, "readable for you alone"));
    no_modes = false;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_store_keeps), cmocka_unit_test(what_is_dropped_is_gone),
                                       cmocka_unit_test(a_large_file_is_written_less_often), cmocka_unit_test(a_file_system_without_modes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
