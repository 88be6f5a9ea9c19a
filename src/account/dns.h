/* account/dns.h - from a service or host name to addresses; blocks, so only the helper process
 * calls it */
#ifndef ACCOUNT_DNS_H
#define ACCOUNT_DNS_H

#include <sys/socket.h>

#include "base/base.h"
#include "base/err.h"

#define DNS_TARGETS_MAX 32
#define DNS_ADDRESSES_MAX 64

struct dns_target { /* one SRV record (RFC 2782) */
    char host[256];
    uint16_t port, priority, weight;
    bool direct; /* speaks TLS at once (XEP-0368) */
};
struct dns_targets {
    struct dns_target list[DNS_TARGETS_MAX];
    size_t n;
    bool refused; /* a record with the target ".": the service is decidedly not there */
};
/* Adds the SRV records of an answer packet. 0, or KITH_EPROTO when the packet is malformed. */
int dns_parse_srv(struct dns_targets *t, const unsigned char *packet, size_t len, bool direct);
/* By priority, then at random in proportion to weight (RFC 2782). */
void dns_order(struct dns_targets *t);

struct dns_address {
    struct sockaddr_storage sa; /* with the port */
    socklen_t sa_len;
    bool direct;
    char host[256]; /* the target it belongs to */
};
uint16_t dns_port(const struct dns_address *a);
struct dns_query {
    const char *host;
    const char *srv, *srv_tls; /* "_xmpp-client._tcp", or NULL */
    uint16_t port;             /* without records; 0 = the service's usual port */
};
/* Addresses in the order to try them: each target's IPv6 and IPv4 in turns (RFC 8305 §4). Count, or
 * negative. */
int dns_resolve(const struct dns_query *q, struct dns_address *out, size_t cap, struct err *e);
/* Usual port of "_xmpp-client._tcp"; 0 when unknown. */
uint16_t dns_service_port(const char *srv);

#endif
