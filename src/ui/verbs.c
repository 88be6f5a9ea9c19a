/* ui/verbs.c - the popup of what may be done with a message or a part of it */
#include "ui/verbs.h"

#include <string.h>

#include "base/mem.h"

enum { HELP_MAX = 20, COLUMNS_MAX = 4 };

/* ---- which there are ---- */

/* Keys that belong together share an entry. */
static const struct {
    const char *first, *second, *help;
} pairs[] = {{"/popup next", "/popup prev", "move"},
             {"/popup first", "/popup last", "top, bottom"},
             {"/scroll mention-next", "/scroll mention-prev", "mentions"}};

static int pair_of(const char *command)
{
    for (size_t i = 0; i < COUNT(pairs); i++)
        if (strcmp(pairs[i].first, command) == 0 || strcmp(pairs[i].second, command) == 0)
            return (int)i;
    return -1;
}

static bool is_move(const char *command)
{
    return str_starts(command, "/popup") || str_starts(command, "/scroll") ||
           str_starts(command, "/panel keys");
}

/* What the frame of the popup says. */
static bool is_frame(const char *command)
{
    return strcmp(command, "/popup cancel") == 0 || strcmp(command, "/panel keys") == 0;
}

/* Letters and signs are what a popup is for; arrows and Esc people find by themselves. */
static bool is_plain(const struct binding *b)
{
    return b->n_chord == 1 && b->chord[0].code > ' ' && b->chord[0].code < 0x110000 &&
           (b->chord[0].mods & (KEYM_CTRL | KEYM_ALT)) == 0;
}

static void add_key(struct verb *v, const struct binding *b)
{
    struct buf key = {0};
    size_t used = strlen(v->keys);
    pane_key_label(&key, b->chord, b->n_chord);
    if (used + key.len + 2 < sizeof v->keys) {
        str_copy(v->keys + used, sizeof v->keys - used, used ? " " : "");
        str_copy(v->keys + strlen(v->keys), sizeof v->keys - strlen(v->keys), buf_str(&key));
    }
    buf_free(&key);
}

static struct verb *known(struct verb *v, size_t n, const char *command, int pair)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(v[i].command, command) == 0 || (pair >= 0 && pair_of(v[i].command) == pair))
            return &v[i];
    return NULL;
}

size_t verbs_collect(const struct pane_env *env, const struct cmd_ctx *about,
                     const struct message *m, enum key_context context, bool moves,
                     struct verb out[VERBS_MAX])
{
    const struct binding *const *all;
    size_t n = 0, n_all = keymap_all(env->cmd->keymap, &all);
    for (size_t i = 0; i < n_all && n < VERBS_MAX; i++) {
        const struct binding *b = all[i];
        if (b->context != context || str_empty(b->command) || !is_plain(b) ||
            (!moves && is_move(b->command)))
            continue;
        int pair = pair_of(b->command);
        struct verb *old = known(out, n, b->command, pair);
        if (old && pair >= 0 && strcmp(old->command, b->command) != 0 && !strchr(old->keys, ' '))
            add_key(old, b);
        struct err why = {0};
        int fits = old ? KITH_EUNSUP : cmd_fits(about, m, b->command, &why);
        if (fits == KITH_EUNSUP || fits == KITH_ENOTFOUND || is_frame(b->command))
            continue;
        out[n] = (struct verb){.help = pair >= 0            ? pairs[pair].help
                                       : str_empty(b->help) ? b->command
                                                            : b->help,
                               .command = b->command,
                               .fits = fits >= 0};
        add_key(&out[n++], b);
    }
    return n;
}

/* ---- painting ---- */

static void paint_one(const struct pane_env *env, struct rect r, const struct verb *v, int key_w)
{
    struct surface *s = env->s;
    int w = cells_width(&s->rules, v->keys, strlen(v->keys));
    surface_puts(s, r, r.x + MAX(0, key_w - w), r.y, v->keys,
                 v->fits ? ROLE_POPUP_KEY : ROLE_POPUP_BORDER);
    surface_put_cut(s, r, r.x + key_w + 1, r.y, r.w - key_w - 1, v->help,
                    v->fits ? ROLE_POPUP : ROLE_POPUP_BORDER, env->g->more);
}

struct sizes {
    int columns, rows, w;
    int key_w[COLUMNS_MAX], cell[COLUMNS_MAX]; /* of each column: its keys, all of it with a gap */
};

/* How wide it is in this many columns. */
static void measure_columns(const struct pane_env *env, const struct verb *v, size_t n,
                            int help_max, struct sizes *z)
{
    z->rows = ((int)n + z->columns - 1) / z->columns;
    z->w = 0;
    for (int c = 0; c < z->columns; c++) {
        int help_w = 0;
        z->key_w[c] = 1;
        for (int i = c * z->rows; i < (c + 1) * z->rows && i < (int)n; i++) {
            int key = cells_width(&env->s->rules, v[i].keys, strlen(v[i].keys)),
                help = cells_width(&env->s->rules, v[i].help, strlen(v[i].help));
            z->key_w[c] = MAX(z->key_w[c], key);
            help_w = MAX(help_w, MIN(help, help_max));
        }
        z->cell[c] = z->key_w[c] + 1 + help_w + 2;
        z->w += z->cell[c];
    }
}

static struct sizes measure(const struct pane_env *env, struct rect room, const struct verb *v,
                            size_t n, bool narrow)
{
    struct sizes z = {.columns = narrow ? 1 : MIN(COLUMNS_MAX, (int)n)};
    for (; z.columns > 0; z.columns--) {
        measure_columns(env, v, n, narrow ? 2 * HELP_MAX : HELP_MAX, &z);
        if (z.w + 1 <= room.w || z.columns == 1)
            break;
    }
    z.rows = MIN(z.rows, room.h - 2);
    return z;
}

int verbs_height(const struct pane_env *env, struct rect room, const struct verb *v, size_t n,
                 const struct verbs_box *box)
{
    struct rect tall = room;
    tall.h = 1000;
    return measure(env, tall, v, n, box->narrow).rows + 2;
}

static void paint_all(const struct pane_env *env, struct rect in, const struct verb *v, size_t n,
                      const struct sizes *z, const struct verbs_box *box)
{
    int top = box->narrow ? pane_scroll(0, box->at, (int)n, z->rows) : 0, x = in.x + 1;
    for (int i = 0; top + i < (int)n && i < z->rows * z->columns; i++) {
        int c = i / z->rows;
        if (i > 0 && i % z->rows == 0)
            x += z->cell[c - 1];
        struct rect cell = {x, in.y + i % z->rows, box->narrow ? in.w - 1 : z->cell[c] - 2, 1};
        cell.w = MIN(cell.w, in.x + in.w - cell.x);
        paint_one(env, cell, &v[top + i], z->key_w[c]);
        if (top + i == box->at)
            surface_restyle(env->s, (struct rect){in.x, cell.y, in.w, 1}, ROLE_POPUP_SELECTED);
    }
}

struct rect verbs_repaint(const struct pane_env *env, struct rect room, const struct verb *v,
                          size_t n, const struct verbs_box *box)
{
    struct buf keys = {0};
    if (n == 0 || room.h < 3 || room.w < 20)
        return (struct rect){0};
    struct sizes z = measure(env, room, v, n, box->narrow);
    glyph_words(env->g, &keys, box->foot);
    int least = MAX(cells_width(&env->s->rules, box->title, strlen(box->title)),
                    cells_width(&env->s->rules, buf_str(&keys), keys.len)) +
                6;
    int w = MIN(room.w, MAX(z.w + 2, least)), h = z.rows + 2;
    struct rect r = {room.x, box->at_top ? room.y : room.y + room.h - h, w, h};
    struct rect in = pane_box(env, r, box->title, buf_str(&keys));
    paint_all(env, in, v, n, &z, box);
    buf_free(&keys);
    return r;
}
