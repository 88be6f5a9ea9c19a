/* backends/omemo/payload.c - what all devices read: the text, encrypted once with a key that each gets by its own session */
#include "backends/omemo/payload.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { GCM_KEY = 16, TAG = 16, KEY_2 = 32, BLOCK = 16 };

void payload_clear(struct omemo_payload *p)
{
    buf_free(&p->data);
    mem_wipe(p->secret, sizeof p->secret);
    *p = (struct omemo_payload){0};
}

/* ---- the old one: AES-128-GCM ---- */

static bool gcm_begin(EVP_CIPHER_CTX *c, bool encrypts, const struct omemo_payload *p)
{
    return c && EVP_CipherInit_ex(c, EVP_aes_128_gcm(), NULL, NULL, NULL, encrypts) &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, (int)p->iv_len, NULL) &&
           EVP_CipherInit_ex(c, NULL, NULL, p->secret, p->iv, encrypts);
}

static int old_encrypt(const void *text, size_t len, struct omemo_payload *out)
{
    out->iv_len = OMEMO_IV;
    out->secret_len = OMEMO_SECRET_OLD;
    if (RAND_bytes(out->secret, GCM_KEY) != 1 || RAND_bytes(out->iv, OMEMO_IV) != 1)
        return OMEMO_MALFORMED;
    buf_reserve(&out->data, len + BLOCK);
    unsigned char *to = (unsigned char *)out->data.data;
    int n = 0, rest = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = gcm_begin(c, true, out) && EVP_EncryptUpdate(c, to, &n, text, (int)len) && EVP_EncryptFinal_ex(c, to + n, &rest) &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, out->secret + GCM_KEY);
    EVP_CIPHER_CTX_free(c);
    out->data.len = ok ? (size_t)(n + rest) : 0;
    return ok ? 0 : OMEMO_MALFORMED;
}

static int old_decrypt(const struct omemo_payload *p, struct buf *out)
{
    bool tag_behind = p->secret_len == GCM_KEY;
    size_t len = p->data.len;
    if (p->iv_len < OMEMO_IV || p->iv_len > OMEMO_IV_MOST || (!tag_behind && p->secret_len != OMEMO_SECRET_OLD) ||
        (tag_behind && len < TAG))
        return OMEMO_MALFORMED;
    len -= tag_behind ? TAG : 0;
    unsigned char tag[TAG];
    const unsigned char *data = (const unsigned char *)buf_str(&p->data);
    memcpy(tag, tag_behind ? data + len : p->secret + GCM_KEY, TAG);
    unsigned char *text = xmalloc(len + BLOCK);
    int n = 0, rest = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = gcm_begin(c, false, p) && EVP_DecryptUpdate(c, text, &n, data, (int)len) &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG, tag) && EVP_DecryptFinal_ex(c, text + n, &rest);
    EVP_CIPHER_CTX_free(c);
    if (ok)
        buf_add(out, text, (size_t)n + (size_t)rest);
    mem_wipe(text, len + BLOCK);
    free(text);
    return ok ? 0 : OMEMO_FORGED;
}

/* ---- the new one: HKDF, AES-256-CBC, HMAC (§4.4) ---- */

struct derived {
    unsigned char key[KEY_2], mac[KEY_2], iv[BLOCK];
};

static bool derive(const unsigned char *secret, struct derived *out)
{
    static const unsigned char salt[32], info[] = "OMEMO Payload";
    unsigned char all[sizeof *out];
    size_t len = sizeof all;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    bool ok = c && EVP_PKEY_derive_init(c) > 0 && EVP_PKEY_CTX_set_hkdf_md(c, EVP_sha256()) > 0 &&
              EVP_PKEY_CTX_set1_hkdf_salt(c, salt, sizeof salt) > 0 && EVP_PKEY_CTX_set1_hkdf_key(c, secret, KEY_2) > 0 &&
              EVP_PKEY_CTX_add1_hkdf_info(c, info, sizeof info - 1) > 0 && EVP_PKEY_derive(c, all, &len) > 0;
    EVP_PKEY_CTX_free(c);
    if (ok) {
        memcpy(out->key, all, KEY_2);
        memcpy(out->mac, all + KEY_2, KEY_2);
        memcpy(out->iv, all + 2 * (size_t)KEY_2, BLOCK);
    }
    mem_wipe(all, sizeof all);
    return ok;
}

static bool checksum(const struct derived *d, const struct buf *data, unsigned char out[TAG])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool ok = HMAC(EVP_sha256(), d->mac, KEY_2, (const unsigned char *)buf_str(data), data->len, mac, &len) != NULL;
    memcpy(out, mac, TAG);
    return ok && len >= TAG;
}

/* to has room for len and a block. How many bytes, or negative. */
static int cbc(bool encrypts, const struct derived *d, const void *data, size_t len, unsigned char *to)
{
    int n = 0, rest = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c && EVP_CipherInit_ex(c, EVP_aes_256_cbc(), NULL, d->key, d->iv, encrypts) &&
              EVP_CipherUpdate(c, to, &n, data, (int)len) && EVP_CipherFinal_ex(c, to + n, &rest);
    EVP_CIPHER_CTX_free(c);
    return ok ? n + rest : -1;
}

static int new_encrypt(const void *text, size_t len, struct omemo_payload *out)
{
    struct derived d;
    out->secret_len = OMEMO_SECRET_2;
    bool ok = RAND_bytes(out->secret, KEY_2) == 1 && derive(out->secret, &d);
    if (ok) {
        buf_reserve(&out->data, len + BLOCK);
        int n = cbc(true, &d, text, len, (unsigned char *)out->data.data);
        out->data.len = n > 0 ? (size_t)n : 0;
        ok = n > 0 && checksum(&d, &out->data, out->secret + KEY_2);
    }
    mem_wipe(&d, sizeof d);
    return ok ? 0 : OMEMO_MALFORMED;
}

static int new_decrypt(const struct omemo_payload *p, struct buf *out)
{
    struct derived d;
    unsigned char mac[TAG];
    if (p->secret_len != OMEMO_SECRET_2)
        return OMEMO_MALFORMED;
    bool derived = derive(p->secret, &d);
    int rc = derived ? OMEMO_FORGED : OMEMO_MALFORMED;
    if (derived && checksum(&d, &p->data, mac) && CRYPTO_memcmp(mac, p->secret + KEY_2, TAG) == 0) {
        unsigned char *text = xmalloc(p->data.len + BLOCK);
        int n = cbc(false, &d, p->data.data, p->data.len, text);
        if (n >= 0)
            buf_add(out, text, (size_t)n);
        rc = n >= 0 ? 0 : OMEMO_MALFORMED;
        mem_wipe(text, p->data.len + BLOCK);
        free(text);
    }
    mem_wipe(&d, sizeof d);
    return rc;
}

/* ---- both ---- */

int payload_encrypt(enum omemo_version v, const void *text, size_t len, struct omemo_payload *out)
{
    if (len > INT_MAX / 2)
        return OMEMO_MALFORMED;
    *out = (struct omemo_payload){0};
    int rc = v == OMEMO_OLD ? old_encrypt(text, len, out) : new_encrypt(text, len, out);
    if (rc < 0)
        payload_clear(out);
    return rc;
}

/* §5.5.4: 32 zero bytes stand for "no text" in the new version; the old one has a key that encrypts nothing. */
int payload_empty(enum omemo_version v, struct omemo_payload *out)
{
    if (v == OMEMO_OLD)
        return payload_encrypt(v, "", 0, out);
    *out = (struct omemo_payload){.secret_len = KEY_2};
    return 0;
}

int payload_decrypt(enum omemo_version v, const struct omemo_payload *p, struct buf *out)
{
    if (p->data.len > INT_MAX / 2)
        return OMEMO_MALFORMED;
    return v == OMEMO_OLD ? old_decrypt(p, out) : new_decrypt(p, out);
}
