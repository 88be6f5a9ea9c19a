/* backends/xmpp/roster.c - the list of contacts the server keeps, by versions (RFC 6121 §2, §3; XEP-0237) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/guard.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/puppets.h"
#include "backends/xmpp/roster.h"
#include "base/mem.h"
#include "base/utf8.h"

/* ---- asking about contacts ---- */
static struct item *find(const struct x *x, const char *address)
{
    const struct roster *r = x_state(x, "roster");
    struct item *it = r && address ? map_get(&r->items, address) : NULL;
    if (it || !r || !address)
        return it;
    char *bare = jid_bare(address);
    it = bare ? map_get(&r->items, bare) : NULL;
    free(bare);
    return it;
}

bool roster_has(const struct x *x, const char *bare)
{
    return find(x, bare) != NULL;
}

uint32_t roster_flags(const struct x *x, const char *bare)
{
    const struct item *it = find(x, bare);
    return it ? it->flags : 0;
}

char *roster_name(const struct x *x, const char *bare)
{
    const struct item *it = find(x, bare);
    return it ? xstrdup(it->name) : NULL;
}

bool roster_sees_us(const struct x *x, const char *bare)
{
    const struct item *it = find(x, bare);
    return (it && (it->flags & KITH_CONTACT_FROM)) || jid_same_bare(bare, x_bare(x));
}

bool roster_we_see(const struct x *x, const char *bare)
{
    const struct item *it = find(x, bare);
    return (it && (it->flags & KITH_CONTACT_TO)) || jid_same_bare(bare, x_bare(x));
}

bool roster_may_tell(const struct x *x, const char *what, const char *bare)
{
    return !str_eq(x_option(x, what), "off") && roster_sees_us(x, bare);
}

bool roster_may_ask(const struct x *x, const char *from)
{
    return from_server(x, from) || roster_sees_us(x, from);
}

/* ---- events ---- */
static void emit_contact(struct x *x, const char *bare, const struct item *it)
{
    struct kith_ev_contact ev = EV_INIT(KITH_EV_CONTACT, kith_ev_contact);
    char *shown = it->name ? NULL : jid_shown(bare);
    ev.address = bare;
    ev.name = it->name ? it->name : shown;
    ev.groups = (const char *const *)it->groups;
    ev.n_groups = it->n_groups;
    ev.flags = it->flags | (blocking_has(x, bare) ? KITH_CONTACT_BLOCKED : 0);
    x_emit(x, &ev.ev);
    free(shown);
}

void roster_tell(struct x *x, const char *bare)
{
    const struct item *it = find(x, bare);
    if (it)
        emit_contact(x, bare, it);
}

static void emit_all(struct x *x, const struct roster *r)
{
    struct kith_ev_sync ev = EV_INIT(KITH_EV_SYNC_BEGIN, kith_ev_sync);
    ev.what = KITH_SYNC_ROSTER;
    x_emit(x, &ev.ev);
    for (struct map_entry *e = NULL; (e = map_next(&r->items, e));)
        emit_contact(x, e->key, e->value);
    puppets_tell(x);
    ev.ev.type = KITH_EV_SYNC_END;
    x_emit(x, &ev.ev);
}

static void emit_gone(struct x *x, const char *bare)
{
    struct kith_ev_contact_gone ev = EV_INIT(KITH_EV_CONTACT_GONE, kith_ev_contact_gone);
    ev.address = bare;
    x_emit(x, &ev.ev);
}

/* ---- items of the server ---- */
static uint32_t item_flags(xmpp_stanza_t *st, const char *bare)
{
    const char *sub = st_attr(st, "subscription");
    uint32_t f = 0;
    if (str_eq(sub, "to") || str_eq(sub, "both"))
        f |= KITH_CONTACT_TO;
    if (str_eq(sub, "from") || str_eq(sub, "both"))
        f |= KITH_CONTACT_FROM;
    if (str_eq(st_attr(st, "ask"), "subscribe"))
        f |= KITH_CONTACT_PENDING;
    if (!strchr(bare, '@'))
        f |= KITH_CONTACT_GATEWAY;
    return f;
}

static void item_fill(struct item *it, xmpp_stanza_t *st, const char *bare)
{
    item_clear(it);
    const char *name = st_attr(st, "name");
    it->name =
        !name || !*name ? NULL : xstrndup(name, utf8_floor(name, strlen(name), KITH_MAX_NAME));
    it->flags = item_flags(st, bare);
    size_t cap = 0;
    EACH_CHILD (g, st) {
        char *t = is_elem(g, "group", NULL) && it->n_groups < GROUPS_MAX ? st_text(g) : NULL;
        if (!t || !*t || strlen(t) > KITH_MAX_NAME)
            free(t);
        else
            VEC_PUSH(it->groups, it->n_groups, cap, t);
    }
}

/* Takes in one item. tell: as a push, with events of its own. */
static void take_item(struct x *x, struct roster *r, xmpp_stanza_t *st, bool tell)
{
    const char *jid = st_attr(st, "jid");
    char *bare = jid ? jid_bare(jid) : NULL;
    if (!bare)
        return;
    struct item *it = map_get(&r->items, bare);
    if (str_eq(st_attr(st, "subscription"), "remove")) {
        if (map_del(&r->items, bare)) {
            item_free(it);
            if (tell)
                emit_gone(x, bare);
        }
    } else if (it || r->items.n < ROSTER_MAX) {
        if (!it) {
            it = xcalloc(1, sizeof *it);
            map_set(&r->items, bare, it);
        }
        item_fill(it, st, bare);
        if (tell)
            emit_contact(x, bare, it);
        if (it->flags & KITH_CONTACT_FROM)
            subscribe_settled(x, bare);
    }
    if (tell)
        puppets_roster(x, bare);
    free(bare);
}

/* The items of a whole roster: many of them are tied together (guard.h). */
static void take_items(struct x *x, struct roster *r, xmpp_stanza_t *query)
{
    EACH_CHILD (c, query) {
        bool tie = is_elem(c, GUARD_TIE, NULL);
        if (is_elem(c, "item", NULL))
            take_item(x, r, c, false);
        EACH_CHILD (tied, tie ? c : NULL)
            if (is_elem(tied, "item", NULL))
                take_item(x, r, tied, false);
    }
}

/* RFC 6121 §2.1.4, §2.6.3: an empty result means that our version is the current one. */
static void on_roster(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct roster *r = x_state(x, "roster");
    if (!r)
        return;
    r->live = reply != NULL;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_ROSTER) : NULL;
    if (query) {
        map_free(&r->items, item_free);
        take_items(x, r, query);
        const char *ver = st_attr(query, "ver");
        str_set(&r->ver, ver && strlen(ver) <= KITH_MAX_ID ? ver : NULL);
        r->loaded = true;
        roster_save_later(x, r);
    }
    if (iq_is_result(reply))
        emit_all(x, r);
    else if (reply)
        x_notice(x, KITH_WARN, NULL,
                 "The server did not give the list of contacts; the last known one is shown.");
    if (x_online(x))
        sync_done(x, SYNC_ROSTER);
}

static void ask_roster(struct x *x, const struct roster *r)
{
    xmpp_stanza_t *query, *iq = iq_new(x, "get", NULL, "query", NS_ROSTER, &query);
    st_set(query, "ver", r->loaded && r->ver ? r->ver : "");
    x_iq(x, iq, on_roster, NULL);
}

/* RFC 6121 §2.1.6: only from the account itself (CVE-2015-8688). */
static bool roster_iq(struct x *x, xmpp_stanza_t *st)
{
    struct roster *r = x_state(x, "roster");
    xmpp_stanza_t *query = st_child(st, "query", NS_ROSTER), *item = st_child(query, "item", NULL);
    if (!item || !str_eq(st_attr(st, "type"), "set") || !from_account(x, st_attr(st, "from")))
        return false;
    const char *ver = st_attr(query, "ver");
    take_item(x, r, item, true);
    if (ver && strlen(ver) <= KITH_MAX_ID)
        str_set(&r->ver, ver);
    roster_save_later(x, r);
    x_iq_reply(x, st, NULL);
    return true;
}

/* ---- operations ---- */
static void on_set(struct x *x, xmpp_stanza_t *reply, void *user)
{
    kith_req *req = user;
    reply_by_iq(x, *req, reply);
    free(req);
}

static void send_set(struct x *x, const char *bare, const char *name, const char *const *groups,
                     size_t n, kith_req req)
{
    xmpp_stanza_t *query, *iq = iq_new(x, "set", NULL, "query", NS_ROSTER, &query);
    xmpp_stanza_t *item = st_add(query, "item", NULL);
    st_set(item, "jid", bare);
    st_set(item, "name", str_empty(name) ? NULL : name);
    for (size_t i = 0; i < n && i < GROUPS_MAX; i++)
        if (!str_empty(groups[i]))
            st_add_child_text(item, "group", NULL, groups[i]);
    kith_req *keep_req = xmalloc(sizeof *keep_req);
    *keep_req = req;
    x_iq(x, iq, on_set, keep_req);
}

/* The contact's address, or NULL with *err: KITH_EOFFLINE, KITH_EINVAL. */
char *roster_op_address(struct x *x, const char *address, int *err)
{
    char *bare = address ? jid_typed(address) : NULL;
    *err = !x_online(x)                              ? KITH_EOFFLINE
           : !bare || jid_same_bare(bare, x_bare(x)) ? KITH_EINVAL
                                                     : KITH_OK;
    if (*err) {
        free(bare);
        return NULL;
    }
    return bare;
}

int roster_add(struct x *x, const char *address, const char *name, const char *const *groups,
               size_t n_groups, const char *text, kith_req req)
{
    int err;
    char *bare = roster_op_address(x, address, &err);
    if (!bare)
        return err;
    const struct roster *r = x_state(x, "roster");
    if (!map_get(&r->items, bare) && r->items.n >= ROSTER_MAX) {
        free(bare);
        return KITH_ELIMIT;
    }
    send_set(x, bare, name, groups, n_groups, req);
    if (!roster_we_see(x, bare))
        subscribe_send(x, bare, "subscribe", omemo_words(x, bare, text));
    if (subscribe_waits(x, bare))
        subscribe_answer(x, bare, true); /* adding somebody who asked is an answer too */
    free(bare);
    return KITH_OK;
}

int roster_update(struct x *x, const char *address, const char *name, const char *const *groups,
                  size_t n_groups, kith_req req)
{
    int err;
    char *bare = roster_op_address(x, address, &err);
    if (!bare)
        return err;
    bool there = roster_has(x, bare);
    char *shown = jid_shown(bare);
    if (there) /* how the address reads is no name that somebody gave */
        send_set(x, bare, str_eq(name, shown) ? NULL : name, groups, n_groups, req);
    free(shown);
    free(bare);
    return there ? KITH_OK : KITH_ENOTFOUND;
}

int roster_remove(struct x *x, const char *address, kith_req req)
{
    int err;
    char *bare = roster_op_address(x, address, &err);
    if (!bare)
        return err;
    xmpp_stanza_t *query, *iq = iq_new(x, "set", NULL, "query", NS_ROSTER, &query);
    xmpp_stanza_t *item = st_add(query, "item", NULL);
    st_set(item, "jid", bare);
    st_set(item, "subscription", "remove");
    kith_req *keep_req = xmalloc(sizeof *keep_req);
    *keep_req = req;
    x_iq(x, iq, on_set, keep_req);
    free(bare);
    return KITH_OK;
}

/* ---- life ---- */
static void roster_attach(struct x *x)
{
    struct roster *r = xcalloc(1, sizeof *r);
    roster_load(x, r);
    x_set_state(x, "roster", r);
}

static void roster_online(struct x *x, bool resumed)
{
    struct roster *r = x_state(x, "roster");
    r->live = r->live && resumed;
    if (!r->live)
        ask_roster(x, r);
}

static void roster_detach(struct x *x)
{
    struct roster *r = x_state(x, "roster");
    roster_save_due(x, r);
    map_free(&r->items, item_free);
    free(r->ver);
    free(r);
    x_set_state(x, "roster", NULL);
}

const struct feature feature_roster = {
    .name = "roster",
    .attach = roster_attach,
    .online = roster_online,
    .detach = roster_detach,
    .iq = roster_iq,
};
