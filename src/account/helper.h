/* account/helper.h - a small process beside the account: looks up names and runs password commands
 *
 * Name services and programs block and need the whole system; the account process does neither. The
 * helper is forked before the account learns any secret or confines itself, and goes when the
 * account goes.
 */
#ifndef ACCOUNT_HELPER_H
#define ACCOUNT_HELPER_H

#include "account/dns.h"
#include "base/err.h"
#include "base/loop.h"

#define HELPER_COMMAND_MS 60000 /* longest time a password command may take */
#define HELPER_SECRET_MAX 4095  /* bytes of its first line that count */

struct helper;
typedef void helper_addresses_fn(void *user, const struct dns_address *list, size_t n,
                                 const struct err *e);
typedef void helper_secret_fn(void *user, const char *value,
                              const struct err *e); /* value: wiped afterwards */

/* Forks. The descriptor keep_closed (the engine's) is closed in the child; -1: none. Returns the
 * end of a socket, or negative. Before the loop exists. */
int helper_fork(int keep_closed);
struct helper *helper_new(struct loop *loop, int fd); /* takes over fd */
void helper_free(struct helper *h);                   /* no callback runs any more; NULL is fine */
/* fn(user) is called when the helper is gone, after all who waited were told. */
void helper_on_gone(struct helper *h, loop_fn *fn, void *user);
/* Asks; fn is called once unless cancelled. Number > 0. e->code 0 = success. */
uint32_t helper_resolve(struct helper *h, const struct dns_query *q, helper_addresses_fn *fn,
                        void *user);
uint32_t helper_command(struct helper *h, const char *command, helper_secret_fn *fn, void *user);
void helper_cancel(struct helper *h, uint32_t number);

/* helper_child.c - the other end: serves until the socket ends, then exits. */
void helper_child(int fd) NORETURN;

enum helper_kind {
    HELPER_RESOLVE = 1,
    HELPER_COMMAND = 2,
    HELPER_ADDRESSES = 3,
    HELPER_SECRET = 4
};
struct helper_request { /* followed by the strings, each with its NUL: host, srv, srv_tls; or the
                           command */
    uint32_t number;
    uint16_t port;
    uint8_t has_srv, has_srv_tls;
};
struct helper_reply { /* followed by n struct dns_address, or the value */
    uint32_t number;
    int32_t err;
    uint32_t n;
    char text[512];
};

#endif
