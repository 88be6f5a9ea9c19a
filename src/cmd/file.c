/* cmd/file.c - /send /save /decline /open /links: files, and what is given to other programs */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cmd/chat.h"
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

static int run_save(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_FILE, e);
    if (!m)
        return KITH_ENOTFOUND;
    char *folder = path_expand(config_str(ctx->env->config, "files.folder"));
    char *name = safe_name(m->attachments[0].name);
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
        rc = pending_started(p, core_accept_file(ctx->env->core, m, 0, path, pending_done, p, e));
    }
    free(folder);
    free(name);
    free(path);
    return rc;
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
                        runs                  ? "no longer fetched"
                        : message_outgoing(m) ? "offered no longer"
                                              : "declined");
    return pending_started(p, core_decline_file(ctx->env->core, m, 0, pending_done, p, e));
}

/* ---- /open ---- */

static const char *view_env(const struct cmd_ctx *ctx, const char *name)
{
    return VIEW_CAN(ctx, get_env) ? ctx->view->get_env(ctx->view_data, name) : getenv(name);
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
    bool remote = !str_empty(view_env(ctx, "SSH_CONNECTION")) &&
                  !*config_str(ctx->env->config, "open_command");
    const char *command = config_str(ctx->env->config, "open_command");
    if (!remote) {
        rc = start_program(ctx, *command ? command : "xdg-open", url, NULL, e);
        if (rc >= 0)
            cmd_say(ctx, KITH_INFO, "opening %s", url);
        return rc;
    }
    rc = copy_text(ctx, url, e);
    if (rc < 0)
        return rc;
    cmd_say(ctx, KITH_INFO,
            "copied %s: over SSH a browser here would not be yours (open_command changes this)",
            url);
    return 0;
}

static int run_open(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int64_t id;
    if (a->argv[0] && !parse_message_id(a->argv[0], &id))
        return open_url(ctx, a->argv[0], e);
    struct message *m = find_message(ctx, a->argv[0], WANT_LINK, e);
    size_t from = 0, len = 0;
    if (!m)
        return KITH_ENOTFOUND;
    bool in_body = m->body && find_url(m->body, 0, &from, &len);
    char *url = in_body ? xstrndup(m->body + from, len) : xstrdup(m->attachments[0].url);
    int rc = open_url(ctx, url, e);
    free(url);
    return rc;
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
     .args = {{ARG_MESSAGE, "message", true, NULL}, {ARG_FILE, "path", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .details = "Without a path it goes to files.folder. Nothing is ever overwritten.",
     .run = run_save},
    {.name = "decline",
     .group = "Files",
     .summary = "Turns down an offered file: the selected message's, or the last one.",
     .args = {{ARG_MESSAGE, "message", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .details = "A file that is being fetched is fetched no further; a file that you offered is "
                "taken back.",
     .run = run_decline},
    {.name = "open",
     .group = "Files",
     .summary = "Opens a link: the one given, the selected message's, or the last one.",
     .args = {{ARG_WORD, "link", true, NULL}},
     .details = "Chat links (xmpp:, irc:) open in kith. Others go to open_command, or xdg-open; "
                "over SSH, where that would be"
                " useless, the link is copied instead.",
     .run = run_open},
    {.name = "links",
     .group = "Files",
     .summary = "Lists the links in the chat, the newest first.",
     .needs = CMD_NEEDS_CHAT,
     .run = run_links},
    {.name = NULL},
};
