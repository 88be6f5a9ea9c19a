/* main/measure.c - kith doctor, --probe-terminal: asks this terminal what it can do, and says what to change */
#include "main/measure.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/config.h"
#include "ui/decode.h"
#include "ui/doctor.h"
#include "ui/term.h"
#include "ui/view_doctor.h"
#include "view/proto.h"
#include "view/tty.h"

struct measure {
    struct doctor d;
    struct decode *dec;
    struct buf options; /* of tmux */
    int tmux;           /* its output, -1: none, or all read */
    bool hung_up;
};

static struct probe_env environment(void)
{
    setlocale(LC_CTYPE, "");
    return (struct probe_env){.term = getenv("TERM"),
                              .colorterm = getenv("COLORTERM"),
                              .colorfgbg = getenv("COLORFGBG"),
                              .tmux = getenv("TMUX") != NULL,
                              .screen = getenv("STY") != NULL,
                              .ssh = getenv("SSH_CONNECTION") != NULL,
                              .utf8 = str_eq(nl_langinfo(CODESET), "UTF-8")};
}

static void take_answers(struct measure *m)
{
    char data[4096];
    ssize_t n = read(STDIN_FILENO, data, sizeof data);
    struct decode_event ev;

    m->hung_up = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
    if (n <= 0)
        return;
    decode_feed(m->dec, data, (size_t)n);
    while (decode_next(m->dec, &ev))
        if (ev.kind == DECODE_REPLY)
            doctor_reply(&m->d, &ev);
}

static void take_options(struct measure *m)
{
    char data[4096];
    ssize_t n = read(m->tmux, data, sizeof data);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        buf_add(&m->options, data, (size_t)n);
        return;
    }
    close(m->tmux);
    m->tmux = -1;
}

static bool wants_more(const struct measure *m)
{
    return !m->hung_up && (m->tmux >= 0 || !(m->d.done || m->d.probe.quiet));
}

static void ask(struct tty *t, struct measure *m, const struct probe_env *env)
{
    int64_t end = clock_mono_ms() + DOCTOR_WAIT_MS, left;
    struct buf out = {0};

    doctor_begin(&m->d, env, clock_mono_ms(), &out);
    decode_expect_cursor(m->dec, doctor_cursor_reports(&m->d));
    buf_adds(&t->restore, "\r\033[2K");
    tty_write(t, buf_str(&out), out.len);
    while (wants_more(m) && (left = end - clock_mono_ms()) > 0) {
        struct pollfd in[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = m->tmux, .events = POLLIN}};

        if (poll(in, 2, (int)left) < 0 && errno != EINTR)
            break;
        if (in[0].revents)
            take_answers(m);
        if (in[1].revents)
            take_options(m);
    }
    buf_free(&out);
}

/* What TERM is taken for; NULL when it is known here. Owned. */
static char *note_on_term(void)
{
    extern char **environ;
    struct err e = {0};
    struct term_params p = {.columns = 80, .rows = 24, .env = (const char *const *)environ};
    struct term *t = term_new(&p, &e);
    char *note = t != NULL ? (term_note(t) != NULL ? xstrdup(term_note(t)) : NULL) : xstrdup(e.text);

    term_free(t);
    return note;
}

static int report(const struct measure *m, const struct probe_env *env)
{
    struct config *c = config_new();
    char *note = note_on_term();
    struct doctor_env all = {.env = *env, .note = note, .tmux_options = m->options.len ? buf_str(&m->options) : NULL};
    struct buf text = {0};
    int faults;

    config_load(c);
    all.notify_command = !str_empty(config_str(c, "notify.command"));
    faults = doctor_report(&m->d, &all, &text);
    printf("%s", buf_str(&text));
    buf_free(&text);
    free(note);
    config_free(c);
    return faults > 0 ? EXIT_FAILED : EXIT_OK;
}

int measure_terminal(void)
{
    struct tty t;
    struct measure m = {.tmux = -1};
    struct probe_env env = environment();
    struct err e = {0};
    pid_t pid = -1;
    int code;

    if (tty_open(&t, &e) < 0 || tty_raw(&t, &e) < 0) {
        fprintf(stderr, "kith: %s\n", e.text);
        return EXIT_TERMINAL;
    }
    if (env.tmux)
        pid = doctor_ask_tmux(getenv("TMUX"), &m.tmux, &e);
    m.dec = decode_new();
    ask(&t, &m, &env);
    tty_close(&t);
    if (m.tmux >= 0)
        close(m.tmux);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    code = report(&m, &env);
    decode_free(m.dec);
    buf_free(&m.options);
    return code;
}
