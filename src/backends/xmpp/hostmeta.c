/* backends/xmpp/hostmeta.c - what a domain says on the web about other ways to its server (XEP-0156, RFC 6415) */
#include "backends/xmpp/hostmeta.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/http.h"
#include "base/mem.h"

#define REL "urn:xmpp:alt-connections:websocket"

/* ---- links ---- */

void hostmeta_links_free(struct hostmeta_links *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->url[i]);
    l->n = 0;
}

/* XEP-0156 §2.2: nothing but wss. Takes over both. */
static void add(struct hostmeta_links *l, char *rel, char *href)
{
    struct http_url u;
    char *https = str_eq(rel, REL) && href && str_starts(href, "wss://") ? xasprintf("https://%s", href + 6) : NULL;
    bool good = https && l->n < HOSTMETA_LINKS && http_url_parse(&u, https, NULL) == 0;
    for (size_t i = 0; i < l->n && good; i++)
        if (str_eq(l->url[i], href)) {
            http_url_free(&u);
            good = false;
        }
    free(https);
    free(rel);
    if (good) {
        http_url_free(&u);
        l->url[l->n++] = href;
    } else {
        free(href);
    }
}

/* ---- XML: the elements Link of an XRD ---- */

struct xrd {
    XML_Parser parser;
    struct hostmeta_links *links;
};

static void XMLCALL on_element(void *user, const XML_Char *name, const XML_Char **attrs)
{
    const struct xrd *d = user;
    const char *colon = strchr(name, ':'), *rel = NULL, *href = NULL;
    if (strcmp(colon ? colon + 1 : name, "Link") != 0)
        return;
    for (size_t i = 0; attrs[i]; i += 2) {
        rel = strcmp(attrs[i], "rel") == 0 ? attrs[i + 1] : rel;
        href = strcmp(attrs[i], "href") == 0 ? attrs[i + 1] : href;
    }
    add(d->links, xstrdup(rel), xstrdup(href));
}

/* A document with entities of its own is none. */
static void XMLCALL on_doctype(void *user, const XML_Char *name UNUSED, const XML_Char *sysid UNUSED, const XML_Char *pubid UNUSED,
                               int has_internal UNUSED)
{
    const struct xrd *d = user;
    (void)XML_StopParser(d->parser, XML_FALSE);
}

void hostmeta_xml(struct hostmeta_links *l, const char *text, size_t len)
{
    struct xrd d = {XML_ParserCreate(NULL), l};
    if (!d.parser)
        return;
    XML_SetUserData(d.parser, &d);
    XML_SetStartElementHandler(d.parser, on_element);
    XML_SetStartDoctypeDeclHandler(d.parser, on_doctype);
    (void)XML_Parse(d.parser, text, (int)len, XML_TRUE); /* what came before a fault counts */
    XML_ParserFree(d.parser);
}

/* ---- JSON: the objects in "links" of a JRD ---- */

enum role { TOP, LINKS, LINK, OTHER };
enum { DEPTH_MAX = 16 };
struct js {
    const char *p; /* ends with a NUL */
    int depth;
    struct hostmeta_links *links;
};

static void blanks(struct js *j)
{
    j->p += strspn(j->p, " \t\r\n");
}

static bool take(struct js *j, char c)
{
    blanks(j);
    if (*j->p != c)
        return false;
    j->p++;
    return true;
}

/* A string, owned, or NULL. What is beyond ASCII as \uXXXX becomes '?': no name or address here has any. */
static char *js_string(struct js *j)
{
    struct buf b = {0};
    if (!take(j, '"'))
        return NULL;
    for (; *j->p && *j->p != '"'; j->p++) {
        char c = *j->p;
        if (c == '\\') {
            static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
            const char *at = *++j->p ? strchr(from, *j->p) : NULL;
            unsigned code = 0;
            if (*j->p == 'u' && strspn(j->p + 1, "0123456789abcdefABCDEF") >= 4) {
                char hex[5] = {j->p[1], j->p[2], j->p[3], j->p[4], '\0'};
                code = (unsigned)strtoul(hex, NULL, 16);
                j->p += 4;
            } else if (!at) {
                break;
            }
            c = at ? to[at - from] : code > 0 && code < 0x80 ? (char)code : '?';
        }
        buf_addc(&b, c);
    }
    if (*j->p != '"') {
        buf_free(&b);
        return NULL;
    }
    j->p++;
    return buf_take(&b);
}

static bool js_value(struct js *j, enum role role);

static bool js_member(struct js *j, enum role role, char **rel, char **href)
{
    char *key = js_string(j);
    bool ok = key && take(j, ':');
    blanks(j);
    char **field = role == LINK && str_eq(key, "rel") ? rel : role == LINK && str_eq(key, "href") ? href : NULL;
    if (ok && field && *j->p == '"') {
        str_take(field, js_string(j));
        ok = *field;
    } else if (ok) {
        ok = js_value(j, role == TOP && str_eq(key, "links") ? LINKS : OTHER);
    }
    free(key);
    return ok;
}

static bool js_object(struct js *j, enum role role)
{
    char *rel = NULL, *href = NULL;
    bool ok = true;
    if (!take(j, '}')) {
        do
            ok = js_member(j, role, &rel, &href);
        while (ok && take(j, ','));
        ok = ok && take(j, '}');
    }
    if (ok && role == LINK) {
        add(j->links, rel, href);
        return true;
    }
    free(rel);
    free(href);
    return ok;
}

static bool js_array(struct js *j, enum role role)
{
    bool ok = true;
    if (take(j, ']'))
        return true;
    do
        ok = js_value(j, role == LINKS ? LINK : OTHER);
    while (ok && take(j, ','));
    return ok && take(j, ']');
}

static bool js_value(struct js *j, enum role role)
{
    bool ok = false;
    if (++j->depth > DEPTH_MAX)
        return false;
    blanks(j);
    if (*j->p == '"') {
        char *s = js_string(j);
        ok = s;
        free(s);
    } else if (take(j, '{')) {
        ok = js_object(j, role);
    } else if (take(j, '[')) {
        ok = js_array(j, role);
    } else { /* a number, true, false, null */
        size_t n = strcspn(j->p, " \t\r\n,]}:\"[{");
        ok = n > 0;
        j->p += n;
    }
    j->depth--;
    return ok;
}

void hostmeta_json(struct hostmeta_links *l, const char *text, size_t len)
{
    char *copy = xstrndup(text, len);
    struct hostmeta_links found = {0};
    struct js j = {.p = copy, .links = &found};
    bool whole = js_value(&j, TOP);
    blanks(&j);
    for (size_t i = 0; i < found.n; i++)
        if (whole && *j.p == '\0')
            add(l, xstrdup(REL), xstrdup(found.url[i]));
    hostmeta_links_free(&found);
    free(copy);
}

/* ---- asking ---- */

struct hostmeta {
    struct x *x;
    char *domain;
    hostmeta_fn *fn;
    void *user;
    struct http_job *job;
    bool xml;          /* asked for, the second */
    struct buf body;
};

static void hostmeta_free(struct hostmeta *h)
{
    buf_free(&h->body);
    free(h->domain);
    free(h);
}

void hostmeta_cancel(struct hostmeta *h)
{
    if (!h)
        return;
    http_cancel(h->job);
    hostmeta_free(h);
}

static int on_body(void *user, const void *data, size_t len, struct err *e)
{
    struct hostmeta *h = user;
    if (h->body.len + len > HOSTMETA_BYTES)
        return err_set(e, KITH_ELIMIT, "%s says more about its ways than can be read.", h->domain);
    buf_add(&h->body, data, len);
    return 0;
}

static bool ask(struct hostmeta *h, struct err *e);

static void on_done(void *user, const struct http_answer *a, const struct err *e)
{
    struct hostmeta *h = user;
    struct hostmeta_links l = {0};
    struct err why = *e;
    h->job = NULL;
    if (!why.code && a->status == 200)
        (h->xml ? hostmeta_xml : hostmeta_json)(&l, buf_str(&h->body), h->body.len);
    bool net = why.code == KITH_ENET || why.code == KITH_ETLS; /* it would be no other the second time */
    if (l.n == 0 && !h->xml && !net) {
        h->xml = true;
        buf_clear(&h->body);
        if (ask(h, &why))
            return;
    }
    if (l.n == 0 && !why.code)
        (void)err_set(&why, KITH_ENOTFOUND, "%s offers no other way on the web.", h->domain);
    h->fn(h->user, &l, &why);
    hostmeta_links_free(&l);
    hostmeta_free(h);
}

static bool ask(struct hostmeta *h, struct err *e)
{
    char *url = xasprintf("https://%s/.well-known/host-meta%s", h->domain, h->xml ? "" : ".json");
    struct http_request r = {.method = "GET", .url = url, .strict = true, .body = on_body, .done = on_done};
    h->job = http_start(h->x, &r, h, e);
    free(url);
    return h->job;
}

struct hostmeta *hostmeta_ask(struct x *x, const char *domain, hostmeta_fn *fn, void *user, struct err *e)
{
    struct hostmeta *h = xcalloc(1, sizeof *h);
    *h = (struct hostmeta){.x = x, .domain = xstrdup(domain), .fn = fn, .user = user};
    if (ask(h, e))
        return h;
    hostmeta_free(h);
    return NULL;
}
