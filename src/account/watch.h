/* account/watch.h - notices that the machine slept, the clock jumped or the network changed; never
 * polls */
#ifndef ACCOUNT_WATCH_H
#define ACCOUNT_WATCH_H

#include "base/loop.h"

#define WATCH_SETTLE_MS 300 /* changes of the network come in bursts */

struct watch;
/* fn(user) is called after a suspend, a jump of the wall clock, or a change of addresses or default
 * routes. */
struct watch *watch_new(struct loop *loop, loop_fn *fn, void *user);
void watch_free(struct watch *w); /* NULL is fine */

#endif
