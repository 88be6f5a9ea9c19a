/* core/preview.h - small pictures for the chats in which the user wants them: asked for once, kept for a while */
#ifndef CORE_PREVIEW_H
#define CORE_PREVIEW_H

#include "base/picture.h"
#include "core/picture.h"
#include "model/model.h"

struct config;
struct core;
struct previews;

enum { PREVIEW_ROWS = 8, PREVIEW_COLUMNS = 48, PREVIEW_KEPT = 64 };

struct previews_params {
    struct pictures *pictures; /* borrowed */
    struct core *core;         /* keeps the sizes of pictures; NULL: nobody does */
    struct model *model;
    const struct config *config;
    void (*news)(void *user); /* something is to be painted anew */
    void *user;
};
struct previews *previews_new(const struct previews_params *p); /* p is copied */
void previews_free(struct previews *p);                         /* NULL is fine */

/* Are pictures of this chat shown between its messages? By ui.chat.pictures and the chat's own wish. */
enum preview_rule { /* which rule decided; those from NOT on say no */
    PREVIEW_CHOSEN, PREVIEW_CONTACT, PREVIEW_NOT_ALL, PREVIEW_NOT_HERE, PREVIEW_NOT_CHOSEN
};
enum preview_rule previews_rule(const struct config *c, const struct chat *chat);
bool previews_wanted(const struct config *c, const struct chat *chat);
/* Which of a message's files may be a picture here: its number, -1 when there is none. */
int preview_file(const struct message *m);

struct preview {
    int rows;                      /* that it takes, also while it is awaited; 0: nothing is shown */
    const struct picture *picture; /* NULL: not (yet) there */
    const char *why;               /* why it cannot be shown, a sentence: one row; or NULL */
};
/* What there is of a message's picture. ask->form is SYMBOLS, the box at most PREVIEW_COLUMNS x PREVIEW_ROWS. Borrowed
 * until the next turn. Asks for nothing. */
struct preview preview_of(struct previews *p, const struct message *m, const struct picture_ask *ask);
/* It is in view: asks for it, unless that was done. */
void preview_want(struct previews *p, const struct message *m, const struct picture_ask *ask);
/* Keeps what was drawn (takes over *picture), or why it could not be. */
void preview_learn(struct previews *p, int64_t message, const struct picture_ask *ask, struct picture *picture,
                   const char *why);

#endif
