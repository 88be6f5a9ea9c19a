/* base/soon.h - a process that people wait for runs soon after it is woken, and before those that only work for them */
#ifndef BASE_SOON_H
#define BASE_SOON_H

#include "base/base.h"

/* Asks the kernel to let this process run at once when it wakes, ahead of those that compute, for it never runs long
 * before it waits again. Needs no privilege, takes no larger share of the processor, and is not for its children.
 * False: this kernel knows no such wish (Linux before 6.12, and others); nothing changes then. */
bool run_soon(void);

/* The other way round: asks for long turns, in which every process that wakes and has not asked for that is let in at
 * once, also what brings a key from the terminal. For those that may compute for long. The share of the processor stays
 * the same. Not for children; false as above. */
bool run_behind(void);

#endif
