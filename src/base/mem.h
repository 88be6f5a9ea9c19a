/* base/mem.h - allocation that aborts when memory is out, and owned strings */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>

#include "base/base.h"

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
/* Array growth: n * size with an overflow check. */
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);  /* NULL gives NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);
char *xvasprintf(const char *fmt, va_list ap);

/* Replaces *field by a copy of s (NULL allowed). Returns true when the value changed. */
bool str_set(char **field, const char *s);
/* Takes over s. */
void str_take(char **field, char *s);
bool str_eq(const char *a, const char *b);      /* NULL equals only NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_empty(const char *s);                  /* NULL or "" */
int str_casecmp_ascii(const char *a, const char *b);
/* Edit distance of a and b, at most max; returns max + 1 when it is larger. For "did you mean". */
int str_distance(const char *a, const char *b, int max);
/* Copies at most cap - 1 bytes and ends with NUL, cut at a UTF-8 character. Returns the length copied. */
size_t str_copy(char *dst, size_t cap, const char *src);
/* Parses a whole decimal number in [min, max]; returns false when it is anything else. */
bool str_int(const char *s, int64_t min, int64_t max, int64_t *out);
/* Overwrites and cannot be optimised away. */
void mem_wipe(void *p, size_t n);
/* Around calls of a library that frees secrets without wiping them: what is freed between the two is overwritten. Where
 * the C library cannot do that, nothing happens. */
void mem_scrub_begin(void);
void mem_scrub_end(void);
/* Wipes and frees a secret string. NULL is fine. */
void str_wipe_free(char *s);

/* Growing arrays: VEC_PUSH(c->items, c->n_items, c->cap_items, x) */
#define VEC_PUSH(v, n, cap, x)                                                                     \
    do {                                                                                           \
        if ((n) == (cap)) {                                                                        \
            (cap) = (cap) ? (cap) * 2 : 8;                                                         \
            (v) = xreallocarray((v), (cap), sizeof *(v));                                          \
        }                                                                                          \
        (v)[(n)++] = (x);                                                                          \
    } while (0)
/* Removes element i, keeping the order. */
#define VEC_DEL(v, n, i)                                                                           \
    do {                                                                                           \
        size_t vec_i_ = (i);                                                                       \
        memmove(&(v)[vec_i_], &(v)[vec_i_ + 1], ((n)-vec_i_ - 1) * sizeof *(v));                   \
        (n)--;                                                                                     \
    } while (0)

#endif
