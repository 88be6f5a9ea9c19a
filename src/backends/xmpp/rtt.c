/* backends/xmpp/rtt.c - real-time text (XEP-0301): what others write is seen while they write it, where the user wants that */
#include "backends/xmpp/rtt.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum {
    PEOPLE_MAX = 200,   /* whose texts are followed */
    OWN_MAX = 200,      /* chats with a wish of their own, */
    OWN_BYTES = 64 << 10, /* and what is kept of them */
    WAIT_LEAST_MS = 50, /* shorter waits are left out: nobody sees them */
    WAIT_MOST_MS = 700  /* of one stanza: the next one is there by then (§6.1) */
};

/* ---- where it is switched on ---- */

static void own_set(struct rtt *r, const char *chat, bool on)
{
    bool *own = map_get(&r->own, chat);
    if (!own && r->own.n >= OWN_MAX)
        return;
    if (!own) {
        own = xcalloc(1, sizeof *own);
        map_set(&r->own, chat, own);
    }
    *own = on;
}

static void own_load(struct x *x, struct rtt *r)
{
    char *text = xcalloc(1, OWN_BYTES + 1);
    if (x_host(x)->state_get(x_account(x), "rtt", text, OWN_BYTES) > OWN_BYTES)
        *text = '\0';
    for (char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        if (*line == '+' || *line == '-')
            own_set(r, line + 1, *line == '+');
    }
    free(text);
}

static void own_save(struct x *x, struct rtt *r)
{
    struct buf b = {0};
    for (struct map_entry *e = NULL; (e = map_next(&r->own, e));)
        buf_addf(&b, "%c%s\n", *(bool *)e->value ? '+' : '-', e->key);
    x_host(x)->state_set(x_account(x), "rtt", b.data, b.len);
    buf_free(&b);
}

bool rtt_wanted(struct x *x, const char *chat)
{
    struct rtt *r = x_state(x, "rtt");
    const char *opt = x_option(x, "live");
    const bool *own = map_get(&r->own, chat);
    if (own)
        return *own;
    return str_eq(opt, "all") || (str_eq(opt, "chats") && !muc_is_room(x, chat));
}

bool rtt_anywhere(const struct x *x)
{
    struct rtt *r = x_state(x, "rtt");
    const char *opt = x_option(x, "live");
    if (str_eq(opt, "all") || str_eq(opt, "chats"))
        return true;
    for (struct map_entry *e = NULL; r && (e = map_next(&r->own, e));)
        if (*(bool *)e->value)
            return true;
    return false;
}

struct rtt_out *rtt_out_of(struct x *x, const char *chat)
{
    struct rtt *r = x_state(x, "rtt");
    struct rtt_out *o = map_get(&r->out, chat);
    if (o || r->out.n >= PEOPLE_MAX)
        return o;
    o = xcalloc(1, sizeof *o);
    map_set(&r->out, chat, o);
    return o;
}

static int say_how(struct x *x, const char *chat, kith_req req, bool on)
{
    x_reply_ok(x, req, on && !omemo_is_open(x, chat) ? "Live text is on in this chat, but nothing of it is sent while the chat is encrypted: live "
                                                       "text cannot be. /live off ends it."
                       : on ? "Live text is on in this chat: each letter is seen while it is written. /live off ends it."
                          : "Live text is off in this chat. /live on begins it.");
    return KITH_OK;
}

int rtt_command(struct x *x, const char *chat, const char *word, kith_req req)
{
    struct rtt *r = x_state(x, "rtt");
    char *key = !chat ? NULL : muc_is_room(x, chat) ? jid_normal(chat) : jid_bare(chat);
    bool on = str_eq(word, "on"), before = key && rtt_wanted(x, key), any = rtt_anywhere(x);
    int rc = KITH_OK;
    if (!key || jid_same_bare(key, x_bare(x)) || (muc_is_room(x, key) && jid_resource(key))) {
        x_reply_err(x, req, KITH_EINVAL, "Live text is for chats with people, and for rooms.");
    } else if (!word) {
        rc = say_how(x, key, req, before);
    } else if (!on && !str_eq(word, "off")) {
        x_reply_err(x, req, KITH_EINVAL, "/live on or /live off; alone it says how it is.");
    } else if (!map_get(&r->own, key) && r->own.n >= OWN_MAX) {
        x_reply_err(x, req, KITH_ELIMIT, "There are too many chats with a wish of their own; set the account's option live.");
    } else {
        own_set(r, key, on);
        own_save(x, r);
        if (on != before)
            rtt_switch(x, key, on);
        if (any != rtt_anywhere(x)) {
            sync_caps(x);
            presence_again(x); /* what we can do has changed */
        }
        rc = say_how(x, key, req, on);
    }
    free(key);
    return rc;
}

/* ---- what others write ---- */

static void in_free(void *p)
{
    struct rtt_in *in = p;
    if (in->timer)
        x_host(in->x)->timer_del(in->timer);
    if (in->rest)
        xmpp_stanza_release(in->rest);
    rtt_text_free(&in->text);
    free(in->chat);
    free(in->who);
    free(in);
}

static struct rtt_in *in_of(struct x *x, const char *chat, const char *who)
{
    struct rtt *r = x_state(x, "rtt");
    struct rtt_in *in = map_get(&r->in, who);
    if (in || r->in.n >= PEOPLE_MAX)
        return in;
    in = xcalloc(1, sizeof *in);
    *in = (struct rtt_in){.x = x, .chat = xstrdup(chat), .who = xstrdup(who)};
    map_set(&r->in, who, in);
    return in;
}

static void drop(struct x *x, const char *who)
{
    struct rtt *r = x_state(x, "rtt");
    struct rtt_in *in = map_get(&r->in, who);
    map_del(&r->in, who);
    if (in)
        in_free(in);
}

static void emit(struct x *x, const char *chat, const char *who, const char *text)
{
    struct kith_ev_typing ev = EV_INIT(KITH_EV_TYPING, kith_ev_typing);
    ev.chat = chat;
    ev.who = who;
    ev.live = str_empty(text) ? NULL : text;
    ev.state = ev.live ? KITH_TYPING_ACTIVE : chatstates_of(x, chat);
    x_emit(x, &ev.ev);
}

const char *rtt_live(const struct x *x, const char *who)
{
    const struct rtt *r = x_state(x, "rtt");
    const struct rtt_in *in = r ? map_get(&r->in, who) : NULL;
    return in && in->text.len ? in->text.s : NULL;
}

static void finish(struct rtt_in *in)
{
    if (in->timer)
        x_host(in->x)->timer_del(in->timer);
    in->timer = 0;
    if (in->rest)
        xmpp_stanza_release(in->rest);
    in->rest = in->next = NULL;
}

/* How long <w/> waits; 0: not at all. */
static int64_t wait_of(struct rtt_in *in, xmpp_stanza_t *st)
{
    int64_t ms = 0;
    const char *n = st_attr(st, "n");
    if (!is_elem(st, "w", NULL) || !n || !str_int(n, 0, INT32_MAX, &ms))
        return 0;
    ms = MIN(ms, in->waits);
    in->waits -= ms;
    return ms >= WAIT_LEAST_MS ? ms : 0;
}

static void on_time(void *user);

/* Does what is left of the stanza, up to the next wait; all of it where `at_once`. */
static void play(struct rtt_in *in, bool at_once)
{
    int64_t wait = 0;
    bool fits = true;
    for (; in->next && !wait && fits; in->next = xmpp_stanza_get_next(in->next)) {
        if (xmpp_stanza_is_tag(in->next)) {
            fits = rtt_apply(&in->text, in->next);
            wait = at_once ? 0 : wait_of(in, in->next);
        }
    }
    if (!fits)
        in->synced = false; /* until the next time that all of it comes (§4.7.2) */
    if (!fits || !in->next)
        finish(in);
    else
        in->timer = x_host(in->x)->timer_add(wait, on_time, in);
}

static void on_time(void *user)
{
    struct rtt_in *in = user;
    in->timer = 0;
    play(in, false);
    emit(in->x, in->chat, in->who, in->text.s);
}

static void take_actions(struct x *x, struct rtt_in *in, xmpp_stanza_t *rtt)
{
    in->rest = xmpp_stanza_copy(rtt); /* st itself is gone after this call */
    in->next = in->rest ? xmpp_stanza_get_children(in->rest) : NULL;
    in->waits = WAIT_MOST_MS;
    play(in, false);
    emit(x, in->chat, in->who, in->text.s);
}

/* §4.2.2, §4.7: seq follows without a gap, or what comes waits for the next whole text. */
static void take_text(struct x *x, xmpp_stanza_t *rtt, const char *event, const char *chat, const char *who)
{
    const char *seq = st_attr(rtt, "seq");
    bool begin = str_eq(event, "new") || str_eq(event, "reset");
    int64_t n = 0;
    struct rtt_in *in = in_of(x, chat, who);
    if (!in || !seq || !str_int(seq, 0, INT32_MAX, &n) || (!begin && event && !str_eq(event, "edit")))
        return;
    play(in, true); /* what had time has no more */
    if (begin) {
        rtt_text_free(&in->text);
        in->synced = true;
    } else if (!in->synced || n != in->seq + 1) {
        in->synced = false;
        return;
    }
    in->seq = n;
    take_actions(x, in, rtt);
}

static void take(struct x *x, xmpp_stanza_t *rtt, const char *chat, const char *who)
{
    const char *event = st_attr(rtt, "event");
    bool room = muc_is_room(x, chat), cancel = str_eq(event, "cancel");
    struct rtt_out *o = room ? NULL : rtt_out_of(x, chat);
    if (o) {
        o->knows = true;
        o->cancelled = cancel || (o->cancelled && !str_eq(event, "init"));
    }
    if (o && o->cancelled)
        rtt_out_drop(o);
    if (cancel) {
        bool shown = rtt_live(x, who) != NULL;
        drop(x, who);
        if (shown)
            emit(x, chat, who, NULL);
    } else if (!str_eq(event, "init")) {
        take_text(x, rtt, event, chat, who);
    }
}

/* Most messages have nothing to do with it: they cost next to nothing. */
static bool concerns(const struct x *x, xmpp_stanza_t *rtt)
{
    const struct rtt *r = x_state(x, "rtt");
    return rtt || r->in.n > 0;
}

/* §4.4: a body is what it has come to. True: a text that was shown is over. */
static bool over(struct x *x, xmpp_stanza_t *st, const char *who)
{
    bool body = st_child(st, "body", NS_CLIENT) != NULL;
    if (body)
        drop(x, who);
    return body;
}

void rtt_take(struct x *x, xmpp_stanza_t *st, const struct im_ends *e)
{
    xmpp_stanza_t *rtt = st_child(st, "rtt", NS_RTT);
    if (!concerns(x, rtt) || e->out || e->room || over(x, st, e->chat) || !rtt)
        return;
    if (roster_has(x, e->chat) && !st_child(st, "delay", NS_DELAY) && rtt_wanted(x, e->chat))
        take(x, rtt, e->chat, e->chat);
}

void rtt_in_room(struct x *x, xmpp_stanza_t *st, const char *room, const char *who)
{
    xmpp_stanza_t *rtt = st_child(st, "rtt", NS_RTT);
    if (concerns(x, rtt) && !over(x, st, who) && rtt && rtt_wanted(x, room))
        take(x, rtt, room, who);
}

/* ---- life ---- */

static void rtt_attach(struct x *x)
{
    struct rtt *r = xcalloc(1, sizeof *r);
    x_set_state(x, "rtt", r);
    own_load(x, r);
}

static void rtt_online(struct x *x, bool resumed)
{
    struct rtt *r = x_state(x, "rtt");
    if (resumed)
        return;
    map_free(&r->in, in_free);
    map_free(&r->out, rtt_out_free);
}

static void rtt_offline(struct x *x)
{
    struct rtt *r = x_state(x, "rtt");
    for (struct map_entry *e = NULL; (e = map_next(&r->out, e));)
        rtt_out_drop(e->value);
    rtt_out_stop(x);
}

static void rtt_detach(struct x *x)
{
    struct rtt *r = x_state(x, "rtt");
    rtt_out_stop(x);
    map_free(&r->in, in_free);
    map_free(&r->out, rtt_out_free);
    map_free(&r->own, free);
    free(r);
    x_set_state(x, "rtt", NULL);
}

static const char *const rtt_vars[] = {NS_RTT, NULL};
const struct feature feature_rtt = {
    .name = "rtt",
    .disco = rtt_vars,
    .announced = rtt_anywhere,
    .attach = rtt_attach,
    .online = rtt_online,
    .offline = rtt_offline,
    .detach = rtt_detach,
};
