/* cmd/setting.c - /set /unset /filter /alias /theme /reload */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"
#include "config/theme.h"

static void show_option(struct cmd_ctx *ctx, const char *name)
{
    const struct option *o = config_option(ctx->env->config, name);
    struct origin from = config_origin(ctx->env->config, name);
    char *text = config_text(ctx->env->config, name);
    if (from.file && from.line)
        cmd_say(ctx, KITH_INFO, "%s = %s (%s:%d). %s", name, *text ? text : "\"\"", from.file,
                from.line, o->help);
    else
        cmd_say(ctx, KITH_INFO, "%s = %s (%s). %s", name, *text ? text : "\"\"",
                from.file ? from.file : "built in", o->help);
    free(text);
}

static void list_options(struct cmd_ctx *ctx, const char *prefix)
{
    struct buf b = {0};
    const struct option *o;
    for (size_t i = 0; (o = config_option_at(ctx->env->config, i)); i++) {
        char *text = config_text(ctx->env->config, o->name);
        struct origin from = config_origin(ctx->env->config, o->name);
        if (!prefix || strstr(o->name, prefix))
            buf_addf(&b, "%c %-24s %s\n", from.file ? '*' : ' ', o->name, text);
        free(text);
    }
    cmd_page(ctx, "Options (* changed)", buf_str(&b));
    buf_free(&b);
}

/* "mouse" for terminal.mouse: the last part of a name, where only one option has it. */
static const char *whole_name(const struct config *c, const char *name)
{
    const struct option *o, *hit = NULL;
    if (!name || config_option(c, name))
        return name;
    for (size_t i = 0; (o = config_option_at(c, i)); i++) {
        const char *dot = strrchr(o->name, '.');
        if (!dot || strcmp(dot + 1, name) != 0)
            continue;
        if (hit)
            return name;
        hit = o;
    }
    return hit ? hit->name : name;
}

static int set_option(struct cmd_ctx *ctx, const char *name, const char *value, struct err *e)
{
    struct err warning = {0};
    int rc = config_set(ctx->env->config, name, value, &warning);
    if (rc < 0)
        return err_set(e, warning.code, "%s", warning.text);
    const struct option *o = config_option(ctx->env->config, name);
    if (rc > 0)
        cmd_say(ctx, KITH_WARN, "%s", warning.text);
    else if (o && (o->dirties & OPTION_RESTART))
        cmd_say(ctx, KITH_INFO, "%s holds from the next start on", name);
    else
        show_option(ctx, name);
    return 0;
}

static int run_set(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const struct config *c = ctx->env->config;
    const char *name = whole_name(c, a->argv[0]);
    if (!name) {
        if (VIEW_CAN(ctx, open_panel) && !ctx->out)
            ctx->view->open_panel(ctx->view_data, "set", NULL);
        else
            list_options(ctx, NULL);
        return 0;
    }
    if (!config_option(c, name) && !a->argv[1]) { /* "ui.chat": those of the group */
        const struct option *o;
        for (size_t i = 0; (o = config_option_at(c, i)); i++) {
            if (str_starts(o->name, name) && o->name[strlen(name)] == '.') {
                list_options(ctx, name);
                return 0;
            }
        }
        return config_unset(ctx->env->config, name, e); /* its sentence: no such option */
    }
    if (!a->argv[1]) {
        show_option(ctx, name);
        return 0;
    }
    return set_option(ctx, name, strcmp(a->argv[1], "\"\"") == 0 ? "" : a->argv[1], e);
}

static int run_filter(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    if (a->argv[0])
        return set_option(ctx, "ui.chat.hide_joins", a->argv[0], e);
    show_option(ctx, "ui.chat.hide_joins");
    return 0;
}

static int run_unset(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *name = whole_name(ctx->env->config, a->argv[0]);
    int rc = config_unset(ctx->env->config, name, e);
    if (rc >= 0)
        show_option(ctx, name);
    return rc;
}

static int run_alias(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *const *names;
    size_t n = config_aliases(ctx->env->config, &names);
    const char *name = a->argv[0];
    if (name && has_flag(a, "remove"))
        return config_set_alias(ctx->env->config, name, NULL, e);
    if (name && a->argv[1]) {
        struct err why = {0};
        if (cmd_find(name))
            return err_set(e, KITH_ECONFLICT, "/%s is a command already", name);
        if (a->argv[1][0] != '/')
            return err_set(e, KITH_EINVAL,
                           "an alias stands for a command, so it begins with a slash");
        if (cmd_check(a->argv[1], &why) < 0)
            cmd_say(ctx, KITH_WARN, "/%s is kept, but: %s", name, why.text);
        return config_set_alias(ctx->env->config, name, a->argv[1], e);
    }
    struct buf b = {0};
    for (size_t i = 0; i < n; i++) {
        if (!name || strcmp(names[i], name) == 0)
            buf_addf(&b, "/%-12s %s\n", names[i], config_alias(ctx->env->config, names[i]));
    }
    cmd_page(ctx, "Aliases", b.len ? buf_str(&b) : "no aliases; /alias NAME /COMMAND makes one\n");
    buf_free(&b);
    return 0;
}

/* ---- themes ---- */

/* On this terminal's own background, where it has told. */
static int check_theme(struct cmd_ctx *ctx, const char *name, struct err *e)
{
    int32_t ground = VIEW_CAN(ctx, ground) ? ctx->view->ground(ctx->view_data) : -1;
    bool light =
        ground >= 0 && colour_contrast(ground, 0x000000) > colour_contrast(ground, 0xffffff);
    struct theme *t = theme_load(name, light ? "light" : "dark", e);
    struct buf b = {0};
    char **lines;
    const char *const *problems;
    if (!t)
        return KITH_ENOTFOUND;
    size_t n = theme_problems(t, &problems);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%s\n", problems[i]);
    if (n == 0 && ground >= 0) {
        theme_set_background(t, ground);
        n = theme_check(t, &lines);
        for (size_t i = 0; i < n; i++) {
            buf_addf(&b, "%s\n", lines[i]);
            free(lines[i]);
        }
        free(lines);
    }
    cmd_page(ctx, theme_name(t), b.len ? buf_str(&b) : "All roles and names can be read.\n");
    buf_free(&b);
    theme_free(t);
    return 0;
}

static void list_themes(struct cmd_ctx *ctx)
{
    char **names = theme_list();
    struct buf b = {0};
    for (size_t i = 0; names[i]; i++) {
        buf_addf(&b, "%c %s\n",
                 strcmp(names[i], config_str(ctx->env->config, "ui.theme")) == 0 ? '*' : ' ',
                 names[i]);
        free(names[i]);
    }
    free(names);
    cmd_page(ctx, "Themes", buf_str(&b));
    buf_free(&b);
}

static int run_theme(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct err warning = {0};
    const char *name = a->argv[0];
    if (!name && VIEW_CAN(ctx, open_panel) && !ctx->out) {
        ctx->view->open_panel(ctx->view_data, "theme", NULL);
        return 0;
    }
    if (!name) {
        list_themes(ctx);
        return 0;
    }
    if (strcmp(name, "check") == 0)
        return check_theme(ctx, a->argv[1] ? a->argv[1] : config_str(ctx->env->config, "ui.theme"),
                           e);
    struct theme *t = theme_load(name, "dark", e);
    if (!t)
        return KITH_ENOTFOUND;
    theme_free(t);
    int rc = config_set(ctx->env->config, "ui.theme", name, &warning);
    if (rc < 0)
        return err_set(e, warning.code, "%s", warning.text);
    if (rc > 0)
        cmd_say(ctx, KITH_WARN, "%s", warning.text);
    if (VIEW_CAN(ctx, reload_theme))
        ctx->view->reload_theme(ctx->view_data);
    return 0;
}

static int run_reload(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *const *lines;
    int rc = ctx->env->reload ? ctx->env->reload(ctx->env->reload_user, e)
                              : err_set(e, KITH_EUNSUP, "nothing can be reloaded here");
    size_t n = config_problems(ctx->env->config, &lines);
    for (size_t i = 0; rc >= 0 && i < n; i++)
        cmd_say(ctx, KITH_WARN, "%s", lines[i]);
    if (rc >= 0 && !n)
        cmd_say(ctx, KITH_INFO, "the configuration was read again");
    return rc;
}

const struct cmd cmds_setting[] = {
    {.name = "set",
     .group = "Settings",
     .summary = "Shows or changes an option; alone: a browser.",
     .args = {{ARG_OPTION, "option", true, NULL}, {ARG_TEXT, "value", true, NULL}},
     .details =
         "What is set here goes to set.cfg. kith.cfg is never written, and what stands in "
         "it wins; kith says so then."
         " \"\" is the empty value. The last part of a name is enough where only one option has "
         "it: /set mouse true.",
     .run = run_set},
    {.name = "unset",
     .group = "Settings",
     .summary = "Takes back what /set did.",
     .args = {{ARG_OPTION, "option", false, NULL}},
     .run = run_unset},
    {.name = "filter",
     .group = "Settings",
     .summary = "Shows or sets which comings and goings in rooms are hidden.",
     .args = {{ARG_CHOICE, "what", true, "smart|all|none"}},
     .details = "smart shows those of people who wrote lately, all hides every one, none hides "
                "none. It is /set ui.chat.hide_joins; /joins lists them all, hidden or not.",
     .run = run_filter},
    {.name = "alias",
     .group = "Settings",
     .summary = "Lists, makes and removes names of your own for commands.",
     .flags = "-remove",
     .args = {{ARG_ALIAS, "name", true, NULL}, {ARG_TEXT, "/command", true, NULL}},
     .details =
         "/alias gm /say good morning, $nick makes /gm. What is typed behind an alias is "
         "added to its line, or put where it says: $1 to $9 are single words, $2- is all from "
         "the second on, $* is everything, as in /alias k /kick $1 $2-. Aliases may use "
         "aliases, eight deep.",
     .run = run_alias},
    {.name = "theme",
     .group = "Settings",
     .summary = "Changes the colours, or checks that they can be read.",
     .args = {{ARG_THEME, "name|check", true, NULL}, {ARG_THEME, "name", true, NULL}},
     .run = run_theme},
    {.name = "reload",
     .group = "Settings",
     .summary = "Reads all configuration files again.",
     .run = run_reload},
    {.name = NULL},
};
