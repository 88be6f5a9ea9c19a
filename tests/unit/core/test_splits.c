/* unit/core/test_splits.c - netsplits: one line for all who went, one for all who are back; no line for who only says so */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#define ROOM "lobby@fake"
#define SERVERS "hub.example.org leaf.example.org"
enum { WAIT_MS = 20000, MANY = 5000 };

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    rig_open(r, NULL, false);
    r->a->state = KITH_STATE_ONLINE;
    r->core->p.gather_ms = 1;
    *state = r;
    struct kith_ev_chat ev = {.ev = {.size = sizeof ev, .type = KITH_EV_CHAT},
                              .address = ROOM,
                              .kind = KITH_CHAT_ROOM,
                              .flags = KITH_CHAT_JOINED,
                              .nick = "me"};
    ingest_event(r->ca, &ev.ev);
    return 0;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

static struct chat *room(struct rig *r)
{
    return account_chat(r->a, ROOM);
}

static void come(struct rig *r, const char *nick, bool quiet, int64_t time)
{
    struct kith_ev_member ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MEMBER, .time_ms = time},
                                .chat = ROOM,
                                .nick = nick,
                                .flags = quiet ? KITH_MEMBER_QUIET : 0u};
    ingest_event(r->ca, &ev.ev);
}

static void go(struct rig *r, const char *nick, uint32_t how, const char *why, int64_t time)
{
    struct kith_ev_member_gone ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MEMBER_GONE, .time_ms = time},
                                     .chat = ROOM,
                                     .nick = nick,
                                     .how = how,
                                     .text = why};
    ingest_event(r->ca, &ev.ev);
}

static void crowd(struct rig *r, int n, bool in, uint32_t how)
{
    for (int i = 0; i < n; i++) {
        char nick[32];
        snprintf(nick, sizeof nick, "nick%d", i);
        if (in)
            come(r, nick, how, 0);
        else
            go(r, nick, how, SERVERS, 0);
    }
}

static const char *last(struct rig *r)
{
    const struct message *m = chat_last(room(r));
    return m ? m->body : "";
}

static void many_are_one_line(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r);
    struct buf page = {0};
    crowd(r, 312, true, true);
    crowd(r, 300, false, KITH_LEAVE_SPLIT);
    assert_int_equal(c->n_members, 12); /* at once */
    assert_true(RIG_WAIT(r, WAIT_MS, c->n_messages > 0));
    assert_string_equal(last(r), "netsplit " SERVERS ": 300 people left");
    crowd(r, 312, false, KITH_LEAVE_SPLIT); /* the other twelve */
    assert_true(RIG_WAIT(r, WAIT_MS, strstr(last(r), "312 people left")));
    assert_int_equal(c->n_messages, 1);
    crowd(r, 310, true, false);
    assert_int_equal(c->n_members, 310);
    assert_true(RIG_WAIT(r, WAIT_MS, c->n_messages > 1));
    assert_string_equal(last(r), "netsplit " SERVERS " is over: 310 of 312 people are back");
    core_splits(c, &page);
    assert_non_null(strstr(buf_str(&page), "312 people left, 310 are back; missing are nick310, nick311\n"));
    crowd(r, 312, true, false);
    assert_true(RIG_WAIT(r, WAIT_MS, strstr(last(r), "all 312 people are back")));
    assert_int_equal(c->n_messages, 2);
    come(r, "nick313", false, 0); /* a newcomer */
    go(r, "nick313", KITH_LEAVE_QUIT, "bye", 0);
    assert_non_null(strstr(core_moves(c), "nick313 joined"));
    assert_null(strstr(core_moves(c), "nick5 joined"));
    buf_free(&page);
}

static void one_alone_only_says_so(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r);
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "none", NULL), 0);
    come(r, "ann", true, 0);
    come(r, "bob", true, 0);
    go(r, "ann", KITH_LEAVE_SPLIT, "a.fake b.fake", 0);
    assert_true(RIG_WAIT(r, WAIT_MS, c->n_messages > 0));
    assert_string_equal(last(r), "ann went offline (a.fake b.fake)");
    come(r, "ann", false, 0); /* an ordinary newcomer */
    assert_string_equal(last(r), "ann left and came back");
    go(r, "bob", KITH_LEAVE_SPLIT, "a.fake b.fake", 0); /* much later: not the same */
    come(r, "bob", false, 0); /* he is back before anything was said */
    assert_string_equal(last(r), "ann, bob left and came back");
    for (int i = 0; i < 20; i++)
        rig_turn(r, 2);
    assert_string_equal(last(r), "ann, bob left and came back");
    assert_int_equal(c->n_messages, 1);
}

static void what_the_options_say_holds(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r);
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "all", NULL), 0);
    crowd(r, 10, true, true);
    crowd(r, 10, false, KITH_LEAVE_SPLIT);
    for (int i = 0; i < 20; i++)
        rig_turn(r, 2);
    crowd(r, 10, true, false);
    for (int i = 0; i < 20; i++)
        rig_turn(r, 2);
    assert_int_equal(c->n_messages, 0);
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "smart", NULL), 0);
    crowd(r, 10, false, KITH_LEAVE_SPLIT);
    assert_true(RIG_WAIT(r, WAIT_MS, c->n_messages > 0)); /* nobody of them spoke, but that is news */
    assert_string_equal(last(r), "netsplit " SERVERS ": 10 people left");
}

static void splits_do_not_mix(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r);
    struct buf page = {0};
    int64_t now = clock_wall_ms();
    crowd(r, 8, true, true);
    go(r, "nick0", KITH_LEAVE_SPLIT, "a.fake b.fake", now);
    go(r, "nick1", KITH_LEAVE_SPLIT, "*.net *.split", now);
    go(r, "nick2", KITH_LEAVE_SPLIT, "a.fake b.fake", now);
    go(r, "nick3", KITH_LEAVE_SPLIT, "*.net *.split", now);
    assert_true(RIG_WAIT(r, WAIT_MS, c->n_messages == 2));
    assert_string_equal(c->messages[0]->body, "netsplit a.fake b.fake: 2 people left");
    assert_string_equal(c->messages[1]->body, "netsplit: 2 people left");
    come(r, "nick1", false, now + 11 * 60000); /* not missed any more */
    assert_non_null(strstr(core_moves(c), "nick1 joined"));
    for (int i = 0; i < 30; i++) { /* few are remembered */
        char servers[64], nick[32];
        snprintf(servers, sizeof servers, "a%d.fake b.fake", i);
        for (int k = 0; k < 2; k++) {
            snprintf(nick, sizeof nick, "x%d-%d", i, k);
            come(r, nick, true, now);
            go(r, nick, KITH_LEAVE_SPLIT, servers, now);
        }
        assert_true(RIG_WAIT(r, WAIT_MS, strstr(last(r), servers)));
    }
    core_splits(c, &page);
    size_t lines = 0;
    for (const char *p = buf_str(&page); (p = strchr(p, '\n')); p++)
        lines++;
    assert_true(lines > 0 && lines <= 5);
    buf_free(&page);
    go(r, "nick4", KITH_LEAVE_SPLIT, NULL, 0); /* no servers, nobody to name */
    go(r, "nick5", KITH_LEAVE_SPLIT, "a.fake b.fake", 0); /* the room goes while its timer runs */
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void thousands_cost_little(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r);
    crowd(r, MANY, true, true);
    int64_t began = cpu_us();
    crowd(r, MANY, false, KITH_LEAVE_SPLIT);
    assert_true(RIG_WAIT(r, WAIT_MS, c->n_messages > 0));
    int64_t left = cpu_us() - began;
    began = cpu_us();
    crowd(r, MANY, true, false);
    assert_true(RIG_WAIT(r, WAIT_MS, c->n_messages > 1));
    print_message("%d people go in %lld us of CPU and come back in %lld\n", MANY, (long long)left,
                  (long long)(cpu_us() - began));
    assert_string_equal(last(r), "netsplit " SERVERS " is over: all 5000 people are back");
    assert_int_equal(c->n_members, MANY);
}

/* A server may let people come and go without end, with ever new words. */
static void what_is_remembered_is_bounded(void **state)
{
    struct rig *r = *state;
    struct chat *c = room(r);
    struct buf page = {0};
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "none", NULL), 0);
    r->core->p.gather_ms = WAIT_MS * 10; /* no timer runs */
    for (int i = 0; i < 6; i++) {
        char why[64], nick[32];
        snprintf(why, sizeof why, "a%d.fake b.fake", i);
        snprintf(nick, sizeof nick, "ann%d", i);
        come(r, nick, true, 0);
        assert_string_equal(last(r), "");
        go(r, nick, KITH_LEAVE_SPLIT, why, 0);
    }
    assert_string_equal(last(r), "ann0 went offline (a0.fake b.fake)"); /* the last five are waited for */
    for (int i = 0; i < 25000; i++) {
        char nick[32];
        snprintf(nick, sizeof nick, "n%d", i);
        come(r, nick, true, 0);
        go(r, nick, KITH_LEAVE_SPLIT, SERVERS, 0);
    }
    core_splits(c, &page);
    assert_non_null(strstr(buf_str(&page), "netsplit " SERVERS ": 25000 people left; missing are n0, n1, "));
    assert_non_null(strstr(buf_str(&page), ", n19999\n"));
    buf_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_are_one_line, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_remembered_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(one_alone_only_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_options_say_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(splits_do_not_mix, setup, teardown),
        cmocka_unit_test_setup_teardown(thousands_cost_little, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
