/* tests/conformance/hand.c - moves a puppet */
#include "conformance/hand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conformance/host.h"

void hand_start(struct hand *p, const char *const *argv)
{
    int in[2], out[2];
    *p = (struct hand){0};
    ENSURE(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    p->pid = fork();
    ENSURE(p->pid >= 0);
    if (p->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    p->in = in[1];
    p->out = out[0];
    fcntl(p->out, F_SETFL, O_NONBLOCK);
}

static void write_all(int fd, const char *s, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, s, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        s += n;
        len -= (size_t)n;
    }
}

void hand_say(struct hand *p, const char *fmt, ...)
{
    struct buf line = {0};
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    for (const char *c = text; *c; c++) {
        if (*c == '|')
            buf_addc(&line, '\t');
        else if (*c == '\n' || *c == '\\' || *c == '\t')
            buf_addf(&line, "\\%c", *c == '\n' ? 'n' : *c == '\t' ? 't' : '\\');
        else
            buf_addc(&line, *c);
    }
    buf_addc(&line, '\n');
    write_all(p->in, line.data, line.len);
    buf_free(&line);
    free(text);
}

void hand_pump(struct hand *p, int ms)
{
    struct pollfd fd = {.fd = p->out, .events = POLLIN};
    char data[65536], *end;
    ssize_t n;
    if (poll(&fd, 1, ms) <= 0)
        return;
    while ((n = read(p->out, data, sizeof data)) > 0)
        buf_add(&p->part, data, (size_t)n);
    while (p->part.len && (end = memchr(p->part.data, '\n', p->part.len))) {
        char *line = xstrndup(p->part.data, (size_t)(end - p->part.data));
        buf_consume(&p->part, (size_t)(end - p->part.data) + 1);
        if (getenv("CONFORMANCE_LOG"))
            fprintf(stderr, "[%d] %s\n", (int)p->pid, line);
        VEC_PUSH(p->lines, p->n, p->cap, line);
    }
    if (n == 0 && p->part.len == 0)
        poll(NULL, 0, 1); /* it is gone: do not spin until the time is over */
}

static int find(const struct hand *p, size_t from, const char *words)
{
    for (size_t i = from; i < p->n; i++) {
        if (rec_matches(p->lines[i], words))
            return (int)i;
    }
    return -1;
}

int hand_wait(struct hand *p, size_t from, int ms, const char *words)
{
    int64_t end = clock_mono_ms() + ms;
    int i;
    while ((i = find(p, from, words)) < 0 && clock_mono_ms() < end)
        hand_pump(p, (int)MAX(end - clock_mono_ms(), 0));
    return i;
}

size_t hand_count(struct hand *p, size_t from, const char *words)
{
    size_t n = 0;
    if (p->pid)
        hand_pump(p, 0);
    for (int i = (int)from; (i = find(p, (size_t)i, words)) >= 0; i++)
        n++;
    return n;
}

char *hand_value(const struct hand *p, int line, const char *key)
{
    size_t n = strlen(key);
    if (line < 0)
        return NULL;
    for (const char *f = p->lines[line]; (f = strchr(f, '\t'));) {
        f++;
        if (strncmp(f, key, n) == 0 && f[n] == '=')
            return xstrndup(f + n + 1, strcspn(f + n + 1, "\t"));
    }
    return NULL;
}

static int end(struct hand *p)
{
    int status = 0;
    close(p->in);
    waitpid(p->pid, &status, 0);
    hand_pump(p, 0);
    close(p->out);
    p->pid = 0;
    return status;
}

void hand_kill(struct hand *p)
{
    kill(p->pid, SIGKILL);
    end(p);
}

int hand_stop(struct hand *p)
{
    int status = end(p);
    return status + (int)hand_count(p, 0, "VIOLATION");
}

void hand_forget(struct hand *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->lines[i]);
    p->n = 0;
}

void hand_free(struct hand *p)
{
    if (p->pid)
        hand_kill(p);
    hand_forget(p);
    free(p->lines);
    buf_free(&p->part);
    *p = (struct hand){0};
}
