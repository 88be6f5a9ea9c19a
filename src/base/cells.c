/* base/cells.c - grapheme clusters and how many terminal cells they take (UX.md 2.6) */
#include "base/cells.h"

#include <string.h>
#include <utf8proc.h>

#include "base/log.h"
#include "base/utf8.h"
#include "base/widths.h"

enum {
    CLUSTER_MAX = 63, /* bytes: a longer one is broken */
    ZWNJ = 0x200C,
    ZWJ = 0x200D,
    RLM = 0x200F,
    KEYCAP = 0x20E3,
    VS15 = 0xFE0E,
    VS16 = 0xFE0F
};

static bool is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

static bool is_printable_ascii(char c)
{
    return c >= 0x20 && c < 0x7F;
}

static bool is_skin(uint32_t cp)
{
    return cp >= 0x1F3FB && cp <= 0x1F3FF;
}

static bool is_flag_letter(uint32_t cp)
{
    return cp >= 0x1F1E6 && cp <= 0x1F1FF;
}

static int bound_class(uint32_t cp)
{
    return (int)utf8proc_get_property((utf8proc_int32_t)cp)->boundclass;
}

static bool is_emoji(uint32_t cp)
{
    return cp >= 0xA9 && bound_class(cp) == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

static bool is_spacing_mark(uint32_t cp)
{
    return cp >= 0x900 && utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_MC;
}

/* Common characters that join with nothing: a letter, sign or ideograph of a cluster of its own
 * when the next one is such a character too. *width = their cells. The quick way for most of what
 * is written. */
static bool is_simple(uint32_t cp, int *width)
{
    static const struct {
        uint32_t lo, hi;
        int width;
    } ranges[] = {
        {0x20, 0x7E, 1},     {0xAF, 0x2FF, 1},    {0x391, 0x3A1, 1},   {0x3A3, 0x3CE, 1},
        {0x400, 0x481, 1},   {0x48A, 0x52F, 1},   {0x5D0, 0x5EA, 1},   {0x620, 0x64A, 1},
        {0x2010, 0x2027, 1}, {0x2030, 0x203B, 1}, {0x2500, 0x25A9, 1}, {0x3041, 0x3096, 2},
        {0x30A1, 0x30FA, 2}, {0x4E00, 0x9FFF, 2}, {0xAC00, 0xD7A3, 2}, {0xFF01, 0xFF60, 2},
    };
    for (size_t i = 0; i < COUNT(ranges) && cp >= ranges[i].lo; i++)
        if (cp <= ranges[i].hi) {
            *width = ranges[i].width;
            return true;
        }
    return false;
}

/* ---- borders ---- */

/* Cells that cp adds behind `before` in one cluster, were it drawn piece by piece. */
static int adds(uint32_t before, uint32_t cp)
{
    if (is_skin(cp) || is_flag_letter(cp) || (before == ZWJ && is_emoji(cp)))
        return 0;
    return width_of(cp);
}

/* UAX 29 extended clusters, but never more than two cells of spacing characters (conjuncts, runs of
 * Hangul leading consonants) and never longer than CLUSTER_MAX, so that each fits a cell of the
 * grid. */
size_t cluster_next(const char *s, size_t len)
{
    if (len < 2)
        return len;
    if (is_ascii(s[0]) && is_ascii(s[1]))
        return s[0] == '\r' && s[1] == '\n' ? 2 : 1;
    size_t used, at;
    uint32_t before = utf8_decode(s, len, &at);
    utf8proc_int32_t state = 0;
    int cells;
    if (is_simple(before, &cells) &&
        (at == len || is_simple(utf8_decode(s + at, len - at, &used), &cells)))
        return at;
    cells = width_of(before);
    while (at < len) {
        uint32_t cp = utf8_decode(s + at, len - at, &used);
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)cp,
                                             &state) ||
            at + used > CLUSTER_MAX)
            break;
        int more = adds(before, cp);
        if (more && cells + more > 2)
            break;
        cells += more;
        before = cp;
        at += used;
    }
    return at;
}

/* Start of the character that ends at byte `at` > 0. */
static size_t char_before(const char *s, size_t at)
{
    size_t n = at - 1;
    while (n > 0 && at - n < 4 && ((unsigned char)s[n] & 0xC0) == 0x80)
        n--;
    size_t used;
    utf8_decode(s + n, at - n, &used);
    return n + used == at ? n : at - 1;
}

/* A place at or before `at` where a cluster begins whatever came before: between two characters of
 * no class. */
static size_t safe_start(const char *s, size_t at)
{
    size_t used;
    bool other = false;
    while (at > 0) {
        size_t n = char_before(s, at);
        uint32_t cp = utf8_decode(s + n, at - n, &used);
        bool now = is_ascii(s[n])
                       ? is_printable_ascii(s[n])
                       : bound_class(cp) == UTF8PROC_BOUNDCLASS_OTHER && width_of(cp) > 0;
        if (now && other)
            return at;
        other = now;
        at = n;
    }
    return 0;
}

size_t cluster_prev(const char *s, size_t at)
{
    if (!at)
        return 0;
    if (at >= 2 && is_printable_ascii(s[at - 1]) && is_printable_ascii(s[at - 2]))
        return at - 1;
    size_t start = safe_start(s, at), next;
    while ((next = start + cluster_next(s + start, at - start)) < at)
        start = next;
    return start;
}

/* ---- what is drawn ---- */

struct form { /* code points, and the cells they take */
    uint32_t cp[CLUSTER_MAX + 2];
    size_t n;
    int width;
};

static size_t decode_all(const char *s, size_t len, uint32_t *cp)
{
    size_t n = 0, used;
    len = len > CLUSTER_MAX ? CLUSTER_MAX : len;
    for (size_t i = 0; i < len; i += used)
        cp[n++] = utf8_decode(s + i, len - i, &used);
    return n;
}

static bool measured(const struct cell_rules *r, uint8_t cells)
{
    return r->emoji == EMOJI_GRAPHEME && (cells == 1 || cells == 2);
}

static size_t find(const struct form *f, uint32_t cp)
{
    size_t i = 0;
    while (i < f->n && f->cp[i] != cp)
        i++;
    return i;
}

static void drop(struct form *f, size_t at)
{
    memmove(&f->cp[at], &f->cp[at + 1], (f->n - at - 1) * sizeof f->cp[0]);
    f->n--;
}

static void only(struct form *f, uint32_t cp, int width)
{
    f->cp[0] = cp;
    f->n = 1;
    f->width = width;
}

static void unknown(const struct cell_rules *r, struct form *f)
{
    only(f, r->ambiguous_wide ? '?' : UTF8_BAD, 1);
}

/* The nearest ASCII character, for terminals that are not in UTF-8. */
static uint32_t ascii_of(uint32_t cp)
{
    static const struct {
        uint32_t lo, hi;
        char c;
    } near[] = {
        {0xA0, 0xA0, ' '},     {0xAB, 0xAB, '"'},     {0xB7, 0xB7, '.'},      {0xBB, 0xBB, '"'},
        {0xD7, 0xD7, 'x'},     {0x2010, 0x2015, '-'}, {0x2018, 0x201B, '\''}, {0x201C, 0x201F, '"'},
        {0x2022, 0x2022, '*'}, {0x2026, 0x2026, '.'}, {0x2039, 0x2039, '<'},  {0x203A, 0x203A, '>'},
        {0x2190, 0x2190, '<'}, {0x2191, 0x2191, '^'}, {0x2192, 0x2192, '>'},  {0x2193, 0x2193, 'v'},
        {0x2212, 0x2212, '-'}, {0x2500, 0x2501, '-'}, {0x2502, 0x2503, '|'},  {0x250C, 0x254B, '+'},
        {0x25CF, 0x25CF, '*'}, {0x25CB, 0x25CB, 'o'}, {0x2713, 0x2714, 'v'},  {0x2717, 0x2718, 'x'},
    };
    if (cp < 0x80)
        return cp;
    for (size_t i = 0; i < COUNT(near); i++)
        if (cp >= near[i].lo && cp <= near[i].hi)
            return (uint32_t)(unsigned char)near[i].c;
    utf8proc_int32_t parts[32];
    int last = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, parts, COUNT(parts),
                                                 UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &last);
    return n > 0 && parts[0] >= 0x20 && parts[0] < 0x7F ? (uint32_t)parts[0] : '?';
}

static void flag_form(const struct cell_rules *r, struct form *f)
{
    if (f->n >= 2 && is_flag_letter(f->cp[1]) && (r->flag == 0 || r->flag == 2)) {
        f->n = 2;
        f->width = 2;
        return;
    }
    size_t n = f->n >= 2 && is_flag_letter(f->cp[1]) ? 2 : 1; /* its letters */
    for (size_t i = 0; i < n; i++)
        f->cp[i] = 'A' + (f->cp[i] - 0x1F1E6);
    f->n = n;
    f->width = (int)n;
}

/* Takes off what the terminal is not known to draw in one cluster. */
static void emoji_form(const struct cell_rules *r, struct form *f)
{
    size_t zwj = find(f, ZWJ);
    if (zwj < f->n) {
        if (zwj + 1 < f->n && measured(r, r->zwj)) {
            f->width = r->zwj;
            return;
        }
        f->n = zwj;
    }
    if (width_is_new_emoji(f->cp[0])) {
        if (measured(r, r->newest) && utf8proc_category((utf8proc_int32_t)f->cp[0]))
            only(f, f->cp[0], r->newest);
        else
            unknown(r, f);
        return;
    }
    f->width = width_of(f->cp[0]);
    if (r->ambiguous_wide && width_is_ambiguous(f->cp[0]))
        f->width = 2;
    for (size_t i = 1; i < f->n;) {
        uint32_t cp = f->cp[i];
        if (is_skin(cp) && measured(r, r->skin)) {
            f->width = r->skin;
            i++;
        } else if (cp == VS16 && measured(r, r->vs16)) {
            f->width = MAX(f->width, r->vs16);
            i++;
        } else if (is_skin(cp) || cp == VS16 || cp == VS15 || (cp >= ZWNJ && cp <= RLM) ||
                   cp >= 0xE0000) {
            drop(f, i);
        } else {
            i++;
        }
    }
}

static void keycap_form(const struct cell_rules *r, struct form *f)
{
    if (measured(r, r->vs16) && r->vs16 == 2 && f->n == 3)
        f->width = 2;
    else
        only(f, f->cp[0], 1);
}

/* Letters and marks. Joiners and directional marks do their work between letters, which we do not
 * shape; a terminal that takes ZWJ for glue (tmux) would lose the next letter. */
static void text_form(const struct cell_rules *r, struct form *f)
{
    for (size_t i = 0; i < f->n;)
        if ((f->cp[i] > ZWNJ && f->cp[i] <= RLM) || f->cp[i] == VS15 || f->cp[i] == VS16)
            drop(f, i);
        else
            i++;
    if (!f->n || (f->n == 1 && f->cp[0] == ZWNJ)) {
        f->n = 0;
        f->width = 0;
        return;
    }
    int width = 0;
    for (size_t i = 0; i < f->n; i++) {
        bool joins = i > 0 && r->devanagari == 3 && is_spacing_mark(f->cp[i]);
        width += joins ? 0 : width_of(f->cp[i]);
    }
    if (!width) { /* a mark without a letter would climb onto its neighbour */
        memmove(&f->cp[1], &f->cp[0], f->n * sizeof f->cp[0]);
        f->cp[0] = ' ';
        f->n++;
        width = 1;
    }
    if (r->ambiguous_wide && width_is_ambiguous(f->cp[0]))
        width = 2;
    f->width = MIN(width, 2);
}

static void make_form(const struct cell_rules *r, const char *s, size_t len, struct form *f)
{
    f->n = decode_all(s, len, f->cp);
    uint32_t first = f->n ? f->cp[0] : '\n';
    if (first == '\n' || first == '\r') {
        f->n = 0;
        f->width = 0;
    } else if (first == '\t') {
        only(f, ' ', 1);
    } else if (r->no_utf8) {
        bool nothing = width_of(first) == 0 && first >= 0x300;
        only(f, first < 0x20 ? '?' : ascii_of(first), nothing ? 0 : 1);
        f->n = nothing ? 0 : 1;
    } else if (first < 0x20 || (first >= 0x7F && first < 0xA0)) {
        unknown(r, f);
    } else if (is_flag_letter(first)) {
        flag_form(r, f);
    } else if (find(f, KEYCAP) < f->n && first < 0x80) {
        keycap_form(r, f);
    } else if (is_emoji(first) || is_skin(first) || width_is_new_emoji(first)) {
        emoji_form(r, f);
    } else if (utf8proc_category((utf8proc_int32_t)first) == UTF8PROC_CATEGORY_CN) {
        unknown(r, f);
    } else {
        text_form(r, f);
    }
}

/* One simple character that every terminal draws in the same way. */
static bool is_plain(const struct cell_rules *r, const char *s, size_t len, int *width)
{
    size_t used;
    if (r->no_utf8 || r->ambiguous_wide || !len)
        return false;
    uint32_t cp = utf8_decode(s, len, &used);
    return used == len && is_simple(cp, width);
}

int cluster_width(const struct cell_rules *r, const char *s, size_t len)
{
    if (len == 1 && is_printable_ascii(s[0]))
        return 1;
    int width;
    if (is_plain(r, s, len, &width))
        return width;
    struct form f;
    make_form(r, s, len, &f);
    return f.width;
}

size_t cluster_safe(const struct cell_rules *r, const char *s, size_t len, char *out, size_t cap)
{
    ENSURE(cap >= 64);
    if (len == 1 && is_printable_ascii(s[0])) {
        out[0] = s[0];
        return 1;
    }
    int width;
    if (len <= 4 && is_plain(r, s, len, &width)) {
        memcpy(out, s, len);
        return len;
    }
    struct form f;
    make_form(r, s, len, &f);
    size_t n = 0;
    for (size_t i = 0; i < f.n; i++) {
        char bytes[4];
        size_t k = utf8_encode(f.cp[i], bytes);
        if (n + k > cap)
            break;
        memcpy(out + n, bytes, k);
        n += k;
    }
    return n;
}

/* Characters of whose width terminals have different opinions: numerals' signs that stand before what
 * they mark, letters of Hangul that join to syllables, emoji of the last ten years. */
static bool of_doubtful_width(uint32_t cp)
{
    static const struct {
        uint32_t lo, hi;
    } ranges[] = {
        {0x600, 0x605},     {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},
        {0x8E2, 0x8E2},     {0x1100, 0x11FF},   {0x3248, 0x324F},   {0x4DC0, 0x4DFF},
        {0xA960, 0xA97F},   {0xD7B0, 0xD7FF},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
        {0x1F6D3, 0x1F6FF}, {0x1F7E0, 0x1F7FF}, {0x1F900, 0x1FAFF},
    };
    for (size_t i = 0; i < COUNT(ranges) && cp >= ranges[i].lo; i++)
        if (cp <= ranges[i].hi)
            return true;
    return width_is_new_emoji(cp);
}

bool cluster_risky(const char *s, size_t len)
{
    if (len < 2)
        return false;
    uint32_t cp[CLUSTER_MAX + 2];
    size_t n = decode_all(s, len, cp);
    for (size_t i = 0; i < n; i++)
        if (cp[i] == ZWJ || cp[i] == VS16 || cp[i] == VS15 || cp[i] == KEYCAP ||
            is_flag_letter(cp[i]) || is_skin(cp[i]) || is_spacing_mark(cp[i]) ||
            of_doubtful_width(cp[i]))
            return true;
    return false;
}

int cells_width(const struct cell_rules *r, const char *s, size_t len)
{
    int used;
    cells_fit(r, s, len, INT32_MAX, &used);
    return used;
}

size_t cells_fit(const struct cell_rules *r, const char *s, size_t len, int max, int *used)
{
    size_t i = 0;
    int cells = 0;
    while (i < len) {
        size_t n = 1;
        int w = 1;
        if (!is_printable_ascii(s[i]) || (i + 1 < len && !is_ascii(s[i + 1]))) {
            n = cluster_next(s + i, len - i);
            w = cluster_width(r, s + i, n);
        }
        if (cells > max - w)
            break;
        cells += w;
        i += n;
    }
    if (used)
        *used = cells;
    return i;
}
