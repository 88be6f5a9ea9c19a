/* base/soon.c - a process that people wait for runs soon after it is woken, and before those that only work for them */
#include "base/soon.h"

#ifdef __linux__
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.12 and later take the run time that SCHED_OTHER asks for as the length of its turns (sched(7),
 * sched_setattr(2)): who asks for short ones is let in before those with longer ones. Those of who asks for nothing
 * are about 3 ms, and he is let in as well where somebody has asked for longer ones. */
enum { SHORT_NS = 100 * 1000, LONG_NS = 20 * 1000 * 1000, NOT_FOR_CHILDREN = 1 };

struct wish { /* struct sched_attr, of which old headers know nothing */
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static bool ask_turns(uint64_t ns)
{
    struct wish w = {.size = sizeof w}, got = {0};
    if (syscall(SYS_sched_getattr, 0, &w, sizeof w, 0) < 0 || w.policy != SCHED_OTHER)
        return false; /* somebody has chosen another policy for it */
    w.size = sizeof w;
    w.flags |= NOT_FOR_CHILDREN;
    w.runtime = ns;
    return syscall(SYS_sched_setattr, 0, &w, 0) == 0 && syscall(SYS_sched_getattr, 0, &got, sizeof got, 0) == 0 &&
           got.runtime == ns;
}
#else
enum { SHORT_NS, LONG_NS };

static bool ask_turns(uint64_t ns)
{
    return false;
}
#endif

bool run_soon(void)
{
    return ask_turns(SHORT_NS);
}

bool run_behind(void)
{
    return ask_turns(LONG_NS);
}
