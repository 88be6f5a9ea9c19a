/* ui/members.h - the members of a room: presence, name, role */
#ifndef UI_MEMBERS_H
#define UI_MEMBERS_H

#include "ui/pane.h"

struct members_pane { /* zero-initialised is empty and valid */
    char *cursor;     /* nick under the cursor, or NULL */
    int at, top, page;
};
void members_repaint(struct members_pane *p, const struct pane_env *env, struct rect r);
bool members_action(struct members_pane *p, const struct pane_env *env, enum pane_action a);
bool members_goto_row(struct members_pane *p, const struct pane_env *env, int i);
const char *members_current(const struct members_pane *p); /* nick, or NULL */
void members_free(struct members_pane *p);

#endif
