/* fuzz/fuzz_config.c - configuration, keys, accounts and themes as anybody may write them */
/* links: base config */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/keymap.h"
#include "config/theme_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the last string it read when a syntax error follows. By module: a machine without a symbolizer
 * knows no names of functions; leaks of our own use of libconfig are found by the unit tests. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so\n";
}

static void try_theme(const struct source *src)
{
    struct raw_theme raw = {0};
    raw_read(&raw, src);
    raw_free(&raw);
}

/* The first byte says what the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source src;
    struct err e = {0};
    int line = 0;
    if (size < 1)
        return 0;
    path_set_root("/nonexistent/kith");
    if (data[0] == 'k') { /* one chord */
        struct key chord[KEY_CHORD_MAX];
        char *text = xstrndup((const char *)data + 1, size - 1);
        int n = chord_parse(text, chord, &e);
        struct buf name = {0};
        if (n > 0)
            chord_name(chord, (size_t)n, &name);
        buf_free(&name);
        free(text);
        return 0;
    }
    if (source_parse(&src, (const char *)data + 1, size - 1, "fuzz.cfg", &line, &e) < 0) {
        if (line < 1 || !e.text[0])
            abort();
        return 0;
    }
    struct config *c = config_new();
    struct keymap *k = keymap_new(c);
    switch (data[0]) {
    case 'a':
        config_read_accounts(c, &src);
        break;
    case 'b':
        keymap_read(k, LAYER_USER, &src);
        break;
    case 't':
        try_theme(&src);
        break;
    default:
        config_read_tree(c, data[0] == 's' ? LAYER_SET : LAYER_USER, &src);
        break;
    }
    free(config_print(c));
    keymap_free(k);
    config_free(c);
    source_free(&src);
    return 0;
}
