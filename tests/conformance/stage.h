/* tests/conformance/stage.h - real users of the machine on local chat: starts them, leaves no trace
 * of them
 *
 * Needs root to become users that nobody is; without it every test skips itself.
 */
#ifndef CONFORMANCE_STAGE_H
#define CONFORMANCE_STAGE_H

#include <sys/types.h>

#include "base/base.h"
#include "conformance/hand.h"

enum { ALICE = 12345, BOB = 12346, MALLORY = 12347, SOON = 10000 };

extern char *build, *top; /* the build directory; of this test, with meet/ and state-UID/ */

void find_build(const char *argv0);
int raise_stage(void **state); /* set-up and tear-down of a test */
int clear_stage(void **state);
/* A user's kith comes online, with a state directory of their own. extra: an option KEY=VALUE or
 * NULL. */
void enter(struct hand *p, uid_t uid, const char *extra);
void meet(struct hand *a, struct hand *b); /* alice and bob see each other */
void leave(struct hand *p);                /* no rule broken, no leak */
/* Runs fn as another user; what it returns is the exit status. */
pid_t begin_as(uid_t uid, int (*fn)(const char *), const char *arg); /* the same, meanwhile */
int end_of(pid_t pid);
int as_user(uid_t uid, int (*fn)(const char *), const char *arg);

#endif
