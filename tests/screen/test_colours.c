/* tests/screen/test_colours.c - the colours and attributes that terminals of each depth are given, for each theme */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "script.h"
#include "ui/term.h"

#include "../unit/ui/emulator.inc"

enum { LOOKS_MAX = 62 };

/* libtinfo forgets 14 bytes when it looks again where descriptions are. */
const char *__lsan_default_suppressions(void); /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
const char *__lsan_default_suppressions(void)  /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
{
    return "leak:_nc_first_db\n";
}

/* BUILD/terminfo, where this is BUILD/screen/test_colours. Owned. */
static char *terminfo(void)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = '\0';
    }
    return xasprintf("%s/terminfo", self);
}

/* ---- what a cell looks like: the state that its parameters leave behind ---- */

struct looks {
    char fg[32], bg[32];
    bool bold, dim, italic, underline, reverse;
};

static int number(const char **p)
{
    int n = 0;
    while (**p >= '0' && **p <= '9')
        n = n * 10 + *(*p)++ - '0';
    *p += **p == ';';
    return n;
}

static void long_colour(const char **p, char *out, size_t cap)
{
    if (number(p) == 5) {
        snprintf(out, cap, "%d", number(p));
        return;
    }
    int r = number(p), g = number(p), b = number(p);
    snprintf(out, cap, "#%02x%02x%02x", r, g, b);
}

static void take(struct looks *l, int code, const char **p)
{
    switch (code) {
    case 1: l->bold = true; break;
    case 2: l->dim = true; break;
    case 3: l->italic = true; break;
    case 4: l->underline = true; break;
    case 7: l->reverse = true; break;
    case 22: l->bold = l->dim = false; break;
    case 23: l->italic = false; break;
    case 24: l->underline = false; break;
    case 27: l->reverse = false; break;
    case 38: long_colour(p, l->fg, sizeof l->fg); break;
    case 48: long_colour(p, l->bg, sizeof l->bg); break;
    case 39: l->fg[0] = '\0'; break;
    case 49: l->bg[0] = '\0'; break;
    default:
        if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97))
            snprintf(l->fg, sizeof l->fg, "%d", code >= 90 ? code - 82 : code - 30);
        if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107))
            snprintf(l->bg, sizeof l->bg, "%d", code >= 100 ? code - 92 : code - 40);
    }
}

static void describe(const char *sgr, struct buf *out)
{
    struct looks l = {0};
    for (const char *p = sgr; *p;) {
        int code = number(&p);
        take(&l, code, &p);
    }
    buf_addf(out, "%s on %s", l.fg[0] ? l.fg : "default", l.bg[0] ? l.bg : "default");
    buf_addf(out, "%s%s%s%s%s", l.bold ? " bold" : "", l.dim ? " dim" : "",
             l.italic ? " italic" : "", l.underline ? " underline" : "",
             l.reverse ? " reverse" : "");
}

/* A letter for each cell, and below what the letters mean. */
static void dump(const struct emu *e, struct buf *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char *known[LOOKS_MAX] = {0};
    size_t n = 0;
    for (int y = 0; y < e->h; y++) {
        for (int x = 0; x < e->w; x++) {
            const struct emu_cell *c = emu_at(e, x, y);
            struct buf b = {0};
            size_t i = 0;
            describe(c->text[0] ? c->sgr : emu_at(e, MAX(x - 1, 0), y)->sgr, &b);
            while (i < n && strcmp(known[i], buf_str(&b)) != 0)
                i++;
            if (i == n && n < LOOKS_MAX)
                known[n++] = xstrdup(buf_str(&b));
            buf_addc(out, i < LOOKS_MAX ? letters[i] : '?');
            buf_free(&b);
        }
        buf_addc(out, '\n');
    }
    for (size_t i = 0; i < n; i++) {
        buf_addf(out, "%c = %s\n", letters[i], known[i]);
        free(known[i]);
    }
}

/* ---- the same screen on terminals of each kind ---- */

static const struct depth {
    const char *name;
    const char *env[4];
    const char *colours; /* ui.colours */
} depths[] = {
    {"true", {"TERM=xterm-256color", "LANG=C.UTF-8", "COLORTERM=truecolor"}, NULL},
    {"256", {"TERM=xterm-256color", "LANG=C.UTF-8"}, NULL},
    {"16", {"TERM=xterm-256color", "LANG=C.UTF-8"}, "16"},
    {"mono", {"TERM=xterm-256color", "LANG=C.UTF-8"}, "mono"},
    {"mono", {"TERM=xterm-256color", "LANG=C.UTF-8", "NO_COLOR=1"}, NULL}, /* the same */
};

static void draw(struct stage *s, const struct depth *d, struct emu *e)
{
    struct err err = {0};
    struct buf out = {0};
    char *dir = terminfo();
    struct surface *sf = s->v->s;
    struct term_params p = {.columns = sf->w, .rows = sf->h, .env = d->env, .terminfo_dir = dir,
                            .colours = d->colours};
    struct term *t = term_new(&p, &err);
    if (!t) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    emu_init(e, sf->w, sf->h);
    term_begin(t, &out);
    term_draw(t, sf, &out);
    emu_feed(e, buf_str(&out), out.len);
    term_free(t);
    buf_free(&out);
    free(dir);
}

static void screen_in_colour(struct stage *s, const struct depth *d, const char *theme)
{
    struct emu e = {0};
    struct buf b = {0};
    char *name = xasprintf("colours-%s-%s", theme, d->name);
    draw(s, d, &e);
    dump(&e, &b);
    golden_is(s, name, buf_str(&b));
    free(name);
    buf_free(&b);
    emu_free(&e);
}

int main(void)
{
    static const struct {
        const char *name, *theme;
        bool light;
    } themes[] = {{"dark", "default", false},
                  {"light", "default", true},
                  {"ansi16", "ansi16", false},
                  {"mono", "mono", false}};
    static const int sizes[][2] = {{120, 36}, {80, 24}};
    struct stage s;
    struct err e = {0};
    stage_open(&s, "tests/screen/golden");
    struct chat *room = the_room(&s);
    for (size_t i = 0; i < COUNT(themes); i++) {
        if (config_override(s.env.config, "ui.theme", themes[i].theme, &e) < 0)
            abort();
        for (size_t k = 0; k < COUNT(sizes) * COUNT(depths); k++) {
            const int *size = sizes[k / COUNT(depths)];
            look(&s, size[0], size[1], false);
            s.v->light = themes[i].light;
            view_new_theme(s.v);
            view_show(s.v, room);
            view_set_input(s.v, "Nearly: -1 also means “control character”");
            view_paint(s.v);
            screen_in_colour(&s, &depths[k % COUNT(depths)], themes[i].name);
        }
    }
    if (config_override(s.env.config, "ui.theme", "default", &e) < 0)
        abort();
    look(&s, 120, 36, true);
    view_show(s.v, room);
    view_set_input(s.v, "Nearly: -1 also means “control character”");
    screen_is(&s, "ascii");
    return stage_close(&s);
}
