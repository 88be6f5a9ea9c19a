/* backends/local/room.c - rooms without a server: each kith tells all others which rooms its user
 * is in */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/local/local.h"
#include "base/mem.h"
#include "base/utf8.h"

enum {
    STATE_MAX = 32768,
    JOIN_QUIET = 1u /* was in it before this link */,
    TOPIC_OWN = 1u /* the sender set it */
};

#define KEEP_FLAGS (KITH_CHAT_AUTOJOIN | KITH_CHAT_PINNED | KITH_CHAT_MUTED)

/* ---- the list ---- */

char *room_normal(const char *in)
{
    size_t n = strlen(in);
    while (n && (in[n - 1] == ' ' || in[n - 1] == '\n'))
        n--;
    char *room = xstrndup(in, n);
    for (char *c = room; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
    if (lp_room_ok(room))
        return room;
    free(room);
    return NULL;
}

struct room *room_find(struct kith_session *s, const char *name)
{
    for (struct room *r = s->rooms; r; r = r->next) {
        if (str_eq(r->name, name))
            return r;
    }
    return NULL;
}

static void room_free(struct room *r)
{
    history_free(r);
    free(r->name);
    free(r->topic);
    free(r->topic_by);
    free(r);
}

/* A room that the user has left and does not keep gives its place to another. */
static bool forget_one(struct kith_session *s)
{
    for (struct room **at = &s->rooms; *at; at = &(*at)->next) {
        struct room *r = *at;
        if (r->joined || r->keep)
            continue;
        *at = r->next;
        history_forget(s, r);
        room_free(r);
        return true;
    }
    return false;
}

static struct room *room_get(struct kith_session *s, const char *name)
{
    struct room *r = room_find(s, name), **end = &s->rooms;
    size_t n = 0;
    for (const struct room *one = s->rooms; one; one = one->next)
        n++;
    if (r || (n >= LOCAL_MAX_ROOMS && !forget_one(s)))
        return r;
    while (*end)
        end = &(*end)->next;
    r = xcalloc(1, sizeof *r);
    r->name = xstrdup(name);
    *end = r;
    return r;
}

bool room_has(const struct peer *p, const char *name)
{
    for (size_t i = 0; i < p->n_rooms; i++) {
        if (strcmp(p->rooms[i].name, name) == 0)
            return true;
    }
    return false;
}

bool room_shared(struct peer *p, const char *name)
{
    struct room *r = room_find(p->s, name);
    return r && r->joined && room_has(p, name);
}

/* Kept as lines "flags name". */
void rooms_load(struct kith_session *s)
{
    char *data = xcalloc(1, STATE_MAX + 1);
    int n = s->h->state_get(s->acct, "rooms", data, STATE_MAX);
    for (char *line = data, *end; n > 0 && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        char *name = strchr(line, ' ');
        uint32_t keep = (uint32_t)strtoul(line, NULL, 10) & KEEP_FLAGS;
        struct room *r = name && lp_room_ok(name + 1) ? room_get(s, name + 1) : NULL;
        if (r)
            r->keep = keep;
    }
    free(data);
}

static void rooms_save(struct kith_session *s)
{
    struct buf b = {0};
    for (struct room *r = s->rooms; r; r = r->next) {
        if (r->keep)
            buf_addf(&b, "%u %s\n", (unsigned)r->keep, r->name);
    }
    if (s->h->state_set(s->acct, "rooms", b.data, b.len) < 0)
        s_log(s, KITH_WARN, "cannot keep the list of rooms");
    buf_free(&b);
}

void rooms_free(struct kith_session *s)
{
    while (s->rooms) {
        struct room *r = s->rooms;
        s->rooms = r->next;
        room_free(r);
    }
}

/* ---- events ---- */

static void emit_chat(struct kith_session *s, const struct room *r, const char *text)
{
    uint32_t joined = KITH_CHAT_JOINED | KITH_CHAT_CAN_TALK;
    struct kith_ev_chat ev = {.ev = {sizeof ev, KITH_EV_CHAT, 0, 0},
                              .address = r->name,
                              .name = r->name,
                              .kind = KITH_CHAT_ROOM,
                              .flags = r->keep | KITH_CHAT_NON_ANONYMOUS | (r->joined ? joined : 0),
                              .topic = r->topic,
                              .topic_by = r->topic_by,
                              .topic_ms = r->topic_ms,
                              .nick = s->address,
                              .text = text};
    s_emit(s, &ev.ev);
}

static void emit_member(struct peer *p, const char *room, bool quiet)
{
    struct kith_ev_member ev = {.ev = {sizeof ev, KITH_EV_MEMBER, 0, 0},
                                .chat = room,
                                .nick = p->address,
                                .id = p->address,
                                .address = p->address,
                                .text = p->status,
                                .role = KITH_ROLE_MEMBER,
                                .show = p->show,
                                .flags = quiet ? KITH_MEMBER_QUIET : 0};
    s_emit(p->s, &ev.ev);
}

static void emit_self_member(struct kith_session *s, const char *room)
{
    struct kith_ev_member ev = {.ev = {sizeof ev, KITH_EV_MEMBER, 0, 0},
                                .chat = room,
                                .nick = s->address,
                                .id = s->address,
                                .address = s->address,
                                .text = s->status,
                                .role = KITH_ROLE_MEMBER,
                                .show = s->show,
                                .flags = KITH_MEMBER_SELF | KITH_MEMBER_QUIET};
    s_emit(s, &ev.ev);
}

static void emit_sync(struct kith_session *s, uint32_t type, const char *room)
{
    struct kith_ev_sync ev = {
        .ev = {sizeof ev, type, 0, 0}, .what = KITH_SYNC_MEMBERS, .chat = room};
    s_emit(s, &ev.ev);
}

static void emit_gone(struct peer *p, const char *room, uint32_t how, const char *text)
{
    struct kith_ev_member_gone ev = {.ev = {sizeof ev, KITH_EV_MEMBER_GONE, 0, 0},
                                     .chat = room,
                                     .nick = p->address,
                                     .id = p->address,
                                     .how = how,
                                     .text = text};
    s_emit(p->s, &ev.ev);
}

/* The whole room: itself and who is in it. */
static void emit_room(struct kith_session *s, const struct room *r)
{
    emit_chat(s, r, NULL);
    emit_sync(s, KITH_EV_SYNC_BEGIN, r->name);
    emit_self_member(s, r->name);
    for (struct peer *p = s->peers; p; p = p->next) {
        if (p->link && room_has(p, r->name))
            emit_member(p, r->name, true);
    }
    emit_sync(s, KITH_EV_SYNC_END, r->name);
}

static void put_members(struct kith_session *s, const struct lp *m)
{
    for (struct peer *p = s->peers; p; p = p->next) {
        if (!room_has(p, m->room))
            continue;
        peer_put(p, m);
        peer_flush(p);
    }
}

/* ---- operations ---- */

/* The room, by a name as typed; 0 or a refusal. joined: the user must be in it. */
static int room_op(struct kith_session *s, const char *in, bool joined, struct room **out)
{
    char *name = room_normal(in);
    *out = name ? room_find(s, name) : NULL;
    int rc = !s->up ? KITH_EOFFLINE : !name ? KITH_EINVAL : 0;
    free(name);
    return rc == 0 && (!*out || (joined && !(*out)->joined)) ? KITH_ENOTFOUND : rc;
}

/* Says to p that we are in it, and asks for what they said there last. */
static void put_join(struct peer *p, const struct room *r, uint64_t flags)
{
    for (size_t i = 0; i < p->n_rooms; i++) {
        if (strcmp(p->rooms[i].name, r->name) == 0)
            p->rooms[i].owed = (unsigned)p->s->history;
    }
    peer_put(p, &(struct lp){.kind = LP_JOIN,
                             .room = r->name,
                             .flags = flags,
                             .number = history_wanted(p->s, r->name)});
}

static int room_join(struct kith_session *s, const char *in, const char *nick UNUSED,
                     const char *secret UNUSED, kith_req req)
{
    char *name = room_normal(in);
    struct room *r = s->up && name ? room_get(s, name) : NULL;
    int rc = !s->up ? KITH_EOFFLINE : !name ? KITH_EINVAL : r ? 0 : KITH_ELIMIT;
    free(name);
    if (rc < 0)
        return rc;
    bool fresh = !r->joined;
    r->joined = true;
    history_ready(s, r);
    for (struct peer *p = s->peers; p && fresh; p = p->next) {
        put_join(p, r, 0);
        peer_flush(p);
    }
    emit_room(s, r);
    s_reply(s, req, KITH_OK, r->name);
    return 0;
}

static int room_leave(struct kith_session *s, const char *in, const char *text, kith_req req)
{
    struct room *r;
    int rc = room_op(s, in, true, &r);
    if (rc < 0)
        return rc;
    char *bye =
        str_empty(text) ? NULL : xstrndup(text, utf8_floor(text, strlen(text), LP_MAX_TEXT));
    r->joined = false;
    files_left_room(s, r->name);
    peers_put_all(s, &(struct lp){.kind = LP_LEAVE, .room = r->name, .text = bye});
    free(bye);
    str_set(&r->topic, NULL);
    r->topic_ms = 0;
    emit_chat(s, r, NULL);
    s_reply(s, req, KITH_OK, NULL);
    return 0;
}

static int room_topic(struct kith_session *s, const char *in, const char *text, kith_req req)
{
    struct room *r;
    int rc = room_op(s, in, true, &r);
    if (rc < 0)
        return rc;
    str_take(&r->topic,
             xstrndup(text ? text : "",
                      utf8_floor(text ? text : "", text ? strlen(text) : 0, LP_MAX_TEXT)));
    str_set(&r->topic_by, s->address);
    r->topic_ms = MAX(s->h->wall_ms(), r->topic_ms + 1);
    put_members(s, &(struct lp){.kind = LP_TOPIC,
                                .room = r->name,
                                .text = r->topic,
                                .time = r->topic_ms,
                                .flags = TOPIC_OWN});
    emit_chat(s, r, NULL);
    s_reply(s, req, KITH_OK, NULL);
    return 0;
}

static int room_invite(struct kith_session *s, const char *in, const char *who, const char *text,
                       kith_req req)
{
    struct room *r;
    int rc = room_op(s, in, true, &r);
    struct peer *p = peer_of(s, who);
    if (rc < 0)
        return rc;
    if (!p || !p->link)
        return KITH_ENOTFOUND;
    char *why =
        str_empty(text) ? NULL : xstrndup(text, utf8_floor(text, strlen(text), LP_MAX_TEXT));
    peer_put(p, &(struct lp){.kind = LP_INVITE, .room = r->name, .text = why});
    peer_flush(p);
    free(why);
    s_reply(s, req, KITH_OK, NULL);
    return 0;
}

static void list_item(struct kith_session *s, const char *name, const char *pattern, kith_req req)
{
    struct room *r = room_find(s, name);
    int64_t n = r && r->joined;
    for (struct peer *p = s->peers; p; p = p->next)
        n += room_has(p, name);
    struct kith_ev_item ev = {.ev = {sizeof ev, KITH_EV_ITEM, req, 0},
                              .address = name,
                              .name = name,
                              .text = r ? r->topic : NULL,
                              .number = n};
    if (str_empty(pattern) || strstr(name, pattern))
        s_emit(s, &ev.ev);
}

/* True when an earlier peer than `before` is in it, or the user. */
static bool listed_before(struct kith_session *s, const struct peer *before, const char *name)
{
    struct room *r = room_find(s, name);
    for (struct peer *p = s->peers; p != before; p = p->next) {
        if (room_has(p, name))
            return true;
    }
    return r && r->joined;
}

static int room_list(struct kith_session *s, const char *where UNUSED, const char *pattern,
                     const char *cursor UNUSED, kith_req req)
{
    if (!s->up)
        return KITH_EOFFLINE;
    for (struct room *r = s->rooms; r; r = r->next) {
        if (r->joined)
            list_item(s, r->name, pattern, req);
    }
    for (struct peer *p = s->peers; p; p = p->next) {
        for (size_t i = 0; i < p->n_rooms; i++) {
            if (!listed_before(s, p, p->rooms[i].name))
                list_item(s, p->rooms[i].name, pattern, req);
        }
    }
    s_reply(s, req, KITH_OK, NULL);
    return 0;
}

static int room_keep(struct kith_session *s, const char *in, uint32_t flags, kith_req req)
{
    char *name = room_normal(in);
    struct room *r = s->up && name ? room_get(s, name) : NULL;
    int rc = !s->up ? KITH_EOFFLINE : !name ? KITH_EINVAL : r ? 0 : KITH_ELIMIT;
    free(name);
    if (rc < 0)
        return rc;
    r->keep = flags & KEEP_FLAGS;
    rooms_save(s);
    emit_chat(s, r, NULL);
    s_reply(s, req, KITH_OK, NULL);
    return 0;
}

/* Without a server nobody rules a room, and a name is the login name. */
static int room_no_nick(struct kith_session *s UNUSED, const char *room UNUSED,
                        const char *nick UNUSED, kith_req req UNUSED)
{
    return KITH_EUNSUP;
}
static int room_no_text(struct kith_session *s UNUSED, const char *room UNUSED,
                        const char *text UNUSED, kith_req req UNUSED)
{
    return KITH_EUNSUP;
}
static int room_no_rule(struct kith_session *s UNUSED, const char *room UNUSED,
                        const char *who UNUSED, uint32_t how UNUSED, const char *text UNUSED,
                        kith_req req UNUSED)
{
    return KITH_EUNSUP;
}
static int room_no_affiliated(struct kith_session *s UNUSED, const char *room UNUSED,
                              uint32_t role UNUSED, kith_req req UNUSED)
{
    return KITH_EUNSUP;
}
static int room_no_form(struct kith_session *s UNUSED, const char *room UNUSED, kith_req req UNUSED)
{
    return KITH_EUNSUP;
}

const struct kith_room_ops local_room_ops = {
    .size = sizeof local_room_ops,
    .join = room_join,
    .leave = room_leave,
    .topic = room_topic,
    .nick = room_no_nick,
    .invite = room_invite,
    .remove = room_no_rule,
    .role = room_no_rule,
    .list = room_list,
    .affiliated = room_no_affiliated,
    .form = room_no_form,
    .keep = room_keep,
    .destroy = room_no_text,
};

void rooms_online(struct kith_session *s)
{
    for (struct room *r = s->rooms; r; r = r->next) {
        if (r->keep & KITH_CHAT_AUTOJOIN)
            r->joined = true;
        if (r->joined) {
            history_ready(s, r);
            emit_room(s, r);
        }
        if (!r->joined && r->keep)
            emit_chat(s, r, NULL);
    }
}

/* ---- peers come, go and speak ---- */

void rooms_greet(struct peer *p)
{
    for (struct room *r = p->s->rooms; r; r = r->next) {
        if (r->joined)
            put_join(p, r, JOIN_QUIET);
    }
}

void rooms_gone(struct peer *p, uint32_t how, const char *text)
{
    for (size_t i = 0; i < p->n_rooms; i++) {
        struct room *r = room_find(p->s, p->rooms[i].name);
        if (r && r->joined)
            emit_gone(p, r->name, how, text);
    }
    rooms_forget(p);
}

void rooms_forget(struct peer *p)
{
    for (size_t i = 0; i < p->n_rooms; i++)
        free(p->rooms[i].name);
    p->n_rooms = 0;
}

void room_join_in(struct peer *p, const struct lp *m)
{
    struct room *r = room_find(p->s, m->room);
    unsigned owed = r && r->joined ? (unsigned)p->s->history : 0; /* we have asked, or are to */
    if (room_has(p, m->room) && r && r->joined)
        history_give(p, r, m->number); /* another link has taken the place of the first */
    if (room_has(p, m->room) || p->n_rooms >= LOCAL_MAX_ROOMS)
        return;
    p->rooms[p->n_rooms++] = (struct place){xstrdup(m->room), owed};
    if (!r || !r->joined)
        return;
    emit_member(p, r->name, m->flags & JOIN_QUIET);
    if (r->topic)
        peer_put(p, &(struct lp){.kind = LP_TOPIC,
                                 .room = r->name,
                                 .text = r->topic,
                                 .time = r->topic_ms,
                                 .flags = str_eq(r->topic_by, p->s->address) ? TOPIC_OWN : 0});
    history_give(p, r, m->number);
}

void room_leave_in(struct peer *p, const struct lp *m)
{
    struct room *r = room_find(p->s, m->room);
    for (size_t i = 0; i < p->n_rooms; i++) {
        if (strcmp(p->rooms[i].name, m->room) != 0)
            continue;
        free(p->rooms[i].name);
        p->rooms[i] = p->rooms[--p->n_rooms];
        message_drop(p, LP_MESSAGE, m->room, NULL);
        files_peer_left(p, m->room);
        if (r && r->joined)
            emit_gone(p, r->name, KITH_LEAVE_PART, m->text);
        return;
    }
}

/* The newest wins; a time ahead of ours counts as now, so that nobody can set a topic for ever. */
void room_topic_in(struct peer *p, const struct lp *m)
{
    struct room *r = room_find(p->s, m->room);
    int64_t when = MIN(m->time, p->s->h->wall_ms());
    if (!r || !r->joined || !room_has(p, m->room) || (r->topic && when <= r->topic_ms))
        return;
    str_set(&r->topic, m->text ? m->text : "");
    str_set(&r->topic_by, m->flags & TOPIC_OWN ? p->address : NULL);
    r->topic_ms = when;
    emit_chat(p->s, r, NULL);
}
