/* core/link.c - one process per account: starting it, talking to it, a bounded share of each turn
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"
#include "base/sock.h"
#include "base/spawn.h"
#include "core/private.h"
#include "core/settings.h"

enum {
    TURN_EVENTS = 256, /* of one account in one turn */
    TURN_US = 4000,
    TYPING_TURN_US = 500, /* while somebody types: the next key waits for it */
    TYPING_OLD = 48,      /* and so many messages of an archive come at a time, */
    TYPING_PAUSE_MS = 6,  /* with pauses: 6,500 a second, and time for those who show the key */
    LOOK_EVERY = 4,     /* events between two looks at the clock */
    ACCOUNT_FD = 3,     /* where the process finds its socket */
    MEMORY = 512 << 20, /* private memory of one account process */
    PRIORITY = 10       /* keyboard first */
};

bool link_up(const struct core_account *ca)
{
    return ca->link.state == LINK_UP;
}

/* ---- writing ---- */

static void on_ready(void *user, int fd, unsigned ready);

void link_flush(struct core_account *ca)
{
    struct link *l = &ca->link;
    if (l->io.fd < 0 || frame_queued(&l->io) == 0)
        return;
    unsigned want = loop_io_wanted(l->lio) & ~(unsigned)LOOP_WRITE;
    int r = frame_flush(&l->io);
    if (r == 0)
        want |= LOOP_WRITE;
    loop_io_want(l->lio, want);                  /* an error shows as the end of what can be read */
}

void link_send(struct core_account *ca, enum wire_kind kind, const struct buf *payload, int fd)
{
    struct link *l = &ca->link;
    if (l->io.fd < 0)
        return;
    if (fd >= 0)
        frame_put_fd(&l->io, kind, buf_str(payload), payload->len, fd);
    else
        frame_put(&l->io, kind, buf_str(payload), payload->len);
}

int link_op(struct core_account *ca, const struct wire_op *op, int fd, struct err *e)
{
    struct link *l = &ca->link;
    if (l->state != LINK_UP)
        return err_set(e, KITH_EOFFLINE, "account %s is not running%s%s", ca->account->name,
                       ca->account->problem ? ": " : "",
                       ca->account->problem ? ca->account->problem : "");
    struct buf b = {.secret = true};
    wire_put_op(&b, op);
    if (b.len == 0)
        return err_set(e, KITH_EINVAL, "%s", kith_err_text(KITH_EINVAL));
    link_send(ca, WIRE_OP, &b, fd);
    buf_wipe_free(&b);
    watch_ask(l);
    core_touch(ca->core);
    return 0;
}

/* ---- reading ---- */

static void keep_first(void *user, const char *sentence)
{
    char **first = user;
    if (!*first)
        *first = xstrdup(sentence);
}

/* Once for each time the account is read from the configuration. */
static void tell_settings(struct core_account *ca)
{
    const struct account_config *cfg = config_account(ca->core->config, ca->account->name);
    char *first = NULL;
    size_t n = cfg && !ca->settings_told
                   ? settings_check(cfg, ca->link.protocol, keep_first, &first)
                   : 0;
    if (n > 0)
        model_notice(ca->core->model, ca->account, NULL, KITH_WARN, "%s%s", first,
                     n > 1 ? " (and more: kith --check-config)" : "");
    free(first);
    ca->settings_told = true;
}

static void on_restart(void *user)
{
    struct core_account *ca = user;
    ca->link.restart = NULL;
    link_start(ca);
}

/* Another process runs the account, of a kith that ends or of another profile: it is tried again, less and less often,
 * and at once with /reconnect. Said once. */
static void wait_for_other(struct core_account *ca, const char *why)
{
    struct link *l = &ca->link;
    int64_t wait = back_off_ms(ca->core, l->failures++);
    char *words = xstrdup(why);
    link_close(ca);
    if (!str_eq(ca->account->problem, words))
        model_notice(ca->core->model, ca->account, NULL, KITH_WARN,
                     "account %s: %s It goes on here when that one ends", ca->account->name, words);
    l->restart = loop_timer_add(ca->core->loop, wait, on_restart, ca);
    connect_process_gone(ca, words, wait);
    free(words);
}

static void on_hello(struct core_account *ca, const struct frame *f)
{
    struct link *l = &ca->link;
    struct wire_hello h = {0};
    struct err e = {0};
    arena_reset(&l->hello_mem);
    l->protocol = NULL;
    if (l->state != LINK_STARTING)
        return;
    if (wire_get_hello(f->data, f->len, &l->hello_mem, &h, &e) < 0 || h.err < 0 || !h.protocol) {
        const char *why = h.err < 0 && h.text ? h.text : e.text;
        if (h.err == KITH_ECONFLICT && !str_empty(why)) {
            wait_for_other(ca, why);
            return;
        }
        str_set(&ca->account->problem, str_empty(why) ? "its backend cannot be used" : why);
        model_notice(ca->core->model, ca->account, NULL, KITH_ERROR, "account %s: %s",
                     ca->account->name, ca->account->problem);
        link_close(ca);
        l->state = LINK_USELESS;
        account_changed(ca->account);
        return;
    }
    l->protocol = h.protocol;
    l->state = LINK_UP;
    tell_settings(ca);
    connect_process_up(ca);
}

static void on_log(struct core_account *ca, const struct frame *f)
{
    uint32_t level = 0;
    const char *text = NULL;
    if (wire_get_log(f->data, f->len, &ca->link.mem, &level, &text, NULL) == 0)
        log_at(level > KITH_ERROR ? LOG_ERROR : (enum log_level)level, "%s: %s", ca->account->name,
               text);
}

/* Of what was missed, not of what somebody scrolls back to. */
static bool unasked_history(const struct kith_event *ev)
{
    const struct kith_ev_message *m = (const struct kith_ev_message *)ev;
    return ev->type == KITH_EV_MESSAGE && !ev->req && m->flags & KITH_MSG_HISTORY;
}

static void on_event(struct core_account *ca, const struct frame *f)
{
    struct link *l = &ca->link;
    struct kith_event *ev = NULL;
    uint64_t number = 0;
    struct err e = {0};
    if (wire_get_event(f->data, f->len, &l->mem, &number, &ev, &e) < 0) {
        log_warn("%s: event: %s", ca->account->name, e.text);
        return;
    }
    l->received = MAX(l->received, number);
    l->old += unasked_history(ev);
    ingest_event(ca, ev);
}

static void on_refused(struct core_account *ca, const struct frame *f)
{
    struct wire_refused r = {0};
    if (wire_get_refused(f->data, f->len, &ca->link.mem, &r, NULL) < 0)
        return;
    if (r.req)
        request_refused(ca, &r);
    else
        outbox_refused(ca, &r);
}

/* True when it was an event, which costs. */
static bool on_frame(struct core_account *ca, const struct frame *f)
{
    struct link *l = &ca->link;
    watch_heard(l);
    switch (f->kind) {
    case WIRE_EVENT:
        if (l->state == LINK_UP || l->state == LINK_LEAVING)
            on_event(ca, f);
        break;
    case WIRE_HELLO:
        on_hello(ca, f);
        break;
    case WIRE_REFUSED:
        on_refused(ca, f);
        break;
    case WIRE_PONG:
        l->asked_at = 0;
        break;
    case WIRE_LOG:
        on_log(ca, f);
        break;
    case WIRE_MARK:
        marks_add(ca, f);
        break;
    case WIRE_SECRET:
        family_secret(ca, f);
        break;
    default: /* a newer kith-account may say more */
        break;
    }
    arena_reset(&l->mem);
    return f->kind == WIRE_EVENT || f->kind == WIRE_LOG;
}

static void on_more(void *user);

/* Nobody waits for an archive as they wait for what they type. What is said now is not held back. */
static bool enough_old(const struct core_account *ca)
{
    return ca->link.old >= TYPING_OLD && save_typing(ca->core);
}

/* Handles frames until the share of this turn is used up. False: some may be left. */
static bool take_frames(struct core_account *ca, int *events, int64_t until)
{
    struct link *l = &ca->link;
    struct frame f;
    while (l->io.fd >= 0) {
        if (*events >= TURN_EVENTS || enough_old(ca) ||
            (*events % LOOK_EVERY == LOOK_EVERY - 1 && clock_mono_us() > until))
            return false;
        int r = frame_next(&l->io, &f);
        if (r == 0)
            return true;
        if (r < 0) {
            watch_kill(l, "sent what is no message of kith");
            return true;
        }
        *events += on_frame(ca, &f) ? 1 : 0;
        if (*events == 0 && clock_mono_us() > until)
            return false;
    }
    return true;
}

/* The rest of the buffer is for a later turn. */
static void read_later(struct core_account *ca)
{
    struct link *l = &ca->link;
    bool pause = enough_old(ca);
    if (pause)
        l->old = 0;
    loop_io_want(l->lio, loop_io_wanted(l->lio) & ~(unsigned)LOOP_READ);
    if (!l->more)
        l->more = loop_timer_add(ca->core->loop, pause ? TYPING_PAUSE_MS : 0, on_more, ca);
}

static void read_link(struct core_account *ca)
{
    struct link *l = &ca->link;
    int64_t until = clock_mono_us() + (save_typing(ca->core) ? TYPING_TURN_US : TURN_US);
    int events = 0, got = 1;
    l->gave_way = false;
    while (l->io.fd >= 0 && got > 0) {
        if (!take_frames(ca, &events, until)) {
            read_later(ca);
            return;
        }
        if (l->io.fd >= 0)
            got = frame_fill(&l->io);
    }
    if (l->io.fd >= 0 && got < 0) {
        l->eof = true;
        link_lost(ca);
    }
}

/* A key came in this turn: what it changes is painted first, and the account read in the next one. */
static bool give_way(struct core_account *ca)
{
    struct link *l = &ca->link;
    l->gave_way = ca->core->key_came && !l->gave_way;
    return l->gave_way;
}

static void on_more(void *user)
{
    struct core_account *ca = user;
    ca->link.more = NULL;
    if (ca->link.io.fd < 0 || ca->core->choked)
        return;
    if (give_way(ca)) {
        ca->link.more = loop_timer_add(ca->core->loop, 0, on_more, ca);
        return;
    }
    loop_io_want(ca->link.lio, loop_io_wanted(ca->link.lio) | LOOP_READ);
    read_link(ca);
}

void link_want_read(struct core_account *ca, bool want)
{
    struct link *l = &ca->link;
    if (l->io.fd < 0)
        return;
    unsigned other = loop_io_wanted(l->lio) & ~(unsigned)LOOP_READ;
    loop_io_want(l->lio, other);
    if (want && !l->more)
        l->more = loop_timer_add(ca->core->loop, 0, on_more, ca);
}

static void on_ready(void *user, int fd, unsigned ready)
{
    struct core_account *ca = user;
    if (ready & LOOP_WRITE)
        link_flush(ca);
    if ((ready & (LOOP_READ | LOOP_HANGUP)) && !ca->core->choked && !ca->link.more && !give_way(ca))
        read_link(ca);
}

/* ---- starting ---- */

/* The account's own directory: its name with everything unusual as %XX. */
static char *state_dir(const struct core_account *ca, struct err *e)
{
    struct buf name = {0};
    buf_adds(&name, "accounts/");
    for (const unsigned char *p = (const unsigned char *)ca->store_name; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '-' || *p == '_' || *p >= 0x80;
        if (plain)
            buf_addc(&name, (char)*p);
        else
            buf_addf(&name, "%%%02X", *p);
    }
    char *dir = path_of(PATH_STATE, buf_str(&name), e);
    buf_free(&name);
    if (dir && path_mkdirs(dir, 0700, e) < 0) {
        free(dir);
        dir = NULL;
    }
    return dir;
}

static void send_open(struct core_account *ca, const struct account_config *cfg, const char *dir)
{
    struct wire_open o = {.size = sizeof o,
                          .account = cfg->name,
                          .protocol = cfg->protocol,
                          .backend_dirs = ca->core->backend_dirs,
                          .state_dir = dir,
                          .resume = ca->resume_id,
                          .resume_ms = ca->resume_ms};
    subs_options(ca->core->config, cfg, true, &o);
    /* What the backend tells others by itself must follow the user's wishes. */
    const struct config *conf = ca->core->config;
    const struct wire_option wishes[] = {{"_typing", config_str(conf, "privacy.typing"), 0},
                                         {"_receipts", config_str(conf, "privacy.receipts"), 0}};
    for (size_t i = 0; i < COUNT(wishes); i++)
        o.options[o.n_options++] = wishes[i];
    struct buf b = {.secret = true};
    wire_put_open(&b, &o);
    link_send(ca, WIRE_OPEN, &b, -1);
    buf_wipe_free(&b);
    free(o.options);
}

/* One that eats memory dies alone. Not under the sanitizers, which reserve terabytes. */
static void bound_memory(pid_t pid)
{
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
    struct rlimit limit = {.rlim_cur = MEMORY, .rlim_max = MEMORY};
    prlimit(pid, RLIMIT_DATA, &limit, NULL);
#endif
}

static int spawn_account(struct core_account *ca, int fd, struct err *e)
{
    const char *argv[] = {"kith-account", NULL};
    struct spawn_fd fds[] = {{.from = fd, .to = ACCOUNT_FD}};
    struct spawn s = {.path = ca->core->account_program,
                      .argv = argv,
                      .fd_stdin = -1,
                      .fd_stdout = -1,
                      .fd_stderr = -1,
                      .fds = fds,
                      .n_fds = COUNT(fds)};
    return (int)spawn_start(&s, e);
}

static int try_start(struct core_account *ca, struct err *e)
{
    struct link *l = &ca->link;
    const struct account_config *cfg = config_account(ca->core->config, ca->account->name);
    int pair[2] = {-1, -1};
    if (!cfg)
        return err_set(e, KITH_ENOTFOUND, "it is not in the configuration any more");
    char *dir = state_dir(ca, e);
    int r = dir ? sock_pair(pair) : -1;
    if (dir && r < 0)
        err_set(e, r, "no socket for its process: %s", strerror(-r));
    pid_t pid = r < 0 ? -1 : spawn_account(ca, pair[1], e);
    if (pair[1] >= 0)
        close(pair[1]);
    if (pid < 0) {
        if (pair[0] >= 0)
            close(pair[0]);
        free(dir);
        return -1;
    }
    bound_memory(pid);
    l->pid = pid;
    frame_io_init(&l->io, pair[0], FRAME_MAX);
    l->io.out.secret = true; /* options and answers: some are passwords */
    l->lio = loop_io_add(ca->core->loop, pair[0], ca->core->choked ? 0 : LOOP_READ, on_ready, ca);
    loop_io_priority(l->lio, PRIORITY);
    send_open(ca, cfg, dir);
    free(dir);
    return 0;
}

void link_start(struct core_account *ca)
{
    struct link *l = &ca->link;
    struct err e = {0};
    if (ca->core->stopping || l->io.fd >= 0 || l->linger)
        return;
    loop_timer_del(l->restart);
    l->restart = NULL;
    l->exited = l->eof = l->stopped = false;
    l->received = l->committed = 0;
    l->asked_at = l->phase_ms = l->stopped_at = l->leaving_at = 0;
    l->killed_for = NULL;
    l->started_at = l->heard_at = clock_mono_ms();
    if (try_start(ca, &e) < 0) {
        l->state = LINK_DOWN;
        str_set(&ca->account->problem, e.text);
        model_notice(ca->core->model, ca->account, NULL, KITH_ERROR,
                     "account %s cannot be started: %s", ca->account->name, e.text);
        account_changed(ca->account);
        return;
    }
    l->state = LINK_STARTING;
    watch_arm(l);
    core_touch(ca->core);
}

/* ---- ending ---- */

static void release(struct link *l)
{
    loop_io_del(l->lio);
    loop_timer_del(l->more);
    loop_timer_del(l->watch);
    l->lio = NULL;
    l->more = l->watch = NULL;
    frame_io_free(&l->io);
    l->io.fd = -1;
    arena_free(&l->mem);
}

void link_stop(struct core_account *ca, enum kith_reason reason)
{
    struct link *l = &ca->link;
    loop_timer_del(l->restart);
    l->restart = NULL;
    if (l->io.fd < 0)
        return;
    struct buf b = {0};
    wire_put_number(&b, reason);
    link_send(ca, WIRE_QUIT, &b, -1);
    buf_free(&b);
    l->state = LINK_LEAVING;
    l->leaving_at = clock_mono_ms();
    watch_arm(l);
}

/* SIGKILL; reaped later if it takes its time: nothing here waits. */
static void kill_process(struct link *l)
{
    struct core *c = l->ca->core;
    if (l->pid <= 0)
        return;
    kill(l->pid, SIGKILL);
    if (waitpid(l->pid, &l->exit_status, WNOHANG) != l->pid)
        VEC_PUSH(c->dying, c->n_dying, c->cap_dying, l->pid);
    l->pid = 0;
}

void link_close(struct core_account *ca)
{
    struct link *l = &ca->link;
    loop_timer_del(l->restart);
    loop_timer_del(l->linger);
    l->restart = l->linger = NULL;
    if (l->io.fd >= 0)
        release(l);
    kill_process(l);
    l->state = LINK_DOWN;
    l->protocol = NULL;
    arena_free(&l->hello_mem);
}

/* How it ended, as the end of "its process ...". */
static void describe(const struct link *l, char *out, size_t cap)
{
    if (l->killed_for)
        snprintf(out, cap, "%s", l->killed_for);
    else if (l->exited && WIFSIGNALED(l->exit_status))
        snprintf(out, cap, "was killed by signal %d (%s)", WTERMSIG(l->exit_status),
                 strsignal(WTERMSIG(l->exit_status)));
    else if (l->exited)
        snprintf(out, cap, "ended (exit status %d)", WEXITSTATUS(l->exit_status));
    else
        snprintf(out, cap, "hung up");
}

static void restart_later(struct core_account *ca)
{
    enum { GOOD_MS = 60000 };
    struct link *l = &ca->link;
    char how[128], why[512];
    describe(l, how, sizeof how);
    if (clock_mono_ms() - l->started_at > GOOD_MS)
        l->failures = 0;
    int64_t wait = back_off_ms(ca->core, l->failures++);
    snprintf(why, sizeof why, "its process %s", how);
    l->restart = loop_timer_add(ca->core->loop, wait, on_restart, ca);
    model_notice(ca->core->model, ca->account, NULL, KITH_WARN,
                 "account %s: its process %s; starting it again in %lld s", ca->account->name, how,
                 (long long)MAX((wait + 500) / 1000, 1));
    connect_process_gone(ca, why, wait);
}

static void finish(struct core_account *ca)
{
    struct link *l = &ca->link;
    bool leaving = l->state == LINK_LEAVING || ca->core->stopping;
    loop_timer_del(l->linger);
    l->linger = NULL;
    l->state = LINK_DOWN;
    bool again = l->start_again && !ca->core->stopping;
    l->start_again = false;
    if (leaving)
        connect_process_gone(ca, NULL, 0);
    else
        restart_later(ca);
    if (leaving && again)
        link_start(ca);
    core_stop_check(ca->core);
}

static void on_linger(void *user)
{
    struct core_account *ca = user;
    ca->link.linger = NULL;
    kill_process(&ca->link);
    finish(ca);
}

void link_reaped(struct core_account *ca)
{
    ca->link.exited = true;
    ca->link.pid = 0;
    if (ca->link.linger)
        finish(ca);
}

void link_lost(struct core_account *ca)
{
    enum { LINGER_MS = 500 };
    struct link *l = &ca->link;
    release(l);
    if (l->killed_for)
        kill_process(l);
    if (l->pid > 0 && waitpid(l->pid, &l->exit_status, WNOHANG) == l->pid) {
        l->exited = true;
        l->pid = 0;
    }
    if (l->pid > 0) /* its descriptors go a moment before it does; then we know how it ended */
        l->linger = loop_timer_add(ca->core->loop, LINGER_MS, on_linger, ca);
    else
        finish(ca);
}
