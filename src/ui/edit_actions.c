/* ui/edit_actions.c - what each named action does to the text: motions, kills, yank, words, history
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/codes.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ui/editor_private.h"

/* ---- motions ---- */

static size_t left_of(const struct editor *e)
{
    return e->cursor ? cluster_prev(e->text.data, e->cursor) : 0;
}

static size_t right_of(const struct editor *e)
{
    if (e->cursor >= e->text.len)
        return e->text.len;
    return e->cursor + cluster_next(e->text.data + e->cursor, e->text.len - e->cursor);
}

static bool word_byte(unsigned char c)
{
    return c >= 0x80 || isalnum(c) || c == '_';
}

static size_t word_left(const struct editor *e)
{
    size_t at = e->cursor;
    while (at > 0 && !word_byte((unsigned char)e->text.data[at - 1]))
        at--;
    while (at > 0 && word_byte((unsigned char)e->text.data[at - 1]))
        at--;
    return at;
}

static size_t word_right(const struct editor *e)
{
    size_t at = e->cursor;
    while (at < e->text.len && !word_byte((unsigned char)e->text.data[at]))
        at++;
    while (at < e->text.len && word_byte((unsigned char)e->text.data[at]))
        at++;
    return at;
}

static size_t space_left(const struct editor *e)
{
    size_t at = e->cursor;
    while (at > 0 && isspace((unsigned char)e->text.data[at - 1]))
        at--;
    while (at > 0 && !isspace((unsigned char)e->text.data[at - 1]))
        at--;
    return at;
}

static size_t line_left(const struct editor *e)
{
    size_t at = e->cursor;
    while (at > 0 && e->text.data[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_right(const struct editor *e)
{
    size_t at = e->cursor;
    while (at < e->text.len && e->text.data[at] != '\n')
        at++;
    return at;
}

static int go(struct editor *e, size_t at)
{
    if (at == e->cursor)
        return 0;
    e->cursor = at;
    return 1;
}

/* ---- kill and yank ---- */

static void kill_push(struct editor *e, const char *text, size_t len, bool before)
{
    if (e->secret)
        return;
    if (e->killing && e->n_kills > 0) {
        char **top = &e->kills[e->n_kills - 1];
        char *joined = before ? xasprintf("%.*s%s", (int)len, text, *top)
                              : xasprintf("%s%.*s", *top, (int)len, text);
        free(*top);
        *top = joined;
        return;
    }
    if (e->n_kills == EDIT_KILL_MAX) {
        free(e->kills[0]);
        VEC_DEL(e->kills, e->n_kills, 0);
    }
    e->kills[e->n_kills++] = xstrndup(text, len);
}

void editor_kill(struct editor *e, const char *text, size_t len)
{
    e->killing = false;
    kill_push(e, text, len, false);
}

const char *editor_killed(const struct editor *e)
{
    return e->n_kills ? e->kills[e->n_kills - 1] : NULL;
}

static int remove_range(struct editor *e, size_t from, size_t to, bool keep)
{
    if (from >= to)
        return 0;
    bool before = to == e->cursor;
    if (keep)
        kill_push(e, e->text.data + from, to - from, before);
    editor_remember(e);
    editor_splice(e, from, to, "", 0);
    return 1;
}

static int yank_kill(struct editor *e, size_t which)
{
    const char *text = e->kills[which];
    size_t len = strlen(text), at = e->cursor;
    if (len == 0 || e->text.len + len > EDIT_TEXT_MAX)
        return 0;
    editor_remember(e);
    editor_splice(e, at, at, text, len);
    e->yank_at = at;
    e->yank_len = len;
    e->yank_from = which;
    return 1;
}

static int yank_pop(struct editor *e)
{
    if (e->yank_len == 0 || e->n_kills == 0)
        return 0;
    size_t which = (e->yank_from + e->n_kills - 1) % e->n_kills;
    editor_splice(e, e->yank_at, e->yank_at + e->yank_len, "", 0);
    return yank_kill(e, which);
}

/* ---- words ---- */

static int transpose(struct editor *e)
{
    if (e->text.len == 0 || e->cursor == 0)
        return 0;
    size_t mid = e->cursor;
    if (mid == e->text.len || e->text.data[mid] == '\n')
        mid = cluster_prev(e->text.data, mid);
    if (mid == 0)
        return 0;
    size_t from = cluster_prev(e->text.data, mid);
    size_t to = mid + cluster_next(e->text.data + mid, e->text.len - mid);
    char *swapped = xasprintf("%.*s%.*s", (int)(to - mid), e->text.data + mid, (int)(mid - from),
                              e->text.data + from);
    editor_remember(e);
    editor_splice(e, from, to, swapped, to - from);
    free(swapped);
    return 1;
}

static int recase(struct editor *e, enum edit_action how)
{
    size_t end = word_right(e), from = e->cursor;
    while (from < end && !word_byte((unsigned char)e->text.data[from]))
        from++;
    if (from >= end)
        return 0;
    char *word = xstrndup(e->text.data + from, end - from);
    for (size_t i = 0; word[i]; i++) {
        unsigned char c = (unsigned char)word[i];
        bool up = how == EDIT_UPCASE || (how == EDIT_CAPITALIZE && i == 0);
        if (c < 0x80)
            word[i] = (char)(up ? toupper(c) : tolower(c));
    }
    editor_remember(e);
    editor_splice(e, from, end, word, end - from);
    free(word);
    return 1;
}

/* ---- history ---- */

void edit_history_add(struct edit_history *h, const char *text)
{
    if (str_empty(text) || (h->n > 0 && str_eq(h->items[h->n - 1], text)))
        return;
    while (h->n > 0 && h->n >= (h->max ? h->max : (size_t)EDIT_HISTORY_MAX)) {
        free(h->items[0]);
        VEC_DEL(h->items, h->n, 0);
    }
    VEC_PUSH(h->items, h->n, h->cap, xstrdup(text));
}

void edit_history_free(struct edit_history *h)
{
    for (size_t i = 0; i < h->n; i++)
        free(h->items[i]);
    free(h->items);
    *h = (struct edit_history){0};
}

long edit_history_find(const struct edit_history *h, const char *needle, size_t before)
{
    for (size_t i = MIN(before, h->n); i-- > 0;)
        if (strstr(h->items[i], needle))
            return (long)i;
    return -1;
}

static int walk_history(struct editor *e, int by)
{
    if (!e->history || e->history->n == 0 || e->secret)
        return 0;
    long n = (long)e->history->n;
    long from = e->at_history < 0 ? n : MIN(e->at_history, n);
    long to = from + by;
    if (to < 0 || to > n || to == from)
        return 0;
    if (e->at_history < 0) {
        free(e->kept);
        e->kept = xstrdup(editor_text(e));
    }
    const char *text = to == n ? e->kept : e->history->items[to];
    editor_remember(e);
    editor_splice(e, 0, e->text.len, text ? text : "", text ? strlen(text) : 0);
    e->at_history = to == n ? -1 : to;
    return 1;
}

/* ---- the table ---- */

static int run_kill(struct editor *e, enum edit_action a)
{
    size_t at = e->cursor, right = line_right(e);
    if (a == EDIT_WORD_BACKSPACE)
        return remove_range(e, space_left(e), at, true);
    if (a == EDIT_KILL_WORD_LEFT)
        return remove_range(e, word_left(e), at, true);
    if (a == EDIT_KILL_WORD)
        return remove_range(e, at, word_right(e), true);
    if (a == EDIT_KILL_START)
        return remove_range(e, line_left(e), at, true);
    if (a == EDIT_KILL_END)
        return remove_range(e, at, right > at ? right : MIN(right + 1, e->text.len), true);
    return remove_range(e, 0, e->text.len, true); /* clear */
}

static int run(struct editor *e, enum edit_action a, const char *arg)
{
    switch (a) {
    case EDIT_LEFT:
        return go(e, left_of(e));
    case EDIT_RIGHT:
        return go(e, right_of(e));
    case EDIT_WORD_LEFT:
        return go(e, word_left(e));
    case EDIT_WORD_RIGHT:
        return go(e, word_right(e));
    case EDIT_LINE_START:
        return go(e, line_left(e));
    case EDIT_LINE_END:
        return go(e, line_right(e));
    case EDIT_START:
        return go(e, 0);
    case EDIT_END:
        return go(e, e->text.len);
    case EDIT_BACKSPACE:
        return remove_range(e, left_of(e), e->cursor, false);
    case EDIT_DELETE:
        return remove_range(e, e->cursor, right_of(e), false);
    case EDIT_WORD_BACKSPACE:
    case EDIT_KILL_WORD_LEFT:
    case EDIT_KILL_WORD:
    case EDIT_KILL_START:
    case EDIT_KILL_END:
    case EDIT_CLEAR:
        return run_kill(e, a);
    case EDIT_YANK:
        return e->n_kills ? yank_kill(e, e->n_kills - 1) : 0;
    case EDIT_YANK_POP:
        return yank_pop(e);
    case EDIT_TRANSPOSE:
        return transpose(e);
    case EDIT_UPCASE:
    case EDIT_DOWNCASE:
    case EDIT_CAPITALIZE:
        return recase(e, a);
    case EDIT_UNDO:
        return editor_undo(e);
    case EDIT_REDO:
        return editor_redo(e);
    case EDIT_NEWLINE:
        editor_replace(e, e->cursor, e->cursor, "\n", 1);
        return 1;
    case EDIT_INSERT:
        return !str_empty(arg) && editor_paste(e, arg, strlen(arg));
    case EDIT_LOOK: /* they are what editor_paste() takes out */
        return !str_empty(arg) && codes_any(CODES_INPUT, arg) && editor_insert(e, arg, strlen(arg));
    case EDIT_HISTORY_PREV:
        return walk_history(e, -1);
    case EDIT_HISTORY_NEXT:
        return walk_history(e, 1);
    case N_EDIT_ACTIONS:
        return -1;
    }
    return -1;
}

static bool is_kill(enum edit_action a)
{
    return a == EDIT_WORD_BACKSPACE || a == EDIT_KILL_WORD_LEFT || a == EDIT_KILL_WORD ||
           a == EDIT_KILL_START || a == EDIT_KILL_END;
}

int editor_action(struct editor *e, const char *name, const char *arg)
{
    static const char *const names[] = {
#define X(id, action, help) action,
        EDITOR_ACTIONS(X)
#undef X
    };
    for (int i = 0; i < N_EDIT_ACTIONS; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        enum edit_action a = (enum edit_action)i;
        e->typing = false;
        if (a != EDIT_YANK_POP && a != EDIT_YANK)
            e->yank_len = 0;
        int changed = run(e, a, arg);
        e->killing = is_kill(a);
        return changed;
    }
    return -1;
}
