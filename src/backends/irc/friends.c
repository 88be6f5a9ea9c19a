/* backends/irc/friends.c - MONITOR as the list of friends: kept here, watched by the server
 *
 * IRCv3 monitor, extended-monitor. The list is the state "friends": lines "nick" or "nick name". Whether somebody is
 * away when they come is asked with USERHOST, where the server will tell when that changes.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/ops.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

enum { STATE_MAX = 65536, LINE_BYTES = 400, ASK_MS = 1000, ASK_NICKS = 5 /* of one USERHOST */ };

struct friend {
    char *nick, *name;
    bool online, watched, ask; /* ask: are they away? */
    struct irc_user *user; /* while they are online: away and more, also where no channel is shared */
};
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

static void not_online(struct irc *i, struct friend *f)
{
    f->online = f->ask = false;
    if (f->user)
        irc_user_release(i, f->user);
    f->user = NULL;
}

void irc_friend_moved(struct irc *i, const struct irc_user *u)
{
    for (struct map_entry *e = NULL; i->friends && (e = map_next(&i->friends->all, e));) {
        struct friend *f = e->value;
        if (f->user != u)
            continue;
        irc_user_release(i, f->user); /* the server tells that the friend is offline, if so */
        f->user = NULL;
        return;
    }
}

void irc_friends_free(struct irc *i)
{
    irc_friends_lost(i);
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
                                 .flags = (f->watched ? KITH_CONTACT_TO : 0u) | KITH_CONTACT_FROM};
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
    f->watched = i->is.monitor && irc_say(i, PRIO_USER, "MONITOR", "+", f->nick, NULL);
    save(i);
    tell_contact(i, key, f);
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
        not_online(i, f);
        free_friend(f);
    }
    free(key);
    return f ? KITH_OK : KITH_ENOTFOUND;
}

/* ---- with the server ---- */

/* As many as the server watches. */
static void watch_all(struct irc *i)
{
    struct buf b = {0};
    int left = i->is.monitor < 0 ? IRC_FRIENDS_MAX : i->is.monitor;
    for (struct map_entry *e = NULL; (e = map_next(&of(i)->all, e)); left--) {
        struct friend *f = e->value;
        f->watched = left > 0;
        if (!f->watched)
            continue;
        if (b.len + strlen(f->nick) + 1 > LINE_BYTES) {
            irc_say(i, PRIO_QUERY, "MONITOR", "+", buf_str(&b), NULL);
            buf_clear(&b);
        }
        buf_addf(&b, "%s%s", b.len ? "," : "", f->nick);
    }
    if (b.len)
        irc_say(i, PRIO_QUERY, "MONITOR", "+", buf_str(&b), NULL);
    buf_free(&b);
    if (i->is.monitor && left < 0)
        irc_notice(i, KITH_WARN, NULL, "The server watches no more than %d friends; of %d kith cannot tell whether they are here.",
                   i->is.monitor, -left);
}

void irc_friends_online(struct irc *i)
{
    watch_all(i);
    sync(i, KITH_EV_SYNC_BEGIN);
    for (struct map_entry *e = NULL; (e = map_next(&of(i)->all, e));)
        tell_contact(i, e->key, e->value);
    sync(i, KITH_EV_SYNC_END);
}

void irc_friends_lost(struct irc *i)
{
    for (struct map_entry *e = NULL; i->friends && (e = map_next(&i->friends->all, e));)
        not_online(i, e->value);
}

/* CASEMAPPING has changed: their addresses may be others. */
void irc_friends_recase(struct irc *i)
{
    if (!i->friends)
        return;
    struct map old = i->friends->all;
    i->friends->all = (struct map){0};
    for (struct map_entry *e = NULL; (e = map_next(&old, e));) {
        struct friend *f = e->value;
        char *key = irc_address(i, f->nick);
        if (irc_online(i) && strcmp(key, e->key) != 0) {
            struct kith_ev_contact_gone ev = {.ev = {sizeof ev, KITH_EV_CONTACT_GONE, 0, 0}, .address = e->key};
            irc_emit(i, &ev.ev);
            tell_contact(i, key, f);
        }
        if (map_get(&i->friends->all, key)) {
            not_online(i, f);
            free_friend(f);
        } else {
            map_set(&i->friends->all, key, f);
        }
        free(key);
    }
    map_free(&old, NULL);
}

/* ---- away when they come ---- */

static bool told_of_away(const struct irc *i)
{
    return irc_cap(i, CAP_MONITOR) && irc_cap(i, CAP_AWAY_NOTIFY);
}

void irc_friends_tick(struct irc *i)
{
    const char *nicks[ASK_NICKS + 1] = {NULL};
    int n = 0;
    for (struct map_entry *e = NULL; i->friends && (e = map_next(&i->friends->all, e));) {
        struct friend *f = e->value;
        if (!f->ask)
            continue;
        f->ask = false;
        nicks[n++] = f->nick;
        if (n == ASK_NICKS)
            irc_put_line(i, PRIO_QUERY, NULL, NULL, "USERHOST", nicks, n);
        n %= ASK_NICKS;
    }
    if (n)
        irc_put_line(i, PRIO_QUERY, NULL, NULL, "USERHOST", nicks, n);
}

/* 302 :nick*=-user@host nick=+user@host - the star: an operator; minus: away */
void irc_on_userhost(struct irc *i, const struct irc_line *l)
{
    char *copy = xstrdup(irc_param(l, 1)), *rest = copy, *one;
    while ((one = strsep(&rest, " "))) {
        char *eq = strchr(one, '=');
        size_t len = eq ? strcspn(one, "*=") : 0;
        bool away = eq && eq[1] == '-';
        one[len] = '\0';
        struct irc_user *u = irc_name_ok(one) ? irc_user(i, one) : NULL;
        if (!u || !told_of_away(i) || away == (u->away != NULL))
            continue;
        str_set(&u->away, away ? "" : NULL);
        irc_tell_user(i, u);
        irc_friend_changed(i, u->nick);
    }
    free(copy);
}

/* ---- 730, 731, 734 ---- */

/* "nick!user@host" or a nick */
static void one_seen(struct irc *i, char *one, bool online)
{
    char *user = strchr(one, '!'), *host = user ? strchr(user, '@') : NULL;
    one[strcspn(one, "!")] = '\0';
    struct friend *f = NULL;
    char *key = irc_name_ok(one) ? irc_address(i, one) : NULL;
    if (key)
        f = map_get(&of(i)->all, key);
    free(key);
    if (!f)
        return;
    if (!online)
        not_online(i, f);
    f->online = online;
    if (online && !f->user)
        f->user = irc_user_hold(i, one);
    if (online && f->user && host) {
        *host++ = '\0';
        str_set(&f->user->user, user + 1);
        str_set(&f->user->host, host);
    }
    if (online && told_of_away(i)) {
        f->ask = true;
        irc_timer(i, TIMER_FRIENDS, ASK_MS);
    }
    irc_friend_changed(i, one);
}

static void seen(struct irc *i, const struct irc_line *l, bool online)
{
    char *copy = xstrdup(irc_param(l, 1)), *rest = copy, *one;
    while ((one = strsep(&rest, ","))) {
        one_seen(i, one, online);
        if (irc_same(i->is.casemap, one, i->wish) && !online)
            irc_nick_tick(i); /* the nick that we want is free */
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

/* 734 limit nick,nick :words */
void irc_on_monitor_full(struct irc *i, const struct irc_line *l)
{
    char *copy = xstrdup(irc_param(l, 2)), *rest = copy, *one;
    int n = 0;
    while ((one = strsep(&rest, ","))) {
        char *key = irc_name_ok(one) ? irc_address(i, one) : NULL;
        struct friend *f = key ? map_get(&of(i)->all, key) : NULL;
        if (f && f->watched) {
            f->watched = false;
            not_online(i, f);
            tell_contact(i, key, f);
            n++;
        }
        free(key);
    }
    free(copy);
    if (n)
        irc_notice(i, KITH_WARN, NULL, "The server watches no more than %.10s friends; of %d kith cannot tell whether they are here.",
                   irc_param(l, 1), n);
}

/* ---- /monitor ---- */

void irc_friends_list(struct irc *i, kith_req req)
{
    for (struct map_entry *e = NULL; (e = map_next(&of(i)->all, e));) {
        const struct friend *f = e->value;
        const char *away = f->user ? f->user->away : NULL;
        char *text = !f->watched  ? xstrdup("not watched by this server")
                     : !f->online ? xstrdup("offline")
                     : away       ? xasprintf("away%s%s", *away ? ": " : "", away)
                                  : xstrdup("online");
        struct kith_ev_item ev = {
            .ev = {sizeof ev, KITH_EV_ITEM, req, 0}, .name = f->nick, .text = text, .number = -1};
        irc_emit(i, &ev.ev);
        free(text);
    }
    irc_reply(i, req, KITH_OK, NULL);
}
