/* backends/xmpp/muc_message.c - what is said in a room, by whom, and what comes back of ours (XEP-0045 §7.4, §8.1) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/muc.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

/* XEP-0359 §5: only where the room announces it, and only what the room says that it put there. */
static const char *stanza_id(const struct muc_room *r, xmpp_stanza_t *st)
{
    if (!muc_has(r, NS_SID))
        return NULL;
    EACH_CHILD (c, st)
        if (is_elem(c, "stanza-id", NS_SID) && str_eq(st_attr(c, "by"), r->address))
            return id_attr(c, "id");
    return NULL;
}

/* ---- who ---- */

/* Who may change it later: by the room's own word, else by who they are as long as they stay. */
static const char *sender_id(const struct muc_room *r, xmpp_stanza_t *st, const char *nick, bool live)
{
    const char *id = muc_occupant_id(r, st);
    const struct muc_member *m = live ? muc_member(r, nick) : NULL;
    return id ? id : m && !muc_has(r, NS_OCCUPANT) ? m->id : NULL;
}

/* ---- what comes back ---- */

/* The room has it: only now is it there for everybody. True when it was sent from here. */
static bool reflected(struct x *x, struct muc_room *r, xmpp_stanza_t *st, const char *archive_id)
{
    const char *ids[] = {message_origin_id(st), id_attr(st, "id")};
    for (size_t i = 0; i < COUNT(ids); i++) {
        if (!ids[i] || !map_del(&r->sent, ids[i]))
            continue;
        struct kith_ev_receipt ev = EV_INIT(KITH_EV_RECEIPT, kith_ev_receipt);
        ev.chat = r->address;
        ev.id = ids[i];
        ev.delivery = KITH_STORED;
        ev.archive_id = archive_id;
        x_emit(x, &ev.ev);
        return true;
    }
    return false;
}

static bool is_sent(const struct muc_room *r, xmpp_stanza_t *st)
{
    const char *origin = message_origin_id(st), *id = id_attr(st, "id");
    return (origin && map_get(&r->sent, origin)) || (id && map_get(&r->sent, id));
}

/* By the room's own word where it gives one; else by what only we know yet, or, while we are in it, by our nick: in the
 * room's past a nick proves nothing, somebody else may have had ours. */
static bool is_ours(const struct muc_room *r, xmpp_stanza_t *st, const char *nick, bool live)
{
    const char *id = muc_occupant_id(r, st);
    if (id && r->own_id)
        return strcmp(id, r->own_id) == 0;
    return is_sent(r, st) || (live && r->stage == MUC_IN && str_eq(nick, r->nick));
}

static bool is_change(xmpp_stanza_t *st)
{
    return correct_target(st) || retract_target(st) || st_child(st, "reactions", NS_REACTIONS);
}

/* ---- kinds ---- */

/* §8.1: a subject and no body; it ends the room's own history, also when it is empty. */
static bool take_topic(struct x *x, struct muc_room *r, xmpp_stanza_t *st, const char *nick, int64_t ms)
{
    xmpp_stanza_t *subject = st_child(st, "subject", NS_CLIENT);
    if (!subject || st_child(st, "body", NULL) || st_child(st, "thread", NULL))
        return false;
    char *text = st_text(subject);
    bool changed = str_set(&r->topic, str_empty(text) ? NULL : text);
    changed |= str_set(&r->topic_by, nick);
    r->topic_ms = ms;
    r->replaying = false;
    free(text);
    if (changed && r->told)
        muc_tell(x, r, NULL);
    if (r->topic_req && str_eq(nick, r->nick)) {
        x_reply_ok(x, r->topic_req, NULL);
        r->topic_req = 0;
    }
    return true;
}

/* XEP-0425 §4, now and as it was; XEP-0424 only: by the room itself, never by who is in it. */
static bool take_moderation(struct x *x, const struct muc_room *r, xmpp_stanza_t *st, const struct im_from *how)
{
    xmpp_stanza_t *retract = st_child(st, "retract", NS_RETRACT), *old = st_child(st, "apply-to", NS_FASTEN);
    xmpp_stanza_t *moderated = st_child(retract, "moderated", NULL);
    const char *target = id_attr(moderated ? retract : old, "id");
    xmpp_stanza_t *where = moderated ? retract : st_child(old, "moderated", NS_MODERATE0);
    if (!where || !target || (moderated ? !muc_has(r, NS_MODERATE) && !muc_has(r, NS_MODERATE0) : !st_child(where, "retract", NULL)))
        return false;
    char *reason = st_child_text(where, "reason", NULL);
    const char *by = st_attr(moderated ? moderated : where, "by");
    struct kith_ev_message ev = EV_INIT(KITH_EV_MESSAGE, kith_ev_message);
    ev.ev.time_ms = how->time_ms;
    ev.ev.req = how->req;
    ev.chat = r->address;
    ev.sender = r->address;
    ev.sender_name = by ? jid_resource(by) : NULL;
    ev.id = id_attr(st, "id");
    ev.archive_id = how->source == IM_ARCHIVE ? how->archive_id : stanza_id(r, st);
    ev.target = target;
    ev.text = reason;
    ev.flags = KITH_MSG_RETRACT | KITH_MSG_MODERATED | how->flags;
    x_emit(x, &ev.ev);
    free(reason);
    return true;
}

/* §9.3: somebody who is not here was made a member, or is none any more. */
bool muc_standing(struct x *x, xmpp_stanza_t *st)
{
    const char *from = st_attr(st, "from");
    const struct muc_room *r = muc_find(x, from);
    xmpp_stanza_t *item = r && !jid_resource(from) ? st_child(st_child(st, "x", NS_MUC_USER), "item", NULL) : NULL;
    const char *jid = st_attr(item, "jid"), *affiliation = st_attr(item, "affiliation");
    if (!r || !jid || !affiliation || r->stage < MUC_JOINING || str_eq(st_attr(st, "type"), "error"))
        return false;
    omemo_room_person(x, r->address, jid, muc_affiliation_of(affiliation) >= MUC_AFF_MEMBER);
    return true;
}

/* The room speaks for itself: news by number, words of the service. */
static void by_room(struct x *x, struct muc_room *r, xmpp_stanza_t *st, const struct im_from *how)
{
    int codes[MUC_CODES];
    size_t n = muc_codes(st_child(st, "x", NS_MUC_USER), codes);
    if (take_moderation(x, r, st, how) || how->source == IM_ARCHIVE || take_topic(x, r, st, NULL, 0))
        return;
    if (n) {
        muc_tell_codes(x, r, codes, n);
        if (muc_code_in(codes, n, 104) || muc_code_in(codes, n, 172) || muc_code_in(codes, n, 173))
            muc_info(x, r);
        return;
    }
    char *body = st_child_text(st, "body", NS_CLIENT);
    if (!str_empty(body))
        x_notice(x, KITH_INFO, r->address, "%s", body);
    free(body);
}

/* Something that we sent to the room came back as an error. */
static void take_error(struct x *x, struct muc_room *r, xmpp_stanza_t *st)
{
    const char *id = id_attr(st, "id");
    struct err why = {0};
    st_error(st, &why);
    if (r->topic_req && st_child(st, "subject", NS_CLIENT)) {
        x_reply_err(x, r->topic_req, why.code, why.text);
        r->topic_req = 0;
    }
    if (!id || !map_del(&r->sent, id))
        return;
    bool out = str_eq(muc_condition(st), "not-acceptable");
    bool mute = str_eq(muc_condition(st), "forbidden");
    message_failed(x, r->address, id, why.code,
                   out    ? "The room does not know you any more; going in again."
                   : mute ? "You may only listen in this room."
                          : why.text);
    if (out && r->stage == MUC_IN)
        muc_rejoin(x, r);
}

/* What a room had before we came has the room's stamp; outside of that nobody's is believed. */
static int64_t time_of(const struct muc_room *r, xmpp_stanza_t *st, const struct im_from *how)
{
    if (how->source != IM_LIVE)
        return how->time_ms;
    return r->replaying ? delay_stamp(st, NULL) : 0;
}

/* The real address of who wrote, as the room says it now; of what it kept, as it said then: anybody could have written a second
 * one into a message. Borrowed from the room or the stanza; NULL: it does not say. */
static const char *author(const struct x *x, const struct muc_room *r, xmpp_stanza_t *st, const struct im_said *who, bool live)
{
    const struct muc_member *m = muc_member(r, who->sender_name);
    const char *jid = NULL;
    if (who->out)
        return x_bare(x);
    if (live)
        return m ? m->jid : NULL;
    EACH_CHILD (c, st) {
        const char *one = is_elem(c, "x", NS_MUC_USER) ? st_attr(st_child(c, "item", NULL), "jid") : NULL;
        if (one && jid && !jid_same_bare(one, jid))
            return NULL;
        jid = one ? one : jid;
    }
    bool same = m && who->sender_id && str_eq(who->sender_id, m->id) && muc_has(r, NS_OCCUPANT);
    return same && m->jid ? m->jid : jid;
}

/* What was encrypted is by whom the keys say. In what a room kept, anybody may have had the nick that stands there: it counts when
 * it is theirs now, or when the room says so (told) and it is nobody else's. */
static bool is_nick_of(const struct x *x, const struct muc_room *r, const char *nick, const char *by, bool told)
{
    const struct muc_member *m = muc_member(r, nick);
    if (jid_same_bare(by, x_bare(x)))
        return true;
    return m && m->jid ? jid_same_bare(m->jid, by) : told;
}

/* "juliet (mercutio@verona.example)"; owned. */
static char *name_by_keys(const char *nick, const char *by)
{
    char *name = xasprintf("%s (%s)", nick, by);
    if (strlen(name) > KITH_MAX_NAME) {
        free(name);
        name = xstrdup(by);
    }
    return name;
}

/* who: as the nick says. */
static uint64_t tell_said(struct x *x, struct muc_room *r, xmpp_stanza_t *open, struct im_from *how, const struct im_said *who,
                          const char *by)
{
    struct im_said as = *who;
    char *name = by ? name_by_keys(who->sender_name, by) : NULL, *sender = name ? muc_occupant(r, name) : NULL;
    if (name) {
        as.sender_name = name;
        as.sender = sender;
    }
    uint64_t n = message_emit(x, open, how, &as);
    free(sender);
    free(name);
    return n;
}

/* Reads it where it is encrypted, and tells it. The number of its event; 0: nothing for the user was in it. */
static uint64_t take_said(struct x *x, struct muc_room *r, xmpp_stanza_t *st, struct im_from *how, const struct im_said *who,
                          bool live)
{
    struct omemo_letter letter;
    const char *by = author(x, r, st, who, live);
    char *from = by ? jid_bare(by) : NULL;
    enum omemo_took took = omemo_take_room(x, st, how, r->address, from, &letter);
    xmpp_stanza_t *open = letter.st ? letter.st : st;
    how->enc = letter.enc;
    how->unread = letter.why;
    bool borrowed = letter.by && !live && !is_nick_of(x, r, who->sender_name, letter.by, from != NULL);
    uint64_t n = took == OMEMO_NOTHING ? 0 : tell_said(x, r, open, how, who, borrowed ? letter.by : NULL);
    if (live && !who->out) {
        rtt_in_room(x, open, r->address, who->sender);
        chatstates_in_room(x, open, r->address, who->sender);
    }
    omemo_told(x, letter.kept, n);
    free(letter.why);
    free(letter.by);
    free(from);
    st_wipe_release(letter.st);
    return n;
}

/* What we sent ourselves is known: a change took effect here already, and of what is encrypted no copy is for us. */
static bool is_known(xmpp_stanza_t *st)
{
    return is_change(st) || st_child(st, "encrypted", NS_OMEMO) || st_child(st, "encrypted", NS_OMEMO2);
}

static void said(struct x *x, struct muc_room *r, xmpp_stanza_t *st, const struct im_from *how, const char *nick)
{
    int64_t ms = time_of(r, st, how);
    bool live = how->source == IM_LIVE && !ms;
    struct im_from as = *how;
    char *sender = muc_occupant(r, nick);
    struct im_said who = {.chat = r->address,
                          .sender = sender,
                          .sender_name = nick,
                          .sender_id = sender_id(r, st, nick, live),
                          .out = is_ours(r, st, nick, live),
                          .archive_id = stanza_id(r, st),
                          .time_ms = ms};
    if (how->source == IM_LIVE && ms)
        as.flags |= KITH_MSG_HISTORY | KITH_MSG_DELAYED;
    bool sent = who.out && is_sent(r, st);
    uint64_t n = sent && is_known(st) ? 0 : take_said(x, r, st, &as, &who, live);
    if (sent)
        reflected(x, r, st, how->source == IM_ARCHIVE ? how->archive_id : who.archive_id);
    r->last = n ? n : r->last;
    if (live && who.out && !sent)
        receipts_in_room(x, st, r->address);
    if (how->source == IM_LIVE && !who.out)
        moderate_note(x, r, who.sender_id ? who.sender_id : nick, who.archive_id);
    if (how->source == IM_LIVE)
        muc_archive_live(x, r, who.archive_id, ms ? ms : x_host(x)->wall_ms());
    free(sender);
}

void muc_groupchat(struct x *x, xmpp_stanza_t *st, const struct im_from *how, struct muc_room *r)
{
    const char *nick = jid_resource(st_attr(st, "from"));
    if (how->source == IM_LIVE) {
        r->heard_ms = x_host(x)->mono_ms();
        if (r->stage < MUC_JOINING)
            return; /* we are not in it: whatever this is, it is not said to us */
    }
    if (!nick || !*nick)
        by_room(x, r, st, how);
    else if (strlen(nick) <= KITH_MAX_NAME &&
             (how->source == IM_ARCHIVE || !take_topic(x, r, st, nick, time_of(r, st, how))))
        said(x, r, st, how, nick);
}

void muc_archived_message(struct x *x, const char *room, xmpp_stanza_t *st, const struct im_from *how)
{
    struct muc_room *r = muc_find(x, room);
    if (!r || muc_find(x, st_attr(st, "from")) != r || !str_eq(st_attr(st, "type"), "groupchat"))
        return;
    muc_groupchat(x, st, how, r);
    r->from_ms = MAX(r->from_ms, how->req ? 0 : how->time_ms);
}

bool muc_is_own(const struct x *x, const char *room, xmpp_stanza_t *st)
{
    const struct muc_room *r = muc_find(x, room);
    const char *from = st_attr(st, "from"), *nick = jid_resource(from);
    const char *id = r ? muc_occupant_id(r, st) : NULL;
    if (!r || muc_find(x, from) != r)
        return false;
    return id && r->own_id ? strcmp(id, r->own_id) == 0 : str_eq(nick, r->nick);
}

/* type "error": true when it was of a room. */
bool muc_error(struct x *x, xmpp_stanza_t *st)
{
    const char *from = st_attr(st, "from");
    struct muc_room *r = muc_find(x, from);
    if (!r || jid_resource(from))
        return false;
    take_error(x, r, st);
    return true;
}
