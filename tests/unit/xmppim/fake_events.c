/* unit/xmppim/fake_events.c - an event as one line of text, for tests to look into */
#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "fake_x.h"

static void put(struct buf *b, const char *key, const char *value)
{
    if (value)
        buf_addf(b, " %s=%s;", key, value);
}

static void num(struct buf *b, const char *key, int64_t n)
{
    if (n)
        buf_addf(b, " %s=%" PRId64 ";", key, n);
}

static void message_text(struct buf *b, const struct kith_ev_message *m)
{
    static const char *const flags[] = {"OUT",     "DELAYED", "HISTORY",   "ACTION",
                                        "MENTION", "SERVICE", "PRIVATE",   "RETRACT",
                                        "EDIT",    "REACT",   "MODERATED", "NO_STORE", "STRANGER",
                                        "LITERAL"};
    put(b, "chat", m->chat);
    put(b, "sender", m->sender);
    put(b, "name", m->sender_name);
    put(b, "sender_id", m->sender_id);
    put(b, "resource", m->resource);
    put(b, "id", m->id);
    put(b, "origin", m->origin_id);
    put(b, "archive", m->archive_id);
    put(b, "target", m->target);
    put(b, "reply", m->reply_to);
    put(b, "reply_sender", m->reply_sender);
    put(b, "thread", m->thread);
    put(b, "body", m->body);
    num(b, "enc", m->enc);
    for (size_t i = 0; i < m->n_attachments; i++) {
        const struct kith_attachment *a = &m->attachments[i];
        buf_addf(b, " file%zu=%s, %" PRId64 ", %s, %dx%d, %s, %s;", i, a->name ? a->name : "-", a->bytes,
                 a->mime ? a->mime : "-", (int)a->width, (int)a->height, a->url ? a->url : "-", a->id ? a->id : "-");
        put(b, "file", m->attachments[i].id);
        put(b, "file_name", m->attachments[i].name);
        put(b, "mime", m->attachments[i].mime);
        put(b, "url", m->attachments[i].url);
        num(b, "bytes", m->attachments[i].bytes);
    }
    for (size_t i = 0; i < m->n_spans; i++)
        buf_addf(b, " span=%u+%u:%x;", (unsigned)m->spans[i].start, (unsigned)m->spans[i].len,
                 (unsigned)m->spans[i].style);
    for (size_t i = 0; i < m->n_reactions; i++)
        put(b, "reaction", m->reactions[i]);
    for (size_t i = 0; i < COUNT(flags); i++)
        if (m->flags & (1u << i))
            buf_addf(b, " +%s", flags[i]);
}

static void people_text(struct buf *b, const struct kith_event *ev)
{
    if (ev->type == KITH_EV_CONTACT) {
        const struct kith_ev_contact *c = (const void *)ev;
        put(b, "address", c->address);
        put(b, "name", c->name);
        for (size_t i = 0; i < c->n_groups; i++)
            put(b, "group", c->groups[i]);
        buf_addf(b, "%s%s%s%s%s", c->flags & KITH_CONTACT_TO ? " +TO" : "",
                 c->flags & KITH_CONTACT_FROM ? " +FROM" : "",
                 c->flags & KITH_CONTACT_PENDING ? " +PENDING" : "",
                 c->flags & KITH_CONTACT_BLOCKED ? " +BLOCKED" : "",
                 c->flags & KITH_CONTACT_GATEWAY ? " +GATEWAY" : "");
    } else if (ev->type == KITH_EV_PRESENCE) {
        const struct kith_ev_presence *p = (const void *)ev;
        put(b, "address", p->address);
        put(b, "resource", p->resource);
        buf_addf(b, " show=%u;", p->show);
        num(b, "priority", p->priority);
        put(b, "text", p->text);
        put(b, "client", p->client);
        num(b, "idle", p->idle_since_ms);
    }
}

static void room_text(struct buf *b, const struct kith_event *ev)
{
    if (ev->type == KITH_EV_CHAT) {
        const struct kith_ev_chat *c = (const void *)ev;
        put(b, "address", c->address);
        put(b, "name", c->name);
        put(b, "topic", c->topic);
        put(b, "topic_by", c->topic_by);
        put(b, "nick", c->nick);
        put(b, "text", c->text);
        buf_addf(b, " kind=%u;%s%s%s%s", c->kind, c->flags & KITH_CHAT_JOINED ? " +JOINED" : "",
                 c->flags & KITH_CHAT_CAN_TALK ? " +CAN_TALK" : "",
                 c->flags & KITH_CHAT_NON_ANONYMOUS ? " +NON_ANONYMOUS" : "",
                 c->flags & KITH_CHAT_MEMBERS_ONLY ? " +MEMBERS_ONLY" : "");
        buf_addf(b, "%s%s%s%s%s%s", c->flags & KITH_CHAT_AUTOJOIN ? " +AUTOJOIN" : "",
                 c->flags & KITH_CHAT_PINNED ? " +PINNED" : "",
                 c->flags & KITH_CHAT_MUTED ? " +MUTED" : "",
                 c->flags & KITH_CHAT_ALERT_ALL ? " +ALL" : "",
                 c->flags & KITH_CHAT_ALERT_MENTIONS ? " +MENTIONS" : "",
                 c->flags & KITH_CHAT_KEPT ? " +KEPT" : "");
    } else if (ev->type == KITH_EV_MEMBER) {
        const struct kith_ev_member *m = (const void *)ev;
        put(b, "chat", m->chat);
        put(b, "nick", m->nick);
        put(b, "old", m->old_nick);
        put(b, "id", m->id);
        put(b, "address", m->address);
        put(b, "text", m->text);
        buf_addf(b, " role=%u; show=%u;%s%s", m->role, m->show,
                 m->flags & KITH_MEMBER_SELF ? " +SELF" : "",
                 m->flags & KITH_MEMBER_QUIET ? " +QUIET" : "");
    } else {
        const struct kith_ev_member_gone *g = (const void *)ev;
        put(b, "chat", g->chat);
        put(b, "nick", g->nick);
        buf_addf(b, " how=%u;", g->how);
        put(b, "by", g->by);
        put(b, "text", g->text);
    }
}

static void item_text(struct buf *b, const struct kith_ev_item *i)
{
    put(b, "address", i->address);
    put(b, "name", i->name);
    put(b, "text", i->text);
    num(b, "number", i->number);
    for (size_t f = 0; f < i->n_fields; f++)
        put(b, i->fields[f].key, i->fields[f].values[0]);
}

static void encryption_text(struct buf *b, const struct kith_event *ev)
{
    const struct kith_ev_encryption *e = (const void *)ev;
    const struct kith_ev_device *d = (const void *)ev;
    bool device = ev->type == KITH_EV_DEVICE;
    put(b, "chat", device ? d->chat : e->chat);
    num(b, "flags", device ? d->flags : e->flags);
    if (!device) {
        put(b, "text", e->text);
        return;
    }
    put(b, "who", d->who);
    put(b, "id", d->id);
    put(b, "name", d->name);
    put(b, "fingerprint", d->fingerprint);
    put(b, "versions", d->versions);
    put(b, "why", d->why);
    put(b, "uri", d->uri);
    num(b, "trust", d->trust);
    num(b, "reads", d->reads);
}

char *fake_event_text(const struct kith_event *ev)
{
    static const char *const names[] = {[KITH_EV_STATE] = "STATE",
                                        [KITH_EV_CAPS] = "CAPS",
                                        [KITH_EV_REPLY] = "REPLY",
                                        [KITH_EV_PROGRESS] = "PROGRESS",
                                        [KITH_EV_NOTICE] = "NOTICE",
                                        [KITH_EV_ASK] = "ASK",
                                        [KITH_EV_ASK_GONE] = "ASK_GONE",
                                        [KITH_EV_ITEM] = "ITEM",
                                        [KITH_EV_SYNC_BEGIN] = "SYNC_BEGIN",
                                        [KITH_EV_SYNC_END] = "SYNC_END",
                                        [KITH_EV_CONTACT] = "CONTACT",
                                        [KITH_EV_CONTACT_GONE] = "CONTACT_GONE",
                                        [KITH_EV_PRESENCE] = "PRESENCE",
                                        [KITH_EV_CHAT] = "CHAT",
                                        [KITH_EV_MEMBER] = "MEMBER",
                                        [KITH_EV_MEMBER_GONE] = "MEMBER_GONE",
                                        [KITH_EV_MESSAGE] = "MESSAGE",
                                        [KITH_EV_RECEIPT] = "RECEIPT",
                                        [KITH_EV_TYPING] = "TYPING",
                                        [KITH_EV_MARKER] = "MARKER",
                                        [KITH_EV_ENCRYPTION] = "ENCRYPTION",
                                        [KITH_EV_DEVICE] = "DEVICE"};
    struct buf b = {0};
    buf_adds(&b, ev->type < COUNT(names) && names[ev->type] ? names[ev->type] : "?");
    num(&b, "req", (int64_t)ev->req);
    num(&b, "time", ev->time_ms);
    switch (ev->type) {
    case KITH_EV_MESSAGE:
        message_text(&b, (const void *)ev);
        break;
    case KITH_EV_CONTACT:
    case KITH_EV_PRESENCE:
        people_text(&b, ev);
        break;
    case KITH_EV_CHAT:
    case KITH_EV_MEMBER:
    case KITH_EV_MEMBER_GONE:
        room_text(&b, ev);
        break;
    case KITH_EV_ITEM:
        item_text(&b, (const void *)ev);
        break;
    case KITH_EV_ENCRYPTION:
    case KITH_EV_DEVICE:
        encryption_text(&b, ev);
        break;
    case KITH_EV_CONTACT_GONE:
        put(&b, "address", ((const struct kith_ev_contact_gone *)ev)->address);
        break;
    case KITH_EV_CAPS:
        num(&b, "caps", ((const struct kith_ev_caps *)ev)->caps);
        break;
    case KITH_EV_PROGRESS:
        num(&b, "done", ((const struct kith_ev_progress *)ev)->done);
        num(&b, "total", ((const struct kith_ev_progress *)ev)->total);
        break;
    case KITH_EV_ASK_GONE:
        num(&b, "ask", (int64_t)((const struct kith_ev_ask_gone *)ev)->ask);
        break;
    case KITH_EV_SYNC_BEGIN:
    case KITH_EV_SYNC_END:
        num(&b, "what", ((const struct kith_ev_sync *)ev)->what);
        if (((const struct kith_ev_sync *)ev)->what == KITH_SYNC_ARCHIVE)
            put(&b, "chat", ((const struct kith_ev_sync *)ev)->chat);
        break;
    case KITH_EV_MARKER:
        put(&b, "chat", ((const struct kith_ev_marker *)ev)->chat);
        put(&b, "id", ((const struct kith_ev_marker *)ev)->id);
        break;
    case KITH_EV_TYPING:
        put(&b, "chat", ((const struct kith_ev_typing *)ev)->chat);
        put(&b, "who", ((const struct kith_ev_typing *)ev)->who);
        buf_addf(&b, " state=%u;", ((const struct kith_ev_typing *)ev)->state);
        put(&b, "live", ((const struct kith_ev_typing *)ev)->live);
        break;
    case KITH_EV_REPLY:
        num(&b, "err", ((const struct kith_ev_reply *)ev)->err);
        num(&b, "more", ((const struct kith_ev_reply *)ev)->more);
        put(&b, "text", ((const struct kith_ev_reply *)ev)->text);
        put(&b, "cursor", ((const struct kith_ev_reply *)ev)->cursor);
        break;
    case KITH_EV_NOTICE:
        put(&b, "chat", ((const struct kith_ev_notice *)ev)->chat);
        put(&b, "text", ((const struct kith_ev_notice *)ev)->text);
        break;
    case KITH_EV_ASK:
        put(&b, "subject", ((const struct kith_ev_ask *)ev)->subject);
        put(&b, "title", ((const struct kith_ev_ask *)ev)->title);
        put(&b, "text", ((const struct kith_ev_ask *)ev)->text);
        for (size_t i = 0; i < ((const struct kith_ev_ask *)ev)->n_choices; i++)
            put(&b, "choice", ((const struct kith_ev_ask *)ev)->choices[i].id);
        break;
    case KITH_EV_RECEIPT: {
        const struct kith_ev_receipt *r = (const void *)ev;
        put(&b, "chat", r->chat);
        put(&b, "who", r->who);
        put(&b, "id", r->id);
        num(&b, "delivery", r->delivery);
        num(&b, "up_to", r->up_to);
        put(&b, "text", r->text);
        put(&b, "archive", r->archive_id);
        num(&b, "enc", r->enc);
        break;
    }
    }
    return buf_take(&b);
}
