/* core/ingest_message.c - a message arrives: stored once, at its place, counted, alerted */
#include "core/private.h"

enum {
    MOST_ATTACHMENTS = 32,
    SAME_SECOND = 1000, /* archives stamp whole seconds: their order counts within one */
};

static struct message *from_event(struct core_account *ca, struct chat *chat,
                                  const struct kith_ev_message *ev)
{
    struct message *m = message_new();
    m->chat = chat;
    m->id = store_new_id(ca->core->store);
    m->time = ev->ev.time_ms > 0 ? ev->ev.time_ms : clock_wall_ms();
    m->kind = ev->flags & KITH_MSG_ACTION ? MESSAGE_ACTION : MESSAGE_TEXT;
    m->flags = ev->flags &
               ~(uint32_t)(KITH_MSG_HISTORY | KITH_MSG_RETRACT | KITH_MSG_EDIT | KITH_MSG_REACT |
                           KITH_MSG_STRANGER | MESSAGE_UNKEPT);
    m->flags |= unkept_message(ca->core, chat, ev->enc);
    m->enc = ev->enc > KITH_ENC_FAILED ? KITH_ENC_FAILED : (enum kith_enc)ev->enc;
    m->sender = xstrdup(ev->sender);
    m->sender_name = names_shown(ca, chat, ev);
    m->sender_id = xstrdup(ev->sender_id);
    m->resource = xstrdup(ev->resource);
    m->wire_id = xstrdup(ev->id);
    m->origin_id = xstrdup(ev->origin_id);
    m->archive_id = xstrdup(ev->archive_id);
    m->reply_to = xstrdup(ev->reply_to);
    m->reply_sender = xstrdup(ev->reply_sender);
    m->thread = xstrdup(ev->thread);
    m->body = xstrdup(ev->body ? ev->body : "");
    m->spans = spans_pack(ev);
    if (message_outgoing(m)) /* from another device of ours: the server has it */
        m->delivery = DELIVERY_STORED;
    for (size_t i = 0; i < ev->n_attachments && i < MOST_ATTACHMENTS; i++) {
        const struct kith_attachment *at = &ev->attachments[i];
        message_add_attachment(
            m, &(struct attachment){.id = (char *)(uintptr_t)at->id,
                                    .name = (char *)(uintptr_t)at->name,
                                    .mime = (char *)(uintptr_t)at->mime,
                                    .url = (char *)(uintptr_t)at->url,
                                    .bytes = at->bytes,
                                    .width = at->width,
                                    .height = at->height,
                                    .sealed = (at->flags & KITH_ATTACHMENT_SEALED) != 0,
                                    .offer = str_empty(at->id) ? OFFER_NONE : OFFER_OPEN});
    }
    return m;
}

/* ---- order: the archive's position, else the time stamp, else arrival ---- */

/* An older page was asked for: it lies before all there was when it was asked. */
static int64_t sort_in_older_page(const struct request *page, int64_t time)
{
    return MIN(time, page->number - 1);
}

/* Where the archive's message before this one lies. The first new one of a session lies behind all
 * that the archive had given before it; 0 when that is nothing. */
static int64_t archive_before(struct core_account *ca, struct chat *chat)
{
    const struct core_chat *cc = chat->core;
    if (cc->archive_read)
        return cc->archive_sort;
    int64_t from = cc->gap ? cc->gap : ca->session_id;
    return MAX(cc->archive_sort, store_newest_archived(ca->core->store, chat, from));
}

static void archive_came_to(struct chat *chat, const struct message *m)
{
    chat->core->archive_sort = m->sort;
    chat->core->archive_row = m->id;
    chat->core->archive_read = true;
}

/* The archive is read forwards: behind the message before, whatever the stamp holds. Stamps may be
 * whole seconds and are the server's; what came live was placed by our clock. */
static int64_t sort_in_archive(struct core_account *ca, struct chat *chat, int64_t time)
{
    int64_t before = archive_before(ca, chat), end = chat->core->gap_end;
    int64_t sort = MAX(time, before + 1);
    if (end && sort >= end) /* what came live behind the gap stays behind it; equal ones lie by row */
        sort = MAX(before, end - 1);
    return sort;
}

/* Kept by the server while we were away: behind all that came before. Servers stamp whole seconds:
 * within one, arrival decides; what we wrote meanwhile may be later. */
static int64_t sort_delayed(struct core *c, struct chat *chat, int64_t time)
{
    int64_t last = chat->core->more.last_sort;
    int64_t sort = MAX(time, store_newest_archived(c->store, chat, 0));
    return last > sort && last - time < SAME_SECOND ? last : sort;
}

/* An archive has an order of its own; what somebody else kept is placed by its time. */
static bool in_archive(const struct kith_ev_message *ev)
{
    return (ev->flags & KITH_MSG_HISTORY) && !str_empty(ev->archive_id);
}

static int64_t place(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev,
                     int64_t time, const struct request *page)
{
    if (page)
        return sort_in_older_page(page, time);
    if (in_archive(ev))
        return sort_in_archive(ca, chat, time);
    if (ev->flags & KITH_MSG_HISTORY)
        return time;
    if (ev->flags & KITH_MSG_DELAYED)
        return sort_delayed(ca->core, chat, time);
    /* now; the sender's clock may be wrong */
    return MAX(clock_wall_ms(), chat->core->more.last_sort + chats_gap_opens(chat));
}

int64_t ingest_place_past(struct core_account *ca, struct chat *chat, int64_t time,
                          const struct request *page)
{
    return page ? sort_in_older_page(page, time) : sort_in_archive(ca, chat, time);
}

/* ---- the same message again ---- */

static bool fill(char **field, const char *value)
{
    return !*field && !str_empty(value) && str_set(field, value);
}

static void move_to(struct core *c, struct chat *chat, struct message *m, int64_t sort)
{
    m->sort = sort;
    chat->core->more.last_sort = MAX(chat->core->more.last_sort, sort);
    store_put_message(c->store, m);
    struct message *loaded = chat_message(chat, m->id);
    if (loaded) {
        loaded->sort = sort;
        chat_resort_message(chat, loaded);
    }
}

/* The archive has come to a message that is here. Its order is everybody's: one that came live
 * while there was still a gap before it goes behind what filled the gap. Our own to one person stays
 * where it was written, and tells nothing about where others lie before it. A reading that was broken off goes
 * on where it was: what it moved must not be overtaken by what it had not come to. */
static void in_archive_order(struct core_account *ca, struct chat *chat, struct message *have)
{
    struct core_chat *cc = chat->core;
    bool room = chat->kind == KITH_CHAT_ROOM, own = message_outgoing(have);
    bool overtaken = have->sort < cc->archive_sort ||
                     (have->sort == cc->archive_sort && have->id < cc->archive_row);
    int64_t before = cc->archive_sort;
    if (room && own && !cc->archive_read && str_empty(have->archive_id)) { /* the room shows it back only now */
        before = archive_before(ca, chat);
        overtaken = have->sort <= before;
    }
    if (have->sort >= cc->gap_end)
        cc->gap_end = 0; /* it is filled here */
    if (own && !room) {
        if (cc->archive_read && !overtaken)
            archive_came_to(chat, have);
        return;
    }
    if (overtaken)
        move_to(ca->core, chat, have, before + 1);
    archive_came_to(chat, have);
}

/* What the new copy knows more; ids, the text if it could not be read before. */
static void merge(struct core_account *ca, struct chat *chat, int64_t id,
                  const struct kith_ev_message *ev, bool page)
{
    struct message *have = id ? store_message(ca->core->store, chat, id) : NULL;
    if (!have)
        return;
    if (in_archive(ev) && !page)
        in_archive_order(ca, chat, have);
    bool changed = fill(&have->archive_id, ev->archive_id);
    changed |= fill(&have->wire_id, ev->id);
    if (have->enc == KITH_ENC_FAILED && ev->enc != KITH_ENC_FAILED && ev->body) {
        have->enc = (enum kith_enc)ev->enc;
        char *spans = spans_pack(ev);
        if (unkept_message(ca->core, chat, ev->enc))
            store_unkeep(ca->core->store, have);
        store_rewrite(ca->core->store, have, ev->body, spans);
        free(spans);
        changed = true;
    }
    if (message_outgoing(have))
        outbox_echo(ca, chat, have, ev);
    else if (changed)
        store_put_message(ca->core->store, have);
    if (changed)
        change_loaded(chat, have);
    message_free(have);
}

/* ---- the archive's position up to which nothing is missing ---- */

static void note_archived(struct core_account *ca, const struct chat *chat,
                          const struct kith_ev_message *ev, int64_t time, bool page)
{
    bool live = !(ev->flags & KITH_MSG_HISTORY);
    bool whole = ca->account->state == KITH_STATE_ONLINE && !ca->gap;
    if (str_empty(ev->archive_id) || chat->kind == KITH_CHAT_ROOM || page || (live && !whole))
        return;
    if (!live && time < ca->resume_ms)
        return;
    str_set(&ca->resume_id, ev->archive_id);
    ca->resume_ms = time;
    ca->dirty = true;
}

/* ---- arriving ---- */

/* They said it, or changed what they had said: they type no more. */
static void note_speaker(struct chat *chat, const struct kith_ev_message *ev, int64_t time)
{
    const char *slash =
        chat->kind == KITH_CHAT_ROOM && ev->sender ? strrchr(ev->sender, '/') : NULL;
    const char *nick = ev->sender_name ? ev->sender_name : (slash ? slash + 1 : ev->sender);
    struct member *member = chat_member(chat, nick);
    if (member)
        member->spoke = time;
    if (chat->n_typists == 0)
        return;
    if (ev->sender)
        chat_set_typing(chat, ev->sender, KITH_TYPING_NONE, NULL);
    if (nick)
        chat_set_typing(chat, nick, KITH_TYPING_NONE, NULL);
}

/* Does it count as unread? Archives tell what was missed, but a first synchronisation is no news. */
static enum news_rule news_of(const struct core_account *ca, const struct chat *chat,
                              const struct kith_ev_message *ev, const struct message *m, bool page)
{
    if (message_outgoing(m))
        return NEWS_OWN;
    if (page)
        return NEWS_PAGE;
    if (!(ev->flags & KITH_MSG_HISTORY))
        return NEWS_LIVE;
    if (m->sort <= chat->read_sort)
        return NEWS_READ;
    bool before = chat->kind == KITH_CHAT_ROOM ? chat->read_sort > 0 : ca->had_resume;
    return before ? NEWS_MISSED : NEWS_FIRST;
}

static void arrived(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev,
                    struct message *m, const struct request *page)
{
    struct core *c = ca->core;
    bool history = ev->flags & KITH_MSG_HISTORY;
    enum news_rule news = news_of(ca, chat, ev, m, page != NULL);
    why_note_news(c, m->id, news);
    if (!history)
        note_speaker(chat, ev, m->time);
    if (in_archive(ev) && !page)
        archive_came_to(chat, m);
    if (!history && chats_gap_opens(chat))
        chat->core->gap_end = m->sort;
    chat->core->more.last_sort = MAX(chat->core->more.last_sort, m->sort);
    chat->active = MAX(chat->active, m->time);
    if (message_outgoing(m)) {
        chat->said = MAX(chat->said, m->time);
        strangers_known(c, chat);
    }
    bool held = chat->flags & CHAT_HELD;
    if (held && !page)
        strangers_arrived(c, chat, m);
    if (chat->kind != KITH_CHAT_ROOM && !held && !page && !(history && !ca->had_resume))
        chats_show(c, chat);
    if (message_outgoing(m) && !page) {
        unread_read_up_to(c, chat, m->sort, m->id, READ_ANSWERED); /* who answers has read */
        inbox_said(c, chat, m, 0);
    } else if (!held && (news == NEWS_LIVE || news == NEWS_MISSED)) {
        bool attended = unread_attended(c, chat);
        unread_arrived(c, chat, m, attended);
        inbox_arrived(c, chat, m);
        if (!history)
            alert_message(c, chat, m, attended);
        if (c->arrival_fn && !history && !(m->flags & KITH_MSG_DELAYED))
            c->arrival_fn(c->arrival_user, m);
    }
    save_chat(c, chat);
    chat_insert_message(chat, m);
}

static enum kith_chat_kind kind_of(const struct kith_ev_message *ev)
{
    return ev->flags & KITH_MSG_SERVICE ? KITH_CHAT_SERVICE : KITH_CHAT_DIRECT;
}

/* True when it changed another message instead of being one. */
static bool apply_change(struct core_account *ca, struct chat *chat,
                         const struct kith_ev_message *ev)
{
    if (ev->flags & KITH_MSG_RETRACT)
        return change_retract(ca, chat, ev);
    if (ev->flags & KITH_MSG_REACT)
        return change_react(ca, chat, ev);
    return (ev->flags & KITH_MSG_EDIT) && change_edit(ca, chat, ev);
}

/* The sender asks not to keep it (XEP-0334 §3.3): shown while kith runs. 0: it is shown already. */
static int keep_in_memory(struct core *c, struct message *m)
{
    const struct message *have =
        chat_message_by_ref(m->chat, m->origin_id ? m->origin_id : m->wire_id);
    if (have && str_eq(have->sender, m->sender))
        return 0;
    m->id = c->next_memory_id--;
    return 1;
}

/* In a room it is the one who wrote that counts, by nick or by address. */
static bool is_ignored(const struct core_account *ca, const struct chat *chat,
                       const struct kith_ev_message *ev)
{
    const struct core *c = ca->core;
    size_t n = 0;
    (void)config_list(c->config, "privacy.ignore", &n);
    if (n == 0 || (ev->flags & KITH_MSG_OUTGOING))
        return false;
    if (core_ignores(c, ca->account, ev->sender_id) || core_ignores(c, ca->account, ev->sender) ||
        allowed_ignores_mask(c, ca->account, ev->sender_mask))
        return true;
    if (!chat || chat->kind != KITH_CHAT_ROOM)
        return core_ignores(c, ca->account, ev->chat);
    return allowed_ignores_in(c, chat, ev->sender_name ? ev->sender_name : ev->sender) != NULL;
}

void ingest_message(struct core_account *ca, const struct kith_ev_message *ev)
{
    struct core *c = ca->core;
    struct chat *chat = account_chat(ca->account, ev->chat);
    if (is_ignored(ca, chat, ev))
        return;
    if (str_empty(ev->chat) || (!chat && !chats_may_add(ca, ev->chat)))
        return;
    if (chat && apply_change(ca, chat, ev)) {
        note_archived(ca, chat, ev, ev->ev.time_ms > 0 ? ev->ev.time_ms : clock_wall_ms(), request_of(ca, ev->ev.req) != NULL);
        if ((ev->flags & (KITH_MSG_EDIT | KITH_MSG_HISTORY)) == KITH_MSG_EDIT)
            note_speaker(chat, ev, clock_wall_ms());
        return;
    }
    if (chat && (ev->flags & (KITH_MSG_RETRACT | KITH_MSG_REACT)))
        change_wait(ca, chat, ev, 0);
    if (str_empty(ev->body) && ev->n_attachments == 0)
        return;
    bool held = strangers_hold(ca, chat, ev);
    if (held && !strangers_fit(ca, chat, ev))
        return;
    if (!chat)
        chat = chats_get(ca, ev->chat, kind_of(ev));
    if (held)
        chat->flags |= CHAT_HELD;
    const struct request *page = request_of(ca, ev->ev.req);
    struct message *m = from_event(ca, chat, ev);
    m->sort = place(ca, chat, ev, m->time, page);
    m->mention = alert_mention_rule(c, chat, ev->flags, ev->body) > MENTION_OWN;
    int64_t same = 0;
    int added = ev->flags & KITH_MSG_NO_STORE ? keep_in_memory(c, m)
                                              : store_add_message(c->store, m, &same);
    note_archived(ca, chat, ev, m->time, page != NULL);
    if (added) {
        int64_t id = m->id;
        arrived(ca, chat, ev, m, page);
        if ((ev->flags & KITH_MSG_EDIT) && id > 0)
            change_wait(ca, chat, ev, id);
        change_message_came(ca, chat,
                            (const char *const[]){ev->id, ev->origin_id, ev->archive_id});
    } else {
        message_free(m);
        merge(ca, chat, same, ev, page != NULL);
    }
}
