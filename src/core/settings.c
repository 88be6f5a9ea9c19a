/* core/settings.c - are the settings of an account those of its protocol? */
#include "core/settings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"

enum { KEY_FILE_MAX = 256 << 10 };

struct check {
    const struct account_config *cfg;
    const struct kith_protocol *p;
    settings_fn *fn;
    void *user;
    size_t found;
};

static void found(struct check *c, int line, const char *fmt, ...) PRINTF(3, 4);
static void found(struct check *c, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *what = xvasprintf(fmt, ap);
    va_end(ap);
    line = line > 0 ? line : c->cfg->origin.line;
    char *where = line > 0 ? xasprintf("%s:%d", c->cfg->origin.file, line)
                           : xstrdup(c->cfg->origin.file ? c->cfg->origin.file : "accounts.cfg");
    char *all = xasprintf("%s: account %s: %s", where, c->cfg->name, what);
    c->fn(c->user, all);
    c->found++;
    free(all);
    free(where);
    free(what);
}

static const struct kith_option *option_of(const struct kith_protocol *p, const char *key)
{
    for (size_t i = 0; i < p->n_options; i++)
        if (str_eq(p->options[i].key, key))
            return &p->options[i];
    return NULL;
}

/* The secret that KEY_command prints, or NULL: those commands are the host's, whatever the protocol declares. */
static const struct kith_option *secret_of_command(const struct kith_protocol *p, const char *key)
{
    for (size_t i = 0; i < p->n_options; i++) {
        const struct kith_option *o = &p->options[i];
        size_t n = strlen(o->key);
        if ((o->flags & KITH_OPT_SECRET) && strncmp(o->key, key, n) == 0 &&
            str_eq(key + n, "_command"))
            return o;
    }
    return NULL;
}

static void unknown(struct check *c, const char *key, int line)
{
    const struct kith_protocol *p = c->p;
    const char **names = xcalloc(p->n_options + 1, sizeof *names);
    for (size_t i = 0; i < p->n_options; i++)
        names[i] = p->options[i].key;
    const char *near = nearest_name(key, names, p->n_options);
    found(c, line, "%s has no setting \"%.60s\"%s%s%s", p->label ? p->label : p->id, key,
          near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
    free(names);
}

/* ---- values ---- */

/* "choice:a|b|c": is value among them? */
static bool among(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *p = choices; *p;) {
        size_t n = strcspn(p, "|");
        if (n == len && strncmp(p, value, n) == 0)
            return true;
        p += n + (p[n] == '|');
    }
    return false;
}

/* A file (or directory) there is, and no private key that others can read. */
static void check_file(struct check *c, const char *key, const char *value, int line)
{
    struct stat st;
    struct buf text = {.secret = true};
    char *path = path_expand(value);
    if (stat(path, &st) < 0 || access(path, R_OK) < 0) {
        found(c, line, "%s cannot be read: %s: %s", key, path, strerror(errno));
    } else if (S_ISREG(st.st_mode) && (st.st_mode & 077) && path_read(path, KEY_FILE_MAX, &text, NULL) >= 0 &&
               strstr(buf_str(&text), "PRIVATE KEY-----")) {
        found(c, line, "%s holds a private key and others may read it; run: chmod 600 %s", key,
              path);
    }
    buf_wipe_free(&text);
    free(path);
}

static void check_command(struct check *c, const char *key, const char *value, int line)
{
    struct err e = {0};
    char **words = spawn_words(value, &e);
    char *path = words && words[0] ? spawn_find(words[0]) : NULL;
    if (!words)
        found(c, line, "%s: %s", key, e.text);
    else if (!words[0])
        found(c, line, "%s is empty", key);
    else if (!path || access(path, X_OK) < 0)
        found(c, line, "%s cannot be run: there is no program %s", key, words[0]);
    free(path);
    spawn_words_free(words);
}

static void check_value(struct check *c, const struct kith_option *o, const char *value, int line)
{
    static const char bools[] = "true|false|yes|no|on|off|1|0";
    int64_t n;
    if (o->flags & KITH_OPT_SECRET)
        return; /* never part of a sentence */
    if (str_eq(o->key, "port") && !str_int(value, 1, 65535, &n))
        found(c, line, "port is a number from 1 to 65535, not \"%.60s\"", value);
    else if (str_eq(o->type, "int") && !str_int(value, INT64_MIN, INT64_MAX, &n))
        found(c, line, "%s is a number, not \"%.60s\"", o->key, value);
    else if (str_eq(o->type, "bool") && !among(bools, value))
        found(c, line, "%s is true or false, not \"%.60s\"", o->key, value);
    else if (str_starts(o->type, "choice:") && !among(o->type + 7, value))
        found(c, line, "%s cannot be \"%.60s\"; it is one of %s", o->key, value, o->type + 7);
    else if (str_eq(o->type, "file") && !str_empty(value))
        check_file(c, o->key, value, line);
}

/* Secrets are asked for, so they are never missing. */
static void check_missing(struct check *c)
{
    for (size_t i = 0; i < c->p->n_options; i++) {
        const struct kith_option *o = &c->p->options[i];
        if ((o->flags & KITH_OPT_REQUIRED) && !(o->flags & KITH_OPT_SECRET) && !o->fallback &&
            str_empty(account_config_get(c->cfg, o->key)))
            found(c, 0, "%s is missing: %s", o->key, o->help ? o->help : "the protocol needs it");
    }
}

size_t settings_check(const struct account_config *cfg, const struct kith_protocol *p,
                      settings_fn *fn, void *user)
{
    struct check c = {.cfg = cfg, .p = p, .fn = fn, .user = user};
    for (size_t i = 0; i < cfg->n_options; i++) {
        const char *key = cfg->options[i].key, *value = cfg->options[i].value;
        const struct kith_option *o = option_of(p, key);
        if (secret_of_command(p, key))
            check_command(&c, key, value, cfg->options[i].line);
        else if (o)
            check_value(&c, o, value, cfg->options[i].line);
        else if (key[0] != '_')
            unknown(&c, key, cfg->options[i].line);
    }
    if (!cfg->parent) /* the rest is the parent's */
        check_missing(&c);
    return c.found;
}
