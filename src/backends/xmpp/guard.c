/* backends/xmpp/guard.c - stands between expat and libstrophe: bounds for stanzas, one text per
 * element, no DTD */
#include <dlfcn.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/guard.h"
#include "base/buf.h"
#include "base/mem.h"
#include "kith/plugin.h"

struct guard {
    struct guard *next;
    xmpp_mem_t mem;
    XML_Parser parser;
    bool armed; /* adopts the next parser */
    const xmpp_ctx_t *ctx;
    void *owner;
    const char *bare, *domain;
    size_t times; /* the bounds are so many times higher for this stanza */
    void *user;   /* libstrophe's */
    XML_StartElementHandler start;
    XML_EndElementHandler end;
    XML_CharacterDataHandler chars;
    enum XML_Status (*parse)(XML_Parser, const char *, int, int);
    struct buf text; /* character data since the last tag; handed on in one piece, for libstrophe's
                        strncat is quadratic */
    size_t depth, elements, attributes, bytes;
    size_t children[GUARD_DEPTH + 1];
    bool roster, tied; /* inside the answer with the roster; inside a tie of its items */
    size_t items;
    size_t alive, alive_before;
    const char *poison;
    bool poison_in_stanza;
    bool whole; /* libstrophe has just been told that a stanza is whole, and has not handed it on */
};

/* Every guard of the process. expat asks for a parser, and hands it over later, without a word of
 * whose it is. */
static struct guard *guards;

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static struct guard *guard_of(XML_Parser p)
{
    struct guard *g = guards;
    while (g && g->parser != p)
        g = g->next;
    return g;
}

/* ---- memory ---- */

static void *mem_alloc(size_t n, void *user)
{
    struct guard *g = user;
    g->alive++;
    return xmalloc(n ? n : 1);
}

static void mem_free(void *p, void *user)
{
    struct guard *g = user;
    if (p)
        g->alive--;
    free(p);
}

static void *mem_realloc(void *p, size_t n, void *user)
{
    struct guard *g = user;
    if (!p)
        g->alive++;
    return xrealloc(p, n ? n : 1);
}

/* expat's own memory: a tag, comment or name that needs more than this at once ends the parsing. */
static void *expat_malloc(size_t n)
{
    return n > GUARD_TOKEN ? NULL : malloc(n);
}

static void *expat_realloc(void *p, size_t n)
{
    return n > GUARD_TOKEN ? NULL : realloc(p, n);
}

static void expat_free(void *p)
{
    free(p);
}

struct guard *guard_new(void)
{
    struct guard *g = xcalloc(1, sizeof *g);
    g->mem = (xmpp_mem_t){mem_alloc, mem_free, mem_realloc, g};
    g->next = guards;
    guards = g;
    return g;
}

void guard_free(struct guard *g)
{
    if (!g)
        return;
    struct guard **at = &guards;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    buf_free(&g->text);
    free(g);
}

const xmpp_mem_t *guard_mem(struct guard *g)
{
    return &g->mem;
}

size_t guard_alive(const struct guard *g)
{
    return g->alive;
}

void guard_set_owner(struct guard *g, const xmpp_ctx_t *ctx, void *owner)
{
    g->ctx = ctx;
    g->owner = owner;
}

void *guard_owner(const xmpp_ctx_t *ctx)
{
    struct guard *g = guards;
    while (g && g->ctx != ctx)
        g = g->next;
    return g ? g->owner : NULL;
}

void guard_own(struct guard *g, const char *bare, const char *domain)
{
    g->bare = bare;
    g->domain = domain;
}

void guard_handed_on(struct guard *g)
{
    g->whole = false;
}

void guard_arm(struct guard *g)
{
    g->armed = true;
    g->poison = NULL;
    g->poison_in_stanza = false;
}

const char *guard_poison(const struct guard *g)
{
    return g->poison;
}

bool guard_poison_in_stanza(const struct guard *g)
{
    return g->poison_in_stanza;
}

/* ---- what expat reports, on its way to libstrophe ---- */

static void poison(struct guard *g, const char *why)
{
    if (g->poison)
        return;
    g->poison = why;
    g->poison_in_stanza = g->depth >= 1;
    XML_StopParser(g->parser, XML_FALSE);
}

static void flush_text(struct guard *g)
{
    if (g->text.len && g->chars) {
        g->children[g->depth]++; /* it becomes a child too */
        g->chars(g->user, g->text.data, (int)g->text.len);
    }
    buf_clear(&g->text);
}

static void stanza_begins(struct guard *g)
{
    g->elements = g->attributes = g->bytes = 0;
    g->alive_before = g->alive;
    g->times = 1;
    g->roster = g->tied = false;
}

/* ---- a long roster ---- */
enum { SEP = 0x1F /* libstrophe's, between name space and name */ };
static const char roster_query[] = "jabber:iq:roster\x1Fquery";

static void untie(struct guard *g)
{
    if (g->tied && g->end)
        g->end(g->user, GUARD_TIE);
    g->tied = false;
}

/* An element begins, of which g->depth is the parent's level. */
static void tie_items(struct guard *g, const XML_Char *name)
{
    const XML_Char *none[] = {NULL};
    if (g->depth == 2) {
        g->roster = g->times == GUARD_OWN && strcmp(name, roster_query) == 0;
        g->items = 0;
    } else if (g->roster && g->depth == 3 && ++g->items > GUARD_SHEAF &&
               g->items % GUARD_SHEAF == 1) {
        untie(g);
        g->tied = g->start != NULL;
        if (g->tied)
            g->start(g->user, GUARD_TIE, none);
    }
}

static bool own_iq(const struct guard *g, const XML_Char *name, const XML_Char **attrs)
{
    if (!str_ends(name, "\x1Fiq"))
        return false;
    for (; attrs[0]; attrs += 2)
        if (strcmp(attrs[0], "from") == 0)
            return str_eq(attrs[1], g->bare) || str_eq(attrs[1], g->domain);
    return true;
}

static const char *over_bound(struct guard *g, const XML_Char **attrs)
{
    size_t n = 0;
    for (; attrs[n]; n += 2)
        g->bytes += strlen(attrs[n]) + strlen(attrs[n + 1]);
    g->attributes += n / 2;
    g->elements++;
    if (g->depth + 1 > GUARD_DEPTH)
        return "A stanza with too many levels came.";
    if (n / 2 > GUARD_ATTRIBUTES || g->attributes > g->times * GUARD_ALL_ATTRIBUTES)
        return "A stanza with too many attributes came.";
    if (g->depth > 1 && (++g->children[g->depth] > g->times * GUARD_CHILDREN ||
                         g->elements > g->times * GUARD_ELEMENTS))
        return "A stanza with too many elements came.";
    if (g->bytes > g->times * GUARD_BYTES ||
        g->alive > g->alive_before + g->times * GUARD_ALLOCATIONS)
        return "A stanza that is too large came.";
    return NULL;
}

/* ---- attributes with a name space of their own ---- */

#define NS_XML "http://www.w3.org/XML/1998/namespace"

static bool any_qualified(const XML_Char **attrs)
{
    for (; attrs[0]; attrs += 2)
        if (strchr(attrs[0], SEP))
            return true;
    return false;
}

/* libstrophe cuts the name space off, so that x:from would stand in the place of from, which servers vouch for. Such
 * attributes keep a prefix here, declared beside them: xml:lang, or q0:from with xmlns:q0. */
static void start_qualified(struct guard *g, const XML_Char *name, const XML_Char **attrs)
{
    const XML_Char *out[4 * GUARD_ATTRIBUTES + 1];
    char *made[3 * GUARD_ATTRIBUTES]; /* over_bound() has counted them */
    size_t n = 0, n_made = 0;
    for (; attrs[0]; attrs += 2) {
        const char *sep = strchr(attrs[0], SEP);
        size_t len = sep ? (size_t)(sep - attrs[0]) : 0;
        bool xml = sep && len == strlen(NS_XML) && strncmp(attrs[0], NS_XML, len) == 0;
        if (!sep) {
            out[n++] = attrs[0];
            out[n++] = attrs[1];
        } else {
            if (!xml) {
                out[n++] = made[n_made] = xasprintf("xmlns:q%zu", n_made);
                out[n++] = made[n_made + 1] = xstrndup(attrs[0], len);
            }
            out[n++] = xml ? (made[n_made] = xasprintf("xml:%s", sep + 1))
                           : (made[n_made + 2] = xasprintf("q%zu:%s", n_made, sep + 1));
            n_made += xml ? 1 : 3;
            out[n++] = attrs[1];
        }
    }
    out[n] = NULL;
    g->start(g->user, name, out);
    while (n_made > 0)
        free(made[--n_made]);
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attrs)
{
    struct guard *g = user;
    if (g->poison)
        return;
    flush_text(g);
    if (g->depth == 1) {
        stanza_begins(g);
        g->times = own_iq(g, name, attrs) ? GUARD_OWN : 1;
    }
    const char *why = over_bound(g, attrs);
    if (why) {
        poison(g, why);
        return;
    }
    tie_items(g, name);
    g->depth++;
    g->children[g->depth] = 0;
    if (g->start && any_qualified(attrs))
        start_qualified(g, name, attrs);
    else if (g->start)
        g->start(g->user, name, attrs);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    struct guard *g = user;
    if (g->poison)
        return;
    flush_text(g);
    if (g->depth == 3)
        untie(g);
    g->depth--;
    g->whole = g->depth == 1;
    if (g->end)
        g->end(g->user, name);
    g->whole = false;
}

static void XMLCALL on_chars(void *user, const XML_Char *s, int len)
{
    struct guard *g = user;
    if (g->poison || g->depth < 2) /* white space between stanzas */
        return;
    g->bytes += (size_t)len;
    if (g->bytes > g->times * GUARD_BYTES)
        poison(g, "A stanza that is too large came.");
    else
        buf_add(&g->text, s, (size_t)len);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *sysid,
                               const XML_Char *pubid, int sub)
{
    poison(user, "The server sent a document type declaration, which XMPP forbids.");
}

/* ---- the interposed functions ---- */

/* libexpat >= 2.6, and Debian's 2.5.0, wait for twice the bytes before they look at a partial token
 * again: a tag of some KiB would stall the stream for good. Absent in older ones, hence looked up.
 */
static void settle(struct guard *g)
{
    unsigned char (*deferral)(XML_Parser, unsigned char) =
        (unsigned char (*)(XML_Parser, unsigned char))dlsym(RTLD_DEFAULT,
                                                            "XML_SetReparseDeferralEnabled");
    if (deferral)
        deferral(g->parser, 0);
    ((void (*)(XML_Parser, void *))real("XML_SetUserData"))(g->parser, g);
    XML_SetStartDoctypeDeclHandler(g->parser, on_doctype);
    buf_clear(&g->text);
    g->depth = 0;
    stanza_begins(g);
}

KITH_PLUGIN_EXPORT XML_Parser XMLCALL XML_ParserCreate_MM(const XML_Char *encoding,
                                                          const XML_Memory_Handling_Suite *mem,
                                                          const XML_Char *sep)
{
    XML_Parser (*create)(const XML_Char *, const XML_Memory_Handling_Suite *, const XML_Char *) =
        (XML_Parser(*)(const XML_Char *, const XML_Memory_Handling_Suite *, const XML_Char *))real(
            "XML_ParserCreate_MM");
    struct guard *g = guards;
    while (g && !g->armed)
        g = g->next;
    if (!g)
        return create(encoding, mem, sep);
    const XML_Memory_Handling_Suite own = {expat_malloc, expat_realloc, expat_free};
    g->parser = create(encoding, &own, sep);
    g->parse = (enum XML_Status(*)(XML_Parser, const char *, int, int))real("XML_Parse");
    g->armed = false;
    if (g->parser)
        settle(g);
    return g->parser;
}

KITH_PLUGIN_EXPORT XML_Bool XMLCALL XML_ParserReset(XML_Parser p, const XML_Char *encoding)
{
    XML_Bool ok = ((XML_Bool(*)(XML_Parser, const XML_Char *))real("XML_ParserReset"))(p, encoding);
    struct guard *g = guard_of(p);
    if (g)
        settle(g); /* a reset puts the defaults back */
    return ok;
}

KITH_PLUGIN_EXPORT void XMLCALL XML_ParserFree(XML_Parser p)
{
    struct guard *g = p ? guard_of(p) : NULL;
    if (g)
        g->parser = NULL;
    ((void (*)(XML_Parser))real("XML_ParserFree"))(p);
}

KITH_PLUGIN_EXPORT void XMLCALL XML_SetUserData(XML_Parser p, void *user)
{
    struct guard *g = guard_of(p);
    if (g)
        g->user = user;
    else
        ((void (*)(XML_Parser, void *))real("XML_SetUserData"))(p, user);
}

KITH_PLUGIN_EXPORT void XMLCALL XML_SetElementHandler(XML_Parser p, XML_StartElementHandler start,
                                                      XML_EndElementHandler end)
{
    void (*set)(XML_Parser, XML_StartElementHandler, XML_EndElementHandler) = (void (*)(
        XML_Parser, XML_StartElementHandler, XML_EndElementHandler))real("XML_SetElementHandler");
    struct guard *g = guard_of(p);
    if (g) {
        g->start = start;
        g->end = end;
    }
    set(p, g ? on_start : start, g ? on_end : end);
}

KITH_PLUGIN_EXPORT void XMLCALL XML_SetCharacterDataHandler(XML_Parser p,
                                                            XML_CharacterDataHandler chars)
{
    void (*set)(XML_Parser, XML_CharacterDataHandler) =
        (void (*)(XML_Parser, XML_CharacterDataHandler))real("XML_SetCharacterDataHandler");
    struct guard *g = guard_of(p);
    if (g)
        g->chars = chars;
    set(p, g ? on_chars : chars);
}

KITH_PLUGIN_EXPORT enum XML_Status XMLCALL XML_Parse(XML_Parser p, const char *s, int len,
                                                     int final)
{
    struct guard *g = guard_of(p);
    if (!g)
        return ((enum XML_Status(*)(XML_Parser, const char *, int, int))real("XML_Parse"))(
            p, s, len, final);
    if (g->poison)
        return XML_STATUS_OK; /* libstrophe would answer an error with a stream error, and a closed
                                 stream is not resumed */
    enum XML_Status rc = g->parse(p, s, len, final);
    if (rc != XML_STATUS_OK && !g->poison) {
        bool large = XML_GetErrorCode(p) == XML_ERROR_NO_MEMORY;
        g->poison = large ? "A stanza that is too large came." : "The server sent broken XML.";
        g->poison_in_stanza = g->depth > 1 || (large && g->depth == 1);
    }
    return XML_STATUS_OK;
}

/* libstrophe writes each stanza out for its debug log before it hands it on, also when nobody keeps
 * that log: a sixth of what a message costs here. */
KITH_PLUGIN_EXPORT int xmpp_stanza_to_text(xmpp_stanza_t *st, char **buf, size_t *len)
{
    const xmpp_ctx_t *ctx = xmpp_stanza_get_context(st);
    struct guard *g = guards;
    while (g && !(g->whole && g->ctx == ctx))
        g = g->next;
    if (!g)
        return ((int (*)(xmpp_stanza_t *, char **, size_t *))real("xmpp_stanza_to_text"))(st, buf,
                                                                                          len);
    *buf = NULL;
    *len = 0;
    return XMPP_EMEM;
}
