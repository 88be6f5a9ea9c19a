/* model/account.c - one account: its contacts and chats */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "model/forecast.h"
#include "model/model.h"
#include "model/private.h"

static void free_contact_value(void *value)
{
    contact_free(value);
}

void account_free(struct account *a)
{
    for (size_t i = 0; i < a->n_chats; i++)
        chat_free(a->chats[i]);
    free(a->chats);
    map_free(&a->chat_index, NULL);
    map_free(&a->contacts, free_contact_value);
    free(a->name);
    free(a->parent);
    free(a->label);
    forecast_free(a->forecast);
    free(a->note);
    free(a->protocol);
    free(a->protocol_label);
    free(a->address);
    free(a->nick);
    free(a->problem);
    free(a->way);
    free(a->phase);
    free(a->status);
    free(a);
}

const char *account_title(const struct account *a)
{
    return !str_empty(a->label) ? a->label : str_empty(a->address) ? a->name : a->address;
}

void account_changed(struct account *a)
{
    model_emit(a->model, &(struct model_event){.type = MODEL_ACCOUNT, .account = a});
}

struct chat *account_chat(const struct account *a, const char *address)
{
    return address ? map_get(&a->chat_index, address) : NULL;
}

struct contact *account_contact(const struct account *a, const char *address)
{
    return address ? map_get(&a->contacts, address) : NULL;
}

struct chat *account_add_chat(struct account *a, int64_t id, const char *address,
                              enum kith_chat_kind kind)
{
    ENSURE(!account_chat(a, address));
    struct chat *c = xcalloc(1, sizeof *c);
    c->account = a;
    c->id = id;
    c->address = xstrdup(address);
    c->kind = kind;
    c->at_end = true;
    VEC_PUSH(a->chats, a->n_chats, a->cap_chats, c);
    map_set(&a->chat_index, address, c);
    chat_changed(c);
    return c;
}

void chat_move(struct chat *c, const char *address)
{
    struct account *a = c->account;
    ENSURE(!account_chat(a, address));
    map_del(&a->chat_index, c->address);
    str_set(&c->address, address);
    map_set(&a->chat_index, address, c);
    chat_changed(c);
}

void account_drop_chat(struct chat *c)
{
    struct account *a = c->account;
    for (size_t i = 0; i < a->n_chats; i++) {
        if (a->chats[i] == c) {
            VEC_DEL(a->chats, a->n_chats, i);
            break;
        }
    }
    map_del(&a->chat_index, c->address);
    model_emit(a->model, &(struct model_event){.type = MODEL_CHAT_GONE, .account = a, .chat = c});
    chat_free(c);
}

void account_forget_presence(struct account *a)
{
    for (struct map_entry *e = NULL; (e = map_next(&a->contacts, e));) {
        struct contact *ct = e->value;
        if (ct->n_presences > 0)
            contact_set_presence(ct, &(struct presence){.show = KITH_SHOW_OFFLINE});
    }
    for (size_t i = 0; i < a->n_chats; i++) {
        struct chat *c = a->chats[i];
        while (c->n_typists > 0)
            chat_set_typing(c, c->typists[0].who, KITH_TYPING_NONE, NULL);
    }
}
