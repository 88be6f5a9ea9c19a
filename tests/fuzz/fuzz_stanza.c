/* fuzz/fuzz_stanza.c - what a server may send: bytes through libstrophe and the guard into login
 * and features
 *
 * links: base xmpp
 * The first byte says where the login stands; the rest comes over a loopback connection, the
 * stream's head included before it.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/xmpp/x.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const struct kith_plugin *kith_plugin_v0(void);

struct timer {
    kith_timer_fn *fn;
    void *user;
    bool soon;
};
struct kith_stream {
    int fd;
    const struct kith_stream_cb *cb;
    void *user;
};
static struct {
    int listener;
    struct sockaddr_in at;
    struct timer timers[256];
    int n_timers;
    uint64_t number;
    struct kith_stream stream;
} H = {.listener = -1};

static uint64_t h_emit(struct kith_account *a, const struct kith_event *ev)
{
    return ++H.number;
}
static void h_log(struct kith_account *a, uint32_t level, const char *line)
{
}
static int64_t h_time(void)
{
    return 1700000000000;
}
static int h_random(void *p, size_t n)
{
    memset(p, 7, n);
    return 0;
}
static const char *h_option(struct kith_account *a, const char *key)
{
    return strcmp(key, "address") == 0       ? "alice@localhost"
           : strcmp(key, "allow_plain") == 0 ? "true"
           : strcmp(key, "encryption") == 0  ? "off" /* a hundred keys for each input; fuzz_omemo has it */
                                             : NULL;
}
static int h_secret(struct kith_account *a, const char *key, const char *why, kith_secret_fn *fn,
                    void *user)
{
    fn(user, KITH_OK, "secret");
    return KITH_OK;
}
static void h_secret_wrong(struct kith_account *a, const char *key)
{
}
static int h_io_add(int fd, unsigned want, kith_io_fn *fn, void *user)
{
    return 1;
}
static void h_io_del(int handle)
{
}
static int h_timer_add(int64_t after, kith_timer_fn *fn, void *user)
{
    if (H.n_timers == COUNT(H.timers))
        return KITH_ELIMIT;
    H.timers[H.n_timers++] = (struct timer){fn, user, after == 0};
    return H.n_timers;
}
static void h_timer_del(int t)
{
    if (t > 0 && t <= H.n_timers)
        H.timers[t - 1].fn = NULL;
}
static int h_stream_open(struct kith_account *a, const struct kith_stream_params *p,
                         const struct kith_stream_cb *cb, void *user, struct kith_stream **out)
{
    H.stream = (struct kith_stream){socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), cb, user};
    connect(H.stream.fd, (struct sockaddr *)&H.at, sizeof H.at);
    *out = &H.stream;
    return KITH_OK;
}
static int h_take(struct kith_stream *st)
{
    return st->fd;
}
static void h_stream_close(struct kith_stream *st)
{
    close(st->fd);
}
static int h_trust(struct kith_account *a, const struct kith_cert *c)
{
    return KITH_TRUST_NO;
}
static int h_get(struct kith_account *a, const char *key, void *out, size_t cap)
{
    return KITH_ENOTFOUND;
}
static int h_set(struct kith_account *a, const char *key, const void *data, size_t len)
{
    return KITH_OK;
}
static int h_begin(struct kith_account *a)
{
    return KITH_OK;
}
static int h_end(struct kith_account *a, int keep)
{
    return KITH_OK;
}
static int h_each(struct kith_account *a, const char *prefix, kith_state_fn *fn, void *user)
{
    return KITH_OK;
}
static int h_congested(struct kith_account *a)
{
    return 0;
}

static const struct kith_host host = {.size = sizeof host,
                                      .emit = h_emit,
                                      .log = h_log,
                                      .mono_ms = h_time,
                                      .wall_ms = h_time,
                                      .random = h_random,
                                      .option = h_option,
                                      .secret = h_secret,
                                      .secret_wrong = h_secret_wrong,
                                      .io_add = h_io_add,
                                      .io_del = h_io_del,
                                      .timer_add = h_timer_add,
                                      .timer_del = h_timer_del,
                                      .stream_open = h_stream_open,
                                      .stream_take_fd = h_take,
                                      .stream_close = h_stream_close,
                                      .trust_check = h_trust,
                                      .state_get = h_get,
                                      .state_set = h_set,
                                      .state_begin = h_begin,
                                      .state_end = h_end,
                                      .state_each = h_each,
                                      .congested = h_congested};

static void start(void)
{
    socklen_t len = sizeof H.at;
    H.at.sin_family = AF_INET;
    H.at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    H.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(H.listener, (struct sockaddr *)&H.at, sizeof H.at) < 0 || listen(H.listener, 8) < 0 ||
        getsockname(H.listener, (struct sockaddr *)&H.at, &len) < 0)
        abort();
    kith_plugin_v0()->load(&host);
}

static void run_timers(struct x *x)
{
    for (int i = 0; i < H.n_timers && x->phase != PHASE_TLS; i++) {
        struct timer t = H.timers[i];
        H.timers[i].fn = t.soon ? NULL : t.fn;
        if (t.fn && t.soon)
            t.fn(t.user);
    }
}

/* As if the login stood there. */
static void stand_at(struct x *x, uint8_t where)
{
    static const enum phase phases[] = {PHASE_ONLINE,   PHASE_CLEAR,     PHASE_STARTTLS,
                                        PHASE_FEATURES, PHASE_FEATURES2, PHASE_BIND,
                                        PHASE_RESUME,   PHASE_ENABLE};
    x->phase = phases[where % COUNT(phases)];
    x->tls.secured = x->phase != PHASE_CLEAR && x->phase != PHASE_STARTTLS;
    if (x->phase == PHASE_ONLINE || x->phase == PHASE_RESUME || x->phase == PHASE_ENABLE) {
        str_set(&x->full, "alice@localhost/r");
        xmpp_stanza_t *st = st_new(x->ctx, "enabled", NS_SM);
        st_set(st, "id", "s1");
        st_set(st, "resume", "true");
        sm_enabled(x, st);
        xmpp_stanza_release(st);
        sm_queue(x, "<message/>", "bob@localhost", "o1");
    }
    x->sm.on = x->phase == PHASE_ONLINE;
    if (x->phase == PHASE_ONLINE)
        x_online_features(x, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char head[] = "<stream:stream xmlns='jabber:client' "
                               "xmlns:stream='http://etherx.jabber.org/streams' id='1'>";
    struct err e = {0};
    if (H.listener < 0)
        start();
    if (size < 2 || size > 60000)
        return 0;
    H.n_timers = 0;
    struct x *x = x_new(NULL, &e);
    x_attach(x);
    link_open(x);
    int peer = accept(H.listener, NULL, NULL);
    struct kith_stream_info info = {.size = sizeof info, .host = "localhost", .port = 5222};
    H.stream.cb->open(H.stream.user, &info);
    xmpp_run_once(x->ctx, 10);
    if (x->conn && !x->gone && !x->end.due) {
        stand_at(x, data[0]);
        if (write(peer, head, sizeof head - 1) < 0 || write(peer, data + 1, size - 1) < 0)
            abort();
        link_pump(x);
        for (int i = 0; i < 4; i++)
            run_timers(x);
    }
    close(peer);
    x_free(x);
    return 0;
}
