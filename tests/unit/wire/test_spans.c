/* unit/wire/test_spans.c - how parts of a body look: what crosses the border fits its text, whatever a backend said */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "wire/wire.h"

#define B KITH_STYLE_BOLD
#define I KITH_STYLE_ITALIC
#define ANY 0xFFFFFFFFu
enum { MOST = 5 };
struct triple { uint32_t start, len, style, fg, bg; };

/* "0+3 1;4+1 2" of what came through; *body: the text as it is on the other side. */
static char *through(const char *body, const struct kith_span *v, size_t n, char **text)
{
    struct arena mem = {0};
    struct buf b = {0}, out = {0};
    struct kith_event *back = NULL;
    uint64_t number;
    struct kith_ev_message m = {.ev = {.size = sizeof m, .type = KITH_EV_MESSAGE},
                                .chat = "bob@example.org", .sender = "bob@example.org", .id = "1", .body = body,
                                .spans = v, .n_spans = n};
    wire_put_event(&b, 1, &m.ev);
    assert_int_equal(wire_get_event(b.data, b.len, &mem, &number, &back, NULL), 0);
    const struct kith_ev_message *got = (const void *)back;
    size_t len = got->body ? strlen(got->body) : 0, end = 0;
    for (size_t i = 0; i < got->n_spans; i++) {
        const struct kith_span *s = &got->spans[i];
        assert_true(s->start >= end && s->len > 0 && (size_t)s->start + s->len <= len); /* whatever was given */
        end = (size_t)s->start + s->len;
        buf_addf(&out, "%s%u+%u %x", i ? ";" : "", (unsigned)s->start, (unsigned)s->len, (unsigned)s->style);
        if (s->fg || s->bg)
            buf_addf(&out, " %x,%x", (unsigned)s->fg, (unsigned)s->bg);
    }
    assert_int_equal(got->spans != NULL, got->n_spans > 0);
    if (text)
        *text = xstrdup(got->body);
    buf_free(&b);
    arena_free(&mem);
    return buf_take(&out);
}

static void what_fits_comes_through(void **state)
{
    static const struct { const char *body; struct triple v[MOST]; const char *want; } rows[] = {
        {"plain", {{0}}, ""},
        {"one two", {{0, 3, B, 0, 0}, {4, 3, I, KITH_COLOUR(0xff0000), KITH_COLOUR(0)}}, "0+3 1;4+3 2 1ff0000,1000000"},
        {"one two", {{0, 3, B, 0, 0}, {3, 4, I, 0, 0}}, "0+3 1;3+4 2"},
        /* out of order, over each other: the first counts */
        {"one two", {{4, 3, B, 0, 0}, {0, 3, I, 0, 0}}, "4+3 1"},
        {"one two", {{0, 7, B, 0, 0}, {4, 3, I, 0, 0}}, "0+7 1"},
        {"one two", {{0, 4, B, 0, 0}, {3, 4, I, 0, 0}, {4, 1, I, 0, 0}}, "0+4 1;4+1 2"},
        /* out of the text */
        {"one", {{0, 4, B, 0, 0}}, ""}, {"one", {{3, 1, B, 0, 0}}, ""}, {"one", {{ANY, 1, B, 0, 0}}, ""},
        {"one", {{1, ANY, B, 0, 0}, {1, 1, I, 0, 0}}, "1+1 2"}, {"one", {{ANY, ANY, B, 0, 0}}, ""},
        {"", {{0, 1, B, 0, 0}}, ""}, {NULL, {{0, 1, B, 0, 0}}, ""},
        /* nothing, or nothing known */
        {"one", {{1, 0, B, 0, 0}, {1, 1, 0, 0, 0}, {2, 1, 0x80000000u, 0, 0}}, ""},
        {"one", {{0, 1, B | 0x1000u, 0x1234, 0xffffffffu}, {1, 1, 0, 0x2ff0000, 5}}, "0+1 1"},
        /* within a character */
        {"a\u00e4o", {{0, 2, B, 0, 0}, {2, 1, I, 0, 0}}, ""}, {"a\u00e4o", {{1, 2, B, 0, 0}, {3, 1, I, 0, 0}}, "1+2 1;3+1 2"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kith_span v[MOST];
        size_t n = 0;
        for (; n < MOST && (rows[i].v[n].len || rows[i].v[n].start || rows[i].v[n].style); n++)
            v[n] = (struct kith_span){sizeof *v, rows[i].v[n].style, rows[i].v[n].start, rows[i].v[n].len,
                                      rows[i].v[n].fg, rows[i].v[n].bg};
        char *have = through(rows[i].body, v, n, NULL);
        if (strcmp(have, rows[i].want) != 0)
            fail_msg("row %zu: \"%s\" not \"%s\"", i, have, rows[i].want);
        free(have);
    }
}

/* Where the text is cleaned the spans move with it. */
static void they_move_with_a_text_that_is_cleaned(void **state)
{
    static const struct { const char *body; struct triple v; const char *text, *want; } rows[] = {
        {"a\x1b[1m bold", {6, 4, B, 0, 0}, "a\u241b[1m bold", "8+4 1"},
        {"\u202e" "evil twin", {8, 4, B, 0, 0}, "evil twin", "5+4 1"},
        {"caf\xe9 open", {5, 4, B, 0, 0}, "caf\uFFFD open", "7+4 1"},
        {"one\r\ntwo", {5, 3, B, 0, 0}, "one\ntwo", "4+3 1"},
        {"e\u0301 x", {0, 3, B, 0, 0}, "\u00e9 x", "0+2 1"},
        {"\u200b\u200b", {0, 3, B, 0, 0}, "", ""},
        {"ab\u200b", {1, 4, B, 0, 0}, "ab", "1+1 1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kith_span v = {sizeof v, rows[i].v.style, rows[i].v.start, rows[i].v.len, 0, 0};
        char *text = NULL, *have = through(rows[i].body, &v, 1, &text);
        assert_string_equal(text, rows[i].text);
        if (strcmp(have, rows[i].want) != 0)
            fail_msg("row %zu: \"%s\" not \"%s\"", i, have, rows[i].want);
        free(text);
        free(have);
    }
}

/* Any numbers over any bytes: what comes out always fits (through() looks). */
static void anything_is_survived(void **state)
{
    static const char *const bits[] = {"a", "\xff", "\u0301", "\u202e", "\r", "\n", "\x02", "\u00e4", "\u200d", "\U0001F469", "\xe2\x82", " "};
    unsigned seed = 11;
    for (int round = 0; round < 3000; round++) {
        struct buf body = {0};
        struct kith_span v[12];
        for (int k = 0; k < 12; k++) {
            seed = seed * 1103515245u + 12345u;
            buf_adds(&body, bits[(seed >> 16) % COUNT(bits)]);
        }
        for (int k = 0; k < 12; k++) {
            seed = seed * 1103515245u + 12345u;
            v[k] = (struct kith_span){sizeof *v, seed >> 8 & 0x7f, (unsigned)k * 2 + (seed >> 16 & 3), 1 + (seed >> 20 & 3), 0, 0};
        }
        free(through(buf_str(&body), v, 12, NULL));
        buf_free(&body);
    }
}

/* What a spoiler behind the last hides stays hidden, with all that lies between. */
static void what_is_hidden_behind_the_last_stays_hidden(void **state)
{
    struct kith_span *v = xcalloc(600, sizeof *v);
    struct buf body = {0};
    for (uint32_t i = 0; i < 600; i++) {
        v[i] = (struct kith_span){sizeof *v, i == 590 ? KITH_STYLE_SPOILER : B, i * 2, 1, 0, 0};
        buf_adds(&body, "x ");
    }
    char *have = through(buf_str(&body), v, 600, NULL), *last = strrchr(have, ';'), want[64];
    snprintf(want, sizeof want, ";%d+%d %x", (KITH_MAX_SPANS - 1) * 2, 590 * 2 + 1 - (KITH_MAX_SPANS - 1) * 2,
             (unsigned)KITH_STYLE_SPOILER);
    assert_non_null(last);
    assert_string_equal(last, want);
    free(have);
    free(v);
    buf_free(&body);
}

static void there_are_not_too_many(void **state)
{
    struct kith_span *v = xcalloc(5000, sizeof *v);
    struct buf body = {0};
    for (uint32_t i = 0; i < 5000; i++) {
        v[i] = (struct kith_span){sizeof *v, B, i * 2, 1, 0, 0};
        buf_adds(&body, "x ");
    }
    char *have = through(buf_str(&body), v, 5000, NULL);
    size_t n = 1;
    for (const char *p = have; *p; p++)
        n += *p == ';';
    assert_int_equal(n, KITH_MAX_SPANS);
    free(have);
    free(v);
    buf_free(&body);
}

/* A backend that was built before there were spans, and an operation. */
static void older_structs_have_none(void **state)
{
    struct arena mem = {0};
    struct buf b = {0};
    struct kith_event *back = NULL;
    uint64_t number;
    struct kith_span span = {sizeof span, B, 0, 1, 0, 0};
    struct kith_ev_message m = {.ev = {.size = offsetof(struct kith_ev_message, spans), .type = KITH_EV_MESSAGE},
                                .chat = "bob@example.org", .body = "hello", .spans = &span, .n_spans = 1};
    wire_put_event(&b, 1, &m.ev);
    assert_int_equal(wire_get_event(b.data, b.len, &mem, &number, &back, NULL), 0);
    assert_int_equal(((const struct kith_ev_message *)(const void *)back)->n_spans, 0);
    buf_clear(&b);
    struct kith_send s = {.size = sizeof s, .chat = "bob@example.org", .id = "1", .body = "hello", .spans = &span, .n_spans = 1};
    struct wire_op op = {.size = sizeof op, .type = OP_SEND, .send = &s}, *got = NULL;
    wire_put_op(&b, &op);
    assert_int_equal(wire_get_op(b.data, b.len, &mem, &got, NULL), 0);
    assert_int_equal(got->send->n_spans, 1);
    assert_int_equal(got->send->spans[0].len, 1);
    buf_free(&b);
    arena_free(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_comes_through), cmocka_unit_test(they_move_with_a_text_that_is_cleaned),
        cmocka_unit_test(anything_is_survived),    cmocka_unit_test(what_is_hidden_behind_the_last_stays_hidden),
        cmocka_unit_test(anything_is_survived),    cmocka_unit_test(there_are_not_too_many),
        cmocka_unit_test(older_structs_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
