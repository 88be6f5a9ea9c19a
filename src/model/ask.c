/* model/ask.c - questions waiting for the user */
#include <string.h>

#include "base/mem.h"
#include "model/model.h"
#include "model/private.h"

static void strings_free(char **v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(v[i]);
    free(v);
}

static void field_clear(struct ask_field *f)
{
    free(f->key);
    free(f->label);
    free(f->type);
    free(f->help);
    strings_free(f->values, f->values ? f->n_values : 0);
    strings_free(f->choice_values, f->choice_values ? f->n_choices : 0);
    strings_free(f->choice_labels, f->choice_labels ? f->n_choices : 0);
}

struct ask *ask_new(void)
{
    return xcalloc(1, sizeof(struct ask));
}

void ask_free(struct ask *ask)
{
    if (!ask)
        return;
    for (size_t i = 0; i < ask->n_choices; i++) {
        free(ask->choices[i].id);
        free(ask->choices[i].label);
    }
    free(ask->choices);
    for (size_t i = 0; i < ask->n_fields; i++)
        field_clear(&ask->fields[i]);
    free(ask->fields);
    free(ask->subject);
    free(ask->title);
    free(ask->text);
    free(ask);
}

struct ask *model_ask(const struct model *m, int64_t id)
{
    for (size_t i = 0; i < m->n_asks; i++) {
        if (m->asks[i]->id == id)
            return m->asks[i];
    }
    return NULL;
}

struct ask *model_add_ask(struct model *m, struct ask *ask)
{
    VEC_PUSH(m->asks, m->n_asks, m->cap_asks, ask);
    model_emit(m, &(struct model_event){.type = MODEL_ASK, .account = ask->account, .ask = ask});
    return ask;
}

void model_drop_ask(struct model *m, struct ask *ask)
{
    for (size_t i = 0; i < m->n_asks; i++) {
        if (m->asks[i] == ask) {
            VEC_DEL(m->asks, m->n_asks, i);
            break;
        }
    }
    model_emit(m,
               &(struct model_event){.type = MODEL_ASK_GONE, .account = ask->account, .ask = ask});
    ask_free(ask);
}
