/* backends/xmpp/omemo_gate.c - the last look at what leaves an encrypted chat: only what is known to say nothing goes in the clear */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"

/* What may be seen of a message: ids, marks for servers, that something was read. Whatever is not in this list may be words. */
static bool says_nothing(xmpp_stanza_t *c)
{
    static const struct {
        const char *name, *ns; /* NULL: any */
    } rows[] = {
        {"encrypted", NS_OMEMO}, {"encrypted", NS_OMEMO2}, {"encryption", NS_EME}, {NULL, NS_HINTS},
        {NULL, NS_SID},          {NULL, NS_RECEIPTS},      {NULL, NS_MARKERS},     {NULL, NS_STATES},
        {NULL, NS_CORRECT},      {NULL, NS_REPLY},         {NULL, NS_FALLBACK},    {NULL, NS_FALLBACK_OLD},
        {NULL, NS_RETRACT},      {NULL, NS_RETRACT0},      {NULL, NS_FASTEN},      {"thread", NULL},
        {NULL, NS_MUC_USER},     {NULL, NS_CONFERENCE},    {NULL, NS_NICK},        {NULL, "urn:xmpp:attention:0"},
        {NULL, "urn:xmpp:jingle-message:0"},               {NULL, "urn:xmpp:call-invites:0"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (is_elem(c, rows[i].name, rows[i].ns))
            return !is_elem(c, NULL, NS_RETRACT) || !st_child(c, "reason", NULL);
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

bool omemo_lets_out(const struct x *x, xmpp_stanza_t *st)
{
    const char *to = st_attr(st, "to");
    char *chat = to ? jid_bare(to) : NULL;
    bool holds = chat && omemo_holds(x, chat);
    free(chat);
    if (!holds || !is_elem(st, "message", NULL) || str_eq(st_attr(st, "type"), "error"))
        return true;
    EACH_CHILD (c, st) {
        if (xmpp_stanza_is_tag(c) && !says_nothing(c) && !is_for_the_room(x, st, c) && !is_only_a_mark(st, c))
            return false;
    }
    return true;
}
