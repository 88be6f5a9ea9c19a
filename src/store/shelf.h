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

static inline uint64_t shelf_u64(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56; /* one load, where the machine can */
}
static inline uint32_t shelf_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline int64_t shelf_time(const struct shelf_rows *r, size_t i) { return (int64_t)shelf_u64(r->at + 8 * i); }
static inline uint32_t shelf_voice(const struct shelf_rows *r, size_t i) { return shelf_u32(r->at + 8 * r->n + 4 * i); }
static inline uint32_t shelf_distance(const struct shelf_rows *r, size_t i) { return shelf_u32(r->at + 12 * r->n + 4 * i); }
static inline unsigned shelf_has(const struct shelf_rows *r, size_t i) { return r->at[16 * r->n + i]; }
/* Has message i all of `want`? marks: the column, not shorter than it must be. */
static inline bool shelf_marked(const unsigned char *marks, size_t i, const struct gram_marks *want)
{
    const unsigned char *p = marks + SHELF_MARK_BYTES * i;
    uint64_t missing = (want->w[0] & ~shelf_u64(p)) | (want->w[1] & ~shelf_u64(p + 8)) | (want->w[2] & ~shelf_u64(p + 16)) |
                       (want->w[3] & ~shelf_u64(p + 24));
    return missing == 0;
}

/* Who says something where, as a number that others may share. */
uint32_t shelf_voice_hash(int64_t chat, const char *sender, const char *name, bool own);

#endif
