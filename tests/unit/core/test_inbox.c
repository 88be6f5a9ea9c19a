/* unit/core/test_inbox.c - what comes into the inbox and what leaves it; words, bursts and levels of notices */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
#define ROOM "room@fake"

static int counter;

static struct kith_ev_message text_of(const char *chat, const char *sender, const char *body)
{
    static char ids[64][16];
    char *id = ids[counter++ % 64];
    snprintf(id, sizeof ids[0], "id%d", counter);
    return (struct kith_ev_message){
        .ev = {.size = sizeof(struct kith_ev_message), .type = KITH_EV_MESSAGE},
        .chat = chat,
        .sender = sender,
        .id = id,
        .origin_id = id,
        .body = body};
}

static void says(struct rig *r, const char *chat, const char *sender, const char *body)
{
    struct kith_ev_message ev = text_of(chat, sender, body);
    ingest_event(r->ca, &ev.ev);
}

static void join_room(struct rig *r)
{
    struct kith_ev_chat ev = {.ev = {.size = sizeof ev, .type = KITH_EV_CHAT},
                              .address = ROOM,
                              .kind = KITH_CHAT_ROOM,
                              .flags = KITH_CHAT_JOINED,
                              .nick = "me"};
    ingest_event(r->ca, &ev.ev);
}

/* "why who text" of each, oldest first, with slashes. */
static void waits(struct rig *r, const char *want)
{
    struct buf b = {0};
    static const char *const why[] = {"", "mention", "direct", "reply", "keyword", "failed"};
    for (size_t i = 0; i < r->model->n_inbox; i++) {
        const struct inbox_item *item = r->model->inbox[i];
        buf_addf(&b, "%s%s %s %s%s", i ? " / " : "", why[item->why], item->who, item->text,
                 item->until ? " (later)" : "");
    }
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

static void send(struct rig *r, const char *chat, const char *body, int64_t reply_to)
{
    struct err e = {0};
    struct core_send s = {.body = body, .reply_to = reply_to};
    (void)core_send(r->core, account_chat(r->a, chat), &s, &e);
    assert_int_equal(e.code, 0);
}

static void test_direct(void **state)
{
    struct rig *r = *state;
    says(r, BOB, BOB, "hello");
    says(r, BOB, BOB, "are you there?");
    says(r, "eve@fake", "eve@fake", "hi");
    struct kith_ev_message ev = text_of("dave@fake", "dave@fake", "do not keep this");
    ev.flags = KITH_MSG_NO_STORE;
    ingest_event(r->ca, &ev.ev); /* in memory only: nothing that could come back */
    waits(r, "direct bob@fake hello / direct eve@fake hi"); /* one a chat */
    send(r, BOB, "yes", 0);
    waits(r, "direct eve@fake hi");
    says(r, BOB, BOB, "good");
    waits(r, "direct eve@fake hi / direct bob@fake good");
    assert_true(account_chat(r->a, BOB)->said > 0);
}

static void test_room(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    join_room(r);
    says(r, ROOM, "carol", "just talk");
    says(r, ROOM, "carol", "me: look at this");
    says(r, ROOM, "dave", "and what do you say, me?");
    waits(r, "mention carol me: look at this / mention dave and what do you say, me?");
    send(r, ROOM, "something else", 0);
    assert_int_equal(r->model->n_inbox, 2); /* to nobody: nothing was answered */
    send(r, ROOM, "dave: nothing", 0);
    waits(r, "mention carol me: look at this");
    send(r, ROOM, "I see", r->model->inbox[0]->message);
    waits(r, "");
    assert_true(config_set(r->config, "notify.keywords", "release deploy* /bug.?[0-9]+/", &e) >= 0);
    says(r, ROOM, "carol", "the releases");
    says(r, ROOM, "carol", "the Release.");
    says(r, ROOM, "dave", "deployed");
    says(r, ROOM, "eve", "see BUG 12");
    waits(r, "keyword carol the Release. / keyword dave deployed / keyword eve see BUG 12");
    assert_int_equal(account_chat(r->a, ROOM)->mentions, 0); /* keywords are none */
    assert_true(config_set(r->config, "notify.highlight", "ops", &e) >= 0);
    says(r, ROOM, "carol", "who is in ops?");
    assert_int_equal(account_chat(r->a, ROOM)->mentions, 1);
    assert_true(config_set(r->config, "notify.highlight", "/(/", &e) < 0);
    assert_true(config_set(r->config, "notify.highlight", "/(a)\\1/", &e) < 0);
}

static void test_reply(void **state)
{
    struct rig *r = *state;
    join_room(r);
    send(r, ROOM, "who has it?", 0);
    struct chat *room = account_chat(r->a, ROOM);
    core_load(r->core, room);
    const struct message *own = chat_last(room);
    struct kith_ev_message ev = text_of(ROOM, "dave", "here");
    ev.reply_to = own->origin_id;
    ingest_event(r->ca, &ev.ev);
    waits(r, "reply dave here");
    ev = text_of(ROOM, "eve", "to dave");
    ev.reply_to = "some other";
    ingest_event(r->ca, &ev.ev);
    waits(r, "reply dave here");
}

static void test_changes(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message first = text_of(BOB, BOB, "draft of a question"), ev;
    first.sender_id = "bob-device";
    ingest_event(r->ca, &first.ev);
    ev = text_of(BOB, BOB, "a question");
    ev.sender_id = "bob-device";
    ev.flags = KITH_MSG_EDIT;
    ev.target = first.id;
    ingest_event(r->ca, &ev.ev);
    waits(r, "direct bob@fake a question");
    ev = text_of(BOB, BOB, NULL);
    ev.sender_id = "bob-device";
    ev.flags = KITH_MSG_RETRACT;
    ev.target = first.id;
    ingest_event(r->ca, &ev.ev);
    waits(r, "");
    says(r, BOB, BOB, "new"); /* the place of the chat is free again */
    waits(r, "direct bob@fake new");
    struct err e = {0};
    assert_true(core_keep(r->core, account_chat(r->a, BOB), KITH_CHAT_MUTED, 0, &e) >= 0);
    waits(r, "");
    says(r, BOB, BOB, "muted");
    waits(r, "");
}

static void test_later(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, BOB, BOB, "hello");
    says(r, "eve@fake", "eve@fake", "hi");
    int64_t first = r->model->inbox[0]->message, second = r->model->inbox[1]->message;
    assert_int_equal(core_inbox_snooze(r->core, first, clock_wall_ms() + 3600000, &e), 0);
    assert_int_equal(core_inbox_snooze(r->core, second, clock_wall_ms() + 50, &e), 0);
    assert_true(core_inbox_done(r->core, 4711, &e) < 0);
    waits(r, "direct bob@fake hello (later) / direct eve@fake hi (later)");
    rig_turn(r, 0);
    rig_stop(r); /* both are on disk, with their times */
    rig_start(r, false);
    assert_int_equal(r->model->n_inbox, 2);
    unsigned alerts = r->n_alerts;
    int64_t end = clock_mono_ms() + 10000;
    while (r->model->inbox[1]->until && clock_mono_ms() < end)
        rig_turn(r, 20);
    waits(r, "direct bob@fake hello (later) / direct eve@fake hi");
    assert_non_null(strstr(r->notices, "Back in the inbox: eve@fake: hi"));
    assert_int_equal(r->n_alerts, alerts + 1);
    assert_int_equal(core_inbox_done(r->core, first, &e), 0);
    rig_turn(r, 0);
    rig_stop(r);
    rig_start(r, false);
    waits(r, "direct eve@fake hi");
    says(r, "eve@fake", "eve@fake", "and more"); /* still one a chat after the restart */
    waits(r, "direct eve@fake hi");
}

static void comes_back(struct rig *r)
{
    struct err e = {0};
    account_chat(r->a, BOB)->core->rang_at = 0;
    r->notices[0] = '\0';
    unsigned alerts = r->n_alerts;
    assert_int_equal(core_inbox_snooze(r->core, r->model->inbox[0]->message, clock_wall_ms() - 1, &e), 0);
    assert_true(RIG_WAIT(r, 10000, r->n_alerts > alerts));
}

/* What came encrypted stays a secret when it comes back, also where the chat is not encrypted any more. */
static void test_later_of_encrypted(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    struct kith_ev_message ev = text_of(BOB, BOB, "a secret");
    ev.enc = KITH_ENC_TRUSTED;
    ingest_event(r->ca, &ev.ev);
    assert_true(config_set(r->config, "notify.text", "true", &e) >= 0);
    comes_back(r);
    assert_false(r->had_text);
    assert_string_equal(r->words, "what you put off is due");
    assert_string_equal(r->notices, "Back in the inbox: bob@fake\n"); /* which an engine without a screen logs */
    assert_true(config_set(r->config, "notify.encrypted", "true", &e) >= 0);
    comes_back(r);
    assert_true(r->had_text);
    assert_string_equal(r->words, "a secret");
    assert_null(strstr(r->notices, "secret"));
}

static void test_failed(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, BOB, BOB, "hello");
    send(r, BOB, "lost", 0);
    waits(r, "");
    struct chat *chat = account_chat(r->a, BOB);
    core_load(r->core, chat);
    struct message *m = message_dup(chat_last(chat));
    outbox_set_delivery(r->core, m, DELIVERY_FAILED, "no such user");
    message_free(m);
    assert_int_equal(r->model->n_inbox, 1);
    assert_int_equal(r->model->inbox[0]->why, INBOX_FAILED);
    send(r, BOB, "again?", 0); /* what was not sent stays until it is dealt with */
    assert_int_equal(r->model->n_inbox, 1);
    struct message *failed = chat_message(chat, r->model->inbox[0]->message);
    assert_true(core_cancel(r->core, failed, &e) >= 0);
    waits(r, "");
}

/* A flood leaves a few, and the list stays bounded. */
static void test_flood(void **state)
{
    struct rig *r = *state;
    join_room(r);
    for (int i = 0; i < 300; i++)
        says(r, ROOM, "troll", "me me me");
    assert_int_equal(r->model->n_inbox, 20);
    assert_int_equal(account_chat(r->a, ROOM)->core->inbox, 20);
}

/* ---- notices ---- */

static void forget_last_bell(struct rig *r, const char *chat)
{
    account_chat(r->a, chat)->core->rang_at = 0; /* as if four seconds had gone by */
    r->core->rang_at = INT64_MIN / 2;
}

static void test_bursts(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < 50; i++)
        says(r, BOB, BOB, "ping");
    assert_int_equal(r->n_alerts, 1); /* one for the burst */
    forget_last_bell(r, BOB);
    says(r, BOB, BOB, "ping");
    assert_int_equal(r->n_alerts, 2);
    assert_string_equal(r->words, "wrote to you (and 49 more)");
    for (int i = 0; i < 5; i++) {
        forget_last_bell(r, BOB);
        says(r, BOB, BOB, "ping");
    }
    assert_int_equal(r->n_alerts, 3); /* never more than three in a minute */
    account_chat(r->a, BOB)->core->notices_at[2] -= 61000;
    forget_last_bell(r, BOB);
    says(r, BOB, BOB, "ping");
    assert_int_equal(r->n_alerts, 4);
    says(r, "eve@fake", "eve@fake", "hi"); /* another chat has its own three */
    assert_int_equal(r->n_alerts, 5);
}

/* What came encrypted is shown by no other program, unless the user says so. */
static void test_words_of_encrypted_chats(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, BOB, BOB, "hello");
    assert_true(config_set(r->config, "notify.text", "true", &e) >= 0);
    account_chat(r->a, BOB)->flags |= KITH_CHAT_ENCRYPTED;
    forget_last_bell(r, BOB);
    says(r, BOB, BOB, "a secret");
    assert_string_equal(r->words, "wrote to you");
    assert_false(r->had_text); /* notify.command gets none, either */
    assert_true(config_set(r->config, "notify.encrypted", "true", &e) >= 0);
    forget_last_bell(r, BOB);
    says(r, BOB, BOB, "a secret");
    assert_string_equal(r->words, "a secret");
    assert_true(r->had_text);
    account_chat(r->a, BOB)->flags &= ~(uint32_t)KITH_CHAT_ENCRYPTED;
    assert_true(config_set(r->config, "notify.encrypted", "false", &e) >= 0);
    struct core_chat *cc = account_chat(r->a, BOB)->core;
    memset(cc->notices_at, 0, sizeof cc->notices_at); /* as if a minute had gone by */
    forget_last_bell(r, BOB);
    says(r, BOB, BOB, "no secret");
    assert_string_equal(r->words, "no secret");
}

static void test_words(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, BOB, BOB, "a secret\nin two lines");
    assert_string_equal(r->words, "wrote to you"); /* the words are hidden unless wanted */
    assert_true(config_set(r->config, "notify.text", "true", &e) >= 0);
    forget_last_bell(r, BOB);
    says(r, BOB, BOB, "a secret\nin two lines");
    assert_string_equal(r->words, "a secret");
    join_room(r);
    r->core->rang_at = INT64_MIN / 2;
    says(r, ROOM, "carol", "me: hello");
    assert_string_equal(r->words, "carol: me: hello");
    assert_true(config_set(r->config, "notify.text", "false", &e) >= 0);
    assert_true(config_set(r->config, "notify.keywords", "release", &e) >= 0);
    forget_last_bell(r, ROOM);
    says(r, ROOM, "dave", "the release");
    assert_string_equal(r->words, "dave wrote");
    assert_string_equal(r->reason, "keyword");
    forget_last_bell(r, ROOM);
    account_chat(r->a, ROOM)->notices = NOTICE_MENTIONS;
    says(r, ROOM, "dave", "the release");
    assert_string_equal(r->words, "dave wrote"); /* nothing new: no mention */
    says(r, ROOM, "dave", "me?");
    assert_string_equal(r->words, "dave mentions you");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(test_direct), T(test_room),   T(test_reply),
                                       T(test_changes), T(test_later), T(test_later_of_encrypted), T(test_failed),
                                       T(test_flood),  T(test_bursts), T(test_words), T(test_words_of_encrypted_chats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
