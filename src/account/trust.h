/* account/trust.h - which certificates are believed: pins, and the questions about new ones (RFC
 * 6125, RFC 7469's idea) */
#ifndef ACCOUNT_TRUST_H
#define ACCOUNT_TRUST_H

#include "account/account.h"

struct trust;

struct trust *trust_new(struct kith_account *a);
void trust_free(struct trust *t);
/* What to do with this certificate (enum kith_trust). Asks the user where the options say so:
 *   tls_fingerprint  nothing but this one, ever
 *   tls_verify       ask (default): a problem is a question; strict: a problem is the end;
 *                    pin: like ask, and a faultless first certificate is kept, so that any other is
 * a question An accepted certificate replaces the checks of issuer, name and dates; another one
 * than the accepted is always a question, even when a CA vouches for it. */
enum kith_trust trust_check(struct trust *t, const struct kith_cert *c);
/* The same, but what would be a question or a notice is a plain no. */
enum kith_trust trust_known(struct trust *t, const struct kith_cert *c);
/* An answer to one of our questions. False: not ours. */
bool trust_answer(struct trust *t, uint64_t ask, const char *choice);
/* A STATE OFFLINE of the plugin on its way to the engine: an open question slows retries, an answer
 * speeds them. */
void trust_offline(struct trust *t, struct kith_ev_state *ev);
bool trust_asking(const struct trust *t); /* a question is open */
/* The user wants to connect: refusals of this run are forgotten. */
void trust_connecting(struct trust *t);

#endif
