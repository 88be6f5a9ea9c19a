/* main/plain.c - kith --plain: a chat line by line, for terminals that cannot place the cursor, and for pipes */
#include "main/plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

struct plain {
    struct cmd_env *env;
    struct plain_io io;
    void *user;
    int64_t chat; /* id of the chat that text goes to, 0 = none */
};

static void line(struct plain *p, const char *fmt, ...) PRINTF(2, 3);
static void line(struct plain *p, const char *fmt, ...)
{
    struct buf whole = {0};
    va_list ap;
    char *text;

    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    for (const char *c = text; *c != '\0'; c++) {
        buf_addc(&whole, *c);
        if (*c == '\n') /* of a notice or a question: what others wrote must not look like a line of kith's */
            buf_adds(&whole, "    ");
    }
    p->io.line(p->user, buf_str(&whole));
    buf_free(&whole);
    free(text);
}

static struct chat *current(const struct plain *p)
{
    return p->chat != 0 ? model_chat_by_id(p->env->model, p->chat) : NULL;
}

/* ---- what is shown ---- */
static void show_message(struct plain *p, const struct message *m)
{
    char when[16];
    const char *who = m->sender_name != NULL ? m->sender_name : m->sender, *body = m->body;
    const char *mark = m->kind == MESSAGE_ACTION ? "* " : "";

    if (m->kind == MESSAGE_EVENT || body == NULL)
        return;
    if (message_outgoing(m))
        who = "you";
    clock_format(when, sizeof when, "%H:%M", m->time);
    while (body != NULL) {
        size_t len = strcspn(body, "\n");

        line(p, "%s [%s] %s%s: %.*s", when, chat_title(m->chat), mark, who != NULL ? who : "?", (int)len, body);
        body = body[len] != '\0' ? body + len + 1 : NULL;
    }
}

static void show_ask(struct plain *p, const struct ask *a)
{
    line(p, "? %s", a->title != NULL ? a->title : a->text);
    if (a->title != NULL && a->text != NULL)
        line(p, "  %s", a->text);
    for (size_t i = 0; i < a->n_choices; i++)
        line(p, "  ? %s   %s", a->choices[i].id, a->choices[i].label);
    if (a->n_fields > 0)
        line(p, "  this question needs a form: answer it on a full screen, or set password_command for the account");
}

static void on_model(void *user, const struct model_event *ev)
{
    struct plain *p = user;

    if (ev->type == MODEL_MESSAGE)
        show_message(p, ev->message);
    else if (ev->type == MODEL_NOTICE)
        line(p, "-- %s%s%s", ev->account != NULL ? ev->account->name : "", ev->account != NULL ? ": " : "", ev->text);
    else if (ev->type == MODEL_ASK)
        show_ask(p, ev->ask);
    else if (ev->type == MODEL_MESSAGE_CHANGED && ev->message->delivery == DELIVERY_FAILED)
        line(p, "-- not sent to %s: %s", chat_title(ev->message->chat),
             ev->message->failure != NULL ? ev->message->failure : "refused");
    else if (ev->type == MODEL_CHAT_GONE && ev->chat->id == p->chat)
        p->chat = 0;
}

/* ---- what commands may do here ---- */
static void view_show_chat(void *v, struct chat *c)
{
    struct plain *p = v;
    size_t from;

    p->chat = c->id;
    core_load(p->env->core, c);
    core_attention(p->env->core, p, c, true, true);
    line(p, "-- %s on %s", chat_title(c), c->account->name);
    from = c->n_messages > 10 ? c->n_messages - 10 : 0;
    for (size_t i = from; i < c->n_messages; i++)
        show_message(p, c->messages[i]);
}

static void view_window(void *v, enum cmd_move how)
{
    struct plain *p = v;
    struct model *m = p->env->model;

    (void)how; /* one order is enough without a screen: the next chat with news */
    for (size_t i = 0; i < m->n_accounts; i++)
        for (size_t k = 0; k < m->accounts[i]->n_chats; k++)
            if (m->accounts[i]->chats[k]->unread > 0) {
                view_show_chat(p, m->accounts[i]->chats[k]);
                return;
            }
    line(p, "-- no chat has news");
}

static void view_say(void *v, enum kith_level level, const char *text)
{
    line(v, level >= KITH_WARN ? "-- ! %s" : "-- %s", text);
}

static void view_page(void *v, const char *title, const char *text)
{
    line(v, "-- %s", title);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        line(v, "   %.*s", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

static void view_detach(void *v)
{
    struct plain *p = v;

    p->io.leave(p->user, 0, "");
}

static struct chat *view_current_chat(void *v)
{
    return current(v);
}

static struct account *view_current_account(void *v)
{
    const struct plain *p = v;
    const struct chat *c = current(p);

    if (c != NULL)
        return c->account;
    return p->env->model->n_accounts > 0 ? p->env->model->accounts[0] : NULL;
}

static const struct cmd_view_ops ops = {
    .show_chat = view_show_chat,
    .window = view_window,
    .say = view_say,
    .page = view_page,
    .detach = view_detach,
    .current_chat = view_current_chat,
    .current_account = view_current_account,
};

/* ---- input ---- */
static void answer(struct plain *p, const char *choice)
{
    struct model *m = p->env->model;
    struct err e = {0};

    while (*choice == ' ')
        choice++;
    if (m->n_asks == 0)
        line(p, "-- nothing is asked");
    else if (core_answer(p->env->core, m->asks[0], choice, NULL, 0, &e) < 0)
        line(p, "-- ! %s", e.text);
}

void plain_input(struct plain *p, const char *text)
{
    struct cmd_ctx ctx = {.env = p->env, .view = &ops, .view_data = p, .chat = current(p),
                          .account = view_current_account(p)};
    struct err e = {0};

    if (str_empty(text))
        return;
    if (text[0] == '?')
        answer(p, text + 1);
    else if (cmd_input(&ctx, text, &e) < 0)
        line(p, "-- ! %s", e.text);
}

struct plain *plain_new(struct cmd_env *env, const struct plain_io *io, void *user)
{
    struct plain *p = xcalloc(1, sizeof *p);

    p->env = env;
    p->io = *io;
    p->user = user;
    model_observe(env->model, on_model, p);
    line(p, "-- kith: /msg who text, /query who, /window next -active, /status, /help; /detach leaves, /quit ends");
    for (size_t i = 0; i < env->model->n_asks; i++)
        show_ask(p, env->model->asks[i]);
    return p;
}

void plain_free(struct plain *p)
{
    if (p == NULL)
        return;
    model_unobserve(p->env->model, on_model, p);
    core_attention(p->env->core, p, NULL, false, false);
    cmd_view_gone(p->env, p);
    free(p);
}
