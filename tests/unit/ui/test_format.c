/* unit/ui/test_format.c - messages and states in words: links, code, edits, receipts, times */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

#include "base/mem.h"
#include "config/theme.h"
#include "ui/format.h"

static struct model *model;
static struct chat *chat;

static int setup(void **state)
{
    setenv("TZ", "UTC", 1);
    tzset();
    model = model_new();
    struct account *a = model_add_account(model, 1, "home", "xmpp");
    str_set(&a->address, "alice@example.org");
    account_put_contact(a, "bob@example.org", "Bob", NULL, 0, 0);
    chat = account_add_chat(a, 2, "bob@example.org", KITH_CHAT_DIRECT);
    return 0;
}

static int teardown(void **state)
{
    model_free(model);
    return 0;
}

/* Spans as role names around their text: only links, code, quotes and events are marked. */
static void body_is(const char *body, const char *want)
{
    struct message *m = message_new();
    struct rich r = {0};
    struct buf b = {0};
    m->chat = chat;
    m->body = xstrdup(body);
    format_message(&r, glyphs_get(false), m, FORMAT_ALL);
    const char *p = buf_str(&r.text);
    for (size_t i = 0; i < r.n_spans; i++) {
        const char *mark = r.spans[i].role == ROLE_CHAT_LINK    ? "L"
                           : r.spans[i].role == ROLE_CHAT_CODE  ? "C"
                           : r.spans[i].role == ROLE_CHAT_QUOTE ? "Q"
                                                                : NULL;
        if (mark)
            buf_addf(&b, "%s[%.*s]", mark, (int)r.spans[i].len, p);
        else
            buf_add(&b, p, r.spans[i].len);
        p += r.spans[i].len;
    }
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
    rich_free(&r);
    message_free(m);
}

static void author_is(const char *sender, uint32_t flags, const char *want)
{
    struct message *m = message_new();
    char name[FORMAT_AUTHOR_MAX];
    m->chat = chat;
    m->flags = flags;
    str_set(&m->sender, sender);
    assert_string_equal(format_author(name, m), want);
    message_free(m);
}

static void test_authors(void **state)
{
    author_is("alice@example.org", KITH_MSG_OUTGOING, "alice");
    author_is("bob@example.org", 0, "Bob");
    author_is("mallory@example.net", 0, "mallory");
    author_is("uid-1000", 0, "uid-1000");
    author_is("@", 0, "@");
    author_is(NULL, 0, "home");
    str_set(&chat->account->nick, "Al");
    author_is("alice@example.org", KITH_MSG_OUTGOING, "Al");
    str_set(&chat->account->nick, NULL);
}

static void test_links(void **state)
{
    body_is("see https://a.bc/d, or (http://x.y/z_(1)).",
            "see L[https://a.bc/d], or (L[http://x.y/z_(1)]).");
    body_is("xmpp:room@x?join and nothttp://x", "L[xmpp:room@x?join] and nothttp://x");
    body_is("http:// is none", "http:// is none");
    body_is("https://a/\n> https://b/", "L[https://a/]\nQ[> ]L[https://b/]");
}

static void test_code(void **state)
{
    body_is("so:\n```\nint x;\n\ty();\n```\nok", "so:\nC[int x;]\nC[    y();]\nok");
    body_is("```\nnever closed", "```\nnever closed");
    body_is("> quoted\nmine", "Q[> quoted]\nmine");
    body_is("a\tb", "a    b");
}

/* "L[...]" and so on as above; "b(...)" for what has a look of its own. */
static void looks_are(const char *body, const char *spans, unsigned how, bool revealed, const char *want)
{
    struct message *m = message_new();
    struct rich r = {0};
    struct buf b = {0};
    m->chat = chat;
    m->body = xstrdup(body);
    m->spans = xstrdup(spans);
    m->revealed = revealed;
    format_message(&r, glyphs_get(how & 8), m, how & 7);
    const char *p = buf_str(&r.text);
    for (size_t i = 0; i < r.n_spans; p += r.spans[i++].len) {
        const char *mark = r.spans[i].role == ROLE_CHAT_LINK    ? "L"
                           : r.spans[i].role == ROLE_CHAT_CODE  ? "C"
                           : r.spans[i].role == ROLE_CHAT_EVENT ? "E"
                                                                : "";
        bool plain = !*mark && !r.spans[i].look;
        buf_addf(&b, plain ? "%s%s%.*s" : "%s%s[%.*s]", mark, r.spans[i].look ? "b" : "", (int)r.spans[i].len, p);
    }
    if (strcmp(buf_str(&b), want) != 0)
        fail_msg("\"%s\" not \"%s\"", buf_str(&b), want);
    buf_free(&b);
    rich_free(&r);
    message_free(m);
}

static void test_looks(void **state)
{
    looks_are("one two", "0,3,1", FORMAT_ALL, false, "b[one] two");
    looks_are("one two", "0,3,1", FORMAT_COVER | FORMAT_COLOURS, false, "one two");
    looks_are("one two", "0,3,0,1ff0000", FORMAT_STYLES, false, "one two");
    looks_are("one two", "0,3,0,1ff0000", FORMAT_COLOURS, false, "b[one] two");
    looks_are("one two", "0,3,10", FORMAT_ALL, false, "C[one] two"); /* monospaced is as code is */
    looks_are("one two", "0,3,40", FORMAT_ALL, false, "E[▒▒▒] two");
    looks_are("one two", "0,3,40", FORMAT_ALL | 8, false, "E[[spoiler]] two");
    looks_are("one two", "0,3,40", FORMAT_ALL, true, "one two");
    looks_are("one two", "0,3,41", 0, false, "one two"); /* nothing is to be hidden, or bold */
    looks_are("go https://a.bc/d on", "3,7,1", FORMAT_ALL, false, "go L[https://a.bc/d] on");
    /* What is hidden is no link, whole or in part, and no code. */
    looks_are("https://a.bc/d", "0,e,40", FORMAT_ALL, false, "E[▒▒▒▒▒▒▒▒▒▒▒▒▒▒]");
    looks_are("https://a.bc/d", "d,1,40", FORMAT_ALL, false, "L[https://a.bc/]E[▒▒▒]");
    looks_are("```\nint x;\n```", "8,1,40", FORMAT_ALL, false, "C[int ]E[▒▒▒]C[;]");
    looks_are("one\ntwo", "0,7,40", FORMAT_ALL, false, "E[▒▒▒]\nE[▒▒▒]");
    looks_are("long words that go on and on", "0,1c,40", FORMAT_ALL, false, "E[▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒]");
    looks_are("abc", "0,9,1", FORMAT_ALL, false, "abc"); /* of another text */
}

static void test_special(void **state)
{
    struct message *m = message_new();
    struct rich r = {0};
    const struct glyphs *g = glyphs_get(false);
    m->chat = chat;
    m->sender = xstrdup("bob@example.org");
    m->body = xstrdup("waves");
    m->kind = MESSAGE_ACTION;
    m->edits = 1;
    format_message(&r, g, m, FORMAT_ALL);
    assert_string_equal(buf_str(&r.text), "Bob waves (edited)");
    rich_clear(&r);
    m->retracted = true;
    format_message(&r, g, m, FORMAT_ALL);
    assert_string_equal(buf_str(&r.text), "(message withdrawn)");
    rich_clear(&r);
    m->retracted = false;
    m->kind = MESSAGE_EVENT;
    format_message(&r, glyphs_get(true), m, FORMAT_ALL);
    assert_string_equal(buf_str(&r.text), "> waves");
    rich_free(&r);
    message_free(m);
}

static void test_receipts(void **state)
{
    static const struct {
        enum delivery d;
        const char *sign, *twin;
    } cases[] = {{DELIVERY_NONE, "", ""},          {DELIVERY_QUEUED, "·", "."},
                 {DELIVERY_SENT, "·", "."},        {DELIVERY_STORED, "✓", "v"},
                 {DELIVERY_DELIVERED, "✓✓", "vv"}, {DELIVERY_READ, "✓✓", "VV"},
                 {DELIVERY_FAILED, "✗", "!"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t role;
        assert_string_equal(format_delivery(glyphs_get(false), cases[i].d, &role), cases[i].sign);
        assert_string_equal(format_delivery(glyphs_get(true), cases[i].d, &role), cases[i].twin);
    }
}

static void test_times(void **state)
{
    struct buf b = {0};
    char at[CLOCK_MAX];
    const int64_t saturday = 1795219200000;
    format_day(&b, "%A %e %B", saturday, saturday);
    assert_string_equal(buf_str(&b), "Saturday 21 November");
    buf_clear(&b);
    format_day(&b, "%A %e %B", saturday - 400LL * 86400000, saturday);
    assert_string_equal(buf_str(&b), "Friday 17 October 2025");
    buf_clear(&b);
    format_day(&b, "%a %e %b", saturday - 15LL * 86400000, saturday);
    assert_string_equal(buf_str(&b), "Fri 6 Nov");
    format_clock(at, "%H:%M", saturday + 9 * 3600000 + 12 * 60000);
    assert_string_equal(at, "09:12");
    format_clock(at, "%I:%M %p", saturday + 21 * 3600000);
    assert_string_equal(at, "09:00 PM");
    static const struct {
        int64_t minutes;
        const char *want;
    } ages[] = {{0, "now"},  {2, "2 min"},         {59, "59 min"},
                {60, "1 h"}, {60 * 24 * 3, "3 d"}, {60 * 24 * 7, "1 w"}};
    for (size_t i = 0; i < COUNT(ages); i++) {
        buf_clear(&b);
        format_ago(&b, saturday - ages[i].minutes * 60000, saturday);
        assert_string_equal(buf_str(&b), ages[i].want);
    }
    buf_clear(&b);
    format_bytes(&b, 86016);
    assert_string_equal(buf_str(&b), "84 KB");
    buf_free(&b);
}

static void test_typing_and_problem(void **state)
{
    struct buf b = {0};
    const struct glyphs *g = glyphs_get(false);
    chat_set_typing(chat, "bob@example.org", KITH_TYPING_ACTIVE, NULL);
    format_typing(&b, g, chat);
    assert_string_equal(buf_str(&b), "Bob is typing…");
    buf_clear(&b);
    chat_set_typing(chat, "bob@example.org", KITH_TYPING_NONE, NULL);
    format_typing(&b, g, chat);
    assert_string_equal(buf_str(&b), "");
    struct account *a = chat->account;
    a->state = KITH_STATE_OFFLINE;
    a->retry_at = 12345;
    format_problem(&b, g, a, 1000, false);
    assert_string_equal(buf_str(&b), "✗ retry 12 s");
    buf_clear(&b);
    format_problem(&b, glyphs_get(true), a, 1000, true);
    assert_string_equal(buf_str(&b), "! 12 s");
    buf_clear(&b);
    a->retry_at = 0;
    a->state = KITH_STATE_TLS;
    format_problem(&b, g, a, 1000, false);
    assert_string_equal(buf_str(&b), "connecting");
    buf_clear(&b);
    a->state = KITH_STATE_ONLINE;
    format_problem(&b, g, a, 1000, false);
    assert_string_equal(buf_str(&b), "");
    buf_free(&b);
}

static void test_reactions(void **state)
{
    struct message *m = message_new();
    struct rich r = {0};
    m->chat = chat;
    m->reactions = xcalloc(3, sizeof *m->reactions);
    m->n_reactions = 3;
    m->reactions[0] = (struct reaction){xstrdup("x"), xstrdup("👍")};
    m->reactions[1] = (struct reaction){xstrdup("y"), xstrdup("🎉")};
    m->reactions[2] = (struct reaction){xstrdup("alice@example.org"), xstrdup("👍")};
    format_reactions(&r, glyphs_get(false), m);
    assert_string_equal(buf_str(&r.text), "[👍 2] [🎉 1]");
    assert_int_equal(r.spans[0].role, ROLE_CHAT_REACTION_OWN);
    rich_free(&r);
    message_free(m);
}

static void test_ascii_words(void **state)
{
    struct buf b = {0};
    format_words(&b, glyphs_get(true), WORD_TYPING_ONE, "Zoë…",
                 NULL); /* what is not ours stays as it is */
    assert_string_equal(buf_str(&b), "Zoë… is typing~");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_authors),
                                       cmocka_unit_test(test_links),
                                       cmocka_unit_test(test_code),
        cmocka_unit_test(test_looks),
                                       cmocka_unit_test(test_special),
                                       cmocka_unit_test(test_receipts),
                                       cmocka_unit_test(test_times),
                                       cmocka_unit_test(test_typing_and_problem),
                                       cmocka_unit_test(test_reactions),
                                       cmocka_unit_test(test_ascii_words)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
