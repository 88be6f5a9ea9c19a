/* ui/chat_private.h - what the files of the chat pane share: the block of rows that one message
 * takes */
#ifndef UI_CHAT_PRIVATE_H
#define UI_CHAT_PRIVATE_H

#include "core/preview.h"
#include "ui/chat.h"

enum chat_row {
    CHAT_ROW_DAY,
    CHAT_ROW_UNREAD,
    CHAT_ROW_HEAD,
    CHAT_ROW_REPLY,
    CHAT_ROW_BODY,
    CHAT_ROW_MORE,
    CHAT_ROW_PICTURE,
    CHAT_ROW_FAILURE,
    CHAT_ROW_REACTIONS
};

/* All rows of one message, from the day line above it to the reactions below. */
struct chat_block {
    struct message *m;
    const struct chat_layout *layout;
    bool day, unread, reply, more, failure, reactions;
    bool head;     /* the author is not the one above */
    bool head_row; /* and is named on a row of its own */
    bool time;     /* its minute is not the one shown before */
    bool receipt;  /* last own message of its group */
    int body;      /* rows of text */
    struct preview picture;
};

/* Columns of the two layouts. */
struct chat_columns {
    int name_w;  /* aligned: cells for names */
    int bar_x;   /* aligned: column of the bar */
    int text_x;  /* first column of text */
    int text_w;  /* its cells */
    int event_x; /* first column of kith's own lines */
};

struct chat_columns chat_columns(const struct pane_env *env, struct rect r, bool aligned);
void chat_block(struct chat_pane *p, const struct pane_env *env, size_t i, struct chat_block *b);
/* How a picture of this message would be asked for here; false: none is shown. */
bool chat_picture_ask(const struct chat_pane *p, const struct pane_env *env, const struct message *m,
                      struct picture_ask *ask);
/* It is in view: asks for its picture, if it has one that was not asked for. */
void chat_want_picture(const struct chat_pane *p, const struct pane_env *env, const struct message *m);
/* One row of a picture from column x on; clip: as far as it may go. */
void chat_paint_picture(const struct pane_env *env, struct rect clip, int x, int y, const struct picture *p, int row);
/* Live text at the bottom of r; the rows it took, at most half of them. */
int chat_paint_live(const struct pane_env *env, struct rect r, const struct chat_columns *c);
int chat_block_rows(const struct chat_block *b);
/* Which row of the block the k-th is; *line: the line of the body. */
enum chat_row chat_block_row(const struct chat_block *b, int k, int *line);
bool chat_same_group(const struct pane_env *env, const struct message *a, const struct message *b);
/* Index of the message at the bottom, and how many of its rows are hidden; -1: nothing is loaded.
 */
long chat_bottom(const struct chat_pane *p, const struct chat *c, int *skip);

#endif
