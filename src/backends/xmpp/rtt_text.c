/* backends/xmpp/rtt_text.c - a text that changes while it is written: its edits, counted in code points (XEP-0301) */
#include "backends/xmpp/rtt_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/session.h"
#include "base/mem.h"
#include "base/utf8.h"

void rtt_text_free(struct rtt_text *t)
{
    free(t->s);
    *t = (struct rtt_text){0};
}

static bool is_start(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

/* Where the code point with this number begins; the end, when there are not so many. */
static size_t place(const struct rtt_text *t, size_t at)
{
    size_t i = 0;
    for (; i < t->len; i++)
        if (is_start(t->s[i]) && at-- == 0)
            break;
    return i;
}

bool rtt_insert(struct rtt_text *t, size_t at, const char *s)
{
    size_t n = strlen(s), i = place(t, at);
    if (n > RTT_BYTES || t->len + n > RTT_BYTES)
        return false;
    t->s = xrealloc(t->s, t->len + n + 1);
    memmove(t->s + i + n, t->s + i, t->len - i);
    memcpy(t->s + i, s, n);
    t->len += n;
    t->s[t->len] = '\0';
    t->n += utf8_count(s);
    return true;
}

void rtt_erase(struct rtt_text *t, size_t at, size_t n)
{
    at = MIN(at, t->n);
    n = MIN(n, at);
    if (n == 0 || !t->s)
        return;
    size_t to = place(t, at), from = place(t, at - n);
    memmove(t->s + from, t->s + to, t->len - to);
    t->len -= to - from;
    t->s[t->len] = '\0';
    t->n -= n;
}

/* §4.6.3: negative ones count as 0; whatever is no number as if it were not there. */
static size_t number(xmpp_stanza_t *st, const char *key, size_t fallback)
{
    const char *v = st_attr(st, key);
    int64_t n = 0;
    if (!v || !str_int(v, INT32_MIN, INT32_MAX, &n))
        return fallback;
    return n < 0 ? 0 : (size_t)n;
}

bool rtt_apply(struct rtt_text *t, xmpp_stanza_t *action)
{
    const char *name = xmpp_stanza_get_name(action);
    if (str_eq(name, "e"))
        rtt_erase(t, number(action, "p", t->n), number(action, "n", 1));
    if (!str_eq(name, "t"))
        return true;
    char *text = st_text(action);
    bool fits = !text || rtt_insert(t, number(action, "p", t->n), text);
    free(text);
    return fits;
}

/* How many bytes are the same from the start, in whole code points. */
static size_t same_start(const struct rtt_text *t, const char *s, size_t len)
{
    size_t i = 0;
    while (i < t->len && i < len && t->s[i] == s[i])
        i++;
    while (i > 0 && ((i < t->len && !is_start(t->s[i])) || (i < len && !is_start(s[i]))))
        i--;
    return i;
}

static size_t same_end(const struct rtt_text *t, const char *s, size_t len, size_t start)
{
    size_t i = 0;
    while (i < t->len - start && i < len - start && t->s[t->len - 1 - i] == s[len - 1 - i])
        i++;
    while (i > 0 && !is_start(s[len - i]))
        i--;
    return i;
}

static size_t points(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += is_start(s[i]);
    return n;
}

static void set_number(xmpp_stanza_t *st, const char *key, size_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", n);
    st_set(st, key, text);
}

int rtt_follow(struct rtt_text *t, const char *text, xmpp_stanza_t *rtt)
{
    size_t len = utf8_floor(text, strlen(text), RTT_BYTES);
    size_t start = same_start(t, text, len), end = same_end(t, text, len, start);
    size_t gone = t->len - start - end, fresh = len - start - end;
    size_t at = points(text, start), n_gone = points(t->s ? t->s + start : "", gone);
    bool last = end == 0; /* at the end nothing is said of the place (§4.6.2) */
    if (gone) {
        xmpp_stanza_t *e = st_add(rtt, "e", NULL);
        if (n_gone != 1)
            set_number(e, "n", n_gone);
        if (!last)
            set_number(e, "p", at + n_gone);
        rtt_erase(t, at + n_gone, n_gone);
    }
    if (fresh) {
        char *part = xstrndup(text + start, fresh);
        xmpp_stanza_t *a = st_add(rtt, "t", NULL);
        if (!last)
            set_number(a, "p", at);
        st_add_text(a, part);
        rtt_insert(t, at, part);
        free(part);
    }
    return (gone > 0) + (fresh > 0);
}

void rtt_whole(const struct rtt_text *t, xmpp_stanza_t *rtt)
{
    if (t->len)
        st_add_text(st_add(rtt, "t", NULL), t->s);
}
