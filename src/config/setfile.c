/* config/setfile.c - writes set.cfg, kith's own file of what /set, /alias, /hook and /bind changed */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/internal.h"

void put_quoted(struct buf *out, const char *s)
{
    buf_addc(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_addf(out, "\\%c", *s);
        else if (*s == '\n')
            buf_adds(out, "\\n");
        else if ((unsigned char)*s < ' ')
            buf_addf(out, "\\x%02x", (unsigned char)*s);
        else
            buf_addc(out, *s);
    }
    buf_addc(out, '"');
}

static void put_value(struct buf *out, const struct option *o, const char *text)
{
    int64_t n;
    if (o->type == OPTION_BOOL)
        buf_adds(out, text);
    else if (o->type == OPTION_INT && str_int(text, INT32_MIN, INT32_MAX, &n))
        buf_adds(out, text);
    else if (o->type == OPTION_INT)
        buf_addf(out, "%sL", text);
    else
        put_quoted(out, text);
}

/* Length of the group part of "ui.list.width": 7; 0 for a name without a dot. */
static size_t group_len(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : 0;
}

static void indent(struct buf *out, int depth)
{
    buf_addf(out, "%*s", depth * 4, "");
}

/* Closes groups of `open` that `name` is not in, opens those it is in. open is the path of open
 * groups. */
static void move_to_group(struct buf *out, struct buf *open, int *depth, const char *name)
{
    size_t want = group_len(name);
    while (open->len && !(open->len <= want && strncmp(buf_str(open), name, open->len) == 0 &&
                          (name[open->len] == '.'))) {
        size_t up = group_len(buf_str(open));
        buf_delete(open, up, open->len - up);
        indent(out, --*depth);
        buf_adds(out, "};\n");
    }
    while (open->len < want) {
        const char *part = name + open->len + (open->len > 0);
        size_t n = strcspn(part, ".");
        indent(out, (*depth)++);
        buf_add(out, part, n);
        buf_adds(out, " = {\n");
        if (open->len)
            buf_addc(open, '.');
        buf_add(open, part, n);
    }
}

/* The options of c as nested groups. every: all in force with where they come from; else what the
 * layer holds. */
static void put_options(const struct config *c, struct buf *out, enum layer layer, bool every)
{
    struct buf open = {0};
    int depth = 0;
    for (size_t i = 0; i < c->n_slots; i++) {
        const struct slot *s = &c->slots[i];
        const char *text = every ? s->text[s->top] : s->text[layer];
        if (!text)
            continue;
        move_to_group(out, &open, &depth, s->opt->name);
        indent(out, depth);
        buf_addf(out,
                 "%s = ", s->opt->name + group_len(s->opt->name) + (group_len(s->opt->name) > 0));
        put_value(out, s->opt, text);
        buf_adds(out, ";");
        if (every && s->top != LAYER_BUILTIN)
            buf_addf(out, "  # %s:%d", s->origin[s->top].file, s->origin[s->top].line);
        buf_adds(out, "\n");
    }
    move_to_group(out, &open, &depth, "");
    buf_free(&open);
}

static void put_aliases(const struct config *c, struct buf *out, bool every)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_aliases; i++) {
        const struct alias *a = &c->aliases[i];
        if (!every && a->layer != LAYER_SET)
            continue;
        buf_adds(out, n++ ? ",\n    ( " : "aliases = (\n    ( ");
        put_quoted(out, a->name);
        buf_adds(out, ", ");
        put_quoted(out, a->line);
        buf_adds(out, " )");
    }
    if (n)
        buf_adds(out, "\n);\n");
}

static void put_binds(const struct config *c, struct buf *out)
{
    for (size_t i = 0; i < c->n_binds; i++) {
        const struct set_bind *b = &c->binds[i];
        const char *const fields[] = {b->context, b->chord,    b->line, b->help,
                                      b->account, b->protocol, b->chat};
        size_t n = b->account || b->protocol || b->chat ? 7 : 4;
        buf_adds(out, i ? ",\n    ( " : "bindings = (\n    ( ");
        for (size_t k = 0; k < n; k++) {
            buf_adds(out, k ? ", " : "");
            put_quoted(out, fields[k] ? fields[k] : "");
        }
        buf_adds(out, " )");
    }
    if (c->n_binds)
        buf_adds(out, "\n);\n");
}

int config_write_set(struct config *c, struct err *e)
{
    struct buf out = {0};
    buf_adds(&out, "# Written by kith (/set, /alias, /hook, /bind). Your own words belong into kith.cfg, "
                   "which wins.\n");
    put_options(c, &out, LAYER_SET, false);
    put_aliases(c, &out, false);
    config_put_hooks(c, &out, false);
    put_binds(c, &out);
    char *dir = path_of(PATH_STATE, NULL, e);
    char *path = dir ? path_of(PATH_STATE, "set.cfg", e) : NULL;
    int rc = path ? path_mkdirs(dir, 0700, e) : -1;
    if (rc >= 0)
        rc = path_write(path, out.data, out.len, e);
    free(dir);
    free(path);
    buf_free(&out);
    return rc;
}

void set_bind_clear(struct set_bind *b)
{
    free(b->context);
    free(b->chord);
    free(b->line);
    free(b->help);
    free(b->account);
    free(b->protocol);
    free(b->chat);
}

static bool same_bind(const struct set_bind *a, const struct set_bind *b)
{
    return strcmp(a->context, b->context) == 0 && strcmp(a->chord, b->chord) == 0 &&
           str_eq(a->account, b->account) && str_eq(a->protocol, b->protocol) &&
           str_eq(a->chat, b->chat);
}

int config_set_bind(struct config *c, const struct set_bind *b, struct err *e)
{
    for (size_t i = c->n_binds; i-- > 0;) {
        if (!same_bind(&c->binds[i], b))
            continue;
        set_bind_clear(&c->binds[i]);
        VEC_DEL(c->binds, c->n_binds, i);
    }
    if (b->line) {
        struct set_bind copy = {xstrdup(b->context), xstrdup(b->chord),
                                xstrdup(b->line),    xstrdup(b->help ? b->help : ""),
                                xstrdup(b->account), xstrdup(b->protocol),
                                xstrdup(b->chat),    {config_file_name(c, "set.cfg"), 0}};
        VEC_PUSH(c->binds, c->n_binds, c->cap_binds, copy);
    }
    return config_write_set(c, e);
}

char *config_print(const struct config *c)
{
    struct buf out = {0};
    put_options(c, &out, LAYER_BUILTIN, true);
    put_aliases(c, &out, true);
    config_put_hooks(c, &out, true);
    return buf_take(&out);
}
