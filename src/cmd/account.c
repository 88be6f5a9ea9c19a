/* cmd/account.c - /account /connect /disconnect /reconnect /status /away /back */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/hook.h"
#include "cmd/internal.h"

static int list_accounts(struct cmd_ctx *ctx)
{
    const struct account_config *const *all;
    struct buf b = {0};
    size_t n = config_accounts(ctx->env->config, &all);
    for (size_t i = 0; i < n; i++) {
        const struct account *a = model_account(ctx->env->model, all[i]->name);
        buf_addf(&b, "%-16s %-6s %-28s %s", all[i]->name, all[i]->protocol,
                 a && a->label     ? a->label
                 : a && a->address ? a->address
                 : all[i]->address ? all[i]->address
                                   : "",
                 a ? state_name(a->state) : "not loaded");
        if (a && a->problem)
            buf_addf(&b, ": %s", a->problem);
        else if (a && a->note)
            buf_addf(&b, ", but %s", a->note);
        if (all[i]->origin.line && !all[i]->parent)
            buf_addf(&b, "  (%s:%d)", all[i]->origin.file, all[i]->origin.line);
        buf_addc(&b, '\n');
    }
    if (!n)
        buf_adds(&b, "There is no account yet. /account add NAME PROTOCOL ADDRESS makes one.\n");
    cmd_page(ctx, "Accounts", buf_str(&b));
    buf_free(&b);
    return 0;
}

/* "host=x port=5222" behind the address. */
static int read_options(const char *text, struct account_config *a, struct err *e)
{
    for (const char *p = text ? text : ""; *(p += strspn(p, " ")); p += strcspn(p, " ")) {
        size_t len = strcspn(p, " "), key = strcspn(p, "= ");
        if (key == 0 || key >= len)
            return err_set(e, KITH_EINVAL, "settings are written key=value: \"%.*s\"",
                           (int)MIN(len, 60), p);
        a->options = xreallocarray(a->options, a->n_options + 1, sizeof *a->options);
        a->options[a->n_options].key = xstrndup(p, key);
        a->options[a->n_options].value = xstrndup(p + key + 1, len - key - 1);
        a->options[a->n_options++].line = 0;
    }
    return 0;
}

static int add_account(struct cmd_ctx *ctx, const struct cmd_args *args, struct err *e)
{
    struct account_config a = {.autoconnect = true};
    if (!args->argv[1]) {
        int rc = need_view(ctx, VIEW_CAN(ctx, open_panel), e);
        if (rc >= 0)
            ctx->view->open_panel(ctx->view_data, "accounts", "add");
        return rc;
    }
    if (!args->argv[2])
        return err_set(e, KITH_EINVAL,
                       "usage: /account add NAME PROTOCOL [ADDRESS] [key=value ...]");
    a.name = (char *)args->argv[1]; /* borrowed: config_add_account copies */
    a.protocol = (char *)args->argv[2];
    a.address = (char *)args->argv[3];
    int rc = read_options(args->argv[4], &a, e);
    if (rc >= 0)
        rc = config_add_account(ctx->env->config, &a, e);
    if (rc >= 0)
        rc = core_account_load(ctx->env->core, a.name, e);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "account %s was added", a.name);
    for (size_t i = 0; i < a.n_options; i++) {
        free(a.options[i].key);
        free(a.options[i].value);
    }
    free(a.options);
    return rc;
}

static int remove_account(struct cmd_ctx *ctx, const char *name, struct err *e)
{
    struct account *a = model_account(ctx->env->model, name);
    int rc = config_remove_account(ctx->env->config, name, e);
    if (rc < 0)
        return rc;
    if (a)
        (void)core_disconnect(ctx->env->core, a, NULL);
    (void)core_account_load(ctx->env->core, name,
                            NULL); /* it is gone from the configuration, so it is unloaded */
    cmd_say(ctx, KITH_INFO, "account %s was removed; its messages are kept", name);
    return 0;
}

static int edit_account(struct cmd_ctx *ctx, const char *name, struct err *e)
{
    const struct account_config *a = config_account(ctx->env->config, name);
    if (!a)
        return find_account(ctx, name, e) ? 0 : KITH_ENOTFOUND;
    if (a->parent)
        cmd_say(ctx, KITH_INFO, "account %s is behind %s and has its settings", name, a->parent);
    else if (a->origin.line)
        cmd_say(ctx, KITH_INFO, "account %s is in %s:%d; edit it there, then /reload", name,
                a->origin.file, a->origin.line);
    else
        cmd_say(ctx, KITH_INFO, "account %s is in %s; /account remove and add it anew", name,
                a->origin.file);
    return 0;
}

/* Enabled accounts connect by themselves, now and at every start. */
static int enable_account(struct cmd_ctx *ctx, const char *name, bool on, struct err *e)
{
    struct account *a = find_account(ctx, name, e);
    int rc = a ? config_enable_account(ctx->env->config, a->name, on, e) : KITH_ENOTFOUND;
    if (rc >= 0)
        rc = on ? core_connect(ctx->env->core, a, e) : core_disconnect(ctx->env->core, a, e);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, on ? "account %s connects by itself" : "account %s stays offline",
                a->name);
    return rc;
}

static int default_account(struct cmd_ctx *ctx, const char *name, struct err *e)
{
    struct err warning = {0};
    struct account *a = find_account(ctx, name, e);
    if (!a)
        return KITH_ENOTFOUND;
    int rc = config_set(ctx->env->config, "account.default", a->name, &warning);
    if (rc < 0)
        return err_set(e, warning.code, "%s", warning.text);
    cmd_say(ctx, rc > 0 ? KITH_WARN : KITH_INFO, "%s%s",
            rc > 0 ? warning.text : "commands that do not say otherwise are for account ",
            rc > 0 ? "" : a->name);
    return 0;
}

static int run_account(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *what = a->argv[0] ? a->argv[0] : "list";
    if (strcmp(what, "list") == 0)
        return list_accounts(ctx);
    if (strcmp(what, "add") == 0)
        return add_account(ctx, a, e);
    if (!a->argv[1])
        return err_set(e, KITH_EINVAL, "which account? usage: /account %s NAME", what);
    if (strcmp(what, "remove") == 0)
        return remove_account(ctx, a->argv[1], e);
    if (strcmp(what, "enable") == 0 || strcmp(what, "disable") == 0)
        return enable_account(ctx, a->argv[1], *what == 'e', e);
    if (strcmp(what, "default") == 0)
        return default_account(ctx, a->argv[1], e);
    return edit_account(ctx, a->argv[1], e);
}

/* ---- online and offline ---- */

typedef int account_fn(struct core *c, struct account *a, struct err *e);

/* What a hook's own command does to an account raises no hook. */
static int move_account(struct cmd_ctx *ctx, struct account *a, account_fn *fn, struct err *e)
{
    if (ctx->hook)
        hooks_moved(ctx->env, a);
    return fn(ctx->env->core, a, e);
}

/* fn for the account named, or for all that fit. */
static int for_accounts(struct cmd_ctx *ctx, const char *name, account_fn *fn, bool online,
                        struct err *e)
{
    const struct model *m = ctx->env->model;
    int done = 0, rc = 0;
    if (name) {
        struct account *a = find_account(ctx, name, e);
        return a ? move_account(ctx, a, fn, e) : KITH_ENOTFOUND;
    }
    for (size_t i = 0; i < m->n_accounts && rc >= 0; i++) {
        bool is = m->accounts[i]->state != KITH_STATE_OFFLINE || m->accounts[i]->retry_at;
        if (is != online)
            continue;
        rc = move_account(ctx, m->accounts[i], fn, e);
        done++;
    }
    if (rc >= 0 && !done)
        return err_set(e, KITH_EINVAL,
                       m->n_accounts ? online ? "no account is online"
                                              : "all accounts are online, or on their way"
                                     : "there is no account yet; /account add makes one");
    return rc;
}

static int run_connect(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return for_accounts(ctx, a->argv[0], core_connect, false, e);
}

static int run_disconnect(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return for_accounts(ctx, a->argv[0], core_disconnect, true, e);
}

static int run_reconnect(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const struct model *m = ctx->env->model;
    int rc = 0;
    if (a->argv[0])
        return for_accounts(ctx, a->argv[0], core_reconnect, true, e);
    for (size_t i = 0; i < m->n_accounts && rc >= 0; i++) {
        if (m->accounts[i]->state !=
            KITH_STATE_ONLINE) /* those that wait or hang; a good link is left alone */
            rc = move_account(ctx, m->accounts[i], core_reconnect, e);
    }
    return rc;
}

/* ---- presence ---- */

static int set_status(struct cmd_ctx *ctx, const char *account, enum kith_show show,
                      const char *text, struct err *e)
{
    struct account *a = account ? find_account(ctx, account, e) : NULL;
    if (account && !a)
        return KITH_ENOTFOUND;
    return core_set_status(ctx->env->core, a, show, text, e);
}

/* ", by wss://example.org/ws, lag 48 ms, 3 waiting (6 s)" */
static void put_link(struct buf *out, const struct account *a)
{
    if (a->state != KITH_STATE_ONLINE)
        return;
    if (a->way && strstr(a->way, "://")) /* by a detour */
        buf_addf(out, ", by %s", a->way);
    if (a->lag_ms >= 0)
        buf_addf(out, ", lag %lld ms", (long long)a->lag_ms);
    if (a->waiting)
        buf_addf(out, ", %u %s to be sent (%lld s)", (unsigned)a->waiting,
                 a->waiting == 1 ? "line waits" : "lines wait", (long long)((a->wait_ms + 999) / 1000));
}

static int run_status(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const struct model *m = ctx->env->model;
    enum kith_show wanted;
    if (show_of_word(a->argv[0], &wanted))
        return set_status(ctx, flag_value(a, "account"), wanted, a->argv[1], e);
    for (size_t i = 0; i < m->n_accounts; i++) {
        const struct account *acc = m->accounts[i];
        struct buf link = {0};
        put_link(&link, acc);
        cmd_say(ctx, KITH_INFO, "%s: %s%s%s%s%s%s", acc->name,
                acc->state == KITH_STATE_ONLINE ? show_word(acc->show) : state_name(acc->state), acc->problem ? ": " : "",
                acc->problem ? acc->problem : "", str_empty(acc->status) ? "" : " - ",
                acc->status ? acc->status : "", buf_str(&link));
        buf_free(&link);
    }
    return 0;
}

static int run_away(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return set_status(ctx, flag_value(a, "account"), KITH_SHOW_AWAY, a->argv[0], e);
}

static int run_back(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return set_status(ctx, flag_value(a, "account"), KITH_SHOW_ONLINE, NULL, e);
}

const struct cmd cmds_account[] = {
    {.name = "account",
     .group = "Account",
     .summary = "Lists, adds, removes and switches accounts on and off.",
     .args = {{ARG_CHOICE, "what", true, "list|add|remove|edit|enable|disable|default"},
              {ARG_ACCOUNT, "name", true, NULL},
              {ARG_WORD, "protocol", true, NULL},
              {ARG_WORD, "address", true, NULL},
              {ARG_TEXT, "key=value ...", true, NULL}},
     .details =
         "/account add home xmpp alice@example.org adds an account to kith's own file, and "
         "connects it. The password is"
         " asked for; it is never part of a command. Accounts of accounts.cfg are edited there. "
         "enable and disable say whether it connects by itself. default: what a command is for "
         "when no chat and no word of it says which account. What lies behind an account, such as the "
         "networks of a bouncer, is an account by itself, named like home/libera; it comes and goes "
         "with the one above it, and disable keeps it off.",
     .run = run_account},
    {.name = "connect",
     .group = "Account",
     .summary = "Connects an account, or all that are offline.",
     .args = {{ARG_ACCOUNT, "account", true, NULL}},
     .run = run_connect},
    {.name = "disconnect",
     .group = "Account",
     .summary = "Takes an account offline, or all of them.",
     .args = {{ARG_ACCOUNT, "account", true, NULL}},
     .run = run_disconnect},
    {.name = "reconnect",
     .group = "Account",
     .summary = "Connects again now, without waiting for the next try.",
     .args = {{ARG_ACCOUNT, "account", true, NULL}},
     .run = run_reconnect},
    {.name = "status",
     .group = "Account",
     .summary = "Sets what others see of you, or shows how the accounts stand.",
     .flags = "-account=name",
     .args = {{ARG_SHOW, "online|chat|away|xa|dnd|offline", true, NULL},
              {ARG_TEXT, "text", true, NULL}},
     .run = run_status},
    {.name = "away",
     .group = "Account",
     .summary = "Says that you are away, with a reason if you like.",
     .flags = "-account=name",
     .args = {{ARG_TEXT, "text", true, NULL}},
     .run = run_away},
    {.name = "back",
     .group = "Account",
     .summary = "Says that you are here again.",
     .flags = "-account=name",
     .run = run_back},
    {.name = NULL},
};
