/* backends/common/scram.c - SCRAM-SHA-1/256/512 and -PLUS, client side: the messages and their check
 * (RFC 5802) */
#include "backends/common/scram.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/rand.h"
#include "kith/plugin.h"

void b64_encode(struct buf *out, const void *data, size_t len)
{
    buf_reserve(out, len / 3 * 4 + 8);
    int n = EVP_EncodeBlock((unsigned char *)out->data + out->len, data, (int)len);
    out->len += (size_t)n;
}

static int b64_value(char c)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = c ? strchr(set, c) : NULL;
    return p ? (int)(p - set) : -1;
}

bool b64_decode(struct buf *out, const char *s)
{
    uint32_t bits = 0;
    size_t digits = 0, padding = 0;
    for (; *s; s++) {
        if (isspace((unsigned char)*s))
            continue;
        if (*s == '=') {
            padding++;
            continue;
        }
        int v = b64_value(*s);
        if (v < 0 || padding)
            return false;
        bits = bits << 6 | (uint32_t)v;
        digits++;
        if (digits % 4 != 1)
            buf_addc(out, (char)(bits >> ((3 - (digits - 1) % 4) * 2) & 0xFF));
    }
    return (digits + padding) % 4 == 0 && padding <= 2 && digits % 4 != 1;
}

char *scram_prepare(const char *password)
{
    bool ascii = true;
    for (const char *p = password; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            return NULL;
        ascii = ascii && (unsigned char)*p < 0x80;
    }
    if (ascii)
        return xstrdup(password);
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)password, 0, &out,
                                      UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE |
                                          UTF8PROC_COMPAT | UTF8PROC_IGNORE);
    return n < 0 ? NULL : (char *)out;
}

/* RFC 5802 §5.1: "=" and "," of a user name. */
static void add_name(struct buf *out, const char *user)
{
    for (; *user; user++) {
        if (*user == '=')
            buf_adds(out, "=3D");
        else if (*user == ',')
            buf_adds(out, "=2C");
        else
            buf_addc(out, *user);
    }
}

void scram_begin(struct scram *s, const char *hash, const char *user, const char *gs2,
                 const void *binding, size_t n_binding, const char *nonce, struct buf *out)
{
    scram_free(s);
    char random[23];
    rand_id(random);
    s->hash = hash;
    s->nonce = xstrdup(nonce ? nonce : random);
    s->gs2 = xstrdup(gs2);
    s->n_binding = MIN(n_binding, sizeof s->binding);
    if (s->n_binding)
        memcpy(s->binding, binding, s->n_binding);
    struct buf b = {0};
    buf_adds(&b, "n=");
    add_name(&b, user);
    buf_addf(&b, ",r=%s", s->nonce);
    s->first_bare = buf_take(&b);
    buf_addf(out, "%s%s", gs2, s->first_bare);
}

/* One attribute "k=value" at *p up to the comma; *p moves behind it. Owned, or NULL when it is not
 * k. */
static char *take_attr(const char **p, char k)
{
    if ((*p)[0] != k || (*p)[1] != '=')
        return NULL;
    size_t n = strcspn(*p, ",");
    char *v = xstrndup(*p + 2, n - 2);
    *p += n + ((*p)[n] == ',');
    return v;
}

struct server_first {
    char *nonce, *salt;
    int64_t rounds;
};

static int parse_first(const struct scram *s, const char *text, struct server_first *f,
                       struct err *e)
{
    const char *p = text;
    char *rounds = NULL;
    int rc = 0;
    if (text[0] == 'm' && text[1] == '=')
        return err_set(e, KITH_EUNSUP,
                       "The server wants an extension of the login that kith does not know.");
    f->nonce = take_attr(&p, 'r');
    f->salt = take_attr(&p, 's');
    rounds = take_attr(&p, 'i');
    if (!f->nonce || !f->salt || !rounds)
        rc = err_set(e, KITH_EPROTO, "The server's login challenge is malformed.");
    else if (!str_starts(f->nonce, s->nonce) || strlen(f->nonce) == strlen(s->nonce))
        rc = err_set(e, KITH_EPROTO,
                     "The server's login challenge answers somebody else's (wrong nonce).");
    else if (!str_int(rounds, SCRAM_ITERATIONS_MIN, SCRAM_ITERATIONS_MAX, &f->rounds))
        rc = err_set(e, KITH_EPROTO,
                     "The server asks for %.20s rounds of password hashing; kith accepts %d to %d.",
                     rounds, SCRAM_ITERATIONS_MIN, SCRAM_ITERATIONS_MAX);
    free(rounds);
    return rc;
}

static size_t hmac(const EVP_MD *md, const void *key, size_t n_key, const char *text,
                   unsigned char *out)
{
    unsigned n = 0;
    HMAC(md, key, (int)n_key, (const unsigned char *)text, strlen(text), out, &n);
    return n;
}

/* Proof into proof[], expected server signature into s. salted is wiped by the caller. */
static void prove(struct scram *s, const EVP_MD *md, const unsigned char *salted, size_t n,
                  const char *auth_message, unsigned char *proof)
{
    unsigned char key[SCRAM_DIGEST_MAX], stored[SCRAM_DIGEST_MAX], sig[SCRAM_DIGEST_MAX];
    unsigned m = 0;
    hmac(md, salted, n, "Client Key", key);
    EVP_Digest(key, n, stored, &m, md, NULL);
    hmac(md, stored, n, auth_message, sig);
    for (size_t i = 0; i < n; i++)
        proof[i] = key[i] ^ sig[i];
    hmac(md, salted, n, "Server Key", key);
    s->n_signature = hmac(md, key, n, auth_message, s->signature);
    mem_wipe(key, sizeof key);
    mem_wipe(stored, sizeof stored);
}

int scram_answer(struct scram *s, const char *password, const char *server_first, struct buf *out,
                 struct err *e)
{
    struct server_first f = {0};
    struct buf salt = {0}, final = {0}, message = {0}, cb = {0};
    unsigned char salted[SCRAM_DIGEST_MAX], proof[SCRAM_DIGEST_MAX];
    const EVP_MD *md = EVP_get_digestbyname(s->hash);
    size_t n = md ? (size_t)EVP_MD_get_size(md) : 0;
    char *prepared = NULL;
    int rc = md ? parse_first(s, server_first, &f, e)
                : err_set(e, KITH_EUNSUP, "OpenSSL here lacks %s.", s->hash);
    if (rc < 0)
        goto out;
    if (!b64_decode(&salt, f.salt) || salt.len == 0 || salt.len > 1024) {
        rc = err_set(e, KITH_EPROTO, "The server's login challenge is malformed (salt).");
        goto out;
    }
    prepared = scram_prepare(password);
    if (!prepared) {
        rc = err_set(e, KITH_EAUTH, "The password holds control characters.");
        goto out;
    }
    PKCS5_PBKDF2_HMAC(prepared, (int)strlen(prepared), (unsigned char *)salt.data, (int)salt.len,
                      (int)f.rounds, md, (int)n, salted);
    buf_adds(&cb, s->gs2);
    buf_add(&cb, s->binding, s->n_binding);
    buf_adds(&final, "c=");
    b64_encode(&final, cb.data, cb.len);
    buf_addf(&final, ",r=%s", f.nonce);
    buf_addf(&message, "%s,%s,%s", s->first_bare, server_first, buf_str(&final));
    prove(s, md, salted, n, buf_str(&message), proof);
    buf_add(out, final.data, final.len);
    buf_adds(out, ",p=");
    b64_encode(out, proof, n);
out:
    mem_wipe(salted, sizeof salted);
    str_wipe_free(prepared);
    free(f.nonce);
    free(f.salt);
    buf_free(&salt);
    buf_free(&final);
    buf_free(&message);
    buf_free(&cb);
    return rc;
}

int scram_verify(struct scram *s, const char *server_final, struct err *e)
{
    const char *p = server_final;
    struct buf sig = {0};
    if (str_starts(p, "e="))
        return err_set(e, KITH_EAUTH, "The server refused the login: %.100s.", p + 2);
    char *v = take_attr(&p, 'v');
    bool good = v && s->n_signature && b64_decode(&sig, v) && sig.len == s->n_signature &&
                CRYPTO_memcmp(sig.data, s->signature, sig.len) == 0;
    free(v);
    buf_free(&sig);
    if (!good)
        return err_set(
            e, KITH_EAUTH,
            "The server could not prove that it knows the password: it may be an impostor.");
    s->verified = true;
    return 0;
}

void scram_free(struct scram *s)
{
    free(s->nonce);
    free(s->gs2);
    free(s->first_bare);
    mem_wipe(s, sizeof *s);
}
