/* backends/irc/people.c - what becomes known of people in channels: away, account, host, real name */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

void irc_tell_user(struct irc *i, const struct irc_user *u)
{
    char *key = irc_fold(i->is.casemap, u->nick);
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));) {
        const struct irc_room *r = e->value;
        const struct irc_member *m = map_get(&r->members, key);
        if (m)
            irc_tell_member(i, r, m, NULL, KITH_MEMBER_QUIET);
    }
    free(key);
}

void irc_on_away(struct irc *i, const struct irc_line *l)
{
    struct irc_user *u = l->nick && !irc_in_history(i) ? irc_user(i, l->nick) : NULL;
    const char *why = irc_param(l, 0);
    if (u && str_set(&u->away, l->n == 0 ? NULL : strcmp(why, "*") == 0 ? "" : why)) /* "*": pre-away, no reason */
        irc_tell_user(i, u);
    if (l->nick && !irc_in_history(i))
        irc_friend_changed(i, l->nick);
}

void irc_on_account(struct irc *i, const struct irc_line *l)
{
    struct irc_user *u = l->nick && !irc_in_history(i) ? irc_user(i, l->nick) : NULL;
    if (u && str_set(&u->account, strcmp(irc_param(l, 0), "*") == 0 ? "" : irc_param(l, 0)))
        irc_tell_user(i, u);
}

void irc_on_chghost(struct irc *i, const struct irc_line *l)
{
    struct irc_user *u = l->nick && !irc_in_history(i) && l->n > 1 ? irc_user(i, l->nick) : NULL;
    if (l->nick && irc_is_me(i, l->nick) && l->n > 1) {
        str_set(&i->user, irc_param(l, 0));
        str_set(&i->host, irc_param(l, 1));
    }
    if (u) {
        str_set(&u->user, irc_param(l, 0));
        str_set(&u->host, irc_param(l, 1));
    }
}

void irc_on_setname(struct irc *i, const struct irc_line *l)
{
    struct irc_user *u = l->nick && !irc_in_history(i) ? irc_user(i, l->nick) : NULL;
    if (u)
        str_set(&u->realname, irc_param(l, 0));
}
