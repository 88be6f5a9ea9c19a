/* backends/irc/line.h - lines of IRC: bytes to lines, a line to its parts, and parts to a line
 *
 * Pure, no I/O. Facts: modern IRC "Message Format", IRCv3 message-tags. Everything that comes is hostile: what is too
 * long or makes no sense is dropped and counted, never an error of the connection.
 */
#ifndef BACKENDS_IRC_LINE_H
#define BACKENDS_IRC_LINE_H

#include "backends/irc/charset.h"
#include "base/base.h"
#include "base/buf.h"

enum {
    IRC_TAGS_BYTES = 8191,  /* of the tags of one line, with '@' and the space (message-tags) */
    IRC_TEXT_BYTES = 8192,  /* of the rest: bouncers send far more than 512 */
    IRC_LINE_BYTES = IRC_TAGS_BYTES + IRC_TEXT_BYTES,
    IRC_PARAMS_MAX = 64,    /* parameters; what follows is part of the last */
    IRC_TAGS_MAX = 64,      /* tags; further ones are dropped */
    IRC_CLIENT_TAGS = 4094, /* bytes of tags that a client may send */
};

struct irc_tag { const char *key, *value; /* value: unescaped, "" when there is none */ };

/* All strings lie in the buffer that was parsed, and live as long as it does. */
struct irc_line {
    struct irc_tag tags[IRC_TAGS_MAX];
    size_t n_tags;
    const char *nick, *user, *host; /* parts of the source; nick: a nick or a server's name; each NULL when missing */
    const char *cmd;               /* upper case; never NULL */
    int numeric;                   /* 1..999, or 0: a word */
    const char *params[IRC_PARAMS_MAX + 1]; /* NULL behind the last */
    int n;
};

/* Takes one line (without its end) apart; text is changed in place and must end with a NUL at text[len]. False: it is
 * no message (empty, only tags, a command that is neither letters nor three digits). */
bool irc_line_parse(struct irc_line *l, char *text, size_t len);
/* The value of a tag, unescaped; NULL when the line has no such tag. The last of several counts. */
const char *irc_line_tag(const struct irc_line *l, const char *key);
/* i-th parameter, "" when there are fewer: no handler can read past the end. */
const char *irc_param(const struct irc_line *l, int i);
/* Time of the tag "time" in wall ms, or 0 when it is missing or makes no sense (before 1990, after 2200). */
int64_t irc_line_time(const struct irc_line *l);
int64_t irc_time_parse(const char *text); /* "2011-10-19T16:40:51.620Z" (server-time); 0 = no such time */
void irc_time_format(int64_t ms, char out[32]);

/* ---- bytes to lines ---- */
struct irc_input { /* zero-initialised is empty and valid */
    struct buf buf;
    bool skipping;    /* in a line that is too long */
    uint64_t too_long; /* how many were dropped for it */
};
typedef void irc_line_fn(void *user, char *text, size_t len); /* a NUL at text[len]; text may be changed */
/* Calls fn for each line that is complete: ends are LF, with or without CR; NULs are dropped; empty lines are none. The
 * text is UTF-8: a line that is not is taken for the other encoding as a whole. */
void irc_input_feed(struct irc_input *in, const char *data, size_t len, const struct irc_charset *charset, irc_line_fn *fn, void *user);
void irc_input_free(struct irc_input *in);

/* ---- parts to a line ---- */
/* Appends "@tags cmd params...\r\n"; tags may be NULL, and are already escaped. The last parameter gets a colon where
 * it needs one. False, and nothing appended: a part holds CR, LF or NUL, a middle one is empty, has a space or begins
 * with a colon, or the tags are too long. n at most 15. */
bool irc_put(struct buf *out, const char *tags, const char *cmd, const char *const *params, int n);
/* Appends "key=value" to tags (with a ';' before it when there are some), the value escaped. */
void irc_put_tag(struct buf *tags, const char *key, const char *value);
/* May a client send this tag, by CLIENTTAGDENY (message-tags)? deny: its value, NULL = nothing is denied. */
bool irc_tag_allowed(const char *deny, const char *key);

#endif
