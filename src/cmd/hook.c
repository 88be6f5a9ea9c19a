/* cmd/hook.c - /hook: runs command lines when somebody writes, an account comes or goes, kith
 * starts or ends */
#include "cmd/hook.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/runs.h"
#include "cmd/internal.h"
#include "cmd/parse.h"

enum {
    RUNS = 10, /* of one hook in this time */
    RUNS_MS = 10000
};
enum { WAS_KNOWN = 1, WAS_ONLINE = 2, WAS_MOVED = 4 /* by a hook: its next steps raise nothing */ };

struct active { /* a hook and what it did */
    char *name, *line;
    enum hook_event event;
    int64_t runs[RUNS]; /* monotonic ms, 0 = never; a ring */
    size_t at;
    bool told_often, told_failure;
};

struct due { /* what happened, until its command runs */
    char *hook, *line, *text, *nick;
    int64_t account, chat, message;
};

struct cmd_hooks {
    struct active all[CONFIG_HOOKS_MAX];
    size_t n;
    struct due *due;
    size_t n_due, cap_due;
    struct map states; /* account -> WAS_* */
    bool running, listens, ended;
};

/* One command whose name is an alias, with what is written behind it. */
static int check_alias(const char *alias, const char *rest, struct err *e)
{
    struct buf whole = {0};
    int rc = alias_expand(alias, rest, &whole, e);
    if (rc >= 0)
        rc = cmd_check(buf_str(&whole), e);
    buf_free(&whole);
    return rc;
}

int hook_check(const struct config *c, const char *line, struct err *e)
{
    char name[PARSE_NAME_MAX + 1];
    const char *rest, *alias = NULL;
    line += strspn(line, " \t");
    if (!*line)
        return err_set(e, KITH_EINVAL, "a hook runs a command, and none is written");
    while (parse_name(line, name, &rest) && !cmd_find(name) && (alias = config_alias(c, name))) {
        size_t n = parse_first(line);
        char *words = xstrndup(rest, (size_t)MAX(line + n - rest, 0));
        int rc = check_alias(alias, words, e);
        free(words);
        if (rc < 0 || line[n] != ';')
            return rc;
        line += n + 1 + strspn(line + n + 1, " \t");
    }
    return cmd_check(line, e);
}

/* ---- running ---- */

static struct active *find_active(struct cmd_hooks *h, const char *name)
{
    for (size_t i = 0; i < h->n; i++) {
        if (strcmp(h->all[i].name, name) == 0)
            return &h->all[i];
    }
    return NULL;
}

void hook_failed(struct cmd_env *env, const char *name, const char *why)
{
    struct active *a = env->hooks ? find_active(env->hooks, name) : NULL;
    if (!a || a->told_failure)
        return;
    a->told_failure = true;
    model_notice(env->model, NULL, NULL, KITH_ERROR, "hook %s: %s", name, why);
}

static void due_clear(struct due *d)
{
    free(d->hook);
    free(d->line);
    free(d->text);
    free(d->nick);
}

static void run_due(struct cmd_env *env, const struct due *d)
{
    struct err e = {0};
    struct cmd_ctx ctx = {.env = env,
                          .chat = d->chat ? model_chat_by_id(env->model, d->chat) : NULL,
                          .account =
                              d->account ? model_account_by_id(env->model, d->account) : NULL,
                          .message = d->message,
                          .text = d->text,
                          .nick = d->nick,
                          .hook = d->hook};
    if ((d->chat && !ctx.chat) || (d->account && !ctx.account))
        return; /* gone by now */
    if (cmd_run(&ctx, d->line, &e) < 0)
        hook_failed(env, d->hook, e.text);
}

/* Nothing is noted while these run, so there is an end. */
static void run_all_due(void *user)
{
    struct cmd_env *env = user;
    struct cmd_hooks *h = env->hooks;
    if (h->running)
        return;
    h->running = true;
    for (size_t i = 0; i < h->n_due; i++) {
        run_due(env, &h->due[i]);
        due_clear(&h->due[i]);
    }
    h->n_due = 0;
    h->running = false;
}

bool hook_hides(const struct cmd_ctx *ctx, const struct message *m)
{
    return ctx->hook && m && message_secret(m->chat, m) && !config_bool(ctx->env->config, "notify.hooks");
}

/* ---- what happens ---- */

static bool may_run(struct cmd_env *env, struct active *a)
{
    int64_t now = clock_mono_ms(), *oldest = &a->runs[a->at];
    if (*oldest && now - *oldest < RUNS_MS) {
        if (!a->told_often)
            model_notice(env->model, NULL, NULL, KITH_WARN,
                         "hook %s: more than %d runs in %d seconds are left out", a->name, RUNS,
                         RUNS_MS / 1000);
        a->told_often = true;
        return false;
    }
    *oldest = MAX(now, (int64_t)1);
    a->at = (a->at + 1) % RUNS;
    return true;
}

static void happened(struct cmd_env *env, enum hook_event event, const struct account *account,
                     const struct message *m)
{
    struct cmd_hooks *h = env->hooks;
    if (h->running || h->ended)
        return;
    for (size_t i = 0; i < h->n; i++) {
        struct active *a = &h->all[i];
        if (a->event != event || !may_run(env, a))
            continue;
        struct due d = {.hook = xstrdup(a->name),
                        .line = xstrdup(a->line),
                        .account = account ? account->id : 0};
        if (m) {
            d.chat = m->chat->id;
            d.message = m->id;
            struct buf text = {0};
            if (hook_hides(&(struct cmd_ctx){.env = env, .hook = a->name}, m))
                buf_adds(&text, HOOK_HIDDEN);
            else
                runs_add_covered(&text, m->body, m->spans); /* it may become a notice */
            d.text = buf_take(&text);
            d.nick = xstrdup(m->sender_name ? m->sender_name : m->sender);
        }
        if (h->n_due == 0)
            loop_defer(env->loop, run_all_due, env);
        VEC_PUSH(h->due, h->n_due, h->cap_due, d);
    }
}

static void on_arrival(void *user, const struct message *m)
{
    happened(user, HOOK_MESSAGE, m->chat->account, m);
    if (m->mention)
        happened(user, HOOK_MENTION, m->chat->account, m);
}

static void note_state(struct cmd_env *env, const struct account *a)
{
    struct map *states = &env->hooks->states;
    uintptr_t was = (uintptr_t)map_get(states, a->name), is = WAS_KNOWN | (was & WAS_MOVED);
    bool online = a->state == KITH_STATE_ONLINE, was_online = (was & WAS_ONLINE) != 0;
    if (online)
        is |= WAS_ONLINE;
    if ((online && !was_online) || (a->state == KITH_STATE_OFFLINE && !a->enabled))
        is &= ~(uintptr_t)WAS_MOVED; /* it is where the hook wanted it */
    if (is != was)
        map_set(states, a->name, (void *)is); /* the bits themselves */
    if ((was & WAS_KNOWN) && online != was_online && !(was & WAS_MOVED))
        happened(env, online ? HOOK_CONNECT : HOOK_DISCONNECT, a, NULL);
}

static void on_model(void *user, const struct model_event *ev)
{
    struct cmd_env *env = user;
    if (ev->type == MODEL_ACCOUNT)
        note_state(env, ev->account);
    else if (ev->type == MODEL_ACCOUNT_GONE)
        (void)map_del(&env->hooks->states, ev->account->name);
}

void hooks_moved(struct cmd_env *env, const struct account *a)
{
    if (!env->hooks)
        return;
    uintptr_t was = (uintptr_t)map_get(&env->hooks->states, a->name);
    map_set(&env->hooks->states, a->name, (void *)(was | WAS_MOVED));
}

void hooks_started(struct cmd_env *env)
{
    happened(env, HOOK_START, NULL, NULL);
}

void hooks_quit(struct cmd_env *env)
{
    if (!env->hooks)
        return;
    happened(env, HOOK_QUIT, NULL, NULL);
    env->hooks->ended = true;
    run_all_due(env);
}

/* ---- the list ---- */

static void follow(struct cmd_env *env, bool on)
{
    struct cmd_hooks *h = env->hooks;
    if (h->listens == on)
        return;
    h->listens = on;
    core_on_arrival(env->core, on ? on_arrival : NULL, env);
    if (!on) {
        model_unobserve(env->model, on_model, env);
        map_free(&h->states, NULL);
        h->states = (struct map){0};
        return;
    }
    for (size_t i = 0; i < env->model->n_accounts; i++) {
        const struct account *a = env->model->accounts[i];
        uintptr_t now = WAS_KNOWN | (a->state == KITH_STATE_ONLINE ? WAS_ONLINE : 0);
        map_set(&h->states, a->name, (void *)now);
    }
    model_observe(env->model, on_model, env);
}

static void active_clear(struct active *a)
{
    free(a->name);
    free(a->line);
}

/* One that stays as it is keeps its counts. */
void hooks_reload(struct cmd_env *env)
{
    struct cmd_hooks *h = env->hooks, old;
    const struct hook *from;
    if (!h)
        return;
    old = *h;
    h->n = 0;
    for (size_t i = 0; (from = config_hook_at(env->config, i)) && h->n < CONFIG_HOOKS_MAX; i++) {
        struct active *was = find_active(&old, from->name), *a = &h->all[h->n];
        if (from->bad)
            continue;
        h->n++;
        *a = was && str_eq(was->line, from->line) ? *was : (struct active){0};
        a->name = xstrdup(from->name);
        a->line = xstrdup(from->line);
        a->event = from->event;
    }
    for (size_t i = 0; i < old.n; i++)
        active_clear(&old.all[i]);
    follow(env, h->n > 0);
}

static void on_config(void *user, const struct option *changed)
{
    if (!changed)
        hooks_reload(user);
}

void hooks_open(struct cmd_env *env)
{
    env->hooks = xcalloc(1, sizeof *env->hooks);
    config_observe(env->config, on_config, env);
    hooks_reload(env);
}

void hooks_close(struct cmd_env *env)
{
    struct cmd_hooks *h = env->hooks;
    if (!h)
        return;
    config_unobserve(env->config, on_config, env);
    follow(env, false);
    loop_defer_cancel(env->loop, run_all_due, env);
    for (size_t i = 0; i < h->n_due; i++)
        due_clear(&h->due[i]);
    for (size_t i = 0; i < h->n; i++)
        active_clear(&h->all[i]);
    free(h->due);
    free(h);
    env->hooks = NULL;
}

/* ---- /hook ---- */

static void list_hooks(struct cmd_ctx *ctx)
{
    struct buf b = {0};
    const struct hook *h;
    for (size_t i = 0; (h = config_hook_at(ctx->env->config, i)); i++)
        buf_addf(&b, "%-12s %-10s %s%s\n", h->name, hook_event_name(h->event), h->line,
                 h->bad ? "  (refused, it never runs: kith --check-config)" : "");
    cmd_page(ctx, "Hooks",
             b.len ? buf_str(&b) : "no hooks; /hook add NAME EVENT /COMMAND makes one\n");
    buf_free(&b);
}

static int add_hook(struct cmd_ctx *ctx, const char *name, const char *event, const char *line,
                    struct err *e)
{
    if (!name || !event || !line)
        return err_set(e, KITH_EINVAL, "/hook add NAME EVENT /COMMAND");
    int which = hook_event_find(event, e);
    int rc = which < 0 ? which : hook_check(ctx->env->config, line, e);
    return rc < 0 ? rc : config_set_hook(ctx->env->config, name, (enum hook_event)which, line, e);
}

static int run_hook(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *what = a->argv[0], *name = a->argv[1];
    int rc = 0;
    if (!what || strcmp(what, "list") == 0) {
        list_hooks(ctx);
        return 0;
    }
    if (strcmp(what, "add") == 0)
        rc = add_hook(ctx, name, a->argv[2], a->argv[3], e);
    else
        rc = name ? config_set_hook(ctx->env->config, name, HOOK_MESSAGE, NULL, e)
                  : err_set(e, KITH_EINVAL, "which hook? /hook lists them");
    hooks_reload(ctx->env);
    return rc;
}

const struct cmd cmds_hook[] = {
    {.name = "hook",
     .group = "Program",
     .summary = "Lists, makes and removes commands that run when something happens.",
     .args = {{ARG_CHOICE, "what", true, "list|add|remove"},
              {ARG_HOOK, "name", true, NULL},
              {ARG_CHOICE, "event", true, "message|mention|connect|disconnect|start|quit"},
              {ARG_COMMAND, "/command", true, NULL}},
     .details =
         "/hook add ping mention /exec notify-send $nick $text runs that program when somebody "
         "mentions you. The events: message (somebody wrote just now, nothing of your own, "
         "from history or kept while you were away), mention, connect and disconnect (of an "
         "account), start and quit "
         "(of kith; what runs at quit has as long as the accounts need to go offline). The command "
         "runs in the chat and for the account of what happened; $text, $nick, $chat, $account and "
         "$url are filled in, each as part of one word, whatever they hold. Of a message that is encrypted from end to end the words "
         "are left out, unless notify.hooks is on: $text is (encrypted) then, and /pipe, /copy, /open, /forward and /export take nothing of "
         "it. A hook runs at most 10 "
         "times in 10 seconds, there are at most 32, and what a hook does raises no other. A "
         "failure is said once. They are kept as aliases are.",
     .run = run_hook},
    {.name = NULL},
};
