/* backends/xmpp/markup.c - how a body looks, said beside it by places (XEP-0394) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"
#include "base/runs.h"
#include "base/utf8.h"

enum { PARTS_MAX = 512 };

/* Places count code points of the body as it was sent; raw is that. */
struct places {
    const char *raw;
    size_t *byte, n; /* byte of each code point, and of the end */
};

static void count(struct places *p)
{
    size_t len = strlen(p->raw), used;
    p->byte = xcalloc(len + 2, sizeof *p->byte);
    for (size_t at = 0; at < len; at += used) {
        p->byte[p->n++] = at;
        (void)utf8_decode(p->raw + at, len - at, &used);
    }
    p->byte[p->n] = len;
}

static uint8_t looks(xmpp_stanza_t *span)
{
    static const struct {
        const char *name;
        uint8_t style;
    } names[] = {{"emphasis", LOOK_ITALIC}, {"strong", LOOK_BOLD}, {"code", LOOK_MONOSPACE}, {"deleted", LOOK_STRIKE}};
    uint8_t style = 0;
    for (size_t i = 0; i < COUNT(names); i++)
        if (st_child(span, names[i].name, NULL))
            style |= names[i].style;
    return style;
}

/* Where the text that is shown begins in the one that was sent: it may have lost a quote or "/me " before it, or got a
 * subject. False: it is another text. */
static bool same_end(const char *raw, const char *shown, size_t *skip, size_t *lead)
{
    size_t a = strlen(raw), b = strlen(shown);
    *skip = a > b ? a - b : 0;
    *lead = b > a ? b - a : 0;
    return strcmp(raw + *skip, shown + *lead) == 0;
}

void markup_read(xmpp_stanza_t *st, xmpp_stanza_t *markup, const char *body, uint8_t *style)
{
    struct places p = {.raw = NULL};
    char *raw = st_child_text(st, "body", NS_CLIENT);
    size_t parts = 0, skip, lead;
    p.raw = raw;
    bool fits = raw && same_end(raw, body, &skip, &lead);
    if (fits)
        count(&p);
    EACH_CHILD (c, fits ? markup : NULL) {
        int64_t a, b;
        uint8_t look = is_elem(c, "bcode", NULL) ? (uint8_t)LOOK_MONOSPACE : is_elem(c, "span", NULL) ? looks(c) : 0;
        const char *from = st_attr(c, "start"), *to = st_attr(c, "end");
        if (!look || parts++ >= PARTS_MAX || !from || !to || !str_int(from, 0, (int64_t)p.n, &a) ||
            !str_int(to, 0, (int64_t)p.n, &b))
            continue; /* XEP-0394 §5: what is not understood is no reason to drop the rest */
        for (size_t i = p.byte[a]; a < b && i < p.byte[b]; i++)
            if (i >= skip)
                style[i - skip + lead] |= look;
    }
    free(p.byte);
    free(raw);
}
