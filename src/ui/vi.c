/* ui/vi.c - the normal mode of the vi keys: counts, operators and changes, and doing the last one
 * again */
#include "ui/vi.h"

#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/mem.h"
#include "ui/vi_private.h"

enum { COUNT_MAX = 9999 };

/* In normal mode the cursor stands on a character, not behind the last one. */
static void clamp(struct editor *e)
{
    size_t at = editor_cursor(e), end = vi_line_end(e, at);
    if (at >= end && at > vi_line_start(e, at))
        editor_move(e, vi_prev(e, end));
}

static int times(const struct vi *vi)
{
    return MIN(COUNT_MAX, MAX(1, vi->op_count) * MAX(1, vi->count));
}

bool vi_drop(struct vi *vi)
{
    bool any = vi->count || vi->op || vi->wait;
    vi->count = vi->op_count = 0;
    vi->op = vi->wait = 0;
    return any;
}

int vi_take_count(struct vi *vi)
{
    int n = vi->count;
    vi_drop(vi);
    return n;
}

void vi_free(struct vi *vi)
{
    free(vi->last.text);
    *vi = (struct vi){0};
}

static void remember(struct vi *vi, char what, enum vi_motion m, int count, const char *letter)
{
    vi->last.what = what;
    vi->last.motion = m;
    vi->last.count = count;
    str_copy(vi->last.letter, sizeof vi->last.letter, letter);
    str_set(&vi->last.text, NULL);
}

static void insert_from_here(struct vi *vi, const struct editor *e)
{
    vi->normal = false;
    vi->from = editor_cursor(e);
    vi->len = editor_len(e);
}

void vi_normal(struct vi *vi, struct editor *e)
{
    size_t at = editor_cursor(e);
    vi_drop(vi);
    if (!vi->normal && at >= vi->from &&
        editor_len(e) - MIN(vi->len, editor_len(e)) == at - vi->from)
        str_take(&vi->last.text, xstrndup(editor_text(e) + vi->from, at - vi->from));
    vi->normal = true;
    if (at > vi_line_start(e, at))
        editor_move(e, vi_prev(e, at));
}

/* ---- operators ---- */

/* The bytes an operator takes; false: none. */
static bool range(const struct editor *e, char op, enum vi_motion m, int count, const char *letter,
                  size_t *from, size_t *to)
{
    size_t at = editor_cursor(e), end = vi_line_end(e, at);
    bool on_word = at < end && editor_text(e)[at] != ' ';
    if (op == 'c' && m == VI_WORD && on_word) /* as vi has it: the blank behind stays */
        m = VI_WORD_END;
    size_t to_at = vi_target(e, m, count, letter);
    if (to_at == SIZE_MAX)
        return false;
    *from = MIN(at, to_at);
    *to = MAX(at, to_at);
    if (m == VI_LINE || m == VI_UP || m == VI_DOWN) {
        *from = vi_line_start(e, *from);
        *to = vi_line_end(e, *to);
        return true;
    }
    if (m == VI_WORD_END || m == VI_FIND || m == VI_TILL)
        *to = vi_next(e, *to);
    if (m == VI_WORD && *to > end && *from <= end)
        *to = end;
    return *from < *to;
}

static bool whole_lines(enum vi_motion m)
{
    return m == VI_LINE || m == VI_UP || m == VI_DOWN;
}

static void keep(struct editor *e, size_t from, size_t to, bool lines)
{
    char *text = xasprintf("%.*s%s", (int)(to - from), editor_text(e) + from, lines ? "\n" : "");
    editor_kill(e, text, strlen(text));
    free(text);
}

static enum vi_result operate(struct vi *vi, struct editor *e, char op, enum vi_motion m, int count,
                              const char *letter)
{
    size_t from, to;
    bool lines = whole_lines(m);
    if (!range(e, op, m, count, letter, &from, &to)) {
        if (op != 'c' || vi_target(e, m, count, letter) == SIZE_MAX)
            return VI_DONE;
        insert_from_here(vi, e); /* there is nothing to take away */
        return VI_CHANGED;
    }
    keep(e, from, to, lines);
    if (op == 'y') {
        editor_move(e, from);
        return VI_CHANGED;
    }
    if (lines && op == 'd' && to < editor_len(e))
        to++;
    else if (lines && op == 'd' && from > 0)
        from--;
    editor_replace(e, from, to, "", 0);
    if (lines && op == 'd')
        editor_move(e, vi_line_start(e, MIN(from, editor_len(e))));
    if (op == 'c')
        insert_from_here(vi, e);
    else
        clamp(e);
    return VI_CHANGED;
}

static enum vi_result motion(struct vi *vi, struct editor *e, enum vi_motion m, const char *letter)
{
    int count = times(vi);
    char op = vi->op;
    vi_drop(vi);
    if (op) {
        if (op != 'y')
            remember(vi, op, m, count, letter);
        return operate(vi, e, op, m, count, letter);
    }
    size_t to = vi_target(e, m, count, letter);
    if (to == SIZE_MAX)
        return m == VI_UP ? VI_ABOVE : VI_DONE;
    editor_move(e, to);
    clamp(e);
    return VI_CHANGED;
}

static enum vi_result operator_key(struct vi *vi, struct editor *e, char op)
{
    if (vi->op == op)
        return motion(vi, e, VI_LINE, "");
    bool other = vi->op != 0;
    vi->op = op;
    vi->op_count = vi->count;
    vi->count = 0;
    if (other)
        vi_drop(vi);
    return VI_DONE;
}

/* ---- single changes ---- */

static enum vi_result replace_chars(struct editor *e, int count, const char *letter)
{
    size_t from = editor_cursor(e), to = from, end = vi_line_end(e, from);
    struct buf b = {0};
    for (int i = 0; i < count; i++) {
        if (to >= end) { /* there are not so many */
            buf_free(&b);
            return VI_DONE;
        }
        to = vi_next(e, to);
        buf_adds(&b, letter);
    }
    editor_replace(e, from, to, buf_str(&b), b.len);
    editor_move(e, vi_prev(e, editor_cursor(e)));
    buf_free(&b);
    return VI_CHANGED;
}

static enum vi_result put(struct editor *e, bool before, int count)
{
    const char *text = editor_killed(e);
    size_t n = text ? strlen(text) : 0, at = editor_cursor(e);
    struct buf b = {0};
    if (n == 0 || n * (size_t)count > EDIT_TEXT_MAX - editor_len(e))
        return VI_DONE;
    bool lines = text[n - 1] == '\n';
    if (lines) {
        at = before ? vi_line_start(e, at) : vi_line_end(e, at);
        for (int i = 0; i < count; i++)
            buf_addf(&b, "%s%.*s%s", before ? "" : "\n", (int)n - 1, text, before ? "\n" : "");
        editor_replace(e, at, at, buf_str(&b), b.len);
        editor_move(e, before ? at : at + 1);
    } else {
        if (!before && at < vi_line_end(e, at))
            at = vi_next(e, at);
        for (int i = 0; i < count; i++)
            buf_adds(&b, text);
        editor_replace(e, at, at, buf_str(&b), b.len);
        editor_move(e, vi_prev(e, editor_cursor(e)));
    }
    buf_free(&b);
    return VI_CHANGED;
}

static enum vi_result delete_chars(struct editor *e, bool before, int count)
{
    size_t at = editor_cursor(e), from = at, to = at;
    for (int i = 0; i < count; i++) {
        if (before && from > vi_line_start(e, at))
            from = vi_prev(e, from);
        else if (!before && to < vi_line_end(e, at))
            to = vi_next(e, to);
    }
    if (from == to)
        return VI_DONE;
    keep(e, from, to, false);
    editor_replace(e, from, to, "", 0);
    clamp(e);
    return VI_CHANGED;
}

static enum vi_result start_insert(struct vi *vi, struct editor *e, char how)
{
    size_t at = editor_cursor(e);
    if (how == 'a' && at < vi_line_end(e, at))
        editor_move(e, vi_next(e, at));
    else if (how == 'I')
        editor_move(e, vi_target(e, VI_FIRST, 1, ""));
    else if (how == 'A')
        editor_move(e, vi_line_end(e, at));
    if (how == 'o' || how == 'O') {
        at = how == 'o' ? vi_line_end(e, at) : vi_line_start(e, at);
        editor_replace(e, at, at, "\n", 1);
        editor_move(e, how == 'o' ? at + 1 : at);
    }
    insert_from_here(vi, e);
    return VI_CHANGED;
}

/* A change by its letter; `.` comes here too. */
static enum vi_result change(struct vi *vi, struct editor *e, char what, enum vi_motion m,
                             int count, const char *letter)
{
    switch (what) {
    case 'd':
    case 'c':
        return operate(vi, e, what, m, count, letter);
    case 'x':
    case 'X':
        return delete_chars(e, what == 'X', count);
    case 'r':
        return replace_chars(e, count, letter);
    case 'p':
    case 'P':
        return put(e, what == 'P', count);
    default:
        return start_insert(vi, e, what);
    }
}

static enum vi_result repeat(struct vi *vi, struct editor *e)
{
    int count = vi_take_count(vi);
    char *text = vi->last.text;
    if (!vi->last.what)
        return VI_DONE;
    vi->last.text = NULL;
    change(vi, e, vi->last.what, vi->last.motion, count ? count : vi->last.count, vi->last.letter);
    if (!vi->normal) { /* it inserts: what was typed then */
        if (text)
            editor_insert(e, text, strlen(text));
        vi_normal(vi, e);
    }
    str_take(&vi->last.text, text);
    return VI_CHANGED;
}

static enum vi_result find_again(struct vi *vi, struct editor *e, bool reverse)
{
    static const enum vi_motion other[N_VI_MOTIONS] = {[VI_FIND] = VI_FIND_BACK,
                                                       [VI_FIND_BACK] = VI_FIND,
                                                       [VI_TILL] = VI_TILL_BACK,
                                                       [VI_TILL_BACK] = VI_TILL};
    if (!vi->found[0])
        return VI_DONE;
    return motion(vi, e, reverse ? other[vi->found_how] : vi->found_how, vi->found);
}

/* ---- the table ---- */

enum kind { MOTION, OPERATOR, TO_END, CHANGE, WAIT, OTHER };
static const struct row {
    const char *name;
    enum kind kind;
    char letter;
    enum vi_motion motion;
} rows[] = {
    {"left", MOTION, 0, VI_LEFT},
    {"right", MOTION, 0, VI_RIGHT},
    {"up", MOTION, 0, VI_UP},
    {"down", MOTION, 0, VI_DOWN},
    {"word", MOTION, 0, VI_WORD},
    {"word-back", MOTION, 0, VI_WORD_BACK},
    {"word-end", MOTION, 0, VI_WORD_END},
    {"first", MOTION, 0, VI_FIRST},
    {"end", MOTION, 0, VI_LINE_END},
    {"delete", OPERATOR, 'd', 0},
    {"change", OPERATOR, 'c', 0},
    {"yank", OPERATOR, 'y', 0},
    {"delete-end", TO_END, 'd', 0},
    {"change-end", TO_END, 'c', 0},
    {"delete-char", CHANGE, 'x', 0},
    {"delete-before", CHANGE, 'X', 0},
    {"put", CHANGE, 'p', 0},
    {"put-before", CHANGE, 'P', 0},
    {"insert", CHANGE, 'i', 0},
    {"append", CHANGE, 'a', 0},
    {"insert-start", CHANGE, 'I', 0},
    {"append-end", CHANGE, 'A', 0},
    {"open-below", CHANGE, 'o', 0},
    {"open-above", CHANGE, 'O', 0},
    {"find", WAIT, 'f', VI_FIND},
    {"find-back", WAIT, 'F', VI_FIND_BACK},
    {"till", WAIT, 't', VI_TILL},
    {"till-back", WAIT, 'T', VI_TILL_BACK},
    {"replace", WAIT, 'r', 0},
    {"zero", OTHER, '0', 0},
    {"digit", OTHER, '1', 0},
    {"find-again", OTHER, ';', 0},
    {"find-reverse", OTHER, ',', 0},
    {"undo", OTHER, 'u', 0},
    {"redo", OTHER, 'R', 0},
    {"repeat", OTHER, '.', 0},
};

static enum vi_result undo(struct vi *vi, struct editor *e, const char *how)
{
    int count = vi_take_count(vi);
    bool any = false;
    for (count = MAX(1, count); count > 0 && editor_action(e, how, NULL) > 0; count--)
        any = true;
    clamp(e);
    return any ? VI_CHANGED : VI_DONE;
}

static enum vi_result other(struct vi *vi, struct editor *e, char letter, const char *arg)
{
    int digit = letter == '0' ? 0 : arg && arg[0] >= '0' && arg[0] <= '9' ? arg[0] - '0' : 0;
    switch (letter) {
    case '0':
        if (!vi->count)
            return motion(vi, e, VI_LINE_START, "");
        vi->count = MIN(COUNT_MAX, vi->count * 10);
        return VI_DONE;
    case '1':
        vi->count = MIN(COUNT_MAX, vi->count * 10 + digit);
        return VI_DONE;
    case ';':
    case ',':
        return find_again(vi, e, letter == ',');
    case 'u':
    case 'R':
        return undo(vi, e, letter == 'u' ? "undo" : "redo");
    default:
        return repeat(vi, e);
    }
}

enum vi_result vi_action(struct vi *vi, struct editor *e, const char *action, const char *arg)
{
    size_t i = 0;
    while (i < COUNT(rows) && strcmp(rows[i].name, action) != 0)
        i++;
    if (i == COUNT(rows))
        return VI_UNKNOWN;
    const struct row *r = &rows[i];
    int count = MAX(1, vi->count);
    switch (r->kind) {
    case MOTION:
        return motion(vi, e, r->motion, "");
    case OPERATOR:
        return operator_key(vi, e, r->letter);
    case TO_END:
        vi_drop(vi);
        remember(vi, r->letter, VI_LINE_END, 1, "");
        return operate(vi, e, r->letter, VI_LINE_END, 1, "");
    case CHANGE:
        vi_drop(vi);
        remember(vi, r->letter, 0, count, "");
        return change(vi, e, r->letter, 0, count, "");
    case WAIT:
        vi->wait = r->letter;
        vi->found_how = r->letter == 'r' ? vi->found_how : r->motion;
        return VI_DONE;
    case OTHER:
        return other(vi, e, r->letter, arg);
    }
    return VI_UNKNOWN;
}

enum vi_result vi_char(struct vi *vi, struct editor *e, const char *text, size_t len)
{
    char letter[8], wait = vi->wait;
    int count = times(vi);
    vi->wait = 0;
    if (!wait || len >= sizeof letter)
        return VI_DONE;
    memcpy(letter, text, len);
    letter[len] = '\0';
    if (wait == 'r') {
        vi_drop(vi);
        remember(vi, 'r', 0, count, letter);
        return replace_chars(e, count, letter);
    }
    memcpy(vi->found, letter, sizeof letter);
    return motion(vi, e, vi->found_how, letter);
}
