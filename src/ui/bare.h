/* ui/bare.h - the chat without frames, for copying with the terminal's own selection (Alt-l)
 *
 * Each line of a message begins in the first column and is as wide as the screen; what goes on in
 * the next row is written so that the terminal knows it for one line. It stands still: what comes
 * while it is open is not in it.
 */
#ifndef UI_BARE_H
#define UI_BARE_H

#include "ui/pane.h"

struct bare { /* zero-initialised is closed and valid */
    bool open;
    int64_t bottom; /* the newest message when it was opened, 0: none */
    int skip;       /* rows below the screen */
    int page;
    bool at_top; /* the oldest loaded message was in view at the last painting */
};
void bare_open(struct bare *p, const struct chat *c, int64_t bottom); /* bottom 0: the newest */
void bare_action(struct bare *p, enum pane_action a);
void bare_repaint(struct bare *p, const struct pane_env *env, struct rect all);

#endif
