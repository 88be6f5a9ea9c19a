/* unit/xmppim/test_styling.c - how parts of a body look, both ways: examples of the XEPs, and what only claims to be one;
 * asking for attention; older namespaces for those who know no other */
#include "fake_x.h"

#include <stdlib.h>

#include "base/base.h"

#define JULIET "juliet@capulet.lit/balcony"

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

static void say(struct x *x, const char *body, const char *more)
{
    fake_feed(x, "<message from='" JULIET "' type='chat' id='m'><body>%s</body>%s</message>", body, more);
}

/* Juliet's program comes online and says what it can. */
static void device(struct x *x, const char *resource, const char *vars)
{
    char *query = xasprintf("<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc'/>%s</query>", vars);
    xmpp_stanza_t *q = xmpp_stanza_new_from_string(x_ctx(x), query);
    char *ver = caps_hash(q, "sha-1");
    fake_feed(x, "<presence from='juliet@capulet.lit/%s'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "
                 "node='http://p' ver='%s'/></presence>", resource, ver);
    if (fake_asking(x, ver))
        fake_result(x, ver, "%s", query);
    fake_forget(x);
    xmpp_stanza_release(q);
    free(ver);
    free(query);
}

/* ---- XEP-0393 ---- */

static void styled(void **state)
{
    struct x *x = *state;
    say(x, "The full title is _Twelfth Night, or What You Will_ but\n_most_ people shorten it.", "");
    expect_event(x, "body=The full title is _Twelfth", "span=18+33:2;", "span=56+6:2;", "!LITERAL");
    say(x, "*not strong", "");
    expect_event(x, "body=*not strong;", "!span=");
    say(x, "no marks at all", "");
    expect_event(x, "!span=");
    say(x, "/me is *happy*", "");
    expect_event(x, "body=is *happy*;", "+ACTION", "span=3+7:1;");
    say(x, "&gt; _ &lt;", "<unstyled xmlns='urn:xmpp:styling:0'/>");
    expect_event(x, "body=> _ <;", "+LITERAL", "!span=");
    say(x, "*so* is", "<unstyled xmlns='urn:xmpp:styling:0'/>");
    expect_event(x, "+LITERAL", "!span=");
    say(x, "*so* is", "<unstyled xmlns='urn:example:other'/>");
    expect_event(x, "!LITERAL", "span=0+4:1;");
    /* places count from where the text begins that is shown */
    fake_feed(x, "<message from='" JULIET "' type='chat'><body>&gt; q\n*yes*</body><reply id='m1' xmlns='urn:xmpp:reply:0'/>"
                 "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='4'/></fallback></message>");
    expect_event(x, "body=*yes*;", "span=0+5:1;");
    /* words about an encrypted text are kith's own */
    say(x, "x", "<encryption xmlns='urn:xmpp:eme:0' name='*A* `B`'/>");
    expect_event(x, "enc=4;", "!span=");
}

static void styling_may_be_off(void **state)
{
    struct x *x = *state;
    assert_true(im_caps(x) & KITH_CAP_MARKS);
    fake_option(x, "styling", "false");
    assert_false(im_caps(x) & KITH_CAP_MARKS);
    say(x, "*so* is", "");
    expect_event(x, "!span=", "!LITERAL");
    struct kith_send m = {.size = sizeof m, .chat = "juliet@capulet.lit", .body = "> _ <", .id = "s1"};
    im_send(x, &m);
    expect_sent(x, "<unstyled xmlns=\"urn:xmpp:styling:0\"/>", "<body>&gt; _ &lt;</body>");
    m.body = "plain";
    m.id = "s2";
    im_send(x, &m);
    expect_sent(x, "<body>plain</body>", "!unstyled");
}

static void send_styled(struct x *x, const char *body, const struct kith_span *spans, size_t n, const char *id)
{
    struct kith_send m = {.size = sizeof m, .chat = "juliet@capulet.lit", .body = body, .id = id, .spans = spans, .n_spans = n};
    assert_int_equal(im_send(x, &m), KITH_OK);
}
#define SPAN(start_, len_, style_) {.size = sizeof(struct kith_span), .start = (start_), .len = (len_), .style = (style_)}

static void sent_with_marks(void **state)
{
    struct x *x = *state;
    const struct kith_span one[] = {SPAN(2, 4, KITH_STYLE_BOLD)}, two[] = {SPAN(0, 4, KITH_STYLE_ITALIC | KITH_STYLE_BOLD), SPAN(5, 2, KITH_STYLE_MONOSPACE)};
    const struct kith_span within[] = {SPAN(1, 2, KITH_STYLE_BOLD)};
    assert_true(im_caps(x) & KITH_CAP_FORMAT);
    send_styled(x, "a bold word", one, 1, "1");
    expect_sent(x, "<body>a *bold* word</body>", "!unstyled");
    send_styled(x, "both if", two, 2, "2");
    expect_sent(x, "<body>*_both_* `if`</body>");
    send_styled(x, "word", within, 1, "3"); /* cannot be said: no stray marks */
    expect_sent(x, "<body>word</body>");
    send_styled(x, "typed *so* by hand", NULL, 0, "4");
    expect_sent(x, "<body>typed *so* by hand</body>", "!unstyled");
}

/* ---- XEP-0394 ---- */

static void markup(void **state)
{
    struct x *x = *state;
    say(x, "There is really no reason to worry.", "<markup xmlns='urn:xmpp:markup:0'><span start='9' end='15'><emphasis/></span></markup>");
    expect_event(x, "body=There is really no", "span=9+6:2;");
    say(x, "Just run this command:\n$ cowsay XMPP is awesome.", "<markup xmlns='urn:xmpp:markup:0'><bcode start='23' end='48' language='bash'/></markup>");
    expect_event(x, "span=23+25:10;");
    say(x, "He said:\n&gt; Thou shalt not pass!\nand raised his hand.", "<markup xmlns='urn:xmpp:markup:0'><bquote start='9' end='32'/></markup>");
    expect_event(x, "!span=");
    say(x, "x *y*", "<markup xmlns='urn:xmpp:markup:0'><list start='0' end='5'><li start='0'/></list></markup>");
    expect_event(x, "!span="); /* the markup says all that there is */
    /* places count code points */
    say(x, "\303\251\360\237\216\211 so", "<markup xmlns='urn:xmpp:markup:0'><span start='1' end='2'><strong/><deleted/></span></markup>");
    expect_event(x, "span=2+4:9;");
    /* a quote that is cut away moves them */
    fake_feed(x, "<message from='" JULIET "' type='chat'><body>&gt; q\nyes no</body><reply id='m1' xmlns='urn:xmpp:reply:0'/>"
                 "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='4'/></fallback>"
                 "<markup xmlns='urn:xmpp:markup:0'><span start='2' end='7'><strong/></span></markup></message>");
    expect_event(x, "body=yes no;", "span=0+3:1;");
    static const char *const forged[] = {"start='-1' end='3'", "start='3' end='1'", "start='0' end='99999999999'", "start='0'", "end='3'", "start='a' end='b'", "start='2' end='2'"};
    for (size_t i = 0; i < COUNT(forged); i++) {
        char *m = xasprintf("<markup xmlns='urn:xmpp:markup:0'><span %s><strong/></span></markup>", forged[i]);
        say(x, "abcdef", m);
        expect_event(x, "body=abcdef;", "!span=");
        free(m);
    }
    say(x, "abcdef", "<markup xmlns='urn:xmpp:markup:0'><span start='0' end='3'><blink/></span><span start='1' end='2'><code/></span></markup>");
    expect_event(x, "span=1+1:10;");
}

/* ---- XEP-0382 ---- */

static void spoilers(void **state)
{
    struct x *x = *state;
    say(x, "This is a very long message", "<spoiler xmlns='urn:xmpp:spoiler:0'/>");
    expect_event(x, "body=This is a very long message;", "span=0+27:40;");
    say(x, "And at the end of the story, both of them die!", "<spoiler xmlns='urn:xmpp:spoiler:0'>Love story end</spoiler>");
    expect_event(x, "body=Love story end: And at", "span=16+46:40;");
    say(x, "holidays.png", "<spoiler xml:lang='en' xmlns='urn:xmpp:spoiler:0'>Trip to the beach</spoiler>"
                           "<spoiler xml:lang='ca' xmlns='urn:xmpp:spoiler:0'>Viatge a la platja</spoiler>");
    expect_event(x, "body=Trip to the beach: holidays.png;", "span=19+12:40;");
    say(x, "they *die* so", "<spoiler xmlns='urn:xmpp:spoiler:0'>a\nb:</spoiler>");
    expect_event(x, "body=a b: they *die* so;", "span=5+5:40;", "span=10+5:41;", "span=15+3:40;");
    say(x, "in the open", "<spoiler xmlns='urn:example:other'/>");
    expect_event(x, "!span=");
}

static void spoilers_sent(void **state)
{
    struct x *x = *state;
    const struct kith_span all[] = {SPAN(0, 9, KITH_STYLE_SPOILER)}, end[] = {SPAN(5, 8, KITH_STYLE_SPOILER)},
                           mid[] = {SPAN(5, 3, KITH_STYLE_SPOILER | KITH_STYLE_BOLD)};
    send_styled(x, "they die!", all, 1, "1");
    expect_sent(x, "<body>they die!</body>", "<spoiler xmlns=\"urn:xmpp:spoiler:0\"/>");
    send_styled(x, "End: they die", end, 1, "2");
    expect_sent(x, "<body>they die</body>", "<spoiler xmlns=\"urn:xmpp:spoiler:0\">End</spoiler>");
    send_styled(x, "they die at last", mid, 1, "3"); /* a part cannot be hidden: all is */
    expect_sent(x, "<body>they *die* at last</body>", "<spoiler xmlns=\"urn:xmpp:spoiler:0\"/>");
    send_styled(x, "a\nb: they die", end, 1, "4");
    expect_sent(x, "<body>a\nb: they die</body>", "<spoiler xmlns=\"urn:xmpp:spoiler:0\"/>");
}

/* What is to be hidden never goes to a program that would show it. */
static void spoiler_is_not_sent_in_the_open(void **state)
{
    struct x *x = *state;
    const struct kith_span all[] = {SPAN(0, 9, KITH_STYLE_SPOILER)};
    device(x, "a", "<feature var='http://jabber.org/protocol/disco#info'/>");
    send_styled(x, "they die!", all, 1, "1");
    expect_event(x, "RECEIPT", "id=1;", "hides a text");
    expect_nothing_sent(x);
    send_styled(x, "they live!", NULL, 0, "2");
    expect_sent(x, "they live!");
    device(x, "b", "<feature var='urn:xmpp:spoiler:0'/>");
    send_styled(x, "they die!", all, 1, "3");
    expect_sent(x, "they die!", "<spoiler");
}

/* ---- XEP-0224 ---- */

static void attention(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='" JULIET "' type='headline'><attention xmlns='urn:xmpp:attention:0'/><body>Why don't you answer?</body></message>");
    expect_event(x, "MESSAGE", "chat=juliet@capulet.lit;", "body=Why don't you answer?;", "+MENTION");
    /* not too often: of one, and of all */
    fake_feed(x, "<message from='" JULIET "' type='headline'><attention xmlns='urn:xmpp:attention:0'/></message>");
    fake_feed(x, "<message from='nurse@capulet.lit/x' type='headline'><attention xmlns='urn:xmpp:attention:0'/></message>");
    expect_no_event(x);
    fake_time(x, x_host(x)->wall_ms() + 6000);
    fake_feed(x, "<message from='" JULIET "' type='headline'><attention xmlns='urn:xmpp:attention:0'/></message>");
    expect_no_event(x);
    fake_feed(x, "<message from='nurse@capulet.lit/x' type='headline'><attention xmlns='urn:xmpp:attention:0'/></message>");
    expect_event(x, "chat=nurse@capulet.lit;", "asks for your attention", "+MENTION", "+NO_STORE", "+ACTION");
    fake_time(x, x_host(x)->wall_ms() + 60000);
    static const char *const forged[] = {
        "<message from='eve@evil.lit/x' type='headline'><attention xmlns='urn:xmpp:attention:0'/></message>",
        "<message from='" JULIET "' type='headline'><attention xmlns='urn:xmpp:attention:0'/><delay xmlns='urn:xmpp:delay' stamp='2025-06-15T10:00:00Z'/></message>",
        "<message from='" ME "/x' type='headline'><attention xmlns='urn:xmpp:attention:0'/></message>",
        "<message from='coven@chat.lit/w' type='groupchat'><attention xmlns='urn:xmpp:attention:0'/></message>",
        "<message from='" JULIET "' type='error'><attention xmlns='urn:xmpp:attention:0'/></message>",
        "<message from='@' type='headline'><attention xmlns='urn:xmpp:attention:0'/></message>"};
    for (size_t i = 0; i < COUNT(forged); i++)
        fake_feed(x, "%s", forged[i]);
    expect_no_event(x);
    /* a stranger's words beside it are a message like others */
    fake_feed(x, "<message from='eve@evil.lit/x' type='chat'><attention xmlns='urn:xmpp:attention:0'/><body>hey</body></message>");
    expect_event(x, "chat=eve@evil.lit;", "body=hey;", "!+MENTION");
    fake_option(x, "attention", "false");
    fake_feed(x, "<message from='" JULIET "' type='headline'><attention xmlns='urn:xmpp:attention:0'/></message>");
    expect_no_event(x);
}

static void attention_asked(void **state)
{
    struct x *x = *state;
    attention_send(x, "juliet@capulet.lit", 5);
    expect_event(x, "REPLY", "req=5;", "no program of theirs");
    expect_nothing_sent(x);
    device(x, "a", "<feature var='urn:xmpp:attention:0'/>");
    attention_send(x, "juliet@capulet.lit", 6);
    expect_sent(x, "to=\"juliet@capulet.lit\"", "type=\"headline\"", "<attention xmlns=\"urn:xmpp:attention:0\"/>", "<no-store", "!<body");
    expect_event(x, "REPLY", "req=6;");
    attention_send(x, "juliet@capulet.lit", 7);
    expect_event(x, "REPLY", "req=7;", "seconds ago");
    expect_nothing_sent(x);
}

/* ---- what is announced, and older namespaces ---- */

static void announced(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<iq type='get' from='" JULIET "' id='d'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
    expect_sent(x, "urn:xmpp:styling:0", "urn:xmpp:markup:0", "urn:xmpp:spoiler:0", "urn:xmpp:attention:0");
    fake_option(x, "attention", "false");
    fake_option(x, "styling", "no");
    fake_feed(x, "<iq type='get' from='" JULIET "' id='d'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
    expect_sent(x, "!urn:xmpp:styling:0", "!urn:xmpp:attention:0", "urn:xmpp:spoiler:0");
}

static void older_namespaces(void **state)
{
    struct x *x = *state;
    struct kith_send m = {.size = sizeof m, .chat = "juliet@capulet.lit", .body = "yes", .id = "r1", .reply_to = "m1",
                          .reply_sender = "juliet@capulet.lit", .reply_body = "so?"};
    change_retract(x, "juliet@capulet.lit", "m1", NULL, "w1");
    expect_sent(x, "urn:xmpp:message-retract:1", "!message-retract:0", "urn:xmpp:fallback:0");
    device(x, "old", "<feature var='urn:xmpp:feature-fallback:0'/><feature var='urn:xmpp:message-retract:0'/>");
    change_retract(x, "juliet@capulet.lit", "m1", NULL, "w2");
    expect_sent(x, "<retract id=\"m1\" xmlns=\"urn:xmpp:message-retract:1\"", "<apply-to ", "urn:xmpp:message-retract:0", "urn:xmpp:feature-fallback:0");
    im_send(x, &m);
    expect_sent(x, "urn:xmpp:feature-fallback:0", "!urn:xmpp:fallback:0");
    device(x, "new", "<feature var='urn:xmpp:fallback:0'/><feature var='urn:xmpp:message-retract:1'/>");
    change_retract(x, "juliet@capulet.lit", "m1", NULL, "w3");
    expect_sent(x, "!message-retract:0", "urn:xmpp:fallback:0");
    m.id = "r2";
    im_send(x, &m);
    expect_sent(x, "urn:xmpp:fallback:0", "!feature-fallback");
}

/* XEP-0478: refused before the stream would die of it. */
static void too_large(void **state)
{
    struct x *x = *state;
    struct buf b = {0};
    while (b.len < 20000)
        buf_adds(&b, "many words ");
    fake_limit = 10000;
    send_styled(x, buf_str(&b), NULL, 0, "big");
    expect_event(x, "RECEIPT", "id=big;", "longer than what the server takes");
    expect_nothing_sent(x);
    fake_limit = 30000;
    send_styled(x, buf_str(&b), NULL, 0, "fits");
    expect_sent(x, "many words");
    fake_limit = 0;
    buf_free(&b);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(styled),        TEST(styling_may_be_off), TEST(sent_with_marks),
        TEST(markup),        TEST(spoilers),           TEST(spoilers_sent),
        TEST(attention),     TEST(attention_asked),    TEST(announced),
        TEST(older_namespaces), TEST(too_large), TEST(spoiler_is_not_sent_in_the_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
