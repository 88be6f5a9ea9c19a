/* backends/xmpp/blocking.c - the account's list of blocked addresses (XEP-0191), and reports of why (XEP-0377) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

#define NS_REPORTING "urn:xmpp:reporting:1"
#define NS_REPORT_SPAM "urn:xmpp:reporting:spam"
#define NS_REPORT_ABUSE "urn:xmpp:reporting:abuse"

enum { BLOCKED_MAX = 20000, REPORTED_MAX = 20 };

struct blocking {
    struct map blocked;
}; /* address -> itself */

static void emit_blocked(struct x *x, const char *address)
{
    if (roster_has(x, address)) {
        roster_tell(x, address);
        return;
    }
    struct kith_ev_contact ev = EV_INIT(KITH_EV_CONTACT, kith_ev_contact);
    ev.address = address;
    ev.flags = KITH_CONTACT_BLOCKED;
    x_emit(x, &ev.ev);
}

static void emit_list(struct x *x, const struct blocking *b)
{
    struct kith_ev_sync ev = EV_INIT(KITH_EV_SYNC_BEGIN, kith_ev_sync);
    ev.what = KITH_SYNC_BLOCKED;
    x_emit(x, &ev.ev);
    for (struct map_entry *e = NULL; (e = map_next(&b->blocked, e));)
        emit_blocked(x, e->key);
    ev.ev.type = KITH_EV_SYNC_END;
    x_emit(x, &ev.ev);
}

static void drop(struct x *x, struct blocking *b, const char *address)
{
    char *a = xstrdup(address); /* it may be the key itself */
    if (map_del(&b->blocked, a) && roster_has(x, a)) {
        roster_tell(x, a);
    } else {
        struct kith_ev_contact_gone ev = EV_INIT(KITH_EV_CONTACT_GONE, kith_ev_contact_gone);
        ev.address = a;
        x_emit(x, &ev.ev);
    }
    free(a);
}

/* tell: as a push, with an event for each; the whole list is told by emit_list. */
static void change(struct x *x, struct blocking *b, xmpp_stanza_t *list, bool block, bool tell)
{
    EACH_CHILD (c, list) {
        const char *jid = is_elem(c, "item", NULL) ? st_attr(c, "jid") : NULL;
        char *a = jid ? jid_normal(jid) : NULL;
        bool there = a && map_get(&b->blocked, a);
        if (a && block && !there && b->blocked.n < BLOCKED_MAX) {
            set_add(&b->blocked, a);
            if (tell)
                emit_blocked(x, a);
        } else if (there && !block) {
            drop(x, b, a);
        }
        free(a);
    }
}

bool blocking_has(const struct x *x, const char *bare)
{
    const struct blocking *b = x_state(x, "blocking");
    return b && map_get(&b->blocked, bare);
}

static void on_list(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct blocking *b = x_state(x, "blocking");
    if (!b || !iq_is_result(reply))
        return;
    map_free(&b->blocked, NULL);
    change(x, b, st_child(reply, "blocklist", NS_BLOCKING), true, false);
    emit_list(x, b);
}

void blocking_start(struct x *x)
{
    if (disco_server_has(x, NS_BLOCKING))
        x_iq(x, iq_new(x, "get", NULL, "blocklist", NS_BLOCKING, NULL), on_list, NULL);
}

/* §3.3: pushes of our own server only. An empty unblock clears the list. */
static bool blocking_iq(struct x *x, xmpp_stanza_t *st)
{
    struct blocking *b = x_state(x, "blocking");
    xmpp_stanza_t *block = st_child(st, "block", NS_BLOCKING),
                  *unblock = st_child(st, "unblock", NS_BLOCKING);
    if ((!block && !unblock) || !str_eq(st_attr(st, "type"), "set") ||
        !from_account(x, st_attr(st, "from")))
        return false;
    if (unblock && !st_child(unblock, "item", NULL))
        for (struct map_entry *e = NULL; (e = map_next(&b->blocked, e));)
            drop(x, b, e->key);
    change(x, b, block ? block : unblock, block != NULL, true);
    x_iq_reply(x, st, NULL);
    return true;
}

static void on_done(struct x *x, xmpp_stanza_t *reply, void *user)
{
    kith_req *req = user;
    reply_by_iq(x, *req, reply);
    free(req);
}

/* What is told to the server about who is blocked. */
struct report {
    uint32_t how; /* KITH_REPORT_* */
    const char *const *ids;
    size_t n_ids;
    const char *text;
};

/* XEP-0377 §3.1: why, the messages by the ids our own server gave them, and the user's words. */
static void add_report(struct x *x, xmpp_stanza_t *item, const struct report *r)
{
    if (r->how == KITH_REPORT_NONE || !disco_server_has(x, NS_REPORTING))
        return;
    xmpp_stanza_t *report = st_add(item, "report", NS_REPORTING);
    st_set(report, "reason", r->how == KITH_REPORT_ABUSE ? NS_REPORT_ABUSE : NS_REPORT_SPAM);
    for (size_t i = 0; i < r->n_ids && i < REPORTED_MAX; i++) {
        xmpp_stanza_t *sid = st_add(report, "stanza-id", NS_SID);
        st_set(sid, "by", x_bare(x));
        st_set(sid, "id", r->ids[i]);
    }
    if (!str_empty(r->text))
        st_add_child_text(report, "text", NULL, r->text);
}

static int ask(struct x *x, const char *name, const char *address, const struct report *r, kith_req req)
{
    char *a = address ? jid_normal(address) : NULL;
    int err = !x_online(x)                        ? KITH_EOFFLINE
              : !a || jid_same_bare(a, x_bare(x)) ? KITH_EINVAL
              : !disco_server_has(x, NS_BLOCKING) ? KITH_EUNSUP
                                                  : KITH_OK;
    if (!err) {
        xmpp_stanza_t *list, *iq = iq_new(x, "set", NULL, name, NS_BLOCKING, &list);
        xmpp_stanza_t *item = st_add(list, "item", NULL);
        st_set(item, "jid", a);
        add_report(x, item, r);
        kith_req *keep = xmalloc(sizeof *keep);
        *keep = req;
        x_iq(x, iq, on_done, keep);
    }
    free(a);
    return err;
}

int blocking_block(struct x *x, const char *address, uint32_t report, kith_req req)
{
    return ask(x, "block", address, &(struct report){.how = report ? KITH_REPORT_SPAM : KITH_REPORT_NONE},
               req);
}

int blocking_report(struct x *x, const char *address, uint32_t how, const char *const *ids,
                    size_t n_ids, const char *text, kith_req req)
{
    return ask(x, "block", address, &(struct report){how, ids, n_ids, text}, req);
}

int blocking_unblock(struct x *x, const char *address, kith_req req)
{
    return ask(x, "unblock", address, &(struct report){.how = KITH_REPORT_NONE}, req);
}

static void blocking_attach(struct x *x)
{
    x_set_state(x, "blocking", xcalloc(1, sizeof(struct blocking)));
}

static void blocking_detach(struct x *x)
{
    struct blocking *b = x_state(x, "blocking");
    map_free(&b->blocked, NULL);
    free(b);
    x_set_state(x, "blocking", NULL);
}

const struct feature feature_blocking = {
    .name = "blocking",
    .attach = blocking_attach,
    .detach = blocking_detach,
    .iq = blocking_iq,
};
