/* base/title.c - what ps shows of this process */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/mem.h"
#include "base/spawn.h"

extern char **environ;

/* The memory where the kernel put argv and the environment, and the copies that took their place.
 */
static struct {
    char *start;
    size_t size;
    char **argv, **env;
} title;

static char **copy_strings(char **list)
{
    size_t n = 0;
    while (list[n])
        n++;
    char **copy = xcalloc(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = xstrdup(list[i]);
    return copy;
}

void title_init(int argc, char **argv)
{
    if (argc < 1 || title.start)
        return;
    char *end = argv[0];
    for (int i = 0; i < argc;
         i++) /* one string right behind the other, as execve() lays them down */
        if (argv[i] == end)
            end += strlen(argv[i]) + 1;
    for (char **p = environ; p && *p; p++)
        if (*p == end)
            end += strlen(*p) + 1;
    title.start = argv[0];
    title.size = (size_t)(end - argv[0]);
    title.argv = copy_strings(argv);
    for (int i = 0; i < argc; i++)
        argv[i] = title.argv[i];
    if (environ) {
        title.env = copy_strings(environ);
        environ = title.env;
    }
}

void title_set(const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = '?';
#ifdef __linux__
    prctl(PR_SET_NAME, text); /* the kernel cuts it at 15 bytes */
#endif
    if (title.size < 2)
        return;
    memset(title.start, 0, title.size);
    str_copy(title.start, title.size, text);
}
