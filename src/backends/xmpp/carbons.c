/* backends/xmpp/carbons.c - copies of what the account's other devices send and receive (XEP-0280, 0297) */
#include "backends/xmpp/feature.h"
#include "base/mem.h"

static void on_enabled(struct x *x, xmpp_stanza_t *reply, void *user)
{
    if (reply && !iq_is_result(reply))
        x_log(x, KITH_INFO, "the server does not copy messages of other devices");
}

static void carbons_online(struct x *x, bool resumed)
{
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
        x_dropped(x, "a copy of a message that came from a stranger");
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
    .online = carbons_online,
    .message = carbons_message,
};
