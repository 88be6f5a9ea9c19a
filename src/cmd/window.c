/* cmd/window.c - /switch /window /split /toggle /redraw */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"

static int show(struct cmd_ctx *ctx, struct chat *chat, struct err *e)
{
    int rc = chat ? need_view(ctx, VIEW_CAN(ctx, show_chat), e) : KITH_ENOTFOUND;
    if (rc >= 0)
        ctx->view->show_chat(ctx->view_data, chat);
    return rc;
}

static int run_switch(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    if (a->argv[0])
        return show(ctx, find_chat(ctx, a->argv[0], e), e);
    int rc = need_view(ctx, VIEW_CAN(ctx, open_panel), e);
    if (rc >= 0)
        ctx->view->open_panel(ctx->view_data, "switcher", NULL);
    return rc;
}

static int move_window(struct cmd_ctx *ctx, const char *number, struct err *e)
{
    int64_t n;
    if (!ctx->chat)
        return err_set(e, KITH_ENOTFOUND, "no chat is open here");
    if (!number || !str_int(number, 1, 10000, &n))
        return err_set(e, KITH_EINVAL, "usage: /window move NUMBER");
    core_move_chat(ctx->env->core, ctx->chat, (int)n);
    return 0;
}

static int run_window(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *what = a->argv[0];
    int64_t n;
    if (strcmp(what, "move") == 0)
        return move_window(ctx, a->argv[1], e);
    if (str_int(what, 1, 10000, &n)) {
        struct chat *chat = model_chat_by_number(ctx->env->model, (int)n);
        return chat ? show(ctx, chat, e)
                    : err_set(e, KITH_ENOTFOUND, "there is no window %d", (int)n);
    }
    bool next = strcmp(what, "next") == 0, prev = strcmp(what, "prev") == 0,
         last = strcmp(what, "last") == 0;
    if (!next && !prev && !last)
        return show(ctx, find_chat(ctx, what, e), e);
    int rc = need_view(ctx, VIEW_CAN(ctx, window), e);
    if (rc >= 0)
        ctx->view->window(ctx->view_data, has_flag(a, "active") ? MOVE_ACTIVE
                                          : next                ? MOVE_NEXT
                                          : prev                ? MOVE_PREV
                                                                : MOVE_LAST);
    return rc;
}

static int run_split(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *what = a->argv[0], *arg = a->argv[1];
    bool adds = strcmp(what, "right") == 0 || strcmp(what, "below") == 0;
    struct chat *chat = NULL;
    int64_t cells = 0;
    int rc = need_view(ctx, VIEW_CAN(ctx, split), e);
    if (rc >= 0 && adds && arg) {
        chat = find_chat(ctx, arg, e);
        rc = chat ? 0 : KITH_ENOTFOUND;
    }
    if (rc >= 0 && a->argv[2] && !str_int(a->argv[2], 1, 500, &cells))
        rc = err_set(e, KITH_EINVAL, "usage: /split grow width CELLS");
    return rc < 0 ? rc : ctx->view->split(ctx->view_data, what, arg, (int)cells, chat, e);
}

static int run_toggle(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, toggle), e);
    if (rc >= 0)
        ctx->view->toggle(ctx->view_data, a->argv[0]);
    return rc;
}

static int run_redraw(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, redraw), e);
    if (rc >= 0)
        ctx->view->redraw(ctx->view_data);
    return rc;
}

const struct cmd cmds_window[] = {
    {.name = "switch",
     .group = "Windows",
     .summary = "Shows a chat by a part of its name; alone: asks which.",
     .args = {{ARG_CHAT, "chat", true, NULL}},
     .needs = CMD_NEEDS_VIEW,
     .run = run_switch},
    {.name = "window",
     .aliases = "win buffer",
     .group = "Windows",
     .summary = "Shows a chat by number, name or order, or moves it.",
     .flags = "-active",
     .args = {{ARG_CHAT, "number|name|next|prev|last|move", false, NULL},
              {ARG_WORD, "number", true, NULL}},
     .details = "/window next -active goes to where something happened: mentions and private "
                "messages first, and back at last.",
     .run = run_window},
    {.name = "split",
     .group = "Windows",
     .summary =
         "Shows several chats at once: adds a place, moves between them, changes their size.",
     .args = {{ARG_CHOICE, "what", false, "right|below|focus|zoom|balance|grow|shrink|close|only"},
              {ARG_CHAT, "chat|left|right|up|down|next|prev|width|height", true, NULL},
              {ARG_NUMBER, "cells", true, NULL}},
     .needs = CMD_NEEDS_VIEW,
     .details = "/split right shows the chat that was here before, /split below bob another one. "
                "/split focus goes "
                "to the place on that side, and what is typed goes to its chat. zoom shows only "
                "that one for a "
                "while, balance makes all alike, grow and shrink move a border, close takes the "
                "place away and "
                "only all others. Places and sizes are kept for the next start. Where a screen is "
                "too small for "
                "them, the one with the keyboard is shown.",
     .run = run_split},
    {.name = "toggle",
     .group = "Windows",
     .summary = "Shows or hides a part of the screen, or gives the mouse to kith.",
     .args = {{ARG_CHOICE, "what", false, "list|members|hints|bare|mouse"}},
     .needs = CMD_NEEDS_VIEW,
     .run = run_toggle},
    {.name = "redraw",
     .group = "Windows",
     .summary = "Draws the screen anew.",
     .needs = CMD_NEEDS_VIEW,
     .run = run_redraw},
    {.name = NULL},
};
