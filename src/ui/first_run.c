/* ui/first_run.c - the first run as a view shows it: making the account, trying it, correcting it
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spawn.h"
#include "ui/down.h"
#include "ui/view.h"

static struct account *tried(const struct ui_view *v)
{
    return v->wizard.account ? model_account(v->ui->env->model, v->wizard.account) : NULL;
}

static struct ask *question(const struct ui_view *v)
{
    return v->wizard.ask ? model_ask(v->ui->env->model, v->wizard.ask) : NULL;
}

/* The account that was tried is not wanted so: it goes, with its file entry. */
static void forget(struct ui_view *v)
{
    struct err e = {0};
    if (!v->wizard.account)
        return;
    char *name = v->wizard.account;
    v->wizard.account = NULL;
    wizard_ask_gone(&v->wizard);
    str_set(&v->wizard.doing, NULL);
    if (down_account_drop(v->ui->env, name, &e) < 0)
        view_say(v, KITH_WARN, e.text);
    free(name);
}

/* The password field answers the question of this account that comes next. */
static void keep_secret(struct ui *ui, const char *account, const char *password)
{
    str_set(&ui->secret_account, account);
    str_wipe_free(ui->secret);
    ui->secret = xstrdup(password);
}

/* What is asked for at this login is kept for the next ones. */
static void keep_in_keyring(struct ui_view *v, const char *address, const char *password)
{
    struct cmd_ctx ctx = view_ctx(v);
    struct err e = {0};
    if (wizard_wants_keyring(&v->wizard) && password &&
        cmd_start(&ctx, WIZARD_KEYRING_STORE, address, password, &e) < 0)
        view_say(v, KITH_WARN, e.text);
}

static int make(struct ui_view *v, struct account_config *a, const char *password, struct err *e)
{
    struct ui *ui = v->ui;
    if (config_account(ui->env->config, a->name) && a->address)
        str_set(&a->name, a->address);
    keep_secret(ui, a->name, password);
    keep_in_keyring(v, a->address, password);
    if (config_add_account(ui->env->config, a, e) < 0)
        return -1;
    str_set(&v->wizard.account, a->name);
    if (down_account(ui->env, a->name, e) < 0)
        return -1;
    char *line = view_fill("/status -account=$who ", "who", a->name);
    str_take(&line, xasprintf("%s%s", line, wizard_status(&v->wizard)));
    view_run(v, line);
    free(line);
    str_set(&v->wizard.doing, "connecting");
    return 0;
}

/* Enter again with the same settings: another password, or another try. */
static int again(struct ui_view *v, const char *password, struct err *e)
{
    struct ask *ask = question(v);
    if (ask && v->wizard.asked) {
        struct core_answer_field f = {ask->n_fields ? ask->fields[0].key : "secret", password};
        str_set(&v->wizard.doing, "logging in");
        return down_answer(v->ui->env, ask, ask->n_choices ? ask->choices[0].id : "ok", &f, 1, e);
    }
    struct account *a = tried(v);
    if (!a || a->state != KITH_STATE_OFFLINE)
        return 0;
    keep_secret(v->ui, a->name, password);
    char *line = view_fill("/reconnect $who", "who", a->name);
    view_run(v, line);
    free(line);
    return 0;
}

static void try_account(struct ui_view *v)
{
    struct cmd_env *env = v->ui->env;
    struct wizard *w = &v->wizard;
    struct account_config a;
    struct err e = {0};
    char *password = NULL;
    if (!env->core)
        return; /* a picture of the screen: nothing is started */
    wizard_account(w, &a, &password);
    const struct account_config *before =
        w->account ? config_account(env->config, w->account) : NULL;
    int rc = 0;
    if (before && w->asked && !password) {
        rc = err_set(&e, KITH_EINVAL, "The password is needed");
    } else if (before && wizard_same(&a, before)) {
        rc = again(v, password, &e);
    } else {
        forget(v);
        rc = make(v, &a, password, &e);
    }
    if (rc < 0)
        str_set(&w->problem, e.text);
    str_wipe_free(password);
    wizard_account_free(&a);
}

static void answer(struct ui_view *v)
{
    struct ask *ask = question(v);
    struct err e = {0};
    char *choice = xstrdup(wizard_answer(&v->wizard));
    if (ask && down_answer(v->ui->env, ask, choice, NULL, 0, &e) < 0)
        str_set(&v->wizard.problem, e.text);
    free(choice);
}

/* ---- opening ---- */

/* What the backend declares came: the pages that are open get its fields. */
static void on_fields(void *user, const char *lines)
{
    struct ui *ui = user;
    for (size_t i = 0; i < ui->n_views; i++) {
        wizard_declared(&ui->views[i]->wizard, lines);
        view_mark(ui->views[i], DIRTY_ALL);
    }
}

/* libsecret's program, and a session bus on which a keyring may listen. */
static bool keyring_here(const struct ui *ui)
{
    char *program = ui->env->core ? spawn_find("secret-tool") : NULL;
    bool here = program && !str_empty(getenv("DBUS_SESSION_BUS_ADDRESS"));
    free(program);
    return here;
}

/* Keys, theme and bell of the first page. */
static const struct {
    const char *key, *option, *line;
} looks[] = {{"keys", "keys.preset", "/set keys.preset $value"},
             {"theme", "ui.theme", "/set ui.theme $value"},
             {"bell", "notify.bell", "/set notify.bell $value"}};

void first_run_open(struct ui_view *v)
{
    struct err e = {0};
    wizard_open(&v->wizard, keyring_here(v->ui));
    for (size_t i = 0; i < COUNT(looks); i++) {
        char *now = config_text(v->ui->env->config, looks[i].option);
        wizard_looks_now(&v->wizard, looks[i].key, now);
        free(now);
    }
    if (down_fields(v->ui->env, "xmpp", on_fields, v->ui, &e) < 0)
        view_say(v, KITH_WARN, e.text);
}

/* ---- what happens meanwhile ---- */

bool first_run_ask(struct ui_view *v, const struct ask *ask)
{
    return v->wizard.open && str_eq(v->wizard.account, ask->account->name) &&
           wizard_ask(&v->wizard, ask);
}

static void greet(struct ui_view *v)
{
    struct pane_env env = view_env(v, true);
    struct list_row *found = NULL;
    str_set(&v->wizard.greeting, NULL);
    list_recalc(&v->list, &env);
    for (size_t i = 0; i < v->list.n_rows && !found; i++)
        if (v->list.rows[i].kind == LIST_CONTACT)
            found = &v->list.rows[i];
    if (found)
        str_set(&v->wizard.greeting, contact_title(found->contact));
}

void first_run_event(struct ui_view *v, const struct model_event *ev)
{
    struct wizard *w = &v->wizard;
    if (!w->open || !w->account || !ev->account || !str_eq(ev->account->name, w->account))
        return;
    if (ev->type == MODEL_ASK_GONE && ev->ask->id == w->ask)
        wizard_ask_gone(w);
    if (ev->type == MODEL_ACCOUNT)
        wizard_state(w, ev->account);
    if (w->page == WIZARD_SUMMARY)
        greet(v);
}

/* ---- keys ---- */

static void close_page(struct ui_view *v)
{
    if (v->wizard.page == WIZARD_ACCOUNT)
        forget(v);
    wizard_close(&v->wizard);
    v->focus = v->ui->first_run ? FOCUS_LIST : v->focus;
}

void first_run_leave(struct ui_view *v)
{
    if (v->wizard.page == WIZARD_SUMMARY) {
        ui_wizard_done(v->ui, v, false);
    } else if (!v->ui->first_run) {
        close_page(v);
    } else if (v->last_key.mods & KEYM_CTRL) {
        forget(v);
        view_run(v, "/quit");
    } else if (v->wizard.account) { /* Esc: no longer */
        forget(v);
        str_set(&v->wizard.problem, "Not connected.");
    }
}

/* Where they were looked at and are not as before. */
static void take_look(struct ui_view *v)
{
    for (size_t i = 0; i < COUNT(looks); i++) {
        const char *value = wizard_look(&v->wizard, looks[i].key);
        char *now = config_text(v->ui->env->config, looks[i].option);
        if (value && !str_eq(value, now)) {
            char *line = view_fill(looks[i].line, "value", value);
            view_run(v, line);
            free(line);
        }
        free(now);
    }
}

void first_run_accept(struct ui_view *v)
{
    take_look(v);
    switch (wizard_accept(&v->wizard)) {
    case WIZARD_STAY:
        break;
    case WIZARD_TRY:
        try_account(v);
        break;
    case WIZARD_ANSWER:
        answer(v);
        break;
    case WIZARD_DONE: {
        bool write = v->wizard.greeting != NULL;
        ui_wizard_done(v->ui, v, false);
        if (write)
            view_list_first(v);
        break;
    }
    case WIZARD_SKIP:
        forget(v);
        ui_wizard_done(v->ui, v, true);
        break;
    }
}
