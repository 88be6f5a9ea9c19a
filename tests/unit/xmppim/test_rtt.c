/* unit/xmppim/test_rtt.c - real-time text, both ways: the edits, the order, who sees it (XEP-0301) */
#include "room.h"

#include "backends/xmpp/rtt_text.h"
#include "base/utf8.h"

#define BOB "juliet@capulet.lit"
#define LIVE "<message from='" BOB "/b' to='" ME_FULL "' type='chat'>"
#define RTT "<rtt xmlns='urn:xmpp:rtt:0' "

/* ---- the text ---- */

static xmpp_stanza_t *parse(struct x *x, const char *actions)
{
    char *text = xasprintf("<rtt xmlns='urn:xmpp:rtt:0'>%s</rtt>", actions);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(x), text);
    assert_non_null(st);
    free(text);
    return st;
}

/* The examples of §4.6 and §7 with other words, and what must not be believed. */
static void edits(void **state)
{
    static const struct {
        const char *actions, *result;
    } rows[] = {
        {"<t>Good</t><t> morning</t>", "Good morning"},
        {"<t>GDD</t><e/><e/><t>OOD</t>", "GOOD"},
        {"<t>GDD</t><e n='2'/><t>OOD</t>", "GOOD"},
        {"<t>Good dear morning, Bob!</t><e n='5' p='9'/>", "Good morning, Bob!"},
        {"<t>Good morning, Bob!</t><t p='4'> dear</t>", "Good dear morning, Bob!"},
        {"<t>Good dear, tihsd is Bob!</t><e p='16' n='5'/><t p='11'>this</t>", "Good dear, this is Bob!"},
        {"<t>Godo</t><e/><e/><t>od...earth</t><e n='5'/><t> Day</t><e n='3' p='7'/><t p='4'> fine,</t>", "Good fine, Day"},
        {"<t>ab</t><t/><t p='1'></t>", "ab"},
        {"<t>ab</t><e n='99'/><e/><t>c</t>", "c"},
        {"<t>ab</t><t p='99'>c</t><t p='-5'>x</t>", "xabc"},
        {"<t>abcd</t><e p='-1'/><e p='99' n='1'/><e n='-3'/>", "abc"},
        {"<t>ab</t><e n='seven'/><t p='two'>!</t>", "a!"},
        {"<t>ab</t><dance/><w n='100'/><t>c</t>", "abc"},
        {"<t>\u00e4\U0001F600\u4f60!</t><e p='2'/><t p='1'>\U0001F44D\U0001F3FD</t>", "\u00e4\U0001F44D\U0001F3FD\u4f60!"},
        {"<t>\U0001F44D\U0001F3FD</t><e/>", "\U0001F44D"}, /* code points, not what the eye takes for one */
        {"<t>a&lt;b&amp;</t><e/><t>&gt;</t>", "a<b>"},
        {"<t>one\ntwo</t><e p='4'/>", "onetwo"},
        {"<t> </t><t>  x</t>", "   x"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rtt_text t = {0};
        xmpp_stanza_t *st = parse(*state, rows[i].actions);
        for (xmpp_stanza_t *c = xmpp_stanza_get_children(st); c; c = xmpp_stanza_get_next(c))
            assert_true(rtt_apply(&t, c));
        assert_string_equal(t.s, rows[i].result);
        assert_int_equal(t.n, utf8_count(t.s));
        xmpp_stanza_release(st);
        rtt_text_free(&t);
    }
}

static void too_long_a_text_is_not_followed(void **state)
{
    struct rtt_text t = {0};
    char *big = xmalloc(RTT_BYTES + 2);
    memset(big, 'x', RTT_BYTES + 1);
    big[RTT_BYTES + 1] = '\0';
    assert_false(rtt_insert(&t, 0, big));
    big[RTT_BYTES] = '\0';
    assert_true(rtt_insert(&t, 0, big));
    assert_false(rtt_insert(&t, 5, "y"));
    assert_int_equal(t.len, RTT_BYTES);
    rtt_erase(&t, t.n, 10);
    assert_true(rtt_insert(&t, 5, "y"));
    /* Ours is told up to there, at a whole character. */
    struct rtt_text u = {0};
    big[RTT_BYTES - 1] = '\0';
    char *text = xasprintf("%s\u00e4 and more", big);
    xmpp_stanza_t *st = parse(*state, "");
    assert_int_equal(rtt_follow(&u, text, st), 1);
    assert_int_equal(u.len, RTT_BYTES - 1);
    assert_int_equal(rtt_follow(&u, text, st), 0);
    xmpp_stanza_release(st);
    free(text);
    free(big);
    rtt_text_free(&t);
    rtt_text_free(&u);
}

/* What we send does at the other side what happened here, whatever it was; and it is no longer than it must be. */
static void what_is_sent_is_what_happened(void **state)
{
    static const char *const parts[] = {"a", "ab", "\u00e4", "\U0001F600", "\U0001F601", " ", "\n", "e\u0301", "\u4f60\u597d", ""};
    struct rtt_text ours = {0}, theirs = {0};
    uint32_t seed = 1;
    for (int i = 0; i < 3000; i++) {
        struct buf b = {0};
        for (int j = 0; j < 6; j++) {
            seed = seed * 1664525u + 1013904223u;
            buf_adds(&b, parts[(seed >> 16) % COUNT(parts)]);
        }
        xmpp_stanza_t *st = parse(*state, "");
        assert_in_range(rtt_follow(&ours, buf_str(&b), st), 0, 2);
        for (xmpp_stanza_t *c = xmpp_stanza_get_children(st); c; c = xmpp_stanza_get_next(c))
            assert_true(rtt_apply(&theirs, c));
        assert_string_equal(ours.s ? ours.s : "", buf_str(&b));
        assert_string_equal(theirs.s ? theirs.s : "", buf_str(&b));
        assert_int_equal(theirs.n, utf8_count(buf_str(&b)));
        xmpp_stanza_release(st);
        buf_free(&b);
    }
    rtt_text_free(&ours);
    rtt_text_free(&theirs);
}

/* ---- what others write ---- */

static int live_setup(void **state)
{
    struct x *x = fake_open();
    fake_option(x, "live", "chats");
    fake_start(x);
    fake_friends(x);
    fake_forget(x);
    *state = x;
    return 0;
}

static void seen_while_it_is_written(void **state)
{
    struct x *x = *state;
    fake_feed(x, LIVE RTT "event='new' seq='52137'><t>Good</t></rtt></message>");
    expect_event(x, "TYPING chat=" BOB ";", "who=" BOB ";", "state=1;", "live=Good;");
    fake_feed(x, LIVE RTT "seq='52138'><t> morning</t></rtt></message>");
    expect_event(x, "live=Good morning;");
    fake_feed(x, LIVE RTT "event='edit' seq='52139'><e n='7'/><t>day</t></rtt></message>");
    expect_event(x, "live=Good day;");
    fake_feed(x, LIVE "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>");
    expect_event(x, "state=1;", "live=Good day;");
    fake_feed(x, LIVE "<paused xmlns='http://jabber.org/protocol/chatstates'/></message>");
    expect_event(x, "state=2;", "live=Good day;");
    fake_feed(x, LIVE "<active xmlns='http://jabber.org/protocol/chatstates'/></message>");
    expect_event(x, "state=2;", "live=Good day;"); /* what is there stays */
    fake_feed(x, LIVE "<body>Good day</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>");
    expect_event(x, "MESSAGE", "body=Good day;");
    expect_no_event(x);
    fake_feed(x, LIVE RTT "seq='52140'><t>!</t></rtt></message>"); /* that text is over */
    expect_no_event(x);
    expect_nothing_sent(x);
}

/* §4.7.2: what was missed is not guessed; the next whole text mends it. */
static void a_gap_waits_for_the_whole(void **state)
{
    struct x *x = *state;
    fake_feed(x, LIVE RTT "seq='1'><t>x</t></rtt></message>"); /* nothing was begun */
    expect_no_event(x);
    fake_feed(x, LIVE RTT "event='new' seq='7'><t>one</t></rtt></message>");
    expect_event(x, "live=one;");
    fake_feed(x, LIVE RTT "seq='9'><t> three</t></rtt></message>");
    fake_feed(x, LIVE RTT "seq='8'><t> two</t></rtt></message>");
    fake_feed(x, LIVE RTT "seq='10'><t> four</t></rtt></message>");
    expect_no_event(x);
    fake_feed(x, LIVE RTT "event='reset' seq='3'><t>one two three</t></rtt></message>");
    expect_event(x, "live=one two three;");
    fake_feed(x, LIVE RTT "seq='4'><e n='13'/></rtt></message>");
    expect_event(x, "TYPING", "state=0;", "!live=");
    fake_feed(x, LIVE RTT "event='new' seq='2147483647'><t>a</t></rtt></message>");
    expect_event(x, "live=a;");
    fake_feed(x, LIVE RTT "seq='-2147483648'><t>b</t></rtt></message>");
    fake_feed(x, LIVE RTT "event='new'><t>no number</t></rtt></message>");
    fake_feed(x, LIVE RTT "event='reset' seq='99999999999999'><t>no number</t></rtt></message>");
    fake_feed(x, LIVE RTT "event='dance' seq='1'><t>c</t></rtt></message>");
    expect_no_event(x);
}

/* §6.2: as it was typed, but never later than it must be. */
static void pauses_are_kept_up_to_a_limit(void **state)
{
    struct x *x = *state;
    fake_feed(x, LIVE RTT "event='new' seq='1'><t>a</t><w n='120'/><t>b</t><w n='10'/><t>c</t><w n='200'/><t>d</t></rtt></message>");
    expect_event(x, "live=a;");
    expect_no_event(x);
    fake_timers(x);
    expect_event(x, "live=abc;"); /* nobody sees ten milliseconds */
    fake_timers(x);
    expect_event(x, "live=abcd;");
    fake_timers(x);
    expect_no_event(x);
    /* Of one stanza no more than an interval; and what comes next does not wait behind it. */
    fake_feed(x, LIVE RTT "seq='2'><t>1</t><w n='999999'/><t>2</t><w n='500'/><t>3</t></rtt></message>");
    expect_event(x, "live=abcd1;");
    fake_feed(x, LIVE RTT "seq='3'><t>4</t></rtt></message>");
    expect_event(x, "live=abcd1234;");
    fake_timers(x);
    expect_no_event(x);
    fake_feed(x, LIVE RTT "seq='4'><w n='700'/><t>5</t><w n='700'/><t>6</t></rtt></message>");
    expect_event(x, "live=abcd1234;");
    fake_timers(x);
    expect_event(x, "live=abcd123456;");
    fake_feed(x, LIVE RTT "seq='5'><w n='300'/><t>7</t></rtt></message>");
    expect_event(x, "live=abcd123456;");
    fake_feed(x, LIVE "<body>done</body></message>");
    expect_event(x, "MESSAGE");
    fake_timers(x);
    expect_no_event(x);
}

static void forged_and_unwanted(void **state)
{
    struct x *x = *state;
#define TEXT RTT "event='new' seq='1'><t>x</t></rtt>"
    fake_feed(x, "<message from='stranger@x.lit/b' type='chat'>" TEXT "</message>");
    fake_feed(x, "<message from='" ME "/other' type='chat'>" TEXT "</message>");
    fake_feed(x, "<message from='coven@chat.lit/witch' type='groupchat'>" TEXT "</message>");
    fake_feed(x, "<message from='" BOB "/b' type='error'>" TEXT "</message>");
    fake_feed(x, LIVE TEXT "<delay xmlns='urn:xmpp:delay' stamp='2025-01-01T00:00:00Z'/></message>");
    fake_feed(x, LIVE "<x xmlns='http://jabber.org/protocol/muc#user'/>" TEXT "</message>");
    fake_feed(x, LIVE "<rtt xmlns='urn:xmpp:rtt:9' event='new' seq='1'><t>x</t></rtt></message>");
    fake_feed(x, "<message from='" ME "' to='" ME_FULL "' type='chat'><received xmlns='urn:xmpp:carbons:2'><forwarded "
                 "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='" BOB "/b' type='chat'>" TEXT
                 "</message></forwarded></received></message>");
    expect_no_event(x);
    fake_option(x, "live", "off");
    fake_feed(x, LIVE TEXT "</message>");
    expect_no_event(x);
    expect_nothing_sent(x);
}

static void cancelled_by_them(void **state)
{
    struct x *x = *state;
    fake_feed(x, LIVE RTT "event='new' seq='1'><t>x</t></rtt></message>");
    expect_event(x, "live=x;");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "hello");
    fake_timers(x);
    expect_sent(x, "hello", "event=\"new\"");
    fake_forget(x);
    fake_feed(x, LIVE RTT "event='cancel'/></message>");
    expect_event(x, "TYPING", "state=0;", "!live=");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "hello there");
    fake_timers(x);
    fake_feed(x, LIVE RTT "event='cancel'/></message>");
    fake_feed(x, LIVE RTT "event='new' seq='1'><t>y</t></rtt></message>"); /* they may write, and still want none of ours */
    expect_event(x, "live=y;");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "hello there, Bob");
    fake_timers(x);
    expect_nothing_sent(x);
    fake_feed(x, LIVE RTT "event='init'/></message>");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "hello there, my Bob");
    fake_timers(x);
    expect_sent(x, "event=\"new\"", "hello there, my Bob");
    expect_no_event(x);
}

/* ---- what we write ---- */

/* A device of theirs tells that it can show it. */
static void can_show_it(struct x *x, const char *full)
{
    static const char *const query = "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' "
                                     "type='pc' name='Fastchat'/><feature var='urn:xmpp:rtt:0'/></query>";
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(x), query);
    char *ver = caps_hash(st, "sha-1");
    fake_feed(x, "<presence from='%s'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='%s'/></presence>",
              full, ver);
    if (fake_asking(x, "disco#info"))
        fake_result(x, "disco#info", "%s", query);
    fake_forget(x);
    xmpp_stanza_release(st);
    free(ver);
}

static int64_t now(struct x *x)
{
    return x_host(x)->mono_ms();
}

static void told_while_it_is_written(void **state)
{
    struct x *x = *state;
    can_show_it(x, BOB "/b");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "G");
    fake_time(x, now(x) + 150);
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "Go");
    fake_time(x, now(x) + 90);
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "Gp");
    expect_nothing_sent(x); /* §4.5: at an interval */
    fake_timers(x);
    expect_sent(x, "to=\"" BOB "\"", "type=\"chat\"", "event=\"new\"", " seq=\"",
                "<t>G</t><w n=\"150\"/><t>o</t><w n=\"90\"/><e/><t>p</t>", "<no-store ", "<no-copy ", "!<body");
    expect_event(x, "NOTICE", "chat=" BOB ";", "seen while you write it");
    fake_timers(x);
    expect_nothing_sent(x); /* nothing runs while nothing is typed */
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "Good day");
    fake_timers(x);
    expect_sent(x, "<e/><t>ood day</t>", "!event=");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "Good fine day");
    im_typing(x, BOB, KITH_TYPING_PAUSED, NULL);
    fake_timers(x);
    expect_sent(x, "<t p=\"5\">fine </t>", "!event=");
    expect_no_event(x); /* the user is told once */
    /* §4.7.3: all of it, while it goes on */
    fake_time(x, now(x) + 10000);
    fake_timers(x);
    expect_nothing_sent(x);
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "Good fine day!");
    fake_timers(x);
    expect_sent(x, "event=\"reset\"", "<t>Good fine day!</t>");
    /* The message is what it has come to; the next text is a new one. */
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "Good fine day!!");
    say(x, BOB, "i1", "Good fine day!!");
    expect_sent(x, "<body>Good fine day!!</body>", "!rtt");
    fake_timers(x);
    expect_nothing_sent(x);
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "And");
    fake_timers(x);
    expect_sent(x, "event=\"new\"", "<t>And</t>");
    im_typing(x, BOB, KITH_TYPING_NONE, NULL); /* thought better of it */
    expect_sent(x, "<e n=\"3\"/>", "!event=");
    im_typing(x, BOB, KITH_TYPING_NONE, NULL);
    fake_timers(x);
    expect_nothing_sent(x);
}

static void seq_goes_up_by_one(void **state)
{
    struct x *x = *state;
    char text[16] = "";
    int64_t first = 0, seq = 0;
    can_show_it(x, BOB "/b");
    for (int i = 0; i < 5; i++) {
        text[i] = 'a';
        im_typing(x, BOB, KITH_TYPING_ACTIVE, text);
        fake_timers(x);
        char *said = fake_sent_part(x, " seq");
        assert_true(str_int(said, 0, INT32_MAX, &seq));
        free(said);
        first = i ? first : seq;
        assert_int_equal(seq, first + i);
    }
}

/* More at once than it is worth: the whole text. */
static void a_storm_of_edits_is_one_text(void **state)
{
    struct x *x = *state;
    can_show_it(x, BOB "/b");
    for (int i = 0; i < 200; i++)
        im_typing(x, BOB, KITH_TYPING_ACTIVE, i % 2 ? "abc" : "xyz and more");
    fake_timers(x);
    expect_sent(x, "event=\"new\"", "<t>abc</t></rtt>", "!<e");
}

static void nothing_to_strangers(void **state)
{
    struct x *x = *state;
    const char *const not[] = {"stranger@x.lit", "mercutio@verona.lit", "tybalt@capulet.lit", ME, BOB};
    for (size_t i = 0; i < COUNT(not); i++) { /* does not see us, ourselves, cannot show it */
        im_typing(x, not[i], KITH_TYPING_ACTIVE, "a secret");
        fake_timers(x);
        im_typing(x, not[i], KITH_TYPING_NONE, NULL);
    }
    expect_nothing_sent(x);
    /* Somebody who does not see us and sends some does not get any for it. */
    fake_feed(x, "<message from='mercutio@verona.lit/b' type='chat'>" TEXT "</message>");
    fake_feed(x, "<message from='stranger@x.lit/b' type='chat'>" TEXT "</message>");
    im_typing(x, "mercutio@verona.lit", KITH_TYPING_ACTIVE, "a secret");
    im_typing(x, "stranger@x.lit", KITH_TYPING_ACTIVE, "a secret");
    fake_timers(x);
    expect_nothing_sent(x);
    can_show_it(x, BOB "/b");
    fake_option(x, "_typing", "off"); /* privacy.typing */
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "a secret");
    fake_timers(x);
    fake_option(x, "_typing", "contacts");
    fake_option(x, "live", "off");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "a secret, too");
    fake_timers(x);
    expect_nothing_sent(x);
}

static void a_lost_link_begins_anew(void **state)
{
    struct x *x = *state;
    can_show_it(x, BOB "/b");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "one");
    fake_timers(x);
    expect_sent(x, "event=\"new\"");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "one two");
    fake_drop(x, false);
    fake_timers(x);
    fake_bind(x, true);
    fake_forget(x);
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "one two three");
    fake_timers(x);
    expect_sent(x, "event=\"new\"", "<t>one two three</t>");
}

/* ---- rooms ---- */

static int room_setup(void **state)
{
    setup(state);
    fake_option(*state, "live", "all");
    fake_option(*state, "_typing", "all");
    joined(*state, "");
    return 0;
}

static void in_rooms_where_all_want_it(void **state)
{
    struct x *x = *state;
    fake_option(x, "live", "chats");
    im_typing(x, COVEN, KITH_TYPING_ACTIVE, "Thrice");
    expect_sent(x, "composing");
    fake_feed(x, "<message from='" COVEN "/firstwitch' type='groupchat'>" TEXT "</message>");
    fake_timers(x);
    expect_nothing_sent(x);
    expect_no_event(x);
    fake_option(x, "live", "all");
    im_typing(x, COVEN, KITH_TYPING_ACTIVE, "Thrice");
    fake_forget(x); /* the room is asked what it lets through */
    fake_error(x, "muc#traffic", "feature-not-implemented");
    im_typing(x, COVEN, KITH_TYPING_ACTIVE, "Thrice the");
    fake_forget(x);
    fake_timers(x);
    expect_sent(x, "to=\"" COVEN "\"", "type=\"groupchat\"", "event=\"new\"", "<t>Thrice the</t>", "!<body");
    fake_forget(x);
    /* Each for themselves, and ours that comes back is not shown. */
    fake_feed(x, "<message from='" COVEN "/firstwitch' type='groupchat'>" RTT "event='new' seq='5'><t>brinded</t></rtt></message>");
    expect_event(x, "TYPING chat=" COVEN ";", "who=" COVEN "/firstwitch;", "live=brinded;");
    fake_feed(x, "<message from='" COVEN "/secondwitch' type='groupchat'>" RTT "event='new' seq='5'><t>hedge</t></rtt></message>");
    expect_event(x, "who=" COVEN "/secondwitch;", "live=hedge;");
    fake_feed(x, "<message from='" COVEN "/firstwitch' type='groupchat'>" RTT "seq='6'><t> cat</t></rtt></message>");
    expect_event(x, "who=" COVEN "/firstwitch;", "live=brinded cat;");
    fake_feed(x, "<message from='" US "' type='groupchat'>" TEXT OCCUPANT "</message>", "own");
    expect_no_event(x);
    /* One who does not want it does not decide for the others (§6.5.2). */
    fake_feed(x, "<message from='" COVEN "/secondwitch' type='groupchat'>" RTT "event='cancel'/></message>");
    expect_event(x, "who=" COVEN "/secondwitch;", "state=0;");
    im_typing(x, COVEN, KITH_TYPING_ACTIVE, "Thrice the brinded");
    fake_forget(x);
    fake_timers(x);
    expect_sent(x, "<t> brinded</t>");
    groupchat(x, "firstwitch", "m1", "Thrice the brinded cat", "");
    expect_event(x, "MESSAGE");
    fake_feed(x, "<message from='" COVEN "/firstwitch' type='groupchat'>" RTT "seq='7'><t>!</t></rtt></message>");
    expect_no_event(x);
}

static void a_room_that_lets_nothing_through(void **state)
{
    struct x *x = *state;
    im_typing(x, COVEN, KITH_TYPING_ACTIVE, "Thrice");
    fake_result(x, "muc#traffic", DISCO "<feature var='http://jabber.org/protocol/xhtml-im'/></query>");
    im_typing(x, COVEN, KITH_TYPING_ACTIVE, "Thrice the");
    fake_forget(x);
    fake_timers(x);
    expect_nothing_sent(x);
    fake_option(x, "_typing", "contacts");
    im_typing(x, COVEN, KITH_TYPING_ACTIVE, "Thrice the brinded");
    fake_timers(x);
    expect_nothing_sent(x);
}

/* ---- switched on and off ---- */

static void a_chat_of_its_own_mind(void **state)
{
    struct x *x = *state;
    fake_option(x, "live", "off");
    assert_false(rtt_anywhere(x));
    assert_int_equal(rtt_command(x, BOB, NULL, 1), KITH_OK);
    expect_event(x, "REPLY", "is off in this chat");
    rtt_command(x, BOB, "on", 2);
    expect_sent(x, "to=\"" BOB "\"", "<rtt event=\"init\"", "!seq=");
    expect_event(x, "CAPS");
    expect_event(x, "REPLY", "is on in this chat");
    assert_true(rtt_anywhere(x)); /* and announced as such: */
    expect_sent(x, "<presence", "<c ");
    fake_feed(x, LIVE TEXT "</message>");
    expect_event(x, "live=x;");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "hi");
    fake_timers(x);
    expect_sent(x, "<t>hi</t>");
    fake_forget(x);
    fake_restart(&x); /* it is kept */
    *state = x;
    fake_start(x);
    fake_friends(x);
    fake_forget(x);
    rtt_command(x, BOB, NULL, 3);
    expect_event(x, "is on in this chat");
    rtt_command(x, BOB, "off", 4);
    expect_sent(x, "<presence", "<c "); /* nobody's any more: no longer announced; and nothing to somebody who cannot show it */
    expect_nothing_sent(x);
    fake_forget(x);
    fake_feed(x, LIVE TEXT "</message>");
    expect_no_event(x);
    rtt_command(x, BOB, "perhaps", 5);
    expect_event(x, "REPLY", "err=", "/live on or /live off");
    rtt_command(x, ME, "on", 6);
    expect_event(x, "REPLY", "err=", "for chats with people");
    rtt_command(x, NULL, "on", 7);
    expect_event(x, "REPLY", "err=");
}

static void ending_it_is_told(void **state)
{
    struct x *x = *state;
    can_show_it(x, BOB "/b");
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "hi");
    rtt_command(x, BOB, "off", 1);
    expect_sent(x, "to=\"" BOB "\"", "event=\"cancel\"");
    fake_timers(x);
    im_typing(x, BOB, KITH_TYPING_ACTIVE, "hi there");
    fake_timers(x);
    expect_nothing_sent(x);
    rtt_command(x, "stranger@x.lit", "off", 2);
    rtt_command(x, "stranger@x.lit", "on", 3);
    expect_nothing_sent(x); /* nor that it begins or ends */
}

/* However many write, and however long. */
static void bounded(void **state)
{
    struct x *x = *state;
    for (int i = 0; i < 300; i++)
        fake_feed(x, "<iq type='set' id='p%d'><query xmlns='jabber:iq:roster'><item jid='f%d@x.lit' subscription='both'/></query></iq>", i, i);
    fake_forget(x);
    for (int i = 0; i < 300; i++)
        fake_feed(x, "<message from='f%d@x.lit/b' type='chat'>" TEXT "</message>", i);
    int n = 0;
    while (fake_take_event(x, "live=x;"))
        n++;
    assert_int_equal(n, 200);
    char *big = xmalloc(RTT_BYTES + 1);
    memset(big, 'y', RTT_BYTES);
    big[RTT_BYTES] = '\0';
    fake_feed(x, "<message from='f1@x.lit/b' type='chat'>" RTT "seq='2'><t>%s</t></rtt></message>", big);
    expect_event(x, "live=x;"); /* too long: as it was, until the whole comes */
    fake_feed(x, "<message from='f1@x.lit/b' type='chat'>" RTT "seq='3'><t>z</t></rtt></message>");
    expect_no_event(x);
    fake_feed(x, "<message from='f1@x.lit/b' type='chat'>" RTT "event='reset' seq='3'><t>z</t></rtt></message>");
    expect_event(x, "live=z;");
    free(big);
}

#define T(f) cmocka_unit_test_setup_teardown(f, live_setup, teardown)
#define R(f) cmocka_unit_test_setup_teardown(f, room_setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(edits),
        T(too_long_a_text_is_not_followed),
        T(what_is_sent_is_what_happened),
        T(seen_while_it_is_written),
        T(a_gap_waits_for_the_whole),
        T(pauses_are_kept_up_to_a_limit),
        T(forged_and_unwanted),
        T(cancelled_by_them),
        T(told_while_it_is_written),
        T(seq_goes_up_by_one),
        T(a_storm_of_edits_is_one_text),
        T(nothing_to_strangers),
        T(a_lost_link_begins_anew),
        R(in_rooms_where_all_want_it),
        R(a_room_that_lets_nothing_through),
        T(a_chat_of_its_own_mind),
        T(ending_it_is_told),
        T(bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
