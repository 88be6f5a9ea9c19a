/* unit/ui/test_paint.c - colours that others chose can be read, on every theme, at every depth, whatever they are */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codes.h"
#include "config/theme.h"
#include "ui/surface.h"

static int32_t at_depth(const struct colour *c, enum colour_depth d)
{
    int32_t n = d == DEPTH_TRUE ? c->rgb : d == DEPTH_256 ? c->c256 : c->c16;
    return n == COLOUR_DEFAULT || (d == DEPTH_TRUE && n >= 8) ? n : colour_of_256(n);
}

static const struct { enum colour_depth depth; double least; } depths[] = {{DEPTH_TRUE, 4.5}, {DEPTH_256, 4.5}, {DEPTH_16, 3.0}};

static void can_be_read(const struct theme *t, const struct style *st, const char *what, uint32_t fg, uint32_t bg)
{
    for (size_t i = 0; i < COUNT(depths); i++) {
        int32_t ground = at_depth(&st->bg, depths[i].depth), ink = at_depth(&st->fg, depths[i].depth);
        if (ground == COLOUR_DEFAULT)
            ground = theme_background(t);
        assert_true(ink != COLOUR_DEFAULT);
        double c = colour_contrast(ink, ground);
        if (c < depths[i].least)
            fail_msg("%s %s: %06x on %06x: %06x on %06x is %.2f", theme_name(t), what, (unsigned)fg, (unsigned)bg,
                     (unsigned)ink, (unsigned)ground, c);
    }
}

static void on_theme(struct theme *t)
{
    struct surface *s = surface_new(4, 1, NULL, t);
    for (int i = 0; i <= 99; i++) {
        for (int k = 0; k <= 99; k += k < 16 ? 1 : 7) {
            struct look l = {0, codes_colour(i), codes_colour(k)};
            if (look_plain(&l))
                continue;
            uint16_t n = surface_look(s, ROLE_CHAT, &l), over;
            can_be_read(t, surface_style_of(s, n), "chat", l.fg, l.bg);
            over = surface_mix(s, ROLE_CHAT_MENTION, ROLE_CHAT);
            over = surface_look(s, over, &l);
            can_be_read(t, surface_style_of(s, over), "mention", l.fg, l.bg);
            over = surface_mix(s, n, ROLE_CHAT_SELECTED); /* the ground is another then */
            if (l.fg)
                can_be_read(t, surface_style_of(s, over), "selected", l.fg, l.bg);
            if (surface_begin(s))
                assert_true(true);
        }
    }
    surface_free(s);
}

static void whatever_they_are(void **state)
{
    static const struct { const char *appearance; int32_t ground; } grounds[] = {
        {"dark", 0x000000}, {"dark", 0x262626}, {"light", 0xffffff}, {"light", 0xf2f2f2}, {"dark", 0x002b36}, {"light", 0xfdf6e3}};
    for (size_t i = 0; i < COUNT(grounds); i++) {
        struct theme *t = theme_builtin(grounds[i].appearance);
        theme_set_background(t, grounds[i].ground);
        on_theme(t);
        theme_free(t);
    }
    (void)state;
}

static void what_can_be_read_stays(void **state)
{
    struct theme *t = theme_builtin("dark");
    theme_set_background(t, 0x000000);
    struct style st = *theme_style(t, ROLE_CHAT);
    theme_paint(t, &st, 0xffff00, -1);
    assert_int_equal(st.fg.rgb, 0xffff00);
    theme_paint(t, &st, 0xffffff, 0x00007f);
    assert_int_equal(st.fg.rgb, 0xffffff);
    assert_int_equal(st.bg.rgb, 0x00007f);
    struct style same = st;
    theme_paint(t, &st, -1, -1);
    assert_memory_equal(&st, &same, sizeof st);
    theme_free(t);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_they_are), cmocka_unit_test(what_can_be_read_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
