/* backends/xmpp/attention.c - somebody asks for attention, or is asked for theirs (XEP-0224) */
#include <stdlib.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

#define NS_ATTENTION "urn:xmpp:attention:0"
enum {
    HEARD_MAX = 200,             /* who asked lately */
    EACH_MS = 30 * 1000,         /* least time between two of one person */
    ALL_MS = 5 * 1000,           /* and of all people together */
    SEND_MS = 10 * 1000
};

struct attention {
    struct map heard; /* bare address -> int64_t, when last (owned) */
    int64_t last_ms, sent_ms;
};

static bool wanted(const struct x *x)
{
    return option_bool(x, "attention", true);
}

/* XEP-0224 §6, §7: not too often. */
static bool in_time(struct x *x, const char *bare)
{
    struct attention *a = x_state(x, "attention");
    int64_t now = x_host(x)->mono_ms(), *last = map_get(&a->heard, bare);
    if ((a->last_ms && now - a->last_ms < ALL_MS) || (last && now - *last < EACH_MS))
        return false;
    if (!last && a->heard.n >= HEARD_MAX)
        map_free(&a->heard, free);
    if (!last) {
        last = xcalloc(1, sizeof *last);
        map_set(&a->heard, bare, last);
    }
    a->last_ms = *last = now;
    return true;
}

static void emit(struct x *x, const char *bare, xmpp_stanza_t *st)
{
    struct kith_ev_message ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MESSAGE}};
    ev.chat = ev.sender = bare;
    ev.id = id_attr(st, "id");
    ev.body = "asks for your attention.";
    ev.flags = KITH_MSG_ACTION | KITH_MSG_MENTION | KITH_MSG_NO_STORE;
    x_emit(x, &ev.ev);
}

/* §4, §8: only from people in the roster, only while it is new, and nothing at all where the user does not want it. What
 * is written beside it is a message like others then. */
static bool attention_message(struct x *x, xmpp_stanza_t *st)
{
    const char *type = st_attr(st, "type"), *from = st_attr(st, "from");
    if (!st_child(st, "attention", NS_ATTENTION) || str_eq(type, "error") || str_eq(type, "groupchat") ||
        st_child(st, "x", NS_MUC_USER))
        return false;
    char *bare = from ? jid_bare(from) : NULL;
    bool headline = str_eq(type, "headline");
    bool heard = bare && wanted(x) && !st_child(st, "delay", NS_DELAY) && roster_has(x, bare) && !blocking_has(x, bare) &&
                 !jid_same_bare(bare, x_bare(x)) && in_time(x, bare);
    bool words = st_child(st, "body", NS_CLIENT) != NULL;
    bool mine = heard || (!words && !headline);
    if (heard && !words) {
        emit(x, bare, st);
    } else if (heard) {
        struct im_from how = {.source = IM_LIVE, .flags = KITH_MSG_MENTION};
        if (headline)
            st_set(st, "type", "chat"); /* else it would be taken for the words of a service */
        message_take(x, st, &how);
    }
    free(bare);
    return mine;
}

int attention_send(struct x *x, const char *chat, kith_req req)
{
    struct attention *a = x_state(x, "attention");
    char *bare = chat ? jid_bare(chat) : NULL;
    int64_t now = x_host(x)->mono_ms();
    if (!bare || !presence_supports(x, bare, NS_ATTENTION)) {
        x_reply_err(x, req, KITH_EUNSUP, "Nothing was sent: no program of theirs that is online lets others ask for attention.");
    } else if (a->sent_ms && now - a->sent_ms < SEND_MS) {
        x_reply_err(x, req, KITH_ELIMIT, "Nothing was sent: attention was asked for a few seconds ago.");
    } else {
        a->sent_ms = now;
        xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
        st_set(m, "to", bare);
        st_set(m, "type", "headline");
        st_add(m, "attention", NS_ATTENTION);
        st_add(m, "no-store", NS_HINTS);
        x_send(x, m);
        x_reply_ok(x, req, NULL);
    }
    free(bare);
    return KITH_OK;
}

static void attention_attach(struct x *x)
{
    x_set_state(x, "attention", xcalloc(1, sizeof(struct attention)));
}

static void attention_detach(struct x *x)
{
    struct attention *a = x_state(x, "attention");
    map_free(&a->heard, free);
    free(a);
    x_set_state(x, "attention", NULL);
}

static const char *const attention_vars[] = {NS_ATTENTION, NULL};
const struct feature feature_attention = {
    .name = "attention",
    .disco = attention_vars,
    .announced = wanted,
    .attach = attention_attach,
    .detach = attention_detach,
    .message = attention_message,
};
