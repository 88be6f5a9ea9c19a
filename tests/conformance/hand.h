/* tests/conformance/hand.h - moves a puppet: starts it, tells it what to do, waits for what it says
 */
#ifndef CONFORMANCE_HAND_H
#define CONFORMANCE_HAND_H

#include <sys/types.h>

#include "base/base.h"
#include "base/buf.h"

struct hand {
    pid_t pid;
    int in, out; /* its stdin and stdout */
    struct buf part;
    char **lines;
    size_t n, cap;
};

/* argv: of puppet.c, ending in NULL, argv[0] the program. Aborts when it cannot be started. */
void hand_start(struct hand *p, const char *const *argv);
/* Fields with '|' between, as hand_say(p, "send|bob|id1|hello"). Fields may hold no '|'. */
void hand_say(struct hand *p, const char *fmt, ...) PRINTF(2, 3);
/* Waits at most ms for a line at index >= from that matches (host.h, rec_wait). Its index, or -1.
 */
int hand_wait(struct hand *p, size_t from, int ms, const char *words);
size_t hand_count(struct hand *p, size_t from, const char *words); /* of those there now */
void hand_pump(struct hand *p, int ms); /* reads what comes, waiting at most ms for the first */
/* Owned value of a key in a line, or NULL. */
char *hand_value(const struct hand *p, int line, const char *key);
void hand_kill(struct hand *p); /* SIGKILL, and forgets it; lines stay until hand_free */
int hand_stop(
    struct hand *p); /* quit; the exit status, and how many violations it reported is added */
void hand_forget(struct hand *p); /* the lines so far */
void hand_free(struct hand *p);

#endif
