/* backends/xmpp/sums.c - checksums of bytes that pass by, under the names of XEP-0300 */
#include "backends/xmpp/sums.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/log.h"
#include "base/mem.h"

/* The strongest first. MD5 and its like find no flipped bit that somebody wants to hide: they are not known here, SHA-1
 * is because old programs have nothing else (XEP-0300 §3). */
static const struct {
    const char *name, *openssl;
} known[] = {
    {"sha3-512", "SHA3-512"}, {"blake2b-512", "BLAKE2b512"}, {"sha-512", "SHA512"},
    {"sha3-256", "SHA3-256"}, {"sha-256", "SHA256"},         {"sha-1", "SHA1"},
};

enum { PIECE = 64 * 1024 };

struct sums {
    EVP_MD_CTX *of[COUNT(known)]; /* NULL: not wanted */
};

static int number_of(const char *algo)
{
    for (size_t i = 0; algo && i < COUNT(known); i++)
        if (strcmp(known[i].name, algo) == 0)
            return (int)i;
    return -1;
}

struct sums *sums_new(void)
{
    return xcalloc(1, sizeof(struct sums));
}

void sums_free(struct sums *s)
{
    for (size_t i = 0; s && i < COUNT(known); i++)
        EVP_MD_CTX_free(s->of[i]);
    free(s);
}

bool sums_want(struct sums *s, const char *algo)
{
    int i = number_of(algo);
    const EVP_MD *md = i >= 0 ? EVP_get_digestbyname(known[i].openssl) : NULL;
    if (!md)
        return false;
    if (s->of[i])
        return true;
    s->of[i] = EVP_MD_CTX_new();
    ENSURE(s->of[i]);
    if (EVP_DigestInit_ex(s->of[i], md, NULL))
        return true;
    EVP_MD_CTX_free(s->of[i]);
    s->of[i] = NULL;
    return false;
}

void sums_add(struct sums *s, const void *data, size_t len)
{
    for (size_t i = 0; i < COUNT(known); i++)
        if (s->of[i])
            EVP_DigestUpdate(s->of[i], data, len);
}

char *sums_base64(const struct sums *s, const char *algo)
{
    int i = number_of(algo);
    unsigned char digest[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
    unsigned n = 0;
    if (i < 0 || !s->of[i])
        return NULL;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    bool ok = copy && EVP_MD_CTX_copy_ex(copy, s->of[i]) && EVP_DigestFinal_ex(copy, digest, &n);
    EVP_MD_CTX_free(copy);
    return ok ? xstrndup((const char *)text, (size_t)EVP_EncodeBlock(text, digest, (int)n)) : NULL;
}

char *sums_of_file(int fd, const char *algo)
{
    struct sums *s = sums_new();
    char *piece = xmalloc(PIECE), *out = NULL;
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t n = -1;
    if (at >= 0 && sums_want(s, algo))
        while ((n = read(fd, piece, PIECE)) > 0)
            sums_add(s, piece, (size_t)n);
    if (n == 0 && lseek(fd, at, SEEK_SET) == at)
        out = sums_base64(s, algo);
    free(piece);
    sums_free(s);
    return out;
}

/* Without the blanks around it; NULL: none, or too long to be one. */
static char *value_of(xmpp_stanza_t *hash)
{
    char *text = st_text(hash), *value = NULL;
    if (text) {
        const char *from = text + strspn(text, " \r\n\t");
        size_t n = strcspn(from, " \r\n\t");
        value = n > 0 && n <= (size_t)EVP_MAX_MD_SIZE * 2 ? xstrndup(from, n) : NULL;
    }
    free(text);
    return value;
}

char *sums_value(xmpp_stanza_t *st, const char *algo)
{
    EACH_CHILD (c, st)
        if (is_elem(c, "hash", NS_HASHES) && str_eq(st_attr(c, "algo"), algo))
            return value_of(c);
    return NULL;
}

const char *sums_read(xmpp_stanza_t *st, char **value)
{
    for (size_t i = 0; i < COUNT(known); i++)
        if ((*value = sums_value(st, known[i].name)))
            return known[i].name;
    *value = NULL;
    return NULL;
}

const char *sums_promised(xmpp_stanza_t *st)
{
    int best = -1;
    EACH_CHILD (c, st) {
        bool is = is_elem(c, "hash-used", NS_HASHES) || is_elem(c, "hash", NS_HASHES);
        int i = is ? number_of(st_attr(c, "algo")) : -1;
        if (i >= 0 && (best < 0 || i < best))
            best = i;
    }
    return best >= 0 ? known[best].name : NULL;
}

void sums_write(xmpp_stanza_t *st, const char *algo, const char *base64)
{
    st_set(st_add_child_text(st, "hash", NS_HASHES, base64), "algo", algo);
}
