/* backends/xmpp/jingle_s5b.c - the bytes go by a connection of their own: which one, and over it (XEP-0260)
 *
 * We offer the relays of our server and no address of ours. What the other side offers is tried where it is known to us
 * (option "direct_files"): whoever is connected to learns our address.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/jingle.h"
#include "base/mem.h"
#include "base/rand.h"

enum {
    THEIRS_MAX = 8,         /* of those offered; the best are kept */
    OFFERED_MAX = 64,       /* that are looked at */
    TYPE_PROXY = 10,
    DIRECT_MS = 4000,
    PROXY_MS = 10000,
    SETTLE_MS = 45000,      /* until a way is found */
    PIECE = 128 * 1024,     /* written at once */
    ADDRESS = 40
};

struct candidate {
    char *cid, *host, *jid;
    uint16_t port;
    uint32_t priority;
    bool proxy;
};
struct s5b {
    char *sid;
    char *to_ours, *to_theirs; /* what names the stream at our relays, and at theirs */
    struct candidate ours[PROXIES_MAX], theirs[THEIRS_MAX];
    size_t n_ours, n_theirs, at; /* at: of theirs, the next to be tried */
    struct candidate *reached;   /* of theirs: we are connected */
    struct candidate *used;      /* of ours: they are */
    bool said, heard;            /* how our, their attempts ended */
    bool settled, over;          /* over: all has left */
    bool flowing;                /* we send, and have begun to */
    struct candidate *chosen;
    struct socks5 *conn;
};

/* ---- candidates ---- */

static void candidate_clear(struct candidate *c)
{
    free(c->cid);
    free(c->host);
    free(c->jid);
}

static void offer_relays(struct jingle *j)
{
    const struct proxy *list;
    size_t n;
    struct s5b *s = j->s5b;
    proxies_known(j->x, &list, &n);
    for (size_t i = 0; i < n; i++) {
        bool theirs = false; /* §2.2: what they have offered is not offered back */
        for (size_t k = 0; k < s->n_theirs; k++)
            theirs = theirs || (str_eq(s->theirs[k].host, list[i].host) && s->theirs[k].port == list[i].port);
        if (theirs)
            continue;
        char cid[23];
        rand_id(cid);
        s->ours[s->n_ours] = (struct candidate){.cid = xstrdup(cid),
                                                .host = xstrdup(list[i].host),
                                                .jid = xstrdup(list[i].jid),
                                                .port = list[i].port,
                                                .priority = (TYPE_PROXY << 16) + 65535u - (uint32_t)s->n_ours,
                                                .proxy = true};
        s->n_ours++;
    }
}

void s5b_offer(struct jingle *j, xmpp_stanza_t *content)
{
    char number[24], sid[23];
    if (!j->s5b) {
        j->s5b = xcalloc(1, sizeof *j->s5b);
        rand_id(sid);
        j->s5b->sid = xstrdup(sid);
        j->s5b->to_theirs = socks5_address(sid, j->peer, x_jid(j->x));
    }
    struct s5b *s = j->s5b;
    xmpp_stanza_t *t = st_add(content, "transport", NS_JINGLE_S5B);
    str_take(&s->to_ours, socks5_address(s->sid, x_jid(j->x), j->peer));
    offer_relays(j);
    st_set(t, "sid", s->sid);
    if (j->out)
        st_set(t, "mode", "tcp");
    if (s->n_ours)
        st_set(t, "dstaddr", s->to_ours);
    for (size_t i = 0; i < s->n_ours; i++) {
        xmpp_stanza_t *c = st_add(t, "candidate", NULL);
        st_set(c, "cid", s->ours[i].cid);
        st_set(c, "host", s->ours[i].host);
        st_set(c, "jid", s->ours[i].jid);
        snprintf(number, sizeof number, "%u", s->ours[i].port);
        st_set(c, "port", number);
        snprintf(number, sizeof number, "%" PRIu32, s->ours[i].priority);
        st_set(c, "priority", number);
        st_set(c, "type", "proxy");
    }
}

static bool read_one(xmpp_stanza_t *st, struct candidate *c)
{
    const char *cid = id_attr(st, "cid"), *host = st_attr(st, "host"), *port = st_attr(st, "port");
    const char *priority = st_attr(st, "priority"), *type = st_attr(st, "type"), *jid = st_attr(st, "jid");
    int64_t p = 1080, rank;
    if (!cid || str_empty(host) || strlen(host) > 255 || !jid || strlen(jid) > 3071 ||
        (port && !str_int(port, 1, 65535, &p)) || !priority || !str_int(priority, 0, INT32_MAX, &rank))
        return false;
    *c = (struct candidate){.cid = xstrdup(cid),
                            .host = xstrdup(host),
                            .jid = xstrdup(jid),
                            .port = (uint16_t)p,
                            .priority = (uint32_t)rank,
                            .proxy = str_eq(type, "proxy")};
    return true;
}

/* In the order of their priorities; of too many the lowest are left out. */
static void keep(struct s5b *s, struct candidate *c)
{
    size_t at = 0;
    while (at < s->n_theirs && s->theirs[at].priority >= c->priority)
        at++;
    if (s->n_theirs == THEIRS_MAX)
        candidate_clear(at == THEIRS_MAX ? c : &s->theirs[--s->n_theirs]);
    if (at == THEIRS_MAX)
        return;
    memmove(&s->theirs[at + 1], &s->theirs[at], (s->n_theirs - at) * sizeof *c);
    s->theirs[at] = *c;
    s->n_theirs++;
}

static bool is_address(const char *s)
{
    return s && strlen(s) == ADDRESS && strspn(s, "0123456789abcdefABCDEF") == ADDRESS;
}

bool s5b_read(struct jingle *j, xmpp_stanza_t *t)
{
    const char *sid = id_attr(t, "sid"), *mode = st_attr(t, "mode"), *named = st_attr(t, "dstaddr");
    struct s5b *s = j->s5b;
    size_t n = 0;
    if (!sid || (mode && strcmp(mode, "tcp") != 0) || (s && strcmp(s->sid, sid) != 0))
        return false;
    if (!s) {
        j->s5b = s = xcalloc(1, sizeof *s);
        s->sid = xstrdup(sid);
    }
    str_take(&s->to_theirs, is_address(named) ? xstrdup(named) : socks5_address(sid, j->peer, x_jid(j->x)));
    EACH_CHILD (c, t) {
        struct candidate one;
        if (is_elem(c, "candidate", NULL) && n++ < OFFERED_MAX && read_one(c, &one))
            keep(s, &one);
    }
    return true;
}

void s5b_free(struct jingle *j)
{
    struct s5b *s = j->s5b;
    if (!s)
        return;
    j->s5b = NULL;
    socks5_close(s->conn);
    for (size_t i = 0; i < s->n_ours; i++)
        candidate_clear(&s->ours[i]);
    for (size_t i = 0; i < s->n_theirs; i++)
        candidate_clear(&s->theirs[i]);
    free(s->sid);
    free(s->to_ours);
    free(s->to_theirs);
    free(s);
}

/* ---- telling ---- */

static void tell(struct jingle *j, const char *what, const char *cid)
{
    xmpp_stanza_t *jingle, *iq = jingle_new(j, "transport-info", &jingle);
    xmpp_stanza_t *t = st_add(jingle_content(j, jingle), "transport", NS_JINGLE_S5B);
    st_set(t, "sid", j->s5b->sid);
    st_set(st_add(t, what, NULL), "cid", cid);
    jingle_send(j, iq, false);
}

/* ---- the connection ---- */

static void pump(struct jingle *j)
{
    struct s5b *s = j->s5b;
    char *piece = xmalloc(PIECE);
    ssize_t n = jingle_give(j, piece, PIECE);
    if (n > 0 && socks5_write(s->conn, piece, (size_t)n) < 0) {
        jingle_way_closed(j, "The connection broke.");
    } else if (n == 0) { /* all has left; relays that hold the end of it back let go when we do */
        s->over = true;
        socks5_close(s->conn);
        s->conn = NULL;
        jingle_gave(j);
    }
    free(piece);
}

static void begin(struct jingle *j)
{
    struct s5b *s = j->s5b;
    if (j->out && !s->flowing) {
        s->flowing = true;
        pump(j);
    } else if (!j->out && jingle_ready(j) && j->state == JINGLE_ACCEPTED) {
        jingle_await(j, JINGLE_IDLE_MS, "Nothing came for two minutes.");
    }
}

static void on_data(void *user, const void *data, size_t len)
{
    jingle_take(user, data, len); /* who can send here knows the stream's name */
}

static void on_drained(void *user)
{
    struct jingle *j = user;
    if (j->s5b->flowing && !j->s5b->over)
        pump(j);
}

static void lost(struct jingle *j, const char *why)
{
    if (!j->out && j->file.bytes == 0) /* that was all of it */
        jingle_ready(j);
    else if (j->state == JINGLE_ACCEPTED)
        jingle_fall_back(j);
    else
        jingle_way_closed(j, why);
}

static void try_next(struct jingle *j);

static void on_theirs_ready(void *user)
{
    struct jingle *j = user;
    struct s5b *s = j->s5b;
    s->reached = &s->theirs[s->at - 1];
    s->said = true;
    tell(j, "candidate-used", s->reached->cid);
    s5b_settle(j);
}

static void on_theirs_closed(void *user, const char *why)
{
    struct jingle *j = user;
    struct s5b *s = j->s5b;
    s->conn = NULL;
    if (!s->reached)
        try_next(j);
    else if (!s->settled || s->chosen == s->reached)
        lost(j, why);
}

static const struct socks5_cb theirs_cb = {on_theirs_ready, on_data, on_drained, on_theirs_closed};

/* Nobody who cannot see us learns our address, and nobody at all where the user does not want it. */
static bool may_connect(const struct jingle *j)
{
    return option_bool(j->x, "direct_files", true);
}

/* §2.3: one after the other, while it would be better than what they have reached. */
static void try_next(struct jingle *j)
{
    struct s5b *s = j->s5b;
    while (may_connect(j) && s->at < s->n_theirs) {
        const struct candidate *c = &s->theirs[s->at++];
        if (s->used && s->used->priority > c->priority)
            break;
        const struct socks5_to to = {c->host, c->port, s->to_theirs, c->proxy ? PROXY_MS : DIRECT_MS};
        s->conn = socks5_open(j->x, &to, &theirs_cb, j);
        if (s->conn)
            return;
    }
    s->at = s->n_theirs;
    s->said = true;
    tell(j, "candidate-error", NULL);
    s5b_settle(j);
}

void s5b_connect(struct jingle *j)
{
    jingle_await(j, SETTLE_MS, "No way for the bytes was found.");
    try_next(j);
}

/* ---- one of our relays was chosen: we connect, too, and let it begin (§2.4) ---- */

static void on_activated(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct jingle *j = jingle_by_number(x, (uintptr_t)user);
    if (!j || !j->s5b || !j->s5b->conn || j->replacing)
        return;
    if (!iq_is_result(reply)) {
        tell(j, "proxy-error", NULL);
        jingle_fall_back(j);
        return;
    }
    tell(j, "activated", j->s5b->chosen->cid);
    begin(j);
}

static void on_ours_ready(void *user)
{
    struct jingle *j = user;
    xmpp_stanza_t *query, *iq = iq_new(j->x, "set", j->s5b->chosen->jid, "query", NS_BYTESTREAMS, &query);
    st_set(query, "sid", j->s5b->sid);
    st_add_child_text(query, "activate", NULL, j->peer);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a number, never dereferenced */
    x_iq(j->x, iq, on_activated, (void *)(uintptr_t)j->number);
}

static void on_ours_closed(void *user, const char *why)
{
    struct jingle *j = user;
    j->s5b->conn = NULL;
    if (j->state == JINGLE_ACCEPTED)
        tell(j, "proxy-error", NULL);
    lost(j, why);
}

static const struct socks5_cb ours_cb = {on_ours_ready, on_data, on_drained, on_ours_closed};

static void use_ours(struct jingle *j)
{
    struct s5b *s = j->s5b;
    const struct socks5_to to = {s->chosen->host, s->chosen->port, s->to_ours, PROXY_MS};
    socks5_close(s->conn);
    s->conn = socks5_open(j->x, &to, &ours_cb, j);
    if (s->conn)
        return;
    tell(j, "proxy-error", NULL);
    jingle_fall_back(j);
}

/* ---- which one it is ---- */

/* §2.4: the higher priority; of two that are equal, what the initiator chose. */
void s5b_settle(struct jingle *j)
{
    struct s5b *s = j->s5b;
    if (!s || s->settled || !s->said || !s->heard)
        return;
    s->settled = true;
    if (!s->reached && !s->used) {
        jingle_fall_back(j);
        return;
    }
    bool theirs = s->reached && (!s->used || s->reached->priority > s->used->priority ||
                                 (s->reached->priority == s->used->priority && j->out));
    s->chosen = theirs ? s->reached : s->used;
    if (!theirs)
        use_ours(j);
    else if (!s->chosen->proxy)
        begin(j); /* a relay of theirs has to be let begin by them */
}

static struct candidate *ours_by_cid(struct s5b *s, const char *cid)
{
    for (size_t i = 0; cid && i < s->n_ours; i++)
        if (strcmp(s->ours[i].cid, cid) == 0)
            return &s->ours[i];
    return NULL;
}

const char *s5b_info(struct jingle *j, xmpp_stanza_t *t)
{
    struct s5b *s = j->s5b;
    xmpp_stanza_t *used = st_child(t, "candidate-used", NULL), *activated = st_child(t, "activated", NULL);
    if (!s || !str_eq(st_attr(t, "sid"), s->sid))
        return "item-not-found";
    if (used || st_child(t, "candidate-error", NULL)) {
        struct candidate *c = used ? ours_by_cid(s, st_attr(used, "cid")) : NULL;
        if (s->heard || (used && !c))
            return s->heard ? "unexpected-request" : "item-not-found";
        s->heard = true;
        s->used = c;
    } else if (activated) {
        if (!s->settled || !s->chosen || s->chosen != s->reached || !s->conn)
            return "unexpected-request";
        begin(j);
    } else if (st_child(t, "proxy-error", NULL)) {
        if (!s->settled)
            return "unexpected-request";
        jingle_fall_back(j);
    } /* later candidates: the first ones do */
    return NULL;
}
