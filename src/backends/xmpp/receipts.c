/* backends/xmpp/receipts.c - delivered (XEP-0184) and read (XEP-0333), both ways */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

enum { MARKABLE_MAX = 1000 }; /* messages whose senders want to know that they were read */

struct receipts {
    struct map markable;
}; /* "chat id" -> itself; the oldest goes first */

static void emit_receipt(struct x *x, const struct im_from *how, const struct im_ends *e,
                         const char *id, uint32_t delivery)
{
    struct kith_ev_receipt ev = EV_INIT(KITH_EV_RECEIPT, kith_ev_receipt);
    ev.ev.time_ms = how->time_ms;
    ev.chat = e->chat;
    ev.who = e->chat;
    ev.id = id;
    ev.delivery = delivery;
    ev.up_to = delivery == KITH_READ;
    x_emit(x, &ev.ev);
}

static void emit_marker(struct x *x, const char *chat, const char *id)
{
    struct kith_ev_marker ev = EV_INIT(KITH_EV_MARKER, kith_ev_marker);
    ev.chat = chat;
    ev.id = id;
    x_emit(x, &ev.ev);
}

static char *mark_key(const char *chat, const char *id)
{
    return xasprintf("%s %s", chat, id);
}

static void remember(struct receipts *r, const char *chat, const char *id)
{
    if (r->markable.n >= MARKABLE_MAX) {
        char *first = xstrdup(map_next(&r->markable, NULL)->key);
        map_del(&r->markable, first);
        free(first);
    }
    char *key = mark_key(chat, id);
    set_add(&r->markable, key);
    free(key);
}

/* A body beside a receipt is words for clients that know less, or a message in its own right. */
static bool says_something(xmpp_stanza_t *st)
{
    char *body = fallback_strip(st, st_child_text(st, "body", NS_CLIENT), NS_RECEIPTS);
    body = fallback_strip(st, body, NS_MARKERS);
    bool says = !str_empty(body);
    free(body);
    return says;
}

/* A receipt names a message of the chat it comes in, so it can only concern what we sent to its
 * sender. Returns true when the stanza was a receipt or marker and is nothing else. */
bool receipts_take(struct x *x, xmpp_stanza_t *st, const struct im_from *how,
                   const struct im_ends *e)
{
    struct receipts *r = x_state(x, "receipts");
    xmpp_stanza_t *received = st_child(st, "received", NS_RECEIPTS),
                  *displayed = st_child(st, "displayed", NS_MARKERS);
    const char *got = id_attr(received, "id"), *read = id_attr(displayed, "id");
    bool self = jid_same_bare(e->chat, x_bare(x));
    if (got && !e->out && !self)
        emit_receipt(x, how, e, got, KITH_DELIVERED);
    if (read && !self) {
        if (e->out)
            emit_marker(x, e->chat, read); /* another device of ours read it */
        else
            emit_receipt(x, how, e, read, KITH_READ);
    }
    const char *id = id_attr(st, "id");
    if (!e->out && id && st_child(st, "markable", NS_MARKERS) && how->req == 0)
        remember(r, e->chat, id);
    return (received || displayed) && !says_something(st);
}

/* XEP-0184 §5.4, §8: once, for what just arrived, to those who may see that we are online. */
void receipts_answer(struct x *x, xmpp_stanza_t *st, const struct im_ends *e)
{
    const char *id = id_attr(st, "id"), *type = st_attr(st, "type");
    if (!id || !st_child(st, "request", NS_RECEIPTS) || !roster_may_tell(x, "_receipts", e->chat))
        return;
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    st_set(m, "to", e->from);
    st_set(m, "type", type);
    st_set(st_add(m, "received", NS_RECEIPTS), "id", id);
    st_add(m, "store", NS_HINTS);
    x_send(x, m);
}

/* XEP-0333 §4.2: by the room's id. Only where everybody knows everybody: elsewhere it would tell
 * strangers when we look. */
static int mark_room(struct x *x, const char *room, bool tell, const char *archive_id)
{
    bool person = jid_resource(room) != NULL;
    if (!x_online(x))
        return KITH_EOFFLINE;
    if (str_empty(archive_id))
        return KITH_OK;
    if (tell && !person && muc_is_private(x, room) && muc_may_send(x, room)) {
        xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
        st_set(m, "to", room);
        muc_address(x, m, room);
        st_set(st_add(m, "displayed", NS_MARKERS), "id", archive_id);
        st_add(m, "store", NS_HINTS);
        x_send(x, m);
    }
    mds_displayed(x, room, archive_id);
    return KITH_OK;
}

/* Another device of ours has read the room up to there. What others have read is not told of. */
void receipts_in_room(struct x *x, xmpp_stanza_t *st, const char *room)
{
    const char *id = id_attr(st_child(st, "displayed", NS_MARKERS), "id");
    if (id)
        emit_marker(x, room, id);
}

int im_mark_read(struct x *x, const char *chat, const char *id, const char *archive_id)
{
    struct receipts *r = x_state(x, "receipts");
    if (chat && muc_is_room(x, chat))
        return mark_room(x, chat, !str_empty(id), archive_id);
    char *bare = chat ? jid_bare(chat) : NULL;
    if (!bare || !x_online(x)) {
        free(bare);
        return x_online(x) ? KITH_EINVAL : KITH_EOFFLINE;
    }
    char *key = mark_key(bare, id ? id : "");
    bool asked = map_get(&r->markable, key) || presence_supports(x, bare, NS_MARKERS);
    if (!str_empty(id) && asked && roster_sees_us(x, bare) && !jid_same_bare(bare, x_bare(x))) {
        xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
        st_set(m, "to", bare);
        st_set(m, "type", "chat");
        st_set(st_add(m, "displayed", NS_MARKERS), "id", id);
        st_add(m, "store", NS_HINTS);
        x_send(x, m);
        map_del(&r->markable, key);
    }
    if (!str_empty(archive_id))
        mds_displayed(x, bare, archive_id);
    free(key);
    free(bare);
    return KITH_OK;
}

static void receipts_attach(struct x *x)
{
    x_set_state(x, "receipts", xcalloc(1, sizeof(struct receipts)));
}

static void receipts_detach(struct x *x)
{
    struct receipts *r = x_state(x, "receipts");
    map_free(&r->markable, NULL);
    free(r);
    x_set_state(x, "receipts", NULL);
}

static const char *const receipts_vars[] = {NS_RECEIPTS, NS_MARKERS, NULL};
const struct feature feature_receipts = {
    .name = "receipts",
    .disco = receipts_vars,
    .attach = receipts_attach,
    .detach = receipts_detach,
};
