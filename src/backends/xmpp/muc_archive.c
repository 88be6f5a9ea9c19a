/* backends/xmpp/muc_archive.c - what was said in a room while we were not there (XEP-0313 §5.1.2) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/muc.h"
#include "base/mem.h"

bool muc_archived(const struct muc_room *r)
{
    return muc_has(r, NS_MAM);
}

void muc_archive_start(struct x *x UNUSED, struct muc_room *r UNUSED)
{
}

void muc_archive_stop(struct x *x UNUSED, struct muc_room *r UNUSED)
{
}

/* A message came live: what is known without a hole ends behind it, unless the archive has not been read up to there. */
void muc_archive_live(struct x *x, struct muc_room *r, const char *archive_id, int64_t ms, uint64_t event UNUSED)
{
    if (r->reading || r->gap) {
        if (archive_id)
            str_set(&r->live, archive_id);
        return;
    }
    if (archive_id)
        str_set(&r->from, archive_id);
    r->from_ms = MAX(r->from_ms, ms);
    muc_touch(x);
}

/* Only what the host has on disk is written down as known. */
void muc_archive_committed(struct x *x, uint64_t number)
{
    struct muc *m = muc_of(x);
    for (struct map_entry *e = NULL; m->dirty && (e = map_next(&m->rooms, e));) {
        struct muc_room *r = e->value;
        if (r->last <= number && r->kept_ms != r->from_ms) {
            str_set(&r->kept, r->from);
            r->kept_ms = r->from_ms;
        }
    }
}
