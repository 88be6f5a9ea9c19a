/* base/http.h - addresses on the web, and the answer of a web server read piece by piece (RFC 9110, 9112)
 *
 * Pure: bytes go in, no socket is known here. One answer a connection: nothing that follows it is read.
 */
#ifndef BASE_HTTP_H
#define BASE_HTTP_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

struct http_url {
    bool tls;         /* https */
    char *host;       /* ASCII, lower case; an IPv6 address without brackets */
    uint16_t port;    /* never 0 */
    char *target;     /* path and query, percent-encoded where it has to be; begins with / */
};
/* RFC 3986. http and https only; no user and password in it, no control characters and blanks, at most 4096 bytes; a
 * fragment is dropped. 0, or -EINVAL and a sentence. */
int http_url_parse(struct http_url *u, const char *text, struct err *e);
void http_url_free(struct http_url *u);
/* The address as text, owned. */
char *http_url_text(const struct http_url *u);
/* Where a reference (RFC 3986 §5) leads, as in the field Location of an answer from `base`: 0 or negative as above. */
int http_url_resolve(struct http_url *out, const struct http_url *base, const char *ref, struct err *e);
/* What the last part of the path calls the file, percent-decoded: owned, clean UTF-8 without '/' ; NULL: nothing. */
char *http_url_name(const struct http_url *u);
/* For the field Host: "host", or "host:port" where the port is not the usual one. Appends. */
void http_url_host(const struct http_url *u, struct buf *out);

enum { HTTP_HEAD_MAX = 32 << 10, HTTP_LINE_MAX = 8 << 10 }; /* of an answer: all before its body; one line */

struct http_answer {
    /* read these once the head is there */
    int status;            /* 200 ... 599 */
    char *location;        /* or NULL; as it came, without control characters */
    char *type;            /* Content-Type without parameters, or NULL */
    int64_t length;        /* of the body; -1: it says so itself (chunked), or ends with the connection */
    int64_t retry_after;   /* seconds, or -1 */
    int64_t taken;         /* bytes of the body so far */
    /* private */
    struct buf line;
    size_t head_bytes;
    int64_t left;          /* of the body or of the chunk */
    unsigned state;
    bool chunked, no_body, has_length;
};
/* The body's bytes as they come. Negative: enough; http_feed() returns it. */
typedef int http_body_fn(void *user, const void *data, size_t len);

/* head: the request was HEAD, so no body follows. */
void http_answer_init(struct http_answer *a, bool head);
void http_answer_free(struct http_answer *a);
/* Takes bytes; all of them, unless the answer ended before or the head has just ended (so that the caller can look at it
 * before the body comes: call again with the rest). Bytes taken, or -EPROTO (with a sentence) or what body said. */
int64_t http_feed(struct http_answer *a, const void *data, size_t len, http_body_fn *body, void *user, struct err *e);
bool http_has_head(const struct http_answer *a);
bool http_is_done(const struct http_answer *a);
/* The connection has ended: 0 when that ends the answer, too, else -ECONNRESET and a sentence. */
int http_end(struct http_answer *a, struct err *e);
/* The body has neither a length nor chunks: that it is whole cannot be told. */
bool http_is_open_ended(const struct http_answer *a);

/* "it is not there (HTTP 404)": a status as people understand it. Appends. */
void http_status_words(int status, struct buf *out);

#endif
