/* backends/xmpp/muc_new.c - a room that was not there before: made at once, with the service's usual settings
 * (XEP-0045 §10.1.2) */
#include <stdlib.h>

#include "backends/xmpp/muc.h"
#include "base/mem.h"

static void on_made(struct x *x, xmpp_stanza_t *reply, void *user)
{
    char *address = user;
    struct muc_room *r = x_state(x, "muc") ? muc_find(x, address) : NULL;
    struct err e = {0};
    if (r && reply && !iq_is_result(reply)) {
        st_error(reply, &e);
        x_notice(x, KITH_WARN, r->address, "Nobody else can come in yet: the room was not set up. %s", e.text);
    } else if (r && reply) {
        muc_info(x, r);
    }
    free(address);
}

void muc_created(struct x *x, struct muc_room *r)
{
    xmpp_stanza_t *query, *iq;
    if (r->reserve)
        return;
    iq = iq_new(x, "set", r->address, "query", NS_MUC_OWNER, &query);
    st_set(st_add(query, "x", NS_DATA), "type", "submit");
    x_iq(x, iq, on_made, xstrdup(r->address));
}
