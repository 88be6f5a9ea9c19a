/* account/socks.c - what a client says to a SOCKS5 proxy (RFC 1928, RFC 1929) */
#include "account/socks.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/mem.h"
#include "kith/plugin.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unescape(char *out, size_t cap, const char *s, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '%') {
            int high = i + 2 < n ? hex(s[i + 1]) : -1, low = i + 2 < n ? hex(s[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (len + 1 >= cap || c == '\0')
            return false;
        out[len++] = c;
    }
    out[len] = '\0';
    return true;
}

static bool parse_host(struct proxy *p, const char *s)
{
    const char *colon = strrchr(s, ':');
    int64_t port = 1080;
    size_t n = colon && colon > s && !strchr(colon, ']') ? (size_t)(colon - s) : strlen(s);
    if (s[n] == ':' && !str_int(s + n + 1, 1, 65535, &port))
        return false;
    if (s[0] == '[' && n > 2 && s[n - 1] == ']') {
        s++;
        n -= 2;
    }
    if (n == 0 || n >= sizeof p->host || memchr(s, '/', n))
        return false;
    memcpy(p->host, s, n);
    p->host[n] = '\0';
    p->port = (uint16_t)port;
    return true;
}

int proxy_parse(struct proxy *p, const char *url, struct err *e)
{
    *p = (struct proxy){0};
    const char *s = str_starts(url, "socks5://")    ? url + 9
                    : str_starts(url, "socks5h://") ? url + 10
                                                    : NULL;
    if (!s)
        return err_set(e, KITH_EINVAL,
                       "The option proxy must look like socks5://[user:password@]host:port.");
    char rest[1024];
    if (strlen(s) >= sizeof rest)
        return err_set(e, KITH_EINVAL, "The option proxy is too long.");
    str_copy(rest, sizeof rest, s);
    size_t len = strlen(rest);
    if (len && rest[len - 1] == '/')
        rest[len - 1] = '\0';
    char *host = rest, *at = strrchr(rest, '@');
    bool ok = true;
    if (at) {
        size_t user = strcspn(rest, ":@");
        ok = rest[user] == ':' && unescape(p->user, sizeof p->user, rest, user) &&
             unescape(p->password, sizeof p->password, rest + user + 1,
                      (size_t)(at - rest) - user - 1) &&
             p->user[0];
        host = at + 1;
    }
    ok = ok && parse_host(p, host);
    mem_wipe(rest, sizeof rest);
    if (!ok) /* without the text: it may hold a password */
        return err_set(e, KITH_EINVAL,
                       "The option proxy must look like socks5://[user:password@]host:port.");
    return 0;
}

int socks_start(struct socks *s, struct buf *out, struct err *e)
{
    if (str_empty(s->host) || strlen(s->host) > 255)
        return err_set(e, KITH_EINVAL, "The name of the server is too long for a proxy.");
    s->state = SOCKS_GREETING;
    if (s->proxy->user[0])
        buf_add(out, "\x05\x02\x00\x02", 4); /* no authentication, or user and password */
    else
        buf_add(out, "\x05\x01\x00", 3);
    return 0;
}

static void put_connect(struct socks *s, struct buf *out)
{
    unsigned char ip[16];
    buf_add(out, "\x05\x01\x00", 3); /* CONNECT */
    if (inet_pton(AF_INET, s->host, ip) == 1) {
        buf_addc(out, 1);
        buf_add(out, ip, 4);
    } else if (inet_pton(AF_INET6, s->host, ip) == 1) {
        buf_addc(out, 4);
        buf_add(out, ip, 16);
    } else { /* a name, which the proxy looks up */
        buf_addc(out, 3);
        buf_addc(out, (char)strlen(s->host));
        buf_adds(out, s->host);
    }
    buf_addc(out, (char)(s->port >> 8));
    buf_addc(out, (char)(s->port & 0xff));
    s->state = SOCKS_CONNECT;
}

static void put_password(struct socks *s, struct buf *out)
{
    buf_addc(out, 1);
    buf_addc(out, (char)strlen(s->proxy->user));
    buf_adds(out, s->proxy->user);
    buf_addc(out, (char)strlen(s->proxy->password));
    buf_adds(out, s->proxy->password);
    s->state = SOCKS_PASSWORD;
}

static int step_greeting(struct socks *s, struct buf *in, struct buf *out, struct err *e)
{
    if (in->len < 2)
        return 0;
    unsigned char version = (unsigned char)in->data[0], method = (unsigned char)in->data[1];
    buf_consume(in, 2);
    if (version != 5)
        return err_set(e, KITH_EPROTO, "The proxy does not speak SOCKS5.");
    if (method == 0)
        put_connect(s, out);
    else if (method == 2 && s->proxy->user[0])
        put_password(s, out);
    else
        return err_set(e, KITH_EAUTH, "The proxy wants a kind of login that is not set up.");
    return 0;
}

static int step_password(struct socks *s, struct buf *in, struct buf *out, struct err *e)
{
    if (in->len < 2)
        return 0;
    bool ok = in->data[1] == 0;
    buf_consume(in, 2);
    if (!ok)
        return err_set(e, KITH_EAUTH, "The proxy refused the user name or password.");
    put_connect(s, out);
    return 0;
}

static const char *refusal(unsigned code)
{
    static const char *const words[] = {
        [1] = "general failure",   [2] = "not allowed by its rules", [3] = "network unreachable",
        [4] = "host unreachable",  [5] = "connection refused",       [6] = "it took too long",
        [7] = "it cannot connect", [8] = "it does not know names"};
    return code < COUNT(words) && words[code] ? words[code] : "unknown reason";
}

static int step_connect(struct socks *s, struct buf *in, struct err *e)
{
    if (in->len < 5)
        return 0;
    const unsigned char *d = (const unsigned char *)in->data;
    if (d[0] != 5)
        return err_set(e, KITH_EPROTO, "The proxy does not speak SOCKS5.");
    if (d[1] != 0)
        return err_set(e, KITH_ENET, "The proxy could not connect to %s: %s.", s->host,
                       refusal(d[1]));
    size_t need = d[3] == 1 ? 10 : d[3] == 4 ? 22 : d[3] == 3 ? 7u + d[4] : 0;
    if (need == 0)
        return err_set(e, KITH_EPROTO, "The proxy answered with an unknown kind of address.");
    if (in->len < need)
        return 0;
    buf_consume(in, need);
    s->state = SOCKS_DONE;
    return 1;
}

int socks_step(struct socks *s, struct buf *in, struct buf *out, struct err *e)
{
    for (;;) {
        enum socks_state before = s->state;
        int rc = 1;
        switch (s->state) {
        case SOCKS_GREETING:
            rc = step_greeting(s, in, out, e);
            break;
        case SOCKS_PASSWORD:
            rc = step_password(s, in, out, e);
            break;
        case SOCKS_CONNECT:
            rc = step_connect(s, in, e);
            break;
        case SOCKS_DONE:
            break;
        }
        if (rc != 0 || s->state == before)
            return rc;
    }
}
