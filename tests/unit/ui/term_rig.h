/* unit/ui/term_rig.h - a terminal, its surface, and the emulator at the other end */
#ifndef TEST_TERM_RIG_H
#define TEST_TERM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/term.h"

#include "emulator.inc"

#define FAMILY "👩\u200D👩\u200D👧\u200D👦"

/* libtinfo forgets 14 bytes when it looks again where descriptions are. */
const char *__lsan_default_suppressions(void); /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
const char *__lsan_default_suppressions(void)  /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
{
    return "leak:_nc_first_db\n";
}

static char terminfo[4096]; /* BUILD/terminfo, where this is BUILD/unit/ui/test_term */

UNUSED static int find_terminfo(void **state)
{
    ssize_t n = readlink("/proc/self/exe", terminfo, sizeof terminfo - 16);
    if (n <= 0)
        return -1;
    terminfo[n] = '\0';
    for (int i = 0; i < 3; i++) {
        char *slash = strrchr(terminfo, '/');
        if (!slash)
            return -1;
        *slash = '\0';
    }
    memcpy(terminfo + strlen(terminfo), "/terminfo", sizeof "/terminfo");
    return 0;
}

struct rig { /* a terminal, its surface and the emulator at the other end */
    struct term *t;
    struct surface *s;
    struct emu e;
    struct buf out, last;
    size_t bytes; /* of the last frame */
};

UNUSED static void rig_open(struct rig *r, const char *term, int w, int h, const char *const *more)
{
    char name[64];
    const char *env[12] = {name, "LANG=C.UTF-8"};
    size_t n = 2;
    snprintf(name, sizeof name, "TERM=%s", term);
    for (; more && *more; more++)
        env[n++] = *more;
    struct term_params p = {.columns = w, .rows = h, .env = env, .links = true, .focus = true,
                            .terminfo_dir = terminfo};
    struct err e = {0};
    *r = (struct rig){.t = term_new(&p, &e)};
    assert_non_null(r->t);
    r->s = surface_new(w, h, NULL, NULL);
    emu_init(&r->e, w, h);
    term_begin(r->t, &r->out);
}

UNUSED static void rig_draw(struct rig *r)
{
    term_draw(r->t, r->s, &r->out);
    r->bytes = r->out.len;
    buf_clear(&r->last);
    buf_add(&r->last, r->out.data, r->out.len);
    emu_feed(&r->e, buf_str(&r->out), r->out.len);
    buf_clear(&r->out);
}

UNUSED static void rig_close(struct rig *r)
{
    term_free(r->t);
    surface_free(r->s);
    emu_free(&r->e);
    buf_free(&r->out);
    buf_free(&r->last);
}

UNUSED static struct rect all_of(const struct surface *s)
{
    return (struct rect){0, 0, s->w, s->h};
}

UNUSED static void put(struct rig *r, int x, int y, const char *text)
{
    surface_puts(r->s, all_of(r->s), x, y, text, 0);
}

/* Every cell of the emulator holds what the surface says. */
UNUSED static void check_same(const struct rig *r)
{
    for (int y = 0; y < r->s->h; y++) {
        for (int x = 0; x < r->s->w; x++) {
            const struct cell *c = surface_at(r->s, x, y);
            size_t len;
            const char *text = surface_cell_text(r->s, c, &len);
            char got[130];
            if (c->width == 0)
                continue;
            snprintf(got, sizeof got, "%s%s", emu_at(&r->e, x, y)->text,
                     c->width == 2 ? emu_at(&r->e, x + 1, y)->text : ""); /* a flag in two halves */
            if (strlen(got) != len || memcmp(got, text, len) != 0)
                fail_msg("%dx%d: cell %d,%d is \"%s\" and should be \"%.*s\" after \"%s\"", r->s->w, r->s->h, x, y, got, (int)len, text, buf_str(&r->last));
        }
    }
    if (r->s->cursor_x >= 0) {
        assert_int_equal(r->e.x, r->s->cursor_x);
        assert_int_equal(r->e.y, r->s->cursor_y);
    }
    assert_int_equal(r->e.cursor_hidden, r->s->cursor_x < 0);
    assert_int_equal(r->e.unknown, 0);
}

UNUSED static const struct term_facts modern = {
    .answers = true, .widths = true, .links = true, .dark = 1,
    .rules = {.emoji = EMOJI_GRAPHEME, .zwj = 2, .vs16 = 2, .skin = 2, .flag = 2, .devanagari = 3, .newest = 2}};

UNUSED static void set_modern(struct rig *r)
{
    r->e.clusters = true;
    term_set_facts(r->t, &modern, &r->out);
    surface_set_rules(r->s, &modern.rules);
}

/* Random writing, moving, resizing: the other end always shows the surface. With whole clusters in the second half. */
/* A screen as UX.md 4.3 has it: list, chat at the bottom, members, status, input. */
UNUSED static void paint_main(struct rig *r, int contacts, int first, int n, const char *input)
{
    char line[160];
    int w = r->s->w, h = r->s->h;
    surface_fill(r->s, all_of(r->s), 0);
    for (int y = 0; y < h - 3; y++) {
        put(r, 26, y, "│");
        put(r, w - 17, y, "│");
    }
    for (int i = 0; i < contacts; i++) {
        snprintf(line, sizeof line, " ● contact number %d", i);
        put(r, 0, 1 + i, line);
    }
    put(r, 28, 0, "# c-dev  Release 0.2 is on Friday");
    for (int i = 0; i < n; i++) {
        int m = first + i;
        static const char *const words[] = {"freeze", "the", "release", "tonight", "a", "patch", "resize", "I", "think", "so",
                                            "bug", "and", "title", "blank", "review", "please"};
        snprintf(line, sizeof line, "09:%02d %8s │ %s %s %s %s %s %s %s", m % 60, m % 3 ? "frank" : "carol", words[m % 16],
                 words[m * 7 / 3 % 16], words[m * 5 / 2 % 16], words[m * 13 / 7 % 16], words[m * 3 % 16], words[m * 11 / 5 % 16],
                 words[m * 9 / 4 % 16]);
        put(r, 28, h - 3 - n + i, line);
    }
    put(r, 0, h - 3, " 09:31  alice@example.org ●  [3 c-dev]");
    put(r, 1, h - 2, "❯");
    put(r, 3, h - 2, input);
    surface_cursor(r->s, 3 + (int)strlen(input), h - 2);
    put(r, 1, h - 1, "Enter send · Alt-Enter new line · Tab complete");
}

#endif
