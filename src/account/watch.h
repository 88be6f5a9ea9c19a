/* account/watch.h - notices that the machine slept, the clock jumped or the network changed; never
 * polls */
#ifndef ACCOUNT_WATCH_H
#define ACCOUNT_WATCH_H

#include "base/loop.h"

#define WATCH_SETTLE_MS 300 /* changes of the network come in bursts */

struct watch;
/* Clocks in milliseconds: one that stands still while the machine sleeps, one that does not, and
 * the time of day. */
struct watch_clocks {
    int64_t (*mono)(void), (*boot)(void), (*wall)(void);
};
/* fn(user) is called after a suspend, a jump of the wall clock, or a change of addresses or default
 * routes. clocks NULL: the system's. */
struct watch *watch_new(struct loop *loop, const struct watch_clocks *clocks, loop_fn *fn,
                        void *user);
void watch_free(struct watch *w); /* NULL is fine */

#endif
