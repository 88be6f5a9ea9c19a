/* config/keymap.h - what the files of the key map share: its layers, and the compiled-in presets */
#ifndef CONFIG_KEYMAP_H
#define CONFIG_KEYMAP_H

#include "config/internal.h"
#include "config/keys.h"

struct preset_row {
    enum key_context context;
    const char *chord; /* NULL: the end */
    const char *command, *help;
};
extern const struct preset_row preset_standard[], preset_emacs[], preset_vi[];
extern const char *const preset_vi_aliases[][2]; /* ended by NULL */

struct entry {
    struct binding b;
    enum layer layer;
    bool live; /* neither removed nor replaced */
};
struct prefix {
    struct key key;
    char *name;
};
struct keymap {
    struct config *config;
    int (*check)(const char *line, struct err *e);
    struct entry *entries; /* grouped by context once settled */
    size_t n_entries, cap_entries;
    const struct binding **live;
    size_t n_live;
    struct prefix *prefixes;
    size_t n_prefixes, cap_prefixes;
    bool stop[N_KEY_CONTEXTS]; /* inherit = false */
    int chord_ms, popup_ms, esc_ms;
    char *preset;
};

/* Puts a binding; takes over b's strings. Says so in config's problems when the same file has it
 * twice. */
void keymap_put(struct keymap *k, enum layer layer, struct binding *b);
/* Reads keys.cfg of one layer. */
void keymap_read(struct keymap *k, enum layer layer, const struct source *src);
void keymap_put_prefix(struct keymap *k, struct key key, const char *name);
bool keymap_same_place(const struct binding *a, const struct binding *b);

/* ---- preset.c ---- */
bool preset_known(const char *name);
const char *preset_nearest(const char *name); /* NULL: none is near */
/* Puts the rows of a preset over those that it leans on, and its aliases into config. */
void preset_put(struct keymap *k, const char *name);

#endif
