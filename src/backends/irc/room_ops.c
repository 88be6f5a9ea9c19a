/* backends/irc/room_ops.c - what the user does with channels: join, leave, topic, nick, keep */
#include <string.h>

#include "backends/irc/ops.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

/* One channel; its name may lack the sign before it. */
static int join_one(struct irc *i, const char *name, const char *key, kith_req req)
{
    char *whole = irc_is_room(i, name) ? xstrdup(name) : xasprintf("%c%s", i->is.chantypes[0], name);
    struct irc_room *r = irc_name_ok(whole) && irc_is_room(i, whole) ? irc_room_get(i, whole) : NULL;
    str_take(&whole, NULL);
    if (!r)
        return KITH_EINVAL;
    r->wanted = true;
    if (!str_empty(key))
        str_set(&r->key, key);
    if (r->joined) { /* no server would answer */
        irc_reply(i, req, KITH_OK, r->address);
        return KITH_OK;
    }
    struct irc_query *q = irc_query_new(i, ASK_JOIN, r->name, req);
    if (irc_ask(i, PRIO_USER, q, "JOIN", r->name, r->key, NULL))
        return KITH_OK;
    q->req = 0;
    irc_query_end(i, q, KITH_EINVAL, NULL);
    return KITH_EINVAL;
}

/* "#a,#b" with "key,key": each of them; the request is about the first. */
int irc_op_join(struct irc *i, const char *room, const char *secret, kith_req req)
{
    if (!irc_online(i))
        return KITH_EOFFLINE;
    char *names = xstrdup(room ? room : ""), *keys = xstrdup(secret), *rest = names, *rest_keys = keys, *name;
    int rc = KITH_EINVAL;
    for (bool first = true; (name = strsep(&rest, ",")); first = false) {
        const char *key = rest_keys ? strsep(&rest_keys, ",") : NULL;
        int one = *name ? join_one(i, name, key, first ? req : 0) : KITH_EINVAL;
        rc = first ? one : rc;
        if (rc < 0)
            break;
    }
    str_take(&names, NULL);
    str_wipe_free(keys);
    return rc;
}

/* Asks with up to three words; the answer comes by a handler or an error. */
static int simple(struct irc *i, enum irc_ask ask, const char *target, kith_req req, const char *cmd, const char *a,
                  const char *b, const char *c)
{
    if (!irc_online(i))
        return KITH_EOFFLINE;
    struct irc_query *q = irc_query_new(i, ask, target, req);
    if (irc_ask(i, PRIO_USER, q, cmd, a, b, c, NULL))
        return KITH_OK;
    q->req = 0;
    irc_query_end(i, q, KITH_EINVAL, NULL);
    return KITH_EINVAL;
}

int irc_op_leave(struct irc *i, const char *room, const char *text, kith_req req)
{
    struct irc_room *r = irc_room(i, room);
    if (!r)
        return KITH_ENOTFOUND;
    r->wanted = false;
    if (!r->joined) {
        irc_reply(i, req, KITH_OK, NULL);
        return KITH_OK;
    }
    return simple(i, ASK_PART, room, req, "PART", r->name, str_empty(text) ? irc_option(i, "part_message") : text, NULL);
}

int irc_op_topic(struct irc *i, const char *room, const char *text, kith_req req)
{
    return simple(i, ASK_TOPIC, room, req, "TOPIC", room, text ? text : "", NULL);
}

int irc_op_nick(struct irc *i, const char *nick, kith_req req)
{
    if (!irc_name_ok(nick))
        return KITH_EINVAL;
    return simple(i, ASK_NICK, nick, req, "NICK", nick, NULL, NULL);
}

int irc_op_keep(struct irc *i, const char *room, uint32_t flags, kith_req req)
{
    struct irc_room *r = irc_name_ok(room) ? irc_room_get(i, room) : NULL;
    if (!r)
        return KITH_EINVAL;
    r->keep = flags & (KITH_CHAT_AUTOJOIN | KITH_CHAT_PINNED | KITH_CHAT_MUTED);
    irc_rooms_save(i);
    irc_tell_room(i, r, NULL);
    irc_reply(i, req, KITH_OK, NULL);
    return KITH_OK;
}
