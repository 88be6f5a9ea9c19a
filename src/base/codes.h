/* base/codes.h - the codes by which text itself says how it looks: those of IRC, and those in the input
 *
 * Facts: modern IRC "Formatting". Toggles: 0x02 bold, 0x1D italic, 0x1F underline, 0x1E strike, 0x11 monospace, 0x16
 * reverse; 0x0F ends all; 0x03[N[N][,N[N]]] colours 0 to 98 (99: none), 0x04[RRGGBB[,RRGGBB]]. Text in the colour of
 * its ground is a spoiler. In the input there is one more toggle, 0x13, for that.
 */
#ifndef BASE_CODES_H
#define BASE_CODES_H

#include "base/runs.h"

enum codes { CODES_IRC = 0, CODES_INPUT };

/* Appends the text without codes to plain, and what they mean to runs (may be NULL), counted from where plain ended. */
void codes_parse(enum codes kind, const char *text, size_t len, struct buf *plain, struct runs *runs);
/* The other way: plain text with runs to codes, so that any client reads the same. */
void codes_emit(enum codes kind, const char *plain, size_t len, const struct runs *runs, struct buf *out);
/* Is there a code at s? Its length with what belongs to it, and *l becomes the look behind it; 0: text. */
size_t codes_take(enum codes kind, const char *s, size_t len, struct look *l);
/* Appends the codes from plain to this look, before text that begins with `next`. */
void codes_open(enum codes kind, struct buf *out, const struct look *l, char next);
/* The text with its packed runs as codes; owned. */
char *codes_text(enum codes kind, const char *plain, const char *packed);
/* Appends the clean form (base/utf8.h, UTF8_TEXT) of what lies between the codes, with them; at most max bytes. */
void codes_clean(struct buf *out, const char *text, size_t len, size_t max);
uint32_t codes_colour(int number); /* 0 to 98: LOOK_COLOUR | 0xRRGGBB; 99 and more: 0 */
/* Is there any code in it? */
bool codes_any(enum codes kind, const char *text);

#endif
