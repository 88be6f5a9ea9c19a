/* backends/xmpp/mam.c - questions to the archives of the account and of rooms, their answers, scrolling and looking up (XEP-0313) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/mam.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"

enum {
    PAGE_MAX = 200, /* most that a scroll-back may ask for */
    FIRST_PAGE = 50, /* of a room where nothing is known yet */
    QUERIES_MAX = 16,
    CHECK_PAGES_MAX = 500
};

void mam_free_query(void *p)
{
    struct query *q = p;
    free(q->room);
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
    xmpp_stanza_t *el, *iq = iq_new(x, "set", q->room, "query", NS_MAM, &el);
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
void mam_ask(struct x *x, struct query *q)
{
    struct mam *m = x_state(x, "mam");
    map_del(&m->queries, q->id);
    rand_id(q->id);
    q->got = 0;
    q->pages++;
    map_set(&m->queries, q->id, q);
    x_iq(x, query_stanza(x, q), on_page, xstrdup(q->id));
}

struct query *mam_query(enum mam_kind kind, unsigned max)
{
    struct query *q = xcalloc(1, sizeof *q);
    q->kind = kind;
    q->max = max;
    rand_id(q->id);
    return q;
}

void mam_drop(struct x *x, struct query *q)
{
    struct mam *m = x_state(x, "mam");
    map_del(&m->queries, q->id);
    mam_free_query(q);
}

bool mam_catching_up(const struct mam *m)
{
    for (struct map_entry *e = NULL; (e = map_next(&m->queries, e));)
        if (((struct query *)e->value)->kind <= SCOUT)
            return true;
    return false;
}

/* ---- looking for our own messages ---- */
static void check_page(struct x *x, struct query *q, xmpp_stanza_t *reply, bool more,
                       const char *last)
{
    bool ok = iq_is_result(reply);
    if (ok && more && last && q->pages < CHECK_PAGES_MAX) {
        str_set(&q->after, last);
        mam_ask(x, q);
        return;
    }
    mam_check_fn *done = q->done;
    void *user = q->user;
    mam_drop(x, q);
    done(x, ok && !more ? KITH_OK : reply && !ok ? KITH_EDENIED : KITH_ENET, user);
}

void mam_check(struct x *x, const char *chat, int64_t start_ms, mam_check_fn *done, void *user)
{
    struct query *q = mam_query(CHECK, MAM_PAGE);
    if (muc_is_room(x, chat) && !jid_resource(chat))
        q->room = xstrdup(chat);
    else
        q->with = xstrdup(chat);
    q->start_ms = start_ms;
    q->done = done;
    q->user = user;
    mam_ask(x, q);
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
    mam_drop(x, q);
}

/* Whose archive has it, and under whose name. False: nobody has. */
static bool find_archive(struct x *x, const char *chat, char **room, char **with)
{
    bool of_room = chat && muc_is_room(x, chat);
    if (of_room && !jid_resource(chat)) {
        *room = jid_bare(chat);
        return muc_has_archive(x, chat);
    }
    *with = of_room ? jid_normal(chat) : chat ? jid_bare(chat) : NULL;
    return disco_account_has(x, NS_MAM);
}

int history_fetch(struct x *x, const struct kith_history_fetch *f, kith_req req)
{
    struct mam *m = x_state(x, "mam");
    char *room = NULL, *with = NULL;
    bool later = f->chat && !jid_resource(f->chat) && muc_is_unknown(x, f->chat);
    int err = !x_online(x) || later ? KITH_EOFFLINE
              : !find_archive(x, f->chat, &room, &with) || !str_empty(f->text) ? KITH_EUNSUP
              : f->chat && !with && !room                                      ? KITH_EINVAL
              : m->queries.n >= QUERIES_MAX                                    ? KITH_EBUSY
                                                                               : KITH_OK;
    if (err) {
        free(room);
        free(with);
        return err;
    }
    struct query *q = mam_query(SCROLL, f->max > 0 && f->max <= PAGE_MAX ? f->max : PAGE_MAX);
    q->room = room;
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
    mam_ask(x, q);
    return KITH_OK;
}

/* ---- rooms ---- */
void mam_room(struct x *x, const char *room, const char *after, int64_t start_ms, mam_page_fn *fn)
{
    struct query *q = mam_query(ROOM, after || start_ms ? MAM_PAGE : FIRST_PAGE);
    q->room = xstrdup(room);
    q->after = xstrdup(after);
    q->start_ms = after ? 0 : start_ms;
    q->before = after || start_ms ? NULL : xstrdup("");
    q->flags = KITH_MSG_DELAYED | KITH_MSG_HISTORY;
    q->page = fn;
    mam_ask(x, q);
}

static void room_page(struct x *x, struct query *q, xmpp_stanza_t *reply, bool more,
                      const char *last)
{
    struct err e = {0};
    struct mam_page p = {.ok = iq_is_result(reply), .more = more && !q->before, .last = last};
    p.forgotten = !p.ok && reply && q->after && st_error(reply, &e) == KITH_ENOTFOUND;
    char *room = q->room;
    mam_page_fn *fn = q->page;
    q->room = NULL;
    mam_drop(x, q);
    fn(x, room, &p);
    free(room);
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
        mam_caught_up(x, q, reply, more, end);
    else if (q->kind == SCOUT)
        mam_scouted(x, q, reply, more,
                   str_empty(first) || strlen(first) > KITH_MAX_ID ? NULL : first);
    else if (q->kind == CHECK)
        check_page(x, q, reply, more, end);
    else if (q->kind == ROOM)
        room_page(x, q, reply, more, end);
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
    if (++q->got > q->max || !inner)
        return; /* more than was asked for */
    if (!origin)
        origin = id_attr(inner, "id");
    bool ours = q->room ? muc_is_own(x, q->room, inner) : from && jid_same_bare(from, x_bare(x));
    if (origin && ours && q->kind != SCROLL)
        ledger_seen(x, origin, id, ledger_is_sealed(inner));
    if (q->kind == CHECK || q->kind == SCOUT)
        return;
    struct im_from how = {.source = IM_ARCHIVE,
                          .archive_id = id,
                          .time_ms = delay_stamp(forwarded, NULL),
                          .req = q->req,
                          .flags = q->flags};
    if (q->room)
        muc_archived_message(x, q->room, inner, &how);
    else
        message_take(x, inner, &how);
    if (q->kind != CATCH_UP)
        return;
    m->last = message_last(x);
    if (how.time_ms > m->from_ms)
        m->from_ms = how.time_ms;
}

/* §8.2: only from the archive that was asked, only for a question of ours; anything else is an attack and is
 * not read at all. */
bool mam_message(struct x *x, xmpp_stanza_t *st)
{
    struct mam *m = x_state(x, "mam");
    xmpp_stanza_t *result = st_child(st, "result", NS_MAM);
    if (!result)
        return false;
    const char *qid = st_attr(result, "queryid"), *id = id_attr(result, "id");
    struct query *q = qid ? map_get(&m->queries, qid) : NULL;
    const char *from = st_attr(st, "from");
    if (!q || !id || !(q->room ? str_eq(from, q->room) : from_account(x, from))) {
        x_dropped(x, "an archived message that was not asked for");
        return true;
    }
    take_result(x, m, q, id, st_child(result, "forwarded", NS_FORWARD));
    return true;
}

