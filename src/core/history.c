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
    past_show(c, chat);
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

/* ---- what is not in the window ---- */

void core_position(struct core *c, const struct chat *chat, const struct message *m, int64_t *at,
                   int64_t *of)
{
    store_position(c->store, chat, m->sort, m->id, at, of);
}

enum { QUOTED_MOST = 64 };
static const char quoted_none; /* its address stands for "looked for, not here" */
#define QUOTED_NONE ((void *)(uintptr_t)&quoted_none)

static void free_quoted(void *m)
{
    if (m != QUOTED_NONE)
        message_free(m);
}

void history_forget_quoted(struct chat *chat)
{
    map_free(&chat->core->quoted, free_quoted);
}

const struct message *core_quoted(struct core *c, struct chat *chat, const char *ref)
{
    struct map *known = &chat->core->quoted;
    void *m = map_get(known, ref);
    if (!m) {
        if (known->n >= QUOTED_MOST)
            history_forget_quoted(chat);
        m = store_find_message(c->store, chat, ref, NULL);
        map_set(known, ref, m ? m : QUOTED_NONE);
    }
    return m == QUOTED_NONE ? NULL : m;
}

enum { LOOKS = 20, EMPTY_MOST = 20 };

int core_find_older(struct core *c, struct chat *chat, const char *ref, struct err *e)
{
    if (chat->at_start || complete(chat))
        return err_set(e, KITH_ENOTFOUND, "the message it answers is not here, nor in an archive");
    int r = ask_server(c, chat);
    if (r < 0)
        return err_set(e, r, "the message it answers is not here, and %s is not online",
                       chat->account->name);
    str_set(&chat->core->looked_for, ref);
    chat->core->looks_left = LOOKS;
    return 0;
}

/* True: one more page may have it. */
static bool go_on_looking(struct core *c, struct chat *chat, bool further)
{
    struct core_chat *cc = chat->core;
    struct message *found = store_find_message(c->store, chat, cc->looked_for, NULL);
    bool over = found || !further || --cc->looks_left <= 0;
    if (!found && over)
        model_notice(c->model, chat->account, chat, KITH_INFO, "the message it answers is not %s",
                     further ? "among the newer pages of the archive" : "in the archive either");
    message_free(found);
    if (over)
        str_set(&cc->looked_for, NULL);
    return !over;
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
    past_show(c, chat);
    change_mark_all(chat);
    free(page);
    return n;
}

/* True: that page held nothing to show, and the one before it may. A server that goes on like that is not asked for ever;
 * the cursor stays: the next time that the user goes back it begins there. */
static bool go_on_behind(struct core *c, struct chat *chat, bool empty, bool further)
{
    struct core_chat *cc = chat->core;
    cc->empty_pages = empty ? cc->empty_pages + 1 : 0;
    if (!empty || !further)
        return false;
    if (cc->empty_pages < EMPTY_MOST)
        return true;
    model_notice(c->model, chat->account, chat, KITH_INFO,
                 "the archive gives nothing more: its last %d pages were empty", cc->empty_pages);
    return false;
}

/* A chat that no archive has begins with what is here, which may have moved on since it was asked for. One that is not
 * known yet may have one: it is asked for when the user goes back again. */
static void fetch_failed(struct core *c, struct chat *chat, const struct err *e)
{
    if (e->code == KITH_EUNSUP && prepend_stored(c, chat) == 0)
        chat_prepend(chat, NULL, 0, true);
    else if (e->code != KITH_EUNSUP && e->code != KITH_ECANCELED && e->code != KITH_EOFFLINE)
        model_notice(c->model, chat->account, chat, KITH_WARN,
                     "older messages could not be fetched: %s", e->text);
}

void history_fetched(struct core *c, struct request *r, const struct kith_ev_reply *reply,
                     const struct err *e)
{
    struct chat *chat = model_chat_by_id(c->model, r->chat_id);
    if (!chat)
        return;
    set_loading(chat, false);
    if (e->code != 0) {
        fetch_failed(c, chat, e);
        return;
    }
    bool further =
        reply->more && !str_empty(reply->cursor) && !str_eq(reply->cursor, chat->core->cursor);
    str_set(&chat->core->cursor, reply->cursor);
    if (!reply->more && !chat->core->more.history_start) {
        chat->core->more.history_start = true;
        save_chat(c, chat);
    }
    history_forget_quoted(chat);
    bool empty = prepend_stored(c, chat) == 0;
    if (chat->core->looked_for ? go_on_looking(c, chat, further)
                               : go_on_behind(c, chat, empty, further))
        ask_server(c, chat);
}

void history_offline(struct core_account *ca)
{
    const struct account *a = ca->account;
    for (size_t i = 0; i < a->n_chats; i++) {
        str_set(&a->chats[i]->core->cursor, NULL);
        str_set(&a->chats[i]->core->looked_for, NULL);
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
    chat->core->empty_pages = 0;
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
    past_show(c, chat);
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
    past_show(c, chat);
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
    if (!lines)
        past_free(c, chat);
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
