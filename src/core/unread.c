/* core/unread.c - who looks at what; read markers, counts, and the unread line */
#include "core/private.h"

/* ---- attention: the terminal has the focus and the end of the chat is on the screen ---- */

bool unread_attended(const struct core *c, const struct chat *chat)
{
    for (size_t i = 0; i < c->n_attention; i++) {
        const struct attention *at = &c->attention[i];
        if (at->chat == chat && at->focused && at->at_end)
            return true;
    }
    return false;
}

static bool shown(const struct core *c, const struct chat *chat)
{
    for (size_t i = 0; i < c->n_attention; i++) {
        if (c->attention[i].chat == chat && c->attention[i].focused)
            return true;
    }
    return false;
}

/* A window keeps the place of a view that is scrolled up, unless another one is at the end: then it keeps that. */
static void hold(const struct core *c, struct chat *chat)
{
    bool end = false, up = false;
    for (size_t i = 0; i < c->n_attention; i++) {
        if (c->attention[i].chat == chat) {
            end |= c->attention[i].at_end;
            up |= !c->attention[i].at_end;
        }
    }
    chat->hold_start = up && !end;
    chat->hold_end = end;
}

static void left(struct core *c, struct chat *chat)
{
    if (!chat->core->line_seen || shown(c, chat))
        return;
    chat->core->line_seen = false;
    if (chat->unread_line) {
        chat->unread_line = 0;
        chat_changed(chat);
    }
}

/* Everything there is: up to the newest message, when it is loaded. */
static int64_t newest_id(const struct chat *chat)
{
    for (size_t i = chat->at_end ? chat->n_messages : 0; i-- > 0;) {
        if (chat->messages[i]->id > 0)
            return chat->messages[i]->id;
    }
    return INT64_MAX;
}

static void attended(struct core *c, struct chat *chat)
{
    if (chat->unread_line == 0 && chat->unread > 0)
        unread_find_line(c, chat);
    chat->core->line_seen = true;
    if (chat->unread > 0 || chat->mentions > 0)
        unread_read_up_to(c, chat, chat->core->more.last_sort, newest_id(chat), READ_SEEN);
}

void core_attention(struct core *c, const void *view, struct chat *chat, bool focused, bool at_end)
{
    struct chat *before = NULL;
    size_t i = 0;
    while (i < c->n_attention && c->attention[i].view != view)
        i++;
    if (i < c->n_attention) {
        before = c->attention[i].chat;
        VEC_DEL(c->attention, c->n_attention, i);
    }
    if (chat) {
        struct attention at = {view, chat, focused, at_end};
        VEC_PUSH(c->attention, c->n_attention, c->cap_attention, at);
        hold(c, chat);
        if (before != chat)
            encrypt_look(chat->account->core, chat);
    }
    if (before && before != chat)
        hold(c, before);
    if (before)
        left(c, before);
    if (chat && focused && at_end)
        attended(c, chat);
}

void unread_forget_chat(struct core *c, const struct chat *chat)
{
    for (size_t i = c->n_attention; i-- > 0;) {
        if (c->attention[i].chat == chat)
            VEC_DEL(c->attention, c->n_attention, i);
    }
}

/* ---- counts ---- */

void unread_arrived(struct core *c, struct chat *chat, const struct message *m, bool is_attended)
{
    if (is_attended) {
        unread_read_up_to(c, chat, m->sort, m->id, READ_SEEN);
        return;
    }
    if (chat->unread_line == 0)
        chat->unread_line = m->id;
    chat->core->line_seen = false;
    chat_set_unread(chat, chat->unread + 1, chat->mentions + (m->mention ? 1 : 0));
}

void unread_find_line(struct core *c, struct chat *chat)
{
    chat->unread_line = store_first_unread(c->store, chat, chat->read_sort, chat->read_id);
    if (chat->unread_line)
        chat_changed(chat);
}

bool unread_is_read(const struct chat *chat, const struct message *m)
{
    return m->sort < chat->read_sort || (m->sort == chat->read_sort && m->id <= chat->read_id);
}

static bool before(int64_t sort, int64_t id, int64_t sort2, int64_t id2)
{
    return sort < sort2 || (sort == sort2 && id <= id2);
}

void unread_read_up_to(struct core *c, struct chat *chat, int64_t sort, int64_t id,
                       enum read_rule why)
{
    if (before(sort, id, chat->read_sort, chat->read_id) && chat->unread == 0)
        return;
    uint32_t unread = 0, mentions = 0;
    bool all = sort >= chat->core->more.last_sort;
    chat->read_sort = sort;
    chat->read_id = id;
    chat->core->unread_from = 0;
    if (!all)
        store_count_unread(c->store, chat, sort, id, &unread, &mentions);
    chat_set_unread(chat, unread, mentions);
    chat->core->read_why = why;
    if (why == READ_SEEN || why == READ_COMMAND) /* the others are to know */
        unread_send_marker(c, chat);
    save_chat(c, chat);
}

void core_mark_read(struct core *c, struct chat *chat, const struct message *up_to)
{
    if (up_to)
        unread_read_up_to(c, chat, up_to->sort, up_to->id, READ_COMMAND);
    else
        unread_read_up_to(c, chat, chat->core->more.last_sort, newest_id(chat), READ_COMMAND);
    if (chat->unread == 0 && chat->unread_line) {
        chat->unread_line = 0;
        chat_changed(chat);
    }
}

void core_mark_unread(struct core *c, struct chat *chat, const struct message *from)
{
    uint32_t unread = 0, mentions = 0;
    chat->read_sort = from->sort;
    chat->read_id = from->id - 1;
    chat->core->unread_from = from->id;
    store_count_unread(c->store, chat, chat->read_sort, chat->read_id, &unread, &mentions);
    chat->unread_line = from->id;
    chat->core->line_seen = false;
    chat_set_unread(chat, unread, mentions);
    chat_changed(chat);
    save_chat(c, chat);
}

/* ---- markers: ours to the others, theirs to us ---- */

/* The newest message of somebody else up to the read position. */
static const struct message *newest_read(const struct chat *chat)
{
    for (size_t i = chat->n_messages; i-- > 0;) {
        const struct message *m = chat->messages[i];
        bool theirs = m->id > 0 && !message_outgoing(m);
        if (theirs && before(m->sort, m->id, chat->read_sort, chat->read_id))
            return m;
    }
    return NULL;
}

void unread_send_marker(struct core *c, struct chat *chat)
{
    chat->core->marker_due = true;
    unread_markers_due(chat->account->core);
    core_touch(c);
}

void unread_markers_due(struct core_account *ca)
{
    ca->markers_due = true;
}

static void send_one(struct core_account *ca, struct chat *chat)
{
    const struct message *m = newest_read(chat);
    bool ours = ca->account->caps & KITH_CAP_OWN_MARKERS; /* nobody else is told */
    bool tell = ours || core_may_tell(ca->core, chat, "privacy.read");
    if (!m || (!tell && !(ca->account->caps & KITH_CAP_MARKERS)))
        return;
    struct wire_op op = {.size = sizeof op,
                         .type = OP_MARK_READ,
                         .chat = chat->address,
                         .id = !tell        ? NULL /* for our own devices, by the archive's id */
                               : m->wire_id ? m->wire_id
                                            : m->origin_id,
                         .id2 = m->archive_id};
    if (op.id || op.id2)
        link_op(ca, &op, -1, NULL);
}

void unread_send_markers(struct core_account *ca)
{
    struct account *a = ca->account;
    if (!ca->markers_due || a->state != KITH_STATE_ONLINE)
        return;
    ca->markers_due = false;
    for (size_t i = 0; i < a->n_chats; i++) {
        struct chat *chat = a->chats[i];
        if (!chat->core->marker_due)
            continue;
        chat->core->marker_due = false;
        send_one(ca, chat);
    }
}

void unread_on_marker(struct core_account *ca, const struct kith_ev_marker *ev)
{
    struct chat *chat = account_chat(ca->account, ev->chat);
    if (!chat)
        return;
    const struct message *loaded = chat_message_by_ref(chat, ev->id);
    struct message *m =
        loaded ? message_dup(loaded) : store_find_message(ca->core->store, chat, ev->id, NULL);
    if (m && !before(m->sort, m->id, chat->read_sort, chat->read_id))
        unread_read_up_to(ca->core, chat, m->sort, m->id, READ_ELSEWHERE);
    message_free(m);
}
