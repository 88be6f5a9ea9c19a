/* unit/core/test_avatar.c - pictures of people: fetched once, kept by their SHA-1, bounded; and forged ones */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "config/sha1.h"
#include "rig.h"

#define PICTURE "\x89PNG\r\n\x1a\npicture of all"
static char id[41], wrong[41];

static void id_of(const char *data, size_t len, char out[41])
{
    unsigned char sha[20];
    sha1(data, len, sha);
    for (size_t i = 0; i < sizeof sha; i++)
        snprintf(out + 2 * i, 3, "%02x", sha[i]);
}

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    id_of(PICTURE, sizeof PICTURE - 1, id);
    id_of("another", 7, wrong);
    char *options = xasprintf("avatar = \"%s\"; liar = \"%s\";", id, wrong);
    rig_open(r, options, true);
    free(options);
    assert_true(RIG_WAIT(r, 20000, r->a->state == KITH_STATE_ONLINE));
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    rig_close(r);
    free(r);
    return 0;
}

struct answer {
    unsigned n;
    char path[256], why[200];
    int code;
};

static void on_picture(void *user, const char *path, const struct err *e)
{
    struct answer *a = user;
    a->n++;
    str_copy(a->path, sizeof a->path, path ? path : "");
    str_copy(a->why, sizeof a->why, e->text);
    a->code = e->code;
}

static void on_done(void *user, const struct err *e)
{
    on_picture(user, "", e);
}

static void ask(struct rig *r, const char *who, struct answer *a)
{
    struct err e = {0};
    unsigned before = a->n;
    assert_int_equal(core_avatar(r->core, r->a, who, on_picture, a, &e), 0);
    assert_true(RIG_WAIT(r, 20000, a->n > before));
}

/* How many times the backend was asked for it. */
static unsigned fetches(const struct rig *r)
{
    unsigned n = 0;
    for (const char *p = r->notices; (p = strstr(p, "fetch ")); p++)
        n++;
    return n;
}

static char *folder(void)
{
    return path_of(PATH_CACHE, "avatars", NULL);
}

static unsigned files(void)
{
    unsigned n = 0;
    char *dir = folder();
    DIR *d = opendir(dir);
    for (struct dirent *en; d && (en = readdir(d));)
        n += en->d_name[0] != '.';
    if (d)
        closedir(d);
    free(dir);
    return n;
}

static void fetched_once(void **state)
{
    struct rig *r = *state;
    struct answer a = {0};
    struct stat st;
    ask(r, "bob@fake", &a);
    assert_int_equal(a.code, 0);
    assert_string_equal(strrchr(a.path, '/') + 1, id);
    assert_int_equal(stat(a.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, sizeof PICTURE - 1);
    char *dir = folder();
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    free(dir);
    assert_true(RIG_WAIT(r, 20000, fetches(r) == 1));
    ask(r, "carol@fake", &a); /* somebody else with the same picture */
    ask(r, "bob@fake", &a);
    assert_int_equal(a.code, 0);
    assert_int_equal(a.n, 3);
    assert_int_equal(fetches(r), 1);
    assert_int_equal(files(), 1);
}

static void forged(void **state)
{
    struct rig *r = *state;
    struct answer a = {0};
    ask(r, "nobody@fake", &a);
    assert_int_equal(a.code, KITH_ENOTFOUND);
    assert_string_equal(a.path, "");
    ask(r, "liar@fake", &a); /* other bytes than its id says: the account process is not believed either */
    assert_int_equal(a.code, KITH_EPROTO);
    assert_string_equal(a.path, "");
    ask(r, "../fake", &a); /* an id that is a path */
    assert_int_equal(a.code, KITH_EPROTO);
    assert_string_equal(a.path, "");
    assert_int_equal(files(), 0);
}

/* A link where the picture should be is nobody's picture, and what it points to stays as it is. */
static void a_link_in_its_place(void **state)
{
    struct rig *r = *state;
    struct answer a = {0};
    struct stat st;
    char *dir = folder(), *at = path_join(dir, id), *target = path_join(r->dir, "mine");
    assert_int_equal(path_mkdirs(dir, 0700, NULL), 0);
    assert_int_equal(path_write(target, "mine", 4, NULL), 0);
    assert_int_equal(symlink(target, at), 0);
    ask(r, "bob@fake", &a);
    assert_int_equal(a.code, 0);
    assert_int_equal(lstat(at, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_size, 4);
    assert_int_equal(chmod(dir, 0755), 0); /* others could see whom we know */
    ask(r, "bob@fake", &a);
    assert_true(a.code < 0);
    free(dir);
    free(at);
    free(target);
}

static void bounded(void **state)
{
    struct rig *r = *state;
    struct answer a = {0};
    struct stat st;
    char *dir = folder();
    assert_int_equal(path_mkdirs(dir, 0700, NULL), 0);
    for (unsigned i = 0; i < 1100; i++) {
        char *path = xasprintf("%s/%040x", dir, i);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        const struct timespec when[2] = {{1000 + i, 0}, {1000 + i, 0}};
        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, i == 1099 ? 60 << 20 : 10000), 0);
        assert_int_equal(futimens(fd, when), 0);
        close(fd);
        free(path);
    }
    ask(r, "bob@fake", &a);
    assert_int_equal(a.code, 0);
    assert_true(files() <= 1000);
    char *old = xasprintf("%s/%040x", dir, 3), *recent = xasprintf("%s/%040x", dir, 1098);
    assert_int_equal(stat(old, &st), -1);
    assert_int_equal(stat(recent, &st), 0);
    assert_true(files() < 450); /* 60 MiB are one of them: 64 in all */
    free(old);
    free(recent);
    free(dir);
}

static void set_and_removed(void **state)
{
    struct rig *r = *state;
    struct answer a = {0};
    struct err e = {0};
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(core_avatar_set(r->core, r->a, NULL, fd, "image/png", 64, 64, on_done, &a, &e), 0);
    close(fd);
    assert_true(RIG_WAIT(r, 20000, a.n == 1 && strstr(r->notices, "set ours file")));
    assert_int_equal(core_avatar_set(r->core, r->a, "room@fake", -1, NULL, 0, 0, on_done, &a, &e), 0);
    assert_true(RIG_WAIT(r, 20000, a.n == 2 && strstr(r->notices, "set room@fake none")));
    r->a->groups &= ~(uint32_t)ACCOUNT_HAS_AVATARS;
    assert_int_equal(core_avatar(r->core, r->a, "bob@fake", on_picture, &a, &e), KITH_EUNSUP);
    assert_string_equal(e.text, "Fake has no pictures of people");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fetched_once, setup, teardown),
        cmocka_unit_test_setup_teardown(forged, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_in_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(set_and_removed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
