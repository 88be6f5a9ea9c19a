/* base/mem.c - allocation that aborts when memory is out, and owned strings */
#include "base/mem.h"

#include <errno.h>
#ifdef __linux__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/utf8.h"

static void out_of_memory(void) NORETURN;
static void out_of_memory(void)
{
    static const char text[] = "kith: out of memory\n";
    ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
    (void)n;
    abort();
}

void *xmalloc(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *xrealloc(void *p, size_t n)
{
    void *q = realloc(p, n ? n : 1);
    if (!q)
        out_of_memory();
    return q;
}

void *xreallocarray(void *p, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        out_of_memory();
    return xrealloc(p, total);
}

char *xstrdup(const char *s)
{
    return s ? xstrndup(s, strlen(s)) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *p = xmalloc(len + 1);
    memcpy(p, s, len);
    p[len] = '\0';
    return p;
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = xvasprintf(fmt, ap);
    va_end(ap);
    return s;
}

char *xvasprintf(const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    ENSURE(n >= 0);
    char *s = xmalloc((size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, fmt, ap);
    return s;
}

bool str_set(char **field, const char *s)
{
    if (str_eq(*field, s))
        return false;
    char *copy = xstrdup(s); /* before the free: s may lie within *field */
    free(*field);
    *field = copy;
    return true;
}

void str_take(char **field, char *s)
{
    if (*field != s)
        free(*field);
    *field = s;
}

bool str_eq(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    return strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
    return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
    if (!s)
        return false;
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool str_empty(const char *s)
{
    return !s || !*s;
}

static int lower_ascii(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

int str_casecmp_ascii(const char *a, const char *b)
{
    for (;; a++, b++) {
        int x = lower_ascii((unsigned char)*a), y = lower_ascii((unsigned char)*b);
        if (x != y || !x)
            return x - y;
    }
}

/* Optimal string alignment: two neighbours that changed places count as one edit. */
int str_distance(const char *a, const char *b, int max)
{
    size_t n = strlen(a), m = strlen(b);
    size_t gap = n > m ? n - m : m - n;
    if (max < 0 || gap > (size_t)max)
        return max + 1;
    int *rows = xcalloc(3 * (m + 1), sizeof *rows);
    int *before = rows, *prev = rows + (m + 1), *cur = rows + 2 * (m + 1);
    for (size_t j = 0; j <= m; j++)
        prev[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        cur[0] = (int)i;
        int least = cur[0];
        for (size_t j = 1; j <= m; j++) {
            int d = prev[j - 1] + (a[i - 1] != b[j - 1]);
            d = MIN(d, MIN(prev[j], cur[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d = MIN(d, before[j - 2] + 1);
            cur[j] = d;
            least = MIN(least, d);
        }
        int *spare = before;
        before = prev;
        prev = cur;
        cur = spare;
        if (least > max + 1)
            break;
    }
    int result = prev[m];
    free(rows);
    return result > max ? max + 1 : result;
}

size_t str_copy(char *dst, size_t cap, const char *src)
{
    ENSURE(cap > 0);
    size_t len = src ? strlen(src) : 0;
    size_t n = len < cap ? len : utf8_floor(src, len, cap - 1);
    if (n)
        memcpy(dst, src, n);
    dst[n] = '\0';
    return n;
}

bool str_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
    if (!s)
        return false;
    const char *p = s + (*s == '-' || *s == '+');
    if (*p < '0' || *p > '9')
        return false;
    char *end;
    errno = 0;
    long long n = strtoll(s, &end, 10);
    if (errno || *end || n < min || n > max)
        return false;
    *out = n;
    return true;
}

void mem_wipe(void *p, size_t n)
{
    if (p && n) {
        memset(p, 0, n);
        __asm__ __volatile__("" : : "r"(p) : "memory");
    }
}

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
enum { SMALL_MAX = 1032, SMALL_STEP = 16, SMALL_KEPT = 7 }; /* what malloc(3) keeps back per thread, see mallopt(3) */

void mem_scrub_begin(void)
{
    (void)mallopt(M_PERTURB, 0xa5);
}

/* Small pieces are kept for the next malloc() as they are: it gives them out again, the last first. */
void mem_scrub_end(void)
{
    void *piece[SMALL_KEPT];
    (void)mallopt(M_PERTURB, 0);
    for (size_t n = SMALL_STEP + SMALL_STEP / 2; n <= SMALL_MAX; n += SMALL_STEP) {
        for (size_t i = 0; i < SMALL_KEPT; i++) {
            piece[i] = xmalloc(n);
            mem_wipe(piece[i], n);
        }
        for (size_t i = 0; i < SMALL_KEPT; i++)
            free(piece[i]);
    }
}
#else
void mem_scrub_begin(void)
{
}

void mem_scrub_end(void)
{
}
#endif

void str_wipe_free(char *s)
{
    if (s) {
        mem_wipe(s, strlen(s));
        free(s);
    }
}
