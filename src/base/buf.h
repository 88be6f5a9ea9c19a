/* base/buf.h - a growing byte string, always followed by a NUL */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include "base/base.h"

struct buf { /* zero-initialised is empty and valid */
    char *data;
    size_t len, cap;
    bool secret; /* what growing, deleting, clearing and freeing leave behind is overwritten; stays set */
};

void buf_free(struct buf *b); /* leaves it empty and valid */
void buf_wipe_free(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
void buf_reserve(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s); /* NULL adds nothing */
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_addv(struct buf *b, const char *fmt, va_list ap);
void buf_insert(struct buf *b, size_t at, const void *data, size_t len);
void buf_delete(struct buf *b, size_t at, size_t len);
void buf_consume(struct buf *b, size_t len); /* drops from the front */
char *buf_take(struct buf *b);               /* owned string (never NULL); b is empty afterwards */
const char *buf_str(const struct buf *b);    /* borrowed, never NULL */

#endif
