/* cmd/pending.c - answers that come later: where to say them, though chat and view may be gone by
 * then */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/hook.h"
#include "cmd/internal.h"

struct cmd_pending *pending_new(const struct cmd_ctx *ctx, const struct account *a,
                                const struct chat *c, const char *fmt, ...)
{
    struct cmd_pending *p = xcalloc(1, sizeof *p);
    va_list ap;
    va_start(ap, fmt);
    p->what = xvasprintf(fmt, ap);
    va_end(ap);
    p->env = ctx->env;
    p->view = ctx->view;
    p->view_data = ctx->view_data;
    p->account = a ? a->id : 0;
    p->chat = c ? c->id : 0;
    p->typed_in = ctx->chat ? ctx->chat->id : 0;
    p->hook = xstrdup(ctx->hook);
    p->next = ctx->env->pending;
    ctx->env->pending = p;
    return p;
}

void pending_drop(struct cmd_pending *p)
{
    for (struct cmd_pending **at = &p->env->pending; *at; at = &(*at)->next) {
        if (*at == p) {
            *at = p->next;
            break;
        }
    }
    free(p->what);
    free(p->good);
    free(p->text);
    free(p->title);
    free(p->key);
    free(p->hook);
    free(p->portrait);
    buf_free(&p->rows);
    free(p);
}

int pending_started(struct cmd_pending *p, int rc)
{
    if (rc < 0)
        pending_drop(p);
    return rc;
}

void cmd_view_gone(struct cmd_env *env, const void *v)
{
    for (struct cmd_pending *p = env->pending; p; p = p->next) {
        if (p->view_data == v) {
            p->view = NULL;
            p->view_data = NULL;
        }
    }
}

void cmd_env_clear(struct cmd_env *env)
{
    exports_clear(env);
    exec_clear(env);
    while (env->pending)
        pending_drop(env->pending);
}

static void say(const struct cmd_pending *p, enum kith_level level, const char *text)
{
    struct model *m = p->env->model;
    cmd_say_to(p->view, p->view_data, m, p->account ? model_account_by_id(m, p->account) : NULL,
               p->chat ? model_chat_by_id(m, p->chat) : NULL, level, text);
}

static void say_failure(const struct cmd_pending *p, const struct err *e)
{
    char *text = xasprintf("%s: %s", p->what, e->text[0] ? e->text : "it did not work");
    if (p->hook)
        hook_failed(p->env, p->hook, text);
    else
        say(p, KITH_ERROR, text);
    free(text);
}

void pending_item(void *pending, const struct kith_ev_item *item)
{
    struct cmd_pending *p = pending;
    if (p->rows.len > (1u << 20)) /* a server that lists for ever */
        return;
    if (!item->address && item->name && !str_empty(item->text) && item->n_fields == 0)
        put_column(&p->rows, item->name, 16); /* a table of two columns */
    else if (item->address || item->name)
        buf_addf(&p->rows, "%s", item->address ? item->address : item->name);
    if (item->address && item->name && strcmp(item->address, item->name) != 0)
        buf_addf(&p->rows, "  %s", item->name);
    if (item->number >= 0 && item->n_fields == 0)
        buf_addf(&p->rows, "  (%lld)", (long long)item->number);
    if (!str_empty(item->text))
        buf_addf(&p->rows, "  %s", item->text);
    if (p->rows.len && p->rows.data[p->rows.len - 1] != '\n')
        buf_addc(&p->rows, '\n');
    for (size_t i = 0; i < item->n_fields; i++) {
        const struct kith_field *f = &item->fields[i];
        buf_addf(&p->rows, "  %s: ", f->label ? f->label : f->key ? f->key : "");
        for (size_t v = 0; v < f->n_values; v++)
            buf_addf(&p->rows, "%s%s", v ? ", " : "", f->values[v]);
        buf_addc(&p->rows, '\n');
    }
}

static void open_it(const struct cmd_pending *p)
{
    struct cmd_ctx ctx = {.env = p->env, .view = p->view, .view_data = p->view_data};
    struct err e = {0};
    char *words = open_outside(&ctx, p->text, &e) < 0
                      ? xasprintf("saved as %s, but %s", p->text, e.text)
                      : xasprintf("opening %s", p->text);
    say(p, KITH_INFO, words);
    free(words);
}

void pending_done(void *pending, const struct err *e)
{
    struct cmd_pending *p = pending;
    if (e && e->code < 0)
        say_failure(p, e);
    else if (p->then == THEN_OPEN)
        open_it(p);
    else if (p->title && p->may_be_empty && p->rows.len == 0) {
        char *words = e && e->text[0] ? xstrdup(e->text) : xasprintf("%s: done", p->title);
        if (!p->hook)
            say(p, KITH_INFO, words);
        free(words);
    } else if (p->title) {
        const char *text = p->rows.len ? buf_str(&p->rows) : "nothing was found\n";
        if (p->view && p->view->page) {
            p->view->page(p->view_data, p->title, text);
            avatar_beside(p);
        } else {
            say(p, KITH_INFO, text);
        }
    } else if (p->good && !p->hook) {
        say(p, KITH_INFO, p->good);
    }
    pending_drop(p);
}

void write_input(const struct cmd_view_ops *view, void *view_data, const struct chat *chat,
                 const char *text)
{
    if (!view->set_input)
        return;
    if (str_empty(chat->draft.text))
        view->set_input(view_data, text);
    else if (view->say)
        view->say(view_data, KITH_WARN, "What was written here before is kept; nothing was added");
}

/* Nothing was sent: the words come back, but never over what was written since. */
static void give_back(const struct cmd_pending *p)
{
    if (!p->view || !p->view->set_input)
        return;
    const struct chat *now = p->view->current_chat ? p->view->current_chat(p->view_data) : NULL;
    if (now && now->id == p->typed_in && str_empty(now->draft.text)) {
        char *again = xasprintf("/msg %s", p->text);
        p->view->set_input(p->view_data, again);
        free(again);
    } else {
        say(p, KITH_WARN,
            "your words are kept in the input history: press Up where you typed them");
    }
}

void pending_chat(void *pending, struct chat *chat, const struct err *e)
{
    struct cmd_pending *p = pending;
    struct err why = {0};
    if (!chat) {
        if (e)
            why = *e;
        say_failure(p, &why);
        if (p->then == THEN_SEND)
            give_back(p);
        pending_drop(p);
        return;
    }
    p->chat = chat->id;
    if (p->then == THEN_SEND) {
        const char *body = strchr(p->text, ' ');
        struct core_send s = {.body = body ? body + 1 : ""};
        if (core_send(p->env->core, chat, &s, &why) < 0) {
            say_failure(p, &why); /* the words go into the input of the chat that is shown now */
            str_take(&p->text, xstrdup(s.body));
            p->then = THEN_WRITE;
        }
    }
    if (p->then != THEN_NOTHING && p->view && p->view->show_chat)
        p->view->show_chat(p->view_data, chat);
    if (p->then == THEN_WRITE && p->view)
        write_input(p->view, p->view_data, chat, p->text);
    pending_drop(p);
}
