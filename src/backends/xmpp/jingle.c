/* backends/xmpp/jingle.c - sessions between two devices: who may say what to which of them (XEP-0166) */
#include "backends/xmpp/jingle.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/call.h"
#include "base/mem.h"

enum { AWAY_MS = 5 * 60 * 1000 /* without a connection: then nobody waits any more */ };

struct sessions {
    struct jingle *first;
    uint64_t last;  /* number */
    int away_timer;
};

/* ---- the list ---- */

static struct sessions *sessions_of(const struct x *x)
{
    return x_state(x, "jingle");
}

static struct jingle *find(const struct x *x, const char *peer, const char *sid)
{
    struct jingle *j = sessions_of(x)->first;
    while (j && !(str_eq(j->sid, sid) && str_eq(j->peer, peer)))
        j = j->next;
    return j;
}

struct jingle *jingle_by_number(const struct x *x, uint64_t number)
{
    const struct sessions *all = sessions_of(x);
    struct jingle *j = all ? all->first : NULL;
    while (j && j->number != number)
        j = j->next;
    return j;
}

struct jingle *jingle_by_id(const struct x *x, const char *attachment)
{
    struct jingle *j = sessions_of(x)->first;
    while (j && !(j->id && str_eq(j->id, attachment)))
        j = j->next;
    return j;
}

struct jingle *jingle_by_req(const struct x *x, kith_req req)
{
    struct jingle *j = sessions_of(x)->first;
    while (j && j->req != req)
        j = j->next;
    return j;
}

struct jingle *jingle_by_ibb(const struct x *x, const char *peer, const char *sid)
{
    struct jingle *j = sessions_of(x)->first;
    while (j && !(str_eq(j->peer, peer) && ibb_has(j, sid)))
        j = j->next;
    return j;
}

void jingle_each(struct x *x, void (*fn)(struct jingle *j, void *user), void *user)
{
    for (struct jingle *j = sessions_of(x)->first, *next; j; j = next) {
        next = j->next;
        fn(j, user);
    }
}

struct jingle *jingle_add(struct x *x, const char *peer, const char *sid, bool out)
{
    struct sessions *all = sessions_of(x);
    size_t n = 0, of_peer = 0;
    for (struct jingle *j = all->first; j; j = j->next) {
        n += j->out == out; /* what others offer never keeps us from offering */
        of_peer += j->out == out && jid_same_bare(j->peer, peer);
    }
    if (n >= JINGLE_MAX || of_peer >= JINGLE_PEER_MAX)
        return NULL;
    struct jingle *j = xcalloc(1, sizeof *j);
    *j = (struct jingle){.x = x,
                         .next = all->first,
                         .number = ++all->last,
                         .sid = xstrdup(sid),
                         .peer = xstrdup(peer),
                         .chat = jid_bare(peer),
                         .out = out,
                         .sums = sums_new(),
                         .fd = -1};
    all->first = j;
    return j;
}

bool jingle_known(const struct x *x, const char *from)
{
    return from && roster_may_ask(x, from);
}

/* ---- time ---- */

static void on_time(void *user)
{
    struct jingle *j = user;
    j->timer = 0;
    if (j->gone || j->state != JINGLE_ACCEPTED || j->way != JINGLE_S5B || j->replacing)
        jingle_fail(j, "timeout", j->late);
    else
        jingle_fall_back(j);
}

void jingle_await(struct jingle *j, int64_t ms, const char *words)
{
    if (j->timer)
        x_host(j->x)->timer_del(j->timer);
    j->timer = ms ? x_host(j->x)->timer_add(ms, on_time, j) : 0;
    j->late = words;
}

/* ---- the end ---- */

static void unlink_session(struct jingle *j)
{
    struct jingle **at = &sessions_of(j->x)->first;
    while (*at != j)
        at = &(*at)->next;
    *at = j->next;
}

void jingle_end(struct jingle *j, const char *reason, int err, const char *text)
{
    unlink_session(j);
    jingle_await(j, 0, NULL);
    s5b_free(j);
    ibb_free(j);
    if (reason)
        jingle_terminate(j, reason);
    if (j->req || j->fd >= 0)
        files_end(j->x, j->fd, j->req, err, text);
    else if (!j->out && j->state == JINGLE_OFFERED && text)
        x_notice(j->x, KITH_INFO, j->chat, "The file %s is offered no longer: %s", j->file.name, text);
    sums_free(j->sums);
    jingle_file_clear(&j->file);
    free(j->sid);
    free(j->peer);
    free(j->chat);
    free(j->content);
    free(j->id);
    free(j);
}

void jingle_fail(struct jingle *j, const char *reason, const char *text)
{
    jingle_end(j, reason, j->out ? KITH_ENET : KITH_ENOTFOUND, text);
}

struct ending { const char *peer, *text; };
static void end_of_peer(struct jingle *j, void *user)
{
    const struct ending *e = user;
    if (!e->peer || str_eq(j->peer, e->peer))
        jingle_fail(j, NULL, e->text);
}

/* ---- what the other side says ---- */

/* The one content that a session of ours has; NULL: it is about another. */
static xmpp_stanza_t *content_of(const struct jingle *j, xmpp_stanza_t *jingle)
{
    xmpp_stanza_t *c = st_child(jingle, "content", NS_JINGLE);
    const char *creator = st_attr(c, "creator");
    return c && str_eq(st_attr(c, "name"), j->content) && (!creator || str_eq(creator, "initiator")) ? c : NULL;
}

static xmpp_stanza_t *transport_of(const struct jingle *j, xmpp_stanza_t *content)
{
    return st_child(content, "transport", j->way == JINGLE_S5B ? NS_JINGLE_S5B : NS_JINGLE_IBB);
}

static void bad(const struct jingle *j, xmpp_stanza_t *iq)
{
    jingle_refuse(j->x, iq, "cancel", "bad-request", NULL);
}

static void out_of_order(const struct jingle *j, xmpp_stanza_t *iq)
{
    jingle_refuse(j->x, iq, "wait", "unexpected-request", "out-of-order");
}

/* §6.4. They want the file; a part of it is nothing that we offered. */
static void on_accept(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle)
{
    xmpp_stanza_t *content = content_of(j, jingle), *transport = transport_of(j, content);
    xmpp_stanza_t *file = st_child(st_child(content, "description", NS_JINGLE_FILE), "file", NULL);
    const char *offset = st_attr(st_child(file, "range", NULL), "offset");
    if (!j->out || j->state != JINGLE_OFFERED) {
        out_of_order(j, iq);
        return;
    }
    if (!transport || !(j->way == JINGLE_S5B ? s5b_read(j, transport) : ibb_read(j, transport))) {
        bad(j, iq);
        jingle_fail(j, "failed-transport", "Their program accepted the file in a way that is not understood here.");
        return;
    }
    x_iq_reply(j->x, iq, NULL);
    if (offset && strcmp(offset, "0") != 0) {
        jingle_fail(j, "failed-application", "Their program wants only a part of the file.");
        return;
    }
    j->state = JINGLE_ACCEPTED;
    if (j->way == JINGLE_S5B)
        s5b_connect(j);
    else
        ibb_open(j);
}

/* §7.4: what a reason means to the one who waits. */
static const struct {
    const char *reason;
    int err;
    const char *to_sender, *to_receiver;
} reasons[] = {
    {"decline", KITH_EDENIED, "They do not want the file.", "They changed their mind."},
    {"cancel", KITH_EDENIED, "They stopped the transfer.", "They took it back."},
    {"busy", KITH_EBUSY, "They are busy.", "They are busy."},
    {"connectivity-error", KITH_ENET, "No way for the bytes was found.", "No way for the bytes was found."},
    {"failed-transport", KITH_ENET, "The way for the bytes broke.", "The way for the bytes broke."},
    {"failed-application", KITH_ENET, "Their program could not take the file.", "Their program could not send the file."},
    {"media-error", KITH_ENET, "What arrived there is not the file.", "Their program could not send the file."},
    {"timeout", KITH_ENET, "Their program waited for too long.", "Their program waited for too long."},
    {"expired", KITH_ENET, "The offer ran out.", "The offer ran out."},
    {"unsupported-applications", KITH_EUNSUP, "Their program takes no files.", "Their program could not send the file."},
    {"unsupported-transports", KITH_EUNSUP, "Their program knows no way for the bytes.",
     "Their program knows no way for the bytes."},
    {"gone", KITH_EOFFLINE, "Their program ended.", "Their program ended."},
};

static void ended_by_them(struct jingle *j, xmpp_stanza_t *reason)
{
    if (st_child(reason, "success", NULL)) {
        jingle_success(j);
        return;
    }
    for (size_t i = 0; i < COUNT(reasons); i++) {
        if (!st_child(reason, reasons[i].reason, NULL))
            continue;
        if (j->out)
            jingle_end(j, NULL, reasons[i].err, reasons[i].to_sender);
        else
            jingle_fail(j, NULL, reasons[i].to_receiver);
        return;
    }
    jingle_fail(j, NULL, "They ended the transfer.");
}

static void on_terminate(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle)
{
    x_iq_reply(j->x, iq, NULL);
    ended_by_them(j, st_child(jingle, "reason", NS_JINGLE));
}

/* §6.7, XEP-0234 §8. An empty one asks whether the session is still there. */
static void on_info(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle)
{
    xmpp_stanza_t *checksum = st_child(jingle, "checksum", NS_JINGLE_FILE);
    if (checksum && !j->out) {
        x_iq_reply(j->x, iq, NULL);
        jingle_checksum(j, st_child(checksum, "file", NULL));
    } else if (!st_child(jingle, NULL, NULL) || (j->out && st_child(jingle, "received", NS_JINGLE_FILE))) {
        x_iq_reply(j->x, iq, NULL);
    } else {
        jingle_refuse(j->x, iq, "modify", "feature-not-implemented", "unsupported-info");
    }
}

static void on_transport_info(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle)
{
    xmpp_stanza_t *content = content_of(j, jingle), *transport = st_child(content, "transport", NS_JINGLE_S5B);
    if (!transport) {
        bad(j, iq);
    } else if (j->state > JINGLE_ACCEPTED || j->way != JINGLE_S5B || j->replacing) {
        x_iq_reply(j->x, iq, NULL); /* it crossed our own word, or the first bytes */
    } else if (j->state != JINGLE_ACCEPTED) {
        out_of_order(j, iq);
    } else {
        uint64_t number = j->number;
        struct x *x = j->x;
        const char *error = s5b_info(j, transport);
        if (error)
            jingle_refuse(x, iq, "cancel", error, NULL);
        else
            x_iq_reply(x, iq, NULL);
        j = jingle_by_number(x, number);
        if (j && !error)
            s5b_settle(j);
    }
}

/* §7.2.1: one session, one file. */
static void on_content_add(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle)
{
    xmpp_stanza_t *theirs = st_child(jingle, "content", NS_JINGLE), *out;
    x_iq_reply(j->x, iq, NULL);
    xmpp_stanza_t *answer = jingle_new(j, "content-reject", &out), *c = st_add(out, "content", NULL);
    st_set(c, "creator", st_attr(theirs, "creator"));
    st_set(c, "name", st_attr(theirs, "name"));
    st_add(st_add(out, "reason", NULL), "unsupported-applications", NULL);
    jingle_send(j, answer, false);
}

static void on_content_remove(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle)
{
    if (!content_of(j, jingle)) {
        jingle_refuse(j->x, iq, "cancel", "item-not-found", NULL);
        return;
    }
    x_iq_reply(j->x, iq, NULL);
    if (j->out)
        jingle_end(j, "success", KITH_EDENIED, "They stopped the transfer.");
    else
        jingle_fail(j, "success", "They took it back.");
}

static void on_replace(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle)
{
    jingle_replace(j, iq, content_of(j, jingle));
}

static void on_replaced(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle)
{
    jingle_replaced(j, iq, content_of(j, jingle));
}

static void on_not_replaced(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle)
{
    jingle_not_replaced(j, iq, content_of(j, jingle));
}

static void on_misplaced(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle UNUSED)
{
    out_of_order(j, iq);
}

static const struct {
    const char *action;
    void (*fn)(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *jingle);
} actions[] = {
    {"session-initiate", on_misplaced}, /* a second time */
    {"session-accept", on_accept},
    {"session-terminate", on_terminate},
    {"session-info", on_info},
    {"transport-info", on_transport_info},
    {"transport-replace", on_replace},
    {"transport-accept", on_replaced},
    {"transport-reject", on_not_replaced},
    {"content-add", on_content_add},
    {"content-remove", on_content_remove},
    {"content-accept", on_misplaced},
    {"content-reject", on_misplaced},
    {"content-modify", on_misplaced},
};

static void act(struct x *x, xmpp_stanza_t *iq, const char *from, xmpp_stanza_t *jingle)
{
    const char *action = st_attr(jingle, "action"), *sid = id_attr(jingle, "sid");
    struct jingle *j = sid ? find(x, from, sid) : NULL;
    if (!sid || !action) {
        jingle_refuse(x, iq, "cancel", "bad-request", NULL);
        return;
    }
    if (!j && strcmp(action, "session-initiate") == 0) {
        if (!call_initiated(x, iq, from, jingle))
            jingle_initiated(x, iq, from, jingle);
        return;
    }
    if (!j) {
        jingle_refuse(x, iq, "cancel", "item-not-found", "unknown-session");
        return;
    }
    for (size_t i = 0; i < COUNT(actions); i++)
        if (strcmp(actions[i].action, action) == 0) {
            actions[i].fn(j, iq, jingle);
            return;
        }
    jingle_refuse(x, iq, "cancel", "feature-not-implemented", NULL);
}

/* Strangers get what an absent client would give: whoever does not see our presence does not learn of it here. */
static bool jingle_iq(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *jingle = st_child(st, "jingle", NS_JINGLE);
    char *from = st_attr(st, "from") ? jid_normal(st_attr(st, "from")) : NULL;
    bool mine = from && str_eq(st_attr(st, "type"), "set") && jingle_known(x, from);
    if (jingle && mine)
        act(x, st, from, jingle);
    else if (jingle && from && str_eq(st_attr(st, "type"), "set"))
        jingle_file_stranger(x, from, jingle);
    else if (!jingle)
        mine = mine && ibb_iq(x, st, from);
    free(from);
    return mine;
}

/* Whoever is gone sends and takes nothing any more. */
static bool jingle_presence(struct x *x, xmpp_stanza_t *st)
{
    const char *type = st_attr(st, "type"), *from = st_attr(st, "from");
    if (!sessions_of(x)->first || !from || !str_eq(type, "unavailable"))
        return false;
    char *full = jid_normal(from);
    struct ending e = {full, "They went offline."};
    if (full)
        jingle_each(x, end_of_peer, &e);
    free(full);
    return false;
}

/* ---- life ---- */

static void on_away(void *user)
{
    struct x *x = user;
    sessions_of(x)->away_timer = 0;
    jingle_forget(x);
    jingle_each(x, end_of_peer, &(struct ending){NULL, "The connection was lost."});
}

static void stay(struct x *x)
{
    struct sessions *all = sessions_of(x);
    if (all->away_timer)
        x_host(x)->timer_del(all->away_timer);
    all->away_timer = 0;
}

static void go_on(struct jingle *j, void *user UNUSED)
{
    ibb_resumed(j);
}

static void jingle_online(struct x *x, bool resumed)
{
    stay(x);
    if (!resumed) { /* for the others we are somebody new */
        on_away(x);
        return;
    }
    jingle_resumed(x);
    jingle_each(x, go_on, NULL);
}

static void jingle_offline(struct x *x)
{
    struct sessions *all = sessions_of(x);
    if (all->first && !all->away_timer)
        all->away_timer = x_host(x)->timer_add(AWAY_MS, on_away, x);
}

static void jingle_attach(struct x *x)
{
    x_set_state(x, "jingle", xcalloc(1, sizeof(struct sessions)));
}

static void jingle_detach(struct x *x)
{
    stay(x);
    jingle_forget(x);
    jingle_each(x, end_of_peer, &(struct ending){NULL, "The account was closed."});
    free(sessions_of(x));
    x_set_state(x, "jingle", NULL);
}

static const char *const jingle_vars[] = {NS_JINGLE,     NS_JINGLE_FILE, NS_JINGLE_S5B,   NS_JINGLE_IBB,   NS_IBB,
                                          NS_HASHES,     NS_HASH_SHA256, NS_HASH_SHA512, NS_HASH_SHA1,    NULL};
const struct feature feature_jingle = {
    .name = "jingle",
    .disco = jingle_vars,
    .attach = jingle_attach,
    .online = jingle_online,
    .offline = jingle_offline,
    .detach = jingle_detach,
    .presence = jingle_presence,
    .iq = jingle_iq,
};
