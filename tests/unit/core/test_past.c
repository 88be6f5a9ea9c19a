/* unit/core/test_past.c - what happened in a room earlier: in its place, folded and hidden like what happens now, once, no news */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"

enum { WAIT_MS = 20000 };
#define T0 INT64_C(1799575200000) /* 2027-01-10 10:00 UTC */

static void happen(struct rig *r, uint32_t what, const char *id, const char *nick, const char *text, int64_t at)
{
    struct kith_ev_happened ev = {.ev = {.size = sizeof ev, .type = KITH_EV_HAPPENED, .time_ms = T0 + at},
                                  .chat = ROOM,
                                  .id = id,
                                  .nick = nick,
                                  .text = text,
                                  .what = what,
                                  .how = what == KITH_HAPPENED_LEAVE ? KITH_LEAVE_PART : 0u};
    ingest_event(r->ca, &ev.ev);
}

static void split(struct rig *r, const char *nick, int64_t at)
{
    struct kith_ev_happened ev = {.ev = {.size = sizeof ev, .type = KITH_EV_HAPPENED, .time_ms = T0 + at},
                                  .chat = ROOM,
                                  .nick = nick,
                                  .text = "a.fake b.fake",
                                  .what = KITH_HAPPENED_LEAVE,
                                  .how = KITH_LEAVE_SPLIT};
    ingest_event(r->ca, &ev.ev);
}

static void say(struct rig *r, const char *nick, const char *id, int64_t at)
{
    struct kith_ev_message ev = room_text(nick, NULL, id, id);
    ev.sender_name = nick;
    ev.archive_id = id;
    ev.ev.time_ms = T0 + at;
    ev.flags = KITH_MSG_HISTORY;
    give(r, ev);
}

static struct chat *room(struct rig *r, const char *hide)
{
    give_room(r, KITH_CHAT_JOINED);
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", hide, NULL), 0);
    struct chat *c = account_chat(r->a, ROOM);
    core_load(r->core, c);
    return c;
}

/* All lines and messages: "one|ann joined|two". */
static const char *lines(struct rig *r, const struct chat *c)
{
    static char out[4000];
    size_t len = 0;
    rig_turn(r, 0);
    rig_turn(r, 0);
    out[0] = '\0';
    for (size_t i = 0; i < c->n_messages && len < sizeof out; i++)
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%s", i ? "|" : "", c->messages[i]->body);
    return out;
}

static void they_lie_between_the_messages(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r, "none");
    unsigned notices = r->n_notices, alerts = r->n_alerts;
    say(r, "bob", "one", 0);
    happen(r, KITH_HAPPENED_JOIN, "e1", "ann", NULL, 1000);
    happen(r, KITH_HAPPENED_JOIN, "e2", "eve", NULL, 2000);
    say(r, "bob", "two", 3000);
    happen(r, KITH_HAPPENED_LEAVE, "e3", "ann", "bye", 4000);
    happen(r, KITH_HAPPENED_NICK, "e4", "eve", "mallory", 5000);
    happen(r, KITH_HAPPENED_TOPIC, "e5", "bob", "news", 6000);
    happen(r, KITH_HAPPENED_STANDING, "e6", NULL, "bob makes eve operator", 7000);
    assert_string_equal(lines(r, c), "one|ann, eve joined|two|ann left (bye)|eve is now mallory|bob set the topic: news|"
                                     "bob makes eve operator");
    happen(r, KITH_HAPPENED_JOIN, "e1", "ann", NULL, 1000); /* again */
    assert_int_equal(c->n_messages, 7);
    assert_int_equal(lines(r, c) ? c->n_messages : 0, 7);
    assert_int_equal(c->messages[1]->time, T0 + 1000);
    assert_int_equal(c->n_members, 0);
    assert_int_equal(c->unread, 0);
    assert_int_equal(r->n_notices - notices + r->n_alerts - alerts, 0);
    say(r, "bob", "between", 1500); /* in the archive's order it lies behind: nothing moves */
    int64_t line = c->messages[1]->id;
    happen(r, KITH_HAPPENED_JOIN, "e7", "zoe", NULL, 2500);
    (void)lines(r, c);
    assert_int_equal(c->messages[1]->id, line); /* whoever looks at it goes on looking at it */
}

static void one_moment_keeps_its_order(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r, "none");
    say(r, "bob", "one", 0);
    happen(r, KITH_HAPPENED_NICK, "e1", "carol", "caroline", 1000);
    happen(r, KITH_HAPPENED_LEAVE, "e2", "caroline", "bye", 1000);
    happen(r, KITH_HAPPENED_TOPIC, "e3", "bob", "tea", 1000);
    say(r, "bob", "two", 1001);
    assert_string_equal(lines(r, c), "one|carol is now caroline|caroline left (bye)|bob set the topic: tea|two");
}

static void smart_looks_from_then(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r, "smart");
    say(r, "bob", "one", 0);
    happen(r, KITH_HAPPENED_LEAVE, "e1", "bob", NULL, 60000);
    happen(r, KITH_HAPPENED_LEAVE, "e2", "silent", NULL, 61000);
    happen(r, KITH_HAPPENED_JOIN, "e3", "bob", NULL, 62000);
    happen(r, KITH_HAPPENED_LEAVE, "e4", "bob", NULL, 3600000); /* long silent by then */
    happen(r, KITH_HAPPENED_JOIN, "e5", "late", NULL, 3601000);
    say(r, "late", "two", 3602000); /* spoke later */
    assert_string_equal(lines(r, c), "one|bob left and came back|two");
}

static void a_split_is_one_line(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r, "smart");
    say(r, "bob", "one", 0);
    for (int i = 0; i < 40; i++) {
        char nick[16];
        snprintf(nick, sizeof nick, "nick%d", i);
        split(r, nick, 1000);
    }
    say(r, "bob", "two", 2000);
    split(r, "bob", 3000); /* one alone only says so */
    assert_string_equal(lines(r, c), "one|netsplit a.fake b.fake: 40 people left|two|bob went offline (a.fake b.fake)");
}

static void hidden_are_all_but_the_rest(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r, "all");
    say(r, "bob", "one", 0);
    split(r, "ann", 1000);
    split(r, "bob", 1000);
    happen(r, KITH_HAPPENED_JOIN, "e1", "ann", NULL, 2000);
    happen(r, KITH_HAPPENED_TOPIC, "e2", "ann", "news", 3000);
    assert_string_equal(lines(r, c), "one|ann set the topic: news");
}

static void a_window_that_is_loaded_later_shows_them(void **state)
{
    struct rig *r = *state;
    give_room(r, KITH_CHAT_JOINED);
    struct chat *c = account_chat(r->a, ROOM);
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "none", NULL), 0);
    say(r, "bob", "one", 0);
    happen(r, KITH_HAPPENED_JOIN, "e1", "ann", NULL, 1000);
    say(r, "bob", "two", 2000);
    (void)lines(r, c);
    core_load(r->core, c);
    assert_string_equal(lines(r, c), "one|ann joined|two");
    history_again(r->core, c);
    assert_string_equal(lines(r, c), "one|ann joined|two");
}

static void there_are_bounds(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r, "none");
    say(r, "bob", "one", 0);
    for (int i = 0; i < 5000; i++) {
        char nick[16];
        snprintf(nick, sizeof nick, "nick%d", i);
        happen(r, KITH_HAPPENED_JOIN, nick, nick, NULL, 1000 + i);
    }
    assert_int_equal(r->core->n_past, 2000);
    rig_turn(r, 0);
    assert_true(c->n_messages < 20);
    happen(r, KITH_HAPPENED_JOIN, NULL, NULL, NULL, 9000); /* nobody */
    happen(r, KITH_HAPPENED_NICK, NULL, "ann", NULL, 9000);
    happen(r, 99, NULL, "ann", "x", 9000);
    assert_int_equal(r->core->n_past, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_lie_between_the_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(one_moment_keeps_its_order, setup, teardown),
        cmocka_unit_test_setup_teardown(smart_looks_from_then, setup, teardown),
        cmocka_unit_test_setup_teardown(a_split_is_one_line, setup, teardown),
        cmocka_unit_test_setup_teardown(hidden_are_all_but_the_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(a_window_that_is_loaded_later_shows_them, setup, teardown),
        cmocka_unit_test_setup_teardown(there_are_bounds, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
