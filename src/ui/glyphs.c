/* ui/glyphs.c - the signs of the screen and their ASCII twins */
#include "ui/glyphs.h"

#include <string.h>

#include "base/cells.h"

const struct glyphs *glyphs_get(bool ascii)
{
    static const struct glyphs unicode = {.ascii = false,
#define X(field, u, a) .field = (u),
                                          GLYPHS(X)
#undef X
    };
    static const struct glyphs twins = {.ascii = true,
#define X(field, u, a) .field = (a),
                                        GLYPHS(X)
#undef X
    };
    return ascii ? &twins : &unicode;
}

bool glyphs_ascii(const struct glyphs *g)
{
    return g == glyphs_get(true);
}

const char *glyph_show(const struct glyphs *g, enum kith_show show)
{
    switch (show) {
    case KITH_SHOW_OFFLINE:
        return g->offline;
    case KITH_SHOW_ONLINE:
        return g->online;
    case KITH_SHOW_CHAT:
        return g->chat;
    case KITH_SHOW_AWAY:
        return g->away;
    case KITH_SHOW_XA:
        return g->xa;
    case KITH_SHOW_DND:
        return g->dnd;
    case KITH_SHOW_UNKNOWN:
        return g->unknown;
    }
    return g->unknown;
}

const char *glyph_ascii(const char *cluster, size_t len)
{
    static const struct {
        const char *from, *to;
    } twins[] = {{"…", "~~"},   {"·", ".."},     {"—", "--"}, {"–", "--"}, {"“", "\"\""},
                 {"”", "\"\""}, {"‘", "''"},     {"’", "''"}, {"→", ">>"}, {"←", "<<"},
                 {"↑", "^^"},   {"↓", "vv"},     {"▼", "vv"}, {"✓", "vv"}, {"✗", "!!"},
                 {"×", "xx"},   {"•", "**"},     {"›", ">>"}, {"‹", "<<"}, {"│", "||"},
                 {"┃", "||"},   {"─", "--"},     {"╭", "++"}, {"╮", "++"}, {"╰", "++"},
                 {"╯", "++"},   {"\u00a0", "  "}};
    for (size_t i = 0; i < COUNT(twins); i++)
        if (strlen(twins[i].from) == len && memcmp(twins[i].from, cluster, len) == 0)
            return twins[i].to;
    return NULL;
}

void glyph_words(const struct glyphs *g, struct buf *out, const char *words)
{
    size_t len = strlen(words);
    if (!g->ascii) {
        buf_add(out, words, len);
        return;
    }
    for (size_t at = 0, n; at < len; at += n) {
        n = (unsigned char)words[at] < 0x80 ? 1 : cluster_next(words + at, len - at);
        const char *twin = n > 1 ? glyph_ascii(words + at, n) : NULL;
        if (twin)
            buf_addc(out, twin[0]);
        else
            buf_add(out, words + at, n);
    }
}
