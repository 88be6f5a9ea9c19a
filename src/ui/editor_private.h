/* ui/editor_private.h - what the editor's files share */
#ifndef UI_EDITOR_PRIVATE_H
#define UI_EDITOR_PRIVATE_H

#include "ui/editor.h"

struct edit_step {
    char *text;
    size_t cursor;
};

struct editor {
    struct buf text;
    size_t cursor;
    bool secret;
    bool typing; /* the last change was a typed character: the next joins its undo step */
    struct edit_step *undo, *redo;
    size_t n_undo, cap_undo, n_redo, cap_redo;
    char *kills[EDIT_KILL_MAX]; /* newest last */
    size_t n_kills;
    bool killing; /* the last action killed: the next kill joins it */
    size_t yank_at, yank_len,
        yank_from; /* what was yanked last, and from which kill; yank_len 0: nothing */
    struct edit_history *history;
    long at_history; /* index in it, -1: the text is the user's own */
    char *kept;      /* the user's own text while walking through the history */
};

void editor_remember(struct editor *e); /* an undo step before a change */
/* Replaces bytes without an undo step. */
void editor_splice(struct editor *e, size_t from, size_t to, const char *text, size_t len);
bool editor_undo(struct editor *e);
bool editor_redo(struct editor *e);

#endif
