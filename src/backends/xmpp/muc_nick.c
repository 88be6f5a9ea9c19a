/* backends/xmpp/muc_nick.c - how we are called in rooms, and as what we are seen there (XEP-0045 §7.6, §7.7, §7.12) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/bookmarks.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/muc.h"
#include "base/mem.h"

#define NODE_NICK "x-roomuser-item"

enum { NICK_MS = 15000 };

/* The first part of our address, unless the user says otherwise. */
char *muc_default_nick(const struct x *x)
{
    const char *option = x_option(x, "nick"), *bare = x_bare(x);
    if (!str_empty(option))
        return xstrdup(option);
    return xstrndup(bare, strcspn(bare, "@"));
}

char *muc_usable_nick(const struct muc_room *r, const char *nick)
{
    char *full = muc_occupant(r, nick), *normal = jid_normal(full);
    char *out = normal && jid_resource(normal) ? xstrdup(jid_resource(normal)) : NULL;
    free(full);
    free(normal);
    return out;
}

xmpp_stanza_t *muc_presence_to(struct x *x, const struct muc_room *r, const char *nick, const char *type)
{
    xmpp_stanza_t *p = st_new(x_ctx(x), "presence", NULL);
    char *to = muc_occupant(r, nick);
    st_set(p, "to", to);
    st_set(p, "type", type);
    free(to);
    return p;
}

/* ---- the nick that the room keeps for us ---- */

static void take_kept(struct muc_room *r, const char *name)
{
    char *nick = !str_empty(name) && strlen(name) <= KITH_MAX_NAME ? muc_usable_nick(r, name) : NULL;
    if (nick) {
        str_set(&r->wish, nick);
        str_set(&r->nick, nick);
    }
    free(nick);
}

/* Rooms that keep none answer as to a question about themselves, or with an error: only their own node counts. */
static void on_kept(struct x *x, xmpp_stanza_t *reply, void *user)
{
    char *address = user;
    struct muc_room *r = x_state(x, "muc") ? muc_find(x, address) : NULL;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL;
    free(address);
    if (!r || !r->seek_nick)
        return;
    r->seek_nick = false;
    if (!x_online(x) || r->stage != MUC_ASKING)
        return;
    if (query && str_eq(st_attr(query, "node"), NODE_NICK))
        take_kept(r, st_attr(st_child(query, "identity", NULL), "name"));
    muc_informed(x, r);
}

void muc_seek_nick(struct x *x, struct muc_room *r)
{
    xmpp_stanza_t *query, *iq = iq_new(x, "get", r->address, "query", NS_DISCO_INFO, &query);
    st_set(query, "node", NODE_NICK);
    x_iq(x, iq, on_kept, xstrdup(r->address));
}

/* ---- another nick ---- */

static void send_presence(struct x *x, const struct muc_room *r, const char *nick)
{
    xmpp_stanza_t *p = muc_presence_to(x, r, nick, NULL);
    if (presence_fill(x, p))
        x_send(x, p);
    else
        xmpp_stanza_release(p);
}

/* §7.6. */
static int nick_one(struct x *x, struct muc_room *r, const char *nick, kith_req req)
{
    char *usable = muc_usable_nick(r, nick);
    if (!usable || r->stage != MUC_IN || r->nick_req) {
        int err = !usable ? KITH_EINVAL : r->stage != MUC_IN ? KITH_EOFFLINE : KITH_EBUSY;
        free(usable);
        return err;
    }
    if (str_eq(usable, r->nick)) {
        muc_end_req(x, &req, KITH_OK, NULL);
    } else {
        r->nick_req = req;
        muc_wait(x, r, NICK_MS);
        send_presence(x, r, usable);
    }
    free(usable);
    return KITH_OK;
}

void muc_nick_done(struct x *x, struct muc_room *r)
{
    if (r->nick_req) {
        r->deadline_ms = 0;
        bookmarks_nick_changed(x, r->address, r->nick);
    }
    muc_end_req(x, &r->nick_req, KITH_OK, NULL);
    muc_tell(x, r, NULL);
    muc_touch(x);
}

int muc_nick(struct x *x, const char *room, const char *nick, kith_req req)
{
    struct muc *m = muc_of(x);
    struct muc_room *r = room ? muc_find(x, room) : NULL;
    if (!x_online(x) || str_empty(nick))
        return x_online(x) ? KITH_EINVAL : KITH_EOFFLINE;
    if (room)
        return r ? nick_one(x, r, nick, req) : KITH_ENOTFOUND;
    for (struct map_entry *e = NULL; (e = map_next(&m->rooms, e));)
        nick_one(x, e->value, nick, 0);
    muc_end_req(x, &req, KITH_OK, NULL);
    return KITH_OK;
}

/* ---- seen and unseen ---- */

/* It stays one that we want to be in, unless somebody waits for an answer: then that is it. */
void muc_unseen(struct x *x, struct muc_room *r)
{
    bool wanted = r->wanted && !r->req;
    r->parting = r->stage == MUC_IN;
    muc_out(x, r, "nobody is to see you, and in a room everybody would; kith goes in again when you may be seen (/back)", false);
    r->wanted = wanted;
    muc_touch(x);
}

/* §7.7. Who goes unseen leaves the rooms too: their server tells them so by itself (RFC 6121 §4.6.3). */
void muc_show(struct x *x)
{
    struct muc *m = muc_of(x);
    bool seen = presence_seen(x);
    for (struct map_entry *e = NULL; m && (e = map_next(&m->rooms, e));) {
        struct muc_room *r = e->value;
        if (!seen && r->stage >= MUC_JOINING)
            muc_unseen(x, r);
        else if (r->stage == MUC_IN)
            send_presence(x, r, r->nick);
        else if (seen && r->wanted && r->stage == MUC_OUT)
            muc_rejoin(x, r);
    }
}
