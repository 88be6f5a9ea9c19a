/* backends/xmpp/muc.h - rooms (XEP-0045): what the files about them share
 *
 * A room is known from the first time that it is joined, and stays known when we have left it, so that its private
 * messages are never taken for a person's. Only muc*.c include this header; other features use the few functions of
 * feature.h that begin with muc_.
 */
#ifndef XMPP_MUC_H
#define XMPP_MUC_H

#include "backends/xmpp/feature.h"

#define NS_MUC "http://jabber.org/protocol/muc"
#define NS_MUC_ADMIN NS_MUC "#admin"
#define NS_MUC_OWNER NS_MUC "#owner"
#define NS_OCCUPANT "urn:xmpp:occupant-id:0"
#define NS_HATS "urn:xmpp:hats:0"
#define NS_HATS_OLD "xmpp:prosody.im/protocol/hats:1"
#define NS_MODERATE "urn:xmpp:message-moderate:1"
#define NS_MODERATE0 "urn:xmpp:message-moderate:0"
#define NS_MUC_PING NS_MUC "#self-ping-optimization"

enum {
    MUC_ROOMS_MAX = 1000,   /* known to one account */
    MUC_MEMBERS_MAX = 50000, /* of one room */
    MUC_SENT_MAX = 2000     /* messages that the room has not reflected yet */
};

enum muc_affiliation {
    MUC_AFF_NONE,
    MUC_AFF_OUTCAST,
    MUC_AFF_MEMBER,
    MUC_AFF_ADMIN,
    MUC_AFF_OWNER
};
enum muc_role { MUC_ROLE_NONE, MUC_ROLE_VISITOR, MUC_ROLE_PARTICIPANT, MUC_ROLE_MODERATOR };

struct muc_member {
    char *nick;
    char *id;   /* who they are: occupant id where the room announces them, else the real address, else made up for
                   this stay; never NULL */
    char *jid;  /* real bare address, NULL: not shown */
    char *text; /* hats and status, NULL: none */
    uint32_t show;
    unsigned char photo[20];   /* SHA-1 of their picture */
    int8_t has_photo;          /* 1 yes, 0 there is none, -1 not said */
    uint8_t affiliation, role; /* enum muc_affiliation, muc_role */
    bool seen;                 /* in the list that is being told now */
};

/* Where we stand with a room. */
enum muc_stage {
    MUC_OUT,
    MUC_ASKING,  /* its disco#info was asked for, then we go in */
    MUC_JOINING, /* presence sent, our own has not come back */
    MUC_IN
};

struct muc_room {
    char *address;  /* bare, normalized */
    char *nick;     /* ours: in JOINING the one asked for */
    char *wish;     /* the one the user asked for */
    char *secret;   /* password, wiped; NULL: none known */
    char *name;     /* as the room calls itself, or NULL */
    char *topic, *topic_by;
    int64_t topic_ms;
    enum muc_stage stage;
    bool wanted;    /* joined again with a new session */
    bool told;      /* CHAT with JOINED was emitted */
    bool listing;   /* SYNC_BEGIN of its members was emitted, END was not */
    bool replaying; /* what comes with a delay is the room's own history: until its subject */
    bool instant;   /* set before muc_join: if the room is new it is made at once, nobody is asked */
    bool by_user;   /* the join under way is the user's wish, though nothing waits for its end */
    bool created;   /* the room was new: we made it (201) in this stay */
    bool undecided; /* it is new and locked: the user is asked what to do with it */
    bool unkept;    /* the user went in before the bookmarks were known: to be kept then */
    bool before;    /* the process before this one was in it when it ended */
    bool seek_nick; /* the room is asked which nick it keeps for us, before we go in */
    bool parting;   /* we went out of sight: the room's word of it is still to come */
    kith_req req;   /* of the join under way, or 0 */
    kith_req nick_req, leave_req, topic_req;
    int64_t deadline_ms; /* monotonic: the join is given up; 0: none */
    int64_t again_ms;    /* monotonic: tried again by itself; 0: not */
    unsigned tries;      /* by itself, without success; other nicks tried */
    unsigned nicks;
    uint64_t ask;        /* the question for the password, 0: none */
    uint64_t ask_new;    /* the question what a new room is to be, 0: none */

    struct map members; /* nick -> struct muc_member */
    char *own_id;       /* our occupant id, or NULL */
    uint8_t affiliation, role; /* ours */

    struct map features; /* of its disco#info: var -> itself */
    bool known;          /* disco#info has answered since the account was opened */
    bool asking_info;
    uint32_t flags;      /* KITH_CHAT_NON_ANONYMOUS, MEMBERS_ONLY, MODERATED, by its features */
    unsigned char photo[20]; /* SHA-1 of its picture, by its disco#info or its own presence */
    bool has_photo;
    unsigned said;       /* status codes told already: bits of muc_words.c */

    struct map sent;     /* origin id -> itself: sent in this stay, not reflected yet */
    int64_t heard_ms;    /* monotonic: last sign of life */
    bool pinging;

    char *from;          /* archive id up to which nothing is missing, or NULL */
    int64_t from_ms;     /* wall time of the newest message seen; 0: none */
    char *live;          /* newest archive id that came live while the archive was read */
    uint64_t last;       /* number of its newest MESSAGE event */
    char *kept;          /* what is written down: an id that the host has committed */
    int64_t kept_ms;
    bool reading, gap;   /* the archive is read; it could not be read to its end */
    bool gap_told;       /* the host knows that a gap lies before what comes live */
    bool paging;         /* a page was asked for */
    unsigned reads, fails; /* pages of this reading; tries in a row that failed */
    int64_t read_ms;     /* monotonic: it is tried again then; 0: not */
    struct map doubt;    /* origin ids of what was sent before the room had lost us */
};

struct muc {
    struct map rooms; /* address -> struct muc_room */
    int timer;        /* of the next deadline, try or self-ping */
    int64_t timer_ms; /* monotonic: when it is due */
    int save_timer;
    bool dirty;
    bool fresh;       /* this process has not been online yet */
    bool crashed;     /* the process before this one did not end by itself */
};

/* ---- muc.c: the table of rooms ---- */
struct muc *muc_of(const struct x *x);
struct muc_room *muc_find(const struct x *x, const char *address); /* bare or room/nick; NULL: no room of ours */
struct muc_room *muc_get(struct x *x, const char *bare);           /* made when new; NULL: too many */
/* CHAT with everything known. why: a sentence when we are not in it (any more), or NULL. */
void muc_tell(struct x *x, struct muc_room *r, const char *why);
void muc_touch(struct x *x);                  /* something of what is kept has changed: written soon */
void muc_due(struct x *x, int64_t mono_ms);   /* muc_tick() runs then, or earlier */
/* True when the room announces this in its disco#info. */
bool muc_has(const struct muc_room *r, const char *feature);
struct muc_member *muc_member(const struct muc_room *r, const char *nick); /* or NULL */
char *muc_occupant(const struct muc_room *r, const char *nick);            /* "room/nick", owned */

/* The bookmarks are known. Rooms that the user entered before that are kept now; where the server keeps none at all (kept
 * false), what the process before this one was in is entered again, as this device alone knows of it. */
void muc_bookmarks_known(struct x *x, bool kept);

/* ---- muc_join.c ---- */
/* As rooms->join of kith/plugin.h. room: an address, "xmpp:" address, or room/nick. secret NULL: the one known. req 0: by
 * itself (bookmarks); errors are told as notices of the account then. */
int muc_join(struct x *x, const char *room, const char *nick, const char *secret, kith_req req);
int muc_leave(struct x *x, const char *room, const char *text, kith_req req);
int muc_nick(struct x *x, const char *room, const char *nick, kith_req req);
void muc_enter(struct x *x, struct muc_room *r);     /* sends what is due to go in */
void muc_rejoin(struct x *x, struct muc_room *r);    /* silently: nothing of it is shown when it goes well */
/* A presence of type error: the join, a change of nick or of presence was refused. */
void muc_refused(struct x *x, struct muc_room *r, xmpp_stanza_t *st);
void muc_entered(struct x *x, struct muc_room *r);   /* our own presence came */
/* We are not in it any more. why: a sentence or NULL; again: tried again by itself. */
void muc_out(struct x *x, struct muc_room *r, const char *why, bool again);
void muc_bookmark(struct x *x, struct muc_room *r);  /* the user's wish: kept for all devices */
void muc_end_req(struct x *x, kith_req *req, int err, const char *text); /* answers it, if it waits */
void muc_wait(struct x *x, struct muc_room *r, int64_t ms); /* the room is to answer within that time */
void muc_link_lost(struct x *x, struct muc_room *r); /* requests are answered so */
void muc_join_tick(struct x *x, struct muc_room *r, int64_t now);

/* ---- muc_nick.c ---- */
char *muc_default_nick(const struct x *x); /* owned */
char *muc_usable_nick(const struct muc_room *r, const char *nick); /* as the room takes it, owned; NULL: it cannot be one */
xmpp_stanza_t *muc_presence_to(struct x *x, const struct muc_room *r, const char *nick, const char *type);
void muc_seek_nick(struct x *x, struct muc_room *r); /* muc_informed() follows, unless the session ends */
void muc_nick_done(struct x *x, struct muc_room *r);  /* our nick has changed */
/* Nobody is to see us, and in a room everybody would: out until that changes. */
void muc_unseen(struct x *x, struct muc_room *r);

/* ---- muc_presence.c ---- */
bool muc_presence(struct x *x, xmpp_stanza_t *st);   /* false: not of a room */
const char *muc_occupant_id(const struct muc_room *r, xmpp_stanza_t *st); /* of who it is from; NULL: not announced */
void muc_tell_again(struct x *x, struct muc_room *r); /* a session is resumed: all that is known of it */
void muc_members_lost(struct x *x, struct muc_room *r);
enum muc_affiliation muc_affiliation_of(const char *word); /* "owner"...; NONE for others */
enum muc_role muc_role_of(const char *word);
uint32_t muc_kith_role(enum muc_affiliation a, enum muc_role r); /* enum kith_role */

/* ---- muc_words.c ---- */
enum { MUC_CODES = 32 };
/* Status codes of a stanza's <x muc#user/>; returns how many. */
size_t muc_codes(xmpp_stanza_t *user, int codes[MUC_CODES]);
bool muc_code_in(const int *codes, size_t n, int code);
/* Tells those that are news about the room as lines of the room; once each while they hold. */
void muc_tell_codes(struct x *x, struct muc_room *r, const int *codes, size_t n);
/* Why somebody had to go, in words for us ("you ..."); owned. */
char *muc_why_out(const struct muc_room *r, xmpp_stanza_t *user, const int *codes, size_t n);
/* Why we may not go in, owned; *err = enum kith_err. */
char *muc_why_not(xmpp_stanza_t *st, int *err);
const char *muc_condition(xmpp_stanza_t *st); /* name of the error's condition, "" when there is none */

/* ---- muc_message.c, muc_out.c ---- */
void muc_groupchat(struct x *x, xmpp_stanza_t *st, const struct im_from *how, struct muc_room *r);
bool muc_standing(struct x *x, xmpp_stanza_t *st); /* a message about somebody's standing: dealt with */
int muc_topic(struct x *x, const char *room, const char *text, kith_req req);

/* ---- muc_info.c: disco#info of rooms ---- */
void muc_info(struct x *x, struct muc_room *r); /* asks; muc_informed() follows, unless the session ends */
void muc_informed(struct x *x, struct muc_room *r); /* muc_join.c: it is known now, or cannot be */

/* ---- muc_archive.c ---- */
bool muc_archived(const struct muc_room *r); /* the room announces an archive */
void muc_archive_start(struct x *x, struct muc_room *r); /* we are in: what was missed */
void muc_archive_stop(struct muc_room *r);  /* we are not: goes on with the next stay */
void muc_archive_live(struct x *x, struct muc_room *r, const char *archive_id, int64_t ms);
void muc_archive_committed(struct x *x, uint64_t number);
void muc_archive_tick(struct x *x, struct muc_room *r, int64_t now);
/* What was sent and has not come back may be lost: it is looked for in the archive, then told as failed. */
void muc_archive_doubt(struct muc_room *r);

/* ---- muc_moderate.c (XEP-0425) ---- */
/* A message came: it can be named later. who: their id in the room, or nick. */
void moderate_note(struct x *x, const struct muc_room *r, const char *who, const char *archive_id);
/* Has the newest messages of somebody withdrawn, at most so many; answers req. */
int moderate(struct x *x, const struct muc_room *r, const char *nick, size_t most, const char *reason, kith_req req);

/* ---- muc_ping.c (XEP-0410) ---- */
void muc_ping(struct x *x, struct muc_room *r);
int64_t muc_ping_due(const struct muc_room *r); /* monotonic */

/* ---- muc_group.c: a room made of a chat (§7.9) ---- */
bool group_created(struct x *x, struct muc_room *r); /* true: it is one, and sets itself up */
void group_failed(struct x *x, const struct muc_room *r, const char *why); /* we could not go in; nothing for others */

/* ---- muc_invite.c ---- */
/* By the room, which lets in only those that it knows and puts them on its list then (§7.8.2). on: what was a chat goes on. */
void invite_by_room(struct x *x, const struct muc_room *r, const char *bare, const char *text, bool on);

/* ---- muc_new.c ---- */
/* Our stay began and the room is new and ours (201): the user is asked (r->undecided), or it is made at once. */
void muc_created(struct x *x, struct muc_room *r);
void muc_not_new(struct x *x, struct muc_room *r); /* it is gone for us, or made: the question goes */
/* A new room has its settings: it is open. Or it is not to be, and we leave it (§10.1.3). */
void muc_new_made(struct x *x, struct muc_room *r);
void muc_new_dropped(struct x *x, struct muc_room *r);

#endif
