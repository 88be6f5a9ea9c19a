/* account/free.c - what this process does not need any more is overwritten, whoever had it
 *
 * Keys, passwords, passphrases and what is said in encrypted chats go through libraries that free their copies as they are:
 * parsers, the database, the ratchets. Here all of them free, so one place sees to it. (The sanitizers have an allocator of
 * their own, and other C libraries other ways: there only what kith itself has is wiped.) */
#include <stdlib.h>

#include "base/mem.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#include <errno.h>
#include <malloc.h>
#include <string.h>

#define SEEN_BY_LIBRARIES __attribute__((visibility("default")))

void libc_free(void *p) __asm__("__libc_free");

SEEN_BY_LIBRARIES void free(void *p)
{
    mem_wipe(p, p ? malloc_usable_size(p) : 0);
    libc_free(p);
}

/* The C library's own may move it, and leave the bytes where they were. */
SEEN_BY_LIBRARIES void *realloc(void *p, size_t n)
{
    size_t had = p ? malloc_usable_size(p) : 0;
    if (p && n > 0 && n <= had && n >= had / 2)
        return p;
    void *grown = p && n == 0 ? NULL : malloc(n);
    if (!grown && n > 0)
        return NULL; /* what there was stays */
    if (grown && p)
        memcpy(grown, p, MIN(n, had));
    free(p);
    return grown;
}
#endif
