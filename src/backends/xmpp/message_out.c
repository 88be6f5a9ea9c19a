/* backends/xmpp/message_out.c - what the user wrote, corrected, withdrew, as stanzas */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"
#include "base/uri.h"
#include "base/utf8.h"

enum { QUOTE_BYTES = 2000, REACTIONS_OUT_MAX = 20 };

/* To the bare address: the server and carbons bring it to every device. */
static xmpp_stanza_t *message_new(struct x *x, const char *chat, const char *id)
{
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    st_set(m, "to", chat);
    st_set(m, "type", "chat");
    st_set(m, "id", id);
    st_set(st_add(m, "origin-id", NS_SID), "id", id);
    return m;
}

/* The checks every change and message share. Owned bare address, or NULL with *err. */
static char *address(struct x *x, const char *chat, const char *id, int *err)
{
    char *bare = chat ? jid_bare(chat) : NULL;
    *err = !bare || str_empty(id) || strlen(id) > KITH_MAX_ID ? KITH_EINVAL
           : !x_online(x)                                     ? KITH_EOFFLINE
                                                              : KITH_OK;
    if (*err) {
        free(bare);
        return NULL;
    }
    return bare;
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

static void add_reply(xmpp_stanza_t *st, const struct kith_send *m, const char *quote)
{
    char end[24];
    xmpp_stanza_t *r = st_add(st, "reply", NS_REPLY);
    st_set(r, "id", m->reply_to);
    st_set(r, "to", m->reply_sender);
    if (!quote)
        return;
    xmpp_stanza_t *f = st_add(st, "fallback", NS_FALLBACK), *range;
    st_set(f, "for", NS_REPLY);
    range = st_add(f, "body", NULL);
    snprintf(end, sizeof end, "%zu", utf8_count(quote));
    st_set(range, "start", "0");
    st_set(range, "end", end);
}

static void add_body(xmpp_stanza_t *st, const struct kith_send *m)
{
    struct buf b = {0};
    if (!str_empty(m->reply_to)) {
        if (!str_empty(m->reply_body))
            add_quote(&b, m->reply_body);
        add_reply(st, m, b.len ? buf_str(&b) : NULL);
    }
    if (m->flags & KITH_SEND_ACTION)
        buf_adds(&b, "/me ");
    buf_adds(&b, m->body);
    st_add_child_text(st, "body", NULL, buf_str(&b));
    buf_free(&b);
}

int im_send(struct x *x, const struct kith_send *m)
{
    int err;
    if (str_empty(m->body) || ((m->flags & KITH_SEND_EDIT) && str_empty(m->target)))
        return KITH_EINVAL;
    if (strlen(m->body) > KITH_MAX_BODY)
        return KITH_ETOOBIG;
    char *chat = address(x, m->chat, m->id, &err);
    if (!chat)
        return err;
    bool retry = (m->flags & KITH_SEND_RETRY) != 0, self = jid_same_bare(chat, x_bare(x));
    if (x_unacked(x, m->id)) {
        free(chat);
        return KITH_OK; /* it is on its way in a session that lives or will be resumed */
    }
    xmpp_stanza_t *st = message_new(x, chat, m->id);
    add_body(st, m);
    if (!str_empty(m->thread))
        st_add_child_text(st, "thread", NULL, m->thread);
    if (m->flags & KITH_SEND_EDIT)
        st_set(st_add(st, "replace", NS_CORRECT), "id", m->target);
    if (!self) {
        st_add(st, "request", NS_RECEIPTS);
        st_add(st, "markable", NS_MARKERS);
        if (roster_may_tell(x, "_typing", chat)) {
            st_add(st, "active", NS_STATES);
            chatstates_sent(x, chat);
        }
    }
    ledger_send(x, st, chat, m->id, m->written_ms, retry);
    free(chat);
    return KITH_OK;
}

/* XEP-0424 §4. */
int change_retract(struct x *x, const char *chat, const char *target, const char *text,
                   const char *id)
{
    int err = KITH_EINVAL;
    char *bare = str_empty(target) ? NULL : address(x, chat, id, &err);
    if (!bare)
        return err;
    if (x_unacked(x, id)) {
        free(bare);
        return KITH_OK;
    }
    xmpp_stanza_t *st = message_new(x, bare, id), *r = st_add(st, "retract", NS_RETRACT);
    st_set(r, "id", target);
    if (!str_empty(text))
        st_add_child_text(r, "reason", NULL, text);
    st_set(st_add(st, "fallback", NS_FALLBACK), "for", NS_RETRACT);
    st_add_child_text(st, "body", NULL,
                      "/me withdrew an earlier message, but your program cannot take it away.");
    st_add(st, "store", NS_HINTS);
    ledger_send(x, st, bare, id, 0, false);
    free(bare);
    return KITH_OK;
}

/* XEP-0444 §3. */
int change_react(struct x *x, const char *chat, const char *target, const char *const *reactions,
                 size_t n, const char *id)
{
    int err = KITH_EINVAL;
    char *bare = str_empty(target) || n > REACTIONS_OUT_MAX ? NULL : address(x, chat, id, &err);
    if (!bare)
        return err;
    if (x_unacked(x, id)) {
        free(bare);
        return KITH_OK;
    }
    xmpp_stanza_t *st = message_new(x, bare, id), *r = st_add(st, "reactions", NS_REACTIONS);
    st_set(r, "id", target);
    for (size_t i = 0; i < n; i++)
        st_add_child_text(r, "reaction", NULL, reactions[i]);
    st_add(st, "store", NS_HINTS);
    ledger_send(x, st, bare, id, 0, false);
    free(bare);
    return KITH_OK;
}

/* An address as people type it: "xmpp:" addresses, and a name alone is one of our own server. */
int im_normalize(struct x *x, const char *in, kith_req req)
{
    struct uri u = {0};
    struct err e = {0};
    char *text = xstrdup(in ? in : ""), *start, *bare;
    if (str_starts(text, "xmpp:") && uri_parse(&u, text, &e) >= 0 && u.address)
        str_take(&text, xstrdup(u.address));
    uri_free(&u);
    for (start = text; *start == ' '; start++) {
    }
    for (size_t n = strlen(start); n && start[n - 1] == ' '; n--)
        start[n - 1] = '\0';
    if (*start && !strpbrk(start, "@.:/"))
        str_take(&text, xasprintf("%s@%s", start, x_domain(x)));
    else if (start != text)
        str_take(&text, xstrdup(start));
    bare = jid_bare(text);
    if (bare)
        x_reply_ok(x, req, bare);
    else
        x_reply_err(x, req, KITH_EINVAL,
                    "This is no XMPP address; they look like name@example.org.");
    free(bare);
    free(text);
    return KITH_OK;
}
