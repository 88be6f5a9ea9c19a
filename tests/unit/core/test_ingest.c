/* unit/core/test_ingest.c - events change model and store as they must, whoever sends them */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "events.h"

static void test_message_arrives_once(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = text("1", "hello");
    give(r, ev);
    give(r, ev);
    ev.archive_id = "a1";
    ev.flags = KITH_MSG_HISTORY;
    give(r, ev);
    assert_non_null(bob(r));
    assert_int_equal(bob(r)->n_messages, 1);
    assert_string_equal(chat_last(bob(r))->archive_id, "a1"); /* what the copy knew more */
    assert_int_equal(bob(r)->unread, 1);
    assert_true(bob(r)->open);
    assert_int_equal(bob(r)->number, 1);
    assert_int_equal(r->n_alerts, 1);
    assert_string_equal(r->reason, "private");
}

static void test_survives_restart(void **state)
{
    struct rig *r = *state;
    give(r, text("1", "hello"));
    give(r, text("2", "again"));
    core_draft(r->core, bob(r), &(struct draft){.text = (char *)"dear", .cursor = 4}, NULL);
    rig_turn(r, 0);
    rig_stop(r);
    rig_start(r, false);
    assert_non_null(bob(r));
    assert_int_equal(bob(r)->unread, 2);
    assert_string_equal(bob(r)->draft.text, "dear");
    assert_int_equal(bob(r)->n_messages, 0); /* only counters until somebody looks */
    core_load(r->core, bob(r));
    assert_int_equal(bob(r)->n_messages, 2);
    assert_int_equal(bob(r)->unread_line, bob(r)->messages[0]->id);
    give(r, text("1", "hello"));
    assert_int_equal(bob(r)->n_messages, 2);
}

/* As a view puts it by whose editor outlives the engine (view/editor.h). */
static void leave(const char *name, const char *address, const char *text)
{
    char *dir = path_of(PATH_STATE, "written", NULL), *path = path_join(dir, name);
    struct buf b = {0};
    assert_int_equal(path_mkdirs(dir, 0700, NULL), 0);
    buf_add(&b, "fake", 5);
    buf_add(&b, address, strlen(address) + 1);
    buf_add(&b, "dear", 5);
    buf_adds(&b, text);
    assert_int_equal(path_write(path, b.data, b.len, NULL), 0);
    buf_free(&b);
    free(path);
    free(dir);
}

static void test_texts_that_were_left_are_drafts(void **state)
{
    struct rig *r = *state;
    char *dir = path_of(PATH_STATE, "written", NULL), *other = path_join(dir, "AAAAAAAAAAAAAAAAAAAAA2");
    give(r, text("1", "hello"));
    core_draft(r->core, bob(r), &(struct draft){.text = (char *)"dear", .cursor = 4}, NULL);
    leave("AAAAAAAAAAAAAAAAAAAAA1", BOB, "dear bob,\nhow are you?");
    core_drafts_left(r->core);
    assert_string_equal(bob(r)->draft.text, "dear bob,\nhow are you?");
    assert_int_equal(access(dir, F_OK), -1);
    leave("AAAAAAAAAAAAAAAAAAAAA2", "nobody@here", "lost");
    leave("AAAAAAAAAAAAAAAAAAAAA3", BOB, "and \033[2Jmore");
    core_drafts_left(r->core); /* behind what was written since, and clean */
    assert_string_equal(bob(r)->draft.text, "dear bob,\nhow are you?\nand \xe2\x90\x9b[2Jmore");
    assert_int_equal(unlink(other), 0);
    rig_stop(r);
    rig_start(r, false);
    assert_non_null(strstr(bob(r)->draft.text, "how are you?\nand "));
    free(other);
    free(dir);
}

static void test_edit_only_by_sender(void **state)
{
    struct rig *r = *state;
    give(r, text("1", "tyop"));
    struct kith_ev_message ev = text("2", "typo");
    ev.flags = KITH_MSG_EDIT;
    ev.target = "1";
    give(r, ev);
    assert_int_equal(bob(r)->n_messages, 1);
    assert_string_equal(chat_last(bob(r))->body, "typo");
    assert_int_equal(chat_last(bob(r))->edits, 1);
    give(r, ev); /* the same edit again */
    assert_int_equal(chat_last(bob(r))->edits, 1);
    ev = text("3", "I owe you");
    ev.flags = KITH_MSG_EDIT;
    ev.target = "1";
    ev.sender = "eve@fake";
    give(r, ev); /* shown as what it is: a message of somebody else */
    assert_int_equal(bob(r)->n_messages, 2);
    assert_string_equal(bob(r)->messages[0]->body, "typo");
}

static void test_room_edit_needs_more_than_a_nick(void **state)
{
    struct rig *r = *state;
    give_room(r, KITH_CHAT_JOINED);
    give(r, room_text("ann", NULL, "1", "yes"));
    struct kith_ev_message ev = room_text("ann", NULL, "2", "no");
    ev.flags = KITH_MSG_EDIT;
    ev.target = "1";
    give(r, ev);
    struct chat *c = account_chat(r->a, ROOM);
    assert_int_equal(c->n_messages, 2);
    give(r, room_text("ann", "occupant-1", "3", "yes"));
    ev = room_text("ann", "occupant-2", "4", "no");
    ev.flags = KITH_MSG_EDIT;
    ev.target = "3";
    give(r, ev);
    assert_int_equal(c->n_messages, 4);
    ev.sender_id = "occupant-1";
    ev.id = ev.origin_id = "5";
    give(r, ev);
    assert_int_equal(c->n_messages, 4);
    assert_string_equal(c->messages[2]->body, "no");
}

static void test_retract_and_react(void **state)
{
    struct rig *r = *state;
    give(r, text("1", "secret"));
    struct kith_ev_message ev = text("2", NULL);
    const char *hearts[] = {"heart"};
    ev.flags = KITH_MSG_REACT;
    ev.target = "1";
    ev.reactions = hearts;
    ev.n_reactions = 1;
    give(r, ev);
    assert_int_equal(chat_last(bob(r))->n_reactions, 1);
    ev = text("3", NULL);
    ev.flags = KITH_MSG_RETRACT;
    ev.target = "1";
    ev.sender = "eve@fake";
    give(r, ev);
    assert_false(chat_last(bob(r))->retracted);
    ev.flags |= KITH_MSG_MODERATED; /* there are no moderators outside of rooms */
    give(r, ev);
    assert_false(chat_last(bob(r))->retracted);
    ev.sender = BOB;
    ev.flags = KITH_MSG_RETRACT;
    give(r, ev);
    assert_true(chat_last(bob(r))->retracted);
    assert_null(chat_last(bob(r))->body);
    assert_int_equal(bob(r)->n_messages, 1);
}

/* An archive that is read backwards tells what happened to a message before it gives the message. */
static void test_changes_that_come_first(void **state)
{
    struct rig *r = *state;
    const char *hearts[] = {"heart"};
    give(r, text("9", "hello"));
    struct kith_ev_message ev = text("4", NULL);
    ev.flags = KITH_MSG_RETRACT | KITH_MSG_HISTORY;
    ev.target = "1";
    give(r, ev);
    ev.id = ev.origin_id = "5";
    ev.sender = "eve@fake"; /* not hers to withdraw, whenever it comes */
    ev.target = "2";
    give(r, ev);
    ev = text("6", NULL);
    ev.flags = KITH_MSG_REACT | KITH_MSG_HISTORY;
    ev.target = "2";
    ev.reactions = hearts;
    ev.n_reactions = 1;
    give(r, ev);
    ev = text("7", "right");
    ev.flags = KITH_MSG_EDIT | KITH_MSG_HISTORY;
    ev.target = "2";
    give(r, ev);
    assert_int_equal(bob(r)->n_messages, 2); /* the edit is shown as what it says, until then */
    rig_turn(r, 0);
    rig_stop(r); /* it waits over a restart too */
    rig_start(r, false);
    r->a->state = KITH_STATE_ONLINE;
    core_load(r->core, bob(r));
    ev = text("1", "secret");
    ev.flags = KITH_MSG_HISTORY;
    ev.ev.time_ms = 1000;
    give(r, ev);
    ev = text("2", "wrogn");
    ev.flags = KITH_MSG_HISTORY;
    ev.ev.time_ms = 2000;
    give(r, ev);
    core_load_older(r->core, bob(r));
    assert_int_equal(bob(r)->n_messages, 3);
    struct message *one = chat_message_by_ref(bob(r), "1"), *two = chat_message_by_ref(bob(r), "2");
    assert_true(one->retracted);
    assert_null(one->body);
    assert_false(two->retracted);
    assert_string_equal(two->body, "right");
    assert_int_equal(two->edits, 1);
    assert_int_equal(two->n_reactions, 1);
    assert_null(chat_message_by_ref(bob(r), "7"));
}

static void test_own_message_elsewhere_reads(void **state)
{
    struct rig *r = *state;
    give(r, text("1", "are you there?"));
    assert_int_equal(bob(r)->unread, 1);
    struct kith_ev_message ev = text("2", "yes");
    ev.sender = "me@fake";
    ev.flags = KITH_MSG_OUTGOING;
    give(r, ev);
    assert_int_equal(bob(r)->unread, 0);
    assert_int_equal(chat_last(bob(r))->delivery, DELIVERY_STORED);
}

static void test_attention(void **state)
{
    struct rig *r = *state;
    int view, other;
    give(r, text("1", "one"));
    struct chat *c = bob(r);
    core_load(r->core, c);
    core_attention(r->core, &view, c, true, true);
    assert_int_equal(c->unread, 0);
    assert_int_equal(c->unread_line, c->messages[0]->id); /* stays while you look */
    give(r, text("2", "two"));
    assert_int_equal(c->unread, 0);
    core_attention(r->core, &view, c, false, true); /* the terminal lost the focus */
    assert_int_equal(c->unread_line, 0);
    give(r, text("3", "three"));
    assert_int_equal(c->unread, 1);
    assert_int_equal(c->unread_line, chat_last(c)->id);
    core_attention(r->core, &other, c, true, false); /* a second view, scrolled up */
    give(r, text("4", "four"));
    assert_int_equal(c->unread, 2);
    core_attention(r->core, &other, c, true, true);
    assert_int_equal(c->unread, 0);
    assert_true(c->unread_line != 0);
    core_attention(r->core, &other, NULL, true, true);
    assert_int_equal(c->unread_line, 0);
    core_mark_unread(r->core, c, c->messages[2]);
    assert_int_equal(c->unread, 2);
    core_mark_read(r->core, c, NULL);
    assert_int_equal(c->unread, 0);
}

static void test_mentions_count_and_ring_once(void **state)
{
    struct rig *r = *state;
    char id[16];
    give_room(r, KITH_CHAT_JOINED);
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "m%d", i);
        give(r, room_text("ann", "o", id, "hey Me: look"));
    }
    give(r, room_text("ann", "o", "x", "some mere thing, memes"));
    struct chat *c = account_chat(r->a, ROOM);
    assert_int_equal(c->unread, 61);
    assert_int_equal(c->mentions, 60);
    assert_int_equal(r->n_bells, 1);
    assert_int_equal(r->n_alerts, 1);
    assert_string_equal(r->reason, "mention");
}

static void test_mention_in_a_direct_chat(void **state)
{
    struct rig *r = *state;
    str_set(&r->a->address, "me@example.org");
    give(r, text("1", "some mere words"));
    give(r, text("2", "me? me!"));
    give(r, text("3", "and you, Me."));
    assert_int_equal(bob(r)->unread, 3);
    assert_int_equal(bob(r)->mentions, 2);
}

static void test_muted_history_and_old_ring_not(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = text("1", "old news");
    ev.flags = KITH_MSG_DELAYED;
    ev.ev.time_ms = clock_wall_ms() - 3600000;
    give(r, ev);
    assert_int_equal(r->n_alerts, 0);
    assert_int_equal(bob(r)->unread, 1);
    bob(r)->flags |= KITH_CHAT_MUTED;
    give(r, text("2", "hey"));
    assert_int_equal(r->n_alerts, 0);
    bob(r)->flags = 0;
    r->a->show = KITH_SHOW_DND;
    give(r, text("3", "hey"));
    assert_int_equal(r->n_alerts, 0);
}

static void note_arrival(void *user, const struct message *m)
{
    buf_addf(user, "%s%s ", m->body, m->mention ? "!" : "");
}

/* Hooks hear of what somebody wrote just now, and of nothing else. */
static void test_arrivals(void **state)
{
    struct rig *r = *state;
    struct buf heard = {0};
    struct kith_ev_message ev = text("1", "one");
    core_on_arrival(r->core, note_arrival, &heard);
    give(r, ev);
    give(r, ev); /* again: it is one message */
    ev = text("2", "two");
    ev.flags = KITH_MSG_HISTORY;
    give(r, ev);
    ev = text("3", "three");
    ev.flags = KITH_MSG_DELAYED;
    give(r, ev);
    ev = text("4", "four");
    ev.flags = KITH_MSG_OUTGOING;
    give(r, ev);
    ev = text("5", "five");
    ev.flags = KITH_MSG_MENTION;
    give(r, ev);
    core_on_arrival(r->core, NULL, NULL);
    give(r, text("6", "six"));
    assert_string_equal(buf_str(&heard), "one five! ");
    buf_free(&heard);
}

static void test_roster_sync_sweeps(void **state)
{
    struct rig *r = *state;
    struct kith_ev_sync sync = {.ev = {.size = sizeof sync, .type = KITH_EV_SYNC_BEGIN},
                                .what = KITH_SYNC_ROSTER};
    struct kith_ev_contact ct = {
        .ev = {.size = sizeof ct, .type = KITH_EV_CONTACT}, .address = "ann@fake", .flags = 3};
    ingest_event(r->ca, &ct.ev);
    ct.address = BOB;
    ingest_event(r->ca, &ct.ev);
    assert_int_equal(r->a->contacts.n, 2);
    ingest_event(r->ca, &sync.ev);
    ct.name = "Bob";
    ingest_event(r->ca, &ct.ev);
    sync.ev.type = KITH_EV_SYNC_END;
    ingest_event(r->ca, &sync.ev);
    assert_int_equal(r->a->contacts.n, 1);
    assert_true(r->a->roster_synced);
    rig_turn(r, 0);
    rig_stop(r);
    rig_start(r, false);
    assert_int_equal(r->a->contacts.n, 1);
    assert_string_equal(account_contact(r->a, BOB)->name, "Bob");
}

static void test_hostile_events(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = text(NULL, NULL);
    give(r, ev); /* nothing in it */
    ev.chat = "";
    ev.body = "x";
    give(r, ev);
    assert_int_equal(r->a->n_chats, 0);
    struct kith_event unknown = {.size = sizeof unknown, .type = 4000};
    ingest_event(r->ca, &unknown);
    struct kith_ev_receipt rc = {.ev = {.size = sizeof rc, .type = KITH_EV_RECEIPT},
                                 .chat = BOB,
                                 .id = "1",
                                 .delivery = KITH_READ};
    give(r, text("1", "theirs"));
    ingest_event(r->ca, &rc.ev); /* a receipt for a message that is not ours */
    assert_int_equal(chat_last(bob(r))->delivery, DELIVERY_NONE);
    struct kith_ev_message forged = text("1", "I never said that");
    forged.sender = "eve@fake";
    give(r, forged);
    assert_int_equal(bob(r)->n_messages, 2);
}

static void test_not_to_be_kept(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message ev = text("1", "burn after reading");
    ev.flags = KITH_MSG_NO_STORE;
    give(r, ev);
    give(r, ev);
    assert_int_equal(bob(r)->n_messages, 1);
    assert_true(chat_last(bob(r))->id < 0);
    rig_turn(r, 0);
    rig_stop(r);
    rig_start(r, false);
    core_load(r->core, bob(r));
    assert_int_equal(bob(r)->n_messages, 0);
}

static void test_account_leaves_the_configuration(void **state)
{
    struct rig *r = *state;
    give(r, text("1", "hello"));
    core_draft(r->core, bob(r), &(struct draft){.text = (char *)"x"}, NULL);
    core_attention(r->core, r, bob(r), true, true);
    char *path = path_join(r->dir, "accounts.cfg");
    assert_int_equal(path_write(path, "accounts = ( );\n", 16, NULL), 0);
    free(path);
    config_load(r->config);
    assert_int_equal(core_account_load(r->core, "fake", NULL), 0);
    assert_int_equal(r->model->n_accounts, 0);
    struct err e = {0};
    assert_true(core_account_load(r->core, "fake", &e) < 0);
    rig_turn(r, 0);
}

/* The disk refuses: all is shown, told once, and nothing is confirmed until it is written. */
static void test_disk_refuses(void **state)
{
    struct rig *r = *state;
    sqlite3 *other = NULL;
    char *db = xstrdup(store_path(r->store));
    give(r, text("1", "before"));
    assert_true(RIG_WAIT(r, 2000, r->n_notices > 0)); /* that the account has no process */
    assert_int_equal(sqlite3_open(db, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < 3; i++) {
        char id[16];
        snprintf(id, sizeof id, "n%d", i);
        give(r, text(id, "meanwhile"));
        rig_turn(r, 0);
    }
    int64_t own = core_send(r->core, bob(r), &(struct core_send){.body = "mine"}, NULL);
    assert_true(own > 0);
    rig_turn(r, 0);
    assert_int_equal(bob(r)->n_messages, 5);
    assert_true(RIG_WAIT(r, 2000, strstr(r->notices, "chat goes on in memory") != NULL));
    unsigned told = r->n_notices;
    core_load(r->core, bob(r)); /* what is not on disk stays in the window */
    assert_int_equal(bob(r)->n_messages, 5);
    sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(other);
    assert_true(RIG_WAIT(r, 6000, !store_waiting(r->store)));
    assert_int_equal(r->n_notices, told + 1);
    rig_stop(r);
    rig_start(r, false);
    core_load(r->core, bob(r));
    assert_int_equal(bob(r)->n_messages, 5);
    assert_int_equal(chat_last(bob(r))->delivery, DELIVERY_QUEUED);
    assert_non_null(r->ca->queue);
    free(db);
}

static void test_numbers(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < 4; i++) {
        char address[32];
        snprintf(address, sizeof address, "p%d@fake", i);
        struct kith_ev_message ev = text("1", "x");
        ev.chat = ev.sender = address;
        give(r, ev);
    }
    struct chat *a = model_chat_by_number(r->model, 1), *b = model_chat_by_number(r->model, 2),
                *d = model_chat_by_number(r->model, 4);
    core_move_chat(r->core, d, 1);
    assert_int_equal(d->number, 1);
    assert_int_equal(a->number, 2);
    assert_int_equal(b->number, 3);
    core_close_chat(r->core, a);
    assert_int_equal(a->number, 0);
    struct kith_ev_message ev = text("9", "x");
    ev.chat = ev.sender = "p0@fake";
    give(r, ev);
    assert_int_equal(a->number, 2); /* the place that became free */
}

/* A flood of strangers: bounded, cheap for each, said once, and contacts are still heard. */
static void test_strangers_are_bounded(void **state)
{
    struct rig *r = *state;
    struct timespec a, b;
    char who[32];
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int i = 0; i < 5010; i++) {
        snprintf(who, sizeof who, "s%d@fake", i);
        struct kith_ev_message ev = text(who, "buy this");
        ev.chat = ev.sender = who;
        give(r, ev);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    assert_int_equal(r->a->n_chats, 5000);
    assert_int_equal(account_chat(r->a, "s4999@fake")->number, 5000);
    assert_int_equal(r->n_notices, 1);
    assert_non_null(strstr(r->notices, "s5000@fake"));
    assert_true(b.tv_sec - a.tv_sec < 20); /* it was the square of their number for each */
    struct kith_ev_contact ev = {.ev = {.size = sizeof ev, .type = KITH_EV_CONTACT},
                                 .address = BOB,
                                 .flags = KITH_CONTACT_TO};
    ingest_event(r->ca, &ev.ev);
    give(r, text("1", "I know you"));
    assert_non_null(bob(r));
}

static void test_cost_of_receiving(void **state)
{
    struct rig *r = *state;
    enum { N = 20000, TURN = 256 };
    int view;
    struct timespec a, b;
    char id[32];
    give(r, text("first", "x"));
    core_load(r->core, bob(r));
    core_attention(r->core, &view, bob(r), true, true);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int i = 0; i < N; i++) {
        snprintf(id, sizeof id, "f%08x-%d", (unsigned)i * 2654435761u, i);
        struct kith_ev_message ev =
            text(id, "a line of the usual length, as people write them to a room");
        ev.archive_id = id;
        give(r, ev);
        if (i % TURN == 0)
            rig_turn(r, 0);
    }
    rig_turn(r, 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    double us = (double)((b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000) / N;
    printf("ingest and store: %.1f us of CPU for a message\n", us);
    assert_true(bob(r)->n_messages <= MODEL_WINDOW + MODEL_PAGE);
    assert_int_equal(bob(r)->unread, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_message_arrives_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_survives_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_texts_that_were_left_are_drafts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_edit_only_by_sender, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room_edit_needs_more_than_a_nick, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retract_and_react, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changes_that_come_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_message_elsewhere_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_attention, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arrivals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mentions_count_and_ring_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mention_in_a_direct_chat, setup, teardown),
        cmocka_unit_test_setup_teardown(test_muted_history_and_old_ring_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_roster_sync_sweeps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_to_be_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_account_leaves_the_configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(test_disk_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strangers_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cost_of_receiving, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
