/* core/ingest.c - events of the accounts: each goes to the one place that changes the model for it
 */
#include "core/private.h"

/* ---- small ones ---- */

static void on_caps(struct core_account *ca, const struct kith_event *ev)
{
    const struct kith_ev_caps *caps = (const void *)ev;
    if (ca->account->caps == caps->caps)
        return;
    ca->account->caps = caps->caps;
    account_changed(ca->account);
}

static void on_self(struct core_account *ca, const struct kith_event *ev)
{
    const struct kith_ev_self *self = (const void *)ev;
    struct account *a = ca->account;
    bool changed = false;
    if (!str_empty(self->address))
        changed |= str_set(&a->address, self->address);
    if (!str_empty(self->name))
        changed |= str_set(&a->nick, self->name);
    if (!changed)
        return;
    save_account(ca);
    account_changed(a);
}

static void on_notice(struct core_account *ca, const struct kith_event *ev)
{
    const struct kith_ev_notice *n = (const void *)ev;
    struct chat *chat = n->chat ? account_chat(ca->account, n->chat) : NULL;
    enum kith_level level = n->level > KITH_ERROR ? KITH_ERROR : (enum kith_level)n->level;
    if (level == KITH_DEBUG)
        log_debug("%s: %s", ca->account->name, n->text);
    else if (chat && chat->kind == KITH_CHAT_ROOM && level == KITH_INFO && !str_empty(n->text))
        moves_note(ca->core, chat, n->about, n->text, n->ev.time_ms);
    else if (!str_empty(n->text))
        model_notice(ca->core->model, ca->account, chat, level, "%s", n->text);
}

static void on_progress(struct core_account *ca, const struct kith_event *ev)
{
    files_on_progress(ca, (const void *)ev);
}

static void on_link(struct core_account *ca, const struct kith_event *ev)
{
    paced_on_link(ca, (const void *)ev);
}

/* ---- the table ---- */

static void on_state(struct core_account *ca, const struct kith_event *ev)
{
    connect_on_state(ca, (const void *)ev);
}
static void on_reply(struct core_account *ca, const struct kith_event *ev)
{
    request_reply(ca, (const void *)ev);
}
static void on_ask(struct core_account *ca, const struct kith_event *ev)
{
    ask_on_ask(ca, (const void *)ev);
}
static void on_ask_gone(struct core_account *ca, const struct kith_event *ev)
{
    ask_on_gone(ca, ((const struct kith_ev_ask_gone *)(const void *)ev)->ask);
}
static void on_item(struct core_account *ca, const struct kith_event *ev)
{
    request_item(ca, (const void *)ev);
}
static void on_sync_begin(struct core_account *ca, const struct kith_event *ev)
{
    ingest_sync(ca, (const void *)ev, true);
}
static void on_sync_end(struct core_account *ca, const struct kith_event *ev)
{
    ingest_sync(ca, (const void *)ev, false);
}
static void on_contact(struct core_account *ca, const struct kith_event *ev)
{
    ingest_contact(ca, (const void *)ev);
}
static void on_contact_gone(struct core_account *ca, const struct kith_event *ev)
{
    ingest_contact_gone(ca, (const void *)ev);
}
static void on_presence(struct core_account *ca, const struct kith_event *ev)
{
    ingest_presence(ca, (const void *)ev);
}
static void on_chat(struct core_account *ca, const struct kith_event *ev)
{
    ingest_chat(ca, (const void *)ev);
}
static void on_chat_gone(struct core_account *ca, const struct kith_event *ev)
{
    ingest_chat_gone(ca, (const void *)ev);
}
static void on_member(struct core_account *ca, const struct kith_event *ev)
{
    ingest_member(ca, (const void *)ev);
}
static void on_member_gone(struct core_account *ca, const struct kith_event *ev)
{
    ingest_member_gone(ca, (const void *)ev);
}
static void on_message(struct core_account *ca, const struct kith_event *ev)
{
    ingest_message(ca, (const void *)ev);
}
static void on_receipt(struct core_account *ca, const struct kith_event *ev)
{
    outbox_on_receipt(ca, (const void *)ev);
}
static void on_typing(struct core_account *ca, const struct kith_event *ev)
{
    ingest_typing(ca, (const void *)ev);
}
static void on_marker(struct core_account *ca, const struct kith_event *ev)
{
    unread_on_marker(ca, (const void *)ev);
}

static void on_sub(struct core_account *ca, const struct kith_event *ev)
{
    subs_on_sub(ca, (const void *)ev);
}
static void on_sub_gone(struct core_account *ca, const struct kith_event *ev)
{
    subs_on_gone(ca, (const void *)ev);
}

static void on_happened(struct core_account *ca, const struct kith_event *ev)
{
    past_on_happened(ca, (const void *)ev);
}

static void on_encryption(struct core_account *ca, const struct kith_event *ev)
{
    encrypt_on_state(ca, (const void *)ev);
}
static void on_device(struct core_account *ca, const struct kith_event *ev)
{
    encrypt_on_device(ca, (const void *)ev);
}

void ingest_event(struct core_account *ca, const struct kith_event *ev)
{
    static void (*const handlers[])(struct core_account *, const struct kith_event *) = {
        [KITH_EV_STATE] = on_state,
        [KITH_EV_CAPS] = on_caps,
        [KITH_EV_SELF] = on_self,
        [KITH_EV_REPLY] = on_reply,
        [KITH_EV_NOTICE] = on_notice,
        [KITH_EV_ASK] = on_ask,
        [KITH_EV_ASK_GONE] = on_ask_gone,
        [KITH_EV_ITEM] = on_item,
        [KITH_EV_SYNC_BEGIN] = on_sync_begin,
        [KITH_EV_SYNC_END] = on_sync_end,
        [KITH_EV_CONTACT] = on_contact,
        [KITH_EV_CONTACT_GONE] = on_contact_gone,
        [KITH_EV_PRESENCE] = on_presence,
        [KITH_EV_CHAT] = on_chat,
        [KITH_EV_CHAT_GONE] = on_chat_gone,
        [KITH_EV_MEMBER] = on_member,
        [KITH_EV_MEMBER_GONE] = on_member_gone,
        [KITH_EV_MESSAGE] = on_message,
        [KITH_EV_RECEIPT] = on_receipt,
        [KITH_EV_TYPING] = on_typing,
        [KITH_EV_MARKER] = on_marker,
        [KITH_EV_PROGRESS] = on_progress,
        [KITH_EV_SUB] = on_sub,
        [KITH_EV_SUB_GONE] = on_sub_gone,
        [KITH_EV_LINK] = on_link,
        [KITH_EV_HAPPENED] = on_happened,
        [KITH_EV_ENCRYPTION] = on_encryption,
        [KITH_EV_DEVICE] = on_device,
    };
    if (ev->type < COUNT(handlers) && handlers[ev->type])
        handlers[ev->type](ca, ev); /* others: a newer backend says more than we know */
}
