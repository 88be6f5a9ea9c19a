/* unit/ui/test_decode.c - what terminals send: keys in all encodings, pastes, answers, rubbish */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/decode.h"

/* ---- everything that comes out, as text ---- */

static void put_key(struct buf *out, struct key k)
{
    static const char *const names[] = {"none", "Enter", "Tab", "Esc",  "Backspace", "Delete", "Insert", "Up",
                                        "Down", "Left",  "Right", "Home", "End",     "PgUp",   "PgDn"};
    buf_adds(out, k.mods & KEYM_CTRL ? "C-" : "");
    buf_adds(out, k.mods & KEYM_ALT ? "M-" : "");
    buf_adds(out, k.mods & KEYM_SHIFT ? "S-" : "");
    if (k.code >= KEYC_F1)
        buf_addf(out, "F%d", (int)(k.code - KEYC_F1) + 1);
    else if (k.code >= KEY_NONE)
        buf_adds(out, names[k.code - KEY_NONE]);
    else if (k.code == ' ')
        buf_adds(out, "Space");
    else if (k.code < 0x80)
        buf_addc(out, (char)k.code);
    else
        buf_addf(out, "U+%04X", (unsigned)k.code);
}

static void put_event(struct buf *out, const struct decode_event *ev)
{
    static const char *const mice[] = {"press", "release", "drag", "move", "up", "down"};
    static const char *const replies[] = {"DA1", "DA2", "XTVERSION", "MODE", "CURSOR", "KEYBOARD", "BACKGROUND",
                                          "NOTICE", "CELL", "SIZE", "CAPABILITY", "SETTING", "APPEARANCE"};
    if (out->len)
        buf_addc(out, ' ');
    switch (ev->kind) {
    case DECODE_NONE:
        fail_msg("an event of no kind");
        break;
    case DECODE_KEY:
        put_key(out, ev->key);
        break;
    case DECODE_PASTE:
        buf_addf(out, "paste[%s]%s", ev->text, ev->cut ? "cut" : "");
        break;
    case DECODE_FOCUS:
        buf_adds(out, ev->on ? "focus" : "blur");
        break;
    case DECODE_MOUSE:
        buf_addf(out, "%s:%d@%d,%d+%d", mice[ev->mouse], ev->button, ev->x, ev->y, ev->key.mods);
        break;
    case DECODE_REPLY:
        buf_adds(out, replies[ev->reply]);
        for (int i = 0; i < ev->count; i++)
            buf_addf(out, ":%d", ev->n[i]);
        if (ev->len)
            buf_addf(out, "=%s", ev->text);
        break;
    }
}

static void drain(struct decode *d, struct buf *out)
{
    struct decode_event ev;
    while (decode_next(d, &ev))
        put_event(out, &ev);
}

/* Whole at once, and byte by byte: the same must come out. `expire` then ends what is pending. */
static void check_n(const char *in, size_t len, const char *want, bool expire)
{
    for (int piecewise = 0; piecewise < 2; piecewise++) {
        struct decode *d = decode_new();
        struct buf out = {0};
        for (size_t i = 0; i < len; i += piecewise ? 1 : len) {
            decode_feed(d, in + i, piecewise ? 1 : len);
            drain(d, &out);
        }
        if (expire) {
            assert_in_range(decode_wait_ms(d, 25), 0, 60000);
            decode_expire(d);
            drain(d, &out);
        }
        assert_int_equal(decode_wait_ms(d, 25), -1);
        assert_string_equal(buf_str(&out), want);
        buf_free(&out);
        decode_free(d);
    }
}

static void check(const char *in, const char *want)
{
    check_n(in, strlen(in), want, false);
}

static void test_text(void **state)
{
    check("aZ é日👍", "a Z Space U+00E9 U+65E5 U+1F44D");
    check("\xFF\xC3(\xE2\x82z", "( z"); /* what is invalid gives nothing */
}

static void test_controls(void **state)
{
    check("\r\t\x7f\x08\x01\x1a\n\x1f\x1c\x1d\x1e", "Enter Tab Backspace Backspace C-a C-z C-j C-_ C-\\ C-] C-^");
    check_n("\0", 1, "C-Space", false);
}

static void test_escape(void **state)
{
    check_n("\x1b", 1, "Esc", true);
    check_n("a\x1b", 2, "a Esc", true);
    check_n("\x1b\x1b", 2, "Esc Esc", true);
    check("\x1bx\x1bZ\x1b\r\x1b\x7f\x1b\x01\x1b\xC3\xA9\x1b ", "M-x M-Z M-Enter M-Backspace C-M-a M-U+00E9 M-Space");
    check_n("\x1b[", 2, "M-[", true);
    check_n("\x1bO", 2, "M-O", true);
    check_n("\x1b]", 2, "M-]", true);
    check("\x1b[\rx", "Enter x"); /* broken off by a key */
    check("\x1b]\rx", "Enter x");
    check("\x1bO\rx", "Enter x");
}

static void test_arrows_and_editing(void **state)
{
    check("\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F", "Up Down Right Left Home End");      /* xterm, normal */
    check("\x1bOA\x1bOB\x1bOC\x1bOD\x1bOH\x1bOF", "Up Down Right Left Home End");      /* application */
    check("\x1b[1~\x1b[2~\x1b[3~\x1b[4~\x1b[5~\x1b[6~\x1b[7~\x1b[8~", "Home Insert Delete End PgUp PgDn Home End");
    check("\x1b[1;2A\x1b[1;3B\x1b[1;5C\x1b[1;6D\x1b[3;5~\x1b[5;3~", "S-Up M-Down C-Right C-S-Left C-Delete M-PgUp");
    check("\x1b[a\x1b[d\x1bOa\x1bOc\x1b[3$\x1b[3^\x1b[3@", "S-Up S-Left C-Up C-Right S-Delete C-Delete C-S-Delete"); /* rxvt */
    check("\x1b\x1b[A\x1b\x1bOB\x1b\x1b[3~", "M-Up M-Down M-Delete"); /* rxvt with Alt */
    check("\x1b[Z\x1b[1;5Z", "S-Tab C-S-Tab");
    check_n("\x1b[3$", 4, "S-Delete", true);
}

static void test_function_keys(void **state)
{
    check("\x1bOP\x1bOQ\x1bOR\x1bOS", "F1 F2 F3 F4");                                   /* vt100, xterm, tmux */
    check("\x1b[[A\x1b[[B\x1b[[C\x1b[[D\x1b[[E", "F1 F2 F3 F4 F5");                      /* linux */
    check("\x1b[11~\x1b[12~\x1b[13~\x1b[14~\x1b[15~", "F1 F2 F3 F4 F5");                /* rxvt */
    check("\x1b[17~\x1b[18~\x1b[19~\x1b[20~\x1b[21~\x1b[23~\x1b[24~", "F6 F7 F8 F9 F10 F11 F12");
    check("\x1b[25~\x1b[26~\x1b[28~\x1b[29~\x1b[31~\x1b[34~", "F13 F14 F15 F16 F17 F20");
    check("\x1b[1;5P\x1b[1;2R\x1b[15;3~\x1bO5P", "C-F1 S-F3 M-F5 C-F1");
    check("\x1bOM\x1bOp\x1bOy\x1bOk\x1bOX", "Enter 0 9 + =");                            /* the keypad */
}

static void test_csi_u(void **state)
{
    check("\x1b[13;2u\x1b[13;5u\x1b[65;6u\x1b[97;5u", "S-Enter C-Enter C-S-a C-a");
    check("\x1b[27u\x1b[9;5u\x1b[127;5u\x1b[32;5u\x1b[32;2u", "Esc C-Tab C-Backspace C-Space Space");
    check("\x1b[97;2u\x1b[233;3u\x1b[105;5u\x1b[105;6u", "A M-U+00E9 Tab C-S-i");
    check("\x1b[57376u\x1b[57417;5u\x1b[57414;2u\x1b[57400u", "F13 C-Left S-Enter 1");
    check("\x1b[97;1:3u\x1b[97;5:1u\x1b[97;9u\x1b[57358u\x1b[97:65;2u", "C-a A"); /* releases, Super, Caps Lock: nothing */
    check("\x1b[27;2;13~\x1b[27;5;13~\x1b[27;6;65~\x1b[27;3;120~\x1b[27;5;47~", "S-Enter C-Enter C-S-a M-x C-_");
    check("\x1b[1;129A", "Up"); /* Num Lock is on */
}

static void test_mouse(void **state)
{
    check("\x1b[<0;5;7M\x1b[<0;5;7m\x1b[<32;6;7M\x1b[<35;1;1M", "press:0@4,6+0 release:0@4,6+0 drag:0@5,6+0 move:3@0,0+0");
    check("\x1b[<64;1;1M\x1b[<81;1;1M\x1b[<66;1;1M", "up:0@0,0+0 down:1@0,0+4");
    check("\x1b[<0;0;0M\x1b[<0M\x1b[M !!x", "x");
}

static void test_focus(void **state)
{
    check("\x1b[I\x1b[O", "focus blur");
}

static void test_paste(void **state)
{
    check("\x1b[200~a\rb\r\nc\nd\x1b[201~x", "paste[a\nb\nc\nd] x");
    check("\x1b[200~\x1b[31mred\x03\x07\x7f\x1b[0m\tz\x1b[201~", "paste[[31mred[0m\tz]");
    check("\x1b[200~\x1b[20\x1b[201~", "paste[[20]"); /* the beginning of the mark, then the mark */
    check("\x1b[200~\x1b[201~", "paste[]");
    check("\x1b[200~e\xCC\x81\xFF\xE2\x80\xAE.\x1b[201~", "paste[\xC3\xA9\xEF\xBF\xBD.]");
    check_n("\x1b[200~never ends", 16, "paste[never ends]", true);
}

static void test_large_paste(void **state)
{
    struct decode *d = decode_new();
    struct decode_event ev = {0};
    char line[1001];
    memset(line, 'x', sizeof line);
    line[1000] = '\r';
    decode_feed(d, "\x1b[200~", 6);
    for (int i = 0; i < 12000; i++) { /* 12 MB */
        decode_feed(d, line, sizeof line);
        assert_false(decode_next(d, &ev));
    }
    decode_feed(d, "\x1b[201~z", 7);
    assert_true(decode_next(d, &ev));
    assert_int_equal(ev.kind, DECODE_PASTE);
    assert_true(ev.cut);
    assert_int_equal(ev.len, DECODE_PASTE_MAX);
    assert_int_equal(ev.text[1000], '\n');
    assert_true(decode_next(d, &ev));
    assert_int_equal(ev.key.code, 'z');
    decode_free(d);
}

static void test_replies(void **state)
{
    check("\x1b[?62;4;22c\x1b[>84;0;0c", "DA1:62:4:22 DA2:84:0:0");
    check("\x1bP>|tmux 3.3a\x1b\\\x1bP>|XTerm(379)\x07", "XTVERSION=tmux 3.3a XTVERSION=XTerm(379)");
    check("\x1b[?2026;2$y\x1b[?2027;0$y", "MODE:2026:2 MODE:2027:0");
    check("\x1b[2;3R\x1b[?0u\x1b[?u\x1b[?5u", "CURSOR:2:3 KEYBOARD:0 KEYBOARD:0 KEYBOARD:5");
    check("\x1b]11;rgb:1a1a/1b1b/2626\x1b\\\x1b]11;rgb:ff/80/00\x07", "BACKGROUND:1710886 BACKGROUND:16744448");
    check("\x1b]99;i=p:p=?;p=title,body\x1b\\", "NOTICE=i=p:p=?;p=title,body");
    check("\x1b[6;20;10t\x1b[48;24;80;480;800t", "CELL:20:10 SIZE:24:80:480:800");
    check("\x1bP1+r524742=382f382f38\x1b\\\x1bP0+r\x1b\\x", "CAPABILITY:1=RGB=8/8/8 x");
    check("\x1bP0+r524742\x1b\\", "CAPABILITY:0=RGB");
    check("\x1b[?997;1n", "APPEARANCE:1");
}

static void test_cursor_report_or_f3(void **state)
{
    struct decode *d = decode_new();
    struct buf out = {0};
    decode_expect_cursor(d, 1);
    decode_feed(d, "\x1b[1;2R\x1b[1;2R", 12);
    drain(d, &out);
    assert_string_equal(buf_str(&out), "CURSOR:1:2 S-F3");
    buf_free(&out);
    decode_free(d);
}

/* Nothing unknown ever becomes text. */
static void test_unknown(void **state)
{
    check("\x1b[99;99;99X\x1b[?1;2;3z\x1b[=5c\x1b[5 q\x1bOz\x1b[9999~\x1b[ux", "x");
    check("\x1b]0;title\x07\x1b]52;c;c2VjcmV0\x1b\\\x1bPq#0;2\x1b\\\x1b_Gi=1;OK\x1b\\\x1bXsos\x1b\\\x1b^pm\x1b\\x", "x");
    check("\x9b" "31m\x9d" "0;t\x9cx", "x"); /* 8-bit controls */
    check("\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20mx", "x");
    check("\x1b[<0;99999999999999999999;1Mx", "press:0@999999,0+0 x");
    check("\x1b]11;rgb:zz/1/1\x07\x1b]11;?\x07\x1b[0;0;0tx", "x");
}

static void test_too_long(void **state)
{
    struct decode *d = decode_new();
    struct buf in = {0}, out = {0};
    buf_adds(&in, "\x1b]52;");
    for (int i = 0; i < 5000; i++)
        buf_adds(&in, "AAAAAAAA");
    for (size_t i = 0; i < in.len; i += 777) {
        decode_feed(d, in.data + i, MIN(777, in.len - i));
        drain(d, &out);
    }
    assert_in_range(decode_wait_ms(d, 25), 1000, 60000);
    decode_feed(d, "\x1b", 1);
    drain(d, &out);
    decode_feed(d, "\\x", 2);
    drain(d, &out);
    assert_string_equal(buf_str(&out), "x");
    assert_int_equal(decode_wait_ms(d, 25), -1);
    decode_feed(d, in.data, in.len); /* and one that a key breaks off */
    decode_feed(d, "\x03y", 2);
    drain(d, &out);
    assert_string_equal(buf_str(&out), "x C-c y");
    buf_clear(&in);
    buf_adds(&in, "\x1b[");
    for (int i = 0; i < 3000; i++)
        buf_adds(&in, "1;");
    buf_clear(&out);
    decode_feed(d, in.data, in.len);
    drain(d, &out);
    buf_free(&in);
    buf_free(&out);
    decode_free(d);
}

static void test_latin1(void **state)
{
    struct decode *d = decode_new();
    struct buf out = {0};
    decode_set_latin1(d, true);
    decode_feed(d, "a\xE9\xC3(", 4);
    drain(d, &out);
    assert_string_equal(buf_str(&out), "a U+00E9 U+00C3 (");
    buf_free(&out);
    decode_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_arrows_and_editing),
        cmocka_unit_test(test_function_keys),
        cmocka_unit_test(test_csi_u),
        cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_focus),
        cmocka_unit_test(test_paste),
        cmocka_unit_test(test_large_paste),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_cursor_report_or_f3),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_latin1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
