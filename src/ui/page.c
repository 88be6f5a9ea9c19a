/* ui/page.c - long text in an overlay: answers of commands, whole messages */
#include "ui/page.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ui/chat_private.h"

enum { WIDEST = 104, BESIDE = 56, PICTURE_W = 24, PICTURE_H = 12 }; /* cells; BESIDE: of text and picture */

void page_open(struct page *p, const char *title, const char *text)
{
    page_close(p);
    p->open = true;
    p->title = xstrdup(title ? title : "");
    p->text = xstrdup(text ? text : "");
    size_t len = strlen(p->text);
    while (len > 0 && p->text[len - 1] == '\n')
        len--;
    for (size_t i = 0; i < len; i++)
        if (p->text[i] == '\t')
            p->text[i] = ' ';
    rich_add(&p->rich, ROLE_POPUP, 0, p->text, len);
}

void page_close(struct page *p)
{
    pictures_cancel(p->job);
    picture_free(&p->picture);
    str_set(&p->path, NULL);
    str_set(&p->title, NULL);
    str_set(&p->text, NULL);
    rich_free(&p->rich);
    wrap_free(&p->wrap);
    *p = (struct page){0};
}

/* ---- a picture beside the text ---- */

void page_set_picture(struct page *p, const char *path)
{
    str_set(&p->path, path);
    p->ask = (struct picture_ask){0};
}

static bool has_room_beside(struct rect all)
{
    return MIN(all.w, WIDEST) - 4 >= BESIDE;
}

bool page_box(const struct page *p, const struct picture_ask *how, struct rect all, struct picture_ask *ask)
{
    bool beside = has_room_beside(all);
    *ask = *how;
    if (!p->open || !p->path || !how->form || all.h < 8)
        return false;
    ask->columns = (uint16_t)MAX(1, MIN(PICTURE_W, all.w - 4));
    ask->rows = (uint16_t)MAX(1, MIN(PICTURE_H, beside ? all.h - 2 : (all.h - 2) / 2));
    picture_bound(ask);
    return true;
}

static void paint_picture(const struct page *p, const struct pane_env *env, struct rect in, bool beside)
{
    int x = beside ? in.x + in.w - 1 - p->picture.columns : in.x + 1;
    for (int y = 0; y < p->picture.rows && y < in.h; y++)
        chat_paint_picture(env, in, x, in.y + y, &p->picture, y);
}

bool page_action(struct page *p, enum pane_action a)
{
    int last = MAX(0, (int)p->wrap.n - p->height), to = p->top;
    if (a == PANE_NEXT)
        to++;
    else if (a == PANE_PREV)
        to--;
    else if (a == PANE_PAGE_DOWN)
        to += MAX(1, p->height - 1);
    else if (a == PANE_PAGE_UP)
        to -= MAX(1, p->height - 1);
    else if (a == PANE_FIRST)
        to = 0;
    else if (a == PANE_LAST)
        to = last;
    to = MAX(0, MIN(to, last));
    bool moved = to != p->top;
    p->top = to;
    return moved;
}

void page_repaint(struct page *p, const struct pane_env *env, struct rect all)
{
    struct surface *s = env->s;
    bool picture = p->picture.cells && p->picture.columns <= all.w - 4 && p->picture.rows <= all.h - 4;
    bool beside = picture && has_room_beside(all);
    int w = MIN(all.w, WIDEST), text_w = w - 4 - (beside ? p->picture.columns + 2 : 0);
    int above = picture && !beside ? p->picture.rows : 0;
    if (p->width != text_w) {
        p->width = text_w;
        wrap_text(&p->wrap, &p->rich, &(struct wrap_width){MAX(1, text_w), 0, 0}, &s->rules);
    }
    int rows = above + MAX((int)p->wrap.n, beside ? p->picture.rows : 0), h = MIN(all.h, rows + 2);
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 3, w, h};
    char keys[64];
    bool whole = rows <= h - 2;
    snprintf(keys, sizeof keys, "%s%s%s%s%s%sEsc", picture ? "v picture " : "", picture ? env->g->dot : "",
             picture ? " " : "", whole ? "" : "j k PgUp PgDn ", whole ? "" : env->g->dot, whole ? "" : " ");
    struct rect in = pane_box(env, r, p->title, keys);
    if (picture)
        paint_picture(p, env, in, beside);
    in.y += above;
    in.h -= above;
    p->height = MAX(1, in.h);
    p->top = MAX(0, MIN(p->top, (int)p->wrap.n - p->height));
    for (int y = 0; y < in.h && p->top + y < (int)p->wrap.n; y++) {
        const struct wrap_line *l = &p->wrap.lines[p->top + y];
        surface_put(s, in, in.x + 1, in.y + y, p->rich.text.data + l->from, l->to - l->from,
                    ROLE_POPUP);
    }
}
