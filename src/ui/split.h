/* ui/split.h - several chats at once: the tree of places and its geometry; pure (UX.md 4.11)
 *
 * A leaf is a place for a chat. The other nodes divide their place in two: `share` thousandths of
 * it are the first child's.
 */
#ifndef UI_SPLIT_H
#define UI_SPLIT_H

#include "base/buf.h"
#include "ui/surface.h"

enum { SPLIT_MAX = 12, SPLIT_LEAST_W = 36, SPLIT_LEAST_H = 4 }; /* places, cells of each */
enum split_kind { SPLIT_LEAF, SPLIT_RIGHT /* b stands right of a */, SPLIT_BELOW };
enum split_side { SIDE_LEFT, SIDE_RIGHT, SIDE_UP, SIDE_DOWN };

struct chat_pane;
struct split {
    enum split_kind kind;
    struct split *parent, *a, *b; /* a and b: not of a leaf */
    int share;                    /* 1 to 999 */
    struct rect r;                /* as placed last; w 0: not placed */
    /* Leaves; the view's to use */
    int64_t chat;
    struct chat_pane *pane; /* where it stands, while it has not the keyboard; owned by the view */
    bool seen_told, seen_focused, seen_end;
    int64_t seen_chat, asked_first;
};

struct split *split_new(int64_t chat);
void split_free(struct split *root); /* every pane must be gone */
/* Divides a leaf: the new place is right of it or below it. *root is changed where it must be.
 * NULL: there are SPLIT_MAX. */
struct split *split_add(struct split **root, struct split *leaf, enum split_kind kind,
                        int64_t chat);
/* Takes a leaf away and frees it; its neighbour takes the place. Returns a leaf of the neighbour;
 * NULL when it was the last one (*root is then NULL too). */
struct split *split_remove(struct split **root, struct split *leaf);
int split_count(const struct split *root); /* leaves; NULL: 0 */
/* i-th leaf, from left to right and top to bottom; NULL at the end. */
struct split *split_leaf(struct split *root, int i);
int split_index(struct split *root, const struct split *leaf);
/* Cells that all leaves need. */
int split_least_w(const struct split *root);
int split_least_h(const struct split *root);
/* Gives each node its place; between two that stand side by side is a column for the border. False
 * when there is no room: nothing is placed then. */
bool split_place(struct split *root, struct rect all);
/* The leaf beside this one at the height (or column) of its middle; NULL: the edge is there. */
struct split *split_beside(struct split *root, const struct split *leaf, enum split_side side);
/* Moves the border beside the leaf by cells (negative: smaller): its own size grows. False: there
 * is no such border, or no room. */
bool split_grow(struct split *leaf, bool width, int cells);
/* The node whose border is at this cell: the column between two, or the first row of the lower one. NULL: none. */
struct split *split_border(struct split *root, int x, int y);
/* Moves that border to the column x or the row y, as far as there is room. False: it stays. *x or *y is where it is now. */
bool split_drag(struct split *node, int *x, int *y);
/* All places in a row or a column get the same size. */
void split_balance(struct split *root);
/* "r500(12,b333(5*,9))": kinds, shares, chats, and which has the keyboard. */
void split_print(const struct split *root, const struct split *focus, struct buf *out);
/* Reads that; NULL when it is not one. */
struct split *split_parse(const char *text, struct split **focus);

#endif
