/* kith/event.h - what a plugin tells the host: the events and what they hold
 *
 * Part of kith/plugin.h, which has the rules. */
#ifndef KITH_EVENT_H
#define KITH_EVENT_H

#include <kith/types.h>

#ifdef __cplusplus
extern "C" {
#endif

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
    KITH_EV_PROGRESS = 36,
    KITH_EV_SUB = 37, KITH_EV_SUB_GONE = 38,
    KITH_EV_LINK = 39, KITH_EV_HAPPENED = 40,
    KITH_EV_ENCRYPTION = 41, KITH_EV_DEVICE = 42
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
    const char *cursor; /* history, lists: where the next page begins; files: see kith_file_ops.offer */
};

/* KITH_EV_ITEM: one row of a list asked for (rooms of a server, search hits, who is, forms' results). */
struct kith_field {
    uint32_t size, flags;      /* KITH_FIELD_* */
    const char *key, *label;   /* key: name in the protocol; label: for people */
    const char *type;          /* text, secret, multiline, bool, choice, choices, address, addresses, number, fixed; and table:
                                  choice_labels are its heads, values its cells, row by row */
    const char *const *values; /* current or proposed */
    size_t n_values;
    const char *const *choice_values; /* for choice and choices */
    const char *const *choice_labels;
    size_t n_choices;
    const char *help;
    const char *datatype;       /* what a text has to be, as XML Schema says it: "xs:integer", "xs:date"; NULL: anything */
    const char *min, *max;      /* of what it stands for; NULL: no bound */
    const char *pattern;        /* what it has to look like (a regular expression): shown, never applied */
    const char *page, *section; /* headings it stands below; where page is another than before, a new page begins */
    const char *media;          /* a text that the host draws as a QR code */
    uint32_t least, most;       /* choices: how many; 0: any number */
};
enum { KITH_FIELD_REQUIRED = 1u << 0, KITH_FIELD_HIDDEN = 1u << 1,
       KITH_FIELD_OPEN = 1u << 2,      /* choice, choices: another value may be given */
       KITH_FIELD_READ_ONLY = 1u << 3 /* shown, and not part of the answer */ };
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
    const char *about; /* nicks, with blanks between, whose standing in the room has changed: hidden as joins are */
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
                 KITH_SYNC_ARCHIVE = 5 /* read forwards; END: to its end. Until then a gap lies before what comes live */,
                 KITH_SYNC_SUBS = 6 /* SUB events */ };
struct kith_ev_sync { struct kith_event ev; uint32_t what; const char *chat; /* MEMBERS: which; ARCHIVE: a room's, NULL: the account's */ };

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
    KITH_CHAT_MODERATED = 1u << 6, KITH_CHAT_CAN_TALK = 1u << 7, KITH_CHAT_ENCRYPTED = 1u << 8,
    KITH_CHAT_ALERT_ALL = 1u << 9,      /* every message is worth a notice; MUTED: none is; neither: as the user says of all chats */
    KITH_CHAT_ALERT_MENTIONS = 1u << 10, /* only what mentions the user is */
    KITH_CHAT_KEPT = 1u << 11, /* the account keeps the pin and those three for all devices: the host takes them over from here */
    /* Of ENCRYPTION events only: */
    KITH_CHAT_UNVERIFIED = 1u << 12, /* ENCRYPTED, but not every device that reads along was verified by the user */
    KITH_CHAT_WAITS = 1u << 13,      /* ENCRYPTED, and what is written waits: the user has to decide about a device first */
    KITH_CHAT_OPENED = 1u << 14,     /* not encrypted because the user said so */
    KITH_CHAT_TAKES_NEW = 1u << 15,  /* new devices of somebody who is verified read at once: nothing waits for a decision */
    KITH_CHAT_ENCRYPTS = 1u << 16    /* not ENCRYPTED, because nobody decided that yet: from the next message on it is */
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
    const char *old_address; /* set when the chat is at another address now: it stays the same chat, with its history */
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
    KITH_MSG_NO_STORE = 1u << 11, /* sender asks not to keep it */
    KITH_MSG_STRANGER = 1u << 12, /* by somebody whom the account does not keep: the host may hold it until the user lets them in */
    KITH_MSG_LITERAL = 1u << 13 /* the body stands as it is written: no quotes, no blocks of code in it */
};
enum kith_enc { KITH_ENC_NONE = 0, KITH_ENC_TRUSTED = 1, KITH_ENC_UNVERIFIED = 2, KITH_ENC_UNTRUSTED = 3,
                KITH_ENC_FAILED = 4 /* could not be read; body says why */ };
enum { KITH_ATTACHMENT_SEALED = 1u << 0 /* what lies on the server is encrypted: only who has the message can read it */ };
struct kith_attachment {
    uint32_t size, flags;  /* KITH_ATTACHMENT_* */
    const char *id;        /* for files->accept; NULL when there is only the link */
    const char *name, *mime, *url;
    int64_t bytes;         /* -1 = unknown */
    int32_t width, height; /* pictures: cells of the world outside, 0 = unknown */
};
/* How parts of a body look. Spans lie in order and apart, each says all that holds for its text: what is bold within
 * what is italic is three spans. Backends whose protocol writes marks into the text (XEP-0393) may leave them there,
 * inside of the span or around it; quotes (lines with > before them), blocks of code (lines between ```) and links need
 * no spans: the host finds them. A spoiler is hidden until the reader wants to see it; a hint what it is about (XEP-0382)
 * is text before it. At most KITH_MAX_SPANS; of further ones the host keeps hidden what a spoiler hides. It leaves out spans that are out of order, out of the body, not on whole characters, or
 * plain, and moves them with the text where it cleans that. */
enum {
    KITH_STYLE_BOLD = 1u << 0, KITH_STYLE_ITALIC = 1u << 1, KITH_STYLE_UNDERLINE = 1u << 2,
    KITH_STYLE_STRIKE = 1u << 3, KITH_STYLE_MONOSPACE = 1u << 4,
    KITH_STYLE_REVERSE = 1u << 5, /* ink and ground change places */
    KITH_STYLE_SPOILER = 1u << 6
};
#define KITH_COLOUR(rgb) (0x1000000u | (uint32_t)(rgb)) /* of 0xRRGGBB; the host keeps it readable */
struct kith_span {
    uint32_t size, style; /* KITH_STYLE_* */
    uint32_t start, len;  /* bytes of the body */
    uint32_t fg, bg;      /* KITH_COLOUR(), or 0: as the text around it */
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
    const struct kith_span *spans; /* of body; NULL: plain */
    size_t n_spans;
    const char *sender_mask; /* what masks of whom to ignore are compared with: "nick!user@host", or NULL */
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
    uint32_t enc;      /* SENT, STORED: how it left, enum kith_enc; NONE: in the clear, or not told */
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

/* KITH_EV_SUB: behind this account lies another one (a network of a bouncer), which the host runs as an account of its
 * own, in a process of its own, below this one. It has this one's address, options and secrets, but for the options with
 * KITH_OPT_SUB: of those it has only what the event says. An upsert by id, like a contact; the id never changes for the
 * same thing, and keeps its chats together when the name changes. The host bounds how many there may be, and ignores what
 * a sub-account says of subs of its own. */
struct kith_ev_sub {
    struct kith_event ev;
    const char *id;    /* at most 64 of A-Z a-z 0-9 . _ - */
    const char *name;  /* for people; NULL = the id */
    const char *text;  /* how it stands behind this account, when not well: "disconnected: no route to host"; NULL = well */
    const struct kith_field *options; /* key and one value each; others than those with KITH_OPT_SUB are left out */
    size_t n_options;
};
struct kith_ev_sub_gone { struct kith_event ev; const char *id; };

/* KITH_EV_LINK: how the connection does. Holds until the next one, or until it ends. */
struct kith_ev_link {
    struct kith_event ev;
    uint32_t waiting;  /* what the user wrote or asked for and the protocol's limits hold back, in lines */
    int64_t wait_ms;   /* until the last of it may leave */
    int64_t lag_ms;    /* how long the other side took to answer; while it owes an answer: so far. -1 = not known */
};

/* KITH_EV_HAPPENED: who came into a room and what became of it earlier, as its archive tells. Shown in its place among the
 * messages of then; changes nothing of what is now, and is no news. Come the same way as messages of the archive: ev.req
 * of the page that was asked for, else forwards. */
enum kith_happened { KITH_HAPPENED_JOIN = 1, KITH_HAPPENED_LEAVE = 2, KITH_HAPPENED_NICK = 3, KITH_HAPPENED_TOPIC = 4,
                     KITH_HAPPENED_STANDING = 5 };
struct kith_ev_happened {
    struct kith_event ev;
    const char *chat;
    const char *id;      /* unique in the archive: the same again is told once. NULL: told each time */
    const char *nick;    /* who came, left, was called so until then, set the topic; STANDING: NULL */
    const char *by;      /* LEAVE: who removed them */
    const char *text;    /* LEAVE: why; NICK: the new nick; TOPIC: the topic; STANDING: words for people */
    const char *about;   /* STANDING: as in struct kith_ev_notice */
    uint32_t what;       /* enum kith_happened */
    uint32_t how;        /* LEAVE: enum kith_leave */
};

/* KITH_EV_ENCRYPTION: how a chat is encrypted from now on. An upsert: of all chats for which that was ever decided, in each
 * session anew. flags: KITH_CHAT_ENCRYPTED or _ENCRYPTS, _UNVERIFIED, _WAITS, _OPENED, _TAKES_NEW; none: open, and
 * nobody decided that. Only this event says it: in CHAT events of protocols with kith_encryption_ops these flags mean nothing. */
struct kith_ev_encryption {
    struct kith_event ev;
    const char *chat;
    uint32_t flags;
    const char *method; /* "OMEMO"; NULL: none */
    const char *text;   /* what is to be known in one sentence: "1 of 3 devices is not verified"; or NULL */
};

/* KITH_EV_DEVICE: one device that will or will not be able to read a chat, as asked for with kith_encryption_ops.forecast.
 * The same answer decides what is sent. */
enum kith_device_trust { KITH_DEVICE_UNDECIDED = 0, /* nobody decided: nothing is sent to it */
                         KITH_DEVICE_BLIND = 1,     /* used because nothing of this person was verified yet */
                         KITH_DEVICE_VERIFIED = 2, KITH_DEVICE_DISTRUSTED = 3 };
enum kith_reads { KITH_READS_NO = 0, /* why says it */ KITH_READS_YES = 1,
                  KITH_READS_WAITS = 2, /* what is written waits until the user decided about it */
                  KITH_READS_UNKNOWN = 3 /* its keys could not be asked for yet */ };
enum { KITH_DEVICE_OWN = 1u << 0, /* of this account */ KITH_DEVICE_THIS = 1u << 1, /* the one that runs here */
       KITH_DEVICE_CHANGED = 1u << 2 /* it shows another key than before: why says so */ };
struct kith_ev_device {
    struct kith_event ev;
    const char *chat;        /* as asked for; NULL: our own devices only */
    const char *who;         /* whose it is: an address */
    const char *id;          /* its name for trust(); NULL: this person has none, and cannot read */
    const char *name;        /* as its owner calls it, not checked by anybody; or NULL */
    const char *fingerprint; /* what people compare, in groups with blanks; NULL: its key is not known yet */
    const char *versions;    /* by which it reads: "OMEMO 2"; or NULL */
    const char *why;         /* not YES: why not, a sentence; else what is to be known of it, or NULL */
    const char *uri;         /* what another program reads to verify it, for a QR code; or NULL */
    uint32_t trust;          /* enum kith_device_trust */
    uint32_t reads;          /* enum kith_reads */
    uint32_t flags;          /* KITH_DEVICE_* */
    int64_t since_ms, last_ms; /* first seen; last message that could be read, 0 = none */
};

#ifdef __cplusplus
}
#endif
#endif
