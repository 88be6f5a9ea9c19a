/* unit/config/test_theme.c - colours, roles, inheritance, the shipped themes, colours of names */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/sha1.h"
#include "config/theme.h"

static void test_sha1(void **state)
{
    static const struct {
        const char *text, *hex;
    } known[] = {{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
                 {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
                 {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "84983e441c3bd26ebaae4aa1f95129e5e54670f1"}};
    for (size_t i = 0; i < COUNT(known); i++) {
        unsigned char d[20];
        char hex[41];
        sha1(known[i].text, strlen(known[i].text), d);
        for (int k = 0; k < 20; k++)
            snprintf(hex + 2 * k, 3, "%02x", d[k]);
        assert_string_equal(hex, known[i].hex);
    }
}

/* XEP-0392 §13.2: hues of names, and their colours. */
static void test_hue(void **state)
{
    static const struct {
        const char *name;
        double hue;
        int32_t rgb;
    } known[] = {{"Romeo", 327.255249, 0xdd00af},
                 {"juliet@capulet.lit", 209.410400, 0x008392},
                 {"😺", 331.199341, 0xde00a8},
                 {"council", 359.994507, 0xea0064}};
    for (size_t i = 0; i < COUNT(known); i++) {
        double d = colour_hue(known[i].name) - known[i].hue;
        assert_true(d > -0.0001 && d < 0.0001);
        int32_t rgb = colour_hsluv(known[i].hue, 100, 50);
        for (int shift = 0; shift < 24;
             shift += 8) /* the table has three decimals: within one step */
            assert_true(abs((rgb >> shift & 255) - (known[i].rgb >> shift & 255)) <= 1);
    }
}

static void test_colours(void **state)
{
    struct colour c;
    struct err e = {0};
    assert_int_equal(colour_parse("#fff", &c, NULL), 0);
    assert_true(c.rgb == 0xffffff && c.c256 == 231 && c.c16 == 15);
    assert_int_equal(colour_parse("#7aa2f7", &c, NULL), 0);
    assert_int_equal(c.rgb, 0x7aa2f7);
    assert_int_equal(c.c256, 111);
    assert_int_equal(colour_parse("blue", &c, NULL), 0);
    assert_true(c.rgb == 4 && c.c256 == 4 && c.c16 == 4);
    assert_int_equal(colour_parse("bright red", &c, NULL), 0);
    assert_int_equal(c.c16, 9);
    assert_int_equal(colour_parse("196", &c, NULL), 0);
    assert_true(c.rgb == 0xff0000 && c.c256 == 196 && c.c16 == 9);
    assert_int_equal(colour_parse("default", &c, NULL), 0);
    assert_int_equal(c.rgb, COLOUR_DEFAULT);
    assert_int_equal(colour_parse("#000", &c, NULL), 0);
    assert_int_equal(c.rgb, 8); /* 0 to 7 are the terminal's own */
    assert_true(colour_parse("#12345", &c, &e) < 0);
    assert_true(colour_parse("256", &c, &e) < 0);
    assert_true(colour_parse("blu", &c, &e) < 0);
    assert_true(colour_contrast(0x000008, 0xffffff) > 20.8);
    assert_true(colour_contrast(0x777777, 0xffffff) > 4.4 &&
                colour_contrast(0x777777, 0xffffff) < 4.5);
    for (int i = 16; i < 256; i++)
        assert_int_equal(colour_of_256(colour_nearest_256(colour_of_256(i))), colour_of_256(i));
}

static int32_t ground_of(const struct theme *t, bool c256)
{
    const struct style *s = theme_style(t, ROLE_CHAT);
    int32_t n = c256 ? s->bg.c256 : s->bg.rgb;
    if (n == COLOUR_DEFAULT)
        return strcmp(theme_appearance(t), "light") == 0 ? 0xf2f2f2 : 0x262626;
    return c256 || n < 8 ? colour_of_256(n) : n;
}

/* Names 4.5 to 1 on the theme's own ground, with true colour and with 256 colours. */
static void assert_names(const struct theme *t, double least)
{
    for (int n = 0; n < 1500; n++) {
        char name[16];
        snprintf(name, sizeof name, "user%d", n);
        struct colour c = theme_nick(t, name);
        int32_t rgb = c.rgb >= 0 && c.rgb < 8 ? colour_of_256(c.rgb) : c.rgb;
        if (c.rgb == COLOUR_DEFAULT) /* the terminal's own: mono */
            continue;
        if (colour_contrast(rgb, ground_of(t, false)) < least ||
            colour_contrast(colour_of_256(c.c256), ground_of(t, true)) < least)
            fail_msg("%s: %s has #%06x, %d: %.2f, %.2f", theme_name(t), name, (unsigned)rgb, c.c256,
                     colour_contrast(rgb, ground_of(t, false)),
                     colour_contrast(colour_of_256(c.c256), ground_of(t, true)));
    }
}

static void assert_good(const char *name, const char *appearance)
{
    struct err e = {0};
    char **lines;
    const char *const *problems;
    struct theme *t = theme_load(name, appearance, &e);
    if (!t)
        fail_msg("%s: %s", name, e.text);
    size_t n = theme_problems(t, &problems);
    for (size_t i = 0; i < n; i++)
        print_message("%s: %s\n", name, problems[i]);
    assert_int_equal(n, 0);
    n = theme_check(t, &lines);
    free(lines);
    assert_int_equal(n, 0);
    assert_names(t, str_starts(name, "contrast") ? 7 : 4.5);
    theme_free(t);
}

/* The ten, each on dark and on light terminals. */
static void test_shipped(void **state)
{
    static const char *const ten[] = {"ansi16", "catppuccin", "contrast", "default",   "gruvbox",
                                      "irssi",  "mono",       "nord",     "solarized", "weechat"};
    char **names = theme_list();
    size_t n = 0;
    for (; names[n]; n++) {
        assert_true(n < COUNT(ten));
        assert_string_equal(names[n], ten[n]);
        assert_good(names[n], "dark");
        assert_good(names[n], "light");
        free(names[n]);
    }
    free(names);
    assert_int_equal(n, 10);
    assert_good("auto", "dark");
    assert_good("auto", "light");
    struct theme *t = theme_builtin("light");
    assert_string_equal(theme_name(t), "default-light");
    theme_free(t);
    t = theme_load("light", NULL, NULL);
    assert_string_equal(theme_appearance(t), "light");
    theme_free(t);
    t = theme_load("auto", "light", NULL);
    assert_string_equal(theme_appearance(t), "light");
    assert_int_equal(theme_style(t, ROLE_CHAT_LINK)->fg.rgb,
                     0x1f55c4); /* the parent's role, the child's palette */
    theme_free(t);
    t = theme_load("gruvbox", "light", NULL); /* follows the terminal */
    assert_string_equal(theme_name(t), "gruvbox-light");
    assert_string_equal(theme_appearance(t), "light");
    theme_free(t);
    t = theme_load("gruvbox-dark", "light", NULL); /* unless it is told which */
    assert_string_equal(theme_appearance(t), "dark");
    theme_free(t);
}

/* All text of the theme for weak eyes is at least 7 to 1. */
static void test_high_contrast(void **state)
{
    for (int light = 0; light < 2; light++) {
        struct theme *t = theme_load("contrast", light ? "light" : "dark", NULL);
        for (enum role r = ROLE_BASE; r < N_ROLES; r++) {
            const struct style *s = theme_style(t, r);
            if (colour_contrast(s->fg.rgb, s->bg.rgb) < 7)
                fail_msg("%s: %s is %.2f", theme_name(t), role_name(r),
                         colour_contrast(s->fg.rgb, s->bg.rgb));
        }
        theme_free(t);
    }
}

/* The ground of the terminal decides what can be read on it. */
static void test_on_the_terminals_ground(void **state)
{
    char **lines;
    struct theme *t = theme_load("irssi", "dark", NULL);
    assert_int_equal(theme_check(t, &lines), 0);
    free(lines);
    theme_set_background(t, 0xffffff);
    size_t n = theme_check(t, &lines);
    assert_true(n > 5);
    for (size_t i = 0; i < n; i++)
        free(lines[i]);
    free(lines);
    theme_set_background(t, 0x300a24);
    assert_int_equal(theme_check(t, &lines), 0);
    free(lines);
    theme_free(t);
}

/* What cannot be read is said when the theme is loaded, with the line where it can be put right. */
static void test_contrast_at_load(void **state)
{
    char path[] = "/tmp/kith-theme-XXXXXX";
    const char text[] = "name = \"dim\"; inherit = \"default-dark\";\n"
                        "palette = { faint = \"#404040\"; };\n"
                        "roles = { chat = { base = { bg = \"#808080\"; };\n"
                        "  code = { fg = \"#202020\"; bg = \"#303030\"; };\n"
                        "  selected = { bg = \"#9ece6a\"; }; }; };\n"
                        "nicks = { method = \"hash\"; saturation = 100; lightness = 50; "
                        "contrast = 3.0; };\n";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
    close(fd);
    const char *const *problems;
    struct theme *t = theme_load(path, "dark", NULL);
    struct buf all = {0};
    for (size_t i = 0, n = theme_problems(t, &problems); i < n; i++)
        buf_addf(&all, "%s\n", problems[i] + strlen(path));
    if (!strstr(buf_str(&all), ":6: contrast is a number from 4.5 to 15") ||
        !strstr(buf_str(&all), ":2: list.group: contrast 1.5 to 1, should be 3.0 or more\n") ||
        !strstr(buf_str(&all), ":4: chat.code: contrast 1.2 to 1, should be 3.0 or more\n") ||
        !strstr(buf_str(&all), ":5: chat.") ||
        !strstr(buf_str(&all), " on chat.selected: contrast "))
        fail_msg("%s", buf_str(&all));
    buf_free(&all);
    theme_free(t);
    unlink(path);
}

/* UX.md 4.27: without colours the things that matter differ from plain text. */
static void test_mono(void **state)
{
    static const char *const names[] = {"ansi16", "catppuccin", "contrast",  "default", "gruvbox",
                                        "irssi",  "mono",       "solarized", "nord",    "weechat"};
    static const enum role roles[] = {
        ROLE_LIST_SELECTED, ROLE_LIST_MENTION,    ROLE_CHAT_MENTION,
        ROLE_CHAT_FAILED,   ROLE_TITLE,           ROLE_STATUS,
        ROLE_CHAT_SELECTED, ROLE_CHAT_SEARCH_HIT, ROLE_POPUP_SELECTED};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct theme *t = theme_load(names[i], NULL, NULL);
        for (size_t k = 0; k < COUNT(roles); k++)
            assert_int_not_equal(theme_style(t, roles[k])->mono, 0);
        theme_free(t);
    }
}

static void test_nicks(void **state)
{
    static const char *const names[] = {"default-dark", "default-light"};
    static const int32_t grounds[] = {-1, 0x000000, 0xffffff, 0x002b36, 0xfdf6e3};
    for (size_t i = 0; i < COUNT(names) * COUNT(grounds); i++) {
        struct theme *t = theme_load(names[i % 2], NULL, NULL);
        int32_t ground = grounds[i / 2];
        theme_set_background(t, ground);
        if (ground < 0)
            ground = i % 2 ? 0xffffff : 0;
        for (int n = 0; n < 300; n++) {
            char name[16];
            snprintf(name, sizeof name, "user%d", n);
            struct colour c = theme_nick(t, name);
            assert_true(colour_contrast(c.rgb, ground) >= 4.5);
            assert_true(c.c256 >= 16 && colour_contrast(colour_of_256(c.c256), ground) >= 4.5);
            assert_in_range(c.c16, 1, 14);
            assert_int_equal(theme_nick(t, name).rgb, c.rgb);
        }
        theme_free(t);
    }
}

static void test_file(void **state)
{
    char path[] = "/tmp/kith-theme-XXXXXX";
    const char text[] = "name = \"dusk\"; inherit = \"default\";\npalette = { faint = \"#565f89\"; "
                        "odd = [ \"#112233\", \"20\" ]; };\n"
                        "roles = { list = { away = { fg = \"nocolour\"; }; muted = { atr = 1; attr "
                        "= [ \"blod\" ]; };\n"
                        "  usnelected = { }; };\n chat = { base = { bg = \"#101010\"; }; code = { "
                        "fg = \"200\"; }; }; };\n"
                        "glyphs = \"ascii\";\n";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
    close(fd);
    struct err e = {0};
    const char *const *problems;
    struct theme *t = theme_load(path, "dark", &e);
    assert_non_null(t);
    assert_string_equal(theme_glyphs(t), "ascii");
    assert_int_equal(theme_style(t, ROLE_CHAT_TIME)->fg.rgb, 0x565f89);
    assert_int_equal(theme_style(t, ROLE_CHAT_TIME)->bg.rgb, 0x101010); /* its group's base */
    assert_false(theme_style(t, ROLE_CHAT_TIME)->has_bg);
    assert_int_equal(theme_style(t, ROLE_CHAT_CODE)->fg.c256, 200);
    assert_true(theme_style(t, ROLE_CHAT_CODE)->has_fg);
    assert_true(theme_problems(t, &problems) >= 5);
    assert_non_null(strstr(problems[0], ":2: a colour has three values"));
    assert_non_null(strstr(problems[1], ":3: unknown setting \"atr\""));
    assert_non_null(strstr(problems[2], ":3: unknown attribute \"blod\" (did you mean \"bold\"?)"));
    assert_non_null(strstr(
        problems[3], ":4: unknown role \"list.usnelected\" (did you mean \"list.selected\"?)"));
    assert_non_null(strstr(problems[4], ":3: \"nocolour\" is no colour"));
    theme_free(t);
    assert_null(theme_load("nosuch", "dark", &e));
    assert_string_equal(e.text, "there is no theme \"nosuch\"; /theme lists them");
    assert_null(theme_load("../../etc/passwd", "dark", &e));
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sha1),
                                       cmocka_unit_test(test_hue),
                                       cmocka_unit_test(test_colours),
                                       cmocka_unit_test(test_shipped),
                                       cmocka_unit_test(test_high_contrast),
                                       cmocka_unit_test(test_contrast_at_load),
                                       cmocka_unit_test(test_on_the_terminals_ground),
                                       cmocka_unit_test(test_mono),
                                       cmocka_unit_test(test_nicks),
                                       cmocka_unit_test(test_file)};
    path_set_root("/nonexistent");
    unsetenv("KITH_THEME_DIRS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
