/* backends/xmpp/roster_cache.c - the copy of the list of contacts, so that a big one loads once */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/roster.h"
#include "base/mem.h"

enum {
    SAVE_AFTER_MS = 3000, /* the copy is written this long after a change */
    SAVED_MAX = 8 << 20
};
#define ROSTER_KEY "roster"

void item_clear(struct item *it)
{
    for (size_t i = 0; i < it->n_groups; i++)
        free(it->groups[i]);
    free(it->groups);
    free(it->name);
    memset(it, 0, sizeof *it);
}

void item_free(void *p)
{
    item_clear(p);
    free(p);
}

static void save_field(struct buf *b, const char *s)
{
    for (; s && *s; s++)
        buf_addc(b, *s == '\n' || *s == '\t' ? ' ' : *s);
}

static void save_now(struct x *x, const struct roster *r)
{
    struct buf b = {0};
    save_field(&b, r->ver);
    buf_addc(&b, '\n');
    for (struct map_entry *e = NULL; (e = map_next(&r->items, e));) {
        const struct item *it = e->value;
        buf_addf(&b, "%s\t%u\t", e->key, it->flags);
        save_field(&b, it->name);
        for (size_t i = 0; i < it->n_groups; i++) {
            buf_addc(&b, '\t');
            save_field(&b, it->groups[i]);
        }
        buf_addc(&b, '\n');
    }
    if (b.len < SAVED_MAX)
        x_host(x)->state_set(x_account(x), ROSTER_KEY, buf_str(&b), b.len);
    buf_free(&b);
}

static void on_save(void *user)
{
    struct x *x = user;
    struct roster *r = x_state(x, "roster");
    r->save_timer = 0;
    save_now(x, r);
}

void roster_save_later(struct x *x, struct roster *r)
{
    if (!r->save_timer)
        r->save_timer = x_host(x)->timer_add(SAVE_AFTER_MS, on_save, x);
}

/* One line of the copy; cuts it up in place. */
static void load_line(struct roster *r, char *line)
{
    char *parts[3 + GROUPS_MAX];
    size_t n = 0;
    for (char *p = line; p && n < COUNT(parts);) {
        parts[n++] = p;
        p = strchr(p, '\t');
        if (p)
            *p++ = '\0';
    }
    int64_t flags = 0;
    if (n < 3 || !*parts[0] || !str_int(parts[1], 0, UINT32_MAX, &flags) ||
        map_get(&r->items, parts[0]))
        return;
    struct item *it = xcalloc(1, sizeof *it);
    it->flags = (uint32_t)flags;
    it->name = *parts[2] ? xstrdup(parts[2]) : NULL;
    it->groups = n > 3 ? xcalloc(n - 3, sizeof *it->groups) : NULL;
    for (size_t i = 3; i < n; i++)
        it->groups[it->n_groups++] = xstrdup(parts[i]);
    map_set(&r->items, parts[0], it);
}

void roster_load(struct x *x, struct roster *r)
{
    char *data = xmalloc(SAVED_MAX + 1);
    int n = x_host(x)->state_get(x_account(x), ROSTER_KEY, data, SAVED_MAX);
    if (n > 0 && n <= SAVED_MAX) {
        data[n] = '\0';
        char *end, *line = data;
        for (size_t at = 0; (end = strchr(line, '\n')); line = end + 1, at++) {
            *end = '\0';
            if (at == 0)
                str_set(&r->ver, line);
            else if (r->items.n < ROSTER_MAX)
                load_line(r, line);
        }
        r->loaded = true;
    }
    free(data);
}

void roster_save_due(struct x *x, struct roster *r)
{
    if (!r->save_timer)
        return;
    x_host(x)->timer_del(r->save_timer);
    r->save_timer = 0;
    save_now(x, r);
}
