/* tests/screen/test_keys.c - what keys do: typing, overlays, the list, questions, by looking at
 * the screen */
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
static struct chat *bob, *carol, *room;

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    a_contact(a, "carol@example.org", "Carol", "Friends", KITH_SHOW_AWAY, NULL);
    a_contact(a, "dave@example.org", "Dave", "Work", KITH_SHOW_DND, NULL);
    bob = a_chat(&s, a, "bob@example.org", KITH_CHAT_DIRECT, 1);
    carol = a_chat(&s, a, "carol@example.org", KITH_CHAT_DIRECT, 2);
    room = a_chat(&s, a, "dev@rooms.example.org", KITH_CHAT_ROOM, 3);
    for (int i = 0; i < 60; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %d", i);
        says(&s, bob, "bob@example.org", at(0, 8, 0) + i * 60000LL, text)->mention = i == 20;
    }
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    view_paint(s.v);
    return 0;
}

static int teardown(void **state)
{
    stage_close(&s);
    return 0;
}

static void test_typing(void **state)
{
    type(&s, "hello wörld");
    input_is(&s, "hello wörld");
    sees(&s, "❯ hello wörld", true);
    press(&s, "C-w C-w");
    input_is(&s, "");
    press(&s, "C-y");
    input_is(&s, "hello wörld");
    press(&s, "C-_");
    input_is(&s, "");
    type(&s, "a");
    press(&s, "M-Enter");
    type(&s, "b");
    input_is(&s, "a\nb");
    sees(&s, "2 lines", true);
    press(&s, "Up");
    assert_int_equal(editor_cursor(s.v->editor), 1);
    press(&s, "C-c");
    input_is(&s, "");
    press(&s, "C-c"); /* on nothing: how to leave */
    sees(&s, "/quit ends kith", true);
}

static void test_a_paste_never_sends(void **state)
{
    view_paste(s.v, "one\ntwo\nthree", 13);
    input_is(&s, "one\ntwo\nthree");
    sees(&s, "3 lines · the paste is kept here, not sent", true);
    assert_int_equal(bob->n_messages, 60);
    press(&s, "C-_");
    input_is(&s, "");
    view_panel(s.v, "switcher", NULL);
    view_paste(s.v, "a\nb\n", 4); /* in an overlay neither */
    assert_true(s.v->switcher.open);
    press(&s, "Esc");
}

static void test_overlays_where_there_is_no_room(void **state)
{
    look(&s, 20, 4, false);
    press(&s, "C-k");
    sees(&s, "▐◐ Carol", true);
    sees(&s, "╰", true); /* the row is not on the frame */
    char *text = screen_text(&s);
    assert_null(strstr(text, "╰▐"));
    free(text);
    press(&s, "Esc F1");
    sees(&s, "│ global", true);
    press(&s, "Esc");
    look(&s, 80, 24, false);
    view_show(s.v, bob);
}

static void test_text_without_a_chat_goes_along(void **state)
{
    view_show(s.v, NULL);
    type(&s, "hello");
    view_show(s.v, carol);
    input_is(&s, "hello");
    view_show(s.v, bob);
    input_is(&s, "");
    view_show(s.v, carol);
    press(&s, "C-c");
    view_show(s.v, bob);
}

static void test_unknown_command_keeps_the_text(void **state)
{
    type(&s, "/jion #room");
    press(&s, "Enter");
    input_is(&s, "/jion #room");
    sees(&s, "join", true);
    press(&s, "C-c");
}

static void test_completion(void **state)
{
    type(&s, "/re");
    press(&s, "Tab");
    assert_true(s.v->popup.open);
    sees(&s, "Tab next · Enter insert", true);
    size_t n = s.v->popup.list.n;
    type(&s, "c"); /* typing on narrows it down */
    assert_true(!s.v->popup.open || s.v->popup.list.n < n);
    press(&s, "Esc Esc");
    assert_false(s.v->popup.open);
    editor_set(s.v->editor, "", 0);
    type(&s, "/reco");
    press(&s, "Tab");
    input_is(&s, "/reconnect ");
    press(&s, "C-c");
    type(&s, "/query ca");
    press(&s, "Tab");
    sees(&s, "carol", true);
    press(&s, "Esc C-c");
}

static void test_windows(void **state)
{
    press(&s, "C-n");
    assert_ptr_equal(view_current(s.v), carol);
    press(&s, "C-n C-n");
    assert_ptr_equal(view_current(s.v), bob);
    press(&s, "M-3");
    assert_ptr_equal(view_current(s.v), room);
    press(&s, "M-/");
    assert_ptr_equal(view_current(s.v), bob);
    chat_set_unread(room, 5, 0);
    chat_set_unread(carol, 1, 1);
    press(&s, "M-a");
    assert_ptr_equal(view_current(s.v), carol); /* people before rooms */
    chat_set_unread(carol, 0, 0);
    press(&s, "M-a");
    assert_ptr_equal(view_current(s.v), room);
    chat_set_unread(room, 0, 0);
    press(&s, "M-a");
    assert_ptr_equal(view_current(s.v), bob); /* back to where it began */
    press(&s, "M-a");
    sees(&s, "Nothing is unread", true);
}

static void test_renamed_contact(void **state)
{
    static const char *const group = "Friends";
    view_show(s.v, bob);
    sees(&s, "[1 Bob Builder]", true);
    account_put_contact(bob->account, "bob@example.org", "Robert", &group, 1, KITH_CONTACT_TO);
    sees(&s, "[1 Robert]", true);
    account_put_contact(bob->account, "bob@example.org", "Bob Builder", &group, 1,
                        KITH_CONTACT_TO | KITH_CONTACT_FROM);
    sees(&s, "[1 Bob Builder]", true);
}

static void test_switcher(void **state)
{
    press(&s, "C-n C-k");
    assert_true(s.v->switcher.open);
    press(&s, "Enter"); /* on nothing: the one before */
    assert_ptr_equal(view_current(s.v), bob);
    press(&s, "C-k");
    type(&s, "car");
    sees(&s, "◐ Carol", true);
    sees(&s, "start a chat with “car” on home", true);
    press(&s, "Enter");
    assert_ptr_equal(view_current(s.v), carol);
    press(&s, "C-k");
    type(&s, "zzz");
    press(&s, "Backspace Backspace Backspace Esc");
    assert_false(s.v->switcher.open);
    view_show(s.v, bob);
}

static void test_drafts_belong_to_chats(void **state)
{
    type(&s, "for bob");
    press(&s, "C-n");
    input_is(&s, "");
    sees(&s, "draft", true);
    type(&s, "for carol");
    press(&s, "C-p");
    input_is(&s, "for bob");
    sees(&s, "❯ for bob", true);
    press(&s, "C-c C-n");
    input_is(&s, "for carol");
    press(&s, "C-c C-p");
    struct ui_view *first = s.v; /* two views of one chat write the same draft */
    struct cell_rules rules = {0};
    struct ui_view *second = view_new(s.ui, 50, 15, &rules, false);
    view_show(second, bob);
    type(&s, "both");
    assert_string_equal(editor_text(second->editor), "both");
    view_free(second);
    s.v = first;
    press(&s, "C-c");
}

static void test_history(void **state)
{
    edit_history_add(ui_history(s.ui, s.v->chat_id), "first line");
    edit_history_add(ui_history(s.ui, s.v->chat_id), "second");
    press(&s, "Up Up");
    input_is(&s, "first line");
    press(&s, "Down Down");
    input_is(&s, "");
    press(&s, "C-r");
    type(&s, "fi");
    sees(&s, "search: fi", true);
    input_is(&s, "first line");
    press(&s, "Esc");
    input_is(&s, "");
    press(&s, "C-r");
    type(&s, "sec");
    press(&s, "End"); /* any other key takes it */
    input_is(&s, "second");
    press(&s, "C-c");
}

static void test_scrolling(void **state)
{
    sees(&s, "message 59", true);
    press(&s, "PgUp");
    sees(&s, "message 59", false);
    sees(&s, "SCROLLED", true);
    says(&s, bob, "bob@example.org", at(0, 9, 5), "while scrolled");
    sees(&s, "while scrolled", false); /* the view does not jump */
    press(&s, "M-Home");
    sees(&s, "message 0", true);
    press(&s, "PgUp");
    sees(&s, "── Saturday 21 November", true);
    press(&s, "M-End");
    sees(&s, "while scrolled", true);
    press(&s, "M-p");
    sees(&s, "message 20", true);
    press(&s, "Esc M-End");
    int seen = 0;
    for (int i = 0; i < 20;
         i++) /* down again, line by line, over all: nothing twice, nothing missing */
        view_scroll(s.v, MOVE_PAGE_UP);
    for (int i = 0; i < 120; i++) {
        view_scroll(s.v, MOVE_DOWN);
        view_paint(s.v);
        seen += !chat_scrolled(&s.v->chat);
    }
    assert_true(seen > 0);
}

static void test_list(void **state)
{
    press(&s, "F2");
    assert_int_equal(s.v->focus, FOCUS_LIST);
    type(&s, "z");
    sees(&s, "The keyboard is in the list", true);
    press(&s, "Home j j j");
    sees(&s, "▐◐ Carol", true);
    press(&s, "Enter");
    assert_ptr_equal(view_current(s.v), carol);
    press(&s, "F2 Home j h");
    sees(&s, "▸ Friends", true);
    sees(&s, "Bob Builder", false);
    press(&s, "l");
    sees(&s, "▾ Friends", true);
    press(&s, "/");
    type(&s, "dave");
    sees(&s, "/dave", true);
    sees(&s, "Bob Builder", false);
    press(&s, "Esc");
    sees(&s, "Bob Builder", true);
    press(&s, "Esc");
    assert_int_equal(s.v->focus, FOCUS_INPUT);
    view_show(s.v, bob);
}

static void test_chords_and_unbound_keys(void **state)
{
    press(&s, "C-x");
    sees(&s, "Ctrl-x", true);
    sees(&s, "l walk through the list", true); /* what may follow */
    press(&s, "l");
    assert_int_equal(s.v->focus, FOCUS_LIST);
    press(&s, "Esc F9");
    sees(&s, "F9 does nothing here", true);
    press(&s, "C-x F9");
    sees(&s, "Ctrl-x F9 does nothing here", true);
    input_is(&s, "");
}

static void test_help(void **state)
{
    press(&s, "F1");
    assert_true(s.v->help.open || s.v->page.open);
    press(&s, "Esc M-?");
    assert_true(s.v->help.open);
    type(&s, "switch");
    sees(&s, "Ctrl-k  Alt-g", true);
    sees(&s, "select a message", false);
    press(&s, "Esc");
    assert_false(s.v->help.open);
}

static void test_confirm_and_prompt(void **state)
{
    struct cmd_ctx ctx = view_ctx(s.v);
    struct err e = {0};
    assert_true(cmd_run(&ctx, "/confirm 'Really?' /toggle hints", &e) >= 0);
    sees(&s, "Really?", true);
    press(&s, "Enter"); /* No is the default */
    assert_false(s.v->hints_off);
    assert_true(cmd_run(&ctx, "/confirm 'Really?' /toggle hints", &e) >= 0);
    press(&s, "Left Enter");
    assert_true(s.v->hints_off);
    s.v->hints_off = false;
    assert_true(cmd_run(&ctx, "/prompt 'Window: ' /window $answer", &e) >= 0);
    type(&s, "2");
    press(&s, "Enter");
    assert_ptr_equal(view_current(s.v), carol);
    view_show(s.v, bob);
}

static void test_select(void **state)
{
    press(&s, "M-Up y");
    sees(&s, "copied", true);
    assert_non_null(s.v->s->copy);
    str_set(&s.v->s->copy, NULL);
    press(&s, "k .");
    assert_non_null(s.v->s->copy); /* the same with the message above */
    str_set(&s.v->s->copy, NULL);
    press(&s, "Esc");
    assert_int_equal(s.v->focus, FOCUS_INPUT);
    press(&s, "F2 .");
    assert_true(s.v->help.open);
    press(&s, "Esc Esc");
}

static void test_receipts(void **state)
{
    own(&s, carol, at(0, 9, 0), "first", DELIVERY_DELIVERED);
    struct message *second = own(&s, carol, at(0, 9, 0), "second", DELIVERY_DELIVERED);
    view_show(s.v, carol);
    sees(&s, "first                                 ✓✓", false);
    sees(&s, "second                                ✓✓", true); /* one sign for both */
    second->delivery = DELIVERY_QUEUED;
    chat_message_changed(second);
    view_mark(s.v, DIRTY_CHAT);
    sees(&s, "first                                 ✓✓",
         true); /* the screen claims no more, and no less */
    sees(&s, "second                                 ·", true);
    second->delivery = DELIVERY_FAILED;
    str_set(&second->failure, "nobody of that name");
    chat_message_changed(second);
    view_mark(s.v, DIRTY_CHAT);
    sees(&s, "✗ not sent: nobody of that name", true);
    view_show(s.v, bob);
}

static void test_long_messages_open(void **state)
{
    struct buf b = {0};
    for (int i = 0; i < 90; i++)
        buf_addf(&b, "line %d\n", i);
    says(&s, carol, "carol@example.org", at(0, 9, 20), buf_str(&b));
    buf_free(&b);
    view_show(s.v, carol);
    sees(&s, "more lines, Enter opens", true);
    press(&s, "M-Up Enter");
    assert_true(s.v->page.open);
    press(&s, "End");
    sees(&s, "line 89", true);
    press(&s, "q Esc");
    assert_false(s.v->page.open);
    view_show(s.v, bob);
}

static void test_narrow(void **state)
{
    look(&s, 40, 10, false);
    view_show(s.v, bob);
    sees(&s, "message 59", true);
    press(&s, "F2");
    sees(&s, "▾ Friends", true);
    sees(&s, "message 59", false);
    press(&s, "F2");
    sees(&s, "message 59", true);
    view_resize(s.v, 12, 3);
    sees(&s, "too small", true);
    sees(&s, "kith: 12x3", true);
    type(&s, "x"); /* alive */
    view_resize(s.v, 250, 70);
    sees(&s, "Bob Builder", true);
    sees(&s, "❯ x", true);
    press(&s, "C-c");
    look(&s, 80, 24, false);
    view_show(s.v, bob);
}

static void test_members(void **state)
{
    a_member(room, "nick-of-a-member", KITH_SHOW_ONLINE, KITH_ROLE_OP);
    struct member robot = {.nick = (char[]){"robot"}, .show = KITH_SHOW_ONLINE, .flags = KITH_MEMBER_BOT};
    chat_put_member(room, &robot);
    view_show(s.v, room);
    sees(&s, "nick-of-a", false); /* 80 columns: on demand */
    press(&s, "F3");
    sees(&s, "nick-of-a", true);
    sees(&s, "robot  bot", true);
    press(&s, "F3");
    sees(&s, "nick-of-a", false);
    look(&s, 72, 24, false);
    view_show(s.v, room);
    press(&s, "F3");
    sees(&s, "nick-of-a", true); /* the list gives way, not the text */
    assert_true(s.v->l.chat.w >= 36);
    look(&s, 40, 10, false);
    view_show(s.v, room);
    view_paint(s.v);
    press(&s, "F3");
    sees(&s, "nick-of-a-member", true);
    press(&s, "F3");
    sees(&s, "nick-of-a-member", false);
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    view_paint(s.v);
    press(&s, "F3");
    sees(&s, "no list of members", true);
}

static void test_nothing_from_outside_leaves_its_cells(void **state)
{
    says(&s, bob, "bob@example.org", at(0, 9, 6),
         "a\x1b[2Jb\x07"
         "c\xe2\x80\xae"
         "d");
    char *text = screen_text(&s);
    assert_null(strchr(text, '\x1b'));
    assert_null(strchr(text, '\x07'));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_typing),
                                       cmocka_unit_test(test_a_paste_never_sends),
                                       cmocka_unit_test(test_overlays_where_there_is_no_room),
                                       cmocka_unit_test(test_text_without_a_chat_goes_along),
                                       cmocka_unit_test(test_unknown_command_keeps_the_text),
                                       cmocka_unit_test(test_completion),
                                       cmocka_unit_test(test_windows),
                                       cmocka_unit_test(test_renamed_contact),
                                       cmocka_unit_test(test_switcher),
                                       cmocka_unit_test(test_drafts_belong_to_chats),
                                       cmocka_unit_test(test_history),
                                       cmocka_unit_test(test_scrolling),
                                       cmocka_unit_test(test_list),
                                       cmocka_unit_test(test_chords_and_unbound_keys),
                                       cmocka_unit_test(test_help),
        cmocka_unit_test(test_confirm_and_prompt),
                                       cmocka_unit_test(test_select),
                                       cmocka_unit_test(test_receipts),
                                       cmocka_unit_test(test_long_messages_open),
                                       cmocka_unit_test(test_narrow),
                                       cmocka_unit_test(test_members),
                                       cmocka_unit_test(test_nothing_from_outside_leaves_its_cells)};
    int rc = cmocka_run_group_tests(tests, setup, teardown);
    return rc ? rc : s.failures;
}
