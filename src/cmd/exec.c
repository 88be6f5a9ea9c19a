/* cmd/exec.c - /exec: runs a program beside everything else, and shows or sends what it writes */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "cmd/internal.h"

enum {
    AT_ONCE = 8,           /* programs that may run at a time */
    OUTPUT_MAX = 64 << 10, /* bytes that are kept */
    SEND_MAX = 4 << 10,    /* and that may go out as a message */
    SEND_LINES = 40,
    REAP_MS = 20
};

struct cmd_exec {
    struct cmd_exec *next;
    struct cmd_env *env;
    struct cmd_pending *to; /* who hears of it */
    pid_t pid;
    int fd;
    struct loop_io *io;
    struct loop_timer *late, *reaper;
    struct buf out;
    bool send, cut, killed;
    int status;
};

static void exec_free(struct cmd_exec *x)
{
    for (struct cmd_exec **at = &x->env->execs; *at; at = &(*at)->next) {
        if (*at == x) {
            *at = x->next;
            break;
        }
    }
    loop_io_del(x->io);
    loop_timer_del(x->late);
    loop_timer_del(x->reaper);
    if (x->fd >= 0)
        close(x->fd);
    buf_free(&x->out);
    free(x);
}

/* It has a process group of its own, with whatever it has started. */
static void exec_kill(struct cmd_exec *x)
{
    if (x->pid > 0)
        (void)kill(-x->pid, SIGKILL);
    x->killed = true;
}

void exec_clear(struct cmd_env *env)
{
    while (env->execs) {
        struct cmd_exec *x = env->execs;
        exec_kill(x);
        while (x->pid > 0 && waitpid(x->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        exec_free(x);
    }
}

/* ---- the end ---- */

static int check_size(const struct buf *text, struct err *e)
{
    size_t lines = 1;
    for (size_t i = 0; i < text->len; i++)
        lines += text->data[i] == '\n';
    if (text->len > SEND_MAX || lines > SEND_LINES)
        return err_set(e, KITH_ETOOBIG,
                       "%zu lines of %zu bytes were not sent: at most %d lines and %d bytes go out",
                       lines, text->len, SEND_LINES, SEND_MAX);
    return 0;
}

static int send_output(struct cmd_exec *x, struct err *e)
{
    struct chat *chat = x->to->chat ? model_chat_by_id(x->env->model, x->to->chat) : NULL;
    struct core_send s = {.body = buf_str(&x->out)};
    struct err why = {0};
    if (!chat)
        return err_set(e, KITH_ENOTFOUND, "the chat is gone, nothing was sent");
    int rc = check_size(&x->out, e);
    if (rc >= 0 && core_send(x->env->core, chat, &s, &why) < 0 && why.code < 0)
        rc = err_set(e, why.code, "%s", why.text);
    return rc;
}

/* What happened, in words; "" when it went well. */
static void outcome(const struct cmd_exec *x, struct buf *b)
{
    if (x->killed)
        buf_addf(b, "it was ended after %lld seconds",
                 (long long)config_int(x->env->config, "exec.seconds"));
    else if (WIFSIGNALED(x->status))
        buf_addf(b, "it was killed by signal %d", WTERMSIG(x->status));
    else if (WIFEXITED(x->status) && WEXITSTATUS(x->status) != 0)
        buf_addf(b, "exit code %d", WEXITSTATUS(x->status));
    if (x->cut)
        buf_addf(b, "%sonly the first %d bytes were kept", b->len ? ", " : "", OUTPUT_MAX);
}

static void clean_output(struct cmd_exec *x)
{
    struct buf clean = {0};
    utf8_clean(&clean, buf_str(&x->out), x->out.len, UTF8_TEXT, OUTPUT_MAX);
    while (clean.len && strchr(" \n\t\r", clean.data[clean.len - 1]))
        buf_delete(&clean, clean.len - 1, 1);
    buf_free(&x->out);
    x->out = clean;
}

/* A failed program's output is shown, not sent: it was not what was meant to be said. */
static void exec_done(struct cmd_exec *x)
{
    struct cmd_pending *p = x->to;
    struct buf how = {0};
    struct err e = {0};
    clean_output(x);
    outcome(x, &how);
    bool good = how.len == 0;
    if (x->send && good && x->out.len && send_output(x, &e) >= 0) {
        str_take(&p->title, NULL);
    } else if (x->out.len) {
        buf_add(&p->rows, x->out.data, x->out.len);
        buf_addc(&p->rows, '\n');
        if (!good || e.code < 0)
            buf_addf(&p->rows, "\n(%s%s)\n", buf_str(&how), e.text);
        e = (struct err){0};
    } else if (good) {
        str_take(&p->title, NULL);
        p->good = xasprintf("%s: it wrote nothing", p->what);
    } else {
        err_set(&e, KITH_EINVAL, "%s", buf_str(&how));
    }
    buf_free(&how);
    x->to = NULL;
    exec_free(x);
    pending_done(p, &e);
}

static void try_reap(void *user)
{
    struct cmd_exec *x = user;
    x->reaper = NULL;
    pid_t r = waitpid(x->pid, &x->status, WNOHANG);
    if (r == 0) {
        x->reaper = loop_timer_add(x->env->loop, REAP_MS, try_reap, x);
        return;
    }
    (void)kill(-x->pid, SIGKILL); /* what it left running in its group */
    x->pid = 0;
    exec_done(x);
}

/* Nothing more is read. */
static void finish_reading(struct cmd_exec *x)
{
    loop_io_del(x->io);
    x->io = NULL;
    if (x->fd >= 0)
        close(x->fd);
    x->fd = -1;
    if (!x->reaper)
        try_reap(x);
}

static void on_late(void *user)
{
    struct cmd_exec *x = user;
    x->late = NULL;
    exec_kill(x);
    finish_reading(x);
}

static void on_output(void *user, int fd, unsigned ready UNUSED)
{
    struct cmd_exec *x = user;
    char data[8192];
    ssize_t n = read(fd, data, sizeof data);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        finish_reading(x);
        return;
    }
    size_t room = OUTPUT_MAX - MIN(x->out.len, (size_t)OUTPUT_MAX);
    buf_add(&x->out, data, MIN((size_t)n, room));
    x->cut = x->cut || (size_t)n > room;
}

/* ---- the beginning ---- */

static size_t running(const struct cmd_env *env)
{
    size_t n = 0;
    for (const struct cmd_exec *x = env->execs; x; x = x->next)
        n++;
    return n;
}

/* The child writes into one end of a socket pair; the other is ours. */
static pid_t launch(char **words, int in, int *fd, struct err *e)
{
    int ends[2];
    if (sock_pair(ends) < 0)
        return err_errno(e, "cannot start %s", words[0]);
    fd_nonblock(ends[1], false);
    struct spawn s = {.path = words[0],
                      .argv = (const char *const *)words,
                      .fd_stdin = in,
                      .fd_stdout = ends[1],
                      .fd_stderr = ends[1],
                      .new_session = true,
                      .die_with_parent = true};
    pid_t pid = spawn_start(&s, e);
    close(ends[1]);
    if (pid < 0)
        close(ends[0]);
    else
        *fd = ends[0];
    return pid;
}

/* in: its standard input, -1 = none; stays the caller's. */
static int begin(struct cmd_ctx *ctx, const char *name, const char *line, int in, bool send,
                 struct err *e)
{
    struct cmd_env *env = ctx->env;
    int fd = -1;
    if (running(env) >= AT_ONCE)
        return err_set(e, KITH_EBUSY, "%d programs run already; wait for one of them", AT_ONCE);
    char **words = spawn_words(line, e);
    if (!words)
        return KITH_EINVAL;
    pid_t pid = words[0] ? launch(words, in, &fd, e)
                         : err_set(e, KITH_EINVAL, "no program is named");
    spawn_words_free(words);
    if (pid < 0)
        return (int)pid;
    struct cmd_exec *x = xcalloc(1, sizeof *x);
    *x = (struct cmd_exec){.env = env, .pid = pid, .fd = fd, .send = send, .next = env->execs};
    env->execs = x;
    x->to = pending_new(ctx, ctx->account, ctx->chat, "%.60s", line);
    x->to->title = xasprintf("/%s %.60s", name, line);
    x->io = loop_io_add(env->loop, fd, LOOP_READ, on_output, x);
    x->late = loop_timer_add(env->loop, 1000 * config_int(env->config, "exec.seconds"), on_late, x);
    return 0;
}

static int run_exec(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    bool send = has_flag(a, "o");
    if (send && !ctx->chat)
        return err_set(e, KITH_ENOTFOUND, "no chat is open here that it could be sent to");
    return begin(ctx, "exec", a->argv[0], -1, send, e);
}

int exec_pipe(struct cmd_ctx *ctx, const char *line, const char *input, struct err *e)
{
    int in = text_file(input, e);
    if (in < 0)
        return in;
    int rc = begin(ctx, "pipe", line, in, false, e);
    close(in);
    return rc;
}

const struct cmd cmds_exec[] = {
    {.name = "exec",
     .group = "Program",
     .summary = "Runs a program and shows what it writes; -o sends it here.",
     .flags = "-o",
     .args = {{ARG_PROGRAM, "program", false, NULL}},
     .details = "/exec -o -- fortune says something. The words go to the program as they are, "
                "without a shell: /exec sh -c 'ls | wc -l' is the way to one. In a binding, "
                "variables such as $url stand for one word each, whatever they hold; among other "
                "words in quotes they are refused: write sh -c 'mpv \"$1\"' sh $url. One that begins "
                "with a dash would be an option of the program, and is refused as well, but "
                "behind --: /exec finger -- $nick. kith does not wait for it: the program is ended "
                "after exec.seconds, 64 KiB of what it writes are kept, and it goes with kith. With -o at most 40 lines and 4 KiB are sent, and "
                "nothing when the program fails.",
     .run = run_exec},
    {.name = NULL},
};
