/* backends/irc/message.c - messages in: what was said, by whom, where, and whether it was ours; TAGMSG, REDACT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/format.h"
#include "backends/irc/handlers.h"
#include "backends/irc/ledger.h"
#include "base/codes.h"
#include "base/mem.h"

enum { DELAY_MS = 30000, REACTION_MAX = 64 };

/* ---- ids ---- */

/* Where a server (or bouncer) keeps history but gives no ids, time (whole seconds: some cut it), nick and text are one. */
static char *made_up_id(const struct irc *i, const struct irc_said *s)
{
    if (!s->time_ms || (!irc_cap(i, CAP_HISTORY) && !irc_behind_bouncer(i)))
        return NULL;
    uint64_t h = 14695981039346656037u;
    const char *all[] = {s->nick ? s->nick : "", s->target, s->text};
    for (size_t n = 0; n < COUNT(all); n++) {
        for (const char *p = all[n]; *p; p++)
            h = (h ^ (unsigned char)*p) * 1099511628211u;
        h = (h ^ 0xFF) * 1099511628211u;
    }
    return xasprintf("t%lld-%016llx", (long long)(s->time_ms / 1000), (unsigned long long)h);
}

/* ---- words of the server ---- */

static void from_server(struct irc *i, const struct irc_said *s)
{
    struct buf plain = {0};
    irc_format_plain(s->text, &plain);
    if (plain.len)
        irc_notice(i, KITH_INFO, NULL, "%s", buf_str(&plain));
    buf_free(&plain);
}

static bool is_server(const struct irc *i, const struct irc_said *s)
{
    if (!s->nick || !*s->nick)
        return true;
    bool nobody = !s->user && !s->host && strchr(s->nick, '.');
    return nobody && !irc_is_room(i, s->target);
}

/* ---- one message ---- */

static char *chat_of(const struct irc *i, const struct irc_said *s, bool own)
{
    const char *bare = irc_bare_target(&i->is, s->target);
    if (irc_is_channel(&i->is, bare))
        return irc_address(i, bare);
    return irc_address(i, own && !irc_is_me(i, s->target) ? s->target : own ? i->nick : s->nick);
}

/* What was said, without codes, and how it looks. */
struct words {
    struct buf plain;
    struct kith_span *spans;
    size_t n_spans;
};

static void emit_said(struct irc *i, const struct irc_said *s, const char *chat, bool own, bool action,
                      const struct words *w, const char *origin)
{
    bool room = irc_is_room(i, s->target), history = irc_in_history(i);
    char *id = s->msgid ? xstrdup(s->msgid) : made_up_id(i, s);
    char *sender = room ? xasprintf("%s/%s", chat, s->nick) : xstrdup(own ? i->nick : chat);
    char *mask = s->user && s->host && !own ? xasprintf("%s!%s@%s", s->nick, s->user, s->host) : NULL;
    struct irc_batch *page = irc_in_batch(i, "chathistory");
    bool late = s->time_ms && s->time_ms < irc_wall(i) - DELAY_MS;
    struct kith_ev_message ev = {.ev = {sizeof ev, KITH_EV_MESSAGE, page ? page->req : 0, s->time_ms},
                                 .chat = chat,
                                 .sender = sender,
                                 .sender_name = s->nick,
                                 .sender_id = str_empty(s->account) || str_eq(s->account, "*") ? NULL : s->account,
                                 .id = id,
                                 .archive_id = irc_cap(i, CAP_HISTORY) || irc_behind_bouncer(i) ? id : NULL,
                                 .origin_id = origin,
                                 .reply_to = s->reply,
                                 .body = buf_str(&w->plain),
                                 .spans = w->spans,
                                 .n_spans = w->n_spans,
                                 .sender_mask = mask};
    ev.flags = (own ? KITH_MSG_OUTGOING : 0) | (history ? KITH_MSG_HISTORY : late ? KITH_MSG_DELAYED : 0) |
               (action ? KITH_MSG_ACTION : 0);
    irc_emit(i, &ev.ev);
    irc_history_note(i, chat, id, s->time_ms);
    free(sender);
    free(mask);
    free(id);
}

/* Ours came back: no second line; the ledger takes it. True when it did. */
static bool is_echo(struct irc *i, const struct irc_said *s, const char *body)
{
    struct irc_query *q = irc_in_history(i) ? NULL : irc_ledger_echo(i, irc_bare_target(&i->is, s->target), body);
    if (!q)
        return false;
    char *chat = xstrdup(q->target), *id = s->msgid ? xstrdup(s->msgid) : made_up_id(i, s);
    irc_history_note(i, chat, id, s->time_ms);
    irc_ledger_stored(i, q, id); /* by which it is known when it is played back */
    free(id);
    free(chat);
    return true;
}

static void to_chat(struct irc *i, const struct irc_said *s, bool own, bool action, const struct words *w)
{
    char *chat = chat_of(i, s, own), *origin = NULL;
    if (own && irc_in_history(i))
        origin = irc_ledger_found(i, chat, buf_str(&w->plain), s->time_ms, s->msgid);
    emit_said(i, s, chat, own, action, w, origin);
    free(origin);
    free(chat);
}

/* "\1ACTION waves\1": the text inside, owned; NULL when it is no CTCP at all. */
static char *ctcp_body(const char *text)
{
    size_t len = strlen(text);
    if (len < 2 || text[0] != '\001')
        return NULL;
    return xstrndup(text + 1, len - 1 - (text[len - 1] == '\001'));
}

void irc_said(struct irc *i, const struct irc_said *s)
{
    struct words w = {0};
    bool own = s->nick && irc_is_me(i, s->nick);
    char *ctcp = ctcp_body(s->text);
    bool action = ctcp && str_starts(ctcp, "ACTION") && (ctcp[6] == ' ' || !ctcp[6]) && !s->notice;
    const char *text = action ? ctcp + MIN((size_t)7, strlen(ctcp)) : s->text;
    if (!irc_name_ok(irc_bare_target(&i->is, s->target)) && strcmp(s->target, "*") != 0)
        goto out;
    if (is_server(i, s) && !own) {
        if (!ctcp)
            from_server(i, s);
        goto out;
    }
    if (!s->nick || !irc_name_ok(s->nick))
        goto out;
    w.spans = irc_format_parse(text, &w.plain, &w.n_spans);
    if (own && is_echo(i, s, buf_str(&w.plain)))
        goto out;
    if (ctcp && !action) {
        if (!own && !irc_in_history(i))
            irc_ctcp(i, s, ctcp);
        goto out;
    }
    if (s->notice && !own && !irc_is_room(i, s->target) && irc_nickserv_notice(i, s->nick, buf_str(&w.plain)))
        irc_log(i, KITH_DEBUG, "the service has answered");
    to_chat(i, s, own, action, &w);
out:
    buf_free(&w.plain);
    free(w.spans);
    free(ctcp);
}

void irc_on_message(struct irc *i, const struct irc_line *l)
{
    if (irc_multiline_add(i, l))
        return;
    const char *reply = irc_line_tag(l, "+reply"), *bot = irc_line_tag(l, "bot");
    irc_user_seen(i, l);
    struct irc_said s = {.nick = l->nick,
                         .user = l->user,
                         .host = l->host,
                         .target = irc_param(l, 0),
                         .text = irc_param(l, 1),
                         .msgid = irc_line_tag(l, "msgid"),
                         .account = irc_line_tag(l, "account"),
                         .reply = reply ? reply : irc_line_tag(l, "+draft/reply"),
                         .time_ms = irc_line_time(l),
                         .notice = strcmp(l->cmd, "NOTICE") == 0,
                         .bot = bot != NULL,
                         .parts = 1};
    if (*s.target)
        irc_said(i, &s);
}

/* ---- multiline ---- */

bool irc_multiline_add(struct irc *i, const struct irc_line *l)
{
    struct irc_batch *b = i->batch;
    if (!b || (strcmp(b->type, "draft/multiline") != 0 && strcmp(b->type, "multiline") != 0))
        return false;
    const char *text = irc_param(l, 1);
    b->bytes += strlen(text) + 1;
    if (b->lines > IRC_BATCH_LINES || b->bytes > IRC_BATCH_BYTES || b->bytes > KITH_MAX_BODY)
        return true; /* what is too much is left out */
    bool concat = irc_line_tag(l, "draft/multiline-concat") || irc_line_tag(l, "multiline-concat");
    if (b->codes)
        buf_addc(&b->text, 0x0f); /* codes end with their line */
    b->codes = codes_any(CODES_IRC, text);
    if (b->lines > 1 && !concat)
        buf_addc(&b->text, '\n');
    buf_adds(&b->text, text);
    b->notice = strcmp(l->cmd, "NOTICE") == 0;
    if (!b->nick)
        b->nick = xstrdup(l->nick);
    return true;
}

void irc_multiline_closed(struct irc *i, struct irc_batch *b)
{
    struct irc_said s = {.nick = b->nick,
                         .user = "",
                         .target = b->target ? b->target : "",
                         .text = buf_str(&b->text),
                         .msgid = b->msgid,
                         .account = b->account,
                         .reply = b->reply,
                         .time_ms = b->time_ms,
                         .notice = b->notice,
                         .parts = b->lines};
    if (*s.target && (b->text.len || irc_query_labelled(i)))
        irc_said(i, &s);
}

/* ---- without words ---- */

static void on_typing(struct irc *i, const struct irc_line *l, const char *word)
{
    uint32_t state = strcmp(word, "active") == 0   ? KITH_TYPING_ACTIVE
                     : strcmp(word, "paused") == 0 ? KITH_TYPING_PAUSED
                                                   : KITH_TYPING_NONE;
    const char *bare = irc_bare_target(&i->is, irc_param(l, 0));
    bool room = irc_is_channel(&i->is, bare);
    char *chat = irc_address(i, room ? bare : l->nick);
    struct kith_ev_typing ev = {
        .ev = {sizeof ev, KITH_EV_TYPING, 0, 0}, .chat = chat, .who = room ? l->nick : chat, .state = state};
    irc_emit(i, &ev.ev);
    free(chat);
}

void irc_on_tagmsg(struct irc *i, const struct irc_line *l)
{
    const char *typing = irc_line_tag(l, "+typing");
    const char *on = irc_line_tag(l, "+draft/react"), *off = irc_line_tag(l, "+draft/unreact");
    const char *to = irc_line_tag(l, "+draft/reply");
    if (!to)
        to = irc_line_tag(l, "+reply");
    if (!irc_name_ok(l->nick) || !irc_name_ok(irc_bare_target(&i->is, irc_param(l, 0))))
        return;
    bool own = irc_is_me(i, l->nick);
    struct irc_query *q = own && !irc_in_history(i) ? irc_query_labelled(i) : NULL;
    if (q && q->id) {
        irc_ledger_stored(i, q, NULL);
        return;
    }
    if (typing && !own && !irc_in_history(i))
        on_typing(i, l, typing);
    const char *one = on ? on : off;
    if (str_empty(one) || str_empty(to) || strlen(one) > REACTION_MAX)
        return;
    const struct irc_said s = {.nick = l->nick, .target = irc_param(l, 0)};
    char *chat = chat_of(i, &s, own);
    irc_reaction(i, chat, l->nick, to, one, on != NULL, irc_line_time(l));
    free(chat);
}

void irc_on_redact(struct irc *i, const struct irc_line *l)
{
    const char *target = irc_param(l, 0), *id = irc_param(l, 1);
    if (!irc_name_ok(l->nick) || !irc_name_ok(target) || !*id)
        return;
    bool own = irc_is_me(i, l->nick);
    struct irc_query *q = own ? irc_query_labelled(i) : NULL;
    if (own && !q)
        q = irc_query_find(i, ASK_REDACT, target);
    const struct irc_said s = {.nick = l->nick, .target = target};
    char *chat = chat_of(i, &s, own);
    char *sender = irc_is_room(i, target) ? xasprintf("%s/%s", chat, l->nick) : xstrdup(own ? i->nick : chat);
    struct kith_ev_message ev = {.ev = {sizeof ev, KITH_EV_MESSAGE, 0, irc_line_time(l)},
                                 .chat = chat,
                                 .sender = sender,
                                 .sender_name = l->nick,
                                 .target = id,
                                 .text = l->n > 2 ? irc_param(l, 2) : NULL,
                                 .flags = KITH_MSG_RETRACT | (own ? KITH_MSG_OUTGOING : 0)};
    if (irc_is_room(i, target)) /* servers let only the author or an operator do it */
        ev.flags |= KITH_MSG_MODERATED;
    irc_emit(i, &ev.ev);
    if (q && q->id)
        irc_ledger_stored(i, q, NULL);
    free(sender);
    free(chat);
}

void irc_on_ack(struct irc *i, const struct irc_line *l UNUSED)
{
    struct irc_query *q = irc_query_labelled(i);
    if (q && q->id)
        irc_ledger_stored(i, q, NULL);
    else if (q)
        irc_query_end(i, q, KITH_OK, NULL);
}
