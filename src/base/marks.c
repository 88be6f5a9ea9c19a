/* base/marks.c - text that says by marks in it how it looks: *strong*, _emphasis_, ~struck~, `code` (XEP-0393) */
#include "base/marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum {
    DEPTH_MAX = 16,  /* quotes in quotes; what is deeper is text */
    REGIONS_MAX = 64 /* marked parts of one line, when written */
};

static const struct mark {
    char c;
    uint8_t style;
} marks[] = {{'*', LOOK_BOLD}, {'_', LOOK_ITALIC}, {'~', LOOK_STRIKE}, {'`', LOOK_MONOSPACE}};
enum { MARKED = LOOK_BOLD | LOOK_ITALIC | LOOK_STRIKE | LOOK_MONOSPACE };

struct line {
    size_t at, end;
};

bool marks_any(const char *text)
{
    return text && strpbrk(text, "*_~`") != NULL;
}

static uint8_t style_of(char c)
{
    for (size_t i = 0; i < COUNT(marks); i++)
        if (marks[i].c == c)
            return marks[i].style;
    return 0;
}

/* White_Space of Unicode, and category Z. */
static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/* Length of the white space at s, 0 when there is none. */
static size_t space_at(const char *s, size_t len)
{
    size_t used = 0;
    return len > 0 && is_space(utf8_decode(s, len, &used)) ? used : 0;
}

static bool space_before(const char *s, size_t from, size_t at)
{
    size_t n = at;
    while (n > from && ((unsigned char)s[--n] & 0xC0) == 0x80) {
    }
    return n < at && space_at(s + n, at - n) == at - n;
}

/* ---- spans of one line ---- */

struct spans {
    const char *s;
    uint8_t *style;
};

/* The first mark behind `open` that can close it; 0: none. The one just behind it closes it, too, and makes both void. */
static size_t closing(const char *s, size_t from, size_t open, size_t to)
{
    for (size_t i = open + 1; i < to; i++)
        if (s[i] == s[open] && !space_before(s, from, i))
            return i;
    return 0;
}

/* s[from, to); outer: the mark around it, 0: none. Nested at most as deep as there are different marks: inside a span
 * its own mark can close nothing. */
static void read_spans(const struct spans *p, size_t from, size_t to, char outer)
{
    const char *s = p->s;
    uint8_t hopeless = 0; /* nothing further on closes these */
    for (size_t i = from; i < to; i++) {
        uint8_t style = style_of(s[i]);
        bool first = i == from && s[i] != outer;
        if (!style || style & hopeless || !(first || space_before(s, from, i)) || i + 1 >= to ||
            space_at(s + i + 1, to - i - 1))
            continue;
        size_t end = closing(s, from, i, to);
        if (end == 0) {
            hopeless |= style;
            continue;
        }
        if (end > i + 1) {
            for (size_t k = i; k <= end; k++)
                p->style[k] |= style;
            if (s[i] != '`')
                read_spans(p, i + 1, end, s[i]);
        }
        i = end;
    }
}

/* ---- blocks ---- */

static bool is_fence(const char *s, const struct line *l)
{
    return l->end - l->at >= 3 && memcmp(s + l->at, "```", 3) == 0;
}

/* Lines of code from the one behind the fence v[0]; returns how many lines belong together. */
static size_t read_code(const struct spans *p, const struct line *v, size_t n, bool outermost)
{
    size_t end = 1;
    while (end < n && !(v[end].end - v[end].at == 3 && is_fence(p->s, &v[end])))
        end++;
    bool closed = end < n;
    for (size_t i = 0; i < end + closed && !(outermost && closed); i++)
        for (size_t k = v[i].at; k < v[i].end; k++)
            p->style[k] |= LOOK_MONOSPACE;
    return end + closed;
}

static void read_blocks(const struct spans *p, struct line *v, size_t n, int depth)
{
    for (size_t i = 0; i < n;) {
        size_t end = i;
        if (is_fence(p->s, &v[i])) {
            i += read_code(p, v + i, n - i, depth == 0);
            continue;
        }
        for (; end < n && v[end].at < v[end].end && p->s[v[end].at] == '>' && depth < DEPTH_MAX; end++) {
            v[end].at++;
            v[end].at += space_at(p->s + v[end].at, v[end].end - v[end].at);
        }
        if (end > i) {
            read_blocks(p, v + i, end - i, depth + 1);
            i = end;
            continue;
        }
        read_spans(p, v[i].at, v[i].end, 0);
        i++;
    }
}

void marks_read(const char *text, size_t len, uint8_t *style)
{
    struct spans p = {text, style};
    struct line *v = NULL;
    size_t n = 0, cap = 0;
    for (size_t at = 0; at < len;) {
        const char *nl = memchr(text + at, '\n', len - at);
        size_t end = nl ? (size_t)(nl - text) : len;
        VEC_PUSH(v, n, cap, ((struct line){at, end}));
        at = end + 1;
    }
    read_blocks(&p, v, n, 0);
    free(v);
}

void marks_to_runs(const uint8_t *style, size_t len, struct runs *out)
{
    for (size_t at = 0, end; at < len; at = end) {
        for (end = at + 1; end < len && style[end] == style[at];)
            end++;
        runs_add(out, at, end - at, &(struct look){style[at], 0, 0});
    }
}

void marks_runs(const char *text, struct runs *out)
{
    if (!marks_any(text))
        return;
    size_t len = strlen(text);
    uint8_t *style = xcalloc(len, 1);
    marks_read(text, len, style);
    marks_to_runs(style, len, out);
    free(style);
}

/* ---- writing ---- */

/* A part of a line that looks one way, and shall stand between two marks. */
struct region {
    size_t at, end;
    struct mark mark;
    bool used;
};
struct writer {
    const char *s;
    size_t from, to; /* the line, behind the > of quotes */
    const uint8_t *want, *base; /* of each byte of the text: how it shall look, and how it does by the user's own marks */
    struct region v[REGIONS_MAX];
    size_t n;
    struct buf line;
    bool lost;
};

/* White space at the ends of a part looks the same without. */
static void add_region(struct writer *w, size_t at, size_t end, const struct mark *m)
{
    for (size_t n; at < end && (n = space_at(w->s + at, end - at)) > 0;)
        at += n;
    while (at < end && space_before(w->s, at, end))
        for (end--; end > at && ((unsigned char)w->s[end] & 0xC0) == 0x80;)
            end--;
    bool there = true;
    for (size_t i = at; i < end && there; i++)
        there = w->base[i] & m->style;
    if (there)
        return; /* nothing is left, or the user wrote the marks */
    if (w->n == COUNT(w->v))
        w->lost = true;
    else
        w->v[w->n++] = (struct region){at, end, *m, true};
}

static int by_place(const void *a, const void *b)
{
    const struct region *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->end != y->end)
        return x->end > y->end ? -1 : 1; /* the longer one goes around */
    return (int)(x->mark.style > y->mark.style) - (int)(x->mark.style < y->mark.style);
}

static void find_regions(struct writer *w)
{
    w->n = 0;
    for (size_t m = 0; m < COUNT(marks); m++)
        for (size_t at = w->from, end; at < w->to; at = end) {
            bool on = w->want[at] & marks[m].style;
            for (end = at + 1; end < w->to && !(w->want[end] & marks[m].style) == !on;)
                end++;
            if (on)
                add_region(w, at, end, &marks[m]);
        }
    qsort(w->v, w->n, sizeof *w->v, by_place);
}

/* The line with the marks of the regions in use; each byte of it that is of the text is noted in `of`, marks as SIZE_MAX. */
static void build(struct writer *w, size_t *of)
{
    size_t n = 0;
    buf_clear(&w->line);
    for (size_t at = w->from; at <= w->to; at++) {
        for (size_t i = w->n; i-- > 0;)
            if (w->v[i].used && w->v[i].end == at) {
                buf_addc(&w->line, w->v[i].mark.c);
                of[n++] = SIZE_MAX;
            }
        for (size_t i = 0; i < w->n && at < w->to; i++)
            if (w->v[i].used && w->v[i].at == at) {
                buf_addc(&w->line, w->v[i].mark.c);
                of[n++] = SIZE_MAX;
            }
        if (at < w->to) {
            buf_addc(&w->line, w->s[at]);
            of[n++] = at - w->from;
        }
    }
}

/* Would a reader see what the regions in use say, and nothing else? White space may differ. */
static bool reads_so(struct writer *w)
{
    size_t len = w->to - w->from, *of = xcalloc(len + 2 * w->n + 1, sizeof *of);
    uint8_t *want = xcalloc(len + 1, 1);
    bool same = true;
    build(w, of);
    memcpy(want, w->base + w->from, len);
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = w->v[i].at; w->v[i].used && k < w->v[i].end; k++)
            want[k - w->from] |= w->v[i].mark.style;
    uint8_t *style = xcalloc(w->line.len + 1, 1);
    read_spans(&(struct spans){buf_str(&w->line), style}, 0, w->line.len, 0);
    for (size_t i = 0; i < w->line.len && same; i++) {
        size_t k = of[i];
        same = k == SIZE_MAX || style[i] == want[k];
    }
    free(style);
    free(want);
    free(of);
    return same;
}

/* The line with as many of its marks as can be: all, or those that do no harm one after the other. */
static void write_line(struct writer *w, struct buf *out)
{
    find_regions(w);
    if (w->n == 0) {
        buf_add(out, w->s + w->from, w->to - w->from);
        return;
    }
    if (!reads_so(w)) {
        w->lost = true;
        for (size_t i = 0; i < w->n; i++)
            w->v[i].used = false;
        for (size_t i = 0; i < w->n; i++) {
            w->v[i].used = true;
            w->v[i].used = reads_so(w);
        }
        (void)reads_so(w); /* builds the line */
    }
    buf_add(out, buf_str(&w->line), w->line.len);
}

bool marks_write(const char *text, const struct runs *want, struct buf *out)
{
    size_t len = strlen(text);
    uint8_t *style = xcalloc(len + 1, 1), *base = xcalloc(len + 1, 1);
    struct writer w = {.s = text, .want = style, .base = base};
    bool code = false;
    for (size_t i = 0; i < want->n; i++) {
        const struct run *r = &want->v[i];
        w.lost = w.lost || r->look.fg || r->look.bg || r->look.style & ~(uint32_t)(MARKED | LOOK_SPOILER);
        for (size_t k = r->start; k < len && k < (size_t)r->start + r->len; k++)
            style[k] = r->look.style & MARKED;
    }
    marks_read(text, len, base);
    for (size_t at = 0; at <= len;) {
        const char *nl = memchr(text + at, '\n', len - at);
        struct line l = {at, nl ? (size_t)(nl - text) : len};
        bool fence = is_fence(text, &l);
        w.from = l.at;
        w.to = l.end;
        while (!fence && !code && w.from < w.to && text[w.from] == '>') {
            w.from++;
            w.from += space_at(text + w.from, w.to - w.from);
        }
        buf_add(out, text + l.at, w.from - l.at);
        if (fence || code)
            buf_add(out, text + w.from, w.to - w.from);
        else
            write_line(&w, out);
        code = fence ? !code : code;
        if (!nl)
            break;
        buf_addc(out, '\n');
        at = l.end + 1;
    }
    buf_free(&w.line);
    free(style);
    free(base);
    return !w.lost;
}
