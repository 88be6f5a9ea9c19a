/* backends/omemo/omemo.h - both versions of OMEMO without a network: keys, sessions, what is meant for one device
 *
 * XEP-0384 0.3.0 (OMEMO_OLD, "eu.siacs.conversations.axolotl") and 0.9 (OMEMO_2, "urn:xmpp:omemo:2"). One identity and one
 * set of pre keys serve both; sessions are kept apart. All of it lies in the account's private store. Nothing here decides
 * whether somebody is trusted: that is asked of omemo/device.h by who sends. */
#ifndef BACKENDS_OMEMO_OMEMO_H
#define BACKENDS_OMEMO_OMEMO_H

#include <kith/host.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum omemo_version { OMEMO_OLD = 3, OMEMO_2 = 4 }; /* as the ratchet's messages number them */
enum {
    OMEMO_KEY = 32,        /* bytes of a public key in its Curve25519 form: what a fingerprint shows */
    OMEMO_KEY_WIRE = 33,   /* most bytes of one as it is published */
    OMEMO_SIGNATURE = 64,
    OMEMO_PRE_KEYS = 100,  /* that are published (§5.3.2), and */
    OMEMO_PRE_KEYS_MOST = 1000, /* that are read of somebody else's bundle */
    OMEMO_SKIPPED = 2000,  /* messages that may be missing before one that is read: what the ratchet's library goes forward */
    OMEMO_RECORD = 4 << 20 /* most bytes of a session's record */
};

/* The account's private store: see struct kith_host. */
struct omemo_io {
    void *user;
    int (*get)(void *user, const char *key, void *out, size_t cap);
    int (*set)(void *user, const char *key, const void *data, size_t len);
    int (*begin)(void *user);
    int (*end)(void *user, int keep);
    int (*each)(void *user, const char *prefix, kith_state_fn *fn, void *arg);
    int64_t (*now_ms)(void *user);
};

/* Why something was not done. */
enum omemo_error {
    OMEMO_DUPLICATE = -1,  /* was read before */
    OMEMO_NO_SESSION = -2, /* there is no session for it, or the pre key is gone */
    OMEMO_MALFORMED = -3,  /* it is no message (bundle) at all */
    OMEMO_FORGED = -4,     /* a signature or a checksum is wrong */
    OMEMO_CHANGED = -5,    /* that device had another identity key before */
    OMEMO_NOT_KEPT = -6,   /* the store refused */
    OMEMO_FAR = -7         /* it says that more than OMEMO_SKIPPED messages before it are missing: the session cannot go so far */
};
const char *omemo_error_words(int code); /* a piece of a sentence; never NULL */

struct omemo;

/* Reads what the store has, or makes an identity with a random device id and its keys (§5.3). now_ms and the others of *io
 * are called until omemo_free(). NULL and a sentence: the store cannot be written, or what it has is damaged. */
struct omemo *omemo_new(const struct omemo_io *io, struct err *e);
void omemo_free(struct omemo *o); /* NULL is fine */
uint32_t omemo_device(const struct omemo *o); /* 1 to 2^31 - 1 */
void omemo_identity(const struct omemo *o, unsigned char key[OMEMO_KEY]);

/* Several of the calls below kept together. May be nested; one that failed makes all of it fail. 0 or OMEMO_NOT_KEPT. */
int omemo_begin(struct omemo *o);
int omemo_end(struct omemo *o, bool keep);

/* Counts what an older copy of the store does not know and others may: messages that were encrypted, keys that were made. It
 * only grows; kept with what it counts. */
uint64_t omemo_steps(const struct omemo *o);
int omemo_step_to(struct omemo *o, uint64_t steps); /* never back. 0 or OMEMO_NOT_KEPT; not within omemo_begin() */

/* ---- what is published ---- */
struct omemo_public {
    uint32_t id;
    unsigned char key[OMEMO_KEY_WIRE];
};
struct omemo_bundle {
    enum omemo_version version;
    size_t key_len;     /* of each key but the identity of OMEMO_2, which has 32: 33 (OMEMO_OLD) or 32 */
    struct omemo_public signed_key;
    unsigned char signature[OMEMO_SIGNATURE];
    unsigned char identity[OMEMO_KEY_WIRE]; /* OMEMO_2: in its Ed25519 form */
    struct omemo_public *pre_keys;
    size_t n, cap;
};
void omemo_bundle_clear(struct omemo_bundle *b);
/* Ours. 0, or negative. *out is cleared by the caller. */
int omemo_bundle(struct omemo *o, enum omemo_version v, struct omemo_bundle *out);
/* Makes new pre keys where less than OMEMO_PRE_KEYS are left, and a new signed one every two weeks, whose predecessor is kept
 * for another two (§4.3). *changed: the bundles are to be published again. 0 or OMEMO_NOT_KEPT. */
int omemo_maintain(struct omemo *o, bool *changed);
/* While an archive is read, used pre keys are kept (out of the bundle): several messages may have been made with one. */
int omemo_catching_up(struct omemo *o, bool on);

/* ---- sessions: jid is a bare address, device the id of one of its devices ---- */
/* With a key that is not known by hearsay alone. */
bool omemo_has_session(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device);
/* From somebody's bundle, with one of its pre keys at random. 0; OMEMO_MALFORMED, _FORGED, _CHANGED, _NOT_KEPT. */
int omemo_start_session(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device,
                        const struct omemo_bundle *b);
int omemo_drop_session(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device);
/* Of all devices. */
int omemo_drop_all_sessions(struct omemo *o);
/* The store is an older copy of itself: its sessions would be taken for an attack by the others, and are dropped. The identity
 * stays; pre keys are made anew with numbers that were never used, and the bundles are to be published again. The old pre keys
 * are read until omemo_catching_up(false). 0 or OMEMO_NOT_KEPT. */
int omemo_restored(struct omemo *o);
/* Appends to *out. *exchange: it carries a key exchange (prekey, kex). 0; OMEMO_NO_SESSION, _CHANGED, _NOT_KEPT. */
int omemo_encrypt(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device, const void *data,
                  size_t len, struct buf *out, bool *exchange);
/* Appends what was meant for us to *out, which should be secret. 0 or an enum omemo_error; then nothing has changed. */
int omemo_decrypt(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device, const void *data,
                  size_t len, bool exchange, struct buf *out);
/* Whose messages are, which are decrypted until it is off again, is known by the word of somebody else (of a room): a device that
 * is known is not said to have changed by them, and a key that is seen first in them is that device's (omemo_known.hearsay) only
 * until the device shows its own: in its bundle, or in a message that comes from its owner. */
void omemo_hearsay(struct omemo *o, bool on);
/* What was decrypted last is the first of its chain so late (53rd or later) that an empty message has to answer it (§6). */
bool omemo_beat_due(const struct omemo *o);

#endif
