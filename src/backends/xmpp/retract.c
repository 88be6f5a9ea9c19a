/* backends/xmpp/retract.c - a message is withdrawn by who wrote it (XEP-0424) */
#include <stdlib.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

/* XEP-0424 §3, now and as it was (:0 inside XEP-0422). Whose message it is the engine compares, as
 * for corrections; a moderator's word (XEP-0425) counts in rooms only, so here it is no
 * withdrawal. */
const char *retract_target(xmpp_stanza_t *st)
{
    xmpp_stanza_t *r = st_child(st, "retract", NS_RETRACT),
                  *old = st_child(st, "apply-to", NS_FASTEN);
    if (r)
        return st_child(r, "moderated", NULL) ? NULL : id_attr(r, "id");
    return st_child(old, "retract", NS_RETRACT0) ? id_attr(old, "id") : NULL;
}

/* XEP-0424 §4. */
int change_retract(struct x *x, const char *chat, const char *target, const char *text,
                   const char *id)
{
    int err = KITH_EINVAL;
    char *bare = str_empty(target) ? NULL : message_address(x, chat, id, &err);
    if (!bare)
        return err;
    if (x_unacked(x, id)) {
        free(bare);
        return KITH_OK;
    }
    xmpp_stanza_t *st = message_new(x, bare, id), *r = st_add(st, "retract", NS_RETRACT);
    st_set(r, "id", target);
    if (!str_empty(text))
        st_add_child_text(r, "reason", NULL, text);
    if (presence_supports(x, bare, NS_RETRACT0) && !presence_supports(x, bare, NS_RETRACT)) {
        xmpp_stanza_t *old = st_add(st, "apply-to", NS_FASTEN); /* as it was until 0.4, for who knows only that */
        st_set(old, "id", target);
        st_add(old, "retract", NS_RETRACT0);
    }
    (void)fallback_add(x, st, bare, NS_RETRACT);
    st_add_child_text(st, "body", NULL,
                      "/me withdrew an earlier message, but your program cannot take it away.");
    st_add(st, "store", NS_HINTS);
    ledger_send(x, st, bare, id, 0, false);
    free(bare);
    return KITH_OK;
}
