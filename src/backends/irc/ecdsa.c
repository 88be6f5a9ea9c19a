/* backends/irc/ecdsa.c - ECDSA-NIST256P-CHALLENGE: signing what the server sends, with a key of ours */
#include "backends/irc/ecdsa.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "kith/plugin.h"

enum { CHALLENGE_MAX = 64, SIGNATURE_MAX = 256 };

int ecdsa_sign(const char *key_file, const void *challenge, size_t len, struct buf *out, struct err *e)
{
    unsigned char sig[SIGNATURE_MAX];
    size_t n = sizeof sig;
    EVP_PKEY_CTX *ctx = NULL;
    FILE *f = fopen(key_file, "re");
    if (!f)
        return err_set(e, KITH_EAUTH, "the key %.200s cannot be read: %s.", key_file, strerror(errno));
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, (void *)(uintptr_t) "");
    fclose(f);
    int rc = 0;
    if (!key || EVP_PKEY_base_id(key) != EVP_PKEY_EC)
        rc = err_set(e, KITH_EAUTH, "%.200s is no EC key in PEM without a password.", key_file);
    else if (len == 0 || len > CHALLENGE_MAX)
        rc = err_set(e, KITH_EPROTO, "the server's login challenge has a senseless length.");
    if (rc == 0) {
        ctx = EVP_PKEY_CTX_new(key, NULL);
        if (!ctx || EVP_PKEY_sign_init(ctx) <= 0 || EVP_PKEY_sign(ctx, sig, &n, challenge, len) <= 0)
            rc = err_set(e, KITH_EAUTH, "%.200s could not sign.", key_file);
        else
            buf_add(out, sig, n);
    }
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    return rc;
}
