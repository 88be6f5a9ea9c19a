/* ui/target.h - what on the screen can be acted on, and the labels by which it is chosen */
#ifndef UI_TARGET_H
#define UI_TARGET_H

#include "base/base.h"
#include "base/buf.h"

enum target_kind {
    TARGET_MESSAGE,
    TARGET_QUOTE, /* the line above an answer */
    TARGET_LINK,
    TARGET_FILE,
    TARGET_CODE,
    TARGET_NICK,
    TARGET_REACTION
};
enum { TARGETS_MAX = 600, LABEL_LEN = 2 };
struct target {
    enum target_kind kind;
    int x, y;          /* first cell of the label */
    int right;         /* first column it must not cover; 0: all are free */
    const void *place; /* which of several chats it is in: told apart by it, never read */
    bool aside;        /* in a chat that has not the keyboard */
    int64_t message;   /* 0: not in a message */
    int number;        /* which of the message's links, files, code blocks: from 1; else 0 */
    char *text;        /* URL, nick, reaction; NULL: the message says it */
    char label[LABEL_LEN + 1]; /* "": none was left */
};
/* Panes add to it while they paint, when there is one; zero-initialised is empty and valid. What is
 * added gets the place, aside and right that are set at that time. */
struct targets {
    struct target *v;
    size_t n, cap;
    bool links_only, aside;
    const void *place;
    int right;
};
/* From the bottom up: one that was added before (same place, kind, message, number) moves up to
 * here. */
void target_add(struct targets *t, enum target_kind kind, int x, int y, int64_t message, int number,
                const char *text, size_t len);
/* Gives each a label, the first letters of the home row to the lowest, and those aside what the
 * chat with the keyboard leaves; no label begins another.
 * What was in `before` keeps its own, so that nothing changes under the fingers when messages come.
 */
void targets_label(struct targets *t, const struct targets *before);
/* The one with this label (any case); NULL: none. *more: labels begin with it. */
const struct target *targets_find(const struct targets *t, const char *typed, bool *more);
void targets_clear(struct targets *t);

#endif
