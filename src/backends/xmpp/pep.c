/* backends/xmpp/pep.c - personal nodes (XEP-0163, 0060, 0222, 0223): events only from who owns them, publishing, fetching
 *
 * A feature that wants events of a node has a row in the table below, and announces NODE "+notify" among its own disco
 * features. Whatever it does with an item, who the owner is has been checked here, once for all. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/avatar.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/puppets.h"
#include "base/mem.h"

enum { ITEMS_MAX = 200 }; /* of one event */

static const struct {
    const char *node;
    unsigned from; /* PEP_* */
    pep_fn *fn;
} nodes[] = {
    {NS_MDS, PEP_OWN, mds_item},
    {NS_NICK, PEP_OWN | PEP_CONTACTS, nick_item},
    {NS_OMEMO ".devicelist", PEP_OWN | PEP_CONTACTS, omemo_list_old},
    {NS_OMEMO2 ":devices", PEP_OWN | PEP_CONTACTS, omemo_list_2},
    {OMEMO_MARK_NODE, PEP_OWN, omemo_mark_item},
    {NS_AVATAR_META, PEP_OWN | PEP_CONTACTS, avatar_item},
};

/* Ours, a contact's, or somebody's behind a gateway that we keep (XMPP gateways push for people who are not in the list). */
static unsigned owner_kind(const struct x *x, const char *bare)
{
    if (jid_same_bare(bare, x_bare(x)))
        return PEP_OWN;
    if (roster_has(x, bare) || puppets_has(x, bare))
        return PEP_CONTACTS;
    return 0;
}

/* §4.3: the event comes from the bare address of the owner, and from nothing else. Owned; NULL: nobody whom we hear. */
static char *owner_of(const struct x *x, xmpp_stanza_t *st, unsigned *kind)
{
    const char *from = st_attr(st, "from");
    if (from_account(x, from)) {
        *kind = PEP_OWN;
        return xstrdup(x_bare(x));
    }
    char *bare = from && !jid_resource(from) ? jid_bare(from) : NULL;
    *kind = bare ? owner_kind(x, bare) : 0;
    if (*kind == 0) {
        free(bare);
        return NULL;
    }
    return bare;
}

static void each_item(struct x *x, const char *owner, xmpp_stanza_t *items, pep_fn *fn)
{
    size_t n = 0;
    EACH_CHILD (c, items) {
        bool item = is_elem(c, "item", NULL);
        if ((item || is_elem(c, "retract", NULL)) && n++ < ITEMS_MAX)
            fn(x, owner, c, item ? PEP_ITEM : PEP_RETRACTED);
    }
}

static bool pep_message(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *event = st_child(st, "event", NS_PUBSUB_EVENT);
    if (!event || str_eq(st_attr(st, "type"), "error"))
        return false;
    unsigned kind;
    bool taken = false;
    char *owner = owner_of(x, st, &kind);
    EACH_CHILD (c, owner ? event : NULL) {
        const char *node = st_attr(c, "node");
        for (size_t i = 0; node && i < COUNT(nodes); i++) {
            if (!str_eq(node, nodes[i].node))
                continue;
            taken = true;
            if (!(nodes[i].from & kind))
                continue;
            if (is_elem(c, "items", NULL))
                each_item(x, owner, c, nodes[i].fn);
            else if (is_elem(c, "purge", NULL) || is_elem(c, "delete", NULL))
                nodes[i].fn(x, owner, NULL, PEP_PURGED);
        }
    }
    free(owner);
    return taken;
}

/* ---- asking and publishing ---- */

bool pep_can_publish(const struct x *x)
{
    return disco_account_has(x, NS_PUBSUB "#publish-options");
}

xmpp_stanza_t *pep_publish(struct x *x, const char *node, const char *id, xmpp_stanza_t **item)
{
    xmpp_stanza_t *pubsub, *iq = iq_new(x, "set", NULL, "pubsub", NS_PUBSUB, &pubsub);
    xmpp_stanza_t *publish = st_add(pubsub, "publish", NULL);
    st_set(publish, "node", node);
    *item = st_add(publish, "item", NULL);
    st_set(*item, "id", id);
    return iq;
}

void pep_options(xmpp_stanza_t *iq, const struct pep_options *o)
{
    pep_form(st_add(st_child(iq, "pubsub", NS_PUBSUB), "publish-options", NULL), NS_PUBSUB "#publish-options", o);
}

void pep_form(xmpp_stanza_t *parent, const char *form_type, const struct pep_options *o)
{
    xmpp_stanza_t *form = form_new(parent, form_type);
    form_field(form, "pubsub#persist_items", "true");
    if (o->max_items)
        form_field(form, "pubsub#max_items", o->max_items);
    if (o->send_last)
        form_field(form, "pubsub#send_last_published_item", o->send_last);
    form_field(form, "pubsub#access_model", o->access);
}

xmpp_stanza_t *pep_retract(struct x *x, const char *node, const char *id)
{
    xmpp_stanza_t *pubsub, *iq = iq_new(x, "set", NULL, "pubsub", NS_PUBSUB, &pubsub);
    xmpp_stanza_t *retract = st_add(pubsub, "retract", NULL);
    st_set(retract, "node", node);
    st_set(retract, "notify", "true");
    st_set(st_add(retract, "item", NULL), "id", id);
    return iq;
}

xmpp_stanza_t *pep_get(struct x *x, const char *owner, const char *node, const char *id)
{
    xmpp_stanza_t *pubsub, *iq = iq_new(x, "get", owner, "pubsub", NS_PUBSUB, &pubsub);
    xmpp_stanza_t *items = st_add(pubsub, "items", NULL);
    st_set(items, "node", node);
    if (id)
        st_set(st_add(items, "item", NULL), "id", id);
    return iq;
}

xmpp_stanza_t *pep_items(xmpp_stanza_t *reply, const char *node)
{
    xmpp_stanza_t *pubsub = iq_is_result(reply) ? st_child(reply, "pubsub", NS_PUBSUB) : NULL;
    xmpp_stanza_t *items = st_child(pubsub, "items", NULL);
    return items && str_eq(st_attr(items, "node"), node) ? items : NULL;
}

const struct feature feature_pep = {
    .name = "pep",
    .detach = pep_write_free,
    .message = pep_message,
};
