/* backends/xmpp/sync.c - tells when the first synchronisation of a session is over */
#include <stdlib.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

enum { ALL = SYNC_ROSTER | SYNC_DISCO | SYNC_ARCHIVE };

struct sync {
    unsigned done;
    bool told;
};

uint32_t im_caps(const struct x *x)
{
    uint32_t caps = KITH_CAP_ROSTER | KITH_CAP_EDIT | KITH_CAP_RETRACT | KITH_CAP_REACT |
                    KITH_CAP_RECEIPTS | KITH_CAP_MARKERS | KITH_CAP_TYPING | KITH_CAP_MULTILINE |
                    KITH_CAP_REPLY | KITH_CAP_DIRECTORY | KITH_CAP_ROOMS |
                    KITH_CAP_ROOM_LIST | KITH_CAP_MODERATE | KITH_CAP_KEEP | KITH_CAP_FILES;
    caps |= rtt_anywhere(x) ? KITH_CAP_LIVE_TEXT : 0u;
    caps |= KITH_CAP_FORMAT | (styling_on(x) ? KITH_CAP_MARKS : 0u);
    if (disco_account_has(x, NS_MAM))
        caps |= KITH_CAP_HISTORY;
    if (disco_server_has(x, NS_BLOCKING))
        caps |= KITH_CAP_BLOCKING;
    return caps;
}

void sync_caps(struct x *x)
{
    struct kith_ev_caps ev = EV_INIT(KITH_EV_CAPS, kith_ev_caps);
    ev.caps = im_caps(x);
    x_emit(x, &ev.ev);
}

void sync_done(struct x *x, enum sync_part part)
{
    struct sync *s = x_state(x, "sync");
    s->done |= part;
    if (part == SYNC_DISCO)
        sync_caps(x);
    if (s->told || (s->done & ALL) != ALL)
        return;
    s->told = true;
    x_synced(x);
}

static void sync_attach(struct x *x)
{
    x_set_state(x, "sync", xcalloc(1, sizeof(struct sync)));
}

/* A resumed session missed nothing: it is in step already. */
static void sync_online(struct x *x, bool resumed)
{
    struct sync *s = x_state(x, "sync");
    if (!resumed) {
        s->done = 0;
        s->told = false;
        return;
    }
    sync_caps(x);
    s->told = true;
    x_synced(x);
}

static void sync_detach(struct x *x)
{
    free(x_state(x, "sync"));
    x_set_state(x, "sync", NULL);
}

const struct feature feature_sync = {
    .name = "sync",
    .attach = sync_attach,
    .online = sync_online,
    .detach = sync_detach,
};
