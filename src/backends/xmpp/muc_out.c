/* backends/xmpp/muc_out.c - what the user says in a room, and to one person in it (XEP-0045 §7.4, §7.5) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/muc.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

bool muc_may_send(const struct x *x, const char *address)
{
    const struct muc_room *r = muc_find(x, address);
    return !r || r->stage == MUC_IN;
}

/* type and marks of a stanza to a room or to one person in it; the rest is as to anybody. */
void muc_address(struct x *x, xmpp_stanza_t *st, const char *address)
{
    if (!muc_find(x, address))
        return;
    if (jid_resource(address))
        st_add(st, "x", NS_MUC_USER);
    else
        st_set(st, "type", "groupchat");
}

void muc_sent(struct x *x, const char *address, const char *origin_id)
{
    struct muc_room *r = jid_resource(address) ? NULL : muc_find(x, address);
    if (r && r->sent.n < MUC_SENT_MAX)
        set_add(&r->sent, origin_id);
}

/* §8.1. */
int muc_topic(struct x *x, const char *room, const char *text, kith_req req)
{
    struct muc_room *r = muc_find(x, room);
    if (!r || r->stage != MUC_IN || r->topic_req)
        return !r ? KITH_ENOTFOUND : r->topic_req ? KITH_EBUSY : KITH_EOFFLINE;
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    st_set(m, "to", r->address);
    st_set(m, "type", "groupchat");
    st_add_child_text(m, "subject", NULL, text ? text : "");
    r->topic_req = req;
    x_send(x, m);
    if (omemo_holds(x, r->address))
        x_notice(x, KITH_INFO, r->address, "The topic is not encrypted: servers, and whoever may see this room, can read it.");
    return KITH_OK;
}
