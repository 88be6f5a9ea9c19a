/* backends/xmpp/jid_escape.c - addresses as people type and read them: "d'artagnan@musketeers.lit" (XEP-0106)
 *
 * kith's own addresses are always those of the wire; only what a person typed comes in here, and only what a person reads
 * as a name goes out. What decides anything (questions about strangers, blocking, comparing) shows and takes the real one. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/buf.h"
#include "base/mem.h"

/* §3: which characters, and how each is written; case counts. */
static const struct { char plain; char code[3]; } escapes[] = {
    {' ', "20"}, {'"', "22"}, {'&', "26"}, {'\'', "27"}, {'/', "2f"}, {':', "3a"}, {'<', "3c"}, {'>', "3e"}, {'@', "40"}, {'\\', "5c"}};

/* Of the sequence that begins here, 0: it is none. */
static char escaped_at(const char *s)
{
    for (size_t i = 0; *s == '\\' && i < COUNT(escapes); i++)
        if (strncmp(s + 1, escapes[i].code, 2) == 0)
            return escapes[i].plain;
    return '\0';
}

static const char *code_of(const char *s)
{
    for (size_t i = 0; i < COUNT(escapes); i++)
        if (*s == escapes[i].plain)
            return *s != '\\' || escaped_at(s) ? escapes[i].code : NULL;
    return NULL;
}

/* §4.1 of the local part; NULL: a space at one of its ends cannot be written. */
static char *escape(const char *s, size_t len)
{
    struct buf b = {0};
    if (len == 0 || s[0] == ' ' || s[len - 1] == ' ')
        return NULL;
    for (size_t i = 0; i < len; i++) {
        const char *code = code_of(s + i);
        if (code)
            buf_addf(&b, "\\%s", code);
        else
            buf_addc(&b, s[i]);
    }
    return buf_take(&b);
}

char *jid_typed(const char *text)
{
    char *as_is = text ? jid_bare(text) : NULL;
    const char *at = text ? strrchr(text, '@') : NULL;
    if (as_is || !at)
        return as_is;
    char *local = escape(text, (size_t)(at - text)), *whole = local ? xasprintf("%s%s", local, at) : NULL;
    char *out = whole ? jid_bare(whole) : NULL;
    free(local);
    free(whole);
    return out;
}

char *jid_shown(const char *bare)
{
    const char *at = bare ? strchr(bare, '@') : NULL;
    struct buf b = {0};
    bool any = false;
    for (const char *p = bare; at && p < at; p++) {
        char c = escaped_at(p);
        any = any || c;
        buf_addc(&b, c ? c : *p);
        p += c ? 2 : 0;
    }
    if (!any) {
        buf_free(&b);
        return NULL;
    }
    buf_adds(&b, at);
    char *shown = buf_take(&b), *again = jid_typed(shown);
    if (!str_eq(again, bare)) /* it would be read as somebody else's, or as nobody's */
        str_take(&shown, NULL);
    free(again);
    return shown;
}
