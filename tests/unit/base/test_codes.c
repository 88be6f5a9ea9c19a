/* unit/base/test_codes.c - formatting codes there and back: every case of the public knowledge on IRC formatting */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codes.h"
#include "base/mem.h"

/* "text{0+5 B ff0000,-}": the plain text and its runs. */
static char *shown(enum codes kind, const char *codes)
{
    static const char letters[] = "BIUSMRX";
    struct buf plain = {0};
    struct runs runs = {0};

    codes_parse(kind, codes, strlen(codes), &plain, &runs);
    for (size_t i = 0; i < runs.n; i++) {
        const struct run *r = &runs.v[i];
        buf_addf(&plain, "{%u+%u", (unsigned)r->start, (unsigned)r->len);
        for (int k = 0; letters[k]; k++)
            if (r->look.style & (1u << k))
                buf_addf(&plain, " %c", letters[k]);
        if (r->look.fg || r->look.bg) {
            buf_adds(&plain, " ");
            if (r->look.fg)
                buf_addf(&plain, "%06x", (unsigned)r->look.fg & 0xffffffu);
            if (r->look.bg)
                buf_addf(&plain, ",%06x", (unsigned)r->look.bg & 0xffffffu);
        }
        buf_addc(&plain, '}');
    }
    runs_free(&runs);
    return buf_take(&plain);
}

static const struct { const char *codes, *want; } rows[] = {
    {"plain", "plain"},
    {"", ""},
    /* toggles, alone and in each other */
    {"\x02" "bold\x02 not", "bold not{0+4 B}"},
    {"a\x1d" "b\x1f" "c\x0f" "d", "abcd{1+1 I}{2+1 I U}"},
    {"\x1estrike\x11mono", "strikemono{0+6 S}{6+4 S M}"},
    {"\x16rev", "rev{0+3 R}"},
    {"\x16" "a\x16" "b", "ab{0+1 R}"},
    {"\x16\x16" "a", "a"},
    {"a\x16" "b\x0f" "c\x16" "d", "abcd{1+1 R}{3+1 R}"},
    {"\x02\x02x", "x"},
    {"\x02", ""},
    {"\x02\x1d\x02\x1dx", "x"},
    {"\x02" "a\x1d\x1d" "b", "ab{0+2 B}"},
    {"x\x0f\x0fy", "xy"},
    /* colours: numbers, and what only looks like them */
    {"\x03" "4red\x03 none", "red none{0+3 ff0000}"},
    {"\x03" "04,12x", "x{0+1 ff0000,0000fc}"},
    {"\x03" "4,x", ",x{0+2 ff0000}"},
    {"\x03" "4,", ",{0+1 ff0000}"},
    {"\x03" "4,,5x", ",,5x{0+4 ff0000}"},
    {"\x03,5x", ",5x"},
    {"\x03,x", ",x"},
    {"\x03" "123x", "3x{0+2 0000fc}"},
    {"\x03" "4,123x", "3x{0+2 ff0000,0000fc}"},
    {"\x03" "0044x", "44x{0+3 ffffff}"},
    {"\x03" "99x", "x"},
    {"\x03" "4a\x03" "99b", "ab{0+1 ff0000}"},
    {"\x03" "4,5a\x03" "99,99b", "ab{0+1 ff0000,7f0000}"},
    {"\x03" "4,5a\x03" "3b", "ab{0+1 ff0000,7f0000}{1+1 009300,7f0000}"}, /* the ground stays */
    {"\x03" "4,5a\x03" "b", "ab{0+1 ff0000,7f0000}"},
    {"\x03" "99,5x", "x{0+1 ,7f0000}"},
    {"\x03" "98x", "x{0+1 ffffff}"},
    {"\x03" "16x\x03" "52y", "xy{0+1 470000}{1+1 ff0000}"},
    {"\x03", ""},
    {"\x03\x03x", "x"},
    {"\x03" "4\x02" "a\x03" "b", "ab{0+1 B ff0000}{1+1 B}"},
    {"\x02\x03" "4a\x0f" "b", "ab{0+1 B ff0000}"},
    {"\x03" "4-5", "-5{0+2 ff0000}"},
    {"\x03" "+4", "+4"},
    {"\x03" " 4", " 4"},
    /* hexadecimal ones */
    {"\x04" "ff0000x\x04y", "xy{0+1 ff0000}"},
    {"\x04" "FF00aa,00Ff00x", "x{0+1 ff00aa,00ff00}"},
    {"\x04" "ff0000,x", ",x{0+2 ff0000}"},
    {"\x04" "ff0000,12345", ",12345{0+6 ff0000}"},
    {"\x04zzx", "zzx"},
    {"\x04" "12345", "12345"},
    {"\x04,ff0000x", ",ff0000x"},
    /* in the colour of its ground */
    {"\x03" "1,1secret", "secret{0+6 X}"},
    {"\x03" "01,01who\x03 did it", "who did it{0+3 X}"},
    {"\x04" "123456,123456x", "x{0+1 X}"},
    {"\x03" "1,88x", "x{0+1 X}"}, /* both are black */
    {"\x03" "1,1a\x02" "b\x0f" "c", "abc{0+1 X}{1+1 B X}"},
    {"\x03" "4,4   ", "   {0+3 ff0000,ff0000}"}, /* a picture made of grounds */
    {"\x03" "4,4a\x03" "1,4b", "ab{0+1 X}{1+1 000000,ff0000}"},
    /* no code, in IRC */
    {"\x13x", "\x13x"},
    {"\x01x\x07", "\x01x\x07"},
    {"\x03" "4\u00e4\x0f\u00f6", "\u00e4\u00f6{0+2 ff0000}"},
};

static void codes_are_read(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *have = shown(CODES_IRC, rows[i].codes);

        if (strcmp(have, rows[i].want) != 0)
            fail_msg("row %zu: \"%s\" not \"%s\"", i, have, rows[i].want);
        free(have);
    }
    (void)state;
}

/* The way of every text: codes, runs, a packed line, runs, codes. */
static char *again(enum codes kind, const char *codes)
{
    struct buf plain = {0};
    struct runs runs = {0};
    codes_parse(kind, codes, strlen(codes), &plain, &runs);
    char *packed = runs_pack(&runs), *written = codes_text(kind, buf_str(&plain), packed);
    char *have = shown(kind, written);
    free(packed);
    free(written);
    buf_free(&plain);
    runs_free(&runs);
    return have;
}

/* What is written is read the same again, whatever follows a code. */
static void codes_survive_the_way_back(void **state)
{
    static const char *const more[] = {"\x02" "bold\x02 5not", "\x03" "04" "\x02\x02" "5 digits", "\x03" "04\x02\x02,5 comma",
                                       "\x03" "04,12" "\x02\x02" "5x", "\x04" "ff0000" "0x", "\x04" "fe0001" "0x", "\x04" "ff0000,00ff00" "0x",
                                       "\x04" "fe0001\x02\x02,00ff00x", "\x03" "1,1secret\x0f open", "\x02\x1d\x1f\x1e\x11\x16" "all\x0f",
                                       "\x03" "98x\x03" "20y", "\x02\x03" "04,5bold on ground\x03 bold",
                                       "\x03" "1,1,secret", "\x03" "1,1" "5 secret"};

    for (size_t i = 0; i < COUNT(rows) + COUNT(more); i++) {
        const char *codes = i < COUNT(rows) ? rows[i].codes : more[i - COUNT(rows)];
        char *before = shown(CODES_IRC, codes), *after = again(CODES_IRC, codes);

        if (strcmp(after, before) != 0)
            fail_msg("row %zu: \"%s\" not \"%s\"", i, after, before);
        free(before);
        free(after);
    }
    (void)state;
}

static void codes_are_such_as_all_clients_read(void **state)
{
    static const struct { const char *given, *want; } written[] = {
        {"\x02" "a", "\x02" "a\x0f"},
        {"\x03" "4a", "\x03" "04a\x0f"},
        {"\x03" "4,5a", "\x03" "04,05a\x0f"},
        {"\x03" "99,5a", "\x03" "99,05a\x0f"},
        {"\x04" "ff0000a", "\x03" "04a\x0f"}, /* there is a number for it */
        {"\x04" "fe0001a", "\x04" "FE0001a\x0f"},
        {"\x04" "fe0001,ff0000a", "\x04" "FE0001,FF0000a\x0f"},
        {"\x03" "4,\x02", "\x03" "04\x02\x02,\x0f"},
        {"\x03" "1,1a", "\x03" "01,01a\x0f"},
        {"\x03" "8,8a", "\x03" "01,01a\x0f"},
        {"\x16\x1e\x11z", "\x1e\x11\x16z\x0f"},
    };
    for (size_t i = 0; i < COUNT(written); i++) {
        struct buf plain = {0};
        struct runs runs = {0};
        codes_parse(CODES_IRC, written[i].given, strlen(written[i].given), &plain, &runs);
        char *packed = runs_pack(&runs), *have = codes_text(CODES_IRC, buf_str(&plain), packed);
        assert_string_equal(have, written[i].want);
        free(have);
        free(packed);
        buf_free(&plain);
        runs_free(&runs);
    }
    (void)state;
}

static void the_input_has_a_toggle_for_spoilers(void **state)
{
    static const struct { const char *codes, *want; } input[] = {
        {"he is \x13the gardener\x13.", "he is the gardener.{6+12 X}"},
        {"\x13" "a\x02" "b\x13" "c", "abc{0+1 X}{1+1 B X}{2+1 B}"},
        {"\x13" "a\x0f" "b", "ab{0+1 X}"},
        {"\x03" "1,1a", "a{0+1 X}"},
        {"\x13", ""},
    };
    for (size_t i = 0; i < COUNT(input); i++) {
        char *have = shown(CODES_INPUT, input[i].codes), *back = again(CODES_INPUT, input[i].codes);
        assert_string_equal(have, input[i].want);
        assert_string_equal(back, input[i].want);
        free(have);
        free(back);
    }
    assert_true(codes_any(CODES_INPUT, "a\x13"));
    assert_false(codes_any(CODES_IRC, "a\x13"));
    assert_false(codes_any(CODES_INPUT, "a\tb\nc\x1b\x07"));
    (void)state;
}

static void runs_are_bounded(void **state)
{
    struct buf b = {0}, plain = {0};
    struct runs runs = {0};

    for (int i = 0; i < 20000; i++)
        buf_adds(&b, "\x02x");
    codes_parse(CODES_IRC, b.data, b.len, &plain, &runs);
    assert_int_equal(runs.n, RUNS_MAX);
    assert_int_equal(plain.len, 20000);
    buf_free(&b);
    buf_free(&plain);
    runs_free(&runs);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_read), cmocka_unit_test(codes_survive_the_way_back),
        cmocka_unit_test(codes_are_such_as_all_clients_read), cmocka_unit_test(the_input_has_a_toggle_for_spoilers),
        cmocka_unit_test(runs_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
