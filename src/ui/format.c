/* ui/format.c - a message as styled text: links, code, quotes, edits, attachments, reactions */
#include "ui/format.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "config/theme.h"

/* ---- links ---- */

static bool url_byte(unsigned char c)
{
    return c > 0x20 && c != 0x7f && !strchr("<>\"{}|\\^`", c);
}

size_t link_length(const char *s, size_t len)
{
    static const char *const schemes[] = {"https://", "http://", "xmpp:", "mailto:",  "ircs://",
                                          "irc://",   "ftp://",  "geo:",  "aesgcm://"};
    size_t n = 0;
    for (size_t i = 0; i < COUNT(schemes) && n == 0; i++) {
        size_t l = strlen(schemes[i]);
        if (len > l && strncasecmp(s, schemes[i], l) == 0 && url_byte((unsigned char)s[l]))
            n = l;
    }
    if (n == 0)
        return 0;
    size_t scheme = n;
    int parens = 0;
    for (; n < len && url_byte((unsigned char)s[n]); n++) {
        if (s[n] == '(')
            parens++;
        if (s[n] == ')' && parens-- <= 0)
            break;
    }
    while (n > scheme && strchr(".,;:!?'*_~", s[n - 1]))
        n--;
    return utf8_floor(s, len, n);
}

/* Text of one line: links get spans of their own, tabs become spaces. */
static void add_inline(struct rich *out, uint8_t role, const char *s, size_t len)
{
    size_t plain = 0;
    for (size_t at = 0; at < len;) {
        bool start = at == 0 || !(isalnum((unsigned char)s[at - 1]));
        size_t link = start && isalpha((unsigned char)s[at]) ? link_length(s + at, len - at) : 0;
        if (link == 0 && s[at] != '\t') {
            at++;
            continue;
        }
        rich_add(out, role, 0, s + plain, at - plain);
        if (link)
            rich_add(out, ROLE_CHAT_LINK, SPAN_LINK, s + at, link);
        else
            rich_adds(out, role, "    ");
        at += link ? link : 1;
        plain = at;
    }
    rich_add(out, role, 0, s + plain, len - plain);
}

static void add_code(struct rich *out, const char *s, size_t len)
{
    size_t plain = 0;
    for (size_t at = 0; at < len; at++) {
        if (s[at] != '\t')
            continue;
        rich_add(out, ROLE_CHAT_CODE, SPAN_CODE, s + plain, at - plain);
        rich_add(out, ROLE_CHAT_CODE, SPAN_CODE, "    ", 4);
        plain = at + 1;
    }
    rich_add(out, ROLE_CHAT_CODE, SPAN_CODE, s + plain, len - plain);
}

/* A body: lines between ``` are code, lines that begin with > are quotes. A fence that is never
 * closed is text. */
static void add_body(struct rich *out, uint8_t role, const char *s)
{
    bool code = false, first = true;
    while (s) {
        const char *nl = strchr(s, '\n');
        size_t len = nl ? (size_t)(nl - s) : strlen(s);
        bool fence = len >= 3 && strncmp(s, "```", 3) == 0;
        if (fence && (code || strstr(s + 3, "\n```"))) {
            code = !code;
        } else {
            if (!first)
                rich_add(out, role, 0, "\n", 1);
            first = false;
            if (code && len > 0)
                add_code(out, s, len);
            else if (code)
                rich_add(out, ROLE_CHAT_CODE, SPAN_CODE, " ", 1);
            else
                add_inline(out, len > 0 && s[0] == '>' ? ROLE_CHAT_QUOTE : role, s, len);
        }
        s = nl ? nl + 1 : NULL;
    }
}

/* ---- messages ---- */

static const char *own_name(const struct message *m)
{
    const struct chat *c = m->chat;
    if (c->kind == KITH_CHAT_ROOM && !str_empty(c->nick))
        return c->nick;
    return str_empty(c->account->nick) ? m->sender : c->account->nick;
}

static const char *other_name(const struct message *m)
{
    const struct chat *c = m->chat;
    if (c->kind == KITH_CHAT_ROOM) {
        const char *slash = m->sender ? strchr(m->sender, '/') : NULL;
        return slash ? slash + 1 : m->sender;
    }
    struct contact *ct = m->sender ? account_contact(c->account, m->sender) : NULL;
    return ct ? contact_title(ct) : m->sender;
}

/* An address that stands for a name: "alice" of alice@example.org. The title has the whole. */
static size_t name_part(const struct message *m, const char *name)
{
    size_t n = strcspn(name, "@");
    bool address = m->chat->kind != KITH_CHAT_ROOM && str_eq(name, m->sender);
    return address && n > 0 ? n : strlen(name);
}

const char *format_author(char out[FORMAT_AUTHOR_MAX], const struct message *m)
{
    const char *name = m->sender_name;
    if (str_empty(name))
        name = message_outgoing(m) ? own_name(m) : other_name(m);
    if (str_empty(name))
        name = m->chat->account->name;
    str_copy(out, MIN(name_part(m, name) + 1, (size_t)FORMAT_AUTHOR_MAX), name);
    return out;
}

static void add_attachment(struct rich *out, const struct glyphs *g, const struct attachment *a)
{
    struct buf facts = {0};
    if (a->width > 0 && a->height > 0)
        buf_addf(&facts, "  %d%s%d", (int)a->width, g->times, (int)a->height);
    if (a->bytes >= 0)
        buf_adds(&facts, "  ");
    format_bytes(&facts, a->bytes);
    if (out->text.len > 0)
        rich_adds(out, ROLE_CHAT, "\n");
    const char *name = !str_empty(a->name) ? a->name : "file";
    rich_add(out, ROLE_CHAT, SPAN_FILE, name, strlen(name));
    rich_adds(out, ROLE_CHAT_EVENT, buf_str(&facts));
    if (!str_empty(a->url)) {
        rich_adds(out, ROLE_CHAT, "\n");
        rich_add(out, ROLE_CHAT_LINK, SPAN_LINK, a->url, strlen(a->url));
    }
    buf_free(&facts);
}

static void add_words(struct rich *out, const struct glyphs *g, uint8_t role, enum wording w,
                      const char *a)
{
    struct buf b = {0};
    format_words(&b, g, w, a, NULL);
    rich_adds(out, role, buf_str(&b));
    buf_free(&b);
}

/* What has become of an offered file. */
static void add_offer(struct rich *out, const struct glyphs *g, const struct message *m,
                      const struct attachment *a)
{
    static const enum wording words[] = {[OFFER_OPEN] = WORD_OFFERED,
                                         [OFFER_RUNS] = WORD_FETCHED_PART,
                                         [OFFER_SAVED] = WORD_FETCHED,
                                         [OFFER_DECLINED] = WORD_DECLINED,
                                         [OFFER_GONE] = WORD_OFFER_GONE};
    enum wording w = words[a->offer];
    char part[16];
    if (a->offer == OFFER_NONE || m->delivery == DELIVERY_FAILED) /* that says why */
        return;
    if (message_outgoing(m) && a->offer == OFFER_OPEN)
        w = WORD_OFFERED_BY_US;
    if (message_outgoing(m) && a->offer == OFFER_SAVED)
        w = WORD_RECEIVED;
    snprintf(part, sizeof part, "%d", a->percent);
    rich_adds(out, ROLE_CHAT_EVENT, "  ");
    add_words(out, g, ROLE_CHAT_EVENT, w, part);
}

/* The only text of a message that is just a file is often its name or link. */
static bool only_names(const struct message *m)
{
    const struct attachment *a = m->n_attachments == 1 ? &m->attachments[0] : NULL;
    return a && (str_eq(m->body, a->url) || str_eq(m->body, a->name));
}

void format_message(struct rich *out, const struct glyphs *g, const struct message *m)
{
    if (m->retracted) {
        add_words(out, g, ROLE_CHAT_EVENT, WORD_WITHDRAWN, NULL);
        return;
    }
    if (m->kind == MESSAGE_EVENT) {
        rich_adds(out, ROLE_CHAT_EVENT, g->arrow);
        rich_adds(out, ROLE_CHAT_EVENT, " ");
        add_inline(out, ROLE_CHAT_EVENT, m->body ? m->body : "", m->body ? strlen(m->body) : 0);
        return;
    }
    if (m->kind == MESSAGE_ACTION) {
        char name[FORMAT_AUTHOR_MAX];
        rich_adds(out, message_outgoing(m) ? ROLE_CHAT_NICK_SELF : ROLE_CHAT_NICK,
                  format_author(name, m));
        rich_adds(out, ROLE_CHAT, " ");
    }
    if (m->enc == KITH_ENC_FAILED && str_empty(m->body))
        add_words(out, g, ROLE_CHAT_FAILED, WORD_UNREADABLE, NULL);
    if (!str_empty(m->body) && !only_names(m))
        add_body(out, ROLE_CHAT, m->body);
    for (size_t i = 0; i < m->n_attachments; i++) {
        add_attachment(out, g, &m->attachments[i]);
        add_offer(out, g, m, &m->attachments[i]);
    }
    if (m->edits > 0) {
        rich_adds(out, ROLE_CHAT_EVENT, " ");
        add_words(out, g, ROLE_CHAT_EVENT, WORD_EDITED, NULL);
    }
    bool under_way = m->change != CHANGE_NONE && !m->change_failure;
    if (under_way && m->change == CHANGE_EDIT) {
        rich_adds(out, ROLE_CHAT_RECEIPT, " ");
        rich_adds(out, ROLE_CHAT_RECEIPT, g->sending);
    } else if (under_way && m->change == CHANGE_RETRACT) {
        rich_adds(out, ROLE_CHAT_EVENT, " ");
        add_words(out, g, ROLE_CHAT_EVENT, WORD_WITHDRAWING, NULL);
    }
}

void format_quote(struct buf *out, const struct glyphs *g, const struct message *m)
{
    if (!m) {
        format_words(out, g, WORD_NOT_LOADED, NULL, NULL);
        return;
    }
    char name[FORMAT_AUTHOR_MAX];
    buf_addf(out, "%s: ", format_author(name, m));
    if (m->retracted) {
        format_words(out, g, WORD_WITHDRAWN, NULL, NULL);
        return;
    }
    const char *body = m->body ? m->body : "";
    size_t max = utf8_floor(body, strlen(body), 400);
    for (size_t i = 0; i < max; i++)
        buf_addc(out, body[i] == '\n' || body[i] == '\t' ? ' ' : body[i]);
}

void format_failure(struct buf *out, const struct glyphs *g, const struct message *m)
{
    if (m->delivery == DELIVERY_FAILED) {
        format_words(out, g, str_empty(m->failure) ? WORD_FAILED_PLAIN : WORD_FAILED, m->failure,
                     NULL);
        return;
    }
    switch (m->change) {
    case CHANGE_NONE:
        break;
    case CHANGE_EDIT:
        format_words(out, g, WORD_EDIT_FAILED, m->change_failure, NULL);
        break;
    case CHANGE_RETRACT:
        format_words(out, g, WORD_RETRACT_FAILED, m->change_failure, NULL);
        break;
    case CHANGE_REACT:
        format_words(out, g, WORD_REACT_FAILED, m->change_failure, NULL);
        break;
    }
}

void format_reactions(struct rich *out, const struct glyphs *g, const struct message *m)
{
    for (size_t i = 0; i < m->n_reactions; i++) {
        size_t count = 0, earlier = 0;
        bool own = false;
        for (size_t j = 0; j < m->n_reactions; j++) {
            if (!str_eq(m->reactions[i].text, m->reactions[j].text))
                continue;
            count++;
            earlier += j < i;
            own |= str_eq(m->reactions[j].sender, m->chat->account->address);
        }
        if (earlier)
            continue;
        struct buf b = {0};
        buf_addf(&b, "[%s %zu]", m->reactions[i].text ? m->reactions[i].text : "?", count);
        if (out->text.len > 0)
            rich_adds(out, ROLE_CHAT_REACTION, " ");
        rich_add(out, own ? ROLE_CHAT_REACTION_OWN : ROLE_CHAT_REACTION, SPAN_CHIP, buf_str(&b),
                 b.len);
        buf_free(&b);
    }
    if (m->change == CHANGE_REACT && !m->change_failure) {
        rich_adds(out, ROLE_CHAT_RECEIPT, out->text.len > 0 ? " " : "");
        rich_adds(out, ROLE_CHAT_RECEIPT, g->sending);
    }
}
