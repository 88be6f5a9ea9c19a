/* backends/xmpp/call.h - calls: they ring and can be declined, but not be taken here (XEP-0353) */
#ifndef XMPP_CALL_H
#define XMPP_CALL_H

#include "backends/xmpp/feature.h"

/* What a message says of a call, as words behind a name ("calls (voice call)"): owned; NULL: nothing for the user. out: by
 * our account. */
char *call_words(xmpp_stanza_t *message, bool out);
/* A message of this kind is here, and rings now: worth a notice. */
bool call_rings(const struct x *x, xmpp_stanza_t *message, const struct im_from *how, const struct im_ends *e);
/* What it changes: a question begins or ends. Nothing for other messages, and for old ones. */
void call_take(struct x *x, xmpp_stanza_t *message, const struct im_from *how, const struct im_ends *e);
/* A session-initiate of a call (XEP-0167): answered and declined. False: it is none. from: normalized, may ask us. */
bool call_initiated(struct x *x, xmpp_stanza_t *iq, const char *from, xmpp_stanza_t *jingle);

#endif
