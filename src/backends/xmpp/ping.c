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
};

/* What knows no pings answers all the same (§3.1: whoever does not support it returns an error). */
static bool answers(xmpp_stanza_t *reply)
{
    const char *condition = reply ? muc_condition(reply) : "";
    return iq_is_result(reply) || str_eq(condition, "service-unavailable") || str_eq(condition, "feature-not-implemented");
}

static void on_pong(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct ping *p = user;
    struct err e = {0};
    int ms = (int)(x_host(x)->mono_ms() - p->sent_ms);
    if (reply && !answers(reply))
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

static void ping_one(const char *to, void *user)
{
    struct pinging *w = user;
    if (w->n++ >= DEVICES_MAX)
        return;
    struct ping *p = xcalloc(1, sizeof *p);
    *p = (struct ping){w->chat ? xstrdup(w->chat) : NULL, xstrdup(to), x_host(w->x)->mono_ms()};
    x_iq(w->x, iq_new(w->x, "get", to, "ping", NS_PING, NULL), on_pong, p);
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
        presence_each(x, to, ping_one, &w); /* a bare address is answered by its server, which says nothing of the person */
    else
        ping_one(to, &w);
    if (w.n == 0)
        x_reply_err(x, req, KITH_ENOTFOUND, "No device of theirs can be seen: who is offline, or does not let you see it, cannot be asked.");
    else
        x_reply_ok(x, req, NULL);
    free(to);
    return KITH_OK;
}
