/* account/dial.h - happy eyeballs: connects to the first of several addresses that answers (RFC
 * 8305) */
#ifndef ACCOUNT_DIAL_H
#define ACCOUNT_DIAL_H

#include "account/dns.h"
#include "base/err.h"
#include "base/loop.h"

#define DIAL_STAGGER_MS 250

struct dial;
/* Called once: fd >= 0 is connected and the callee's, which = index into the list; or fd < 0 and
 * *e. */
typedef void dial_fn(void *user, int fd, size_t which, const struct err *e);
/* list is copied. The result is valid until fn is called. */
struct dial *dial_start(struct loop *loop, const struct dns_address *list, size_t n, dial_fn *fn,
                        void *user);
void dial_cancel(struct dial *d); /* NULL is fine */
/* "192.0.2.1:5222", "[2001:db8::1]:5222" */
void dial_name(const struct dns_address *a, char *out, size_t cap);

#endif
