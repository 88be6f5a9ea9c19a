/* unit/irc/test_format.c - formatting codes there and back, and text cut to lines */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/irc/format.h"
#include "base/mem.h"
#include "base/utf8.h"

/* "text{0-5 B 4,5}": the plain text and its runs. */
static char *shown(const char *codes)
{
    static const char letters[] = "BIUSMRX";
    struct buf plain = {0};
    struct irc_runs runs = {0};

    irc_format_parse(codes, strlen(codes), &plain, &runs);
    for (size_t i = 0; i < runs.n; i++) {
        buf_addf(&plain, "{%zu+%zu", runs.v[i].start, runs.v[i].len);
        for (int k = 0; letters[k]; k++)
            if (runs.v[i].style & (1u << k))
                buf_addf(&plain, " %c", letters[k]);
        if (runs.v[i].fg != IRC_COLOUR_NONE || runs.v[i].bg != IRC_COLOUR_NONE)
            buf_addf(&plain, runs.v[i].fg >= IRC_COLOUR_RGB ? " %x,%d" : " %d,%d", (unsigned)runs.v[i].fg, (int)runs.v[i].bg);
        buf_addc(&plain, '}');
    }
    irc_runs_free(&runs);
    return buf_take(&plain);
}

static void codes_are_read(void **state)
{
    static const struct { const char *codes, *want; } rows[] = {
        {"plain", "plain"},
        {"\x02" "bold\x02 not", "bold not{0+4 B}"},
        {"a\x1d" "b\x1f" "c\x0f" "d", "abcd{1+1 I}{2+1 I U}"},
        {"\x1estrike\x11mono", "strikemono{0+6 S}{6+4 S M}"},
        {"\x16rev", "rev{0+3 R}"},
        {"\x03" "4red\x03 none", "red none{0+3 4,-1}"},
        {"\x03" "04,12x", "x{0+1 4,12}"},
        {"\x03" "4,x", ",x{0+2 4,-1}"},
        {"\x03,5x", ",5x"},
        {"\x03" "123x", "3x{0+2 12,-1}"},
        {"\x03" "4,123x", "3x{0+2 4,12}"},
        {"\x03" "99x", "x"},
        {"\x03" "98x", "x{0+1 1ffffff,-1}"},
        {"\x03" "1,1secret", "secret{0+6 X 1,1}"},
        {"\x04" "ff0000x\x04y", "xy{0+1 1ff0000,-1}"},
        {"\x04zzx", "zzx"},
        {"\x02\x02x", "x"},
        {"\x02", ""},
        {"\x03", ""}, {"\x03" "4,", ",{0+1 4,-1}"}, {"\x04" "12345", "12345"},
        {"\x03" "4\x02" "a\x03" "b", "ab{0+1 B 4,-1}{1+1 B}"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char *have = shown(rows[i].codes);

        if (strcmp(have, rows[i].want) != 0)
            fail_msg("row %zu: \"%s\" not \"%s\"", i, have, rows[i].want);
        free(have);
    }
    (void)state;
}

/* What is written is read the same again, whatever follows a code. */
static void codes_survive_the_way_back(void **state)
{
    static const char *const texts[] = {
        "\x02" "bold\x02 5not", "\x03" "04" "5 digits", "\x03" "04\x02\x02,5 comma", "\x03" "04,12" "5x", "\x04" "ff0000" "0x",
        "\x04" "ff0000,00ff00" "0x", "\x03" "1,1secret\x0f open", "\x02\x1d\x1f\x1e\x11\x16" "all\x0f", "\x03" "98x\x03" "20y", "plain",
        "\x02\x03" "04,5bold on ground\x03 bold"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buf plain = {0}, codes = {0};
        struct irc_runs runs = {0};
        char *before = shown(texts[i]), *after;

        irc_format_parse(texts[i], strlen(texts[i]), &plain, &runs);
        irc_format_emit(buf_str(&plain), plain.len, &runs, &codes);
        after = shown(buf_str(&codes));
        assert_string_equal(after, before);
        free(before);
        free(after);
        buf_free(&plain);
        buf_free(&codes);
        irc_runs_free(&runs);
    }
    (void)state;
}

static void runs_are_bounded(void **state)
{
    struct buf b = {0}, plain = {0};
    struct irc_runs runs = {0};

    for (int i = 0; i < 20000; i++)
        buf_adds(&b, "\x02x");
    irc_format_parse(b.data, b.len, &plain, &runs);
    assert_int_equal(runs.n, IRC_RUNS_MAX);
    assert_int_equal(plain.len, 20000);
    buf_free(&b);
    buf_free(&plain);
    irc_runs_free(&runs);
    (void)state;
}

/* ---- cutting ---- */

struct parts { char *v[512]; size_t n, max; };

static void take_part(void *user, const char *part, size_t len)
{
    struct parts *p = user;

    assert_true(len <= p->max && len > 0);
    assert_true(utf8_valid(part, len));
    assert_true(p->n < COUNT(p->v));
    p->v[p->n++] = xstrndup(part, len);
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
    assert_string_equal(p.v[0], "the quick brown fox");
    assert_string_equal(p.v[1], "jumps over the lazy");
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
    assert_non_null(strstr(second, " B 4,12}"));
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
            irc_format_parse(p.v[i], strlen(p.v[i]), &plain, NULL);
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
        cmocka_unit_test(codes_are_read),          cmocka_unit_test(codes_survive_the_way_back),
        cmocka_unit_test(runs_are_bounded),        cmocka_unit_test(words_stay_whole_where_they_can),
        cmocka_unit_test(nothing_is_torn_or_lost), cmocka_unit_test(codes_go_on_in_the_next_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
