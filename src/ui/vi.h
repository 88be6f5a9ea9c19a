/* ui/vi.h - the normal mode of the vi keys: counts, operators, motions on the line editor; pure
 *
 * The view keeps one struct vi. Each key of the context vi_normal runs one of VI_ACTIONS; after
 * find, till and replace the next character belongs to vi_char() (vi->wait says so).
 */
#ifndef UI_VI_H
#define UI_VI_H

#include "ui/editor.h"

/* Every action by name, for `/vi NAME`. Those that are not about the text alone (window-next,
 * normal, cancel) are the view's. */
enum vi_motion {
    VI_LEFT,
    VI_RIGHT,
    VI_UP,
    VI_DOWN,
    VI_WORD,
    VI_WORD_BACK,
    VI_WORD_END,
    VI_LINE_START,
    VI_FIRST,
    VI_LINE_END,
    VI_FIND,
    VI_FIND_BACK,
    VI_TILL,
    VI_TILL_BACK,
    VI_LINE, /* the operator twice: whole lines */
    N_VI_MOTIONS
};
struct vi_change { /* what `.` does again */
    char what;     /* d c x X r p P, or i a I A o O; 0: nothing yet */
    enum vi_motion motion;
    int count;
    char letter[8]; /* of find, till, replace */
    char *text;     /* what was typed then, or NULL */
};
struct vi { /* zero-initialised: insert mode */
    bool normal;
    int count, op_count;
    char op;   /* d, c, y, or 0 */
    char wait; /* f F t T r: the next character is theirs; 0: none */
    char found[8];
    enum vi_motion found_how;
    struct vi_change last;
    size_t from, len; /* where inserting began, and how long the text was */
};

enum vi_result { VI_DONE, VI_CHANGED, VI_ABOVE /* up from the first line */, VI_UNKNOWN };
/* Does one action. arg is the figure of "digit". */
enum vi_result vi_action(struct vi *vi, struct editor *e, const char *action, const char *arg);
/* The character that vi->wait waits for. */
enum vi_result vi_char(struct vi *vi, struct editor *e, const char *text, size_t len);
/* Leaves insert mode: the cursor goes onto the character before it. */
void vi_normal(struct vi *vi, struct editor *e);
/* Forgets a count and an operator; true when there was one. */
bool vi_drop(struct vi *vi);
/* The count typed so far, and forgets it; 0: none. */
int vi_take_count(struct vi *vi);
void vi_free(struct vi *vi);

#endif
