/* unit/cmd/test_control.c - what control clients get: lines, JSON, exit codes that are true */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "cmd/control.h"
#include "fixture.h"
#include "store/store.h"

struct client {
    struct buf out, err;
    int code; /* -1: not ended */
};

static void client_out(void *user, bool is_error, const char *data, size_t len)
{
    struct client *c = user;
    assert_int_equal(c->code, -1); /* nothing comes behind the end */
    buf_add(is_error ? &c->err : &c->out, data, len);
}

static void client_done(void *user, int code)
{
    struct client *c = user;
    assert_int_equal(c->code, -1);
    c->code = code;
}

static void client_clear(struct client *c)
{
    buf_free(&c->out);
    buf_free(&c->err);
    c->code = -1;
}

/* Words with spaces between. */
static struct control *ask(struct world *w, struct client *c, const char *line, const char *body)
{
    char *copy = xstrdup(line), *rest = copy;
    const char *argv[16];
    int argc = 0;
    client_clear(c);
    for (char *p; (p = strsep(&rest, " "));)
        argv[argc++] = p;
    struct control_request r = {argc,       argv,        body, body ? strlen(body) : 0,
                                client_out, client_done, c};
    struct control *handle = control_run(&w->env, &r);
    free(copy);
    assert_true((handle == NULL) == (c->code >= 0));
    return handle;
}

static void test_usage(void **state)
{
    struct world *w = *state;
    static const char *const bad[][2] = {
        {"send", "to whom?; usage: kith send [--wait] ADDRESS [TEXT | < FILE]"},
        {"send bob",
         "there is nothing to send; usage: kith send [--wait] ADDRESS [TEXT | < FILE]"},
        {"tail", "usage: kith tail [--follow] [-n N] CHAT"},
        {"tail -n x bob",
         "x is not understood here; usage: kith tail [--follow] [-n N] [--json] [CHAT]"},
        {"status --jsn",
         "--jsn is not understood here; usage: kith status [--json] [--account NAME]"},
        {"nosuch", "there is no command nosuch; kith --help lists them"},
    };
    struct client c = {.code = -1};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_null(ask(w, &c, bad[i][0], NULL));
        assert_int_equal(c.code, 2);
        assert_string_equal(buf_str(&c.err), bad[i][1]);
    }
    assert_null(ask(w, &c, "status --account nosuch", NULL));
    assert_int_equal(c.code, 1);
    assert_string_equal(buf_str(&w->core.calls), "");
    client_clear(&c);
}

static void test_send(void **state)
{
    struct world *w = *state;
    struct client c = {.code = -1};
    assert_null(ask(w, &c, "send bob it is -n done --wait", NULL));
    assert_int_equal(c.code, 0);
    assert_string_equal(buf_str(&w->core.calls),
                        "send bob@example.org 0 0 0 it is -n done --wait\n");
    buf_clear(&w->core.calls);
    assert_null(ask(w, &c, "send --json bob@example.org", "two\nlines\n"));
    assert_string_equal(buf_str(&w->core.calls), "send bob@example.org 0 0 0 two\nlines\n");
    assert_string_equal(buf_str(&c.out), "{\"id\":2,\"state\":\"queued\"}\n");
    assert_null(ask(w, &c, "send bob", "bad \xff"));
    assert_int_equal(c.code, 1);
    w->core.refuse = KITH_EDENIED;
    assert_null(ask(w, &c, "send bob x", NULL));
    assert_int_equal(c.code, 1);
    assert_string_equal(buf_str(&c.err), "refused");
    model_drop_account(w->env.model, w->local);
    assert_null(ask(w, &c, "send nobody x", NULL));
    assert_int_equal(c.code, 1);
    client_clear(&c);
}

static void test_wait(void **state)
{
    struct world *w = *state;
    struct client c = {.code = -1};
    assert_non_null(ask(w, &c, "send --wait --json bob x", NULL));
    assert_non_null(strstr(buf_str(&w->core.calls), "watch 1 3\n"));
    w->core.delivery(w->core.delivery_user, DELIVERY_STORED, NULL);
    assert_int_equal(c.code, 0);
    assert_string_equal(buf_str(&c.out), "{\"id\":1,\"state\":\"stored\"}\n");
    assert_non_null(ask(w, &c, "send --wait bob x", NULL));
    w->core.delivery(w->core.delivery_user, DELIVERY_FAILED, "no such user");
    assert_int_equal(c.code, 1);
    assert_string_equal(buf_str(&c.err), "not sent: no such user");
    struct control *handle = ask(w, &c, "send --wait bob x", NULL);
    control_cancel(handle);
    assert_non_null(strstr(buf_str(&w->core.calls), "unwatch\n"));
    assert_int_equal(c.code, -1);
    client_clear(&c);
}

static void test_send_to_a_stranger(void **state)
{
    struct world *w = *state;
    struct client c = {.code = -1};
    struct err gone = {.code = KITH_ENOTFOUND, .text = "no such user"};
    assert_non_null(ask(w, &c, "send new@example.org x", NULL));
    assert_string_equal(buf_str(&w->core.calls), "open home new@example.org\n");
    w->core.chat_done(w->core.user, NULL, &gone);
    assert_int_equal(c.code, 1);
    assert_string_equal(buf_str(&c.err), "new@example.org: no such user");
    struct control *handle = ask(w, &c, "send new@example.org x", NULL);
    control_cancel(handle); /* the client goes; the answer comes later */
    buf_clear(&w->core.calls);
    struct chat *fresh = account_add_chat(w->home, 13, "new@example.org", KITH_CHAT_DIRECT);
    w->core.chat_done(w->core.user, fresh, &(struct err){0});
    assert_string_equal(buf_str(&w->core.calls), "");
    assert_int_equal(c.code, -1);
    client_clear(&c);
}

static void test_unread_and_status(void **state)
{
    struct world *w = *state;
    struct client c = {.code = -1};
    assert_null(ask(w, &c, "unread", NULL));
    assert_int_equal(c.code, 0);
    assert_string_equal(buf_str(&c.out), "");
    chat_set_unread(w->room, 7, 2);
    assert_null(ask(w, &c, "unread --json", NULL));
    assert_string_equal(buf_str(&c.out), "{\"account\":\"home\",\"chat\":\"dev@rooms.example.org\","
                                         "\"name\":\"dev@rooms.example.org\","
                                         "\"unread\":7,\"mentions\":2}\n");
    assert_null(ask(w, &c, "unread --account=local", NULL));
    assert_string_equal(buf_str(&c.out), "");
    w->local->problem = xstrdup("the link broke");
    assert_null(ask(w, &c, "status", NULL));
    assert_string_equal(buf_str(&c.out),
                        "home\txmpp\talice@example."
                        "org\tonline\tonline\nlocal\tlocal\talice\toffline\tthe link broke\n");
    client_clear(&c);
}

static void test_tail_and_search(void **state)
{
    struct world *w = *state;
    struct client c = {.code = -1};
    struct err e = {0};
    setenv("TZ", "UTC", 1);
    tzset();
    open_store(w);
    assert_null(ask(w, &c, "tail -n 1 bob", NULL));
    assert_int_equal(c.code, 0);
    assert_string_equal(buf_str(&c.out), "2023-11-14 22:15 alice@example.org: nice\n");
    while (store_index_slice(w->core.store, 100000))
        ;
    (void)store_commit(w->core.store, true, &e);
    assert_null(ask(w, &c, "search --json look", NULL));
    assert_int_equal(c.code, 0);
    assert_non_null(strstr(buf_str(&c.out), "\"body\":\"look at https://example.org/r/1423.\""));
    struct control *handle = ask(w, &c, "tail --follow -n 1 bob", NULL);
    buf_clear(&c.out);
    (void)add_message(w->bob, 1000, "bob@example.org", "new\nlines", 0);
    (void)add_message(w->room, 1001, "frank", "elsewhere", 0);
    assert_string_equal(buf_str(&c.out), "2023-11-14 22:30 bob@example.org: new\n    lines\n");
    control_cancel(handle);
    (void)add_message(w->bob, 1002, "bob@example.org", "too late", 0);
    assert_null(strstr(buf_str(&c.out), "too late"));
    handle = ask(w, &c, "tail --follow", NULL); /* of all chats */
    (void)add_message(w->room, 1003, "frank", "here", 0);
    assert_non_null(
        strstr(buf_str(&c.out), "dev@rooms.example.org  2023-11-14 22:30 frank: here\n"));
    control_cancel(handle);
    store_close(w->core.store);
    client_clear(&c);
}

/* Without --wait the answer comes when the message is on disk, not before. */
static void test_said_when_on_disk(void **state)
{
    struct world *w = *state;
    struct client c = {.code = -1};
    struct err e = {0};
    char *path = path_join(w->dir, "history.db");
    assert_int_equal(store_open(&w->core.store, path, &e), 0);
    free(path);
    w->env.loop = loop_new();
    assert_non_null(ask(w, &c, "send bob x", NULL));
    assert_int_equal(loop_turn(w->env.loop, 1000), 1);
    assert_int_equal(c.code, 0);
    struct store_account sa = {0};
    (void)store_account(w->core.store, "home", "xmpp", &sa);
    w->home->id = sa.id;
    store_account_clear(&sa);
    w->bob->id = store_new_chat(w->core.store, w->home, "bob@example.org", KITH_CHAT_DIRECT);
    w->bob->messages[0]->id = store_new_id(w->core.store);
    int64_t same;
    assert_int_equal(store_add_message(w->core.store, w->bob->messages[0], &same), 1);
    w->core.next_id = w->bob->messages[0]->id; /* the one after it was not committed either */
    assert_non_null(ask(w, &c, "send bob x", NULL));
    (void)loop_turn(w->env.loop, 1000);
    assert_int_equal(c.code, 1);
    assert_non_null(strstr(buf_str(&c.err), "in memory only"));
    (void)store_commit(w->core.store, true, &e);
    struct control *handle = ask(w, &c, "send bob x", NULL);
    control_cancel(handle);
    (void)loop_turn(w->env.loop, 0);
    assert_int_equal(c.code, -1);
    store_close(w->core.store);
    loop_free(w->env.loop);
    w->env.loop = NULL;
    client_clear(&c);
}

static void test_quit(void **state)
{
    struct world *w = *state;
    struct client c = {.code = -1};
    assert_null(ask(w, &c, "quit see you", NULL));
    assert_int_equal(c.code, 0);
    assert_string_equal(w->quit, "see you");
    assert_null(ask(w, &c, "open xmpp:a@b", NULL));
    assert_int_equal(c.code, 1); /* there is no terminal to show it in */
    client_clear(&c);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, world_new, world_free)
    const struct CMUnitTest tests[] = {T(test_usage),
                                       T(test_send),
                                       T(test_wait),
                                       T(test_send_to_a_stranger),
                                       T(test_unread_and_status),
                                       T(test_tail_and_search),
                                       T(test_said_when_on_disk),
                                       T(test_quit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
