/* cmd/room.c - /joins /topic /nick /invite /kick /ban */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"

static int room_do(struct cmd_ctx *ctx, enum core_room what, const char *who, const char *text,
                   const char *words, struct err *e)
{
    struct cmd_pending *p = pending_new(ctx, ctx->chat->account, ctx->chat, "%s%s%s", words,
                                        who ? " " : "", who ? who : "");
    return pending_started(
        p, core_room(ctx->env->core, ctx->chat, what, who, text, pending_done, p, e));
}

static int run_joins(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct buf all = {0};
    buf_adds(&all, core_moves(ctx->chat));
    core_splits(ctx->chat, &all);
    char *title = xasprintf("Who came and went in %s", chat_title(ctx->chat));
    cmd_page(ctx, title, all.len ? buf_str(&all) : "nobody since you are here\n");
    free(title);
    buf_free(&all);
    return 0;
}

static int run_topic(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    if (a->argv[0])
        return room_do(ctx, CORE_ROOM_TOPIC, NULL, a->argv[0], "setting the topic", e);
    if (has_flag(a, "clear"))
        return room_do(ctx, CORE_ROOM_TOPIC, NULL, "", "clearing the topic", e);
    cmd_say(ctx, KITH_INFO, "%s",
            str_empty(ctx->chat->topic) ? "There is no topic." : ctx->chat->topic);
    return 0;
}

static int run_nick(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const struct chat *c = ctx->chat;
    bool room = c->kind == KITH_CHAT_ROOM;
    if (!room && !(c->account->groups & ACCOUNT_HAS_NICKS))
        return err_set(e, KITH_EINVAL, "/nick works only in a room");
    if (a->argv[0])
        return room_do(ctx, CORE_ROOM_NICK, a->argv[0], NULL, "changing the nick to", e);
    const char *nick = room && c->nick ? c->nick : c->account->nick;
    cmd_say(ctx, KITH_INFO, "You are %s here.", nick ? nick : "nobody");
    return 0;
}

static int run_invite(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct who who = {0};
    int rc = find_who(ctx, a->argv[0], ctx->chat->account, &who, e);
    if (rc < 0)
        return rc;
    return room_do(ctx, CORE_ROOM_INVITE, who.chat ? who.chat->address : who.address, a->argv[1],
                   "inviting", e);
}

static int member_do(struct cmd_ctx *ctx, enum core_room what, const struct cmd_args *a,
                     const char *words, struct err *e)
{
    /* where people have nicks a mask may be meant, or several with commas between */
    bool others = (ctx->chat->account->groups & ACCOUNT_HAS_NICKS) && (what == CORE_ROOM_BAN || strchr(a->argv[0], ','));
    if (!others && !chat_member(ctx->chat, a->argv[0])) {
        const char **nicks = xcalloc(ctx->chat->n_members + 1, sizeof *nicks);
        for (size_t i = 0; i < ctx->chat->n_members; i++)
            nicks[i] = ctx->chat->members[i]->nick;
        const char *near = nearest_name(a->argv[0], nicks, ctx->chat->n_members);
        free(nicks);
        return near ? err_set(e, KITH_ENOTFOUND,
                              "nobody here is called \"%.60s\" (did you mean \"%s\"?)", a->argv[0],
                              near)
                    : err_set(e, KITH_ENOTFOUND, "nobody here is called \"%.60s\"", a->argv[0]);
    }
    return room_do(ctx, what, a->argv[0], a->argv[1], words, e);
}

static int run_kick(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return member_do(ctx, CORE_ROOM_KICK, a, "removing", e);
}

static int run_ban(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return member_do(ctx, CORE_ROOM_BAN, a, "banning", e);
}

const struct cmd cmds_room[] = {
    {.name = "joins",
     .group = "Chats",
     .summary = "Lists who came into the room and left it since you are there.",
     .needs = CMD_NEEDS_ROOM,
     .details = "Several in a row are one line of the chat, and by ui.chat.hide_joins some are "
                "hidden; here is everybody, with the time and the reason. Behind them are the last "
                "netsplits, each with those who are missing.",
     .run = run_joins},
    {.name = "topic",
     .aliases = "subject",
     .group = "Chats",
     .summary = "Shows or sets the topic of the room.",
     .flags = "-clear",
     .args = {{ARG_TEXT, "text", true, NULL}},
     .needs = CMD_NEEDS_ROOM,
     .run = run_topic},
    {.name = "nick",
     .group = "Chats",
     .summary = "Shows or changes your name in the room.",
     .args = {{ARG_WORD, "name", true, NULL}},
     .needs = CMD_NEEDS_CHAT,
     .details = "On IRC it is the same in all channels.",
     .run = run_nick},
    {.name = "invite",
     .group = "Chats",
     .summary = "Invites somebody into the room.",
     .args = {{ARG_CONTACT, "who", false, NULL}, {ARG_TEXT, "reason", true, NULL}},
     .needs = CMD_NEEDS_ROOM | CMD_NEEDS_ONLINE,
     .run = run_invite},
    {.name = "kick",
     .group = "Chats",
     .summary = "Removes somebody from the room.",
     .args = {{ARG_MEMBER, "nick", false, NULL}, {ARG_TEXT, "reason", true, NULL}},
     .needs = CMD_NEEDS_ROOM | CMD_NEEDS_ONLINE,
     .details = "On IRC several nicks may be named, with commas between.",
     .run = run_kick},
    {.name = "ban",
     .group = "Chats",
     .summary = "Removes somebody from the room and keeps them out.",
     .args = {{ARG_MEMBER, "nick", false, NULL}, {ARG_TEXT, "reason", true, NULL}},
     .needs = CMD_NEEDS_ROOM | CMD_NEEDS_ONLINE,
     .details = "On IRC a mask may stand for the nick, which bans without removing anybody, and several "
                "with commas between; what of a person is banned says the account's ban_mask "
                "(kith-irc(7)).",
     .run = run_ban},
    {.name = NULL},
};
