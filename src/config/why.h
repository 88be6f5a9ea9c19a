/* config/why.h - a rule that decided something, as /why tells it: what it did, in words, and where a file said so */
#ifndef CONFIG_WHY_H
#define CONFIG_WHY_H

#include "base/base.h"
#include "base/buf.h"
#include "config/config.h"
#include "config/keys.h"
#include "config/theme.h"

/* Made by the functions that decide, or from what they returned, never beside them. */
struct why {
    const char *rule;     /* an option ("notify.quiet"), a command ("/mute"), else a word or two; static or the config's */
    bool yes;             /* what was asked about does happen: notified, unread, shown, online ... */
    struct origin origin; /* file NULL: no file said it */
    char text[400];       /* a sentence without its full stop */
};
/* Fills w. A rule that is the name of an option takes its origin from there. c may be NULL. */
void why_set(struct why *w, const struct config *c, const char *rule, bool yes, const char *fmt, ...) PRINTF(5, 6);
/* "Unread: yes - nobody looked (rule: attention)": one line, with file and line where there are. what: "Unread". */
void why_line(const struct why *w, const char *what, struct buf *out);

/* The layer that the value in force comes from. False: there is no such option. */
bool why_option(const struct config *c, const char *name, struct why *w);
/* The values that lost, one line each, the next best first. */
void why_option_others(const struct config *c, const char *name, struct buf *out);
/* Who made this alias; false: it is none. */
bool why_alias(const struct config *c, const char *name, struct why *w);
/* Which binding decides about a chord in a context at a place; yes: it runs something. False: nobody ever bound it there. */
bool why_key(const struct keymap *k, enum key_context ctx, const struct key *chord, size_t n,
             const struct key_where *where, struct why *w);
/* Which role gives this role its colour (or, back, its background). */
void why_colour(const struct theme *t, enum role role, bool back, struct why *w);
/* Why names have the colours they have. */
void why_nicks(const struct theme *t, struct why *w);

#endif
