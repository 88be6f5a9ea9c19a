/* unit/core/test_subs.c - accounts behind others: made by what a backend tells, bounded, kept over restarts */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

enum { WAIT_MS = 20000 };

static void ignore(void *user, const struct err *e)
{
}

static bool is_online(const struct rig *r, const char *name)
{
    const struct account *a = model_account(r->model, name);
    return a && a->state == KITH_STATE_ONLINE;
}

/* A command of the fake backend, its words with one space between. */
static void tell(struct rig *r, const char *account, const char *line)
{
    struct account *a = model_account(r->model, account);
    char *copy = xstrdup(line), *rest = copy, *word;
    const char *argv[16];
    int argc = 0;
    struct err e = {0};
    while ((word = strsep(&rest, " ")) && argc < 16)
        argv[argc++] = word;
    if (!a || core_backend_command(r->core, a, NULL, argc, argv, NULL, ignore, NULL, &e) < 0)
        fail_msg("%s: %s", line, e.text);
    free(copy);
}

static void setup(struct rig *r, const char *options)
{
    rig_open(r, options, true);
    assert_true(RIG_WAIT(r, WAIT_MS, is_online(r, "fake")));
    r->notices[0] = '\0';
}

static void again(struct rig *r)
{
    rig_stop(r);
    memset(r->notices, 0, sizeof r->notices);
    rig_start(r, true);
}

static bool said(const struct rig *r, const char *words)
{
    return strstr(r->notices, words) != NULL;
}

static char *own_file(const struct rig *r)
{
    struct buf b = {0};
    char *path = path_of(PATH_STATE, "accounts.cfg", NULL);
    (void)path_read(path, 1 << 20, &b, NULL);
    free(path);
    char *text = xstrdup(buf_str(&b));
    buf_free(&b);
    return text;
}

static void test_appears_below_its_parent(void **state)
{
    struct rig r;
    setup(&r, "other = \"x\";");
    tell(&r, "fake", "sub 7 My_Net own 42 other evil pin 1 password stolen");
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/My_Net")));
    const struct account *a = model_account(r.model, "fake/My_Net");
    assert_ptr_equal(r.model->accounts[1], a);
    assert_string_equal(account_title(a), "My_Net");
    assert_string_equal(a->parent, "fake");
    tell(&r, "fake/My_Net", "told");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "told: ")));
    /* its own option as the offer says, the others as the parent has them, and no secret from the offer */
    assert_true(said(&r, "told: fake/My_Net below fake at me@fake: own=42 other=x(above)\n"));
    rig_close(&r);
}

static void test_kept_over_restarts(void **state)
{
    struct rig r;
    setup(&r, "password = \"secret word\"; other = \"x\";");
    tell(&r, "fake", "sub 7 net own 42");
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/net")));
    int64_t row = model_account(r.model, "fake/net")->id;
    char *text = own_file(&r);
    assert_non_null(strstr(text, "own = \"42\""));
    assert_null(strstr(text, "secret word"));
    assert_null(strstr(text, "other"));
    free(text);
    again(&r);
    assert_int_equal(r.model->n_accounts, 2);
    assert_int_equal(model_account(r.model, "fake/net")->id, row);
    assert_string_equal(model_account(r.model, "fake/net")->label, "net");
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/net") && is_online(&r, "fake")));
    rig_close(&r);
}

/* Of the thing behind the account the id stays; what it is called may change. */
static void test_another_name_keeps_the_chats(void **state)
{
    struct rig r;
    setup(&r, NULL);
    tell(&r, "fake", "sub 7 net own 42");
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/net")));
    struct account *a = model_account(r.model, "fake/net");
    int64_t chat = chats_get(a->core, "bob@fake", KITH_CHAT_DIRECT)->id, row = a->id;
    pid_t pid = a->core->link.pid;
    tell(&r, "fake", "sub 7 other own 42");
    assert_true(RIG_WAIT(&r, WAIT_MS, str_eq(account_title(a), "other")));
    assert_int_equal(a->core->link.pid, pid);
    assert_string_equal(a->name, "fake/net"); /* by which commands and settings know it */
    tell(&r, "fake", "gone 7");
    assert_true(RIG_WAIT(&r, WAIT_MS, !model_account(r.model, "fake/net")));
    assert_true(said(&r, "fake has other no longer"));
    tell(&r, "fake", "sub 7 third own 42");
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/third")));
    a = model_account(r.model, "fake/third");
    assert_int_equal(a->id, row);
    assert_non_null(account_chat(a, "bob@fake"));
    assert_int_equal(account_chat(a, "bob@fake")->id, chat);
    rig_close(&r);
}

static void test_a_list_sweeps(void **state)
{
    struct rig r;
    setup(&r, NULL);
    tell(&r, "fake", "subs 3");
    assert_true(RIG_WAIT(&r, WAIT_MS, r.model->n_accounts == 4));
    tell(&r, "fake", "list begin");
    tell(&r, "fake", "sub n2 net");
    tell(&r, "fake", "list end");
    assert_true(RIG_WAIT(&r, WAIT_MS, r.model->n_accounts == 2));
    assert_string_equal(config_sub(r.config, "fake", "n2")->name, r.model->accounts[1]->name);
    rig_close(&r);
}

static void test_hostile_counts_and_names(void **state)
{
    struct rig r;
    setup(&r, NULL);
    core_disconnect(r.core, r.a, NULL); /* of 64 processes none needs to connect */
    tell(&r, "fake", "subs 10000");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "tells of more than 64 accounts")));
    assert_int_equal(r.model->n_accounts, 65);
    char *first = strstr(r.notices, "more than 64");
    assert_null(strstr(first + 1, "more than 64")); /* once */
    tell(&r, "fake", "sub ../../etc name");
    tell(&r, "fake", "sub a/b name");
    tell(&r, "fake/net", "sub 1 below"); /* none below one that is below */
    tell(&r, "fake", "told");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "told: fake ")));
    assert_int_equal(r.model->n_accounts, 65);
    for (size_t i = 1; i < r.model->n_accounts; i++)
        assert_string_equal(r.model->accounts[i]->parent, "fake");
    for (int i = 0; i < 64; i++) { /* come and go */
        char line[64];
        snprintf(line, sizeof line, "gone n%d", i + 1);
        tell(&r, "fake", line);
    }
    assert_true(RIG_WAIT(&r, WAIT_MS, r.model->n_accounts == 1));
    r.notices[0] = '\0';
    tell(&r, "fake", "subs 64");
    tell(&r, "fake", "gone n1");
    tell(&r, "fake", "sub late late");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "come and go too fast")));
    assert_null(config_sub(r.config, "fake", "late"));
    rig_close(&r);
}

static void test_strange_names_are_made_plain(void **state)
{
    struct rig r;
    setup(&r, NULL);
    core_disconnect(r.core, r.a, NULL);
    tell(&r, "fake", "sub 1 ../../x");
    tell(&r, "fake", "sub 2 \xd0\x9f\xd1\x80\xd0\xb8");
    tell(&r, "fake", "sub 3 same");
    tell(&r, "fake", "sub 4 same");
    assert_true(RIG_WAIT(&r, WAIT_MS, r.model->n_accounts == 5));
    assert_string_equal(config_sub(r.config, "fake", "1")->name, "fake/x");
    assert_string_equal(config_sub(r.config, "fake", "2")->name, "fake/2");
    assert_string_equal(model_account(r.model, "fake/2")->label, "\xd0\x9f\xd1\x80\xd0\xb8");
    assert_string_equal(config_sub(r.config, "fake", "3")->name, "fake/same");
    assert_string_equal(config_sub(r.config, "fake", "4")->name, "fake/same-4");
    rig_close(&r);
}

static void test_switched_off_stays_off(void **state)
{
    struct rig r;
    struct err e = {0};
    setup(&r, NULL);
    tell(&r, "fake", "sub 7 net own 42");
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/net")));
    assert_int_equal(config_enable_account(r.config, "fake/net", false, &e), 0);
    assert_int_equal(core_disconnect(r.core, model_account(r.model, "fake/net"), &e), 0);
    tell(&r, "fake", "sub 7 net own 42");
    tell(&r, "fake", "told");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "told: ")));
    assert_false(model_account(r.model, "fake/net")->enabled);
    assert_true(config_remove_account(r.config, "fake/net", &e) < 0); /* it would come again */
    assert_non_null(strstr(e.text, "/account disable fake/net"));
    again(&r);
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake")));
    tell(&r, "fake", "sub 7 net own 42");
    tell(&r, "fake", "told");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "told: ")));
    assert_false(model_account(r.model, "fake/net")->enabled);
    rig_close(&r);
}

static void test_comes_and_goes_with_its_parent(void **state)
{
    struct rig r;
    setup(&r, NULL);
    tell(&r, "fake", "sub 7 net own 42");
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/net")));
    core_disconnect(r.core, r.a, NULL);
    assert_true(RIG_WAIT(&r, WAIT_MS, !is_online(&r, "fake/net") && !is_online(&r, "fake")));
    core_connect(r.core, r.a, NULL);
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/net") && is_online(&r, "fake")));
    core_set_status(r.core, NULL, KITH_SHOW_OFFLINE, NULL, NULL);
    assert_true(RIG_WAIT(&r, WAIT_MS, !is_online(&r, "fake/net") && !is_online(&r, "fake")));
    core_set_status(r.core, NULL, KITH_SHOW_AWAY, NULL, NULL);
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/net") && is_online(&r, "fake")));
    /* Out of the user's file, with what is below it; what kith keeps of it does not bring it back. */
    char *path = path_join(r.dir, "accounts.cfg");
    assert_int_equal(path_write(path, "", 0, NULL), 0);
    free(path);
    config_load(r.config);
    const char *const *changed;
    size_t n = config_changed_accounts(r.config, &changed);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++)
        core_account_load(r.core, changed[i], NULL);
    assert_int_equal(r.model->n_accounts, 0);
    rig_close(&r);
}

static void test_what_stands_behind_is_told(void **state)
{
    struct rig r;
    setup(&r, NULL);
    tell(&r, "fake", "sub 7 net own 42 disconnected");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "net: disconnected")));
    assert_string_equal(model_account(r.model, "fake/net")->note, "disconnected");
    tell(&r, "fake", "sub 7 net own 42");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "net is connected again")));
    assert_null(model_account(r.model, "fake/net")->note);
    rig_close(&r);
}

/* However often they change: a line for all of them, and none for what is again as it was. */
static void test_many_changes_are_few_lines(void **state)
{
    struct rig r;
    setup(&r, NULL);
    char line[64];
    for (int i = 0; i < 5; i++) {
        snprintf(line, sizeof line, "sub %d net%d own %d down", i, i, i);
        tell(&r, "fake", line);
    }
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "net0, net1, net2 and 2 more are not connected")));
    unsigned before = r.n_notices;
    for (int k = 0; k < 40; k++) {
        for (int i = 0; i < 5; i++) {
            snprintf(line, sizeof line, "sub %d net%d own %d%s", i, i, i, k % 2 ? "" : " flips");
            tell(&r, "fake", line);
        }
    }
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "net0, net1, net2 and 2 more are connected again")));
    assert_int_equal(r.n_notices - before, 1);
    rig_close(&r);
}

/* The user wrote the same by hand before: there is no second one. */
static void test_made_by_hand_is_left_alone(void **state)
{
    struct rig r;
    memset(&r, 0, sizeof r);
    snprintf(r.dir, sizeof r.dir, "/tmp/kith-core-XXXXXX");
    assert_non_null(mkdtemp(r.dir));
    path_set_root(r.dir);
    static const char text[] =
        "accounts = ( { name = \"fake\"; protocol = \"fake\"; address = \"me@fake\"; },"
        "{ name = \"hand\"; protocol = \"fake\"; address = \"me@fake\"; own = \"42\"; } );\n";
    char *path = path_join(r.dir, "accounts.cfg");
    assert_int_equal(path_write(path, text, sizeof text - 1, NULL), 0);
    free(path);
    rig_start(&r, true);
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake")));
    tell(&r, "fake", "sub 7 net own 42");
    tell(&r, "fake", "sub 8 net own 43");
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/net")));
    assert_int_equal(r.model->n_accounts, 3);
    assert_string_equal(config_sub(r.config, "fake", "8")->name, "fake/net");
    assert_ptr_equal(r.model->accounts[1], model_account(r.model, "fake/net"));
    rig_close(&r);
}

static void test_the_user_is_asked_once(void **state)
{
    struct rig r;
    struct err e = {0};
    setup(&r, NULL);
    tell(&r, "fake", "sub 7 net own 42");
    tell(&r, "fake", "sub 8 two own 43");
    assert_true(RIG_WAIT(&r, WAIT_MS, is_online(&r, "fake/net") && is_online(&r, "fake/two")));
    tell(&r, "fake/net", "secret password");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "secret 5 password: of the parent")));
    tell(&r, "fake", "certificate");
    tell(&r, "fake/net", "certificate");
    assert_true(RIG_WAIT(&r, WAIT_MS, r.model->n_asks == 2));
    assert_int_equal(core_answer(r.core, r.model->asks[0], "always", NULL, 0, &e), 0);
    assert_int_equal(r.model->n_asks, 0);
    tell(&r, "fake/two", "certificate"); /* later: what was said of it holds */
    tell(&r, "fake/two", "told");
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "told: fake/two")));
    assert_int_equal(r.model->n_asks, 0);
    unsigned answers = 0;
    assert_true(RIG_WAIT(&r, WAIT_MS, ({
        answers = 0;
        for (const char *p = r.notices; (p = strstr(p, "certificate: always")); p++)
            answers++;
        answers == 3;
    })));
    /* Who waits for an answer from above hears when none can come any more. */
    tell(&r, "fake/two", "secret never");
    tell(&r, "fake/two", "told");
    r.notices[0] = '\0';
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "told: fake/two")));
    assert_false(said(&r, "secret 5"));
    kill(r.ca->link.pid, SIGKILL);
    assert_true(RIG_WAIT(&r, WAIT_MS, said(&r, "secret 5 password: none")));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appears_below_its_parent),
        cmocka_unit_test(test_kept_over_restarts),
        cmocka_unit_test(test_another_name_keeps_the_chats),
        cmocka_unit_test(test_a_list_sweeps),
        cmocka_unit_test(test_hostile_counts_and_names),
        cmocka_unit_test(test_strange_names_are_made_plain),
        cmocka_unit_test(test_switched_off_stays_off),
        cmocka_unit_test(test_comes_and_goes_with_its_parent),
        cmocka_unit_test(test_what_stands_behind_is_told), cmocka_unit_test(test_many_changes_are_few_lines),
        cmocka_unit_test(test_made_by_hand_is_left_alone),
        cmocka_unit_test(test_the_user_is_asked_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
