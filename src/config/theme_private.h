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
    char *file; /* where it was given last */
    int line;
};
struct raw_theme { /* a file laid over those it inherits from */
    char *name, *author, *appearance, *glyphs, *nick_method;
    int saturation, lightness;
    double contrast;
    char *nick_file; /* where "nicks" was given last, or NULL */
    int nick_line;
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

enum { THEME_HUES = 1024 };
enum nick_method { NICKS_HASH, NICKS_ANSI, NICKS_NONE };
struct place { /* where a role, or the colour it names, was written; file NULL: nowhere */
    char *file;
    int line;
};
struct theme {
    char *name, *appearance, *glyphs;
    struct style styles[N_ROLES];
    struct place places[N_ROLES], nick_place;
    enum role fg_from[N_ROLES], bg_from[N_ROLES]; /* whose colour it has; N_ROLES: the terminal's */
    enum nick_method nicks;
    double saturation, lightness, contrast;
    int32_t background;             /* of the terminal, -1: unknown */
    struct colour hues[THEME_HUES]; /* of names, filled as they are met */
    bool hue_known[THEME_HUES];
    char **problems;
    size_t n_problems;
};
/* What is behind a role's text, and the text itself, at a depth: 0xRRGGBB. */
int32_t theme_ground(const struct theme *t, enum role r, enum colour_depth depth);
int32_t theme_ink(const struct theme *t, enum role r, enum colour_depth depth);
struct colour theme_hue_colour(const struct theme *t, int slot);

/* The compiled-in text of a theme, or NULL; i-th name, or NULL at the end. */
const char *builtin_theme(const char *name);
const char *builtin_theme_at(size_t i);

#endif
