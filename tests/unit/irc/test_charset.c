/* unit/irc/test_charset.c - lines that are not in UTF-8, both ways */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#include "backends/irc/charset.h"
#include "base/mem.h"
#include "base/utf8.h"

static char *read_as(const char *encoding, const char *bytes)
{
    struct irc_charset c;
    const char *bad;
    struct buf out = {0};
    irc_charset_open(&c, encoding, NULL, &bad);
    assert_null(bad);
    irc_charset_decode(&c, bytes, strlen(bytes), &out);
    irc_charset_close(&c);
    assert_true(utf8_valid(buf_str(&out), out.len));
    return buf_take(&out);
}

static char *written_as(const char *encoding, const char *text)
{
    struct irc_charset c;
    const char *bad;
    struct buf out = {0};
    irc_charset_open(&c, NULL, encoding, &bad);
    assert_null(bad);
    irc_charset_encode(&c, text, strlen(text), &out);
    irc_charset_close(&c);
    return buf_take(&out);
}

static void lines_are_read(void **state)
{
    static const struct { const char *encoding, *bytes, *text; } rows[] = {
        {NULL, "caf\xe9 \x80 \x93quoted\x94 \x81", "caf\u00e9 \u20ac \u201cquoted\u201d \ufffd"},
        {"windows-1252", "\xfc", "\u00fc"},
        {"CP1252", "\x80", "\u20ac"},
        {"utf-8", "caf\xe9!", "caf\ufffd!"},
        {"UTF8", "\xe9", "\ufffd"},
        {"iso-8859-15", "\xa4", "\u20ac"},
        {"iso-8859-1", "\xa4", "\u00a4"},
        {"iso-8859-2", "\xb3\xf3", "\u0142\u00f3"},
        {"koi8-r", "\xd0\xd2\xc9\xd7\xc5\xd4", "\u043f\u0440\u0438\u0432\u0435\u0442"},
        {"windows-1251", "\xef\xf0", "\u043f\u0440"},
        {"euc-jp", "\xc6\xfc\xcb\xdc ok", "\u65e5\u672c ok"},
        {"euc-jp", "\xc6", "\ufffd"},          /* cut within a character */
        {"euc-jp", "a\xff\xff" "b", "a\ufffd\ufffd" "b"},
        {"gb18030", "\xd6\xd0", "\u4e2d"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *have = read_as(rows[i].encoding, rows[i].bytes);
        if (strcmp(have, rows[i].text) != 0)
            fail_msg("row %zu: \"%s\"", i, have);
        free(have);
    }
    (void)state;
}

static void lines_are_written(void **state)
{
    static const struct { const char *encoding, *text, *bytes; } rows[] = {
        {NULL, "caf\u00e9 \u65e5", "caf\u00e9 \u65e5"},
        {"utf-8", "\u00e9", "\u00e9"},
        {"iso-8859-1", "caf\u00e9 \u65e5\u672c \U0001F600!", "caf\xe9 ?? ?!"},
        {"koi8-r", "\u043f\u0440", "\xd0\xd2"},
        {"euc-jp", "\u65e5\u672c", "\xc6\xfc\xcb\xdc"},
        {"windows-1252", "\u20ac", "\x80"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *have = written_as(rows[i].encoding, rows[i].text);
        assert_string_equal(have, rows[i].bytes);
        free(have);
    }
    (void)state;
}

static void what_is_no_encoding_for_irc_is_left_out(void **state)
{
    static const char *const wrong[] = {"utf-16", "UCS-4", "nonsense", "ebcdic-us", "utf-7", "iso-2022-jp", "koi8-r//TRANSLIT", "a b"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct irc_charset c;
        const char *bad;
        irc_charset_open(&c, wrong[i], NULL, &bad);
        if (!bad || c.in)
            fail_msg("%s", wrong[i]);
        irc_charset_close(&c);
        irc_charset_open(&c, NULL, wrong[i], &bad);
        assert_true(bad && !c.out);
        irc_charset_close(&c);
    }
    (void)state;
}

/* Longer than any piece that is converted at once. */
static void long_lines_are_whole(void **state)
{
    struct buf text = {0};
    for (int i = 0; i < 3000; i++)
        buf_adds(&text, "\u043f ");
    char *bytes = written_as("koi8-r", buf_str(&text)), *back = read_as("koi8-r", bytes);
    assert_int_equal(strlen(bytes), 6000);
    assert_string_equal(back, buf_str(&text));
    free(bytes);
    free(back);
    buf_free(&text);
    (void)state;
}

static void an_account_reads_and_writes_so(void **state)
{
    struct rig r;
    rig_start(&r, "encoding=koi8-r", "send_encoding=koi8-r", NULL);
    rig_online(&r, "echo-message", "CASEMAPPING=ascii");
    rig_line(&r, ":bob!u@h PRIVMSG alice :\xd0\xd2");
    rig_has(rig_events(&r), "body=\u043f\u0440");
    rig_line(&r, ":bob!u@h PRIVMSG alice :\u65e5"); /* a line that is UTF-8 is UTF-8 */
    rig_has(rig_events(&r), "body=\u65e5");
    struct kith_send m = {.size = sizeof m, .chat = "bob", .body = "\u043f\u0440 \u65e5", .id = "o1"};
    assert_int_equal(irc_op_send(r.irc, &m), 0);
    rig_has(rig_sent(&r), "PRIVMSG bob :\xd0\xd2 ?\r\n");
    rig_line(&r, ":alice!u@h PRIVMSG bob :\xd0\xd2 ?"); /* ours, though a letter was lost */
    const char *events = rig_events(&r);
    rig_has(events, "RECEIPT STORED");
    rig_lacks(events, "MESSAGE");
    rig_stop(&r);
    rig_start(&r, "send_encoding=koi8-r", NULL);
    rig_online(&r, "echo-message", "CASEMAPPING=ascii UTF8ONLY");
    assert_int_equal(irc_op_send(r.irc, &m), 0);
    rig_has(rig_sent(&r), "PRIVMSG bob :\u043f\u0440 \u65e5\r\n"); /* this server takes nothing else */
    rig_stop(&r);
    rig_start(&r, "encoding=klingon", NULL);
    rig_has(rig_events(&r), "The encoding \"klingon\" is not known");
    rig_stop(&r);
}

/* These keep a letter back until they know whether an accent follows. */
static void nothing_is_kept_back_at_the_end(void **state)
{
    struct rig r;
    rig_start(&r, "encoding=big5-hkscs", NULL);
    rig_connect(&r);
    rig_line(&r, "\x88\x66"); /* the letter is all there is */
    rig_stop(&r);
    char *have = read_as("big5-hkscs", "ok \x88\x66");
    assert_string_equal(have, "ok \u00ca");
    free(have);
    have = read_as("big5-hkscs", "\x88\x66");
    assert_string_equal(have, "\u00ca");
    free(have);
    have = written_as("big5-hkscs", "ok \u00ca");
    assert_string_equal(have, "ok \x88\x66");
    free(have);
    have = read_as("windows-1258", "Vi\xea\xf2");
    assert_string_equal(have, "Vi\u1ec7");
    free(have);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_kept_back_at_the_end),
        cmocka_unit_test(lines_are_read),       cmocka_unit_test(lines_are_written),
        cmocka_unit_test(long_lines_are_whole), cmocka_unit_test(what_is_no_encoding_for_irc_is_left_out),
        cmocka_unit_test(an_account_reads_and_writes_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
