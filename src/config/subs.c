/* config/subs.c - accounts behind others: made and kept by kith, named below the account that told of them */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/internal.h"
#include "kith/plugin.h"

enum { NAME_MOST = 40 }; /* bytes of what is behind the slash */

bool sub_name_ok(const char *name)
{
    const char *slash = name ? strchr(name, '/') : NULL;
    if (!slash)
        return false;
    char *parent = xstrndup(name, (size_t)(slash - name));
    bool ok = account_name_ok(parent) && account_name_ok(slash + 1);
    free(parent);
    return ok;
}

const struct account_config *config_sub(const struct config *c, const char *parent, const char *id)
{
    for (size_t i = 0; i < c->n_accounts; i++) {
        const struct account_config *a = c->accounts[i];
        if (a->parent && strcmp(a->parent, parent) == 0 && str_eq(a->sub, id))
            return a;
    }
    return NULL;
}

size_t config_subs(const struct config *c, const char *parent)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_accounts; i++)
        n += str_eq(c->accounts[i]->parent, parent);
    return n;
}

static struct account_config *by_name(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_accounts; i++)
        if (strcmp(c->accounts[i]->name, name) == 0)
            return c->accounts[i];
    return NULL;
}

/* ---- options ---- */

static void put_options(struct account_config *a, const char *const *options, size_t n)
{
    for (size_t i = 0; i < a->n_options; i++) {
        free(a->options[i].key);
        free(a->options[i].value);
    }
    a->options = xreallocarray(a->options, n + 1, sizeof *a->options);
    a->n_options = n;
    for (size_t i = 0; i < n; i++) {
        a->options[i].key = xstrdup(options[2 * i]);
        a->options[i].value = xstrdup(options[2 * i + 1]);
        a->options[i].line = 0;
    }
}

static bool has_options(const struct account_config *a, const char *const *options, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!str_eq(account_config_get(a, options[2 * i]), options[2 * i + 1]))
            return false;
    return true;
}

bool config_has_twin(const struct config *c, const char *parent, const char *const *options,
                     size_t n)
{
    const struct account_config *p = config_account(c, parent);
    for (size_t i = 0; p && n > 0 && i < c->n_accounts; i++) {
        const struct account_config *a = c->accounts[i];
        if (a != p && !a->parent && str_eq(a->protocol, p->protocol) &&
            str_eq(a->address, p->address) &&
            str_eq(account_config_get(a, "host"), account_config_get(p, "host")) &&
            has_options(a, options, n))
            return true;
    }
    return false;
}

/* ---- names ---- */

/* "parent/My_Network": what people call it, as far as it can stand in a command; never one that is taken. Owned. */
static char *new_name(const struct config *c, const char *parent, const char *id, const char *label)
{
    struct buf b = {0};
    for (const char *p = label; *p && b.len < NAME_MOST; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || (b.len > 0 && (*p == '.' || *p == '-'));
        if (plain || (b.len > 0 && b.data[b.len - 1] != '_'))
            buf_addc(&b, plain ? *p : '_');
    }
    while (b.len > 0 && b.data[b.len - 1] == '_')
        b.data[--b.len] = '\0';
    char *name = xasprintf("%s/%s", parent, b.len ? buf_str(&b) : id);
    if (by_name(c, name))
        str_take(&name, b.len ? xasprintf("%s/%s-%s", parent, buf_str(&b), id) : NULL);
    buf_free(&b);
    if (name && (!sub_name_ok(name) || by_name(c, name)))
        str_take(&name, NULL);
    return name;
}

/* ---- making, changing, dropping ---- */

static struct account_config *new_sub(struct config *c, const char *parent, const char *id,
                                      const char *label)
{
    const struct account_config *p = by_name(c, parent);
    char *name = p && !p->parent ? new_name(c, parent, id, label) : NULL;
    char *path = name ? path_of(PATH_STATE, "accounts.cfg", NULL) : NULL;
    if (!path) {
        free(name);
        return NULL;
    }
    struct account_config *a = xcalloc(1, sizeof *a);
    a->name = name;
    a->protocol = xstrdup(p->protocol);
    a->parent = xstrdup(parent);
    a->sub = xstrdup(id);
    a->autoconnect = true;
    a->origin = (struct origin){config_file_name(c, path), 0};
    free(path);
    VEC_PUSH(c->accounts, c->n_accounts, c->cap_accounts, a);
    return a;
}

int config_put_sub(struct config *c, const char *parent, const char *id, const char *label,
                   const char *const *options, size_t n, const struct account_config **out,
                   struct err *e)
{
    const struct account_config *known = config_sub(c, parent, id);
    struct account_config *a = known ? by_name(c, known->name) : new_sub(c, parent, id, label);
    if (!a)
        return err_set(e, KITH_EINVAL, "\"%.60s\" behind %.60s cannot be an account", label, parent);
    bool same = known && a->n_options == n && has_options(a, options, n);
    if (!same)
        put_options(a, options, n);
    str_set(&a->label, label);
    *out = a;
    return same ? 0 : 1;
}

void config_drop_sub(struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_accounts; i++) {
        struct account_config *a = c->accounts[i];
        if (!a->parent || strcmp(a->name, name) != 0)
            continue;
        account_config_free(a);
        VEC_DEL(c->accounts, c->n_accounts, i);
        return;
    }
}

int config_save_subs(struct config *c, struct err *e)
{
    return config_write_own_accounts(c, NULL, NULL, e);
}

/* After the files were read: one without its account, or below another one of its kind, is none. */
void config_settle_subs(struct config *c)
{
    for (size_t i = c->n_accounts; i-- > 0;) {
        struct account_config *a = c->accounts[i];
        const struct account_config *p = a->parent ? by_name(c, a->parent) : NULL;
        if (!a->parent && !a->sub && !a->label)
            continue;
        if (p && !p->parent && !str_empty(a->sub) && str_eq(p->protocol, a->protocol) &&
            sub_name_ok(a->name))
            continue;
        account_config_free(a);
        VEC_DEL(c->accounts, c->n_accounts, i);
    }
}
