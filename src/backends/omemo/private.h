/* backends/omemo/private.h - what the files of backends/omemo share */
#ifndef BACKENDS_OMEMO_PRIVATE_H
#define BACKENDS_OMEMO_PRIVATE_H

#include <omemo/session_pre_key.h>
#include <omemo/signal_protocol.h>

#include "backends/omemo/omemo.h"

struct omemo {
    struct omemo_io io;
    signal_context *context;
    signal_protocol_store_context *store;
    ratchet_identity_key_pair *identity;
    enum omemo_version version; /* of the session that is used at the moment: the store keeps them apart */
    uint32_t device;
    int depth;       /* of omemo_begin() */
    bool failed;     /* something within it was not kept */
    bool scrubs;     /* the library was used within it: what it freed is to be wiped */
    bool catching_up;
    bool stepped;    /* something within it cannot be had again from an older copy of the store */
    uint64_t steps;  /* how often that was */
    struct {         /* a device showed another key than before: noted when the transaction that refused it is over */
        char *jid;   /* NULL: none did */
        uint32_t device;
        unsigned char key[OMEMO_KEY];
    } other;
    bool hearsay;    /* who sends what is decrypted is known by the word of others */
    bool beat;       /* what was read last is to be answered (§6) */
};

/* ---- store.c: keys of the account's private store ---- */
enum { STORE_KEY = 3200 }; /* bytes of the longest: an address and some words */
/* Registers the library's four stores. 0, or negative. */
int store_connect(struct omemo *o);
/* The whole value, owned by the caller (signal_buffer_bzero_free); NULL: there is none. */
signal_buffer *store_get(struct omemo *o, const char *key);
int store_set(struct omemo *o, const char *key, const void *data, size_t len); /* len 0 deletes. 0 or OMEMO_NOT_KEPT */
struct store_names { /* keys, owned */
    char **v;
    size_t n, cap;
};
/* All keys that begin so: what is kept may not be changed while it is walked through. 0 or OMEMO_NOT_KEPT. */
int store_names(const struct omemo_io *io, const char *prefix, struct store_names *out);
void store_names_free(struct store_names *names);
uint32_t store_number(const char *key); /* of a device, behind the last "/" of a key; 0: there is none */
void store_pre_key_name(char out[STORE_KEY], uint32_t id);
void store_signed_key_name(char out[STORE_KEY], uint32_t id);
#define STORE_PRE_KEYS "omemo.pk."
#define STORE_USED_KEYS "omemo.used."
#define STORE_SIGNED_KEYS "omemo.spk."
#define STORE_BEATS "omemo.beat."
/* Drops what was used while an archive was read. */
int store_drop_used(struct omemo *o);
int store_drop_sessions(struct omemo *o); /* and when they were answered */
int store_retire_keys(struct omemo *o);   /* all pre keys: out of the bundle, read until store_drop_used() */

/* "omemo.steps": little endian */
uint64_t store_steps(struct omemo *o);
int store_set_steps(struct omemo *o, uint64_t steps); /* 0 or OMEMO_NOT_KEPT */

/* ---- keys.c ---- */
int keys_open(struct omemo *o, struct err *e); /* 0, or negative and a sentence */

#endif
