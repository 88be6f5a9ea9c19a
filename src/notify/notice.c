/* notify/notice.c - makes text fit for a notice, and takes frames of the engine apart */
#include "notify/notice.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

static void add_escaped(struct buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '&')
            buf_adds(out, "&amp;");
        else if (*s == '<')
            buf_adds(out, "&lt;");
        else if (*s == '>')
            buf_adds(out, "&gt;");
        else
            buf_addc(out, *s);
    }
}

/* Cuts to NOTICE_CHARS code points, the last of them "...". */
static void cut(struct buf *b)
{
    size_t at = 0, used, n = 0, keep = 0;
    while (at < b->len) {
        if (n == NOTICE_CHARS - 1)
            keep = at;
        if (n++ == NOTICE_CHARS) {
            buf_delete(b, keep, b->len - keep);
            buf_adds(b, "\xe2\x80\xa6");
            return;
        }
        utf8_decode(b->data + at, b->len - at, &used);
        at += used;
    }
}

char *notice_text(const char *s, bool markup)
{
    struct buf clean = {0}, out = {0};
    utf8_clean(&clean, s, strlen(s), UTF8_LINE, NOTICE_FRAME_MAX);
    cut(&clean);
    if (!markup)
        return buf_take(&clean);
    add_escaped(&out, buf_str(&clean));
    buf_free(&clean);
    return buf_take(&out);
}

const char *notice_field(const char **at, const char *end)
{
    const char *s = *at, *nul = s < end ? memchr(s, 0, (size_t)(end - s)) : NULL;
    if (!nul)
        return NULL;
    *at = nul + 1;
    return s;
}
