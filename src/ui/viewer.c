/* ui/viewer.c - one picture on all of the screen: what is shown, and where */
#include "ui/viewer.h"

#include <stdlib.h>

#include "base/mem.h"
#include "ui/chat_private.h"
#include "ui/format.h"

void viewer_open(struct viewer *v, const struct message *m, int file)
{
    const struct attachment *a = &m->attachments[file];
    viewer_close(v);
    v->open = true;
    v->path = xstrdup(a->path);
    v->bytes = a->bytes > 0 ? a->bytes : -1;
    v->title = xstrdup(a->name ? a->name : "picture");
}

void viewer_open_file(struct viewer *v, const char *path, const char *title)
{
    viewer_close(v);
    v->open = true;
    v->path = xstrdup(path);
    v->bytes = -1;
    v->title = xstrdup(title);
}

void viewer_close(struct viewer *v)
{
    pictures_cancel(v->job);
    picture_free(&v->picture);
    free(v->path);
    free(v->title);
    *v = (struct viewer){0};
}

/* All but the title's row and the one with the keys. */
void viewer_box(struct picture_ask *ask, const struct picture_ask *how, struct rect all)
{
    *ask = *how;
    ask->columns = (uint16_t)MAX(1, all.w);
    ask->rows = (uint16_t)MAX(1, all.h - 2);
    picture_bound(ask);
}

static void paint_title(const struct viewer *v, const struct pane_env *env, struct rect all)
{
    struct buf b = {0};
    struct rect r = {all.x, all.y, all.w, 1};
    const struct picture *p = &v->picture;
    buf_adds(&b, v->title);
    if (p->columns)
        buf_addf(&b, " %s %u x %u", env->g->dot, (unsigned)p->width, (unsigned)p->height);
    if (v->bytes > 0) {
        buf_addf(&b, " %s ", env->g->dot);
        format_bytes(&b, v->bytes);
    }
    surface_fill(env->s, r, ROLE_TITLE);
    surface_put_cut(env->s, r, r.x + 1, r.y, r.w - 2, buf_str(&b), ROLE_TITLE, env->g->more);
    r.y = all.y + all.h - 1;
    surface_fill(env->s, r, ROLE_HINT);
    int x = surface_puts(env->s, r, r.x + 1, r.y, "Esc", ROLE_HINT_KEY);
    surface_puts(env->s, r, x + 1, r.y, p->columns ? "back" : "gives up; the picture is being read", ROLE_HINT);
    buf_free(&b);
}

void viewer_repaint(struct viewer *v, const struct pane_env *env, struct rect all)
{
    const struct picture *p = &v->picture;
    surface_fill(env->s, all, ROLE_CHAT);
    surface_cursor(env->s, -1, -1);
    if (all.h > 2)
        paint_title(v, env, all);
    v->at = (struct rect){all.x + MAX(0, all.w - p->columns) / 2, all.y + (all.h > 2) + MAX(0, all.h - 2 - p->rows) / 2,
                          p->columns, p->rows};
    for (int y = 0; p->cells && y < p->rows; y++)
        chat_paint_picture(env, all, v->at.x, v->at.y + y, p, y);
}
