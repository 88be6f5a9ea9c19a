/* backends/omemo/payload.h - what all devices read: the text, encrypted once with a key that each gets by its own session */
#ifndef BACKENDS_OMEMO_PAYLOAD_H
#define BACKENDS_OMEMO_PAYLOAD_H

#include "backends/omemo/omemo.h"

enum {
    OMEMO_IV = 12,          /* bytes that we send of it (OMEMO_OLD) */
    OMEMO_IV_MOST = 16,     /* that are read */
    OMEMO_SECRET_OLD = 32,  /* a key of 16 bytes and a tag of 16 (XEP-0384 0.3.0 §4.4) */
    OMEMO_SECRET_2 = 48     /* a key of 32 bytes and a checksum of 16 (§4.4) */
};

/* What is made of a text. secret is what each device gets; both versions of it are wiped by payload_clear(). */
struct omemo_payload {
    struct buf data;
    size_t secret_len, iv_len; /* iv: OMEMO_OLD only */
    unsigned char secret[OMEMO_SECRET_2], iv[OMEMO_IV_MOST];
};
void payload_clear(struct omemo_payload *p);

/* 0, or negative when there is no randomness or memory for it. */
int payload_encrypt(enum omemo_version v, const void *text, size_t len, struct omemo_payload *out);
/* A secret without a text: keys only (OMEMO_OLD: §4.6 of 0.3.0, OMEMO_2: §5.5.4 empty messages). */
int payload_empty(enum omemo_version v, struct omemo_payload *out);
/* Appends the text to *out (secret). OMEMO_OLD reads ivs of 12 and 16 bytes, and secrets of 16 bytes whose tag follows the
 * text, as old programs send them. 0, OMEMO_MALFORMED or OMEMO_FORGED; then nothing is appended. */
int payload_decrypt(enum omemo_version v, const struct omemo_payload *p, struct buf *out);

#endif
