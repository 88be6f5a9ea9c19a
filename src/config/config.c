/* config/config.c - the options in force: made from the tables, read from the layers of files,
 * asked by everyone */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/internal.h"
#include "kith/plugin.h"

static const struct option *const tables[] = {options_ui, options_terminal, options_notify,
                                              options_chat, options_program};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct slot *)a)->opt->name, ((const struct slot *)b)->opt->name);
}

struct config *config_new(void)
{
    struct config *c = xcalloc(1, sizeof *c);
    size_t n = 0;
    for (size_t t = 0; t < COUNT(tables); t++) {
        for (const struct option *o = tables[t]; o->name; o++)
            n++;
    }
    c->slots = xcalloc(n, sizeof *c->slots);
    for (size_t t = 0; t < COUNT(tables); t++) {
        for (const struct option *o = tables[t]; o->name; o++)
            c->slots[c->n_slots++].opt = o;
    }
    qsort(c->slots, n, sizeof *c->slots, by_name);
    for (size_t i = 0; i < n; i++) {
        ENSURE(!i || strcmp(c->slots[i - 1].opt->name, c->slots[i].opt->name) != 0);
        ENSURE(slot_put(&c->slots[i], LAYER_BUILTIN, c->slots[i].opt->fallback, (struct origin){0},
                        NULL) >= 0);
    }
    return c;
}

static void drop_aliases(struct config *c)
{
    for (size_t i = 0; i < c->n_aliases; i++) {
        free(c->aliases[i].name);
        free(c->aliases[i].line);
    }
    c->n_aliases = 0;
}

static void drop_binds(struct config *c)
{
    for (size_t i = 0; i < c->n_binds; i++)
        set_bind_clear(&c->binds[i]);
    c->n_binds = 0;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_slots; i++) {
        for (enum layer l = N_LAYERS; l-- > LAYER_BUILTIN;)
            slot_drop(&c->slots[i], l);
    }
    free(c->slots);
    drop_aliases(c);
    config_drop_hooks(c);
    drop_binds(c);
    for (size_t i = 0; i < c->n_accounts; i++)
        account_config_free(c->accounts[i]);
    for (size_t i = 0; i < c->n_changed; i++)
        free(c->changed[i]);
    free(c->changed);
    config_forget_problems(c, PROBLEM_CONFIG);
    config_forget_problems(c, PROBLEM_KEYS);
    for (size_t i = 0; i < c->n_files; i++)
        free(c->files[i]);
    free(c->files);
    free(c->problems);
    free(c->problem_lines);
    free(c->aliases);
    free(c->alias_names);
    free(c->hooks);
    free(c->binds);
    free(c->accounts);
    free(c->observers);
    map_free(&c->state, free);
    free(c);
}

const char *config_file_name(struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_files; i++) {
        if (strcmp(c->files[i], name) == 0)
            return c->files[i];
    }
    VEC_PUSH(c->files, c->n_files, c->cap_files, xstrdup(name));
    return c->files[c->n_files - 1];
}

/* ---- problems ---- */

void config_problem(struct config *c, enum problem_source source, const char *file, int line,
                    const char *fmt, ...)
{
    struct problem p = {.source = source};
    va_list ap;
    if (c->n_problems >= 1000) /* a file of garbage need not fill the memory */
        return;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    p.text = xasprintf("%s:%d: %s", file, line, text);
    free(text);
    VEC_PUSH(c->problems, c->n_problems, c->cap_problems, p);
}

void config_forget_problems(struct config *c, enum problem_source source)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n_problems; i++) {
        if (c->problems[i].source == source)
            free(c->problems[i].text);
        else
            c->problems[kept++] = c->problems[i];
    }
    c->n_problems = kept;
}

size_t config_problems(const struct config *c, const char *const **lines)
{
    struct config *w = (struct config *)c; /* the array of lines is a cache */
    w->problem_lines = xreallocarray(w->problem_lines, c->n_problems + 1, sizeof *w->problem_lines);
    for (size_t i = 0; i < c->n_problems; i++)
        w->problem_lines[i] = c->problems[i].text;
    *lines = w->problem_lines;
    return c->n_problems;
}

const char *nearest_name(const char *name, const char *const *names, size_t n)
{
    const char *best = NULL;
    int least = (int)MAX((size_t)1, MIN((size_t)3, strlen(name) / 3)) + 1;
    for (size_t i = 0; i < n; i++) {
        int d = str_distance(name, names[i], least - 1);
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}

const char *config_nearest(const struct config *c, const char *name)
{
    if (!name)
        return NULL;
    const char **names = xcalloc(c->n_slots, sizeof *names);
    for (size_t i = 0; i < c->n_slots; i++)
        names[i] = c->slots[i].opt->name;
    const char *near = nearest_name(name, names, c->n_slots);
    for (size_t i = 0; !near && i < c->n_slots;
         i++) { /* "width" or "list.width" for ui.list.width */
        const char *full = c->slots[i].opt->name;
        ENSURE(full);
        size_t a = strlen(full), b = strlen(name);
        if (b && a > b && full[a - b - 1] == '.' && strcmp(full + a - b, name) == 0)
            near = full;
    }
    free(names);
    return near;
}

/* ---- asking ---- */

struct slot *config_slot(const struct config *c, const char *name)
{
    size_t lo = 0, hi = c->n_slots;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int d = strcmp(c->slots[mid].opt->name, name);
        if (d == 0)
            return &c->slots[mid];
        if (d < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* Asking for an option that is not declared, or as another type, is a bug. */
static const struct slot *must(const struct config *c, const char *name, unsigned types)
{
    const struct slot *s = config_slot(c, name);
    if (!s || !(types & (1u << s->opt->type))) {
        log_error("option %s is not declared%s", name, s ? " with this type" : "");
        BUG("an option that is not declared like this was read");
    }
    return s;
}

const struct option *config_option(const struct config *c, const char *name)
{
    const struct slot *s = config_slot(c, name);
    return s ? s->opt : NULL;
}

const struct option *config_option_at(const struct config *c, size_t i)
{
    return i < c->n_slots ? c->slots[i].opt : NULL;
}

bool config_bool(const struct config *c, const char *name)
{
    return must(c, name, 1u << OPTION_BOOL)->number != 0;
}

int64_t config_int(const struct config *c, const char *name)
{
    return must(c, name, 1u << OPTION_INT)->number;
}

const char *config_str(const struct config *c, const char *name)
{
    const struct slot *s = must(c, name, 1u << OPTION_STRING | 1u << OPTION_CHOICE);
    return s->text[s->top];
}

const char *const *config_list(const struct config *c, const char *name, size_t *n)
{
    const struct slot *s = must(c, name, 1u << OPTION_LIST);
    *n = s->n_list;
    return (const char *const *)s->list;
}

struct origin config_origin(const struct config *c, const char *name)
{
    const struct slot *s = must(c, name, ~0u);
    return s->origin[s->top];
}

char *config_text(const struct config *c, const char *name)
{
    const struct slot *s = must(c, name, ~0u);
    return xstrdup(s->text[s->top]);
}

/* ---- changing ---- */

void config_observe(struct config *c, config_fn *fn, void *user)
{
    struct observer o = {fn, user};
    VEC_PUSH(c->observers, c->n_observers, c->cap_observers, o);
}

void config_unobserve(struct config *c, config_fn *fn, void *user)
{
    for (size_t i = c->n_observers; i-- > 0;) {
        if (c->observers[i].fn == fn && c->observers[i].user == user)
            VEC_DEL(c->observers, c->n_observers, i);
    }
}

void config_tell(struct config *c, const struct option *changed)
{
    for (size_t i = 0; i < c->n_observers; i++)
        c->observers[i].fn(c->observers[i].user, changed);
}

static struct slot *known(const struct config *c, const char *name, struct err *e)
{
    struct slot *s = config_slot(c, name);
    if (s)
        return s;
    const char *near = config_nearest(c, name);
    if (near)
        (void)err_set(e, KITH_ENOTFOUND, "there is no option %.80s (did you mean %s?)", name, near);
    else
        (void)err_set(e, KITH_ENOTFOUND, "there is no option %.80s; /set lists them", name);
    return NULL;
}

/* 1 and a warning when a layer above set.cfg wins. */
static int warn_of_winner(const struct slot *s, struct err *e)
{
    if (s->top == LAYER_USER)
        return err_set(e, 1, "kept in set.cfg, but %s:%d wins: %s stays \"%s\"",
                       s->origin[s->top].file, s->origin[s->top].line, s->opt->name,
                       s->text[s->top]);
    if (s->top == LAYER_OVERRIDE)
        return err_set(e, 1, "kept in set.cfg, but the command line wins: %s stays \"%s\"",
                       s->opt->name, s->text[s->top]);
    return 0;
}

int config_set(struct config *c, const char *name, const char *value, struct err *e)
{
    struct slot *s = known(c, name, e);
    if (!s)
        return KITH_ENOTFOUND;
    int rc = slot_put(s, LAYER_SET, value, (struct origin){config_file_name(c, "set.cfg"), 0}, e);
    if (rc < 0)
        return rc;
    config_tell(c, s->opt);
    rc = config_write_set(c, e);
    return rc < 0 ? rc : warn_of_winner(s, e);
}

int config_unset(struct config *c, const char *name, struct err *e)
{
    struct slot *s = known(c, name, e);
    if (!s)
        return KITH_ENOTFOUND;
    if (!s->text[LAYER_SET])
        return s->top == LAYER_USER ? err_set(e, KITH_EINVAL, "%s is set in %s:%d; change it there",
                                              name, s->origin[s->top].file, s->origin[s->top].line)
                                    : err_set(e, KITH_EINVAL, "%s was not set", name);
    slot_drop(s, LAYER_SET);
    config_tell(c, s->opt);
    return config_write_set(c, e);
}

int config_override(struct config *c, const char *name, const char *value, struct err *e)
{
    struct slot *s = known(c, name, e);
    if (!s)
        return KITH_ENOTFOUND;
    int rc = slot_put(s, LAYER_OVERRIDE, value,
                      (struct origin){config_file_name(c, "command line"), 0}, e);
    if (rc >= 0)
        config_tell(c, s->opt);
    return rc;
}

/* ---- loading ---- */

/* Reads one file into a layer; what cannot be read is a problem. name: as shown. */
static void load_file(struct config *c, enum layer layer, const char *path, const char *name)
{
    struct source src;
    struct err e = {0};
    int line;
    name = config_file_name(c, name);
    int rc = source_read(&src, path, name, &line, &e);
    if (rc < 0)
        config_problem(c, PROBLEM_CONFIG, name, line, "%s", e.text);
    if (rc != 1)
        return;
    config_read_tree(c, layer, &src);
    source_free(&src);
}

static void load_of(struct config *c, enum layer layer, enum path_dir dir, const char *name)
{
    struct err e = {0};
    char *path = path_of(dir, name, &e);
    if (path)
        load_file(c, layer, path, name);
    else
        config_problem(c, PROBLEM_CONFIG, name, 1, "%s", e.text);
    free(path);
}

void config_each_system(const char *name, void (*fn)(void *user, const char *path), void *user)
{
    const char *dirs = getenv("XDG_CONFIG_DIRS");
    char *copy = xstrdup(str_empty(dirs) ? "/etc/xdg" : dirs), *colon = NULL;
    do {
        colon = strrchr(copy, ':');
        const char *dir = colon ? colon + 1 : copy;
        if (*dir == '/') {
            char *kith = path_join(dir, "kith"), *path = path_join(kith, name);
            fn(user, path);
            free(path);
            free(kith);
        }
        if (colon)
            *colon = '\0';
    } while (colon);
    free(copy);
}

static void load_system(void *user, const char *path)
{
    load_file(user, LAYER_SYSTEM, path, path);
}

int config_load(struct config *c)
{
    for (size_t i = 0; i < c->n_slots; i++) {
        slot_drop(&c->slots[i], LAYER_SYSTEM);
        slot_drop(&c->slots[i], LAYER_SET);
        slot_drop(&c->slots[i], LAYER_USER);
    }
    drop_aliases(c);
    config_drop_hooks(c);
    drop_binds(c);
    struct account_config **before = c->accounts;
    size_t n_before = c->n_accounts;
    c->accounts = NULL;
    c->n_accounts = c->cap_accounts = 0;
    config_forget_problems(c, PROBLEM_CONFIG);
    config_each_system("kith.cfg", load_system, c);
    load_of(c, LAYER_SET, PATH_STATE, "set.cfg");
    load_of(c, LAYER_USER, PATH_CONFIG, "kith.cfg");
    config_examine_hooks(c);
    if (!c->loaded)
        state_load(c);
    config_load_accounts(c);
    config_note_changes(c, before, n_before);
    config_tell(c, NULL);
    return (int)c->n_problems;
}
