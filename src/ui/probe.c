/* ui/probe.c - the questions asked of a terminal at the start, and what its answers mean
 * (UX.md 2.3) */
#include "ui/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ASK_CJK, ASK_AMBIGUOUS, ASK_VS16, ASK_SKIN, ASK_ZWJ, ASK_FLAG, ASK_HINDI, ASK_NEW, N_ASKED };

static const char *const samples[N_ASKED] = {
    [ASK_CJK] = "\u65E5",
    [ASK_AMBIGUOUS] = "\u25CF",
    [ASK_VS16] = "\u2764\uFE0F",
    [ASK_SKIN] = "\U0001F44D\U0001F3FD",
    [ASK_ZWJ] = "\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466",
    [ASK_FLAG] = "\U0001F1E9\U0001F1EA",
    [ASK_HINDI] = "\u0939\u093F\u0928\u094D\u0926\u0940",
    [ASK_NEW] = "\U0001FAE8",
};

bool probe_is_simple(const char *term)
{
    static const char *const names[] = {"linux", "vt", "dumb", "cons25", "ansi", "wyse", "sun"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_starts(term, names[i]))
            return true;
    return str_empty(term);
}

/* "15;0": the last number is the background among the 16 colours. */
static int dark_by_environment(const char *colorfgbg)
{
    const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
    int64_t n;
    if (!last || !str_int(last + 1, 0, 15, &n))
        return -1;
    return n < 7 || n == 8;
}

static bool says_truecolour(const char *colorterm)
{
    return str_eq(colorterm, "truecolor") || str_eq(colorterm, "24bit");
}

/* Terminals that show links (OSC 8) and say who they are by TERM alone; the others by XTVERSION. */
static bool links_by_term(const char *term)
{
    static const char *const names[] = {"xterm-kitty", "foot",    "alacritty", "wezterm",
                                        "xterm-ghostty", "contour", "rio"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_starts(term, names[i]))
            return true;
    return false;
}

void probe_init(struct probe *p, const struct probe_env *env, int64_t now_ms, struct buf *out)
{
    *p = (struct probe){.utf8 = env->utf8, .screen = env->screen && !env->tmux, .tmux = env->tmux};
    p->facts.dark = dark_by_environment(env->colorfgbg);
    p->facts.truecolour = says_truecolour(env->colorterm);
    p->facts.rules.no_utf8 = !env->utf8;
    p->deadline = now_ms + (env->ssh ? PROBE_WAIT_SSH_MS : PROBE_WAIT_MS);
    p->screen = p->screen || (str_starts(env->term, "screen") && !env->tmux);
    p->quiet = probe_is_simple(env->term);
    if (p->quiet)
        return;
    p->facts.links = !p->screen && !p->tmux && links_by_term(env->term);
    buf_adds(out, "\x1b[>q\x1b[?u\x1b[?2026$p\x1b[?2027$p\x1b[?2031$p\x1b[?2048$p"
                  "\x1b]11;?\x1b\\\x1b]99;i=p:p=?;\x1b\\\x1b[16t");
    if (!p->facts.truecolour &&
        !p->screen) /* screen hands the inside of a DCS on to its terminal */
        buf_adds(out, "\x1bP+q524742\x1b\\");
    buf_adds(out,
             "\x1b[2;1H\x1b[8m"); /* hidden, and not in the first row, whose reports look like F3 */
    for (int i = 0; i < N_ASKED; i++)
        buf_addf(out, "\r%s\x1b[6n", samples[i]);
    buf_adds(out, "\x1b[m\r\x1b[K\x1b[c");
}

int probe_cursor_reports(const struct probe *p)
{
    return p->quiet ? 0 : N_ASKED - p->n_widths;
}

static uint8_t cells(int n)
{
    return n >= 1 && n <= 20 ? (uint8_t)n : 0;
}

/* The rules that follow from the widths measured so far. */
static struct cell_rules derive(const struct probe *p)
{
    const int *w = p->widths;
    struct cell_rules r = {.no_utf8 = !p->utf8};
    if (p->n_widths > ASK_CJK)
        r.no_utf8 = w[ASK_CJK] != 2; /* whatever the locale says */
    if (r.no_utf8 || p->n_widths < N_ASKED)
        return r;
    r.ambiguous_wide = w[ASK_AMBIGUOUS] == 2;
    r.vs16 = cells(w[ASK_VS16]);
    r.skin = cells(w[ASK_SKIN]);
    r.zwj = cells(w[ASK_ZWJ]);
    r.flag = cells(w[ASK_FLAG]);
    r.devanagari = cells(w[ASK_HINDI]);
    r.newest = cells(w[ASK_NEW]);
    /* Those who know one kind of cluster and not the other (tmux 3.3a) speak for themselves and not
     * for the terminal outside. */
    bool all = r.vs16 == 2 && r.skin == 2 && r.zwj == 2;
    r.emoji = all ? EMOJI_GRAPHEME : EMOJI_SAFE;
    return r;
}

/* tmux hands hyperlinks on from 3.4. */
static bool tmux_before_34(const char *version)
{
    if (!str_starts(version, "tmux "))
        return false;
    const char *v = version + strcspn(version, "0123456789");
    char *end;
    long major = strtol(v, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    return major < 3 || (major == 3 && minor < 4);
}

/* An unknown one would ignore the marks, but they cost bytes. */
static bool shows_links(const char *version)
{
    static const char *const names[] = {"kitty",   "foot", "WezTerm", "ghostty",   "iTerm2",    "Konsole",
                                        "contour", "rio",  "mintty",  "Alacritty", "alacritty", "Windows Terminal"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_starts(version, names[i]))
            return true;
    if (str_starts(version, "VTE(")) /* from 0.50; it says 5002 */
        return strtol(version + 4, NULL, 10) >= 5000;
    return str_starts(version, "tmux ") && !tmux_before_34(version);
}

static void take_version(struct term_facts *f, const char *text)
{
    static const char *const truecolour[] = {
        "kitty", "foot",   "WezTerm", "ghostty",   "iTerm2",    "Konsole", "contour",
        "rio",   "mintty", "VTE",     "Alacritty", "alacritty", "tmux"};
    str_copy(f->version, sizeof f->version, text);
    for (size_t i = 0; i < COUNT(truecolour); i++)
        if (str_starts(text, truecolour[i]))
            f->truecolour = true;
    f->links = shows_links(text);
}

static void take_mode(struct term_facts *f, int mode, int state)
{
    bool there = state == 1 || state == 2 || state == 3; /* set, reset, always set */
    if (mode == 2026)
        f->sync = there;
    else if (mode == 2031)
        f->appearance = there;
    else if (mode == 2048)
        f->size_reports = there;
}

/* The eye's brightness: below half of white is dark. */
static bool is_dark(int rgb)
{
    int r = rgb >> 16 & 255, g = rgb >> 8 & 255, b = rgb & 255;
    return 299 * r + 587 * g + 114 * b < 128 * 1000;
}

static void take_width(struct probe *p, int column)
{
    if (p->n_widths >= N_ASKED)
        return;
    p->widths[p->n_widths++] = column - 1;
    p->facts.rules = derive(p);
    p->facts.widths = p->n_widths == N_ASKED;
}

bool probe_reply(struct probe *p, const struct decode_event *ev)
{
    struct term_facts *f = &p->facts;
    switch (ev->reply) {
    case REPLY_DA1:
        f->answers = true;
        for (int i = 1; i < ev->count; i++)
            f->sixel = f->sixel || ev->n[i] == 4;
        break;
    case REPLY_XTVERSION:
        take_version(f, ev->text);
        break;
    case REPLY_MODE:
        take_mode(f, ev->n[0], ev->n[1]);
        break;
    case REPLY_CURSOR:
        take_width(p, ev->n[1]);
        return p->n_widths == 1 || p->n_widths == N_ASKED; /* only then do the rules change */
    case REPLY_KEYBOARD:
        f->keyboard = true;
        break;
    case REPLY_BACKGROUND: /* it may be asked for again: most often it is the same */
        if (f->has_background && f->background == (uint32_t)ev->n[0])
            return false;
        f->has_background = true;
        f->background = (uint32_t)ev->n[0];
        f->dark = is_dark(ev->n[0]);
        break;
    case REPLY_NOTICE:
        f->notices = true;
        break;
    case REPLY_CELL_SIZE:
        f->cell_h = ev->n[0];
        f->cell_w = ev->n[1];
        break;
    case REPLY_CAPABILITY:
        f->truecolour = f->truecolour || (ev->n[0] && str_starts(ev->text, "RGB"));
        break;
    case REPLY_APPEARANCE:
        if (f->dark == (ev->n[0] == 1))
            return false;
        f->dark = ev->n[0] == 1;
        break;
    case REPLY_DA2:
    case REPLY_SIZE:
    case REPLY_SETTING:
        return false;
    }
    return true;
}

void probe_adopt(struct probe *p, const struct term_facts *known)
{
    if (!known->widths || p->facts.widths)
        return;
    p->facts.rules = known->rules;
    p->facts.widths = true;
}

enum term_graphics probe_graphics(const struct term_facts *f, bool multiplexer)
{
    const char *v = f->version;
    if (multiplexer)
        return TERM_GRAPHICS_NONE;
    if (str_starts(v, "kitty") || str_starts(v, "ghostty"))
        return TERM_GRAPHICS_KITTY;
    /* Of what size its cells are must be known: a picture that is too high would scroll the screen. */
    if (f->sixel && f->cell_w > 0 && f->cell_h > 0)
        return TERM_GRAPHICS_SIXEL;
    /* These have both, and say so of sixel only. */
    return str_starts(v, "WezTerm") || str_starts(v, "Konsole") ? TERM_GRAPHICS_KITTY : TERM_GRAPHICS_NONE;
}

bool probe_settled(const struct probe *p, int64_t now_ms)
{
    return p->quiet || p->facts.answers || p->facts.widths || now_ms >= p->deadline;
}
