/* backends/irc/forms.c - questions to the user with fields: asked, answered once, forgotten with the connection */
#include "backends/irc/forms.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Invitations are numbered from below. */
#define FIRST (UINT64_C(1) << 40)

static void clear(struct irc_form *f)
{
    free(f->about);
    *f = (struct irc_form){0};
}

bool irc_form_ask(struct irc *i, const struct irc_question *q, irc_form_fn *fn, const char *about, kith_req req)
{
    struct kith_choice choices[] = {{sizeof choices[0], KITH_CHOICE_DEFAULT, "ok", q->yes},
                                    {sizeof choices[0], 0, "cancel", "Cancel"}};
    struct irc_form *f = NULL;
    for (size_t n = 0; n < COUNT(i->forms) && !f; n++)
        f = i->forms[n].ask ? NULL : &i->forms[n];
    if (!f)
        return false;
    *f = (struct irc_form){FIRST + ++i->last_form, fn, xstrdup(about), req};
    struct kith_ev_ask ev = {.ev = {sizeof ev, KITH_EV_ASK, 0, 0},
                             .ask = f->ask,
                             .kind = KITH_ASK_FORM,
                             .subject = i->server,
                             .title = q->title,
                             .text = q->text,
                             .choices = choices,
                             .n_choices = COUNT(choices),
                             .fields = q->fields,
                             .n_fields = q->n_fields};
    irc_emit(i, &ev.ev);
    return true;
}

bool irc_form_answer(struct irc *i, uint64_t ask, const struct kith_answer *a)
{
    for (size_t n = 0; n < COUNT(i->forms); n++) {
        struct irc_form f = i->forms[n];
        if (!ask || f.ask != ask)
            continue;
        i->forms[n] = (struct irc_form){0};
        f.fn(i, str_eq(a->choice, "cancel") ? NULL : a, f.about, f.req);
        clear(&f);
        return true;
    }
    return false;
}

const char *irc_form_value(const struct kith_answer *a, const char *key)
{
    for (size_t n = 0; n < a->n_fields; n++) {
        const struct kith_field *f = KITH_AT(struct kith_field, a->fields, n);
        if (str_eq(f->key, key) && f->n_values > 0 && f->values[0])
            return f->values[0];
    }
    return "";
}

void irc_forms_lost(struct irc *i)
{
    for (size_t n = 0; n < COUNT(i->forms); n++) {
        irc_reply(i, i->forms[n].req, KITH_EOFFLINE, "The connection was lost.");
        clear(&i->forms[n]);
    }
}
