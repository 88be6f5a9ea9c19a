/* config/theme_private.h - what the files of themes share: a theme as it is read, before its
 * colours are known */
#ifndef CONFIG_THEME_PRIVATE_H
#define CONFIG_THEME_PRIVATE_H

#include "config/internal.h"
#include "config/theme.h"

struct raw_role { /* as written; NULL and false where the file is silent */
    char *fg, *bg;
    int attr, mono; /* STYLE_*, -1: not given */
    char *file;
    int line;
};
struct raw_colour {
    char *name;
    struct colour value;
};
struct raw_theme { /* a file laid over those it inherits from */
    char *name, *author, *appearance, *glyphs, *nick_method;
    int saturation, lightness;
    double contrast;
    struct raw_role roles[N_ROLES];
    struct raw_colour *palette;
    size_t n_palette, cap_palette;
    char **problems;
    size_t n_problems, cap_problems;
};
/* Reads a tree over what raw already holds. */
void raw_read(struct raw_theme *raw, const struct source *src);
void raw_free(struct raw_theme *raw);
void raw_problem(struct raw_theme *raw, const char *file, int line, const char *fmt, ...)
    PRINTF(4, 5);
const struct raw_colour *raw_find(const struct raw_theme *raw, const char *name);

/* The compiled-in text of a theme, or NULL; i-th name, or NULL at the end. */
const char *builtin_theme(const char *name);
const char *builtin_theme_at(size_t i);

#endif
