/* backends/xmpp/subscribe.c - who may see whom: asked by others, answered by the user */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/puppets.h"
#include "backends/xmpp/roster.h"
#include "base/mem.h"

enum {
    PENDING_MAX = 200
}; /* questions that wait for an answer; the engine shows a few more, and some
      of those must be left for passwords and certificates */

struct pending { /* our question about somebody's wish to see us */
    uint64_t ask;
    uintptr_t serial; /* what the answer comes back with */
};
struct subscriptions {
    struct map pending; /* bare JID -> struct pending */
    uintptr_t serial;
};

bool subscribe_waits(const struct x *x, const char *bare)
{
    const struct subscriptions *s = x_state(x, "subscribe");
    return map_get(&s->pending, bare) != NULL;
}

/* The user's answer is not needed any more: it was given elsewhere. */
void subscribe_settled(struct x *x, const char *bare)
{
    struct subscriptions *s = x_state(x, "subscribe");
    struct pending *p = map_del(&s->pending, bare);
    if (!p)
        return;
    x_ask_gone(x, p->ask);
    free(p);
}

void subscribe_send(struct x *x, const char *to, const char *type, const char *text)
{
    xmpp_stanza_t *p = st_new(x_ctx(x), "presence", NULL);
    st_set(p, "to", to);
    st_set(p, "type", type);
    if (!str_empty(text))
        st_add_child_text(p, "status", NULL, text);
    x_send(x, p);
}

static void on_answer(struct x *x, const struct kith_answer *a, void *user)
{
    struct subscriptions *s = x_state(x, "subscribe");
    char *bare = NULL;
    for (struct map_entry *e = NULL; s && (e = map_next(&s->pending, e));)
        if (((struct pending *)e->value)->serial == (uintptr_t)user)
            bare = xstrdup(e->key);
    if (!bare)
        return; /* answered elsewhere meanwhile */
    free(map_del(&s->pending, bare));
    if (str_eq(a->choice, "decline"))
        subscribe_send(x, bare, "unsubscribed", NULL);
    if (str_eq(a->choice, "accept") || str_eq(a->choice, "both"))
        subscribe_send(x, bare, "subscribed", NULL);
    if (str_eq(a->choice, "both") && !roster_we_see(x, bare))
        subscribe_send(x, bare, "subscribe", NULL);
    free(bare);
}

static void ask_user(struct x *x, struct subscriptions *s, const char *bare, xmpp_stanza_t *st)
{
    static const struct kith_choice choices[] = {
        {sizeof(struct kith_choice), KITH_CHOICE_DEFAULT, "both", "Accept, and ask to see theirs"},
        {sizeof(struct kith_choice), 0, "accept", "Accept"},
        {sizeof(struct kith_choice), 0, "decline", "Decline"},
    };
    if (map_get(&s->pending, bare) || s->pending.n >= PENDING_MAX)
        return;
    bool seen = roster_we_see(x, bare); /* nothing to ask for in return */
    struct pending *p = xcalloc(1, sizeof *p);
    p->serial = ++s->serial;
    map_set(&s->pending, bare, p);
    char *text = st_child_text(st, "status", NULL), *nick = st_child_text(st, "nick", NS_NICK);
    char *title = xasprintf("%s wants to see when you are online", bare);
    char *full = str_empty(nick) ? xstrdup(text) : xasprintf("%s: %s", nick, text ? text : "");
    struct kith_ev_ask ask = EV_INIT(KITH_EV_ASK, kith_ev_ask);
    ask.kind = KITH_ASK_SUBSCRIBE;
    ask.subject = bare;
    ask.title = title;
    ask.text = full;
    ask.choices = choices + seen;
    ask.n_choices = COUNT(choices) - seen;
    x_ask(x, &ask, on_answer,
          (void *)p->serial); /* NOLINT(performance-no-int-to-ptr): a number, never dereferenced */
    p->ask = ask.ask;
    free(full);
    free(title);
    free(nick);
    free(text);
}

static bool subscribe_presence(struct x *x, xmpp_stanza_t *st)
{
    struct subscriptions *s = x_state(x, "subscribe");
    const char *type = st_attr(st, "type"), *from = st_attr(st, "from");
    char *bare = from ? jid_bare(from) : NULL;
    uint32_t flags = bare ? roster_flags(x, bare) : 0;
    bool taken = true;
    if (!bare || jid_same_bare(bare, x_bare(x)))
        taken = str_starts(type, "subscribe") || str_starts(type, "unsubscribe");
    else if (str_eq(type, "subscribe")) {
        if (flags & KITH_CONTACT_FROM)
            subscribe_send(x, bare, "subscribed", NULL); /* they lost track; we did not */
        else if (puppets_is_gateway(x, bare) || (puppets_has(x, bare) && roster_sees_us(x, strchr(bare, '@') + 1)))
            subscribe_send(x, bare, "subscribed", NULL); /* XEP-0100 §4.1.1: of what the user keeps; it sees us as it is */
        else
            ask_user(x, s, bare, st);
    } else if (str_eq(type, "unsubscribe"))
        subscribe_settled(x, bare);
    else if (str_eq(type, "subscribed")) {
        if ((flags & KITH_CONTACT_PENDING) && !puppets_is_gateway(x, bare))
            x_notice(x, KITH_INFO, bare, "%s lets you see when they are online.", bare);
    } else if (str_eq(type, "unsubscribed")) {
        if (flags & (KITH_CONTACT_PENDING | KITH_CONTACT_TO))
            x_notice(x, KITH_INFO, bare, "%s does not let you see when they are online.", bare);
    } else
        taken = false;
    free(bare);
    return taken;
}

void subscribe_answer(struct x *x, const char *bare, bool allow)
{
    subscribe_settled(x, bare);
    subscribe_send(x, bare, allow ? "subscribed" : "unsubscribed", NULL);
}

int roster_authorize(struct x *x, const char *address, int allow, kith_req req)
{
    int err;
    char *bare = roster_op_address(x, address, &err);
    if (!bare)
        return err;
    subscribe_answer(x, bare, allow != 0);
    x_reply_ok(x, req, NULL);
    free(bare);
    return KITH_OK;
}

static void subscribe_attach(struct x *x)
{
    x_set_state(x, "subscribe", xcalloc(1, sizeof(struct subscriptions)));
}

/* Questions die with the session; the server asks again. */
static void subscribe_online(struct x *x, bool resumed)
{
    struct subscriptions *s = x_state(x, "subscribe");
    for (struct map_entry *e = NULL; !resumed && (e = map_next(&s->pending, e));)
        subscribe_settled(x, e->key);
}

static void subscribe_detach(struct x *x)
{
    struct subscriptions *s = x_state(x, "subscribe");
    map_free(&s->pending, free);
    free(s);
    x_set_state(x, "subscribe", NULL);
}

const struct feature feature_subscribe = {
    .name = "subscribe",
    .attach = subscribe_attach,
    .online = subscribe_online,
    .detach = subscribe_detach,
    .presence = subscribe_presence,
};
