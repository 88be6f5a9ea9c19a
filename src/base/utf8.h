/* base/utf8.h - UTF-8: decoding, checking, and the cleaning of text at the border */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/base.h"
#include "base/buf.h"

#define UTF8_BAD 0xFFFDu

/* Decodes one code point of s[0..len); sets *used (>= 1 when len > 0). Invalid bytes give UTF8_BAD for each
 * maximal subpart (Unicode 3.9, table 3-8). len == 0 gives 0 and *used = 0. */
uint32_t utf8_decode(const char *s, size_t len, size_t *used);
/* Writes 1..4 bytes (not terminated); returns how many. Surrogates and > U+10FFFF give U+FFFD. */
size_t utf8_encode(uint32_t cp, char out[4]);
bool utf8_valid(const char *s, size_t len);
size_t utf8_count(const char *s); /* code points */
/* Largest n <= max such that s[0..n) ends at a character border. */
size_t utf8_floor(const char *s, size_t len, size_t max);

enum utf8_clean {
    UTF8_LINE = 0,       /* one line: '\n' '\r' '\t' become a space */
    UTF8_TEXT = 1u << 0  /* '\n' and '\t' are kept, "\r\n" and '\r' become '\n' */
};
/* Appends the clean form of s to out: NFC; invalid UTF-8 -> U+FFFD; C0, C1, DEL -> a visible picture
 * (U+2400 block) for C0/DEL, U+FFFD for C1; bidi controls U+202A-E, U+2066-9, U+061C, tag characters, U+FEFF,
 * U+200B, U+2060-4, noncharacters dropped; U+200C-F kept only between two visible characters (ZWJ/ZWNJ);
 * at most 8 combining marks a cluster; at most max bytes of output, cut at a character (SECURITY.md 1).
 * Returns true when it had to be cut. */
bool utf8_clean(struct buf *out, const char *s, size_t len, unsigned mode, size_t max);
/* True when s is already clean, so that the common case copies nothing. */
bool utf8_is_clean(const char *s, size_t len, unsigned mode);

#endif
