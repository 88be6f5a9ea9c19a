/* backends/xmpp/dataform.h - data forms (XEP-0004), with validation (0122), layout (0141) and media (0221)
 *
 * A form of anybody is bounded as a whole and refused when it is larger: values are never cut, for they go back.
 */
#ifndef XMPP_DATAFORM_H
#define XMPP_DATAFORM_H

#include "backends/xmpp/session.h"

enum {
    DATAFORM_FIELDS = 250,  /* of a form */
    DATAFORM_VALUES = 500,  /* of a field; choices likewise */
    DATAFORM_COLUMNS = 32,  /* of a table */
    DATAFORM_CELLS = 20000, /* rows behind them are left out, and counted */
    DATAFORM_BYTES = 1 << 20
};
enum dataform_kind { DATAFORM_FORM, DATAFORM_SUBMIT, DATAFORM_CANCEL, DATAFORM_RESULT };
enum dataform_type { /* §3.3 */
    DATAFORM_TEXT_SINGLE, DATAFORM_TEXT_PRIVATE, DATAFORM_TEXT_MULTI, DATAFORM_BOOLEAN, DATAFORM_FIXED,
    DATAFORM_HIDDEN, DATAFORM_JID_SINGLE, DATAFORM_JID_MULTI, DATAFORM_LIST_SINGLE, DATAFORM_LIST_MULTI
};
struct dataform_option { char *value, *label; /* label: never NULL */ };
struct dataform_field {
    enum dataform_type type;
    char *var, *label, *desc; /* var: NULL only of FIXED */
    bool required;
    char **values; /* single types have at most one; FIXED: lines */
    size_t n_values, cap_values;
    struct dataform_option *options;
    size_t n_options, cap_options;
    /* XEP-0122; NULL and 0 where it says nothing */
    char *datatype, *min, *max, *pattern;
    uint32_t least, most;
    bool open;             /* other values than the options may be given */
    char *media, *mime;    /* XEP-0221: the first URI that is no cid:, else the first */
    char *page, *section;  /* XEP-0141: under which headings it stands, or NULL */
};
struct dataform {
    enum dataform_kind kind;
    char *title, *text; /* text: the instructions, a line each */
    struct dataform_field *fields; /* in the order in which they are shown */
    size_t n_fields, cap_fields;
    /* RESULT: a table; cells row by row, "" where there is none, several values with ", " between */
    struct dataform_field *columns;
    size_t n_columns, cap_columns;
    char **cells;
    size_t n_cells, cap_cells, left_out;
};

/* Reads <x xmlns='jabber:x:data'/>. Owned; NULL with *e: it is none, of no known type, or too large. */
struct dataform *dataform_parse(xmpp_stanza_t *x, struct err *e);
/* An empty form to be filled by dataform_set(): FORM_TYPE is form_type unless NULL. */
struct dataform *dataform_new(enum dataform_kind kind, const char *form_type);
void dataform_free(struct dataform *f); /* wipes what is private */
struct dataform_field *dataform_find(const struct dataform *f, const char *var); /* NULL: there is none */
const char *dataform_value(const struct dataform *f, const char *var);           /* its first value; NULL: none */
bool dataform_is_true(const char *value); /* of a BOOLEAN: "1" or "true" */
/* Replaces the values of a field, which is made where there is none (as TEXT_SINGLE). */
void dataform_set(struct dataform *f, const char *var, const char *const *values, size_t n);
/* Adds <x type='submit'/> (or of another kind, then without fields where it is CANCEL): fields with var and their
 * values, FIXED ones left out. Returns the element, owned by parent. §3.1 */
xmpp_stanza_t *dataform_build(xmpp_stanza_t *parent, const struct dataform *f, enum dataform_kind kind);

/* ---- asking the user ---- */

/* The question's outcome, once: choice is the id of the one taken (borrowed) and f, which the callee does not free,
 * holds what was filled in; choice NULL: the session ended first, or dataform_gone(). */
typedef void dataform_fn(struct x *x, const char *choice, struct dataform *f, void *user);
/* Asks. head: subject, title, text, choices (title and text NULL: those of the form); its other members are filled in
 * here. Takes over f. Returns the question's number. */
uint64_t dataform_ask(struct x *x, struct kith_ev_ask *head, struct dataform *f, dataform_fn *fn, void *user);
void dataform_gone(struct x *x, uint64_t ask); /* needs no answer any more; fn is called with NULL */
/* Takes what the user filled in. */
void dataform_take(struct dataform *f, const struct kith_answer *a);
/* The fields as the host wants them; valid until *out is freed by dataform_fields_free, and f is not changed. */
struct dataform_fields {
    struct kith_field *v;
    size_t n;
    char **owned; /* texts and lists made for them */
    size_t n_owned, cap_owned;
};
void dataform_fields(const struct dataform *f, struct dataform_fields *out);
void dataform_fields_free(struct dataform_fields *v);
extern const struct feature feature_dataform;

#endif
