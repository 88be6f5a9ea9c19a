/* backends/irc/format.c - the formatting codes of IRC: to plain text with runs and back, and cutting text to lines */
#include "backends/irc/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

/* Colours 16 to 98, as all clients draw them. */
static const uint32_t extended[83] = {
    0x470000, 0x472100, 0x474700, 0x324700, 0x004700, 0x00472c, 0x004747, 0x002747, 0x000047, 0x2e0047, 0x470047, 0x47002a,
    0x740000, 0x743a00, 0x747400, 0x517400, 0x007400, 0x007449, 0x007474, 0x004074, 0x000074, 0x4b0074, 0x740074, 0x740045,
    0xb50000, 0xb56300, 0xb5b500, 0x7db500, 0x00b500, 0x00b571, 0x00b5b5, 0x0063b5, 0x0000b5, 0x7500b5, 0xb500b5, 0xb5006b,
    0xff0000, 0xff8c00, 0xffff00, 0xb2ff00, 0x00ff00, 0x00ffa0, 0x00ffff, 0x008cff, 0x0000ff, 0xa500ff, 0xff00ff, 0xff0098,
    0xff5959, 0xffb459, 0xffff71, 0xcfff60, 0x6fff6f, 0x65ffc9, 0x6dffff, 0x59b4ff, 0x5959ff, 0xc459ff, 0xff66ff, 0xff59bc,
    0xff9c9c, 0xffd39c, 0xffff9c, 0xe2ff9c, 0x9cff9c, 0x9cffdb, 0x9cffff, 0x9cd3ff, 0x9c9cff, 0xdc9cff, 0xff9cff, 0xff94d3,
    0x000000, 0x131313, 0x282828, 0x363636, 0x4d4d4d, 0x656565, 0x818181, 0x9f9f9f, 0xbcbcbc, 0xe2e2e2, 0xffffff};

struct state { unsigned style; int32_t fg, bg; };
static const struct state plain_state = {0, IRC_COLOUR_NONE, IRC_COLOUR_NONE};

static bool same(const struct state *a, const struct state *b)
{
    return a->style == b->style && a->fg == b->fg && a->bg == b->bg;
}

static unsigned toggle_of(char code)
{
    switch (code) {
    case 0x02: return IRC_BOLD;
    case 0x1d: return IRC_ITALIC;
    case 0x1f: return IRC_UNDERLINE;
    case 0x1e: return IRC_STRIKE;
    case 0x11: return IRC_MONOSPACE;
    case 0x16: return IRC_REVERSE;
    default: return 0;
    }
}

/* One or two digits at s; -1 when there are none. */
static int number(const char *s, size_t len, size_t *used)
{
    int n = 0;

    *used = 0;
    while (*used < 2 && *used < len && s[*used] >= '0' && s[*used] <= '9')
        n = n * 10 + (s[(*used)++] - '0');
    return *used > 0 ? n : -1;
}

static int32_t colour(int n)
{
    return n >= 99 ? IRC_COLOUR_NONE : n < 16 ? n : IRC_COLOUR_RGB | (int32_t)extended[n - 16];
}

/* Behind 0x03: "N[,N]"; nothing resets both. Returns how many bytes it took. */
static size_t take_colour(const char *s, size_t len, struct state *st)
{
    size_t a, b = 0;
    int fg = number(s, len, &a), bg = -1;

    if (fg < 0) {
        st->fg = st->bg = IRC_COLOUR_NONE;
        return 0;
    }
    st->fg = colour(fg);
    if (a < len && s[a] == ',')
        bg = number(s + a + 1, len - a - 1, &b);
    if (bg < 0)
        return a; /* the comma is text */
    st->bg = colour(bg);
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
static size_t take_hex(const char *s, size_t len, struct state *st)
{
    int32_t fg = hex6(s, len), bg = len > 7 && s[6] == ',' ? hex6(s + 7, len - 7) : -1;

    if (fg < 0) {
        st->fg = st->bg = IRC_COLOUR_NONE;
        return 0;
    }
    st->fg = IRC_COLOUR_RGB | fg;
    if (bg < 0)
        return 6;
    st->bg = IRC_COLOUR_RGB | bg;
    return 13;
}

/* Is there a code at s? Its length with what belongs to it, and the state behind it; 0: text. */
static size_t take_code(const char *s, size_t len, struct state *st)
{
    unsigned toggle = toggle_of(*s);

    if (toggle != 0) {
        st->style ^= toggle;
        return 1;
    }
    if (*s == 0x0f) {
        *st = plain_state;
        return 1;
    }
    if (*s == 0x03)
        return 1 + take_colour(s + 1, len - 1, st);
    if (*s == 0x04)
        return 1 + take_hex(s + 1, len - 1, st);
    return 0;
}

static void add_run(struct irc_runs *runs, const struct state *st, size_t start, size_t end)
{
    bool hidden = st->fg != IRC_COLOUR_NONE && st->fg == st->bg;
    struct irc_run run = {start, end - start, st->style | (hidden ? IRC_SPOILER : 0u), st->fg, st->bg};

    if (runs == NULL || start == end || same(st, &plain_state) || runs->n >= IRC_RUNS_MAX)
        return;
    VEC_PUSH(runs->v, runs->n, runs->cap, run);
}

void irc_format_parse(const char *text, size_t len, struct buf *plain, struct irc_runs *runs)
{
    struct state st = plain_state;
    size_t base = plain->len, start = 0;

    for (size_t i = 0; i < len;) {
        struct state next = st;
        size_t n = take_code(text + i, len - i, &next);

        if (n == 0) {
            buf_addc(plain, text[i++]);
            continue;
        }
        if (!same(&st, &next)) {
            add_run(runs, &st, start, plain->len - base);
            start = plain->len - base;
        }
        st = next;
        i += n;
    }
    add_run(runs, &st, start, plain->len - base);
}

void irc_runs_free(struct irc_runs *r)
{
    free(r->v);
    *r = (struct irc_runs){0};
}

/* ---- plain text with runs to codes ---- */

/* The nearest code of a colour: the sixteen by two digits, others by six. Both in one code must be of one kind. */
static void put_colours(struct buf *out, const struct state *st)
{
    bool rgb = (st->fg != IRC_COLOUR_NONE && st->fg >= IRC_COLOUR_RGB) || (st->bg != IRC_COLOUR_NONE && st->bg >= IRC_COLOUR_RGB);
    int32_t fg = st->fg, bg = st->bg;

    if (fg == IRC_COLOUR_NONE && bg == IRC_COLOUR_NONE)
        return;
    if (!rgb || fg == IRC_COLOUR_NONE || bg == IRC_COLOUR_NONE || fg < IRC_COLOUR_RGB || bg < IRC_COLOUR_RGB) {
        if (!rgb) { /* always two digits: a digit that follows is text */
            buf_addf(out, "\x03%02d", fg == IRC_COLOUR_NONE ? 99 : (int)fg);
            if (bg != IRC_COLOUR_NONE)
                buf_addf(out, ",%02d", (int)bg);
            return;
        }
        if (fg < IRC_COLOUR_RGB && fg != IRC_COLOUR_NONE)
            buf_addf(out, "\x03%02d", (int)fg);
        if (bg != IRC_COLOUR_NONE && bg < IRC_COLOUR_RGB)
            buf_addf(out, "\x03%02d,%02d", fg != IRC_COLOUR_NONE && fg < IRC_COLOUR_RGB ? (int)fg : 99, (int)bg);
        if (fg >= IRC_COLOUR_RGB)
            buf_addf(out, "\x04%06X", (unsigned)fg & 0xffffffu);
        return; /* a 24-bit ground alone has no code */
    }
    buf_addf(out, "\x04%06X,%06X", (unsigned)fg & 0xffffffu, (unsigned)bg & 0xffffffu);
}

static void put_toggles(struct buf *out, unsigned style)
{
    static const struct { unsigned style; char code; } rows[] = {
        {IRC_BOLD, 0x02}, {IRC_ITALIC, 0x1d}, {IRC_UNDERLINE, 0x1f}, {IRC_STRIKE, 0x1e}, {IRC_MONOSPACE, 0x11}, {IRC_REVERSE, 0x16}};

    for (size_t i = 0; i < COUNT(rows); i++)
        if (style & rows[i].style)
            buf_addc(out, rows[i].code);
}

/* From nothing to this state, before text that begins with next. */
static void open_state(struct buf *out, const struct state *st, char next)
{
    size_t before = out->len;

    put_toggles(out, st->style);
    put_colours(out, st);
    /* "\x0304" and ",5" would be read as a ground: two toggles that cancel each other stand between. */
    if (out->len > before && next == ',' && (st->fg != IRC_COLOUR_NONE || st->bg != IRC_COLOUR_NONE))
        buf_adds(out, "\x02\x02");
}

void irc_format_emit(const char *plain, size_t len, const struct irc_runs *runs, struct buf *out)
{
    size_t at = 0;

    for (size_t i = 0; i < runs->n; i++) {
        const struct irc_run *r = &runs->v[i];
        struct state st = {r->style & ~(unsigned)IRC_SPOILER, r->fg, r->bg};

        if (r->start < at || r->start >= len)
            continue;
        buf_add(out, plain + at, r->start - at);
        at = MIN(len, r->start + r->len);
        if ((r->style & IRC_SPOILER) && r->fg == IRC_COLOUR_NONE)
            st.fg = st.bg = 1;
        open_state(out, &st, plain[r->start]);
        buf_add(out, plain + r->start, at - r->start);
        buf_addc(out, 0x0f);
    }
    buf_add(out, plain + at, len - at);
}

/* ---- cutting ---- */

/* Length of what must stay together at s: a code with its digits, or a cluster. */
static size_t unit(const char *s, size_t len, struct state *st)
{
    size_t n = take_code(s, len, st);

    return n > 0 ? n : cluster_next(s, len);
}

struct cut { size_t at, next; struct state state; }; /* the part ends at; the next begins at next, in this state */

/* How much of s fits in room bytes. */
static struct cut find_cut(const char *s, size_t len, size_t room, struct state st)
{
    struct cut hard = {0, 0, st}, soft = {0};
    size_t i = 0;

    while (i < len) {
        struct state next = st;
        size_t n = unit(s + i, len - i, &next);

        if (i + n > room)
            break;
        if (s[i] == ' ' && i > room - room / 3)
            soft = (struct cut){i, i + 1, st};
        i += n;
        st = next;
        hard = (struct cut){i, i, st};
    }
    if (hard.at == len)
        return hard;
    if (s[hard.at] == ' ') /* the word ends just here */
        return (struct cut){hard.at, hard.at + 1, hard.state};
    if (soft.at > 0)
        return soft;
    if (hard.at == 0) /* one cluster is longer than a line: cut it between characters */
        hard.at = hard.next = MAX((size_t)1, utf8_floor(s, len, room));
    return hard;
}

void irc_split(const char *text, size_t len, size_t max, irc_part_fn *fn, void *user)
{
    struct state st = plain_state;

    ENSURE(max >= 16);
    do {
        struct buf part = {0};
        struct cut cut;

        if (!same(&st, &plain_state))
            open_state(&part, &st, len > 0 ? *text : '\0');
        if (part.len > max / 2)
            buf_clear(&part); /* no room for colours and text: the text counts */
        cut = find_cut(text, len, max - part.len, st);
        buf_add(&part, text, cut.at);
        if (part.len > 0 || len == 0)
            fn(user, buf_str(&part), part.len);
        buf_free(&part);
        text += cut.next;
        len -= cut.next;
        st = cut.state;
    } while (len > 0);
}
