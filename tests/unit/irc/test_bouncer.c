/* unit/irc/test_bouncer.c - networks of a bouncer told to the host, bound to, shown and changed; ZNC's and Ergo's ways */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rig.h"

static const char soju[] = "batch message-tags labeled-response soju.im/bouncer-networks soju.im/bouncer-networks-notify";

/* What plugin.c makes of a session begins as a rig does. */
static int run(struct rig *r, irc_run_fn *fn, kith_req req, const char *line)
{
    char *copy = xstrdup(line), *rest = copy, *word;
    const char *argv[16];
    int argc = 0;
    while ((word = strsep(&rest, " ")) && argc < 16)
        argv[argc++] = word;
    int rc = fn((struct kith_session *)(void *)r, NULL, argc, argv, req);
    free(copy);
    return rc;
}

static void list_comes(struct rig *r, const char *label)
{
    rig_line(r, "%s:bnc BATCH +a soju.im/bouncer-networks", label);
    rig_line(r, "@batch=a BOUNCER NETWORK 42 name=Libera;state=connected;host=irc.libera.chat;nickname=ali");
    rig_line(r, "@batch=a BOUNCER NETWORK 43 name=My\\sNet;state=disconnected;error=no\\sroute;host=irc.my.net;port=6667;tls=0");
    rig_line(r, ":bnc BATCH -a");
}

static void networks_become_accounts(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, soju, "BOUNCER_NETID");
    rig_lacks(rig_sent(&r), "LISTNETWORKS"); /* they come by themselves */
    rig_events(&r);
    list_comes(&r, "");
    assert_string_equal(rig_events(&r),
                        "SYNC begin what=6\n"
                        "SUB id=42 name=Libera bouncer_network=42\n"
                        "SUB id=43 name=My Net text=the bouncer is not connected to it: no route bouncer_network=43\n"
                        "SYNC end what=6\n");
    rig_line(&r, "BOUNCER NETWORK 43 state=connected;error"); /* what is not named stays, what has no value goes */
    assert_string_equal(rig_events(&r), "SUB id=43 name=My Net bouncer_network=43\n");
    rig_line(&r, "BOUNCER NETWORK 44 host=irc.oftc.net;state=connecting");
    assert_string_equal(rig_events(&r), "SUB id=44 name=irc.oftc.net bouncer_network=44\n");
    rig_line(&r, "BOUNCER NETWORK 42 *");
    assert_string_equal(rig_events(&r), "SUB_GONE id=42\n");
    rig_line(&r, "BOUNCER NETWORK 42 *");
    rig_line(&r, "BOUNCER NETWORK ../x name=a");
    rig_line(&r, "BOUNCER NETWORK");
    rig_line(&r, "BOUNCER NETWORK 45");
    rig_line(&r, "BOUNCER");
    assert_string_equal(rig_events(&r), "");
    rig_stop(&r);
    (void)state;
}

static void a_bouncer_that_does_not_tell_is_asked(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "batch soju.im/bouncer-networks", NULL);
    rig_pass(&r, 100);
    rig_stop(&r);
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, "CAP * LS :batch soju.im/bouncer-networks");
    rig_line(&r, "CAP * ACK :batch soju.im/bouncer-networks");
    rig_line(&r, ":bnc 001 alice :hi");
    rig_line(&r, ":bnc 422 alice :no motd");
    rig_has(rig_sent(&r), "BOUNCER LISTNETWORKS\r\n");
    rig_stop(&r);
    (void)state;
}

/* Ten thousand of them, and a list that never ends. */
static void a_hostile_bouncer_is_bounded(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, soju, NULL);
    rig_line(&r, "BATCH +a soju.im/bouncer-networks");
    rig_line(&r, "BATCH +b soju.im/bouncer-networks");
    for (int n = 0; n < 10000; n++)
        rig_line(&r, "@batch=a BOUNCER NETWORK %d name=n%d", n, n);
    const char *told = rig_events(&r);
    size_t subs = 0, begins = 0;
    for (const char *p = told; (p = strstr(p, "SUB id=")); p++)
        subs++;
    for (const char *p = told; (p = strstr(p, "SYNC begin what=6")); p++)
        begins++;
    assert_int_equal(subs, 200);
    assert_int_equal(begins, 1);
    rig_line(&r, "BATCH -b");
    rig_line(&r, "BATCH -a");
    assert_string_equal(rig_events(&r), "SYNC end what=6\n");
    irc_closed(r.irc, KITH_ENET, "gone"); /* in the middle of a list: nothing is swept by it */
    rig_lacks(rig_events(&r), "SYNC");
    rig_stop(&r);
    (void)state;
}

static void an_account_of_a_network_binds_to_it(void **state)
{
    struct rig r;
    rig_start(&r, "bouncer_network=42", "login=alice", "password=pw", NULL);
    rig_connect(&r);
    rig_line(&r, "CAP * LS :sasl=PLAIN batch soju.im/bouncer-networks soju.im/bouncer-networks-notify");
    rig_line(&r, "CAP * ACK :sasl batch soju.im/bouncer-networks soju.im/bouncer-networks-notify");
    rig_line(&r, "AUTHENTICATE +");
    rig_lacks(rig_sent(&r), "BIND"); /* not before the login */
    rig_line(&r, "900 * * alice :ok");
    rig_line(&r, "903 * :ok");
    assert_string_equal(rig_sent(&r), "BOUNCER BIND 42\r\nCAP END\r\n");
    rig_line(&r, ":bnc 001 ali :hi");
    rig_line(&r, ":bnc 005 ali BOUNCER_NETID=42 :are supported");
    rig_line(&r, ":bnc 422 ali :no motd");
    rig_events(&r);
    list_comes(&r, "");
    rig_lacks(rig_events(&r), "SUB"); /* it is one of them, and has none */
    rig_pass(&r, 120000);
    rig_lacks(rig_sent(&r), "NICK"); /* the nick is the bouncer's business */
    rig_stop(&r);
    (void)state;
}

static void a_network_that_is_not_there_ends_it(void **state)
{
    struct rig r;
    rig_start(&r, "bouncer_network=42", NULL);
    rig_connect(&r);
    rig_line(&r, "CAP * LS :batch soju.im/bouncer-networks");
    rig_line(&r, "CAP * ACK :batch soju.im/bouncer-networks");
    rig_events(&r);
    rig_line(&r, "FAIL BOUNCER INVALID_NETID BIND 42 :Unknown network ID");
    rig_has(rig_events(&r), "STATE 0 err=-10 retry=1 text=The bouncer does not let us into its network 42: Unknown network ID");
    rig_stop(&r);

    rig_start(&r, "bouncer_network=42", NULL); /* never into all of them at once, or where there are none */
    rig_connect(&r);
    rig_line(&r, "CAP * LS :batch");
    rig_line(&r, "CAP * ACK batch");
    rig_events(&r);
    rig_line(&r, ":irc.test 001 alice :hi");
    rig_has(rig_events(&r), "STATE 0 err=-3 retry=1 text=irc.test has no networks of a bouncer");
    rig_stop(&r);
    (void)state;
}

static void networks_are_listed_and_changed(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, soju, NULL);
    assert_int_equal(run(&r, irc_run_network, 1, "network"), KITH_OK);
    rig_has(rig_sent(&r), "BOUNCER LISTNETWORKS\r\n");
    rig_events(&r);
    list_comes(&r, "@label=k1 ");
    const char *told = rig_events(&r);
    rig_has(told, "ITEM name=Libera text=connected; irc.libera.chat, as ali number=-1 req=1\n");
    rig_has(told, "name=My Net text=the bouncer is not connected to it: no route; irc.my.net:6667, not encrypted");
    rig_has(told, "REPLY req=1 err=0");

    assert_int_equal(run(&r, irc_run_network, 2, "network add OFTC irc.oftc.net:6697 nick=al realname=A;B"), KITH_OK);
    rig_has(rig_sent(&r), "BOUNCER ADDNETWORK name=OFTC;host=irc.oftc.net;port=6697;nickname=al;realname=A\\:B\r\n");
    rig_line(&r, "@label=k2 BOUNCER ADDNETWORK 44");
    rig_has(rig_events(&r), "REPLY req=2 err=0");
    run(&r, irc_run_network, 3, "network change libera tls=no");
    rig_has(rig_sent(&r), "BOUNCER CHANGENETWORK 42 tls=0\r\n");
    rig_line(&r, "@label=k3 FAIL BOUNCER READ_ONLY_ATTRIBUTE CHANGENETWORK 42 tls :This may not be changed");
    rig_has(rig_events(&r), "REPLY req=3 err=-9 text=This may not be changed");
    rig_pass(&r, 60000);
    rig_sent(&r);
    run(&r, irc_run_network, 4, "network change libera pass=secret");
    rig_has(rig_events(&r), "REPLY req=4 err=-1 text=The network's password is asked for");
    run(&r, irc_run_network, 5, "network change libera state=connected");
    rig_has(rig_events(&r), "REPLY req=5 err=-1");
    run(&r, irc_run_network, 6, "network change nowhere tls=1");
    rig_has(rig_events(&r), "REPLY req=6 err=-10");
    rig_lacks(rig_sent(&r), "BOUNCER");
    run(&r, irc_run_network, 7, "network disconnect libera");
    rig_has(rig_sent(&r), "PRIVMSG BouncerServ :network update \"Libera\" -enabled false\r\n");
    run(&r, irc_run_network, 8, "network add six [2001:db8::1]:6697");
    rig_has(rig_sent(&r), "ADDNETWORK name=six;host=2001:db8::1;port=6697\r\n");
    rig_stop(&r);
    (void)state;
}

static uint64_t asked(const char *events)
{
    const char *at = strstr(events, "FORM ask=");
    return at ? strtoull(at + 9, NULL, 10) : 0;
}

static void what_is_lost_or_secret_is_asked_about(void **state)
{
    struct rig r;
    const char *value = "se;cret";
    struct kith_field field = {.size = sizeof field, .key = "password", .type = "secret", .values = &value, .n_values = 1};
    struct kith_answer ok = {.size = sizeof ok, .choice = "ok", .fields = &field, .n_fields = 1},
                       no = {.size = sizeof no, .choice = "cancel"};
    rig_start(&r, NULL);
    rig_online(&r, soju, NULL);
    list_comes(&r, "");
    rig_events(&r);
    run(&r, irc_run_network, 1, "network remove 42");
    uint64_t ask = asked(rig_events(&r));
    assert_true(ask != 0);
    assert_int_equal(irc_op_answer(r.irc, ask, &no), KITH_OK);
    rig_lacks(rig_sent(&r), "DELNETWORK");
    rig_has(rig_events(&r), "REPLY req=1 err=-11 text=Nothing was changed.");
    assert_int_equal(irc_op_answer(r.irc, ask, &ok), KITH_ENOTFOUND); /* once */
    run(&r, irc_run_network, 2, "network remove 42");
    irc_op_answer(r.irc, asked(rig_events(&r)), &ok);
    rig_has(rig_sent(&r), "BOUNCER DELNETWORK 42\r\n");
    rig_lacks(rig_events(&r), "REPLY"); /* not before it is done */
    rig_line(&r, "@label=k1 BOUNCER DELNETWORK 42");
    rig_has(rig_events(&r), "REPLY req=2 err=0");
    run(&r, irc_run_network, 3, "network password libera");
    const char *told = rig_events(&r);
    rig_has(told, "password:secret");
    irc_op_answer(r.irc, asked(told), &ok);
    rig_has(rig_sent(&r), "BOUNCER CHANGENETWORK 42 pass=se\\:cret\r\n");
    run(&r, irc_run_network, 4, "network password libera");
    ask = asked(rig_events(&r));
    irc_closed(r.irc, KITH_ENET, "gone"); /* questions die with the connection */
    rig_has(rig_events(&r), "REPLY req=4 err=-2 text=The connection was lost.");
    assert_int_equal(irc_op_answer(r.irc, ask, &ok), KITH_ENOTFOUND);
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_become_accounts),
        cmocka_unit_test(a_bouncer_that_does_not_tell_is_asked),
        cmocka_unit_test(a_hostile_bouncer_is_bounded),
        cmocka_unit_test(an_account_of_a_network_binds_to_it),
        cmocka_unit_test(a_network_that_is_not_there_ends_it),
        cmocka_unit_test(networks_are_listed_and_changed),
        cmocka_unit_test(what_is_lost_or_secret_is_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
