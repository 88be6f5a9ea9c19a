/* core/ask.c - questions of the backends to the user, and the answers back; secrets are wiped on
 * the way */
#include "core/private.h"

enum { MOST_ASKS = 256, MOST_FIELDS = 256, MOST_CHOICES = 64, MOST_VALUES = 512 };

static char **dup_list(const char *const *v, size_t n)
{
    char **out = n ? xcalloc(n, sizeof *out) : NULL;
    for (size_t i = 0; i < n; i++)
        out[i] = xstrdup(v && v[i] ? v[i] : "");
    return out;
}

static void copy_choices(struct ask *ask, const struct kith_ev_ask *ev)
{
    ask->n_choices = MIN(ev->n_choices, (size_t)MOST_CHOICES);
    ask->choices = ask->n_choices ? xcalloc(ask->n_choices, sizeof *ask->choices) : NULL;
    for (size_t i = 0; i < ask->n_choices; i++) {
        ask->choices[i].id = xstrdup(ev->choices[i].id);
        ask->choices[i].label = xstrdup(ev->choices[i].label);
        ask->choices[i].flags = ev->choices[i].flags;
    }
}

static void copy_rules(struct ask_field *to, const struct kith_field *from)
{
    to->datatype = xstrdup(from->datatype);
    to->min = xstrdup(from->min);
    to->max = xstrdup(from->max);
    to->pattern = xstrdup(from->pattern);
    to->page = xstrdup(from->page);
    to->section = xstrdup(from->section);
    to->media = xstrdup(from->media);
    to->least = from->least;
    to->most = from->most;
}

static void copy_fields(struct ask *ask, const struct kith_ev_ask *ev)
{
    ask->n_fields = MIN(ev->n_fields, (size_t)MOST_FIELDS);
    ask->fields = ask->n_fields ? xcalloc(ask->n_fields, sizeof *ask->fields) : NULL;
    for (size_t i = 0; i < ask->n_fields; i++) {
        const struct kith_field *from = &ev->fields[i];
        struct ask_field *to = &ask->fields[i];
        to->key = xstrdup(from->key);
        to->label = xstrdup(from->label);
        to->type = xstrdup(from->type);
        to->help = KITH_HAS(struct kith_field, from, help) ? xstrdup(from->help) : NULL;
        to->flags = from->flags;
        if (KITH_HAS(struct kith_field, from, most))
            copy_rules(to, from);
        to->n_values = MIN(from->n_values, (size_t)MOST_VALUES);
        to->values = dup_list(from->values, to->n_values);
        to->n_choices = MIN(from->n_choices, (size_t)MOST_VALUES);
        to->choice_values = dup_list(from->choice_values, to->n_choices);
        to->choice_labels = dup_list(from->choice_labels, to->n_choices);
    }
}

static struct ask *find(struct core_account *ca, uint64_t backend_id)
{
    struct model *m = ca->core->model;
    for (size_t i = 0; i < m->n_asks; i++) {
        if (m->asks[i]->account == ca->account && m->asks[i]->backend_id == backend_id)
            return m->asks[i];
    }
    return NULL;
}

static size_t count(struct core_account *ca)
{
    size_t n = 0;
    const struct model *m = ca->core->model;
    for (size_t i = 0; i < m->n_asks; i++)
        n += m->asks[i]->account == ca->account;
    return n;
}

void ask_on_ask(struct core_account *ca, const struct kith_ev_ask *ev)
{
    struct ask *old = find(ca, ev->ask);
    if (old) /* the same question in a new form */
        model_drop_ask(ca->core->model, old);
    if (count(ca) >= MOST_ASKS || family_knows(ca, ev))
        return;
    struct ask *ask = ask_new();
    ask->id = ++ca->core->next_ask;
    ask->account = ca->account;
    ask->backend_id = ev->ask;
    ask->kind = (enum kith_ask)ev->kind;
    ask->subject = xstrdup(ev->subject);
    ask->title = xstrdup(ev->title);
    ask->text = xstrdup(ev->text);
    ask->time = ev->ev.time_ms ? ev->ev.time_ms : clock_wall_ms();
    copy_choices(ask, ev);
    copy_fields(ask, ev);
    model_add_ask(ca->core->model, ask);
}

void ask_on_gone(struct core_account *ca, uint64_t backend_id)
{
    struct ask *ask = find(ca, backend_id);
    if (ask)
        model_drop_ask(ca->core->model, ask);
}

void ask_session_over(struct core_account *ca, bool process_gone)
{
    struct model *m = ca->core->model;
    for (size_t i = m->n_asks; i-- > 0;) {
        struct ask *ask = i < m->n_asks ? m->asks[i] : NULL;
        bool hosts = ask && (ask->backend_id & WIRE_ASK_HOST);
        if (ask && ask->account == ca->account && (process_gone || !hosts))
            model_drop_ask(m, ask);
    }
}

/* ---- answering ---- */

static bool is_secret(const struct ask *ask, const char *key)
{
    for (size_t i = 0; i < ask->n_fields; i++) {
        if (str_eq(ask->fields[i].key, key))
            return str_eq(ask->fields[i].type, "secret");
    }
    return ask->kind == KITH_ASK_SECRET;
}

static void wipe_secrets(const struct ask *ask, const struct core_answer_field *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *value = (char *)(uintptr_t)f[i].value;
        if (value && *value && is_secret(ask, f[i].key))
            mem_wipe(value, strlen(value));
    }
}

int core_answer(struct core *c, struct ask *ask, const char *choice,
                const struct core_answer_field *f, size_t n, struct err *e)
{
    struct core_account *ca = ask->account->core;
    struct kith_field *fields = n ? xcalloc(n, sizeof *fields) : NULL;
    const char **values = xcalloc(n + 1, sizeof *values);
    size_t n_fields = 0;
    for (size_t i = 0; i < n; i++) { /* those of one key that follow each other are one field */
        struct kith_field *to = n_fields ? &fields[n_fields - 1] : NULL;
        if (!to || !str_eq(to->key, f[i].key) || to->n_values >= MOST_VALUES) {
            to = &fields[n_fields++];
            *to = (struct kith_field){.size = sizeof *to, .key = f[i].key, .type = is_secret(ask, f[i].key) ? "secret" : "text", .values = &values[i]};
        }
        values[i] = f[i].value;
        to->n_values += f[i].value != NULL;
    }
    struct wire_op op = {.size = sizeof op,
                         .type = OP_ANSWER,
                         .ask = ask->backend_id,
                         .id = choice,
                         .fields = fields,
                         .n_fields = n_fields};
    int r = link_op(ca, &op, -1, e);
    if (r >= 0) {
        link_flush(ca); /* now: the copy in the buffer is wiped when it has gone */
        family_answered(c, ask, &op);
    }
    free(fields);
    free(values);
    wipe_secrets(ask, f, n);
    if (r >= 0)
        model_drop_ask(c->model, ask);
    return r;
}
