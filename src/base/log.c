/* base/log.c - the debug log; never holds secrets, and message text only when asked to */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum { LINE = 2048 };

/* The one sink of the process. */
static struct {
    int fd;
    enum log_level least;
    char name[32];
} sink = {.fd = -1};

void log_open(int fd, const char *name, enum log_level least)
{
    sink.fd = fd;
    sink.least = least;
    str_copy(sink.name, sizeof sink.name, name);
}

static void write_all(int fd, const char *s, size_t n)
{
    while (n) {
        ssize_t w = write(fd, s, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return;
        s += w;
        n -= (size_t)w;
    }
}

void log_at(enum log_level level, const char *fmt, ...)
{
    if (sink.fd < 0 || level < sink.least)
        return;
    int saved = errno;
    char line[LINE], when[40];
    clock_format_iso(when, sizeof when, clock_wall_ms());
    int head = snprintf(line, sizeof line, "%s %s[%ld] %c ", when, sink.name, (long)getpid(),
                        "DIWE"[level]);
    size_t n = (size_t)head;
    va_list ap;
    va_start(ap, fmt);
    int body = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
    va_end(ap);
    size_t end = body < 0 ? n : MIN(n + (size_t)body, sizeof line - 2);
    for (; n < end; n++) /* one entry is one line, and harmless to look at in a terminal */
        if ((unsigned char)line[n] < 0x20 || line[n] == 0x7f)
            line[n] = ' ';
    line[n++] = '\n';
    write_all(sink.fd, line, n);
    errno = saved;
}

void bug_at(const char *file, int line, const char *sentence)
{
    char text[512];
    int n = snprintf(text, sizeof text, "kith: bug at %s:%d: %s\n", file, line, sentence);
    write_all(STDERR_FILENO, text, MIN((size_t)MAX(n, 0), sizeof text - 1));
    log_at(LOG_ERROR, "bug at %s:%d: %s", file, line, sentence);
    abort();
}
