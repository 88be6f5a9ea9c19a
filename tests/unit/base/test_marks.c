/* unit/base/test_marks.c - marks in text: all that XEP-0393 shows, what only looks like it, and both ways */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/marks.h"
#include "base/mem.h"

/* How each byte looks: '.' plain, b i s m one of them, '#' several. */
static char *looks(const char *text)
{
    size_t len = strlen(text);
    uint8_t *style = xcalloc(len + 1, 1);
    char *out = xcalloc(len + 1, 1);
    marks_read(text, len, style);
    for (size_t i = 0; i < len; i++)
        out[i] = style[i] == 0                ? '.'
                 : style[i] == LOOK_BOLD      ? 'b'
                 : style[i] == LOOK_ITALIC    ? 'i'
                 : style[i] == LOOK_STRIKE    ? 's'
                 : style[i] == LOOK_MONOSPACE ? 'm'
                                              : '#';
    free(style);
    return out;
}

struct sample {
    const char *text, *looks;
};

static void each(const struct sample *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *got = looks(v[i].text);
        if (strcmp(got, v[i].looks) != 0)
            print_error("in: %s\n", v[i].text);
        assert_string_equal(got, v[i].looks);
        free(got);
    }
}

/* XEP-0393 §6.2, its list and its examples. */
static void spans_of_the_xep(void **state)
{
    static const struct sample v[] = {
        {"plain span", ".........."},
        {"*strong span*", "bbbbbbbbbbbbb"},
        {"plain _emphasis_ plain", "......iiiiiiiiii......"},
        {"`pre` plain *strong*", "mmmmm.......bbbbbbbb"},
        {"*strong*plain*", "bbbbbbbb......"},
        {"* plain *strong*", "........bbbbbbbb"},
        {"not strong*", "..........."},
        {"*not strong", "..........."},
        {"*not \n strong*", ".............."},
        {"*not *strong", "............"},
        {"**", ".."},
        {"***", "..."},
        {"****", "...."},
        {"Two spans, both *alike in dignity*", "................bbbbbbbbbbbbbbbbbb"},
        {"is _Twelfth Night_ but\n_most_ so", "...iiiiiiiiiiiiiii.....iiiiii..."},
        {"*most* people shorten it.", "bbbbbb..................."},
        {"Everyone ~dis~likes cake.", ".........sssss..........."},
        {"This is `monospace`", "........mmmmmmmmmmm"},
        {"This is `*monospace*`", "........mmmmmmmmmmmmm"},
        {"This is *`monospace and bold`*", "........b####################b"},
        {"Wow, I can write in `monospace`!", "....................mmmmmmmmmmm."},
        {"There are three *formatting\nas spans* may not", "............................................."},
    };
    each(v, COUNT(v));
}

/* XEP-0393 §6.1. Closed blocks at the outermost level are the host's. */
static void blocks_of_the_xep(void **state)
{
    static const struct sample v[] = {
        {"```ignored\n(println \"*Hello*\")\n```\n\n*plain* again", "...................................." /* the host's */
                                                          "bbbbbbb......"},
        {"> ```\n> (println)\n\n*text*", "..mmm...mmmmmmmmm..bbbbbb"},
        {"> That *that* is\n\nSaid", ".......bbbbbb........."},
        {">> That *that* is\n> Said\n\nWho?", "........bbbbbb................"},
        {"```\n*code* never closed", "mmm.mmmmmmmmmmmmmmmmmmm"},
        {"```\nx\n```y\n*z*\n```\n*b*", "...................bbb"},
        {"> *a\nb*", "......."},
        {">*a*", ".bbb"},
        {">  *a*", "...bbb"},
    };
    each(v, COUNT(v));
}

static void odd_ones(void **state)
{
    static const struct sample v[] = {
        {"", ""},
        {"*", "."},
        {"* *", "..."},
        {"*a *", "...."},
        {"a*b*c", "....."},
        {"https://example.org/_a_/*b*", "..........................."},
        {"_*x_ y*", "iiii..."},
        {"*_~x~_*", "b#####b"},
        {"*_x* y_", "bbbb..."},
        {"(*x*)", "....."},
        {"\xC2\xA0*x*", "..bbb"},           /* after a no-break space */
        {"*x\xE3\x80\x80*", "......"},       /* an ideographic space before the closing one */
        {"*\xE2\x80\x89x*", "......"},       /* a thin space behind the opening one */
        {"\xC3\xA9*x*", "....."},             /* a letter before */
        {"*\xC3\xA9\xC3\xA9* \xF0\x9F\x8E\x89", "bbbbbb....."},
    };
    each(v, COUNT(v));
}

/* None of it may take long: what cannot be closed is looked for once. */
static void long_ones_take_no_time(void **state)
{
    static const char *const parts[] = {" *a", " *a _b ~c `d", "> ", ">", "*", "_*~`", "```\n"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct buf b = {0};
        while (b.len < 256 * 1024)
            buf_adds(&b, parts[i]);
        uint8_t *style = xcalloc(b.len, 1);
        marks_read(buf_str(&b), b.len, style);
        free(style);
        buf_free(&b);
    }
}

static char *written(const char *text, const struct runs *want, bool *all)
{
    struct buf b = {0};
    *all = marks_write(text, want, &b);
    return buf_take(&b);
}

static void check_written(const char *text, const char *want_looks, const char *expect, bool whole)
{
    struct runs r = {0};
    bool all;
    for (size_t i = 0; text[i]; i++) {
        uint32_t s = 0;
        if (strchr("bxu", want_looks[i]))
            s |= want_looks[i] == 'u' ? (uint32_t)LOOK_UNDERLINE : (uint32_t)LOOK_BOLD;
        if (strchr("ix", want_looks[i]))
            s |= LOOK_ITALIC;
        if (want_looks[i] == 's')
            s |= LOOK_STRIKE;
        if (want_looks[i] == 'm')
            s |= LOOK_MONOSPACE;
        runs_add(&r, i, 1, &(struct look){s, 0, 0});
    }
    char *got = written(text, &r, &all);
    assert_string_equal(got, expect);
    assert_int_equal(all, whole);
    free(got);
    runs_free(&r);
}

static void writing(void **state)
{
    check_written("a bold word", "..bbbb.....", "a *bold* word", true);
    check_written("a bold word", "..bbbbb....", "a *bold* word", true);  /* the space looks the same */
    check_written("a bold word", ".bbbbbb....", "a *bold* word", true);
    check_written("both of it", "xxxx......", "*_both_* of it", true);
    check_written("one in two", "bbbxxxbbbb", "*one _in_ two*", true);
    check_written("one in two", "bbb.ssbiii", "*one* ~in~ _two_", true);
    check_written("x = 1;", "mmmmmm", "`x = 1;`", true);
    check_written("in a word", "......b..", "in a word", false);     /* no mark can open there */
    check_written("unread word", "bb....." "iiii", "*un*read _word_", true); /* it can close there */
    check_written("be unsaid", ".....bb..", "be unsaid", false);
    check_written("some under", ".....uuuuu", "some under", false);
    check_written("two\nlines", "bbbbbbbbb", "*two*\n*lines*", true);
    check_written("> said so\nyes", "..bbbb.......", "> *said* so\nyes", true);
    check_written("```\ncode\n```", "....bbbb....", "```\ncode\n```", true);
    check_written("\xC3\xA9t\xC3\xA9 \xE3\x80\x80", "bbbbbbbbb", "*\xC3\xA9t\xC3\xA9* \xE3\x80\x80", true);
    check_written("   ", "bbb", "   ", true);
    check_written("", "", "", true);
}

/* What the user marked by hand gets no second marks, and does not keep others from theirs. */
static void marks_by_hand(void **state)
{
    check_written("so *it* is", "...bbbb...", "so *it* is", true);
    check_written("so *it* is", "........ii", "so *it* _is_", true);
    check_written("so *it* is", "...bbbb.ii", "so *it* _is_", true);
    check_written("5 *3 and so", "........bbb", "5 *3 and so", false); /* would begin at the 3 */
}

/* Whatever is written reads as it was meant, or is left out: tried with all that is short. */
static void written_is_read_again(void **state)
{
    static const char *const texts[] = {"ab cd", "a b c", "a* b ", "_a b", "a`b c", "> a b", "a\nb c"};
    for (size_t t = 0; t < COUNT(texts); t++)
        for (unsigned bits = 0; bits < 1u << 10; bits++) {
            struct runs want = {0};
            size_t len = strlen(texts[t]);
            bool all;
            for (size_t i = 0; i < len; i++)
                runs_add(&want, i, 1, &(struct look){(bits >> i & 1 ? LOOK_BOLD : 0u) | (bits >> (5 + i % 5) & 1 ? LOOK_ITALIC : 0u), 0, 0});
            char *got = written(texts[t], &want, &all), *plain = looks(got);
            if (all) { /* nothing was lost: without its marks it is the same text */
                size_t k = 0;
                for (size_t i = 0; got[i]; i++)
                    k += texts[t][k] == got[i];
                assert_int_equal(k, len);
            }
            free(got);
            free(plain);
            runs_free(&want);
        }
}

static void runs_of_marks(void **state)
{
    struct runs r = {0};
    marks_runs("plain", &r);
    assert_int_equal(r.n, 0);
    marks_runs("a *b* _c_", &r);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.v[0].start, 2);
    assert_int_equal(r.v[0].len, 3);
    assert_int_equal(r.v[1].look.style, LOOK_ITALIC);
    runs_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_of_the_xep), cmocka_unit_test(blocks_of_the_xep),
        cmocka_unit_test(odd_ones),         cmocka_unit_test(long_ones_take_no_time),
        cmocka_unit_test(writing),          cmocka_unit_test(marks_by_hand),
        cmocka_unit_test(written_is_read_again), cmocka_unit_test(runs_of_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
