/* backends/xmpp/styling.c - how parts of a body look: marks in the text (XEP-0393), markup beside it, spoilers */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/marks.h"
#include "base/mem.h"

#define NS_STYLING "urn:xmpp:styling:0"

bool styling_on(const struct x *x)
{
    return option_bool(x, "styling", true);
}

static void keep(struct kith_ev_message *ev, const uint8_t *style, size_t len)
{
    struct runs r = {0};
    struct kith_span *v = NULL;
    marks_to_runs(style, len, &r);
    if (r.n)
        v = xcalloc(r.n, sizeof *v);
    for (size_t i = 0; i < r.n; i++)
        v[i] = (struct kith_span){sizeof *v, r.v[i].look.style, r.v[i].start, r.v[i].len, 0, 0};
    ev->spans = v;
    ev->n_spans = r.n;
    runs_free(&r);
}

/* XEP-0394 says what XEP-0393 can only guess: where both are, the markup holds. */
char *styling_take(struct x *x, xmpp_stanza_t *st, char *body, struct kith_ev_message *ev)
{
    xmpp_stanza_t *markup = styling_on(x) ? st_child(st, "markup", NS_MARKUP) : NULL;
    char *hint = NULL;
    bool hidden = body && spoiler_take(st, &hint);
    if (body && st_child(st, "unstyled", NS_STYLING))
        ev->flags |= KITH_MSG_LITERAL;
    bool marks = styling_on(x) && !markup && !(ev->flags & KITH_MSG_LITERAL) && marks_any(body);
    if (!body || (!markup && !marks && !hidden))
        return body;
    size_t len = strlen(body), from = hint ? strlen(hint) : 0;
    uint8_t *style = xcalloc(from + len + 1, 1);
    if (markup)
        markup_read(st, markup, body, style + from);
    else if (marks)
        marks_read(body, len, style + from);
    for (size_t i = 0; i < len && hidden; i++)
        style[from + i] |= LOOK_SPOILER;
    keep(ev, style, from + len);
    if (hint)
        str_take(&body, xasprintf("%s%s", hint, body));
    free(style);
    free(hint);
    return body;
}

/* ---- sending ---- */

/* The looks of what stands from byte `from` on, counted from there; of spoilers the host has taken care. */
static void looks_from(struct runs *out, const struct kith_send *m, size_t from)
{
    for (size_t i = 0; i < m->n_spans; i++) {
        const struct kith_span *s = KITH_AT(struct kith_span, m->spans, i);
        size_t a = MAX((size_t)s->start, from), b = (size_t)s->start + s->len;
        if (a < b)
            runs_add(out, a - from, b - a, &(struct look){s->style & ~(uint32_t)KITH_STYLE_SPOILER, s->fg, s->bg});
    }
}

/* A text with nothing marked by the user on purpose may still look so to others: "> _ <" (XEP-0393 §7). */
static bool looks_styled(const char *body)
{
    return marks_any(body) || *body == '>' || strstr(body, "\n>");
}

void styling_add(struct x *x, xmpp_stanza_t *st, const struct kith_send *m, struct buf *body)
{
    struct runs runs = {0};
    size_t from = spoiler_add(st, m);
    looks_from(&runs, m, from);
    if (runs.n)
        (void)marks_write(m->body + from, &runs, body);
    else
        buf_adds(body, m->body + from);
    if (!runs.n && !styling_on(x) && looks_styled(m->body + from))
        st_add(st, "unstyled", NS_STYLING);
    runs_free(&runs);
}

static const char *const styling_vars[] = {NS_STYLING, NS_MARKUP, NULL};
const struct feature feature_styling = {
    .name = "styling",
    .disco = styling_vars,
    .announced = styling_on,
};
