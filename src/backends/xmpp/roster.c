/* backends/xmpp/roster.c - the list of contacts the server keeps (RFC 6121 §2, §3) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"
#include "base/utf8.h"

enum {
    ROSTER_MAX = 20000,
    GROUPS_MAX = 50,         /* of one contact */
    PENDING_MAX = 500,       /* questions for subscription that wait for an answer */
    SAVE_AFTER_MS = 3000,    /* the cached copy is written this long after a change */
    SAVED_MAX = 8 << 20
};
#define ROSTER_KEY "roster"

struct item {
    char *name;
    char **groups;
    size_t n_groups;
    uint32_t flags; /* KITH_CONTACT_* */
};
struct pending { /* our question about somebody's wish to see us */
    uint64_t ask;
    uintptr_t serial; /* what the answer comes back with */
};
struct roster {
    struct map items;   /* bare JID -> struct item */
    struct map pending; /* bare JID -> struct pending */
    uintptr_t serial;
    char *ver;
    int save_timer;
    bool loaded;        /* a list of the server, or a cached one, is there */
    bool live;          /* the server has answered in this session */
};

static void item_clear(struct item *it)
{
    for (size_t i = 0; i < it->n_groups; i++)
        free(it->groups[i]);
    free(it->groups);
    free(it->name);
    memset(it, 0, sizeof *it);
}

static void item_free(void *p)
{
    item_clear(p);
    free(p);
}

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
    const char *who = x_option(x, what);
    if (str_eq(who, "off"))
        return false;
    return str_eq(who, "all") || roster_sees_us(x, bare);
}

bool roster_may_ask(const struct x *x, const char *from)
{
    return from_server(x, from) || roster_sees_us(x, from);
}

/* ---- events ---- */
static void emit_contact(struct x *x, const char *bare, const struct item *it)
{
    struct kith_ev_contact ev = EV_INIT(KITH_EV_CONTACT, kith_ev_contact);
    ev.address = bare;
    ev.name = it->name;
    ev.groups = (const char *const *)it->groups;
    ev.n_groups = it->n_groups;
    ev.flags = it->flags | (blocking_has(x, bare) ? KITH_CONTACT_BLOCKED : 0);
    x_emit(x, &ev.ev);
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
    ev.ev.type = KITH_EV_SYNC_END;
    x_emit(x, &ev.ev);
}

static void emit_gone(struct x *x, const char *bare)
{
    struct kith_ev_contact_gone ev = EV_INIT(KITH_EV_CONTACT_GONE, kith_ev_contact_gone);
    ev.address = bare;
    x_emit(x, &ev.ev);
}

/* ---- the cached copy: version and items in one value, so that they always fit each other ---- */
static void save_field(struct buf *b, const char *s)
{
    for (; s && *s; s++)
        buf_addc(b, *s == '\n' || *s == '\t' ? ' ' : *s);
}

static void save_now(struct x *x, const struct roster *r)
{
    struct buf b = {0};
    save_field(&b, r->ver);
    buf_addc(&b, '\n');
    for (struct map_entry *e = NULL; (e = map_next(&r->items, e));) {
        const struct item *it = e->value;
        buf_addf(&b, "%s\t%u\t", e->key, it->flags);
        save_field(&b, it->name);
        for (size_t i = 0; i < it->n_groups; i++) {
            buf_addc(&b, '\t');
            save_field(&b, it->groups[i]);
        }
        buf_addc(&b, '\n');
    }
    if (b.len < SAVED_MAX)
        x_host(x)->state_set(x_account(x), ROSTER_KEY, buf_str(&b), b.len);
    buf_free(&b);
}

static void on_save(void *user)
{
    struct x *x = user;
    struct roster *r = x_state(x, "roster");
    r->save_timer = 0;
    save_now(x, r);
}

static void save_later(struct x *x, struct roster *r)
{
    if (!r->save_timer)
        r->save_timer = x_host(x)->timer_add(SAVE_AFTER_MS, on_save, x);
}

/* One line of the copy; cuts it up in place. */
static void load_line(struct roster *r, char *line)
{
    char *parts[3 + GROUPS_MAX];
    size_t n = 0;
    for (char *p = line; p && n < COUNT(parts);) {
        parts[n++] = p;
        p = strchr(p, '\t');
        if (p)
            *p++ = '\0';
    }
    int64_t flags = 0;
    if (n < 3 || !*parts[0] || !str_int(parts[1], 0, UINT32_MAX, &flags) || map_get(&r->items, parts[0]))
        return;
    struct item *it = xcalloc(1, sizeof *it);
    it->flags = (uint32_t)flags;
    it->name = *parts[2] ? xstrdup(parts[2]) : NULL;
    it->groups = n > 3 ? xcalloc(n - 3, sizeof *it->groups) : NULL;
    for (size_t i = 3; i < n; i++)
        it->groups[it->n_groups++] = xstrdup(parts[i]);
    map_set(&r->items, parts[0], it);
}

static void load(struct x *x, struct roster *r)
{
    char *data = xmalloc(SAVED_MAX + 1);
    int n = x_host(x)->state_get(x_account(x), ROSTER_KEY, data, SAVED_MAX);
    if (n > 0 && n <= SAVED_MAX) {
        data[n] = '\0';
        char *end, *line = data;
        for (size_t at = 0; (end = strchr(line, '\n')); line = end + 1, at++) {
            *end = '\0';
            if (at == 0)
                str_set(&r->ver, line);
            else if (r->items.n < ROSTER_MAX)
                load_line(r, line);
        }
        r->loaded = true;
    }
    free(data);
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
    it->name = !name || !*name ? NULL : xstrndup(name, utf8_floor(name, strlen(name), KITH_MAX_NAME));
    it->flags = item_flags(st, bare);
    size_t cap = 0;
    EACH_CHILD(g, st) {
        char *t = is_elem(g, "group", NULL) && it->n_groups < GROUPS_MAX ? st_text(g) : NULL;
        if (!t || !*t || strlen(t) > KITH_MAX_NAME)
            free(t);
        else
            VEC_PUSH(it->groups, it->n_groups, cap, t);
    }
}

/* The user's answer is not needed any more: it was given elsewhere. */
static void pending_drop(struct x *x, struct roster *r, const char *bare)
{
    struct pending *p = map_del(&r->pending, bare);
    if (!p)
        return;
    struct kith_ev_ask_gone ev = EV_INIT(KITH_EV_ASK_GONE, kith_ev_ask_gone);
    ev.ask = p->ask;
    x_emit(x, &ev.ev);
    free(p);
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
            pending_drop(x, r, bare);
    }
    free(bare);
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
        EACH_CHILD(c, query)
            if (is_elem(c, "item", NULL))
                take_item(x, r, c, false);
        const char *ver = st_attr(query, "ver");
        str_set(&r->ver, ver && strlen(ver) <= KITH_MAX_ID ? ver : NULL);
        r->loaded = true;
        save_later(x, r);
    }
    if (iq_is_result(reply))
        emit_all(x, r);
    else if (reply)
        x_notice(x, KITH_WARN, NULL, "The server did not give the list of contacts; the last known one is shown.");
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
    save_later(x, r);
    x_iq_reply(x, st, NULL);
    return true;
}

/* ---- subscriptions (RFC 6121 §3) ---- */
static void send_presence(struct x *x, const char *to, const char *type, const char *text)
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
    struct roster *r = x_state(x, "roster");
    char *bare = NULL;
    for (struct map_entry *e = NULL; r && (e = map_next(&r->pending, e));)
        if (((struct pending *)e->value)->serial == (uintptr_t)user)
            bare = xstrdup(e->key);
    if (!bare)
        return; /* answered elsewhere meanwhile */
    free(map_del(&r->pending, bare));
    if (str_eq(a->choice, "decline"))
        send_presence(x, bare, "unsubscribed", NULL);
    if (str_eq(a->choice, "accept") || str_eq(a->choice, "both"))
        send_presence(x, bare, "subscribed", NULL);
    if (str_eq(a->choice, "both") && !roster_we_see(x, bare))
        send_presence(x, bare, "subscribe", NULL);
    free(bare);
}

static void ask_user(struct x *x, struct roster *r, const char *bare, xmpp_stanza_t *st)
{
    static const struct kith_choice choices[] = {
        {sizeof(struct kith_choice), KITH_CHOICE_DEFAULT, "both", "Accept, and ask to see theirs"},
        {sizeof(struct kith_choice), 0, "accept", "Accept"},
        {sizeof(struct kith_choice), 0, "decline", "Decline"},
    };
    if (map_get(&r->pending, bare) || r->pending.n >= PENDING_MAX)
        return;
    bool seen = roster_we_see(x, bare); /* nothing to ask for in return */
    struct pending *p = xcalloc(1, sizeof *p);
    p->serial = ++r->serial;
    map_set(&r->pending, bare, p);
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
    x_ask(x, &ask, on_answer, (void *)p->serial); /* NOLINT(performance-no-int-to-ptr): a number, never dereferenced */
    p->ask = ask.ask;
    free(full);
    free(title);
    free(nick);
    free(text);
}

static bool roster_presence(struct x *x, xmpp_stanza_t *st)
{
    struct roster *r = x_state(x, "roster");
    const char *type = st_attr(st, "type"), *from = st_attr(st, "from");
    char *bare = from ? jid_bare(from) : NULL;
    const struct item *it = bare ? map_get(&r->items, bare) : NULL;
    bool taken = true;
    if (!bare || jid_same_bare(bare, x_bare(x)))
        taken = str_starts(type, "subscribe") || str_starts(type, "unsubscribe");
    else if (str_eq(type, "subscribe")) {
        if (it && (it->flags & KITH_CONTACT_FROM))
            send_presence(x, bare, "subscribed", NULL); /* they lost track; we did not */
        else
            ask_user(x, r, bare, st);
    } else if (str_eq(type, "unsubscribe"))
        pending_drop(x, r, bare);
    else if (str_eq(type, "subscribed")) {
        if (it && (it->flags & KITH_CONTACT_PENDING))
            x_notice(x, KITH_INFO, bare, "%s lets you see when they are online.", bare);
    } else if (str_eq(type, "unsubscribed")) {
        if (it && (it->flags & (KITH_CONTACT_PENDING | KITH_CONTACT_TO)))
            x_notice(x, KITH_INFO, bare, "%s does not let you see when they are online.", bare);
    } else
        taken = false;
    free(bare);
    return taken;
}

/* ---- operations ---- */
static void on_set(struct x *x, xmpp_stanza_t *reply, void *user)
{
    kith_req *req = user;
    reply_by_iq(x, *req, reply);
    free(req);
}

static void send_set(struct x *x, const char *bare, const char *name, const char *const *groups, size_t n, kith_req req)
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
static char *op_address(struct x *x, const char *address, int *err)
{
    char *bare = address ? jid_bare(address) : NULL;
    *err = !x_online(x) ? KITH_EOFFLINE : !bare || jid_same_bare(bare, x_bare(x)) ? KITH_EINVAL : KITH_OK;
    if (*err) {
        free(bare);
        return NULL;
    }
    return bare;
}

static void answer_pending(struct x *x, const char *bare, bool allow)
{
    struct roster *r = x_state(x, "roster");
    pending_drop(x, r, bare);
    send_presence(x, bare, allow ? "subscribed" : "unsubscribed", NULL);
}

int roster_add(struct x *x, const char *address, const char *name, const char *const *groups, size_t n_groups,
               const char *text, kith_req req)
{
    int err;
    char *bare = op_address(x, address, &err);
    if (!bare)
        return err;
    const struct roster *r = x_state(x, "roster");
    if (!map_get(&r->items, bare) && r->items.n >= ROSTER_MAX) {
        free(bare);
        return KITH_ELIMIT;
    }
    send_set(x, bare, name, groups, n_groups, req);
    if (!roster_we_see(x, bare))
        send_presence(x, bare, "subscribe", text);
    if (map_get(&r->pending, bare))
        answer_pending(x, bare, true); /* adding somebody who asked is an answer too */
    free(bare);
    return KITH_OK;
}

int roster_update(struct x *x, const char *address, const char *name, const char *const *groups, size_t n_groups,
                  kith_req req)
{
    int err;
    char *bare = op_address(x, address, &err);
    if (!bare)
        return err;
    bool there = roster_has(x, bare);
    if (there)
        send_set(x, bare, name, groups, n_groups, req);
    free(bare);
    return there ? KITH_OK : KITH_ENOTFOUND;
}

int roster_remove(struct x *x, const char *address, kith_req req)
{
    int err;
    char *bare = op_address(x, address, &err);
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

int roster_authorize(struct x *x, const char *address, int allow, kith_req req)
{
    int err;
    char *bare = op_address(x, address, &err);
    if (!bare)
        return err;
    answer_pending(x, bare, allow != 0);
    x_reply_ok(x, req, NULL);
    free(bare);
    return KITH_OK;
}

/* ---- life ---- */
static void roster_attach(struct x *x)
{
    struct roster *r = xcalloc(1, sizeof *r);
    load(x, r);
    x_set_state(x, "roster", r);
}

static void roster_online(struct x *x, bool resumed)
{
    struct roster *r = x_state(x, "roster");
    if (!resumed) {
        map_free(&r->pending, free); /* questions die with the session; the server asks again */
        r->live = false;
    }
    if (!r->live)
        ask_roster(x, r);
}

static void roster_detach(struct x *x)
{
    struct roster *r = x_state(x, "roster");
    if (r->save_timer) {
        x_host(x)->timer_del(r->save_timer);
        save_now(x, r);
    }
    map_free(&r->items, item_free);
    map_free(&r->pending, free);
    free(r->ver);
    free(r);
    x_set_state(x, "roster", NULL);
}

const struct feature feature_roster = {
    .name = "roster",
    .attach = roster_attach,
    .online = roster_online,
    .detach = roster_detach,
    .presence = roster_presence,
    .iq = roster_iq,
};
