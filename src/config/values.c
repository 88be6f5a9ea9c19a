/* config/values.c - checks the text of a value against its option, and keeps it per layer */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/internal.h"
#include "kith/plugin.h"

static bool is_choice(const char *choices, const char *word, size_t len)
{
    for (const char *p = choices; p && *p;) {
        size_t n = strcspn(p, "|");
        if (n == len && memcmp(p, word, n) == 0)
            return true;
        p += n + (p[n] == '|');
    }
    return false;
}

static int read_bool(const char *text)
{
    static const char *const yes[] = {"true", "yes", "on", "1"}, *const no[] = {"false", "no",
                                                                                "off", "0"};
    for (size_t i = 0; i < COUNT(yes); i++) {
        if (str_casecmp_ascii(text, yes[i]) == 0)
            return 1;
        if (str_casecmp_ascii(text, no[i]) == 0)
            return 0;
    }
    return -1;
}

static void say_choices(const struct option *o, const char *word, struct err *e)
{
    const char *names[32];
    char store[256];
    size_t n = 0;
    struct buf all = {0};
    str_copy(store, sizeof store, o->choices);
    char *rest = store;
    for (char *p; n < COUNT(names) && (p = strsep(&rest, "|"));) {
        names[n++] = p;
        buf_addf(&all, "%s%s", n > 1 ? ", " : "", p);
    }
    const char *near = nearest_name(word, names, n);
    if (near)
        (void)err_set(e, KITH_EINVAL, "%s cannot be \"%.60s\" (did you mean \"%s\"?)", o->name,
                      word, near);
    else
        (void)err_set(e, KITH_EINVAL, "%s cannot be \"%.60s\"; it is one of %s", o->name, word,
                      buf_str(&all));
    buf_free(&all);
}

static int check_choice(const struct option *o, const char *value, struct buf *out, struct err *e)
{
    int b;
    if (is_choice(o->choices, value, strlen(value))) {
        buf_adds(out, value);
        return 0;
    }
    if (is_choice(o->choices, "on", 2) && is_choice(o->choices, "off", 3) &&
        (b = read_bool(value)) >= 0) {
        buf_adds(out, b ? "on" : "off");
        return 0;
    }
    say_choices(o, value, e);
    return KITH_EINVAL;
}

static int check_list(const struct option *o, const char *value, struct buf *out, struct err *e)
{
    for (const char *p = value + strspn(value, " \t"); *p; p += strspn(p, " \t")) {
        size_t n = strcspn(p, " \t");
        if (o->choices && !is_choice(o->choices, p, n)) {
            char *word = xstrndup(p, n);
            say_choices(o, word, e);
            free(word);
            return KITH_EINVAL;
        }
        if (out->len)
            buf_addc(out, ' ');
        buf_add(out, p, n);
        p += n;
    }
    return 0;
}

static int check_text(const struct option *o, const char *value, struct err *e)
{
    size_t len = strlen(value);
    if (len > 4096)
        return err_set(e, KITH_ETOOBIG, "%s is longer than 4096 bytes", o->name);
    if (!utf8_is_clean(value, len, UTF8_LINE))
        return err_set(e, KITH_EINVAL, "%s has control characters or bytes that are not UTF-8",
                       o->name);
    return 0;
}

int config_check(const struct option *o, const char *value, char **out, struct err *e)
{
    struct buf b = {0};
    int64_t n;
    int rc = check_text(o, value, e);
    if (rc < 0)
        goto out;
    switch (o->type) {
    case OPTION_BOOL:
        if ((n = read_bool(value)) < 0)
            rc = err_set(e, KITH_EINVAL, "%s is true or false, not \"%.60s\"", o->name, value);
        else
            buf_adds(&b, n ? "true" : "false");
        break;
    case OPTION_INT:
        if (!str_int(value, o->min, o->max, &n))
            rc = err_set(e, KITH_EINVAL, "%s is a number from %lld to %lld, not \"%.60s\"", o->name,
                         (long long)o->min, (long long)o->max, value);
        else
            buf_addf(&b, "%lld", (long long)n);
        break;
    case OPTION_STRING:
        buf_adds(&b, value);
        break;
    case OPTION_CHOICE:
        rc = check_choice(o, value, &b, e);
        break;
    case OPTION_LIST:
        rc = check_list(o, value, &b, e);
        break;
    }
    if (rc >= 0 && o->check)
        rc = o->check(buf_str(&b), e);
    if (rc >= 0 && out)
        *out = buf_take(&b);
out:
    buf_free(&b);
    return rc;
}

static void free_list(struct slot *s)
{
    for (size_t i = 0; i < s->n_list; i++)
        free(s->list[i]);
    free(s->list);
    s->list = NULL;
    s->n_list = 0;
}

/* Finds the highest layer that is set and reads its text. */
static void slot_settle(struct slot *s)
{
    size_t cap = 0;
    s->top = LAYER_BUILTIN;
    for (enum layer l = LAYER_BUILTIN; l < N_LAYERS; l++) {
        if (s->text[l])
            s->top = l;
    }
    const char *text = s->text[s->top];
    free_list(s);
    s->number = 0;
    if (s->opt->type == OPTION_BOOL)
        s->number = strcmp(text, "true") == 0;
    if (s->opt->type == OPTION_INT)
        ENSURE(str_int(text, s->opt->min, s->opt->max, &s->number));
    for (const char *p = text; s->opt->type == OPTION_LIST && *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        VEC_PUSH(s->list, s->n_list, cap, xstrndup(p, n));
        p += n;
    }
}

int slot_put(struct slot *s, enum layer layer, const char *text, struct origin origin,
             struct err *e)
{
    char *canonical = NULL;
    int rc = config_check(s->opt, text, &canonical, e);
    if (rc < 0)
        return rc;
    str_take(&s->text[layer], canonical);
    s->origin[layer] = origin;
    slot_settle(s);
    return 0;
}

void slot_drop(struct slot *s, enum layer layer)
{
    if (layer == LAYER_BUILTIN) { /* the end of the slot itself */
        free_list(s);
        str_take(&s->text[layer], NULL);
        return;
    }
    str_take(&s->text[layer], NULL);
    s->origin[layer] = (struct origin){0};
    slot_settle(s);
}
