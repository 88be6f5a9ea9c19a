/* kith/plugin.h - the only header a protocol plugin needs.
 *
 * A plugin is one shared object with one exported symbol, kith_plugin_v0, which returns a const
 * descriptor. kith runs each account in a process of its own (kith-account), which loads one
 * plugin and runs one account: a plugin that blocks, leaks or crashes costs that account only.
 *
 * Rules for every function and struct below, unless its own comment says otherwise:
 *   Threads    every call, in both directions, happens on the one thread of the account process.
 *   Blocking   no operation may block. A library that cannot be told not to (a TLS handshake) may,
 *              if the plugin announced the phase with a deadline (kith_ev_state.deadline_ms): the
 *              process is killed and restarted when it stays silent past it.
 *   Borrowing  a pointer passed to a call is valid until that call returns; whoever wants it longer
 *              copies.
 *   Freeing    no side frees memory that the other side allocated; nothing returns memory to free.
 *   Strings    NUL-terminated UTF-8. NULL = absent, "" = present and empty. The host replaces invalid
 *              UTF-8, C0, C1 and bidi controls at the border, in both directions ('\n' and '\t' are
 *              kept in bodies), and cuts what is over KITH_MAX_*.
 *   Sizes      the writer of a struct sets .size = sizeof it; the reader tests KITH_HAS() before it
 *              reads a field newer than 0.1. Fields are appended, never inserted; nothing is ever
 *              renumbered.
 *   Unknowns   an unknown event type, operation, flag or enum value is ignored, never an error.
 *   Results    >= 0 is success (or a handle), < 0 is an enum kith_err.
 *   Times      int64_t milliseconds since 1970 (UTC); durations in ms; 0 = absent or now.
 *   Meaning    events carry meaning, never colour codes, icons, markup or layout.
 */
#ifndef KITH_PLUGIN_H
#define KITH_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KITH_ABI_MAJOR 0u /* differs from the host's: refused */
#define KITH_ABI_MINOR 1u /* greater than the host's: refused; smaller: fine */
#define KITH_HAS(T, p, f) ((p)->size >= offsetof(T, f) + sizeof(((T *)0)->f))
/* Element i of an array of sized structs: its writer may have had a newer header, so steps are of its size. */
#define KITH_AT(T, array, i) ((const T *)(const void *)((const char *)(array) + (size_t)(i) * (array)->size))

enum { /* limits, in bytes without the NUL; longer text is cut at a character */
    KITH_MAX_ADDRESS = 3071, KITH_MAX_NAME = 1023, KITH_MAX_TEXT = 8191, KITH_MAX_ID = 1023,
    KITH_MAX_BODY = 262144
};

enum kith_err {
    KITH_OK = 0,
    KITH_EINVAL = -1,     /* an argument or address that cannot be right */
    KITH_EOFFLINE = -2,   /* not connected */
    KITH_EUNSUP = -3,     /* this protocol, server or peer cannot do it */
    KITH_EBUSY = -4,      /* the same thing is already under way */
    KITH_ETOOBIG = -5,
    KITH_EAUTH = -6,      /* login refused; trying again will not help */
    KITH_ETLS = -7,       /* no secure connection could be made */
    KITH_ENET = -8,       /* network: DNS, refused, reset, timed out */
    KITH_EDENIED = -9,    /* the other side says no */
    KITH_ENOTFOUND = -10, /* no such address, room, message */
    KITH_ECANCELED = -11, /* given up, by the user or because the session ended */
    KITH_EPROTO = -12,    /* the other side broke the protocol */
    KITH_ECONFLICT = -13, /* nick or resource in use, session replaced */
    KITH_ELIMIT = -14     /* rate or size limit of the other side */
};

struct kith_account;       /* host's handle on the configured account; outlives every session */
struct kith_session;       /* plugin's own type; the host never looks inside */
struct kith_stream;        /* host's handle on one outgoing TCP or TLS connection */
typedef uint64_t kith_req; /* names one request of the host; 0 = none. Echoed in KITH_EV_REPLY */

/* ---- 1. what an account can do ----------------------------------------------------------------
 * What a protocol can do at all = the group of operations is there. What this connection can do
 * now = the capabilities last sent with KITH_EV_CAPS. kith offers what both allow. */
enum {
    KITH_CAP_ROSTER = 1u << 0, KITH_CAP_ROOMS = 1u << 1, KITH_CAP_HISTORY = 1u << 2,
    KITH_CAP_EDIT = 1u << 3, KITH_CAP_RETRACT = 1u << 4, KITH_CAP_REACT = 1u << 5,
    KITH_CAP_RECEIPTS = 1u << 6, KITH_CAP_MARKERS = 1u << 7, KITH_CAP_TYPING = 1u << 8,
    KITH_CAP_FILES = 1u << 9, KITH_CAP_MULTILINE = 1u << 10, KITH_CAP_REPLY = 1u << 11,
    KITH_CAP_BLOCKING = 1u << 12, KITH_CAP_DIRECTORY = 1u << 13, KITH_CAP_LIVE_TEXT = 1u << 14,
    KITH_CAP_E2EE = 1u << 15, KITH_CAP_ROOM_LIST = 1u << 16, KITH_CAP_MODERATE = 1u << 17
};

/* ---- 2. events: plugin -> host ----------------------------------------------------------------
 * Every event begins with struct kith_event. host->emit() copies it, returns at once and never
 * re-enters the plugin. Contact, presence, chat and member events are upserts: the whole state,
 * not a delta; SYNC_BEGIN/END brackets a full list so that the host can drop what was not named. */
enum kith_event_type {
    KITH_EV_STATE = 1, KITH_EV_CAPS = 2, KITH_EV_SELF = 3, KITH_EV_REPLY = 4, KITH_EV_NOTICE = 5,
    KITH_EV_ASK = 6, KITH_EV_ASK_GONE = 7, KITH_EV_ITEM = 8,
    KITH_EV_SYNC_BEGIN = 16, KITH_EV_SYNC_END = 17,
    KITH_EV_CONTACT = 18, KITH_EV_CONTACT_GONE = 19, KITH_EV_PRESENCE = 20,
    KITH_EV_CHAT = 21, KITH_EV_CHAT_GONE = 22, KITH_EV_MEMBER = 23, KITH_EV_MEMBER_GONE = 24,
    KITH_EV_MESSAGE = 32, KITH_EV_RECEIPT = 33, KITH_EV_TYPING = 34, KITH_EV_MARKER = 35,
    KITH_EV_PROGRESS = 36
};

struct kith_event {
    uint32_t size, type; /* enum kith_event_type */
    kith_req req;        /* the request this belongs to, or 0 */
    int64_t time_ms;     /* when it happened at its source; 0 = now */
};

/* KITH_EV_STATE: where the connection stands. The host owns reconnecting: after OFFLINE it waits
 * (1, 2, 4 .. 300 s, or retry_ms) and calls connect again, unless retry says not to. */
enum kith_state {
    KITH_STATE_OFFLINE = 0, KITH_STATE_RESOLVE = 1, KITH_STATE_CONNECT = 2, KITH_STATE_TLS = 3,
    KITH_STATE_AUTH = 4, KITH_STATE_SYNC = 5, KITH_STATE_ONLINE = 6, KITH_STATE_CLOSING = 7
};
enum kith_retry { KITH_RETRY_AUTO = 0, KITH_RETRY_NEVER = 1, KITH_RETRY_NOW = 2 };
struct kith_ev_state {
    struct kith_event ev;
    uint32_t state;       /* enum kith_state */
    int32_t err;          /* OFFLINE: enum kith_err, KITH_OK when it was asked for */
    const char *text;     /* OFFLINE: a sentence a person can act on; else where to, e.g. "xmpp.example.org:5222" */
    uint32_t retry;       /* OFFLINE: enum kith_retry */
    uint32_t resumed;     /* ONLINE: 1 = the same session as before, nothing was missed */
    int64_t retry_ms;     /* OFFLINE: the least wait the other side asked for */
    int64_t deadline_ms;  /* longest time this phase may be silent; 0 = no limit */
};

struct kith_ev_caps { struct kith_event ev; uint32_t caps; /* KITH_CAP_* */ };

struct kith_ev_self {
    struct kith_event ev;
    const char *address;  /* own normalized address */
    const char *name;     /* own display name or nick */
    const char *resource; /* what tells this device from the account's others, or NULL */
};

/* KITH_EV_REPLY ends the request ev.req, exactly once for each accepted request. */
struct kith_ev_reply {
    struct kith_event ev;
    int32_t err;        /* KITH_OK or enum kith_err */
    uint32_t more;      /* history, lists: 1 = there is more in that direction */
    const char *text;   /* the reason in words; for normalize: the normalized address */
    const char *cursor; /* history, lists: where the next page begins */
};

/* KITH_EV_ITEM: one row of a list asked for (rooms of a server, search hits, who is, forms' results). */
struct kith_field {
    uint32_t size, flags;      /* KITH_FIELD_* */
    const char *key, *label;   /* key: name in the protocol; label: for people */
    const char *type;          /* text, secret, multiline, bool, choice, choices, address, addresses, number, fixed */
    const char *const *values; /* current or proposed */
    size_t n_values;
    const char *const *choice_values; /* for choice and choices */
    const char *const *choice_labels;
    size_t n_choices;
    const char *help;
};
enum { KITH_FIELD_REQUIRED = 1u << 0, KITH_FIELD_HIDDEN = 1u << 1 };
struct kith_ev_item {
    struct kith_event ev;
    const char *address, *name, *text; /* text: topic, status, description */
    int64_t number;                    /* members of a room, or -1 */
    const struct kith_field *fields;
    size_t n_fields;
};

/* KITH_EV_NOTICE: words for the user that are no message (server notices, errors without a place). */
enum kith_level { KITH_DEBUG = 0, KITH_INFO = 1, KITH_WARN = 2, KITH_ERROR = 3 };
struct kith_ev_notice {
    struct kith_event ev;
    uint32_t level;
    const char *chat; /* where it belongs, or NULL: the account */
    const char *text;
};

/* KITH_EV_ASK: a question, answered later with ops->answer, or never. Dies with the session. */
enum kith_ask {
    KITH_ASK_CONFIRM = 1, KITH_ASK_CERTIFICATE = 2, KITH_ASK_SECRET = 3, KITH_ASK_SUBSCRIBE = 4,
    KITH_ASK_INVITE = 5, KITH_ASK_FORM = 6, KITH_ASK_DOWNGRADE = 7, KITH_ASK_FILE = 8
};
struct kith_choice {
    uint32_t size, flags;     /* KITH_CHOICE_* */
    const char *id, *label;   /* id goes back in the answer */
};
enum { KITH_CHOICE_DEFAULT = 1u << 0, KITH_CHOICE_DANGER = 1u << 1 };
struct kith_ev_ask {
    struct kith_event ev;
    uint64_t ask;             /* the plugin's own number, unique in the session, below 2^63: the rest is the host's */
    uint32_t kind;            /* enum kith_ask */
    const char *subject;      /* address or host it is about */
    const char *title, *text; /* one line; and the facts (fingerprint, reason), may have lines */
    const struct kith_choice *choices;
    size_t n_choices;
    const struct kith_field *fields;
    size_t n_fields;
};
struct kith_ev_ask_gone { struct kith_event ev; uint64_t ask; };

enum kith_sync { KITH_SYNC_ROSTER = 1, KITH_SYNC_CHATS = 2, KITH_SYNC_MEMBERS = 3, KITH_SYNC_BLOCKED = 4,
                 KITH_SYNC_ARCHIVE = 5 /* read forwards; END: to its end. Until then a gap lies before what comes live */ };
struct kith_ev_sync { struct kith_event ev; uint32_t what; const char *chat; /* MEMBERS: which */ };

/* People. Contacts are whom the account keeps; presence is what each of their devices says. */
enum {
    KITH_CONTACT_TO = 1u << 0,      /* we see their presence */
    KITH_CONTACT_FROM = 1u << 1,    /* they see ours */
    KITH_CONTACT_PENDING = 1u << 2, /* we asked, no answer yet */
    KITH_CONTACT_BLOCKED = 1u << 3, KITH_CONTACT_SELF = 1u << 4,
    KITH_CONTACT_GATEWAY = 1u << 5
};
struct kith_ev_contact {
    struct kith_event ev;
    const char *address, *name; /* name: the user's own name for them, or theirs; NULL = none */
    const char *const *groups;
    size_t n_groups;
    uint32_t flags;
};
struct kith_ev_contact_gone { struct kith_event ev; const char *address; };

enum kith_show {
    KITH_SHOW_OFFLINE = 0, KITH_SHOW_ONLINE = 1, KITH_SHOW_CHAT = 2, KITH_SHOW_AWAY = 3,
    KITH_SHOW_XA = 4, KITH_SHOW_DND = 5, KITH_SHOW_UNKNOWN = 6
};
struct kith_ev_presence {
    struct kith_event ev;
    const char *address;  /* the contact, or own address for own other devices */
    const char *resource; /* device; NULL = the only one, and with OFFLINE: all of them */
    uint32_t show;        /* enum kith_show */
    int32_t priority;
    const char *text;
    const char *client;   /* software name, or NULL */
    int64_t idle_since_ms;
};

/* Chats: a conversation with one person, with oneself, or a room. */
enum kith_chat_kind { KITH_CHAT_DIRECT = 1, KITH_CHAT_ROOM = 2, KITH_CHAT_SELF = 3, KITH_CHAT_SERVICE = 4 };
enum {
    KITH_CHAT_JOINED = 1u << 0, KITH_CHAT_AUTOJOIN = 1u << 1, KITH_CHAT_PINNED = 1u << 2,
    KITH_CHAT_MUTED = 1u << 3, KITH_CHAT_NON_ANONYMOUS = 1u << 4, KITH_CHAT_MEMBERS_ONLY = 1u << 5,
    KITH_CHAT_MODERATED = 1u << 6, KITH_CHAT_CAN_TALK = 1u << 7, KITH_CHAT_ENCRYPTED = 1u << 8
};
struct kith_ev_chat {
    struct kith_event ev;
    const char *address, *name;
    uint32_t kind, flags;
    const char *topic, *topic_by;
    int64_t topic_ms;
    const char *nick;  /* our own name in the room */
    const char *text;  /* when not JOINED: why, in words */
    uint32_t caps;     /* KITH_CAP_* that hold here, where fewer than the account's; 0 = the account's */
};
struct kith_ev_chat_gone { struct kith_event ev; const char *address, *text; };

enum kith_role { KITH_ROLE_NONE = 0, KITH_ROLE_VISITOR = 1, KITH_ROLE_MEMBER = 2, KITH_ROLE_VOICE = 3,
                 KITH_ROLE_HALFOP = 4, KITH_ROLE_OP = 5, KITH_ROLE_ADMIN = 6, KITH_ROLE_OWNER = 7 };
struct kith_ev_member {
    struct kith_event ev;
    const char *chat, *nick;
    const char *id;      /* stable id of the person in this room, or NULL */
    const char *address; /* the person's real address, where known */
    const char *prefix;  /* the protocol's own marks ("@+"), or NULL */
    const char *old_nick; /* set when this is a change of nick */
    const char *text;    /* status text, away reason */
    uint32_t role;       /* enum kith_role */
    uint32_t show;       /* enum kith_show */
    uint32_t flags;      /* KITH_MEMBER_* */
};
enum { KITH_MEMBER_SELF = 1u << 0, KITH_MEMBER_BOT = 1u << 1, KITH_MEMBER_LOGGED_IN = 1u << 2,
       KITH_MEMBER_QUIET = 1u << 3 /* part of the first list: not shown as a join */ };
enum kith_leave { KITH_LEAVE_PART = 1, KITH_LEAVE_QUIT = 2, KITH_LEAVE_KICK = 3, KITH_LEAVE_BAN = 4,
                  KITH_LEAVE_ERROR = 5, KITH_LEAVE_SPLIT = 6 };
struct kith_ev_member_gone {
    struct kith_event ev;
    const char *chat, *nick, *id;
    uint32_t how;             /* enum kith_leave */
    const char *by, *text;
};

/* Messages. ids: "id" is what edits, receipts and reactions name; "origin_id" was made by the
 * sender's client (for our own: the one given to send()); "archive_id" is unique in the chat's
 * archive and the first key for de-duplication. */
enum {
    KITH_MSG_OUTGOING = 1u << 0, /* by us, from here or from another device */
    KITH_MSG_DELAYED = 1u << 1,  /* kept somewhere while we were away */
    KITH_MSG_HISTORY = 1u << 2,  /* from an archive: never alerts */
    KITH_MSG_ACTION = 1u << 3,   /* /me; body without the "/me " */
    KITH_MSG_MENTION = 1u << 4,  /* the protocol says that it is for us */
    KITH_MSG_SERVICE = 1u << 5,  /* by a server or room, not by a person */
    KITH_MSG_PRIVATE = 1u << 6,  /* a private message inside a room */
    KITH_MSG_RETRACT = 1u << 7,  /* withdraws .target */
    KITH_MSG_EDIT = 1u << 8,     /* replaces the body of .target */
    KITH_MSG_REACT = 1u << 9,    /* .reactions is now sender's whole set for .target */
    KITH_MSG_MODERATED = 1u << 10, /* RETRACT by a moderator; .text = reason */
    KITH_MSG_NO_STORE = 1u << 11 /* sender asks not to keep it */
};
enum kith_enc { KITH_ENC_NONE = 0, KITH_ENC_TRUSTED = 1, KITH_ENC_UNVERIFIED = 2, KITH_ENC_UNTRUSTED = 3,
                KITH_ENC_FAILED = 4 /* could not be read; body says why */ };
struct kith_attachment {
    uint32_t size, flags;
    const char *id;        /* for files->accept; NULL when there is only the link */
    const char *name, *mime, *url;
    int64_t bytes;         /* -1 = unknown */
    int32_t width, height; /* pictures: cells of the world outside, 0 = unknown */
};
struct kith_ev_message {
    struct kith_event ev;
    const char *chat;        /* address of the chat */
    const char *sender;      /* address of the author; in rooms: room address + "/" + nick or as the protocol has it */
    const char *sender_name; /* display name at that time, or NULL */
    const char *sender_id;   /* occupant id, account name: who may edit this later; or NULL */
    const char *id, *origin_id, *archive_id;
    const char *target;      /* EDIT, RETRACT, REACT: id, origin id or archive id of the message meant */
    const char *reply_to;    /* id of the message this answers, or NULL */
    const char *reply_sender;
    const char *thread;
    const char *body;        /* what a user without markup sees; NULL with RETRACT, REACT */
    const char *text;        /* RETRACT: reason */
    const char *const *reactions;
    size_t n_reactions;
    const struct kith_attachment *attachments;
    size_t n_attachments;
    uint32_t flags;
    uint32_t enc;            /* enum kith_enc */
    const char *resource;    /* sender's device, or NULL */
};

/* KITH_EV_RECEIPT: what became of messages we sent. Never claims more than was said. */
enum kith_delivery { KITH_SENT = 1, /* written to the connection */ KITH_STORED = 2, /* the server has it */
                     KITH_DELIVERED = 3, KITH_READ = 4, KITH_FAILED = 5 };
struct kith_ev_receipt {
    struct kith_event ev;
    const char *chat;
    const char *who;   /* who says so, or NULL: the server */
    const char *id;    /* origin id, id or archive id of the message */
    uint32_t delivery; /* enum kith_delivery */
    uint32_t up_to;    /* 1: it and all before it */
    int32_t err;       /* FAILED */
    const char *text;  /* FAILED: the reason in words */
    const char *archive_id; /* STORED: its id in the archive, where the server says so */
};

enum kith_typing { KITH_TYPING_NONE = 0, KITH_TYPING_ACTIVE = 1, KITH_TYPING_PAUSED = 2, KITH_TYPING_GONE = 3 };
struct kith_ev_typing {
    struct kith_event ev;
    const char *chat, *who;
    uint32_t state;   /* enum kith_typing */
    const char *live; /* live text so far, where both sides allow it; else NULL */
};

/* KITH_EV_MARKER: we read this chat up to here, on another device. */
struct kith_ev_marker { struct kith_event ev; const char *chat, *id; };

struct kith_ev_progress { struct kith_event ev; int64_t done, total; /* bytes; total -1 = unknown */ };

/* ---- 3. operations: host -> plugin ------------------------------------------------------------
 * >= 0: accepted; where there is a req, one KITH_EV_REPLY with it follows. < 0: refused, no reply. */
struct kith_send {
    uint32_t size, flags;     /* KITH_SEND_* */
    const char *chat, *body;
    const char *id;           /* origin id made by the host; comes back in KITH_EV_RECEIPT */
    const char *target;       /* EDIT: id of the message replaced */
    const char *reply_to, *reply_sender, *reply_body;
    const char *thread;
    int64_t written_ms;       /* when the user wrote it */
};
enum {
    KITH_SEND_ACTION = 1u << 0,
    KITH_SEND_EDIT = 1u << 1,
    KITH_SEND_RETRY = 1u << 2, /* may have left before: send only if the other side does not have it */
    KITH_SEND_PRIVATE = 1u << 3
};
struct kith_answer {
    uint32_t size;
    const char *choice;              /* id of the choice */
    const struct kith_field *fields; /* filled form, or the secret as the one value of field "secret" */
    size_t n_fields;
};
enum kith_reason { KITH_REASON_USER = 0, KITH_REASON_QUIT = 1, KITH_REASON_RESTART = 2 /* come back soon: keep the session */ };

struct kith_core_ops { /* every protocol */
    uint32_t size;
    int (*open)(struct kith_session **out, struct kith_account *acct); /* no I/O yet */
    void (*close)(struct kith_session *s);      /* frees s; no event for it may follow; any time */
    int (*connect)(struct kith_session *s);     /* STATE events tell how it goes */
    int (*disconnect)(struct kith_session *s, uint32_t reason, const char *text); /* ends with STATE OFFLINE */
    int (*send)(struct kith_session *s, const struct kith_send *m); /* RECEIPT events tell how it goes */
    int (*presence)(struct kith_session *s, uint32_t show, const char *text); /* kept over reconnects */
    int (*typing)(struct kith_session *s, const char *chat, uint32_t state, const char *live);
    int (*mark_read)(struct kith_session *s, const char *chat, const char *id, const char *archive_id);
    int (*answer)(struct kith_session *s, uint64_t ask, const struct kith_answer *a);
    int (*normalize)(struct kith_session *s, const char *in, kith_req req); /* REPLY.text: the address */
    void (*committed)(struct kith_session *s, uint64_t number); /* all events up to number are on disk */
    void (*wake)(struct kith_session *s);  /* time jumped or the network changed: look at the link now */
};
struct kith_roster_ops {
    uint32_t size;
    int (*add)(struct kith_session *s, const char *address, const char *name, const char *const *groups,
               size_t n_groups, const char *text, kith_req req); /* and asks to see their presence */
    int (*update)(struct kith_session *s, const char *address, const char *name, const char *const *groups,
                  size_t n_groups, kith_req req);
    int (*remove)(struct kith_session *s, const char *address, kith_req req);
    int (*authorize)(struct kith_session *s, const char *address, int allow, kith_req req);
};
struct kith_room_ops {
    uint32_t size;
    int (*join)(struct kith_session *s, const char *room, const char *nick, const char *secret, kith_req req);
    int (*leave)(struct kith_session *s, const char *room, const char *text, kith_req req);
    int (*topic)(struct kith_session *s, const char *room, const char *text, kith_req req);
    int (*nick)(struct kith_session *s, const char *room, const char *nick, kith_req req); /* room NULL: everywhere */
    int (*invite)(struct kith_session *s, const char *room, const char *who, const char *text, kith_req req);
    int (*remove)(struct kith_session *s, const char *room, const char *who, uint32_t how, const char *text,
                  kith_req req); /* how: KITH_LEAVE_KICK or KITH_LEAVE_BAN */
    int (*role)(struct kith_session *s, const char *room, const char *who, uint32_t role, const char *text,
                kith_req req);
    int (*list)(struct kith_session *s, const char *where, const char *pattern, const char *cursor, kith_req req);
    int (*affiliated)(struct kith_session *s, const char *room, uint32_t role, kith_req req); /* ITEMs; role NONE: the banned */
    int (*form)(struct kith_session *s, const char *room, kith_req req); /* ends in an ASK_FORM */
    int (*keep)(struct kith_session *s, const char *room, uint32_t flags, kith_req req); /* bookmark: KITH_CHAT_AUTOJOIN, PINNED, MUTED */
    int (*destroy)(struct kith_session *s, const char *room, const char *text, kith_req req);
};
struct kith_history_fetch {
    uint32_t size, max;
    const char *chat;                 /* NULL: the whole account */
    const char *before_id, *after_id; /* archive ids; both NULL: the newest */
    int64_t before_ms, after_ms;      /* used where there is no id */
    const char *text;                 /* words to search for on the server, or NULL */
};
struct kith_history_ops {
    uint32_t size;
    int (*fetch)(struct kith_session *s, const struct kith_history_fetch *f, kith_req req);
};
/* Edits go through send(). id: made by the host; RECEIPT events with it tell how it goes, as with messages. May be given
 * again after a lost connection, with the same id: both are the same however often they arrive. */
struct kith_change_ops {
    uint32_t size;
    int (*retract)(struct kith_session *s, const char *chat, const char *target, const char *text, const char *id);
    int (*react)(struct kith_session *s, const char *chat, const char *target, const char *const *reactions,
                 size_t n, const char *id);
};
struct kith_file_ops {
    uint32_t size;
    int (*offer)(struct kith_session *s, const char *chat, int fd, const char *name, const char *mime,
                 int64_t bytes, const char *id, kith_req req); /* fd: read only, owned by the plugin when accepted */
    int (*accept)(struct kith_session *s, const char *attachment, int fd, kith_req req); /* fd: written to, owned likewise */
    int (*decline)(struct kith_session *s, const char *attachment, kith_req req);
    int (*cancel)(struct kith_session *s, kith_req req);
};
struct kith_blocking_ops {
    uint32_t size;
    int (*block)(struct kith_session *s, const char *address, uint32_t report, kith_req req);
    int (*unblock)(struct kith_session *s, const char *address, kith_req req);
};
struct kith_directory_ops {
    uint32_t size;
    int (*info)(struct kith_session *s, const char *address, kith_req req); /* who is: ITEMs with fields */
    int (*form)(struct kith_session *s, const char *where, kith_req req);
    int (*search)(struct kith_session *s, const char *where, const struct kith_field *fields, size_t n,
                  kith_req req);
};

/* ---- 4. tables: options and own commands ------------------------------------------------------ */
enum { KITH_OPT_REQUIRED = 1u << 0, KITH_OPT_SECRET = 1u << 1, KITH_OPT_ADVANCED = 1u << 2 };
struct kith_option {
    uint32_t size, flags;
    const char *key, *type; /* type: string, int, bool, file, choice:a|b|c */
    const char *fallback;   /* default as text, or NULL */
    const char *help;       /* one sentence */
};
enum { KITH_IN_ANY = 0, KITH_IN_DIRECT = 1, KITH_IN_ROOM = 2 };
struct kith_command {
    uint32_t size, where;          /* KITH_IN_* */
    const char *name, *args, *help; /* args: usage after the name, e.g. "mask [reason]" */
    int (*run)(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req);
};

struct kith_protocol {
    uint32_t size;
    const char *id, *label;       /* "irc", "IRC" */
    const char *address_hint;     /* "name@example.org" */
    const struct kith_core_ops *core;       /* never NULL */
    const struct kith_roster_ops *roster;   /* each NULL where the protocol has no such thing */
    const struct kith_room_ops *rooms;
    const struct kith_history_ops *history;
    const struct kith_change_ops *change;
    const struct kith_file_ops *files;
    const struct kith_blocking_ops *blocking;
    const struct kith_directory_ops *directory;
    const struct kith_option *options;
    size_t n_options;
    const struct kith_command *commands;
    size_t n_commands;
    uint32_t flags;               /* KITH_PROTOCOL_* */
};
enum {
    KITH_PROTOCOL_MACHINE = 1u << 0 /* between users of one machine, without a network: the host offers no network
                                       options, and lets the plugin write below /tmp, /run and /var/lib */
};

/* ---- 5. services of the host ------------------------------------------------------------------ */
enum { KITH_IO_READ = 1u, KITH_IO_WRITE = 2u, KITH_IO_HANGUP = 4u };
typedef void kith_io_fn(void *user, int fd, unsigned ready);
typedef void kith_timer_fn(void *user);
typedef void kith_secret_fn(void *user, int err, const char *value);

enum kith_tls { KITH_TLS_NONE = 0, KITH_TLS_DIRECT = 1, KITH_TLS_START = 2 /* later, with stream_starttls */,
                KITH_TLS_OWN = 3 /* the plugin does TLS itself on the descriptor */ };
struct kith_stream_params {
    uint32_t size, tls;            /* enum kith_tls */
    const char *host;              /* name or address */
    uint16_t port;                 /* with srv: used when there are no such records; 0 = the service's usual port */
    const char *name;              /* name in the certificate and for SNI; NULL = host */
    const char *srv;               /* "_xmpp-client._tcp": looked up under host, NULL = none */
    const char *srv_tls;           /* "_xmpps-client._tcp": targets that speak TLS at once */
    const char *alpn;              /* "xmpp-client" or NULL */
    const char *cert_file;         /* client certificate and key (PEM), or NULL */
    int64_t timeout_ms;            /* for all of it; 0 = 30 s */
};
struct kith_stream_info {
    uint32_t size;
    int tls;                    /* 1: encrypted and verified or pinned */
    const char *host;           /* the target that answered */
    uint16_t port;
    int direct_tls;             /* the target came from srv_tls */
    const char *tls_version, *tls_cipher;
    const char *fingerprint;    /* SHA-256 of the certificate, hex */
};
struct kith_stream_cb {
    uint32_t size;
    void (*open)(void *user, const struct kith_stream_info *info);   /* connected (and, DIRECT, secured) */
    void (*secured)(void *user, const struct kith_stream_info *info); /* after stream_starttls */
    size_t (*data)(void *user, const void *data, size_t len);        /* returns how much was taken */
    void (*drained)(void *user);                                     /* all that was written has left */
    void (*closed)(void *user, int err, const char *text);           /* last call; the handle is gone */
};
/* Trust: what to do with a certificate. trust_check() is for KITH_TLS_OWN; streams do it themselves. */
enum kith_trust { KITH_TRUST_YES = 1, KITH_TRUST_ASKED = 2 /* fail now; when answered "yes" the host connects anew */,
                  KITH_TRUST_NO = 0 };
struct kith_cert {
    uint32_t size;
    const char *name;           /* host name it should hold for */
    const char *fingerprint;    /* SHA-256 of the DER form, hex without colons */
    const char *pin;            /* SHA-256 of the public key (SPKI), hex, or NULL */
    const char *subject, *issuer, *names;
    int64_t not_before_ms, not_after_ms;
    const char *problem;        /* what verification says, NULL = fine */
};

struct kith_host {
    uint32_t size;
    uint16_t abi_major, abi_minor;
    /* Queues a copy. Returns the event's number (> 0), for committed(); 0 when refused (logged). */
    uint64_t (*emit)(struct kith_account *a, const struct kith_event *ev);
    void (*log)(struct kith_account *a, uint32_t level, const char *line); /* never pass secrets */
    int64_t (*mono_ms)(void);                       /* monotonic; faked in tests */
    int64_t (*wall_ms)(void);
    int (*random)(void *buf, size_t len);
    /* NULL = not set; valid until the next call. Secret options are never shown. Beside the plugin's own keys:
     * "address"; "_account": its name in the configuration; "_resume", "_resume_ms": archive id and time of the newest
     * message that the store has. */
    const char *(*option)(struct kith_account *a, const char *key);
    /* Calls fn once for each call that was accepted, with a secret option's value (configuration, command or prompt):
     * maybe at once, at the latest (with KITH_ECANCELED) before close. user must live until then. */
    int (*secret)(struct kith_account *a, const char *key, const char *why, kith_secret_fn *fn, void *user);
    void (*secret_wrong)(struct kith_account *a, const char *key); /* forget it: ask anew next time */
    int (*io_add)(int fd, unsigned want, kith_io_fn *fn, void *user); /* handle > 0. Level-triggered */
    int (*io_set)(int handle, unsigned want);
    void (*io_del)(int handle);                     /* fn never runs after this */
    int (*timer_add)(int64_t after_ms, kith_timer_fn *fn, void *user); /* handle > 0, one shot */
    void (*timer_del)(int handle);                  /* an old or unknown handle is ignored */
    int (*stream_open)(struct kith_account *a, const struct kith_stream_params *p,
                       const struct kith_stream_cb *cb, void *user, struct kith_stream **out);
    int (*stream_write)(struct kith_stream *st, const void *data, size_t len); /* takes all or fails */
    size_t (*stream_queued)(struct kith_stream *st);
    int (*stream_starttls)(struct kith_stream *st);
    /* Channel binding data: type "tls-exporter", "tls-unique", "tls-server-end-point". Length or < 0. */
    int (*stream_binding)(struct kith_stream *st, const char *type, unsigned char *out, size_t cap);
    int (*stream_take_fd)(struct kith_stream *st); /* TLS_OWN, in open(): the connected socket; handle is gone */
    void (*stream_close)(struct kith_stream *st);  /* no callback after this */
    int (*trust_check)(struct kith_account *a, const struct kith_cert *c); /* enum kith_trust */
    /* Private, persistent, per account; survives SIGKILL once the call returned. */
    int (*state_get)(struct kith_account *a, const char *key, void *out, size_t cap); /* length, or KITH_ENOTFOUND */
    int (*state_set)(struct kith_account *a, const char *key, const void *data, size_t len); /* len 0 deletes */
    /* 1 while the engine is behind: the host already stopped calling read callbacks. */
    int (*congested)(struct kith_account *a);
};

/* ---- 6. entry --------------------------------------------------------------------------------- */
struct kith_plugin {
    uint32_t size;
    uint16_t abi_major, abi_minor; /* KITH_ABI_* this was compiled with */
    const char *id, *version, *license, *summary;
    const struct kith_protocol *const *protocols;
    size_t n_protocols;
    int (*load)(const struct kith_host *host); /* host stays valid until the process ends */
    void (*unload)(void);                      /* after every session is closed */
};
/* The one exported symbol. It does nothing but return the descriptor. */
#define KITH_PLUGIN_ENTRY "kith_plugin_v0"
typedef const struct kith_plugin *kith_plugin_fn(void);
#if defined(__GNUC__)
#define KITH_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define KITH_PLUGIN_EXPORT
#endif
#ifdef __cplusplus
}
#endif
#endif
