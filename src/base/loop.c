/* base/loop.c - the one poll loop of each process: descriptors, timers, signals, end-of-turn work
 */
#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"

struct loop_io {
    struct loop *loop;
    int fd, priority;
    unsigned want;
    bool dead, hangup_told;
    loop_io_fn *fn;
    void *user;
};

struct loop_timer {
    struct loop *loop;
    int64_t when;
    uint64_t seq;
    size_t at; /* place in the heap; SIZE_MAX while fn runs */
    loop_fn *fn;
    void *user;
};

struct call {
    loop_fn *fn;
    void *user;
};

struct handler {
    int signo;
    loop_signal_fn *fn;
    void *user;
};

struct loop {
    struct loop_io **ios; /* by priority, then age */
    size_t n_ios, cap_ios;
    struct loop_io *
        *fresh; /* added during a turn, or with a new priority: sorted in before the next one */
    size_t n_fresh, cap_fresh;
    struct pollfd *polls;
    size_t cap_polls;
    bool any_dead, in_turn;
    struct loop_timer **heap;
    size_t n_heap, cap_heap;
    uint64_t seq;
    struct call *deferred, *turn_end;
    size_t n_deferred, cap_deferred, n_turn_end, cap_turn_end;
    struct handler *handlers;
    size_t n_handlers, cap_handlers;
    struct loop_io *signal_io;
    int64_t now;
    bool again, quit;
    int code;
};

/* Written by the signal handler only: which signals came, and the pipe that wakes the loop. */
static volatile sig_atomic_t signal_came[NSIG];
static volatile sig_atomic_t signal_pipe[2] = {-1, -1};

struct loop *loop_new(void)
{
    struct loop *l = xcalloc(1, sizeof *l);
    l->now = clock_mono_ms();
    return l;
}

static void forget_signals(struct loop *l)
{
    for (size_t i = 0; i < l->n_handlers; i++) {
        struct sigaction sa = {.sa_handler = SIG_DFL};
        sigaction(l->handlers[i].signo, &sa, NULL);
    }
    if (!l->signal_io)
        return;
    int in = signal_pipe[0], out = signal_pipe[1];
    signal_pipe[0] = signal_pipe[1] = -1;
    close(in);
    close(out);
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    ENSURE(!l->in_turn);
    forget_signals(l);
    for (size_t i = 0; i < l->n_ios; i++)
        free(l->ios[i]);
    for (size_t i = 0; i < l->n_fresh; i++)
        free(l->fresh[i]);
    for (size_t i = 0; i < l->n_heap; i++)
        free(l->heap[i]);
    free(l->ios);
    free(l->fresh);
    free(l->polls);
    free(l->heap);
    free(l->deferred);
    free(l->turn_end);
    free(l->handlers);
    free(l);
}

/* ---- descriptors ---- */

struct loop_io *loop_io_add(struct loop *l, int fd, unsigned want, loop_io_fn *fn, void *user)
{
    ENSURE(fd >= 0);
    struct loop_io *io = xmalloc(sizeof *io);
    *io = (struct loop_io){.loop = l, .fd = fd, .want = want, .fn = fn, .user = user};
    VEC_PUSH(l->fresh, l->n_fresh, l->cap_fresh, io);
    return io;
}

void loop_io_want(struct loop_io *io, unsigned want)
{
    if (io->want == want)
        return;
    io->want = want;
    io->hangup_told = false;
}

unsigned loop_io_wanted(const struct loop_io *io)
{
    return io->want;
}

void loop_io_del(struct loop_io *io)
{
    if (!io)
        return;
    io->dead = true; /* freed between two turns: the current one may still hold it */
    io->loop->any_dead = true;
}

void loop_io_priority(struct loop_io *io, int priority)
{
    struct loop *l = io->loop;
    io->priority = priority;
    for (size_t i = 0; i < l->n_fresh; i++)
        if (l->fresh[i] == io)
            return;
    l->any_dead = true; /* have it taken out and sorted in anew */
    VEC_PUSH(l->fresh, l->n_fresh, l->cap_fresh, io);
}

static bool is_fresh(const struct loop *l, const struct loop_io *io)
{
    for (size_t i = 0; i < l->n_fresh; i++)
        if (l->fresh[i] == io)
            return true;
    return false;
}

/* Between turns: takes out what was deleted, puts in what is new. */
static void settle(struct loop *l)
{
    if (l->any_dead) {
        size_t n = 0;
        for (size_t i = 0; i < l->n_ios; i++) {
            struct loop_io *io = l->ios[i];
            if (is_fresh(l, io))
                continue;
            if (io->dead)
                free(io);
            else
                l->ios[n++] = io;
        }
        l->n_ios = n;
        l->any_dead = false;
    }
    for (size_t i = 0; i < l->n_fresh; i++) {
        struct loop_io *io = l->fresh[i];
        if (io->dead) {
            free(io);
            continue;
        }
        VEC_PUSH(l->ios, l->n_ios, l->cap_ios, io);
        size_t at = l->n_ios - 1;
        for (; at > 0 && l->ios[at - 1]->priority > io->priority; at--)
            l->ios[at] = l->ios[at - 1];
        l->ios[at] = io;
    }
    l->n_fresh = 0;
}

static void fill_polls(struct loop *l)
{
    if (l->cap_polls < l->n_ios) {
        l->cap_polls = l->n_ios * 2;
        l->polls = xreallocarray(l->polls, l->cap_polls, sizeof *l->polls);
    }
    for (size_t i = 0; i < l->n_ios; i++) {
        const struct loop_io *io = l->ios[i];
        short events =
            (short)((io->want & LOOP_READ ? POLLIN : 0) | (io->want & LOOP_WRITE ? POLLOUT : 0));
        /* a hang-up that nobody acts on is said once, not in a busy loop */
        l->polls[i] = (struct pollfd){.fd = io->hangup_told ? -1 : io->fd, .events = events};
    }
}

/* At a hang-up what was wanted is ready too, so that the reader meets the end or the error. */
static unsigned ready_of(struct loop_io *io, short revents)
{
    unsigned ready = (revents & POLLIN ? LOOP_READ : 0) | (revents & POLLOUT ? LOOP_WRITE : 0);
    ready &= io->want; /* a callback before us may have lost interest */
    if (revents & (POLLHUP | POLLERR | POLLNVAL)) {
        ready |= LOOP_HANGUP | (io->want & (LOOP_READ | LOOP_WRITE));
        if (!io->want || revents & POLLNVAL)
            io->hangup_told = true;
    }
    return ready;
}

static int run_ios(struct loop *l, size_t n)
{
    int handled = 0;
    for (size_t i = 0; i < n; i++) {
        struct loop_io *io = l->ios[i];
        if (!l->polls[i].revents || io->dead)
            continue;
        unsigned ready = ready_of(io, l->polls[i].revents);
        if (!ready)
            continue;
        handled++;
        io->fn(io->user, io->fd, ready);
    }
    return handled;
}

/* ---- timers: a binary heap by (when, order of adding) ---- */

static bool sooner(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->when != b->when ? a->when < b->when : a->seq < b->seq;
}

static void heap_put(struct loop *l, struct loop_timer *t, size_t at)
{
    l->heap[at] = t;
    t->at = at;
}

static void sift_up(struct loop *l, struct loop_timer *t, size_t at)
{
    for (; at > 0 && sooner(t, l->heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap_put(l, l->heap[(at - 1) / 2], at);
    heap_put(l, t, at);
}

static void sift_down(struct loop *l, struct loop_timer *t, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < l->n_heap && sooner(l->heap[child + 1], l->heap[child]))
            child++;
        if (child >= l->n_heap || !sooner(l->heap[child], t))
            break;
        heap_put(l, l->heap[child], at);
        at = child;
    }
    heap_put(l, t, at);
}

static void heap_remove(struct loop *l, struct loop_timer *t)
{
    size_t at = t->at;
    struct loop_timer *last = l->heap[--l->n_heap];
    t->at = SIZE_MAX;
    if (last == t)
        return;
    if (at > 0 && sooner(last, l->heap[(at - 1) / 2]))
        sift_up(l, last, at);
    else
        sift_down(l, last, at);
}

struct loop_timer *loop_timer_add(struct loop *l, int64_t after_ms, loop_fn *fn, void *user)
{
    struct loop_timer *t = xmalloc(sizeof *t);
    *t = (struct loop_timer){.loop = l, .seq = l->seq++, .fn = fn, .user = user};
    t->when = clock_mono_ms() + MAX(after_ms, 0);
    VEC_PUSH(l->heap, l->n_heap, l->cap_heap, t);
    sift_up(l, t, l->n_heap - 1);
    return t;
}

void loop_timer_del(struct loop_timer *t)
{
    if (!t || t->at == SIZE_MAX) /* from within its own fn: it is going anyway */
        return;
    heap_remove(t->loop, t);
    free(t);
}

static int run_timers(struct loop *l)
{
    int handled = 0;
    uint64_t until = l->seq; /* those added by callbacks wait for the next turn */
    while (l->n_heap) {
        struct loop_timer *t = l->heap[0];
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what was freed is not in the heap */
        if (t->when > l->now || t->seq >= until)
            break;
        heap_remove(l, t);
        handled++;
        t->fn(t->user);
        free(t);
    }
    return handled;
}

/* ---- end of the turn ---- */

void loop_defer(struct loop *l, loop_fn *fn, void *user)
{
    for (size_t i = 0; i < l->n_deferred; i++)
        if (l->deferred[i].fn == fn && l->deferred[i].user == user)
            return;
    struct call c = {fn, user};
    VEC_PUSH(l->deferred, l->n_deferred, l->cap_deferred, c);
}

void loop_defer_cancel(struct loop *l, loop_fn *fn, void *user)
{
    for (size_t i = 0; i < l->n_deferred; i++)
        if (l->deferred[i].user == user && (!fn || l->deferred[i].fn == fn))
            l->deferred[i].fn = NULL; /* stays in place: the list may be running */
}

void loop_at_turn_end(struct loop *l, loop_fn *fn, void *user)
{
    struct call c = {fn, user};
    VEC_PUSH(l->turn_end, l->n_turn_end, l->cap_turn_end, c);
}

void loop_turn_end_cancel(struct loop *l, loop_fn *fn, void *user)
{
    for (size_t i = 0; i < l->n_turn_end; i++)
        if (l->turn_end[i].fn == fn && l->turn_end[i].user == user)
            l->turn_end[i].fn = NULL;
}

void loop_again(struct loop *l)
{
    l->again = true;
}

/* Runs what was deferred before the start; what these defer in turn is for the next turn. */
static int run_deferred(struct loop *l)
{
    size_t n = l->n_deferred;
    int handled = 0;
    for (size_t i = 0; i < n; i++) {
        struct call c = l->deferred[i];
        l->deferred[i].fn = NULL; /* may be deferred anew from now on */
        if (!c.fn)
            continue;
        handled++;
        c.fn(c.user);
    }
    size_t left = 0;
    for (size_t i = n; i < l->n_deferred; i++)
        if (l->deferred[i].fn)
            l->deferred[left++] = l->deferred[i];
    l->n_deferred = left;
    return handled;
}

static void run_turn_end(struct loop *l)
{
    for (size_t i = 0; i < l->n_turn_end; i++)
        if (l->turn_end[i].fn)
            l->turn_end[i].fn(l->turn_end[i].user);
}

/* ---- signals ---- */

static void on_signal(int signo)
{
    int saved = errno;
    signal_came[signo] = 1;
    ssize_t n = write(signal_pipe[1], "", 1);
    (void)n;
    errno = saved;
}

static void on_signal_pipe(void *user, int fd, unsigned ready)
{
    struct loop *l = user;
    char drain[64];
    while (read(fd, drain, sizeof drain) == (ssize_t)sizeof drain)
        ;
    for (int signo = 1; signo < NSIG; signo++) {
        if (!signal_came[signo])
            continue;
        signal_came[signo] = 0;
        for (size_t i = 0; i < l->n_handlers; i++)
            if (l->handlers[i].signo == signo)
                l->handlers[i].fn(l->handlers[i].user, signo);
    }
}

static int open_signal_pipe(struct loop *l)
{
    int p[2];
    ENSURE(signal_pipe[0] < 0);
    if (pipe(p) < 0)
        return -errno;
    for (int i = 0; i < 2; i++) {
        fd_cloexec(p[i], true);
        fd_nonblock(p[i], true);
        signal_pipe[i] = p[i];
    }
    l->signal_io = loop_io_add(l, p[0], LOOP_READ, on_signal_pipe, l);
    loop_io_priority(l->signal_io, INT_MIN);
    return 0;
}

int loop_signal(struct loop *l, int signo, loop_signal_fn *fn, void *user)
{
    ENSURE(signo > 0 && signo < NSIG);
    if (!l->signal_io) {
        int r = open_signal_pipe(l);
        if (r < 0)
            return r;
    }
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&sa.sa_mask);
    if (sigaction(signo, &sa, NULL) < 0)
        return -errno;
    struct handler h = {signo, fn, user};
    VEC_PUSH(l->handlers, l->n_handlers, l->cap_handlers, h);
    return 0;
}

/* ---- turns ---- */

int64_t loop_now(const struct loop *l)
{
    return l->now;
}

static int wait_time(const struct loop *l, int wait_ms)
{
    if (l->again || l->n_deferred || l->quit)
        return 0;
    if (!l->n_heap)
        return wait_ms;
    int64_t left = MAX(l->heap[0]->when - clock_mono_ms(), 0);
    if (wait_ms >= 0)
        left = MIN(left, wait_ms);
    return (int)MIN(left, INT_MAX);
}

int loop_turn(struct loop *l, int wait_ms)
{
    ENSURE(!l->in_turn);
    settle(l);
    fill_polls(l);
    size_t n = l->n_ios;
    int r = poll(l->polls, n, wait_time(l, wait_ms));
    if (r < 0 && errno == EINTR) /* a signal: its byte is in the pipe by now */
        r = poll(l->polls, n, 0);
    if (r < 0 && errno != EINTR)
        return -errno;
    l->now = clock_mono_ms();
    l->in_turn = true;
    bool again = l->again;
    l->again = false;
    int handled = r > 0 ? run_ios(l, n) : 0;
    handled += run_timers(l);
    handled += run_deferred(l);
    if (handled || again)
        run_turn_end(l);
    l->in_turn = false;
    settle(l);
    return handled;
}

int loop_run(struct loop *l)
{
    while (!l->quit) {
        int r = loop_turn(l, -1);
        if (r < 0)
            return r;
    }
    l->quit = false;
    return l->code;
}

void loop_quit(struct loop *l, int code)
{
    l->quit = true;
    l->code = code;
}
