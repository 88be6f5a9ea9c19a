/* backends/xmpp/csi.c - tells the server whether anybody looks, so that it may hold back what has time (XEP-0352) */
#include "backends/xmpp/x.h"
#include "base/mem.h"

#define INACTIVE "<inactive xmlns='" NS_CSI "'/>"
#define ACTIVE "<active xmlns='" NS_CSI "'/>"

static bool wanted(const struct x *x)
{
    const char *opt = x_option(x, "client_state");
    return x->unwatched && !str_eq(opt, "false");
}

/* Neither is a stanza: they are not counted, and nothing comes back. */
static void csi_due(struct x *x)
{
    if (x->csi.known && x->phase == PHASE_ONLINE && x->csi.inactive != wanted(x)) {
        x->csi.inactive = !x->csi.inactive;
        link_write(x, x->csi.inactive ? INACTIVE : ACTIVE);
    }
}

/* §4.2, §5: every stream begins active, a resumed one as well. */
void csi_stream(struct x *x)
{
    x->csi = (struct x_csi){0};
}

void csi_features(struct x *x, xmpp_stanza_t *features)
{
    x->csi.known = x->csi.known || st_child(features, "csi", NS_CSI);
    csi_due(x);
}

/* XEP-0386 §4: a session can begin inactive. */
bool csi_inline(struct x *x)
{
    x->csi.asked = wanted(x);
    return x->csi.asked;
}

void csi_bound(struct x *x)
{
    x->csi.known = x->csi.known || x->csi.asked;
    x->csi.inactive = x->csi.asked;
}

void csi_online(struct x *x)
{
    csi_due(x);
}

void csi_watched(struct x *x, bool watched)
{
    x->unwatched = !watched;
    csi_due(x);
}
