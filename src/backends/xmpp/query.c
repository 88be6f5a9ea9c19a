/* backends/xmpp/query.c - small questions of others: version, time, ping (XEP-0092, 0202, 0199) */
#include <stdio.h>
#include <time.h>

#include "backends/xmpp/feature.h"
#include "base/clock.h"
#include "base/mem.h"

static void answer_version(struct x *x, xmpp_stanza_t *iq)
{
    xmpp_stanza_t *q = st_new(x_ctx(x), "query", NS_VERSION);
    st_add_child_text(q, "name", NULL, "kith");
    st_add_child_text(q, "version", NULL, KITH_VERSION);
    x_iq_reply(x, iq, q);
}

static void answer_time(struct x *x, xmpp_stanza_t *iq)
{
    char utc[40], zone[16], tzo[16];
    int64_t now = x_host(x)->wall_ms();
    clock_format_iso(utc, sizeof utc, now);
    if (clock_format(zone, sizeof zone, "%z", now) == 5) /* "+0130" */
        snprintf(tzo, sizeof tzo, "%.3s:%.2s", zone, zone + 3);
    else
        snprintf(tzo, sizeof tzo, "Z");
    xmpp_stanza_t *t = st_new(x_ctx(x), "time", NS_TIME);
    st_add_child_text(t, "tzo", NULL, tzo);
    st_add_child_text(t, "utc", NULL, utc);
    x_iq_reply(x, iq, t);
}

/* XEP-0012 §4, for those who want it told. */
static bool answer_last(struct x *x, xmpp_stanza_t *iq)
{
    char seconds[24];
    int64_t n = presence_idle_seconds(x);
    if (n < 0)
        return false;
    snprintf(seconds, sizeof seconds, "%lld", (long long)n);
    xmpp_stanza_t *q = st_new(x_ctx(x), "query", NS_LAST);
    st_set(q, "seconds", seconds);
    x_iq_reply(x, iq, q);
    return true;
}

/* Nothing about the user is told to strangers (SECURITY: version, time); the server may always
 * ping. */
static bool query_iq(struct x *x, xmpp_stanza_t *st)
{
    if (!str_eq(st_attr(st, "type"), "get") || !roster_may_ask(x, st_attr(st, "from")))
        return false;
    if (st_child(st, "ping", NS_PING))
        x_iq_reply(x, st, NULL);
    else if (st_child(st, "query", NS_VERSION))
        answer_version(x, st);
    else if (st_child(st, "time", NS_TIME))
        answer_time(x, st);
    else
        return st_child(st, "query", NS_LAST) && answer_last(x, st);
    return true;
}

static const char *const query_vars[] = {NS_PING, NS_VERSION, NS_TIME, NULL};
const struct feature feature_query = {
    .name = "query",
    .disco = query_vars,
    .iq = query_iq,
};
