/* backends/xmpp/sealed.c - files that are encrypted before they leave, and decrypted when they came (XEP-0454, XEP-0448) */
#include "backends/xmpp/sealed.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/http.h"
#include "base/mem.h"
#include "kith/types.h"

enum { PIECE = 16 << 10, BLOCK = 16, LINK_MOST = 4096 };

static const struct {
    const char *brief, *name; /* in an id, in XEP-0448 §4 */
    size_t key;
} ciphers[] = {
    [SEAL_GCM_128] = {"gcm128", "urn:xmpp:ciphers:aes-128-gcm-nopadding:0", 16},
    [SEAL_GCM_256] = {"gcm256", "urn:xmpp:ciphers:aes-256-gcm-nopadding:0", 32},
    [SEAL_CBC_256] = {"cbc256", "urn:xmpp:ciphers:aes-256-cbc-pkcs7:0", 32},
};

/* ---- keys ---- */

bool seal_key_new(struct seal_key *k)
{
    *k = (struct seal_key){.cipher = SEAL_GCM_256, .iv_len = SEAL_WRITTEN_IV};
    return RAND_bytes(k->key, SEAL_KEY) == 1 && RAND_bytes(k->iv, SEAL_WRITTEN_IV) == 1;
}

void seal_key_wipe(struct seal_key *k)
{
    mem_wipe(k, sizeof *k);
}

static bool is_iv(enum seal_cipher c, size_t len)
{
    return len == SEAL_IV || (c != SEAL_CBC_256 && len == SEAL_WRITTEN_IV);
}

static void add_hex(struct buf *out, const unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf_addc(out, "0123456789abcdef"[data[i] >> 4]);
        buf_addc(out, "0123456789abcdef"[data[i] & 15]);
    }
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool get_hex(unsigned char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = digit(text[2 * i]), low = high < 0 ? -1 : digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

void seal_key_add(const struct seal_key *k, struct buf *out)
{
    buf_addf(out, "%s.", ciphers[k->cipher].brief);
    add_hex(out, k->iv, k->iv_len);
    buf_addc(out, '.');
    add_hex(out, k->key, ciphers[k->cipher].key);
}

bool seal_key_read(struct seal_key *k, const char *text)
{
    *k = (struct seal_key){.cipher = SEAL_NONE};
    for (size_t c = SEAL_GCM_128; c < COUNT(ciphers); c++) {
        size_t brief = strlen(ciphers[c].brief);
        if (!str_starts(text, ciphers[c].brief) || text[brief] != '.')
            continue;
        const char *iv = text + brief + 1, *dot = strchr(iv, '.');
        if (!dot)
            break;
        k->iv_len = (size_t)(dot - iv) / 2;
        if (is_iv((enum seal_cipher)c, k->iv_len) && dot == iv + 2 * k->iv_len && strlen(dot + 1) == 2 * ciphers[c].key &&
            get_hex(k->iv, iv, k->iv_len) && get_hex(k->key, dot + 1, ciphers[c].key)) {
            k->cipher = (enum seal_cipher)c;
            return true;
        }
    }
    seal_key_wipe(k);
    return false;
}

/* ---- XEP-0448 ---- */

const char *seal_cipher_name(enum seal_cipher c)
{
    return ciphers[c].name;
}

char *seal_base64(const unsigned char *data, size_t len)
{
    char *out = xmalloc((len + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)out, data, (int)len);
    return out;
}

/* How many bytes; cap + 1 when there are more, or it is none. */
static size_t from_base64(unsigned char *out, size_t cap, const char *text)
{
    unsigned char all[SEAL_KEY + 3];
    size_t len = text ? strlen(text) : 0, pad = 0;
    if (len == 0 || len % 4 != 0 || len / 4 * 3 > sizeof all)
        return cap + 1;
    while (pad < 2 && text[len - 1 - pad] == '=')
        pad++;
    int n = EVP_DecodeBlock(all, (const unsigned char *)text, (int)len);
    size_t got = n < 0 ? cap + 1 : (size_t)n - pad;
    if (got <= cap)
        memcpy(out, all, got);
    mem_wipe(all, sizeof all);
    return got;
}

bool seal_key_of(struct seal_key *k, const char *cipher, const char *key, const char *iv)
{
    *k = (struct seal_key){.cipher = SEAL_NONE};
    for (size_t c = SEAL_GCM_128; c < COUNT(ciphers); c++) {
        if (!str_eq(cipher, ciphers[c].name))
            continue;
        k->iv_len = from_base64(k->iv, SEAL_IV, iv);
        if (is_iv((enum seal_cipher)c, k->iv_len) && from_base64(k->key, SEAL_KEY, key) == ciphers[c].key) {
            k->cipher = (enum seal_cipher)c;
            return true;
        }
    }
    seal_key_wipe(k);
    return false;
}

/* ---- XEP-0454 ---- */

#define SCHEME "aesgcm://"

char *seal_link(const char *url, const struct seal_key *k)
{
    struct buf b = {.secret = true};
    if (!str_starts(url, "https://") || k->cipher != SEAL_GCM_256)
        return NULL;
    size_t n = strlen("https://");
    buf_adds(&b, SCHEME);
    buf_add(&b, url + n, strcspn(url + n, "#"));
    buf_addc(&b, '#');
    add_hex(&b, k->iv, k->iv_len);
    add_hex(&b, k->key, SEAL_KEY);
    char *out = xstrdup(buf_str(&b));
    buf_free(&b);
    return out;
}

bool seal_link_read(const char *text, size_t len, char **url, struct seal_key *k)
{
    const size_t scheme = strlen(SCHEME);
    const char *hash = memchr(text, '#', len);
    struct http_url u;
    *url = NULL;
    *k = (struct seal_key){.cipher = SEAL_NONE};
    if (len > LINK_MOST || !hash || strncasecmp(text, SCHEME, scheme) != 0)
        return false;
    size_t hex = len - (size_t)(hash + 1 - text), iv = hex / 2 > SEAL_KEY ? hex / 2 - SEAL_KEY : 0;
    if (hex % 2 != 0 || !is_iv(SEAL_GCM_256, iv) || !get_hex(k->iv, hash + 1, iv) ||
        !get_hex(k->key, hash + 1 + 2 * iv, SEAL_KEY)) {
        seal_key_wipe(k);
        return false;
    }
    char *web = xasprintf("https://%.*s", (int)(hash - text - (ptrdiff_t)scheme), text + scheme);
    if (http_url_parse(&u, web, NULL) < 0) {
        free(web);
        seal_key_wipe(k);
        return false;
    }
    http_url_free(&u);
    k->cipher = SEAL_GCM_256;
    k->iv_len = iv;
    *url = web;
    return true;
}

/* ---- bytes ---- */

struct sealer {
    EVP_CIPHER_CTX *c;
    bool gcm, bad;
    unsigned char held[SEAL_TAG]; /* of what came: may be the tag, or the last block */
    size_t n_held;
};

int64_t seal_bytes(int64_t plain)
{
    return plain + SEAL_TAG;
}

bool seal_fits(enum seal_cipher c, int64_t plain, int64_t there)
{
    if (c == SEAL_CBC_256)
        return plain < 0 ? there > 0 && there % BLOCK == 0 : there == (plain / BLOCK + 1) * BLOCK;
    return plain < 0 ? there >= SEAL_TAG : there == plain || there == plain + SEAL_TAG;
}

static const EVP_CIPHER *evp_of(enum seal_cipher c)
{
    return c == SEAL_GCM_128 ? EVP_aes_128_gcm() : c == SEAL_GCM_256 ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
}

struct sealer *sealer_new(const struct seal_key *k, bool encrypts)
{
    if (k->cipher == SEAL_NONE || !is_iv(k->cipher, k->iv_len))
        return NULL;
    struct sealer *s = xcalloc(1, sizeof *s);
    s->gcm = k->cipher != SEAL_CBC_256;
    s->c = EVP_CIPHER_CTX_new();
    bool ok = s->c && EVP_CipherInit_ex(s->c, evp_of(k->cipher), NULL, NULL, NULL, encrypts) == 1;
    if (ok && s->gcm)
        ok = EVP_CIPHER_CTX_ctrl(s->c, EVP_CTRL_AEAD_SET_IVLEN, (int)k->iv_len, NULL) == 1;
    if (ok && EVP_CipherInit_ex(s->c, NULL, NULL, k->key, k->iv, encrypts) == 1)
        return s;
    sealer_free(s);
    return NULL;
}

void sealer_free(struct sealer *s)
{
    if (!s)
        return;
    EVP_CIPHER_CTX_free(s->c); /* wipes the key */
    mem_wipe(s, sizeof *s);
    free(s);
}

bool sealer_seal(struct sealer *s, unsigned char *data, size_t len)
{
    int n = 0;
    s->bad = s->bad || !s->gcm || len > INT_MAX || EVP_EncryptUpdate(s->c, data, &n, data, (int)len) != 1 || (size_t)n != len;
    return !s->bad;
}

bool sealer_tag(struct sealer *s, unsigned char tag[SEAL_TAG])
{
    unsigned char none[BLOCK];
    int n = 0;
    return !s->bad && EVP_EncryptFinal_ex(s->c, none, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(s->c, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG, tag) == 1;
}

static int cannot(struct sealer *s, struct err *e)
{
    s->bad = true;
    return err_set(e, KITH_EPROTO, "It cannot be decrypted.");
}

static int open_some(struct sealer *s, const unsigned char *data, size_t len, seal_out_fn *out, void *user, struct err *e)
{
    unsigned char text[PIECE + BLOCK];
    int rc = 0;
    while (len > 0 && rc >= 0) {
        size_t some = MIN(len, (size_t)PIECE);
        int n = 0;
        if (EVP_DecryptUpdate(s->c, text, &n, data, (int)some) != 1)
            rc = cannot(s, e);
        else if (n > 0)
            rc = out(user, text, (size_t)n, e);
        data += some;
        len -= some;
    }
    mem_wipe(text, sizeof text);
    return rc;
}

int sealer_open(struct sealer *s, const void *data, size_t len, seal_out_fn *out, void *user, struct err *e)
{
    const unsigned char *from = data;
    size_t over = s->n_held + len > sizeof s->held ? s->n_held + len - sizeof s->held : 0;
    size_t held = MIN(over, s->n_held), fresh = over - held;
    if (s->bad)
        return cannot(s, e);
    int rc = open_some(s, s->held, held, out, user, e);
    if (rc >= 0)
        rc = open_some(s, from, fresh, out, user, e);
    memmove(s->held, s->held + held, s->n_held - held);
    s->n_held -= held;
    memcpy(s->held + s->n_held, from + fresh, len - fresh);
    s->n_held += len - fresh;
    return rc;
}

int sealer_end(struct sealer *s, bool tagged, seal_out_fn *out, void *user, struct err *e)
{
    unsigned char last[BLOCK];
    int n = 0, rc = s->bad ? cannot(s, e) : 0;
    if (rc >= 0 && s->gcm && tagged) {
        bool same = s->n_held == SEAL_TAG && EVP_CIPHER_CTX_ctrl(s->c, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG, s->held) == 1 &&
                    EVP_DecryptFinal_ex(s->c, last, &n) == 1;
        return same ? 0
                    : err_set(e, KITH_EPROTO,
                              "It is not the file that was sent: it was changed or cut off on its way, or was encrypted with "
                              "another key. Nothing was kept.");
    }
    if (rc >= 0)
        rc = open_some(s, s->held, s->n_held, out, user, e);
    if (rc >= 0 && !s->gcm) {
        rc = EVP_DecryptFinal_ex(s->c, last, &n) == 1 ? 0 : cannot(s, e);
        if (rc >= 0 && n > 0)
            rc = out(user, last, (size_t)n, e);
    }
    mem_wipe(last, sizeof last);
    return rc;
}
