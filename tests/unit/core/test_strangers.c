/* unit/core/test_strangers.c - people who are not known: held, let in, turned away; bounds and restarts */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "events.h"

#define EVE "eve@fake"

static int counter;

static struct kith_ev_message words(const char *who, const char *body)
{
    static char id[32];
    snprintf(id, sizeof id, "s%d", counter++);
    struct kith_ev_message ev = text(id, body);
    ev.chat = ev.sender = who;
    ev.flags = KITH_MSG_STRANGER;
    return ev;
}

static void contact(struct rig *r, const char *address, uint32_t flags)
{
    struct kith_ev_contact ev = {
        .ev = {.size = sizeof ev, .type = KITH_EV_CONTACT}, .address = address, .flags = flags};
    ingest_event(r->ca, &ev.ev);
}

static struct chat *eve(struct rig *r)
{
    return account_chat(r->a, EVE);
}

static size_t stored(struct rig *r, struct chat *chat)
{
    size_t n = 0;
    struct message **v = store_page(r->store, chat, STORE_OLDER, 0, 0, 500, &n);
    for (size_t i = 0; i < n; i++)
        message_free(v[i]);
    free(v);
    return n;
}

static void assert_silent(const struct rig *r)
{
    assert_int_equal(r->n_alerts, 0);
    assert_int_equal(r->n_bells, 0);
    assert_int_equal(r->model->n_inbox, 0);
    assert_null(strstr(r->notices, "hello"));
    assert_null(strstr(r->notices, EVE));
}

static void held_without_a_sound(void **state)
{
    struct rig *r = *state;
    give(r, words(EVE, "hello me"));
    give(r, words(EVE, "hello again"));
    assert_non_null(eve(r));
    assert_true(eve(r)->flags & CHAT_HELD);
    assert_false(eve(r)->open);
    assert_int_equal(eve(r)->unread, 0);
    assert_int_equal(eve(r)->mentions, 0);
    assert_int_equal(eve(r)->held, 2);
    assert_int_equal(core_strangers(r->a), 1);
    assert_int_equal(stored(r, eve(r)), 2);
    assert_silent(r);
    assert_int_equal(r->n_notices, 1); /* once, without who and what */
    give(r, words("mallory@fake", "hello as well"));
    assert_int_equal(r->n_notices, 1);
    assert_int_equal(core_strangers(r->a), 2);
}

static void others_are_not_held(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = words(BOB, "known");
    ev.flags = 0; /* the protocol knows no strangers */
    give(r, ev);
    assert_true(bob(r)->open);
    contact(r, "carol@fake", KITH_CONTACT_TO); /* the backend has not heard of it yet */
    give(r, words("carol@fake", "hi"));
    assert_true(account_chat(r->a, "carol@fake")->open);
    ev = words(EVE, "from us");
    ev.flags |= KITH_MSG_OUTGOING;
    give(r, ev);
    assert_true(eve(r)->open);
    give(r, words(EVE, "an answer"));
    assert_false(eve(r)->flags & CHAT_HELD);
    ev = words("old@fake", "years ago");
    ev.flags |= KITH_MSG_HISTORY;
    give(r, ev); /* the first synchronisation is no news */
    assert_false(account_chat(r->a, "old@fake")->flags & CHAT_HELD);
    assert_int_equal(core_strangers(r->a), 0);
}

static void shown_where_wanted(void **state)
{
    struct rig *r = *state;
    assert_int_equal(config_set(r->config, "privacy.strangers", "show", NULL), 0);
    give(r, words(EVE, "hello"));
    assert_true(eve(r)->open);
    assert_int_equal(eve(r)->unread, 1);
}

static void let_in_with_all_of_it(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    give(r, words(EVE, "one"));
    give(r, words(EVE, "two"));
    assert_int_equal(core_stranger_accept(r->core, eve(r), &e), 0);
    assert_true(eve(r)->open);
    assert_false(eve(r)->flags & CHAT_HELD);
    assert_int_equal(eve(r)->unread, 2);
    assert_true(eve(r)->unread_line > 0);
    assert_int_equal(stored(r, eve(r)), 2);
    give(r, words(EVE, "three"));
    assert_int_equal(eve(r)->unread, 3);
    assert_int_equal(r->n_alerts, 1);
    assert_true(core_stranger_accept(r->core, eve(r), &e) < 0);
    core_close_chat(r->core, eve(r));
    give(r, words(EVE, "four")); /* once let in is let in */
    assert_true(eve(r)->open);
}

/* Adding, writing to or opening them says as much as /strangers accept. */
static void let_in_by_what_the_user_does(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    struct core_send s = {.body = "who are you?"};
    give(r, words(EVE, "hello"));
    contact(r, EVE, KITH_CONTACT_TO);
    assert_true(eve(r)->open);
    give(r, words("a@fake", "hello"));
    assert_true(core_send(r->core, account_chat(r->a, "a@fake"), &s, &e) > 0);
    assert_false(account_chat(r->a, "a@fake")->flags & CHAT_HELD);
    give(r, words("b@fake", "hello"));
    assert_true(core_open_chat(r->core, r->a, "b@fake", NULL, NULL, &e) >= 0);
    assert_false(account_chat(r->a, "b@fake")->flags & CHAT_HELD);
    give(r, words("c@fake", "hello"));
    struct kith_ev_message ev = words("c@fake", "answered on the phone");
    ev.flags = KITH_MSG_OUTGOING;
    give(r, ev);
    assert_true(account_chat(r->a, "c@fake")->open);
    assert_int_equal(account_chat(r->a, "c@fake")->unread, 0);
    assert_int_equal(core_strangers(r->a), 0);
}

static void dropped_and_blocked(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    give(r, words(EVE, "needle in a haystack"));
    int64_t id = eve(r)->id;
    assert_int_equal(core_stranger_drop(r->core, eve(r), &e), 0);
    assert_null(eve(r));
    struct chat gone = {.id = id, .account = r->a};
    assert_int_equal(stored(r, &gone), 0);
    give(r, words(EVE, "again"));
    assert_true(eve(r)->flags & CHAT_HELD);
    contact(r, EVE, KITH_CONTACT_BLOCKED); /* from here or another device */
    assert_null(eve(r));
    give(r, words(EVE, "the server lets it through all the same"));
    assert_true(eve(r)->flags & CHAT_HELD);
    assert_silent(r);
}

static void bounded_and_said_once(void **state)
{
    struct rig *r = *state;
    char who[32];
    for (int i = 0; i < 70; i++)
        give(r, words(EVE, "flood"));
    assert_int_equal(eve(r)->held, 50);
    assert_int_equal(stored(r, eve(r)), 50);
    assert_int_equal(r->n_notices, 2);
    for (int i = 0; i < 260; i++) {
        snprintf(who, sizeof who, "bot%d@fake", i);
        give(r, words(who, "flood"));
    }
    assert_int_equal(core_strangers(r->a), 200);
    assert_null(account_chat(r->a, "bot259@fake"));
    assert_int_equal(r->n_notices, 2);
    assert_silent(r);
}

static void bounded_in_bytes(void **state)
{
    struct rig *r = *state;
    char who[32], *big = xmalloc(200001);
    memset(big, 'x', 200000);
    big[200000] = '\0';
    size_t bytes = 0;
    for (int i = 0; i < 60; i++) {
        snprintf(who, sizeof who, "big%d@fake", i % 30);
        give(r, words(who, big));
    }
    for (size_t i = 0; i < r->a->n_chats; i++)
        bytes += r->a->chats[i]->held_bytes;
    assert_true(bytes > 3 << 20 && bytes <= 4 << 20);
    free(big);
}

/* What is held is on disk before it is confirmed, and counted again after a restart. */
static void outlives_a_restart(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    give(r, words(EVE, "hello"));
    give(r, words(EVE, "h\xC3\xA9llo"));
    save_turn_end(r->core);
    rig_stop(r);
    rig_start(r, false);
    assert_non_null(eve(r));
    assert_true(eve(r)->flags & CHAT_HELD);
    assert_int_equal(eve(r)->held, 2);
    assert_int_equal(eve(r)->held_bytes, 11);
    assert_false(eve(r)->open);
    struct core_stranger first;
    core_stranger_first(r->core, eve(r), &first);
    assert_string_equal(first.text, "hello");
    core_stranger_first_clear(&first);
    assert_int_equal(core_stranger_accept(r->core, eve(r), &e), 0);
    assert_int_equal(eve(r)->unread, 2);
}

/* What its sender asks not to keep is in memory only, here as anywhere. */
static void in_memory_too(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = words(EVE, "psst");
    ev.flags |= KITH_MSG_NO_STORE;
    give(r, ev);
    assert_int_equal(eve(r)->held, 1);
    assert_int_equal(eve(r)->n_messages, 1);
    assert_int_equal(stored(r, eve(r)), 0);
    assert_silent(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(held_without_a_sound, setup, teardown),
        cmocka_unit_test_setup_teardown(others_are_not_held, setup, teardown),
        cmocka_unit_test_setup_teardown(shown_where_wanted, setup, teardown),
        cmocka_unit_test_setup_teardown(let_in_with_all_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(let_in_by_what_the_user_does, setup, teardown),
        cmocka_unit_test_setup_teardown(dropped_and_blocked, setup, teardown),
        cmocka_unit_test_setup_teardown(bounded_and_said_once, setup, teardown),
        cmocka_unit_test_setup_teardown(bounded_in_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(outlives_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(in_memory_too, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
