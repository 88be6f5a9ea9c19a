/* cmd/backend.c - commands that a backend brings: found, run, completed and explained as kith's own */
#include "cmd/backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"
#include "model/listing.h"

/* ---- finding and running ---- */

static const struct kith_command *command_of(const struct cmd_ctx *ctx, const struct account *a,
                                             const char *name)
{
    const struct kith_protocol *p = a && ctx->env->core ? core_protocol(ctx->env->core, a) : NULL;
    for (size_t i = 0; p && i < p->n_commands; i++)
        if (strcmp(p->commands[i].name, name) == 0)
            return &p->commands[i];
    return NULL;
}

const struct kith_command *backend_command(const struct cmd_ctx *ctx, const char *name,
                                           struct account **out)
{
    const struct model *m = ctx->env->model;
    const struct kith_command *found = NULL;
    *out = ctx->account ? ctx->account : ctx->chat ? ctx->chat->account : NULL;
    if (*out || !m)
        return command_of(ctx, *out, name);
    for (size_t i = 0; i < m->n_accounts; i++) {
        const struct kith_command *k = command_of(ctx, m->accounts[i], name);
        if (m->accounts[i]->parent)
            continue; /* what lies behind another one is meant when it is looked at */
        if (k && *out)
            return NULL; /* several: which one is for the user to say */
        *out = k ? m->accounts[i] : *out;
        found = k ? k : found;
    }
    return found;
}

/* ---- those that list when they are given no more than this many words: a row runs the command with it ---- */

static const struct { const char *name; int most; struct listing_look look; } lists[] = {
    {"command", 2,
     {.one = "command", .many = "commands", .heads = {[LISTING_NAME] = "Commands", [LISTING_WORDS] = "Its name there"},
      .sort = LISTING_NAME, .accept = "/command $who", .accept_words = "run", .stays = true}},
    {"gateways", 1,
     {.one = "gateway", .many = "gateways", .heads = {[LISTING_NAME] = "Gateways", [LISTING_WORDS] = "State", [LISTING_EXTRA1] = "Network",
      [LISTING_EXTRA2] = "Address"}, .extra_keys = {"network", "address"}, .sort = LISTING_NAME, .accept = "/gateways ask $who",
      .accept_words = "register, log in or out", .other = "/command $who", .other_words = "commands", .stays = true}},
};

static const struct listing_look *look_of(const struct kith_command *k, int n, char *const *words)
{
    for (size_t i = 0; i < COUNT(lists); i++)
        if (strcmp(lists[i].name, k->name) == 0 && n <= lists[i].most && !strstr(words[n - 1], "?command;node="))
            return &lists[i].look;
    return NULL;
}

static int run_listing(struct cmd_ctx *ctx, struct account *a, const struct listing_look *look, int n, char *const *words,
                       struct err *e)
{
    const char *whose = n > 1 ? words[1] : a->name;
    char *again = xasprintf("/%s %s", words[0], n > 1 ? words[1] : ""), *title = xasprintf("%s of %s", look->heads[LISTING_NAME], whose);
    char *key = xasprintf("%s %s %s", words[0], a->name, whose);
    struct cmd_listing q = listing_begin(ctx, a, NULL, look, key, title, again);
    int rc = core_backend_command(ctx->env->core, a, ctx->chat, n, (const char *const *)words, q.item, q.done, q.user, e);
    free(again);
    free(title);
    free(key);
    return listing_started(ctx, &q, rc, e);
}

int run_backend(struct cmd_ctx *ctx, struct account *a, const struct kith_command *k,
                enum parse_mode mode, const char *rest, struct err *e)
{
    char *words[32] = {xstrdup(k->name)};
    int n = 1, rc = 0;
    if ((k->where & KITH_IN_ROOM) && !(k->where & KITH_IN_DIRECT) &&
        (!ctx->chat || ctx->chat->kind != KITH_CHAT_ROOM))
        rc = err_set(e, KITH_EINVAL, "/%s works only in a room", k->name);
    while (rc >= 0 && n < (int)COUNT(words)) {
        struct buf word = {0};
        rc = parse_word(&rest, ctx, mode, &word, e);
        if (rc <= 0) {
            buf_free(&word);
            break;
        }
        words[n++] = buf_take(&word);
    }
    const struct listing_look *look = rc >= 0 ? look_of(k, n, words) : NULL;
    if (look) {
        rc = run_listing(ctx, a, look, n, words, e);
    } else if (rc >= 0) {
        struct cmd_pending *p = pending_new(ctx, a, ctx->chat, "/%s", k->name);
        p->title = xasprintf("/%s", k->name);
        p->may_be_empty = true; /* most commands of a backend do something and list nothing */
        rc = pending_started(p, core_backend_command(ctx->env->core, a, ctx->chat, n,
                                                     (const char *const *)words, pending_item,
                                                     pending_done, p, e));
    }
    for (int i = 0; i < n; i++)
        free(words[i]);
    return rc;
}

/* ---- what stands in the words of its usage ---- */

/* "[nick...]": *word without brackets and dots; its type, by the names that all backends use. Owned. */
static char *bare_word(const char *text, size_t len, bool *optional, bool *more)
{
    *optional = len && text[0] == '[';
    text += *optional;
    len -= *optional;
    len -= len && text[len - 1] == ']';
    *more = len > 3 && strncmp(text + len - 3, "...", 3) == 0;
    return xstrndup(text, len - (*more ? 3 : 0));
}

static enum arg_type type_of(const char *word)
{
    static const struct { const char *word; enum arg_type type; } types[] = {
        {"nick", ARG_CONTACT}, {"room", ARG_ROOM}, {"file", ARG_FILE}, {"account", ARG_ACCOUNT}};
    for (size_t i = 0; i < COUNT(types); i++) {
        if (strcmp(types[i].word, word) == 0)
            return types[i].type;
    }
    return strchr(word, '|') ? ARG_CHOICE : ARG_WORD;
}

void backend_args(const struct kith_command *k, struct backend_args *out)
{
    *out = (struct backend_args){.cmd = {.name = k->name}};
    size_t n = 0;
    for (const char *p = k->args ? k->args : ""; *p && n < CMD_MAX_ARGS; p += strspn(p, " ")) {
        bool optional, more;
        size_t len = strcspn(p, " ");
        out->words[n] = bare_word(p, len, &optional, &more);
        struct cmd_arg a = {type_of(out->words[n]), out->words[n], optional, out->words[n]};
        out->cmd.args[n++] = a;
        while (more && n < CMD_MAX_ARGS)
            out->cmd.args[n++] = a;
        p += len;
    }
}

void backend_args_free(struct backend_args *a)
{
    for (size_t i = 0; i < CMD_MAX_ARGS; i++)
        free(a->words[i]);
}

bool backend_help(struct cmd_ctx *ctx, const char *name)
{
    struct account *a = NULL;
    const struct kith_command *k = backend_command(ctx, name, &a);
    if (!k)
        return false;
    char *title = xasprintf("/%s", k->name);
    char *text = xasprintf("/%s%s%s\n\n%s\n\nOf accounts that speak %s.\n", k->name, str_empty(k->args) ? "" : " ",
                           k->args ? k->args : "", k->help ? k->help : "",
                           a->protocol_label ? a->protocol_label : a->protocol);
    cmd_page(ctx, title, text);
    free(title);
    free(text);
    return true;
}

void backend_list(const struct cmd_ctx *ctx, struct buf *out)
{
    const struct account *a = ctx->account ? ctx->account : ctx->chat ? ctx->chat->account : NULL;
    const struct kith_protocol *p = a && ctx->env->core ? core_protocol(ctx->env->core, a) : NULL;
    if (p && p->n_commands)
        buf_addf(out, "%sOnly %s\n", out->len ? "\n" : "", a->protocol_label ? a->protocol_label : a->protocol);
    for (size_t i = 0; p && i < p->n_commands; i++)
        buf_addf(out, "  /%-12s %s\n", p->commands[i].name, p->commands[i].help ? p->commands[i].help : "");
}
