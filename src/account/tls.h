/* account/tls.h - TLS of one stream: set-up, verification, facts about it; OpenSSL is used here and
 * in stream.c */
#ifndef ACCOUNT_TLS_H
#define ACCOUNT_TLS_H

#include <openssl/ssl.h>

#include "base/err.h"
#include "kith/plugin.h"

/* Decides about the server's certificate during the handshake; not YES ends it. */
typedef enum kith_trust tls_trust_fn(void *user, const struct kith_cert *c);
struct tls_params {
    const char *name;      /* name the certificate must hold for, and SNI */
    const char *alpn;      /* or NULL */
    const char *cert_file; /* client certificate and key (PEM), or NULL */
    const char *ca_file;   /* further certificate authorities (PEM), or NULL */
    tls_trust_fn *trust;
    void *user;
};
struct tls {
    SSL *ssl;
    struct tls_params p;     /* strings are the caller's and outlive this */
    enum kith_trust trusted; /* what the decision was */
    char problem[256];       /* what verification says */
    char fingerprint[65];    /* SHA-256 of the server's certificate */
};
/* At least TLS 1.2, no renegotiation, no compression. NULL and a sentence. */
struct tls *tls_new(const struct tls_params *p, int fd, struct err *e);
void tls_free(struct tls *t);
/* 1 = done, 0 = go on when *want (LOOP_READ or LOOP_WRITE) is ready, negative and a sentence. */
int tls_handshake(struct tls *t, unsigned *want, struct err *e);
/* Channel binding data (RFC 5929, RFC 9266): length, or negative. */
int tls_binding(struct tls *t, const char *type, unsigned char *out, size_t cap);

/* The facts of a certificate, for people and pins. problem may be NULL. Free with tls_cert_free. */
struct tls_cert {
    struct kith_cert c;
    char fingerprint[65], pin[65];
    char *subject, *issuer, *names;
};
void tls_cert_read(struct tls_cert *out, X509 *x, const char *name, const char *problem);
void tls_cert_free(struct tls_cert *c);

#endif
