/* store/shelf.h - what messages are searched by beside their words, packed: how a row of the table shelf is laid out */
#ifndef STORE_SHELF_H
#define STORE_SHELF_H

#include "base/base.h"
#include "base/buf.h"
#include "store/grams.h"

enum { SHELF_ROWS = 256 /* messages in one row of the table, at most */ };

/* The column `rows`: all times, then all voices, distances from the first id, and what they hold (FIND_*); numbers have their
 * least byte first. The column `marks`: as many struct gram_marks. Part of the file's format. */
struct shelf_rows {
    const unsigned char *at;
    size_t n;
};
enum { SHELF_ROW_BYTES = 8 + 4 + 4 + 1, SHELF_MARK_BYTES = 32 };

static inline uint64_t shelf_number(const unsigned char *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << 8 * i;
    return v;
}
static inline int64_t shelf_time(const struct shelf_rows *r, size_t i) { return (int64_t)shelf_number(r->at + 8 * i, 8); }
static inline uint32_t shelf_voice(const struct shelf_rows *r, size_t i)
{
    return (uint32_t)shelf_number(r->at + 8 * r->n + 4 * i, 4);
}
static inline uint32_t shelf_distance(const struct shelf_rows *r, size_t i)
{
    return (uint32_t)shelf_number(r->at + 12 * r->n + 4 * i, 4);
}
static inline unsigned shelf_has(const struct shelf_rows *r, size_t i) { return r->at[16 * r->n + i]; }
/* Has message i all of `want`? marks: the column, not shorter than it must be. */
static inline bool shelf_marked(const unsigned char *marks, size_t i, const struct gram_marks *want)
{
    for (unsigned k = 0; k < 4; k++) {
        if ((shelf_number(marks + SHELF_MARK_BYTES * i + 8 * k, 8) & want->w[k]) != want->w[k])
            return false;
    }
    return true;
}

/* Who says something where, as a number that others may share. */
uint32_t shelf_voice_hash(int64_t chat, const char *sender, const char *name, bool own);

#endif
