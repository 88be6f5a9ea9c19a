/* backends/xmpp/fallback.c - takes out of a body what is there only for older clients */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"
#include "base/utf8.h"

/* Byte offset of a code point (XEP-0426 §3: positions count code points). */
static size_t offset_of(const char *s, size_t len, int64_t point)
{
    size_t at = 0, used;
    for (; point > 0 && at < len; point--) {
        utf8_decode(s + at, len - at, &used);
        at += used;
    }
    return at;
}

/* Cuts one range. Nonsense (end before start, beyond the text) cuts nothing. */
static void cut(char *body, xmpp_stanza_t *range)
{
    size_t len = strlen(body);
    int64_t start = 0, end = INT32_MAX, points = (int64_t)utf8_count(body);
    const char *a = st_attr(range, "start"), *b = st_attr(range, "end");
    if ((a && !str_int(a, 0, INT32_MAX, &start)) || (b && !str_int(b, 0, INT32_MAX, &end)) ||
        (a && !b) || (b && !a))
        return;
    if (start >= end || start > points || (b && end > points))
        return;
    size_t from = offset_of(body, len, start), to = b ? offset_of(body, len, end) : len;
    memmove(body + from, body + to, len - to + 1);
}

/* The namespace was another one until 2023; what only the old one is known to read gets that, too (XEP-0428). */
xmpp_stanza_t *fallback_add(const struct x *x, xmpp_stanza_t *st, const char *chat, const char *ns)
{
    bool old = presence_supports(x, chat, NS_FALLBACK_OLD) && !presence_supports(x, chat, NS_FALLBACK);
    xmpp_stanza_t *f = st_add(st, "fallback", old ? NS_FALLBACK_OLD : NS_FALLBACK);
    st_set(f, "for", ns);
    return f;
}

static bool is_fallback(xmpp_stanza_t *c, const char *ns)
{
    return (is_elem(c, "fallback", NS_FALLBACK) || is_elem(c, "fallback", NS_FALLBACK_OLD)) &&
           str_eq(st_attr(c, "for"), ns);
}

char *fallback_strip(xmpp_stanza_t *st, char *body, const char *ns)
{
    EACH_CHILD (c, st) {
        if (!body || !is_fallback(c, ns))
            continue;
        xmpp_stanza_t *range = st_child(c, "body", NULL), *subject = st_child(c, "subject", NULL);
        if (range && st_attr(range, "start"))
            cut(body, range); /* one range: two would have to be cut from the end */
        else if (range || !subject)
            *body = '\0';
        break;
    }
    if (body && !*body) {
        free(body);
        return NULL;
    }
    return body;
}
