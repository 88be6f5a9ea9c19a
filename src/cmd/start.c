/* cmd/start.c - programs that commands start: openers and copiers, with an argument vector and never a shell */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/spawn.h"
#include "cmd/internal.h"

/* An empty file without a name. */
static int nameless_file(void)
{
#ifdef MFD_CLOEXEC
    return memfd_create("kith", MFD_CLOEXEC);
#else
    FILE *f = tmpfile();
    int fd = f ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 3) : -1;
    if (f)
        (void)fclose(f);
    return fd;
#endif
}

int data_file(const char *text, size_t len, struct err *e)
{
    size_t done = 0;
    int fd = nameless_file();
    if (fd < 0)
        return err_errno(e, "no memory for the text");
    while (done < len) {
        ssize_t n = write(fd, text + done, len - done);
        if (n < 0 && errno != EINTR) {
            int rc = err_errno(e, "no memory for the text");
            close(fd);
            return rc;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    if (lseek(fd, 0, SEEK_SET) < 0) {
        int rc = err_errno(e, "no memory for the text");
        close(fd);
        return rc;
    }
    return fd;
}

int text_file(const char *text, struct err *e)
{
    return data_file(text, strlen(text), e);
}

enum { WORDS_MAX = 32 };

/* Starts a command line with arg behind it. in: -1 = none. */
static int start(struct cmd_ctx *ctx, const char *command, const char *arg, int in, struct err *e)
{
    const char *argv[WORDS_MAX];
    size_t n = 0;
    int rc = 0;
    char **words = spawn_words(command, e);
    if (!words)
        return KITH_EINVAL;
    while (n < COUNT(argv) - 2 && words[n]) {
        argv[n] = words[n];
        n++;
    }
    if (n == 0)
        rc = err_set(e, KITH_EINVAL, "no program is named");
    else if (words[n])
        rc = err_set(e, KITH_ETOOBIG, "a program gets at most %d words", WORDS_MAX - 2);
    if (arg)
        argv[n++] = arg;
    argv[n] = NULL;
    if (rc >= 0) {
        struct spawn s = {.path = argv[0],
                          .argv = argv,
                          .fd_stdin = in,
                          .fd_stdout = -1,
                          .fd_stderr = -1,
                          .new_session = true};
        pid_t pid = spawn_start(&s, e);
        rc = pid < 0 ? (int)pid : 0;
        if (pid > 0)
            core_adopt_child(ctx->env->core, pid);
    }
    spawn_words_free(words);
    return rc;
}

int start_program(struct cmd_ctx *ctx, const char *command, const char *arg, const char *input,
                  struct err *e)
{
    int fd = -1, rc = 0;
    if (input)
        rc = fd = text_file(input, e);
    if (rc >= 0)
        rc = start(ctx, command, arg, fd, e);
    if (fd >= 0)
        close(fd);
    return rc;
}

int cmd_start(struct cmd_ctx *ctx, const char *command, const char *arg, const char *input,
              struct err *e)
{
    return start_program(ctx, command, arg, input, e);
}

/* ---- the clipboard ---- */

static const char *env_of(const struct cmd_ctx *ctx, const char *name)
{
    return VIEW_CAN(ctx, get_env) ? ctx->view->get_env(ctx->view_data, name) : NULL;
}

/* The buffer that C-b ] pastes; -w has tmux hand it on to the terminal outside. TMUX begins with the
 * path of the server's socket. */
static int to_tmux(struct cmd_ctx *ctx, const char *text, struct err *e)
{
    const char *tmux = env_of(ctx, "TMUX");
    size_t n = tmux ? strcspn(tmux, ",") : 0;
    char *program = n ? spawn_find("tmux") : NULL;
    int rc = program ? 0 : err_set(e, KITH_EUNSUP, n ? "there is no program tmux" : "this is no tmux");
    if (rc >= 0) {
        char *socket = xstrndup(tmux, n);
        const char *argv[] = {program, "-S", socket, "load-buffer", "-w", "-", NULL};
        int fd = text_file(text, e);
        struct spawn s = {.path = program,
                          .argv = argv,
                          .fd_stdin = fd,
                          .fd_stdout = -1,
                          .fd_stderr = -1,
                          .new_session = true};
        pid_t pid = fd < 0 ? fd : spawn_start(&s, e);
        if (pid > 0)
            core_adopt_child(ctx->env->core, pid);
        rc = pid < 0 ? (int)pid : 0;
        if (fd >= 0)
            close(fd);
        free(socket);
    }
    free(program);
    return rc;
}

static int to_terminal(struct cmd_ctx *ctx, const char *text, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, clipboard), e);
    if (rc >= 0)
        ctx->view->clipboard(ctx->view_data, text);
    return rc;
}

static void add_way(struct buf *how, bool first, const char *way)
{
    if (how)
        buf_addf(how, "%s%s", first ? "" : " and ", way);
}

static void add_terminal(struct buf *how, size_t len)
{
    if (!how || len <= CMD_CLIPBOARD_MAX)
        add_way(how, true, "to the terminal (OSC 52)");
    else
        buf_addf(how, "to the terminal (OSC 52), but only the first %d: it takes no more",
                 CMD_CLIPBOARD_MAX);
}

int copy_text(struct cmd_ctx *ctx, const char *text, struct buf *how, struct err *e)
{
    const char *want = config_str(ctx->env->config, "terminal.clipboard");
    const char *command = config_str(ctx->env->config, "copy_command");
    bool automatic = strcmp(want, "auto") == 0, by_command = automatic && *command;
    if (strcmp(want, "off") == 0)
        return err_set(e, KITH_EDENIED, "nothing is copied: terminal.clipboard is off");
    if (how)
        buf_addf(how, "%zu bytes ", strlen(text));
    if (strcmp(want, "command") == 0) {
        by_command = true;
        if (!*command)
            return err_set(e, KITH_EINVAL,
                           "terminal.clipboard is \"command\", but copy_command is empty");
    }
    if (by_command) {
        add_way(how, true, "by copy_command");
        return start_program(ctx, command, NULL, text, e);
    }
    if (strcmp(want, "tmux") == 0) {
        add_way(how, true, "into the buffer of tmux");
        return to_tmux(ctx, text, e);
    }
    int rc = to_terminal(ctx, text, e);
    add_terminal(how, strlen(text));
    if (rc >= 0 && automatic && to_tmux(ctx, text, NULL) >= 0)
        add_way(how, false, "into the buffer of tmux");
    return rc;
}
