/* ui/pane.h - what every pane is given when it recalculates and paints itself */
#ifndef UI_PANE_H
#define UI_PANE_H

#include "base/picture.h"
#include "cmd/cmd.h"
#include "model/model.h"
#include "ui/glyphs.h"
#include "ui/surface.h"
#include "ui/target.h"

/* Panes hold ids and scroll positions, never content: everything shown is read from the model at
 * painting time. */
struct pane_env {
    struct cmd_env *cmd; /* its model, config and keymap are read; commands run through the view */
    struct model *model;
    struct surface *s;
    const struct glyphs *g;
    int64_t wall_ms, mono_ms; /* the moment of this frame */
    struct chat *chat;        /* what the view shows, or NULL */
    bool focused;             /* this pane has the keyboard */
    struct picture_ask picture; /* how small pictures are drawn here: all but the box; form 0: not at all */
    struct targets *targets;  /* what can be chosen by a label is added here; NULL: nobody asks */
};

/* Moves and choices in whatever has the keyboard: the actions of cmd_view_ops.popup. */
enum pane_action {
    PANE_NEXT,
    PANE_PREV,
    PANE_PAGE_DOWN,
    PANE_PAGE_UP,
    PANE_FIRST,
    PANE_LAST,
    PANE_ACCEPT,
    PANE_ACCEPT_OTHER,
    PANE_CANCEL,
    PANE_TOGGLE,
    PANE_NEXT_FIELD,
    PANE_PREV_FIELD,
    PANE_FOLD,
    PANE_UNFOLD,
    PANE_FILTER,
    PANE_MENU,
    PANE_NEXT_TAB,
    PANE_BACK,
    PANE_REPEAT,
    PANE_REBIND,
    N_PANE_ACTIONS
};
enum pane_action pane_action_parse(const char *name); /* N_PANE_ACTIONS: no such action */
/* Moves an index within n rows of which `page` are seen; -1 when there are none. */
int pane_move(enum pane_action a, int at, int n, int page);
/* First row to show so that `at` is in view. */
int pane_scroll(int top, int at, int n, int page);
/* A box with a title above and keys below; clears its inside. Returns the inside. */
struct rect pane_box(const struct pane_env *env, struct rect r, const char *title,
                     const char *keys);
/* text, or as much of it as takes at most max cells, cut between words: "Sends a message to somebody, and…" */
void pane_cut(struct buf *out, const struct pane_env *env, const char *text, int max);
/* Paints a sentence over as many rows of r as it takes, cut between words, a cell in from each side. */
void pane_words(const struct pane_env *env, struct rect r, const char *words, enum role role);
int pane_words_rows(const struct pane_env *env, const char *words, int w); /* how many that are in a width of w */
/* A binding's keys for people: "Ctrl-k", "Alt-Enter". */
void pane_key_label(struct buf *out, const struct key *chord, size_t n);
/* Appends a value as one argument of a command line, whatever it holds. */
void pane_quote(struct buf *out, const char *value);
/* Fuzzy score of needle in text, < 0 when it does not fit: word starts and runs count more;
 * case-insensitive. */
int pane_fuzzy(const char *text, const char *needle);
bool pane_contains(const char *text,
                   const char *needle); /* case-insensitive for ASCII; "" is in everything */

#endif
