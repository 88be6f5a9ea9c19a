/* account/helper.c - asks the helper process and hands its answers on */
#include "account/helper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/frame.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"
#include "kith/plugin.h"

struct waiting {
    uint32_t number;
    helper_addresses_fn *addresses;
    helper_secret_fn *secret;
    void *user;
};
struct helper {
    struct loop *loop;
    struct frame_io io;
    struct loop_io *watch;
    uint32_t number;
    struct waiting *list;
    size_t n, cap;
    struct loop_timer *failing;
    loop_fn *gone;
    void *gone_user;
};

int helper_fork(int keep_closed)
{
    int pair[2];
    if (sock_pair(pair) < 0)
        return -errno;
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) {
        int rc = -errno;
        (void)close(pair[0]);
        (void)close(pair[1]);
        return rc;
    }
    if (pid == 0) {
        (void)close(pair[0]);
        if (keep_closed >= 0)
            (void)close(keep_closed);
#ifdef __linux__
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
#endif
        helper_child(pair[1]);
    }
    (void)close(pair[1]);
    return pair[0];
}

static void finish(const struct waiting *w, const struct dns_address *list, size_t n,
                   const char *value, const struct err *e)
{
    if (w->addresses)
        w->addresses(w->user, list, n, e);
    else
        w->secret(w->user, value, e);
}

static bool take(struct helper *h, uint32_t number, struct waiting *out)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->list[i].number == number) {
            *out = h->list[i];
            VEC_DEL(h->list, h->n, i);
            return true;
        }
    return false;
}

static void fail_all(void *user)
{
    struct helper *h = user;
    struct err e;
    (void)err_set(&e, KITH_ENET,
                  "The helper process that looks up names is gone; the account starts anew.");
    h->failing = NULL;
    struct waiting w;
    while (h->n && take(h, h->list[0].number, &w))
        finish(&w, NULL, 0, NULL, &e);
    if (h->gone)
        h->gone(h->gone_user);
}

static void lost(struct helper *h)
{
    loop_io_del(h->watch);
    h->watch = NULL;
    if (!h->failing)
        h->failing = loop_timer_add(h->loop, 0, fail_all, h);
}

static void on_reply(struct helper *h, const struct frame *f)
{
    struct helper_reply r;
    if (f->len < sizeof r)
        return;
    memcpy(&r, f->data, sizeof r);
    struct waiting w;
    if (!take(h, r.number, &w))
        return;
    struct err e = {.code = r.err};
    r.text[sizeof r.text - 1] = '\0';
    str_copy(e.text, sizeof e.text, r.text);
    size_t rest = f->len - sizeof r;
    if (f->kind == HELPER_ADDRESSES && r.n <= DNS_ADDRESSES_MAX &&
        rest == r.n * sizeof(struct dns_address)) {
        struct dns_address *list = xcalloc(MAX(r.n, 1), sizeof *list);
        memcpy(list, f->data + sizeof r, rest);
        finish(&w, list, r.n, NULL, &e);
        free(list);
    } else {
        char *value = xstrndup(f->data + sizeof r, rest);
        finish(&w, NULL, 0, value, &e);
        str_wipe_free(value);
    }
}

static void on_ready(void *user, int fd, unsigned ready)
{
    struct helper *h = user;
    struct frame f;
    if (ready & LOOP_WRITE && frame_flush(&h->io) != 0)
        loop_io_want(h->watch, LOOP_READ);
    if (!(ready & (LOOP_READ | LOOP_HANGUP)))
        return;
    int rc = frame_fill(&h->io), got = 0;
    while (h->watch && (got = frame_next(&h->io, &f)) > 0) {
        on_reply(h, &f);
        mem_wipe((char *)(uintptr_t)f.data, f.len); /* may have been a password */
    }
    if (rc < 0 || got < 0)
        lost(h);
}

struct helper *helper_new(struct loop *loop, int fd)
{
    struct helper *h = xcalloc(1, sizeof *h);
    h->loop = loop;
    frame_io_init(&h->io, fd, 1u << 20);
    h->io.in.secret = true; /* what a password command printed */
    h->watch = loop_io_add(loop, fd, LOOP_READ, on_ready, h);
    return h;
}

void helper_on_gone(struct helper *h, loop_fn *fn, void *user)
{
    h->gone = fn;
    h->gone_user = user;
}

void helper_free(struct helper *h)
{
    if (!h)
        return;
    loop_io_del(h->watch);
    loop_timer_del(h->failing);
    frame_io_free(&h->io);
    free(h->list);
    free(h);
}

static uint32_t ask(struct helper *h, enum helper_kind kind, struct helper_request *q,
                    const char *const *strings, size_t n, struct waiting w)
{
    struct buf b = {0};
    h->number = h->number % (UINT32_MAX - 1) + 1;
    q->number = w.number = h->number;
    buf_add(&b, q, sizeof *q);
    for (size_t i = 0; i < n; i++)
        buf_add(&b, strings[i] ? strings[i] : "", strings[i] ? strlen(strings[i]) + 1 : 1);
    VEC_PUSH(h->list, h->n, h->cap, w);
    if (h->watch) {
        frame_put(&h->io, kind, b.data, b.len);
        if (frame_flush(&h->io) == 0)
            loop_io_want(h->watch, LOOP_READ | LOOP_WRITE);
    } else {
        lost(h);
    }
    buf_free(&b);
    return w.number;
}

uint32_t helper_resolve(struct helper *h, const struct dns_query *q, helper_addresses_fn *fn,
                        void *user)
{
    struct helper_request r = {
        .port = q->port, .has_srv = q->srv != NULL, .has_srv_tls = q->srv_tls != NULL};
    const char *strings[] = {q->host, q->srv, q->srv_tls};
    return ask(h, HELPER_RESOLVE, &r, strings, 3, (struct waiting){.addresses = fn, .user = user});
}

uint32_t helper_command(struct helper *h, const char *command, helper_secret_fn *fn, void *user)
{
    struct helper_request r = {0};
    return ask(h, HELPER_COMMAND, &r, &command, 1, (struct waiting){.secret = fn, .user = user});
}

void helper_cancel(struct helper *h, uint32_t number)
{
    struct waiting w;
    (void)take(h, number, &w);
}
