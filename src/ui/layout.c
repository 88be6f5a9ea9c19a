/* ui/layout.c - which panes there are and where, at every size of the terminal */
#include "ui/layout.h"

#include <string.h>

/* Cuts n rows off the bottom of *r, but leaves `keep` rows in it. */
static struct rect cut_bottom(struct rect *r, int n, int keep)
{
    n = MAX(0, MIN(n, r->h - keep));
    r->h -= n;
    return (struct rect){r->x, r->y + r->h, r->w, n};
}

static struct rect cut_left(struct rect *r, int n)
{
    struct rect out = {r->x, r->y, n, r->h};
    r->x += n;
    r->w -= n;
    return out;
}

static struct rect cut_right(struct rect *r, int n)
{
    r->w -= n;
    return (struct rect){r->x + r->w, r->y, n, r->h};
}

static void place_rows(struct layout *l, struct rect *all, int h, const struct layout_wants *wants)
{
    bool list_front = l->single && (wants->list_front || wants->members_front);
    int most = MAX(1, MIN(8, h / 3));
    if (wants->hints && (h >= 20 || list_front))
        l->hint = cut_bottom(all, 1, 2);
    if (!list_front)
        l->input = cut_bottom(all, MAX(1, MIN(wants->input_lines, most)), 1);
    l->reply = cut_bottom(all, h >= 10 && !list_front ? wants->reply_lines : 0, 3);
    l->notice = cut_bottom(all, MIN(wants->notice_lines, MAX(1, h / 5)), 2);
    if (h >= 6)
        l->status = cut_bottom(all, 1, 1);
}

static void place_columns(struct layout *l, struct rect *all, int w,
                          const struct layout_wants *wants)
{
    int list_hide = wants->list_hide_below ? wants->list_hide_below : LAYOUT_SINGLE;
    int members_hide = wants->members_hide_below ? wants->members_hide_below : LAYOUT_WIDE;
    int list_w = wants->list_width ? wants->list_width : 26,
        members_w = wants->members_width ? wants->members_width : 16;
    if (w < LAYOUT_WIDE)
        list_w = list_w * 21 / 26;
    int least = MAX(36, wants->chat_least > w ? 0 : wants->chat_least);
    bool pushed = wants->members_front && wants->room && w - list_w - 1 - members_w - 1 < 36;
    if (wants->list && !pushed && w >= list_hide && w - list_w - 1 >= least) {
        l->list = cut_left(all, list_w);
        l->list_border = cut_left(all, 1);
    }
    if (wants->members && wants->room && w >= members_hide && all->w - members_w - 1 >= least) {
        l->members = cut_right(all, members_w);
        l->members_border = cut_right(all, 1);
    }
}

void layout_compute(struct layout *l, int w, int h, const struct layout_wants *wants)
{
    memset(l, 0, sizeof *l); /* padding too: layouts are compared as bytes */
    l->too_small = w < LAYOUT_MIN_W || h < LAYOUT_MIN_H;
    if (l->too_small)
        return;
    l->single = w < LAYOUT_SINGLE;
    l->aligned = !l->single;
    l->title_in_status = h < 12;
    struct rect all = {0, 0, w, h};
    place_rows(l, &all, h, wants);
    if (l->single && (wants->list_front || wants->members_front)) {
        *(wants->list_front ? &l->list : &l->members) = all;
        return;
    }
    if (!l->single)
        place_columns(l, &all, w, wants);
    if (!l->title_in_status)
        l->title = (struct rect){all.x, all.y, all.w, 1};
    l->chat = (struct rect){all.x, all.y + l->title.h, all.w, all.h - l->title.h};
}
