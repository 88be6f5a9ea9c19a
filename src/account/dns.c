/* account/dns.c - from a service or host name to addresses; blocks, so only the helper process
 * calls it */
#include "account/dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/idn.h"
#include "base/mem.h"
#include "base/rand.h"
#include "kith/plugin.h"

#define SRV_FIXED 6 /* priority, weight, port */

static int parse_record(struct dns_targets *t, const ns_msg *m, const ns_rr *rr, bool direct)
{
    const unsigned char *d = ns_rr_rdata(*rr);
    if (ns_rr_rdlen(*rr) <= SRV_FIXED)
        return KITH_EPROTO;
    struct dns_target one = {.priority = ns_get16(d),
                             .weight = ns_get16(d + 2),
                             .port = ns_get16(d + 4),
                             .direct = direct};
    if (ns_name_uncompress(ns_msg_base(*m), ns_msg_end(*m), d + SRV_FIXED, one.host,
                           sizeof one.host) < 0)
        return KITH_EPROTO;
    if (one.host[0] == '\0' || strcmp(one.host, ".") == 0)
        t->refused = true;
    else if (t->n < DNS_TARGETS_MAX && one.port != 0)
        t->list[t->n++] = one;
    return 0;
}

int dns_parse_srv(struct dns_targets *t, const unsigned char *packet, size_t len, bool direct)
{
    ns_msg m;
    if (len > 65535 || ns_initparse(packet, (int)len, &m) < 0)
        return KITH_EPROTO;
    for (int i = 0; i < ns_msg_count(m, ns_s_an); i++) {
        ns_rr rr;
        if (ns_parserr(&m, ns_s_an, i, &rr) < 0)
            return KITH_EPROTO;
        if (ns_rr_type(rr) == ns_t_srv && ns_rr_class(rr) == ns_c_in &&
            parse_record(t, &m, &rr, direct) < 0)
            return KITH_EPROTO;
    }
    return 0;
}

static int by_priority(const void *a, const void *b)
{
    const struct dns_target *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    return (x->weight > y->weight) - (x->weight < y->weight);
}

void dns_order(struct dns_targets *t)
{
    qsort(t->list, t->n, sizeof t->list[0], by_priority);
    for (size_t i = 0; i < t->n; i++) {
        size_t end = i;
        uint32_t sum = 0;
        while (end < t->n && t->list[end].priority == t->list[i].priority)
            sum += t->list[end++].weight;
        uint32_t pick = rand_below(sum + 1), so_far = 0;
        size_t k = i;
        while (k + 1 < end && (so_far += t->list[k].weight) < pick)
            k++;
        struct dns_target chosen = t->list[k];
        memmove(&t->list[i + 1], &t->list[i], (k - i) * sizeof chosen);
        t->list[i] = chosen;
    }
}

uint16_t dns_service_port(const char *srv)
{
    static const struct {
        const char *name;
        uint16_t port;
    } usual[] = {{"_xmpp-client._tcp", 5222}, {"_xmpps-client._tcp", 5223}};
    for (size_t i = 0; srv && i < COUNT(usual); i++)
        if (strcmp(srv, usual[i].name) == 0)
            return usual[i].port;
    return 0;
}

uint16_t dns_port(const struct dns_address *a)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    memcpy(&six, &a->sa, sizeof six);
    memcpy(&four, &a->sa, sizeof four);
    return ntohs(a->sa.ss_family == AF_INET6 ? six.sin6_port : four.sin_port);
}

static void query_srv(struct dns_targets *t, const char *service, const char *domain, bool direct)
{
    unsigned char packet[8192];
    char name[512];
    struct __res_state rs;
    memset(&rs, 0, sizeof rs);
    int n = snprintf(name, sizeof name, "%s.%s", service, domain);
    if (n < 0 || (size_t)n >= sizeof name || res_ninit(&rs) != 0)
        return;
    rs.retrans = 3;
    rs.retry = 2;
    int len = res_nquery(&rs, name, ns_c_in, ns_t_srv, packet, (int)sizeof packet);
    struct dns_targets found = *t;
    /* A malformed answer counts as none: the host name itself is tried then. */
    if (len > 0 && dns_parse_srv(&found, packet, MIN((size_t)len, sizeof packet), direct) == 0)
        *t = found;
    res_nclose(&rs);
}

/* Adds a target's addresses, families in turns, beginning with the one the system puts first. */
static size_t add_addresses(struct dns_address *out, size_t n, size_t cap,
                            const struct dns_target *t, int *gai)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV},
                    *found = NULL;
    char port[8];
    (void)snprintf(port, sizeof port, "%u", (unsigned)t->port);
    int rc = getaddrinfo(t->host, port, &hints, &found);
    if (rc == EAI_ADDRFAMILY || rc == EAI_NONAME ||
        rc == EAI_NODATA) { /* loopback only: no configured family */
        hints.ai_flags = AI_NUMERICSERV;
        rc = getaddrinfo(t->host, port, &hints, &found);
    }
    if (rc != 0) {
        *gai = rc;
        return n;
    }
    const struct addrinfo *next[2] = {found, found};
    int first = found->ai_family, turn = 0;
    while ((next[0] || next[1]) && n < cap) {
        const struct addrinfo **at = &next[turn];
        while (*at && ((*at)->ai_family == first) != (turn == 0))
            *at = (*at)->ai_next;
        if (*at && (*at)->ai_addrlen <= sizeof out[n].sa) {
            memset(&out[n], 0, sizeof out[n]);
            memcpy(&out[n].sa, (*at)->ai_addr, (*at)->ai_addrlen);
            out[n].sa_len = (*at)->ai_addrlen;
            out[n].direct = t->direct;
            str_copy(out[n].host, sizeof out[n].host, t->host);
            n++;
        }
        if (*at)
            *at = (*at)->ai_next;
        turn = !turn;
    }
    freeaddrinfo(found);
    return n;
}

/* RFC 7686 §2: who asks for such a name tells the name servers whom they look for. */
static bool is_onion(const char *host)
{
    size_t n = strlen(host);
    n -= n > 0 && host[n - 1] == '.';
    return n >= 6 && strncasecmp(host + n - 6, ".onion", 6) == 0;
}

static int resolve(const struct dns_query *q, struct dns_address *out, size_t cap, struct err *e)
{
    struct dns_targets t = {0};
    if (is_onion(q->host))
        return err_set(e, KITH_ENOTFOUND,
                       "%s is reached through Tor only: set the account's option proxy, such as socks5://127.0.0.1:9050.",
                       q->host);
    if (q->srv_tls)
        query_srv(&t, q->srv_tls, q->host, true);
    bool no_tls = t.refused;
    t.refused = false;
    if (q->srv)
        query_srv(&t, q->srv, q->host, false);
    if (t.n == 0 && t.refused && (no_tls || !q->srv_tls))
        return err_set(e, KITH_ENOTFOUND, "%s says that it does not offer this service.", q->host);
    if (t.n == 0) {
        bool only_tls = !q->srv && q->srv_tls;
        struct dns_target self = {.port = q->port ? q->port : dns_service_port(only_tls ? q->srv_tls : q->srv),
                                  .direct = only_tls};
        str_copy(self.host, sizeof self.host, q->host);
        if (self.port == 0)
            return err_set(e, KITH_ENOTFOUND,
                           "%s has no record of this service, and no port is set.", q->host);
        t.list[t.n++] = self;
    }
    dns_order(&t);
    size_t n = 0;
    int gai = 0;
    for (size_t i = 0; i < t.n && n < cap; i++)
        n = add_addresses(out, n, cap, &t.list[i], &gai);
    if (n == 0)
        return err_set(e, gai == EAI_NONAME || gai == EAI_NODATA ? KITH_ENOTFOUND : KITH_ENET,
                       "No address of %s was found: %s.", t.list[0].host,
                       gai ? gai_strerror(gai) : "no answer");
    return (int)n;
}

int dns_resolve(const struct dns_query *q, struct dns_address *out, size_t cap, struct err *e)
{
    struct dns_query ascii = *q;
    char *host = str_empty(q->host) ? NULL : idn_ascii(q->host);
    int rc;
    if (!host || strlen(host) > 253) {
        rc = err_set(e, KITH_EINVAL, "\"%.300s\" cannot be the name of a server.",
                     q->host ? q->host : "");
    } else {
        ascii.host = host;
        rc = resolve(&ascii, out, cap, e);
    }
    free(host);
    return rc;
}
