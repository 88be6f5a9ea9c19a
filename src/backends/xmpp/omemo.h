/* backends/xmpp/omemo.h - OMEMO in a session: what the features around it ask, and what its own files share
 *
 * omemo_list.c knows devices and publishes ours, omemo_out.c encrypts what leaves, omemo_in.c reads what comes; the keys and
 * ratchets are those of backends/omemo. */
#ifndef XMPP_OMEMO_H
#define XMPP_OMEMO_H

#include "backends/omemo/device.h"
#include "backends/xmpp/feature.h"
#include "backends/xmpp/omemo_xml.h"

extern const struct feature feature_omemo;

/* ---- for the features around it ---- */
/* The chat is encrypted: the user said so, or nothing else and the other side has keys. Kept over restarts: once on, only the
 * user can switch it off. */
bool omemo_holds(const struct x *x, const char *chat); /* chat: any address of it, of somebody in a room: that of the room */
/* What goes to the chat goes by omemo_send(): it is encrypted, or is to be when the other side has keys. */
bool omemo_wants(const struct x *x, const char *chat);
/* What goes to the chat is known to go in the clear: the user wants that, or the other side has no keys. For what cannot wait
 * until that is known. */
bool omemo_is_open(const struct x *x, const char *chat);
bool omemo_takes_new(const struct x *x, const char *chat); /* new devices of who is verified read at once */
int omemo_set_takes_new(struct x *x, const char *chat, bool on); /* 0, or enum kith_err */
int omemo_set_chat(struct x *x, const char *chat, bool on); /* what the user says. 0, or enum kith_err */
/* The engine knows that it is encrypted: so it is, if nothing else is known here. 0, or enum kith_err. */
int omemo_remember(struct x *x, const char *chat);
/* New sessions with all devices of an address. How many (they follow as their bundles come), or enum kith_err. omemo_repair.c */
int omemo_renew(struct x *x, const char *chat);
/* What a message says leaves encrypted, when all keys are there, in the order of the chat. Takes over st. A message that
 * cannot be encrypted is told as failed, with the reason. */
void omemo_send(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id, int64_t written_ms, bool retry);
/* False: it would leave an encrypted chat in the clear, and must not. The last look before the wire. omemo_gate.c */
bool omemo_lets_out(const struct x *x, xmpp_stanza_t *st);
/* Words that go with something that is done there and cannot be encrypted (a reason, a farewell): as they are, or, where the chat
 * is encrypted, NULL, which the user is told. */
const char *omemo_words(struct x *x, const char *chat, const char *text);
/* How a message left, once: enum kith_enc; NONE: in the clear, or told before. */
uint32_t omemo_left(struct x *x, const char *origin_id);
/* What the user asks and decides: as in struct kith_encryption_ops. */
int omemo_forecast(struct x *x, const char *chat, kith_req req);
int omemo_encrypt_chat(struct x *x, const char *chat, bool on, kith_req req);
int omemo_new_devices(struct x *x, const char *chat, bool anyway, kith_req req);
int omemo_remove_device(struct x *x, const char *device, kith_req req);
int omemo_reset_keys(struct x *x, kith_req req);
int omemo_look(struct x *x, const char *chat);
int omemo_trust_device(struct x *x, const char *who, const char *device, const char *fingerprint, uint32_t trust, kith_req req);

/* How a file goes there. LATER: keys are still asked for; files_known() follows. SEALED: encrypted before it leaves; the chat is
 * one that omemo_holds() from now on. REFUSED: nobody could be told of it; *why is a static sentence. */
enum omemo_files { OMEMO_FILES_PLAIN, OMEMO_FILES_SEALED, OMEMO_FILES_LATER, OMEMO_FILES_REFUSED };
enum omemo_files omemo_files(struct x *x, const char *chat, const char **why);
/* Does somebody read the old version there? Then the link's name is all that tells them what a file is. */
bool omemo_files_old(struct x *x, const char *chat);
/* What goes there in the clear must not, as the chat is encrypted. */
bool omemo_files_exposed(const struct x *x, const char *chat);
/* Why a file that lies somewhere must not be told of there; NULL: it may. */
const char *omemo_file_refused(const struct x *x, const char *chat, const char *attachment);

enum omemo_took { OMEMO_PLAIN /* nothing of ours */, OMEMO_READ, OMEMO_UNREAD, OMEMO_NOTHING /* nothing for the user */ };
struct omemo_letter {
    xmpp_stanza_t *st;   /* READ: with what was inside (owned by the caller) */
    uint32_t enc;        /* enum kith_enc */
    char *why;           /* UNREAD: a sentence (owned by the caller) */
    char *kept;          /* READ: under which the text waits for the commit (owned by the caller) */
    char *by;            /* READ in a room: bare address of who wrote it, by the keys (owned by the caller) */
};
/* from: bare address, checked by the caller: who says it. */
enum omemo_took omemo_take(struct x *x, xmpp_stanza_t *st, const struct im_from *how, const char *from, struct omemo_letter *out);
/* The event with this number has what was read; 0: there was nothing for the user in it. Takes over kept. */
void omemo_told(struct x *x, char *kept, uint64_t number);

/* The same of a room. from: real address of who wrote, by the room's word; NULL: it does not say, and the keys have to. */
enum omemo_took omemo_take_room(struct x *x, xmpp_stanza_t *st, const struct im_from *how, const char *room,
                                const char *from, struct omemo_letter *out);

/* ---- what happens in rooms; nothing for those that are not encrypted (omemo_room.c) ---- */
void omemo_room_entered(struct x *x, const char *room);
void omemo_room_left(struct x *x, const char *room, bool again); /* again: we mean to go in again */
void omemo_room_informed(struct x *x, const char *room);         /* it has said what it is: perhaps something else than before */
/* Somebody belongs to it now (owner, admin, member), or not any more; jid: bare or full. */
void omemo_room_person(struct x *x, const char *room, const char *jid, bool belongs);

void omemo_room_came(struct x *x, const char *room, const char *jid); /* perhaps with a device that is new to us */

void omemo_start(struct x *x); /* disco is known */
/* Of kith_encryption_ops; fd is taken over when accepted. omemo_keys.c */
int omemo_export_keys(struct x *x, int fd, kith_req req);
int omemo_import_keys(struct x *x, int fd, kith_req req);
pep_fn omemo_mark_item;
extern const struct feature feature_omemo_mark, feature_omemo_atm;
void omemo_caught_up(struct x *x);
pep_fn omemo_list_old, omemo_list_2;

/* ---- for its own files ---- */
#define OMEMO_WHY_CHANGED "it shows another key than before: somebody may be trying to read along. Ask its owner by another way"
struct omemo_post {            /* what waits for keys */
    xmpp_stanza_t *st;
    char *chat, *id;
    int64_t written_ms;
    bool retry;
};
struct omemo_due {             /* an empty message, so that a session is known to stand */
    char *jid;
    uint32_t device;
    enum omemo_version version;
};
struct omemo_unsaved {         /* a text that the engine has not committed yet */
    char *kept;
    uint64_t number;
};
struct omemo_room;
struct omemo_session {
    struct omemo *o;           /* NULL: switched off, or its keys cannot be kept */
    struct map chats;          /* bare address -> "on" or "off": what the user said */
    size_t lost;               /* of these only the engine knew */
    struct map takes;          /* chats in which new devices of who is verified read at once */
    struct map looked;         /* chats that the user has looked at, of which nothing was said */
    bool started;              /* it is known what the server can do */
    kith_req removing;         /* the device that goes was chosen by the user; 0: nobody waits */
    struct map fresh;          /* "3 jid": that list was read or heard in this session */
    struct map asking;         /* "3 jid", "3 jid/7": is being asked for */
    struct map hurried;        /* bare addresses: they do not wait until others were asked for */
    struct map bad;            /* "3 jid", "3 jid/7": could not be had, or not used -> struct failed (omemo_list.c) */
    struct map looked_again;   /* bare address -> int64_t: when its lists were asked for because of a device that is in none */
    struct map opened;         /* nodes of ours whose options were put right */
    size_t publishing;         /* lists of ours that the server has not taken yet */
    struct map taken;          /* "3 jid": that list was taken away, and nobody has said yet whether there is another */
    bool refused;              /* one of them was not taken */
    bool again;                /* publish all, though it was done before */
    struct omemo_post *posts;
    size_t n_posts, cap_posts;
    struct omemo_due *dues;
    size_t n_dues, cap_dues;
    struct omemo_unsaved *unsaved;
    size_t n_unsaved, cap_unsaved;
    struct map rooms;          /* address -> struct omemo_room */
    unsigned rounds;           /* of asking rooms who belongs to them */
    struct map left;           /* origin id -> enum kith_enc, of what was encrypted and not yet told */
    struct map told;           /* chat -> how it was told to be encrypted, in this session */
    struct map untold;         /* chats to which something has left since */
    struct map waits;          /* chats of which was told that messages wait */
    struct omemo_ask *asks;    /* forecasts and wishes that wait for keys */
    size_t n_asks, cap_asks;
    xmpp_stanza_t *own[2];     /* our lists as they are, by version */
    int put_back;              /* so often in the hour since */
    int64_t put_back_ms;
    int due_timer, publish_timer, room_timer, tell_timer, daily_timer, again_timer;
    bool pushing, tell_all, tell_anew;
};
struct omemo_session *omemo_of(const struct x *x); /* NULL: not attached */

/* omemo_list.c */
/* All lists of an address have been read in this session, or are done without for a minute, as their server could not answer; else
 * asks for them, and omemo_push() is called. */
bool omemo_lists_ready(struct x *x, const char *jid);
/* In this session nothing about this one waits behind what is asked for a room. jid: bare. */
void omemo_hurry(struct x *x, const char *jid);
/* There is a session, or there can be none for some minutes (*bad); else asks for the bundle. */
bool omemo_session_ready(struct x *x, enum omemo_version v, const char *jid, uint32_t device, bool *bad);
void omemo_lists_stale(struct x *x, const char *jid); /* they are asked for again before the next message */
/* omemo_publish.c */
void omemo_publish_soon(struct x *x);
void omemo_bundles_again(struct x *x); /* they are published anew, whatever the server has */
/* We stand in our lists: who gets a message looks there for the device that sent it. Else that is under way, and omemo_push()
 * is called. */
bool omemo_is_shown(const struct x *x);
/* omemo_gone.c: devices of ours that leave our lists: the user said so, or another identity took the place of one */
bool omemo_is_gone(const struct x *x, uint32_t device);
bool omemo_gone_listed(struct x *x, enum omemo_version v); /* one of them stands in that list still */
bool omemo_gone_any(const struct x *x);
void omemo_gone_add(struct x *x, uint32_t device);
void omemo_gone_drop(struct x *x, uint32_t device); /* it is not to leave: we are that one, by a file with its keys */
void omemo_gone_later(struct x *x); /* the lists are not written now: who asked for it hears that it comes with the next login */
void omemo_gone_told(struct x *x, bool taken); /* the server has taken our lists as they were written, or not */
/* omemo_own.c: our own lists as they are on the server, so that nothing of other devices is lost in them */
bool omemo_own_list(struct x *x, enum omemo_version v, xmpp_stanza_t *item); /* notes it (NULL: there is none). We stand in it */
/* Writes what was noted and this device. False: nothing was. */
bool omemo_add_to_list(struct x *x, enum omemo_version v, xmpp_stanza_t *item);
bool omemo_may_put_back(struct x *x); /* not again and again, when another program takes us out each time */
void omemo_own_free(struct omemo_session *s);
/* omemo_room.c: the one answer to the question who is written to, for sending and for showing */
enum omemo_people {
    OMEMO_PEOPLE_KNOWN,
    OMEMO_PEOPLE_ASKED,  /* the room is asked; omemo_push() is called */
    OMEMO_PEOPLE_OPEN,   /* anybody may come in, or addresses are not shown: nobody can say who would read it */
    OMEMO_PEOPLE_SECRET, /* the room does not say who belongs to it */
    OMEMO_PEOPLE_PRIVATE /* it is one person in a room, of whom only the room knows who that is */
};
/* Bare addresses of the other side of a chat, without ours; appended to *out, which the caller frees (they are borrowed from the
 * chat and from s->rooms until something else is done). */
struct omemo_names {
    const char **v;
    size_t n, cap;
};
enum omemo_people omemo_people(struct x *x, const char *chat, struct omemo_names *out);
/* Waiting for the keys of this one would hold the room up for too long: what is known of them has to do. */
enum omemo_known_of { OMEMO_AS_BEFORE, OMEMO_UNLISTED, OMEMO_LISTED, OMEMO_SOME_DEVICES /* not all sessions */, OMEMO_ALL_DEVICES };
bool omemo_room_late(const struct x *x, const char *chat, const char *jid, enum omemo_known_of known);
void omemo_room_waits(struct x *x, const char *chat);    /* something is missing: not for ever */
/* A message has left which these cannot read; said once. room: of others nothing is done. */
void omemo_room_sent(struct x *x, const char *chat, const struct omemo_names *without);
bool omemo_room_has(const struct x *x, const char *jid); /* in a closed room with us */
/* Whose words they are where the room does not say it: of those who belong to it, and of us, the one with whose session they can
 * be read. The device's number alone says nothing: anybody may take another's. Borrowed; NULL: nobody, or more than one. */
const char *omemo_room_author(struct x *x, const char *room, const struct omemo_sealed *in);
void omemo_rooms_free(struct x *x);
#define OMEMO_ROOM_OPEN "anybody may come in, or not everybody sees who is here: nobody can say who would read it, so nothing " \
    "of it is sent. An owner can make it members-only and show addresses to everybody (/configure); /encrypt off sends in the clear."
bool omemo_lists_known(const struct x *x, const char *jid); /* the same without asking */
bool omemo_list_fresh(const struct x *x, enum omemo_version v, const char *jid); /* it was read in this session */
/* Some server could not answer, so that what is known of the devices of this one may be old, or nothing. */
bool omemo_lists_failed(const struct x *x, const char *jid);
#define OMEMO_WHY_UNLISTED "whether this person has devices with keys for OMEMO is not known: the server does not answer now"
#define OMEMO_ROOM_SECRET "the room does not say who belongs to it, so nobody can say who would read it"
/* Why there was no session to be had with a device when that was tried last; NULL: nothing is known against it. */
const char *omemo_bad(const struct x *x, enum omemo_version v, const char *jid, uint32_t device);
void omemo_unbad(struct omemo_session *s, enum omemo_version v, const char *jid, uint32_t device); /* its bundle is tried again */
/* omemo_out.c */
#define OMEMO_FALLBACK "This message is encrypted with OMEMO, which your program does not read, or has no key for."
void omemo_push(struct x *x); /* sends what can be sent now */
#define OMEMO_NOT_LATCHED "this chat would be encrypted from now on, and that could not be kept on the disk: nothing is sent in the " \
    "clear instead. Make room on the disk and send it again"
/* Is the chat encrypted? Where nothing was said yet, the keys of the other side say so, from now on. LATER: they are asked for, and
 * omemo_push() is called; REFUSED: OMEMO_NOT_LATCHED. */
enum omemo_files omemo_decide(struct x *x, const char *chat);
/* Only the ids to which a text belongs; in the old version they stay outside of what is encrypted. */
bool omemo_is_id(xmpp_stanza_t *c);
void omemo_posts_clear(struct omemo_session *s);
void omemo_posts_fail(struct x *x, const char *chat, const char *why); /* those of one chat: told as failed */
void omemo_posts_fail_all(struct x *x, const char *why);
/* omemo_who.c */
/* How a device is reached. 0: it is in no list. */
enum omemo_version omemo_way(const struct omemo_known *d);
bool omemo_is_used(const struct omemo_known *d); /* by its trust */
struct omemo_reader {        /* one device that will or will not read, or somebody who has none */
    char *jid;               /* whose; owned */
    struct omemo_known known; /* id 0: they have none */
    enum omemo_version way;  /* 0: none */
    enum kith_reads reads;
    const char *why;         /* static; NULL: it reads */
    bool own, here;          /* of our account; this one: it gets nothing, and has what it wrote */
};
struct omemo_who {
    enum omemo_people people;
    struct omemo_names others;  /* the other side, and */
    struct omemo_names without; /* those of it who cannot read */
    struct omemo_reader *v;  /* person after person, ours at the end; by number */
    size_t n, cap;
    bool takes_new;          /* as omemo_takes_new() */
    bool unknown;            /* something is not known yet: nothing is sent until it is */
    size_t readers, theirs;  /* devices but this one that read; those of others among them */
    size_t unverified;       /* of the readers */
    size_t blind;            /* of the readers, and of those that may become it */
    size_t waits;            /* about which the user has to decide before anything is sent */
};
/* chat NULL: our own devices. In two steps: omemo_who_people() says who is written to and whether their lists are known (unknown:
 * not), omemo_who_devices() with which devices; omemo_who() does both. ask: what is missing is asked for, omemo_push() is called when it came, and there are no devices
 * until the lists are known; else what is known now. omemo_who_clear() frees it; names in it are borrowed as of omemo_people(). */
void omemo_who_people(struct x *x, const char *chat, bool ask, struct omemo_who *out);
void omemo_who_devices(struct x *x, const char *chat, bool ask, struct omemo_who *w);
void omemo_who(struct x *x, const char *chat, bool ask, struct omemo_who *out);
void omemo_who_clear(struct omemo_who *w);
/* Nobody said anything of this chat, and it is encrypted from its next message on. */
bool omemo_begins(struct x *x, const struct omemo_who *w);
/* omemo_say.c */
void omemo_leaves(struct x *x, const char *chat, const char *origin_id, uint32_t enc); /* it is encrypted, and on its way */
void omemo_tell_waits(struct x *x, const char *chat, const struct omemo_who *w); /* the user has to decide; told once */
void omemo_tell_changed(struct x *x, const char *jid, uint32_t device); /* another key than before; told once */
void omemo_tell_soon(struct x *x);                 /* something about devices changed: how chats are encrypted is told anew */
void omemo_tell_anew(struct x *x);                 /* the same, and who looks at a forecast gets another one */
void omemo_tell_all(struct x *x, bool anew);       /* at once; anew: also what was told before in this session */
void omemo_asks_try(struct x *x);                  /* forecasts that waited for keys */
void omemo_asks_clear(struct x *x);
/* omemo_in.c */
bool omemo_may_know_us(const struct x *x, const char *jid); /* that we are here: what they send is looked into, and answered */
void omemo_answer_soon(struct x *x, enum omemo_version v, const char *jid, uint32_t device);
void omemo_committed(struct x *x, uint64_t number);
void omemo_answers(struct x *x); /* those that are due, in a moment */
/* omemo.c */
bool omemo_is_wanted(const struct x *x); /* by the option encryption */
/* What the user said of a chat, or of the room that somebody is in: "on", "off", NULL: nothing. Borrowed until the next word. */
const char *omemo_said(const struct x *x, const char *chat);
struct omemo_io omemo_io_of(struct x *x);        /* the account's store */
/* What is kept was replaced: begins with it. restored: by what was somewhere else before. 0, or enum kith_err */
int omemo_reopen(struct x *x, bool restored);
/* omemo_keys.c */
void omemo_keys_free(struct x *x);
/* omemo_mark.c */
void omemo_mark_again(struct x *x);              /* the keys are others now: as in a new session */
#define OMEMO_MARK_NODE "urn:kith:omemo:mark:0"
#define OMEMO_TWICE "another kith runs with a copy of this account's keys, and was there first. Each needs keys of its own: " \
    "/keys reset makes some for this one. Or stop the other one, and /reconnect here"
void omemo_mark_start(struct x *x);              /* a session began: nothing is encrypted until it is known whether the keys may be used */
bool omemo_mark_open(const struct x *x);         /* they may; else omemo_push() is called, or they are refused */
bool omemo_mark_refused(const struct x *x);
bool omemo_mark_reads_only(const struct x *x);   /* they are of an older copy: what can be read with them is read, and then they go */
bool omemo_mark_lost(const struct x *x, int64_t time_ms); /* keys of that time are lost with the later state; 0: of now */
/* Something was encrypted, or keys were made: before it leaves the mark does, when there was none for a while; else later. */
void omemo_mark_now(struct x *x);
/* omemo_atm.c: what verified devices say of other keys. from: bare address. open: what was in the envelope, text: the envelope.
 * True: it was that and nothing else. */
bool omemo_atm_take(struct x *x, const char *from, uint32_t device, xmpp_stanza_t *open, const struct buf *text);
/* Some device was verified, distrusted, or its key seen for the first time: what waited for that takes effect. True: it did. */
bool omemo_atm_settle(struct x *x);
void omemo_atm_again(struct x *x); /* what is kept was replaced: what waits is counted anew */
/* omemo_atm_out.c: the user decided so about this device, which was as it was; those that are verified hear of it. */
void omemo_atm_decided(struct x *x, const char *jid, const struct omemo_known *was, enum omemo_trust trust);
void omemo_atm_push(struct x *x);
/* omemo_repair.c */
/* A message could not be read (rc: enum omemo_error): what can be done about it is done, at a limited rate. */
void omemo_repair(struct x *x, const struct omemo_sealed *in, const struct im_from *how, const char *from, int rc);
/* Why, as a piece of a sentence. st: as it came. Borrowed. */
const char *omemo_why_unread(struct x *x, xmpp_stanza_t *st, const struct omemo_sealed *in, const struct im_from *how,
                             const char *from, int rc);
/* The session with that device gets replaced by what is sent next. */
bool omemo_is_broken(struct x *x, enum omemo_version v, const char *jid, uint32_t device);
void omemo_mended(struct x *x, enum omemo_version v, const char *jid, uint32_t device); /* it is fine, or was replaced */
void omemo_tidy(struct x *x); /* texts that nobody has asked for in a month, and notes that say nothing any more, go */

#endif
