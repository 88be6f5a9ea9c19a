/* tests/conformance/host.c - the host's services over base/loop, and the record of events */
#include "conformance/host.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "conformance/streams.h"

struct rec_io {
    struct loop_io *io;
    int fd;
    kith_io_fn *fn;
    void *user;
};
struct rec_timer {
    struct loop_timer *timer;
    kith_timer_fn *fn;
    void *user;
};

static struct rec_host *the; /* io and timers of the interface have no account */

/* ---- services ---- */

static void commit_later(void *user)
{
    struct rec_host *h = user;
    h->commit_due = false;
    if (!h->hold)
        rec_commit(h);
}

static uint64_t host_emit(struct kith_account *a, const struct kith_event *ev)
{
    struct rec_host *h = (struct rec_host *)a;
    rec_check(h, ev);
    if (h->refuse && ev->type == KITH_EV_MESSAGE)
        return 0;
    struct rec_event r = {
        .type = ev->type, .number = ++h->number, .req = ev->req, .line = rec_line(ev)};
    VEC_PUSH(h->events, h->n_events, h->cap_events, r);
    if (h->echo) {
        fprintf(h->echo, "%s\n", r.line);
        fflush(h->echo);
    }
    if (!h->hold && !h->commit_due) {
        h->commit_due = true;
        loop_timer_add(h->loop, 0, commit_later, h);
    }
    return r.number;
}

static void host_log(struct kith_account *a UNUSED, uint32_t level, const char *line)
{
    if (getenv("CONFORMANCE_LOG"))
        fprintf(stderr, "[%d] %u %s\n", (int)getpid(), (unsigned)level, line);
}

static int64_t host_wall(void)
{
    return clock_wall_ms() + (the ? the->skew_ms : 0);
}

static int host_random(void *buf, size_t len)
{
    rand_bytes(buf, len);
    return 0;
}

static const char *host_option(struct kith_account *a, const char *key)
{
    return map_get(&((struct rec_host *)a)->options, key);
}

static int host_secret(struct kith_account *a, const char *key, const char *why UNUSED,
                       kith_secret_fn *fn, void *user)
{
    const char *v = host_option(a, key);
    fn(user, v ? KITH_OK : KITH_ENOTFOUND, v);
    return 0;
}

static void host_secret_wrong(struct kith_account *a UNUSED, const char *key UNUSED)
{
}

static void io_ready(void *user, int fd, unsigned ready)
{
    size_t i = (size_t)(uintptr_t)user;
    if (the && i < the->n_ios && the->ios[i].io)
        the->ios[i].fn(the->ios[i].user, fd, ready);
}

static int host_io_add(int fd, unsigned want, kith_io_fn *fn, void *user)
{
    struct rec_io r = {.fd = fd, .fn = fn, .user = user};
    r.io = loop_io_add(the->loop, fd, want, io_ready, (void *)(uintptr_t)the->n_ios);
    VEC_PUSH(the->ios, the->n_ios, the->cap_ios, r);
    return (int)the->n_ios;
}

static int host_io_set(int handle, unsigned want)
{
    if (handle < 1 || (size_t)handle > the->n_ios || !the->ios[handle - 1].io)
        return KITH_EINVAL;
    loop_io_want(the->ios[handle - 1].io, want);
    return 0;
}

static void host_io_del(int handle)
{
    if (handle < 1 || (size_t)handle > the->n_ios || !the->ios[handle - 1].io) {
        rec_violation(the, "io_del of the unknown handle %d", handle);
        return;
    }
    loop_io_del(the->ios[handle - 1].io);
    the->ios[handle - 1].io = NULL;
}

static void timer_due(void *user)
{
    struct rec_timer t = the->timers[(size_t)(uintptr_t)user];
    the->timers[(size_t)(uintptr_t)user].timer = NULL;
    t.fn(t.user);
}

static int host_timer_add(int64_t after_ms, kith_timer_fn *fn, void *user)
{
    struct rec_timer t = {.fn = fn, .user = user};
    t.timer = loop_timer_add(the->loop, after_ms, timer_due, (void *)(uintptr_t)the->n_timers);
    VEC_PUSH(the->timers, the->n_timers, the->cap_timers, t);
    return (int)the->n_timers;
}

static void host_timer_del(int handle)
{
    if (handle < 1 || (size_t)handle > the->n_timers)
        return;
    loop_timer_del(the->timers[handle - 1].timer);
    the->timers[handle - 1].timer = NULL;
}

/* The file of a key: some have a slash in them, and no file has. Owned. */
static char *state_file(const struct rec_host *h, const char *key)
{
    char *name = xstrdup(key), *path = NULL;
    for (char *p = name; (p = strchr(p, '/'));)
        *p = '%';
    path = h->state_dir ? path_join(h->state_dir, name) : NULL;
    free(name);
    return path;
}

static bool state_read(struct rec_host *h, const char *key, struct buf *out)
{
    const struct buf *b = map_get(&h->state, key);
    char *path = state_file(h, key);
    bool found = b || (path && access(path, F_OK) == 0 && path_read(path, 1 << 20, out, NULL) == 0);
    if (b)
        buf_add(out, b->data, b->len);
    free(path);
    return found;
}

static int host_state_get(struct kith_account *a, const char *key, void *out, size_t cap)
{
    struct buf b = {0};
    int n = state_read((struct rec_host *)a, key, &b) ? (int)b.len : KITH_ENOTFOUND;
    if (n > 0 && cap > 0)
        memcpy(out, b.data, MIN(b.len, cap));
    buf_free(&b);
    return n;
}

static void buf_drop(void *p)
{
    buf_free(p);
    free(p);
}

static void state_note(struct rec_host *h, const char *key)
{
    struct buf *b = xcalloc(1, sizeof *b);
    (void)state_read(h, key, b);
    map_set(&h->before, key, b);
}

static int host_state_set(struct kith_account *a, const char *key, const void *data, size_t len)
{
    struct rec_host *h = (struct rec_host *)a;
    char *path = state_file(h, key);
    struct buf *b = NULL;
    if (h->begun && !map_get(&h->before, key))
        state_note(h, key);
    b = map_del(&h->state, key);
    if (b)
        buf_drop(b);
    if (len) {
        b = xcalloc(1, sizeof *b);
        buf_add(b, data, len);
        map_set(&h->state, key, b);
    }
    if (path && (len ? path_write(path, data, len, NULL) < 0 : unlink(path) < 0 && len))
        rec_violation(h, "cannot write %s", path);
    free(path);
    return 0;
}

static int host_state_begin(struct kith_account *a)
{
    struct rec_host *h = (struct rec_host *)a;
    if (h->begun)
        rec_violation(h, "state_begin within state_begin");
    h->begun = true;
    return 0;
}

static int host_state_end(struct kith_account *a, int keep)
{
    struct rec_host *h = (struct rec_host *)a;
    if (!h->begun)
        rec_violation(h, "state_end without state_begin");
    h->begun = false;
    for (struct map_entry *e = NULL; !keep && (e = map_next(&h->before, e));) {
        const struct buf *b = e->value;
        (void)host_state_set(a, e->key, b->data, b->len);
    }
    map_free(&h->before, buf_drop);
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of files are those of keys again, but for the slashes, which only keys of the run itself have. */
static void state_names(struct rec_host *h, const char *prefix, struct map *out)
{
    for (struct map_entry *e = NULL; (e = map_next(&h->state, e));) {
        if (str_starts(e->key, prefix))
            map_set(out, e->key, out);
    }
    DIR *d = h->state_dir ? opendir(h->state_dir) : NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        char *name = xstrdup(e->d_name);
        for (char *p = name; (p = strchr(p, '%'));)
            *p = '/';
        if (name[0] != '.' && str_starts(name, prefix))
            map_set(out, name, out);
        free(name);
    }
    if (d)
        closedir(d);
}

static int host_state_each(struct kith_account *a, const char *prefix, kith_state_fn *fn, void *user)
{
    struct rec_host *h = (struct rec_host *)a;
    struct map names = {0};
    char **v = NULL;
    size_t n = 0, cap = 0;
    int rc = 0;
    state_names(h, prefix, &names);
    for (struct map_entry *e = NULL; (e = map_next(&names, e));)
        VEC_PUSH(v, n, cap, e->key);
    if (n > 0)
        qsort(v, n, sizeof *v, by_bytes);
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct buf b = {0};
        if (state_read(h, v[i], &b))
            rc = fn(user, v[i], b.data, b.len);
        buf_free(&b);
    }
    free(v);
    map_free(&names, NULL);
    return rc;
}

static int host_congested(struct kith_account *a)
{
    return ((struct rec_host *)a)->congested;
}

static const struct kith_host table = {
    .size = sizeof table,
    .abi_major = KITH_ABI_MAJOR,
    .abi_minor = KITH_ABI_MINOR,
    .emit = host_emit,
    .log = host_log,
    .mono_ms = clock_mono_ms,
    .wall_ms = host_wall,
    .random = host_random,
    .option = host_option,
    .secret = host_secret,
    .secret_wrong = host_secret_wrong,
    .io_add = host_io_add,
    .io_set = host_io_set,
    .io_del = host_io_del,
    .timer_add = host_timer_add,
    .timer_del = host_timer_del,
    .stream_open = stream_open,
    .stream_write = stream_write,
    .stream_queued = stream_queued,
    .stream_starttls = stream_starttls,
    .stream_binding = stream_binding,
    .stream_take_fd = stream_take_fd,
    .stream_close = stream_close,
    .trust_check = stream_trust_check,
    .state_get = host_state_get,
    .state_set = host_state_set,
    .congested = host_congested,
    .state_begin = host_state_begin,
    .state_end = host_state_end,
    .state_each = host_state_each,
};

const struct kith_host *rec_table(void)
{
    return &table;
}

/* ---- life ---- */

static void fit(const char *path, bool ok, const char *why)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", path ? path : "plugin", why);
    exit(2);
}

struct rec_host *rec_new(const char *path, kith_plugin_fn *entry)
{
    struct rec_host *h = xcalloc(1, sizeof *h);
    if (path) {
        void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* kept: leak reports need its symbols */
        fit(path, so, so ? "" : dlerror());
        void *symbol = dlsym(so, KITH_PLUGIN_ENTRY);
        memcpy(&entry, &symbol, sizeof entry);
        fit(path, entry, "has no " KITH_PLUGIN_ENTRY);
    }
    h->plugin = entry();
    fit(path,
        h->plugin && h->plugin->size >= sizeof *h->plugin &&
            h->plugin->abi_major == KITH_ABI_MAJOR && h->plugin->abi_minor <= KITH_ABI_MINOR &&
            h->plugin->n_protocols > 0,
        "does not fit this ABI");
    h->proto = h->plugin->protocols[0];
    h->core = h->proto->core;
    fit(path, h->core && h->core->size >= sizeof *h->core, "has no core operations");
    h->loop = loop_new();
    the = h;
    fit(path, h->plugin->load(&table) >= 0, "refused to load");
    return h;
}

void rec_option(struct rec_host *h, const char *key, const char *value)
{
    char *old = map_del(&h->options, key);
    free(old);
    if (value)
        map_set(&h->options, key, xstrdup(value));
}

void rec_open(struct rec_host *h)
{
    h->shut = false;
    if (h->core->open(&h->session, (struct kith_account *)h) < 0 || !h->session)
        rec_violation(h, "open failed");
    h->state_now = KITH_STATE_OFFLINE;
}

void rec_close(struct rec_host *h)
{
    if (!h->session)
        return;
    h->core->close(h->session);
    h->session = NULL;
    h->shut = true;
    for (size_t i = 0; i < h->n_syncs; i++)
        free(h->syncs[i]);
    h->n_syncs = 0;
    map_free(&h->asks, NULL);
    for (size_t i = 0; i < h->n_ios; i++) {
        if (h->ios[i].io)
            rec_violation(h, "descriptor %d is still watched after close", h->ios[i].fd);
    }
    for (size_t i = 0; i < h->n_timers; i++) {
        if (h->timers[i].timer)
            rec_violation(h, "a timer is left after close");
    }
}

void rec_free(struct rec_host *h)
{
    rec_close(h);
    rec_settle(h);
    rec_check_end(h);
    if (h->plugin->unload)
        h->plugin->unload();
    for (size_t i = 0; i < h->n_events; i++)
        free(h->events[i].line);
    for (size_t i = 0; i < h->n_violations; i++)
        free(h->violations[i]);
    map_free(&h->options, free);
    map_free(&h->state, buf_drop);
    map_free(&h->chats, NULL);
    map_free(&h->asks, NULL);
    free(h->events);
    free(h->violations);
    free(h->requests);
    free(h->syncs);
    free(h->ios);
    free(h->timers);
    loop_free(h->loop);
    free(h);
    the = NULL;
}

void rec_violation(struct rec_host *h, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    if (h->echo)
        fprintf(h->echo, "VIOLATION\ttext=%s\n", text);
    VEC_PUSH(h->violations, h->n_violations, h->cap_violations, text);
}

/* ---- requests, commits, waiting ---- */

kith_req rec_request(struct rec_host *h)
{
    struct rec_request r = {.req = ++h->next_req};
    VEC_PUSH(h->requests, h->n_requests, h->cap_requests, r);
    return r.req;
}

int rec_called(struct rec_host *h, kith_req req, int rc)
{
    struct rec_request *r = &h->requests[req - 1];
    r->accepted = rc >= 0;
    if (rc < 0 && r->replied)
        rec_violation(h, "request %llu was refused (%d) and answered", (unsigned long long)req, rc);
    return rc;
}

void rec_commit(struct rec_host *h)
{
    if (!h->session || h->committed == h->number)
        return;
    h->committed = h->number;
    h->core->committed(h->session, h->number);
}

int rec_find(const struct rec_host *h, size_t from, const char *words)
{
    for (size_t i = from; i < h->n_events; i++) {
        if (rec_matches(h->events[i].line, words))
            return (int)i;
    }
    return -1;
}

size_t rec_count(const struct rec_host *h, size_t from, const char *words)
{
    size_t n = 0;
    for (int i = (int)from; (i = rec_find(h, (size_t)i, words)) >= 0; i++)
        n++;
    return n;
}

int rec_wait(struct rec_host *h, size_t from, int ms, const char *words)
{
    int64_t end = clock_mono_ms() + ms;
    int i;
    while ((i = rec_find(h, from, words)) < 0 && clock_mono_ms() < end)
        loop_turn(h->loop, (int)MAX(end - clock_mono_ms(), 0));
    return i;
}

char *rec_value(const struct rec_host *h, int event, const char *key)
{
    if (event < 0)
        return NULL;
    size_t n = strlen(key);
    for (const char *f = h->events[event].line; (f = strchr(f, '\t'));) {
        f++;
        if (strncmp(f, key, n) == 0 && f[n] == '=')
            return xstrndup(f + n + 1, strcspn(f + n + 1, "\t"));
    }
    return NULL;
}

void rec_turn(struct rec_host *h, int ms)
{
    loop_turn(h->loop, ms);
}

void rec_settle(struct rec_host *h)
{
    while (loop_turn(h->loop, 0) > 0)
        ;
}
