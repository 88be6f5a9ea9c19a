/* ui/form.h - fields and buttons: the core of dialogs and of the first run */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "ui/editor.h"
#include "ui/pane.h"
#include "ui/qr.h"

enum form_type { FORM_TEXT, FORM_SECRET, FORM_BOOL, FORM_CHOICE, FORM_CHOICES, FORM_NOTE,
                 FORM_LINES, /* a text of several lines */ FORM_HEAD, /* a heading */ FORM_SHOW, /* to be read */
                 FORM_TABLE,
                 FORM_QR /* a text as a code to be scanned; as text where it cannot be drawn */ };
struct form_rules { /* what the value has to be; strings may be NULL */
    char *datatype, *min, *max, *pattern;
    uint32_t least, most;
    bool address, open;
};
struct form_field {
    enum form_type type;
    char *key, *label, *help;
    struct editor *editor; /* TEXT, SECRET, LINES */
    char **ids, **labels;  /* CHOICE, CHOICES; TABLE: labels are the heads */
    char **cells;          /* TABLE: row by row */
    size_t n_cells;
    bool *on;              /* CHOICE: exactly one; CHOICES: any; BOOL: on[0] */
    size_t n_choices;
    size_t at; /* CHOICES: under the cursor; TABLE: the row */
    bool required, hidden;
    bool opened;           /* CHOICE, CHOICES of a screen: its list is open */
    struct form_rules rules;
    struct qr *qr;         /* QR: NULL where there is none */
    char *problem;         /* why the value cannot be taken, or NULL */
};
struct form_button {
    char *id, *label;
    unsigned flags; /* KITH_CHOICE_* */
    char key;       /* a letter that presses it where no field takes letters, 0 = none */
};
struct form { /* zero-initialised is empty and valid */
    struct form_field *fields;
    size_t n_fields, cap_fields;
    struct form_button *buttons;
    size_t n_buttons, cap_buttons;
    size_t focus; /* fields first, then buttons */
    int top;      /* first row shown */
    bool screen;  /* takes all of it: arrows walk from field to field and over what is only read; long lists fold */
};
enum { FORM_LIST_ROWS = 8, FORM_LIST_FOLDS = 5 /* more choices than these fold on a screen */ };
bool form_folds(const struct form *f, const struct form_field *field);
bool form_is_missing(const struct form_field *field); /* required, and without a value */
/* form_check.c: sets the problem of each visible field whose value cannot be taken. The first of them, or NULL. */
struct form_field *form_check(struct form *f);
/* The same for one field that the user goes away from: a value that cannot be taken is said at once, a lack of it only when
 * the form is sent. */
void form_check_left(struct form_field *field);
/* What the rules ask for, as a sentence for people; "" for nothing. */
void form_rules_words(const struct form_field *field, struct buf *out);

/* Strings are copied. The pointer is valid until the next field is added. */
struct form_field *form_add(struct form *f, enum form_type type, const char *key, const char *label,
                            const char *value);
void form_add_choice(struct form_field *field, const char *id, const char *label, bool on);
void form_drop_choices(struct form_field *field); /* none is left: others may be added */
void form_focus(struct form *f, const char *key);
void form_add_button(struct form *f, const char *id, const char *label, unsigned flags);
void form_start(struct form *f); /* puts the focus where Enter is right: first field, default
                                    button, last button */
void form_free(struct form *f);

struct form_field *form_focused(const struct form *f);       /* NULL: a button */
const struct form_button *form_button(const struct form *f); /* the focused one, or NULL */
struct form_field *form_field(const struct form *f, const char *key);
const char *form_chosen(const struct form_field *field); /* id of the CHOICE, "" when none */
/* Moves the focus and toggles; true when something changed. ACCEPT is the owner's. */
bool form_action(struct form *f, enum pane_action a);
bool form_edit(struct form *f, const char *action, const char *arg);
bool form_insert(struct form *f, const char *text, size_t len, bool paste);
/* First visible required field without a value, or NULL. */
struct form_field *form_missing(const struct form *f);
int form_rows(const struct form *f, const struct pane_env *env, int width);
void form_repaint(struct form *f, const struct pane_env *env, struct rect r);

#endif
