/* account/state.h - the account's private store: the plugin's values, and trusted certificates */
#ifndef ACCOUNT_STATE_H
#define ACCOUNT_STATE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

struct state;

/* Makes this process the only one of the account: a lock on DIR/account.lock, held until the
 * returned descriptor is closed. A process whose engine was killed may need a moment to go, so it
 * waits up to wait_ms (>= 0). KITH_ECONFLICT + *e: another one runs; KITH_EUNSUP: no lock can be
 * made there (a disk that is full or only read), which need not stop anybody. */
int state_lock(const char *dir, int wait_ms, struct err *e);

/* Opens DIR/account.db (0600, WAL), making both. A damaged file is set aside and *e holds a
 * sentence about it, though the result is a working store. NULL + *e: nothing can be kept. */
struct state *state_open(const char *dir, struct err *e);
void state_close(struct state *s); /* NULL is fine */
/* Copies at most cap bytes; returns the whole length, or KITH_ENOTFOUND. */
int state_get(struct state *s, const char *key, void *out, size_t cap);
/* len 0 deletes. What was set survives SIGKILL. 0, or negative and a sentence. */
int state_set(struct state *s, const char *key, const void *data, size_t len, struct err *e);

/* All that is set until state_end() is kept together, or given back (keep false). One at a time: KITH_ECONFLICT. 0, or
 * negative and a sentence: then nothing of it is kept. */
int state_begin(struct state *s, struct err *e);
int state_end(struct state *s, bool keep, struct err *e);
/* For each key that begins with prefix, in order of their bytes, until fn returns something else than 0, which is returned.
 * data is borrowed; fn sets nothing. 0, or negative. */
typedef int state_fn(void *user, const char *key, const void *data, size_t len);
int state_each(struct state *s, const char *prefix, state_fn *fn, void *user);

/* What was set to something else or deleted is overwritten in every part of the file: keys that were used, texts that the
 * engine has by now. It writes a file of up to 8 MiB anew, so it is done the less often the larger that is and the longer it
 * took: state_scrub_due() tells in how many ms (3000 to 60000), or -1: nothing has changed. state_scrub() does it at once,
 * now_ms being clock_mono_ms(). True: it could not be done just now, ask again. */
int64_t state_scrub_due(const struct state *s, int64_t now_ms);
bool state_scrub(struct state *s, int64_t now_ms);

/* The certificate trusted for a host name: SHA-256 of it and of its public key, hex. */
struct state_pin {
    char fingerprint[65];
    char key[65];
};
bool state_pin_get(struct state *s, const char *name, struct state_pin *pin);
int state_pin_set(struct state *s, const char *name, const struct state_pin *pin, struct err *e);

#endif
