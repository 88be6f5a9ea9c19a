/* ui/view_panel.c - panels that commands open by their names: lists, help, settings, questions */
#include <stdlib.h>

#include "base/mem.h"
#include "ui/view.h"

/* All options with their values, as /set takes them. */
static void show_options(struct ui_view *v, const char *filter)
{
    const struct config *cfg = v->ui->env->config;
    const struct option *o;
    struct buf b = {0};
    for (size_t i = 0; (o = config_option_at(cfg, i)); i++) {
        if (filter && !pane_contains(o->name, filter))
            continue;
        char *value = config_text(cfg, o->name);
        struct origin from = config_origin(cfg, o->name);
        buf_addf(&b, "%s = %s%s%s%s\n    %s\n", o->name, value, from.line ? "   (" : "",
                 from.line ? from.file : "", from.line ? ")" : "", o->help);
        free(value);
    }
    page_open(&v->page, "Options: /set name value", buf_str(&b));
    buf_free(&b);
}

void view_panel(struct ui_view *v, const char *panel, const char *arg)
{
    struct pane_env env = view_env(v, true);
    const struct model *m = env.model;
    view_mark(v, DIRTY_ALL);
    if (str_eq(panel, "switcher")) {
        switcher_open(&v->switcher);
        str_set(&v->switcher.then, arg);
    } else if (str_eq(panel, "help") || str_eq(panel, "keys")) {
        enum key_context ctx[N_KEY_CONTEXTS];
        size_t n = view_contexts(v, ctx);
        help_open(&v->help, ctx, n, arg);
        v->help.mux = v->mux;
    } else if (str_eq(panel, "accounts") && str_eq(arg, "add")) {
        first_run_open(v);
    } else if (str_eq(panel, "doctor")) {
        view_term_doctor(v);
    } else if (str_eq(panel, "search")) {
        view_finder_panel(v, arg);
    } else if (str_eq(panel, "inbox")) {
        inbox_open(&v->inbox);
    } else if (str_eq(panel, "encrypt")) {
        encrypt_open(&v->encrypt);
    } else if (str_eq(panel, "set")) {
        show_options(v, arg);
    } else if (str_eq(panel, "theme")) {
        themes_open(&v->themes, config_str(env.cmd->config, "ui.theme"));
    } else if (str_eq(panel, "list") || str_eq(panel, "accounts")) {
        v->focus = FOCUS_LIST;
    } else if (str_eq(panel, "members")) {
        v->focus = FOCUS_MEMBERS;
        v->members_off = false;
        v->members_on = true;
        members_action(&v->members, &env, PANE_FIRST);
    } else if (str_eq(panel, "select")) {
        view_select_enter(v);
    } else if (str_eq(panel, "react")) {
        view_react(v);
    } else if (str_eq(panel, "qr")) {
        dialog_open_qr(&v->dialog, "QR code", arg);
    } else if (str_eq(panel, "ask") && m->n_asks > 0) {
        view_open_ask(v, m->asks[0]);
    } else if (str_eq(panel, "ask")) {
        view_say(v, KITH_INFO, "No question is waiting");
    } else {
        char *words = xasprintf("There is no panel called %s", panel);
        view_say(v, KITH_WARN, words);
        free(words);
    }
}
