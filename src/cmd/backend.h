/* cmd/backend.h - commands that a backend brings: found, run, completed and explained as kith's own */
#ifndef CMD_BACKEND_H
#define CMD_BACKEND_H

#include "cmd/cmd.h"
#include "cmd/parse.h"

/* Of the account that is looked at; where none is, of the only one that has it. NULL: there is none. *out: whose. */
const struct kith_command *backend_command(const struct cmd_ctx *ctx, const char *name, struct account **out);
int run_backend(struct cmd_ctx *ctx, struct account *a, const struct kith_command *k, enum parse_mode mode,
                const char *rest, struct err *e);
/* Its usage as arguments of a command, for completion: words that all backends use the same way are nick, room, file,
 * account and choices with bars between; "..." repeats the last one. */
struct backend_args {
    struct cmd cmd;
    char *words[CMD_MAX_ARGS];
};
void backend_args(const struct kith_command *k, struct backend_args *out);
void backend_args_free(struct backend_args *a);
bool backend_help(struct cmd_ctx *ctx, const char *name); /* a page about it; false: no such command here */
void backend_list(const struct cmd_ctx *ctx, struct buf *out); /* lines of those that work here */

#endif
