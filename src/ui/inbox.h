/* ui/inbox.h - the inbox: what may want an answer, newest first, over all accounts */
#ifndef UI_INBOX_H
#define UI_INBOX_H

#include "ui/pane.h"

struct inbox_pane { /* zero-initialised is closed and valid */
    bool open;
    int at, top, page;
};
void inbox_open(struct inbox_pane *p);
void inbox_close(struct inbox_pane *p);
bool inbox_action(struct inbox_pane *p, const struct pane_env *env, enum pane_action a); /* moves */
/* Under the cursor, or NULL; holds until the model changes. */
const struct inbox_item *inbox_current(const struct inbox_pane *p, const struct model *m);
void inbox_repaint(struct inbox_pane *p, const struct pane_env *env, struct rect all);

#endif
