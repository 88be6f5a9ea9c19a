/* backends/xmpp/link.c - the connection: TCP from the host, handed to libstrophe, driven by the
 * host's loop
 *
 * Linux only: the second connect() on a socket whose asynchronous connect has completed returns 0,
 * so libstrophe takes a connected socket for one it has just connected; elsewhere it connects anew
 * to the same address. What is to be read is told by the socket itself; that output can go on, by a
 * private epoll, edge-triggered, since libstrophe does not say whether output waits.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "backends/xmpp/x.h"
#include "base/mem.h"

static void settle(struct x *x);

static void timer_stop(int *timer)
{
    if (*timer)
        x_the_host()->timer_del(*timer);
    *timer = 0;
}

/* ---- the end ---- */

void link_end(struct x *x, int err, uint32_t retry, const char *fmt, ...)
{
    if (x->end.due || x->phase == PHASE_IDLE)
        return;
    x->end.due = true;
    x->end.err = err;
    x->end.retry = retry;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(x->end.text, sizeof x->end.text, fmt, ap);
    va_end(ap);
    link_kick(x);
}

void link_down(struct x *x)
{
    const struct kith_host *h = x_the_host();
    bool was_online = x->phase == PHASE_ONLINE || (x->phase == PHASE_CLOSING && x->synced);
    link_watch(x, false);
    timer_stop(&x->kick_timer);
    timer_stop(&x->phase_timer);
    timer_stop(&x->wake_timer);
    if (x->opening)
        h->stream_close(x->opening);
    x->opening = NULL;
    x->phase = PHASE_IDLE;
    ws_down(x);
    if (x->conn) {
        xmpp_conn_t *conn = x->conn;
        x->conn = NULL;
        if (!x->gone && x->fd >= 0)
            shutdown(x->fd, SHUT_RDWR);
        xmpp_conn_release(conn);
    }
    if (x->hand >= 0)
        close(x->hand);
    if (x->out_fd >= 0)
        close(x->out_fd);
    x->fd = x->hand = x->out_fd = -1;
    x->tls.ssl = NULL;
    x->tls.secured = false;
    x->synced = false;
    x->out_queued = 0;
    sasl_reset(x);
    sm_link_lost(x);
    if (was_online)
        x_offline_features(x);
    if (!sm_can_resume(x))
        iq_lost(x);
}

/* A server that lets us in and drops us at once must not be asked again and again without a pause.
 */
static uint32_t patience(struct x *x, const struct x_end *end)
{
    bool lasted = x->online_ms && x_the_host()->mono_ms() - x->online_ms >= LIFE_MS;
    x->online_ms = 0;
    x->short_lives = lasted || end->err == KITH_OK ? 0 : x->short_lives + 1;
    bool haste = end->retry == KITH_RETRY_NOW && x->short_lives > SHORT_LIVES;
    return haste ? KITH_RETRY_AUTO : end->retry;
}

/* Tells the host, once nothing of libstrophe is on the stack. */
static void settle(struct x *x)
{
    struct x_end end = x->end;
    if (!end.due && x->phase == PHASE_CLOSING) {
        end = (struct x_end){.due = true};
        if (x->gone)
            sm_forget(x); /* the server has ended the session; silent, it may have kept it */
    } else if (!end.due) {
        bool again = x->phase == PHASE_ONLINE && sm_can_resume(x);
        end = (struct x_end){.err = KITH_ENET, .retry = again ? KITH_RETRY_NOW : KITH_RETRY_AUTO};
        snprintf(end.text, sizeof end.text, "The connection to %s was %s.",
                 x->where ? x->where : x->domain,
                 x->phase == PHASE_ONLINE ? "lost" : "closed by the server while logging in");
    }
    end.retry = patience(x, &end);
    link_down(x);
    memset(&x->end, 0, sizeof x->end);
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE},
                               .state = KITH_STATE_OFFLINE,
                               .err = end.err,
                               .text = end.text,
                               .retry = end.retry,
                               .retry_ms = end.retry_ms};
    x_the_host()->emit(x->acct, &ev.ev);
}

/* ---- driving libstrophe ---- */

static int to_read(const struct x *x)
{
    int n = 0;
    if (x->fd < 0 || ioctl(x->fd, FIONREAD, &n) < 0)
        n = 0;
    return n;
}

static void check_poison(struct x *x)
{
    const char *why = guard_poison(x->guard);
    if (!why || x->end.due)
        return;
    if (x->phase == PHASE_ONLINE && guard_poison_in_stanza(x->guard))
        sm_poisoned(x);
    link_end(x, KITH_EPROTO, KITH_RETRY_AUTO, "%s The connection was dropped to be safe.", why);
}

static uint64_t taken(const struct x *x)
{
    return x->tls.ssl ? BIO_number_written(SSL_get_wbio(x->tls.ssl)) : 0;
}

/* One round: true when another one is wanted now. */
static bool pump_once(struct x *x, int64_t until)
{
    uint64_t before = x->stanzas, taken_before = taken(x);
    x->again = false;
    if (x->phase >= PHASE_ONLINE) {
        if (x->phase == PHASE_ONLINE)
            sm_requests(x);
        sm_flush(x);
    }
    xmpp_run_once(x->ctx, 0);
    check_poison(x);
    if (x->gone || x->end.due || x->phase == PHASE_TLS)
        return false;
    sm_written(x, x->out_queued - (uint64_t)MAX(0, xmpp_conn_send_queue_len(x->conn)));
    if (tls_pending(x) > 0)
        return true; /* the kernel knows nothing of it */
    if (taken(x) - taken_before >= SSL3_RT_MAX_PLAIN_LENGTH)
        return true; /* libstrophe stops after a full record; no edge tells that the kernel would take more */
    if (x->again || x->stanzas != before)
        return true; /* what handlers queued leaves at the start of the next round */
    return to_read(x) > 0 && x_the_host()->mono_ms() < until && !x_the_host()->congested(x->acct);
}

void link_pump(struct x *x)
{
    if (x->pumping) {
        x->again = true;
        return;
    }
    x->pumping = true;
    int64_t until = x_the_host()->mono_ms() + TURN_MS;
    while (x->conn && !x->gone && !x->end.due && x->phase != PHASE_TLS && pump_once(x, until))
        ;
    x->pumping = false;
    if (x->gone || x->end.due)
        settle(x);
}

static void on_kick(void *user)
{
    struct x *x = user;
    x->kick_timer = 0;
    link_pump(x);
}

void link_kick(struct x *x)
{
    x->again = true;
    if (!x->pumping && !x->kick_timer)
        x->kick_timer = x_the_host()->timer_add(0, on_kick, x);
}

void link_write_stanza(struct x *x, xmpp_stanza_t *st)
{
    char *xml;
    size_t len;
    if (xmpp_stanza_to_text(st, &xml, &len) == XMPP_EOK) {
        link_write(x, xml);
        mem_wipe(xml, len);
        xmpp_free(x->ctx, xml);
    }
    xmpp_stanza_release(st);
}

void link_write(struct x *x, const char *xml)
{
    if (!x->conn || x->gone || x->end.due)
        return;
    xmpp_send_raw(x->conn, xml, strlen(xml));
    x->out_queued++;
    link_kick(x);
}

static void on_readable(void *user, int fd, unsigned ready)
{
    link_pump(user);
}

static void on_writable(void *user, int fd, unsigned ready)
{
    struct x *x = user;
    struct epoll_event ev;
    while (epoll_wait(x->out_fd, &ev, 1, 0) < 0 && errno == EINTR)
        ;
    link_pump(x);
}

void link_watch(struct x *x, bool on)
{
    const struct kith_host *h = x_the_host();
    if (!on) {
        if (x->io_in)
            h->io_del(x->io_in);
        if (x->io_out)
            h->io_del(x->io_out);
        x->io_in = x->io_out = 0;
        return;
    }
    if (x->io_in || x->fd < 0)
        return;
    if (x->out_fd < 0) {
        struct epoll_event ev = {.events = EPOLLOUT | EPOLLET};
        x->out_fd = epoll_create1(EPOLL_CLOEXEC);
        if (x->out_fd < 0 || epoll_ctl(x->out_fd, EPOLL_CTL_ADD, x->fd, &ev) < 0) {
            link_end(x, KITH_ENET, KITH_RETRY_AUTO,
                     "No descriptor to watch the connection with: %s.", strerror(errno));
            return;
        }
    }
    x->io_in = h->io_add(x->fd, KITH_IO_READ, on_readable, x);
    x->io_out = h->io_add(x->out_fd, KITH_IO_READ, on_writable, x);
}

/* ---- phases ---- */

static void on_phase_timer(void *user)
{
    struct x *x = user;
    x->phase_timer = 0;
    if (x->phase == PHASE_CLOSING)
        settle(x);
    else
        link_end(x, KITH_ENET, KITH_RETRY_AUTO,
                 "%s did not answer for %d seconds while logging in.",
                 x->where ? x->where : x->domain, PHASE_MS / 1000);
}

void link_phase(struct x *x, enum phase phase)
{
    x->phase = phase;
    timer_stop(&x->phase_timer);
    bool waits = phase != PHASE_ONLINE && phase != PHASE_SECRET && phase != PHASE_IDLE && phase != PHASE_REGISTER_ASK &&
                 phase != PHASE_TLS && phase != PHASE_CONNECT;
    if (waits)
        x->phase_timer = x_the_host()->timer_add(phase == PHASE_CLOSING ? CLOSE_MS : PHASE_MS,
                                                 on_phase_timer, x);
}

static void on_event(xmpp_conn_t *conn, xmpp_conn_event_t event, int error, xmpp_stream_error_t *se,
                     void *user)
{
    struct x *x = user;
    if (conn != x->conn)
        return; /* of one that is being released */
    if (event == XMPP_CONN_RAW_CONNECT && x->direct)
        tls_due(x);
    else if (event == XMPP_CONN_RAW_CONNECT)
        stream_start(x);
    else if (event == XMPP_CONN_DISCONNECT || event == XMPP_CONN_FAIL)
        x->gone = true; /* libstrophe has closed the descriptor */
}

/* ---- connecting ---- */

/* A link that goes dead is noticed by the kernel: no timer of ours while idle. */
static void keep_alive(int fd)
{
    int on = 1, idle = 60, every = 10, count = 3;
    unsigned user_timeout = 30000;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof user_timeout);
}

/* Called by libstrophe with its new socket, before connect(): ours takes its number. */
static int on_socket(xmpp_conn_t *conn, void *sock)
{
    struct x *x = guard_owner(xmpp_conn_get_context(conn));
    int fd = *(int *)sock;
    if (x->hand >= 0 && dup2(x->hand, fd) < 0)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    keep_alive(fd);
    x->fd = fd;
    return 0;
}

/* Numeric address of the other side of fd into x->peer. */
static bool peer_address(struct x *x, int fd)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof sa;
    char port[8];
    if (getpeername(fd, (struct sockaddr *)&sa, &len) < 0 ||
        getnameinfo((struct sockaddr *)&sa, len, x->peer, sizeof x->peer, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    int64_t n = 0;
    str_int(port, 1, 65535, &n);
    x->port = (uint16_t)n;
    return true;
}

bool link_take_over(struct x *x)
{
    guard_arm(x->guard);
    x->conn = xmpp_conn_new(x->ctx);
    char *jid = xasprintf("%s@%s", x->local, x->ascii); /* for the name that TLS asks for */
    xmpp_conn_set_jid(x->conn, jid);
    free(jid);
    xmpp_conn_set_sockopt_callback(x->conn, on_socket);
    xmpp_handler_add(x->conn, stream_stanza, NULL, NULL, NULL, x);
    if (xmpp_connect_raw(x->conn, x->peer, x->port, on_event, x) == XMPP_EOK)
        return true;
    xmpp_conn_release(x->conn);
    x->conn = NULL;
    x->fd = -1;
    return false;
}

static void on_open(void *user, const struct kith_stream_info *info)
{
    struct x *x = user;
    const struct kith_host *h = x_the_host();
    x->direct = info->direct_tls != 0 || x->direct;
    str_take(&x->where, xasprintf("%s:%u", info->host ? info->host : x->domain, info->port));
    x->hand = h->stream_take_fd(x->opening);
    x->opening = NULL;
    x->gone = false;
    link_phase(x, PHASE_HANDOVER);
    bool ok = x->hand >= 0 && peer_address(x, x->hand) && link_take_over(x);
    if (x->hand >= 0)
        close(x->hand);
    x->hand = -1;
    if (!ok && x->peer[0])
        ok = link_take_over(x);
    if (!ok) {
        link_end(x, KITH_ENET, KITH_RETRY_AUTO, "The connection to %s could not be used.",
                 x->where);
        return;
    }
    link_watch(x, true);
    link_kick(x);
}

static void on_closed(void *user, int err, const char *text)
{
    struct x *x = user;
    x->opening = NULL;
    if (ws_instead(x, err, text))
        return;
    link_end(x, err < 0 ? err : KITH_ENET, KITH_RETRY_AUTO, "%s",
             text ? text : "The server could not be reached.");
}

static const struct kith_stream_cb stream_cb = {
    .size = sizeof stream_cb, .open = on_open, .closed = on_closed};

/* "host:port" or "[v6]:port" or "host" of a see-other-host. Returns the host, owned. */
static char *split_host(const char *s, uint16_t *port)
{
    const char *end = s[0] == '[' ? strchr(s, ']') : NULL;
    const char *colon = strchr(end ? end : s, ':');
    int64_t n = 0;
    if (!end && colon && strchr(colon + 1, ':'))
        colon = NULL; /* a bare IPv6 address */
    if (colon && str_int(colon + 1, 1, 65535, &n))
        *port = (uint16_t)n;
    if (end)
        return xstrndup(s + 1, (size_t)(end - s - 1));
    return colon ? xstrndup(s, (size_t)(colon - s)) : xstrdup(s);
}

static bool is_number(const char *host)
{
    unsigned char any[16];
    return inet_pton(AF_INET, host, any) == 1 || inet_pton(AF_INET6, host, any) == 1;
}

int link_open(struct x *x)
{
    if (x->phase != PHASE_IDLE)
        return KITH_EBUSY;
    const char *opt = x_option(x, "tls");
    bool only_direct = str_eq(opt, "direct"), only_start = str_eq(opt, "starttls");
    int64_t port = 0;
    str_int(x_option(x, "port") ? x_option(x, "port") : "", 1, 65535, &port);
    uint16_t at = x->redirect ? 0 : (uint16_t)port;
    char *host = x->redirect ? split_host(x->redirect, &at) : xstrdup(x_option(x, "host"));
    bool by_name = x->redirect && !at && !is_number(host); /* RFC 6120 §4.9.3.19: looked up like a domain */
    if (x->redirect && !at && !by_name)
        at = 5222;
    if (!x->redirect)
        x->redirects = 0;
    x->any_resource = x->resumed = false;
    csi_stream(x);
    if (ws_first(x)) {
        free(host);
        return KITH_OK;
    }
    struct kith_stream_params p = {
        .size = sizeof p, .tls = KITH_TLS_OWN, .name = x->domain, .timeout_ms = PHASE_MS};
    bool look_up = (by_name || str_empty(host)) && !at;
    p.host = str_empty(host) ? x->domain : host;
    p.srv = look_up && !only_direct ? "_xmpp-client._tcp" : NULL;
    p.srv_tls = look_up && !only_start ? "_xmpps-client._tcp" : NULL;
    if (!look_up)
        p.port = at ? at : only_direct ? 5223 : 5222;
    x->direct = only_direct || (!look_up && !only_start && at == 5223);
    x->phase = PHASE_CONNECT;
    str_take(&x->redirect, NULL);
    x_state_event(x, KITH_STATE_RESOLVE, p.host, PHASE_MS + 10000);
    int rc = x_the_host()->stream_open(x->acct, &p, &stream_cb, x, &x->opening);
    if (rc < 0) {
        x->opening = NULL;
        link_end(x, rc, KITH_RETRY_AUTO, "No connection to %s could be started.", p.host);
    }
    free(host);
    return KITH_OK;
}

/* ---- leaving, waking ---- */

void link_close_politely(struct x *x, const char *text)
{
    if (x->phase != PHASE_ONLINE) {
        x->end = (struct x_end){.due = true, .err = KITH_OK, .retry = KITH_RETRY_NEVER};
        link_kick(x);
        return;
    }
    xmpp_stanza_t *st = st_new(x->ctx, "presence", NULL);
    st_set(st, "type", "unavailable");
    if (text)
        st_add_child_text(st, "status", NULL, text);
    x_send(x, st);
    sm_last_words(x);
    link_write(x, "</stream:stream>");
    x_state_event(x, KITH_STATE_CLOSING, x->where, CLOSE_MS * 2);
    link_phase(x, PHASE_CLOSING);
}

void link_alive(struct x *x)
{
    timer_stop(&x->wake_timer);
}

/* Bytes of ours that the other side has not taken yet. */
static int to_leave(const struct x *x)
{
    int n = 0;
    if (x->fd < 0 || ioctl(x->fd, SIOCOUTQ, &n) < 0)
        n = 0;
    return n + MAX(0, xmpp_conn_send_queue_len(x->conn)) + (int)MIN(ws_to_leave(x), (size_t)INT_MAX / 2);
}

static void on_silence(void *user);

static void wait_for_life(struct x *x, int left)
{
    x->stanzas_at_wake = x->stanzas;
    x->left_at_wake = left;
    x->wake_timer = x_the_host()->timer_add(WAKE_MS, on_silence, x);
}

/* It talks, only the answer is not there yet; or it is our own side that is slow. */
static bool still_alive(const struct x *x)
{
    return x->stanzas != x->stanzas_at_wake || x_the_host()->congested(x->acct) || to_read(x) > 0 ||
           to_leave(x) < x->left_at_wake;
}

static void on_silence(void *user)
{
    struct x *x = user;
    x->wake_timer = 0;
    if (still_alive(x))
        wait_for_life(x, x->waking ? 0 : to_leave(x));
    else if (to_leave(x) == 0 && sm_give_up(x))
        link_end(x, KITH_ENET, KITH_RETRY_NOW, "%s resumed the session and did not listen to it: a new one begins.", x->where);
    else
        link_end(x, KITH_ENET, KITH_RETRY_NOW, "The connection to %s was dead.", x->where);
}

void link_await(struct x *x)
{
    if (x->phase != PHASE_ONLINE || x->wake_timer)
        return;
    x->waking = false;
    wait_for_life(x, INT_MAX); /* nothing else makes us doubt: the silence must last twice as long */
}

static void on_pong(struct x *x, xmpp_stanza_t *reply, void *user)
{
    if (reply)
        link_alive(x);
}

void link_wake(struct x *x)
{
    if (x->phase == PHASE_IDLE || (x->wake_timer && x->waking) || x->phase == PHASE_SECRET || x->phase == PHASE_REGISTER_ASK)
        return;
    link_alive(x);
    x->waking = true;
    wait_for_life(x, 0);
    if (x->phase != PHASE_ONLINE)
        return;
    if (x->sm.on) {
        x->sm.asked = true;
        link_write(x, "<r xmlns='" NS_SM "'/>");
    } else {
        xmpp_stanza_t *st = st_new(x->ctx, "iq", NULL);
        st_set(st, "type", "get");
        st_set(st, "to", x->domain);
        st_add(st, "ping", "urn:xmpp:ping");
        x_iq(x, st, on_pong, NULL);
    }
}
