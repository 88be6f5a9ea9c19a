/* ui/view_ops.c - what commands can do with a view: the table that cmd/ is given */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/view.h"

static void op_show_chat(void *v, struct chat *c)
{
    view_show(v, c);
}

static void op_window(void *v, enum cmd_move how)
{
    view_window(v, how);
}

static void op_scroll(void *v, enum cmd_move how)
{
    view_scroll(v, how);
}

static void op_scroll_to(void *v, int64_t message)
{
    view_scroll_to(v, message);
}

/* Narrow: the list and the chat change places. Wide: the keyboard goes to the list and back. */
static void toggle_list(struct ui_view *v)
{
    bool to_list = v->focus != FOCUS_LIST;
    v->focus = to_list ? FOCUS_LIST : FOCUS_INPUT;
}

static void toggle_members(struct ui_view *v)
{
    struct chat *c = view_current(v);
    bool shown = v->l.members.w > 0;
    if (!c || c->n_members == 0) {
        view_say(v, KITH_INFO, "There is no list of members here");
        return;
    }
    v->members_off = shown;
    v->members_on = !shown;
    if (v->l.single)
        v->focus = shown ? FOCUS_INPUT : FOCUS_MEMBERS;
    else if (v->focus == FOCUS_MEMBERS)
        v->focus = FOCUS_INPUT;
}

static void op_jump(void *v, int64_t message, const char *ref)
{
    view_jump(v, message, ref);
}

static void op_labels(void *v, bool links)
{
    view_labels_open(v, links);
}

static void op_toggle(void *user, const char *what)
{
    struct ui_view *v = user;
    if (str_eq(what, "list"))
        toggle_list(v);
    else if (str_eq(what, "members"))
        toggle_members(v);
    else if (str_eq(what, "hints"))
        v->hints_off = !v->hints_off;
    else if (str_eq(what, "bare"))
        view_bare(v, !v->bare.open);
    else if (str_eq(what, "mouse"))
        view_term_mouse(v);
    view_mark(v, DIRTY_ALL);
}

static void op_open_panel(void *v, const char *panel, const char *arg)
{
    view_panel(v, panel, arg);
}

static void op_say(void *v, enum kith_level level, const char *text)
{
    view_say(v, level, text);
}

static void op_page(void *user, const char *title, const char *text)
{
    struct ui_view *v = user;
    page_open(&v->page, title, text);
    view_mark(v, DIRTY_ALL);
}

static void op_listing(void *v, int64_t id)
{
    view_rows_open(v, id);
}

static void op_picture(void *user, const struct message *m, int file)
{
    view_picture_open(user, m, file);
}

static void op_portrait(void *v, const char *title, const char *path, bool full)
{
    view_portrait(v, title, path, full);
}

static void op_edit(void *v, const char *action, const char *arg)
{
    view_edit(v, action, arg);
}

static void op_vi(void *v, const char *action, const char *arg)
{
    view_vi(v, action, arg);
}

static int op_split(void *v, const char *what, const char *arg, int cells, struct chat *c,
                    struct err *e)
{
    return view_split(v, what, arg, cells, c, e);
}

static void op_popup(void *v, const char *action)
{
    view_popup(v, action);
}

static void op_set_input(void *v, const char *text)
{
    view_set_input(v, text);
}

static void op_redraw(void *user)
{
    view_term_redraw(user);
}

static void op_clear(void *user)
{
    struct ui_view *v = user;
    struct chat *c = view_current(v);
    if (c)
        chat_clear(&v->chat, c);
    view_mark(v, DIRTY_ALL);
}

static void op_detach(void *user)
{
    struct ui_view *v = user;
    v->gone = true;
    if (v->io.leave)
        v->io.leave(v->user, 0, NULL);
}

static void op_suspend(void *user)
{
    struct ui_view *v = user;
    if (v->io.suspend)
        v->io.suspend(v->user);
}

static void op_clipboard(void *user, const char *text)
{
    struct ui_view *v = user;
    str_set(&v->s->copy, text);
    view_mark(v, DIRTY_STATUS);
}

static void op_reload_theme(void *user)
{
    struct ui_view *v = user;
    ui_reload(v->ui);
}

static int32_t op_ground(void *v)
{
    return view_term_ground(v);
}

static int64_t op_selected(void *user)
{
    struct ui_view *v = user;
    return v->chat.selected;
}

static struct chat *op_current_chat(void *v)
{
    return view_current(v);
}

static struct account *op_current_account(void *user)
{
    struct ui_view *v = user;
    struct chat *c = view_current(v);
    if (c)
        return c->account;
    const struct model *m = v->ui->env->model;
    return m->n_accounts == 1 ? m->accounts[0] : NULL;
}

/* What the command will be about when the answer comes: what is under the cursor now. */
static void about(struct ui_view *v)
{
    struct pane_env env = view_env(v, true);
    v->dialog.chat = v->chat_id;
    v->dialog.message = view_ctx(v).message;
    const struct inbox_item *item = v->inbox.open ? inbox_current(&v->inbox, env.model) : NULL;
    if (item) {
        v->dialog.chat = item->chat;
        v->dialog.message = item->message;
        return;
    }
    if (v->focus != FOCUS_LIST)
        return;
    const struct list_row *row = list_current(&v->list, &env);
    if (row && row->chat)
        v->dialog.chat = row->chat->id;
    if (row && row->contact && !row->chat)
        str_take(&v->dialog.command, view_fill(v->dialog.command, "chat", row->contact->address));
}

static void op_confirm(void *user, const char *question, const char *command)
{
    struct ui_view *v = user;
    dialog_open_confirm(&v->dialog, question, command);
    about(v);
    view_mark(v, DIRTY_ALL);
}

static void op_prompt(void *user, const char *question, const char *command)
{
    struct ui_view *v = user;
    dialog_open_prompt(&v->dialog, question, command);
    about(v);
    view_mark(v, DIRTY_ALL);
}

static char *op_screen_text(void *v)
{
    return ui_view_text(v);
}

static const struct theme *op_theme(void *v)
{
    return view_theme(v);
}

static const char *op_get_env(void *user, const char *name)
{
    const struct ui_view *v = user;
    size_t n = strlen(name);
    for (char **e = v->env; e && *e; e++)
        if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
            return *e + n + 1;
    return NULL;
}

const struct cmd_view_ops view_ops = {
    .show_chat = op_show_chat,
    .window = op_window,
    .scroll = op_scroll,
    .scroll_to = op_scroll_to,
    .jump = op_jump,
    .labels = op_labels,
    .toggle = op_toggle,
    .open_panel = op_open_panel,
    .say = op_say,
    .page = op_page,
    .listing = op_listing,
    .picture = op_picture,
    .portrait = op_portrait,
    .edit = op_edit,
    .popup = op_popup,
    .vi = op_vi,
    .split = op_split,
    .set_input = op_set_input,
    .redraw = op_redraw,
    .clear = op_clear,
    .detach = op_detach,
    .suspend = op_suspend,
    .clipboard = op_clipboard,
    .reload_theme = op_reload_theme,
    .ground = op_ground,
    .selected = op_selected,
    .current_chat = op_current_chat,
    .current_account = op_current_account,
    .confirm = op_confirm,
    .prompt = op_prompt,
    .screen_text = op_screen_text,
    .theme = op_theme,
    .get_env = op_get_env,
};
