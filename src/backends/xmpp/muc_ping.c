/* backends/xmpp/muc_ping.c - is a silent room still there, and are we still in it? (XEP-0410) */
#include <stdlib.h>

#include "backends/xmpp/muc.h"
#include "base/mem.h"

enum {
    SILENCE_MS = 15 * 60 * 1000,
    AGAIN_MS = 2 * 60 * 1000 /* after one without an answer */
};

int64_t muc_ping_due(const struct muc_room *r)
{
    return r->heard_ms + SILENCE_MS;
}

/* §3.1: which answers mean that we are in it, which say nothing, and the rest. */
static void on_pong(struct x *x, xmpp_stanza_t *reply, void *user)
{
    static const char *const in[] = {"service-unavailable", "feature-not-implemented", "item-not-found"},
                            *const unknown[] = {"remote-server-not-found", "remote-server-timeout"};
    char *address = user;
    struct muc_room *r = x_state(x, "muc") ? muc_find(x, address) : NULL;
    free(address);
    if (!r || !r->pinging || r->stage != MUC_IN)
        return;
    const char *cond = reply ? muc_condition(reply) : "";
    bool there = iq_is_result(reply), silent = !reply;
    for (size_t i = 0; i < COUNT(in); i++)
        there = there || str_eq(cond, in[i]);
    for (size_t i = 0; i < COUNT(unknown); i++)
        silent = silent || str_eq(cond, unknown[i]);
    r->pinging = false;
    if (!x_online(x))
        return;
    r->heard_ms = x_host(x)->mono_ms() - (silent ? SILENCE_MS - AGAIN_MS : 0);
    if (there || silent)
        muc_due(x, muc_ping_due(r));
    else
        muc_rejoin(x, r);
}

void muc_ping(struct x *x, struct muc_room *r)
{
    if (r->nick_req)
        return; /* which nick is ours is not clear (§4) */
    char *own = muc_occupant(r, r->nick);
    r->pinging = true;
    x_iq(x, iq_new(x, "get", own, "ping", NS_PING, NULL), on_pong, xstrdup(r->address));
    free(own);
}
