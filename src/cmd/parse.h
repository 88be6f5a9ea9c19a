/* cmd/parse.h - from a line to a command and its arguments: words, quotes, flags, variables */
#ifndef CMD_PARSE_H
#define CMD_PARSE_H

#include "cmd/cmd.h"

enum parse_mode {
    PARSE_TYPED,   /* by hand: nothing is filled in, text is taken as it is */
    PARSE_BINDING, /* variables are filled in, "; /" begins the next command */
    PARSE_CHECK    /* as a binding, but nobody is there: variables stand for something */
};
enum { PARSE_NAME_MAX = 64 };

struct parsed { /* parsed_free when done, also after a failure */
    struct cmd_args args;
    char *store[CMD_MAX_ARGS + 8];
    size_t n_store;
};
void parsed_free(struct parsed *p);

/* Name after the slash of "/name rest"; *rest is set behind it and its spaces. False: too long or
 * none. */
bool parse_name(const char *line, char name[PARSE_NAME_MAX + 1], const char **rest);
/* Bytes of the first command of a binding's line: up to an unquoted "; /" or the end. */
size_t parse_first(const char *line);
/* Reads rest (the part behind the name) by c's specification. ctx may be NULL in PARSE_CHECK. 0, or
 * negative and a sentence with the usage. */
int parse_args(const struct cmd *c, const struct cmd_ctx *ctx, enum parse_mode mode,
               const char *rest, struct parsed *out, struct err *e);
/* One word at *p: 1 = appended to out, 0 = none left, negative and a sentence. *p moves behind it.
 */
int parse_word(const char **p, const struct cmd_ctx *ctx, enum parse_mode mode, struct buf *out,
               struct err *e);
/* Appends s so that it is one plain piece of a binding's line, whatever it holds. */
void parse_escape(struct buf *out, const char *s);
/* msg:NUMBER; false when it is something else. */
bool parse_message_id(const char *word, int64_t *id);

/* The value of a variable for ctx, appended. 1 = done, 0 = no such variable, negative and a
 * sentence: nothing to fill it with. name is not terminated. */
int var_value(const struct cmd_ctx *ctx, const char *name, size_t len, struct buf *out,
              struct err *e);

#endif
