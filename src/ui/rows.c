/* ui/rows.c - which rows of a listing are shown, in which order; where the cursor is */
#include "ui/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/grams.h"

void rows_open(struct rows_pane *p, const struct listing *l)
{
    rows_free(p);
    p->open = true;
    p->listing = l->id;
    p->filter = editor_new(NULL);
    p->sort = l->look->sort;
    p->down = l->look->down;
}

void rows_free(struct rows_pane *p)
{
    editor_free(p->filter);
    free(p->shown);
    free(p->seen_filter);
    *p = (struct rows_pane){0};
}

/* ---- the filter: words, -words, >number, <number ---- */

enum { TERMS = 16 };
struct term {
    struct folded what;
    bool without;
};
struct filter {
    struct term terms[TERMS];
    size_t n;
    int64_t more, less; /* bounds that a number must be between */
    struct folded name, words; /* of the row being looked at */
};

static void add_term(struct filter *f, const char *word, size_t len)
{
    bool without = len > 1 && word[0] == '-';
    char *number = xstrndup(word + 1, len > 0 ? len - 1 : 0);
    int64_t n;
    if ((word[0] == '>' || word[0] == '<') && (!*number || str_int(number, 0, INT32_MAX, &n))) {
        if (*number && word[0] == '>')
            f->more = n;
        else if (*number)
            f->less = n;
    } else if (f->n < TERMS) {
        f->terms[f->n].without = without;
        fold_text(&f->terms[f->n].what, word + without, len - without);
        f->n++;
    }
    free(number);
}

static void filter_parse(struct filter *f, const char *text)
{
    *f = (struct filter){.more = INT64_MIN, .less = INT64_MAX};
    while (*text) {
        size_t len = strcspn(text, " ");
        if (len > 0)
            add_term(f, text, len);
        text += len;
        text += strspn(text, " ");
    }
}

static void filter_free(struct filter *f)
{
    for (size_t i = 0; i < f->n; i++)
        folded_free(&f->terms[i].what);
    folded_free(&f->name);
    folded_free(&f->words);
}

static void fold_row(struct filter *f, const struct listing_row *r)
{
    struct buf all = {0};
    buf_adds(&all, r->words);
    for (size_t i = 0; i < LISTING_EXTRAS; i++) {
        if (r->extras[i])
            buf_addf(&all, "\n%s", r->extras[i]);
    }
    fold_text(&f->name, r->name, strlen(r->name));
    fold_text(&f->words, buf_str(&all), all.len);
    buf_free(&all);
}

static bool fits(struct filter *f, const struct listing_row *r)
{
    if (r->number <= f->more || r->number >= f->less)
        return false;
    if (f->n > 0)
        fold_row(f, r);
    for (size_t i = 0; i < f->n; i++) {
        const struct term *t = &f->terms[i];
        bool in = t->what.n == 0 || folded_find(&f->name, &t->what, 0) != SIZE_MAX ||
                  folded_find(&f->words, &t->what, 0) != SIZE_MAX;
        if (in == t->without)
            return false;
    }
    return true;
}

/* Does what fits `now` lie within what fitted `before`? Not when something is left out, or a bound may have moved. */
static bool narrows(const char *before, const char *now)
{
    return before && str_starts(now, before) && !strpbrk(now, "-<>");
}

static void keep_fitting(struct rows_pane *p, const struct listing *l, struct filter *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (fits(f, &l->rows[p->shown[i]]))
            p->shown[kept++] = p->shown[i];
    }
    p->n = kept;
}

/* ---- what is shown ---- */

static void put_cursor(struct rows_pane *p)
{
    size_t at = 0;
    while (p->moved && at < p->n && p->shown[at] != p->row)
        at++;
    p->at = p->moved && at < p->n ? (int)at : p->moved ? MAX(0, MIN(p->at, (int)p->n - 1)) : 0;
    if (p->n > 0)
        p->row = p->shown[p->at];
}

void rows_recalc(struct rows_pane *p, const struct listing *l)
{
    const char *text = p->filter ? editor_text(p->filter) : "";
    bool same = str_eq(p->seen_filter, text);
    if (!l || (same && p->seen == l->n && !p->unsorted))
        return;
    struct filter f;
    filter_parse(&f, text);
    if (!same && narrows(p->seen_filter, text))
        keep_fitting(p, l, &f);
    else if (!same)
        p->n = p->seen = 0;
    size_t sorted = p->unsorted ? 0 : p->n;
    for (; p->seen < l->n; p->seen++) {
        if (fits(&f, &l->rows[p->seen]))
            VEC_PUSH(p->shown, p->n, p->cap, (uint32_t)p->seen);
    }
    listing_sort(l, p->sort, p->down, p->shown, sorted, p->n);
    p->unsorted = false;
    if (!same)
        p->moved = false; /* what was typed is looked at from the top */
    str_set(&p->seen_filter, text);
    filter_free(&f);
    put_cursor(p);
}

const struct listing_row *rows_current(const struct rows_pane *p, const struct listing *l)
{
    return l && p->at >= 0 && (size_t)p->at < p->n ? &l->rows[p->shown[p->at]] : NULL;
}

bool rows_action(struct rows_pane *p, enum pane_action a)
{
    int to = pane_move(a, p->at, (int)p->n, MAX(1, p->page));
    bool moved = to >= 0 && to != p->at;
    p->at = MAX(0, to);
    if (p->n > 0)
        p->row = p->shown[p->at];
    p->moved = p->at > 0 || (p->moved && moved);
    return moved;
}

void rows_sort_next(struct rows_pane *p, const struct listing *l)
{
    int by = p->sort;
    do
        by = (by + 1) % N_LISTING_CELLS;
    while (!l->look->heads[by] && by != (int)l->look->sort && by != (int)p->sort);
    p->sort = (enum listing_cell)by;
    p->down = p->sort == l->look->sort ? l->look->down : p->sort == LISTING_NUMBER;
    p->unsorted = true;
    p->moved = false;
}

void rows_turn(struct rows_pane *p)
{
    p->down = !p->down;
    p->unsorted = true;
    p->moved = false;
}
