/* unit/core/test_rooms.c - who comes and goes in rooms, and what of a chat rings */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/why.h"
#include "events.h"

static void test_levels_of_chats(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    give_room(r, KITH_CHAT_JOINED);
    struct chat *room = account_chat(r->a, ROOM);
    str_set(&r->a->address, "me@example.org");
    r->a->show = KITH_SHOW_DND;
    give(r, text("0", "the chat is there"));
    r->a->show = KITH_SHOW_ONLINE;
    assert_int_equal(core_set_notices(r->core, bob(r), NOTICE_MENTIONS, &e), 0);
    give(r, text("1", "hello"));
    assert_int_equal(r->n_alerts, 0);
    give(r, text("2", "me?"));
    assert_int_equal(r->n_alerts, 1);
    assert_string_equal(r->reason, "mention");
    assert_int_equal(core_set_notices(r->core, room, NOTICE_ALL, &e), 0);
    give(r, room_text("ann", "o", "r1", "words for nobody"));
    assert_int_equal(r->n_alerts, 2);
    assert_string_equal(r->reason, "room");
    assert_int_equal(core_set_notices(r->core, room, NOTICE_NONE, &e), 0); /* what /mute does */
    assert_true(room->flags & KITH_CHAT_MUTED);
    assert_int_equal(core_set_notices(r->core, room, NOTICE_DEFAULT, &e), 0);
    assert_false(room->flags & KITH_CHAT_MUTED);
}

/* A room's pin and notices are the user's own, unless the event says that the account keeps them for all devices. */
static void test_what_the_account_keeps(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    give_room(r, KITH_CHAT_JOINED);
    struct chat *room = account_chat(r->a, ROOM);
    assert_int_equal(core_keep(r->core, room, KITH_CHAT_PINNED, 0, &e), 0);
    give_room(r, KITH_CHAT_JOINED | KITH_CHAT_MUTED | KITH_CHAT_ALERT_ALL);
    assert_int_equal(room->flags, KITH_CHAT_JOINED | KITH_CHAT_PINNED);
    assert_int_equal(room->notices, NOTICE_DEFAULT);
    give_room(r, KITH_CHAT_JOINED | KITH_CHAT_KEPT | KITH_CHAT_ALERT_MENTIONS);
    assert_int_equal(room->flags, KITH_CHAT_JOINED);
    assert_int_equal(room->notices, NOTICE_MENTIONS);
    give_room(r, KITH_CHAT_KEPT | KITH_CHAT_PINNED | KITH_CHAT_MUTED);
    assert_int_equal(room->flags, KITH_CHAT_PINNED | KITH_CHAT_MUTED);
    assert_int_equal(room->notices, NOTICE_MENTIONS); /* again when it is muted no more */
    give_room(r, KITH_CHAT_KEPT | KITH_CHAT_ALERT_ALL);
    assert_int_equal(room->notices, NOTICE_ALL);
    give_room(r, KITH_CHAT_KEPT);
    assert_int_equal(room->notices, NOTICE_DEFAULT);
}

static void test_bots_ring_like_people_or_not(void **state)
{
    struct rig *r = *state;
    give_room(r, KITH_CHAT_JOINED);
    str_set(&r->a->address, "me@example.org");
    struct kith_ev_member m = {.ev = {.size = sizeof m, .type = KITH_EV_MEMBER},
                               .chat = ROOM,
                               .nick = "robot",
                               .flags = KITH_MEMBER_QUIET | KITH_MEMBER_BOT};
    ingest_event(r->ca, &m.ev);
    give(r, room_text(ROOM "/robot", "o", "1", "me: the build is broken"));
    assert_int_equal(r->n_alerts, 1);
    assert_int_equal(config_override(r->config, "notify.bots", "false", NULL), 0);
    give(r, room_text(ROOM "/robot", "o", "2", "me: it is still broken"));
    assert_int_equal(r->n_alerts, 1);
    struct why w = {0};
    core_why_message(r->core, chat_last(account_chat(r->a, ROOM)), WHY_BELL, &w);
    assert_string_equal(w.rule, "notify.bots");
    give(r, room_text(ROOM "/ann", "p", "3", "me: I am mending it"));
    core_why_message(r->core, chat_last(account_chat(r->a, ROOM)), WHY_BELL, &w);
    assert_string_equal(w.rule, "burst"); /* of a person, and there was one just now */
}

static void test_room_life(void **state)
{
    struct rig *r = *state;
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "none", NULL), 0);
    give_room(r, KITH_CHAT_JOINED);
    struct chat *c = account_chat(r->a, ROOM);
    struct kith_ev_member m = {.ev = {.size = sizeof m, .type = KITH_EV_MEMBER},
                               .chat = ROOM,
                               .nick = "ann",
                               .flags = KITH_MEMBER_QUIET};
    ingest_event(r->ca, &m.ev);
    assert_int_equal(c->n_messages, 0);
    m.nick = "dan";
    m.flags = 0;
    ingest_event(r->ca, &m.ev);
    assert_int_equal(c->n_messages, 1);
    assert_int_equal(chat_last(c)->event, EVENT_JOIN);
    assert_true(chat_last(c)->id < 0);
    m.old_nick = "dan";
    m.nick = "daniel";
    ingest_event(r->ca, &m.ev);
    assert_string_equal(chat_last(c)->body, "dan is now daniel");
    struct kith_ev_member_gone gone = {.ev = {.size = sizeof gone, .type = KITH_EV_MEMBER_GONE},
                                       .chat = ROOM,
                                       .nick = "daniel",
                                       .how = KITH_LEAVE_KICK,
                                       .by = "ann",
                                       .text = "spam"};
    ingest_event(r->ca, &gone.ev);
    assert_string_equal(chat_last(c)->body, "daniel was removed by ann (spam)");
    assert_int_equal(c->n_members, 1);
    give(r, room_text("ann", "o", "1", "hello"));
    assert_int_equal(chat_last(c)->event, EVENT_NONE); /* behind kith's own lines */
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "smart", NULL), 0);
    size_t before = c->n_messages;
    m.old_nick = NULL;
    m.nick = "eve"; /* comes and goes, and never spoke */
    ingest_event(r->ca, &m.ev);
    gone.nick = "eve";
    gone.how = KITH_LEAVE_PART;
    gone.by = gone.text = NULL;
    ingest_event(r->ca, &gone.ev);
    assert_int_equal(c->n_messages, before);
    m.nick = "fay"; /* never spoke, either */
    ingest_event(r->ca, &m.ev);
    m.old_nick = "fay";
    m.nick = "faye";
    ingest_event(r->ca, &m.ev);
    assert_int_equal(c->n_messages, before);
    assert_non_null(chat_member(c, "faye"));
    gone.nick = "faye";
    ingest_event(r->ca, &gone.ev);
    m = (struct kith_ev_member){.ev = {.size = sizeof m, .type = KITH_EV_MEMBER}, .chat = ROOM, .nick = "me",
                                .flags = KITH_MEMBER_SELF};
    ingest_event(r->ca, &m.ev);
    m.old_nick = "me";
    m.nick = "myself"; /* always told, and known from now on */
    ingest_event(r->ca, &m.ev);
    assert_string_equal(c->nick, "myself");
    assert_string_equal(chat_last(c)->body, "me is now myself");
    m.old_nick = NULL;
    m.nick = "ann";
    m.flags = 0;
    ingest_event(r->ca, &m.ev);
    m.old_nick = "ann";
    m.nick = "anna"; /* spoke just now */
    ingest_event(r->ca, &m.ev);
    assert_string_equal(chat_last(c)->body, "ann is now anna");
    m.old_nick = "anna";
    m.nick = "ann";
    ingest_event(r->ca, &m.ev);
    before = c->n_messages;
    gone.nick = "ann"; /* spoke just now */
    ingest_event(r->ca, &gone.ev);
    assert_int_equal(c->n_messages, before + 1);
    assert_string_equal(chat_last(c)->body, "ann left");
    give_room(r, 0);
    assert_int_equal(c->n_members, 0);
}

static void come(struct rig *r, const char *nick)
{
    struct kith_ev_member m = {
        .ev = {.size = sizeof m, .type = KITH_EV_MEMBER}, .chat = ROOM, .nick = nick};
    ingest_event(r->ca, &m.ev);
}

static void leave(struct rig *r, const char *nick, const char *why)
{
    struct kith_ev_member_gone gone = {.ev = {.size = sizeof gone, .type = KITH_EV_MEMBER_GONE},
                                       .chat = ROOM,
                                       .nick = nick,
                                       .how = KITH_LEAVE_PART,
                                       .text = why};
    ingest_event(r->ca, &gone.ev);
}

/* Several who come and go in a row are one line, that changes in place. */
static void test_moves_fold(void **state)
{
    struct rig *r = *state;
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "none", NULL), 0);
    give_room(r, KITH_CHAT_JOINED);
    struct chat *c = account_chat(r->a, ROOM);
    come(r, "ann");
    assert_string_equal(chat_last(c)->body, "ann joined");
    uint32_t version = chat_last(c)->version;
    come(r, "bob");
    assert_int_equal(c->n_messages, 1);
    assert_string_equal(chat_last(c)->body, "ann, bob joined");
    assert_true(chat_last(c)->version > version);
    leave(r, "ann", "bye");
    assert_string_equal(chat_last(c)->body, "bob joined; ann came and went");
    come(r, "c");
    come(r, "d");
    come(r, "e");
    assert_string_equal(chat_last(c)->body, "bob, c, d, e joined; ann came and went");
    come(r, "f");
    assert_string_equal(chat_last(c)->body, "bob, c, d and 2 more joined; ann came and went");
    assert_int_equal(c->n_messages, 1);
    give(r, room_text("bob", "o", "1", "hello"));
    leave(r, "bob", "bye"); /* below the message: a line of its own, with the reason */
    assert_int_equal(c->n_messages, 3);
    assert_string_equal(chat_last(c)->body, "bob left (bye)");
    leave(r, "c", NULL);
    come(r, "bob");
    assert_string_equal(chat_last(c)->body, "c left; bob left and came back");
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "all", NULL), 0);
    come(r, "zoe");
    assert_string_equal(chat_last(c)->body, "c left; bob left and came back");
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "none", NULL), 0);
    assert_non_null(strstr(core_moves(c), "bob left (bye)\n"));
    assert_non_null(strstr(core_moves(c), "zoe joined\n")); /* though it was hidden */
    for (int i = 0; i < 2000; i++) {
        char nick[32];
        snprintf(nick, sizeof nick, "flood%d", i);
        come(r, nick);
    }
    assert_true(strlen(core_moves(c)) < 40000);
    assert_true(c->n_messages < 20);
}

static void note(struct rig *r, const char *about, const char *words)
{
    struct kith_ev_notice n = {.ev = {.size = sizeof n, .type = KITH_EV_NOTICE},
                               .level = KITH_INFO,
                               .chat = ROOM,
                               .text = words,
                               .about = about};
    ingest_event(r->ca, &n.ev);
}

/* What a backend tells of a room is a line of it; people's standing is hidden and folded as their coming is. */
static void test_notes_of_rooms(void **state)
{
    struct rig *r = *state;
    assert_int_equal(config_override(r->config, "ui.chat.hide_joins", "smart", NULL), 0);
    give_room(r, KITH_CHAT_JOINED);
    struct chat *c = account_chat(r->a, ROOM);
    note(r, NULL, "only invited people may join now (ann)");
    assert_int_equal(chat_last(c)->event, EVENT_INFO);
    assert_string_equal(chat_last(c)->body, "only invited people may join now (ann)");
    note(r, "bob eve", "ann gives bob and eve voice"); /* neither spoke */
    assert_int_equal(c->n_messages, 1);
    assert_non_null(strstr(core_moves(c), "ann gives bob and eve voice\n"));
    give(r, room_text("eve", "o", "1", "hello"));
    chat_last(c)->time = clock_wall_ms();
    note(r, "bob eve", "ann gives bob and eve voice");
    assert_int_equal(c->n_messages, 3);
    uint32_t version = chat_last(c)->version;
    note(r, "eve", "ann makes eve operator");
    assert_int_equal(c->n_messages, 3);
    assert_string_equal(chat_last(c)->body, "ann gives bob and eve voice; ann makes eve operator");
    assert_true(chat_last(c)->version > version);
    note(r, NULL, "ann sets the key");
    note(r, NULL, "ann removes the key");
    assert_int_equal(c->n_messages, 5);
    for (int i = 0; i < 100; i++)
        note(r, "eve", "ann takes voice from eve");
    assert_true(strlen(chat_last(c)->body) < 400 && c->n_messages < 20);
}

static void archive(struct rig *r, const char *room, bool begin)
{
    struct kith_ev_sync ev = {.ev = {.size = sizeof ev, .type = begin ? KITH_EV_SYNC_BEGIN : KITH_EV_SYNC_END},
                              .what = KITH_SYNC_ARCHIVE, .chat = room};
    ingest_event(r->ca, &ev.ev);
}

static void room_said(struct rig *r, const char *id, bool live)
{
    struct kith_ev_message ev = room_text("ann", "o", id, id);
    ev.archive_id = id;
    ev.ev.time_ms = live ? 0 : 1750000000000;
    ev.flags = live ? 0 : KITH_MSG_HISTORY | KITH_MSG_DELAYED;
    give(r, ev);
}

/* The gap of a room is not one of the account, nor the other way round: it stays when the account's archive has been
 * read, and what fills it goes before what came live. */
static void test_a_gap_of_its_own(void **state)
{
    struct rig *r = *state;
    give_room(r, KITH_CHAT_JOINED);
    struct chat *c = account_chat(r->a, ROOM);
    core_load(r->core, c);
    room_said(r, "before", true);
    archive(r, NULL, true);
    archive(r, ROOM, true);
    room_said(r, "live", true);
    archive(r, NULL, false);
    assert_int_equal(r->ca->gap, 0);
    room_said(r, "missed", false);
    room_said(r, "live", false);
    archive(r, ROOM, false);
    assert_int_equal(c->n_messages, 3);
    static const char *const order[] = {"before", "missed", "live"};
    for (size_t i = 0; i < COUNT(order); i++)
        assert_string_equal(c->messages[i]->body, order[i]);
    archive(r, ROOM, true);
    assert_int_equal(r->ca->gap, 0); /* people's chats have none */
    archive(r, "nowhere@fake", true);
    archive(r, ROOM, false);
}

/* No archive: what is here is all there is, and that is no failure. */
static void test_a_room_without_an_archive_begins_here(void **state)
{
    struct rig *r = *state;
    struct err no = {.code = KITH_EUNSUP, .text = "this is not possible here"}, late = {.code = KITH_EOFFLINE},
               broken = {.code = KITH_ENET, .text = "the line is cut"};
    give_room(r, KITH_CHAT_JOINED);
    struct chat *c = account_chat(r->a, ROOM);
    core_load(r->core, c);
    c->at_start = false;
    struct request q = {.ca = r->ca, .chat_id = c->id};
    history_fetched(r->core, &q, NULL, &late);
    assert_false(c->at_start);
    for (int i = 0; i < MODEL_WINDOW + 2 * MODEL_PAGE; i++) { /* meanwhile the window moved on: it begins where the store does */
        char id[24];
        snprintf(id, sizeof id, "flood %d", i);
        room_said(r, id, true);
    }
    rig_turn(r, 0);
    assert_false(c->at_start);
    int64_t oldest = c->messages[0]->id;
    core_attention(r->core, &q, c, true, true);
    history_fetched(r->core, &q, NULL, &no);
    assert_false(c->at_start);
    assert_true(c->at_end);
    core_attention(r->core, &q, c, true, false);
    do { /* scrolled up */
        oldest = c->messages[0]->id;
        history_fetched(r->core, &q, NULL, &no);
    } while (c->messages[0]->id < oldest);
    assert_true(c->at_start);
    c->at_start = false;
    history_fetched(r->core, &q, NULL, &no);
    assert_true(c->at_start);
    assert_int_equal(r->n_notices, 0);
    history_fetched(r->core, &q, NULL, &broken);
    assert_non_null(strstr(r->notices, "older messages could not be fetched: the line is cut"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_levels_of_chats, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_the_account_keeps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bots_ring_like_people_or_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room_life, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moves_fold, setup, teardown),
        cmocka_unit_test_setup_teardown(test_notes_of_rooms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_gap_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_room_without_an_archive_begins_here, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
