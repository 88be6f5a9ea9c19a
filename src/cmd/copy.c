/* cmd/copy.c - /copy /forward /pipe: the text of a message goes elsewhere */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codes.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"
#include "cmd/chat.h"
#include "cmd/hook.h"
#include "cmd/internal.h"

/* ---- what is taken of a message ---- */

/* The lines between ``` marks: the block with this number, counted from 1; 0: all of them, and
 * lines that begin with four spaces. */
static void add_code(const char *body, int64_t number, struct buf *out)
{
    bool fenced = false;
    int64_t block = 0;
    for (const char *p = body; *p;) {
        size_t n = strcspn(p, "\n");
        bool fence = n >= 3 && strncmp(p, "```", 3) == 0,
             indented = number == 0 && n > 4 && strncmp(p, "    ", 4) == 0;
        if (fence) {
            fenced = !fenced;
            block += fenced;
        } else if (fenced ? number == 0 || block == number : indented) {
            buf_add(out, p + (fenced ? 0 : 4), n - (fenced ? 0 : 4));
            buf_addc(out, '\n');
        }
        p += n + (p[n] == '\n');
    }
}

static const char *author(const struct message *m)
{
    return m->sender_name ? m->sender_name : m->sender ? m->sender : "";
}

static void add_body(const struct message *m, struct buf *out)
{
    size_t from = out->len;
    if (m->body && !(m->n_attachments == 1 && str_eq(m->body, m->attachments[0].url)))
        buf_adds(out, m->body);
    for (size_t i = 0; i < m->n_attachments; i++) {
        const char *url = m->attachments[i].url;
        if (url)
            buf_addf(out, "%s%s", out->len > from ? "\n" : "", url);
    }
}

static void add_header(const struct message *m, struct buf *out)
{
    char when[64];
    clock_format(when, sizeof when, "%Y-%m-%d %H:%M", m->time);
    buf_addf(out, "%s %s: ", when, author(m));
}

struct message *find_words(const struct cmd_ctx *ctx, const char *word, struct err *e)
{
    struct message *m = find_message(ctx, word, WANT_ANY, e);
    if (m && hook_hides(ctx, m)) {
        err_set(e, KITH_EDENIED, "this message is encrypted, and notify.hooks does not give it to hooks");
        return NULL;
    }
    if (m && message_gone(m)) {
        err_set(e, KITH_ENOTFOUND, "what this message said was not kept on this machine");
        return NULL;
    }
    return m;
}

/* -header, -code, -code=N: of /copy, /pipe and /export. */
int message_text(const struct message *m, const struct cmd_args *a, struct buf *out, struct err *e)
{
    const char *which = flag_value(a, "code");
    int64_t number = 0;
    if (which && !str_int(which, 1, 10000, &number))
        return err_set(e, KITH_EINVAL, "which code block? -code=1 is the first");
    bool code = which || has_flag(a, "code");
    if (code)
        add_code(m->body ? m->body : "", number, out);
    if (code && !out->len)
        return err_set(e, KITH_ENOTFOUND, "there is no %scode block in this message",
                       number ? "such " : "");
    if (has_flag(a, "header"))
        add_header(m, out);
    if (!code)
        add_body(m, out);
    return 0;
}

/* ---- /copy ---- */

static int run_copy(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct buf b = {0}, how = {0};
    int rc = 0;
    if (a->argv[1]) {
        buf_adds(&b, a->argv[1]);
    } else {
        struct message *m = find_words(ctx, a->argv[0], e);
        rc = m ? message_text(m, a, &b, e) : KITH_ENOTFOUND;
    }
    if (rc >= 0)
        rc = copy_text(ctx, buf_str(&b), &how, e);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "copied %s", buf_str(&how));
    buf_free(&b);
    buf_free(&how);
    return rc;
}

/* ---- /forward ---- */

/* As people quote: who, when, and the text, with a mark before each line. */
static void add_quoted(const struct message *m, struct buf *out)
{
    struct buf b = {0};
    char when[64];
    clock_format(when, sizeof when, "%Y-%m-%d %H:%M", m->time);
    buf_addf(&b, "%s, %s:\n", author(m), when);
    size_t from = b.len;
    add_body(m, &b);
    if (runs_have_spoiler(m->spans) && m->body && strncmp(buf_str(&b) + from, m->body, strlen(m->body)) == 0) {
        char *text = codes_text(CODES_INPUT, m->body, m->spans); /* hidden there, too */
        buf_delete(&b, from, strlen(m->body));
        buf_insert(&b, from, text, strlen(text));
        free(text);
    }
    buf_adds(out, "> ");
    for (size_t i = 0; i < b.len; i++) {
        buf_addc(out, b.data[i]);
        if (b.data[i] == '\n')
            buf_adds(out, "> ");
    }
    buf_addc(out, '\n');
    buf_free(&b);
}

static int run_forward(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_words(ctx, a->argv[0], e);
    struct who who = {0};
    if (!m)
        return KITH_ENOTFOUND;
    if (!a->argv[1]) {
        int rc = need_view(ctx, VIEW_CAN(ctx, open_panel), e);
        char *then = xasprintf("/forward msg:%lld $chat", (long long)m->id);
        if (rc >= 0)
            ctx->view->open_panel(ctx->view_data, "switcher", then);
        free(then);
        return rc;
    }
    int rc = find_who(ctx, a->argv[1], NULL, &who, e);
    if (rc < 0)
        return rc;
    struct buf text = {0};
    add_quoted(m, &text);
    rc = chat_write_to(ctx, &who, buf_str(&text), e);
    buf_free(&text);
    return rc;
}

/* ---- to a file ---- */

int new_file(const char *path, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return err_set(e, KITH_ECONFLICT, "%s is there already", path);
    return fd < 0 ? err_errno(e, "cannot make %s", path) : fd;
}

static int write_new(const char *path, const struct buf *b, struct err *e)
{
    int fd = new_file(path, e);
    if (fd < 0)
        return fd;
    size_t done = 0;
    int rc = 0;
    while (rc >= 0 && done < b->len) {
        ssize_t n = write(fd, b->data + done, b->len - done);
        if (n < 0 && errno != EINTR)
            rc = err_errno(e, "cannot write %s", path);
        done += n > 0 ? (size_t)n : 0;
    }
    if (close(fd) < 0 && rc >= 0)
        rc = err_errno(e, "cannot write %s", path);
    if (rc < 0)
        unlink(path);
    return rc;
}

int write_to(struct cmd_ctx *ctx, const char *file, struct buf *b, struct err *e)
{
    char *path = path_expand(file);
    if (b->len && b->data[b->len - 1] != '\n')
        buf_addc(b, '\n');
    int rc = write_new(path, b, e);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "%zu bytes written to %s", b->len, path);
    free(path);
    return rc;
}

/* ---- /pipe ---- */

/* What is one word to a program is that word; anything else is the name as it was typed. */
static char *name_behind(const char *text)
{
    text += strspn(text, " ");
    char **words = spawn_words(text, NULL);
    char *name = xstrdup(words && words[0] && !words[1] ? words[0] : text);
    spawn_words_free(words);
    return name;
}

static int run_pipe(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct buf b = {0};
    struct message *m = find_words(ctx, a->argv[0], e);
    int rc = m ? message_text(m, a, &b, e) : KITH_ENOTFOUND;
    const char *to = a->argv[1];
    if (rc >= 0 && to[0] == '>') {
        char *name = name_behind(to + 1);
        rc = write_to(ctx, name, &b, e);
        free(name);
    } else if (rc >= 0) {
        buf_addc(&b, '\n');
        rc = exec_pipe(ctx, to, buf_str(&b), e);
    }
    buf_free(&b);
    return rc;
}

static int fits_copy(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_want(m, WANT_ANY, e);
}

#define MSG                                                                                        \
    {                                                                                              \
        ARG_MESSAGE, "message", true, NULL                                                         \
    }
#define TAKES "-header -code -code=number"

const struct cmd cmds_copy[] = {
    {.name = "copy",
     .group = "Messages",
     .summary = "Copies a message to the clipboard, with its header, or only its code.",
     .flags = TAKES,
     .args = {MSG, {ARG_TEXT, "text", true, NULL}},
     .needs = CMD_NEEDS_VIEW,
     .details = "Or the text given. It goes to copy_command where one is set, else to the terminal "
                "(OSC 52, also through tmux and screen), and inside of tmux to its newest buffer: "
                "terminal.clipboard chooses. The answer says which way, and how many bytes.",
     .fits = fits_copy,
     .run = run_copy},
    {.name = "forward",
     .group = "Messages",
     .summary = "Writes a message into the input of another chat.",
     .args = {MSG, {ARG_CHAT, "chat", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .details = "It is quoted there, with its author and time; nothing is sent before you do. "
                "Without a chat the switcher asks for one.",
     .fits = fits_copy,
     .run = run_forward},
    {.name = "pipe",
     .group = "Messages",
     .summary = "Gives a message to a program, and shows what that prints.",
     .flags = TAKES,
     .args = {MSG, {ARG_PROGRAM, "program", false, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .details = "The program reads the text on its standard input. It is started without a shell: "
                "sh -c '...' makes one. With > and a name it is written to a new file.",
     .fits = fits_copy,
     .run = run_pipe},
    {.name = NULL},
};
