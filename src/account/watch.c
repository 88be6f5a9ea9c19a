/* account/watch.c - notices that the machine slept, the clock jumped or the network changed; never
 * polls */
#include "account/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#endif

#include "base/clock.h"
#include "base/mem.h"

#define JUMP_MS 2000 /* less is a correction of the clock */
#define KNOWN_MAX 64

struct known {
    int family, is_route;
    unsigned index;
    unsigned char address[16];
};
struct watch {
    struct loop *loop;
    struct watch_clocks clocks;
    loop_fn *fn;
    void *user;
    int clock_fd, net_fd;
    struct loop_io *clock_io, *net_io;
    struct loop_timer *settle;
    int64_t slept_ms,
        wall_ms; /* boot and wall clock against the monotonic one, when last looked at */
    struct known
        known[KNOWN_MAX]; /* addresses and routes seen: they are announced again and again */
    size_t n_known;
};

static void settled(void *user)
{
    struct watch *w = user;
    w->settle = NULL;
    w->fn(w->user);
}

static void changed(struct watch *w)
{
    if (!w->settle)
        w->settle = loop_timer_add(w->loop, WATCH_SETTLE_MS, settled, w);
}

/* True when time did not pass evenly since the last look. */
static bool jumped(struct watch *w)
{
    const struct watch_clocks *c = &w->clocks;
    int64_t mono = c->mono(), slept = c->boot() - mono, wall = c->wall() - mono;
    bool jump = slept - w->slept_ms > JUMP_MS || llabs(wall - w->wall_ms) > JUMP_MS;
    w->slept_ms = slept;
    w->wall_ms = wall;
    return jump;
}

#ifdef __linux__
/* A timer that never comes due, but is cancelled when the wall clock is set or the machine wakes up
 * (timerfd(2)). */
static void clock_arm(struct watch *w)
{
    struct itimerspec never = {.it_value = {.tv_sec = (time_t)1 << 40}};
    (void)timerfd_settime(w->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static void on_clock(void *user, int fd, unsigned ready)
{
    struct watch *w = user;
    uint64_t n;
    ssize_t got = read(fd, &n, sizeof n);
    if (got < 0 && errno == EAGAIN)
        return;
    clock_arm(w);
    if (jumped(w))
        changed(w);
}

static void take_attribute(struct known *out, struct rtattr *a, size_t left, unsigned short type)
{
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == type && RTA_PAYLOAD(a) <= sizeof out->address)
            memcpy(out->address, RTA_DATA(a), RTA_PAYLOAD(a));
}

/* A default route, by its gateway. */
static bool route_of(struct nlmsghdr *h, struct known *out)
{
    struct rtmsg *r = NLMSG_DATA(h);
    if (h->nlmsg_len < NLMSG_LENGTH(sizeof *r) || r->rtm_dst_len != 0 ||
        r->rtm_type != RTN_UNICAST ||
        (r->rtm_table != RT_TABLE_MAIN && r->rtm_table != RT_TABLE_UNSPEC))
        return false;
    *out = (struct known){.family = r->rtm_family, .is_route = 1};
    take_attribute(out, RTM_RTA(r), h->nlmsg_len - NLMSG_LENGTH(sizeof *r), RTA_GATEWAY);
    return true;
}

static bool address_of(struct nlmsghdr *h, struct known *out)
{
    struct ifaddrmsg *m = NLMSG_DATA(h);
    if (h->nlmsg_len < NLMSG_LENGTH(sizeof *m) || m->ifa_scope != RT_SCOPE_UNIVERSE)
        return false;
    *out = (struct known){.family = m->ifa_family, .index = m->ifa_index};
    take_attribute(out, IFA_RTA(m), h->nlmsg_len - NLMSG_LENGTH(sizeof *m), IFA_ADDRESS);
    return true;
}

/* True when a new way out appeared, or an address that connections may be bound to went. */
static bool matters(struct watch *w, struct nlmsghdr *h)
{
    struct known one;
    bool route = h->nlmsg_type == RTM_NEWROUTE || h->nlmsg_type == RTM_DELROUTE;
    bool address = h->nlmsg_type == RTM_NEWADDR || h->nlmsg_type == RTM_DELADDR;
    if (!(route && route_of(h, &one)) && !(address && address_of(h, &one)))
        return false;
    size_t i = 0;
    while (i < w->n_known && memcmp(&w->known[i], &one, sizeof one) != 0)
        i++;
    bool have = i < w->n_known,
         added = h->nlmsg_type == RTM_NEWADDR || h->nlmsg_type == RTM_NEWROUTE;
    if (!added && have)
        w->known[i] = w->known[--w->n_known];
    else if (added && !have && w->n_known < KNOWN_MAX)
        w->known[w->n_known++] = one;
    return added ? !have : address;
}

static void on_net(void *user, int fd, unsigned ready)
{
    struct watch *w = user;
    _Alignas(struct nlmsghdr) char data[8192];
    ssize_t n = recv(fd, data, sizeof data, 0);
    if (n < 0 && errno == ENOBUFS) {
        changed(w);
        return;
    }
    if (n <= 0)
        return;
    unsigned left = (unsigned)n;
    for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)data; NLMSG_OK(h, left);
         h = NLMSG_NEXT(h, left)) {
        if (matters(w, h))
            changed(w);
    }
}

static int net_open(void)
{
    struct sockaddr_nl sa = {.nl_family = AF_NETLINK,
                             .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                          RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof sa) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static void start(struct watch *w)
{
    w->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (w->clock_fd >= 0) {
        clock_arm(w);
        w->clock_io = loop_io_add(w->loop, w->clock_fd, LOOP_READ, on_clock, w);
    }
    w->net_fd = net_open();
    if (w->net_fd >= 0)
        w->net_io = loop_io_add(w->loop, w->net_fd, LOOP_READ, on_net, w);
}
#else
static void start(struct watch *w)
{
    w->clock_fd = w->net_fd = -1;
}
#endif

/* Where nothing announces a suspend, the first event afterwards shows it. */
static void on_turn(void *user)
{
    struct watch *w = user;
    if (jumped(w))
        changed(w);
}

struct watch *watch_new(struct loop *loop, const struct watch_clocks *clocks, loop_fn *fn,
                        void *user)
{
    static const struct watch_clocks system = {clock_mono_ms, clock_boot_ms, clock_wall_ms};
    struct watch *w = xcalloc(1, sizeof *w);
    *w = (struct watch){.loop = loop, .clocks = clocks ? *clocks : system, .fn = fn, .user = user};
    (void)jumped(w);
    start(w);
    loop_at_turn_end(loop, on_turn, w);
    return w;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    loop_turn_end_cancel(w->loop, on_turn, w);
    loop_io_del(w->clock_io);
    loop_io_del(w->net_io);
    loop_timer_del(w->settle);
    if (w->clock_fd >= 0)
        (void)close(w->clock_fd);
    if (w->net_fd >= 0)
        (void)close(w->net_fd);
    free(w);
}
