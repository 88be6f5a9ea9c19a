/* backends/xmpp/bookmarks.c - the account's bookmarks: fetched, heard live, written, and what they do to rooms */
#include "backends/xmpp/bookmarks.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/muc.h"
#include "base/mem.h"

enum {
    BOOKMARKS_MAX = 2000,
    AWAITED_MAX = 200 /* changes made while there was no connection */
};

struct bookmarks {
    struct map all;    /* room -> struct bookmark */
    struct map early;  /* room -> its flags as text (owned): keep() before the bookmarks were known */
    xmpp_stanza_t *old; /* <storage/> as last received or written; NULL: not asked for, or none */
    unsigned waiting;  /* answers still to come */
    uintptr_t round;   /* of questions: late answers of an earlier one do not count */
    bool known;        /* all have answered in this session */
    bool pep;          /* they are written by XEP-0402, else into private storage */
    bool whole;        /* all that was asked for came: only then what is written there may be replaced */
};

static struct bookmarks *of(const struct x *x)
{
    return x_state(x, "bookmarks");
}

const struct bookmark *bookmarks_get(const struct x *x, const char *room)
{
    const struct bookmarks *m = of(x);
    return m ? map_get(&m->all, room) : NULL;
}

uint32_t bookmarks_flags(const struct x *x, const char *room)
{
    const struct bookmark *b = bookmarks_get(x, room);
    return b ? b->flags | KITH_CHAT_KEPT : 0;
}

const char *bookmarks_name(const struct x *x, const char *room)
{
    const struct bookmark *b = bookmarks_get(x, room);
    return b ? b->name : NULL;
}

/* ---- what is told ---- */

/* The chat of a bookmark: by the room itself where it is known, so that both are said at once. */
static void tell(struct x *x, const char *room)
{
    const struct bookmark *b = bookmarks_get(x, room);
    struct muc_room *r = muc_find(x, room);
    if (r) {
        muc_tell(x, r, NULL);
        return;
    }
    struct kith_ev_chat ev = EV_INIT(KITH_EV_CHAT, kith_ev_chat);
    ev.address = room;
    ev.kind = KITH_CHAT_ROOM;
    ev.flags = bookmarks_flags(x, room);
    char *shown = b && b->name ? NULL : jid_shown(room);
    ev.name = b && b->name ? b->name : shown;
    ev.nick = b ? b->nick : NULL;
    x_emit(x, &ev.ev);
    free(shown);
}

static void tell_all(struct x *x, const struct bookmarks *m)
{
    struct kith_ev_sync ev = EV_INIT(KITH_EV_SYNC_BEGIN, kith_ev_sync);
    ev.what = KITH_SYNC_CHATS;
    x_emit(x, &ev.ev);
    for (struct map_entry *e = NULL; (e = map_next(&m->all, e));)
        tell(x, e->key);
    ev.ev.type = KITH_EV_SYNC_END;
    x_emit(x, &ev.ev);
}

/* ---- writing ---- */

static void on_written(struct x *x, xmpp_stanza_t *reply, void *user)
{
    kith_req *req = user;
    if (req) {
        reply_by_iq(x, *req, reply);
        free(req);
    } else if (reply && !iq_is_result(reply)) {
        x_log(x, KITH_WARN, "the server did not take a bookmark");
    }
}

/* §3.3. The options keep others from reading it; a server that cannot hold to them refuses. */
static void publish(struct x *x, const struct bookmark *b, kith_req *req)
{
    static const struct pep_options options = {.access = "whitelist", .max_items = "max", .send_last = "never"};
    xmpp_stanza_t *item, *iq = pep_publish(x, NS_BOOKMARKS, b->room, &item);
    xmpp_stanza_add_child_ex(item, bookmark_element(b, NS_BOOKMARKS), 0);
    pep_write(x, NS_BOOKMARKS, iq, &options, on_written, req);
}

/* XEP-0048 in XEP-0049: all of them at once; what is in the storage beside rooms (URLs) stays. */
static xmpp_stanza_t *store_all(struct x *x, struct bookmarks *m)
{
    xmpp_stanza_t *query, *iq = iq_new(x, "set", NULL, "query", NS_PRIVATE, &query);
    xmpp_stanza_t *storage = st_add(query, "storage", NS_BOOKMARKS_OLD);
    EACH_CHILD (c, m->old)
        if (xmpp_stanza_get_name(c) && !is_elem(c, "conference", NULL))
            xmpp_stanza_add_child_ex(storage, xmpp_stanza_copy(c), 0);
    for (struct map_entry *e = NULL; (e = map_next(&m->all, e));)
        xmpp_stanza_add_child_ex(storage, bookmark_element(e->value, NS_BOOKMARKS_OLD), 0);
    if (m->old)
        xmpp_stanza_release(m->old);
    m->old = xmpp_stanza_copy(storage);
    return iq;
}

static void write_one(struct x *x, struct bookmark *b, kith_req req)
{
    struct bookmarks *m = of(x);
    kith_req *keep = NULL;
    if (!m->pep && !m->whole) {
        if (req)
            x_reply_err(x, req, KITH_EUNSUP, "The server keeps no bookmarks.");
        return;
    }
    if (req) {
        keep = xmalloc(sizeof *keep);
        *keep = req;
    }
    if (m->pep)
        publish(x, b, keep);
    else
        x_iq(x, store_all(x, m), on_written, keep);
}

/* ---- what is heard ---- */

/* Takes over b. False: there are too many. */
static bool put(struct bookmarks *m, struct bookmark *b)
{
    bool room = m->all.n < BOOKMARKS_MAX || map_get(&m->all, b->room);
    bookmark_free(room ? map_set(&m->all, b->room, b) : b);
    return room;
}

/* The room goes where its bookmark does. */
static void follow(struct x *x, const char *room)
{
    const struct bookmark *b = bookmarks_get(x, room);
    struct muc_room *r = muc_find(x, room);
    bool in = r && r->wanted;
    if (!autojoin_follows(x))
        return;
    bool wanted = autojoin_wanted(x, room, b && (b->flags & KITH_CHAT_AUTOJOIN));
    if (wanted && !in)
        muc_join(x, room, b ? b->nick : NULL, b ? b->password : NULL, 0);
    else if (!wanted && in)
        muc_leave(x, room, NULL, 0);
}

static void live_item(struct x *x, struct bookmarks *m, xmpp_stanza_t *item)
{
    xmpp_stanza_t *el = st_child(item, "conference", NS_BOOKMARKS);
    struct bookmark *b = el && st_attr(item, "id") ? bookmark_new(el, st_attr(item, "id")) : NULL;
    if (!b)
        return;
    const struct bookmark *was = map_get(&m->all, b->room);
    bool same = was && bookmark_same(was, b);
    char *room = xstrdup(b->room);
    b->published = true;
    if (put(m, b) && !same) {
        tell(x, room);
        follow(x, room);
    }
    free(room);
}

static void live_gone(struct x *x, struct bookmarks *m, const char *jid)
{
    char *room = jid ? jid_bare(jid) : NULL;
    struct bookmark *b = room ? map_del(&m->all, room) : NULL;
    if (b) {
        tell(x, room);
        follow(x, room);
    }
    bookmark_free(b);
    free(room);
}

/* §4. Only from the own account: anybody can send an event, and a bookmark makes us join (XEP-0223 §6). */
static bool bookmarks_message(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *event = st_child(st, "event", NS_PUBSUB_EVENT), *items = st_child(event, "items", NULL);
    struct bookmarks *m = of(x);
    if (!items || !str_eq(st_attr(items, "node"), NS_BOOKMARKS))
        return false;
    if (!from_account(x, st_attr(st, "from")) || !m->known)
        return true;
    EACH_CHILD (c, items) {
        if (is_elem(c, "item", NULL))
            live_item(x, m, c);
        else if (is_elem(c, "retract", NULL))
            live_gone(x, m, st_attr(c, "id"));
    }
    return true;
}

/* ---- fetching ---- */

static void join_listed(struct x *x, const char *room, const char *password)
{
    struct muc_room *r = muc_find(x, room);
    const struct bookmark *b = bookmarks_get(x, room);
    if (!r || !r->wanted)
        muc_join(x, room, b ? b->nick : NULL, password ? password : b ? b->password : NULL, 0);
}

static void keep_early(struct x *x, struct bookmarks *m);

static void all_known(struct x *x, struct bookmarks *m)
{
    m->known = true;
    if (m->whole)
        tell_all(x, m);
    for (struct map_entry *e = NULL; (e = map_next(&m->all, e));)
        if (((const struct bookmark *)e->value)->flags & KITH_CHAT_AUTOJOIN)
            follow(x, e->key);
    autojoin_listed(x, join_listed);
    keep_early(x, m);
    muc_bookmarks_known(x, m->pep || m->whole);
}

/* A node that nobody has written to yet is not there: no bookmarks. Any other error is not "none". */
static void answered(struct x *x, struct bookmarks *m, xmpp_stanza_t *reply)
{
    struct err e = {0};
    if (!iq_is_result(reply) && st_error(reply, &e) != KITH_ENOTFOUND)
        m->whole = false;
    if (--m->waiting == 0 && x_online(x))
        all_known(x, m);
}

static void on_items(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct bookmarks *m = of(x);
    if (!m || m->round != (uintptr_t)user)
        return;
    xmpp_stanza_t *items = iq_is_result(reply) ? st_child(st_child(reply, "pubsub", NS_PUBSUB), "items", NULL) : NULL;
    EACH_CHILD (c, items) {
        xmpp_stanza_t *el = is_elem(c, "item", NULL) ? st_child(c, "conference", NS_BOOKMARKS) : NULL;
        struct bookmark *b = el && st_attr(c, "id") ? bookmark_new(el, st_attr(c, "id")) : NULL;
        if (b) {
            b->published = true;
            put(m, b);
        }
    }
    answered(x, m, reply);
}

/* What the newer kind has is not overwritten by the older. */
static void take_old(struct bookmarks *m, xmpp_stanza_t *storage)
{
    EACH_CHILD (c, storage) {
        struct bookmark *b = is_elem(c, "conference", NS_BOOKMARKS_OLD) ? bookmark_new(c, NULL) : NULL;
        if (b && map_get(&m->all, b->room))
            bookmark_free(b);
        else if (b)
            put(m, b);
    }
}

static void on_private(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct bookmarks *m = of(x);
    if (!m || m->round != (uintptr_t)user)
        return;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_PRIVATE) : NULL;
    xmpp_stanza_t *storage = st_child(query, "storage", NS_BOOKMARKS_OLD);
    if (m->old)
        xmpp_stanza_release(m->old);
    m->old = storage ? xmpp_stanza_copy(storage) : NULL;
    take_old(m, storage);
    answered(x, m, reply);
}

/* XEP-0048 1.1: one item with all of them; read only. */
static void on_old_node(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct bookmarks *m = of(x);
    if (!m || m->round != (uintptr_t)user)
        return;
    xmpp_stanza_t *items = iq_is_result(reply) ? st_child(st_child(reply, "pubsub", NS_PUBSUB), "items", NULL) : NULL;
    take_old(m, st_child(st_child(items, "item", NULL), "storage", NS_BOOKMARKS_OLD));
    answered(x, m, reply);
}

static void ask_node(struct x *x, const char *node, x_iq_fn *fn, void *round)
{
    xmpp_stanza_t *pubsub, *iq = iq_new(x, "get", NULL, "pubsub", NS_PUBSUB, &pubsub);
    st_set(st_add(pubsub, "items", NULL), "node", node);
    x_iq(x, iq, fn, round);
}

void bookmarks_start(struct x *x)
{
    struct bookmarks *m = of(x);
    bool options = disco_account_has(x, NS_PUBSUB "#publish-options");
    m->pep = options && (disco_account_has(x, NS_BOOKMARKS "#compat") || disco_account_has(x, NS_BOOKMARKS "#compat-pep"));
    void *round = (void *)++m->round; /* NOLINT(performance-no-int-to-ptr): a number, never dereferenced */
    m->known = false;
    m->whole = true;
    map_free(&m->all, bookmark_free);
    m->waiting = m->pep ? 1 : options ? 3 : 1;
    if (options)
        ask_node(x, NS_BOOKMARKS, on_items, round);
    if (m->pep)
        return;
    xmpp_stanza_t *query, *iq = iq_new(x, "get", NULL, "query", NS_PRIVATE, &query);
    st_add(query, "storage", NS_BOOKMARKS_OLD);
    x_iq(x, iq, on_private, round);
    if (options)
        ask_node(x, NS_BOOKMARKS_OLD, on_old_node, round);
}

/* ---- what the user does ---- */

static struct bookmark *mine(struct x *x, const char *room, bool make)
{
    struct bookmarks *m = of(x);
    struct bookmark *b = m->known ? map_get(&m->all, room) : NULL;
    if (b || !m->known || !make || m->all.n >= BOOKMARKS_MAX)
        return b;
    b = bookmark_blank(x, room);
    if (b)
        map_set(&m->all, b->room, b);
    return b;
}

bool bookmarks_joined(struct x *x, const char *room, const char *nick, const char *password)
{
    struct bookmark *b = autojoin_follows(x) ? mine(x, room, true) : NULL;
    if (!b)
        return of(x)->known || !autojoin_follows(x);
    bool news = !(b->flags & KITH_CHAT_AUTOJOIN) || (nick && !str_eq(nick, b->nick)) ||
                (password && !str_eq(password, b->password));
    if (!news)
        return true;
    bookmark_set_flags(b, b->flags | KITH_CHAT_AUTOJOIN);
    if (nick)
        bookmark_set_nick(b, nick);
    if (password)
        bookmark_set_password(b, password);
    write_one(x, b, 0);
    return true;
}

void bookmarks_left(struct x *x, const char *room)
{
    struct bookmark *b = autojoin_follows(x) ? mine(x, room, false) : NULL;
    if (!b || !(b->flags & KITH_CHAT_AUTOJOIN))
        return;
    bookmark_set_flags(b, b->flags & ~(uint32_t)KITH_CHAT_AUTOJOIN);
    tell(x, room);
    write_one(x, b, 0);
}

void bookmarks_nick_changed(struct x *x, const char *room, const char *nick)
{
    struct bookmark *b = mine(x, room, false);
    if (!b || str_eq(b->nick, nick))
        return;
    bookmark_set_nick(b, nick);
    write_one(x, b, 0);
}

static void keep_early(struct x *x, struct bookmarks *m)
{
    for (struct map_entry *e = NULL; (e = map_next(&m->early, e));) {
        int64_t flags = 0;
        struct bookmark *b = str_int(e->value, 0, UINT32_MAX, &flags) ? mine(x, e->key, true) : NULL;
        if (!b)
            continue;
        bookmark_set_flags(b, (uint32_t)flags | (b->flags & KITH_CHAT_AUTOJOIN));
        tell(x, b->room);
        write_one(x, b, 0);
    }
    map_free(&m->early, free);
}

int bookmarks_keep(struct x *x, const char *room, uint32_t flags, kith_req req)
{
    const uint32_t all = KITH_CHAT_PINNED | KITH_CHAT_MUTED | KITH_CHAT_ALERT_ALL | KITH_CHAT_ALERT_MENTIONS;
    struct bookmarks *m = of(x);
    char *bare = room && !jid_resource(room) ? jid_bare(room) : NULL;
    struct bookmark *b = bare ? mine(x, bare, (flags & all) != 0) : NULL;
    int rc = KITH_OK;
    if (!bare) {
        rc = KITH_EINVAL;
    } else if (b && x_online(x)) {
        bookmark_set_flags(b, (flags & all) | (b->flags & KITH_CHAT_AUTOJOIN));
        tell(x, bare);
        write_one(x, b, req);
    } else {
        if (!m->known && (m->early.n < AWAITED_MAX || map_get(&m->early, bare)))
            free(map_set(&m->early, bare, xasprintf("%u", (unsigned)(flags & all))));
        x_reply_ok(x, req, NULL);
    }
    free(bare);
    return rc;
}

/* ---- life ---- */

static void bookmarks_attach(struct x *x)
{
    x_set_state(x, "bookmarks", xcalloc(1, sizeof(struct bookmarks)));
}

/* What another device changes while we are away comes with the next session, or when this one is resumed. */
static void bookmarks_online(struct x *x, bool resumed)
{
    if (!resumed)
        of(x)->known = false;
}

static void bookmarks_detach(struct x *x)
{
    struct bookmarks *m = of(x);
    map_free(&m->all, bookmark_free);
    map_free(&m->early, free);
    if (m->old)
        xmpp_stanza_release(m->old);
    free(m);
    x_set_state(x, "bookmarks", NULL);
}

static const char *const bookmarks_vars[] = {NS_BOOKMARKS "+notify", NULL};
const struct feature feature_bookmarks = {
    .name = "bookmarks",
    .disco = bookmarks_vars,
    .attach = bookmarks_attach,
    .online = bookmarks_online,
    .detach = bookmarks_detach,
    .message = bookmarks_message,
};
