/* unit/core/test_change.c - edits, withdrawals and reactions of ours: in the ledger like messages,
 * and never shown as further than they are */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

enum { ALL_CAPS = KITH_CAP_EDIT | KITH_CAP_RETRACT | KITH_CAP_REACT };

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    rig_open(r, NULL, false);
    r->a->state = KITH_STATE_ONLINE;
    r->a->caps = ALL_CAPS;
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

static struct chat *bob(struct rig *r)
{
    struct chat *c = chats_get(r->ca, "bob@fake", KITH_CHAT_DIRECT);
    core_load(r->core, c);
    return c;
}

static struct message *message(struct rig *r, int64_t id)
{
    struct message *m = chat_message(bob(r), id);
    assert_non_null(m);
    return m;
}

static struct outgoing *last_row(struct rig *r)
{
    struct outgoing *o = r->ca->queue;
    while (o && o->next)
        o = o->next;
    return o;
}

static size_t rows(struct rig *r)
{
    size_t n = 0;
    for (struct outgoing *o = r->ca->queue; o; o = o->next)
        n++;
    return n;
}

/* As if it had been given to the backend. */
static void issue(struct outgoing *o)
{
    o->row.attempts = 1;
    o->issued = true;
    o->chat->core->under_way++;
}

static void receipt(struct rig *r, const char *id, uint32_t delivery, const char *why)
{
    char *copy = xstrdup(id); /* the row with the id may go */
    struct kith_ev_receipt ev = {.ev = {.size = sizeof ev, .type = KITH_EV_RECEIPT},
                                 .chat = "bob@fake",
                                 .id = copy,
                                 .delivery = delivery,
                                 .err = why ? KITH_EDENIED : KITH_OK,
                                 .text = why};
    ingest_event(r->ca, &ev.ev);
    free(copy);
}

/* Everything that waits goes out and is stored. */
static void store_all(struct rig *r)
{
    while (r->ca->queue) {
        if (!r->ca->queue->issued)
            issue(r->ca->queue);
        receipt(r, r->ca->queue->row.origin_id, KITH_STORED, NULL);
    }
}

static int64_t say(struct rig *r, const char *body)
{
    int64_t id = core_send(r->core, bob(r), &(struct core_send){.body = body}, NULL);
    assert_true(id > 0);
    store_all(r);
    assert_int_equal(message(r, id)->delivery, DELIVERY_STORED);
    return id;
}

static int edit(struct rig *r, int64_t id, const char *body, struct err *e)
{
    return core_send(r->core, bob(r), &(struct core_send){.body = body, .edit = id}, e) < 0 ? -1
                                                                                            : 0;
}

static void test_edit_goes_through_the_ledger(void **state)
{
    struct rig *r = *state;
    int64_t id = say(r, "tyop");
    char *first = xstrdup(message(r, id)->origin_id);
    assert_int_equal(edit(r, id, "typo", NULL), 0);
    assert_string_equal(message(r, id)->body, "typo");
    assert_int_equal(message(r, id)->change, CHANGE_EDIT);
    assert_null(message(r, id)->change_failure);
    assert_string_equal(last_row(r)->row.target, first);
    assert_true(last_row(r)->row.flags & KITH_SEND_EDIT);
    store_all(r);
    assert_int_equal(message(r, id)->change, CHANGE_NONE);
    assert_int_equal(message(r, id)->edits, 1);
    edit(r, id, "again", NULL); /* also the second names the first version: XEP-0308 §3 */
    assert_string_equal(last_row(r)->row.target, first);
    free(first);
}

static void test_an_edit_that_waits_is_rewritten(void **state)
{
    struct rig *r = *state;
    int64_t id = say(r, "one");
    edit(r, id, "two", NULL);
    edit(r, id, "three", NULL);
    assert_int_equal(rows(r), 1);
    assert_string_equal(last_row(r)->row.body, "three");
    assert_int_equal(message(r, id)->edits, 1);
    size_t n = 0;
    struct store_version *v = store_versions(r->store, id, &n);
    assert_int_equal(n, 1);
    assert_string_equal(v[0].body, "one");
    store_versions_free(v, n);
    issue(last_row(r)); /* what may have left is not touched any more */
    edit(r, id, "four", NULL);
    assert_int_equal(rows(r), 2);
}

static void test_what_never_left_is_no_edit(void **state)
{
    struct rig *r = *state;
    r->a->state = KITH_STATE_OFFLINE;
    int64_t id = core_send(r->core, bob(r), &(struct core_send){.body = "tyop"}, NULL);
    edit(r, id, "typo", NULL);
    assert_int_equal(rows(r), 1);
    assert_string_equal(last_row(r)->row.body, "typo");
    assert_false(last_row(r)->row.flags & KITH_SEND_EDIT);
    assert_int_equal(message(r, id)->edits, 0);
    assert_string_equal(message(r, id)->body, "typo");
}

static void test_edit_keeps_the_reply(void **state)
{
    struct rig *r = *state;
    int64_t first = say(r, "question");
    int64_t id =
        core_send(r->core, bob(r), &(struct core_send){.body = "anwser", .reply_to = first}, NULL);
    store_all(r);
    edit(r, id, "answer", NULL);
    assert_string_equal(last_row(r)->row.reply_to, message(r, first)->origin_id);
    assert_string_equal(last_row(r)->row.reply_body, "question");
}

static void test_refused_edit_stays_with_its_reason(void **state)
{
    struct rig *r = *state;
    int64_t id = say(r, "one");
    edit(r, id, "two", NULL);
    issue(last_row(r));
    receipt(r, last_row(r)->row.origin_id, KITH_FAILED, "no edits after an hour");
    assert_int_equal(message(r, id)->change, CHANGE_EDIT);
    assert_string_equal(message(r, id)->change_failure, "no edits after an hour");
    assert_non_null(strstr(r->notices, "the edit was not sent: no edits after an hour"));
    rig_turn(r, 0);
    rig_stop(r); /* it is there after a restart, and goes nowhere by itself */
    rig_start(r, false);
    r->a->caps = ALL_CAPS;
    assert_string_equal(message(r, id)->change_failure, "no edits after an hour");
    assert_int_equal(core_resend(r->core, message(r, id), NULL), 0);
    assert_null(message(r, id)->change_failure);
    assert_int_equal(message(r, id)->change, CHANGE_EDIT);
    store_all(r);
    assert_int_equal(message(r, id)->change, CHANGE_NONE);
    assert_string_equal(message(r, id)->body, "two");
}

static void test_refused_edit_is_taken_back(void **state)
{
    struct rig *r = *state;
    int64_t id = say(r, "one");
    edit(r, id, "two", NULL);
    issue(last_row(r));
    struct err e = {0};
    assert_int_equal(core_cancel(r->core, message(r, id), &e), KITH_EBUSY);
    receipt(r, last_row(r)->row.origin_id, KITH_FAILED, "no");
    assert_int_equal(core_cancel(r->core, message(r, id), &e), 0);
    assert_string_equal(message(r, id)->body, "one");
    assert_int_equal(message(r, id)->edits, 0);
    assert_int_equal(rows(r), 0);
}

static void test_withdrawn_when_the_server_says_so(void **state)
{
    struct rig *r = *state;
    int64_t id = say(r, "secret");
    edit(r, id, "more secret", NULL); /* waits: goes with it */
    assert_int_equal(core_retract(r->core, message(r, id), NULL, NULL), 0);
    assert_int_equal(rows(r), 1);
    assert_int_equal(last_row(r)->row.op, STORE_RETRACT);
    assert_false(message(r, id)->retracted); /* others still have it */
    assert_int_equal(message(r, id)->change, CHANGE_RETRACT);
    struct err e = {0};
    assert_int_equal(edit(r, id, "no", &e), -1);
    issue(last_row(r));
    receipt(r, last_row(r)->row.origin_id, KITH_FAILED, "too old");
    assert_false(message(r, id)->retracted);
    assert_string_equal(message(r, id)->change_failure, "too old");
    assert_int_equal(core_retract(r->core, message(r, id), NULL, NULL), 0);
    assert_int_equal(rows(r), 1);
    store_all(r);
    assert_true(message(r, id)->retracted);
    assert_null(message(r, id)->body);
    assert_int_equal(message(r, id)->change, CHANGE_NONE);
}

static void test_what_never_left_just_goes(void **state)
{
    struct rig *r = *state;
    int64_t id = core_send(r->core, bob(r), &(struct core_send){.body = "oops"}, NULL);
    assert_int_equal(core_retract(r->core, message(r, id), NULL, NULL), 0);
    assert_int_equal(rows(r), 0);
    assert_null(chat_message(bob(r), id));
    assert_null(store_message(r->core->store, NULL, id)); /* nor does it come back */
}

static int commit(struct rig *r)
{
    struct err e = {0};
    return store_commit(r->core->store, true, &e);
}

/* The full text is told of each change, or SQLite calls it damaged when a text it does not know is
 * to be taken out. */
static void test_full_text_follows_what_never_left(void **state)
{
    struct rig *r = *state;
    int64_t id = core_send(r->core, bob(r), &(struct core_send){.body = "first"}, NULL);
    assert_int_equal(commit(r), 1);
    for (int i = 0; i < 10; i++) {
        store_index_slice(r->core->store, 100000);
        assert_int_equal(commit(r), 1);
    }
    core_send(r->core, bob(r), &(struct core_send){.body = "more words than before", .edit = id},
              NULL);
    assert_string_equal(message(r, id)->body, "more words than before");
    assert_int_equal(commit(r), 1);
    assert_int_equal(core_retract(r->core, message(r, id), NULL, NULL), 0);
    assert_int_equal(commit(r), 1);
    assert_false(store_waiting(r->core->store));
}

static void test_reactions(void **state)
{
    struct rig *r = *state;
    int64_t id = say(r, "cake");
    const char *up[] = {"👍"}, *two[] = {"👍", "🎉"};
    assert_int_equal(core_react(r->core, message(r, id), up, 1, NULL), 0);
    assert_int_equal(message(r, id)->n_reactions, 1);
    assert_int_equal(message(r, id)->change, CHANGE_REACT);
    assert_int_equal(core_react(r->core, message(r, id), two, 2, NULL), 0);
    assert_int_equal(rows(r), 1); /* the set as it is now is what goes */
    store_all(r);
    assert_int_equal(core_react(r->core, message(r, id), NULL, 0, NULL), 0);
    assert_int_equal(message(r, id)->n_reactions, 0);
    issue(last_row(r));
    receipt(r, last_row(r)->row.origin_id, KITH_FAILED, "no");
    assert_int_equal(message(r, id)->n_reactions, 2); /* as others see it */
    assert_int_equal(core_resend(r->core, message(r, id), NULL), 0);
    assert_int_equal(message(r, id)->n_reactions, 0);
    store_all(r);
    assert_int_equal(core_react(r->core, message(r, id), up, 1, NULL), 0);
    assert_int_equal(core_react(r->core, message(r, id), NULL, 0, NULL), 0);
    assert_int_equal(rows(r), 0); /* there and back again: nothing to say */
}

static void test_offered_where_it_works(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    int64_t id = say(r, "cake");
    const char *up[] = {"👍"};
    r->a->caps = KITH_CAP_EDIT;
    assert_int_equal(core_may_change(bob(r), CHANGE_EDIT, &e), 0);
    assert_int_equal(core_may_change(bob(r), CHANGE_REACT, &e), KITH_EUNSUP);
    assert_int_equal(core_react(r->core, message(r, id), up, 1, &e), KITH_EUNSUP);
    assert_string_equal(e.text, "messages cannot be reacted to in this chat of fake");
    r->a->state = KITH_STATE_OFFLINE; /* waits until it is known */
    assert_int_equal(core_react(r->core, message(r, id), up, 1, &e), 0);
    r->a->state = KITH_STATE_ONLINE;
    r->a->caps = ALL_CAPS;
    bob(r)->caps = KITH_CAP_RETRACT; /* this chat can do less than its account */
    assert_int_equal(core_may_change(bob(r), CHANGE_EDIT, &e), KITH_EUNSUP);
    assert_int_equal(core_may_change(bob(r), CHANGE_RETRACT, &e), 0);
}

static void test_only_own_messages(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    struct kith_ev_message ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MESSAGE},
                                 .chat = "bob@fake",
                                 .sender = "bob@fake",
                                 .id = "b1",
                                 .body = "mine"};
    bob(r);
    ingest_event(r->ca, &ev.ev);
    int64_t id = chat_last(bob(r))->id;
    assert_int_equal(edit(r, id, "yours", &e), -1);
    assert_string_equal(e.text, "only your own messages can be edited");
    assert_int_equal(core_retract(r->core, message(r, id), NULL, &e), KITH_EDENIED);
    assert_int_equal(rows(r), 0);
}

/* Two people used the same id, and the other one was heard first: what is changed is the sender's.
 */
static void test_same_id_of_somebody_else(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MESSAGE},
                                 .chat = "#room",
                                 .sender = "#room/eve",
                                 .sender_id = "eve",
                                 .id = "1",
                                 .body = "eve's"};
    struct chat *c = chats_get(r->ca, "#room", KITH_CHAT_ROOM);
    core_load(r->core, c);
    ingest_event(r->ca, &ev.ev);
    ev.sender = "#room/ann";
    ev.sender_id = "ann";
    ev.body = "tyop";
    ingest_event(r->ca, &ev.ev);
    ev.id = "2";
    ev.target = "1";
    ev.body = "typo";
    ev.flags = KITH_MSG_EDIT;
    ingest_event(r->ca, &ev.ev);
    assert_int_equal(c->n_messages, 2);
    assert_string_equal(c->messages[0]->body, "eve's");
    assert_string_equal(c->messages[1]->body, "typo");
    ev.id = "3";
    ev.body = NULL;
    ev.flags = KITH_MSG_RETRACT;
    ingest_event(r->ca, &ev.ev);
    assert_false(c->messages[0]->retracted);
    assert_true(c->messages[1]->retracted);
}

static void test_an_edit_ends_typing(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MESSAGE},
                                 .chat = "bob@fake",
                                 .sender = "bob@fake",
                                 .id = "1",
                                 .body = "tyop"};
    struct kith_ev_typing typing = {.ev = {.size = sizeof typing, .type = KITH_EV_TYPING},
                                    .chat = "bob@fake",
                                    .who = "bob@fake",
                                    .state = KITH_TYPING_ACTIVE};
    ingest_event(r->ca, &ev.ev);
    ingest_event(r->ca, &typing.ev);
    assert_int_equal(bob(r)->n_typists, 1);
    ev.id = "2";
    ev.target = "1";
    ev.body = "typo";
    ev.flags = KITH_MSG_EDIT;
    ingest_event(r->ca, &ev.ev);
    assert_int_equal(bob(r)->n_typists, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_edit_goes_through_the_ledger, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_edit_that_waits_is_rewritten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_never_left_is_no_edit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_edit_keeps_the_reply, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_edit_stays_with_its_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_edit_is_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_withdrawn_when_the_server_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_never_left_just_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_text_follows_what_never_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reactions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_offered_where_it_works, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_own_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_id_of_somebody_else, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_edit_ends_typing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
