/* ui/chat_live.c - what others are writing, under the messages: live text, each the newest lines of theirs */
#include <string.h>

#include "base/cells.h"
#include "base/mem.h"
#include "ui/chat_private.h"
#include "ui/format.h"

enum { PEOPLE = 3, LINES = 4 }; /* shown at once; of each */

bool chat_has_live(const struct chat *c)
{
    for (size_t i = 0; c && i < c->n_typists; i++)
        if (!str_empty(c->typists[i].live))
            return true;
    return false;
}

/* In the column of names, as messages have theirs. */
static void paint_writer(const struct pane_env *env, struct rect r, const struct chat_columns *c, int y, const char *name)
{
    int w = MIN(c->name_w, cells_width(&env->s->rules, name, strlen(name)));
    surface_put_cut(env->s, r, r.x + c->bar_x - 1 - w, y, w, name, ROLE_CHAT_EVENT, env->g->more);
}

/* Upwards from y. Returns the row of its first line. */
static int paint_one(const struct pane_env *env, struct rect r, const struct chat_columns *c, int y, const struct typist *t,
                     int most)
{
    const char *name = format_typist(env->chat, t);
    bool aligned = c->bar_x > 0;
    struct rich rich = {0};
    struct wrap wrap = {0};
    if (!aligned) {
        rich_adds(&rich, ROLE_CHAT_NICK, name);
        rich_adds(&rich, ROLE_CHAT_EVENT, ": ");
    }
    rich_adds(&rich, ROLE_CHAT_EVENT, t->live);
    rich_adds(&rich, ROLE_CHAT_EVENT, env->g->more);
    wrap_text(&wrap, &rich, &(struct wrap_width){c->text_w, 0, 0}, &env->s->rules);
    size_t shown = MIN(wrap.n, (size_t)most);
    for (size_t i = 0; i < shown; i++) {
        const struct wrap_line *l = &wrap.lines[wrap.n - 1 - i];
        y--;
        if (aligned)
            surface_puts(env->s, r, r.x + c->bar_x, y, env->g->vline, ROLE_CHAT_GUTTER);
        surface_put(env->s, r, r.x + c->text_x, y, buf_str(&rich.text) + l->from, l->to - l->from, ROLE_CHAT_EVENT);
    }
    if (aligned)
        paint_writer(env, r, c, y, name);
    rich_free(&rich);
    wrap_free(&wrap);
    return y;
}

int chat_paint_live(const struct pane_env *env, struct rect r, const struct chat_columns *c)
{
    int y = r.y + r.h, people = 0;
    for (size_t i = env->chat->n_typists; i-- > 0 && people < PEOPLE;) {
        const struct typist *t = &env->chat->typists[i];
        int room = MIN(LINES, y - r.y - r.h / 2);
        if (str_empty(t->live) || room < 1)
            continue;
        y = paint_one(env, r, c, y, t, room);
        people++;
    }
    return r.y + r.h - y;
}
