/* ui/wizard_fields.c - the first run's advanced fields, made from what the backend declares */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/wizard.h"

/* Those that a first run may need most, in this order; all others of the backend follow. */
static const char *const first[][2] = {{"host", "Host"},
                                       {"port", "Port"},
                                       {"proxy", "Proxy"},
                                       {"resource", "Resource"},
                                       {"certificate", "Certificate"}};

static struct wizard_option *add(struct wizard *w, const char *key)
{
    struct wizard_option o = {.key = xstrdup(key)};
    VEC_PUSH(w->options, w->n_options, w->cap_options, o);
    return &w->options[w->n_options - 1];
}

void wizard_fields_new(struct wizard *w)
{
    for (size_t i = 0; i < COUNT(first); i++) {
        form_add(&w->form, FORM_TEXT, first[i][0], first[i][1], NULL);
        add(w, first[i][0]);
    }
    form_field(&w->form, "proxy")->help = xstrdup("like socks5://127.0.0.1:9050");
    form_field(&w->form, "certificate")->help = xstrdup("a file: certificate with its key, PEM");
}

void wizard_fields_free(struct wizard *w)
{
    for (size_t i = 0; i < w->n_options; i++) {
        free(w->options[i].key);
        free(w->options[i].fallback);
    }
    free(w->options);
    w->options = NULL;
    w->n_options = w->cap_options = 0;
}

bool wizard_is_option(const struct wizard *w, const char *key)
{
    for (size_t i = 0; i < w->n_options; i++)
        if (str_eq(w->options[i].key, key))
            return true;
    return false;
}

/* "tls_verify" as "TLS verify": names are short on a form, the help says the rest. */
static char *label_of(const char *key)
{
    char *label = xstrdup(key);
    for (char *p = label; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    size_t word = strcspn(label, " ");
    bool short_name = (word == 3 && str_starts(key, "tls")) || (word == 2 && str_starts(key, "ca"));
    for (size_t i = 0; i < (short_name ? word : 1); i++)
        if (label[i] >= 'a' && label[i] <= 'z')
            label[i] = (char)(label[i] - 'a' + 'A');
    return label;
}

struct declared {
    char *key, *type, *fallback, *help;
    bool advanced, secret;
};

static void add_declared(struct wizard *w, const struct declared *d)
{
    if (str_empty(d->key) || !d->advanced || d->secret || form_field(&w->form, d->key))
        return;
    const char *type = d->type ? d->type : "string", *is = d->fallback ? d->fallback : "";
    char *label = label_of(d->key);
    enum form_type t = str_eq(type, "bool")              ? FORM_BOOL
                       : str_starts(type, "choice:") ? FORM_CHOICE
                                                         : FORM_TEXT;
    struct form_field *f = form_add(&w->form, t, d->key, label, NULL);
    f->help = xstrdup(d->help);
    if (t == FORM_BOOL)
        f->on[0] = str_eq(is, "true");
    for (const char *p = type + 7; t == FORM_CHOICE && *p;) {
        size_t n = strcspn(p, "|");
        char *id = xstrndup(p, n);
        form_add_choice(f, id, id, str_eq(id, is));
        free(id);
        p += n + (p[n] == '|');
    }
    add(w, d->key)->fallback = xstrdup(is);
    free(label);
}

static void clear(struct declared *d)
{
    free(d->key);
    free(d->type);
    free(d->fallback);
    free(d->help);
    *d = (struct declared){0};
}

void wizard_declared(struct wizard *w, const char *lines)
{
    struct declared d = {0};
    if (!w->open)
        return;
    for (const char *at = lines, *end; *at; at = *end ? end + 1 : end) {
        end = at + strcspn(at, "\n");
        char *line = xstrndup(at, (size_t)(end - at)), *value = strchr(line, ' ');
        if (value)
            *value++ = '\0';
        if (str_eq(line, "option") && value) {
            add_declared(w, &d);
            clear(&d);
            d.key = xstrdup(value);
        }
        char **field = str_eq(line, "type")       ? &d.type
                       : str_eq(line, "fallback") ? &d.fallback
                       : str_eq(line, "help")     ? &d.help
                                                  : NULL;
        if (field && value)
            str_set(field, value);
        d.advanced = d.advanced || str_eq(line, "advanced");
        d.secret = d.secret || str_eq(line, "secret");
        free(line);
    }
    add_declared(w, &d);
    clear(&d);
    wizard_look_last(w);
    wizard_update(w);
}

/* What was chosen for option i; "" when that is what holds anyway. */
const char *wizard_option_value(const struct wizard *w, size_t i)
{
    const struct wizard_option *o = &w->options[i];
    const struct form_field *f = form_field(&w->form, o->key);
    const char *value = f->editor               ? editor_text(f->editor)
                        : f->type == FORM_BOOL ? f->on[0] ? "true" : "false"
                                                : form_chosen(f);
    bool unset = f->type == FORM_BOOL && !f->on[0] && str_empty(o->fallback);
    return unset || str_eq(value, o->fallback) ? "" : value;
}
