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
    free(f->datatype);
    free(f->min);
    free(f->max);
    free(f->pattern);
    free(f->page);
    free(f->section);
    free(f->media);
    strings_free(f->values, f->values ? f->n_values : 0);
    strings_free(f->choice_values, f->choice_values ? f->n_choices : 0);
    strings_free(f->choice_labels, f->choice_labels ? f->n_choices : 0);
}

/* ---- how it is put ---- */

static char *word(const char *s)
{
    return (char *)(uintptr_t)s; /* borrowed, and never written to */
}

size_t ask_n_fields(const struct ask *ask)
{
    return ask->n_fields == 0 && ask->kind == KITH_ASK_SECRET ? 1 : ask->n_fields;
}

struct ask_field ask_field_at(const struct ask *ask, size_t i)
{
    return i < ask->n_fields ? ask->fields[i] : (struct ask_field){.key = word("secret"), .label = word("Password"), .type = word("secret")};
}

enum ask_type ask_type_of(const struct ask_field *f)
{
    static const char *const names[] = {[ASK_TEXT] = "text",     [ASK_SECRET] = "secret",   [ASK_BOOL] = "bool",
                                        [ASK_CHOICE] = "choice", [ASK_CHOICES] = "choices", [ASK_FIXED] = "fixed",
                                        [ASK_LINES] = "multiline", [ASK_TABLE] = "table"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (str_eq(names[i], f->type))
            return (enum ask_type)i;
    }
    return str_eq(f->type, "addresses") ? ASK_LINES : ASK_TEXT;
}

size_t ask_n_choices(const struct ask *ask)
{
    return ask->n_choices ? ask->n_choices : 2;
}

struct ask_choice ask_choice_at(const struct ask *ask, size_t i)
{
    if (ask->n_choices)
        return ask->choices[i];
    return i == 0 ? (struct ask_choice){word("ok"), word("OK"), KITH_CHOICE_DEFAULT} : (struct ask_choice){word("cancel"), word("Cancel"), 0};
}

bool ask_is_yes(const char *value)
{
    return str_eq(value, "1") || str_eq(value, "true") || str_eq(value, "yes") || str_eq(value, "y");
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
