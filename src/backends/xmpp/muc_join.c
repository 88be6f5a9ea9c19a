/* backends/xmpp/muc_join.c - going into rooms and out of them (XEP-0045 §7) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/bookmarks.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/muc.h"
#include "backends/xmpp/omemo.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/uri.h"

enum {
    JOIN_MS = 60000,  /* longest wait for our own presence */
    LEAVE_MS = 10000,
    NICKS_MAX = 5,    /* others tried */
    AGAIN_MS = 15000, /* after a room was lost; then twice as long each time, up to */
    AGAIN_MAX_MS = 15 * 60 * 1000,
    REPLAY = 50       /* messages of the room's own history, where nothing is known of it */
};

static int64_t mono(struct x *x)
{
    return x_host(x)->mono_ms();
}

void muc_wait(struct x *x, struct muc_room *r, int64_t ms)
{
    r->deadline_ms = mono(x) + ms;
    muc_due(x, r->deadline_ms);
}

void muc_end_req(struct x *x, kith_req *req, int err, const char *text)
{
    kith_req one = *req;
    *req = 0;
    if (!one)
        return;
    if (err)
        x_reply_err(x, one, err, text);
    else
        x_reply_ok(x, one, text);
}

static void requests_end(struct x *x, struct muc_room *r, int err, const char *text)
{
    muc_end_req(x, &r->req, err, text);
    muc_end_req(x, &r->nick_req, err, text);
    muc_end_req(x, &r->topic_req, err, text);
    muc_end_req(x, &r->leave_req, err, text);
}

void muc_link_lost(struct x *x, struct muc_room *r)
{
    requests_end(x, r, KITH_ENET, "The connection was lost before the room answered.");
    r->ask = 0;
}

/* ---- going in ---- */

/* §7.2.13: what we have not seen of a room that keeps no archive of its own. */
static void add_history(struct muc_room *r, xmpp_stanza_t *x_muc)
{
    xmpp_stanza_t *h = st_add(x_muc, "history", NULL);
    char text[40];
    if (muc_archived(r)) {
        st_set(h, "maxstanzas", "0");
    } else if (r->from_ms > 0 && clock_format_iso(text, sizeof text, r->from_ms)) {
        st_set(h, "since", text);
    } else {
        snprintf(text, sizeof text, "%d", REPLAY);
        st_set(h, "maxstanzas", text);
    }
}

static void send_join(struct x *x, struct muc_room *r)
{
    xmpp_stanza_t *p = muc_presence_to(x, r, r->nick, NULL), *m;
    r->stage = MUC_JOINING;
    r->replaying = true;
    if (!presence_fill(x, p)) {
        xmpp_stanza_release(p);
        muc_unseen(x, r);
        return;
    }
    m = st_add(p, "x", NS_MUC);
    add_history(r, m);
    if (r->secret)
        st_add_child_text(m, "password", NULL, r->secret);
    muc_wait(x, r, JOIN_MS);
    x_send(x, p);
}

void muc_enter(struct x *x, struct muc_room *r)
{
    r->again_ms = 0;
    if (r->known && !r->seek_nick) {
        send_join(x, r);
        return;
    }
    r->stage = MUC_ASKING;
    muc_wait(x, r, JOIN_MS);
    if (!r->known)
        muc_info(x, r);
    if (r->seek_nick)
        muc_seek_nick(x, r);
}

void muc_informed(struct x *x, struct muc_room *r)
{
    if (r->stage == MUC_ASKING && !r->seek_nick && !r->asking_info)
        send_join(x, r);
    else if (r->stage == MUC_IN && r->told)
        muc_tell(x, r, NULL);
    omemo_room_informed(x, r->address);
}

/* "room@service", "room@service/nick", "xmpp:room@service?join". Owned bare address, *nick owned or NULL. */
static char *address_of(const char *text, char **nick, char **secret)
{
    struct uri u = {0};
    struct err e = {0};
    char *address = xstrdup(text ? text : "");
    if (str_starts(address, "xmpp:") && uri_parse(&u, address, &e) >= 0 && u.address) {
        str_take(&address, xstrdup(u.address));
        *secret = xstrdup(u.key);
    }
    uri_free(&u);
    char *bare = strchr(address, '@') ? jid_typed(address) : NULL;
    bool escaped = bare && !jid_same_bare(bare, address); /* then there may be a slash before the service */
    const char *resource = bare ? jid_resource(escaped ? strrchr(address, '@') : address) : NULL;
    *nick = str_empty(resource) ? NULL : xstrdup(resource);
    free(address);
    return bare;
}

/* by_user: where nothing says which, the room may keep one for them (§7.12). */
static bool choose_nick(struct x *x, struct muc_room *r, const char *given, const char *in_address, bool by_user)
{
    r->seek_nick = by_user && r->stage == MUC_OUT && str_empty(given) && str_empty(in_address) && !r->wish;
    char *wish = !str_empty(given)        ? xstrdup(given)
                 : !str_empty(in_address) ? xstrdup(in_address)
                 : r->wish                ? xstrdup(r->wish)
                                          : muc_default_nick(x);
    char *nick = muc_usable_nick(r, wish);
    free(wish);
    if (!nick)
        return false;
    str_set(&r->wish, nick);
    if (r->stage != MUC_IN)
        str_set(&r->nick, nick);
    free(nick);
    return true;
}

static int join(struct x *x, struct muc_room *r, const char *secret, kith_req req)
{
    if (r->req || r->leave_req)
        return KITH_EBUSY;
    r->wanted = true;
    r->tries = r->nicks = 0;
    muc_touch(x);
    if (r->stage == MUC_IN && !str_eq(r->nick, r->wish))
        return muc_nick(x, r->address, r->wish, req);
    if (r->stage == MUC_IN) {
        if (req)
            x_reply_ok(x, req, r->address);
        return KITH_OK;
    }
    if (!str_empty(secret)) {
        str_wipe_free(r->secret);
        r->secret = xstrdup(secret);
    }
    r->req = req;
    if (r->ask)
        x_ask_gone(x, r->ask);
    r->ask = 0;
    if (r->stage == MUC_OUT)
        muc_enter(x, r);
    return KITH_OK;
}

int muc_join(struct x *x, const char *room, const char *nick, const char *secret, kith_req req)
{
    char *in_address = NULL, *key = NULL, *bare = address_of(room, &in_address, &key);
    struct muc_room *r = bare && x_online(x) ? muc_get(x, bare) : NULL;
    int err = !x_online(x) ? KITH_EOFFLINE : !bare ? KITH_EINVAL : !r ? KITH_ELIMIT : KITH_OK;
    if (r)
        err = choose_nick(x, r, nick, in_address, (req || r->by_user) && !r->instant) ? join(x, r, str_empty(secret) ? key : secret, req) : KITH_EINVAL;
    free(in_address);
    str_wipe_free(key);
    free(bare);
    return err;
}

void muc_rejoin(struct x *x, struct muc_room *r)
{
    muc_archive_doubt(r);
    r->pinging = r->listing = false;
    r->deadline_ms = 0;
    if (r->wish)
        str_set(&r->nick, r->wish);
    else
        str_take(&r->nick, muc_default_nick(x));
    r->nicks = 0;
    muc_enter(x, r);
}

/* ---- in ---- */

void muc_bookmark(struct x *x, struct muc_room *r)
{
    char *usual = muc_default_nick(x);
    r->unkept = !bookmarks_joined(x, r->address, str_eq(r->wish, usual) ? NULL : r->wish, r->secret);
    free(usual);
}

void muc_entered(struct x *x, struct muc_room *r)
{
    bool first = !r->told, by_user = r->req || r->by_user;
    r->stage = MUC_IN;
    r->told = true;
    r->parting = false;
    r->undecided = r->created && by_user && !r->instant;
    r->deadline_ms = r->again_ms = 0;
    r->tries = 0;
    r->heard_ms = mono(x);
    if (by_user && !r->undecided)
        muc_bookmark(x, r);
    r->by_user = false;
    muc_tell(x, r, NULL);
    if (first && r->nicks && r->wish)
        x_notice(x, KITH_INFO, r->address, "\"%s\" is taken here: you are %s.", r->wish, r->nick);
    invite_done(x, r->address);
    muc_end_req(x, &r->req, KITH_OK, r->address);
    muc_touch(x);
    muc_due(x, muc_ping_due(r));
    muc_archive_start(x, r);
    omemo_room_entered(x, r->address);
}

/* ---- out ---- */

static void sent_failed(struct x *x, struct muc_room *r)
{
    for (struct map_entry *e = NULL; (e = map_next(&r->sent, e));)
        message_failed(x, r->address, e->key, KITH_EDENIED, "You had to leave the room before it was there.");
    map_free(&r->sent, NULL);
}

static void go_out(struct x *x, struct muc_room *r, int err, const char *why, bool again)
{
    bool was = r->told || r->listing;
    int64_t wait = AGAIN_MS;
    for (unsigned i = 0; i < r->tries && wait < AGAIN_MAX_MS; i++)
        wait *= 2;
    muc_archive_stop(r);
    r->stage = MUC_OUT;
    r->told = r->listing = r->pinging = r->replaying = r->created = r->unkept = false;
    muc_not_new(x, r);
    r->deadline_ms = r->again_ms = 0;
    r->wanted = r->wanted && again;
    muc_members_lost(x, r);
    if (!again)
        sent_failed(x, r);
    if (r->wanted) {
        r->tries++;
        r->again_ms = mono(x) + MIN(wait, AGAIN_MAX_MS);
        muc_due(x, r->again_ms);
    }
    group_failed(x, r, why);
    omemo_room_left(x, r->address, r->wanted);
    if (was || (!r->req && why))
        muc_tell(x, r, why);
    muc_end_req(x, &r->leave_req, KITH_OK, NULL);
    requests_end(x, r, err, why ? why : "You have left the room.");
    muc_touch(x);
}

void muc_out(struct x *x, struct muc_room *r, const char *why, bool again)
{
    go_out(x, r, KITH_EDENIED, why, again);
}

int muc_leave(struct x *x, const char *room, const char *text, kith_req req)
{
    struct muc_room *r = muc_find(x, room);
    if (!r)
        return KITH_ENOTFOUND;
    if (r->leave_req)
        return KITH_EBUSY;
    r->wanted = false;
    r->again_ms = 0;
    muc_touch(x);
    if (!x_online(x))
        return KITH_EOFFLINE;
    if (r->stage >= MUC_JOINING) {
        xmpp_stanza_t *p = muc_presence_to(x, r, r->nick, "unavailable");
        text = omemo_words(x, r->address, text);
        if (!str_empty(text))
            st_add_child_text(p, "status", NULL, text);
        x_send(x, p);
    }
    if (r->stage != MUC_IN) {
        muc_end_req(x, &r->req, KITH_ECANCELED, "You do not want to go in any more.");
        muc_out(x, r, NULL, false);
        if (req)
            x_reply_ok(x, req, NULL);
        return KITH_OK;
    }
    r->leave_req = req;
    muc_wait(x, r, LEAVE_MS);
    return KITH_OK;
}

void muc_join_tick(struct x *x, struct muc_room *r, int64_t now)
{
    if (r->again_ms && r->again_ms <= now && r->stage == MUC_OUT)
        muc_rejoin(x, r);
    if (!r->deadline_ms || r->deadline_ms > now)
        return;
    r->deadline_ms = 0;
    r->seek_nick = r->stage == MUC_ASKING ? false : r->seek_nick;
    if (r->stage == MUC_ASKING) /* it does not tell what it is: perhaps it lets us in */
        send_join(x, r);
    else if (r->stage == MUC_JOINING && !r->ask)
        muc_out(x, r, "The room does not answer.", true);
    else if (r->stage == MUC_IN && !r->wanted)
        muc_out(x, r, NULL, false);
    else if (r->nick_req)
        muc_end_req(x, &r->nick_req, KITH_ENET, "The room does not answer.");
}

/* ---- refused ---- */

/* §7.2.6. */
static void on_secret(struct x *x, const struct kith_answer *a, void *user)
{
    struct muc_room *r = user;
    const struct kith_field *f = a->n_fields ? a->fields : NULL;
    const char *secret = f && f->n_values ? f->values[0] : NULL;
    r->ask = 0;
    if (r->stage != MUC_JOINING || !x_online(x))
        return;
    if (str_empty(secret)) {
        muc_out(x, r, "This room wants a password.", false);
        return;
    }
    str_wipe_free(r->secret);
    r->secret = xstrdup(secret);
    send_join(x, r);
}

static void ask_secret(struct x *x, struct muc_room *r)
{
    bool wrong = r->secret != NULL;
    struct kith_field field = {.size = sizeof field, .key = "secret", .label = "Password", .type = "secret"};
    char *title = xasprintf("Password for the room %s", r->address);
    struct kith_ev_ask ev = EV_INIT(KITH_EV_ASK, kith_ev_ask);
    str_wipe_free(r->secret);
    r->secret = NULL;
    r->deadline_ms = 0;
    ev.kind = KITH_ASK_SECRET;
    ev.subject = r->address;
    ev.title = title;
    ev.text = wrong ? "The password was wrong." : "Only who knows it may go in.";
    ev.fields = &field;
    ev.n_fields = 1;
    x_ask(x, &ev, on_secret, r);
    r->ask = ev.ask;
    free(title);
}

static void refused_join(struct x *x, struct muc_room *r, xmpp_stanza_t *st)
{
    static const char *const later[] = {"remote-server-timeout", "resource-constraint", "internal-server-error",
                                        "remote-server-not-found", "recipient-unavailable"};
    const char *cond = muc_condition(st);
    bool again = false;
    int err;
    if (str_eq(cond, "conflict") && r->nicks < NICKS_MAX) { /* §7.2.8 */
        r->nicks++;
        str_take(&r->nick, xasprintf("%s_", r->nick));
        send_join(x, r);
        return;
    }
    if (str_eq(cond, "not-authorized")) {
        ask_secret(x, r);
        return;
    }
    for (size_t i = 0; i < COUNT(later) && !r->req; i++) /* what we do by ourselves is tried again */
        again = again || str_eq(cond, later[i]);
    char *why = muc_why_not(st, &err);
    go_out(x, r, err, why, again);
    free(why);
}

void muc_refused(struct x *x, struct muc_room *r, xmpp_stanza_t *st)
{
    int err;
    if (r->stage == MUC_JOINING) {
        refused_join(x, r, st);
        return;
    }
    if (r->stage != MUC_IN)
        return;
    if (r->nick_req) {
        char *why = str_eq(muc_condition(st), "conflict") ? xstrdup("Somebody else has this nick here.")
                                                          : muc_why_not(st, &err);
        r->deadline_ms = 0;
        muc_end_req(x, &r->nick_req, KITH_ECONFLICT, why);
        free(why);
    } else if (str_eq(muc_condition(st), "not-acceptable") || str_eq(muc_condition(st), "item-not-found")) {
        muc_rejoin(x, r); /* it does not know us any more */
    }
}
