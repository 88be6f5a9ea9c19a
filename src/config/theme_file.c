/* config/theme_file.c - reads a *.theme: names, palette, roles, nicks (UX.md 4.21) */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/theme_private.h"

static const char *const role_names[N_ROLES] = {
#define X(id, name) [ROLE_##id] = name,
    THEME_ROLES(X)
#undef X
};

const char *role_name(enum role r)
{
    return role_names[r];
}

void raw_problem(struct raw_theme *raw, const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    if (raw->n_problems >= 200)
        return;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    VEC_PUSH(raw->problems, raw->n_problems, raw->cap_problems,
             xasprintf("%s:%d: %s", file, line, text));
    free(text);
}

void raw_free(struct raw_theme *raw)
{
    free(raw->name);
    free(raw->author);
    free(raw->appearance);
    free(raw->glyphs);
    free(raw->nick_method);
    free(raw->nick_file);
    for (size_t i = 0; i < N_ROLES; i++) {
        free(raw->roles[i].fg);
        free(raw->roles[i].bg);
        free(raw->roles[i].file);
    }
    for (size_t i = 0; i < raw->n_palette; i++) {
        free(raw->palette[i].name);
        free(raw->palette[i].file);
    }
    for (size_t i = 0; i < raw->n_problems; i++)
        free(raw->problems[i]);
    free(raw->palette);
    free(raw->problems);
}

const struct raw_colour *raw_find(const struct raw_theme *raw, const char *name)
{
    for (size_t i = 0; i < raw->n_palette; i++) {
        if (strcmp(raw->palette[i].name, name) == 0)
            return &raw->palette[i];
    }
    return NULL;
}

/* "#7aa2f7", or three texts: true colour, 256 colours, 16 colours. */
static int read_colour(const config_setting_t *s, struct colour *out, struct err *e)
{
    struct colour part = {0};
    if (!config_setting_is_array(s) && !config_setting_is_list(s)) {
        char *text = setting_text(s);
        int rc = text ? colour_parse(text, out, e)
                      : err_set(e, -1, "a colour is a text or three of them");
        free(text);
        return rc;
    }
    if (config_setting_length(s) != 3)
        return err_set(e, -1, "a colour has three values: true colour, 256 colours, 16 colours");
    for (unsigned i = 0; i < 3; i++) {
        char *text = setting_text(config_setting_get_elem(s, i));
        int rc = text ? colour_parse(text, &part, e) : err_set(e, -1, "a colour is a text");
        free(text);
        if (rc < 0)
            return rc;
        if (i == 0)
            *out = part;
        else if (i == 1)
            out->c256 = part.c256;
        else
            out->c16 = part.c16;
    }
    return 0;
}

static void read_palette(struct raw_theme *raw, const struct source *src,
                         const config_setting_t *group)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        struct raw_colour fresh = {0};
        struct err e = {0};
        if (!config_setting_name(s))
            continue;
        if (read_colour(s, &fresh.value, &e) < 0) {
            raw_problem(raw, src->name, (int)config_setting_source_line(s), "%s", e.text);
            continue;
        }
        struct raw_colour *old = (struct raw_colour *)raw_find(raw, config_setting_name(s));
        if (old) {
            old->value = fresh.value;
            str_set(&old->file, src->name);
            old->line = (int)config_setting_source_line(s);
            continue;
        }
        fresh.name = xstrdup(config_setting_name(s));
        fresh.file = xstrdup(src->name);
        fresh.line = (int)config_setting_source_line(s);
        VEC_PUSH(raw->palette, raw->n_palette, raw->cap_palette, fresh);
    }
}

static int read_attributes(struct raw_theme *raw, const struct source *src,
                           const config_setting_t *s)
{
    static const char *const names[] = {"bold", "dim", "italic", "underline", "reverse", "strike"};
    int bits = 0;
    char *words = setting_words(s), *rest = words;
    for (char *word; rest && (word = strsep(&rest, " "));) {
        size_t i = 0;
        while (i < COUNT(names) && strcmp(names[i], word) != 0)
            i++;
        const char *near = nearest_name(word, names, COUNT(names));
        if (i < COUNT(names))
            bits |= 1 << i;
        else if (near)
            raw_problem(raw, src->name, (int)config_setting_source_line(s),
                        "unknown attribute \"%.40s\" (did you mean \"%s\"?)", word, near);
        else if (*word && strcmp(word, "none") != 0)
            raw_problem(raw, src->name, (int)config_setting_source_line(s),
                        "unknown attribute \"%.40s\"", word);
    }
    if (!words)
        raw_problem(raw, src->name, (int)config_setting_source_line(s),
                    "attributes are written [ \"bold\", \"dim\" ]");
    free(words);
    return bits;
}

static void read_style(struct raw_theme *raw, const struct source *src,
                       const config_setting_t *group, enum role role)
{
    struct raw_role *r = &raw->roles[role];
    str_set(&r->fg, NULL);
    str_set(&r->bg, NULL);
    r->attr = r->mono = -1;
    str_set(&r->file, src->name);
    r->line = (int)config_setting_source_line(group);
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(s);
        if (strcmp(name, "fg") == 0)
            str_take(&r->fg, setting_text(s));
        else if (strcmp(name, "bg") == 0)
            str_take(&r->bg, setting_text(s));
        else if (strcmp(name, "attr") == 0)
            r->attr = read_attributes(raw, src, s);
        else if (strcmp(name, "mono") == 0)
            r->mono = read_attributes(raw, src, s);
        else
            raw_problem(raw, src->name, (int)config_setting_source_line(s),
                        "unknown setting \"%.40s\"; a role has fg, bg, attr and mono", name);
    }
}

static void read_role(struct raw_theme *raw, const struct source *src, const config_setting_t *s,
                      const char *path)
{
    for (enum role r = ROLE_BASE; r < N_ROLES; r++) {
        if (strcmp(role_names[r], path) == 0) {
            if (config_setting_is_group(s))
                read_style(raw, src, s, r);
            else
                raw_problem(raw, src->name, (int)config_setting_source_line(s),
                            "a role is written { fg = \"...\"; }");
            return;
        }
    }
    const char *near = nearest_name(path, role_names, N_ROLES);
    if (near)
        raw_problem(raw, src->name, (int)config_setting_source_line(s),
                    "unknown role \"%.60s\" (did you mean \"%s\"?)", path, near);
    else
        raw_problem(raw, src->name, (int)config_setting_source_line(s), "unknown role \"%.60s\"",
                    path);
}

static void read_roles(struct raw_theme *raw, const struct source *src,
                       const config_setting_t *roles)
{
    for (int i = 0; i < config_setting_length(roles); i++) {
        const config_setting_t *group = config_setting_get_elem(roles, (unsigned)i);
        const char *name = config_setting_name(group);
        if (!name)
            continue;
        if (strcmp(name, "base") == 0 || !config_setting_is_group(group)) {
            read_role(raw, src, group, name);
            continue;
        }
        for (int k = 0; k < config_setting_length(group); k++) {
            const config_setting_t *s = config_setting_get_elem(group, (unsigned)k);
            char *path = xasprintf("%s.%s", name, config_setting_name(s));
            read_role(raw, src, s, path);
            free(path);
        }
    }
}

static void read_nicks(struct raw_theme *raw, const struct source *src,
                       const config_setting_t *group)
{
    const config_setting_t *contrast = config_setting_get_member(group, "contrast");
    const char *method = setting_string(group, "method");
    str_set(&raw->nick_file, src->name);
    raw->nick_line = (int)config_setting_source_line(group);
    (void)config_setting_lookup_int(group, "saturation", &raw->saturation);
    (void)config_setting_lookup_int(group, "lightness", &raw->lightness);
    raw->saturation = MAX(0, MIN(100, raw->saturation));
    raw->lightness = MAX(0, MIN(100, raw->lightness));
    if (contrast) {
        char *text = setting_text(contrast);
        double d = text ? strtod(text, NULL) : 0;
        free(text);
        if (d >= 4.5 && d <= 15)
            raw->contrast = d;
        else
            raw_problem(
                raw, src->name, (int)config_setting_source_line(contrast),
                "contrast is a number from 4.5 to 15: names under 4.5 to 1 are hard to read");
    }
    if (method && strcmp(method, "hash") != 0 && strcmp(method, "ansi") != 0 &&
        strcmp(method, "none") != 0)
        raw_problem(raw, src->name, (int)config_setting_source_line(group),
                    "the method is \"hash\", \"ansi\" or \"none\"");
    else if (method)
        str_set(&raw->nick_method, method);
}

static void read_word(struct raw_theme *raw, const struct source *src, const config_setting_t *s,
                      char **out, const char *choices)
{
    char *text = setting_text(s);
    const char *at = text && choices ? strstr(choices, text) : NULL;
    if (text && (!choices || (at && *text && !strchr(text, '|'))))
        str_take(out, text);
    else {
        raw_problem(raw, src->name, (int)config_setting_source_line(s), "%s is one of %s",
                    config_setting_name(s), choices ? choices : "your words");
        free(text);
    }
}

void raw_read(struct raw_theme *raw, const struct source *src)
{
    const config_setting_t *root = config_root_setting(&src->tree);
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
        const char *name = config_setting_name(s);
        if (strcmp(name, "name") == 0)
            read_word(raw, src, s, &raw->name, NULL);
        else if (strcmp(name, "author") == 0)
            read_word(raw, src, s, &raw->author, NULL);
        else if (strcmp(name, "appearance") == 0)
            read_word(raw, src, s, &raw->appearance, "dark|light");
        else if (strcmp(name, "glyphs") == 0)
            read_word(raw, src, s, &raw->glyphs, "unicode|ascii|nerd");
        else if (strcmp(name, "palette") == 0 && config_setting_is_group(s))
            read_palette(raw, src, s);
        else if (strcmp(name, "roles") == 0 && config_setting_is_group(s))
            read_roles(raw, src, s);
        else if (strcmp(name, "nicks") == 0 && config_setting_is_group(s))
            read_nicks(raw, src, s);
        else if (strcmp(name, "inherit") != 0)
            raw_problem(raw, src->name, (int)config_setting_source_line(s),
                        "unknown setting \"%.40s\"", name);
    }
}
