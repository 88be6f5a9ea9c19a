/* ui/dialog.c - a question in a box: certificates, subscriptions, secrets, forms, confirmations,
 * prompts */
#include "ui/dialog.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/wrap.h"

static void start(struct dialog *d, enum dialog_kind kind, const char *title)
{
    dialog_close(d);
    d->open = true;
    d->kind = kind;
    d->title = xstrdup(title ? title : "");
}

static enum form_type field_type(const struct ask_field *f)
{
    static const enum form_type types[] = {[ASK_TEXT] = FORM_TEXT,     [ASK_SECRET] = FORM_SECRET,
                                           [ASK_BOOL] = FORM_BOOL,     [ASK_CHOICE] = FORM_CHOICE,
                                           [ASK_CHOICES] = FORM_CHOICES, [ASK_FIXED] = FORM_NOTE,
                                           [ASK_LINES] = FORM_LINES,   [ASK_TABLE] = FORM_TABLE};
    if (f->media)
        return FORM_QR;
    if ((f->flags & KITH_FIELD_READ_ONLY) && ask_type_of(f) != ASK_TABLE)
        return str_empty(f->label) ? FORM_NOTE : FORM_SHOW;
    return types[ask_type_of(f)];
}

static bool has_value(const struct ask_field *f, const char *value)
{
    for (size_t i = 0; i < f->n_values; i++)
        if (str_eq(f->values[i], value))
            return true;
    return false;
}

/* What is shown of the values: lines of a text, names of choices, bullets of a secret. */
static char *shown_value(const struct ask_field *f, enum form_type type)
{
    struct buf b = {0};
    bool whole = type == FORM_LINES || type == FORM_NOTE || type == FORM_SHOW;
    for (size_t i = 0; i < f->n_values && (i == 0 || whole); i++) {
        const char *value = f->values[i];
        for (size_t k = 0; type == FORM_SHOW && k < f->n_choices; k++)
            value = str_eq(f->choice_values[k], f->values[i]) ? f->choice_labels[k] : value;
        if (type == FORM_SHOW && ask_type_of(f) == ASK_BOOL)
            value = ask_is_yes(value) ? "yes" : "no";
        buf_addf(&b, "%s%s", i ? "\n" : "", value);
    }
    return f->n_values || type == FORM_SHOW ? (b.len ? buf_take(&b) : xstrdup("")) : NULL;
}

static void add_rules(struct form_field *to, const struct ask_field *f)
{
    to->rules = (struct form_rules){.datatype = xstrdup(f->datatype), .min = xstrdup(f->min), .max = xstrdup(f->max), .pattern = xstrdup(f->pattern),
                                    .least = f->least, .most = f->most, .open = (f->flags & KITH_FIELD_OPEN) != 0,
                                    .address = str_eq(f->type, "address") || str_eq(f->type, "addresses")};
}

static void add_table(struct form_field *to, const struct ask_field *f)
{
    for (size_t i = 0; i < f->n_choices; i++)
        form_add_choice(to, f->choice_values[i], f->choice_labels[i], false);
    to->cells = xcalloc(f->n_values + 1, sizeof *to->cells);
    to->n_cells = f->n_choices ? f->n_values / f->n_choices * f->n_choices : 0;
    for (size_t i = 0; i < to->n_cells; i++) {
        to->cells[i] = xstrdup(f->values[i]);
        for (char *c = to->cells[i]; *c; c++)
            *c = *c == '\n' || *c == '\t' ? ' ' : *c;
    }
}

/* Headings, where a field stands below others than the one before. */
static void add_heads(struct form *form, const struct ask_field *f, const struct ask_field *before)
{
    bool page = !str_eq(f->page, before ? before->page : NULL), section = page || !str_eq(f->section, before ? before->section : NULL);
    if (page && !str_empty(f->page))
        form_add(form, FORM_HEAD, "", f->page, NULL);
    if (section && !str_empty(f->section))
        form_add(form, FORM_HEAD, "", f->section, NULL);
}

static void add_field(struct form *form, const struct ask_field *f)
{
    char *value = f->media ? xstrdup(f->media) : shown_value(f, field_type(f));
    if (f->media && !str_empty(f->label) && !str_eq(f->label, f->key))
        form_add(form, FORM_HEAD, "", f->label, NULL);
    struct form_field *field =
        form_add(form, field_type(f), f->key, str_empty(f->label) ? f->key : f->label, value);
    str_wipe_free(value);
    if (ask_type_of(f) == ASK_TABLE) {
        add_table(field, f);
        return;
    }
    add_rules(field, f);
    field->hidden = (f->flags & KITH_FIELD_HIDDEN) != 0;
    field->required = (f->flags & KITH_FIELD_REQUIRED) != 0;
    if (field->type != FORM_NOTE && field->type != FORM_SHOW && field->type != FORM_QR)
        field->help = xstrdup(f->help);
    if (field->type != FORM_CHOICE && field->type != FORM_CHOICES)
        return;
    for (size_t i = 0; i < f->n_choices; i++)
        form_add_choice(field, f->choice_values[i], f->choice_labels ? f->choice_labels[i] : NULL,
                        has_value(f, f->choice_values[i]) ||
                            (f->n_values == 0 && i == 0 && field->type == FORM_CHOICE));
}

static bool only_read(const struct form *f)
{
    for (size_t i = 0; i < f->n_fields; i++)
        if (f->fields[i].type != FORM_TABLE && (f->fields[i].editor || f->fields[i].on))
            return false;
    return true;
}

bool dialog_only_tells(const struct dialog *d)
{
    return d->kind == DIALOG_ASK && d->form.n_buttons == 1 && only_read(&d->form);
}

bool dialog_can_cancel(const struct dialog *d)
{
    bool can = false;
    for (size_t i = 0; d->kind == DIALOG_ASK && i < d->form.n_buttons; i++)
        can = can || str_eq(d->form.buttons[i].id, "cancel");
    return can;
}

enum { BOX_TEXT = 800, BOX_LINES = 8 }; /* what a box can show of a text */

static bool is_long(const char *text)
{
    size_t lines = 0;
    for (const char *p = text; p && *p; p++)
        lines += *p == '\n';
    return lines > BOX_LINES || (text && strlen(text) > BOX_TEXT);
}

enum { BOX_FIELDS = 6 }; /* a form with more of them, or with what a box is too small for, takes the screen */

static bool needs_screen(const struct ask *ask)
{
    bool needs = ask->kind == KITH_ASK_FORM && (ask->n_fields > BOX_FIELDS || is_long(ask->text));
    for (size_t i = 0; i < ask->n_fields && ask->kind == KITH_ASK_FORM && !needs; i++) {
        const struct ask_field *f = &ask->fields[i];
        needs = ask_type_of(f) == ASK_LINES || ask_type_of(f) == ASK_TABLE || f->page || f->section || f->datatype || f->pattern || f->least ||
                f->most || f->n_choices > FORM_LIST_FOLDS || (f->flags & KITH_FIELD_READ_ONLY) || str_eq(f->type, "address") || f->media;
    }
    return needs;
}

void dialog_hold(struct dialog *d)
{
    struct form *f = &d->form;
    d->waits = true;
    if (!form_focused(f))
        f->focus = f->n_fields + f->n_buttons; /* behind the last */
}

bool dialog_wake(struct dialog *d)
{
    bool chose = d->waits && !form_focused(&d->form);
    if (!d->waits)
        return false;
    d->waits = false;
    str_take(&d->problem, NULL);
    if (chose)
        form_start(&d->form);
    return chose;
}

static bool of_stranger(const struct ask *ask)
{
    return ask->kind == KITH_ASK_SUBSCRIBE || ask->kind == KITH_ASK_INVITE ||
           ask->kind == KITH_ASK_FILE;
}

bool dialog_is_urgent(const struct ask *ask)
{
    switch (ask->kind) {
    case KITH_ASK_CONFIRM:
    case KITH_ASK_CERTIFICATE:
    case KITH_ASK_SECRET:
    case KITH_ASK_FORM:
    case KITH_ASK_DOWNGRADE:
        return true;
    case KITH_ASK_SUBSCRIBE:
    case KITH_ASK_INVITE:
    case KITH_ASK_FILE:
        return false;
    }
    return false;
}

void dialog_open_ask(struct dialog *d, const struct ask *ask)
{
    start(d, DIALOG_ASK, ask->title);
    d->ask = ask->id;
    d->text = xstrdup(ask->text);
    d->form.screen = needs_screen(ask);
    if (d->form.screen && !str_empty(d->text)) { /* it scrolls with the rest */
        form_add(&d->form, FORM_NOTE, "", "", d->text);
        str_take(&d->text, NULL);
    }
    for (size_t i = 0; i < ask_n_fields(ask); i++) {
        struct ask_field f = ask_field_at(ask, i), before = i ? ask_field_at(ask, i - 1) : f;
        add_heads(&d->form, &f, i ? &before : NULL);
        add_field(&d->form, &f);
    }
    for (size_t i = 0; i < ask_n_choices(ask); i++) {
        struct ask_choice c = ask_choice_at(ask, i);
        form_add_button(&d->form, c.id, c.label, c.flags);
    }
    form_start(&d->form);
    if (of_stranger(ask))
        dialog_hold(d);
}

void dialog_open_confirm(struct dialog *d, const char *question, const char *command)
{
    start(d, DIALOG_CONFIRM, "Are you sure?");
    d->text = xstrdup(question);
    d->command = xstrdup(command);
    form_add_button(&d->form, "yes", "Yes", 0);
    form_add_button(&d->form, "no", "No", KITH_CHOICE_DEFAULT);
    form_start(&d->form);
}

void dialog_open_prompt(struct dialog *d, const char *question, const char *command)
{
    start(d, DIALOG_PROMPT, "");
    d->command = xstrdup(command);
    form_add(&d->form, FORM_TEXT, "answer", question, NULL);
    form_add_button(&d->form, "ok", "OK", KITH_CHOICE_DEFAULT);
    form_add_button(&d->form, "cancel", "Cancel", 0);
    form_start(&d->form);
}

void dialog_open_choice(struct dialog *d, const char *title, const char *text)
{
    start(d, DIALOG_CHOICE, title);
    d->text = xstrdup(text);
}

void dialog_open_qr(struct dialog *d, const char *title, const char *text)
{
    start(d, DIALOG_CHOICE, title);
    d->form.screen = true;
    form_add(&d->form, FORM_QR, "qr", "", text);
    form_add(&d->form, FORM_NOTE, "", "", text);
    dialog_add_choice(d, "Close", "", 0, KITH_CHOICE_DEFAULT);
}

void dialog_add_choice(struct dialog *d, const char *label, const char *command, char key,
                       unsigned flags)
{
    form_add_button(&d->form, command, label, flags);
    d->form.buttons[d->form.n_buttons - 1].key = key;
    form_start(&d->form);
}

bool dialog_key(struct dialog *d, const char *text, size_t len)
{
    for (size_t i = 0; d->kind == DIALOG_CHOICE && !d->waits && len == 1 && i < d->form.n_buttons; i++) {
        if (d->form.buttons[i].key == text[0]) {
            d->form.focus = d->form.n_fields + i;
            return true;
        }
    }
    return false;
}

void dialog_close(struct dialog *d)
{
    form_free(&d->form);
    free(d->title);
    free(d->text);
    free(d->command);
    free(d->problem);
    *d = (struct dialog){0};
}

/* The button that Enter in a field stands for: the default one, else the first. */
static const struct form_button *default_button(const struct form *f)
{
    for (size_t i = 0; i < f->n_buttons; i++)
        if (f->buttons[i].flags & KITH_CHOICE_DEFAULT)
            return &f->buttons[i];
    return f->n_buttons ? &f->buttons[0] : NULL;
}

static bool last_field(const struct form *f)
{
    for (size_t i = f->focus + 1; i < f->n_fields; i++)
        if (!f->fields[i].hidden && f->fields[i].type != FORM_NOTE)
            return false;
    return true;
}

const char *dialog_accept(struct dialog *d)
{
    struct form *f = &d->form;
    if (f->screen && !d->waits && form_focused(f) && form_action(f, PANE_ACCEPT))
        return NULL;
    const struct form_button *b = form_button(f);
    if (f->screen && only_read(f) && !b)
        b = default_button(f);
    if (d->waits) {
        str_set(&d->problem, "Tab or an arrow chooses first; then Enter answers");
        return NULL;
    }
    if (!b) {
        if (!last_field(f) || f->screen) { /* what fills the screen is sent by its buttons alone */
            form_action(f, PANE_NEXT_FIELD);
            return NULL;
        }
        b = default_button(f);
    }
    if (!b)
        return "cancel";
    bool dismiss = str_eq(b->id, "cancel") || str_eq(b->id, "no") || str_eq(b->id, "prev");
    struct form_field *missing = dismiss ? NULL : f->screen ? form_check(f) : form_missing(f);
    if (missing) {
        str_take(&d->problem, f->screen ? NULL : xasprintf("%s is needed", missing->label)); /* on a screen it stands at the field */
        f->focus = (size_t)(missing - f->fields);
        return NULL;
    }
    return b->id;
}

const char *dialog_answer(const struct dialog *d)
{
    const struct form_field *f = form_field(&d->form, "answer");
    return f && f->editor ? editor_text(f->editor) : "";
}

void dialog_repaint(struct dialog *d, const struct pane_env *env, struct rect all)
{
    struct surface *s = env->s;
    struct rich rich = {0};
    struct wrap wrap = {0};
    int w = d->form.screen ? all.w : MIN(all.w, 72), gap = str_empty(d->text) ? 0 : 1;
    rich_adds(&rich, ROLE_POPUP, d->text ? d->text : "");
    wrap_text(&wrap, &rich, &(struct wrap_width){MAX(4, w - 4), 0, 60}, &s->rules);
    int text_h = gap ? (int)wrap.n : 0, form_h = form_rows(&d->form, env, w - 2);
    int h = d->form.screen ? all.h : MIN(all.h, text_h + gap + form_h + 2 + (d->problem != NULL));
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 2, w, h};
    struct buf keys = {0};
    glyph_words(env->g, &keys,
                d->waits ? "Tab chooses · Esc later"
                : dialog_only_tells(d) ? (d->form.screen ? "arrows move · Enter closes" : "Enter closes")
                : d->form.screen ? "Tab next · arrows move · Space chooses · Esc later"
                : "Tab next · Enter accepts · Esc later");
    struct rect in = pane_box(env, r, d->title, buf_str(&keys));
    buf_free(&keys);
    /* The form has the right of way: what is asked about may be cut, the answers not. */
    if (in.h - gap - form_h - (d->problem != NULL) < 1)
        gap = 0;
    text_h = MAX(0, MIN(text_h, in.h - gap - form_h - (d->problem != NULL)));
    for (int i = 0; i < text_h; i++)
        surface_put(s, in, in.x + 1, in.y + i, buf_str(&rich.text) + wrap.lines[i].from,
                    wrap.lines[i].to - wrap.lines[i].from, ROLE_POPUP);
    if (d->problem)
        surface_put_cut(s, in, in.x + 1, in.y + in.h - 1, in.w - 2, d->problem, ROLE_POPUP_DANGER,
                        env->g->more);
    int top = text_h + gap;
    form_repaint(&d->form, env,
                 (struct rect){in.x, in.y + top, in.w, in.h - top - (d->problem != NULL)});
    rich_free(&rich);
    wrap_free(&wrap);
}
