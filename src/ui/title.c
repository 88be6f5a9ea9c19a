/* ui/title.c - the title of a chat: who, what about, how it is encrypted; and the line of hints */
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
    return glyph_show(env->g, c->account->state == KITH_STATE_ONLINE ? contact_show(ct) : KITH_SHOW_UNKNOWN);
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

void title_repaint(const struct pane_env *env, struct rect r, bool front)
{
    struct surface *s = env->s;
    const struct chat *c = env->chat;
    surface_fill(s, r, ROLE_TITLE);
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
        x = surface_puts(s, r, x, r.y, env->g->back, ROLE_TITLE) + 1;
    x = surface_puts(s, r, x, r.y, sign(env, c), ROLE_TITLE) + 1;
    const char *name = chat_title(c);
    name += c->kind == KITH_CHAT_ROOM && name[0] == '#';
    x = surface_put_cut(s, r, x, r.y, end - x - 1, name, ROLE_TITLE, env->g->more);
    const struct contact *ct = chat_contact(c);
    const char *topic = c->kind == KITH_CHAT_ROOM ? c->topic : ct ? contact_status(ct) : NULL;
    if (!str_empty(topic) && end - x - 4 >= 4)
        surface_put_cut(s, r, x + 2, r.y, end - x - 4, topic, surface_mix(s, ROLE_TITLE, ROLE_TITLE_TOPIC), env->g->more);
    surface_puts(s, r, end, r.y, buf_str(&right), surface_mix(s, ROLE_TITLE, role));
    surface_puts(s, r, end + right_w, r.y, buf_str(&counts), ROLE_TITLE);
    buf_free(&right);
    buf_free(&counts);
}

void hint_repaint(const struct pane_env *env, struct rect r, const struct hint *hints, size_t n)
{
    struct surface *s = env->s;
    surface_fill(s, r, ROLE_HINT);
    int x = r.x + 1;
    bool first = true;
    for (size_t i = 0; i < n && r.h > 0; i++) {
        const struct binding *b = keymap_for(env->cmd->keymap, hints[i].context, hints[i].command);
        if (!b)
            continue;
        struct buf key = {0};
        chord_name(b->chord, b->n_chord, &key);
        int w = cells_width(&s->rules, buf_str(&key), key.len) + 1 + (int)strlen(hints[i].label) + (first ? 0 : 3);
        if (x + w <= r.x + r.w - 1) {
            if (!first)
                x = surface_puts(s, r, surface_puts(s, r, x + 1, r.y, env->g->dot, ROLE_HINT) + 1, r.y, "", ROLE_HINT);
            x = surface_puts(s, r, x, r.y, buf_str(&key), ROLE_HINT_KEY);
            x = surface_puts(s, r, x + 1, r.y, hints[i].label, ROLE_HINT);
            first = false;
        }
        buf_free(&key);
    }
}
