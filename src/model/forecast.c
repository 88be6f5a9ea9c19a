/* model/forecast.c - who can read a chat, device by device, as the backend answered when it was asked last */
#include "model/forecast.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct forecast *forecast_new(void)
{
    return xcalloc(1, sizeof(struct forecast));
}

void forecast_free(struct forecast *f)
{
    for (size_t i = 0; f && i < f->n; i++) {
        struct forecast_device *d = &f->v[i];
        free(d->who);
        free(d->id);
        free(d->name);
        free(d->fingerprint);
        free(d->versions);
        free(d->why);
        free(d->uri);
    }
    if (f) {
        free(f->v);
        free(f->text);
    }
    free(f);
}

void forecast_add(struct forecast *f, const struct kith_ev_device *ev)
{
    if (f->n >= FORECAST_DEVICES) {
        f->left_out++;
        return;
    }
    struct forecast_device d = {.who = xstrdup(ev->who),
                                .id = xstrdup(ev->id),
                                .name = xstrdup(ev->name),
                                .fingerprint = xstrdup(ev->fingerprint),
                                .versions = xstrdup(ev->versions),
                                .why = xstrdup(ev->why),
                                .uri = xstrdup(ev->uri),
                                .trust = (enum kith_device_trust)ev->trust,
                                .reads = (enum kith_reads)ev->reads,
                                .flags = ev->flags,
                                .since = ev->since_ms,
                                .last = ev->last_ms};
    VEC_PUSH(f->v, f->n, f->cap, d);
}

const struct forecast_device *forecast_find(const struct forecast *f, const char *who, const char *word, bool *several)
{
    const struct forecast_device *found = NULL;
    const struct forecast_device *exact = NULL;
    size_t len = word ? strlen(word) : 0, fit = 0, n_exact = 0;
    *several = false;
    for (size_t i = 0; f && i < f->n; i++) {
        const struct forecast_device *d = &f->v[i];
        if (!d->id || (who && !str_eq(d->who, who)) || strncmp(d->id, word ? word : "", len) != 0)
            continue;
        if (word && strcmp(d->id, word) == 0) {
            exact = d;
            n_exact++;
        }
        found = d;
        fit++;
    }
    if (n_exact == 1)
        return exact;
    *several = fit > 1;
    return fit == 1 ? found : NULL;
}

const char *forecast_fix(const struct forecast_device *d)
{
    if (!d->id)
        return "Ask them to switch OMEMO on in their program; /encrypt off writes in the clear.";
    if (d->flags & KITH_DEVICE_THIS)
        return "Others compare this with what they see: read it to them, or show it as a QR code.";
    if (d->flags & KITH_DEVICE_CHANGED)
        return "Nothing is sent to it. /verify compares the key that it shows now and takes it; /distrust leaves it out.";
    if (d->reads == KITH_READS_UNKNOWN)
        return "";
    switch (d->trust) {
    case KITH_DEVICE_UNDECIDED:
        return "/verify compares its key, /trust lets it read as it is, /distrust leaves it out.";
    case KITH_DEVICE_BLIND:
        return d->reads == KITH_READS_YES ? "/verify compares its key: then you know whose it is."
                                          : "Its owner has to open their program once, or take the device out there.";
    case KITH_DEVICE_DISTRUSTED:
        return "/trust lets it read again.";
    case KITH_DEVICE_VERIFIED:
        break;
    }
    return d->reads == KITH_READS_YES ? "" : "Its owner has to open their program once, or take the device out there.";
}
