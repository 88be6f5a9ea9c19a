/* ui/themes.h - the list of themes: moving in it shows each at once, Enter keeps it, Esc brings the
 * old one back */
#ifndef UI_THEMES_H
#define UI_THEMES_H

#include "ui/editor.h"
#include "ui/pane.h"

struct theme_list { /* zero-initialised is closed and valid */
    bool open;
    char **names; /* all, NULL-terminated; owned */
    const char **rows;
    size_t n_rows;
    struct editor *filter;
    int at, top, page;
    struct rect shown; /* where the rows were painted last */
};
void themes_open(struct theme_list *p, const char *now); /* at the theme in use */
void themes_close(struct theme_list *p);
/* Moves; true when another one is under the cursor. */
bool themes_action(struct theme_list *p, enum pane_action a);
void themes_changed(struct theme_list *p);              /* the filter was edited */
const char *themes_current(const struct theme_list *p); /* NULL: none fits the filter */
void themes_repaint(struct theme_list *p, const struct pane_env *env, struct rect all,
                    const char *now);

#endif
