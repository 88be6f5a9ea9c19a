/* ui/form.c - fields and buttons: values, focus, keys */
#include "ui/form.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct form_field *form_add(struct form *f, enum form_type type, const char *key, const char *label,
                            const char *value)
{
    struct form_field field = {.type = type, .key = xstrdup(key), .label = xstrdup(label)};
    if (type == FORM_TEXT || type == FORM_SECRET || type == FORM_LINES) {
        field.editor = editor_new(NULL);
        if (type == FORM_SECRET)
            editor_set_secret(field.editor);
        editor_set(field.editor, value ? value : "", value ? strlen(value) : 0);
    } else if (type == FORM_BOOL) {
        field.on = xcalloc(1, sizeof *field.on);
        field.on[0] = ask_is_yes(value);
    } else if (type == FORM_NOTE || type == FORM_SHOW || type == FORM_QR) {
        field.help = xstrdup(value);
        field.qr = type == FORM_QR ? qr_new(value) : NULL;
    }
    VEC_PUSH(f->fields, f->n_fields, f->cap_fields, field);
    return &f->fields[f->n_fields - 1];
}

void form_add_choice(struct form_field *field, const char *id, const char *label, bool on)
{
    size_t n = field->n_choices + 1;
    field->ids = xreallocarray(field->ids, n, sizeof *field->ids);
    field->labels = xreallocarray(field->labels, n, sizeof *field->labels);
    field->on = xreallocarray(field->on, n, sizeof *field->on);
    field->ids[n - 1] = xstrdup(id);
    field->labels[n - 1] = xstrdup(str_empty(label) ? id : label);
    field->on[n - 1] = on;
    field->n_choices = n;
}

void form_drop_choices(struct form_field *field)
{
    for (size_t i = 0; i < field->n_choices; i++) {
        free(field->ids[i]);
        free(field->labels[i]);
    }
    field->n_choices = field->at = 0;
}

void form_focus(struct form *f, const char *key)
{
    for (size_t i = 0; i < f->n_fields; i++)
        if (str_eq(f->fields[i].key, key))
            f->focus = i;
}

void form_add_button(struct form *f, const char *id, const char *label, unsigned flags)
{
    struct form_button b = {.id = xstrdup(id), .label = xstrdup(label), .flags = flags};
    VEC_PUSH(f->buttons, f->n_buttons, f->cap_buttons, b);
}

static bool is_read(const struct form_field *field)
{
    return field->type == FORM_NOTE || field->type == FORM_SHOW || field->type == FORM_TABLE || field->type == FORM_QR;
}

static bool can_focus(const struct form *f, size_t i)
{
    if (i >= f->n_fields || !f->fields)
        return true;
    return !is_read(&f->fields[i]) && f->fields[i].type != FORM_HEAD && !f->fields[i].hidden;
}

bool form_folds(const struct form *f, const struct form_field *field)
{
    return f->screen && field->n_choices > FORM_LIST_FOLDS && (field->type == FORM_CHOICE || field->type == FORM_CHOICES);
}

void form_start(struct form *f)
{
    for (f->focus = 0; f->focus < f->n_fields && !can_focus(f, f->focus);)
        f->focus++;
    if (f->focus < f->n_fields || f->n_buttons == 0)
        return;
    for (f->focus = 0; f->screen && f->focus < f->n_fields; f->focus++) /* a code is there to be seen whole */
        if (f->fields[f->focus].type == FORM_QR)
            return;
    for (f->focus = 0; f->screen && f->focus < f->n_fields; f->focus++) /* what is only to be read is read from its beginning */
        if (is_read(&f->fields[f->focus]))
            return;
    f->focus = f->n_fields + f->n_buttons - 1;
    for (size_t i = 0; i < f->n_buttons; i++)
        if (f->buttons[i].flags & KITH_CHOICE_DEFAULT)
            f->focus = f->n_fields + i;
}

void form_free(struct form *f)
{
    for (size_t i = 0; i < f->n_fields; i++) {
        struct form_field *field = &f->fields[i];
        editor_free(field->editor);
        qr_free(field->qr);
        form_drop_choices(field);
        for (size_t k = 0; k < field->n_cells; k++)
            free(field->cells[k]);
        free(field->cells);
        free(field->rules.datatype);
        free(field->rules.min);
        free(field->rules.max);
        free(field->rules.pattern);
        free(field->problem);
        free(field->ids);
        free(field->labels);
        free(field->on);
        free(field->key);
        free(field->label);
        free(field->help);
    }
    for (size_t i = 0; i < f->n_buttons; i++) {
        free(f->buttons[i].id);
        free(f->buttons[i].label);
    }
    free(f->fields);
    free(f->buttons);
    *f = (struct form){0};
}

struct form_field *form_focused(const struct form *f)
{
    return f->focus < f->n_fields ? &f->fields[f->focus] : NULL;
}

const struct form_button *form_button(const struct form *f)
{
    size_t i = f->focus - MIN(f->focus, f->n_fields);
    return f->focus >= f->n_fields && i < f->n_buttons ? &f->buttons[i] : NULL;
}

struct form_field *form_field(const struct form *f, const char *key)
{
    for (size_t i = 0; i < f->n_fields; i++)
        if (str_eq(f->fields[i].key, key))
            return &f->fields[i];
    return NULL;
}

const char *form_chosen(const struct form_field *field)
{
    for (size_t i = 0; field && i < field->n_choices; i++)
        if (field->on[i])
            return field->ids[i];
    return "";
}

static bool move_focus(struct form *f, int by)
{
    size_t n = f->n_fields + f->n_buttons, at = f->focus;
    for (size_t i = 0; i < n; i++) {
        at = (at + n + (size_t)(by > 0 ? 1 : -1)) % n;
        if (can_focus(f, at)) {
            f->focus = at;
            return true;
        }
    }
    return false;
}

/* Moves within a choice; false at its edge. */
static bool move_choice(struct form_field *field, int by)
{
    if (!field || field->n_choices == 0)
        return false;
    if (field->type == FORM_CHOICES) {
        long to = (long)field->at + by;
        if (to < 0 || to >= (long)field->n_choices)
            return false;
        field->at = (size_t)to;
        return true;
    }
    long at = 0;
    for (size_t i = 0; i < field->n_choices; i++)
        if (field->on[i])
            at = (long)i;
    long to = at + by;
    if (to < 0 || to >= (long)field->n_choices)
        return false;
    field->on[at] = false;
    field->on[to] = true;
    return true;
}

static bool toggle(struct form_field *field)
{
    if (!field)
        return false;
    if (field->type == FORM_BOOL)
        field->on[0] = !field->on[0];
    else if (field->type == FORM_CHOICES && field->n_choices > 0)
        field->on[field->at] = !field->on[field->at];
    else if (field->type == FORM_CHOICE && !move_choice(field, 1))
        while (move_choice(field, -1))
            continue;
    return !field->editor;
}

/* ---- a form on all of the screen ---- */

static bool walk(struct form *f, int by)
{
    size_t n = f->n_fields + f->n_buttons, at = f->focus;
    if (form_focused(f))
        form_check_left(form_focused(f));
    for (size_t i = 0; i < n; i++) {
        at = (at + n + (size_t)(by > 0 ? 1 : -1)) % n;
        if (can_focus(f, at) || (at < f->n_fields && is_read(&f->fields[at]) && !f->fields[at].hidden)) {
            f->focus = at;
            struct form_field *field = f->fields ? form_focused(f) : NULL;
            if (field && field->type == FORM_TABLE)
                field->at = by > 0 || field->n_choices == 0 ? 0 : field->n_cells / field->n_choices;
            return true;
        }
    }
    return false;
}

/* Up and down: within what is open or has lines, else to the next field. */
static bool step(struct form *f, struct form_field *field, int by)
{
    if (field && field->opened)
        return move_choice(field, by);
    if (field && field->type == FORM_TABLE && field->n_choices > 0) {
        long to = (long)field->at + by, rows = (long)(field->n_cells / field->n_choices);
        if (to >= 0 && to <= rows) {
            field->at = (size_t)to;
            return true;
        }
    }
    if (field && field->type == FORM_LINES) {
        const char *text = editor_text(field->editor);
        size_t at = editor_cursor(field->editor), start = at;
        while (start > 0 && text[start - 1] != '\n')
            start--;
        const char *end = strchr(text + at, '\n');
        if (by > 0 && end) {
            size_t from = (size_t)(end + 1 - text), len = strcspn(text + from, "\n");
            editor_move(field->editor, from + MIN(len, at - start));
            return true;
        }
        if (by < 0 && start > 0) {
            size_t from = start - 1;
            while (from > 0 && text[from - 1] != '\n')
                from--;
            editor_move(field->editor, MIN(start - 1, from + (at - start)));
            return true;
        }
    }
    return walk(f, by);
}

/* Enter and Space on a folded list open it; what is chosen stands under the cursor. */
static bool fold(struct form *f, struct form_field *field)
{
    if (!field || !form_folds(f, field))
        return false;
    field->opened = !field->opened;
    return true;
}

static bool screen_action(struct form *f, enum pane_action a)
{
    struct form_field *field = form_focused(f);
    if (a == PANE_NEXT_FIELD || a == PANE_PREV_FIELD) {
        if (field) {
            field->opened = false;
            form_check_left(field);
        }
        return move_focus(f, a == PANE_NEXT_FIELD ? 1 : -1);
    }
    if (a == PANE_NEXT || a == PANE_PREV)
        return step(f, field, a == PANE_NEXT ? 1 : -1);
    if (a == PANE_ACCEPT && field && field->type == FORM_LINES)
        return editor_action(field->editor, "newline", NULL) > 0;
    if (a == PANE_ACCEPT)
        return fold(f, field);
    if (a == PANE_CANCEL && field && field->opened) {
        field->opened = false;
        return true;
    }
    return a == PANE_TOGGLE && toggle(field);
}

bool form_action(struct form *f, enum pane_action a)
{
    struct form_field *field = form_focused(f);
    if (f->n_fields + f->n_buttons == 0)
        return false;
    if (f->screen)
        return screen_action(f, a);
    if (a == PANE_NEXT_FIELD)
        return move_focus(f, 1);
    if (a == PANE_PREV_FIELD)
        return move_focus(f, -1);
    if (a == PANE_NEXT)
        return move_choice(field, 1) || move_focus(f, 1);
    if (a == PANE_PREV)
        return move_choice(field, -1) || move_focus(f, -1);
    if (a == PANE_TOGGLE)
        return toggle(field);
    return false;
}

bool form_edit(struct form *f, const char *action, const char *arg)
{
    struct form_field *field = form_focused(f);
    if (field)
        str_take(&field->problem, NULL);
    if (field && field->editor)
        return (field->type == FORM_LINES || strcmp(action, "newline") != 0) && editor_action(field->editor, action, arg) > 0;
    int by = strcmp(action, "left") == 0 ? -1 : strcmp(action, "right") == 0 ? 1 : 0;
    if (by == 0)
        return false;
    if (f->screen && field && form_folds(f, field) && !field->opened)
        return false;
    return move_choice(field, by) || (!field && move_focus(f, by));
}

/* A letter goes to the next choice that begins with it. */
static bool jump(struct form_field *field, const char *text, size_t len)
{
    if (!field || len != 1 || !field->opened)
        return false;
    size_t now = field->at;
    for (size_t i = 0; field->type == FORM_CHOICE && i < field->n_choices; i++)
        now = field->on[i] ? i : now;
    for (size_t k = 1; k <= field->n_choices; k++) {
        size_t i = (now + k) % field->n_choices;
        if (((field->labels[i][0] ^ text[0]) & ~0x20) != 0)
            continue;
        if (field->type == FORM_CHOICE) {
            field->on[now] = false;
            field->on[i] = true;
        }
        field->at = i;
        return true;
    }
    return false;
}

bool form_insert(struct form *f, const char *text, size_t len, bool paste)
{
    struct form_field *field = form_focused(f);
    if (field)
        str_take(&field->problem, NULL);
    if (field && field->editor) {
        if (paste && field->type != FORM_LINES && memchr(text, '\n', len))
            len = (size_t)((const char *)memchr(text, '\n', len) - text);
        return paste ? editor_paste(field->editor, text, len)
                     : editor_insert(field->editor, text, len);
    }
    if (!paste && len == 1 && text[0] == ' ')
        return field && field->opened && field->type == FORM_CHOICE ? fold(f, field)
               : field && !field->opened && fold(f, field) ? true : toggle(field);
    return !paste && jump(field, text, len);
}

bool form_is_missing(const struct form_field *field)
{
    if (!field->required)
        return false;
    if (field->editor)
        return editor_empty(field->editor);
    return (field->type == FORM_CHOICE || field->type == FORM_CHOICES) && *form_chosen(field) == '\0';
}

struct form_field *form_missing(const struct form *f)
{
    for (size_t i = 0; i < f->n_fields; i++) {
        struct form_field *field = &f->fields[i];
        if (!field->hidden && form_is_missing(field))
            return field;
    }
    return NULL;
}
