/* backends/irc/marks.c - read markers: what was read here is told to the server, what was read elsewhere comes from it
 *
 * IRCv3 draft/read-marker. A marker is the time of a message; the newest messages are remembered by their ids for it.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/history_private.h"
#include "backends/irc/ops.h"
#include "base/mem.h"

int irc_op_mark_read(struct irc *i, const char *chat, const char *id, const char *archive_id)
{
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!irc_cap(i, CAP_READ) || str_empty(chat))
        return KITH_EUNSUP;
    struct irc_history *h = irc_history_of(i);
    struct seen *s = irc_history_seen(i, chat);
    for (size_t n = 0; n < RECENT && s; n++) {
        const struct recent *r = &h->recent[n];
        if (r->id && str_eq(r->chat, chat) && (str_eq(r->id, id) || str_eq(r->id, archive_id)))
            s->mark_ms = MAX(s->mark_ms, r->ms);
    }
    if (s && s->mark_ms > s->marked_ms && !i->timers[TIMER_MARK])
        irc_timer(i, TIMER_MARK, IRC_MARK_MS);
    return KITH_OK;
}

void irc_mark_tick(struct irc *i)
{
    char at[STAMP_BYTES];
    for (struct map_entry *e = NULL; i->history && (e = map_next(&i->history->seen, e));) {
        struct seen *s = e->value;
        if (s->mark_ms <= s->marked_ms)
            continue;
        const struct irc_room *r = irc_room(i, e->key);
        s->marked_ms = s->mark_ms;
        irc_history_stamp(s->mark_ms, at);
        irc_say(i, PRIO_QUERY, "MARKREAD", r ? r->name : e->key, at, NULL);
    }
}

void irc_on_markread(struct irc *i, const struct irc_line *l)
{
    const char *name = irc_param(l, 0), *at = irc_param(l, 1);
    int64_t ms = str_starts(at, STAMP) ? irc_time_parse(at + strlen(STAMP)) : 0;
    if (!ms || !irc_name_ok(name))
        return;
    char *chat = irc_address(i, name);
    struct seen *s = irc_history_seen(i, chat);
    const struct recent *best = NULL;
    bool grows = s && ms > s->marked_ms;
    if (grows)
        s->marked_ms = ms;
    for (size_t n = 0; grows && n < RECENT; n++) {
        const struct recent *r = &irc_history_of(i)->recent[n];
        if (r->id && str_eq(r->chat, chat) && r->ms <= ms && (!best || r->ms > best->ms))
            best = r;
    }
    if (best) {
        struct kith_ev_marker ev = {.ev = {sizeof ev, KITH_EV_MARKER, 0, 0}, .chat = chat, .id = best->id};
        irc_emit(i, &ev.ev);
    }
    free(chat);
}
