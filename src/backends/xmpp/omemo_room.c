/* backends/xmpp/omemo_room.c - who reads along in an encrypted room: those who belong to it, here or not (XEP-0384 §5.8) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/muc.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum {
    PATIENCE_MS = 15000,             /* a server that does not answer holds a room up for so long, once */
    READ_AGAIN_MS = 10 * 60 * 1000,  /* who belongs to it: also told by the room when it changes, by most programs */
    LIST_AGAIN_MS = 30 * 60 * 1000,  /* devices of people of whom we hear no news, and */
    NONE_AGAIN_MS = 60 * 1000,       /* of those who had none */
    TRIES_MAX = 2,
    PEOPLE_MOST = 5000,
    NAMES_TOLD = 5
};

static const char *const lists[] = {"owner", "admin", "member"};
enum { ALL_LISTS = (1u << COUNT(lists)) - 1 };

struct person {
    int64_t listed_ms; /* monotonic: their device lists were known */
    enum { FOR_NOTHING, FOR_LISTS, FOR_DEVICES } missed, late; /* missed: waited for; late: not any longer */
};
struct omemo_room {
    struct map people; /* bare address -> struct person: owners, admins and members, without us */
    struct map next;   /* the same while it is read again */
    unsigned asked, heard, refused; /* bits of lists[] */
    unsigned tries, round; /* round: of asking; what was asked for before the room was left counts no more */
    bool told_refused;
    bool read;         /* people is whole */
    int64_t read_ms;   /* monotonic */
    int64_t waits_ms;  /* monotonic: since when a message waits for keys; 0: none does */
    char *without;     /* who cannot read it, as it was told; NULL: all can */
    bool open;         /* that it is open was told */
};

static int64_t mono(const struct x *x)
{
    return x_host(x)->mono_ms();
}

static void room_free(void *p)
{
    struct omemo_room *o = p;
    map_free(&o->people, free);
    map_free(&o->next, free);
    free(o->without);
    free(o);
}

void omemo_rooms_free(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    map_free(&s->rooms, room_free);
    if (s->room_timer)
        x_host(x)->timer_del(s->room_timer);
    s->room_timer = 0;
}

static struct omemo_room *find(const struct x *x, const char *room)
{
    const struct omemo_session *s = omemo_of(x);
    return s && s->o ? map_get(&s->rooms, room) : NULL;
}

static struct omemo_room *get(struct x *x, const char *room)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_room *o = map_get(&s->rooms, room);
    if (!o) {
        o = xcalloc(1, sizeof *o);
        map_set(&s->rooms, room, o);
    }
    return o;
}

/* ---- who belongs to it ---- */

static void add(const struct x *x, struct map *to, const char *jid, const struct map *before)
{
    char *bare = jid_bare(jid);
    if (bare && strchr(bare, '@') && !jid_same_bare(bare, x_bare(x)) && !map_get(to, bare) && to->n < PEOPLE_MOST) {
        const struct person *had = before ? map_get(before, bare) : NULL;
        struct person *p = xcalloc(1, sizeof *p);
        if (had)
            *p = *had;
        map_set(to, bare, p);
    }
    free(bare);
}

static void drop(struct map *from, const char *jid)
{
    char *bare = jid_bare(jid);
    if (bare)
        free(map_del(from, bare));
    free(bare);
}

/* Also while the lists are read: who comes or goes between two answers would stand in none of them, or still in one. */
void omemo_room_person(struct x *x, const char *room, const char *jid, bool belongs)
{
    struct omemo_room *o = jid ? find(x, room) : NULL;
    struct map *both[] = {o ? &o->people : NULL, o ? &o->next : NULL};
    for (size_t i = 0; o && i < COUNT(both); i++) {
        if (belongs)
            add(x, both[i], jid, NULL);
        else
            drop(both[i], jid);
    }
}

struct asked {
    unsigned list, round;
    char room[];
};

static void read_whole(struct x *x, struct omemo_room *o, const char *room)
{
    const struct muc_room *r = muc_find(x, room);
    for (struct map_entry *e = NULL; r && (e = map_next(&r->members, e));) { /* a list may have been refused */
        const struct muc_member *m = e->value;
        if (m->jid && m->affiliation >= MUC_AFF_MEMBER)
            add(x, &o->next, m->jid, &o->people);
    }
    map_free(&o->people, free);
    o->people = o->next;
    o->next = (struct map){0};
    o->asked = o->heard = o->tries = 0;
    o->read = true;
    o->read_ms = mono(x);
    if (o->refused && !o->told_refused)
        x_notice(x, KITH_WARN, room, "This room does not tell who all of its members are: those who are not here at the moment "
                 "will not be able to read what is written now.");
    o->told_refused = o->refused != 0;
}

static void on_list(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct asked *a = user;
    struct omemo_room *o = omemo_of(x) ? find(x, a->room) : NULL;
    unsigned bit = 1u << a->list;
    if (o && o->round == a->round) {
        o->heard |= reply ? bit : 0;
        o->asked &= reply ? ~0u : ~bit;
        o->tries += !reply;
        o->refused = iq_is_result(reply) ? o->refused & ~bit : o->refused | bit;
        xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_MUC_ADMIN) : NULL;
        EACH_CHILD (c, query) {
            if (is_elem(c, "item", NULL) && str_eq(st_attr(c, "affiliation"), lists[a->list]) && st_attr(c, "jid"))
                add(x, &o->next, st_attr(c, "jid"), &o->people);
        }
        if (o->heard == ALL_LISTS)
            read_whole(x, o, a->room);
        omemo_push(x);
    }
    free(a);
}

/* XEP-0045 §9.5, §10.5, §10.8. */
static void ask(struct x *x, struct omemo_room *o, const char *room)
{
    size_t len = strlen(room) + 1;
    if (o->asked == 0) {
        map_free(&o->next, free);
        o->round = ++omemo_of(x)->rounds;
        o->heard = 0;
    }
    for (unsigned i = 0; i < COUNT(lists); i++) {
        if (o->asked & 1u << i)
            continue;
        xmpp_stanza_t *query, *iq = iq_new(x, "get", room, "query", NS_MUC_ADMIN, &query);
        st_set(st_add(query, "item", NULL), "affiliation", lists[i]);
        struct asked *a = xmalloc(sizeof *a + len);
        a->list = i;
        a->round = o->round;
        memcpy(a->room, room, len);
        o->asked |= 1u << i;
        x_iq(x, iq, on_list, a);
    }
}

static enum omemo_people people_of(struct x *x, const char *room, struct omemo_room **out)
{
    struct omemo_room *o = get(x, room);
    *out = o;
    if (muc_is_unknown(x, room))
        return OMEMO_PEOPLE_ASKED;
    if (!muc_is_private(x, room))
        return OMEMO_PEOPLE_OPEN;
    bool old = o->read && mono(x) - o->read_ms > READ_AGAIN_MS;
    if (o->read && !old)
        return OMEMO_PEOPLE_KNOWN;
    if (o->tries >= TRIES_MAX) {
        o->tries = 0;
        return OMEMO_PEOPLE_SECRET;
    }
    ask(x, o, room);
    return o->read && !old ? OMEMO_PEOPLE_KNOWN : OMEMO_PEOPLE_ASKED; /* offline: answered at once */
}

enum omemo_people omemo_people(struct x *x, const char *chat, struct omemo_names *out)
{
    struct omemo_room *o = NULL;
    if (!muc_is_room(x, chat)) {
        if (!jid_same_bare(chat, x_bare(x)))
            VEC_PUSH(out->v, out->n, out->cap, chat);
        return OMEMO_PEOPLE_KNOWN;
    }
    if (jid_resource(chat))
        return OMEMO_PEOPLE_PRIVATE;
    enum omemo_people rc = people_of(x, chat, &o);
    if (rc != OMEMO_PEOPLE_KNOWN)
        return rc;
    for (struct map_entry *e = NULL; (e = map_next(&o->people, e));)
        VEC_PUSH(out->v, out->n, out->cap, e->key);
    return rc;
}

bool omemo_room_has(const struct x *x, const char *jid)
{
    const struct omemo_session *s = omemo_of(x);
    for (struct map_entry *e = NULL; s && (e = map_next(&s->rooms, e));) {
        const struct omemo_room *o = e->value;
        if (map_get(&o->people, jid))
            return true;
    }
    return false;
}

/* Who has a device with this number of which we know the key, not by a room's word alone, ours among them. */
static struct omemo_names owners(struct x *x, const char *room, uint32_t device)
{
    struct omemo_session *s = omemo_of(x);
    const struct omemo_room *o = find(x, room);
    struct omemo_names out = {0};
    struct omemo_known d;
    if (omemo_known_one(s->o, x_bare(x), device, &d) && d.has_key && !d.hearsay)
        VEC_PUSH(out.v, out.n, out.cap, x_bare(x));
    for (struct map_entry *e = NULL; o && (e = map_next(&o->people, e));) {
        if (omemo_known_one(s->o, e->key, device, &d) && d.has_key && !d.hearsay)
            VEC_PUSH(out.v, out.n, out.cap, e->key);
    }
    return out;
}

/* Does it come out of the session with this one? Nothing is changed by that. */
static int fits(struct omemo *o, const char *jid, const struct omemo_sealed *in)
{
    struct buf secret = {.secret = true};
    int rc = omemo_begin(o);
    if (rc < 0)
        return rc;
    omemo_hearsay(o, true);
    rc = omemo_decrypt(o, in->version, jid, in->from, in->key.data, in->key.len, in->exchange, &secret);
    (void)omemo_end(o, false);
    omemo_hearsay(o, false);
    buf_free(&secret);
    return rc == OMEMO_DUPLICATE ? 0 : rc;
}

const char *omemo_room_author(struct x *x, const char *room, const struct omemo_sealed *in)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_names all = owners(x, room, in->from);
    const char *found = NULL;
    size_t n = 0;
    bool lost = all.n == 1; /* nothing can be read of it, by whomever it is */
    for (size_t i = 0; in->for_us && in->from != omemo_device(s->o) && i < all.n; i++) {
        int rc = fits(s->o, all.v[i], in);
        lost = lost && rc == OMEMO_NO_SESSION;
        found = rc == 0 ? all.v[i] : found;
        n += rc == 0;
    }
    if (n != 1) /* two of them: one shows the other's key as their own */
        found = n == 0 && lost ? all.v[0] : NULL;
    free(all.v);
    return found;
}

/* ---- how long is waited ---- */

static void on_patience(void *user)
{
    struct x *x = user;
    struct omemo_session *s = omemo_of(x);
    int64_t now = mono(x);
    s->room_timer = 0;
    for (struct map_entry *e = NULL; (e = map_next(&s->rooms, e));) {
        struct omemo_room *o = e->value;
        if (!o->read) /* nothing is known of anybody yet: what waits begins to anew when it is tried again */
            o->waits_ms = 0;
        if (!o->waits_ms)
            continue;
        if (now - o->waits_ms < PATIENCE_MS) {
            if (!s->room_timer)
                s->room_timer = x_host(x)->timer_add(MAX(1, o->waits_ms + PATIENCE_MS - now), on_patience, x);
            continue;
        }
        for (struct map_entry *m = NULL; (m = map_next(&o->people, m));) {
            struct person *p = m->value;
            p->late = p->missed ? p->missed : p->late;
        }
        o->waits_ms = 0;
    }
    omemo_push(x);
}

void omemo_room_waits(struct x *x, const char *chat)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_room *o = find(x, chat);
    if (!o || o->waits_ms)
        return;
    o->waits_ms = mono(x);
    if (!s->room_timer)
        s->room_timer = x_host(x)->timer_add(PATIENCE_MS, on_patience, x);
}

bool omemo_room_late(const struct x *x, const char *chat, const char *jid, enum omemo_known_of known)
{
    const struct omemo_room *o = find(x, chat);
    struct person *p = o ? map_get(&o->people, jid) : NULL;
    if (!p)
        return false;
    if (known == OMEMO_AS_BEFORE)
        return p->late != FOR_NOTHING;
    p->missed = known == OMEMO_UNLISTED ? FOR_LISTS : known == OMEMO_SOME_DEVICES ? FOR_DEVICES : FOR_NOTHING;
    if (known == OMEMO_ALL_DEVICES || (known != OMEMO_UNLISTED && p->late == FOR_LISTS))
        p->late = FOR_NOTHING;
    return p->late != FOR_NOTHING;
}

/* ---- what is said about it ---- */

/* "a@x, b@y and 3 others"; owned. NULL: nobody. */
static char *named(const struct omemo_names *n)
{
    struct buf b = {0};
    size_t shown = n->n == NAMES_TOLD + 1 ? n->n : MIN(n->n, (size_t)NAMES_TOLD);
    if (n->n == 0)
        return NULL;
    for (size_t i = 0; i < shown; i++)
        buf_addf(&b, "%s%.200s", i == 0 ? "" : i + 1 == n->n ? " and " : ", ", n->v[i]);
    if (shown < n->n)
        buf_addf(&b, " and %zu others", n->n - shown);
    return buf_take(&b);
}

static bool is_among(const struct omemo_names *n, const char *jid)
{
    for (size_t i = 0; i < n->n; i++) {
        if (strcmp(n->v[i], jid) == 0)
            return true;
    }
    return false;
}

/* Those whose lists were read a while ago, and of whom we hear no news: asked for at once, and used for the next message. */
static void look_again(struct x *x, struct omemo_room *o, const struct omemo_names *without)
{
    int64_t now = mono(x);
    for (struct map_entry *e = NULL; (e = map_next(&o->people, e));) {
        struct person *p = e->value;
        int64_t since = now - p->listed_ms;
        if (!p->listed_ms) {
            p->listed_ms = now;
        } else if (since > NONE_AGAIN_MS && (since > LIST_AGAIN_MS || is_among(without, e->key)) && !roster_we_see(x, e->key)) {
            omemo_lists_stale(x, e->key);
            p->late = FOR_LISTS;
            p->listed_ms = 0;
            (void)omemo_lists_ready(x, e->key);
        }
    }
}

void omemo_room_sent(struct x *x, const char *chat, const struct omemo_names *without)
{
    struct omemo_room *o = find(x, chat);
    if (!o)
        return;
    char *names = named(without);
    o->waits_ms = 0;
    if (names && !str_eq(names, o->without))
        x_notice(x, KITH_WARN, chat, "%s cannot read what is written here; /encrypt shows why.", names);
    else if (!names && o->without)
        x_notice(x, KITH_INFO, chat, "Everybody who belongs to this room can read what is written now.");
    free(o->without);
    o->without = names;
    look_again(x, o, without);
}

/* ---- what happens there ---- */

void omemo_room_entered(struct x *x, const char *room)
{
    struct omemo_session *s = omemo_of(x);
    if (!s || !s->o || !omemo_wants(x, room) || !muc_is_private(x, room))
        return;
    struct omemo_room *o = get(x, room);
    o->read = false;
    o->asked = o->heard = o->tries = 0;
    ask(x, o, room);
}

void omemo_room_left(struct x *x, const char *room, bool again)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_room *o = s ? map_del(&s->rooms, room) : NULL;
    if (o)
        room_free(o);
    if (s && !again)
        omemo_posts_fail(x, room, "You had to leave the room before it was there.");
}

void omemo_room_came(struct x *x, const char *room, const char *jid)
{
    struct omemo_room *o = jid ? find(x, room) : NULL;
    char *bare = o && o->read ? jid_bare(jid) : NULL;
    if (bare && map_get(&o->people, bare) && !roster_we_see(x, bare))
        omemo_lists_stale(x, bare);
    free(bare);
}

void omemo_room_informed(struct x *x, const char *room)
{
    struct omemo_session *s = omemo_of(x);
    if (!s || !s->o || !omemo_holds(x, room) || muc_is_unknown(x, room))
        return;
    struct omemo_room *o = get(x, room);
    bool open = !muc_is_private(x, room);
    if (open && !o->open) {
        o->read = false;
        x_notice(x, KITH_WARN, room, "This room was encrypted, and now " OMEMO_ROOM_OPEN);
    } else if (!open && o->open) {
        x_notice(x, KITH_INFO, room, "This room is closed again: what is written here is encrypted for its members.");
    }
    o->open = open;
    omemo_push(x);
}
