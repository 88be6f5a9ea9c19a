/* unit/core/test_files.c - a file that is fetched has no name until its backend says that it is whole, and then one that was free */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>

#include "rig.h"

static char folder[96];

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    rig_open(r, NULL, true);
    snprintf(folder, sizeof folder, "%s/inbox", r->dir);
    assert_int_equal(path_mkdirs(folder, 0700, NULL), 0);
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

/* A message of bob's with this file, as it is kept. */
static struct message *sent(struct rig *r, const char *id)
{
    struct chat *bob = chats_get(r->ca, "bob@fake", KITH_CHAT_DIRECT);
    struct message *m = message_new();
    int64_t same;
    m->chat = bob;
    m->time = m->sort = 1700000000000 + 1000 * (int64_t)bob->n_messages;
    m->sender = xstrdup("bob@fake");
    m->body = xstrdup(id);
    m->wire_id = xstrdup(id);
    message_add_attachment(m, &(struct attachment){.id = (char *)(uintptr_t)id, .name = (char *)"plan.txt", .bytes = -1, .sealed = true});
    core_load(r->core, bob);
    store_add_message(r->core->store, m, &same);
    int64_t row = m->id;
    chat_insert_message(bob, m);
    return chat_message(bob, row);
}

struct answer {
    unsigned n;
    struct err e;
};

static void on_end(void *user, const struct err *e)
{
    struct answer *a = user;
    a->n++;
    a->e = *e;
}

static int fetch(struct rig *r, struct message *m, const char *name, struct answer *a, struct err *e)
{
    char *path = path_join(folder, name);
    int rc = core_accept_file(r->core, m, 0, path, on_end, a, e);
    free(path);
    return rc;
}

/* Names in the folder. */
static unsigned names(void)
{
    unsigned n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *en; d && (en = readdir(d));)
        n += en->d_name[0] != '.';
    closedir(d);
    return n;
}

static void whole(void **state)
{
    struct rig *r = *state;
    struct answer a = {0};
    struct err e = {0};
    struct stat st;
    struct message *m = sent(r, "whole");
    assert_int_equal(fetch(r, m, "plan.txt", &a, &e), 0);
    assert_int_equal(names(), 0);
    assert_true(RIG_WAIT(r, 20000, a.n));
    assert_int_equal(a.e.code, 0);
    assert_int_equal(names(), 1);
    char *path = path_join(folder, "plan.txt");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 6);
    assert_int_equal(st.st_nlink, 1);
    m = chat_message(chats_get(r->ca, "bob@fake", KITH_CHAT_DIRECT), m->id);
    assert_string_equal(m->attachments[0].path, path);
    assert_int_equal(m->attachments[0].bytes, 6); /* nobody had said so: it is found again by it */
    struct message *kept = store_message(r->core->store, m->chat, m->id);
    assert_string_equal(kept->attachments[0].path, path);
    assert_int_equal(kept->attachments[0].bytes, 6);
    message_free(kept);
    assert_true(fetch(r, m, "plan.txt", &a, &e) < 0);
    assert_non_null(strstr(e.text, "is there already"));
    free(path);
}

/* Before the end nothing has a name: neither what is found to be another file nor what never ends is seen, whatever ends. */
static void without_a_name_until_then(void **state)
{
    struct rig *r = *state;
    static const char *const ids[] = {"bad", "gone"};
    struct answer a = {0}, slow = {0};
    struct err e = {0};
    for (size_t i = 0; i < COUNT(ids); i++) {
        assert_true(RIG_WAIT(r, 20000, r->a->state == KITH_STATE_ONLINE));
        a = (struct answer){0};
        assert_int_equal(fetch(r, sent(r, ids[i]), "plan.txt", &a, &e), 0);
        assert_true(RIG_WAIT(r, 20000, a.n));
        assert_true(a.e.code < 0);
        assert_int_equal(names(), 0);
    }
    assert_true(RIG_WAIT(r, 20000, r->a->state == KITH_STATE_ONLINE));
    struct message *m = sent(r, "slow");
    assert_int_equal(fetch(r, m, "plan.txt", &slow, &e), 0);
    assert_true(RIG_WAIT(r, 20000, strstr(r->notices, "writes slow") != NULL));
    assert_int_equal(names(), 0);
    assert_true(fetch(r, m, "plan.txt", &a, &e) < 0);
    assert_non_null(strstr(e.text, "is being fetched already"));
    rig_stop(r);
    assert_int_equal(names(), 0);
    rig_start(r, false);
}

/* A name that somebody took meanwhile is never written over. */
static void never_over_another(void **state)
{
    struct rig *r = *state;
    struct answer a = {0};
    struct err e = {0};
    char *path = path_join(folder, "plan.txt");
    assert_int_equal(fetch(r, sent(r, "whole"), "plan.txt", &a, &e), 0);
    assert_int_equal(path_write(path, "mine", 4, NULL), 0);
    assert_true(RIG_WAIT(r, 20000, a.n));
    assert_true(a.e.code < 0);
    assert_non_null(strstr(a.e.text, "cannot save"));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 4);
    assert_int_equal(names(), 1);
    free(path);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(whole), T(without_a_name_until_then), T(never_over_another)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
