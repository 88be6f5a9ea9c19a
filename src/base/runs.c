/* base/runs.c - how parts of a text look: runs of it, and those packed into a short line */
#include "base/runs.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool look_eq(const struct look *a, const struct look *b)
{
    return a->style == b->style && a->fg == b->fg && a->bg == b->bg;
}

bool look_plain(const struct look *l)
{
    return l->style == 0 && l->fg == 0 && l->bg == 0;
}

void runs_add(struct runs *r, size_t start, size_t len, const struct look *l)
{
    if (!r->v)
        r->n = r->cap = 0;
    struct run *last = r->n ? &r->v[r->n - 1] : NULL;
    if (len == 0 || look_plain(l) || start + len > UINT32_MAX)
        return;
    if (last && last->start + last->len == start && look_eq(&last->look, l)) {
        last->len += (uint32_t)len;
        return;
    }
    if (r->n >= RUNS_MAX) {
        if (l->style & LOOK_SPOILER) { /* what must not be seen is not, and rather too much than too little */
            last->len = (uint32_t)(start + len - last->start);
            last->look = (struct look){.style = LOOK_SPOILER};
        }
        return;
    }
    VEC_PUSH(r->v, r->n, r->cap, ((struct run){(uint32_t)start, (uint32_t)len, *l}));
}

void runs_free(struct runs *r)
{
    free(r->v);
    *r = (struct runs){0};
}

const struct run *runs_at(const struct runs *r, size_t at, size_t len, size_t *end)
{
    *end = len;
    for (size_t i = 0; i < r->n; i++) {
        const struct run *one = &r->v[i];
        if (at < one->start) {
            *end = MIN(len, one->start);
            return NULL;
        }
        if (at < one->start + one->len) {
            *end = MIN(len, one->start + one->len);
            return one;
        }
    }
    return NULL;
}

/* ---- packed: "start,length,style,ink,ground" in hexadecimal, one run behind the other with ';' ---- */

char *runs_pack(const struct runs *r)
{
    struct buf b = {0};
    uint32_t at = 0;
    if (r->n == 0)
        return NULL;
    for (size_t i = 0; i < r->n; i++) {
        const struct run *one = &r->v[i];
        buf_addf(&b, "%s%x,%x,%x", i ? ";" : "", (unsigned)(one->start - at), (unsigned)one->len,
                 (unsigned)one->look.style);
        if (one->look.fg || one->look.bg)
            buf_addf(&b, ",%x", (unsigned)one->look.fg);
        if (one->look.bg)
            buf_addf(&b, ",%x", (unsigned)one->look.bg);
        at = one->start + one->len;
    }
    return buf_take(&b);
}

/* The number at *s, and what ends it is skipped. False: there is none. */
static bool take_number(const char **s, uint32_t *out)
{
    uint32_t n = 0;
    int digits = 0;
    for (; digits < 9; digits++, (*s)++) {
        char c = **s;
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (d < 0)
            break;
        n = n << 4 | (uint32_t)d;
    }
    *out = n;
    *s += **s == ',';
    return digits > 0 && digits < 9;
}

static bool is_border(const char *text, size_t len, size_t at)
{
    return at <= len && ((unsigned char)text[at] & 0xC0) != 0x80;
}

void runs_unpack(struct runs *out, const char *packed, const char *text)
{
    out->n = 0;
    if (!packed || !text)
        return;
    size_t len = strlen(text), at = 0;
    for (const char *s = packed; *s;) {
        uint32_t v[5] = {0};
        size_t n = 0;
        while (n < COUNT(v) && take_number(&s, &v[n]))
            n++;
        if (n < 3 || (*s && *s != ';'))
            return;
        s += *s == ';';
        size_t from = at + v[0], to = from + v[1];
        at = to;
        if (to > len)
            return;
        if (is_border(text, len, from) && is_border(text, len, to))
            runs_add(out, from, v[1], &(struct look){v[2] & LOOK_ALL, v[3], v[4]});
    }
}

/* ---- spoilers ---- */

bool runs_have_spoiler(const char *packed)
{
    for (const char *s = packed; s && *s;) {
        uint32_t skip, style = 0;
        if (!take_number(&s, &skip) || !take_number(&s, &skip) || !take_number(&s, &style))
            return false;
        if (style & LOOK_SPOILER)
            return true;
        s += strcspn(s, ";");
        s += *s == ';';
    }
    return false;
}

bool runs_hidden(const struct runs *r, size_t at, size_t len, size_t *end)
{
    bool inside = false;
    *end = len;
    for (size_t i = 0; i < r->n; i++) {
        const struct run *one = &r->v[i];
        if (!(one->look.style & LOOK_SPOILER) || one->start + one->len <= at)
            continue;
        if (one->start > at) { /* the next one; or, of those that touch, the end of the last */
            *end = MIN(len, inside ? at : (size_t)one->start);
            return inside;
        }
        inside = true;
        at = MIN(len, (size_t)one->start + one->len);
        *end = at;
    }
    return inside;
}

void runs_add_covered(struct buf *out, const char *text, const char *packed)
{
    size_t len = text ? strlen(text) : 0;
    if (!runs_have_spoiler(packed)) {
        buf_add(out, text, len);
        return;
    }
    struct runs r = {0};
    runs_unpack(&r, packed, text);
    for (size_t at = 0, end; at < len; at = end) {
        if (runs_hidden(&r, at, len, &end))
            buf_adds(out, RUNS_COVER);
        else
            buf_add(out, text + at, end - at);
    }
    runs_free(&r);
}
