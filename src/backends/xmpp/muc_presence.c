/* backends/xmpp/muc_presence.c - who is in a room, as what, and how they came and went (XEP-0045 §7, XEP-0317, XEP-0421) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/muc.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"
#include "base/rand.h"

enum {
    OCCUPANT_ID_MAX = 128,
    HATS_MAX = 8,
    TEXT_MAX = 600
};

/* ---- words ---- */

enum muc_affiliation muc_affiliation_of(const char *word)
{
    static const char *const words[] = {"none", "outcast", "member", "admin", "owner"};
    for (size_t i = 0; word && i < COUNT(words); i++)
        if (strcmp(word, words[i]) == 0)
            return (enum muc_affiliation)i;
    return MUC_AFF_NONE;
}

enum muc_role muc_role_of(const char *word)
{
    static const char *const words[] = {"none", "visitor", "participant", "moderator"};
    for (size_t i = 0; word && i < COUNT(words); i++)
        if (strcmp(word, words[i]) == 0)
            return (enum muc_role)i;
    return MUC_ROLE_NONE;
}

uint32_t muc_kith_role(enum muc_affiliation a, enum muc_role r)
{
    if (a == MUC_AFF_OWNER)
        return KITH_ROLE_OWNER;
    if (a == MUC_AFF_ADMIN)
        return KITH_ROLE_ADMIN;
    if (r == MUC_ROLE_MODERATOR)
        return KITH_ROLE_OP;
    return r == MUC_ROLE_VISITOR ? KITH_ROLE_VISITOR : KITH_ROLE_MEMBER;
}

/* ---- members ---- */

static void member_free(void *p)
{
    struct muc_member *m = p;
    free(m->nick);
    free(m->id);
    free(m->jid);
    free(m->text);
    free(m);
}

void muc_members_lost(struct x *x UNUSED, struct muc_room *r)
{
    map_free(&r->members, member_free);
    str_set(&r->own_id, NULL);
}

static void emit_sync(struct x *x, const struct muc_room *r, uint32_t type)
{
    struct kith_ev_sync ev = EV_INIT(type, kith_ev_sync);
    ev.what = KITH_SYNC_MEMBERS;
    ev.chat = r->address;
    x_emit(x, &ev.ev);
}

static bool made_up(const struct muc_member *m)
{
    return str_starts(m->id, "stay:");
}

static void emit_member(struct x *x, const struct muc_room *r, const struct muc_member *m, const char *old)
{
    struct kith_ev_member ev = EV_INIT(KITH_EV_MEMBER, kith_ev_member);
    ev.chat = r->address;
    ev.nick = m->nick;
    ev.old_nick = old;
    ev.id = made_up(m) ? NULL : m->id;
    ev.address = m->jid;
    ev.text = m->text;
    ev.show = m->show;
    ev.role = muc_kith_role(m->affiliation, m->role);
    ev.flags = (str_eq(m->nick, r->nick) && r->stage >= MUC_JOINING ? KITH_MEMBER_SELF : 0u) |
               (r->listing ? KITH_MEMBER_QUIET : 0u);
    x_emit(x, &ev.ev);
}

static void emit_gone(struct x *x, const struct muc_room *r, const char *nick, uint32_t how, const char *by,
                      const char *text)
{
    struct kith_ev_member_gone ev = EV_INIT(KITH_EV_MEMBER_GONE, kith_ev_member_gone);
    ev.chat = r->address;
    ev.nick = nick;
    ev.how = how;
    ev.by = str_empty(by) ? NULL : by;
    ev.text = str_empty(text) ? NULL : text;
    x_emit(x, &ev.ev);
}

/* XEP-0421 §3: ignored where the room does not announce it, as anybody could have put it there. */
const char *muc_occupant_id(const struct muc_room *r, xmpp_stanza_t *st)
{
    const char *id = muc_has(r, NS_OCCUPANT) ? id_attr(st_child(st, "occupant-id", NS_OCCUPANT), "id") : NULL;
    return id && strlen(id) <= OCCUPANT_ID_MAX ? id : NULL;
}

/* XEP-0317: "Host, Presenter", and what they say of themselves. */
static char *text_of(xmpp_stanza_t *st)
{
    xmpp_stanza_t *hats = st_child(st, "hats", NS_HATS);
    struct buf b = {0};
    int n = 0;
    hats = hats ? hats : st_child(st, "hats", NS_HATS_OLD);
    EACH_CHILD (c, hats) {
        const char *title = is_elem(c, "hat", NULL) ? st_attr(c, "title") : NULL;
        if (title && *title && strlen(title) < 64 && n++ < HATS_MAX)
            buf_addf(&b, "%s%s", b.len ? ", " : "", title);
    }
    char *status = st_child_text(st, "status", NULL);
    if (status && *status && strlen(status) < TEXT_MAX)
        buf_addf(&b, "%s%s", b.len ? ": " : "", status);
    free(status);
    if (b.len)
        return buf_take(&b);
    buf_free(&b);
    return NULL;
}

static void set_id(struct muc_room *r, struct muc_member *m, xmpp_stanza_t *st)
{
    const char *id = muc_occupant_id(r, st);
    char random[23];
    if (id || m->jid) {
        str_set(&m->id, id ? id : m->jid);
    } else if (!m->id) {
        rand_id(random);
        m->id = xasprintf("stay:%s", random);
    }
}

static struct muc_member *member_get(struct muc_room *r, const char *nick)
{
    struct muc_member *m = map_get(&r->members, nick);
    if (m || r->members.n >= MUC_MEMBERS_MAX)
        return m;
    m = xcalloc(1, sizeof *m);
    m->nick = xstrdup(nick);
    map_set(&r->members, nick, m);
    return m;
}

static void fill(struct muc_room *r, struct muc_member *m, xmpp_stanza_t *st, xmpp_stanza_t *item)
{
    const char *jid = st_attr(item, "jid");
    m->affiliation = muc_affiliation_of(st_attr(item, "affiliation"));
    m->role = muc_role_of(st_attr(item, "role"));
    m->show = presence_show(st);
    m->seen = true;
    m->has_photo = (int8_t)avatar_announced(st, m->photo);
    if (jid && (!m->jid || strncmp(jid, m->jid, strlen(m->jid)) != 0))
        str_take(&m->jid, jid_bare(jid));
    str_take(&m->text, text_of(st));
    set_id(r, m, st);
}

/* ---- coming ---- */

static void list_begin(struct x *x, struct muc_room *r)
{
    for (struct map_entry *e = NULL; (e = map_next(&r->members, e));)
        ((struct muc_member *)e->value)->seen = false;
    if (!r->told)
        muc_tell(x, r, NULL); /* the host must know the room before its members */
    r->listing = true;
    emit_sync(x, r, KITH_EV_SYNC_BEGIN);
}

static void list_end(struct x *x, struct muc_room *r)
{
    for (struct map_entry *e = NULL; (e = map_next(&r->members, e));) {
        struct muc_member *m = e->value;
        if (m->seen)
            continue;
        map_del(&r->members, e->key);
        member_free(m);
    }
    emit_sync(x, r, KITH_EV_SYNC_END);
    r->listing = false;
}

/* The host may have forgotten all of it with the link; the room has not. */
void muc_tell_again(struct x *x, struct muc_room *r)
{
    muc_tell(x, r, NULL);
    r->listing = true;
    emit_sync(x, r, KITH_EV_SYNC_BEGIN);
    for (struct map_entry *e = NULL; (e = map_next(&r->members, e));)
        emit_member(x, r, e->value, NULL);
    emit_sync(x, r, KITH_EV_SYNC_END);
    r->listing = false;
}

static void tell_own_standing(struct x *x, const struct muc_room *r, const struct muc_member *m)
{
    static const char *const roles[] = {
        [MUC_ROLE_VISITOR] = "You may only listen here now.",
        [MUC_ROLE_PARTICIPANT] = "You may talk here now.",
        [MUC_ROLE_MODERATOR] = "You are a moderator here now.",
    };
    static const char *const affiliations[] = {
        [MUC_AFF_NONE] = "You are no member of this room any more.",
        [MUC_AFF_MEMBER] = "You are a member of this room now.",
        [MUC_AFF_ADMIN] = "You are an administrator of this room now.",
        [MUC_AFF_OWNER] = "You are an owner of this room now.",
    };
    if (m->affiliation != r->affiliation && affiliations[m->affiliation])
        x_notice(x, KITH_INFO, r->address, "%s", affiliations[m->affiliation]);
    else if (m->role != r->role && roles[m->role])
        x_notice(x, KITH_INFO, r->address, "%s", roles[m->role]);
}

/* Our own presence: the list of who was here before us is at its end (§7.2.2). */
static void on_own(struct x *x, struct muc_room *r, const struct muc_member *m, xmpp_stanza_t *st, const int *codes,
                   size_t n)
{
    bool joining = r->stage == MUC_JOINING;
    bool changed = m->affiliation != r->affiliation || m->role != r->role;
    str_set(&r->own_id, muc_occupant_id(r, st));
    if (!joining && changed)
        tell_own_standing(x, r, m);
    r->affiliation = m->affiliation;
    r->role = m->role;
    if (!joining) {
        if (changed)
            muc_tell(x, r, NULL);
        muc_tell_codes(x, r, codes, n);
        return;
    }
    list_end(x, r);
    r->created = muc_code_in(codes, n, 201);
    muc_entered(x, r);
    muc_tell_codes(x, r, codes, n);
    if (r->created)
        muc_created(x, r);
}

static void on_available(struct x *x, struct muc_room *r, const char *nick, xmpp_stanza_t *st)
{
    xmpp_stanza_t *user = st_child(st, "x", NS_MUC_USER), *item = st_child(user, "item", NULL);
    int codes[MUC_CODES];
    size_t n = muc_codes(user, codes);
    bool own = muc_code_in(codes, n, 110);
    if (!user)
        return; /* nothing that a room sends about its people is without it */
    if (r->stage == MUC_JOINING && !r->listing)
        list_begin(x, r);
    if (own)
        str_set(&r->nick, nick);
    bool came = !muc_member(r, nick) && r->stage == MUC_IN;
    struct muc_member *m = member_get(r, nick);
    if (!m)
        return;
    fill(r, m, st, item);
    omemo_room_person(x, r->address, m->jid, m->affiliation >= MUC_AFF_MEMBER);
    if (came)
        omemo_room_came(x, r->address, m->jid);
    emit_member(x, r, m, NULL);
    if (own)
        on_own(x, r, m, st, codes, n);
}

/* ---- going ---- */

/* §7.6: unavailable with 303 and the new nick; the presence of that nick follows. */
static void on_renamed(struct x *x, struct muc_room *r, const char *nick, const char *to)
{
    struct muc_member *m = map_get(&r->members, nick);
    bool own = str_eq(nick, r->nick);
    if (own)
        str_set(&r->nick, to);
    if (!m || str_eq(nick, to))
        return;
    struct muc_member *other = map_del(&r->members, to);
    if (other) {
        emit_gone(x, r, to, KITH_LEAVE_ERROR, NULL, NULL);
        member_free(other);
    }
    map_del(&r->members, nick);
    str_set(&m->nick, to);
    map_set(&r->members, to, m);
    emit_member(x, r, m, nick);
    if (own) {
        str_set(&r->wish, to);
        muc_nick_done(x, r);
    }
}

static uint32_t how_gone(const int *codes, size_t n)
{
    return muc_code_in(codes, n, 333)                                                             ? KITH_LEAVE_ERROR
           : muc_code_in(codes, n, 301)                                                           ? KITH_LEAVE_BAN
           : muc_code_in(codes, n, 307) || muc_code_in(codes, n, 321) || muc_code_in(codes, n, 322) ? KITH_LEAVE_KICK
                                                                                                  : KITH_LEAVE_PART;
}

static void on_member_gone(struct x *x, struct muc_room *r, const char *nick, xmpp_stanza_t *st, const int *codes,
                           size_t n)
{
    xmpp_stanza_t *item = st_child(st_child(st, "x", NS_MUC_USER), "item", NULL);
    struct muc_member *m = map_del(&r->members, nick);
    if (!m)
        return;
    if (st_attr(item, "affiliation")) /* out of sight, or out of the room */
        omemo_room_person(x, r->address, m->jid, muc_affiliation_of(st_attr(item, "affiliation")) >= MUC_AFF_MEMBER);
    uint32_t how = how_gone(codes, n);
    char *text = how == KITH_LEAVE_PART ? st_child_text(st, "status", NULL) : st_child_text(item, "reason", NULL);
    emit_gone(x, r, nick, how, st_attr(st_child(item, "actor", NULL), "nick"), text);
    free(text);
    member_free(m);
}

static void on_own_gone(struct x *x, struct muc_room *r, xmpp_stanza_t *user, const int *codes, size_t n)
{
    bool again = muc_code_in(codes, n, 332) || muc_code_in(codes, n, 333);
    char *why = muc_why_out(r, user, codes, n);
    if (!why && r->wanted)
        why = xstrdup("the room says that you have left");
    muc_out(x, r, why, again && r->wanted);
    free(why);
}

static void on_unavailable(struct x *x, struct muc_room *r, const char *nick, xmpp_stanza_t *st)
{
    xmpp_stanza_t *user = st_child(st, "x", NS_MUC_USER);
    int codes[MUC_CODES];
    size_t n = muc_codes(user, codes);
    const char *to = muc_code_in(codes, n, 303) ? st_attr(st_child(user, "item", NULL), "nick") : NULL;
    bool own = muc_code_in(codes, n, 110) || (r->stage == MUC_IN && str_eq(nick, r->nick));
    if (to && *to && strlen(to) <= KITH_MAX_NAME)
        on_renamed(x, r, nick, to);
    else if (own && r->parting)
        r->parting = false; /* we have gone already, and may be coming back */
    else if (own && r->stage >= MUC_JOINING)
        on_own_gone(x, r, user, codes, n);
    else
        on_member_gone(x, r, nick, st, codes, n);
}

/* Only a room that we are in, or go into, is heard: the address that a stanza is from is what the servers vouch for. */
bool muc_presence(struct x *x, xmpp_stanza_t *st)
{
    const char *from = st_attr(st, "from"), *type = st_attr(st, "type"), *nick = jid_resource(from);
    struct muc_room *r = muc_find(x, from);
    if (!r)
        return from && st_child(st, "x", NS_MUC_USER) != NULL; /* of a room that we do not know: nobody's */
    r->heard_ms = x_host(x)->mono_ms();
    if (!nick && !type && avatar_announced(st, r->photo) >= 0)
        r->has_photo = avatar_announced(st, r->photo) > 0; /* XEP-0486 §1: as some services say it */
    if (str_eq(type, "error"))
        muc_refused(x, r, st);
    else if (!nick || !*nick || strlen(nick) > KITH_MAX_NAME || r->stage < MUC_JOINING)
        return true;
    else if (!type)
        on_available(x, r, nick, st);
    else if (str_eq(type, "unavailable"))
        on_unavailable(x, r, nick, st);
    return true;
}
