/* wire/wire.h - messages between the engine and an account process: one table, encoded and decoded from it
 *
 * Frames of base/frame.h over a socketpair. engine -> account: WIRE_OPEN, WIRE_OP, WIRE_COMMITTED, WIRE_PING,
 * WIRE_QUIT; account -> engine: WIRE_HELLO, WIRE_EVENT, WIRE_REFUSED, WIRE_LOG, WIRE_PONG, WIRE_MARK. Structs are those of kith/plugin.h; pointers of a decoded struct
 * lie in the arena. Decoding never trusts: every length, count and enum is checked, text is cleaned (base/utf8.h).
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "kith/plugin.h"

enum wire_kind {
    WIRE_OPEN = 1,   /* engine: struct wire_open - the first frame */
    WIRE_HELLO = 2,  /* account: the protocol's descriptor (struct kith_protocol with options and commands), or an error */
    WIRE_EVENT = 3,  /* account: u64 number + one event */
    WIRE_OP = 4,     /* engine: one struct wire_op; may carry a descriptor (files) */
    WIRE_COMMITTED = 5, /* engine: u64 number */
    WIRE_REFUSED = 6, /* account: an op that was refused: struct wire_refused */
    WIRE_PING = 7, WIRE_PONG = 8, /* engine asks for a sign of life; account answers (also proves it is not stuck) */
    WIRE_QUIT = 9,   /* engine: close politely and exit; payload: a number (enum kith_reason), or nothing: QUIT */
    WIRE_LOG = 10,   /* account: a log line (level, text) */
    WIRE_MARK = 11,  /* account: struct wire_mark - by which the engine knows a password it must not know */
    WIRE_SECRET = 12 /* struct wire_secret - a sub-account asks for a secret of the account above it; the engine passes the
                        question on, and the answer back */
};

/* Questions whose number has this bit are the account process's own (certificates, secrets). They outlive STATE
 * OFFLINE, end with the answer, ASK_GONE or the process, and may come again with the same number (an update). */
#define WIRE_ASK_HOST (UINT64_C(1) << 63)

struct wire_open {
    uint32_t size;
    const char *account, *protocol, *address;  /* name in the configuration; protocol id; address */
    const char *backend_dirs;                  /* colon-separated, in order */
    const char *state_dir;                     /* this account's private directory */
    const char *resume;                        /* newest archive id the store has for this account, or NULL */
    int64_t resume_ms;                         /* its time */
    struct wire_option {
        const char *key, *value;
        uint32_t inherited; /* 1: of the account above this one; not used where the protocol says KITH_OPT_SUB */
    } *options;
    size_t n_options;
    const char *parent;                        /* name of the account above this one, or NULL */
};
struct wire_hello {
    uint32_t size;
    int32_t err;                      /* < 0: could not load; text says why */
    const char *text;
    const struct kith_protocol *protocol; /* core and the groups: non-NULL pointers where the group exists (never called) */
    const char *plugin_version, *plugin_license;
};
enum wire_op_type { /* one per operation of plugin.h */
    OP_CONNECT = 1, OP_DISCONNECT, OP_SEND, OP_PRESENCE, OP_TYPING, OP_MARK_READ, OP_ANSWER, OP_NORMALIZE, OP_WAKE,
    OP_ROSTER_ADD, OP_ROSTER_UPDATE, OP_ROSTER_REMOVE, OP_ROSTER_AUTHORIZE,
    OP_ROOM_JOIN, OP_ROOM_LEAVE, OP_ROOM_TOPIC, OP_ROOM_NICK, OP_ROOM_INVITE, OP_ROOM_REMOVE, OP_ROOM_ROLE,
    OP_ROOM_LIST, OP_ROOM_AFFILIATED, OP_ROOM_FORM, OP_ROOM_KEEP, OP_ROOM_DESTROY,
    OP_HISTORY_FETCH, OP_RETRACT, OP_REACT, OP_FILE_OFFER, OP_FILE_ACCEPT, OP_FILE_DECLINE, OP_FILE_CANCEL,
    OP_BLOCK, OP_UNBLOCK, OP_INFO, OP_DIRECTORY_FORM, OP_DIRECTORY_SEARCH, OP_COMMAND,
    OP_UNSEND,
    OP_AVATAR_FIND, OP_AVATAR_FETCH, OP_AVATAR_SET, OP_WATCHED,
    OP_FORECAST, OP_ENCRYPT, OP_TRUST, OP_KEYS_EXPORT, OP_KEYS_IMPORT,
    OP_NEW_DEVICES, OP_REMOVE_DEVICE, OP_RESET_KEYS, OP_LOOK
};
/* One shape for all operations. Members used, in the order of the function in plugin.h:
 *   DISCONNECT number=reason text | SEND send | PRESENCE number=show text | TYPING chat number=state text=live
 *   MARK_READ chat id id2=archive id | ANSWER ask id=choice fields | NORMALIZE text=in
 *   ROSTER_ADD chat=address who=name list=groups text | ROSTER_UPDATE chat=address who=name list=groups
 *   ROSTER_REMOVE chat=address | ROSTER_AUTHORIZE chat=address number=allow
 *   ROOM_JOIN chat who=nick id=secret | ROOM_LEAVE, ROOM_TOPIC, ROOM_DESTROY chat text | ROOM_NICK chat who=nick
 *   ROOM_INVITE chat who text | ROOM_REMOVE chat who number=how text | ROOM_ROLE chat who number=role text
 *   ROOM_LIST chat=where text=pattern id=cursor | ROOM_AFFILIATED chat number=role | ROOM_FORM chat
 *   ROOM_KEEP chat number=flags | HISTORY_FETCH fetch | RETRACT chat who=target text=reason id
 *   REACT chat who=target list=reactions id | FILE_OFFER chat (fd) text=name id2=mime big=bytes id
 *   FILE_ACCEPT id=attachment (fd) | FILE_DECLINE id=attachment | FILE_CANCEL
 *   BLOCK chat=address number=report list=ids text |
 *   UNBLOCK, INFO chat=address | DIRECTORY_FORM chat=where | DIRECTORY_SEARCH chat=where fields
 *   COMMAND chat list=argv (argv[0] is the command's name) | UNSEND chat id
 *   AVATAR_FIND chat=address | AVATAR_FETCH chat=address id (fd)
 *   AVATAR_SET chat=room id2=mime number=width number2=height (fd, none: removed)
 *   WATCHED number
 *   FORECAST chat | ENCRYPT chat number=on | TRUST who id=device text=fingerprint number=trust | KEYS_EXPORT, KEYS_IMPORT (fd)
 *   NEW_DEVICES chat number=anyway | REMOVE_DEVICE id=device | RESET_KEYS | LOOK chat
 * and req where the function has one. A refused operation comes back as WIRE_REFUSED. */
struct wire_op {
    uint32_t size, type;    /* enum wire_op_type */
    kith_req req;
    const char *chat;       /* chat, room, address, where */
    const char *who;        /* who, target, nick */
    const char *text;       /* text, name, reason, status, pattern, live */
    const char *id;         /* id, archive id, secret, cursor */
    const char *id2;
    uint32_t number, number2; /* show, state, how, role, flags, allow, report, reason */
    int64_t big;            /* bytes, written_ms */
    uint64_t ask;
    const char *const *list; /* groups, reactions, argv */
    size_t n_list;
    const struct kith_send *send;            /* OP_SEND */
    const struct kith_history_fetch *fetch;  /* OP_HISTORY_FETCH */
    const struct kith_field *fields;         /* OP_ANSWER, OP_DIRECTORY_SEARCH */
    size_t n_fields;
};
struct wire_refused { uint32_t size, type; kith_req req; int32_t err; const char *chat, *id; };
struct wire_secret {      /* number: of whoever asked; goes back in the answer */
    uint32_t size;
    int32_t err;          /* of an answer: 0, or why there is none */
    uint64_t number;
    const char *key;      /* of the option */
    const char *value;    /* of an answer: to be wiped by whoever has it */
};

/* Encoders append the payload of a frame to out; nothing at all when the struct is invalid (a needed address is
 * missing, an enum that would mislead, a size below that of plugin ABI 0.1) or larger than a frame. Text is cut to
 * KITH_MAX_* by the encoder and cleaned by the decoder, which stands on the other side of the border. */
void wire_put_open(struct buf *out, const struct wire_open *o);
void wire_put_hello(struct buf *out, const struct wire_hello *h);
void wire_put_event(struct buf *out, uint64_t number, const struct kith_event *ev); /* unknown types: nothing appended */
void wire_put_op(struct buf *out, const struct wire_op *op);
void wire_put_refused(struct buf *out, const struct wire_refused *r);
/* out is wiped as it grows, and when it is freed. */
void wire_put_secret(struct buf *out, const struct wire_secret *s);
/* Decoders: 0, or negative and a sentence. */
int wire_get_open(const char *data, size_t len, struct arena *a, struct wire_open *o, struct err *e);
int wire_get_hello(const char *data, size_t len, struct arena *a, struct wire_hello *h, struct err *e);
int wire_get_event(const char *data, size_t len, struct arena *a, uint64_t *number, struct kith_event **ev, struct err *e);
int wire_get_op(const char *data, size_t len, struct arena *a, struct wire_op **op, struct err *e);
int wire_get_refused(const char *data, size_t len, struct arena *a, struct wire_refused *r, struct err *e);
int wire_get_secret(const char *data, size_t len, struct arena *a, struct wire_secret *s, struct err *e);
/* WIRE_LOG: a level (enum kith_level) and a line, cleaned. WIRE_COMMITTED: a number. */
void wire_put_log(struct buf *out, uint32_t level, const char *text);
int wire_get_log(const char *data, size_t len, struct arena *a, uint32_t *level, const char **text, struct err *e);
void wire_put_number(struct buf *out, uint64_t number);
int wire_get_number(const char *data, size_t len, uint64_t *number, struct err *e);
/* A password's mark: enough to notice it in what the user is about to send, too little to find it out: of a keyed hash
 * (key: fresh random bytes) 24 bits are told, so one in 16 million of all other texts has the same mark. */
enum { WIRE_MARK_MIN = 6, WIRE_MARK_MAX = 256 }; /* bytes; shorter ones are words of every day */
struct wire_mark { unsigned char key[16]; uint32_t len, hash; };
/* False: the secret is too short or too long to have a mark. */
bool wire_mark_of(struct wire_mark *m, const char *secret);
bool wire_mark_fits(const struct wire_mark *m, const char *text, size_t len); /* at any place of the text */
void wire_put_mark(struct buf *out, const struct wire_mark *m);
int wire_get_mark(const char *data, size_t len, struct wire_mark *m, struct err *e);
const char *wire_event_name(uint32_t type); /* "MESSAGE", for logs */
const char *wire_op_name(uint32_t type);    /* "SEND", for logs */

#endif
