/* ui/form_paint.c - fields and buttons on the screen: every state has a sign, not only a colour */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/form.h"
#include "ui/input.h"
#include "ui/wrap.h"

struct form_painter {
    const struct pane_env *env;
    struct rect r; /* inside */
    int y;         /* next row, before scrolling */
    int focus_y;   /* row of the focus */
    int focus_end; /* its last row: a choice may have several */
    int top;       /* rows scrolled away */
    bool paint;    /* false: only count */
    int label_w;
    bool brief; /* not all fits: only the field that is being filled in explains itself */
};

static void put(const struct form_painter *p, int x, int y, int max, const char *text,
                uint16_t style)
{
    int row = p->r.y + y - p->top;
    if (p->paint && row >= p->r.y && row < p->r.y + p->r.h)
        surface_put_cut(p->env->s, p->r, p->r.x + x, row, max, text, style, p->env->g->more);
}

static int cells(const struct form_painter *p, const char *text)
{
    return cells_width(&p->env->s->rules, text, strlen(text));
}

/* All of a text, from column x on, in as many rows as it needs. */
static void paint_wrapped(struct form_painter *p, int x, const char *text, uint8_t style)
{
    struct rich rich = {0};
    struct wrap wrap = {0};
    int room = MAX(4, p->r.w - x - 1);
    rich_adds(&rich, style, text ? text : "");
    wrap_text(&wrap, &rich, &(struct wrap_width){room, 0, 200}, &p->env->s->rules);
    for (size_t i = 0; i < wrap.n; i++) {
        char *line = xstrndup(buf_str(&rich.text) + wrap.lines[i].from,
                              wrap.lines[i].to - wrap.lines[i].from);
        put(p, x, p->y++, room, line, style);
        free(line);
    }
    rich_free(&rich);
    wrap_free(&wrap);
}

/* The field that is being filled in explains itself in full, the others in one row. */
static void paint_help(struct form_painter *p, const char *help, bool focused)
{
    struct buf b = {0};
    int x = p->label_w + 2;
    if (focused) {
        paint_wrapped(p, x, help, ROLE_POPUP_BORDER);
        return;
    }
    pane_cut(&b, p->env, help, p->r.w - x - 1);
    put(p, x, p->y++, p->r.w - x - 1, buf_str(&b), ROLE_POPUP_BORDER);
    buf_free(&b);
}

static void paint_choice(struct form_painter *p, const struct form_field *f, bool focused)
{
    int x = p->label_w + 2, room = p->r.w - x - 1;
    bool first = true;
    for (size_t i = 0; i < f->n_choices; i++) {
        struct buf b = {0};
        bool many = f->type == FORM_CHOICES;
        const char *on = many ? p->env->g->check : p->env->g->radio_on;
        buf_addf(&b, many ? "[%s] %s" : "(%s) %s", f->on[i] ? on : " ", f->labels[i]);
        int w = cells(p, buf_str(&b));
        if (!first && x + w > p->r.w - 1) {
            p->y++;
            x = p->label_w + 2;
        }
        bool here = focused && (many ? i == f->at : f->on[i]);
        put(p, x, p->y, MIN(w, room), buf_str(&b), here ? ROLE_POPUP_SELECTED : ROLE_POPUP);
        if (here && p->paint && p->y >= p->top && p->y < p->top + p->r.h)
            surface_cursor(p->env->s, p->r.x + x + 1, p->r.y + p->y - p->top);
        x += w + 3;
        first = false;
        buf_free(&b);
    }
    p->y++;
}

static void paint_field(struct form_painter *p, const struct form_field *f, bool focused)
{
    if (f->type == FORM_NOTE) {
        paint_wrapped(p, 1, f->help, ROLE_POPUP);
        return;
    }
    if (focused)
        p->focus_y = p->y;
    struct buf label = {0};
    buf_addf(&label, "%s%s", f->label ? f->label : f->key, f->required ? " *" : "");
    put(p, 1, p->y, p->label_w, buf_str(&label), focused ? ROLE_POPUP_KEY : ROLE_POPUP);
    buf_free(&label);
    if (f->editor) {
        int row = p->r.y + p->y - p->top, x = p->label_w + 2;
        struct rect field = {p->r.x + x, row, p->r.w - x - 1, 1};
        if (p->paint && row >= p->r.y && row < p->r.y + p->r.h)
            input_field(p->env, field, f->editor, focused, f->type == FORM_SECRET);
        p->y++;
    } else if (f->type == FORM_BOOL) {
        put(p, p->label_w + 2, p->y++, 3, f->on[0] ? "[x]" : "[ ]",
            focused ? ROLE_POPUP_SELECTED : ROLE_POPUP);
    } else {
        paint_choice(p, f, focused);
    }
    if (!str_empty(f->help) && (focused || !p->brief))
        paint_help(p, f->help, focused);
    if (focused)
        p->focus_end = p->y - 1;
}

static void paint_buttons(struct form_painter *p, const struct form *f)
{
    int x = 1;
    if (f->n_fields > 0)
        p->y++;
    for (size_t i = 0; i < f->n_buttons; i++) {
        bool focused = f->focus == f->n_fields + i;
        struct buf b = {0};
        buf_addf(&b, focused ? "[>%s<]" : "[ %s ]", f->buttons[i].label);
        int w = cells(p, buf_str(&b));
        if (x > 1 && x + w > p->r.w - 1) {
            p->y++;
            x = 1;
        }
        uint16_t style = f->buttons[i].flags & KITH_CHOICE_DANGER ? ROLE_POPUP_DANGER : ROLE_POPUP;
        if (focused) {
            p->focus_y = p->focus_end = p->y;
            style = surface_mix(p->env->s, style, ROLE_POPUP_SELECTED);
        }
        put(p, x, p->y, p->r.w - x - 1, buf_str(&b), style);
        x += w + 2;
        buf_free(&b);
    }
    if (f->n_buttons > 0)
        p->y++;
}

static void run(struct form_painter *p, const struct form *f)
{
    p->y = 0;
    for (size_t i = 0; i < f->n_fields; i++)
        if (f->fields[i].type != FORM_NOTE && !f->fields[i].hidden && f->fields[i].label)
            p->label_w = MAX(p->label_w, cells(p, f->fields[i].label) + 2);
    p->label_w = MIN(p->label_w, p->r.w / 3);
    for (size_t i = 0; i < f->n_fields; i++)
        if (!f->fields[i].hidden)
            paint_field(p, &f->fields[i], f->focus == i);
    paint_buttons(p, f);
}

int form_rows(const struct form *f, const struct pane_env *env, int width)
{
    struct form_painter p = {.env = env, .r = {0, 0, width, 0}};
    run(&p, f);
    return p.y;
}

void form_repaint(struct form *f, const struct pane_env *env, struct rect r)
{
    struct form_painter p = {.env = env, .r = r};
    run(&p, f);
    bool brief = p.y > r.h;
    if (brief) {
        p = (struct form_painter){.env = env, .r = r, .brief = true};
        run(&p, f);
    }
    f->top = r.h > 0 ? pane_scroll(f->top, p.focus_end, p.y, r.h) : 0;
    f->top = r.h > 0 ? pane_scroll(f->top, p.focus_y, p.y, r.h) : 0;
    p = (struct form_painter){.env = env, .r = r, .top = f->top, .paint = true, .brief = brief};
    surface_cursor(env->s, -1, -1);
    run(&p, f);
}
