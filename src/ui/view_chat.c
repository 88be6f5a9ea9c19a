/* ui/view_chat.c - which chat a view shows: moving between windows, drafts, attention, loading of
 * older messages */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ui/down.h"
#include "ui/status.h"
#include "ui/view.h"

struct chat *view_current(const struct ui_view *v)
{
    return v->chat_id ? model_chat_by_id(v->ui->env->model, v->chat_id) : NULL;
}

/* ---- drafts ---- */

static void tell_typing(struct ui_view *v, struct chat *c, enum kith_typing state, const char *live)
{
    if (state == KITH_TYPING_NONE && !v->typing_told)
        return;
    v->typing_told = state != KITH_TYPING_NONE;
    down_typing(v->ui->env, c, state, live);
}

void view_save_draft(struct ui_view *v)
{
    struct chat *c = view_current(v);
    if (!c)
        return;
    struct draft d = c->draft;
    bool gone = v->aside.on ? str_empty(v->aside.text) : editor_empty(v->editor) || v->sending;
    char *text = gone ? NULL : xstrdup(v->aside.on ? v->aside.text : editor_text(v->editor));
    d.text = text;
    d.cursor = !text ? 0 : v->aside.on ? v->aside.cursor : editor_cursor(v->editor);
    if (!str_eq(c->draft.text, d.text) && !(str_empty(c->draft.text) && !text))
        down_draft(v->ui->env, c, &d, v);
    free(text);
    tell_typing(v, c, KITH_TYPING_NONE, NULL);
    loop_timer_del(v->typing_timer);
    v->typing_timer = NULL;
}

void view_load_draft(struct ui_view *v)
{
    const struct chat *c = view_current(v);
    const char *text = c && c->draft.text ? c->draft.text : "";
    if (strcmp(text, editor_text(v->editor)) != 0)
        editor_set(v->editor, text, c ? c->draft.cursor : 0);
    v->pasted = v->typed = false;
    view_mark(v, DIRTY_INPUT);
}

/* ---- which one ---- */

static void remember(struct ui_view *v, int64_t id)
{
    if (id == 0)
        return;
    size_t i = 0;
    while (i < v->n_recent && v->recent[i] != id)
        i++;
    if (i == v->n_recent)
        v->n_recent = MIN(v->n_recent + 1, (size_t)VIEW_RECENT);
    i = MIN(i, v->n_recent - 1);
    memmove(&v->recent[1], &v->recent[0], i * sizeof v->recent[0]);
    v->recent[0] = id;
}

/* What was written while no chat was open goes along to the first one. */
static void carry_draft(struct ui_view *v, struct chat *c)
{
    if (v->chat_id || !c || v->sending || editor_empty(v->editor) || !str_empty(c->draft.text))
        return;
    struct draft d = c->draft;
    char *text = xstrdup(editor_text(v->editor));
    d.text = text;
    d.cursor = editor_cursor(v->editor);
    down_draft(v->ui->env, c, &d, v);
    free(text);
}

void view_enter(struct ui_view *v, struct chat *c, struct chat_pane *with)
{
    view_select_leave(v);
    view_labels_close(v);
    view_search_end(v, true);
    popup_close(&v->popup);
    view_save_draft(v);
    view_command_drop(v);
    carry_draft(v, c);
    if (v->chat_id && c)
        v->shown_at = clock_mono_ms();
    encrypt_close(&v->encrypt);
    v->chat_id = c ? c->id : 0;
    v->to_top = false;
    remember(v, v->chat_id);
    if (with)
        v->chat = *with;
    else
        chat_show(&v->chat, c);
    free(with);
    if (v->leaf)
        v->leaf->chat = v->chat_id;
    editor_set_history(v->editor, ui_history(v->ui, v->chat_id));
    view_load_draft(v);
    list_goto_chat(&v->list, c);
    v->seen_told = false;
    if (c && !c->loaded)
        down_load(v->ui->env, c);
}

void view_show(struct ui_view *v, struct chat *c)
{
    view_select_leave(v);
    view_labels_close(v);
    v->focus = FOCUS_INPUT;
    if (c && c->id == v->chat_id)
        return;
    view_enter(v, c, NULL);
}

/* The chat to look at when this one is gone: the one before it, else any that is open. */
static struct chat *another(struct ui_view *v, const struct chat *gone)
{
    struct model *m = v->ui->env->model;
    for (size_t i = 0; i < v->n_recent; i++) {
        struct chat *c = model_chat_by_id(m, v->recent[i]);
        if (c && c != gone && c->open)
            return c;
    }
    for (size_t i = 0; i < m->n_accounts; i++)
        for (size_t j = 0; j < m->accounts[i]->n_chats; j++)
            if (m->accounts[i]->chats[j] != gone && m->accounts[i]->chats[j]->open)
                return m->accounts[i]->chats[j];
    return NULL;
}

void view_chat_gone(struct ui_view *v, const struct chat *c)
{
    view_splits_gone(v, c);
    if (c->id == v->chat_id) {
        struct chat *next = another(v, c);
        editor_set(v->editor, "", 0);
        v->chat_id = 0; /* its draft goes with it */
        view_show(v, next);
        v->shown_at = clock_mono_ms();
    }
    view_mark(v, DIRTY_ALL);
}

/* Where the last view stood, else the chat that was active last. */
void view_first_chat(struct ui_view *v)
{
    struct ui *ui = v->ui;
    struct model *m = ui->env->model;
    struct chat *best = ui->last_chat ? model_chat_by_id(m, ui->last_chat) : NULL;
    if (best) {
        view_show(v, best);
        v->chat.anchor = ui->last_anchor;
        v->chat.skip = ui->last_skip;
        return;
    }
    for (size_t i = 0; i < m->n_accounts; i++)
        for (size_t j = 0; j < m->accounts[i]->n_chats; j++)
            if (m->accounts[i]->chats[j]->open &&
                (!best || m->accounts[i]->chats[j]->active > best->active))
                best = m->accounts[i]->chats[j];
    if (best)
        view_show(v, best);
    else if (m->n_accounts > 0)
        v->focus = FOCUS_LIST;
}

/* ---- moving between windows ---- */

static struct chat *by_number(struct ui_view *v, int dir)
{
    struct model *m = v->ui->env->model;
    const struct chat *now = view_current(v);
    int at = now ? now->number : 0;
    struct chat *next = NULL, *edge = NULL;
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (size_t j = 0; j < m->accounts[i]->n_chats; j++) {
            struct chat *c = m->accounts[i]->chats[j];
            if (!c->open || c->number <= 0 || c == now)
                continue;
            int ahead = (c->number - at) * dir;
            if (ahead > 0 && (!next || ahead < (next->number - at) * dir))
                next = c;
            if (!edge || c->number * dir < edge->number * dir)
                edge = c;
        }
    }
    return next ? next : edge;
}

/* The most urgent window: mentions and people first; then back to where the walk began. */
static void to_active(struct ui_view *v)
{
    struct model *m = v->ui->env->model;
    struct chat *best = NULL;
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (size_t j = 0; j < m->accounts[i]->n_chats; j++) {
            struct chat *c = m->accounts[i]->chats[j];
            bool muted = (c->flags & KITH_CHAT_MUTED) && c->mentions == 0;
            if (c->id != v->chat_id && c->unread + c->mentions > 0 && !muted &&
                (!best || chat_hotter(c, best)))
                best = c;
        }
    }
    if (best) {
        if (!v->return_to)
            v->return_to = v->chat_id;
        view_show(v, best);
    } else if (v->return_to) {
        view_show(v, model_chat_by_id(m, v->return_to));
        v->return_to = 0;
    } else {
        view_say(v, KITH_INFO, "Nothing is unread");
    }
}

void view_window(struct ui_view *v, enum cmd_move how)
{
    struct chat *c = NULL;
    if (how == MOVE_ACTIVE) {
        to_active(v);
        return;
    }
    if (how == MOVE_NEXT || how == MOVE_PREV)
        c = by_number(v, how == MOVE_NEXT ? 1 : -1);
    else if (how == MOVE_LAST)
        c = another(v, view_current(v));
    v->return_to = 0;
    if (c)
        view_show(v, c);
}

/* ---- scrolling ---- */

static void to_mention(struct ui_view *v, struct pane_env *env, int by)
{
    int64_t id = env->chat ? chat_find_mention(&v->chat, env->chat, by) : 0;
    if (id == 0) {
        view_say(v, KITH_INFO, by < 0 ? "No earlier mention is loaded" : "No later mention");
        return;
    }
    chat_scroll_to(&v->chat, env, id);
    view_select_message(v, id);
}

static void to_end(struct ui_view *v, struct pane_env *env)
{
    chat_scroll_end(&v->chat);
    if (env->chat && !env->chat->at_end)
        down_load_newest(v->ui->env, env->chat);
}

void view_scroll_to(struct ui_view *v, int64_t message)
{
    struct pane_env env = view_env(v, false);
    if (env.chat && !chat_scroll_to(&v->chat, &env, message)) {
        v->chat.wanted = message;
        down_load_around(v->ui->env, env.chat, message);
    }
    view_mark(v, DIRTY_CHAT | DIRTY_STATUS);
}

void view_top(struct ui_view *v)
{
    struct pane_env env = view_env(v, false);
    if (!env.chat || env.chat->n_messages == 0)
        return;
    /* Pages of the store come one a frame; the server's archive is asked for one and no more. */
    v->to_top = !env.chat->at_start && !env.chat->loading_older;
    chat_scroll_to(&v->chat, &env, env.chat->messages[0]->id);
    if (v->focus == FOCUS_SELECT)
        chat_select(&v->chat, &env, -1000000);
    view_mark(v, DIRTY_CHAT | DIRTY_STATUS);
}

static void to_unread(struct ui_view *v, const struct chat *c)
{
    int64_t id = c->unread_line;
    view_scroll_to(v, id);
    if (v->focus == FOCUS_SELECT)
        view_select_message(v, id);
}

void view_scroll(struct ui_view *v, enum cmd_move how)
{
    struct pane_env env = view_env(v, false);
    int page = MAX(1, v->chat.r.h - 2);
    v->asked_chat = 0; /* scrolling again asks again */
    if (how == MOVE_UP || how == MOVE_PAGE_UP)
        chat_scroll(&v->chat, &env, how == MOVE_UP ? -1 : -page);
    else if (how == MOVE_DOWN || how == MOVE_PAGE_DOWN)
        chat_scroll(&v->chat, &env, how == MOVE_DOWN ? 1 : page);
    else if (how == MOVE_TOP)
        view_top(v);
    else if (how == MOVE_END)
        to_end(v, &env);
    else if (how == MOVE_FIRST_UNREAD && env.chat && env.chat->unread_line)
        to_unread(v, env.chat);
    else if (how == MOVE_MENTION_NEXT || how == MOVE_MENTION_PREV)
        to_mention(v, &env, how == MOVE_MENTION_NEXT ? 1 : -1);
    bool on = how == MOVE_DOWN || how == MOVE_PAGE_DOWN;
    if (on && env.chat && !env.chat->at_end && chat_at_edge(&v->chat, env.chat))
        down_load_newer(v->ui->env, env.chat);
    view_mark(v, DIRTY_CHAT | DIRTY_STATUS);
}

/* ---- what the core is told ---- */

void view_attend(struct ui_view *v)
{
    struct chat *c = view_current(v);
    bool looking = v->terminal_focused && !v->editing && !v->wizard.open && v->l.chat.h > 0 && !v->l.too_small;
    bool end = v->chat.end_seen;
    view_attend_splits(v, looking);
    if (v->seen_told && v->seen_chat == v->chat_id && v->seen_focused == looking &&
        v->seen_end == end)
        return;
    v->seen_told = true;
    v->seen_chat = v->chat_id;
    v->seen_focused = looking;
    v->seen_end = end;
    down_attention(v->ui->env, v, c, looking, end);
}

void view_load_more(struct ui_view *v)
{
    struct chat *c = view_current(v);
    unsigned stale = v->dirty | v->later;
    if (!(stale & DIRTY_SPLITS))
        view_load_splits(v);
    if (!c || stale & DIRTY_CHAT || v->l.chat.h < 1 || !v->chat.at_top || c->at_start || c->loading_older || !c->loaded)
        return;
    int64_t first = c->n_messages ? c->messages[0]->id : 0;
    if (v->asked_chat == c->id && v->asked_first == first)
        return;
    v->asked_chat = c->id;
    v->asked_first = first;
    down_load_older(v->ui->env, c);
}
