/* cmd/table.c - all commands in one sorted table; finding them, also by a beginning or a slip of
 * the finger */
#include "cmd/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cmd/internal.h"

static const struct cmd *const families[] = {
    cmds_account, cmds_contact, cmds_chat,    cmds_room,    cmds_message,
    cmds_copy, cmds_export,   cmds_related, cmds_file,    cmds_history, cmds_window,
    cmds_setting, cmds_keys,    cmds_program, cmds_notify,  cmds_plugin,
    cmds_encrypt, cmds_exec,    cmds_inbox,   cmds_why,     cmds_hook,    cmds_list,    cmds_members,    cmds_bans,
    cmds_picture, cmds_looks,   cmds_strangers, cmds_search_people, cmds_who, cmds_avatar};

const struct cmd *cmd_next(struct cmd_iter *it)
{
    while (it->family < COUNT(families)) {
        const struct cmd *c = &families[it->family][it->row];
        if (c->name) {
            it->row++;
            return c;
        }
        it->family++;
        it->row = 0;
    }
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct cmd *const *)a)->name, (*(const struct cmd *const *)b)->name);
}

size_t cmd_table(const struct cmd *out[CMD_MAX])
{
    struct cmd_iter it = {0};
    size_t n = 0;
    for (const struct cmd *c; (c = cmd_next(&it));) {
        ENSURE(n < CMD_MAX);
        out[n++] = c;
    }
    qsort(out, n, sizeof out[0], by_name);
    return n;
}

static bool is_alias(const struct cmd *c, const char *name, size_t len)
{
    for (const char *p = c->aliases; p && *p;) {
        size_t n = strcspn(p, " ");
        if (n == len && strncmp(p, name, n) == 0)
            return true;
        p += n;
        p += strspn(p, " ");
    }
    return false;
}

const struct cmd *cmd_find(const char *name)
{
    struct cmd_iter it = {0};
    for (const struct cmd *c; (c = cmd_next(&it));) {
        if (strcmp(c->name, name) == 0 || is_alias(c, name, strlen(name)))
            return c;
    }
    return NULL;
}

/* Names and aliases, visible ones only: for suggestions. Owned strings and array. */
static char **all_names(const struct cmd_env *env, bool hidden, size_t *n)
{
    char **names = NULL;
    size_t cap = 0;
    struct cmd_iter it = {0};
    *n = 0;
    for (const struct cmd *c; (c = cmd_next(&it));) {
        if ((c->needs & CMD_HIDDEN) && !hidden)
            continue;
        VEC_PUSH(names, *n, cap, xstrdup(c->name));
        for (const char *p = c->aliases; p && *p;) {
            size_t len = strcspn(p, " ");
            VEC_PUSH(names, *n, cap, xstrndup(p, len));
            p += len;
            p += strspn(p, " ");
        }
    }
    const char *const *aliases = NULL;
    size_t n_aliases = env && env->config ? config_aliases(env->config, &aliases) : 0;
    for (size_t i = 0; i < n_aliases; i++)
        VEC_PUSH(names, *n, cap, xstrdup(aliases[i]));
    return names;
}

static void free_names(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

int cmd_unknown(const struct cmd_env *env, const char *name, struct err *e)
{
    size_t n;
    char **names = all_names(env, true, &n);
    const char *near = nearest_name(name, (const char *const *)names, n);
    int rc = near ? err_set(e, KITH_ENOTFOUND, "there is no command /%.40s (did you mean /%s?)",
                            name, near)
                  : err_set(e, KITH_ENOTFOUND,
                            "there is no command /%.40s; /help lists them, // sends a slash", name);
    free_names(names, n);
    return rc;
}

const struct cmd *cmd_resolve(const struct cmd_env *env, const char *name, struct err *e)
{
    const struct cmd *found = cmd_find(name);
    struct cmd_iter it = {0};
    struct buf all = {0};
    size_t n = 0, len = strlen(name);
    if (found)
        return found;
    for (const struct cmd *c; (c = cmd_next(&it));) {
        bool fits = strncmp(c->name, name, len) == 0;
        for (const char *p = c->aliases; p && *p && !fits;) {
            fits = strncmp(p, name, len) == 0;
            p += strcspn(p, " ");
            p += strspn(p, " ");
        }
        if (!fits || (c->needs & CMD_HIDDEN))
            continue;
        found = c;
        buf_addf(&all, "%s/%s", n ? ", " : "", c->name);
        n++;
    }
    if (n > 1)
        (void)err_set(e, KITH_EINVAL, "/%.40s could be %s", name, buf_str(&all));
    if (n == 0)
        (void)cmd_unknown(env, name, e);
    buf_free(&all);
    return n == 1 ? found : NULL;
}

static const char *arg_word(const struct cmd_arg *a)
{
    return a->type == ARG_CHOICE && a->choices ? a->choices : a->name;
}

void cmd_usage(const struct cmd *c, struct buf *out)
{
    buf_addf(out, "/%s", c->name);
    for (const char *p = c->flags; p && *p;) {
        size_t n = strcspn(p, " ");
        buf_addf(out, " [%.*s]", (int)n, p);
        p += n;
        p += strspn(p, " ");
    }
    for (size_t i = 0; i < CMD_MAX_ARGS && c->args[i].name; i++)
        buf_addf(out, c->args[i].optional ? " [%s]" : " %s", arg_word(&c->args[i]));
}
