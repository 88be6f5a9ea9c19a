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
    bool numbers; /* a row of digits: from binding to also */
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
    const char *mux;   /* struct key_where: inside */
    struct help_asks { /* R: another key for the command of a row */
        bool on;
        struct binding *b; /* a copy of the row's, owned */
        struct key chord[KEY_CHORD_MAX];
        size_t n;
        bool longer;    /* the keys so far begin longer ones */
        char *was;      /* what they did before, NULL: nothing */
        char *lines[2]; /* commands to be run, owned */
    } ask;
};
void help_open(struct help *p, const enum key_context *contexts, size_t n, const char *filter);
void help_close(struct help *p);
bool help_action(struct help *p, enum pane_action a);
/* A key pressed while the help asks for one; false: it does not ask. */
bool help_key(struct help *p, const struct keymap *k, struct key key);
/* The next command that the answer means, owned; NULL: there is none. */
char *help_take(struct help *p);
void help_repaint(struct help *p, const struct pane_env *env, struct rect all);

#endif
