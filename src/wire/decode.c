/* wire/decode.c - bytes into structs, by the table; every length, count and enum is checked, every
 * text cleaned */
#include <string.h>

#include "base/utf8.h"
#include "wire/table.h"

void wire_reader_init(struct wire_reader *r, const char *data, size_t len, struct arena *a)
{
    char *copy = arena_alloc(a, len + 1);
    if (len)
        memcpy(copy, data, len);
    *r = (struct wire_reader){.at = copy, .end = copy + len, .arena = a};
}

bool wire_read(struct wire_reader *r, void *out, size_t n)
{
    if ((size_t)(r->end - r->at) < n)
        return false;
    memcpy(out, r->at, n);
    r->at += n;
    return true;
}

static const char *cleaned(struct wire_reader *r, const char *s, size_t len,
                           const struct wire_field *f)
{
    unsigned mode = f->flags & WS_TEXT ? UTF8_TEXT : UTF8_LINE;
    if (utf8_is_clean(s, len, mode))
        return s;
    struct buf b = {0};
    (void)utf8_clean(&b, s, len, mode, f->max);
    if (b.len == 0 &&
        (f->flags & WS_NEED)) /* a name of nothing but invisible characters is still a name */
        buf_adds(&b, "\xEF\xBF\xBD");
    const char *copy = arena_strndup(r->arena, buf_str(&b), b.len);
    buf_free(&b);
    return copy;
}

static bool get_string(struct wire_reader *r, const struct wire_field *f, bool raw,
                       const char **out)
{
    uint32_t n;
    if (!wire_read(r, &n, sizeof n))
        return false;
    *out = NULL;
    if (n == 0)
        return !(f->flags & WS_NEED);
    if (n - 1 > f->max || (size_t)(r->end - r->at) < n || r->at[n - 1] != '\0')
        return false;
    const char *s = r->at;
    r->at += n;
    if (raw && memchr(s, '\0', n - 1))
        return false;
    *out = raw ? s : cleaned(r, s, n - 1, f);
    if (f->flags & WS_BODY) {
        r->body = *out;
        r->raw = *out == s ? NULL : s;
        r->raw_len = n - 1;
    }
    return **out || !(f->flags & WS_NEED);
}

/* In a struct kith_field the type comes before the values: a secret one is passed as it was typed.
 */
static bool is_raw(const struct wire_field *f, const char *base)
{
    if (f->flags & WS_RAW)
        return true;
    const char *type =
        f->flags & WS_SECRET ? ((const struct kith_field *)(const void *)base)->type : NULL;
    return type && strcmp(type, "secret") == 0;
}

static bool get_count(struct wire_reader *r, const struct wire_field *f, uint32_t *count)
{
    /* Each element takes at least one byte, so a count can never promise more than is there. */
    return wire_read(r, count, sizeof *count) && *count <= (uint64_t)f->hi &&
           *count <= (size_t)(r->end - r->at);
}

static void set_list(const struct wire_field *f, char *base, const void *list, size_t n)
{
    size_t first;
    memcpy(&first, base + f->at_n, sizeof first);
    if (f->flags & WS_SECOND ? first != n : n == 0)
        return; /* of two lists with one count, a second that does not fit the first is absent */
    memcpy(base + f->at, &list, sizeof list);
    memcpy(base + f->at_n, &n, sizeof n);
}

static bool get_strings(struct wire_reader *r, const struct wire_field *f, char *base)
{
    uint32_t n;
    if (!get_count(r, f, &n))
        return false;
    const char **list = n ? arena_alloc(r->arena, (n + 1) * sizeof *list) : NULL;
    bool raw = is_raw(f, base);
    for (uint32_t i = 0; i < n; i++)
        if (!get_string(r, f, raw, &list[i]) || !list[i])
            return false;
    set_list(f, base, (const void *)list, n);
    return true;
}

static bool get_structs(struct wire_reader *r, const struct wire_field *f, char *base)
{
    uint32_t n;
    if (!get_count(r, f, &n))
        return false;
    char *array = n ? arena_alloc(r->arena, n * f->sub->size) : NULL;
    for (uint32_t i = 0; i < n; i++)
        if (!wire_decode(r, f->sub, array + i * f->sub->size))
            return false;
    size_t left = n;
    if (n && f->type == WT_SPANS)
        left = wire_fit_spans(r, (struct kith_span *)(void *)array, n);
    set_list(f, base, left ? array : NULL, left);
    return true;
}

static bool get_flag(struct wire_reader *r, bool *on)
{
    char c;
    if (!wire_read(r, &c, 1) || (c != 0 && c != 1))
        return false;
    *on = c == 1;
    return true;
}

static bool get_pointer(struct wire_reader *r, const struct wire_field *f, char *base)
{
    bool on;
    if (!get_flag(r, &on))
        return false;
    if (!on)
        return true;
    const void *p = f->group;
    if (f->type == WT_ONE) {
        char *one = arena_alloc(r->arena, f->sub->size);
        if (!wire_decode(r, f->sub, one))
            return false;
        p = one;
    }
    memcpy(base + f->at, &p, sizeof p);
    return true;
}

static bool get_enum(struct wire_reader *r, const struct wire_field *f, char *to)
{
    uint32_t v;
    if (!wire_read(r, &v, sizeof v) || v < (uint64_t)f->lo || v > (uint64_t)f->hi)
        return false;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool get_i32(struct wire_reader *r, const struct wire_field *f, char *to)
{
    int32_t v;
    if (!wire_read(r, &v, sizeof v) || v < f->lo || v > f->hi)
        return false;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool get_i64(struct wire_reader *r, const struct wire_field *f, char *to)
{
    int64_t v;
    if (!wire_read(r, &v, sizeof v) || v < f->lo || v > f->hi)
        return false;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool get_field(struct wire_reader *r, const struct wire_field *f, char *base)
{
    char *to = base + f->at;
    const char *s;

    switch ((enum wire_type)f->type) {
    case WT_U16:
        return wire_read(r, to, sizeof(uint16_t));
    case WT_U32:
        return wire_read(r, to, sizeof(uint32_t));
    case WT_U64:
        return wire_read(r, to, sizeof(uint64_t));
    case WT_ENUM:
        return get_enum(r, f, to);
    case WT_I32:
        return get_i32(r, f, to);
    case WT_I64:
        return get_i64(r, f, to);
    case WT_STR:
        if (!get_string(r, f, is_raw(f, base), &s))
            return false;
        memcpy(to, (const void *)&s, sizeof s);
        return true;
    case WT_STRS:
        return get_strings(r, f, base);
    case WT_STRUCTS:
    case WT_SPANS:
        return get_structs(r, f, base);
    case WT_ONE:
    case WT_GROUP:
        return get_pointer(r, f, base);
    }
    return false;
}

bool wire_decode(struct wire_reader *r, const struct wire_struct *s, void *p)
{
    if (s->sized) {
        uint32_t size = (uint32_t)s->size;
        memcpy(p, &size, sizeof size);
    }
    for (size_t i = 0; i < s->n_fields; i++)
        if (!get_field(r, &s->fields[i], p)) {
            if (!r->bad)
                r->bad = s->fields[i].name;
            return false;
        }
    return true;
}
