/* ui/whichkey.c - the popup of keys that may follow a prefix, with what each does */
#include "ui/whichkey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NEW_TIMES = 5, ITEMS_MAX = 80, LABEL_MAX = 34 };

static int times_seen(const struct config *c)
{
    const char *text = config_state(c, "keys_popup_seen");
    int64_t n;
    return text && str_int(text, 0, NEW_TIMES, &n) ? (int)n : 0;
}

bool whichkey_is_new(const struct config *c)
{
    return config_bool(c, "ui.hints") && times_seen(c) < NEW_TIMES;
}

void whichkey_seen(struct config *c)
{
    char text[16];
    int n = times_seen(c);
    if (n >= NEW_TIMES)
        return;
    snprintf(text, sizeof text, "%d", n + 1);
    (void)config_set_state(c, "keys_popup_seen", text, NULL);
}

struct item {
    struct key key;
    struct buf label; /* "Ctrl-e" */
    const char *help;
    int more; /* further keys behind this one: it is a prefix itself */
};

struct items {
    struct item v[ITEMS_MAX];
    int n, key_w, help_w;
};

static struct item *item_of(struct items *l, struct key k)
{
    for (int i = 0; i < l->n; i++)
        if (key_eq(l->v[i].key, k))
            return &l->v[i];
    return NULL;
}

static void collect(struct items *l, const struct pane_env *env, const enum key_context *ctx,
                    size_t n_ctx, const struct key *chord, size_t n_chord,
                    const struct key_where *where)
{
    const struct binding *b;
    for (size_t at = 0;
         (b = keymap_next(env->cmd->keymap, ctx, n_ctx, chord, n_chord, where, &at));) {
        struct item *it = item_of(l, b->chord[n_chord]);
        bool longer = b->n_chord > n_chord + 1;
        if (it)
            it->more += longer;
        if (it || l->n == ITEMS_MAX)
            continue;
        it = &l->v[l->n++];
        *it = (struct item){.key = b->chord[n_chord], .more = longer};
        pane_key_label(&it->label, &b->chord[n_chord], 1);
        it->help = str_empty(b->help) ? b->command : b->help;
    }
    for (int i = 0; i < l->n; i++) {
        struct item *it = &l->v[i];
        int help = cells_width(&env->s->rules, it->help, strlen(it->help));
        l->key_w = MAX(l->key_w, cells_width(&env->s->rules, buf_str(&it->label), it->label.len));
        l->help_w = MAX(l->help_w, MIN(LABEL_MAX, help));
    }
}

static void paint_item(const struct pane_env *env, struct rect r, const struct item *it, int key_w)
{
    struct surface *s = env->s;
    int w = cells_width(&s->rules, buf_str(&it->label), it->label.len);
    surface_puts(s, r, r.x + key_w - w, r.y, buf_str(&it->label), ROLE_POPUP_KEY);
    if (it->more) {
        char words[32];
        snprintf(words, sizeof words, "+%d keys", it->more);
        surface_put_cut(s, r, r.x + key_w + 1, r.y, r.w - key_w - 1, words, ROLE_POPUP_BORDER,
                        env->g->more);
    } else {
        surface_put_cut(s, r, r.x + key_w + 1, r.y, r.w - key_w - 1, it->help, ROLE_POPUP,
                        env->g->more);
    }
}

void whichkey_repaint(const struct pane_env *env, struct rect room, const enum key_context *ctx,
                      size_t n_ctx, const struct key *chord, size_t n_chord,
                      const struct key_where *where)
{
    struct items *l = xcalloc(1, sizeof *l);
    collect(l, env, ctx, n_ctx, chord, n_chord, where);
    int cell = l->key_w + 1 + l->help_w + 2, inner = room.w - 4;
    int columns = MAX(1, MIN(inner / MAX(1, cell), l->n));
    int rows = (l->n + columns - 1) / MAX(1, columns);
    if (l->n == 0 || room.h < 3 || room.w < 20)
        goto out;
    rows = MIN(rows, room.h - 2);
    columns = MIN(columns, (l->n + rows - 1) / rows);
    struct buf title = {0}, foot = {0};
    pane_key_label(&title, chord, n_chord);
    const char *name = n_chord == 1 ? keymap_prefix_name(env->cmd->keymap, chord[0]) : NULL;
    if (name)
        buf_addf(&title, " %s", name);
    int left = l->n - rows * columns;
    if (left > 0)
        buf_addf(&foot, "%d more · ", left);
    buf_adds(&foot, "Esc");
    struct buf keys = {0};
    glyph_words(env->g, &keys, buf_str(&foot));
    int w = MIN(room.w, MAX(columns * cell, (int)title.len + 6) + 3), h = rows + 2;
    struct rect r = {room.x, room.y + room.h - h, w, h};
    struct rect in = pane_box(env, r, buf_str(&title), buf_str(&keys));
    for (int i = 0; i < l->n && i < rows * columns; i++) {
        int x = in.x + 1 + i / rows * cell;
        paint_item(env, (struct rect){x, in.y + i % rows, MIN(cell - 1, in.x + in.w - x), 1},
                   &l->v[i], l->key_w);
    }
    buf_free(&title);
    buf_free(&foot);
    buf_free(&keys);
out:
    for (int i = 0; i < l->n; i++)
        buf_free(&l->v[i].label);
    free(l);
}
