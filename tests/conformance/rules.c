/* tests/conformance/rules.c - the rules of kith/plugin.h, checked at every event */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conformance/host.h"

static void need(struct rec_host *h, const char *line, const char *what, const char *value)
{
    if (str_empty(value))
        rec_violation(h, "%s is missing in: %s", what, line);
}

static void check_reply(struct rec_host *h, const struct kith_event *ev)
{
    for (size_t i = 0; i < h->n_requests; i++) {
        struct rec_request *r = &h->requests[i];
        if (r->req != ev->req)
            continue;
        if (r->replied)
            rec_violation(h, "a second REPLY to request %llu", (unsigned long long)ev->req);
        r->replied = true;
        return;
    }
    rec_violation(h, "a REPLY to request %llu, which was never made", (unsigned long long)ev->req);
}

static void check_sync(struct rec_host *h, const struct kith_ev_sync *e)
{
    char *key = xasprintf("%u %s", (unsigned)e->what, e->chat ? e->chat : "");
    bool open = false;
    for (size_t i = 0; i < h->n_syncs; i++) {
        if (!str_eq(h->syncs[i], key))
            continue;
        open = true;
        if (e->ev.type == KITH_EV_SYNC_END) {
            free(h->syncs[i]);
            h->syncs[i] = h->syncs[--h->n_syncs];
        }
    }
    if (e->ev.type == KITH_EV_SYNC_BEGIN && open)
        rec_violation(h, "SYNC_BEGIN inside the same SYNC (%s)", key);
    if (e->ev.type == KITH_EV_SYNC_END && !open)
        rec_violation(h, "SYNC_END without SYNC_BEGIN (%s)", key);
    if (e->ev.type == KITH_EV_SYNC_BEGIN)
        VEC_PUSH(h->syncs, h->n_syncs, h->cap_syncs, xstrdup(key));
    if (e->what == KITH_SYNC_MEMBERS && str_empty(e->chat))
        rec_violation(h, "SYNC of members of no chat");
    free(key);
}

static void check_state(struct rec_host *h, const struct kith_ev_state *e)
{
    if (e->state > KITH_STATE_CLOSING)
        rec_violation(h, "STATE %u is none", (unsigned)e->state);
    if (e->state == KITH_STATE_OFFLINE && e->err != KITH_OK && str_empty(e->text))
        rec_violation(h, "STATE OFFLINE by an error without a sentence");
    if (e->state == KITH_STATE_OFFLINE && e->err > 0)
        rec_violation(h, "STATE OFFLINE with the error %d", (int)e->err);
    if (e->state == KITH_STATE_OFFLINE && h->n_syncs) {
        for (size_t i = 0; i < h->n_syncs; i++)
            free(h->syncs[i]);
        h->n_syncs = 0; /* a list that broke off: the host drops nothing by it */
    }
    h->state_now = e->state;
}

static void check_receipt(struct rec_host *h, const struct kith_ev_receipt *e, const char *line)
{
    need(h, line, "chat", e->chat);
    need(h, line, "id", e->id);
    if (e->delivery < KITH_SENT || e->delivery > KITH_FAILED)
        rec_violation(h, "a RECEIPT that says nothing: %s", line);
    if (e->delivery == KITH_FAILED && str_empty(e->text))
        rec_violation(h, "a failure without a reason: %s", line);
}

/* In order and apart, on whole characters of the body, and of something. */
static void check_spans(struct rec_host *h, const struct kith_ev_message *e, const char *line)
{
    size_t len = e->body ? strlen(e->body) : 0, end = 0;
    if (e->n_spans > KITH_MAX_SPANS || (e->n_spans > 0) != (e->spans != NULL))
        rec_violation(h, "%zu spans: %s", e->n_spans, line);
    for (size_t i = 0; i < e->n_spans; i++) {
        const struct kith_span *s = &e->spans[i];
        size_t to = (size_t)s->start + s->len;
        bool fits = s->size == sizeof *s && s->len > 0 && s->start >= end && to <= len &&
                    ((unsigned char)e->body[s->start] & 0xC0) != 0x80 && ((unsigned char)e->body[to] & 0xC0) != 0x80;
        if (!fits || (!s->style && !s->fg && !s->bg))
            rec_violation(h, "span %zu does not fit: %s", i, line);
        end = to;
    }
}

static void check_message(struct rec_host *h, const struct kith_ev_message *e, const char *line)
{
    uint32_t change = KITH_MSG_EDIT | KITH_MSG_RETRACT | KITH_MSG_REACT;
    need(h, line, "chat", e->chat);
    if (!(e->flags & KITH_MSG_SERVICE))
        need(h, line, "sender", e->sender);
    bool named = !(h->caps_now & KITH_CAP_SERVER_IDS); /* else the server may have given none */
    if (named && str_empty(e->id) && str_empty(e->origin_id) && str_empty(e->archive_id))
        rec_violation(h, "a message without any id: %s", line);
    if ((e->flags & change) && str_empty(e->target))
        rec_violation(h, "a change of nothing: %s", line);
    if (!e->body && !(e->flags & (KITH_MSG_RETRACT | KITH_MSG_REACT)))
        rec_violation(h, "a message without a body: %s", line);
    if (e->body && strlen(e->body) > KITH_MAX_BODY)
        rec_violation(h, "a body over the limit");
    check_spans(h, e, line);
    for (size_t i = 0; i < e->n_attachments; i++) {
        const struct kith_attachment *file = &e->attachments[i];
        if (file->size != sizeof *file)
            rec_violation(h, "an attachment without its size: %s", line);
        else if (str_empty(file->name) || (str_empty(file->id) && str_empty(file->url)))
            rec_violation(h, "an attachment without a name, or which nobody can fetch: %s", line);
    }
    if (h->state_now == KITH_STATE_OFFLINE)
        rec_violation(h, "a message while offline: %s", line);
}

/* Of a request that is open, and not more than there is. */
static void check_progress(struct rec_host *h, const struct kith_ev_progress *e, const char *line)
{
    kith_req req = e->ev.req;
    if (req == 0 || req > h->n_requests || h->requests[req - 1].replied)
        rec_violation(h, "progress of nothing that is under way: %s", line);
    if (e->done < 0 || (e->total >= 0 && e->done > e->total))
        rec_violation(h, "more than there is: %s", line);
}

static void check_ask(struct rec_host *h, const struct kith_ev_ask *e, const char *line)
{
    char key[32];
    snprintf(key, sizeof key, "%llu", (unsigned long long)e->ask);
    if (map_set(&h->asks, key, h))
        rec_violation(h, "the number of an earlier question: %s", line);
    need(h, line, "title", e->title);
    if (!e->n_choices && !e->n_fields)
        rec_violation(h, "a question without an answer: %s", line);
    for (size_t i = 0; i < e->n_choices; i++) {
        if (e->choices[i].size != sizeof e->choices[i])
            rec_violation(h, "a choice without its size: %s", line);
    }
    for (size_t i = 0; i < e->n_fields; i++) {
        if (e->fields[i].size != sizeof e->fields[i])
            rec_violation(h, "a field without its size: %s", line);
    }
}

static void check_member(struct rec_host *h, const char *chat, const char *nick, const char *line)
{
    need(h, line, "chat", chat);
    need(h, line, "nick", nick);
    if (chat && !map_get(&h->chats, chat))
        rec_violation(h, "a member of a chat never announced: %s", line);
}

static void check_by_type(struct rec_host *h, const struct kith_event *ev, const char *line)
{
    switch ((enum kith_event_type)ev->type) {
    case KITH_EV_STATE:
        check_state(h, (const void *)ev);
        break;
    case KITH_EV_REPLY:
        check_reply(h, ev);
        break;
    case KITH_EV_SYNC_BEGIN:
    case KITH_EV_SYNC_END:
        check_sync(h, (const void *)ev);
        break;
    case KITH_EV_SELF:
        need(h, line, "address", ((const struct kith_ev_self *)ev)->address);
        break;
    case KITH_EV_CONTACT:
        need(h, line, "address", ((const struct kith_ev_contact *)ev)->address);
        break;
    case KITH_EV_CONTACT_GONE:
        need(h, line, "address", ((const struct kith_ev_contact_gone *)ev)->address);
        break;
    case KITH_EV_PRESENCE:
        need(h, line, "address", ((const struct kith_ev_presence *)ev)->address);
        break;
    case KITH_EV_CHAT:
        need(h, line, "address", ((const struct kith_ev_chat *)ev)->address);
        if (((const struct kith_ev_chat *)ev)->kind == 0)
            rec_violation(h, "a chat of no kind: %s", line);
        map_set(&h->chats, ((const struct kith_ev_chat *)ev)->address, h);
        break;
    case KITH_EV_CHAT_GONE:
        need(h, line, "address", ((const struct kith_ev_chat_gone *)ev)->address);
        break;
    case KITH_EV_MEMBER: {
        const struct kith_ev_member *e = (const void *)ev;
        check_member(h, e->chat, e->nick, line);
        break;
    }
    case KITH_EV_MEMBER_GONE: {
        const struct kith_ev_member_gone *e = (const void *)ev;
        check_member(h, e->chat, e->nick, line);
        break;
    }
    case KITH_EV_MESSAGE:
        check_message(h, (const void *)ev, line);
        break;
    case KITH_EV_RECEIPT:
        check_receipt(h, (const void *)ev, line);
        break;
    case KITH_EV_ASK:
        check_ask(h, (const void *)ev, line);
        break;
    case KITH_EV_NOTICE:
        need(h, line, "text", ((const struct kith_ev_notice *)ev)->text);
        break;
    case KITH_EV_SUB:
        need(h, line, "id", ((const struct kith_ev_sub *)ev)->id);
        break;
    case KITH_EV_SUB_GONE:
        need(h, line, "id", ((const struct kith_ev_sub_gone *)ev)->id);
        break;
    case KITH_EV_CAPS:
        h->caps_now = ((const struct kith_ev_caps *)ev)->caps;
        break;
    case KITH_EV_HAPPENED:
        need(h, line, "chat", ((const struct kith_ev_happened *)ev)->chat);
        break;
    case KITH_EV_ENCRYPTION:
        need(h, line, "chat", ((const struct kith_ev_encryption *)ev)->chat);
        break;
    case KITH_EV_DEVICE:
        need(h, line, "who", ((const struct kith_ev_device *)ev)->who);
        break;
    case KITH_EV_LINK:
    case KITH_EV_ASK_GONE:
    case KITH_EV_ITEM:
    case KITH_EV_TYPING:
    case KITH_EV_MARKER:
        break;
    case KITH_EV_PROGRESS:
        check_progress(h, (const void *)ev, line);
        break;
    }
}

void rec_check(struct rec_host *h, const struct kith_event *ev)
{
    char *line = rec_line(ev);
    size_t size = rec_event_size(ev->type);
    if (h->shut)
        rec_violation(h, "an event after close: %s", line);
    if (size && ev->size != size)
        rec_violation(h, "size %u instead of %zu: %s", (unsigned)ev->size, size, line);
    if (size && ev->size >= size)
        check_by_type(h, ev, line);
    free(line);
}

void rec_check_end(struct rec_host *h)
{
    for (size_t i = 0; i < h->n_requests; i++) {
        if (!h->requests[i].accepted && h->requests[i].replied)
            rec_violation(h, "request %llu was refused and answered",
                          (unsigned long long)h->requests[i].req);
    }
}
