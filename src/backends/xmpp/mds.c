/* backends/xmpp/mds.c - how far the account has read, shared by its devices (XEP-0490) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"

enum { CHATS_MAX = 5000, PUBLISH_AFTER_MS = 1500, FLUSH_MAX = 50 };

struct mds {
    struct map due;  /* chat -> archive id to be published (owned) */
    struct map seen; /* chat -> archive id last published or heard (owned) */
    int timer;
};

static void seen(struct mds *m, const char *chat, const char *id)
{
    if (m->seen.n < CHATS_MAX || map_get(&m->seen, chat))
        free(map_set(&m->seen, chat, xstrdup(id)));
}

/* One item: its id is the chat, its payload an id of our own archive, or of the room's (§3.1). */
static void take_item(struct x *x, struct mds *m, xmpp_stanza_t *item)
{
    xmpp_stanza_t *displayed = st_child(item, "displayed", NS_MDS),
                  *sid = st_child(displayed, "stanza-id", NS_SID);
    const char *chat = st_attr(item, "id"), *id = id_attr(sid, "id"), *by = st_attr(sid, "by");
    bool person = chat && jid_resource(chat) && muc_is_room(x, chat);
    char *bare = person ? jid_normal(chat) : chat ? jid_bare(chat) : NULL;
    if (bare && id && by && (from_account(x, by) || str_eq(by, bare)) && !str_eq(map_get(&m->seen, bare), id)) {
        seen(m, bare, id);
        struct kith_ev_marker ev = EV_INIT(KITH_EV_MARKER, kith_ev_marker);
        ev.chat = bare;
        ev.id = id;
        x_emit(x, &ev.ev);
    }
    free(bare);
}

static void on_items(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct mds *m = x_state(x, "mds");
    xmpp_stanza_t *items = pep_items(reply, NS_MDS);
    size_t n = 0;
    EACH_CHILD (c, m ? items : NULL)
        if (is_elem(c, "item", NULL) && n++ < CHATS_MAX)
            take_item(x, m, c);
}

void mds_start(struct x *x)
{
    if (pep_can_publish(x))
        x_iq(x, pep_get(x, NULL, NS_MDS, NULL), on_items, NULL);
}

/* Private data: only from the own account (XEP-0223 §6), or anybody could mark our messages as
 * read. */
void mds_item(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    if (what == PEP_ITEM)
        take_item(x, x_state(x, "mds"), item);
}

static void on_published(struct x *x, xmpp_stanza_t *reply, void *user);

/* §3.2 with the options of XEP-0223 §3. */
static void publish(struct x *x, const char *chat, const char *id)
{
    static const struct pep_options options = {.access = "whitelist", .max_items = "max", .send_last = "never"};
    xmpp_stanza_t *item, *iq = pep_publish(x, NS_MDS, chat, &item);
    xmpp_stanza_t *sid = st_add(st_add(item, "displayed", NS_MDS), "stanza-id", NS_SID);
    st_set(sid, "by", muc_is_room(x, chat) && !jid_resource(chat) ? chat : x_bare(x));
    st_set(sid, "id", id);
    pep_write(x, NS_MDS, iq, &options, on_published, NULL);
}

static void on_published(struct x *x, xmpp_stanza_t *reply, void *user)
{
    if (reply && !iq_is_result(reply))
        x_log(x, KITH_INFO, "the server does not share how far was read");
}

static void on_due(void *user)
{
    struct x *x = user;
    struct mds *m = x_state(x, "mds");
    m->timer = 0;
    size_t n = 0;
    for (struct map_entry *e = NULL; (e = map_next(&m->due, e));) {
        if (x_online(x) && n++ < FLUSH_MAX) {
            seen(m, e->key, e->value);
            publish(x, e->key, e->value);
        }
    }
    map_free(&m->due, free);
}

void mds_displayed(struct x *x, const char *chat, const char *archive_id)
{
    struct mds *m = x_state(x, "mds");
    if (!pep_can_publish(x) || str_eq(map_get(&m->seen, chat), archive_id) || m->due.n >= CHATS_MAX)
        return;
    free(map_set(&m->due, chat, xstrdup(archive_id)));
    if (!m->timer)
        m->timer = x_host(x)->timer_add(PUBLISH_AFTER_MS, on_due, x);
}

static void mds_attach(struct x *x)
{
    x_set_state(x, "mds", xcalloc(1, sizeof(struct mds)));
}

static void mds_detach(struct x *x)
{
    struct mds *m = x_state(x, "mds");
    if (m->timer)
        x_host(x)->timer_del(m->timer);
    map_free(&m->due, free);
    map_free(&m->seen, free);
    free(m);
    x_set_state(x, "mds", NULL);
}

static const char *const mds_vars[] = {NS_MDS, NS_MDS "+notify", NULL};
const struct feature feature_mds = {
    .name = "mds",
    .disco = mds_vars,
    .attach = mds_attach,
    .detach = mds_detach,
};
