/* backends/omemo/device.h - the devices of people: which there are, by which key they are known, and how far they are trusted
 *
 * XEP-0384 §5.3.1 (lists), §7 (trust). A device is known by its number for one bare address only. Its key never changes by itself:
 * another one for the same number is refused (OMEMO_CHANGED), whatever it is signed with, until the user has compared it. */
#ifndef BACKENDS_OMEMO_DEVICE_H
#define BACKENDS_OMEMO_DEVICE_H

#include "backends/omemo/omemo.h"

enum omemo_trust {
    OMEMO_UNDECIDED = 0,  /* new, of somebody of whom another device is verified: the user is asked */
    OMEMO_BLIND = 1,      /* used because nothing of this person has been verified yet */
    OMEMO_VERIFIED = 2,   /* the user compared the key */
    OMEMO_DISTRUSTED = 3
};
enum omemo_decider {    /* of whom the trust is */
    OMEMO_BY_RULE = 0,  /* nobody: it is as new devices are */
    OMEMO_BY_USER = 1,
    OMEMO_BY_OWN = 2,   /* another device of our account said it (XEP-0450) */
    OMEMO_BY_OWNER = 3  /* another device of its owner */
};
enum {
    OMEMO_IN_OLD = 1u << 0, /* stands in the newest list of that version */
    OMEMO_IN_2 = 1u << 1,
    OMEMO_DEVICES_MOST = 256, /* of one address; of a longer list the first ones */
    OMEMO_LABEL = 64
};

struct omemo_known {
    uint32_t id;
    unsigned lists;
    enum omemo_trust trust;
    bool has_key; /* its key has been seen: in a bundle, or with a message */
    unsigned char key[OMEMO_KEY];
    bool hearsay; /* its key was seen where only a room says whose it is: nothing is encrypted for it until the owner shows it */
    bool changed; /* it shows `offered` now, which nobody has accepted */
    unsigned char offered[OMEMO_KEY];
    enum omemo_decider by;
    uint32_t by_device;        /* OWN, OWNER: which */
    int64_t decided_ms;        /* when that was said; 0: by the rule */
    int64_t since_ms, last_ms; /* first seen; last message that could be read, 0 = none */
    char label[OMEMO_LABEL];   /* as its owner calls it (OMEMO_2), not checked by anybody */
};

/* Appends those of a bare address by number. *out is freed by the caller. How many. */
size_t omemo_known(struct omemo *o, const char *jid, struct omemo_known **out);
bool omemo_known_one(struct omemo *o, const char *jid, uint32_t device, struct omemo_known *out);

struct omemo_listed {
    uint32_t id;
    const char *label; /* or NULL */
};
/* The list that somebody published. What is no more in it stays known, with its sessions (a list can be lost). *changed: some
 * came or went. 0 or OMEMO_NOT_KEPT. */
int omemo_list(struct omemo *o, enum omemo_version v, const char *jid, const struct omemo_listed *list, size_t n,
               bool *changed);
/* The owner shows this key: another one that was known by hearsay alone gives way to it, with its sessions and what was decided
 * of it, but for distrust. 0 or OMEMO_NOT_KEPT. */
int omemo_give_way(struct omemo *o, const char *jid, uint32_t device, const unsigned char key[OMEMO_KEY]);
/* Notes the key with which a device shows itself. 0; OMEMO_CHANGED: it had another one; OMEMO_NOT_KEPT, as it is for a device that
 * is not known where OMEMO_DEVICES_MOST of that address are. */
int omemo_meet(struct omemo *o, const char *jid, uint32_t device, const unsigned char key[OMEMO_KEY]);
/* By the user, now. 0; OMEMO_NO_SESSION: that device is not known, or its key is not (which may be distrusted unseen);
 * OMEMO_NOT_KEPT. */
int omemo_set_trust(struct omemo *o, const char *jid, uint32_t device, enum omemo_trust trust);
/* By what another device said at ms. The same returns. */
int omemo_set_trust_by(struct omemo *o, const char *jid, uint32_t device, enum omemo_trust trust, enum omemo_decider by,
                       uint32_t by_device, int64_t ms);
/* Notes that a device shows another key than the one it is known by; that one stays in force. */
void omemo_offer(struct omemo *o, const char *jid, uint32_t device, const unsigned char key[OMEMO_KEY]);
/* The user has compared the key that it shows now: that one is in force from now on, and verified; sessions with the one before
 * are gone. Returns as above; OMEMO_NO_SESSION: it shows no other key. */
int omemo_accept(struct omemo *o, const char *jid, uint32_t device);
/* All devices of everybody, as they are found; false: no more. */
typedef bool omemo_device_fn(void *user, const char *jid, const struct omemo_known *d);
void omemo_each(struct omemo *o, omemo_device_fn *fn, void *user);
int omemo_read_from(struct omemo *o, const char *jid, uint32_t device); /* a message of it could be read just now */

/* The key in words that people compare: eight groups of eight hex digits (§7.1). */
enum { OMEMO_FINGERPRINT = OMEMO_KEY * 2 + 8 };
/* The key in the form in which OMEMO_2 publishes it (Ed25519). False: it is none. */
bool omemo_key_as_published(struct omemo *o, const unsigned char key[OMEMO_KEY], unsigned char out[OMEMO_KEY]);
void omemo_fingerprint(const unsigned char key[OMEMO_KEY], char out[OMEMO_FINGERPRINT]);

#endif
