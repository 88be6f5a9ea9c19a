/* cmd/notify.c - /notify: which messages of a chat ring and make notices */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"

/* What the chat's level means, in words; the entry of notify.chats or the mute decides. */
static const char *level_words(const struct cmd_ctx *ctx, const struct chat *chat)
{
    if (chat->flags & KITH_CHAT_MUTED)
        return "nothing (off)";
    switch (core_chat_level(ctx->env->core, chat)) {
    case CORE_LEVEL_ALL:
        return "every message (all)";
    case CORE_LEVEL_MENTION:
        return "mentions only (mention)";
    case CORE_LEVEL_OFF:
        return "nothing (off)";
    case CORE_LEVEL_DEFAULT:
        break;
    }
    return "what notify.bell and notify.desktop say (default)";
}

static void show_level(struct cmd_ctx *ctx, const struct chat *chat)
{
    cmd_say(ctx, KITH_INFO, "%s: %s", chat_title(chat), level_words(ctx, chat));
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
            if ((c->flags & KITH_CHAT_MUTED) ||
                core_chat_level(ctx->env->core, c) != CORE_LEVEL_DEFAULT)
                buf_addf(&b, "\n%-24s %s", chat_title(c), level_words(ctx, c));
        }
    }
    buf_addc(&b, '\n');
    cmd_page(ctx, "Bells and notices", buf_str(&b));
    buf_free(&b);
    return 0;
}

/* notify.chats without the chat's entry, and with the new one. */
static int set_entry(struct cmd_ctx *ctx, const struct chat *chat, const char *level, struct err *e)
{
    struct buf list = {0};
    struct err warning = {0};
    size_t n = 0;
    const char *const *v = config_list(ctx->env->config, "notify.chats", &n);
    char *key = xasprintf("%s/%s=", chat->account->name, chat->address);
    bool was = false;
    int rc = 0;
    if (level && strpbrk(key, " \t"))
        rc = err_set(e, KITH_EINVAL, "a chat with spaces in its name can only be muted (off)");
    for (size_t i = 0; i < n; i++) {
        was = was || str_starts(v[i], key);
        if (!str_starts(v[i], key))
            buf_addf(&list, "%s%s", list.len ? " " : "", v[i]);
    }
    if (level)
        buf_addf(&list, "%s%s%s", list.len ? " " : "", key, level);
    if (rc >= 0 && (level || was))
        rc = config_set(ctx->env->config, "notify.chats", buf_str(&list), &warning);
    if (rc < 0 && warning.text[0])
        (void)err_set(e, warning.code, "%s", warning.text);
    if (rc > 0)
        cmd_say(ctx, KITH_WARN, "%s", warning.text);
    free(key);
    buf_free(&list);
    return rc;
}

static int run_notify(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    static const char *const levels[] = {"all", "mention", "off", "default"};
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
        bool off = strcmp(level, "off") == 0;
        int rc = core_keep(ctx->env->core, chat, off ? KITH_CHAT_MUTED : 0,
                           off ? 0 : KITH_CHAT_MUTED, e);
        if (rc >= 0)
            rc = set_entry(ctx, chat, off || strcmp(level, "default") == 0 ? NULL : level, e);
        if (rc != 0)
            return MIN(rc, 0);
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
                "that differ. The list is the option notify.chats.",
     .run = run_notify},
    {.name = NULL},
};
