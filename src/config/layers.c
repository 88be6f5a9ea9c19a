/* config/layers.c - from a libconfig tree to options, aliases and bindings of one layer */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/internal.h"

static bool is_group_of_options(const struct config *c, const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < c->n_slots; i++) {
        const char *name = c->slots[i].opt->name;
        if (strncmp(name, path, n) == 0 && name[n] == '.')
            return true;
    }
    return false;
}

static void put_option(struct config *c, enum layer layer, const struct source *src, struct slot *s,
                       const config_setting_t *setting)
{
    struct err e = {0};
    int line = (int)config_setting_source_line(setting);
    char *text = s->opt->type == OPTION_LIST ? setting_words(setting) : setting_text(setting);
    if (!text)
        config_problem(c, PROBLEM_CONFIG, src->name, line, "%s needs a single value here",
                       s->opt->name);
    else if (slot_put(s, layer, text, (struct origin){src->name, line}, &e) < 0)
        config_problem(c, PROBLEM_CONFIG, src->name, line, "%s", e.text);
    free(text);
}

static void unknown(struct config *c, const struct source *src, const config_setting_t *setting,
                    const char *path)
{
    const char *near = config_nearest(c, path);
    int line = (int)config_setting_source_line(setting);
    if (near)
        config_problem(c, PROBLEM_CONFIG, src->name, line,
                       "unknown option \"%s\" (did you mean \"%s\"?)", path, near);
    else
        config_problem(c, PROBLEM_CONFIG, src->name, line, "unknown option \"%s\"", path);
}

static void walk(struct config *c, enum layer layer, const struct source *src,
                 const config_setting_t *group, const char *prefix)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(s);
        bool top = !*prefix;
        if (top && (strcmp(name, "aliases") == 0 || strcmp(name, "bindings") == 0 ||
                    strcmp(name, "hooks") == 0))
            continue;
        char *path = xasprintf("%s%s%s", prefix, top ? "" : ".", name);
        struct slot *slot = config_slot(c, path);
        if (slot)
            put_option(c, layer, src, slot, s);
        else if (config_setting_is_group(s) && is_group_of_options(c, path))
            walk(c, layer, src, s, path);
        else
            unknown(c, src, s, path);
        free(path);
    }
}

void config_put_alias(struct config *c, enum layer layer, const char *name, const char *line,
                      struct origin origin)
{
    for (size_t i = 0; i < c->n_aliases; i++) {
        struct alias *a = &c->aliases[i];
        if (strcmp(a->name, name) != 0)
            continue;
        if (layer >= a->layer) {
            str_set(&a->line, line);
            a->layer = layer;
            a->origin = origin;
        }
        return;
    }
    struct alias a = {xstrdup(name), xstrdup(line), layer, origin};
    VEC_PUSH(c->aliases, c->n_aliases, c->cap_aliases, a);
}

void config_drop_aliases(struct config *c, enum layer layer)
{
    for (size_t i = c->n_aliases; i-- > 0;) {
        if (c->aliases[i].layer != layer)
            continue;
        free(c->aliases[i].name);
        free(c->aliases[i].line);
        VEC_DEL(c->aliases, c->n_aliases, i);
    }
}

bool config_name_ok(const char *name)
{
    return *name && strlen(name) <= 64 && !strpbrk(name, " \t/;\"'$\\");
}

static void read_aliases(struct config *c, enum layer layer, const struct source *src)
{
    const config_setting_t *list = config_lookup(&src->tree, "aliases");
    for (int i = 0; list && i < config_setting_length(list); i++) {
        const config_setting_t *row = config_setting_get_elem(list, (unsigned)i);
        int line = (int)config_setting_source_line(row);
        const char *name =
            config_setting_is_aggregate(row) ? config_setting_get_string_elem(row, 0) : NULL;
        const char *what = name ? config_setting_get_string_elem(row, 1) : NULL;
        if (!what || config_setting_is_group(row))
            config_problem(c, PROBLEM_CONFIG, src->name, line,
                           "an alias is written ( \"name\", \"/command\" )");
        else if (!config_name_ok(name))
            config_problem(c, PROBLEM_CONFIG, src->name, line,
                           "\"%.60s\" cannot be the name of an alias", name);
        else
            config_put_alias(c, layer, name, what, (struct origin){src->name, line});
    }
}

static char *limit(const char *text)
{
    return xstrdup(str_empty(text) ? NULL : text);
}

/* What /bind wrote to set.cfg: ( "context", "chord", "command", "help" ), and where it is limited
 * also "account", "protocol", "chat". */
static void read_binds(struct config *c, const struct source *src)
{
    const config_setting_t *list = config_lookup(&src->tree, "bindings");
    for (int i = 0; list && i < config_setting_length(list); i++) {
        const config_setting_t *row = config_setting_get_elem(list, (unsigned)i);
        const char *f[7] = {NULL};
        for (unsigned k = 0; k < 7 && config_setting_is_aggregate(row); k++)
            f[k] = config_setting_get_string_elem(row, (int)k);
        if (!f[0] || !f[1] || !f[2])
            continue;
        struct set_bind b = {xstrdup(f[0]), xstrdup(f[1]),
                             xstrdup(f[2]), xstrdup(f[3] ? f[3] : ""),
                             limit(f[4]),   limit(f[5]),
                             limit(f[6]),   {src->name, (int)config_setting_source_line(row)}};
        VEC_PUSH(c->binds, c->n_binds, c->cap_binds, b);
    }
}

void config_read_tree(struct config *c, enum layer layer, const struct source *src)
{
    const config_setting_t *root = config_root_setting(&src->tree);
    walk(c, layer, src, root, "");
    read_aliases(c, layer, src);
    config_read_hooks(c, layer, src);
    const config_setting_t *binds = config_lookup(&src->tree, "bindings");
    if (layer == LAYER_SET)
        read_binds(c, src);
    else if (binds)
        config_problem(c, PROBLEM_CONFIG, src->name, (int)config_setting_source_line(binds),
                       "bindings belong into keys.cfg");
}

/* ---- aliases as the rest of kith sees them ---- */

static struct alias *find_alias(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_aliases; i++) {
        if (strcmp(c->aliases[i].name, name) == 0)
            return &c->aliases[i];
    }
    return NULL;
}

const char *config_alias(const struct config *c, const char *name)
{
    const struct alias *a = find_alias(c, name);
    return a ? a->line : NULL;
}

int config_set_alias(struct config *c, const char *name, const char *line, struct err *e)
{
    struct alias *a = find_alias(c, name);
    if (a && a->layer == LAYER_USER)
        return err_set(e, -1, "%s:%d defines the alias %s; change it there", a->origin.file,
                       a->origin.line, name);
    if (line) {
        if (!config_name_ok(name))
            return err_set(e, -1, "\"%.60s\" cannot be the name of an alias", name);
        config_put_alias(c, LAYER_SET, name, line,
                         (struct origin){config_file_name(c, "set.cfg"), 0});
    } else if (!a || a->layer != LAYER_SET) {
        return err_set(e, -1, "there is no alias %.60s of yours", name);
    } else {
        free(a->name);
        free(a->line);
        VEC_DEL(c->aliases, c->n_aliases, (size_t)(a - c->aliases));
    }
    return config_write_set(c, e);
}

size_t config_aliases(const struct config *c, const char *const **names)
{
    struct config *w = (struct config *)c; /* the array of names is a cache */
    w->alias_names = xreallocarray(w->alias_names, c->n_aliases + 1, sizeof *w->alias_names);
    for (size_t i = 0; i < c->n_aliases; i++)
        w->alias_names[i] = c->aliases[i].name;
    *names = w->alias_names;
    return c->n_aliases;
}
