/* backends/xmpp/ping.c - /ping: is a server, a device or somebody in a room there, and how far away (XEP-0199) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/muc.h"
#include "base/mem.h"

enum { DEVICES_MAX = 8 };

struct ping {
    char *chat; /* where the answer is told; NULL: with no chat */
    char *to;
    int64_t sent_ms; /* monotonic */
    bool there;      /* as far as can be seen */
};

/* What knows no pings answers all the same (§3.1: whoever does not support it returns an error). But so does the server of a
 * device that is not there (RFC 6121 §8.5.3.2.3). */
static bool answers(const struct ping *p, xmpp_stanza_t *reply)
{
    const char *condition = reply ? muc_condition(reply) : "";
    return iq_is_result(reply) || (p->there && str_eq(condition, "service-unavailable")) || str_eq(condition, "feature-not-implemented");
}

static void on_pong(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct ping *p = user;
    struct err e = {0};
    int ms = (int)(x_host(x)->mono_ms() - p->sent_ms);
    if (reply && !answers(p, reply))
        st_error(reply, &e);
    if (!reply)
        x_notice(x, KITH_WARN, p->chat, "%s did not answer.", p->to);
    else if (e.code)
        x_notice(x, KITH_WARN, p->chat, "%s cannot be reached: %s", p->to, e.text);
    else
        x_notice(x, KITH_INFO, p->chat, "%s answered in %d.%03d s.", p->to, ms / 1000, ms % 1000);
    free(p->chat);
    free(p->to);
    free(p);
}

struct pinging {
    struct x *x;
    const char *chat;
    unsigned n;
};

static void ping_one(struct pinging *w, const char *to, bool there)
{
    if (w->n++ >= DEVICES_MAX)
        return;
    struct ping *p = xcalloc(1, sizeof *p);
    *p = (struct ping){w->chat ? xstrdup(w->chat) : NULL, xstrdup(to), x_host(w->x)->mono_ms(), there};
    x_iq(w->x, iq_new(w->x, "get", to, "ping", NS_PING, NULL), on_pong, p);
}

static void ping_device(const char *full, void *user)
{
    ping_one(user, full, true);
}

struct seeing {
    const char *full;
    bool seen;
};

static void see_device(const char *full, void *user)
{
    struct seeing *s = user;
    s->seen = s->seen || str_eq(full, s->full);
}

static bool can_be_seen(const struct x *x, const char *to)
{
    struct seeing s = {to, !jid_resource(to) || muc_is_room(x, to)};
    char *bare = jid_bare(to);
    if (bare && !s.seen)
        presence_each(x, bare, see_device, &s);
    free(bare);
    return s.seen;
}

/* Who is meant; owned. NULL: that is nobody. */
static char *target(const struct x *x, const char *chat, const char *who)
{
    const struct muc_room *r = chat ? muc_find(x, chat) : NULL;
    if (str_empty(who))
        return xstrdup(chat && !r ? chat : x_domain(x));
    if (r && muc_member(r, who))
        return muc_occupant(r, who);
    return jid_resource(who) ? jid_normal(who) : jid_typed(who);
}

int ping_ask(struct x *x, const char *chat, const char *who, kith_req req)
{
    struct pinging w = {x, chat, 0};
    if (!x_online(x))
        return KITH_EOFFLINE;
    char *to = target(x, chat, who);
    if (!to) {
        x_reply_err(x, req, KITH_EINVAL, "Whom? /ping alone asks the server; else the address of a server or a person, or a nick of this room.");
        return KITH_OK;
    }
    if (strchr(to, '@') && !jid_resource(to))
        presence_each(x, to, ping_device, &w); /* a bare address is answered by its server, which says nothing of the person */
    else
        ping_one(&w, to, can_be_seen(x, to));
    if (w.n == 0)
        x_reply_err(x, req, KITH_ENOTFOUND, "No device of theirs can be seen: who is offline, or does not let you see it, cannot be asked.");
    else
        x_reply_ok(x, req, NULL);
    free(to);
    return KITH_OK;
}
