/* backends/irc/irc.h - the core of the IRC backend: one account, without any I/O
 *
 * In: bytes, time, commands (the calls of "the outside"). Out: bytes, events and one time to be woken at, through
 * struct irc_io, which plugin.c fills from the host and unit tests fill with a recorder. Nothing here blocks or reads
 * a clock by itself. Handlers of lines are declared in handlers.h and found by dispatch.c: to add a command of the
 * server, write a handler in a file of its family and name it in the table there.
 *
 * Who does what:
 *   conn.c      connecting, phases, timers, the end; lag.c      register.c  nick, 001..005, 376, connect commands
 *   cap.c       capabilities                                    sasl.c      login; nickserv.c: the login without SASL
 *   sts.c       strict transport security                       queue.c     what goes out: priorities, flood bucket
 *   query.c     questions and their answers (labels or order)   batch.c     open batches
 *   send.c      messages out; ledger.c: what became of them     message.c   messages in; ctcp.c, multiline.c
 *   friends.c   MONITOR as the roster                           whois.c     who is
 *   history.c   chathistory, read-marker, playback of ZNC       bouncer.c   networks of soju
 *   rooms.c     channels: wanted, joined, left; members.c, names.c, people.c, users.c: who is there; who.c: WHO
 *   modes.c     modes as they change (mode_words.c: in words), mode_ops.c: changed by us, mode_lists.c: bans and such
 *   invite.c    invitations, kicks and coming back
 */
#ifndef BACKENDS_IRC_IRC_H
#define BACKENDS_IRC_IRC_H

#include <string.h>

#include "backends/irc/isupport.h"
#include "backends/irc/line.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/utf8.h"
#include "kith/plugin.h"

/* ---- bounds; each has a test ---- */
enum {
    IRC_BATCH_DEPTH = 8, IRC_BATCHES_OPEN = 64, IRC_BATCH_LINES = 10000, IRC_BATCH_BYTES = 4 << 20,
    IRC_BATCH_AGE_MS = 60000,
    IRC_QUERIES_MAX = 512,        /* questions under way, messages among them */
    IRC_QUERIES_SPARE = 64,       /* of these are for all but messages */
    IRC_QUERY_MS = 30000,         /* a question without an answer */
    IRC_QUEUE_MAX = 2000,         /* lines that wait to go out */
    IRC_CAPS_BYTES = 16384,       /* of all lines of a CAP LS */
    IRC_NICK_TRIES = 6,
    IRC_SASL_MS = 15000, IRC_SASL_CHUNK = 400, IRC_SASL_BYTES = 16384,
    IRC_REGISTER_MS = 60000,      /* from the connection to the welcome */
    IRC_NICKSERV_MS = 5000,
    IRC_LAG_MS = 60000,           /* a PING after so much silence */
    IRC_DEAD_MS = 150000,         /* so much silence is the end */
    IRC_CTCP_MS = 2000,           /* between two answers to CTCP */
    IRC_ROOMS_MAX = 2000, IRC_USERS_MAX = 100000, IRC_FRIENDS_MAX = 500,
    IRC_MARK_MS = 2000,           /* between two MARKREAD */
    IRC_TYPING_MS = 3000,         /* between two notes of typing to one chat */
    IRC_LIST_UNSAFE = 2000,       /* so many channels any server can list without dropping us */
    IRC_ADDRESS_MAX = 255,        /* bytes of a nick or channel from outside */
    IRC_WHO_MEMBERS = 1000,       /* of larger channels nobody is asked about by itself */
    IRC_WHO_MS = 3000,            /* between two such questions */
    IRC_WHO_ROWS = 5000,          /* shown of one answer */
    IRC_INVITES_MAX = 8,          /* that wait for an answer */
    IRC_REJOIN_MS = 3000,         /* after a kick, where the user wants it */
    IRC_KICKED_AGAIN_MS = 60000   /* kicked twice within: then not */
};

/* ---- the outside ---- */
struct irc_where { const char *host; uint16_t port; bool tls; const char *cert_file; };
struct irc_io {
    void *user;
    int (*connect)(void *user, const struct irc_where *w); /* irc_opened() or irc_closed() follow; negative: neither */
    void (*close)(void *user);                              /* what was written still leaves; no irc_closed() */
    int (*write)(void *user, const char *data, size_t len);
    uint64_t (*emit)(void *user, const struct kith_event *ev);
    void (*log)(void *user, uint32_t level, const char *line);
    int64_t (*mono_ms)(void *user);
    int64_t (*wall_ms)(void *user);
    void (*wake_at)(void *user, int64_t mono_ms); /* call irc_tick() then; 0 = never. Replaces the time before */
    const char *(*option)(void *user, const char *key);
    int (*secret)(void *user, const char *key, const char *why); /* irc_secret() is called once, maybe at once */
    void (*secret_wrong)(void *user, const char *key);
    int (*state_get)(void *user, const char *key, void *out, size_t cap);
    int (*state_set)(void *user, const char *key, const void *data, size_t len);
};

/* ---- capabilities ---- */
enum irc_cap { /* in cap.c there is one row for each */
    CAP_SASL, CAP_NOTIFY, CAP_TAGS, CAP_TIME, CAP_BATCH, CAP_LABEL, CAP_ECHO, CAP_ACCOUNT_NOTIFY, CAP_ACCOUNT_TAG,
    CAP_EXTENDED_JOIN, CAP_AWAY_NOTIFY, CAP_CHGHOST, CAP_SETNAME, CAP_MULTI_PREFIX, CAP_USERHOST, CAP_INVITE_NOTIFY,
    CAP_REPLIES, CAP_MONITOR, CAP_NO_NAMES, CAP_HISTORY, CAP_PLAYBACK, CAP_READ, CAP_MULTILINE, CAP_REDACT,
    CAP_RENAME, CAP_PRE_AWAY, CAP_REGISTER, CAP_ISUPPORT, CAP_BOUNCER, CAP_BOUNCER_NOTIFY, CAP_SELF, CAP_ZNC,
    CAP_COUNT
};

/* ---- people and rooms ---- */
struct irc_user { /* in i->users by folded nick; lives while somebody needs it (rooms, friends) */
    char *nick, *user, *host;  /* user, host: NULL = not known */
    char *account, *realname;  /* account: NULL = not known, "" = none */
    char *away;                /* NULL = here, "" = away without words */
    int refs;
    bool bot, self;
};
struct irc_member {
    struct irc_user *user;
    uint32_t ranks;            /* bit n: prefix n of ISUPPORT, 0 the highest */
    bool named;                /* by the NAMES that comes in: the others are not here any more */
};
struct irc_room { /* in i->rooms by folded name */
    char *address, *name;      /* address: folded, as the host knows it; name: as the server writes it */
    char *key;                 /* to come in, kept over reconnects */
    char *topic, *topic_by;
    int64_t topic_ms;
    struct map members;        /* folded nick -> struct irc_member: owned */
    bool joined, wanted, asked; /* wanted: to be joined when there is a connection; asked: a JOIN is under way */
    bool naming;               /* NAMES comes in */
    bool who_asked;            /* WHO was asked, or is not worth it */
    int64_t created_ms;        /* 0 = not known */
    int64_t kicked_ms, rejoin_ms; /* mono: when we were last removed; when to come back, 0 = not by ourselves */
    uint32_t keep;             /* KITH_CHAT_AUTOJOIN, PINNED, MUTED */
    void *extra;               /* of rooms.c */
};

struct irc_invite { uint64_t ask; char *room; }; /* ask 0: none */

/* ---- batches ---- */
struct irc_batch {
    char *id, *type, *target;  /* target: first parameter, or NULL */
    char *label;               /* of the line that opened it */
    char *nick;                /* source of it, or NULL */
    char *msgid, *account, *reply;
    int64_t time_ms;           /* tag, 0 = none */
    char *first_id;            /* of a page that was asked for: its first line's msgid, or NULL, and time */
    int64_t first_ms;
    int parent, depth;         /* index in i->batches, -1 = none */
    int64_t opened_ms;
    size_t lines, bytes;
    struct buf text;           /* of multiline */
    bool notice, failed;
    bool codes;                /* the last line of text had some */
    kith_req req;              /* of history */
    bool used;
};

/* ---- questions ---- */
enum irc_ask {
    ASK_MESSAGE = 1, ASK_JOIN, ASK_PART, ASK_TOPIC, ASK_NICK, ASK_INVITE, ASK_KICK, ASK_MODE, ASK_LIST, ASK_WHO,
    ASK_BANS, ASK_WHOIS, ASK_HISTORY, ASK_REDACT, ASK_REACT, ASK_MONITOR, ASK_RAW, ASK_NAMES, ASK_REGISTER, ASK_NETWORK
};
struct irc_query {
    enum irc_ask ask;
    uint64_t number;           /* its label is "k" and the number, where the server has labels */
    char *target;              /* folded, or NULL */
    char *id;                  /* of messages and changes: the host's origin id */
    char *text;                /* of messages: what was said, to know the echo by; else free for the asker */
    kith_req req;
    int64_t asked_ms;          /* mono; 0 = not written yet */
    int lines, written, parts; /* lines that it consists of; that have left; that are not answered yet */
    int labels;                /* given so far: "k17", "k17-1", ... */
    char *msgid;               /* of the first part that came back */
    bool fenced;               /* answered by the PONG of number fence */
    uint64_t fence;
    void *extra;               /* of the asker: owned, plain memory */
    struct irc_query *next;
};

/* ---- timers ---- */
enum irc_timer {
    TIMER_PHASE, TIMER_LAG, TIMER_FLOOD, TIMER_QUERY, TIMER_BATCH, TIMER_NICK, TIMER_LOGIN, TIMER_MARK, TIMER_ROOMS,
    TIMER_HISTORY, TIMER_FRIENDS, TIMER_END, TIMER_COUNT
};

enum irc_phase { IRC_IDLE = 0, IRC_CONNECT, IRC_REGISTER, IRC_WELCOME /* 001 came */, IRC_ONLINE, IRC_CLOSING };
enum irc_prio { PRIO_NOW = 0 /* passes the bucket */, PRIO_USER, PRIO_QUERY, PRIO_COUNT };

struct irc_sasl; struct irc_ledger; struct irc_history; struct irc_playback; struct irc_friends; struct irc_bouncer; struct irc_out;
struct irc_rooms;

struct irc;
/* An answer of the user to a question of forms.c; a NULL: given up. */
typedef void irc_form_fn(struct irc *i, const struct kith_answer *a, const char *about, kith_req req);
struct irc_form { uint64_t ask; irc_form_fn *fn; char *about; kith_req req; };

struct irc {
    struct irc_io io;
    enum irc_phase phase;
    int64_t timers[TIMER_COUNT]; /* mono ms, 0 = off */
    struct irc_charset charset;  /* what is not UTF-8 */
    struct irc_input input;
    struct irc_isupport is;
    bool secure;               /* the connection is encrypted and verified */
    bool insecure_only;        /* this attempt was not meant to be TLS */

    char *nick, *wish, *user, *host; /* nick: what the server calls us; wish: what we want; host, user: as others see */
    char *account;             /* that we are logged in to, or NULL */
    char *server, *network;    /* server: from options, lower case */
    char *away;                /* kept over reconnects; NULL = here */
    int nick_tries;
    bool welcomed, motd_seen, joined_all, login_done;
    bool waiting_login;        /* 376 came, joining waits for NickServ */

    /* cap.c */
    bool cap_on[CAP_COUNT];
    struct map caps;           /* what the server offers: name -> value: owned */
    size_t caps_bytes;
    bool cap_ls_done, cap_ended, cap_none, sasl_came, isupport_asked;
    int cap_waiting;           /* REQ without answer */

    struct irc_sasl *sasl;     /* each: NULL until used, owned by its file */
    struct irc_ledger *ledger;
    struct irc_history *history;
    struct irc_playback *playback;
    struct irc_friends *friends;
    struct irc_bouncer *bouncer;
    struct irc_rooms *room_state;

    /* sts.c */
    uint16_t sts_port;         /* of this attempt, 0 = none */
    bool sts_upgrade;          /* connect again at once, with TLS */

    struct map users, rooms;   /* by folded name */
    struct irc_user *me;       /* NULL before the welcome */
    uint64_t last_ask;         /* number of the last question to the user */
    struct irc_invite invites[IRC_INVITES_MAX]; /* that wait for an answer */

    struct irc_batch batches[IRC_BATCHES_OPEN];
    struct irc_batch *batch;   /* innermost one of the line being handled, or NULL */
    const char *label;         /* of the line being handled: its own or of its batch; or NULL */

    struct irc_query *queries; /* oldest first */
    size_t n_queries;
    uint64_t last_number, last_fence, fence_seen;

    struct irc_out *out[PRIO_COUNT], **out_end[PRIO_COUNT];
    size_t n_out;
    int64_t tokens_at;         /* mono ms at which the bucket is full again */
    int flood_slow;            /* doubles the cost after "Excess Flood" */

    int64_t heard_ms, pinged_ms, online_ms;
    int64_t lag_ms, lag_at, lag_seen_ms, fence_at; /* lag.c: -1 = not known; since when a PONG, or fence, is owed; measured */
    int64_t told_lag_ms;
    size_t told_waiting;
    int64_t channels;          /* of the network, as it said when it let us in; 0 = not known */
    int64_t ctcp_ms;           /* last answer */
    char *typing_to;           /* last note of typing: to whom, when, what */
    int64_t typing_ms;
    uint32_t typing_state;
    struct map whois;          /* of whois.c */
    struct map my_reactions;   /* "chat/msgid" -> lines of reactions: owned */
    struct irc_form forms[8];  /* open questions; ask 0: none */
    uint64_t last_form;
    struct { /* register_account.c */
        bool wanted, held, verify, late; /* asked for; the connection waits for it; a code is to be sent; after the welcome */
        bool service;                    /* the form that was shown is for a service, not for the server */
        char *account, *email, *code; /* each may be NULL */
    } enroll;
    bool pass_kept;            /* the server's password is not said in the open: only what the server can do is asked */
    int end_err;
    uint32_t end_retry;
    int64_t end_wait_ms;
    uint64_t emitted, committed; /* numbers of events: the last one; that which the host has on disk with all before it */
    char *end_text;
    bool ending;
    int short_lives;
};

/* ---- the outside calls ---- */
struct irc *irc_new(const struct irc_io *io);
void irc_free(struct irc *i);
int irc_connect(struct irc *i);
int irc_disconnect(struct irc *i, uint32_t reason, const char *text);
void irc_opened(struct irc *i, bool secure);
void irc_data(struct irc *i, const char *data, size_t len);
void irc_closed(struct irc *i, int err, const char *text);
void irc_tick(struct irc *i);
void irc_committed(struct irc *i, uint64_t number); /* the host has the events up to this one on disk */
void irc_wake(struct irc *i); /* time jumped or the network changed */
void irc_secret(struct irc *i, const char *key, int err, const char *value);

/* ---- conn.c: events, timers, options ---- */
int64_t irc_mono(const struct irc *i);
int64_t irc_wall(const struct irc *i);
uint64_t irc_emit(struct irc *i, const struct kith_event *ev);
void irc_reply(struct irc *i, kith_req req, int err, const char *text); /* req 0: nothing */
void irc_notice(struct irc *i, enum kith_level level, const char *chat, const char *fmt, ...) PRINTF(4, 5);
void irc_log(struct irc *i, enum kith_level level, const char *fmt, ...) PRINTF(3, 4);
void irc_state(struct irc *i, uint32_t state, const char *text, int64_t deadline_ms);
void irc_send_caps(struct irc *i); /* KITH_EV_CAPS of what this server can do */
/* For "%.*s": at most max bytes of s, ended at a character. */
#define IRC_CUT(s, max) (int)utf8_floor((s), strlen(s), (max)), (s)
const char *irc_option(const struct irc *i, const char *key); /* NULL = not set or empty */
bool irc_option_on(const struct irc *i, const char *key);
bool irc_formats(const struct irc *i); /* option formatting, on unless it was put off */
void irc_timer(struct irc *i, enum irc_timer t, int64_t after_ms); /* negative: off */
/* Ends the connection; STATE OFFLINE follows once nothing of the core is on the stack. */
void irc_end(struct irc *i, int err, uint32_t retry, int64_t wait_ms, const char *fmt, ...) PRINTF(5, 6);
bool irc_online(const struct irc *i);

/* ---- lag.c ---- */
void irc_lag_reset(struct irc *i);
void irc_lag_tick(struct irc *i);
void irc_lag_pong(struct irc *i);                        /* to our PING */
void irc_lag_measured(struct irc *i, int64_t since_ms); /* something that we sent then is answered now; 0: nothing */
void irc_tell_link(struct irc *i);                      /* LINK, when something is another */

/* ---- names ---- */
char *irc_address(const struct irc *i, const char *name); /* owned: how the host knows a nick or channel */
bool irc_is_me(const struct irc *i, const char *nick);
bool irc_is_room(const struct irc *i, const char *name);  /* after STATUSMSG signs */
bool irc_name_ok(const char *name); /* could be a nick or channel: no blanks, commas, controls; bounded */

/* ---- users and rooms ---- */
struct irc_user *irc_user(const struct irc *i, const char *nick); /* NULL: not known */
struct irc_room *irc_room(const struct irc *i, const char *name);
/* What a line tells of its sender: user, host, account tag, bot tag of people who are known. */
void irc_user_seen(struct irc *i, const struct irc_line *l);

/* ---- dispatch.c ---- */
typedef void irc_handler(struct irc *i, const struct irc_line *l);
void irc_dispatch(struct irc *i, const struct irc_line *l);

/* ---- queue.c ---- */
/* Queues "cmd params", up to the first NULL parameter. q (may be NULL) is the question it belongs to: it gets its label,
 * and its time when the line is written. False: the line could not be one, or too many wait. */
bool irc_put_line(struct irc *i, enum irc_prio prio, struct irc_query *q, const char *tags, const char *cmd,
                  const char *const *params, int n);
/* The same without tags; params end with NULL. */
bool irc_put_words(struct irc *i, enum irc_prio prio, struct irc_query *q, const char *cmd,
                   const char *const *params);
/* What follows cmd are its params, the last of them NULL. */
#define irc_say(i, prio, cmd, ...)                                                                 \
    irc_put_words(i, prio, NULL, cmd, (const char *const[]){__VA_ARGS__})
#define irc_ask(i, prio, q, cmd, ...)                                                              \
    irc_put_words(i, prio, q, cmd, (const char *const[]){__VA_ARGS__})
bool irc_raw(struct irc *i, const char *line); /* a line as the user typed it; no end of line */
void irc_queue_run(struct irc *i);
void irc_queue_clear(struct irc *i);
size_t irc_queue_waiting(const struct irc *i);
/* Lines of the user's that the bucket holds back, and when the last of them may leave. */
size_t irc_queue_held(const struct irc *i, int64_t *wait_ms);
/* All that was put in for q goes; false: some of it has left. */
bool irc_queue_take_back(struct irc *i, const struct irc_query *q);
void irc_queue_drop(struct irc *i, const struct irc_query *q); /* what of q waits is not sent */

/* ---- query.c ---- */
/* A new question, in the list; target may be NULL and is folded. Never NULL: when too many are under way the oldest
 * ends unanswered. */
struct irc_query *irc_query_new(struct irc *i, enum irc_ask ask, const char *target, kith_req req);
/* That a labelled line answers; NULL: the line has no label of ours. */
struct irc_query *irc_query_labelled(struct irc *i);
/* Oldest written one; target NULL: any. Prefers the label of the line being handled. */
struct irc_query *irc_query_find(struct irc *i, enum irc_ask ask, const char *target);
/* Out of the list and freed; the request, if any, is answered. */
void irc_query_end(struct irc *i, struct irc_query *q, int err, const char *text);
void irc_queries_lost(struct irc *i); /* the connection is gone */
void irc_queries_tick(struct irc *i);

/* ---- batch.c ---- */
/* The batch of the given type that the line being handled is in, at any depth; NULL: none. */
struct irc_batch *irc_in_batch(struct irc *i, const char *type);
bool irc_in_history(struct irc *i); /* chathistory or playback: nothing that is shown may change what is now */
void irc_batches_reset(struct irc *i);
void irc_batches_tick(struct irc *i);
void irc_batch_enter(struct irc *i, const struct irc_line *l); /* sets i->batch and i->label for this line */

/* ---- cap.c ---- */
bool irc_cap(const struct irc *i, enum irc_cap cap);
const char *irc_cap_value(const struct irc *i, enum irc_cap cap); /* NULL: not offered; "" without one */
void irc_cap_begin(struct irc *i);
void irc_cap_end(struct irc *i); /* CAP END once nothing keeps it */
void irc_cap_reset(struct irc *i);

/* ---- sasl.c, nickserv.c, sts.c ---- */
bool irc_sasl_begin(struct irc *i); /* false: not possible or not wanted */
bool irc_sasl_possible(const struct irc *i); /* there is something to log in with */
bool irc_sasl_busy(const struct irc *i);
bool irc_sasl_missing(struct irc *i); /* not logged in where it is a must: true, and the connection ends */
void irc_sasl_secret(struct irc *i, int err, const char *value);
void irc_sasl_tick(struct irc *i);
void irc_sasl_free(struct irc *i);
void irc_sts_before(struct irc *i, const char *host, uint16_t *port, bool *tls);
void irc_sts_value(struct irc *i, const char *value); /* of CAP LS or NEW */
void irc_sts_gone(struct irc *i);                     /* the connection ends: the expiry counts anew */

/* ---- register.c ---- */
void irc_register_begin(struct irc *i);
void irc_register_go(struct irc *i);    /* all is known: NICK, USER, CAP */
void irc_pass_kept(struct irc *i);      /* the server has said what it can: without a secure port we end, with a sentence */
void irc_login_over(struct irc *i);     /* logged in, or it will not be: joining may begin */
void irc_nick_tick(struct irc *i);      /* may our wish be free again? */
void irc_login_tick(struct irc *i);
void irc_own_nick(struct irc *i, const char *nick); /* the server calls us so now */
void irc_isupport_reset(struct irc *i);  /* the welcome came: what the server says of itself follows, or was said before */
void irc_isupport_forget(struct irc *i);
bool irc_nickserv_begin(struct irc *i); /* false: nothing to say to it */
void irc_nickserv_secret(struct irc *i, int err, const char *value);
bool irc_nickserv_notice(struct irc *i, const char *nick, const char *text); /* true: it answered us */

/* ---- rooms.c ---- */
struct irc_room *irc_room_get(struct irc *i, const char *name); /* made when missing; NULL: too many */
void irc_rooms_load(struct irc *i);
void irc_rooms_join_all(struct irc *i); /* those wanted, keyed ones first */
void irc_rooms_lost(struct irc *i);     /* the connection is gone */
void irc_rooms_free(struct irc *i);
void irc_rooms_recase(struct irc *i);   /* CASEMAPPING has changed */
void irc_rooms_rerank(struct irc *i, const char *was); /* PREFIX has changed; was: the modes of before, highest first */
void irc_rooms_tick(struct irc *i);

/* ---- send.c, reactions.c ---- */
/* What changes when our reactions to a message become list: lines "+x" and "-x" appended to out; and it is kept. */
void irc_reactions_mine(struct irc *i, const char *key, const char *const *list, size_t n, struct buf *out);
/* Of anybody: one reaction more or less; emits the whole set. */
void irc_reaction(struct irc *i, const char *chat, const char *nick, const char *target, const char *one, bool on,
                  int64_t time_ms);
void irc_reactions_free(struct irc *i);

/* ---- messages, friends, history, bouncer ---- */
void irc_ledger_reset(struct irc *i);
void irc_ledger_free(struct irc *i);
void irc_friends_online(struct irc *i);
void irc_friends_lost(struct irc *i);
void irc_friends_free(struct irc *i);
/* Presence of a friend (nobody else) anew: away or name has changed. */
void irc_friend_changed(struct irc *i, const char *nick);
/* That person has another nick now, or is gone: what is known of them is not the friend's any more. */
void irc_friends_recase(struct irc *i); /* CASEMAPPING has changed */
void irc_friends_list(struct irc *i, kith_req req); /* as ITEMs, and the reply */
void irc_friend_moved(struct irc *i, const struct irc_user *u);
void irc_whois_free(struct irc *i);
void irc_friends_tick(struct irc *i);
void irc_history_welcome(struct irc *i);                       /* before anything is said in this session */
void irc_history_online(struct irc *i);                        /* private chats: what was missed */
void irc_history_left(struct irc *i, const char *chat);         /* what is said there from now on is missed */
void irc_history_joined(struct irc *i, struct irc_room *r);    /* a room: what was missed */
void irc_history_note(struct irc *i, const char *chat, const char *msgid, int64_t time_ms);
void irc_history_lost(struct irc *i);
void irc_history_free(struct irc *i);
void irc_playback_free(struct irc *i);
void irc_history_tick(struct irc *i);
void irc_mark_tick(struct irc *i);
void irc_bouncer_online(struct irc *i);
void irc_bouncer_list(struct irc *i, bool begin); /* a batch of networks opens or closes */
bool irc_bouncer_bound(const struct irc *i);      /* to one network */
bool irc_behind_bouncer(const struct irc *i);     /* any kind of bouncer: it keeps our nick */
void irc_bouncer_free(struct irc *i);             /* also when the connection is gone */
/* register_account.c: a new account on the server (REGISTER), before or after the welcome */
bool irc_enroll_holds(const struct irc *i);       /* the registration of the connection waits for it */
bool irc_enroll_begin(struct irc *i);             /* capabilities are settled: is it wanted? True: it holds */
void irc_enroll_online(struct irc *i);
void irc_enroll_failed(struct irc *i, struct irc_query *q, const char *code, const char *text);
void irc_enroll_lost(struct irc *i);
void irc_enroll_free(struct irc *i);

#endif
