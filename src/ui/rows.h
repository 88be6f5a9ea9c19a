/* ui/rows.h - a listing on a screen of its own: rows that come while it is looked at, narrowed down by typing, sorted by
 * columns; knows nothing of rooms or protocols (model/listing.h says what is shown) */
#ifndef UI_ROWS_H
#define UI_ROWS_H

#include "model/listing.h"
#include "ui/editor.h"
#include "ui/pane.h"

struct rows_pane { /* zero-initialised is closed and valid */
    bool open;
    int64_t listing;
    struct editor *filter;
    enum listing_cell sort;
    bool down;
    uint32_t *shown;    /* numbers of the rows that fit the filter, in order */
    size_t n, cap;
    size_t seen;        /* rows of the listing that were looked at */
    char *seen_filter;  /* by this filter; NULL: none yet */
    bool unsorted;      /* the order is another now */
    bool ran;           /* the last that was done here was to run a row: its questions open over the listing */
    bool moved;         /* the cursor stays on its row, whatever comes; else at the top */
    uint32_t row;       /* the one under the cursor */
    int at, top, page;
};
void rows_open(struct rows_pane *p, const struct listing *l);
void rows_free(struct rows_pane *p); /* closed */
/* Takes up what has come, the filter as it is now and the order. Cheap when there is nothing new; l may be NULL. */
void rows_recalc(struct rows_pane *p, const struct listing *l);
const struct listing_row *rows_current(const struct rows_pane *p, const struct listing *l); /* NULL: none */
bool rows_action(struct rows_pane *p, enum pane_action a); /* moves; false: that is no move, or there is none */
void rows_sort_next(struct rows_pane *p, const struct listing *l); /* by the next column, as it is best first */
void rows_turn(struct rows_pane *p);                               /* the order the other way about */
void rows_repaint(struct rows_pane *p, const struct pane_env *env, const struct listing *l, struct rect all);

#endif
