/* config/why.c - which layer, alias, binding or role decided, and where it was written */
#include "config/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/keymap.h"
#include "config/theme_private.h"

void why_set(struct why *w, const struct config *c, const char *rule, bool yes, const char *fmt, ...)
{
    va_list ap;
    *w = (struct why){.rule = rule, .yes = yes};
    if (c && config_option(c, rule))
        w->origin = config_origin(c, rule);
    va_start(ap, fmt);
    (void)vsnprintf(w->text, sizeof w->text, fmt, ap);
    va_end(ap);
}

void why_line(const struct why *w, const char *what, struct buf *out)
{
    buf_addf(out, "%s: %s - %s (rule: %s", what, w->yes ? "yes" : "no", w->text, w->rule);
    if (w->origin.file && w->origin.line)
        buf_addf(out, ", %s:%d", w->origin.file, w->origin.line);
    else if (w->origin.file)
        buf_addf(out, ", %s", w->origin.file);
    buf_adds(out, ")\n");
}

/* ---- options and aliases ---- */

static const char *const layers[N_LAYERS] = {
    [LAYER_BUILTIN] = "built in",
    [LAYER_SYSTEM] = "the system's kith.cfg",
    [LAYER_SET] = "/set",
    [LAYER_USER] = "your kith.cfg",
    [LAYER_OVERRIDE] = "the command line",
};

bool why_option(const struct config *c, const char *name, struct why *w)
{
    const struct slot *s = config_slot(c, name);
    if (!s)
        return false;
    bool made = s->top == LAYER_BUILTIN;
    why_set(w, NULL, layers[s->top], !made, "it is \"%s\", %s%s", s->text[s->top],
            made ? "which is built in" : "by ", made ? "" : layers[s->top]);
    w->origin = s->origin[s->top];
    return true;
}

void why_option_others(const struct config *c, const char *name, struct buf *out)
{
    const struct slot *s = config_slot(c, name);
    for (int l = s ? (int)s->top - 1 : -1; l >= 0; l--) {
        if (!s->text[l])
            continue;
        buf_addf(out, "  not \"%s\" of %s", s->text[l], layers[l]);
        if (s->origin[l].file && s->origin[l].line)
            buf_addf(out, ", %s:%d", s->origin[l].file, s->origin[l].line);
        buf_addc(out, '\n');
    }
}

bool why_alias(const struct config *c, const char *name, struct why *w)
{
    const char *line = config_alias(c, name);
    for (size_t i = 0; line && i < c->n_aliases; i++) {
        const struct alias *a = &c->aliases[i];
        if (a->line != line)
            continue;
        why_set(w, NULL, a->layer == LAYER_BUILTIN ? "the preset's aliases"
                         : a->layer == LAYER_SET   ? "/alias"
                                                   : "aliases",
                true, "/%s is an alias of %s", name, line);
        w->origin = a->origin;
        return true;
    }
    return false;
}

/* ---- keys ---- */

static bool same_chord(const struct binding *b, const struct key *chord, size_t n)
{
    for (size_t i = 0; i < n && i < b->n_chord; i++) {
        if (!key_eq(b->chord[i], chord[i]))
            return false;
    }
    return b->n_chord == n;
}

/* Who took the key away: the most important entry without a command. A removal in "global" counts for the input and the
 * chat too. */
static const struct entry *taken_by(const struct keymap *k, enum key_context ctx,
                                    const struct key *chord, size_t n)
{
    const struct entry *by = NULL;
    for (size_t i = 0; i < k->n_entries; i++) {
        const struct entry *en = &k->entries[i];
        bool wide = en->b.context == CTX_GLOBAL && (ctx == CTX_INPUT || ctx == CTX_CHAT);
        if ((en->b.context == ctx || wide) && !*en->b.command && same_chord(&en->b, chord, n) &&
            (!by || en->layer >= by->layer))
            by = en;
    }
    return by;
}

static const char *binding_rule(enum layer layer)
{
    static const char *const names[N_LAYERS] = {[LAYER_BUILTIN] = "the preset",
                                                [LAYER_SYSTEM] = "the system's keys.cfg",
                                                [LAYER_SET] = "/bind",
                                                [LAYER_USER] = "your keys.cfg",
                                                [LAYER_OVERRIDE] = "the command line"};
    return names[layer];
}

static enum layer layer_of(const struct keymap *k, const struct binding *b)
{
    for (size_t i = 0; i < k->n_entries; i++) {
        if (&k->entries[i].b == b)
            return k->entries[i].layer;
    }
    return LAYER_BUILTIN;
}

bool why_key(const struct keymap *k, enum key_context ctx, const struct key *chord, size_t n,
             const struct key_where *where, struct why *w)
{
    bool more;
    const struct binding *b = keymap_find(k, &ctx, 1, chord, n, where, &more);
    const struct entry *gone = b ? NULL : taken_by(k, ctx, chord, n);
    if (b) {
        enum layer layer = layer_of(k, b);
        why_set(w, NULL, binding_rule(layer), true, "it runs %s%s%s%s%s", b->command,
                b->account ? ", only for the account " : "", b->account ? b->account : "",
                layer == LAYER_BUILTIN ? ", as in the preset " : "",
                layer == LAYER_BUILTIN ? keymap_preset(k) : "");
        w->origin = b->origin;
    } else if (more) {
        why_set(w, NULL, "a prefix", true, "more keys are to follow it");
    } else if (gone) {
        why_set(w, NULL, binding_rule(gone->layer), false, "the key was taken away");
        w->origin = gone->b.origin;
    } else {
        return false;
    }
    return true;
}

/* ---- colours ---- */

static void style_words(struct colour c, char out[48])
{
    if (c.rgb == COLOUR_DEFAULT)
        (void)snprintf(out, 48, "the terminal's own colour");
    else if (c.rgb < 8)
        (void)snprintf(out, 48, "the terminal's colour %d", (int)c.rgb);
    else
        (void)snprintf(out, 48, "#%06x", (unsigned)c.rgb);
}

void why_colour(const struct theme *t, enum role role, bool back, struct why *w)
{
    const struct style *s = theme_style(t, role);
    enum role from = back ? t->bg_from[role] : t->fg_from[role];
    char colour[48];
    style_words(back ? s->bg : s->fg, colour);
    if (from == N_ROLES)
        why_set(w, NULL, "no role", false, "neither %s nor what it leans on has one: it is %s",
                role_name(role), colour);
    else
        why_set(w, NULL, role_name(from), true, "%s, %s %s in the theme %s", colour,
                from == role ? "as written for" : "taken from", role_name(from), theme_name(t));
    if (from != N_ROLES)
        w->origin = (struct origin){t->places[from].file, t->places[from].line};
}

void why_nicks(const struct theme *t, struct why *w)
{
    static const char *const words[] = {
        [NICKS_HASH] = "each name has a colour of its own, made from the name",
        [NICKS_ANSI] = "each name has one of the terminal's colours",
        [NICKS_NONE] = "names have the colour of their role"};
    why_set(w, NULL, "nicks", t->nicks != NICKS_NONE, "%s, in the theme %s", words[t->nicks],
            theme_name(t));
    w->origin = (struct origin){t->nick_place.file, t->nick_place.line};
}
