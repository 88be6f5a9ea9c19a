/* backends/irc/names.c - NAMES: who is in a channel, whether we have just come in or asked for it later */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

static void sync(struct irc *i, const struct irc_room *r, uint32_t type)
{
    struct kith_ev_sync ev = {.ev = {sizeof ev, type, 0, 0}, .what = KITH_SYNC_MEMBERS, .chat = r->address};
    irc_emit(i, &ev.ev);
}

void irc_names_begin(struct irc *i, struct irc_room *r)
{
    r->naming = true;
    for (struct map_entry *e = NULL; (e = map_next(&r->members, e));)
        ((struct irc_member *)e->value)->named = false;
    sync(i, r, KITH_EV_SYNC_BEGIN);
}

/* "@+nick!user@host": signs (all with multi-prefix), nick, and with userhost-in-names the rest. */
static void take_name(struct irc *i, struct irc_room *r, char *one)
{
    uint32_t ranks = 0;
    for (int rank; *one && (rank = irc_prefix_rank(&i->is, *one)) >= 0; one++)
        ranks |= 1u << rank;
    char *bang = strchr(one, '!'), *at = bang ? strchr(bang, '@') : NULL;
    if (bang)
        *bang++ = '\0';
    struct irc_member *m = irc_name_ok(one) ? irc_member_get(i, r, one) : NULL;
    if (!m)
        return;
    if (at) {
        *at++ = '\0';
        str_set(&m->user->user, bang);
        str_set(&m->user->host, at);
    }
    m->ranks = ranks;
    m->named = true;
    irc_tell_member(i, r, m, NULL, KITH_MEMBER_QUIET);
}

void irc_on_names(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = l->n > 3 ? irc_room(i, irc_param(l, 2)) : NULL;
    if (!r || !r->joined)
        return;
    if (!r->naming)
        irc_names_begin(i, r);
    char *copy = xstrdup(irc_param(l, 3)), *rest = copy, *one;
    while ((one = strsep(&rest, " ")))
        take_name(i, r, one);
    free(copy);
}

/* Those who were not named are not here any more; the host forgets them by the end of the list. We ourselves are. */
static void drop_unnamed(struct irc *i, struct irc_room *r)
{
    for (struct map_entry *e = NULL; (e = map_next(&r->members, e));) {
        const struct irc_member *m = e->value;
        if (m->named || irc_is_me(i, m->user->nick))
            continue;
        char *nick = xstrdup(m->user->nick);
        irc_member_drop(i, r, nick);
        free(nick);
    }
}

void irc_on_names_end(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = irc_room(i, irc_param(l, 1));
    struct irc_query *q = irc_query_find(i, ASK_NAMES, irc_param(l, 1));
    if (r && r->naming) {
        r->naming = false;
        drop_unnamed(i, r);
        const struct irc_member *me = irc_member_of(i, r, i->nick);
        if (me && !me->named)
            irc_tell_member(i, r, me, NULL, KITH_MEMBER_QUIET);
        sync(i, r, KITH_EV_SYNC_END);
        irc_who_wanted(i, r);
    }
    if (q)
        irc_query_end(i, q, KITH_OK, NULL);
}
