/* backends/irc/friends.c - MONITOR as the list of friends: kept here, watched by the server
 *
 * IRCv3 monitor, extended-monitor. The list is the state "friends": lines "nick" or "nick name".
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/ops.h"
#include "base/mem.h"

enum { STATE_MAX = 65536, LINE_BYTES = 400 };

struct friend { char *nick, *name; bool online; };
struct irc_friends { struct map all; /* folded nick -> struct friend: owned */ };

static void free_friend(void *p)
{
    struct friend *f = p;
    free(f->nick);
    free(f->name);
    free(f);
}

static struct friend *add(struct irc *i, const char *nick, const char *name)
{
    struct irc_friends *fs = i->friends;
    char *key = irc_address(i, nick);
    struct friend *f = map_get(&fs->all, key);
    if (!f && fs->all.n < IRC_FRIENDS_MAX) {
        f = xcalloc(1, sizeof *f);
        f->nick = xstrdup(nick);
        map_set(&fs->all, key, f);
    }
    if (f)
        str_set(&f->name, str_empty(name) ? NULL : name);
    free(key);
    return f;
}

static struct irc_friends *of(struct irc *i)
{
    if (i->friends)
        return i->friends;
    i->friends = xcalloc(1, sizeof *i->friends);
    char *data = xcalloc(1, STATE_MAX + 1);
    int n = i->io.state_get(i->io.user, "friends", data, STATE_MAX);
    for (char *line = data, *end; n > 0 && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        char *name = strchr(line, ' ');
        if (name)
            *name++ = '\0';
        if (irc_name_ok(line))
            add(i, line, name);
    }
    free(data);
    return i->friends;
}

static void save(struct irc *i)
{
    struct buf b = {0};
    for (struct map_entry *e = NULL; (e = map_next(&of(i)->all, e));) {
        const struct friend *f = e->value;
        buf_addf(&b, "%s%s%s\n", f->nick, f->name ? " " : "", f->name ? f->name : "");
    }
    i->io.state_set(i->io.user, "friends", b.data, b.len);
    buf_free(&b);
}

void irc_friends_free(struct irc *i)
{
    if (i->friends)
        map_free(&i->friends->all, free_friend);
    free(i->friends);
    i->friends = NULL;
}

/* ---- events ---- */

static void tell_contact(struct irc *i, const char *key, const struct friend *f)
{
    struct kith_ev_contact ev = {.ev = {sizeof ev, KITH_EV_CONTACT, 0, 0},
                                 .address = key,
                                 .name = f->name ? f->name : f->nick,
                                 .flags = KITH_CONTACT_TO | KITH_CONTACT_FROM};
    irc_emit(i, &ev.ev);
}

void irc_friend_changed(struct irc *i, const char *nick)
{
    char *key = irc_address(i, nick);
    const struct friend *f = i->friends ? map_get(&i->friends->all, key) : NULL;
    const struct irc_user *u = irc_user(i, nick);
    if (f) {
        const char *away = u ? u->away : NULL;
        struct kith_ev_presence ev = {.ev = {sizeof ev, KITH_EV_PRESENCE, 0, 0},
                                      .address = key,
                                      .show = !f->online ? KITH_SHOW_OFFLINE : away ? KITH_SHOW_AWAY : KITH_SHOW_ONLINE,
                                      .text = f->online ? away : NULL};
        irc_emit(i, &ev.ev);
    }
    free(key);
}

static void sync(struct irc *i, uint32_t type)
{
    struct kith_ev_sync ev = {.ev = {sizeof ev, type, 0, 0}, .what = KITH_SYNC_ROSTER};
    irc_emit(i, &ev.ev);
}

/* ---- the operations ---- */

int irc_op_friend_add(struct irc *i, const char *address, const char *name, kith_req req)
{
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!irc_name_ok(address) || irc_is_room(i, address))
        return KITH_EINVAL;
    of(i);
    struct friend *f = add(i, address, name);
    if (!f)
        return KITH_ELIMIT;
    char *key = irc_address(i, address);
    save(i);
    tell_contact(i, key, f);
    if (i->is.monitor)
        irc_say(i, PRIO_USER, "MONITOR", "+", f->nick, NULL);
    irc_reply(i, req, KITH_OK, NULL);
    free(key);
    return KITH_OK;
}

int irc_op_friend_update(struct irc *i, const char *address, const char *name, kith_req req)
{
    char *key = irc_address(i, address);
    struct friend *f = map_get(&of(i)->all, key);
    if (f) {
        str_set(&f->name, str_empty(name) ? NULL : name);
        save(i);
        tell_contact(i, key, f);
        irc_reply(i, req, KITH_OK, NULL);
    }
    free(key);
    return f ? KITH_OK : KITH_ENOTFOUND;
}

int irc_op_friend_remove(struct irc *i, const char *address, kith_req req)
{
    char *key = irc_address(i, address);
    struct friend *f = map_del(&of(i)->all, key);
    if (f) {
        save(i);
        if (irc_online(i) && i->is.monitor)
            irc_say(i, PRIO_USER, "MONITOR", "-", f->nick, NULL);
        struct kith_ev_contact_gone ev = {.ev = {sizeof ev, KITH_EV_CONTACT_GONE, 0, 0}, .address = key};
        irc_emit(i, &ev.ev);
        irc_reply(i, req, KITH_OK, NULL);
        free_friend(f);
    }
    free(key);
    return f ? KITH_OK : KITH_ENOTFOUND;
}

/* ---- with the server ---- */

void irc_friends_online(struct irc *i)
{
    struct buf b = {0};
    sync(i, KITH_EV_SYNC_BEGIN);
    for (struct map_entry *e = NULL; (e = map_next(&of(i)->all, e));)
        tell_contact(i, e->key, e->value);
    sync(i, KITH_EV_SYNC_END);
    int left = i->is.monitor < 0 ? IRC_FRIENDS_MAX : i->is.monitor;
    for (struct map_entry *e = NULL; left > 0 && (e = map_next(&of(i)->all, e)); left--) {
        const struct friend *f = e->value;
        if (b.len + strlen(f->nick) + 1 > LINE_BYTES) {
            irc_say(i, PRIO_QUERY, "MONITOR", "+", buf_str(&b), NULL);
            buf_clear(&b);
        }
        buf_addf(&b, "%s%s", b.len ? "," : "", f->nick);
    }
    if (b.len)
        irc_say(i, PRIO_QUERY, "MONITOR", "+", buf_str(&b), NULL);
    buf_free(&b);
}

void irc_friends_lost(struct irc *i)
{
    for (struct map_entry *e = NULL; i->friends && (e = map_next(&i->friends->all, e));)
        ((struct friend *)e->value)->online = false;
}

void irc_friends_tick(struct irc *i UNUSED)
{
}

static void seen(struct irc *i, const struct irc_line *l, bool online)
{
    char *copy = xstrdup(irc_param(l, 1)), *rest = copy, *one;
    while ((one = strsep(&rest, ","))) {
        one[strcspn(one, "!")] = '\0';
        char *key = irc_name_ok(one) ? irc_address(i, one) : NULL;
        struct friend *f = key ? map_get(&of(i)->all, key) : NULL;
        if (f) {
            f->online = online;
            irc_friend_changed(i, one);
        }
        if (irc_same(i->is.casemap, one, i->wish) && !online)
            irc_nick_tick(i); /* the nick that we want is free */
        free(key);
    }
    free(copy);
}

void irc_on_monitor_online(struct irc *i, const struct irc_line *l)
{
    seen(i, l, true);
}

void irc_on_monitor_offline(struct irc *i, const struct irc_line *l)
{
    seen(i, l, false);
}

void irc_on_monitor_full(struct irc *i, const struct irc_line *l)
{
    irc_notice(i, KITH_WARN, NULL, "The server watches no more than %.10s friends.", irc_param(l, 1));
}
