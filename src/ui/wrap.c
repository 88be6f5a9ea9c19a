/* ui/wrap.c - styled text into lines of a width */
#include "ui/wrap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- styled text ---- */

void rich_add(struct rich *r, uint8_t role, uint8_t flags, const char *text, size_t len)
{
    if (len == 0)
        return;
    buf_add(&r->text, text, len);
    struct span *last = r->n_spans ? &r->spans[r->n_spans - 1] : NULL;
    if (last && last->role == role && last->flags == flags && last->look == r->look &&
        !(flags & SPAN_LINK)) {
        last->len += (uint32_t)len;
        return;
    }
    if (!r->spans)
        r->n_spans = r->cap_spans = 0;
    struct span s = {(uint32_t)len, role, flags, r->look};
    VEC_PUSH(r->spans, r->n_spans, r->cap_spans, s);
}

void rich_look(struct rich *r, const struct look *l)
{
    size_t i = 0;
    if (!l || look_plain(l)) {
        r->look = 0;
        return;
    }
    while (i < r->n_looks && !look_eq(&r->looks[i], l))
        i++;
    if (i == r->n_looks)
        VEC_PUSH(r->looks, r->n_looks, r->cap_looks, *l);
    r->look = (uint16_t)(i + 1); /* a message has at most RUNS_MAX of them */
}

void rich_adds(struct rich *r, uint8_t role, const char *text)
{
    rich_add(r, role, 0, text, strlen(text));
}

void rich_clear(struct rich *r)
{
    buf_clear(&r->text);
    r->n_spans = r->n_looks = 0;
    r->look = 0;
}

void rich_free(struct rich *r)
{
    buf_free(&r->text);
    free(r->spans);
    free(r->looks);
    *r = (struct rich){0};
}

const struct span *rich_at(const struct rich *r, size_t at, size_t *start)
{
    size_t from = 0;
    for (size_t i = 0; i < r->n_spans; i++) {
        if (at < from + r->spans[i].len) {
            *start = from;
            return &r->spans[i];
        }
        from += r->spans[i].len;
    }
    return NULL;
}

/* ---- breaking ---- */

struct breaker {
    struct wrap *out;
    const char *text;
    const struct rich *rich;
    const struct cell_rules *rules;
    const struct wrap_width *w;
    size_t from;      /* first byte of the line being filled */
    int used;         /* its cells */
    size_t last;      /* last place where it may be broken; == from: none */
    int last_used;    /* cells up to there */
    bool broke;       /* this line began at a break of ours: spaces before its first word vanish */
    size_t span;      /* index of the span that covers span_from */
    size_t span_from; /* first byte of that span */
};

static void emit(struct breaker *b, size_t from, size_t to, int cells, uint8_t flags)
{
    b->out->total++;
    if (b->w->limit && b->out->n >= b->w->limit)
        return;
    struct wrap_line l = {(uint32_t)from, (uint32_t)to, (uint16_t)MIN(cells, UINT16_MAX), flags};
    VEC_PUSH(b->out->lines, b->out->n, b->out->cap, l);
}

static void start_line(struct breaker *b, size_t at)
{
    b->from = b->last = at;
    b->used = b->last_used = 0;
}

static void end_line(struct breaker *b, size_t to, int cells)
{
    b->broke = true;
    while (to > b->from && b->text[to - 1] == ' ') {
        to--;
        cells--;
    }
    emit(b, b->from, to, cells, 0);
}

static const struct span *span_at(struct breaker *b, size_t at)
{
    const struct rich *r = b->rich;
    while (b->span < r->n_spans && at >= b->span_from + r->spans[b->span].len)
        b->span_from += r->spans[b->span++].len;
    return b->span < r->n_spans ? &r->spans[b->span] : NULL;
}

/* One plain ASCII byte that no combining character follows: no need to look for a cluster. */
static bool plain(const char *s, size_t at, size_t end)
{
    return (unsigned char)s[at] < 0x80 && (at + 1 >= end || (unsigned char)s[at + 1] < 0x80);
}

/* Places a link whole where it can be. Returns true when it was placed. */
static bool place_link(struct breaker *b, size_t at, size_t len)
{
    int cells = cells_width(b->rules, b->text + at, len);
    if (b->used + cells > b->w->width && b->used > 0 && cells <= MAX(b->w->width, b->w->out)) {
        end_line(b, at, b->used);
        start_line(b, at);
    }
    if (b->used + cells <= b->w->width) {
        b->used += cells;
        return true;
    }
    if (cells > b->w->out)
        return false;
    emit(b, at, at + len, cells, LINE_OUT);
    start_line(b, at + len);
    b->broke = true;
    return true;
}

/* Puts the cluster text[at, at + n) of `cells` cells on the line, breaking before it when it is
 * full. */
static void place(struct breaker *b, size_t at, size_t n, int cells)
{
    bool space = n == 1 && b->text[at] == ' ';
    while (b->used + cells > b->w->width && b->used > 0) {
        if (space) {
            end_line(b, at, b->used);
            start_line(b, at + n);
            return;
        }
        if (b->last > b->from) {
            end_line(b, b->last, b->last_used);
            int rest = b->used - b->last_used;
            start_line(b, b->last);
            b->used = rest;
        } else {
            end_line(b, at, b->used);
            start_line(b, at);
        }
    }
    if (cells == 2 && at > b->from) { /* between ideographs */
        b->last = at;
        b->last_used = b->used;
    }
    b->used += cells;
    if (space || cells == 2) {
        b->last = at + n;
        b->last_used = b->used;
    }
}

static void wrap_words(struct breaker *b, size_t from, size_t to)
{
    start_line(b, from);
    b->broke = false;
    for (size_t at = from, n; at < to; at += n) {
        const struct span *s = span_at(b, at);
        if (s && (s->flags & SPAN_LINK) && at == b->span_from && at + s->len <= to) {
            n = s->len;
            if (place_link(b, at, n))
                continue;
        }
        n = plain(b->text, at, to) ? 1 : cluster_next(b->text + at, to - at);
        if (b->broke && at == b->from && n == 1 && b->text[at] == ' ')
            start_line(b, at + n);
        else
            place(b, at, n, n == 1 ? 1 : cluster_width(b->rules, b->text + at, n));
    }
    if (b->from < to || !b->broke)
        end_line(b, to, b->used);
}

static void wrap_code(struct breaker *b, size_t from, size_t to)
{
    int width = MAX(1, b->w->width - 2), cells = 0;
    size_t fit = cells_fit(b->rules, b->text + from, to - from, width, &cells);
    if (fit < to - from) {
        fit = cells_fit(b->rules, b->text + from, to - from, width - 1, &cells);
        emit(b, from, from + fit, cells, LINE_CODE | LINE_CUT);
    } else {
        emit(b, from, to, cells, LINE_CODE);
    }
}

void wrap_text(struct wrap *out, const struct rich *r, const struct wrap_width *w,
               const struct cell_rules *rules)
{
    struct wrap_width sane = {MAX(1, w->width), w->out, w->limit};
    struct breaker b = {
        .out = out, .text = buf_str(&r->text), .rich = r, .rules = rules, .w = &sane};
    out->n = out->total = 0;
    size_t len = r->text.len;
    for (size_t at = 0; at <= len;) {
        const char *nl = at < len ? memchr(b.text + at, '\n', len - at) : NULL;
        size_t end = nl ? (size_t)(nl - b.text) : len;
        const struct span *s = span_at(&b, at);
        if (s && (s->flags & SPAN_CODE))
            wrap_code(&b, at, end);
        else
            wrap_words(&b, at, end);
        if (!nl)
            break;
        at = end + 1;
    }
}

void wrap_free(struct wrap *w)
{
    free(w->lines);
    *w = (struct wrap){0};
}
