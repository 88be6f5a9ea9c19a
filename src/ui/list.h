/* ui/list.h - the buddy list: one tree of all accounts, groups, contacts, rooms and questions
 * (UX.md 4.17) */
#ifndef UI_LIST_H
#define UI_LIST_H

#include "base/map.h"
#include "ui/pane.h"

enum list_kind { LIST_ACCOUNT, LIST_GROUP, LIST_CONTACT, LIST_CHAT, LIST_ASK, LIST_STRANGERS /* how many of them wrote: total */ };
struct list_row { /* pointers hold only until the model changes: recalculate before use */
    enum list_kind kind;
    int depth;
    struct account *account;
    struct contact *contact; /* CONTACT; CHAT: may be NULL */
    struct chat *chat;       /* may be NULL for a contact */
    struct ask *ask;
    const char *group; /* GROUP: its name */
    bool folded;
    int online, total;         /* GROUP */
    uint32_t unread, mentions; /* GROUP, ACCOUNT: sums of what they hold */
};
struct list_pane { /* zero-initialised is empty and valid */
    struct list_row *rows;
    size_t n_rows, cap_rows;
    struct map folded; /* keys of folded accounts and groups */
    char *cursor;      /* key of the row under the cursor, or NULL */
    int at, top, page;
    struct buf filter;
    bool filtering;
    bool wheel; /* scrolled by the mouse: what is shown in the chat may be out of sight */
};

void list_recalc(struct list_pane *p, const struct pane_env *env);
/* Paints into r; wide lists (one panel) show a preview and the time too. */
void list_repaint(struct list_pane *p, const struct pane_env *env, struct rect r);
/* Moves, folds, filters. Returns true when something changed. ACCEPT is the view's to do, with
 * list_current(). */
bool list_action(struct list_pane *p, const struct pane_env *env, enum pane_action a);
bool list_text(struct list_pane *p, const struct pane_env *env, const char *text,
               size_t len); /* into the filter */
bool list_backspace(struct list_pane *p, const struct pane_env *env);
const struct list_row *list_current(struct list_pane *p,
                                    const struct pane_env *env); /* NULL: empty list */
/* Row i, as from the top of all, gets the cursor; false: there is none. */
bool list_goto_row(struct list_pane *p, int i);
/* Shows rows further up or down, without the cursor; the next key brings it back. */
void list_wheel(struct list_pane *p, int rows);
void list_goto_chat(struct list_pane *p, const struct chat *c);  /* NULL is fine */
/* The right-hand fact of a row and its role; empty: nothing to say. brief: where there is little
 * room. */
void list_fact(struct buf *out, const struct pane_env *env, const struct list_row *row,
               uint8_t *role, bool brief);
void list_free(struct list_pane *p);

#endif
