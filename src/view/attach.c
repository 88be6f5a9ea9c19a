/* view/attach.c - the view: connects this terminal to the engine and relays bytes both ways */
#include "view/attach.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/loop.h"
#include "base/mem.h"
#include "view/proto.h"
#include "view/tty.h"

enum { ATTACH_READ = 65536, ATTACH_ENGINE_QUEUE = 8 << 20, ATTACH_REAP_TRIES = 50, ATTACH_REAP_STEP_MS = 20 };

struct attach {
    const struct attach_params *params;
    struct loop *loop;
    struct tty tty;
    struct frame_io engine;
    struct loop_io *io_engine, *io_in, *io_out;
    uint32_t shown;    /* number of the newest frame handed to the terminal */
    bool ack_due;      /* it has not left yet */
    bool told;         /* the engine said goodbye */
    bool hungup;
    char *sentence;    /* to be printed at the end */
};

static void finish(struct attach *a, int code)
{
    loop_quit(a->loop, code);
}

static void flush_engine(struct attach *a)
{
    int rc = frame_flush(&a->engine);

    if (rc < 0)
        return; /* its end shows at the next read */
    loop_io_want(a->io_engine, LOOP_READ | (rc == 0 ? LOOP_WRITE : 0u));
}

static void send_frame(struct attach *a, enum proto_kind kind, const void *data, size_t len)
{
    frame_put(&a->engine, (uint16_t)kind, data, len);
    flush_engine(a);
}

static void send_size(struct attach *a)
{
    struct buf b = {0};
    int columns, rows;

    tty_size(&a->tty, &columns, &rows);
    proto_put_u16(&b, (uint16_t)columns);
    proto_put_u16(&b, (uint16_t)rows);
    send_frame(a, VIEW_SIZE, b.data, b.len);
    buf_free(&b);
}

static void send_hello(struct attach *a)
{
    struct buf b = {0};
    int columns, rows;

    tty_size(&a->tty, &columns, &rows);
    proto_put_u32(&b, PROTO_VERSION);
    proto_put_u16(&b, (uint16_t)columns);
    proto_put_u16(&b, (uint16_t)rows);
    for (size_t i = 0; proto_env[i] != NULL; i++) {
        const char *value = getenv(proto_env[i]);

        if (str_eq(proto_env[i], "KITH_OPEN"))
            value = a->params->open_uri;
        if (str_eq(proto_env[i], "KITH_ACCOUNT"))
            value = a->params->account;
        if (value == NULL || strlen(value) > 4096)
            continue;
        buf_addf(&b, "%s=%s", proto_env[i], value);
        buf_addc(&b, 0);
    }
    send_frame(a, VIEW_HELLO, b.data, b.len);
    buf_free(&b);
}

/* Tells the engine that the terminal has taken all that was drawn: only now it may draw again. */
static void after_output(struct attach *a, int rc)
{
    struct buf b = {0};

    if (rc < 0 && rc != -EAGAIN) {
        a->hungup = true;
        finish(a, EXIT_OK);
        return;
    }
    loop_io_want(a->io_out, rc == 0 ? LOOP_WRITE : 0u);
    if (rc != 1 || !a->ack_due)
        return;
    a->ack_due = false;
    proto_put_u32(&b, a->shown);
    send_frame(a, VIEW_ACK, b.data, b.len);
    buf_free(&b);
}

/* Stops as any program does on Ctrl-z. Where no shell could wake us again (a terminal that runs kith alone) the
 * system ignores this SIGTSTP, as it would not a SIGSTOP, and we go on at once. */
static void stop_here(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL}, ours;
    sigset_t stop, mask;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigaction(SIGTSTP, &standard, &ours);
    sigprocmask(SIG_UNBLOCK, &stop, &mask);
    raise(SIGTSTP);
    /* ... here the shell has the terminal; SIGCONT brings us back ... */
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &ours, NULL);
}

static void suspend(struct attach *a)
{
    struct err e;

    tty_sane(&a->tty);
    stop_here();
    if (tcgetattr(a->tty.in, &a->tty.cooked) < 0 || tty_raw(&a->tty, &e) < 0) {
        finish(a, EXIT_TERMINAL);
        return;
    }
    send_size(a);
    send_frame(a, VIEW_CONTINUED, NULL, 0);
}

static void on_exit_frame(struct attach *a, const struct frame *f)
{
    const char *p = f->data;
    size_t left = f->len;
    uint32_t code;

    if (!proto_get_u32(&p, &left, &code))
        code = EXIT_FAILED;
    str_take(&a->sentence, xstrndup(p, left));
    a->told = true;
    finish(a, code == EXIT_RUNNING ? -1 : (int)code);
}

static void on_frame(struct attach *a, const struct frame *f)
{
    const char *p = f->data;
    size_t left = f->len;
    uint32_t number;

    if (f->kind == VIEW_OUT && proto_get_u32(&p, &left, &number)) {
        a->shown = number;
        a->ack_due = true;
        after_output(a, tty_write(&a->tty, p, left));
    } else if (f->kind == VIEW_RESTORE) {
        buf_clear(&a->tty.restore);
        buf_add(&a->tty.restore, f->data, f->len);
    } else if (f->kind == VIEW_SUSPEND) {
        suspend(a);
    } else if (f->kind == VIEW_EXIT) {
        on_exit_frame(a, f);
    }
}

static void on_engine(void *user, int fd, unsigned ready)
{
    struct attach *a = user;
    struct frame f;
    int rc = 0;

    (void)fd;
    if (ready & LOOP_WRITE)
        flush_engine(a);
    if (!(ready & (LOOP_READ | LOOP_HANGUP)))
        return;
    rc = frame_fill(&a->engine);
    while (!a->told && frame_next(&a->engine, &f) > 0)
        on_frame(a, &f);
    if (rc < 0 && !a->told)
        finish(a, EXIT_FAILED);
}

static void on_input(void *user, int fd, unsigned ready)
{
    struct attach *a = user;
    char data[ATTACH_READ];
    ssize_t n;

    (void)ready;
    n = read(fd, data, sizeof data);
    if (n > 0) {
        send_frame(a, VIEW_BYTES, data, (size_t)n);
        if (frame_queued(&a->engine) > ATTACH_ENGINE_QUEUE)
            finish(a, EXIT_FAILED);
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        a->hungup = true;
        finish(a, EXIT_OK);
    }
}

static void on_output(void *user, int fd, unsigned ready)
{
    struct attach *a = user;

    (void)fd;
    (void)ready;
    after_output(a, tty_flush(&a->tty));
}

static void on_signal(void *user, int signo)
{
    struct attach *a = user;

    if (signo == SIGWINCH) {
        send_size(a);
    } else if (signo == SIGTSTP) {
        suspend(a);
    } else {
        a->hungup = signo == SIGHUP;
        finish(a, EXIT_OK);
    }
}

static int attach_open(struct attach *a, struct err *e)
{
    static const int signals[] = {SIGWINCH, SIGTSTP, SIGHUP, SIGTERM, SIGINT, SIGQUIT};

    if (tty_open(&a->tty, e) < 0)
        return -1;
    a->io_engine = loop_io_add(a->loop, a->engine.fd, LOOP_READ, on_engine, a);
    a->io_in = loop_io_add(a->loop, a->tty.in, LOOP_READ, on_input, a);
    a->io_out = loop_io_add(a->loop, a->tty.out, 0, on_output, a);
    for (size_t i = 0; i < COUNT(signals); i++)
        loop_signal(a->loop, signals[i], on_signal, a);
    send_hello(a);
    return tty_raw(&a->tty, e);
}

/* How the engine ended, when it is our child; waits a moment, since its socket closes before it can be reaped. */
static void engine_end(const struct attach *a, char *out, size_t cap)
{
    int status = 0;
    pid_t pid = a->params->engine;

    str_copy(out, cap, "");
    for (int i = 0; pid > 0 && waitpid(pid, &status, WNOHANG) != pid; i++)
        if (i == ATTACH_REAP_TRIES || poll(NULL, 0, ATTACH_REAP_STEP_MS) < 0)
            pid = 0;
    if (pid <= 0)
        return;
    if (WIFSIGNALED(status))
        snprintf(out, cap, " (killed by signal %d, %s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        snprintf(out, cap, " (exit code %d)", WEXITSTATUS(status));
}

static void last_words(struct attach *a)
{
    char how[128];

    if (a->hungup)
        return;
    if (a->told) {
        if (!str_empty(a->sentence))
            fprintf(stderr, "kith: %s\n", a->sentence);
        return;
    }
    if (!a->engine.eof)
        return;
    engine_end(a, how, sizeof how);
    fprintf(stderr, "kith: the engine ended unexpectedly%s. Nothing stored is lost: start kith again.\n", how);
}

int attach_run(const struct attach_params *p)
{
    struct attach a = {.params = p};
    struct err e = {0};
    int code;

    signal(SIGPIPE, SIG_IGN);
    a.loop = loop_new();
    frame_io_init(&a.engine, p->fd, PROTO_MAX);
    if (attach_open(&a, &e) < 0) {
        a.told = true;
        str_set(&a.sentence, e.text);
        code = EXIT_TERMINAL;
    } else {
        code = loop_run(a.loop);
    }
    tty_close(&a.tty);
    last_words(&a);
    if (a.hungup || !a.told)
        frame_put(&a.engine, VIEW_GONE, NULL, 0);
    frame_flush(&a.engine);
    loop_io_del(a.io_engine);
    loop_io_del(a.io_in);
    loop_io_del(a.io_out);
    frame_io_free(&a.engine);
    loop_free(a.loop);
    free(a.sentence);
    return code;
}
