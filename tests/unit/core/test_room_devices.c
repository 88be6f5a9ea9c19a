/* unit/core/test_room_devices.c - two devices of one user in one room: each the real features of XMPP below a real core; and a
 * room that tells, archives, forgets and loses them. However what is said live, the archive's pages, losses of the connection
 * and of the stay come between one another, each device has the archive's order, nothing twice, nothing missing */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../xmppim/room_device.h"
#include "events.h"

#define COVEN "coven@chat.shakespeare.lit"
#define ME "romeo@montague.lit"
#define OWN COVEN "/romeo"
#define WITCH COVEN "/firstwitch"
#define DISCO "<query xmlns='http://jabber.org/protocol/disco#info'>"
#define USER "<x xmlns='http://jabber.org/protocol/muc#user'>"

enum { N = 40, SEEDS = 20, QUEUE = 4096, WORD = 64 };

struct said { char id[WORD], body[16]; int64_t stamp; bool ours; };
struct coming { char *text, *part; bool error; }; /* part: an answer to the iq that has it; text: its child, or a stanza */
struct device {
    struct account *a;
    struct core_account *ca;
    const struct room_device *api;
    void *library;
    struct x *x;
    struct world *w;
    struct coming q[QUEUE]; /* on its way to the device */
    int head, tail, synced;
    bool online, in, ghost, joined; /* in: the room sends to it; joined: as the device knows */
    unsigned session;
    struct { char id[WORD], body[16]; unsigned given; } mine[N]; /* written here; given: in which session last */
    int n_mine;
};
struct world {
    struct rig r; /* one core, and the two devices as accounts of it: neither knows of the other's chats */
    struct device d[2];
    uint64_t seed;
    struct said v[N];
    int n, written;
    char read[WORD]; /* what was published as read */
    bool kept;       /* the room is bookmarked: who begins anew goes in again */
};

static unsigned roll(struct world *w, unsigned sides)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(w->seed >> 33) % sides;
}

/* ---- the device, as its core hears it ---- */

static void state(struct device *d, uint32_t to, bool resumed)
{
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE}, .state = to, .resumed = resumed};
    ingest_event(d->ca, &ev.ev);
}

static void on_event(void *user, const struct kith_event *ev)
{
    struct device *d = user;
    if (ev->type == KITH_EV_CHAT && str_eq(((const struct kith_ev_chat *)ev)->address, COVEN))
        d->joined = ((const struct kith_ev_chat *)ev)->flags & KITH_CHAT_JOINED;
    ingest_event(d->ca, ev);
}

/* ---- the server ---- */

static void queue(struct device *d, char *part, bool error, char *text)
{
    assert_true((d->tail + 1) % QUEUE != d->head);
    d->q[d->tail] = (struct coming){text, part, error};
    d->tail = (d->tail + 1) % QUEUE;
}

static void drop_queue(struct device *d)
{
    for (; d->head != d->tail; d->head = (d->head + 1) % QUEUE) {
        free(d->q[d->head].text);
        free(d->q[d->head].part);
    }
}

/* name="value" in the text, copied; false: there is none. */
static bool value(const char *text, const char *name, char *out)
{
    char key[40];
    snprintf(key, sizeof key, " %s=\"", name);
    const char *at = strstr(text, key);
    snprintf(out, WORD, "%.*s", at ? (int)strcspn(at + strlen(key), "\"") : 0, at ? at + strlen(key) : "");
    return at != NULL;
}

static bool inside(const char *text, const char *tag, char *out)
{
    char key[40];
    snprintf(key, sizeof key, "<%s>", tag);
    const char *at = strstr(text, key);
    snprintf(out, WORD, "%.*s", at ? (int)strcspn(at + strlen(key), "<") : 0, at ? at + strlen(key) : "");
    return at != NULL;
}

static char *groupchat(const struct world *w, int i, bool archived)
{
    const struct said *s = &w->v[i];
    char sid[128];
    snprintf(sid, sizeof sid, "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='arc-%d'/>", i);
    return xasprintf("<message %sfrom='%s' type='groupchat' id='%s'><body>%s</body><origin-id xmlns='urn:xmpp:sid:0' id='%s'/>%s"
                     "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='%s'/></message>",
                     archived ? "xmlns='jabber:client' " : "", s->ours ? OWN : WITCH, s->id, s->body, s->id, archived ? "" : sid,
                     s->ours ? "own" : "w1");
}

/* The room takes it: archived, and told to everybody whom it knows to be there. */
static void room_takes(struct world *w, const char *id, const char *body, bool ours)
{
    assert_true(w->n < N);
    struct said *s = &w->v[w->n++];
    snprintf(s->id, sizeof s->id, "%s", id);
    snprintf(s->body, sizeof s->body, "%s", body);
    s->ours = ours;
    s->stamp = clock_wall_ms() / 1000 * 1000;
    for (int k = 0; k < 2; k++)
        if (w->d[k].in)
            queue(&w->d[k], NULL, false, groupchat(w, w->n - 1, false));
}

static void page(struct device *d, const char *iq, char *part)
{
    struct world *w = d->w;
    char qid[WORD], after[WORD], max[WORD], stamp[40];
    int64_t most = 100;
    value(iq, "queryid", qid);
    if (inside(iq, "max", max))
        assert_true(str_int(max, 1, 1000, &most));
    int from = 0, to = w->n, fewer = 5; /* a service may give fewer than were asked for */
    if (inside(iq, "after", after)) {
        int64_t at = -1;
        assert_true(str_starts(after, "arc-") && str_int(after + 4, 0, N, &at));
        from = (int)at + 1;
    } else if (strstr(iq, "<before/>")) {
        from = MAX(0, w->n - (int)most);
        fewer = (int)most;
    }
    to = MIN(to, from + MIN((int)most, fewer));
    for (int i = from; i < to; i++) {
        char *inner = groupchat(w, i, true);
        clock_format_iso(stamp, sizeof stamp, w->v[i].stamp);
        queue(d, NULL, false,
              xasprintf("<message from='" COVEN "'><result xmlns='urn:xmpp:mam:2' queryid='%s' id='arc-%d'><forwarded "
                        "xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='%s'/>%s</forwarded></result></message>",
                        qid, i, stamp, inner));
        free(inner);
    }
    queue(d, part, false,
          to > from ? xasprintf("<fin xmlns='urn:xmpp:mam:2'%s><set xmlns='http://jabber.org/protocol/rsm'><first>arc-%d</first>"
                                "<last>arc-%d</last></set></fin>", to >= w->n ? " complete='true'" : "", from, to - 1)
                    : xstrdup("<fin xmlns='urn:xmpp:mam:2' complete='true'/>"));
}

static void publish(struct world *w, const struct device *by, const char *iq)
{
    const char *sid = strstr(iq, "<stanza-id");
    assert_non_null(sid);
    value(sid, "id", w->read);
    for (int k = 0; k < 2; k++)
        if (&w->d[k] != by && w->d[k].online)
            queue(&w->d[k], NULL, false,
                  xasprintf("<message from='" ME "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                            "<items node='urn:xmpp:mds:displayed:0'><item id='" COVEN "'><displayed xmlns='urn:xmpp:mds:displayed:0'>"
                            "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='%s'/></displayed></item></items></event></message>",
                            w->read));
}

static void take_iq(struct device *d, const char *iq)
{
    char id[WORD], *part;
    bool room = strstr(iq, "to=\"" COVEN), get = strstr(iq, "type=\"get\"");
    value(iq, "id", id);
    part = xasprintf("id=\"%s\"", id);
    if (strstr(iq, "type=\"result\"") || strstr(iq, "type=\"error\"")) {
        free(part);
    } else if (strstr(iq, "<query xmlns=\"urn:xmpp:mam:2\"") || (strstr(iq, "urn:xmpp:mam:2") && strstr(iq, "queryid"))) {
        page(d, iq, part);
    } else if (strstr(iq, "urn:xmpp:ping") && room) { /* XEP-0410 */
        queue(d, part, d->ghost || !d->in, xstrdup(d->ghost || !d->in ? "not-acceptable" : ""));
    } else if (strstr(iq, "disco#info")) {
        queue(d, part, false,
              xasprintf(DISCO "%s</query>", room ? "<feature var='urn:xmpp:sid:0'/><feature var='urn:xmpp:occupant-id:0'/>"
                                                   "<feature var='urn:xmpp:mam:2'/>"
                                                 : "<feature var='http://jabber.org/protocol/pubsub#publish-options'/>"
                                                   "<feature var='urn:xmpp:bookmarks:1#compat'/>"));
    } else if (strstr(iq, "jabber:iq:roster")) {
        queue(d, part, false, xstrdup("<query xmlns='jabber:iq:roster' ver='v1'/>"));
    } else if (strstr(iq, "urn:xmpp:time")) {
        char now[40];
        clock_format_iso(now, sizeof now, clock_wall_ms());
        queue(d, part, false, xasprintf("<time xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>%s</utc></time>", now));
    } else if (strstr(iq, "<publish") && strstr(iq, "urn:xmpp:mds:displayed:0")) {
        publish(d->w, d, iq);
        queue(d, part, false, xstrdup(""));
    } else if (strstr(iq, "<publish node=\"urn:xmpp:bookmarks:1\"")) {
        d->w->kept = true;
        queue(d, part, false, xstrdup(""));
    } else if (strstr(iq, "<items node=\"urn:xmpp:bookmarks:1\"") && d->w->kept) {
        queue(d, part, false, xstrdup("<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'><item id='" COVEN
                                      "'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'><nick>romeo</nick></conference></item>"
                                      "</items></pubsub>"));
    } else {
        queue(d, part, get, xstrdup(get ? "item-not-found" : ""));
    }
}

/* It goes in, is not seen to be there already, and is told who is. */
static void take_presence(struct device *d, const char *p)
{
    if (!strstr(p, "to=\"" COVEN "/"))
        return;
    if (strstr(p, "type=\"unavailable\"")) {
        d->in = d->ghost = false;
    } else if (strstr(p, "http://jabber.org/protocol/muc\"")) {
        assert_non_null(strstr(p, "maxstanzas=\"0\"")); /* the archive has it: nothing is played back */
        queue(d, NULL, false, xstrdup("<presence from='" WITCH "'>" USER "<item affiliation='owner' role='moderator'/></x>"
                                      "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='w1'/></presence>"));
        queue(d, NULL, false, xstrdup("<presence from='" OWN "'>" USER "<item affiliation='member' role='participant'/>"
                                      "<status code='110'/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='own'/></presence>"));
        queue(d, NULL, false, xstrdup("<message from='" COVEN "' type='groupchat'><subject/></message>"));
        d->in = true;
        d->ghost = false;
    }
}

static void take_message(struct device *d, const char *m)
{
    char id[WORD], body[WORD];
    if (!strstr(m, "type=\"groupchat\"") || !inside(m, "body", body))
        return;
    value(m, "id", id);
    assert_true(d->in && !d->ghost);
    room_takes(d->w, id, body, true);
}

static void serve(struct device *d)
{
    for (char *text; (text = d->api->sent(d->x)); free(text)) {
        if (!d->online)
            continue; /* it went into a dead link */
        if (str_starts(text, "<iq"))
            take_iq(d, text);
        else if (str_starts(text, "<presence"))
            take_presence(d, text);
        else if (str_starts(text, "<message"))
            take_message(d, text);
    }
}

/* ---- what happens ---- */

static void after(struct device *d)
{
    d->api->committed(d->x);
    serve(d);
    if (d->online && d->api->synced(d->x) > d->synced) {
        d->synced = d->api->synced(d->x);
        state(d, KITH_STATE_ONLINE, false);
    }
}

static enum delivery delivery_of(struct device *d, const char *id)
{
    struct chat *c = account_chat(d->a, COVEN);
    struct message *m = c ? store_find_message(d->w->r.store, c, id, NULL) : NULL;
    enum delivery is = m ? m->delivery : DELIVERY_FAILED;
    message_free(m);
    return is;
}

/* What the outbox does: once in a session, and again in the next one unless it is known to be there. */
static void give_to_backend(struct device *d, int i)
{
    struct kith_send m = {.size = sizeof m, .chat = COVEN, .id = d->mine[i].id, .body = d->mine[i].body, .written_ms = clock_wall_ms(),
                          .flags = d->mine[i].given ? KITH_SEND_RETRY : 0};
    if (d->api->say(d->x, &m) >= 0)
        d->mine[i].given = d->session;
}

static void outbox(struct device *d)
{
    for (int i = 0; i < d->n_mine && d->online && d->joined && !d->ghost; i++)
        if (d->mine[i].given < d->session && delivery_of(d, d->mine[i].id) < DELIVERY_STORED)
            give_to_backend(d, i);
}

/* So many stanzas reach it. */
static void deliver(struct device *d, int most)
{
    for (int i = 0; i < most && d->online && d->head != d->tail; i++) {
        struct coming c = d->q[d->head];
        d->head = (d->head + 1) % QUEUE;
        if (c.part)
            d->api->answer(d->x, c.part, c.text, c.error);
        else
            d->api->feed(d->x, c.text);
        free(c.text);
        free(c.part);
        after(d);
    }
    outbox(d);
    after(d);
}

static void lose(struct device *d, bool session, bool process);

static void connect_it(struct device *d, bool resumed)
{
    if (!resumed && d->in)
        lose(d, true, false); /* the server has given its session up */
    d->online = true;
    d->session += !resumed;
    state(d, resumed ? KITH_STATE_ONLINE : KITH_STATE_SYNC, resumed);
    d->api->bind(d->x, resumed);
    after(d);
}

static void lose(struct device *d, bool session, bool process)
{
    d->online = false;
    if (session) {
        drop_queue(d);
        d->in = d->ghost = d->joined = false;
    }
    state(d, KITH_STATE_OFFLINE, false);
    if (process)
        d->api->restart(d->x);
    else
        d->api->drop(d->x, session);
    if (process)
        d->synced = 0;
}

static void write_here(struct device *d)
{
    struct world *w = d->w;
    struct chat *c = account_chat(d->a, COVEN);
    int i = d->n_mine;
    if (!d->online || !d->joined || d->ghost || !c || !(c->flags & KITH_CHAT_JOINED) || w->written >= N)
        return;
    snprintf(d->mine[i].body, sizeof d->mine[i].body, "m%02d", w->written++);
    assert_true(core_send(d->w->r.core, c, &(struct core_send){.body = d->mine[i].body}, NULL) > 0);
    snprintf(d->mine[i].id, sizeof d->mine[i].id, "%s", chat_last(c)->origin_id);
    d->n_mine++;
    give_to_backend(d, i);
    after(d);
}

static void witch_says(struct world *w)
{
    char id[WORD], body[16];
    if (w->written >= N)
        return;
    snprintf(id, sizeof id, "w-%d", w->written);
    snprintf(body, sizeof body, "m%02d", w->written++);
    room_takes(w, id, body, false);
}

/* The room has lost it without a word; it finds out by a self-ping (XEP-0410). */
static void become_ghost(struct device *d)
{
    if (d->online && d->joined && d->head == d->tail) {
        d->in = false;
        d->ghost = true;
    }
}

static void ping(struct device *d)
{
    d->api->later(d->x, 16 * 60 * 1000);
    after(d);
}

static void step(struct world *w)
{
    struct device *d = &w->d[roll(w, 2)];
    unsigned what = roll(w, 24);
    if (!d->online)
        connect_it(d, d->in && what % 2); /* resumed only while the server keeps its session */
    else if (what < 7)
        deliver(d, 1 + (int)roll(w, 4));
    else if (what < 12)
        witch_says(w);
    else if (what < 18)
        write_here(d);
    else if (what == 18)
        lose(d, true, false);
    else if (what == 19 && !d->ghost)
        lose(d, false, false);
    else if (what == 20)
        lose(d, true, true);
    else if (what == 21)
        become_ghost(d);
    else if (d->ghost)
        ping(d);
    else
        deliver(d, 30);
}

/* Both come together in the end. */
static void settle(struct world *w)
{
    for (int round = 0; round < 400; round++)
        for (int k = 0; k < 2; k++) {
            struct device *d = &w->d[k];
            if (!d->online)
                connect_it(d, d->in);
            if (d->ghost)
                ping(d);
            deliver(d, 50);
            if (round % 100 == 99)
                d->api->later(d->x, 60 * 1000); /* tries that wait */
            after(d);
        }
}

static void open_device(struct world *w, int k)
{
    struct device *d = &w->d[k];
    char *path = rig_program(k ? "fake_device_2.so" : "fake_device_1.so");
    d->w = w;
    d->library = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* stays: all seeds use it */
    free(path);
    if (!d->library)
        print_error("%s\n", dlerror());
    assert_non_null(d->library);
    const struct room_device *(*table)(void);
    void *symbol = dlsym(d->library, "fake_room_device");
    assert_non_null(symbol);
    memcpy(&table, &symbol, sizeof table); /* as POSIX has it: a function's address in a pointer to data */
    d->api = table();
    d->a = w->r.model->accounts[k];
    d->ca = d->a->core;
    str_set(&d->a->address, ME);
    d->x = d->api->open(on_event, d);
    connect_it(d, false);
    deliver(d, 50);
    assert_true(d->api->join(d->x, COVEN, "romeo") >= 0);
    after(d);
    deliver(d, 50);
    core_load(d->w->r.core, account_chat(d->a, COVEN));
}

static void same_as_the_archive(struct world *w, int k, uint64_t seed)
{
    struct chat *c = account_chat(w->d[k].a, COVEN);
    size_t n = 0;
    history_again(w->r.core, c); /* what lies before the window's first is in it now */
    for (size_t i = 0; i < c->n_messages; i++) {
        const struct message *m = c->messages[i];
        if (m->kind == MESSAGE_EVENT)
            continue;
        if (n >= (size_t)w->n || strcmp(m->body, w->v[n].body) != 0)
            print_error("seed %u, device %d, place %zu: %s instead of %s\n", (unsigned)seed, k + 1, n, m->body,
                        n < (size_t)w->n ? w->v[n].body : "nothing");
        assert_true(n < (size_t)w->n);
        assert_string_equal(m->body, w->v[n].body);
        if (message_outgoing(m) && m->delivery < DELIVERY_STORED)
            print_error("seed %u, device %d: %s is not known to be there (%d)\n", (unsigned)seed, k + 1, m->body, m->delivery);
        if (message_outgoing(m))
            assert_true(w->v[n].ours && m->delivery >= DELIVERY_STORED);
        n++;
    }
    if (n != (size_t)w->n)
        print_error("seed %u, device %d: %zu of %d\n", (unsigned)seed, k + 1, n, w->n);
    assert_int_equal(n, w->n);
}

static void run(uint64_t seed)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->seed = seed * 77 + 5;
    rig_open(&w->r, "}, { name = \"other\"; protocol = \"fake\"; address = \"other@fake\"; autoconnect = true;", false);
    open_device(w, 0);
    open_device(w, 1);
    for (int i = 0; i < 5000 && w->written < N; i++)
        step(w);
    settle(w);
    assert_int_equal(w->n, N);
    for (int k = 0; k < 2; k++)
        same_as_the_archive(w, k, seed);
    /* read on one device: XEP-0490, by the room's id */
    char last[WORD];
    snprintf(last, sizeof last, "arc-%d", N - 1);
    assert_true(w->d[0].api->read(w->d[0].x, COVEN, last) >= 0);
    w->d[0].api->later(w->d[0].x, 5000);
    after(&w->d[0]);
    assert_string_equal(w->read, last);
    deliver(&w->d[1], 50);
    assert_int_equal(account_chat(w->d[1].a, COVEN)->unread, 0);
    for (int k = 0; k < 2; k++) {
        w->d[k].api->close(w->d[k].x);
        drop_queue(&w->d[k]);
    }
    rig_close(&w->r);
    free(w);
}

static void twenty_interleavings(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(twenty_interleavings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
