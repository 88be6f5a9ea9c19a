/* view/editor.c - the user's editor as a child on the view's own terminal, with the text in a private file */
#include "view/editor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/spawn.h"
#include "base/utf8.h"

enum { TEXT_MAX = 256 << 10, WORDS_MAX = 16 };

extern char **environ;

/* We may be in the background now: that must not stop us. */
static void give_terminal(int tty, pid_t group)
{
    sigset_t out, mask;

    sigemptyset(&out);
    sigaddset(&out, SIGTTOU);
    sigprocmask(SIG_BLOCK, &out, &mask);
    (void)tcsetpgrp(tty, group);
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* ---- the file ---- */

static int make_file(struct editor_child *c, const char *text, size_t len, struct err *e)
{
    char *base = path_of(PATH_RUNTIME, NULL, e), *dir;

    if (base == NULL || path_mkdirs(base, 0700, e) < 0) {
        free(base);
        return -1;
    }
    dir = path_join(base, "edit-XXXXXX");
    free(base);
    if (mkdtemp(dir) == NULL) {
        int rc = err_errno(e, "cannot make %s", dir);
        free(dir);
        return rc;
    }
    c->dir = dir;
    c->path = path_join(dir, "message.txt");
    return path_write(c->path, text, len, e);
}

/* Editors leave copies beside it: they go too. */
static void remove_files(struct editor_child *c)
{
    DIR *d = c->dir != NULL ? opendir(c->dir) : NULL;
    const struct dirent *entry;

    while (d != NULL && (entry = readdir(d)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(dirfd(d), entry->d_name, 0);
    if (d != NULL)
        closedir(d);
    if (c->dir != NULL)
        (void)rmdir(c->dir);
}

/* ---- the child ---- */

static const char *usual_editor(void)
{
    const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

    if (!str_empty(visual))
        return visual;
    if (!str_empty(editor))
        return editor;
    return access("/usr/bin/editor", X_OK) == 0 ? "/usr/bin/editor" : "vi";
}

static int launch(struct editor_child *c, const char *command, struct err *e)
{
    char **words = spawn_words(str_empty(command) ? usual_editor() : command, e);
    const char *argv[WORDS_MAX + 2];
    size_t n = 0;
    struct spawn s = {.argv = argv, .env = (const char *const *)environ, .fd_stdin = c->tty,
                      .fd_stdout = STDOUT_FILENO, .fd_stderr = STDERR_FILENO, .foreground = true};

    if (words == NULL)
        return -1;
    while (n < WORDS_MAX && words[n] != NULL) {
        argv[n] = words[n];
        n++;
    }
    argv[n] = c->path;
    argv[n + 1] = NULL;
    s.path = argv[0];
    c->pid = n > 0 ? spawn_start(&s, e) : err_set(e, -1, "no editor is named");
    spawn_words_free(words);
    if (c->pid < 0) {
        int rc = (int)c->pid;
        c->pid = 0;
        give_terminal(c->tty, getpgrp());
        return rc;
    }
    return 0;
}

int editor_child_start(struct editor_child *c, int tty, const char *command, const char *text, size_t len, struct err *e)
{
    int rc;

    *c = (struct editor_child){.tty = tty};
    rc = make_file(c, text, len, e);
    if (rc >= 0)
        rc = launch(c, command, e);
    if (rc < 0)
        editor_child_clear(c);
    return rc;
}

enum editor_state editor_child_look(struct editor_child *c)
{
    int status = 0;
    pid_t r = c->pid > 0 ? waitpid(c->pid, &status, WNOHANG | WUNTRACED) : -1;

    if (r == 0 || (r < 0 && errno == EINTR))
        return EDITOR_RUNS;
    give_terminal(c->tty, getpgrp());
    if (r > 0 && WIFSTOPPED(status))
        return EDITOR_STOPPED;
    c->status = r > 0 ? status : -1;
    c->pid = 0;
    return EDITOR_ENDED;
}

void editor_child_continue(struct editor_child *c)
{
    if (c->pid <= 0)
        return;
    give_terminal(c->tty, c->pid);
    (void)kill(-c->pid, SIGCONT);
}

int editor_child_text(struct editor_child *c, struct buf *out, struct err *e)
{
    int rc;

    c->keep = true;
    if (WIFSIGNALED(c->status))
        return err_set(e, -1, "the editor was killed by signal %d; what it wrote is in %s", WTERMSIG(c->status), c->path);
    c->keep = false;
    if (!WIFEXITED(c->status) || WEXITSTATUS(c->status) != 0)
        return err_set(e, -1, "the editor failed (exit code %d); the text is as it was", WEXITSTATUS(c->status));
    rc = path_read(c->path, TEXT_MAX, out, e);
    if (rc == -EFBIG)
        err_set(e, rc, "more than %d KiB are too much for a message; what was written is in %s", TEXT_MAX >> 10, c->path);
    c->keep = rc < 0 && rc != -ENOENT;
    while (rc >= 0 && out->len > 0 && out->data[out->len - 1] == '\n')
        buf_delete(out, out->len - 1, 1); /* editors end the last line */
    return rc;
}

void editor_child_hangup(struct editor_child *c)
{
    if (c->pid <= 0)
        return;
    (void)kill(-c->pid, SIGHUP);
    (void)kill(-c->pid, SIGCONT);
}

/* ---- what is left of a text when the terminal or the engine went ---- */

static bool newer(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Takes the file over when it is the newest text so far; false: it is no text. */
static bool look_at(const char *path, struct timespec *when, struct buf *out)
{
    struct buf b = {0};
    struct stat st;
    bool text = lstat(path, &st) == 0 && S_ISREG(st.st_mode) && path_read(path, TEXT_MAX, &b, NULL) >= 0 &&
                (b.len == 0 || (memchr(b.data, '\0', b.len) == NULL && utf8_valid(b.data, b.len)));

    if (text && b.len > 0 && (out->len == 0 || newer(&st.st_mtim, when))) {
        buf_clear(out);
        buf_add(out, b.data, b.len);
        *when = st.st_mtim;
    }
    buf_free(&b);
    return text;
}

int editor_child_rescue(struct editor_child *c, struct buf *out, struct err *e)
{
    DIR *d = c->dir != NULL ? opendir(c->dir) : NULL;
    struct timespec when = {0};
    const struct dirent *entry;

    buf_clear(out);
    while (d != NULL && (entry = readdir(d)) != NULL) {
        char *path = path_join(c->dir, entry->d_name);

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !look_at(path, &when, out)) {
            c->keep = true;
            err_set(e, 0, "the editor went with its terminal; what it had not saved is in %s", path);
        }
        free(path);
    }
    if (d != NULL)
        closedir(d);
    while (out->len > 0 && out->data[out->len - 1] == '\n')
        buf_delete(out, out->len - 1, 1);
    return out->len > 0 ? 0 : -ENOENT;
}

int editor_put_by(const struct buf *head, const struct buf *text, struct err *e)
{
    char *dir = path_of(PATH_STATE, "written", e), *path, name[23];
    struct buf b = {0};
    int rc = dir != NULL ? path_mkdirs(dir, 0700, e) : -1;

    if (rc >= 0) {
        rand_id(name);
        path = path_join(dir, name);
        buf_add(&b, head->data, head->len);
        buf_add(&b, text->data, text->len);
        rc = path_write(path, b.data, b.len, e);
        free(path);
    }
    buf_free(&b);
    free(dir);
    return rc;
}

void editor_child_clear(struct editor_child *c)
{
    editor_child_hangup(c);
    if (!c->keep)
        remove_files(c);
    free(c->dir);
    free(c->path);
    *c = (struct editor_child){0};
}
