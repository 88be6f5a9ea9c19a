/* unit/core/test_bounds.c - what others write takes a bounded part of memory, and nothing is lost
 * by that */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

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
    core_attention(r->core, &view, c, true, false); /* scrolled up */
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

static void react(struct rig *r, const char *who, int kind)
{
    char text[16];
    const char *one = text;
    snprintf(text, sizeof text, "r%d", kind);
    ingest_event(r->ca, &(struct kith_ev_message){.ev = {.size = sizeof(struct kith_ev_message),
                                                         .type = KITH_EV_MESSAGE},
                                                  .chat = BOB,
                                                  .sender = who,
                                                  .id = "r",
                                                  .flags = KITH_MSG_REACT,
                                                  .target = "n0",
                                                  .reactions = &one,
                                                  .n_reactions = 1}
                             .ev);
}

static size_t kinds_of(const struct message *m)
{
    bool seen[MODEL_REACTION_KINDS + 1] = {false};
    size_t n = 0;
    for (size_t i = 0; i < m->n_reactions; i++) {
        int kind = atoi(m->reactions[i].text + 1);
        n += !seen[kind];
        seen[kind] = true;
    }
    return n;
}

static bool has_sender(const struct message *m, const char *who)
{
    for (size_t i = 0; i < m->n_reactions; i++) {
        if (strcmp(m->reactions[i].sender, who) == 0)
            return true;
    }
    return false;
}

static int rows_of(const struct rig *r, const char *table)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    char *sql = xasprintf("SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_open(store_path(r->store), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    free(sql);
    return n;
}

/* A message has so many reactions and kinds of them, here and on disk; the user's own stays. */
static void test_reactions(void **state)
{
    struct rig *r = *state;
    char who[32];
    say(r, BOB, 0, 10, 0);
    struct chat *c = account_chat(r->a, BOB);
    core_load(r->core, c);
    react(r, "me@fake", 0);
    for (int i = 0; i < 3 * MODEL_REACTIONS; i++) {
        snprintf(who, sizeof who, "s%d@fake", i);
        react(r, who, i % (MODEL_REACTION_KINDS / 2));
    }
    for (int i = 0; i < 2 * MODEL_REACTION_KINDS; i++)
        react(r, who, MIN(i, MODEL_REACTION_KINDS)); /* one may change */
    for (int round = 0; round < 2; round++) {
        const struct message *m = chat_last(c);
        assert_int_equal(m->n_reactions, MODEL_REACTIONS);
        assert_true(kinds_of(m) <= MODEL_REACTION_KINDS);
        assert_true(has_sender(m, "me@fake"));
        assert_false(has_sender(m, "s0@fake"));
        assert_true(has_sender(m, who));
        assert_true(RIG_WAIT(r, 2000, !store_dirty(r->store)));
        assert_int_equal(rows_of(r, "reaction"), MODEL_REACTIONS);
        rig_stop(r);
        rig_start(r, false);
        c = account_chat(r->a, BOB);
        core_load(r->core, c);
    }
    for (int i = 0; i < 2 * MODEL_REACTION_KINDS; i++) {
        snprintf(who, sizeof who, "k%d@fake", i);
        react(r, who, MIN(i, MODEL_REACTION_KINDS));
    }
    assert_int_equal(kinds_of(chat_last(c)), MODEL_REACTION_KINDS);
    assert_true(c->core->reactions_told);
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

/* Commits wait for each other, but not for more than half a megabyte. */
static void test_much_is_committed_at_once(void **state)
{
    struct rig *r = *state;
    r->core->committed_at = clock_mono_ms() + 100000;
    size_t most = 0;
    int commits = 0;
    for (int i = 0; i < 30; i++) {
        say(r, BOB, i, 60000, 0);
        core_touch(r->core);
        rig_turn(r, 0);
        most = MAX(most, store_dirty_bytes(r->store));
        commits += !store_dirty(r->store);
        r->core->committed_at = clock_mono_ms() + 100000;
    }
    assert_in_range(commits, 2, 5);
    assert_in_range(most, 400000, 512 << 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_much_is_committed_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unloaded_chat, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_windows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reactions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_is_told_after_the_commit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
