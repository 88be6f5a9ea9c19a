/* backends/irc/charset.c - lines that are not in UTF-8: as what they are read, and as what ours are written */
#include "backends/irc/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

const struct irc_charset irc_windows_1252 = {0};

/* Windows-1252 where it differs from Latin-1: 0x80..0x9F. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
    0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};

/* One step over s: converts what it can, and says how much of s that was. s NULL: what was held back, as a letter is
 * that an accent may follow. */
static size_t convert(iconv_t cd, const char *s, size_t len, struct buf *out, bool *stuck)
{
    char piece[512], *to = piece, *from = (char *)(uintptr_t)s;
    size_t left = len, room = sizeof piece;
    size_t rc = iconv(cd, s ? &from : NULL, &left, &to, &room);
    buf_add(out, piece, sizeof piece - room);
    *stuck = rc == (size_t)-1 && errno != E2BIG;
    return len - left;
}

/* Converts all of s; instead of what cannot be, `hole` stands for each character (of one byte, or of UTF-8). */
static void convert_all(iconv_t cd, const char *s, size_t len, bool utf8, const char *hole, struct buf *out)
{
    bool stuck;
    (void)iconv(cd, NULL, NULL, NULL, NULL);
    while (len > 0) {
        size_t n = convert(cd, s, len, out, &stuck);
        s += n;
        len -= n;
        if (!stuck || len == 0)
            continue;
        n = 1;
        if (utf8)
            (void)utf8_decode(s, len, &n);
        buf_adds(out, hole);
        s += n;
        len -= n;
    }
    (void)convert(cd, NULL, 0, out, &stuck);
}

/* ASCII is itself, there and back: IRC's own words must stay what they are. */
static bool is_ascii_there(iconv_t cd)
{
    char all[0x7f];
    struct buf out = {0};
    for (int i = 0; i < 0x7f; i++)
        all[i] = (char)(i + 1);
    convert_all(cd, all, sizeof all, false, "", &out);
    bool same = out.len == sizeof all && memcmp(out.data, all, sizeof all) == 0;
    buf_free(&out);
    return same;
}

/* Those that change their meaning by escape sequences are made of ASCII: no line tells that it is in them. */
static bool is_stateful(const char *name)
{
    return strncasecmp(name, "iso-2022", 8) == 0 || strncasecmp(name, "iso2022", 7) == 0 || strncasecmp(name, "csiso2022", 9) == 0;
}

static void *open_one(const char *to, const char *from, const char *name, const char **bad)
{
    iconv_t cd = strpbrk(name, "/ ") || is_stateful(name) ? (iconv_t)-1 : iconv_open(to, from);
    if (cd != (iconv_t)-1 && is_ascii_there(cd))
        return (void *)cd;
    if (cd != (iconv_t)-1)
        (void)iconv_close(cd);
    *bad = name;
    return NULL;
}

static bool is_utf8(const char *name)
{
    return strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0;
}

void irc_charset_open(struct irc_charset *c, const char *in, const char *out, const char **bad)
{
    *c = (struct irc_charset){0};
    *bad = NULL;
    c->utf8 = in && is_utf8(in);
    if (in && !c->utf8 && strcasecmp(in, "windows-1252") != 0 && strcasecmp(in, "cp1252") != 0)
        c->in = open_one("UTF-8", in, in, bad);
    if (out && !is_utf8(out))
        c->out = open_one(out, "UTF-8", out, bad);
}

void irc_charset_close(struct irc_charset *c)
{
    if (c->in)
        (void)iconv_close((iconv_t)c->in);
    if (c->out)
        (void)iconv_close((iconv_t)c->out);
    *c = (struct irc_charset){0};
}

void irc_charset_decode(const struct irc_charset *c, const char *s, size_t len, struct buf *out)
{
    if (c->in && !c->utf8) {
        convert_all((iconv_t)c->in, s, len, false, "\xEF\xBF\xBD", out);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char b = (unsigned char)s[i];
        char utf8[4];
        uint32_t cp = c->utf8 ? 0xFFFD : b >= 0x80 && b < 0xA0 ? windows_1252[b - 0x80] : b;

        if (b < 0x80)
            buf_addc(out, s[i]);
        else
            buf_add(out, utf8, utf8_encode(cp, utf8));
    }
}

void irc_charset_encode(const struct irc_charset *c, const char *s, size_t len, struct buf *out)
{
    if (c->out)
        convert_all((iconv_t)c->out, s, len, true, "?", out);
    else
        buf_add(out, s, len);
}

char *irc_charset_round(const struct irc_charset *c, const char *text)
{
    struct buf written = {0}, read = {0};
    if (!c->out)
        return xstrdup(text);
    irc_charset_encode(c, text, strlen(text), &written);
    if (utf8_valid(buf_str(&written), written.len))
        buf_add(&read, written.data, written.len);
    else
        irc_charset_decode(c, written.data, written.len, &read);
    buf_free(&written);
    return buf_take(&read);
}
