/* backends/xmpp/jid.c - addresses: split, check lengths and characters, normalize (RFC 7622) */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "backends/xmpp/session.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { PART_MAX = 1023 }; /* bytes, RFC 7622 §3.1 */
enum part { LOCAL, DOMAIN, RESOURCE };

/* RFC 7622 §3.3.1, and white space and controls everywhere but in a resource. */
static bool char_ok(uint32_t cp, enum part p)
{
    if (cp == UTF8_BAD || cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
        return false;
    if (p == RESOURCE)
        return true;
    utf8proc_category_t cat = utf8proc_category((utf8proc_int32_t)cp);
    if (cat == UTF8PROC_CATEGORY_ZS || cat == UTF8PROC_CATEGORY_ZL || cat == UTF8PROC_CATEGORY_ZP ||
        cat == UTF8PROC_CATEGORY_CF)
        return false;
    if (p == LOCAL)
        return !(cp < 0x80 && strchr("\"&'/:<>@", (int)cp));
    return !(cp < 0x80 && strchr("\"&'/<>@\\?#%", (int)cp));
}

/* NFC by libutf8proc. Takes over s. */
static char *compose(char *s)
{
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s, 0, &out,
                                      UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    free(s);
    if (n < 0) {
        free(out);
        return NULL;
    }
    return (char *)out;
}

/* One part, checked and normalized: local and domain lower case and NFC, the resource NFC. NULL:
 * malformed. */
static char *part_normal(const char *s, size_t len, enum part p)
{
    if (len == 0 || len > PART_MAX)
        return NULL;
    if (strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-_") >= len)
        return xstrndup(s, len); /* nearly all of them: nothing to do */
    struct buf b = {0};
    bool ascii = true;
    buf_reserve(&b, len + 1);
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)s[i];
        size_t used = 0;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
            c == '-') { /* nearly all of them */
            buf_addc(&b, s[i++]);
            continue;
        }
        uint32_t cp = utf8_decode(s + i, len - i, &used);
        if (!char_ok(cp, p)) {
            buf_free(&b);
            return NULL;
        }
        ascii = ascii && cp < 0x80;
        if (p != RESOURCE)
            cp = (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
        char out[4];
        buf_add(&b, out, utf8_encode(cp, out));
        i += used;
    }
    char *norm = ascii ? buf_take(&b) : compose(buf_take(&b));
    if (norm && strlen(norm) > PART_MAX) {
        free(norm);
        return NULL;
    }
    return norm;
}

/* Labels not empty, no leading or trailing hyphen; an address literal in brackets passes. One final
 * dot is dropped. */
static bool domain_ok(char *d)
{
    size_t n = strlen(d);
    if (n > 1 && d[n - 1] == '.')
        d[--n] = '\0';
    if (d[0] == '[')
        return n > 2 && d[n - 1] == ']' && strspn(d + 1, "0123456789abcdef:.") == n - 2;
    if (strpbrk(d, "[]:"))
        return false;
    for (const char *p = d;;) {
        size_t label = strcspn(p, ".");
        if (label == 0 || label > 252 || p[0] == '-' || p[label - 1] == '-')
            return false;
        if (!p[label])
            return true;
        p += label + 1;
    }
}

int jid_parse(struct jid *j, const char *s, struct err *e)
{
    memset(j, 0, sizeof *j);
    if (str_empty(s))
        return err_set(e, KITH_EINVAL, "The address is empty.");
    size_t bare = strcspn(s, "/");
    const char *at = memchr(s, '@', bare);
    const char *domain = at ? at + 1 : s;
    if (at && !(j->local = part_normal(s, (size_t)(at - s), LOCAL)))
        goto bad;
    j->domain = part_normal(domain, (size_t)(s + bare - domain), DOMAIN);
    if (!j->domain || !domain_ok(j->domain))
        goto bad;
    if (s[bare] == '/' &&
        !(j->resource = part_normal(s + bare + 1, strlen(s + bare + 1), RESOURCE)))
        goto bad;
    return 0;
bad:
    jid_free(j);
    return err_set(e, KITH_EINVAL, "\"%.200s\" is not an address; one looks like name@example.org.",
                   s);
}

void jid_free(struct jid *j)
{
    free(j->local);
    free(j->domain);
    free(j->resource);
    memset(j, 0, sizeof *j);
}

/* Its letters are the same however it is normalized, as with nearly all of them; but the last dot
 * of a domain would go. */
static bool plain_letters(const char *s, size_t bare)
{
    const char *at = memchr(s, '@', bare);
    size_t local = at ? (size_t)(at - s) : 0, from = at ? local + 1 : 0;
    if ((at && local == 0) || local > PART_MAX || bare == from || bare - from > PART_MAX)
        return false;
    for (size_t i = 0; i < bare; i++) {
        bool ok = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '.' ||
                  s[i] == '-' || (at && i == local);
        if (!ok)
            return false;
    }
    return true;
}

/* The bare address when nothing is to be done about it; else NULL. */
static char *plain_bare(const char *s, size_t bare)
{
    if (!plain_letters(s, bare))
        return NULL;
    const char *at = memchr(s, '@', bare);
    char *b = xstrndup(s, bare);
    if (domain_ok(at ? b + (at - s) + 1 : b))
        return b;
    free(b);
    return NULL;
}

/* "/" and a resource of printable ASCII, or nothing: good as it is. */
static bool plain_rest(const char *s)
{
    size_t n = 1;
    if (!*s)
        return true;
    while (s[n] > ' ' && s[n] < 0x7f)
        n++;
    return n > 1 && !s[n] && n - 1 <= PART_MAX;
}

static char *join(const char *s, bool full)
{
    struct jid j;
    size_t bare = s ? strcspn(s, "/") : 0;
    char *plain = bare > 0 && plain_rest(s + bare) ? plain_bare(s, bare) : NULL;
    if (plain) {
        if (full && s[bare])
            str_take(&plain, xasprintf("%s%s", plain, s + bare));
        return plain;
    }
    if (jid_parse(&j, s, NULL) < 0)
        return NULL;
    struct buf b = {0};
    if (j.local) {
        buf_adds(&b, j.local);
        buf_addc(&b, '@');
    }
    buf_adds(&b, j.domain);
    if (full && j.resource) {
        buf_addc(&b, '/');
        buf_adds(&b, j.resource);
    }
    jid_free(&j);
    return buf_take(&b);
}

char *jid_bare(const char *s)
{
    return join(s, false);
}

char *jid_normal(const char *s)
{
    return join(s, true);
}

const char *jid_resource(const char *s)
{
    const char *slash = s ? strchr(s, '/') : NULL;
    return slash && slash[1] ? slash + 1 : NULL;
}

bool jid_same_bare(const char *a, const char *b)
{
    if (!a || !b)
        return false;
    size_t na = strcspn(a, "/"), nb = strcspn(b, "/");
    if (na == nb && memcmp(a, b, na) == 0)
        return na > 0;
    bool as_is = na && nb && a[na - 1] != '.' && b[nb - 1] != '.';
    if (as_is && plain_letters(a, na) && plain_letters(b, nb))
        return false;
    char *x = jid_bare(a), *y = jid_bare(b);
    bool same = x && y && strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}
