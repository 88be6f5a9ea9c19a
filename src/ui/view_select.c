/* ui/view_select.c - a message is selected: moving, what may be done with it, jumping and coming
 * back; labels on all that can be acted on */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ui/down.h"
#include "ui/format.h"
#include "ui/view.h"

/* ---- the part of a message that commands are about ---- */

void view_object_close(struct ui_view *v)
{
    if (v->object.open)
        view_mark(v, DIRTY_ALL);
    free(v->object.url);
    free(v->object.nick);
    free(v->object.reaction);
    v->object = (struct view_object){0};
}

static void open_object(struct ui_view *v, enum key_context context, const struct target *t)
{
    view_object_close(v);
    v->object.open = true;
    v->object.context = context;
    v->object.message = t->message;
    v->object.number = t->number;
    if (t->kind == TARGET_LINK)
        v->object.url = xstrdup(t->text);
    else if (t->kind == TARGET_NICK)
        v->object.nick = xstrdup(t->text);
    else if (t->kind == TARGET_REACTION)
        v->object.reaction = xstrdup(t->text);
    view_mark(v, DIRTY_ALL);
}

/* The bar of emoji: for the selected message, or the last one that somebody else wrote. */
void view_react(struct ui_view *v)
{
    const struct chat *c = view_current(v);
    int64_t id = v->focus == FOCUS_SELECT ? v->chat.selected : 0;
    for (size_t i = c ? c->n_messages : 0; i-- > 0 && !id;)
        if (c->messages[i]->kind != MESSAGE_EVENT && !message_outgoing(c->messages[i]) &&
            !c->messages[i]->retracted)
            id = c->messages[i]->id;
    if (!id) {
        view_say(v, KITH_INFO, "There is no message here to react to");
        return;
    }
    struct cmd_ctx ctx = view_ctx(v);
    struct err e = {0};
    if (cmd_fits(&ctx, chat_message(c, id), "/react $msg x", &e) < 0) {
        view_say(v, KITH_ERROR, e.text);
        return;
    }
    open_object(v, CTX_REACT, &(struct target){.kind = TARGET_MESSAGE, .message = id});
}

/* ---- selecting ---- */

static void show_verbs(void *user)
{
    struct ui_view *v = user;
    v->verbs_timer = NULL;
    v->verbs = true;
    v->now = true;
    view_mark(v, DIRTY_ALL);
}

/* At once while it is new to the user, later when they hesitate (UX.md 4.7). */
static void offer_verbs(struct ui_view *v, bool entered)
{
    int ms = keymap_timeout_ms(v->ui->env->keymap, "popup");
    loop_timer_del(v->verbs_timer);
    v->verbs_timer = NULL;
    if (v->verbs || ms < 0)
        return;
    if (entered && whichkey_is_new(v->ui->env->config)) {
        whichkey_seen(v->ui->env->config);
        ms = 0;
    }
    if (ms == 0)
        show_verbs(v);
    else if (v->ui->env->loop)
        v->verbs_timer = loop_timer_add(v->ui->env->loop, ms, show_verbs, v);
}

/* Which of how many: asked for once, then counted on. */
static void place_in_chat(struct ui_view *v)
{
    const struct chat *c = view_current(v);
    long now = c ? chat_index_of(c, v->chat.selected) : -1,
         base = c ? chat_index_of(c, v->counted_id) : -1;
    const struct message *m = now >= 0 ? c->messages[now] : NULL;
    if (!m)
        return;
    if (base < 0 || v->counted_first != c->messages[0]->id) {
        v->counted_id = m->id;
        v->counted_first = c->messages[0]->id;
        down_position(v->ui->env, c, m, &v->counted_at, &v->counted_of);
    } else {
        for (; base != now; base += base < now ? 1 : -1)
            if (c->messages[base < now ? base + 1 : base]->kind != MESSAGE_EVENT)
                v->counted_at += base < now ? 1 : -1;
        v->counted_id = m->id;
    }
}

void view_select_leave(struct ui_view *v)
{
    loop_timer_del(v->verbs_timer);
    v->verbs_timer = NULL;
    v->verbs = v->menu = false;
    v->chat.selected = 0;
    v->counted_id = 0;
    if (v->focus == FOCUS_SELECT)
        v->focus = FOCUS_INPUT;
    view_object_close(v);
    view_mark(v, DIRTY_ALL);
}

void view_select_message(struct ui_view *v, int64_t id)
{
    bool entered = v->focus != FOCUS_SELECT;
    v->chat.selected = id;
    v->focus = FOCUS_SELECT;
    v->menu = false;
    place_in_chat(v);
    offer_verbs(v, entered);
    view_mark(v, DIRTY_ALL);
}

void view_select_enter(struct ui_view *v)
{
    struct pane_env env = view_env(v, true);
    if (chat_select(&v->chat, &env, 0))
        view_select_message(v, v->chat.selected);
    else
        view_say(v, KITH_INFO, "There is no message here to select");
}

static void move(struct ui_view *v, struct pane_env *env, int by)
{
    struct chat *c = env->chat;
    int64_t was = v->chat.selected;
    if (by > 1000 && c && !c->at_end)
        down_load_newest(v->ui->env, c);
    chat_select(&v->chat, env, by);
    if (by < -1000)
        view_top(v); /* on to the first message there is, page by page */
    else if (v->chat.selected == was && by < 0 && c && !c->at_start)
        down_load_older(v->ui->env, c);
    else if (v->chat.selected == was && by > 0 && c && !c->at_end)
        down_load_newer(v->ui->env, c);
    place_in_chat(v);
    offer_verbs(v, false);
}

static const struct message *selected(const struct ui_view *v)
{
    const struct chat *c = view_current(v);
    return c ? chat_message(c, v->chat.selected) : NULL;
}

/* Enter: what is cut is opened, an answer leads to what it answers, and else there is the menu. */
static void enter(struct ui_view *v)
{
    const struct message *m = selected(v);
    struct pane_env env = view_env(v, true);
    if (!m)
        return;
    if (!m->retracted && chat_is_cut(&v->chat, &env, m->id))
        view_run(v, "/view $msg");
    else if (!m->retracted && !str_empty(m->reply_to))
        view_run(v, "/jump -quoted $msg");
    else {
        v->menu = true;
        v->menu_at = 0;
    }
}

/* The same once more, for another message: without asking again what was answered. */
void view_repeat_answered(struct ui_view *v, const char *answer)
{
    const char *inner =
        v->repeat && str_starts(v->repeat, "/prompt") ? strstr(v->repeat, " /") : NULL;
    if (!inner)
        return;
    str_take(&v->repeat, xstrdup(inner + 1));
    str_set(&v->repeat_answer, answer ? answer : "");
}

static void do_again(struct ui_view *v)
{
    struct cmd_ctx ctx = view_ctx(v);
    struct err e = {0};
    char *answer = xstrdup(v->repeat_answer), *line = xstrdup(v->repeat);
    ctx.answer = answer;
    if (cmd_run(&ctx, line, &e) < 0)
        view_say(v, KITH_ERROR, e.text);
    free(answer);
    free(line);
}

void view_select_do(struct ui_view *v, enum pane_action a)
{
    struct pane_env env = view_env(v, true);
    if (a == PANE_NEXT || a == PANE_PREV)
        move(v, &env, a == PANE_NEXT ? 1 : -1);
    else if (a == PANE_PAGE_UP || a == PANE_PAGE_DOWN)
        move(v, &env, a == PANE_PAGE_DOWN ? 10 : -10);
    else if (a == PANE_FIRST || a == PANE_LAST)
        move(v, &env, a == PANE_LAST ? 1000000 : -1000000);
    else if (a == PANE_ACCEPT)
        enter(v);
    else if (a == PANE_MENU) {
        v->menu = true;
        v->menu_at = 0;
    } else if (a == PANE_REPEAT && v->repeat)
        do_again(v);
    else if (a == PANE_REPEAT)
        view_say(v, KITH_INFO, "Nothing was done with a message yet that could be repeated");
    else if (a == PANE_CANCEL)
        view_select_leave(v);
}

/* ---- the popup, and the menu, which is the popup with a cursor ---- */

static enum key_context verb_context(const struct ui_view *v)
{
    return v->object.open ? v->object.context : CTX_SELECT;
}

static size_t collect(struct ui_view *v, struct pane_env *env, struct verb out[VERBS_MAX])
{
    struct cmd_ctx ctx = view_ctx(v);
    const struct chat *c = env->chat;
    const struct message *m =
        c ? chat_message(c, v->object.open ? v->object.message : v->chat.selected) : NULL;
    return verbs_collect(env, &ctx, m, verb_context(v), !v->menu, out);
}

void view_menu_do(struct ui_view *v, enum pane_action a)
{
    struct verb verbs[VERBS_MAX];
    struct pane_env env = view_env(v, true);
    int n = (int)collect(v, &env, verbs);
    if (a == PANE_CANCEL || n == 0) {
        v->menu = false;
    } else if (a == PANE_ACCEPT) {
        char *line = xstrdup(verbs[MAX(0, MIN(v->menu_at, n - 1))].command);
        v->menu = false;
        view_run_verb(v, CTX_SELECT, line);
        free(line);
    } else {
        v->menu_at = MAX(0, pane_move(a, v->menu_at, n, 10));
    }
    view_mark(v, DIRTY_ALL);
}

static void add_count(struct buf *b, int64_t n)
{
    if (n >= 1000) {
        add_count(b, n / 1000);
        buf_addf(b, " %03d", (int)(n % 1000));
    } else {
        buf_addf(b, "%d", (int)n);
    }
}

void view_select_where(const struct ui_view *v, struct buf *out)
{
    if (v->focus != FOCUS_SELECT || v->counted_of <= 0)
        return;
    buf_adds(out, "message ");
    add_count(out, v->counted_at);
    buf_adds(out, " of ");
    add_count(out, v->counted_of);
}

/* "message from carol, 09:21 · edited twice · not encrypted" */
static void message_title(const struct pane_env *env, const struct message *m, struct buf *out)
{
    char name[FORMAT_AUTHOR_MAX], at[CLOCK_MAX];
    format_clock(at, config_str(env->cmd->config, "ui.time_format"), m->time);
    buf_addf(out, "message from %s, %s", format_author(name, m), at);
    if (m->edits == 1)
        buf_addf(out, " %s edited", env->g->dot);
    else if (m->edits > 1)
        buf_addf(out, " %s edited %d times", env->g->dot, (int)m->edits);
    if (format_less_encrypted(m->chat, m) || format_more_encrypted(m->chat, m))
        buf_addf(out, " %s %s", env->g->dot, format_enc(m->enc));
}

static void object_title(const struct ui_view *v, struct buf *out)
{
    const struct view_object *o = &v->object;
    if (o->context == CTX_REACT)
        buf_adds(out, "react with");
    else if (o->url)
        buf_addf(out, "link %.60s", o->url);
    else if (o->nick)
        buf_addf(out, "%.60s", o->nick);
    else if (o->reaction)
        buf_addf(out, "reaction %.60s", o->reaction);
    else
        buf_adds(out, o->context == CTX_FILE ? "file" : "code block");
}

static void paint_verbs(struct ui_view *v, struct pane_env *env)
{
    struct verb verbs[VERBS_MAX];
    struct buf title = {0};
    struct rect room = v->chat.r; /* of the chat with the keyboard */
    const struct message *m = selected(v);
    bool object = v->object.open;
    size_t n = collect(v, env, verbs);
    if (object)
        object_title(v, &title);
    else if (m)
        message_title(env, m, &title);
    struct verbs_box box = {.title = buf_str(&title),
                            .foot = object    ? "Esc"
                                    : v->menu ? "Enter does it · Esc"
                                              : "SELECT · ? all keys · Esc back to typing",
                            .at = v->menu ? MIN(v->menu_at, (int)n - 1) : -1,
                            .narrow = v->menu,
                            .at_top = true};
    int h = verbs_height(env, room, verbs, n, &box);
    bool above = v->chat.select_y0 - room.y >= h, below = room.y + room.h - v->chat.select_y1 >= h;
    box.at_top = above || !below;
    if (object || v->menu || above || below)
        verbs_repaint(env, room, verbs, n, &box);
    buf_free(&title);
}

void view_paint_select(struct ui_view *v, struct pane_env *env)
{
    bool selecting = v->focus == FOCUS_SELECT && (v->verbs || v->menu) && selected(v);
    if ((selecting || v->object.open) && !v->labels.on && v->chat.r.h > 0)
        paint_verbs(v, env);
    for (size_t i = 0; v->labels.on && i < v->labels.list.n; i++) {
        const struct target *t = &v->labels.list.v[i];
        char text[LABEL_LEN + 3];
        if (!t->label[0] || strncmp(t->label, v->labels.typed, strlen(v->labels.typed)) != 0)
            continue;
        text[0] = '[';
        str_copy(text + 1, sizeof text - 1, t->label);
        str_copy(text + strlen(text), 2, "]");
        int x = t->right ? MIN(t->x, t->right - (int)strlen(text)) : t->x;
        surface_puts(v->s, (struct rect){0, 0, v->s->w, v->s->h}, x, t->y, text,
                     ROLE_POPUP_SELECTED);
    }
}

/* ---- labels ---- */

void view_labels_close(struct ui_view *v)
{
    targets_clear(&v->labels.list);
    v->labels = (struct view_labels){0};
    view_mark(v, DIRTY_ALL);
}

void view_labels_open(struct ui_view *v, bool links)
{
    view_labels_close(v);
    view_object_close(v);
    v->menu = false;
    v->labels.on = true;
    v->labels.list.links_only = links;
}

/* Before and after the panes paint: they have collected what there is now. */
void view_labels_begin(struct ui_view *v)
{
    v->labels.before = v->labels.list;
    v->labels.list = (struct targets){.links_only = v->labels.before.links_only};
}

bool view_labels_end(struct ui_view *v)
{
    bool first = v->labels.before.n == 0;
    targets_label(&v->labels.list, &v->labels.before);
    targets_clear(&v->labels.before);
    if (first && v->labels.list.n == 0) {
        bool links = v->labels.list.links_only;
        view_labels_close(v);
        view_say(v, KITH_INFO, links ? "No link is on the screen" : "Nothing here can be chosen");
    }
    return v->labels.on;
}

static void choose(struct ui_view *v, const struct target *t, bool links, bool shift)
{
    static const enum key_context contexts[] = {
        [TARGET_MESSAGE] = CTX_SELECT,   [TARGET_QUOTE] = CTX_SELECT, [TARGET_LINK] = CTX_LINK,
        [TARGET_FILE] = CTX_FILE,        [TARGET_CODE] = CTX_CODE,    [TARGET_NICK] = CTX_NICK,
        [TARGET_REACTION] = CTX_REACTION};
    view_focus_place(v, t->place);
    if (t->kind == TARGET_MESSAGE || t->kind == TARGET_QUOTE) {
        view_select_message(v, t->message);
        if (t->kind == TARGET_QUOTE)
            view_run(v, "/jump -quoted $msg");
        return;
    }
    open_object(v, contexts[t->kind], t);
    if (links)
        view_run_verb(v, CTX_LINK, shift ? "/copy $url" : "/open $url");
}

void view_labels_text(struct ui_view *v, const char *text, size_t len)
{
    size_t n = strlen(v->labels.typed);
    bool more, shift = len == 1 && isupper((unsigned char)text[0]);
    if (len != 1 || n >= LABEL_LEN || !isalpha((unsigned char)text[0]))
        return;
    v->labels.typed[n] = (char)tolower((unsigned char)text[0]);
    v->labels.typed[n + 1] = '\0';
    const struct target *t = targets_find(&v->labels.list, v->labels.typed, &more);
    if (!t && !more)
        v->labels.typed[n] = '\0'; /* a slip: the labels stay */
    view_mark(v, DIRTY_ALL);
    if (!t)
        return;
    struct target chosen = *t;
    chosen.text = t->text ? xstrdup(t->text) : NULL;
    bool links = v->labels.list.links_only;
    view_labels_close(v);
    choose(v, &chosen, links, shift);
    free(chosen.text);
}

void view_labels_do(struct ui_view *v, enum pane_action a)
{
    size_t n = strlen(v->labels.typed);
    if (a == PANE_BACK && n > 0)
        v->labels.typed[n - 1] = '\0';
    else if (a == PANE_CANCEL || a == PANE_BACK)
        view_labels_close(v);
    view_mark(v, DIRTY_ALL);
}

/* ---- jumping, and coming back ---- */

static void remember_place(struct ui_view *v)
{
    if (v->n_places == VIEW_PLACES) {
        memmove(&v->places[0], &v->places[1], (VIEW_PLACES - 1) * sizeof v->places[0]);
        v->n_places--;
    }
    v->places[v->n_places++] = (struct view_place){
        v->chat_id, v->chat.anchor, v->focus == FOCUS_SELECT ? v->chat.selected : 0, v->chat.skip};
}

static void go_back(struct ui_view *v)
{
    if (v->n_places == 0) {
        view_say(v, KITH_INFO, "There is nowhere to come back to");
        return;
    }
    struct view_place p = v->places[--v->n_places];
    struct chat *c = model_chat_by_id(v->ui->env->model, p.chat);
    if (!c)
        return;
    view_show(v, c);
    if (p.selected)
        view_select_message(v, p.selected);
    else
        view_select_leave(v);
    if (!p.anchor && !c->at_end)
        down_load_newest(v->ui->env, c);
    else if (p.anchor && !chat_message(c, p.anchor))
        down_load_around(v->ui->env, c, p.anchor);
    v->chat.anchor = p.anchor;
    v->chat.skip = p.skip;
    if (p.selected)
        place_in_chat(v);
}

void view_jump(struct ui_view *v, int64_t message, const char *ref)
{
    view_mark(v, DIRTY_ALL);
    str_set(&v->jump_ref, ref);
    if (ref)
        return; /* view_jump_loaded() */
    if (!message) {
        go_back(v);
        return;
    }
    remember_place(v);
    view_scroll_to(v, message);
    view_select_message(v, message);
}

void view_jump_loaded(struct ui_view *v)
{
    const struct chat *c = view_current(v);
    const struct message *m = c && v->jump_ref ? chat_message_by_ref(c, v->jump_ref) : NULL;
    if (m)
        view_jump(v, m->id, NULL);
}
