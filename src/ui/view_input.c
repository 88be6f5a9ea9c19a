/* ui/view_input.c - the line editor of the view: sending, drafts, typing notes, completion, history
 * search */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "ui/down.h"
#include "ui/format.h"
#include "ui/view.h"

enum { TYPING_PAUSE_MS = 5000 };

/* ---- after an edit ---- */

static void typing_paused(void *user)
{
    struct ui_view *v = user;
    struct chat *c = view_current(v);
    v->typing_timer = NULL;
    if (c && v->typing_told)
        down_typing(v->ui->env, c, KITH_TYPING_PAUSED, NULL);
}

/* A command is nobody's business: only what will be said is announced. */
static void tell_typing(struct ui_view *v, struct chat *c)
{
    const char *text = editor_text(v->editor);
    bool says = !editor_empty(v->editor) && (text[0] != '/' || text[1] == '/');
    if (!says && !v->typing_told)
        return;
    v->typing_told = says;
    bool live = says && !c->draft.editing; /* what was said already is corrected when it is sent */
    down_typing(v->ui->env, c, says ? KITH_TYPING_ACTIVE : KITH_TYPING_NONE, live ? text : NULL);
    loop_timer_del(v->typing_timer);
    v->typing_timer = says && v->ui->env->loop
                          ? loop_timer_add(v->ui->env->loop, TYPING_PAUSE_MS, typing_paused, v)
                          : NULL;
}

void view_edited(struct ui_view *v)
{
    struct chat *c = view_current(v);
    v->typed = !editor_empty(v->editor);
    if (editor_lines(v->editor) < 2)
        v->pasted = false;
    if (v->aside.on && editor_empty(v->editor)) { /* the slash is gone: back to the draft */
        view_command_end(v);
        return;
    }
    if (c && !v->aside.on) {
        struct draft d = c->draft;
        char *text = xstrdup(editor_text(v->editor));
        d.text = text;
        d.cursor = editor_cursor(v->editor);
        if (!str_eq(c->draft.text ? c->draft.text : "", text))
            down_draft(v->ui->env, c, &d, v);
        free(text);
        tell_typing(v, c);
    }
    if (v->popup.open)
        view_complete(v, false);
    view_mark(v, DIRTY_INPUT);
}

void view_set_input(struct ui_view *v, const char *text)
{
    v->touched = true;
    v->focus = FOCUS_INPUT;
    view_command_drop(v);
    editor_replace(v->editor, 0, editor_len(v->editor), text ? text : "", text ? strlen(text) : 0);
    view_edited(v);
    view_mark(v, DIRTY_ALL);
}

/* ---- sending ---- */

static void clear_draft(struct ui_view *v, struct chat *c, bool keep_reply)
{
    struct draft d = {0};
    if (keep_reply) {
        d.reply_to = c->draft.reply_to;
        d.editing = c->draft.editing;
    }
    down_draft(v->ui->env, c, &d, v);
}

static void sent(struct ui_view *v, int64_t chat_id, const char *text)
{
    bool command = text[0] == '/' && text[1] != '/';
    struct chat *c = chat_id ? model_chat_by_id(v->ui->env->model, chat_id) : NULL;
    edit_history_add(ui_history(v->ui, chat_id), text);
    if (v->touched)
        return;
    if (v->aside.on) { /* a command beside the draft, which comes back */
        view_command_end(v);
        if (command || v->gone)
            return;
    }
    if (v->gone) { /* the line that ended the view is no draft */
        editor_set(v->editor, "", 0);
        return;
    }
    if (c && (c->draft.text || (!command && (c->draft.reply_to || c->draft.editing))))
        clear_draft(v, c, command);
    if (v->chat_id != chat_id)
        return;
    editor_set(v->editor, "", 0);
    v->pasted = v->typed = false;
    if (!command)
        chat_scroll_end(&v->chat);
    if (!command && c && !c->at_end)
        down_load_newest(v->ui->env, c);
}

/* The first word of a command means several people: the popup lets the user choose. */
static void offer_meant(struct ui_view *v, const char *text)
{
    size_t end = strcspn(text, " ");
    end += strspn(text + end, " ");
    end += strcspn(text + end, " \n");
    if (text[0] != '/' || end > editor_len(v->editor))
        return;
    editor_move(v->editor, end);
    view_complete(v, false);
}

static void send_line(struct ui_view *v)
{
    int64_t chat_id = v->chat_id;
    char *text = xstrdup(editor_text(v->editor));
    view_search_end(v, true);
    loop_timer_del(v->typing_timer);
    v->typing_timer = NULL;
    v->typing_told = false;
    size_t blank = strspn(text, " \t\n");
    if (text[blank] == '\0') {
        free(text);
        return;
    }
    bool sure = v->sure && v->sure == chat_id;
    v->sure = 0;
    if (!sure && view_guards(v, text)) {
        view_edited(v);
        free(text);
        return;
    }
    struct cmd_ctx ctx = view_ctx(v);
    struct err e = {0};
    v->sending = true;
    v->touched = false;
    /* A command may write a draft itself (/reply, /edit): it shall not find its own line there. */
    if (text[0] == '/' && text[1] != '/' && ctx.chat && ctx.chat->draft.text && !v->aside.on)
        clear_draft(v, ctx.chat, true);
    int rc = cmd_input(&ctx, text, &e);
    v->sending = false;
    if (rc < 0) {
        view_say(v, KITH_ERROR, e.text);
        if (v->chat_id == chat_id)
            view_edited(v); /* the text is a draft again */
        if (e.code == KITH_ECONFLICT && v->chat_id == chat_id)
            offer_meant(v, text);
    } else {
        sent(v, chat_id, text);
    }
    view_mark(v, DIRTY_INPUT | DIRTY_CHAT | DIRTY_STATUS);
    free(text);
}

/* Enter and Alt-Enter change places with ui.input.enter = "newline". */
static const char *enter_means(const struct ui_view *v, const char *action)
{
    if (v->last_key.code != KEYC_ENTER ||
        !str_eq(config_str(v->ui->env->config, "ui.input.enter"), "newline"))
        return action;
    if (str_eq(action, "send") && v->last_key.mods == 0)
        return "newline";
    if (str_eq(action, "newline") && v->last_key.mods == KEYM_ALT)
        return "send";
    return action;
}

/* Esc, Ctrl-c: the search, then a reply or an edit, then the text; on nothing it says how to leave.
 */
static void cancel(struct ui_view *v)
{
    struct chat *c = view_current(v);
    if (v->search.active) {
        view_search_end(v, false);
    } else if (v->aside.on) {
        view_command_end(v);
    } else if (c && (c->draft.reply_to || c->draft.editing)) {
        bool editing = c->draft.editing != 0;
        struct draft d = {0};
        if (!editing)
            d.text = c->draft.text ? xstrdup(c->draft.text) : NULL;
        down_draft(v->ui->env, c, &d, v);
        free(d.text);
        if (editing)
            editor_action(v->editor, "clear", NULL);
    } else if (!editor_empty(v->editor)) {
        editor_action(v->editor, "clear", NULL);
        view_edited(v);
    } else if (v->last_key.mods & KEYM_CTRL) {
        struct buf b = {0};
        format_words(&b, v->g, WORD_CTRL_C, NULL, NULL);
        view_say(v, KITH_INFO, buf_str(&b));
        buf_free(&b);
    }
    view_mark(v, DIRTY_ALL);
}

/* ---- completion ---- */

static void insert_completion(struct ui_view *v, const struct completion *c)
{
    size_t len = editor_len(v->editor);
    if (c->from <= c->to && c->to <= len)
        editor_replace(v->editor, c->from, c->to, c->text, strlen(c->text));
}

void view_complete(struct ui_view *v, bool back)
{
    bool fresh = !v->popup.open;
    struct completions list = {0};
    struct cmd_ctx ctx = view_ctx(v);
    cmd_complete(&ctx, editor_text(v->editor), editor_cursor(v->editor), &list);
    if (fresh && list.n == 1) {
        insert_completion(v, &list.items[0]);
        completions_free(&list);
        view_edited(v);
        return;
    }
    popup_open(&v->popup, &list);
    completions_free(&list);
    if (v->popup.open && back)
        popup_action(&v->popup, PANE_PREV);
    view_mark(v, DIRTY_ALL);
}

/* ---- search in what was sent before ---- */

static struct edit_history *history(const struct ui_view *v)
{
    return ui_history(v->ui, v->chat_id);
}

static void show_hit(struct ui_view *v)
{
    struct view_search *s = &v->search;
    bool hit = s->at >= 0 && (size_t)s->at < history(v)->n;
    const char *text = hit ? history(v)->items[s->at] : s->kept;
    editor_set(v->editor, text, strlen(text));
    view_mark(v, DIRTY_INPUT);
}

static void search_next(struct ui_view *v)
{
    struct view_search *s = &v->search;
    if (!s->active) {
        s->active = true;
        s->at = -1;
        buf_clear(&s->needle);
        str_set(&s->kept, editor_text(v->editor));
    } else if (s->needle.len > 0) {
        long hit = edit_history_find(history(v), buf_str(&s->needle),
                                     s->at < 0 ? SIZE_MAX : (size_t)s->at);
        if (hit >= 0)
            s->at = hit;
        show_hit(v);
    }
    view_mark(v, DIRTY_INPUT);
}

bool view_search_text(struct ui_view *v, const char *text, size_t len)
{
    struct view_search *s = &v->search;
    if (!s->active)
        return false;
    if (s->needle.len + len < 200)
        buf_add(&s->needle, text, len);
    s->at = edit_history_find(history(v), buf_str(&s->needle), SIZE_MAX);
    show_hit(v);
    return true;
}

void view_search_end(struct ui_view *v, bool keep)
{
    struct view_search *s = &v->search;
    if (!s->active)
        return;
    s->active = false;
    if (!keep && s->kept)
        editor_set(v->editor, s->kept, strlen(s->kept));
    str_set(&s->kept, NULL);
    view_edited(v);
}

static bool search_edit(struct ui_view *v, const char *action)
{
    struct view_search *s = &v->search;
    if (!s->active || !str_eq(action, "backspace"))
        return false;
    if (s->needle.len > 0) {
        size_t at = utf8_floor(buf_str(&s->needle), s->needle.len, s->needle.len - 1);
        buf_delete(&s->needle, at, s->needle.len - at);
    }
    s->at = s->needle.len ? edit_history_find(history(v), buf_str(&s->needle), SIZE_MAX) : -1;
    show_hit(v);
    return true;
}

/* ---- actions ---- */

/* Fields of overlays have the same keys. */
static bool edit_elsewhere(struct ui_view *v, const char *action, const char *arg)
{
    struct pane_env env = view_env(v, true);
    if (v->dialog.open) {
        if (!dialog_wake(&v->dialog))
            form_edit(&v->dialog.form, action, arg);
    } else if (v->wizard.open) {
        form_edit(&v->wizard.form, action, arg);
        wizard_update(&v->wizard);
    } else if (v->switcher.open) {
        if (!str_eq(action, "newline") && editor_action(v->switcher.query, action, arg) > 0)
            switcher_changed(&v->switcher);
    } else if (view_rows_edit(v, action, arg)) {
        view_mark(v, DIRTY_ALL);
        return true;
    } else if (view_finder_edit(v, action, arg)) {
        return true;
    } else if (v->themes.open) {
        if (!str_eq(action, "newline") && editor_action(v->themes.filter, action, arg) > 0) {
            themes_changed(&v->themes);
            view_preview(v);
        }
    } else if (v->help.open) {
        if (!str_eq(action, "newline"))
            editor_action(v->help.filter, action, arg);
    } else if (v->focus == FOCUS_LIST && v->list.filtering && str_eq(action, "backspace")) {
        list_backspace(&v->list, &env);
    } else {
        return v->page.open || v->inbox.open || v->encrypt.open;
    }
    view_mark(v, DIRTY_ALL);
    return true;
}

void view_edit(struct ui_view *v, const char *action, const char *arg)
{
    if (edit_elsewhere(v, action, arg) || search_edit(v, action))
        return;
    v->focus = FOCUS_INPUT;
    if (v->sending && str_eq(action, "look")) { /* the command itself stood in the input */
        view_set_input(v, arg);
        return;
    }
    action = enter_means(v, action);
    if (str_eq(action, "send")) {
        send_line(v);
        return;
    }
    if (str_eq(action, "send-sure")) {
        v->sure = v->doubt_chat;
        send_line(v);
        return;
    }
    if (str_eq(action, "editor")) {
        view_open_editor(v);
        return;
    }
    if (str_eq(action, "paste")) {
        view_paste_as(v, arg ? arg : "insert");
        return;
    }
    if (str_eq(action, "cancel")) {
        cancel(v);
        return;
    }
    if (str_eq(action, "command")) {
        view_command_begin(v);
        return;
    }
    if (str_eq(action, "history-search")) {
        search_next(v);
        return;
    }
    view_search_end(v, true);
    if (str_eq(action, "complete") || str_eq(action, "complete-back")) {
        view_complete(v, str_eq(action, "complete-back"));
        return;
    }
    bool up = str_eq(action, "up"), down = str_eq(action, "down");
    if ((up || down) && editor_line(v->editor, up ? -1 : 1)) {
        view_mark(v, DIRTY_INPUT);
        return;
    }
    int changed = editor_action(v->editor,
                                up     ? "history-prev"
                                : down ? "history-next"
                                       : action,
                                arg);
    if (changed < 0) {
        char *words = xasprintf("There is no edit action \"%s\"", action);
        view_say(v, KITH_ERROR, words);
        free(words);
    } else if (changed > 0) {
        view_edited(v);
    }
}
