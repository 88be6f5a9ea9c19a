/* unit/xmppim/fake_inner.h - what the session without a network is made of */
#ifndef FAKE_INNER_H
#define FAKE_INNER_H

#include "base/buf.h"
#include "base/map.h"
#include "fake_list.h"
#include "fake_x.h"

struct open_iq {
    char *text, *id;
    x_iq_fn *fn;
    void *user;
};
struct timer {
    int handle;
    kith_timer_fn *fn;
    void *user;
};
struct open_ask {
    uint64_t number;
    x_answer_fn *fn;
    void *user;
};

struct kith_stream { /* one connection that a feature opened */
    struct kith_stream_cb cb;
    void *user;
    char *to; /* host:port */
    struct buf out;
    bool connected, closed;
};

struct x {
    struct kith_host host;
    xmpp_ctx_t *ctx;
    struct map states, store, before, options, unacked;
    bool begun;
    bool marks; /* what is asked of the node with marks of OMEMO keys is for the test to answer */
    int kill_in; /* so many uses of the store until the process counts as killed; 0: it is not */
    bool killed;
    struct map disk; /* what the disk had then */
    size_t sent_then, events_then, stopped; /* stopped: stanzas by omemo_lets_out() */
    struct list sent, events;
    struct open_iq *iqs;
    size_t n_iqs, cap_iqs;
    struct timer *timers;
    size_t n_timers, cap_timers;
    struct open_ask *asks;
    size_t n_asks, cap_asks;
    struct kith_stream **streams;
    size_t n_streams, cap_streams;
    bool online;
    int synced, handle;
    uint64_t events_n, asks_n, stanzas;
    int64_t now;
    char *scratch;
};

void fake_store_host(struct kith_host *h); /* the host's functions for what is kept */
void fake_copy_store(struct map *to, const struct map *from); /* what the host keeps: x->store */
void fake_store_restart(struct x *x);      /* another process finds what the disk had when the one before was killed */

#endif
