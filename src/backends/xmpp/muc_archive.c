/* backends/xmpp/muc_archive.c - what was said in a room while we were not there (XEP-0313 §5.1.2) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/muc.h"
#include "base/mem.h"

enum {
    PAGES_MAX = 5000,
    OVERLAP_MS = 60 * 1000, /* asked again where only a time is known */
    AGAIN_MS = 10 * 1000,   /* after an archive that did not answer; then three times as long each time */
    FAILS_MAX = 5
};

bool muc_archived(const struct muc_room *r)
{
    return muc_has(r, NS_MAM) && muc_has(r, NS_SID);
}

void muc_archive_doubt(struct muc_room *r)
{
    for (struct map_entry *e = NULL; (e = map_next(&r->sent, e));)
        set_add(&r->doubt, e->key);
}

/* The room had lost us, and its archive, if there is one, does not have it. */
static void tell_lost(struct x *x, struct muc_room *r)
{
    for (struct map_entry *e = NULL; (e = map_next(&r->doubt, e));) {
        if (!map_del(&r->sent, e->key))
            continue;
        message_failed(x, r->address, e->key, KITH_ENET, "The room had lost you when this was sent: nobody has read it.");
    }
    map_free(&r->doubt, NULL);
}

/* The host must know until when what comes live here has a gap before it. Where the reading was broken off it has one
 * still, whatever happens to the link. */
static void tell_gap(struct x *x, struct muc_room *r, bool gap)
{
    struct kith_ev_sync ev = EV_INIT(gap ? KITH_EV_SYNC_BEGIN : KITH_EV_SYNC_END, kith_ev_sync);
    if (r->gap_told == gap)
        return;
    r->gap_told = gap;
    ev.what = KITH_SYNC_ARCHIVE;
    ev.chat = r->address;
    x_emit(x, &ev.ev);
}

static void over(struct x *x, struct muc_room *r, bool whole)
{
    r->gap = !whole;
    if (whole && r->live)
        str_set(&r->from, r->live);
    if (whole)
        str_set(&r->live, NULL);
    r->reading = false;
    if (whole) {
        tell_gap(x, r, false);
        tell_lost(x, r);
    }
    muc_touch(x);
}

static void on_page(struct x *x, const char *room, const struct mam_page *page);

static void ask(struct x *x, struct muc_room *r)
{
    int64_t since = r->from || r->from_ms <= OVERLAP_MS ? 0 : r->from_ms - OVERLAP_MS;
    r->paging = true;
    r->reads++;
    mam_room(x, r->address, r->from, since, on_page);
}

static void failed(struct x *x, struct muc_room *r)
{
    int64_t wait = AGAIN_MS;
    for (unsigned i = 0; i < r->fails; i++)
        wait *= 3;
    if (r->fails++ == 0)
        x_notice(x, KITH_WARN, r->address, "The room's archive could not be read; messages of the time away may be "
                                           "missing. kith asks again.");
    over(x, r, false);
    if (r->fails > FAILS_MAX)
        return;
    r->read_ms = x_host(x)->mono_ms() + wait;
    muc_due(x, r->read_ms);
}

static void on_page(struct x *x, const char *room, const struct mam_page *page)
{
    struct muc_room *r = muc_find(x, room);
    if (!r || !r->paging)
        return;
    r->paging = false;
    if (!r->reading || r->stage != MUC_IN)
        return;
    if (page->ok && page->last)
        str_set(&r->from, page->last);
    if (page->forgotten)
        str_set(&r->from, NULL);
    if (page->ok && !page->last && !r->from && !r->from_ms)
        r->from_ms = OVERLAP_MS + 1; /* nothing was ever said: the next time it is read from its beginning, not from its end */
    if (page->forgotten || (page->ok && page->more && page->last && r->reads < PAGES_MAX)) {
        ask(x, r);
    } else if (page->ok) {
        if (r->fails)
            x_notice(x, KITH_INFO, r->address, "What was said here while you were away is complete now.");
        r->fails = 0;
        over(x, r, true);
    } else if (x_online(x)) {
        failed(x, r);
    }
}

void muc_archive_start(struct x *x, struct muc_room *r)
{
    r->read_ms = 0;
    if (!muc_archived(r)) {
        tell_gap(x, r, false);
        tell_lost(x, r);
        return;
    }
    tell_gap(x, r, true);
    r->reading = true;
    r->reads = 0;
    if (!r->paging)
        ask(x, r);
}

void muc_archive_tick(struct x *x, struct muc_room *r, int64_t now)
{
    if (r->read_ms && r->read_ms <= now && r->stage == MUC_IN && !r->reading)
        muc_archive_start(x, r);
}

void muc_archive_stop(struct muc_room *r)
{
    r->reading = r->gap = r->paging = false;
    r->read_ms = 0;
    str_set(&r->live, NULL);
    map_free(&r->doubt, NULL);
}

/* A message came live: what is known without a hole ends behind it, unless the archive has not been read up to there. */
void muc_archive_live(struct x *x, struct muc_room *r, const char *archive_id, int64_t ms)
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
        if (r->last <= number && (r->kept_ms != r->from_ms || !str_eq(r->kept, r->from))) {
            str_set(&r->kept, r->from);
            r->kept_ms = r->from_ms;
        }
    }
}
