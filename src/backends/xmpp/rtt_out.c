/* backends/xmpp/rtt_out.c - real-time text (XEP-0301): what we write, told while we write it to those who may see it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/rtt.h"
#include "base/mem.h"
#include "base/rand.h"

#define NS_TRAFFIC "http://jabber.org/protocol/muc#traffic"

enum {
    EACH_MS = 700,       /* §4.5 */
    WHOLE_MS = 10 * 1000, /* §4.7.3: all of it again, while it is being written */
    ACTIONS_MAX = 60,    /* more at once: the whole instead (§6.4.4) */
    SEQ_START = 1 << 20
};

void rtt_out_drop(struct rtt_out *o)
{
    if (o->pending)
        xmpp_stanza_release(o->pending);
    o->pending = NULL;
    o->n_pending = 0;
    o->started = false;
    rtt_text_free(&o->text);
}

void rtt_out_free(void *p)
{
    rtt_out_drop(p);
    free(p);
}

void rtt_out_stop(struct x *x)
{
    struct rtt *r = x_state(x, "rtt");
    if (r->timer)
        x_host(x)->timer_del(r->timer);
    r->timer = 0;
}

/* ---- who may see it ---- */

static void on_traffic(struct x *x, xmpp_stanza_t *reply, void *user)
{
    char *room = user;
    struct rtt_out *o = reply && x_state(x, "rtt") ? rtt_out_of(x, room) : NULL;
    bool listed = !iq_is_result(reply); /* a room without such a list lets all through */
    EACH_CHILD(c, iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL)
        listed = listed || (is_elem(c, "feature", NULL) && str_eq(st_attr(c, "var"), NS_RTT));
    if (o)
        o->room = listed ? RTT_ROOM_YES : RTT_ROOM_NO;
    free(room);
}

static bool room_lets(struct x *x, const char *room, struct rtt_out *o)
{
    if (!str_eq(x_option(x, "_typing"), "all") || jid_resource(room) || !muc_may_send(x, room))
        return false;
    if (o->room == RTT_ROOM_UNKNOWN) {
        xmpp_stanza_t *q;
        xmpp_stanza_t *iq = iq_new(x, "get", room, "query", NS_DISCO_INFO, &q);
        st_set(q, "node", NS_TRAFFIC);
        o->room = RTT_ROOM_ASKED;
        x_iq(x, iq, on_traffic, xstrdup(room));
    }
    return o->room == RTT_ROOM_YES;
}

static bool may(struct x *x, const char *chat, struct rtt_out *o)
{
    if (!x_online(x) || !rtt_wanted(x, chat) || jid_same_bare(chat, x_bare(x)) || !omemo_is_open(x, chat))
        return false; /* nothing encrypts live text */
    if (muc_is_room(x, chat))
        return room_lets(x, chat, o);
    return !o->cancelled && roster_may_tell(x, "_typing", chat) && !blocking_has(x, chat) &&
           (o->knows || presence_supports(x, chat, NS_RTT));
}

/* ---- sending ---- */

static xmpp_stanza_t *stanza_to(struct x *x, const char *chat, const char *event, xmpp_stanza_t **rtt)
{
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    st_set(m, "to", chat);
    st_set(m, "type", "chat");
    muc_address(x, m, chat);
    *rtt = st_add(m, "rtt", NS_RTT);
    st_set(*rtt, "event", event);
    st_add(m, "no-store", NS_HINTS);
    st_add(m, "no-copy", NS_HINTS);
    return m;
}

static void tell_user(struct x *x, const char *chat, struct rtt_out *o)
{
    if (!o->told)
        x_notice(x, KITH_INFO, chat, "What you write here is seen while you write it. /live off ends that.");
    o->told = true;
}

static void flush(struct x *x, const char *chat, struct rtt_out *o)
{
    int64_t now = x_host(x)->mono_ms();
    bool whole = o->n_pending > ACTIONS_MAX || (o->started && now - o->reset_ms >= WHOLE_MS);
    const char *event = !o->started ? "new" : whole ? "reset" : NULL;
    char seq[16];
    xmpp_stanza_t *rtt, *m;
    if (!o->pending)
        return;
    m = stanza_to(x, chat, event, &rtt);
    o->seq = event ? rand_below(SEQ_START) : o->seq + 1;
    o->reset_ms = event ? now : o->reset_ms;
    snprintf(seq, sizeof seq, "%u", o->seq);
    st_set(rtt, "seq", seq);
    if (whole)
        rtt_whole(&o->text, rtt);
    EACH_CHILD(c, whole ? NULL : o->pending) {
        xmpp_stanza_t *copy = xmpp_stanza_copy(c);
        xmpp_stanza_add_child(rtt, copy);
        xmpp_stanza_release(copy);
    }
    xmpp_stanza_release(o->pending);
    o->pending = NULL;
    o->n_pending = 0;
    o->started = true;
    x_send(x, m);
    tell_user(x, chat, o);
}

static void on_due(void *user)
{
    struct x *x = user;
    struct rtt *r = x_state(x, "rtt");
    r->timer = 0;
    for (struct map_entry *e = NULL; (e = map_next(&r->out, e));) {
        if (may(x, e->key, e->value)) /* it may have been encrypted since */
            flush(x, e->key, e->value);
        else
            rtt_out_drop(e->value);
    }
}

/* §6.2: the time between two edits, for those who show them as they were made. */
static void add_wait(struct rtt_out *o, int64_t ms)
{
    char n[24];
    if (o->n_pending == 0 || ms <= 0)
        return;
    snprintf(n, sizeof n, "%lld", (long long)MIN(ms, EACH_MS));
    st_set(st_add(o->pending, "w", NULL), "n", n);
}

static void follow(struct x *x, struct rtt_out *o, const char *text)
{
    int64_t now = x_host(x)->mono_ms();
    if (str_eq(o->text.s ? o->text.s : "", text))
        return;
    if (!o->pending)
        o->pending = st_new(x_ctx(x), "rtt", NS_RTT);
    add_wait(o, now - o->edit_ms);
    o->n_pending += rtt_follow(&o->text, text, o->pending);
    o->edit_ms = now;
    if (o->n_pending == 0) { /* only what is behind the longest text that is told has changed */
        xmpp_stanza_release(o->pending);
        o->pending = NULL;
    }
}

void rtt_typed(struct x *x, const char *chat, uint32_t state, const char *live)
{
    struct rtt *r = x_state(x, "rtt");
    bool idle = state == KITH_TYPING_NONE || state == KITH_TYPING_GONE;
    struct rtt_out *o = live || map_get(&r->out, chat) ? rtt_out_of(x, chat) : NULL;
    if (!o)
        return;
    if (!may(x, chat, o)) {
        rtt_out_drop(o);
        return;
    }
    if (idle && o->started)
        follow(x, o, "");
    else if (!idle && live)
        follow(x, o, live);
    if (idle) {
        flush(x, chat, o);
        rtt_out_drop(o);
    } else if (o->pending && !r->timer) {
        r->timer = x_host(x)->timer_add(EACH_MS, on_due, x);
    }
}

void rtt_sent(struct x *x, const char *chat)
{
    struct rtt *r = x_state(x, "rtt");
    struct rtt_out *o = map_get(&r->out, chat);
    if (o)
        rtt_out_drop(o);
}

/* §5.1: only to people who may know that we write at all. In rooms each one decides alone. */
void rtt_switch(struct x *x, const char *chat, bool on)
{
    struct rtt_out *o = rtt_out_of(x, chat);
    xmpp_stanza_t *rtt;
    if (!o)
        return;
    bool known = o->knows || presence_supports(x, chat, NS_RTT);
    rtt_out_drop(o);
    o->cancelled = o->told = false;
    if (x_online(x) && !muc_is_room(x, chat) && omemo_is_open(x, chat) && roster_may_tell(x, "_typing", chat) && (on || known))
        x_send(x, stanza_to(x, chat, on ? "init" : "cancel", &rtt));
}
