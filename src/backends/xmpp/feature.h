/* backends/xmpp/feature.h - what the features share: names, and who may be asked what */
#ifndef XMPP_FEATURE_H
#define XMPP_FEATURE_H

#include "backends/xmpp/session.h"
#include "base/buf.h"

#define NS_CLIENT "jabber:client"
#define NS_ROSTER "jabber:iq:roster"
#define NS_DISCO_INFO "http://jabber.org/protocol/disco#info"
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define NS_CAPS "http://jabber.org/protocol/caps"
#define NS_DATA "jabber:x:data"
#define NS_RSM "http://jabber.org/protocol/rsm"
#define NS_MAM "urn:xmpp:mam:2"
#define NS_CARBONS "urn:xmpp:carbons:2"
#define NS_FORWARD "urn:xmpp:forward:0"
#define NS_DELAY "urn:xmpp:delay"
#define NS_SID "urn:xmpp:sid:0"
#define NS_RECEIPTS "urn:xmpp:receipts"
#define NS_MARKERS "urn:xmpp:chat-markers:0"
#define NS_STATES "http://jabber.org/protocol/chatstates"
#define NS_CORRECT "urn:xmpp:message-correct:0"
#define NS_RETRACT "urn:xmpp:message-retract:1"
#define NS_RETRACT0 "urn:xmpp:message-retract:0"
#define NS_FASTEN "urn:xmpp:fasten:0"
#define NS_REACTIONS "urn:xmpp:reactions:0"
#define NS_REACTION_RULES "urn:xmpp:reactions:0:restrictions"
#define NS_REPLY "urn:xmpp:reply:0"
#define NS_FALLBACK "urn:xmpp:fallback:0"
#define NS_FALLBACK_OLD "urn:xmpp:feature-fallback:0"
#define NS_SPOILER "urn:xmpp:spoiler:0"
#define NS_MARKUP "urn:xmpp:markup:0"
#define NS_HINTS "urn:xmpp:hints"
#define NS_NICK "http://jabber.org/protocol/nick"
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define NS_CONFERENCE "jabber:x:conference"
#define NS_PUBSUB "http://jabber.org/protocol/pubsub"
#define NS_PUBSUB_EVENT "http://jabber.org/protocol/pubsub#event"
#define NS_MDS "urn:xmpp:mds:displayed:0"
#define NS_BLOCKING "urn:xmpp:blocking"
#define NS_VERSION "jabber:iq:version"
#define NS_LAST "jabber:iq:last"
#define NS_TIME "urn:xmpp:time"
#define NS_PING "urn:xmpp:ping"
#define NS_VCARD "vcard-temp"
#define NS_VCARD4_NODE "urn:xmpp:vcard4"
#define NS_OMEMO "eu.siacs.conversations.axolotl"
#define NS_OMEMO2 "urn:xmpp:omemo:2"
#define NS_EME "urn:xmpp:eme:0"

/* The features, in the order of the table in features.c. */
extern const struct feature feature_disco, feature_carbons, feature_roster, feature_subscribe,
    feature_caps, feature_presence, feature_mam, feature_pep, feature_mds, feature_receipts, feature_chatstates,
    feature_blocking, feature_query, feature_info, feature_vcard, feature_nick, feature_message, feature_ledger,
    feature_sync, feature_rtt, feature_muc, feature_styling, feature_spoiler, feature_attention, feature_bookmarks,
    feature_invite, feature_voice, feature_rosterx, feature_moderate, feature_group, feature_avatar, feature_upload_service,
    feature_files, feature_jingle, feature_jingle_file, feature_proxies, feature_call;
extern const struct feature feature_upload, feature_download, feature_sfs;

/* ---- small helpers (util.c) ---- */
/* An event's header: KITH_EV_* of a struct kith_ev_* whose first member is ev. */
#define EV_INIT(type_, T)                                                                          \
    {                                                                                              \
        .ev = {.size = sizeof(struct T), .type = (type_) }                                         \
    }
#define EACH_CHILD(c, parent)                                                                      \
    for (xmpp_stanza_t *c = (parent) ? xmpp_stanza_get_children(parent) : NULL; c;                 \
         c = xmpp_stanza_get_next(c))
bool is_elem(xmpp_stanza_t *st, const char *name,
             const char *ns); /* false for text; NULL matches any */
/* True when a `from` is the account itself: absent, or exactly the own bare JID (no resource). RFC
 * 6120 §8.1.2.1. */
bool from_account(const struct x *x, const char *from);
/* The account, or its server's domain. */
bool from_server(const struct x *x, const char *from);
/* An attribute usable as an id: not empty and at most KITH_MAX_ID bytes; else NULL. */
const char *id_attr(xmpp_stanza_t *st, const char *attr);
/* An iq of type get or set to `to` (NULL: the own account) with one child; *child is that child. */
xmpp_stanza_t *iq_new(struct x *x, const char *type, const char *to, const char *name,
                      const char *ns, xmpp_stanza_t **child);
bool iq_is_result(xmpp_stanza_t *st); /* false for errors and NULL */
/* Ends a request by the answer of an iq: REPLY with OK or the error's words. */
void reply_by_iq(struct x *x, kith_req req, xmpp_stanza_t *answer);
/* A hidden FORM_TYPE field and others, XEP-0004 submit. */
xmpp_stanza_t *form_new(xmpp_stanza_t *parent, const char *form_type);
void form_field(xmpp_stanza_t *form, const char *var, const char *value);
/* XEP-0203: the stamp of a <delay/> child, 0 when there is none. *from (may be NULL) = who stamped
 * it. */
int64_t delay_stamp(xmpp_stanza_t *st, const char **from);
bool option_bool(const struct x *x, const char *key, bool fallback); /* an account option of type bool */
void set_add(struct map *set, const char *key); /* a map used for its keys alone */
/* A state value of the host as an owned string, or NULL. */
char *state_string(const struct x *x, const char *key);

/* ---- roster.c ---- */
bool roster_has(const struct x *x, const char *bare);
/* May this be told to them? what: "_typing" or "_receipts", which the engine sets from the user's
 * settings: "off" is nobody, anything else who sees our presence. */
bool roster_may_tell(const struct x *x, const char *what, const char *bare);
bool roster_sees_us(const struct x *x,
                    const char *bare); /* subscription from or both, or ourselves */
bool roster_we_see(const struct x *x, const char *bare); /* to or both, or ourselves */
/* True when an entity may learn that we are online: the account, its server, who sees our presence.
 */
bool roster_may_ask(const struct x *x, const char *from);

void roster_tell(struct x *x,
                 const char *bare); /* emits the contact again; nothing when it is none */
bool blocking_has(const struct x *x, const char *bare);

/* ---- presence.c ---- */
/* True when one of the contact's devices announced the feature (by its verified capabilities). */
bool presence_supports(const struct x *x, const char *bare, const char *feature);
/* How long the user has been away, 0 = is here; -1: they do not want it told. */
int64_t presence_idle_seconds(const struct x *x);
/* The device of the highest priority that announced all of them (NULL-terminated): its full address, owned; NULL: none. */
char *presence_capable(const struct x *x, const char *bare, const char *const *features);
typedef void presence_fn(const char *full, void *user);
void presence_each(const struct x *x, const char *bare, presence_fn *fn,
                   void *user); /* devices online now */
const char *presence_text(const struct x *x, const char *bare); /* the status of one of them, or NULL */
void presence_client_known(struct x *x, const char *caps_key,
                           const char *client); /* caps.c found out a name */

bool presence_wanted(const struct x *x, const char *bare); /* is theirs heard? Contacts, people behind gateways, ourselves */
void presence_again(struct x *x); /* ours says something else: told again, to rooms, too */
uint32_t presence_show(xmpp_stanza_t *st); /* enum kith_show of <show/> */
/* Our own show, status and capabilities. False: nobody is to see us, so there is nothing to say. */
bool presence_fill(struct x *x, xmpp_stanza_t *presence);
bool presence_seen(const struct x *x); /* we are to be seen by those who may see us */

/* ---- muc*.c: rooms ---- */
struct im_from;
/* The address, bare or room/nick, is of a room that we are or were in. */
bool muc_is_room(const struct x *x, const char *address);
/* A room of its members alone, who all see each other's addresses. */
bool muc_is_private(const struct x *x, const char *address);
/* Of one person in a room: their bare address, as the room shows it; borrowed, NULL: it does not. */
const char *muc_real_address(const struct x *x, const char *address);
bool muc_has_archive(const struct x *x, const char *address);
bool muc_is_unknown(const struct x *x, const char *address); /* a room that has not said yet what it can do */
bool muc_may_send(const struct x *x, const char *address); /* false: a room that we are not in now */
/* Makes a stanza to a room, or to one person in it, what the room expects. Nothing for others. */
void muc_address(struct x *x, xmpp_stanza_t *st, const char *address);
/* It left for the room: stored when it comes back. Nothing for others. */
void muc_sent(struct x *x, const char *address, const char *origin_id);
/* What its archive has: only what is said in this room is taken. */
void muc_archived_message(struct x *x, const char *room, xmpp_stanza_t *st,
                          const struct im_from *how);
bool muc_is_own(const struct x *x, const char *room, xmpp_stanza_t *st); /* said by us there */
bool muc_error(struct x *x, xmpp_stanza_t *st); /* of a room: dealt with */
/* The picture of a room, or of who has this nick in it: 1 its SHA-1, 0 there is none, -1 not known. */
int muc_avatar(const struct x *x, const char *address, unsigned char sha[20]);
/* An invitation, or the refusal of one: dealt with. quiet: sent by our account, or looked up in old history. */
bool invite_take(struct x *x, xmpp_stanza_t *st, const char *from, bool quiet);
bool invite_error(struct x *x, xmpp_stanza_t *st); /* of one that we sent: dealt with */
void invite_done(struct x *x, const char *room);   /* we are in it */
void muc_show(struct x *x);                     /* our own presence has changed */

/* ---- caps.c, disco.c ---- */
/* Notes what a presence announced and asks when it is unknown. Owned key for caps_has, or NULL. */
char *caps_learn(struct x *x, xmpp_stanza_t *presence, const char *from);
bool caps_has(const struct x *x, const char *key, const char *feature);
const char *caps_client(const struct x *x, const char *key); /* software name, or NULL */
void caps_add_own(struct x *x, xmpp_stanza_t *presence);     /* <c/> of ours */
/* Verification string of a disco#info result (XEP-0115 §5.1) for hash "sha-1", "sha-256" or
 * "sha-512": owned base64; NULL when the answer is ill-formed or the hash unknown. */
char *caps_hash(xmpp_stanza_t *query, const char *hash);
void disco_fill(struct x *x, xmpp_stanza_t *query); /* our identity and features */
bool disco_known(const struct x *x); /* server and account have answered in this session */
bool disco_server_has(const struct x *x, const char *feature);
bool disco_account_has(const struct x *x, const char *feature);
bool disco_archive(
    const struct x *x); /* the account has an archive (known from this or an earlier session) */

/* ---- message.c ---- */
enum im_source { IM_LIVE, IM_CARBON, IM_ARCHIVE };
struct im_from { /* how a message stanza came to us */
    enum im_source source;
    bool sent;              /* carbon: what another device of ours sent */
    const char *archive_id; /* ARCHIVE: of the result */
    int64_t time_ms;        /* ARCHIVE, carbon: stamp of the forwarding; 0 = now */
    kith_req req;
    uint32_t flags; /* KITH_MSG_* to add */
    uint32_t enc;   /* enum kith_enc; FAILED: unread says why */
    const char *unread;
};
void message_take(struct x *x, xmpp_stanza_t *st, const struct im_from *how);
struct im_said { /* who says it, where; checked by the caller */
    const char *chat, *sender, *sender_name, *sender_id, *resource;
    bool out;
    const char *archive_id; /* ARCHIVE: that of the result counts */
    int64_t time_ms;        /* 0 = now */
};
/* Emits MESSAGE for what is in the stanza. Its number; 0: nothing for the user was in it. */
uint64_t message_emit(struct x *x, xmpp_stanza_t *st, const struct im_from *how,
                      const struct im_said *who);
uint64_t message_last(const struct x *x); /* number of the last MESSAGE event, for committed */
/* The archive id (stanza-id `by` the own account, XEP-0359) or NULL. */
const char *message_archive_id(const struct x *x, xmpp_stanza_t *st);
const char *message_origin_id(xmpp_stanza_t *st);
/* A stanza of type chat to the bare address: the server and carbons bring it to every device. message_out.c */
xmpp_stanza_t *message_new(struct x *x, const char *chat, const char *id);
/* A message of ours will not arrive: enum kith_err and a sentence. message_out.c */
void message_failed(struct x *x, const char *chat, const char *id, int err, const char *why);
/* The checks every change and message share. Owned bare address, or NULL with *err. */
char *message_address(struct x *x, const char *chat, const char *id, int *err);

/* ---- what happens to a message later; each reads and writes its own element ---- */
const char *correct_target(xmpp_stanza_t *st); /* the id corrected, NULL: it is no correction */
void correct_add(xmpp_stanza_t *st, const char *target);
const char *retract_target(xmpp_stanza_t *st); /* the id withdrawn, NULL: it is no withdrawal */
enum { REACTIONS_MAX = 20 };                   /* of one message by one person */
/* The id reacted to, and the texts (owned by the caller); NULL: it is no reaction. */
const char *reactions_take(xmpp_stanza_t *st, char *out[REACTIONS_MAX], size_t *n);
const char *reply_target(xmpp_stanza_t *st, const char **sender); /* NULL: it answers nothing */
/* The element and its fallback; the quote is put into body, which must be empty yet. */
void reply_add(const struct x *x, xmpp_stanza_t *st, const struct kith_send *m, struct buf *body);
/* fallback.c: removes from body what XEP-0428 marks as a fallback for the feature `ns`. Takes over
 * body; owned result, NULL when nothing is left. */
/* <fallback/> for the feature `ns` in the namespace that the programs of the chat know; owned by st. */
xmpp_stanza_t *fallback_add(const struct x *x, xmpp_stanza_t *st, const char *chat, const char *ns);
char *fallback_strip(xmpp_stanza_t *st, char *body, const char *ns);

/* ---- styling.c, markup.c, spoiler.c: how parts of a body look ---- */
bool styling_on(const struct x *x); /* marks in texts are read: option "styling" */
/* Fills ev->spans (owned by the caller), .n_spans and KITH_MSG_LITERAL. Takes over body; owned result, with the hint of a
 * spoiler before it. body may be NULL. */
char *styling_take(struct x *x, xmpp_stanza_t *st, char *body, struct kith_ev_message *ev);
/* Appends what was written, with marks, to body; what says more about it becomes children of st. */
void styling_add(struct x *x, xmpp_stanza_t *st, const struct kith_send *m, struct buf *body);
/* Adds what <markup/> says to style, a LOOK_* for each byte of body. */
void markup_read(xmpp_stanza_t *st, xmpp_stanza_t *markup, const char *body, uint8_t *style);
bool spoiler_take(xmpp_stanza_t *st, char **hint); /* false: it is none */
bool spoiler_wanted(const struct kith_send *m);
size_t spoiler_add(xmpp_stanza_t *st, const struct kith_send *m); /* where the body begins; before it is the hint */

/* ---- receipts.c, chatstates.c ---- */
struct im_ends {
    const char *chat, *from;
    bool out, room;
}; /* chat: bare JID, room/nick where `room`; out: sent by our account */
bool receipts_take(struct x *x, xmpp_stanza_t *st, const struct im_from *how,
                   const struct im_ends *e);
void receipts_in_room(struct x *x, xmpp_stanza_t *st, const char *room); /* st is by us */
void receipts_answer(struct x *x, xmpp_stanza_t *st, const struct im_ends *e);
void chatstates_take(struct x *x, xmpp_stanza_t *st, const struct im_from *how,
                     const struct im_ends *e);
void chatstates_in_room(struct x *x, xmpp_stanza_t *st, const char *room, const char *who);
/* enum kith_typing that they told last; NONE in rooms. */
uint32_t chatstates_of(const struct x *x, const char *chat);
/* ---- rtt.c, rtt_out.c: real-time text ---- */
bool rtt_anywhere(const struct x *x); /* is it switched on for any chat? */
void rtt_take(struct x *x, xmpp_stanza_t *st, const struct im_ends *e);
void rtt_in_room(struct x *x, xmpp_stanza_t *st, const char *room, const char *who); /* st is not by us */
/* What they have written so far: their bare address, or theirs in a room. Borrowed; NULL: nothing. */
const char *rtt_live(const struct x *x, const char *who);
/* The operation typing(): chat is normal. */
void rtt_typed(struct x *x, const char *chat, uint32_t state, const char *live);
void rtt_sent(struct x *x, const char *chat); /* a message leaves: it is what the text has come to */
void chatstates_sent(struct x *x, const char *chat); /* a message with <active/> left */
void mds_displayed(struct x *x, const char *chat, const char *archive_id);
void mds_start(struct x *x);

/* ---- pep.c: personal nodes (XEP-0163) ---- */
enum { PEP_OWN = 1, PEP_CONTACTS = 2 /* also those behind a gateway that we keep */ }; /* whose events a feature hears */
enum pep_what { PEP_ITEM, PEP_RETRACTED /* only the item's id counts */, PEP_PURGED /* item NULL: all are gone */ };
/* owner: bare address, checked to be the sender's. */
typedef void pep_fn(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what);
pep_fn mds_item, nick_item, avatar_item; /* rows of the table in pep.c */
bool pep_can_publish(const struct x *x); /* the account's node takes options with an item */
/* Iqs for x_iq(). id NULL: the server makes one, or (pep_get) all items are meant. *item: where the payload goes. */
xmpp_stanza_t *pep_publish(struct x *x, const char *node, const char *id, xmpp_stanza_t **item);
struct pep_options { const char *access /* open, presence, whitelist */, *max_items, *send_last; /* NULL: as it is */ };
void pep_options(xmpp_stanza_t *iq, const struct pep_options *o); /* adds them to what pep_publish() made */
void pep_form(xmpp_stanza_t *parent, const char *form_type, const struct pep_options *o); /* the same as a form of any kind */
/* Publishes where the node must have these options (literals), whatever the server understands of them; takes over `publish`,
 * which pep_publish() made. fn gets the last answer, an error when the node could not be made so. pep_write.c */
void pep_write(struct x *x, const char *node, xmpp_stanza_t *publish, const struct pep_options *o, x_iq_fn *fn, void *user);
void pep_write_free(struct x *x);
xmpp_stanza_t *pep_retract(struct x *x, const char *node, const char *id);
xmpp_stanza_t *pep_get(struct x *x, const char *owner, const char *node, const char *id); /* owner NULL: ours */
xmpp_stanza_t *pep_items(xmpp_stanza_t *reply, const char *node); /* <items/> of an answer; NULL: an error, or another node */
void blocking_start(struct x *x);

/* ---- vcard.c: cards of both kinds, by number of the field; nick.c ---- */
enum { VCARD_PARTS = 12, VCARD_NICK = 1 };
const char *vcard_key(size_t i);
const char *vcard_label(size_t i);
void vcard_field_key(size_t i, char *out, size_t cap); /* in the form */
char *vcard_value(xmpp_stanza_t *card, size_t i);      /* owned, bounded; NULL: not said */
xmpp_stanza_t *vcard_of(xmpp_stanza_t *reply);         /* the card of an answer, NULL: none */
xmpp_stanza_t *vcard4_of(xmpp_stanza_t *reply);
const char *nick_of(const struct x *x, const char *bare); /* what they call themselves, NULL: not said */
void nick_publish(struct x *x, const char *nick);

/* ---- avatar.c, avatar_own.c ---- */
void avatar_add_own(struct x *x, xmpp_stanza_t *presence); /* which picture our card has (XEP-0153) */
/* What a presence says of the picture of who sent it: 1 it has this SHA-1, 0 there is none, -1 nothing. */
int avatar_announced(xmpp_stanza_t *presence, unsigned char sha[20]);
bool avatar_id_read(const char *text, unsigned char sha[20]); /* 40 hex digits; false: something else */

/* ---- mam.c, ledger.c, sync.c ---- */
void mam_start(struct x *x);                        /* disco is known: begin the catch-up */
void mam_live(struct x *x, const char *archive_id); /* a live message carried this archive id */
bool mam_busy(const struct x *x);                   /* the catch-up is not over yet */
/* Looks for our own messages in the archive of a chat from start_ms on; each origin id found is
 * told by ledger_seen, then done(x, err): 0, or negative when the archive could not be asked;
 * KITH_ECANCELED when the session ended before. */
typedef void mam_check_fn(struct x *x, int err, void *user);
struct mam_page {
    bool ok, forgotten, more; /* forgotten: the archive does not know the id any more */
    const char *last;         /* id of its last message, or NULL */
};
typedef void mam_page_fn(struct x *x, const char *room, const struct mam_page *page);
/* One page of a room's archive, forwards: behind an id, else from a time on, else (start_ms 0) the
 * last page. Its messages go to muc_archived_message, then fn is called; never when the session ends
 * before. */
void mam_room(struct x *x, const char *room, const char *after, int64_t start_ms, mam_page_fn *fn);
void mam_check(struct x *x, const char *chat, int64_t start_ms, mam_check_fn *done, void *user);
/* Sends a message of the outbox now, or holds it until it is known not to have left before. Takes
 * over st. */
void ledger_send(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id,
                 int64_t written_ms, bool retry);
/* The same as it is, encrypted or not; for omemo_out.c. */
void ledger_queue(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id, int64_t written_ms, bool retry);
bool ledger_has(const struct x *x, const char *origin_id);
/* The archive has it; sealed: encrypted. */
void ledger_seen(struct x *x, const char *origin_id, const char *archive_id, bool sealed);
bool ledger_is_sealed(xmpp_stanza_t *st); /* what it says is encrypted */
void ledger_flush(struct x *x);
enum sync_part { SYNC_ROSTER = 1, SYNC_DISCO = 2, SYNC_ARCHIVE = 4 };
void sync_done(struct x *x, enum sync_part part);
void sync_caps(struct x *x); /* tells the host what this connection can do: again, when that changed */

#endif
