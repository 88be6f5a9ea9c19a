/* main/plain_private.h - one view of kith --plain, shared by its files */
#ifndef MAIN_PLAIN_PRIVATE_H
#define MAIN_PLAIN_PRIVATE_H

#include "base/buf.h"
#include "main/plain.h"

enum { PLAIN_SEEN = 256, PLAIN_FIELDS = 256, PLAIN_VALUES = 2048, PLAIN_CELLS = 480, PLAIN_BACKLOG = 10, PLAIN_PAGE = 20 };

struct plain_seen { /* what was told of a message: only what is new is told again */
    int64_t id;
    uint16_t edits;
    bool retracted, failed, revealed;
    size_t n_reactions;
};
struct plain_place { /* how far a chat was told */
    int64_t chat, newest, oldest; /* ids of messages, 0 = none yet */
};

struct plain {
    struct cmd_env *env;
    struct plain_io io;
    void *user;
    char **environment;
    int64_t chat;     /* id of the chat that text goes to, 0 = none */
    int64_t selected; /* id of the message that /reply and its like mean, 0 = the newest */
    int64_t listed[PLAIN_BACKLOG]; /* what `/select` listed, newest first */
    struct plain_seen seen[PLAIN_SEEN];
    size_t n_seen;    /* ever; the place is n_seen % PLAIN_SEEN */
    struct plain_place *places;
    size_t n_places, cap_places;
    /* A question that is being answered, field by field. */
    int64_t ask;      /* its id, 0 = none */
    char *choice;
    char *values[PLAIN_FIELDS];
    size_t n_values;
    char *lines;      /* of the value being entered, NULL = none yet */
    /* A text that may be meant for elsewhere, until yes or no (cmd/guard.h). */
    char *doubt;      /* NULL = none; may be a password */
    int64_t doubt_chat;
    int64_t shown_at; /* when the chat took another's place, monotonic ms; 0 = never */
    /* A question of a command. */
    char *command;    /* run with the answer, or on yes */
    bool yes_no;
};

void plain_line(struct plain *p, const char *fmt, ...) PRINTF(2, 3);
struct cmd_ctx plain_ctx(struct plain *p);
/* ---- plain_ask.c ---- */
void plain_show_ask(struct plain *p, const struct ask *a);
void plain_ask_gone(struct plain *p, const struct ask *a);
void plain_answer(struct plain *p, const char *choice); /* "? CHOICE" */
/* Takes a line that answers what was prompted for; false: nothing was. */
bool plain_prompted(struct plain *p, const char *text);
void plain_confirm(void *p, const char *question, const char *command);
void plain_prompt(void *p, const char *question, const char *command);
/* Asks whether text shall really go to the current chat; false: it may. */
bool plain_guards(struct plain *p, const struct chat *c, const char *text);
/* Takes the answer; false: nothing was doubted. */
bool plain_doubted(struct plain *p, const char *text);
void plain_ask_free(struct plain *p);

#endif
