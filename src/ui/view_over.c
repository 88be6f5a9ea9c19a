/* ui/view_over.c - popups, dialogs and other overlays of a view: opening, answering, painting */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ui/down.h"
#include "ui/view.h"

enum { NOTICE_MS = 8000, NOTICE_HOLD_MS = 700 };

/* ---- one line for the user ---- */

static void notice_expired(void *user)
{
    struct ui_view *v = user;
    v->notice_timer = NULL;
    str_set(&v->notice, NULL);
    view_mark(v, DIRTY_ALL);
}

void view_say(struct ui_view *v, enum kith_level level, const char *text)
{
    if (level == KITH_DEBUG || str_empty(text))
        return;
    str_set(&v->notice, text);
    for (char *p = v->notice; *p; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    v->notice_level = level;
    v->notice_account = false;
    v->notice_at = clock_mono_ms();
    loop_timer_del(v->notice_timer);
    struct loop *loop = v->ui->env->loop;
    v->notice_timer = loop ? loop_timer_add(loop, level >= KITH_WARN ? 2 * NOTICE_MS : NOTICE_MS,
                                            notice_expired, v)
                           : NULL;
    view_mark(v, DIRTY_ALL);
}

/* With the next key, but not before it could be read. */
void view_say_clear(struct ui_view *v)
{
    if (!v->notice || clock_mono_ms() - v->notice_at < NOTICE_HOLD_MS)
        return;
    loop_timer_del(v->notice_timer);
    notice_expired(v);
}

/* ---- questions ---- */

void view_open_ask(struct ui_view *v, const struct ask *ask)
{
    if (!v->kept.open || v->kept.ask != ask->id) {
        dialog_open_ask(&v->dialog, ask);
        return;
    }
    dialog_close(&v->dialog);
    v->dialog = v->kept;
    v->kept = (struct dialog){0};
}

/* Until later: a form is found again as far as it was filled in. */
static void leave_dialog(struct ui_view *v)
{
    if (dialog_can_cancel(&v->dialog))
        view_say(v, KITH_INFO, "It waits: its row in the list opens it again, its Cancel ends it");
    if (v->dialog.kind == DIALOG_ASK && v->dialog.form.screen) {
        dialog_close(&v->kept);
        v->kept = v->dialog;
        v->dialog = (struct dialog){0};
    } else {
        dialog_close(&v->dialog);
    }
}

/* ---- the buddy list ---- */

static void open_chat(struct ui_view *v, struct account *a, struct chat *c, const char *address)
{
    if (c && c->open) {
        view_show(v, c);
        return;
    }
    bool room = c ? c->kind == KITH_CHAT_ROOM : address[0] == '#';
    char *line = view_fill(room ? "/join $who" : "/query $who", "who", address);
    view_run_for(v, a, NULL, 0, line);
    free(line);
}

static void list_accept(struct ui_view *v)
{
    struct pane_env env = view_env(v, true);
    const struct list_row *row = list_current(&v->list, &env);
    if (v->list.filtering) {
        v->list.filtering = false;
        buf_clear(&v->list.filter);
    }
    if (!row)
        return;
    switch (row->kind) {
    case LIST_ACCOUNT:
    case LIST_GROUP:
        list_action(&v->list, &env, PANE_TOGGLE);
        break;
    case LIST_CONTACT:
        open_chat(v, row->account, row->chat, row->contact->address);
        break;
    case LIST_CHAT:
        open_chat(v, row->account, row->chat, row->chat->address);
        break;
    case LIST_ASK:
        view_open_ask(v, row->ask);
        break;
    case LIST_STRANGERS:
        view_run_for(v, row->account, NULL, 0, "/strangers");
        break;
    }
}

void view_list_first(struct ui_view *v)
{
    struct pane_env env = view_env(v, true);
    const struct list_row *row;
    bool more = true;
    list_action(&v->list, &env, PANE_FIRST);
    while ((row = list_current(&v->list, &env)) && row->kind != LIST_CONTACT && more)
        more = list_action(&v->list, &env, PANE_NEXT);
    if (row && row->kind == LIST_CONTACT)
        list_accept(v);
}

/* What is opened next goes into a place of its own. False: there is no room, which was said. */
static bool beside(struct ui_view *v)
{
    struct err e = {0};
    if (!v->chat_id || view_split(v, "right", NULL, 0, view_current(v), &e) >= 0)
        return true;
    view_say(v, KITH_ERROR, e.text);
    return false;
}

static void list_do(struct ui_view *v, enum pane_action a)
{
    struct pane_env env = view_env(v, true);
    if (a == PANE_ACCEPT_OTHER) {
        const struct list_row *row = list_current(&v->list, &env);
        bool opens = row && (row->kind == LIST_CONTACT || row->kind == LIST_CHAT);
        struct list_row r =
            opens ? *row : (struct list_row){0}; /* the list goes to the new place */
        if (opens && beside(v))
            open_chat(v, r.account, r.chat, r.chat ? r.chat->address : r.contact->address);
    } else if (a == PANE_ACCEPT) {
        list_accept(v);
    } else if (a == PANE_MENU) {
        view_panel(v, "keys", NULL);
    } else if (!list_action(&v->list, &env, a) && a == PANE_CANCEL) {
        v->focus = FOCUS_INPUT;
    }
}

/* ---- members ---- */

static void members_do(struct ui_view *v, enum pane_action a)
{
    struct pane_env env = view_env(v, true);
    if (a == PANE_CANCEL) {
        v->focus = FOCUS_INPUT;
        v->members_on = false;
    } else {
        members_action(&v->members, &env, a);
    }
}

/* ---- the switcher ---- */

static void switcher_accept(struct ui_view *v)
{
    struct pane_env env = view_env(v, true);
    switcher_recalc(&v->switcher, &env, v->recent, v->n_recent);
    const struct switch_row *row = switcher_current(&v->switcher);
    if (!row)
        return;
    struct account *a = row->account;
    struct chat *c = row->chat;
    char *address = xstrdup(row->kind == SWITCH_START ? editor_text(v->switcher.query)
                            : c                       ? c->address
                                                      : row->contact->address);
    char *then = v->switcher.then ? view_fill(v->switcher.then, "chat", address) : NULL;
    switcher_close(&v->switcher);
    if (then)
        view_run_for(v, a, view_current(v), 0, then);
    else
        open_chat(v, a, c, address);
    free(then);
    free(address);
}

static void switcher_do(struct ui_view *v, enum pane_action a)
{
    struct pane_env env = view_env(v, true);
    if (a == PANE_ACCEPT || a == PANE_ACCEPT_OTHER) {
        if (a == PANE_ACCEPT || beside(v))
            switcher_accept(v);
    } else if (a == PANE_CANCEL) {
        switcher_close(&v->switcher);
    } else {
        switcher_recalc(&v->switcher, &env, v->recent, v->n_recent);
        switcher_action(&v->switcher, &env, a);
    }
}

/* ---- dialogs ---- */

static void add_lines(const struct form_field *f, struct core_answer_field **v, size_t *n, size_t *cap)
{
    char *rest = (char *)(uintptr_t)editor_text(f->editor); /* the form is thrown away when this has been sent */
    for (char *line; (line = strsep(&rest, "\n"));) {
        struct core_answer_field one = {f->key, line};
        VEC_PUSH(*v, *n, *cap, one);
    }
}

static void add_values(const struct form_field *f, struct core_answer_field **v, size_t *n,
                       size_t *cap)
{
    struct core_answer_field one = {f->key, NULL};
    if (f->type == FORM_NOTE || f->type == FORM_HEAD || f->type == FORM_SHOW || f->type == FORM_TABLE || f->type == FORM_QR)
        return;
    if (f->type == FORM_LINES) { /* a value a line; the lines end where they did, wiped with the editor's text */
        add_lines(f, v, n, cap);
        return;
    }
    if (f->editor)
        one.value = editor_text(f->editor);
    else if (f->type == FORM_BOOL)
        one.value = f->on[0] ? "1" : "0";
    if (one.value)
        VEC_PUSH(*v, *n, *cap, one);
    for (size_t i = 0; !one.value && i < f->n_choices; i++) {
        struct core_answer_field choice = {f->key, f->ids[i]};
        if (f->on[i])
            VEC_PUSH(*v, *n, *cap, choice);
    }
    if (f->type == FORM_CHOICES && *form_chosen(f) == '\0') /* none, said so */
        VEC_PUSH(*v, *n, *cap, one);
}

static void answer_ask(struct ui_view *v, const char *choice)
{
    struct model *m = v->ui->env->model;
    struct ask *ask = NULL;
    for (size_t i = 0; i < m->n_asks; i++)
        if (m->asks[i]->id == v->dialog.ask)
            ask = m->asks[i];
    if (!ask)
        return;
    struct core_answer_field *values = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < v->dialog.form.n_fields; i++)
        add_values(&v->dialog.form.fields[i], &values, &n, &cap);
    struct err e = {0};
    struct dialog d = v->dialog; /* answering may close it from below */
    v->dialog = (struct dialog){0};
    if (down_answer(v->ui->env, ask, choice, values, n, &e) < 0)
        view_say(v, KITH_ERROR, e.text);
    dialog_close(&d);
    free(values);
}

/* The next question that waits, after one that was answered. */
static void next_ask(struct ui_view *v, int64_t answered)
{
    const struct model *m = v->ui->env->model;
    for (size_t i = 0; i < m->n_asks && !v->dialog.open && !v->typed; i++) {
        if (m->asks[i]->id == answered)
            continue;
        view_open_ask(v, m->asks[i]);
        dialog_hold(&v->dialog); /* a doubled Enter answered the last one, not this */
    }
}

static void run_command(struct ui_view *v, struct dialog *d, bool answered)
{
    struct cmd_ctx ctx = view_ctx(v);
    if (d->chat)
        ctx.chat = model_chat_by_id(v->ui->env->model, d->chat);
    ctx.account = ctx.chat ? ctx.chat->account : ctx.account;
    ctx.message = d->message;
    ctx.answer = answered ? dialog_answer(d) : NULL;
    if (answered)
        view_repeat_answered(v, ctx.answer);
    struct err e = {0};
    if (cmd_run(&ctx, d->command, &e) < 0)
        view_say(v, KITH_ERROR, e.text);
}

static void dialog_do(struct ui_view *v, enum pane_action a)
{
    bool tells = dialog_only_tells(&v->dialog), end = a == PANE_CANCEL && tells;
    if (a == PANE_CANCEL && !tells) {
        if (!v->dialog.form.screen || !form_action(&v->dialog.form, a))
            leave_dialog(v);
        return;
    }
    const char *button = end ? v->dialog.form.buttons[0].id : a == PANE_ACCEPT ? dialog_accept(&v->dialog) : NULL;
    if (!end && a != PANE_ACCEPT && !dialog_wake(&v->dialog))
        form_action(&v->dialog.form, a);
    if (!button)
        return;
    char *choice = xstrdup(button);
    if (v->dialog.kind == DIALOG_ASK) {
        int64_t answered = v->dialog.ask;
        answer_ask(v, choice);
        next_ask(v, answered);
    } else {
        struct dialog d = v->dialog; /* the command may open another */
        v->dialog = (struct dialog){0};
        if (d.kind == DIALOG_CHOICE)
            str_set(&d.command, choice);
        if (d.kind == DIALOG_CHOICE ? *choice != '\0'
                                    : str_eq(choice, "yes") || str_eq(choice, "ok"))
            run_command(v, &d, d.kind == DIALOG_PROMPT);
        dialog_close(&d);
    }
    free(choice);
}

/* Keys that are being typed must not become an answer. */
void view_ask(struct ui_view *v, const struct ask *ask)
{
    view_mark(v, DIRTY_ALL);
    if (first_run_ask(v, ask))
        return;
    bool room = !view_modal(v) || (v->wizard.account && !v->dialog.open) || (ask->kind == KITH_ASK_FORM && view_rows_ran(v));
    if (dialog_is_urgent(ask) && room && !v->typed) {
        view_open_ask(v, ask);
        return;
    }
    struct buf words = {0};
    const struct binding *b = keymap_for(v->ui->env->keymap, CTX_GLOBAL, "/panel ask");
    buf_adds(&words, ask->title ? ask->title : ask->account->name);
    if (b) {
        buf_adds(&words, ": ");
        pane_key_label(&words, b->chord, b->n_chord);
        buf_adds(&words, " answers");
    }
    view_say(v, KITH_WARN, buf_str(&words));
    buf_free(&words);
}

void view_open_asks(struct ui_view *v)
{
    const struct model *m = v->ui->env->model;
    for (size_t i = 0; i < m->n_asks && !view_modal(v); i++)
        if (dialog_is_urgent(m->asks[i]))
            view_ask(v, m->asks[i]);
}

void view_ask_gone(struct ui_view *v, const struct ask *ask)
{
    if (v->dialog.open && v->dialog.kind == DIALOG_ASK && v->dialog.ask == ask->id)
        dialog_close(&v->dialog);
    if (v->kept.open && v->kept.ask == ask->id)
        dialog_close(&v->kept);
    view_mark(v, DIRTY_ALL);
}

/* ---- the first run ---- */

static void wizard_do(struct ui_view *v, enum pane_action a)
{
    if (a == PANE_CANCEL) {
        first_run_leave(v);
    } else if (a == PANE_BACK) {
        wizard_back(&v->wizard);
    } else if (a == PANE_ACCEPT) {
        first_run_accept(v);
    } else if (v->wizard.page == WIZARD_ACCOUNT) {
        form_action(&v->wizard.form, a);
        wizard_update(&v->wizard);
    }
}

/* ---- completion ---- */

static void inbox_do(struct ui_view *v, enum pane_action a)
{
    struct pane_env env = view_env(v, true);
    const struct inbox_item *item = inbox_current(&v->inbox, env.model);
    if (a == PANE_CANCEL || (a == PANE_ACCEPT && !item)) {
        inbox_close(&v->inbox);
    } else if (a == PANE_ACCEPT) {
        char *line = xasprintf("/inbox open msg:%lld", (long long)item->message);
        inbox_close(&v->inbox);
        view_run(v, line);
        free(line);
    } else {
        inbox_action(&v->inbox, &env, a);
    }
}

static void encrypt_do(struct ui_view *v, enum pane_action a)
{
    struct pane_env env = view_env(v, true);
    char *line = a == PANE_ACCEPT || a == PANE_TOGGLE ? encrypt_command(&v->encrypt, env.chat, a == PANE_ACCEPT) : NULL;
    if (a == PANE_CANCEL)
        encrypt_close(&v->encrypt);
    else if (line)
        view_run(v, line);
    else
        encrypt_action(&v->encrypt, env.chat, a);
    free(line);
}

static void popup_do(struct ui_view *v, enum pane_action a)
{
    if (a == PANE_CANCEL) {
        popup_close(&v->popup);
    } else if (a == PANE_ACCEPT) {
        const struct completion *c = popup_current(&v->popup);
        if (c && c->from <= c->to && c->to <= editor_len(v->editor)) {
            size_t len = strlen(c->text); /* its space may be there already */
            bool twice = len && c->text[len - 1] == ' ' && editor_text(v->editor)[c->to] == ' ';
            editor_replace(v->editor, c->from, c->to + twice, c->text, len);
        }
        popup_close(&v->popup);
        view_edited(v);
    } else {
        popup_action(&v->popup, a);
    }
}

/* ---- whatever is open ---- */

void view_popup_list(struct ui_view *v, enum pane_action a)
{
    list_do(v, a);
}

void view_popup(struct ui_view *v, const char *action)
{
    enum pane_action a = pane_action_parse(action);
    if (a == N_PANE_ACTIONS)
        return;
    if (v->dialog.open)
        dialog_do(v, a);
    else if (v->wizard.open)
        wizard_do(v, a);
    else if (v->viewer.open)
        a == PANE_CANCEL || a == PANE_ACCEPT ? view_picture_close(v) : (void)0;
    else if (v->switcher.open)
        switcher_do(v, a);
    else if (v->themes.open)
        view_themes_do(v, a);
    else if (v->bare.open)
        a == PANE_CANCEL || a == PANE_ACCEPT ? view_bare(v, false) : bare_action(&v->bare, a);
    else if (v->help.open)
        a == PANE_CANCEL ? help_close(&v->help) : (void)help_action(&v->help, a);
    else if (v->page.open)
        a == PANE_CANCEL || a == PANE_ACCEPT ? page_close(&v->page)
        : a == PANE_ACCEPT_OTHER             ? view_portrait_full(v)
                                             : (void)page_action(&v->page, a);
    else if (v->inbox.open)
        inbox_do(v, a);
    else if (v->encrypt.open)
        encrypt_do(v, a);
    else if (v->rows.open)
        view_rows_do(v, a);
    else if (v->finder.open)
        view_finder_do(v, a);
    else if (v->labels.on)
        view_labels_do(v, a);
    else if (v->object.open)
        a == PANE_CANCEL ? view_object_close(v) : (void)0;
    else if (v->menu && v->focus == FOCUS_SELECT)
        view_menu_do(v, a);
    else if (v->popup.open)
        popup_do(v, a);
    else if (v->focus == FOCUS_LIST)
        list_do(v, a);
    else if (v->focus == FOCUS_MEMBERS)
        members_do(v, a);
    else if (v->focus == FOCUS_SELECT)
        view_select_do(v, a);
    view_mark(v, DIRTY_ALL);
}

/* ---- painting ---- */

void view_paint_over(struct ui_view *v, struct pane_env *env, struct rect all)
{
    struct rect room = {all.x + (all.w > 44), all.y + (all.h > 12), all.w - 2 * (all.w > 44),
                        all.h - 2 * (all.h > 12)};
    env->focused = true;
    if (v->popup.open && !view_modal(v)) {
        int x = v->s->cursor_x >= 0 ? v->s->cursor_x : v->l.input.x + 3;
        popup_repaint(&v->popup, env, x, v->l.input.y);
    }
    if (v->whichkey && v->n_chord > 0 && !view_modal(v)) {
        enum key_context ctx[N_KEY_CONTEXTS];
        size_t n = view_contexts(v, ctx);
        struct key_where where = view_where(v);
        int bottom = v->l.status.h ? v->l.status.y : v->l.input.y;
        whichkey_repaint(env, (struct rect){all.x, all.y, all.w, bottom}, ctx, n, v->chord,
                         v->n_chord, &where);
    }
    if (!view_modal(v))
        view_paint_select(v, env);
    if (v->finder.open)
        finder_repaint(&v->finder, env, all);
    if (v->rows.open)
        rows_repaint(&v->rows, env, model_listing(env->model, v->rows.listing), all);
    if (v->inbox.open)
        inbox_repaint(&v->inbox, env, room);
    if (v->encrypt.open)
        encrypt_repaint(&v->encrypt, env, room);
    if (v->page.open) {
        view_page_picture(v, room);
        page_repaint(&v->page, env, room);
    }
    if (v->help.open)
        help_repaint(&v->help, env, room);
    if (v->switcher.open) {
        switcher_recalc(&v->switcher, env, v->recent, v->n_recent);
        switcher_repaint(&v->switcher, env, room);
    }
    if (v->themes.open)
        themes_repaint(&v->themes, env, room, config_str(env->cmd->config, "ui.theme"));
    if (v->page.open && !v->help.open && !v->switcher.open)
        surface_cursor(v->s, -1, -1);
    if (v->viewer.open)
        view_picture_repaint(v, env, all);
    if (v->dialog.open)
        dialog_repaint(&v->dialog, env, room);
}
