/* backends/irc/format.h - text and how it looks: codes to spans and back, and cutting text to lines
 *
 * Pure. The codes themselves are in base/codes.h, for the input has them too.
 */
#ifndef BACKENDS_IRC_FORMAT_H
#define BACKENDS_IRC_FORMAT_H

#include "base/base.h"
#include "base/buf.h"
#include "kith/plugin.h"

/* Appends the text without codes. */
void irc_format_plain(const char *text, struct buf *plain);
/* Takes the codes out. */
void irc_format_strip(char *text);
/* Appends the text without codes to plain, which is empty; owned spans of it, NULL when there are none. */
struct kith_span *irc_format_parse(const char *text, struct buf *plain, size_t *n);
/* The other way: appends text[from, from + len), of which spans tell, with codes; one line, for codes end with it. */
void irc_format_emit(const char *text, size_t from, size_t len, const struct kith_span *spans, size_t n, struct buf *out);

/* Cuts one line of text (codes in it count and go on in the next part) to parts of at most max bytes (>= 16): at a
 * space where there is one in the last third, else between grapheme clusters, and inside one only when it is longer
 * than max. The space of the cut is dropped: space says that there was one, and that more follows. */
typedef void irc_part_fn(void *user, const char *part, size_t len, bool space);
void irc_split(const char *text, size_t len, size_t max, irc_part_fn *fn, void *user);

#endif
