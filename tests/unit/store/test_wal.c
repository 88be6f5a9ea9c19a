/* unit/store/test_wal.c - the write-ahead log is moved into the file when what goes on beside allows it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
};

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    struct store_account row;
    struct err e = {0};
    snprintf(r->dir, sizeof r->dir, "/tmp/kith-wal-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    r->path = xasprintf("%s/history.db", r->dir);
    assert_int_equal(store_open(&r->s, r->path, &e), 0);
    r->m = model_new();
    store_account(r->s, "home", "xmpp", &row);
    struct account *a = model_add_account(r->m, row.id, "home", row.protocol);
    store_account_clear(&row);
    int64_t id = store_new_chat(r->s, a, "bob@example.org", KITH_CHAT_DIRECT);
    r->c = account_add_chat(a, id, "bob@example.org", KITH_CHAT_DIRECT);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"", "-wal", "-shm", ".lock"};
    struct rig *r = *state;
    model_free(r->m);
    store_close(r->s);
    for (size_t i = 0; i < COUNT(names); i++) {
        char *p = xasprintf("%s%s", r->path, names[i]);
        unlink(p);
        free(p);
    }
    rmdir(r->dir);
    free(r->path);
    free(r);
    return 0;
}

/* One transaction of about so many pages: each text takes one. */
static void pages(struct rig *r, int n)
{
    char text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < n; i++) {
        struct message *m = message_new();
        int64_t same = 0;
        m->chat = r->c;
        m->id = store_new_id(r->s);
        m->time = m->sort = 1000 + m->id;
        m->sender = xstrdup("bob@example.org");
        m->body = xstrdup(text);
        assert_int_equal(store_add_message(r->s, m, &same), 1);
        message_free(m);
    }
    assert_int_equal(store_commit(r->s, false, NULL), 1);
}

static void test_not_for_a_few(void **state)
{
    struct rig *r = *state;
    pages(r, 100);
    assert_false(store_checkpoint(r->s, STORE_IDLE));
}

static void test_once_when_nothing_is_due(void **state)
{
    struct rig *r = *state;
    pages(r, 400);
    assert_false(store_checkpoint(r->s, STORE_FILLING));
    assert_true(store_checkpoint(r->s, STORE_IDLE));
    assert_false(store_checkpoint(r->s, STORE_IDLE)); /* it is done */
    pages(r, 400);                                    /* and the log begins anew */
    assert_true(store_checkpoint(r->s, STORE_IDLE));
}

static void test_not_while_somebody_types(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < 9; i++)
        pages(r, 1000); /* the disk begins with some of it meanwhile */
    assert_false(store_checkpoint(r->s, STORE_TYPING));
    assert_true(store_checkpoint(r->s, STORE_BUSY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_not_for_a_few, setup, teardown),
        cmocka_unit_test_setup_teardown(test_once_when_nothing_is_due, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_while_somebody_types, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
