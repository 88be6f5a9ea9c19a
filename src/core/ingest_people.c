/* core/ingest_people.c - contacts, their presence, and sweeping after a full list */
#include "core/private.h"

enum { MOST_CONTACTS = 20000, MOST_DEVICES = 64 }; /* more is an attack or a mistake */

void ingest_contact(struct core_account *ca, const struct kith_ev_contact *ev)
{
    struct account *a = ca->account;
    struct contact *ct = account_contact(a, ev->address);
    if (str_empty(ev->address) || (!ct && a->contacts.n >= MOST_CONTACTS))
        return;
    bool same =
        ct && ct->flags == ev->flags && str_eq(ct->name, ev->name) && ct->n_groups == ev->n_groups;
    for (size_t i = 0; same && i < ev->n_groups; i++)
        same = str_eq(ct->groups[i], ev->groups[i]);
    ct = account_put_contact(a, ev->address, ev->name, ev->groups, ev->n_groups, ev->flags);
    if (!same)
        store_put_contact(ca->core->store, ct);
    strangers_contact(ca, ct);
}

static void drop(struct core_account *ca, const char *address)
{
    store_drop_contact(ca->core->store, ca->account, address);
    account_drop_contact(ca->account, address);
}

void ingest_contact_gone(struct core_account *ca, const struct kith_ev_contact_gone *ev)
{
    if (account_contact(ca->account, ev->address))
        drop(ca, ev->address);
}

void ingest_presence(struct core_account *ca, const struct kith_ev_presence *ev)
{
    struct contact *ct = account_contact(ca->account, ev->address);
    bool room_left = ct && ct->n_presences < MOST_DEVICES;
    if (!ct || (!room_left && ev->show != KITH_SHOW_OFFLINE))
        return; /* a stranger's presence says nothing to anybody */
    struct presence p = {.resource = (char *)(uintptr_t)ev->resource,
                         .show = ev->show > KITH_SHOW_UNKNOWN ? KITH_SHOW_UNKNOWN
                                                              : (enum kith_show)ev->show,
                         .priority = ev->priority,
                         .text = (char *)(uintptr_t)ev->text,
                         .client = (char *)(uintptr_t)ev->client,
                         .idle_since = ev->idle_since_ms};
    contact_set_presence(ct, &p);
    struct chat *chat = account_chat(ca->account, ev->address);
    if (chat && ev->show == KITH_SHOW_OFFLINE)
        chat_set_typing(chat, ev->address, KITH_TYPING_GONE, NULL);
    else if (chat)
        outbox_unhold(ca, chat);
}

/* ---- full lists ---- */

static void sweep_contacts(struct core_account *ca, bool begin)
{
    struct account *a = ca->account;
    for (struct map_entry *e = NULL; (e = map_next(&a->contacts, e));) {
        struct contact *ct = e->value;
        if (begin)
            ct->sweep = true;
        else if (ct->sweep)
            drop(ca, ct->address);
    }
    if (!begin && !a->roster_synced) {
        a->roster_synced = true;
        account_changed(a);
    }
}

static void sweep_blocked(struct core_account *ca, bool begin)
{
    struct account *a = ca->account;
    for (struct map_entry *e = NULL; (e = map_next(&a->contacts, e));) {
        struct contact *ct = e->value;
        if (begin) {
            ct->sweep = (ct->flags & KITH_CONTACT_BLOCKED) != 0;
        } else if (ct->sweep) {
            ct->sweep = false;
            ct->flags &= ~(uint32_t)KITH_CONTACT_BLOCKED;
            store_put_contact(ca->core->store, ct);
            model_emit(a->model,
                       &(struct model_event){.type = MODEL_CONTACT, .account = a, .contact = ct});
        }
    }
}

static void sweep_chats(struct core_account *ca, bool begin)
{
    struct account *a = ca->account;
    for (size_t i = 0; i < a->n_chats; i++) {
        struct chat *chat = a->chats[i];
        if (begin) {
            chat->sweep = chat->kind == KITH_CHAT_ROOM;
        } else if (chat->sweep) { /* no longer kept by the account; what was said in it stays */
            chat->sweep = false;
            chat->flags &= ~(uint32_t)(KITH_CHAT_AUTOJOIN | KITH_CHAT_PINNED);
            save_chat(ca->core, chat);
            chat_changed(chat);
        }
    }
}

static void sweep_members(struct core_account *ca, const char *address, bool begin)
{
    struct chat *chat = account_chat(ca->account, address);
    if (!chat)
        return;
    chat->core->members_syncing = begin;
    for (size_t i = chat->n_members; i-- > 0;) {
        if (begin)
            chat->members[i]->sweep = true;
        else if (chat->members[i]->sweep)
            chat_drop_member(chat, chat->members[i]->nick);
    }
}

void ingest_sync(struct core_account *ca, const struct kith_ev_sync *ev, bool begin)
{
    switch (ev->what) {
    case KITH_SYNC_ROSTER:
        sweep_contacts(ca, begin);
        break;
    case KITH_SYNC_CHATS:
        sweep_chats(ca, begin);
        break;
    case KITH_SYNC_MEMBERS:
        sweep_members(ca, ev->chat, begin);
        break;
    case KITH_SYNC_BLOCKED:
        sweep_blocked(ca, begin);
        break;
    case KITH_SYNC_ARCHIVE:
        ingest_archive(ca, ev->chat, begin);
        break;
    case KITH_SYNC_SUBS:
        subs_sync(ca, begin);
        break;
    default: /* a newer backend's list */
        break;
    }
}
