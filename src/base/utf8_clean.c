/* base/utf8_clean.c - cleans text at the border: nothing in it can act on a terminal or hide
 * (SECURITY.md 1) */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { MARKS_MAX = 8 };

/* How many bytes at the start of s are printable ASCII. */
static size_t ascii_run(const char *s, size_t len)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t w;
        memcpy(&w, s + i, 8);
        uint64_t below_space = (w - ones * 0x20) & ~w;
        uint64_t del = w ^ (ones * 0x7F);
        uint64_t is_del = (del - ones) & ~del;
        if ((w | below_space | is_del) & high)
            break;
    }
    while (i < len && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x7F)
        i++;
    return i;
}

/* Characters that are clean and normalized whatever stands beside them. Common ones only: the rest
 * takes the long way, with the same result. */
static bool is_plain(uint32_t cp)
{
    static const struct {
        uint32_t lo, hi;
    } ranges[] = {
        {0x20, 0x7E},     {0xA0, 0x2FF},      {0x391, 0x3A1},   {0x3A3, 0x3CE},   {0x400, 0x481},
        {0x48A, 0x52F},   {0x5D0, 0x5EA},     {0x621, 0x64A},   {0x2010, 0x2027}, {0x2030, 0x205E},
        {0x20A0, 0x20BF}, {0x2190, 0x2328},   {0x232B, 0x2ADB}, {0x2B00, 0x2BFF}, {0x3001, 0x3029},
        {0x3041, 0x3096}, {0x30A1, 0x30FF},   {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3}, {0xFF01, 0xFF60},
        {0xFFFD, 0xFFFD}, {0x1F300, 0x1FAFF},
    };
    for (size_t i = 0; i < COUNT(ranges) && cp >= ranges[i].lo; i++)
        if (cp <= ranges[i].hi)
            return true;
    return false;
}

/* How many bytes at the start of s need nothing done. The character before the first one that is
 * not plain is left out, because a mark that follows may compose with it. */
static size_t plain_run(const char *s, size_t len, unsigned mode)
{
    size_t i = 0, last = 0, used;
    while (i < len) {
        size_t n = ascii_run(s + i, len - i);
        if (n) {
            i += n;
            last = i - 1;
        } else if ((mode & UTF8_TEXT) && (s[i] == '\n' || s[i] == '\t')) {
            last = i++;
        } else {
            uint32_t cp = utf8_decode(s + i, len - i, &used);
            if (!is_plain(cp) || (cp == UTF8_BAD && !(used == 3 && (unsigned char)s[i] == 0xEF)))
                return last;
            last = i;
            i += used;
        }
    }
    return len;
}

enum fate { KEEP, DROP, JOINER, CONTROL, BREAK, BAD };

static enum fate fate_of(uint32_t cp)
{
    if (cp < 0x20 || cp == 0x7F)
        return CONTROL;
    if (cp >= 0x80 && cp < 0xA0)
        return BAD;
    if (cp < 0x600)
        return KEEP;
    if (cp >= 0x200C && cp <= 0x200F)
        return JOINER;
    if (cp == 0x2028 || cp == 0x2029)
        return BREAK;
    static const struct {
        uint32_t lo, hi;
    } dropped[] = {
        {0x61C, 0x61C},     {0x180E, 0x180E},   {0x200B, 0x200B},   {0x202A, 0x202E},
        {0x2060, 0x206F},   {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},
        {0x1D173, 0x1D17A}, {0xE0000, 0xE00FF}, {0xE01F0, 0xE0FFF},
    };
    for (size_t i = 0; i < COUNT(dropped); i++)
        if (cp >= dropped[i].lo && cp <= dropped[i].hi)
            return DROP;
    return (cp & 0xFFFE) == 0xFFFE ? DROP : KEEP;
}

static bool is_mark(uint32_t cp)
{
    if (cp < 0x300)
        return false;
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

struct filter {
    struct buf *out;
    unsigned mode;
    uint32_t joiner; /* waits for a visible character; 0 = none */
    bool visible;    /* what was put last can be seen */
    int marks;
};

static void put(struct filter *f, uint32_t cp)
{
    char bytes[4];
    buf_add(f->out, bytes, utf8_encode(cp, bytes));
}

static void put_blank(struct filter *f, char c)
{
    f->joiner = 0;
    f->visible = false;
    f->marks = 0;
    buf_addc(f->out, c);
}

static void put_visible(struct filter *f, uint32_t cp)
{
    if (is_mark(cp)) {
        if (f->marks >= MARKS_MAX)
            return;
        f->marks++;
    } else {
        f->marks = 0;
    }
    if (f->joiner && f->visible)
        put(f, f->joiner);
    f->joiner = 0;
    f->visible = true;
    put(f, cp);
}

static bool is_space(uint32_t cp)
{
    return cp == ' ' || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) ||
           cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

static void put_control(struct filter *f, uint32_t cp)
{
    bool text = f->mode & UTF8_TEXT;
    if (cp == '\n' || cp == '\r')
        put_blank(f, text ? '\n' : ' ');
    else if (cp == '\t')
        put_blank(f, text ? '\t' : ' ');
    else
        put_visible(f, cp == 0x7F ? 0x2421 : 0x2400 + cp);
}

static void filter_char(struct filter *f, uint32_t cp)
{
    switch (fate_of(cp)) {
    case DROP:
        break;
    case JOINER:
        if (!f->joiner)
            f->joiner = cp;
        break;
    case CONTROL:
        put_control(f, cp);
        break;
    case BREAK:
        put_blank(f, f->mode & UTF8_TEXT ? '\n' : ' ');
        break;
    case BAD:
        put_visible(f, UTF8_BAD);
        break;
    case KEEP:
        if (is_space(cp)) {
            f->joiner = 0;
            f->visible = false;
            f->marks = 0;
            put(f, cp);
        } else {
            put_visible(f, cp);
        }
        break;
    }
}

/* Filters s into out, until out holds `enough` bytes. Returns how much of s was taken. */
static size_t filter(struct buf *out, const char *s, size_t len, unsigned mode, size_t enough)
{
    struct filter f = {.out = out, .mode = mode};
    size_t i = 0, used;
    while (i < len && out->len < enough) {
        uint32_t cp = utf8_decode(s + i, len - i, &used);
        i += used;
        if (cp == '\r' && i < len && s[i] == '\n')
            continue;
        filter_char(&f, cp);
    }
    return i;
}

/* Owned NFC form of s, which is valid UTF-8. */
static char *compose(const char *s, size_t len, size_t *out_len)
{
    utf8proc_uint8_t *p = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, &p,
                                      UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (n < 0) { /* only memory can fail here */
        *out_len = len;
        return xstrndup(s, len);
    }
    *out_len = (size_t)n;
    return (char *)p;
}

/* Cuts b at `max`, and takes joiners away that would end it. */
static bool cut(struct buf *b, size_t max)
{
    if (b->len <= max)
        return false;
    size_t n = utf8_floor(b->data, b->len, max);
    while (n >= 3 && memcmp(b->data + n - 3, "\xE2\x80", 2) == 0 &&
           (unsigned char)b->data[n - 1] >= 0x8C && (unsigned char)b->data[n - 1] <= 0x8F)
        n -= 3;
    buf_delete(b, n, b->len - n);
    return true;
}

static bool clean_slowly(struct buf *out, const char *s, size_t len, unsigned mode, size_t max)
{
    struct buf first = {0}, second = {0};
    size_t enough = max > SIZE_MAX / 8 ? SIZE_MAX : max * 4 + 64; /* composing may shrink it */
    size_t taken = filter(&first, s, len, mode, enough), n;
    char *nfc = compose(buf_str(&first), first.len, &n);
    filter(&second, nfc, n, mode,
           SIZE_MAX); /* composing may have made more marks than are allowed */
    bool was_cut = cut(&second, max) || taken < len;
    buf_add(out, second.data, second.len);
    free(nfc);
    buf_free(&first);
    buf_free(&second);
    return was_cut;
}

bool utf8_clean(struct buf *out, const char *s, size_t len, unsigned mode, size_t max)
{
    if (!len)
        return false;
    if (plain_run(s, len, mode) < len)
        return clean_slowly(out, s, len, mode, max);
    size_t n = utf8_floor(s, len, max);
    buf_add(out, s, n);
    return n < len;
}

bool utf8_is_clean(const char *s, size_t len, unsigned mode)
{
    size_t n = plain_run(s, len, mode);
    if (n == len)
        return true;
    struct buf b = {0};
    clean_slowly(&b, s + n, len - n, mode, SIZE_MAX);
    bool same = b.len == len - n && memcmp(b.data, s + n, b.len) == 0;
    buf_free(&b);
    return same;
}
