/* unit/xmppim/fake_list.c - lines of text that a test looks through one by one */
#include "fake_list.h"

#include <stdlib.h>

void fake_list_add(struct list *l, char *s)
{
    VEC_PUSH(l->s, l->n, l->cap, s);
}

void fake_list_free(struct list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->s[i]);
    free(l->s);
    memset(l, 0, sizeof *l);
}

void fake_check(struct list *l, const char *what, const char *file, int line, va_list ap)
{
    if (l->at == l->n) {
        _fail("", 0);
    }
    const char *text = l->s[l->at++];
    for (const char *part; (part = va_arg(ap, const char *));) {
        bool not = *part == '!';
        if ((strstr(text, part + not ) != NULL) == not ) {
            print_error("%s: %s%s\n  %s\n", what, not ? "unexpected " : "missing ", part + not,
                        text);
            _fail(file, line);
        }
    }
}

void fake_need(struct list *l, const char *what, const char *file, int line)
{
    if (l->at < l->n)
        return;
    print_error("%s: none left\n", what);
    _fail(file, line);
}

void fake_none(const struct list *l, const char *what, const char *file, int line)
{
    if (l->at == l->n)
        return;
    print_error("%s: unexpected\n  %s\n", what, l->s[l->at]);
    _fail(file, line);
}
