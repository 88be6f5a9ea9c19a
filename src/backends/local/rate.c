/* backends/local/rate.c - counts what a peer asks of us and decides when to stop listening */
#include "backends/local/rate.h"

void rate_init(struct rate *r, int64_t per_s, int64_t burst, int64_t now_ms)
{
    *r = (struct rate){.per_s = per_s, .burst = burst, .milli = burst * 1000, .last_ms = now_ms};
}

static void refill(struct rate *r, int64_t now_ms)
{
    int64_t gone = now_ms - r->last_ms;
    if (gone <= 0)
        return;
    r->last_ms = now_ms;
    int64_t room = r->burst * 1000 - r->milli;
    r->milli += gone > room / r->per_s ? room : gone * r->per_s;
}

bool rate_open(struct rate *r, int64_t now_ms)
{
    refill(r, now_ms);
    return r->milli > 0;
}

void rate_charge(struct rate *r, int64_t cost)
{
    r->milli = MAX(r->milli - cost * 1000, -r->burst * 1000);
}

int64_t rate_mute(struct rate *r, int64_t now_ms)
{
    bool again = r->mute_ms && now_ms - r->mute_end_ms < RATE_MUTE_MAX_MS;
    r->mute_ms = again ? MIN(r->mute_ms * 2, RATE_MUTE_MAX_MS) : RATE_MUTE_MS;
    r->mute_end_ms = now_ms + r->mute_ms;
    return r->mute_ms;
}
