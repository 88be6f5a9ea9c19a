/* ui/title.c - the title of a chat: who, what about, how it is encrypted; and the line of hints */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ui/format.h"
#include "ui/status.h"

static const char *sign(const struct pane_env *env, const struct chat *c)
{
    if (c->kind == KITH_CHAT_ROOM)
        return env->g->room;
    const struct contact *ct = chat_contact(c);
    if (!ct)
        return env->g->query;
    return glyph_show(env->g, c->account->state == KITH_STATE_ONLINE ? contact_show(ct)
                                                                     : KITH_SHOW_UNKNOWN);
}

/* Counts of other windows, for the one-panel layout. */
static void add_counts(struct buf *out, const struct pane_env *env)
{
    struct status_facts f = {0};
    status_hotlist(&f, env->model, env->chat);
    unsigned unread = 0, mentions = 0;
    for (int i = 0; i < f.n_hot; i++) {
        unread += f.hot[i].unread;
        mentions += f.hot[i].mentions;
    }
    if (mentions > 0)
        buf_addf(out, " @%u", mentions);
    if (unread > 0)
        buf_addf(out, " %u", unread);
}

/* The same person, or a room called the same, of another account: then it says whose chat this is. */
static bool is_ambiguous(const struct pane_env *env, const struct chat *c)
{
    for (size_t i = 0; i < env->model->n_accounts; i++) {
        const struct account *a = env->model->accounts[i];
        if (a != c->account && (account_chat(a, c->address) || account_contact(a, c->address)))
            return true;
    }
    return false;
}

/* number: shown before the name, 0 = not. ground: the role of the bar. */
static void paint_title(const struct pane_env *env, struct rect r, bool front, int number,
                        uint16_t ground)
{
    struct surface *s = env->s;
    const struct chat *c = env->chat;
    surface_fill(s, r, ground);
    if (r.h < 1 || !c)
        return;
    struct buf right = {0}, counts = {0};
    uint8_t role;
    format_encryption(&right, env->g, c, &role);
    if (front)
        add_counts(&counts, env);
    int right_w = cells_width(&s->rules, buf_str(&right), right.len);
    int counts_w = cells_width(&s->rules, buf_str(&counts), counts.len);
    int end = r.x + r.w - 1 - right_w - counts_w;
    int x = r.x + 1;
    if (front)
        x = surface_puts(s, r, x, r.y, env->g->back, ground) + 1;
    if (number > 0) {
        char digits[16];
        snprintf(digits, sizeof digits, "%d", number);
        x = surface_puts(s, r, x, r.y, digits, ground) + 1;
    }
    x = surface_puts(s, r, x, r.y, sign(env, c), ground) + 1;
    const char *name = chat_title(c);
    name += c->kind == KITH_CHAT_ROOM && name[0] == '#';
    struct buf whose = {0};
    if (is_ambiguous(env, c))
        buf_addf(&whose, " as %s", account_title(c->account));
    int whose_w = MIN(cells_width(&s->rules, buf_str(&whose), whose.len), MAX(0, (end - x) / 2));
    x = surface_put_cut(s, r, x, r.y, end - x - 1 - whose_w, name, ground, env->g->more);
    x = surface_put_cut(s, r, x, r.y, whose_w, buf_str(&whose), surface_mix(s, ground, ROLE_TITLE_TOPIC), env->g->more);
    buf_free(&whose);
    const struct contact *ct = chat_contact(c);
    const char *topic = c->kind == KITH_CHAT_ROOM ? c->topic : ct ? contact_status(ct) : NULL;
    if (!str_empty(topic) && end - x - 4 >= 4)
        surface_put_cut(s, r, x + 2, r.y, end - x - 4, topic,
                        surface_mix(s, ground, ROLE_TITLE_TOPIC), env->g->more);
    surface_puts(s, r, end, r.y, buf_str(&right), surface_mix(s, ground, role));
    surface_puts(s, r, end + right_w, r.y, buf_str(&counts), ground);
    buf_free(&right);
    buf_free(&counts);
}

void title_repaint(const struct pane_env *env, struct rect r, bool front)
{
    paint_title(env, r, front, 0, ROLE_TITLE);
}

void title_repaint_split(const struct pane_env *env, struct rect r, bool focused)
{
    paint_title(env, r, false, env->chat ? env->chat->number : 0,
                focused ? ROLE_TITLE : ROLE_TITLE_OTHER);
}

/* "Ctrl-k switch"; false when no key is bound to it. */
static bool hint_key(const struct pane_env *env, const struct hint *h, struct buf *out)
{
    const struct binding *b = keymap_for(env->cmd->keymap, h->context, h->command);
    if (b)
        pane_key_label(out, b->chord, b->n_chord);
    return b != NULL;
}

static int hint_cells(const struct pane_env *env, const struct hint *hints, size_t n, int rank)
{
    int cells = 0;
    for (size_t i = 0; i < n; i++) {
        struct buf key = {0};
        if (hints[i].rank <= rank && hint_key(env, &hints[i], &key))
            cells += (cells ? 3 : 0) + cells_width(&env->s->rules, buf_str(&key), key.len) + 1 +
                     (int)strlen(hints[i].label);
        buf_free(&key);
    }
    return cells;
}

void hint_repaint(const struct pane_env *env, struct rect r, const struct hint *hints, size_t n)
{
    struct surface *s = env->s;
    surface_fill(s, r, ROLE_HINT);
    int x = r.x + 1, rank = (int)n;
    while (rank > 0 && hint_cells(env, hints, n, rank) > r.w - 2)
        rank--;
    for (size_t i = 0; i < n && r.h > 0; i++) {
        struct buf key = {0};
        if (hints[i].rank <= rank && hint_key(env, &hints[i], &key)) {
            if (x > r.x + 1)
                x = surface_puts(s, r, x + 1, r.y, env->g->dot, ROLE_HINT) + 1;
            x = surface_puts(s, r, x, r.y, buf_str(&key), ROLE_HINT_KEY);
            x = surface_puts(s, r, x + 1, r.y, hints[i].label, ROLE_HINT);
        }
        buf_free(&key);
    }
}

static bool follows(const struct binding *b, const enum key_context *ctx, size_t n_ctx,
                    const struct key *chord, size_t n_chord)
{
    bool here = false;
    for (size_t i = 0; i < n_ctx; i++)
        here |= b->context == ctx[i];
    if (!here || b->n_chord <= n_chord || str_empty(b->command))
        return false;
    for (size_t i = 0; i < n_chord; i++)
        if (!key_eq(b->chord[i], chord[i]))
            return false;
    return true;
}

void hint_chord(const struct pane_env *env, struct rect r, const enum key_context *ctx,
                size_t n_ctx, const struct key *chord, size_t n_chord)
{
    struct surface *s = env->s;
    const struct binding *const *all;
    size_t n = keymap_all(env->cmd->keymap, &all);
    surface_fill(s, r, ROLE_HINT);
    int x = r.x + 1, end = r.x + r.w - 1;
    for (size_t i = 0; i < n && r.h > 0; i++) {
        if (!follows(all[i], ctx, n_ctx, chord, n_chord))
            continue;
        struct buf key = {0};
        pane_key_label(&key, &all[i]->chord[n_chord], all[i]->n_chord - n_chord);
        const char *help = str_empty(all[i]->help) ? all[i]->command : all[i]->help;
        int w = cells_width(&s->rules, buf_str(&key), key.len) + 1 +
                cells_width(&s->rules, help, strlen(help));
        bool first = x == r.x + 1;
        if (x + w + (first ? 0 : 3) <= end) {
            if (!first)
                x = surface_puts(s, r, x + 1, r.y, env->g->dot, ROLE_HINT) + 1;
            x = surface_puts(s, r, x, r.y, buf_str(&key), ROLE_HINT_KEY);
            x = surface_puts(s, r, x + 1, r.y, help, ROLE_HINT);
        }
        buf_free(&key);
    }
}
