/* tests/screen/test_themes.c - a screen in each shipped theme, and the list that shows them while
 * one moves in it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "script.h"

static struct stage s;
static struct chat *room;

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    a_contact(a, "carol@example.org", "Carol", "Friends", KITH_SHOW_AWAY, NULL);
    a_contact(a, "dave@example.org", "Dave", "Friends", KITH_SHOW_OFFLINE, NULL);
    struct chat *bob = a_chat(&s, a, "bob@example.org", KITH_CHAT_DIRECT, 1);
    room = a_chat(&s, a, "dev@rooms.example.org", KITH_CHAT_ROOM, 2);
    str_set(&room->topic, "Release on Friday");
    a_member(room, "alice", KITH_SHOW_ONLINE, KITH_ROLE_MEMBER);
    a_member(room, "bob", KITH_SHOW_AWAY, KITH_ROLE_OP);
    says(&s, room, "bob", at(1, 18, 2), "Shall we freeze tonight?");
    says(&s, room, "carol", at(0, 9, 12), "See https://example.org/r/1423");
    own(&s, room, at(0, 9, 14), "Reading it now", DELIVERY_READ);
    says(&s, room, "frank", at(0, 9, 21), "alice: does this look right?")->mention = true;
    says(&s, room, "frank", at(0, 9, 22), "```\nint w = wcwidth(wc);\n```");
    own(&s, room, at(0, 9, 30), "Then on Monday.", DELIVERY_FAILED);
    chat_set_unread(bob, 3, 1);
    return 0;
}

static int teardown(void **state)
{
    stage_close(&s);
    return s.failures;
}

static const char *hex(char out[16], int32_t rgb)
{
    if (rgb == COLOUR_DEFAULT)
        str_copy(out, 16, "default");
    else if (rgb < 8)
        snprintf(out, 16, "own %d", (int)rgb);
    else
        snprintf(out, 16, "#%06x", (unsigned)rgb);
    return out;
}

/* What each cell's style is in three depths: one line per style, in the order of the screen. */
static void put_styles(struct buf *out, const struct surface *surface)
{
    bool *seen = xcalloc(surface_style_count(surface) + 1, sizeof *seen);
    buf_adds(out, "---- styles\n");
    for (int y = 0; y < surface->h; y++) {
        for (int x = 0; x < surface->w; x++) {
            const struct cell *c = surface_at(surface, x, y);
            char fg[16], bg[16];
            if (seen[c->style])
                continue;
            seen[c->style] = true;
            const struct style *st = surface_style_of(surface, c->style);
            buf_addf(out, "%-18s %8s on %-8s 256: %3d %3d  16: %2d %2d  attr %02x mono %02x\n",
                     role_name(surface_role_of(surface, c->style)), hex(fg, st->fg.rgb),
                     hex(bg, st->bg.rgb), (int)st->fg.c256, (int)st->bg.c256, (int)st->fg.c16,
                     (int)st->bg.c16, st->attr, st->mono);
        }
    }
    free(seen);
}

static void show(struct stage *st)
{
    view_show(st->v, room);
    view_new_theme(st->v);
    view_paint(st->v);
}

static void golden_styles(const char *name)
{
    char *path = xasprintf("%s/theme-%s-styles.txt", s.dir, name);
    struct buf now = {0}, was = {0};
    char chunk[4096];
    put_styles(&now, s.v->s);
    FILE *f = s.write ? NULL : fopen(path, "re");
    for (size_t n; f && (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        buf_add(&was, chunk, n);
    if (f)
        fclose(f);
    f = s.write ? fopen(path, "we") : NULL;
    if (f) {
        assert_true(fputs(buf_str(&now), f) >= 0 && fclose(f) == 0);
    } else if (strcmp(buf_str(&was), buf_str(&now)) != 0) {
        s.failures++;
        fprintf(stderr, "%s differs. It is now:\n%s\n", path, buf_str(&now));
    }
    s.screens++;
    buf_free(&now);
    buf_free(&was);
    free(path);
}

/* Text at the four sizes, and what every style on the screen is made of. */
static void test_each_theme(void **state)
{
    static const char *const names[] = {"ansi16",
                                        "catppuccin-dark",
                                        "catppuccin-light",
                                        "contrast-dark",
                                        "contrast-light",
                                        "default-dark",
                                        "default-light",
                                        "gruvbox-dark",
                                        "gruvbox-light",
                                        "irssi",
                                        "mono",
                                        "nord",
                                        "solarized-dark",
                                        "solarized-light",
                                        "weechat"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_true(config_override(s.env.config, "ui.theme", names[i], NULL) >= 0);
        look(&s, 80, 24, false);
        show(&s);
        assert_string_equal(theme_name(surface_theme(s.v->s)), names[i]);
        golden_styles(names[i]);
    }
    assert_true(config_override(s.env.config, "ui.theme", "contrast", NULL) >= 0);
    at_sizes(&s, "theme", show);
    assert_true(config_override(s.env.config, "ui.theme", "auto", NULL) >= 0);
}

static const char *shown(void)
{
    return theme_name(surface_theme(s.v->s));
}

static void open_list(struct stage *st)
{
    show(st);
    view_panel(st->v, "theme", NULL);
    press(st, "Down Down");
}

static void test_the_list(void **state)
{
    at_tiny_sizes(&s, "theme-list", open_list);
    at_sizes(&s, "theme-list", open_list);
    look(&s, 80, 24, false);
    show(&s);
    assert_string_equal(shown(), "default-dark");
    view_panel(s.v, "theme", NULL);
    press(&s, "Down");
    assert_string_equal(shown(), "ansi16"); /* at once */
    press(&s, "Down");
    assert_string_equal(shown(), "catppuccin-dark");
    type(&s, "sol");
    assert_string_equal(shown(), "solarized-dark");
    press(&s, "Esc");
    assert_string_equal(shown(), "default-dark"); /* as it was */
    assert_string_equal(config_str(s.env.config, "ui.theme"), "auto");
    view_panel(s.v, "theme", NULL);
    type(&s, "qqq"); /* nothing fits: nothing changes */
    assert_string_equal(shown(), "default-dark");
    press(&s, "Backspace Backspace Backspace PgDn");
    assert_string_equal(shown(), "weechat");
    press(&s, "Esc");
}

/* OSC 11 and mode 2031 end here: the view is told that its ground is light. */
static void test_follows_the_terminal(void **state)
{
    look(&s, 80, 24, false);
    show(&s);
    assert_string_equal(shown(), "default-dark");
    s.v->light = true;
    view_new_theme(s.v);
    assert_string_equal(shown(), "default-light");
    assert_true(config_override(s.env.config, "ui.theme", "gruvbox", NULL) >= 0);
    assert_string_equal(shown(), "gruvbox-light");
    s.v->light = false;
    view_new_theme(s.v);
    assert_string_equal(shown(), "gruvbox-dark");
    assert_true(config_override(s.env.config, "ui.theme", "auto", NULL) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_theme),
        cmocka_unit_test(test_the_list),
        cmocka_unit_test(test_follows_the_terminal),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
