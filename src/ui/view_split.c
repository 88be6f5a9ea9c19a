/* ui/view_split.c - several chats at once in a view: focus, zoom, sizes, and what is kept of them
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/down.h"
#include "ui/status.h"
#include "ui/view.h"

enum { ALIGNED_FROM = 44 }; /* narrower ones have the names above the text */

bool view_splits_shown(const struct ui_view *v)
{
    return v->splits && !v->zoomed && !v->folded;
}

static struct chat *chat_of(const struct ui_view *v, const struct split *leaf)
{
    int64_t id = leaf == v->leaf ? v->chat_id : leaf->chat;
    return id ? model_chat_by_id(v->ui->env->model, id) : NULL;
}

static struct chat_pane *pane_of(struct ui_view *v, struct split *leaf)
{
    return leaf == v->leaf ? &v->chat : leaf->pane;
}

/* ---- kept over restarts ---- */

void view_splits_save(struct ui_view *v)
{
    struct buf b = {0};
    if (v->splits) {
        v->leaf->chat = v->chat_id;
        buf_adds(&b, v->zoomed ? "z" : "");
        split_print(v->splits, v->leaf, &b);
    }
    struct err e = {0};
    if (config_set_state(v->ui->env->config, "splits", v->splits ? buf_str(&b) : NULL, &e) < 0)
        view_say(v, KITH_WARN, e.text);
    buf_free(&b);
}

static void drop_pane(struct split *leaf)
{
    if (leaf->pane)
        chat_free_pane(leaf->pane);
    free(leaf->pane);
    leaf->pane = NULL;
}

static void look_away(struct ui_view *v, struct split *leaf)
{
    if (leaf->seen_told)
        down_attention(v->ui->env, leaf, NULL, false, false);
    leaf->seen_told = false;
}

/* One place is no split. */
static void settle(struct ui_view *v)
{
    if (v->splits && split_count(v->splits) == 1) {
        split_free(v->splits);
        v->splits = v->leaf = NULL;
    }
    if (!v->splits)
        v->zoomed = v->folded = false;
    view_mark(v, DIRTY_ALL);
}

/* Takes away a leaf that has not the keyboard. */
static void drop_leaf(struct ui_view *v, struct split *leaf)
{
    look_away(v, leaf);
    drop_pane(leaf);
    split_remove(&v->splits, leaf);
}

void view_splits_restore(struct ui_view *v)
{
    const char *text = config_state(v->ui->env->config, "splits");
    bool zoomed = text && *text == 'z';
    struct split *focus, *leaf;
    if (!text || !(v->splits = split_parse(text + zoomed, &focus)))
        return;
    v->zoomed = zoomed;
    v->leaf = NULL;
    for (int i = 0; (leaf = split_leaf(v->splits, i));) {
        struct chat *c = chat_of(v, leaf);
        if (c && c->open) {
            leaf->pane = xcalloc(1, sizeof *leaf->pane);
            chat_show(leaf->pane, c);
            i++;
            continue;
        }
        struct split *stays = split_remove(&v->splits, leaf);
        focus = focus == leaf ? stays : focus; /* the chat is gone */
    }
    if (!v->splits) {
        settle(v);
        return;
    }
    struct chat_pane *with = focus->pane;
    focus->pane = NULL;
    v->leaf = focus;
    view_enter(v, model_chat_by_id(v->ui->env->model, focus->chat), with);
    settle(v);
}

void view_splits_free(struct ui_view *v)
{
    struct split *leaf;
    for (int i = 0; (leaf = split_leaf(v->splits, i)); i++) {
        look_away(v, leaf);
        drop_pane(leaf);
    }
    split_free(v->splits);
    v->splits = v->leaf = NULL;
}

/* ---- focus ---- */

void view_focus_leaf(struct ui_view *v, struct split *leaf)
{
    struct split *old = v->leaf;
    if (!leaf || leaf == old)
        return;
    view_select_leave(v);
    old->pane = xmalloc(sizeof *old->pane);
    *old->pane = v->chat;
    old->chat = v->chat_id;
    struct chat_pane *with = leaf->pane;
    leaf->pane = NULL;
    look_away(v, leaf);
    v->leaf = leaf;
    view_enter(v, leaf->chat ? model_chat_by_id(v->ui->env->model, leaf->chat) : NULL, with);
    v->focus = FOCUS_INPUT;
    view_mark(v, DIRTY_ALL);
}

void view_focus_place(struct ui_view *v, const void *place)
{
    struct split *leaf;
    for (int i = 0; (leaf = split_leaf(v->splits, i)); i++) {
        if (leaf != place || leaf == v->leaf)
            continue;
        view_focus_leaf(v, leaf);
        view_splits_save(v);
        return;
    }
}

static int focus_towards(struct ui_view *v, const char *where, struct err *e)
{
    static const char *const sides[] = {"left", "right", "up", "down"};
    if (!v->splits)
        return err_set(e, KITH_ENOTFOUND, "there is only one chat here; /split right adds one");
    int n = split_count(v->splits), i = split_index(v->splits, v->leaf);
    if (str_empty(where) || str_eq(where, "next") || str_eq(where, "prev")) {
        view_focus_leaf(v, split_leaf(v->splits, (i + (str_eq(where, "prev") ? n - 1 : 1)) % n));
        return 0;
    }
    for (size_t s = 0; s < COUNT(sides); s++) {
        if (!str_eq(sides[s], where))
            continue;
        if (view_splits_shown(v))
            view_focus_leaf(v, split_beside(v->splits, v->leaf, (enum split_side)s));
        else /* only one is to be seen: on in their order */
            view_focus_leaf(v, split_leaf(v->splits, (i + (s % 2 ? 1 : n - 1)) % n));
        return 0;
    }
    return err_set(e, KITH_EINVAL, "/split focus left, right, up, down, next or prev");
}

/* ---- changing the places ---- */

/* A place of its own is for another chat than the one here: the one looked at before. */
static struct chat *other_chat(const struct ui_view *v)
{
    for (size_t i = 0; i < v->n_recent; i++) {
        struct chat *c = model_chat_by_id(v->ui->env->model, v->recent[i]);
        if (c && c->open && c->id != v->chat_id)
            return c;
    }
    return view_current(v);
}

static int add_place(struct ui_view *v, enum split_kind kind, struct chat *c, struct err *e)
{
    if (!v->chat_id)
        return err_set(e, KITH_ENOTFOUND, "no chat is open here yet");
    bool first = !v->splits;
    if (first)
        v->splits = v->leaf = split_new(v->chat_id);
    c = c ? c : other_chat(v);
    struct split *fresh = split_add(&v->splits, v->leaf, kind, c->id);
    int room_h = v->l.title.h + v->l.chat.h;
    if (view_splits_shown(v) && v->leaf->r.w > 0 && !first)
        room_h = v->split_room.h;
    bool fits = fresh && split_least_w(v->splits) <= v->s->w && split_least_h(v->splits) <= room_h;
    if (!fits) {
        if (fresh)
            split_remove(&v->splits, fresh);
        settle(v);
        return err_set(e, KITH_ETOOBIG,
                       "there is no room for another chat here: each needs %d columns and %d rows",
                       SPLIT_LEAST_W, SPLIT_LEAST_H);
    }
    fresh->pane = xcalloc(1, sizeof *fresh->pane);
    chat_show(fresh->pane, c);
    v->zoomed = false;
    view_focus_leaf(v, fresh);
    if (!c->loaded)
        down_load(v->ui->env, c);
    return 0;
}

static int close_place(struct ui_view *v, struct err *e)
{
    if (!v->splits)
        return err_set(e, KITH_ENOTFOUND, "there is only one chat here; /close closes it");
    struct split *old = v->leaf;
    chat_free_pane(&v->chat);
    struct split *next = split_remove(&v->splits, old);
    struct chat_pane *with = next->pane;
    next->pane = NULL;
    look_away(v, next);
    v->leaf = next;
    view_enter(v, next->chat ? model_chat_by_id(v->ui->env->model, next->chat) : NULL, with);
    settle(v);
    return 0;
}

static void only_this(struct ui_view *v)
{
    struct split *leaf;
    for (int i = 0; (leaf = split_leaf(v->splits, i));) {
        if (leaf == v->leaf)
            i++;
        else
            drop_leaf(v, leaf);
    }
    settle(v);
}

static int resize(struct ui_view *v, const char *which, int cells, struct err *e)
{
    bool width = !str_eq(which, "height");
    if (!view_splits_shown(v))
        return err_set(e, KITH_ENOTFOUND, "there is no border to move here");
    if (!split_grow(v->leaf, width, cells))
        return err_set(e, KITH_ENOTFOUND, "there is no border to move %s, or no room",
                       width ? "beside it" : "above or below it");
    return 0;
}

int view_split(struct ui_view *v, const char *what, const char *arg, int cells, struct chat *c,
               struct err *e)
{
    int rc = 0, step = cells ? cells : str_eq(arg, "height") ? 2 : 4;
    if (str_eq(what, "right") || str_eq(what, "below"))
        rc = add_place(v, str_eq(what, "right") ? SPLIT_RIGHT : SPLIT_BELOW, c, e);
    else if (str_eq(what, "focus"))
        rc = focus_towards(v, arg, e);
    else if (str_eq(what, "close"))
        rc = close_place(v, e);
    else if (str_eq(what, "only"))
        only_this(v);
    else if (str_eq(what, "zoom") && v->splits)
        v->zoomed = !v->zoomed;
    else if (str_eq(what, "balance") && v->splits)
        split_balance(v->splits);
    else if (str_eq(what, "grow") || str_eq(what, "shrink"))
        rc = resize(v, arg, str_eq(what, "grow") ? step : -step, e);
    else
        rc = err_set(e, KITH_ENOTFOUND, "there is only one chat here; /split right adds one");
    if (rc >= 0)
        view_splits_save(v);
    view_mark(v, DIRTY_ALL);
    return rc;
}

void view_splits_gone(struct ui_view *v, const struct chat *c)
{
    struct split *leaf;
    for (int i = 0; (leaf = split_leaf(v->splits, i));) {
        if (leaf != v->leaf && leaf->chat == c->id)
            drop_leaf(v, leaf);
        else
            i++;
    }
    settle(v);
}

/* ---- where they are ---- */

int view_splits_width(const struct ui_view *v)
{
    return v->splits && !v->zoomed ? split_least_w(v->splits) : 0;
}

void view_splits_place(struct ui_view *v)
{
    struct layout *l = &v->l;
    struct rect all = {l->chat.x, l->chat.y - l->title.h, l->chat.w, l->chat.h + l->title.h};
    if (!v->splits)
        return;
    v->split_room = all;
    v->folded = l->title_in_status || l->chat.h < 1 || !split_place(v->splits, all);
    if (!view_splits_shown(v))
        return;
    struct rect r = v->leaf->r;
    l->title = (struct rect){r.x, r.y, r.w, 1};
    l->chat = (struct rect){r.x, r.y + 1, r.w, r.h - 1};
}

void view_splits_status(const struct ui_view *v, struct buf *out)
{
    if (v->splits)
        buf_addf(out, "split %d of %d%s", split_index(v->splits, v->leaf) + 1,
                 split_count(v->splits), v->zoomed ? ", zoomed" : "");
}

bool view_split_aligned(const struct ui_view *v, int w)
{
    const char *how = config_str(v->ui->env->config, "ui.chat.layout");
    return str_eq(how, "aligned") || (!str_eq(how, "blocks") && !v->l.single && w >= ALIGNED_FROM);
}

/* ---- painting ---- */

static void paint_borders(struct ui_view *v, const struct split *s)
{
    if (s->kind == SPLIT_LEAF)
        return;
    int x = s->a->r.x + s->a->r.w;
    for (int y = s->r.y; s->kind == SPLIT_RIGHT && y < s->r.y + s->r.h; y++)
        surface_puts(v->s, s->r, x, y, v->g->vline, ROLE_LIST_BORDER);
    paint_borders(v, s->a);
    paint_borders(v, s->b);
}

static void paint_leaf(struct ui_view *v, struct pane_env env, struct split *leaf)
{
    struct rect r = leaf->r;
    bool here = leaf == v->leaf;
    env.chat = chat_of(v, leaf);
    if (env.targets) {
        env.targets->place = leaf;
        env.targets->aside = !here;
        env.targets->right = r.x + r.w;
    }
    if (v->dirty & (DIRTY_TITLE | DIRTY_SPLITS))
        title_repaint_split(&env, (struct rect){r.x, r.y, r.w, 1}, here);
    if (v->dirty & (here ? DIRTY_CHAT : DIRTY_SPLITS))
        chat_repaint(pane_of(v, leaf), &env, (struct rect){r.x, r.y + 1, r.w, r.h - 1},
                     view_split_aligned(v, r.w));
}

void view_paint_splits(struct ui_view *v, const struct pane_env *env)
{
    struct split *leaf;
    paint_leaf(v, *env, v->leaf); /* first: when labels run out, it has its own */
    for (int i = 0; (leaf = split_leaf(v->splits, i)); i++)
        if (leaf != v->leaf)
            paint_leaf(v, *env, leaf);
    if (v->dirty & DIRTY_SPLITS)
        paint_borders(v, v->splits);
}

/* ---- what the core is told ---- */

bool view_shows(const struct ui_view *v, const struct chat *c)
{
    struct split *leaf;
    for (int i = 0; view_splits_shown(v) && (leaf = split_leaf(v->splits, i)); i++)
        if (leaf != v->leaf && c && leaf->chat == c->id)
            return true;
    return false;
}

bool view_split_at_end(const struct ui_view *v, const struct chat *c)
{
    struct split *leaf;
    for (int i = 0; view_splits_shown(v) && (leaf = split_leaf(v->splits, i)); i++)
        if (leaf != v->leaf && leaf->chat == c->id && leaf->pane->end_seen)
            return true;
    return false;
}

void view_attend_splits(struct ui_view *v, bool looking)
{
    struct split *leaf;
    for (int i = 0; (leaf = split_leaf(v->splits, i)); i++) {
        struct chat *c = chat_of(v, leaf);
        if (leaf == v->leaf || !view_splits_shown(v) || !c) {
            look_away(v, leaf);
            continue;
        }
        bool end = leaf->pane->end_seen;
        if (leaf->seen_told && leaf->seen_chat == c->id && leaf->seen_focused == looking &&
            leaf->seen_end == end)
            continue;
        leaf->seen_told = true;
        leaf->seen_chat = c->id;
        leaf->seen_focused = looking;
        leaf->seen_end = end;
        down_attention(v->ui->env, leaf, c, looking, end);
    }
}

void view_load_splits(struct ui_view *v)
{
    struct split *leaf;
    for (int i = 0; view_splits_shown(v) && (leaf = split_leaf(v->splits, i)); i++) {
        struct chat *c = leaf == v->leaf ? NULL : chat_of(v, leaf);
        if (!c)
            continue;
        int64_t first = c->n_messages ? c->messages[0]->id : 0;
        if (!c->loaded && leaf->asked_first != -1) {
            leaf->asked_first = -1;
            down_load(v->ui->env, c);
        } else if (c->loaded && leaf->pane->at_top && !c->at_start && !c->loading_older &&
                   leaf->asked_first != first) {
            leaf->asked_first = first;
            down_load_older(v->ui->env, c);
        }
    }
}

void view_drop_caches(struct ui_view *v)
{
    struct split *leaf;
    chat_drop_cache(&v->chat);
    for (int i = 0; (leaf = split_leaf(v->splits, i)); i++)
        if (leaf->pane)
            chat_drop_cache(leaf->pane);
}
