/* unit/core/test_paced.c - what a protocol's limits hold back: how much and how long, and taking it back */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/why.h"
#include "rig.h"

enum { WAIT_MS = 20000 };

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    rig_open(r, NULL, true);
    *state = r;
    return RIG_WAIT(r, WAIT_MS, r->a->state == KITH_STATE_ONLINE) ? 0 : -1;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

static struct message *say(struct rig *r, struct chat *c, const char *body)
{
    int64_t id = core_send(r->core, c, &(struct core_send){.body = body}, NULL);
    assert_true(id > 0);
    return chat_message(c, id);
}

static void what_waits_is_known(void **state)
{
    struct rig *r = *state;
    struct chat *c = chats_get(r->ca, "bob@fake", KITH_CHAT_DIRECT);
    struct why why = {0};
    core_load(r->core, c);
    assert_int_equal(r->a->lag_ms, -1);
    int64_t id = say(r, c, "hold this")->id;
    assert_true(RIG_WAIT(r, WAIT_MS, r->a->waiting > 0));
    assert_int_equal(r->a->waiting, 2);
    assert_int_equal(r->a->wait_ms, 4000);
    assert_int_equal(r->a->lag_ms, 42);
    assert_int_equal(outbox_rule(r->ca, id), SEND_PACED);
    core_why_message(r->core, chat_message(c, id), WHY_SENT, &why);
    assert_non_null(strstr(why.text, "waits its turn"));
    /* What waits here behind it counts as well. */
    for (int i = 0; i < 100; i++)
        say(r, c, "slow one");
    assert_true(RIG_WAIT(r, WAIT_MS, c->core->under_way == 64 && !outbox_ready(r->ca)));
    struct kith_ev_link ev = {.ev = {.size = sizeof ev, .type = KITH_EV_LINK}, .waiting = 2, .wait_ms = 4000, .lag_ms = 42};
    ingest_event(r->ca, &ev.ev);
    assert_int_equal(r->a->waiting, 2 + 101 - 64);
    assert_int_equal(r->a->wait_ms, 4000 + 2000 * (101 - 64));
    core_disconnect(r->core, r->a, NULL);
    assert_true(RIG_WAIT(r, WAIT_MS, r->a->state == KITH_STATE_OFFLINE));
    assert_int_equal(r->a->waiting, 0);
    assert_int_equal(r->a->lag_ms, -1);
    ingest_event(r->ca, &ev.ev); /* of a connection that is no more */
    assert_int_equal(r->a->waiting, 0);
}

static void what_waits_can_be_taken_back(void **state)
{
    struct rig *r = *state;
    struct chat *c = chats_get(r->ca, "bob@fake", KITH_CHAT_DIRECT);
    struct err e = {0};
    core_load(r->core, c);
    int64_t id = say(r, c, "hold this")->id;
    assert_true(RIG_WAIT(r, WAIT_MS, r->a->waiting > 0));
    assert_int_equal(core_cancel(r->core, chat_message(c, id), &e), 0);
    assert_non_null(chat_message(c, id)); /* until the backend says so */
    assert_true(RIG_WAIT(r, WAIT_MS, !chat_message(c, id)));
    assert_null(chat_message(c, id));
    assert_null(r->ca->queue);
    struct message *m = store_message(r->store, NULL, id);
    assert_null(m);
    int64_t gone = say(r, c, "slow, and it has left")->id;
    assert_true(RIG_WAIT(r, WAIT_MS, c->core->under_way == 1 && !outbox_ready(r->ca)));
    assert_int_equal(core_cancel(r->core, chat_message(c, gone), &e), 0);
    assert_true(RIG_WAIT(r, WAIT_MS, strstr(r->notices, "it has left already")));
    assert_non_null(strstr(r->notices, "it has left already"));
    assert_non_null(chat_message(c, gone));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_waits_is_known, setup, teardown),
        cmocka_unit_test_setup_teardown(what_waits_can_be_taken_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
