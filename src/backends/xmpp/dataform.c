/* backends/xmpp/dataform.c - data forms: read, bounded, laid out in the order of their pages, and written (XEP-0004) */
#include "backends/xmpp/dataform.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"

#define NS_VALIDATE "http://jabber.org/protocol/xdata-validate"
#define NS_LAYOUT "http://jabber.org/protocol/xdata-layout"
#define NS_MEDIA "urn:xmpp:media-element"

enum { SECTIONS_DEEP = 8 };

struct reader {
    struct dataform *f;
    size_t bytes; /* of all texts kept */
    bool too_large;
};

static const char *const kinds[] = {[DATAFORM_FORM] = "form", [DATAFORM_SUBMIT] = "submit", [DATAFORM_CANCEL] = "cancel", [DATAFORM_RESULT] = "result"};
static const char *const types[] = {
    [DATAFORM_TEXT_SINGLE] = "text-single", [DATAFORM_TEXT_PRIVATE] = "text-private", [DATAFORM_TEXT_MULTI] = "text-multi",
    [DATAFORM_BOOLEAN] = "boolean", [DATAFORM_FIXED] = "fixed", [DATAFORM_HIDDEN] = "hidden", [DATAFORM_JID_SINGLE] = "jid-single",
    [DATAFORM_JID_MULTI] = "jid-multi", [DATAFORM_LIST_SINGLE] = "list-single", [DATAFORM_LIST_MULTI] = "list-multi"};

static bool counts(struct reader *r, size_t len)
{
    r->bytes += len + 1;
    r->too_large = r->too_large || r->bytes > DATAFORM_BYTES;
    return !r->too_large;
}

static char *keep(struct reader *r, const char *s)
{
    return s && counts(r, strlen(s)) ? xstrdup(s) : NULL;
}

static char *keep_text(struct reader *r, xmpp_stanza_t *st)
{
    char *text = st_text(st);
    if (text && !counts(r, strlen(text)))
        str_take(&text, NULL);
    return text;
}

/* ---- memory ---- */

static void field_free(struct dataform_field *f)
{
    for (size_t i = 0; i < f->n_values; i++) {
        if (f->type == DATAFORM_TEXT_PRIVATE)
            str_wipe_free(f->values[i]);
        else
            free(f->values[i]);
    }
    for (size_t i = 0; i < f->n_options; i++) {
        free(f->options[i].value);
        free(f->options[i].label);
    }
    free(f->values);
    free(f->options);
    free(f->var);
    free(f->label);
    free(f->desc);
    free(f->datatype);
    free(f->min);
    free(f->max);
    free(f->pattern);
    free(f->media);
    free(f->mime);
    free(f->page);
    free(f->section);
}

void dataform_free(struct dataform *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n_fields; i++)
        field_free(&f->fields[i]);
    for (size_t i = 0; i < f->n_columns; i++)
        field_free(&f->columns[i]);
    for (size_t i = 0; i < f->n_cells; i++)
        free(f->cells[i]);
    free(f->fields);
    free(f->columns);
    free(f->cells);
    free(f->title);
    free(f->text);
    free(f);
}

/* ---- reading ---- */

static enum dataform_type type_of(const char *name)
{
    for (size_t i = 0; name && i < COUNT(types); i++)
        if (strcmp(types[i], name) == 0)
            return (enum dataform_type)i;
    return DATAFORM_TEXT_SINGLE; /* §3.3: what is not understood is that */
}

static bool has_many(enum dataform_type t)
{
    return t == DATAFORM_TEXT_MULTI || t == DATAFORM_JID_MULTI || t == DATAFORM_LIST_MULTI || t == DATAFORM_HIDDEN || t == DATAFORM_FIXED;
}

static bool is_list(enum dataform_type t)
{
    return t == DATAFORM_LIST_SINGLE || t == DATAFORM_LIST_MULTI;
}

static void take_value(struct reader *r, struct dataform_field *to, xmpp_stanza_t *value)
{
    if (to->n_values > 0 && !has_many(to->type))
        return;
    char *text = keep_text(r, value);
    if (to->n_values == DATAFORM_VALUES)
        r->too_large = true;
    if (r->too_large) {
        free(text);
        return;
    }
    if (!text)
        text = xstrdup("");
    VEC_PUSH(to->values, to->n_values, to->cap_values, text);
}

static void take_option(struct reader *r, struct dataform_field *to, xmpp_stanza_t *option)
{
    xmpp_stanza_t *value = st_child(option, "value", NULL);
    const char *label = st_attr(option, "label");
    if (!value || !is_list(to->type))
        return;
    char *text = keep_text(r, value);
    struct dataform_option o = {text ? text : xstrdup(""), NULL};
    bool twice = false;
    for (size_t i = 0; i < to->n_options && !twice; i++)
        twice = strcmp(to->options[i].value, o.value) == 0;
    if (to->n_options == DATAFORM_VALUES)
        r->too_large = true;
    if (twice || r->too_large || !counts(r, label ? strlen(label) : 0)) {
        free(o.value);
        return;
    }
    o.label = xstrdup(str_empty(label) ? o.value : label);
    VEC_PUSH(to->options, to->n_options, to->cap_options, o);
}

static uint32_t number_attr(xmpp_stanza_t *st, const char *name)
{
    int64_t n = 0;
    const char *text = st_attr(st, name);
    return text && str_int(text, 0, DATAFORM_VALUES, &n) ? (uint32_t)n : 0;
}

/* XEP-0122 §3 */
static void take_validate(struct reader *r, struct dataform_field *to, xmpp_stanza_t *v)
{
    xmpp_stanza_t *range = st_child(v, "range", NULL), *list = st_child(v, "list-range", NULL), *regex = st_child(v, "regex", NULL);
    str_take(&to->datatype, keep(r, st_attr(v, "datatype")));
    str_take(&to->min, keep(r, st_attr(range, "min")));
    str_take(&to->max, keep(r, st_attr(range, "max")));
    str_take(&to->pattern, regex ? keep_text(r, regex) : NULL);
    to->open = is_list(to->type) && (st_child(v, "open", NULL) || range || regex);
    if (to->type == DATAFORM_LIST_MULTI) {
        to->least = number_attr(list, "min");
        to->most = number_attr(list, "max");
    }
}

static char *trimmed(char *text)
{
    static const char blanks[] = " \t\r\n";
    size_t from = text ? strspn(text, blanks) : 0, to = text ? strlen(text) : 0;
    while (to > from && strchr(blanks, text[to - 1]))
        to--;
    char *out = text ? xstrndup(text + from, to - from) : NULL;
    free(text);
    return out;
}

/* XEP-0221 §2; a cid: would have to be fetched from the other side. */
static void take_media(struct reader *r, struct dataform_field *to, xmpp_stanza_t *media)
{
    EACH_CHILD (uri, media) {
        if (!is_elem(uri, "uri", NULL))
            continue;
        char *text = trimmed(keep_text(r, uri));
        if (text && *text && (!to->media || (str_starts(to->media, "cid:") && !str_starts(text, "cid:")))) {
            str_take(&to->media, text);
            str_take(&to->mime, keep(r, st_attr(uri, "type")));
        } else {
            free(text);
        }
    }
}

static void read_field(struct reader *r, struct dataform_field *to, xmpp_stanza_t *st)
{
    to->type = type_of(st_attr(st, "type"));
    to->var = keep(r, st_attr(st, "var"));
    to->label = keep(r, st_attr(st, "label"));
    EACH_CHILD (c, st) {
        if (is_elem(c, "value", NULL))
            take_value(r, to, c);
        else if (is_elem(c, "option", NULL))
            take_option(r, to, c);
        else if (is_elem(c, "required", NULL))
            to->required = to->type != DATAFORM_FIXED && to->type != DATAFORM_HIDDEN;
        else if (is_elem(c, "desc", NULL))
            str_take(&to->desc, keep_text(r, c));
        else if (is_elem(c, "validate", NS_VALIDATE))
            take_validate(r, to, c);
        else if (is_elem(c, "media", NS_MEDIA))
            take_media(r, to, c);
    }
}

struct dataform_field *dataform_find(const struct dataform *f, const char *var)
{
    for (size_t i = 0; var && i < f->n_fields; i++)
        if (str_eq(f->fields[i].var, var))
            return &f->fields[i];
    return NULL;
}

static void take_field(struct reader *r, xmpp_stanza_t *st)
{
    struct dataform *f = r->f;
    struct dataform_field field = {0};
    if (f->n_fields == DATAFORM_FIELDS)
        r->too_large = true;
    if (r->too_large)
        return;
    read_field(r, &field, st);
    bool useless = field.type != DATAFORM_FIXED && (str_empty(field.var) || dataform_find(f, field.var));
    if (useless)
        field_free(&field);
    else
        VEC_PUSH(f->fields, f->n_fields, f->cap_fields, field);
}

static void take_line(struct reader *r, char **text, xmpp_stanza_t *st)
{
    char *line = trimmed(keep_text(r, st));
    if (!str_empty(line) && *text)
        str_take(text, xasprintf("%s\n%s", *text, line));
    else if (!str_empty(line))
        str_set(text, line);
    free(line);
}

/* ---- tables, §3.4 ---- */

static void take_reported(struct reader *r, xmpp_stanza_t *st)
{
    struct dataform *f = r->f;
    EACH_CHILD (c, st) {
        struct dataform_field field = {0};
        if (!is_elem(c, "field", NULL) || f->n_columns == DATAFORM_COLUMNS)
            continue;
        read_field(r, &field, c);
        if (str_empty(field.var) || field.type == DATAFORM_HIDDEN)
            field_free(&field);
        else
            VEC_PUSH(f->columns, f->n_columns, f->cap_columns, field);
    }
}

static char *cell_of(struct reader *r, xmpp_stanza_t *item, const char *var)
{
    struct buf b = {0};
    EACH_CHILD (c, item) {
        if (!is_elem(c, "field", NULL) || !str_eq(st_attr(c, "var"), var))
            continue;
        EACH_CHILD (v, c) {
            char *text = is_elem(v, "value", NULL) ? keep_text(r, v) : NULL;
            if (!str_empty(text))
                buf_addf(&b, "%s%s", b.len ? ", " : "", text);
            free(text);
        }
        break;
    }
    return b.len ? buf_take(&b) : xstrdup("");
}

static void take_item(struct reader *r, xmpp_stanza_t *st)
{
    struct dataform *f = r->f;
    if (f->n_columns == 0)
        return;
    if (f->n_cells + f->n_columns > DATAFORM_CELLS) {
        f->left_out++;
        return;
    }
    for (size_t i = 0; i < f->n_columns; i++) {
        char *cell = cell_of(r, st, f->columns[i].var);
        VEC_PUSH(f->cells, f->n_cells, f->cap_cells, cell);
    }
}

/* ---- layout, XEP-0141 ---- */

struct layout {
    struct reader *r;
    struct dataform_field *v; /* the fields in their new order */
    size_t n, cap;
    bool *taken; /* of the old ones */
    const char *page;
};

static void lay_text(struct layout *l, xmpp_stanza_t *st, const char *section)
{
    struct dataform_field field = {.type = DATAFORM_FIXED, .page = xstrdup(l->page), .section = xstrdup(section)};
    char *text = trimmed(keep_text(l->r, st));
    if (str_empty(text) || l->n + l->r->f->n_fields > 2 * DATAFORM_FIELDS) {
        free(text);
        field_free(&field);
        return;
    }
    VEC_PUSH(field.values, field.n_values, field.cap_values, text);
    VEC_PUSH(l->v, l->n, l->cap, field);
}

static void lay_field(struct layout *l, const char *var, const char *section)
{
    struct dataform *f = l->r->f;
    struct dataform_field *field = dataform_find(f, var);
    size_t i = field ? (size_t)(field - f->fields) : 0;
    if (!field || l->taken[i] || !counts(l->r, section ? strlen(section) : 0))
        return;
    l->taken[i] = true;
    field->page = xstrdup(l->page);
    field->section = xstrdup(section);
    VEC_PUSH(l->v, l->n, l->cap, *field);
}

static void lay(struct layout *l, xmpp_stanza_t *st, const char *section, int deep)
{
    EACH_CHILD (c, st) {
        const char *label = st_attr(c, "label");
        if (is_elem(c, "text", NULL)) {
            lay_text(l, c, section);
        } else if (is_elem(c, "fieldref", NULL)) {
            lay_field(l, st_attr(c, "var"), section);
        } else if (is_elem(c, "section", NULL) && deep < SECTIONS_DEEP) {
            bool both = !str_empty(section) && !str_empty(label);
            char *name = both ? xasprintf("%s: %s", section, label) : xstrdup(str_empty(label) ? section : label);
            if (counts(l->r, name ? strlen(name) : 0))
                lay(l, c, name, deep + 1);
            free(name);
        }
    }
}

/* What no page names comes behind them: it would be sent without having been seen. */
static void lay_out(struct reader *r, xmpp_stanza_t *x)
{
    struct dataform *f = r->f;
    size_t pages = 0;
    EACH_CHILD (c, x)
        pages += is_elem(c, "page", NS_LAYOUT);
    if (pages == 0 || f->n_fields == 0)
        return;
    struct layout l = {.r = r, .taken = xcalloc(f->n_fields, sizeof *l.taken)};
    size_t number = 0;
    EACH_CHILD (c, x) {
        if (!is_elem(c, "page", NS_LAYOUT))
            continue;
        const char *label = st_attr(c, "label");
        char *name = str_empty(label) ? xasprintf("Page %zu", ++number) : (number++, xstrdup(label));
        l.page = pages > 1 || !str_empty(label) ? name : NULL;
        if (counts(r, strlen(name)))
            lay(&l, c, NULL, 0);
        free(name);
    }
    for (size_t i = 0; i < f->n_fields; i++)
        if (!l.taken[i])
            VEC_PUSH(l.v, l.n, l.cap, f->fields[i]);
    free(l.taken);
    free(f->fields);
    f->fields = l.v;
    f->n_fields = l.n;
    f->cap_fields = l.cap;
}

static bool kind_of(const char *name, enum dataform_kind *out)
{
    for (size_t i = 0; name && i < COUNT(kinds); i++) {
        if (strcmp(kinds[i], name) == 0) {
            *out = (enum dataform_kind)i;
            return true;
        }
    }
    return false;
}

struct dataform *dataform_parse(xmpp_stanza_t *x, struct err *e)
{
    enum dataform_kind kind;
    if (!is_elem(x, "x", NS_DATA) || !kind_of(st_attr(x, "type"), &kind)) {
        err_set(e, KITH_EPROTO, "This is no form.");
        return NULL;
    }
    struct reader r = {.f = xcalloc(1, sizeof *r.f)};
    r.f->kind = kind;
    EACH_CHILD (c, x) { /* the heads of a table may come behind its rows */
        if (is_elem(c, "reported", NULL) && r.f->n_columns == 0)
            take_reported(&r, c);
    }
    EACH_CHILD (c, x) {
        if (is_elem(c, "field", NULL))
            take_field(&r, c);
        else if (is_elem(c, "item", NULL))
            take_item(&r, c);
        else if (is_elem(c, "instructions", NULL))
            take_line(&r, &r.f->text, c);
        else if (is_elem(c, "title", NULL) && !r.f->title)
            r.f->title = trimmed(keep_text(&r, c));
    }
    lay_out(&r, x);
    if (r.too_large) {
        err_set(e, KITH_ETOOBIG, "The form is too large.");
        dataform_free(r.f);
        return NULL;
    }
    return r.f;
}

/* ---- values ---- */

struct dataform *dataform_new(enum dataform_kind kind, const char *form_type)
{
    struct dataform *f = xcalloc(1, sizeof *f);
    f->kind = kind;
    if (form_type) {
        dataform_set(f, "FORM_TYPE", &form_type, 1);
        f->fields[0].type = DATAFORM_HIDDEN;
    }
    return f;
}

const char *dataform_value(const struct dataform *f, const char *var)
{
    const struct dataform_field *field = dataform_find(f, var);
    return field && field->n_values ? field->values[0] : NULL;
}

bool dataform_is_true(const char *value)
{
    return str_eq(value, "1") || str_eq(value, "true");
}

void dataform_set(struct dataform *f, const char *var, const char *const *values, size_t n)
{
    struct dataform_field *field = dataform_find(f, var);
    if (!field) {
        struct dataform_field made = {.var = xstrdup(var)};
        VEC_PUSH(f->fields, f->n_fields, f->cap_fields, made);
        field = &f->fields[f->n_fields - 1];
    }
    size_t cap = 0, count = 0;
    char **fresh = NULL;
    for (size_t i = 0; i < n; i++) { /* before the old ones go: they may be among them */
        char *one = xstrdup(values[i] ? values[i] : "");
        VEC_PUSH(fresh, count, cap, one);
    }
    for (size_t i = 0; i < field->n_values; i++)
        str_wipe_free(field->values[i]);
    free(field->values);
    field->values = fresh;
    field->n_values = count;
    field->cap_values = cap;
}

xmpp_stanza_t *dataform_build(xmpp_stanza_t *parent, const struct dataform *f, enum dataform_kind kind)
{
    xmpp_stanza_t *x = st_add(parent, "x", NS_DATA);
    st_set(x, "type", kinds[kind]);
    for (size_t i = 0; kind != DATAFORM_CANCEL && i < f->n_fields; i++) {
        const struct dataform_field *field = &f->fields[i];
        if (field->type == DATAFORM_FIXED || !field->var)
            continue;
        xmpp_stanza_t *to = st_add(x, "field", NULL);
        st_set(to, "var", field->var);
        if (field->type == DATAFORM_HIDDEN || kind != DATAFORM_SUBMIT)
            st_set(to, "type", types[field->type]);
        for (size_t k = 0; k < field->n_values; k++)
            st_add_child_text(to, "value", NULL, field->values[k]);
    }
    return x;
}
