/* config/hooks.c - hooks, command lines that run when something happens: read, kept, examined */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/internal.h"
#include "kith/plugin.h"

static const char *const events[N_HOOK_EVENTS] = {"message",    "mention", "connect",
                                                  "disconnect", "start",   "quit"};

const char *hook_event_name(enum hook_event event)
{
    return events[event];
}

int hook_event_find(const char *name, struct err *e)
{
    for (int i = 0; i < N_HOOK_EVENTS; i++) {
        if (strcmp(events[i], name) == 0)
            return i;
    }
    return err_set(e, KITH_EINVAL,
                   "\"%.40s\" is no event; there are message, mention, connect, disconnect, start "
                   "and quit",
                   name);
}

static struct hook_row *find(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_hooks; i++) {
        if (strcmp(c->hooks[i].hook.name, name) == 0)
            return &c->hooks[i];
    }
    return NULL;
}

const struct hook *config_hook_at(const struct config *c, size_t i)
{
    return i < c->n_hooks ? &c->hooks[i].hook : NULL;
}

const struct hook *config_hook(const struct config *c, const char *name)
{
    const struct hook_row *row = find(c, name);
    return row ? &row->hook : NULL;
}

/* A later file wins. */
static int put(struct config *c, enum layer layer, const char *name, enum hook_event event,
               const char *line, struct origin origin, struct err *e)
{
    struct hook_row *row = find(c, name);
    if (!config_name_ok(name))
        return err_set(e, KITH_EINVAL, "\"%.60s\" cannot be the name of a hook", name);
    if (!row && c->n_hooks >= CONFIG_HOOKS_MAX)
        return err_set(e, KITH_ETOOBIG, "there are %d hooks already, more are not kept",
                       CONFIG_HOOKS_MAX);
    if (!row) {
        struct hook_row fresh = {.hook = {.name = xstrdup(name)}};
        VEC_PUSH(c->hooks, c->n_hooks, c->cap_hooks, fresh);
        row = &c->hooks[c->n_hooks - 1];
    }
    str_set(&row->hook.line, line);
    row->hook.event = event;
    row->hook.origin = origin;
    row->hook.bad = false;
    row->layer = layer;
    return 0;
}

void config_read_hooks(struct config *c, enum layer layer, const struct source *src)
{
    const config_setting_t *list = config_lookup(&src->tree, "hooks");
    if (list && !config_setting_is_list(list))
        config_problem(c, PROBLEM_CONFIG, src->name, (int)config_setting_source_line(list),
                       "hooks are written ( ( \"name\", \"event\", \"/command\" ) )");
    for (int i = 0; list && config_setting_is_list(list) && i < config_setting_length(list); i++) {
        const config_setting_t *row = config_setting_get_elem(list, (unsigned)i);
        int line = (int)config_setting_source_line(row), event;
        const char *f[3] = {NULL};
        struct err e = {0};
        for (int k = 0; k < 3 && config_setting_is_list(row); k++)
            f[k] = config_setting_get_string_elem(row, k);
        if (!f[0] || !f[1] || !f[2] || config_setting_length(row) != 3)
            config_problem(c, PROBLEM_CONFIG, src->name, line,
                           "a hook is written ( \"name\", \"event\", \"/command\" )");
        else if ((event = hook_event_find(f[1], &e)) < 0 ||
                 put(c, layer, f[0], (enum hook_event)event, f[2], (struct origin){src->name, line},
                     &e) < 0)
            config_problem(c, PROBLEM_CONFIG, src->name, line, "%s", e.text);
    }
}

void config_check_hooks(struct config *c,
                        int (*check)(const struct config *c, const char *line, struct err *e))
{
    c->hook_check = check;
}

void config_examine_hooks(struct config *c)
{
    for (size_t i = 0; c->hook_check && i < c->n_hooks; i++) {
        struct hook *h = &c->hooks[i].hook;
        struct err e = {0};
        h->bad = c->hook_check(c, h->line, &e) < 0;
        if (h->bad)
            config_problem(c, PROBLEM_CONFIG, h->origin.file, h->origin.line, "hook %s: %s",
                           h->name, e.text);
    }
}

static void drop(struct config *c, struct hook_row *row)
{
    free(row->hook.name);
    free(row->hook.line);
    VEC_DEL(c->hooks, c->n_hooks, (size_t)(row - c->hooks));
}

void config_drop_hooks(struct config *c)
{
    while (c->n_hooks)
        drop(c, &c->hooks[c->n_hooks - 1]);
}

int config_set_hook(struct config *c, const char *name, enum hook_event event, const char *line,
                    struct err *e)
{
    struct hook_row *row = find(c, name);
    int rc = 0;
    if (row && row->layer == LAYER_USER)
        return err_set(e, KITH_EINVAL, "%s:%d defines the hook %s; change it there",
                       row->hook.origin.file, row->hook.origin.line, name);
    if (line)
        rc = put(c, LAYER_SET, name, event, line,
                 (struct origin){config_file_name(c, "set.cfg"), 0}, e);
    else if (!row || row->layer != LAYER_SET)
        rc = err_set(e, KITH_ENOTFOUND, "there is no hook %.60s of yours", name);
    else
        drop(c, row);
    return rc < 0 ? rc : config_write_set(c, e);
}

void config_put_hooks(const struct config *c, struct buf *out, bool every)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_hooks; i++) {
        const struct hook_row *row = &c->hooks[i];
        if (!every && row->layer != LAYER_SET)
            continue;
        buf_adds(out, n++ ? ",\n    ( " : "hooks = (\n    ( ");
        put_quoted(out, row->hook.name);
        buf_addf(out, ", \"%s\", ", events[row->hook.event]);
        put_quoted(out, row->hook.line);
        buf_adds(out, " )");
    }
    if (n)
        buf_adds(out, "\n);\n");
}
