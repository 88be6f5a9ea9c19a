/* unit/core/test_bounds.c - what others write takes a bounded part of memory, and nothing is lost
 * by that */
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

static void say(struct rig *r, const char *who, int number, size_t len, uint32_t flags)
{
    char id[32], *body = xmalloc(len + 1);
    memset(body, 'x', len);
    body[len] = '\0';
    snprintf(id, sizeof id, "n%d", number);
    memcpy(body, id, MIN(strlen(id), len));
    ingest_event(r->ca, &(struct kith_ev_message){.ev = {.size = sizeof(struct kith_ev_message),
                                                         .type = KITH_EV_MESSAGE},
                                                  .chat = who,
                                                  .sender = who,
                                                  .id = id,
                                                  .origin_id = id,
                                                  .flags = flags,
                                                  .body = body}
                             .ev);
    free(body);
}

static int number_of(const struct message *m)
{
    return atoi(m->origin_id + 1);
}

static void assert_counted(const struct rig *r)
{
    size_t all = 0;
    for (size_t i = 0; i < r->a->n_chats; i++) {
        const struct chat *c = r->a->chats[i];
        size_t bytes = 0;
        for (size_t j = 0; j < c->n_messages; j++)
            bytes += message_size(c->messages[j]);
        assert_int_equal(c->bytes, bytes);
        all += bytes;
    }
    assert_int_equal(r->model->bytes, all);
}

enum { BIG = 100000, N = 300, MOST = MODEL_WINDOW_BYTES + MODEL_PAGE_BYTES };

/* 30 MB in one chat: a part is in memory, and scrolling meets each message once, both ways. */
static void test_long_messages(void **state)
{
    struct rig *r = *state;
    int view;
    say(r, BOB, 0, BIG, 0);
    struct chat *c = account_chat(r->a, BOB);
    core_load(r->core, c);
    core_attention(r->core, &view, c, true, true);
    for (int i = 1; i < N; i++) {
        say(r, BOB, i, BIG, 0);
        assert_true(c->bytes <= MAX((size_t)MOST, (MODEL_LEAST + 2) * (BIG + 1000)));
        assert_int_equal(number_of(chat_last(c)), i);
    }
    rig_turn(r, 0);
    assert_counted(r);
    assert_true(c->n_messages <= MODEL_LEAST + 2);
    for (int first = number_of(c->messages[0]); first > 0;) {
        assert_int_equal(core_load_older(r->core, c), 0);
        assert_true(number_of(c->messages[0]) < first);
        first = number_of(c->messages[0]);
        for (size_t i = 1; i < c->n_messages; i++)
            assert_int_equal(number_of(c->messages[i]), number_of(c->messages[i - 1]) + 1);
        assert_true(c->bytes <= (MODEL_LEAST + 2) * (BIG + 1000));
    }
    assert_false(c->at_end);
    for (int last = number_of(chat_last(c)); !c->at_end;) {
        core_load_newer(r->core, c);
        for (size_t i = 1; i < c->n_messages; i++)
            assert_int_equal(number_of(c->messages[i]), number_of(c->messages[i - 1]) + 1);
        assert_true(c->at_end || number_of(chat_last(c)) > last);
        last = number_of(chat_last(c));
    }
    assert_int_equal(number_of(chat_last(c)), N - 1);
    assert_counted(r);
}

/* Nobody looked at it yet: little of it is in memory, all of it on disk. */
static void test_unloaded_chat(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < 1000; i++)
        say(r, BOB, i, 100, 0);
    struct chat *c = account_chat(r->a, BOB);
    assert_true(c->n_messages <= 2 * MODEL_PAGE);
    rig_turn(r, 0);
    core_load(r->core, c);
    while (!c->at_start && number_of(c->messages[0]) > 500)
        core_load_older(r->core, c);
    assert_int_equal(number_of(c->messages[0]), 500);
    assert_int_equal(number_of(chat_last(c)), 999);
    assert_counted(r);
}

/* Many chats: windows that nobody looks at go, the oldest first; the one on the screen stays. */
static void test_all_windows(void **state)
{
    struct rig *r = *state;
    enum { CHATS = 40, EACH = 20 };
    char who[32];
    int view;
    say(r, BOB, 0, BIG, 0);
    struct chat *c = account_chat(r->a, BOB);
    core_load(r->core, c);
    core_attention(r->core, &view, c, true, true);
    for (int i = 0; i < CHATS; i++) {
        snprintf(who, sizeof who, "s%d@fake", i);
        for (int j = 0; j < EACH; j++)
            say(r, who, j, BIG, j % 2 ? KITH_MSG_NO_STORE : 0);
        rig_turn(r, 0);
        assert_true(r->model->bytes <= (64 << 20));
    }
    assert_counted(r);
    assert_int_equal(c->n_messages, 1);
    struct chat *last = account_chat(r->a, who), *first = account_chat(r->a, "s0@fake");
    assert_int_equal(last->n_messages, EACH);
    assert_int_equal(first->n_messages, EACH / 2); /* what is only in memory goes last */
    core_load(r->core, first);
    size_t stored = 0;
    for (size_t i = 0; i < first->n_messages; i++)
        stored += first->messages[i]->id > 0;
    assert_int_equal(stored, EACH / 2);
}

/* "read" is told of what is on disk, never before. */
static void test_read_is_told_after_the_commit(void **state)
{
    struct rig *r = *state;
    int view;
    say(r, BOB, 0, 10, 0);
    struct chat *c = account_chat(r->a, BOB);
    core_load(r->core, c);
    core_attention(r->core, &view, c, true, true);
    assert_true(RIG_WAIT(r, 2000, !store_dirty(r->store)));
    assert_false(c->core->marker_due);
    r->core->committed_at = clock_mono_ms() + 100000; /* this turn's commit is put off */
    say(r, BOB, 1, 10, 0);
    rig_turn(r, 0);
    assert_true(store_dirty(r->store));
    assert_true(c->core->marker_due);
    r->core->committed_at = 0;
    core_touch(r->core);
    rig_turn(r, 0);
    assert_false(store_dirty(r->store));
    assert_false(c->core->marker_due);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_long_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unloaded_chat, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_windows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_is_told_after_the_commit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
