/* tests/conformance/streams.c - plain TCP to 127.0.0.1: enough for backends that bring their own
 * TLS, or need none */
#include "conformance/streams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sock.h"
#include "conformance/host.h"

struct kith_stream {
    struct kith_stream_cb cb;
    void *user;
    int fd, handle, timer;
    uint16_t port;
    bool connected, in_callback, gone;
    struct buf out;
};

static void stream_end(struct kith_stream *st, bool tell, int err, const char *text)
{
    if (st->handle)
        rec_table()->io_del(st->handle);
    rec_table()->timer_del(st->timer);
    if (st->fd >= 0)
        close(st->fd);
    st->handle = st->timer = 0;
    st->fd = -1;
    if (tell)
        st->cb.closed(st->user, err, text);
    st->gone = true;
    buf_free(&st->out);
    if (!st->in_callback)
        free(st);
}

static void stream_read(struct kith_stream *st)
{
    char data[16384];
    ssize_t n = recv(st->fd, data, sizeof data, 0);
    if (n > 0)
        st->cb.data(st->user, data, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        stream_end(st, true, KITH_ENET, "The connection was closed");
}

static void stream_flush(struct kith_stream *st)
{
    while (st->out.len) {
        ssize_t n = send(st->fd, st->out.data, st->out.len, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        buf_consume(&st->out, (size_t)n);
    }
    rec_table()->io_set(st->handle, st->out.len ? KITH_IO_READ | KITH_IO_WRITE : KITH_IO_READ);
    if (!st->out.len && st->cb.drained)
        st->cb.drained(st->user);
}

static void stream_ready(void *user, int fd, unsigned ready)
{
    struct kith_stream *st = user;
    int err = 0;
    socklen_t len = sizeof err;
    st->in_callback = true;
    if (!st->connected && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && err) {
        stream_end(st, true, KITH_ENET, strerror(err));
    } else if (!st->connected) {
        struct kith_stream_info info = {.size = sizeof info, .host = "127.0.0.1", .port = st->port};
        st->connected = true;
        rec_table()->io_set(st->handle, KITH_IO_READ);
        st->cb.open(st->user, &info);
    } else {
        if ((ready & KITH_IO_WRITE) && st->out.len)
            stream_flush(st);
        if (!st->gone && (ready & (KITH_IO_READ | KITH_IO_HANGUP)))
            stream_read(st);
    }
    st->in_callback = false;
    if (st->gone)
        free(st);
}

static void stream_refused(void *user)
{
    struct kith_stream *st = user;
    st->timer = 0;
    stream_end(st, true, KITH_ENET, "Connection refused");
}

int stream_open(struct kith_account *a UNUSED, const struct kith_stream_params *p,
                const struct kith_stream_cb *cb, void *user, struct kith_stream **out)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(p->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (p->tls == KITH_TLS_DIRECT || p->tls == KITH_TLS_START)
        return KITH_EUNSUP;
    struct kith_stream *st = xcalloc(1, sizeof *st);
    st->cb = *cb;
    st->user = user;
    st->port = p->port;
    st->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fd_nonblock(st->fd, true);
    if (connect(st->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        st->timer = rec_table()->timer_add(0, stream_refused, st);
    else
        st->handle = rec_table()->io_add(st->fd, KITH_IO_WRITE, stream_ready, st);
    *out = st;
    return 0;
}

int stream_write(struct kith_stream *st, const void *data, size_t len)
{
    buf_add(&st->out, data, len);
    rec_table()->io_set(st->handle, KITH_IO_READ | KITH_IO_WRITE);
    return 0;
}

size_t stream_queued(struct kith_stream *st)
{
    return st->out.len;
}

int stream_starttls(struct kith_stream *st UNUSED)
{
    return KITH_EUNSUP;
}

int stream_binding(struct kith_stream *st UNUSED, const char *type UNUSED,
                   unsigned char *out UNUSED, size_t cap UNUSED)
{
    return KITH_EUNSUP;
}

int stream_take_fd(struct kith_stream *st)
{
    int fd = st->fd;
    rec_table()->io_del(st->handle);
    st->handle = 0;
    st->fd = -1;
    st->gone = true;
    buf_free(&st->out);
    if (!st->in_callback)
        free(st);
    return fd;
}

void stream_close(struct kith_stream *st)
{
    stream_end(st, false, 0, NULL);
}

int stream_trust_check(struct kith_account *a UNUSED, const struct kith_cert *c UNUSED)
{
    return KITH_TRUST_YES;
}
