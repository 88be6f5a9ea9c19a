/* base/marks.h - text that says by marks in it how it looks: *strong*, _emphasis_, ~struck~, `code` (XEP-0393)
 *
 * The marks are part of the text and stay visible. Blocks first: lines between ``` have no marks; what follows > is a
 * quote, which may hold blocks. Then spans, in one line each: the opening mark stands at the start, behind white space or
 * behind another opening mark and before no white space; the closing one behind none; the first that fits closes.
 */
#ifndef BASE_MARKS_H
#define BASE_MARKS_H

#include "base/runs.h"

/* False: there is certainly nothing in it that could be a mark. */
bool marks_any(const char *text);
/* Adds LOOK_BOLD, LOOK_ITALIC, LOOK_STRIKE, LOOK_MONOSPACE to style[i] for each byte i of the text that looks so, with the
 * marks around it. Lines between ``` at the outermost level that are closed again are left alone: every reader of bodies
 * shows those (kith/event.h). */
void marks_read(const char *text, size_t len, uint8_t *style);
/* The same as runs; nothing where there are no marks. */
void marks_runs(const char *text, struct runs *out);
/* Bytes with their styles as runs. */
void marks_to_runs(const uint8_t *style, size_t len, struct runs *out);

/* Appends the text to out, with marks for the looks of `want`, where there are none yet. False: something of it cannot be
 * said by marks (in the middle of a word, underlined, in a colour) and was left out. */
bool marks_write(const char *text, const struct runs *want, struct buf *out);

#endif
