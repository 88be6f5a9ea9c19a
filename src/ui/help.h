/* ui/help.h - the keys that work now, with the user's own bindings, filtered by typing (UX.md 4.10)
 */
#ifndef UI_HELP_H
#define UI_HELP_H

#include "ui/editor.h"
#include "ui/pane.h"

struct help_row {
    const struct binding *binding; /* NULL: the heading of a context */
    const struct binding *also;    /* a second key for the same, or NULL */
    enum key_context context;
};
struct help {       /* zero-initialised is closed and valid */
    bool open, all; /* all: every context, not only those that work now */
    enum key_context contexts[N_KEY_CONTEXTS];
    size_t n_contexts;
    struct editor *filter;
    struct help_row *rows;
    size_t n_rows, cap_rows;
    int at, top, page;
    bool show_commands;
};
void help_open(struct help *p, const enum key_context *contexts, size_t n, const char *filter);
void help_close(struct help *p);
bool help_action(struct help *p, enum pane_action a);
void help_repaint(struct help *p, const struct pane_env *env, struct rect all);

#endif
