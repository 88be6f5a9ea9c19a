/* base/codes.c - the codes by which text itself says how it looks: those of IRC, and those in the input */
#include "base/codes.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

/* Colours 0 to 98, as all clients draw them. */
static const uint32_t palette[99] = {
    0xffffff, 0x000000, 0x00007f, 0x009300, 0xff0000, 0x7f0000, 0x9c009c, 0xfc7f00, 0xffff00, 0x00fc00, 0x009393, 0x00ffff,
    0x0000fc, 0xff00ff, 0x7f7f7f, 0xd2d2d2,
    0x470000, 0x472100, 0x474700, 0x324700, 0x004700, 0x00472c, 0x004747, 0x002747, 0x000047, 0x2e0047, 0x470047, 0x47002a,
    0x740000, 0x743a00, 0x747400, 0x517400, 0x007400, 0x007449, 0x007474, 0x004074, 0x000074, 0x4b0074, 0x740074, 0x740045,
    0xb50000, 0xb56300, 0xb5b500, 0x7db500, 0x00b500, 0x00b571, 0x00b5b5, 0x0063b5, 0x0000b5, 0x7500b5, 0xb500b5, 0xb5006b,
    0xff0000, 0xff8c00, 0xffff00, 0xb2ff00, 0x00ff00, 0x00ffa0, 0x00ffff, 0x008cff, 0x0000ff, 0xa500ff, 0xff00ff, 0xff0098,
    0xff5959, 0xffb459, 0xffff71, 0xcfff60, 0x6fff6f, 0x65ffc9, 0x6dffff, 0x59b4ff, 0x5959ff, 0xc459ff, 0xff66ff, 0xff59bc,
    0xff9c9c, 0xffd39c, 0xffff9c, 0xe2ff9c, 0x9cff9c, 0x9cffdb, 0x9cffff, 0x9cd3ff, 0x9c9cff, 0xdc9cff, 0xff9cff, 0xff94d3,
    0x000000, 0x131313, 0x282828, 0x363636, 0x4d4d4d, 0x656565, 0x818181, 0x9f9f9f, 0xbcbcbc, 0xe2e2e2, 0xffffff};

enum { BLACK = 1, NO_COLOUR = 99 };

static const struct toggle {
    uint32_t style;
    char code;
} toggles[] = {{LOOK_BOLD, 0x02},      {LOOK_ITALIC, 0x1d},  {LOOK_UNDERLINE, 0x1f}, {LOOK_STRIKE, 0x1e},
               {LOOK_MONOSPACE, 0x11}, {LOOK_REVERSE, 0x16}, {LOOK_SPOILER, 0x13} /* last: in the input only */};

static size_t n_toggles(enum codes kind)
{
    return kind == CODES_INPUT ? COUNT(toggles) : COUNT(toggles) - 1;
}

/* ---- reading ---- */

/* One or two digits at s; -1 when there are none. */
static int number(const char *s, size_t len, size_t *used)
{
    int n = 0;

    *used = 0;
    while (*used < 2 && *used < len && s[*used] >= '0' && s[*used] <= '9')
        n = n * 10 + (s[(*used)++] - '0');
    return *used > 0 ? n : -1;
}

uint32_t codes_colour(int n)
{
    return n < 0 || n >= NO_COLOUR ? 0 : LOOK_COLOUR | palette[n];
}

/* Behind 0x03: "N[,N]"; nothing resets both. Returns how many bytes it took. */
static size_t take_colour(const char *s, size_t len, struct look *l)
{
    size_t a, b = 0;
    int fg = number(s, len, &a), bg = -1;

    if (fg < 0) {
        l->fg = l->bg = 0;
        return 0;
    }
    l->fg = codes_colour(fg);
    if (a < len && s[a] == ',')
        bg = number(s + a + 1, len - a - 1, &b);
    if (bg < 0)
        return a; /* the comma is text */
    l->bg = codes_colour(bg);
    return a + 1 + b;
}

static int32_t hex6(const char *s, size_t len)
{
    int32_t n = 0;

    for (size_t i = 0; i < 6; i++) {
        char c = i < len ? s[i] : '\0';
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

        if (d < 0)
            return -1;
        n = n * 16 + d;
    }
    return n;
}

/* Behind 0x04: "RRGGBB[,RRGGBB]". */
static size_t take_hex(const char *s, size_t len, struct look *l)
{
    int32_t fg = hex6(s, len), bg = len > 7 && s[6] == ',' ? hex6(s + 7, len - 7) : -1;

    if (fg < 0) {
        l->fg = l->bg = 0;
        return 0;
    }
    l->fg = LOOK_COLOUR | (uint32_t)fg;
    if (bg < 0)
        return 6;
    l->bg = LOOK_COLOUR | (uint32_t)bg;
    return 13;
}

size_t codes_take(enum codes kind, const char *s, size_t len, struct look *l)
{
    if (len == 0 || (unsigned char)*s >= 0x20) /* nearly always */
        return 0;
    for (size_t i = 0; i < n_toggles(kind); i++) {
        if (*s == toggles[i].code) {
            l->style ^= toggles[i].style;
            return 1;
        }
    }
    if (*s == 0x0f) {
        *l = (struct look){0};
        return 1;
    }
    if (*s == 0x03)
        return 1 + take_colour(s + 1, len - 1, l);
    if (*s == 0x04)
        return 1 + take_hex(s + 1, len - 1, l);
    return 0;
}

bool codes_any(enum codes kind, const char *text)
{
    return text[strcspn(text, kind == CODES_INPUT ? "\x02\x03\x04\x0f\x11\x13\x16\x1d\x1e\x1f" : "\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f")];
}

/* Letters in the colour of their ground hide something; blanks are only a coloured ground. */
static struct look meant(const struct look *l, const char *text, size_t len)
{
    struct look m = *l;
    bool same = l->fg != 0 && l->fg == l->bg, letters = false;

    for (size_t i = 0; i < len && same; i++)
        letters |= (unsigned char)text[i] > ' ';
    if (same && letters) {
        m.style |= LOOK_SPOILER;
        m.fg = m.bg = 0;
    }
    return m;
}

void codes_parse(enum codes kind, const char *text, size_t len, struct buf *plain, struct runs *runs)
{
    struct look now = {0};
    size_t base = plain->len, start = plain->len;

    for (size_t i = 0, n; i <= len; i += n) {
        struct look next = now;
        n = i < len ? codes_take(kind, text + i, len - i, &next) : 1;
        if (n == 0) {
            buf_addc(plain, text[i]);
            n = 1;
            continue;
        }
        if (i < len && look_eq(&now, &next))
            continue;
        if (runs && plain->len > start) {
            struct look m = meant(&now, plain->data + start, plain->len - start);
            runs_add(runs, start - base, plain->len - start, &m);
        }
        start = plain->len;
        now = next;
    }
}

/* ---- writing ---- */

/* The number of exactly this colour, else -1. */
static int number_of(uint32_t c)
{
    for (size_t i = 0; i < COUNT(palette); i++)
        if (c == (LOOK_COLOUR | palette[i]))
            return (int)i;
    return -1;
}

static int nearest(uint32_t c)
{
    int best = 0;
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < COUNT(palette); i++) {
        int64_t r = (int64_t)(c >> 16 & 255) - (palette[i] >> 16 & 255), g = (int64_t)(c >> 8 & 255) - (palette[i] >> 8 & 255),
                b = (int64_t)(c & 255) - (palette[i] & 255), d = 2 * r * r + 4 * g * g + 3 * b * b;
        if (d < least) {
            least = d;
            best = (int)i;
        }
    }
    return best;
}

/* Those of the palette by two digits, which every client reads; others by six. Both in one code are of one kind. */
static void put_colours(struct buf *out, const struct look *l)
{
    int fg = l->fg ? number_of(l->fg) : NO_COLOUR, bg = l->bg ? number_of(l->bg) : NO_COLOUR;

    if (!l->fg && !l->bg)
        return;
    if (!l->fg && bg < 0) /* a ground alone has no code with six digits */
        bg = nearest(l->bg);
    if (fg >= 0 && bg >= 0) { /* always two digits: a digit that follows is text */
        buf_addf(out, "\x03%02d", fg);
        if (l->bg)
            buf_addf(out, ",%02d", bg);
        return;
    }
    buf_addf(out, "\x04%06X", (unsigned)l->fg & 0xffffffu);
    if (l->bg)
        buf_addf(out, ",%06X", (unsigned)l->bg & 0xffffffu);
}

void codes_open(enum codes kind, struct buf *out, const struct look *l, char next)
{
    struct look to = *l;

    if (kind == CODES_IRC && (l->style & LOOK_SPOILER))
        to.fg = to.bg = LOOK_COLOUR | palette[BLACK];
    for (size_t i = 0; i < n_toggles(kind); i++)
        if (to.style & toggles[i].style)
            buf_addc(out, toggles[i].code);
    put_colours(out, &to);
    /* "\x0304" and ",5" would be read as a ground: two toggles that cancel each other stand between. */
    if (next == ',' && (to.fg || to.bg))
        buf_adds(out, "\x02\x02");
}

void codes_emit(enum codes kind, const char *plain, size_t len, const struct runs *runs, struct buf *out)
{
    size_t at = 0;

    for (size_t i = 0; i < runs->n; i++) {
        const struct run *r = &runs->v[i];

        if (r->start < at || r->start >= len)
            continue;
        buf_add(out, plain + at, r->start - at);
        at = MIN(len, (size_t)r->start + r->len);
        codes_open(kind, out, &r->look, plain[r->start]);
        buf_add(out, plain + r->start, at - r->start);
        buf_addc(out, 0x0f);
    }
    buf_add(out, plain + at, len - at);
}

char *codes_text(enum codes kind, const char *plain, const char *packed)
{
    struct runs runs = {0};
    struct buf out = {0};

    runs_unpack(&runs, packed, plain);
    codes_emit(kind, plain, strlen(plain), &runs, &out);
    runs_free(&runs);
    return buf_take(&out);
}

void codes_clean(struct buf *out, const char *text, size_t len, size_t max)
{
    struct look any = {0};
    size_t end = out->len + max;

    for (size_t at = 0; at < len && out->len < end;) {
        size_t n = codes_take(CODES_INPUT, text + at, len - at, &any), from = at;
        if (n > 0) {
            buf_add(out, text + at, MIN(n, end - out->len));
            at += n;
            continue;
        }
        while (at < len && codes_take(CODES_INPUT, text + at, len - at, &any) == 0)
            at++;
        (void)utf8_clean(out, text + from, at - from, UTF8_TEXT, end - out->len);
    }
}
