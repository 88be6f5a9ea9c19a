/* tests/screen/test_live.c - live text: what others are writing stands under the messages */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "script.h"

#define BOB "bob@example.org"

static struct stage s;
static struct chat *bob;

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    a_contact(a, BOB, "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    bob = a_chat(&s, a, BOB, KITH_CHAT_DIRECT, 1);
    for (int i = 0; i < 30; i++)
        says(&s, bob, BOB, at(0, 8, i), "coffee?");
    own(&s, bob, at(0, 8, 51), "in ten minutes", DELIVERY_DELIVERED);
    return 0;
}

static int teardown(void **state)
{
    stage_close(&s);
    return s.failures;
}

#define LONG                                                                                                           \
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "       \
    "eighteen nineteen twenty one-and-twenty two-and-twenty three-and-twenty four-and-twenty five-and-twenty six-and-" \
    "twenty seven-and-twenty eight-and-twenty nine-and-twenty thirty, and the end of it"

static void long_text(struct stage *st)
{
    view_show(st->v, bob);
    chat_set_typing(bob, BOB, KITH_TYPING_ACTIVE, LONG);
    view_paint(st->v);
}

static void it_looks_well(void **state)
{
    at_sizes(&s, "live", long_text);
}

static void letter_by_letter_and_gone(void **state)
{
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    chat_set_typing(bob, BOB, KITH_TYPING_ACTIVE, NULL);
    view_paint(s.v);
    sees(&s, "Bob Builder is typing", true);
    chat_set_typing(bob, BOB, KITH_TYPING_ACTIVE, "shal");
    view_paint(s.v);
    sees(&s, "shal…", true);
    sees(&s, "in ten minutes", true);
    chat_set_typing(bob, BOB, KITH_TYPING_PAUSED, "shall we"); /* it stays while they think */
    view_paint(s.v);
    sees(&s, "shall we…", true);
    sees(&s, "is typing", false);
    press(&s, "PgUp"); /* not over what is read again */
    sees(&s, "shall we…", false);
    press(&s, "PgDn");
    press(&s, "PgDn");
    chat_set_typing(bob, BOB, KITH_TYPING_ACTIVE, "line one\nline two");
    view_paint(s.v);
    sees(&s, "line two…", true);
    chat_set_typing(bob, BOB, KITH_TYPING_NONE, NULL);
    view_paint(s.v);
    sees(&s, "line two", false);
    sees(&s, "in ten minutes", true);
}

/* However many write: the chat keeps half of its place, and the newest lines of each are shown. */
static void many_at_once(void **state)
{
    look(&s, 50, 15, false);
    struct chat *room = a_chat(&s, bob->account, "dev@rooms.example.org", KITH_CHAT_ROOM, 2);
    says(&s, room, "dev@rooms.example.org/frank", at(0, 9, 0), "the last thing said");
    view_show(s.v, room);
    chat_set_typing(room, "dev@rooms.example.org/carol", KITH_TYPING_ACTIVE, LONG);
    chat_set_typing(room, "dev@rooms.example.org/dan", KITH_TYPING_ACTIVE, LONG);
    chat_set_typing(room, "dev@rooms.example.org/erin", KITH_TYPING_ACTIVE, "short");
    chat_set_typing(room, "dev@rooms.example.org/frank", KITH_TYPING_ACTIVE, "and me");
    view_paint(s.v);
    sees(&s, "the last thing said", true);
    sees(&s, "frank: and me…", true);
    sees(&s, "erin: short…", true);
    sees(&s, "the end of it…", true);
    sees(&s, "carol", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_looks_well, setup, teardown),
        cmocka_unit_test_setup_teardown(letter_by_letter_and_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(many_at_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
