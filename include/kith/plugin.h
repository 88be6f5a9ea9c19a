/* kith/plugin.h - the only header a protocol plugin includes; it brings the others along.
 *
 *   kith/types.h   1. versions, limits, results, capabilities
 *   kith/event.h   2. events: what a plugin tells the host
 *   kith/plugin.h  3. operations, 4. tables of options and commands, 6. entry
 *   kith/host.h    5. services of the host
 *
 * A plugin is one shared object with one exported symbol, kith_plugin_v0, which returns a const
 * descriptor. kith runs each account in a process of its own (kith-account), which loads one
 * plugin and runs one account: a plugin that blocks, leaks or crashes costs that account only.
 *
 * Rules for every function and struct in them, unless its own comment says otherwise:
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

#include <kith/event.h>
#include <kith/host.h>
#include <kith/types.h>

#ifdef __cplusplus
extern "C" {
#endif

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
    const struct kith_span *spans; /* of body; NULL where it is plain, always without KITH_CAP_FORMAT */
    size_t n_spans;
    const struct kith_attachment *attachments; /* FILE: what offer() told in REPLY; body is the name */
    size_t n_attachments;
};
enum {
    KITH_SEND_ACTION = 1u << 0,
    KITH_SEND_EDIT = 1u << 1,
    KITH_SEND_RETRY = 1u << 2, /* may have left before: send only if the other side does not have it */
    KITH_SEND_PRIVATE = 1u << 3,
    KITH_SEND_FILE = 1u << 4 /* a file that lies somewhere already: see offer() */
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
    /* What send() was given under this id has not left yet, and is not to: RECEIPT FAILED with KITH_ECANCELED follows.
     * KITH_ENOTFOUND: it has left, as a whole or in part. */
    int (*unsend)(struct kith_session *s, const char *chat, const char *id);
    /* Does anybody look at kith? 0: no terminal is attached, or none has had the focus for a while. Holds over reconnects;
     * 1 at first. */
    void (*watched)(struct kith_session *s, int watched);
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
    /* ITEMs. where: a server, NULL: ours. pattern: words of the name, or masks with * and ?; ">20", "<500": people; at its
     * end "topic:" and words; NULL: all; "*": all, even where asking for so much may be dangerous. more: 1 = it was cut off,
     * text says why. */
    int (*list)(struct kith_session *s, const char *where, const char *pattern, const char *cursor, kith_req req);
    int (*affiliated)(struct kith_session *s, const char *room, uint32_t role, kith_req req); /* ITEMs; role NONE: the banned */
    int (*form)(struct kith_session *s, const char *room, kith_req req); /* ends in an ASK_FORM */
    int (*keep)(struct kith_session *s, const char *room, uint32_t flags, kith_req req); /* bookmark: KITH_CHAT_AUTOJOIN, PINNED, MUTED, ALERT_* */
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
    /* REPLY OK ends it: they have the file. Or REPLY OK with .cursor: it was put where they can fetch it, .cursor is the
     * attachment's id and .text its link (NULL: it is encrypted there, and of no use without the id, which may hold its key and
     * is shown to nobody); the host keeps both, and then gives send() the message about it, with
     * KITH_SEND_FILE. PROGRESS events tell how far it is. */
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
    /* Blocks and tells the server why, with messages as a proof. how: KITH_REPORT_*; ids: archive ids of messages, text:
     * the user's words; both may be absent. NULL: block() with report 1 is used instead. */
    int (*report)(struct kith_session *s, const char *address, uint32_t how, const char *const *ids, size_t n_ids,
                  const char *text, kith_req req);
};
enum { KITH_REPORT_NONE = 0, KITH_REPORT_SPAM = 1, KITH_REPORT_ABUSE = 2 };
struct kith_directory_ops {
    uint32_t size;
    int (*info)(struct kith_session *s, const char *address, kith_req req); /* who is: ITEMs with fields */
    int (*form)(struct kith_session *s, const char *where, kith_req req);
    int (*search)(struct kith_session *s, const char *where, const struct kith_field *fields, size_t n,
                  kith_req req);
};
/* Pictures of people and of rooms. id: SHA-1 of the file, 40 hex digits in small letters. The host shows them only when the
 * user looks, keeps them by id, and never fetches one again that it has. */
struct kith_avatar_ops {
    uint32_t size;
    /* REPLY.text: the id; KITH_ENOTFOUND: there is none. address: a contact, a room, somebody in a room, ourselves. */
    int (*find)(struct kith_session *s, const char *address, kith_req req);
    /* Writes the picture to fd, at most KITH_MAX_AVATAR bytes, and answers when all is there and has that id. fd is owned
     * by the plugin when accepted. */
    int (*fetch)(struct kith_session *s, const char *address, const char *id, int fd, kith_req req);
    /* The account's own, or with room that of a room of ours. fd: read only, at most KITH_MAX_AVATAR bytes, owned likewise;
     * -1: none any more. */
    int (*set)(struct kith_session *s, const char *room, int fd, const char *mime, uint32_t width, uint32_t height,
               kith_req req);
};

enum { KITH_ENCRYPT_OFF = 0, KITH_ENCRYPT_ON = 1, KITH_ENCRYPT_HELD = 2 };
/* End-to-end encryption. Who can read is told device by device; the plugin sends to just those. */
struct kith_encryption_ops {
    uint32_t size;
    /* DEVICE events, ours among them, and then REPLY, whose .text is the state in a sentence. chat NULL: our own devices.
     * Keys that are missing are asked for first. */
    int (*forecast)(struct kith_session *s, const char *chat, kith_req req);
    /* on: KITH_ENCRYPT_*. OFF: what is written goes out in the clear, because the user says so. KITH_EUNSUP with REPLY.text: it
     * cannot be on. HELD: the host remembers that the chat is encrypted; where the plugin does not (what it kept is lost), it is so
     * from now on, whoever can read it. Given before connect() for each such chat, with req 0: there is no REPLY. */
    int (*encrypt)(struct kith_session *s, const char *chat, int on, kith_req req);
    /* trust: VERIFIED, DISTRUSTED, BLIND (used without being verified), UNDECIDED. fingerprint: the one that the user has seen,
     * blanks do not count; another one: KITH_ECONFLICT. NULL: whatever it is (never with VERIFIED). */
    int (*trust)(struct kith_session *s, const char *who, const char *device, const char *fingerprint, uint32_t trust,
                 kith_req req);
    /* All keys to fd and from it, encrypted with a passphrase which is asked for by an ASK. REPLY.text: what was done. fd is
     * owned by the plugin when accepted. */
    int (*export_keys)(struct kith_session *s, int fd, kith_req req);
    int (*import_keys)(struct kith_session *s, int fd, kith_req req);
    /* New devices of somebody of whom another one is verified. anyway 1: they read in this chat as if nobody had verified anything;
     * 0: what is written waits for the user's decision. ENCRYPTION tells it (KITH_CHAT_TAKES_NEW). */
    int (*new_devices)(struct kith_session *s, const char *chat, int anyway, kith_req req);
    /* A device of ours that is in use no more is taken out of what others encrypt for. REPLY.text: what was done. */
    int (*remove_device)(struct kith_session *s, const char *device, kith_req req);
    /* A new identity for this device: what others verified holds no longer, and what was not read yet is lost. What was decided
     * about others stays. REPLY.text: what it is now. */
    int (*reset_keys)(struct kith_session *s, kith_req req);
    /* The user looks at a chat: ENCRYPTION tells how the next message would leave, where nobody decided that yet. No REPLY. */
    int (*look)(struct kith_session *s, const char *chat);
};

/* ---- 4. tables: options and own commands ------------------------------------------------------ */
enum { KITH_OPT_REQUIRED = 1u << 0, KITH_OPT_SECRET = 1u << 1, KITH_OPT_ADVANCED = 1u << 2,
       KITH_OPT_SUB = 1u << 3 /* a sub-account has its own (kith_ev_sub), never that of the account above it */ };
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
    const struct kith_avatar_ops *avatars; /* NULL: people have no pictures */
    const struct kith_encryption_ops *encryption; /* NULL: nothing is encrypted from end to end */
};
enum {
    KITH_PROTOCOL_NICKS = 1u << 1,  /* people and rooms are addressed by one word, as they are called; no @ in it */
    KITH_PROTOCOL_MACHINE = 1u << 0 /* between users of one machine, without a network: the host offers no network
                                       options, and lets the plugin write below /tmp, /run and /var/lib */
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
