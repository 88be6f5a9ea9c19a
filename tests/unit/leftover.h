/* unit/leftover.h - is a secret still anywhere in the memory of this process? */
#ifndef TEST_LEFTOVER_H
#define TEST_LEFTOVER_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEFTOVER_PIECE = 64 << 10, LEFTOVER_LEAST = 12 };

/* The bytes of the secret: never written down as a whole but by what is tested. */
static inline char leftover_byte(size_t i)
{
    return (char)('!' + (i * 37 + i / 7 * 11) % 90);
}

/* Where in a piece of memory the first LEFTOVER_LEAST bytes of the secret stand. */
static inline bool leftover_in(const char *p, size_t len)
{
    for (size_t at = 0; at + LEFTOVER_LEAST <= len; at++) {
        size_t n = 0;
        while (n < LEFTOVER_LEAST && p[at + n] == leftover_byte(n))
            n++;
        if (n == LEFTOVER_LEAST)
            return true;
    }
    return false;
}

/* Looks through all of the heap, freed parts as well: the kernel reads it, so that the sanitizers do not mind. */
static inline bool leftover(void)
{
    static char piece[LEFTOVER_PIECE];
    char line[512];
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    bool found = false;
    while (fd >= 0 && maps && !found && fgets(line, sizeof line, maps)) {
        unsigned long long from, to;
        char rights[5];
        if (sscanf(line, "%llx-%llx %4s", &from, &to, rights) != 3 || rights[1] != 'w' || strstr(line, "[stack]") ||
            to - from > 1ull << 32) /* shadow memory of a sanitizer */
            continue;
        for (unsigned long long at = from; at < to && !found; at += sizeof piece - LEFTOVER_LEAST) {
            ssize_t n = pread(fd, piece, sizeof piece, (off_t)at);
            found = n > 0 && leftover_in(piece, (size_t)n);
            if (n <= 0)
                break;
        }
        memset(piece, 0, sizeof piece);
    }
    if (maps)
        fclose(maps);
    if (fd >= 0)
        close(fd);
    return found;
}

#endif
