/* cmd/emoji.h - the common emoji by name, for :name: in the input */
#ifndef CMD_EMOJI_H
#define CMD_EMOJI_H

#include "base/base.h"

struct emoji { const char *name, *text; };
const struct emoji *emoji_table(size_t *n); /* sorted by name */

#endif
