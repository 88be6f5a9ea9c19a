/* core/settings.c - are the settings of an account those of its protocol? */
#include "core/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Keys of the host itself: <secret>_command, and what kith adds. */
static bool known(const char *key, const struct kith_protocol *p)
{
    for (size_t i = 0; i < p->n_options; i++) {
        const struct kith_option *o = &p->options[i];
        size_t n = strlen(o->key);
        if (str_eq(o->key, key))
            return true;
        if ((o->flags & KITH_OPT_SECRET) && strncmp(o->key, key, n) == 0 &&
            str_eq(key + n, "_command"))
            return true;
    }
    return key[0] == '_';
}

/* "choice:a|b|c": is value among them? */
static bool fits(const char *type, const char *value)
{
    if (!str_starts(type, "choice:"))
        return true;
    size_t len = strlen(value);
    for (const char *p = type + 7; *p;) {
        size_t n = strcspn(p, "|");
        if (n == len && strncmp(p, value, n) == 0)
            return true;
        p += n + (p[n] == '|');
    }
    return false;
}

static char *wrong_value(const struct account_config *cfg, const struct kith_option *o)
{
    const char *value = account_config_get(cfg, o->key);
    int64_t n;
    if (!value || (o->flags & KITH_OPT_SECRET))
        return NULL;
    if (str_eq(o->type, "int") && !str_int(value, INT64_MIN, INT64_MAX, &n))
        return xasprintf("%s: account %s: %s is a number, not \"%.60s\"", cfg->origin.file,
                         cfg->name, o->key, value);
    if (!fits(o->type, value))
        return xasprintf("%s: account %s: %s cannot be \"%.60s\"; it is one of %s",
                         cfg->origin.file, cfg->name, o->key, value, o->type + 7);
    return NULL;
}

char *settings_problem(const struct account_config *cfg, const struct kith_protocol *p)
{
    const char **names = xcalloc(p->n_options + 1, sizeof *names);
    char *problem = NULL;
    for (size_t i = 0; i < p->n_options; i++)
        names[i] = p->options[i].key;
    for (size_t i = 0; i < cfg->n_options && !problem; i++) {
        const char *key = cfg->options[i].key;
        const char *near = known(key, p) ? NULL : nearest_name(key, names, p->n_options);
        if (near)
            problem = xasprintf("%s: account %s: %s has no setting \"%.60s\" (did you mean \"%s\"?)",
                                cfg->origin.file, cfg->name, p->label ? p->label : p->id, key, near);
    }
    for (size_t i = 0; i < p->n_options && !problem; i++)
        problem = wrong_value(cfg, &p->options[i]);
    free(names);
    return problem;
}
