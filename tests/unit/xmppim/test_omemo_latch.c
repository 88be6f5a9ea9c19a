/* unit/xmppim/test_omemo_latch.c - once encrypted, always: whatever servers, disks and users do to it in the meantime */
#include "played.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define WORD "zanzibar"
#define MAM "<feature var='urn:xmpp:mam:2'/>"
#define NONE_MORE "<fin xmlns='urn:xmpp:mam:2' complete='true'/>"

static void nothing_clear(const struct both *t)
{
    for (size_t i = 0; i < t->x->sent.n; i++)
        assert_null(strstr(t->x->sent.s[i], WORD));
}

static void again(struct both *t) /* another process of the same account */
{
    fake_restart(&t->x);
    fake_start(t->x);
    fake_friends(t->x);
    bind_again(t);
    fake_forget(t->x);
}

static void purge(struct both *t, const char *node)
{
    fake_feed(t->x, "<message from='" JULIET "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                    "<purge node='%s'/></event></message>", node);
}

static void expect_sealed(struct both *t, const char *id, const char *text)
{
    char *part = xasprintf("id=\"%s\"", id), *read;
    nothing_clear(t);
    assert_non_null(sent_message(t->x));
    assert_non_null(strstr(sent_message(t->x), part));
    read = she_reads(t);
    assert_string_equal(read, text);
    free(read);
    free(part);
}

static const char *question(const struct both *t, size_t n)
{
    return t->x->iqs[n].text;
}

/* Everything about lists and keys is answered: she has one device, of the old version. */
static void settle(struct both *t)
{
    const char *none = "<iq type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
    char *hers = xasprintf("<iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='" OLD_LIST "'><item id='current'>"
                           "<list xmlns='eu.siacs.conversations.axolotl'><device id='%" PRIu32 "'/></list></item></items></pubsub></iq>",
                           omemo_device(t->her.o));
    fake_timers(t->x);
    for (size_t i = 0; i < t->x->n_iqs;) {
        bool old = strstr(question(t, i), "node=\"" OLD_LIST) && strstr(question(t, i), "to=\"" JULIET);
        if (strstr(question(t, i), "publish node"))
            fake_answer_text(t->x, i, "<iq type='result'/>");
        else if (strstr(question(t, i), "bundles"))
            answer_bundle(t, OMEMO_OLD);
        else if (strstr(question(t, i), OLD_LIST) || strstr(question(t, i), NEW_LIST))
            fake_answer_text(t->x, i, old ? hers : none);
        else {
            i++;
            continue;
        }
        i = 0;
    }
    free(hers);
}

/* ---- servers ---- */

/* The reason stands at the message; when she has keys again the same message goes, encrypted. */
static void keys_that_vanish(void **state)
{
    struct both *t = *state;
    uint32_t id = omemo_device(t->her.o);
    first_message(t, OMEMO_OLD);
    purge(t, OLD_LIST);
    purge(t, NEW_LIST);
    fake_forget(t->x);
    say(t, "m5", WORD);
    while (fake_asking(t->x, "node=\"" OLD_LIST))
        answer_list(t, OMEMO_OLD, NULL, 0);
    while (fake_asking(t->x, "node=\"" NEW_LIST))
        answer_list(t, OMEMO_2, NULL, 0);
    assert_null(sent_message(t->x));
    expect_event(t->x, "RECEIPT", "id=m5;", "delivery=5;", "no device of " JULIET " can read it", "/encrypt off sends in the clear");
    assert_true(omemo_holds(t->x, JULIET));
    fake_feed(t->x, "<message from='" JULIET "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='"
                    OLD_LIST "'><item id='current'><list xmlns='eu.siacs.conversations.axolotl'><device id='%" PRIu32 "'/></list></item>"
                    "</items></event></message>", id);
    assert_int_equal(say_as(t, "m5", WORD, KITH_SEND_RETRY, NULL), KITH_OK); /* as /resend does */
    expect_sealed(t, "m5", WORD);
}

/* The server has no personal nodes any more, or its answers are errors. */
static void a_server_that_refuses(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    fake_restart(&t->x);
    fake_start(t->x);
    fake_friends(t->x);
    fake_drop(t->x, true);
    fake_bind(t->x, false);
    fake_result(t->x, "to=\"" DOMAIN "\"", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    fake_result(t->x, "disco#info\"", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    fake_forget(t->x);
    say(t, "m5", WORD);
    for (int i = 0; i < 10 && (fake_asking(t->x, OLD_LIST) || fake_asking(t->x, NEW_LIST)); i++)
        fake_error(t->x, fake_asking(t->x, OLD_LIST) ? OLD_LIST : NEW_LIST, i % 2 ? "service-unavailable" : "feature-not-implemented");
    fake_timers(t->x);
    nothing_clear(t);
    assert_true(omemo_holds(t->x, JULIET));
    if (!sent_message(t->x)) /* it waits, or says why */
        assert_true(fake_take_event(t->x, "RECEIPT"));
}

static void who_goes_and_comes_back(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    fake_feed(t->x, "<iq type='set' id='p1'><query xmlns='jabber:iq:roster'><item jid='" JULIET "' subscription='remove'/></query></iq>");
    assert_true(omemo_holds(t->x, JULIET));
    fake_forget(t->x);
    say(t, "m5", WORD);
    nothing_clear(t);
    fake_feed(t->x, "<iq type='set' id='p2'><query xmlns='jabber:iq:roster'><item jid='" JULIET "' subscription='both'/></query></iq>");
    say(t, "m6", WORD);
    expect_sealed(t, "m6", WORD);
}

/* ---- addresses ---- */

static void however_it_is_written(void **state)
{
    static const char *const same[][2] = {
        {JULIET, "Juliet@CAPULET.lit"}, {JULIET, JULIET "/balcony"}, {JULIET, "JULIET@capulet.LIT/Balcony"}, {JULIET, "juliet@capulet.lit."},
        {"uli@m\u00fcnchen.lit", "Uli@M\u00dcNCHEN.lit"},
        {"d\\27artagnan@gasconha.lit", "D\\27Artagnan@gasconha.lit/x"}};
    static const char *const others[] = {"juliet@capulet.lit.example.org", "xjuliet@capulet.lit", "juliet@capulet", "capulet.lit", "", "@"};
    struct both *t = *state;
    for (size_t i = 0; i < COUNT(same); i++) {
        char *chat = jid_bare(same[i][0]);
        assert_int_equal(omemo_set_chat(t->x, chat, true), 0);
        if (!omemo_holds(t->x, same[i][1]) || !omemo_wants(t->x, same[i][1]))
            fail_msg("%s is not %s", same[i][1], same[i][0]);
        assert_false(omemo_is_open(t->x, same[i][1]));
        free(chat);
    }
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(omemo_holds(t->x, others[i]));
}

/* ---- what is kept ---- */

/* The account's store is gone with its keys: the engine remembers which chats were encrypted. */
static void a_store_that_is_lost(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    fake_restart(&t->x);
    map_free(&t->x->store, free);
    fake_restart(&t->x);
    assert_false(omemo_holds(t->x, JULIET));
    assert_int_equal(omemo_remember(t->x, JULIET), KITH_OK);
    assert_int_equal(omemo_remember(t->x, JULIET), KITH_OK);
    assert_int_equal(omemo_remember(t->x, "no address@"), KITH_EINVAL);
    assert_string_equal(fake_state(t->x, "omemo.chat." JULIET), "on");
    again(t);
    say(t, "m5", WORD);
    nothing_clear(t);
    assert_null(sent_message(t->x));
    settle(t);
    settle(t); /* with keys that are made anew, and were published first */
    expect_sealed(t, "m5", WORD);
}

static void what_is_lost_is_said(void **state)
{
    struct both *t = *state;
    assert_int_equal(omemo_remember(t->x, JULIET), KITH_OK);
    assert_int_equal(omemo_remember(t->x, "nurse@capulet.lit"), KITH_OK);
    fake_forget(t->x);
    bind_again(t);
    assert_true(fake_take_event(t->x, "keys of this account"));
    assert_non_null(fake_last_event(t->x, "2 chats were encrypted and stay so"));
    fake_forget(t->x);
    bind_again(t);
    assert_false(fake_take_event(t->x, "keys of this account")); /* once */
}

/* What the user opened stays open, whatever the engine has not heard of. */
static void opened_is_not_lost(void **state)
{
    struct both *t = *state;
    assert_int_equal(omemo_set_chat(t->x, JULIET, false), 0);
    assert_int_equal(omemo_remember(t->x, JULIET), KITH_OK);
    assert_false(omemo_holds(t->x, JULIET));
}

static int refuses_set(struct kith_account *a UNUSED, const char *key UNUSED, const void *data UNUSED, size_t len UNUSED)
{
    return KITH_EDENIED;
}

static int refuses_each(struct kith_account *a UNUSED, const char *prefix UNUSED, kith_state_fn *fn UNUSED, void *user UNUSED)
{
    return KITH_EDENIED;
}

static int has_nothing(struct kith_account *a UNUSED, const char *key UNUSED, void *out UNUSED, size_t cap UNUSED)
{
    return KITH_ENOTFOUND;
}

/* The store can be neither read nor written: nothing is sent, and the message says why. */
static void a_store_that_cannot_be_used(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    const struct kith_host fine = t->x->host;
    t->x->host.state_set = refuses_set;
    t->x->host.state_each = refuses_each;
    t->x->host.state_get = has_nothing;
    fake_restart(&t->x);
    assert_int_equal(omemo_remember(t->x, JULIET), KITH_OK);
    fake_start(t->x);
    fake_friends(t->x);
    fake_forget(t->x);
    assert_true(omemo_holds(t->x, JULIET)); /* as long as this process lives */
    say(t, "m5", WORD);
    nothing_clear(t);
    expect_event(t->x, "RECEIPT", "id=m5;", "delivery=5;", "this chat is encrypted, and");
    t->x->host = fine;
}

/* Whatever is killed when: what left encrypted is known to be so afterwards. */
static bool killed_at(int n)
{
    void *state = NULL;
    (void)setup(&state);
    struct both *t = state;
    fake_kill_at(t->x, n);
    say(t, "m1", WORD);
    answer_lists(t, OMEMO_OLD);
    if (fake_asking(t->x, "bundles"))
        answer_bundle(t, OMEMO_OLD);
    fake_timers(t->x);
    fake_result(t->x, "publish node=\"" OLD_LIST, "<x/>");
    fake_result(t->x, "publish node=\"" NEW_LIST, "<x/>");
    bool left = false, over = !fake_killed(t->x);
    for (size_t i = 0; i < fake_sent_before_kill(t->x); i++)
        left |= strstr(t->x->sent.s[i], "id=\"m1\"") != NULL;
    nothing_clear(t);
    fake_restart(&t->x);
    if (left)
        assert_true(omemo_holds(t->x, JULIET));
    if (over)
        assert_true(left);
    (void)teardown(&state);
    return over;
}

static void killed_while_it_begins(void **state UNUSED)
{
    int n = 1;
    while (!killed_at(n))
        n += n < 8 ? 1 : 3; /* most of it is the making of keys */
    assert_in_range(n, 4, 200);
}

/* ---- what the user does ---- */

static void switched_off_for_the_account(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    fake_option(t->x, "encryption", "off");
    again(t);
    assert_true(omemo_holds(t->x, JULIET));
    say(t, "m5", WORD);
    nothing_clear(t);
    expect_event(t->x, "RECEIPT", "id=m5;", "delivery=5;", "OMEMO is switched off for this account");
    fake_option(t->x, "encryption", "omemo");
    again(t);
    assert_int_equal(say_as(t, "m5", WORD, KITH_SEND_RETRY, NULL), KITH_OK);
    settle(t);
    expect_sealed(t, "m5", WORD);
}

/* It was written for few: switching off does not show it to all. */
static void switched_off_while_it_waits(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    again(t);
    say(t, "m5", WORD);
    assert_null(sent_message(t->x)); /* the lists are asked for */
    assert_int_equal(omemo_encrypt_chat(t->x, JULIET, false, 7), KITH_OK);
    nothing_clear(t);
    assert_true(fake_take_event(t->x, "ENCRYPTION"));
    expect_event(t->x, "REPLY", "not encrypted");
    expect_event(t->x, "RECEIPT", "id=m5;", "delivery=5;", "switched off", "/resend sends it in the clear");
    fake_forget(t->x);
    say(t, "m6", "in the clear");
    assert_non_null(strstr(sent_message(t->x), "<body>in the clear</body>"));
}

/* In the clear until the archive has been looked through, and encrypted before that was done. */
static void switched_on_while_it_waits(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    fake_drop(t->x, true);
    fake_bind(t->x, false);
    fake_result(t->x, "to=\"" DOMAIN "\"", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    fake_result(t->x, "disco#info\"", "<query xmlns='http://jabber.org/protocol/disco#info'>" MAM
                "<identity category='pubsub' type='pep'/><feature var='http://jabber.org/protocol/pubsub#publish-options'/></query>");
    fake_result(t->x, "urn:xmpp:mam:2", NONE_MORE);
    settle(t);
    assert_int_equal(omemo_set_chat(t->x, JULIET, false), 0);
    fake_forget(t->x);
    assert_int_equal(say_as(t, "m5", WORD, KITH_SEND_RETRY, NULL), KITH_OK);
    assert_int_equal(say_as(t, "m6", WORD " too", 0, NULL), KITH_OK);
    assert_null(sent_message(t->x));
    assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
    fake_result(t->x, "urn:xmpp:time", "<time xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>2025-06-15T15:06:40Z</utc></time>");
    fake_result(t->x, "urn:xmpp:mam:2", NONE_MORE);
    settle(t);
    nothing_clear(t);
    assert_true(fake_take_sent(t->x, "id=\"m5\""));
    assert_true(fake_take_sent(t->x, "id=\"m6\""));
}

/* Typed in the clear, and encrypted before it was due. */
static void switched_on_while_it_is_typed(void **state)
{
    struct both *t = *state;
    fake_option(t->x, "live", "chats");
    assert_int_equal(omemo_set_chat(t->x, JULIET, false), 0);
    fake_feed(t->x, "<message from='" JULIET "/b' to='" ME_FULL "' type='chat'><rtt xmlns='urn:xmpp:rtt:0' event='init'/></message>");
    assert_int_equal(im_typing(t->x, JULIET, KITH_TYPING_ACTIVE, WORD), KITH_OK);
    assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
    fake_timers(t->x);
    nothing_clear(t);
    assert_int_equal(t->x->stopped, 0);
    assert_int_equal(rtt_command(t->x, JULIET, "on", 9), KITH_OK);
    assert_non_null(fake_last_event(t->x, "nothing of it is sent while the chat is encrypted"));
    assert_int_equal(omemo_set_chat(t->x, JULIET, false), 0);
    assert_int_equal(im_typing(t->x, JULIET, KITH_TYPING_ACTIVE, WORD), KITH_OK);
    fake_timers(t->x);
    assert_non_null(fake_last_sent(t->x, WORD)); /* it would have been seen */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_that_vanish, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(who_goes_and_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(however_it_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_that_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_lost_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(opened_is_not_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_that_cannot_be_used, setup, teardown),
        cmocka_unit_test(killed_while_it_begins),
        cmocka_unit_test_setup_teardown(switched_off_for_the_account, setup, teardown),
        cmocka_unit_test_setup_teardown(switched_off_while_it_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(switched_on_while_it_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(switched_on_while_it_is_typed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
