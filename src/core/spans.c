/* core/spans.c - how parts of a message look: as events have it, as it is kept, and as the user wrote it */
#include "base/codes.h"
#include "base/marks.h"
#include "base/utf8.h"
#include "core/private.h"

#define SAME(a, b) _Static_assert((unsigned)(a) == (unsigned)(b), "spans and runs are the same in other words")
SAME(LOOK_BOLD, KITH_STYLE_BOLD);
SAME(LOOK_ITALIC, KITH_STYLE_ITALIC);
SAME(LOOK_UNDERLINE, KITH_STYLE_UNDERLINE);
SAME(LOOK_STRIKE, KITH_STYLE_STRIKE);
SAME(LOOK_MONOSPACE, KITH_STYLE_MONOSPACE);
SAME(LOOK_REVERSE, KITH_STYLE_REVERSE);
SAME(LOOK_SPOILER, KITH_STYLE_SPOILER);
SAME(LOOK_COLOUR, KITH_COLOUR(0));
SAME(RUNS_MAX, KITH_MAX_SPANS);

char *spans_pack(const struct kith_ev_message *ev)
{
    struct runs r = {0};
    if (ev->n_spans == 0)
        return NULL;
    for (size_t i = 0; i < ev->n_spans; i++) {
        const struct kith_span *s = &ev->spans[i];
        runs_add(&r, s->start, s->len, &(struct look){s->style, s->fg, s->bg});
    }
    char *packed = runs_pack(&r);
    runs_free(&r);
    return packed;
}

struct kith_span *spans_unpack(const char *packed, const char *body, size_t *n)
{
    struct runs r = {0};
    struct kith_span *v = NULL;
    *n = 0;
    if (!packed)
        return NULL;
    runs_unpack(&r, packed, body);
    if (r.n > 0)
        v = xcalloc(r.n, sizeof *v);
    for (; *n < r.n; (*n)++) {
        const struct run *one = &r.v[*n];
        v[*n] = (struct kith_span){sizeof *v, one->look.style, one->start, one->len, one->look.fg, one->look.bg};
    }
    runs_free(&r);
    return v;
}

bool spans_may_send(const struct chat *chat)
{
    const struct account *a = chat->account;
    uint32_t caps = chat->caps ? chat->caps & a->caps : a->caps;
    return a->state != KITH_STATE_ONLINE || (caps & KITH_CAP_FORMAT);
}

/* Each part is cleaned by itself, and its run goes with it. Nothing looks like anything where the whole would then be
 * cleaned differently: marks that combine with a letter of another run. */
static char *clean_parts(const char *text, size_t len, const struct runs *in, struct runs *out)
{
    struct buf b = {0};
    for (size_t at = 0, end; at < len; at = end) {
        const struct run *one = runs_at(in, at, len, &end);
        size_t from = b.len;
        (void)utf8_clean(&b, text + at, end - at, UTF8_TEXT, KITH_MAX_BODY);
        if (one)
            runs_add(out, from, b.len - from, &one->look);
    }
    if (!utf8_is_clean(buf_str(&b), b.len, UTF8_TEXT) || b.len > KITH_MAX_BODY) {
        char *whole = send_clean(text, UTF8_TEXT);
        out->n = 0;
        buf_free(&b);
        return whole;
    }
    return buf_take(&b);
}

static bool any_hidden(const struct runs *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].look.style & LOOK_SPOILER)
            return true;
    return false;
}

/* What the marks in it say as well, where others read them so: see KITH_CAP_MARKS. */
static void add_marks(const struct chat *chat, const char *body, struct runs *r)
{
    const struct account *a = chat->account;
    if (!((chat->caps ? chat->caps & a->caps : a->caps) & KITH_CAP_MARKS) || !marks_any(body))
        return;
    size_t len = strlen(body);
    uint8_t *style = xcalloc(len + 1, 1);
    struct runs all = {0};
    marks_read(body, len, style);
    for (size_t at = 0, end; at < len; at = end) {
        const struct run *one = runs_at(r, at, len, &end);
        struct look l = one ? one->look : (struct look){0};
        for (size_t k = at, same; k < end; k = same) {
            for (same = k + 1; same < end && style[same] == style[k];)
                same++;
            runs_add(&all, k, same - k, &(struct look){l.style | style[k], l.fg, l.bg});
        }
    }
    free(style);
    runs_free(r);
    *r = all;
}

char *spans_written(const struct chat *chat, const struct core_send *s, char **spans, struct err *e)
{
    struct buf plain = {0};
    struct runs given = {0}, kept = {0};
    bool may = spans_may_send(chat);
    *spans = NULL;
    if (!s->spans && !codes_any(CODES_INPUT, s->body)) {
        char *body = send_clean(s->body, UTF8_TEXT);
        add_marks(chat, body, &kept);
        *spans = runs_pack(&kept);
        runs_free(&kept);
        return body;
    }
    if (s->spans) {
        buf_adds(&plain, s->body);
        runs_unpack(&given, s->spans, s->body);
    } else {
        codes_parse(CODES_INPUT, s->body, strlen(s->body), &plain, &given);
    }
    char *body = clean_parts(buf_str(&plain), plain.len, &given, &kept);
    if (may) {
        add_marks(chat, body, &kept);
        *spans = runs_pack(&kept);
    }
    if (any_hidden(&given) && !runs_have_spoiler(*spans)) {
        err_set(e, KITH_EUNSUP, "%s cannot hide a part of this text, and it is not sent in the open", chat->account->name);
        str_take(&body, NULL);
        str_set(spans, NULL);
    }
    buf_free(&plain);
    runs_free(&given);
    runs_free(&kept);
    return body;
}

char *spans_quoted(const struct message *m)
{
    struct buf b = {0};
    if (!runs_have_spoiler(m->spans))
        return xstrdup(m->body);
    runs_add_covered(&b, m->body, m->spans);
    return buf_take(&b);
}

int core_may_format(const struct chat *chat, struct err *e)
{
    if (chat->account->state != KITH_STATE_ONLINE)
        return err_set(e, KITH_EOFFLINE, "%s is not connected: whether it can is not known yet", chat->account->name);
    if (spans_may_send(chat))
        return 0;
    return err_set(e, KITH_EUNSUP, "%s sends plain text only", chat->account->name);
}

void core_reveal(struct message *m, bool reveal)
{
    if (m->revealed == reveal)
        return;
    m->revealed = reveal;
    chat_message_changed(m);
}
