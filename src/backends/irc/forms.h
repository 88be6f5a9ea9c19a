/* backends/irc/forms.h - questions to the user with fields */
#ifndef BACKENDS_IRC_FORMS_H
#define BACKENDS_IRC_FORMS_H

#include "backends/irc/irc.h"

struct irc_question {
    const char *title, *text, *yes; /* yes: what the button says */
    const struct kith_field *fields;
    size_t n_fields;
};
/* fn is called once with the answer (NULL: given up), a copy of about, and req, which it answers; or never, when the
 * connection ends before: then req (0: none) fails. False: too many questions are open. */
bool irc_form_ask(struct irc *i, const struct irc_question *q, irc_form_fn *fn, const char *about, kith_req req);
bool irc_form_answer(struct irc *i, uint64_t ask, const struct kith_answer *a); /* false: not one of these */
const char *irc_form_value(const struct kith_answer *a, const char *key); /* "" when it is not there */
void irc_forms_lost(struct irc *i);

#endif
