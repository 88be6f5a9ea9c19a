/* backends/irc/isupport.h - what a server says of itself: ISUPPORT (005), with negation, changes at any time, defaults
 *
 * Pure. Every number is bounded; tokens that make no sense leave what was known.
 */
#ifndef BACKENDS_IRC_ISUPPORT_H
#define BACKENDS_IRC_ISUPPORT_H

#include "backends/irc/casemap.h"
#include "base/base.h"
#include "base/map.h"

enum { IRC_PREFIXES_MAX = 16, IRC_ISUPPORT_TOKENS = 512 };
enum { IRC_ISUPPORT_CASEMAP = 1u << 0, IRC_ISUPPORT_PREFIX = 1u << 1 }; /* what a line has changed */

struct irc_isupport {
    struct map tokens;             /* every token's value as said ("" = none), by its name: owned */
    enum irc_casemap casemap;
    char prefix_modes[IRC_PREFIXES_MAX + 1], prefix_signs[IRC_PREFIXES_MAX + 1]; /* "ov", "@+"; highest first */
    char *chanmodes[4];            /* A lists, B always an argument, C one when set, D none; owned */
    char chantypes[16];            /* "#&"; may be empty */
    char statusmsg[IRC_PREFIXES_MAX + 1];
    int modes;                     /* mode changes with arguments in one line; 0 = no limit */
    int linelen, nicklen, topiclen, kicklen, awaylen, chanlen, userlen, hostlen; /* bytes; 0 = not said */
    int monitor, history, targmax_privmsg; /* 0 = not there; monitor -1 = no limit */
    int targmax_join;              /* channels in one JOIN, by TARGMAX or MAXTARGETS; 0 = no limit */
    bool whox, utf8only, saferate, msgid_refs, account_extban;
    char bot, excepts, invex;      /* mode letters, 0 = none */
};

void irc_isupport_init(struct irc_isupport *s); /* the defaults before any 005 */
void irc_isupport_free(struct irc_isupport *s);
/* One token of a 005: "NICKLEN=30", "WHOX", "-WHOX". Returns IRC_ISUPPORT_* of what is another now. */
unsigned irc_isupport_token(struct irc_isupport *s, const char *token);
const char *irc_isupport_get(const struct irc_isupport *s, const char *name); /* NULL: not said */
bool irc_is_channel(const struct irc_isupport *s, const char *name);
/* Without the signs of STATUSMSG before a channel ("@#room" is "#room"); a name that has none is itself. */
const char *irc_bare_target(const struct irc_isupport *s, const char *name);
/* Rank of a prefix sign or mode: 0 the highest, -1 none. */
int irc_prefix_rank(const struct irc_isupport *s, char sign);
bool irc_is_mode(char c); /* can it be the letter of a mode, or its sign? */
int irc_prefix_mode_rank(const struct irc_isupport *s, char mode);

/* ---- MODE ---- */
enum irc_mode_kind { IRC_MODE_FLAG = 0, IRC_MODE_LIST, IRC_MODE_PARAM, IRC_MODE_PREFIX };
struct irc_mode_change { bool on; char mode; enum irc_mode_kind kind; const char *arg; /* NULL = none */ };
enum { IRC_MODE_CHANGES = 64 };
/* Takes a MODE of a channel apart: args[0] is "+o-v", the rest its arguments. A change whose argument is missing is
 * left out, but for lists (a question). Returns how many changes are in out. */
int irc_mode_parse(const struct irc_isupport *s, const char *const *args, int n, struct irc_mode_change out[IRC_MODE_CHANGES]);

#endif
