/* backends/irc/members.c - who is in which channel: people are shared between channels, and known while they are in one */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/rooms.h"
#include "base/mem.h"

void irc_user_release(struct irc *i, struct irc_user *u)
{
    if (--u->refs > 0)
        return;
    char *key = irc_fold(i->is.casemap, u->nick);
    if (map_get(&i->users, key) != u)
        str_take(&key, xasprintf(" %s", u->nick));
    map_del(&i->users, key);
    free(key);
    char *all[] = {u->nick, u->user, u->host, u->account, u->realname, u->away};
    for (size_t n = 0; n < COUNT(all); n++)
        free(all[n]);
    free(u);
}

void irc_members_drop_all(struct irc *i, struct irc_room *r)
{
    for (struct map_entry *e = NULL; (e = map_next(&r->members, e));)
        irc_user_release(i, ((struct irc_member *)e->value)->user);
    map_free(&r->members, free);
}

static struct irc_user *user_get(struct irc *i, const char *nick)
{
    struct irc_user *u = irc_user(i, nick);
    if (u || i->users.n >= IRC_USERS_MAX)
        return u;
    char *key = irc_fold(i->is.casemap, nick);
    u = xcalloc(1, sizeof *u);
    u->nick = xstrdup(nick);
    map_set(&i->users, key, u);
    free(key);
    return u;
}

struct irc_user *irc_user_hold(struct irc *i, const char *nick)
{
    struct irc_user *u = user_get(i, nick);
    if (u)
        u->refs++;
    return u;
}

void irc_user_lost(struct irc *i, struct irc_user *u)
{
    u->refs++; /* while we go through the rooms */
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));) {
        struct irc_room *r = e->value;
        if (!irc_member_of(i, r, u->nick))
            continue;
        irc_tell_gone(i, r, u->nick, KITH_LEAVE_ERROR, NULL, NULL);
        irc_member_drop(i, r, u->nick);
    }
    irc_user_release(i, u);
}

struct irc_member *irc_member_of(const struct irc *i, const struct irc_room *r, const char *nick)
{
    char *key = irc_fold(i->is.casemap, nick);
    struct irc_member *m = map_get(&r->members, key);
    free(key);
    return m;
}

struct irc_member *irc_member_get(struct irc *i, struct irc_room *r, const char *nick)
{
    struct irc_member *m = irc_member_of(i, r, nick);
    struct irc_user *u = m ? NULL : user_get(i, nick);
    if (m || !u)
        return m;
    char *key = irc_fold(i->is.casemap, nick);
    m = xcalloc(1, sizeof *m);
    m->user = u;
    u->refs++;
    map_set(&r->members, key, m);
    free(key);
    return m;
}

void irc_member_drop(struct irc *i, struct irc_room *r, const char *nick)
{
    char *key = irc_fold(i->is.casemap, nick);
    struct irc_member *m = map_del(&r->members, key);
    free(key);
    if (m)
        irc_user_release(i, m->user);
    free(m);
}

void irc_members_recase(struct irc *i, struct irc_room *r)
{
    struct map old = r->members;
    r->members = (struct map){0};
    for (struct map_entry *e = NULL; (e = map_next(&old, e));) {
        struct irc_member *m = e->value;
        char *key = irc_fold(i->is.casemap, m->user->nick);
        if (map_get(&r->members, key)) { /* two have become one: the server will not know both */
            if (r->joined)
                irc_tell_gone(i, r, m->user->nick, KITH_LEAVE_ERROR, NULL, NULL);
            irc_user_release(i, m->user);
            free(m);
        } else {
            map_set(&r->members, key, m);
        }
        free(key);
    }
    map_free(&old, NULL);
}

void irc_users_recase(struct irc *i)
{
    struct map old = i->users;
    i->users = (struct map){0};
    for (struct map_entry *e = NULL; (e = map_next(&old, e));) {
        struct irc_user *u = e->value;
        char *key = irc_fold(i->is.casemap, u->nick);
        if (map_get(&i->users, key)) { /* the same by the new rule: this one gets a key that no nick can be */
            free(key);
            key = xasprintf(" %s", u->nick);
        }
        map_set(&i->users, key, u);
        free(key);
    }
    map_free(&old, NULL);
}
