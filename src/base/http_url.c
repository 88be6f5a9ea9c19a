/* base/http_url.c - http: and https: addresses: taken apart, put together, followed */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/http.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { URL_MAX = 4096, NAME_MAX_BYTES = 255 };

void http_url_free(struct http_url *u)
{
    free(u->host);
    free(u->target);
    *u = (struct http_url){0};
}

static int bad(struct err *e, const char *why)
{
    return err_set(e, -EINVAL, "This is no web address that can be used: %s.", why);
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/* A name, or an IPv6 address between brackets. *at goes behind it. */
static int read_host(struct http_url *u, const char **at, struct err *e)
{
    const char *s = *at;
    bool six = *s == '[';
    s += six;
    size_t n = six ? strcspn(s, "]") : strcspn(s, ":/?#");
    if (n == 0 || n > 253 || (six && s[n] != ']'))
        return bad(e, "it has no host");
    u->host = xstrndup(s, n);
    for (char *c = u->host; *c; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        bool fits = six ? strchr("0123456789abcdef:.", *c) != NULL : is_host_char(*c);
        if (!fits)
            return bad(e, "its host has characters that no host has");
    }
    if (*u->host == '-' || *u->host == '.')
        return bad(e, "its host has characters that no host has");
    *at = s + n + six;
    return 0;
}

static int read_port(struct http_url *u, const char **at, struct err *e)
{
    int64_t port = u->tls ? 443 : 80;
    if (**at == ':') {
        size_t n = strspn(*at + 1, "0123456789");
        char *digits = xstrndup(*at + 1, n);
        bool fits = n == 0 || (n <= 5 && str_int(digits, 1, 65535, &port));
        free(digits);
        if (!fits)
            return bad(e, "its port is none");
        *at += 1 + n;
    }
    if (**at && !strchr("/?#", **at))
        return bad(e, "its host has characters that no host has");
    u->port = (uint16_t)port;
    return 0;
}

static void add_encoded(struct buf *b, unsigned char c)
{
    if (c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c))
        buf_addc(b, (char)c);
    else
        buf_addf(b, "%%%02X", c);
}

static void read_target(struct http_url *u, const char *at)
{
    struct buf b = {0};
    if (*at != '/')
        buf_addc(&b, '/');
    for (; *at && *at != '#'; at++)
        add_encoded(&b, (unsigned char)*at);
    u->target = buf_take(&b);
}

static bool starts_with_scheme(const char *text, const char *scheme)
{
    size_t n = strlen(scheme);
    for (size_t i = 0; i < n; i++) {
        char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
        if (c != scheme[i])
            return false;
    }
    return true;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= 0x20 || *text == 0x7f)
            return true;
    return false;
}

int http_url_parse(struct http_url *u, const char *text, struct err *e)
{
    *u = (struct http_url){0};
    u->tls = starts_with_scheme(text, "https://");
    if (!u->tls && !starts_with_scheme(text, "http://"))
        return bad(e, "only https: and http: are");
    if (strlen(text) > URL_MAX)
        return bad(e, "it is too long");
    if (has_control(text))
        return bad(e, "there are blanks or control characters in it");
    const char *at = text + (u->tls ? 8 : 7);
    int rc = memchr(at, '@', strcspn(at, "/?#")) ? bad(e, "there is a user name in it") : 0;
    if (rc >= 0)
        rc = read_host(u, &at, e);
    if (rc >= 0)
        rc = read_port(u, &at, e);
    if (rc >= 0)
        read_target(u, at);
    else
        http_url_free(u);
    return rc;
}

void http_url_host(const struct http_url *u, struct buf *out)
{
    bool six = strchr(u->host, ':');
    buf_addf(out, "%s%s%s", six ? "[" : "", u->host, six ? "]" : "");
    if (u->port != (u->tls ? 443 : 80))
        buf_addf(out, ":%u", (unsigned)u->port);
}

char *http_url_text(const struct http_url *u)
{
    struct buf b = {0};
    buf_adds(&b, u->tls ? "https://" : "http://");
    http_url_host(u, &b);
    buf_adds(&b, u->target);
    return buf_take(&b);
}

int http_url_resolve(struct http_url *out, const struct http_url *base, const char *ref, struct err *e)
{
    struct buf b = {0};
    size_t scheme = strcspn(ref, ":/?#");
    if (ref[scheme] == ':') {
        buf_adds(&b, ref);
    } else if (str_starts(ref, "//")) {
        buf_addf(&b, "%s%s", base->tls ? "https:" : "http:", ref);
    } else {
        buf_adds(&b, base->tls ? "https://" : "http://");
        http_url_host(base, &b);
        size_t path = strcspn(base->target, "?"), dir = path;
        while (dir > 0 && base->target[dir - 1] != '/')
            dir--;
        if (*ref == '?')
            buf_add(&b, base->target, path);
        else if (*ref != '/')
            buf_add(&b, base->target, dir);
        buf_adds(&b, ref);
    }
    int rc = http_url_parse(out, buf_str(&b), e);
    buf_free(&b);
    return rc;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *http_url_name(const struct http_url *u)
{
    size_t end = strcspn(u->target, "?"), from = end;
    struct buf raw = {0}, clean = {0};
    while (from > 0 && u->target[from - 1] != '/')
        from--;
    for (size_t i = from; i < end; i++) {
        const char *s = u->target + i;
        bool coded = s[0] == '%' && hex(s[1]) >= 0 && hex(s[2]) >= 0;
        char c = coded ? (char)(hex(s[1]) * 16 + hex(s[2])) : s[0];
        buf_addc(&raw, c == '/' || c == '\\' ? '_' : c);
        i += coded ? 2 : 0;
    }
    (void)utf8_clean(&clean, buf_str(&raw), raw.len, UTF8_LINE, NAME_MAX_BYTES);
    buf_free(&raw);
    if (clean.len)
        return buf_take(&clean);
    buf_free(&clean);
    return NULL;
}
