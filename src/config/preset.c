/* config/preset.c - the presets by name: which rows each has, over which others, and what goes with
 * them */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/keymap.h"

static const char *const presets[] = {"standard", "emacs", "vi"};

bool preset_known(const char *name)
{
    for (size_t i = 0; i < COUNT(presets); i++) {
        if (strcmp(presets[i], name) == 0)
            return true;
    }
    return false;
}

const char *preset_nearest(const char *name)
{
    return nearest_name(name, presets, COUNT(presets));
}

/* What a multiplexer takes for itself can do nothing in it, so there it is not ours. */
static const char *taken_by(struct key first)
{
    if (first.mods != KEYM_CTRL)
        return NULL;
    return first.code == 'b' ? "tmux" : first.code == 'a' ? "screen" : NULL;
}

static void put_rows(struct keymap *k, const struct preset_row *rows)
{
    for (; rows->chord; rows++) {
        struct binding b = {.context = rows->context};
        int n = chord_parse(rows->chord, b.chord, NULL);
        ENSURE(n > 0);
        b.n_chord = (size_t)n;
        b.command = xstrdup(rows->command);
        b.help = xstrdup(rows->help);
        b.not_inside = taken_by(b.chord[0]);
        keymap_put(k, LAYER_BUILTIN, &b);
    }
}

/* Emacs gives up by Ctrl-g, whatever there is to be given up. */
static void put_ctrl_g(struct keymap *k)
{
    size_t n = k->n_entries;
    for (size_t i = 0; i < n; i++) {
        const struct binding *esc = &k->entries[i].b;
        if (!k->entries[i].live || esc->n_chord != 1 || esc->chord[0].code != KEYC_ESC ||
            esc->chord[0].mods)
            continue;
        struct binding b = {.context = esc->context, .chord = {{'g', KEYM_CTRL}}, .n_chord = 1};
        b.command = xstrdup(esc->command);
        b.help = xstrdup(esc->help);
        keymap_put(k, LAYER_BUILTIN, &b);
    }
}

static void put_prefix(struct keymap *k, const char *key, const char *name)
{
    struct key parsed;
    ENSURE(key_parse(key, &parsed, NULL) >= 0);
    keymap_put_prefix(k, parsed, name);
}

void preset_put(struct keymap *k, const char *name)
{
    bool vi = strcmp(name, "vi") == 0;
    put_rows(k, preset_standard);
    if (strcmp(name, "emacs") == 0) {
        put_rows(k, preset_emacs);
        put_ctrl_g(k);
    }
    if (vi)
        put_rows(k, preset_vi);
    put_prefix(k, "M-w", "window");
    put_prefix(k, "M-q", "look of the text");
    put_prefix(k, "C-x", "more");
    config_drop_aliases(k->config, LAYER_BUILTIN);
    if (!vi)
        return;
    put_prefix(k, "C-w", "window");
    put_prefix(k, "g", "go");
    for (size_t i = 0; preset_vi_aliases[i][0]; i++)
        config_put_alias(k->config, LAYER_BUILTIN, preset_vi_aliases[i][0], preset_vi_aliases[i][1],
                         (struct origin){NULL, 0});
}
