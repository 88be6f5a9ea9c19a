/* base/widths.h - cells of one code point, as wcwidth() of the common terminals and multiplexers sees it */
#ifndef BASE_WIDTHS_H
#define BASE_WIDTHS_H

#include "base/base.h"

/* 0, 1 or 2. Marks and joiners are 0, spacing marks (Mc) 1, controls 0; emoji 2. */
int width_of(uint32_t cp);
/* East Asian Width "ambiguous": 2 cells in terminals set up so (UAX 11). */
bool width_is_ambiguous(uint32_t cp);
/* An emoji of Unicode 15 or later, or one that is not assigned yet: terminals disagree about its width. */
bool width_is_new_emoji(uint32_t cp);

#endif
