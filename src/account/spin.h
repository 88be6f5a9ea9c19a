/* account/spin.h - a plugin that spins ends its process, even when nobody asks anything of it */
#ifndef ACCOUNT_SPIN_H
#define ACCOUNT_SPIN_H

#include "base/loop.h"

/* From now on a single turn of the loop that uses SPIN_S to twice as many seconds of processor time (not of the
 * clock: waiting, or a busy machine, is no spinning) ends the process by SIGXCPU, and the engine starts it anew.
 * Costs nothing while the process sleeps. Once for each process; the loop must outlive it, or spin_ignore() be called. */
enum { SPIN_S = 4 };
void spin_watch(const struct loop *loop);
void spin_ignore(void);

#endif
