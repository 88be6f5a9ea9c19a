/* core/marks.c - is a password of an account in a text? Only its process knows the password */
#include "core/private.h"

enum { TEXT_MAX = 16 << 10 }; /* of a longer text the beginning is looked at, and the end */

/* The oldest one goes when there are too many: a process tells each password that it tries. */
void marks_add(struct core_account *ca, const struct frame *f)
{
    struct wire_mark m;
    if (wire_get_mark(f->data, f->len, &m, NULL) < 0)
        return;
    if (ca->n_marks == MARKS_MAX)
        VEC_DEL(ca->marks, ca->n_marks, 0);
    ca->marks[ca->n_marks++] = m;
}

static bool fits(const struct wire_mark *m, const char *text, size_t len)
{
    size_t part = MIN(len, (size_t)TEXT_MAX);
    return wire_mark_fits(m, text, part) ||
           (part < len && wire_mark_fits(m, text + len - part, part));
}

const struct account *core_holds_secret(const struct core *c, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        const struct core_account *ca = c->model->accounts[i]->core;
        for (size_t k = 0; ca && k < ca->n_marks; k++) {
            if (fits(&ca->marks[k], text, len))
                return ca->account;
        }
    }
    return NULL;
}
