/* tests/xmpp_server/describe.c - events of a backend as the driver prints them: a name, and members of JSON */
#include "describe.h"

#include "base/json.h"

const char *event_name(const struct kith_event *ev)
{
    static const char *const names[] = {
        [KITH_EV_STATE] = "state", [KITH_EV_CAPS] = "caps", [KITH_EV_SELF] = "self", [KITH_EV_REPLY] = "reply",
        [KITH_EV_NOTICE] = "notice", [KITH_EV_ASK] = "ask", [KITH_EV_ASK_GONE] = "ask_gone", [KITH_EV_ITEM] = "item",
        [KITH_EV_SYNC_BEGIN] = "sync_begin", [KITH_EV_SYNC_END] = "sync_end", [KITH_EV_CONTACT] = "contact",
        [KITH_EV_CONTACT_GONE] = "contact_gone", [KITH_EV_PRESENCE] = "presence", [KITH_EV_CHAT] = "chat",
        [KITH_EV_MESSAGE] = "message", [KITH_EV_RECEIPT] = "receipt", [KITH_EV_TYPING] = "typing",
        [KITH_EV_MARKER] = "marker", [KITH_EV_MEMBER] = "member", [KITH_EV_MEMBER_GONE] = "member_gone"};
    return ev->type < COUNT(names) && names[ev->type] ? names[ev->type] : "other";
}

void event_describe(struct buf *b, const struct kith_event *ev)
{
    const struct kith_ev_state *s = (const void *)ev;
    const struct kith_ev_reply *r = (const void *)ev;
    const struct kith_ev_notice *n = (const void *)ev;
    const struct kith_ev_ask *a = (const void *)ev;
    const struct kith_ev_message *m = (const void *)ev;
    const struct kith_ev_receipt *c = (const void *)ev;
    const struct kith_ev_presence *p = (const void *)ev;
    const struct kith_ev_contact *k = (const void *)ev;
    const struct kith_ev_self *f = (const void *)ev;
    if (ev->type == KITH_EV_STATE) {
        static const char *const names[] = {"offline", "resolve", "connect", "tls", "auth", "sync", "online", "closing"};
        json_str(b, "state", names[s->state]);
        json_int(b, "err", s->err);
        json_str(b, "text", s->text);
        json_int(b, "retry", s->retry);
        json_int(b, "resumed", s->resumed);
    } else if (ev->type == KITH_EV_REPLY) {
        json_int(b, "req", (int64_t)ev->req);
        json_int(b, "err", r->err);
        json_str(b, "text", r->text);
        json_int(b, "more", r->more);
        json_str(b, "cursor", r->cursor);
    } else if (ev->type == KITH_EV_NOTICE) {
        json_str(b, "text", n->text);
    } else if (ev->type == KITH_EV_ASK) {
        json_int(b, "ask", (int64_t)a->ask);
        json_int(b, "kind", a->kind);
        json_str(b, "title", a->title);
        json_str(b, "text", a->text);
        json_str(b, "field", a->n_fields ? a->fields[0].key : NULL); /* the first one */
        json_int(b, "fields", (int64_t)a->n_fields);
    } else if (ev->type == KITH_EV_MESSAGE) {
        json_str(b, "chat", m->chat);
        json_str(b, "sender", m->sender);
        json_str(b, "id", m->id);
        json_str(b, "origin", m->origin_id);
        json_str(b, "archive", m->archive_id);
        json_str(b, "target", m->target);
        json_str(b, "reply", m->reply_to);
        json_str(b, "body", m->body);
        json_int(b, "time", ev->time_ms);
        json_str(b, "sender_id", m->sender_id);
        json_str(b, "by", m->sender_name);
        json_str(b, "why", m->text);
        json_str(b, "reaction", m->n_reactions ? m->reactions[0] : NULL);
        json_int(b, "flags", m->flags & ~(uint32_t)KITH_MSG_STRANGER);
        if (m->flags & KITH_MSG_STRANGER)
            json_int(b, "stranger", 1);
    } else if (ev->type == KITH_EV_RECEIPT) {
        json_str(b, "chat", c->chat);
        json_str(b, "id", c->id);
        json_int(b, "delivery", c->delivery);
        json_str(b, "text", c->text);
        json_str(b, "archive", c->archive_id);
    } else if (ev->type == KITH_EV_PRESENCE) {
        json_str(b, "address", p->address);
        json_str(b, "resource", p->resource);
        json_int(b, "show", p->show);
        json_str(b, "text", p->text);
    } else if (ev->type == KITH_EV_CONTACT) {
        json_str(b, "address", k->address);
        json_str(b, "name", k->name);
        json_int(b, "flags", k->flags);
    } else if (ev->type == KITH_EV_CONTACT_GONE) {
        json_str(b, "address", ((const struct kith_ev_contact_gone *)(const void *)ev)->address);
    } else if (ev->type == KITH_EV_TYPING) {
        json_str(b, "chat", ((const struct kith_ev_typing *)(const void *)ev)->chat);
        json_int(b, "state", ((const struct kith_ev_typing *)(const void *)ev)->state);
    } else if (ev->type == KITH_EV_MARKER) {
        json_str(b, "chat", ((const struct kith_ev_marker *)(const void *)ev)->chat);
        json_str(b, "id", ((const struct kith_ev_marker *)(const void *)ev)->id);
    } else if (ev->type == KITH_EV_CHAT) {
        json_str(b, "address", ((const struct kith_ev_chat *)(const void *)ev)->address);
        json_int(b, "flags", ((const struct kith_ev_chat *)(const void *)ev)->flags);
        json_str(b, "text", ((const struct kith_ev_chat *)(const void *)ev)->text);
    } else if (ev->type == KITH_EV_MEMBER) {
        const struct kith_ev_member *who = (const void *)ev;
        json_str(b, "chat", who->chat);
        json_str(b, "nick", who->nick);
        json_str(b, "id", who->id);
        json_str(b, "address", who->address);
        json_str(b, "prefix", who->prefix);
        json_str(b, "text", who->text);
        json_int(b, "role", who->role);
    } else if (ev->type == KITH_EV_MEMBER_GONE) {
        const struct kith_ev_member_gone *gone = (const void *)ev;
        json_str(b, "chat", gone->chat);
        json_str(b, "nick", gone->nick);
        json_int(b, "how", gone->how);
        json_str(b, "by", gone->by);
        json_str(b, "text", gone->text);
    } else if (ev->type == KITH_EV_ITEM) {
        const struct kith_ev_item *i = (const void *)ev;
        json_str(b, "address", i->address);
        json_str(b, "name", i->name);
        json_str(b, "words", i->text);
        for (size_t n_ = 0; n_ < i->n_fields; n_++)
            json_str(b, i->fields[n_].key, i->fields[n_].values[0]);
    } else if (ev->type == KITH_EV_SELF) {
        json_str(b, "address", f->address);
        json_str(b, "resource", f->resource);
    }
}
