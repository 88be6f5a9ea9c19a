/* unit/ui/emulator.h - a small terminal for the tests of ui/term: what do the bytes make of a screen? */
#ifndef TEST_EMULATOR_H
#define TEST_EMULATOR_H

#include "base/base.h"

struct emu_cell {
    char text[64]; /* "" = right half of a wide one */
    char sgr[1024]; /* parameters since the last reset */
    char link[64];
};

struct emu {
    int w, h, x, y, saved_x, saved_y, top, bottom;
    bool wrap_next, cursor_hidden, alternate;
    bool clusters; /* takes a whole cluster into two cells, as modern terminals do */
    int unknown;   /* sequences that it does not know */
    char sgr[1024], link[64], title[256], last[64];
    struct emu_cell *cells;
};

void emu_init(struct emu *e, int w, int h);
void emu_free(struct emu *e);
void emu_feed(struct emu *e, const char *s, size_t len);
const struct emu_cell *emu_at(const struct emu *e, int x, int y);

#endif
