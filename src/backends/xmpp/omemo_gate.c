/* backends/xmpp/omemo_gate.c - the last look at what leaves an encrypted chat: only what is known to say nothing goes in the clear */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"

#define NS_CALL "urn:xmpp:jingle-message:0"

/* ---- messages ---- */

/* Ids, addresses and places in a text; all others may be words. */
static bool is_plain_attribute(const char *name, const char *value)
{
    static const char *const names[] = {"xmlns", "id", "by", "to", "from", "for", "start", "end", "jid", "parent", "thread",
                                        "continue", "namespace"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return strcmp(name, "name") == 0 && strcmp(value, "OMEMO") == 0; /* XEP-0380: of the encryption */
}

/* No text in it, however deep, and no attribute that could be one. */
static bool has_no_words(xmpp_stanza_t *st)
{
    enum { MOST = 2 * 16 };
    const char *attributes[MOST];
    if (!xmpp_stanza_is_tag(st))
        return false;
    int n = xmpp_stanza_get_attribute_count(st) > 0 ? xmpp_stanza_get_attributes(st, attributes, MOST) : 0;
    if (xmpp_stanza_get_attribute_count(st) > MOST / 2)
        return false;
    for (int i = 0; i + 1 < n; i += 2) {
        if (!is_plain_attribute(attributes[i], attributes[i + 1]))
            return false;
    }
    EACH_CHILD (c, st) {
        if (!has_no_words(c))
            return false;
    }
    return true;
}

/* What may be seen of a message: ids, marks for servers, that something was read. Whatever is not in this list may be words. */
static bool says_nothing(xmpp_stanza_t *c)
{
    static const struct {
        const char *name, *ns; /* NULL: any */
    } rows[] = {
        {"encryption", NS_EME}, {NULL, NS_HINTS},    {NULL, NS_SID},      {NULL, NS_RECEIPTS},     {NULL, NS_MARKERS},
        {NULL, NS_STATES},      {NULL, NS_CORRECT},  {NULL, NS_REPLY},    {NULL, NS_FALLBACK},     {NULL, NS_FALLBACK_OLD},
        {NULL, NS_RETRACT},     {NULL, NS_RETRACT0}, {NULL, NS_FASTEN},   {NULL, NS_MUC_USER},     {NULL, NS_CONFERENCE},
        {NULL, NS_CALL},        {NULL, "urn:xmpp:attention:0"},
    };
    if (is_elem(c, "encrypted", NS_OMEMO) || is_elem(c, "encrypted", NS_OMEMO2) || is_elem(c, "thread", NULL))
        return true;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (is_elem(c, rows[i].name, rows[i].ns))
            return has_no_words(c);
    }
    return false;
}

/* A form that we fill in for a room (to be let speak), and its topic, which every room shows to all who come (XEP-0045 §8.1). */
static bool is_for_the_room(const struct x *x, xmpp_stanza_t *st, xmpp_stanza_t *c)
{
    const char *to = st_attr(st, "to");
    if (!muc_is_room(x, to) || jid_resource(to))
        return false;
    return is_elem(c, "x", NS_DATA) || (is_elem(c, "subject", NULL) && !st_child(st, "body", NULL));
}

static bool is_only_a_mark(xmpp_stanza_t *st, xmpp_stanza_t *c)
{
    bool sealed = st_child(st, "encrypted", NS_OMEMO) || st_child(st, "encrypted", NS_OMEMO2);
    char *text = sealed && is_elem(c, "body", NULL) ? st_text(c) : NULL;
    bool only = str_eq(text, OMEMO_FALLBACK);
    free(text);
    return only;
}

static bool message_says_nothing(const struct x *x, xmpp_stanza_t *st)
{
    bool error = str_eq(st_attr(st, "type"), "error");
    EACH_CHILD (c, st) {
        if (xmpp_stanza_is_tag(c) && !says_nothing(c) && !is_for_the_room(x, st, c) && !is_only_a_mark(st, c) &&
            !(error && is_elem(c, "error", NULL)))
            return false;
    }
    return true;
}

/* ---- the rest ---- */

/* Why somebody is thrown out, or a message withdrawn: words beside what is done (XEP-0045, 0425). In <reason/> of a session
 * (XEP-0166) are elements, and no text. */
static bool gives_a_reason(xmpp_stanza_t *st)
{
    EACH_CHILD (c, st) {
        if (!xmpp_stanza_is_tag(c))
            continue;
        char *text = is_elem(c, "reason", NULL) ? st_text(c) : NULL;
        bool gives = !str_empty(text);
        free(text);
        if (gives || gives_a_reason(c))
            return true;
    }
    return false;
}

static bool is_held(const struct x *x, const char *address)
{
    return address && omemo_holds(x, address);
}

/* In its address; or it is an invitation by a room, to somebody with whom there is an encrypted chat. */
static bool concerns_held(const struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *user = is_elem(st, "message", NULL) ? st_child(st, "x", NS_MUC_USER) : NULL;
    return is_held(x, st_attr(st, "to")) || is_held(x, st_attr(st_child(user, "invite", NULL), "to")) ||
           is_held(x, st_attr(st_child(user, "decline", NULL), "to"));
}

bool omemo_lets_out(const struct x *x, xmpp_stanza_t *st)
{
    if (is_elem(st, "message", NULL) && st_child(st, "trust-message", NULL)) /* in no chat: whom somebody trusts is nobody's business */
        return false;
    if (!concerns_held(x, st))
        return true;
    if (is_elem(st, "message", NULL))
        return message_says_nothing(x, st);
    if (is_elem(st, "presence", NULL)) /* without a type it is how we are, as all see it */
        return !st_attr(st, "type") || !st_child(st, "status", NULL);
    return !gives_a_reason(st);
}

const char *omemo_words(struct x *x, const char *chat, const char *text)
{
    if (str_empty(text) || !is_held(x, chat))
        return text;
    x_notice(x, KITH_WARN, chat, "It is done, but the words that you gave for it were left out: this chat is encrypted, and they would "
             "not have been. Write them as a message.");
    return NULL;
}
