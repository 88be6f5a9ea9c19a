/* backends/xmpp/message.c - a message stanza, wherever it came from, becomes an event */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/call.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/puppets.h"
#include "backends/xmpp/upload.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { DELAY_SLACK_MS = 10 * 60 * 1000 };

struct inbox { /* when the server could have kept a message for us: XEP-0203 §4 stamps outside of it
                  are not believed */
    int64_t gone_ms;    /* wall time when the last link ended; 0 = not in this process */
    int64_t here_ms;    /* wall time of the bind or resume */
    uint64_t last;      /* number of the last event */
};

/* What is gathered for one event; the strings are owned here. */
struct draft_msg {
    struct kith_ev_message ev;
    char *body, *thread;
    char *reactions[REACTIONS_MAX];
    struct file_list files;
};

const char *message_origin_id(xmpp_stanza_t *st)
{
    return id_attr(st_child(st, "origin-id", NS_SID), "id");
}

const char *message_archive_id(const struct x *x, xmpp_stanza_t *st)
{
    if (!disco_archive(x))
        return NULL; /* XEP-0359 §7: the server does not announce it, so anybody may have written it
                      */
    EACH_CHILD (c, st) {
        const char *by = is_elem(c, "stanza-id", NS_SID) ? st_attr(c, "by") : NULL;
        if (by && !strchr(by, '/') && jid_same_bare(by, x_bare(x)))
            return id_attr(c, "id");
    }
    return NULL;
}

uint64_t message_last(const struct x *x)
{
    const struct inbox *in = x_state(x, "message");
    return in->last;
}

/* ---- parts of a message ---- */
/* Offline storage and hibernation stamp in the server's name, but so can any sender: only a stamp
 * from the time when we were away is believed. */
static int64_t live_delay(const struct x *x, xmpp_stanza_t *st)
{
    const struct inbox *in = x_state(x, "message");
    const char *by;
    int64_t ms = delay_stamp(st, &by);
    if (!ms || !by || !from_server(x, by) || !in->here_ms)
        return 0;
    bool possible =
        ms <= in->here_ms + DELAY_SLACK_MS && (!in->gone_ms || ms >= in->gone_ms - DELAY_SLACK_MS);
    return possible ? ms : 0;
}

/* XEP-0334 */
static bool has_hint(xmpp_stanza_t *st, const char *name)
{
    return st_child(st, name, NS_HINTS) != NULL;
}

/* XEP-0380, XEP-0384 and friends: this build cannot read them, so it says what came. NULL: nothing that a
 * person wrote. */
static char *encrypted_notice(xmpp_stanza_t *st)
{
    xmpp_stanza_t *old = st_child(st, "encrypted", NS_OMEMO),
                  *v2 = st_child(st, "encrypted", NS_OMEMO2);
    xmpp_stanza_t *eme = st_child(st, "encryption", NS_EME);
    if ((old && st_child(old, "payload", NULL)) || (v2 && st_child(v2, "payload", NULL)))
        return xstrdup("This message is encrypted with OMEMO, which is not available here.");
    if (old || v2 || !eme)
        return NULL;
    const char *name = st_attr(eme, "name");
    return xasprintf("This message is encrypted with %.60s, which is not available here.",
                     str_empty(name) ? "a method" : name);
}

/* The body as people read it; sets .reply_to and the flags that come with it. */
static void read_body(struct x *x, struct draft_msg *d, xmpp_stanza_t *st, const struct im_from *how)
{
    char *body = st_child_text(st, "body", NS_CLIENT);
    if (how->unread) {
        free(body);
        d->ev.enc = KITH_ENC_FAILED;
        d->ev.body = d->body = xstrdup(how->unread);
        return;
    }
    d->ev.enc = how->enc;
    bool encrypted = st_child(st, "encrypted", NS_OMEMO) || st_child(st, "encrypted", NS_OMEMO2) ||
                     (st_child(st, "encryption", NS_EME) && body);
    if (encrypted) {
        char *notice = encrypted_notice(st);
        free(body);
        body = notice;
        d->ev.enc = KITH_ENC_FAILED;
    }
    const char *sender, *to = reply_target(st, &sender);
    if (to && !encrypted) {
        d->ev.reply_to = to;
        d->ev.reply_sender = sender;
        body = fallback_strip(st, body, NS_REPLY);
    }
    if (!encrypted)
        body = sfs_take(st, body, &d->files);
    d->ev.attachments = d->files.n ? d->files.v : NULL;
    d->ev.n_attachments = d->files.n;
    char *subject = st_child_text(st, "subject", NS_CLIENT);
    if (!str_empty(subject) && !str_empty(body))
        str_take(&body, xasprintf("%s\n%s", subject, body));
    free(subject);
    if (body && !encrypted && str_starts(body, "/me ")) { /* XEP-0245 */
        str_take(&body, xstrdup(body + 4));
        d->ev.flags |= KITH_MSG_ACTION;
    }
    d->body = encrypted ? body : styling_take(x, st, body, &d->ev);
    d->ev.body = d->body;
}

/* Decides what kind of message it is. False: nothing for the user in it. */
static bool read_content(struct x *x, struct draft_msg *d, xmpp_stanza_t *st, const struct im_from *how, bool out)
{
    if ((d->body = call_words(st, out))) {
        d->ev.body = d->body;
        d->ev.flags |= KITH_MSG_ACTION;
        return true;
    }
    d->ev.target = retract_target(st);
    if (d->ev.target) {
        d->ev.flags |= KITH_MSG_RETRACT;
        return true;
    }
    d->ev.target = reactions_take(st, d->reactions, &d->ev.n_reactions);
    if (d->ev.target) {
        d->ev.flags |= KITH_MSG_REACT;
        d->ev.reactions = (const char *const *)d->reactions;
        return true;
    }
    read_body(x, d, st, how);
    if (str_empty(d->body))
        return false;
    d->ev.target = correct_target(st);
    if (d->ev.target)
        d->ev.flags |= KITH_MSG_EDIT;
    return true;
}

static void set_ids(struct draft_msg *d, xmpp_stanza_t *st, const struct im_from *how,
                    const struct im_said *who)
{
    d->ev.origin_id = message_origin_id(st);
    d->ev.id = id_attr(st, "id") ? id_attr(st, "id") : d->ev.origin_id;
    d->ev.archive_id = how->source == IM_ARCHIVE ? how->archive_id : who->archive_id;
}

uint64_t message_emit(struct x *x, xmpp_stanza_t *st, const struct im_from *how,
                      const struct im_said *who)
{
    struct draft_msg d = {
        .ev = {.ev = {.size = sizeof d.ev, .type = KITH_EV_MESSAGE, .req = how->req}}};
    uint64_t number = 0;
    if (read_content(x, &d, st, how, who->out)) {
        d.ev.chat = who->chat;
        d.ev.sender = who->sender;
        d.ev.sender_name = who->sender_name;
        d.ev.sender_id = who->sender_id;
        d.ev.resource = who->resource;
        d.ev.ev.time_ms = who->time_ms;
        d.ev.flags |= how->flags | (who->out ? KITH_MSG_OUTGOING : 0);
        if (has_hint(st, "no-store") || has_hint(st, "no-permanent-store"))
            d.ev.flags |= KITH_MSG_NO_STORE;
        d.thread = st_child_text(st, "thread", NS_CLIENT);
        d.ev.thread = d.thread && strlen(d.thread) <= KITH_MAX_ID ? d.thread : NULL;
        set_ids(&d, st, how, who);
        number = x_emit(x, &d.ev.ev);
        ((struct inbox *)x_state(x, "message"))->last = number;
    }
    for (size_t i = 0; i < d.ev.n_reactions; i++)
        free(d.reactions[i]);
    free(d.body);
    sfs_free(&d.files);
    free((void *)(uintptr_t)d.ev.spans);
    free(d.thread);
    return number;
}

/* Neither kept by the account, nor of it, its server, a room of ours, or a gateway that it keeps. */
static bool is_stranger(const struct x *x, const struct im_ends *e)
{
    return !e->out && !e->room && !roster_has(x, e->chat) && !from_server(x, e->chat) && !puppets_is_gateway(x, e->chat) &&
           !puppets_has(x, e->chat);
}

/* A message between people. The number of its event; 0: there was nothing in it. */
static uint64_t emit_content(struct x *x, xmpp_stanza_t *st, const struct im_from *how,
                             const struct im_ends *e)
{
    struct im_from as = *how;
    char *sender = e->room ? xstrdup(e->from) : jid_bare(e->from);
    bool own_name = e->out || e->room || roster_has(x, e->chat);
    char *nick = own_name ? NULL : st_child_text(st, "nick", NS_NICK);
    struct im_said who = {.chat = e->chat,
                          .sender = e->room && e->out ? x_bare(x) : sender,
                          .sender_name = e->room && !e->out ? jid_resource(e->chat) : nick,
                          .resource = e->room ? NULL : jid_resource(e->from),
                          .out = e->out,
                          .archive_id = message_archive_id(x, st),
                          .time_ms = how->time_ms};
    if (how->source == IM_LIVE && (who.time_ms = live_delay(x, st)))
        as.flags |= KITH_MSG_DELAYED;
    if (is_stranger(x, e))
        as.flags |= KITH_MSG_STRANGER;
    else if (how->source == IM_LIVE && !e->out && puppets_has(x, e->chat))
        puppets_seen(x, e->chat, nick);
    uint64_t number = message_emit(x, st, &as, &who);
    free(sender);
    free(nick);
    return number;
}

/* RFC 6120 §8.3: something we sent came back. It is shown at the message, in the other side's
 * words. */
static void take_error(struct x *x, xmpp_stanza_t *st, const struct im_ends *e)
{
    const char *id = id_attr(st, "id");
    struct err why = {0};
    if (!id)
        return;
    st_error(st, &why);
    struct kith_ev_receipt ev = EV_INIT(KITH_EV_RECEIPT, kith_ev_receipt);
    ev.chat = e->chat;
    ev.who = e->chat;
    ev.id = id;
    ev.delivery = KITH_FAILED;
    ev.err = why.code;
    ev.text = why.text;
    x_emit(x, &ev.ev);
}

/* Headlines are words of services; only the own server's are shown (the rest is PEP, which has its
 * own features). */
static void take_headline(struct x *x, xmpp_stanza_t *st, const char *from)
{
    char *body = from_server(x, from) ? st_child_text(st, "body", NS_CLIENT) : NULL;
    char *subject = body ? st_child_text(st, "subject", NS_CLIENT) : NULL;
    if (!str_empty(body))
        x_notice(x, KITH_INFO, NULL, "%s%s%s", subject ? subject : "", subject ? ": " : "", body);
    free(subject);
    free(body);
}

/* Who the two ends are. False when an address is malformed. *own: the text to free. One person in a
 * room is a chat of their own, by their whole address there. */
static bool ends(const struct x *x, xmpp_stanza_t *st, const struct im_from *how, struct im_ends *e,
                 char **own)
{
    const char *from = st_attr(st, "from"), *to = st_attr(st, "to");
    e->from = from ? from : x_bare(x);
    e->out = jid_same_bare(e->from, x_bare(x));
    if (how->source == IM_CARBON && how->sent && !e->out)
        return false; /* XEP-0280 §8: what we sent is from us */
    const char *other = !e->out ? e->from : to ? to : x_bare(x);
    e->room = muc_is_room(x, other) && jid_resource(other);
    *own = e->room ? jid_normal(other) : jid_bare(other);
    e->chat = *own;
    return *own != NULL;
}

/* What is of a room and no private message in one of ours must not look like a person's. */
static bool of_a_room(struct x *x, xmpp_stanza_t *st, const struct im_ends *e)
{
    xmpp_stanza_t *user = st_child(st, "x", NS_MUC_USER);
    if (e->room)
        return false;
    if (!user)
        return muc_is_room(x, e->chat);
    return true;
}

/* What people say to each other, read where it is encrypted. */
static void take_content(struct x *x, xmpp_stanza_t *st, const struct im_from *how, const struct im_ends *e)
{
    struct im_from as = *how;
    struct omemo_letter letter = {0};
    char *who = jid_bare(e->from);
    enum omemo_took took = who && !e->room ? omemo_take(x, st, how, who, &letter) : OMEMO_PLAIN;
    free(who);
    if (took == OMEMO_NOTHING)
        return;
    as.enc = letter.enc;
    as.unread = letter.why;
    xmpp_stanza_t *open = letter.st ? letter.st : st;
    bool receipt = receipts_take(x, open, how, e);
    if (how->source == IM_LIVE) {
        rtt_take(x, open, e);
        chatstates_take(x, open, how, e);
    }
    as.flags |= call_rings(x, open, how, e) ? KITH_MSG_MENTION : 0;
    uint64_t number = receipt ? 0 : emit_content(x, open, &as, e);
    if (number && how->source == IM_LIVE && !e->out)
        receipts_answer(x, open, e);
    call_take(x, open, how, e);
    omemo_told(x, letter.kept, number);
    free(letter.why);
    st_wipe_release(letter.st);
}

void message_take(struct x *x, xmpp_stanza_t *st, const struct im_from *how)
{
    const char *type = st_attr(st, "type");
    struct im_ends e = {0};
    char *own = NULL;
    if (str_eq(type, "groupchat") || !ends(x, st, how, &e, &own))
        return;
    if (str_eq(type, "headline"))
        take_headline(x, st, st_attr(st, "from"));
    else if (str_eq(type, "error")) {
        if (how->source != IM_ARCHIVE && !e.out && !invite_error(x, st) && !muc_error(x, st))
            take_error(x, st, &e);
    } else if (!invite_take(x, st, st_attr(st, "from"), e.out || how->req) && !of_a_room(x, st, &e)) {
        take_content(x, st, how, &e);
    }
    const char *archived = how->source != IM_ARCHIVE ? message_archive_id(x, st) : NULL;
    if (archived)
        mam_live(x, archived);
    free(own);
}

static bool message_message(struct x *x, xmpp_stanza_t *st)
{
    struct im_from how = {.source = IM_LIVE};
    message_take(x, st, &how);
    return true;
}

static void message_attach(struct x *x)
{
    x_set_state(x, "message", xcalloc(1, sizeof(struct inbox)));
}

static void message_online(struct x *x, bool resumed)
{
    struct inbox *in = x_state(x, "message");
    in->here_ms = x_host(x)->wall_ms();
}

static void message_offline(struct x *x)
{
    struct inbox *in = x_state(x, "message");
    in->gone_ms = x_host(x)->wall_ms();
}

static void message_detach(struct x *x)
{
    free(x_state(x, "message"));
    x_set_state(x, "message", NULL);
}

static const char *const message_vars[] = {NS_CORRECT,       NS_RETRACT,  NS_REACTIONS,
                                           NS_REPLY,         NS_FALLBACK, NS_SID,
                                           "urn:xmpp:eme:0", NS_NICK,     NULL};
const struct feature feature_message = {
    .name = "message",
    .disco = message_vars,
    .attach = message_attach,
    .online = message_online,
    .offline = message_offline,
    .detach = message_detach,
    .message = message_message,
};
