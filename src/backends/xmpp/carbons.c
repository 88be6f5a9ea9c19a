/* backends/xmpp/carbons.c - copies of what the account's other devices send and receive (XEP-0280, 0297) */
#include <stdlib.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"

static void on_enabled(struct x *x, xmpp_stanza_t *reply, void *user)
{
    if (reply && !iq_is_result(reply))
        x_log(x, KITH_INFO, "the server does not copy messages of other devices");
}

static void carbons_attach(struct x *x)
{
    x_set_state(x, "carbons", xcalloc(1, sizeof(bool))); /* something was dropped, and that is logged */
}

static void carbons_detach(struct x *x)
{
    free(x_state(x, "carbons"));
    x_set_state(x, "carbons", NULL);
}

static void carbons_online(struct x *x, bool resumed)
{
    bool *logged = x_state(x, "carbons");
    *logged = *logged && resumed;
    if (resumed || x_inline(x, NS_CARBONS))
        return;
    x_iq(x, iq_new(x, "set", NULL, "enable", NS_CARBONS, NULL), on_enabled, NULL);
}

/* §11: a copy from anybody but the own bare address is an attack (CVE-2017-5589 and its like):
 * dropped whole, so that nothing of it is read as a message either. */
static bool carbons_message(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *sent = st_child(st, "sent", NS_CARBONS),
                  *received = st_child(st, "received", NS_CARBONS);
    if (!sent && !received)
        return false;
    const char *from = st_attr(st, "from");
    if (!from || !from_account(x, from)) {
        bool *logged = x_state(x, "carbons");
        if (!*logged)
            x_log(x, KITH_WARN, "a copy of a message came from a stranger: dropped, and others like it");
        *logged = true;
        return true;
    }
    xmpp_stanza_t *forwarded = st_child(sent ? sent : received, "forwarded", NS_FORWARD);
    xmpp_stanza_t *inner = st_child(forwarded, "message", NS_CLIENT);
    if (!inner)
        return true;
    struct im_from how = {
        .source = IM_CARBON, .sent = sent != NULL, .time_ms = delay_stamp(forwarded, NULL)};
    message_take(x, inner, &how);
    return true;
}

const struct feature feature_carbons = {
    .name = "carbons",
    .attach = carbons_attach,
    .detach = carbons_detach,
    .online = carbons_online,
    .message = carbons_message,
};
