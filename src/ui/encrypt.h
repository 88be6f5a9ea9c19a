/* ui/encrypt.h - the panel of encryption: people and devices that will and will not be able to read a chat (UX.md 4.13) */
#ifndef UI_ENCRYPT_H
#define UI_ENCRYPT_H

#include "ui/pane.h"

struct encrypt_pane { /* zero-initialised is closed and valid */
    bool open;
    int at, top, page;  /* at: number of the device; -1: the method, behind the last one: what new devices do */
    char *row;          /* which one that is, as it was seen; NULL: none was yet */
    char *device;       /* what encrypt_current() gave last */
};
void encrypt_open(struct encrypt_pane *p);
void encrypt_close(struct encrypt_pane *p);
bool encrypt_action(struct encrypt_pane *p, const struct chat *c, enum pane_action a); /* moves */
/* "romeo@example.org/123" under the cursor; NULL: none. Borrowed until the next call. */
const char *encrypt_current(struct encrypt_pane *p, const struct chat *c);
/* What Enter means on the row under the cursor, a command line (owned); compares: of a device as well. NULL: nothing. */
char *encrypt_command(struct encrypt_pane *p, const struct chat *c, bool compares);
void encrypt_repaint(struct encrypt_pane *p, const struct pane_env *env, struct rect all);

#endif
