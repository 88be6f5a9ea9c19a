/* ui/popup.h - the completion popup above the cursor (UX.md 4.8) */
#ifndef UI_POPUP_H
#define UI_POPUP_H

#include "ui/pane.h"

struct popup { /* zero-initialised is closed and valid */
    bool open;
    struct completions list;
    int at, top;
    struct rect shown; /* where the rows were painted last */
};
/* Takes over the list (and empties *list). Opens when there are two or more. */
void popup_open(struct popup *p, struct completions *list);
void popup_close(struct popup *p);
bool popup_action(struct popup *p, enum pane_action a); /* moves; wraps around at the ends */
const struct completion *popup_current(const struct popup *p);
/* Paints with its bottom just above row y; x is the column of the cursor. */
void popup_repaint(struct popup *p, const struct pane_env *env, int x, int y);

#endif
