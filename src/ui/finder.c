/* ui/finder.c - the search screen's state: hits, the one under the cursor, the messages about it */
#include "ui/finder.h"

#include <stdlib.h>

#include "base/mem.h"

void finder_around(struct finder *p, int64_t of, struct message **v, size_t n)
{
    for (size_t i = 0; i < p->n_around; i++)
        message_free(p->around[i]);
    free(p->around);
    p->around = v;
    p->n_around = n;
    p->around_of = of;
}

void finder_free(struct finder *p)
{
    finder_around(p, 0, NULL, 0);
    find_hits_free(p->hits, p->n);
    editor_free(p->query);
    free(p->problem);
    *p = (struct finder){0};
}

void finder_take(struct finder *p, struct find_hit *hits, size_t n, bool more, int64_t us,
                 const struct err *e)
{
    const struct find_hit *now = finder_current(p);
    int64_t was = now ? now->message : 0;
    find_hits_free(p->hits, p->n);
    p->hits = hits;
    p->n = n;
    p->more = more;
    p->us = us;
    p->asked = true;
    p->at = p->top = 0;
    str_set(&p->problem, e->code < 0 ? e->text : NULL);
    for (size_t i = 0; i < n; i++) {
        if (hits[i].message == was)
            p->at = (int)i;
    }
    finder_around(p, 0, NULL, 0);
}

const struct find_hit *finder_current(const struct finder *p)
{
    return p->at >= 0 && (size_t)p->at < p->n ? &p->hits[p->at] : NULL;
}

bool finder_action(struct finder *p, enum pane_action a)
{
    int to = pane_move(a, p->at, (int)p->n, MAX(1, p->page));
    bool moved = to >= 0 && to != p->at;
    p->at = MAX(0, to);
    return moved;
}
