/* ui/vi_motion.c - where the motions of the vi keys lead */
#include <ctype.h>
#include <string.h>

#include "base/cells.h"
#include "base/mem.h"
#include "ui/vi_private.h"

size_t vi_next(const struct editor *e, size_t at)
{
    size_t len = editor_len(e);
    return at < len ? at + cluster_next(editor_text(e) + at, len - at) : len;
}

size_t vi_prev(const struct editor *e, size_t at)
{
    return at ? cluster_prev(editor_text(e), at) : 0;
}

size_t vi_line_start(const struct editor *e, size_t at)
{
    const char *t = editor_text(e);
    while (at > 0 && t[at - 1] != '\n')
        at--;
    return at;
}

size_t vi_line_end(const struct editor *e, size_t at)
{
    const char *t = editor_text(e);
    while (at < editor_len(e) && t[at] != '\n')
        at++;
    return at;
}

/* Letters and digits are one class, signs another, blanks none. */
static int class_at(const struct editor *e, size_t at)
{
    unsigned char c = (unsigned char)editor_text(e)[at];
    if (at >= editor_len(e) || isspace(c))
        return 0;
    return c >= 0x80 || isalnum(c) || c == '_' ? 1 : 2;
}

static size_t word_on(const struct editor *e, size_t at)
{
    int class = class_at(e, at);
    while (at < editor_len(e) && class && class_at(e, at) == class)
        at = vi_next(e, at);
    while (at < editor_len(e) && class_at(e, at) == 0)
        at = vi_next(e, at);
    return at;
}

static size_t word_back(const struct editor *e, size_t at)
{
    while (at > 0 && class_at(e, vi_prev(e, at)) == 0)
        at = vi_prev(e, at);
    int class = at > 0 ? class_at(e, vi_prev(e, at)) : 0;
    while (at > 0 && class_at(e, vi_prev(e, at)) == class)
        at = vi_prev(e, at);
    return at;
}

static size_t word_end(const struct editor *e, size_t at)
{
    size_t next = vi_next(e, at);
    while (next < editor_len(e) && class_at(e, next) == 0)
        next = vi_next(e, next);
    int class = class_at(e, next);
    if (next >= editor_len(e))
        return at;
    while (vi_next(e, next) < editor_len(e) && class_at(e, vi_next(e, next)) == class)
        next = vi_next(e, next);
    return next;
}

static bool is_char(const struct editor *e, size_t at, const char *letter)
{
    size_t n = strlen(letter);
    return n && vi_next(e, at) - at == n && memcmp(editor_text(e) + at, letter, n) == 0;
}

/* The count-th letter in this line; SIZE_MAX: it is not there. */
static size_t find(const struct editor *e, size_t at, const char *letter, bool back, int count)
{
    size_t from = vi_line_start(e, at), to = vi_line_end(e, at);
    while (count > 0) {
        if (back ? at <= from : vi_next(e, at) >= to)
            return SIZE_MAX;
        at = back ? vi_prev(e, at) : vi_next(e, at);
        if (is_char(e, at, letter))
            count--;
    }
    return at;
}

static size_t column_in(const struct editor *e, size_t line, size_t column)
{
    size_t end = vi_line_end(e, line), at = line;
    for (; column > 0 && at < end; column--)
        at = vi_next(e, at);
    return MIN(at, end);
}

/* SIZE_MAX at the edge. */
static size_t line_by(const struct editor *e, size_t at, int by)
{
    size_t start = vi_line_start(e, at), column = 0;
    for (size_t p = start; p < at; p = vi_next(e, p))
        column++;
    for (; by < 0; by++) {
        if (start == 0)
            return SIZE_MAX;
        start = vi_line_start(e, start - 1);
    }
    for (; by > 0; by--) {
        size_t end = vi_line_end(e, start);
        if (end >= editor_len(e))
            return SIZE_MAX;
        start = end + 1;
    }
    return column_in(e, start, column);
}

static size_t first_word(const struct editor *e, size_t at)
{
    size_t p = vi_line_start(e, at), end = vi_line_end(e, at);
    while (p < end && (editor_text(e)[p] == ' ' || editor_text(e)[p] == '\t'))
        p++;
    return p;
}

static size_t step(const struct editor *e, size_t at, enum vi_motion m)
{
    switch (m) {
    case VI_LEFT:
        return at > vi_line_start(e, at) ? vi_prev(e, at) : at;
    case VI_RIGHT:
        return at < vi_line_end(e, at) ? vi_next(e, at) : at;
    case VI_WORD:
        return word_on(e, at);
    case VI_WORD_BACK:
        return word_back(e, at);
    case VI_WORD_END:
        return word_end(e, at);
    case VI_LINE_START:
        return vi_line_start(e, at);
    case VI_FIRST:
        return first_word(e, at);
    case VI_LINE_END:
        return vi_line_end(e, at);
    case VI_UP:
    case VI_DOWN:
    case VI_FIND:
    case VI_FIND_BACK:
    case VI_TILL:
    case VI_TILL_BACK:
    case VI_LINE:
    case N_VI_MOTIONS:
        return at;
    }
    return at;
}

size_t vi_target(const struct editor *e, enum vi_motion m, int count, const char *letter)
{
    size_t at = editor_cursor(e), hit;
    switch (m) {
    case VI_UP:
    case VI_DOWN:
        return line_by(e, at, m == VI_UP ? -count : count);
    case VI_FIND:
    case VI_FIND_BACK:
        return find(e, at, letter, m == VI_FIND_BACK, count);
    case VI_TILL:
        hit = find(e, at, letter, false, count);
        return hit == SIZE_MAX ? hit : vi_prev(e, hit);
    case VI_TILL_BACK:
        hit = find(e, at, letter, true, count);
        return hit == SIZE_MAX ? hit : vi_next(e, hit);
    case VI_LINE:
        for (; count > 1 && line_by(e, at, 1) != SIZE_MAX; count--)
            at = line_by(e, at, 1);
        return at;
    case VI_LEFT:
    case VI_RIGHT:
    case VI_WORD:
    case VI_WORD_BACK:
    case VI_WORD_END:
    case VI_LINE_START:
    case VI_FIRST:
    case VI_LINE_END:
    case N_VI_MOTIONS:
        break;
    }
    for (; count > 0; count--)
        at = step(e, at, m);
    return at;
}
