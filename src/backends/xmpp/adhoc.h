/* backends/xmpp/adhoc.h - commands of servers, gateways, rooms and contacts (XEP-0050) */
#ifndef XMPP_ADHOC_H
#define XMPP_ADHOC_H

#include "backends/xmpp/session.h"

#define NS_COMMANDS "http://jabber.org/protocol/commands"

/* Lists the commands at an address, NULL: the account's server. Each is an ITEM whose address is what adhoc_start
 * understands. Ends with a REPLY. */
int adhoc_list(struct x *x, const char *where, kith_req req);
/* Runs one: what is "address?command;node=NODE", also with "xmpp:" before it, or an address when node is given. A REPLY
 * follows the first answer; forms and what comes later are questions and notices. */
int adhoc_start(struct x *x, const char *what, const char *node, kith_req req);
extern const struct feature feature_adhoc;

#endif
