/* backends/xmpp/stanza.c - builds and reads stanzas; every outgoing string is made fit for XML 1.0
 */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/session.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

/* Char of XML 1.0 §2.2. A server closes the stream on anything else. */
static bool xml_char(uint32_t cp)
{
    if (cp < 0x20)
        return cp == '\t' || cp == '\n' || cp == '\r';
    return cp < 0xD800 || (cp >= 0xE000 && cp < 0xFFFE) || (cp >= 0x10000 && cp <= 0x10FFFF);
}

static bool xml_clean_already(const char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)s[i];
        if (c < 0x80) {
            if (!xml_char(c))
                return false;
            i++;
            continue;
        }
        size_t used = 0;
        uint32_t cp = utf8_decode(s + i, len - i, &used);
        if (!xml_char(cp) || (cp == UTF8_BAD && used != 3))
            return false;
        i += used;
    }
    return utf8_valid(s, len);
}

/* Returns s itself when it is fit, else a cleaned copy in *owned (free()). */
static const char *xml_clean(const char *s, char **owned)
{
    size_t len = strlen(s);
    *owned = NULL;
    if (xml_clean_already(s, len))
        return s;
    struct buf b = {0};
    for (size_t i = 0; i < len;) {
        size_t used = 0;
        uint32_t cp = utf8_decode(s + i, len - i, &used);
        char out[4];
        if (xml_char(cp))
            buf_add(&b, out, utf8_encode(cp, out));
        i += used;
    }
    *owned = buf_take(&b);
    return *owned;
}

xmpp_stanza_t *st_new(xmpp_ctx_t *ctx, const char *name, const char *ns)
{
    xmpp_stanza_t *st = xmpp_stanza_new(ctx);
    xmpp_stanza_set_name(st, name);
    if (ns)
        xmpp_stanza_set_ns(st, ns);
    return st;
}

xmpp_stanza_t *st_add(xmpp_stanza_t *parent, const char *name, const char *ns)
{
    xmpp_stanza_t *st = st_new(xmpp_stanza_get_context(parent), name, ns);
    xmpp_stanza_add_child_ex(parent, st, 0);
    return st;
}

void st_add_text(xmpp_stanza_t *parent, const char *text)
{
    if (!text)
        return;
    char *owned;
    const char *clean = xml_clean(text, &owned);
    xmpp_stanza_t *t = xmpp_stanza_new(xmpp_stanza_get_context(parent));
    xmpp_stanza_set_text(t, clean);
    xmpp_stanza_add_child_ex(parent, t, 0);
    free(owned);
}

xmpp_stanza_t *st_add_child_text(xmpp_stanza_t *parent, const char *name, const char *ns,
                                 const char *text)
{
    xmpp_stanza_t *st = st_add(parent, name, ns);
    st_add_text(st, text);
    return st;
}

void st_set(xmpp_stanza_t *st, const char *attr, const char *value)
{
    if (!value)
        return;
    char *owned;
    xmpp_stanza_set_attribute(st, attr, xml_clean(value, &owned));
    free(owned);
}

const char *st_attr(xmpp_stanza_t *st, const char *attr)
{
    return st ? xmpp_stanza_get_attribute(st, attr) : NULL;
}

xmpp_stanza_t *st_child(xmpp_stanza_t *st, const char *name, const char *ns)
{
    xmpp_stanza_t *c = st ? xmpp_stanza_get_children(st) : NULL;
    for (; c; c = xmpp_stanza_get_next(c)) {
        const char *cn = xmpp_stanza_get_name(c); /* NULL for text */
        if (!cn || (name && strcmp(cn, name) != 0))
            continue; /* before the name space, which costs a look into a hash table */
        if (!ns || str_eq(xmpp_stanza_get_ns(c), ns))
            return c;
    }
    return NULL;
}

char *st_text(xmpp_stanza_t *st)
{
    char *t = st ? xmpp_stanza_get_text(st) : NULL;
    if (!t)
        return NULL;
    char *out = xstrdup(t);
    mem_wipe(t, strlen(t)); /* may have been encrypted */
    xmpp_free(xmpp_stanza_get_context(st), t);
    return out;
}

static void wipe_texts(xmpp_stanza_t *st)
{
    const char *text = xmpp_stanza_is_text(st) ? xmpp_stanza_get_text_ptr(st) : NULL;
    if (text)
        mem_wipe((char *)(uintptr_t)text, strlen(text));
    for (xmpp_stanza_t *c = xmpp_stanza_get_children(st); c; c = xmpp_stanza_get_next(c))
        wipe_texts(c);
}

void st_wipe_release(xmpp_stanza_t *st)
{
    if (!st)
        return;
    wipe_texts(st);
    xmpp_stanza_release(st);
}

char *st_child_text(xmpp_stanza_t *st, const char *name, const char *ns)
{
    return st_text(st_child(st, name, ns));
}

/* RFC 6120 §8.3.3, sorted as there. */
static const struct {
    const char *condition;
    int err;
    const char *sentence;
} conditions[] = {
    {"bad-request", KITH_EPROTO, "The other side did not understand the request."},
    {"conflict", KITH_ECONFLICT, "This name is taken already."},
    {"feature-not-implemented", KITH_EUNSUP, "The other side cannot do this."},
    {"forbidden", KITH_EDENIED, "You may not do this."},
    {"gone", KITH_ENOTFOUND, "This address is no longer in use."},
    {"internal-server-error", KITH_EPROTO, "The server has an internal error."},
    {"item-not-found", KITH_ENOTFOUND, "There is no such thing at that address."},
    {"jid-malformed", KITH_EINVAL, "The address is malformed."},
    {"not-acceptable", KITH_EDENIED, "The other side does not accept this."},
    {"not-allowed", KITH_EDENIED, "This is not allowed."},
    {"not-authorized", KITH_EDENIED, "This needs authorization first."},
    {"policy-violation", KITH_ELIMIT, "This is against the other side's policy."},
    {"recipient-unavailable", KITH_ENOTFOUND, "The recipient is not available."},
    {"redirect", KITH_ENOTFOUND, "The address has moved."},
    {"registration-required", KITH_EDENIED, "This needs registration first."},
    {"remote-server-not-found", KITH_ENOTFOUND, "The server of that address cannot be found."},
    {"remote-server-timeout", KITH_ENET, "The server of that address does not answer."},
    {"resource-constraint", KITH_ELIMIT, "The server is too busy for this."},
    {"service-unavailable", KITH_EUNSUP, "The other side does not offer this."},
    {"subscription-required", KITH_EDENIED, "This needs a subscription first."},
    {"undefined-condition", KITH_EPROTO, "The other side reported an error without a reason."},
    {"unexpected-request", KITH_EPROTO, "The other side did not expect this now."},
};

int st_error(xmpp_stanza_t *st, struct err *e)
{
    xmpp_stanza_t *error = st_child(st, "error", NULL);
    if (!st)
        return err_set(e, KITH_ENET, "No answer came in time.");
    int code = KITH_EPROTO;
    const char *sentence = "The other side reported an error without a reason.";
    for (size_t i = 0; error && i < COUNT(conditions); i++) {
        if (!st_child(error, conditions[i].condition, NS_STANZAS))
            continue;
        code = conditions[i].err;
        sentence = conditions[i].sentence;
        break;
    }
    char *text = st_child_text(error, "text", NS_STANZAS);
    if (!str_empty(text))
        err_set(e, code, "%.*s (the other side: %.300s)", (int)strlen(sentence) - 1, sentence,
                text);
    else
        err_set(e, code, "%s", sentence);
    free(text);
    return code;
}
