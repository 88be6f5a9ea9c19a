/* config/keymap.c - which command line a chord runs in which context: layers put together, and
 * looked up */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/keymap.h"
#include "kith/plugin.h"

static void binding_clear(struct binding *b)
{
    free(b->command);
    free(b->help);
    free(b->account);
    free(b->protocol);
    free(b->chat);
}

static void keymap_clear(struct keymap *k)
{
    for (size_t i = 0; i < k->n_entries; i++)
        binding_clear(&k->entries[i].b);
    k->n_entries = 0;
    k->n_live = 0;
    for (size_t i = 0; i < k->n_prefixes; i++)
        free(k->prefixes[i].name);
    k->n_prefixes = 0;
    for (size_t i = 0; i < N_KEY_CONTEXTS; i++)
        k->stop[i] = false;
    k->chord_ms = 1000;
    k->popup_ms = 400;
    k->esc_ms = 25;
}

static bool begins_with(const struct binding *b, const struct key *chord, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i >= b->n_chord || !key_eq(b->chord[i], chord[i]))
            return false;
    }
    return true;
}

bool keymap_same_place(const struct binding *a, const struct binding *b)
{
    return a->context == b->context && a->n_chord == b->n_chord &&
           begins_with(a, b->chord, b->n_chord) && str_eq(a->account, b->account) &&
           str_eq(a->protocol, b->protocol) && str_eq(a->chat, b->chat);
}

/* A removal in "global" takes the key from the input and the chat too: for the user these are one
 * place. */
static bool removes(const struct binding *gone, const struct binding *b)
{
    return !*gone->command && gone->context == CTX_GLOBAL &&
           (b->context == CTX_INPUT || b->context == CTX_CHAT) && !gone->account &&
           !gone->protocol && !gone->chat && b->n_chord == gone->n_chord &&
           begins_with(b, gone->chord, gone->n_chord);
}

void keymap_put(struct keymap *k, enum layer layer, struct binding *b)
{
    /* A key that is taken away in some chats only must still be found there, as one that does
     * nothing. */
    bool limited = b->account || b->protocol || b->chat;
    struct entry fresh = {*b, layer, *b->command != '\0' || limited};
    for (size_t i = 0; i < k->n_entries; i++) {
        struct entry *old = &k->entries[i];
        if (keymap_same_place(&old->b, b)) {
            if (layer >= LAYER_SYSTEM && layer != LAYER_SET &&
                str_eq(old->b.origin.file, b->origin.file)) {
                struct buf name = {0};
                chord_name(b->chord, b->n_chord, &name);
                config_problem(k->config, PROBLEM_KEYS, b->origin.file, b->origin.line,
                               "%s is already bound for \"%s\" in line %d", buf_str(&name),
                               key_context_name(b->context), old->b.origin.line);
                buf_free(&name);
            }
            old->live = false;
        } else if (removes(b, &old->b) && layer > old->layer) {
            old->live = false;
        }
    }
    VEC_PUSH(k->entries, k->n_entries, k->cap_entries, fresh);
}

void keymap_put_prefix(struct keymap *k, struct key key, const char *name)
{
    for (size_t i = 0; i < k->n_prefixes; i++) {
        if (key_eq(k->prefixes[i].key, key)) {
            str_set(&k->prefixes[i].name, name);
            return;
        }
    }
    struct prefix p = {key, xstrdup(name)};
    VEC_PUSH(k->prefixes, k->n_prefixes, k->cap_prefixes, p);
}

static void put_set(struct keymap *k)
{
    for (size_t i = 0; i < k->config->n_binds; i++) {
        const struct set_bind *s = &k->config->binds[i];
        struct binding b = {.context = key_context_find(s->context), .origin = s->origin};
        struct err e = {0};
        int n = chord_parse(s->chord, b.chord, &e);
        if (b.context == N_KEY_CONTEXTS || n < 0) {
            config_problem(k->config, PROBLEM_KEYS, s->origin.file, s->origin.line, "%s",
                           n < 0 ? e.text : "unknown context");
            continue;
        }
        b.n_chord = (size_t)n;
        b.command = xstrdup(s->line);
        b.help = xstrdup(s->help);
        b.account = xstrdup(s->account);
        b.protocol = xstrdup(s->protocol);
        b.chat = xstrdup(s->chat);
        keymap_put(k, LAYER_SET, &b);
    }
}

static void read_file(struct keymap *k, enum layer layer, const char *path, const char *shown)
{
    struct source src;
    struct err e = {0};
    int line;
    shown = config_file_name(k->config, shown);
    int rc = source_read(&src, path, shown, &line, &e);
    if (rc < 0)
        config_problem(k->config, PROBLEM_KEYS, shown, line, "%s", e.text);
    if (rc != 1)
        return;
    keymap_read(k, layer, &src);
    source_free(&src);
}

static void read_system(void *user, const char *path)
{
    read_file(user, LAYER_SYSTEM, path, path);
}

/* Sorts stably, so that the map reads like the preset and the files. */
static void settle(struct keymap *k)
{
    struct entry *sorted = xcalloc(k->n_entries + 1, sizeof *sorted);
    size_t n = 0;
    for (enum key_context c = CTX_POPUP; c < N_KEY_CONTEXTS; c++) {
        for (size_t i = 0; i < k->n_entries; i++) {
            if (k->entries[i].b.context == c)
                sorted[n++] = k->entries[i];
        }
    }
    ENSURE(n == k->n_entries);
    free(k->entries);
    k->entries = sorted;
    k->cap_entries = n + 1;
    k->live = xreallocarray(k->live, n + 1, sizeof *k->live);
    k->n_live = 0;
    for (size_t i = 0; i < n; i++) {
        if (k->entries[i].live)
            k->live[k->n_live++] = &k->entries[i].b;
    }
}

static void run_check(struct keymap *k)
{
    for (size_t i = 0; k->check && i < k->n_entries; i++) {
        const struct entry *en = &k->entries[i];
        struct err e = {0};
        if (en->live && en->layer != LAYER_BUILTIN && k->check(en->b.command, &e) < 0)
            config_problem(k->config, PROBLEM_KEYS, en->b.origin.file, en->b.origin.line, "%s",
                           e.text);
    }
}

/* The preset must be known before the files are read over it; what is wrong with them is said when
 * they are. */
static void find_preset(void *user, const char *path)
{
    struct keymap *k = user;
    struct source src;
    int line;
    if (source_read(&src, path, path, &line, NULL) != 1)
        return;
    const char *name = setting_string(config_root_setting(&src.tree), "preset");
    if (name && preset_known(name))
        str_set(&k->preset, name);
    source_free(&src);
}

int keymap_reload(struct keymap *k)
{
    struct err e = {0};
    char *path = path_of(PATH_CONFIG, "keys.cfg", &e);
    config_forget_problems(k->config, PROBLEM_KEYS);
    keymap_clear(k);
    str_set(&k->preset, config_str(k->config, "keys.preset"));
    config_each_system("keys.cfg", find_preset, k);
    if (path)
        find_preset(k, path);
    preset_put(k, k->preset);
    config_each_system("keys.cfg", read_system, k);
    put_set(k);
    if (path)
        read_file(k, LAYER_USER, path, "keys.cfg");
    free(path);
    settle(k);
    run_check(k);
    return (int)k->config->n_problems;
}

static void option_changed(void *user, const struct option *changed)
{
    if (changed && strcmp(changed->name, "keys.preset") == 0)
        (void)keymap_reload(user);
}

struct keymap *keymap_new(struct config *c)
{
    struct keymap *k = xcalloc(1, sizeof *k);
    k->config = c;
    config_observe(c, option_changed, k);
    (void)keymap_reload(k);
    return k;
}

struct keymap *keymap_builtin(struct config *c, const char *preset)
{
    struct keymap *k = xcalloc(1, sizeof *k);
    k->config = c;
    keymap_clear(k);
    str_set(&k->preset, preset);
    preset_put(k, preset);
    settle(k);
    return k;
}

const char *keymap_preset(const struct keymap *k)
{
    return k->preset;
}

void keymap_free(struct keymap *k)
{
    if (!k)
        return;
    config_unobserve(k->config, option_changed, k);
    keymap_clear(k);
    free(k->entries);
    free(k->live);
    free(k->prefixes);
    free(k->preset);
    free(k);
}

void keymap_set_check(struct keymap *k, int (*check)(const char *line, struct err *e))
{
    k->check = check;
    run_check(k);
}

/* ---- looking up ---- */

static bool limit_fits(const char *limit, const char *value)
{
    return !limit || (value && fnmatch(limit, value, 0) == 0);
}

bool keymap_fits(const struct binding *b, const struct key_where *w)
{
    static const struct key_where nowhere;
    if (!w)
        w = &nowhere;
    return limit_fits(b->account, w->account) && limit_fits(b->protocol, w->protocol) &&
           limit_fits(b->chat, w->chat) && !(b->not_inside && str_eq(b->not_inside, w->inside));
}

static int narrowness(const struct binding *b)
{
    return (b->account != NULL) + (b->protocol != NULL) + 2 * (b->chat != NULL);
}

const struct binding *keymap_find(const struct keymap *k, const enum key_context *ctx, size_t n_ctx,
                                  const struct key *chord, size_t n_chord,
                                  const struct key_where *where, bool *prefix)
{
    *prefix = false;
    for (size_t c = 0; c < n_ctx; c++) {
        const struct binding *best = NULL;
        for (size_t i = 0; i < k->n_live; i++) {
            const struct binding *b = k->live[i];
            if (b->context != ctx[c] || !begins_with(b, chord, n_chord) || !keymap_fits(b, where))
                continue;
            if (b->n_chord > n_chord)
                *prefix = *prefix || *b->command;
            else if (!best || narrowness(b) >= narrowness(best))
                best = b;
        }
        if (best && !*best->command) /* taken away here */
            best = NULL;
        if (best || *prefix)
            return best;
        if (k->stop[ctx[c]])
            return NULL;
    }
    return NULL;
}

const struct binding *keymap_next(const struct keymap *k, const enum key_context *ctx, size_t n_ctx,
                                  const struct key *chord, size_t n_chord,
                                  const struct key_where *where, size_t *at)
{
    for (; *at < n_ctx * k->n_live; ++*at) {
        const struct binding *b = k->live[*at % k->n_live];
        if (b->context == ctx[*at / k->n_live] && b->n_chord > n_chord && *b->command &&
            begins_with(b, chord, n_chord) && keymap_fits(b, where)) {
            ++*at;
            return b;
        }
    }
    return NULL;
}

size_t keymap_all(const struct keymap *k, const struct binding *const **out)
{
    *out = k->live;
    return k->n_live;
}

/* As terminals did it before they told keys apart: control letters, and sequences for the rest. */
static bool sendable(struct key k)
{
    bool named = k.code == KEYC_ENTER || k.code == KEYC_ESC || k.code == KEYC_BACKSPACE;
    if (named)
        return (k.mods & (KEYM_SHIFT | KEYM_CTRL)) == 0;
    if (k.code == KEYC_TAB)
        return k.mods == 0 || k.mods == KEYM_SHIFT;
    return k.code > KEY_NONE || (k.mods & (KEYM_CTRL | KEYM_SHIFT)) != (KEYM_CTRL | KEYM_SHIFT);
}

const struct binding *keymap_unsendable(const struct keymap *k, size_t *at)
{
    for (; *at < k->n_live; ++*at) {
        const struct binding *b = k->live[*at];
        for (size_t i = 0; b->origin.file && *b->command && i < b->n_chord; i++) {
            if (!sendable(b->chord[i])) {
                ++*at;
                return b;
            }
        }
    }
    return NULL;
}

const struct binding *keymap_for(const struct keymap *k, enum key_context ctx, const char *command)
{
    for (size_t i = 0; i < k->n_live; i++) {
        if (k->live[i]->context == ctx && strcmp(k->live[i]->command, command) == 0)
            return k->live[i];
    }
    return NULL;
}

int keymap_timeout_ms(const struct keymap *k, const char *name)
{
    return strcmp(name, "chord") == 0   ? k->chord_ms
           : strcmp(name, "popup") == 0 ? k->popup_ms
                                        : k->esc_ms;
}

const char *keymap_prefix_name(const struct keymap *k, struct key first)
{
    for (size_t i = 0; i < k->n_prefixes; i++) {
        if (key_eq(k->prefixes[i].key, first))
            return k->prefixes[i].name;
    }
    return NULL;
}

/* ---- /bind ---- */

/* Reads what /bind names into b (context, chord) and the chord's one true spelling. */
static int read_place(const char *context, const char *chord, struct binding *b, struct buf *name,
                      struct err *e)
{
    const char *all[N_KEY_CONTEXTS];
    b->context = key_context_find(context);
    if (b->context == N_KEY_CONTEXTS) {
        for (enum key_context c = CTX_POPUP; c < N_KEY_CONTEXTS; c++)
            all[c] = key_context_name(c);
        const char *near = nearest_name(context, all, N_KEY_CONTEXTS);
        if (near)
            return err_set(e, KITH_EINVAL, "unknown context \"%.60s\" (did you mean \"%s\"?)",
                           context, near);
        return err_set(e, KITH_EINVAL,
                       "unknown context \"%.60s\"; where the key works comes first: input, chat, "
                       "list, select, global, ...",
                       context);
    }
    int n = chord_parse(chord, b->chord, e);
    if (n < 0)
        return n;
    b->n_chord = (size_t)n;
    chord_name(b->chord, b->n_chord, name);
    return 0;
}

/* The limits are the binding's for the time of the call only. */
static void put_limits(struct binding *b, const struct key_where *limits)
{
    if (!limits)
        return;
    b->account = (char *)(uintptr_t)limits->account;
    b->protocol = (char *)(uintptr_t)limits->protocol;
    b->chat = (char *)(uintptr_t)limits->chat;
}

static int keep_bind(struct keymap *k, const struct binding *b, const char *chord, const char *line,
                     const char *help, struct err *e)
{
    struct set_bind s = {.context = (char *)(uintptr_t)key_context_name(b->context),
                         .chord = (char *)(uintptr_t)chord,
                         .line = (char *)(uintptr_t)line,
                         .help = (char *)(uintptr_t)help,
                         .account = b->account,
                         .protocol = b->protocol,
                         .chat = b->chat};
    return config_set_bind(k->config, &s, e);
}

static const struct entry *entry_of(const struct keymap *k, const struct binding *place,
                                    enum layer layer)
{
    for (size_t i = 0; i < k->n_entries; i++) {
        if (k->entries[i].layer == layer && keymap_same_place(&k->entries[i].b, place))
            return &k->entries[i];
    }
    return NULL;
}

int keymap_bind(struct keymap *k, const char *context, const char *chord, const char *command,
                const char *help, const struct key_where *limits, struct err *e)
{
    struct binding b = {0};
    struct buf name = {0};
    int rc = read_place(context, chord, &b, &name, e);
    put_limits(&b, limits);
    if (rc >= 0 && *command && k->check)
        rc = k->check(command, e);
    if (rc >= 0)
        rc = keep_bind(k, &b, buf_str(&name), command, help, e);
    if (rc >= 0) {
        (void)keymap_reload(k);
        const struct entry *user = entry_of(k, &b, LAYER_USER);
        if (user)
            rc = err_set(e, 1, "kept in set.cfg, but %s:%d wins: %s runs \"%s\"",
                         user->b.origin.file, user->b.origin.line, buf_str(&name), user->b.command);
    }
    buf_free(&name);
    return rc;
}

int keymap_unbind(struct keymap *k, const char *context, const char *chord,
                  const struct key_where *limits, struct err *e)
{
    struct binding b = {0};
    struct buf name = {0};
    int rc = read_place(context, chord, &b, &name, e);
    if (rc < 0)
        goto out;
    put_limits(&b, limits);
    const struct entry *user = entry_of(k, &b, LAYER_USER), *set = entry_of(k, &b, LAYER_SET);
    if (user)
        rc = err_set(e, KITH_EINVAL, "%s:%d binds %s; change it there", user->b.origin.file,
                     user->b.origin.line, buf_str(&name));
    else if (set && *set->b.command)
        rc = keep_bind(k, &b, buf_str(&name), NULL, NULL, e);
    else if (!set && entry_of(k, &b, LAYER_BUILTIN))
        rc = keep_bind(k, &b, buf_str(&name), "", "", e);
    else
        rc = err_set(e, KITH_ENOTFOUND, "%s is not bound for \"%s\"", buf_str(&name),
                     key_context_name(b.context));
    if (rc >= 0)
        (void)keymap_reload(k);
out:
    buf_free(&name);
    return rc;
}
