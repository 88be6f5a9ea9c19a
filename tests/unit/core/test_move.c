/* unit/core/test_move.c - a room that gets another name stays the same chat */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"

#define OTHER "other@fake"

static void moved(struct rig *r, const char *from, const char *to, uint32_t flags)
{
    struct kith_ev_chat ev = {.ev = {.size = sizeof ev, .type = KITH_EV_CHAT},
                              .address = to,
                              .old_address = from,
                              .name = "Other",
                              .kind = KITH_CHAT_ROOM,
                              .flags = flags,
                              .nick = "me"};
    ingest_event(r->ca, &ev.ev);
}

static void test_history_and_place_stay(void **state)
{
    struct rig *r = *state;
    give_room(r, KITH_CHAT_JOINED);
    give(r, room_text("ann", "o", "1", "before"));
    struct chat *c = account_chat(r->a, ROOM);
    int64_t id = c->id;
    int number = c->number;
    core_set_notices(r->core, c, NOTICE_ALL, NULL);
    moved(r, ROOM, OTHER, KITH_CHAT_JOINED);
    assert_null(account_chat(r->a, ROOM));
    assert_ptr_equal(account_chat(r->a, OTHER), c);
    assert_int_equal(c->number, number);
    assert_true(c->flags & KITH_CHAT_JOINED);
    assert_string_equal(chat_title(c), "Other");
    assert_string_equal(chat_last(c)->body, "this room is called Other now");
    struct kith_ev_message m = room_text("ann", "o", "2", "after");
    m.chat = OTHER;
    give(r, m);
    rig_turn(r, 0);
    rig_stop(r); /* and on disk */
    rig_start(r, false);
    c = account_chat(r->a, OTHER);
    assert_non_null(c);
    assert_int_equal(c->id, id);
    assert_int_equal(c->notices, NOTICE_ALL);
    assert_null(account_chat(r->a, ROOM));
    core_load(r->core, c);
    assert_int_equal(c->n_messages, 2);
    assert_string_equal(c->messages[0]->body, "before");
    assert_string_equal(c->messages[1]->body, "after");
}

static void test_a_name_that_was_there(void **state)
{
    struct rig *r = *state;
    moved(r, NULL, OTHER, 0);
    give_room(r, KITH_CHAT_JOINED);
    struct chat *c = account_chat(r->a, ROOM), *other = account_chat(r->a, OTHER);
    moved(r, ROOM, OTHER, KITH_CHAT_JOINED);
    assert_ptr_equal(account_chat(r->a, ROOM), c);
    assert_ptr_equal(account_chat(r->a, OTHER), other);
    assert_false(c->flags & KITH_CHAT_JOINED);
    assert_true(other->flags & KITH_CHAT_JOINED);
    assert_true(other->open);
    moved(r, "nowhere@fake", "else@fake", KITH_CHAT_JOINED); /* of a chat that is not known: like any */
    assert_non_null(account_chat(r->a, "else@fake"));
    moved(r, OTHER, OTHER, KITH_CHAT_JOINED);
    assert_ptr_equal(account_chat(r->a, OTHER), other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_history_and_place_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_name_that_was_there, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
