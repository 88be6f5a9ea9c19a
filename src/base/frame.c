/* base/frame.c - length-prefixed frames, with descriptors, over a non-blocking stream socket */
#include "base/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"

enum { READ_SIZE = 64 << 10, SMALL = 4096 };
#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

static void close_fds(int *fds, int *n)
{
    for (int i = 0; i < *n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    *n = 0;
}

void frame_io_init(struct frame_io *f, int fd, size_t max)
{
    *f = (struct frame_io){.fd = fd, .max = max};
    ENSURE(max <= FRAME_MAX);
    fd_nonblock(fd, true);
    fd_cloexec(fd, true);
}

void frame_io_free(struct frame_io *f)
{
    close_fds(f->in_fds, &f->n_in_fds);
    close_fds(f->cur_fds, &f->n_cur_fds);
    for (size_t i = 0; i < f->n_out_fds; i++)
        close(f->out_fds[i].fd);
    free(f->out_fds);
    buf_free(&f->in);
    buf_free(&f->out);
    if (f->fd >= 0)
        close(f->fd);
    *f = (struct frame_io){.fd = -1};
}

static void put16(unsigned char *p, unsigned v)
{
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
}

static void put32(unsigned char *p, uint32_t v)
{
    put16(p, v & 0xFFFF);
    put16(p + 2, v >> 16);
}

static unsigned get16(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const char *s)
{
    return get16(s) | (uint32_t)get16(s + 2) << 16;
}

static void put_frame(struct frame_io *f, uint16_t kind, const void *data, size_t len, unsigned fds)
{
    ENSURE(len <= FRAME_MAX);
    unsigned char head[FRAME_HEADER];
    put32(head, (uint32_t)len + 4);
    put16(head + 4, kind);
    put16(head + 6, fds);
    buf_add(&f->out, head, sizeof head);
    buf_add(&f->out, data, len);
}

void frame_put(struct frame_io *f, uint16_t kind, const void *data, size_t len)
{
    put_frame(f, kind, data, len, 0);
}

void frame_put_fd(struct frame_io *f, uint16_t kind, const void *data, size_t len, int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) { /* out of descriptors: the frame goes without, the receiver sees none */
        log_warn("cannot pass a descriptor: %s", strerror(errno));
        put_frame(f, kind, data, len, 0);
        return;
    }
    struct frame_out_fd o = {.at = f->out.len, .fd = copy};
    VEC_PUSH(f->out_fds, f->n_out_fds, f->cap_out_fds, o);
    put_frame(f, kind, data, len, 1);
}

/* Sends up to the next descriptor's frame; that one begins a message of its own. */
static ssize_t send_some(struct frame_io *f)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {.iov_base = f->out.data + f->out_at};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    size_t end = f->out.len;
    bool with_fd = f->n_out_fds && f->out_fds[0].at == f->out_at;
    size_t next = with_fd ? 1 : 0;
    if (next < f->n_out_fds)
        end = f->out_fds[next].at;
    iov.iov_len = end - f->out_at;
    if (with_fd) {
        memset(&control, 0, sizeof control);
        m.msg_control = control.space;
        m.msg_controllen = sizeof control.space;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &f->out_fds[0].fd, sizeof(int));
    }
    ssize_t n = sendmsg(f->fd, &m, MSG_NOSIGNAL);
    if (n > 0 && with_fd) {
        close(f->out_fds[0].fd);
        VEC_DEL(f->out_fds, f->n_out_fds, 0);
    }
    return n;
}

static void drop_sent(struct frame_io *f)
{
    if (f->out_at < f->out.len && f->out_at < READ_SIZE)
        return;
    for (size_t i = 0; i < f->n_out_fds; i++)
        f->out_fds[i].at -= f->out_at;
    buf_consume(&f->out, f->out_at);
    f->out_at = 0;
    if (!f->out.len && f->out.cap > (size_t)4 * READ_SIZE)
        buf_free(&f->out);
}

int frame_flush(struct frame_io *f)
{
    int result = 1;
    while (f->out_at < f->out.len) {
        ssize_t n = send_some(f);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            result = errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
            break;
        }
        f->out_at += (size_t)n;
    }
    drop_sent(f);
    return result;
}

size_t frame_queued(const struct frame_io *f)
{
    return f->out.len - f->out_at;
}

/* Keeps received descriptors; more than there is room for are closed, and the peer is at fault. */
static int take_fds(struct frame_io *f, struct msghdr *m)
{
    int r = m->msg_flags & MSG_CTRUNC ? -EPROTO : 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (f->n_in_fds == (int)COUNT(f->in_fds)) {
                close(fd);
                r = -EPROTO;
                continue;
            }
            fd_cloexec(fd, true);
            f->in_fds[f->n_in_fds++] = fd;
        }
    }
    return r;
}

int frame_fill(struct frame_io *f)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(16 * sizeof(int))];
    } control;
    if (f->in_at) {
        buf_consume(&f->in, f->in_at);
        f->in_at = 0;
    }
    if (!f->in.len && f->in.cap > (size_t)4 * READ_SIZE)
        buf_free(&f->in);
    buf_reserve(&f->in, f->in.cap < SMALL ? SMALL : READ_SIZE);
    struct iovec iov = {.iov_base = f->in.data + f->in.len,
                        .iov_len = MIN(f->in.cap - f->in.len - 1, (size_t)READ_SIZE)};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = f->no_fds ? NULL : control.space,
                       .msg_controllen = f->no_fds ? 0 : sizeof control.space};
    ssize_t n;
    do
        n = recvmsg(f->fd, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
    int r = take_fds(f, &m);
    if (n == 0) {
        f->eof = true;
        return -ECONNRESET;
    }
    f->in.len += (size_t)n;
    f->in.data[f->in.len] = '\0';
    return r < 0 ? r : (int)n;
}

void frame_wipe_taken(struct frame_io *f)
{
    mem_wipe(f->in.data, f->in_at);
}

int frame_next(struct frame_io *f, struct frame *out)
{
    close_fds(f->cur_fds, &f->n_cur_fds);
    size_t have = f->in.len - f->in_at;
    if (have < FRAME_HEADER)
        return 0;
    const char *p = f->in.data + f->in_at;
    uint32_t len = get32(p);
    unsigned fds = get16(p + 6);
    if (len < 4 || len - 4 > f->max || fds > FRAME_FDS)
        return -EPROTO;
    if (have - FRAME_HEADER < len - 4)
        return 0;
    if ((int)fds > f->n_in_fds)
        return -EPROTO;
    for (unsigned i = 0; i < fds; i++) {
        f->cur_fds[f->n_cur_fds++] = f->in_fds[0];
        VEC_DEL(f->in_fds, f->n_in_fds, 0);
    }
    *out = (struct frame){.kind = (uint16_t)get16(p + 4),
                          .data = p + FRAME_HEADER,
                          .len = len - 4,
                          .fds = f->cur_fds,
                          .n_fds = (int)fds};
    f->in_at += FRAME_HEADER + out->len;
    return 1;
}

static bool wait_for(const struct frame_io *f, short events)
{
    struct pollfd p = {.fd = f->fd, .events = events};
    return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

bool frame_flush_all(struct frame_io *f)
{
    int rc;
    while ((rc = frame_flush(f)) == 0) {
        if (!wait_for(f, POLLOUT))
            return false;
    }
    return rc > 0;
}

bool frame_wait(struct frame_io *f, struct frame *out)
{
    int rc;
    while ((rc = frame_next(f, out)) == 0) {
        if (!wait_for(f, POLLIN))
            return false;
        if (frame_fill(f) < 0)
            return frame_next(f, out) == 1;
    }
    return rc == 1;
}

void frame_serve(struct frame_io *f, frame_fn *fn, void *user)
{
    struct frame frame;
    int rc = 0;
    while (rc >= 0) {
        if (!wait_for(f, (short)(POLLIN | (frame_queued(f) ? POLLOUT : 0))) || frame_fill(f) < 0)
            return;
        while ((rc = frame_next(f, &frame)) == 1)
            fn(user, f, &frame);
        if (frame_flush(f) < 0)
            return;
    }
}
