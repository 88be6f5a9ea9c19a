/* base/buf.c - a growing byte string, always followed by a NUL */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

void buf_free(struct buf *b)
{
    if (b->secret)
        mem_wipe(b->data, b->cap);
    free(b->data);
    *b = (struct buf){.secret = b->secret};
}

void buf_wipe_free(struct buf *b)
{
    mem_wipe(b->data, b->cap);
    buf_free(b);
}

void buf_clear(struct buf *b)
{
    if (b->secret)
        mem_wipe(b->data, b->cap);
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

/* realloc() may leave the old bytes where they were. */
static void move_secret(struct buf *b, size_t cap)
{
    char *grown = xmalloc(cap);
    if (b->data)
        memcpy(grown, b->data, b->len);
    mem_wipe(b->data, b->cap);
    free(b->data);
    b->data = grown;
}

void buf_reserve(struct buf *b, size_t extra)
{
    size_t need;
    ENSURE(!__builtin_add_overflow(b->len, extra, &need) && need < SIZE_MAX / 2);
    if (need + 1 <= b->cap)
        return;
    size_t cap = b->cap ? b->cap : 32;
    while (cap < need + 1)
        cap *= 2;
    if (b->secret)
        move_secret(b, cap);
    else
        b->data = xrealloc(b->data, cap);
    b->cap = cap;
    b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    if (!len)
        return;
    buf_reserve(b, len);
    memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
    if (s)
        buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
    buf_reserve(b, 1);
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_addv(b, fmt, ap);
    va_end(ap);
}

void buf_addv(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    buf_reserve(b, 64);
    size_t room = b->cap - b->len;
    int n = vsnprintf(b->data + b->len, room, fmt, ap);
    ENSURE(n >= 0);
    if ((size_t)n >= room) {
        buf_reserve(b, (size_t)n);
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    b->len += (size_t)n;
}

void buf_insert(struct buf *b, size_t at, const void *data, size_t len)
{
    ENSURE(at <= b->len);
    if (!len)
        return;
    buf_reserve(b, len);
    memmove(b->data + at + len, b->data + at, b->len - at);
    memcpy(b->data + at, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_delete(struct buf *b, size_t at, size_t len)
{
    ENSURE(at <= b->len && len <= b->len - at);
    if (!len)
        return;
    memmove(b->data + at, b->data + at + len, b->len - at - len);
    b->len -= len;
    if (b->secret)
        mem_wipe(b->data + b->len, len);
    b->data[b->len] = '\0';
}

void buf_consume(struct buf *b, size_t len)
{
    buf_delete(b, 0, len);
}

char *buf_take(struct buf *b)
{
    buf_reserve(b, 0);
    char *s = b->data;
    *b = (struct buf){.secret = b->secret};
    return s;
}

const char *buf_str(const struct buf *b)
{
    return b->data ? b->data : "";
}
