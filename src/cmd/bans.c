/* cmd/bans.c - /bans: who is kept out of a room, and the other lists of that kind */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/backend.h"
#include "cmd/internal.h"
#include "model/listing.h"

#define LOOK(one_, many_, undo, words)                                                             \
    {                                                                                              \
        .one = one_, .many = many_,                                                                \
        .heads = {[LISTING_NAME] = "Who", [LISTING_EXTRA1] = "By", [LISTING_EXTRA2] = "Since"},    \
        .extra_keys = {"by", "at"}, .extra_times = {false, true}, .sort = LISTING_EXTRA2,          \
        .down = true, .accept = undo, .accept_words = words, .stays = true                         \
    }

static const struct {
    const char *name;
    const char *title;
    struct listing_look look;
} lists[] = {
    {"bans", "Banned from", LOOK("ban", "bans", "/unban $who", "unban")},
    {"exceptions", "Exempt from bans in", LOOK("exception", "exceptions", "/unexcept $who", "end it")},
    {"invitations", "Let into", LOOK("standing invitation", "standing invitations", "/uninvex $who", "end it")},
    {"quiets", "Silenced in", LOOK("quiet", "quiets", "/unquiet $who", "let speak")},
};

static int run_bans(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct chat *chat = ctx->chat;
    struct account *acc = NULL;
    size_t n = 0;
    while (a->argv[0] && strcmp(lists[n].name, a->argv[0]) != 0)
        n++; /* one of them: the argument is a choice */
    if (!backend_command(ctx, "bans", &acc) || acc != chat->account)
        return err_set(e, KITH_EUNSUP, "/bans: %s cannot do that",
                       chat->account->protocol_label ? chat->account->protocol_label
                                                     : chat->account->protocol);
    const char *argv[] = {"bans", lists[n].name};
    char *title = xasprintf("%s %s", lists[n].title, chat_title(chat));
    char *key = xasprintf("%s %lld", lists[n].name, (long long)chat->id);
    char *again = xasprintf("/bans %s", lists[n].name);
    struct cmd_listing q = listing_begin(ctx, acc, chat, &lists[n].look, key, title, again);
    int rc = core_backend_command(ctx->env->core, acc, chat, COUNT(argv), argv, q.item, q.done,
                                  q.user, e);
    free(title);
    free(key);
    free(again);
    return listing_started(ctx, &q, rc, e);
}

static int bans_fit(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    struct account *acc = NULL;
    return backend_command(ctx, "bans", &acc) ? 0 : err_set(e, KITH_EUNSUP, "not here");
}

const struct cmd cmds_bans[] = {
    {.name = "bans",
     .group = "Chats",
     .summary = "Lists who is banned from the room.",
     .args = {{ARG_CHOICE, "which", true, "bans|exceptions|invitations|quiets"}},
     .needs = CMD_NEEDS_ROOM | CMD_NEEDS_ONLINE,
     .details = "On a screen of its own, with who set them and when; Enter takes one back. Of IRC "
                "also the other lists of that kind.",
     .fits = bans_fit,
     .run = run_bans},
    {.name = NULL},
};
