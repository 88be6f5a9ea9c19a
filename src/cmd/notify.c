/* cmd/notify.c - /notify: which messages of a chat ring and make notices */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"

/* What the chat's level means, in words. */
static const char *level_words(const struct chat *chat)
{
    if (chat->flags & KITH_CHAT_MUTED)
        return "nothing (off)";
    switch (chat->notices) {
    case NOTICE_ALL:
        return "every message (all)";
    case NOTICE_MENTIONS:
        return "mentions only (mention)";
    case NOTICE_NONE:
        return "nothing (off)";
    case NOTICE_DEFAULT:
    case N_NOTICE_LEVELS:
        break;
    }
    return "what notify.bell and notify.desktop say (default)";
}

static void show_level(struct cmd_ctx *ctx, const struct chat *chat)
{
    cmd_say(ctx, KITH_INFO, "%s: %s", chat_title(chat), level_words(chat));
}

/* All chats that differ, below what holds for the others. */
static int list_levels(struct cmd_ctx *ctx)
{
    const struct model *m = ctx->env->model;
    struct buf b = {0};
    static const char *const options[] = {"notify.bell", "notify.desktop", "notify.quiet"};
    for (size_t i = 0; i < COUNT(options); i++) {
        char *text = config_text(ctx->env->config, options[i]);
        buf_addf(&b, "%-16s %s\n", options[i], *text ? text : "-");
        free(text);
    }
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (size_t k = 0; k < m->accounts[i]->n_chats; k++) {
            const struct chat *c = m->accounts[i]->chats[k];
            if ((c->flags & KITH_CHAT_MUTED) || c->notices != NOTICE_DEFAULT) {
                buf_addc(&b, '\n');
                put_column(&b, chat_title(c), 25);
                buf_adds(&b, level_words(c));
            }
        }
    }
    buf_addc(&b, '\n');
    cmd_page(ctx, "Bells and notices", buf_str(&b));
    buf_free(&b);
    return 0;
}

static int run_notify(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    static const char *const levels[] = {"default", "all", "mention", "off"}; /* enum notice_level */
    const char *level = a->argv[0] ? a->argv[0] : "";
    size_t i = 0;
    while (i < COUNT(levels) && strcmp(levels[i], level) != 0)
        i++;
    bool named = i == COUNT(levels);
    struct chat *chat = a->argv[1]             ? find_chat(ctx, a->argv[1], e)
                        : named && a->argv[0] ? find_chat(ctx, level, e)
                                               : ctx->chat;
    if (!a->argv[0])
        return list_levels(ctx);
    if (!chat)
        return a->argv[1] || named ? KITH_ENOTFOUND
                                   : err_set(e, KITH_ENOTFOUND, "no chat is open here");
    if (named && a->argv[1])
        return err_set(e, KITH_EINVAL, "the level is one of all, mention, off, default");
    if (!named) {
        int rc = core_set_notices(ctx->env->core, chat, (enum notice_level)i, e);
        if (rc < 0)
            return rc;
    }
    show_level(ctx, chat);
    return 0;
}

const struct cmd cmds_notify[] = {
    {.name = "notify",
     .group = "Settings",
     .summary = "Says or sets which messages of a chat ring and make notices.",
     .args = {{ARG_CHAT, "all|mention|off|default", true, NULL}, {ARG_CHAT, "chat", true, NULL}},
     .details = "all: every message. mention: only those that mention you. off: none, as /mute "
                "does. default: what notify.bell and notify.desktop say. Alone it lists the chats "
                "that differ.",
     .run = run_notify},
    {.name = NULL},
};
