/* model/model.h - what exists: accounts, contacts, chats, members, messages; plain data and observers
 *
 * The model knows nobody: no window, no protocol, no disk. Only core changes it (through the functions below,
 * which tell the observers); everybody above may read the fields. Pointers stay valid until the matching
 * MODEL_*_GONE event has been delivered; whoever keeps one across turns keeps the id instead.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/base.h"
#include "base/map.h"
#include "kith/plugin.h" /* the enums and flags of the plugin interface are the words of the model too */

struct model;
struct account;
struct contact;
struct chat;
struct member;
struct message;
struct listing; /* model/listing.h */

/* ---- accounts ---- */
struct account {
    struct model *model;
    int64_t id;                /* row in the store */
    char *name;                /* the user's: "home"; unique */
    char *parent, *label;      /* of a sub-account ("home/libera"): name of the one above it; its own, "libera". NULL: none */
    char *note;                /* how it stands behind the one above it, when not well; NULL = well, or not known */
    char *protocol, *protocol_label;
    char *address;             /* own normalized address, as far as known */
    char *nick;                /* own display name */
    enum kith_state state;
    uint32_t caps;             /* KITH_CAP_* of this connection */
    uint32_t groups;           /* ACCOUNT_HAS_* : operation groups the protocol has */
    bool enabled;              /* wants to be online */
    char *problem;             /* why it is not online, in words; NULL = fine */
    char *way;                 /* while online: where it is connected to, as the backend says; "wss://..." is a detour; or NULL */
    char *phase;               /* "looking up example.org", ... while connecting; NULL */
    int64_t retry_at;          /* monotonic ms of the next try; 0 = none is due */
    enum kith_show show;       /* own presence */
    char *status;
    int64_t lag_ms;            /* -1 = unknown */
    uint32_t waiting;          /* lines that the limits of the protocol hold back */
    int64_t wait_ms;           /* until the last of them may leave, as it was said last */
    bool roster_synced;
    struct map contacts;       /* address -> struct contact */
    uint32_t names_version;    /* grows when a contact comes, goes, or gets another name */
    struct chat **chats;
    size_t n_chats, cap_chats;
    struct map chat_index;     /* address -> struct chat */
    struct core_account *core; /* core's own, nobody else's */
    struct forecast *forecast; /* its own devices (model/forecast.h): asked for by somebody, NULL: not */
};
enum {
    ACCOUNT_HAS_ROSTER = 1u << 0, ACCOUNT_HAS_ROOMS = 1u << 1, ACCOUNT_HAS_HISTORY = 1u << 2,
    ACCOUNT_HAS_CHANGE = 1u << 3, ACCOUNT_HAS_FILES = 1u << 4, ACCOUNT_HAS_BLOCKING = 1u << 5,
    ACCOUNT_HAS_DIRECTORY = 1u << 6,
    ACCOUNT_HAS_NICKS = 1u << 7, /* any word may be somebody's address */
    ACCOUNT_HAS_AVATARS = 1u << 8,
    ACCOUNT_HAS_ENCRYPTION = 1u << 9
};

/* ---- people ---- */
struct presence {
    char *resource; /* NULL = the only one */
    enum kith_show show;
    int32_t priority;
    char *text, *client;
    int64_t idle_since;
};
struct contact {
    struct account *account;
    char *address, *name;
    char **groups;
    size_t n_groups;
    uint32_t flags; /* KITH_CONTACT_* */
    struct presence *presences; /* best first */
    size_t n_presences;
    bool sweep; /* used while a list is being synced */
};

/* ---- messages ---- */
enum delivery { /* of our own messages; the screen shows exactly this */
    DELIVERY_NONE = 0, /* not ours */
    DELIVERY_QUEUED, DELIVERY_SENT, DELIVERY_STORED, DELIVERY_DELIVERED, DELIVERY_READ, DELIVERY_FAILED
};
enum message_kind { MESSAGE_TEXT = 0, MESSAGE_ACTION, MESSAGE_EVENT /* joins, topics, errors: kith's own lines */ };
enum message_event { /* what a MESSAGE_EVENT is about: sender = who, body = the sentence without the time */
    EVENT_NONE = 0, EVENT_JOIN, EVENT_PART, EVENT_NICK, EVENT_TOPIC, EVENT_INFO, EVENT_ERROR
};
enum change { CHANGE_NONE = 0, CHANGE_EDIT, CHANGE_RETRACT, CHANGE_REACT }; /* what may happen to a message later */
struct reaction { char *sender; char *text; };
/* What has become of a file that was offered in this session; in memory only. */
enum offer { OFFER_NONE, OFFER_OPEN, OFFER_RUNS, OFFER_SAVED, OFFER_DECLINED, OFFER_GONE };
struct attachment {
    char *id, *name, *mime, *url;
    char *path; /* where the file is on this machine, NULL: not known */
    int64_t bytes;
    int32_t width, height;
    bool sealed; /* what lies on the server is encrypted: id has the key, and is never shown */
    enum offer offer;
    int percent; /* OFFER_RUNS: 0 to 100 */
};
struct message {
    struct chat *chat;
    int64_t id;            /* row in the store; negative: only in memory */
    int64_t time;          /* wall ms at the sender */
    int64_t sort;          /* order within the chat: by (sort, id) */
    enum message_kind kind;
    enum message_event event;
    char *sender, *sender_name, *sender_id, *resource;
    char *wire_id, *origin_id, *archive_id;
    char *reply_to, *reply_sender, *thread;
    char *body;
    char *spans;           /* how parts of body look, packed (base/runs.h); NULL = plain */
    uint32_t flags;        /* KITH_MSG_* */
    enum kith_enc enc;
    enum delivery delivery;
    char *failure;         /* why it failed, in words */
    enum change change;    /* of ours, that the server does not have yet, or refused; CHANGE_NONE: all is settled */
    char *change_failure;  /* why it was refused, in words; NULL: it is on its way */
    uint16_t edits;        /* how often edited */
    bool retracted;
    bool mention;          /* alerts said so */
    bool revealed;         /* the user wants to see what is hidden in it; in memory only */
    uint32_t version;      /* grows with each change; key of layout caches */
    size_t counted;        /* bytes by which it counts in its chat's window; 0 = it is in none */
    struct reaction *reactions;
    size_t n_reactions, n_kinds; /* n_kinds: how many different ones */
    struct attachment *attachments;
    size_t n_attachments;
};
static inline bool message_outgoing(const struct message *m) { return (m->flags & KITH_MSG_OUTGOING) != 0; }

/* ---- chats ---- */
struct member {
    char *nick, *id, *address, *prefix, *text;
    enum kith_role role;
    enum kith_show show;
    uint32_t flags;
    int64_t spoke; /* wall ms of the last message, for the smart filter */
    bool sweep;
};
struct typist { char *who; enum kith_typing state; char *live; };
enum notice_level { /* what of a chat is worth a bell or a notice; DEFAULT: as notify.* says for all */
    NOTICE_DEFAULT = 0, NOTICE_ALL, NOTICE_MENTIONS, NOTICE_NONE, N_NOTICE_LEVELS
};
enum picture_wish { /* are pictures of a chat shown? DEFAULT: as ui.chat.pictures says */
    PICTURES_DEFAULT = 0, PICTURES_ON, PICTURES_OFF, N_PICTURE_WISHES
};
struct draft {
    char *text;         /* NULL or "" = none */
    size_t cursor;      /* byte offset */
    int64_t reply_to;   /* message id, 0 = none */
    int64_t editing;    /* message id, 0 = none */
};
struct chat {
    struct account *account;
    int64_t id;              /* row in the store */
    char *address, *name, *topic, *topic_by, *nick, *text;
    int64_t topic_time;
    enum kith_chat_kind kind;
    uint32_t flags, caps;
    int number;              /* window number, 1.., 0 = has no window yet */
    bool open;               /* has a window */
    uint32_t unread, mentions;
    int64_t read_sort, read_id; /* everything up to here was read */
    int64_t unread_line;     /* message id above which the line is drawn, 0 = none */
    int64_t active;          /* wall ms of the last message */
    int64_t said;            /* wall ms when the user last wrote here, 0 = not known */
    enum notice_level notices;
    enum picture_wish pictures;
    struct draft draft;
    struct member **members;
    size_t n_members, cap_members;
    struct map member_index; /* nick -> struct member */
    struct typist *typists;
    size_t n_typists;
    /* A window of loaded messages, oldest first, ordered by (sort, id). At most MODEL_WINDOW + one page of them, and
     * at most MODEL_WINDOW_BYTES + one page of bytes, unless these are MODEL_LEAST messages. While it is not loaded
     * (nobody looked yet) two pages are the most. */
    struct message **messages;
    size_t n_messages, cap_messages;
    size_t bytes;            /* what they take in memory */
    bool at_end;             /* the window reaches the newest message */
    bool at_start;           /* nothing older exists, here or on the server */
    bool loading_older;      /* a request to the server's archive is under way */
    struct core_chat *core;  /* core's own, nobody else's */
    struct forecast *forecast; /* model/forecast.h: asked for by somebody, NULL: not */
    bool loaded;             /* the window was filled from the store */
    uint32_t held;           /* CHAT_HELD: how many messages wait */
    size_t held_bytes;       /* and how long they are together */
    bool hold_start;         /* a view is scrolled up here and none is at the end: trim the newest, not the oldest */
    bool hold_end;           /* a view is at the end here: pages that come before do not trim the newest */
    bool sweep;
};
/* Beside KITH_CHAT_*, in chat.flags: somebody who is not known wrote, and waits until the user lets them in
 * (core/strangers.c). No window, not unread, in no list but /strangers. */
#define CHAT_HELD (1u << 31)
/* The user wants nothing that is said there on the disk (/keep): each message of it has MESSAGE_UNKEPT in its own flags, and is a
 * row without text. Its body is there in memory only, until kith ends. */
#define CHAT_UNKEPT (1u << 30)
/* What the user said of that for this chat; neither: it is as history.encrypted says. */
#define CHAT_TO_KEEP (1u << 29)
#define CHAT_NOT_TO_KEEP (1u << 28)
#define CHAT_FORGETS (1u << 27) /* what was kept before is being deleted (core/unkept.c) */
#define MESSAGE_UNKEPT (1u << 31)
/* What only the two ends may read is for no program beside kith, unless the user allows it. m may be NULL. */
static inline bool message_secret(const struct chat *c, const struct message *m)
{
    return (c->flags & KITH_CHAT_ENCRYPTED) || (m && m->enc != KITH_ENC_NONE);
}
/* What it said is nowhere any more. */
static inline bool message_gone(const struct message *m)
{
    return (m->flags & MESSAGE_UNKEPT) && (!m->body || !*m->body) && m->n_attachments == 0 && !m->retracted && m->enc != KITH_ENC_FAILED;
}
#define MODEL_NOT_KEPT "(not kept on this machine)" /* in the place of what it said */
static inline uint32_t message_kept_as(uint32_t chat_flags) { return chat_flags & CHAT_UNKEPT ? MESSAGE_UNKEPT : 0; }
enum { MODEL_WINDOW = 500, MODEL_PAGE = 100, MODEL_LEAST = 50,
       MODEL_REACTIONS = 500, MODEL_REACTION_KINDS = 32, MODEL_REACTION_BYTES = 64,
       MODEL_WINDOW_BYTES = 4 << 20, MODEL_PAGE_BYTES = 1 << 20 };

/* ---- questions waiting for the user ---- */
struct ask_choice { char *id, *label; uint32_t flags; };
struct ask_field { char *key, *label, *type, *help; char **values; size_t n_values;
                   char **choice_values, **choice_labels; size_t n_choices; uint32_t flags; 
                   char *datatype, *min, *max, *pattern, *page, *section, *media; uint32_t least, most; };
struct ask {
    int64_t id;               /* kith's own number */
    struct account *account;
    uint64_t backend_id;
    enum kith_ask kind;
    char *subject, *title, *text;
    struct ask_choice *choices; size_t n_choices;
    struct ask_field *fields; size_t n_fields;
    int64_t time;
};

/* ---- what may want an answer ---- */
enum inbox_why { INBOX_MENTION = 1, INBOX_DIRECT, INBOX_REPLY, INBOX_KEYWORD, INBOX_FAILED, N_INBOX_WHY };
enum { INBOX_MAX = 500, INBOX_TEXT = 400 /* bytes of a message that are kept for the list */ };
struct inbox_item {
    int64_t message, chat; /* ids; of a direct chat only the first message that waits is here */
    enum inbox_why why;
    int64_t time;          /* wall ms of the message */
    int64_t until;         /* put off until then (wall ms), 0 = not */
    char *who, *text;      /* a name, and the first words; owned */
};

/* ---- the whole ---- */
struct model {
    struct account **accounts;
    size_t n_accounts, cap_accounts;
    struct ask **asks;
    size_t n_asks, cap_asks;
    struct inbox_item **inbox; /* oldest first, those put off among them */
    size_t n_inbox, cap_inbox;
    struct listing **listings; /* oldest first */
    size_t n_listings, cap_listings;
    int64_t last_listing;    /* id */
    struct model_observer *observers;
    size_t n_observers, cap_observers;
    size_t bytes;            /* of all windows of messages */
    unsigned emitting;       /* depth of model_emit() */
    bool observers_gone;     /* slots to be squeezed out when emitting is 0 */
};

/* ---- events ---- */
enum model_event_type {
    MODEL_ACCOUNT = 1, MODEL_ACCOUNT_GONE, MODEL_CONTACT, MODEL_CONTACT_GONE, MODEL_PRESENCE,
    MODEL_CHAT, MODEL_CHAT_GONE, MODEL_MEMBER, MODEL_MEMBER_GONE, MODEL_TYPING,
    MODEL_MESSAGE,         /* new, already in chat->messages (or beyond a window that is not at_end: gone after this) */
    MODEL_MESSAGE_CHANGED, /* body, delivery, reactions ... of one that is loaded */
    MODEL_WINDOW_MOVED,    /* chat->messages was replaced or grew by a page */
    MODEL_UNREAD, MODEL_DRAFT, MODEL_ASK, MODEL_ASK_GONE,
    MODEL_INBOX,           /* what may want an answer changed */
    MODEL_NOTICE,          /* words for the user: text, level */
    MODEL_FORECAST,        /* who can read chat; or, without one, which devices account has (model/forecast.h) */
    MODEL_LISTING          /* rows came, it ended, or it is no more (then it is in the model no longer) */
};
struct model_event {
    enum model_event_type type;
    struct account *account; /* set where it applies, as are the others */
    struct contact *contact;
    struct chat *chat;
    struct member *member;
    struct message *message;
    struct ask *ask;
    struct listing *listing;
    const char *text;
    enum kith_level level;
    const void *origin;      /* who caused it (a view), or NULL: so that a draft does not echo to its author */
};
typedef void model_fn(void *user, const struct model_event *ev);

struct model *model_new(void);
void model_free(struct model *m);
/* Observers only mark what must be redrawn. They may be added and removed during delivery. */
void model_observe(struct model *m, model_fn *fn, void *user);
void model_unobserve(struct model *m, model_fn *fn, void *user);
void model_emit(struct model *m, const struct model_event *ev);

/* Finding: NULL when absent. */
struct account *model_account(const struct model *m, const char *name);
struct account *model_account_by_id(const struct model *m, int64_t id);
struct chat *model_chat_by_id(const struct model *m, int64_t id);
struct chat *model_chat_by_number(const struct model *m, int number);
struct chat *account_chat(const struct account *a, const char *address);
struct contact *account_contact(const struct account *a, const char *address);
struct member *chat_member(const struct chat *c, const char *nick);
int member_rank(const struct member *m); /* 0: an owner; the higher the number the less they may */
int member_compare(const struct member *a, const struct member *b); /* as of strcmp: by rank, then by name */
struct message *chat_message(const struct chat *c, int64_t id);              /* among the loaded */
struct message *chat_message_by_ref(const struct chat *c, const char *any_id); /* wire, origin or archive id */
struct message *chat_last(const struct chat *c);                             /* newest loaded, or NULL */
/* What to show: contact's name, room's name, own name; never NULL. Borrowed. */
const char *chat_title(const struct chat *c);
const char *contact_title(const struct contact *c);
/* The label of a sub-account; else its address, or its name where it has none. */
const char *account_title(const struct account *a);
struct contact *chat_contact(const struct chat *c);                          /* DIRECT and SELF; may be NULL */
/* Best presence: the first one's show; OFFLINE when there is none; UNKNOWN when we may not see it. */
/* Words of states: for people and programs alike. */
const char *state_word(enum kith_state state); /* as programs read it: "syncing" */
const char *state_name(enum kith_state state); /* as people say it: "fetching lists" */
const char *show_word(enum kith_show show);    /* as options and commands have it: "dnd" */
const char *show_name(enum kith_show show);    /* as people say it: "do not disturb" */
bool show_of_word(const char *word, enum kith_show *show); /* false: it is none that one can have */
enum kith_show contact_show(const struct contact *c);
const char *contact_status(const struct contact *c); /* text of the best one, or NULL */

/* Changing (core only): each emits its event. */
struct account *model_add_account(struct model *m, int64_t id, const char *name, const char *protocol);
/* a is a sub-account of parent: it comes below it, after those that are there. */
void model_place_below(struct model *m, struct account *a, const struct account *parent);
void model_drop_account(struct model *m, struct account *a);
void account_changed(struct account *a);
struct contact *account_put_contact(struct account *a, const char *address, const char *name,
                                    const char *const *groups, size_t n_groups, uint32_t flags);
void account_drop_contact(struct account *a, const char *address);
void contact_set_presence(struct contact *c, const struct presence *p); /* copies; OFFLINE removes; resource NULL + OFFLINE: all */
struct chat *account_add_chat(struct account *a, int64_t id, const char *address, enum kith_chat_kind kind);
void account_drop_chat(struct chat *c);
void chat_move(struct chat *c, const char *address); /* to another address, at which there is no chat */
void chat_changed(struct chat *c);
/* Without what of the encryption of a chat only holds while its backend says so (KITH_CHAT_*): of those that nobody switched on. */
uint32_t chat_lasting_flags(uint32_t flags);
struct member *chat_put_member(struct chat *c, const struct member *from); /* copies */
void chat_drop_member(struct chat *c, const char *nick);
void chat_rename_member(struct chat *c, const char *nick, const char *to); /* keeps what is known of them */
void chat_drop_members(struct chat *c);                                    /* all, one MODEL_CHAT event */
void chat_set_typing(struct chat *c, const char *who, enum kith_typing state, const char *live);
void chat_set_draft(struct chat *c, const struct draft *d, const void *origin);
struct message *message_new(void);
void message_free(struct message *m);
void message_forget(struct message *m); /* what it says, its files and reactions go */
struct message *message_dup(const struct message *m);
size_t message_size(const struct message *m); /* bytes it takes in memory, nearly */
void message_add_attachment(struct message *m, const struct attachment *a);             /* copies */
/* How a file of a message came or comes, as far as end-to-end encryption goes. KEY_SHOWN: it is encrypted, but the message with
 * its key was not. OPEN: it is not encrypted. */
enum file_seal { FILE_SEALED, FILE_KEY_SHOWN, FILE_OPEN };
enum file_seal message_file_seal(const struct message *m, size_t attachment);
/* It would reach us in the clear, or did, though its chat is encrypted. False for what we send ourselves. */
bool message_file_exposed(const struct message *m, size_t attachment);
/* Replaces the sender's set. A message has at most MODEL_REACTIONS of them, in at most MODEL_REACTION_KINDS texts of at
 * most MODEL_REACTION_BYTES: further kinds are left out, and of too many the oldest senders go (never the user, nor this
 * one). False when something was left out or went. */
bool message_set_reactions(struct message *m, const char *sender, const char *const *texts, size_t n);
/* Takes over m and puts it at its place by (sort, id). Trims the far end of a full window (the newest
 * one when hold_start). A message that lies beyond a window which is not at_end is told to the observers and freed;
 * one that lies before a loaded window which is not at_start likewise. So m is not to be used afterwards. */
void chat_insert_message(struct chat *c, struct message *m);
void chat_remove_message(struct chat *c, struct message *m); /* out of the window and freed; MODEL_WINDOW_MOVED */
/* m->sort (or time) was changed: puts it at its place again. MODEL_WINDOW_MOVED. */
void chat_resort_message(struct chat *c, struct message *m);
void chat_message_changed(struct message *m);
void chat_set_window(struct chat *c, struct message **msgs, size_t n, bool at_start, bool at_end); /* takes over all */
/* Takes over the elements; a window over its size loses pages at the other end; when hold_end, at its start. */
void chat_prepend(struct chat *c, struct message **msgs, size_t n, bool at_start);
void chat_append(struct chat *c, struct message **msgs, size_t n, bool at_end);
/* Presences of all contacts and members, typing: what is only known while connected. */
void account_forget_presence(struct account *a);
void chat_set_unread(struct chat *c, uint32_t unread, uint32_t mentions);
struct ask *ask_new(void);
/* How a question is put, on every kind of view. Fields and answers that its kind implies are among these: a password
 * has a field, a form without answers has "ok" and "cancel". Borrowed. */
enum ask_type { ASK_TEXT, ASK_SECRET, ASK_BOOL, ASK_CHOICE, ASK_CHOICES, ASK_FIXED, ASK_LINES /* one value a line */,
                ASK_TABLE };
size_t ask_n_fields(const struct ask *ask);
struct ask_field ask_field_at(const struct ask *ask, size_t i);
enum ask_type ask_type_of(const struct ask_field *f);
size_t ask_n_choices(const struct ask *ask);
struct ask_choice ask_choice_at(const struct ask *ask, size_t i);
bool ask_is_yes(const char *value); /* of a BOOL: as protocols and people say it */
void ask_free(struct ask *ask);                               /* one that was never added */
struct ask *model_add_ask(struct model *m, struct ask *ask); /* takes over; ask->id must be set by the caller */
struct ask *model_ask(const struct model *m, int64_t id);
void model_drop_ask(struct model *m, struct ask *ask);
struct inbox_item *model_inbox(const struct model *m, int64_t message); /* NULL when it is not in it */
struct inbox_item *model_add_inbox(struct model *m, const struct inbox_item *i); /* takes over who and text; by time */
void model_drop_inbox(struct model *m, int64_t message);
void model_notice(struct model *m, struct account *a, struct chat *c, enum kith_level level, const char *fmt, ...)
    PRINTF(5, 6);

#endif
