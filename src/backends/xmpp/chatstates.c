/* backends/xmpp/chatstates.c - who is typing (XEP-0085) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

enum { CHATS_MAX = 2000 };

struct states {      /* of one chat in this session */
    bool understood; /* they sent a chat state, so they know them (§5.1) */
    uint32_t theirs; /* enum kith_typing last told to the engine */
    uint32_t ours;   /* last sent: nothing is said twice (§6.3) */
};
struct chatstates {
    struct map chats;
};

static struct states *states_of(struct x *x, const char *chat)
{
    struct chatstates *all = x_state(x, "chatstates");
    struct states *s = map_get(&all->chats, chat);
    if (s || all->chats.n >= CHATS_MAX)
        return s;
    s = xcalloc(1, sizeof *s);
    map_set(&all->chats, chat, s);
    return s;
}

uint32_t chatstates_of(const struct x *x, const char *chat)
{
    struct chatstates *all = x_state(x, "chatstates");
    const struct states *s = all ? map_get(&all->chats, chat) : NULL;
    return s ? s->theirs : KITH_TYPING_NONE;
}

/* What somebody has written so far stays, unless they are gone. */
static void with_live(struct x *x, struct kith_ev_typing *ev)
{
    ev->live = ev->state == KITH_TYPING_GONE ? NULL : rtt_live(x, ev->who);
    if (ev->live && ev->state == KITH_TYPING_NONE)
        ev->state = KITH_TYPING_PAUSED;
}

static bool state_in(xmpp_stanza_t *st, uint32_t *state)
{
    static const struct {
        const char *name;
        uint32_t state;
    } names[] = {{"active", KITH_TYPING_NONE},
                 {"inactive", KITH_TYPING_NONE},
                 {"composing", KITH_TYPING_ACTIVE},
                 {"paused", KITH_TYPING_PAUSED},
                 {"gone", KITH_TYPING_GONE}};
    xmpp_stanza_t *c = st_child(st, NULL, NS_STATES);
    for (size_t i = 0; c && i < COUNT(names); i++)
        if (is_elem(c, names[i].name, NULL)) {
            *state = names[i].state;
            return true;
        }
    return false;
}

/* Strangers could fill the screen with people who seem to type: only contacts are heard. */
void chatstates_take(struct x *x, xmpp_stanza_t *st, const struct im_from *how,
                     const struct im_ends *e)
{
    uint32_t state = KITH_TYPING_NONE;
    bool body = st_child(st, "body", NS_CLIENT) != NULL;
    bool there = state_in(st, &state);
    if (e->out || !roster_has(x, e->chat) || (!there && !body) || st_child(st, "delay", NS_DELAY))
        return;
    struct states *s = states_of(x, e->chat);
    if (!s)
        return;
    s->understood = s->understood || there;
    if (body)
        state = KITH_TYPING_NONE; /* what was typed has arrived */
    if (s->theirs == state)
        return;
    s->theirs = state;
    struct kith_ev_typing ev = EV_INIT(KITH_EV_TYPING, kith_ev_typing);
    ev.chat = e->chat;
    ev.who = e->chat;
    ev.state = state;
    with_live(x, &ev);
    x_emit(x, &ev.ev);
}

/* Of somebody in a room: the host keeps who, and for how long. */
void chatstates_in_room(struct x *x, xmpp_stanza_t *st, const char *room, const char *who)
{
    struct kith_ev_typing ev = EV_INIT(KITH_EV_TYPING, kith_ev_typing);
    if (!state_in(st, &ev.state) || st_child(st, "body", NS_CLIENT))
        return; /* what was typed has arrived: the host knows that */
    ev.chat = room;
    ev.who = who;
    with_live(x, &ev);
    x_emit(x, &ev.ev);
}

void chatstates_sent(struct x *x, const char *chat)
{
    struct states *s = states_of(x, chat);
    if (s)
        s->ours = KITH_TYPING_NONE;
}

/* XEP-0085 §5.5: everybody there is told, so only who wants that; and never <gone/>. */
static int type_in_room(struct x *x, const char *room, const char *name)
{
    if (!str_eq(x_option(x, "_typing"), "all") || !muc_may_send(x, room) || str_eq(name, "gone"))
        return KITH_OK;
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    st_set(m, "to", room);
    st_set(m, "type", "chat");
    muc_address(x, m, room);
    st_add(m, name, NS_STATES);
    st_add(m, "no-store", NS_HINTS);
    x_send(x, m);
    return KITH_OK;
}

/* Sent alone only to contacts who see our presence and whose client knows chat states (§5.1, §9).
 */
int im_typing(struct x *x, const char *chat, uint32_t state, const char *live)
{
    static const char *const names[] = {"active", "composing", "paused", "gone"};
    char *bare = chat ? jid_bare(chat) : NULL;
    if (!bare || state >= COUNT(names)) {
        free(bare);
        return KITH_EINVAL;
    }
    if (muc_is_room(x, chat) && x_online(x)) {
        free(bare);
        rtt_typed(x, chat, state, live);
        return type_in_room(x, chat, names[state]);
    }
    struct states *s = x_online(x) ? states_of(x, bare) : NULL;
    bool knows = s && (s->understood || presence_supports(x, bare, NS_STATES));
    if (knows && s->ours != state && roster_may_tell(x, "_typing", bare) &&
        !jid_same_bare(bare, x_bare(x))) {
        s->ours = state;
        xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
        st_set(m, "to", bare);
        st_set(m, "type", "chat");
        st_add(m, names[state], NS_STATES);
        st_add(m, "no-store", NS_HINTS);
        x_send(x, m);
    }
    if (s)
        rtt_typed(x, bare, state, live);
    free(bare);
    return s ? KITH_OK : KITH_EOFFLINE;
}

static void chatstates_attach(struct x *x)
{
    x_set_state(x, "chatstates", xcalloc(1, sizeof(struct chatstates)));
}

static void chatstates_online(struct x *x, bool resumed)
{
    struct chatstates *all = x_state(x, "chatstates");
    if (!resumed)
        map_free(&all->chats, free);
}

static void chatstates_detach(struct x *x)
{
    struct chatstates *all = x_state(x, "chatstates");
    map_free(&all->chats, free);
    free(all);
    x_set_state(x, "chatstates", NULL);
}

static const char *const chatstates_vars[] = {NS_STATES, NULL};
const struct feature feature_chatstates = {
    .name = "chatstates",
    .disco = chatstates_vars,
    .attach = chatstates_attach,
    .online = chatstates_online,
    .detach = chatstates_detach,
};
