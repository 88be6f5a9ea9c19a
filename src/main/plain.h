/* main/plain.h - kith --plain: a chat line by line, for terminals that cannot place the cursor, and for pipes */
#ifndef MAIN_PLAIN_H
#define MAIN_PLAIN_H

#include "base/base.h"
#include "cmd/cmd.h"

struct plain;
struct plain_io {
    void (*line)(void *user, const char *text);  /* one line to show, without its newline */
    void (*leave)(void *user, int code, const char *sentence); /* the view is freed by the caller, later in the turn */
};
struct plain *plain_new(struct cmd_env *env, const struct plain_io *io, void *user);
void plain_free(struct plain *p);
/* A line as typed: text for the current chat, a /command, or "? CHOICE" to answer the oldest question. */
void plain_input(struct plain *p, const char *line);

#endif
