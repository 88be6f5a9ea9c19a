/* unit/core/test_ignore.c - people who are not to be heard: by address, nick and mask */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "events.h"

/* Where people are called by nicks: one holds everywhere, whatever its case; and masks. */
static void test_ignored_nicks_and_masks(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = room_text("Troll", "o", "1", "hello");
    r->a->groups |= ACCOUNT_HAS_NICKS;
    give_room(r, KITH_CHAT_JOINED);
    struct chat *c = account_chat(r->a, ROOM);
    assert_true(config_set(r->config, "privacy.ignore", "fake/troll fake/*!*@bad.example other/*!*@*", NULL) >= 0);
    ev.sender_name = "Troll";
    give(r, ev);
    ev.sender_name = "trolley";
    ev.sender_mask = "trolley!~t@BAD.example";
    give(r, ev);
    assert_int_equal(c->n_messages, 0);
    ev.sender_mask = "trolley!~t@bad.example.org";
    give(r, ev);
    assert_int_equal(c->n_messages, 1);
    ev = text("2", "psst");
    ev.sender_mask = "bob!b@x.bad.example";
    give(r, ev);
    assert_int_equal(bob(r)->n_messages, 1);
    assert_true(config_set(r->config, "privacy.ignore", "fake/b?b!*@*.bad.*", NULL) >= 0);
    ev = text("3", "psst");
    ev.sender_mask = "bob!b@x.bad.example";
    give(r, ev);
    assert_int_equal(bob(r)->n_messages, 1);
}

static void test_ignored_people_are_dropped(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message own = text("3", "mine");
    own.sender = "me@fake";
    own.flags = KITH_MSG_OUTGOING;
    assert_true(config_set(r->config, "privacy.ignore", "fake/bob@fake fake/room@fake/troll", NULL) >= 0);
    give(r, text("1", "hello"));
    assert_null(bob(r)); /* no chat, no count, no bell */
    assert_int_equal(r->n_alerts, 0);
    give_room(r, 0);
    give(r, room_text("troll", NULL, "r1", "me: look at me"));
    give(r, room_text("trolley", NULL, "r2", "me: hello"));
    assert_int_equal(account_chat(r->a, ROOM)->n_messages, 1);
    give(r, own); /* our own words from another device */
    assert_int_equal(bob(r)->n_messages, 1);
    assert_true(config_set(r->config, "privacy.ignore", "", NULL) >= 0);
    give(r, text("2", "again"));
    assert_int_equal(bob(r)->n_messages, 2);
    assert_false(core_ignores(r->core, r->a, BOB));
    assert_true(config_set(r->config, "privacy.ignore", "fake/bob@fake", NULL) >= 0);
    assert_true(core_ignores(r->core, r->a, "bob@fake/phone"));
    assert_false(core_ignores(r->core, r->a, "bob@fake.example"));
    assert_false(core_ignores(r->core, r->a, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ignored_people_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ignored_nicks_and_masks, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
