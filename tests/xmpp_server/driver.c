/* tests/xmpp_server/driver.c - runs xmpp.so alone: a small host, driven by lines, that prints every event as JSON
 *
 * usage: driver PLUGIN key=value ... - options of the account, and of the driver: state=DIR, trust=yes|no|ask|verify,
 * commit=auto|manual. Lines on stdin: connect, quit [TEXT], restart, close, send CHAT ID BODY, presence SHOW, watched 0|1, wake,
 * commit NUMBER, answer ASK CHOICE, secret VALUE, mono MS. EOF closes the session.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "kith/plugin.h"

#include "describe.h"

struct handle { /* a timer or an io; its number is the index + 1 */
    struct loop_timer *timer;
    struct loop_io *io;
    kith_timer_fn *timer_fn;
    kith_io_fn *io_fn;
    void *user;
};
struct kith_stream {
    int fd;
    struct loop_io *io;
    const struct kith_stream_cb *cb;
    void *user;
    char *host;
    uint16_t port;
};
static struct {
    struct loop *loop;
    char **options;
    struct handle *handles;
    size_t n_handles, cap_handles;
    uint64_t number;
    const struct kith_protocol *proto;
    struct kith_session *session;
    kith_secret_fn *secret_fn;
    void *secret_user;
    struct buf in, option;
    int64_t worst_us; /* of CPU, in one call of the backend, since the last "stats" */
} D;

static const char *opt(const char *key)
{
    size_t n = strlen(key);
    for (char **o = D.options; *o; o++)
        if (strncmp(*o, key, n) == 0 && (*o)[n] == '=')
            return *o + n + 1;
    return NULL;
}

static void out(struct buf *b)
{
    json_end(b);
    fwrite(b->data, 1, b->len, stdout);
    fflush(stdout);
    buf_free(b);
}

static void begin(struct buf *b, const char *what)
{
    memset(b, 0, sizeof *b);
    json_begin(b);
    json_str(b, "ev", what);
}

/* ---- events ---- */

static void commit_now(void *user)
{
    if (D.session)
        D.proto->core->committed(D.session, (uint64_t)(uintptr_t)user);
}

static uint64_t h_emit(struct kith_account *acct, const struct kith_event *ev)
{
    struct buf b;
    D.number++;
    begin(&b, event_name(ev));
    json_int(&b, "n", (int64_t)D.number);
    event_describe(&b, ev);
    out(&b);
    if (!opt("commit") || strcmp(opt("commit"), "manual") != 0)
        loop_timer_add(D.loop, 0, commit_now, (void *)(uintptr_t)D.number);
    return D.number;
}

static void h_log(struct kith_account *acct, uint32_t level, const char *line)
{
    struct buf b;
    begin(&b, "log");
    json_str(&b, "text", line);
    out(&b);
}

/* ---- options, secrets, trust, state ---- */

static const char *h_option(struct kith_account *acct, const char *key)
{
    return opt(key);
}

static void give_secret(void *user)
{
    kith_secret_fn *fn = D.secret_fn;
    D.secret_fn = NULL;
    if (fn)
        fn(D.secret_user, opt("password") ? KITH_OK : KITH_ECANCELED, opt("password"));
}

static int h_secret(struct kith_account *acct, const char *key, const char *why, kith_secret_fn *fn, void *user)
{
    struct buf b;
    begin(&b, "secret");
    json_str(&b, "text", why);
    out(&b);
    D.secret_fn = fn;
    D.secret_user = user;
    if (opt("password"))
        loop_timer_add(D.loop, 0, give_secret, NULL);
    return KITH_OK;
}

static void h_secret_wrong(struct kith_account *acct, const char *key)
{
    struct buf b;
    begin(&b, "secret_wrong");
    out(&b);
}

static int h_trust(struct kith_account *acct, const struct kith_cert *c)
{
    const char *t = opt("trust");
    struct buf b;
    begin(&b, "trust");
    json_str(&b, "name", c->name);
    json_str(&b, "fingerprint", c->fingerprint);
    json_str(&b, "pin", c->pin);
    json_str(&b, "subject", c->subject);
    json_str(&b, "issuer", c->issuer);
    json_str(&b, "names", c->names);
    json_str(&b, "problem", c->problem);
    json_int(&b, "not_after", c->not_after_ms);
    out(&b);
    if (str_eq(t, "yes"))
        return KITH_TRUST_YES;
    if (str_eq(t, "no"))
        return KITH_TRUST_NO;
    return str_eq(t, "ask") || c->problem ? KITH_TRUST_ASKED : KITH_TRUST_YES;
}

static int h_state_get(struct kith_account *acct, const char *key, void *data, size_t cap)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", opt("state"), key);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return KITH_ENOTFOUND;
    struct stat st;
    ssize_t n = fstat(fd, &st) == 0 && read(fd, data, cap) >= 0 ? (ssize_t)st.st_size : KITH_ENOTFOUND;
    close(fd);
    return (int)n;
}

static int h_state_set(struct kith_account *acct, const char *key, const void *data, size_t len)
{
    char path[512], temp[520];
    snprintf(path, sizeof path, "%s/%s", opt("state"), key);
    snprintf(temp, sizeof temp, "%s.new", path);
    if (len == 0)
        return unlink(path) < 0 ? KITH_ENOTFOUND : KITH_OK;
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, data, len) == (ssize_t)len;
    close(fd);
    return ok && rename(temp, path) == 0 ? KITH_OK : KITH_EINVAL;
}

/* ---- loop ---- */

static int new_handle(struct handle h)
{
    VEC_PUSH(D.handles, D.n_handles, D.cap_handles, h);
    return (int)D.n_handles;
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void measure(int64_t since_us)
{
    int64_t us = cpu_us() - since_us;
    D.worst_us = MAX(D.worst_us, us);
}

static void on_timer(void *user)
{
    struct handle *h = &D.handles[(uintptr_t)user - 1];
    struct handle was = *h;
    int64_t t = cpu_us();
    h->timer = NULL;
    was.timer_fn(was.user);
    measure(t);
}

static int h_timer_add(int64_t after, kith_timer_fn *fn, void *user)
{
    int n = new_handle((struct handle){.timer_fn = fn, .user = user});
    D.handles[n - 1].timer = loop_timer_add(D.loop, after, on_timer, (void *)(uintptr_t)n);
    return n;
}

static void h_timer_del(int n)
{
    if (n > 0 && (size_t)n <= D.n_handles && D.handles[n - 1].timer) {
        loop_timer_del(D.handles[n - 1].timer);
        D.handles[n - 1].timer = NULL;
    }
}

static void on_io(void *user, int fd, unsigned ready)
{
    struct handle h = D.handles[(uintptr_t)user - 1];
    int64_t t = cpu_us();
    h.io_fn(h.user, fd, ready);
    measure(t);
}

static int h_io_add(int fd, unsigned want, kith_io_fn *fn, void *user)
{
    int n = new_handle((struct handle){.io_fn = fn, .user = user});
    D.handles[n - 1].io = loop_io_add(D.loop, fd, want, on_io, (void *)(uintptr_t)n);
    return n;
}

static void h_io_del(int n)
{
    loop_io_del(D.handles[n - 1].io);
    D.handles[n - 1].io = NULL;
}

/* ---- streams ---- */

static void stream_free(struct kith_stream *st)
{
    loop_io_del(st->io);
    free(st->host);
    free(st);
}

static void on_connected(void *user, int fd, unsigned ready)
{
    struct kith_stream *st = user;
    int e = 0;
    socklen_t len = sizeof e;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len);
    loop_io_del(st->io);
    st->io = NULL;
    if (e) {
        char text[200];
        snprintf(text, sizeof text, "%s:%u: %s", st->host, st->port, strerror(e));
        st->cb->closed(st->user, KITH_ENET, text);
        close(fd);
        stream_free(st);
        return;
    }
    struct kith_stream_info info = {.size = sizeof info, .host = st->host, .port = st->port};
    st->cb->open(st->user, &info);
}

static int h_stream_open(struct kith_account *acct, const struct kith_stream_params *p, const struct kith_stream_cb *cb,
                         void *user, struct kith_stream **st)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *ai = NULL;
    char port[8];
    struct buf b;
    begin(&b, "open");
    json_str(&b, "host", p->host);
    json_int(&b, "port", p->port);
    json_str(&b, "srv", p->srv);
    json_str(&b, "srv_tls", p->srv_tls);
    out(&b);
    snprintf(port, sizeof port, "%u", p->port);
    if (getaddrinfo(p->host, port, &hints, &ai) != 0)
        return KITH_ENET;
    *st = xcalloc(1, sizeof **st);
    (*st)->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (*st)->cb = cb;
    (*st)->user = user;
    (*st)->host = xstrdup(p->host);
    (*st)->port = p->port;
    if (connect((*st)->fd, ai->ai_addr, ai->ai_addrlen) < 0 && errno != EINPROGRESS)
        fprintf(stderr, "connect: %s\n", strerror(errno));
    freeaddrinfo(ai);
    (*st)->io = loop_io_add(D.loop, (*st)->fd, LOOP_WRITE, on_connected, *st);
    return KITH_OK;
}

static int h_take_fd(struct kith_stream *st)
{
    int fd = st->fd;
    stream_free(st);
    return fd;
}

static void h_stream_close(struct kith_stream *st)
{
    close(st->fd);
    stream_free(st);
}

static int h_random(void *p, size_t n)
{
    rand_bytes(p, n);
    return KITH_OK;
}

static int h_congested(struct kith_account *acct)
{
    return 0;
}

/* Without what came later: nothing is encrypted here. */
static const struct kith_host host = {
    .size = offsetof(struct kith_host, state_begin), .abi_major = KITH_ABI_MAJOR, .abi_minor = KITH_ABI_MINOR, .emit = h_emit, .log = h_log,
    .mono_ms = clock_mono_ms, .wall_ms = clock_wall_ms, .random = h_random, .option = h_option, .secret = h_secret,
    .secret_wrong = h_secret_wrong, .io_add = h_io_add, .io_del = h_io_del,
    .timer_add = h_timer_add, .timer_del = h_timer_del, .stream_open = h_stream_open, .stream_take_fd = h_take_fd,
    .stream_close = h_stream_close, .trust_check = h_trust, .state_get = h_state_get, .state_set = h_state_set,
    .congested = h_congested};

/* ---- commands ---- */

static void result(const char *what, int rc)
{
    struct buf b;
    begin(&b, "result");
    json_str(&b, "op", what);
    json_int(&b, "rc", rc);
    json_int(&b, "worst_us", D.worst_us);
    if (str_eq(what, "stats"))
        D.worst_us = 0;
    out(&b);
}

/* What acts on messages and people: words, the last of them is the rest of the line. True when it was one. */
static bool feature_command(const char *line)
{
    enum { WORDS = 5 };
    char *own = xstrdup(line), *w[WORDS] = {NULL}, *p = own;
    const struct kith_protocol *q = D.proto;
    int n = 0, rc = 1;
    while (p && n < WORDS) {
        w[n++] = p;
        p = n < WORDS ? strchr(p, ' ') : NULL;
        if (p)
            *p++ = '\0';
    }
    int64_t num = 0;
    str_int(w[2] ? w[2] : "", 0, INT64_MAX, &num);
    struct kith_send m = {.size = sizeof m, .chat = w[1], .id = w[2], .written_ms = clock_wall_ms()};
    if (str_eq(w[0], "retry")) { /* CHAT ID WORD REST */
        char *body = xasprintf("%s %s", w[3], w[4] ? w[4] : "");
        m.body = body;
        m.flags = KITH_SEND_RETRY;
        rc = q->core->send(D.session, &m);
        free(body);
    } else if (str_eq(w[0], "edit")) { /* CHAT ID TARGET BODY */
        m.flags = KITH_SEND_EDIT;
        m.target = w[3];
        m.body = w[4];
        rc = q->core->send(D.session, &m);
    } else if (str_eq(w[0], "reply")) { /* CHAT ID TARGET BODY */
        m.reply_to = w[3];
        m.reply_sender = w[1];
        m.reply_body = "what was said";
        m.body = w[4];
        rc = q->core->send(D.session, &m);
    } else if (str_eq(w[0], "retract")) /* CHAT ID TARGET */
        rc = q->change->retract(D.session, w[1], w[3], NULL, w[2]);
    else if (str_eq(w[0], "react")) /* CHAT ID TARGET EMOJI */
        rc = q->change->react(D.session, w[1], w[3], (const char *const *)&w[4], 1, w[2]);
    else if (str_eq(w[0], "typing")) /* CHAT STATE */
        rc = q->core->typing(D.session, w[1], (uint32_t)num, NULL);
    else if (str_eq(w[0], "read")) /* CHAT ID ARCHIVE */
        rc = q->core->mark_read(D.session, w[1], w[2], w[3]);
    else if (str_eq(w[0], "add")) /* ADDRESS REQ NAME */
        rc = q->roster->add(D.session, w[1], w[3], NULL, 0, "Hello?", (kith_req)num);
    else if (str_eq(w[0], "remove")) /* ADDRESS REQ */
        rc = q->roster->remove(D.session, w[1], (kith_req)num);
    else if (str_eq(w[0], "info")) /* ADDRESS REQ */
        rc = q->directory->info(D.session, w[1], (kith_req)num);
    else if (str_eq(w[0], "join")) /* ROOM REQ NICK */
        rc = q->rooms->join(D.session, w[1], w[3], NULL, (kith_req)num);
    else if (str_eq(w[0], "in")) /* ROOM REQ COMMAND ARGUMENT: one of the plugin's, with two words at most behind it */ {
        char *second = w[4] ? strchr(w[4], ' ') : NULL;
        if (second)
            *second++ = '\0';
        const char *argv[] = {w[3], w[4], second};
        rc = KITH_ENOTFOUND;
        for (size_t i = 0; w[3] && i < q->n_commands; i++)
            if (str_eq(q->commands[i].name, w[3]))
                rc = q->commands[i].run(D.session, w[1], second ? 3 : w[4] ? 2 : 1, argv, (kith_req)num);
    } else if (str_eq(w[0], "own")) /* COMMAND REQ: one of the plugin's */ {
        rc = KITH_ENOTFOUND;
        for (size_t i = 0; w[1] && i < q->n_commands; i++)
            if (str_eq(q->commands[i].name, w[1]))
                rc = q->commands[i].run(D.session, NULL, 1, (const char *const *)&w[1], (kith_req)num);
    } else if (str_eq(w[0], "block") || str_eq(w[0], "unblock")) /* ADDRESS REQ */
        rc = *w[0] == 'b' ? q->blocking->block(D.session, w[1], 0, (kith_req)num) : q->blocking->unblock(D.session, w[1], (kith_req)num);
    else if (str_eq(w[0], "history")) /* CHAT REQ MAX BEFORE */ {
        int64_t max = 20;
        str_int(w[3] ? w[3] : "", 1, 1000, &max);
        struct kith_history_fetch f = {.size = sizeof f, .chat = w[1], .max = (uint32_t)max, .before_id = w[4]};
        rc = q->history->fetch(D.session, &f, (kith_req)num);
    }
    if (rc <= 0)
        result(w[0], rc);
    free(own);
    return rc <= 0;
}

/* field: "key=value", or NULL */
static void answer(uint64_t ask, const char *choice, char *field)
{
    char *value = field ? strchr(field, '=') : NULL;
    const char *values[1];
    struct kith_field f = {.size = sizeof f, .key = field, .values = values, .n_values = 1};
    struct kith_answer a = {.size = sizeof a, .choice = choice, .fields = &f, .n_fields = value ? 1 : 0};
    if (value) {
        *value = '\0';
        values[0] = value + 1;
    }
    result("answer", D.proto->core->answer(D.session, ask, &a));
}

static void command(char *line)
{
    if (feature_command(line))
        return;
    const struct kith_core_ops *core = D.proto->core;
    char *arg[3] = {NULL, NULL, NULL};
    char *p = strchr(line, ' ');
    for (int i = 0; p && i < 3; i++) {
        *p++ = '\0';
        arg[i] = p;
        p = i < 2 ? strchr(p, ' ') : NULL;
    }
    int64_t n = 0;
    str_int(arg[0] ? arg[0] : "", 0, INT64_MAX, &n);
    if (str_eq(line, "connect"))
        result(line, core->connect(D.session));
    else if (str_eq(line, "quit"))
        result(line, core->disconnect(D.session, KITH_REASON_QUIT, arg[0]));
    else if (str_eq(line, "restart"))
        result(line, core->disconnect(D.session, KITH_REASON_RESTART, NULL));
    else if (str_eq(line, "presence"))
        result(line, core->presence(D.session, (uint32_t)n, NULL));
    else if (str_eq(line, "watched"))
        core->watched(D.session, (int)n);
    else if (str_eq(line, "wake"))
        core->wake(D.session);
    else if (str_eq(line, "stats"))
        result(line, 0);
    else if (str_eq(line, "commit"))
        core->committed(D.session, (uint64_t)n);
    else if (str_eq(line, "answer"))
        answer((uint64_t)n, arg[1], arg[2]);
    else if (str_eq(line, "send"))
        result(line, core->send(D.session, &(struct kith_send){.size = sizeof(struct kith_send), .chat = arg[0],
                                                               .id = arg[1], .body = arg[2]}));
    else if (str_eq(line, "close"))
        loop_quit(D.loop, 0);
    else
        fprintf(stderr, "unknown command %s\n", line);
}

static void on_stdin(void *user, int fd, unsigned ready)
{
    char data[4096];
    ssize_t n = read(fd, data, sizeof data);
    if (n <= 0) {
        loop_quit(D.loop, 0);
        return;
    }
    buf_add(&D.in, data, (size_t)n);
    char *nl;
    while ((nl = memchr(buf_str(&D.in), '\n', D.in.len))) {
        char *line = xstrndup(D.in.data, (size_t)(nl - D.in.data));
        buf_consume(&D.in, (size_t)(nl - D.in.data) + 1);
        command(line);
        free(line);
    }
}

int main(int argc, char **argv)
{
    void *so = argc > 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!so) {
        fprintf(stderr, "driver: %s\n", argc > 2 ? dlerror() : "usage: driver PLUGIN key=value ...");
        return 2;
    }
    kith_plugin_fn *entry = (kith_plugin_fn *)dlsym(so, KITH_PLUGIN_ENTRY);
    const struct kith_plugin *plugin = entry();
    D.loop = loop_new();
    D.options = argv + 2;
    D.proto = plugin->protocols[0];
    plugin->load(&host);
    int rc = D.proto->core->open(&D.session, NULL);
    if (rc < 0)
        return 3;
    struct loop_io *in = loop_io_add(D.loop, 0, LOOP_READ, on_stdin, NULL);
    loop_run(D.loop);
    D.proto->core->close(D.session);
    D.session = NULL;
    plugin->unload();
    loop_io_del(in);
    loop_free(D.loop);
    free(D.handles);
    buf_free(&D.in);
    dlclose(so);
    return 0;
}
