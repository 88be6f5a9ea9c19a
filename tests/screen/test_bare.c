/* tests/screen/test_bare.c - the chat without frames, and what the mouse does */
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
#include "ui/decode.h"

static struct stage s;
static struct chat *bob, *room;

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    bob = a_chat(&s, a, "bob@example.org", KITH_CHAT_DIRECT, 1);
    room = a_chat(&s, a, "dev@rooms.example.org", KITH_CHAT_ROOM, 2);
    a_member(room, "alice", KITH_SHOW_ONLINE, KITH_ROLE_MEMBER);
    a_member(room, "carol", KITH_SHOW_ONLINE, KITH_ROLE_MEMBER);
    for (int i = 0; i < 40; i++) {
        char text[32];
        snprintf(text, sizeof text, "older %d", i);
        says(&s, room, "frank", at(0, 8, 0) + i * 1000, text);
    }
    says(&s, room, "frank", at(0, 9, 12),
         "See https://example.org/a/very/long/path/that/no/terminal/of/eighty/columns/has/room/for/"
         "in/one/row/1423#anchor");
    own(&s, room, at(0, 9, 14), "Reading it now\n    indented\n日本語日本語", DELIVERY_STORED);
    says(&s, room, "carol", at(0, 9, 21), "alice: right?")->mention = true;
    says(&s, bob, "bob@example.org", at(0, 9, 0), "coffee?");
    look(&s, 80, 24, false);
    view_show(s.v, room);
    view_paint(s.v);
    return 0;
}

static int teardown(void **state)
{
    stage_close(&s);
    return s.failures;
}

static bool there(const char *what)
{
    char *text = screen_text(&s);
    bool yes = strstr(text, what) != NULL;
    free(text);
    return yes;
}

static void bare(struct stage *st)
{
    view_show(st->v, room);
    view_paint(st->v);
    press(st, "M-l");
}

static void test_looks(void **state)
{
    at_tiny_sizes(&s, "bare", bare);
    at_sizes(&s, "bare", bare);
    look(&s, 80, 24, false);
    view_show(s.v, room);
    view_paint(s.v);
}

static void test_lines_go_on(void **state)
{
    press(&s, "M-l");
    const struct surface *f = s.v->s;
    char *text = screen_text(&s), *row = text;
    int y = 0;
    for (; row && !strstr(row, "09:12 frank: See"); y++)
        row = strchr(row, '\n') + 1;
    assert_non_null(row);
    free(text);
    int first = 0; /* the row with the link */
    for (int i = 0; i < f->h; i++)
        first = f->goes_on[i] ? i : first;
    assert_true(first > 0);
    assert_false(f->goes_on[first + 1]);
    press(&s, "M-l");
    view_paint(s.v);
    for (int i = 0; i < f->h; i++)
        assert_false(f->goes_on[i]);
}

static void test_stands_still_and_scrolls(void **state)
{
    press(&s, "M-l");
    assert_true(there("alice: right?"));
    says(&s, room, "frank", at(0, 9, 30), "something new");
    assert_false(there("something new"));
    press(&s, "PgUp");
    assert_false(there("alice: right?"));
    press(&s, "g");
    assert_true(there("08:00 frank: older 0\n"));
    press(&s, "G");
    assert_true(there("alice: right?"));
    press(&s, "k");
    assert_false(there("alice: right?"));
    press(&s, "Esc");
    assert_true(there("something new"));
    press(&s, "M-l");
    type(&s, "x"); /* any other key ends it, and is not written */
    assert_false(s.v->bare.open);
    assert_string_equal(editor_text(s.v->editor), "");
    view_paste(s.v, "y", 1);
    assert_string_equal(editor_text(s.v->editor), "y");
    press(&s, "C-c");
}

/* ---- the mouse ---- */

static void mouse(enum decode_mouse what, int x, int y)
{
    struct decode_event ev = {.kind = DECODE_MOUSE, .mouse = what, .x = x, .y = y};
    view_mouse(s.v, &ev);
    view_paint(s.v);
}

/* Where a text stands on the screen. */
static void find(const char *what, int *x, int *y)
{
    char *text = screen_text(&s), *hit = strstr(text, what), *line = text;
    if (!hit)
        fail_msg("\"%s\" is not on the screen:\n%s", what, text);
    *y = 0;
    for (char *nl; (nl = strchr(line, '\n')) && nl < hit; line = nl + 1)
        ++*y;
    *x = cells_width(&s.v->s->rules, line, (size_t)(hit - line));
    free(text);
}

static void test_clicks(void **state)
{
    int x, y;
    look(&s, 120, 36, false);
    view_show(s.v, room);
    view_paint(s.v);
    find("Bob Builder", &x, &y);
    mouse(MOUSE_PRESS, x, y);
    assert_ptr_equal(view_current(s.v), bob);
    find("# dev", &x, &y);
    mouse(MOUSE_PRESS, x, y);
    assert_ptr_equal(view_current(s.v), room);
    find("▾ Friends", &x, &y);
    mouse(MOUSE_PRESS, x, y); /* folds */
    assert_true(there("▸ Friends"));
    find("▸ Friends", &x, &y);
    mouse(MOUSE_PRESS, x, y);
    find("● carol", &x, &y);
    mouse(MOUSE_PRESS, x, y);
    assert_int_equal(s.v->focus, FOCUS_MEMBERS);
    assert_string_equal(members_current(&s.v->members), "carol");
    mouse(MOUSE_PRESS, s.v->l.input.x + 5, s.v->l.input.y);
    assert_int_equal(s.v->focus, FOCUS_INPUT);
    mouse(MOUSE_RELEASE, 1, 4); /* only presses do something */
    mouse(MOUSE_MOVE, 1, 4);
    assert_ptr_equal(view_current(s.v), room);
}

static void test_a_click_on_a_link(void **state)
{
    int x, y;
    assert_true(config_override(s.env.config, "terminal.clipboard", "osc52", NULL) >= 0);
    assert_true(config_override(s.env.config, "open_command", "", NULL) >= 0);
    s.v->env = xcalloc(2, sizeof *s.v->env); /* over SSH a link is copied */
    s.v->env[0] = xstrdup("SSH_CONNECTION=1 2 3 4");
    find("https://example.org/a/very", &x, &y);
    mouse(MOUSE_PRESS, x + 3, y);
    assert_non_null(s.v->s->copy);
    assert_non_null(strstr(s.v->s->copy, "/room/for/in/one/row/1423#anchor"));
    str_set(&s.v->s->copy, NULL);
}

static void test_clicks_in_overlays(void **state)
{
    int x, y;
    look(&s, 120, 36, false);
    view_show(s.v, room);
    view_paint(s.v);
    press(&s, "C-k");
    assert_ptr_equal(s.v->switcher.rows[0].chat, bob);
    mouse(MOUSE_PRESS, s.v->switcher.shown.x + 3, s.v->switcher.shown.y);
    assert_false(s.v->switcher.open);
    assert_ptr_equal(view_current(s.v), bob);
    view_panel(s.v, "theme", NULL);
    view_paint(s.v);
    find("nord", &x, &y);
    mouse(MOUSE_PRESS, x, y); /* shows it */
    assert_string_equal(theme_name(surface_theme(s.v->s)), "nord");
    assert_true(s.v->themes.open);
    mouse(MOUSE_PRESS, 1, 1); /* beside it */
    assert_true(s.v->themes.open);
    press(&s, "Esc");
    type(&s, "/re");
    press(&s, "Tab");
    find("/reconnect", &x, &y);
    mouse(MOUSE_PRESS, x, y);
    assert_string_equal(editor_text(s.v->editor), "/reconnect ");
    press(&s, "C-c");
}

static void test_the_wheel(void **state)
{
    struct err e = {0};
    look(&s, 120, 36, false);
    view_show(s.v, bob);
    view_paint(s.v);
    view_split(s.v, "right", NULL, 0, room, &e);
    view_paint(s.v);
    view_split(s.v, "focus", "left", 0, NULL, &e);
    view_paint(s.v);
    assert_true(there("something new"));
    struct rect r = split_leaf(s.v->splits, 1)->r;
    for (int i = 0; i < 4; i++)
        mouse(MOUSE_WHEEL_UP, r.x + 5,
              r.y + 5); /* the one under it, not the one with the keyboard */
    assert_false(there("something new"));
    assert_ptr_equal(view_current(s.v), bob);
    for (int i = 0; i < 5; i++)
        mouse(MOUSE_WHEEL_DOWN, r.x + 5, r.y + 5);
    assert_true(there("something new"));
    mouse(MOUSE_PRESS, r.x + 5, r.y + 5);
    assert_ptr_equal(view_current(s.v), room);
    view_split(s.v, "only", NULL, 0, NULL, &e);
    press(&s, "C-k");
    int at = s.v->switcher.at;
    mouse(MOUSE_WHEEL_DOWN, 5, 5);
    assert_int_equal(s.v->switcher.at, at + (s.v->switcher.n_rows > 1));
    press(&s, "Esc");
}

/* Borders follow the mouse, as far as both sides have room. */
static void test_dragging_borders(void **state)
{
    struct err e = {0};
    look(&s, 160, 40, false);
    view_show(s.v, bob);
    view_paint(s.v);
    view_split(s.v, "right", NULL, 0, room, &e);
    view_paint(s.v);
    view_split(s.v, "below", NULL, 0, bob, &e);
    view_paint(s.v);
    struct rect a = split_leaf(s.v->splits, 0)->r, b = split_leaf(s.v->splits, 1)->r, c = split_leaf(s.v->splits, 2)->r;
    mouse(MOUSE_PRESS, a.x + a.w, a.y + 5);
    mouse(MOUSE_DRAG, a.x + a.w + 7, a.y + 9);
    mouse(MOUSE_DRAG, a.x + a.w + 10, a.y + 9);
    assert_int_equal(split_leaf(s.v->splits, 0)->r.w, a.w + 10);
    assert_int_equal(split_leaf(s.v->splits, 1)->r.w, b.w - 10);
    mouse(MOUSE_DRAG, 159, a.y); /* no further than there is room */
    assert_int_equal(split_leaf(s.v->splits, 1)->r.w, SPLIT_LEAST_W);
    mouse(MOUSE_DRAG, a.x + a.w, a.y);
    mouse(MOUSE_RELEASE, a.x + a.w, a.y);
    mouse(MOUSE_DRAG, a.x + a.w + 9, a.y); /* not held any more */
    assert_int_equal(split_leaf(s.v->splits, 0)->r.w, a.w);
    mouse(MOUSE_PRESS, c.x + 3, c.y);
    mouse(MOUSE_DRAG, c.x + 9, c.y + 4);
    assert_int_equal(split_leaf(s.v->splits, 1)->r.h, b.h + 4);
    assert_int_equal(split_leaf(s.v->splits, 2)->r.h, c.h - 4);
    view_split(s.v, "only", NULL, 0, NULL, &e); /* under the hand */
    mouse(MOUSE_DRAG, c.x + 9, c.y + 6);
    assert_false(s.v->dragging);
    mouse(MOUSE_RELEASE, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_lines_go_on),
        cmocka_unit_test(test_stands_still_and_scrolls),
        cmocka_unit_test(test_clicks),
        cmocka_unit_test(test_a_click_on_a_link),
        cmocka_unit_test(test_clicks_in_overlays),
        cmocka_unit_test(test_the_wheel),
        cmocka_unit_test(test_dragging_borders),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
