/* ui/chat.h - the pane of messages: blocks of lines from the bottom up, scrolling, selecting
 * (UX.md 4.16) */
#ifndef UI_CHAT_H
#define UI_CHAT_H

#include "ui/pane.h"
#include "ui/wrap.h"

enum { CHAT_CACHE = 512 };
struct chat_layout { /* a message's body, wrapped; found by (id, version, width) */
    int64_t id;
    uint32_t version;
    int width, out;
    bool secure;      /* the chat is encrypted: then it is said which files are not */
    struct rich rich;
    struct wrap wrap;
};
struct chat_pane {    /* zero-initialised is empty and valid */
    int64_t chat_id;  /* what the positions below are about */
    int64_t anchor;   /* message at the bottom when scrolled; 0: the newest */
    int skip;         /* rows of it that are below the bottom */
    int64_t cleared;  /* the newest message when the user cleared the view, 0 = not */
    int64_t selected; /* 0: not selecting */
    int64_t wanted;   /* message to show once it has been loaded, 0 = none */
    struct rect r;    /* where it was painted last */
    bool aligned;
    int select_y0, select_y1; /* rows of the selected message, [y0, y1); 0, 0: it is not in view */
    bool at_top;   /* the oldest loaded message was in view at the last painting */
    bool end_seen; /* the newest message was */
    int live;      /* rows of live text below the messages */
    struct chat_layout cache[CHAT_CACHE];
};

/* Paints the messages of env->chat into r. */
void chat_repaint(struct chat_pane *p, const struct pane_env *env, struct rect r, bool aligned);
bool chat_has_live(const struct chat *c); /* somebody's text is seen while it is written */
/* Another chat: the position is its end. */
void chat_show(struct chat_pane *p, const struct chat *c);
/* Moves by rows (negative: back). True when something moved. Works on the place painted last. */
bool chat_scroll(struct chat_pane *p, const struct pane_env *env, int rows);
void chat_scroll_end(struct chat_pane *p);
void chat_clear(struct chat_pane *p, const struct chat *c); /* from here on: only what comes */
bool chat_scrolled(const struct chat_pane *p);
bool chat_at_edge(const struct chat_pane *p,
                  const struct chat *c); /* the last loaded message is at the bottom */
/* Messages below the bottom of the view. */
int chat_below(const struct chat_pane *p, const struct pane_env *env);
/* Brings a loaded message into view, in the upper third; false when it is not loaded. */
bool chat_scroll_to(struct chat_pane *p, const struct pane_env *env, int64_t id);
/* Selecting: by = -1, +1 one message; 0 starts at the newest in view. */
bool chat_select(struct chat_pane *p, const struct pane_env *env, int by);
/* Has the message more text than is shown? */
bool chat_is_cut(struct chat_pane *p, const struct pane_env *env, int64_t id);
/* Index of a message among the loaded; -1: none. */
long chat_index_of(const struct chat *c, int64_t id);
/* Next (+1) or previous (-1) message that mentions us, from the selected or the bottom one; 0:
 * none. */
int64_t chat_find_mention(const struct chat_pane *p, const struct chat *c, int by);
void chat_drop_cache(struct chat_pane *p);
void chat_free_pane(struct chat_pane *p);

#endif
