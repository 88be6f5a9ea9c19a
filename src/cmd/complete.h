/* cmd/complete.h - one completion under way, shared by complete.c and complete_types.c */
#ifndef CMD_COMPLETE_H
#define CMD_COMPLETE_H

#include "cmd/internal.h"

struct complete {
    struct cmd_ctx *ctx;
    struct completions *out;
    char *word;        /* unquoted text up to the cursor; owned */
    char *previous;    /* the argument before it (an option's name, a context), or NULL; owned */
    size_t from, to;   /* bytes that a completion replaces */
    bool rest_of_line; /* the word is part of a text: no quoting */
    bool first_word;   /* of the message: a nick gets a colon */
};

/* value goes into the line, label and note to the popup. open_end: no space behind (a folder). */
void complete_add(struct complete *q, const char *value, const char *label, const char *note,
                  bool open_end);
bool complete_fits(const struct complete *q,
                   const char *value); /* begins with the word, whatever the case */
void complete_arg(struct complete *q, const struct cmd_arg *a); /* by type */
/* Commands of the backend that is looked at; slash: what stands before them in the popup. */
void complete_backend_commands(struct complete *q, const char *slash);
/* The command line that begins with '/' at byte `at` of text. */
void complete_line(struct complete *q, const char *text, size_t at, size_t cursor);

#endif
