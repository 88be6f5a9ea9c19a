/* backends/xmpp/mam_sync.c - the account's archive: what was missed, from where it is known to the end, in pages (XEP-0313, 0059) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/mam.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum {
    SCOUT_PAGES = 20, /* an account that was never here before begins so many pages back */
    CATCH_UP_PAGES_MAX = 20000,
    OVERLAP_MS = 60 * 1000, /* asked again where only a time is known */
    AGAIN_MS = 10 * 1000,   /* after a catch-up that failed; then three times as long each time */
    AGAIN_MAX = 6           /* so often in one session */
};
/* Where a catch-up began that was not over yet: an id, or the time of a message already here. */
#define FROM_KEY "mam_from"
#define FROM_MS_KEY "mam_from_ms"

/* ---- the catch-up ---- */
/* What comes live during a catch-up is newer: a crash must not begin there. */
static void save_from(struct x *x, const char *from, int64_t from_ms)
{
    const struct kith_host *h = x_host(x);
    char ms[24];
    int n = snprintf(ms, sizeof ms, "%" PRId64, from_ms);
    h->state_set(x_account(x), FROM_KEY, from ? from : "", from ? strlen(from) : 0);
    h->state_set(x_account(x), FROM_MS_KEY, ms, from ? 0 : (size_t)n);
}

static void forget_from(struct x *x)
{
    x_host(x)->state_set(x_account(x), FROM_KEY, "", 0);
    x_host(x)->state_set(x_account(x), FROM_MS_KEY, "", 0);
}

/* The host must know until when what comes live has a gap before it. */
static void emit_reading(struct x *x, struct mam *m, bool reading)
{
    struct kith_ev_sync ev = EV_INIT(reading ? KITH_EV_SYNC_BEGIN : KITH_EV_SYNC_END, kith_ev_sync);
    if (m->told == reading)
        return;
    m->told = reading;
    ev.what = KITH_SYNC_ARCHIVE;
    x_emit(x, &ev.ev);
}

static void catch_up_over(struct x *x, struct mam *m)
{
    m->busy = m->gap = false;
    emit_reading(x, m, false);
    if (m->live)
        str_take(&m->from, xstrdup(m->live));
    str_set(&m->live, NULL);
    m->pending = m->last > 0;
    if (!m->pending)
        forget_from(x);
    sync_done(x, SYNC_ARCHIVE);
    omemo_caught_up(x);
    ledger_flush(x);
}

static void scout(struct x *x, struct mam *m)
{
    struct query *q = mam_query(SCOUT, MAM_PAGE);
    q->before = xstrdup("");
    m->scouted = true;
    if (!m->gap)
        save_from(x, NULL, 0);
    mam_ask(x, q);
}

/* Forwards from an id, or at least a time; from the beginning when neither is known. */
static void catch_up_from(struct x *x, struct mam *m, const char *after, int64_t start_ms)
{
    struct query *q = mam_query(CATCH_UP, MAM_PAGE);
    q->flags = KITH_MSG_DELAYED | KITH_MSG_HISTORY;
    q->after = xstrdup(after);
    q->start_ms = after ? 0 : start_ms;
    m->pending = false;
    if (!m->gap) { /* else the mark lies before what the engine has not committed yet */
        m->last = 0;
        save_from(x, q->after, after || !start_ms ? 0 : start_ms + OVERLAP_MS);
    }
    mam_ask(x, q);
}

/* Where to begin: after what is known to be here. When nothing is, what others wrote before the
 * first login must come too, and in order: as far back as is reasonable. */
static void catch_up(struct x *x, struct mam *m, bool by_id)
{
    if (by_id && m->from)
        catch_up_from(x, m, m->from, 0);
    else if (m->from_ms > OVERLAP_MS)
        catch_up_from(x, m, NULL, m->from_ms - OVERLAP_MS);
    else if (!m->scouted)
        scout(x, m);
    else
        catch_up_from(x, m, NULL, 0);
}

void mam_start(struct x *x)
{
    struct mam *m = x_state(x, "mam");
    if (!m->busy)
        return;
    if (!disco_account_has(x, NS_MAM)) {
        m->busy = false;
        emit_reading(x, m, false);
        sync_done(x, SYNC_ARCHIVE);
        omemo_caught_up(x);
        ledger_flush(x);
        return;
    }
    emit_reading(x, m, true);
    catch_up(x, m, true);
}

bool mam_busy(const struct x *x)
{
    const struct mam *m = x_state(x, "mam");
    return m && m->busy;
}

void mam_live(struct x *x, const char *archive_id)
{
    struct mam *m = x_state(x, "mam");
    if (m->busy || m->gap) {
        str_set(&m->live, archive_id);
        return;
    }
    str_set(&m->from, archive_id);
    m->from_ms = x_host(x)->wall_ms();
}

/* In the background: nobody waits for it any more. What it brings goes before what came live. */
static void on_again(void *user)
{
    struct x *x = user;
    struct mam *m = x_state(x, "mam");
    m->again = 0;
    if (x_online(x) && m->gap && !m->busy && !mam_catching_up(m))
        catch_up(x, m, true);
}

static void again_stop(struct x *x, struct mam *m)
{
    if (m->again)
        x_host(x)->timer_del(m->again);
    m->again = 0;
}

static void catch_up_failed(struct x *x, struct mam *m)
{
    int64_t wait = AGAIN_MS;
    for (unsigned i = 0; i < m->tries; i++)
        wait *= 3;
    if (m->tries == 0)
        x_notice(
            x, KITH_WARN, NULL,
            "The server's archive could not be read; messages of the time away may be missing. "
            "kith asks again.");
    else if (m->tries == AGAIN_MAX)
        x_notice(x, KITH_WARN, NULL,
                 "The server's archive still cannot be read; /reconnect asks again.");
    m->gap = true;
    m->busy = false;
    again_stop(x, m);
    if (m->tries++ < AGAIN_MAX)
        m->again = x_host(x)->timer_add(wait, on_again, x);
    sync_done(x, SYNC_ARCHIVE);
    omemo_caught_up(x);
    ledger_flush(x);
}

void mam_scouted(struct x *x, struct query *q, xmpp_stanza_t *reply, bool more, const char *first)
{
    struct mam *m = x_state(x, "mam");
    bool ok = iq_is_result(reply), far = q->pages >= SCOUT_PAGES;
    bool empty = ok && q->pages == 1 && !first;
    if (ok && more && first && !far) {
        str_set(&q->before, first);
        mam_ask(x, q);
        return;
    }
    char *after = ok && more && first ? xstrdup(first) : NULL;
    mam_drop(x, q);
    if (empty)
        catch_up_over(x, m);
    else if (ok)
        catch_up_from(x, m, after, 0);
    else {
        m->scouted = false;
        if (x_online(x))
            catch_up_failed(x, m);
    }
    free(after);
}

void mam_caught_up(struct x *x, struct query *q, xmpp_stanza_t *reply, bool more, const char *last)
{
    struct mam *m = x_state(x, "mam");
    struct err e = {0};
    /* A page that names its last message and brought none did not come whole. */
    bool ok = iq_is_result(reply) && (!last || q->got > 0), first = q->pages == 1 && q->after;
    if (ok && last)
        str_set(&m->from, last);
    if (ok && more && last && q->pages < CATCH_UP_PAGES_MAX) {
        str_set(&q->after, last);
        mam_ask(x, q);
        return;
    }
    mam_drop(x, q);
    if (ok)
        catch_up_over(x, m);
    else if (reply && first && st_error(reply, &e) == KITH_ENOTFOUND) {
        catch_up(x, m, false); /* the archive has forgotten that id */
    } else if (x_online(x)) {
        catch_up_failed(x, m);
    }
}

/* ---- life ---- */
static void mam_attach(struct x *x)
{
    struct mam *m = xcalloc(1, sizeof *m);
    const char *resume = x_option(x, "_resume");
    char *from_ms = state_string(x, FROM_MS_KEY);
    const char *ms = from_ms ? from_ms : x_option(x, "_resume_ms");
    m->from = state_string(x, FROM_KEY);
    if (!m->from && !from_ms && !str_empty(resume))
        m->from = xstrdup(resume);
    if (ms)
        str_int(ms, 0, INT64_MAX, &m->from_ms);
    free(from_ms);
    x_set_state(x, "mam", m);
}

/* A question of a session that is gone gets no answer any more; a scroll-back's is ended by the iq
 * table, which answers NULL. */
static void forget_query(struct x *x, struct query *q)
{
    mam_check_fn *done = q->done;
    void *user = q->user;
    if (q->kind == SCROLL)
        return;
    mam_drop(x, q);
    if (done)
        done(x, KITH_ECANCELED, user);
}

static void mam_online(struct x *x, bool resumed)
{
    struct mam *m = x_state(x, "mam");
    for (struct map_entry *e = NULL; !resumed && (e = map_next(&m->queries, e));)
        forget_query(x, e->value);
    if (resumed && disco_known(x)) {
        if (m->busy && !mam_catching_up(m))
            mam_start(x); /* its question ran out of time while the link was down */
        else if (m->gap && !m->again)
            on_again(x);
        return;
    }
    again_stop(x, m);
    m->tries = 0;
    str_set(&m->live, NULL);
    m->scouted = false;
    m->busy = true; /* until disco has answered, and then until the last page */
}

static void mam_committed(struct x *x, uint64_t number)
{
    struct mam *m = x_state(x, "mam");
    if (!m->pending || number < m->last)
        return;
    m->pending = false;
    forget_from(x);
}

static void mam_detach(struct x *x)
{
    struct mam *m = x_state(x, "mam");
    again_stop(x, m);
    map_free(&m->queries, mam_free_query);
    free(m->from);
    free(m->live);
    free(m);
    x_set_state(x, "mam", NULL);
}

const struct feature feature_mam = {
    .name = "mam",
    .attach = mam_attach,
    .online = mam_online,
    .detach = mam_detach,
    .message = mam_message,
    .committed = mam_committed,
};
