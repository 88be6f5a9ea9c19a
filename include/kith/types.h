/* kith/types.h - versions, limits, results and capabilities: what all of the plugin interface uses
 *
 * Part of kith/plugin.h, which has the rules. */
#ifndef KITH_TYPES_H
#define KITH_TYPES_H

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
    KITH_MAX_BODY = 262144,
    KITH_MAX_SPANS = 512, /* of one body */
    KITH_MAX_AVATAR = 262144 /* bytes of a picture of somebody */
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
    KITH_CAP_E2EE = 1u << 15, KITH_CAP_ROOM_LIST = 1u << 16, KITH_CAP_MODERATE = 1u << 17,
    KITH_CAP_FORMAT = 1u << 18, /* bodies that are sent may have spans */
    KITH_CAP_SERVER_IDS = 1u << 19, /* messages are named by the id that the server gave: of ours, archive_id of the RECEIPT */
    KITH_CAP_OWN_MARKERS = 1u << 20, /* what mark_read() says only our own clients hear */
    KITH_CAP_KEEP = 1u << 21, /* rooms->keep() is told of pins and alerts: the account keeps them for all devices */
    KITH_CAP_MARKS = 1u << 22 /* others read *strong*, _emphasis_, ~struck~ and `code` in what is sent: it looks so here, too */
};

#ifdef __cplusplus
}
#endif
#endif
