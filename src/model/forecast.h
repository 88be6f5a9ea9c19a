/* model/forecast.h - who can read a chat, device by device, as the backend answered when it was asked last */
#ifndef MODEL_FORECAST_H
#define MODEL_FORECAST_H

#include "model/model.h"

enum { FORECAST_DEVICES = 4096 }; /* of one answer; further ones are counted */
struct forecast_device { /* as struct kith_ev_device; texts are owned, NULL where there is none */
    char *who, *id, *name, *fingerprint, *versions, *why, *uri;
    enum kith_device_trust trust;
    enum kith_reads reads;
    uint32_t flags;
    int64_t since, last; /* wall ms */
};
enum forecast_state { FORECAST_ASKED, FORECAST_DONE, FORECAST_FAILED };
struct forecast {
    struct forecast_device *v; /* person after person, ours at the end */
    size_t n, cap, left_out;
    enum forecast_state state;
    char *text; /* DONE: how the chat is encrypted, in a sentence; FAILED: why nobody knows */
};

struct forecast *forecast_new(void);
void forecast_free(struct forecast *f);
void forecast_add(struct forecast *f, const struct kith_ev_device *ev); /* copies */
/* The device that a word means: its number, or the beginning of it that only one has; who may be NULL: anybody's. NULL: none, or
 * several (*several). */
const struct forecast_device *forecast_find(const struct forecast *f, const char *who, const char *word, bool *several);
/* What the user can do about it, a sentence; "": nothing is to be done. Static. */
const char *forecast_fix(const struct forecast_device *d);

#endif
