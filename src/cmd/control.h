/* cmd/control.h - what `kith send|tail|unread|search|status|open|quit` ask of the running engine */
#ifndef CMD_CONTROL_H
#define CMD_CONTROL_H

#include "base/base.h"
#include "cmd/cmd.h"

struct control; /* one request under way */

struct control_request {
    int argc;                 /* argv[0] is the command */
    const char *const *argv;  /* with its flags: --json --account NAME --wait --follow -n N */
    const char *body;         /* standard input of `send`, may be empty */
    size_t body_len;
    void (*out)(void *user, bool is_error, const char *data, size_t len); /* whole lines with their newline; an error is
                                 one sentence without it: the client says "kith: " before */
    void (*done)(void *user, int code); /* once, maybe before control_run returns; the handle is gone */
    void *user;
};
/* Strings are copied. NULL when the request ended at once (done was called). */
struct control *control_run(struct cmd_env *env, const struct control_request *r);
/* The client went away: done is not called. */
void control_cancel(struct control *c);

#endif
