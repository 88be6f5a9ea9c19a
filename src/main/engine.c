/* main/engine.c - the engine: wires model, store, core, commands and screen together and serves views */
#include "main/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/soon.h"
#include "base/spawn.h"
#include "cmd/hook.h"
#include "core/notify.h"
#include "core/preview.h"
#include "core/spell.h"
#include "main/notices.h"
#include "main/server.h"
#include "main/start.h"
#include "store/store.h"
#include "view/proto.h"

/* no errno and no code of the store: an engine without accounts that nobody could give it any */
enum { HEADLESS_EMPTY = -2000 };

struct engine {
    const struct args *args;
    const struct places *places;
    struct loop *loop;
    struct config *config;
    struct keymap *keymap;
    struct model *model;
    struct store *store;
    struct core *core;
    struct notify *notify;
    struct ui *ui;
    struct server *server;
    struct cmd_env env;
    char *farewell; /* said to the views at the end */
    char *trouble;  /* said to the first view: a damaged history was set aside */
    bool stopping;
    int log_fd;
    struct map states; /* headless: what was logged of each account last */
};

/* ---- ending ---- */
static void on_stopped(void *user)
{
    struct engine *en = user;

    loop_quit(en->loop, EXIT_OK);
}

static void engine_quit(void *user, const char *reason)
{
    struct engine *en = user;

    if (en->stopping)
        return;
    en->stopping = true;
    str_set(&en->farewell, reason);
    hooks_quit(&en->env);
    core_stop(en->core, on_stopped, en);
}

/* What a line of kith --check-config says about the accounts; the files' own problems were said already. */
static void on_checked(void *user, const char *text)
{
    struct engine *en = user;
    const char *const *lines;
    size_t n = config_problems(en->config, &lines), more = 0;
    char *first = NULL;

    for (const char *at = text, *end; *at != '\0'; at = *end != '\0' ? end + 1 : end) {
        char *line;
        bool told = false;

        end = at + strcspn(at, "\n");
        line = xstrndup(at, (size_t)(end - at));
        for (size_t i = 0; i < n && !told; i++)
            told = str_eq(lines[i], line);
        told = told || strstr(line, ": account ") == NULL;
        if (!told && first == NULL)
            str_set(&first, line);
        else if (!told)
            more++;
        free(line);
    }
    if (first != NULL)
        model_notice(en->model, NULL, NULL, KITH_WARN, "%s%s", first, more > 0 ? " (and more: kith --check-config)" : "");
    free(first);
}

/* The accounts are looked at as --check-config does, by that very program: their backends are not in this process. */
static void check_accounts(struct engine *en)
{
    const char *argv[] = {en->places->self, "--check-config", NULL, NULL, NULL};
    struct err e;

    if (path_root() != NULL) {
        argv[2] = "-c";
        argv[3] = path_root();
    }
    if (core_gather(en->core, argv, on_checked, en, &e) < 0)
        log_warn("%s", e.text);
}

static int engine_reload(void *user, struct err *e)
{
    struct engine *en = user;
    const char *const *lines, *const *changed;
    size_t n;

    (void)config_load(en->config);
    keymap_reload(en->keymap);
    n = config_changed_accounts(en->config, &changed);
    for (size_t i = 0; i < n; i++)
        (void)core_account_load(en->core, changed[i], NULL);
    ui_reload(en->ui);
    check_accounts(en);
    core_save_again(en->core);
    n = config_problems(en->config, &lines);
    if (n > 0)
        return err_set(e, -1, "%s%s", lines[0], n > 1 ? " (and more: kith --check-config)" : "");
    return 0;
}

static int engine_open_uri(void *user, const char *uri, struct err *e)
{
    struct engine *en = user;

    return ui_open(en->ui, uri, e);
}

static void on_signal(void *user, int signo)
{
    struct engine *en = user;
    struct err e = {0};

    if (signo == SIGTERM || signo == SIGINT)
        engine_quit(en, "the engine was told to end");
    else if (signo == SIGHUP && engine_reload(en, &e) < 0)
        model_notice(en->model, NULL, NULL, KITH_ERROR, "%s", e.text);
}

/* ---- starting ---- */

/* log.level; KITH_LOG in the environment wins. */
static void set_log_level(void *user, const struct option *changed)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct engine *en = user;
    const char *env = getenv("KITH_LOG"), *name = env != NULL ? env : config_str(en->config, "log.level");

    if (changed != NULL && strcmp(changed->name, "log.level") != 0)
        return;
    if (en->args->headless) {
        en->log_fd = STDERR_FILENO;
        if (env == NULL && config_origin(en->config, "log.level").line == 0)
            name = "info"; /* the log is all there is to see */
    }
    if (str_eq(name, "off"))
        log_open(-1, "engine", LOG_ERROR);
    for (size_t i = 0; i < COUNT(names) && en->log_fd >= 0; i++)
        if (str_eq(name, names[i]))
            log_open(en->log_fd, "engine", (enum log_level)i);
}

static void open_log(struct engine *en)
{
    const char *level = getenv("KITH_LOG");
    struct err e;
    char *dir, *path;

    if (en->args->headless) {
        log_open(STDERR_FILENO, "engine", str_eq(level, "debug") ? LOG_DEBUG : LOG_INFO);
        return;
    }
    dir = path_of(PATH_STATE, NULL, &e);
    if (dir == NULL || path_mkdirs(dir, 0700, &e) < 0) {
        free(dir);
        return;
    }
    path = path_join(dir, "kith.log");
    en->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (en->log_fd >= 0) {
        log_open(en->log_fd, "engine", str_eq(level, "debug") ? LOG_DEBUG : LOG_INFO);
        dup2(en->log_fd, STDERR_FILENO); /* what a library or a sanitizer prints */
    }
    free(path);
    free(dir);
}

static int open_store(struct engine *en, struct err *e)
{
    char *dir = path_of(PATH_DATA, NULL, e), *path;
    int rc;

    if (dir == NULL || path_mkdirs(dir, 0700, e) < 0) {
        free(dir);
        return -1;
    }
    path = path_join(dir, "history.db");
    rc = store_open(&en->store, path, e);
    if (rc == 1)
        str_set(&en->trouble, e->text);
    free(path);
    free(dir);
    return rc;
}

static int open_files(struct engine *en, struct err *e)
{
    en->config = config_new();
    config_check_hooks(en->config, hook_check);
    config_load(en->config);
    set_log_level(en, NULL);
    config_observe(en->config, set_log_level, en);
    if (en->args->theme != NULL && config_override(en->config, "ui.theme", en->args->theme, e) < 0)
        return -1;
    if (en->args->no_color)
        config_override(en->config, "ui.colours", "mono", NULL);
    en->keymap = keymap_new(en->config);
    keymap_set_check(en->keymap, cmd_check);
    return open_store(en, e);
}

static void on_alert(void *user, const struct core_alert *alert)
{
    struct engine *en = user;

    notices_show(en->notify, en->core, alert);
    ui_alert(en->ui, alert);
}

/* Each change of an account's state once: the only account of it where there is no screen. */
static void log_state(struct engine *en, const struct account *a)
{
    uintptr_t was = (uintptr_t)map_get(&en->states, a->name), now = (uintptr_t)a->state + 1;

    if (was == now)
        return;
    map_set(&en->states, a->name, (void *)now); /* the state itself, as a number above 0 */
    log_info("%s: %s%s%s", a->name, state_word(a->state), a->problem != NULL ? ": " : "", a->problem != NULL ? a->problem : "");
}

/* A chat that has been read needs no notice any more. */
static void on_model(void *user, const struct model_event *ev)
{
    struct engine *en = user;

    if (ev->type == MODEL_UNREAD && ev->chat->unread == 0)
        notices_close(en->notify, ev->chat);
    else if (ev->type == MODEL_NOTICE && en->args->headless) /* nobody else may be there to read it */
        log_at(ev->level >= KITH_ERROR ? LOG_ERROR : ev->level == KITH_WARN ? LOG_WARN : LOG_INFO, "%s%s%s",
               ev->account != NULL ? ev->account->name : "", ev->account != NULL ? ": " : "", ev->text);
    else if (ev->type == MODEL_ACCOUNT && en->args->headless)
        log_state(en, ev->account);
    else if (ev->type == MODEL_ASK && en->args->headless)
        log_warn("%s asks: %s (answer it with kith, on a terminal)", ev->account != NULL ? ev->account->name : "kith",
                 ev->ask->title != NULL ? ev->ask->title : ev->ask->text);
}

static void spell_news(void *user)
{
    struct engine *en = user;

    ui_spelled(en->ui);
}

static void picture_news(void *user)
{
    struct engine *en = user;

    ui_pictured(en->ui);
}

static void picture_trouble(void *user, const char *sentence)
{
    struct engine *en = user;

    model_notice(en->model, NULL, NULL, KITH_WARN, "%s", sentence);
}

static void start_pictures(struct engine *en)
{
    struct pictures_params pp = {.loop = en->loop, .program = en->places->picture, .trouble = picture_trouble, .user = en};
    struct previews_params vp = {.core = en->core, .model = en->model, .config = en->config, .news = picture_news,
                                 .user = en};

    en->env.pictures = vp.pictures = pictures_new(&pp);
    en->env.previews = previews_new(&vp);
}

static int start_parts(struct engine *en, struct err *e)
{
    struct core_params cp = {.loop = en->loop, .config = en->config, .model = en->model, .store = en->store,
                             .account_program = en->places->account, .notify_program = en->places->notify,
                             .search_program = en->places->self,
                             .backend_dirs = en->places->backend_dirs, .offline = en->args->offline};
    struct notify_params np = {.loop = en->loop, .program = en->places->notify};
    struct ui_params up = {.env = &en->env, .terminfo_dir = en->places->terminfo, .no_color = en->args->no_color};

    en->core = core_new(&cp, e);
    if (en->core == NULL)
        return -1;
    en->env = (struct cmd_env){.core = en->core, .model = en->model, .config = en->config, .keymap = en->keymap,
                               .loop = en->loop, .quit = engine_quit, .quit_user = en, .reload = engine_reload,
                               .reload_user = en, .open_uri = engine_open_uri, .open_user = en};
    en->ui = ui_new(&up);
    en->env.spell = spell_new(&(struct spell_params){
        .loop = en->loop, .program = en->places->spell, .news = spell_news, .user = en});
    start_pictures(en);
    en->notify = notify_new(&np);
    model_observe(en->model, on_model, en);
    core_on_alert(en->core, on_alert, en);
    hooks_open(&en->env);
    return 0;
}

static int listen_socket(struct engine *en, struct err *e)
{
    struct server_params sp = {.loop = en->loop, .env = &en->env, .ui = en->ui};
    char *path = start_socket_path(e);

    if (path == NULL)
        return -1;
    en->server = server_new(&sp, path, e);
    free(path);
    return en->server == NULL ? e->code : 0;
}

/* Problems of the files are said once, where the user looks; the rest is in --check-config. */
static void tell_problems(const struct engine *en)
{
    const char *const *lines;
    size_t n = config_problems(en->config, &lines);

    if (en->trouble != NULL)
        model_notice(en->model, NULL, NULL, KITH_ERROR, "%s", en->trouble);
    if (n > 0)
        model_notice(en->model, NULL, NULL, KITH_ERROR, "%s%s", lines[0], n > 1 ? " (and more: kith --check-config)" : "");
}

static int engine_open(struct engine *en, struct err *e)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    const struct account_config *const *accounts;
    const char *const *problems;
    int rc;

    en->loop = loop_new();
    en->model = model_new();
    for (size_t i = 0; i < COUNT(signals); i++)
        loop_signal(en->loop, signals[i], on_signal, en);
    if ((rc = open_files(en, e)) < 0 || (rc = start_parts(en, e)) < 0 || (rc = listen_socket(en, e)) < 0)
        return rc;
    if (en->args->engine_fd >= 0)
        server_adopt(en->server, en->args->engine_fd);
    /* Not over the sentence that says why accounts.cfg is not used. */
    if (config_accounts(en->config, &accounts) == 0 && config_problems(en->config, &problems) == 0) {
        if (en->args->headless)
            return err_set(e, HEADLESS_EMPTY, "there is no account: run kith on a terminal first, or write accounts.cfg");
        ui_first_run(en->ui);
    }
    rc = core_start(en->core, e);
    if (rc >= 0) {
        core_drafts_left(en->core);
        hooks_started(&en->env);
    }
    tell_problems(en);
    return rc;
}

static void engine_close(struct engine *en, int code, const char *sentence)
{
    server_free(en->server, code, sentence);
    ui_free(en->ui);
    spell_free(en->env.spell);
    en->env.spell = NULL;
    previews_free(en->env.previews);
    pictures_free(en->env.pictures);
    en->env.previews = NULL;
    en->env.pictures = NULL;
    hooks_close(&en->env);
    if (en->notify != NULL)
        model_unobserve(en->model, on_model, en);
    notify_free(en->notify);
    core_free(en->core);
    cmd_env_clear(&en->env);
    keymap_free(en->keymap);
    store_close(en->store);
    config_free(en->config);
    model_free(en->model);
    loop_free(en->loop);
    free(en->farewell);
    free(en->trouble);
    map_free(&en->states, NULL);
    if (en->log_fd >= 0) {
        log_open(-1, "", LOG_ERROR);
        if (!en->args->headless)
            close(en->log_fd);
    }
}

int engine_main(const struct args *a, const struct places *p)
{
    struct engine en = {.args = a, .places = p, .log_fd = -1};
    struct err e = {0};
    int code, rc;

    signal(SIGPIPE, SIG_IGN);
    (void)run_soon();
    title_set("kith: engine%s%s", path_root() != NULL ? " --engine " : "", path_root() != NULL ? path_root() : "");
    open_log(&en);
    rc = engine_open(&en, &e);
    if (rc < 0) {
        log_error("%s", e.text);
        code = rc == -EADDRINUSE || rc == STORE_IN_USE ? EXIT_RUNNING : rc == HEADLESS_EMPTY ? EXIT_CONFIG : EXIT_FAILED;
        if (en.server == NULL && a->engine_fd >= 0)
            server_refuse(a->engine_fd, code, e.text);
        engine_close(&en, code, e.text);
        return code;
    }
    if (chdir("/") < 0)
        log_warn("chdir: %s", strerror(errno));
    code = loop_run(en.loop);
    engine_close(&en, code, en.farewell);
    return code;
}
