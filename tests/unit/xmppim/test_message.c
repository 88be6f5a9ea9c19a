/* unit/xmppim/test_message.c - message stanzas in and out, of the XEPs and forged */
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

static void plain(void **state)
{
    struct x *x = *state;
    fake_feed(x,
              "<message from='juliet@capulet.lit/balcony' to='%s' type='chat' "
              "id='m1'><body>Wherefore art thou?</body>"
              "<thread>t1</thread><origin-id xmlns='urn:xmpp:sid:0' id='o1'/>"
              "<stanza-id xmlns='urn:xmpp:sid:0' by='" ME "' id='a1'/></message>",
              ME_FULL);
    expect_event(x, "MESSAGE chat=juliet@capulet.lit;", "sender=juliet@capulet.lit;",
                 "resource=balcony;", " id=m1;", "origin=o1;", "archive=a1;", "thread=t1;",
                 "body=Wherefore art thou?;", "!+OUT", "!+DELAYED", "!time=");
    expect_no_event(x);
    expect_nothing_sent(x);
}

static void archive_id_by_others_is_no_archive_id(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='juliet@capulet.lit/balcony' type='chat' id='m1'><body>x</body>"
                 "<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@capulet.lit' id='bad'/>"
                 "<stanza-id xmlns='urn:xmpp:sid:0' by='" ME "/x' id='bad2'/></message>");
    expect_event(x, "MESSAGE", "!archive=");
}

static void groupchat_and_rooms_are_left_alone(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='coven@chat.lit/witch' type='groupchat' "
                 "id='m1'><body>Thrice</body></message>");
    fake_feed(x, "<message from='coven@chat.lit/witch' type='chat' id='m1'><body>Psst</body>"
                 "<x xmlns='http://jabber.org/protocol/muc#user'/></message>");
    expect_no_event(x);
    fake_feed(x, "<message from='coven@chat.lit'><x xmlns='http://jabber.org/protocol/muc#user'>"
                 "<invite from='juliet@capulet.lit'/></x></message>");
    expect_event(x, "ASK", "juliet@capulet.lit invites you to a room", "The room is coven@chat.lit.");
    fake_feed(x, "<message from='spam@x.lit'><x xmlns='http://jabber.org/protocol/muc#user'>"
                 "<invite from='a@b'/></x></message>");
    expect_no_event(x); /* one at a time */
    fake_time(x, x_host(x)->wall_ms() + 11000);
    fake_feed(x, "<message from='spam@x.lit'><x xmlns='http://jabber.org/protocol/muc#user'>"
                 "<invite from='Your session has expired. bob@x.lit'/></x></message>");
    expect_event(x, "ASK",
                 "Somebody invites you to a room", "The room is spam@x.lit."); /* no words of theirs */
    fake_feed(
        x,
        "<message from='juliet@capulet.lit/balcony' type='headline'><body>Buy!</body></message>");
    expect_no_event(x);
    fake_feed(x, "<message from='" DOMAIN
                 "' type='headline'><subject>Down</subject><body>Tonight</body></message>");
    expect_event(x, "NOTICE", "Down: Tonight");
}

static void malformed_senders(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='@' type='chat'><body>x</body></message>");
    fake_feed(x, "<message from='a@b@c' type='chat'><body>x</body></message>");
    fake_feed(x, "<message from='juliet@capulet.lit' type='chat'><body/></message>");
    fake_feed(x, "<message from='juliet@capulet.lit' type='chat'/>");
    expect_no_event(x);
}

static void action_and_subject(void **state)
{
    struct x *x = *state;
    fake_feed(x,
              "<message from='juliet@capulet.lit/b' type='chat'><body>/me sighs</body></message>");
    expect_event(x, "body=sighs;", "+ACTION");
    fake_feed(x,
              "<message from='juliet@capulet.lit/b' type='chat'><body>/mean it</body></message>");
    expect_event(x, "body=/mean it;", "!+ACTION");
    fake_feed(x,
              "<message "
              "from='juliet@capulet.lit/b'><subject>Tonight</subject><body>Come</body></message>");
    expect_event(x, "body=Tonight\nCome;");
}

static void correction(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat' id='good1'><body>But soft</body>"
                 "<replace id='bad1' xmlns='urn:xmpp:message-correct:0'/></message>");
    expect_event(x, "+EDIT", "target=bad1;", " id=good1;", "body=But soft;",
                 "sender=juliet@capulet.lit;");
    /* one that names itself replaces nothing */
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat' id='same'><body>Soft</body>"
                 "<replace id='same' xmlns='urn:xmpp:message-correct:0'/></message>");
    expect_event(x, "!+EDIT", "!target=", "body=Soft;");
    /* who it is from is who the server says it is from */
    fake_feed(x, "<message from='eve@evil.lit/x' type='chat' id='e1'><body>I owe you</body>"
                 "<replace id='bad1' from='juliet@capulet.lit' "
                 "xmlns='urn:xmpp:message-correct:0'/></message>");
    expect_event(x, "+EDIT", "chat=eve@evil.lit;", "sender=eve@evil.lit;");
}

static void retraction(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message type='chat' from='juliet@capulet.lit/b' id='r1'><retract id='m1' "
                 "xmlns='urn:xmpp:message-retract:1'/>"
                 "<fallback xmlns='urn:xmpp:fallback:0' "
                 "for='urn:xmpp:message-retract:1'/><body>/me retracted</body></message>");
    expect_event(x, "+RETRACT", "target=m1;", "!body=");
    fake_feed(x, "<message type='chat' from='juliet@capulet.lit/b' id='r2'><apply-to id='m2' "
                 "xmlns='urn:xmpp:fasten:0'>"
                 "<retract xmlns='urn:xmpp:message-retract:0'/></apply-to></message>");
    expect_event(x, "+RETRACT", "target=m2;");
    /* there are no moderators between two people */
    fake_feed(x, "<message type='chat' from='juliet@capulet.lit/b' id='r3'><retract id='m3' "
                 "xmlns='urn:xmpp:message-retract:1'><moderated by='juliet@capulet.lit' "
                 "xmlns='urn:xmpp:message-moderate:1'/></retract></message>");
    expect_no_event(x);
}

static void reactions(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat' id='x1'><reactions id='m1' "
                 "xmlns='urn:xmpp:reactions:0'>"
                 "<reaction>\360\237\221\213</reaction><reaction>\360\237\220\242</"
                 "reaction><reaction>\360\237\221\213</reaction>"
                 "<reaction/></reactions><body>fallback</body></message>");
    expect_event(x, "+REACT", "target=m1;", "reaction=\360\237\221\213; reaction=\360\237\220\242;",
                 "!body=");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><reactions id='m1' "
                 "xmlns='urn:xmpp:reactions:0'/></message>");
    expect_event(x, "+REACT", "!reaction=");
    struct buf many = {0};
    for (int i = 0; i < 100; i++)
        buf_addf(&many, "<reaction>%c%d</reaction>", 'a', i);
    fake_feed(x,
              "<message from='juliet@capulet.lit/b' type='chat'><reactions id='m1' "
              "xmlns='urn:xmpp:reactions:0'>%s</reactions></message>",
              buf_str(&many));
    expect_event(x, "reaction=a19;", "!reaction=a20;");
    buf_free(&many);
}

static void replies(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='anna@example.com/t' type='chat' id='m3'><body>&gt; Anna "
                 "wrote:\n&gt; We should bake a cake\nGreat idea!</body>"
                 "<reply to='anna@example.com/laptop' id='m1' xmlns='urn:xmpp:reply:0'/>"
                 "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' "
                 "end='38'/></fallback></message>");
    expect_event(x, "reply=m1;", "reply_sender=anna@example.com/laptop;", "body=Great idea!;");
    /* positions are code points, not bytes; the old namespace is still on the way */
    fake_feed(x, "<message from='juliet@capulet.lit/t' type='chat'><body>&gt; "
                 "\303\244\303\266\360\237\220\242\nJa</body>"
                 "<reply id='m1' xmlns='urn:xmpp:reply:0'/>"
                 "<fallback xmlns='urn:xmpp:feature-fallback:0' for='urn:xmpp:reply:0'><body "
                 "start='0' end='6'/></fallback></message>");
    expect_event(x, "body=Ja;");
    /* nonsense positions cut nothing */
    static const char *const bad[] = {"start='3' end='2'",  "start='0' end='99'",
                                      "start='-1' end='2'", "start='x' end='2'",
                                      "start='1'",          "end='2'"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        fake_feed(x,
                  "<message from='juliet@capulet.lit/t' type='chat'><body>abcdef</body><reply "
                  "id='m1' xmlns='urn:xmpp:reply:0'/>"
                  "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body "
                  "%s/></fallback></message>",
                  bad[i]);
        if (i == 5)
            break; /* no start: the whole body is the fallback, and nothing is left */
        expect_event(x, "body=abcdef;");
    }
    expect_no_event(x);
    fake_feed(x, "<message from='juliet@capulet.lit/t' type='chat'><body>&gt; q\nhm</body><reply "
                 "id='None' xmlns='urn:xmpp:reply:0'/>"
                 "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' "
                 "end='4'/></fallback></message>");
    expect_event(x, "!reply=", "body=> q\nhm;");
    /* a fallback for something we do not know stays */
    fake_feed(x, "<message from='juliet@capulet.lit/t' type='chat'><body>see me</body>"
                 "<fallback xmlns='urn:xmpp:fallback:0' for='urn:example:new'/></message>");
    expect_event(x, "body=see me;");
}

static void encrypted(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><encrypted "
                 "xmlns='eu.siacs.conversations.axolotl'><payload>AA==</payload>"
                 "</encrypted><body>I sent you an OMEMO message</body></message>");
    expect_event(x, "enc=4;", "encrypted with OMEMO", "!I sent you");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><encrypted "
                 "xmlns='eu.siacs.conversations.axolotl'><header/>"
                 "</encrypted></message>");
    expect_no_event(x); /* a key, no words */
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><encryption "
                 "xmlns='urn:xmpp:eme:0' namespace='x' name='OTR'/>"
                 "<body>?OTR:</body></message>");
    expect_event(x, "enc=4;", "encrypted with OTR");
}

static void delays(void **state)
{
    struct x *x = *state; /* bound at 2025-06-15T15:06:40Z */
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>x</body>"
                 "<delay xmlns='urn:xmpp:delay' from='" DOMAIN
                 "' stamp='2025-06-15T10:00:00Z'/></message>");
    expect_event(x, "time=1749981600000;", "+DELAYED");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>x</body>"
                 "<delay xmlns='urn:xmpp:delay' from='capulet.lit' "
                 "stamp='2025-06-15T10:00:00Z'/></message>");
    expect_event(x, "!time=", "!+DELAYED");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>x</body>"
                 "<delay xmlns='urn:xmpp:delay' stamp='2025-06-15T10:00:00Z'/></message>");
    expect_event(x, "!time=");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>from the future</body>"
                 "<delay xmlns='urn:xmpp:delay' from='" DOMAIN
                 "' stamp='2031-01-01T10:00:00Z'/></message>");
    expect_event(x, "!time=");
    /* after a link that ended an hour ago nothing can have been kept since yesterday */
    fake_time(x, 1750003600000);
    fake_drop(x, false);
    fake_time(x, 1750007200000);
    fake_bind(x, true);
    fake_forget(x);
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>forged</body>"
                 "<delay xmlns='urn:xmpp:delay' from='" DOMAIN
                 "' stamp='2025-06-15T10:00:00Z'/></message>");
    expect_event(x, "!time=");
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>kept</body>"
                 "<delay xmlns='urn:xmpp:delay' from='" DOMAIN
                 "' stamp='2025-06-15T16:30:00Z'/></message>");
    expect_event(x, "time=1750005000000;", "+DELAYED");
}

static void errors_at_the_message(void **state)
{
    struct x *x = *state;
    fake_feed(
        x,
        "<message from='nobody@capulet.lit' type='error' id='m9'><body>hi</body><error "
        "type='cancel'>"
        "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>User is gone</text></error></message>");
    expect_event(x, "RECEIPT chat=nobody@capulet.lit;", "id=m9;", "delivery=5;", "User is gone");
    expect_no_event(x);
}

static void self_messages_are_ours(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='" ME "/phone' to='" ME
                 "' type='chat' id='n1'><body>note</body></message>");
    expect_event(x, "MESSAGE chat=" ME ";", "+OUT", "body=note;");
    expect_nothing_sent(x);
}

static void no_store(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>x</body><no-store "
                 "xmlns='urn:xmpp:hints'/></message>");
    expect_event(x, "+NO_STORE");
}

static void carbons(void **state)
{
    struct x *x = *state;
    fake_feed(
        x,
        "<message from='" ME "' to='" ME_FULL
        "' type='chat'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
        "<message xmlns='jabber:client' from='juliet@capulet.lit/balcony' to='" ME
        "/garden' type='chat' id='c1'>"
        "<body>What man art thou</body><request "
        "xmlns='urn:xmpp:receipts'/><thread>0e31</thread></message></forwarded></received></"
        "message>");
    expect_event(x, "MESSAGE chat=juliet@capulet.lit;", "body=What man art thou;", "!+OUT");
    expect_nothing_sent(x); /* the device it went to answers for the receipt */
    fake_feed(
        x, "<message from='" ME "' to='" ME_FULL
           "' type='chat'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
           "<message xmlns='jabber:client' to='juliet@capulet.lit/balcony' from='" ME
           "/home' type='chat' id='c2'>"
           "<body>Neither, fair saint</body><origin-id xmlns='urn:xmpp:sid:0' id='c2'/>"
           "<stanza-id xmlns='urn:xmpp:sid:0' by='" ME
           "' id='a2'/></message></forwarded></sent></message>");
    expect_event(x, "MESSAGE chat=juliet@capulet.lit;", "sender=" ME ";", "+OUT", "origin=c2;",
                 "archive=a2;");
    expect_no_event(x);
}

#define FORGED                                                                                     \
    "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='%s' to='%s' "      \
    "type='chat'>"                                                                                 \
    "<body>Thou shall meet me tonite</body></message></forwarded>"
static void carbons_forged(void **state)
{
    struct x *x = *state;
    static const char *const from[] = {
        "tybalt@capulet.lit/home", "tybalt@capulet.lit",     ME_FULL, ME "/other", DOMAIN,
        "montague.lit/" ME,        "romeo@montague.lit.evil"};
    for (size_t i = 0; i < COUNT(from); i++) {
        fake_feed(x,
                  "<message from='%s' to='" ME
                  "' type='chat'><body>outer</body><received xmlns='urn:xmpp:carbons:2'>" FORGED
                  "</received></message>",
                  from[i], "juliet@capulet.lit/balcony", ME);
        fake_feed(x,
                  "<message from='%s' to='" ME
                  "' type='chat'><sent xmlns='urn:xmpp:carbons:2'>" FORGED "</sent></message>",
                  from[i], ME, "juliet@capulet.lit");
    }
    fake_feed(x,
              "<message to='" ME "' type='chat'><received xmlns='urn:xmpp:carbons:2'>" FORGED
              "</received></message>",
              "juliet@capulet.lit/balcony", ME);
    expect_no_event(x);
    /* a copy of what "we" sent that is not from us */
    fake_feed(x,
              "<message from='" ME "' type='chat'><sent xmlns='urn:xmpp:carbons:2'>" FORGED
              "</sent></message>",
              "juliet@capulet.lit/balcony", ME);
    expect_no_event(x);
}

static void send_plain(void **state)
{
    struct x *x = *state;
    struct kith_send m = {.size = sizeof m,
                          .chat = "Juliet@capulet.lit",
                          .body = "He jests & scars",
                          .id = "id1",
                          .thread = "t9"};
    assert_int_equal(im_send(x, &m), KITH_OK);
    expect_sent(x, "to=\"juliet@capulet.lit\"", "type=\"chat\"", "id=\"id1\"",
                "<body>He jests &amp; scars</body>", "<thread>t9</thread>", "<origin-id ",
                "urn:xmpp:receipts", "urn:xmpp:chat-markers:0", "<active ");
    m.chat = "stranger@else.lit";
    m.id = "id2";
    m.flags = KITH_SEND_ACTION;
    assert_int_equal(im_send(x, &m), KITH_OK);
    expect_sent(x, "<body>/me He jests", "!<active");
    m.chat = ME;
    m.id = "id3";
    assert_int_equal(im_send(x, &m), KITH_OK);
    expect_sent(x, "to=\"" ME "\"", "!receipts", "!<active");
    m.chat = "@";
    assert_int_equal(im_send(x, &m), KITH_EINVAL);
    m.chat = "juliet@capulet.lit";
    m.id = NULL;
    assert_int_equal(im_send(x, &m), KITH_EINVAL);
    fake_drop(x, false);
    m.id = "id4";
    assert_int_equal(im_send(x, &m), KITH_EOFFLINE);
}

static void send_changes(void **state)
{
    struct x *x = *state;
    struct kith_send m = {.size = sizeof m,
                          .chat = "juliet@capulet.lit",
                          .body = "Great idea!",
                          .id = "id1",
                          .reply_to = "m1",
                          .reply_sender = "juliet@capulet.lit",
                          .reply_body = "\303\244\nb"};
    assert_int_equal(im_send(x, &m), KITH_OK);
    expect_sent(x, "<body>&gt; \303\244\n&gt; b\nGreat idea!</body>", "<reply ", "id=\"m1\"",
                "start=\"0\"", "end=\"8\"");
    m = (struct kith_send){.size = sizeof m,
                           .chat = "juliet@capulet.lit",
                           .body = "soft",
                           .id = "id2",
                           .target = "id1",
                           .flags = KITH_SEND_EDIT};
    assert_int_equal(im_send(x, &m), KITH_OK);
    expect_sent(x, "<replace ", "id=\"id1\"", "urn:xmpp:message-correct:0");
    m.target = NULL;
    assert_int_equal(im_send(x, &m), KITH_EINVAL);
    assert_int_equal(change_retract(x, "juliet@capulet.lit", "id1", "typo", "id5"), KITH_OK);
    expect_sent(x, "<retract ", "id=\"id1\"", "urn:xmpp:message-retract:1", "urn:xmpp:fallback:0",
                "<store ");
    const char *r[] = {"a", "b"};
    assert_int_equal(change_react(x, "juliet@capulet.lit", "m1", r, 2, "id6"), KITH_OK);
    expect_sent(x, "<reactions ", "<reaction>a</reaction><reaction>b</reaction>", "<store ");
    assert_int_equal(change_react(x, "juliet@capulet.lit", "m1", NULL, 0, "id7"), KITH_OK);
    expect_sent(x, "<reactions ", "!<reaction>");
    assert_int_equal(change_react(x, "juliet@capulet.lit", NULL, NULL, 0, "id7"), KITH_EINVAL);
}

static void normalize(void **state)
{
    struct x *x = *state;
    static const char *const ok[][2] = {{"Juliet@Capulet.LIT/x", "juliet@capulet.lit"},
                                        {" nurse@capulet.lit ", "nurse@capulet.lit"},
                                        {"mercutio", "mercutio@montague.lit"},
                                        {"irc.lit", "irc.lit"},
                                        {"a b@c.lit", "a\\20b@c.lit"}, /* XEP-0106 */
                                        {"tybalt@capulet.lit@irc.lit", "tybalt\\40capulet.lit@irc.lit"},
                                        {"a\\40b@irc.lit", "a\\40b@irc.lit"},
                                        {"#verona%irc.example@irc.lit", "#verona%irc.example@irc.lit"},
                                        {"xmpp:juliet@capulet.lit?message", "juliet@capulet.lit"}};
    for (size_t i = 0; i < COUNT(ok); i++) {
        assert_int_equal(im_normalize(x, ok[i][0], 7), KITH_OK);
        char *want = xasprintf("text=%s;", ok[i][1]);
        expect_event(x, "REPLY req=7;", want, "!err=");
        free(want);
    }
    static const char *const bad[] = {"", "@", " @c", "a@b@", "@capulet.lit", "a@b c"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        im_normalize(x, bad[i], 8);
        expect_event(x, "REPLY req=8;", "err=-1;");
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(plain),
                                       T(archive_id_by_others_is_no_archive_id),
                                       T(groupchat_and_rooms_are_left_alone),
                                       T(malformed_senders),
                                       T(action_and_subject),
                                       T(correction),
                                       T(retraction),
                                       T(reactions),
                                       T(replies),
                                       T(encrypted),
                                       T(delays),
                                       T(errors_at_the_message),
                                       T(self_messages_are_ours),
                                       T(no_store),
                                       T(carbons),
                                       T(carbons_forged),
                                       T(send_plain),
                                       T(send_changes),
                                       T(normalize)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
