/* backends/xmpp/socks5.c - one connection to a relay or a device, by SOCKS5 (XEP-0065 §5, RFC 1928) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "backends/xmpp/jingle.h"
#include "base/buf.h"
#include "base/mem.h"

enum { ADDRESS = 40, REPLY_MAX = 4 + 1 + 255 + 2 };
enum step { STEP_OPEN, STEP_METHOD, STEP_REPLY, STEP_READY };

struct socks5 {
    struct x *x;
    struct kith_stream *stream;
    struct socks5_cb cb;
    void *user;
    char address[ADDRESS + 1];
    enum step step;
    int timer; /* until the stream is there */
    struct buf in;
};

static void no_timer(struct socks5 *c)
{
    if (c->timer)
        x_host(c->x)->timer_del(c->timer);
    c->timer = 0;
}

static void discard(struct socks5 *c)
{
    no_timer(c);
    buf_free(&c->in);
    free(c);
}

static void give_up(struct socks5 *c, const char *why)
{
    struct socks5_cb cb = c->cb;
    void *user = c->user;
    if (c->stream)
        x_host(c->x)->stream_close(c->stream);
    discard(c);
    cb.closed(user, why);
}

static void on_time(void *user)
{
    struct socks5 *c = user;
    c->timer = 0;
    give_up(c, "It did not answer in time.");
}

static void put(struct socks5 *c, const void *data, size_t len)
{
    x_host(c->x)->stream_write(c->stream, data, len);
}

static void on_open(void *user, const struct kith_stream_info *info UNUSED)
{
    struct socks5 *c = user;
    c->step = STEP_METHOD;
    put(c, "\x05\x01\x00", 3); /* version 5, one method: none */
}

/* CONNECT to the stream's name, as if it were a host, port 0. */
static void ask(struct socks5 *c)
{
    struct buf b = {0};
    buf_add(&b, "\x05\x01\x00\x03", 4);
    buf_addc(&b, ADDRESS);
    buf_add(&b, c->address, ADDRESS);
    buf_add(&b, "\0\0", 2);
    put(c, b.data, b.len);
    buf_free(&b);
    c->step = STEP_REPLY;
}

/* How long the answer is that begins so: 0: not known yet, < 0: it is none. */
static int reply_length(const struct buf *b)
{
    const unsigned char *p = (const unsigned char *)b->data;
    if (b->len < 5)
        return 0;
    if (p[0] != 5 || p[1] != 0)
        return -1;
    return p[3] == 1 ? 4 + 4 + 2 : p[3] == 4 ? 4 + 16 + 2 : p[3] == 3 ? 4 + 1 + p[4] + 2 : -1;
}

/* The bytes before the stream: how many of these belong to it. */
static size_t greet(struct socks5 *c, const char *data, size_t len)
{
    size_t taken = 0;
    while (taken < len && c->step < STEP_READY) {
        buf_addc(&c->in, data[taken++]);
        if (c->step == STEP_METHOD && c->in.len == 2) {
            if (memcmp(c->in.data, "\x05\x00", 2) != 0)
                c->step = STEP_OPEN;
            else
                ask(c);
            buf_clear(&c->in);
        } else if (c->step == STEP_REPLY) {
            int n = reply_length(&c->in);
            if (n < 0 || c->in.len > REPLY_MAX)
                c->step = STEP_OPEN;
            else if (n > 0 && c->in.len == (size_t)n)
                c->step = STEP_READY;
        }
        if (c->step == STEP_OPEN)
            break;
    }
    return taken;
}

static size_t on_data(void *user, const void *data, size_t len)
{
    struct socks5 *c = user;
    if (c->step != STEP_READY) {
        size_t n = greet(c, data, len);
        if (c->step == STEP_OPEN)
            give_up(c, "It is no relay for this file.");
        else if (c->step == STEP_READY) {
            no_timer(c);
            c->cb.ready(c->user); /* what follows comes by the next call */
        }
        return n;
    }
    c->cb.data(c->user, data, len);
    return len;
}

static void on_drained(void *user)
{
    struct socks5 *c = user;
    if (c->step == STEP_READY)
        c->cb.drained(c->user);
}

static void on_closed(void *user, int err UNUSED, const char *text)
{
    struct socks5 *c = user;
    c->stream = NULL;
    char *why = xstrdup(text);
    give_up(c, why);
    free(why);
}

struct socks5 *socks5_open(struct x *x, const struct socks5_to *to, const struct socks5_cb *cb, void *user)
{
    const struct kith_stream_params p = {.size = sizeof p,
                                         .tls = KITH_TLS_NONE,
                                         .host = to->host,
                                         .port = to->port,
                                         .timeout_ms = to->ms};
    const struct kith_stream_cb scb = {.size = sizeof scb,
                                       .open = on_open,
                                       .data = on_data,
                                       .drained = on_drained,
                                       .closed = on_closed};
    struct socks5 *c = xcalloc(1, sizeof *c);
    *c = (struct socks5){.x = x, .cb = *cb, .user = user};
    str_copy(c->address, sizeof c->address, to->address);
    if (x_host(x)->stream_open(x_account(x), &p, &scb, c, &c->stream) < 0) {
        discard(c);
        return NULL;
    }
    c->timer = x_host(x)->timer_add(to->ms, on_time, c);
    return c;
}

int socks5_write(struct socks5 *c, const void *data, size_t len)
{
    return c->step == STEP_READY ? x_host(c->x)->stream_write(c->stream, data, len) : KITH_EOFFLINE;
}

void socks5_close(struct socks5 *c)
{
    if (!c)
        return;
    x_host(c->x)->stream_close(c->stream);
    discard(c);
}

char *socks5_address(const char *sid, const char *offers, const char *other)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char *text = xasprintf("%s%s%s", sid, offers, other), *out = xmalloc(ADDRESS + 1);
    EVP_Digest(text, strlen(text), digest, &n, EVP_sha1(), NULL);
    for (unsigned i = 0; i < n && i < ADDRESS / 2; i++)
        snprintf(out + (size_t)i * 2, 3, "%02x", digest[i]);
    free(text);
    return out;
}
