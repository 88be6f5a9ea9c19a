/* wire/spans.c - how parts of a body look: spans are moved with the text where it was cleaned, and those
 * that do not fit it are dropped */
#include <string.h>

#include "base/utf8.h"
#include "wire/table.h"

enum { STYLES = KITH_STYLE_BOLD | KITH_STYLE_ITALIC | KITH_STYLE_UNDERLINE | KITH_STYLE_STRIKE |
                KITH_STYLE_MONOSPACE | KITH_STYLE_REVERSE | KITH_STYLE_SPOILER };

/* How far places of the text as it came lie in the text as it is now. Asked in order, each part is cleaned once. */
struct moved {
    const char *raw;
    size_t raw_len, now_len;
    size_t at, now; /* up to here */
    struct buf part;
};

static size_t place_of(struct moved *m, size_t at)
{
    if (at > m->at) {
        buf_clear(&m->part);
        (void)utf8_clean(&m->part, m->raw + m->at, at - m->at, UTF8_TEXT, KITH_MAX_BODY);
        m->now += m->part.len;
        m->at = at;
    }
    return at >= m->raw_len ? m->now_len : MIN(m->now, m->now_len);
}

static uint32_t colour(uint32_t c)
{
    return c >> 24 == 1 ? c : 0;
}

static bool whole(const char *s, size_t at)
{
    return ((unsigned char)s[at] & 0xC0) != 0x80;
}

size_t wire_fit_spans(const struct wire_reader *r, struct kith_span *v, size_t n)
{
    size_t len = r->body ? strlen(r->body) : 0, given = r->raw ? r->raw_len : len, kept = 0, end = 0;
    struct moved m = {.raw = r->raw, .raw_len = r->raw_len, .now_len = len};

    for (size_t i = 0; i < n && r->body; i++) {
        struct kith_span s = v[i];
        s.style &= STYLES;
        s.fg = colour(s.fg);
        s.bg = colour(s.bg);
        if (s.start < end || s.start > given || s.len > given - s.start || s.len == 0)
            continue;
        end = (size_t)s.start + s.len;
        size_t from = s.start, to = end;
        if (r->raw) {
            from = utf8_floor(r->body, len, place_of(&m, from));
            to = utf8_floor(r->body, len, place_of(&m, to));
        }
        if ((s.style == 0 && s.fg == 0 && s.bg == 0) || from >= to || !whole(r->body, from) ||
            !whole(r->body, to))
            continue;
        s.start = (uint32_t)from;
        s.len = (uint32_t)(to - from);
        v[kept++] = s;
    }
    buf_free(&m.part);
    return kept;
}
