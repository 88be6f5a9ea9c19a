/* ui/page.h - long text in an overlay: answers of commands, whole messages */
#ifndef UI_PAGE_H
#define UI_PAGE_H

#include "ui/pane.h"
#include "ui/wrap.h"

struct page { /* zero-initialised is closed and valid */
    bool open;
    char *title, *text;
    int top, height, width;
    struct rich rich;
    struct wrap wrap;
};
void page_open(struct page *p, const char *title, const char *text);
void page_close(struct page *p);
bool page_action(struct page *p, enum pane_action a);
void page_repaint(struct page *p, const struct pane_env *env, struct rect all);

#endif
