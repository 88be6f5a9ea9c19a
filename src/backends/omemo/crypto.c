/* backends/omemo/crypto.c - what the ratchet's library needs of cryptography, from OpenSSL */
#include "backends/omemo/crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "base/mem.h"

enum { HMAC_BYTES = 32, SHA512_BYTES = 64, BLOCK = 16 };

static int random_bytes(uint8_t *data, size_t len, void *user)
{
    (void)user;
    return len <= INT_MAX && RAND_bytes(data, (int)len) == 1 ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

/* ---- HMAC-SHA-256 ---- */

static int hmac_init(void **out, const uint8_t *key, size_t len, void *user)
{
    (void)user;
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *c = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac); /* the context has its own reference */
    if (!c || !EVP_MAC_init(c, key, len, params)) {
        EVP_MAC_CTX_free(c);
        return SG_ERR_UNKNOWN;
    }
    *out = c;
    return SG_SUCCESS;
}

static int hmac_update(void *c, const uint8_t *data, size_t len, void *user)
{
    (void)user;
    return EVP_MAC_update(c, data, len) ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

static int hmac_final(void *c, signal_buffer **out, void *user)
{
    (void)user;
    uint8_t mac[HMAC_BYTES];
    size_t len = 0;
    bool ok = EVP_MAC_final(c, mac, &len, sizeof mac) == 1;
    *out = ok ? signal_buffer_create(mac, len) : NULL;
    OPENSSL_cleanse(mac, sizeof mac);
    return *out ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

static void hmac_cleanup(void *c, void *user)
{
    (void)user;
    EVP_MAC_CTX_free(c);
}

/* ---- SHA-512 ---- */

static int sha_init(void **out, void *user)
{
    (void)user;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c || !EVP_DigestInit_ex(c, EVP_sha512(), NULL)) {
        EVP_MD_CTX_free(c);
        return SG_ERR_UNKNOWN;
    }
    *out = c;
    return SG_SUCCESS;
}

static int sha_update(void *c, const uint8_t *data, size_t len, void *user)
{
    (void)user;
    return EVP_DigestUpdate(c, data, len) ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

/* Afterwards the context is ready for another one: the library says so. */
static int sha_final(void *c, signal_buffer **out, void *user)
{
    (void)user;
    uint8_t md[SHA512_BYTES];
    unsigned len = 0;
    bool ok = EVP_DigestFinal_ex(c, md, &len) == 1 && EVP_DigestInit_ex(c, EVP_sha512(), NULL) == 1;
    *out = ok ? signal_buffer_create(md, len) : NULL;
    OPENSSL_cleanse(md, sizeof md);
    return *out ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

static void sha_cleanup(void *c, void *user)
{
    (void)user;
    EVP_MD_CTX_free(c);
}

/* ---- AES ---- */

static const EVP_CIPHER *cipher_of(int cipher, size_t key_len)
{
    if (cipher == SG_CIPHER_AES_CBC_PKCS5)
        return key_len == 16 ? EVP_aes_128_cbc() : key_len == 24 ? EVP_aes_192_cbc() : key_len == 32 ? EVP_aes_256_cbc() : NULL;
    if (cipher == SG_CIPHER_AES_CTR_NOPADDING)
        return key_len == 16 ? EVP_aes_128_ctr() : key_len == 24 ? EVP_aes_192_ctr() : key_len == 32 ? EVP_aes_256_ctr() : NULL;
    return NULL;
}

struct text {
    const uint8_t *data;
    size_t len;
};

static int aes(bool encrypts, signal_buffer **out, int cipher, struct text key, struct text iv, struct text in)
{
    const EVP_CIPHER *with = cipher_of(cipher, key.len);
    if (!with || iv.len != BLOCK || in.len > INT_MAX - 2 * BLOCK)
        return SG_ERR_INVAL;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    uint8_t *b = xmalloc(in.len + 2 * (size_t)BLOCK);
    int n = 0, rest = 0;
    bool ok = c && EVP_CipherInit_ex(c, with, NULL, key.data, iv.data, encrypts);
    if (ok && cipher == SG_CIPHER_AES_CTR_NOPADDING)
        ok = EVP_CIPHER_CTX_set_padding(c, 0) == 1;
    ok = ok && EVP_CipherUpdate(c, b, &n, in.data, (int)in.len) && EVP_CipherFinal_ex(c, b + n, &rest);
    *out = ok ? signal_buffer_create(b, (size_t)n + (size_t)rest) : NULL;
    OPENSSL_cleanse(b, in.len + 2 * (size_t)BLOCK);
    free(b);
    EVP_CIPHER_CTX_free(c);
    return *out ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

static int aes_encrypt(signal_buffer **out, int cipher, const uint8_t *key, size_t key_len, const uint8_t *iv, size_t iv_len,
                       const uint8_t *in, size_t len, void *user)
{
    (void)user;
    return aes(true, out, cipher, (struct text){key, key_len}, (struct text){iv, iv_len}, (struct text){in, len});
}

static int aes_decrypt(signal_buffer **out, int cipher, const uint8_t *key, size_t key_len, const uint8_t *iv, size_t iv_len,
                       const uint8_t *in, size_t len, void *user)
{
    (void)user;
    return aes(false, out, cipher, (struct text){key, key_len}, (struct text){iv, iv_len}, (struct text){in, len});
}

signal_context *crypto_context(void)
{
    const signal_crypto_provider provider = {.random_func = random_bytes,
                                             .hmac_sha256_init_func = hmac_init,
                                             .hmac_sha256_update_func = hmac_update,
                                             .hmac_sha256_final_func = hmac_final,
                                             .hmac_sha256_cleanup_func = hmac_cleanup,
                                             .sha512_digest_init_func = sha_init,
                                             .sha512_digest_update_func = sha_update,
                                             .sha512_digest_final_func = sha_final,
                                             .sha512_digest_cleanup_func = sha_cleanup,
                                             .encrypt_func = aes_encrypt,
                                             .decrypt_func = aes_decrypt};
    signal_context *c = NULL;
    if (signal_context_create(&c, NULL) < 0)
        return NULL;
    if (signal_context_set_crypto_provider(c, &provider) == SG_SUCCESS)
        return c;
    signal_context_destroy(c);
    return NULL;
}
