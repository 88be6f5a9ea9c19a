/* config/theme_builtin.c - the themes of themes/, compiled in, so that there always is one */
#include <string.h>

#include "config/theme_private.h"

static const struct {
    const char *name, *text;
} themes[] = {
#define THEME(name, text) {name, text},
#include "themes.inc" /* made from themes/ by the Makefile */
#undef THEME
};

const char *builtin_theme(const char *name)
{
    for (size_t i = 0; i < COUNT(themes); i++) {
        if (strcmp(themes[i].name, name) == 0)
            return themes[i].text;
    }
    return NULL;
}

const char *builtin_theme_at(size_t i)
{
    return i < COUNT(themes) ? themes[i].name : NULL;
}
