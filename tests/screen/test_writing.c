/* tests/screen/test_writing.c - what is asked before something leaves the input or comes into it; the inbox */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "script.h"

static struct stage s;
static struct chat *bob, *room;
static struct account *home;

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    home = an_account(&s, "home", "xmpp", "alice@example.org");
    home->groups |= ACCOUNT_HAS_FILES;
    a_contact(home, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    bob = a_chat(&s, home, "bob@example.org", KITH_CHAT_DIRECT, 1);
    room = a_chat(&s, home, "c-dev@rooms.example.org", KITH_CHAT_ROOM, 2);
    str_set(&room->name, "# c-dev");
    says(&s, bob, "bob@example.org", at(0, 9, 12), "Do you have the trace?");
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    s.v->shown_at = 0;
    view_paint(s.v);
    return 0;
}

static int teardown(void **state)
{
    return stage_close(&s);
}

static void show_guard(struct stage *st)
{
    view_show(st->v, bob);
    st->v->shown_at = 0;
    view_set_input(st->v, " /quit");
    press(st, "Enter");
}

static void test_guard(void **state)
{
    type(&s, " /quit");
    press(&s, "Enter");
    assert_true(s.v->dialog.open);
    sees(&s, "looks like a command", true);
    sees(&s, "Bob Builder (home)?", true);
    type(&s, "y"); /* letters do not answer, and do not go anywhere */
    assert_true(s.v->dialog.open);
    press(&s, "Enter"); /* back to the text is what Enter means */
    assert_false(s.v->dialog.open);
    input_is(&s, " /quit");
    press(&s, "C-u");
    at_tiny_sizes(&s, "guard", show_guard);
    at_sizes(&s, "guard", show_guard);
}

static void test_moved(void **state)
{
    type(&s, "see you");
    view_show(s.v, room);
    view_show(s.v, bob);
    press(&s, "Enter");
    assert_true(s.v->dialog.open);
    sees(&s, "changed just now", true);
    press(&s, "Esc");
    input_is(&s, "see you");
    s.v->shown_at -= 1001; /* a second later it is no surprise */
    assert_false(view_guards(s.v, "see you"));
    assert_false(view_guards(s.v, "/join #x")); /* commands say where they go */
}

static void paste_lines(struct stage *st, int n)
{
    struct buf b = {0};
    for (int i = 1; i <= n; i++)
        buf_addf(&b, "#%d 0x4c11 in chat_draw (w=0x0) at chat.c:%d\r", i, 200 + i);
    view_paste(st->v, b.data, b.len);
    view_paint(st->v);
    buf_free(&b);
}

static void show_paste(struct stage *st)
{
    view_show(st->v, bob);
    paste_lines(st, 30);
}

static void test_paste(void **state)
{
    paste_lines(&s, 20); /* so many need no question */
    assert_false(s.v->dialog.open);
    assert_int_equal(editor_lines(s.v->editor), 21); /* the last line is ended */
    press(&s, "C-_");
    input_is(&s, "");
    paste_lines(&s, 21);
    assert_true(s.v->dialog.open);
    input_is(&s, "");
    press(&s, "Esc");
    input_is(&s, "");
    paste_lines(&s, 21);
    type(&s, "i");
    assert_false(s.v->dialog.open);
    assert_int_equal(editor_lines(s.v->editor), 22);
    press(&s, "C-_");
    type(&s, "look:");
    paste_lines(&s, 21);
    type(&s, "c");
    assert_true(str_starts(editor_text(s.v->editor), "look:\n```\n#1 "));
    assert_true(str_ends(editor_text(s.v->editor), "chat.c:221\n```\n"));
    press(&s, "C-_ C-u");
    home->groups &= ~(uint32_t)ACCOUNT_HAS_FILES; /* what cannot be done is not offered */
    paste_lines(&s, 21);
    sees(&s, "send as file", false);
    press(&s, "Esc");
    home->groups |= ACCOUNT_HAS_FILES;
    at_tiny_sizes(&s, "long-paste", show_paste);
    at_sizes(&s, "long-paste", show_paste);
}

static void show_emoji(struct stage *st)
{
    view_show(st->v, bob);
    view_set_input(st->v, "well done :thum");
    press(st, "Tab Tab");
}

static void test_emoji(void **state)
{
    show_emoji(&s);
    assert_true(s.v->popup.open);
    press(&s, "Enter");
    input_is(&s, "well done \xf0\x9f\x91\x8d");
    press(&s, "C-u");
    at_tiny_sizes(&s, "emoji", show_emoji);
    at_sizes(&s, "emoji", show_emoji);
}

static void put(int64_t message, struct chat *c, enum inbox_why why, int64_t time, const char *who,
                const char *text)
{
    struct inbox_item i = {.message = message,
                           .chat = c->id,
                           .why = why,
                           .time = time,
                           .who = xstrdup(who),
                           .text = xstrdup(text)};
    model_add_inbox(s.env.model, &i);
}

static void show_inbox(struct stage *st)
{
    view_show(st->v, bob);
    press(st, "C-x i j");
}

static void test_inbox(void **state)
{
    press(&s, "C-x i");
    sees(&s, "Nothing waits for an answer", true);
    press(&s, "Esc");
    put(1001, bob, INBOX_DIRECT, at(0, 9, 12), "Bob Builder", "Do you have the trace?");
    put(1002, room, INBOX_MENTION, at(0, 8, 50), "carol",
        "alice: does this look right to you? I am not sure about the second half of it");
    put(1003, room, INBOX_REPLY, at(1, 17, 40), "dave", "then take the other one");
    put(1004, room, INBOX_KEYWORD, at(2, 10, 0), "frank", "the release is out");
    put(1005, bob, INBOX_FAILED, at(0, 7, 5), "alice", "see you there");
    put(1006, room, INBOX_MENTION, at(3, 11, 0), "grace", "alice: when you have time");
    model_inbox(s.env.model, 1006)->until = at(-2, 9, 0);
    press(&s, "C-x i");
    sees(&s, "Inbox 5", true);
    sees(&s, "1 put off", true);
    press(&s, "j");
    assert_int_equal(inbox_current(&s.v->inbox, s.env.model)->message, 1002);
    struct cmd_ctx ctx = view_ctx(s.v);
    assert_int_equal(ctx.message, 1002);
    assert_ptr_equal(ctx.chat, room);
    press(&s, "s"); /* a question above it; what it is about stays */
    assert_true(s.v->dialog.open);
    assert_int_equal(s.v->dialog.message, 1002);
    press(&s, "Esc");
    assert_true(s.v->inbox.open);
    type(&s, "x"); /* no letter falls through into the input */
    input_is(&s, "");
    press(&s, "Esc");
    assert_false(s.v->inbox.open);
    at_tiny_sizes(&s, "inbox", show_inbox);
    at_sizes(&s, "inbox", show_inbox);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(test_guard), T(test_moved), T(test_paste), T(test_emoji),
                                       T(test_inbox)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
