/* core/ingest_room.c - rooms as the backend tells of them: who comes, goes and types; kith's own
 * lines about it */
#include <stdarg.h>

#include "core/private.h"

enum {
    MOST_CHATS = 20000,
    MOST_MEMBERS = 50000,
    MOST_TYPISTS = 32,
    TYPING_MS = 60000 /* a note of typing holds no longer without news */
};

void ingest_line(struct core *c, struct chat *chat, enum message_event about, const char *who,
                 int64_t time, const char *fmt, ...)
{
    struct message *m = message_new();
    va_list ap;
    va_start(ap, fmt);
    m->body = xvasprintf(fmt, ap);
    va_end(ap);
    m->chat = chat;
    m->id = c->next_memory_id--;
    m->kind = MESSAGE_EVENT;
    m->event = about;
    m->sender = xstrdup(who);
    m->time = time ? time : clock_wall_ms();
    /* Behind what is there; a real message may follow in the same moment. */
    m->sort = MAX(chat->core->more.last_sort + 1, clock_wall_ms());
    chat->core->more.last_sort = m->sort;
    chat_insert_message(chat, m);
}

/* ---- chats ---- */

static bool set_fields(struct chat *chat, const struct kith_ev_chat *ev)
{
    bool changed = str_set(&chat->name, ev->name);
    changed |= str_set(&chat->topic_by, ev->topic_by);
    changed |= str_set(&chat->nick, ev->nick);
    changed |= str_set(&chat->text, ev->text);
    const uint32_t kept = KITH_CHAT_MUTED | KITH_CHAT_PINNED | CHAT_HELD | CHAT_UNKEPT | CHAT_TO_KEEP | CHAT_NOT_TO_KEEP | CHAT_FORGETS; /* the user's: core_keep */
    const uint32_t said = KITH_CHAT_KEPT | KITH_CHAT_ALERT_ALL | KITH_CHAT_ALERT_MENTIONS;
    if (ev->flags & KITH_CHAT_KEPT)
        changed |= keep_take(chat, ev->flags);
    uint32_t own = chat->flags & kept, flags = encrypt_flags(chat, (ev->flags & ~(kept | said)) | own);
    changed |= chat->flags != flags || chat->caps != ev->caps ||
               chat->topic_time != ev->topic_ms;
    chat->flags = flags;
    chat->caps = ev->caps;
    chat->topic_time = ev->topic_ms;
    return changed;
}

static void on_topic(struct core *c, struct chat *chat, const struct kith_ev_chat *ev)
{
    bool first = !chat->topic;
    if (!str_set(&chat->topic, ev->topic) || first || str_empty(ev->topic))
        return;
    if (str_empty(ev->topic_by))
        ingest_line(c, chat, EVENT_TOPIC, NULL, ev->topic_ms, "the topic is now: %s", ev->topic);
    else
        ingest_line(c, chat, EVENT_TOPIC, ev->topic_by, ev->topic_ms, "%s set the topic: %s",
                    ev->topic_by, ev->topic);
}

/* A room has another name now. Where there is a chat of that name already, both stay what they are. */
static void move_chat(struct core_account *ca, const struct kith_ev_chat *ev)
{
    struct chat *chat = account_chat(ca->account, ev->old_address);
    const char *name = str_empty(ev->name) ? ev->address : ev->name;
    if (!chat || str_empty(ev->address) || str_eq(ev->address, ev->old_address))
        return;
    ingest_line(ca->core, chat, EVENT_INFO, NULL, ev->ev.time_ms, "this room is called %s now", name);
    if (account_chat(ca->account, ev->address)) {
        chat->flags &= ~(uint32_t)(KITH_CHAT_JOINED | KITH_CHAT_AUTOJOIN);
        chat_drop_members(chat);
        save_chat(ca->core, chat);
        chat_changed(chat);
        return;
    }
    chat_move(chat, ev->address);
    store_move_chat(ca->core->store, chat);
    core_touch(ca->core);
}

void ingest_chat(struct core_account *ca, const struct kith_ev_chat *ev)
{
    if (!str_empty(ev->old_address))
        move_chat(ca, ev);
    struct chat *chat = account_chat(ca->account, ev->address);
    if (str_empty(ev->address) || (!chat && ca->account->n_chats >= MOST_CHATS))
        return;
    enum kith_chat_kind kind = ev->kind >= KITH_CHAT_DIRECT && ev->kind <= KITH_CHAT_SERVICE
                                   ? (enum kith_chat_kind)ev->kind
                                   : KITH_CHAT_DIRECT;
    bool joined = chat && (chat->flags & KITH_CHAT_JOINED);
    chat = chats_get(ca, ev->address, kind);
    bool changed = chat->kind != kind;
    chat->kind = kind;
    chat->sweep = false;
    changed |= set_fields(chat, ev);
    on_topic(ca->core, chat, ev);
    if (joined && !(ev->flags & KITH_CHAT_JOINED)) {
        chat_drop_members(chat);
        if (!str_empty(ev->text))
            ingest_line(ca->core, chat, EVENT_ERROR, NULL, 0, "you are no longer in this room: %s",
                        ev->text);
    }
    if (kind == KITH_CHAT_ROOM && !joined && (ev->flags & KITH_CHAT_JOINED)) {
        chats_show(ca->core, chat);
        outbox_unhold(ca, chat);
    }
    if (changed) {
        save_chat(ca->core, chat);
        chat_changed(chat);
    }
}

void ingest_chat_gone(struct core_account *ca, const struct kith_ev_chat_gone *ev)
{
    struct chat *chat = account_chat(ca->account, ev->address);
    if (!chat)
        return;
    chat->flags &= ~(uint32_t)(KITH_CHAT_JOINED | KITH_CHAT_AUTOJOIN);
    str_set(&chat->text, ev->text);
    chat_drop_members(chat);
    if (!str_empty(ev->text))
        ingest_line(ca->core, chat, EVENT_ERROR, NULL, ev->ev.time_ms, "%s", ev->text);
    save_chat(ca->core, chat);
    chat_changed(chat);
}

static void in_step(struct chat *chat)
{
    chat->core->archive_sort = 0;
    chat->core->gap_end = 0;
}

void ingest_in_step(struct core_account *ca)
{
    for (size_t i = 0; i < ca->account->n_chats; i++) {
        if (!ca->account->chats[i]->core->gap)
            in_step(ca->account->chats[i]);
    }
}

/* Of one room: what is in it now was there before the gap. */
static void room_archive(struct core_account *ca, const char *room, bool begin)
{
    struct chat *chat = account_chat(ca->account, room);
    if (!chat)
        return;
    if (begin && !chat->core->gap) {
        chat->core->gap = store_new_id(ca->core->store);
        chat->core->archive_read = false;
    } else if (!begin) {
        chat->core->gap = 0;
        if (!ca->gap)
            in_step(chat);
    }
}

/* While the archive is not read to its end, what comes live lies behind a gap: the archive goes on
 * before it, in whatever session. */
void ingest_archive(struct core_account *ca, const char *room, bool begin)
{
    if (room) {
        room_archive(ca, room, begin);
        return;
    }
    if (begin && !ca->gap)
        ca->gap =
            ca->session_id ? ca->session_id : (ca->session_id = store_new_id(ca->core->store));
    if (!begin) {
        ca->gap = 0;
        ingest_in_step(ca);
    }
    save_account(ca);
}

void ingest_new_session(struct core_account *ca)
{
    struct account *a = ca->account;
    a->roster_synced = false;
    ca->session_id = ca->gap ? ca->gap : store_new_id(ca->core->store);
    for (size_t i = 0; i < a->n_chats; i++) {
        struct chat *chat = a->chats[i];
        chat->core->archive_read = false;
        chat->core->members_syncing = false;
        chat_drop_members(chat);
        if (chat->flags & KITH_CHAT_JOINED) {
            chat->flags &= ~(uint32_t)KITH_CHAT_JOINED;
            chat_changed(chat);
        }
    }
}

/* ---- members ---- */

enum { SPOKE_MS = 10 * 60 * 1000 };

/* ui.chat.hide_joins: comings and goings are told of nobody, of everybody, or (smart) of those who
 * spoke lately. */
enum join_rule ingest_join_rule(const struct core *c, const struct chat *chat, const char *nick, int64_t at)
{
    const char *hide = config_str(c->config, "ui.chat.hide_joins");
    int64_t since = at - SPOKE_MS;
    if (!str_eq(hide, "smart"))
        return str_eq(hide, "none") ? JOIN_SHOWN : JOIN_HIDDEN;
    for (size_t i = chat->n_messages; i-- > 0 && chat->messages[i]->time >= since;) {
        const struct message *m = chat->messages[i];
        const char *slash = m->sender ? strchr(m->sender, '/') : NULL;
        const char *name = m->sender_name ? m->sender_name : slash ? slash + 1 : m->sender;
        if (m->kind != MESSAGE_EVENT && m->time <= at && str_eq(name, nick))
            return JOIN_SPOKE;
    }
    return JOIN_SILENT;
}

static bool tell_of(const struct core *c, const struct chat *chat, const char *nick)
{
    enum join_rule rule = ingest_join_rule(c, chat, nick, clock_wall_ms());
    return rule == JOIN_SHOWN || rule == JOIN_SPOKE;
}

static void renamed(struct core_account *ca, struct chat *chat, const struct kith_ev_member *ev)
{
    chat_rename_member(chat, ev->old_nick, ev->nick);
    if ((ev->flags & KITH_MEMBER_SELF) || tell_of(ca->core, chat, ev->old_nick))
        ingest_line(ca->core, chat, EVENT_NICK, ev->old_nick, ev->ev.time_ms, "%s is now %s",
                    ev->old_nick, ev->nick);
}

char *ingest_came(const char *nick)
{
    return xasprintf("%s joined", nick);
}

void ingest_member(struct core_account *ca, const struct kith_ev_member *ev)
{
    struct chat *chat = account_chat(ca->account, ev->chat);
    if (!chat || str_empty(ev->nick))
        return;
    if (!str_empty(ev->old_nick) && chat_member(chat, ev->old_nick))
        renamed(ca, chat, ev);
    if (ev->flags & KITH_MEMBER_SELF)
        str_set(&chat->nick, ev->nick);
    bool known = chat_member(chat, ev->nick) != NULL;
    if (!known && chat->n_members >= MOST_MEMBERS)
        return;
    struct member m = {
        .nick = (char *)(uintptr_t)ev->nick,
        .id = (char *)(uintptr_t)ev->id,
        .address = (char *)(uintptr_t)ev->address,
        .prefix = (char *)(uintptr_t)ev->prefix,
        .text = (char *)(uintptr_t)ev->text,
        .role = ev->role > KITH_ROLE_OWNER ? KITH_ROLE_MEMBER : (enum kith_role)ev->role,
        .show = ev->show > KITH_SHOW_UNKNOWN ? KITH_SHOW_UNKNOWN : (enum kith_show)ev->show,
        .flags = ev->flags};
    chat_put_member(chat, &m);
    bool quiet =
        chat->core->members_syncing || (ev->flags & (KITH_MEMBER_QUIET | KITH_MEMBER_SELF));
    if (!known && !quiet && !splits_back(ca->core, chat, ev->nick, ev->ev.time_ms)) {
        char *sentence = ingest_came(ev->nick);
        moves_tell(ca->core, chat, ev->nick, true, tell_of(ca->core, chat, ev->nick), sentence,
                   ev->ev.time_ms);
        free(sentence);
    }
}

static const char *how_left(uint32_t how)
{
    switch (how) {
    case KITH_LEAVE_KICK:
        return "was removed";
    case KITH_LEAVE_BAN:
        return "was banned";
    case KITH_LEAVE_ERROR:
        return "was lost";
    case KITH_LEAVE_SPLIT:
        return "is behind a split of the network";
    case KITH_LEAVE_QUIT:
        return "went offline";
    default: /* PART, and what newer backends know */
        return "left";
    }
}

char *ingest_went(const char *nick, uint32_t how, const char *by, const char *why)
{
    by = str_empty(by) ? NULL : by;
    why = str_empty(why) ? NULL : why;
    return xasprintf("%s %s%s%s%s%s%s", nick, how_left(how), by ? " by " : "", by ? by : "",
                     why ? " (" : "", why ? why : "", why ? ")" : "");
}

void ingest_member_gone(struct core_account *ca, const struct kith_ev_member_gone *ev)
{
    struct chat *chat = account_chat(ca->account, ev->chat);
    if (!chat || !chat_member(chat, ev->nick))
        return;
    bool quiet = chat_member(chat, ev->nick)->flags & KITH_MEMBER_SELF;
    chat_drop_member(chat, ev->nick);
    chat_set_typing(chat, ev->nick, KITH_TYPING_GONE, NULL);
    bool plain = ev->how != KITH_LEAVE_KICK && ev->how != KITH_LEAVE_BAN;
    if (quiet)
        return;
    if (ev->how == KITH_LEAVE_SPLIT && !str_empty(ev->text)) {
        char *servers = xasprintf("%.160s", ev->text);
        splits_gone(ca->core, chat, ev->nick, servers, ev->ev.time_ms);
        free(servers);
        return;
    }
    char *sentence = ingest_went(ev->nick, ev->how, ev->by, ev->text);
    if (plain)
        moves_tell(ca->core, chat, ev->nick, false, tell_of(ca->core, chat, ev->nick), sentence,
                   ev->ev.time_ms);
    else
        ingest_line(ca->core, chat, EVENT_PART, ev->nick, ev->ev.time_ms, "%s", sentence);
    free(sentence);
}

/* ---- typing ---- */

static void on_typing_old(void *user)
{
    struct core *c = user;
    int64_t now = clock_mono_ms(), next = 0;
    c->typing_timer = NULL;
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        struct account *a = c->model->accounts[i];
        for (size_t j = 0; j < a->n_chats; j++) {
            struct chat *chat = a->chats[j];
            int64_t left = chat->core->typing_at + TYPING_MS - now;
            while (left <= 0 && chat->n_typists > 0)
                chat_set_typing(chat, chat->typists[0].who, KITH_TYPING_NONE, NULL);
            if (chat->n_typists > 0 && (next == 0 || left < next))
                next = left;
        }
    }
    if (next > 0)
        c->typing_timer = loop_timer_add(c->loop, next, on_typing_old, c);
}

void ingest_typing(struct core_account *ca, const struct kith_ev_typing *ev)
{
    struct core *c = ca->core;
    struct chat *chat = account_chat(ca->account, ev->chat);
    if (!chat || str_empty(ev->who) || ev->state > KITH_TYPING_GONE)
        return;
    if (core_ignores(c, ca->account, ev->who))
        return;
    bool typing = ev->state == KITH_TYPING_ACTIVE || ev->state == KITH_TYPING_PAUSED;
    if (typing && chat->n_typists >= MOST_TYPISTS)
        return;
    chat->core->typing_at = clock_mono_ms();
    chat_set_typing(chat, ev->who, (enum kith_typing)ev->state, ev->live);
    if (typing && !c->typing_timer)
        c->typing_timer = loop_timer_add(c->loop, TYPING_MS, on_typing_old, c);
}
