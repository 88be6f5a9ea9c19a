/* ui/target.c - what on the screen can be acted on, and the labels by which it is chosen */
#include "ui/target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const char letters[] = "asdfghjklewioqrtyupzxcvbnm";
enum { LETTERS = sizeof letters - 1, SPARE = 12 };

static bool same(const struct target *a, const void *place, enum target_kind kind, int64_t message,
                 int number, const char *text, size_t len)
{
    size_t n = a->text ? strlen(a->text) : 0;
    return a->place == place && a->kind == kind && a->message == message && a->number == number &&
           n == len && (n == 0 || memcmp(a->text, text, n) == 0);
}

void target_add(struct targets *t, enum target_kind kind, int x, int y, int64_t message, int number,
                const char *text, size_t len)
{
    if (t->links_only && kind != TARGET_LINK)
        return;
    for (size_t i = 0; i < t->n && message; i++) {
        struct target *old = &t->v[i];
        if (!same(old, t->place, kind, message, number, text, len))
            continue;
        if (y < old->y) {
            old->x = x;
            old->y = y;
        }
        return;
    }
    if (t->n >= TARGETS_MAX)
        return;
    struct target one = {.kind = kind,
                         .x = x,
                         .y = y,
                         .right = t->right,
                         .place = t->place,
                         .aside = t->aside,
                         .message = message,
                         .number = number,
                         .text = text ? xstrndup(text, len) : NULL};
    VEC_PUSH(t->v, t->n, t->cap, one);
}

static int from_below(const void *a, const void *b)
{
    const struct target *x = a, *y = b;
    if (x->aside != y->aside)
        return x->aside ? 1 : -1;
    return x->y != y->y ? y->y - x->y : x->x - y->x;
}

/* One letter for the first ones, two for those behind; the letters that begin two stand alone for
 * nothing. `two`: how many begin two. */
static void label_of(size_t i, size_t two, char out[LABEL_LEN + 1])
{
    size_t one = LETTERS - two;
    memset(out, 0, LABEL_LEN + 1);
    if (i < one) {
        out[0] = letters[i];
    } else if ((i - one) / LETTERS < two) {
        out[0] = letters[one + (i - one) / LETTERS];
        out[1] = letters[(i - one) % LETTERS];
    }
}

static bool taken(const struct targets *t, const char *label)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->v[i].label, label) == 0)
            return true;
    return false;
}

static size_t two_of(size_t n)
{
    size_t two = 0;
    while (two < LETTERS && LETTERS - two + two * LETTERS < n)
        two++;
    return two;
}

/* How many first letters of `before` begin two. */
static size_t two_before(const struct targets *before)
{
    size_t two = 0;
    for (size_t i = 0; i < before->n; i++) {
        const char *at = before->v[i].label[1] ? strchr(letters, before->v[i].label[0]) : NULL;
        if (at)
            two = MAX(two, (size_t)LETTERS - (size_t)(at - letters));
    }
    return two;
}

void targets_label(struct targets *t, const struct targets *before)
{
    size_t next = 0, two = before->n ? two_before(before) : two_of(t->n > 20 ? t->n + SPARE : t->n);
    if (t->n > 0)
        qsort(t->v, t->n, sizeof *t->v, from_below);
    for (size_t i = 0; i < t->n; i++) {
        struct target *one = &t->v[i];
        size_t len = one->text ? strlen(one->text) : 0;
        for (size_t k = 0; k < before->n; k++)
            if (same(&before->v[k], one->place, one->kind, one->message, one->number, one->text,
                     len))
                memcpy(one->label, before->v[k].label, sizeof one->label);
    }
    for (size_t i = 0; i < t->n; i++) {
        while (!t->v[i].label[0]) {
            char label[LABEL_LEN + 1];
            label_of(next++, two, label);
            if (!label[0])
                return; /* more than there are labels: what is left has none */
            if (!taken(t, label))
                memcpy(t->v[i].label, label, sizeof label);
        }
    }
}

const struct target *targets_find(const struct targets *t, const char *typed, bool *more)
{
    size_t n = strlen(typed);
    *more = false;
    for (size_t i = 0; i < t->n; i++) {
        if (!t->v[i].label[0] || strncasecmp(t->v[i].label, typed, n) != 0)
            continue;
        if (t->v[i].label[n] == '\0')
            return &t->v[i];
        *more = true;
    }
    return NULL;
}

void targets_clear(struct targets *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i].text);
    free(t->v);
    *t = (struct targets){.links_only = t->links_only};
}
