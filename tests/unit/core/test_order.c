/* unit/core/test_order.c - messages lie in the order they were said, whatever their stamps hold */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    rig_open(r, NULL, false);
    r->a->state = KITH_STATE_ONLINE;
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

#define BOB "bob@fake"

static struct kith_ev_message text(const char *id, const char *body)
{
    return (struct kith_ev_message){
        .ev = {.size = sizeof(struct kith_ev_message), .type = KITH_EV_MESSAGE},
        .chat = BOB,
        .sender = BOB,
        .id = id,
        .origin_id = id,
        .body = body};
}

static void give(struct rig *r, struct kith_ev_message ev)
{
    ingest_event(r->ca, &ev.ev);
}

static struct chat *bob(struct rig *r)
{
    return account_chat(r->a, BOB);
}

static void test_archive_order_within_a_second(void **state)
{
    struct rig *r = *state;
    char id[16];
    for (int i = 1; i <= 60; i++) {
        snprintf(id, sizeof id, "m%d", i);
        struct kith_ev_message ev = text(id, id);
        ev.archive_id = id;
        ev.flags = KITH_MSG_HISTORY;
        ev.ev.time_ms = 1700000000000 + (i / 30) * 1000; /* 30 of them in one second */
        give(r, ev);
        if (i == 10)
            give(r, ev);
    }
    struct chat *c = bob(r);
    assert_int_equal(c->n_messages, 60);
    for (int i = 1; i <= 60; i++) {
        snprintf(id, sizeof id, "m%d", i);
        assert_string_equal(c->messages[i - 1]->body, id);
    }
    assert_int_equal(r->n_alerts, 0); /* history never rings */
}

/* Kept by the server while we were away and stamped with whole seconds: behind what came before it,
 * though we wrote something meanwhile. */
static void test_delayed_order_within_a_second(void **state)
{
    struct rig *r = *state;
    const int64_t second = 1700000000000;
    struct kith_ev_message ev = text("1", "one");
    ev.archive_id = "a1";
    ev.flags = KITH_MSG_DELAYED;
    ev.ev.time_ms = second + 200;
    give(r, ev);
    ev = text("mine", "mine");
    ev.flags = KITH_MSG_DELAYED | KITH_MSG_OUTGOING;
    ev.ev.time_ms = second + 5000;
    give(r, ev);
    ev = text("2", "two");
    ev.archive_id = "a2";
    ev.flags = KITH_MSG_DELAYED;
    ev.ev.time_ms = second;
    give(r, ev);
    struct chat *c = bob(r);
    assert_string_equal(c->messages[0]->body, "one");
    assert_string_equal(c->messages[1]->body, "two");
    assert_string_equal(c->messages[2]->body, "mine");
}

/* After a lost session: what comes live is behind the gap that the archive then fills, whole
 * seconds or not. */
static void test_gap_is_filled_before_what_came_live(void **state)
{
    struct rig *r = *state;
    static const char *const words[] = {"one", "two", "three", "four", "five", "six"};
    int64_t second = clock_wall_ms() / 1000 * 1000;
    struct kith_ev_message ev = text("1", "one");
    ev.archive_id = "1";
    give(r, ev);
    ingest_new_session(r->ca);
    bob(r)->core->more.last_sort += 50;
    ev = text("4", "four");
    ev.archive_id = "4";
    give(r, ev);
    for (int i = 2; i <= 6; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        ev = text(id, words[i - 1]);
        ev.archive_id = id;
        ev.flags = KITH_MSG_HISTORY;
        ev.ev.time_ms = second;
        give(r, ev);
        if (i == 3) { /* live ones in between change nothing */
            ev = text("6", "six");
            ev.archive_id = "6";
            give(r, ev);
        }
    }
    struct chat *c = bob(r);
    assert_int_equal(c->n_messages, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(c->messages[i]->body, words[i]);
}

static struct kith_ev_message archived(const char *id, int64_t time_ms)
{
    struct kith_ev_message ev = text(id, id);
    ev.archive_id = id;
    ev.flags = KITH_MSG_HISTORY;
    ev.ev.time_ms = time_ms;
    return ev;
}

static void live(struct rig *r, const char *id)
{
    struct kith_ev_message ev = text(id, id);
    ev.archive_id = id;
    give(r, ev);
}

static void assert_order(struct rig *r, const char *const *ids, size_t n)
{
    struct chat *c = bob(r);
    assert_int_equal(c->n_messages, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(c->messages[i]->body, ids[i]);
}

/* The server's clock is an hour behind ours: what the archive gives is newer all the same. */
static void test_servers_clock_is_behind(void **state)
{
    struct rig *r = *state;
    int64_t then = clock_wall_ms() - 3600 * 1000;
    live(r, "1");
    live(r, "2");
    ingest_new_session(r->ca);
    give(r, archived("3", then));
    give(r, archived("4", then));
    struct kith_ev_message ev = archived("5", then);
    ev.flags = KITH_MSG_DELAYED; /* from the server's offline storage */
    give(r, ev);
    assert_order(r, (const char *const[]){"1", "2", "3", "4", "5"}, 5);
}

/* The archive begins with ours, written long before what the others said last. */
static void test_own_message_begins_the_archive(void **state)
{
    struct rig *r = *state;
    int64_t now = clock_wall_ms() / 1000 * 1000 + 700;
    struct kith_ev_message mine = archived("mine", now - 60000);
    mine.flags = KITH_MSG_DELAYED | KITH_MSG_OUTGOING;
    mine.archive_id = NULL;
    give(r, mine);
    struct kith_ev_message ev = archived("1", now);
    ev.flags = KITH_MSG_DELAYED;
    give(r, ev);
    ingest_new_session(r->ca);
    mine = archived("mine", now);
    mine.flags |= KITH_MSG_OUTGOING;
    give(r, mine);
    give(r, archived("2", now - 700)); /* whole seconds */
    assert_order(r, (const char *const[]){"mine", "1", "2"}, 3);
}

/* A gap was left behind, and kith was started again since: the archive's order counts. */
static void test_gap_of_an_earlier_session(void **state)
{
    struct rig *r = *state;
    live(r, "1");
    ingest_new_session(r->ca);
    live(r, "4");
    live(r, "5");
    ingest_new_session(r->ca);
    int64_t second = clock_wall_ms() / 1000 * 1000;
    for (const char *const *id = (const char *const[]){"2", "3", "4", "5", "6", NULL}; *id; id++)
        give(r, archived(*id, second));
    live(r, "7");
    assert_order(r, (const char *const[]){"1", "2", "3", "4", "5", "6", "7"}, 7);
}

/* The reading that puts messages in order is broken off in the middle, and goes on behind that. */
static void test_reading_is_broken_off(void **state)
{
    struct rig *r = *state;
    int64_t second = clock_wall_ms() / 1000 * 1000;
    r->a->state = KITH_STATE_SYNC;
    for (const char *const *id = (const char *const[]){"2", "3", "4", "5", NULL}; *id; id++)
        give(r, archived(*id, second - 900000));
    ingest_in_step(r->ca);
    ingest_new_session(r->ca);
    give(r, archived("1", second)); /* it was missing */
    give(r, archived("2", second));
    give(r, archived("3", second));
    ingest_new_session(r->ca);
    give(r, archived("4", second));
    give(r, archived("5", second));
    give(r, archived("6", second));
    assert_order(r, (const char *const[]){"1", "2", "3", "4", "5", "6"}, 6);
}

static void reading(struct rig *r, bool begin)
{
    ingest_event(
        r->ca, &(struct kith_ev_sync){.ev = {.size = sizeof(struct kith_ev_sync),
                                             .type = begin ? KITH_EV_SYNC_BEGIN : KITH_EV_SYNC_END},
                                      .what = KITH_SYNC_ARCHIVE}
                    .ev);
}

static void online(struct rig *r)
{
    ingest_event(r->ca, &(struct kith_ev_state){.ev = {.size = sizeof(struct kith_ev_state),
                                                       .type = KITH_EV_STATE},
                                                .state = KITH_STATE_ONLINE}
                             .ev);
}

static void write_own(struct rig *r, const char *body)
{
    assert_true(core_send(r->core, bob(r), &(struct core_send){.body = body}, NULL) > 0);
}

/* The archive fails in the middle, the account is online all the same, people go on; then the rest
 * of the gap comes, in this session or after a restart of kith. */
static void gap_after_an_error(struct rig *r, bool restarted)
{
    int64_t second = clock_wall_ms() / 1000 * 1000;
    live(r, "1");
    r->a->state = KITH_STATE_SYNC;
    ingest_new_session(r->ca);
    reading(r, true);
    for (int i = 2; i <= 3 && !restarted; i++) /* else it fails at once */
        give(r, archived(i == 2 ? "2" : "3", second));
    online(r);
    if (restarted) /* time goes by: what is not in memory any more is told by it */
        bob(r)->core->more.last_sort += 50;
    live(r, "6");
    write_own(r, "mine");
    live(r, "7");
    rig_turn(r, 0);
    assert_string_equal(r->ca->resume_id, "1"); /* not behind the gap */
    if (restarted) {
        rig_stop(r);
        rig_start(r, false);
        core_load(r->core, bob(r));
        r->a->state = KITH_STATE_SYNC;
        ingest_new_session(r->ca);
        reading(r, true);
    }
    static const char *const rest[] = {"2", "3", "4", "5", "6", "7"};
    for (size_t i = restarted ? 0 : 2; i < COUNT(rest); i++)
        give(r, archived(rest[i], second));
    reading(r, false);
    assert_order(r, (const char *const[]){"1", "2", "3", "4", "5", "6", "mine", "7"}, 8);
    assert_int_equal(r->ca->gap, 0);
    live(r, "8");
    assert_string_equal(chat_last(bob(r))->body, "8");
    assert_string_equal(r->ca->resume_id, restarted ? "1" : "8");
}

static void test_error_in_the_middle(void **state)
{
    gap_after_an_error(*state, false);
}

static void test_error_in_the_middle_and_restart(void **state)
{
    gap_after_an_error(*state, true);
}

/* What lies in order already is left alone, though stamps of whole seconds are all the same. */
static void test_nothing_moves_without_need(void **state)
{
    struct rig *r = *state;
    int64_t second = clock_wall_ms() / 1000 * 1000;
    static const char *const ids[] = {"1", "2", "3", "4"};
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct kith_ev_message ev = archived(ids[i], second);
        ev.flags = KITH_MSG_DELAYED;
        give(r, ev);
    }
    ingest_new_session(r->ca);
    for (size_t i = 0; i < COUNT(ids); i++)
        give(r, archived(ids[i], second));
    assert_order(r, ids, COUNT(ids));
    assert_int_equal(chat_last(bob(r))->sort, second);
}

/* What the members of a room tell of the past, one after the other: no archive, so the time counts,
 * to the millisecond. */
static void test_history_without_an_archive(void **state)
{
    struct rig *r = *state;
    int64_t now = clock_wall_ms();
    live(r, "6");
    static const char *const told[] = {"1", "4", "5", "2", "3"};
    for (size_t i = 0; i < COUNT(told); i++) {
        struct kith_ev_message ev = archived(told[i], now - 1000 + told[i][0]);
        ev.archive_id = NULL;
        give(r, ev);
        give(r, ev);
    }
    assert_order(r, (const char *const[]){"1", "2", "3", "4", "5", "6"}, 6);
    assert_int_equal(r->n_alerts, 1); /* the live one's */
}

static void test_clock_jumps_do_not_mix_live_order(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = text("1", "one");
    ev.ev.time_ms = clock_wall_ms() + 86400000; /* the sender's clock is a day ahead */
    give(r, ev);
    ev = text("2", "two");
    ev.ev.time_ms = 1000; /* and another one's stands still */
    give(r, ev);
    assert_string_equal(bob(r)->messages[1]->body, "two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_archive_order_within_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delayed_order_within_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gap_is_filled_before_what_came_live, setup, teardown),
        cmocka_unit_test_setup_teardown(test_servers_clock_is_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_message_begins_the_archive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gap_of_an_earlier_session, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reading_is_broken_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_error_in_the_middle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_error_in_the_middle_and_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_moves_without_need, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_without_an_archive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clock_jumps_do_not_mix_live_order, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
