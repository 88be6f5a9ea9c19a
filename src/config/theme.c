/* config/theme.c - a theme with every role complete: found, inherited, resolved; colours of names
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/theme_private.h"
#include "kith/plugin.h"

enum { INHERIT_MAX = 8 };

/* ---- finding ---- */

/* "auto" and "default" by appearance; owned. */
static char *real_name(const char *name, const char *appearance)
{
    if (strcmp(name, "auto") == 0 || strcmp(name, "default") == 0)
        return xasprintf("default-%s", str_eq(appearance, "light") ? "light" : "dark");
    return xstrdup(name);
}

static bool name_ok(const char *name)
{
    return *name && *name != '.' && strlen(name) < 100 && !strchr(name, '/');
}

/* Folders of themes, the user's first: NULL-terminated, owned. */
static char **theme_dirs(void)
{
    char **dirs = NULL;
    size_t n = 0, cap = 0;
    char *own = path_of(PATH_CONFIG, "themes", NULL);
    const char *more = getenv("KITH_THEME_DIRS");
    if (own)
        VEC_PUSH(dirs, n, cap, own);
    while (more && *more) {
        size_t len = strcspn(more, ":");
        if (len)
            VEC_PUSH(dirs, n, cap, xstrndup(more, len));
        more += len + (more[len] == ':');
    }
    VEC_PUSH(dirs, n, cap, NULL);
    return dirs;
}

void theme_set_dirs(const char *colon_separated)
{
    (void)setenv("KITH_THEME_DIRS", colon_separated, 0);
}

static void free_names(char **names)
{
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
}

/* Looks for NAME.theme in the folders, then among those compiled in: 1 read, 0 there is none, or
 * negative and why. */
static int look(const char *name, struct source *src, char **shown, int *line, struct err *why)
{
    int rc = 0;
    char **dirs = theme_dirs();
    char *file = xasprintf("%s.theme", name);
    for (size_t i = 0; rc == 0 && dirs[i]; i++) {
        char *path = path_join(dirs[i], file);
        str_set(shown, path);
        rc = source_read(src, path, *shown, line, why);
        free(path);
    }
    free(file);
    free_names(dirs);
    const char *text = rc == 0 ? builtin_theme(name) : NULL;
    if (text) {
        str_set(shown, name);
        rc = source_parse(src, text, strlen(text), *shown, line, why);
    }
    return rc;
}

/* Reads the theme into src: 1, or negative and "file:line: sentence". A theme for dark and light
 * terminals has two files: NAME-dark and NAME-light. *name: the one that was found. *shown: owned
 * name for problems. */
static int find(char **name, const char *appearance, struct source *src, char **shown,
                struct err *e)
{
    struct err why = {0};
    int line = 1, rc = 0;
    *shown = xstrdup(*name);
    if (strchr(*name, '/')) {
        char *path = path_expand(*name);
        rc = source_read(src, path, *shown, &line, &why);
        free(path);
    } else if (name_ok(*name)) {
        rc = look(*name, src, shown, &line, &why);
        const char *side = str_eq(appearance, "light") ? "light" : "dark";
        char *variant = xasprintf("%s-%s", *name, side);
        if (rc == 0 && (rc = look(variant, src, shown, &line, &why)) == 1)
            str_set(name, variant);
        free(variant);
    }
    if (rc == 1)
        return 1;
    bool dark = str_eq(*name, "dark");
    if (rc == 0 && (dark || str_eq(*name, "light"))) { /* what people call them */
        free(*shown);
        str_set(name, dark ? "default-dark" : "default-light");
        return find(name, appearance, src, shown, e);
    }
    if (rc < 0)
        return err_set(e, KITH_EINVAL, "%s:%d: %s", *shown, line, why.text);
    return err_set(e, KITH_ENOTFOUND, "there is no theme \"%.80s\"; /theme lists them", *name);
}

/* ---- reading with what it inherits ---- */

static int read_over(struct raw_theme *raw, const char *name, const char *appearance, int depth,
                     char **found, struct err *e)
{
    struct source src = {0};
    char *shown = NULL, *real = real_name(name, appearance);
    int rc = depth > INHERIT_MAX
                 ? err_set(e, KITH_EINVAL, "themes inherit from each other in a circle")
                 : find(&real, appearance, &src, &shown, e);
    if (rc == 1) {
        const config_setting_t *root = config_root_setting(&src.tree);
        const char *parent = setting_string(root, "inherit"),
                   *own = setting_string(root, "appearance");
        if (parent)
            rc = read_over(raw, parent, own ? own : appearance, depth + 1, NULL, e);
        if (rc >= 0)
            raw_read(raw, &src);
        source_free(&src);
    }
    if (rc >= 0 && found)
        str_set(found, real);
    free(shown);
    free(real);
    return rc;
}

/* ---- resolving ---- */

static enum role group_base(enum role r)
{
    const char *name = role_name(r), *dot = strchr(name, '.');
    for (enum role b = ROLE_BASE; dot && b < N_ROLES; b++) {
        const char *n = role_name(b);
        if (strncmp(n, name, (size_t)(dot - name) + 1) == 0 &&
            strcmp(n + (dot - name), ".base") == 0)
            return b;
    }
    return ROLE_BASE;
}

static bool colour_of(struct raw_theme *raw, const struct raw_role *r, const char *text,
                      struct colour *out)
{
    struct err e = {0};
    const struct raw_colour *named = text ? raw_find(raw, text) : NULL;
    if (!text)
        return false;
    if (named) {
        *out = named->value;
        return true;
    }
    if (colour_parse(text, out, &e) >= 0)
        return true;
    raw_problem(raw, r->file, r->line, "%s, or a colour of the palette", e.text);
    return false;
}

/* A colour that cannot be read is put right where it stands: in the palette, or at the role. */
static struct place place_of(const struct raw_theme *raw, enum role role)
{
    const struct raw_role *r = &raw->roles[role];
    const struct raw_colour *named = r->fg ? raw_find(raw, r->fg) : NULL;
    if (!named && r->bg && !r->fg)
        named = raw_find(raw, r->bg);
    if (named && named->file)
        return (struct place){xstrdup(named->file), named->line};
    return (struct place){xstrdup(r->file), r->line};
}

static void resolve(struct theme *t, struct raw_theme *raw)
{
    static const struct colour terminal = {COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT};
    for (int pass = 0; pass < 2; pass++) { /* bases first, for the others lean on them */
        for (enum role r = ROLE_BASE; r < N_ROLES; r++) {
            enum role base = group_base(r) == r ? ROLE_BASE : group_base(r);
            bool is_base = r == ROLE_BASE || group_base(r) == r;
            const struct raw_role *raw_r = &raw->roles[r];
            struct style *s = &t->styles[r];
            if (is_base != (pass == 0))
                continue;
            *s = r == ROLE_BASE ? (struct style){.fg = terminal, .bg = terminal} : t->styles[base];
            s->has_fg = colour_of(raw, raw_r, raw_r->fg, &s->fg);
            s->has_bg = colour_of(raw, raw_r, raw_r->bg, &s->bg);
            t->fg_from[r] = s->has_fg ? r : r == ROLE_BASE ? N_ROLES : t->fg_from[base];
            t->bg_from[r] = s->has_bg ? r : r == ROLE_BASE ? N_ROLES : t->bg_from[base];
            if (raw_r->attr >= 0)
                s->attr = (uint8_t)raw_r->attr;
            if (raw_r->mono >= 0)
                s->mono = (uint8_t)raw_r->mono;
            else if (raw_r->attr >= 0)
                s->mono |= (uint8_t)raw_r->attr;
        }
    }
}

static struct theme *theme_from(struct raw_theme *raw, const char *name, const char *appearance)
{
    struct theme *t = xcalloc(1, sizeof *t);
    t->name = xstrdup(name);
    t->appearance = xstrdup(raw->appearance ? raw->appearance : appearance ? appearance : "dark");
    t->glyphs = xstrdup(raw->glyphs ? raw->glyphs : "unicode");
    t->nicks = str_eq(raw->nick_method, "none")   ? NICKS_NONE
               : str_eq(raw->nick_method, "ansi") ? NICKS_ANSI
                                                  : NICKS_HASH;
    t->nick_place = (struct place){xstrdup(raw->nick_file), raw->nick_line};
    for (enum role r = ROLE_BASE; r < N_ROLES; r++)
        t->places[r] = place_of(raw, r);
    t->saturation = raw->saturation;
    t->lightness = raw->lightness;
    t->contrast = raw->contrast;
    t->background = -1;
    resolve(t, raw);
    t->problems = raw->problems;
    t->n_problems = raw->n_problems;
    raw->problems = NULL;
    raw->n_problems = 0;
    return t;
}

/* What cannot be read well is a problem of the file, as a word that is not known. */
static void check_contrast(struct theme *t)
{
    char **lines;
    size_t n = theme_check(t, &lines), cap = t->n_problems;
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(t->problems, t->n_problems, cap, lines[i]);
    free(lines);
}

struct theme *theme_load(const char *name, const char *appearance, struct err *e)
{
    struct raw_theme raw = {.saturation = 60, .lightness = 70, .contrast = 4.5};
    struct theme *t = NULL;
    for (size_t i = 0; i < N_ROLES; i++)
        raw.roles[i].attr = raw.roles[i].mono = -1;
    char *real = NULL;
    if (read_over(&raw, name, appearance, 0, &real, e) >= 0) {
        t = theme_from(&raw, real, appearance);
        check_contrast(t);
    }
    free(real);
    raw_free(&raw);
    return t;
}

struct theme *theme_builtin(const char *appearance)
{
    struct raw_theme raw = {.saturation = 60, .lightness = 70, .contrast = 4.5};
    struct source src;
    int line;
    char *name = real_name("default", appearance);
    const char *text = builtin_theme(name);
    for (size_t i = 0; i < N_ROLES; i++)
        raw.roles[i].attr = raw.roles[i].mono = -1;
    ENSURE(text && source_parse(&src, text, strlen(text), name, &line, NULL) == 1);
    raw_read(&raw, &src);
    source_free(&src);
    struct theme *t = theme_from(&raw, name, appearance);
    free(name);
    raw_free(&raw);
    return t;
}

void theme_free(struct theme *t)
{
    if (!t)
        return;
    free(t->name);
    free(t->appearance);
    free(t->glyphs);
    free(t->nick_place.file);
    for (size_t i = 0; i < N_ROLES; i++)
        free(t->places[i].file);
    for (size_t i = 0; i < t->n_problems; i++)
        free(t->problems[i]);
    free(t->problems);
    free(t);
}

/* ---- asking ---- */

const char *theme_name(const struct theme *t)
{
    return t->name;
}

const char *theme_appearance(const struct theme *t)
{
    return t->appearance;
}

const char *theme_glyphs(const struct theme *t)
{
    return t->glyphs;
}

const struct style *theme_style(const struct theme *t, enum role role)
{
    return &t->styles[role];
}

size_t theme_problems(const struct theme *t, const char *const **lines)
{
    *lines = (const char *const *)t->problems;
    return t->n_problems;
}

int32_t theme_background(const struct theme *t)
{
    return t->background;
}

void theme_set_background(struct theme *t, int32_t rgb)
{
    t->background = rgb;
    memset(t->hue_known, 0, sizeof t->hue_known);
}

/* ---- listing ---- */

static bool listed(char **names, size_t n, const char *name, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
            return true;
    }
    return false;
}

static void add_name(char ***names, size_t *n, size_t *cap, const char *name, size_t len)
{
    if (!listed(*names, *n, name, len))
        VEC_PUSH(*names, *n, *cap, xstrndup(name, len));
}

/* Two files for dark and light terminals are one theme. */
static void join_variants(char **names, size_t *n)
{
    for (size_t i = 0; i < *n; i++) {
        size_t len = strlen(names[i]);
        char *other = len > 5 && str_ends(names[i], "-dark")
                          ? xasprintf("%.*s-light", (int)len - 5, names[i])
                          : NULL;
        for (size_t k = 0; other && k < *n; k++) {
            if (strcmp(names[k], other) != 0)
                continue;
            names[i][len - 5] = '\0';
            free(names[k]);
            VEC_DEL(names, *n, k);
            i = MIN(i, k);
            break;
        }
        free(other);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **theme_list(void)
{
    char **names = NULL, **dirs = theme_dirs();
    size_t n = 0, cap = 0;
    for (size_t i = 0; builtin_theme_at(i); i++)
        add_name(&names, &n, &cap, builtin_theme_at(i), strlen(builtin_theme_at(i)));
    for (size_t i = 0; dirs[i]; i++) {
        DIR *d = opendir(dirs[i]);
        for (struct dirent *de; d && (de = readdir(d));) {
            if (de->d_name[0] != '.' && str_ends(de->d_name, ".theme"))
                add_name(&names, &n, &cap, de->d_name, strlen(de->d_name) - 6);
        }
        if (d)
            closedir(d);
    }
    free_names(dirs);
    join_variants(names, &n);
    if (n)
        qsort(names, n, sizeof *names, by_name);
    VEC_PUSH(names, n, cap, NULL);
    return names;
}
