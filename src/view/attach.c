/* view/attach.c - the view: connects this terminal to the engine and relays bytes both ways */
#include "view/attach.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/soon.h"
#include "view/editor.h"
#include "view/proto.h"
#include "view/tty.h"

enum { ATTACH_READ = 65536, ATTACH_ENGINE_QUEUE = 8 << 20, ATTACH_REAP_TRIES = 50, ATTACH_REAP_STEP_MS = 20,
       ATTACH_SAVE_MS = 2000, ATTACH_LEAVE_MS = 1000 };

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
    pid_t parent;      /* the shell that started us */
    struct editor_child editor; /* has the terminal while it runs */
    bool editing;
    struct buf edited; /* fields: account and address of the chat it writes for, the text it was given */
    struct loop_timer *late; /* the terminal hung up: how long the editor may take to save */
    int end_code;      /* the view ends with it when the editor has; INT_MIN: it does not */
    char *sentence;    /* to be printed at the end */
};

static void editor_late(void *user);

/* An editor keeps the terminal until it has ended: what follows waits for it. Without a terminal it is told to end, too,
 * and may save first. */
static void finish(struct attach *a, int code)
{
    if (!a->editing) {
        loop_quit(a->loop, code);
    } else if (!a->hungup) {
        a->end_code = code;
    } else if (a->late == NULL) {
        editor_child_hangup(&a->editor);
        a->late = loop_timer_add(a->loop, ATTACH_SAVE_MS, editor_late, a);
    }
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

/* ---- the editor ---- */
static void tell_edited(struct attach *a, uint32_t good, const char *data, size_t len)
{
    struct buf b = {0};

    proto_put_u32(&b, good);
    buf_add(&b, data, len);
    send_frame(a, VIEW_EDITED, b.data, b.len);
    buf_free(&b);
}

/* Adds a sentence to what is said at the end. */
static void say_last(struct attach *a, const char *sentence)
{
    char *said = a->sentence;

    a->sentence = str_empty(said) ? xstrdup(sentence) : xasprintf("%s\nkith: %s", said, sentence);
    free(said);
}

/* The engine is gone: the next one makes the text the chat's draft. Where that cannot be, the file stays. */
static void put_by(struct attach *a, const struct buf *text)
{
    const char *p = a->edited.data, *account, *chat, *before;
    size_t left = a->edited.len;
    struct err e = {0};
    char *sentence = NULL;

    account = proto_get_field(&p, &left);
    chat = proto_get_field(&p, &left);
    before = proto_get_field(&p, &left);
    if (before == NULL || (text->len == strlen(before) && memcmp(text->data, before, text->len) == 0))
        return; /* as it was: that draft is kept already */
    if (!str_empty(account) && editor_put_by(&a->edited, text, &e) >= 0) {
        sentence = xasprintf("what was written is the draft for %s when kith runs again", chat);
    } else {
        a->editor.keep = true;
        sentence = xasprintf("what was written is in %s", a->editor.path);
    }
    say_last(a, sentence);
    free(sentence);
}

/* Nobody sees any more what the editor's end means: whatever text there is becomes the draft. */
static void rescue(struct attach *a)
{
    struct err e = {0};
    struct buf text = {0};
    int rc = editor_child_rescue(&a->editor, &text, &e);

    if (rc >= 0 && a->end_code != INT_MIN)
        put_by(a, &text);
    else if (rc >= 0)
        tell_edited(a, 1, text.data, text.len);
    if (a->editor.keep && *e.text != '\0' && a->end_code == INT_MIN)
        tell_edited(a, 0, e.text, strlen(e.text));
    editor_child_clear(&a->editor);
    buf_free(&text);
}

static void editor_late(void *user)
{
    struct attach *a = user;

    a->late = NULL;
    a->editing = false;
    rescue(a);
    loop_quit(a->loop, EXIT_OK);
}

/* The engine has ended while the editor was open. */
static void editor_alone(struct attach *a)
{
    struct err e = {0};
    struct buf text = {0};

    if (editor_child_text(&a->editor, &text, &e) < 0)
        say_last(a, e.text);
    else
        put_by(a, &text);
    editor_child_clear(&a->editor);
    buf_free(&text);
    loop_quit(a->loop, a->end_code);
}

/* The terminal is ours again, or gone. */
static void editor_over(struct attach *a)
{
    struct err e = {0};
    struct buf text = {0};

    a->editing = false;
    if (a->hungup) {
        rescue(a);
        finish(a, EXIT_OK);
        return;
    }
    if (a->end_code != INT_MIN) {
        editor_alone(a);
        return;
    }
    if (tty_raw(&a->tty, &e) < 0) {
        rescue(a);
        finish(a, EXIT_TERMINAL);
        return;
    }
    loop_io_want(a->io_in, LOOP_READ);
    if (editor_child_text(&a->editor, &text, &e) < 0)
        tell_edited(a, 0, e.text, strlen(e.text));
    else
        tell_edited(a, 1, text.data, text.len);
    editor_child_clear(&a->editor);
    buf_free(&text);
    send_size(a);
    send_frame(a, VIEW_CONTINUED, NULL, 0);
}

static void on_child(void *user, int signo)
{
    struct attach *a = user;
    enum editor_state now = a->editing ? editor_child_look(&a->editor) : EDITOR_RUNS;

    (void)signo;
    if (now == EDITOR_STOPPED) { /* Ctrl-z there stops us both, fg brings both back */
        (void)tcsetattr(a->tty.in, TCSANOW, &a->tty.cooked);
        stop_here();
        editor_child_continue(&a->editor);
    } else if (now == EDITOR_ENDED) {
        (void)tcsetattr(a->tty.in, TCSANOW, &a->tty.cooked); /* a killed one leaves it as it was using it */
        editor_over(a);
    }
}

static void on_edit_frame(struct attach *a, const struct frame *f)
{
    const char *p = f->data, *command;
    size_t left = f->len;
    struct err e = {0};

    command = proto_get_field(&p, &left);
    if (command == NULL || a->editing)
        return;
    buf_clear(&a->edited);
    buf_add(&a->edited, p, left);
    buf_addc(&a->edited, 0);
    if (proto_get_field(&p, &left) == NULL || proto_get_field(&p, &left) == NULL)
        return; /* no engine of ours */
    loop_io_want(a->io_in, 0);
    loop_io_want(a->io_out, 0);
    tty_sane(&a->tty);
    a->editing = true;
    if (editor_child_start(&a->editor, a->tty.in, command, p, left, &e) >= 0)
        return;
    a->editing = false;
    loop_io_want(a->io_in, LOOP_READ);
    (void)tty_raw(&a->tty, &(struct err){0});
    tell_edited(a, 0, e.text, strlen(e.text));
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

    if (f->kind == VIEW_OUT && a->editing) {
        return; /* the engine draws all anew afterwards */
    } else if (f->kind == VIEW_OUT && proto_get_u32(&p, &left, &number)) {
        a->shown = number;
        a->ack_due = true;
        after_output(a, tty_write(&a->tty, p, left));
    } else if (f->kind == VIEW_RESTORE) {
        buf_clear(&a->tty.restore);
        buf_add(&a->tty.restore, f->data, f->len);
    } else if (f->kind == VIEW_SUSPEND) {
        suspend(a);
    } else if (f->kind == VIEW_EDIT) {
        on_edit_frame(a, f);
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
    if (rc < 0 && a->editing)
        loop_io_want(a->io_engine, 0); /* its end is noticed once */
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
        mem_wipe(data, (size_t)n);
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
        if (!a->editing)
            send_size(a);
    } else if (signo == SIGTSTP) {
        if (!a->editing)
            suspend(a);
    } else {
        a->hungup = signo == SIGHUP || (a->editing && signo == SIGTERM);
        finish(a, EXIT_OK);
    }
}

/* A shell that was killed takes the terminal's foreground along: nothing would be read here any more, and the shell before
 * it would speak on our screen. Asked for is a signal at the end of the parent's thread, which need not be its own end. */
static void on_parent(void *user, int signo)
{
    struct attach *a = user;

    (void)signo;
    if (getppid() == a->parent)
        return;
    signal(SIGTTOU, SIG_IGN); /* the modes are put back from the background */
    a->hungup = true;
    finish(a, EXIT_OK);
}

static void watch_parent(struct attach *a)
{
    a->parent = getppid();
    if (loop_signal(a->loop, SIGUSR1, on_parent, a) == 0)
        (void)prctl(PR_SET_PDEATHSIG, SIGUSR1);
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
    loop_signal(a->loop, SIGCHLD, on_child, a);
    watch_parent(a);
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
    if (!str_empty(a->sentence))
        fprintf(stderr, "kith: %s\n", a->sentence);
}

/* What is still to be told does not wait for a loop any more: an edited text is longer than a socket takes at once. */
static void tell_rest(struct attach *a)
{
    struct pollfd fd = {.fd = a->engine.fd, .events = POLLOUT};

    if (a->hungup || !a->told)
        frame_put(&a->engine, VIEW_GONE, NULL, 0);
    while (frame_flush(&a->engine) == 0 && poll(&fd, 1, ATTACH_LEAVE_MS) > 0)
        continue;
}

int attach_run(const struct attach_params *p)
{
    struct attach a = {.params = p, .end_code = INT_MIN};
    struct err e = {0};
    int code;

    signal(SIGPIPE, SIG_IGN);
    (void)run_soon();
    a.loop = loop_new();
    frame_io_init(&a.engine, p->fd, PROTO_MAX);
    a.engine.out.secret = true; /* keys: some are of passwords */
    if (attach_open(&a, &e) < 0) {
        a.told = true;
        str_set(&a.sentence, e.text);
        code = EXIT_TERMINAL;
    } else {
        code = loop_run(a.loop);
    }
    if (a.editing)
        editor_child_clear(&a.editor);
    tty_close(&a.tty);
    last_words(&a);
    tell_rest(&a);
    loop_timer_del(a.late);
    loop_io_del(a.io_engine);
    loop_io_del(a.io_in);
    loop_io_del(a.io_out);
    frame_io_free(&a.engine);
    loop_free(a.loop);
    free(a.sentence);
    buf_free(&a.edited);
    free(a.editor.dir);
    free(a.editor.path);
    return code;
}
