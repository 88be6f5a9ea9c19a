/* backends/xmpp/muc_admin.c - who may what in a room: kick, ban, voice, standing, and the lists of them (XEP-0045 §8, §9) */
#include "backends/xmpp/muc_admin.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum { ROWS_MAX = 20000 };

/* ---- asking the room ---- */

struct muc_room *admin_room(const struct x *x, const char *room)
{
    struct muc_room *r = room ? muc_find(x, room) : NULL;
    return r && r->stage == MUC_IN ? r : NULL;
}

struct asking { kith_req req; char *done; };

static void on_done(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct asking *a = user;
    if (iq_is_result(reply))
        x_reply_ok(x, a->req, a->done);
    else
        reply_by_iq(x, a->req, reply);
    free(a->done);
    free(a);
}

/* done: what is said when the room has done it, or NULL. */
static void ask_saying(struct x *x, xmpp_stanza_t *iq, kith_req req, const char *done)
{
    struct asking *a = xmalloc(sizeof *a);
    *a = (struct asking){req, xstrdup(done)};
    x_iq(x, iq, on_done, a);
}

void admin_ask(struct x *x, xmpp_stanza_t *iq, kith_req req)
{
    ask_saying(x, iq, req, NULL);
}

static xmpp_stanza_t *query_new(struct x *x, const struct muc_room *r, const char *type, xmpp_stanza_t **query)
{
    return iq_new(x, type, r->address, "query", NS_MUC_ADMIN, query);
}

static xmpp_stanza_t *item_new(xmpp_stanza_t *query, const char *reason)
{
    xmpp_stanza_t *item = st_add(query, "item", NS_MUC_ADMIN);
    if (!str_empty(reason))
        st_add_child_text(item, "reason", NS_MUC_ADMIN, reason);
    return item;
}

/* §8.2: roles are of who is there, by nick. */
int admin_set_role(struct x *x, const struct muc_room *r, const char *const *nicks, size_t n, const char *role,
                   const char *reason, kith_req req)
{
    xmpp_stanza_t *query, *iq = query_new(x, r, "set", &query);
    reason = omemo_words(x, r->address, reason);
    for (size_t i = 0; i < n; i++) {
        xmpp_stanza_t *item = item_new(query, reason);
        st_set(item, "nick", nicks[i]);
        st_set(item, "role", role);
    }
    admin_ask(x, iq, req);
    return KITH_OK;
}

/* §9: affiliations are of people, by their address. Of an occupant whose address the room does not show to us it is
 * asked by the nick, which services understand. */
static bool name_who(const struct muc_room *r, xmpp_stanza_t *item, const char *who)
{
    const struct muc_member *m = muc_member(r, who);
    char *bare = m ? NULL : jid_normal(who);
    bool address = bare && (strchr(bare, '@') || strchr(bare, '.')); /* a whole server may be banned */
    if (m && m->jid)
        st_set(item, "jid", m->jid);
    else if (m)
        st_set(item, "nick", m->nick);
    else if (address)
        st_set(item, "jid", bare);
    free(bare);
    return m || address;
}

/* What was done, in words: "hag66@shakespeare.lit is a member of this room now." Owned. */
static char *done_words(const char *const *who, size_t n, const char *affiliation)
{
    static const char *const words[][3] = {{"outcast", "is banned from this room", "are banned from this room"},
                                           {"none", "has no standing in this room any more", "have no standing in this room any more"},
                                           {"member", "is a member of this room now", "are members of this room now"},
                                           {"admin", "is an administrator of this room now", "are administrators of this room now"},
                                           {"owner", "is an owner of this room now", "are owners of this room now"}};
    for (size_t i = 0; i < COUNT(words); i++) {
        if (!str_eq(words[i][0], affiliation))
            continue;
        return n == 1 ? xasprintf("%.200s %s.", who[0], words[i][1]) : xasprintf("%zu people %s.", n, words[i][2]);
    }
    return NULL;
}

int admin_set_affiliation(struct x *x, const struct muc_room *r, const char *const *who, size_t n, const char *affiliation,
                          const char *reason, kith_req req)
{
    xmpp_stanza_t *query, *iq = query_new(x, r, "set", &query);
    reason = omemo_words(x, r->address, reason);
    for (size_t i = 0; i < n; i++) {
        xmpp_stanza_t *item = item_new(query, reason);
        st_set(item, "affiliation", affiliation);
        if (!name_who(r, item, who[i])) {
            char *text = xasprintf("Nobody here is called \"%.100s\", and it is no address.", who[i]);
            xmpp_stanza_release(iq);
            x_reply_err(x, req, KITH_ENOTFOUND, text);
            free(text);
            return KITH_OK;
        }
    }
    char *words = done_words(who, n, affiliation);
    ask_saying(x, iq, req, words);
    free(words);
    return KITH_OK;
}

/* ---- lists ---- */

static void emit_row(struct x *x, kith_req req, xmpp_stanza_t *item)
{
    const char *jid = st_attr(item, "jid"), *nick = st_attr(item, "nick");
    char *address = jid ? jid_normal(jid) : NULL, *reason = st_child_text(item, "reason", NULL), *name = NULL;
    if (address) {
        struct kith_ev_item ev = EV_INIT(KITH_EV_ITEM, kith_ev_item);
        bool named = !str_empty(nick), why = !str_empty(reason);
        if (named || why)
            name = xasprintf("%s (%s%s%.300s)", address, named ? nick : "", named && why ? ": " : "", why ? reason : "");
        ev.ev.req = req;
        ev.address = address;
        ev.name = name;
        ev.number = -1;
        x_emit(x, &ev.ev);
    }
    free(address);
    free(reason);
    free(name);
}

/* A list of nobody is said as one: silence would look like a failure. */
static const char *nobody(const char *affiliation)
{
    static const char *const words[][2] = {{"outcast", "Nobody is banned from this room."},
                                           {"member", "This room has no members but its owners and administrators."},
                                           {"admin", "This room has no administrators but its owners."},
                                           {"owner", "This room has no owners."}};
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(words[i][0], affiliation))
            return words[i][1];
    return NULL;
}

struct listing { kith_req req; const char *nobody; };

static void on_list(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct listing *l = user;
    size_t n = 0;
    EACH_CHILD (c, iq_is_result(reply) ? st_child(reply, "query", NS_MUC_ADMIN) : NULL)
        if (is_elem(c, "item", NULL) && n++ < ROWS_MAX)
            emit_row(x, l->req, c);
    if (iq_is_result(reply) && !n)
        x_reply_ok(x, l->req, l->nobody);
    else
        reply_by_iq(x, l->req, reply);
    free(l);
}

void admin_list(struct x *x, const struct muc_room *r, const char *affiliation, kith_req req)
{
    xmpp_stanza_t *query, *iq = query_new(x, r, "get", &query);
    st_set(st_add(query, "item", NS_MUC_ADMIN), "affiliation", affiliation);
    struct listing *l = xmalloc(sizeof *l);
    *l = (struct listing){req, nobody(affiliation)};
    x_iq(x, iq, on_list, l);
}

/* ---- operations of the plugin interface ---- */

int admin_remove(struct x *x, const char *room, const char *who, uint32_t how, const char *text, kith_req req)
{
    const struct muc_room *r = admin_room(x, room);
    if (!r || str_empty(who))
        return KITH_EINVAL;
    if (how == KITH_LEAVE_BAN)
        return admin_set_affiliation(x, r, &who, 1, "outcast", text, req);
    return muc_member(r, who) ? admin_set_role(x, r, &who, 1, "none", text, req) : KITH_ENOTFOUND;
}

int admin_role(struct x *x, const char *room, const char *who, uint32_t role, const char *text, kith_req req)
{
    static const struct { uint32_t role; const char *affiliation, *word; } words[] = {
        {KITH_ROLE_VISITOR, NULL, "visitor"}, {KITH_ROLE_VOICE, NULL, "participant"}, {KITH_ROLE_OP, NULL, "moderator"},
        {KITH_ROLE_NONE, "none", NULL}, {KITH_ROLE_MEMBER, "member", NULL}, {KITH_ROLE_ADMIN, "admin", NULL},
        {KITH_ROLE_OWNER, "owner", NULL}};
    const struct muc_room *r = admin_room(x, room);
    if (!r || str_empty(who))
        return KITH_EINVAL;
    for (size_t i = 0; i < COUNT(words); i++) {
        if (words[i].role == role && words[i].word)
            return admin_set_role(x, r, &who, 1, words[i].word, text, req);
        if (words[i].role == role)
            return admin_set_affiliation(x, r, &who, 1, words[i].affiliation, text, req);
    }
    return KITH_EUNSUP;
}

int admin_affiliated(struct x *x, const char *room, uint32_t role, kith_req req)
{
    const struct muc_room *r = admin_room(x, room);
    const char *word = role == KITH_ROLE_NONE     ? "outcast"
                       : role == KITH_ROLE_MEMBER ? "member"
                       : role == KITH_ROLE_ADMIN  ? "admin"
                       : role == KITH_ROLE_OWNER  ? "owner"
                                                  : NULL;
    if (!r || !word)
        return r ? KITH_EUNSUP : KITH_EINVAL;
    admin_list(x, r, word, req);
    return KITH_OK;
}
