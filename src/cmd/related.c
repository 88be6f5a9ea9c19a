/* cmd/related.c - /versions /thread /view /reactions /jump /labels: all about a message, and what
 * it belongs to */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/runs.h"
#include "cmd/internal.h"
#include "core/preview.h"
#include "store/store.h"

/* ---- /versions ---- */

static void add_version(struct buf *out, const char *when, const char *text)
{
    buf_addf(out, "%s  ", when);
    for (const char *p = text ? text : ""; *p; p++) {
        buf_addc(out, *p);
        if (*p == '\n')
            buf_adds(out, "    ");
    }
    buf_addc(out, '\n');
}

/* store_version.time is when the text was replaced: each text began when the one before ended. */
static int run_versions(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m =
        find_message(ctx, a->argv[0], a->argv[0] || ctx->message ? WANT_ANY : WANT_EDITED, e);
    size_t n = 0;
    if (!m)
        return KITH_ENOTFOUND;
    struct store_version *v = store_versions(core_store(ctx->env->core), m->id, &n);
    struct buf b = {0};
    int64_t since = m->time;
    for (size_t i = 0; i <= n && n > 0; i++) {
        char when[64];
        clock_format(when, sizeof when, "%Y-%m-%d %H:%M:%S", since);
        struct buf text = {0};
        bool older = i < n;
        runs_add_covered(&text, older ? v[i].body : m->body, m->revealed ? NULL : older ? v[i].spans : m->spans);
        add_version(&b, when, (older ? v[i].body : m->body) ? buf_str(&text) : NULL);
        buf_free(&text);
        since = i < n ? v[i].time : 0;
    }
    if (n > 0)
        cmd_page(ctx, "Versions, the newest last", buf_str(&b));
    store_versions_free(v, n);
    buf_free(&b);
    return n > 0 ? 0 : err_set(e, KITH_ENOTFOUND, "this message was not edited");
}

static int fits_versions(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_want(m, WANT_EDITED, e) < 0 ? KITH_ENOTFOUND : 0;
}

/* ---- /thread ---- */

static bool names(const struct message *m, const char *ref)
{
    return !str_empty(ref) &&
           (str_eq(m->wire_id, ref) || str_eq(m->origin_id, ref) || str_eq(m->archive_id, ref));
}

enum { THREAD_UP = 50, THREAD_DEPTH = 100, THREAD_INDENT = 8, THREAD_MAX = 500 };

/* Up to what began it; those that are not loaded come from the store and are in `own`. */
static struct message *root_of(struct cmd_ctx *ctx, struct message *m, struct message **own)
{
    *own = NULL;
    for (int i = 0; i < THREAD_UP && !str_empty(m->reply_to); i++) {
        struct message *up = chat_message_by_ref(m->chat, m->reply_to), *read = NULL;
        if (!up)
            up = read = store_find_message(core_store(ctx->env->core), m->chat, m->reply_to, NULL);
        if (!up)
            break;
        m = up;
        if (read) {
            message_free(*own);
            *own = read;
        }
    }
    return m;
}

struct thread { /* each message is shown once, whatever ids others gave theirs */
    struct buf out;
    struct store *s;
    struct chat *c;
    int64_t *seen;
    size_t n, cap;
};

static bool is_seen(const struct thread *t, int64_t id)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->seen[i] == id)
            return true;
    }
    return false;
}

static void add_line(struct thread *t, const struct message *m, int depth)
{
    struct buf line = {0};
    history_line(m, &line);
    buf_addf(&t->out, "%*s", MIN(depth, THREAD_INDENT) * 2, "");
    buf_add(&t->out, line.data, line.len);
    buf_free(&line);
    VEC_PUSH(t->seen, t->n, t->cap, m->id);
}

static int by_place(const void *a, const void *b)
{
    const struct message *const *x = a, *const *y = b;
    if ((*x)->sort != (*y)->sort)
        return (*x)->sort < (*y)->sort ? -1 : 1;
    return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

/* Of the store, and those of the window that are not kept there, in their order. Owned. up: what they answer; NULL: those
 * of the thread. */
static struct message **gather(struct thread *t, const struct message *up, const char *thread, size_t *n)
{
    struct message **v = up ? store_answers(t->s, t->c, up, THREAD_MAX, n) : store_thread(t->s, t->c, thread, THREAD_MAX, n);
    size_t cap = MAX((size_t)THREAD_MAX, (size_t)1), stored = *n;
    for (size_t i = 0; i < t->c->n_messages && *n < THREAD_MAX; i++) {
        const struct message *each = t->c->messages[i];
        bool fits = up ? names(up, each->reply_to) : str_eq(each->thread, thread);
        for (size_t k = 0; fits && k < stored; k++)
            fits = v[k]->id != each->id;
        if (fits)
            VEC_PUSH(v, *n, cap, message_dup(each));
    }
    qsort(v, *n, sizeof *v, by_place);
    return v;
}

static void add_answers(struct thread *t, const struct message *m, int depth);

static void add_all(struct thread *t, struct message **v, size_t n, int depth)
{
    for (size_t i = 0; i < n; i++) {
        if (t->n < THREAD_MAX && !is_seen(t, v[i]->id)) {
            add_line(t, v[i], depth);
            add_answers(t, v[i], depth + 1);
        }
        message_free(v[i]);
    }
    free(v);
}

/* The answers to m, and theirs below them. */
static void add_answers(struct thread *t, const struct message *m, int depth)
{
    size_t n = 0;
    if (depth <= THREAD_DEPTH && t->n < THREAD_MAX) {
        struct message **v = gather(t, m, NULL, &n);
        add_all(t, v, n, depth);
    }
}

static int run_thread(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_ANY, e), *own;
    size_t n = 0;
    if (!m)
        return KITH_ENOTFOUND;
    struct message *root = root_of(ctx, m, &own);
    struct thread t = {.s = core_store(ctx->env->core), .c = m->chat};
    add_line(&t, root, 0);
    add_answers(&t, root, 1);
    if (!str_empty(root->thread)) { /* the protocol puts them together without saying which answers which */
        struct message **v = gather(&t, NULL, root->thread, &n);
        add_all(&t, v, n, 0);
    }
    if (t.n == THREAD_MAX)
        buf_addf(&t.out, "... and more: these are the first %d\n", THREAD_MAX);
    if (t.n > 1)
        cmd_page(ctx, "Thread", buf_str(&t.out));
    buf_free(&t.out);
    free(t.seen);
    message_free(own);
    return t.n > 1 ? 0
                   : err_set(e, KITH_ENOTFOUND, "nobody has answered it, and it answers nobody");
}

/* ---- /view, /reactions ---- */

/* The file of a message that looks like a picture and can be shown here; -1: there is none. */
static int picture_in(const struct cmd_ctx *ctx, const struct message *m, const struct cmd_args *a)
{
    struct err none = {0};
    const char *which = flag_value(a, "file"); /* from 1 */
    int64_t n = 0;
    int number = m && !m->retracted ? preview_file(m) : -1;
    if (number >= 0 && which)
        number = str_int(which, 1, (int64_t)m->n_attachments, &n) && m->attachments[n - 1].path ? (int)n - 1 : -1;
    bool off = str_eq(config_str(ctx->env->config, "terminal.images"), "off");
    if (number < 0 || off || !VIEW_CAN(ctx, picture) || !pictures_possible(ctx->env->pictures) ||
        flag_value(a, "code") || has_flag(a, "text"))
        return -1;
    const struct attachment *at = &m->attachments[number];
    int fd = picture_open(at->path, at->bytes > 0 ? at->bytes : -1, &none);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || none.code == KITH_ETOOBIG ? number : -1; /* the refusal says what is wrong */
}

/* As it is shown: without what is hidden. Owned. */
static struct message *covered(const struct message *m)
{
    struct message *d = message_dup(m);
    struct buf b = {0};
    runs_add_covered(&b, m->body, m->spans);
    str_take(&d->body, buf_take(&b));
    str_set(&d->spans, NULL);
    return d;
}

static int run_view(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_ANY, e);
    int picture = picture_in(ctx, m, a);
    if (picture >= 0) {
        ctx->view->picture(ctx->view_data, m, picture);
        return 0;
    }
    struct buf b = {0};
    struct message *shown = m && !m->revealed && runs_have_spoiler(m->spans) ? covered(m) : NULL;
    int rc = m ? message_text(shown ? shown : m, a, &b, e) : KITH_ENOTFOUND;
    message_free(shown);
    for (size_t i = 0; rc >= 0 && i < m->n_attachments && !flag_value(a, "code"); i++) {
        const struct attachment *at = &m->attachments[i];
        buf_addf(&b, "%s%s", b.len ? "\n" : "", at->name ? at->name : "file");
        if (at->bytes >= 0)
            buf_addf(&b, "  %lld bytes", (long long)at->bytes);
        if (at->mime)
            buf_addf(&b, "  %s", at->mime);
    }
    if (rc >= 0) {
        char when[64];
        clock_format(when, sizeof when, "%Y-%m-%d %H:%M", m->time);
        char *title = xasprintf("%s, %s", m->sender_name ? m->sender_name : m->sender, when);
        cmd_page(ctx, title, buf_str(&b));
        free(title);
    }
    buf_free(&b);
    return rc;
}

static int run_reactions(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_REACTED, e);
    struct buf b = {0};
    if (!m)
        return KITH_ENOTFOUND;
    for (size_t i = 0; i < m->n_reactions; i++) {
        const struct contact *ct = m->reactions[i].sender
                                       ? account_contact(m->chat->account, m->reactions[i].sender)
                                       : NULL;
        buf_addf(&b, "%s  %s\n", m->reactions[i].text,
                 ct ? contact_title(ct) : m->reactions[i].sender);
    }
    cmd_page(ctx, "Reactions", buf_str(&b));
    buf_free(&b);
    return 0;
}

static int fits_reactions(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_want(m, WANT_REACTED, e) < 0 ? KITH_ENOTFOUND : 0;
}

/* ---- /jump, /labels ---- */

static int run_labels(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, labels), e);
    if (rc >= 0)
        ctx->view->labels(ctx->view_data, a->argv[0] && strcmp(a->argv[0], "links") == 0);
    return rc;
}

static int jump_to_quoted(struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    if (str_empty(m->reply_to))
        return err_set(e, KITH_EINVAL, "this message answers no other");
    const struct message *loaded = chat_message_by_ref(m->chat, m->reply_to);
    int64_t id = loaded ? loaded->id : 0;
    if (!id) {
        struct message *stored =
            store_find_message(core_store(ctx->env->core), m->chat, m->reply_to, NULL);
        id = stored ? stored->id : 0;
        message_free(stored);
    }
    if (id) {
        ctx->view->jump(ctx->view_data, id, NULL);
        return 0;
    }
    int rc = core_find_older(ctx->env->core, m->chat, m->reply_to, e);
    if (rc >= 0)
        ctx->view->jump(ctx->view_data, 0, m->reply_to);
    return rc;
}

static int run_jump(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, jump), e);
    if (rc < 0)
        return rc;
    if (has_flag(a, "back")) {
        ctx->view->jump(ctx->view_data, 0, NULL);
        return 0;
    }
    struct message *m =
        find_message(ctx, a->argv[0], has_flag(a, "quoted") ? WANT_REPLY : WANT_ANY, e);
    if (!m)
        return KITH_ENOTFOUND;
    if (has_flag(a, "quoted"))
        return jump_to_quoted(ctx, m, e);
    ctx->view->jump(ctx->view_data, m->id, NULL);
    return 0;
}

#define MSG                                                                                        \
    {                                                                                              \
        ARG_MESSAGE, "message", true, NULL                                                         \
    }

const struct cmd cmds_related[] = {
    {.name = "versions",
     .group = "Messages",
     .summary = "Shows what an edited message said before.",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE,
     .fits = fits_versions,
     .run = run_versions},
    {.name = "thread",
     .group = "Messages",
     .summary = "Shows what a message answers, and the answers to it.",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE,
     .run = run_thread},
    {.name = "view",
     .group = "Messages",
     .summary = "Shows all of a message, its picture, or one of its blocks of code.",
     .flags = "-code -code=number -file=number -text",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE,
     .details = "A picture is shown when its file is on this machine: sent, or saved before. "
                "terminal.images says how. With -text the words, and the names of files.",
     .run = run_view},
    {.name = "reactions",
     .group = "Messages",
     .summary = "Says who reacted to a message, and how.",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE,
     .fits = fits_reactions,
     .run = run_reactions},
    {.name = "labels",
     .group = "Keys",
     .summary =
         "Puts a label on everything on the screen that can be acted on; its letters choose it.",
     .args = {{ARG_CHOICE, "what", true, "all|links"}},
     .needs = CMD_NEEDS_VIEW | CMD_NEEDS_CHAT,
     .details = "Messages, links, files, blocks of code, names and reactions, in every chat on the "
                "screen: a label of another chat than the one with the keyboard goes there. Of "
                "links only: the label opens at once, and with Shift copies.",
     .run = run_labels},
    {.name = "jump",
     .group = "Messages",
     .summary = "Goes to a message, to the one it answers, or back to where the last jump began.",
     .flags = "-quoted -back",
     .args = {MSG},
     .needs = CMD_NEEDS_VIEW | CMD_NEEDS_CHAT,
     .details = "What is answered is fetched from the server's archive where it is not here.",
     .run = run_jump},
    {.name = NULL},
};
