/* core/outbox.c - sends what the user wrote, exactly once, and claims no more than was said */
#include <sys/types.h>

#include "core/private.h"

enum {
    UNDER_WAY =
        64, /* of one chat between us and the word SENT: the rest waits here, not in buffers */
    WIRE_FULL = 64 << 10, /* bytes that wait for the account process */
    UNHOLD_MS = 5000      /* after "not so fast" */
};

/* ---- the queue ---- */

static void append(struct core_account *ca, struct outgoing *o)
{
    *ca->queue_end = o;
    ca->queue_end = &o->next;
    ca->pump = true;
}

static void free_outgoing(struct outgoing *o)
{
    store_outgoing_clear(&o->row);
    free(o);
}

static bool counts(const struct outgoing *o)
{
    return (o->ready || o->issued) && !o->sent;
}

/* It is not under way any more. */
static void rest(struct outgoing *o)
{
    if (counts(o))
        o->chat->core->under_way--;
    o->ready = o->issued = o->sent = o->unsend = false;
}

static void unlink_outgoing(struct core_account *ca, struct outgoing *o)
{
    struct outgoing **at = &ca->queue;
    while (*at != o)
        at = &(*at)->next;
    *at = o->next;
    if (ca->queue_end == &o->next)
        ca->queue_end = at;
    if (counts(o))
        o->chat->core->under_way--;
    ca->pump = true;
}

void outbox_drop(struct core_account *ca, struct outgoing *o)
{
    store_drop_outgoing(ca->core->store, o->row.id);
    if (o->row.flags & KITH_SEND_FILE)
        store_settled(ca->core->store, o->row.message);
    unlink_outgoing(ca, o);
    free_outgoing(o);
    core_touch(ca->core);
}

static struct outgoing *find(struct core_account *ca, const char *address, const char *origin_id)
{
    struct outgoing *o = ca->queue;
    while (o && !(str_eq(o->row.origin_id, origin_id) &&
                  (!address || str_eq(o->chat->address, address))))
        o = o->next;
    return o;
}

static void load_one(void *user, struct store_outgoing *row)
{
    struct core *c = user;
    struct chat *chat = model_chat_by_id(c->model, row->chat);
    struct core_account *ca = chat ? chat->account->core : NULL;
    for (const struct outgoing *o = ca ? ca->queue : NULL; o; o = o->next) {
        if (o->row.id == row->id)
            ca = NULL; /* there already */
        if (!ca)
            break;
    }
    if (!ca) {
        store_outgoing_clear(row);
        return;
    }
    struct outgoing *o = xcalloc(1, sizeof *o);
    o->row = *row;
    o->chat = chat;
    append(ca, o);
}

void outbox_load(struct core *c)
{
    store_load_outbox(c->store, load_one, c);
}

void outbox_free(struct core_account *ca)
{
    loop_timer_del(ca->unhold);
    ca->unhold = NULL;
    while (ca->queue) {
        struct outgoing *o = ca->queue;
        ca->queue = o->next;
        free_outgoing(o);
    }
    ca->queue_end = &ca->queue;
}

void outbox_add(struct core_account *ca, struct chat *chat, struct store_outgoing *row)
{
    struct outgoing *o = xcalloc(1, sizeof *o);
    row->chat = chat->id;
    store_add_outgoing(ca->core->store, row);
    o->row = *row;
    o->chat = chat;
    append(ca, o);
    chat->core->held = false;
    ca->core->urgent = true;
    core_touch(ca->core);
}

bool outbox_cancel(struct core_account *ca, int64_t message)
{
    for (struct outgoing *o = ca->queue; o; o = o->next) {
        if (o->row.message == message && o->row.op == STORE_SEND) {
            if (o->row.attempts > 0)
                return false;
            outbox_drop(ca, o);
            return true;
        }
    }
    return true;
}

void outbox_forget_chat(struct core_account *ca, const struct chat *chat)
{
    struct outgoing *next;
    for (struct outgoing *o = ca->queue; o; o = next) {
        next = o->next;
        if (o->chat == chat)
            outbox_drop(ca, o);
    }
}

/* ---- going out ---- */

void outbox_unhold(struct core_account *ca, struct chat *chat)
{
    const struct account *a = ca->account;
    for (size_t i = 0; i < a->n_chats; i++) {
        if (!chat || a->chats[i] == chat)
            a->chats[i]->core->held = false;
    }
    ca->pump = true;
    core_touch(ca->core);
}

static void begin_anew(struct core_account *ca)
{
    for (struct outgoing *o = ca->queue; o; o = o->next) {
        o->ready = o->issued = o->sent = o->unsend = false;
        o->chat->core->under_way = 0;
    }
}

void outbox_online(struct core_account *ca)
{
    begin_anew(
        ca); /* whatever was under way: the backend asks the other side before it goes again */
    outbox_unhold(ca, NULL);
}

void outbox_offline(struct core_account *ca)
{
    begin_anew(ca);
    ca->pump = false;
}

/* May it go now, and what else does it wait for? */
static enum send_rule send_of(const struct outgoing *o)
{
    const struct core_chat *cc = o->chat->core;
    if (o->row.failure)
        return SEND_FAILED;
    if (o->issued && !o->sent && o->chat->account->waiting > 0)
        return SEND_PACED;
    if (o->ready || o->issued)
        return SEND_UNDER_WAY;
    if (cc->held)
        return SEND_HELD;
    return cc->under_way >= UNDER_WAY ? SEND_QUEUED : SEND_GOES;
}

enum send_rule outbox_rule(const struct core_account *ca, int64_t message)
{
    const struct outgoing *o = ca->queue;
    while (o && (o->row.message != message || o->row.op != STORE_SEND))
        o = o->next;
    enum send_rule rule = o ? send_of(o) : SEND_GONE;
    bool offline = ca->account->state != KITH_STATE_ONLINE;
    return offline && rule != SEND_GONE && rule != SEND_FAILED ? SEND_OFFLINE : rule;
}

void outbox_prepare(struct core_account *ca)
{
    bool room = ca->link.io.fd >= 0 && frame_queued(&ca->link.io) < WIRE_FULL;
    if (!ca->pump || ca->account->state != KITH_STATE_ONLINE || !room)
        return;
    ca->pump = false;
    for (struct outgoing *o = ca->queue; o; o = o->next) {
        if (send_of(o) != SEND_GOES)
            continue;
        o->ready = true;
        o->chat->core->under_way++;
        o->row.attempts++;
        store_put_attempts(ca->core->store, &o->row);
    }
}

bool outbox_ready(const struct core_account *ca)
{
    const struct outgoing *o = ca->queue;
    while (o && !o->ready)
        o = o->next;
    return o != NULL;
}

static void put_send(struct core_account *ca, const struct outgoing *o, uint32_t retry)
{
    size_t n_spans = 0;
    const char *look = spans_may_send(o->chat) ? o->row.spans : NULL;
    struct message *file = o->row.flags & KITH_SEND_FILE ? send_get(ca->core, o->chat, o->row.message) : NULL;
    const struct attachment *a = file && file->n_attachments ? &file->attachments[0] : NULL;
    const struct kith_attachment at = {.size = sizeof at,
                                       .id = a ? a->id : NULL,
                                       .name = a ? a->name : NULL,
                                       .mime = a ? a->mime : NULL,
                                       .url = a ? a->url : NULL,
                                       .bytes = a ? a->bytes : -1,
                                       .width = a ? a->width : 0,
                                       .height = a ? a->height : 0};
    struct kith_span *spans = spans_unpack(look, o->row.body, &n_spans);
    struct kith_send s = {.size = sizeof s,
                          .flags = o->row.flags | retry,
                          .chat = o->chat->address,
                          .body = o->row.body,
                          .id = o->row.origin_id,
                          .target = o->row.target,
                          .reply_to = o->row.reply_to,
                          .reply_sender = o->row.reply_sender,
                          .reply_body = o->row.reply_body,
                          .thread = o->row.thread,
                          .written_ms = o->row.written,
                          .spans = spans,
                          .n_spans = n_spans,
                          .attachments = a ? &at : NULL,
                          .n_attachments = a ? 1 : 0};
    struct wire_op op = {
        .size = sizeof op, .type = OP_SEND, .chat = s.chat, .id = s.id, .send = &s};
    link_op(ca, &op, -1, NULL);
    free(spans);
    message_free(file);
}

size_t outbox_split_lines(char *text, const char **out, size_t max)
{
    size_t n = 0;
    while (text && *text && n < max) {
        char *end = strchr(text, '\n');
        if (end)
            *end++ = '\0';
        out[n++] = text;
        text = end;
    }
    return n;
}

static void put_react(struct core_account *ca, const struct outgoing *o)
{
    const char *list[32];
    char *lines = xstrdup(o->row.body);
    struct wire_op op = {.size = sizeof op,
                         .type = OP_REACT,
                         .chat = o->chat->address,
                         .who = o->row.target,
                         .id = o->row.origin_id,
                         .list = list};
    op.n_list = outbox_split_lines(lines, list, COUNT(list));
    link_op(ca, &op, -1, NULL);
    free(lines);
}

static void put_retract(struct core_account *ca, const struct outgoing *o)
{
    struct wire_op op = {.size = sizeof op,
                         .type = OP_RETRACT,
                         .chat = o->chat->address,
                         .who = o->row.target,
                         .text = o->row.body,
                         .id = o->row.origin_id};
    link_op(ca, &op, -1, NULL);
}

static void failed(struct core_account *ca, struct outgoing *o, const char *why);

/* Written while nobody knew what the account can do. */
static bool would_reveal(const struct outgoing *o)
{
    return o->row.op == STORE_SEND && runs_have_spoiler(o->row.spans) && !spans_may_send(o->chat);
}

void outbox_issue(struct core_account *ca)
{
    for (struct outgoing *o = ca->queue, *next; o; o = next) {
        next = o->next;
        if (!o->ready)
            continue;
        o->ready = false;
        o->issued = true;
        if (would_reveal(o)) {
            failed(ca, o, "a part of it cannot be hidden here, and it is not sent in the open");
            continue;
        }
        switch ((enum store_op)o->row.op) {
        case STORE_SEND:
            put_send(ca, o, o->row.attempts > 1 ? KITH_SEND_RETRY : 0);
            break;
        case STORE_RETRACT:
            put_retract(ca, o);
            break;
        case STORE_REACT:
            put_react(ca, o);
            break;
        }
    }
}

static void on_unhold(void *user)
{
    struct core_account *ca = user;
    ca->unhold = NULL;
    outbox_unhold(ca, NULL);
}

/* ---- what became of it ---- */

static bool may_become(enum delivery from, enum delivery to)
{
    if (to == DELIVERY_FAILED)
        return from != DELIVERY_NONE && from < DELIVERY_DELIVERED;
    if (from == DELIVERY_FAILED)
        return to >= DELIVERY_STORED; /* it arrived after all */
    return to > from;
}

static void tell_watches(struct core *c, const struct message *m)
{
    for (size_t i = c->n_watches; i-- > 0;) {
        if (i >= c->n_watches)
            continue;
        struct delivery_watch w = c->watches[i];
        if (w.message != m->id || (m->delivery < w.at_least && m->delivery != DELIVERY_FAILED))
            continue;
        VEC_DEL(c->watches, c->n_watches, i);
        w.fn(w.user, m->delivery, m->failure);
    }
}

void outbox_set_delivery(struct core *c, struct message *m, enum delivery to, const char *failure)
{
    if (!message_outgoing(m) || !may_become(m->delivery, to))
        return;
    m->delivery = to;
    str_set(&m->failure, to == DELIVERY_FAILED ? failure : NULL);
    store_put_delivery(c->store, m);
    core_touch(c);
    if (to == DELIVERY_FAILED)
        inbox_failed(c, m);
    struct message *loaded = chat_message(m->chat, m->id);
    if (loaded) {
        loaded->delivery = to;
        str_set(&loaded->failure, m->failure);
        chat_message_changed(loaded);
    }
    tell_watches(c, m);
}

static void changed(struct core_account *ca, struct chat *chat, int64_t id, enum delivery to,
                    const char *archive_id, const char *failure)
{
    struct core *c = ca->core;
    struct message *m = send_get(c, chat, id);
    if (!m)
        return;
    outbox_set_delivery(c, m, to, failure);
    if (!m->archive_id && !str_empty(archive_id)) {
        str_set(&m->archive_id, archive_id);
        store_put_message(c->store, m);
        change_loaded(chat, m);
    }
    message_free(m);
}

static bool is_plain(const struct outgoing *o)
{
    return o->row.op == STORE_SEND && !(o->row.flags & KITH_SEND_EDIT);
}

static void failed(struct core_account *ca, struct outgoing *o, const char *why)
{
    if (is_plain(o)) {
        changed(ca, o->chat, o->row.message, DELIVERY_FAILED, NULL, why);
        outbox_drop(ca, o);
        return;
    }
    rest(o);
    change_failed(ca, o, why);
}

void outbox_again(struct core_account *ca, struct outgoing *o)
{
    rest(o);
    o->chat->core->held = false;
    ca->pump = true;
    ca->core->urgent = true;
    core_touch(ca->core);
}

void outbox_refused(struct core_account *ca, const struct wire_refused *r)
{
    if (r->type == OP_CONNECT) { /* as if it had tried */
        struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE},
                                   .state = KITH_STATE_OFFLINE,
                                   .err = r->err,
                                   .text = kith_err_text(r->err)};
        connect_on_state(ca, &ev);
        return;
    }
    if (r->type == OP_UNSEND) {
        paced_refused(ca, r);
        return;
    }
    struct outgoing *o = r->id ? find(ca, r->chat, r->id) : NULL;
    if (!o || (r->type != OP_SEND && r->type != OP_RETRACT && r->type != OP_REACT))
        return;
    bool later = r->err == KITH_EOFFLINE || r->err == KITH_EBUSY || r->err == KITH_ELIMIT;
    if (!later) {
        failed(ca, o, kith_err_text(r->err));
        return;
    }
    rest(o);
    o->chat->core->held = true;
    if (r->err != KITH_EOFFLINE && !ca->unhold)
        ca->unhold = loop_timer_add(ca->core->loop, UNHOLD_MS, on_unhold, ca);
}

/* "It and all before it": those of this chat that went out earlier. */
static void raise_before(struct core_account *ca, struct chat *chat, const struct message *m,
                         enum delivery to)
{
    struct core *c = ca->core;
    store_raise_delivery(c->store, chat, m->sort, m->id, to);
    for (size_t i = 0; i < chat->n_messages; i++) {
        struct message *one = chat->messages[i];
        bool later = one->sort > m->sort || (one->sort == m->sort && one->id >= m->id);
        if (later)
            break;
        if (message_outgoing(one) && one->delivery >= DELIVERY_SENT && one->delivery < to)
            outbox_set_delivery(c, one, to, NULL);
    }
    struct outgoing *next;
    for (struct outgoing *o = ca->queue; o; o = next) {
        next = o->next;
        if (o->chat == chat && o->issued && o->sent && o->row.message < m->id && is_plain(o) &&
            to >= DELIVERY_STORED)
            outbox_drop(ca, o);
    }
}

static void on_other_receipt(struct core_account *ca, const struct kith_ev_receipt *ev,
                             enum delivery to)
{
    struct core *c = ca->core;
    struct chat *chat = account_chat(ca->account, ev->chat);
    if (!chat)
        return;
    const struct message *loaded = chat_message_by_ref(chat, ev->id);
    struct message *m =
        loaded ? message_dup(loaded) : store_find_message(c->store, chat, ev->id, NULL);
    if (m && message_outgoing(m)) {
        changed(ca, chat, m->id, to, ev->archive_id, ev->text);
        if (ev->up_to && to != DELIVERY_FAILED)
            raise_before(ca, chat, m, to);
    }
    message_free(m);
}

void outbox_on_receipt(struct core_account *ca, const struct kith_ev_receipt *ev)
{
    if (ev->delivery < KITH_SENT || ev->delivery > KITH_FAILED || str_empty(ev->id))
        return;
    enum delivery to = (enum delivery)(ev->delivery + 1); /* the same words, one further */
    struct outgoing *o = find(ca, ev->chat, ev->id);
    const char *why = str_empty(ev->text) ? kith_err_text(ev->err) : ev->text;
    if (!o || is_plain(o))
        encrypt_on_receipt(ca, ev);
    if (!o) {
        on_other_receipt(ca, ev, to);
        return;
    }
    if (to == DELIVERY_FAILED) {
        if (!paced_taken_back(ca, o, ev->err))
            failed(ca, o, why);
        return;
    }
    struct chat *chat = o->chat;
    int64_t message = o->row.message;
    bool plain = is_plain(o);
    if (counts(o))
        chat->core->under_way--;
    o->sent = true;
    ca->pump = true;
    if (plain)
        changed(ca, chat, message, to, ev->archive_id, NULL);
    if (to >= DELIVERY_STORED) {
        change_settled(ca, o);
        outbox_drop(ca, o);
    }
    if (!plain)
        change_mark(ca, chat, message);
    if (plain && ev->up_to) {
        struct message *m = send_get(ca->core, chat, message);
        if (m)
            raise_before(ca, chat, m, to);
        message_free(m);
    }
}

void outbox_echo(struct core_account *ca, struct chat *chat, struct message *stored,
                 const struct kith_ev_message *ev)
{
    struct core *c = ca->core;
    struct outgoing *o = stored->origin_id ? find(ca, chat->address, stored->origin_id) : NULL;
    bool live = !(ev->flags & KITH_MSG_HISTORY);
    if (o && is_plain(o))
        outbox_drop(ca, o);
    outbox_set_delivery(c, stored, DELIVERY_STORED, NULL);
    bool moves =
        live && chat->kind == KITH_CHAT_ROOM && o && stored->sort <= chat->core->more.last_sort;
    if (moves) { /* the room's order is everybody's order; one that came in the same moment has a later row */
        chat->core->more.last_sort++;
        stored->sort = chats_next_sort(chat, clock_wall_ms());
    }
    store_put_message(c->store, stored);
    struct message *loaded = moves ? chat_message(chat, stored->id) : NULL;
    if (loaded) {
        loaded->sort = stored->sort;
        chat_resort_message(chat, loaded);
    }
}

/* ---- waiting for one ---- */

void core_watch_delivery(struct core *c, int64_t message_id, enum delivery at_least,
                         core_delivery_fn *fn, void *user)
{
    struct delivery_watch w = {message_id, at_least, fn, user};
    VEC_PUSH(c->watches, c->n_watches, c->cap_watches, w);
    struct message *m = store_message(c->store, NULL, message_id);
    if (m && (m->delivery >= at_least || m->delivery == DELIVERY_FAILED))
        tell_watches(c, m);
    message_free(m);
}

void core_unwatch_delivery(struct core *c, core_delivery_fn *fn, void *user)
{
    for (size_t i = c->n_watches; i-- > 0;) {
        if (c->watches[i].fn == fn && c->watches[i].user == user)
            VEC_DEL(c->watches, c->n_watches, i);
    }
}
