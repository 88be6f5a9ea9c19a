/* ui/verbs.h - the popup of what may be done with a message or a part of it (UX.md 4.7) */
#ifndef UI_VERBS_H
#define UI_VERBS_H

#include "ui/pane.h"

enum { VERBS_MAX = 48 };
struct verb {
    char keys[24];       /* "r", "j k" */
    const char *help;    /* borrowed from the binding */
    const char *command; /* likewise */
    bool fits;           /* false: it is not for this message, and shown dim */
};
/* What the keys of a context do, in their order; what the chat cannot do at all is left out. about:
 * the command's view of things, m the message meant (may be NULL). moves: with the keys that move.
 */
size_t verbs_collect(const struct pane_env *env, const struct cmd_ctx *about,
                     const struct message *m, enum key_context context, bool moves,
                     struct verb out[VERBS_MAX]);
struct verbs_box {
    const char *title, *foot;
    int at;      /* row of the cursor, -1: none, columns are used then */
    bool at_top; /* of the room; else at its bottom */
    bool narrow; /* in one column, at the right height for a menu */
};
/* How many rows the box would take. */
int verbs_height(const struct pane_env *env, struct rect room, const struct verb *v, size_t n,
                 const struct verbs_box *box);
/* Paints them in a box within room, and returns its place; nothing where it does not fit. */
struct rect verbs_repaint(const struct pane_env *env, struct rect room, const struct verb *v,
                          size_t n, const struct verbs_box *box);

#endif
