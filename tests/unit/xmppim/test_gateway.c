/* unit/xmppim/test_gateway.c - gateways: found among the services, registered with, logged in and out of */
#include "fake_x.h"

#include <stdlib.h>

#include "backends/xmpp/gateway.h"

static int setup(void **state)
{
    struct x *x = fake_open();
    fake_start(x);
    fake_friends(x);
    *state = x;
    return 0;
}

static int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

#define INFO "<query xmlns='http://jabber.org/protocol/disco#info'>"

/* XMPP.md 6.2: one address with several identities; what cannot be asked is left out. */
static void listing(void **state)
{
    struct x *x = *state;
    assert_int_equal(gateway_list(x, 5), KITH_OK);
    expect_sent(x, "to=\"" DOMAIN "\"", "disco#items");
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='wa.lit'/><item jid='rooms.lit'/>"
                "<item jid='icq.lit'/><item jid='x.lit' node='n'/><item jid='@'/></query>");
    fake_result(x, "wa.lit", INFO "<identity category='conference' type='text'/><identity category='account' type='registered'/>"
                "<identity category='gateway' type='whatsapp' name='WhatsApp'/></query>");
    fake_result(x, "rooms.lit", INFO "<identity category='conference' type='text'/></query>");
    fake_result(x, "icq.lit", INFO "<identity category='gateway' type='icq'/></query>");
    fake_forget(x);
    fake_error(x, "wa.lit", "bad-request");
    expect_event(x, "ITEM", "address=wa.lit;", "name=WhatsApp;", "whatsapp", "not registered");
    fake_result(x, "icq.lit", "<query xmlns='jabber:iq:register'><registered/></query>");
    expect_event(x, "ITEM", "address=icq.lit;", "registered, not logged in");
    expect_event(x, "REPLY", "req=5;", "!err");
    expect_no_event(x);
}

/* One for rooms of another network, that wants nothing (biboumi); and the same word of one that wants to be registered with */
static void open_to_all(void **state)
{
    struct x *x = *state;
    gateway_list(x, 5);
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='chat.lit'/><item jid='wa.lit'/></query>");
    fake_result(x, "chat.lit", INFO "<identity category='conference' type='irc' name='Biboumi'/></query>");
    fake_result(x, "wa.lit", INFO "<identity category='conference' type='irc'/><identity category='gateway' type='sms'/></query>");
    fake_forget(x);
    fake_error(x, "chat.lit", "feature-not-implemented");
    expect_event(x, "ITEM", "address=chat.lit;", "name=Biboumi;", "irc", "open to all");
    fake_error(x, "wa.lit", "feature-not-implemented");
    expect_event(x, "ITEM", "address=wa.lit;", "sms", "not registered");
    expect_event(x, "REPLY", "req=5;");
}

/* XEP-0077, examples 2 to 5, and its form of examples 9 and 10 */
static void registering(void **state)
{
    struct x *x = *state;
    gateway_do(x, "shakespeare.lit", GATEWAY_REGISTER, 1);
    fake_result(x, "shakespeare.lit", "<query xmlns='jabber:iq:register'><instructions>Choose a username and password.</instructions>"
                "<username/><password/><email/><strange/></query>");
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "ok");
    expect_sent(x, "type=\"set\"", "<username", "<password", "<email", "!strange", "!jabber:x:data");
    fake_result(x, "shakespeare.lit", "%s", "");
    expect_sent(x, "<presence", "to=\"shakespeare.lit\"", "!type");
    expect_sent(x, "jabber:iq:roster", "jid=\"shakespeare.lit\"");
    expect_sent(x, "<presence", "to=\"shakespeare.lit\"", "type=\"subscribe\"");
    expect_event(x, "NOTICE", "You are registered");
    gateway_do(x, "contests.lit", GATEWAY_REGISTER, 2);
    fake_result(x, "contests.lit", "<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='form'>"
                "<field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>"
                "<field type='text-single' label='Given Name' var='first'><required/></field></x></query>");
    expect_event(x, "REPLY", "req=2;");
    expect_event(x, "ASK", "title=Registration with contests.lit;");
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "ok");
    expect_sent(x, "jabber:x:data", "submit", "jabber:iq:register", "var=\"first\"");
    fake_error(x, "contests.lit", "conflict");
    expect_event(x, "NOTICE", "taken already");
    gateway_do(x, "contests.lit", GATEWAY_REGISTER, 2);
    fake_result(x, "contests.lit", "<query xmlns='jabber:iq:register'><username/></query>");
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "cancel");
    expect_nothing_sent(x);
}

/* XMPP.md 6.2: "You must use adhoc commands to register to this gateway." */
static void by_commands(void **state)
{
    struct x *x = *state;
    gateway_do(x, "wa.lit", GATEWAY_REGISTER, 3);
    fake_forget(x);
    fake_error(x, "wa.lit", "bad-request");
    expect_sent(x, "http://jabber.org/protocol/commands", "node=\"jabber:iq:register\"", "execute");
    fake_result(x, "commands", "<command xmlns='http://jabber.org/protocol/commands' sessionid='1' status='executing'><actions><next/></actions>"
                "<x xmlns='jabber:x:data' type='form'><field var='phone' type='text-single'/></x></command>");
    expect_event(x, "ASK", "wa.lit");
    expect_event(x, "REPLY", "req=3;", "!err");
    fake_answer_with(x, fake_last_ask(x), "next", "phone", "+441234", NULL);
    fake_forget(x);
    fake_result(x, "sessionid", "<command xmlns='http://jabber.org/protocol/commands' sessionid='1' status='completed'>"
                "<note type='info'>Success! Welcome</note></command>");
    expect_sent(x, "<presence", "to=\"wa.lit\"", "!type"); /* registered: it becomes a contact, which its people need */
    expect_sent(x, "jabber:iq:roster", "jid=\"wa.lit\"");
    expect_sent(x, "<presence", "to=\"wa.lit\"", "type=\"subscribe\"");
    expect_event(x, "ASK", "text=Success! Welcome;");
    fake_answer(x, fake_last_ask(x), "ok");
    fake_forget(x);
    fake_feed(x, "<presence from='wa.lit' type='subscribe'/>"); /* before the list says that it is there */
    expect_sent(x, "to=\"wa.lit\"", "type=\"subscribed\"");
    fake_feed(x, "<presence from='111@wa.lit'/>");
    expect_event(x, "CONTACT", "address=111@wa.lit;");
    fake_forget(x);
    fake_result(x, "jabber:iq:roster", "%s", "");
    gateway_do(x, "wa.lit", GATEWAY_REGISTER, 4);
    fake_error(x, "wa.lit", "bad-request");
    fake_forget(x);
    fake_result(x, "commands", "<command xmlns='http://jabber.org/protocol/commands' sessionid='2' status='completed'>"
                "<note type='error'>No.</note></command>");
    expect_nothing_sent(x);
}

/* XEP-0100 §4.1.1, and what a gateway says of itself (XMPP.md 6.2): a state and no chat; requests of its people are answered */
static void of_ours(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<presence from='irc.lit'><show>dnd</show><status>Syncing contacts...</status></presence>");
    expect_event(x, "PRESENCE", "address=irc.lit;", "Syncing contacts...");
    expect_no_event(x);
    gateway_list(x, 5);
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='irc.lit'/></query>");
    fake_result(x, "irc.lit", INFO "<identity category='gateway' type='irc'/></query>");
    fake_forget(x);
    fake_result(x, "irc.lit", "<query xmlns='jabber:iq:register'><registered/></query>");
    expect_event(x, "ITEM", "address=irc.lit;", "logged in: Syncing contacts...");
    gateway_do(x, "irc.lit", GATEWAY_ASK, 6);
    fake_take_event(x, "REPLY");
    expect_event(x, "ASK", "logged in: Syncing contacts...", "not end-to-end encrypted");
    expect_event(x, "REPLY", "req=6;");
    fake_answer(x, fake_last_ask(x), "cancel");
    fake_forget(x);
    fake_feed(x, "<presence from='111@irc.lit' type='subscribe'/>");
    expect_sent(x, "to=\"111@irc.lit\"", "type=\"subscribed\"");
    expect_no_event(x);
    fake_feed(x, "<presence from='111@wa.lit' type='subscribe'/>"); /* no gateway of ours: the user is asked */
    expect_nothing_sent(x);
    expect_event(x, "ASK", "111@wa.lit");
    fake_feed(x, "<presence from='wa.lit' type='subscribe'/>");
    expect_event(x, "ASK", "wa.lit");
}

/* People who are not in the list, of a gateway that is: contacts, in its group, without a warning. */
static void puppets(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<presence from='111@irc.lit'><nick xmlns='http://jabber.org/protocol/nick'>Mercutio</nick></presence>");
    expect_event(x, "CONTACT", "address=111@irc.lit;", "name=Mercutio;", "irc.lit");
    expect_event(x, "PRESENCE", "address=111@irc.lit;");
    fake_feed(x, "<presence from='111@irc.lit'/>"); /* once */
    expect_event(x, "PRESENCE");
    expect_no_event(x);
    fake_feed(x, "<message from='222@irc.lit' type='chat' id='m1'><body>hi</body><nick xmlns='http://jabber.org/protocol/nick'>Tybalt</nick></message>");
    expect_event(x, "CONTACT", "address=222@irc.lit;", "name=Tybalt;");
    expect_event(x, "MESSAGE", "chat=222@irc.lit;", "body=hi;", "!STRANGER");
    fake_feed(x, "<presence from='d\\40e@irc.lit'/>"); /* no name: as people read it */
    expect_event(x, "CONTACT", "address=d\\40e@irc.lit;", "name=d@e@irc.lit;");
    fake_forget(x);
    fake_feed(x, "<presence from='333@wa.lit'/>"); /* of nobody's gateway */
    expect_no_event(x);
    fake_feed(x, "<presence from='333@irc.lit' type='unavailable'/>"); /* no reason to show somebody */
    expect_event(x, "PRESENCE", "address=333@irc.lit;");
    expect_no_event(x);
    fake_feed(x, "<iq type='set' id='p'><query xmlns='jabber:iq:roster'><item jid='222@irc.lit' name='T' subscription='both'/></query></iq>");
    expect_event(x, "CONTACT", "address=222@irc.lit;", "name=T;");
    fake_feed(x, "<iq type='set' id='p'><query xmlns='jabber:iq:roster'><item jid='irc.lit' subscription='remove'/></query></iq>");
    expect_event(x, "CONTACT_GONE", "address=irc.lit;"); /* and its people with it, but those of the list */
    expect_event(x, "CONTACT_GONE", "address=111@irc.lit;");
    expect_event(x, "CONTACT_GONE", "address=d\\40e@irc.lit;");
    expect_no_event(x);
    fake_feed(x, "<presence from='111@irc.lit'/>");
    expect_no_event(x);
}

/* XMPP.md 6.2: a group that could not be added by itself comes as an invitation of type normal: an offer, no spam */
static void groups(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='irc.lit' type='normal'><x xmlns='jabber:x:conference' jid='#verona%%irc.example@irc.lit' "
              "reason='This group could not be added automatically for you'/></message>");
    expect_event(x, "ASK", "title=irc.lit invites you to a room;", "#verona%irc.example@irc.lit", "could not be added automatically", "!not among", "choice=join");
    expect_no_event(x);
    fake_answer(x, fake_last_ask(x), "join");
    expect_sent(x, "to=\"#verona%irc.example@irc.lit\"", "disco#info");
}

/* XEP-0444 §2.2, by the capabilities of somebody behind a gateway: what is not taken is refused here, with words */
static void reactions(void **state)
{
    static const char info[] = INFO "<identity category='account' type='registered'/><feature var='urn:xmpp:reactions:0'/>"
        "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:reactions:0:restrictions</value></field>"
        "<field var='max_reactions_per_user'><value>1</value></field><field var='allowlist'><value>+1</value><value>-1</value></field></x></query>";
    struct x *x = *state;
    xmpp_stanza_t *q = xmpp_stanza_new_from_string(x_ctx(x), info);
    char *ver = caps_hash(q, "sha-1");
    assert_int_equal(change_react(x, "111@irc.lit", "m1", (const char *const[]){"heart"}, 1, "id0"), KITH_OK);
    expect_sent(x, "<reaction>heart</reaction>"); /* nobody has said anything yet */
    fake_feed(x, "<presence from='111@irc.lit/x'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='%s'/></presence>", ver);
    fake_result(x, ver, "%s", info);
    fake_forget(x);
    assert_int_equal(change_react(x, "111@irc.lit", "m1", (const char *const[]){"+1"}, 1, "id1"), KITH_OK);
    expect_sent(x, "<reaction>+1</reaction>");
    assert_int_equal(change_react(x, "111@irc.lit", "m1", (const char *const[]){"heart"}, 1, "id2"), KITH_OK);
    expect_event(x, "RECEIPT", "id=id2;", "does not take heart");
    assert_int_equal(change_react(x, "111@irc.lit", "m1", (const char *const[]){"+1", "-1"}, 2, "id3"), KITH_OK);
    expect_event(x, "RECEIPT", "id=id3;", "at most 1 of a person");
    expect_nothing_sent(x);
    assert_int_equal(change_react(x, "111@irc.lit", "m1", NULL, 0, "id4"), KITH_OK);
    expect_sent(x, "<reactions", "!<reaction>");
    assert_int_equal(change_react(x, "juliet@capulet.lit", "m1", (const char *const[]){"heart", "+1"}, 2, "id5"), KITH_OK);
    expect_sent(x, "<reaction>heart</reaction>");
    xmpp_stanza_release(q);
    free(ver);
}

/* A word that nobody's directory knows is made an address by the gateway itself; live gateways want XEP-0055 instead. */
static void prompting(void **state)
{
    struct x *x = *state;
    const char *words = "mercutio";
    struct kith_field f = {.size = sizeof f, .key = "", .values = &words, .n_values = 1};
    search_people(x, "irc.lit", &f, 1, 9);
    expect_sent(x, "jabber:iq:search", "to=\"irc.lit\"");
    fake_forget(x);
    fake_error(x, "jabber:iq:search", "feature-not-implemented");
    expect_sent(x, "jabber:iq:gateway", "type=\"set\"", "<prompt>mercutio</prompt>");
    fake_result(x, "jabber:iq:gateway", "<query xmlns='jabber:iq:gateway'><jid>mercutio%%verona@irc.lit</jid></query>");
    expect_event(x, "ITEM", "address=mercutio%verona@irc.lit;", "name=mercutio;");
    expect_event(x, "REPLY", "req=9;", "!err");
    search_people(x, "irc.lit", &f, 1, 10);
    fake_error(x, "jabber:iq:search", "feature-not-implemented");
    fake_error(x, "jabber:iq:gateway", "feature-not-implemented");
    expect_event(x, "REPLY", "req=10;", "err=");
    search_people(x, DOMAIN, &f, 1, 11); /* the server is no gateway */
    fake_error(x, "jabber:iq:search", "feature-not-implemented");
    expect_event(x, "REPLY", "req=11;", "err=");
}

static void leaving(void **state)
{
    struct x *x = *state;
    gateway_do(x, "irc.lit", GATEWAY_LOGOUT, 1);
    expect_sent(x, "<presence", "to=\"irc.lit\"", "type=\"unavailable\"");
    expect_event(x, "REPLY", "req=1;");
    gateway_do(x, "irc.lit", GATEWAY_LOGIN, 2);
    expect_sent(x, "<presence", "to=\"irc.lit\"", "!type");
    expect_event(x, "REPLY", "req=2;");
    gateway_do(x, "irc.lit", GATEWAY_ASK, 3);
    expect_event(x, "ASK", "title=irc.lit;");
    expect_event(x, "REPLY", "req=3;");
    fake_answer(x, fake_last_ask(x), "unregister");
    expect_sent(x, "<remove", "to=\"irc.lit\"");
    fake_result(x, "remove", "%s", "");
    expect_sent(x, "jabber:iq:roster", "jid=\"irc.lit\"", "subscription=\"remove\"");
    expect_event(x, "NOTICE", "not registered with the gateway any more");
    gateway_do(x, "wa.lit", GATEWAY_UNREGISTER, 4);
    fake_error(x, "wa.lit", "bad-request");
    expect_event(x, "REPLY", "req=4;", "err=", "by its commands");
    assert_int_equal(gateway_do(x, "@", GATEWAY_LOGIN, 5), KITH_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(listing, setup, teardown),
                                       cmocka_unit_test_setup_teardown(open_to_all, setup, teardown),
                                       cmocka_unit_test_setup_teardown(registering, setup, teardown),
                                       cmocka_unit_test_setup_teardown(by_commands, setup, teardown),
                                       cmocka_unit_test_setup_teardown(leaving, setup, teardown),
                                       cmocka_unit_test_setup_teardown(of_ours, setup, teardown),
                                       cmocka_unit_test_setup_teardown(puppets, setup, teardown),
                                       cmocka_unit_test_setup_teardown(groups, setup, teardown),
                                       cmocka_unit_test_setup_teardown(reactions, setup, teardown),
                                       cmocka_unit_test_setup_teardown(prompting, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
