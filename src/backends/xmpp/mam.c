/* backends/xmpp/mam.c - the archive on the server: catching up, scrolling, looking up */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"

enum {
    PAGE = 100,       /* messages of one page of the catch-up */
    SCOUT_PAGES = 20, /* an account that was never here before begins so many pages back */
    PAGE_MAX = 200,   /* most that a scroll-back may ask for */
    QUERIES_MAX = 16,
    CATCH_UP_PAGES_MAX = 20000,
    CHECK_PAGES_MAX = 500,
    OVERLAP_MS = 60 * 1000, /* asked again where only a time is known */
    AGAIN_MS = 10 * 1000,   /* after a catch-up that failed; then three times as long each time */
    AGAIN_MAX = 6           /* so often in one session */
};
/* Where a catch-up began that was not over yet: an id, or the time of a message already here. */
#define FROM_KEY "mam_from"
#define FROM_MS_KEY "mam_from_ms"

enum kind {
    CATCH_UP,
    SCOUT, /* looks how far back the first catch-up begins: pages backwards, their messages unread
            */
    SCROLL,
    CHECK
};

struct query { /* one question to the archive, page by page */
    enum kind kind;
    char id[23];
    char *with, *after, *before; /* before "": the last page */
    int64_t start_ms, end_ms;
    unsigned max, pages, got;
    kith_req req;
    uint32_t flags; /* KITH_MSG_* of its messages */
    mam_check_fn *done;
    void *user;
};
struct mam {
    struct map queries; /* id -> struct query */
    bool busy;          /* the catch-up runs, or will once disco has answered */
    char *from;         /* archive id up to which everything is here */
    int64_t from_ms;
    char *live;     /* newest archive id that came live during the catch-up */
    uint64_t last;  /* number of the last event of the catch-up; with pending: to be committed */
    bool pending;   /* the mark of the beginning is to be deleted then */
    bool scouted;   /* in this session */
    bool told;      /* that the archive is read; in this session */
    bool gap;       /* the catch-up failed: the next one goes on where this one ended */
    int again;      /* timer of the next try */
    unsigned tries; /* in this session */
};

static void query_free(void *p)
{
    struct query *q = p;
    free(q->with);
    free(q->after);
    free(q->before);
    free(q);
}

/* ---- asking ---- */
static void form_time(xmpp_stanza_t *form, const char *var, int64_t ms)
{
    char iso[40];
    if (ms > 0 && clock_format_iso(iso, sizeof iso, ms))
        form_field(form, var, iso);
}

/* §4.1: form with filters; §4.3: RSM for the page. */
static xmpp_stanza_t *query_stanza(struct x *x, const struct query *q)
{
    char max[16];
    xmpp_stanza_t *el, *iq = iq_new(x, "set", NULL, "query", NS_MAM, &el);
    st_set(el, "queryid", q->id);
    xmpp_stanza_t *form = form_new(el, NS_MAM);
    if (q->with)
        form_field(form, "with", q->with);
    form_time(form, "start", q->start_ms);
    form_time(form, "end", q->end_ms);
    xmpp_stanza_t *set = st_add(el, "set", NS_RSM);
    snprintf(max, sizeof max, "%u", q->max);
    st_add_child_text(set, "max", NULL, max);
    if (q->after)
        st_add_child_text(set, "after", NULL, q->after);
    if (q->before)
        st_add_child_text(set, "before", NULL, *q->before ? q->before : NULL);
    return iq;
}

static void on_page(struct x *x, xmpp_stanza_t *reply, void *user);

/* Each page has an id of its own, so that late results of an earlier one cannot be taken for it. */
static void ask_page(struct x *x, struct query *q)
{
    struct mam *m = x_state(x, "mam");
    map_del(&m->queries, q->id);
    rand_id(q->id);
    q->got = 0;
    q->pages++;
    map_set(&m->queries, q->id, q);
    x_iq(x, query_stanza(x, q), on_page, xstrdup(q->id));
}

static struct query *query_new(enum kind kind, unsigned max)
{
    struct query *q = xcalloc(1, sizeof *q);
    q->kind = kind;
    q->max = max;
    rand_id(q->id);
    return q;
}

static void drop(struct x *x, struct query *q)
{
    struct mam *m = x_state(x, "mam");
    map_del(&m->queries, q->id);
    query_free(q);
}

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
    ledger_flush(x);
}

static void scout(struct x *x, struct mam *m)
{
    struct query *q = query_new(SCOUT, PAGE);
    q->before = xstrdup("");
    m->scouted = true;
    if (!m->gap)
        save_from(x, NULL, 0);
    ask_page(x, q);
}

/* Forwards from an id, or at least a time; from the beginning when neither is known. */
static void catch_up_from(struct x *x, struct mam *m, const char *after, int64_t start_ms)
{
    struct query *q = query_new(CATCH_UP, PAGE);
    q->flags = KITH_MSG_DELAYED | KITH_MSG_HISTORY;
    q->after = xstrdup(after);
    q->start_ms = after ? 0 : start_ms;
    m->pending = false;
    if (!m->gap) { /* else the mark lies before what the engine has not committed yet */
        m->last = 0;
        save_from(x, q->after, after || !start_ms ? 0 : start_ms + OVERLAP_MS);
    }
    ask_page(x, q);
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

static bool catching_up(const struct mam *m)
{
    for (struct map_entry *e = NULL; (e = map_next(&m->queries, e));)
        if (((struct query *)e->value)->kind <= SCOUT)
            return true;
    return false;
}

/* In the background: nobody waits for it any more. What it brings goes before what came live. */
static void on_again(void *user)
{
    struct x *x = user;
    struct mam *m = x_state(x, "mam");
    m->again = 0;
    if (x_online(x) && m->gap && !m->busy && !catching_up(m))
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
    ledger_flush(x);
}

static void scout_page(struct x *x, struct mam *m, struct query *q, xmpp_stanza_t *reply, bool more,
                       const char *first)
{
    bool ok = iq_is_result(reply), far = q->pages >= SCOUT_PAGES;
    bool empty = ok && q->pages == 1 && !first;
    if (ok && more && first && !far) {
        str_set(&q->before, first);
        ask_page(x, q);
        return;
    }
    char *after = ok && more && first ? xstrdup(first) : NULL;
    drop(x, q);
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

static void catch_up_page(struct x *x, struct mam *m, struct query *q, xmpp_stanza_t *reply,
                          bool more, const char *last)
{
    struct err e = {0};
    bool ok = iq_is_result(reply), first = q->pages == 1 && q->after;
    if (ok && last)
        str_set(&m->from, last);
    if (ok && more && last && q->pages < CATCH_UP_PAGES_MAX) {
        str_set(&q->after, last);
        ask_page(x, q);
        return;
    }
    drop(x, q);
    if (ok)
        catch_up_over(x, m);
    else if (reply && first && st_error(reply, &e) == KITH_ENOTFOUND) {
        catch_up(x, m, false); /* the archive has forgotten that id */
    } else if (x_online(x)) {
        catch_up_failed(x, m);
    }
}

/* ---- looking for our own messages ---- */
static void check_page(struct x *x, struct query *q, xmpp_stanza_t *reply, bool more,
                       const char *last)
{
    bool ok = iq_is_result(reply);
    if (ok && more && last && q->pages < CHECK_PAGES_MAX) {
        str_set(&q->after, last);
        ask_page(x, q);
        return;
    }
    mam_check_fn *done = q->done;
    void *user = q->user;
    drop(x, q);
    done(x, ok && !more ? KITH_OK : reply && !ok ? KITH_EDENIED : KITH_ENET, user);
}

void mam_check(struct x *x, const char *chat, int64_t start_ms, mam_check_fn *done, void *user)
{
    struct query *q = query_new(CHECK, PAGE);
    q->with = xstrdup(chat);
    q->start_ms = start_ms;
    q->done = done;
    q->user = user;
    ask_page(x, q);
}

/* ---- scrolling back ---- */
static void scroll_page(struct x *x, struct query *q, xmpp_stanza_t *reply, bool more,
                        const char *cursor)
{
    struct kith_ev_reply ev = EV_INIT(KITH_EV_REPLY, kith_ev_reply);
    struct err e = {0};
    ev.ev.req = q->req;
    if (iq_is_result(reply)) {
        ev.more = more;
        ev.cursor = cursor;
    } else {
        st_error(reply, &e);
        ev.err = e.code ? e.code : KITH_EPROTO;
        ev.text = e.text;
    }
    x_emit(x, &ev.ev);
    drop(x, q);
}

int history_fetch(struct x *x, const struct kith_history_fetch *f, kith_req req)
{
    struct mam *m = x_state(x, "mam");
    char *with = f->chat ? jid_bare(f->chat) : NULL;
    int err = !x_online(x)                                           ? KITH_EOFFLINE
              : !disco_account_has(x, NS_MAM) || !str_empty(f->text) ? KITH_EUNSUP
              : f->chat && !with                                     ? KITH_EINVAL
              : m->queries.n >= QUERIES_MAX                          ? KITH_EBUSY
                                                                     : KITH_OK;
    if (err) {
        free(with);
        return err;
    }
    struct query *q = query_new(SCROLL, f->max > 0 && f->max <= PAGE_MAX ? f->max : PAGE_MAX);
    q->with = with;
    q->req = req;
    q->flags = KITH_MSG_HISTORY | KITH_MSG_DELAYED;
    if (!str_empty(f->after_id))
        q->after = xstrdup(f->after_id);
    else
        q->start_ms = f->after_ms;
    if (!q->after && !q->start_ms)
        q->before = xstrdup(f->before_id ? f->before_id : "");
    if (str_empty(f->before_id))
        q->end_ms = f->before_ms;
    ask_page(x, q);
    return KITH_OK;
}

/* ---- answers ---- */
/* §4.3: the end of a page. */
static void on_page(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct mam *m = x_state(x, "mam");
    struct query *q = m ? map_get(&m->queries, user) : NULL;
    free(user);
    if (!q)
        return;
    xmpp_stanza_t *fin = iq_is_result(reply) ? st_child(reply, "fin", NS_MAM) : NULL;
    xmpp_stanza_t *set = st_child(fin, "set", NS_RSM);
    char *first = st_child_text(set, "first", NULL), *last = st_child_text(set, "last", NULL);
    const char *complete = st_attr(fin, "complete");
    bool more = fin && !str_empty(last) && strlen(last) <= KITH_MAX_ID &&
                !str_eq(complete, "true") && !str_eq(complete, "1");
    const char *end = str_empty(last) || strlen(last) > KITH_MAX_ID ? NULL : last;
    if (q->kind == CATCH_UP)
        catch_up_page(x, m, q, reply, more, end);
    else if (q->kind == SCOUT)
        scout_page(x, m, q, reply, more,
                   str_empty(first) || strlen(first) > KITH_MAX_ID ? NULL : first);
    else if (q->kind == CHECK)
        check_page(x, q, reply, more, end);
    else
        scroll_page(x, q, reply, more, q->before ? first : last);
    free(first);
    free(last);
}

static void take_result(struct x *x, struct mam *m, struct query *q, const char *id,
                        xmpp_stanza_t *forwarded)
{
    xmpp_stanza_t *inner = st_child(forwarded, "message", NS_CLIENT);
    const char *from = inner ? st_attr(inner, "from") : NULL,
               *origin = inner ? message_origin_id(inner) : NULL;
    if (!inner || ++q->got > q->max)
        return; /* more than was asked for */
    if (!origin)
        origin = id_attr(inner, "id");
    if (origin && from && jid_same_bare(from, x_bare(x)) && q->kind != SCROLL)
        ledger_seen(x, origin, id);
    if (q->kind == CHECK || q->kind == SCOUT)
        return;
    struct im_from how = {.source = IM_ARCHIVE,
                          .archive_id = id,
                          .time_ms = delay_stamp(forwarded, NULL),
                          .req = q->req,
                          .flags = q->flags};
    message_take(x, inner, &how);
    if (q->kind != CATCH_UP)
        return;
    m->last = message_last(x);
    if (how.time_ms > m->from_ms)
        m->from_ms = how.time_ms;
}

/* §8.2: only from the own archive, only for a question of ours; anything else is an attack and is
 * not read at all. */
static bool mam_message(struct x *x, xmpp_stanza_t *st)
{
    struct mam *m = x_state(x, "mam");
    xmpp_stanza_t *result = st_child(st, "result", NS_MAM);
    if (!result)
        return false;
    const char *qid = st_attr(result, "queryid"), *id = id_attr(result, "id");
    struct query *q = qid ? map_get(&m->queries, qid) : NULL;
    if (!q || !id || !from_account(x, st_attr(st, "from"))) {
        x_log(x, KITH_WARN, "an archived message that was not asked for: dropped");
        return true;
    }
    take_result(x, m, q, id, st_child(result, "forwarded", NS_FORWARD));
    return true;
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
    drop(x, q);
    if (done)
        done(x, KITH_ECANCELED, user);
}

static void mam_online(struct x *x, bool resumed)
{
    struct mam *m = x_state(x, "mam");
    for (struct map_entry *e = NULL; !resumed && (e = map_next(&m->queries, e));)
        forget_query(x, e->value);
    if (resumed && disco_known(x)) {
        if (m->busy && !catching_up(m))
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
    map_free(&m->queries, query_free);
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
