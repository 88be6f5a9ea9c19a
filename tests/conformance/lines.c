/* tests/conformance/lines.c - events as lines of text, and finding them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conformance/host.h"

static void add(struct buf *b, const char *key, const char *value)
{
    if (!value)
        return;
    buf_addf(b, "\t%s=", key);
    for (; *value; value++) {
        if (*value == '\t' || *value == '\n' || *value == '\\')
            buf_addf(b, "\\%c", *value == '\t' ? 't' : *value == '\n' ? 'n' : '\\');
        else
            buf_addc(b, *value);
    }
}

static void addn(struct buf *b, const char *key, int64_t n)
{
    buf_addf(b, "\t%s=%lld", key, (long long)n);
}

static void addv(struct buf *b, const char *key, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(b, key, v[i]);
}

static const struct {
    uint32_t type;
    const char *name;
    size_t size;
} types[] = {
    {KITH_EV_STATE, "STATE", sizeof(struct kith_ev_state)},
    {KITH_EV_CAPS, "CAPS", sizeof(struct kith_ev_caps)},
    {KITH_EV_SELF, "SELF", sizeof(struct kith_ev_self)},
    {KITH_EV_REPLY, "REPLY", sizeof(struct kith_ev_reply)},
    {KITH_EV_NOTICE, "NOTICE", sizeof(struct kith_ev_notice)},
    {KITH_EV_ASK, "ASK", sizeof(struct kith_ev_ask)},
    {KITH_EV_ASK_GONE, "ASK_GONE", sizeof(struct kith_ev_ask_gone)},
    {KITH_EV_ITEM, "ITEM", sizeof(struct kith_ev_item)},
    {KITH_EV_SYNC_BEGIN, "SYNC_BEGIN", sizeof(struct kith_ev_sync)},
    {KITH_EV_SYNC_END, "SYNC_END", sizeof(struct kith_ev_sync)},
    {KITH_EV_CONTACT, "CONTACT", sizeof(struct kith_ev_contact)},
    {KITH_EV_CONTACT_GONE, "CONTACT_GONE", sizeof(struct kith_ev_contact_gone)},
    {KITH_EV_PRESENCE, "PRESENCE", sizeof(struct kith_ev_presence)},
    {KITH_EV_CHAT, "CHAT", sizeof(struct kith_ev_chat)},
    {KITH_EV_CHAT_GONE, "CHAT_GONE", sizeof(struct kith_ev_chat_gone)},
    {KITH_EV_MEMBER, "MEMBER", sizeof(struct kith_ev_member)},
    {KITH_EV_MEMBER_GONE, "MEMBER_GONE", sizeof(struct kith_ev_member_gone)},
    {KITH_EV_MESSAGE, "MESSAGE", sizeof(struct kith_ev_message)},
    {KITH_EV_RECEIPT, "RECEIPT", sizeof(struct kith_ev_receipt)},
    {KITH_EV_TYPING, "TYPING", sizeof(struct kith_ev_typing)},
    {KITH_EV_MARKER, "MARKER", sizeof(struct kith_ev_marker)},
    {KITH_EV_PROGRESS, "PROGRESS", sizeof(struct kith_ev_progress)},
    {KITH_EV_SUB, "SUB", sizeof(struct kith_ev_sub)},
    {KITH_EV_SUB_GONE, "SUB_GONE", sizeof(struct kith_ev_sub_gone)},
    {KITH_EV_LINK, "LINK", sizeof(struct kith_ev_link)},
    {KITH_EV_HAPPENED, "HAPPENED", sizeof(struct kith_ev_happened)},
    {KITH_EV_ENCRYPTION, "ENCRYPTION", sizeof(struct kith_ev_encryption)},
    {KITH_EV_DEVICE, "DEVICE", sizeof(struct kith_ev_device)},
};

size_t rec_event_size(uint32_t type)
{
    for (size_t i = 0; i < COUNT(types); i++) {
        if (types[i].type == type)
            return types[i].size;
    }
    return 0;
}

static void add_state(struct buf *b, const struct kith_ev_state *e)
{
    addn(b, "state", e->state);
    addn(b, "err", e->err);
    add(b, "text", e->text);
    addn(b, "retry", e->retry);
    addn(b, "resumed", e->resumed);
    addn(b, "deadline", e->deadline_ms);
}

static void add_ask(struct buf *b, const struct kith_ev_ask *e)
{
    addn(b, "ask", (int64_t)e->ask);
    addn(b, "kind", e->kind);
    add(b, "subject", e->subject);
    add(b, "title", e->title);
    add(b, "text", e->text);
    for (size_t i = 0; i < e->n_choices; i++)
        add(b, "choice", e->choices[i].id);
    for (size_t i = 0; i < e->n_fields; i++)
        add(b, "field", e->fields[i].key);
}

static void add_chat(struct buf *b, const struct kith_ev_chat *e)
{
    add(b, "address", e->address);
    add(b, "name", e->name);
    addn(b, "kind", e->kind);
    addn(b, "flags", e->flags);
    add(b, "topic", e->topic);
    add(b, "topic_by", e->topic_by);
    add(b, "nick", e->nick);
    add(b, "text", e->text);
}

static void add_member(struct buf *b, const struct kith_ev_member *e)
{
    add(b, "chat", e->chat);
    add(b, "nick", e->nick);
    add(b, "id", e->id);
    add(b, "address", e->address);
    add(b, "old_nick", e->old_nick);
    addn(b, "role", e->role);
    addn(b, "show", e->show);
    addn(b, "flags", e->flags);
}

static void add_message(struct buf *b, const struct kith_ev_message *e)
{
    add(b, "chat", e->chat);
    add(b, "sender", e->sender);
    add(b, "sender_id", e->sender_id);
    add(b, "id", e->id);
    add(b, "origin_id", e->origin_id);
    add(b, "archive_id", e->archive_id);
    add(b, "target", e->target);
    add(b, "reply_to", e->reply_to);
    add(b, "body", e->body);
    add(b, "text", e->text);
    for (size_t i = 0; i < e->n_spans; i++) {
        char look[48];
        (void)snprintf(look, sizeof look, "%u+%u:%x", (unsigned)e->spans[i].start, (unsigned)e->spans[i].len,
                       (unsigned)e->spans[i].style);
        add(b, "look", look);
    }
    addv(b, "reaction", e->reactions, e->n_reactions);
    for (size_t i = 0; i < e->n_attachments; i++) {
        add(b, "attachment", e->attachments[i].id);
        add(b, "file", e->attachments[i].name);
        addn(b, "bytes", e->attachments[i].bytes);
    }
    addn(b, "flags", e->flags & ~(uint32_t)KITH_MSG_STRANGER); /* who is in whose list is not the same in all */
    addn(b, "enc", e->enc);
}

static void add_receipt(struct buf *b, const struct kith_ev_receipt *e)
{
    add(b, "chat", e->chat);
    add(b, "who", e->who);
    add(b, "id", e->id);
    addn(b, "delivery", e->delivery);
    addn(b, "up_to", e->up_to);
    addn(b, "err", e->err);
    add(b, "text", e->text);
    add(b, "archive_id", e->archive_id);
}

static void add_people(struct buf *b, const struct kith_event *ev)
{
    if (ev->type == KITH_EV_CONTACT) {
        const struct kith_ev_contact *e = (const void *)ev;
        add(b, "address", e->address);
        add(b, "name", e->name);
        addv(b, "group", e->groups, e->n_groups);
        addn(b, "flags", e->flags);
    } else if (ev->type == KITH_EV_CONTACT_GONE) {
        add(b, "address", ((const struct kith_ev_contact_gone *)ev)->address);
    } else if (ev->type == KITH_EV_PRESENCE) {
        const struct kith_ev_presence *e = (const void *)ev;
        add(b, "address", e->address);
        add(b, "resource", e->resource);
        addn(b, "show", e->show);
        add(b, "text", e->text);
    } else if (ev->type == KITH_EV_MEMBER_GONE) {
        const struct kith_ev_member_gone *e = (const void *)ev;
        add(b, "chat", e->chat);
        add(b, "nick", e->nick);
        addn(b, "how", e->how);
        add(b, "text", e->text);
    } else if (ev->type == KITH_EV_SELF) {
        const struct kith_ev_self *e = (const void *)ev;
        add(b, "address", e->address);
        add(b, "name", e->name);
        add(b, "resource", e->resource);
    }
}

static void add_rest(struct buf *b, const struct kith_event *ev)
{
    if (ev->type == KITH_EV_REPLY) {
        const struct kith_ev_reply *e = (const void *)ev;
        addn(b, "req", (int64_t)ev->req);
        addn(b, "err", e->err);
        add(b, "text", e->text);
        addn(b, "more", e->more);
        add(b, "cursor", e->cursor);
    } else if (ev->type == KITH_EV_NOTICE) {
        const struct kith_ev_notice *e = (const void *)ev;
        addn(b, "level", e->level);
        add(b, "chat", e->chat);
        add(b, "text", e->text);
    } else if (ev->type == KITH_EV_ASK_GONE) {
        addn(b, "ask", (int64_t)((const struct kith_ev_ask_gone *)ev)->ask);
    } else if (ev->type == KITH_EV_ITEM) {
        const struct kith_ev_item *e = (const void *)ev;
        addn(b, "req", (int64_t)ev->req);
        add(b, "address", e->address);
        add(b, "name", e->name);
        add(b, "text", e->text);
        addn(b, "number", e->number);
    } else if (ev->type == KITH_EV_SYNC_BEGIN || ev->type == KITH_EV_SYNC_END) {
        addn(b, "what", ((const struct kith_ev_sync *)ev)->what);
        add(b, "chat", ((const struct kith_ev_sync *)ev)->chat);
    } else if (ev->type == KITH_EV_TYPING) {
        const struct kith_ev_typing *e = (const void *)ev;
        add(b, "chat", e->chat);
        add(b, "who", e->who);
        addn(b, "state", e->state);
        add(b, "live", e->live);
    } else if (ev->type == KITH_EV_CAPS) {
        addn(b, "caps", ((const struct kith_ev_caps *)ev)->caps);
    } else if (ev->type == KITH_EV_PROGRESS) {
        addn(b, "req", (int64_t)ev->req);
        addn(b, "done", ((const struct kith_ev_progress *)ev)->done);
        addn(b, "total", ((const struct kith_ev_progress *)ev)->total);
    } else if (ev->type == KITH_EV_LINK) {
        addn(b, "waiting", ((const struct kith_ev_link *)ev)->waiting);
    } else if (ev->type == KITH_EV_HAPPENED) {
        const struct kith_ev_happened *e = (const void *)ev;
        add(b, "chat", e->chat);
        add(b, "nick", e->nick);
        addn(b, "what", e->what);
        add(b, "text", e->text);
    } else if (ev->type == KITH_EV_ENCRYPTION) {
        const struct kith_ev_encryption *e = (const void *)ev;
        add(b, "chat", e->chat);
        addn(b, "flags", e->flags);
        add(b, "text", e->text);
    } else if (ev->type == KITH_EV_DEVICE) {
        const struct kith_ev_device *e = (const void *)ev;
        add(b, "who", e->who);
        add(b, "id", e->id);
        addn(b, "trust", e->trust);
        addn(b, "reads", e->reads);
        add(b, "why", e->why);
    } else if (ev->type == KITH_EV_CHAT_GONE) {
        add(b, "address", ((const struct kith_ev_chat_gone *)ev)->address);
    } else if (ev->type == KITH_EV_SUB) {
        const struct kith_ev_sub *e = (const void *)ev;
        add(b, "id", e->id);
        add(b, "name", e->name);
        add(b, "text", e->text);
        for (size_t i = 0; i < e->n_options; i++)
            addv(b, e->options[i].key, e->options[i].values, e->options[i].n_values);
    } else if (ev->type == KITH_EV_SUB_GONE) {
        add(b, "id", ((const struct kith_ev_sub_gone *)ev)->id);
    } else if (ev->type == KITH_EV_MARKER) {
        add(b, "chat", ((const struct kith_ev_marker *)ev)->chat);
        add(b, "id", ((const struct kith_ev_marker *)ev)->id);
    }
}

char *rec_line(const struct kith_event *ev)
{
    struct buf b = {0};
    const char *name = "UNKNOWN";
    for (size_t i = 0; i < COUNT(types); i++) {
        if (types[i].type == ev->type)
            name = types[i].name;
    }
    buf_adds(&b, name);
    if (ev->type == KITH_EV_STATE)
        add_state(&b, (const void *)ev);
    else if (ev->type == KITH_EV_ASK)
        add_ask(&b, (const void *)ev);
    else if (ev->type == KITH_EV_CHAT)
        add_chat(&b, (const void *)ev);
    else if (ev->type == KITH_EV_MEMBER)
        add_member(&b, (const void *)ev);
    else if (ev->type == KITH_EV_MESSAGE)
        add_message(&b, (const void *)ev);
    else if (ev->type == KITH_EV_RECEIPT)
        add_receipt(&b, (const void *)ev);
    add_people(&b, ev);
    add_rest(&b, ev);
    return buf_take(&b);
}

/* One part of the words is a whole field of the line; "key=value*" matches a beginning, "key=*x*"
 * any place. */
static bool has_part(const char *line, const char *part, size_t len)
{
    bool prefix = len && part[len - 1] == '*';
    if (prefix)
        len--;
    const char *inner = memchr(part, '*', len);
    for (const char *f = line; f; f = strchr(f, '\t')) {
        f += *f == '\t';
        size_t n = strcspn(f, "\t");
        if (inner && (size_t)(inner - part) <= n && strncmp(f, part, (size_t)(inner - part)) == 0) {
            char *field = xstrndup(f, n),
                 *want = xstrndup(inner + 1, len - (size_t)(inner + 1 - part));
            bool hit = strstr(field, want);
            free(field);
            free(want);
            if (hit)
                return true;
        } else if (!inner && n >= len && (prefix || n == len) && strncmp(f, part, len) == 0) {
            return true;
        }
    }
    return false;
}

bool rec_matches(const char *line, const char *words)
{
    for (const char *p = words; p; p = strchr(p, '|')) {
        p += *p == '|';
        if (!has_part(line, p, strcspn(p, "|")))
            return false;
    }
    return true;
}
