/* base/utf8.c - UTF-8: decoding, encoding and counting */
#include "base/utf8.h"

#include <string.h>

/* What the lead byte promises: how many bytes, and the range of the second one (Unicode 3.9, table
 * 3-7). */
static size_t sequence_length(unsigned char lead, unsigned char *lo, unsigned char *hi)
{
    *lo = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *hi = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

uint32_t utf8_decode(const char *s, size_t len, size_t *used)
{
    const unsigned char *p = (const unsigned char *)s;
    if (!len) {
        *used = 0;
        return 0;
    }
    if (p[0] < 0x80) {
        *used = 1;
        return p[0];
    }
    unsigned char lo, hi;
    size_t n = sequence_length(p[0], &lo, &hi);
    *used = 1;
    if (!n)
        return UTF8_BAD;
    uint32_t cp = p[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (i >= len || p[i] < lo || p[i] > hi) {
            *used = i;
            return UTF8_BAD;
        }
        cp = cp << 6 | (p[i] & 0x3Fu);
        lo = 0x80;
        hi = 0xBF;
    }
    *used = n;
    return cp;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = UTF8_BAD;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (cp & 0x3F));
        cp >>= 6;
    }
    out[0] = (char)((0xF00u >> n & 0xFF) | cp);
    return n;
}

bool utf8_valid(const char *s, size_t len)
{
    for (size_t i = 0, used; i < len; i += used) {
        uint32_t cp = utf8_decode(s + i, len - i, &used);
        if (cp == UTF8_BAD && !(used == 3 && (unsigned char)s[i] == 0xEF))
            return false;
    }
    return true;
}

size_t utf8_count(const char *s)
{
    size_t n = 0, len = strlen(s);
    for (size_t i = 0, used; i < len; i += used, n++)
        utf8_decode(s + i, len - i, &used);
    return n;
}

size_t utf8_floor(const char *s, size_t len, size_t max)
{
    if (max >= len)
        return len;
    size_t n = max;
    while (n > 0 && max - n < 3 && ((unsigned char)s[n] & 0xC0) == 0x80)
        n--;
    /* only a whole character is worth stepping back for; stray continuation bytes are cut anywhere
     */
    size_t used;
    utf8_decode(s + n, len - n, &used);
    return n + used > max ? n : max;
}
