/* backends/xmpp/hostmeta.h - what a domain says on the web about other ways to its server (XEP-0156, RFC 6415) */
#ifndef XMPP_HOSTMETA_H
#define XMPP_HOSTMETA_H

#include "backends/xmpp/session.h"

enum { HOSTMETA_LINKS = 4, HOSTMETA_BYTES = 64 << 10 };

struct hostmeta_links { /* "wss://..." only, none twice; zero-initialised is empty */
    char *url[HOSTMETA_LINKS];
    size_t n;
};
void hostmeta_links_free(struct hostmeta_links *l);
/* The links for WebSocket in a document, added to *l. What is no such document, or no wss: address, adds nothing. */
void hostmeta_json(struct hostmeta_links *l, const char *text, size_t len);
void hostmeta_xml(struct hostmeta_links *l, const char *text, size_t len);

/* Asks https://DOMAIN/.well-known/host-meta.json, then host-meta. Only what a certificate vouches for that needs no
 * question counts: a web server that is somebody else's must not ask the user anything. */
struct hostmeta;
/* l->n == 0: nothing was found; e says why. Not called after hostmeta_cancel(). Both are lent for the call, with which the
 * struct hostmeta ends. */
typedef void hostmeta_fn(void *user, const struct hostmeta_links *l, const struct err *e);
/* NULL and *e when it cannot be: fn is not called then. */
struct hostmeta *hostmeta_ask(struct x *x, const char *domain, hostmeta_fn *fn, void *user, struct err *e);
void hostmeta_cancel(struct hostmeta *h); /* NULL is fine */

#endif
