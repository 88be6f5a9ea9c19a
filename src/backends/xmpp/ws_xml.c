/* backends/xmpp/ws_xml.c - an XMPP stream as libstrophe has it, and as it goes over a WebSocket (RFC 7395 §3.3): pure */
#include "backends/xmpp/ws_xml.h"

#include <string.h>

#include "kith/plugin.h"

#define STREAM "stream:stream"
#define NS_STREAM "http://etherx.jabber.org/streams"

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is(const char *s, size_t n, const char *text)
{
    return n == strlen(text) && memcmp(s, text, n) == 0;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && blank(*at))
        at++;
    return at;
}

/* Behind the name that begins here. */
static const char *name_end(const char *at, const char *end)
{
    while (at < end && !blank(*at) && !strchr("=/>\"'<", *at))
        at++;
    return at;
}

struct attr { /* points into the tag; the value is without its quotes, entities as they are */
    const char *name, *value;
    size_t n_name, n_value;
};

/* The next attribute of a tag from *at on (behind the name or another attribute) up to end: false when there is none, or
 * what follows is no attribute. */
static bool next_attr(const char **at, const char *end, struct attr *a)
{
    const char *p = skip_blanks(*at, end), *n = name_end(p, end), *v = skip_blanks(n, end);
    if (n == p || v == end || *v != '=')
        return false;
    v = skip_blanks(v + 1, end);
    if (v == end || (*v != '"' && *v != '\''))
        return false;
    const char *close = memchr(v + 1, *v, (size_t)(end - v - 1));
    if (!close)
        return false;
    *a = (struct attr){p, v + 1, (size_t)(n - p), (size_t)(close - v - 1)};
    *at = close + 1;
    return true;
}

/* ---- out ---- */

static void put_attrs(struct buf *out, const char *at, const char *end)
{
    struct attr a;
    while (next_attr(&at, end, &a)) {
        if (is(a.name, a.n_name, "xmlns") || (a.n_name > 6 && memcmp(a.name, "xmlns:", 6) == 0))
            continue;
        char quote = a.value[-1];
        buf_addc(out, ' ');
        buf_add(out, a.name, a.n_name);
        buf_addc(out, '=');
        buf_addc(out, quote);
        buf_add(out, a.value, a.n_value);
        buf_addc(out, quote);
    }
}

static bool has_attr(const char *at, const char *end, const char *name)
{
    struct attr a;
    while (next_attr(&at, end, &a))
        if (is(a.name, a.n_name, name))
            return true;
    return false;
}

/* An element with its namespaces, which the stream's tag declared for all of them. */
static void put_element(struct buf *out, const struct ws_cut *c)
{
    const char *tag = c->b.data, *end = tag + c->first_tag, *name = name_end(tag + 1, end);
    buf_add(out, tag, (size_t)(name - tag));
    if (!has_attr(name, end, "xmlns"))
        buf_adds(out, " xmlns='jabber:client'");
    if (c->b.len > 7 && memcmp(tag + 1, "stream:", 7) == 0 && !has_attr(name, end, "xmlns:stream"))
        buf_adds(out, " xmlns:stream='" NS_STREAM "'");
    buf_add(out, name, c->b.len - (size_t)(name - tag));
}

static void next_element(struct ws_cut *c)
{
    buf_clear(&c->b);
    c->first_tag = 0;
    c->depth = 0;
}

/* The end of a tag was read. True: a message is in out. */
static bool tag_ends(struct ws_cut *c, struct buf *out)
{
    const char *tag = c->b.data + c->tag, *end = c->b.data + c->b.len;
    size_t n = c->b.len - c->tag;
    bool closes = tag[1] == '/', empty = n > 2 && end[-2] == '/', top = c->depth == 0;
    const char *name = tag + (closes ? 2 : 1), *name_to = name_end(name, end);
    c->in_tag = false;
    if (tag[1] == '?') {
        next_element(c);
        return false;
    }
    if (top && is(name, (size_t)(name_to - name), STREAM)) {
        buf_adds(out, closes ? "<close xmlns='" NS_FRAMING "'" : "<open xmlns='" NS_FRAMING "'");
        if (!closes)
            put_attrs(out, name_to, end);
        buf_adds(out, "/>");
        c->opened = c->opened || !closes;
        next_element(c);
        return true;
    }
    if (!c->first_tag)
        c->first_tag = c->b.len;
    c->depth += closes ? -1 : empty ? 0 : 1;
    if (c->depth > 0)
        return false;
    put_element(out, c);
    next_element(c);
    return true;
}

void ws_cut(struct ws_cut *c, const char *data, size_t len, void (*message)(void *user, const char *xml, size_t len), void *user)
{
    c->b.secret = true;
    for (size_t i = 0; i < len; i++) {
        char ch = data[i];
        struct buf out = {.secret = true};
        if (c->depth == 0 && !c->in_tag && ch != '<')
            continue; /* blanks between elements, which no WebSocket needs */
        buf_addc(&c->b, ch);
        if (!c->in_tag) {
            c->in_tag = ch == '<';
            c->tag = c->b.len - 1;
        } else if (c->quote) {
            c->quote = ch == c->quote ? '\0' : c->quote;
        } else if (ch == '"' || ch == '\'') {
            c->quote = ch;
        } else if (ch == '>' && tag_ends(c, &out)) {
            message(user, out.data, out.len);
        }
        if (out.data)
            buf_wipe_free(&out);
    }
}

void ws_cut_free(struct ws_cut *c)
{
    buf_wipe_free(&c->b);
    *c = (struct ws_cut){0};
}

/* ---- in ---- */

static int bad(struct err *e, const char *what)
{
    return err_set(e, KITH_EPROTO, "The server broke the rules of XMPP by WebSocket: %s.", what);
}

static bool begins(const struct buf *b, const char *tag)
{
    size_t n = strlen(tag);
    return b->len > n && memcmp(b->data, tag, n) == 0 && (blank(b->data[n]) || b->data[n] == '/' || b->data[n] == '>');
}

/* Enough was read to tell <open and <close from anything else. */
static bool is_known(const struct buf *b)
{
    size_t open = MIN(b->len, strlen("<open")), close = MIN(b->len, strlen("<close"));
    bool may_open = memcmp(b->data, "<open", open) == 0 && b->len <= strlen("<open");
    bool may_close = memcmp(b->data, "<close", close) == 0 && b->len <= strlen("<close");
    return !may_open && !may_close;
}

/* RFC 7395 §3.3.2: an empty element, whole in its message. */
static int framing(const struct buf *b, bool *awaited, struct buf *out, struct err *e)
{
    const char *at = name_end(b->data + 1, b->data + b->len), *end = b->data + b->len, *attrs = at;
    struct attr a;
    bool ours = false, open = b->data[1] == 'o';
    while (next_attr(&at, end, &a)) {
        ours = ours || (is(a.name, a.n_name, "xmlns") && is(a.value, a.n_value, NS_FRAMING));
        if (memchr(a.value, '<', a.n_value))
            return bad(e, "its begin of the stream is malformed");
    }
    at = skip_blanks(at, end);
    const char *rest = at < end && *at == '/' ? "/>" : open ? "></open>" : "></close>";
    size_t n = strlen(rest);
    if (!ours || (size_t)(end - at) < n || memcmp(at, rest, n) != 0 || skip_blanks(at + n, end) != end)
        return bad(e, open ? "its begin of the stream is malformed" : "its end of the stream is malformed");
    if (open && !*awaited)
        return bad(e, "it begins a stream that nobody asked for");
    if (!open) {
        buf_adds(out, "</" STREAM ">");
        return 0;
    }
    *awaited = false;
    buf_adds(out, "<?xml version='1.0'?><" STREAM " xmlns='jabber:client' xmlns:stream='" NS_STREAM "'");
    put_attrs(out, attrs, end);
    buf_addc(out, '>');
    return 0;
}

/* The message's beginning without what may stand before its element. */
static void trim(struct buf *b)
{
    size_t n = 0;
    while (n < b->len && blank(b->data[n]))
        n++;
    if (b->len - n > 5 && memcmp(b->data + n, "<?xml", 5) == 0) {
        const char *end = strstr(b->data + n, "?>");
        if (end)
            n = (size_t)(end + 2 - b->data);
        while (end && n < b->len && blank(b->data[n]))
            n++;
    }
    buf_consume(b, n);
}

/* All there is to see of a message so far; 1: what it is cannot be told yet. */
static int look(struct ws_join *j, bool last, bool *awaited, struct buf *out, struct err *e)
{
    struct buf *b = &j->head;
    trim(b);
    bool declared = b->len > 1 && b->data[1] == '?', framed = begins(b, "<open") || begins(b, "<close");
    if (b->len == 0)
        return last ? 0 : 1; /* nothing but blanks: some servers say so that they are there */
    if (b->data[0] != '<')
        return bad(e, "a message is no element");
    if (!last && b->len < WS_OPEN_MAX && (declared || framed || !is_known(b) || b->len < 2))
        return 1;
    if (framed)
        return last ? framing(b, awaited, out, e) : bad(e, "its begin of the stream is too long");
    if (*awaited)
        return bad(e, "an element comes before the stream begins");
    j->through = true;
    buf_add(out, b->data, b->len);
    return 0;
}

int ws_join(struct ws_join *j, const char *data, size_t len, bool last, bool *awaited, struct buf *out, struct err *e)
{
    int rc = 0;
    if (j->through) {
        buf_add(out, data, len);
    } else {
        buf_add(&j->head, data, len);
        rc = look(j, last, awaited, out, e);
        if (rc == 1)
            return 0;
        buf_clear(&j->head);
    }
    if (last)
        j->through = false;
    return rc;
}

void ws_join_free(struct ws_join *j)
{
    buf_free(&j->head);
    *j = (struct ws_join){0};
}
