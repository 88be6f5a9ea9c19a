/* ui/editor.c - the line editor's core: text, cursor, undo */
#include "ui/editor.h"

#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/mem.h"
#include "ui/editor_private.h"

struct editor *editor_new(struct edit_history *history)
{
    struct editor *e = xcalloc(1, sizeof *e);
    e->history = history;
    e->at_history = -1;
    return e;
}

void editor_set_history(struct editor *e, struct edit_history *history)
{
    e->history = history;
    e->at_history = -1;
}

static void drop_steps(struct edit_step *steps, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        free(steps[i].text);
    *n = 0;
}

void editor_free(struct editor *e)
{
    if (!e)
        return;
    buf_free(&e->text);
    drop_steps(e->undo, &e->n_undo);
    drop_steps(e->redo, &e->n_redo);
    free(e->undo);
    free(e->redo);
    for (size_t i = 0; i < e->n_kills; i++)
        free(e->kills[i]);
    free(e->kept);
    free(e);
}

const char *editor_text(const struct editor *e)
{
    return buf_str(&e->text);
}

size_t editor_len(const struct editor *e)
{
    return e->text.len;
}

size_t editor_cursor(const struct editor *e)
{
    return e->cursor;
}

bool editor_empty(const struct editor *e)
{
    return e->text.len == 0;
}

void editor_set_secret(struct editor *e)
{
    e->secret = e->text.secret = true;
}

size_t editor_lines(const struct editor *e)
{
    size_t n = 1;
    for (size_t i = 0; i < e->text.len; i++)
        n += e->text.data[i] == '\n';
    return n;
}

/* ---- undo ---- */

static void push_step(struct edit_step **steps, size_t *n, size_t *cap, const struct editor *e)
{
    if (*n == EDIT_UNDO_MAX) {
        free((*steps)[0].text);
        VEC_DEL(*steps, *n, 0);
    }
    struct edit_step s = {xstrdup(editor_text(e)), e->cursor};
    VEC_PUSH(*steps, *n, *cap, s);
}

void editor_remember(struct editor *e)
{
    drop_steps(e->redo, &e->n_redo);
    if (!e->secret)
        push_step(&e->undo, &e->n_undo, &e->cap_undo, e);
}

static void put_text(struct editor *e, const char *text, size_t cursor)
{
    buf_clear(&e->text);
    buf_adds(&e->text, text);
    e->cursor = MIN(cursor, e->text.len);
}

bool editor_undo(struct editor *e)
{
    if (e->n_undo == 0)
        return false;
    push_step(&e->redo, &e->n_redo, &e->cap_redo, e);
    struct edit_step s = e->undo[--e->n_undo];
    put_text(e, s.text, s.cursor);
    free(s.text);
    return true;
}

bool editor_redo(struct editor *e)
{
    if (e->n_redo == 0)
        return false;
    push_step(&e->undo, &e->n_undo, &e->cap_undo, e);
    struct edit_step s = e->redo[--e->n_redo];
    put_text(e, s.text, s.cursor);
    free(s.text);
    return true;
}

/* ---- changing ---- */

/* The cluster border at or before `at`. */
static size_t border(const struct editor *e, size_t at)
{
    if (at >= e->text.len)
        return e->text.len;
    size_t line = at;
    while (line > 0 && e->text.data[line - 1] != '\n')
        line--;
    size_t pos = line;
    while (pos < e->text.len) {
        size_t next = pos + cluster_next(e->text.data + pos, e->text.len - pos);
        if (next > at)
            break;
        pos = next;
    }
    return pos;
}

void editor_set(struct editor *e, const char *text, size_t cursor)
{
    drop_steps(e->undo, &e->n_undo);
    drop_steps(e->redo, &e->n_redo);
    put_text(e, text ? text : "", cursor);
    e->cursor = border(e, e->cursor);
    e->typing = false;
    e->at_history = -1;
}

void editor_move(struct editor *e, size_t cursor)
{
    e->cursor = border(e, cursor);
    e->typing = false;
}

void editor_splice(struct editor *e, size_t from, size_t to, const char *text, size_t len)
{
    buf_delete(&e->text, from, to - from);
    buf_insert(&e->text, from, text, len);
    e->cursor = from + len;
}

void editor_replace(struct editor *e, size_t from, size_t to, const char *text, size_t len)
{
    to = MIN(to, e->text.len);
    from = MIN(from, to);
    editor_remember(e);
    e->typing = false;
    editor_splice(e, from, to, text, len);
}

bool editor_insert(struct editor *e, const char *text, size_t len)
{
    if (len == 0 || e->text.len + len > EDIT_TEXT_MAX)
        return false;
    bool space = text[0] == ' ';
    if (!e->typing || space)
        editor_remember(e);
    e->typing = true;
    e->killing = false;
    e->yank_len = 0;
    editor_splice(e, e->cursor, e->cursor, text, len);
    return true;
}

bool editor_paste(struct editor *e, const char *text, size_t len)
{
    struct buf clean = {.secret = e->secret};
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\r') {
            buf_addc(&clean, '\n');
            i += i + 1 < len && text[i + 1] == '\n';
        } else if ((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t') {
            buf_addc(&clean, (char)c);
        }
    }
    bool fits = clean.len > 0 && e->text.len + clean.len <= EDIT_TEXT_MAX;
    if (fits)
        editor_replace(e, e->cursor, e->cursor, clean.data, clean.len);
    buf_free(&clean);
    return fits;
}

/* ---- lines ---- */

static size_t line_start(const struct editor *e, size_t at)
{
    while (at > 0 && e->text.data[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(const struct editor *e, size_t at)
{
    while (at < e->text.len && e->text.data[at] != '\n')
        at++;
    return at;
}

bool editor_line(struct editor *e, int by)
{
    size_t start = line_start(e, e->cursor), target;
    if (by < 0) {
        if (start == 0)
            return false;
        target = line_start(e, start - 1);
    } else {
        size_t end = line_end(e, e->cursor);
        if (end >= e->text.len)
            return false;
        target = end + 1;
    }
    struct cell_rules rules = {0};
    int column = e->text.len ? cells_width(&rules, e->text.data + start, e->cursor - start) : 0;
    size_t end = line_end(e, target);
    e->cursor =
        target +
        (end > target ? cells_fit(&rules, e->text.data + target, end - target, column, NULL) : 0);
    e->typing = false;
    return true;
}
