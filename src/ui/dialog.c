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
                                           [ASK_CHOICES] = FORM_CHOICES, [ASK_FIXED] = FORM_NOTE};
    return types[ask_type_of(f)];
}

static bool has_value(const struct ask_field *f, const char *value)
{
    for (size_t i = 0; i < f->n_values; i++)
        if (str_eq(f->values[i], value))
            return true;
    return false;
}

static void add_field(struct form *form, const struct ask_field *f)
{
    struct form_field *field =
        form_add(form, field_type(f), f->key, str_empty(f->label) ? f->key : f->label,
                 f->n_values ? f->values[0] : NULL);
    field->hidden = (f->flags & KITH_FIELD_HIDDEN) != 0;
    field->required = (f->flags & KITH_FIELD_REQUIRED) != 0;
    if (field->type != FORM_NOTE)
        field->help = xstrdup(f->help);
    for (size_t i = 0; i < f->n_choices; i++)
        form_add_choice(field, f->choice_values[i], f->choice_labels ? f->choice_labels[i] : NULL,
                        has_value(f, f->choice_values[i]) ||
                            (f->n_values == 0 && i == 0 && field->type == FORM_CHOICE));
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

void dialog_open_ask(struct dialog *d, const struct ask *ask)
{
    start(d, DIALOG_ASK, ask->title);
    d->ask = ask->id;
    d->text = xstrdup(ask->text);
    for (size_t i = 0; i < ask_n_fields(ask); i++) {
        struct ask_field f = ask_field_at(ask, i);
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
    const struct form_button *b = form_button(f);
    if (d->waits) {
        str_set(&d->problem, "Tab or an arrow chooses first; then Enter answers");
        return NULL;
    }
    if (!b) {
        if (!last_field(f)) {
            form_action(f, PANE_NEXT_FIELD);
            return NULL;
        }
        b = default_button(f);
    }
    if (!b)
        return "cancel";
    bool dismiss = str_eq(b->id, "cancel") || str_eq(b->id, "no");
    struct form_field *missing = dismiss ? NULL : form_missing(f);
    if (missing) {
        str_take(&d->problem, xasprintf("%s is needed", missing->label));
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
    int w = MIN(all.w, 72), gap = str_empty(d->text) ? 0 : 1;
    rich_adds(&rich, ROLE_POPUP, d->text ? d->text : "");
    wrap_text(&wrap, &rich, &(struct wrap_width){MAX(4, w - 4), 0, 60}, &s->rules);
    int text_h = gap ? (int)wrap.n : 0, form_h = form_rows(&d->form, env, w - 2);
    int h = MIN(all.h, text_h + gap + form_h + 2 + (d->problem != NULL));
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 2, w, h};
    struct buf keys = {0};
    glyph_words(env->g, &keys,
                d->waits ? "Tab chooses · Esc later" : "Tab next · Enter accepts · Esc later");
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
