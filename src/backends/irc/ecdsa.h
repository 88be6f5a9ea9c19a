/* backends/irc/ecdsa.h - ECDSA-NIST256P-CHALLENGE: signing what the server sends, with a key of ours */
#ifndef BACKENDS_IRC_ECDSA_H
#define BACKENDS_IRC_ECDSA_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

/* Appends the signature (DER) of the challenge as it is, 32 bytes at most. 0, or negative with a sentence. */
int ecdsa_sign(const char *key_file, const void *challenge, size_t len, struct buf *out, struct err *e);

#endif
