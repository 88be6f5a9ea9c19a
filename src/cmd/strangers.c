/* cmd/strangers.c - /strangers: people who are not known and wrote; let in, turned away, blocked, reported */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"
#include "model/listing.h"

static const struct listing_look look = {
    .one = "stranger",
    .many = "strangers",
    .heads = {[LISTING_NAME] = "Who",
              [LISTING_NUMBER] = "Messages",
              [LISTING_WORDS] = "Wrote",
              [LISTING_EXTRA1] = "When"},
    .extra_keys = {"time"},
    .extra_times = {true},
    .sort = LISTING_EXTRA1,
    .down = true,
    .accept = "/strangers accept $who",
    .accept_words = "let in and read",
    .other = "/strangers block $who",
    .other_words = "block"};

static bool is_held(const struct chat *c)
{
    return (c->flags & CHAT_HELD) != 0;
}

/* Those of one account (NULL: of all), by the order of the model. Owned array. */
static struct chat **held_chats(const struct model *m, const struct account *only, size_t *n)
{
    struct chat **v = NULL;
    size_t cap = 0;
    *n = 0;
    for (size_t i = 0; i < m->n_accounts; i++) {
        struct account *a = m->accounts[i];
        for (size_t k = 0; k < a->n_chats && (!only || a == only); k++) {
            if (is_held(a->chats[k]))
                VEC_PUSH(v, *n, cap, a->chats[k]);
        }
    }
    return v;
}

/* The row's address has the account in front: "home/eve@example.org". */
static void give_row(struct cmd_ctx *ctx, const struct cmd_listing *q, const struct chat *c)
{
    struct core_stranger first = {0};
    core_stranger_first(ctx->env->core, c, &first);
    char *address = xasprintf("%s/%s", c->account->name, c->address);
    char *when = xasprintf("%lld", (long long)first.time);
    char *name = first.name ? xasprintf("%s %s", c->address, first.name) : xstrdup(c->address);
    const char *values[] = {when};
    const struct kith_field field = {.size = sizeof field, .key = "time", .values = values, .n_values = 1};
    struct kith_ev_item item = {.ev = {.size = sizeof item, .type = KITH_EV_ITEM},
                                .address = address,
                                .name = name,
                                .text = first.text,
                                .number = c->held,
                                .fields = &field,
                                .n_fields = 1};
    q->item(q->user, &item);
    free(name);
    free(when);
    free(address);
    core_stranger_first_clear(&first);
}

static int list(struct cmd_ctx *ctx, const struct account *only, struct err *e)
{
    static const struct err fine = {
        .text = "/strangers drop WHO forgets what was written, /strangers report WHO blocks and tells the server"};
    static const struct err none = {0};
    size_t n = 0;
    struct chat **v = held_chats(ctx->env->model, only, &n);
    struct cmd_listing q = listing_begin(ctx, NULL, NULL, &look, "strangers",
                                         "Strangers who wrote", "/strangers");
    for (size_t i = 0; i < n; i++)
        give_row(ctx, &q, v[i]);
    free(v);
    int rc = listing_started(ctx, &q, 0, e);
    q.done(q.user, n ? &fine : &none);
    return rc;
}

/* "home/eve@example.org", "eve@example.org", or the beginning of an address that only one has. */
static struct chat *find_held(struct cmd_ctx *ctx, const struct account *only, const char *word, struct err *e)
{
    size_t n = 0, fit = 0, len = strlen(word);
    struct chat **v = held_chats(ctx->env->model, only, &n), *found = NULL;
    for (size_t i = 0; i < n; i++) {
        const char *name = v[i]->account->name;
        size_t k = strlen(name);
        bool with_account = strncmp(word, name, k) == 0 && word[k] == '/';
        if (str_eq(v[i]->address, word) || (with_account && str_eq(v[i]->address, word + k + 1))) {
            found = v[i];
            fit = 1;
            break;
        }
        if (strncmp(v[i]->address, word, len) == 0) {
            found = v[i];
            fit++;
        }
    }
    free(v);
    if (fit == 1)
        return found;
    (void)err_set(e, KITH_ENOTFOUND,
                  fit ? "\"%.80s\" is the beginning of several; give the whole address"
                      : "nothing of \"%.80s\" waits; /strangers lists who wrote",
                  word);
    return NULL;
}

static int accept(struct cmd_ctx *ctx, struct chat *c, struct err *e)
{
    int rc = core_stranger_accept(ctx->env->core, c, e);
    if (rc >= 0 && VIEW_CAN(ctx, show_chat))
        ctx->view->show_chat(ctx->view_data, c);
    else if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "%s is let in", c->address);
    return rc;
}

static int drop(struct cmd_ctx *ctx, struct chat *c, struct err *e)
{
    char *who = xstrdup(c->address);
    int rc = core_stranger_drop(ctx->env->core, c, e);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "What %s wrote is forgotten; what they write next is held again", who);
    free(who);
    return rc;
}

/* What is held of them goes when the server says that they are blocked. */
static int block(struct cmd_ctx *ctx, struct chat *c, uint32_t how, struct err *e)
{
    struct cmd_pending *p = pending_new(ctx, c->account, NULL, "blocking %s", c->address);
    p->good = xasprintf(how ? "%s is blocked and reported to the server; /unblock takes the block back"
                            : "%s is blocked: nothing of theirs arrives; /unblock takes it back",
                        c->address);
    return pending_started(
        p, how ? core_report(ctx->env->core, c->account, c->address, how, 0, NULL, pending_done, p, e)
               : core_block(ctx->env->core, c->account, c->address, true, pending_done, p, e));
}

static int run_strangers(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *what = a->argv[0] ? a->argv[0] : "list", *name = flag_value(a, "account");
    struct account *only = name ? find_account(ctx, name, e) : NULL;
    if (name && !only)
        return KITH_ENOTFOUND;
    if (strcmp(what, "list") == 0)
        return list(ctx, only, e);
    if (!a->argv[1])
        return err_set(e, KITH_EINVAL, "whom? usage: /strangers %s WHO", what);
    struct chat *c = find_held(ctx, only, a->argv[1], e);
    if (!c)
        return KITH_ENOTFOUND;
    if (strcmp(what, "accept") == 0)
        return accept(ctx, c, e);
    if (strcmp(what, "drop") == 0)
        return drop(ctx, c, e);
    return block(ctx, c, strcmp(what, "report") == 0 ? KITH_REPORT_SPAM : KITH_REPORT_NONE, e);
}

const struct cmd cmds_strangers[] = {
    {.name = "strangers",
     .group = "Contacts",
     .summary = "Lists who wrote without being a contact, and lets them in or turns them away.",
     .flags = "-account=name",
     .args = {{ARG_CHOICE, "what", true, "list|accept|drop|block|report"}, {ARG_WORD, "who", true, NULL}},
     .details = "What people write who are not among the contacts is held (privacy.strangers): no bell, "
                "no notice, no window; the buddy list has one line, \"2 strangers wrote\". accept opens "
                "the chat with all that they wrote, and from then on it is a chat like any other. drop "
                "forgets what they wrote. block also keeps them out at the server; report blocks, and "
                "tells the server that it was spam, with their messages. Writing to them, or making "
                "them a contact, lets them in as well. Nothing is answered while they wait: they do not "
                "learn that you are there.",
     .run = run_strangers},
    {.name = NULL},
};
