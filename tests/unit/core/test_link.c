/* unit/core/test_link.c - account processes that die, hang, eat and flood never hold the engine up
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

enum { TURN_US = 60000 }; /* most that one turn may take here, with sanitizers and a busy machine */

static void setup(struct rig *r, const char *options)
{
    rig_open(r, options, true);
}

static bool online(const struct rig *r)
{
    return r->a->state == KITH_STATE_ONLINE;
}

static void ignore(void *user, const struct err *e)
{
}

static void command(struct rig *r, const char *a, const char *b, const char *c, const char *d)
{
    const char *argv[] = {a, b, c, d};
    int argc = 1 + (b != NULL) + (c != NULL) + (d != NULL);
    struct err e = {0};
    if (core_backend_command(r->core, r->a, NULL, argc, argv, NULL, ignore, NULL, &e) < 0)
        fail_msg("%s: %s", a, e.text);
}

static struct chat *bob(struct rig *r)
{
    return account_chat(r->a, "bob@fake");
}

static struct chat *open_bob(struct rig *r)
{
    return chats_get(r->ca, "bob@fake", KITH_CHAT_DIRECT);
}

static void test_comes_online(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    assert_string_equal(r.a->protocol_label, "Fake");
    assert_int_equal(r.a->groups, ACCOUNT_HAS_HISTORY | ACCOUNT_HAS_CHANGE | ACCOUNT_HAS_AVATARS | ACCOUNT_HAS_ENCRYPTION);
    assert_non_null(core_protocol(r.core, r.a));
    assert_null(r.a->problem);
    rig_close(&r);
}

static void test_useless_backend_is_said_once(void **state)
{
    struct rig r;
    setup(&r, "hello = \"refuse\";");
    assert_true(RIG_WAIT(&r, 5000, r.n_notices > 0));
    assert_non_null(strstr(r.notices, "fake.so is not for this kith"));
    assert_int_equal(r.ca->link.state, LINK_USELESS);
    rig_turn(&r, 50);
    assert_int_equal(r.n_notices, 1);
    rig_close(&r);
}

static void test_dies_and_comes_back(void **state)
{
    static const char *const ways[][2] = {{"die", "exit status 3"}, {"abort", "signal 6"}};
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct rig r;
        setup(&r, NULL);
        assert_true(RIG_WAIT(&r, 5000, online(&r)));
        pid_t pid = r.ca->link.pid;
        command(&r, ways[i][0], NULL, NULL, NULL);
        assert_true(RIG_WAIT(&r, 5000, !online(&r)));
        assert_true(RIG_WAIT(&r, 5000, online(&r)));
        assert_int_not_equal(r.ca->link.pid, pid);
        assert_non_null(strstr(r.notices, ways[i][1]));
        assert_int_equal(r.n_notices, 1); /* one line */
        rig_close(&r);
    }
}

static void test_killed_from_outside(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    kill(r.ca->link.pid, SIGKILL);
    assert_true(RIG_WAIT(&r, 5000, r.n_notices > 0));
    assert_non_null(strstr(r.notices, "killed by signal 9"));
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    rig_close(&r);
}

static void test_back_off_grows(void **state)
{
    struct rig r;
    setup(&r, NULL);
    int64_t last = 0;
    for (unsigned i = 0; i < 12; i++) {
        int64_t wait = back_off_ms(r.core, i), plain = 10LL << MIN(i, 9u);
        plain = MIN(plain, 3000);
        assert_in_range(wait, plain * 8 / 10, plain * 12 / 10 + 1);
        assert_true(i > 8 || wait > last);
        last = wait;
    }
    r.core->p.back_off_ms = 0;
    assert_in_range(back_off_ms(r.core, 0), 800, 1200);
    assert_in_range(back_off_ms(r.core, 40), 240000, 360000);
    rig_close(&r);
}

/* Types a key a hundred times meanwhile: what counts is that no turn is long. */
static void no_turn_is_long(struct rig *r)
{
    printf("longest turn: %lld us\n", (long long)r->longest_us);
    assert_true(r->longest_us < TURN_US);
}

static void test_stopped(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    r.longest_us = 0;
    command(&r, "stop", NULL, NULL, NULL);
    assert_true(RIG_WAIT(&r, 5000, r.ca->link.stopped));
    r.ca->link.stopped_at -= 6000; /* time flies */
    watch_arm(&r.ca->link);
    loop_timer_del(r.ca->link.watch);
    r.ca->link.watch = NULL;
    watch_arm(&r.ca->link);
    assert_true(RIG_WAIT(&r, 5000, r.n_notices > 0));
    assert_non_null(strstr(r.notices, "was stopped"));
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    no_turn_is_long(&r);
    rig_close(&r);
}

static void test_stopped_and_let_go(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    pid_t pid = r.ca->link.pid;
    kill(pid, SIGSTOP);
    assert_true(RIG_WAIT(&r, 5000, r.ca->link.stopped));
    kill(pid, SIGCONT);
    assert_true(RIG_WAIT(&r, 5000, !r.ca->link.stopped));
    assert_int_equal(r.ca->link.pid, pid);
    assert_int_equal(r.n_notices, 0);
    rig_close(&r);
}

static void test_spinning_is_noticed(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r) && !r.ca->link.asked_at));
    r.longest_us = 0;
    command(&r, "spin", NULL, NULL, NULL);
    rig_turn(&r, 20);
    assert_true(r.ca->link.asked_at > 0);
    r.ca->link.asked_at -= 20000;
    r.ca->link.heard_at -= 20000;
    loop_timer_del(r.ca->link.watch);
    r.ca->link.watch = NULL;
    watch_arm(&r.ca->link);
    assert_true(RIG_WAIT(&r, 5000, r.n_notices > 0));
    assert_non_null(strstr(r.notices, "does not answer"));
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    no_turn_is_long(&r);
    rig_close(&r);
}

static void test_stuck_phase_is_killed(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    command(&r, "stuck", "1", NULL, NULL);
    assert_true(RIG_WAIT(&r, 8000, r.n_notices > 0));
    assert_non_null(strstr(r.notices, "stuck while connecting"));
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    rig_close(&r);
}

static void test_memory_eater_dies_alone(void **state)
{
#if !defined(__SANITIZE_ADDRESS__)
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    r.longest_us = 0;
    command(&r, "eat", NULL, NULL, NULL);
    assert_true(RIG_WAIT(&r, 20000, r.n_notices > 0));
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    no_turn_is_long(&r);
    rig_close(&r);
#endif
}

static void test_garbage_is_dropped(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    command(&r, "garbage", NULL, NULL, NULL);
    command(&r, "flood", "3", NULL, NULL);
    assert_true(RIG_WAIT(&r, 5000, r.n_messages == 3));
    rig_close(&r);
}

static void test_flood_costs_bounded_turns(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    r.longest_us = 0;
    int64_t start = clock_mono_us();
    command(&r, "flood", "20000", NULL, NULL);
    unsigned most = 0, before = 0;
    while (r.n_messages < 20000 && clock_mono_us() - start < 60000000) {
        before = r.n_messages;
        rig_turn(&r, 100);
        most = MAX(most, r.n_messages - before);
        assert_true(r.ca->link.io.in.cap < (1u << 20));
    }
    printf("flood: 20,000 in %lld ms, at most %u in a turn\n",
           (long long)((clock_mono_us() - start) / 1000), most);
    assert_int_equal(r.n_messages, 20000);
    assert_true(most <= 256);
    assert_true(bob(&r)->n_messages <= MODEL_WINDOW + MODEL_PAGE);
    assert_int_equal(bob(&r)->unread, 20000);
    no_turn_is_long(&r);
    rig_close(&r);
}

/* Takes n events in, with a key in each turn or with none; the most in one turn. */
static uint64_t take_in(struct rig *r, uint64_t n, bool typing)
{
    struct link *l = &r->ca->link;
    uint64_t end = l->received + n, most = 0, before;
    for (int64_t until = clock_mono_ms() + 60000; l->received < end && clock_mono_ms() < until;) {
        if (typing)
            core_user_active(r->core);
        before = l->received;
        rig_turn(r, 50);
        most = MAX(most, l->received - before);
    }
    assert_true(l->received >= end);
    return most;
}

/* With pauses, in which the processors are free for who shows the keys; and yet 5,000 a second. */
static void test_an_archive_comes_little_by_little_while_somebody_types(void **state)
{
    enum { N = 2000, A_TIME = 48, PAUSE_MS = 4 };
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    int64_t start = clock_mono_ms();
    command(&r, "past", "2000", NULL, NULL);
    uint64_t most = take_in(&r, N, true);
    printf("%d in %lld ms, at most %d in a turn\n", N, (long long)(clock_mono_ms() - start), (int)most);
    assert_true(most <= A_TIME);
    assert_true(clock_mono_ms() - start >= (N / A_TIME - 1) * (PAUSE_MS - 1));
    rig_close(&r);
}

static void test_nothing_else_waits_for_who_types(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    r.ca->link.old = 0;
    command(&r, "flood", "500", NULL, NULL); /* what is said now */
    take_in(&r, 500, true);
    struct chat *c = bob(&r);
    core_load(r.core, c);
    core_load_older(r.core, c);
    core_load_older(r.core, c); /* what was asked for */
    assert_true(RIG_WAIT(&r, 5000, !c->loading_older));
    assert_int_equal(r.ca->link.old, 0);
    r.core->user_at -= 60000; /* nobody types */
    command(&r, "past", "500", NULL, NULL);
    take_in(&r, 500, false);
    assert_int_equal(r.ca->link.old, 500);
    rig_close(&r);
}

static void test_offline_reasons_and_retries(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    command(&r, "offline", "8", "auto", "the server closed the connection");
    assert_true(RIG_WAIT(&r, 5000, !online(&r)));
    assert_string_equal(r.a->problem, "the server closed the connection");
    assert_true(r.a->retry_at > 0);
    assert_true(RIG_WAIT(&r, 5000, online(&r))); /* by itself */
    assert_null(r.a->problem);
    command(&r, "offline", "6", "never", "wrong password");
    assert_true(RIG_WAIT(&r, 5000, !online(&r)));
    assert_int_equal(r.a->retry_at, 0);
    rig_turn(&r, 60);
    assert_false(online(&r));
    assert_int_equal(core_reconnect(r.core, r.a, NULL), 0);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    assert_int_equal(core_disconnect(r.core, r.a, NULL), 0);
    assert_true(RIG_WAIT(&r, 5000, !online(&r)));
    assert_false(r.a->enabled);
    assert_int_equal(core_set_status(r.core, r.a, KITH_SHOW_AWAY, "tea", NULL), 0);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    assert_int_equal(core_reconnect(r.core, r.a, NULL), 0);
    assert_true(RIG_WAIT(&r, 5000, !online(&r)));
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    rig_close(&r);
}

static void test_states_of_a_message(void **state)
{
    struct rig r;
    struct err e = {0};
    setup(&r, NULL);
    struct chat *c = open_bob(&r);
    int64_t id = core_send(r.core, c, &(struct core_send){.body = "before we are online"}, &e);
    assert_true(id > 0);
    assert_int_equal(chat_message(c, id)->delivery, DELIVERY_QUEUED);
    assert_true(RIG_WAIT(&r, 5000, chat_message(c, id)->delivery == DELIVERY_STORED));
    assert_null(r.ca->queue);
    id = core_send(r.core, c, &(struct core_send){.body = "refuse me"}, &e);
    assert_true(RIG_WAIT(&r, 5000, chat_message(c, id)->delivery == DELIVERY_FAILED));
    assert_string_equal(chat_message(c, id)->failure, "it is too big");
    assert_int_equal(core_cancel(r.core, chat_message(c, id), &e), 0);
    assert_null(chat_message(c, id));
    id = core_send(r.core, c, &(struct core_send){.body = "fail me"}, &e);
    assert_true(RIG_WAIT(&r, 5000, chat_message(c, id)->delivery == DELIVERY_FAILED));
    assert_string_equal(chat_message(c, id)->failure, "nobody lives there");
    assert_int_equal(core_resend(r.core, chat_message(c, id), &e), 0);
    assert_true(RIG_WAIT(&r, 5000, chat_last(c)->delivery == DELIVERY_FAILED));
    id = core_send(r.core, c, &(struct core_send){.body = "slow"}, &e);
    rig_turn(&r, 50);
    rig_turn(&r, 50);
    assert_int_equal(chat_message(c, id)->delivery, DELIVERY_QUEUED); /* no word yet: no claim */
    (void)core_cancel(r.core, chat_message(c, id), &e);
    assert_non_null(chat_message(c, id)); /* it may have left: only the backend knows */
    assert_true(core_send(r.core, c, &(struct core_send){.body = ""}, &e) < 0);
    rig_close(&r);
}

static void on_delivery(void *user, enum delivery reached, const char *failure)
{
    *(enum delivery *)user = reached;
}

static void test_watching_a_message(void **state)
{
    struct rig r;
    enum delivery reached = DELIVERY_NONE;
    setup(&r, NULL);
    struct chat *c = open_bob(&r);
    int64_t id = core_send(r.core, c, &(struct core_send){.body = "x"}, NULL);
    core_watch_delivery(r.core, id, DELIVERY_STORED, on_delivery, &reached);
    assert_true(RIG_WAIT(&r, 5000, reached == DELIVERY_STORED));
    reached = DELIVERY_NONE;
    core_watch_delivery(r.core, id, DELIVERY_SENT, on_delivery, &reached); /* reached long ago */
    assert_int_equal(reached, DELIVERY_STORED);
    assert_int_equal(r.core->n_watches, 0);
    rig_close(&r);
}

static void test_password_goes_through_and_is_wiped(void **state)
{
    struct rig r;
    char secret[] = "sesame";
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    command(&r, "ask", NULL, NULL, NULL);
    assert_true(RIG_WAIT(&r, 5000, r.model->n_asks == 1));
    struct core_answer_field f = {"secret", secret};
    assert_int_equal(core_answer(r.core, r.model->asks[0], "ok", &f, 1, NULL), 0);
    assert_int_equal(secret[0], 0);
    assert_int_equal(r.model->n_asks, 0);
    assert_true(RIG_WAIT(&r, 5000, r.n_notices > 0));
    assert_non_null(strstr(r.notices, "the word was right"));
    for (size_t i = 0; i + 6 <= r.ca->link.io.out.cap; i++)
        assert_memory_not_equal(r.ca->link.io.out.data + i, "sesame", 6);
    rig_close(&r);
}

static void test_scroll_back_into_the_archive(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    command(&r, "flood", "150", NULL, NULL);
    assert_true(RIG_WAIT(&r, 5000, r.n_messages == 150));
    struct chat *c = bob(&r);
    core_load(r.core, c);
    assert_int_equal(c->n_messages, 100);
    core_load_older(r.core, c);
    assert_int_equal(c->n_messages, 150);
    for (size_t expect = 250; expect < 400; expect += 100) {
        core_load_older(r.core, c);
        assert_true(c->loading_older);
        assert_true(RIG_WAIT(&r, 5000, !c->loading_older));
        assert_int_equal(c->n_messages, expect);
    }
    core_load_older(r.core, c);
    assert_true(RIG_WAIT(&r, 5000, !c->loading_older));
    assert_int_equal(c->n_messages, 400);
    assert_true(c->at_start);
    for (size_t i = 1; i <= 250; i++) {
        char id[16];
        snprintf(id, sizeof id, "old-%zu", i);
        assert_string_equal(c->messages[i - 1]->archive_id, id);
    }
    assert_string_equal(c->messages[250]->archive_id, "flood-1");
    assert_int_equal(c->unread, 150); /* the archive is no news */
    rig_turn(&r, 0);
    int64_t middle = c->messages[200]->id;
    rig_stop(&r);
    rig_start(&r, true);
    c = bob(&r);
    assert_int_equal(core_load_around(r.core, c, middle), 0);
    assert_int_equal(c->n_messages, 201);
    assert_false(c->at_end);
    core_load_newer(r.core, c);
    assert_int_equal(c->n_messages, 300);
    assert_true(c->at_end);
    for (size_t i = 1; i < c->n_messages; i++)
        assert_true(c->messages[i]->sort > c->messages[i - 1]->sort ||
                    c->messages[i]->id > c->messages[i - 1]->id);
    rig_close(&r);
}

static void on_chat(void *user, struct chat *chat, const struct err *e)
{
    *(int *)user = chat ? 1 : e->code;
}

static void test_barren_archive_is_not_asked_for_ever(void **state)
{
    struct rig r;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    command(&r, "barren", NULL, NULL, NULL);
    struct chat *c = open_bob(&r);
    core_load(r.core, c);
    assert_int_equal(core_load_older(r.core, c), 0);
    assert_true(RIG_WAIT(&r, 10000, r.n_notices > 0));
    assert_non_null(strstr(r.notices, "the archive gives nothing more"));
    assert_string_equal(c->core->cursor, "empty-20");
    assert_false(c->loading_older);
    assert_false(c->at_start);
    assert_null(r.core->requests);
    assert_int_equal(core_load_older(r.core, c), 0); /* the user wants to know: on from there */
    assert_true(RIG_WAIT(&r, 10000, r.n_notices > 1));
    assert_string_equal(c->core->cursor, "empty-40");
    assert_null(r.core->requests);
    assert_int_equal(core_find_older(r.core, c, "nowhere", NULL), 0);
    assert_true(RIG_WAIT(&r, 10000, r.n_notices > 2));
    assert_non_null(strstr(r.notices, "is not among the newer pages of the archive"));
    assert_string_equal(c->core->cursor, "empty-60");
    assert_null(r.core->requests);
    rig_close(&r);
}

static void test_opening_a_chat_by_name(void **state)
{
    struct rig r;
    int got = 0;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    assert_int_equal(core_open_chat(r.core, r.a, "ann@fake", on_chat, &got, NULL), 0);
    assert_true(RIG_WAIT(&r, 5000, got != 0));
    assert_int_equal(got, 1);
    assert_true(account_chat(r.a, "ann@fake")->open);
    got = 0;
    assert_int_equal(core_open_chat(r.core, r.a, "no such one", on_chat, &got, NULL), 0);
    assert_true(RIG_WAIT(&r, 5000, got != 0));
    assert_int_equal(got, KITH_EINVAL);
    got = 0;
    command(&r, "spin", NULL, NULL, NULL);
    core_open_chat(r.core, r.a, "carl@fake", on_chat, &got, NULL);
    watch_kill(&r.ca->link, "test");
    assert_true(
        RIG_WAIT(&r, 5000, got != 0)); /* a question is answered even when its process dies */
    assert_int_equal(got, KITH_ECANCELED);
    rig_close(&r);
}

static void on_stopped(void *user)
{
    *(bool *)user = true;
}

static void test_stops_politely(void **state)
{
    struct rig r;
    bool done = false;
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    core_stop(r.core, on_stopped, &done);
    assert_true(RIG_WAIT(&r, 2500, done));
    assert_int_equal(r.n_notices, 0);
    rig_close(&r);
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    kill(r.ca->link.pid, SIGSTOP); /* will not leave: at most 3 s */
    done = false;
    core_stop(r.core, on_stopped, &done);
    assert_true(RIG_WAIT(&r, 4000, done));
    rig_close(&r);
}

static void test_no_descriptor_leaks(void **state)
{
    struct rig r;
    char path[64], target[256];
    setup(&r, NULL);
    assert_true(RIG_WAIT(&r, 5000, online(&r)));
    for (int fd = 0; fd < 256; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)r.ca->link.pid, fd);
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n < 0)
            continue;
        target[n] = '\0';
        assert_true(fd == 3 ? str_starts(target, "socket:")
                            : fd < 3 && str_eq(target, "/dev/null"));
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_online),
        cmocka_unit_test(test_useless_backend_is_said_once),
        cmocka_unit_test(test_dies_and_comes_back),
        cmocka_unit_test(test_killed_from_outside),
        cmocka_unit_test(test_back_off_grows),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_stopped_and_let_go),
        cmocka_unit_test(test_spinning_is_noticed),
        cmocka_unit_test(test_stuck_phase_is_killed),
        cmocka_unit_test(test_memory_eater_dies_alone),
        cmocka_unit_test(test_garbage_is_dropped),
        cmocka_unit_test(test_flood_costs_bounded_turns),
        cmocka_unit_test(test_an_archive_comes_little_by_little_while_somebody_types),
        cmocka_unit_test(test_nothing_else_waits_for_who_types),
        cmocka_unit_test(test_offline_reasons_and_retries),
        cmocka_unit_test(test_states_of_a_message),
        cmocka_unit_test(test_watching_a_message),
        cmocka_unit_test(test_password_goes_through_and_is_wiped),
        cmocka_unit_test(test_scroll_back_into_the_archive),
        cmocka_unit_test(test_barren_archive_is_not_asked_for_ever),
        cmocka_unit_test(test_opening_a_chat_by_name),
        cmocka_unit_test(test_stops_politely),
        cmocka_unit_test(test_no_descriptor_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
