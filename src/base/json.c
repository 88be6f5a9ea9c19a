/* base/json.c - writes JSON, one object a line */
#include "base/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"

void json_begin(struct buf *b)
{
    buf_addc(b, '{');
}

void json_quote(struct buf *b, const char *s)
{
    size_t len = strlen(s), used;
    buf_addc(b, '"');
    for (size_t i = 0; i < len; i += used) {
        uint32_t cp = utf8_decode(s + i, len - i, &used);
        char bytes[4];
        if (cp == '"' || cp == '\\')
            buf_addf(b, "\\%c", (char)cp);
        else if (cp == '\n')
            buf_adds(b, "\\n");
        else if (cp == '\t')
            buf_adds(b, "\\t");
        else if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x2028 || cp == 0x2029)
            buf_addf(b, "\\u%04x", (unsigned)cp);
        else
            buf_add(b, bytes, utf8_encode(cp, bytes));
    }
    buf_addc(b, '"');
}

static void member(struct buf *b, const char *key)
{
    if (b->len && b->data[b->len - 1] != '{')
        buf_addc(b, ',');
    json_quote(b, key);
    buf_addc(b, ':');
}

void json_str(struct buf *b, const char *key, const char *s)
{
    member(b, key);
    if (s)
        json_quote(b, s);
    else
        buf_adds(b, "null");
}

void json_int(struct buf *b, const char *key, int64_t n)
{
    member(b, key);
    buf_addf(b, "%" PRId64, n);
}

void json_bool(struct buf *b, const char *key, bool v)
{
    member(b, key);
    buf_adds(b, v ? "true" : "false");
}

void json_end(struct buf *b)
{
    buf_adds(b, "}\n");
}
