/* unit/xmppim/hall.c - a closed room of six people and their devices, played beside a session without a network */
#include "hall.h"

#include <stdio.h>
#include <stdlib.h>

#define PUBSUB "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
#define PEP_FEATURES "<identity category='pubsub' type='pep'/><feature var='http://jabber.org/protocol/pubsub#publish-options'/>"

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

struct person *hall_who(struct room *t, const char *jid)
{
    for (size_t i = 0; i < PEOPLE; i++) {
        if (strcmp(t->p[i].jid, jid) == 0)
            return &t->p[i];
    }
    return NULL;
}

/* ---- what servers answer ---- */

char *hall_text(xmpp_stanza_t *st)
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
    return hall_text(item);
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
        return hall_text(item);
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
    for (size_t i = 0; strcmp(affiliation, "member") == 0 && i < t->guests; i++)
        buf_addf(&b, "<item affiliation='member' jid='guest%zu@guests.lit'/>", i);
    if (strcmp(affiliation, "member") == 0)
        buf_adds(&b, "<item affiliation='member' jid='" ME "'/>");
    buf_adds(&b, "</query>");
    return buf_take(&b);
}

/* Answers the n-th open question as its owner would. False: they do not answer. */
bool hall_answer_one(struct room *t, size_t n)
{
    char *text = xstrdup(t->x->iqs[n].text), *to = attribute(text, "to"), *child = NULL;
    const struct person *p = hall_who(t, to);
    bool set = strstr(text, "type=\"set\"") != NULL, answers = !(p && p->silent) && !strstr(text, "disco#info");
    answers = answers && (t->guests_answer || !strstr(to, "@guests.lit"));
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

void hall_answer_all(struct room *t)
{
    for (size_t n = 0; n < t->x->n_iqs;) {
        t->most = MAX(t->most, about_people(t->x));
        if (!hall_answer_one(t, n))
            n++;
        else
            n = 0;
    }
}

/* ---- the room ---- */

void hall_presence(struct room *t, const char *nick, const char *jid, const char *affiliation, const char *more)
{
    fake_feed(t->x, "<presence from='" ROOM "/%s'><x xmlns='http://jabber.org/protocol/muc#user'>"
                    "<item affiliation='%s' role='participant' jid='%s/here'/>%s</x>"
                    "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='id-%s'/></presence>",
              nick, affiliation, jid, more, nick);
}

/* Of somebody who is not there (XEP-0045 §9.3). */
void hall_standing(struct room *t, const char *jid, const char *affiliation)
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
            hall_presence(t, t->p[i].nick, t->p[i].jid, t->p[i].affiliation, "");
    }
    hall_presence(t, "romeo", ME, "member", "<status code='110'/>");
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
    hall_answer_all(t); /* our own lists are empty */
    fake_timers(t->x);
    hall_answer_all(t); /* and are published */
}

int hall_setup(void **state)
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

int hall_teardown(void **state)
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

int hall_say_as(struct room *t, const char *chat, const char *id, const char *text, uint32_t flags, const char *target)
{
    const struct kith_send m = {.size = sizeof m, .chat = chat, .id = id, .body = text, .flags = flags, .target = target};
    return im_send(t->x, &m);
}

void hall_say(struct room *t, const char *id)
{
    assert_int_equal(hall_say_as(t, ROOM, id, SENTENCE, 0, NULL), KITH_OK);
    hall_answer_all(t);
}

const char *hall_sent(struct room *t)
{
    for (size_t i = t->x->sent.n; i-- > 0;) {
        if (str_starts(t->x->sent.s[i], "<message"))
            return t->x->sent.s[i];
    }
    return NULL;
}

/* What a device reads in the newest message of ours; owned, NULL: nothing is for it. */
char *hall_reads(struct room *t, struct party *by)
{
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), hall_sent(t));
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
void hall_expect(struct room *t, const char *jid, bool can)
{
    struct person *p = hall_who(t, jid);
    assert_non_null(hall_sent(t));
    for (size_t k = 0; k < DEVICES; k++) {
        char *text = p->lists[k] ? hall_reads(t, &p->device[k]) : NULL;
        if (p->lists[k] && can)
            assert_true(text && strstr(text, SENTENCE));
        else
            assert_null(text);
        free(text);
    }
}

void hall_nothing_clear(struct room *t)
{
    for (size_t i = 0; i < t->x->sent.n; i++)
        assert_null(strstr(t->x->sent.s[i], SENTENCE));
}

void hall_latch(struct room *t)
{
    hall_say(t, "m1");
    assert_true(omemo_holds(t->x, ROOM));
    assert_non_null(hall_sent(t));
    fake_forget(t->x);
}
