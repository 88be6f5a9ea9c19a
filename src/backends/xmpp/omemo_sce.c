/* backends/xmpp/omemo_sce.c - what is inside of a message of OMEMO_2: elements in an envelope (XEP-0420) */
#include "backends/xmpp/omemo_sce.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"

#define NS_SCE "urn:xmpp:sce:1"
#define NS_ADDRESS "http://jabber.org/protocol/address"
#define NS_OCCUPANT "urn:xmpp:occupant-id:0"

enum {
    MOST_BYTES = 1 << 20, MOST_DEPTH = 40, MOST_ELEMENTS = 4000, MOST_ATTRIBUTES = 2 * 64,
    MOST_PIECES = 40000, /* of text: a line is one, which costs libstrophe a walk through those before it */
    PAD_LEAST = 200, PAD_MORE = 201
};

/* ---- what stands where (XEP-0420 §5) ---- */

enum place { INSIDE, OUTSIDE, EITHER };

static enum place place_of(xmpp_stanza_t *c)
{
    static const struct {
        const char *name, *ns; /* NULL: any */
        enum place place;
    } places[] = {
        {NULL, NS_HINTS, OUTSIDE},          {"stanza-id", NS_SID, OUTSIDE},  {NULL, NS_ADDRESS, OUTSIDE},
        {"encryption", NS_EME, OUTSIDE},    {"encrypted", NULL, OUTSIDE},    {"delay", NS_DELAY, OUTSIDE},
        {"x", NS_MUC_USER, OUTSIDE},        {NULL, NS_OCCUPANT, OUTSIDE},    {"error", NULL, OUTSIDE},
        {"origin-id", NS_SID, EITHER},      {NULL, NS_RECEIPTS, EITHER},     {NULL, NS_MARKERS, EITHER},
        {NULL, NS_STATES, EITHER},          {"envelope", NS_SCE, INSIDE},
    };
    for (size_t i = 0; i < COUNT(places); i++) {
        if (is_elem(c, places[i].name, places[i].ns))
            return places[i].place;
    }
    return INSIDE;
}

bool sce_is_outside(xmpp_stanza_t *c)
{
    return place_of(c) != INSIDE;
}

/* ---- writing ---- */

static void add_pad(xmpp_stanza_t *envelope)
{
    static const char signs[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    unsigned char bytes[PAD_LEAST + PAD_MORE];
    size_t n = PAD_LEAST + rand_below(PAD_MORE);
    rand_bytes(bytes, n);
    char text[sizeof bytes + 1];
    for (size_t i = 0; i < n; i++)
        text[i] = signs[bytes[i] & 63];
    text[n] = '\0';
    st_add_child_text(envelope, "rpad", NULL, text);
}

static void add_ends(xmpp_stanza_t *envelope, const struct sce_ends *e)
{
    char stamp[40];
    if (e->from)
        st_set(st_add(envelope, "from", NULL), "jid", e->from);
    if (e->to)
        st_set(st_add(envelope, "to", NULL), "jid", e->to);
    if (e->time_ms > 0 && clock_format_iso(stamp, sizeof stamp, e->time_ms) > 0)
        st_set(st_add(envelope, "time", NULL), "stamp", stamp);
}

/* libstrophe cannot take a child out of its parent: the message is made anew. */
static xmpp_stanza_t *root_of(xmpp_stanza_t *message)
{
    xmpp_stanza_t *out = st_new(xmpp_stanza_get_context(message), xmpp_stanza_get_name(message), NULL);
    int n = xmpp_stanza_get_attribute_count(message);
    if (n <= 0)
        return out;
    const char **attributes = xreallocarray(NULL, (size_t)n * 2, sizeof *attributes);
    n = xmpp_stanza_get_attributes(message, attributes, n * 2);
    for (int i = 0; i + 1 < n; i += 2)
        xmpp_stanza_set_attribute(out, attributes[i], attributes[i + 1]);
    free(attributes);
    return out;
}

enum want { TO_HIDE, TO_SHOW, TO_TAKE /* from inside */ };

static bool is_wanted(xmpp_stanza_t *c, enum want want)
{
    if (!xmpp_stanza_is_tag(c))
        return false;
    enum place place = place_of(c);
    return want == TO_HIDE ? place == INSIDE : want == TO_SHOW ? place != INSIDE : place != OUTSIDE;
}

static size_t copy_children(xmpp_stanza_t *to, xmpp_stanza_t *from, enum want want)
{
    size_t n = 0;
    EACH_CHILD (c, from) {
        if (!is_wanted(c, want))
            continue;
        xmpp_stanza_t *copy = xmpp_stanza_copy(c);
        if (want == TO_HIDE && !xmpp_stanza_get_ns(copy))
            xmpp_stanza_set_ns(copy, NS_CLIENT);
        xmpp_stanza_add_child_ex(to, copy, 0);
        n++;
    }
    return n;
}

static bool put_text(xmpp_stanza_t *st, struct buf *out)
{
    char *text = NULL;
    size_t len = 0;
    bool fine = xmpp_stanza_to_text(st, &text, &len) == XMPP_EOK;
    if (fine) {
        buf_add(out, text, len);
        mem_wipe(text, len);
    }
    xmpp_free(xmpp_stanza_get_context(st), text);
    return fine;
}

xmpp_stanza_t *sce_seal(xmpp_stanza_t *message, const struct sce_ends *e, struct buf *out)
{
    xmpp_stanza_t *envelope = st_new(xmpp_stanza_get_context(message), "envelope", NS_SCE), *outer = NULL;
    size_t n = copy_children(st_add(envelope, "content", NULL), message, TO_HIDE);
    add_pad(envelope);
    add_ends(envelope, e);
    if (n > 0 && put_text(envelope, out)) {
        outer = root_of(message);
        copy_children(outer, message, TO_SHOW);
    }
    st_wipe_release(envelope);
    return outer;
}

/* ---- reading ---- */

/* What is decrypted was checked by nobody on the way: it goes through a parser of our own first. */
struct check {
    XML_Parser parser;
    size_t depth, elements, pieces;
    bool bad;
};

static void refuse(struct check *k)
{
    k->bad = true;
    (void)XML_StopParser(k->parser, XML_FALSE);
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct check *k = user;
    size_t n = 0;
    (void)name;
    while (n <= MOST_ATTRIBUTES && attributes[n])
        n++;
    if (++k->depth > MOST_DEPTH || ++k->elements > MOST_ELEMENTS || n > MOST_ATTRIBUTES)
        refuse(k);
}

static void on_end(void *user, const XML_Char *name)
{
    (void)name;
    ((struct check *)user)->depth--;
}

static void on_text(void *user, const XML_Char *text, int len)
{
    struct check *k = user;
    (void)text;
    (void)len;
    if (++k->pieces > MOST_PIECES)
        refuse(k);
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid, int internal)
{
    (void)name;
    (void)sysid;
    (void)pubid;
    (void)internal;
    refuse(user);
}

static void on_instruction(void *user, const XML_Char *target, const XML_Char *data)
{
    (void)target;
    (void)data;
    refuse(user);
}

static bool is_harmless(const char *text, size_t len)
{
    struct check k = {.parser = XML_ParserCreate("UTF-8")};
    if (!k.parser || len > MOST_BYTES) {
        if (k.parser)
            XML_ParserFree(k.parser);
        return false;
    }
    XML_SetUserData(k.parser, &k);
    XML_SetElementHandler(k.parser, on_start, on_end);
    XML_SetCharacterDataHandler(k.parser, on_text);
    XML_SetStartDoctypeDeclHandler(k.parser, on_doctype);
    XML_SetProcessingInstructionHandler(k.parser, on_instruction);
    bool fine = XML_Parse(k.parser, text, (int)len, 1) == XML_STATUS_OK && !k.bad;
    XML_ParserFree(k.parser);
    return fine;
}

/* A bare address; programs that follow the examples of XEP-0434 write the full one. */
static bool is_from(xmpp_stanza_t *envelope, const char *from)
{
    xmpp_stanza_t *c = st_child(envelope, "from", NULL);
    const char *jid = st_attr(c, "jid");
    return !c || str_eq(jid, from) || (jid && from && jid_same_bare(jid, from));
}

/* Who is on the way could show what was said in a room as said to one person, or the other way round. */
static bool is_to(xmpp_stanza_t *envelope, const struct sce_ends *e)
{
    xmpp_stanza_t *c = st_child(envelope, "to", NULL);
    const char *jid = st_attr(c, "jid");
    if (!c || !e->to)
        return !e->room;
    return e->room ? str_eq(jid, e->to) : jid && jid_same_bare(jid, e->to);
}

/* A time that does not fit the one of the server by so much is no clock that is a bit wrong. */
static bool in_time(xmpp_stanza_t *envelope, const struct sce_ends *e)
{
    enum { DAY_MS = 24 * 3600 * 1000 };
    int64_t ms = 0;
    const char *stamp = st_attr(st_child(envelope, "time", NULL), "stamp");
    if (!stamp || e->time_ms <= 0)
        return true;
    return clock_parse_iso(stamp, &ms) && ms - e->time_ms < DAY_MS && e->time_ms - ms < DAY_MS;
}

static enum sce_result check(xmpp_stanza_t *envelope, const struct sce_ends *e)
{
    if (!envelope || !is_elem(envelope, "envelope", NS_SCE) || !st_child(envelope, "content", NULL) ||
        !st_child(envelope, "rpad", NULL))
        return SCE_MALFORMED;
    if (!is_from(envelope, e->from) || !is_to(envelope, e))
        return SCE_OTHER_ENDS;
    return in_time(envelope, e) ? SCE_FINE : SCE_OTHER_TIME;
}

static int64_t time_of(xmpp_stanza_t *envelope, const char *to)
{
    xmpp_stanza_t *c = st_child(envelope, "to", NULL);
    const char *jid = st_attr(c, "jid"), *stamp = st_attr(st_child(envelope, "time", NULL), "stamp");
    int64_t ms = 0;
    if (!stamp || (c && (!jid || !to || !jid_same_bare(jid, to))))
        return 0;
    if (clock_parse_iso(stamp, &ms))
        return ms;
    char *utc = xasprintf("%sZ", stamp); /* as in the examples of XEP-0420 */
    bool fine = clock_parse_iso(utc, &ms);
    free(utc);
    return fine ? ms : 0;
}

int64_t sce_time(xmpp_stanza_t *message, const char *text, size_t len, const char *to)
{
    struct buf whole = {.secret = true};
    if (memchr(text, '\0', len) || !is_harmless(text, len))
        return 0;
    buf_add(&whole, text, len);
    xmpp_stanza_t *envelope = xmpp_stanza_new_from_string(xmpp_stanza_get_context(message), buf_str(&whole));
    buf_free(&whole);
    int64_t ms = envelope ? time_of(envelope, to) : 0;
    st_wipe_release(envelope);
    return ms;
}

xmpp_stanza_t *sce_open(xmpp_stanza_t *message, const char *text, size_t len, const struct sce_ends *e, enum sce_result *why)
{
    struct buf whole = {.secret = true};
    xmpp_stanza_t *out = NULL;
    *why = SCE_MALFORMED;
    if (memchr(text, '\0', len) || !is_harmless(text, len))
        return NULL;
    buf_add(&whole, text, len);
    xmpp_stanza_t *envelope = xmpp_stanza_new_from_string(xmpp_stanza_get_context(message), buf_str(&whole));
    buf_free(&whole);
    *why = check(envelope, e);
    if (*why == SCE_FINE) {
        out = root_of(message);
        copy_children(out, message, TO_SHOW);
        copy_children(out, st_child(envelope, "content", NULL), TO_TAKE);
    }
    st_wipe_release(envelope);
    return out;
}
