/* ui/surface_look.c - what authors of messages chose, over the styles of the theme: attributes and colours */
#include <stdio.h>

#include "ui/surface_private.h"

static uint8_t attributes(uint32_t style)
{
    static const struct {
        uint32_t look;
        uint8_t bit;
    } rows[] = {{LOOK_BOLD, STYLE_BOLD},
                {LOOK_ITALIC, STYLE_ITALIC},
                {LOOK_UNDERLINE, STYLE_UNDERLINE},
                {LOOK_STRIKE, STYLE_STRIKE},
                {LOOK_REVERSE, STYLE_REVERSE}};
    uint8_t bits = 0;
    for (size_t i = 0; i < COUNT(rows); i++)
        bits |= style & rows[i].look ? rows[i].bit : 0;
    return bits;
}

uint16_t surface_look(struct surface *s, uint16_t under, const struct look *l)
{
    char key[64];
    snprintf(key, sizeof key, "%x!%x,%x,%x", (unsigned)under, (unsigned)l->style, (unsigned)l->fg,
             (unsigned)l->bg);
    void *known = map_get(&s->p->mix_index, key);
    if (known)
        return (uint16_t)((uintptr_t)known - 1);
    struct style st = *surface_style_of(s, under);
    int32_t fg = l->fg ? (int32_t)(l->fg & 0xffffff) : -1, bg = l->bg ? (int32_t)(l->bg & 0xffffff) : -1;
    if (s->p->theme)
        theme_paint(s->p->theme, &st, fg, bg);
    st.attr |= attributes(l->style);
    st.mono |= attributes(l->style);
    size_t before = s->p->n_mixes;
    uint16_t n = surface_add_mix(s, key, st, surface_role_of(s, under));
    if (s->p->n_mixes > before && (fg >= 0 || bg >= 0)) {
        struct surface_mix *m = &s->p->mixes[before];
        m->painted = true;
        m->fg = fg;
        m->bg = bg;
    }
    return n;
}
