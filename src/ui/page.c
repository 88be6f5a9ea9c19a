/* ui/page.c - long text in an overlay: answers of commands, whole messages */
#include "ui/page.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

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
    str_set(&p->title, NULL);
    str_set(&p->text, NULL);
    rich_free(&p->rich);
    wrap_free(&p->wrap);
    *p = (struct page){0};
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
    int w = MIN(all.w, 104);
    if (p->width != w) {
        p->width = w;
        wrap_text(&p->wrap, &p->rich, &(struct wrap_width){MAX(1, w - 4), 0, 0}, &s->rules);
    }
    int h = MIN(all.h, (int)p->wrap.n + 2);
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 3, w, h};
    char keys[64];
    bool whole = (int)p->wrap.n <= h - 2;
    snprintf(keys, sizeof keys, whole ? "Esc" : "j k PgUp PgDn %s Esc", env->g->dot);
    struct rect in = pane_box(env, r, p->title, keys);
    p->height = MAX(1, in.h);
    p->top = MAX(0, MIN(p->top, (int)p->wrap.n - p->height));
    for (int y = 0; y < in.h && p->top + y < (int)p->wrap.n; y++) {
        const struct wrap_line *l = &p->wrap.lines[p->top + y];
        surface_put(s, in, in.x + 1, in.y + y, p->rich.text.data + l->from, l->to - l->from,
                    ROLE_POPUP);
    }
}
