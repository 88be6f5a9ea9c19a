/* ui/bare.c - the chat without frames, for copying with the terminal's own selection */
#include "ui/bare.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/format.h"

struct row { /* a row of the screen: bytes of a line of a message */
    char *text;
    bool goes_on; /* in the row below */
};
struct rows { /* from the bottom up */
    struct row *v;
    size_t n, cap;
};

void bare_open(struct bare *p, const struct chat *c, int64_t bottom)
{
    *p = (struct bare){.open = true, .bottom = bottom};
    if (!bottom && c && c->n_messages)
        p->bottom = c->messages[c->n_messages - 1]->id;
}

void bare_action(struct bare *p, enum pane_action a)
{
    int page = MAX(1, p->page - 1);
    if (a == PANE_PREV)
        p->skip++;
    else if (a == PANE_NEXT)
        p->skip--;
    else if (a == PANE_PAGE_UP)
        p->skip += page;
    else if (a == PANE_PAGE_DOWN)
        p->skip -= page;
    else if (a == PANE_FIRST)
        p->skip = 1000000;
    else if (a == PANE_LAST)
        p->skip = 0;
    p->skip = MAX(0, p->skip);
}

/* A message as plain lines; the first begins with time and name. */
static void message_text(const struct pane_env *env, const struct message *m, struct buf *out)
{
    char at[CLOCK_MAX], name[FORMAT_AUTHOR_MAX];
    struct rich rich = {0};
    format_clock(at, config_str(env->cmd->config, "ui.time_format"), m->time);
    buf_addf(out, "%s ", at);
    if (m->kind == MESSAGE_ACTION)
        buf_addf(out, "* ");
    else if (m->kind != MESSAGE_EVENT)
        buf_addf(out, "%s: ", format_author(name, m));
    format_message(&rich, env->g, m, format_how(env->cmd->config));
    buf_adds(out, buf_str(&rich.text));
    rich_free(&rich);
}

/* The rows of one line, the last first. */
static void add_line(struct rows *rows, const struct cell_rules *rules, const char *text,
                     size_t len, int width)
{
    size_t first = rows->n;
    for (size_t at = 0; at < len || rows->n == first;) {
        size_t fit = cells_fit(rules, text + at, len - at, width, NULL);
        if (fit == 0 && at < len)
            fit = cluster_next(text + at, len - at);
        struct row r = {xstrndup(text + at, fit), at + fit < len};
        VEC_PUSH(rows->v, rows->n, rows->cap, r);
        at += fit;
    }
    for (size_t a = first, b = rows->n - 1; a < b; a++, b--) {
        struct row swap = rows->v[a];
        rows->v[a] = rows->v[b];
        rows->v[b] = swap;
    }
}

static void add_message(struct rows *rows, const struct pane_env *env, const struct message *m,
                        int width)
{
    struct buf b = {0};
    message_text(env, m, &b);
    size_t end = b.len;
    while (end > 0 && b.data[end - 1] == '\n')
        end--;
    for (;;) { /* lines from the last to the first */
        size_t from = end;
        while (from > 0 && b.data[from - 1] != '\n')
            from--;
        add_line(rows, &env->s->rules, buf_str(&b) + from, end - from, width);
        if (from == 0)
            break;
        end = from - 1;
    }
    buf_free(&b);
}

static long bottom_of(const struct bare *p, const struct chat *c)
{
    for (long i = (long)c->n_messages - 1; i >= 0; i--)
        if (c->messages[i]->id == p->bottom)
            return i;
    return (long)c->n_messages - 1;
}

void bare_repaint(struct bare *p, const struct pane_env *env, struct rect all)
{
    struct rows rows = {0};
    const struct chat *c = env->chat;
    struct surface *s = env->s;
    surface_fill(s, all, ROLE_CHAT);
    surface_cursor(s, -1, -1);
    p->page = all.h;
    long i = c ? bottom_of(p, c) : -1;
    for (; i >= 0 && (long)rows.n < (long)p->skip + all.h; i--)
        add_message(&rows, env, c->messages[i], all.w);
    p->at_top = i < 0;
    p->skip = MAX(0, MIN(p->skip, (int)rows.n - all.h));
    for (int y = all.h - 1, k = p->skip; y >= 0 && k < (int)rows.n; y--, k++) {
        surface_puts(s, all, all.x, all.y + y, rows.v[k].text, ROLE_CHAT);
        s->goes_on[all.y + y] = rows.v[k].goes_on && y + 1 < all.h;
    }
    for (size_t k = 0; k < rows.n; k++)
        free(rows.v[k].text);
    free(rows.v);
}
