/* backends/xmpp/reply.c - which message is answered (XEP-0461), and the quote in front of the text
 * for programs that do not know it (XEP-0428) */
#include <stdio.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { QUOTE_BYTES = 2000 };

/* The id answered is only a pointer: what is quoted is what the engine has under it in this chat,
 * never what the stanza claims that it said. "None" is sent by slidge when it does not know. */
const char *reply_target(xmpp_stanza_t *st, const char **sender)
{
    xmpp_stanza_t *reply = st_child(st, "reply", NS_REPLY);
    const char *to = id_attr(reply, "id");
    *sender = st_attr(reply, "to");
    return to && strcmp(to, "None") != 0 ? to : NULL;
}

/* "> " before each line of what is answered (XEP-0461 §3.1). */
static void add_quote(struct buf *b, const char *text)
{
    size_t len = utf8_floor(text, strlen(text), QUOTE_BYTES);
    buf_adds(b, "> ");
    for (size_t i = 0; i < len; i++) {
        buf_addc(b, text[i]);
        if (text[i] == '\n' && i + 1 < len)
            buf_adds(b, "> ");
    }
    if (!len || text[len - 1] != '\n')
        buf_addc(b, '\n');
}

void reply_add(const struct x *x, xmpp_stanza_t *st, const struct kith_send *m, struct buf *body)
{
    char end[24];
    if (str_empty(m->reply_to))
        return;
    xmpp_stanza_t *r = st_add(st, "reply", NS_REPLY);
    st_set(r, "id", m->reply_to);
    st_set(r, "to", m->reply_sender);
    if (str_empty(m->reply_body))
        return;
    add_quote(body, m->reply_body);
    xmpp_stanza_t *f = fallback_add(x, st, m->chat, NS_REPLY), *range;
    range = st_add(f, "body", NULL);
    snprintf(end, sizeof end, "%zu", utf8_count(buf_str(body)));
    st_set(range, "start", "0");
    st_set(range, "end", end);
}
