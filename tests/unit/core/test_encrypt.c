/* unit/core/test_encrypt.c - how chats and messages are encrypted, as the backend tells it: kept, and not undone by what else it says */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"
#include "model/forecast.h"

static void state_is(struct rig *r, const char *chat, uint32_t flags)
{
    struct kith_ev_encryption ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ENCRYPTION}, .chat = chat, .flags = flags};
    ingest_event(r->ca, &ev.ev);
}

static void chats_are_latched(void **state)
{
    struct rig *r = *state;
    state_is(r, BOB, 0);
    assert_null(account_chat(r->a, BOB)); /* nothing to be known of somebody without a chat */
    state_is(r, BOB, KITH_CHAT_ENCRYPTED | KITH_CHAT_UNVERIFIED | KITH_CHAT_PINNED);
    struct chat *c = account_chat(r->a, BOB);
    assert_non_null(c);
    assert_int_equal(c->flags, KITH_CHAT_ENCRYPTED | KITH_CHAT_UNVERIFIED); /* of the others it says nothing */
    assert_false(c->open);
    state_is(r, BOB, KITH_CHAT_OPENED);
    assert_int_equal(c->flags, KITH_CHAT_OPENED);
}

static void rooms_stay_encrypted(void **state)
{
    struct rig *r = *state;
    r->a->groups |= ACCOUNT_HAS_ENCRYPTION;
    give_room(r, KITH_CHAT_JOINED);
    state_is(r, ROOM, KITH_CHAT_ENCRYPTED);
    give_room(r, KITH_CHAT_JOINED | KITH_CHAT_MODERATED); /* CHAT events do not say it */
    assert_int_equal(account_chat(r->a, ROOM)->flags & KITH_CHAT_ENCRYPTED, KITH_CHAT_ENCRYPTED);
    assert_true(account_chat(r->a, ROOM)->flags & KITH_CHAT_MODERATED);
}

static void a_message_of_ours_left_encrypted(void **state)
{
    struct rig *r = *state;
    state_is(r, BOB, KITH_CHAT_ENCRYPTED);
    struct chat *c = account_chat(r->a, BOB);
    struct kith_ev_message m = {.ev = {.size = sizeof m, .type = KITH_EV_MESSAGE, .time_ms = 1000},
                                .chat = BOB, .sender = r->a->address, .id = "m1", .origin_id = "m1", .body = "hello",
                                .flags = KITH_MSG_OUTGOING};
    core_load(r->core, c);
    ingest_event(r->ca, &m.ev);
    rig_turn(r, 0);
    assert_int_equal(chat_message_by_ref(c, "m1")->enc, KITH_ENC_NONE);
    struct kith_ev_receipt got = {.ev = {.size = sizeof got, .type = KITH_EV_RECEIPT},
                                  .chat = BOB, .id = "m1", .delivery = KITH_SENT, .enc = KITH_ENC_UNVERIFIED};
    ingest_event(r->ca, &got.ev);
    assert_int_equal(chat_message_by_ref(c, "m1")->enc, KITH_ENC_UNVERIFIED);
    got.enc = KITH_ENC_NONE; /* not told: it stays what it was */
    got.delivery = KITH_STORED;
    ingest_event(r->ca, &got.ev);
    assert_int_equal(chat_message_by_ref(c, "m1")->enc, KITH_ENC_UNVERIFIED);
    got.delivery = KITH_SENT; /* again, after they were compared */
    got.enc = KITH_ENC_TRUSTED;
    ingest_event(r->ca, &got.ev);
    got.delivery = KITH_STORED; /* by a process that does not know it better */
    got.enc = KITH_ENC_UNVERIFIED;
    ingest_event(r->ca, &got.ev);
    assert_int_equal(chat_message_by_ref(c, "m1")->enc, KITH_ENC_TRUSTED);
    m.id = m.origin_id = "m2";
    ingest_event(r->ca, &m.ev);
    got.id = "m2"; /* of which SENT was never told */
    ingest_event(r->ca, &got.ev);
    assert_int_equal(chat_message_by_ref(c, "m2")->enc, KITH_ENC_UNVERIFIED);
}

/* Anybody on the way can write a change in the clear: what came encrypted stays as it came. */
static void changes_in_the_clear(void **state)
{
    struct rig *r = *state;
    state_is(r, BOB, KITH_CHAT_ENCRYPTED);
    struct chat *c = account_chat(r->a, BOB);
    core_load(r->core, c);
    struct kith_ev_message m = {.ev = {.size = sizeof m, .type = KITH_EV_MESSAGE, .time_ms = 1000}, .chat = BOB,
                                .sender = BOB, .id = "m1", .body = "at nine", .enc = KITH_ENC_TRUSTED};
    ingest_event(r->ca, &m.ev);
    struct kith_ev_message forged = m;
    forged.id = "m2";
    forged.target = "m1";
    forged.flags = KITH_MSG_EDIT;
    forged.body = "at midnight, alone";
    forged.enc = KITH_ENC_NONE;
    ingest_event(r->ca, &forged.ev);
    assert_int_equal(c->n_messages, 2); /* a message of its own, which shows how it came */
    assert_string_equal(c->messages[0]->body, "at nine");
    assert_int_equal(c->messages[0]->enc, KITH_ENC_TRUSTED);
    assert_int_equal(c->messages[1]->enc, KITH_ENC_NONE);
    struct kith_ev_message lost = forged; /* nor is the text replaced by why a change cannot be read */
    lost.id = "m3";
    lost.enc = KITH_ENC_FAILED;
    ingest_event(r->ca, &lost.ev);
    assert_string_equal(c->messages[0]->body, "at nine");
    struct kith_ev_message real = forged;
    real.id = "m4";
    real.body = "at ten";
    real.enc = KITH_ENC_UNVERIFIED;
    ingest_event(r->ca, &real.ev);
    assert_string_equal(c->messages[0]->body, "at ten");
    assert_int_equal(c->messages[0]->enc, KITH_ENC_UNVERIFIED); /* as the weaker of both */
    size_t n = c->n_messages;
    real.enc = KITH_ENC_FAILED; /* the same once more, of the archive, where it cannot be read again */
    real.body = "could not be read";
    ingest_event(r->ca, &real.ev);
    assert_int_equal(c->n_messages, n);
    assert_string_equal(c->messages[0]->body, "at ten");
    assert_int_equal(c->messages[0]->enc, KITH_ENC_UNVERIFIED);
}

/* A message is decrypted once. Its copy of the archive, which cannot be, changes nothing of what is here; and what could not be read
 * gets its text when another copy can be. */
static void a_copy_that_cannot_be_read(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message read = text("m1", "at nine"), again = text("m1", "it was read before");
    read.enc = KITH_ENC_TRUSTED;
    again.enc = KITH_ENC_FAILED;
    again.archive_id = "a1";
    again.flags = KITH_MSG_HISTORY;
    give(r, read);
    give(r, again);
    assert_int_equal(bob(r)->n_messages, 1);
    assert_string_equal(chat_last(bob(r))->body, "at nine");
    assert_int_equal(chat_last(bob(r))->enc, KITH_ENC_TRUSTED);
    assert_string_equal(chat_last(bob(r))->archive_id, "a1");
    struct kith_ev_message lost = text("m2", "its keys are not here"), found = text("m2", "at ten");
    lost.enc = KITH_ENC_FAILED;
    found.enc = KITH_ENC_UNVERIFIED;
    give(r, lost);
    give(r, found);
    assert_int_equal(bob(r)->n_messages, 2);
    assert_string_equal(chat_last(bob(r))->body, "at ten");
    assert_int_equal(chat_last(bob(r))->enc, KITH_ENC_UNVERIFIED);
}

static void devices_are_found_by_their_names(void **state)
{
    struct forecast *f = forecast_new();
    struct kith_ev_device ev = {.ev = {.size = sizeof ev, .type = KITH_EV_DEVICE}, .who = BOB, .id = "1734"};
    bool several;
    forecast_add(f, &ev);
    ev.id = "17";
    forecast_add(f, &ev);
    ev.who = "carol@example.org";
    ev.id = NULL;
    forecast_add(f, &ev);
    assert_string_equal(forecast_find(f, NULL, "173", &several)->id, "1734");
    assert_null(forecast_find(f, NULL, "1", &several));
    assert_true(several);
    assert_string_equal(forecast_find(f, NULL, "17", &several)->id, "17"); /* though it is the beginning of another one */
    assert_false(several);
    assert_string_equal(forecast_find(f, BOB, "17", &several)->id, "17");
    assert_null(forecast_find(f, "carol@example.org", "17", &several));
    assert_false(several);
    ev.id = "17";
    forecast_add(f, &ev);
    assert_null(forecast_find(f, NULL, "17", &several)); /* of two people */
    assert_true(several);
    assert_null(forecast_find(NULL, NULL, "17", &several));
    forecast_free(f);
}

static void rename_account(struct rig *r, const char *name)
{
    char *path = path_join(r->dir, "accounts.cfg");
    char *text = xasprintf("accounts = ( { name = \"%s\"; protocol = \"fake\"; address = \"me@fake\"; autoconnect = true; } );\n", name);
    assert_true(path_write(path, text, strlen(text), NULL) == 0);
    free(path);
    free(text);
}

/* Another process may find the account's own store empty: the engine says which chats are encrypted, before it connects. */
static void a_new_process_is_reminded(void **state UNUSED)
{
    struct rig rig, *r = &rig;
    rig_open(r, NULL, true);
    assert_true(RIG_WAIT(r, 20000, r->a->state == KITH_STATE_ONLINE));
    assert_null(strstr(r->notices, "encrypt "));
    state_is(r, BOB, KITH_CHAT_ENCRYPTED | KITH_CHAT_UNVERIFIED);
    state_is(r, "carol@fake", KITH_CHAT_OPENED);
    state_is(r, "dave@fake", KITH_CHAT_ENCRYPTED);
    state_is(r, "dave@fake", 0);
    save_account(r->ca); /* as when the server has said which address it is */
    rig_turn(r, 0);
    rig_stop(r);
    rig_start(r, true);
    assert_true(RIG_WAIT(r, 20000, strstr(r->notices, "encrypt " BOB " 2") != NULL && r->a->state == KITH_STATE_ONLINE));
    assert_null(strstr(r->notices, "carol@fake"));
    assert_null(strstr(r->notices, "dave@fake"));
    rig_stop(r);
    r->notices[0] = '\0';
    rename_account(r, "private"); /* the same address, and nothing is known under this name */
    rig_start(r, true);
    assert_string_equal(r->a->name, "private");
    assert_null(account_chat(r->a, BOB));
    assert_true(RIG_WAIT(r, 20000, strstr(r->notices, "encrypt " BOB " 2") != NULL));
    rig_close(r);
}

/* "From the next message on" holds while the connection lasts that says so; what the user decided holds longer. */
static void what_nobody_decided_is_asked_again(void **state)
{
    struct rig *r = *state;
    struct kith_ev_state sync = {.ev = {.size = sizeof sync, .type = KITH_EV_STATE}, .state = KITH_STATE_SYNC};
    struct kith_ev_state online = {.ev = {.size = sizeof online, .type = KITH_EV_STATE}, .state = KITH_STATE_ONLINE, .resumed = true};
    const uint32_t begins = KITH_CHAT_ENCRYPTS | KITH_CHAT_UNVERIFIED | KITH_CHAT_WAITS | KITH_CHAT_TAKES_NEW;
    const uint32_t on = KITH_CHAT_ENCRYPTED | KITH_CHAT_UNVERIFIED | KITH_CHAT_WAITS;
    give(r, text("m1", "hello")); /* so that there is a chat */
    state_is(r, BOB, begins);
    state_is(r, "carol@fake", on);
    assert_int_equal(bob(r)->flags, begins);
    ingest_event(r->ca, &online.ev);
    assert_int_equal(bob(r)->flags, begins); /* the same session goes on */
    ingest_event(r->ca, &sync.ev);
    assert_int_equal(bob(r)->flags, KITH_CHAT_TAKES_NEW);
    assert_int_equal(account_chat(r->a, "carol@fake")->flags, on);
    state_is(r, BOB, begins);
    connect_process_gone(r->ca, "it was built without OMEMO", 1000);
    assert_int_equal(bob(r)->flags, KITH_CHAT_TAKES_NEW);
    assert_int_equal(account_chat(r->a, "carol@fake")->flags, on);
    state_is(r, BOB, begins);
    rig_turn(r, 0);
    rig_stop(r); /* nor is it in the store */
    rig_start(r, false);
    assert_int_equal(bob(r)->flags, KITH_CHAT_TAKES_NEW);
    assert_int_equal(account_chat(r->a, "carol@fake")->flags, on);
}

static unsigned asked(const struct rig *r)
{
    unsigned n = 0;
    for (const struct request *q = r->core->requests; q; q = q->next)
        n += q->chat_id != 0;
    return n;
}

/* A chat that nobody looks at is not asked about again and again; and who could read it stays known when the answer fails. */
static void only_what_is_seen_is_asked_again(void **state UNUSED)
{
    struct rig rig, *r = &rig;
    const struct kith_ev_device ev = {.ev = {.size = sizeof ev, .type = KITH_EV_DEVICE}, .who = BOB, .id = "17"};
    rig_open(r, NULL, true);
    assert_true(RIG_WAIT(r, 20000, r->a->state == KITH_STATE_ONLINE));
    state_is(r, BOB, KITH_CHAT_ENCRYPTED);
    bob(r)->forecast = forecast_new();
    forecast_add(bob(r)->forecast, &ev);
    state_is(r, BOB, KITH_CHAT_OPENED);
    assert_int_equal(asked(r), 0);
    bob(r)->loaded = true; /* nothing else is asked of it */
    core_attention(r->core, r, bob(r), true, true);
    unsigned before = asked(r);
    state_is(r, BOB, KITH_CHAT_ENCRYPTED);
    assert_int_equal(asked(r), before + 1);
    request_lost(r->ca, "the account ends");
    assert_int_equal(bob(r)->forecast->state, FORECAST_FAILED);
    assert_int_equal(bob(r)->forecast->n, 1);
    assert_string_equal(bob(r)->forecast->text, "the account ends");
    core_attention(r->core, r, NULL, false, false);
    rig_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(chats_are_latched, setup, teardown),
        cmocka_unit_test_setup_teardown(rooms_stay_encrypted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_of_ours_left_encrypted, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_in_the_clear, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_that_cannot_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(what_nobody_decided_is_asked_again, setup, teardown),
        cmocka_unit_test(a_new_process_is_reminded),
        cmocka_unit_test(only_what_is_seen_is_asked_again),
        cmocka_unit_test(devices_are_found_by_their_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
