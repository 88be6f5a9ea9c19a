/* account/targets.h - which of a service's targets fail when they are spoken to: the next one is tried instead */
#ifndef ACCOUNT_TARGETS_H
#define ACCOUNT_TARGETS_H

#include "account/account.h"
#include "account/dns.h"

/* One that answers, but with whom no login comes about (no TLS, another protocol, silence, hanging up), must not stand
 * before those behind it for ever (RFC 2782, RFC 6120 §3.2.1). Certificates are no matter of this: refused is refused. */
struct targets;
struct targets *targets_new(void);
void targets_free(struct targets *t); /* NULL is fine */
/* Puts those that failed in this round behind the others, in the order they have. */
void targets_order(const struct targets *t, struct dns_address *list, size_t n);
/* A stream has reached list[which]. */
void targets_reached(struct targets *t, const struct dns_address *list, size_t n, size_t which);
/* A STATE of the plugin on its way to the engine. An attempt that failed at its target while others wait is followed by
 * the next at once; when all have failed, the round is over and the plugin's own word counts. */
void targets_state(struct targets *t, struct kith_ev_state *ev);

#endif
