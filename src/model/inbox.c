/* model/inbox.c - what may want an answer, over all accounts */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/model.h"
#include "model/private.h"

static void item_free(struct inbox_item *i)
{
    free(i->who);
    free(i->text);
    free(i);
}

void inbox_free_all(struct model *m)
{
    for (size_t i = 0; i < m->n_inbox; i++)
        item_free(m->inbox[i]);
    free(m->inbox);
}

static void changed(struct model *m)
{
    model_emit(m, &(struct model_event){.type = MODEL_INBOX});
}

struct inbox_item *model_inbox(const struct model *m, int64_t message)
{
    for (size_t i = m->n_inbox; i-- > 0;) {
        if (m->inbox[i]->message == message)
            return m->inbox[i];
    }
    return NULL;
}

struct inbox_item *model_add_inbox(struct model *m, const struct inbox_item *from)
{
    struct inbox_item *item = xmalloc(sizeof *item);
    *item = *from;
    VEC_PUSH(m->inbox, m->n_inbox, m->cap_inbox, item);
    for (size_t i = m->n_inbox - 1; i > 0 && m->inbox[i - 1]->time > item->time; i--) {
        m->inbox[i] = m->inbox[i - 1];
        m->inbox[i - 1] = item;
    }
    changed(m);
    return item;
}

void model_drop_inbox(struct model *m, int64_t message)
{
    for (size_t i = 0; i < m->n_inbox; i++) {
        if (m->inbox[i]->message != message)
            continue;
        item_free(m->inbox[i]);
        VEC_DEL(m->inbox, m->n_inbox, i);
        changed(m);
        return;
    }
}
