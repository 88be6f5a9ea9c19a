/* ui/input.h - the input: the editor's text in lines, with prompt, cursor and notes (UX.md 4.8) */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include "ui/editor.h"
#include "ui/pane.h"

struct input_line {
    size_t from, to;
    bool hard; /* ends a line of the text, not only of the screen */
};
struct input_lines {
    struct input_line *v;
    size_t n, cap;
};
/* Breaks text into lines of at most width cells, at spaces where it can; every byte but '\n' is in
 * one line. Pure. */
void input_break(struct input_lines *out, const struct cell_rules *rules, const char *text,
                 size_t len, int width);
/* Which line the cursor is in. */
size_t input_cursor_line(const struct input_lines *l, size_t cursor);
/* Rows the editor would like at this width. */
int input_rows(const struct pane_env *env, const struct editor *e, int width);
/* prompt NULL: the usual sign. note: shown at the right of the last row where there is room, or
 * NULL. */
void input_repaint(const struct pane_env *env, struct rect r, const struct editor *e,
                   const char *prompt, const char *note);
/* One-line field of a form, with its cursor when focused; secret: bullets. */
void input_field(const struct pane_env *env, struct rect r, const struct editor *e, bool focused,
                 bool secret);

#endif
