/* ui/term_seq.c - escape sequences beside the screen: set-up and restore, title, clipboard,
 * notices, links */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/cmd.h"
#include "ui/term_private.h"

enum { TITLE_MAX = 200, NOTICE_MAX = 300, COPY_MAX = CMD_CLIPBOARD_MAX, URL_MAX = 2048, SCREEN_CHUNK = 500 };

/* Undoes everything that kith ever switches on, in the order in which it must be undone: what
 * belongs to the alternate screen first. */
static const char restore_xterm[] =
    "\x1b[?2026l\x1b[<u\x1b[>4m\x1b[?2004l\x1b[?1004l\x1b[?1006l\x1b[?1002l"
    "\x1b[?2031l\x1b[0 q\x1b[r\x1b[m\x1b[?25h\x1b[23;0t\x1b[?1049l";
static const char restore_simple[] = "\x1b[r\x1b[m\x1b[?25h\x1b[999;1H\r\n";

const char *term_restore(const struct term *t)
{
    return t->simple ? restore_simple : restore_xterm;
}

void term_probe_env(const struct term *t, struct probe_env *env)
{
    *env = (struct probe_env){.term = t->term,
                              .colorterm = t->colorterm,
                              .colorfgbg = t->colorfgbg,
                              .tmux = t->tmux,
                              .screen = t->screen_mux,
                              .ssh = t->ssh,
                              .utf8 = t->utf8};
}

/* ---- set-up ---- */

void term_set_mouse(struct term *t, bool on, struct buf *out)
{
    t->want_mouse = on;
    if (t->begun && !t->simple)
        buf_adds(out, on ? "\x1b[?1002h\x1b[?1006h" : "\x1b[?1006l\x1b[?1002l");
}

/* Asks for keys that are told apart, in the best way that the terminal knows. */
static void ask_keyboard(struct term *t, struct buf *out)
{
    int want = t->keys == TERM_KEYS_PLAIN || t->simple ? 0 : t->facts.keyboard ? 2 : 1;
    if (!t->begun || want == t->keyboard)
        return;
    if (t->keyboard == 1)
        buf_adds(out, "\x1b[>4m");
    if (want == 1)
        buf_adds(out, "\x1b[>4;2m");
    if (want == 2)
        buf_adds(out, "\x1b[>5u");
    t->keyboard = want;
}

static void ask_appearance(struct term *t, struct buf *out)
{
    if (t->begun && t->facts.appearance && !t->told_appearance)
        buf_adds(out, "\x1b[?2031h");
    t->told_appearance = t->told_appearance || t->facts.appearance;
}

void seq_facts(struct term *t, struct buf *out)
{
    ask_keyboard(t, out);
    ask_appearance(t, out);
}

void seq_begin(struct term *t, struct buf *out)
{
    bool again = t->begun;
    t->begun = true;
    if (t->simple) {
        buf_adds(out, "\x1b[m\x1b[H\x1b[2J");
        return;
    }
    buf_adds(out, "\x1b[?1049h\x1b[22;0t\x1b[?2004h");
    if (t->want_focus)
        buf_adds(out, "\x1b[?1004h");
    if (t->want_mouse)
        term_set_mouse(t, true, out);
    buf_adds(out, "\x1b[m\x1b[H\x1b[2J");
    t->keyboard = 0;
    t->told_appearance = false;
    if (again)
        seq_facts(t, out);
}

/* ---- arguments: the one place where text gets into a sequence ---- */

/* Appends s as one clean line of at most max bytes; every `stop` becomes a comma. No control is
 * left in it. */
static void add_text(struct buf *out, const char *s, size_t max, char stop)
{
    size_t from = out->len;
    utf8_clean(out, s, strlen(s), UTF8_LINE, max);
    for (size_t i = from; i < out->len; i++)
        if (out->data[i] == stop)
            out->data[i] = ',';
}

/* Appends what a URL may hold; the rest is percent-encoded. */
static void add_url(struct buf *out, const char *url)
{
    for (size_t i = 0; i < URL_MAX && url[i]; i++) {
        unsigned char c = (unsigned char)url[i];
        if (c > 0x20 && c < 0x7F)
            buf_addc(out, (char)c);
        else
            buf_addf(out, "%%%02X", c);
    }
}

void seq_base64(struct buf *out, const void *data, size_t len)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i += 3) {
        size_t n = MIN(len - i, 3);
        uint32_t v =
            (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0);
        char four[4] = {set[v >> 18], set[v >> 12 & 63], n > 1 ? set[v >> 6 & 63] : '=',
                        n > 2 ? set[v & 63] : '='};
        buf_add(out, four, 4);
    }
}

/* Hands a sequence on to the terminal outside of a multiplexer. It ends with BEL: ST would end the
 * wrapper. */
static void add_wrapped(const struct term *t, const struct buf *seq, struct buf *out)
{
    if (t->tmux) {
        buf_adds(out, "\x1bPtmux;");
        for (size_t i = 0; i < seq->len; i++) {
            if (seq->data[i] == 0x1B)
                buf_addc(out, 0x1B);
            buf_addc(out, seq->data[i]);
        }
        buf_adds(out, "\x1b\\");
        return;
    }
    for (size_t i = 0; i < seq->len; i += SCREEN_CHUNK) {
        buf_adds(out, "\x1bP");
        buf_add(out, seq->data + i, MIN(seq->len - i, (size_t)SCREEN_CHUNK));
        buf_adds(out, "\x1b\\");
    }
}

void seq_title(const struct term *t, const char *title, struct buf *out)
{
    if (t->simple)
        return;
    buf_adds(out, "\x1b]2;");
    add_text(out, title, TITLE_MAX, '\0');
    buf_adds(out, "\x1b\\");
}

void seq_link_open(struct buf *out, uint32_t epoch, uint16_t number, const char *url)
{
    buf_adds(out, "\x1b]8;");
    if (number)
        buf_addf(out, "id=k%x.%x", (unsigned)epoch, (unsigned)number);
    buf_addc(out, ';');
    add_url(out, url);
    buf_adds(out, "\x1b\\");
}

void seq_link_close(struct buf *out)
{
    buf_adds(out, "\x1b]8;;\x1b\\");
}

void term_copy(const struct term *t, const char *text, size_t len, struct buf *out)
{
    struct buf seq = {.secret = true};
    if (t->simple)
        return;
    buf_adds(&seq, "\x1b]52;c;");
    seq_base64(&seq, text, utf8_floor(text, len, COPY_MAX));
    buf_addc(&seq, '\a');
    buf_add(out, seq.data, seq.len);
    if (t->tmux || t->screen_mux)
        add_wrapped(t, &seq, out);
    buf_wipe_free(&seq);
}

static void add_id(struct buf *out, const char *id)
{
    uint32_t h = 2166136261u; /* FNV-1a: the protocol wants few characters, ours are addresses */
    for (const char *p = id; *p; p++)
        h = (h ^ (unsigned char)*p) * 16777619u;
    buf_addf(out, "kith-%08x", (unsigned)h);
}

/* Which sequence: the user's word, else what the terminal answered or is called. */
static int notice_kind(const struct term *t, const char *how)
{
    int64_t n;
    if (how && str_int(how, 9, 777, &n))
        return (int)n;
    return t->facts.notices ? 99 : str_starts(t->term, "rxvt") ? 777 : 9;
}

void term_notice(const struct term *t, const char *how, const char *id, const char *title,
                 const char *body, struct buf *out)
{
    int kind = notice_kind(t, how);
    struct buf seq = {0};
    if (t->simple)
        return;
    if (kind == 99) {
        buf_adds(&seq, "\x1b]99;i=");
        add_id(&seq, id);
        buf_adds(&seq, ":d=0:o=unfocused;");
        add_text(&seq, title, NOTICE_MAX, '\0');
        buf_adds(&seq, "\a\x1b]99;i=");
        add_id(&seq, id);
        buf_adds(&seq, ":p=body;");
        add_text(&seq, body, NOTICE_MAX, '\0');
    } else if (kind == 777) {
        buf_adds(&seq, "\x1b]777;notify;");
        add_text(&seq, title, NOTICE_MAX, ';');
        buf_addc(&seq, ';');
        add_text(&seq, body, NOTICE_MAX, ';');
    } else {
        buf_adds(&seq, "\x1b]9;");
        add_text(&seq, title, NOTICE_MAX, ';'); /* "4;..." would be a progress bar */
        buf_adds(&seq, *body ? ": " : "");
        add_text(&seq, body, NOTICE_MAX, ';');
    }
    buf_addc(&seq, '\a');
    if (t->tmux || t->screen_mux)
        add_wrapped(t, &seq, out);
    else
        buf_add(out, seq.data, seq.len);
    buf_free(&seq);
}

/* ---- styles ---- */

uint8_t seq_attributes(const struct style *st, int n_colours)
{
    return n_colours < 8 ? (uint8_t)(st->attr | st->mono) : st->attr;
}

static int colour_of(const struct colour *c, int n_colours)
{
    return n_colours > 256 ? c->rgb : n_colours >= 256 ? c->c256 : c->c16;
}

void seq_colours(const struct style *st, int n_colours, int *fg, int *bg, bool *bright)
{
    *bright = false;
    *fg = *bg = COLOUR_DEFAULT;
    if (n_colours < 8)
        return;
    *fg = colour_of(&st->fg, n_colours);
    *bg = colour_of(&st->bg, n_colours);
    if (n_colours >= 16)
        return;
    if (*fg == 8) { /* bold black is black in many terminals */
        *fg = 7;
    } else if (*fg > 8) {
        *fg -= 8;
        *bright = true;
    }
    if (*bg >= 8)
        *bg -= 8;
}

static void add_colour(struct buf *out, int colour, int n_colours, int base)
{
    if (colour < 0)
        return;
    if (colour < 8)
        buf_addf(out, ";%d", base + colour);
    else if (n_colours > 256)
        buf_addf(out, ";%d;2;%d;%d;%d", base + 8, colour >> 16 & 255, colour >> 8 & 255,
                 colour & 255);
    else if (n_colours >= 256)
        buf_addf(out, ";%d;5;%d", base + 8, colour);
    else
        buf_addf(out, ";%d", base + 60 + colour - 8);
}

void seq_style(struct buf *out, const struct style *st, int n_colours)
{
    static const struct {
        uint8_t bit, sgr;
    } attrs[] = {{STYLE_BOLD, 1},      {STYLE_DIM, 2},     {STYLE_ITALIC, 3},
                 {STYLE_UNDERLINE, 4}, {STYLE_REVERSE, 7}, {STYLE_STRIKE, 9}};
    int fg, bg;
    bool bright;
    uint8_t attr = seq_attributes(st, n_colours);
    seq_colours(st, n_colours, &fg, &bg, &bright);
    buf_adds(out, "\x1b[0");
    for (size_t i = 0; i < COUNT(attrs); i++)
        if (attr & attrs[i].bit || (bright && attrs[i].bit == STYLE_BOLD))
            buf_addf(out, ";%d", attrs[i].sgr);
    add_colour(out, fg, n_colours, 30);
    add_colour(out, bg, n_colours, 40);
    buf_addc(out, 'm');
}
