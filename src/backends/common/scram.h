/* backends/common/scram.h - SCRAM without any I/O: RFC 5802, RFC 7677, and base64 */
#ifndef BACKENDS_COMMON_SCRAM_H
#define BACKENDS_COMMON_SCRAM_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum { SCRAM_ITERATIONS_MIN = 4096, SCRAM_ITERATIONS_MAX = 2000000, SCRAM_DIGEST_MAX = 64 };

struct scram { /* zero-initialised is empty and valid */
    const char *hash;          /* OpenSSL's name: "SHA1", "SHA256", "SHA512" */
    char *nonce, *gs2, *first_bare;
    unsigned char binding[256];
    size_t n_binding;
    unsigned char signature[SCRAM_DIGEST_MAX]; /* that the server must show */
    size_t n_signature;        /* 0 = not computed yet */
    bool verified;
};

/* client-first-message into out. gs2: "n,,", "y,," or "p=tls-exporter,,"; binding: the channel's data with "p=".
 * nonce NULL: random. */
void scram_begin(struct scram *s, const char *hash, const char *user, const char *gs2, const void *binding,
                 size_t n_binding, const char *nonce, struct buf *out);
/* server-first-message -> client-final-message. Refuses a foreign nonce, an unknown mandatory extension and an
 * iteration count outside of SCRAM_ITERATIONS_*. May take a second of CPU. Returns 0, or negative with a sentence. */
int scram_answer(struct scram *s, const char *password, const char *server_first, struct buf *out, struct err *e);
/* server-final-message: 0 when the server proved that it knows the password. */
int scram_verify(struct scram *s, const char *server_final, struct err *e);
void scram_free(struct scram *s); /* wipes */

/* SASLprep of a password (RFC 4013) by NFKC; owned, wipe it. NULL when it holds what no password may. */
char *scram_prepare(const char *password);

void b64_encode(struct buf *out, const void *data, size_t len);
/* Appends; false when s is not base64. White space is skipped. */
bool b64_decode(struct buf *out, const char *s);

#endif
