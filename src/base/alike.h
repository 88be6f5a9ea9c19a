/* base/alike.h - names that look like others: mixed scripts, and what remains when look-alikes are
 * one */
#ifndef BASE_ALIKE_H
#define BASE_ALIKE_H

#include "base/base.h"

/* What a name looks like: two names with the same skeleton are easily taken for each other (after
 * the idea of Unicode UTS #39, with a table of the letters that matter in names). Case, accents,
 * blanks and punctuation do not count. Owned; "" when nothing is left. */
char *alike_skeleton(const char *name);
/* A word of it mixes letters of Latin, Greek, Cyrillic, Armenian or Cherokee. */
bool alike_mixed(const char *name);

#endif
