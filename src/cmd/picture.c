/* cmd/picture.c - /pictures: in which chats pictures are shown between the messages */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"
#include "core/preview.h"

static const char *wish_words(const struct cmd_ctx *ctx, const struct chat *chat)
{
    const char *option = config_str(ctx->env->config, "ui.chat.pictures");
    bool shown = previews_wanted(ctx->env->config, chat);
    if (str_eq(option, "off"))
        return "no pictures are shown (ui.chat.pictures is off)";
    if (chat->pictures == PICTURES_DEFAULT)
        return shown ? "pictures are shown, as of all contacts (ui.chat.pictures)" : "pictures are not shown (default)";
    return shown ? "pictures are shown (on)" : "pictures are not shown (off)";
}

/* All chats that differ. */
static int list_wishes(struct cmd_ctx *ctx)
{
    const struct model *m = ctx->env->model;
    struct buf b = {0};
    buf_addf(&b, "%-18s %s\n", "ui.chat.pictures", config_str(ctx->env->config, "ui.chat.pictures"));
    if (!pictures_possible(ctx->env->pictures))
        buf_adds(&b, "this kith was built without pictures\n");
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (size_t k = 0; k < m->accounts[i]->n_chats; k++) {
            const struct chat *c = m->accounts[i]->chats[k];
            if (c->pictures == PICTURES_DEFAULT)
                continue;
            put_column(&b, chat_title(c), 25);
            buf_addf(&b, "%s\n", wish_words(ctx, c));
        }
    }
    cmd_page(ctx, "Pictures between the messages", buf_str(&b));
    buf_free(&b);
    return 0;
}

static int run_pictures(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    static const char *const wishes[] = {"default", "on", "off"}; /* enum picture_wish */
    size_t wish = 0;
    if (!a->argv[0])
        return list_wishes(ctx);
    while (wish < COUNT(wishes) && strcmp(wishes[wish], a->argv[0]) != 0)
        wish++;
    if (wish == COUNT(wishes))
        return err_set(e, KITH_EINVAL, "it is one of on, off, default");
    struct chat *chat = a->argv[1] ? find_chat(ctx, a->argv[1], e) : ctx->chat;
    if (!chat)
        return a->argv[1] ? KITH_ENOTFOUND : err_set(e, KITH_ENOTFOUND, "no chat is open here");
    if (wish == PICTURES_ON && !pictures_possible(ctx->env->pictures))
        return err_set(e, KITH_EUNSUP, "this kith was built without pictures (kith --version)");
    core_set_pictures(ctx->env->core, chat, (enum picture_wish)wish);
    cmd_say(ctx, KITH_INFO, "%s: %s", chat_title(chat), wish_words(ctx, chat));
    return 0;
}

static int run_qr(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, open_panel), e);
    if (rc >= 0)
        ctx->view->open_panel(ctx->view_data, "qr", a->argv[0]);
    return rc;
}

const struct cmd cmds_picture[] = {
    {.name = "qr",
     .group = "Windows",
     .summary = "Shows a text as a QR code, for another device to scan.",
     .args = {{ARG_TEXT, "text", false, NULL}},
     .details = "/qr $url is the link under the cursor, /qr $text the message. The code is dark on light under every theme; "
                "where the terminal is too small for it, the text is shown.",
     .run = run_qr},
    {.name = "pictures",
     .group = "Settings",
     .summary = "Says or sets in which chats pictures are shown between the messages.",
     .args = {{ARG_CHOICE, "what", true, "on|off|default"}, {ARG_CHAT, "chat", true, NULL}},
     .details = "on: those of this chat are, in at most 8 lines of symbols, once their files are on "
                "this machine (sent, or saved). off: they are not. default: as ui.chat.pictures "
                "says. Alone it lists the chats that differ. /view shows one on all of the screen.",
     .run = run_pictures},
    {.name = NULL},
};
