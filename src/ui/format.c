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
                                          "irc://",   "ftp://",  "geo:"};
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

/* ---- bodies ---- */

struct body {
    struct rich *out;
    const struct glyphs *g;
    const char *text;
    struct runs runs; /* how its author wanted it to look */
    unsigned how;     /* FORMAT_* */
    bool literal;     /* no quotes, no code */
};

struct look format_look(const struct run *r, unsigned how)
{
    struct look l = r->look;
    l.style &= ~(uint32_t)(LOOK_SPOILER | LOOK_MONOSPACE);
    if (!(how & FORMAT_STYLES))
        l.style = 0;
    if (!(how & FORMAT_COLOURS)) {
        l.style &= ~(uint32_t)LOOK_REVERSE;
        l.fg = l.bg = 0;
    }
    return l;
}

/* text[from, to), with its look. */
static void put(struct body *b, uint8_t role, uint8_t flags, size_t from, size_t to)
{
    if (b->runs.n == 0 || (flags & SPAN_LINK)) { /* a link stays one */
        rich_add(b->out, role, flags, b->text + from, to - from);
        return;
    }
    for (size_t at = from, end; at < to; at = end) {
        const struct run *r = runs_at(&b->runs, at, to, &end);
        struct look l = {0};
        bool mono = r && (r->look.style & LOOK_MONOSPACE) && (b->how & FORMAT_STYLES);
        if (r)
            l = format_look(r, b->how);
        rich_look(b->out, &l);
        rich_add(b->out, mono ? ROLE_CHAT_CODE : role, flags, b->text + at, end - at);
    }
    rich_look(b->out, NULL);
}

/* Links get spans of their own, tabs become spaces. */
static void add_inline(struct body *b, uint8_t role, size_t from, size_t to)
{
    const char *s = b->text;
    size_t plain = from;
    for (size_t at = from; at < to;) {
        bool start = at == from || !(isalnum((unsigned char)s[at - 1]));
        size_t link = start && isalpha((unsigned char)s[at]) ? link_length(s + at, to - at) : 0;
        if (link == 0 && s[at] != '\t') {
            at++;
            continue;
        }
        put(b, role, 0, plain, at);
        if (link)
            put(b, ROLE_CHAT_LINK, SPAN_LINK, at, at + link);
        else
            rich_adds(b->out, role, "    ");
        at += link ? link : 1;
        plain = at;
    }
    put(b, role, 0, plain, to);
}

static void add_code(struct body *b, size_t from, size_t to)
{
    size_t plain = from;
    for (size_t at = from; at < to; at++) {
        if (b->text[at] != '\t')
            continue;
        rich_add(b->out, ROLE_CHAT_CODE, SPAN_CODE, b->text + plain, at - plain);
        rich_add(b->out, ROLE_CHAT_CODE, SPAN_CODE, "    ", 4);
        plain = at + 1;
    }
    rich_add(b->out, ROLE_CHAT_CODE, SPAN_CODE, b->text + plain, to - plain);
}

/* What is hidden: about as long as it is, so that one sees what one would read. */
static void add_cover(struct body *b, uint8_t flags, size_t from, size_t to)
{
    enum { LEAST = 3, MOST = 20 };
    struct buf sign = {0};
    size_t n = 0;
    for (size_t at = from; at < to && n < MOST; at++)
        n += ((unsigned char)b->text[at] & 0xC0) != 0x80;
    for (size_t i = 0; i < MAX(n, (size_t)LEAST) && !b->g->ascii; i++)
        buf_adds(&sign, b->g->cover);
    if (b->g->ascii)
        buf_adds(&sign, RUNS_COVER);
    rich_add(b->out, ROLE_CHAT_EVENT, flags, buf_str(&sign), sign.len);
    buf_free(&sign);
}

/* A line, or what of it is not hidden. */
static void add_line(struct body *b, uint8_t role, bool code, size_t from, size_t to)
{
    bool covers = b->runs.n > 0 && (b->how & FORMAT_COVER);
    for (size_t at = from, end = to; at < to; at = end) {
        if (covers && runs_hidden(&b->runs, at, to, &end))
            add_cover(b, code ? SPAN_CODE : 0, at, end);
        else if (code)
            add_code(b, at, end);
        else
            add_inline(b, role, at, end);
    }
}

/* A body: lines between ``` are code, lines that begin with > are quotes. A fence that is never
 * closed is text. */
static void add_body(struct body *b, uint8_t role)
{
    bool code = false, first = true;
    for (const char *s = b->text; s;) {
        const char *nl = strchr(s, '\n');
        size_t from = (size_t)(s - b->text), len = nl ? (size_t)(nl - s) : strlen(s);
        bool fence = !b->literal && len >= 3 && strncmp(s, "```", 3) == 0;
        if (fence && (code || strstr(s + 3, "\n```"))) {
            code = !code;
        } else {
            if (!first)
                rich_add(b->out, role, 0, "\n", 1);
            first = false;
            if (code && len == 0)
                rich_add(b->out, ROLE_CHAT_CODE, SPAN_CODE, " ", 1);
            add_line(b, len > 0 && s[0] == '>' && !b->literal ? ROLE_CHAT_QUOTE : role, code, from, from + len);
        }
        s = nl ? nl + 1 : NULL;
    }
}

static void add_text(struct rich *out, const struct glyphs *g, uint8_t role, const char *text,
                     const struct message *m, unsigned how)
{
    struct body b = {.out = out, .g = g, .text = text, .how = how, .literal = m->flags & KITH_MSG_LITERAL};
    if (m->spans && text == m->body)
        runs_unpack(&b.runs, m->spans, m->body);
    if (m->revealed)
        b.how &= ~(unsigned)FORMAT_COVER;
    add_body(&b, role);
    runs_free(&b.runs);
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

/* That it is not encrypted is said only where that is no matter of course. */
static void add_seal(struct rich *out, const struct message *m, size_t number)
{
    switch (message_file_seal(m, number)) {
    case FILE_SEALED:
        rich_adds(out, ROLE_CHAT_EVENT, "  encrypted");
        return;
    case FILE_KEY_SHOWN:
        rich_adds(out, ROLE_CHAT_FAILED, "  encrypted, but its key was not");
        return;
    case FILE_OPEN:
        break;
    }
    if (message_file_exposed(m, number))
        rich_adds(out, ROLE_CHAT_FAILED, "  not encrypted");
}

static void add_attachment(struct rich *out, const struct glyphs *g, const struct message *m, size_t number)
{
    const struct attachment *a = &m->attachments[number];
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
    add_seal(out, m, number);
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
    else if (a->offer == OFFER_OPEN && (a->url || a->sealed))
        w = WORD_LINKED;
    else if (a->offer == OFFER_GONE && (a->url || a->sealed))
        w = WORD_LINK_GONE;
    if (message_outgoing(m) && a->offer == OFFER_RUNS && !a->url)
        w = WORD_SENT_PART;
    if (message_outgoing(m) && a->offer == OFFER_SAVED)
        w = WORD_RECEIVED;
    snprintf(part, sizeof part, "%d", a->percent);
    rich_adds(out, ROLE_CHAT_EVENT, "  ");
    add_words(out, g, ROLE_CHAT_EVENT, w, part);
}

/* One line of kith's own. */
static void add_event(struct rich *out, const struct glyphs *g, const char *text)
{
    struct body b = {.out = out, .g = g, .text = text};
    add_inline(&b, ROLE_CHAT_EVENT, 0, strlen(text));
}

/* The only text of a message that is just a file is often its name or link. */
static bool only_names(const struct message *m)
{
    const struct attachment *a = m->n_attachments == 1 ? &m->attachments[0] : NULL;
    return a && (str_eq(m->body, a->url) || str_eq(m->body, a->name));
}

unsigned format_how(const struct config *c)
{
    const char *show = config_str(c, "ui.chat.formatting");
    unsigned how = str_eq(show, "none")        ? 0u
                   : str_eq(show, "no-colours") ? (unsigned)FORMAT_STYLES
                                                : (unsigned)(FORMAT_STYLES | FORMAT_COLOURS);
    return how | (config_bool(c, "ui.chat.spoilers") ? (unsigned)FORMAT_COVER : 0u);
}

void format_message(struct rich *out, const struct glyphs *g, const struct message *m, unsigned how)
{
    if (m->retracted) {
        add_words(out, g, ROLE_CHAT_EVENT, WORD_WITHDRAWN, NULL);
        return;
    }
    if (m->kind == MESSAGE_EVENT) {
        rich_adds(out, ROLE_CHAT_EVENT, g->arrow);
        rich_adds(out, ROLE_CHAT_EVENT, " ");
        add_event(out, g, m->body ? m->body : "");
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
    if (message_gone(m))
        add_words(out, g, ROLE_CHAT_EVENT, WORD_NOT_KEPT, NULL);
    if (!str_empty(m->body) && !only_names(m))
        add_text(out, g, ROLE_CHAT, m->body, m, how);
    for (size_t i = 0; i < m->n_attachments; i++) {
        add_attachment(out, g, m, i);
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
    if (message_gone(m)) {
        format_words(out, g, WORD_NOT_KEPT, NULL, NULL);
        return;
    }
    struct buf covered = {0};
    bool hides = !m->revealed && runs_have_spoiler(m->spans);
    if (hides)
        runs_add_covered(&covered, m->body, m->spans);
    const char *body = hides ? buf_str(&covered) : m->body ? m->body : "";
    size_t max = utf8_floor(body, strlen(body), 400);
    for (size_t i = 0; i < max; i++)
        buf_addc(out, body[i] == '\n' || body[i] == '\t' ? ' ' : body[i]);
    buf_free(&covered);
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
