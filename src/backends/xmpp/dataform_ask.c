/* backends/xmpp/dataform_ask.c - a data form as a question to the user, and what they filled in back into the form */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/dataform.h"
#include "backends/xmpp/feature.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { CELLS_MAX = 480 }; /* of one field: a longer table is cut into several */

struct open_form {
    uint64_t ask;
    struct dataform *form;
    dataform_fn *fn;
    void *user;
};
struct forms {
    struct open_form **v;
    size_t n, cap;
};

static const char *const type_names[] = {
    [DATAFORM_TEXT_SINGLE] = "text", [DATAFORM_TEXT_PRIVATE] = "secret", [DATAFORM_TEXT_MULTI] = "multiline", [DATAFORM_BOOLEAN] = "bool",
    [DATAFORM_FIXED] = "fixed", [DATAFORM_HIDDEN] = "hidden", [DATAFORM_JID_SINGLE] = "address", [DATAFORM_JID_MULTI] = "addresses",
    [DATAFORM_LIST_SINGLE] = "choice", [DATAFORM_LIST_MULTI] = "choices"};

/* ---- names and values that cross the border unchanged ---- */

static char *cleaned(const char *s)
{
    struct buf b = {0};
    utf8_clean(&b, s, strlen(s), UTF8_TEXT, KITH_MAX_TEXT);
    return b.len ? buf_take(&b) : xstrdup("");
}

/* s itself where the host hands it back as it is, else a name made of its place. */
static char *token(const char *s, size_t place)
{
    bool plain = s && *s && *s != '#' && strlen(s) <= KITH_MAX_NAME && utf8_is_clean(s, strlen(s), UTF8_LINE);
    return plain ? xstrdup(s) : xasprintf("#%zu", place);
}

/* What cannot be shown whole is not offered for editing: it stays as it came. */
static bool can_edit(const struct dataform_field *f)
{
    for (size_t i = 0; i < f->n_values; i++)
        if (strlen(f->values[i]) > KITH_MAX_TEXT)
            return false;
    return f->type != DATAFORM_HIDDEN && f->type != DATAFORM_FIXED;
}

static bool is_list(const struct dataform_field *f)
{
    return f->type == DATAFORM_LIST_SINGLE || f->type == DATAFORM_LIST_MULTI;
}

/* ---- towards the host ---- */

static char *own(struct dataform_fields *v, char *s)
{
    VEC_PUSH(v->owned, v->n_owned, v->cap_owned, s);
    return s;
}

static const char **own_list(struct dataform_fields *v, size_t n)
{
    return (const char **)(void *)own(v, xcalloc(n ? n : 1, sizeof(char *)));
}

static size_t option_of(const struct dataform_field *f, const char *value)
{
    size_t i = 0;
    while (i < f->n_options && strcmp(f->options[i].value, value) != 0)
        i++;
    return i;
}

static void put_options(struct dataform_fields *v, struct kith_field *to, const struct dataform_field *f)
{
    const char **values = own_list(v, f->n_options), **labels = own_list(v, f->n_options);
    for (size_t i = 0; i < f->n_options; i++) {
        values[i] = own(v, token(f->options[i].value, i));
        labels[i] = f->options[i].label;
    }
    to->choice_values = values;
    to->choice_labels = labels;
    to->n_choices = f->n_options;
}

static void put_values(struct dataform_fields *v, struct kith_field *to, const struct dataform_field *f)
{
    const char **values = own_list(v, f->n_values);
    for (size_t i = 0; i < f->n_values; i++) {
        size_t at = is_list(f) ? option_of(f, f->values[i]) : f->n_options;
        values[i] = at < f->n_options ? to->choice_values[at] : f->values[i];
    }
    to->values = values;
    to->n_values = f->n_values;
}

static bool is_word(const struct dataform_field *f) /* a text that is no sentence */
{
    return f->type == DATAFORM_FIXED && f->n_values == 1 && !str_empty(f->values[0]) && !strpbrk(f->values[0], " \t\n");
}

/* XEP-0221: what is to be scanned stands as text in the field itself, or in a fixed one behind it (gateways of the slidge
 * kind do that): it is drawn from there, and nothing is fetched. NULL: it is no code. */
static const char *code_of(const struct dataform *form, size_t at)
{
    const struct dataform_field *f = &form->fields[at], *next = at + 1 < form->n_fields ? f + 1 : NULL;
    if (f->type != DATAFORM_FIXED || !f->media || (f->mime && !str_starts(f->mime, "image/")))
        return NULL;
    if (f->n_values && !str_empty(f->values[0]))
        return f->values[0];
    return next && !next->media && is_word(next) ? next->values[0] : NULL;
}

/* A picture or sound that is none of them, such as a CAPTCHA's: where it is, for a browser. Owned; NULL: there is none. */
static char *media_words(const struct dataform_field *f)
{
    bool link = f->media && (str_starts(f->media, "https://") || str_starts(f->media, "http://"));
    const char *kind = str_starts(f->mime ? f->mime : "image/", "image/") ? "Picture" : str_starts(f->mime, "audio/") ? "Sound" : "File";
    if (!f->media)
        return NULL;
    return xasprintf("%s%s%s: %s", f->desc ? f->desc : "", f->desc ? "\n" : "", kind, link ? f->media : "it cannot be shown here.");
}

static void put_field(struct dataform_fields *v, const struct dataform *form, size_t place)
{
    const struct dataform_field *f = &form->fields[place];
    bool result = form->kind == DATAFORM_RESULT;
    struct kith_field to = {.size = sizeof to, .key = own(v, token(f->var, place)), .label = f->label ? f->label : f->var,
                            .type = type_names[f->type], .help = f->desc, .datatype = f->datatype, .min = f->min, .max = f->max,
                            .pattern = f->pattern, .least = f->least, .most = f->most, .page = f->page, .section = f->section,
                            .media = code_of(form, place)};
    char *picture = to.media ? NULL : media_words(f);
    if (picture)
        to.help = own(v, picture);
    bool fixed = f->type == DATAFORM_FIXED || result || !can_edit(f);
    to.flags = (f->required ? KITH_FIELD_REQUIRED : 0u) | (f->open ? KITH_FIELD_OPEN : 0u) | (result ? KITH_FIELD_READ_ONLY : 0u);
    if (f->type == DATAFORM_FIXED)
        to.label = f->label;
    else if (fixed && !result)
        to.flags |= KITH_FIELD_READ_ONLY;
    if (is_list(f))
        put_options(v, &to, f);
    put_values(v, &to, f);
    if (picture && f->type == DATAFORM_FIXED && f->n_values == 0) { /* it is all there is to be read */
        const char **one = own_list(v, 1);
        one[0] = picture;
        to.values = one;
        to.n_values = 1;
    }
    v->v[v->n++] = to;
}

static void put_table(struct dataform_fields *v, const struct dataform *f)
{
    size_t rows = f->n_columns ? f->n_cells / f->n_columns : 0, per = f->n_columns ? MAX(1, CELLS_MAX / f->n_columns) : 1;
    const char **heads = own_list(v, f->n_columns), **vars = own_list(v, f->n_columns);
    for (size_t i = 0; i < f->n_columns; i++) {
        heads[i] = str_empty(f->columns[i].label) ? f->columns[i].var : f->columns[i].label;
        vars[i] = own(v, token(f->columns[i].var, i));
    }
    for (size_t row = 0; row < rows || row == 0; row += per) {
        struct kith_field to = {.size = sizeof to, .flags = KITH_FIELD_READ_ONLY, .key = "table", .type = "table", .choice_values = vars,
                                .choice_labels = heads, .n_choices = f->n_columns};
        to.values = rows ? (const char *const *)f->cells + row * f->n_columns : NULL;
        to.n_values = MIN(per, rows - MIN(rows, row)) * f->n_columns;
        v->v[v->n++] = to;
    }
}

void dataform_fields(const struct dataform *f, struct dataform_fields *out)
{
    *out = (struct dataform_fields){0};
    size_t tables = f->n_columns ? f->n_cells / MAX(1, CELLS_MAX / f->n_columns * f->n_columns) + 2 : 0;
    out->v = xcalloc(f->n_fields + tables + 1, sizeof *out->v);
    for (size_t i = 0; i < f->n_fields; i++)
        if (f->fields[i].type != DATAFORM_HIDDEN)
            put_field(out, f, i);
    if (f->n_columns)
        put_table(out, f);
}

void dataform_fields_free(struct dataform_fields *v)
{
    for (size_t i = 0; i < v->n_owned; i++)
        free(v->owned[i]);
    free(v->owned);
    free(v->v);
    *v = (struct dataform_fields){0};
}

/* ---- and back ---- */

/* The answer's value as the form knows it. */
static const char *original(const struct dataform_field *f, const char *value)
{
    for (size_t i = 0; i < f->n_options; i++) {
        char *name = token(f->options[i].value, i);
        bool same = strcmp(name, value) == 0;
        free(name);
        if (same)
            return f->options[i].value;
    }
    return is_list(f) && !f->open ? NULL : value;
}

/* What is as it was shown is as it came, with all that the border took out of it. */
static bool unchanged(const struct dataform_field *f, const struct kith_field *a)
{
    bool same = !is_list(f) && a->n_values == f->n_values;
    for (size_t i = 0; same && i < f->n_values; i++) {
        char *shown = cleaned(f->values[i]);
        same = strcmp(shown, a->values[i]) == 0;
        free(shown);
    }
    return same;
}

static void take_field(struct dataform *form, struct dataform_field *f, const struct kith_field *a)
{
    const char **values = xcalloc(a->n_values + 1, sizeof *values);
    size_t n = 0;
    if (unchanged(f, a)) {
        free(values);
        return;
    }
    bool many = f->type == DATAFORM_TEXT_MULTI || f->type == DATAFORM_JID_MULTI || f->type == DATAFORM_LIST_MULTI;
    for (size_t i = 0; i < a->n_values && n < (many ? (size_t)DATAFORM_VALUES : 1); i++) {
        const char *one = original(f, a->values[i]);
        bool empty = str_empty(one) && f->type != DATAFORM_TEXT_MULTI;
        if (one && !(empty && (f->n_values == 0 || f->type == DATAFORM_JID_MULTI)))
            values[n++] = one;
    }
    if (f->type == DATAFORM_TEXT_MULTI && n == 1 && !*values[0])
        n = 0;
    dataform_set(form, f->var, values, n);
    free(values);
}

void dataform_take(struct dataform *f, const struct kith_answer *a)
{
    for (size_t i = 0; i < f->n_fields; i++) {
        struct dataform_field *field = &f->fields[i];
        char *key = can_edit(field) ? token(field->var, i) : NULL;
        for (size_t k = 0; key && k < a->n_fields; k++) {
            const struct kith_field *given = KITH_AT(struct kith_field, a->fields, k);
            if (str_eq(given->key, key)) {
                take_field(f, field, given);
                break;
            }
        }
        free(key);
    }
}

/* ---- questions that are open ---- */

static struct open_form *take_open(struct x *x, uint64_t ask)
{
    struct forms *fs = x_state(x, "dataform");
    for (size_t i = 0; fs && i < fs->n; i++) {
        struct open_form *o = fs->v[i];
        if (ask && o->ask != ask)
            continue;
        VEC_DEL(fs->v, fs->n, i);
        return o;
    }
    return NULL;
}

static void finish(struct x *x, struct open_form *o, const char *choice)
{
    o->fn(x, choice, o->form, o->user);
    dataform_free(o->form);
    free(o);
}

static void on_answer(struct x *x, const struct kith_answer *a, void *user)
{
    const struct open_form *of = user;
    struct open_form *o = take_open(x, of->ask);
    if (!o)
        return;
    if (!str_eq(a->choice, "cancel"))
        dataform_take(o->form, a);
    finish(x, o, a->choice ? a->choice : "cancel");
}

uint64_t dataform_ask(struct x *x, struct kith_ev_ask *head, struct dataform *f, dataform_fn *fn, void *user)
{
    struct forms *fs = x_state(x, "dataform");
    struct open_form *o = xmalloc(sizeof *o);
    struct dataform_fields v;
    *o = (struct open_form){.form = f, .fn = fn, .user = user};
    dataform_fields(f, &v);
    head->ev.size = sizeof *head;
    head->ev.type = KITH_EV_ASK;
    head->kind = KITH_ASK_FORM;
    head->title = head->title ? head->title : f->title;
    head->text = head->text ? head->text : f->text;
    head->fields = v.v;
    head->n_fields = v.n;
    x_ask(x, head, on_answer, o);
    o->ask = head->ask;
    VEC_PUSH(fs->v, fs->n, fs->cap, o);
    dataform_fields_free(&v);
    return o->ask;
}

void dataform_gone(struct x *x, uint64_t ask)
{
    struct open_form *o = ask ? take_open(x, ask) : NULL;
    if (!o)
        return;
    x_ask_gone(x, ask);
    finish(x, o, NULL);
}

static void forms_attach(struct x *x)
{
    x_set_state(x, "dataform", xcalloc(1, sizeof(struct forms)));
}

/* The host has dropped its questions with the connection. */
static void forms_offline(struct x *x)
{
    struct open_form *o;
    while ((o = take_open(x, 0))) {
        x_ask_gone(x, o->ask);
        finish(x, o, NULL);
    }
}

static void forms_detach(struct x *x)
{
    struct forms *fs = x_state(x, "dataform");
    struct open_form *o;
    while ((o = take_open(x, 0)))
        finish(x, o, NULL);
    free(fs->v);
    free(fs);
    x_set_state(x, "dataform", NULL);
}

static const char *const dataform_vars[] = {NS_DATA, "http://jabber.org/protocol/xdata-layout", "http://jabber.org/protocol/xdata-validate",
                                            "urn:xmpp:media-element", NULL};
const struct feature feature_dataform = {
    .name = "dataform",
    .disco = dataform_vars,
    .attach = forms_attach,
    .offline = forms_offline,
    .detach = forms_detach,
};
