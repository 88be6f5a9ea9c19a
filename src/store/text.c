/* store/text.c - full text: filled a little at a time when nothing is due, and searched */
#include "base/clock.h"
#include "store/find.h"
#include "store/private.h"

/* A slice ends with a commit, in which the index writes what it has gathered, and how long that
 * takes shows only then. So each slice learns from the one before how much it may take. */
enum {
    ROWS_FIRST = 24, /* messages of the first slice */
    ROWS_MAX = 256,
    PAGES_FIRST = 4, /* pages that the first slice of putting in order writes */
    PAGES_MAX = 64,
};

static int learnt(int now, int first, int max, int64_t took, int64_t budget_us)
{
    if (!now)
        return first;
    if (took > budget_us)
        now = now * 2 / 3;
    else if (took < budget_us * 2 / 3)
        now += now / 8 + 1;
    return MAX(1, MIN(now, max));
}

struct body {
    int64_t id;
    char *text;
};

static int read_bodies(struct store *s, struct body *v, int max)
{
    sqlite3_stmt *q = STORE_READ(s, S_UNINDEXED, v_int(s->indexed), v_int(max));
    int n = 0;
    while (n < max && store_row(s, q)) {
        v[n].id = sqlite3_column_int64(q, 0);
        v[n++].text = column_dup(q, 1);
    }
    if (n == max)
        store_done(q);
    return n;
}

static bool add_rows(struct store *s, int max)
{
    struct body v[ROWS_MAX];
    int n = read_bodies(s, v, max);
    for (int i = 0; i < n; i++) {
        if (v[i].text)
            STORE_WRITE(s, S_TEXT_ADD, v_int(v[i].id), v_text(v[i].text));
        s->indexed = v[i].id;
        free(v[i].text);
    }
    if (n > 0)
        STORE_WRITE(s, S_PUT_INDEXED, v_int(s->indexed));
    return n == max;
}

/* Each commit leaves a small index of its own; many are merged into one, some pages at a time.
 * False: there is nothing to merge (SQLite's manual, FTS5 6.8). */
static bool merge_some(struct store *s, int pages)
{
    int before = sqlite3_total_changes(s->db);
    const struct val v = v_int(pages);
    store_try(s, S_TEXT_MERGE, &v, 1); /* not remembered: nothing is lost when it fails */
    return sqlite3_total_changes(s->db) - before >= 2;
}

bool store_index_slice(struct store *s, int64_t budget_us)
{
    struct text_slices *t = &s->slices;
    if (s->waiting)
        return false;
    if (!t->merging && shelf_slice(s))
        return true;
    if (t->merging)
        t->pages = learnt(t->pages, PAGES_FIRST, PAGES_MAX, t->merge_us, budget_us);
    else
        t->rows = learnt(t->rows, ROWS_FIRST, ROWS_MAX, t->rows_us, budget_us);
    scrub_pages(s, s->unkept); /* of the full text alone: it has no text in it that could be read */
    t->took = t->merging ? &t->merge_us : &t->rows_us;
    t->began = clock_mono_us();
    if (t->merging) {
        t->merging = merge_some(s, t->pages);
        return t->merging || t->more;
    }
    int64_t from = s->indexed;
    t->more = add_rows(s, t->rows);
    t->merging = s->indexed != from;
    return t->merging;
}

void store_slice_ended(struct store *s)
{
    struct text_slices *t = &s->slices;
    if (t->began) {
        *t->took = clock_mono_us() - t->began;
        scrub_pages(s, true);
    }
    t->began = 0;
}

int store_find(struct store *s, const struct find_query *q, struct find_hit **out, size_t *n,
               bool *more, struct err *e)
{
    return find_query(s->db, q, out, n, more, e);
}

int store_search(struct store *s, const struct chat *c, const char *words, size_t max,
                 store_hit_fn *fn, void *user, struct err *e)
{
    struct find_query q = {
        .words = words, .chat = c ? c->id : 0, .max = max, .now = clock_wall_ms()};
    struct find_hit *hits = NULL;
    size_t n = 0;
    bool more = false;
    int r = find_query(s->db, &q, &hits, &n, &more, e);
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct message *m = store_message(s, NULL, hits[i].message);
        bool go_on = !m || fn(user, hits[i].chat, m);
        message_free(m);
        if (!go_on)
            break;
    }
    find_hits_free(hits, n);
    return r < 0 ? r : (int)n;
}
