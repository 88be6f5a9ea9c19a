/* core/change_out.c - what the user does to a message later: edits, withdrawals and reactions, each
 * a row of the ledger; the screen shows them as no further than they are */
#include "base/utf8.h"
#include "core/private.h"

enum { MOST_REACTIONS_OUT = 20 };

/* ---- the rows of one message ---- */

static enum change change_of(const struct outgoing *o)
{
    switch ((enum store_op)o->row.op) {
    case STORE_SEND:
        return o->row.flags & KITH_SEND_EDIT ? CHANGE_EDIT : CHANGE_NONE;
    case STORE_RETRACT:
        return CHANGE_RETRACT;
    case STORE_REACT:
        return CHANGE_REACT;
    }
    return CHANGE_NONE;
}

static bool is_about(const struct outgoing *o, const struct chat *chat, int64_t message)
{
    return o->chat == chat && o->row.message == message && change_of(o) != CHANGE_NONE;
}

static bool untouched(const struct outgoing *o)
{
    return o->row.failure || (o->row.attempts == 0 && !o->ready && !o->issued);
}

/* The first row of this kind that has not gone anywhere. */
static struct outgoing *waiting(struct core_account *ca, const struct chat *chat, int64_t message,
                                enum change what)
{
    struct outgoing *o = ca->queue;
    while (o && !(is_about(o, chat, message) && change_of(o) == what && untouched(o)))
        o = o->next;
    return o;
}

static void drop_waiting(struct core_account *ca, const struct chat *chat, int64_t message,
                         enum change what)
{
    struct outgoing *o;
    while ((o = waiting(ca, chat, message, what)))
        outbox_drop(ca, o);
}

void change_mark(struct core_account *ca, struct chat *chat, int64_t message)
{
    struct message *m = chat_message(chat, message);
    enum change what = CHANGE_NONE;
    const char *why = NULL;
    for (const struct outgoing *o = ca->queue; m && o; o = o->next) {
        if (!is_about(o, chat, message) || (why && !o->row.failure))
            continue; /* what failed is more than what is on its way */
        what = change_of(o);
        why = o->row.failure;
    }
    if (!m || (m->change == what && str_eq(m->change_failure, why)))
        return;
    m->change = what;
    str_set(&m->change_failure, why);
    chat_message_changed(m);
}

void change_mark_all(struct chat *chat)
{
    struct core_account *ca = chat->account->core;
    for (const struct outgoing *o = ca->queue; o; o = o->next) {
        if (o->chat == chat && change_of(o) != CHANGE_NONE)
            change_mark(ca, chat, o->row.message);
    }
}

static void add(struct chat *chat, struct store_outgoing *row)
{
    struct core_account *ca = chat->account->core;
    outbox_add(ca, chat, row);
    change_mark(ca, chat, row->message);
}

/* ---- may it be done? ---- */

int core_may_change(const struct chat *chat, enum change what, struct err *e)
{
    static const struct {
        uint32_t cap;
        const char *words;
    } kinds[] = {[CHANGE_EDIT] = {KITH_CAP_EDIT, "edited"},
                 [CHANGE_RETRACT] = {KITH_CAP_RETRACT, "withdrawn"},
                 [CHANGE_REACT] = {KITH_CAP_REACT, "reacted to"}};
    const struct account *a = chat->account;
    const char *protocol = a->protocol_label ? a->protocol_label : a->protocol;
    uint32_t caps = chat->caps ? chat->caps & a->caps : a->caps;
    if (what == CHANGE_NONE)
        return 0;
    if (what != CHANGE_EDIT && a->core && a->core->link.protocol &&
        !(a->groups & ACCOUNT_HAS_CHANGE))
        return err_set(e, KITH_EUNSUP, "messages cannot be %s in %s", kinds[what].words, protocol);
    if (a->state == KITH_STATE_ONLINE && !(caps & kinds[what].cap))
        return err_set(e, KITH_EUNSUP, "messages cannot be %s in this chat of %s",
                       kinds[what].words, a->name);
    return 0; /* offline: it waits; the account says when it is back */
}

static int may_change(const struct message *m, enum change what, struct err *e)
{
    if (!m)
        return err_set(e, KITH_ENOTFOUND, "that message is not here");
    if (m->retracted)
        return err_set(e, KITH_EINVAL, "the message was withdrawn");
    if (what != CHANGE_REACT && !message_outgoing(m))
        return err_set(e, KITH_EDENIED, "only your own messages can be %s",
                       what == CHANGE_EDIT ? "edited" : "withdrawn");
    if (m->delivery == DELIVERY_FAILED)
        return err_set(e, KITH_EINVAL, "the message was never sent; /resend it or write it anew");
    if (m->change == CHANGE_RETRACT && !m->change_failure)
        return err_set(e, KITH_EINVAL, "the message is being withdrawn");
    return core_may_change(m->chat, what, e);
}

/* ---- edits ---- */

/* XEP-0308 §3: edits name the id that the first version had on the wire. */
static const char *edit_ref(const struct message *m)
{
    return m->wire_id ? m->wire_id : m->origin_id;
}

/* What has not left yet is sent as it reads now. */
static bool rewrite_unsent(struct core *c, struct chat *chat, struct message *m, const char *body,
                           const char *spans)
{
    struct outgoing *o = chat->account->core->queue;
    while (o && !(o->chat == chat && o->row.message == m->id && o->row.op == STORE_SEND &&
                  !(o->row.flags & KITH_SEND_EDIT)))
        o = o->next;
    if (!o || !untouched(o))
        return false;
    str_set(&o->row.body, body);
    str_set(&o->row.spans, spans);
    store_put_outgoing(c->store, &o->row);
    store_rewrite(c->store, m, body, spans);
    change_loaded(chat, m);
    c->urgent = true;
    core_touch(c);
    return true;
}

/* An edit replaces the whole message: that it answers another one is said again. */
static void keep_reply(struct core *c, struct chat *chat, const struct message *m,
                       struct store_outgoing *row)
{
    struct message *to = m->reply_to ? store_find_message(c->store, chat, m->reply_to, NULL) : NULL;
    row->reply_to = xstrdup(m->reply_to);
    row->reply_sender = xstrdup(m->reply_sender);
    row->reply_body = to && !to->retracted ? spans_quoted(to) : NULL;
    row->thread = xstrdup(m->thread);
    message_free(to);
}

static void edit_sent(struct core *c, struct chat *chat, struct message *m, const char *body,
                      const char *spans)
{
    struct core_account *ca = chat->account->core;
    struct outgoing *o;
    while ((o = waiting(ca, chat, m->id, CHANGE_EDIT))) { /* this one says it all */
        store_unedit(c->store, m, o->row.origin_id);
        outbox_drop(ca, o);
    }
    char id[23];
    rand_id(id);
    struct store_outgoing row = {.message = m->id,
                                 .op = STORE_SEND,
                                 .flags = KITH_SEND_EDIT |
                                          (m->kind == MESSAGE_ACTION ? KITH_SEND_ACTION : 0u),
                                 .written = clock_wall_ms(),
                                 .origin_id = xstrdup(id),
                                 .target = xstrdup(edit_ref(m)),
                                 .body = xstrdup(body),
                                 .spans = xstrdup(spans)};
    keep_reply(c, chat, m, &row);
    if (!(chat->flags & KITH_CHAT_ENCRYPTED))
        m->enc = KITH_ENC_NONE;
    if (store_edit(c->store, m, id, row.written, body, spans))
        change_loaded(chat, m);
    add(chat, &row);
}

int64_t change_send_edit(struct core *c, struct chat *chat, const struct core_send *s,
                         struct err *e)
{
    struct message *m = send_get(c, chat, s->edit);
    int64_t r = may_change(m, CHANGE_EDIT, e);
    if (r == 0 && !edit_ref(m))
        r = err_set(e, KITH_EUNSUP, "the message has no id by which it could be edited");
    if (r == 0) {
        bool same = str_eq(s->body, m->body) && str_eq(s->spans, m->spans);
        if (!same && !rewrite_unsent(c, chat, m, s->body, s->spans))
            edit_sent(c, chat, m, s->body, s->spans);
        r = m->id;
    }
    message_free(m);
    return r;
}

/* ---- withdrawing ---- */

int core_retract(struct core *c, struct message *m, const char *reason, struct err *e)
{
    struct chat *chat = m->chat;
    struct core_account *ca = chat->account->core;
    bool server_names = chat->kind == KITH_CHAT_ROOM || chat->account->caps & KITH_CAP_SERVER_IDS;
    const char *target = server_names ? send_ref(chat, m) : edit_ref(m); /* XEP-0424 §4: the message's own id */
    char id[23];
    int r = may_change(m, CHANGE_RETRACT, e);
    if (r < 0)
        return r;
    if (!target || m->id < 0)
        return err_set(e, KITH_EUNSUP, "the message has no id by which it could be named");
    drop_waiting(ca, chat, m->id, CHANGE_EDIT);
    drop_waiting(ca, chat, m->id, CHANGE_REACT);
    drop_waiting(ca, chat, m->id, CHANGE_RETRACT);
    if (m->delivery == DELIVERY_QUEUED && outbox_cancel(ca, m->id)) {
        store_drop_message(c->store, m); /* it never left */
        chat_remove_message(chat, m);
        return 0;
    }
    rand_id(id);
    struct store_outgoing row = {.message = m->id,
                                 .op = STORE_RETRACT,
                                 .written = clock_wall_ms(),
                                 .origin_id = xstrdup(id),
                                 .target = xstrdup(target),
                                 .body = xstrdup(reason)};
    add(chat, &row);
    return 0;
}

/* ---- reactions ---- */

static char *one_a_line(const char *const *texts, size_t n)
{
    struct buf lines = {0};
    for (size_t i = 0; i < n; i++) {
        char *one = send_clean(texts[i], UTF8_LINE);
        buf_addf(&lines, "%s\n", one);
        free(one);
    }
    return buf_take(&lines);
}

static void put_own(struct core *c, struct chat *chat, int64_t id, const char *lines)
{
    const char *texts[MOST_REACTIONS_OUT], *me = chat->account->address;
    char *copy = xstrdup(lines ? lines : "");
    size_t n = outbox_split_lines(copy, texts, COUNT(texts));
    struct message *loaded = chat_message(chat, id), *m = send_get(c, chat, id);
    if (m)
        store_react(c->store, m, me, texts, n, clock_wall_ms());
    if (loaded) {
        message_set_reactions(loaded, me, texts, n);
        chat_message_changed(loaded);
    }
    message_free(m);
    free(copy);
}

static char *own_now(const struct message *m)
{
    const char *texts[MOST_REACTIONS_OUT];
    size_t n = 0;
    for (size_t i = 0; i < m->n_reactions && n < COUNT(texts); i++) {
        if (str_eq(m->reactions[i].sender, m->chat->account->address))
            texts[n++] = m->reactions[i].text;
    }
    return one_a_line(texts, n);
}

int core_react(struct core *c, struct message *m, const char *const *reactions, size_t n,
               struct err *e)
{
    struct chat *chat = m->chat;
    struct core_account *ca = chat->account->core;
    const char *target = send_ref(chat, m);
    int64_t message = m->id;
    char id[23];
    int r = may_change(m, CHANGE_REACT, e);
    if (r < 0)
        return r;
    if (!target || m->id < 0)
        return err_set(e, KITH_EUNSUP, "the message has no id by which it could be named");
    if (n > MOST_REACTIONS_OUT)
        return err_set(e, KITH_ETOOBIG, "that are too many reactions");
    struct outgoing *old = waiting(ca, chat, m->id, CHANGE_REACT);
    char *before = old ? xstrdup(old->row.reply_body) : own_now(m);
    drop_waiting(ca, chat, m->id, CHANGE_REACT);
    rand_id(id);
    struct store_outgoing row = {.message = message,
                                 .op = STORE_REACT,
                                 .written = clock_wall_ms(),
                                 .origin_id = xstrdup(id),
                                 .target = xstrdup(target),
                                 .body = one_a_line(reactions, n),
                                 .reply_body = before};
    put_own(c, chat, message, row.body);
    if (str_eq(row.body, before) && old) { /* the one that waited is taken back */
        store_outgoing_clear(&row);
        change_mark(ca, chat, message);
        return 0;
    }
    add(chat, &row);
    return 0;
}

/* ---- what became of it ---- */

void change_settled(struct core_account *ca, const struct outgoing *o)
{
    struct core *c = ca->core;
    struct message *m =
        change_of(o) == CHANGE_RETRACT ? send_get(c, o->chat, o->row.message) : NULL;
    if (m && !m->retracted) {
        store_retract(c->store, m);
        change_loaded(o->chat, m);
    }
    message_free(m);
    if (change_of(o) == CHANGE_REACT && o->row.failure) /* it arrived after all */
        put_own(c, o->chat, o->row.message, o->row.body);
}

void change_failed(struct core_account *ca, struct outgoing *o, const char *why)
{
    struct core *c = ca->core;
    static const char *const words[] = {[CHANGE_NONE] = "the message",
                                        [CHANGE_EDIT] = "the edit",
                                        [CHANGE_RETRACT] = "the withdrawal",
                                        [CHANGE_REACT] = "the reaction"};
    str_set(&o->row.failure, why);
    store_put_outgoing(c->store, &o->row);
    if (change_of(o) == CHANGE_REACT)
        put_own(c, o->chat, o->row.message, o->row.reply_body);
    change_mark(ca, o->chat, o->row.message);
    core_touch(c);
    model_notice(c->model, ca->account, o->chat, KITH_ERROR, "%s was not sent: %s",
                 words[change_of(o)], why);
}

int change_resend(struct core *c, struct message *m, struct err *e)
{
    struct chat *chat = m->chat;
    struct core_account *ca = chat->account->core;
    int64_t id = m->id;
    int r = core_may_change(chat, m->change, e);
    for (struct outgoing *o = ca->queue; r >= 0 && o; o = o->next) {
        if (!is_about(o, chat, id) || !o->row.failure)
            continue;
        str_set(&o->row.failure, NULL);
        store_put_outgoing(c->store, &o->row);
        if (change_of(o) == CHANGE_REACT)
            put_own(c, chat, id, o->row.body);
        outbox_again(ca, o);
    }
    change_mark(ca, chat, id);
    return r;
}

int change_cancel(struct core *c, struct message *m, struct err *e)
{
    struct chat *chat = m->chat;
    struct core_account *ca = chat->account->core;
    int64_t id = m->id;
    bool left = false;
    struct outgoing *o, *next;
    for (o = ca->queue; o; o = o->next)
        left |= is_about(o, chat, id) && !untouched(o);
    if (left)
        return err_set(e, KITH_EBUSY, "it may have left already; wait until that is known");
    for (o = ca->queue; o; o = next) {
        next = o->next;
        if (!is_about(o, chat, id))
            continue;
        struct message *stored = change_of(o) == CHANGE_EDIT ? send_get(c, chat, id) : NULL;
        if (stored && store_unedit(c->store, stored, o->row.origin_id))
            change_loaded(chat, stored);
        message_free(stored);
        if (change_of(o) == CHANGE_REACT && !o->row.failure)
            put_own(c, chat, id, o->row.reply_body);
        outbox_drop(ca, o);
    }
    change_mark(ca, chat, id);
    return 0;
}
