/* ui/view_mouse.c - what the mouse does where it has been asked for: a click opens, the wheel
 * scrolls */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/decode.h"
#include "ui/view.h"

enum { WHEEL_ROWS = 3 };

static bool in(struct rect r, int x, int y)
{
    return x >= r.x && y >= r.y && x < r.x + r.w && y < r.y + r.h;
}

static struct split *leaf_at(struct ui_view *v, int x, int y)
{
    struct split *leaf;
    for (int i = 0; view_splits_shown(v) && (leaf = split_leaf(v->splits, i)); i++)
        if (in(leaf->r, x, y))
            return leaf;
    return NULL;
}

/* ---- clicks ---- */

/* A link under the pointer, wherever it is shown: its address, or NULL. */
static const char *link_at(const struct ui_view *v, int x, int y)
{
    const struct cell *c = surface_at(v->s, x, y);
    return c && c->link ? surface_link_of(v->s, c->link) : NULL;
}

static void click_list(struct ui_view *v, int y)
{
    struct pane_env env = view_env(v, true);
    list_recalc(&v->list, &env);
    if (list_goto_row(&v->list, v->list.top + y - v->l.list.y - 1))
        view_popup_list(v, PANE_ACCEPT);
}

static void click_members(struct ui_view *v, int y)
{
    struct pane_env env = view_env(v, true);
    if (members_goto_row(&v->members, &env, v->members.top + y - v->l.members.y - 1))
        v->focus = FOCUS_MEMBERS;
}

/* The row under the pointer gets the cursor; false: there is none. */
static bool choose(struct rect rows, int x, int y, int top, size_t n, int *at)
{
    int i = top + y - rows.y;
    if (!in(rows, x, y) || i < 0 || (size_t)i >= n)
        return false;
    *at = i;
    return true;
}

/* A click on a row of what lies above the panes. Themes are only shown by it: a second one keeps.
 */
static void click_over(struct ui_view *v, int x, int y)
{
    int was = v->themes.at;
    if (v->dialog.open)
        return;
    if (v->switcher.open &&
        choose(v->switcher.shown, x, y, v->switcher.top, v->switcher.n_rows, &v->switcher.at))
        view_popup(v, "accept");
    else if (v->themes.open &&
             choose(v->themes.shown, x, y, v->themes.top, v->themes.n_rows, &v->themes.at))
        v->themes.at == was ? view_popup(v, "accept") : view_preview(v);
    else if (!view_modal(v) && v->popup.open &&
             choose(v->popup.shown, x, y, v->popup.top, v->popup.list.n, &v->popup.at))
        view_popup(v, "accept");
}

static void click(struct ui_view *v, int x, int y)
{
    const char *url = link_at(v, x, y);
    struct split *leaf = leaf_at(v, x, y);
    if (url) {
        char *line = view_fill("/open $url", "url", url);
        view_run(v, line);
        free(line);
    } else if (in(v->l.list, x, y)) {
        click_list(v, y);
    } else if (in(v->l.members, x, y)) {
        click_members(v, y);
    } else if (leaf) {
        view_focus_leaf(v, leaf);
        v->focus = FOCUS_INPUT;
    } else if (v->l.single && in(v->l.title, x, y)) { /* the sign that leads back to the list */
        view_run(v, "/toggle list");
    } else if (in(v->l.input, x, y) || in(v->l.chat, x, y)) {
        v->focus = FOCUS_INPUT;
    }
}

/* ---- borders ---- */

static void press(struct ui_view *v, int x, int y)
{
    const struct split *node = view_splits_shown(v) ? split_border(v->splits, x, y) : NULL;
    v->dragging = node != NULL;
    v->drag_x = x;
    v->drag_y = y;
    if (!node || node->kind == SPLIT_BELOW) /* that border is the head of a chat, which a click chooses */
        click(v, x, y);
}

/* The node is looked for anew each time: what lies beside the border may have gone meanwhile. */
static void drag(struct ui_view *v, int x, int y)
{
    struct split *node = view_splits_shown(v) ? split_border(v->splits, v->drag_x, v->drag_y) : NULL;
    if (!node) {
        v->dragging = false;
        return;
    }
    int to_x = node->kind == SPLIT_RIGHT ? x : v->drag_x, to_y = node->kind == SPLIT_BELOW ? y : v->drag_y;
    if (!split_drag(node, &to_x, &to_y))
        return;
    v->drag_x = to_x;
    v->drag_y = to_y;
    (void)split_place(v->splits, v->split_room); /* the next step may come before a frame is painted */
}

static void drop(struct ui_view *v)
{
    v->dragging = false;
    if (v->splits)
        view_splits_save(v);
}

/* ---- the wheel ---- */

static void wheel_chat(struct ui_view *v, struct split *leaf, bool up)
{
    if (!leaf || leaf == v->leaf) {
        for (int i = 0; i < WHEEL_ROWS; i++)
            view_scroll(v, up ? MOVE_UP : MOVE_DOWN);
        return;
    }
    struct pane_env env = view_env(v, false);
    env.chat = model_chat_by_id(env.model, leaf->chat);
    if (env.chat)
        chat_scroll(leaf->pane, &env, up ? -WHEEL_ROWS : WHEEL_ROWS);
}

static void wheel(struct ui_view *v, int x, int y, bool up)
{
    struct pane_env env = view_env(v, true);
    enum pane_action a = up ? PANE_PREV : PANE_NEXT;
    if (view_modal(v) || v->popup.open)
        view_popup(v, up ? "prev" : "next");
    else if (in(v->l.list, x, y) && v->focus == FOCUS_LIST)
        list_action(&v->list, &env, a);
    else if (in(v->l.members, x, y) && v->focus == FOCUS_MEMBERS)
        members_action(&v->members, &env, a);
    else if (in(v->l.list, x, y)) /* looking about needs no keyboard: the list scrolls by itself */
        list_wheel(&v->list, up ? -WHEEL_ROWS : WHEEL_ROWS);
    else
        wheel_chat(v, leaf_at(v, x, y), up);
}

void view_mouse(struct ui_view *v, const struct decode_event *ev)
{
    bool up = ev->mouse == MOUSE_WHEEL_UP;
    if (ev->key.mods & KEYM_SHIFT || v->l.too_small || v->wizard.open)
        return;
    if (up || ev->mouse == MOUSE_WHEEL_DOWN)
        wheel(v, ev->x, ev->y, up);
    else if (ev->mouse == MOUSE_PRESS && ev->button == 0 && (view_modal(v) || v->popup.open))
        click_over(v, ev->x, ev->y);
    else if (ev->mouse == MOUSE_PRESS && ev->button == 0)
        press(v, ev->x, ev->y);
    else if (ev->mouse == MOUSE_DRAG && v->dragging && !view_modal(v))
        drag(v, ev->x, ev->y);
    else if (ev->mouse == MOUSE_RELEASE && v->dragging)
        drop(v);
    else
        return;
    view_mark(v, DIRTY_ALL);
}
