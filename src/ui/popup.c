/* ui/popup.c - the completion popup above the cursor */
#include "ui/popup.h"

#include <string.h>

#include "base/mem.h"

enum { POPUP_ROWS = 8, POPUP_LEAST = 26, POPUP_WIDTH = 96, NOTE_LEAST = 12 };

void popup_open(struct popup *p, struct completions *list)
{
    popup_close(p);
    p->list = *list;
    *list = (struct completions){0};
    p->open = p->list.n > 1;
    if (!p->open)
        popup_close(p);
}

void popup_close(struct popup *p)
{
    completions_free(&p->list);
    *p = (struct popup){0};
}

bool popup_action(struct popup *p, enum pane_action a)
{
    int n = (int)p->list.n;
    if (n == 0)
        return false;
    if (a == PANE_NEXT && p->at == n - 1)
        p->at = 0;
    else if (a == PANE_PREV && p->at == 0)
        p->at = n - 1;
    else
        p->at = pane_move(a, p->at, n, POPUP_ROWS);
    return true;
}

const struct completion *popup_current(const struct popup *p)
{
    return p->open && p->at >= 0 && (size_t)p->at < p->list.n ? &p->list.items[p->at] : NULL;
}

static const char *label_of(const struct completion *c)
{
    return str_empty(c->label) ? c->text : c->label;
}

static void put_note(const struct pane_env *env, struct rect row, int x, int most, const char *note)
{
    struct buf b = {0};
    pane_cut(&b, env, note, most);
    surface_puts(env->s, row, x, row.y, buf_str(&b), ROLE_POPUP_BORDER);
    buf_free(&b);
}

void popup_repaint(struct popup *p, const struct pane_env *env, int x, int y)
{
    struct surface *s = env->s;
    int rows = MIN(MIN((int)p->list.n, POPUP_ROWS), y - 2), widest = 8, notes = 0;
    if (rows < 1 || s->w < 24)
        return;
    for (size_t i = 0; i < p->list.n; i++) {
        const char *label = label_of(&p->list.items[i]), *note = p->list.items[i].note;
        widest = MAX(widest, cells_width(&s->rules, label, strlen(label)));
        notes = MAX(notes, str_empty(note) ? 0 : cells_width(&s->rules, note, strlen(note)) + 2);
    }
    int w = MIN(MAX(POPUP_LEAST, MIN(widest + notes, POPUP_WIDTH)) + 4, s->w - 2);
    int label_w = MIN(widest, w - 4), note_w = w - 4 - label_w - 2;
    if (notes > 0 && note_w < NOTE_LEAST && label_w > 2 * NOTE_LEAST) { /* both get something */
        label_w = (w - 6) * 2 / 3;
        note_w = w - 6 - label_w;
    }
    struct rect r = {MAX(1, MIN(x - 2, s->w - w - 1)), y - rows - 2, w, rows + 2};
    struct rect in = pane_box(env, r, NULL, "Tab next · Enter insert");
    p->top = pane_scroll(p->top, p->at, (int)p->list.n, rows);
    p->shown = (struct rect){in.x, in.y, in.w, rows};
    for (int i = 0; i < rows && p->top + i < (int)p->list.n; i++) {
        const struct completion *c = &p->list.items[p->top + i];
        struct rect row = {in.x, in.y + i, in.w, 1};
        const char *note = c->note ? c->note : "";
        bool noted = *note && note_w >= NOTE_LEAST;
        surface_put_cut(s, row, in.x + 1, row.y, noted ? label_w : in.w - 2, label_of(c),
                        ROLE_POPUP, env->g->more);
        if (noted)
            put_note(env, row, in.x + 1 + label_w + 2, note_w, note);
        if (p->top + i == p->at) {
            surface_restyle(s, row, ROLE_POPUP_SELECTED);
            surface_puts(s, row, in.x, row.y, env->g->bar, ROLE_POPUP_KEY);
        }
    }
}
