/* ui/switcher.h - the quick switcher: recent chats, fuzzy search, or a new chat on an account that
 * can (UX.md 4.6) */
#ifndef UI_SWITCHER_H
#define UI_SWITCHER_H

#include "ui/editor.h"
#include "ui/pane.h"

enum switch_kind { SWITCH_CHAT, SWITCH_CONTACT, SWITCH_START };
struct switch_row { /* pointers hold only until the model changes: recalculate before use */
    enum switch_kind kind;
    struct account *account;
    struct chat *chat;
    struct contact *contact;
    int score;
    int64_t active;
};
struct switcher { /* zero-initialised is closed and valid */
    bool open;
    struct editor *query;
    struct switch_row *rows;
    size_t n_rows, cap_rows, n_all;
    int at, top, page;
    struct rect shown; /* where the rows were painted last */
    char *account; /* only this one, or NULL */
    char *then;    /* what to run for the chosen one ($chat) instead of showing it, or NULL */
};
void switcher_open(struct switcher *p);
void switcher_close(struct switcher *p);
/* recent: chat ids, latest first. */
void switcher_recalc(struct switcher *p, const struct pane_env *env, const int64_t *recent,
                     size_t n_recent);
bool switcher_action(struct switcher *p, const struct pane_env *env, enum pane_action a);
void switcher_changed(struct switcher *p); /* the query was edited */
const struct switch_row *switcher_current(const struct switcher *p);
void switcher_repaint(struct switcher *p, const struct pane_env *env, struct rect all);

#endif
