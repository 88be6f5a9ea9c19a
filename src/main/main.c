/* main/main.c - kith: reads the command line and becomes a view, an engine, or a client of the running engine */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"
#include "config/theme.h"
#include "main/args.h"
#include "main/completion.h"
#include "main/engine.h"
#include "main/info.h"
#include "main/measure.h"
#include "main/places.h"
#include "main/search.h"
#include "main/start.h"
#include "view/attach.h"
#include "view/control.h"
#include "view/lines.h"
#include "view/proto.h"

enum { BODY_MAX = 1 << 20, START_TRIES = 3 };

static int fail(int code, const struct err *e)
{
    fprintf(stderr, "kith: %s\n", e->text);
    return code;
}

/* `kith send address < file`: the text comes from standard input when it is not on the command line. */
static int read_body(const struct args *a, struct buf *body, struct err *e)
{
    char data[16384];
    ssize_t n;
    int words = 0;

    for (int i = 1; i < a->argc; i++) {
        if (a->argv[i][0] != '-')
            words++;
        else if (str_eq(a->argv[i], "--account"))
            i++;
    }
    if (!str_eq(a->argv[0], "send") || words != 1)
        return 0;
    while ((n = read(STDIN_FILENO, data, sizeof data)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "cannot read standard input");
        buf_add(body, data, (size_t)n);
        if (body->len > BODY_MAX)
            return err_set(e, -1, "the text is longer than 1 MiB");
    }
    return 0;
}

/* The words for the engine; --account before the command means the same as behind it. */
static int send_request(const struct args *a, int fd, const struct buf *body)
{
    const char **argv = xcalloc((size_t)a->argc + 2, sizeof *argv);
    int n = 0, code;

    if (a->account != NULL) {
        argv[n++] = "--account";
        argv[n++] = a->account;
    }
    for (int i = 0; i < a->argc; i++)
        argv[n++] = a->argv[i];
    code = control_client(fd, n, argv, buf_str(body), body->len);
    free(argv);
    return code;
}

static int run_control(const struct args *a)
{
    struct err e = {0};
    struct buf body = {0};
    int fd, code;

    if (read_body(a, &body, &e) < 0) {
        buf_free(&body);
        return fail(EXIT_USAGE, &e);
    }
    fd = start_connect(&e);
    if (fd < 0) {
        buf_free(&body);
        if (fd == -ENOENT || fd == -ECONNREFUSED)
            err_set(&e, fd, "no kith is running; start it with: kith");
        return fail(EXIT_FAILED, &e);
    }
    code = send_request(a, fd, &body);
    buf_free(&body);
    return code;
}

static bool terminal_is_dumb(const struct args *a)
{
    const char *term = getenv("TERM");

    return !a->plain && str_eq(term, "dumb");
}

static int run_view(const struct args *a, const struct places *p)
{
    struct err e = {0};
    struct attach_params view = {.foreground = a->foreground, .open_uri = a->uri, .account = a->account};
    int code = -1;

    if (!a->plain && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
        err_set(&e, -1, "standard input and output must be a terminal (use kith send and kith tail in scripts)");
        return fail(EXIT_TERMINAL, &e);
    }
    if (terminal_is_dumb(a)) {
        err_set(&e, -1, "this terminal (TERM=dumb) cannot place the cursor; use kith --plain, or set TERM");
        return fail(EXIT_TERMINAL, &e);
    }
    for (int i = 0; code < 0 && i < START_TRIES; i++) {
        view.engine = 0;
        view.fd = start_connect(&e);
        if (view.fd == -ENOENT || view.fd == -ECONNREFUSED)
            view.fd = start_engine(a, p, &view.engine, &e);
        if (view.fd < 0)
            return fail(EXIT_FAILED, &e);
        code = a->plain ? lines_run(view.fd) : attach_run(&view);
    }
    if (code >= 0)
        return code;
    err_set(&e, -1, "another kith uses this profile but does not answer; end it (kill), then start again");
    return fail(EXIT_RUNNING, &e);
}

/* Passwords pass through the view as they are typed and through the engine as they are read: no core file keeps one. */
static void forbid_core_files(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
}

int main(int argc, char **argv)
{
    struct args a;
    struct err e = {0};
    struct places p;
    int code;

    title_init(argc, argv);
    umask(077);
    forbid_core_files();
    if (argc == 3 && str_eq(argv[1], "--search-helper"))
        return search_helper(argv[2]);
    if (args_parse(&a, argc, (const char *const *)argv, &e) < 0)
        return fail(EXIT_USAGE, &e);
    if (a.config_dir != NULL)
        path_set_root(a.config_dir);
    places_find(&p);
    theme_set_dirs(p.theme_dirs);
    if (a.mode == MODE_CONTROL)
        code = run_control(&a);
    else if (a.mode == MODE_ENGINE)
        code = engine_main(&a, &p);
    else if (a.mode == MODE_CHAT)
        code = run_view(&a, &p);
    else if (a.mode == MODE_PROBE)
        code = measure_terminal();
    else if (a.mode == MODE_COMPLETION || a.mode == MODE_NAMES)
        code = completion_print(&a);
    else
        code = info_print(&a, &p);
    places_free(&p);
    return code;
}
