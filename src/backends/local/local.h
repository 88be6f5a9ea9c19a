/* backends/local/local.h - one account on this machine: what the parts of the backend share
 *
 * A session has peers (users of the machine, by uid), links (connections with their kith) and
 * rooms. Who a peer is says the kernel (SO_PEERCRED) and nothing else.
 *
 * Discovery. Whoever comes connects to everybody who has an entry in the directory (dir.h), so
 * those who are there hear of them without watching anything: no polling, and no system call while
 * nobody speaks.
 *
 * Files. A descriptor of somebody else's is never taken into this process: any call on it, closing
 * included, may hang for ever (FUSE). The copying process (copy.h) fetches it over a connection of
 * its own.
 *
 * Delivery. send() is accepted whether or not the peer is there; the message waits in memory, in
 * the order of send(). On a link at most LOCAL_WINDOW messages are unconfirmed. RECEIPT SENT says
 * that it was written to the peer's socket, DELIVERED that the peer's kith has it on disk (in a
 * room STORED: everybody who is in it has; who went away meanwhile counts no longer, and while
 * too much waits for one member it stays SENT). Nothing else is claimed, and nothing is kept
 * beyond the connection: what is unconfirmed at disconnect or kill -9 is sent anew by the engine
 * (KITH_SEND_RETRY), and the receiver, who remembers the last ids of each sender (dedupe.h), shows
 * it once.
 *
 * Rooms' past (history.c). Each member gives who comes in what they themselves said there last, so
 * the kernel vouches for every line of it; what somebody tells of what others said is not part of
 * the protocol. The past of who is not there is missing until they are.
 */
#ifndef LOCAL_LOCAL_H
#define LOCAL_LOCAL_H

#include <sys/types.h>

#include "backends/local/dedupe.h"
#include "backends/local/dir.h"
#include "backends/local/proto.h"
#include "backends/local/rate.h"
#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/frame.h"
#include "kith/plugin.h"

enum {
    LOCAL_MAX_PEERS = 1024,     /* users of the machine we keep in mind */
    LOCAL_MAX_LINKS_OF_UID = 4, /* connections of one user at a time */
    LOCAL_MAX_ROOMS = 64,       /* rooms one user is in */
    LOCAL_MAX_WAITING = 20000,  /* messages that wait for one peer */
    LOCAL_MAX_WAITING_BYTES = 64 << 20,
    LOCAL_MAX_UNCOMMITTED =
        512,               /* received, not yet on the engine's disk: then sockets are not read */
    LOCAL_MAX_OFFERS = 16, /* files one peer offers at a time */
    LOCAL_QUEUE_BYTES = 256 << 10, /* on a slow socket: messages wait, the rest is dropped */
    LOCAL_BURST_S = 50,            /* seconds of the allowed rate that may come at once */
    LOCAL_HELLO_MS = 10000,
    LOCAL_RETRY_MS = 1000,
    LOCAL_RETRY_MAX_MS = 60000
};

struct peer;

struct link { /* one connection */
    struct kith_session *s;
    struct peer *peer;
    struct link *next; /* of the same peer */
    struct frame_io io;
    int handle, timer;
    unsigned want;   /* KITH_IO_* asked for */
    bool overrun;    /* they do not read: to be closed */
    bool outgoing;   /* we connected */
    bool hello;      /* theirs has come */
    bool fetch;      /* came to fetch a file; says no more */
    bool busy, dead; /* inside its own callback; to be freed when that ends */
    unsigned round;  /* of the peer's rounds: when its frames were last looked at */
    char *instance;  /* what tells one run of the peer's kith from the next */
};

struct fan { /* one room message on its way to several members */
    char *room, *id;
    unsigned waits; /* members who have not confirmed */
    bool told;      /* that it is sent */
    bool missed;    /* somebody does not get it: it is never called STORED */
};

struct out { /* one message that waits for a peer's confirmation */
    struct out *next;
    uint16_t kind;
    char *id, *room;
    struct buf frame;
    struct fan *fan; /* shared with the other members' copies; NULL for direct messages */
    bool sent, told; /* put on the link; and said so */
    bool past;       /* given as history: of no use on another link */
};

struct offer { /* a file a peer offered */
    struct offer *next;
    char *id;
    int64_t bytes;
};

struct place { /* a room a peer is in */
    char *name;
    unsigned owed; /* how much of their next may be called history */
};

struct peer {
    struct kith_session *s;
    struct peer *next;
    uid_t uid;
    char *address;
    struct link *links; /* all of this user */
    struct link *link;  /* the one in use: hello came, not superseded. NULL = not there */
    unsigned rounds;    /* how often the frames of all links were looked at */
    int retry_timer;
    unsigned retries;
    struct rate rate;
    int mute_timer;
    bool muted, complained;
    /* what they said */
    uint32_t show;
    char *status;
    bool live, room_files;
    struct place rooms[LOCAL_MAX_ROOMS];
    size_t n_rooms;
    struct offer *offers;
    size_t n_offers;
    /* what waits for them */
    struct out *out, **out_end;
    size_t n_out, bytes_out, n_flight;
    bool full_told; /* that too much waits for them; until nothing does */
    char *read_id;
    /* what came from them */
    struct seen *seen; /* NULL until needed */
    bool seen_dirty;
    /* what we keep about them (roster.c) */
    bool listed, blocked;
    char *name;
    char **groups;
    size_t n_groups;
};

struct said { /* something we said in a room, to be given to who comes in */
    struct said *next;
    char *id, *target;
    uint64_t flags; /* KITH_MSG_EDIT, RETRACT or REACT */
    int64_t time;
    struct buf frame;
};

struct room {
    struct room *next;
    char *name, *topic, *topic_by;
    int64_t topic_ms;
    uint32_t keep;     /* KITH_CHAT_AUTOJOIN, PINNED, MUTED */
    bool joined;       /* the user wants to be in it; true over reconnects */
    struct said *said; /* oldest first */
    size_t n_said, bytes_said;
    bool said_loaded, said_dirty;
};

struct uncommitted { /* a received message the engine has not confirmed */
    uint64_t number;
    struct peer *peer;
    char *id, *room;
    bool past; /* came as history */
};

struct invite {
    struct invite *next;
    uint64_t ask;
    struct peer *peer;
    char *room;
};

struct later; /* history.c: a reaction that waits */
struct copy;  /* file.c: a file being received */
struct given; /* file.c: a file we offer */

struct kith_session {
    struct kith_account *acct;
    const struct kith_host *h;
    uid_t uid;
    char *address, instance[23];
    bool up;      /* between connect and disconnect */
    bool closing; /* no event any more */
    char *dir;
    struct dir_claim claim;
    int listen_handle, accept_timer;
    uint32_t show;
    char *status;
    bool live;
    int64_t rate, history;
    int said_timer, later_timer;
    struct later *later;
    struct peer *peers;
    size_t n_peers;
    struct room *rooms;
    struct uncommitted *uncommitted;
    size_t n_uncommitted, cap_uncommitted;
    bool held; /* sockets are not read: the engine is behind */
    struct invite *invites;
    uint64_t next_ask;
    struct copy *copies;
    struct given *given;
    bool loaded;          /* roster and rooms were read */
    struct arena scratch; /* reset after each frame */
};

/* session.c - events, and the life of the connection */
uint64_t s_emit(struct kith_session *s,
                const struct kith_event *ev); /* 0 when refused, or the session closes */
void s_reply(struct kith_session *s, kith_req req, int err, const char *text);
void s_notice(struct kith_session *s, uint32_t level, const char *chat, const char *fmt, ...)
    PRINTF(4, 5);
void s_log(struct kith_session *s, uint32_t level, const char *fmt, ...) PRINTF(3, 4);
/* Emits RECEIPT. who NULL: nobody in particular. */
void s_receipt(struct kith_session *s, const char *chat, const char *who, const char *id,
               uint32_t delivery, int err, const char *text);
int session_open(struct kith_session **out, struct kith_account *acct, const struct kith_host *h);
void session_close(struct kith_session *s);
int session_connect(struct kith_session *s);
int session_disconnect(struct kith_session *s, uint32_t reason, const char *text);
int session_presence(struct kith_session *s, uint32_t show, const char *text);
int session_normalize(struct kith_session *s, const char *in, kith_req req);
void session_wake(struct kith_session *s);
void emit_own_presence(struct kith_session *s);

/* peer.c - who is there: peers, listening and connecting */
struct peer *peer_get(struct kith_session *s,
                      uid_t uid); /* makes one; NULL when there are too many */
struct peer *peer_find(struct kith_session *s, uid_t uid); /* NULL when unknown */
struct peer *peer_of(struct kith_session *s,
                     const char *address); /* by address; NULL when unknown */
void peers_listen(struct kith_session *s); /* starts accepting on the claim */
void peers_unlisten(struct kith_session *s);
void peers_scan(struct kith_session *s,
                uid_t uid); /* connects to who is in the directory ((uid_t)-1: all) */
int peer_dial(struct peer *p, struct err *e); /* a new connection to their kith, or negative */
void peers_drop(struct kith_session *s);      /* closes all links, stops listening; no events */
void peers_free(struct kith_session *s);
void peer_disconnect(struct peer *p); /* closes their links */
void peer_retry(struct peer *p);      /* looks again after a while whether they are there */
void peer_emit_presence(struct peer *p);
void peer_lost(struct peer *p,
               const char *text); /* their link is gone, and with it all they said */
/* Queues a frame when they are there (typing is dropped when they are slow); peer_flush writes it.
 */
void peer_put(struct peer *p, const struct lp *m);
void peer_flush(struct peer *p);
void peers_put_all(struct kith_session *s,
                   const struct lp *m); /* to everybody who is there, at once */

/* link.c - one connection: greeting, rate, frames in and out */
enum { LINK_RETRIES = 6 };                            /* then it is theirs to connect */
void link_new(struct peer *p, int fd, bool outgoing); /* takes over fd */
void link_close(struct link *l);            /* freed at once, or when its own callback ends */
void link_lost(struct link *l, bool retry); /* the same, and all that follows for the peer */
void link_put(struct link *l, const struct lp *m);
bool link_flush(struct link *l);         /* false: it died of it */
void peers_hold(struct kith_session *s); /* looks anew whether sockets may be read */

/* message.c - what is said, exactly once */
int message_send(struct kith_session *s, const struct kith_send *m);
int message_typing(struct kith_session *s, const char *chat, uint32_t state, const char *live);
int message_mark_read(struct kith_session *s, const char *chat, const char *id,
                      const char *archive_id);
int message_retract(struct kith_session *s, const char *chat, const char *target, const char *text,
                    const char *id);
int message_react(struct kith_session *s, const char *chat, const char *target,
                  const char *const *reactions, size_t n, const char *id);
void message_pump(struct peer *p); /* sends what waits, as far as the window and the socket allow */
void message_unsend(struct peer *p); /* the link is gone: what is unconfirmed waits again */
void message_forget(struct peer *p); /* drops what waits, silently */
void message_ack_in(struct peer *p, const struct lp *m);
void message_deny_in(struct peer *p, const struct lp *m);
/* Queues a frame that the peer must confirm. 0 or KITH_ELIMIT. */
int message_queue(struct peer *p, const struct lp *m, struct fan *fan);
/* Queues what we said in a room before they came. 0 or KITH_ELIMIT. Nothing when it waits already.
 */
int message_give(struct peer *p, const char *room, const struct said *past);
/* Drops what waits: of this kind, for this room, with this id (NULL: all). */
void message_drop(struct peer *p, uint16_t kind, const char *room, const char *id);

/* inbox.c - what peers send us */
void message_in(struct peer *p, const struct lp *m);
/* Says how far we have read (read_id), as soon as they are there and it is on disk. */
void message_tell_read(struct peer *p);
/* Emits it. past: said before we came, and asked for. */
void message_show(struct peer *p, const struct lp *m, bool past);
void message_read_in(struct peer *p, const struct lp *m);
void message_typing_in(struct peer *p, const struct lp *m);
void message_committed(struct kith_session *s, uint64_t number);
void message_deny(struct peer *p, const char *room, const char *id, int err, const char *text);
/* True when the peer has sent it before and it is, or is about to be, on disk; answers what is
 * there already. */
bool message_known(struct peer *p, const char *room, const char *id);
/* Emits ev and remembers to confirm (room, id) to the peer when it is on disk. */
void message_emit(struct peer *p, const struct kith_ev_message *ev, const char *room,
                  const char *id);
int64_t message_time(struct kith_session *s,
                     int64_t claimed); /* bounded by what is plausible; 0 = now */

/* room.c */
extern const struct kith_room_ops local_room_ops;
struct room *room_find(struct kith_session *s, const char *name);
bool room_has(const struct peer *p, const char *name);
bool room_shared(struct peer *p, const char *name); /* both are in it, they and the user */
void rooms_load(struct kith_session *s);
void rooms_online(struct kith_session *s); /* rejoins what was joined */
void rooms_greet(struct peer *p);          /* a link is up: tells them which rooms we are in */
void rooms_gone(struct peer *p, uint32_t how,
                const char *text); /* they are gone: leaves all rooms for them */
void rooms_forget(struct peer *p); /* the same, silently */
void rooms_free(struct kith_session *s);
void room_join_in(struct peer *p, const struct lp *m);
void room_leave_in(struct peer *p, const struct lp *m);
void room_topic_in(struct peer *p, const struct lp *m);
char *room_normal(const char *in); /* owned, or NULL when it can be no room */

/* history.c - what we said in rooms, given to who comes in */
enum { HISTORY_MAX = 200 }; /* entries of one member; the option is at most this */
void history_ready(struct kith_session *s, struct room *r); /* before the next two; we are in it */
void history_said(struct kith_session *s, struct room *r, const struct lp *m);
void history_give(struct peer *p, struct room *r, uint64_t wanted); /* the newest `wanted` */
/* How much to ask of each member of this room (0: nothing): few of each when there are many. */
uint64_t history_wanted(struct kith_session *s, const char *room);
/* They may call one more message in this room history: we asked for it. */
bool history_owed(struct peer *p, const char *room);
void history_in(struct peer *p, const struct lp *m);                    /* one of them came */
void history_drop_later(struct kith_session *s, const struct peer *of); /* of NULL: of all */
void history_save(struct kith_session *s);                   /* now, what is not on disk yet */
void history_forget(struct kith_session *s, struct room *r); /* on disk, too */
void history_free(struct room *r);

/* invite.c */
void room_invite_in(struct peer *p, const struct lp *m);
int session_answer(struct kith_session *s, uint64_t ask, const struct kith_answer *a);
/* Forgets the questions of a peer (NULL: of all); tell: the host is told that they are gone. */
void invites_drop(struct kith_session *s, const struct peer *of, bool tell);

/* roster.c - whom the user keeps, and whom not */
extern const struct kith_roster_ops local_roster_ops;
extern const struct kith_blocking_ops local_blocking_ops;
extern const struct kith_directory_ops local_directory_ops;
void roster_load(struct kith_session *s);
void roster_sync(struct kith_session *s); /* the whole list, bracketed */
void roster_seen(struct peer *p);         /* they are there: listed from now on */
void roster_free_peer(struct peer *p);

/* file.c */
extern const struct kith_file_ops local_file_ops;
void file_in(struct peer *p, const struct lp *m);
/* A connection of their own asks for a file we offer: answers with the descriptor. False: there is
 * none. */
bool file_fetch_in(struct link *l, const struct lp *m);
void file_end_in(struct peer *p, const struct lp *m);
void files_left_room(struct kith_session *s,
                     const char *room); /* we left: takes back what we offered there */
void files_peer_left(struct peer *p, const char *room);
void files_gone(struct peer *p);           /* their offers die with the link */
void files_cancel(struct kith_session *s); /* ends all copies and offers; requests are answered */
void files_reap(struct kith_session *s);   /* at close: waits for the killed processes */

#endif
