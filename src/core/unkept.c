/* core/unkept.c - which chats have what is said there on the disk: as the user wants it for each, or for all that are encrypted */
#include <inttypes.h>

#include "core/private.h"

enum { FORGET_MS = 3, AGAIN_MS = 200 };

/* ---- kept, or not ---- */

static bool keeps_encrypted(const struct core *c)
{
    return config_bool(c->config, "history.encrypted");
}

/* What is being deleted goes on behind a restart, as far as there is something kept: nothing new is, until it is done. */
static bool is_kept(const struct core *c, const struct chat *chat)
{
    if (chat->flags & CHAT_FORGETS)
        return false;
    if (chat->flags & (CHAT_TO_KEEP | CHAT_NOT_TO_KEEP))
        return !(chat->flags & CHAT_NOT_TO_KEEP);
    return keeps_encrypted(c) || !(chat->flags & KITH_CHAT_ENCRYPTED);
}

void unkept_update(struct core *c, struct chat *chat)
{
    uint32_t flags = is_kept(c, chat) ? chat->flags & ~CHAT_UNKEPT : chat->flags | CHAT_UNKEPT;
    if (flags == chat->flags)
        return;
    chat->flags = flags;
    save_chat(c, chat);
    chat_changed(chat);
}

static void update_account(struct core *c, struct account *a)
{
    for (size_t i = 0; i < a->n_chats; i++)
        unkept_update(c, a->chats[i]);
}

uint32_t unkept_message(const struct core *c, const struct chat *chat, uint32_t enc)
{
    bool by_itself = enc != KITH_ENC_NONE && !keeps_encrypted(c) && !(chat->flags & CHAT_TO_KEEP);
    return message_kept_as(by_itself ? CHAT_UNKEPT : chat->flags);
}

/* ---- what was kept is deleted, some of it at a time ---- */

static struct chat *next_to_forget(struct core *c)
{
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        const struct account *a = c->model->accounts[i];
        for (size_t j = 0; j < a->n_chats; j++) {
            if (a->chats[j]->flags & CHAT_FORGETS)
                return a->chats[j];
        }
    }
    return NULL;
}

/* What is in the window and in the inbox says nothing any more, either. */
static void forget_loaded(struct core *c, struct chat *chat)
{
    for (size_t i = 0; i < chat->n_messages; i++) {
        struct message *m = chat->messages[i];
        if (m->id <= 0 || (m->flags & MESSAGE_UNKEPT))
            continue;
        m->flags |= MESSAGE_UNKEPT;
        message_forget(m);
        inbox_changed(c, m);
        chat_message_changed(m);
    }
    inbox_forget_words(c, chat);
    history_forget_quoted(chat);
}

static void forgotten(struct core *c, struct chat *chat, const struct err *left)
{
    forget_loaded(c, chat); /* what came there since it began */
    chat->flags &= ~CHAT_FORGETS;
    c->forget_sort = c->forget_id = c->forget_chat = 0;
    save_chat(c, chat);
    chat_changed(chat);
    unkept_update(c, chat);
    if (left->code < 0)
        model_notice(c->model, NULL, chat, KITH_WARN, "%s: what was written before is deleted from the history, but traces of it may be "
                     "left in the file: %s", chat_title(chat), left->text);
    else
        model_notice(c->model, NULL, chat, KITH_INFO, "%s: what was written before is deleted from this machine", chat_title(chat));
}

/* One step. How long until the next, -1: there is none. */
static int forget(struct core *c, struct chat *chat)
{
    struct err left = {0};
    if (save_typing(c) || store_waiting(c->store))
        return AGAIN_MS;
    if (c->forget_chat != chat->id) {
        c->forget_chat = chat->id;
        c->forget_sort = c->forget_id = INT64_MIN;
        c->forget_traces = false;
    }
    if (!c->forget_traces)
        c->forget_traces = !store_forget_some(c->store, chat, &c->forget_sort, &c->forget_id);
    if (store_commit(c->store, false, NULL) != 1)
        return AGAIN_MS;
    if (!c->forget_traces || store_forget_traces(c->store, &left))
        return FORGET_MS;
    if (store_waiting(c->store))
        return AGAIN_MS;
    forgotten(c, chat, &left);
    return next_to_forget(c) ? FORGET_MS : -1;
}

static void on_forget(void *user)
{
    struct core *c = user;
    struct chat *chat = next_to_forget(c);
    c->forget_timer = NULL;
    int ms = chat ? forget(c, chat) : -1;
    if (ms >= 0)
        c->forget_timer = loop_timer_add(c->loop, ms, on_forget, c);
    core_touch(c);
}

static void go_on(struct core *c)
{
    if (!c->forget_timer && next_to_forget(c))
        c->forget_timer = loop_timer_add(c->loop, FORGET_MS, on_forget, c);
}

/* ---- what the user wants ---- */

int core_keep_text(struct core *c, struct chat *chat, bool keep, struct err *e)
{
    if (keep && (chat->flags & CHAT_FORGETS))
        return err_set(e, KITH_EBUSY, "what was kept of %s is just being deleted; try again in a moment", chat_title(chat));
    chat->flags &= ~(CHAT_TO_KEEP | CHAT_NOT_TO_KEEP);
    chat->flags |= keep ? CHAT_TO_KEEP : CHAT_NOT_TO_KEEP;
    save_chat(c, chat);
    unkept_update(c, chat);
    return 0;
}

uint32_t core_kept(struct core *c, const struct chat *chat)
{
    return store_count_kept(c->store, chat);
}

int core_forget(struct core *c, struct chat *chat, struct err *e)
{
    if (!(chat->flags & CHAT_UNKEPT))
        return err_set(e, KITH_EINVAL, "%s: what is said there is being kept; /keep off first", chat_title(chat));
    chat->flags |= CHAT_FORGETS;
    forget_loaded(c, chat);
    save_chat(c, chat);
    go_on(c);
    return 0;
}

/* ---- life ---- */

static void on_config(void *user, const struct option *changed)
{
    struct core *c = user;
    if (changed && strcmp(changed->name, "history.encrypted") != 0)
        return;
    for (size_t i = 0; i < c->model->n_accounts; i++)
        update_account(c, c->model->accounts[i]);
}

void unkept_open(struct core *c)
{
    config_observe(c->config, on_config, c);
}

void unkept_adopt(struct core *c, struct account *a)
{
    update_account(c, a);
    go_on(c);
}

void unkept_close(struct core *c)
{
    config_unobserve(c->config, on_config, c);
    loop_timer_del(c->forget_timer);
    c->forget_timer = NULL;
}
