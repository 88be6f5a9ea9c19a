/* base/loop.h - the one poll loop of each process: descriptors, timers, signals, end-of-turn work */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include "base/base.h"

enum { LOOP_READ = 1u, LOOP_WRITE = 2u, LOOP_HANGUP = 4u }; /* HANGUP: reported, need not be asked for */

struct loop;
struct loop_io;
struct loop_timer;
typedef void loop_io_fn(void *user, int fd, unsigned ready);
typedef void loop_fn(void *user);
typedef void loop_signal_fn(void *user, int signo);

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Level-triggered. Callbacks may add and delete anything, themselves too. fd stays the caller's. At a hang-up or
 * an error what was wanted is reported as ready as well, so that a reader meets the end by reading. */
struct loop_io *loop_io_add(struct loop *l, int fd, unsigned want, loop_io_fn *fn, void *user);
void loop_io_want(struct loop_io *io, unsigned want);
unsigned loop_io_wanted(const struct loop_io *io);
void loop_io_del(struct loop_io *io); /* NULL is fine; fn never runs after this */
/* Lower runs first within a turn (keyboard before network). Default 0. */
void loop_io_priority(struct loop_io *io, int priority);

/* One shot, after_ms >= 0 on the monotonic clock; the handle is invalid once fn has been called. */
struct loop_timer *loop_timer_add(struct loop *l, int64_t after_ms, loop_fn *fn, void *user);
void loop_timer_del(struct loop_timer *t); /* NULL is fine */

/* Runs once at the end of this turn, after all descriptors and timers; same (fn, user) is kept once. */
void loop_defer(struct loop *l, loop_fn *fn, void *user);
/* Takes deferred calls back, before their user goes; fn NULL: all of this user. */
void loop_defer_cancel(struct loop *l, loop_fn *fn, void *user);
/* Runs at the end of every turn that did anything (commit, paint). In order of registration. */
void loop_at_turn_end(struct loop *l, loop_fn *fn, void *user);
void loop_turn_end_cancel(struct loop *l, loop_fn *fn, void *user);
/* Makes the next wait return at once: for work cut into slices. */
void loop_again(struct loop *l);

/* Signals arrive as ordinary events through a pipe. Process-wide: one loop only. */
int loop_signal(struct loop *l, int signo, loop_signal_fn *fn, void *user);

int64_t loop_now(const struct loop *l); /* monotonic ms of this turn's wake-up */
/* One turn: waits for the next event (wait_ms: at most; -1: no limit). Returns events handled, < 0 on error. */
int loop_turn(struct loop *l, int wait_ms);
int loop_run(struct loop *l); /* until loop_quit(); returns its code */
void loop_quit(struct loop *l, int code);

#endif
