/* cmd/members.c - /members: who is in the room, on a screen of its own or as lines */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"
#include "model/listing.h"

static const char *role_word(const struct member *m)
{
    static const char *const roles[] = {"",        "visitor", "",      "voice",
                                        "half-op", "op",      "admin", "owner"};
    return (size_t)m->role < COUNT(roles) ? roles[m->role] : "";
}

/* What is not simply there. */
static const char *away_word(const struct member *m)
{
    bool there = m->show == KITH_SHOW_ONLINE || m->show == KITH_SHOW_CHAT || m->show == KITH_SHOW_UNKNOWN;
    return there ? "" : show_name(m->show);
}

static int by_rank(const void *a, const void *b)
{
    return member_compare(*(struct member *const *)a, *(struct member *const *)b);
}

/* Those with a higher rank first, then by name. Owned array of borrowed members. */
static struct member **in_order(const struct chat *c)
{
    struct member **v = xcalloc(c->n_members + 1, sizeof(struct member *));
    if (c->n_members > 0)
        memcpy(v, c->members, c->n_members * sizeof(struct member *));
    qsort(v, c->n_members, sizeof(struct member *), by_rank);
    return v;
}

static void members_page(struct cmd_ctx *ctx, const char *title)
{
    struct buf b = {0};
    struct member **v = in_order(ctx->chat);
    for (size_t i = 0; i < ctx->chat->n_members; i++) {
        const struct member *m = v[i];
        buf_adds(&b, m->prefix ? m->prefix : "");
        put_column(&b, m->nick, 21);
        put_column(&b, role_word(m), 9);
        buf_addf(&b, "%s%s", m->address ? m->address : "", *away_word(m) ? "  " : "");
        buf_addf(&b, "%s%s%s\n", away_word(m), m->text ? "  " : "", m->text ? m->text : "");
    }
    cmd_page(ctx, title, b.len ? buf_str(&b) : "nobody\n");
    free(v);
    buf_free(&b);
}

/* ---- on a screen of its own ---- */

static const struct listing_look look = {
    .one = "member",
    .many = "members",
    .heads = {[LISTING_NAME] = "Nick",
              [LISTING_WORDS] = "Address and words",
              [LISTING_EXTRA1] = "Role",
              [LISTING_EXTRA2] = "Here"},
    .sort = LISTING_NUMBER, /* the rank, which has no column */
    .accept = "/whois $who",
    .accept_words = "info",
    .stays = true};

static void add_row(struct listing *l, const struct member *m)
{
    struct buf words = {0};
    char *name = xasprintf("%s%s", m->prefix ? m->prefix : "", m->nick);
    buf_adds(&words, m->address ? m->address : "");
    if (!str_empty(m->text))
        buf_addf(&words, "%s%s", words.len ? "  " : "", m->text);
    listing_add(l, &(struct listing_row){.address = m->nick,
                                         .name = name,
                                         .words = buf_str(&words),
                                         .extras = {role_word(m), away_word(m)},
                                         .number = member_rank(m)});
    free(name);
    buf_free(&words);
}

static void members_listing(struct cmd_ctx *ctx, const char *title)
{
    static const struct err fine = {0};
    char *key = xasprintf("members %lld", (long long)ctx->chat->id);
    struct cmd_listing q =
        listing_begin(ctx, ctx->chat->account, ctx->chat, &look, key, title, "/members");
    struct listing *l = model_listing(ctx->env->model, q.id);
    for (size_t i = 0; l && i < ctx->chat->n_members; i++)
        add_row(l, ctx->chat->members[i]);
    q.done(q.user, &fine);
    (void)listing_started(ctx, &q, 0, NULL);
    free(key);
}

static int run_members(struct cmd_ctx *ctx, const struct cmd_args *a UNUSED, struct err *e UNUSED)
{
    char *title = xasprintf("Members of %s: %zu", chat_title(ctx->chat), ctx->chat->n_members);
    if (!ctx->out && VIEW_CAN(ctx, listing))
        members_listing(ctx, title);
    else
        members_page(ctx, title);
    free(title);
    return 0;
}

const struct cmd cmds_members[] = {
    {.name = "members",
     .aliases = "names",
     .group = "Chats",
     .summary = "Lists who is in the room.",
     .needs = CMD_NEEDS_ROOM,
     .details = "On a screen of its own: what is typed narrows it down, also by role or \"away\"; Tab sorts, Enter "
                "asks who somebody is, Ctrl-r takes the list anew. F3 shows the members beside the chat.",
     .run = run_members},
    {.name = NULL},
};
