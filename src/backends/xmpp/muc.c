/* backends/xmpp/muc.c - the rooms of the account: which there are, what is kept of them, when something is due (XEP-0045) */
#include "backends/xmpp/muc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/bookmarks.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

#define STATE_KEY "rooms"
enum {
    STATE_MAX = 1 << 20,
    SAVE_MS = 30000,
    FIELDS = 6 /* of a line: flags, address, nick, archive id, time, password */
};

struct muc *muc_of(const struct x *x)
{
    return x_state(x, "muc");
}

/* ---- the table ---- */

struct muc_room *muc_find(const struct x *x, const char *address)
{
    const struct muc *m = muc_of(x);
    if (!m || !address || !m->rooms.n)
        return NULL;
    const char *slash = strchr(address, '/');
    if (!slash)
        return map_get(&m->rooms, address);
    char bare[KITH_MAX_ADDRESS + 1];
    size_t n = (size_t)(slash - address);
    if (n >= sizeof bare)
        return NULL;
    memcpy(bare, address, n);
    bare[n] = '\0';
    return map_get(&m->rooms, bare);
}

struct muc_room *muc_get(struct x *x, const char *bare)
{
    struct muc *m = muc_of(x);
    struct muc_room *r = map_get(&m->rooms, bare);
    if (r || m->rooms.n >= MUC_ROOMS_MAX)
        return r;
    r = xcalloc(1, sizeof *r);
    r->address = xstrdup(bare);
    map_set(&m->rooms, bare, r);
    return r;
}

bool muc_has(const struct muc_room *r, const char *feature)
{
    return map_get(&r->features, feature) != NULL;
}

struct muc_member *muc_member(const struct muc_room *r, const char *nick)
{
    return nick ? map_get(&r->members, nick) : NULL;
}

char *muc_occupant(const struct muc_room *r, const char *nick)
{
    return xasprintf("%s/%s", r->address, nick);
}

bool muc_is_room(const struct x *x, const char *address)
{
    return muc_find(x, address) != NULL;
}

bool muc_is_private(const struct x *x, const char *address)
{
    const struct muc_room *r = muc_find(x, address);
    uint32_t closed = KITH_CHAT_MEMBERS_ONLY | KITH_CHAT_NON_ANONYMOUS;
    return r && (r->flags & closed) == closed;
}

const char *muc_real_address(const struct x *x, const char *address)
{
    const struct muc_room *r = muc_find(x, address);
    const struct muc_member *m = r ? muc_member(r, jid_resource(address)) : NULL;
    return m ? m->jid : NULL;
}

bool muc_has_archive(const struct x *x, const char *address)
{
    const struct muc_room *r = muc_find(x, address);
    return r && muc_archived(r);
}

bool muc_is_unknown(const struct x *x, const char *address)
{
    const struct muc_room *r = muc_find(x, address);
    return r && !r->known && (r->asking_info || r->stage != MUC_OUT);
}

static void room_free(void *p)
{
    struct muc_room *r = p;
    char *all[] = {r->address, r->nick, r->wish, r->name, r->topic, r->topic_by,
                   r->own_id,  r->from, r->live, r->kept};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
    str_wipe_free(r->secret);
    map_free(&r->features, NULL);
    map_free(&r->sent, NULL);
    map_free(&r->doubt, NULL);
    free(r);
}

void muc_tell(struct x *x, struct muc_room *r, const char *why)
{
    struct kith_ev_chat ev = EV_INIT(KITH_EV_CHAT, kith_ev_chat);
    bool in = r->stage == MUC_IN, mute = in && r->role == MUC_ROLE_VISITOR && r->affiliation < MUC_AFF_MEMBER;
    ev.address = r->address;
    char *shown = jid_shown(r->address);
    ev.name = bookmarks_name(x, r->address) ? bookmarks_name(x, r->address) : r->name ? r->name : shown;
    ev.kind = KITH_CHAT_ROOM;
    ev.flags = bookmarks_flags(x, r->address) | r->flags | (r->told ? KITH_CHAT_JOINED : 0u) | (in && !mute ? KITH_CHAT_CAN_TALK : 0u);
    ev.topic = r->topic;
    ev.topic_by = r->topic_by;
    ev.topic_ms = r->topic_ms;
    ev.nick = r->nick;
    ev.text = why;
    x_emit(x, &ev.ev);
    free(shown);
}

/* ---- what is kept: a line for each room ---- */

static void save(struct x *x, bool ended)
{
    struct muc *m = muc_of(x);
    struct buf b = {.secret = true};
    m->dirty = false;
    buf_addf(&b, "%s\n", ended ? "ended" : "runs");
    for (struct map_entry *e = NULL; (e = map_next(&m->rooms, e));) {
        const struct muc_room *r = e->value;
        if (b.len > STATE_MAX - 8192)
            break;
        buf_addf(&b, "%c\t%s\t%s\t%s\t%" PRId64 "\t%s\n", r->wanted ? 'j' : '-', r->address, r->wish ? r->wish : "",
                 r->kept ? r->kept : "", r->kept_ms, r->secret ? r->secret : "");
    }
    x_host(x)->state_set(x_account(x), STATE_KEY, b.data, b.len);
    buf_wipe_free(&b);
}

static void on_save(void *user)
{
    struct x *x = user;
    struct muc *m = muc_of(x);
    m->save_timer = 0;
    if (m->dirty)
        save(x, false);
}

void muc_touch(struct x *x)
{
    struct muc *m = muc_of(x);
    m->dirty = true;
    if (!m->save_timer)
        m->save_timer = x_host(x)->timer_add(SAVE_MS, on_save, x);
}

static void load_line(struct x *x, char *line)
{
    char *f[FIELDS] = {0};
    size_t n = 0;
    for (char *p; n < FIELDS && (p = strsep(&line, "\t"));)
        f[n++] = p;
    char *bare = n == FIELDS ? jid_bare(f[1]) : NULL;
    struct muc_room *r = bare && str_eq(bare, f[1]) ? muc_get(x, bare) : NULL;
    free(bare);
    if (!r)
        return;
    r->wanted = f[0][0] == 'j';
    str_set(&r->wish, str_empty(f[2]) ? NULL : f[2]);
    str_set(&r->kept, str_empty(f[3]) ? NULL : f[3]);
    str_int(f[4], 0, INT64_MAX / 2, &r->kept_ms);
    str_set(&r->secret, str_empty(f[5]) ? NULL : f[5]);
    str_set(&r->from, r->kept);
    r->from_ms = r->kept_ms;
}

static void load(struct x *x)
{
    struct muc *m = muc_of(x);
    char *data = xcalloc(1, STATE_MAX + 1), *rest = data, *line;
    int n = x_host(x)->state_get(x_account(x), STATE_KEY, data, STATE_MAX);
    if (n > 0 && n <= STATE_MAX) {
        line = strsep(&rest, "\n");
        m->crashed = str_eq(line, "runs");
        while ((line = strsep(&rest, "\n")))
            load_line(x, line);
    }
    str_wipe_free(data);
}

/* ---- when something is due ---- */

static void tick(void *user);

void muc_due(struct x *x, int64_t mono_ms)
{
    struct muc *m = muc_of(x);
    if (m->timer && m->timer_ms <= mono_ms)
        return;
    if (m->timer)
        x_host(x)->timer_del(m->timer);
    m->timer_ms = mono_ms;
    m->timer = x_host(x)->timer_add(MAX(1, mono_ms - x_host(x)->mono_ms()), tick, x);
}

static int64_t room_due(const struct muc_room *r)
{
    int64_t due = r->stage == MUC_IN && !r->pinging ? muc_ping_due(r) : INT64_MAX;
    if (r->deadline_ms)
        due = MIN(due, r->deadline_ms);
    if (r->read_ms && r->stage == MUC_IN)
        due = MIN(due, r->read_ms);
    if (r->again_ms)
        due = MIN(due, r->again_ms);
    return due;
}

/* One timer for all rooms, for the first thing that is due in any of them. */
static void tick(void *user)
{
    struct x *x = user;
    struct muc *m = muc_of(x);
    int64_t now = x_host(x)->mono_ms(), next = INT64_MAX;
    m->timer = 0;
    if (!x_online(x))
        return; /* a session that is resumed or new looks again */
    for (struct map_entry *e = NULL; (e = map_next(&m->rooms, e));) {
        struct muc_room *r = e->value;
        muc_join_tick(x, r, now);
        muc_archive_tick(x, r, now);
        if (r->stage == MUC_IN && !r->pinging && muc_ping_due(r) <= now)
            muc_ping(x, r);
        next = MIN(next, room_due(r));
    }
    if (next != INT64_MAX)
        muc_due(x, next);
}

/* ---- life ---- */

static void muc_attach(struct x *x)
{
    struct muc *m = xcalloc(1, sizeof *m);
    x_set_state(x, "muc", m);
    m->fresh = true;
    load(x);
}

/* A resumed session has them still. A new one knows nothing of our rooms. One that another process began and this one took over does, but only the
 * rooms can say who is in them: they tell it again to whoever joins again. */
static void muc_online(struct x *x, bool resumed)
{
    struct muc *m = muc_of(x);
    bool again = !resumed || m->fresh;
    bool all = !m->fresh || resumed || m->crashed; /* else bookmarks say which */
    m->fresh = false;
    for (struct map_entry *e = NULL; again && (e = map_next(&m->rooms, e));) {
        struct muc_room *r = e->value;
        if (!all) {
            r->before = r->wanted;
            r->wanted = false;
        }
        r->stage = MUC_OUT;
        r->told = r->listing = r->asking_info = r->paging = r->seek_nick = r->parting = r->undecided = false;
        r->ask_new = 0;
        muc_members_lost(x, r);
        map_free(&r->sent, NULL); /* the host gives them again */
        map_free(&r->doubt, NULL);
        if (r->wanted)
            muc_rejoin(x, r);
        else
            muc_archive_stop(r);
    }
    for (struct map_entry *e = NULL; !again && (e = map_next(&m->rooms, e));) {
        struct muc_room *r = e->value;
        if (r->stage == MUC_IN)
            muc_tell_again(x, r);
    }
    if (m->rooms.n && !again)
        tick(x);
    if (m->rooms.n)
        save(x, false);
}

void muc_bookmarks_known(struct x *x, bool kept)
{
    struct muc *m = muc_of(x);
    for (struct map_entry *e = NULL; (e = map_next(&m->rooms, e));) {
        struct muc_room *r = e->value;
        if (r->unkept && r->stage == MUC_IN)
            muc_bookmark(x, r);
        if (r->before && !kept && !r->wanted && autojoin_wanted(x, r->address, true))
            muc_join(x, r->address, NULL, NULL, 0);
        r->before = false;
    }
}

/* A link that is lost may be resumed: where we are has not changed until it is not. What was asked for gets no answer. */
static void muc_offline(struct x *x)
{
    struct muc *m = muc_of(x);
    for (struct map_entry *e = NULL; (e = map_next(&m->rooms, e));) {
        struct muc_room *r = e->value;
        r->pinging = false;
        muc_link_lost(x, r);
    }
}

static void muc_detach(struct x *x)
{
    struct muc *m = muc_of(x);
    if (m->timer)
        x_host(x)->timer_del(m->timer);
    if (m->save_timer)
        x_host(x)->timer_del(m->save_timer);
    if (m->rooms.n)
        save(x, true);
    for (struct map_entry *e = NULL; (e = map_next(&m->rooms, e));)
        muc_members_lost(x, e->value);
    map_free(&m->rooms, room_free);
    free(m);
    x_set_state(x, "muc", NULL);
}

static bool muc_message(struct x *x, xmpp_stanza_t *st)
{
    struct muc_room *r = str_eq(st_attr(st, "type"), "groupchat") ? muc_find(x, st_attr(st, "from")) : NULL;
    struct im_from how = {.source = IM_LIVE};
    if (!r)
        return !str_eq(st_attr(st, "type"), "groupchat") && muc_standing(x, st);
    muc_groupchat(x, st, &how, r);
    return true;
}

static const char *const muc_vars[] = {NS_MUC, NS_OCCUPANT, NS_HATS, NULL};
const struct feature feature_muc = {
    .name = "muc",
    .disco = muc_vars,
    .attach = muc_attach,
    .online = muc_online,
    .offline = muc_offline,
    .detach = muc_detach,
    .message = muc_message,
    .presence = muc_presence,
    .committed = muc_archive_committed,
};
