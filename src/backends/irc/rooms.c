/* backends/irc/rooms.c - channels: which are wanted, coming in and going out, topics, who is there */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

enum { STATE_MAX = 65536, JOIN_BYTES = 500 /* names and keys: with JOIN and the end below 512 */ };

/* ---- the list ---- */

struct irc_room *irc_room_get(struct irc *i, const char *name)
{
    struct irc_room *r = irc_room(i, name);
    if (r || i->rooms.n >= IRC_ROOMS_MAX)
        return r;
    r = xcalloc(1, sizeof *r);
    r->address = irc_address(i, name);
    r->name = xstrdup(name);
    map_set(&i->rooms, r->address, r);
    return r;
}

static void free_room(void *p)
{
    struct irc_room *r = p;
    char *all[] = {r->address, r->name, r->key, r->topic, r->topic_by, r->extra};
    for (size_t n = 0; n < COUNT(all); n++)
        free(all[n]);
    free(r);
}

void irc_rooms_free(struct irc *i)
{
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));)
        irc_members_drop_all(i, e->value);
    map_free(&i->rooms, free_room);
    map_free(&i->users, NULL);
    irc_who_forget(i);
    irc_invites_forget(i);
}

/* "#a, #b key, #c": items by commas, a key behind a space; what begins like a channel is no key. */
static void want_list(struct irc *i, const char *list)
{
    char *copy = xstrdup(list ? list : ""), *rest = copy, *item, *word;
    while ((item = strsep(&rest, ",\n"))) {
        struct irc_room *r = NULL;
        while ((word = strsep(&item, " "))) {
            bool room = irc_name_ok(word) && irc_is_room(i, word);
            if (!room && r && *word)
                str_set(&r->key, word);
            r = room ? irc_room_get(i, word) : r;
            if (r)
                r->wanted = true;
        }
    }
    free(copy);
}

/* State "rooms": lines "keep name key". */
void irc_rooms_load(struct irc *i)
{
    char *data = xcalloc(1, STATE_MAX + 1);
    int n = i->io.state_get(i->io.user, "rooms", data, STATE_MAX);
    for (char *line = data, *end; n > 0 && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        char *rest = line, *keep = strsep(&rest, " "), *name = strsep(&rest, " ");
        int64_t flags = 0;
        struct irc_room *r = name && irc_name_ok(name) && str_int(keep, 0, 1023, &flags) ? irc_room_get(i, name) : NULL;
        if (!r)
            continue;
        r->keep = (uint32_t)flags;
        r->wanted = flags & KITH_CHAT_AUTOJOIN;
        str_set(&r->key, str_empty(rest) ? NULL : rest);
    }
    free(data);
    want_list(i, irc_option(i, "join"));
}

void irc_rooms_save(struct irc *i)
{
    struct buf b = {0};
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));) {
        const struct irc_room *r = e->value;
        if (r->keep && b.len < STATE_MAX - 1024)
            buf_addf(&b, "%u %s%s%s\n", (unsigned)r->keep, r->name, r->key ? " " : "", r->key ? r->key : "");
    }
    i->io.state_set(i->io.user, "rooms", b.data, b.len);
    buf_free(&b);
}

/* ---- events ---- */

void irc_tell_room(struct irc *i, const struct irc_room *r, const char *why)
{
    struct kith_ev_chat ev = {.ev = {sizeof ev, KITH_EV_CHAT, 0, 0},
                              .address = r->address,
                              .name = r->name,
                              .kind = KITH_CHAT_ROOM,
                              .flags = r->keep | (r->joined ? KITH_CHAT_JOINED | KITH_CHAT_CAN_TALK : 0),
                              .topic = r->topic,
                              .topic_by = r->topic_by,
                              .topic_ms = r->topic_ms,
                              .nick = i->nick,
                              .text = why};
    irc_emit(i, &ev.ev);
}

void irc_tell_member(struct irc *i, const struct irc_room *r, const struct irc_member *m, const char *old,
                        uint32_t flags)
{
    const struct irc_user *u = m->user;
    char prefix[IRC_PREFIXES_MAX + 1];
    size_t n = 0;
    for (int k = 0; k < IRC_PREFIXES_MAX && i->is.prefix_signs[k]; k++)
        if (m->ranks & (1u << k))
            prefix[n++] = i->is.prefix_signs[k];
    prefix[n] = '\0';
    char sign = prefix[0];
    uint32_t role = sign == '~'   ? KITH_ROLE_OWNER
                    : sign == '&' ? KITH_ROLE_ADMIN
                    : sign == '@' ? KITH_ROLE_OP
                    : sign == '%' ? KITH_ROLE_HALFOP
                    : sign == '+' ? KITH_ROLE_VOICE
                                  : KITH_ROLE_MEMBER;
    struct kith_ev_member ev = {.ev = {sizeof ev, KITH_EV_MEMBER, 0, 0},
                                .chat = r->address,
                                .nick = u->nick,
                                .old_nick = old,
                                .prefix = n ? prefix : NULL,
                                .text = u->away,
                                .role = role,
                                .show = u->away ? KITH_SHOW_AWAY : KITH_SHOW_ONLINE,
                                .flags = flags | (irc_is_me(i, u->nick) ? KITH_MEMBER_SELF : 0) |
                                         (u->bot ? KITH_MEMBER_BOT : 0) |
                                         (!str_empty(u->account) ? KITH_MEMBER_LOGGED_IN : 0)};
    irc_emit(i, &ev.ev);
}

void irc_tell_gone(struct irc *i, const struct irc_room *r, const char *nick, uint32_t how, const char *by,
                   const char *text)
{
    struct kith_ev_member_gone ev = {.ev = {sizeof ev, KITH_EV_MEMBER_GONE, 0, 0},
                                     .chat = r->address,
                                     .nick = nick,
                                     .how = how,
                                     .by = by,
                                     .text = str_empty(text) ? NULL : text};
    irc_emit(i, &ev.ev);
}

/* ---- coming in ---- */

static void join_line(struct irc *i, const char *names, const char *keys)
{
    irc_say(i, PRIO_USER, "JOIN", names, str_empty(keys) ? NULL : keys, NULL);
}

static void join_pass(struct irc *i, bool keyed)
{
    struct buf names = {0}, keys = {0};
    int n = 0;
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));) {
        struct irc_room *r = e->value;
        if (!r->wanted || r->joined || keyed != (r->key != NULL))
            continue;
        size_t len = names.len + keys.len + strlen(r->name) + (r->key ? strlen(r->key) : 0) + 2;
        if (n > 0 && (len > JOIN_BYTES || n == i->is.targmax_join)) {
            join_line(i, buf_str(&names), buf_str(&keys));
            buf_clear(&names);
            buf_clear(&keys);
            n = 0;
        }
        n++;
        buf_addf(&names, "%s%s", names.len ? "," : "", r->name);
        if (keyed)
            buf_addf(&keys, "%s%s", keys.len ? "," : "", r->key);
    }
    if (names.len)
        join_line(i, buf_str(&names), buf_str(&keys));
    buf_wipe_free(&keys);
    buf_free(&names);
}

void irc_rooms_join_all(struct irc *i)
{
    join_pass(i, true); /* keys belong to the first names of a line */
    join_pass(i, false);
}

void irc_rooms_lost(struct irc *i)
{
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));) {
        struct irc_room *r = e->value;
        r->joined = r->asked = r->naming = r->who_asked = false;
        r->rejoin_ms = r->kicked_ms = 0;
        irc_members_drop_all(i, r);
    }
    irc_who_forget(i);
    irc_invites_forget(i);
}

void irc_rooms_recase(struct irc *i)
{
    struct map old = i->rooms;
    irc_users_recase(i);
    irc_friends_recase(i);
    i->rooms = (struct map){0};
    for (struct map_entry *e = NULL; (e = map_next(&old, e));) {
        struct irc_room *r = e->value;
        irc_members_recase(i, r);
        char *was = xstrdup(r->address);
        str_take(&r->address, irc_address(i, r->name));
        bool moved = r->joined && !str_eq(was, r->address);
        if (map_get(&i->rooms, r->address)) { /* two have become one */
            struct kith_ev_chat_gone ev = {.ev = {sizeof ev, KITH_EV_CHAT_GONE, 0, 0}, .address = was};
            if (r->joined)
                irc_emit(i, &ev.ev);
            irc_members_drop_all(i, r);
            free_room(r);
        } else {
            map_set(&i->rooms, r->address, r);
            if (moved)
                irc_room_moved(i, r, was);
        }
        free(was);
    }
    map_free(&old, NULL);
}

/* The ranks of a member are bits by the place of their modes: these have other places now. */
static uint32_t reranked(const struct irc *i, uint32_t ranks, const char *was)
{
    uint32_t now = 0;
    for (int k = 0; was[k]; k++) {
        int rank = ranks & (1u << k) ? irc_prefix_mode_rank(&i->is, was[k]) : -1;
        now |= rank >= 0 ? 1u << rank : 0;
    }
    return now;
}

void irc_rooms_rerank(struct irc *i, const char *was)
{
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));) {
        struct irc_room *r = e->value;
        for (struct map_entry *m = NULL; (m = map_next(&r->members, m));) {
            struct irc_member *one = m->value;
            if (!one->ranks)
                continue;
            one->ranks = reranked(i, one->ranks, was);
            irc_tell_member(i, r, one, NULL, KITH_MEMBER_QUIET);
        }
    }
}

void irc_rooms_tick(struct irc *i)
{
    irc_who_tick(i);
    int64_t join = irc_rejoin_tick(i), who = irc_who_next(i);
    irc_timer(i, TIMER_ROOMS, join < 0 ? who : who < 0 ? join : MIN(who, join));
}

static void joined(struct irc *i, struct irc_room *r, const char *name)
{
    struct irc_query *q = irc_query_find(i, ASK_JOIN, name);
    irc_members_drop_all(i, r);
    str_set(&r->name, name);
    r->joined = r->wanted = true;
    r->asked = r->who_asked = false;
    r->rejoin_ms = 0;
    irc_tell_room(i, r, NULL);
    irc_names_begin(i, r);
    irc_invite_done(i, name);
    if (q)
        irc_query_end(i, q, KITH_OK, r->address);
    if (irc_cap(i, CAP_NO_NAMES))
        irc_say(i, PRIO_QUERY, "NAMES", name, NULL);
    irc_history_joined(i, r);
}

void irc_on_join(struct irc *i, const struct irc_line *l)
{
    const char *name = irc_param(l, 0);
    if (!irc_name_ok(name) || !irc_name_ok(l->nick))
        return;
    bool me = irc_is_me(i, l->nick);
    struct irc_room *r = me ? irc_room_get(i, name) : irc_room(i, name);
    if (!r)
        return;
    bool fresh = me && !r->joined;
    if (fresh)
        joined(i, r, name);
    struct irc_member *m = r->joined ? irc_member_get(i, r, l->nick) : NULL;
    if (!m)
        return;
    m->named = true;
    if (irc_cap(i, CAP_EXTENDED_JOIN) && l->n > 2) {
        str_set(&m->user->account, strcmp(irc_param(l, 1), "*") == 0 ? "" : irc_param(l, 1));
        str_set(&m->user->realname, irc_param(l, 2));
    }
    irc_user_seen(i, l);
    irc_tell_member(i, r, m, NULL, 0);
}

static void left(struct irc *i, struct irc_room *r, const char *why)
{
    r->joined = false;
    irc_history_left(i, r->address);
    irc_members_drop_all(i, r);
    irc_tell_room(i, r, why);
}

/* Somebody else. The host knows them by the spelling that we told. */
static void member_gone(struct irc *i, struct irc_room *r, const char *nick, uint32_t how, const char *by,
                        const char *text)
{
    const struct irc_member *m = irc_member_of(i, r, nick);
    if (m)
        irc_tell_gone(i, r, m->user->nick, how, by, text);
    irc_member_drop(i, r, nick);
}

static void gone(struct irc *i, const char *name, const char *nick, uint32_t how, const char *by, const char *text)
{
    struct irc_room *r = irc_name_ok(name) ? irc_room(i, name) : NULL;
    if (!r || !r->joined || !irc_name_ok(nick))
        return;
    if (!irc_is_me(i, nick)) {
        member_gone(i, r, nick, how, by, text);
        return;
    }
    struct irc_query *q = irc_query_find(i, ASK_PART, name);
    char *why = how == KITH_LEAVE_KICK ? xasprintf("%s removed you%s%s", by ? by : "somebody", str_empty(text) ? "" : ": ",
                                                   text ? text : "")
                                       : NULL;
    if (how == KITH_LEAVE_PART)
        r->wanted = false;
    left(i, r, why);
    if (how == KITH_LEAVE_KICK)
        irc_rejoin_after_kick(i, r);
    if (q)
        irc_query_end(i, q, KITH_OK, NULL);
    free(why);
}

void irc_on_part(struct irc *i, const struct irc_line *l)
{
    gone(i, irc_param(l, 0), l->nick, KITH_LEAVE_PART, NULL, irc_param(l, 1));
}

void irc_on_kick(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_find(i, ASK_KICK, irc_param(l, 0));
    bool reason = !str_eq(irc_param(l, 2), l->nick); /* servers put the nick where none was given */
    gone(i, irc_param(l, 0), irc_param(l, 1), KITH_LEAVE_KICK, l->nick, reason ? irc_param(l, 2) : NULL);
    if (q && l->nick && irc_is_me(i, l->nick))
        irc_query_end(i, q, KITH_OK, NULL);
}

void irc_on_quit(struct irc *i, const struct irc_line *l)
{
    if (!irc_name_ok(l->nick) || irc_is_me(i, l->nick))
        return;
    bool split = irc_in_batch(i, "netsplit") || irc_is_split(irc_param(l, 0));
    char *key = irc_fold(i->is.casemap, l->nick);
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));) {
        struct irc_room *r = e->value;
        if (map_get(&r->members, key)) /* they may be in few of many */
            member_gone(i, r, l->nick, split ? KITH_LEAVE_SPLIT : KITH_LEAVE_QUIT, NULL, irc_param(l, 0));
    }
    free(key);
}

/* Whoever else goes by that nick there is gone. */
static void rename_in(struct irc *i, struct irc_room *r, const struct irc_user *u, const char *old, const char *nick)
{
    char *key = irc_fold(i->is.casemap, old), *now = irc_fold(i->is.casemap, nick);
    struct irc_member *m = map_get(&r->members, key);
    if (m && m->user == u) {
        map_del(&r->members, key);
        const struct irc_member *other = map_get(&r->members, now);
        if (other) {
            irc_tell_gone(i, r, other->user->nick, KITH_LEAVE_ERROR, NULL, NULL);
            irc_member_drop(i, r, nick);
        }
        map_set(&r->members, now, m);
        irc_tell_member(i, r, m, old, 0);
    }
    free(key);
    free(now);
}

static void rename_user(struct irc *i, struct irc_user *u, const char *nick)
{
    char *was = xstrdup(u->nick), *old = irc_fold(i->is.casemap, was), *key = irc_fold(i->is.casemap, nick);
    if (map_get(&i->users, old) == u)
        map_del(&i->users, old);
    map_set(&i->users, key, u);
    str_set(&u->nick, nick);
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));)
        rename_in(i, e->value, u, was, nick);
    free(was);
    free(old);
    free(key);
}

/* Whose nick is new? InspIRCd 3 names the sender of our own NICK by the nick that is new already; of others it does not. */
static bool is_our_new_nick(struct irc *i, const struct irc_line *l, const char *nick)
{
    if (!irc_same(i->is.casemap, l->nick, nick) || irc_is_me(i, nick) || irc_user(i, nick))
        return false;
    struct irc_user *me = irc_user(i, i->nick);
    return irc_query_find(i, ASK_NICK, nick) ||
           (me && me->user && me->host && str_eq(me->user, l->user) && str_eq(me->host, l->host));
}

static void nick_changed(struct irc *i, const char *was, const char *nick)
{
    struct irc_user *u = irc_user(i, was), *other = irc_user(i, nick);
    if (!u || str_eq(u->nick, nick))
        return;
    u->refs++; /* a friend in no room of ours may be all that holds them */
    if (other && other != u) { /* the server would not give the nick to two: the other one is gone */
        other->refs++;
        irc_friend_moved(i, other);
        irc_user_lost(i, other);
        irc_user_release(i, other);
    }
    if (!irc_same(i->is.casemap, u->nick, nick))
        irc_friend_moved(i, u);
    rename_user(i, u, nick);
    irc_user_release(i, u);
}

void irc_on_nick(struct irc *i, const struct irc_line *l)
{
    const char *nick = irc_param(l, 0);
    if (!irc_name_ok(nick) || !irc_name_ok(l->nick) ||
        (irc_is_me(i, nick) && !irc_is_me(i, l->nick)))
        return;
    bool ours = irc_is_me(i, l->nick) || is_our_new_nick(i, l, nick);
    struct irc_query *q = ours ? irc_query_find(i, ASK_NICK, NULL) : NULL;
    char *was = xstrdup(ours ? i->nick : l->nick);
    if (ours) {
        irc_own_nick(i, nick);
        if (q && q->req)
            str_set(&i->wish, nick);
    }
    nick_changed(i, was, nick);
    free(was);
    if (q)
        irc_query_end(i, q, KITH_OK, NULL);
}

/* ---- topic ---- */

static void set_topic(struct irc *i, struct irc_room *r, const char *topic, const char *by, int64_t ms)
{
    str_set(&r->topic, topic);
    str_set(&r->topic_by, by);
    r->topic_ms = ms;
    irc_tell_room(i, r, NULL);
}

void irc_on_topic(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = irc_room(i, irc_param(l, 0));
    if (!r)
        return;
    struct irc_query *q = irc_query_find(i, ASK_TOPIC, irc_param(l, 0));
    int64_t ms = irc_line_time(l);
    set_topic(i, r, irc_param(l, 1), l->nick, ms ? ms : irc_wall(i));
    if (q)
        irc_query_end(i, q, KITH_OK, NULL);
}

void irc_on_topic_is(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = irc_room(i, irc_param(l, 1));
    if (r)
        set_topic(i, r, irc_param(l, 2), r->topic_by, r->topic_ms);
}

void irc_on_topic_who(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = irc_room(i, irc_param(l, 1));
    char *by = xstrndup(irc_param(l, 2), strcspn(irc_param(l, 2), "!"));
    int64_t s = 0;
    if (r && str_int(irc_param(l, 3), 0, 4102444800, &s))
        set_topic(i, r, r->topic, by, s * 1000);
    free(by);
}

void irc_on_no_topic(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = irc_room(i, irc_param(l, 1));
    if (r)
        set_topic(i, r, NULL, NULL, 0);
}

/* ---- refused ---- */

void irc_on_join_refused(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_labelled(i);
    struct irc_room *r = irc_room(i, irc_param(l, 1));
    if (!q)
        q = irc_query_find(i, ASK_JOIN, irc_param(l, 1));
    bool asked = q && q->ask == ASK_JOIN;
    const char *why = l->n > 1 ? l->params[l->n - 1] : "The server does not let us in.";
    if (!asked)
        irc_on_error_numeric(i, l);
    else
        irc_query_end(i, q, KITH_EDENIED, why);
    if (r && !r->joined) {
        r->wanted = r->wanted && !asked; /* one that we want by ourselves is tried again with the next connection */
        r->asked = false;
        irc_tell_room(i, r, why);
    }
}

void irc_on_forward(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = irc_room(i, irc_param(l, 1));
    struct irc_query *q = irc_query_find(i, ASK_JOIN, irc_param(l, 1));
    char *text = xasprintf("%s leads to %s.", irc_param(l, 1), irc_param(l, 2));
    if (r && !r->joined)
        r->wanted = r->asked = false;
    if (q && q->req)
        irc_query_end(i, q, KITH_EDENIED, text); /* a JOIN for the other one follows */
    else
        irc_notice(i, KITH_INFO, NULL, "%s", text);
    free(text);
}
