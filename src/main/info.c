/* main/info.c - what kith prints about itself without a terminal: --version, --list-keys, --check-config ... */
#include "main/info.h"

#include <fcntl.h>
#include <libconfig.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"
#include "cmd/cmd.h"
#include "cmd/hook.h"
#include "cmd/manual.h"
#include "config/keys.h"
#include "config/theme.h"
#include "core/check.h"
#include "ui/qr.h"
#include "view/proto.h"

#ifdef HAVE_GIF
#define GIF_KIND ", GIF"
#else
#define GIF_KIND ""
#endif
#ifdef HAVE_WEBP
#define WEBP_KIND ", WebP"
#else
#define WEBP_KIND ""
#endif
#ifdef HAVE_OMEMO
#define OMEMO_BUILT true
#else
#define OMEMO_BUILT false
#endif
#define PICTURE_KINDS "PNG, JPEG" GIF_KIND WEBP_KIND /* those that kith-picture was built for */

static int put(const struct buf *b)
{
    size_t len = b->len;

    return fwrite(buf_str(b), 1, len, stdout) == len && fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static bool backend_there(const struct places *p, const char *file)
{
    char *dirs = xstrdup(p->backend_dirs), *rest = dirs, *dir;
    bool found = false;

    while (!found && (dir = strsep(&rest, ":")) != NULL) {
        char *path = path_join(dir, file);

        found = access(path, R_OK) == 0;
        free(path);
    }
    free(dirs);
    return found;
}

static const char *yes_no(bool yes)
{
    return yes ? "yes" : "no";
}

static int print_version(const struct places *p)
{
    struct buf b = {0};
    int code;

    buf_adds(&b, "kith " KITH_VERSION "\n"
                 "Licence: GPL-3.0-or-later. Free software; there is no warranty.\n\n");
    buf_addf(&b, "plugin interface    %u.%u\n", KITH_ABI_MAJOR, KITH_ABI_MINOR);
    buf_addf(&b, "sqlite              %s\n", sqlite3_libversion());
    buf_addf(&b, "libconfig           %d.%d.%d\n", LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR, LIBCONFIG_VER_REVISION);
    buf_addf(&b, "libutf8proc         %s\n\nOptional parts:\n", utf8proc_version());
    buf_addf(&b, "XMPP                %s\n", yes_no(backend_there(p, "xmpp.so")));
    buf_addf(&b, "IRC                 %s\n", yes_no(backend_there(p, "irc.so")));
    buf_addf(&b, "same machine        %s\n", yes_no(backend_there(p, "local.so")));
    buf_addf(&b, "desktop notices     %s\n", yes_no(p->notify != NULL));
    buf_addf(&b, "QR codes            %s\n", yes_no(qr_possible()));
    buf_addf(&b, "spelling (enchant)  %s\n", yes_no(p->spell != NULL));
    buf_addf(&b, "pictures (chafa)    %s\n", p->picture != NULL ? PICTURE_KINDS : "no");
    buf_addf(&b, "true colour         %s\n", yes_no(p->terminfo != NULL));
    buf_addf(&b, "OMEMO (libomemo-c)  %s\n", yes_no(OMEMO_BUILT && backend_there(p, "xmpp.so")));
    code = put(&b);
    buf_free(&b);
    if (code == EXIT_OK && p->account != NULL) { /* what confinement holds is known to the confined process */
        const char *argv[] = {p->account, "--self", NULL};

        execv(p->account, (char *const *)(uintptr_t)argv);
    }
    return code;
}

static int print_problems(const struct config *c)
{
    const char *const *lines;
    size_t n = config_problems(c, &lines);

    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "%s\n", lines[i]);
    return n > 0 ? EXIT_CONFIG : EXIT_OK;
}

/* The theme as it is on dark and on light terminals. */
static int check_themes(const struct config *c)
{
    int code = EXIT_OK;

    for (int light = 0; light < 2; light++) {
        struct err e = {0};
        struct theme *t = theme_load(config_str(c, "ui.theme"), light ? "light" : "dark", &e), *other = NULL;
        const char *const *lines;
        size_t n = t != NULL ? theme_problems(t, &lines) : 0;

        if (light)
            other = theme_load(config_str(c, "ui.theme"), "dark", NULL);
        if (other == NULL || t == NULL || !str_eq(theme_name(t), theme_name(other))) {
            for (size_t i = 0; i < n; i++)
                fprintf(stderr, "%s\n", lines[i]);
            if (t == NULL && !light)
                fprintf(stderr, "%s\n", e.text);
        }
        code = t == NULL || n > 0 ? EXIT_CONFIG : code;
        theme_free(t);
        theme_free(other);
    }
    return code;
}

static void print_problem(void *user, const char *sentence)
{
    fprintf(stderr, "%s\n", sentence);
}

static int check_config(const struct config *c, const struct places *p)
{
    int themes = check_themes(c), files = print_problems(c);

    if (core_check_accounts(c, p->account, p->backend_dirs, print_problem, NULL) > 0)
        files = EXIT_CONFIG;
    if (themes == EXIT_OK && files == EXIT_OK)
        printf("The configuration is good.\n");
    return MAX(themes, files);
}

static int print_config(const struct config *c)
{
    const struct option *o;

    for (size_t i = 0; (o = config_option_at(c, i)) != NULL; i++) {
        struct origin from = config_origin(c, o->name);
        char *value = config_text(c, o->name);

        if (from.line > 0)
            printf("%-28s %-24s %s:%d\n", o->name, value, from.file, from.line);
        else
            printf("%-28s %-24s built in\n", o->name, value);
        free(value);
    }
    return EXIT_OK;
}

/* What stands in a cell of a table: no bar ends it. */
static void put_cell(const char *text)
{
    for (; *text != '\0'; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
}

static void put_key_row(const struct buf *chord, const struct binding *b, bool md)
{
    const char *limits[] = {b->account, b->protocol, b->chat}, *names[] = {"account", "protocol", "chat"};
    struct buf where = {0};

    for (size_t i = 0; i < COUNT(limits); i++)
        if (limits[i] != NULL)
            buf_addf(&where, " (%s %s)", names[i], limits[i]);
    if (b->not_inside != NULL)
        buf_addf(&where, " (not inside of %s)", b->not_inside);
    if (!md) {
        printf("  %-14s %-34s %s%s\n", buf_str(chord), b->help != NULL ? b->help : "", b->command, buf_str(&where));
    } else {
        printf("| `");
        put_cell(buf_str(chord));
        printf("` | ");
        put_cell(b->help != NULL ? b->help : "");
        printf("%s | `", buf_str(&where));
        put_cell(b->command);
        printf("` |\n");
    }
    buf_free(&where);
}

static int list_keys(const struct keymap *k, bool md)
{
    const struct binding *const *all;
    size_t n = keymap_all(k, &all);
    int context = -1;

    printf(md ? "# Keys: the preset %s and what was changed\n\n" : "preset %s\n\n", keymap_preset(k));
    for (size_t i = 0; i < n; i++) {
        struct buf chord = {0};

        chord_name(all[i]->chord, all[i]->n_chord, &chord);
        if ((int)all[i]->context != context)
            printf(md ? "%s## %s\n\n| Key | Does | Command |\n|---|---|---|\n" : "%s%s\n", context < 0 ? "" : "\n",
                   key_context_name(all[i]->context));
        context = (int)all[i]->context;
        put_key_row(&chord, all[i], md);
        buf_free(&chord);
    }
    return EXIT_OK;
}

static int list_commands(bool md)
{
    const struct cmd *all[CMD_MAX];
    size_t n = cmd_table(all);

    if (md)
        printf("| Command | Does |\n|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        struct buf usage = {0};

        if (all[i]->needs & CMD_HIDDEN)
            continue;
        cmd_usage(all[i], &usage);
        printf(md ? "| `%s` | %s |\n" : "%-44s %s\n", buf_str(&usage), all[i]->summary);
        buf_free(&usage);
    }
    return EXIT_OK;
}

static int with_config(const struct args *a, const struct places *p)
{
    struct config *c = config_new();
    struct keymap *k;
    int code = EXIT_OK;

    config_check_hooks(c, hook_check);
    config_load(c);
    if (a->theme != NULL)
        (void)config_override(c, "ui.theme", a->theme, NULL);
    k = keymap_new(c);
    keymap_set_check(k, cmd_check);
    if (a->mode == MODE_CHECK_CONFIG)
        code = check_config(c, p);
    else if (a->mode == MODE_PRINT_CONFIG)
        code = print_config(c);
    else
        code = list_keys(k, a->markdown);
    keymap_free(k);
    config_free(c);
    return code;
}

int info_print(const struct args *a, const struct places *p)
{
    struct buf b = {0};
    int code;

    if (a->mode == MODE_VERSION)
        return print_version(p);
    if (a->mode == MODE_LIST_COMMANDS)
        return list_commands(a->markdown);
    if (a->mode != MODE_HELP && a->mode != MODE_MAN)
        return with_config(a, p);
    if (a->mode == MODE_HELP)
        args_help(&b);
    else if (str_eq(a->page, "kith"))
        args_mdoc(&b);
    else if (str_eq(a->page, "exit"))
        args_exit_mdoc(&b);
    else if (!manual_part(a->page, &b)) {
        fprintf(stderr, "kith: there is no part %s of the manual\n", a->page);
        return EXIT_USAGE;
    }
    code = put(&b);
    buf_free(&b);
    return code;
}
