/* ui/status.h - the status line, the title and the hint line: parts give way from the right, never
 * overlap */
#ifndef UI_STATUS_H
#define UI_STATUS_H

#include "ui/pane.h"

struct status_hot { /* a window with something unread */
    int number;
    char name[48];
    uint32_t unread, mentions;
};
enum { STATUS_HOT_MAX = 12 };
struct status_facts { /* strings are borrowed; NULL or "": not shown */
    const char *time, *account, *presence, *mode, *window, *activity, *note;
    uint8_t activity_role, presence_role;
    struct status_hot hot[STATUS_HOT_MAX];
    int n_hot, more_hot; /* more_hot: windows beyond those */
    int64_t lag_ms;      /* -1: unknown; what is bad is shown before the names of windows */
};
/* Pure: draws the facts into one row. */
void status_draw(struct surface *s, const struct glyphs *g, struct rect r,
                 const struct status_facts *f);
/* Windows with something unread but `except`: mentions and people first, then the latest. */
void status_hotlist(struct status_facts *f, const struct model *m, const struct chat *except);

bool chat_hotter(const struct chat *a, const struct chat *b); /* a comes before b in that list */

/* place: which of several chats has the keyboard, or "". mode: NULL or a word such as SELECT; where:
 * instead of the window's name, or NULL; below: messages under the bottom when scrolled, else 0. */
void status_repaint(const struct pane_env *env, struct rect r, const char *mode, const char *where,
                    int below, const char *note, const char *place);
/* The title of one of several chats, with its number; focused: it has the keyboard. */
void title_repaint_split(const struct pane_env *env, struct rect r, bool focused);
/* front: one panel only, so the title leads back to the list and carries the counts. */
void title_repaint(const struct pane_env *env, struct rect r, bool front);

struct hint { /* one key and what it does */
    enum key_context context;
    const char *command, *label;
    int rank; /* those with the highest go first when there is no room */
};
/* What may follow the keys pressed so far, in these contexts: "l the list · a open questions". */
void hint_chord(const struct pane_env *env, struct rect r, const enum key_context *ctx,
                size_t n_ctx, const struct key *chord, size_t n_chord);
void hint_repaint(const struct pane_env *env, struct rect r, const struct hint *hints, size_t n);

#endif
