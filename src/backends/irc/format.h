/* backends/irc/format.h - the formatting codes of IRC: to plain text with runs and back, and cutting text to lines
 *
 * Pure. Facts: modern IRC "Formatting". A run says what holds for some bytes of the plain text; runs never overlap, lie
 * in order, and name only what differs from plain.
 */
#ifndef BACKENDS_IRC_FORMAT_H
#define BACKENDS_IRC_FORMAT_H

#include "base/base.h"
#include "base/buf.h"

enum {
    IRC_BOLD = 1u << 0, IRC_ITALIC = 1u << 1, IRC_UNDERLINE = 1u << 2, IRC_STRIKE = 1u << 3, IRC_MONOSPACE = 1u << 4,
    IRC_REVERSE = 1u << 5, IRC_SPOILER = 1u << 6 /* written in the colour of its ground */
};
enum { IRC_COLOUR_NONE = -1, IRC_COLOUR_RGB = 1 << 24 /* | 0xRRGGBB; below: 0..15, the sixteen of IRC */ };
enum { IRC_RUNS_MAX = 512 }; /* of one message; what follows is plain */

struct irc_run { size_t start, len; unsigned style; int32_t fg, bg; };
struct irc_runs { struct irc_run *v; size_t n, cap; }; /* zero-initialised is empty */

/* Appends the text without codes to plain, and what they mean to runs (may be NULL). */
void irc_format_parse(const char *text, size_t len, struct buf *plain, struct irc_runs *runs);
/* The other way: plain text with runs to codes, so that any client reads the same. */
void irc_format_emit(const char *plain, size_t len, const struct irc_runs *runs, struct buf *out);
void irc_runs_free(struct irc_runs *r);

/* Cuts one line of text (codes in it count and go on in the next part) to parts of at most max bytes (>= 16): at a
 * space where there is one in the last third, else between grapheme clusters, and inside one only when it is longer
 * than max. The space of the cut is dropped. */
typedef void irc_part_fn(void *user, const char *part, size_t len);
void irc_split(const char *text, size_t len, size_t max, irc_part_fn *fn, void *user);

#endif
