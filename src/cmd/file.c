/* cmd/file.c - /send /save /decline /open /links: files, and what is given to other programs */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cmd/chat.h"
#include "cmd/hook.h"
#include "cmd/internal.h"
#include "cmd/parse.h"
#include "cmd/url.h"

static int run_send(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct stat st;
    char *path = path_expand(a->argv[0]);
    int rc = 0;
    if (stat(path, &st) < 0)
        rc = err_errno(e, "%s", path);
    else if (!S_ISREG(st.st_mode))
        rc = err_set(e, KITH_EINVAL, "%s is not a file", path);
    if (rc >= 0) {
        const char *slash = strrchr(path, '/');
        struct cmd_pending *p =
            pending_new(ctx, ctx->chat->account, ctx->chat, "%s", slash ? slash + 1 : path);
        rc =
            pending_started(p, core_send_file(ctx->env->core, ctx->chat, path, pending_done, p, e));
    }
    free(path);
    return rc;
}

/* ---- /save ---- */

/* The last part of a name from outside, without what a file system or a reader could be tricked by
 * (SECURITY.md 5). */
static char *safe_name(const char *name)
{
    struct buf clean = {0};
    const char *base = name && strrchr(name, '/') ? strrchr(name, '/') + 1 : name ? name : "";
    const char *back = strrchr(base, '\\');
    base = back ? back + 1 : base;
    base += strspn(base, ". ");
    (void)utf8_clean(&clean, base, strlen(base), UTF8_LINE, 180);
    if (!clean.len)
        buf_adds(&clean, "file");
    return buf_take(&clean);
}

/* folder/name, or folder/name-2.ext ...: one that does not exist yet. Owned. */
static char *free_path(const char *folder, const char *name)
{
    struct stat st;
    char *path = path_join(folder, name);
    const char *dot = strrchr(name, '.');
    int stem = (int)(dot && dot > name ? (size_t)(dot - name) : strlen(name));
    for (int i = 2; lstat(path, &st) == 0 && i < 1000; i++) {
        char *other = xasprintf("%.*s-%d%s", stem, name, i, name + stem);
        str_take(&path, path_join(folder, other));
        free(other);
    }
    return path;
}

static int fits_save(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_want(m, WANT_FILE, e);
}

/* -file=N, from 1: which of the message's. */
static int which_file(const struct cmd_args *a, const struct message *m, size_t *out, struct err *e)
{
    const char *text = flag_value(a, "file");
    int64_t n = 1;
    if (text && !str_int(text, 1, 10000, &n))
        return err_set(e, KITH_EINVAL, "which file? -file=1 is the first");
    if ((size_t)n > m->n_attachments)
        return err_set(e, KITH_ENOTFOUND, "there is no such file in this message");
    *out = (size_t)n - 1;
    return 0;
}

/* The line that fetches it all the same. */
static char *save_anyway(const struct cmd_args *a, const char *command, const struct message *m, size_t which)
{
    struct buf b = {0};
    buf_addf(&b, "/%s -sure -file=%zu msg:%lld", command, which + 1, (long long)m->id);
    if (a->argc > 1 && a->argv[1]) {
        buf_addc(&b, ' ');
        parse_escape(&b, a->argv[1]);
    }
    return buf_take(&b);
}

/* A file that would come in the clear into an encrypted chat is fetched only when the user knows that. 1: it may be; 0: the user
 * is asked; negative: there is nobody to ask. */
static int may_fetch(struct cmd_ctx *ctx, const struct cmd_args *a, const char *command, const struct message *m, size_t which,
                     struct err *e)
{
    if (has_flag(a, "sure") || !message_file_exposed(m, which))
        return 1;
    const char *name = m->attachments[which].name ? m->attachments[which].name : "the file";
    const char *why = message_file_seal(m, which) == FILE_KEY_SHOWN ? "the message with the key of this file was not"
                                                                    : "this file is not";
    if (!VIEW_CAN(ctx, confirm))
        return err_set(e, KITH_EINVAL, "the chat is encrypted, but %s; /%s -sure fetches it all the same", why, command);
    char *question = xasprintf("Fetch %s? The chat is encrypted, but %s: whoever reads along on the way can see it, or change it.",
                               name, why);
    char *line = save_anyway(a, command, m, which);
    ctx->view->confirm(ctx->view_data, question, line);
    free(question);
    free(line);
    return 0;
}

static int run_save(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_FILE, e);
    size_t which = 0;
    if (!m || which_file(a, m, &which, e) < 0)
        return KITH_ENOTFOUND;
    int may = may_fetch(ctx, a, "save", m, which, e);
    if (may <= 0)
        return may;
    char *folder = path_expand(config_str(ctx->env->config, "files.folder"));
    char *name = safe_name(m->attachments[which].name);
    char *path = a->argv[1] ? path_expand(a->argv[1]) : free_path(folder, name);
    struct stat st;
    int rc = a->argv[1] ? 0 : path_mkdirs(folder, 0700, e);
    if (rc >= 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        str_take(&path, free_path(path, name));
    if (rc >= 0 && lstat(path, &st) == 0)
        rc = err_set(e, -EEXIST, "%s is there already", path);
    if (rc >= 0) {
        struct cmd_pending *p = pending_new(ctx, m->chat->account, m->chat, "saving %s", name);
        p->good = xasprintf("saved as %s", path);
        rc = pending_started(p, core_accept_file(ctx->env->core, m, which, path, pending_done, p, e));
    }
    free(folder);
    free(name);
    free(path);
    return rc;
}

static int fits_decline(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_want(m, WANT_OFFER, e) < 0 ? KITH_ENOTFOUND : 0;
}

static int run_decline(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_OFFER, e);
    if (!m)
        return KITH_ENOTFOUND;
    const struct attachment *file = &m->attachments[0];
    bool runs = file->offer == OFFER_RUNS;
    struct cmd_pending *p =
        pending_new(ctx, m->chat->account, m->chat, "%s", file->name ? file->name : "file");
    p->good = xasprintf("%s: %s", p->what,
                        runs && message_outgoing(m) ? "no longer sent"
                        : runs                ? "no longer fetched"
                        : message_outgoing(m) ? "offered no longer"
                                              : "declined");
    return pending_started(p, core_decline_file(ctx->env->core, m, 0, pending_done, p, e));
}

/* ---- /open ---- */

static const char *view_env(const struct cmd_ctx *ctx, const char *name)
{
    return VIEW_CAN(ctx, get_env) ? ctx->view->get_env(ctx->view_data, name) : getenv(name);
}

int open_outside(struct cmd_ctx *ctx, const char *what, struct err *e)
{
    const char *command = config_str(ctx->env->config, "open_command");
    if (!*command && !str_empty(view_env(ctx, "SSH_CONNECTION")))
        return err_set(e, KITH_EUNSUP,
                       "over SSH a program here would not be yours (open_command changes this)");
    return start_program(ctx, *command ? command : "xdg-open", what, NULL, e);
}

static int open_url(struct cmd_ctx *ctx, const char *url, struct err *e)
{
    if (str_starts(url, "local:")) /* nobody's link in a text, but understood where it is typed */
        return chat_open_uri(ctx, url, e);
    int rc = url_check(url, e);
    if (rc < 0)
        return rc;
    if (url_is_chat(url))
        return chat_open_uri(ctx, url, e);
    struct err why = {0};
    rc = open_outside(ctx, url, &why);
    if (rc >= 0) {
        cmd_say(ctx, KITH_INFO, "opening %s", url);
        return rc;
    }
    if (rc != KITH_EUNSUP)
        return err_set(e, rc, "%s", why.text);
    rc = copy_text(ctx, url, NULL, e);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "copied %s: %s", url, why.text);
    return rc;
}

/* A file that was sent is fetched first, unless it was before. */
static int open_file(struct cmd_ctx *ctx, const struct cmd_args *a, struct message *m, size_t which, struct err *e)
{
    const struct attachment *at = &m->attachments[which];
    char *folder = path_expand(config_str(ctx->env->config, "files.folder"));
    char *name = safe_name(at->name), *path = at->path ? xstrdup(at->path) : path_join(folder, name);
    struct stat st;
    bool here = lstat(path, &st) == 0 && S_ISREG(st.st_mode) && at->bytes == st.st_size;
    int rc = here ? 1 : may_fetch(ctx, a, "open", m, which, e);
    if (rc > 0 && here) {
        rc = open_outside(ctx, path, e);
        if (rc >= 0)
            cmd_say(ctx, KITH_INFO, "opening %s", path);
    } else if (rc > 0) {
        rc = path_mkdirs(folder, 0700, e);
        str_take(&path, free_path(folder, name));
        struct cmd_pending *p = pending_new(ctx, m->chat->account, m->chat, "saving %s", name);
        p->then = THEN_OPEN;
        p->text = xstrdup(path);
        if (rc >= 0)
            rc = core_accept_file(ctx->env->core, m, which, path, pending_done, p, e);
        (void)pending_started(p, rc);
    }
    free(folder);
    free(name);
    free(path);
    return rc;
}

static int fits_open(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    struct err none = {0};
    if (fits_want(m, WANT_LINK, &none) >= 0 || fits_want(m, WANT_FILE, &none) >= 0)
        return 0;
    return err_set(e, KITH_EINVAL, "there is nothing in this message that can be opened");
}

static int open_message(struct cmd_ctx *ctx, struct message *m, const struct cmd_args *a,
                        struct err *e)
{
    size_t from = 0, len = 0, which = 0;
    bool in_body = !flag_value(a, "file") && m->body && find_url(m->body, 0, &from, &len);
    if (in_body) {
        char *url = xstrndup(m->body + from, len);
        int rc = open_url(ctx, url, e);
        free(url);
        return rc;
    }
    if (which_file(a, m, &which, e) < 0)
        return KITH_ENOTFOUND;
    return m->attachments[which].url ? open_url(ctx, m->attachments[which].url, e)
                                     : open_file(ctx, a, m, which, e);
}

static int run_open(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int64_t id;
    bool named = a->argv[0] && parse_message_id(a->argv[0], &id);
    if (a->argv[0] && !named)
        return open_url(ctx, a->argv[0], e);
    struct message *m =
        find_message(ctx, a->argv[0], named || ctx->message ? WANT_ANY : WANT_LINK, e);
    if (!m)
        return KITH_ENOTFOUND;
    int rc = fits_open(ctx, m, e);
    if (rc >= 0 && hook_hides(ctx, m))
        rc = err_set(e, KITH_EDENIED, "this message is encrypted, and notify.hooks does not give it to hooks");
    return rc < 0 ? rc : open_message(ctx, m, a, e);
}

/* ---- /links ---- */

static int run_links(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const struct chat *c = ctx->chat;
    struct buf b = {0};
    for (size_t i = c->n_messages; i-- > 0 && b.len < 60000;) { /* the newest first */
        const struct message *m = c->messages[i];
        size_t at = 0, from, len;
        if (m->retracted)
            continue;
        while (m->body && find_url(m->body, at, &from, &len)) {
            buf_addf(&b, "%.*s  %s\n", (int)len, m->body + from,
                     m->sender_name ? m->sender_name
                     : m->sender    ? m->sender
                                    : "");
            at = from + len;
        }
        for (size_t k = 0; k < m->n_attachments; k++) {
            if (m->attachments[k].url)
                buf_addf(&b, "%s  %s\n", m->attachments[k].url,
                         m->attachments[k].name ? m->attachments[k].name : "");
        }
    }
    cmd_page(ctx, "Links", b.len ? buf_str(&b) : "no links among the loaded messages\n");
    buf_free(&b);
    return 0;
}

const struct cmd cmds_file[] = {
    {.name = "send",
     .aliases = "upload",
     .group = "Files",
     .summary = "Sends a file.",
     .args = {{ARG_FILE, "file", false, NULL}},
     .needs = CMD_NEEDS_CHAT | CMD_NEEDS_ONLINE,
     .caps = KITH_CAP_FILES,
     .run = run_send},
    {.name = "save",
     .group = "Files",
     .summary = "Saves a received file: the selected message's, or the last one.",
     .flags = "-file=number -sure",
     .args = {{ARG_MESSAGE, "message", true, NULL}, {ARG_FILE, "path", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .fits = fits_save,
     .details = "Without a path it goes to files.folder. Nothing is ever overwritten. In an encrypted chat a file that "
                "comes without encryption is a question first; -sure fetches it without asking.",
     .run = run_save},
    {.name = "decline",
     .group = "Files",
     .summary = "Turns down an offered file: the selected message's, or the last one.",
     .args = {{ARG_MESSAGE, "message", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .details = "A file that is being fetched is fetched no further; a file that you offered is "
                "taken back.",
     .fits = fits_decline,
     .run = run_decline},
    {.name = "open",
     .group = "Files",
     .summary = "Opens a link or file: the one given, the selected message's, or the last one.",
     .flags = "-file=number -sure",
     .args = {{ARG_WORD, "link", true, NULL}},
     .fits = fits_open,
     .details = "Chat links (xmpp:, irc:) open in kith; one that asks for more (a contact, a gateway, a "
                "command) is a question first. Others go to open_command, or xdg-open; over SSH, where "
                "that would be useless, the link is copied instead. A file that was sent is saved to files.folder first, as by /save.",
     .run = run_open},
    {.name = "links",
     .group = "Files",
     .summary = "Lists the links in the chat, the newest first.",
     .needs = CMD_NEEDS_CHAT,
     .run = run_links},
    {.name = NULL},
};
