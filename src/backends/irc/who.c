/* backends/irc/who.c - WHO and WHOX: who the people of a channel are; asked for by itself after joining, or by /who
 *
 * By itself: one channel after the other, with pauses, behind whatever the user says; large ones not at all (what is
 * known of their people comes from what they do). Without away-notify "away" would never end again: it is not taken.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/ops.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

struct irc_rooms { /* i->room_state */
    char **who; /* addresses of channels that wait */
    size_t n_who, cap_who;
    int64_t next_ms; /* mono; 0 = now */
};

static struct irc_rooms *of(struct irc *i)
{
    if (!i->room_state)
        i->room_state = xcalloc(1, sizeof *i->room_state);
    return i->room_state;
}

void irc_who_forget(struct irc *i)
{
    struct irc_rooms *s = i->room_state;
    for (size_t n = 0; s && n < s->n_who; n++)
        free(s->who[n]);
    if (s)
        free(s->who);
    free(s);
    i->room_state = NULL;
}

void irc_who_moved(struct irc *i, const char *old, const char *now)
{
    struct irc_rooms *s = i->room_state;
    for (size_t n = 0; s && n < s->n_who; n++)
        if (str_eq(s->who[n], old))
            str_set(&s->who[n], now);
}

/* ---- asking ---- */

static bool ask(struct irc *i, enum irc_prio prio, struct irc_query *q, const char *target)
{
    char fields[32] = "%tcuhnfar,7";
    return i->is.whox ? irc_ask(i, prio, q, "WHO", target, fields, NULL) : irc_ask(i, prio, q, "WHO", target, NULL);
}

static bool under_way(const struct irc *i)
{
    const struct irc_query *q = i->queries;
    while (q && (q->ask != ASK_WHO || q->req))
        q = q->next;
    return q != NULL;
}

int64_t irc_who_next(struct irc *i)
{
    const struct irc_rooms *s = i->room_state;
    if (!s || s->n_who == 0 || !irc_online(i))
        return -1;
    return under_way(i) ? IRC_QUERY_MS : MAX(0, s->next_ms - irc_mono(i));
}

void irc_who_tick(struct irc *i)
{
    struct irc_rooms *s = of(i);
    while (irc_online(i) && irc_who_next(i) == 0) {
        char *address = s->who[0];
        const struct irc_room *r = irc_room(i, address);
        VEC_DEL(s->who, s->n_who, 0);
        if (r && r->joined) {
            struct irc_query *q = irc_query_new(i, ASK_WHO, r->name, 0);
            if (!ask(i, PRIO_QUERY, q, r->name))
                irc_query_end(i, q, KITH_EINVAL, NULL);
            s->next_ms = irc_mono(i) + IRC_WHO_MS;
        }
        free(address);
    }
}

/* Is there anything that only WHO tells? */
static bool worth(const struct irc *i, const struct irc_room *r)
{
    bool news = i->is.whox || irc_cap(i, CAP_AWAY_NOTIFY) || !irc_cap(i, CAP_USERHOST);
    return news && r->members.n > 1 && r->members.n <= IRC_WHO_MEMBERS;
}

void irc_who_wanted(struct irc *i, struct irc_room *r)
{
    struct irc_rooms *s = of(i);
    if (r->who_asked || s->n_who >= IRC_ROOMS_MAX)
        return;
    r->who_asked = true;
    if (!worth(i, r))
        return;
    char *address = xstrdup(r->address);
    VEC_PUSH(s->who, s->n_who, s->cap_who, address);
    irc_rooms_tick(i);
}

/* ---- the answers ---- */

struct about { /* one line; borrowed, NULL = not told */
    const char *room, *user, *host, *nick, *flags, *account, *real;
};

static void set_away(struct irc *i, struct irc_user *u, const char *flags, bool *news)
{
    bool away = flags[0] == 'G';
    if (!irc_cap(i, CAP_AWAY_NOTIFY) || (flags[0] != 'G' && flags[0] != 'H') || away == (u->away != NULL))
        return;
    str_set(&u->away, away ? "" : NULL);
    *news = true;
}

static void learn(struct irc *i, const struct about *a)
{
    struct irc_user *u = irc_name_ok(a->nick) ? irc_user(i, a->nick) : NULL;
    bool news = false;
    if (!u)
        return;
    str_set(&u->user, a->user);
    str_set(&u->host, a->host);
    if (a->real)
        str_set(&u->realname, a->real);
    if (a->account)
        news = str_set(&u->account, str_eq(a->account, "0") ? "" : a->account);
    set_away(i, u, a->flags, &news);
    if (i->is.bot && strchr(a->flags, i->is.bot) && !u->bot)
        u->bot = news = true;
    if (!news)
        return;
    irc_tell_user(i, u);
    irc_friend_changed(i, u->nick);
}

static struct kith_field column(const char *key, const char *const *value)
{
    return (struct kith_field){.size = sizeof(struct kith_field), .key = key, .label = key, .values = value, .n_values = 1};
}

/* "ann!u@host", "away, logged in as ann", "Ann Example" */
static void show(struct irc *i, struct irc_query *q, const struct about *a)
{
    int *rows = q->extra;
    struct buf b = {0};
    if (!q->req || (rows && ++*rows > IRC_WHO_ROWS))
        return;
    if (a->flags[0] == 'G')
        buf_adds(&b, ", away");
    if (strchr(a->flags, '*'))
        buf_adds(&b, ", operator of the network");
    if (i->is.bot && strchr(a->flags, i->is.bot))
        buf_adds(&b, ", bot");
    if (!str_empty(a->account) && !str_eq(a->account, "0"))
        buf_addf(&b, ", logged in as %s", a->account);
    char *mask = xasprintf("%s@%s", a->user, a->host);
    const char *address = mask, *state = b.len ? buf_str(&b) + 2 : "";
    const struct kith_field fields[] = {column("mask", &address), column("state", &state)};
    struct kith_ev_item ev = {.ev = {sizeof ev, KITH_EV_ITEM, q->req, 0},
                              .address = irc_name_ok(a->nick) ? a->nick : NULL,
                              .name = a->nick,
                              .text = str_empty(a->real) ? NULL : a->real,
                              .number = -1,
                              .fields = fields,
                              .n_fields = COUNT(fields)};
    irc_emit(i, &ev.ev);
    free(mask);
    buf_free(&b);
}

static void take(struct irc *i, const struct irc_line *l, const struct about *a)
{
    struct irc_query *q = irc_query_labelled(i);
    if (!q || q->ask != ASK_WHO)
        q = irc_query_find(i, ASK_WHO, NULL);
    learn(i, a);
    if (!q)
        irc_on_server_text(i, l);
    else
        show(i, q, a);
}

/* 352 #a user host server nick flags :hops real name */
void irc_on_who(struct irc *i, const struct irc_line *l)
{
    const char *last = irc_param(l, 7), *space = strchr(last, ' ');
    if (l->n < 7)
        return;
    take(i, l, &(struct about){irc_param(l, 1), irc_param(l, 2), irc_param(l, 3), irc_param(l, 5), irc_param(l, 6), NULL,
                               space ? space + 1 : NULL});
}

/* 354 7 #a user host nick flags account :real name */
void irc_on_whox(struct irc *i, const struct irc_line *l)
{
    if (l->n != 9 || !str_eq(irc_param(l, 1), "7")) { /* asked for by hand */
        irc_on_server_text(i, l);
        return;
    }
    take(i, l, &(struct about){irc_param(l, 2), irc_param(l, 3), irc_param(l, 4), irc_param(l, 5), irc_param(l, 6),
                               irc_param(l, 7), irc_param(l, 8)});
}

void irc_on_who_end(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_find(i, ASK_WHO, irc_param(l, 1));
    if (!q)
        q = irc_query_find(i, ASK_WHO, NULL); /* some spell the target in another way */
    if (q)
        irc_query_end(i, q, KITH_OK, NULL);
    irc_rooms_tick(i);
}

int irc_who(struct irc *i, const char *target, kith_req req)
{
    if (!irc_online(i))
        return KITH_EOFFLINE;
    struct irc_query *q = irc_query_new(i, ASK_WHO, target, req);
    q->extra = xcalloc(1, sizeof(int));
    if (ask(i, PRIO_USER, q, target))
        return KITH_OK;
    q->req = 0;
    irc_query_end(i, q, KITH_EINVAL, NULL);
    return KITH_EINVAL;
}
