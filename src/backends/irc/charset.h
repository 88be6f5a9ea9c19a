/* backends/irc/charset.h - lines that are not in UTF-8: as what they are read, and as what ours are written
 *
 * A line that comes is UTF-8, or all of it is in the other encoding. Windows-1252 needs nothing of the system; others
 * are what iconv(3) knows, so long as ASCII is in them what it is: IRC itself is written in it.
 */
#ifndef BACKENDS_IRC_CHARSET_H
#define BACKENDS_IRC_CHARSET_H

#include "base/base.h"
#include "base/buf.h"

struct irc_charset {
    bool utf8;      /* there is no other: bytes that are not UTF-8 are U+FFFD each */
    void *in, *out; /* iconv_t; NULL: Windows-1252, and what we write is UTF-8 */
};
extern const struct irc_charset irc_windows_1252;

/* in: "windows-1252", "utf-8", or a name of iconv's; out: that of what is written. NULL is the default of each. A name
 * that is not known, or no encoding for IRC, counts as the default: *bad then is that name. */
void irc_charset_open(struct irc_charset *c, const char *in, const char *out, const char **bad);
void irc_charset_close(struct irc_charset *c);
/* Appends a line that is not UTF-8 as UTF-8. */
void irc_charset_decode(const struct irc_charset *c, const char *s, size_t len, struct buf *out);
/* Appends UTF-8 as it is written; what the encoding does not have is a question mark. */
void irc_charset_encode(const struct irc_charset *c, const char *s, size_t len, struct buf *out);
/* What others read of this text, when it is written so and comes back; owned. */
char *irc_charset_round(const struct irc_charset *c, const char *text);

#endif
