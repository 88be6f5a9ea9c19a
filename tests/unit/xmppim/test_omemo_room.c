/* unit/xmppim/test_omemo_room.c - OMEMO in a room of six people and their devices: who reads, who comes and goes, what is refused */
#include "../omemo/fixture.h"
#include "backends/xmpp/muc.h"
#include "backends/xmpp/omemo.h"
#include "fake_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOM "mask@rooms.montague.lit"
#define PUBSUB "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
#define PEP_FEATURES "<identity category='pubsub' type='pep'/><feature var='http://jabber.org/protocol/pubsub#publish-options'/>"
#define CLOSED "<feature var='muc_nonanonymous'/><feature var='muc_membersonly'/>"
#define MORE "<feature var='urn:xmpp:sid:0'/><feature var='urn:xmpp:occupant-id:0'/><feature var='urn:xmpp:mam:2'/>"
#define SENTENCE "is it the east"

enum { PEOPLE = 5, DEVICES = 2 };
enum { IN_NONE, IN_OLD, IN_NEW, IN_BOTH };

struct person {
    const char *jid, *nick, *affiliation; /* nick NULL: not there now */
    int lists[DEVICES];
    bool silent; /* their server does not answer */
    struct party device[DEVICES];
};
struct room {
    struct x *x;
    struct person p[PEOPLE];
    size_t most; /* questions about people that were open at once */
};

static void people(struct room *t)
{
    static const struct person all[PEOPLE] = {
        {.jid = "juliet@capulet.lit", .nick = "juliet", .affiliation = "owner", .lists = {IN_OLD, IN_NEW}},
        {.jid = "nurse@capulet.lit", .affiliation = "member", .lists = {IN_OLD}},
        {.jid = "mercutio@verona.lit", .nick = "mercutio", .affiliation = "admin", .lists = {IN_BOTH}},
        {.jid = "benvolio@montague.lit", .nick = "benvolio", .affiliation = "member", .lists = {IN_NEW, IN_NEW}},
        {.jid = "tybalt@capulet.lit", .nick = "tybalt", .affiliation = "member", .lists = {IN_OLD, IN_OLD}},
    };
    for (size_t i = 0; i < PEOPLE; i++) {
        t->p[i] = all[i];
        for (size_t k = 0; k < DEVICES; k++) {
            t->p[i].device[k].now = t->x->now;
            if (all[i].lists[k])
                party_open(&t->p[i].device[k], all[i].jid);
        }
    }
}

static struct person *who(struct room *t, const char *jid)
{
    for (size_t i = 0; i < PEOPLE; i++) {
        if (strcmp(t->p[i].jid, jid) == 0)
            return &t->p[i];
    }
    return NULL;
}

/* ---- what servers answer ---- */

static char *text_of(xmpp_stanza_t *st)
{
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(xmpp_stanza_to_text(st, &text, &len), XMPP_EOK);
    char *out = xstrndup(text, len);
    xmpp_free(xmpp_stanza_get_context(st), text);
    xmpp_stanza_release(st);
    return out;
}

/* An attribute in the text of a question; owned, "" when it is not there. */
static char *attribute(const char *text, const char *name)
{
    char *key = xasprintf(" %s=\"", name);
    const char *at = strstr(text, key);
    char *out = at ? xstrndup(at + strlen(key), strcspn(at + strlen(key), "\"")) : xstrdup("");
    free(key);
    return out;
}

static char *list_of(struct room *t, const struct person *p, enum omemo_version v)
{
    struct omemo_devices l = {.n = 0};
    int bit = v == OMEMO_OLD ? IN_OLD : IN_NEW;
    for (size_t k = 0; k < DEVICES; k++) {
        if (p->lists[k] & bit)
            l.v[l.n++] = (struct omemo_listed){omemo_device(p->device[k].o), NULL};
    }
    xmpp_stanza_t *item = st_new(x_ctx(t->x), "item", NULL);
    omemo_write_list(item, v, &l);
    return text_of(item);
}

static char *bundle_of(struct room *t, const struct person *p, enum omemo_version v, const char *wanted)
{
    for (size_t k = 0; k < DEVICES; k++) {
        char node[OMEMO_NODE], id[16];
        struct omemo_bundle b = {0};
        if (!p->device[k].o)
            continue;
        omemo_bundle_node(v, omemo_device(p->device[k].o), node, id);
        if (!strstr(wanted, v == OMEMO_OLD ? node : id))
            continue;
        xmpp_stanza_t *item = st_new(x_ctx(t->x), "item", NULL);
        st_set(item, "id", id);
        assert_int_equal(omemo_bundle(p->device[k].o, v, &b), 0);
        omemo_write_bundle(item, v, &b);
        omemo_bundle_clear(&b);
        return text_of(item);
    }
    return NULL;
}

/* Owned; NULL: an error. */
static char *pep_answer(struct room *t, const struct person *p, const char *text)
{
    char *node = attribute(text, "node"), *item = NULL;
    if (p && (strcmp(node, omemo_list_node(OMEMO_OLD)) == 0 || strcmp(node, omemo_list_node(OMEMO_2)) == 0))
        item = list_of(t, p, strcmp(node, omemo_list_node(OMEMO_OLD)) == 0 ? OMEMO_OLD : OMEMO_2);
    else if (p && strstr(node, "bundles"))
        item = bundle_of(t, p, strstr(node, NS_OMEMO2) ? OMEMO_2 : OMEMO_OLD, text);
    char *out = item ? xasprintf(PUBSUB "<items node='%s'>%s</items></pubsub>", node, item) : NULL;
    free(item);
    free(node);
    return out;
}

static char *members(struct room *t, const char *affiliation)
{
    struct buf b = {0};
    buf_adds(&b, "<query xmlns='http://jabber.org/protocol/muc#admin'>");
    for (size_t i = 0; i < PEOPLE; i++) {
        if (str_eq(t->p[i].affiliation, affiliation))
            buf_addf(&b, "<item affiliation='%s' jid='%s'/>", affiliation, t->p[i].jid);
    }
    if (strcmp(affiliation, "member") == 0)
        buf_adds(&b, "<item affiliation='member' jid='" ME "'/>");
    buf_adds(&b, "</query>");
    return buf_take(&b);
}

/* Answers the n-th open question as its owner would. False: they do not answer. */
static bool answer_one(struct room *t, size_t n)
{
    char *text = xstrdup(t->x->iqs[n].text), *to = attribute(text, "to"), *child = NULL;
    const struct person *p = who(t, to);
    bool set = strstr(text, "type=\"set\"") != NULL, answers = !(p && p->silent) && !strstr(text, "disco#info");
    if (strstr(text, "muc#admin")) {
        char *affiliation = attribute(text, "affiliation");
        child = members(t, affiliation);
        free(affiliation);
    } else if (!set && strstr(text, "<items")) {
        child = pep_answer(t, p, text);
    }
    bool fine = set || child;
    char *xml = xasprintf("<iq type='%s'>%s</iq>", fine ? "result" : "error",
                          child  ? child
                          : fine ? ""
                                 : "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
    if (answers)
        assert_true(fake_answer_text(t->x, n, xml));
    free(xml);
    free(child);
    free(to);
    free(text);
    return answers;
}

static size_t about_people(const struct x *x)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n_iqs; i++)
        n += strstr(x->iqs[i].text, "<items") != NULL;
    return n;
}

static void answer_all(struct room *t)
{
    for (size_t n = 0; n < t->x->n_iqs;) {
        t->most = MAX(t->most, about_people(t->x));
        if (!answer_one(t, n))
            n++;
        else
            n = 0;
    }
}

/* ---- the room ---- */

static void presence(struct room *t, const char *nick, const char *jid, const char *affiliation, const char *more)
{
    fake_feed(t->x, "<presence from='" ROOM "/%s'><x xmlns='http://jabber.org/protocol/muc#user'>"
                    "<item affiliation='%s' role='participant' jid='%s/here'/>%s</x>"
                    "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='id-%s'/></presence>",
              nick, affiliation, jid, more, nick);
}

/* Of somebody who is not there (XEP-0045 §9.3). */
static void standing(struct room *t, const char *jid, const char *affiliation)
{
    fake_feed(t->x, "<message from='" ROOM "'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='%s' jid='%s'/></x>"
                    "</message>", affiliation, jid);
}

static void enter(struct room *t, const char *features)
{
    assert_int_equal(muc_join(t->x, ROOM, "romeo", NULL, 7), 0);
    fake_result(t->x, "to=\"" ROOM "\"", "<query xmlns='http://jabber.org/protocol/disco#info'>%s" MORE "</query>", features);
    for (size_t i = 0; i < PEOPLE; i++) {
        if (t->p[i].nick)
            presence(t, t->p[i].nick, t->p[i].jid, t->p[i].affiliation, "");
    }
    presence(t, "romeo", ME, "member", "<status code='110'/>");
    fake_feed(t->x, "<message from='" ROOM "' type='groupchat'><subject/></message>");
}

static void open_account(struct room *t)
{
    fake_start(t->x);
    fake_friends(t->x);
    fake_drop(t->x, true);
    fake_bind(t->x, false);
    fake_result(t->x, "to=\"" DOMAIN "\"", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    fake_result(t->x, "disco#info\"", "<query xmlns='http://jabber.org/protocol/disco#info'>" PEP_FEATURES "</query>");
    answer_all(t); /* our own lists are empty */
    fake_timers(t->x);
    answer_all(t); /* and are published */
}

static int setup(void **state)
{
    struct room *t = xcalloc(1, sizeof *t);
    t->x = fake_open();
    fake_option(t->x, "encryption", "omemo");
    fake_restart(&t->x);
    people(t);
    open_account(t);
    enter(t, CLOSED);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct room *t = *state;
    fake_close(t->x);
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t k = 0; k < DEVICES; k++)
            party_end(&t->p[i].device[k]);
    }
    free(t);
    return 0;
}

/* ---- what is said ---- */

static int say_as(struct room *t, const char *chat, const char *id, const char *text, uint32_t flags, const char *target)
{
    const struct kith_send m = {.size = sizeof m, .chat = chat, .id = id, .body = text, .flags = flags, .target = target};
    return im_send(t->x, &m);
}

static void say(struct room *t, const char *id)
{
    assert_int_equal(say_as(t, ROOM, id, SENTENCE, 0, NULL), KITH_OK);
    answer_all(t);
}

static const char *sent_message(struct room *t)
{
    for (size_t i = t->x->sent.n; i-- > 0;) {
        if (str_starts(t->x->sent.s[i], "<message"))
            return t->x->sent.s[i];
    }
    return NULL;
}

/* What a device reads in the newest message of ours; owned, NULL: nothing is for it. */
static char *reads(struct room *t, struct party *by)
{
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), sent_message(t));
    struct omemo_sealed s;
    struct buf secret = {0}, text = {0};
    char *out = NULL;
    if (omemo_read_sealed(st, by->jid, omemo_device(by->o), &s) && s.for_us) {
        assert_int_equal(omemo_decrypt(by->o, s.version, ME, s.from, s.key.data, s.key.len, s.exchange, &secret), 0);
        memcpy(s.payload.secret, secret.data, secret.len);
        s.payload.secret_len = secret.len;
        assert_int_equal(payload_decrypt(s.version, &s.payload, &text), 0);
        if (s.version == OMEMO_2)
            assert_non_null(strstr(buf_str(&text), "<to jid=\"" ROOM "\"/>"));
        out = buf_take(&text);
    }
    omemo_sealed_clear(&s);
    buf_free(&secret);
    xmpp_stanza_release(st);
    return out;
}

/* All devices of this person, or none of them, read the newest message. */
static void expect_reader(struct room *t, const char *jid, bool can)
{
    struct person *p = who(t, jid);
    assert_non_null(sent_message(t));
    for (size_t k = 0; k < DEVICES; k++) {
        char *text = p->lists[k] ? reads(t, &p->device[k]) : NULL;
        if (p->lists[k] && can)
            assert_true(text && strstr(text, SENTENCE));
        else
            assert_null(text);
        free(text);
    }
}

static void nothing_in_the_clear(struct room *t)
{
    for (size_t i = 0; i < t->x->sent.n; i++)
        assert_null(strstr(t->x->sent.s[i], SENTENCE));
}

static void latch(struct room *t)
{
    say(t, "m1");
    assert_true(omemo_holds(t->x, ROOM));
    assert_non_null(sent_message(t));
    fake_forget(t->x);
}

/* ---- tests ---- */

/* Here or not, each by the version that its device reads; questions about hundreds of devices are not asked all at once. */
static void everybody_reads(void **state)
{
    struct room *t = *state;
    say(t, "m1");
    nothing_in_the_clear(t);
    const char *xml = sent_message(t);
    assert_non_null(xml);
    assert_non_null(strstr(xml, "type=\"groupchat\""));
    assert_non_null(strstr(xml, "id=\"m1\""));
    for (size_t i = 0; i < PEOPLE; i++)
        expect_reader(t, t->p[i].jid, true);
    assert_string_equal(fake_state(t->x, "omemo.chat." ROOM), "on");
    assert_true(fake_take_event(t->x, "the devices of the 6 people who belong to it"));
    assert_in_range(t->most, 1, 20);
    fake_forget(t->x);
    say(t, "m2"); /* all is known: nothing is asked for */
    for (size_t i = 0; i < PEOPLE; i++)
        expect_reader(t, t->p[i].jid, true);
    expect_sent(t->x, "<message");
    expect_nothing_sent(t->x);
}

/* Whoever comes can read what is said from then on, and who goes cannot. */
static void members_come_and_go(void **state)
{
    struct room *t = *state;
    struct person *nurse = who(t, "nurse@capulet.lit"), *tybalt = who(t, "tybalt@capulet.lit");
    nurse->affiliation = tybalt->affiliation = NULL;
    fake_feed(t->x, "<presence type='unavailable' from='" ROOM "/tybalt'><x xmlns='http://jabber.org/protocol/muc#user'>"
                    "<item affiliation='none' role='none' jid='tybalt@capulet.lit/here'/><status code='321'/></x></presence>");
    say(t, "m1");
    expect_reader(t, nurse->jid, false);
    expect_reader(t, tybalt->jid, false);
    expect_reader(t, "juliet@capulet.lit", true);
    standing(t, nurse->jid, "member"); /* made a member while she is not there */
    say(t, "m2");
    expect_reader(t, nurse->jid, true);
    presence(t, "tybalt", tybalt->jid, "member", "");
    say(t, "m3");
    expect_reader(t, tybalt->jid, true);
    fake_feed(t->x, "<presence type='unavailable' from='" ROOM "/tybalt'><x xmlns='http://jabber.org/protocol/muc#user'>"
                    "<item affiliation='member' role='none' jid='tybalt@capulet.lit/here'/></x></presence>");
    say(t, "m4"); /* gone for the night, and a member still */
    expect_reader(t, tybalt->jid, true);
    standing(t, tybalt->jid, "outcast");
    presence(t, "benvolio", "benvolio@montague.lit", "none", "");
    say(t, "m5");
    expect_reader(t, tybalt->jid, false);
    expect_reader(t, "benvolio@montague.lit", false);
    expect_reader(t, nurse->jid, true);
    fake_feed(t->x, "<message from='eve@capulet.lit'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' "
                    "jid='tybalt@capulet.lit'/></x></message>"); /* only the room's word counts */
    fake_feed(t->x, "<message from='" ROOM "/juliet'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' "
                    "jid='tybalt@capulet.lit'/></x></message>");
    say(t, "m6");
    expect_reader(t, tybalt->jid, false);
}

/* Who is promoted between two answers stands in neither of the lists, and belongs to it all the same. */
static void lists_and_changes_race(void **state)
{
    struct room *t = *state;
    struct person *mercutio = who(t, "mercutio@verona.lit"), *benvolio = who(t, "benvolio@montague.lit");
    assert_int_equal(say_as(t, ROOM, "m1", SENTENCE, 0, NULL), KITH_OK);
    mercutio->affiliation = "member"; /* as long as the list of admins is written */
    for (size_t i = 0; i < t->x->n_iqs; i++) {
        if (strstr(t->x->iqs[i].text, "affiliation=\"admin\"")) {
            answer_one(t, i);
            break;
        }
    }
    mercutio->affiliation = "admin"; /* and no member any more when theirs is */
    presence(t, "mercutio", mercutio->jid, "admin", "");
    benvolio->affiliation = NULL;
    presence(t, "benvolio", benvolio->jid, "none", "");
    answer_all(t);
    expect_reader(t, mercutio->jid, true);
    expect_reader(t, benvolio->jid, false);
}

/* A room that is opened: nothing goes out in the clear, and it is said why. */
static void a_room_that_is_opened(void **state)
{
    struct room *t = *state;
    latch(t);
    fake_feed(t->x, "<message from='" ROOM "' type='groupchat'><x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/></x>"
                    "</message>");
    say(t, "m2"); /* it is being asked what it is now: meanwhile for those who belong to it, as before */
    expect_reader(t, "juliet@capulet.lit", true);
    fake_result(t->x, "disco#info", "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='muc_nonanonymous'/>" MORE
                "</query>");
    assert_true(fake_take_event(t->x, "This room was encrypted, and now anybody may come in"));
    fake_forget(t->x);
    say(t, "m3");
    expect_event(t->x, "RECEIPT", "id=m3;", "members-only", "/encrypt off");
    assert_null(sent_message(t));
    nothing_in_the_clear(t);
    fake_feed(t->x, "<message from='" ROOM "' type='groupchat'><x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/></x>"
                    "</message>");
    fake_result(t->x, "disco#info", "<query xmlns='http://jabber.org/protocol/disco#info'>" CLOSED MORE "</query>");
    assert_true(fake_take_event(t->x, "closed again"));
    say(t, "m4");
    expect_reader(t, "juliet@capulet.lit", true);
    assert_int_equal(omemo_set_chat(t->x, ROOM, false), 0);
    fake_forget(t->x);
    say(t, "m5"); /* only the user can, in words */
    assert_non_null(strstr(sent_message(t), SENTENCE));
}

/* One without keys: nothing begins by itself; where the user wants it the others read it, and who cannot is named. */
static void one_without_keys(void **state)
{
    struct room *t = *state;
    struct person *nurse = who(t, "nurse@capulet.lit");
    nurse->lists[0] = IN_NONE;
    say(t, "m1");
    assert_false(omemo_holds(t->x, ROOM));
    assert_non_null(strstr(sent_message(t), SENTENCE));
    assert_int_equal(omemo_set_chat(t->x, ROOM, true), 0);
    fake_forget(t->x);
    say(t, "m2");
    nothing_in_the_clear(t);
    expect_reader(t, "juliet@capulet.lit", true);
    expect_event(t->x, "NOTICE", "nurse@capulet.lit cannot read", "!juliet");
    say(t, "m3");
    assert_false(fake_take_event(t->x, "cannot read")); /* once */
    standing(t, nurse->jid, "none");
    say(t, "m4");
    assert_true(fake_take_event(t->x, "Everybody who belongs to this room can read"));
}

/* A server that does not answer holds the room up once, and not for long. */
static void a_silent_server(void **state)
{
    struct room *t = *state;
    struct person *mercutio = who(t, "mercutio@verona.lit");
    assert_int_equal(omemo_set_chat(t->x, ROOM, true), 0);
    mercutio->silent = true;
    say(t, "m1");
    assert_null(sent_message(t));
    fake_time(t->x, t->x->now + 15000);
    fake_timers(t->x);
    answer_all(t);
    expect_reader(t, "juliet@capulet.lit", true);
    assert_true(fake_take_event(t->x, "mercutio@verona.lit cannot read"));
    fake_forget(t->x);
    say(t, "m2");
    expect_reader(t, "nurse@capulet.lit", true);
    mercutio->silent = false;
    answer_all(t);
    say(t, "m3");
    expect_reader(t, mercutio->jid, true);
}

/* A new device of a verified person holds what is said, in words that name them. */
static void a_new_device(void **state)
{
    struct room *t = *state;
    struct person *nurse = who(t, "nurse@capulet.lit");
    latch(t);
    assert_int_equal(omemo_set_trust(omemo_of(t->x)->o, nurse->jid, omemo_device(nurse->device[0].o), OMEMO_VERIFIED), 0);
    party_open(&nurse->device[1], nurse->jid);
    nurse->lists[1] = IN_OLD;
    omemo_lists_stale(t->x, nurse->jid);
    say(t, "m2");
    assert_null(sent_message(t));
    expect_event(t->x, "NOTICE", "nurse@capulet.lit has a new device", "waits until you decide");
    assert_int_equal(omemo_set_trust(omemo_of(t->x)->o, nurse->jid, omemo_device(nurse->device[1].o), OMEMO_BLIND), 0);
    omemo_push(t->x);
    answer_all(t);
    expect_reader(t, nurse->jid, true);
}

/* ---- what may not be encrypted there ---- */

static void one_person_in_it(void **state)
{
    struct room *t = *state;
    latch(t);
    assert_int_equal(say_as(t, ROOM "/juliet", "p1", SENTENCE, 0, NULL), KITH_OK);
    expect_event(t->x, "RECEIPT", "id=p1;", "Write to juliet@capulet.lit instead");
    assert_null(sent_message(t));
    assert_int_equal(muc_topic(t->x, ROOM, "the ball", 9), KITH_OK);
    assert_true(fake_take_event(t->x, "The topic is not encrypted"));
    assert_non_null(strstr(sent_message(t), "the ball"));
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), "<message to='" ROOM "' type='groupchat'><subject>a</subject>"
                                                                 "<body>b</body></message>");
    assert_false(omemo_lets_out(t->x, st));
    xmpp_stanza_release(st);
    st = xmpp_stanza_new_from_string(x_ctx(t->x), "<message to='" ROOM "/juliet' type='chat'><whatever xmlns='urn:new'/></message>");
    assert_false(omemo_lets_out(t->x, st)); /* what is not known may be words */
    xmpp_stanza_release(st);
}

static void changes_of_what_was_said(void **state)
{
    struct room *t = *state;
    const char *const set[] = {"+"};
    latch(t);
    assert_int_equal(say_as(t, ROOM, "m2", SENTENCE, KITH_SEND_EDIT, "m1"), KITH_OK);
    assert_non_null(strstr(sent_message(t), "<replace "));
    nothing_in_the_clear(t);
    expect_reader(t, "nurse@capulet.lit", true);
    assert_int_equal(change_retract(t->x, ROOM, "s1", SENTENCE, "m3"), KITH_OK);
    assert_non_null(strstr(sent_message(t), "<retract "));
    nothing_in_the_clear(t);
    fake_forget(t->x);
    assert_int_equal(change_react(t->x, ROOM, "s1", set, 1, "r1"), KITH_OK);
    expect_event(t->x, "RECEIPT", "id=r1;", "reactions"); /* some read only the old version, which would show it */
    assert_null(sent_message(t));
    static const char *const old[] = {"juliet@capulet.lit", "nurse@capulet.lit", "tybalt@capulet.lit"};
    for (size_t i = 0; i < COUNT(old); i++)
        standing(t, old[i], "none");
    assert_int_equal(change_react(t->x, ROOM, "s1", set, 1, "r2"), KITH_OK);
    assert_null(strstr(sent_message(t), "reactions"));
    char *text = reads(t, &who(t, "benvolio@montague.lit")->device[1]);
    assert_non_null(strstr(text, "urn:xmpp:reactions:0"));
    free(text);
}

/* ---- reading ---- */

static char *writes(struct room *t, struct party *by, enum omemo_version v, const char *nick, const char *text, const char *id)
{
    struct omemo_payload p;
    struct omemo_recipient r = {.jid = ME, .device = omemo_device(omemo_of(t->x)->o)};
    struct omemo_bundle b = {0};
    if (!omemo_has_session(by->o, v, ME, r.device)) {
        assert_int_equal(omemo_bundle(omemo_of(t->x)->o, v, &b), 0);
        assert_int_equal(omemo_start_session(by->o, v, ME, r.device, &b), 0);
        omemo_bundle_clear(&b);
    }
    assert_int_equal(payload_encrypt(v, text, strlen(text), &p), 0);
    assert_int_equal(omemo_encrypt(by->o, v, ME, r.device, p.secret, p.secret_len, &r.key, &r.exchange), 0);
    xmpp_stanza_t *st = st_new(x_ctx(t->x), "message", NULL);
    char *from = xasprintf(ROOM "/%s", nick), *occupant = xasprintf("id-%s", nick), *sid = xasprintf("s-%s", id);
    st_set(st, "from", from);
    st_set(st, "type", "groupchat");
    st_set(st, "id", id);
    xmpp_stanza_t *c = st_add(st, "stanza-id", NS_SID);
    st_set(c, "by", ROOM);
    st_set(c, "id", sid);
    st_set(st_add(st, "occupant-id", "urn:xmpp:occupant-id:0"), "id", occupant);
    omemo_write_sealed(st, v, omemo_device(by->o), &r, 1, &p);
    st_add_child_text(st, "body", NULL, "a body for programs that cannot read it");
    buf_free(&r.key);
    payload_clear(&p);
    free(from);
    free(occupant);
    free(sid);
    return text_of(st);
}

static char *envelope(const char *to, const char *content)
{
    return xasprintf("<envelope xmlns='urn:xmpp:sce:1'><content>%s</content><rpad>x</rpad><from jid='juliet@capulet.lit'/>%s"
                     "</envelope>", content, to);
}

static void archived(struct room *t, const char *xml, const char *id)
{
    const struct im_from how = {.source = IM_ARCHIVE, .archive_id = id, .time_ms = t->x->now};
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), xml);
    muc_archived_message(t->x, ROOM, st, &how);
    xmpp_stanza_release(st);
}

static void read_by_all_ways(void **state)
{
    struct room *t = *state;
    struct person *juliet = who(t, "juliet@capulet.lit");
    fake_forget(t->x);
    char *xml = writes(t, &juliet->device[0], OMEMO_OLD, "juliet", "by the old one", "h1");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=by the old one;", "enc=2", "chat=" ROOM ";", "name=juliet;");
    archived(t, xml, "s-h1"); /* not committed yet: the same text once more, without the ratchet */
    expect_event(t->x, "MESSAGE", "body=by the old one;", "archive=s-h1;");
    fake_committed(t->x);
    archived(t, xml, "s-h1"); /* it was read, and the engine has it: it keeps what it has */
    expect_event(t->x, "MESSAGE", "enc=4", "read before", "archive=s-h1;");
    free(xml);
    char *text = envelope("<to jid='" ROOM "'/>", "<body xmlns='jabber:client'>by the new one</body>"
                          "<replace xmlns='urn:xmpp:message-correct:0' id='h1'/>");
    xml = writes(t, &juliet->device[1], OMEMO_2, "juliet", text, "h2");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=by the new one;", "target=h1;");
    free(text);
    free(xml);
    text = envelope("<to jid='" ROOM "'/>", "<reactions xmlns='urn:xmpp:reactions:0' id='s-h1'><reaction>+</reaction></reactions>");
    xml = writes(t, &juliet->device[1], OMEMO_2, "juliet", text, "h3");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "target=s-h1;", "+");
    free(text);
    free(xml);
}

/* Whoever takes a message of hers and says it is his, or takes it from elsewhere, is not believed. */
static void forged(void **state)
{
    struct room *t = *state;
    struct person *juliet = who(t, "juliet@capulet.lit");
    latch(t);
    char *xml = writes(t, &juliet->device[0], OMEMO_OLD, "juliet", "I love thee", "h1");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=I love thee;");
    free(xml);
    xml = writes(t, &juliet->device[0], OMEMO_OLD, "mercutio", "I love thee not", "h2");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "name=mercutio;", "enc=4", "!love");
    free(xml);
    static const char *const elsewhere[] = {"", "<to jid='other@rooms.montague.lit'/>", "<to jid='" ME "'/>"};
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        char *text = envelope(elsewhere[i], "<body xmlns='jabber:client'>from elsewhere</body>");
        xml = writes(t, &juliet->device[1], OMEMO_2, "juliet", text, "h3");
        assert_true(fake_feed_text(t->x, xml));
        expect_event(t->x, "MESSAGE", "enc=4", "for another chat", "!from elsewhere");
        free(text);
        free(xml);
    }
}

/* In the past a nick proves nothing: the room's word counts, and where it says nothing the device does. */
static void who_wrote_it_in_the_past(void **state)
{
    struct room *t = *state;
    struct person *nurse = who(t, "nurse@capulet.lit"), *juliet = who(t, "juliet@capulet.lit");
    latch(t);
    char *xml = writes(t, &nurse->device[0], OMEMO_OLD, "angelica", "my lady", "h1"), *end = strstr(xml, "</message>");
    char *with = xasprintf("%.*s<x xmlns='http://jabber.org/protocol/muc#user'><item jid='nurse@capulet.lit/k'/></x></message>",
                           (int)(end - xml), xml);
    archived(t, with, "s1");
    expect_event(t->x, "MESSAGE", "body=my lady;", "name=angelica;");
    free(with);
    free(xml);
    xml = writes(t, &nurse->device[0], OMEMO_OLD, "angelica", "your husband", "h2");
    archived(t, xml, "s2"); /* known by the number of the device, and by its key */
    expect_event(t->x, "MESSAGE", "body=your husband;");
    free(xml);
    xml = writes(t, &juliet->device[0], OMEMO_OLD, "nurse", "two of them", "h3"), end = strstr(xml, "</message>");
    with = xasprintf("%.*s<x xmlns='http://jabber.org/protocol/muc#user'><item jid='tybalt@capulet.lit'/></x>"
                     "<x xmlns='http://jabber.org/protocol/muc#user'><item jid='nurse@capulet.lit'/></x></message>",
                     (int)(end - xml), xml);
    archived(t, with, "s3"); /* somebody has written a second one into it: neither is believed */
    expect_event(t->x, "MESSAGE", "body=two of them;");
    free(with);
    free(xml);
    struct party stranger = {.now = t->x->now};
    party_open(&stranger, "eve@capulet.lit");
    xml = writes(t, &stranger, OMEMO_OLD, "eve", "whoever", "h4");
    archived(t, xml, "s4");
    expect_event(t->x, "MESSAGE", "enc=4", "does not say who wrote it");
    free(xml);
    party_end(&stranger);
}

/* What comes back is known by its id: no copy is for us. */
static void our_own_words_come_back(void **state)
{
    struct room *t = *state;
    say(t, "m1");
    char *xml = xstrdup(sent_message(t)), *end = strstr(xml, "</message>");
    char *back = xasprintf("<message from='" ROOM "/romeo' type='groupchat' id='m1'>%.*s<stanza-id xmlns='urn:xmpp:sid:0' by='" ROOM
                           "' id='s1'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='id-romeo'/></message>",
                           (int)(end - strchr(xml, '>') - 1), strchr(xml, '>') + 1);
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, back));
    expect_event(t->x, "RECEIPT", "id=m1;", "archive=s1;");
    expect_no_event(t->x);
    archived(t, back, "s1"); /* and by the archive: the engine has the text under this id */
    expect_event(t->x, "MESSAGE", "enc=4", "archive=s1;", "this device wrote it");
    free(back);
    free(xml);
}

/* Who comes in may bring a device that is new to us, or the first one. */
static void they_come_with_a_new_device(void **state)
{
    struct room *t = *state;
    struct person *nurse = who(t, "nurse@capulet.lit");
    nurse->lists[0] = IN_NONE;
    assert_int_equal(omemo_set_chat(t->x, ROOM, true), 0);
    say(t, "m1");
    expect_reader(t, nurse->jid, false);
    nurse->lists[0] = IN_OLD;
    say(t, "m2");
    fake_forget(t->x);
    presence(t, "nurse", nurse->jid, "member", "");
    say(t, "m3");
    expect_reader(t, nurse->jid, true);
    expect_sent(t->x, "to=\"nurse@capulet.lit\"");
    fake_forget(t->x);
    presence(t, "nurse", nurse->jid, "member", ""); /* she was there already */
    say(t, "m4");
    expect_sent(t->x, "<message");
    expect_nothing_sent(t->x);
    nurse->lists[0] = IN_BOTH; /* half an hour later it is looked at again, while nobody waits */
    fake_time(t->x, t->x->now + 31 * 60 * 1000);
    say(t, "m5");
    say(t, "m6");
    struct omemo_known d;
    assert_true(omemo_known_one(omemo_of(t->x)->o, nurse->jid, omemo_device(nurse->device[0].o), &d));
    assert_int_equal(d.lists, OMEMO_IN_OLD | OMEMO_IN_2);
}

/* A device of which we did not know: its owner's list is read again before the next message. */
static void an_unknown_device_writes(void **state)
{
    struct room *t = *state;
    struct person *nurse = who(t, "nurse@capulet.lit");
    nurse->nick = "nurse";
    presence(t, "nurse", nurse->jid, "member", "");
    latch(t);
    party_open(&nurse->device[1], nurse->jid);
    nurse->lists[1] = IN_NEW;
    char *text = xstrdup("<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>a new one</body></content>"
                         "<rpad>x</rpad><from jid='nurse@capulet.lit'/><to jid='" ROOM "'/></envelope>");
    char *xml = writes(t, &nurse->device[1], OMEMO_2, "nurse", text, "h1");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=a new one;");
    free(text);
    free(xml);
    say(t, "m2");
    expect_reader(t, nurse->jid, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everybody_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(members_come_and_go, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_and_changes_race, setup, teardown),
        cmocka_unit_test_setup_teardown(a_room_that_is_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(one_without_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_server, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_device, setup, teardown),
        cmocka_unit_test_setup_teardown(one_person_in_it, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_of_what_was_said, setup, teardown),
        cmocka_unit_test_setup_teardown(read_by_all_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(forged, setup, teardown),
        cmocka_unit_test_setup_teardown(who_wrote_it_in_the_past, setup, teardown),
        cmocka_unit_test_setup_teardown(our_own_words_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(they_come_with_a_new_device, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_device_writes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
