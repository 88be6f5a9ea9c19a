/* unit/ui/test_term.c - what reaches a terminal: the grid, few bytes, whole clusters, links, fall-backs, restore */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/term.h"

#include "emulator.inc"

#define FAMILY "👩\u200D👩\u200D👧\u200D👦"

/* libtinfo forgets 14 bytes when it looks again where descriptions are. */
const char *__lsan_default_suppressions(void); /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
const char *__lsan_default_suppressions(void)  /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
{
    return "leak:_nc_first_db\n";
}

static char terminfo[4096]; /* BUILD/terminfo, where this is BUILD/unit/ui/test_term */

static int find_terminfo(void **state)
{
    ssize_t n = readlink("/proc/self/exe", terminfo, sizeof terminfo - 16);
    if (n <= 0)
        return -1;
    terminfo[n] = '\0';
    for (int i = 0; i < 3; i++) {
        char *slash = strrchr(terminfo, '/');
        if (!slash)
            return -1;
        *slash = '\0';
    }
    memcpy(terminfo + strlen(terminfo), "/terminfo", sizeof "/terminfo");
    return 0;
}

struct rig { /* a terminal, its surface and the emulator at the other end */
    struct term *t;
    struct surface *s;
    struct emu e;
    struct buf out, last;
    size_t bytes; /* of the last frame */
};

static void rig_open(struct rig *r, const char *term, int w, int h, const char *const *more)
{
    char name[64];
    const char *env[12] = {name, "LANG=C.UTF-8"};
    size_t n = 2;
    snprintf(name, sizeof name, "TERM=%s", term);
    for (; more && *more; more++)
        env[n++] = *more;
    struct term_params p = {.columns = w, .rows = h, .env = env, .links = true, .focus = true,
                            .terminfo_dir = terminfo};
    struct err e = {0};
    *r = (struct rig){.t = term_new(&p, &e)};
    assert_non_null(r->t);
    r->s = surface_new(w, h, NULL, NULL);
    emu_init(&r->e, w, h);
    term_begin(r->t, &r->out);
}

static void rig_draw(struct rig *r)
{
    term_draw(r->t, r->s, &r->out);
    r->bytes = r->out.len;
    buf_clear(&r->last);
    buf_add(&r->last, r->out.data, r->out.len);
    emu_feed(&r->e, buf_str(&r->out), r->out.len);
    buf_clear(&r->out);
}

static void rig_close(struct rig *r)
{
    term_free(r->t);
    surface_free(r->s);
    emu_free(&r->e);
    buf_free(&r->out);
    buf_free(&r->last);
}

static struct rect all_of(const struct surface *s)
{
    return (struct rect){0, 0, s->w, s->h};
}

static void put(struct rig *r, int x, int y, const char *text)
{
    surface_puts(r->s, all_of(r->s), x, y, text, 0);
}

/* Every cell of the emulator holds what the surface says. */
static void check_same(const struct rig *r)
{
    for (int y = 0; y < r->s->h; y++) {
        for (int x = 0; x < r->s->w; x++) {
            const struct cell *c = surface_at(r->s, x, y);
            size_t len;
            const char *text = surface_cell_text(r->s, c, &len);
            char got[130];
            if (c->width == 0)
                continue;
            snprintf(got, sizeof got, "%s%s", emu_at(&r->e, x, y)->text,
                     c->width == 2 ? emu_at(&r->e, x + 1, y)->text : ""); /* a flag in two halves */
            if (strlen(got) != len || memcmp(got, text, len) != 0)
                fail_msg("%dx%d: cell %d,%d is \"%s\" and should be \"%.*s\" after \"%s\"", r->s->w, r->s->h, x, y, got, (int)len, text, buf_str(&r->last));
        }
    }
    if (r->s->cursor_x >= 0) {
        assert_int_equal(r->e.x, r->s->cursor_x);
        assert_int_equal(r->e.y, r->s->cursor_y);
    }
    assert_int_equal(r->e.cursor_hidden, r->s->cursor_x < 0);
    assert_int_equal(r->e.unknown, 0);
}

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

static const struct term_facts modern = {
    .answers = true, .widths = true, .links = true, .dark = 1,
    .rules = {.emoji = EMOJI_GRAPHEME, .zwj = 2, .vs16 = 2, .skin = 2, .flag = 2, .devanagari = 3, .newest = 2}};

static void set_modern(struct rig *r)
{
    r->e.clusters = true;
    term_set_facts(r->t, &modern, &r->out);
    surface_set_rules(r->s, &modern.rules);
}

/* Random writing, moving, resizing: the other end always shows the surface. With whole clusters in the second half. */
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

static void put_link(struct rig *r, int x, int y, const char *text, const char *url)
{
    surface_put_link(r->s, all_of(r->s), x, y, text, strlen(text), 0, surface_link(r->s, url, strlen(url)));
}

static void test_links(void **state)
{
    struct rig r;
    rig_open(&r, "xterm-256color", 40, 4, NULL);
    set_modern(&r);
    put_link(&r, 2, 1, "a link", "https://example.org/a");
    rig_draw(&r);
    check_same(&r);
    assert_string_equal(emu_at(&r.e, 1, 1)->link, "");
    assert_string_equal(emu_at(&r.e, 2, 1)->link, "https://example.org/a");
    assert_string_equal(emu_at(&r.e, 7, 1)->link, "https://example.org/a");
    assert_string_equal(emu_at(&r.e, 8, 1)->link, "");
    put(&r, 2, 1, "a link"); /* the same words, no link any more */
    rig_draw(&r);
    check_same(&r);
    assert_string_equal(emu_at(&r.e, 2, 1)->link, "");
    put_link(&r, 0, 2, "evil", "https://x/\x1b]0;y\a\xC2\x9B \u00e9");
    rig_draw(&r);
    assert_string_equal(emu_at(&r.e, 0, 2)->link, "https://x/%1B]0;y%07%C2%9B%20%C3%A9");
    assert_string_equal(r.e.title, "");
    rig_close(&r);
    rig_open(&r, "screen", 40, 4, NULL); /* nothing known of links: none */
    put_link(&r, 2, 1, "a link", "https://example.org/a");
    rig_draw(&r);
    assert_string_equal(emu_at(&r.e, 2, 1)->link, "");
    check_same(&r);
    rig_close(&r);
}

/* ---- bytes on the line ---- */

/* A screen as UX.md 4.3 has it: list, chat at the bottom, members, status, input. */
static void paint_main(struct rig *r, int contacts, int first, int n, const char *input)
{
    char line[160];
    int w = r->s->w, h = r->s->h;
    surface_fill(r->s, all_of(r->s), 0);
    for (int y = 0; y < h - 3; y++) {
        put(r, 26, y, "│");
        put(r, w - 17, y, "│");
    }
    for (int i = 0; i < contacts; i++) {
        snprintf(line, sizeof line, " ● contact number %d", i);
        put(r, 0, 1 + i, line);
    }
    put(r, 28, 0, "# c-dev  Release 0.2 is on Friday");
    for (int i = 0; i < n; i++) {
        int m = first + i;
        static const char *const words[] = {"freeze", "the", "release", "tonight", "a", "patch", "resize", "I", "think", "so",
                                            "bug", "and", "title", "blank", "review", "please"};
        snprintf(line, sizeof line, "09:%02d %8s │ %s %s %s %s %s %s %s", m % 60, m % 3 ? "frank" : "carol", words[m % 16],
                 words[m * 7 / 3 % 16], words[m * 5 / 2 % 16], words[m * 13 / 7 % 16], words[m * 3 % 16], words[m * 11 / 5 % 16],
                 words[m * 9 / 4 % 16]);
        put(r, 28, h - 3 - n + i, line);
    }
    put(r, 0, h - 3, " 09:31  alice@example.org ●  [3 c-dev]");
    put(r, 1, h - 2, "❯");
    put(r, 3, h - 2, input);
    surface_cursor(r->s, 3 + (int)strlen(input), h - 2);
    put(r, 1, h - 1, "Enter send · Alt-Enter new line · Tab complete");
}

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

/* ---- links: few bytes, and each cell's link is what it should be ---- */

static void check_links(struct rig *r)
{
    for (int y = 0; y < r->s->h; y++) {
        for (int x = 0; x < r->s->w; x++) {
            const struct cell *c = surface_at(r->s, x, y);
            const char *want = surface_link_of(r->s, c->link), *is = emu_at(&r->e, x, y)->link;
            if (c->width == 0)
                continue;
            if (strcmp(want ? want : "", is) != 0)
                print_message("cell %d,%d: link \"%s\" should be \"%s\"\n", x, y, is, want ? want : "");
            assert_string_equal(want ? want : "", is);
        }
    }
}

/* Every third message has a link; some wrap it over two rows. */
static void paint_links(struct rig *r, int first, int n)
{
    int h = r->s->h;
    for (int i = 0; i < n; i++) {
        char url[64];
        int m = first + i, y = h - 3 - n + i;
        snprintf(url, sizeof url, "https://example.org/r/%d", m / 2);
        if (m % 6 == 1)
            put_link(r, 46, y, url, url);
        if (m % 6 == 4 && i + 1 < n) {
            put_link(r, 80, y, "https://example", url);
            put_link(r, 46, y + 1, ".org/wraps", url);
        }
    }
}

static void test_few_bytes_with_links(void **state)
{
    struct rig r;
    rig_open(&r, "xterm-256color", 120, 36, NULL);
    set_modern(&r);
    paint_main(&r, 6, 100, 30, "");
    paint_links(&r, 100, 30);
    rig_draw(&r);
    check_same(&r);
    check_links(&r);
    print_message("first frame with links: %zu bytes\n", r.bytes);
    assert_in_range(r.bytes, 1, 4700);
    paint_main(&r, 6, 100, 30, "a");
    paint_links(&r, 100, 30);
    rig_draw(&r);
    check_links(&r);
    assert_in_range(r.bytes, 1, 10);
    size_t sum = 0, most = 0;
    for (int i = 1; i <= 30; i++) { /* messages come: the chat moves up, its links with it */
        paint_main(&r, 6, 100 + i, 30, "a");
        paint_links(&r, 100 + i, 30);
        rig_draw(&r);
        check_same(&r);
        check_links(&r);
        sum += r.bytes;
        most = MAX(most, r.bytes);
    }
    print_message("a message, links on the screen: %zu bytes, at most %zu\n", sum / 30, most);
    assert_in_range(sum / 30, 1, 200);
    assert_in_range(most, 1, 420); /* one that brings a link, and moves another's second row */
    rig_close(&r);
}

static void test_links_are_followed(void **state)
{
    static const int sizes[][2] = {{120, 36}, {50, 15}, {20, 6}};
    unsigned seed = 42;
    for (size_t k = 0; k < COUNT(sizes); k++) {
        struct rig r;
        rig_open(&r, "xterm-256color", sizes[k][0], sizes[k][1], NULL);
        set_modern(&r);
        for (int frame = 0; frame < 300; frame++) {
            int w = sizes[k][0], h = sizes[k][1], offset = frame / 3;
            surface_fill(r.s, all_of(r.s), 0);
            for (int y = 0; y < h; y++) { /* rows that move, some alike, some with wide letters */
                char line[64];
                int m = (y + offset) % 9;
                snprintf(line, sizeof line, "%s row number %d", m % 4 == 2 ? "日本" : "same", m % 3);
                put(&r, 0, y, line);
                seed = seed * 1103515245u + 12345u;
                if ((y + offset) % 4 == 1)
                    put_link(&r, 5, y, "row number", (y + offset) % 8 == 1 ? "https://a" : "https://b");
                if ((seed >> 16) % 11 == 0)
                    put_link(&r, (int)((seed >> 20) % (unsigned)w), y, "xy", "https://c");
            }
            if (frame == 150)
                term_redraw(r.t);
            if (frame % 70 == 69)
                surface_set_rules(r.s, &r.s->rules); /* all numbers change */
            else
                rig_draw(&r);
            if (frame % 70 == 69)
                continue;
            check_same(&r);
            check_links(&r);
        }
        rig_close(&r);
    }
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
        cmocka_unit_test(test_ambiguous),   cmocka_unit_test(test_links),      cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_few_bytes_with_links), cmocka_unit_test(test_links_are_followed),
        cmocka_unit_test(test_fall_backs),  cmocka_unit_test(test_colours),    cmocka_unit_test(test_two_terminals),
        cmocka_unit_test(test_redraw),      cmocka_unit_test(test_extras),     cmocka_unit_test(test_keyboard),
    };
    return cmocka_run_group_tests(tests, find_terminfo, NULL);
}
