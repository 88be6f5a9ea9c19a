/* backends/xmpp/ws_xml.h - an XMPP stream as libstrophe has it, and as it goes over a WebSocket (RFC 7395 §3.3): pure
 *
 * libstrophe writes and reads one long document. Over a WebSocket each element at its top level is a message of its own with
 * its namespaces declared, and <open/> and <close/> stand for the stream's own tags.
 */
#ifndef XMPP_WS_XML_H
#define XMPP_WS_XML_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

#define NS_FRAMING "urn:ietf:params:xml:ns:xmpp-framing"

struct ws_cut { /* out: zero-initialised is the beginning */
    struct buf b;          /* the element so far; holds logins */
    size_t first_tag;      /* length of its first tag; 0 = not whole yet */
    size_t tag;            /* where the tag begins that is being read */
    int depth;
    char quote;            /* inside an attribute's value */
    bool in_tag;
    bool opened;           /* a stream was begun, and its answer is due: ws_join looks at it */
};
/* Takes what libstrophe wrote. message() gets each message that is whole. */
void ws_cut(struct ws_cut *c, const char *data, size_t len, void (*message)(void *user, const char *xml, size_t len), void *user);
void ws_cut_free(struct ws_cut *c);

struct ws_join { /* in: zero-initialised is the beginning */
    struct buf head;       /* of a message, until it is known what it is */
    bool through;          /* the rest goes as it is */
};
enum { WS_OPEN_MAX = 4096 };
/* Takes a piece of a message and appends what libstrophe is to read. *awaited: an <open/> is due; reset by it. 0, or
 * KITH_EPROTO and a sentence. */
int ws_join(struct ws_join *j, const char *data, size_t len, bool last, bool *awaited, struct buf *out, struct err *e);
void ws_join_free(struct ws_join *j);

#endif
