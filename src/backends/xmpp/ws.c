/* backends/xmpp/ws.c - XMPP by WebSocket, where the direct way is closed (RFC 7395, XEP-0156)
 *
 * The host's stream brings names, proxy, TLS and trust. libstrophe wants a socket: it gets one end of a socket pair, and what
 * it writes and reads there is put into messages and taken out of them here. Its own connect() is given a datagram socket,
 * for which that succeeds at once and sends nothing; then the pair takes its place.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/xmpp/hostmeta.h"
#include "backends/xmpp/ws_frame.h"
#include "backends/xmpp/ws_xml.h"
#include "backends/xmpp/x.h"
#include "base/http.h"
#include "base/mem.h"
#include "base/rand.h"

enum {
    LOOK_MS = 20000,         /* longest wait for what the domain says on the web */
    PING_MS = 45000,         /* web servers between here and there cut what is silent for a minute */
    KNOWN_MS = 60 * 60000,   /* so long a way that was found is taken before the direct one is tried again */
    OUT_MAX = 1 << 20,       /* waits to leave: libstrophe is not read any more */
    IN_MAX = 256 << 10,      /* waits for libstrophe: it has to read before more is taken */
    PIECE = 16 << 10
};

struct x_ws {
    struct x *x;
    struct hostmeta *asking;
    struct hostmeta_links links; /* to be tried after the one that is */
    struct kith_stream *stream;
    struct http_url url;
    char *text;              /* "wss://...", for people, too */
    char *first;             /* what the direct way said; NULL: it was not tried */
    int first_err;
    bool remembered;         /* the way is one that worked before */
    char key[WS_KEY];
    struct buf head;         /* of the answer to the handshake */
    bool up, is_13, paused;
    bool ended;              /* the server's side is over; what it sent is still to be read */
    struct ws_in in;
    struct ws_cut cut;
    struct ws_join join;
    int fd, io;              /* our end of the pair */
    struct buf to_read;      /* by libstrophe */
    int timer;               /* of the look-up; then of the pings */
    bool heard;
};

static bool try_next(struct x_ws *w);
static void on_io(void *user, int fd, unsigned ready);

/* ---- the end ---- */

static void drop_stream(struct x_ws *w)
{
    if (w->stream)
        x_the_host()->stream_close(w->stream);
    w->stream = NULL;
    http_url_free(&w->url);
    buf_free(&w->head);
}

/* This address leads nowhere. */
static void fail(struct x_ws *w, int err, const char *why)
{
    struct x *x = w->x;
    x_log(x, KITH_INFO, "by WebSocket: %s", why);
    drop_stream(w);
    if (try_next(w))
        return;
    if (w->remembered) {
        str_take(&x->ws_known, NULL);
        link_end(x, err, err == KITH_ETLS ? KITH_RETRY_AUTO : KITH_RETRY_NOW, "%s", why);
    } else if (w->first && !w->text) { /* nothing was found: what the web server says is of no use to a person */
        link_end(x, w->first_err, KITH_RETRY_AUTO, "%s", w->first);
    } else if (w->first) {
        link_end(x, err == KITH_ETLS ? err : w->first_err, KITH_RETRY_AUTO, "%s By WebSocket neither: %s", w->first, why);
    } else {
        link_end(x, err, KITH_RETRY_AUTO, "%s", why);
    }
}

static void stop_io(struct x_ws *w)
{
    if (w->io)
        x_the_host()->io_del(w->io);
    w->io = 0;
}

static void from_strophe(struct x_ws *w);
static void send_frame(struct x_ws *w, enum ws_op op, const void *data, size_t len);

void ws_down(struct x *x)
{
    struct x_ws *w = x->ws;
    if (!w)
        return;
    if (w->up && w->stream) {
        from_strophe(w);
        if (!w->ended)
            send_frame(w, WS_CLOSE, "\x03\xe8", 2); /* RFC 6455 §7.4.1: 1000 */
    }
    x->ws = NULL;
    hostmeta_cancel(w->asking);
    hostmeta_links_free(&w->links);
    drop_stream(w);
    stop_io(w);
    if (w->fd >= 0)
        close(w->fd);
    x_the_host()->timer_del(w->timer);
    ws_cut_free(&w->cut);
    ws_join_free(&w->join);
    buf_wipe_free(&w->to_read);
    free(w->text);
    free(w->first);
    free(w);
}

/* ---- out ---- */

static void send_frame(struct x_ws *w, enum ws_op op, const void *data, size_t len)
{
    struct buf b = {.secret = true};
    unsigned char mask[4];
    rand_bytes(mask, sizeof mask);
    ws_frame(&b, op, data, len, mask);
    if (x_the_host()->stream_write(w->stream, b.data, b.len) < 0)
        link_end(w->x, KITH_ENET, KITH_RETRY_NOW, "The connection to %s takes nothing more.", w->x->where);
    buf_wipe_free(&b);
}

static void on_message(void *user, const char *xml, size_t len)
{
    struct x_ws *w = user;
    if (w->stream)
        send_frame(w, WS_TEXT, xml, len);
}

static void watch(struct x_ws *w)
{
    unsigned want = (w->paused ? 0 : KITH_IO_READ) | (w->to_read.len ? KITH_IO_WRITE : 0);
    if (w->fd >= 0 && !w->io)
        w->io = x_the_host()->io_add(w->fd, want, on_io, w);
    else if (w->io)
        x_the_host()->io_set(w->io, want);
}

static void from_strophe(struct x_ws *w)
{
    char *piece = xmalloc(PIECE);
    ssize_t n = 1;
    while (n > 0 && w->fd >= 0 && w->stream && x_the_host()->stream_queued(w->stream) < OUT_MAX) {
        n = recv(w->fd, piece, PIECE, MSG_DONTWAIT);
        if (n > 0)
            ws_cut(&w->cut, piece, (size_t)n, on_message, w);
    }
    mem_wipe(piece, PIECE);
    free(piece);
    w->paused = n > 0 || n == 0; /* too much waits to leave; or libstrophe has let go */
}

static void on_drained(void *user)
{
    struct x_ws *w = user;
    if (!w->up || !w->paused)
        return;
    from_strophe(w);
    watch(w);
}

size_t ws_to_leave(const struct x *x)
{
    return x->ws && x->ws->stream ? x_the_host()->stream_queued(x->ws->stream) : 0;
}

/* ---- in ---- */

static void to_strophe(struct x_ws *w)
{
    while (w->to_read.len) {
        ssize_t n = send(w->fd, w->to_read.data, w->to_read.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            buf_clear(&w->to_read); /* libstrophe has let go */
        if (n <= 0)
            break;
        buf_consume(&w->to_read, (size_t)n);
    }
    if (w->ended && w->to_read.len == 0)
        shutdown(w->fd, SHUT_WR);
    watch(w);
}

static void on_io(void *user, int fd, unsigned ready)
{
    struct x_ws *w = user;
    if (ready & (KITH_IO_READ | KITH_IO_HANGUP))
        from_strophe(w);
    to_strophe(w);
    if (ready & KITH_IO_HANGUP && w->to_read.len == 0)
        stop_io(w);
}

static int on_text(void *user, const char *data, size_t len, bool first, bool last, struct err *e)
{
    struct x_ws *w = user;
    bool awaited = w->cut.opened;
    int rc = ws_join(&w->join, data, len, last, &awaited, &w->to_read, e);
    w->cut.opened = awaited;
    return rc;
}

static void on_control(void *user, enum ws_op op, const void *data, size_t len)
{
    struct x_ws *w = user;
    if (op == WS_PONG || !w->stream)
        return;
    if (op == WS_CLOSE)
        w->ended = true;
    if (x_the_host()->stream_queued(w->stream) < OUT_MAX)
        send_frame(w, op == WS_PING ? WS_PONG : WS_CLOSE, data, op == WS_PING ? len : MIN(len, (size_t)2));
}

static const struct ws_sink sink = {on_text, on_control};

static void take(struct x_ws *w, const void *data, size_t len)
{
    struct x *x = w->x;
    struct err e = {0};
    w->heard = true;
    if (ws_read(&w->in, data, len, &sink, w, &e) < 0) {
        link_end(x, e.code, KITH_RETRY_AUTO, "%s", e.text);
        return;
    }
    to_strophe(w);
    for (size_t before = 0; x->ws == w && w->to_read.len > IN_MAX && w->to_read.len != before;) {
        before = w->to_read.len;
        link_pump(x); /* may end it all */
        if (x->ws == w)
            to_strophe(w);
    }
}

/* ---- silence ---- */

static void on_ping(void *user)
{
    struct x_ws *w = user;
    w->timer = 0;
    if (!w->heard) {
        link_end(w->x, KITH_ENET, KITH_RETRY_NOW, "The connection to %s was dead.", w->x->where);
        return;
    }
    w->heard = false;
    if (w->stream)
        send_frame(w, WS_PING, NULL, 0);
    w->timer = x_the_host()->timer_add(PING_MS, on_ping, w);
}

/* ---- the handshake ---- */

/* libstrophe takes a socket of this family for one that it has connected. */
static bool hand_over(struct x_ws *w, int family, int end)
{
    struct x *x = w->x;
    x->hand = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    str_copy(x->peer, sizeof x->peer, family == AF_INET ? "127.0.0.1" : "::1");
    x->port = 9;
    bool ok = x->hand >= 0 && link_take_over(x) && dup3(end, x->fd, O_CLOEXEC) >= 0;
    if (x->hand >= 0)
        close(x->hand);
    x->hand = -1;
    return ok;
}

static bool join_ends(struct x_ws *w)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return false;
    w->x->gone = false;
    w->fd = ends[0];
    bool ok = hand_over(w, AF_INET, ends[1]) || hand_over(w, AF_INET6, ends[1]);
    close(ends[1]);
    return ok;
}

static void upgraded(struct x_ws *w)
{
    struct x *x = w->x;
    w->up = w->heard = true;
    if (!join_ends(w)) {
        link_end(x, KITH_ENET, KITH_RETRY_AUTO, "The connection to %s could not be used.", x->where);
        return;
    }
    if (w->first) {
        str_set(&x->ws_known, w->text);
        x->ws_until = x_the_host()->mono_ms() + KNOWN_MS;
    }
    x->tls.secured = true;
    x_the_host()->timer_del(w->timer);
    w->timer = x_the_host()->timer_add(PING_MS, on_ping, w);
    watch(w);
    link_watch(x, true);
    link_kick(x);
}

static void on_open(void *user, const struct kith_stream_info *info)
{
    struct x_ws *w = user;
    struct buf b = {0};
    w->is_13 = info && str_eq(info->tls_version, "TLSv1.3");
    ws_key(w->key);
    buf_addf(&b, "GET %s HTTP/1.1\r\nHost: ", w->url.target);
    http_url_host(&w->url, &b);
    buf_addf(&b,
             "\r\nUser-Agent: kith\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n",
             w->key);
    x_state_event(w->x, KITH_STATE_TLS, w->x->where, PHASE_MS + 10000);
    link_phase(w->x, PHASE_HANDOVER);
    (void)x_the_host()->stream_write(w->stream, b.data, b.len);
    buf_free(&b);
}

static void on_answer(struct x_ws *w)
{
    const char *end = strstr(buf_str(&w->head), "\r\n\r\n");
    struct err e = {0};
    if (!end && w->head.len < WS_HEAD_MAX && strlen(buf_str(&w->head)) == w->head.len)
        return;
    size_t n = end ? (size_t)(end + 4 - w->head.data) : w->head.len;
    int rc = ws_answer(buf_str(&w->head), n, w->key, w->text, &e);
    if (rc < 0 || !end) {
        fail(w, KITH_EPROTO, rc < 0 ? e.text : "The answer of the web server is too long.");
        return;
    }
    struct x *x = w->x;
    upgraded(w);
    if (x->ws == w && w->fd >= 0 && w->head.len > n)
        take(w, w->head.data + n, w->head.len - n);
    if (x->ws == w)
        buf_free(&w->head);
}

static size_t on_data(void *user, const void *data, size_t len)
{
    struct x_ws *w = user;
    if (w->x->end.due)
        return len;
    if (w->up) {
        take(w, data, len);
    } else {
        buf_add(&w->head, data, len);
        on_answer(w);
    }
    return len;
}

static void on_closed(void *user, int err, const char *text)
{
    struct x_ws *w = user;
    w->stream = NULL;
    if (!w->up) {
        fail(w, err < 0 ? err : KITH_ENET, text ? text : "The web server closed the connection.");
    } else if (w->fd >= 0) {
        w->ended = true;
        to_strophe(w);
    }
}

static const struct kith_stream_cb stream_cb = {
    .size = sizeof stream_cb, .open = on_open, .data = on_data, .drained = on_drained, .closed = on_closed};

/* ---- which way ---- */

static int connect_to(struct x_ws *w, const char *wss, struct err *e)
{
    struct x *x = w->x;
    char *https = xasprintf("https://%s", str_starts(wss, "wss://") ? wss + 6 : "");
    int rc = http_url_parse(&w->url, https, e);
    free(https);
    if (rc < 0)
        return err_set(e, KITH_EINVAL, "\"%.200s\" is no address for the option websocket: it is auto, off, or begins with wss://.",
                       wss);
    str_set(&w->text, wss);
    str_set(&x->where, wss);
    x->direct = false;
    x->phase = PHASE_CONNECT;
    x_state_event(x, KITH_STATE_RESOLVE, w->text, PHASE_MS + 10000);
    const struct kith_stream_params p = {.size = sizeof p,
                                         .tls = KITH_TLS_DIRECT,
                                         .host = w->url.host,
                                         .port = w->url.port,
                                         .alpn = "http/1.1",
                                         .timeout_ms = PHASE_MS};
    rc = x_the_host()->stream_open(x->acct, &p, &stream_cb, w, &w->stream);
    return rc < 0 ? err_set(e, rc, "No connection to %s could be started.", w->text) : 0;
}

static bool try_next(struct x_ws *w)
{
    struct err e = {0};
    while (w->links.n) {
        char *url = w->links.url[--w->links.n];
        int rc = connect_to(w, url, &e);
        free(url);
        if (rc >= 0)
            return true;
        http_url_free(&w->url);
    }
    return false;
}

static struct x_ws *begin(struct x *x)
{
    x->ws = xcalloc(1, sizeof *x->ws);
    *x->ws = (struct x_ws){.x = x, .fd = -1, .to_read = {.secret = true}};
    return x->ws;
}

static bool is_auto(const char *opt)
{
    return str_empty(opt) || str_eq(opt, "auto");
}

bool ws_first(struct x *x)
{
    const char *opt = x_option(x, "websocket");
    bool known = is_auto(opt) && x->ws_known && x_the_host()->mono_ms() < x->ws_until;
    struct err e = {0};
    if (x->redirect || str_eq(opt, "off") || (is_auto(opt) && !known))
        return false;
    struct x_ws *w = begin(x);
    w->remembered = known;
    x->phase = PHASE_CONNECT;
    if (connect_to(w, known ? x->ws_known : opt, &e) < 0)
        link_end(x, e.code, KITH_RETRY_NEVER, "%s", e.text);
    return true;
}

static void on_links(void *user, const struct hostmeta_links *l, const struct err *e)
{
    struct x_ws *w = user;
    w->asking = NULL;
    x_the_host()->timer_del(w->timer);
    w->timer = 0;
    for (size_t i = l->n; i-- > 0;) /* taken from the end */
        w->links.url[w->links.n++] = xstrdup(l->url[i]);
    if (!try_next(w))
        fail(w, e->code ? e->code : KITH_ENET, e->text);
}

static void on_look_timer(void *user)
{
    struct x_ws *w = user;
    w->timer = 0;
    hostmeta_cancel(w->asking);
    w->asking = NULL;
    fail(w, KITH_ENET, "The web server does not answer.");
}

bool ws_instead(struct x *x, int err, const char *text)
{
    struct err e = {0};
    bool theirs = !str_empty(x_option(x, "host")) || !str_empty(x_option(x, "port")); /* the user knows where to */
    if (!is_auto(x_option(x, "websocket")) || theirs || x->ws || x->end.due || err == KITH_ETLS)
        return false;
    struct x_ws *w = begin(x);
    w->first = xstrdup(text ? text : "The server could not be reached.");
    w->first_err = err < 0 ? err : KITH_ENET;
    w->asking = hostmeta_ask(x, x->ascii, on_links, w, &e);
    if (!w->asking) {
        ws_down(x);
        return false;
    }
    x_state_event(x, KITH_STATE_RESOLVE, x->domain, LOOK_MS + 10000);
    w->timer = x_the_host()->timer_add(LOOK_MS, on_look_timer, w);
    return true;
}

/* ---- TLS ---- */

/* RFC 7395 §4: where TLS ends at the server itself, the login may be bound to it. */
int ws_binding(const struct x *x, const char *type, unsigned char *out, size_t cap)
{
    const struct x_ws *w = x->ws;
    bool unsafe = cap < EVP_MAX_MD_SIZE || (!w->is_13 && str_eq(type, "tls-exporter")); /* as tls_binding() has it */
    return w->up && w->stream && !unsafe ? x_the_host()->stream_binding(w->stream, type, out, cap) : KITH_EUNSUP;
}

bool ws_is_13(const struct x *x)
{
    return x->ws && x->ws->is_13;
}
