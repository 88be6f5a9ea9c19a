/* core/history.c - scrolling: the window of loaded messages, the store behind it, the server's
 * archive behind that */
#include "core/private.h"

/* Nothing older can be had: the store ends, and the server has no archive or no more of it. */
static bool complete(const struct chat *chat)
{
    const struct core_account *ca = chat->account->core;
    bool archive = chat->account->groups & ACCOUNT_HAS_HISTORY;
    return chat->core->more.history_start || (ca->link.protocol && !archive);
}

static const struct message *first_real(const struct chat *chat)
{
    for (size_t i = 0; i < chat->n_messages; i++) {
        if (chat->messages[i]->id > 0)
            return chat->messages[i];
    }
    return NULL;
}

/* What is in the window and not (yet) on disk: what waits for a disk that refuses, and, with
 * `lines`, what never gets there (lines of our own). */
static struct message **keep_unsaved(struct core *c, const struct chat *chat, bool lines, size_t *n)
{
    struct message **kept = NULL;
    size_t cap = 0;
    int64_t unsaved = store_waiting(c->store) ? store_unsaved_from(c->store) : INT64_MAX;
    *n = 0;
    for (size_t i = 0; i < chat->n_messages; i++) {
        const struct message *m = chat->messages[i];
        if (m->id < 0 ? lines : m->id >= unsaved)
            VEC_PUSH(kept, *n, cap, message_dup(m));
    }
    return kept;
}

static void load_newest(struct core *c, struct chat *chat)
{
    size_t n = 0, n_kept = 0;
    struct message **kept = keep_unsaved(c, chat, true, &n_kept);
    bool end = false;
    struct message **page = store_window_page(c->store, chat, STORE_OLDER, 0, 0, &n, &end);
    chat->loaded = true;
    chat_set_window(chat, page, n, end && complete(chat), true);
    for (size_t i = 0; i < n_kept; i++)
        chat_insert_message(chat, kept[i]);
    free(kept);
    change_mark_all(chat);
    if (chat->unread > 0 && chat->unread_line == 0)
        unread_find_line(c, chat);
}

void history_again(struct core *c, struct chat *chat)
{
    if (chat->loaded)
        load_newest(c, chat);
}

int core_load(struct core *c, struct chat *chat)
{
    if (!chat->loaded)
        load_newest(c, chat);
    return 0;
}

int core_load_newest(struct core *c, struct chat *chat)
{
    if (!chat->loaded || !chat->at_end)
        load_newest(c, chat);
    return 0;
}

/* ---- the server's archive ---- */

static void set_loading(struct chat *chat, bool loading)
{
    if (chat->loading_older == loading)
        return;
    chat->loading_older = loading;
    chat_changed(chat);
}

static int ask_server(struct core *c, struct chat *chat)
{
    struct core_account *ca = chat->account->core;
    const struct message *first = first_real(chat);
    int64_t time = 0;
    bool can =
        chat->account->state == KITH_STATE_ONLINE && (chat->account->caps & KITH_CAP_HISTORY);
    if (!can || chat->loading_older)
        return can ? 0 : KITH_EOFFLINE;
    char *oldest = store_oldest(c->store, chat, &time);
    struct kith_history_fetch f = {.size = sizeof f,
                                   .max = MODEL_PAGE,
                                   .chat = chat->address,
                                   .before_id = chat->core->cursor ? chat->core->cursor : oldest,
                                   .before_ms = time};
    struct request *r = request_new(ca, history_fetched);
    r->chat_id = chat->id;
    r->number = first ? first->sort : INT64_MAX;
    struct wire_op op = {.type = OP_HISTORY_FETCH, .chat = chat->address, .fetch = &f};
    int sent = request_send(r, &op, -1, NULL);
    free(oldest);
    if (sent == 0)
        set_loading(chat, true);
    return sent;
}

static size_t prepend_stored(struct core *c, struct chat *chat)
{
    const struct message *first = first_real(chat);
    size_t n = 0;
    bool end = false;
    struct message **page = store_window_page(c->store, chat, STORE_OLDER, first ? first->sort : 0,
                                              first ? first->id : 0, &n, &end);
    bool start = end && complete(chat);
    if (n > 0 || start != chat->at_start)
        chat_prepend(chat, page, n, start);
    change_mark_all(chat);
    free(page);
    return n;
}

void history_fetched(struct core *c, struct request *r, const struct kith_ev_reply *reply,
                     const struct err *e)
{
    struct chat *chat = model_chat_by_id(c->model, r->chat_id);
    if (!chat)
        return;
    set_loading(chat, false);
    if (e->code != 0) {
        if (e->code != KITH_ECANCELED)
            model_notice(c->model, chat->account, chat, KITH_WARN,
                         "older messages could not be fetched: %s", e->text);
        return;
    }
    bool further =
        reply->more && !str_empty(reply->cursor) && !str_eq(reply->cursor, chat->core->cursor);
    str_set(&chat->core->cursor, reply->cursor);
    if (!reply->more && !chat->core->more.history_start) {
        chat->core->more.history_start = true;
        save_chat(c, chat);
    }
    if (prepend_stored(c, chat) == 0 && further)
        ask_server(c, chat); /* that page held nothing to show */
}

void history_offline(struct core_account *ca)
{
    const struct account *a = ca->account;
    for (size_t i = 0; i < a->n_chats; i++) {
        str_set(&a->chats[i]->core->cursor, NULL);
        set_loading(a->chats[i], false);
    }
}

/* ---- moving the window ---- */

int core_load_older(struct core *c, struct chat *chat)
{
    if (!chat->loaded)
        return core_load(c, chat);
    if (chat->at_start || chat->loading_older)
        return 0;
    if (prepend_stored(c, chat) > 0 || chat->at_start)
        return 0;
    return ask_server(c, chat);
}

int core_load_newer(struct core *c, struct chat *chat)
{
    if (!chat->loaded)
        return core_load(c, chat);
    const struct message *last = chat_last(chat);
    if (chat->at_end || !last)
        return 0;
    for (size_t i = chat->n_messages; i-- > 0 && last->id < 0;)
        last = chat->messages[i];
    size_t n = 0;
    bool end = false;
    struct message **page =
        store_window_page(c->store, chat, STORE_NEWER_THAN, last->sort, last->id, &n, &end);
    chat_append(chat, page, n, end);
    change_mark_all(chat);
    free(page);
    if (chat->at_end && store_waiting(c->store))
        load_newest(c, chat); /* the newest are only in memory */
    return 0;
}

int core_load_around(struct core *c, struct chat *chat, int64_t message_id)
{
    if (chat->loaded && chat_message(chat, message_id))
        return 0;
    struct message *m = store_message(c->store, chat, message_id);
    if (!m)
        return KITH_ENOTFOUND;
    size_t older = 0, newer = 0;
    bool start = false, end = false;
    struct message **a =
        store_window_page(c->store, chat, STORE_OLDER, m->sort, m->id, &older, &start);
    struct message **b =
        store_window_page(c->store, chat, STORE_NEWER_THAN, m->sort, m->id, &newer, &end);
    a = xreallocarray(a, older + newer + 1, sizeof(struct message *));
    a[older] = m;
    memcpy(a + older + 1, b, newer * sizeof(struct message *));
    free(b);
    chat->loaded = true;
    chat_set_window(chat, a, older + newer + 1, start && complete(chat), end);
    change_mark_all(chat);
    return 0;
}

/* ---- all windows together ---- */

static bool looked_at(const struct core *c, const struct chat *chat)
{
    for (size_t i = 0; i < c->n_attention; i++) {
        if (c->attention[i].chat == chat)
            return true;
    }
    return false;
}

static int by_activity(const void *a, const void *b)
{
    const struct chat *x = *(const struct chat *const *)a, *y = *(const struct chat *const *)b;
    return x->active < y->active ? -1 : x->active > y->active;
}

static struct chat **not_looked_at(const struct core *c, size_t *n)
{
    struct chat **v = NULL;
    size_t cap = 0;
    *n = 0;
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        const struct account *a = c->model->accounts[i];
        for (size_t j = 0; j < a->n_chats; j++) {
            if (a->chats[j]->bytes > 0 && !looked_at(c, a->chats[j]))
                VEC_PUSH(v, *n, cap, a->chats[j]);
        }
    }
    if (*n > 1)
        qsort(v, *n, sizeof *v, by_activity);
    return v;
}

/* As before anybody looked. */
static void unload(struct core *c, struct chat *chat, bool lines)
{
    size_t n = 0;
    struct message **kept = keep_unsaved(c, chat, lines, &n);
    chat->loaded = false;
    chat_set_window(chat, kept, n, false, true);
}

void history_bound(struct core *c)
{
    enum { MOST = 64 << 20, DOWN_TO = 48 << 20 };
    size_t n = 0;
    if (c->model->bytes <= MOST)
        return;
    struct chat **v = not_looked_at(c, &n);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < n && c->model->bytes > DOWN_TO; i++)
            unload(c, v[i], round == 0);
    }
    free(v);
}
