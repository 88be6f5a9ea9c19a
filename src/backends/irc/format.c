/* backends/irc/format.c - text and how it looks: codes to spans and back, and cutting text to lines */
#include "backends/irc/format.h"

#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/codes.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

static const struct look plain_look = {0, 0, 0};

void irc_format_plain(const char *text, struct buf *plain)
{
    codes_parse(CODES_IRC, text, strlen(text), plain, NULL);
}

void irc_format_strip(char *text)
{
    struct look any = plain_look;
    char *to = text;

    if (!codes_any(CODES_IRC, text))
        return;
    for (size_t len = strlen(text), n; len > 0; len -= n, text += n) {
        n = codes_take(CODES_IRC, text, len, &any);
        if (n == 0) {
            *to++ = *text;
            n = 1;
        }
    }
    *to = '\0';
}

struct kith_span *irc_format_parse(const char *text, struct buf *plain, size_t *n)
{
    struct runs runs = {0};
    struct kith_span *spans = NULL;

    *n = 0;
    if (!codes_any(CODES_IRC, text)) {
        buf_adds(plain, text);
        return NULL;
    }
    codes_parse(CODES_IRC, text, strlen(text), plain, &runs);
    if (runs.n > 0)
        spans = xcalloc(runs.n, sizeof *spans);
    for (; *n < runs.n; (*n)++) {
        const struct run *r = &runs.v[*n];
        spans[*n] = (struct kith_span){sizeof *spans, r->look.style, r->start, r->len, r->look.fg, r->look.bg};
    }
    runs_free(&runs);
    return spans;
}

/* The runs of text[from, from + len), counted from its start. */
static void runs_within(struct runs *out, const struct kith_span *spans, size_t n, size_t from, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        const struct kith_span *s = KITH_AT(struct kith_span, spans, i);
        size_t a = MAX((size_t)s->start, from), b = MIN((size_t)s->start + s->len, from + len);
        if (a < b)
            runs_add(out, a - from, b - a, &(struct look){s->style & LOOK_ALL, s->fg, s->bg});
    }
}

void irc_format_emit(const char *text, size_t from, size_t len, const struct kith_span *spans, size_t n, struct buf *out)
{
    struct runs runs = {0};

    runs_within(&runs, spans, n, from, len);
    codes_emit(CODES_IRC, text + from, len, &runs, out);
    runs_free(&runs);
}

/* ---- cutting ---- */

/* Length of what must stay together at s: a code with its digits, or a cluster. */
static size_t unit(const char *s, size_t len, struct look *l)
{
    size_t n = codes_take(CODES_IRC, s, len, l);

    return n > 0 ? n : cluster_next(s, len);
}

struct cut { size_t at, next; struct look look; }; /* the part ends at; the next begins at next, looking so */

/* How much of s fits in room bytes. */
static struct cut find_cut(const char *s, size_t len, size_t room, struct look st)
{
    struct cut hard = {0, 0, st}, soft = {0};
    size_t i = 0;

    while (i < len) {
        struct look next = st;
        size_t n = unit(s + i, len - i, &next);

        if (i + n > room)
            break;
        if (s[i] == ' ' && i > room - room / 3)
            soft = (struct cut){i, i + 1, st};
        i += n;
        st = next;
        hard = (struct cut){i, i, st};
    }
    if (hard.at == len)
        return hard;
    if (s[hard.at] == ' ') /* the word ends just here */
        return (struct cut){hard.at, hard.at + 1, hard.look};
    if (soft.at > 0)
        return soft;
    if (hard.at == 0) /* one cluster is longer than a line: cut it between characters */
        hard.at = hard.next = MAX((size_t)1, utf8_floor(s, len, room));
    return hard;
}

static bool has_codes(const char *text, size_t len)
{
    struct look any = plain_look;

    for (size_t i = 0; i < len; i++)
        if (codes_take(CODES_IRC, text + i, len - i, &any) > 0)
            return true;
    return false;
}

void irc_split(const char *text, size_t len, size_t max, irc_part_fn *fn, void *user)
{
    struct look st = plain_look;
    size_t end = has_codes(text, len) ? 1 : 0; /* parts may be put together again: each ends what it began */

    ENSURE(max >= 16);
    do {
        struct buf part = {0};
        struct cut cut;

        if (!look_plain(&st))
            codes_open(CODES_IRC, &part, &st, len > 0 ? *text : '\0');
        if (part.len > max / 2)
            buf_clear(&part); /* no room for colours and text: the text counts */
        cut = find_cut(text, len, max - part.len - end, st);
        buf_add(&part, text, cut.at);
        if (cut.next < len && !look_plain(&cut.look))
            buf_addc(&part, 0x0f);
        if (part.len > 0 || len == 0)
            fn(user, buf_str(&part), part.len, cut.next > cut.at && cut.next < len);
        buf_free(&part);
        text += cut.next;
        len -= cut.next;
        st = cut.look;
    } while (len > 0);
}
