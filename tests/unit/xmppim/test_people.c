/* unit/xmppim/test_people.c - personal nodes, cards, nicknames, reports and strangers; and forged ones */
#include "fake_x.h"

#include <stdlib.h>

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

#define EVENT(node, inner)                                                                         \
    "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='" node "'>" inner         \
    "</items></event>"
#define NICK(who, nick)                                                                            \
    "<message from='" who "' type='headline'>" EVENT(                                              \
        NS_NICK, "<item id='current'><nick xmlns='" NS_NICK "'>" nick "</nick></item>") "</message>"

/* XEP-0163 §4.3: the bare address of who owns the node, and nobody else's. */
static void events_of_owners_only(void **state)
{
    struct x *x = *state;
    fake_feed(x, NICK("juliet@capulet.lit", "Ishmael"));
    assert_string_equal(nick_of(x, "juliet@capulet.lit"), "Ishmael");
    fake_feed(x, NICK("juliet@capulet.lit/balcony", "Forged"));
    assert_string_equal(nick_of(x, "juliet@capulet.lit"), "Ishmael");
    fake_feed(x, NICK("stranger@x.lit", "Nobody"));
    assert_null(nick_of(x, "stranger@x.lit"));
    fake_feed(x, NICK("capulet.lit", "The server of somebody else"));
    assert_null(nick_of(x, "capulet.lit"));
    fake_feed(x, NICK("puppet@irc.lit", "Behind our gateway"));
    assert_string_equal(nick_of(x, "puppet@irc.lit"), "Behind our gateway");
    fake_feed(x, "<message from='juliet@capulet.lit' type='error'>" EVENT(
                     NS_NICK, "<item id='current'><nick xmlns='" NS_NICK "'>Error</nick></item>") "</message>");
    assert_string_equal(nick_of(x, "juliet@capulet.lit"), "Ishmael");
    fake_feed(x, "<message from='juliet@capulet.lit' type='headline'>" EVENT(
                     NS_NICK, "<retract id='current'/>") "</message>");
    assert_null(nick_of(x, "juliet@capulet.lit"));
    fake_feed(x, NICK("juliet@capulet.lit", "Again"));
    fake_feed(x, "<message from='juliet@capulet.lit' type='headline'><event "
                 "xmlns='http://jabber.org/protocol/pubsub#event'><purge node='" NS_NICK "'/></event></message>");
    assert_null(nick_of(x, "juliet@capulet.lit"));
    fake_feed(x, "<message from='juliet@capulet.lit' type='headline'>" EVENT("no:such:node", "<item/>") "</message>");
    expect_no_event(x);
    expect_nothing_sent(x);
}

/* Never over a name of the user, nor in the list of contacts. */
static void nick_is_a_suggestion(void **state)
{
    struct x *x = *state;
    char *long_nick = xmalloc(3001);
    memset(long_nick, 'n', 3000);
    long_nick[3000] = '\0';
    fake_feed(x, NICK("juliet@capulet.lit", "The Pope"));
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat' id='m1'><body>x</body><nick xmlns='" NS_NICK
                 "'>The Pope</nick></message>");
    expect_event(x, "MESSAGE", "!name=");
    assert_int_equal(info_fetch(x, "juliet@capulet.lit", 3), KITH_OK);
    expect_event(x, "ITEM req=3;", "nick=The Pope;", "!name=");
    fake_feed(x, "<message from='juliet@capulet.lit' type='headline'><event "
                 "xmlns='http://jabber.org/protocol/pubsub#event'><items node='" NS_NICK "'><item><nick xmlns='" NS_NICK
                 "'>%s</nick></item></items></event></message>",
              long_nick);
    assert_int_equal(strlen(nick_of(x, "juliet@capulet.lit")), 200);
    free(long_nick);
}

static void stranger_is_marked(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='stranger@x.lit/b' type='chat' id='m1'><body>hi</body></message>");
    expect_event(x, "MESSAGE", "chat=stranger@x.lit;", "+STRANGER");
    static const char *const known[] = {"juliet@capulet.lit/b", "tybalt@capulet.lit/x", "puppet@irc.lit", "irc.lit",
                                        DOMAIN, ME_FULL};
    for (size_t i = 0; i < COUNT(known); i++) {
        fake_feed(x, "<message from='%s' to='" ME "' type='chat' id='k%zu'><body>hi</body></message>", known[i], i);
        if (strcmp(known[i], "puppet@irc.lit") == 0)
            expect_event(x, "CONTACT", "address=puppet@irc.lit;");
        expect_event(x, "MESSAGE", "!+STRANGER");
    }
    fake_feed(x, "<message from='" ME "'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
                 "<message xmlns='jabber:client' type='chat' id='c1' from='" ME "/phone' to='stranger@x.lit'><body>yes"
                 "</body></message></forwarded></sent></message>");
    expect_event(x, "MESSAGE", "+OUT", "!+STRANGER");
    expect_nothing_sent(x); /* nothing is told to any of them */
}

/* XEP-0377 §3.1 */
static void report_with_the_message(void **state)
{
    struct x *x = *state;
    static const char *const ids[] = {"28482-98726-73623", "38383-38018-18385"};
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"",
                "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:blocking'/><feature "
                "var='urn:xmpp:reporting:1'/></query>");
    fake_forget(x);
    assert_int_equal(blocking_report(x, "mallory@x.lit", KITH_REPORT_SPAM, ids, 2,
                                     "Never came trouble to my house like this.", 4),
                     KITH_OK);
    expect_sent(x, "<block xmlns=\"urn:xmpp:blocking\">", "jid=\"mallory@x.lit\"",
                "reason=\"urn:xmpp:reporting:spam\"", "by=\"" ME "\"", "id=\"28482-98726-73623\"",
                "id=\"38383-38018-18385\"", "<text>Never came trouble to my house like this.</text>");
    assert_int_equal(blocking_report(x, "mallory@x.lit", KITH_REPORT_ABUSE, NULL, 0, NULL, 5), KITH_OK);
    expect_sent(x, "reason=\"urn:xmpp:reporting:abuse\"", "!stanza-id", "!<text");
    assert_int_equal(blocking_block(x, "mallory@x.lit", 0, 6), KITH_OK);
    expect_sent(x, "<block ", "!report");
}

/* A server that knows no reports is told of the block alone. */
static void report_where_nobody_reads_it(void **state)
{
    struct x *x = *state;
    assert_int_equal(blocking_report(x, "mallory@x.lit", KITH_REPORT_SPAM, NULL, 0, NULL, 4), KITH_OK);
    expect_sent(x, "<block ", "jid=\"mallory@x.lit\"", "!report");
}

/* XEP-0054 §3.1, with what no field is for. */
#define CARD                                                                                       \
    "<vCard xmlns='vcard-temp'><FN>Peter Saint-Andre</FN><N><FAMILY>Saint-Andre</FAMILY>"          \
    "<GIVEN>Peter</GIVEN><MIDDLE/></N><NICKNAME>stpeter</NICKNAME><BDAY>1966-08-06</BDAY>"         \
    "<ORG><ORGNAME>XMPP Standards Foundation</ORGNAME><ORGUNIT>Council</ORGUNIT></ORG>"            \
    "<TEL><WORK/><VOICE/><NUMBER>303-308-3282</NUMBER></TEL>"                                      \
    "<TEL><HOME/><VOICE/><NUMBER>303-555-1212</NUMBER></TEL>"                                      \
    "<PHOTO><TYPE>image/png</TYPE><BINVAL>AAAA</BINVAL></PHOTO></vCard>"

static void edited_card_keeps_the_rest(void **state)
{
    struct x *x = *state;
    assert_int_equal(vcard_edit(x, 7), KITH_OK);
    expect_sent(x, "type=\"get\"", "vcard-temp", "!to=");
    fake_result(x, "vcard-temp", CARD);
    expect_event(x, "ASK", "subject=" ME ";", "choice=ok;");
    expect_event(x, "REPLY req=7;", "!err=");
    fake_answer_with(x, fake_last_ask(x), "ok", "FN", "Peter", "NICKNAME", "stpeter", "NUMBER", "42", "ORGNAME",
                     "XSF", "BDAY", "", "DESC", "More <about> me", "CTRY", "USA", NULL);
    expect_sent(x, "type=\"set\"", "<FN>Peter</FN>", "<FAMILY>Saint-Andre</FAMILY>", "<NICKNAME>stpeter</NICKNAME>",
                "<ORGUNIT>Council</ORGUNIT>", "<ORGNAME>XSF</ORGNAME>", "<NUMBER>42</NUMBER>", "<WORK/>",
                "<NUMBER>303-555-1212</NUMBER>", "<BINVAL>AAAA</BINVAL>", "More &lt;about&gt; me",
                "<ADR><CTRY>USA</CTRY></ADR>", "!BDAY", "!303-308-3282", "!LOCALITY");
    expect_nothing_sent(x); /* the nickname is the same */
    fake_result(x, "type=\"set\"", "%s", "");
    expect_event(x, "NOTICE");
}

static void new_card_and_nick(void **state)
{
    struct x *x = *state;
    assert_int_equal(vcard_edit(x, 7), KITH_OK);
    fake_forget(x);
    fake_error(x, "vcard-temp", "item-not-found"); /* §3.1: there is none yet */
    expect_event(x, "ASK");
    expect_event(x, "REPLY req=7;", "!err=");
    fake_answer_with(x, fake_last_ask(x), "ok", "NICKNAME", "Romeo", NULL);
    expect_sent(x, "<vCard ", "<NICKNAME>Romeo</NICKNAME>", "!<FN>");
    expect_sent(x, "node=\"" NS_NICK "\"", ">Romeo</nick>", "presence");
    vcard_edit(x, 8);
    fake_forget(x);
    fake_error(x, "type=\"get\"", "forbidden");
    expect_event(x, "REPLY req=8;", "err=");
    vcard_edit(x, 9);
    fake_result(x, "type=\"get\"", CARD);
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "cancel");
    expect_nothing_sent(x);
    vcard_edit(x, 10); /* left open at the end */
    fake_result(x, "type=\"get\"", CARD);
}

/* XEP-0292 §2: asked where the older one says nothing, of contacts only. */
static void card4_read(void **state)
{
    struct x *x = *state;
    assert_int_equal(info_fetch(x, "tybalt@capulet.lit", 3), KITH_OK);
    fake_result(x, "vcard-temp", "<vCard xmlns='vcard-temp'/>");
    fake_forget(x);
    fake_result(x, "urn:xmpp:vcard4",
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:vcard4'><item id='current'>"
                "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Peter Saint-Andre</text></fn><tel><parameters>"
                "<type><text>work</text></type></parameters><uri>tel:+1-303-308-3282</uri></tel><adr><locality>Denver"
                "</locality><country>USA</country></adr></vcard></item></items></pubsub>");
    expect_event(x, "ITEM req=3;", "FN=Peter Saint-Andre;", "TEL=+1-303-308-3282;", "ADR=Denver;", "ADR=USA;");
    expect_event(x, "REPLY req=3;", "!err=");
    assert_int_equal(info_fetch(x, "puppet@irc.lit", 6), KITH_OK); /* of our gateway, and in no list */
    fake_error(x, "vcard-temp", "item-not-found");
    fake_result(x, "to=\"puppet@irc.lit\"",
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:vcard4'><item id='current'>"
                "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Yorick</text></fn></vcard></item></items></pubsub>");
    expect_event(x, "ITEM req=6;", "encryption=");
    expect_event(x, "ITEM req=6;", "FN=Yorick;");
    expect_event(x, "REPLY req=6;", "!err=");
    assert_int_equal(info_fetch(x, "stranger@x.lit", 4), KITH_OK);
    fake_error(x, "vcard-temp", "item-not-found");
    assert_false(fake_asking(x, "urn:xmpp:vcard4"));
    expect_event(x, "REPLY req=4;", "err=-10;");
    info_fetch(x, "tybalt@capulet.lit", 5);
    fake_error(x, "vcard-temp", "item-not-found");
    fake_result(x, "urn:xmpp:vcard4", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='other'><item>"
                                      "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/></item></items></pubsub>");
    expect_event(x, "REPLY req=5;", "err=-10;");
}

static void search(struct x *x, const char *where, const char *key, const char *value, kith_req req)
{
    struct kith_field f = {.size = sizeof f, .key = key, .values = &value, .n_values = 1};
    assert_int_equal(search_people(x, where, &f, 1, req), KITH_OK);
}

/* XEP-0055 §2.1 */
static void directory_with_old_fields(void **state)
{
    struct x *x = *state;
    search(x, "characters.shakespeare.lit", "last", "Capulet", 3);
    fake_result(x, "jabber:iq:search", "<query xmlns='jabber:iq:search'><instructions>Fill in one or more</instructions>"
                                       "<first/><last/><nick/><email/></query>");
    expect_sent(x, "type=\"get\"", "to=\"characters.shakespeare.lit\"");
    expect_sent(x, "type=\"set\"", "<last>Capulet</last>", "!<first");
    fake_result(x, "type=\"set\"",
                "<query xmlns='jabber:iq:search'><item jid='juliet@capulet.com'><first>Juliet</first><last>Capulet</last>"
                "<nick>JuliC</nick><email>juliet@shakespeare.lit</email></item><item jid='@@'><nick>bad</nick></item>"
                "<item jid='tybalt@shakespeare.lit/x'><first>Tybalt</first></item></query>");
    expect_event(x, "ITEM req=3;", "address=juliet@capulet.com;", "name=Juliet;");
    expect_event(x, "ITEM req=3;", "address=tybalt@shakespeare.lit;", "name=Tybalt;");
    expect_event(x, "REPLY req=3;", "!err=");
    search(x, "characters.shakespeare.lit", "", "julic", 4); /* words go into the nick */
    fake_result(x, "jabber:iq:search", "<query xmlns='jabber:iq:search'><first/><last/><nick/><email/></query>");
    fake_result(x, "<nick>julic</nick>", "<query xmlns='jabber:iq:search'/>");
    expect_event(x, "REPLY req=4;", "!err=");
    search(x, "characters.shakespeare.lit", "shoesize", "9", 5);
    fake_result(x, "jabber:iq:search", "<query xmlns='jabber:iq:search'><first/><last/></query>");
    expect_event(x, "REPLY req=5;", "err=-1;", "first, last");
    expect_no_event(x);
}

/* §3, and where the directory is when nobody says */
static void directory_with_a_form(void **state)
{
    struct x *x = *state;
    search(x, NULL, "", "benv", 3);
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='conference.lit'/>"
                                  "<item jid='vjud.lit'/></query>");
    fake_result(x, "to=\"conference.lit\"", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    fake_result(x, "to=\"vjud.lit\"", "<query xmlns='http://jabber.org/protocol/disco#info'><feature "
                                      "var='jabber:iq:search'/></query>");
    fake_result(x, "jabber:iq:search",
                "<query xmlns='jabber:iq:search'><x xmlns='jabber:x:data' type='form'><title>Search</title><field "
                "type='hidden' var='FORM_TYPE'><value>jabber:iq:search</value></field><field type='text-single' "
                "var='first'/><field type='list-single' var='x-gender'/></x></query>");
    fake_forget(x);
    assert_true(fake_asking(x, "type=\"set\""));
    fake_result(x, "type=\"set\"",
                "<query xmlns='jabber:iq:search'><x xmlns='jabber:x:data' type='result'><reported><field var='jid'/>"
                "</reported><item><field var='first'><value>Benvolio</value></field><field var='last'><value>Montague"
                "</value></field><field var='jid'><value>benvolio@montague.net</value></field></item></x></query>");
    expect_event(x, "ITEM req=3;", "address=benvolio@montague.net;", "name=Benvolio;");
    expect_event(x, "REPLY req=3;", "!err=");
    search(x, "nowhere.lit", "", "x", 4);
    fake_error(x, "nowhere.lit", "service-unavailable");
    expect_event(x, "REPLY req=4;", "err=");
    search(x, "silent.lit", "", "x", 5);
    fake_timeout(x, "silent.lit");
    expect_event(x, "REPLY req=5;", "err=-8;");
    search(x, "silent.lit", "", "x", 6); /* left open at the end */
    assert_int_equal(search_people(x, "silent.lit", NULL, 0, 7), KITH_EINVAL);
}

/* XEP-0401 §4.1 */
static void invitation(void **state)
{
    struct x *x = *state;
    assert_int_equal(invite_link(x, 3), KITH_OK);
    expect_sent(x, "type=\"set\"", "to=\"" DOMAIN "\"", "node=\"urn:xmpp:invite#invite\"", "action=\"execute\"");
    fake_result(x, "urn:xmpp:invite#invite",
                "<command xmlns='http://jabber.org/protocol/commands' node='urn:xmpp:invite#invite' status='completed'><x "
                "xmlns='jabber:x:data' type='result'><field type='hidden' var='FORM_TYPE'><value>urn:xmpp:invite#invitation"
                "</value></field><field var='uri'><value>xmpp:inviter@example.com?roster;preauth=TOKEN;ibr=y</value></field>"
                "<field var='landing-url'><value>https://example.com/invite/#TOKEN</value></field><field var='expire'><value>"
                "2017-11-06T02:56:15Z</value></field></x></command>");
    expect_event(x, "ITEM req=3;", "name=Link;");
    expect_event(x, "ITEM req=3;", "name=For clients;");
    expect_event(x, "ITEM req=3;", "name=Valid until;");
    expect_event(x, "REPLY req=3;", "!err=");
    invite_link(x, 4);
    fake_error(x, "urn:xmpp:invite#invite", "item-not-found");
    expect_event(x, "REPLY req=4;", "err=-10;", "makes no invitations");
    invite_link(x, 5);
    fake_result(x, "urn:xmpp:invite#invite",
                "<command xmlns='http://jabber.org/protocol/commands' node='urn:xmpp:invite#invite'><x xmlns='jabber:x:data'>"
                "<field var='uri'><value>javascript:alert(1)</value></field></x></command>");
    expect_event(x, "REPLY req=5;", "err=-12;");
}

/* XEP-0157 §3 */
static void addresses_of_a_server(void **state)
{
    struct x *x = *state;
    assert_int_equal(info_fetch(x, "shakespeare.lit", 3), KITH_OK);
    fake_error(x, "vcard-temp", "service-unavailable");
    fake_result(x, "to=\"shakespeare.lit\"",
                "<query xmlns='http://jabber.org/protocol/disco#info'><x xmlns='jabber:x:data' type='result'><field "
                "var='FORM_TYPE' type='hidden'><value>http://jabber.org/network/serverinfo</value></field><field "
                "var='abuse-addresses'><value>mailto:abuse@shakespeare.lit</value><value>xmpp:abuse@shakespeare.lit</value>"
                "</field></x><x xmlns='jabber:x:data'><field var='FORM_TYPE'><value>other</value></field><field "
                "var='admin-addresses'><value>xmpp:forged@x.lit</value></field></x></query>");
    expect_event(x, "ITEM req=3;", "abuse-addresses=mailto:abuse@shakespeare.lit;",
                 "abuse-addresses=xmpp:abuse@shakespeare.lit;", "!forged");
    expect_event(x, "REPLY req=3;", "!err=");
}

/* XEP-0319 §3 and XEP-0012 §4: only where the user wants it, and only to who may see us. */
static void idle_is_opt_in(void **state)
{
    struct x *x = *state;
    im_presence(x, KITH_SHOW_AWAY, NULL);
    expect_sent(x, "<show>away", "!idle");
    fake_feed(x, "<iq type='get' id='q' from='juliet@capulet.lit/b'><query xmlns='jabber:iq:last'/></iq>");
    expect_sent(x, "type=\"error\"");
    fake_option(x, "tell_idle", "true");
    im_presence(x, KITH_SHOW_ONLINE, NULL);
    expect_sent(x, "<presence", "!idle");
    fake_feed(x, "<iq type='get' id='q' from='juliet@capulet.lit/b'><query xmlns='jabber:iq:last'/></iq>");
    expect_sent(x, "type=\"result\"", "seconds=\"0\"");
    im_presence(x, KITH_SHOW_XA, NULL);
    expect_sent(x, "<show>xa", "<idle ", "urn:xmpp:idle:1", "since=\"2025-06-15T");
    fake_feed(x, "<iq type='get' id='q' from='stranger@x.lit/b'><query xmlns='jabber:iq:last'/></iq>");
    expect_sent(x, "type=\"error\"", "!seconds");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(events_of_owners_only),
                                       T(nick_is_a_suggestion),
                                       T(stranger_is_marked),
                                       T(report_with_the_message),
                                       T(report_where_nobody_reads_it),
                                       T(edited_card_keeps_the_rest),
                                       T(new_card_and_nick),
                                       T(card4_read),
                                       T(directory_with_old_fields),
                                       T(directory_with_a_form),
                                       T(invitation),
                                       T(addresses_of_a_server),
                                       T(idle_is_opt_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
