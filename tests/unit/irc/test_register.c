/* unit/irc/test_register.c - a new account on the server: REGISTER and VERIFY, before and after the welcome; NickServ */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rig.h"

static int run(struct rig *r, irc_run_fn *fn, const char *line)
{
    char *copy = xstrdup(line), *rest = copy, *word;
    const char *argv[8];
    int argc = 0;
    while ((word = strsep(&rest, " ")) && argc < 8)
        argv[argc++] = word;
    int rc = fn((struct kith_session *)(void *)r, NULL, argc, argv, 1);
    free(copy);
    while (r->wake && r->wake <= r->mono)
        irc_tick(r->irc);
    return rc;
}

static uint64_t asked(const char *events)
{
    const char *at = strstr(events, "FORM ask=");
    return at ? strtoull(at + 9, NULL, 10) : 0;
}

/* Fills the form that was asked: "key=value" pairs, NULL ends. */
static void answer(struct rig *r, uint64_t ask, ...)
{
    struct kith_field fields[6] = {{0}};
    const char *values[6], *pair;
    char *keys[6];
    size_t n = 0;
    va_list ap;
    va_start(ap, ask);
    while ((pair = va_arg(ap, const char *)) && n < 6) {
        keys[n] = xstrndup(pair, strcspn(pair, "="));
        values[n] = pair + strlen(keys[n]) + 1;
        fields[n] = (struct kith_field){.size = sizeof fields[n], .key = keys[n], .values = &values[n], .n_values = 1};
        n++;
    }
    va_end(ap);
    struct kith_answer a = {.size = sizeof a, .choice = n ? "ok" : "cancel", .fields = fields, .n_fields = n};
    assert_true(ask != 0);
    assert_int_equal(irc_op_answer(r->irc, ask, &a), KITH_OK);
    for (size_t k = 0; k < n; k++)
        free(keys[k]);
    while (r->wake && r->wake <= r->mono)
        irc_tick(r->irc);
}

static void an_account_is_made(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "draft/account-registration=custom-account-name", NULL);
    run(&r, irc_run_register, "register");
    const char *told = rig_events(&r);
    rig_has(told, "account:text!=alice email:text password:secret! again:secret!");
    rig_lacks(rig_sent(&r), "REGISTER");
    answer(&r, asked(told), "account=alice", "email=", "password=pass word", "again=pass word", NULL);
    assert_string_equal(rig_sent(&r), "REGISTER * * :pass word\r\n");
    rig_line(&r, ":irc.test REGISTER SUCCESS alice :Account created");
    rig_has(rig_events(&r), "The account alice is yours now. To be logged in from now on, set login = \"alice\"");
    assert_string_equal(r.irc->account, "alice");
    run(&r, irc_run_register, "register"); /* there is one */
    rig_has(rig_events(&r), "err=-1 text=You are logged in");
    rig_stop(&r);
    (void)state;
}

static void what_cannot_be_right_is_not_sent(void **state)
{
    static const char *const wrong[][4] = {
        {"email=a@b", "password=one", "again=two", "the two passwords differ"},
        {"email=a@b", "password=", "again=", "the password is empty"},
        {"email=", "password=x", "again=x", "wants an address of e-mail"},
        {"email=a b@c", "password=x", "again=x", "no address of e-mail"}};
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "draft/account-registration=email-required,before-connect", NULL);
    for (size_t n = 0; n < COUNT(wrong); n++) {
        run(&r, irc_run_register, "register");
        const char *told = rig_events(&r);
        rig_has(told, "email:text! password");
        rig_lacks(told, "account:"); /* it is the nick: nothing to ask */
        answer(&r, asked(told), wrong[n][0], wrong[n][1], wrong[n][2], NULL);
        rig_has(rig_events(&r), wrong[n][3]);
    }
    run(&r, irc_run_register, "register");
    answer(&r, asked(rig_events(&r)), NULL); /* given up */
    rig_lacks(rig_sent(&r), "REGISTER");
    run(&r, irc_run_register, "register hunter2"); /* no password behind the command */
    rig_has(rig_events(&r), "the password is asked for");
    rig_stop(&r);
    (void)state;
}

static void a_code_verifies_it(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "draft/account-registration=email-required", NULL);
    run(&r, irc_run_register, "register a@b.test");
    const char *told = rig_events(&r);
    rig_has(told, "email:text!=a@b.test");
    answer(&r, asked(told), "email=a@b.test", "password=pw", "again=pw", NULL);
    assert_string_equal(rig_sent(&r), "REGISTER * a@b.test pw\r\n");
    rig_line(&r, "REGISTER VERIFICATION_REQUIRED alice :A code was sent");
    answer(&r, asked(rig_events(&r)), "code=1234", NULL);
    assert_string_equal(rig_sent(&r), "VERIFY alice 1234\r\n");
    rig_line(&r, "FAIL VERIFY INVALID_CODE alice :That is not it");
    rig_has(rig_events(&r), "The code was not taken: That is not it /verify tries again.");
    run(&r, irc_run_verify, "verify 4321");
    assert_string_equal(rig_sent(&r), "VERIFY alice 4321\r\n");
    rig_line(&r, "VERIFY SUCCESS alice :Done");
    rig_has(rig_events(&r), "The account alice is yours now.");
    rig_stop(&r);
    (void)state;
}

static void the_servers_words_are_told(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "draft/account-registration", NULL);
    run(&r, irc_run_register, "register");
    answer(&r, asked(rig_events(&r)), "email=", "password=pw", "again=pw", NULL);
    rig_line(&r, "FAIL REGISTER WEAK_PASSWORD alice :Too short");
    rig_has(rig_events(&r), "No account was made: Too short /register tries again.");
    run(&r, irc_run_register, "register");
    answer(&r, asked(rig_events(&r)), "email=", "password=pw", "again=pw", NULL);
    rig_pass(&r, IRC_QUERY_MS + 1000);
    rig_has(rig_events(&r), "No account was made: The server did not answer.");
    rig_line(&r, "REGISTER SUCCESS mallory :of nobody's asking");
    rig_lacks(rig_events(&r), "mallory");
    assert_null(r.irc->account);
    rig_stop(&r);
    (void)state;
}

/* A server that lets nobody in without an account. */
static void before_the_welcome(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, "CAP * LS :draft/account-registration=before-connect");
    rig_line(&r, "CAP * ACK draft/account-registration");
    rig_line(&r, "FAIL * ACCOUNT_REQUIRED :You must log in");
    rig_has(rig_events(&r), "STATE 0 err=-6 retry=1 text=irc.test lets nobody in without an account: You must log in "
                            "(option login; /register makes one)");
    run(&r, irc_run_register, "register");
    rig_has(rig_events(&r), "retry=2"); /* at once */
    rig_connect(&r);
    rig_line(&r, "CAP * LS :draft/account-registration=before-connect");
    rig_sent(&r);
    rig_line(&r, "CAP * ACK draft/account-registration");
    uint64_t ask = asked(rig_events(&r));
    rig_line(&r, "CAP * ACK draft/account-registration"); /* whatever else comes */
    assert_string_equal(rig_sent(&r), ""); /* CAP END waits */
    rig_pass(&r, 300000);
    rig_lacks(rig_events(&r), "STATE 0"); /* for as long as the user needs */
    answer(&r, ask, "email=", "password=pw", "again=pw", NULL);
    assert_string_equal(rig_sent(&r), "REGISTER * * pw\r\n");
    rig_line(&r, "REGISTER SUCCESS alice :ok");
    rig_line(&r, "900 * * alice :ok");
    assert_string_equal(rig_sent(&r), "CAP END\r\n");
    rig_line(&r, ":irc.test 001 alice :hi");
    rig_stop(&r);
    (void)state;
}

static void a_server_that_changes_its_mind_asks_once_more_after_the_welcome(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    run(&r, irc_run_register, "register");
    rig_connect(&r);
    rig_line(&r, "CAP * LS :draft/account-registration=before-connect");
    rig_line(&r, "CAP * ACK draft/account-registration");
    answer(&r, asked(rig_events(&r)), "email=", "password=pw", "again=pw", NULL);
    rig_sent(&r);
    rig_line(&r, "FAIL REGISTER COMPLETE_CONNECTION_REQUIRED :Later");
    assert_string_equal(rig_sent(&r), "CAP END\r\n");
    rig_line(&r, ":irc.test 001 alice :hi");
    rig_line(&r, ":irc.test 422 alice :none");
    assert_true(asked(rig_events(&r)) != 0);
    rig_stop(&r);
    (void)state;
}

static void without_the_command_the_service_is_asked(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    run(&r, irc_run_register, "register a@b.test");
    const char *told = rig_events(&r);
    answer(&r, asked(told), "email=a@b.test", "password=pw", "again=pw", NULL);
    assert_string_equal(rig_sent(&r), "PRIVMSG NickServ :REGISTER pw a@b.test\r\n");
    rig_has(rig_events(&r), "NickServ was asked for the account alice; what it answers is the answer.");
    run(&r, irc_run_verify, "verify 12");
    rig_has(rig_events(&r), "NickServ has said how");
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_made),
        cmocka_unit_test(what_cannot_be_right_is_not_sent),
        cmocka_unit_test(a_code_verifies_it),
        cmocka_unit_test(the_servers_words_are_told),
        cmocka_unit_test(before_the_welcome),
        cmocka_unit_test(a_server_that_changes_its_mind_asks_once_more_after_the_welcome),
        cmocka_unit_test(without_the_command_the_service_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
