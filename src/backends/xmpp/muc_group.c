/* backends/xmpp/muc_group.c - a closed room made of a chat of two, in which it goes on with others (XEP-0045 §7.9) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/muc_admin.h"
#include "base/mem.h"
#include "base/rand.h"

enum { PEOPLE_MAX = 20, SERVICES_MAX = 20 };

/* One at a time: it is found a place, made, set up; then people are asked to come. */
struct group {
    kith_req req;
    bool busy;
    char *people[PEOPLE_MAX]; /* bare; the first is whose chat it is */
    size_t n;
    char *service, *room;
    unsigned looking, round;
};

static struct group *of(const struct x *x)
{
    return x_state(x, "group");
}

static void clear(struct group *g)
{
    for (size_t i = 0; i < g->n; i++)
        free(g->people[i]);
    free(g->service);
    free(g->room);
    *g = (struct group){.round = g->round + 1};
}

static void end(struct x *x, int err, const char *text)
{
    struct group *g = of(x);
    if (err)
        x_reply_err(x, g->req, err, text);
    else
        x_reply_ok(x, g->req, text);
    clear(g);
}

/* ---- 3: it is ours, and new: nobody but who is invited may come in, or know of it ---- */

/* "romeo, juliet, nurse": as everybody sees it who comes. Owned. */
static char *name_of(const struct x *x, const struct group *g)
{
    struct buf b = {0};
    buf_addf(&b, "%.*s", (int)strcspn(x_bare(x), "@"), x_bare(x));
    for (size_t i = 0; i < g->n && b.len < 100; i++)
        buf_addf(&b, ", %.*s", (int)strcspn(g->people[i], "@"), g->people[i]);
    return buf_take(&b);
}

static void on_set_up(struct x *x, xmpp_stanza_t *reply, void *user)
{
    char *address = user;
    struct group *g = of(x);
    struct muc_room *r = g && str_eq(g->room, address) ? admin_room(x, address) : NULL;
    struct err e = {0};
    free(address);
    if (!r)
        return;
    if (!iq_is_result(reply)) {
        st_error(reply, &e);
        char *why = xasprintf("The server does not make a closed room of it, and nobody was invited. %s", e.text);
        end(x, e.code ? e.code : KITH_EPROTO, why);
        muc_leave(x, r->address, NULL, 0);
        free(why);
        return;
    }
    muc_new_made(x, r);
    for (size_t i = 0; i < g->n; i++) {
        invite_by_room(x, r, g->people[i], NULL, true);
        x_notice(x, KITH_INFO, r->address, "you invite %s", g->people[i]);
    }
    char *name = name_of(x, g), *done = xasprintf("The room \"%s\" is made, and they are invited.", name);
    end(x, KITH_OK, done);
    free(name);
    free(done);
}

bool group_created(struct x *x, struct muc_room *r)
{
    static const char *const settings[][2] = {
        {"muc#roomconfig_membersonly", "1"}, {"muc#roomconfig_publicroom", "0"}, {"muc#roomconfig_whois", "anyone"},
        {"muc#roomconfig_persistentroom", "1"}, {"muc#roomconfig_allowinvites", "1"}};
    const struct group *g = of(x);
    if (!g || !str_eq(g->room, r->address))
        return false;
    xmpp_stanza_t *query, *iq = iq_new(x, "set", r->address, "query", NS_MUC_OWNER, &query);
    xmpp_stanza_t *form = form_new(query, NS_MUC "#roomconfig");
    char *name = name_of(x, g);
    form_field(form, "muc#roomconfig_roomname", name);
    for (size_t i = 0; i < COUNT(settings); i++)
        form_field(form, settings[i][0], settings[i][1]);
    free(name);
    x_iq(x, iq, on_set_up, xstrdup(r->address));
    return true;
}

void group_failed(struct x *x, const struct muc_room *r, const char *why)
{
    const struct group *g = of(x);
    if (g && str_eq(g->room, r->address))
        end(x, KITH_EDENIED, why ? why : "The room was not made.");
}

/* ---- 2: a place for it ---- */

static void make(struct x *x)
{
    struct group *g = of(x);
    char id[23];
    rand_id(id);
    for (char *p = id; *p; p++) /* an address has no capitals */
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p == '-' || *p == '_' ? 'x' : *p;
    g->room = xasprintf("%s@%s", id, g->service);
    struct muc_room *r = muc_get(x, g->room);
    if (r)
        r->instant = r->by_user = true;
    if (!r || muc_join(x, g->room, NULL, NULL, 0) < 0)
        end(x, KITH_ELIMIT, "The room cannot be made now.");
}

struct service { unsigned round; char *jid; };

static void on_info(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct service *s = user;
    struct group *g = of(x);
    bool rooms = false, gateway = false;
    EACH_CHILD (c, iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL) {
        rooms |= is_elem(c, "feature", NULL) && str_eq(st_attr(c, "var"), NS_MUC);
        gateway |= is_elem(c, "identity", NULL) && str_eq(st_attr(c, "category"), "gateway");
    }
    if (g && g->round == s->round) {
        g->looking--;
        if (rooms && !gateway && !g->service)
            str_set(&g->service, s->jid);
        if (!g->looking && g->service)
            make(x);
        else if (!g->looking)
            end(x, KITH_ENOTFOUND, "Your server has no place for rooms.");
    }
    free(s->jid);
    free(s);
}

static void on_items(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct group *g = of(x);
    if (!g || g->round != (uintptr_t)user)
        return;
    EACH_CHILD (c, iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_ITEMS) : NULL) {
        char *jid = is_elem(c, "item", NULL) && st_attr(c, "jid") && !st_attr(c, "node") ? jid_normal(st_attr(c, "jid")) : NULL;
        if (!jid || strpbrk(jid, "@/") || g->looking >= SERVICES_MAX) {
            free(jid);
            continue;
        }
        struct service *s = xmalloc(sizeof *s);
        *s = (struct service){g->round, jid};
        g->looking++;
        x_iq(x, iq_new(x, "get", jid, "query", NS_DISCO_INFO, NULL), on_info, s);
    }
    if (!g->looking)
        end(x, KITH_ENOTFOUND, "Your server has no place for rooms.");
}

/* ---- 1: who is to come ---- */

static int refuse(struct x *x, int err, const char *fmt, const char *who)
{
    char *text = xasprintf("%.100s%s", who, fmt);
    end(x, err, text);
    free(text);
    return KITH_OK;
}

int group_start(struct x *x, const char *chat, const char *const *more, size_t n, kith_req req)
{
    struct group *g = of(x);
    if (!x_online(x))
        return KITH_EOFFLINE;
    if (g->busy)
        return KITH_EBUSY;
    clear(g);
    g->req = req;
    for (size_t i = 0; i <= n; i++) {
        const char *who = i == 0 ? chat : more[i - 1];
        char *bare = who && strchr(who, '@') && !muc_is_room(x, who) ? (i ? jid_typed(who) : jid_bare(who)) : NULL;
        if (!bare || g->n >= PEOPLE_MAX) {
            free(bare);
            return refuse(x, KITH_EINVAL, bare ? ": that is one too many; invite them when the room is there."
                                               : " is no address of a person.", who ? who : "This");
        }
        g->people[g->n++] = bare;
    }
    g->busy = true;
    x_iq(x, iq_new(x, "get", x_domain(x), "query", NS_DISCO_ITEMS, NULL), on_items,
         (void *)(uintptr_t)g->round); /* NOLINT(performance-no-int-to-ptr): a number, never dereferenced */
    return KITH_OK;
}

/* ---- life ---- */

static void group_attach(struct x *x)
{
    x_set_state(x, "group", xcalloc(1, sizeof(struct group)));
}

static void group_online(struct x *x, bool resumed)
{
    struct group *g = of(x);
    if (!resumed && g->busy)
        end(x, KITH_ENET, "The connection was lost before the room was made.");
}

static void group_detach(struct x *x)
{
    struct group *g = of(x);
    clear(g);
    free(g);
    x_set_state(x, "group", NULL);
}

const struct feature feature_group = {
    .name = "group", .attach = group_attach, .online = group_online, .detach = group_detach};
