/* ui/form_check.c - may the values of a form go out? Each that may not says why, before anything is sent */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/form.h"

enum kind { KIND_TEXT, KIND_WHOLE, KIND_NUMBER, KIND_DATE, KIND_TIME, KIND_MOMENT };

static enum kind kind_of(const char *datatype)
{
    static const char *const whole[] = {"xs:integer", "xs:int", "xs:long", "xs:short", "xs:byte", "xs:nonNegativeInteger", "xs:positiveInteger",
                                        "xs:unsignedInt", "xs:unsignedLong", "xs:unsignedShort", "xs:unsignedByte"};
    static const char *const number[] = {"xs:decimal", "xs:double", "xs:float"};
    for (size_t i = 0; datatype && i < COUNT(whole); i++)
        if (strcmp(whole[i], datatype) == 0)
            return KIND_WHOLE;
    for (size_t i = 0; datatype && i < COUNT(number); i++)
        if (strcmp(number[i], datatype) == 0)
            return KIND_NUMBER;
    return str_eq(datatype, "xs:date") ? KIND_DATE : str_eq(datatype, "xs:time") ? KIND_TIME : str_eq(datatype, "xs:dateTime") ? KIND_MOMENT : KIND_TEXT;
}

/* d: a digit; all else stands for itself. What follows in text is not looked at. */
static bool looks_like(const char *text, const char *mask)
{
    for (; *mask; mask++, text++)
        if (*mask == 'd' ? *text < '0' || *text > '9' : *text != *mask)
            return false;
    return true;
}

static bool number(const char *text, double *out)
{
    char *end = NULL;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && text[strspn(text, "+-.0123456789eE")] == '\0';
}

static const char *wanted(enum kind k, const char *text)
{
    int64_t n;
    double d;
    switch (k) {
    case KIND_WHOLE:
        return str_int(text, INT64_MIN, INT64_MAX, &n) ? NULL : "a whole number";
    case KIND_NUMBER:
        return number(text, &d) ? NULL : "a number";
    case KIND_DATE:
        return looks_like(text, "dddd-dd-dd") ? NULL : "a date like 2026-11-22";
    case KIND_TIME:
        return looks_like(text, "dd:dd:dd") ? NULL : "a time like 18:30:00";
    case KIND_MOMENT:
        return looks_like(text, "dddd-dd-ddTdd:dd:dd") ? NULL : "a moment like 2026-11-22T18:30:00Z";
    case KIND_TEXT:
        break;
    }
    return NULL;
}

/* < 0, 0, > 0; numbers by their value, all else as it is written, which is right for dates of one time zone. */
static int compare(enum kind k, const char *a, const char *b)
{
    double x, y;
    if (k == KIND_WHOLE || k == KIND_NUMBER)
        return number(a, &x) && number(b, &y) ? (x > y) - (x < y) : 0;
    return strcmp(a, b);
}

static char *text_problem(const struct form_rules *r, const char *text)
{
    enum kind k = kind_of(r->datatype);
    const char *what = wanted(k, text);
    if (what)
        return xasprintf("This has to be %s.", what);
    if (k != KIND_TEXT && r->min && compare(k, text, r->min) < 0)
        return xasprintf("This has to be at least %s.", r->min);
    if (k != KIND_TEXT && r->max && compare(k, text, r->max) > 0)
        return xasprintf("This can be %s at most.", r->max);
    if (r->address && (strpbrk(text, " \t") || text[0] == '@' || text[strlen(text) - 1] == '@'))
        return xstrdup("This is no address: name@example.org");
    return NULL;
}

static char *lines_problem(const struct form_field *field)
{
    char *copy = xstrdup(editor_text(field->editor)), *rest = copy, *line, *problem = NULL;
    while (!problem && (line = strsep(&rest, "\n")))
        problem = *line ? text_problem(&field->rules, line) : NULL;
    free(copy);
    return problem;
}

static char *count_problem(const struct form_field *field)
{
    size_t n = 0;
    for (size_t i = 0; i < field->n_choices; i++)
        n += field->on[i];
    if (n < field->rules.least)
        return xasprintf("Choose at least %u.", field->rules.least);
    return field->rules.most && n > field->rules.most ? xasprintf("Choose %u at most.", field->rules.most) : NULL;
}

static char *problem_of(const struct form_field *field)
{
    if (form_is_missing(field))
        return xstrdup("This is needed.");
    if (field->type == FORM_CHOICES)
        return count_problem(field);
    if (field->type == FORM_LINES)
        return lines_problem(field);
    return field->type == FORM_TEXT && !editor_empty(field->editor) ? text_problem(&field->rules, editor_text(field->editor)) : NULL;
}

void form_check_left(struct form_field *field)
{
    if (!field->hidden && !form_is_missing(field))
        str_take(&field->problem, problem_of(field));
}

struct form_field *form_check(struct form *f)
{
    struct form_field *first = NULL;
    for (size_t i = 0; i < f->n_fields; i++) {
        struct form_field *field = &f->fields[i];
        str_take(&field->problem, field->hidden ? NULL : problem_of(field));
        first = first ? first : field->problem ? field : NULL;
    }
    return first;
}

void form_rules_words(const struct form_field *field, struct buf *out)
{
    const struct form_rules *r = &field->rules;
    const char *what = wanted(kind_of(r->datatype), "");
    if (what)
        buf_addf(out, "%s", what);
    if (r->min && what)
        buf_addf(out, ", from %s", r->min);
    if (r->max && what)
        buf_addf(out, "%s%s", r->min ? " to " : ", up to ", r->max);
    if (r->pattern)
        buf_addf(out, "%slooks like %s", out->len ? ", " : "", r->pattern);
    if (r->least)
        buf_addf(out, "%sat least %u", out->len ? ", " : "", r->least);
    if (r->most)
        buf_addf(out, ", %u at most", r->most);
}
