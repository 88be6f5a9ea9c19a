/* core/send.c - what the user writes: a row in the store and a line on the screen before anything
 * is on the wire */
#include <stdio.h>

#include "base/utf8.h"
#include "core/private.h"

/* What is shown is what is sent: cleaned as the border would. Owned. */
char *send_clean(const char *body, unsigned mode)
{
    size_t len = strlen(body);
    if (utf8_is_clean(body, len, mode))
        return xstrdup(body);
    struct buf b = {0};
    utf8_clean(&b, body, len, mode, KITH_MAX_BODY);
    return buf_take(&b);
}

const char *send_ref(const struct chat *chat, const struct message *m)
{
    bool server_names = chat->kind == KITH_CHAT_ROOM || chat->account->caps & KITH_CAP_SERVER_IDS;
    if (server_names && m->archive_id) /* XEP-0461 §3, XEP-0444 §3.2; IRCv3 msgid */
        return m->archive_id;
    return m->origin_id ? m->origin_id : m->wire_id; /* XEP-0461 §3.2, XEP-0444 §3.2 */
}

struct message *send_get(struct core *c, struct chat *chat, int64_t id)
{
    const struct message *loaded = chat_message(chat, id);
    return loaded ? message_dup(loaded) : store_message(c->store, chat, id);
}

static int check(struct chat *chat, const char *body, struct err *e)
{
    bool online = chat->account->state == KITH_STATE_ONLINE;
    if (!body || !*body)
        return err_set(e, KITH_EINVAL, "there is nothing to send");
    if (strlen(body) > KITH_MAX_BODY)
        return err_set(e, KITH_ETOOBIG, "the text is too long: %zu of at most %d bytes",
                       strlen(body), KITH_MAX_BODY);
    if (chat->kind == KITH_CHAT_ROOM && online && !(chat->flags & KITH_CHAT_JOINED))
        return err_set(e, KITH_EOFFLINE, "you are not in %s; /join it first", chat_title(chat));
    return 0;
}

struct message *own_message(struct core *c, struct chat *chat, const char *body, const char *spans,
                            bool action)
{
    const struct account *a = chat->account;
    char id[23];
    rand_id(id);
    struct message *m = message_new();
    m->chat = chat;
    m->id = store_new_id(c->store);
    m->time = clock_wall_ms();
    m->sort = chats_next_sort(chat, m->time);
    m->kind = action ? MESSAGE_ACTION : MESSAGE_TEXT;
    m->flags = KITH_MSG_OUTGOING | (action ? KITH_MSG_ACTION : 0u) | message_kept_as(chat->flags);
    m->delivery = DELIVERY_QUEUED;
    bool room = chat->kind == KITH_CHAT_ROOM && chat->nick;
    m->sender = room ? xasprintf("%s/%s", chat->address, chat->nick) : xstrdup(a->address);
    m->sender_name = xstrdup(room ? chat->nick : a->nick);
    m->origin_id = xstrdup(id);
    m->body = xstrdup(body);
    m->spans = xstrdup(spans);
    return m;
}

static void reply_to(struct core *c, struct chat *chat, struct message *m,
                     struct store_outgoing *row, int64_t id)
{
    struct message *to = id ? send_get(c, chat, id) : NULL;
    if (to) {
        str_set(&m->reply_to, send_ref(chat, to));
        str_set(&m->reply_sender, to->sender);
        row->reply_to = xstrdup(m->reply_to);
        row->reply_sender = xstrdup(to->sender);
        row->reply_body = spans_quoted(to);
    }
    message_free(to);
}

static int64_t send_new(struct core *c, struct chat *chat, const struct core_send *s)
{
    struct core_account *ca = chat->account->core;
    bool action = s->flags & CORE_SEND_ACTION;
    struct message *m = own_message(c, chat, s->body, s->spans, action);
    struct store_outgoing row = {.message = m->id,
                                 .op = STORE_SEND,
                                 .flags = action ? KITH_SEND_ACTION : 0u,
                                 .written = m->time,
                                 .origin_id = xstrdup(m->origin_id),
                                 .body = xstrdup(m->body),
                                 .spans = xstrdup(m->spans)};
    int64_t same, id = m->id;
    reply_to(c, chat, m, &row, s->reply_to);
    store_add_message(c->store, m, &same);
    outbox_add(ca, chat, &row);
    chats_show(c, chat);
    chat->active = chat->said = m->time;
    unread_read_up_to(c, chat, m->sort, m->id, READ_ANSWERED);
    inbox_said(c, chat, m, s->reply_to);
    save_chat(c, chat);
    chat_insert_message(chat, m);
    return id;
}

int64_t core_send(struct core *c, struct chat *chat, const struct core_send *s, struct err *e)
{
    struct core_send clean = *s;
    char *body = NULL, *spans = NULL;
    int64_t r = check(chat, s->body, e);
    if (r >= 0) {
        body = spans_written(chat, s, &spans, e);
        clean.body = body;
        clean.spans = spans;
        r = body ? check(chat, body, e) : KITH_EUNSUP;
    }
    if (r >= 0) {
        chat->core->typing_sent = KITH_TYPING_NONE; /* whoever hears it knows */
        r = s->edit ? change_send_edit(c, chat, &clean, e) : send_new(c, chat, &clean);
    }
    free(body);
    free(spans);
    return r;
}

int core_resend(struct core *c, struct message *m, struct err *e)
{
    struct chat *chat = m->chat;
    if (m->change_failure)
        return change_resend(c, m, e);
    if (m->delivery != DELIVERY_FAILED)
        return err_set(e, KITH_EINVAL, "only what failed can be sent again");
    if (message_gone(m))
        return err_set(e, KITH_ENOTFOUND, "what it said was not kept on this machine; write it anew");
    if (m->n_attachments > 0)
        return files_resend(c, m, e);
    struct core_send s = {.body = m->body,
                          .spans = m->spans,
                          .flags = m->kind == MESSAGE_ACTION ? CORE_SEND_ACTION : 0u};
    int r = check(chat, s.body, e);
    if (r < 0)
        return r;
    send_new(c, chat, &s);
    inbox_forget(c, m->id);
    store_drop_message(c->store, m);
    chat_remove_message(chat, m);
    return 0;
}

/* m may be a copy of the one that is shown. */
void send_drop(struct core *c, struct message *m)
{
    struct message *loaded = chat_message(m->chat, m->id);
    inbox_forget(c, m->id);
    store_drop_message(c->store, m);
    if (loaded)
        chat_remove_message(m->chat, loaded);
    core_touch(c);
}

int core_cancel(struct core *c, struct message *m, struct err *e)
{
    struct core_account *ca = m->chat->account->core;
    bool waits = m->delivery == DELIVERY_QUEUED, failed = m->delivery == DELIVERY_FAILED;
    if (!waits && !failed && m->change != CHANGE_NONE)
        return change_cancel(c, m, e);
    if (!waits && !failed)
        return err_set(e, KITH_EINVAL, "it was sent already; /retract withdraws it");
    if (waits && !outbox_cancel(ca, m->id)) {
        if (paced_take_back(ca, m->id))
            return 0; /* it goes when the backend says so */
        return err_set(e, KITH_EBUSY, "it may have left already; wait until that is known");
    }
    files_stop(c, m);
    send_drop(c, m);
    return 0;
}

void core_typing(struct core *c, struct chat *chat, enum kith_typing state, const char *live)
{
    enum { FULL = 16 << 10 };
    struct core_account *ca = chat->account->core;
    struct core_chat *cc = chat->core;
    bool can = chat->account->state == KITH_STATE_ONLINE && (chat->account->caps & KITH_CAP_TYPING);
    can = can && core_may_tell(c, chat, "privacy.typing");
    if (!can || (cc->typing_sent == state && !live) || frame_queued(&ca->link.io) > FULL)
        return;
    cc->typing_sent = state;
    struct wire_op op = {.size = sizeof op,
                         .type = OP_TYPING,
                         .chat = chat->address,
                         .number = state,
                         .text = chat->account->caps & KITH_CAP_LIVE_TEXT ? live : NULL};
    link_op(ca, &op, -1, NULL);
}
