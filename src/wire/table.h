/* wire/table.h - how each struct that crosses the wire is described; private to wire/ */
#ifndef WIRE_TABLE_H
#define WIRE_TABLE_H

#include "wire/wire.h"

enum wire_type {
    WT_U16,     /* uint16_t */
    WT_U32,     /* uint32_t: flags, counts; any value */
    WT_ENUM,    /* uint32_t in [lo, hi]; else `other`, or the whole struct is dropped */
    WT_I32,     /* int32_t, clamped to [lo, hi] */
    WT_I64,     /* int64_t, clamped to [lo, hi] */
    WT_U64,     /* uint64_t: numbers made by us or the plugin */
    WT_STR,     /* const char *, at most max bytes */
    WT_STRS,    /* const char *const *, count at `at_n`, at most hi strings of max bytes */
    WT_STRUCTS, /* array of sub, count at `at_n`, at most hi */
    WT_ONE,     /* pointer to one sub, or NULL */
    WT_SPANS,   /* array of struct kith_span about the WS_BODY before it, count at `at_n`; what does not fit is left out */
    WT_GROUP    /* pointer whose presence alone matters; decoded as `group` or NULL */
};
enum {                      /* flags of strings */
       WS_TEXT = 1u << 0,   /* keeps line breaks and tabs */
       WS_NEED = 1u << 1,   /* NULL or "" makes the struct invalid */
       WS_RAW = 1u << 2,    /* bytes are passed as they are (paths, secrets), without NUL */
       WS_SECRET = 1u << 3, /* raw when the struct's own `type` says "secret" (struct kith_field) */
       WS_SECOND = 1u << 4, /* a list that shares its count with the list before it */
       WS_BODY = 1u << 5    /* spans follow that are about it */
};
#define WIRE_DROP UINT32_MAX /* WT_ENUM: a value unknown to us drops the struct */

struct wire_struct;
struct wire_field {
    const char *name;
    uint8_t type, flags;
    uint16_t at, at_n;
    uint32_t other;
    uint32_t max;
    int64_t lo, hi;
    const struct wire_struct *sub;
    const void *group;
};
struct wire_struct {
    const char *name;
    size_t size;  /* sizeof */
    size_t least; /* smallest size that any writer ever had */
    bool sized;   /* begins with uint32_t size, which its writer set */
    const struct wire_field *fields;
    size_t n_fields;
};

/* The description of an event; NULL for an unknown type. */
const struct wire_struct *wire_event_struct(uint32_t type);
extern const struct wire_struct wire_struct_open, wire_struct_hello, wire_struct_op,
    wire_struct_refused, wire_struct_secret;

/* Appends the fields of p. False when p is invalid (out may then hold a part: the caller
 * truncates). */
bool wire_encode(struct buf *out, const struct wire_struct *s, const void *p);

struct wire_reader {
    const char *at, *end; /* within a copy of the payload in the arena */
    struct arena *arena;
    const char *bad; /* name of the field that was wrong */
    const char *body, *raw; /* the WS_BODY text: as it is now, and as it came where cleaning changed it (else NULL) */
    size_t raw_len;
};
/* Copies the payload into the arena, so that strings may point into it. */
void wire_reader_init(struct wire_reader *r, const char *data, size_t len, struct arena *a);
bool wire_read(struct wire_reader *r, void *out, size_t n);
/* Fills the zeroed struct p. False when the bytes are wrong. */
bool wire_decode(struct wire_reader *r, const struct wire_struct *s, void *p);

/* Puts the spans where their text is now and drops those that do not fit it. Returns how many are left. */
size_t wire_fit_spans(const struct wire_reader *r, struct kith_span *v, size_t n);

#endif
