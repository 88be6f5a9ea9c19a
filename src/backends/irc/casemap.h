/* backends/irc/casemap.h - which names are the same: CASEMAPPING of ISUPPORT
 *
 * Pure. Before a server says otherwise names fold by rfc1459. What the specification calls precis or rfc7613 is folded
 * as ascii: bytes above 127 are compared as they are.
 */
#ifndef BACKENDS_IRC_CASEMAP_H
#define BACKENDS_IRC_CASEMAP_H

#include "base/base.h"

enum irc_casemap { IRC_CASE_RFC1459 = 0, IRC_CASE_STRICT, IRC_CASE_ASCII };

enum irc_casemap irc_casemap_named(const char *name); /* "ascii", "rfc1459", "rfc1459-strict"; unknown: ascii */
char irc_fold_char(enum irc_casemap map, char c);
/* Owned folded copy: the key of every table of names. */
char *irc_fold(enum irc_casemap map, const char *name);
bool irc_same(enum irc_casemap map, const char *a, const char *b); /* NULL is nobody */
/* Does text fit a mask with * and ? (a backslash takes the next sign as it is)? Folded; no recursion. */
bool irc_mask_match(enum irc_casemap map, const char *mask, const char *text);

#endif
