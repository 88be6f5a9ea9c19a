/* ui/glyphs.h - the signs of the screen and their ASCII twins (UX.md 4.15) */
#ifndef UI_GLYPHS_H
#define UI_GLYPHS_H

#include "base/base.h"
#include "base/buf.h"
#include "kith/plugin.h"

/* X(field, unicode, ascii): each takes one cell, but for those said to take two. */
/* clang-format off */
#define GLYPHS(X) \
    X(online, "●", "o") \
    X(chat, "●", "O") \
    X(away, "◐", "a") \
    X(xa, "◔", "x") \
    X(dnd, "⊖", "d") \
    X(offline, "○", ".") \
    X(unknown, "◌", "?") \
    X(asks, "⊕", "+") \
    X(room, "#", "#") \
    X(query, "◇", "?") \
    X(sending, "·", ".") \
    X(sent, "✓", "v") \
    X(delivered, "✓✓", "vv") /* two cells */ \
    X(read, "✓✓", "VV") /* two cells */ \
    X(failed, "✗", "!") \
    X(warn, "!", "!") \
    X(mention, "@", "@") \
    X(quote, "╭", ",") \
    X(code, "┃", "|") \
    X(cut, "›", ">") \
    X(back, "‹", "<") \
    X(more, "…", "~") \
    X(dot, "·", ".") \
    X(opened, "▾", "-") \
    X(folded, "▸", "+") \
    X(bar, "▐", ">") \
    X(select, "▌", ">") \
    X(vline, "│", "|") \
    X(hline, "─", "-") \
    X(prompt, "❯", ">") \
    X(bullet, "•", "*") \
    X(arrow, "→", ">") \
    X(times, "×", "x") \
    X(corner_nw, "╭", "+") \
    X(corner_ne, "╮", "+") \
    X(corner_sw, "╰", "+") \
    X(corner_se, "╯", "+") \
    X(radio_on, "•", "*") \
    X(check, "x", "x") \
    X(lock, "✓", "v") \
    X(cover, "▒", "#")
/* clang-format on */

struct glyphs {
    bool ascii;
#define X(field, unicode, twin) const char *field;
    GLYPHS(X)
#undef X
};

const struct glyphs *glyphs_get(bool ascii);
bool glyphs_ascii(const struct glyphs *g); /* are these the ASCII ones? */
/* The presence of a contact as one cell. */
const char *glyph_show(const struct glyphs *g, enum kith_show show);
/* Two bytes that stand for a typographic character where UTF-8 cannot be shown; NULL: none, '?' it
 * is. */
const char *glyph_ascii(const char *cluster, size_t len);
/* Appends one of our own sentences, in ASCII when the glyphs are. */
void glyph_words(const struct glyphs *g, struct buf *out, const char *words);

#endif
