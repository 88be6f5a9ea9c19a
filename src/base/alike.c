/* base/alike.c - names that look like others: mixed scripts, and what remains when look-alikes are
 * one
 */
#include "base/alike.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

/* Letters of other scripts, in small, that many fonts draw like a Latin one. By code point. */
static const struct {
    uint32_t cp;
    char as;
} letters[] = {
    {0x131, 'l'},  {0x251, 'a'},  {0x261, 'g'},  {0x269, 'l'},  {0x3B1, 'a'},  {0x3B3, 'y'},
    {0x3B5, 'e'},  {0x3B7, 'n'},  {0x3B9, 'l'},  {0x3BA, 'k'},  {0x3BD, 'v'},  {0x3BF, 'o'},
    {0x3C1, 'p'},  {0x3C3, 'o'},  {0x3C4, 't'},  {0x3C5, 'u'},  {0x3C7, 'x'},  {0x3C9, 'w'},
    {0x430, 'a'},  {0x432, 'b'},  {0x433, 'r'},  {0x435, 'e'},  {0x43A, 'k'},  {0x43C, 'm'},
    {0x43D, 'h'},  {0x43E, 'o'},  {0x43F, 'n'},  {0x440, 'p'},  {0x441, 'c'},  {0x442, 't'},
    {0x443, 'y'},  {0x445, 'x'},  {0x44C, 'b'},  {0x455, 's'},  {0x456, 'l'},  {0x458, 'j'},
    {0x461, 'w'},  {0x475, 'v'},  {0x4AF, 'y'},  {0x4BB, 'h'},  {0x4CF, 'l'},  {0x501, 'd'},
    {0x51B, 'q'},  {0x51D, 'w'},  {0x561, 'w'},  {0x563, 'q'},  {0x566, 'q'},  {0x570, 'h'},
    {0x575, 'j'},  {0x578, 'n'},  {0x57D, 'u'},  {0x581, 'g'},  {0x584, 'f'},  {0x585, 'o'},
    {0x13AA, 'g'}, {0x13B3, 'w'}, {0x13DA, 's'}, {0x1D0F, 'o'}, {0x1D1C, 'u'}, {0x1D20, 'v'},
    {0x1D21, 'w'}, {0x1D22, 'z'}, {0xAB83, 'w'},
};

/* What a small letter looks like; 0: it does not count. */
static uint32_t look(uint32_t cp)
{
    if (cp >= 'a' && cp <= 'z')
        return cp == 'i' ? 'l' : cp;
    if (cp < 0x80)
        return cp == '0' ? 'o' : cp == '1' || cp == '|' ? 'l' : cp >= '2' && cp <= '9' ? cp : 0;
    for (size_t lo = 0, hi = COUNT(letters); lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        if (letters[mid].cp == cp)
            return (uint32_t)letters[mid].as;
        if (letters[mid].cp < cp)
            lo = mid + 1;
        else
            hi = mid;
    }
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return c >= UTF8PROC_CATEGORY_PC ? 0 : cp; /* punctuation, signs and blanks */
}

/* "rn" is m, "vv" is w to the eye. */
static void put(struct buf *out, uint32_t cp)
{
    char before = out->len > 0 ? out->data[out->len - 1] : '\0', bytes[4];
    if ((before == 'r' && cp == 'n') || (before == 'v' && cp == 'v'))
        out->data[out->len - 1] = cp == 'n' ? 'm' : 'w';
    else
        buf_add(out, bytes, utf8_encode(cp, bytes));
}

/* Small letters without accents, compatible forms as one. Owned. */
static char *fold(const char *name)
{
    utf8proc_uint8_t *folded = NULL;
    const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
                                  UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_STRIPMARK;
    if (utf8proc_map((const utf8proc_uint8_t *)name, (utf8proc_ssize_t)strlen(name), &folded, how) <
        0)
        return xstrdup(name);
    return (char *)folded;
}

static bool is_ascii(const char *s)
{
    while (*s && !(*s & 0x80))
        s++;
    return *s == '\0';
}

char *alike_skeleton(const char *name)
{
    struct buf out = {0};
    char *folded = is_ascii(name) ? NULL : fold(name);
    const char *s = folded ? folded : name;
    for (size_t len = strlen(s), used = 0; len > 0; s += used, len -= used) {
        uint32_t cp = utf8_decode(s, len, &used);
        uint32_t as = look(cp >= 'A' && cp <= 'Z' ? cp + ('a' - 'A') : cp);
        if (as)
            put(&out, as);
    }
    free(folded);
    return out.len > 0 ? buf_take(&out) : xstrdup("");
}

enum script { NONE, COMMON, LATIN, GREEK, CYRILLIC, ARMENIAN, CHEROKEE };

static enum script script_of(uint32_t cp)
{
    static const struct {
        uint32_t lo, hi;
        enum script script;
    } ranges[] = {
        {'A', 'Z', LATIN},          {'a', 'z', LATIN},          {0xC0, 0x24F, LATIN},
        {0x250, 0x2AF, LATIN},      {0x370, 0x3FF, GREEK},      {0x400, 0x52F, CYRILLIC},
        {0x531, 0x587, ARMENIAN},   {0x13A0, 0x13FF, CHEROKEE}, {0x1C80, 0x1C8F, CYRILLIC},
        {0x1E00, 0x1EFF, LATIN},    {0x1F00, 0x1FFF, GREEK},    {0x2DE0, 0x2DFF, CYRILLIC},
        {0xA640, 0xA69F, CYRILLIC}, {0xAB70, 0xABBF, CHEROKEE},
    };
    for (size_t i = 0; i < COUNT(ranges); i++) {
        if (cp >= ranges[i].lo && cp <= ranges[i].hi)
            return ranges[i].script;
    }
    return utf8proc_category((utf8proc_int32_t)cp) <= UTF8PROC_CATEGORY_ME ? COMMON : NONE;
}

bool alike_mixed(const char *name)
{
    enum script word = COMMON;
    for (size_t len = strlen(name), used = 0; len > 0; name += used, len -= used) {
        enum script s = script_of(utf8_decode(name, len, &used));
        if (s > COMMON && word > COMMON && s != word)
            return true;
        if (s != COMMON)
            word = s == NONE ? COMMON : s;
    }
    return false;
}
