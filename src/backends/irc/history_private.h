/* backends/irc/history_private.h - what history.c and its read markers (marks.c) share */
#ifndef BACKENDS_IRC_HISTORY_PRIVATE_H
#define BACKENDS_IRC_HISTORY_PRIVATE_H

#include "backends/irc/history.h"

enum { RECENT = 256, STAMP_BYTES = 48 };
#define STAMP "timestamp="

struct seen {
    int64_t ms, asked_ms;  /* known without a hole up to here; as it was when the page was asked for */
    int64_t kept_ms;       /* the host has on disk what is up to here, */
    uint64_t number;       /* and up to ms, when it has this event */
    int64_t live_ms;       /* newest that came live meanwhile */
    int64_t mark_ms, marked_ms; /* to be told as read; told or heard */
    bool made_up;          /* the newest has an id of ours: servers like that may cut off its milliseconds */
    bool read;             /* what was missed is here */
    bool due, flying;      /* a page is to be asked for, or was */
    int pages;
};
struct recent { char *chat, *id; int64_t ms; };
struct irc_history {
    struct map seen; /* address -> struct seen: owned */
    struct recent recent[RECENT];
    size_t at;
    bool targets_read, dirty;
    bool held;           /* the gap is open since the welcome, until private chats were asked about */
    int open;            /* reasons for the gap to be open */
    int flying;          /* pages that were asked for */
    int64_t private_ms;  /* private chats are known up to here; 0: as far as any chat */
    int64_t targets_from, targets_ms; /* of the list under way: asked for from there, and its newest */
    int targets_pages;
};

struct irc_history *irc_history_of(struct irc *i);                 /* made when missing */
struct seen *irc_history_seen(struct irc *i, const char *chat);    /* made when missing; NULL: too many */
void irc_history_stamp(int64_t ms, char out[STAMP_BYTES]);         /* "timestamp=2027-01-10T10:00:00.000Z" */

#endif
