/* ui/view_finder.c - the search screen of a view: asking while the user types, going to a hit, and
 * the way back */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ui/down.h"
#include "ui/view.h"

enum { TYPING_MS = 80, AROUND = 30 };

/* ---- asking ---- */

static void context(struct ui_view *v)
{
    struct finder *p = &v->finder;
    const struct find_hit *h = finder_current(p);
    struct chat *c = h ? model_chat_by_id(v->ui->env->model, h->chat) : NULL;
    size_t n = 0;
    if (!h || p->around_of == h->message)
        return;
    int64_t of = h->message;
    struct message **around = c ? down_around(v->ui->env, c, of, AROUND, &n) : NULL;
    finder_around(p, of, around, n);
}

static void on_found(void *user, struct core_found *found, const struct err *e)
{
    struct ui_view *v = user;
    v->finder.running = NULL;
    finder_take(&v->finder, found->hits, found->n, found->more, found->us, e);
    found->hits = NULL;
    found->n = 0;
    context(v);
    view_mark(v, DIRTY_ALL);
}

static void ask(struct ui_view *v)
{
    static const struct err fine = {0};
    struct finder *p = &v->finder;
    const char *words = editor_text(p->query);
    loop_timer_del(v->finder_timer);
    v->finder_timer = NULL;
    core_search_cancel(p->running);
    p->running = NULL;
    if (words[strspn(words, " \t")] == '\0') {
        finder_take(p, NULL, 0, false, 0, &fine);
        p->asked = false;
        return;
    }
    struct find_query q = {
        .words = words, .chat = p->chat, .now = clock_wall_ms(), .ranked = p->ranked};
    struct core_search *s = down_search(v->ui->env, &q, on_found, v);
    if (s)
        p->running = s;
}

static void on_typed(void *user)
{
    struct ui_view *v = user;
    v->finder_timer = NULL;
    ask(v);
    view_mark(v, DIRTY_ALL);
}

static void changed(struct ui_view *v)
{
    loop_timer_del(v->finder_timer);
    v->finder_timer =
        v->ui->env->loop ? loop_timer_add(v->ui->env->loop, TYPING_MS, on_typed, v) : NULL;
    view_mark(v, DIRTY_ALL);
}

/* ---- opening and leaving ---- */

static void open_finder(struct ui_view *v, bool all)
{
    struct finder *p = &v->finder;
    if (!p->query)
        p->query = editor_new(NULL);
    if (!p->jumped) { /* else the way back is still the one from before the search */
        p->from_chat = v->chat_id;
        p->from_message = v->chat.anchor;
    }
    p->open = true;
    p->here = v->chat_id;
    p->chat = all ? 0 : v->chat_id;
}

/* "all:words" or "here:words" opens; "+words" is written behind the query; "~" turns the order
 * about. */
void view_finder_panel(struct ui_view *v, const char *arg)
{
    struct finder *p = &v->finder;
    bool all = !arg || str_starts(arg, "all:") || !v->chat_id;
    const char *words = arg ? strchr(arg, ':') : NULL;
    if (p->open && arg && arg[0] == '~') {
        p->ranked = !p->ranked;
        ask(v);
    } else if (p->open && arg && arg[0] == '+') {
        size_t len = editor_len(p->query);
        const char *text = editor_text(p->query);
        editor_replace(p->query, len, len, " ", len > 0 && text[len - 1] != ' ');
        len = editor_len(p->query);
        editor_replace(p->query, len, len, arg + 1, strlen(arg + 1));
        editor_move(p->query, editor_len(p->query));
        p->editing = true;
    } else {
        int64_t scope = all ? 0 : v->chat_id;
        bool again = (!words || !words[1]) && p->n > 0 && (p->chat == scope || p->jumped);
        open_finder(v, all);
        p->editing = !words || !words[1];
        p->fresh = again;
        if (words && words[1]) {
            editor_set(p->query, words + 1, strlen(words + 1));
            ask(v);
        } else if (!again) {
            editor_set(p->query, "", 0);
            ask(v);
        }
    }
    context(v);
    view_mark(v, DIRTY_ALL);
}

void view_finder_free(struct ui_view *v)
{
    loop_timer_del(v->finder_timer);
    v->finder_timer = NULL;
    core_search_cancel(v->finder.running);
    finder_free(&v->finder);
}

static void stop(struct ui_view *v)
{
    loop_timer_del(v->finder_timer);
    v->finder_timer = NULL;
    core_search_cancel(v->finder.running);
    v->finder.running = NULL;
    v->finder.open = v->finder.editing = false;
}

/* A chat whose window was closed gets one again. */
static void open_closed(struct ui_view *v, const struct chat *c)
{
    struct buf line = {0};
    buf_adds(&line, "/query -account=");
    pane_quote(&line, c->account->name);
    buf_addc(&line, ' ');
    pane_quote(&line, c->address);
    view_run(v, buf_str(&line));
    buf_free(&line);
}

static void show(struct ui_view *v, int64_t chat, int64_t message)
{
    struct chat *c = model_chat_by_id(v->ui->env->model, chat);
    if (!c)
        return;
    if (!c->open)
        open_closed(v, c);
    if (v->chat_id != chat)
        view_show(v, c);
    if (message)
        view_scroll_to(v, message);
    else
        view_scroll(v, MOVE_END);
}

static void go_there(struct ui_view *v)
{
    const struct find_hit *h = finder_current(&v->finder);
    if (!h)
        return;
    int64_t chat = h->chat, message = h->message;
    stop(v);
    v->finder.jumped = true;
    show(v, chat, message);
}

static void leave(struct ui_view *v)
{
    struct finder *p = &v->finder;
    stop(v);
    if (p->jumped && p->from_chat)
        show(v, p->from_chat, p->from_message);
    p->jumped = false;
}

/* ---- keys ---- */

static void other_scope(struct ui_view *v)
{
    struct finder *p = &v->finder;
    p->chat = p->chat ? 0 : p->here;
    ask(v);
}

void view_finder_do(struct ui_view *v, enum pane_action a)
{
    struct finder *p = &v->finder;
    bool was = p->editing, fresh = p->fresh;
    p->fresh = false;
    if (a == PANE_CANCEL && was && p->n > 0 && !fresh)
        p->editing = false;
    else if (a == PANE_CANCEL)
        leave(v);
    else if (a == PANE_NEXT_TAB || a == PANE_NEXT_FIELD)
        other_scope(v);
    else if (a == PANE_FILTER)
        p->editing = true;
    else if (a == PANE_ACCEPT && was) {
        if (!fresh)
            ask(v);
        p->editing = false;
    } else if (a == PANE_ACCEPT) {
        go_there(v);
    } else {
        p->editing = false;
        if (!was || a != PANE_NEXT)
            finder_action(p, a);
    }
    if (p->open)
        context(v);
}

bool view_finder_text(struct ui_view *v, const char *text, size_t len, bool pasted)
{
    if (!v->finder.open)
        return false;
    if (!v->finder.editing)
        return true;
    if (v->finder.fresh)
        editor_set(v->finder.query, "", 0);
    v->finder.fresh = false;
    if (pasted)
        editor_paste(v->finder.query, text, len);
    else
        editor_insert(v->finder.query, text, len);
    changed(v);
    return true;
}

bool view_finder_edit(struct ui_view *v, const char *action, const char *arg)
{
    if (!v->finder.open)
        return false;
    v->finder.fresh = false;
    if (v->finder.editing && !str_eq(action, "newline") &&
        editor_action(v->finder.query, action, arg) > 0)
        changed(v);
    return true;
}
