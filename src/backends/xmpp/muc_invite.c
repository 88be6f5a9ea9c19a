/* backends/xmpp/muc_invite.c - invitations into rooms: by the room (XEP-0045 §7.8) and from person to person (XEP-0249) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/muc.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/puppets.h"
#include "base/mem.h"
#include "base/rand.h"

enum {
    OPEN_MAX = 8,        /* questions to the user at a time */
    STRANGERS_MAX = 3,   /* of these, from people who are no contacts */
    QUIET_MS = 10 * 1000, /* between two of strangers */
    REASON_MAX = 600,
    SENT_MAX = 50        /* of ours, whose errors may come */
};

struct invite {
    uint64_t ask;     /* 0: a free place */
    char *room, *by;  /* by: whom a refusal goes to; who says so is the room, where it is mediated */
    char *password;
    bool mediated, stranger;
    bool on; /* what was a chat of two goes on there (XEP-0045 §7.9, XEP-0249 §3) */
};
struct sent { char *id, *who, *room; };
struct invites {
    struct invite open[OPEN_MAX];
    struct sent sent[SENT_MAX];
    size_t n_sent; /* so many were sent; the place of the next is this modulo SENT_MAX */
    int64_t quiet_ms; /* monotonic: of the last one by a stranger; 0: none */
};

static struct invites *of(const struct x *x)
{
    return x_state(x, "invite");
}

static void forget(struct invite *v)
{
    free(v->room);
    free(v->by);
    str_wipe_free(v->password);
    *v = (struct invite){0};
}

/* ---- the user's answer ---- */

static void decline(struct x *x, const struct invite *v)
{
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    st_set(m, "to", v->room);
    xmpp_stanza_t *d = st_add(st_add(m, "x", NS_MUC_USER), "decline", NS_MUC_USER);
    st_set(d, "to", v->by);
    x_send(x, m);
}

static void on_answer(struct x *x, const struct kith_answer *a, void *user)
{
    struct invite v = *(struct invite *)user;
    *(struct invite *)user = (struct invite){0};
    if (str_eq(a->choice, "join")) {
        struct muc_room *r = x_online(x) ? muc_get(x, v.room) : NULL;
        if (r)
            r->by_user = true;
        if (muc_join(x, v.room, NULL, v.password, 0) < 0)
            x_notice(x, KITH_ERROR, NULL, "%s cannot be joined now.", v.room);
    } else if (str_eq(a->choice, "decline") && v.mediated && v.by) {
        decline(x, &v);
    } else if (str_eq(a->choice, "block")) {
        const char *whom = v.mediated ? v.room : v.by;
        if (blocking_block(x, whom, 0, 0) < 0)
            x_notice(x, KITH_ERROR, NULL, "The server cannot block %s.", whom);
    }
    forget(&v);
}

void invite_done(struct x *x, const char *room)
{
    struct invites *m = of(x);
    for (size_t i = 0; m && i < OPEN_MAX; i++) {
        struct invite *v = &m->open[i];
        if (!v->ask || !str_eq(v->room, room))
            continue;
        x_ask_gone(x, v->ask);
        forget(v);
    }
}

/* ---- the question ---- */

/* Contacts, and people of a gateway that is one: what strangers' messages are spared holds for them. */
static bool is_known(const struct x *x, const char *by)
{
    return by && (roster_has(x, by) || puppets_is_gateway(x, by) || puppets_has(x, by) || jid_same_bare(by, x_bare(x)));
}

/* XEP-0249 §4: one question for a room, none for one we are in. NULL: it is not to be asked. */
static struct invite *place(struct x *x, const char *room, bool stranger)
{
    struct invites *m = of(x);
    const struct muc_room *r = muc_find(x, room);
    struct invite *empty = NULL;
    size_t strangers = 0;
    int64_t now = x_host(x)->mono_ms();
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct invite *v = &m->open[i];
        if (v->ask && str_eq(v->room, room))
            return NULL;
        strangers += v->ask && v->stranger;
        empty = v->ask || empty ? empty : v;
    }
    if ((r && r->stage == MUC_IN) || !empty)
        return NULL;
    if (!stranger)
        return empty;
    if (strangers >= STRANGERS_MAX || (m->quiet_ms && now - m->quiet_ms < QUIET_MS)) {
        x_log(x, KITH_INFO, "too many invitations of strangers: one is not shown");
        return NULL;
    }
    m->quiet_ms = now;
    return empty;
}

static char *facts(const struct x *x, const struct invite *v, const char *reason)
{
    struct buf b = {0};
    buf_addf(&b, "The room is %s.\n", v->room);
    if (!str_empty(reason))
        buf_addf(&b, "They write: %.*s\n", REASON_MAX, reason);
    if (v->on)
        buf_addf(&b, "Your chat with them is to go on there, with others.\n");
    if (v->mediated)
        buf_addf(&b, "That %s invites you is what the room says.\n", v->by ? v->by : "somebody");
    if (!v->by || !is_known(x, v->by))
        buf_addf(&b, "%s is not among your contacts.\n", v->by ? v->by : "Who invites you");
    buf_delete(&b, b.len - 1, 1);
    return buf_take(&b);
}

static void ask_user(struct x *x, struct invite *v, const char *reason)
{
    struct kith_choice choices[3] = {
        {sizeof choices[0], v->stranger ? 0 : KITH_CHOICE_DEFAULT, "join", "Join"},
        {sizeof choices[0], v->stranger ? KITH_CHOICE_DEFAULT : 0, v->mediated ? "decline" : "ignore",
         v->mediated ? "Decline" : "Ignore"},
        {sizeof choices[0], KITH_CHOICE_DANGER, "block", v->mediated ? "Block this room" : "Block them"}};
    char *title = xasprintf("%s invites you to a room", v->by ? v->by : "Somebody"), *text = facts(x, v, reason);
    struct kith_ev_ask ev = EV_INIT(KITH_EV_ASK, kith_ev_ask);
    ev.kind = KITH_ASK_INVITE;
    ev.subject = v->room;
    ev.title = title;
    ev.text = text;
    ev.choices = choices;
    ev.n_choices = v->stranger ? 3 : 2;
    x_ask(x, &ev, on_answer, v);
    v->ask = ev.ask;
    free(title);
    free(text);
}

/* A room can say that anybody invites. It is believed where its service is ours, a contact, or that person's own. */
static bool believes(const struct x *x, const char *room, const char *by)
{
    const char *service = strchr(room, '@') + 1, *at = strchr(by, '@');
    const char *whose[] = {x_domain(x), at ? at + 1 : NULL};
    for (size_t i = 0; i < COUNT(whose); i++) {
        char *below = whose[i] ? xasprintf(".%s", whose[i]) : NULL;
        bool is = below && (str_eq(service, whose[i]) || str_ends(service, below));
        free(below);
        if (is)
            return true;
    }
    return roster_has(x, service);
}

static void take(struct x *x, const char *room, const char *by, bool mediated, bool on, const char *reason,
                 const char *password)
{
    char *bare = by ? jid_bare(by) : NULL;
    /* an occupant of the room is whoever the room says, not a person */
    bool stranger = !bare || jid_same_bare(bare, room) || !is_known(x, bare) || (mediated && !believes(x, room, bare));
    struct invite *v = bare && blocking_has(x, bare) ? NULL : place(x, room, stranger);
    if (v) {
        bool occupant = bare && jid_resource(by) && muc_is_room(x, bare);
        *v = (struct invite){.room = xstrdup(room), .password = xstrdup(str_empty(password) ? NULL : password),
                             .mediated = mediated, .stranger = stranger, .on = on && !stranger};
        v->by = occupant || (bare && jid_same_bare(bare, room)) ? jid_normal(by) : xstrdup(bare);
        ask_user(x, v, reason);
    }
    free(bare);
}

/* ---- what comes ---- */

/* §7.8.2. Only from the room itself: an occupant, or a person, cannot invite in its name. */
static void take_mediated(struct x *x, xmpp_stanza_t *user, const char *from)
{
    xmpp_stanza_t *invite = st_child(user, "invite", NULL);
    char *room = jid_resource(from) || !strchr(from, '@') ? NULL : jid_bare(from);
    char *reason = st_child_text(invite, "reason", NULL), *password = st_child_text(user, "password", NULL);
    if (room && !jid_same_bare(room, x_bare(x)) && !roster_has(x, room))
        take(x, room, st_attr(invite, "from"), true, st_child(invite, "continue", NULL) != NULL, reason, password);
    free(room);
    free(reason);
    str_wipe_free(password);
}

/* §7.8.2: somebody does not want to come; of a room that we are in. */
static void take_decline(struct x *x, xmpp_stanza_t *d, const char *from)
{
    const struct muc_room *r = jid_resource(from) ? NULL : muc_find(x, from);
    char *by = st_attr(d, "from") ? jid_normal(st_attr(d, "from")) : NULL, *reason = st_child_text(d, "reason", NULL);
    if (r && r->stage == MUC_IN && by)
        x_notice(x, KITH_INFO, r->address, "%s does not want to come%s%.*s", by, str_empty(reason) ? "." : ": ", REASON_MAX,
                 reason ? reason : "");
    free(by);
    free(reason);
}

/* XEP-0249 §2. False: what it names cannot be a room. */
static bool take_direct(struct x *x, xmpp_stanza_t *conference, const char *from, bool quiet)
{
    const char *jid = st_attr(conference, "jid");
    char *room = jid && strchr(jid, '@') && !jid_resource(jid) ? jid_bare(jid) : NULL;
    bool there = room && !jid_same_bare(room, x_bare(x)) && !roster_has(x, room);
    const char *on = st_attr(conference, "continue");
    if (there && from && !quiet)
        take(x, room, from, false, str_eq(on, "true") || str_eq(on, "1"), st_attr(conference, "reason"), st_attr(conference, "password"));
    free(room);
    return there;
}

bool invite_take(struct x *x, xmpp_stanza_t *st, const char *from, bool quiet)
{
    xmpp_stanza_t *user = st_child(st, "x", NS_MUC_USER), *conference = st_child(st, "x", NS_CONFERENCE);
    xmpp_stanza_t *invite = st_child(user, "invite", NULL), *refusal = st_child(user, "decline", NULL);
    if (!invite && !refusal)
        return conference && take_direct(x, conference, from, quiet);
    if (from && !quiet && invite)
        take_mediated(x, user, from);
    else if (from && !quiet)
        take_decline(x, refusal, from);
    return true;
}

/* One of ours came back. */
bool invite_error(struct x *x, xmpp_stanza_t *st)
{
    struct invites *m = of(x);
    const char *id = st_attr(st, "id");
    for (size_t i = 0; id && i < SENT_MAX; i++) {
        struct sent *s = &m->sent[i];
        char *from = s->id && str_eq(s->id, id) && st_attr(st, "from") ? jid_bare(st_attr(st, "from")) : NULL;
        bool it = from && (str_eq(from, s->room) || str_eq(from, s->who));
        free(from);
        if (!it)
            continue;
        struct err e = {0};
        st_error(st, &e);
        x_notice(x, KITH_ERROR, s->room, "%s was not invited. %s", s->who, e.text);
        str_set(&s->id, NULL);
        return true;
    }
    return false;
}

/* ---- ours ---- */

static void note(struct invites *m, const char *id, const char *who, const char *room)
{
    struct sent *s = &m->sent[m->n_sent++ % SENT_MAX];
    str_set(&s->id, id);
    str_set(&s->who, who);
    str_set(&s->room, room);
}

static xmpp_stanza_t *invitation(struct x *x, const struct muc_room *r, const char *bare, const char *to)
{
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    char id[23];
    rand_id(id);
    st_set(m, "id", id);
    st_set(m, "to", to);
    note(of(x), id, bare, r->address);
    return m;
}

void invite_by_room(struct x *x, const struct muc_room *r, const char *bare, const char *text, bool on)
{
    xmpp_stanza_t *m = invitation(x, r, bare, r->address);
    xmpp_stanza_t *invite = st_add(st_add(m, "x", NS_MUC_USER), "invite", NS_MUC_USER);
    st_set(invite, "to", bare);
    if (!str_empty(text))
        st_add_child_text(invite, "reason", NS_MUC_USER, text);
    if (on)
        st_add(invite, "continue", NS_MUC_USER);
    x_send(x, m);
}

/* From person to person; it also comes through where only contacts may write (XEP-0249 §1). */
static void invite_directly(struct x *x, const struct muc_room *r, const char *bare, const char *text)
{
    xmpp_stanza_t *m = invitation(x, r, bare, bare), *c = st_add(m, "x", NS_CONFERENCE);
    st_set(c, "jid", r->address);
    st_set(c, "password", omemo_holds(x, bare) ? NULL : r->secret);
    st_set(c, "reason", str_empty(text) ? NULL : text);
    if (r->secret && omemo_holds(x, bare))
        x_notice(x, KITH_WARN, r->address, "The password of this room is not in the invitation, because your chat with %s is encrypted, and "
                 "invitations are not. Write it to them.", bare);
    x_send(x, m);
}

int invite_send(struct x *x, const char *room, const char *who, const char *text, kith_req req)
{
    const struct muc_room *r = room ? muc_find(x, room) : NULL;
    char *bare = who && strchr(who, '@') ? jid_typed(who) : NULL;
    int err = !bare ? KITH_EINVAL : !r || r->stage != MUC_IN ? KITH_ENOTFOUND : KITH_OK;
    if (!err) {
        text = omemo_words(x, omemo_holds(x, bare) ? bare : r->address, text);
        if (r->flags & KITH_CHAT_MEMBERS_ONLY)
            invite_by_room(x, r, bare, text, false);
        else
            invite_directly(x, r, bare, text);
        x_notice(x, KITH_INFO, r->address, "you invite %s", bare);
        x_reply_ok(x, req, NULL);
    }
    free(bare);
    return err;
}

/* ---- life ---- */

static void invite_attach(struct x *x)
{
    x_set_state(x, "invite", xcalloc(1, sizeof(struct invites)));
}

static void invite_online(struct x *x, bool resumed)
{
    struct invites *m = of(x);
    for (size_t i = 0; !resumed && i < OPEN_MAX; i++)
        forget(&m->open[i]); /* the questions died with the session */
}

static void invite_detach(struct x *x)
{
    struct invites *m = of(x);
    for (size_t i = 0; i < OPEN_MAX; i++)
        forget(&m->open[i]);
    for (size_t i = 0; i < SENT_MAX; i++) {
        free(m->sent[i].id);
        free(m->sent[i].who);
        free(m->sent[i].room);
    }
    free(m);
    x_set_state(x, "invite", NULL);
}

static const char *const invite_vars[] = {NS_CONFERENCE, NULL};
const struct feature feature_invite = {
    .name = "invite",
    .disco = invite_vars,
    .attach = invite_attach,
    .online = invite_online,
    .detach = invite_detach,
};
