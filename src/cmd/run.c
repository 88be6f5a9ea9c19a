/* cmd/run.c - runs what was typed, bound or asked for: from a line to the command's function */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/backend.h"
#include "cmd/internal.h"
#include "cmd/parse.h"
#include "cmd/table.h"

enum { ALIAS_DEPTH = 8 };

/* ---- saying ---- */

void cmd_say_to(const struct cmd_view_ops *view, void *v, struct model *m, struct account *a,
                struct chat *c, enum kith_level level, const char *text)
{
    if (view && view->say)
        view->say(v, level, text);
    else
        model_notice(m, a, c, level, "%s", text);
}

void cmd_say(struct cmd_ctx *ctx, enum kith_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    if (ctx->out)
        ctx->out(ctx->out_user, level, text);
    else
        cmd_say_to(ctx->view, ctx->view_data, ctx->env->model, ctx->account, ctx->chat, level,
                   text);
    free(text);
}

void put_column(struct buf *out, const char *text, int width)
{
    static const struct cell_rules rules;
    int used = cells_width(&rules, text, strlen(text));
    buf_addf(out, "%s%*s", text, MAX(width - used, 1), "");
}

void cmd_page(struct cmd_ctx *ctx, const char *title, const char *text)
{
    if (!ctx->out && VIEW_CAN(ctx, page)) {
        ctx->view->page(ctx->view_data, title, text);
        return;
    }
    while (*text) { /* line by line */
        size_t n = strcspn(text, "\n");
        cmd_say(ctx, KITH_INFO, "%.*s", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

bool has_flag(const struct cmd_args *a, const char *name)
{
    for (int i = 0; i < a->n_flags; i++) {
        if (strcmp(a->flags[i], name) == 0)
            return true;
    }
    return false;
}

const char *flag_value(const struct cmd_args *a, const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < a->n_flags; i++) {
        if (strncmp(a->flags[i], name, n) == 0 && a->flags[i][n] == '=')
            return a->flags[i] + n + 1;
    }
    return NULL;
}

int need_view(const struct cmd_ctx *ctx, bool has, struct err *e)
{
    if (has)
        return 0;
    return err_set(e, KITH_EUNSUP,
                   ctx->view ? "this screen cannot do that" : "this works only on a screen");
}

/* ---- one command ---- */

int cmd_needs(const struct cmd *c, struct cmd_ctx *ctx, struct err *e)
{
    const struct chat *chat = ctx->chat;
    if ((c->needs & CMD_NEEDS_VIEW) && !ctx->view)
        return err_set(e, KITH_EUNSUP, "/%s works only on a screen", c->name);
    if ((c->needs & (CMD_NEEDS_CHAT | CMD_NEEDS_ROOM)) && !chat)
        return err_set(e, KITH_ENOTFOUND, "/%s: no chat is open here; /query opens one", c->name);
    if ((c->needs & CMD_NEEDS_ROOM) && chat->kind != KITH_CHAT_ROOM)
        return err_set(e, KITH_EINVAL, "/%s works only in a room", c->name);
    if ((c->needs & CMD_NEEDS_MESSAGE) && !ctx->message && !chat)
        return err_set(e, KITH_ENOTFOUND, "/%s: no message is selected", c->name);
    const struct account *a = ctx->account ? ctx->account : chat ? chat->account : NULL;
    if ((c->needs & CMD_NEEDS_ACCOUNT) && !account_for(ctx, NULL, e))
        return KITH_ENOTFOUND;
    if ((c->needs & CMD_NEEDS_ONLINE) && a && a->state != KITH_STATE_ONLINE)
        return err_set(e, KITH_EOFFLINE, "%s is not online, so /%s was not done", a->name, c->name);
    const struct account *ca = chat ? chat->account : NULL;
    if (c->caps && ca && ca->state == KITH_STATE_ONLINE && !(chat_caps(chat) & c->caps))
        return err_set(e, KITH_EUNSUP, "/%s: %s cannot do that", c->name,
                       chat->account->protocol_label ? chat->account->protocol_label
                                                     : chat->account->protocol);
    return 0;
}

static int run_one(const struct cmd *c, struct cmd_ctx *ctx, enum parse_mode mode, const char *rest,
                   struct err *e)
{
    struct parsed p = {0};
    int rc = cmd_needs(c, ctx, e);
    if (rc >= 0)
        rc = parse_args(c, ctx, mode, rest, &p, e);
    if (rc >= 0)
        rc = c->run(ctx, &p.args, e);
    parsed_free(&p);
    return rc;
}

/* ---- lines ---- */

int send_message(struct cmd_ctx *ctx, struct chat *chat, const struct core_send *s, struct err *e)
{
    struct err why = {
        0}; /* ids of messages kept in memory only are negative too: the sentence tells */
    int64_t id = core_send(ctx->env->core, chat, s, &why);
    if (id >= 0 || why.code >= 0)
        return 0;
    return err_set(e, why.code, "%s", why.text);
}

static int run_line(struct cmd_ctx *ctx, const char *line, int depth, struct err *e);

static int run_alias(struct cmd_ctx *ctx, const char *alias, const char *rest, int depth,
                     struct err *e)
{
    struct buf line = {0};
    if (depth >= ALIAS_DEPTH)
        return err_set(e, KITH_EINVAL, "these aliases call each other in a circle");
    int rc = alias_expand(alias, rest, &line, e);
    if (rc >= 0)
        rc = run_line(ctx, buf_str(&line), depth + 1, e);
    buf_free(&line);
    return rc;
}

static bool takes_command(const struct cmd *c)
{
    for (size_t i = 0; i < CMD_MAX_ARGS && c->args[i].name; i++) {
        if (c->args[i].type == ARG_COMMAND)
            return true;
    }
    return false;
}

/* Splits off the first command of a binding's line: *next is what follows, or NULL. Owned. */
static char *first_command(const char *line, const char **next)
{
    char name[PARSE_NAME_MAX + 1];
    const char *rest;
    const struct cmd *c = parse_name(line, name, &rest) ? cmd_find(name) : NULL;
    size_t n = c && takes_command(c) ? strlen(line) : parse_first(line);
    *next = line[n] == ';' ? line + n + 1 + strspn(line + n + 1, " \t") : NULL;
    if (*next && !**next)
        *next = NULL;
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\t') && (n < 2 || line[n - 2] != '\\'))
        n--;
    return xstrndup(line, n);
}

static int run_line(struct cmd_ctx *ctx, const char *line, int depth, struct err *e)
{
    int rc = 0;
    line += strspn(line, " \t");
    while (rc >= 0 && line && *line) {
        char name[PARSE_NAME_MAX + 1];
        const char *rest, *next, *alias = NULL;
        char *one = first_command(line, &next);
        struct account *a = NULL;
        if (!parse_name(one, name, &rest)) {
            rc = err_set(e, KITH_EINVAL, "a command begins with a slash: \"%.40s\"", one);
            free(one);
            break;
        }
        const struct cmd *c = cmd_find(name);
        const struct kith_command *k = c ? NULL : backend_command(ctx, name, &a);
        if (!c)
            alias = config_alias(ctx->env->config, name);
        if (c)
            rc = run_one(c, ctx, PARSE_BINDING, rest, e);
        else if (alias)
            rc = run_alias(ctx, alias, rest, depth, e);
        else if (k)
            rc = run_backend(ctx, a, k, PARSE_BINDING, rest, e);
        else
            rc = cmd_unknown(ctx->env, name, e);
        free(one);
        line = next;
    }
    return rc;
}

int cmd_run(struct cmd_ctx *ctx, const char *line, struct err *e)
{
    return run_line(ctx, line, 0, e);
}

static int send_text(struct cmd_ctx *ctx, const char *text, struct err *e)
{
    const struct draft *d = ctx->chat ? &ctx->chat->draft : NULL;
    if (!ctx->chat)
        return err_set(e, KITH_ENOTFOUND, "no chat is open here; /query opens one");
    struct core_send s = {.body = text, .reply_to = d->reply_to, .edit = d->editing};
    int rc = send_message(ctx, ctx->chat, &s, e);
    if (rc >= 0 && (d->text || d->reply_to || d->editing))
        core_draft(ctx->env->core, ctx->chat, &(struct draft){0}, ctx->view_data);
    return rc;
}

int cmd_input(struct cmd_ctx *ctx, const char *text, struct err *e)
{
    char name[PARSE_NAME_MAX + 1];
    const char *rest;
    struct account *a = NULL;
    if (!text[strspn(text, " \t\n")])
        return 0;
    if (text[0] != '/')
        return send_text(ctx, text, e);
    if (text[1] == '/')
        return send_text(ctx, text + 1, e);
    if (!parse_name(text, name, &rest))
        return err_set(e, KITH_EINVAL, "a command has a name after the slash; // sends a slash");
    const char *alias = cmd_find(name) ? NULL : config_alias(ctx->env->config, name);
    if (alias)
        return run_alias(ctx, alias, rest, 0, e);
    const struct kith_command *k = cmd_find(name) ? NULL : backend_command(ctx, name, &a);
    if (k)
        return run_backend(ctx, a, k, PARSE_TYPED, rest, e);
    const struct cmd *c = cmd_resolve(ctx->env, name, e);
    return c ? run_one(c, ctx, PARSE_TYPED, rest, e) : KITH_ENOTFOUND;
}

int cmd_check(const char *line, struct err *e)
{
    int rc = 0;
    line += strspn(line, " \t");
    if (*line != '/')
        return *line ? err_set(e, KITH_EINVAL, "a command begins with a slash: \"%.40s\"", line)
                     : 0;
    while (rc >= 0 && line && *line) {
        char name[PARSE_NAME_MAX + 1];
        const char *rest, *next;
        char *one = first_command(line, &next);
        struct parsed p = {0};
        const struct cmd *c = parse_name(one, name, &rest) ? cmd_find(name) : NULL;
        if (!parse_name(one, name, &rest))
            rc = err_set(e, KITH_EINVAL, "a command begins with a slash: \"%.40s\"", one);
        else if (!c)
            rc = cmd_unknown(NULL, name, e);
        else
            rc = parse_args(c, NULL, PARSE_CHECK, rest, &p, e);
        for (size_t i = 0; c && rc >= 0 && i < CMD_MAX_ARGS && c->args[i].name; i++) {
            if (c->args[i].type == ARG_COMMAND && p.args.argv[i])
                rc = cmd_check(p.args.argv[i], e);
        }
        parsed_free(&p);
        free(one);
        line = next;
    }
    return rc;
}
