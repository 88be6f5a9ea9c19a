/* backends/irc/history.c - what the server keeps: chathistory forwards after a reconnect and backwards on demand, read-marker
 *
 * IRCv3 draft/chathistory, draft/read-marker; ZNC's playback. The time up to which each chat is known without a hole is kept
 * in the state "seen" ("ms name" lines), so that what was missed is asked for from there, oldest first, page by page. What
 * comes live meanwhile does not count until the pages have reached it: a connection that is lost in between leaves no hole.
 * The line of "*" is for all private chats, while who wrote in them has not been asked to the end. Only what the host has on
 * disk is written down as known.
 */
#include "backends/irc/history_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/ops.h"
#include "base/mem.h"

enum {
    PAGE = 100, PAGES_MAX = 500, FIRST_PAGE = 50, CHATS_MAX = 2000, STATE_MAX = 65536,
    SAVE_MS = 60000, TARGETS_MAX = 50, TARGETS_PAGES = 20, WEEK_MS = 7 * 86400 * 1000,
    FLYING_MAX = 8 /* pages that are asked for at one time */
};
#define MSGID "msgid="
enum page_kind { PAGE_FORWARDS = 1, PAGE_BACK, PAGE_TARGETS };

struct page { enum page_kind kind; int limit; };

static bool can_read(const struct irc *i)
{
    return irc_cap(i, CAP_HISTORY) && irc_cap(i, CAP_BATCH);
}

struct irc_history *irc_history_of(struct irc *i)
{
    if (i->history)
        return i->history;
    struct irc_history *h = i->history = xcalloc(1, sizeof *h);
    char *data = xcalloc(1, STATE_MAX + 1);
    int n = i->io.state_get(i->io.user, "seen", data, STATE_MAX);
    for (char *line = data, *end; n > 0 && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        char *name = strchr(line, ' ');
        int64_t ms = 0;
        if (!name)
            continue;
        *name++ = '\0';
        if (!str_int(line, 1, INT64_MAX / 2, &ms))
            continue;
        if (strcmp(name, "*") == 0)
            h->private_ms = ms;
        if (!irc_name_ok(name) || map_get(&h->seen, name))
            continue;
        struct seen *s = xcalloc(1, sizeof *s);
        s->ms = ms;
        map_set(&h->seen, name, s);
    }
    free(data);
    return h;
}

struct seen *irc_history_seen(struct irc *i, const char *chat)
{
    struct irc_history *h = irc_history_of(i);
    struct seen *s = map_get(&h->seen, chat);
    if (s || h->seen.n >= CHATS_MAX)
        return s;
    s = xcalloc(1, sizeof *s);
    map_set(&h->seen, chat, s);
    return s;
}

/* Behind which all of that second comes again. */
static int64_t whole_second(int64_t ms)
{
    return ms / 1000 * 1000 - 1;
}

static void save(struct irc *i)
{
    struct irc_history *h = i->history;
    struct buf b = {0};
    if (!h || !h->dirty)
        return;
    if (h->private_ms)
        buf_addf(&b, "%lld *\n", (long long)h->private_ms);
    for (struct map_entry *e = NULL; (e = map_next(&h->seen, e));) {
        const struct seen *s = e->value;
        int64_t ms = s->number <= i->committed ? s->ms : s->kept_ms;
        ms = s->made_up && ms ? whole_second(ms) : ms;
        if (ms && b.len < STATE_MAX - KITH_MAX_NAME)
            buf_addf(&b, "%lld %s\n", (long long)ms, e->key);
    }
    i->io.state_set(i->io.user, "seen", b.data, b.len);
    h->dirty = false;
    buf_free(&b);
}

void irc_history_free(struct irc *i)
{
    struct irc_history *h = i->history;
    if (!h)
        return;
    save(i);
    map_free(&h->seen, free);
    for (size_t n = 0; n < RECENT; n++) {
        free(h->recent[n].chat);
        free(h->recent[n].id);
    }
    free(h);
    i->history = NULL;
}

/* ---- what came ---- */

bool irc_made_up(const char *id)
{
    size_t n = id && id[0] == 't' ? 1 + strspn(id + 1, "0123456789") : 0;
    return n > 1 && id[n] == '-' && strlen(id + n + 1) == 16 && strspn(id + n + 1, "0123456789abcdef") == 16;
}

static void dirty(struct irc *i)
{
    struct irc_history *h = irc_history_of(i);
    if (!h->dirty)
        irc_timer(i, TIMER_HISTORY, SAVE_MS);
    h->dirty = true;
}

static void known(struct irc *i, struct seen *s, int64_t ms)
{
    if (ms <= s->ms)
        return;
    if (s->number <= i->committed)
        s->kept_ms = s->ms;
    s->ms = ms;
    s->number = i->emitted;
    dirty(i);
}

/* What comes live behind a hole waits until the hole is filled; pages that the user asked for fill none. */
static void advance(struct irc *i, const char *chat, struct seen *s, int64_t ms, bool made_up)
{
    const struct irc_batch *b = irc_in_batch(i, "chathistory");
    if (!s->read && !s->due && !s->flying && irc_history_of(i)->targets_read && !irc_is_room(i, chat))
        s->read = true; /* somebody new */
    s->made_up = made_up;
    if (b && b->req)
        return;
    if (s->read || !can_read(i) || irc_in_history(i))
        known(i, s, ms);
    else
        s->live_ms = MAX(s->live_ms, ms);
}

void irc_history_note(struct irc *i, const char *chat, const char *msgid, int64_t time_ms)
{
    if (!can_read(i) && !irc_cap(i, CAP_READ) && !irc_cap(i, CAP_ZNC))
        return; /* then nothing is asked for by it */
    struct irc_history *h = irc_history_of(i);
    struct seen *s = irc_history_seen(i, chat);
    int64_t ms = time_ms ? time_ms : irc_wall(i);
    if (s)
        advance(i, chat, s, ms, irc_made_up(msgid));
    if (str_empty(msgid))
        return;
    struct recent *r = &h->recent[h->at++ % RECENT];
    str_set(&r->chat, chat);
    str_set(&r->id, msgid);
    r->ms = ms;
}

void irc_history_passed(struct irc *i, const char *chat, const char *msgid, int64_t time_ms)
{
    struct seen *s = can_read(i) && time_ms ? irc_history_seen(i, chat) : NULL;
    if (s)
        advance(i, chat, s, time_ms, s->made_up && str_empty(msgid));
}

void irc_history_renamed(struct irc *i, const char *old, const char *now)
{
    struct irc_history *h = i->history;
    struct seen *s = h ? map_del(&h->seen, old) : NULL;
    for (size_t n = 0; h && n < RECENT; n++)
        if (str_eq(h->recent[n].chat, old))
            str_set(&h->recent[n].chat, now);
    if (!s)
        return;
    free(map_set(&h->seen, now, s));
    h->dirty = true;
    irc_timer(i, TIMER_HISTORY, SAVE_MS);
}

void irc_history_tick(struct irc *i)
{
    save(i);
}

/* ---- asking ---- */

static int page_size(const struct irc *i, int want)
{
    return i->is.history > 0 ? MIN(want, i->is.history) : want;
}

static void gap(struct irc *i, int by)
{
    struct irc_history *h = irc_history_of(i);
    bool was = h->open > 0;
    h->open += by;
    if (was == (h->open > 0))
        return;
    struct kith_ev_sync ev = {.ev = {sizeof ev, h->open > 0 ? KITH_EV_SYNC_BEGIN : KITH_EV_SYNC_END, 0, 0},
                              .what = KITH_SYNC_ARCHIVE};
    irc_emit(i, &ev.ev);
}

static struct irc_query *ask_page(struct irc *i, const char *chat, enum page_kind kind, int limit, kith_req req)
{
    struct irc_query *q = irc_query_new(i, ASK_HISTORY, chat, req);
    struct page *p = q->extra = xcalloc(1, sizeof *p);
    *p = (struct page){kind, limit};
    return q;
}

void irc_history_stamp(int64_t ms, char out[STAMP_BYTES])
{
    char time[32];
    irc_time_format(ms, time);
    (void)snprintf(out, STAMP_BYTES, STAMP "%s", time);
}

/* The next page behind what is known; with nothing known the newest few. */
static bool ask_forwards(struct irc *i, const char *chat, struct seen *s)
{
    char from[STAMP_BYTES], count[16];
    const struct irc_room *r = irc_room(i, chat);
    int limit = page_size(i, s->ms ? PAGE : FIRST_PAGE);
    (void)snprintf(count, sizeof count, "%d", limit);
    s->asked_ms = s->ms;
    if (s->ms)
        irc_history_stamp(s->made_up ? whole_second(s->ms) : s->ms, from);
    struct irc_query *q = ask_page(i, chat, PAGE_FORWARDS, limit, 0);
    bool ok = irc_ask(i, PRIO_QUERY, q, "CHATHISTORY", s->ms ? "AFTER" : "LATEST", r ? r->name : chat,
                      s->ms ? from : "*", count, NULL);
    if (!ok && !i->ending)
        irc_query_end(i, q, KITH_ELIMIT, NULL);
    return ok;
}

/* A few at a time: a bouncer may be in a thousand channels. */
static void pump(struct irc *i)
{
    struct irc_history *h = irc_history_of(i);
    for (struct map_entry *e = NULL; h->flying < FLYING_MAX && (e = map_next(&h->seen, e));) {
        struct seen *s = e->value;
        if (!s->due)
            continue;
        s->due = false;
        s->flying = ask_forwards(i, e->key, s);
        if (s->flying)
            h->flying++;
        else
            gap(i, -1);
    }
}

static void forwards(struct irc *i, struct seen *s)
{
    if (s->due || s->flying)
        return;
    s->pages = 0;
    s->due = true;
    gap(i, 1);
    pump(i);
}

/* No page of this chat is under way any more. filled: there is no hole. */
static void landed(struct irc *i, struct seen *s, bool filled)
{
    struct irc_history *h = irc_history_of(i);
    if (!s->flying)
        return;
    s->flying = false;
    h->flying--;
    if (filled) {
        s->read = true;
        known(i, s, s->live_ms);
        gap(i, -1);
    }
    pump(i);
}

void irc_history_left(struct irc *i, const char *chat)
{
    struct seen *s = i->history ? map_get(&i->history->seen, chat) : NULL;
    if (s)
        s->read = false;
}

void irc_history_joined(struct irc *i, struct irc_room *r)
{
    struct seen *s = can_read(i) ? irc_history_seen(i, r->address) : NULL;
    if (s && !s->read)
        forwards(i, s);
}

static int64_t newest(struct irc *i)
{
    int64_t ms = 0;
    for (struct map_entry *e = NULL; (e = map_next(&irc_history_of(i)->seen, e));)
        ms = MAX(ms, ((const struct seen *)e->value)->ms);
    return ms;
}

static void ask_targets(struct irc *i, int64_t since)
{
    char from[STAMP_BYTES], to[STAMP_BYTES], count[16];
    int limit = page_size(i, TARGETS_MAX);
    irc_history_stamp(since, from);
    irc_history_stamp(irc_wall(i) + 60000, to);
    (void)snprintf(count, sizeof count, "%d", limit);
    irc_history_of(i)->targets_from = irc_history_of(i)->targets_ms = since;
    struct irc_query *q = ask_page(i, NULL, PAGE_TARGETS, limit, 0);
    if (irc_ask(i, PRIO_QUERY, q, "CHATHISTORY", "TARGETS", from, to, count, NULL))
        gap(i, 1);
    else if (!i->ending)
        irc_query_end(i, q, KITH_ELIMIT, NULL);
}

/* What comes from now on may lie behind a hole. */
void irc_history_welcome(struct irc *i)
{
    if (!can_read(i))
        return;
    struct irc_history *h = irc_history_of(i);
    if (!h->private_ms)
        h->private_ms = newest(i);
    dirty(i);
    h->held = true;
    gap(i, 1);
}

void irc_history_online(struct irc *i)
{
    if (irc_cap(i, CAP_ZNC) && !can_read(i)) { /* Ergo has both, and would answer twice */
        char since[48];
        (void)snprintf(since, sizeof since, "play * %lld", (long long)(newest(i) / 1000));
        irc_say(i, PRIO_QUERY, "PRIVMSG", "*playback", since, NULL);
    }
    if (!can_read(i))
        return;
    struct irc_history *h = irc_history_of(i);
    h->targets_pages = 0;
    ask_targets(i, h->private_ms ? h->private_ms : irc_wall(i) - WEEK_MS);
    if (h->held)
        gap(i, -1);
    h->held = false;
}

void irc_history_lost(struct irc *i)
{
    struct irc_history *h = i->history;
    if (!h)
        return;
    for (struct map_entry *e = NULL; (e = map_next(&h->seen, e));) {
        struct seen *s = e->value;
        s->read = s->due = s->flying = false;
        s->live_ms = 0;
    }
    h->targets_read = h->held = false;
    h->open = h->flying = 0; /* what comes next session still lies behind the gap */
    save(i);
}

bool irc_history_read(struct irc *i, const char *chat)
{
    if (!can_read(i))
        return true;
    const struct seen *s = map_get(&irc_history_of(i)->seen, chat);
    return s && (s->read || irc_is_room(i, chat)) ? s->read : irc_history_of(i)->targets_read && !irc_is_room(i, chat) && !s;
}

/* ---- answers ---- */

/* Where the page before this one ends; a page may hold nothing that the host keeps. Several may have the moment of its
 * first: where it has no id they come again, and where logs cut off milliseconds, all of that second do. */
static void first_of(const struct irc *i, const struct irc_batch *b, char out[KITH_MAX_ID + 16])
{
    bool by_id = b->first_id && i->is.msgid_refs;
    out[0] = '\0';
    if (by_id)
        (void)snprintf(out, KITH_MAX_ID + 16, MSGID "%s", b->first_id);
    else if (b->first_ms)
        irc_history_stamp(b->first_ms + (b->first_ms % 1000 || b->first_id ? 1 : 1000), out);
}

static void reply_page(struct irc *i, struct irc_query *q, const struct irc_batch *b, int limit)
{
    char first[KITH_MAX_ID + 16];
    first_of(i, b, first);
    struct kith_ev_reply ev = {.ev = {sizeof ev, KITH_EV_REPLY, q->req, 0},
                               .more = b->lines >= (size_t)limit,
                               .cursor = first[0] && strlen(first) <= KITH_MAX_ID ? first : NULL};
    if (q->req)
        irc_emit(i, &ev.ev);
    q->req = 0;
}

static void page_forwards(struct irc *i, const char *chat, const struct irc_batch *b, int limit)
{
    struct seen *s = irc_history_seen(i, chat);
    if (!s || !s->flying)
        return;
    bool more = b->lines >= (size_t)limit && s->asked_ms && s->ms > s->asked_ms;
    if (!more && irc_cap(i, CAP_READ) && !irc_is_room(i, chat)) /* of rooms it comes by itself */
        irc_say(i, PRIO_QUERY, "MARKREAD", chat, NULL);
    if (!more)
        landed(i, s, true);
    else if (++s->pages >= PAGES_MAX || !ask_forwards(i, chat, s))
        landed(i, s, false);
}

/* Who wrote is known; the others did not. */
static void targets_done(struct irc *i)
{
    struct irc_history *h = irc_history_of(i);
    h->targets_read = true;
    h->private_ms = 0;
    dirty(i);
    for (struct map_entry *e = NULL; (e = map_next(&h->seen, e));) {
        struct seen *s = e->value;
        if (irc_is_room(i, e->key) || s->due || s->flying)
            continue;
        s->read = true;
        known(i, s, s->live_ms);
    }
}

static void page_targets(struct irc *i, const struct irc_batch *b, int limit, int64_t since)
{
    struct irc_history *h = irc_history_of(i);
    if (b->lines >= (size_t)limit && h->targets_ms > since && ++h->targets_pages < TARGETS_PAGES)
        ask_targets(i, h->targets_ms);
    else
        targets_done(i);
}

void irc_history_page(struct irc *i, struct irc_batch *b)
{
    if (b->label)
        i->label = b->label;
    struct irc_query *q = irc_query_find(i, ASK_HISTORY, b->target);
    if (!q || !q->extra)
        return;
    struct page p = *(struct page *)q->extra;
    char *chat = xstrdup(q->target);
    if (p.kind == PAGE_BACK)
        reply_page(i, q, b, p.limit);
    irc_query_end(i, q, KITH_OK, NULL); /* before another one is asked, which would push it out */
    if (p.kind == PAGE_FORWARDS && chat)
        page_forwards(i, chat, b, p.limit);
    else if (p.kind != PAGE_BACK)
        page_targets(i, b, p.limit, irc_history_of(i)->targets_from);
    if (p.kind == PAGE_TARGETS)
        gap(i, -1);
    free(chat);
}

void irc_history_failed(struct irc *i, struct irc_query *q, const char *text)
{
    enum page_kind kind = q->extra ? ((const struct page *)q->extra)->kind : PAGE_BACK;
    struct seen *s = q->target ? irc_history_seen(i, q->target) : NULL;
    irc_query_end(i, q, KITH_EDENIED, text); /* first: what follows may ask anew, and push the oldest out */
    if (s && kind == PAGE_FORWARDS)
        landed(i, s, true); /* nothing more can be had */
    if (kind == PAGE_TARGETS) {
        targets_done(i);
        gap(i, -1);
    }
}

/* No answer: the hole stays one, until another connection. */
void irc_history_silent(struct irc *i, struct irc_query *q)
{
    enum page_kind kind = q->extra ? ((const struct page *)q->extra)->kind : PAGE_BACK;
    struct seen *s = q->target ? irc_history_seen(i, q->target) : NULL;
    irc_query_end(i, q, KITH_ENET, "The server did not answer."); /* first, as above */
    if (s && kind == PAGE_FORWARDS)
        landed(i, s, false);
}

/* "CHATHISTORY TARGETS nick time": somebody wrote. */
void irc_on_chathistory(struct irc *i, const struct irc_line *l)
{
    const char *name = irc_param(l, 1);
    int64_t ms = irc_time_parse(irc_param(l, 2));
    if (str_casecmp_ascii(irc_param(l, 0), "TARGETS") != 0 || !irc_name_ok(name) || irc_is_room(i, name))
        return;
    char *chat = irc_address(i, name);
    struct seen *s = irc_history_seen(i, chat);
    irc_history_of(i)->targets_ms = MAX(irc_history_of(i)->targets_ms, ms);
    if (s && !s->read && (ms == 0 || ms > s->ms))
        forwards(i, s);
    free(chat);
}

/* ---- pages backwards ---- */

int irc_op_fetch(struct irc *i, const struct kith_history_fetch *f, kith_req req)
{
    char point[KITH_MAX_ID + 16], count[16];
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!can_read(i) || str_empty(f->chat) || f->text)
        return KITH_EUNSUP;
    const struct irc_room *r = irc_room(i, f->chat);
    int limit = page_size(i, f->max > 0 && f->max < PAGE ? (int)f->max : PAGE);
    bool cursor = f->before_id && (str_starts(f->before_id, MSGID) || str_starts(f->before_id, STAMP)); /* ours */
    bool by_id = f->before_id && !cursor && i->is.msgid_refs && !irc_made_up(f->before_id);
    (void)snprintf(count, sizeof count, "%d", limit);
    if (cursor || by_id)
        (void)snprintf(point, sizeof point, "%s%s", cursor ? "" : MSGID, f->before_id);
    else if (f->before_ms)
        irc_history_stamp(f->before_ms, point);
    bool any = cursor || by_id || f->before_ms;
    struct irc_query *q = ask_page(i, f->chat, PAGE_BACK, limit, req);
    if (irc_ask(i, PRIO_USER, q, "CHATHISTORY", any ? "BEFORE" : "LATEST", r ? r->name : f->chat, any ? point : "*",
                count, NULL))
        return KITH_OK;
    q->req = 0;
    irc_query_end(i, q, KITH_EINVAL, NULL);
    return KITH_EINVAL;
}
