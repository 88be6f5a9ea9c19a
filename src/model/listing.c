/* model/listing.c - lists that were asked for and come row by row; bounded, and kept for a while */
#include "model/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/private.h"

static void changed(struct listing *l)
{
    model_emit(l->model, &(struct model_event){.type = MODEL_LISTING, .listing = l});
}

static void listing_free(struct listing *l)
{
    arena_free(&l->texts);
    free(l->rows);
    free(l->key);
    free(l->title);
    free(l->again);
    free(l->problem);
    free(l);
}

void listings_free_all(struct model *m)
{
    for (size_t i = 0; i < m->n_listings; i++)
        listing_free(m->listings[i]);
    free(m->listings);
}

void model_drop_listing(struct model *m, struct listing *l)
{
    for (size_t i = 0; i < m->n_listings; i++) {
        if (m->listings[i] != l)
            continue;
        VEC_DEL(m->listings, m->n_listings, i);
        changed(l);
        listing_free(l);
        return;
    }
}

/* Those that run are waited for: they never go by themselves. */
static void make_room(struct model *m)
{
    size_t kept = 0;
    for (size_t i = m->n_listings; i-- > 0;) {
        struct listing *l = m->listings[i];
        bool idle = l->shown == 0 && l->state != LISTING_RUNS;
        if (idle && ++kept >= LISTINGS)
            model_drop_listing(m, l);
    }
}

struct listing *model_add_listing(struct model *m, const struct listing_look *look, const char *key,
                                  const char *title)
{
    make_room(m);
    struct listing *l = xcalloc(1, sizeof *l);
    l->model = m;
    l->id = ++m->last_listing;
    l->look = look;
    l->key = xstrdup(key);
    l->title = xstrdup(title);
    l->time = clock_wall_ms();
    VEC_PUSH(m->listings, m->n_listings, m->cap_listings, l);
    changed(l);
    return l;
}

struct listing *model_listing(const struct model *m, int64_t id)
{
    for (size_t i = 0; i < m->n_listings; i++) {
        if (m->listings[i]->id == id)
            return m->listings[i];
    }
    return NULL;
}

struct listing *model_listing_by_key(const struct model *m, const char *key)
{
    for (size_t i = m->n_listings; i-- > 0;) {
        struct listing *l = m->listings[i];
        if (l->state != LISTING_FAILED && strcmp(l->key, key) == 0)
            return l;
    }
    return NULL;
}

static const char *keep(struct listing *l, const char *text)
{
    if (!text)
        return NULL;
    size_t len = strlen(text);
    len = len > LISTING_TEXT ? utf8_floor(text, len, LISTING_TEXT) : len;
    l->bytes += len + 1;
    return arena_strndup(&l->texts, text, len);
}

void listing_add(struct listing *l, const struct listing_row *from)
{
    struct listing_row row = {.number = from->number};
    const char *address = from->address ? from->address : from->name;
    if (str_empty(address))
        return;
    if (l->n >= LISTING_ROWS || l->bytes >= LISTING_BYTES) {
        l->left_out++;
        return;
    }
    row.address = keep(l, address);
    row.name = !from->name || strcmp(from->name, address) == 0 ? row.address : keep(l, from->name);
    row.words = keep(l, str_empty(from->words) ? NULL : from->words);
    for (size_t i = 0; i < LISTING_EXTRAS; i++)
        row.extras[i] = keep(l, from->extras[i]);
    VEC_PUSH(l->rows, l->n, l->cap, row);
    changed(l);
}

void listing_end(struct listing *l, enum listing_state state, const char *problem)
{
    l->state = state;
    l->time = clock_wall_ms();
    str_set(&l->problem, problem);
    changed(l);
}

/* ---- order ---- */

static int compare_text(const char *a, const char *b)
{
    for (;; a++, b++) {
        unsigned char x = (unsigned char)*a, y = (unsigned char)*b;
        x = x >= 'A' && x <= 'Z' ? (unsigned char)(x + 32) : x;
        y = y >= 'A' && y <= 'Z' ? (unsigned char)(y + 32) : y;
        if (x != y || !x)
            return x - y;
    }
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_extra(const struct listing *l, size_t n, const char *a, const char *b)
{
    int64_t x = 0, y = 0;
    if (!l->look->extra_times[n])
        return compare_text(a ? a : "", b ? b : "");
    if (!a || !str_int(a, 0, INT64_MAX, &x))
        x = 0;
    if (!b || !str_int(b, 0, INT64_MAX, &y))
        y = 0;
    return compare_numbers(x, y);
}

static int compare_cells(const struct listing *l, enum listing_cell by, const struct listing_row *a,
                         const struct listing_row *b)
{
    switch (by) {
    case LISTING_NUMBER:
        return compare_numbers(a->number, b->number);
    case LISTING_WORDS:
        return compare_text(a->words ? a->words : "", b->words ? b->words : "");
    case LISTING_EXTRA1:
    case LISTING_EXTRA2:
        return compare_extra(l, by - LISTING_EXTRA1, a->extras[by - LISTING_EXTRA1],
                             b->extras[by - LISTING_EXTRA1]);
    case LISTING_NAME:
    case N_LISTING_CELLS:
        break;
    }
    return compare_text(a->name, b->name);
}

int listing_compare(const struct listing *l, enum listing_cell by, bool down,
                    const struct listing_row *a, const struct listing_row *b)
{
    int c = compare_cells(l, by, a, b);
    if (c == 0 && by != LISTING_NAME)
        return compare_text(a->name, b->name);
    return down ? -c : c;
}

/* Merges the sorted v[0..mid) and v[mid..n) by way of tmp. */
static void merge(const struct listing *l, enum listing_cell by, bool down, uint32_t *v, size_t mid,
                  size_t n, uint32_t *tmp)
{
    size_t a = 0, b = mid, to = 0;
    while (a < mid && b < n) {
        bool left = listing_compare(l, by, down, &l->rows[v[a]], &l->rows[v[b]]) <= 0;
        tmp[to++] = left ? v[a++] : v[b++];
    }
    while (a < mid)
        tmp[to++] = v[a++];
    while (b < n)
        tmp[to++] = v[b++];
    memcpy(v, tmp, n * sizeof *v);
}

static void sort(const struct listing *l, enum listing_cell by, bool down, uint32_t *v, size_t n,
                 uint32_t *tmp)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t i = 0; i + width < n; i += 2 * width)
            merge(l, by, down, v + i, width, MIN(2 * width, n - i), tmp);
    }
}

void listing_sort(const struct listing *l, enum listing_cell by, bool down, uint32_t *v,
                  size_t sorted, size_t n)
{
    uint32_t *tmp = xreallocarray(NULL, n + 1, sizeof *tmp);
    sort(l, by, down, v + sorted, n - sorted, tmp);
    if (sorted > 0 && sorted < n)
        merge(l, by, down, v, sorted, n, tmp);
    free(tmp);
}
