/* main/plain.c - kith --plain: a chat line by line, for screen readers, Braille lines, dumb terminals and pipes */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/runs.h"
#include "main/plain_private.h"

void plain_line(struct plain *p, const char *fmt, ...)
{
    struct buf whole = {0};
    va_list ap;
    char *text;

    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    for (const char *c = text; *c != '\0'; c++) {
        buf_addc(&whole, *c);
        if (*c == '\n') /* what others wrote must not look like a line of kith's */
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

/* ---- what was told ---- */

static struct plain_place *place_of(struct plain *p, const struct chat *c)
{
    for (size_t i = 0; i < p->n_places; i++)
        if (p->places[i].chat == c->id)
            return &p->places[i];
    VEC_PUSH(p->places, p->n_places, p->cap_places, ((struct plain_place){.chat = c->id}));
    return &p->places[p->n_places - 1];
}

static struct plain_seen *seen_of(struct plain *p, int64_t id)
{
    for (size_t i = 0; i < MIN(p->n_seen, (size_t)PLAIN_SEEN); i++)
        if (p->seen[i].id == id)
            return &p->seen[i];
    return NULL;
}

static void remember(struct plain *p, const struct message *m)
{
    struct plain_seen *s = seen_of(p, m->id);

    if (s == NULL)
        s = &p->seen[p->n_seen++ % PLAIN_SEEN];
    *s = (struct plain_seen){m->id, m->edits, m->retracted, m->delivery == DELIVERY_FAILED, m->revealed, m->n_reactions};
}

/* ---- what is shown ---- */

static const char *name_of(const struct message *m)
{
    if (message_outgoing(m))
        return "you";
    return m->sender_name != NULL ? m->sender_name : m->sender != NULL ? m->sender : "?";
}

/* The text without what is hidden; owned. */
static char *shown_of(const struct message *m)
{
    struct buf b = {0};

    runs_add_covered(&b, m->body != NULL ? m->body : "", m->revealed ? NULL : m->spans);
    return buf_take(&b);
}

static void show_body(struct plain *p, const struct message *m, const char *what)
{
    char when[16];
    char *shown = shown_of(m);
    const char *body = m->body != NULL ? shown : NULL;

    clock_format(when, sizeof when, "%H:%M", m->time);
    for (size_t i = 0; i < m->n_attachments; i++)
        plain_line(p, "%s [%s] %s%s sends a file: %s", when, chat_title(m->chat), what, name_of(m),
                   m->attachments[i].name != NULL ? m->attachments[i].name : "without a name");
    while (body != NULL) {
        size_t len = strcspn(body, "\n");

        plain_line(p, "%s [%s] %s%s%s: %.*s", when, chat_title(m->chat), what, m->kind == MESSAGE_ACTION ? "* " : "", name_of(m),
                   (int)len, body);
        body = body[len] != '\0' ? body + len + 1 : NULL;
    }
    free(shown);
}

static const struct message *answered(const struct message *m)
{
    return m->reply_to != NULL ? chat_message_by_ref(m->chat, m->reply_to) : NULL;
}

static void show_message(struct plain *p, const struct message *m)
{
    const struct message *to = answered(m);
    char when[16];

    remember(p, m);
    clock_format(when, sizeof when, "%H:%M", m->time);
    if (m->retracted) {
        plain_line(p, "%s [%s] %s withdrew a message", when, chat_title(m->chat), name_of(m));
    } else if (m->kind == MESSAGE_EVENT) {
        if (m->body != NULL)
            plain_line(p, "%s [%s] -- %s", when, chat_title(m->chat), m->body);
    } else {
        if (to != NULL && to->body != NULL) {
            char *said = shown_of(to);
            plain_line(p, "%s [%s] %s answers %s, who said: %.60s", when, chat_title(m->chat), name_of(m), name_of(to), said);
            free(said);
        }
        show_body(p, m, "");
        if (!m->revealed && runs_have_spoiler(m->spans))
            plain_line(p, "-- something is hidden: /reveal shows it");
    }
}

static bool is_hidden(const struct plain *p, const struct message *m)
{
    bool coming = m->event == EVENT_JOIN || m->event == EVENT_PART || m->event == EVENT_NICK;

    if (m->kind != MESSAGE_EVENT)
        return false;
    return m->chat->id != p->chat || (coming && !str_eq(config_str(p->env->config, "ui.chat.hide_joins"), "none"));
}

/* A message that came: told once, whatever chat it is in. */
static void on_message(struct plain *p, const struct message *m)
{
    struct plain_place *place = place_of(p, m->chat);

    if (seen_of(p, m->id) != NULL || is_hidden(p, m))
        return;
    if (place->newest == 0)
        place->oldest = m->id;
    place->newest = m->id;
    show_message(p, m);
}

static void on_changed(struct plain *p, const struct message *m)
{
    struct plain_seen *s = seen_of(p, m->id), was;

    if (s == NULL)
        return;
    was = *s;
    remember(p, m);
    if (m->retracted && !was.retracted)
        plain_line(p, "-- [%s] %s withdrew: %.60s", chat_title(m->chat), name_of(m), m->body != NULL && !runs_have_spoiler(m->spans) ? m->body : "a message");
    else if (m->edits > was.edits)
        show_body(p, m, "corrected: ");
    else if (m->revealed && !was.revealed)
        show_body(p, m, "hidden was: ");
    if (m->n_reactions > was.n_reactions) {
        const struct reaction *r = &m->reactions[m->n_reactions - 1];
        char *said = shown_of(m);

        plain_line(p, "-- [%s] %s reacts with %s to %s, who said: %.60s", chat_title(m->chat), r->sender != NULL ? r->sender : "somebody",
                   r->text, name_of(m), said);
        free(said);
    }
    if (m->delivery == DELIVERY_FAILED && !was.failed)
        plain_line(p, "-- not sent to %s: %s", chat_title(m->chat), m->failure != NULL ? m->failure : "refused");
}

static void on_model(void *user, const struct model_event *ev)
{
    struct plain *p = user;

    if (ev->type == MODEL_MESSAGE && !(ev->chat->flags & CHAT_HELD))
        on_message(p, ev->message);
    else if (ev->type == MODEL_MESSAGE_CHANGED)
        on_changed(p, ev->message);
    else if (ev->type == MODEL_NOTICE)
        plain_line(p, "-- %s%s%s", ev->account != NULL ? ev->account->name : "", ev->account != NULL ? ": " : "", ev->text);
    else if (ev->type == MODEL_ASK)
        plain_show_ask(p, ev->ask);
    else if (ev->type == MODEL_ASK_GONE)
        plain_ask_gone(p, ev->ask);
    else if (ev->type == MODEL_CHAT_GONE && ev->chat->id == p->chat)
        p->chat = 0;
}

/* ---- what commands may do here ---- */

/* The last lines of a chat, without those that were told before. */
static void view_show_chat(void *v, struct chat *c)
{
    struct plain *p = v;
    struct plain_place *place = place_of(p, c);
    size_t from;

    if (p->chat != 0 && p->chat != c->id)
        p->shown_at = clock_mono_ms();
    p->chat = c->id;
    p->selected = 0;
    core_load(p->env->core, c);
    core_attention(p->env->core, p, c, true, true);
    plain_line(p, "-- %s on %s", chat_title(c), c->account->name);
    from = c->n_messages > PLAIN_BACKLOG ? c->n_messages - PLAIN_BACKLOG : 0;
    for (size_t i = from; i < c->n_messages; i++)
        if (c->messages[i]->id == place->newest)
            from = i + 1;
    for (size_t i = from; i < c->n_messages; i++) {
        const struct message *m = c->messages[i];

        if (seen_of(p, m->id) != NULL || is_hidden(p, m))
            continue;
        if (place->oldest == 0)
            place->oldest = m->id;
        place->newest = m->id;
        show_message(p, m);
    }
}

/* /scroll: the lines before the first one told, which were asked for. */
static void show_older(struct plain *p, struct chat *c)
{
    struct plain_place *place = place_of(p, c);
    size_t end = c->n_messages, from;

    for (size_t i = 0; i < c->n_messages; i++)
        if (c->messages[i]->id == place->oldest)
            end = i;
    if (end == 0 && !c->at_start) {
        core_load_older(p->env->core, c);
        for (end = 0; end < c->n_messages && c->messages[end]->id != place->oldest; end++)
            ;
    }
    if (end == 0 || end > c->n_messages) {
        plain_line(p, c->at_start ? "-- this is the beginning of the chat" : "-- older messages are being fetched; ask again");
        return;
    }
    from = end > PLAIN_PAGE ? end - PLAIN_PAGE : 0;
    plain_line(p, "-- before that:");
    for (size_t i = from; i < end; i++)
        show_message(p, c->messages[i]);
    plain_line(p, "-- so far");
    place->oldest = c->messages[from]->id;
}

static void view_scroll(void *v, enum cmd_move how)
{
    struct plain *p = v;
    struct chat *c = current(p);

    if (c == NULL)
        plain_line(p, "-- no chat is open: /query who");
    else if (how == MOVE_PAGE_UP || how == MOVE_UP || how == MOVE_TOP)
        show_older(p, c);
    else
        plain_line(p, "-- what comes is printed by itself");
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
    plain_line(p, "-- no chat has news");
}

static void view_say(void *v, enum kith_level level, const char *text)
{
    plain_line(v, level >= KITH_WARN ? "-- ! %s" : "-- %s", text);
}

static void view_page(void *v, const char *title, const char *text)
{
    plain_line(v, "-- %s", title);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        plain_line(v, "   %.*s", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

/* "/panel select": the last messages with numbers; "/panel select 3": the third from the end is meant from now on. */
static void select_message(struct plain *p, const char *arg)
{
    struct chat *c = current(p);
    int64_t n;

    if (c == NULL) {
        plain_line(p, "-- no chat is open: /query who");
        return;
    }
    if (str_int(arg, 1, PLAIN_BACKLOG, &n) && p->listed[n - 1] != 0 && chat_message(c, p->listed[n - 1]) != NULL) {
        const struct message *m = chat_message(c, p->listed[n - 1]);

        p->selected = m->id;
        char *said = shown_of(m);
        plain_line(p, "-- meant is %s, who said: %.60s", name_of(m), said);
        free(said);
        return;
    }
    memset(p->listed, 0, sizeof p->listed);
    n = 0;
    for (size_t i = c->n_messages; i > 0 && n < PLAIN_BACKLOG; i--) {
        const struct message *m = c->messages[i - 1];

        if (m->kind == MESSAGE_EVENT || m->retracted || m->body == NULL)
            continue;
        p->listed[n++] = m->id;
        char *said = shown_of(m);
        plain_line(p, "   %d  %s: %.60s", (int)n, name_of(m), said);
        free(said);
    }
    plain_line(p, n > 0 ? "-- /panel select NUMBER chooses one for /reply, /react and the like" : "-- nothing was said here");
}

static void list_members(struct plain *p)
{
    const struct chat *c = current(p);

    for (size_t i = 0; c != NULL && i < c->n_members; i++)
        plain_line(p, "   %s%s", c->members[i]->prefix != NULL ? c->members[i]->prefix : "", c->members[i]->nick);
    plain_line(p, "-- %zu here", c != NULL ? c->n_members : 0);
}

static void list_contacts(struct plain *p)
{
    const struct model *m = p->env->model;

    for (size_t i = 0; i < m->n_accounts; i++)
        for (struct map_entry *e = NULL; (e = map_next(&m->accounts[i]->contacts, e));) {
            const struct contact *one = e->value;

            plain_line(p, "   %s on %s: %s%s%s", contact_title(one), m->accounts[i]->name, show_name(contact_show(one)),
                       contact_status(one) != NULL ? ", " : "", contact_status(one) != NULL ? contact_status(one) : "");
        }
}

static void view_open_panel(void *v, const char *panel, const char *arg)
{
    struct plain *p = v;

    if (str_eq(panel, "select"))
        select_message(p, arg);
    else if (str_eq(panel, "members"))
        list_members(p);
    else if (str_eq(panel, "list") || str_eq(panel, "switcher"))
        list_contacts(p);
    else if (str_eq(panel, "ask") && p->env->model->n_asks > 0)
        plain_show_ask(p, p->env->model->asks[0]);
    else if (str_eq(panel, "ask"))
        plain_line(p, "-- nothing is asked");
    else
        plain_line(p, "-- ! the panel %.40s is for a screen; /help lists the commands", panel);
}

static void view_set_input(void *v, const char *text)
{
    const struct plain *p = v;

    p->io.input(p->user, text);
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

/* The newest message of the chat, unless another was chosen. */
static int64_t view_selected(void *v)
{
    const struct plain *p = v;
    const struct chat *c = current(p);

    if (c == NULL || (p->selected != 0 && chat_message(c, p->selected) != NULL))
        return c == NULL ? 0 : p->selected;
    for (size_t i = c->n_messages; i > 0; i--)
        if (c->messages[i - 1]->kind != MESSAGE_EVENT && !c->messages[i - 1]->retracted)
            return c->messages[i - 1]->id;
    return 0;
}

static const char *view_get_env(void *v, const char *name)
{
    const struct plain *p = v;
    size_t n = strlen(name);

    for (char **env = p->environment; env != NULL && *env != NULL; env++)
        if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
            return *env + n + 1;
    return NULL;
}

static const struct cmd_view_ops ops = {
    .show_chat = view_show_chat,
    .window = view_window,
    .scroll = view_scroll,
    .open_panel = view_open_panel,
    .say = view_say,
    .page = view_page,
    .set_input = view_set_input,
    .detach = view_detach,
    .selected = view_selected,
    .current_chat = view_current_chat,
    .current_account = view_current_account,
    .confirm = plain_confirm,
    .prompt = plain_prompt,
    .get_env = view_get_env,
};

/* ---- input ---- */

struct cmd_ctx plain_ctx(struct plain *p)
{
    return (struct cmd_ctx){.env = p->env, .view = &ops, .view_data = p, .chat = current(p),
                            .account = view_current_account(p), .message = view_selected(p)};
}

void plain_input(struct plain *p, const char *text)
{
    struct cmd_ctx ctx = plain_ctx(p);
    struct err e = {0};

    if (plain_prompted(p, text) || str_empty(text))
        return;
    if (p->doubt != NULL) /* a second line of a paste is no answer, and must not go either */
        plain_line(p, "-- ! yes or no comes first; this went nowhere: %.60s", text);
    else if (text[0] == '?')
        plain_answer(p, text + 1);
    else if (!plain_guards(p, ctx.chat, text) && cmd_input(&ctx, text, &e) < 0)
        plain_line(p, "-- ! %s", e.text);
}

void plain_reply(struct plain *p, const char *text)
{
    if (!plain_doubted(p, text) && !plain_prompted(p, text))
        plain_line(p, "-- ! the question is gone; what you typed went nowhere");
}

struct plain *plain_new(struct cmd_env *env, const struct plain_io *io, const char *const *environment, void *user)
{
    struct plain *p = xcalloc(1, sizeof *p);
    size_t n = 0;

    p->env = env;
    p->io = *io;
    p->user = user;
    while (environment != NULL && environment[n] != NULL)
        n++;
    p->environment = xcalloc(n + 1, sizeof *p->environment);
    for (size_t i = 0; i < n; i++)
        p->environment[i] = xstrdup(environment[i]);
    model_observe(env->model, on_model, p);
    core_looks(env->core, p, LOOK_FOCUSED);
    plain_line(p, "-- kith: /msg who text, /query who, /window next -active, /panel list, /status, /help; /detach leaves, /quit ends");
    for (size_t i = 0; i < env->model->n_asks; i++)
        plain_show_ask(p, env->model->asks[i]);
    return p;
}

void plain_free(struct plain *p)
{
    if (p == NULL)
        return;
    model_unobserve(p->env->model, on_model, p);
    core_attention(p->env->core, p, NULL, false, false);
    core_looks(p->env->core, p, LOOK_GONE);
    cmd_view_gone(p->env, p);
    for (char **env = p->environment; *env != NULL; env++)
        free(*env);
    free(p->environment);
    free(p->places);
    plain_ask_free(p);
    free(p);
}
