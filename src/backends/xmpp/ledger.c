/* backends/xmpp/ledger.c - what the user wrote leaves once and in order, whatever was lost
 *
 * A message that may have left before (KITH_SEND_RETRY) waits until the archive was read: first by
 * the catch-up of the session, then, because that begins at the newest known message and ours may
 * lie before it, by a look into the chat's archive from the moment it was written. What is found
 * there is stored; the rest goes out, with everything that was written behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/omemo.h"
#include "base/clock.h"
#include "base/mem.h"

enum {
    SEEN_MAX = 20000,                     /* own messages found in the archive in this session */
    CHECK_BACK_MS = 3 * 24 * 3600 * 1000, /* how far before the writing the archive is read */
    TRIES_MAX = 3
};

struct held {
    xmpp_stanza_t *st;
    char *chat, *origin_id;
    int64_t written_ms;
    bool retry;
};
struct ledger {
    struct held *queue;
    size_t n, cap;
    struct map seen; /* origin id -> '+' (encrypted) or '-', archive id */
    struct map
        checked; /* chat -> int64_t *: looked through from this time on, since the session began */
    char *checking; /* chat whose archive is being read */
    int64_t checking_from;
    bool clock_known; /* in this session */
    int64_t clock_ms; /* the server's clock less ours: the archive is stamped by the server's */
    unsigned tries;
    bool flushing;
};

static void held_clear(struct held *h)
{
    if (h->st)
        xmpp_stanza_release(h->st);
    free(h->chat);
    free(h->origin_id);
}

static void clear(struct ledger *l)
{
    for (size_t i = 0; i < l->n; i++)
        held_clear(&l->queue[i]);
    l->n = 0;
    str_set(&l->checking, NULL);
    l->tries = 0;
}

bool ledger_is_sealed(xmpp_stanza_t *st)
{
    return st_child(st, "encrypted", NS_OMEMO) || st_child(st, "encrypted", NS_OMEMO2);
}

/* enc: of what left. */
static void receipt(struct x *x, const struct held *h, uint32_t delivery, const char *archive_id,
                    const char *text, uint32_t enc)
{
    struct kith_ev_receipt ev = EV_INIT(KITH_EV_RECEIPT, kith_ev_receipt);
    ev.chat = h->chat;
    ev.id = h->origin_id;
    ev.delivery = delivery;
    ev.archive_id = archive_id;
    ev.err = text ? KITH_ENET : KITH_OK;
    ev.text = text;
    ev.enc = enc;
    x_emit(x, &ev.ev);
}

/* It need not have left as it would now: the archive's copy says whether it was encrypted. */
static void found(struct x *x, const struct held *h, const char *seen)
{
    uint32_t would = omemo_left(x, h->origin_id);
    uint32_t enc = *seen != '+' ? KITH_ENC_NONE : would != KITH_ENC_NONE ? would : KITH_ENC_UNVERIFIED;
    receipt(x, h, KITH_STORED, seen + 1, NULL, enc);
}

void ledger_seen(struct x *x, const char *origin_id, const char *archive_id, bool sealed)
{
    struct ledger *l = x_state(x, "ledger");
    if (l->seen.n < SEEN_MAX || map_get(&l->seen, origin_id))
        free(map_set(&l->seen, origin_id, xasprintf("%c%s", sealed ? '+' : '-', archive_id)));
}

bool ledger_has(const struct x *x, const char *origin_id)
{
    const struct ledger *l = x_state(x, "ledger");
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->queue[i].origin_id, origin_id) == 0)
            return true;
    return false;
}

/* Everything of this chat that waits was looked for. After a silent archive: told as failed,
 * because sending it could make it twice, and only the user can decide that. */
static void on_checked(struct x *x, int err, void *user)
{
    struct ledger *l = x_state(x, "ledger");
    if (!l || !l->checking || !*l->checking)
        return;
    char *chat = l->checking;
    l->checking = NULL;
    if (err == KITH_ECANCELED) { /* a new session: the engine gives everything again */
        free(chat);
        return;
    }
    if (err == KITH_ENET && x_online(x) && ++l->tries < TRIES_MAX) {
        free(chat);
        ledger_flush(x);
        return;
    }
    if (err != KITH_ENET) { /* an archive that refuses has nothing of ours */
        int64_t *from = xmalloc(sizeof *from);
        *from = l->checking_from;
        free(map_set(&l->checked, chat, from));
    }
    for (size_t i = 0; err == KITH_ENET && i < l->n && x_online(x); i++) {
        struct held *h = &l->queue[i];
        if (!h->retry || strcmp(h->chat, chat) != 0 || map_get(&l->seen, h->origin_id))
            continue;
        receipt(x, h, KITH_FAILED, NULL,
                "It may have been sent before: the server's archive does not answer.", KITH_ENC_NONE);
        held_clear(h);
        VEC_DEL(l->queue, l->n, i);
        i--;
    }
    l->tries = 0;
    free(chat);
    ledger_flush(x);
}

/* XEP-0202 §2. Ours may be days wrong, or have been when the message was written. */
static void on_clock(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct ledger *l = x_state(x, "ledger");
    if (!l || !l->checking || *l->checking)
        return;
    str_set(&l->checking, NULL);
    xmpp_stanza_t *time = iq_is_result(reply) ? st_child(reply, "time", NS_TIME) : NULL;
    char *utc = st_child_text(time, "utc", NULL);
    int64_t ms;
    l->clock_ms = utc && clock_parse_iso(utc, &ms) ? ms - x_host(x)->wall_ms() : 0;
    l->clock_known = reply || x_online(x);
    free(utc);
    ledger_flush(x);
}

/* From when on the archive could have it, by the server's clock. */
static int64_t since(struct x *x, const struct ledger *l, const struct held *h)
{
    int64_t written = MIN(h->written_ms, x_host(x)->wall_ms()) + l->clock_ms;
    return MAX(0, written - CHECK_BACK_MS);
}

static void check(struct x *x, struct ledger *l, const char *chat)
{
    if (!l->clock_known) {
        str_set(&l->checking, "");
        x_iq(x, iq_new(x, "get", x_domain(x), "time", NS_TIME, NULL), on_clock, NULL);
        return;
    }
    l->checking_from = INT64_MAX;
    for (size_t i = 0; i < l->n; i++)
        if (l->queue[i].retry && strcmp(l->queue[i].chat, chat) == 0)
            l->checking_from = MIN(l->checking_from, since(x, l, &l->queue[i]));
    str_set(&l->checking, chat);
    mam_check(x, l->checking, l->checking_from, on_checked, NULL);
}

static bool was_checked(struct x *x, const struct ledger *l, const struct held *h)
{
    const int64_t *from = map_get(&l->checked, h->chat);
    return from && *from <= since(x, l, h);
}

/* What went to a room is in the room's archive; what went to one person in it, in ours. */
static bool can_check(const struct x *x, const char *chat)
{
    bool room = muc_is_room(x, chat) && !jid_resource(chat);
    return room ? muc_has_archive(x, chat) : disco_account_has(x, NS_MAM);
}

/* The chat has been encrypted since the first of the queue was put there: then it leaves as what is written now. */
static bool seal_late(struct x *x, struct ledger *l)
{
    struct held h = l->queue[0];
    if (ledger_is_sealed(h.st) || !omemo_holds(x, h.chat))
        return false;
    VEC_DEL(l->queue, l->n, 0);
    omemo_send(x, h.st, h.chat, h.origin_id, h.written_ms, h.retry);
    h.st = NULL;
    held_clear(&h);
    return true;
}

/* Deals with the first of the queue. False when it has to wait. */
static bool flush_one(struct x *x, struct ledger *l)
{
    struct held *h = &l->queue[0];
    const char *seen = h->retry ? map_get(&l->seen, h->origin_id) : NULL;
    if (seen)
        found(x, h, seen);
    else if (h->retry && !was_checked(x, l, h) && can_check(x, h->chat)) {
        check(x, l, h->chat);
        return false;
    } else if (seal_late(x, l)) {
        return true;
    } else {
        xmpp_stanza_t *st = h->st;
        h->st = NULL;
        muc_sent(x, h->chat, h->origin_id);
        if (!x_send_tracked(x, st, h->chat, h->origin_id))
            x_log(x, KITH_INFO,
                  "a message was dropped by a lost link; the outbox will send it again");
    }
    held_clear(h);
    VEC_DEL(l->queue, l->n, 0);
    return true;
}

void ledger_flush(struct x *x)
{
    struct ledger *l = x_state(x, "ledger");
    if (l->flushing || l->checking || mam_busy(x))
        return;
    l->flushing = true;
    while (l->n && x_online(x) && flush_one(x, l)) {
    }
    l->flushing = false;
}

void ledger_send(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id,
                 int64_t written_ms, bool retry)
{
    if (omemo_wants(x, chat))
        omemo_send(x, st, chat, origin_id, written_ms, retry);
    else
        ledger_queue(x, st, chat, origin_id, written_ms, retry);
}

void ledger_queue(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id, int64_t written_ms, bool retry)
{
    struct ledger *l = x_state(x, "ledger");
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->queue[i].origin_id, origin_id) == 0) {
            l->queue[i].retry = l->queue[i].retry || retry;
            xmpp_stanza_release(st);
            return; /* it keeps its place */
        }
    struct held h = {st, xstrdup(chat), xstrdup(origin_id),
                     written_ms > 0 ? written_ms : x_host(x)->wall_ms(), retry};
    VEC_PUSH(l->queue, l->n, l->cap, h);
    ledger_flush(x);
}

static void ledger_attach(struct x *x)
{
    x_set_state(x, "ledger", xcalloc(1, sizeof(struct ledger)));
}

/* A new session: the engine gives everything again that is not known to be stored, in order. */
static void ledger_online(struct x *x, bool resumed)
{
    struct ledger *l = x_state(x, "ledger");
    if (!resumed) {
        clear(l);
        map_free(&l->seen, free);
        map_free(&l->checked, free);
        l->clock_known = false;
    } else
        ledger_flush(x);
}

static void ledger_detach(struct x *x)
{
    struct ledger *l = x_state(x, "ledger");
    clear(l);
    free(l->queue);
    map_free(&l->seen, free);
    map_free(&l->checked, free);
    free(l);
    x_set_state(x, "ledger", NULL);
}

const struct feature feature_ledger = {
    .name = "ledger",
    .attach = ledger_attach,
    .online = ledger_online,
    .detach = ledger_detach,
};
