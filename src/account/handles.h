/* account/handles.h - descriptors and timers as numbers, for plugins; reading stops while the
 * engine is behind */
#ifndef ACCOUNT_HANDLES_H
#define ACCOUNT_HANDLES_H

#include "base/loop.h"
#include "kith/plugin.h"

struct handles;

struct handles *handles_new(struct loop *loop);
void handles_free(struct handles *h); /* NULL is fine */
int handles_io_add(struct handles *h, int fd, unsigned want, kith_io_fn *fn,
                   void *user); /* > 0, or KITH_EINVAL */
int handles_io_set(struct handles *h, int handle, unsigned want);
void handles_io_del(struct handles *h, int handle);
int handles_timer_add(struct handles *h, int64_t after_ms, kith_timer_fn *fn, void *user);
void handles_timer_del(struct handles *h, int handle);
/* While held, no descriptor is watched for reading. */
void handles_hold(struct handles *h, bool hold);

#endif
