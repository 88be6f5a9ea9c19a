/* tests/screen/test_presets.c - the emacs and vi keys, the popup of a prefix, another key by R */
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
static struct chat *bob, *carol;

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    a_contact(a, "carol@example.org", "Carol", "Friends", KITH_SHOW_AWAY, NULL);
    bob = a_chat(&s, a, "bob@example.org", KITH_CHAT_DIRECT, 1);
    carol = a_chat(&s, a, "carol@example.org", KITH_CHAT_DIRECT, 2);
    for (int i = 0; i < 30; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %d", i);
        says(&s, bob, "bob@example.org", at(0, 8, 0) + i * 60000LL, text);
    }
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    view_paint(s.v);
    return 0;
}

static int teardown(void **state)
{
    stage_close(&s);
    return s.failures;
}

static void preset(const char *name)
{
    assert_true(config_override(s.env.config, "keys.preset", name, NULL) >= 0);
    keymap_reload(s.env.keymap);
    view_show(s.v, bob);
    view_set_input(s.v, "");
}

static void show_popup(struct stage *st)
{
    view_show(st->v, bob);
    view_paint(st->v);
    press(st, "M-w");
}

static void test_the_popup_of_a_prefix(void **state)
{
    preset("standard");
    at_sizes(&s, "whichkey", show_popup);
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    view_paint(s.v);
    for (int i = 0; i < 6; i++) { /* from the sixth time on it waits for its delay */
        press(&s, "C-x");
        sees(&s, "Ctrl-x more ─", i < 1);
        press(&s, "Esc");
        sees(&s, "Ctrl-x more ─", false);
    }
    press(&s, "C-x Esc"); /* Esc only closes it */
    sees(&s, "does nothing here", false);
}

static void test_a_prefix_of_letters(void **state)
{
    struct err e = {0};
    preset("standard");
    (void)keymap_bind(s.env.keymap, "input", "j j", "/toggle hints", "hints", NULL, &e);
    keymap_reload(s.env.keymap); /* nothing is on disk here, so the file cannot be written */
    type(&s, "j");
    input_is(&s, "");
    type(&s, "a"); /* no chord: both are text */
    input_is(&s, "ja");
    type(&s, "jj");
    input_is(&s, "ja");
    press(&s, "C-c");
    type(&s, "jj");
    (void)keymap_unbind(s.env.keymap, "input", "j j", NULL, &e);
    keymap_reload(s.env.keymap);
    view_show(s.v, bob);
    press(&s, "C-c");
}

static void test_emacs(void **state)
{
    preset("emacs");
    type(&s, "one two");
    press(&s, "Home C-k");
    input_is(&s, "");
    press(&s, "C-y");
    input_is(&s, "one two");
    press(&s, "C-x C-g"); /* gives up the chord, not the text */
    sees(&s, "does nothing here", false);
    input_is(&s, "one two");
    press(&s, "C-x b");
    assert_true(s.v->switcher.open);
    press(&s, "C-g");
    assert_false(s.v->switcher.open);
    input_is(&s, "one two");
    press(&s, "M-v");
    assert_true(chat_scrolled(&s.v->chat));
    press(&s, "M->");
    assert_false(chat_scrolled(&s.v->chat));
    press(&s, "C-x m");
    assert_int_equal(s.v->focus, FOCUS_SELECT);
    press(&s, "C-p C-g");
    assert_int_equal(s.v->focus, FOCUS_INPUT);
    press(&s, "C-x C-c");
    sees(&s, "End kith", true);
    press(&s, "C-g");
    press(&s, "C-g");
    input_is(&s, "");
}

/* A command line beside the draft: the draft waits, and comes back whatever becomes of it. */
static void test_command_line(void **state)
{
    preset("emacs");
    type(&s, "a draft");
    press(&s, "M-x");
    input_is(&s, "/");
    type(&s, "no-such");
    press(&s, "Enter");
    input_is(&s, "/no-such"); /* to be put right */
    press(&s, "C-g");
    input_is(&s, "a draft");
    press(&s, "M-x Backspace");
    input_is(&s, "a draft");
    press(&s, "M-x");
    type(&s, "toggle hints");
    press(&s, "Enter");
    input_is(&s, "a draft");
    press(&s, "M-x");
    type(&s, "toggle hints");
    press(&s, "Enter C-g");
    input_is(&s, "");
}

static void test_vi(void **state)
{
    preset("vi");
    sees(&s, "INSERT", true);
    type(&s, "one two three");
    press(&s, "Esc");
    sees(&s, "NORMAL", true);
    sees(&s, "INSERT", false);
    assert_int_equal(s.v->s->cursor, CURSOR_BLOCK);
    press(&s, "0 d w");
    input_is(&s, "two three");
    press(&s, "q"); /* no letter of normal mode is text */
    input_is(&s, "two three");
    sees(&s, "q does nothing here", true);
    press(&s, "f t x");
    input_is(&s, "two hree");
    press(&s, "u");
    input_is(&s, "two three");
    press(&s, "f F1"); /* no character: f is given up */
    input_is(&s, "two three");
    if (s.v->help.open)
        press(&s, "Esc");
    press(&s, "c c");
    sees(&s, "INSERT", true);
    assert_int_equal(s.v->s->cursor, CURSOR_BAR);
    type(&s, "x");
    press(&s, "Esc 2 g t"); /* window 2 */
    assert_ptr_equal(view_current(s.v), carol);
    press(&s, "g T");
    assert_ptr_equal(view_current(s.v), bob);
    press(&s, "g g");
    assert_true(chat_scrolled(&s.v->chat));
    press(&s, "G");
    assert_false(chat_scrolled(&s.v->chat));
    press(&s, "k"); /* above the first line are the messages */
    assert_int_equal(s.v->focus, FOCUS_SELECT);
    sees(&s, "SELECT", true);
    press(&s, "k k Esc");
    assert_int_equal(s.v->focus, FOCUS_INPUT);
    sees(&s, "NORMAL", true);
    press(&s, ":");
    input_is(&s, "/");
    type(&s, "b carol");
    press(&s, "Enter");
    assert_ptr_equal(view_current(s.v), carol);
    view_show(s.v, bob);
    press(&s, "C-p");
    assert_true(s.v->switcher.open);
    type(&s, "carol");
    press(&s, "Enter");
    assert_ptr_equal(view_current(s.v), carol);
    view_show(s.v, bob);
    preset("standard");
    sees(&s, "INSERT", false);
}

static void show_rebind(struct stage *st)
{
    view_show(st->v, bob);
    view_paint(st->v);
    press(st, "F1");
    type(st, "redraw");
    press(st, "Down R C-t");
}

static void test_another_key(void **state)
{
    preset("standard");
    at_tiny_sizes(&s, "rebind", show_rebind);
    at_sizes(&s, "rebind", show_rebind);
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    press(&s, "F1");
    type(&s, "redraw");
    press(&s, "Down R");
    sees(&s, "Another key for: redraw (global)", true);
    press(&s, "C-t");
    sees(&s, "Ctrl-t until now: swap two characters", true);
    press(&s, "F12");
    sees(&s, "F12 is free", true);
    press(&s, "C-x");
    sees(&s, "Ctrl-x … and the next key?", true);
    press(&s, "y");
    sees(&s, "Ctrl-x y is free", true);
    struct key enter = {KEYC_ENTER, 0};
    assert_true(help_key(&s.v->help, s.env.keymap, enter));
    char *line = help_take(&s.v->help);
    assert_string_equal(line, "/bind -help=redraw -- global C-x\\ y /redraw");
    free(line);
    line = help_take(&s.v->help);
    assert_string_equal(line, "/unbind -- global C-l");
    free(line);
    assert_null(help_take(&s.v->help));
    press(&s, "R Esc"); /* Esc leaves only the question */
    assert_true(s.v->help.open);
    press(&s, "Esc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_popup_of_a_prefix),
        cmocka_unit_test(test_a_prefix_of_letters),
        cmocka_unit_test(test_emacs),
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_vi),
        cmocka_unit_test(test_another_key),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
