/* unit/xmppim/test_omemo_leaks.c - each thing that can be sent, and an encrypted chat: no word of it is on the wire
 *
 * One row for each operation of a backend, checked against the structs of kith/plugin.h: an operation without a row fails. What a
 * row says must be seen on the wire where the chat is open (else it tests nothing), and not where it is encrypted. */
#include "hall.h"
#include "played.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/xmpp/files.h"
#include "backends/xmpp/upload.h"

#define WORD "zanzibar"
#define SIGN "\U0001F99C"
#define PUBLIC "coven@chat.shakespeare.lit"
#define NURSE "nurse@capulet.lit"
#define STRANGER "tybalt@capulet.lit"
#define MUC_USER "<x xmlns='http://jabber.org/protocol/muc#user'>"

/* ---- what is sent ---- */

static void send_with(struct x *x, const char *chat, struct kith_send m)
{
    m.size = sizeof m;
    m.chat = chat;
    if (!m.body)
        m.body = "a " WORD;
    assert_int_equal(im_send(x, &m), KITH_OK);
}

static void text(struct x *x, const char *chat)
{
    send_with(x, chat, (struct kith_send){.id = "t1"});
}

static void text_again(struct x *x, const char *chat)
{
    send_with(x, chat, (struct kith_send){.id = "t2", .flags = KITH_SEND_RETRY, .written_ms = 1});
}

static void action(struct x *x, const char *chat)
{
    send_with(x, chat, (struct kith_send){.id = "t3", .flags = KITH_SEND_ACTION});
}

static void edit(struct x *x, const char *chat)
{
    send_with(x, chat, (struct kith_send){.id = "t4", .flags = KITH_SEND_EDIT, .target = "t1"});
}

static void answer(struct x *x, const char *chat)
{
    send_with(x, chat, (struct kith_send){.id = "t5", .body = "yes", .reply_to = "h1", .reply_sender = JULIET, .reply_body = "to " WORD "?"});
}

static void styled(struct x *x, const char *chat)
{
    const struct kith_span spans[] = {{.size = sizeof spans[0], .style = KITH_STYLE_BOLD, .len = 1}};
    send_with(x, chat, (struct kith_send){.id = "t6", .spans = spans, .n_spans = 1});
}

static void spoiler(struct x *x, const char *chat)
{
    const struct kith_span spans[] = {{.size = sizeof spans[0], .style = KITH_STYLE_SPOILER, .start = sizeof WORD ": " - 1, .len = 4}};
    send_with(x, chat, (struct kith_send){.id = "t7", .body = WORD ": they", .spans = spans, .n_spans = 1});
}

static void file_link(struct x *x, const char *chat)
{
    struct kith_attachment a = {.size = sizeof a, .id = "upload:=:4:https://files.montague.lit/get/" WORD ".txt", .name = WORD ".txt",
                                .url = "https://files.montague.lit/get/" WORD ".txt", .bytes = 4};
    send_with(x, chat, (struct kith_send){.id = "t8", .flags = KITH_SEND_FILE, .attachments = &a, .n_attachments = 1});
}

static void aside(struct x *x, const char *chat UNUSED)
{
    send_with(x, ROOM "/juliet", (struct kith_send){.id = "t9"});
}

static void live(struct x *x, const char *chat)
{
    assert_int_equal(im_typing(x, chat, KITH_TYPING_ACTIVE, WORD), KITH_OK);
    fake_timers(x);
}

static void live_full(struct x *x, const char *chat UNUSED)
{
    assert_int_equal(im_typing(x, "Juliet@CAPULET.lit/balcony", KITH_TYPING_ACTIVE, "say " WORD WORD), KITH_OK);
    fake_timers(x);
}

static void reaction(struct x *x, const char *chat)
{
    const char *const set[] = {SIGN};
    assert_int_equal(change_react(x, chat, "h1", set, 1, "r1"), KITH_OK);
}

static void withdrawal(struct x *x, const char *chat)
{
    assert_int_equal(change_retract(x, chat, "t1", WORD, "r2"), KITH_OK);
}

static void offer(struct x *x, const char *chat)
{
    char path[] = "/tmp/kith-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, "data", 4), 4);
    lseek(fd, 0, SEEK_SET);
    assert_true(files_offer(x, chat, fd, WORD ".txt", NULL, 4, "f1", 11) >= 0);
    if (fake_asking(x, "disco#items"))
        fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='files.montague.lit'/></query>");
    if (fake_asking(x, "to=\"montague.lit\""))
        fake_result(x, "to=\"montague.lit\"", "<query xmlns='http://jabber.org/protocol/disco#info'></query>");
    if (fake_asking(x, "to=\"files.montague.lit\""))
        fake_result(x, "to=\"files.montague.lit\"",
                    "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='store' type='file'/>"
                    "<feature var='urn:xmpp:http:upload:0'/></query>");
    fake_error(x, "urn:xmpp:http:upload:0", "not-allowed");
}

static void ask_to_see(struct x *x, const char *chat UNUSED)
{
    assert_int_equal(roster_add(x, STRANGER, NULL, NULL, 0, "it is me, " WORD, 12), KITH_OK);
}

static void invite_directly(struct x *x, const char *chat)
{
    assert_int_equal(invite_send(x, PUBLIC, chat, "come to " WORD, 13), KITH_OK);
}

static void invite_to_hall(struct x *x, const char *chat UNUSED)
{
    assert_int_equal(invite_send(x, ROOM, JULIET, "come to " WORD, 13), KITH_OK);
}

static void search(struct x *x, const char *chat)
{
    const struct kith_history_fetch f = {.size = sizeof f, .chat = chat, .text = WORD, .max = 10};
    assert_int_equal(history_fetch(x, &f, 14), KITH_EUNSUP);
}

static void kick(struct x *x, const char *chat)
{
    assert_int_equal(admin_remove(x, chat, "tybalt", KITH_LEAVE_KICK, WORD, 15), KITH_OK);
}

static void ban(struct x *x, const char *chat)
{
    assert_int_equal(admin_remove(x, chat, "tybalt", KITH_LEAVE_BAN, WORD, 15), KITH_OK);
}

static void role(struct x *x, const char *chat)
{
    assert_int_equal(admin_role(x, chat, "tybalt", KITH_ROLE_VOICE, WORD, 15), KITH_OK);
}

static void moderation(struct x *x, const char *chat)
{
    assert_int_equal(moderate(x, muc_find(x, chat), "tybalt", 1, WORD, 15), KITH_OK);
    expect_sent(x, "urn:xmpp:message-moderate:1");
}

static void destroy(struct x *x, const char *chat)
{
    assert_int_equal(config_destroy(x, chat, "other@rooms.montague.lit we go to " WORD, 15), KITH_OK);
}

static void topic(struct x *x, const char *chat)
{
    assert_int_equal(muc_topic(x, chat, "about " WORD, 15), KITH_OK);
}

static void leave(struct x *x, const char *chat)
{
    assert_int_equal(muc_leave(x, chat, "off to " WORD, 15), KITH_OK);
}

/* ---- the table ---- */

enum where { DIRECT = 1, IN_ROOM = 2 };
enum {
    QUIET = 1,    /* nobody needs to be told that nothing was sent */
    TOLD_OPEN = 2, /* it goes in the clear, and the user is told so each time */
    NEVER = 4     /* nor is it sent where the chat is open */
};
struct way_out {
    const char *group, *op;
    size_t at; /* of the operation in its struct */
    void (*run)(struct x *x, const char *chat);
    unsigned where, how;
    const char *why; /* run NULL: why nothing of a chat is in it */
};
#define SAYS(g, o, r, w, h) {.group = #g, .op = #o, .at = offsetof(struct kith_##g##_ops, o), .run = (r), .where = (w), .how = (h)}
#define SILENT(g, o, y) {.group = #g, .op = #o, .at = offsetof(struct kith_##g##_ops, o), .why = (y)}

static const struct way_out rows[] = {
    SILENT(core, open, "no I/O"),
    SILENT(core, close, "no I/O"),
    SILENT(core, connect, "the login"),
    SILENT(core, disconnect, "a farewell to all who see our presence, not to a chat"),
    SAYS(core, send, text, DIRECT | IN_ROOM, 0),
    SAYS(core, send, text_again, DIRECT, 0),
    SAYS(core, send, action, DIRECT | IN_ROOM, 0),
    SAYS(core, send, edit, DIRECT | IN_ROOM, 0),
    SAYS(core, send, answer, DIRECT | IN_ROOM, 0),
    SAYS(core, send, styled, DIRECT | IN_ROOM, 0),
    SAYS(core, send, spoiler, DIRECT, 0),
    SAYS(core, send, file_link, DIRECT | IN_ROOM, 0),
    SAYS(core, send, aside, IN_ROOM, 0),
    SILENT(core, presence, "said to all who see our presence, not to a chat"),
    SAYS(core, typing, live, DIRECT, QUIET),
    SAYS(core, typing, live_full, DIRECT, QUIET),
    SILENT(core, mark_read, "ids"),
    SILENT(core, answer, "answers of each question: see there"),
    SILENT(core, normalize, "no I/O"),
    SILENT(core, committed, "numbers"),
    SILENT(core, wake, "no I/O"),
    SILENT(core, unsend, "not of XMPP"),
    SILENT(core, watched, "one bit, to our server"),
    SAYS(roster, add, ask_to_see, DIRECT, 0),
    SILENT(roster, update, "names and groups, to our server"),
    SILENT(roster, remove, "an address"),
    SILENT(roster, authorize, "an address"),
    SILENT(room, join, "a nick, and the room's password"),
    SAYS(room, invite, invite_directly, DIRECT, 0),
    SAYS(room, invite, invite_to_hall, IN_ROOM, 0),
    SAYS(room, remove, kick, IN_ROOM, 0),
    SAYS(room, remove, ban, IN_ROOM, 0),
    SAYS(room, role, role, IN_ROOM, 0),
    SAYS(room, topic, topic, IN_ROOM, TOLD_OPEN),
    SILENT(room, nick, "a nick"),
    SILENT(room, list, "words that a service is searched for"),
    SILENT(room, affiliated, "a question"),
    SILENT(room, form, "settings of a room, which its service has to read"),
    SILENT(room, keep, "the account's bookmarks"),
    SAYS(change, retract, withdrawal, DIRECT | IN_ROOM, 0),
    SAYS(change, retract, moderation, IN_ROOM, 0),
    SAYS(change, react, reaction, DIRECT | IN_ROOM, 0),
    SAYS(history, fetch, search, DIRECT, NEVER | QUIET),
    SAYS(file, offer, offer, DIRECT | IN_ROOM, 0),
    SILENT(file, accept, "a fetch"),
    SILENT(file, decline, "ids"),
    SILENT(file, cancel, "ids"),
    SILENT(blocking, block, "an address"),
    SILENT(blocking, unblock, "an address"),
    SILENT(blocking, report, "words to those who run our server, whom they are for"),
    SILENT(directory, info, "a question"),
    SILENT(directory, form, "a question"),
    SILENT(directory, search, "words that a directory is searched for"),
    SILENT(avatar, find, "a question"),
    SILENT(avatar, fetch, "an id"),
    SILENT(avatar, set, "a picture that all may see"),
    SILENT(encryption, forecast, "questions about keys"),
    SILENT(encryption, encrypt, "no I/O but questions about keys"),
    SILENT(encryption, trust, "no I/O"),
    SILENT(encryption, export_keys, "a file of ours"),
    SILENT(encryption, import_keys, "a file of ours"),
    SILENT(encryption, new_devices, "no I/O"),
    SILENT(encryption, remove_device, "our lists of devices, without one of them"),
    SILENT(encryption, reset_keys, "public keys of ours"),
    SILENT(encryption, look, "questions about lists of devices"),
    SAYS(room, destroy, destroy, IN_ROOM, 0), /* at the end: what ends the room */
    SAYS(room, leave, leave, IN_ROOM, 0),
};

static const struct {
    const char *group;
    size_t first, size;
} groups[] = {
#define GROUP(g, o) {#g, offsetof(struct kith_##g##_ops, o), sizeof(struct kith_##g##_ops)}
    GROUP(core, open),      GROUP(roster, add),    GROUP(room, join),   GROUP(history, fetch),       GROUP(change, retract),
    GROUP(file, offer),     GROUP(blocking, block), GROUP(directory, info), GROUP(avatar, find), GROUP(encryption, forecast),
};

static bool has_row(const char *group, size_t at)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].group, group) == 0 && rows[i].at == at)
            return true;
    }
    return false;
}

static void the_table_is_whole(void **state UNUSED)
{
    size_t pointers = 0, step = sizeof(int (*)(void));
    for (size_t i = 0; i < COUNT(groups); i++) {
        for (size_t at = groups[i].first; at < groups[i].size; at += step) {
            if (!has_row(groups[i].group, at))
                fail_msg("the operation at %zu of struct kith_%s_ops has no row", at, groups[i].group);
        }
    }
    /* A group that is new stands at the end of struct kith_protocol. */
    pointers = (offsetof(struct kith_protocol, directory) - offsetof(struct kith_protocol, core)) / sizeof(void *) + 1;
    assert_int_equal(offsetof(struct kith_protocol, encryption) + sizeof(void *), sizeof(struct kith_protocol));
    assert_int_equal(pointers + 2, COUNT(groups)); /* avatars and encryption came later */
}

/* ---- running it ---- */

static const char *said(const struct x *x)
{
    for (size_t i = 0; i < x->sent.n; i++) {
        if (strstr(x->sent.s[i], WORD) || strstr(x->sent.s[i], SIGN))
            return x->sent.s[i];
    }
    return NULL;
}

/* It left encrypted, or the user is told why it did not. */
static bool was_told(const struct x *x)
{
    static const char *const words[] = {"delivery=5", "left out", "not encrypted", "err="};
    for (size_t i = 0; i < x->sent.n; i++) {
        if (strstr(x->sent.s[i], "<encrypted"))
            return true;
    }
    for (size_t i = 0; i < x->events.n; i++) {
        for (size_t k = 0; k < COUNT(words); k++) {
            if (strstr(x->events.s[i], words[k]))
                return true;
        }
    }
    return false;
}

static void run_row(struct x *x, const struct way_out *r, const char *chat, bool encrypted, void (*settle)(void *), void *user)
{
    fake_forget(x);
    r->run(x, chat);
    if (settle)
        settle(user);
    const char *open = said(x);
    bool may = !encrypted || (r->how & TOLD_OPEN);
    if (may && !open && !(r->how & NEVER))
        fail_msg("%s.%s says nothing in an open chat: the row tests nothing", r->group, r->op);
    if (!may && open)
        fail_msg("%s.%s is seen: %s", r->group, r->op, open);
    if (encrypted && !(r->how & QUIET) && !was_told(x))
        fail_msg("%s.%s: nothing left, and nobody was told", r->group, r->op);
    if (x->stopped)
        fail_msg("%s.%s came as far as the gate", r->group, r->op);
}

static void run_all(struct x *x, enum where where, const char *chat, bool encrypted, void (*settle)(void *), void *user)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].run && (rows[i].where & where))
            run_row(x, &rows[i], chat, encrypted, settle, user);
    }
}

/* ---- with one person ---- */

static void come_in(struct x *x, const char *room, const char *nick, const char *secret)
{
    assert_int_equal(muc_join(x, room, nick, secret, 7), 0);
    fake_result(x, "disco#info", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    fake_feed(x, "<presence from='%s/%s' to='" ME_FULL "'>" MUC_USER "<item affiliation='none' role='participant'/>"
                 "<status code='110'/></x></presence>", room, nick);
    fake_feed(x, "<message from='%s' to='" ME_FULL "' type='groupchat'><subject/></message>", room);
}

static void person(struct both *t, enum omemo_version v, bool encrypted)
{
    fake_option(t->x, "live", "chats");
    first_message(t, v);
    come_in(t->x, PUBLIC, "thirdwitch", WORD); /* its password must not leave either */
    fake_feed(t->x, "<message from='" JULIET "/balcony' to='" ME_FULL "' type='chat'><rtt xmlns='urn:xmpp:rtt:0' event='init'/></message>");
    assert_int_equal(omemo_set_chat(t->x, JULIET, encrypted), 0);
    assert_int_equal(omemo_set_chat(t->x, STRANGER, encrypted), 0);
    run_all(t->x, DIRECT, JULIET, encrypted, NULL, NULL);
}

static void nothing_by_the_new_version(void **state)
{
    person(*state, OMEMO_2, true);
}

static void nothing_by_the_old_version(void **state)
{
    person(*state, OMEMO_OLD, true);
}

static void all_of_it_in_an_open_chat(void **state)
{
    person(*state, OMEMO_2, false);
}

/* ---- in a room ---- */

static void settle_hall(void *user)
{
    hall_answer_all(user);
}

static void own_it(struct room *t)
{
    fake_feed(t->x, "<message from='" ROOM "' type='groupchat'>" MUC_USER "<status code='104'/></x></message>");
    fake_result(t->x, "to=\"" ROOM "\"", "<query xmlns='http://jabber.org/protocol/disco#info'>" CLOSED MORE
                                         "<feature var='urn:xmpp:message-moderate:1'/></query>");
    fake_feed(t->x, "<presence from='" ROOM "/romeo'>" MUC_USER "<item affiliation='owner' role='moderator' jid='" ME "/here'/>"
                    "<status code='110'/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='id-romeo'/></presence>");
    fake_feed(t->x, "<message from='" ROOM "/tybalt' type='groupchat' id='h9'><body>villain</body>"
                    "<stanza-id xmlns='urn:xmpp:sid:0' by='" ROOM "' id='s9'/>"
                    "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='id-tybalt'/></message>");
}

static void hall(struct room *t, bool encrypted)
{
    hall_latch(t);
    own_it(t);
    assert_int_equal(omemo_set_chat(t->x, ROOM, encrypted), 0);
    run_all(t->x, IN_ROOM, ROOM, encrypted, settle_hall, t);
}

static void nothing_of_a_room(void **state)
{
    hall(*state, true);
}

static void all_of_it_in_an_open_room(void **state)
{
    hall(*state, false);
}

/* The room is open, and it would come to somebody with whom there is an encrypted chat. */
static void nothing_by_way_of_a_room(void **state)
{
    struct room *t = *state;
    assert_int_equal(omemo_set_chat(t->x, ROOM, false), 0);
    assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
    fake_forget(t->x);
    invite_to_hall(t->x, ROOM);
    assert_null(said(t->x));
    expect_event(t->x, "NOTICE", "left out");
    expect_sent(t->x, "<invite to=\"" JULIET "\"", "to=\"" ROOM "\"");
    assert_int_equal(t->x->stopped, 0);
}

/* ---- the gate, for what none of these knows ---- */

static void the_gate(void **state)
{
    static const struct {
        const char *xml;
        bool passes;
    } cases[] = {
        {"<message to='" JULIET "'><body>x</body></message>", false},
        {"<message to='" JULIET "/phone' type='headline'><body>x</body></message>", false},
        {"<message to='JULIET@Capulet.LIT' type='normal'><subject>x</subject></message>", false},
        {"<message to='" JULIET "' type='error'><body>x</body></message>", false},
        {"<message to='" JULIET "' type='error' id='1'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>", true},
        {"<message to='" JULIET "'><nick xmlns='http://jabber.org/protocol/nick'>x</nick></message>", false},
        {"<message to='" JULIET "'><x xmlns='jabber:x:conference' jid='r@b' reason='x'/></message>", false},
        {"<message to='" JULIET "'><x xmlns='jabber:x:conference' jid='r@b' password='x'/></message>", false},
        {"<message to='" JULIET "'><x xmlns='jabber:x:conference' jid='r@b'/></message>", true},
        {"<message to='r@b'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='" JULIET "'><reason>x</reason></invite></x></message>", false},
        {"<message to='r@b'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='" NURSE "'><reason>x</reason></invite></x></message>", true},
        {"<message to='r@b'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='" JULIET "'><continue thread='1'/></invite></x></message>", true},
        {"<message to='" JULIET "'><propose xmlns='urn:xmpp:jingle-message:0' id='1'><description xmlns='urn:xmpp:jingle:apps:file-transfer:5'>"
         "<file><name>x</name></file></description></propose></message>", false},
        {"<message to='" JULIET "'><reject xmlns='urn:xmpp:jingle-message:0' id='1'><reason xmlns='urn:xmpp:jingle:1'><busy/></reason></reject></message>", true},
        {"<message to='" JULIET "'><reject xmlns='urn:xmpp:jingle-message:0' id='1'><reason xmlns='urn:xmpp:jingle:1'><busy/><text>x</text></reason></reject></message>", false},
        {"<message to='" JULIET "'><attention xmlns='urn:xmpp:attention:0'/></message>", true},
        {"<message to='" JULIET "'><attention xmlns='urn:xmpp:attention:0'>x</attention></message>", false},
        {"<message to='" JULIET "'><received xmlns='urn:xmpp:receipts' id='1'/></message>", true},
        {"<message to='" JULIET "'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>", true},
        {"<message to='" JULIET "'><composing xmlns='http://jabber.org/protocol/chatstates' what='x'/></message>", false},
        {"<message to='" JULIET "'><retract xmlns='urn:xmpp:message-retract:1' id='1'><reason>x</reason></retract></message>", false},
        {"<message to='" JULIET "'><encryption xmlns='urn:xmpp:eme:0' namespace='urn:xmpp:omemo:2' name='OMEMO'/></message>", true},
        {"<message to='" JULIET "'><encryption xmlns='urn:xmpp:eme:0' name='x'/></message>", false},
        {"<message to='" JULIET "'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>x</body></message></forwarded></message>", false},
        {"<message to='" JULIET "'><rtt xmlns='urn:xmpp:rtt:0' seq='1'><t>x</t></rtt></message>", false},
        {"<message to='" JULIET "'><x xmlns='jabber:x:data' type='submit'><field var='a'><value>x</value></field></x></message>", false},
        {"<message to='" JULIET "'><reference xmlns='urn:xmpp:reference:0' type='data' uri='https://x/'/></message>", false},
        {"<message to='" JULIET "'><file-sharing xmlns='urn:xmpp:sfs:0'/></message>", false},
        {"<message to='" JULIET "'><html xmlns='http://jabber.org/protocol/xhtml-im'/></message>", false},
        {"<presence to='" JULIET "' type='subscribe'><status>x</status></presence>", false},
        {"<presence to='" JULIET "' type='subscribe'/>", true},
        {"<presence to='" JULIET "' type='unavailable'><status>x</status></presence>", false},
        {"<presence to='" JULIET "'><show>away</show><status>x</status></presence>", true},
        {"<presence><status>x</status></presence>", true},
        {"<iq to='" JULIET "' type='set'><query xmlns='http://jabber.org/protocol/muc#admin'><item nick='a'><reason>x</reason></item></query></iq>", false},
        {"<iq to='" JULIET "/b' type='set'><jingle xmlns='urn:xmpp:jingle:1' action='session-terminate'><reason><decline/></reason></jingle></iq>", true},
        {"<iq to='" JULIET "' type='get'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>", true},
        {"<message to='" NURSE "'><body>x</body></message>", true},
        {"<message to='" JULIET ".example.org'><body>x</body></message>", true},
    };
    struct both *t = *state;
    assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), cases[i].xml);
        assert_non_null(st);
        if (omemo_lets_out(t->x, st) != cases[i].passes)
            fail_msg("%s: %s", cases[i].passes ? "held back" : "let out", cases[i].xml);
        xmpp_stanza_release(st);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_whole),
        cmocka_unit_test_setup_teardown(nothing_by_the_new_version, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_by_the_old_version, setup, teardown),
        cmocka_unit_test_setup_teardown(all_of_it_in_an_open_chat, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_of_a_room, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(all_of_it_in_an_open_room, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(nothing_by_way_of_a_room, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(the_gate, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
