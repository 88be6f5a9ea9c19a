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

/* A file that holds text, at its beginning; negative and a sentence. */
static int text_file(const char *text, struct err *e)
{
    size_t len = strlen(text), done = 0;
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

int start_program(struct cmd_ctx *ctx, const char *command, const char *arg, const char *input,
                  struct err *e)
{
    const char *argv[32];
    size_t n = 0;
    int fd = -1, rc = 0;
    char **words = spawn_words(command, e);
    if (!words)
        return KITH_EINVAL;
    while (n < COUNT(argv) - 2 && words[n]) {
        argv[n] = words[n];
        n++;
    }
    if (n == 0)
        rc = err_set(e, KITH_EINVAL, "no program is named");
    if (arg)
        argv[n++] = arg;
    argv[n] = NULL;
    if (rc >= 0 && input)
        rc = fd = text_file(input, e);
    if (rc >= 0) {
        struct spawn s = {.path = argv[0],
                          .argv = argv,
                          .fd_stdin = fd,
                          .fd_stdout = -1,
                          .fd_stderr = -1,
                          .new_session = true};
        pid_t pid = spawn_start(&s, e);
        rc = pid < 0 ? (int)pid : 0;
        if (pid > 0)
            core_adopt_child(ctx->env->core, pid);
    }
    if (fd >= 0)
        close(fd);
    spawn_words_free(words);
    return rc;
}

int copy_text(struct cmd_ctx *ctx, const char *text, struct err *e)
{
    const char *how = config_str(ctx->env->config, "terminal.clipboard");
    const char *command = config_str(ctx->env->config, "copy_command");
    if (strcmp(how, "off") == 0)
        return err_set(e, KITH_EDENIED, "nothing is copied: terminal.clipboard is off");
    if (strcmp(how, "command") == 0 && !*command)
        return err_set(e, KITH_EINVAL, "terminal.clipboard is \"command\", but copy_command is empty");
    if (strcmp(how, "command") == 0)
        return start_program(ctx, command, NULL, text, e);
    int rc = need_view(ctx, VIEW_CAN(ctx, clipboard), e);
    if (rc >= 0)
        ctx->view->clipboard(ctx->view_data, text);
    return rc;
}

int cmd_start(struct cmd_ctx *ctx, const char *command, const char *arg, const char *input,
              struct err *e)
{
    return start_program(ctx, command, arg, input, e);
}
