/* ui/view_doctor.c - /doctor: asks the terminal and tmux, and opens what they say as a page */
#include "ui/view_doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/spawn.h"

enum { OPTIONS_MAX = 64 << 10 }; /* bytes of what tmux prints */

struct view_doctor {
    struct ui_view *v;
    struct view_doctor **slot;
    struct doctor d;
    struct buf options; /* of tmux */
    int fd;             /* its output, -1: none, or all read */
    struct loop_io *io;
    struct loop_timer *timer;
};

pid_t doctor_ask_tmux(const char *tmux_env, int *fd, struct err *e)
{
    const char *argv[] = {"tmux", "show-options", "-gs", ";", "show-options", "-g", ";", "show-options", "-gw", NULL};
    char *env = xasprintf("TMUX=%s", tmux_env);
    const char *more[] = {env, NULL};
    int ends[2];
    pid_t pid = -1;

    if (pipe2(ends, O_CLOEXEC) == 0) {
        struct spawn s = {.path = "tmux", .argv = argv, .env = more, .fd_stdin = -1, .fd_stdout = ends[1], .fd_stderr = -1,
                          .die_with_parent = true};

        pid = spawn_start(&s, e);
        close(ends[1]);
        if (pid > 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
            *fd = ends[0];
        else
            close(ends[0]);
    } else {
        pid = err_errno(e, "no pipe to tmux");
    }
    free(env);
    return pid;
}

void view_doctor_free(struct view_doctor *x)
{
    if (!x)
        return;
    loop_timer_del(x->timer);
    loop_io_del(x->io);
    if (x->fd >= 0)
        close(x->fd);
    buf_free(&x->options);
    *x->slot = NULL;
    free(x);
}

static void finish(struct view_doctor *x)
{
    struct ui_view *v = x->v;
    struct doctor_env env = {.note = view_term_note(v), .tmux_options = x->options.len ? buf_str(&x->options) : NULL,
                             .notify_command = !str_empty(config_str(v->ui->env->config, "notify.command"))};
    struct buf text = {0};

    view_term_env(v, &env.env);
    doctor_report(&x->d, &env, &text);
    view_doctor_free(x);
    page_open(&v->page, "kith doctor: this terminal", buf_str(&text));
    buf_free(&text);
    view_mark(v, DIRTY_ALL);
}

static void late(void *user)
{
    struct view_doctor *x = user;

    x->timer = NULL;
    finish(x);
}

static void maybe_finish(struct view_doctor *x)
{
    if ((x->d.done || x->d.probe.quiet) && x->fd < 0)
        finish(x);
}

static void read_options(void *user, int fd, unsigned ready)
{
    struct view_doctor *x = user;
    char data[4096];
    ssize_t n = read(fd, data, sizeof data);

    (void)ready;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0 && x->options.len < OPTIONS_MAX) {
        buf_add(&x->options, data, (size_t)n);
        return;
    }
    loop_io_del(x->io);
    x->io = NULL;
    close(x->fd);
    x->fd = -1;
    maybe_finish(x);
}

void view_doctor_reply(struct view_doctor *x, const struct decode_event *ev)
{
    if (!x)
        return;
    doctor_reply(&x->d, ev);
    maybe_finish(x);
}

void view_doctor_start(struct ui_view *v, struct view_doctor **slot)
{
    struct view_doctor *x;
    struct probe_env env;
    struct buf out = {0};
    const char *tmux = view_ops.get_env(v, "TMUX");
    struct err e = {0};

    if (*slot)
        return;
    *slot = x = xcalloc(1, sizeof *x);
    x->v = v;
    x->slot = slot;
    x->fd = -1;
    view_term_env(v, &env);
    doctor_begin(&x->d, &env, clock_mono_ms(), &out);
    view_term_ask(v, &out, doctor_cursor_reports(&x->d));
    buf_free(&out);
    if (tmux) {
        pid_t pid = doctor_ask_tmux(tmux, &x->fd, &e);

        if (pid > 0)
            core_adopt_child(v->ui->env->core, pid);
        if (x->fd >= 0)
            x->io = loop_io_add(v->ui->env->loop, x->fd, LOOP_READ, read_options, x);
    }
    x->timer = loop_timer_add(v->ui->env->loop, DOCTOR_WAIT_MS, late, x);
    maybe_finish(x);
}
