/* account/stream.c - one outgoing connection of the plugin: names, addresses, proxy, TCP, TLS,
 * bytes */
#include "account/stream_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/mem.h"

#define READ_PIECE 16384u
#define READS_A_TURN 8
#define LINGER_MS 2000 /* what was written before the close may still leave */

static void on_ready(void *user, int fd, unsigned ready);
/* ---- life ---- */

static void release(struct kith_stream *st)
{
    struct kith_stream **at = &st->a->streams;
    loop_defer_cancel(st->a->loop, NULL, st);
    while (*at && *at != st)
        at = &(*at)->next;
    if (*at)
        *at = st->next;
    buf_wipe_free(&st->in);
    buf_wipe_free(&st->out);
    mem_wipe(&st->proxy, sizeof st->proxy);
    char *strings[] = {st->host, st->name,      st->srv,    st->srv_tls,
                       st->alpn, st->cert_file, st->ca_file};
    for (size_t i = 0; i < COUNT(strings); i++)
        free(strings[i]);
    free(st->addresses);
    free(st);
}

/* Lets go of everything but the struct itself. */
static void shut(struct kith_stream *st)
{
    if (st->lookup)
        helper_cancel(st->a->helper, st->lookup);
    st->lookup = 0;
    dial_cancel(st->dial);
    st->dial = NULL;
    loop_timer_del(st->timer);
    st->timer = NULL;
    loop_io_del(st->io);
    st->io = NULL;
    tls_free(st->tls);
    st->tls = NULL;
    if (st->fd >= 0)
        (void)close(st->fd);
    st->fd = -1;
    st->phase = PHASE_DEAD;
}

static void release_later(void *user)
{
    release(user);
}

void stream_release_soon(struct kith_stream *st)
{
    loop_defer(st->a->loop, release_later, st);
}

static void bury(struct kith_stream *st)
{
    shut(st);
    stream_release_soon(st);
}

void stream_fail(struct kith_stream *st, const struct err *e)
{
    bool tell = !st->closing && st->phase != PHASE_DEAD && st->cb.closed;
    struct err copy = *e;
    shut(st);
    if (tell) {
        st->cb.closed(st->user, copy.code, copy.text);
    }
    stream_release_soon(st);
}

static void on_timeout(void *user)
{
    struct kith_stream *st = user;
    struct err e;
    st->timer = NULL;
    if (st->closing) {
        bury(st);
        return;
    }
    const char *what = st->phase == PHASE_RESOLVE ? "looking up its name"
                       : st->phase == PHASE_DIAL  ? "connecting"
                       : st->phase == PHASE_PROXY ? "waiting for the proxy"
                                                  : "the TLS handshake";
    (void)err_set(&e, KITH_ENET, "%s did not answer in time (%s).", st->host, what);
    stream_fail(st, &e);
}

/* ---- watching ---- */

void stream_watch(struct kith_stream *st)
{
    unsigned want = 0;
    if (st->fd < 0)
        return;
    if (st->phase == PHASE_HANDSHAKE) {
        want = st->handshake_want;
    } else {
        if ((!st->held || st->phase == PHASE_PROXY) && !st->closing && !st->starttls &&
            st->in.len < STREAM_IN_MAX)
            want |= LOOP_READ;
        if (st->out.len)
            want |= LOOP_WRITE;
    }
    if (want == 0) {
        loop_io_del(st->io);
        st->io = NULL;
    } else if (st->io) {
        loop_io_want(st->io, want);
    } else {
        st->io = loop_io_add(st->a->loop, st->fd, want, on_ready, st);
    }
}

/* ---- telling the plugin ---- */

/* Offers what was received. False when the stream is gone. */
static bool offer(struct kith_stream *st)
{
    while (st->in.len && !st->held && !st->starttls &&
           (st->phase == PHASE_PLAIN || st->phase == PHASE_TLS) && !st->closing) {
        size_t n = st->cb.data ? st->cb.data(st->user, st->in.data, st->in.len) : st->in.len;
        if (st->phase == PHASE_DEAD)
            return false;
        if (n == 0)
            break;
        buf_consume(&st->in, MIN(n, st->in.len));
    }
    if (st->in.len >= STREAM_IN_MAX && !st->held) {
        struct err e;
        (void)err_set(&e, KITH_EPROTO, "%s sent more at once than the protocol allows.", st->host);
        stream_fail(st, &e);
        return false;
    }
    return st->phase != PHASE_DEAD;
}

/* ---- bytes ---- */

/* > 0 bytes, 0 = nothing now, < 0 = the end (*e filled; KITH_OK in e->code: closed in order). */
static int receive(struct kith_stream *st, char *piece, size_t cap, struct err *e)
{
    errno = 0;
    if (st->phase != PHASE_TLS) {
        ssize_t n = recv(st->fd, piece, cap, 0);
        if (n > 0)
            return (int)n;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        bool proxy = st->phase == PHASE_PROXY;
        (void)err_set(e, KITH_ENET, "%s closed the connection%s%s%s.", proxy ? "The proxy" : st->host,
                      proxy ? " before it had reached the server" : "", n < 0 ? ": " : "", n < 0 ? strerror(errno) : "");
        return -1;
    }
    ERR_clear_error();
    int n = SSL_read(st->tls->ssl, piece, (int)cap), saved = errno;
    if (n > 0)
        return n;
    int why = SSL_get_error(st->tls->ssl, n);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return 0;
    (void)err_set(e, KITH_ENET, "%s closed the connection%s%s.", st->host, saved ? ": " : "",
                  saved ? strerror(saved) : "");
    return -1;
}

/* Bytes taken by the network, 0 = none now, < 0 = broken. */
static int transmit(struct kith_stream *st, struct err *e)
{
    size_t len = MIN(st->out.len, (size_t)1 << 20);
    if (st->phase != PHASE_TLS) {
        ssize_t n = send(st->fd, st->out.data, len, MSG_NOSIGNAL);
        if (n >= 0 || errno == EAGAIN || errno == EINTR)
            return n > 0 ? (int)n : 0;
        return err_set(e, KITH_ENET, "The connection to %s broke: %s.", st->host, strerror(errno));
    }
    ERR_clear_error();
    errno = 0;
    int n = SSL_write(st->tls->ssl, st->out.data, (int)len), saved = errno;
    if (n > 0)
        return n;
    int why = SSL_get_error(st->tls->ssl, n);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return 0;
    return err_set(e, KITH_ENET, "The connection to %s broke: %s.", st->host,
                   saved ? strerror(saved) : "TLS error");
}

static bool can_send(const struct kith_stream *st)
{
    return st->fd >= 0 &&
           (st->phase == PHASE_PLAIN || st->phase == PHASE_TLS || st->phase == PHASE_PROXY);
}

static void starttls_soon(void *user)
{
    struct kith_stream *st = user;
    struct err e;
    if (st->phase != PHASE_PLAIN || st->out.len) /* the request itself is still leaving */
        return;
    st->starttls = false;
    if (st->in.len) { /* RFC 6120 §5.3.4, RFC 3207 §6: nothing that came in clear may count as
                         secure */
        (void)err_set(
            &e, KITH_ETLS,
            "%s, or somebody on the way, sent something between the request for TLS and TLS.",
            st->host);
        stream_fail(st, &e);
        return;
    }
    st->timer = loop_timer_add(st->a->loop, STREAM_TIMEOUT_MS, on_timeout, st);
    stream_begin_tls(st);
}

/* Nothing more can be sent; but what they said before they hung up may be why, as when a web server does not want the rest of
 * a file. */
static void last_words(struct kith_stream *st)
{
    char *piece = xmalloc(READ_PIECE);
    struct err e;
    int n;
    while (!st->closing && !st->held && (st->phase == PHASE_PLAIN || st->phase == PHASE_TLS) &&
           (n = receive(st, piece, READ_PIECE, &e)) > 0) {
        buf_add(&st->in, piece, (size_t)n);
        if (!offer(st))
            break;
    }
    mem_wipe(piece, READ_PIECE);
    free(piece);
}

bool stream_flush(struct kith_stream *st)
{
    struct err e = {0};
    while (can_send(st) && st->out.len) {
        int n = transmit(st, &e);
        if (n < 0) {
            last_words(st);
            if (st->phase != PHASE_DEAD)
                stream_fail(st, &e);
            return false;
        }
        if (n == 0)
            break;
        buf_consume(&st->out, (size_t)n);
    }
    if (st->closing && st->out.len == 0) {
        bury(st);
        return false;
    }
    if (st->starttls && st->out.len == 0)
        loop_defer(st->a->loop, starttls_soon, st);
    if (st->was_full && st->out.len == 0 && st->phase != PHASE_PROXY) {
        st->was_full = false;
        if (st->cb.drained) {
            st->cb.drained(st->user);
        }
    }
    return st->phase != PHASE_DEAD;
}

static void flush_soon(void *user)
{
    struct kith_stream *st = user;
    if (st->phase != PHASE_DEAD && stream_flush(st))
        stream_watch(st);
}

/* ---- readiness ---- */

static void read_some(struct kith_stream *st)
{
    char *piece = xmalloc(READ_PIECE);
    struct err e = {0};
    int n = 0;
    for (int i = 0; i < READS_A_TURN || (st->phase == PHASE_TLS && SSL_pending(st->tls->ssl) > 0);
         i++) {
        if (st->phase ==
            PHASE_PROXY) /* byte for byte what the answer needs: the rest is the server's */
            n = receive(st, piece, 1, &e);
        else
            n = receive(st, piece, READ_PIECE, &e);
        if (n <= 0)
            break;
        buf_add(&st->in, piece, (size_t)n);
        if (st->phase == PHASE_PROXY) {
            stream_step_proxy(st);
            if (st->phase != PHASE_PROXY)
                break;
        } else if (!offer(st) || st->held || st->starttls) {
            break;
        }
    }
    mem_wipe(piece, READ_PIECE);
    free(piece);
    if (n < 0 && st->phase != PHASE_DEAD) {
        if (st->closing)
            bury(st);
        else
            stream_fail(st, &e);
    }
}

static void on_ready(void *user, int fd, unsigned ready)
{
    struct kith_stream *st = user;
    if (st->phase == PHASE_HANDSHAKE) {
        stream_handshake(st);
    } else {
        bool here = !(ready & LOOP_WRITE) || stream_flush(st);
        if (here && ready & (LOOP_READ | LOOP_HANGUP) && !(st->held && st->phase != PHASE_PROXY))
            read_some(st);
    }
    if (st->phase == PHASE_DEAD)
        stream_release_soon(st);
    else
        stream_watch(st);
}

/* ---- the plugin's calls ---- */

int stream_open(struct kith_account *a, const struct kith_stream_params *p,
                const struct kith_stream_cb *cb, void *user, struct kith_stream **out)
{
    if (!p || !cb || !out || !KITH_HAS(struct kith_stream_params, p, timeout_ms) ||
        !KITH_HAS(struct kith_stream_cb, cb, closed) || str_empty(p->host) ||
        p->tls > KITH_TLS_OWN || !a->helper)
        return KITH_EINVAL;
    struct kith_stream *st = xcalloc(1, sizeof *st);
    *st = (struct kith_stream){
        .a = a, .cb = *cb, .user = user, .mode = (enum kith_tls)p->tls, .fd = -1, .port = p->port};
    st->out.secret = true; /* a login goes through it */
    st->host = xstrdup(p->host);
    st->name = xstrdup(p->name ? p->name : p->host);
    st->srv = xstrdup(p->srv);
    st->srv_tls = xstrdup(p->srv_tls);
    st->alpn = xstrdup(p->alpn);
    st->cert_file = xstrdup(p->cert_file);
    st->ca_file = xstrdup(account_option(a, "ca_file"));
    st->next = a->streams;
    a->streams = st;
    st->held = a->congested;
    st->strict = KITH_HAS(struct kith_stream_params, p, flags) && p->flags & KITH_STREAM_STRICT;
    int rc = stream_set_proxy(st, p);
    if (rc < 0) {
        release(st);
        return rc;
    }
    st->timer = loop_timer_add(a->loop, p->timeout_ms > 0 ? p->timeout_ms : STREAM_TIMEOUT_MS,
                               on_timeout, st);
    stream_connect(st);
    *out = st;
    return KITH_OK;
}

int stream_write(struct kith_stream *st, const void *data, size_t len)
{
    if (st->phase != PHASE_PLAIN && st->phase != PHASE_TLS)
        return KITH_EOFFLINE;
    if (st->out.len + len > STREAM_OUT_MAX)
        return KITH_ELIMIT;
    buf_add(&st->out, data, len);
    st->was_full = true;
    loop_defer(st->a->loop, flush_soon, st);
    return KITH_OK;
}

size_t stream_queued(struct kith_stream *st)
{
    return st->out.len;
}

int stream_starttls(struct kith_stream *st)
{
    if (st->phase != PHASE_PLAIN || st->mode != KITH_TLS_START)
        return KITH_EINVAL;
    st->starttls = true;
    loop_defer(st->a->loop, starttls_soon, st);
    return KITH_OK;
}

int stream_binding(struct kith_stream *st, const char *type, unsigned char *out, size_t cap)
{
    if (st->phase != PHASE_TLS || !out)
        return KITH_EINVAL;
    return tls_binding(st->tls, type, out, cap);
}

int stream_take_fd(struct kith_stream *st)
{
    if (st->mode != KITH_TLS_OWN || st->phase != PHASE_PLAIN)
        return KITH_EINVAL;
    int fd = st->fd;
    loop_io_del(st->io);
    st->io = NULL;
    st->fd = -1;
    bury(st);
    return fd;
}

void stream_close(struct kith_stream *st)
{
    if (!st || st->phase == PHASE_DEAD || st->closing)
        return;
    st->closing = true;
    loop_timer_del(st->timer);
    st->timer = NULL;
    if (!can_send(st) || st->phase == PHASE_PROXY) {
        bury(st);
        return;
    }
    if (!stream_flush(st))
        return;
    st->timer = loop_timer_add(st->a->loop, LINGER_MS, on_timeout, st);
    stream_watch(st);
}

static void resume(void *user)
{
    struct kith_stream *st = user;
    if (st->phase == PHASE_DEAD || st->held)
        return;
    bool here = offer(st);
    if (here && st->phase == PHASE_TLS && SSL_pending(st->tls->ssl) > 0)
        read_some(st);
    if (st->phase == PHASE_DEAD)
        stream_release_soon(st);
    else
        stream_watch(st);
}

void streams_hold(struct kith_account *a, bool hold)
{
    for (struct kith_stream *st = a->streams; st; st = st->next) {
        st->held = hold;
        if (st->phase == PHASE_DEAD)
            continue;
        stream_watch(st);
        if (!hold)
            loop_defer(a->loop, resume, st);
    }
}

void streams_free(struct kith_account *a)
{
    while (a->streams) {
        shut(a->streams);
        release(a->streams);
    }
}
