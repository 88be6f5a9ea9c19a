/* backends/irc/rename.c - a channel gets another name: it stays the same chat
 *
 * IRCv3 draft/channel-rename. Members, topic and modes stay; no NAMES follows. Servers may tell it to who was away.
 */
#include <stdlib.h>

#include "backends/irc/handlers.h"
#include "backends/irc/history.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

static void tell(struct irc *i, const struct irc_room *r, const char *old)
{
    struct kith_ev_chat ev = {.ev = {sizeof ev, KITH_EV_CHAT, 0, 0},
                              .address = r->address,
                              .old_address = old,
                              .name = r->name,
                              .kind = KITH_CHAT_ROOM,
                              .flags = r->keep | (r->joined ? KITH_CHAT_JOINED | KITH_CHAT_CAN_TALK : 0),
                              .topic = r->topic,
                              .topic_by = r->topic_by,
                              .topic_ms = r->topic_ms,
                              .nick = i->nick};
    irc_emit(i, &ev.ev);
}

/* Questions under way are about the room of the new name: that is what the answers call it. */
static void move_queries(struct irc *i, const char *old, const struct irc_room *r)
{
    for (struct irc_query *q = i->queries; q; q = q->next) {
        char *about = q->target ? irc_address(i, q->target) : NULL;
        if (about && str_eq(about, old))
            str_set(&q->target, str_eq(q->target, old) ? r->address : r->name);
        free(about);
    }
}

void irc_room_moved(struct irc *i, const struct irc_room *r, const char *old)
{
    irc_history_renamed(i, old, r->address);
    move_queries(i, old, r);
    irc_who_moved(i, old, r->address);
    tell(i, r, old);
    for (struct map_entry *e = NULL; r->joined && (e = map_next(&r->members, e));)
        irc_tell_member(i, r, e->value, NULL, KITH_MEMBER_QUIET);
}

/* Only in its case: the address stays, and the name as it is written is new. */
static void rename_room(struct irc *i, struct irc_room *r, const char *now)
{
    char *address = irc_address(i, now), *old = xstrdup(r->address);
    bool moved = !str_eq(address, old);
    str_set(&r->name, now);
    if (moved) {
        map_del(&i->rooms, old);
        str_set(&r->address, address);
        map_set(&i->rooms, address, r);
        irc_room_moved(i, r, old);
    } else {
        tell(i, r, NULL);
    }
    irc_rooms_save(i);
    free(address);
    free(old);
}

static bool may(struct irc *i, const struct irc_room *r, const char *now)
{
    const struct irc_room *there = irc_name_ok(now) && irc_is_room(i, now) ? irc_room(i, now) : NULL;
    return r && irc_name_ok(now) && irc_is_room(i, now) && (!there || there == r);
}

void irc_on_rename(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = irc_room(i, irc_param(l, 0));
    const char *now = irc_param(l, 1), *why = irc_param(l, 2);
    if (irc_in_history(i) || !may(i, r, now))
        return;
    rename_room(i, r, now);
    if (*why)
        irc_notice(i, KITH_INFO, r->address, "%s: %.300s", l->nick ? l->nick : i->server, why);
}

/* "FAIL JOIN CHANNEL_RENAMED #old #new": it was renamed while we were away, so that is where we go. */
bool irc_rename_fail(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = irc_room(i, irc_param(l, 2));
    const char *now = irc_param(l, 3);
    if (!str_eq(irc_param(l, 0), "JOIN") || !str_eq(irc_param(l, 1), "CHANNEL_RENAMED") || !may(i, r, now) || r->joined)
        return false;
    struct irc_query *q = irc_query_find(i, ASK_JOIN, irc_param(l, 2));
    kith_req req = q ? q->req : 0;
    if (!q && !r->wanted)
        return false; /* nobody asked */
    if (q) {
        q->req = 0;
        irc_query_end(i, q, KITH_OK, NULL);
    }
    rename_room(i, r, now);
    irc_ask(i, PRIO_QUERY, irc_query_new(i, ASK_JOIN, r->address, req), "JOIN", r->name, r->key, NULL);
    return true;
}
