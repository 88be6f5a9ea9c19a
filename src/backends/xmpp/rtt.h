/* backends/xmpp/rtt.h - real-time text (XEP-0301): what its two directions share */
#ifndef XMPP_RTT_H
#define XMPP_RTT_H

#include "backends/xmpp/feature.h"
#include "backends/xmpp/rtt_text.h"

struct rtt_in { /* what somebody writes to us */
    struct x *x;
    char *chat, *who;
    struct rtt_text text;
    int64_t seq;
    bool synced;           /* edits follow each other without a gap */
    xmpp_stanza_t *rest;   /* whose actions from `next` on are still to be done */
    xmpp_stanza_t *next;
    int64_t waits;         /* ms of waiting that `rest` may still cause */
    int timer;
};

enum rtt_room { RTT_ROOM_UNKNOWN, RTT_ROOM_ASKED, RTT_ROOM_YES, RTT_ROOM_NO };
struct rtt_out { /* what we write to somebody */
    struct rtt_text text;   /* as they will have it when `pending` has left */
    xmpp_stanza_t *pending; /* actions that are due; NULL: none */
    int n_pending;
    int64_t edit_ms, reset_ms; /* monotonic: of the last action, of the last time the whole was sent */
    uint32_t seq;
    bool started;           /* they have a text of ours */
    bool knows;             /* they sent us some: they know what it is */
    bool cancelled;         /* they do not want any */
    bool told;              /* the user knows that it is seen */
    enum rtt_room room;     /* does the room let it through? XEP-0045 §17.1.1 */
};

struct rtt {
    struct map in;          /* who -> struct rtt_in */
    struct map out;         /* chat -> struct rtt_out */
    struct map own;         /* chat -> bool: what the user said of it (/live) */
    int timer;              /* `pending` of some are due */
};

/* Is it switched on for the chat? */
bool rtt_wanted(struct x *x, const char *chat);
struct rtt_out *rtt_out_of(struct x *x, const char *chat); /* made at need; NULL: too many */
/* rtt_out.c */
void rtt_out_free(void *out);
void rtt_out_drop(struct rtt_out *o); /* what is under way; what is known of them stays */
void rtt_out_stop(struct x *x);       /* nothing more is due */
void rtt_switch(struct x *x, const char *chat, bool on); /* tells them that it begins or is over */

#endif
