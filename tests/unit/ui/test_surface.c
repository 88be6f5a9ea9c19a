/* unit/ui/test_surface.c - drawing, clipping, wide cells, damage, mixed styles, dumps */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/surface.h"

static const struct rect all = {0, 0, 100, 100};

static void dump_is(const struct surface *s, const char *want)
{
    struct buf b = {0};
    surface_dump_text(s, &b);
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

static void test_put(void **state)
{
    struct surface *s = surface_new(6, 2, NULL, NULL);
    assert_int_equal(surface_puts(s, all, 0, 0, "ab日c", ROLE_CHAT), 5);
    dump_is(s, "ab日c\n\n");
    assert_int_equal(surface_at(s, 2, 0)->width, 2);
    assert_int_equal(surface_at(s, 3, 0)->width, 0);
    assert_null(surface_at(s, 6, 0));
    assert_null(surface_at(s, 0, -1));
    surface_free(s);
}

static void test_half_of_a_wide_cell(void **state)
{
    struct surface *s = surface_new(6, 1, NULL, NULL);
    surface_puts(s, all, 0, 0, "日本", ROLE_CHAT);
    surface_puts(s, all, 1, 0, "x", ROLE_CHAT); /* right half of the first */
    dump_is(s, " x本\n");
    surface_puts(s, all, 0, 0, "日本", ROLE_CHAT);
    surface_puts(s, all, 2, 0, "x", ROLE_CHAT); /* left half of the second */
    dump_is(s, "日x\n");
    surface_fill(s, (struct rect){1, 0, 1, 1}, ROLE_CHAT);
    dump_is(s, "  x\n");
    surface_free(s);
}

static void test_clip(void **state)
{
    struct surface *s = surface_new(6, 2, NULL, NULL);
    struct rect r = {1, 0, 3, 1};
    surface_puts(s, r, 0, 0, "abcdef", ROLE_CHAT);
    surface_puts(s, r, 1, 1, "no", ROLE_CHAT);
    dump_is(s, " bcd\n\n");
    surface_puts(s, r, 3, 0, "日", ROLE_CHAT); /* would need two */
    dump_is(s, " bcd\n\n");
    surface_puts(s, all, 5, 1, "日", ROLE_CHAT);
    dump_is(s, " bcd\n\n");
    surface_free(s);
}

static void test_cut(void **state)
{
    struct surface *s = surface_new(8, 1, NULL, NULL);
    surface_put_cut(s, all, 0, 0, 5, "abcdefgh", ROLE_CHAT, "…");
    dump_is(s, "abcd…\n");
    surface_fill(s, all, ROLE_CHAT);
    surface_put_cut(s, all, 0, 0, 4, "日本語", ROLE_CHAT, "…");
    dump_is(s, "日…\n");
    surface_put_cut(s, all, 0, 0, 0, "x", ROLE_CHAT, "…");
    dump_is(s, "日…\n");
    surface_free(s);
}

/* Nothing from the network gets out of its cells. */
static void test_controls(void **state)
{
    struct surface *s = surface_new(12, 1, NULL, NULL);
    surface_puts(s, all, 0, 0, "a\x1b[2J\nb\x07", ROLE_CHAT);
    dump_is(s, "a?[2J?b?\n");
    surface_free(s);
}

static void test_ascii_terminal(void **state)
{
    struct cell_rules r = {.no_utf8 = 1};
    struct surface *s = surface_new(12, 1, &r, NULL);
    surface_puts(s, all, 0, 0, "“日” é…", ROLE_CHAT);
    dump_is(s, "\"?\" ?~\n");
    surface_free(s);
}

static void test_long_clusters(void **state)
{
    struct cell_rules r = {.emoji = EMOJI_GRAPHEME, .zwj = 2, .vs16 = 2, .skin = 2, .flag = 2};
    struct surface *s = surface_new(8, 1, &r, NULL);
    surface_puts(s, all, 0, 0, "👩\u200D👩\u200D👧\u200D👦x", ROLE_CHAT);
    dump_is(s, "👩\u200D👩\u200D👧\u200D👦x\n");
    assert_int_equal(surface_at(s, 0, 0)->width, 2);
    assert_true(surface_at(s, 0, 0)->flags & CELL_RISKY);
    int from, to;
    surface_commit(s);
    surface_puts(s, all, 4, 0, "y", ROLE_CHAT); /* a risky row is rewritten as a whole */
    assert_true(surface_damage(s, 0, &from, &to));
    assert_int_equal(from, 0);
    assert_int_equal(to, 8);
    surface_free(s);
}

static void test_damage(void **state)
{
    struct surface *s = surface_new(10, 2, NULL, NULL);
    int from, to;
    assert_true(surface_damage(s, 0, &from, &to)); /* all of it at first */
    assert_int_equal(to - from, 10);
    surface_commit(s);
    assert_false(surface_damage(s, 0, &from, &to));
    surface_puts(s, all, 3, 0, "a", ROLE_CHAT);
    assert_true(surface_damage(s, 0, &from, &to));
    assert_int_equal(from, 3);
    assert_int_equal(to, 4);
    assert_false(surface_damage(s, 1, &from, &to));
    surface_commit(s);
    surface_puts(s, all, 3, 0, "a", ROLE_CHAT); /* the same again is no damage */
    assert_false(surface_damage(s, 0, &from, &to));
    surface_puts(s, all, 3, 0, "日", ROLE_CHAT);
    surface_commit(s);
    surface_puts(s, all, 4, 0, "b", ROLE_CHAT);
    assert_true(surface_damage(s, 0, &from, &to));
    assert_int_equal(from, 3);
    surface_puts(s, all, 3, 0, "日", ROLE_CHAT);
    surface_commit(s);
    surface_puts(s, all, 3, 0, "本", ROLE_CHAT);
    assert_true(surface_damage(s, 0, &from, &to));
    assert_int_equal(to, 5); /* never half of a wide cell */
    surface_touch(s);
    assert_true(surface_damage(s, 1, &from, &to));
    surface_free(s);
}

static void test_styles(void **state)
{
    struct err e = {0};
    struct theme *t = theme_load("default", "dark", &e);
    assert_non_null(t);
    struct surface *s = surface_new(4, 1, NULL, t);
    uint16_t m = surface_mix(s, ROLE_LIST_ONLINE, ROLE_LIST_SELECTED);
    assert_true(m >= N_ROLES);
    assert_int_equal(surface_mix(s, ROLE_LIST_ONLINE, ROLE_LIST_SELECTED), m);
    assert_int_equal(surface_role_of(s, m), ROLE_LIST_SELECTED);
    const struct style *st = surface_style_of(s, m);
    assert_int_equal(st->fg.rgb, theme_style(t, ROLE_LIST_ONLINE)->fg.rgb);
    assert_int_equal(st->bg.rgb, theme_style(t, ROLE_LIST_SELECTED)->bg.rgb);
    struct colour red = {0xff0000, 9, 1};
    uint16_t n = surface_tint(s, ROLE_CHAT_NICK, red);
    assert_int_equal(surface_style_of(s, n)->fg.rgb, 0xff0000);
    assert_int_equal(surface_role_of(s, n), ROLE_CHAT_NICK);
    surface_puts(s, all, 0, 0, "ab", ROLE_CHAT);
    surface_restyle(s, (struct rect){0, 0, 1, 1}, ROLE_CHAT_SELECTED);
    assert_int_equal(surface_role_of(s, surface_at(s, 0, 0)->style), ROLE_CHAT_SELECTED);
    assert_int_equal(surface_at(s, 1, 0)->style, ROLE_CHAT);
    uint32_t epoch = s->epoch;
    surface_set_theme(s, t);
    assert_int_not_equal(s->epoch, epoch);
    surface_free(s);
    theme_free(t);
}

static void test_pools_are_bounded(void **state)
{
    struct surface *s = surface_new(4, 1, NULL, NULL);
    bool emptied = false;
    for (int i = 0; i < 20000; i++) {
        char url[64];
        int n = snprintf(url, sizeof url, "https://example.org/%d", i);
        emptied |= surface_begin(s);
        surface_put_link(s, all, 0, 0, "x", 1, ROLE_CHAT_LINK, surface_link(s, url, (size_t)n));
    }
    assert_true(emptied);
    assert_string_equal(surface_link_of(s, surface_at(s, 0, 0)->link), "https://example.org/19999");
    surface_free(s);
}

static void test_attrs(void **state)
{
    struct surface *s = surface_new(4, 2, NULL, NULL);
    surface_puts(s, all, 1, 0, "ab", ROLE_CHAT_LINK);
    surface_puts(s, all, 0, 1, "c", ROLE_HINT);
    struct buf b = {0};
    surface_dump_attrs(s, &b);
    assert_string_equal(buf_str(&b), ".aa.\nb...\na = chat.link\nb = hint.base\n");
    buf_free(&b);
    surface_free(s);
}

/* The colours of pictures: each pair once; too many are said, and then there is room again. */
static void test_paint(void **state)
{
    struct surface *s = surface_new(10, 2, NULL, NULL);
    const struct colour none = {COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT}, red = {0xFF0000, 9, 1};
    uint16_t a = surface_paint(s, ROLE_CHAT, red, none);
    assert_int_equal(a, surface_paint(s, ROLE_CHAT, red, none));
    assert_int_equal(surface_style_of(s, a)->fg.rgb, 0xFF0000);
    assert_int_equal(surface_style_of(s, a)->bg.rgb, surface_style_of(s, ROLE_CHAT)->bg.rgb);
    assert_int_equal(surface_role_of(s, a), ROLE_CHAT);
    assert_int_not_equal(a, surface_paint(s, ROLE_CHAT, none, red));
    for (int i = 0; i < 20000 && !surface_full(s); i++)
        (void)surface_paint(s, ROLE_CHAT, (struct colour){0x1000 + i, -1, -1}, red);
    assert_true(surface_full(s));
    assert_true(surface_begin(s));
    assert_false(surface_full(s));
    assert_int_equal(surface_style_of(s, surface_paint(s, ROLE_CHAT, red, none))->fg.rgb, 0xFF0000);
    surface_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put), cmocka_unit_test(test_paint),           cmocka_unit_test(test_half_of_a_wide_cell),
        cmocka_unit_test(test_clip),          cmocka_unit_test(test_cut),
        cmocka_unit_test(test_controls),      cmocka_unit_test(test_ascii_terminal),
        cmocka_unit_test(test_long_clusters), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_styles),        cmocka_unit_test(test_pools_are_bounded),
        cmocka_unit_test(test_attrs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
