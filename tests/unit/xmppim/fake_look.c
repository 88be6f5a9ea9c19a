/* unit/xmppim/fake_look.c - tests look at what was sent and told */
#include "fake_inner.h"

void fake_event_(struct x *x, const char *file, int line, ...)
{
    va_list ap;
    fake_need(&x->events, "event", file, line);
    va_start(ap, line);
    fake_check(&x->events, "event", file, line, ap);
    va_end(ap);
}

void fake_sent_(struct x *x, const char *file, int line, ...)
{
    va_list ap;
    fake_need(&x->sent, "sent", file, line);
    va_start(ap, line);
    fake_check(&x->sent, "sent", file, line, ap);
    va_end(ap);
}

void fake_no_event_(struct x *x, const char *file, int line)
{
    fake_none(&x->events, "event", file, line);
}

void fake_nothing_sent_(struct x *x, const char *file, int line)
{
    fake_none(&x->sent, "sent", file, line);
}

static bool take_one(struct list *l, const char *part)
{
    while (l->at < l->n)
        if (strstr(l->s[l->at++], part))
            return true;
    return false;
}

bool fake_take_sent(struct x *x, const char *part)
{
    return take_one(&x->sent, part);
}

static const char *last_one(const struct list *l, const char *part)
{
    for (size_t i = l->n; i-- > 0;)
        if (strstr(l->s[i], part))
            return l->s[i];
    return NULL;
}

const char *fake_last_sent(const struct x *x, const char *part)
{
    return last_one(&x->sent, part);
}

const char *fake_last_event(const struct x *x, const char *part)
{
    return last_one(&x->events, part);
}

char *fake_sent_text(struct x *x)
{
    return x->sent.at < x->sent.n ? xstrdup(x->sent.s[x->sent.at++]) : NULL;
}

bool fake_take_event(struct x *x, const char *part)
{
    return take_one(&x->events, part);
}

char *fake_event_part(struct x *x, const char *key)
{
    assert_true(take_one(&x->events, key));
    const char *at = strstr(x->events.s[x->events.at - 1], key) + strlen(key);
    return xstrndup(at, strcspn(at, ";"));
}

char *fake_sent_part(struct x *x, const char *key)
{
    assert_true(take_one(&x->sent, key));
    const char *at = strstr(x->sent.s[x->sent.at - 1], key) + strlen(key);
    return xstrndup(at + 2, strcspn(at + 2, "\""));
}

void fake_forget(struct x *x)
{
    fake_list_free(&x->events);
    fake_list_free(&x->sent);
}
