/* view/line_edit.c - the one line of input of kith --plain: typed on the last row, put aside while others' lines come */
#include "view/line_edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/mem.h"
#include "base/utf8.h"

static const struct cell_rules plain_rules; /* safe defaults: nothing was asked of this terminal */

void line_edit_init(struct line_edit *l, int columns)
{
    *l = (struct line_edit){.columns = columns, .prompt = xstrdup("> ")};
    l->text.secret = l->keep.secret = l->pending.secret = true; /* any line may hold one */
}

void line_edit_free(struct line_edit *l)
{
    for (size_t i = 0; i < l->n_history; i++)
        free(l->history[i]);
    free(l->history);
    buf_free(&l->text);
    buf_free(&l->keep);
    buf_free(&l->pending);
    free(l->prompt);
    *l = (struct line_edit){0};
}

/* ---- the row ---- */

static void repeat(struct buf *out, char c, int n)
{
    for (; n > 0; n--)
        buf_addc(out, c);
}

void line_edit_hide(struct line_edit *l, struct buf *out)
{
    if (l->drawn == 0)
        return;
    buf_addc(out, '\r');
    repeat(out, ' ', l->drawn);
    buf_addc(out, '\r');
    l->at = l->drawn = 0;
}

static int width(const char *s, size_t n)
{
    return cells_width(&plain_rules, s, n);
}

/* What the row shows of the text: from..to, in cells that fit beside the prompt, the cursor among them. */
static void visible(const struct line_edit *l, size_t *from, size_t *to)
{
    const char *s = buf_str(&l->text);
    int room = MAX(8, l->columns - 1 - width(l->prompt, strlen(l->prompt)));

    *from = 0;
    while (width(s + *from, l->cursor - *from) > room)
        *from += cluster_next(s + *from, l->text.len - *from);
    *to = *from + cells_fit(&plain_rules, s + *from, l->text.len - *from, room, NULL);
}

void line_edit_show(struct line_edit *l, struct buf *out)
{
    const char *s = buf_str(&l->text);
    size_t from = 0, to = 0;

    buf_adds(out, l->prompt);
    l->at = l->drawn = width(l->prompt, strlen(l->prompt));
    if (l->secret)
        return;
    visible(l, &from, &to);
    buf_add(out, s + from, to - from);
    l->drawn += width(s + from, to - from);
    l->at += width(s + from, l->cursor - from);
    repeat(out, '\b', l->drawn - l->at);
}

static void redraw(struct line_edit *l, struct buf *out)
{
    struct buf line = {.secret = true};
    int before = l->drawn;

    line_edit_show(l, &line);
    buf_addc(out, '\r');
    if (l->drawn < before) { /* shorter: what was behind is covered */
        repeat(out, ' ', before);
        buf_addc(out, '\r');
    }
    buf_add(out, line.data, line.len);
    buf_free(&line);
}

void line_edit_prompt(struct line_edit *l, const char *prompt, bool secret, struct buf *out)
{
    line_edit_hide(l, out);
    if (l->secret) { /* half a password is neither shown nor the beginning of anything else */
        buf_free(&l->text);
        l->cursor = 0;
    }
    str_set(&l->prompt, prompt != NULL ? prompt : "> ");
    l->secret = secret;
    line_edit_show(l, out);
}

void line_edit_set(struct line_edit *l, const char *text, struct buf *out)
{
    buf_clear(&l->text);
    buf_adds(&l->text, text);
    for (size_t i = 0; i < l->text.len; i++) /* one line is all there is */
        if ((unsigned char)l->text.data[i] < ' ')
            l->text.data[i] = ' ';
    l->cursor = l->text.len;
    redraw(l, out);
}

/* ---- changes ---- */

static void insert(struct line_edit *l, const char *s, size_t n, struct buf *out)
{
    bool at_end = l->cursor == l->text.len;

    if (l->text.len + n > LINE_BYTES)
        return;
    buf_insert(&l->text, l->cursor, s, n);
    l->cursor += n;
    if (l->secret)
        return;
    if (at_end && l->drawn + width(s, n) < l->columns - 1 && l->at == l->drawn) { /* the usual case: only what was typed */
        buf_add(out, s, n);
        l->at = l->drawn = l->drawn + width(s, n);
    } else {
        redraw(l, out);
    }
}

static void cut(struct line_edit *l, size_t from, size_t to, struct buf *out)
{
    if (from == to)
        return;
    buf_delete(&l->text, from, to - from);
    l->cursor = from;
    if (!l->secret)
        redraw(l, out);
}

static size_t word_before(const struct line_edit *l)
{
    const char *s = buf_str(&l->text);
    size_t at = l->cursor;

    while (at > 0 && s[at - 1] == ' ')
        at--;
    while (at > 0 && s[at - 1] != ' ')
        at--;
    return at;
}

static void go(struct line_edit *l, size_t to, struct buf *out)
{
    l->cursor = to;
    if (!l->secret)
        redraw(l, out);
}

static void recall(struct line_edit *l, int by, struct buf *out)
{
    size_t to = by < 0 ? (l->seen > 0 ? l->seen - 1 : 0) : MIN(l->seen + 1, l->n_history);

    if (to == l->seen || l->secret)
        return;
    if (l->seen == l->n_history) {
        buf_clear(&l->keep);
        buf_add(&l->keep, l->text.data, l->text.len);
    }
    l->seen = to;
    char *text = xstrdup(to == l->n_history ? buf_str(&l->keep) : l->history[to]);
    line_edit_set(l, text, out);
    free(text);
}

static void remember(struct line_edit *l, const char *text)
{
    if (*text == '\0' || (l->n_history > 0 && strcmp(l->history[l->n_history - 1], text) == 0))
        return;
    if (l->n_history == LINE_HISTORY) {
        free(l->history[0]);
        memmove(l->history, l->history + 1, (LINE_HISTORY - 1) * sizeof *l->history);
        l->n_history--;
    }
    if (l->history == NULL)
        l->history = xcalloc(LINE_HISTORY, sizeof *l->history);
    l->history[l->n_history++] = xstrdup(text);
}

char *line_edit_take(struct line_edit *l)
{
    char *text = xstrndup(buf_str(&l->text), l->text.len);

    if (!l->secret)
        remember(l, text);
    l->seen = l->n_history;
    buf_free(&l->text);
    l->cursor = 0;
    return text;
}

/* ---- keys ---- */

static enum line_event control_key(struct line_edit *l, char c, struct buf *out)
{
    const char *s = buf_str(&l->text);

    switch (c) {
    case '\r':
    case '\n': return LINE_ENTER;
    case 0x7f:
    case '\b': cut(l, l->cursor > 0 ? cluster_prev(s, l->cursor) : 0, l->cursor, out); break;
    case 0x01: go(l, 0, out); break;
    case 0x05: go(l, l->text.len, out); break;
    case 0x02: go(l, l->cursor > 0 ? cluster_prev(s, l->cursor) : 0, out); break;
    case 0x06: go(l, l->cursor + cluster_next(s + l->cursor, l->text.len - l->cursor), out); break;
    case 0x0b: cut(l, l->cursor, l->text.len, out); break;
    case 0x15: cut(l, 0, l->cursor, out); break;
    case 0x17: cut(l, word_before(l), l->cursor, out); break;
    case 0x10: recall(l, -1, out); break;
    case 0x0e: recall(l, 1, out); break;
    case 0x0c: redraw(l, out); break;
    case 0x1a: return LINE_STOP;
    case 0x03: /* Ctrl-c: away with the line; a question is broken off by an empty one */
        cut(l, 0, l->text.len, out);
        break;
    case 0x04:
        if (l->text.len == 0)
            return LINE_END;
        cut(l, l->cursor, l->cursor + cluster_next(s + l->cursor, l->text.len - l->cursor), out);
        break;
    default: break; /* no other control character has a meaning here */
    }
    return LINE_NONE;
}

/* ESC [ A and its like. Returns the length of the whole sequence, 0: more bytes are needed. */
static size_t escape_key(struct line_edit *l, const char *s, size_t n, struct buf *out)
{
    size_t end = 2;

    if (n < 2)
        return 0;
    if (s[1] != '[' && s[1] != 'O')
        return 2; /* Alt with a key: nothing here */
    while (end < n && (s[end] < 0x40 || s[end] > 0x7e) && end < 32)
        end++;
    if (end == n)
        return 0;
    switch (s[end]) {
    case 'A': recall(l, -1, out); break;
    case 'B': recall(l, 1, out); break;
    case 'C': control_key(l, 0x06, out); break;
    case 'D': control_key(l, 0x02, out); break;
    case 'H': control_key(l, 0x01, out); break;
    case 'F': control_key(l, 0x05, out); break;
    case '~':
        if (s[2] == '3' && l->cursor < l->text.len)
            control_key(l, 0x04, out);
        break;
    default: break;
    }
    return end + 1;
}

/* One key or character of pending; returns its length, 0: more bytes are needed. */
static size_t one_key(struct line_edit *l, const char *s, size_t n, enum line_event *ev, struct buf *out)
{
    unsigned char c = (unsigned char)s[0];
    size_t need = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2, used;

    if (c == 0x1b)
        return escape_key(l, s, n, out);
    if (c < 0x20 || c == 0x7f) {
        *ev = control_key(l, s[0], out);
        return 1;
    }
    if (n < need)
        return 0;
    if (utf8_decode(s, n, &used) != UTF8_BAD)
        insert(l, s, used, out);
    return used;
}

enum line_event line_edit_feed(struct line_edit *l, const char *data, size_t len, size_t *used, struct buf *out)
{
    enum line_event ev = LINE_NONE;

    for (*used = 0; *used < len && ev == LINE_NONE;) {
        buf_addc(&l->pending, data[(*used)++]);
        size_t n = one_key(l, l->pending.data, l->pending.len, &ev, out);
        if (n > 0)
            buf_free(&l->pending);
    }
    if (ev == LINE_ENTER)
        line_edit_hide(l, out);
    return ev;
}
