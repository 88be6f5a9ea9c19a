/* cmd/manual.c - the parts of the manual that are made from the tables: commands, options, keys,
 * roles */
#include "cmd/manual.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "config/theme.h"

/* Text for a line of its own: each sentence begins a line, nothing is taken for a macro. */
static void put_text(struct buf *out, const char *s)
{
    bool fresh = true;
    for (; *s; s++) {
        if (fresh && (*s == '.' || *s == '\''))
            buf_adds(out, "\\&");
        fresh = false;
        if (*s == '\\')
            buf_adds(out, "\\e");
        else if (*s == '\n' ||
                 (*s == ' ' && (s[-1] == '.' || s[-1] == '?') && s[1] >= 'A' && s[1] <= 'Z')) {
            buf_addc(out, '\n');
            fresh = true;
        } else {
            buf_addc(out, *s);
        }
    }
    buf_addc(out, '\n');
}

/* One quoted argument of a macro. */
static void put_arg(struct buf *out, const char *s)
{
    buf_adds(out, " \"\\&");
    for (; *s; s++) {
        if (*s == '"')
            buf_adds(out, "\\(dq");
        else if (*s == '\\')
            buf_adds(out, "\\e");
        else if (*s == '-')
            buf_adds(out, "\\-");
        else
            buf_addc(out, *s);
    }
    buf_addc(out, '"');
}

static void put_item(struct buf *out, const char *macro, const char *s)
{
    buf_addf(out, ".It %s", macro);
    put_arg(out, s);
    buf_addc(out, '\n');
}

/* "one|two|three" as "one, two, three". */
static void put_choices(struct buf *out, const char *choices)
{
    for (const char *p = choices; *p; p++) {
        if (*p == '|')
            buf_adds(out, p[1] ? ",\n" : "");
        else
            buf_addc(out, *p);
    }
}

/* ---- commands ---- */

static void put_command(struct buf *out, const struct cmd *c)
{
    struct buf usage = {0};
    cmd_usage(c, &usage);
    put_item(out, "Ic", buf_str(&usage));
    buf_free(&usage);
    put_text(out, c->summary);
    if (c->details)
        put_text(out, c->details);
    if (c->aliases)
        buf_adds(out, "Also:\n");
    for (const char *p = c->aliases; p && *p;) {
        size_t n = strcspn(p, " ");
        bool last = !p[n];
        buf_addf(out, ".Ic /%.*s%s\n", (int)n, p, last ? " ." : " ,");
        p += n + !last;
    }
}

static void put_commands(struct buf *out)
{
    static const char *const groups[][2] = {
        {"Account", "Accounts"},      {"Contacts", "Contacts"},
        {"Chats", "Chats and rooms"}, {"Messages", "Messages"},
        {"Files", "Files and links"}, {"Search", "Searching and scrolling"},
        {"Windows", "Windows"},       {"Encryption", "Encryption from end to end"},
        {"Settings", "Settings"},
        {"Program", "The program"},   {"Keys", "What only keys run"}};
    const struct cmd *all[CMD_MAX];
    size_t n = cmd_table(all);
    for (size_t g = 0; g < COUNT(groups); g++) {
        buf_addf(out, ".Ss %s\n.Bl -tag -width Ds\n", groups[g][1]);
        for (size_t i = 0; i < n; i++) {
            if (strcmp(all[i]->group, groups[g][0]) == 0)
                put_command(out, all[i]);
        }
        buf_adds(out, ".El\n");
    }
}

/* ---- options ---- */

static void put_option(struct buf *out, const struct option *o)
{
    put_item(out, "Ic", o->name);
    put_text(out, o->help);
    switch (o->type) {
    case OPTION_BOOL:
        buf_adds(out, "True or false.\n");
        break;
    case OPTION_INT:
        buf_addf(out, "A number from %lld to %lld.\n", (long long)o->min, (long long)o->max);
        break;
    case OPTION_STRING:
        buf_adds(out, "A text.\n");
        break;
    case OPTION_CHOICE:
        buf_adds(out, "One of\n");
        put_choices(out, o->choices);
        buf_adds(out, ".\n");
        break;
    case OPTION_LIST:
        buf_adds(out, o->choices ? "Some of\n" : "A list of words.\n");
        if (o->choices) {
            put_choices(out, o->choices);
            buf_adds(out, ".\n");
        }
        break;
    }
    if (*o->fallback) {
        buf_adds(out, "Built in:\n.Ql");
        put_arg(out, o->fallback);
        buf_adds(out, " .\n");
    } else {
        buf_adds(out, "Built in: nothing.\n");
    }
    if (o->dirties & OPTION_RESTART)
        buf_adds(out, "Holds from the next start on.\n");
}

static void put_options(struct buf *out)
{
    struct config *c = config_new();
    const struct option *o;
    buf_adds(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; (o = config_option_at(c, i)); i++)
        put_option(out, o);
    buf_adds(out, ".El\n");
    config_free(c);
}

/* ---- keys ---- */

static bool has(const struct keymap *k, const struct binding *b)
{
    const struct binding *const *all;
    size_t n = keymap_all(k, &all);
    for (size_t i = 0; i < n; i++) {
        bool same = all[i]->context == b->context && all[i]->n_chord == b->n_chord &&
                    strcmp(all[i]->command, b->command) == 0;
        for (size_t j = 0; same && j < b->n_chord; j++)
            same = key_eq(all[i]->chord[j], b->chord[j]);
        if (same)
            return true;
    }
    return false;
}

static void put_binding(struct buf *out, const struct binding *b)
{
    struct buf chord = {0};
    chord_name(b->chord, b->n_chord, &chord);
    put_item(out, "Ic", buf_str(&chord));
    put_text(out, b->help);
    buf_adds(out, ".Pq Li");
    put_arg(out, b->command);
    buf_addc(out, '\n');
    if (b->not_inside)
        buf_addf(out, "Not inside of %s, which has this key itself.\n", b->not_inside);
    buf_free(&chord);
}

/* The bindings of k that base has not (NULL: all). */
static void put_preset(struct buf *out, const struct keymap *k, const struct keymap *base)
{
    const struct binding *const *all;
    size_t n = keymap_all(k, &all);
    int context = -1;
    for (size_t i = 0; i < n; i++) {
        if (base && has(base, all[i]))
            continue;
        if (context != (int)all[i]->context)
            buf_addf(out, "%s.Ss %s: %s\n.Bl -tag -width \"M\\-Backspace\" -compact\n",
                     context >= 0 ? ".El\n" : "", key_context_name(all[i]->context),
                     key_context_words(all[i]->context));
        context = (int)all[i]->context;
        put_binding(out, all[i]);
    }
    buf_adds(out, ".El\n");
}

/* What the preset takes away from the standard keys. */
static void put_gone(struct buf *out, const struct keymap *k, const struct keymap *standard)
{
    const struct binding *const *all;
    size_t n = keymap_all(standard, &all), gone = 0;
    for (size_t i = 0; i < n; i++) {
        struct key_where nowhere = {0};
        bool prefix;
        const struct binding *b =
            keymap_find(k, &all[i]->context, 1, all[i]->chord, all[i]->n_chord, &nowhere, &prefix);
        if (b)
            continue;
        struct buf chord = {0};
        chord_name(all[i]->chord, all[i]->n_chord, &chord);
        buf_adds(out, gone++ ? " ,\n.Ic" : ".Pp\nWithout a meaning here:\n.Ic");
        put_arg(out, buf_str(&chord));
        buf_addf(out, "\n.Pq %s", key_context_name(all[i]->context));
        buf_free(&chord);
    }
    buf_adds(out, gone ? " .\n" : "");
}

static void put_keys_of(struct buf *out, const char *preset)
{
    struct config *c = config_new();
    struct keymap *k = keymap_builtin(c, preset), *standard = keymap_builtin(c, "standard");
    bool is_standard = strcmp(preset, "standard") == 0;
    put_preset(out, k, is_standard ? NULL : standard);
    if (!is_standard)
        put_gone(out, k, standard);
    keymap_free(standard);
    keymap_free(k);
    config_free(c);
}

static void put_keys(struct buf *out)
{
    put_keys_of(out, "standard");
}

static void put_keys_emacs(struct buf *out)
{
    put_keys_of(out, "emacs");
}

static void put_keys_vi(struct buf *out)
{
    put_keys_of(out, "vi");
}

static void put_contexts(struct buf *out)
{
    for (enum key_context c = CTX_POPUP; c < N_KEY_CONTEXTS; c++)
        buf_addf(out, "%s%s\n", key_context_name(c), c + 1 == N_KEY_CONTEXTS ? "." : ",");
}

static void put_key_names(struct buf *out)
{
    char name[32];
    for (uint32_t code = KEYC_ENTER; code <= KEYC_F1; code++) {
        key_name((struct key){code, 0}, name);
        buf_addf(out, "%s%s\n", name, code == KEYC_F1 ? " to F24," : ",");
    }
    buf_adds(out, "Space.\n");
}

static void put_actions(struct buf *out)
{
    static const char *const commands[] = {"edit-line", "vi", "popup", "panel"};
    buf_adds(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < COUNT(commands); i++) {
        const struct cmd *c = cmd_find(commands[i]);
        char *slashed = xasprintf("/%s", c->name);
        put_item(out, "Ic", slashed);
        put_text(out, c->summary);
        put_choices(out, c->args[0].choices);
        buf_adds(out, ".\n");
        free(slashed);
    }
    buf_adds(out, ".El\n");
}

/* ---- themes ---- */

static void put_roles(struct buf *out)
{
    char group[32] = "";
    buf_adds(out, ".Bl -tag -width Ds\n");
    for (enum role r = ROLE_BASE; r < N_ROLES; r++) {
        const char *name = role_name(r), *dot = strchr(name, '.');
        size_t n = dot ? (size_t)(dot - name) : strlen(name);
        bool same = strlen(group) == n && strncmp(group, name, n) == 0;
        if (same) {
            buf_addf(out, ",\n%s", dot + 1);
            continue;
        }
        str_copy(group, MIN(sizeof group, n + 1), name);
        buf_adds(out, r ? ".\n" : "");
        put_item(out, "Ic", group);
        buf_adds(out, dot ? dot + 1 : "What everything else leans on");
    }
    buf_adds(out, ".\n.El\n");
}

static void put_themes(struct buf *out)
{
    static const char *const names[][2] = {
        {"default", "Follows the terminal, dark or light."},
        {"ansi16", "Only the terminal's own sixteen colours."},
        {"mono", "No colour: bold, dim, underline, reverse video."},
        {"contrast",
         "Black and white and few strong colours, all text at least 7 to 1; dark or light."},
        {"gruvbox", "Warm colours; dark or light."},
        {"solarized", "Solarized, as far as it can be read; dark or light."},
        {"nord", "Cold blues."},
        {"catppuccin", "Pastels; dark or light."},
        {"irssi", "Blue bars, plain names."},
        {"weechat", "Dark bars, mentions on magenta."}};
    buf_adds(out, ".Bl -tag -width \"catppuccin\"\n");
    for (size_t i = 0; i < COUNT(names); i++) {
        put_item(out, "Ic", names[i][0]);
        put_text(out, names[i][1]);
    }
    buf_adds(out, ".El\n");
}

bool manual_part(const char *name, struct buf *out)
{
    static const struct {
        const char *name;
        void (*put)(struct buf *out);
    } parts[] = {{"commands", put_commands},   {"options", put_options},
                 {"keys", put_keys},           {"keys-emacs", put_keys_emacs},
                 {"keys-vi", put_keys_vi},     {"contexts", put_contexts},
                 {"key-names", put_key_names}, {"actions", put_actions},
                 {"roles", put_roles},         {"themes", put_themes}};
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (strcmp(parts[i].name, name) == 0) {
            parts[i].put(out);
            return true;
        }
    }
    return false;
}
