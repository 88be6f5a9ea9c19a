/* ui/view_picture.c - pictures in a view: how this terminal can show them, and one on all of the screen */
#include <string.h>

#include "base/mem.h"
#include "ui/view.h"

/* The user waits for it; one that cannot be shown says why, in the place of the picture. */
static void drawn(void *user, struct picture *picture, const struct err *e)
{
    struct ui_view *v = user;
    v->viewer.job = NULL;
    if (!picture) {
        view_picture_close(v);
        view_say(v, KITH_ERROR, e->text);
        return;
    }
    v->viewer.picture = *picture;
    *picture = (struct picture){0};
    v->now = true;
    view_mark(v, DIRTY_ALL);
}

/* What was drawn for another size, or other colours, is drawn anew. */
static void ask_again(struct ui_view *v)
{
    struct viewer *w = &v->viewer;
    struct picture_ask how, ask;
    view_term_pictures(v, &how, true);
    viewer_box(&ask, &how, (struct rect){0, 0, v->s->w, v->s->h});
    if (memcmp(&ask, &w->ask, sizeof ask) == 0)
        return;
    pictures_cancel(w->job);
    if (w->placed)
        view_term_picture_gone(v);
    picture_free(&w->picture);
    w->placed = false;
    w->ask = ask;
    w->job = pictures_draw(v->ui->env->pictures, w->path, w->bytes, &ask, true, drawn, v);
}

void view_picture_open(struct ui_view *v, const struct message *m, int file)
{
    view_picture_close(v);
    viewer_open(&v->viewer, m, file);
    view_mark(v, DIRTY_ALL);
}

void view_portrait(struct ui_view *v, const char *title, const char *path, bool full)
{
    if (full) {
        view_picture_close(v);
        viewer_open_file(&v->viewer, path, title);
    } else if (v->page.open && str_eq(v->page.title, title)) {
        page_set_picture(&v->page, path);
    }
    view_mark(v, DIRTY_ALL);
}

void view_portrait_full(struct ui_view *v)
{
    if (v->page.picture.columns)
        view_portrait(v, v->page.title, v->page.path, true);
}

/* One that cannot be read is not shown: the page is about more than that. */
static void page_drawn(void *user, struct picture *picture, const struct err *e UNUSED)
{
    struct ui_view *v = user;
    v->page.job = NULL;
    if (!picture)
        return;
    picture_free(&v->page.picture);
    v->page.picture = *picture;
    *picture = (struct picture){0};
    v->now = true;
    view_mark(v, DIRTY_ALL);
}

void view_page_picture(struct ui_view *v, struct rect all)
{
    struct page *p = &v->page;
    struct picture_ask how, ask;
    view_term_pictures(v, &how, false);
    if (!page_box(p, &how, all, &ask) || memcmp(&ask, &p->ask, sizeof ask) == 0)
        return;
    pictures_cancel(p->job);
    picture_free(&p->picture);
    p->ask = ask;
    p->job = pictures_draw(v->ui->env->pictures, p->path, -1, &ask, true, page_drawn, v);
}

void view_picture_close(struct ui_view *v)
{
    if (v->viewer.placed)
        view_term_picture_gone(v);
    viewer_close(&v->viewer);
    view_mark(v, DIRTY_ALL);
}

void view_picture_repaint(struct ui_view *v, const struct pane_env *env, struct rect all)
{
    ask_again(v);
    viewer_repaint(&v->viewer, env, all);
}
