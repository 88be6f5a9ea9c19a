/* backends/xmpp/http.h - one request to a web server over a stream of the host: proxy, TLS and trust are the account's
 *
 * Bytes are streamed both ways in small pieces; a file of any size takes the same memory. The host's streams, and so DNS,
 * never block.
 */
#ifndef XMPP_HTTP_H
#define XMPP_HTTP_H

#include <sys/types.h>

#include "backends/xmpp/session.h"
#include "base/http.h"

struct http_job;
struct http_request {
    const char *method;    /* GET or PUT */
    const char *url;
    bool allow_clear;      /* http: may be used; else only https: is */
    bool strict;           /* a certificate with a problem is the end, not a question */
    const char *fields;    /* further fields, each "Name: value\r\n", or NULL */
    int64_t bytes;         /* PUT: of the body */
    /* PUT: the next bytes of the body. 0: there are no more; negative: -errno. */
    ssize_t (*read)(void *user, void *out, size_t cap);
    void (*written)(void *user, int64_t done); /* PUT: so much has left; may be NULL */
    /* The head of the answer is there (after redirects). Negative, with *e: that is enough. May be NULL. */
    int (*head)(void *user, const struct http_answer *a, struct err *e);
    /* The body of an answer 200, piece by piece. Negative, with *e: that is enough. May be NULL. */
    int (*body)(void *user, const void *data, size_t len, struct err *e);
    /* Called once, last. err->code 0: the answer is whole, whatever its status is. Else an enum kith_err and a sentence. */
    void (*done)(void *user, const struct http_answer *a, const struct err *e);
};
enum { HTTP_REDIRECTS = 3, HTTP_SILENCE_MS = 60000 /* without a byte either way: given up */ };

/* Starts it; strings are copied. NULL and *e when it cannot be: nothing is called then. done() comes later. */
struct http_job *http_start(struct x *x, const struct http_request *r, void *user, struct err *e);
void http_cancel(struct http_job *j); /* nothing is called any more; NULL is fine */

#endif
