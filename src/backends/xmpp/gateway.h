/* backends/xmpp/gateway.h - gateways to other networks: found, registered with, logged in and out of (XEP-0100, XEP-0077) */
#ifndef XMPP_GATEWAY_H
#define XMPP_GATEWAY_H

#include "backends/xmpp/session.h"

enum gateway_do { GATEWAY_REGISTER, GATEWAY_UNREGISTER, GATEWAY_LOGIN, GATEWAY_LOGOUT, GATEWAY_ASK };

/* Lists the gateways of the account's server: ITEMs whose text is how it stands. Ends with a REPLY. */
int gateway_list(struct x *x, kith_req req);
/* GATEWAY_ASK: asks which of the others. The REPLY follows when it has been sent, or its first answer came; forms are
 * questions. */
int gateway_do(struct x *x, const char *address, enum gateway_do what, kith_req req);

/* They are registered with it, by whatever way: it becomes a contact, and is told that we are there (XEP-0100 §4.1.1). */
void gateway_registered(struct x *x, const char *jid);

#endif
