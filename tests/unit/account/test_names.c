/* tests/unit/account/test_names.c - looking up services with a name server of our own, dialling what
 * was found, and remembering what was refused */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "account/dial.h"
#include "account/dns.h"
#include "base/clock.h"
#include "base/loop.h"
#include "kith/plugin.h"
#include "rig.h"

/* ---- a name server, in a network and a mount table of its own ---- */

/* Host names in wire form, as they follow the record's priority, weight and port. */
#define A_EXAMPLE                                                                                  \
    "\x01"                                                                                         \
    "a\x07"                                                                                        \
    "example\x03org"
static size_t answer_srv(unsigned char *out, const char *question)
{
    static const unsigned char two[] =
        "\xc0\x0c\x00\x21\x00\x01\x00\x00\x0e\x10\x00\x15\x00\x05\x00\x00\x14\x66" A_EXAMPLE;
    static const unsigned char tls[] =
        "\xc0\x0c\x00\x21\x00\x01\x00\x00\x0e\x10\x00\x15\x00\x01\x00\x00\x14\x67" A_EXAMPLE;
    static const unsigned char dot[] =
        "\xc0\x0c\x00\x21\x00\x01\x00\x00\x0e\x10\x00\x07\x00\x00\x00\x00\x00\x00";
    if (strstr(question, "refusing"))
        return memcpy(out, dot, sizeof dot), sizeof dot;
    if (strstr(question, "nothing"))
        return 0;
    if (strstr(question, "_xmpps"))
        return memcpy(out, tls, sizeof tls), sizeof tls;
    return memcpy(out, two, sizeof two), sizeof two;
}

static size_t answer(unsigned char *p, size_t len)
{
    static const unsigned char four[] =
        "\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\x7f\x00\x00\x07";
    size_t at = 12, n = 0;
    char question[300] = "";
    while (at < len && p[at]) {
        strncat(question, (char *)p + at + 1, p[at]);
        strncat(question, ".", 2);
        at += p[at] + 1u;
    }
    unsigned type = (unsigned)p[at + 1] << 8 | p[at + 2];
    len = at + 5;
    if (type == 33)
        n = answer_srv(p + len, question);
    else if (type == 1 && !strstr(question, "missing"))
        n = sizeof four - 1, memcpy(p + len, four, n);
    p[2] = 0x85;
    p[3] = strstr(question, "missing") ? 0x83 : 0x80;
    p[6] = 0;
    p[7] = n > 0;
    memset(p + 8, 0, 4);
    return len + n;
}

/* What was asked of the name server and of the proxy; shared by the processes. */
static struct asked {
    unsigned names; /* questions */
    char name[300]; /* the last */
    char host[300]; /* as the proxy was told, */
    unsigned kind, port, times;
} *asked;

static void name_server(int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        unsigned char p[1500];
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        ssize_t n = recvfrom(fd, p, 512, 0, (struct sockaddr *)&from, &from_len);
        if (n > 12) {
            asked->names++;
            str_copy(asked->name, sizeof asked->name, (char *)p + 13);
        }
        if (n > 12)
            (void)sendto(fd, p, answer(p, (size_t)n), 0, (struct sockaddr *)&from, from_len);
    }
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool own_world(char *dir)
{
    static const struct {
        const char *name, *over, *text;
    } files[] = {{"resolv", "/etc/resolv.conf", "nameserver 127.0.0.1\n"},
                 {"nss", "/etc/nsswitch.conf", "hosts: files dns\n"}};
    struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    struct sockaddr_in sa = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    asked = mmap(NULL, sizeof *asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (asked == MAP_FAILED || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return false;
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, files[i].name);
        bool ok =
            write_file(path, files[i].text) && mount(path, files[i].over, NULL, MS_BIND, NULL) == 0;
        if (!ok)
            return false;
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0)
        return false;
    if (fork() == 0)
        name_server(fd);
    close(fd);
    return true;
}

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            (void)fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #cond, e.text);                  \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

static int resolve_child(char *dir)
{
    struct dns_address list[8];
    struct err e = {0};
    char name[100];
    if (!own_world(dir))
        return 77;
    struct dns_query q = {
        .host = "example.org", .srv = "_xmpp-client._tcp", .srv_tls = "_xmpps-client._tcp"};
    CHECK(dns_resolve(&q, list, 8, &e) == 2);
    dial_name(&list[0], name, sizeof name);
    CHECK(strcmp(name, "127.0.0.7:5223") == 0 &&
          list[0].direct); /* the smaller priority: TLS at once */
    dial_name(&list[1], name, sizeof name);
    CHECK(strcmp(name, "127.0.0.7:5222") == 0 && !list[1].direct);
    CHECK(strcmp(list[0].host, "a.example.org") == 0);
    q.host = "nothing.org"; /* no records: the name itself, at the usual port */
    CHECK(dns_resolve(&q, list, 8, &e) == 1);
    CHECK(dns_port(&list[0]) == 5222 && strcmp(list[0].host, "nothing.org") == 0);
    q.port = 4711;
    CHECK(dns_resolve(&q, list, 8, &e) == 1 && dns_port(&list[0]) == 4711);
    q.host = "refusing.org";
    CHECK(dns_resolve(&q, list, 8, &e) == KITH_ENOTFOUND && strstr(e.text, "does not offer"));
    q.host = "b\xc3\xbc" "cher.nothing"; /* asked for by its A-labels, and shown by them */
    CHECK(dns_resolve(&q, list, 8, &e) == 1);
    CHECK(strcmp(list[0].host, "xn--bcher-kva.nothing") == 0);
    q.host = "bad\xff.example";
    CHECK(dns_resolve(&q, list, 8, &e) == KITH_EINVAL);
    q = (struct dns_query){.host = "missing.org", .port = 1};
    CHECK(dns_resolve(&q, list, 8, &e) == KITH_ENOTFOUND && strstr(e.text, "missing.org"));
    return 0;
}

/* ---- targets that answer, but with whom no login comes about ---- */

struct attempt {
    struct kith_stream *st;
    int ended;
    uint16_t port;
    int err;
};

static void on_open(void *user, const struct kith_stream_info *info)
{
    struct attempt *a = user;
    a->port = info->port;
    a->ended = 1;
}

static void on_closed(void *user, int err, const char *text)
{
    struct attempt *a = user;
    a->err = err;
    a->st = NULL;
    a->ended = 1;
}

static const struct kith_stream_cb callbacks = {
    .size = sizeof callbacks, .open = on_open, .closed = on_closed};

/* What the plugin would do: connects; what came of it. */
static struct attempt attempt(struct rig *r)
{
    struct kith_stream_params p = {.size = sizeof p,
                                   .tls = KITH_TLS_START,
                                   .host = "example.org",
                                   .srv = "_xmpp-client._tcp",
                                   .srv_tls = "_xmpps-client._tcp"};
    struct attempt a = {0};
    if (stream_open(r->a, &p, &callbacks, &a, &a.st) == 0)
        rig_until(r, &a.ended);
    if (a.st)
        stream_close(a.st);
    return a;
}

/* The plugin's word on it, and what the engine gets to hear. */
static uint32_t told(struct rig *r, uint32_t state, int err, uint32_t retry)
{
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE},
                               .state = state,
                               .err = err,
                               .retry = retry,
                               .text = "so it is"};
    r->a->host->emit(r->a, &ev.ev);
    const struct kith_ev_state *got = (const void *)rig_event(r, KITH_EV_STATE);
    return got ? got->retry : 99;
}

static int listen_at(uint16_t port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(fd, (struct sockaddr *)&sa, sizeof sa) == 0 && listen(fd, 8) == 0 ? fd : -1;
}

/* Speaks no TLS to whoever comes. */
static void babble(int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int c = accept(fd, NULL, NULL);
        (void)!write(c, "220 mail.example.org ESMTP\r\n", 28);
        close(c);
    }
}

static int targets_child(char *dir)
{
    struct err e = {0};
    struct rig r = {0};
    if (!own_world(dir))
        return 77;
    int direct = listen_at(5223), plain = listen_at(5222);
    CHECK(direct >= 0 && plain >= 0);
    if (fork() == 0)
        babble(direct);
    rig_start(&r);
    /* the first target's handshake fails: the next one is tried at once */
    struct attempt a = attempt(&r);
    CHECK(a.err == KITH_ETLS || a.err == KITH_ENET);
    CHECK(told(&r, KITH_STATE_OFFLINE, a.err, KITH_RETRY_AUTO) == KITH_RETRY_NOW);
    a = attempt(&r);
    CHECK(a.err == 0 && a.port == 5222);
    /* that one does not let us log in either: the plugin's own word counts, and all begins anew */
    CHECK(told(&r, KITH_STATE_OFFLINE, KITH_ENET, KITH_RETRY_AUTO) == KITH_RETRY_AUTO);
    a = attempt(&r);
    CHECK(a.err < 0);
    CHECK(told(&r, KITH_STATE_OFFLINE, a.err, KITH_RETRY_AUTO) == KITH_RETRY_NOW);
    /* the second one lets us in: when that session is lost the round is over */
    a = attempt(&r);
    CHECK(a.port == 5222);
    (void)told(&r, KITH_STATE_AUTH, 0, 0);
    CHECK(told(&r, KITH_STATE_OFFLINE, KITH_ENET, KITH_RETRY_AUTO) == KITH_RETRY_AUTO);
    /* what let us in once is no failing target, whatever happens then */
    a = attempt(&r);
    (void)told(&r, KITH_STATE_AUTH, 0, 0);
    CHECK(told(&r, KITH_STATE_OFFLINE, KITH_ENET, KITH_RETRY_AUTO) == KITH_RETRY_AUTO);
    /* a refusal is no matter of targets */
    a = attempt(&r);
    CHECK(told(&r, KITH_STATE_OFFLINE, KITH_ETLS, KITH_RETRY_NEVER) == KITH_RETRY_NEVER);
    a = attempt(&r);
    CHECK(a.err < 0 && told(&r, KITH_STATE_OFFLINE, KITH_EAUTH, KITH_RETRY_AUTO) == KITH_RETRY_AUTO);
    rig_stop(&r);
    rig_remove(&r);
    return 0;
}

/* ---- behind a proxy ---- */

static bool get(int fd, void *out, size_t n)
{
    return recv(fd, out, n, MSG_WAITALL) == (ssize_t)n;
}

/* One client: what it asks for is noted; by the name it is let through, refused, or left alone. */
static void proxy_one(int fd)
{
    unsigned char b[300], len = 4, port[2];
    if (!get(fd, b, 2) || !get(fd, b + 2, b[1]) || write(fd, "\x05\x00", 2) != 2 || !get(fd, b, 4))
        return;
    asked->kind = b[3];
    if ((b[3] == 3 && !get(fd, &len, 1)) || !get(fd, b, b[3] == 4 ? 16 : len) || !get(fd, port, 2))
        return;
    b[asked->kind == 4 ? 16 : len] = '\0';
    if (asked->kind == 3)
        str_copy(asked->host, sizeof asked->host, (char *)b);
    else
        inet_ntop(asked->kind == 4 ? AF_INET6 : AF_INET, b, asked->host, sizeof asked->host);
    asked->port = (unsigned)port[0] << 8 | port[1];
    asked->times++;
    if (strstr(asked->host, "dies"))
        return;
    bool refused = strstr(asked->host, "refused") != NULL;
    (void)!write(fd, refused ? "\x05\x05\x00\x01\0\0\0\0\0\0" : "\x05\x00\x00\x01\0\0\0\0\0\0", 10);
    (void)recv(fd, b, 1, MSG_WAITALL); /* until it goes */
}

static void be_proxy(int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int c = accept(fd, NULL, NULL);
        proxy_one(c);
        close(c);
    }
}

static const char *words; /* of the last attempt */

static void on_proxied_closed(void *user, int err, const char *text)
{
    static char kept[512];
    str_copy(kept, sizeof kept, text);
    words = kept;
    on_closed(user, err, text);
}

static int proxied(struct rig *r, const char *host, const char *srv, const char *srv_tls)
{
    static const struct kith_stream_cb cb = {.size = sizeof cb, .open = on_open, .closed = on_proxied_closed};
    struct kith_stream_params p = {
        .size = sizeof p, .tls = KITH_TLS_OWN, .host = host, .srv = srv, .srv_tls = srv_tls, .port = srv || srv_tls ? 0 : 4711};
    struct attempt a = {0};
    words = "";
    int rc = stream_open(r->a, &p, &cb, &a, &a.st);
    if (rc == 0)
        rig_until(r, &a.ended);
    if (a.st)
        stream_close(a.st);
    return rc < 0 ? rc : a.err;
}

#define C2S "_xmpp-client._tcp"
#define C2S_TLS "_xmpps-client._tcp"
/* The proxy gets the name, and nobody else hears of it: no service records, no addresses. */
static int proxy_child(char *dir)
{
    struct err e = {0};
    struct rig r = {0};
    if (!own_world(dir))
        return 77;
    int fd = listen_at(1080);
    CHECK(fd >= 0);
    if (fork() == 0)
        be_proxy(fd);
    close(fd);
    rig_start(&r);
    /* without one: to be sure that questions are counted, and that none is about an onion */
    CHECK(proxied(&r, "example.org", C2S, C2S_TLS) < 0 && asked->names >= 3);
    asked->names = 0;
    CHECK(proxied(&r, "kithx7aoxv2yuj.onion", C2S, C2S_TLS) == KITH_ENOTFOUND && strstr(words, "through Tor only"));
    CHECK(proxied(&r, "KITH.Onion.", NULL, NULL) == KITH_ENOTFOUND && asked->names == 0);
    rig_option(&r, "proxy", "socks5://127.0.0.1:1080");
    CHECK(proxied(&r, "kithx7aoxv2yuj.onion", C2S, C2S_TLS) == 0);
    CHECK(asked->kind == 3 && strcmp(asked->host, "kithx7aoxv2yuj.onion") == 0 && asked->port == 5222);
    CHECK(proxied(&r, "example.org", NULL, C2S_TLS) == 0 && strcmp(asked->host, "example.org") == 0 && asked->port == 5223);
    CHECK(proxied(&r, "example.org", NULL, NULL) == 0 && asked->port == 4711);
    CHECK(proxied(&r, "b\xc3\xbc" "cher.example", C2S, NULL) == 0 && strcmp(asked->host, "xn--bcher-kva.example") == 0);
    CHECK(proxied(&r, "192.0.2.7", NULL, NULL) == 0 && asked->kind == 1 && strcmp(asked->host, "192.0.2.7") == 0);
    CHECK(proxied(&r, "2001:db8::7", NULL, NULL) == 0 && asked->kind == 4 && strcmp(asked->host, "2001:db8::7") == 0);
    CHECK(asked->times == 6);
    /* it says no; it goes away */
    CHECK(proxied(&r, "refused.onion", C2S, NULL) == KITH_ENET);
    CHECK(strcmp(words, "The proxy could not connect to refused.onion: connection refused.") == 0);
    CHECK(proxied(&r, "dies.onion", C2S, NULL) == KITH_ENET);
    CHECK(strcmp(words, "The proxy closed the connection before it had reached the server.") == 0);
    /* it is not there: nobody is reached without it */
    r.options[0].value = "socks5://127.0.0.1:1081";
    CHECK(proxied(&r, "example.org", C2S, C2S_TLS) == KITH_ENET);
    CHECK(strstr(words, "The proxy of this account is not there: Cannot connect to 127.0.0.1 (127.0.0.1:1081)"));
    CHECK(asked->times == 8 && asked->names == 0);
    /* the proxy's own name is the only one that is asked for */
    r.options[0].value = "socks5://proxy.nothing:1080";
    CHECK(proxied(&r, "example.org", C2S, C2S_TLS) == 0 && asked->times == 9);
    CHECK(asked->names > 0 && strncmp(asked->name, "proxy", 5) == 0);
    r.options[0].value = "socks5://missing.proxy:1080";
    CHECK(proxied(&r, "example.org", C2S, C2S_TLS) == KITH_ENOTFOUND && strstr(words, "proxy of this account is not found: "));
    rig_stop(&r);
    rig_remove(&r);
    return 0;
}

static void in_a_world(int (*child)(char *dir))
{
    char dir[] = "/tmp/kith-names-XXXXXX", path[64];
    int status;
    assert_non_null(mkdtemp(dir));
    pid_t pid = fork();
    if (pid == 0)
        _exit(child(dir));
    waitpid(pid, &status, 0);
    snprintf(path, sizeof path, "%s/resolv", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/nss", dir);
    unlink(path);
    rmdir(dir);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) /* needs a network and mounts of its own */
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void services_are_looked_up(void **state)
{
    in_a_world(resolve_child);
}

static void the_next_target_is_tried(void **state)
{
    in_a_world(targets_child);
}

static void a_proxy_is_told_the_name_and_nobody_else(void **state)
{
    in_a_world(proxy_child);
}

/* ---- dialling ---- */

struct result {
    int done, fd;
    size_t which;
    struct err e;
};

static void on_dialed(void *user, int fd, size_t which, const struct err *e)
{
    struct result *r = user;
    *r = (struct result){.done = 1, .fd = fd, .which = which, .e = *e};
}

static struct dns_address listener(int backlog, int *fd)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct dns_address a = {.sa_len = sizeof sa, .host = "localhost"};
    socklen_t len = sizeof sa;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&sa, sizeof sa), 0);
    if (backlog >= 0)
        assert_int_equal(listen(*fd, backlog), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&sa, &len), 0);
    memcpy(&a.sa, &sa, sizeof sa);
    return a;
}

static void dial(const struct dns_address *list, size_t n, struct result *r)
{
    struct loop *loop = loop_new();
    *r = (struct result){0};
    assert_non_null(dial_start(loop, list, n, on_dialed, r));
    for (int64_t end = clock_mono_ms() + 5000; !r->done && clock_mono_ms() < end;)
        loop_turn(loop, 1000);
    assert_true(r->done);
    loop_free(loop);
}

static void the_first_that_answers_wins(void **state)
{
    int silent, good, closed, fill[3];
    struct dns_address list[3] = {listener(0, &silent), listener(8, &good), listener(-1, &closed)};
    struct result r;
    for (size_t i = 0; i < 3;
         i++) { /* its queue is full: further attempts hang, as behind a dead route */
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fill[i], (struct sockaddr *)&list[0].sa, list[0].sa_len);
    }
    int64_t begin = clock_mono_ms();
    dial(list, 2, &r);
    assert_true(r.fd >= 0);
    assert_int_equal(r.which, 1);
    assert_in_range(clock_mono_ms() - begin, DIAL_STAGGER_MS - 20, 3000);
    close(r.fd);
    struct dns_address refused[2] = {list[2],
                                     list[1]}; /* a refusal does not wait for the stagger */
    begin = clock_mono_ms();
    dial(refused, 2, &r);
    assert_int_equal(r.which, 1);
    assert_true(clock_mono_ms() - begin < DIAL_STAGGER_MS);
    close(r.fd);
    dial(refused, 1, &r);
    assert_true(r.fd < 0);
    assert_non_null(strstr(r.e.text, "refused"));
    dial(refused, 0, &r);
    assert_int_equal(r.e.code, KITH_ENOTFOUND);
    for (size_t i = 0; i < 3; i++)
        close(fill[i]);
    close(silent);
    close(good);
    close(closed);
}

/* ---- names of certificates ---- */

/* A server that shows another certificate each time: what is kept of the answers has a bound. */
static void refusals_have_a_bound(void **state)
{
    struct rig r = {0};
    char print[65];
    struct kith_cert cert = {.size = sizeof cert, .name = "example.org", .fingerprint = print,
                             .problem = "it is self-signed"};
    rig_start(&r);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(print, sizeof print, "%064x", i);
        assert_int_equal(trust_check(r.a->trust, &cert), KITH_TRUST_ASKED);
        const struct kith_ev_ask *q = (const void *)rig_event(&r, KITH_EV_ASK);
        assert_non_null(q);
        assert_true(trust_answer(r.a->trust, q->ask, "no"));
        assert_int_equal(trust_check(r.a->trust, &cert), KITH_TRUST_NO);
    }
    snprintf(print, sizeof print, "%064x", 190u);
    assert_int_equal(trust_check(r.a->trust, &cert), KITH_TRUST_NO);
    snprintf(print, sizeof print, "%064x", 100u);
    assert_int_equal(trust_check(r.a->trust, &cert), KITH_TRUST_ASKED); /* long forgotten */
    rig_stop(&r);
    rig_remove(&r);
}

/* Answered before the attempt has ended: its end says what was decided, and no more that an answer is waited for. */
static void an_answer_before_the_end(void **state)
{
    static const struct {
        const char *answer, *says;
        enum kith_retry retry;
        int err;
    } cases[] = {{"no", "You refused", KITH_RETRY_NEVER, KITH_ETLS},
                 {"once", "accepted", KITH_RETRY_NOW, KITH_ETLS},
                 {"no", "the cable is out", KITH_RETRY_NEVER, KITH_ENET}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r = {0};
        struct kith_cert cert = {.size = sizeof cert, .name = "example.org", .problem = "it is self-signed",
                                 .fingerprint = "00000000000000000000000000000000"
                                                "00000000000000000000000000000001"};
        struct kith_ev_state end = {.ev = {.size = sizeof end, .type = KITH_EV_STATE},
                                    .err = cases[i].err, .text = "the cable is out"};
        rig_start(&r);
        r.a->state = KITH_STATE_CONNECT;
        assert_int_equal(trust_check(r.a->trust, &cert), KITH_TRUST_ASKED);
        const struct kith_ev_ask *q = (const void *)rig_event(&r, KITH_EV_ASK);
        assert_non_null(q);
        assert_true(trust_answer(r.a->trust, q->ask, cases[i].answer));
        assert_null(rig_event(&r, KITH_EV_STATE));
        assert_true(r.a->host->emit(r.a, &end.ev) > 0);
        const struct kith_ev_state *st = (const void *)rig_event(&r, KITH_EV_STATE);
        assert_non_null(st);
        assert_int_equal(st->retry, cases[i].retry);
        assert_non_null(strstr(st->text, cases[i].says));
        rig_stop(&r);
        rig_remove(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(services_are_looked_up),
                                       cmocka_unit_test(the_next_target_is_tried),
                                       cmocka_unit_test(a_proxy_is_told_the_name_and_nobody_else),
                                       cmocka_unit_test(the_first_that_answers_wins),
                                       cmocka_unit_test(refusals_have_a_bound),
                                       cmocka_unit_test(an_answer_before_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
