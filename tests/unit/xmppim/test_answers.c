/* unit/xmppim/test_answers.c - receipts, typing, read state, and what is told to whom */
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

static void receipts_in(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='juliet@capulet.lit/b' id='bi29'><received "
                 "xmlns='urn:xmpp:receipts' id='r2'/></message>");
    expect_event(x, "RECEIPT chat=juliet@capulet.lit;", "who=juliet@capulet.lit;", "id=r2;",
                 "delivery=3;", "!up_to");
    fake_feed(x, "<message from='juliet@capulet.lit/b'><displayed xmlns='urn:xmpp:chat-markers:0' "
                 "id='r2'/></message>");
    expect_event(x, "RECEIPT chat=juliet@capulet.lit;", "id=r2;", "delivery=4;", "up_to=1;");
    fake_feed(
        x, "<message from='juliet@capulet.lit/b'><received xmlns='urn:xmpp:receipts'/></message>");
    fake_feed(x, "<message from='" ME "/x' to='" ME
                 "'><received xmlns='urn:xmpp:receipts' id='r3'/></message>");
    expect_no_event(x);
    /* words for others beside it are not shown; words of its own are */
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><received "
                 "xmlns='urn:xmpp:receipts' id='r4'/><body>got it</body>"
                 "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:receipts'/></message>");
    expect_event(x, "RECEIPT", "id=r4;");
    expect_no_event(x);
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><received "
                 "xmlns='urn:xmpp:receipts' id='r5'/><body>and hello</body></message>");
    expect_event(x, "RECEIPT", "id=r5;");
    expect_event(x, "MESSAGE", "body=and hello;");
}

/* A receipt only ever names the chat it came in: tybalt cannot say that juliet read something. */
static void receipts_forged(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='tybalt@capulet.lit/x'><displayed xmlns='urn:xmpp:chat-markers:0' "
                 "id='to-juliet'/></message>");
    expect_event(x, "chat=tybalt@capulet.lit;", "who=tybalt@capulet.lit;");
    expect_no_event(x);
}

static void receipts_out(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat' id='m1'><body>x</body><request "
                 "xmlns='urn:xmpp:receipts'/></message>");
    expect_sent(x, "to=\"juliet@capulet.lit/b\"", "<received ", "id=\"m1\"", "!<request");
    static const char *const not [] = {"tybalt@capulet.lit/x", "mercutio@verona.lit/x",
                                       "stranger@x.lit/x"};
    for (size_t i = 0; i < COUNT(not ); i++)
        fake_feed(x,
                  "<message from='%s' type='chat' id='m1'><body>x</body><request "
                  "xmlns='urn:xmpp:receipts'/></message>",
                  not [i]);
    fake_feed(x,
              "<message from='juliet@capulet.lit/b' type='chat' id='m2'><received "
              "xmlns='urn:xmpp:receipts' id='z'/><request xmlns='urn:xmpp:receipts'/></message>");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='error' id='m3'><body>x</body><request "
                 "xmlns='urn:xmpp:receipts'/><error/></message>");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>no id</body><request "
                 "xmlns='urn:xmpp:receipts'/></message>");
    expect_nothing_sent(x);
}

static void markers_out(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat' id='m1'><body>x</body><markable "
                 "xmlns='urn:xmpp:chat-markers:0'/></message>");
    fake_feed(x,
              "<message from='juliet@capulet.lit/b' type='chat' id='m2'><body>x</body></message>");
    fake_feed(x, "<message from='tybalt@capulet.lit/b' type='chat' id='m3'><body>x</body><markable "
                 "xmlns='urn:xmpp:chat-markers:0'/></message>");
    fake_forget(x);
    assert_int_equal(im_mark_read(x, "juliet@capulet.lit", "m1", NULL), KITH_OK);
    expect_sent(x, "to=\"juliet@capulet.lit\"", "<displayed ", "id=\"m1\"");
    im_mark_read(x, "juliet@capulet.lit", "m1", NULL); /* once */
    im_mark_read(x, "juliet@capulet.lit", "m2", NULL); /* not asked for */
    im_mark_read(x, "tybalt@capulet.lit", "m3", NULL); /* may not see us */
    im_mark_read(x, "juliet@capulet.lit", NULL, NULL);
    expect_nothing_sent(x);
}

static void read_on_another_device(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='" ME "'><sent xmlns='urn:xmpp:carbons:2'><forwarded "
                 "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
                 "from='" ME
                 "/phone' to='juliet@capulet.lit'><displayed xmlns='urn:xmpp:chat-markers:0' "
                 "id='m1'/></message></forwarded></sent></message>");
    expect_event(x, "MARKER chat=juliet@capulet.lit;", "id=m1;");
}

#define MDS(chat, by, id)                                                                          \
    "<event xmlns='http://jabber.org/protocol/pubsub#event'><items "                               \
    "node='urn:xmpp:mds:displayed:0'><item id='" chat "'>"                                         \
    "<displayed xmlns='urn:xmpp:mds:displayed:0'><stanza-id xmlns='urn:xmpp:sid:0' by='" by        \
    "' id='" id "'/></displayed></item></items></event>"
static void read_state_shared(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='" ME
                 "' type='headline'>" MDS("juliet@capulet.lit", ME, "a7") "</message>");
    expect_event(x, "MARKER chat=juliet@capulet.lit;", "id=a7;");
    fake_feed(x, "<message from='" ME
                 "' type='headline'>" MDS("juliet@capulet.lit", ME, "a7") "</message>"); /* again */
    fake_feed(x, "<message from='tybalt@capulet.lit' type='headline'>" MDS("juliet@capulet.lit", ME,
                                                                           "a8") "</message>");
    fake_feed(x, "<message from='" ME
                 "/x' type='headline'>" MDS("juliet@capulet.lit", ME, "a8") "</message>");
    fake_feed(x, "<message from='" ME
                 "' type='headline'>" MDS("room@chat.lit", "other@chat.lit", "a8") "</message>");
    expect_no_event(x);
    fake_feed(x, "<message from='" ME
                 "' type='headline'>" MDS("room@chat.lit", "room@chat.lit", "a8") "</message>");
    expect_event(x, "MARKER chat=room@chat.lit;", "id=a8;"); /* rooms have archives of their own */
    im_mark_read(x, "juliet@capulet.lit", "m1", "a9");
    im_mark_read(x, "juliet@capulet.lit", "m2", "a10");
    expect_nothing_sent(x);
    fake_timers(x);
    expect_sent(x, "<publish ", "urn:xmpp:mds:displayed:0", "id=\"juliet@capulet.lit\"",
                "id=\"a10\"", "whitelist");
    expect_nothing_sent(x);
    im_mark_read(x, "juliet@capulet.lit", "m2", "a10"); /* known */
    fake_timers(x);
    expect_nothing_sent(x);
}

static void typing_in(void **state)
{
    struct x *x = *state;
#define STATE(from, s)                                                                             \
    "<message from='" from "' type='chat'><" s                                                     \
    " xmlns='http://jabber.org/protocol/chatstates'/></message>"
    fake_feed(x, STATE("juliet@capulet.lit/b", "composing"));
    expect_event(x, "TYPING chat=juliet@capulet.lit;", "state=1;");
    fake_feed(x, STATE("juliet@capulet.lit/b", "composing"));
    expect_no_event(x);
    fake_feed(x, STATE("juliet@capulet.lit/b", "paused"));
    expect_event(x, "TYPING", "state=2;");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>done</body></message>");
    expect_event(x, "TYPING", "state=0;");
    expect_event(x, "MESSAGE");
    fake_feed(x, STATE("juliet@capulet.lit/b", "gone"));
    expect_event(x, "TYPING", "state=3;");
    fake_feed(x, STATE("juliet@capulet.lit/b", "dancing"));
    fake_feed(x, STATE("stranger@x.lit/b", "composing"));
    fake_feed(x, STATE("room@chat.lit/b", "composing"));
    expect_no_event(x);
}

static void typing_out(void **state)
{
    struct x *x = *state;
    assert_int_equal(im_typing(x, "juliet@capulet.lit", KITH_TYPING_ACTIVE, NULL), KITH_OK);
    expect_nothing_sent(x); /* it is not known that they would understand */
    fake_feed(x, STATE("juliet@capulet.lit/b", "active"));
    im_typing(x, "juliet@capulet.lit", KITH_TYPING_ACTIVE, NULL);
    expect_sent(x, "to=\"juliet@capulet.lit\"", "<composing ", "!<body");
    im_typing(x, "juliet@capulet.lit", KITH_TYPING_ACTIVE, NULL);
    expect_nothing_sent(x);
    im_typing(x, "juliet@capulet.lit", KITH_TYPING_PAUSED, NULL);
    expect_sent(x, "<paused ");
    struct kith_send m = {.size = sizeof m, .chat = "juliet@capulet.lit", .body = "x", .id = "i1"};
    im_send(x, &m);
    expect_sent(x, "<active ");
    im_typing(x, "juliet@capulet.lit", KITH_TYPING_NONE, NULL);
    expect_nothing_sent(x);                                 /* the message said so */
    fake_feed(x, STATE("mercutio@verona.lit/b", "active")); /* does not see us */
    im_typing(x, "mercutio@verona.lit", KITH_TYPING_ACTIVE, NULL);
    expect_nothing_sent(x);
    assert_int_equal(im_typing(x, "juliet@capulet.lit", 99, NULL), KITH_EINVAL);
}

/* The user's word on what is told. */
static void privacy(void **state)
{
    struct x *x = *state;
    fake_option(x, "_receipts", "off");
    fake_option(x, "_typing", "off");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat' id='m1'><body>x</body>"
                 "<request xmlns='urn:xmpp:receipts'/>"
                 "<active xmlns='http://jabber.org/protocol/chatstates'/></message>");
    im_typing(x, "juliet@capulet.lit", KITH_TYPING_ACTIVE, NULL);
    expect_nothing_sent(x);
    struct kith_send m = {.size = sizeof m, .chat = "juliet@capulet.lit", .body = "x", .id = "i1"};
    im_send(x, &m);
    expect_sent(x, "<body>x", "!<active");
}

#define GET(from, child) "<iq type='get' id='q' from='" from "'>" child "</iq>"
static void questions_of_friends(void **state)
{
    struct x *x = *state;
    fake_feed(x, GET("juliet@capulet.lit/b", "<query xmlns='jabber:iq:version'/>"));
    expect_sent(x, "type=\"result\"", "<name>kith</name>", "<version>");
    fake_feed(x, GET("nurse@capulet.lit/b", "<time xmlns='urn:xmpp:time'/>"));
    expect_sent(x, "<tzo>", "<utc>2025-06-15T15:06:40");
    fake_feed(x, GET("juliet@capulet.lit/b", "<ping xmlns='urn:xmpp:ping'/>"));
    expect_sent(x, "type=\"result\"");
    fake_feed(x, GET(DOMAIN, "<ping xmlns='urn:xmpp:ping'/>"));
    expect_sent(x, "type=\"result\"");
    fake_feed(x, "<iq type='get' id='q'><ping xmlns='urn:xmpp:ping'/></iq>");
    expect_sent(x, "type=\"result\"");
    fake_feed(
        x, GET("juliet@capulet.lit/b", "<query xmlns='http://jabber.org/protocol/disco#info'/>"));
    expect_sent(x, "category=\"client\"", "urn:xmpp:receipts", "urn:xmpp:message-correct:0",
                "urn:xmpp:ping");
    fake_feed(x,
              GET("juliet@capulet.lit/b",
                  "<query xmlns='http://jabber.org/protocol/disco#info' node='http://else#x'/>"));
    expect_sent(x, "item-not-found");
    fake_feed(
        x, GET("juliet@capulet.lit/b", "<query xmlns='http://jabber.org/protocol/disco#items'/>"));
    expect_sent(x, "type=\"result\"", "disco#items");
}

static void questions_of_strangers(void **state)
{
    struct x *x = *state;
    static const char *const child[] = {"<query xmlns='jabber:iq:version'/>",
                                        "<time xmlns='urn:xmpp:time'/>",
                                        "<ping xmlns='urn:xmpp:ping'/>",
                                        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
                                        "<query xmlns='jabber:iq:last'/>",
                                        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
                                        "<vCard xmlns='vcard-temp'/>"};
    static const char *const from[] = {"stranger@x.lit/y", "mercutio@verona.lit/y",
                                       "tybalt@capulet.lit/x", "capulet.lit"};
    for (size_t i = 0; i < COUNT(child); i++)
        for (size_t j = 0; j < COUNT(from); j++) {
            fake_feed(x, "<iq type='get' id='q' from='%s'>%s</iq>", from[j], child[i]);
            expect_sent(x, "type=\"error\"", "service-unavailable");
        }
}

#define INFO "<query xmlns='http://jabber.org/protocol/disco#info'>"
static char *hash_of(const char *query)
{
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(ctx, query);
    char *h = caps_hash(st, "sha-1");
    xmpp_stanza_release(st);
    xmpp_ctx_free(ctx);
    return h;
}

/* XEP-0115 §5.2 and §5.3 */
static void caps_examples(void **state)
{
    char *h = hash_of(INFO "<identity category='client' name='Exodus 0.9.1' type='pc'/>"
                           "<feature var='http://jabber.org/protocol/caps'/><feature "
                           "var='http://jabber.org/protocol/disco#info'/>"
                           "<feature var='http://jabber.org/protocol/disco#items'/><feature "
                           "var='http://jabber.org/protocol/muc'/></query>");
    assert_string_equal(h, "QgayPKawpkPSDYmwT/WM94uAlu0=");
    free(h);
#define PSI                                                                                        \
    "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>"                        \
    "<identity xml:lang='el' category='client' name='\316\250 0.11' type='pc'/>"                   \
    "<feature var='http://jabber.org/protocol/caps'/><feature "                                    \
    "var='http://jabber.org/protocol/disco#info'/>"                                                \
    "<feature var='http://jabber.org/protocol/disco#items'/><feature "                             \
    "var='http://jabber.org/protocol/muc'/>"
#define FORM                                                                                       \
    "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' "                               \
    "type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>"                         \
    "<field var='ip_version' "                                                                     \
    "type='text-multi'><value>ipv4</value><value>ipv6</value></field><field "                      \
    "var='os'><value>Mac</value></field>"                                                          \
    "<field var='os_version'><value>10.5.1</value></field><field "                                 \
    "var='software'><value>Psi</value></field>"                                                    \
    "<field var='software_version'><value>0.11</value></field></x>"
    h = hash_of(INFO PSI FORM "</query>");
    assert_string_equal(h, "q07IKJEyjvHSyhy//CH0CxmKi8w=");
    free(h);
    assert_null(hash_of(INFO PSI FORM FORM "</query>"));
    assert_null(hash_of(INFO PSI "<feature var='http://jabber.org/protocol/muc'/></query>"));
    assert_null(hash_of(
        INFO
        "<identity category='client' type='pc'/><identity category='client' type='pc'/></query>"));
    char *a = hash_of(INFO PSI "</query>"),
         *b = hash_of(
             INFO PSI
             "<x xmlns='jabber:x:data'><field var='os'><value>Mac</value></field></x></query>");
    assert_string_equal(a, b); /* a form without FORM_TYPE is left out */
    free(a);
    free(b);
}

#define CAPS_INFO                                                                                  \
    "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' "            \
    "name='Exodus 0.9.1' type='pc'/>"                                                              \
    "<feature var='http://jabber.org/protocol/caps'/><feature "                                    \
    "var='http://jabber.org/protocol/disco#info'/>"                                                \
    "<feature var='http://jabber.org/protocol/disco#items'/><feature "                             \
    "var='http://jabber.org/protocol/muc'/></query>"
#define CAPS_PRESENCE(from)                                                                        \
    "<presence from='" from "'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "           \
    "node='http://exodus' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>"
static void caps_learned_once_and_kept(void **state)
{
    struct x *x = *state;
    fake_feed(x, CAPS_PRESENCE("juliet@capulet.lit/b"));
    expect_event(x, "PRESENCE", "!client=");
    expect_sent(x, "to=\"juliet@capulet.lit/b\"",
                "node=\"http://exodus#QgayPKawpkPSDYmwT/WM94uAlu0=\"");
    fake_feed(x, CAPS_PRESENCE("nurse@capulet.lit/b"));
    expect_nothing_sent(x);
    fake_forget(x);
    fake_result(x, "http://exodus#", CAPS_INFO);
    expect_event(x, "PRESENCE address=juliet@capulet.lit;", "client=Exodus 0.9.1;");
    expect_event(x, "PRESENCE address=nurse@capulet.lit;", "client=Exodus 0.9.1;");
    assert_true(presence_supports(x, "juliet@capulet.lit", "http://jabber.org/protocol/muc"));
    assert_false(presence_supports(x, "juliet@capulet.lit", "urn:xmpp:receipts"));
    fake_restart(&x);
    fake_start(x);
    fake_friends(x);
    fake_feed(x, CAPS_PRESENCE("juliet@capulet.lit/b"));
    expect_event(x, "client=Exodus 0.9.1;");
    expect_nothing_sent(x);
    *state = x;
}

static void caps_poisoned(void **state)
{
    struct x *x = *state;
    fake_feed(x, CAPS_PRESENCE("juliet@capulet.lit/b"));
    fake_forget(x);
    fake_result(x, "http://exodus#",
                "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' "
                "name='Evil' type='pc'/>"
                "<feature var='urn:xmpp:receipts'/></query>");
    expect_no_event(x);
    assert_false(presence_supports(x, "juliet@capulet.lit", "urn:xmpp:receipts"));
    /* the next one with this hash is asked */
    fake_feed(x, CAPS_PRESENCE("nurse@capulet.lit/b"));
    expect_sent(x, "to=\"nurse@capulet.lit/b\"");
    fake_forget(x);
    /* unknown hashes, legacy form: not asked at all */
    fake_feed(x, "<presence from='juliet@capulet.lit/c'><c xmlns='http://jabber.org/protocol/caps' "
                 "hash='md5' node='n' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>");
    fake_feed(x, "<presence from='juliet@capulet.lit/d'><c xmlns='http://jabber.org/protocol/caps' "
                 "node='n' ver='0.9.1'/></presence>");
    expect_nothing_sent(x);
}

static void caps_questions_bounded(void **state)
{
    struct x *x = *state;
    for (int i = 0; i < 60; i++)
        for (int j = 0; j < 3; j++)
            fake_feed(x,
                      "<presence from='juliet@capulet.lit/r%d'><c "
                      "xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' "
                      "ver='hash-%d-%d'/></presence>",
                      i, i, j);
    for (int i = 0; i < 64; i++)
        expect_sent(x, "<iq");
    expect_nothing_sent(x);
}

static void own_caps_fit_the_answer(void **state)
{
    struct x *x = *state;
    im_presence(x, KITH_SHOW_AWAY, NULL);
    expect_sent(x, "<presence", "hash=\"sha-1\"");
    xmpp_stanza_t *q = st_new(x_ctx(x), "query", "http://jabber.org/protocol/disco#info");
    disco_fill(x, q);
    char *ver = caps_hash(q, "sha-1"), *part = xasprintf("ver=\"%s\"", ver);
    im_presence(x, KITH_SHOW_ONLINE, NULL);
    expect_sent(x, part);
    fake_feed(x,
              "<iq type='get' id='q' from='juliet@capulet.lit/b'><query "
              "xmlns='http://jabber.org/protocol/disco#info' node='http://any#%s'/></iq>",
              ver);
    expect_sent(x, "type=\"result\"", "urn:xmpp:receipts");
    free(part);
    free(ver);
    xmpp_stanza_release(q);
}

/* XEP-0202 §2, and what a clock on the wall there shows. */
static void time_there(void **state)
{
    static const struct {
        const char *utc, *tzo, *shown;
    } times[] = {
        {"2006-12-19T17:58:35Z", "-06:00", "time=11:58 (UTC-06:00);"},
        {"2006-12-19T17:58:35Z", "+09:30", "time=03:28 (UTC+09:30), it is night there;"},
        {"2006-12-19T17:58:35.5Z", "Z", "time=17:58 (UTC);"},
        {"2006-12-19T23:30:00Z", "+00:00", "time=23:30 (UTC+00:00), it is night there;"},
        {"2006-12-19T02:00:00Z", "-06:00", "time=20:00 (UTC-06:00);"},
        {"2006-12-19T17:58:35Z", "+99:00", NULL},
        {"2006-12-19T17:58:35Z", "6", NULL},
        {"yesterday", "+01:00", NULL},
    };
    struct x *x = *state;
    for (size_t i = 0; i < COUNT(times); i++) {
        fake_feed(x, "<presence from='juliet@capulet.lit/balcony'/>");
        fake_forget(x);
        info_fetch(x, "juliet@capulet.lit", 3);
        fake_result(x, "urn:xmpp:time", "<time xmlns='urn:xmpp:time'><tzo>%s</tzo><utc>%s</utc></time>", times[i].tzo, times[i].utc);
        assert_int_equal(fake_take_event(x, times[i].shown ? times[i].shown : "time="), times[i].shown != NULL);
        fake_error(x, "vcard-temp", "item-not-found");
        fake_error(x, "jabber:iq:version", "service-unavailable");
        fake_error(x, "jabber:iq:last", "forbidden");
    }
}

static void who_is(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<presence from='juliet@capulet.lit/balcony'/>");
    fake_forget(x);
    assert_int_equal(info_fetch(x, "juliet@capulet.lit", 3), KITH_OK);
    fake_result(x, "vcard-temp",
                "<vCard xmlns='vcard-temp'><FN>Juliet "
                "Capulet</FN><EMAIL><USERID>j@capulet.lit</USERID></EMAIL></vCard>");
    expect_event(x, "ITEM req=3;", "address=juliet@capulet.lit;", "name=Juliet Capulet;",
                 "FN=Juliet Capulet;", "EMAIL=j@capulet.lit;");
    fake_result(x, "jabber:iq:version",
                "<query xmlns='jabber:iq:version'><name>Dino</name><version>1</version></query>");
    expect_event(x, "ITEM req=3;", "address=juliet@capulet.lit/balcony;", "name=Dino;");
    fake_error(x, "urn:xmpp:time", "service-unavailable");
    fake_timeout(x, "jabber:iq:last");
    expect_event(x, "REPLY req=3;", "!err=");
    expect_no_event(x);
    assert_int_equal(info_fetch(x, "stranger@x.lit", 4), KITH_OK);
    fake_forget(x);
    fake_error(x, "vcard-temp", "item-not-found");
    expect_event(x, "REPLY req=4;", "err=-10;");
    assert_int_equal(info_fetch(x, "@", 4), KITH_EINVAL);
    info_fetch(x, "juliet@capulet.lit", 5); /* left open at the end: nothing may leak */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(receipts_in),
                                       T(receipts_forged),
                                       T(receipts_out),
                                       T(markers_out),
                                       T(read_on_another_device),
                                       T(read_state_shared),
                                       T(typing_in),
                                       T(typing_out),
                                       T(privacy),
                                       T(questions_of_friends),
                                       T(questions_of_strangers),
                                       T(caps_examples),
                                       T(caps_learned_once_and_kept),
                                       T(caps_poisoned),
                                       T(caps_questions_bounded),
                                       T(own_caps_fit_the_answer),
                                       T(time_there),
                                       T(who_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
