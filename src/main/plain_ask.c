/* main/plain_ask.c - questions in kith --plain: choices by a word, forms a field at a time, secrets unseen */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/guard.h"
#include "main/plain_private.h"

static void drop_values(struct plain *p)
{
    for (size_t i = 0; i < p->n_values; i++) {
        mem_wipe(p->values[i], strlen(p->values[i]));
        free(p->values[i]);
    }
    p->n_values = 0;
    str_take(&p->lines, NULL);
    p->ask = 0;
    str_take(&p->choice, NULL);
}

void plain_ask_free(struct plain *p)
{
    drop_values(p);
    str_wipe_free(p->doubt);
    free(p->command);
}

/* ---- forms ---- */

static size_t n_fields(const struct ask *a)
{
    return MIN(ask_n_fields(a), (size_t)PLAIN_FIELDS);
}

static bool is_asked(const struct ask_field *f)
{
    return ask_type_of(f) != ASK_FIXED && ask_type_of(f) != ASK_TABLE && !(f->flags & (KITH_FIELD_HIDDEN | KITH_FIELD_READ_ONLY));
}

/* What is only to be read: "label: value", and the rows of a table as such. */
static void show_field(struct plain *p, const struct ask_field *f)
{
    size_t columns = ask_type_of(f) == ASK_TABLE ? f->n_choices : 0;

    for (size_t i = 0; i < f->n_values && (columns == 0 || i < PLAIN_CELLS); i++) {
        const char *head = columns > 0 ? f->choice_labels[i % columns] : i == 0 && ask_type_of(f) != ASK_FIXED ? f->label : NULL;
        bool yes_no = ask_type_of(f) == ASK_BOOL;

        plain_line(p, "%s%s%s%s", columns == 0 || i % columns == 0 ? "  " : "    ", head != NULL ? head : "", head != NULL ? ": " : "",
                   !yes_no ? f->values[i] : ask_is_yes(f->values[i]) ? "yes" : "no");
    }
}

/* The lines of a text, each a value of its own. */
static void add_lines(struct core_answer_field *out, size_t *n, const char *key, char *value)
{
    char *rest = value, *line;

    while (*n < PLAIN_VALUES && (line = strsep(&rest, "\n")) != NULL)
        out[(*n)++] = (struct core_answer_field){key, line};
}

/* Nothing is filled in: what there is to read has been read. */
static bool only_read(const struct ask *a)
{
    for (size_t i = 0; i < ask_n_fields(a); i++) {
        struct ask_field f = ask_field_at(a, i);

        if (is_asked(&f))
            return false;
    }
    return true;
}

void plain_show_ask(struct plain *p, const struct ask *a)
{
    plain_line(p, "? %s%s%s", a->account != NULL ? a->account->name : "", a->account != NULL ? ": " : "",
               a->title != NULL ? a->title : a->text);
    if (a->title != NULL && a->text != NULL)
        plain_line(p, "  %s", a->text);
    for (size_t i = 0; i < ask_n_fields(a) && only_read(a); i++) {
        struct ask_field f = ask_field_at(a, i);

        show_field(p, &f);
    }
    for (size_t i = 0; i < a->n_choices; i++)
        plain_line(p, "  ? %s   %s", a->choices[i].id, a->choices[i].label);
    if (a->n_choices == 0)
        plain_line(p, "  ? ok   ? cancel");
}

/* The words of a value of several choices, each a pair of its own. */
static void add_choices(struct core_answer_field *out, size_t *n, const char *key, char *value)
{
    const char *between = strchr(value, '\n') != NULL ? "\n" : " ,"; /* those that were there already may have blanks */
    char *rest = value, *word;

    while (*n < PLAIN_VALUES && (word = strsep(&rest, between)) != NULL)
        if (*word != '\0')
            out[(*n)++] = (struct core_answer_field){key, word};
}

static void send_answer(struct plain *p, struct ask *a)
{
    struct core_answer_field *fields = xcalloc(PLAIN_VALUES + 1, sizeof *fields);
    size_t n = 0;
    struct err e = {0};

    for (size_t i = 0; i < p->n_values && n < PLAIN_VALUES; i++) {
        struct ask_field f = ask_field_at(a, i);

        if (ask_type_of(&f) == ASK_TABLE || (f.flags & KITH_FIELD_READ_ONLY))
            continue;
        if (ask_type_of(&f) == ASK_CHOICES && *p->values[i] == '\0')
            fields[n++] = (struct core_answer_field){f.key, NULL};
        else if (ask_type_of(&f) == ASK_CHOICES)
            add_choices(fields, &n, f.key, p->values[i]);
        else if (ask_type_of(&f) == ASK_LINES)
            add_lines(fields, &n, f.key, p->values[i]);
        else if (ask_type_of(&f) == ASK_BOOL)
            fields[n++] = (struct core_answer_field){f.key, ask_is_yes(p->values[i]) ? "1" : "0"};
        else if (ask_type_of(&f) != ASK_FIXED)
            fields[n++] = (struct core_answer_field){f.key, p->values[i]};
    }
    p->io.prompt(p->user, "", false);
    p->ask = 0; /* the question goes while it is answered */
    if (core_answer(p->env->core, a, p->choice, fields, n, &e) < 0)
        plain_line(p, "-- ! %s", e.text);
    free(fields);
    drop_values(p);
}

static void prompt_field(struct plain *p, const struct ask_field *f)
{
    bool secret = ask_type_of(f) == ASK_SECRET, yes_no = ask_type_of(f) == ASK_BOOL;
    struct buf label = {0};

    if (f->help != NULL)
        plain_line(p, "  %s", f->help);
    for (size_t i = 0; i < f->n_choices; i++)
        plain_line(p, "  %s   %s", f->choice_values[i], f->choice_labels != NULL && f->choice_labels[i] != NULL ? f->choice_labels[i] : "");
    buf_adds(&label, str_empty(f->label) ? f->key : f->label);
    if (yes_no)
        buf_adds(&label, " (yes, no)");
    if (ask_type_of(f) == ASK_LINES) { /* a point alone ends it */
        for (size_t i = 0; i < f->n_values; i++)
            plain_line(p, "  | %s", f->values[i]);
        buf_adds(&label, " (lines; a line with . alone ends them)");
    } else if (f->n_values > 0 && !secret)
        buf_addf(&label, " [%s]", yes_no ? (ask_is_yes(f->values[0]) ? "yes" : "no") : f->values[0]);
    buf_adds(&label, ": ");
    p->io.prompt(p->user, buf_str(&label), secret);
    buf_free(&label);
}

/* Asks for the next field that is to be filled in; behind the last one the answer goes out. */
static void next_field(struct plain *p, struct ask *a)
{
    while (p->n_values < n_fields(a)) {
        struct ask_field f = ask_field_at(a, p->n_values);

        if (is_asked(&f)) {
            prompt_field(p, &f);
            return;
        }
        if (!(f.flags & KITH_FIELD_HIDDEN) && f.n_values == 0 && f.label != NULL)
            plain_line(p, "  %s", f.label);
        else if (!(f.flags & KITH_FIELD_HIDDEN) && !only_read(a))
            show_field(p, &f);
        p->values[p->n_values++] = xstrdup(f.n_values > 0 ? f.values[0] : "");
    }
    send_answer(p, a);
}

/* All values that there are; choices end with a line's end, so that none is taken apart. Owned. */
static char *values_of(const struct ask_field *f)
{
    struct buf b = {0};

    for (size_t i = 0; i < f->n_values; i++)
        buf_addf(&b, "%s%s", i > 0 ? "\n" : "", f->values[i]);
    if (ask_type_of(f) == ASK_CHOICES && b.len > 0)
        buf_addc(&b, '\n');
    return b.len > 0 ? buf_take(&b) : xstrdup("");
}

/* A text of several lines ends with a point alone; at once with nothing, it stays as it is. False: a line more. */
static bool take_line(struct plain *p, const struct ask_field *f, const char *text)
{
    if (p->lines == NULL && *text == '\0')
        p->lines = values_of(f);
    else if (strcmp(text, ".") == 0)
        p->lines = p->lines != NULL ? p->lines : xstrdup("");
    else {
        str_take(&p->lines, p->lines != NULL ? xasprintf("%s\n%s", p->lines, text) : xstrdup(text));
        p->io.prompt(p->user, "  ", false);
        return false;
    }
    return true;
}

static void take_value(struct plain *p, struct ask *a, const char *text)
{
    struct ask_field f = ask_field_at(a, p->n_values);
    bool several = ask_type_of(&f) == ASK_LINES || ask_type_of(&f) == ASK_CHOICES;
    if (ask_type_of(&f) == ASK_LINES && !take_line(p, &f, text))
        return;
    char *all = p->lines != NULL ? p->lines : several && *text == '\0' ? values_of(&f) : NULL;
    const char *value = all != NULL ? all : *text == '\0' && f.n_values > 0 ? f.values[0] : text;

    p->lines = NULL;

    if (*value == '\0' && (f.flags & KITH_FIELD_REQUIRED)) {
        plain_line(p, "-- ! this cannot be left empty");
        prompt_field(p, &f);
    } else {
        p->values[p->n_values++] = xstrdup(value);
        next_field(p, a);
    }
    free(all);
}

/* "? cancel" needs no form, whatever the question says. */
static bool breaks_off(const char *choice)
{
    return str_eq(choice, "cancel") || str_eq(choice, "no") || str_eq(choice, "decline") || str_eq(choice, "deny");
}

static bool has_choice(const struct ask *a, const char *choice)
{
    for (size_t i = 0; i < ask_n_choices(a); i++)
        if (str_eq(ask_choice_at(a, i).id, choice))
            return true;
    return false;
}

void plain_answer(struct plain *p, const char *choice)
{
    struct model *m = p->env->model;
    struct ask *a = m->n_asks > 0 ? m->asks[0] : NULL;

    while (*choice == ' ')
        choice++;
    if (a == NULL) {
        plain_line(p, "-- nothing is asked");
        return;
    }
    if (*choice == '\0' && a->n_choices <= 1)
        choice = a->n_choices == 1 ? a->choices[0].id : "ok";
    if (!has_choice(a, choice)) {
        plain_line(p, "-- ! the question has no answer \"%.60s\"", choice);
        plain_show_ask(p, a);
        return;
    }
    drop_values(p);
    p->ask = a->id;
    p->choice = xstrdup(choice);
    if (breaks_off(choice))
        send_answer(p, a);
    else
        next_field(p, a);
}

void plain_ask_gone(struct plain *p, const struct ask *a)
{
    if (p->ask != a->id)
        return;
    p->io.prompt(p->user, "", false);
    plain_line(p, "-- the question is not asked any more");
    drop_values(p);
}

/* ---- questions of commands ---- */

static void ask_for(struct plain *p, const char *question, const char *command, bool yes_no)
{
    char *label = xasprintf(yes_no ? "%s (yes, no) " : "%s ", question);

    str_set(&p->command, command);
    p->yes_no = yes_no;
    p->io.prompt(p->user, label, false);
    free(label);
}

void plain_confirm(void *p, const char *question, const char *command)
{
    ask_for(p, question, command, true);
}

void plain_prompt(void *p, const char *question, const char *command)
{
    ask_for(p, question, command, false);
}

static void run_command(struct plain *p, const char *text)
{
    char *command = p->command;
    struct cmd_ctx ctx = plain_ctx(p);
    struct err e = {0};

    p->command = NULL;
    p->io.prompt(p->user, "", false);
    ctx.answer = p->yes_no ? NULL : text;
    if (p->yes_no && !ask_is_yes(text))
        plain_line(p, "-- not done");
    else if (cmd_run(&ctx, command, &e) < 0)
        plain_line(p, "-- ! %s", e.text);
    free(command);
}

bool plain_prompted(struct plain *p, const char *text)
{
    struct ask *a = p->ask != 0 ? model_ask(p->env->model, p->ask) : NULL;

    if (a != NULL) {
        take_value(p, a, text);
        return true;
    }
    if (p->command != NULL) {
        run_command(p, text);
        return true;
    }
    return false;
}

/* ---- the wrong place ---- */

/* On a terminal only: what a program writes into a pipe is no slip of a finger, and would not answer. */
bool plain_guards(struct plain *p, const struct chat *c, const char *text)
{
    struct cmd_ctx ctx = plain_ctx(p);
    const char *terminal = ctx.view->get_env(p, "KITH_TERMINAL");
    struct buf why = {0}, question = {0};
    bool asks = terminal != NULL && c != NULL && guard_asks(p->env, c, text, p->shown_at, &why, &question);

    if (asks) {
        p->doubt = xstrdup(text);
        p->doubt_chat = c->id;
        plain_line(p, "-- ! %s", buf_str(&why));
        buf_adds(&question, " (yes, no) ");
        p->io.prompt(p->user, buf_str(&question), false);
    }
    buf_free(&question);
    buf_free(&why);
    return asks;
}

bool plain_doubted(struct plain *p, const char *text)
{
    struct cmd_ctx ctx = plain_ctx(p);
    char *doubt = p->doubt;
    struct err e = {0};

    if (doubt == NULL)
        return false;
    p->doubt = NULL;
    p->io.prompt(p->user, "", false);
    if (!ask_is_yes(text)) {
        plain_line(p, "-- not sent");
        p->io.input(p->user, doubt);
    } else if (ctx.chat == NULL || ctx.chat->id != p->doubt_chat) { /* it may have gone under the question */
        plain_line(p, "-- ! that chat is not here any more; nothing was sent");
    } else if (cmd_input(&ctx, doubt, &e) < 0) {
        plain_line(p, "-- ! %s", e.text);
    }
    str_wipe_free(doubt);
    return true;
}
