/* model/model.c - the root: accounts, and finding things by name, number or row */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "model/model.h"
#include "model/listing.h"
#include "model/private.h"

struct model *model_new(void)
{
    return xcalloc(1, sizeof(struct model));
}

void model_free(struct model *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n_asks; i++)
        ask_free(m->asks[i]);
    free(m->asks);
    inbox_free_all(m);
    listings_free_all(m);
    for (size_t i = 0; i < m->n_accounts; i++)
        account_free(m->accounts[i]);
    free(m->accounts);
    free(m->observers);
    free(m);
}

struct account *model_account(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->n_accounts; i++) {
        if (str_eq(m->accounts[i]->name, name))
            return m->accounts[i];
    }
    return NULL;
}

struct account *model_account_by_id(const struct model *m, int64_t id)
{
    for (size_t i = 0; i < m->n_accounts; i++) {
        if (m->accounts[i]->id == id)
            return m->accounts[i];
    }
    return NULL;
}

struct chat *model_chat_by_id(const struct model *m, int64_t id)
{
    for (size_t i = 0; i < m->n_accounts; i++) {
        const struct account *a = m->accounts[i];
        for (size_t j = 0; j < a->n_chats; j++) {
            if (a->chats[j]->id == id)
                return a->chats[j];
        }
    }
    return NULL;
}

struct chat *model_chat_by_number(const struct model *m, int number)
{
    if (number <= 0)
        return NULL;
    for (size_t i = 0; i < m->n_accounts; i++) {
        const struct account *a = m->accounts[i];
        for (size_t j = 0; j < a->n_chats; j++) {
            if (a->chats[j]->number == number)
                return a->chats[j];
        }
    }
    return NULL;
}

struct account *model_add_account(struct model *m, int64_t id, const char *name,
                                  const char *protocol)
{
    ENSURE(!model_account(m, name));
    struct account *a = xcalloc(1, sizeof *a);
    a->model = m;
    a->id = id;
    a->name = xstrdup(name);
    a->protocol = xstrdup(protocol);
    a->show = KITH_SHOW_ONLINE;
    a->lag_ms = -1;
    VEC_PUSH(m->accounts, m->n_accounts, m->cap_accounts, a);
    account_changed(a);
    return a;
}

static size_t place_of(const struct model *m, const struct account *a)
{
    size_t i = 0;
    while (i < m->n_accounts && m->accounts[i] != a)
        i++;
    return i;
}

void model_place_below(struct model *m, struct account *a, const struct account *parent)
{
    str_set(&a->parent, parent->name);
    VEC_DEL(m->accounts, m->n_accounts, place_of(m, a));
    size_t at = place_of(m, parent) + 1;
    while (at < m->n_accounts && str_eq(m->accounts[at]->parent, parent->name))
        at++;
    VEC_PUSH(m->accounts, m->n_accounts, m->cap_accounts, a);
    memmove(m->accounts + at + 1, m->accounts + at, (m->n_accounts - 1 - at) * sizeof *m->accounts);
    m->accounts[at] = a;
    account_changed(a);
}

static void drop_asks_of(struct model *m, const struct account *a)
{
    for (size_t i = m->n_asks; i-- > 0;) {
        if (i < m->n_asks && m->asks[i]->account == a)
            model_drop_ask(m, m->asks[i]);
    }
}

void model_drop_account(struct model *m, struct account *a)
{
    drop_asks_of(m, a);
    while (a->n_chats > 0)
        account_drop_chat(a->chats[a->n_chats - 1]);
    for (size_t i = 0; i < m->n_accounts; i++) {
        if (m->accounts[i] == a) {
            VEC_DEL(m->accounts, m->n_accounts, i);
            break;
        }
    }
    model_emit(m, &(struct model_event){.type = MODEL_ACCOUNT_GONE, .account = a});
    account_free(a);
}
