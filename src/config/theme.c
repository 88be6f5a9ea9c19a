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

enum { HUES = 1024, INHERIT_MAX = 8 };

struct theme {
    char *name, *appearance, *glyphs;
    struct style styles[N_ROLES];
    bool hash_nicks;
    double saturation, lightness, contrast;
    int32_t background;       /* of the terminal, -1: unknown */
    struct colour hues[HUES]; /* of names, filled as they are met */
    bool hue_known[HUES];
    char **problems;
    size_t n_problems;
};

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

/* Reads the theme into src: 1, or negative and "file:line: sentence". *shown: owned name for
 * problems. */
static int find(const char *name, struct source *src, char **shown, struct err *e)
{
    struct err why = {0};
    int line = 1, rc = 0;
    *shown = xstrdup(name);
    if (strchr(name, '/')) {
        char *path = path_expand(name);
        rc = source_read(src, path, *shown, &line, &why);
        free(path);
    } else if (name_ok(name)) {
        char **dirs = theme_dirs();
        char *file = xasprintf("%s.theme", name);
        for (size_t i = 0; rc == 0 && dirs[i]; i++) {
            char *path = path_join(dirs[i], file);
            str_set(shown, path);
            rc = source_read(src, path, *shown, &line, &why);
            free(path);
        }
        free(file);
        free_names(dirs);
        const char *text = rc == 0 ? builtin_theme(name) : NULL;
        if (text) {
            str_set(shown, name);
            rc = source_parse(src, text, strlen(text), *shown, &line, &why);
        }
    }
    if (rc == 1)
        return 1;
    bool dark = str_eq(name, "dark");
    if (rc == 0 && (dark || str_eq(name, "light"))) { /* what people call them */
        free(*shown);
        return find(dark ? "default-dark" : "default-light", src, shown, e);
    }
    if (rc < 0)
        return err_set(e, KITH_EINVAL, "%s:%d: %s", *shown, line, why.text);
    return err_set(e, KITH_ENOTFOUND, "there is no theme \"%.80s\"; /theme lists them", name);
}

/* ---- reading with what it inherits ---- */

static int read_over(struct raw_theme *raw, const char *name, const char *appearance, int depth,
                     struct err *e)
{
    struct source src = {0};
    char *shown = NULL, *real = real_name(name, appearance);
    int rc = depth > INHERIT_MAX
                 ? err_set(e, KITH_EINVAL, "themes inherit from each other in a circle")
                 : find(real, &src, &shown, e);
    if (rc == 1) {
        const config_setting_t *root = config_root_setting(&src.tree);
        const char *parent = setting_string(root, "inherit"),
                   *own = setting_string(root, "appearance");
        if (parent)
            rc = read_over(raw, parent, own ? own : appearance, depth + 1, e);
        if (rc >= 0)
            raw_read(raw, &src);
        source_free(&src);
    }
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
    t->hash_nicks = !str_eq(raw->nick_method, "none");
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

struct theme *theme_load(const char *name, const char *appearance, struct err *e)
{
    struct raw_theme raw = {.saturation = 60, .lightness = 70, .contrast = 4.5};
    struct theme *t = NULL;
    for (size_t i = 0; i < N_ROLES; i++)
        raw.roles[i].attr = raw.roles[i].mono = -1;
    if (read_over(&raw, name, appearance, 0, e) >= 0) {
        char *real = real_name(name, appearance);
        t = theme_from(&raw, real, appearance);
        free(real);
    }
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

void theme_set_background(struct theme *t, int32_t rgb)
{
    t->background = rgb;
    memset(t->hue_known, 0, sizeof t->hue_known);
}

/* What is behind text: the role's own colour, the terminal's answer, or the worst likely one. */
static int32_t background_of(const struct theme *t, enum role r)
{
    const struct style *s = &t->styles[r];
    if (s->bg.rgb != COLOUR_DEFAULT)
        return s->bg.rgb;
    if (t->background >= 0)
        return t->background;
    return strcmp(t->appearance, "light") == 0 ? 0xf2f2f2 : 0x262626;
}

static int32_t foreground_of(const struct theme *t, enum role r)
{
    const struct style *s = &t->styles[r];
    if (s->fg.rgb != COLOUR_DEFAULT)
        return s->fg.rgb;
    return colour_contrast(background_of(t, r), 0xe0e0e0) >
                   colour_contrast(background_of(t, r), 0x101010)
               ? 0xe0e0e0
               : 0x101010;
}

/* The nearest of the colours [from, to) of the 256 that can be read on bg; any when none can. */
static int nearest_readable(int32_t rgb, int32_t bg, double contrast, int from, int to)
{
    int best = from;
    double least = 1e18;
    for (int i = from; i < to; i++) {
        int32_t c = colour_of_256(i);
        double r = (c >> 16 & 255) - (rgb >> 16 & 255), g = (c >> 8 & 255) - (rgb >> 8 & 255),
               b = (c & 255) - (rgb & 255);
        double d =
            2 * r * r + 4 * g * g + 3 * b * b + (colour_contrast(c, bg) < contrast ? 1e9 : 0);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

static struct colour hue_colour(const struct theme *t, double hue)
{
    int32_t bg = background_of(t, ROLE_CHAT), rgb = 0;
    bool lighter = colour_contrast(bg, 0xffffff) > colour_contrast(bg, 0);
    for (double l = t->lightness; l >= 0 && l <= 100; l += lighter ? 1 : -1) {
        rgb = colour_hsluv(hue, t->saturation, l);
        if (colour_contrast(rgb, bg) >= t->contrast)
            break;
    }
    struct colour c = {MAX(rgb, 8), nearest_readable(rgb, bg, t->contrast, 16, 232),
                       nearest_readable(rgb, bg, 3, 1, 7)};
    if (colour_contrast(colour_of_256(c.c16), bg) < 3)
        c.c16 = nearest_readable(rgb, bg, 3, 9, 15);
    return c;
}

struct colour theme_nick(const struct theme *t, const char *name)
{
    struct theme *w = (struct theme *)t; /* the table of hues is a cache */
    if (!t->hash_nicks)
        return t->styles[ROLE_CHAT_NICK].fg;
    int slot = (int)(colour_hue(name) * HUES / 360.0) % HUES;
    if (!t->hue_known[slot]) {
        w->hues[slot] = hue_colour(t, (slot + 0.5) * 360.0 / HUES);
        w->hue_known[slot] = true;
    }
    return t->hues[slot];
}

size_t theme_check(const struct theme *t, char ***lines)
{
    size_t n = 0, cap = 0;
    *lines = NULL;
    for (enum role r = ROLE_BASE; r < N_ROLES; r++) {
        double c = colour_contrast(foreground_of(t, r), background_of(t, r));
        if (c < 3)
            VEC_PUSH(*lines, n, cap,
                     xasprintf("%s: contrast %.1f, should be 3 or more", role_name(r), c));
    }
    return n;
}

/* ---- listing ---- */

static void add_name(char ***names, size_t *n, size_t *cap, const char *name, size_t len)
{
    for (size_t i = 0; i < *n; i++) {
        if (strlen((*names)[i]) == len && strncmp((*names)[i], name, len) == 0)
            return;
    }
    VEC_PUSH(*names, *n, *cap, xstrndup(name, len));
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
    if (n)
        qsort(names, n, sizeof *names, by_name);
    VEC_PUSH(names, n, cap, NULL);
    return names;
}
