/* cmd/control_tail.c - `kith tail`: the last messages of a chat, and with --follow those to come */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/control_private.h"
#include "store/store.h"

static void on_model(void *user, const struct model_event *ev)
{
    struct control *c = user;
    if (ev->type == MODEL_CHAT_GONE && c->chat && ev->chat->id == c->chat) {
        control_error(c, "the chat is gone");
        (void)control_end(c, CONTROL_FAILED);
        return;
    }
    if (ev->type != MODEL_MESSAGE || (ev->chat->flags & CHAT_HELD) || (c->chat && ev->chat->id != c->chat))
        return;
    if ((ev->message->flags & KITH_MSG_HISTORY) && ev->message->sort <= c->last)
        return; /* a gap before what was printed is filled */
    if (c->account && strcmp(c->account, ev->chat->account->name) != 0)
        return;
    c->last = MAX(c->last, ev->message->sort);
    control_message(c, ev->chat, ev->message);
}

void control_tail_stop(struct control *c)
{
    if (c->observing)
        model_unobserve(c->env->model, on_model, c);
    c->observing = false;
}

static void print_last(struct control *c, struct chat *chat)
{
    size_t n = 0;
    struct message **page =
        store_page(core_store(c->env->core), chat, STORE_OLDER, 0, 0, c->n ? (size_t)c->n : 20, &n);
    for (size_t i = 0; i < n; i++) {
        c->last = MAX(c->last, page[i]->sort);
        control_message(c, chat, page[i]);
        message_free(page[i]);
    }
    free(page);
}

struct control *control_tail(struct control *c)
{
    struct err e = {0};
    struct who who = {0};
    struct cmd_ctx ctx = control_ctx(c);
    if (c->argc > 2 || (c->argc < 2 && !c->follow)) {
        control_error(c, "usage: kith tail [--follow] [-n N] CHAT");
        return control_end(c, CONTROL_USAGE);
    }
    if (c->argc == 2) {
        int rc = find_who(&ctx, c->argv[1], control_account(c, NULL), &who, &e);
        if (rc < 0 || !who.chat) {
            control_error(c, "%s", rc < 0 ? e.text : "there is no chat with this address");
            return control_end(c, CONTROL_FAILED);
        }
        c->chat = who.chat->id;
        print_last(c, who.chat);
    }
    if (!c->follow)
        return control_end(c, CONTROL_OK);
    c->observing = true;
    model_observe(c->env->model, on_model, c);
    return c;
}
