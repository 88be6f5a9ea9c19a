/* config/keysfile.c - reads keys.cfg: preset, times, names of prefixes, bindings by context and
 * limit */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/keymap.h"

static const char *const group_keys[] = {"context", "keys",     "inherit",
                                         "account", "protocol", "chat"};

static void complain(struct keymap *k, const struct source *src, const config_setting_t *s,
                     const char *what, const char *got, const char *near)
{
    int line = (int)config_setting_source_line(s);
    if (near)
        config_problem(k->config, PROBLEM_KEYS, src->name, line,
                       "unknown %s \"%.60s\" (did you mean \"%s\"?)", what, got, near);
    else
        config_problem(k->config, PROBLEM_KEYS, src->name, line, "unknown %s \"%.60s\"", what, got);
}

static void read_number(struct keymap *k, const struct source *src, const config_setting_t *s,
                        int *out, int min)
{
    char *text = setting_text(s);
    int64_t n;
    if (text && str_int(text, min, 60000, &n))
        *out = (int)n;
    else
        config_problem(k->config, PROBLEM_KEYS, src->name, (int)config_setting_source_line(s),
                       "%s is a number of milliseconds from %d to 60000", config_setting_name(s),
                       min);
    free(text);
}

/* Its rows have been put already; here it is only checked. */
static void read_preset(struct keymap *k, const struct source *src, const config_setting_t *s)
{
    const char *name =
        config_setting_type(s) == CONFIG_TYPE_STRING ? config_setting_get_string(s) : "";
    if (!preset_known(name))
        complain(k, src, s, "preset", name, preset_nearest(name));
}

static void read_prefixes(struct keymap *k, const struct source *src, const config_setting_t *list)
{
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *row = config_setting_get_elem(list, (unsigned)i);
        const char *key =
            config_setting_is_list(row) ? config_setting_get_string_elem(row, 0) : NULL;
        const char *name = key ? config_setting_get_string_elem(row, 1) : NULL;
        int line = (int)config_setting_source_line(row);
        struct key parsed;
        struct err e = {0};
        if (!name)
            config_problem(k->config, PROBLEM_KEYS, src->name, line,
                           "a prefix is written ( \"key\", \"name\" )");
        else if (key_parse(key, &parsed, &e) < 0)
            config_problem(k->config, PROBLEM_KEYS, src->name, line, "%s", e.text);
        else
            keymap_put_prefix(k, parsed, name);
    }
}

static void read_key(struct keymap *k, enum layer layer, const struct source *src,
                     const config_setting_t *group, const config_setting_t *row,
                     enum key_context context)
{
    int line = (int)config_setting_source_line(row);
    const char *f[3] = {NULL};
    for (int i = 0; i < 3 && config_setting_is_list(row); i++)
        f[i] = config_setting_get_string_elem(row, i);
    if (!f[0] || !f[1]) {
        config_problem(k->config, PROBLEM_KEYS, src->name, line,
                       "a key is written ( \"key\", \"/command\", \"what the popup says\" )");
        return;
    }
    struct binding b = {.context = context, .origin = {src->name, line}};
    struct err e = {0};
    int n = chord_parse(f[0], b.chord, &e);
    if (n < 0) {
        config_problem(k->config, PROBLEM_KEYS, src->name, line, "%s", e.text);
        return;
    }
    b.n_chord = (size_t)n;
    b.command = xstrdup(f[1]);
    b.help = xstrdup(f[2] ? f[2] : f[1]);
    b.account = xstrdup(setting_string(group, "account"));
    b.protocol = xstrdup(setting_string(group, "protocol"));
    b.chat = xstrdup(setting_string(group, "chat"));
    keymap_put(k, layer, &b);
}

static void read_group(struct keymap *k, enum layer layer, const struct source *src,
                       const config_setting_t *group)
{
    const char *names[N_KEY_CONTEXTS];
    int line = (int)config_setting_source_line(group), inherit = 1;
    if (!config_setting_is_group(group)) {
        config_problem(k->config, PROBLEM_KEYS, src->name, line,
                       "bindings are written { context = \"...\"; keys = ( ... ); }");
        return;
    }
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(s);
        bool known = false;
        for (size_t g = 0; g < COUNT(group_keys); g++)
            known = known || strcmp(group_keys[g], name) == 0;
        if (!known)
            complain(k, src, s, "setting", name, nearest_name(name, group_keys, COUNT(group_keys)));
    }
    for (enum key_context c = CTX_POPUP; c < N_KEY_CONTEXTS; c++)
        names[c] = key_context_name(c);
    const config_setting_t *where = config_setting_get_member(group, "context");
    const char *name = setting_string(group, "context");
    if (!name) {
        config_problem(k->config, PROBLEM_KEYS, src->name,
                       where ? (int)config_setting_source_line(where) : line,
                       "bindings need a context, such as \"global\"");
        return;
    }
    enum key_context context = key_context_find(name);
    if (context == N_KEY_CONTEXTS) {
        complain(k, src, where, "context", name, nearest_name(name, names, COUNT(names)));
        return;
    }
    if (config_setting_lookup_bool(group, "inherit", &inherit) && !inherit)
        k->stop[context] = true;
    const config_setting_t *keys = config_setting_get_member(group, "keys");
    for (int i = 0; keys && i < config_setting_length(keys); i++)
        read_key(k, layer, src, group, config_setting_get_elem(keys, (unsigned)i), context);
}

void keymap_read(struct keymap *k, enum layer layer, const struct source *src)
{
    static const char *const top[] = {"preset",         "chord_timeout_ms", "popup_delay_ms",
                                      "esc_timeout_ms", "prefixes",         "bindings"};
    const config_setting_t *root = config_root_setting(&src->tree);
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
        const char *name = config_setting_name(s);
        if (strcmp(name, "preset") == 0)
            read_preset(k, src, s);
        else if (strcmp(name, "chord_timeout_ms") == 0)
            read_number(k, src, s, &k->chord_ms, 0);
        else if (strcmp(name, "popup_delay_ms") == 0)
            read_number(k, src, s, &k->popup_ms, -1);
        else if (strcmp(name, "esc_timeout_ms") == 0)
            read_number(k, src, s, &k->esc_ms, 0);
        else if (strcmp(name, "prefixes") == 0)
            read_prefixes(k, src, s);
        else if (strcmp(name, "bindings") != 0)
            complain(k, src, s, "setting", name, nearest_name(name, top, COUNT(top)));
        else
            for (int g = 0; g < config_setting_length(s); g++)
                read_group(k, layer, src, config_setting_get_elem(s, (unsigned)g));
    }
}
