/* backends/xmpp/filelink.c - a file on the web as the id of an attachment, and back */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/sums.h"
#include "backends/xmpp/upload.h"
#include "base/http.h"
#include "base/mem.h"

#define PREFIX "upload:"

static bool is_base64(const char *s)
{
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    return n >= 16 && n + strspn(s + n, "=") == strlen(s);
}

static bool known(const char *algo)
{
    struct sums *s = sums_new();
    bool is = sums_want(s, algo);
    sums_free(s);
    return is;
}

/* Nothing that another program wrote may end a part of the id: a checksum that is none is left out. */
char *file_link_id(const struct file_link *l)
{
    bool sum = l->algo && l->hash && is_base64(l->hash) && known(l->algo);
    struct buf b = {.secret = l->seal.cipher != SEAL_NONE};
    buf_adds(&b, PREFIX);
    if (l->seal.cipher != SEAL_NONE) {
        seal_key_add(&l->seal, &b);
        buf_addc(&b, ':');
    }
    buf_addf(&b, "%s=%s:%lld:%s", sum ? l->algo : "", sum ? l->hash : "", (long long)l->bytes, l->url);
    bool fits = b.len <= KITH_MAX_ID && (sum || l->seal.cipher != SEAL_CBC_256);
    char *id = fits ? xstrdup(buf_str(&b)) : NULL;
    buf_free(&b);
    return id;
}

void file_link_free(struct file_link *l)
{
    free(l->url);
    free(l->algo);
    free(l->hash);
    seal_key_wipe(&l->seal);
    *l = (struct file_link){.bytes = -1};
}

/* The text up to the next `end`, owned; NULL: there is none. */
static char *part(const char **at, char end)
{
    const char *to = strchr(*at, end);
    char *out = to ? xstrndup(*at, (size_t)(to - *at)) : NULL;
    if (to)
        *at = to + 1;
    return out;
}

/* "gcm256.IV.KEY:" at the beginning of it. False: there is one, and it cannot be used. */
static bool take_key(struct seal_key *k, const char **at)
{
    size_t colon = strcspn(*at, ":"), equals = strcspn(*at, "=");
    if (equals < colon) /* the checksum's name comes first */
        return true;
    char *text = part(at, ':');
    bool is = text && seal_key_read(k, text);
    str_wipe_free(text);
    return is;
}

bool file_link_parse(struct file_link *l, const char *id)
{
    struct http_url u;
    const char *at = id + strlen(PREFIX);
    *l = (struct file_link){.bytes = -1};
    if (!str_starts(id, PREFIX) || !take_key(&l->seal, &at))
        return false;
    char *algo = part(&at, '='), *hash = algo ? part(&at, ':') : NULL;
    /* the padding of the checksum is of the sign that ends the algorithm's name: only the first one ends it */
    char *bytes = hash ? part(&at, ':') : NULL;
    bool fits = bytes && str_int(bytes, -1, INT64_MAX, &l->bytes) && http_url_parse(&u, at, NULL) >= 0;
    if (fits) {
        http_url_free(&u);
        l->url = xstrdup(at);
        l->algo = *algo ? xstrdup(algo) : NULL;
        l->hash = *algo ? xstrdup(hash) : NULL;
        fits = l->algo ? known(l->algo) && is_base64(l->hash) : l->seal.cipher != SEAL_CBC_256;
    }
    free(algo);
    free(hash);
    free(bytes);
    if (!fits)
        file_link_free(l);
    return fits;
}

bool file_link_fits(const struct file_link *l, const char *sum)
{
    size_t a = strcspn(l->hash, "="), b = strcspn(sum, "=");
    return a == b && strncmp(l->hash, sum, a) == 0;
}

bool file_allow_clear(const struct x *x)
{
    return option_bool(x, "allow_http", false);
}
