/* backends/local/rate.h - how much one peer may ask of us: a token bucket, and mutes that double */
#ifndef LOCAL_RATE_H
#define LOCAL_RATE_H

#include "base/base.h"

enum { RATE_MUTE_MS = 10000, RATE_MUTE_MAX_MS = 600000 };

struct rate {
    int64_t per_s, burst;         /* tokens */
    int64_t milli, last_ms;       /* what is left, in thousandths; when that was counted */
    int64_t mute_ms, mute_end_ms; /* length and end of the latest mute; 0 = none yet */
};

void rate_init(struct rate *r, int64_t per_s, int64_t burst, int64_t now_ms);
/* True while something is in the bucket. */
bool rate_open(struct rate *r, int64_t now_ms);
/* Takes cost tokens; the bucket may go below empty, as far as it is deep. */
void rate_charge(struct rate *r, int64_t cost);
/* The bucket was empty: how long not to listen, in ms. Doubles with each mute that follows the one
 * before within ten minutes. */
int64_t rate_mute(struct rate *r, int64_t now_ms);

#endif
