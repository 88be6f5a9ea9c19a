/* ui/term.c - curses, in this file alone: terminals made, found out about, and drawn on through a
 * buffer */
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#define key_name curses_key_name /* ours is in config/keys.h */
#include <curses.h>
#undef key_name

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/log.h"
#include "base/mem.h"
#include "ui/term.h"
#include "ui/term_private.h"

/* of <term.h>, which takes hundreds of common names as macros */
struct curses_terminal;
int setupterm(const char *, int, int *);
struct curses_terminal *set_curterm(struct curses_terminal *);
int del_curterm(struct curses_terminal *);
char *tigetstr(const char *);
int tigetflag(const char *);

enum { SYNC_FROM = 200, DEAD_MAX = 32 }; /* SYNC_FROM: bytes worth the marks of mode 2026 */
_Static_assert(TERM_CELL_WCHARS <= CCHARW_MAX, "curses holds as many characters in a cell");

/* ---- what curses needs of the process ---- */

/* curses is one for the whole process; this is the register of what we have of it. */
static struct {
    FILE *out, *in; /* what curses writes to, and no input */
    struct term **terms;
    size_t n_terms, cap_terms;
    SCREEN **dead;
    size_t n_dead, cap_dead;
} host;

static bool host_open(void)
{
    if (host.out)
        return true;
    int fd = env_open_memory();
    host.out = fd < 0 ? NULL : fdopen(fd, "w+");
    host.in = fopen("/dev/null", "re");
    if (host.out && host.in)
        return true;
    int saved = errno;
    if (host.in)
        fclose(host.in);
    if (host.out)
        fclose(host.out);
    else if (fd >= 0)
        close(fd);
    host.out = host.in = NULL;
    errno = saved;
    return false;
}

/* Hands over what curses has written since the last time. out NULL: drops it. */
static void collect(struct buf *out)
{
    int fd = fileno(host.out);
    off_t n = lseek(fd, 0, SEEK_CUR); /* what lies behind is of older frames */
    if (n <= 0)
        return;
    if (out) {
        buf_reserve(out, (size_t)n);
        ssize_t got = pread(fd, out->data + out->len, (size_t)n, 0);
        out->len += got > 0 ? (size_t)got : 0;
        out->data[out->len] = '\0';
    }
    if (lseek(fd, 0, SEEK_SET) < 0)
        log_warn("cannot rewind the frame buffer: %s", strerror(errno));
}

/* Takes the windows of a screen away, which is most of it; the rest waits for host_sweep(). */
static void host_bury(SCREEN *s)
{
    set_term(s);
    endwin();
    collect(NULL);
    delwin(stdscr);
    delwin(newscr);
    delwin(curscr);
    VEC_PUSH(host.dead, host.n_dead, host.cap_dead, s);
}

/* delscreen() frees the windows of all screens (ncurses 6.4): it may run only when no other one is
 * in use. */
static void host_sweep(void)
{
    for (size_t i = 0; i < host.n_terms; i++)
        if (host.terms[i]->screen)
            return;
    for (size_t i = 0; i < host.n_dead; i++) {
        set_term(host.dead[i]);
        delscreen(host.dead[i]);
    }
    free(host.dead);
    host.dead = NULL;
    host.n_dead = host.cap_dead = 0;
    if (host.n_terms || !host.out)
        return;
    free(host.terms);
    host.terms = NULL;
    host.cap_terms = 0;
    fclose(host.out);
    fclose(host.in);
    host.out = host.in = NULL;
}

static void close_screen(struct term *t)
{
    if (!t->screen)
        return;
    host_bury(t->screen);
    t->screen = NULL;
    t->resized = true;
    if (host.n_dead >=
        DEAD_MAX) /* many sizes of several terminals: all are opened anew with their next frame */
        for (size_t i = 0; i < host.n_terms; i++)
            close_screen(host.terms[i]);
    host_sweep();
}

/* ---- finding a description of the terminal ---- */

static void set_number(const char *name, int n)
{
    char text[16];
    snprintf(text, sizeof text, "%d", n);
    setenv(name, text, 1);
}

/* newterm() puts handlers where the default action is; the signals of the engine are none of its
 * business. The size is given by LINES and COLUMNS: resizeterm() would resize the windows of all
 * other terminals too (ncurses 6.4). */
static SCREEN *newterm_quietly(struct term *t, const char *name)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    struct sigaction kept[COUNT(signals)];
    for (size_t i = 0; i < COUNT(signals); i++)
        sigaction(signals[i], NULL, &kept[i]);
    set_number("LINES", t->h);
    set_number("COLUMNS", t->w);
    SCREEN *s = newterm(name, host.out, host.in);
    unsetenv("LINES");
    unsetenv("COLUMNS");
    for (size_t i = 0; i < COUNT(signals); i++)
        sigaction(signals[i], &kept[i], NULL);
    return s;
}

/* There is a description, and it can move the cursor. newterm() would leave memory behind for one
 * that is not there. */
static bool is_usable(const char *name)
{
    int why;
    struct curses_terminal *current = set_curterm(NULL);
    bool known = setupterm(name, fileno(host.out), &why) == OK;
    const char *cup = known ? tigetstr("cup") : NULL;
    bool usable = cup && cup != (const char *)-1 && tigetflag("hc") <= 0;
    struct curses_terminal *tried = set_curterm(current);
    if (known)
        del_curterm(tried);
    return usable;
}

static SCREEN *try_name(struct term *t, const char *name)
{
    if (str_empty(name) || strchr(name, '/'))
        return NULL;
    SCREEN *s = str_eq(name, t->name) || is_usable(name) ? newterm_quietly(t, name) : NULL;
    if (!s)
        return NULL;
    set_term(s);
    str_set(&t->name, name);
    return s;
}

static SCREEN *find_screen(struct term *t)
{
    SCREEN *s = env_wants_direct(t) ? try_name(t, "kith-direct") : NULL;
    if (!s && t->name && !str_eq(t->name, "kith-direct"))
        s = try_name(t, t->name); /* found before */
    if (s)
        return s;
    s = try_name(t, t->term);
    const char *other = env_relative(t->term ? t->term : "");
    if (!s)
        s = try_name(t, other);
    if (!s && str_eq(other, "screen-256color"))
        s = try_name(t, other = "screen");
    if (!s && !str_eq(other, "vt100"))
        s = try_name(t, "vt100");
    if (s && !str_eq(t->name, t->term))
        str_take(&t->note,
                 str_empty(t->term)
                     ? xasprintf("TERM is not set; taken for %s", t->name)
                     : xasprintf("TERM=%.40s is not known here; taken for %s", t->term, t->name));
    return s;
}

/* How many colours are used: what there are, and not more than is wanted. */
static int count_colours(const struct term *t)
{
    int64_t most = 1 << 24;
    if (t->no_colour || str_eq(t->colours, "mono") || start_color() == ERR)
        return 0;
    use_default_colors();
    str_int(t->colours, 0, 256, &most);
    int n = (int)MIN(COLORS, most);
    return n > 256 ? 1 << 24 : n >= 256 ? 256 : n >= 16 ? 16 : n >= 8 ? 8 : 0;
}

static int open_screen(struct term *t)
{
    SCREEN *s = find_screen(t);
    if (!s)
        return -ENOENT;
    t->screen = s;
    t->n_colours = count_colours(t);
    idlok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    leaveok(stdscr, FALSE);
    keypad(stdscr, FALSE);
    typeahead(-1);
    wrefresh(stdscr);
    endwin(); /* from here on frames are gathered in the buffer and not written move by move */
    wrefresh(stdscr);
    collect(NULL);
    t->n_styles = 0;
    t->cursor_x = t->cursor_y = 0;
    t->resized = false;
    links_free(t);
    term_redraw(t);
    return 0;
}

/* ---- life ---- */

struct term *term_new(const struct term_params *p, struct err *e)
{
    struct term *t = xcalloc(1, sizeof *t);
    t->w = MAX(1, MIN(p->columns, SURFACE_MAX_W));
    t->h = MAX(1, MIN(p->rows, SURFACE_MAX_H));
    t->no_colour = p->no_colour;
    t->want_mouse = p->mouse;
    t->want_focus = p->focus;
    t->want_links = p->links;
    t->no_sync = p->no_sync;
    t->keys = p->keys;
    str_set(&t->colours, p->colours ? p->colours : "auto");
    str_set(&t->terminfo_dir, p->terminfo_dir);
    env_read(t, p->env);
    if (str_eq(t->term, "dumb")) {
        err_set(e, -ENOTTY,
                "TERM=dumb cannot show a screen; try kith --plain, or set TERM to what this "
                "terminal is");
        term_free(t);
        return NULL;
    }
    env_want_utf8();
    env_want_terminfo(p->terminfo_dir);
    t->overlaid = xcalloc((size_t)t->h, sizeof *t->overlaid);
    VEC_PUSH(host.terms, host.n_terms, host.cap_terms, t);
    if (!host_open()) {
        err_errno(e, "cannot make a buffer to draw in");
    } else if (open_screen(t) < 0) {
        err_set(e, -ENOENT,
                "nothing is known here of TERM=%.40s, nor of xterm and vt100; install ncurses-base",
                t->term ? t->term : "");
    } else {
        return t;
    }
    term_free(t);
    return NULL;
}

void term_free(struct term *t)
{
    if (!t)
        return;
    close_screen(t);
    for (size_t i = 0; i < host.n_terms; i++)
        if (host.terms[i] == t)
            VEC_DEL(host.terms, host.n_terms, i--);
    host_sweep();
    free(t->name);
    free(t->note);
    free(t->term);
    free(t->colorterm);
    free(t->colorfgbg);
    free(t->colours);
    free(t->terminfo_dir);
    free(t->overlaid);
    links_free(t);
    free(t->styles);
    free(t->title);
    free(t);
}

void term_begin(struct term *t, struct buf *out)
{
    seq_begin(t, out);
    str_set(&t->title, NULL);
    term_redraw(t);
}

static void reopen(struct term *t)
{
    close_screen(t);
    if (open_screen(t) < 0)
        BUG("a terminal that was known is not any more");
}

void term_set_facts(struct term *t, const struct term_facts *f, struct buf *out)
{
    if (f->links && !t->facts.links)
        term_redraw(t);
    t->facts = *f;
    t->resized = t->resized || (env_wants_direct(t) && !str_eq(t->name, "kith-direct"));
    seq_facts(t, out);
}

void term_resize(struct term *t, int columns, int rows)
{
    t->w = MAX(1, MIN(columns, SURFACE_MAX_W));
    t->h = MAX(1, MIN(rows, SURFACE_MAX_H));
    free(t->overlaid);
    t->overlaid = xcalloc((size_t)t->h, sizeof *t->overlaid);
    t->resized = true; /* acted on by the next frame: sizes come in storms */
}

void term_redraw(struct term *t)
{
    t->all = true;
    t->cursor_visible = -1;
}

/* ---- styles ---- */

static struct term_style make_style(const struct term *t, const struct style *st)
{
    static const struct {
        uint8_t bit;
        attr_t attr;
    } attrs[] = {{STYLE_BOLD, A_BOLD},
                 {STYLE_DIM, A_DIM},
                 {STYLE_ITALIC, A_ITALIC},
                 {STYLE_UNDERLINE, A_UNDERLINE},
                 {STYLE_REVERSE, A_REVERSE}};
    struct term_style s = {.known = true};
    int fg, bg;
    bool bright;
    uint8_t bits = seq_attributes(st, t->n_colours);
    for (size_t i = 0; i < COUNT(attrs); i++)
        if (bits & attrs[i].bit)
            s.attr |= attrs[i].attr;
    s.struck = bits & STYLE_STRIKE; /* curses has no such attribute: it is laid over */
    seq_colours(st, t->n_colours, &fg, &bg, &bright);
    if (bright)
        s.attr |= A_BOLD;
    if (fg >= 0 || bg >= 0)
        s.pair = MAX(alloc_pair(fg, bg), 0);
    return s;
}

static const struct term_style *style_of(struct term *t, const struct surface *s, uint16_t style)
{
    if (style >= t->n_styles) {
        size_t n = MAX(surface_style_count(s), (size_t)style + 1);
        t->styles = xreallocarray(t->styles, n, sizeof *t->styles);
        memset(&t->styles[t->n_styles], 0, (n - t->n_styles) * sizeof *t->styles);
        t->n_styles = n;
    }
    if (!t->styles[style].known)
        t->styles[style] = make_style(t, surface_style_of(s, style));
    return &t->styles[style];
}

/* ---- cells ---- */

static void set_cell(int y, int x, const wchar_t *text, const struct term_style *st)
{
    cchar_t c;
    int pair = st->pair;
    if (setcchar(&c, text, st->attr, 0, &pair) == OK)
        mvwadd_wch(stdscr, y, x, &c);
}

/* Something that stands for a cluster that curses cannot say, of the same width in every terminal.
 */
static void put_stand_in(int y, int x, wchar_t base, const struct cell *c,
                         const struct term_style *st)
{
    wchar_t text[2] = {base, L'\0'};
    if (wcwidth(base) == c->width) {
        set_cell(y, x, text, st);
        return;
    }
    if (c->width == 2)
        set_cell(y, x + 1, L" ", st);
    set_cell(y, x, L" ", st);
}

/* Puts a cluster of more than one byte. True when curses cannot say it: something of the same width
 * stands there then, and the cluster is laid over it after the frame. */
static bool put_cluster(int y, int x, const char *text, size_t len, const struct cell *c,
                        const struct term_style *st)
{
    wchar_t w[TERM_WCHARS];
    size_t n = over_to_wide(text, len, w), spacing = 0, second = 0;
    int sum = 0;
    bool known = true;
    for (size_t i = 0; i < n; i++) {
        int cells = wcwidth(w[i]);
        known = known && cells >= 0;
        sum += MAX(cells, 0);
        if (cells > 0 && spacing++ == 1)
            second = i;
    }
    if (known && sum == c->width && spacing == 1 && wcwidth(w[0]) > 0 && n < TERM_CELL_WCHARS) {
        set_cell(y, x, w, st);
        return false;
    }
    if (known && sum == 2 && c->width == 2 && spacing == 2 &&
        n < TERM_CELL_WCHARS) { /* a flag; a letter and its vowel */
        set_cell(y, x + 1, w + second, st);
        w[second] = L'\0';
        set_cell(y, x, w, st);
        return false;
    }
    put_stand_in(y, x, w[0], c, st);
    return true;
}

/* Writes what changed in columns [from, to) of a row into curses' window. True when something must
 * be laid over it. */
static bool put_row(struct term *t, const struct surface *s, int y, int from, int to)
{
    bool over = false;
    for (int x = from; x < to; x++) {
        const struct cell *c = surface_at(s, x, y);
        bool known = !t->all && memcmp(c, &s->shown[y * s->w + x], sizeof *c) == 0;
        if (c->width == 0 || known)
            continue;
        size_t len;
        const char *text = surface_cell_text(s, c, &len);
        const struct term_style *st = style_of(t, s, c->style);
        over |= st->struck;
        if (len <= 1) {
            wchar_t one[2] = {len && text[0] >= 0x20 && text[0] < 0x7F ? text[0] : L' ', L'\0'};
            set_cell(y, x, one, st);
        } else if (over_in_corner(s, x, y, c)) {
            put_stand_in(y, x, L' ', c, st);
            over = true;
        } else if (put_cluster(y, x, text, len, c, st)) {
            over = true;
        }
    }
    return over;
}

/* ---- one frame ---- */

/* Brings the rows that changed into curses' window; `over` gets those with something to be laid
 * over. */
static void put_rows(struct term *t, const struct surface *s, bool *over)
{
    for (int y = 0; y < s->h; y++) {
        int from = 0, to = s->w;
        over[y] = false;
        if (!t->all && !surface_damage(s, y, &from, &to))
            continue;
        bool risky = over_is_risky(t, s, y);
        if (risky) {
            from = 0;
            to = s->w;
            wredrawln(stdscr, y, 1);
        }
        over[y] = put_row(t, s, y, from, to);
        if (!over[y] && !risky)
            continue;
        if (!over[y]) /* a cluster left of the damage may still stand there */
            for (int x = 0; x < s->w && !over[y]; x++)
                over[y] = over_needed(s, x, y);
        t->overlaid[y] = over[y];
    }
}

static void put_cursor(struct term *t, struct surface *s, struct buf *out)
{
    int visible = s->cursor_x >= 0;
    if (visible) {
        t->cursor_x = s->cursor_x;
        t->cursor_y = s->cursor_y;
    }
    t->cursor_x = MIN(t->cursor_x, s->w - 1);
    t->cursor_y = MIN(t->cursor_y, s->h - 1);
    wmove(stdscr, t->cursor_y, t->cursor_x);
    if (visible && s->cursor != t->shape && !t->simple) {
        buf_adds(out, s->cursor == CURSOR_BLOCK ? "\x1b[2 q" : "\x1b[6 q");
        t->shape = s->cursor;
    }
}

static void show_cursor(struct term *t, const struct surface *s, struct buf *out)
{
    int visible = s->cursor_x >= 0;
    if (visible == t->cursor_visible)
        return;
    if (t->cursor_visible < 0) /* have curses say it even when it believes that it has */
        curs_set(!visible);
    curs_set(visible);
    collect(out);
    t->cursor_visible = visible;
}

static void put_extras(struct term *t, struct surface *s, struct buf *out)
{
    if (s->title && !str_eq(s->title, t->title)) {
        seq_title(t, s->title, out);
        str_set(&t->title, s->title);
    }
    if (s->copy)
        term_copy(t, s->copy, strlen(s->copy), out);
    str_take(&s->copy, NULL);
    if (s->bell)
        buf_addc(out, '\a');
    s->bell = false;
}

void term_draw(struct term *t, struct surface *s, struct buf *out)
{
    if (s->w != t->w || s->h != t->h)
        term_resize(t, s->w, s->h);
    if (t->resized)
        reopen(t);
    set_term(t->screen);
    if (t->epoch != s->epoch) {
        t->epoch = s->epoch;
        t->n_styles = 0;
        links_renumbered(t);
    }
    bool *over = xcalloc((size_t)s->h, sizeof *over), *lines = xcalloc((size_t)s->h, sizeof *lines);
    struct buf frame = {0};
    if (t->all)
        clearok(stdscr, TRUE);
    over_mark_lines(t, s, lines);
    put_rows(t, s, over);
    put_cursor(t, s, &frame);
    size_t before = frame.len;
    wrefresh(stdscr);
    collect(&frame);
    links_frame(t, frame.data + before, frame.len - before);
    before = frame.len;
    for (int y = 0; y < s->h; y++)
        if (over[y])
            over_row(t, s, y, &frame);
    links_write(t, s, &frame);
    over_put_lines(t, s, lines, &frame);
    if (frame.len > before) {
        buf_adds(&frame, "\x1b[m");
        over_go(&frame, t->cursor_x, t->cursor_y);
    }
    show_cursor(t, s, &frame);
    bool marks = frame.len >= SYNC_FROM && t->facts.sync && !t->no_sync;
    buf_adds(out, marks ? "\x1b[?2026h" : "");
    buf_add(out, frame.data, frame.len);
    buf_adds(out, marks ? "\x1b[?2026l" : "");
    put_extras(t, s, out);
    t->all = false;
    surface_commit(s);
    buf_free(&frame);
    free(lines);
    free(over);
}
