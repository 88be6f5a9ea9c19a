/* config/theme_check.c - colours of names, and whether all that a theme says can be read */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/theme_private.h"

#define ROLE_LEAST 3.0
#define NICK_LEAST 4.5
#define ROW_LEAST 2.5 /* for as long as a row is under the cursor */

static int32_t colour_at(const struct colour *c, enum colour_depth depth)
{
    int32_t n = depth == DEPTH_TRUE ? c->rgb : depth == DEPTH_256 ? c->c256 : c->c16;
    if (n == COLOUR_DEFAULT)
        return n;
    return depth == DEPTH_TRUE && n >= 8 ? n : colour_of_256(n);
}

/* A style's own colour, the terminal's answer, or the worst likely one. */
static int32_t ground_of(const struct theme *t, const struct style *st, enum colour_depth depth)
{
    int32_t own = colour_at(&st->bg, depth);
    if (own != COLOUR_DEFAULT)
        return own;
    if (t->background >= 0)
        return t->background;
    return strcmp(t->appearance, "light") == 0 ? 0xf2f2f2 : 0x262626;
}

static int32_t ink_of(const struct theme *t, const struct style *st, enum colour_depth depth)
{
    int32_t own = colour_at(&st->fg, depth), ground = ground_of(t, st, depth);
    if (own != COLOUR_DEFAULT)
        return own;
    return colour_contrast(ground, 0xe0e0e0) > colour_contrast(ground, 0x101010) ? 0xe0e0e0
                                                                                 : 0x101010;
}

int32_t theme_ground(const struct theme *t, enum role r, enum colour_depth depth)
{
    return ground_of(t, &t->styles[r], depth);
}

int32_t theme_ink(const struct theme *t, enum role r, enum colour_depth depth)
{
    return ink_of(t, &t->styles[r], depth);
}

/* ---- names ---- */

/* The nearest of the colours [from, to) of the 256 that can be read on ground; where none can, the
 * one that is read best. */
static int nearest_readable(int32_t rgb, int32_t ground, double contrast, int from, int to)
{
    int best = from;
    double least = 1e18;
    for (int i = from; i < to; i++) {
        int32_t c = colour_of_256(i);
        double r = (c >> 16 & 255) - (rgb >> 16 & 255), g = (c >> 8 & 255) - (rgb >> 8 & 255),
               b = (c & 255) - (rgb & 255), there = colour_contrast(c, ground);
        double d = 2 * r * r + 4 * g * g + 3 * b * b;
        if (there < contrast)
            d = 1e9 - there;
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

/* One of the terminal's own sixteen. Those with a hue are 1 to 6, and 9 to 14 the bright ones. */
static int own_colour(int32_t rgb, int32_t ground, double contrast)
{
    int plain = nearest_readable(rgb, ground, contrast, 1, 7),
        bright = nearest_readable(rgb, ground, contrast, 9, 15);
    return colour_contrast(colour_of_256(plain), ground) >= contrast ||
                   colour_contrast(colour_of_256(bright), ground) < contrast
               ? plain
               : bright;
}

struct colour theme_hue_colour(const struct theme *t, int slot)
{
    double hue = (slot + 0.5) * 360.0 / THEME_HUES;
    int32_t ground = theme_ground(t, ROLE_CHAT, DEPTH_TRUE), rgb = 0;
    bool lighter = colour_contrast(ground, 0xffffff) > colour_contrast(ground, 0);
    for (double l = t->lightness; l >= 0 && l <= 100; l += lighter ? 1 : -1) {
        rgb = colour_hsluv(hue, t->saturation, l);
        if (colour_contrast(rgb, ground) >= t->contrast)
            break;
    }
    int own = own_colour(rgb, theme_ground(t, ROLE_CHAT, DEPTH_16), t->contrast);
    if (t->nicks == NICKS_ANSI) /* with true colour only the first eight are the terminal's own */
        return (struct colour){nearest_readable(rgb, ground, t->contrast, 1, 7), own, own};
    return (struct colour){
        MAX(rgb, 8),
        nearest_readable(rgb, theme_ground(t, ROLE_CHAT, DEPTH_256), t->contrast, 16, 232), own};
}

struct colour theme_nick(const struct theme *t, const char *name)
{
    struct theme *w = (struct theme *)t; /* the table of hues is a cache */
    if (t->nicks == NICKS_NONE)
        return t->styles[ROLE_CHAT_NICK].fg;
    int slot = (int)(colour_hue(name) * THEME_HUES / 360.0) % THEME_HUES;
    if (!t->hue_known[slot]) {
        w->hues[slot] = theme_hue_colour(t, slot);
        w->hue_known[slot] = true;
    }
    return t->hues[slot];
}

/* ---- colours that others chose ---- */

/* The first of the colours from rgb to white or black that can be read. */
static int32_t readable(int32_t rgb, int32_t ground)
{
    enum { STEPS = 32 };
    int32_t end = colour_contrast(ground, 0xffffff) > colour_contrast(ground, 0) ? 255 : 0;
    for (int32_t i = 0; i < STEPS; i++) {
        int32_t c = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int32_t v = rgb >> shift & 255;
            c |= (v + (end - v) * i / STEPS) << shift;
        }
        if (colour_contrast(c, ground) >= NICK_LEAST)
            return c;
    }
    return end ? 0xffffff : 0;
}

void theme_paint(const struct theme *t, struct style *st, int32_t fg, int32_t bg)
{
    struct style on = *st;
    if (fg < 0 && bg < 0)
        return;
    if (bg >= 0) {
        on.bg = (struct colour){MAX(bg, 8), colour_nearest_256(bg), colour_nearest_16(bg)};
        on.has_bg = true;
    }
    int32_t ink = fg >= 0 ? fg : ink_of(t, st, DEPTH_TRUE), at_true = ground_of(t, &on, DEPTH_TRUE);
    on.fg = (struct colour){
        MAX(readable(ink, at_true), 8),
        nearest_readable(ink, ground_of(t, &on, DEPTH_256), NICK_LEAST, 16, 256),
        nearest_readable(ink, ground_of(t, &on, DEPTH_16), NICK_LEAST, 0, 16)};
    on.has_fg = true;
    *st = on;
}

/* ---- checking ---- */

static const struct depth {
    enum colour_depth depth;
    const char *words;
    double role,
        nick; /* the least contrast; the sixteen are the terminal's own, nobody knows them */
} depths[] = {{DEPTH_TRUE, "", ROLE_LEAST, NICK_LEAST},
              {DEPTH_256, " with 256 colours", ROLE_LEAST, NICK_LEAST},
              {DEPTH_16, " with 16 colours", 1.5, ROLE_LEAST}};

static char *complaint(const struct place *at, const char *what, double is, double should,
                       const char *words)
{
    char where[256] = "";
    if (at->file)
        snprintf(where, sizeof where, "%.200s:%d: ", at->file, at->line);
    return xasprintf("%s%s: contrast %.1f to 1%s, should be %.1f or more", where, what, is, words,
                     should);
}

/* Reverse video changes the two colours, which leaves the contrast as it is. */
static double role_contrast(const struct theme *t, enum role r, enum colour_depth depth)
{
    return colour_contrast(theme_ink(t, r, depth), theme_ground(t, r, depth));
}

/* The least contrast of names at each depth. Hues that lie close are alike: some of them tell. */
static void worst_nicks(const struct theme *t, double worst[COUNT(depths)])
{
    for (size_t i = 0; i < COUNT(depths); i++)
        worst[i] = 21;
    for (int slot = 0; slot < THEME_HUES; slot += THEME_HUES / 32) {
        struct colour c = theme_hue_colour(t, slot);
        for (size_t i = 0; i < COUNT(depths); i++)
            worst[i] = fmin(worst[i], colour_contrast(colour_at(&c, depths[i].depth),
                                                      theme_ground(t, ROLE_CHAT, depths[i].depth)));
    }
}

/* Grounds that are laid under rows of their group: a selected row keeps the colours of its parts.
 */
static void check_rows(const struct theme *t, char ***lines, size_t *n, size_t *cap)
{
    static const struct {
        enum role ground, from, to;
    } rows[] = {{ROLE_LIST_SELECTED, ROLE_LIST_ACCOUNT, ROLE_LIST_PROBLEM},
                {ROLE_CHAT_SELECTED, ROLE_CHAT, ROLE_CHAT_UNREAD_LINE},
                {ROLE_CHAT_MENTION, ROLE_CHAT_QUOTE, ROLE_CHAT_LINK},
                {ROLE_POPUP_SELECTED, ROLE_POPUP_BORDER, ROLE_POPUP_DANGER}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        double worst = 21;
        enum role at = rows[i].from;
        for (enum role r = rows[i].from; r <= rows[i].to; r++) {
            double c = t->styles[r].has_bg
                           ? 21
                           : colour_contrast(theme_ink(t, r, DEPTH_TRUE),
                                             theme_ground(t, rows[i].ground, DEPTH_TRUE));
            at = c < worst ? r : at;
            worst = fmin(worst, c);
        }
        if (worst >= ROW_LEAST)
            continue;
        char *what = xasprintf("%s on %s", role_name(at), role_name(rows[i].ground));
        VEC_PUSH(*lines, *n, *cap,
                 complaint(&t->places[rows[i].ground], what, worst, ROW_LEAST, ""));
        free(what);
    }
}

size_t theme_check(const struct theme *t, char ***lines)
{
    size_t n = 0, cap = 0;
    *lines = NULL;
    for (enum role r = ROLE_BASE; r < N_ROLES; r++) {
        for (size_t i = 0; i < COUNT(depths); i++) {
            double c = role_contrast(t, r, depths[i].depth);
            if (c >= depths[i].role)
                continue;
            VEC_PUSH(*lines, n, cap,
                     complaint(&t->places[r], role_name(r), c, depths[i].role, depths[i].words));
            break; /* one line a role */
        }
    }
    check_rows(t, lines, &n, &cap);
    double worst[COUNT(depths)];
    if (t->nicks == NICKS_HASH)
        worst_nicks(t, worst);
    for (size_t i = 0; i < COUNT(depths) && t->nicks == NICKS_HASH; i++) {
        if (worst[i] < depths[i].nick)
            VEC_PUSH(*lines, n, cap,
                     complaint(&t->nick_place, "names", worst[i], depths[i].nick, depths[i].words));
    }
    return n;
}
