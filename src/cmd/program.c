/* cmd/program.c - /help /version /debug /log /suspend /detach /quit /screen-dump */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cmd/backend.h"
#include "cmd/internal.h"
#include "cmd/parse.h"

/* ---- /help ---- */

static void help_list(struct cmd_ctx *ctx)
{
    static const char *const groups[] = {"Account",    "Contacts", "Chats",   "Messages",
                                         "Files",      "Search",   "Windows", "Settings",
                                         "Encryption", "Program"};
    const struct cmd *all[CMD_MAX];
    size_t n = cmd_table(all);
    struct buf b = {0};
    for (size_t g = 0; g < COUNT(groups); g++) {
        size_t in_group = 0;
        for (size_t i = 0; i < n; i++) {
            if (strcmp(all[i]->group, groups[g]) != 0 || (all[i]->needs & CMD_HIDDEN))
                continue;
            if (in_group++ == 0)
                buf_addf(&b, "%s%s\n", b.len ? "\n" : "", groups[g]);
            buf_addf(&b, "  /%-12s %s\n", all[i]->name, all[i]->summary);
        }
    }
    backend_list(ctx, &b);
    buf_adds(&b, "\n/help COMMAND, OPTION or KEY says more. // at the beginning sends a slash.\n");
    cmd_page(ctx, "Commands", buf_str(&b));
    buf_free(&b);
}

static void help_command(struct cmd_ctx *ctx, const struct cmd *c)
{
    struct buf b = {0};
    const struct binding *const *all;
    char *slashed = xasprintf("/%s", c->name);
    cmd_usage(c, &b);
    buf_addf(&b, "\n\n%s\n", c->summary);
    if (c->details)
        buf_addf(&b, "%s\n", c->details);
    if (c->aliases)
        buf_addf(&b, "\nAlso: /%s\n", c->aliases);
    size_t n = ctx->env->keymap ? keymap_all(ctx->env->keymap, &all) : 0, keys = 0;
    for (size_t i = 0; i < n; i++) {
        const char *cmd = all[i]->command;
        size_t len = strlen(slashed);
        if (strncmp(cmd, slashed, len) != 0 || (cmd[len] && cmd[len] != ' '))
            continue;
        buf_adds(&b, keys++ ? "\n  " : "\nKeys\n  ");
        chord_name(all[i]->chord, all[i]->n_chord, &b);
        buf_addf(&b, "  %s  (%s)", all[i]->help, key_context_name(all[i]->context));
    }
    cmd_page(ctx, slashed, buf_str(&b));
    buf_free(&b);
    free(slashed);
}

static void help_option(struct cmd_ctx *ctx, const struct option *o)
{
    static const char *const types[] = {"true or false", "a number", "a text", "one of", "some of"};
    struct buf b = {0};
    char *text = config_text(ctx->env->config, o->name);
    buf_addf(&b, "%s\n\n%s", o->help, types[o->type]);
    if (o->type == OPTION_INT)
        buf_addf(&b, " from %lld to %lld", (long long)o->min, (long long)o->max);
    if (o->choices)
        buf_addf(&b, " %s", o->choices);
    buf_addf(&b, "\nnow: %s\nbuilt in: %s\n", text, o->fallback);
    cmd_page(ctx, o->name, buf_str(&b));
    free(text);
    buf_free(&b);
}

/* What a key does, in each context. False: it is no key. */
static bool help_key(struct cmd_ctx *ctx, const char *topic)
{
    struct key chord[KEY_CHORD_MAX];
    const struct binding *const *all;
    struct buf b = {0};
    int n = chord_parse(topic, chord, NULL);
    size_t bound = n > 0 && ctx->env->keymap ? keymap_all(ctx->env->keymap, &all) : 0;
    for (size_t i = 0; i < bound; i++) {
        bool same = all[i]->n_chord >= (size_t)n;
        for (int k = 0; same && k < n; k++)
            same = key_eq(all[i]->chord[k], chord[k]);
        if (!same)
            continue;
        buf_addf(&b, "%-9s ", key_context_name(all[i]->context));
        chord_name(all[i]->chord, all[i]->n_chord, &b);
        buf_addf(&b, "  %s  %s\n", all[i]->help, all[i]->command);
    }
    if (b.len)
        cmd_page(ctx, topic, buf_str(&b));
    buf_free(&b);
    return n > 0 && bound > 0;
}

static int run_help(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *topic = a->argv[0];
    struct err why = {0};
    if (!topic && VIEW_CAN(ctx, open_panel) && !ctx->out) {
        ctx->view->open_panel(ctx->view_data, "help", NULL);
        return 0;
    }
    if (!topic || strcmp(topic, "commands") == 0) {
        help_list(ctx);
        return 0;
    }
    const char *name = *topic == '/' ? topic + 1 : topic;
    const struct cmd *c = cmd_find(name);
    const struct option *o = config_option(ctx->env->config, topic);
    if (c)
        help_command(ctx, c);
    else if (o)
        help_option(ctx, o);
    else if (config_alias(ctx->env->config, name))
        cmd_say(ctx, KITH_INFO, "/%s is your alias for %s", name,
                config_alias(ctx->env->config, name));
    else if (!backend_help(ctx, name) && !help_key(ctx, topic)) {
        c = cmd_resolve(ctx->env, name, &why);
        if (!c)
            return err_set(e, KITH_ENOTFOUND, "no help on \"%.60s\": %s", topic, why.text);
        help_command(ctx, c);
    }
    return 0;
}

/* ---- the rest ---- */

static int run_version(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    cmd_say(ctx, KITH_INFO, "kith %s, GPL-3.0-or-later", KITH_VERSION);
    return 0;
}

static int run_debug(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    if (!a->argv[0]) {
        cmd_say(ctx, KITH_INFO, "the log holds: %s", config_str(ctx->env->config, "log.level"));
        return 0;
    }
    return config_override(ctx->env->config, "log.level", a->argv[0], e);
}

/* The end of kith.log. */
static int run_log(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct buf raw = {0}, clean = {0};
    char *path = path_of(PATH_STATE, "kith.log", e);
    int rc = path ? path_read(path, 64u << 20, &raw, e) : -1;
    if (rc >= 0) {
        size_t from = raw.len > 32768 ? raw.len - 32768 : 0;
        while (from && from < raw.len && raw.data[from - 1] != '\n')
            from++;
        (void)utf8_clean(&clean, buf_str(&raw) + from, raw.len - from, UTF8_TEXT, 65536);
        cmd_page(ctx, path, clean.len ? buf_str(&clean) : "nothing has been logged\n");
    }
    free(path);
    buf_free(&raw);
    buf_free(&clean);
    return rc;
}

static int run_suspend(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, suspend), e);
    if (rc >= 0)
        ctx->view->suspend(ctx->view_data);
    return rc;
}

static int run_detach(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, detach), e);
    if (rc >= 0)
        ctx->view->detach(ctx->view_data);
    return rc;
}

static size_t waiting(const struct model *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (size_t k = 0; k < m->accounts[i]->n_chats; k++) {
            const struct chat *c = m->accounts[i]->chats[k];
            for (size_t j = 0; j < c->n_messages; j++)
                n += c->messages[j]->delivery == DELIVERY_QUEUED;
        }
    }
    return n;
}

static int run_doctor(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, open_panel), e);
    (void)a;
    if (rc >= 0)
        ctx->view->open_panel(ctx->view_data, "doctor", NULL);
    return rc;
}

static int run_quit(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    size_t n = config_bool(ctx->env->config, "quit.ask") ? waiting(ctx->env->model) : 0;
    if (n && !has_flag(a, "now") && VIEW_CAN(ctx, confirm) && !ctx->out) {
        char *question = xasprintf("%zu %s to be sent and will go out at the next start. Quit?", n,
                                   n == 1 ? "message waits" : "messages wait");
        ctx->view->confirm(ctx->view_data, question, "/quit -now");
        free(question);
        return 0;
    }
    if (!ctx->env->quit)
        return err_set(e, KITH_EUNSUP, "there is nothing to quit");
    ctx->env->quit(ctx->env->quit_user, a->argv[0]);
    return 0;
}

static int run_screen_dump(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, screen_text), e);
    if (rc < 0)
        return rc;
    char *path = path_expand(a->argv[0]), *text = ctx->view->screen_text(ctx->view_data);
    rc = path_write(path, text, strlen(text), e);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "the screen was written to %s", path);
    free(text);
    free(path);
    return rc;
}

const struct cmd cmds_program[] = {
    {.name = "help",
     .group = "Program",
     .summary = "Explains a command, an option or a key; alone: the keys that work now.",
     .args = {{ARG_TOPIC, "topic", true, NULL}},
     .run = run_help},
    {.name = "version",
     .group = "Program",
     .summary = "Says which kith this is.",
     .run = run_version},
    {.name = "debug",
     .group = "Program",
     .summary = "Says or sets, until kith ends, what goes to kith.log.",
     .args = {{ARG_CHOICE, "level", true, "debug|info|warn|error|off"}},
     .run = run_debug},
    {.name = "log", .group = "Program", .summary = "Shows the end of kith.log.", .run = run_log},
    {.name = "suspend",
     .group = "Program",
     .summary = "Stops this terminal's kith; fg in the shell brings it back.",
     .needs = CMD_NEEDS_VIEW,
     .run = run_suspend},
    {.name = "detach",
     .group = "Program",
     .summary = "Leaves this terminal; the accounts stay online, and kith comes back to them.",
     .needs = CMD_NEEDS_VIEW,
     .run = run_detach},
    {.name = "quit",
     .aliases = "exit",
     .group = "Program",
     .summary = "Goes offline and ends kith.",
     .flags = "-now",
     .args = {{ARG_TEXT, "text", true, NULL}},
     .details =
         "Asks when messages still wait to be sent; -now does not. They go out at the next start.",
     .run = run_quit},
    {.name = "doctor",
     .group = "Program",
     .summary = "Examines this terminal, and tmux around it, and says what to change.",
     .run = run_doctor},
    {.name = "screen-dump",
     .group = "Program",
     .summary = "Writes what is on the screen to a file, as text.",
     .args = {{ARG_FILE, "file", false, NULL}},
     .needs = CMD_NEEDS_VIEW,
     .run = run_screen_dump},
    {.name = NULL},
};
