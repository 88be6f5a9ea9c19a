/* ui/decode_seq.c - what the sequences of terminals mean: keys, focus, mouse, answers */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "ui/decode_private.h"

/* ---- keys ---- */

/* xterm: 1 + (1 Shift, 2 Alt, 4 Ctrl, 8 Super, ...); kitty adds 16 Hyper, 32 Meta, 64 Caps, 128
 * Num. False with Super and Hyper: the window manager's keys are none of ours. */
static bool take_mods(int xterm_mods, uint8_t *mods)
{
    int m = xterm_mods > 0 ? xterm_mods - 1 : 0;
    if (m & (8 | 16))
        return false;
    *mods = (uint8_t)((m & 1 ? KEYM_SHIFT : 0) | (m & (2 | 32) ? KEYM_ALT : 0) |
                      (m & 4 ? KEYM_CTRL : 0));
    return true;
}

static const struct key no_key = {KEY_NONE, 0};

static struct key special(uint32_t code, int xterm_mods)
{
    struct key k = {code, 0};
    return take_mods(xterm_mods, &k.mods) ? k : no_key;
}

/* Control bytes, and characters that have a key of their own. */
static uint32_t named(uint32_t cp)
{
    switch (cp) {
    case '\r':
        return KEYC_ENTER;
    case '\t':
        return KEYC_TAB;
    case 0x1B:
        return KEYC_ESC;
    case 0x7F:
    case 0x08:
        return KEYC_BACKSPACE;
    default:
        return cp;
    }
}

/* A sign says by itself that Shift was held. Terminals that name the key without Shift, and not
 * what Shift makes of it, mean an American keyboard: only two such keys are of use. */
static void normalize_sign(struct key *k)
{
    bool letter = (k->code | 0x20) >= 'a' && (k->code | 0x20) <= 'z';
    if (k->code >= 0x80 || letter || k->code == ' ' || !(k->mods & KEYM_SHIFT))
        return;
    k->mods &= (uint8_t)~KEYM_SHIFT;
    if (k->code == '-' || k->code == '6')
        k->code = k->code == '-' ? '_' : '^';
}

/* With Ctrl: the names under which config/keys.h knows them, whichever way the terminal told. */
static void normalize_ctrl(struct key *k)
{
    static const char same[] = {'i', 'm', '[', 'h'};
    static const uint32_t as[] = {KEYC_TAB, KEYC_ENTER, KEYC_ESC, KEYC_BACKSPACE};
    if (k->code >= 'A' && k->code <= 'Z')
        k->code += 'a' - 'A';
    normalize_sign(k);
    if (k->code == '@')
        k->code = ' ';
    if (k->code == '/')
        k->code = '_';
    if (k->mods & KEYM_SHIFT)
        return;
    for (size_t i = 0; i < sizeof same; i++)
        if (k->code == (uint32_t)same[i]) {
            k->code = as[i];
            k->mods &= (uint8_t)~KEYM_CTRL;
        }
}

struct key decode_key(uint32_t cp, int xterm_mods)
{
    struct key k = {named(cp), 0};
    if (!take_mods(xterm_mods, &k.mods))
        return no_key;
    if (k.code >= KEY_NONE) {
        if (k.code == KEYC_BACKSPACE ||
            k.code == KEYC_ESC) /* Shift still held from the word before */
            k.mods &= (uint8_t)~KEYM_SHIFT;
        return k;
    }
    if (cp < 0x20) {
        k.code = cp == 0 ? ' ' : cp < 0x1B ? cp + 'a' - 1 : cp + '@';
        k.mods |= KEYM_CTRL;
    }
    if ((cp >= 0x7F && cp < 0xA0) || (cp & 0xFFFE) == 0xFFFE || (cp >= 0xD800 && cp < 0xE000) ||
        cp > 0x10FFFF)
        return no_key;
    if (k.mods & KEYM_CTRL) {
        normalize_ctrl(&k);
    } else if (k.mods & KEYM_SHIFT) {
        if (k.code >= 'a' && k.code <= 'z')
            k.code -= 'a' - 'A';
        k.mods &= (uint8_t)~KEYM_SHIFT;
    }
    return k;
}

static void key_event(struct decode_event *ev, struct key k)
{
    if (k.code != KEY_NONE) {
        ev->kind = DECODE_KEY;
        ev->key = k;
    }
}

/* Final letters of CSI and SS3 (VT100, xterm). */
static uint32_t letter_key(char c)
{
    switch (c) {
    case 'A':
        return KEYC_UP;
    case 'B':
        return KEYC_DOWN;
    case 'C':
        return KEYC_RIGHT;
    case 'D':
        return KEYC_LEFT;
    case 'F':
        return KEYC_END;
    case 'H':
        return KEYC_HOME;
    case 'P':
    case 'Q':
    case 'R':
    case 'S':
        return KEYC_F1 + (uint32_t)(c - 'P');
    default:
        return KEY_NONE;
    }
}

/* "CSI n ~" (VT220, linux, screen, tmux, rxvt). */
static uint32_t tilde_key(int n)
{
    static const struct {
        uint8_t first, last;
        uint32_t code;
    } keys[] = {
        {1, 1, KEYC_HOME},      {2, 2, KEYC_INSERT},    {3, 3, KEYC_DELETE},
        {4, 4, KEYC_END},       {5, 5, KEYC_PGUP},      {6, 6, KEYC_PGDN},
        {7, 7, KEYC_HOME},      {8, 8, KEYC_END},       {11, 15, KEYC_F1},
        {17, 21, KEYC_F1 + 5},  {23, 26, KEYC_F1 + 10}, {28, 29, KEYC_F1 + 14},
        {31, 34, KEYC_F1 + 16},
    };
    for (size_t i = 0; i < COUNT(keys); i++)
        if (n >= keys[i].first && n <= keys[i].last)
            return keys[i].code + (uint32_t)(n - keys[i].first);
    return KEY_NONE;
}

/* Code points of the private area that kitty's protocol gives to keys without text. */
static struct key kitty_key(int code, int mods)
{
    static const char keypad[] = "0123456789./*-+";
    static const uint32_t moves[] = {KEYC_LEFT, KEYC_RIGHT, KEYC_UP,  KEYC_DOWN,   KEYC_PGUP,
                                     KEYC_PGDN, KEYC_HOME,  KEYC_END, KEYC_INSERT, KEYC_DELETE};
    if (code >= 57376 && code <= 57387) /* F13..F24 */
        return special(KEYC_F1 + 12 + (uint32_t)(code - 57376), mods);
    if (code >= 57399 && code < 57399 + (int)sizeof keypad - 1)
        return decode_key((unsigned char)keypad[code - 57399], mods);
    if (code == 57414)
        return special(KEYC_ENTER, mods);
    if (code == 57415)
        return decode_key('=', mods);
    if (code >= 57417 && code < 57417 + (int)COUNT(moves))
        return special(moves[code - 57417], mods);
    if (code < 1 || (code >= 57344 && code <= 63743))
        return no_key;
    return decode_key((uint32_t)code, mods);
}

void decode_ss3(char final, int mods, struct decode_event *ev)
{
    static const char keypad[] = "*+,-./0123456789"; /* j .. y */
    if (final >= 'a' && final <= 'd')                /* rxvt: Ctrl and an arrow */
        key_event(ev, special(letter_key((char)(final - 'a' + 'A')), 5));
    else if (final == 'M')
        key_event(ev, special(KEYC_ENTER, mods));
    else if (final == 'X')
        key_event(ev, decode_key('=', mods));
    else if (final >= 'j' && final <= 'y')
        key_event(ev, decode_key((unsigned char)keypad[final - 'j'], mods));
    else
        key_event(ev, special(letter_key(final), mods));
}

/* ---- control sequences ---- */

static int param(const struct csi *c, int i, int otherwise)
{
    return i < c->count && c->n[i] >= 0 ? c->n[i] : otherwise;
}

static void reply(const struct csi *c, enum decode_reply what, int first, struct decode_event *ev)
{
    ev->kind = DECODE_REPLY;
    ev->reply = what;
    for (int i = first; i < c->count; i++)
        ev->n[ev->count++] = MAX(c->n[i], 0);
}

/* CSI < button ; x ; y M (pressed) or m (released): XTerm mode 1006. */
static void mouse(const struct csi *c, struct decode_event *ev)
{
    int b = param(c, 0, 0);
    if (c->count < 3 || c->n[1] < 1 || c->n[2] < 1)
        return;
    ev->kind = DECODE_MOUSE;
    ev->x = c->n[1] - 1;
    ev->y = c->n[2] - 1;
    ev->button = b & 3;
    ev->key.code = KEY_NONE;
    ev->key.mods =
        (uint8_t)((b & 4 ? KEYM_SHIFT : 0) | (b & 8 ? KEYM_ALT : 0) | (b & 16 ? KEYM_CTRL : 0));
    if (b & 64) {
        ev->mouse = b & 1 ? MOUSE_WHEEL_DOWN : MOUSE_WHEEL_UP;
        if ((b & 3) > 1 || c->final == 'm') /* sideways */
            ev->kind = DECODE_NONE;
    } else if (b & 32) {
        ev->mouse = ev->button == 3 ? MOUSE_MOVE : MOUSE_DRAG;
    } else {
        ev->mouse = c->final == 'm' ? MOUSE_RELEASE : MOUSE_PRESS;
    }
}

static void tilde(struct decode *d, const struct csi *c, struct decode_event *ev)
{
    int n = param(c, 0, 0), mods = param(c, 1, 1);
    if (n == 200) {
        d->pasting = true;
        return;
    }
    if (n == 27 && c->count >= 3) { /* xterm's modifyOtherKeys */
        key_event(ev, decode_key((uint32_t)MAX(c->n[2], 0), mods));
        return;
    }
    if (c->sub[1] == 3 && c->count > 1) /* a release, as kitty may report it */
        return;
    if (c->final == '$')
        mods = 2;
    else if (c->final == '^')
        mods = 5;
    else if (c->final == '@')
        mods = 6;
    uint32_t code = tilde_key(n);
    if (code != KEY_NONE)
        key_event(ev, special(code, mods));
}

static void report(const struct csi *c, struct decode_event *ev)
{
    int n = param(c, 0, 0);
    if (n == 6 && c->count >= 3)
        reply(c, REPLY_CELL_SIZE, 1, ev);
    else if (n == 48 && c->count >= 3)
        reply(c, REPLY_SIZE, 1, ev);
}

static void private_csi(struct decode *d, const struct csi *c, struct decode_event *ev)
{
    if (c->marker == '<' && (c->final == 'M' || c->final == 'm'))
        mouse(c, ev);
    else if (c->marker == '?' && c->final == 'c')
        reply(c, REPLY_DA1, 0, ev);
    else if (c->marker == '>' && c->final == 'c')
        reply(c, REPLY_DA2, 0, ev);
    else if (c->marker == '?' && c->final == 'u')
        reply(c, REPLY_KEYBOARD, 0, ev);
    else if (c->marker == '?' && c->final == 'y' && c->intermediate == '$' && c->count == 2)
        reply(c, REPLY_MODE, 0, ev);
    else if (c->marker == '?' && c->final == 'n' && param(c, 0, 0) == 997)
        reply(c, REPLY_APPEARANCE, 1, ev);
    if (ev->kind == DECODE_REPLY && ev->reply == REPLY_KEYBOARD && !ev->count)
        ev->count = 1;
}

void decode_csi(struct decode *d, const struct csi *c, struct decode_event *ev)
{
    int mods = param(c, 1, 1);
    if (c->marker) {
        private_csi(d, c, ev);
        return;
    }
    if (c->intermediate == '[') { /* Linux console: CSI [ A .. E */
        if (c->final >= 'A' && c->final <= 'E')
            key_event(ev, special(KEYC_F1 + (uint32_t)(c->final - 'A'), 1));
        return;
    }
    if (c->intermediate || (c->sub[1] == 3 && c->count > 1))
        return;
    if (strchr("~$^@", c->final)) {
        tilde(d, c, ev);
    } else if (c->final == 'u') {
        bool shifted = ((mods - 1) & 1) && c->count > 0 && c->sub[0] > 0; /* "47:63;4u": Alt-? */
        key_event(ev, kitty_key(shifted ? c->sub[0] : param(c, 0, 0), mods));
    } else if (c->final == 'R' && c->count >= 2 && (d->cursor_reports > 0 || c->n[0] > 1)) {
        d->cursor_reports -= d->cursor_reports > 0;
        reply(c, REPLY_CURSOR, 0, ev);
    } else if (c->final == 't') {
        report(c, ev);
    } else if ((c->final == 'I' || c->final == 'O') && c->count == 0) {
        ev->kind = DECODE_FOCUS;
        ev->on = c->final == 'I';
    } else if (c->final == 'Z') {
        key_event(ev, special(KEYC_TAB, ((mods - 1) | 1) + 1));
    } else if (c->final >= 'a' && c->final <= 'd') { /* rxvt: Shift and an arrow */
        key_event(ev, special(letter_key((char)(c->final - 'a' + 'A')), 2));
    } else {
        uint32_t code = letter_key(c->final);
        if (code != KEY_NONE)
            key_event(ev, special(code, mods));
    }
}

/* ---- strings ---- */

static void text_reply(struct decode *d, enum decode_reply what, const char *s, size_t len,
                       struct decode_event *ev)
{
    buf_clear(&d->text);
    for (size_t i = 0; i < len && d->text.len < 200; i++)
        if (s[i] >= 0x20 && s[i] < 0x7F)
            buf_addc(&d->text, s[i]);
    ev->kind = DECODE_REPLY;
    ev->reply = what;
    ev->text = buf_str(&d->text);
    ev->len = d->text.len;
}

/* "rgb:1a1a/1b1b/2626" or with two digits each; -1 when it is something else. */
static int parse_rgb(const char *s, size_t len)
{
    char copy[40];
    int rgb = 0;
    if (len < 9 || len >= sizeof copy || (memcmp(s, "rgb:", 4) != 0 && memcmp(s, "rgba", 4) != 0))
        return -1;
    memcpy(copy, s, len);
    copy[len] = '\0';
    char *p = strchr(copy, ':');
    for (int i = 0; i < 3; i++) {
        if (!p || !strchr(i ? "/" : ":", *p))
            return -1;
        char *digits = p + 1;
        size_t n = strspn(digits, "0123456789abcdefABCDEF");
        if (n < 1 || n > 4)
            return -1;
        long v = strtol(digits, &p, 16), max = (1L << (4 * n)) - 1;
        rgb = rgb << 8 | (int)(v * 255 / max);
    }
    return rgb;
}

static int hex(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

/* XTGETTCAP: "1+r 5247423D..."; names and values are written in hexadecimal. */
static void capability(struct decode *d, const char *s, size_t len, struct decode_event *ev)
{
    char text[200];
    size_t n = 0;
    for (size_t i = 3; i < len && n < sizeof text; i++) {
        if (s[i] == '=') {
            text[n++] = '=';
        } else if (i + 1 < len && hex(s[i]) >= 0 && hex(s[i + 1]) >= 0) {
            text[n++] = (char)(hex(s[i]) << 4 | hex(s[i + 1]));
            i++;
        } else {
            break;
        }
    }
    text_reply(d, REPLY_CAPABILITY, text, n, ev);
    ev->n[0] = s[0] == '1';
    ev->count = 1;
}

void decode_string(struct decode *d, char kind, const char *s, size_t len, struct decode_event *ev)
{
    if (kind == 'P' && len > 2 && memcmp(s, ">|", 2) == 0) {
        text_reply(d, REPLY_XTVERSION, s + 2, len - 2, ev);
    } else if (kind == 'P' && len > 3 && (s[0] == '0' || s[0] == '1') &&
               memcmp(s + 1, "+r", 2) == 0) {
        capability(d, s, len, ev);
    } else if (kind == 'P' && len >= 3 && (s[0] == '0' || s[0] == '1') &&
               memcmp(s + 1, "$r", 2) == 0) {
        text_reply(d, REPLY_SETTING, s + 3, len - 3, ev);
        ev->n[0] = s[0] == '1';
        ev->count = 1;
    } else if (kind == ']' && len > 3 && memcmp(s, "11;", 3) == 0) {
        int rgb = parse_rgb(s + 3, len - 3);
        if (rgb < 0)
            return;
        ev->kind = DECODE_REPLY;
        ev->reply = REPLY_BACKGROUND;
        ev->n[0] = rgb;
        ev->count = 1;
    } else if (kind == ']' && len >= 3 && memcmp(s, "99;", 3) == 0) {
        text_reply(d, REPLY_NOTICE, s + 3, len - 3, ev);
    }
}
