/* base/arena.h - memory that is freed all at once */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"

struct arena { /* zero-initialised is empty and valid */
    struct arena_block *head;
    size_t used;
};

void *arena_alloc(struct arena *a, size_t n); /* zeroed, aligned for anything */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
void arena_reset(struct arena *a); /* keeps the first block for reuse */
void arena_wipe(struct arena *a);  /* the same, and overwrites what there was */
void arena_free(struct arena *a);

#endif
