/* core/chats.c - opening, closing and numbering conversations */
#include <stdio.h>

#include "core/private.h"

static struct core_chat *attach(struct chat *chat)
{
    chat->core = xcalloc(1, sizeof *chat->core);
    return chat->core;
}

void chats_adopt(void *user, struct chat *chat, const struct store_chat *more)
{
    if (!chat->core)
        attach(chat);
    chat->core->more.last_sort = MAX(chat->core->more.last_sort, more->last_sort);
    chat->core->more.history_start = more->history_start;
    strangers_adopt(user, chat);
}

void chats_free(struct chat *chat)
{
    if (!chat->core)
        return;
    moves_free(chat);
    past_free(chat->account->core->core, chat);
    splits_free(chat);
    free(chat->core->cursor);
    free(chat->core->nick_given);
    free(chat->core->nick_shown);
    free(chat->core->looked_for);
    history_forget_quoted(chat);
    free(chat->core);
    chat->core = NULL;
}

void chats_forget(struct core *c, struct chat *chat)
{
    for (size_t i = c->n_dirty_chats; i-- > 0;) {
        if (c->dirty_chats[i] == chat)
            VEC_DEL(c->dirty_chats, c->n_dirty_chats, i);
    }
    unread_forget_chat(c, chat);
    inbox_unload(c, chat);
    request_forget_chat(c, chat->id);
    chats_free(chat);
}

/* Direct conversations with people whom the account does not keep. */
static size_t strangers(const struct account *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_chats; i++)
        n += a->chats[i]->kind == KITH_CHAT_DIRECT && !account_contact(a, a->chats[i]->address);
    return n;
}

bool chats_may_add(struct core_account *ca, const char *address)
{
    enum { MOST_CHATS = 20000, MOST_STRANGERS = 5000 };
    const struct account *a = ca->account;
    bool room = a->n_chats < MOST_CHATS;
    if (room && (account_contact(a, address) || strangers(a) < MOST_STRANGERS))
        return true;
    if (!ca->full_told)
        model_notice(ca->core->model, ca->account, NULL, KITH_WARN,
                     "account %s: more people write than kith keeps chats for; %s and others like "
                     "them are not shown",
                     a->name, address);
    ca->full_told = true;
    return false;
}

struct chat *chats_get(struct core_account *ca, const char *address, enum kith_chat_kind kind)
{
    struct account *a = ca->account;
    struct chat *chat = account_chat(a, address);
    if (chat)
        return chat;
    if (kind == KITH_CHAT_DIRECT && str_eq(address, a->address))
        kind = KITH_CHAT_SELF;
    chat = account_add_chat(a, store_new_chat(ca->core->store, a, address, kind), address, kind);
    attach(chat);
    core_touch(ca->core);
    return chat;
}

/* The lowest that no window has. Two passes over the chats: strangers can make many. */
static int free_number(const struct core *c)
{
    size_t most = 1, number = 1;
    for (size_t i = 0; i < c->model->n_accounts; i++)
        most += c->model->accounts[i]->n_chats;
    bool *taken = xcalloc(most + 1, sizeof *taken);
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        const struct account *a = c->model->accounts[i];
        for (size_t j = 0; j < a->n_chats; j++) {
            if (a->chats[j]->number > 0 && (size_t)a->chats[j]->number < most)
                taken[a->chats[j]->number] = true;
        }
    }
    while (taken[number])
        number++;
    free(taken);
    return (int)number;
}

void chats_show(struct core *c, struct chat *chat)
{
    strangers_known(c, chat);
    if (chat->open)
        return;
    chat->open = true;
    chat->number = free_number(c);
    save_chat(c, chat);
    chat_changed(chat);
}

bool chats_gap_opens(const struct chat *chat)
{
    return (chat->core->gap || chat->account->core->gap) && !chat->core->gap_end;
}

int64_t chats_next_sort(struct chat *chat, int64_t time)
{
    bool opens = chats_gap_opens(chat);
    int64_t sort = MAX(time, chat->core->more.last_sort + opens);
    if (opens)
        chat->core->gap_end = sort;
    chat->core->more.last_sort = sort;
    return sort;
}

void core_close_chat(struct core *c, struct chat *chat)
{
    if (!chat->open)
        return;
    if (chat->kind == KITH_CHAT_ROOM && (chat->flags & KITH_CHAT_JOINED))
        core_leave(c, chat, NULL, NULL);
    chat->open = false;
    chat->number = 0;
    chat->unread_line = 0;
    save_chat(c, chat);
    chat_changed(chat);
}

/* ---- window order ---- */

static struct chat *next_up(const struct core *c, int number, int step)
{
    return model_chat_by_number(c->model, number + step);
}

void core_move_chat(struct core *c, struct chat *chat, int number)
{
    if (number < 1 || !chat->open || number == chat->number)
        return;
    int step = number > chat->number ? 1 : -1;
    int at = chat->number;
    chat->number = 0;
    /* Those between make room; the row of numbers stays as it is. */
    for (int i = at; i != number; i += step) {
        struct chat *other = next_up(c, i, step);
        if (!other)
            continue;
        other->number = i;
        save_chat(c, other);
        chat_changed(other);
    }
    chat->number = number;
    save_chat(c, chat);
    chat_changed(chat);
}

/* ---- opening by name ---- */

static void on_normal(struct core *c, struct request *r, const struct kith_ev_reply *reply,
                      const struct err *e)
{
    struct err why = *e;
    struct chat *chat = NULL;
    if (e->code == 0 && str_empty(reply->text))
        err_set(&why, KITH_EINVAL, "\"%s\" is no address", r->text);
    if (why.code == 0) {
        chat = chats_get(r->ca, reply->text, KITH_CHAT_DIRECT);
        chats_show(c, chat);
    }
    if (r->chat_done)
        r->chat_done(r->user, chat, &why);
    else if (why.code)
        model_notice(c->model, r->ca->account, NULL, KITH_ERROR, "%s: %s", r->text, why.text);
}

int core_open_chat(struct core *c, struct account *a, const char *text, core_chat_fn *done,
                   void *user, struct err *e)
{
    struct core_account *ca = a->core;
    static const struct err fine = {0};
    if (str_empty(text))
        return err_set(e, KITH_EINVAL, "whom do you want to talk to?");
    struct chat *chat = account_chat(a, text);
    if (!chat && account_contact(a, text))
        chat = chats_get(ca, text, KITH_CHAT_DIRECT);
    if (chat) {
        chats_show(c, chat);
        if (done)
            done(user, chat, &fine);
        return 0;
    }
    struct request *r = request_new(ca, on_normal);
    r->chat_done = done;
    r->user = user;
    r->text = xstrdup(text);
    struct wire_op op = {.type = OP_NORMALIZE, .text = text};
    return request_send(r, &op, -1, e);
}
