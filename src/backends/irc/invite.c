/* backends/irc/invite.c - invitations, and coming back after a kick */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/ops.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

static void ask_gone(struct irc *i, uint64_t ask)
{
    struct kith_ev_ask_gone ev = {.ev = {sizeof ev, KITH_EV_ASK_GONE, 0, 0}, .ask = ask};
    irc_emit(i, &ev.ev);
}

static void forget(struct irc_invite *inv)
{
    free(inv->room);
    *inv = (struct irc_invite){0};
}

void irc_invites_forget(struct irc *i)
{
    for (size_t n = 0; n < COUNT(i->invites); n++)
        forget(&i->invites[n]); /* the questions die with the session */
}

void irc_invite_done(struct irc *i, const char *room)
{
    for (size_t n = 0; n < COUNT(i->invites); n++) {
        struct irc_invite *inv = &i->invites[n];
        if (!inv->ask || !irc_same(i->is.casemap, inv->room, room))
            continue;
        ask_gone(i, inv->ask);
        forget(inv);
    }
}

static struct irc_invite *place(struct irc *i, const char *room)
{
    struct irc_invite *empty = NULL;
    for (size_t n = 0; n < COUNT(i->invites); n++) {
        if (i->invites[n].ask && irc_same(i->is.casemap, i->invites[n].room, room))
            return NULL; /* asked already */
        if (!i->invites[n].ask && !empty)
            empty = &i->invites[n];
    }
    return empty;
}

static void ask_user(struct irc *i, const char *by, const char *room)
{
    struct irc_invite *inv = place(i, room);
    const struct kith_choice choices[] = {
        {sizeof choices[0], KITH_CHOICE_DEFAULT, "join", "Join"}, {sizeof choices[0], 0, "ignore", "Ignore"}};
    if (!inv)
        return;
    *inv = (struct irc_invite){++i->last_ask, xstrdup(room)};
    char *title = xasprintf("%s invites you to %s", by, room), *address = irc_address(i, room);
    struct kith_ev_ask ev = {.ev = {sizeof ev, KITH_EV_ASK, 0, 0},
                             .ask = inv->ask,
                             .kind = KITH_ASK_INVITE,
                             .subject = address,
                             .title = title,
                             .choices = choices,
                             .n_choices = COUNT(choices)};
    irc_emit(i, &ev.ev);
    free(title);
    free(address);
}

void irc_on_invite(struct irc *i, const struct irc_line *l)
{
    const char *who = irc_param(l, 0), *name = irc_param(l, 1), *by = l->nick ? l->nick : "Somebody";
    const struct irc_room *r = irc_name_ok(name) ? irc_room(i, name) : NULL;
    if (!irc_name_ok(who) || !irc_name_ok(name) || !irc_is_room(i, name) || irc_in_history(i))
        return;
    if (irc_is_me(i, who) && (!r || !r->joined))
        ask_user(i, by, name);
    else if (r && r->joined && !irc_is_me(i, who))
        irc_notice(i, KITH_INFO, r->address, "%s invites %s", by, who);
}

int irc_invite_answer(struct irc *i, uint64_t ask, const struct kith_answer *a)
{
    struct irc_invite *inv = NULL;
    for (size_t n = 0; ask && n < COUNT(i->invites); n++) {
        if (i->invites[n].ask == ask)
            inv = &i->invites[n];
    }
    if (!inv)
        return KITH_ENOTFOUND;
    char *room = inv->room;
    inv->room = NULL;
    forget(inv);
    int rc = str_eq(a->choice, "join") ? irc_op_join(i, room, NULL, 0) : KITH_OK;
    free(room);
    return rc;
}

/* 341 nick #a: our invitation is on its way */
void irc_on_inviting(struct irc *i, const struct irc_line *l)
{
    const char *name = irc_param(l, 2);
    const struct irc_room *r = irc_name_ok(name) ? irc_room(i, name) : NULL;
    struct irc_query *q = irc_query_find(i, ASK_INVITE, name);
    if (q)
        irc_query_end(i, q, KITH_OK, NULL);
    if (r)
        irc_notice(i, KITH_INFO, r->address, "you invite %s", irc_param(l, 1));
}

/* ---- kicked ---- */

void irc_rejoin_after_kick(struct irc *i, struct irc_room *r)
{
    int64_t now = irc_mono(i);
    bool again = r->kicked_ms && now - r->kicked_ms < IRC_KICKED_AGAIN_MS;
    r->kicked_ms = now;
    if (!irc_option_on(i, "rejoin_on_kick") || again)
        return;
    r->rejoin_ms = now + IRC_REJOIN_MS;
    irc_rooms_tick(i);
}

int64_t irc_rejoin_tick(struct irc *i)
{
    int64_t now = irc_mono(i), next = 0;
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));) {
        struct irc_room *r = e->value;
        if (!r->rejoin_ms)
            continue;
        if (r->rejoin_ms > now) {
            next = next ? MIN(next, r->rejoin_ms) : r->rejoin_ms;
            continue;
        }
        r->rejoin_ms = 0;
        if (!r->joined && r->wanted)
            irc_say(i, PRIO_USER, "JOIN", r->name, r->key, NULL);
    }
    return next ? next - now : -1;
}
