/* backends/xmpp/puppets.h - people behind a gateway that the account keeps, and are not in its list of contacts */
#ifndef XMPP_PUPPETS_H
#define XMPP_PUPPETS_H

#include "backends/xmpp/session.h"

/* The user has registered with the gateway: it is kept from now on, though the list of contacts does not say so yet. */
void puppets_keep(struct x *x, const char *gateway);
/* Is the bare address a gateway of ours (in the list of contacts and no person), or of somebody behind one? */
bool puppets_is_gateway(const struct x *x, const char *bare);
bool puppets_has(const struct x *x, const char *bare);
/* One of them is there or wrote: told as a contact, named nick (may be NULL). Nothing for others. */
void puppets_seen(struct x *x, const char *bare, const char *nick);
/* The list of contacts was told as a whole: so are they. One of it changed: what that means for them. */
void puppets_tell(struct x *x);
void puppets_roster(struct x *x, const char *bare);
extern const struct feature feature_puppets;

#endif
