/* cmd/control_private.h - one request of a control client, shared by the files of control */
#ifndef CMD_CONTROL_PRIVATE_H
#define CMD_CONTROL_PRIVATE_H

#include "base/loop.h"
#include "cmd/control.h"
#include "cmd/internal.h"

enum { CONTROL_OK = 0, CONTROL_FAILED = 1, CONTROL_USAGE = 2, CONTROL_NOTHING = 1 /* of search */ };

struct control {
    struct cmd_env *env;
    struct control_request r; /* argv and body are not kept: see below */
    char **argv;              /* the words that are no flags; argv[0] is the command */
    int argc;
    char *body; /* of send */
    char *account;
    bool json, wait, follow, ranked;
    int64_t n; /* -n, 0 = not given */
    bool ended, cancelled;
    int holds; /* callbacks of core that will still come: freed after the last */
    /* send --wait */
    int64_t message;
    bool online;              /* the account was, when it was written */
    struct loop_timer *timer;
    struct core_search *search; /* under way */
    /* tail */
    int64_t chat, last; /* 0: all chats */
    bool observing;
};

void control_line(struct control *c, const char *fmt, ...) PRINTF(2, 3); /* to standard output */
void control_error(struct control *c, const char *fmt, ...)
    PRINTF(2, 3); /* to standard error: one sentence */
void control_put(struct control *c, const struct buf *lines);
/* Ends the request: done is called (unless cancelled), and c is freed once nothing holds it.
 * Returns NULL. */
struct control *control_end(struct control *c, int code);
/* The last callback of core came: frees c when it has ended meanwhile. */
void control_release(struct control *c);
/* A context to look up in; commands run by it answer through the request. */
struct cmd_ctx control_ctx(struct control *c);
struct account *control_account(struct control *c,
                                struct err *e); /* --account; NULL without a sentence: not given */
void control_message(struct control *c, const struct chat *chat, const struct message *m);

struct control *control_send(struct control *c);
struct control *control_tail(struct control *c);
void control_tail_stop(struct control *c);
void control_send_stop(struct control *c);
void control_search_stop(struct control *c);

#endif
