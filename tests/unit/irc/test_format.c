/* unit/irc/test_format.c - text with codes as spans and back, and cut to lines */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/irc/format.h"
#include "base/mem.h"
#include "base/utf8.h"

/* "text{0+4 1}": plain text and its spans. */
static char *shown(const char *codes)
{
    struct buf plain = {0};
    size_t n;
    struct kith_span *v = irc_format_parse(codes, &plain, &n);
    for (size_t i = 0; i < n; i++) {
        buf_addf(&plain, "{%u+%u %x", (unsigned)v[i].start, (unsigned)v[i].len, (unsigned)v[i].style);
        if (v[i].fg || v[i].bg)
            buf_addf(&plain, " %x,%x", (unsigned)v[i].fg, (unsigned)v[i].bg);
        buf_addc(&plain, '}');
    }
    free(v);
    return buf_take(&plain);
}

static void codes_become_spans(void **state)
{
    static const struct { const char *codes, *want; } rows[] = {
        {"plain", "plain"},
        {"\x02" "bold\x02 \x03" "4,1red", "bold red{0+4 1}{5+3 0 1ff0000,1000000}"},
        {"\x03" "1,1secret\x03 open", "secret open{0+6 40}"},
        {"\x0f", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *have = shown(rows[i].codes);
        assert_string_equal(have, rows[i].want);
        free(have);
    }
    (void)state;
}

/* Codes end with the line, so each line of a body has its own. */
static void spans_become_codes_line_by_line(void **state)
{
    static const char body[] = "one two\nthree";
    const struct kith_span v[] = {{sizeof v[0], KITH_STYLE_BOLD, 4, 5, 0, 0},
                                  {sizeof v[0], KITH_STYLE_SPOILER, 9, 4, 0, 0}};
    struct buf out = {0};
    irc_format_emit(body, 0, 7, v, 2, &out);
    assert_string_equal(buf_str(&out), "one \x02two\x0f");
    buf_clear(&out);
    irc_format_emit(body, 8, 5, v, 2, &out);
    assert_string_equal(buf_str(&out), "\x02t\x0f\x03" "01,01hree\x0f");
    buf_free(&out);
    (void)state;
}

static void codes_are_taken_out(void **state)
{
    char text[] = "\x02" "a\x03" "04,12topic\x0f, \x03,5";
    irc_format_strip(text);
    assert_string_equal(text, "atopic, ,5");
    (void)state;
}

/* ---- cutting ---- */

struct parts { char *v[512]; size_t n, max; };

static void take_part(void *user, const char *part, size_t len, bool space)
{
    struct parts *p = user;

    assert_true(len <= p->max && len > 0);
    assert_true(utf8_valid(part, len));
    assert_true(p->n < COUNT(p->v));
    p->v[p->n++] = xasprintf("%.*s%s", (int)len, part, space ? " " : "");
}

static void drop(struct parts *p)
{
    while (p->n > 0)
        free(p->v[--p->n]);
}

static void words_stay_whole_where_they_can(void **state)
{
    struct parts p = {.max = 20};
    static const char text[] = "the quick brown fox jumps over the lazy dog";

    irc_split(text, strlen(text), p.max, take_part, &p);
    assert_int_equal(p.n, 3);
    assert_string_equal(p.v[0], "the quick brown fox ");
    assert_string_equal(p.v[1], "jumps over the lazy ");
    assert_string_equal(p.v[2], "dog");
    drop(&p);
    (void)state;
}

/* Clusters are not torn, nothing is lost, whatever the text and the room. */
static void nothing_is_torn_or_lost(void **state)
{
    static const char *const pieces[] = {"word ", "\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", "e\u0301", "\u65E5\u672C",
                                         "longlonglonglongword", " ", "  ", "\U0001F1E9\U0001F1EA", "x"};
    unsigned seed = 7;

    for (int round = 0; round < 400; round++) {
        struct parts p = {.max = 32 + (size_t)(round % 60)};
        struct buf text = {0}, back = {0}, squeezed = {0};

        for (int i = 0; i < 40; i++) {
            seed = seed * 1103515245u + 12345u;
            buf_adds(&text, pieces[(seed >> 16) % COUNT(pieces)]);
        }
        irc_split(text.data, text.len, p.max, take_part, &p);
        for (size_t i = 0; i < p.n; i++) {
            assert_false(str_starts(p.v[i], "\u0301") || str_starts(p.v[i], "\u200D"));
            for (const char *c = p.v[i]; *c; c++)
                if (*c != ' ')
                    buf_addc(&back, *c);
        }
        for (size_t i = 0; i < text.len; i++)
            if (text.data[i] != ' ')
                buf_addc(&squeezed, text.data[i]);
        assert_string_equal(buf_str(&back), buf_str(&squeezed));
        drop(&p);
        buf_free(&text);
        buf_free(&back);
        buf_free(&squeezed);
    }
    (void)state;
}

static void codes_go_on_in_the_next_part(void **state)
{
    struct parts p = {.max = 30};
    static const char text[] = "\x02\x03" "04,12" "red and bold words that go on and on\x0f plain end of it";

    irc_split(text, strlen(text), p.max, take_part, &p);
    assert_true(p.n >= 2);
    char *second = shown(p.v[1]);
    assert_non_null(strstr(second, "{0+"));
    assert_non_null(strstr(second, " 1 1ff0000,10000fc}"));
    assert_string_equal(p.v[0] + strlen(p.v[0]) - 2, "\x0f "); /* and what was begun is ended */
    free(second);
    char *last = shown(p.v[p.n - 1]);
    assert_null(strchr(last, '{'));
    free(last);
    drop(&p);
    /* A code and its digits are never parted. */
    for (size_t pad = 1; pad < 40; pad++) {
        struct buf b = {0};
        p = (struct parts){.max = 16};
        for (size_t i = 0; i < pad; i++)
            buf_addc(&b, 'a');
        buf_adds(&b, "\x03" "04,12zz");
        irc_split(b.data, b.len, p.max, take_part, &p);
        struct buf all = {0};
        for (size_t i = 0; i < p.n; i++) {
            struct buf plain = {0};
            irc_format_plain(p.v[i], &plain);
            buf_add(&all, plain.data, plain.len);
            buf_free(&plain);
        }
        assert_int_equal(all.len, pad + 2);
        buf_free(&all);
        buf_free(&b);
        drop(&p);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_become_spans),      cmocka_unit_test(spans_become_codes_line_by_line),
        cmocka_unit_test(codes_are_taken_out),     cmocka_unit_test(words_stay_whole_where_they_can),
        cmocka_unit_test(nothing_is_torn_or_lost), cmocka_unit_test(codes_go_on_in_the_next_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
