/* core/inbox.c - what may want an answer: mentions, direct messages, replies to the user, keywords, failed sends */
#include "base/utf8.h"
#include "core/private.h"

enum { OF_A_CHAT = 20 }; /* of one chat's items; a flood of mentions leaves the first ones */

static void drop(struct core *c, const struct inbox_item *i)
{
    struct chat *chat = model_chat_by_id(c->model, i->chat);
    int64_t message = i->message;
    if (chat && chat->core && chat->core->inbox > 0)
        chat->core->inbox--;
    if (chat && chat->core && i->why == INBOX_DIRECT)
        chat->core->inbox_direct = false;
    store_drop_inbox(c->store, message);
    model_drop_inbox(c->model, message);
    core_touch(c);
}

static void on_due(void *user);

static void arm(struct core *c)
{
    int64_t next = 0, now = clock_wall_ms();
    for (size_t i = 0; i < c->model->n_inbox; i++) {
        int64_t until = c->model->inbox[i]->until;
        if (until && (!next || until < next))
            next = until;
    }
    loop_timer_del(c->inbox_timer);
    c->inbox_timer = next ? loop_timer_add(c->loop, MAX(0, next - now), on_due, c) : NULL;
}

/* The user hears of it as of a message. The notice may be in a log: what came encrypted is not in it. */
static void tell_due(struct core *c, struct chat *chat, const struct inbox_item *item)
{
    const struct message *m = chat ? chat_message(chat, item->message) : NULL;
    struct message *stored = chat && !m ? store_message(c->store, chat, item->message) : NULL;
    m = m ? m : stored;
    bool secret = !m || message_secret(chat, m);
    model_notice(c->model, NULL, NULL, KITH_INFO, "Back in the inbox: %s%s%s", item->who, secret ? "" : ": ", secret ? "" : item->text);
    if (chat)
        alert_reminder(c, chat, item->text, secret);
    message_free(stored);
}

/* What was put off is there again. */
static void on_due(void *user)
{
    struct core *c = user;
    int64_t now = clock_wall_ms();
    c->inbox_timer = NULL;
    for (size_t i = 0; i < c->model->n_inbox; i++) {
        struct inbox_item *item = c->model->inbox[i];
        struct chat *chat = model_chat_by_id(c->model, item->chat);
        if (!item->until || item->until > now)
            continue;
        item->until = 0;
        store_put_inbox(c->store, item);
        model_emit(c->model, &(struct model_event){.type = MODEL_INBOX});
        tell_due(c, chat, item);
    }
    core_touch(c);
    arm(c);
}

/* ---- coming in ---- */

static char *first_words(const struct message *m)
{
    bool file = str_empty(m->body) && m->n_attachments;
    if (message_gone(m))
        return xstrdup(MODEL_NOT_KEPT);
    struct buf b = {0};
    runs_add_covered(&b, file ? m->attachments[0].name : m->body, file ? NULL : m->spans);
    char *words = xstrndup(buf_str(&b), utf8_floor(buf_str(&b), b.len, MIN(b.len, (size_t)INBOX_TEXT)));
    buf_free(&b);
    return words;
}

static void add(struct core *c, struct chat *chat, const struct message *m, enum inbox_why why)
{
    if (m->id < 0 || model_inbox(c->model, m->id) || c->model->n_inbox >= INBOX_MAX ||
        chat->core->inbox >= OF_A_CHAT)
        return;
    struct inbox_item item = {.message = m->id,
                              .chat = chat->id,
                              .why = why,
                              .time = m->time,
                              .who = xstrdup(m->sender_name ? m->sender_name
                                             : m->sender    ? m->sender
                                                            : chat_title(chat)),
                              .text = first_words(m)};
    chat->core->inbox++;
    chat->core->inbox_direct = chat->core->inbox_direct || why == INBOX_DIRECT;
    store_put_inbox(c->store, &item);
    model_add_inbox(c->model, &item);
}

static bool answers_us(const struct chat *chat, const struct message *m)
{
    if (!m->reply_to)
        return false;
    const struct message *to = chat_message_by_ref(chat, m->reply_to);
    return to ? message_outgoing(to) : str_eq(m->reply_sender, chat->account->address);
}

enum inbox_rule inbox_decide(struct core *c, const struct chat *chat, const struct message *m)
{
    const struct contact *ct = chat_contact(chat);
    if (message_outgoing(m))
        return INBOX_OWN;
    if (chat->flags & KITH_CHAT_MUTED)
        return INBOX_MUTED;
    if (chat->kind == KITH_CHAT_SERVICE || (m->flags & KITH_MSG_SERVICE))
        return INBOX_SERVICE;
    if (ct && (ct->flags & KITH_CONTACT_BLOCKED))
        return INBOX_BLOCKED;
    bool direct = chat->kind == KITH_CHAT_DIRECT || (m->flags & KITH_MSG_PRIVATE);
    if (answers_us(chat, m))
        return (enum inbox_rule)INBOX_REPLY;
    if (m->mention)
        return (enum inbox_rule)INBOX_MENTION;
    if (direct) /* one a chat: those after it are read with it */
        return chat->core->inbox_direct ? INBOX_WAITS_ALREADY : (enum inbox_rule)INBOX_DIRECT;
    return patterns_hit(c, "notify.keywords", m->body) ? (enum inbox_rule)INBOX_KEYWORD : INBOX_TALK;
}

void inbox_arrived(struct core *c, struct chat *chat, const struct message *m)
{
    enum inbox_rule rule = inbox_decide(c, chat, m);
    if (rule < INBOX_OWN)
        add(c, chat, m, (enum inbox_why)rule);
}

/* Who answers is done with it: in a chat of two with all of it, in a room with what is replied to and with those who
 * are named. */
void inbox_said(struct core *c, struct chat *chat, const struct message *m, int64_t reply_to)
{
    for (size_t i = c->model->n_inbox; chat->core->inbox > 0 && i-- > 0;) {
        const struct inbox_item *item = c->model->inbox[i];
        if (item->chat != chat->id || item->why == INBOX_FAILED)
            continue;
        if (chat->kind != KITH_CHAT_ROOM || item->message == reply_to ||
            (m->body && alert_has_word(m->body, item->who, false, false)))
            drop(c, item);
    }
}

void inbox_failed(struct core *c, const struct message *m)
{
    add(c, m->chat, m, INBOX_FAILED);
}

/* ---- going ---- */

void inbox_forget(struct core *c, int64_t message)
{
    const struct inbox_item *item = model_inbox(c->model, message);
    if (item)
        drop(c, item);
}

void inbox_forget_chat(struct core *c, const struct chat *chat, bool failed_too)
{
    for (size_t i = c->model->n_inbox; i-- > 0;) {
        const struct inbox_item *item = c->model->inbox[i];
        if (item->chat == chat->id && (failed_too || item->why != INBOX_FAILED))
            drop(c, item);
    }
}

/* The account goes, what its chats hold stays in the store. */
void inbox_unload(struct core *c, const struct chat *chat)
{
    for (size_t i = c->model->n_inbox; i-- > 0;) {
        if (c->model->inbox[i]->chat == chat->id)
            model_drop_inbox(c->model, c->model->inbox[i]->message);
    }
}

void inbox_changed(struct core *c, const struct message *m)
{
    struct inbox_item *item = model_inbox(c->model, m->id);
    if (item && m->retracted) {
        drop(c, item);
    } else if (item) {
        str_take(&item->text, first_words(m));
        model_emit(c->model, &(struct model_event){.type = MODEL_INBOX});
    }
}

void inbox_forget_words(struct core *c, struct chat *chat)
{
    for (size_t i = 0; chat->core->inbox > 0 && i < c->model->n_inbox; i++) {
        struct inbox_item *item = c->model->inbox[i];
        struct message *m = item->chat == chat->id ? store_message(c->store, chat, item->message) : NULL;
        if (m && (!(m->flags & MESSAGE_UNKEPT) || message_gone(m))) {
            str_set(&item->text, MODEL_NOT_KEPT);
            model_emit(c->model, &(struct model_event){.type = MODEL_INBOX});
        }
        message_free(m);
    }
}

int core_inbox_done(struct core *c, int64_t message, struct err *e)
{
    const struct inbox_item *item = model_inbox(c->model, message);
    if (!item)
        return err_set(e, KITH_ENOTFOUND, "that is not in the inbox");
    drop(c, item);
    arm(c);
    return 0;
}

int core_inbox_snooze(struct core *c, int64_t message, int64_t until, struct err *e)
{
    struct inbox_item *item = model_inbox(c->model, message);
    if (!item)
        return err_set(e, KITH_ENOTFOUND, "that is not in the inbox");
    item->until = until;
    store_put_inbox(c->store, item);
    model_emit(c->model, &(struct model_event){.type = MODEL_INBOX});
    core_touch(c);
    arm(c);
    return 0;
}

/* ---- life ---- */

static void adopt(void *user, struct inbox_item *item)
{
    struct core *c = user;
    struct chat *chat = model_chat_by_id(c->model, item->chat);
    if (!chat || !chat->core || model_inbox(c->model, item->message)) {
        free(item->who); /* its account is not configured now */
        free(item->text);
        return;
    }
    chat->core->inbox++;
    chat->core->inbox_direct = chat->core->inbox_direct || item->why == INBOX_DIRECT;
    if (!item->who)
        item->who = xstrdup(chat_title(chat));
    if (!item->text)
        item->text = xstrdup(MODEL_NOT_KEPT);
    model_add_inbox(c->model, item);
}

void inbox_load(struct core *c)
{
    store_load_inbox(c->store, adopt, c);
    arm(c);
}
