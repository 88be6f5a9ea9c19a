/* backends/irc/room_ops.c - what the user does with channels: join, leave, topic, nick, keep */
#include <string.h>

#include "backends/irc/ops.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

/* "#&:20,+:": how many of the kind of this name we may be in at a time; 0 = no limit. */
static int64_t chanlimit(const struct irc *i, const char *name, char signs[16])
{
    const char *p = irc_isupport_get(&i->is, "CHANLIMIT");
    for (; p && *p; p += strcspn(p, ","), p += *p == ',') {
        size_t n = strcspn(p, ":,");
        int64_t most = 0;
        char number[12];
        if (p[n] != ':' || !memchr(p, name[0], n))
            continue;
        str_copy(signs, MIN(n + 1, (size_t)16), p);
        str_copy(number, MIN(strcspn(p + n + 1, ",") + 1, sizeof number), p + n + 1);
        return str_int(number, 1, INT32_MAX, &most) ? most : 0;
    }
    return 0;
}

/* The server would refuse it: says so in words, before it is asked. */
static bool too_many(struct irc *i, const char *name, kith_req req)
{
    char signs[16] = "";
    int64_t most = chanlimit(i, name, signs), in = 0;
    for (struct map_entry *e = NULL; most && (e = map_next(&i->rooms, e));) {
        const struct irc_room *r = e->value;
        in += r->joined && strchr(signs, r->name[0]);
    }
    if (!most || in < most)
        return false;
    char *why = xasprintf("This server lets you be in %lld channels of this kind (%s) at a time, and you are in %lld. "
                          "/part one of them first.", (long long)most, signs, (long long)in);
    irc_reply(i, req, KITH_ELIMIT, why);
    if (!req)
        irc_notice(i, KITH_WARN, NULL, "%s: %s", name, why);
    str_take(&why, NULL);
    return true;
}

/* One channel; its name may lack the sign before it. */
static int join_one(struct irc *i, const char *name, const char *key, kith_req req)
{
    char *whole = irc_is_room(i, name) ? xstrdup(name) : xasprintf("%c%s", i->is.chantypes[0], name);
    struct irc_room *r = irc_name_ok(whole) && irc_is_room(i, whole) ? irc_room_get(i, whole) : NULL;
    str_take(&whole, NULL);
    if (!r)
        return KITH_EINVAL;
    if (!r->joined && too_many(i, r->name, req))
        return KITH_OK;
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
