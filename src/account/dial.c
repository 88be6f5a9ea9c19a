/* account/dial.c - happy eyeballs: connects to the first of several addresses that answers (RFC
 * 8305, XEP-0495) */
#include "account/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "kith/plugin.h"

struct attempt {
    struct dial *dial;
    int fd;
    struct loop_io *io;
};
struct dial {
    struct loop *loop;
    struct dns_address *list;
    struct attempt *attempts;
    size_t n, next, open;
    struct loop_timer *timer;
    dial_fn *fn;
    void *user;
    struct err why; /* of the first address that failed */
};

void dial_name(const struct dns_address *a, char *out, size_t cap)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getnameinfo((const struct sockaddr *)&a->sa, a->sa_len, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        (void)snprintf(out, cap, "?");
    else if (a->sa.ss_family == AF_INET6)
        (void)snprintf(out, cap, "[%s]:%s", host, port);
    else
        (void)snprintf(out, cap, "%s:%s", host, port);
}

static void attempt_end(struct attempt *t)
{
    loop_io_del(t->io);
    t->io = NULL;
    if (t->fd >= 0) {
        (void)close(t->fd);
        t->dial->open--;
    }
    t->fd = -1;
}

static void dial_free(struct dial *d)
{
    for (size_t i = 0; i < d->n; i++)
        attempt_end(&d->attempts[i]);
    loop_timer_del(d->timer);
    free(d->attempts);
    free(d->list);
    free(d);
}

void dial_cancel(struct dial *d)
{
    if (d)
        dial_free(d);
}

static void finish(struct dial *d, int fd, size_t which, const struct err *e)
{
    dial_fn *fn = d->fn;
    void *user = d->user;
    struct err copy = e ? *e : (struct err){0};
    dial_free(d);
    fn(user, fd, which, &copy);
}

static void failed(struct dial *d, size_t i, int error)
{
    char name[NI_MAXHOST + 16];
    if (d->why.code)
        return;
    dial_name(&d->list[i], name, sizeof name);
    (void)err_set(&d->why, KITH_ENET, "Cannot connect to %s (%s): %s%s.", d->list[i].host, name,
                  strerror(error), d->n > 1 ? ", and no other address answered" : "");
}

/* The kernel finds out about a dead link without any wakeup of ours. */
static void set_options(int fd)
{
    int one = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
#ifdef TCP_KEEPIDLE
    int idle = 120, every = 15, times = 3;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
#endif
#ifdef TCP_USER_TIMEOUT
    unsigned unanswered_ms = 45000;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
#endif
}

static void start_next(struct dial *d);

static void on_stagger(void *user)
{
    struct dial *d = user;
    d->timer = NULL;
    start_next(d);
}

static void on_ready(void *user, int fd, unsigned ready)
{
    struct attempt *t = user;
    struct dial *d = t->dial;
    size_t i = (size_t)(t - d->attempts);
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    if (error == 0) {
        t->fd = -1;
        loop_io_del(t->io);
        t->io = NULL;
        finish(d, fd, i, NULL);
        return;
    }
    failed(d, i, error);
    attempt_end(t);
    loop_timer_del(d->timer);
    d->timer = NULL;
    start_next(d);
}

/* True when an attempt is under way. */
static bool start_one(struct dial *d, size_t i)
{
    struct attempt *t = &d->attempts[i];
    const struct dns_address *a = &d->list[i];
    t->fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->fd < 0) {
        failed(d, i, errno);
        return false;
    }
    d->open++;
    set_options(t->fd);
    if (connect(t->fd, (const struct sockaddr *)&a->sa, a->sa_len) < 0 && errno != EINPROGRESS) {
        failed(d, i, errno);
        attempt_end(t);
        return false;
    }
    t->io = loop_io_add(d->loop, t->fd, LOOP_WRITE, on_ready, t);
    return true;
}

static void start_next(struct dial *d)
{
    while (d->next < d->n && !start_one(d, d->next++))
        ;
    if (d->next < d->n)
        d->timer = loop_timer_add(d->loop, DIAL_STAGGER_MS, on_stagger, d);
    else if (d->open == 0)
        finish(d, -1, 0, &d->why);
}

static void on_begin(void *user)
{
    struct dial *d = user;
    d->timer = NULL;
    start_next(d);
}

struct dial *dial_start(struct loop *loop, const struct dns_address *list, size_t n, dial_fn *fn,
                        void *user)
{
    struct dial *d = xcalloc(1, sizeof *d);
    *d = (struct dial){.loop = loop, .n = n, .fn = fn, .user = user};
    d->list = xcalloc(MAX(n, 1), sizeof *d->list);
    if (n)
        memcpy(d->list, list, n * sizeof *list);
    d->attempts = xcalloc(MAX(n, 1), sizeof *d->attempts);
    for (size_t i = 0; i < n; i++)
        d->attempts[i] = (struct attempt){.dial = d, .fd = -1};
    if (n == 0)
        (void)err_set(&d->why, KITH_ENOTFOUND, "There is no address to connect to.");
    d->timer = loop_timer_add(loop, 0, on_begin, d);
    return d;
}
