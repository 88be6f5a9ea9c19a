/* account/socks.h - what a client says to a SOCKS5 proxy (RFC 1928, RFC 1929); pure, does no I/O */
#ifndef ACCOUNT_SOCKS_H
#define ACCOUNT_SOCKS_H

#include "base/buf.h"
#include "base/err.h"

struct proxy { /* of an URL socks5://[user:password@]host:port */
    char host[256];
    uint16_t port;
    char user[256], password[256];
};
/* 0, or negative and a sentence. Accepts socks5:// and socks5h://, percent-encoding in user and
 * password. */
int proxy_parse(struct proxy *p, const char *url, struct err *e);

enum socks_state { SOCKS_GREETING = 0, SOCKS_PASSWORD, SOCKS_CONNECT, SOCKS_DONE };
struct socks {
    const struct proxy *proxy; /* borrowed */
    const char *host;          /* looked up by the proxy; borrowed */
    uint16_t port;
    enum socks_state state;
};
/* Appends the first bytes to send. KITH_EINVAL when the host name is too long. */
int socks_start(struct socks *s, struct buf *out, struct err *e);
/* Takes what the proxy sent from the front of in, appends what to send. 1 = connected (the rest of
 * in is the server's), 0 = go on, negative and a sentence = refused. */
int socks_step(struct socks *s, struct buf *in, struct buf *out, struct err *e);

#endif
