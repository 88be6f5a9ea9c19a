/* ui/finder.h - the search screen: what is searched, the hits, and the chat around the one under
 * the cursor (UX.md 4.9) */
#ifndef UI_FINDER_H
#define UI_FINDER_H

#include "store/find.h"
#include "ui/editor.h"
#include "ui/pane.h"

struct finder { /* zero-initialised is closed and valid; what was found outlives its closing */
    bool open, editing; /* editing: keys go into the query, else they move among the hits */
    bool fresh;              /* the words are of the last time: what is typed now takes their place */
    struct editor *query;
    int64_t chat; /* searched is this one; 0: all */
    int64_t here; /* the chat that "this one" means */
    bool ranked;
    struct core_search *running;
    bool stale; /* the query was changed while it ran */
    struct find_hit *hits;
    size_t n;
    bool more, asked; /* asked: the hits, or the problem, are of some query */
    int64_t us;
    char *problem;
    int at, top, page;
    struct message **around; /* messages about the hit around_of, owned */
    size_t n_around;
    int64_t around_of;
    int64_t from_chat, from_message; /* where the user was before: the way back */
    bool jumped;
};
void finder_free(struct finder *p);
/* Takes the hits over. e->code < 0: it failed. */
void finder_take(struct finder *p, struct find_hit *hits, size_t n, bool more, int64_t us,
                 const struct err *e);
/* NULL: there is none. */
const struct find_hit *finder_current(const struct finder *p);
bool finder_action(struct finder *p, enum pane_action a); /* moves among the hits */
/* Takes the messages over: they lie about hit `of`. */
void finder_around(struct finder *p, int64_t of, struct message **v, size_t n);
void finder_repaint(struct finder *p, const struct pane_env *env, struct rect all);

#endif
