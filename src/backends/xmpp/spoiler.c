/* backends/xmpp/spoiler.c - a text that is hidden until its reader wants to see it (XEP-0382) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { HINT_MAX = 300 };

/* XEP-0382 §3, §4: the hint is shown before the text. *hint: owned, with what parts it from the text; NULL: none. */
bool spoiler_take(xmpp_stanza_t *st, char **hint)
{
    xmpp_stanza_t *el = st_child(st, "spoiler", NS_SPOILER);
    *hint = NULL;
    if (!el)
        return false;
    char *text = st_text(el);
    for (char *p = text; p && *p; p++)
        if (*p == '\n' || *p == '\t' || *p == '\r')
            *p = ' ';
    size_t len = text ? strlen(text) : 0;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == ':'))
        len--;
    if (len > 0)
        *hint = xasprintf("%.*s: ", (int)utf8_floor(text, len, HINT_MAX), text);
    free(text);
    return true;
}

/* First and last byte that is to be hidden. */
static bool hidden_part(const struct kith_send *m, size_t *from, size_t *to)
{
    *from = SIZE_MAX;
    *to = 0;
    for (size_t i = 0; i < m->n_spans; i++) {
        const struct kith_span *s = KITH_AT(struct kith_span, m->spans, i);
        if (s->style & KITH_STYLE_SPOILER) {
            *from = MIN(*from, (size_t)s->start);
            *to = MAX(*to, (size_t)s->start + s->len);
        }
    }
    return *from != SIZE_MAX;
}

/* Is it all hidden from here to the end, and what stands before one short line? */
static size_t hint_length(const struct kith_send *m, size_t from, size_t to)
{
    size_t n = from, len = strlen(m->body);
    while (to < len && strchr(" \n\t", m->body[to]))
        to++;
    if (to < len || memchr(m->body, '\n', from) || from > HINT_MAX)
        return 0;
    while (n > 0 && (m->body[n - 1] == ' ' || m->body[n - 1] == ':'))
        n--;
    return n;
}

bool spoiler_wanted(const struct kith_send *m)
{
    size_t from, to;
    return hidden_part(m, &from, &to);
}

/* The element hides whole messages: what comes before a hidden end is its hint; where that does not fit, all is hidden. */
size_t spoiler_add(xmpp_stanza_t *st, const struct kith_send *m)
{
    size_t from, to;
    if (!hidden_part(m, &from, &to))
        return 0;
    size_t n = hint_length(m, from, to);
    xmpp_stanza_t *el = st_add(st, "spoiler", NS_SPOILER);
    if (n == 0)
        return 0;
    char *hint = xstrndup(m->body, n);
    st_add_text(el, hint);
    free(hint);
    return from;
}

static const char *const spoiler_vars[] = {NS_SPOILER, NULL};
const struct feature feature_spoiler = {.name = "spoiler", .disco = spoiler_vars};
