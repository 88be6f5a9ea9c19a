/* unit/ui/test_probe.c - the start-up probe against scripted terminals */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#include "ui/probe.h"

static const struct probe_env xterm_env = {.term = "xterm-256color", .utf8 = true};

/* Feeds what a terminal says through the real decoder. */
static void say(struct probe *p, struct decode *d, const char *bytes)
{
    struct decode_event ev;
    decode_feed(d, bytes, strlen(bytes));
    while (decode_next(d, &ev))
        if (ev.kind == DECODE_REPLY)
            probe_reply(p, &ev);
}

static void say_widths(struct probe *p, struct decode *d, const int w[8])
{
    struct buf b = {0};
    for (int i = 0; i < 8; i++)
        buf_addf(&b, "\x1b[2;%dR", w[i] + 1);
    say(p, d, buf_str(&b));
    buf_free(&b);
}

static struct decode *begin(struct probe *p, const struct probe_env *env, struct buf *out)
{
    struct decode *d = decode_new();
    probe_init(p, env, 1000, out);
    decode_expect_cursor(d, probe_cursor_reports(p));
    return d;
}

static void end(struct decode *d, struct buf *out)
{
    decode_free(d);
    buf_free(out);
}

static void test_one_write(void **state)
{
    struct probe p;
    struct buf out = {0};
    struct decode *d = begin(&p, &xterm_env, &out);
    assert_int_equal(probe_cursor_reports(&p), 8);
    assert_non_null(strstr(buf_str(&out), "\x1b[>q"));
    assert_non_null(strstr(buf_str(&out), "\u65E5\x1b[6n"));
    assert_memory_equal(out.data + out.len - 3, "\x1b[c", 3); /* the fence is last */
    assert_true(out.len < 400);
    end(d, &out);
}

static void test_modern(void **state)
{
    static const int widths[8] = {2, 1, 2, 2, 2, 2, 3, 2};
    struct probe p;
    struct buf out = {0};
    struct decode *d = begin(&p, &xterm_env, &out);
    say(&p, d, "\x1bP>|foot(1.16.2)\x1b\\\x1b[?0u\x1b[?2026;2$y\x1b[?2027;3$y\x1b[?2031;2$y\x1b[?2048;2$y"
               "\x1b]11;rgb:1a1a/1b1b/2626\x1b\\\x1b]99;i=p:p=?;p=title\x1b\\\x1b[6;20;10t");
    assert_false(probe_settled(&p, 1050));
    say_widths(&p, d, widths);
    say(&p, d, "\x1b[?62;4;22c");
    assert_true(probe_settled(&p, 1050));
    const struct term_facts *f = &p.facts;
    assert_string_equal(f->version, "foot(1.16.2)");
    assert_true(f->answers && f->widths && f->sync && f->appearance && f->size_reports && f->keyboard);
    assert_true(f->notices && f->sixel && f->truecolour && f->links && f->has_background);
    assert_int_equal(f->dark, 1);
    assert_int_equal(f->cell_h, 20);
    assert_int_equal(f->rules.emoji, EMOJI_GRAPHEME);
    assert_int_equal(f->rules.zwj, 2);
    assert_int_equal(f->rules.devanagari, 3);
    assert_int_equal(f->rules.no_utf8, 0);
    end(d, &out);
}

/* Knows the family, but not the skin nor the heart: it speaks for itself, not for the terminal outside. */
static void test_tmux_33a(void **state)
{
    static const int widths[8] = {2, 1, 1, 4, 2, 2, 5, 0};
    struct probe_env env = {.term = "tmux-256color", .tmux = true, .utf8 = true};
    struct probe p;
    struct buf out = {0};
    struct decode *d = begin(&p, &env, &out);
    say(&p, d, "\x1bP>|tmux 3.3a\x1b\\");
    say_widths(&p, d, widths);
    say(&p, d, "\x1b[?1;2c");
    assert_true(probe_settled(&p, 1001));
    assert_int_equal(p.facts.rules.emoji, EMOJI_SAFE);
    assert_int_equal(p.facts.rules.devanagari, 5);
    assert_int_equal(p.facts.rules.newest, 0);
    assert_false(p.facts.links || p.facts.sync || p.facts.sixel);
    assert_true(p.facts.truecolour);
    end(d, &out);
}

/* Links are marked where the terminal is known to show them: by what it says, or by TERM. */
static void test_links_where_they_are_known(void **state)
{
    static const struct {
        const char *term, *version;
        bool links;
    } kinds[] = {{"xterm-256color", NULL, false},
                 {"xterm-256color", "XTerm(390)", false},
                 {"xterm-256color", "VTE(7203)", true},
                 {"xterm-256color", "VTE(4800)", false},
                 {"xterm-256color", "Konsole 22.12.3", true},
                 {"xterm-kitty", NULL, true},
                 {"alacritty", NULL, true},
                 {"tmux-256color", "tmux 3.5a", true},
                 {"vt220", "never heard of", false}};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct probe_env env = {.term = kinds[i].term, .utf8 = true};
        struct probe p;
        struct buf out = {0};
        struct decode *d = begin(&p, &env, &out);
        if (kinds[i].version) {
            char *answer = xasprintf("\x1bP>|%s\x1b\\", kinds[i].version);
            say(&p, d, answer);
            free(answer);
        }
        say(&p, d, "\x1b[?1;2c");
        assert_int_equal(p.facts.links, kinds[i].links);
        end(d, &out);
    }
}

static void test_screen(void **state)
{
    static const int widths[8] = {2, 1, 1, 4, 8, 2, 5, 1};
    struct probe_env env = {.term = "screen-256color", .screen = true, .utf8 = true};
    struct probe p;
    struct buf out = {0};
    struct decode *d = begin(&p, &env, &out);
    assert_null(strstr(buf_str(&out), "\x1bP")); /* it would hand that on to the outside */
    say_widths(&p, d, widths);
    say(&p, d, "\x1b[?1;2c");
    assert_int_equal(p.facts.rules.emoji, EMOJI_SAFE);
    assert_false(p.facts.links);
    end(d, &out);
}

/* Silence costs the time-out, never more, and leaves the safe defaults. */
static void test_silent(void **state)
{
    struct probe p;
    struct buf out = {0};
    struct decode *d = begin(&p, &xterm_env, &out);
    assert_false(probe_settled(&p, 1099));
    assert_true(probe_settled(&p, 1100));
    assert_int_equal(p.facts.rules.emoji, EMOJI_SAFE);
    assert_int_equal(p.facts.rules.no_utf8, 0);
    assert_int_equal(p.facts.dark, -1);
    say(&p, d, "\x1b[?2026;2$y"); /* late, and still heard */
    assert_true(p.facts.sync);
    end(d, &out);
    struct probe_env ssh = xterm_env;
    ssh.ssh = true;
    d = begin(&p, &ssh, &out);
    assert_false(probe_settled(&p, 1299));
    assert_true(probe_settled(&p, 1300));
    end(d, &out);
}

static void test_not_utf8(void **state)
{
    static const int latin[8] = {3, 3, 6, 8, 25, 8, 18, 4}, good[8] = {2, 1, 1, 4, 8, 2, 5, 1};
    struct probe_env c = {.term = "xterm", .utf8 = false};
    struct probe p;
    struct buf out = {0};
    struct decode *d = begin(&p, &xterm_env, &out);
    say_widths(&p, d, latin);
    assert_int_equal(p.facts.rules.no_utf8, 1); /* the locale says UTF-8, the terminal does not */
    end(d, &out);
    d = begin(&p, &c, &out);
    assert_int_equal(p.facts.rules.no_utf8, 1);
    say_widths(&p, d, good);
    assert_int_equal(p.facts.rules.no_utf8, 0); /* LANG=C in a UTF-8 terminal */
    end(d, &out);
}

static void test_wide_ambiguous(void **state)
{
    static const int widths[8] = {2, 2, 2, 2, 2, 2, 3, 2};
    struct probe p;
    struct buf out = {0};
    struct decode *d = begin(&p, &xterm_env, &out);
    say_widths(&p, d, widths);
    assert_int_equal(p.facts.rules.ambiguous_wide, 1);
    end(d, &out);
}

static void test_simple_terminals(void **state)
{
    static const char *const terms[] = {"linux", "vt100", "dumb", NULL};
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        struct probe_env env = {.term = terms[i], .utf8 = true};
        struct probe p;
        struct buf out = {0};
        struct decode *d = begin(&p, &env, &out);
        assert_int_equal(out.len, 0);
        assert_int_equal(probe_cursor_reports(&p), 0);
        assert_true(probe_settled(&p, 1000));
        assert_false(p.facts.links);
        end(d, &out);
    }
}

static void test_environment(void **state)
{
    struct probe_env env = {.term = "xterm", .colorterm = "truecolor", .colorfgbg = "0;default;15", .utf8 = true};
    struct probe p;
    struct buf out = {0};
    struct decode *d = begin(&p, &env, &out);
    assert_true(p.facts.truecolour);
    assert_null(strstr(buf_str(&out), "\x1bP+q"));
    assert_int_equal(p.facts.dark, 0);
    end(d, &out);
    d = begin(&p, &xterm_env, &out);
    say(&p, d, "\x1bP1+r524742=382f382f38\x1b\\");
    assert_true(p.facts.truecolour);
    end(d, &out);
}

/* A slow link asks once: what was found before for this version is taken over. */
static void test_adopt(void **state)
{
    struct term_facts known = {.widths = true, .rules = {.emoji = EMOJI_GRAPHEME, .zwj = 2}};
    struct probe p;
    struct buf out = {0};
    struct decode *d = begin(&p, &xterm_env, &out);
    say(&p, d, "\x1bP>|kitty(0.35)\x1b\\");
    assert_false(probe_settled(&p, 1001));
    probe_adopt(&p, &known);
    assert_true(probe_settled(&p, 1001));
    assert_int_equal(p.facts.rules.zwj, 2);
    end(d, &out);
}

static void graphics(const char *version, bool sixel, int cell, bool inside, enum term_graphics want)
{
    struct term_facts f = {.sixel = sixel, .cell_w = cell, .cell_h = cell * 2};
    str_copy(f.version, sizeof f.version, version);
    assert_int_equal(probe_graphics(&f, inside), want);
}

static void test_graphics(void **state)
{
    graphics("kitty(0.35.1)", false, 8, false, TERM_GRAPHICS_KITTY);
    graphics("WezTerm 20240203", true, 8, false, TERM_GRAPHICS_SIXEL);
    graphics("WezTerm 20240203", false, 8, false, TERM_GRAPHICS_KITTY);
    graphics("foot(1.16.2)", true, 8, false, TERM_GRAPHICS_SIXEL);
    graphics("foot(1.16.2)", true, 0, false, TERM_GRAPHICS_NONE); /* it could scroll */
    graphics("VTE(7003)", false, 8, false, TERM_GRAPHICS_NONE);
    graphics("", false, 0, false, TERM_GRAPHICS_NONE);
    graphics("kitty(0.35.1)", true, 8, true, TERM_GRAPHICS_NONE); /* in tmux */
    graphics("tmux 3.5a", true, 8, true, TERM_GRAPHICS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_write), cmocka_unit_test(test_graphics),    cmocka_unit_test(test_modern),
        cmocka_unit_test(test_tmux_33a),     cmocka_unit_test(test_links_where_they_are_known),
        cmocka_unit_test(test_screen),
        cmocka_unit_test(test_silent),       cmocka_unit_test(test_not_utf8),
        cmocka_unit_test(test_wide_ambiguous), cmocka_unit_test(test_simple_terminals),
        cmocka_unit_test(test_environment),  cmocka_unit_test(test_adopt), 
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
