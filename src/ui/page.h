/* ui/page.h - long text in an overlay: answers of commands, whole messages */
#ifndef UI_PAGE_H
#define UI_PAGE_H

#include "core/picture.h"
#include "ui/pane.h"
#include "ui/wrap.h"

struct page { /* zero-initialised is closed and valid */
    bool open;
    char *title, *text;
    int top, height, width;
    struct rich rich;
    struct wrap wrap;
    /* A picture beside the text, above it where it is narrow. */
    char *path;             /* its file, or NULL */
    struct picture_ask ask; /* what is shown, or awaited; form 0: nothing yet */
    struct picture_job *job;
    struct picture picture; /* columns 0: not there */
};
void page_open(struct page *p, const char *title, const char *text);
void page_close(struct page *p);
void page_set_picture(struct page *p, const char *path);
/* How its picture is to be asked for in this room; `how` has what is known of the terminal. False: it has none. */
bool page_box(const struct page *p, const struct picture_ask *how, struct rect all, struct picture_ask *ask);
bool page_action(struct page *p, enum pane_action a);
void page_repaint(struct page *p, const struct pane_env *env, struct rect all);

#endif
