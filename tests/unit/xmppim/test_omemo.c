/* unit/xmppim/test_omemo.c - OMEMO in a session: what is published, who gets keys, what never leaves in the clear */
#include "played.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- tests ---- */

/* The bundle before the list; who stands there already stays. */
static void publishes_itself(void **state)
{
    struct both *t = *state;
    const uint32_t others[] = {111, 222};
    fake_forget(t->x);
    answer_list(t, OMEMO_OLD, others, 2);
    fake_error(t->x, NEW_LIST, "item-not-found");
    fake_timers(t->x);
    expect_sent(t->x, "bundles:", "preKeyId", "pubsub#access_model");
    expect_sent(t->x, "node=\"" OLD_LIST "\"", "id=\"111\"", "id=\"222\"");
    expect_sent(t->x, "urn:xmpp:omemo:2:bundles", "<pk ");
    expect_sent(t->x, "node=\"" NEW_LIST "\"", "!id=\"111\"");
    fake_forget(t->x);
    fake_timers(t->x);
    expect_nothing_sent(t->x);
    /* another program publishes the list without us: we put ourselves back, and once is enough */
    fake_feed(t->x, "<message from='" ME "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='"
                    NEW_LIST "'><item id='current'><devices xmlns='urn:xmpp:omemo:2'><device id='333'/></devices></item></items>"
                    "</event></message>");
    fake_timers(t->x);
    expect_sent(t->x, "urn:xmpp:omemo:2:bundles");
    expect_sent(t->x, "node=\"" NEW_LIST "\"", "id=\"333\"");
    expect_nothing_sent(t->x);
}

/* The nodes are there with other options: these are put right, once, and all is published again. */
static void nodes_of_other_programs(void **state)
{
    struct both *t = *state;
    no_lists(t);
    fake_timers(t->x);
    fake_forget(t->x);
    fake_error(t->x, "publish node=\"" NEW_LIST, "conflict");
    expect_sent(t->x, "pubsub#owner", NEW_LIST, "pubsub#access_model");
    fake_forget(t->x);
    fake_timers(t->x);
    expect_sent(t->x, "bundles:", "preKeyId");
    expect_sent(t->x, "node=\"" OLD_LIST "\"", "<device ");
    expect_sent(t->x, "urn:xmpp:omemo:2:bundles", "<pk ");
    expect_sent(t->x, "node=\"" NEW_LIST "\"", "<device ");
    fake_forget(t->x);
    fake_error(t->x, "publish node=\"" NEW_LIST, "conflict");
    fake_timers(t->x);
    expect_nothing_sent(t->x);
}

static void nobody_elses_list(void **state)
{
    struct both *t = *state;
    struct omemo_known *v = NULL;
    fake_feed(t->x, "<message from='eve@capulet.lit' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                    "<items node='" OLD_LIST "'><item><list xmlns='eu.siacs.conversations.axolotl'><device id='5'/></list>"
                    "</item></items></event></message>");
    assert_int_equal(omemo_known(omemo_of(t->x)->o, "eve@capulet.lit", &v), 0);
    fake_feed(t->x, "<message from='" JULIET "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                    "<items node='" OLD_LIST "'><item><list xmlns='eu.siacs.conversations.axolotl'><device id='5'/></list>"
                    "</item></items></event></message>");
    assert_int_equal(omemo_known(omemo_of(t->x)->o, JULIET, &v), 1);
    free(v);
}

static void the_old_version(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    assert_non_null(strstr(sent_message(t->x), "prekey=\"true\""));
    assert_non_null(strstr(sent_message(t->x), "<store "));
    char *text = she_reads(t);
    assert_string_equal(text, "Romeo");
    free(text);
    fake_forget(t->x);
    assert_int_equal(say_as(t, "m3", "corrected", KITH_SEND_EDIT, "m2"), KITH_OK);
    assert_non_null(strstr(sent_message(t->x), "<replace ")); /* the id may be seen, the text may not */
    assert_null(strstr(sent_message(t->x), "corrected"));
    text = she_reads(t);
    assert_string_equal(text, "corrected");
    free(text);
}

static void the_new_version(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_2);
    char *text = she_reads(t);
    assert_non_null(strstr(text, "Romeo"));
    assert_non_null(strstr(text, "<rpad>"));
    free(text);
    fake_forget(t->x);
    const char *const set[] = {"+"};
    assert_int_equal(change_react(t->x, JULIET, "h1", set, 1, "r1"), KITH_OK);
    assert_null(strstr(sent_message(t->x), "reactions"));
    text = she_reads(t);
    assert_non_null(strstr(text, "urn:xmpp:reactions:0"));
    free(text);
    assert_int_equal(say_as(t, "m3", "corrected", KITH_SEND_EDIT, "m2"), KITH_OK);
    assert_null(strstr(sent_message(t->x), "<replace "));
}

static void no_keys_no_encryption(void **state)
{
    struct both *t = *state;
    say(t, "m1", "in the clear");
    no_lists(t);
    no_lists(t);
    assert_non_null(strstr(sent_message(t->x), "<body>in the clear</body>"));
    assert_false(omemo_holds(t->x, JULIET));
}

/* What is seen while it is written cannot be encrypted: it waits until nobody there is known to have keys. */
static void live_text(void **state)
{
    struct both *t = *state;
    assert_false(omemo_is_open(t->x, JULIET)); /* not known yet */
    say(t, "m1", "who is there?");
    no_lists(t);
    assert_false(omemo_is_open(t->x, JULIET));
    no_lists(t);
    assert_true(omemo_is_open(t->x, JULIET));
    fake_feed(t->x, "<message from='" JULIET "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                    "<items node='" OLD_LIST "'><item><list xmlns='eu.siacs.conversations.axolotl'><device id='5'/></list>"
                    "</item></items></event></message>");
    assert_false(omemo_holds(t->x, JULIET));
    assert_false(omemo_is_open(t->x, JULIET)); /* and the next message will be encrypted */
    assert_int_equal(omemo_set_chat(t->x, JULIET, false), 0);
    assert_true(omemo_is_open(t->x, JULIET));
}

/* Once encrypted, always: whatever the servers say, nothing leaves in the clear. */
static void latched(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    fake_restart(&t->x);
    fake_start(t->x);
    fake_friends(t->x);
    bind_again(t);
    fake_forget(t->x);
    assert_true(omemo_holds(t->x, JULIET));
    fake_feed(t->x, "<message from='" JULIET "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                    "<purge node='" OLD_LIST "'/></event></message>");
    fake_feed(t->x, "<message from='" JULIET "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                    "<purge node='" NEW_LIST "'/></event></message>");
    say(t, "m5", "a secret");
    while (fake_asking(t->x, OLD_LIST))
        fake_error(t->x, OLD_LIST, "item-not-found");
    while (fake_asking(t->x, NEW_LIST))
        fake_error(t->x, NEW_LIST, "item-not-found");
    assert_null(sent_message(t->x));
    assert_true(fake_take_event(t->x, "RECEIPT"));
    for (size_t i = 0; i < t->x->sent.n; i++)
        assert_null(strstr(t->x->sent.s[i], "a secret"));
    static const char *const open[] = {"<body>x</body>", "<rtt xmlns='urn:xmpp:rtt:0'><t>x</t></rtt>",
                                       "<x xmlns='jabber:x:oob'><url>https://a/</url></x>",
                                       "<reactions xmlns='urn:xmpp:reactions:0' id='1'/>",
                                       "<body>x</body><encrypted xmlns='urn:xmpp:omemo:2'/>",
                                       "<file-sharing xmlns='urn:xmpp:sfs:0'/>"};
    for (size_t i = 0; i < COUNT(open); i++) {
        char *xml = xasprintf("<message to='" JULIET "/balcony' type='chat'>%s</message>", open[i]);
        xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), xml);
        assert_false(omemo_lets_out(t->x, st));
        st_set(st, "to", "nurse@capulet.lit");
        assert_true(omemo_lets_out(t->x, st));
        xmpp_stanza_release(st);
        free(xml);
    }
    assert_int_equal(omemo_set_chat(t->x, JULIET, false), 0);
    assert_false(omemo_wants(t->x, JULIET)); /* only the user can, in words */
    assert_string_equal(fake_state(t->x, "omemo.chat." JULIET), "off");
}

/* What only the old version can carry in the clear is refused, with the reason at the message. */
static void reactions_of_the_old_version(void **state)
{
    struct both *t = *state;
    const char *const set[] = {"+"};
    first_message(t, OMEMO_OLD);
    fake_forget(t->x);
    assert_int_equal(change_react(t->x, JULIET, "h1", set, 1, "r1"), KITH_OK);
    assert_null(sent_message(t->x));
    expect_event(t->x, "RECEIPT", "id=r1;", "reactions");
}

static void a_new_device_of_a_verified_person(void **state)
{
    struct both *t = *state;
    struct omemo *o = NULL;
    first_message(t, OMEMO_OLD);
    o = omemo_of(t->x)->o;
    assert_int_equal(omemo_set_trust(o, JULIET, omemo_device(t->her.o), OMEMO_VERIFIED), 0);
    fake_feed(t->x, "<message from='" JULIET "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                    "<items node='" OLD_LIST "'><item><list xmlns='eu.siacs.conversations.axolotl'><device id='5'/>"
                    "<device id='%" PRIu32 "'/></list></item></items></event></message>", omemo_device(t->her.o));
    fake_forget(t->x);
    say(t, "m5", "who reads this?");
    assert_null(sent_message(t->x));
    expect_event(t->x, "NOTICE", "chat=" JULIET ";", "new device (5)");
    fake_timers(t->x);
    expect_event(t->x, "ENCRYPTION", "chat=" JULIET ";", "flags=8448"); /* encrypted, and waits */
    say(t, "m6", "and this?"); /* it waits behind the first, and is told once */
    assert_null(sent_message(t->x));
    expect_no_event(t->x);
    assert_int_equal(omemo_trust_device(t->x, JULIET, "5", NULL, KITH_DEVICE_DISTRUSTED, 9), KITH_OK);
    expect_event(t->x, "REPLY", "req=9;", "is not trusted");
    expect_event(t->x, "ENCRYPTION", "flags=256;");
    char *text = she_reads(t); /* both have left: m5 first */
    assert_string_equal(text, "and this?");
    free(text);
    assert_int_equal(omemo_left(t->x, "m5"), KITH_ENC_TRUSTED);
    assert_int_equal(omemo_left(t->x, "m5"), KITH_ENC_NONE);
    assert_true(fake_take_sent(t->x, "id=\"m5\""));
}

/* ---- reading ---- */

#define TO_ENVELOPE "<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>from the balcony</body></content>" \
                    "<rpad>x</rpad><from jid='" JULIET "'/><to jid='%s'/></envelope>"

static void read_once(void **state)
{
    struct both *t = *state;
    fake_forget(t->x);
    char *xml = she_writes(t, OMEMO_OLD, "from the balcony", "h1");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=from the balcony;", "enc=2", "id=h1;");
    assert_true(fake_feed_text(t->x, xml)); /* not committed: the same once more */
    expect_event(t->x, "MESSAGE", "body=from the balcony;");
    fake_restart(&t->x); /* and after a crash */
    fake_start(t->x);
    fake_friends(t->x);
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=from the balcony;");
    fake_committed(t->x);
    assert_int_equal(fake_state(t->x, "omemo.self") != NULL, 1);
    assert_true(fake_feed_text(t->x, xml)); /* the engine has it: its text is nowhere else any more */
    expect_event(t->x, "MESSAGE", "enc=4", "read before");
    free(xml);
    xml = she_writes(t, OMEMO_2, "<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>by the new one</body>"
                                 "</content><rpad>x</rpad><from jid='" JULIET "'/></envelope>", "h2");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=by the new one;", "id=h2;");
    free(xml);
    xml = she_writes(t, OMEMO_2, "<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>copied</body>"
                                 "</content><rpad>x</rpad><from jid='tybalt@capulet.lit'/></envelope>", "h3");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "enc=4", "!copied");
    free(xml);
}

/* What was said in a room, or to somebody else, is not shown as said to us alone; what names us is. */
static void to_us_alone(void **state)
{
    struct both *t = *state;
    static const char *const others[] = {"mask@rooms.montague.lit", "nurse@capulet.lit", JULIET};
    fake_forget(t->x);
    for (size_t i = 0; i < COUNT(others); i++) {
        char *text = xasprintf(TO_ENVELOPE, others[i]), *xml = she_writes(t, OMEMO_2, text, "h1");
        assert_true(fake_feed_text(t->x, xml));
        expect_event(t->x, "MESSAGE", "enc=4", "for another chat", "!from the balcony");
        free(xml);
        free(text);
    }
    static const char *const ours[] = {ME, ME_FULL};
    for (size_t i = 0; i < COUNT(ours); i++) {
        char *text = xasprintf(TO_ENVELOPE, ours[i]), *xml = she_writes(t, OMEMO_2, text, "h2");
        assert_true(fake_feed_text(t->x, xml));
        expect_event(t->x, "MESSAGE", "body=from the balcony;", "id=h2;");
        free(xml);
        free(text);
    }
}

/* What stands beside a text that is encrypted was perhaps put there on the way. */
static void what_was_put_beside(void **state)
{
    struct both *t = *state;
    fake_forget(t->x);
    char *xml = she_writes(t, OMEMO_OLD, "at nine", "h1"), *end = strstr(xml, "</message>");
    assert_non_null(end);
    char *forged = xasprintf("%.*s<x xmlns='jabber:x:oob'><url>https://montague.lit/poison.exe</url></x><subject>urgent</subject>"
                             "<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>+</reaction></reactions>"
                             "<spoiler xmlns='urn:xmpp:spoiler:0'>a hint</spoiler><thread>th</thread>"
                             "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message>", (int)(end - xml), xml);
    assert_true(fake_feed_text(t->x, forged));
    expect_event(t->x, "MESSAGE", "body=at nine;", "origin=o1;", "thread=th;", "!poison", "!urgent", "!hint", "!reaction");
    expect_no_event(t->x);
    free(forged);
    free(xml);
}

static void what_cannot_be_read_is_said(void **state)
{
    struct both *t = *state;
    fake_forget(t->x);
    char *xml = she_writes(t, OMEMO_OLD, "for another one", "h1"), *rid = strstr(xml, "rid=\"");
    rid[5] = rid[5] == '1' ? '2' : '1';
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "enc=4", "not encrypted for this device", "id=h1;");
    free(xml);
    fake_feed(t->x, "<message from='" JULIET "/b' type='chat' id='k'><encrypted xmlns='eu.siacs.conversations.axolotl'>"
                    "<header sid='77'><key rid='%" PRIu32 "'>AAAA</key></header></encrypted></message>",
              omemo_device(omemo_of(t->x)->o));
    expect_no_event(t->x); /* for the keys alone: nothing for the user */
}

/* What cannot be read is looked into, but not with strangers: they would learn that we are there. */
static void strangers_provoke_nothing(void **state)
{
    struct both *t = *state;
    uint32_t us = omemo_device(omemo_of(t->x)->o);
    omemo_caught_up(t->x);
    fake_timers(t->x);
    fake_forget(t->x);
    fake_feed(t->x, "<message type='chat' id='s1' from='mallory@evil.lit/x'><encrypted xmlns='eu.siacs.conversations.axolotl'>"
                    "<header sid='77'><key rid='%" PRIu32 "'>AAAA</key><iv>AAAAAAAAAAAAAAAA</iv></header><payload>AAAA</payload>"
                    "</encrypted></message>", us);
    fake_feed(t->x, "<message type='chat' id='s2' from='mallory@evil.lit/x'><encrypted xmlns='eu.siacs.conversations.axolotl'>"
                    "<header sid='78'><key rid='%" PRIu32 "' prekey='true'>AAAA</key></header></encrypted></message>", us);
    fake_feed(t->x, "<message type='chat' id='s3' from='mallory@evil.lit/x'><encrypted xmlns='urn:xmpp:omemo:2'><header sid='79'>"
                    "<keys jid='" ME "'><key rid='%" PRIu32 "' kex='true'>AAAA</key></keys></header><payload>AAAA</payload>"
                    "</encrypted></message>", us);
    fake_timers(t->x);
    expect_nothing_sent(t->x);
}

/* One empty message answers however many exchanges; a stranger gets none. */
static void exchanges_are_answered_once(void **state)
{
    struct both *t = *state;
    omemo_caught_up(t->x);
    for (int i = 0; i < 3; i++) {
        char *xml = she_writes(t, OMEMO_OLD, "again", i == 0 ? "h1" : i == 1 ? "h2" : "h3");
        assert_true(fake_feed_text(t->x, xml));
        free(xml);
    }
    fake_forget(t->x);
    fake_timers(t->x);
    const char *xml = sent_message(t->x);
    assert_non_null(xml);
    assert_non_null(strstr(xml, "to=\"" JULIET "\""));
    assert_non_null(strstr(xml, "<encrypted"));
    assert_null(strstr(xml, "<payload"));
    assert_null(strstr(xml, "<body"));
    char *text = she_reads(t); /* and hers stop to carry the exchange */
    assert_string_equal(text, "");
    free(text);
    assert_true(fake_take_sent(t->x, "<message"));
    assert_false(fake_take_sent(t->x, "<message"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(publishes_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(nodes_of_other_programs, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_elses_list, setup, teardown),
        cmocka_unit_test_setup_teardown(the_old_version, setup, teardown),
        cmocka_unit_test_setup_teardown(the_new_version, setup, teardown),
        cmocka_unit_test_setup_teardown(no_keys_no_encryption, setup, teardown),
        cmocka_unit_test_setup_teardown(live_text, setup, teardown),
        cmocka_unit_test_setup_teardown(latched, setup, teardown),
        cmocka_unit_test_setup_teardown(reactions_of_the_old_version, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_device_of_a_verified_person, setup, teardown),
        cmocka_unit_test_setup_teardown(read_once, setup, teardown),
        cmocka_unit_test_setup_teardown(to_us_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_put_beside, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(strangers_provoke_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(exchanges_are_answered_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
