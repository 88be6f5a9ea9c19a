/* core/draft.c - what is being written belongs to the chat, and is on disk within a second */
#include "core/private.h"

enum { DRAFT_MS = 500 };

void draft_save_all(struct core *c)
{
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        const struct account *a = c->model->accounts[i];
        for (size_t j = 0; a->core && j < a->n_chats; j++) {
            struct chat *chat = a->chats[j];
            if (chat->core->draft_dirty)
                save_chat(c, chat);
            chat->core->draft_dirty = false;
        }
    }
}

static void on_due(void *user)
{
    struct core *c = user;
    c->draft_timer = NULL;
    draft_save_all(c);
}

void core_draft(struct core *c, struct chat *chat, const struct draft *d, const void *origin)
{
    chat_set_draft(chat, d, origin);
    chat->core->draft_dirty = true;
    if (!c->draft_timer)
        c->draft_timer = loop_timer_add(c->loop, DRAFT_MS, on_due, c);
}
