/* cmd/who.c - /who: the people of a room or mask, as the server knows them */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/backend.h"
#include "cmd/internal.h"
#include "model/listing.h"

static const struct listing_look look = {
    .one = "person",
    .many = "people",
    .heads = {[LISTING_NAME] = "Nick",
              [LISTING_WORDS] = "Real name",
              [LISTING_EXTRA1] = "Address",
              [LISTING_EXTRA2] = "State"},
    .extra_keys = {"mask", "state"},
    .sort = LISTING_NAME,
    .accept = "/whois $who",
    .accept_words = "info",
    .stays = true};

static int run_who(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *whom = a->argv[0];
    struct account *acc = NULL;
    if (!backend_command(ctx, "who", &acc))
        return err_set(e, KITH_EUNSUP, "/who: this account cannot do that; /members lists who is in a room");
    if (str_empty(whom) && !ctx->chat)
        return err_set(e, KITH_EINVAL, "/who: of which room, person or mask?");
    const char *argv[] = {"who", whom};
    const char *about = str_empty(whom) ? chat_title(ctx->chat) : whom;
    char *title = xasprintf("Who is %s", about), *key = xasprintf("who %lld %s", (long long)acc->id, about);
    char *again = xasprintf("/who%s%s", str_empty(whom) ? "" : " ", str_empty(whom) ? "" : whom);
    struct chat *chat = ctx->chat && ctx->chat->account == acc ? ctx->chat : NULL;
    struct cmd_listing q = listing_begin(ctx, acc, chat, &look, key, title, again);
    int rc = core_backend_command(ctx->env->core, acc, chat, str_empty(whom) ? 1 : 2, argv, q.item, q.done, q.user, e);
    free(title);
    free(key);
    free(again);
    return listing_started(ctx, &q, rc, e);
}

const struct cmd cmds_who[] = {
    {.name = "who",
     .group = "Chats",
     .summary = "Lists who is in a room or fits a mask, with their addresses.",
     .args = {{ARG_TEXT, "channel|mask", true, NULL}},
     .needs = CMD_NEEDS_ONLINE,
     .details = "Of IRC. On a screen of its own: what is typed narrows it down, also by \"away\" or an account; Tab sorts, "
                "Enter asks who somebody is, Ctrl-r asks anew. Without a word it is about the room shown.",
     .run = run_who},
    {.name = NULL},
};
