/* backends/local/proto.h - what two kith of one machine say to each other: frames of tagged fields
 *
 * A frame (base/frame.h) has a kind and fields: u8 tag, u32 length (little endian), bytes. Numbers
 * are eight bytes, little endian. Unknown tags are skipped, so that a newer kith may add some;
 * unknown kinds are ignored. Strings hold no NUL. Everything is bounded below; a frame that breaks
 * a bound ends the connection.
 *
 * LP_VERSION changes only when an older kith could not follow any more; whatever it may lack is
 * either asked for (history: who does not ask is given none) or a flag in the greeting. Replies,
 * edits, retractions and reactions have been in every kith that speaks this.
 */
#ifndef LOCAL_PROTO_H
#define LOCAL_PROTO_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

#define LP_VERSION 1u
#define LP_FRAME_MAX ((size_t)(512u << 10))

enum { /* bytes */
       LP_MAX_ID = 256,
       LP_MAX_ROOM = 64,
       LP_MAX_TEXT = 2048,
       LP_MAX_NAME = 255,
       LP_MAX_LIVE = 4096,
       LP_MAX_LIST = 32,
       LP_MAX_ITEM = 64
};

enum lp_kind {
    LP_HELLO =
        1, /* first in both directions: number = LP_VERSION, id = instance, flags, show, text */
    LP_PRESENCE = 2, /* show, text */
    LP_MESSAGE = 3,  /* id, flags (KITH_MSG_*), time, body or target; room when it is for a room.
                        KITH_MSG_HISTORY: said before the receiver came, and asked for by LP_JOIN */
    LP_ACK = 4,      /* id, room: the message with this id is on the receiver's disk */
    LP_DENY = 5,     /* id, room, number = -kith_err, text: it is not wanted */
    LP_READ = 6,     /* id: read up to here */
    LP_TYPING = 7,   /* number = enum kith_typing, live; room */
    LP_JOIN = 8,     /* room: the sender is in it from now on; number: how many of what the receiver
                        said there last the sender would like to have */
    LP_LEAVE = 9,    /* room, text */
    LP_TOPIC = 10,   /* room, text, time, name = who set it */
    LP_INVITE = 11,  /* room, text */
    LP_FILE = 12,    /* id, name, mime, time, number = bytes; the answer to LP_FETCH carries the
                        descriptor */
    LP_FILE_END = 13, /* id, number = -kith_err or 0: the receiver has it, or will not */
    LP_BYE = 14,      /* text: leaves on purpose */
    LP_FETCH = 15 /* id: first and only on a connection of its own: give me the file you offered */
};
enum {
    LP_HELLO_LIVE = 1u << 0,      /* live text may be sent to me */
    LP_HELLO_ROOM_FILES = 1u << 1 /* I know LP_FILE with a room */
};

struct lp { /* zero-initialised is empty; kind must be set */
    uint16_t kind;
    const char *id, *room, *body, *text, *target, *reply_to, *reply_sender, *thread, *name, *mime,
        *live;
    const char *list[LP_MAX_LIST]; /* reactions */
    size_t n_list;
    uint64_t number, flags, show;
    int64_t time;
};

/* Appends the payload. Strings over their bound are the caller's bug, but for those cut at the
 * border: they abort. */
void lp_put(struct buf *out, const struct lp *m);
/* Decodes into *m, whose strings lie in the arena. 0; 1 = a kind we do not know (ignore it);
 * negative and a sentence when the peer broke the protocol. */
int lp_get(uint16_t kind, const char *data, size_t len, struct arena *a, struct lp *m,
           struct err *e);
/* True for names of rooms: "#" and 1..63 bytes of clean text without blanks, '/' and capitals of
 * ASCII. */
bool lp_room_ok(const char *room);

#endif
