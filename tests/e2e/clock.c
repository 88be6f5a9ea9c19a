/* tests/e2e/clock.c - preloaded into kith-account: its boot and wall clock go ahead by what the test says, as after a
 * suspend, and the timer that the kernel cancels then is a pipe of the test's
 *
 * KITH_TEST_CLOCK names a directory with the files "ahead" (8 bytes: milliseconds) and "wake" (a FIFO). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead_ms;
static int wake = -1; /* opened before the process confines itself */

__attribute__((constructor)) static void begin(void)
{
    const char *dir = getenv("KITH_TEST_CLOCK");
    char path[512];

    if (dir == NULL)
        return;
    snprintf(path, sizeof path, "%s/ahead", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *ahead_ms, PROT_READ, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED)
        ahead_ms = p;
    close(fd);
    snprintf(path, sizeof path, "%s/wake", dir);
    wake = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL)
        *(void **)(&real) = dlsym(RTLD_NEXT, "clock_gettime");
    int r = real(id, t);
    if (r == 0 && ahead_ms != NULL && (id == CLOCK_BOOTTIME || id == CLOCK_REALTIME))
        t->tv_sec += (time_t)(*ahead_ms / 1000);
    return r;
}

int timerfd_create(int id, int flags)
{
    (void)id;
    (void)flags;
    return dup(wake);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *was)
{
    (void)fd;
    (void)flags;
    (void)at;
    (void)was;
    return 0;
}
