/* backends/irc/users.c - names: how the host knows them; people that are known and what lines tell of them */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/rooms.h"
#include "base/mem.h"

char *irc_address(const struct irc *i, const char *name)
{
    return irc_fold(i->is.casemap, name);
}

bool irc_is_me(const struct irc *i, const char *nick)
{
    return irc_same(i->is.casemap, nick, i->nick);
}

bool irc_is_room(const struct irc *i, const char *name)
{
    return irc_is_channel(&i->is, irc_bare_target(&i->is, name));
}

bool irc_name_ok(const char *name)
{
    if (str_empty(name) || name[0] == ':' || strlen(name) > IRC_ADDRESS_MAX)
        return false;
    for (const char *p = name; *p; p++) {
        if ((unsigned char)*p <= ' ' || *p == ',' || *p == 0x7F || *p == '!' || (*p == '@' && p != name))
            return false;
    }
    return true;
}

struct irc_user *irc_user(const struct irc *i, const char *nick)
{
    char *key = irc_fold(i->is.casemap, nick);
    struct irc_user *u = map_get(&i->users, key);
    free(key);
    return u;
}

struct irc_room *irc_room(const struct irc *i, const char *name)
{
    char *key = irc_fold(i->is.casemap, name);
    struct irc_room *r = map_get(&i->rooms, key);
    free(key);
    return r;
}

void irc_user_seen(struct irc *i, const struct irc_line *l)
{
    const char *account = irc_line_tag(l, "account");
    struct irc_user *u = l->nick ? irc_user(i, l->nick) : NULL;
    if (l->nick && irc_is_me(i, l->nick) && l->user && l->host) {
        str_set(&i->user, l->user);
        str_set(&i->host, l->host);
    }
    if (!u || irc_in_history(i))
        return;
    if (l->user)
        str_set(&u->user, l->user);
    if (l->host)
        str_set(&u->host, l->host);
    if (irc_cap(i, CAP_ACCOUNT_TAG))
        str_set(&u->account, account ? account : "");
    if (irc_line_tag(l, "bot") && !u->bot) {
        u->bot = true;
        irc_tell_user(i, u);
    }
}
