/* base/cells.h - grapheme clusters and how many terminal cells they take (UX.md 2.6) */
#ifndef BASE_CELLS_H
#define BASE_CELLS_H

#include "base/base.h"

enum emoji_mode { EMOJI_SAFE = 0, EMOJI_GRAPHEME, EMOJI_SHORTCODE };

struct cell_rules { /* what the probe of this terminal found; zero-initialised is the safe default */
    enum emoji_mode emoji;
    uint8_t ambiguous_wide; /* U+25CF and friends take 2 cells */
    uint8_t zwj;            /* cells of a ZWJ family; 0 = unknown (safe) */
    uint8_t vs16;           /* cells of U+2764 U+FE0F; 0 = unknown */
    uint8_t skin;           /* cells of a thumb with a skin tone; 0 = unknown */
    uint8_t flag;           /* cells of a pair of regional indicators; 0 = unknown (2) */
    uint8_t devanagari;     /* cells of the Hindi test word; 0 = unknown */
    uint8_t newest;         /* cells of U+1FAE8 (Unicode 15); 0 = unknown */
    uint8_t no_utf8;        /* terminal is not in UTF-8: ASCII only */
};

/* Length in bytes of the first grapheme cluster of s[0..len) (UAX 29 extended), >= 1 when len > 0. */
size_t cluster_next(const char *s, size_t len);
/* Start of the cluster that ends at byte `at` of s. */
size_t cluster_prev(const char *s, size_t at);
/* Cells (0, 1 or 2) that one cluster takes under these rules. Never more than 2. */
int cluster_width(const struct cell_rules *r, const char *s, size_t len);
/* True when the terminal's own idea of this cluster's width may differ from ncurses' (redraw the line). */
bool cluster_risky(const char *s, size_t len);
/* The form of the cluster to draw under these rules: writes to out (cap >= 64), returns the length.
 * In EMOJI_SAFE a ZWJ sequence shows its first emoji; skin tones, VS16, keycap marks are dropped. */
size_t cluster_safe(const struct cell_rules *r, const char *s, size_t len, char *out, size_t cap);
/* Cells of a whole string, by clusters; '\n' counts nothing. */
int cells_width(const struct cell_rules *r, const char *s, size_t len);
/* Largest n such that s[0..n) takes at most max cells, at a cluster border; *used (may be NULL) = its cells. */
size_t cells_fit(const struct cell_rules *r, const char *s, size_t len, int max, int *used);

#endif
