/* backends/xmpp/limits.h - how large a stanza the server takes (XEP-0478) */
#ifndef XMPP_LIMITS_H
#define XMPP_LIMITS_H

#include "backends/xmpp/session.h"

/* What the features say of it, each time they come. */
void limits_features(struct x *x, xmpp_stanza_t *features);
/* False: the server has said that it takes no stanza of this size. */
bool x_fits(struct x *x, xmpp_stanza_t *st);

#endif
