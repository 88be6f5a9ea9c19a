/* config/accounts.c - accounts.cfg of the user and kith's own file beside it */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "config/internal.h"
#include "kith/plugin.h"

void account_config_free(struct account_config *a)
{
    if (!a)
        return;
    free(a->name);
    free(a->protocol);
    free(a->address);
    free(a->parent);
    free(a->sub);
    free(a->label);
    for (size_t i = 0; i < a->n_options; i++) {
        free(a->options[i].key);
        str_wipe_free(a->options[i].value);
    }
    free(a->options);
    free(a);
}

bool account_key_is_secret(const char *key)
{
    static const char *const ends[] = {"password", "passphrase", "secret", "token", "passwd"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        if (str_ends(key, ends[i]))
            return true;
    }
    return false;
}

const char *account_config_get(const struct account_config *a, const char *key)
{
    for (size_t i = 0; i < a->n_options; i++) {
        if (strcmp(a->options[i].key, key) == 0)
            return a->options[i].value;
    }
    return NULL;
}

static void add_option(struct account_config *a, char *key, char *value, int line)
{
    a->options = xreallocarray(a->options, a->n_options + 1, sizeof *a->options);
    a->options[a->n_options].key = key;
    a->options[a->n_options].value = value;
    a->options[a->n_options++].line = line;
}

/* name: letters that can stand in a command, a file name and a window title. */
bool account_name_ok(const char *name)
{
    return name && *name && *name != '-' && *name != '.' && strlen(name) <= 100 &&
           !strpbrk(name, " \t/\"'$;\\|*") && utf8_is_clean(name, strlen(name), UTF8_LINE);
}

/* The member that a key of a file is for; NULL: it is an option. Sub-accounts are only in kith's own file. */
static char **member_of(struct account_config *a, const char *key, bool own)
{
    char **const where[] = {&a->name, &a->protocol, &a->address, &a->parent, &a->sub, &a->label};
    static const char *const keys[] = {"name", "protocol", "address", "parent", "sub", "label"};
    for (size_t i = 0; i < (own ? COUNT(keys) : 3u); i++)
        if (strcmp(key, keys[i]) == 0)
            return where[i];
    return NULL;
}

/* Where kith's own accounts come from, as their origin says it. */
static char *own_path(struct err *e)
{
    return path_of(PATH_STATE, "accounts.cfg", e);
}

static bool is_own(const char *file)
{
    char *path = own_path(NULL);
    bool own = str_eq(path, file);
    free(path);
    return own;
}

static struct account_config *read_account(struct config *c, const struct source *src,
                                           const config_setting_t *g)
{
    struct account_config *a = xcalloc(1, sizeof *a);
    bool own = is_own(src->name);
    a->autoconnect = true;
    a->origin = (struct origin){src->name, (int)config_setting_source_line(g)};
    for (int i = 0; i < config_setting_length(g); i++) {
        const config_setting_t *s = config_setting_get_elem(g, (unsigned)i);
        const char *key = config_setting_name(s);
        int line = (int)config_setting_source_line(s);
        char *text = setting_words(s);
        char **field = member_of(a, key, own);
        if (!text || !utf8_is_clean(text, strlen(text), UTF8_LINE)) {
            config_problem(c, PROBLEM_CONFIG, src->name, line,
                           "\"%s\" needs a value without control characters", key);
            str_wipe_free(text);
        } else if (field) {
            str_take(field, text);
            a->protocol_line = field == &a->protocol ? line : a->protocol_line;
            a->address_line = field == &a->address ? line : a->address_line;
        } else if (strcmp(key, "autoconnect") == 0) {
            if (config_setting_type(s) != CONFIG_TYPE_BOOL)
                config_problem(c, PROBLEM_CONFIG, src->name, line, "autoconnect is true or false");
            a->autoconnect = strcmp(text, "true") == 0;
            free(text);
        } else {
            add_option(a, xstrdup(key), text, line);
        }
    }
    return a;
}

static bool account_ok(struct config *c, const struct source *src, const struct account_config *a)
{
    int line = a->origin.line;
    const struct account_config *twin = a->name ? config_account(c, a->name) : NULL;
    if (str_empty(a->name) || str_empty(a->protocol))
        config_problem(c, PROBLEM_CONFIG, src->name, line,
                       "an account needs a name and a protocol");
    else if (!account_name_ok(a->name) && !(a->parent && sub_name_ok(a->name)))
        config_problem(c, PROBLEM_CONFIG, src->name, line,
                       "\"%.60s\" cannot be the name of an account", a->name);
    else if (!account_name_ok(a->protocol))
        config_problem(c, PROBLEM_CONFIG, src->name, line, "\"%.60s\" cannot be a protocol",
                       a->protocol);
    else if (twin)
        config_problem(c, PROBLEM_CONFIG, src->name, line,
                       "there is already an account \"%s\" in %s:%d", a->name, twin->origin.file,
                       twin->origin.line);
    else
        return true;
    return false;
}

static bool holds_secret(const config_setting_t *list)
{
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *g = config_setting_get_elem(list, (unsigned)i);
        for (int k = 0; config_setting_is_group(g) && k < config_setting_length(g); k++) {
            if (account_key_is_secret(config_setting_name(config_setting_get_elem(g, (unsigned)k))))
                return true;
        }
    }
    return false;
}

void config_read_accounts(struct config *c, const struct source *src)
{
    const config_setting_t *root = config_root_setting(&src->tree);
    const config_setting_t *list = config_setting_get_member(root, "accounts");
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
        if (s != list)
            config_problem(
                c, PROBLEM_CONFIG, src->name, (int)config_setting_source_line(s),
                "unknown setting \"%s\"; this file holds accounts = ( { ... }, { ... } );",
                config_setting_name(s));
    }
    if (!list)
        return;
    if (!config_setting_is_list(list)) {
        config_problem(c, PROBLEM_CONFIG, src->name, (int)config_setting_source_line(list),
                       "accounts are written as accounts = ( { ... }, { ... } );");
        return;
    }
    if ((src->mode & 077) && holds_secret(list)) {
        config_problem(c, PROBLEM_CONFIG, src->name, 1,
                       "the file holds a password and others may read it, so none of it is used; "
                       "run: chmod 600 %s",
                       src->name);
        return;
    }
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *g = config_setting_get_elem(list, (unsigned)i);
        if (!config_setting_is_group(g)) {
            config_problem(c, PROBLEM_CONFIG, src->name, (int)config_setting_source_line(g),
                           "an account is written { name = \"...\"; protocol = \"...\"; ... }");
            continue;
        }
        struct account_config *a = read_account(c, src, g);
        if (account_ok(c, src, a))
            VEC_PUSH(c->accounts, c->n_accounts, c->cap_accounts, a);
        else
            account_config_free(a);
    }
}

static void load_accounts_of(struct config *c, enum path_dir dir, const char *shown)
{
    struct source src;
    struct err e = {0};
    int line = 1;
    char *path = path_of(dir, "accounts.cfg", &e);
    shown = config_file_name(c, shown ? shown : path ? path : "accounts.cfg");
    int rc = path ? source_read(&src, path, shown, &line, &e) : -1;
    if (rc < 0)
        config_problem(c, PROBLEM_CONFIG, shown, line, "%s", e.text);
    if (rc == 1) {
        config_read_accounts(c, &src);
        source_free(&src);
    }
    free(path);
}

/* What libconfig copies while it reads may be passwords. */
void config_load_accounts(struct config *c)
{
    mem_scrub_begin();
    load_accounts_of(c, PATH_CONFIG, "accounts.cfg");
    load_accounts_of(c, PATH_STATE, NULL);
    mem_scrub_end();
    config_settle_subs(c);
}

size_t config_accounts(const struct config *c, const struct account_config *const **out)
{
    *out = (const struct account_config *const *)c->accounts;
    return c->n_accounts;
}

const struct account_config *config_account(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_accounts; i++) {
        if (strcmp(c->accounts[i]->name, name) == 0)
            return c->accounts[i];
    }
    return NULL;
}

static bool same_account(const struct account_config *a, const struct account_config *b)
{
    if (!str_eq(a->protocol, b->protocol) || !str_eq(a->address, b->address) ||
        a->autoconnect != b->autoconnect || a->n_options != b->n_options)
        return false;
    for (size_t i = 0; i < a->n_options; i++) {
        if (!str_eq(account_config_get(b, a->options[i].key), a->options[i].value))
            return false;
    }
    return true;
}

static void note_change(struct config *c, const char *name)
{
    VEC_PUSH(c->changed, c->n_changed, c->cap_changed, xstrdup(name));
}

static bool noted(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_changed; i++)
        if (strcmp(c->changed[i], name) == 0)
            return true;
    return false;
}

/* What changes for an account changes for those below it. */
static void note_subs(struct config *c)
{
    for (size_t i = 0; i < c->n_accounts; i++) {
        const struct account_config *a = c->accounts[i];
        if (a->parent && noted(c, a->parent) && !noted(c, a->name))
            note_change(c, a->name);
    }
}

void config_note_changes(struct config *c, struct account_config **before, size_t n)
{
    for (size_t i = 0; i < c->n_changed; i++)
        free(c->changed[i]);
    c->n_changed = 0;
    for (size_t i = 0; i < n; i++) {
        const struct account_config *now = config_account(c, before[i]->name);
        if (!now || !same_account(before[i], now))
            note_change(c, before[i]->name);
    }
    for (size_t i = 0; i < c->n_accounts; i++) {
        bool known = false;
        for (size_t k = 0; k < n; k++)
            known = known || strcmp(before[k]->name, c->accounts[i]->name) == 0;
        if (!known)
            note_change(c, c->accounts[i]->name);
    }
    note_subs(c);
    for (size_t i = 0; i < n; i++)
        account_config_free(before[i]);
    free(before);
}

size_t config_changed_accounts(const struct config *c, const char *const **names)
{
    *names = (const char *const *)c->changed;
    return c->n_changed;
}

/* ---- kith's own file ---- */

static void put_account(struct buf *out, const struct account_config *a)
{
    const struct {
        const char *key, *value;
    } first[] = {{"name", a->name},     {"protocol", a->protocol}, {"address", a->address},
                 {"parent", a->parent}, {"sub", a->sub},           {"label", a->label}};
    buf_adds(out, out->len && out->data[out->len - 1] == '}' ? ",\n    {" : "    {");
    for (size_t i = 0; i < COUNT(first); i++) {
        if (!first[i].value)
            continue;
        buf_addf(out, " %s = ", first[i].key);
        put_quoted(out, first[i].value);
        buf_addc(out, ';');
    }
    buf_addf(out, " autoconnect = %s;", a->autoconnect ? "true" : "false");
    for (size_t i = 0; i < a->n_options; i++) {
        buf_addf(out, " %s = ", a->options[i].key);
        put_quoted(out, a->options[i].value);
        buf_addc(out, ';');
    }
    buf_adds(out, " }");
}

int config_write_own_accounts(struct config *c, const struct account_config *extra,
                              const char *without, struct err *e)
{
    struct buf out = {0};
    char *path = own_path(e), *dir = path_of(PATH_STATE, NULL, e);
    int rc = path && dir ? path_mkdirs(dir, 0700, e) : -1;
    buf_adds(&out, "# Written by kith. Accounts of your own belong into accounts.cfg of the "
                   "configuration folder.\n"
                   "accounts = (\n");
    for (size_t i = 0; rc >= 0 && i < c->n_accounts; i++) {
        const struct account_config *a = c->accounts[i];
        if (strcmp(a->origin.file, path) == 0 && !(without && strcmp(a->name, without) == 0))
            put_account(&out, a);
    }
    if (extra)
        put_account(&out, extra);
    buf_adds(&out, "\n);\n");
    if (rc >= 0)
        rc = path_write(path, out.data, out.len, e);
    free(path);
    free(dir);
    buf_free(&out);
    return rc;
}

/* libconfig's names: a letter or *, then letters, digits, - _ * */
static bool key_ok(const char *key)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t n = strspn(key, letters);
    return n > 0 &&
           key[n + strspn(key + n,
                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] ==
               '\0';
}

static struct account_config *account_dup(const struct account_config *a)
{
    struct account_config *d = xcalloc(1, sizeof *d);
    d->name = xstrdup(a->name);
    d->protocol = xstrdup(a->protocol);
    d->address = xstrdup(a->address);
    d->autoconnect = a->autoconnect;
    for (size_t i = 0; i < a->n_options; i++)
        add_option(d, xstrdup(a->options[i].key), xstrdup(a->options[i].value), 0);
    return d;
}

int config_add_account(struct config *c, const struct account_config *a, struct err *e)
{
    const struct account_config *twin;
    if (str_empty(a->name) || !account_name_ok(a->name))
        return err_set(e, KITH_EINVAL, "\"%.60s\" cannot be the name of an account",
                       a->name ? a->name : "");
    if (str_empty(a->protocol) || !account_name_ok(a->protocol))
        return err_set(e, KITH_EINVAL, "the account needs a protocol");
    if ((twin = config_account(c, a->name)))
        return err_set(e, KITH_ECONFLICT, "there is already an account \"%s\" (%s:%d)", a->name,
                       twin->origin.file, twin->origin.line);
    for (size_t i = 0; i < a->n_options; i++) {
        if (!key_ok(a->options[i].key))
            return err_set(e, KITH_EINVAL, "\"%.60s\" cannot be the name of a setting",
                           a->options[i].key);
        if (account_key_is_secret(a->options[i].key))
            return err_set(e, KITH_EDENIED, "kith writes no passwords; use %s_command, or be asked",
                           a->options[i].key);
        if (!utf8_is_clean(a->options[i].value, strlen(a->options[i].value), UTF8_LINE))
            return err_set(e, KITH_EINVAL, "%s has control characters", a->options[i].key);
    }
    if (a->address && !utf8_is_clean(a->address, strlen(a->address), UTF8_LINE))
        return err_set(e, KITH_EINVAL, "the address has control characters");
    int rc = config_write_own_accounts(c, a, NULL, e);
    if (rc < 0)
        return rc;
    struct account_config *d = account_dup(a);
    char *path = own_path(e);
    d->origin = (struct origin){config_file_name(c, path ? path : "accounts.cfg"), 0};
    free(path);
    VEC_PUSH(c->accounts, c->n_accounts, c->cap_accounts, d);
    return 0;
}

int config_enable_account(struct config *c, const char *name, bool on, struct err *e)
{
    struct account_config *a = NULL;
    for (size_t i = 0; i < c->n_accounts; i++)
        a = strcmp(c->accounts[i]->name, name) == 0 ? c->accounts[i] : a;
    if (!a)
        return err_set(e, KITH_ENOTFOUND, "there is no account \"%.60s\"", name);
    if (!is_own(a->origin.file))
        return err_set(e, KITH_EDENIED,
                       "%s:%d defines the account; write autoconnect = %s there, then /reload",
                       a->origin.file, a->origin.line, on ? "true" : "false");
    bool was = a->autoconnect;
    a->autoconnect = on;
    int rc = config_write_own_accounts(c, NULL, NULL, e);
    if (rc < 0)
        a->autoconnect = was;
    return rc;
}

static void drop_subs_of(struct config *c, const char *parent)
{
    for (size_t i = c->n_accounts; i-- > 0;)
        if (str_eq(c->accounts[i]->parent, parent))
            config_drop_sub(c, c->accounts[i]->name);
}

int config_remove_account(struct config *c, const char *name, struct err *e)
{
    const struct account_config *a = config_account(c, name);
    if (!a)
        return err_set(e, KITH_ENOTFOUND, "there is no account \"%.60s\"", name);
    if (!is_own(a->origin.file))
        return err_set(e, KITH_EDENIED, "%s:%d defines the account; remove it there, then /reload",
                       a->origin.file, a->origin.line);
    if (a->parent)
        return err_set(e, KITH_EDENIED,
                       "%s is behind %s, and would come again; /account disable %s keeps it off",
                       name, a->parent, name);
    drop_subs_of(c, name);
    int rc = config_write_own_accounts(c, NULL, name, e);
    for (size_t i = 0; rc >= 0 && i < c->n_accounts; i++) {
        if (c->accounts[i] != a)
            continue;
        account_config_free(c->accounts[i]);
        VEC_DEL(c->accounts, c->n_accounts, i);
        break;
    }
    return rc;
}
