/* view/lines.c - the terminal side of kith --plain: lines in, lines out, the input on the last row */
#include "view/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/loop.h"
#include "base/mem.h"
#include "view/line_edit.h"
#include "view/proto.h"
#include "view/tty.h"

enum { LINES_MAX = 1 << 20 };

struct lines {
    struct loop *loop;
    struct frame_io io;
    struct loop_io *socket, *input;
    struct buf in;   /* piped input: a line that is not complete */
    bool tty, asked; /* asked: a secret or another answer is typed now */
    bool said_bye;
    struct tty t;
    struct line_edit edit;
};

static void finish(struct lines *l, int code)
{
    loop_quit(l->loop, code);
}

static void flush(struct lines *l)
{
    int rc = frame_flush(&l->io);

    loop_io_want(l->socket, LOOP_READ | (rc == 0 ? LOOP_WRITE : 0u));
}

static void send_line(struct lines *l, enum proto_kind kind, const char *text, size_t len)
{
    frame_put(&l->io, (uint16_t)kind, text, len);
    flush(l);
}

static void say_bye(struct lines *l)
{
    if (l->said_bye)
        return;
    l->said_bye = true;
    loop_io_del(l->input);
    l->input = NULL;
    frame_put(&l->io, VIEW_GONE, NULL, 0);
    flush(l);
}

/* ---- output: the row of the input gives way ---- */

static void put(struct lines *l, const struct buf *out)
{
    size_t done = 0;

    while (done < out->len) {
        ssize_t n = write(STDOUT_FILENO, out->data + done, out->len - done);

        if (n < 0 && errno != EINTR) {
            finish(l, EXIT_FAILED);
            return;
        }
        done += n > 0 ? (size_t)n : 0;
    }
}

static void print(struct lines *l, const char *text, size_t len)
{
    struct buf out = {0};

    if (l->tty)
        line_edit_hide(&l->edit, &out);
    buf_add(&out, text, len);
    if (l->tty)
        line_edit_show(&l->edit, &out);
    put(l, &out);
    buf_free(&out);
}

/* ---- input ---- */

/* Sends each whole line that came; what is longer than any message is cut. */
static void send_lines(struct lines *l)
{
    char *end;

    while (l->in.len > 0 && (end = memchr(l->in.data, '\n', l->in.len)) != NULL) {
        size_t len = (size_t)(end - l->in.data);

        send_line(l, VIEW_BYTES, l->in.data, len);
        buf_consume(&l->in, len + 1);
    }
    if (l->in.len > LINES_MAX)
        buf_clear(&l->in);
}

static void on_pipe(struct lines *l, const char *data, ssize_t n)
{
    buf_add(&l->in, data, (size_t)n);
    if (n == 0 && l->in.len > 0)
        buf_addc(&l->in, '\n');
    send_lines(l);
    if (n == 0)
        say_bye(l);
}

static void stop_here(struct lines *l)
{
    struct buf out = {0};
    struct err e;

    line_edit_hide(&l->edit, &out);
    put(l, &out);
    tty_sane(&l->t);
    raise(SIGTSTP);
    if (tty_raw(&l->t, &e) < 0)
        finish(l, EXIT_TERMINAL);
    buf_clear(&out);
    line_edit_show(&l->edit, &out);
    put(l, &out);
    buf_free(&out);
}

static void on_enter(struct lines *l)
{
    char *text = line_edit_take(&l->edit);
    enum proto_kind kind = l->asked ? VIEW_ANSWER : VIEW_BYTES;
    struct buf out = {0};

    if (l->asked) { /* answered: the engine says what comes next */
        l->asked = false;
        line_edit_prompt(&l->edit, NULL, false, &out);
    } else {
        line_edit_show(&l->edit, &out);
    }
    put(l, &out);
    send_line(l, kind, text, strlen(text));
    explicit_bzero(text, strlen(text));
    free(text);
    buf_free(&out);
}

static void on_keys(struct lines *l, const char *data, size_t len)
{
    int rows;
    size_t used;

    tty_size(&l->t, &l->edit.columns, &rows);
    for (; len > 0 && !l->said_bye; data += used, len -= used) {
        struct buf out = {.secret = true}; /* what is echoed */
        enum line_event ev = line_edit_feed(&l->edit, data, len, &used, &out);

        put(l, &out);
        buf_free(&out);
        if (ev == LINE_ENTER)
            on_enter(l);
        else if (ev == LINE_STOP)
            stop_here(l);
        else if (ev == LINE_END)
            say_bye(l);
    }
}

static void on_input(void *user, int fd, unsigned ready)
{
    struct lines *l = user;
    char data[16384];
    ssize_t n = read(fd, data, sizeof data);

    (void)ready;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    n = MAX((ssize_t)0, n); /* an error is the end as well: the terminal hung up */
    if (!l->tty)
        on_pipe(l, data, n);
    else if (n == 0)
        say_bye(l);
    else
        on_keys(l, data, (size_t)n);
    explicit_bzero(data, sizeof data);
}

/* ---- the engine ---- */

static void on_prompt(struct lines *l, const char *p, size_t left)
{
    uint32_t secret = 0;
    struct buf out = {0};
    char *label;

    if (!proto_get_u32(&p, &left, &secret))
        return;
    label = xstrndup(p, left);
    if (l->tty) {
        l->asked = *label != '\0';
        line_edit_prompt(&l->edit, l->asked ? label : NULL, secret != 0 && l->asked, &out);
        put(l, &out);
    } else if (*label != '\0') {
        buf_addf(&out, "? %s\n", label);
        put(l, &out);
    }
    buf_free(&out);
    free(label);
}

static void on_frame(struct lines *l, const struct frame *f)
{
    const char *p = f->data;
    size_t left = f->len;
    uint32_t code = EXIT_FAILED;

    if (f->kind == CTL_OUT) {
        print(l, f->data, f->len);
    } else if (f->kind == VIEW_PROMPT) {
        on_prompt(l, f->data, f->len);
    } else if (f->kind == VIEW_INPUT && l->tty && !l->asked) {
        char *text = xstrndup(f->data, f->len);
        struct buf out = {0};

        line_edit_set(&l->edit, text, &out);
        put(l, &out);
        buf_free(&out);
        free(text);
    } else if (f->kind == VIEW_EXIT) {
        proto_get_u32(&p, &left, &code);
        if (left > 0)
            fprintf(stderr, "%skith: %.*s\n", l->tty ? "\n" : "", (int)left, p);
        finish(l, (int)code);
    }
}

static void on_socket(void *user, int fd, unsigned ready)
{
    struct lines *l = user;
    struct frame f;
    int rc;

    (void)fd;
    if (ready & LOOP_WRITE)
        flush(l);
    rc = frame_fill(&l->io);
    while (frame_next(&l->io, &f) > 0)
        on_frame(l, &f);
    if (rc >= 0)
        return;
    if (!l->said_bye)
        fprintf(stderr, "%skith: the engine ended unexpectedly. Nothing stored is lost: start kith again.\n", l->tty ? "\n" : "");
    finish(l, l->said_bye ? EXIT_OK : EXIT_FAILED); /* we said goodbye, and it hung up */
}

static void on_signal(void *user, int signo)
{
    struct lines *l = user;

    if (signo == SIGHUP || signo == SIGTERM || signo == SIGINT)
        say_bye(l);
}

static void send_hello(struct lines *l)
{
    struct buf b = {0};

    for (size_t i = 0; proto_env[i] != NULL; i++) {
        const char *value = getenv(proto_env[i]);

        if (value == NULL || strlen(value) > 4096)
            continue;
        buf_addf(&b, "%s=%s", proto_env[i], value);
        buf_addc(&b, 0);
    }
    if (l->tty)
        buf_add(&b, "KITH_TERMINAL=1", sizeof "KITH_TERMINAL=1");
    frame_put(&l->io, VIEW_PLAIN, b.data, b.len);
    flush(l);
    buf_free(&b);
}

/* A terminal is taken into our own hands, so that a line that comes does not tear the one being typed. */
static void take_terminal(struct lines *l)
{
    struct err e;
    int columns, rows;

    l->tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && tty_open(&l->t, &e) == 0 && tty_lines(&l->t, &e) == 0;
    if (!l->tty)
        return;
    tty_size(&l->t, &columns, &rows);
    line_edit_init(&l->edit, columns);
}

int lines_run(int fd)
{
    struct lines l = {.loop = loop_new(), .in.secret = true};
    static const int signals[] = {SIGHUP, SIGTERM, SIGINT};
    int code;

    signal(SIGPIPE, SIG_IGN);
    frame_io_init(&l.io, fd, PROTO_MAX);
    l.io.out.secret = true;
    take_terminal(&l);
    for (size_t i = 0; i < COUNT(signals); i++)
        loop_signal(l.loop, signals[i], on_signal, &l);
    l.socket = loop_io_add(l.loop, fd, LOOP_READ, on_socket, &l);
    l.input = loop_io_add(l.loop, STDIN_FILENO, LOOP_READ, on_input, &l);
    send_hello(&l);
    code = loop_run(l.loop);
    if (l.tty) {
        struct buf out = {0};

        line_edit_hide(&l.edit, &out);
        put(&l, &out);
        buf_free(&out);
        tty_close(&l.t);
        line_edit_free(&l.edit);
    }
    loop_io_del(l.input);
    loop_io_del(l.socket);
    buf_free(&l.in);
    frame_io_free(&l.io);
    loop_free(l.loop);
    return code;
}
