/* ui/decode.c - cuts what a terminal sends into keys, sequences, strings and pastes */
#include "ui/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ui/decode_private.h"

enum { ESC = 0x1B, STRING_WAIT_MS = 5000, PASTE_WAIT_MS = 60000, PASTE_CHUNK = 64 << 10 };

static const size_t MORE = SIZE_MAX; /* bytes are missing */
static const char paste_end[] = "\x1b[201~";

struct decode *decode_new(void)
{
    struct decode *d = xcalloc(1, sizeof *d);
    d->in.secret = d->paste.secret = d->text.secret = true; /* any key may be of a password */
    return d;
}

void decode_free(struct decode *d)
{
    if (!d)
        return;
    buf_free(&d->in);
    buf_free(&d->paste);
    buf_free(&d->text);
    free(d);
}

void decode_feed(struct decode *d, const char *data, size_t len)
{
    if (d->at) {
        buf_consume(&d->in, d->at);
        d->at = 0;
    }
    buf_add(&d->in, data, len);
    d->expired = false;
}

void decode_expire(struct decode *d)
{
    d->expired = true;
}

void decode_expect_cursor(struct decode *d, int n)
{
    d->cursor_reports = n;
}

void decode_set_latin1(struct decode *d, bool on)
{
    d->latin1 = on;
}

/* Bytes that introduce something longer when they follow ESC. */
static bool is_introducer(char c)
{
    return c == '[' || c == 'O' || c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_';
}

int decode_wait_ms(const struct decode *d, int esc_timeout_ms)
{
    size_t left = d->in.len - d->at;
    if (d->pasting)
        return PASTE_WAIT_MS;
    if (!left)
        return d->skipping ? STRING_WAIT_MS : -1;
    const char *p = d->in.data + d->at;
    if (p[0] != ESC)
        return (unsigned char)p[0] < 0xA0 && !d->skipping ? esc_timeout_ms : STRING_WAIT_MS;
    size_t esc = left > 1 && p[1] == ESC ? 2 : 1;
    return left <= esc + 1 || p[left - 1] == '$' ? esc_timeout_ms : STRING_WAIT_MS;
}

/* ---- pastes ---- */

static void paste_byte(struct decode *d, char c)
{
    bool lf_of_crlf = c == '\n' && d->last_cr;
    d->last_cr = c == '\r';
    if (c == '\r')
        c = '\n';
    if (((unsigned char)c < 0x20 && c != '\n' && c != '\t') || c == 0x7F || lf_of_crlf)
        return;
    if (d->paste.len >= DECODE_PASTE_MAX)
        d->cut = true;
    else
        buf_addc(&d->paste, c);
}

/* Takes bytes of the paste until its end mark. True when that has come. */
static bool paste_on(struct decode *d)
{
    while (d->at < d->in.len) {
        char c = d->in.data[d->at++];
        if (c == paste_end[d->end_at]) {
            if (!paste_end[++d->end_at])
                return true;
            continue;
        }
        for (size_t i = 0; i < d->end_at; i++)
            paste_byte(d, paste_end[i]);
        d->end_at = 0;
        if (c == paste_end[0])
            d->end_at = 1;
        else
            paste_byte(d, c);
    }
    return false;
}

/* Cleans in pieces that end with a line, so that ten megabytes never stand in memory several times.
 */
static void paste_done(struct decode *d, struct decode_event *ev)
{
    const char *p = buf_str(&d->paste);
    size_t left = d->paste.len;
    buf_clear(&d->text);
    while (left) {
        size_t n = left;
        if (left > PASTE_CHUNK) {
            const char *nl = memchr(p + PASTE_CHUNK, '\n', left - PASTE_CHUNK);
            n = nl ? (size_t)(nl - p) + 1 : left;
        }
        d->cut = utf8_clean(&d->text, p, n, UTF8_TEXT, DECODE_PASTE_MAX - d->text.len) || d->cut;
        p += n;
        left -= n;
    }
    *ev = (struct decode_event){
        .kind = DECODE_PASTE, .cut = d->cut, .text = buf_str(&d->text), .len = d->text.len};
    buf_free(&d->paste);
    d->pasting = d->cut = d->last_cr = false;
    d->end_at = 0;
}

/* ---- single characters ---- */

static void key_event(struct decode_event *ev, struct key k)
{
    if (k.code == KEY_NONE)
        return;
    ev->kind = DECODE_KEY;
    ev->key = k;
}

/* One character: its length, or MORE. Invalid ones give no event. */
static size_t take_char(struct decode *d, const char *p, size_t left, int mods,
                        struct decode_event *ev)
{
    unsigned char c = (unsigned char)p[0];
    size_t used = 1;
    uint32_t cp = c;
    if (c >= 0x80 && !d->latin1) {
        size_t want = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
        cp = utf8_decode(p, left, &used);
        if (cp == UTF8_BAD && used == left && left < want && !d->expired)
            return MORE;
        if (cp == UTF8_BAD && !(used == 3 && c == 0xEF))
            return used;
    }
    key_event(ev, decode_key(cp, mods));
    return used;
}

/* ---- sequences ---- */

static bool parse_number(const char **p, const char *end, int *out)
{
    int n = -1;
    for (; *p < end && **p >= '0' && **p <= '9'; (*p)++)
        n = MIN((n < 0 ? 0 : n) * 10 + (**p - '0'), 1000000);
    *out = n;
    return n >= 0;
}

/* Splits "? 1 ; 2 : 3 $ y"; s is what stands between the introducer and the final byte. */
static void parse_csi(const char *s, size_t len, char final, struct csi *c)
{
    const char *p = s, *end = s + len;
    *c = (struct csi){.final = final};
    if (p < end && strchr("<=>?", *p))
        c->marker = *p++;
    while (p < end && c->count < (int)COUNT(c->n)) {
        int i = c->count;
        c->sub[i] = -1;
        parse_number(&p, end, &c->n[i]);
        while (p < end && *p == ':') {
            int sub;
            p++;
            if (parse_number(&p, end, &sub) && c->sub[i] < 0)
                c->sub[i] = sub;
        }
        c->count++;
        if (p >= end || *p != ';')
            break;
        p++;
    }
    if (p < end && (unsigned char)*p < 0x30)
        c->intermediate = *p;
}

/* A control sequence behind its introducer: how many bytes it takes, or MORE. */
static size_t take_csi(struct decode *d, const char *p, size_t left, int mods,
                       struct decode_event *ev)
{
    size_t i = 0;
    struct csi c;
    if (left && p[0] == '[') /* F1..F5 of the Linux console */
        i = 1;
    else if (left && p[0] == 'M') /* mouse of the oldest kind: three raw bytes follow */
        return left >= 4 ? 4 : d->expired ? left : MORE;
    while (i < left && i < SEQUENCE_MAX && (unsigned char)p[i] >= 0x20 &&
           (unsigned char)p[i] < 0x40)
        i++;
    bool rxvt_shift =
        i < left && i > 0 && p[i] != '$' && p[i - 1] == '$' && p[i] != 'y' && p[i] != 'p';
    if (i == left && i > 0 && p[i - 1] == '$' && d->expired)
        rxvt_shift = true;
    if (rxvt_shift) { /* rxvt ends keys with Shift by '$', which elsewhere is no final byte */
        parse_csi(p, i - 1, '$', &c);
        decode_csi(d, &c, ev);
        return i;
    }
    if (i == left)
        return d->expired ? left : MORE;
    if (i == SEQUENCE_MAX)
        return i;
    if ((unsigned char)p[i] < 0x40 || (unsigned char)p[i] > 0x7E)
        return i; /* broken: drop it, the byte that broke it begins anew */
    parse_csi(p, i, p[i], &c);
    if (p[0] == '[') {
        c.intermediate = '[';
        c.count = 0;
    }
    decode_csi(d, &c, ev);
    if (ev->kind == DECODE_KEY && mods)
        ev->key.mods |= KEYM_ALT;
    return i + 1;
}

static size_t take_ss3(const struct decode *d, const char *p, size_t left, int mods,
                       struct decode_event *ev)
{
    int n;
    const char *at = p;
    bool given = parse_number(&at, p + left, &n); /* "ESC O 5 P": some terminals */
    if (at == p + left)
        return d->expired ? left : MORE;
    if ((unsigned char)*at < 0x40 || (unsigned char)*at > 0x7E)
        return (size_t)(at - p);
    decode_ss3(*at, given ? n : 1, ev);
    if (ev->kind == DECODE_KEY && mods)
        ev->key.mods |= KEYM_ALT;
    return (size_t)(at - p) + 1;
}

/* A string (DCS, OSC, ...) behind its introducer, up to ST or BEL. Other controls break it off: a
 * key that is typed must not vanish because an answer never ended. */
static size_t take_string(struct decode *d, char kind, const char *p, size_t left,
                          struct decode_event *ev)
{
    for (size_t i = 0; i < left; i++) {
        unsigned char c = (unsigned char)p[i];
        bool st = c == ESC && i + 1 < left && p[i + 1] == '\\';
        if (c == '\a' || c == 0x9C || st) {
            if (!d->skipping)
                decode_string(d, kind, p, i, ev);
            d->skipping = false;
            return i + (st ? 2 : 1);
        }
        if (c == ESC && i + 1 == left && !d->expired)
            return d->skipping && i ? i : MORE;
        if (c < 0x20) {
            d->skipping = false;
            return i;
        }
    }
    if (d->expired) {
        d->skipping = false;
        return left;
    }
    d->skipping = d->skipping || left >= SEQUENCE_MAX;
    return d->skipping ? left : MORE;
}

/* ESC and what follows it. esc: how many ESC bytes stand before (2: Alt with a special key, as rxvt
 * sends it). */
static size_t take_escape(struct decode *d, const char *p, size_t left, size_t esc,
                          struct decode_event *ev)
{
    if (left == esc || (left == esc + 1 && is_introducer(p[esc]))) {
        if (!d->expired)
            return MORE;
        if (left == esc) {
            key_event(ev, (struct key){KEYC_ESC, 0});
            return 1;
        }
        key_event(ev, decode_key((unsigned char)p[esc], 3)); /* Alt and a bracket */
        return left;
    }
    char c = p[esc];
    const char *rest = p + esc + 1;
    size_t n, n_rest = left - esc - 1;
    int mods = esc > 1 ? KEYM_ALT : 0;
    if (!is_introducer(c)) {
        if (esc > 1) { /* Esc, then a new one */
            key_event(ev, (struct key){KEYC_ESC, 0});
            return 1;
        }
        n = take_char(d, p + 1, left - 1, 3, ev);
        return n == MORE ? MORE : n + 1;
    }
    if (c == '[')
        n = take_csi(d, rest, n_rest, mods, ev);
    else if (c == 'O')
        n = take_ss3(d, rest, n_rest, mods, ev);
    else
        n = take_string(d, c, rest, n_rest, ev);
    return n == MORE ? MORE : n + esc + 1;
}

/* One thing at the front: how many bytes it took, or MORE. */
static size_t take_one(struct decode *d, struct decode_event *ev)
{
    char intro[SEQUENCE_MAX + 64];
    const char *p = d->in.data + d->at;
    size_t left = d->in.len - d->at;
    unsigned char c = (unsigned char)p[0];
    if (d->skipping)
        return take_string(d, 0, p, left, ev);
    if (c >= 0x80 && c < 0xA0 &&
        is_introducer((char)(c - 0x40))) { /* the 8-bit forms of ESC [ and so on */
        intro[0] = ESC;
        intro[1] = (char)(c - 0x40);
        size_t n = MIN(left - 1, sizeof intro - 2);
        memcpy(intro + 2, p + 1, n);
        size_t used = take_escape(d, intro, n + 2, 1, ev);
        return used == MORE ? MORE : used - 1;
    }
    if (c != ESC)
        return take_char(d, p, left, 1, ev);
    return take_escape(d, p, left, left > 1 && p[1] == ESC ? 2 : 1, ev);
}

bool decode_next(struct decode *d, struct decode_event *ev)
{
    for (;;) {
        *ev = (struct decode_event){.kind = DECODE_NONE, .text = ""};
        if (d->pasting) {
            bool whole = paste_on(d);
            if (!whole && !d->expired)
                return false;
            paste_done(d, ev);
            return true;
        }
        if (d->at == d->in.len) {
            buf_consume(&d->in, d->at); /* wiped now, not with the next key */
            d->at = 0;
            d->skipping = d->skipping && !d->expired;
            d->expired = false;
            return false;
        }
        size_t n = take_one(d, ev);
        if (n == MORE)
            return false;
        ENSURE(n <= d->in.len - d->at);
        d->at += n;
        if (ev->kind != DECODE_NONE)
            return true;
    }
}
