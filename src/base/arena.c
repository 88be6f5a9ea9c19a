/* base/arena.c - memory that is freed all at once */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { BLOCK = 4000 };

struct arena_block {
    struct arena_block *next;
    size_t cap;
    alignas(max_align_t) char data[];
};

static struct arena_block *block_new(size_t cap)
{
    struct arena_block *b = xmalloc(sizeof *b + cap);
    b->next = NULL;
    b->cap = cap;
    return b;
}

/* A piece too large for the current block gets one of its own behind it, so that the room left is
 * not lost. */
static void *alloc_large(struct arena *a, size_t n)
{
    struct arena_block *b = block_new(n);
    if (a->head) {
        b->next = a->head->next;
        a->head->next = b;
    } else {
        a->head = b;
        a->used = n;
    }
    return b->data;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    ENSURE(n < SIZE_MAX / 2);
    n = (MAX(n, 1) + align - 1) & ~(align - 1);
    void *p;
    if (a->head && n <= a->head->cap - a->used) {
        p = a->head->data + a->used;
        a->used += n;
    } else if (n > BLOCK / 4) {
        p = alloc_large(a, n);
    } else {
        struct arena_block *b = block_new(BLOCK);
        b->next = a->head;
        a->head = b;
        a->used = n;
        p = b->data;
    }
    memset(p, 0, n);
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *p = arena_alloc(a, len + 1);
    memcpy(p, s, len);
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

static void free_chain(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_reset(struct arena *a)
{
    if (!a->head)
        return;
    free_chain(a->head->next);
    a->head->next = NULL;
    a->used = 0;
}

void arena_wipe(struct arena *a)
{
    for (struct arena_block *b = a->head; b; b = b->next)
        mem_wipe(b->data, b == a->head ? a->used : b->cap);
    arena_reset(a);
}

void arena_free(struct arena *a)
{
    free_chain(a->head);
    *a = (struct arena){0};
}
