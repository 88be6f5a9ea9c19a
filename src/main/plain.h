/* main/plain.h - kith --plain: a chat line by line, for screen readers, Braille lines, dumb terminals and pipes */
#ifndef MAIN_PLAIN_H
#define MAIN_PLAIN_H

#include "base/base.h"
#include "cmd/cmd.h"

struct plain;
struct plain_io {
    void (*line)(void *user, const char *text);  /* one line to show, without its newline */
    /* What is typed next answers this ("" = nothing is asked any more); secret: it is not shown. */
    void (*prompt)(void *user, const char *label, bool secret);
    void (*input)(void *user, const char *text); /* belongs into the line of input */
    void (*leave)(void *user, int code, const char *sentence); /* the view is freed by the caller, later in the turn */
};
/* env: the terminal's environment, NULL-terminated; copied. */
struct plain *plain_new(struct cmd_env *env, const struct plain_io *io, const char *const *environment, void *user);
void plain_free(struct plain *p);
/* A line as typed: text for the current chat, a /command, "? CHOICE" to answer the oldest question, or what a prompt
 * asked for. The line may be wiped by the caller afterwards. */
void plain_input(struct plain *p, const char *line);
/* A line typed for a prompt: dropped, and never a message, when the prompt is gone by now. */
void plain_reply(struct plain *p, const char *line);

#endif
