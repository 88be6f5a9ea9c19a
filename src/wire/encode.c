/* wire/encode.c - structs into bytes, by the table; what an older plugin's struct lacks becomes
 * zero */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "wire/table.h"

/* An element of an array may be as small as its writer's header had it: steps are of the first
 * one's size. */
#define STRIDE_MAX 4096u

static void put(struct buf *out, const void *p, size_t n)
{
    buf_add(out, p, n);
}

static bool put_string(struct buf *out, const char *s, const struct wire_field *f)
{
    if (!s || !*s) {
        uint32_t n = s ? 1 : 0;
        put(out, &n, sizeof n);
        if (s)
            buf_addc(out, '\0');
        return !(f->flags & WS_NEED);
    }
    size_t len = strnlen(s, (size_t)f->max + 1);
    if (len > f->max)
        len = utf8_floor(s, len, f->max);
    uint32_t n = (uint32_t)len + 1;
    buf_reserve(out, sizeof n + n + 1);
    put(out, &n, sizeof n);
    put(out, s, len);
    buf_addc(out, '\0');
    return true;
}

static bool put_strings(struct buf *out, const char *const *list, size_t n,
                        const struct wire_field *f)
{
    uint32_t count = list ? (uint32_t)MIN(n, (size_t)f->hi) : 0;
    put(out, &count, sizeof count);
    for (uint32_t i = 0; i < count; i++)
        (void)put_string(out, list[i] ? list[i] : "", f);
    return true;
}

static bool put_structs(struct buf *out, const char *p, size_t n, const struct wire_field *f)
{
    uint32_t count = p ? (uint32_t)MIN(n, (size_t)f->hi) : 0;
    put(out, &count, sizeof count);
    size_t stride = f->sub->size;
    if (count && f->sub->sized) {
        uint32_t first;
        memcpy(&first, p, sizeof first);
        if (first < f->sub->least || first > STRIDE_MAX)
            return false;
        stride = first;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!wire_encode(out, f->sub, p + i * stride))
            return false;
    return true;
}

/* Those beyond the most are left out, but what one of them hides stays hidden: the last that is kept reaches there. */
static bool put_spans(struct buf *out, const char *p, size_t n, const struct wire_field *f)
{
    size_t most = (size_t)f->hi, end = 0;
    uint32_t stride;
    if (!p || n <= most)
        return put_structs(out, p, n, f);
    memcpy(&stride, p, sizeof stride);
    if (stride < f->sub->least || stride > STRIDE_MAX)
        return put_structs(out, p, n, f);
    struct kith_span *kept = xcalloc(most, sizeof *kept);
    for (size_t i = 0; i < n; i++) {
        struct kith_span s = {0};
        memcpy(&s, p + i * stride, MIN(stride, sizeof s));
        if (i < most)
            kept[i] = s;
        else if ((s.style & KITH_STYLE_SPOILER) && s.start <= UINT32_MAX - s.len)
            end = MAX(end, (size_t)s.start + s.len);
        if (i < most)
            kept[i].size = sizeof s;
    }
    struct kith_span *last = &kept[most - 1];
    if (end > last->start)
        *last = (struct kith_span){sizeof *last, KITH_STYLE_SPOILER, last->start, (uint32_t)(end - last->start), 0, 0};
    bool ok = put_structs(out, (const char *)kept, most, f);
    free(kept);
    return ok;
}

static bool put_enum(struct buf *out, const char *p, const struct wire_field *f)
{
    uint32_t v = 0;
    if (p)
        memcpy(&v, p, sizeof v);
    if (v < (uint64_t)f->lo || v > (uint64_t)f->hi)
        v = f->other;
    put(out, &v, sizeof v);
    return v != WIRE_DROP;
}

static void put_i32(struct buf *out, const char *p, const struct wire_field *f)
{
    int32_t v = 0;
    if (p)
        memcpy(&v, p, sizeof v);
    v = (int32_t)MAX(f->lo, MIN(f->hi, v));
    put(out, &v, sizeof v);
}

static void put_i64(struct buf *out, const char *p, const struct wire_field *f)
{
    int64_t v = 0;
    if (p)
        memcpy(&v, p, sizeof v);
    v = MAX(f->lo, MIN(f->hi, v));
    put(out, &v, sizeof v);
}

static void put_plain(struct buf *out, const char *p, size_t n)
{
    static const char zero[8];
    put(out, p ? p : zero, n);
}

static bool put_one(struct buf *out, const void *p, const struct wire_field *f)
{
    buf_addc(out, p ? 1 : 0);
    return !p || wire_encode(out, f->sub, p);
}

static const void *pointer_at(const char *at)
{
    const void *p = NULL;
    if (at)
        memcpy(&p, at, sizeof p);
    return p;
}

static size_t count_at(const char *base, const struct wire_field *f, size_t size)
{
    size_t n = 0;
    if (f->at_n + sizeof n <= size)
        memcpy(&n, base + f->at_n, sizeof n);
    return n;
}

static size_t width(const struct wire_field *f)
{
    switch ((enum wire_type)f->type) {
    case WT_U16:
        return sizeof(uint16_t);
    case WT_U32:
    case WT_ENUM:
    case WT_I32:
        return sizeof(uint32_t);
    case WT_I64:
    case WT_U64:
        return sizeof(uint64_t);
    case WT_STR:
    case WT_STRS:
    case WT_STRUCTS:
    case WT_SPANS:
    case WT_ONE:
    case WT_GROUP:
        break;
    }
    return sizeof(void *);
}

static bool put_field(struct buf *out, const struct wire_field *f, const char *base, size_t size)
{
    /* KITH_HAS(): a field beyond the writer's struct is absent. */
    const char *p = f->at + width(f) <= size ? base + f->at : NULL;

    switch ((enum wire_type)f->type) {
    case WT_U16:
        put_plain(out, p, sizeof(uint16_t));
        return true;
    case WT_U32:
        put_plain(out, p, sizeof(uint32_t));
        return true;
    case WT_U64:
        put_plain(out, p, sizeof(uint64_t));
        return true;
    case WT_ENUM:
        return put_enum(out, p, f);
    case WT_I32:
        put_i32(out, p, f);
        return true;
    case WT_I64:
        put_i64(out, p, f);
        return true;
    case WT_STR:
        return put_string(out, pointer_at(p), f);
    case WT_STRS:
        return put_strings(out, pointer_at(p), count_at(base, f, size), f);
    case WT_SPANS:
        return put_spans(out, pointer_at(p), count_at(base, f, size), f);
    case WT_STRUCTS:
        return put_structs(out, pointer_at(p), count_at(base, f, size), f);
    case WT_ONE:
        return put_one(out, pointer_at(p), f);
    case WT_GROUP:
        buf_addc(out, pointer_at(p) ? 1 : 0);
        return true;
    }
    return false;
}

bool wire_encode(struct buf *out, const struct wire_struct *s, const void *p)
{
    size_t size = s->size;
    if (s->sized) {
        uint32_t said;
        memcpy(&said, p, sizeof said);
        if (said < s->least)
            return false;
        size = MIN(size, said);
    }
    for (size_t i = 0; i < s->n_fields; i++)
        if (!put_field(out, &s->fields[i], p, size))
            return false;
    return true;
}
