/* unit/ui/test_term.c - what reaches a terminal: the grid, few bytes, whole clusters, fall-backs, restore */
#include "term_rig.h"

static void test_first_frame(void **state)
{
    static const char *const terms[] = {"xterm-256color", "xterm", "tmux-256color", "screen", "linux", "vt100",
                                        "rxvt-unicode-256color", "screen-256color", "vt220"};
    for (size_t i = 0; i < COUNT(terms); i++) {
        struct rig r;
        rig_open(&r, terms[i], 60, 12, NULL);
        put(&r, 0, 0, "hello 日本 é");
        put(&r, 58, 11, "zz"); /* the last cell of all */
        surface_cursor(r.s, 5, 3);
        rig_draw(&r);
        if (!str_starts(terms[i], "vt")) /* which knows no hidden cursor */
            check_same(&r);
        rig_draw(&r);
        assert_int_equal(r.bytes, 0); /* nothing changed */
        rig_close(&r);
    }
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void test_random(void **state)
{
    static const char *const words[] = {"a", "hello", "日本語", "é", "   ", "e\u0301x", "한국", "─────", "👍", "x y z", "🇩🇪",
                                        FAMILY, "❤\uFE0F", "👍🏽", "हिन्दी", "👩", "❤ "};
    static const char *const terms[] = {"xterm-256color", "tmux-256color", "screen"};
    uint32_t seed = 42;
    for (size_t i = 0; i < 2 * COUNT(terms); i++) {
        struct rig r;
        rig_open(&r, terms[i / 2], 40, 12, NULL);
        if (i & 1)
            set_modern(&r);
        for (int frame = 0; frame < 300; frame++) {
            if (next(&seed) % 40 == 0) {
                int w = 2 + (int)(next(&seed) % 60), h = 1 + (int)(next(&seed) % 20);
                surface_resize(r.s, w, h);
                emu_free(&r.e);
                emu_init(&r.e, w, h);
                r.e.clusters = i & 1;
            }
            if (next(&seed) % 3 == 0) { /* move everything up a row, as a chat does */
                memmove(r.s->cells, r.s->cells + r.s->w, (size_t)(r.s->h - 1) * (size_t)r.s->w * sizeof *r.s->cells);
                surface_fill(r.s, (struct rect){0, r.s->h - 1, r.s->w, 1}, 0);
            }
            for (int k = (int)(next(&seed) % 6); k >= 0; k--)
                put(&r, (int)(next(&seed) % (uint32_t)r.s->w), (int)(next(&seed) % (uint32_t)r.s->h),
                    words[next(&seed) % COUNT(words)]);
            surface_cursor(r.s, (int)(next(&seed) % (uint32_t)r.s->w), (int)(next(&seed) % (uint32_t)r.s->h));
            if (next(&seed) % 50 == 0)
                surface_cursor(r.s, -1, -1);
            rig_draw(&r);
            check_same(&r);
        }
        rig_close(&r);
    }
}

/* ---- whole clusters, ghosts, links ---- */

static void test_clusters(void **state)
{
    struct rig r;
    rig_open(&r, "xterm-256color", 40, 6, NULL);
    set_modern(&r);
    put(&r, 0, 1, "x" FAMILY "y❤\uFE0Fz👍🏽|हिन्दी|\U0001FAE8|");
    surface_cursor(r.s, 3, 4);
    rig_draw(&r);
    check_same(&r);
    assert_string_equal(emu_at(&r.e, 1, 1)->text, FAMILY);
    put(&r, 0, 1, "ab                  "); /* no cell of the old line is left */
    rig_draw(&r);
    check_same(&r);
    put(&r, 0, 2, FAMILY);
    rig_draw(&r);
    put(&r, 10, 2, "far right"); /* the cluster stays, whatever is written beside it */
    rig_draw(&r);
    check_same(&r);
    rig_close(&r);
}

static bool is_struck(const struct rig *r, int x, int y)
{
    const char *sgr = emu_at(&r->e, x, y)->sgr;
    for (const char *p = sgr; (p = strchr(p, '9')); p++)
        if ((p == sgr || p[-1] == ';') && (p[1] == ';' || !p[1]))
            return true;
    return false;
}

/* Text that is struck out: curses has no such attribute. */
static void test_strike(void **state)
{
    struct rig r;
    rig_open(&r, "xterm-256color", 40, 3, NULL);
    uint16_t struck = surface_look(r.s, ROLE_CHAT, &(struct look){.style = LOOK_STRIKE});
    put(&r, 0, 1, "not so");
    surface_puts(r.s, all_of(r.s), 7, 1, "gone", struck);
    rig_draw(&r);
    check_same(&r);
    assert_true(is_struck(&r, 7, 1) && is_struck(&r, 10, 1));
    assert_false(is_struck(&r, 0, 1) || is_struck(&r, 11, 1));
    put(&r, 7, 1, "here");
    rig_draw(&r);
    check_same(&r);
    assert_false(is_struck(&r, 7, 1));
    rig_close(&r);
}

static void test_ambiguous(void **state)
{
    struct rig r;
    struct cell_rules wide = {.ambiguous_wide = 1};
    rig_open(&r, "xterm-256color", 20, 3, NULL);
    surface_set_rules(r.s, &wide);
    put(&r, 0, 0, "\u201Cab\u201D");
    rig_draw(&r);
    assert_string_equal(emu_at(&r.e, 0, 0)->text, "\u201C");
    assert_string_equal(emu_at(&r.e, 2, 0)->text, "a");
    surface_fill(r.s, all_of(r.s), 0);
    rig_draw(&r);
    assert_string_equal(emu_at(&r.e, 0, 0)->text, " "); /* blanks stood under it all the time */
    rig_close(&r);
}

/* ---- bytes on the line ---- */

static void test_bytes(void **state)
{
    struct rig r;
    rig_open(&r, "xterm-256color", 120, 36, NULL);
    paint_main(&r, 6, 100, 30, "");
    rig_draw(&r);
    check_same(&r);
    print_message("first frame: %zu bytes\n", r.bytes);
    char input[64] = "";
    for (int i = 0; i < 30; i++) {
        input[i] = (char)(i % 7 == 6 ? ' ' : 'a' + i % 26);
        input[i + 1] = '\0';
        paint_main(&r, 6, 100, 30, input);
        rig_draw(&r);
        check_same(&r);
        assert_in_range(r.bytes, 1, 10);
    }
    paint_main(&r, 6, 101, 30, input); /* a message comes: the chat moves up */
    rig_draw(&r);
    check_same(&r);
    print_message("a message: %zu bytes\n", r.bytes);
    assert_in_range(r.bytes, 1, 200);
    paint_main(&r, 6, 900, 30, "");
    for (int y = 2; y < 30; y += 2)
        surface_puts(r.s, all_of(r.s), 45, y, "quite another text stands in the other chat, and more", ROLE_CHAT_NICK);
    rig_draw(&r);
    check_same(&r);
    print_message("another window: %zu bytes\n", r.bytes);
    assert_in_range(r.bytes, 1, 3500);
    rig_close(&r);
}

/* ---- kinds of terminals ---- */

static void test_fall_backs(void **state)
{
    static const struct {
        const char *term, *note;
    } t[] = {{"TERM=xterm-kitty-of-nowhere", "taken for xterm-256color"},
             {"TERM=foot-not-here", "taken for xterm-256color"},
             {"TERM=tmux-nothing", "taken for screen-256color"},
             {"TERM=never-heard-of", "taken for vt100"},
             {"TERM=../../etc/x", "taken for vt100"},
             {"X=1", "TERM is not set"},
             {"TERM=xterm", NULL}};
    for (size_t i = 0; i < COUNT(t); i++) {
        const char *env[] = {t[i].term, NULL};
        struct term_params p = {.columns = 20, .rows = 5, .env = env};
        struct err e = {0};
        struct term *term = term_new(&p, &e);
        assert_non_null(term);
        if (t[i].note)
            assert_non_null(strstr(term_note(term), t[i].note));
        else
            assert_null(term_note(term));
        term_free(term);
    }
    const char *env[] = {"TERM=dumb", NULL};
    struct term_params p = {.columns = 20, .rows = 5, .env = env};
    struct err e = {0};
    assert_null(term_new(&p, &e));
    assert_non_null(strstr(e.text, "TERM=dumb"));
}

static const struct style red = {.fg = {0xf7768e, 204, 9}, .bg = {0x1a1b26, 234, 0}, .attr = STYLE_BOLD,
                                 .mono = STYLE_REVERSE, .has_fg = true, .has_bg = true};

static void check_colour(const char *term, const char *const *env, const struct term_facts *f, const char *want)
{
    struct rig r;
    rig_open(&r, term, 20, 4, env);
    if (f)
        term_set_facts(r.t, f, &r.out);
    uint16_t style = surface_tint(r.s, 0, red.fg);
    surface_puts(r.s, all_of(r.s), 0, 0, "x", style);
    rig_draw(&r);
    check_same(&r);
    assert_string_equal(emu_at(&r.e, 0, 0)->sgr, want);
    assert_string_equal(emu_at(&r.e, 1, 0)->sgr, "");
    rig_close(&r);
}

static void test_colours(void **state)
{
    static const char *const none[] = {NULL}, *const mono[] = {"NO_COLOR=1", NULL},
                      *const truecolour[] = {"COLORTERM=truecolor", NULL};
    static const struct term_facts found = {.truecolour = true, .dark = -1};
    check_colour("xterm-256color", none, NULL, "38;5;204");
    check_colour("xterm-256color", truecolour, NULL, "38;2;247;118;142");
    check_colour("tmux-256color", truecolour, NULL, "38;2;247;118;142");
    check_colour("xterm-256color", none, &found, "38;2;247;118;142"); /* sshd dropped COLORTERM; the probe knows */
    check_colour("linux", none, NULL, "10;1;31");
    check_colour("xterm-256color", mono, NULL, "");
    check_colour("xterm-256color", mono, &found, "");
}

static void test_two_terminals(void **state)
{
    struct rig a, b;
    rig_open(&a, "xterm-256color", 40, 6, NULL);
    rig_open(&b, "screen", 20, 4, NULL);
    for (int i = 0; i < 20; i++) {
        char text[32];
        snprintf(text, sizeof text, "frame %d", i);
        put(&a, i, i % 6, text);
        put(&b, 0, i % 4, text);
        rig_draw(&a);
        rig_draw(&b);
        check_same(&a);
        check_same(&b);
    }
    rig_close(&a);
    put(&b, 0, 0, "still here");
    rig_draw(&b);
    check_same(&b);
    rig_close(&b);
}

static void test_redraw(void **state)
{
    struct rig r;
    rig_open(&r, "xterm-256color", 30, 5, NULL);
    put(&r, 0, 0, "some text");
    rig_draw(&r);
    for (int x = 0; x < 30; x++) /* another program has written here */
        emu_cell(&r.e, x, 2)->text[0] = '#';
    rig_draw(&r);
    assert_int_equal(r.bytes, 0);
    term_begin(r.t, &r.out);
    rig_draw(&r);
    check_same(&r);
    assert_true(r.e.alternate && r.e.cursor_hidden);
    emu_feed(&r.e, term_restore(r.t), strlen(term_restore(r.t)));
    assert_false(r.e.alternate || r.e.cursor_hidden);
    rig_close(&r);
}

/* ---- beside the screen ---- */

static void check_has(struct buf *out, const char *want)
{
    if (!strstr(buf_str(out), want))
        fail_msg("\"%s\" is not in \"%s\"", want, buf_str(out));
    buf_clear(out);
}

static void test_extras(void **state)
{
    static const char *const tmux[] = {"TMUX=/tmp/x,1,0", NULL}, *const screen[] = {"STY=1.x", NULL};
    struct term_facts f = modern;
    struct rig r;
    rig_open(&r, "xterm-256color", 30, 5, NULL);
    str_set(&r.s->title, "kith (3)\x1b]0;evil\a\u202e");
    r.s->bell = true;
    r.s->copy = xstrdup("hello");
    term_draw(r.t, r.s, &r.out);
    assert_non_null(strstr(buf_str(&r.out), "\x1b]2;kith (3)␛]0;evil␇\x1b\\"));
    assert_non_null(strstr(buf_str(&r.out), "\x1b]52;c;aGVsbG8=\a"));
    assert_int_equal(r.out.data[r.out.len - 1], '\a');
    assert_false(r.s->bell);
    assert_null(r.s->copy);
    buf_clear(&r.out);
    term_notice(r.t, NULL, "bob", "Bob", "4;3;hi\x1b[31m", &r.out);
    check_has(&r.out, "\x1b]9;Bob: 4,3,hi␛[31m\a");
    f.notices = true;
    term_set_facts(r.t, &f, &r.out);
    buf_clear(&r.out);
    term_notice(r.t, NULL, "bob", "Bob", "hi", &r.out);
    check_has(&r.out, ":p=body;hi\a");
    rig_close(&r);
    rig_open(&r, "tmux-256color", 30, 5, tmux);
    buf_clear(&r.out);
    term_notice(r.t, NULL, "bob", "Bob", "", &r.out);
    check_has(&r.out, "\x1bPtmux;\x1b\x1b]9;Bob\a\x1b\\");
    term_notice(r.t, "99", "bob", "Bob", "hi", &r.out); /* the user knows better than the probe */
    check_has(&r.out, "\x1bPtmux;\x1b\x1b]99;i=kith-86c6a0d4:d=0:o=unfocused;Bob\a");
    term_notice(r.t, "777", "bob", "Bob", "hi", &r.out);
    check_has(&r.out, "\x1b\x1b]777;notify;Bob;hi\a");
    rig_close(&r);
    rig_open(&r, "screen", 30, 5, screen);
    buf_clear(&r.out);
    term_notice(r.t, "9", "bob", "Bob", "hi", &r.out);
    check_has(&r.out, "\x1bP\x1b]9;Bob: hi\a\x1b\\");
    char *big = xcalloc(1, 100001);
    memset(big, 'x', 100000);
    term_copy(r.t, big, 100000, &r.out);
    assert_in_range(r.out.len, 200000, 202000); /* cut to 74 994 bytes, once plain and once in the wrapper */
    free(big);
    rig_close(&r);
}

static void test_keyboard(void **state)
{
    struct term_facts f = {.dark = -1};
    struct rig r;
    rig_open(&r, "xterm-256color", 30, 5, NULL);
    check_has(&r.out, "\x1b[?2004h\x1b[?1004h");
    term_set_facts(r.t, &f, &r.out);
    check_has(&r.out, "\x1b[>4;2m");
    f.keyboard = true;
    term_set_facts(r.t, &f, &r.out); /* the answer came late */
    check_has(&r.out, "\x1b[>4m\x1b[>5u");
    term_set_facts(r.t, &f, &r.out);
    assert_int_equal(r.out.len, 0);
    term_begin(r.t, &r.out); /* back from a suspension */
    check_has(&r.out, "\x1b[>5u");
    f.sync = true;
    term_set_facts(r.t, &f, &r.out);
    for (int y = 0; y < 5; y++)
        put(&r, 0, y, "日本語日本語日本語日本語日本語");
    buf_clear(&r.out);
    term_draw(r.t, r.s, &r.out);
    assert_memory_equal(r.out.data, "\x1b[?2026h", 8);
    assert_memory_equal(r.out.data + r.out.len - 8, "\x1b[?2026l", 8);
    rig_close(&r);
    rig_open(&r, "linux", 30, 5, NULL);
    assert_null(strstr(buf_str(&r.out), "2004"));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_frame), cmocka_unit_test(test_random),     cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_strike),      cmocka_unit_test(test_ambiguous),  cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_fall_backs),  cmocka_unit_test(test_colours),    cmocka_unit_test(test_two_terminals),
        cmocka_unit_test(test_redraw),      cmocka_unit_test(test_extras),     cmocka_unit_test(test_keyboard),
    };
    return cmocka_run_group_tests(tests, find_terminfo, NULL);
}
