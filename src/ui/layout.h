/* ui/layout.h - which panes there are and where, at every size of the terminal (UX.md 4.2); pure */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include "ui/surface.h"

enum { LAYOUT_MIN_W = 20, LAYOUT_MIN_H = 4, LAYOUT_SINGLE = 70, LAYOUT_WIDE = 100 };

struct layout_wants {
    bool list, members; /* the user wants them */
    bool list_front;    /* one panel only: it is the list */
    bool members_front; /* one panel only: it is the members; wide: they may push the list aside */
    bool room;          /* the chat has members to show */
    bool hints;
    int list_width, members_width;           /* at LAYOUT_WIDE columns; 0 = 26, 16 */
    int list_hide_below, members_hide_below; /* 0 = 70, 100 */
    int chat_least;  /* cells that several chats need; the list gives way before; 0 = 36 */
    int input_lines; /* wished for, >= 1 */
    int notice_lines, reply_lines; /* above the input */
};
struct layout {
    bool too_small, single, aligned, title_in_status;
    /* w or h 0: not shown */
    struct rect list, list_border, title, chat, members, members_border, status, notice, reply,
        input, hint;
};

void layout_compute(struct layout *l, int w, int h, const struct layout_wants *wants);

#endif
