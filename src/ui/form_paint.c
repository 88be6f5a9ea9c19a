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

/* ---- what only forms on all of the screen have ---- */

static void paint_head(struct form_painter *p, const struct form_field *f)
{
    p->y += p->y > 0;
    put(p, 1, p->y, p->r.w - 2, f->label, ROLE_POPUP_KEY);
    for (int x = cells(p, f->label) + 2; x < p->r.w - 1; x++)
        put(p, x, p->y, 1, p->env->g->hline, ROLE_POPUP_BORDER);
    p->y++;
}

/* One row: what is chosen; open: the choices around the one under the cursor, a row each. */
static void paint_list(struct form_painter *p, const struct form_field *f, bool focused)
{
    int x = p->label_w + 2, room = p->r.w - x - 1, at = (int)f->at, n = (int)f->n_choices;
    bool many = f->type == FORM_CHOICES;
    struct buf b = {0};
    for (size_t i = 0; i < f->n_choices; i++) {
        if (f->on[i])
            buf_addf(&b, "%s%s", b.len ? ", " : "", f->labels[i]);
        at = f->on[i] && !many ? (int)i : at;
    }
    char *row = xasprintf("%s %s", f->opened ? p->env->g->opened : p->env->g->folded, b.len ? buf_str(&b) : "none");
    put(p, x, p->y, room, row, focused && !f->opened ? ROLE_POPUP_SELECTED : ROLE_POPUP);
    if (focused && !f->opened && p->paint && p->y >= p->top && p->y < p->top + p->r.h)
        surface_cursor(p->env->s, p->r.x + x, p->r.y + p->y - p->top);
    p->y++;
    free(row);
    buf_free(&b);
    int first = f->opened ? MAX(0, MIN(at - FORM_LIST_ROWS / 2, n - FORM_LIST_ROWS)) : n;
    for (int i = first; i < n && i < first + FORM_LIST_ROWS; i++) {
        bool above = i == first && first > 0, below = i == first + FORM_LIST_ROWS - 1 && i < n - 1;
        char *text = xasprintf(many ? "  [%s] %s%s" : "  (%s) %s%s", f->on[i] ? (many ? p->env->g->check : p->env->g->radio_on) : " ", f->labels[i],
                               above || below ? "  ..." : "");
        if (i == at) {
            p->focus_y = p->y;
            if (p->paint && p->y >= p->top && p->y < p->top + p->r.h)
                surface_cursor(p->env->s, p->r.x + x + 3, p->r.y + p->y - p->top);
        }
        put(p, x, p->y++, room, text, i == at ? ROLE_POPUP_SELECTED : ROLE_POPUP);
        free(text);
    }
}

enum { LINES_LEAST = 3, LINES_MOST = 8 };

static void paint_lines(struct form_painter *p, const struct form_field *f, bool focused)
{
    struct input_lines l = {0};
    int x = p->label_w + 2, room = MAX(4, p->r.w - x - 1);
    const char *text = editor_text(f->editor);
    input_break(&l, &p->env->s->rules, text, editor_len(f->editor), room - 1);
    int at = (int)input_cursor_line(&l, editor_cursor(f->editor)), h = MIN(MAX((int)l.n, LINES_LEAST), LINES_MOST);
    int top = focused ? MAX(0, MIN(at - h / 2, (int)l.n - h)) : 0;
    for (int i = 0; i < h; i++, p->y++) {
        int row = p->r.y + p->y - p->top;
        if (!p->paint || row < p->r.y || row >= p->r.y + p->r.h)
            continue;
        struct rect r = {p->r.x + x, row, room, 1};
        surface_fill(p->env->s, r, surface_mix(p->env->s, ROLE_POPUP, ROLE_INPUT));
        if (top + i >= (int)l.n)
            continue;
        const struct input_line *line = &l.v[top + i];
        surface_put(p->env->s, r, r.x, row, text + line->from, line->to - line->from,
                    focused ? surface_mix(p->env->s, ROLE_POPUP, ROLE_INPUT) : ROLE_POPUP);
        if (focused && top + i == at)
            surface_cursor(p->env->s, r.x + cells_width(&p->env->s->rules, text + line->from, editor_cursor(f->editor) - line->from), row);
    }
    if (focused)
        p->focus_y = p->y - h + (at - top);
    free(l.v);
}

/* As wide as what stands in them; where all are too wide together, none is wider than its share. */
static void table_widths(const struct form_painter *p, const struct form_field *f, int room, int *w)
{
    int sum = 0, n = (int)f->n_choices, share = MAX(3, room / n - 2);
    for (int c = 0; c < n; c++) {
        w[c] = cells(p, f->labels[c]);
        for (size_t i = (size_t)c; i < f->n_cells; i += f->n_choices)
            w[c] = MAX(w[c], cells(p, f->cells[i]));
        sum += w[c] + 2;
    }
    int spare = 0, wide = 0;
    for (int c = 0; c < n && sum > room; c++) {
        spare += w[c] <= share ? share - w[c] : 0;
        wide += w[c] > share;
    }
    for (int c = 0; c < n && sum > room; c++)
        w[c] = w[c] > share ? MIN(w[c], share + spare / MAX(1, wide)) : w[c];
}

static void paint_table(struct form_painter *p, const struct form_field *f, bool focused)
{
    size_t n = f->n_choices, rows = n ? f->n_cells / n : 0;
    if (n == 0)
        return;
    int *w = xcalloc(n, sizeof *w);
    table_widths(p, f, p->r.w - 2, w);
    for (size_t row = 0; row <= rows; row++, p->y++) {
        int x = 1;
        bool here = focused && row == f->at;
        if (here)
            p->focus_y = p->focus_end = p->y;
        for (size_t c = 0; c < n && x < p->r.w - 1; x += w[c++] + 2)
            put(p, x, p->y, MIN(w[c], p->r.w - 1 - x), row == 0 ? f->labels[c] : f->cells[(row - 1) * n + c],
                here ? ROLE_POPUP_SELECTED : row == 0 ? ROLE_POPUP_KEY : ROLE_POPUP);
    }
    free(w);
}

static void paint_show(struct form_painter *p, const struct form_field *f, bool focused)
{
    int y = p->y;
    put(p, 1, p->y, p->label_w, f->label, focused ? ROLE_POPUP_KEY : ROLE_POPUP);
    paint_wrapped(p, p->label_w + 2, f->help, ROLE_POPUP);
    if (focused) {
        p->focus_y = y;
        p->focus_end = p->y - 1;
    }
}

/* Whole, or as the text that it says: half a code is none. */
static void paint_qr(struct form_painter *p, const struct form_field *f, bool focused)
{
    int w = 0, h = 0, y = p->y;
    bool fits = f->qr && qr_size(f->qr, glyphs_ascii(p->env->g), p->r.w - 2, p->r.h, &w, &h);
    if (fits) {
        if (p->paint)
            qr_paint(f->qr, p->env, p->r, p->r.x + (p->r.w - w) / 2, p->r.y + p->y - p->top, w, h);
        p->y += h;
    } else {
        struct buf why = {0};
        if (f->qr)
            buf_addf(&why, "The code needs a terminal of about %dx%d here; its text:", w + 4, h + 4);
        else
            buf_adds(&why, "There is no code to be drawn of this text:");
        paint_wrapped(p, 1, buf_str(&why), ROLE_POPUP_BORDER);
        paint_wrapped(p, 1, f->help, focused ? ROLE_POPUP_KEY : ROLE_POPUP);
        buf_free(&why);
    }
    if (focused) {
        p->focus_y = y;
        p->focus_end = p->y - 1;
    }
}

static void paint_problem(struct form_painter *p, const struct form_field *f)
{
    if (f->problem)
        paint_wrapped(p, p->label_w + 2, f->problem, ROLE_POPUP_DANGER);
}

/* What is only to be read. False: it is a field to be filled in. */
static bool paint_read(struct form_painter *p, const struct form_field *f, bool focused)
{
    if (f->type == FORM_NOTE) {
        int y = p->y;
        paint_wrapped(p, 1, f->help, ROLE_POPUP);
        p->focus_y = focused ? y : p->focus_y;
        p->focus_end = focused ? p->y - 1 : p->focus_end;
    } else if (f->type == FORM_HEAD) {
        paint_head(p, f);
    } else if (f->type == FORM_SHOW) {
        paint_show(p, f, focused);
    } else if (f->type == FORM_TABLE) {
        paint_table(p, f, focused);
    } else if (f->type == FORM_QR) {
        paint_qr(p, f, focused);
    } else {
        return false;
    }
    return true;
}

static void paint_field(struct form_painter *p, const struct form *form, const struct form_field *f, bool focused)
{
    if (paint_read(p, f, focused))
        return;
    if (focused)
        p->focus_y = p->y;
    struct buf label = {0};
    buf_addf(&label, "%s%s", f->label ? f->label : f->key, f->required ? " *" : "");
    put(p, 1, p->y, p->label_w, buf_str(&label), focused ? ROLE_POPUP_KEY : ROLE_POPUP);
    buf_free(&label);
    if (f->type == FORM_LINES) {
        paint_lines(p, f, focused);
    } else if (form_folds(form, f)) {
        paint_list(p, f, focused);
    } else if (f->editor) {
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
    if (focused && form->screen) {
        struct buf rules = {0};
        form_rules_words(f, &rules);
        if (rules.len)
            paint_wrapped(p, p->label_w + 2, buf_str(&rules), ROLE_POPUP_BORDER);
        buf_free(&rules);
    }
    paint_problem(p, f);
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
        if (f->fields[i].type != FORM_NOTE && f->fields[i].type != FORM_HEAD && f->fields[i].type != FORM_TABLE && f->fields[i].type != FORM_QR &&
            !f->fields[i].hidden &&
            f->fields[i].label)
            p->label_w = MAX(p->label_w, cells(p, f->fields[i].label) + 2);
    p->label_w = MIN(p->label_w, p->r.w / 3);
    for (size_t i = 0; i < f->n_fields; i++)
        if (!f->fields[i].hidden)
            paint_field(p, f, &f->fields[i], f->focus == i);
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
