/* account/cert.c - the facts of a certificate, for people and pins */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "account/tls.h"
#include "base/buf.h"
#include "base/mem.h"

#define NAMES_MAX 16

static void hex_of(char out[65], const unsigned char *digest, unsigned n)
{
    static const char digits[] = "0123456789abcdef";
    out[0] = '\0';
    for (unsigned i = 0; i < n && i < 32; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
        out[2 * i + 2] = '\0';
    }
}

static char *name_of(const X509_NAME *name)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *text = NULL, *data;
    if (b && name && X509_NAME_print_ex(b, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        long n = BIO_get_mem_data(b, &data);
        text = n > 0 ? xstrndup(data, (size_t)MIN(n, 1000)) : NULL;
    }
    BIO_free(b);
    return text;
}

/* "example.org, *.example.org": DNS names of the certificate (RFC 6125 §6.4), the first few. */
static char *alt_names(X509 *x)
{
    struct buf b = {0};
    GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int n = all ? sk_GENERAL_NAME_num(all) : 0;
    for (int i = 0; i < n && i < NAMES_MAX; i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);
        if (g->type != GEN_DNS)
            continue;
        buf_adds(&b, b.len ? ", " : "");
        buf_add(&b, ASN1_STRING_get0_data(g->d.dNSName),
                (size_t)MIN(ASN1_STRING_length(g->d.dNSName), 255));
    }
    GENERAL_NAMES_free(all);
    char *names = b.len ? xstrndup(b.data, strlen(b.data)) : NULL;
    buf_free(&b);
    return names;
}

static int64_t time_of(const ASN1_TIME *t)
{
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
        return 0;
    return (int64_t)timegm(&tm) * 1000;
}

void tls_cert_read(struct tls_cert *out, X509 *x, const char *name, const char *problem)
{
    unsigned char digest[EVP_MAX_MD_SIZE], *key = NULL;
    unsigned n = 0;
    *out = (struct tls_cert){0};
    if (X509_digest(x, EVP_sha256(), digest, &n) == 1)
        hex_of(out->fingerprint, digest, n);
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &key);
    if (len > 0 && EVP_Digest(key, (size_t)len, digest, &n, EVP_sha256(), NULL) == 1)
        hex_of(out->pin, digest, n);
    OPENSSL_free(key);
    out->subject = name_of(X509_get_subject_name(x));
    out->issuer = name_of(X509_get_issuer_name(x));
    out->names = alt_names(x);
    out->c = (struct kith_cert){.size = sizeof out->c,
                                .name = name,
                                .fingerprint = out->fingerprint,
                                .pin = out->pin,
                                .subject = out->subject,
                                .issuer = out->issuer,
                                .names = out->names,
                                .not_before_ms = time_of(X509_get0_notBefore(x)),
                                .not_after_ms = time_of(X509_get0_notAfter(x)),
                                .problem = problem};
}

void tls_cert_free(struct tls_cert *c)
{
    free(c->subject);
    free(c->issuer);
    free(c->names);
    *c = (struct tls_cert){0};
}
