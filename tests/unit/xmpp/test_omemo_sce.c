/* unit/xmpp/test_omemo_sce.c - the envelope of OMEMO_2: what goes into it, what stays outside, what must not be taken from it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/omemo_sce.h"
#include "base/clock.h"
#include "base/mem.h"

static xmpp_ctx_t *ctx;

static int setup(void **state UNUSED)
{
    ctx = xmpp_ctx_new(NULL, NULL);
    return 0;
}

static int teardown(void **state UNUSED)
{
    xmpp_ctx_free(ctx);
    return 0;
}

static xmpp_stanza_t *message(const char *children)
{
    char *xml = xasprintf("<message xmlns='jabber:client' from='romeo@montague.example/orchard' to='room@muc.example' id='m1' "
                          "type='groupchat'>%s</message>", children);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(ctx, xml);
    assert_non_null(st);
    free(xml);
    return st;
}

#define SECRETS "<body>It is the east</body><subject>x</subject><reply xmlns='urn:xmpp:reply:0' id='q'/>" \
                "<reactions xmlns='urn:xmpp:reactions:0' id='r'><reaction>+</reaction></reactions>" \
                "<x xmlns='jabber:x:oob'><url>https://a.example/f</url></x><replace xmlns='urn:xmpp:message-correct:0' id='o'/>"
#define OPEN "<store xmlns='urn:xmpp:hints'/><origin-id xmlns='urn:xmpp:sid:0' id='m1'/>" \
             "<request xmlns='urn:xmpp:receipts'/><encryption xmlns='urn:xmpp:eme:0' namespace='urn:xmpp:omemo:2'/>"

static const struct sce_ends ends = {"romeo@montague.example", "room@muc.example", INT64_C(1790000000000), true};

static size_t count(xmpp_stanza_t *st)
{
    size_t n = 0;
    EACH_CHILD (c, st)
        n += xmpp_stanza_is_tag(c) != 0;
    return n;
}

static void there_and_back(void **state)
{
    struct buf text = {.secret = true};
    enum sce_result why;
    (void)state;
    xmpp_stanza_t *m = message(SECRETS OPEN), *outer = sce_seal(m, &ends, &text);
    assert_non_null(outer);
    assert_int_equal(count(outer), 4);
    assert_null(st_child(outer, "body", NULL));
    assert_string_equal(st_attr(outer, "id"), "m1");
    assert_string_equal(st_attr(outer, "type"), "groupchat");
    assert_non_null(strstr(buf_str(&text), "It is the east"));
    assert_null(strstr(buf_str(&text), "hints"));
    xmpp_stanza_t *back = sce_open(outer, text.data, text.len, &ends, &why);
    assert_int_equal(why, SCE_FINE);
    assert_int_equal(count(back), 4 + 6);
    char *body = st_child_text(back, "body", NS_CLIENT);
    assert_string_equal(body, "It is the east");
    assert_non_null(st_child(back, "reply", NS_REPLY));
    assert_string_equal(st_attr(back, "from"), "romeo@montague.example/orchard");
    free(body);
    xmpp_stanza_release(back);
    xmpp_stanza_release(outer);
    xmpp_stanza_release(m);
    m = message(OPEN);
    assert_null(sce_seal(m, &ends, &text)); /* nothing to hide */
    xmpp_stanza_release(m);
    buf_free(&text);
}

static void lengths_are_padded(void **state)
{
    size_t least = SIZE_MAX, most = 0;
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct buf text = {0};
        xmpp_stanza_t *m = message("<body>x</body>"), *outer = sce_seal(m, &ends, &text);
        least = MIN(least, text.len);
        most = MAX(most, text.len);
        xmpp_stanza_release(outer);
        xmpp_stanza_release(m);
        buf_free(&text);
    }
    assert_true(least > 200);
    assert_true(most - least > 120 && most - least <= 200);
}

/* What servers could have added, and what a sender must not smuggle past them. */
static void what_stands_in_the_wrong_place(void **state)
{
    static const char text[] =
        "<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>true</body>"
        "<stanza-id xmlns='urn:xmpp:sid:0' id='forged' by='room@muc.example'/><delay xmlns='urn:xmpp:delay' stamp='x'/>"
        "<x xmlns='http://jabber.org/protocol/muc#user'/><no-store xmlns='urn:xmpp:hints'/>"
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='someone'/></content><rpad>abc</rpad>"
        "<to jid='room@muc.example'/></envelope>";
    enum sce_result why;
    (void)state;
    xmpp_stanza_t *m = message("<body>forged</body><retract xmlns='urn:xmpp:message-retract:1' id='1'/>"
                               "<stanza-id xmlns='urn:xmpp:sid:0' id='good' by='room@muc.example'/>"
                               "<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>?</body></content></envelope>");
    xmpp_stanza_t *out = sce_open(m, text, sizeof text - 1, &ends, &why);
    assert_non_null(out);
    char *body = st_child_text(out, "body", NS_CLIENT);
    assert_string_equal(body, "true");
    assert_string_equal(st_attr(st_child(out, "stanza-id", NS_SID), "id"), "good");
    assert_null(st_child(out, "retract", NULL));
    assert_null(st_child(out, "delay", NULL));
    assert_null(st_child(out, "occupant-id", NULL));
    assert_null(st_child(out, "envelope", NULL));
    assert_int_equal(count(out), 2);
    free(body);
    xmpp_stanza_release(out);
    xmpp_stanza_release(m);
}

static enum sce_result opened_as(const char *text, size_t len, const struct sce_ends *e)
{
    enum sce_result why;
    xmpp_stanza_t *m = message(""), *out = sce_open(m, text, len, e, &why);
    assert_true((out != NULL) == (why == SCE_FINE));
    if (out)
        xmpp_stanza_release(out);
    xmpp_stanza_release(m);
    return why;
}

static enum sce_result opened(const char *text, size_t len, int64_t time_ms)
{
    struct sce_ends e = ends;
    e.time_ms = time_ms;
    return opened_as(text, len, &e);
}

#define ENVELOPE(affixes) "<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>x</body></content>" affixes "</envelope>"
#define TO "<to jid='room@muc.example'/>"

static void ends_and_time(void **state)
{
    int64_t at = 0;
    static const struct {
        const char *text;
        enum sce_result why;
    } each[] = {
        {ENVELOPE("<rpad/>" TO), SCE_FINE},
        {ENVELOPE("<rpad/>" TO "<from jid='romeo@montague.example'/>"), SCE_FINE},
        {ENVELOPE("<rpad/>" TO "<time stamp='2026-11-22T10:00:00Z'/>"), SCE_FINE},
        {ENVELOPE("<rpad/>"), SCE_OTHER_ENDS}, /* §5.5.1: needed in a room */
        {ENVELOPE("<rpad/><to jid='other@muc.example'/>"), SCE_OTHER_ENDS},
        {ENVELOPE("<rpad/>" TO "<from jid='eve@capulet.example'/>"), SCE_OTHER_ENDS},
        {ENVELOPE("<rpad/>" TO "<from/>"), SCE_OTHER_ENDS},
        {ENVELOPE("<rpad/>" TO "<time stamp='2026-11-20T10:00:00Z'/>"), SCE_OTHER_TIME},
        {ENVELOPE("<rpad/>" TO "<time stamp='2026-11-24T10:00:00Z'/>"), SCE_OTHER_TIME},
        {ENVELOPE("<rpad/>" TO "<time stamp='now'/>"), SCE_OTHER_TIME},
        {ENVELOPE(TO), SCE_MALFORMED}, /* §5.5.1: the padding must be there */
        {"<envelope xmlns='urn:xmpp:sce:1'><rpad/>" TO "</envelope>", SCE_MALFORMED},
        {"<envelope xmlns='urn:xmpp:sce:0'><content/><rpad/>" TO "</envelope>", SCE_MALFORMED},
        {"<body>x</body>", SCE_MALFORMED},
        {"", SCE_MALFORMED},
        {"text", SCE_MALFORMED},
        {"<!DOCTYPE a [<!ENTITY b 'c'>]>" ENVELOPE("<rpad>&b;</rpad>" TO), SCE_MALFORMED},
        {"<?xml-stylesheet href='x'?>" ENVELOPE("<rpad/>" TO), SCE_MALFORMED},
        {ENVELOPE("<rpad/>" TO) "<more/>", SCE_MALFORMED},
    };
    (void)state;
    assert_true(clock_parse_iso("2026-11-22T11:30:00Z", &at));
    for (size_t i = 0; i < COUNT(each); i++) {
        if (opened(each[i].text, strlen(each[i].text), at) != each[i].why)
            fail_msg("%s", each[i].text);
    }
}

/* Between two people it may be left out; what names a room or somebody else was taken from there. */
static void to_one_person(void **state)
{
    static const struct {
        const char *text;
        enum sce_result why;
    } each[] = {
        {ENVELOPE("<rpad/>"), SCE_FINE},
        {ENVELOPE("<rpad/><to jid='juliet@capulet.example'/>"), SCE_FINE},
        {ENVELOPE("<rpad/><to jid='juliet@capulet.example/balcony'/>"), SCE_FINE},
        {ENVELOPE("<rpad/>" TO), SCE_OTHER_ENDS},
        {ENVELOPE("<rpad/><to jid='eve@capulet.example'/>"), SCE_OTHER_ENDS},
        {ENVELOPE("<rpad/><to/>"), SCE_OTHER_ENDS},
    };
    static const struct sce_ends e = {.from = "romeo@montague.example", .to = "juliet@capulet.example"};
    (void)state;
    for (size_t i = 0; i < COUNT(each); i++) {
        if (opened_as(each[i].text, strlen(each[i].text), &e) != each[i].why)
            fail_msg("%s", each[i].text);
    }
}

/* Cut at every byte, and shapes that cost a parser dear. */
static void hostile(void **state)
{
    static const char good[] = ENVELOPE("<rpad>abc</rpad>" TO);
    struct buf b = {0};
    (void)state;
    for (size_t i = 0; i < sizeof good - 1; i++)
        assert_int_equal(opened(good, i, 0), SCE_MALFORMED);
    assert_int_equal(opened(good, sizeof good - 1, 0), SCE_FINE);
    assert_int_equal(opened(good, sizeof good, 0), SCE_MALFORMED); /* a zero byte */
    for (int shape = 0; shape < 4; shape++) {
        buf_clear(&b);
        buf_adds(&b, "<envelope xmlns='urn:xmpp:sce:1'><content>");
        for (int i = 0; i < 60000 && shape == 0; i++)
            buf_adds(&b, "<a>");
        for (int i = 0; i < 60000 && shape == 1; i++)
            buf_adds(&b, "<a/>");
        for (int i = 0; i < 300 && shape == 2; i++)
            buf_addf(&b, "%s a%d='1'%s", i == 0 ? "<a" : "", i, i == 299 ? "/>" : "");
        for (int i = 0; i < 90000 && shape == 3; i++)
            buf_addc(&b, '\n');
        for (int i = 0; i < 60000 && shape == 0; i++)
            buf_adds(&b, "</a>");
        buf_adds(&b, "</content><rpad/>" TO "</envelope>");
        assert_int_equal(opened(b.data, b.len, 0), SCE_MALFORMED);
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back), cmocka_unit_test(lengths_are_padded), cmocka_unit_test(what_stands_in_the_wrong_place),
        cmocka_unit_test(ends_and_time),  cmocka_unit_test(to_one_person),      cmocka_unit_test(hostile),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
