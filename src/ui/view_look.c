/* ui/view_look.c - how a view looks: trying themes, and the chat without frames */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/view.h"

/* ---- themes ---- */

static void put_preview(struct ui_view *v, struct theme *t)
{
    struct theme *old = v->preview;
    v->preview = t;
    view_new_theme(v);
    theme_free(old); /* only now: the surface looked at it */
}

void view_preview(struct ui_view *v)
{
    const char *name = themes_current(&v->themes);
    struct err e = {0};
    struct theme *t = name ? theme_load(name, v->light ? "light" : "dark", &e) : NULL;
    if (name && !t)
        view_say(v, KITH_ERROR, e.text);
    if (t)
        put_preview(v, t);
}

void view_themes_do(struct ui_view *v, enum pane_action a)
{
    const char *name = themes_current(&v->themes);
    if (a == PANE_CANCEL || a == PANE_ACCEPT || a == PANE_ACCEPT_OTHER) {
        char *line = a == PANE_CANCEL || !name ? NULL : view_fill("/theme $name", "name", name);
        themes_close(&v->themes);
        put_preview(v, NULL);
        if (line)
            view_run(v, line);
        free(line);
    } else if (themes_action(&v->themes, a)) {
        view_preview(v);
    }
}

/* ---- without frames ---- */

void view_bare(struct ui_view *v, bool on)
{
    struct chat *c = view_current(v);
    if (on == v->bare.open)
        return;
    if (on)
        bare_open(&v->bare, c, v->chat.anchor);
    else
        v->bare = (struct bare){0};
    view_term_pause_mouse(v, on); /* the selection shall be the terminal's */
    view_mark(v, DIRTY_ALL);
}
