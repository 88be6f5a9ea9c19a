/* backends/xmpp/call.c - calls: they ring and can be declined, but not be taken here (XEP-0353) */
#include "backends/xmpp/call.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/jingle.h"
#include "base/mem.h"
#include "base/rand.h"

#define NS_CALL "urn:xmpp:jingle-message:0"
enum { CALLS_MAX = 8 /* that ring at a time */, RING_MS = 3 * 60 * 1000, LINE_MS = 10 * 1000 };

struct call {
    struct x *x;
    char *id, *peer, *chat; /* peer: full address */
    uint64_t ask;
    int timer;
};
struct calls {
    struct map ringing; /* by id */
    int64_t line_ms;    /* when a line was last written for a call that did not ring first */
};

static void call_free(void *p)
{
    struct call *c = p;
    if (c->timer)
        x_host(c->x)->timer_del(c->timer);
    free(c->id);
    free(c->peer);
    free(c->chat);
    free(c);
}

/* ---- words ---- */

static const char *kind_of(xmpp_stanza_t *parent)
{
    bool video = false;
    EACH_CHILD (c, parent) {
        xmpp_stanza_t *d = is_elem(c, "content", NULL) ? st_child(c, "description", NS_JINGLE_RTP) : c;
        video = video || (is_elem(d, "description", NS_JINGLE_RTP) && str_eq(st_attr(d, "media"), "video"));
    }
    return video ? "video call" : "voice call";
}

char *call_words(xmpp_stanza_t *message, bool out)
{
    static const struct {
        const char *name, *in, *out;
    } words[] = {
        {"retract", "hung up before anybody answered: a missed call.", "hung up before anybody answered."},
        {"reject", "does not take the call.", "declined the call."},
        {"proceed", "took the call.", "took the call on another device."},
        {"finish", "left the call.", NULL},
    };
    xmpp_stanza_t *call = st_child(message, NULL, NS_CALL);
    const char *name = call ? xmpp_stanza_get_name(call) : NULL;
    if (!name || !id_attr(call, "id") || !str_eq(st_attr(message, "type"), "chat"))
        return NULL;
    if (strcmp(name, "propose") == 0)
        return xasprintf(out ? "calls from another device (%s)." : "calls (%s).", kind_of(call));
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(name, words[i].name) == 0)
            return xstrdup(out ? words[i].out : words[i].in);
    return NULL;
}

/* ---- ringing ---- */

bool call_rings(const struct x *x, xmpp_stanza_t *message, const struct im_from *how, const struct im_ends *e)
{
    xmpp_stanza_t *call = st_child(message, "propose", NS_CALL);
    return call && id_attr(call, "id") && str_eq(st_attr(message, "type"), "chat") && how->source == IM_LIVE && !e->out && !e->room && roster_has(x, e->chat) &&
           !blocking_has(x, e->chat) && !st_child(message, "delay", NS_DELAY);
}

static xmpp_stanza_t *message_to(struct x *x, const struct call *c, const char *name)
{
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    st_set(m, "to", c->peer);
    st_set(m, "type", "chat");
    st_set(st_add(m, name, NS_CALL), "id", c->id);
    st_add(m, "store", NS_HINTS);
    return m;
}

static void over(struct x *x, const char *id)
{
    struct calls *all = x_state(x, "call");
    struct call *c = id ? map_del(&all->ringing, id) : NULL;
    if (!c)
        return;
    x_ask_gone(x, c->ask);
    call_free(c);
}

/* XEP-0353 §3.5. The server brings it to our other devices, which stop ringing. */
static void decline(struct x *x, const struct call *c)
{
    char id[23];
    rand_id(id);
    xmpp_stanza_t *m = message_to(x, c, "reject");
    xmpp_stanza_t *reason = st_add(st_child(m, "reject", NULL), "reason", NS_JINGLE);
    st_set(m, "id", id);
    st_add(reason, "busy", NULL);
    st_set(st_add(m, "origin-id", NS_SID), "id", id);
    x_send(x, m);
    struct kith_ev_message ev = EV_INIT(KITH_EV_MESSAGE, kith_ev_message);
    ev.chat = c->chat;
    ev.sender = x_bare(x);
    ev.id = ev.origin_id = id;
    ev.body = "declined the call.";
    ev.flags = KITH_MSG_ACTION | KITH_MSG_OUTGOING;
    x_emit(x, &ev.ev);
}

static void on_answer(struct x *x, const struct kith_answer *a, void *user)
{
    struct calls *all = x_state(x, "call");
    struct call *c = user;
    if (str_eq(a->choice, "decline"))
        decline(x, c);
    map_del(&all->ringing, c->id);
    call_free(c);
}

static void on_time(void *user)
{
    struct call *c = user;
    c->timer = 0;
    over(c->x, c->id);
}

static void ask(struct x *x, struct call *c, const char *kind)
{
    static const struct kith_choice choices[] = {
        {.size = sizeof choices[0], .flags = KITH_CHOICE_DEFAULT, .id = "ring", .label = "Let it ring"},
        {.size = sizeof choices[0], .id = "decline", .label = "Decline it on all devices"}};
    char *title = xasprintf("%s calls", c->chat);
    char *text = xasprintf("It is a %s. Calls cannot be taken here: answer it on another device, or decline it.", kind);
    struct kith_ev_ask ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ASK}, .kind = KITH_ASK_CONFIRM, .subject = c->chat,
                             .title = title, .text = text, .choices = choices, .n_choices = COUNT(choices)};
    x_ask(x, &ev, on_answer, c);
    c->ask = ev.ask;
    free(title);
    free(text);
}

/* §3.2: that it rings here is said only to those who see our presence anyway. */
static void ring(struct x *x, xmpp_stanza_t *propose, const struct im_ends *e)
{
    struct calls *all = x_state(x, "call");
    const char *id = id_attr(propose, "id");
    if (map_get(&all->ringing, id) || all->ringing.n >= CALLS_MAX)
        return;
    struct call *c = xcalloc(1, sizeof *c);
    *c = (struct call){.x = x, .id = xstrdup(id), .peer = xstrdup(e->from), .chat = xstrdup(e->chat)};
    map_set(&all->ringing, id, c);
    c->timer = x_host(x)->timer_add(RING_MS, on_time, c);
    if (roster_sees_us(x, e->chat))
        x_send(x, message_to(x, c, "ringing"));
    ask(x, c, kind_of(propose));
}

/* It ends by who began it, or by another device of ours. */
void call_take(struct x *x, xmpp_stanza_t *message, const struct im_from *how, const struct im_ends *e)
{
    struct calls *all = x_state(x, "call");
    xmpp_stanza_t *call = how->source == IM_ARCHIVE ? NULL : st_child(message, NULL, NS_CALL);
    const char *name = call ? xmpp_stanza_get_name(call) : NULL, *id = id_attr(call, "id");
    if (!name || !id || !str_eq(st_attr(message, "type"), "chat"))
        return;
    const struct call *c = map_get(&all->ringing, id);
    bool ends = e->out ? str_eq(name, "proceed") || str_eq(name, "reject") || str_eq(name, "accept") || str_eq(name, "finish")
                       : str_eq(name, "retract") || str_eq(name, "finish");
    if (call_rings(x, message, how, e))
        ring(x, call, e);
    else if (c && ends && (e->out || str_eq(c->chat, e->chat)))
        over(x, id);
}

/* ---- those that do not ring first (XEP-0167 §6) ---- */

static void decline_session(struct x *x, const char *to, const char *sid)
{
    xmpp_stanza_t *jingle, *iq = iq_new(x, "set", to, "jingle", NS_JINGLE, &jingle);
    st_set(jingle, "action", "session-terminate");
    st_set(jingle, "sid", sid);
    st_add(st_add(jingle, "reason", NULL), "decline", NULL);
    st_set(iq, "id", sid);
    x_send(x, iq); /* whatever they answer */
}

bool call_initiated(struct x *x, xmpp_stanza_t *iq, const char *from, xmpp_stanza_t *jingle)
{
    struct calls *all = x_state(x, "call");
    const char *sid = st_attr(jingle, "sid");
    int64_t now = x_host(x)->mono_ms();
    if (!st_child(st_child(jingle, "content", NS_JINGLE), "description", NS_JINGLE_RTP))
        return false;
    x_iq_reply(x, iq, NULL);
    decline_session(x, from, sid);
    char *chat = jid_bare(from);
    if (chat && !map_get(&all->ringing, sid) && (!all->line_ms || now - all->line_ms >= LINE_MS)) {
        all->line_ms = now;
        char *text = xasprintf("calls (%s): it was declined, because calls cannot be taken here.", kind_of(jingle));
        struct kith_ev_message ev = EV_INIT(KITH_EV_MESSAGE, kith_ev_message);
        ev.chat = ev.sender = chat;
        ev.resource = jid_resource(from);
        ev.body = text;
        ev.flags = KITH_MSG_ACTION | KITH_MSG_MENTION;
        x_emit(x, &ev.ev);
        free(text);
    }
    free(chat);
    return true;
}

/* ---- life ---- */

static void call_attach(struct x *x)
{
    x_set_state(x, "call", xcalloc(1, sizeof(struct calls)));
}

static void call_online(struct x *x, bool resumed)
{
    struct calls *all = x_state(x, "call");
    struct map_entry *e;
    while (!resumed && (e = map_next(&all->ringing, NULL)))
        over(x, ((struct call *)e->value)->id);
}

static void call_detach(struct x *x)
{
    struct calls *all = x_state(x, "call");
    map_free(&all->ringing, call_free);
    free(all);
    x_set_state(x, "call", NULL);
}

const struct feature feature_call = {
    .name = "call", .attach = call_attach, .online = call_online, .detach = call_detach};
