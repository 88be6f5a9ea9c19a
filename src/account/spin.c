/* account/spin.c - a plugin that spins ends its process, even when nobody asks anything of it */
#include "account/spin.h"

#include <signal.h>
#include <sys/time.h>

static const struct loop *spin_loop; /* read by the signal handler */
static int64_t spin_seen;            /* the turn of the last look */

static void on_tick(int signo)
{
    int64_t turn = loop_now(spin_loop);
    if (turn == spin_seen) {
        (void)signal(SIGXCPU, SIG_DFL);
        (void)raise(SIGXCPU);
    }
    spin_seen = turn;
}

static void tick_every(time_t seconds)
{
    const struct itimerval every = {.it_interval = {.tv_sec = seconds}, .it_value = {.tv_sec = seconds}};
    (void)setitimer(ITIMER_PROF, &every, NULL);
}

void spin_watch(const struct loop *loop)
{
    struct sigaction sa = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    spin_loop = loop;
    spin_seen = -1;
    (void)sigemptyset(&sa.sa_mask);
    if (sigaction(SIGPROF, &sa, NULL) == 0)
        tick_every(SPIN_S);
}

void spin_ignore(void)
{
    tick_every(0);
    (void)signal(SIGPROF, SIG_IGN);
}
