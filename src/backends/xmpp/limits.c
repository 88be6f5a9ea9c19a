/* backends/xmpp/limits.c - how large a stanza the server takes (XEP-0478): what is larger is not sent */
#include <stdlib.h>

#include "backends/xmpp/limits.h"
#include "backends/xmpp/x.h"
#include "base/mem.h"

#define NS_LIMITS "urn:xmpp:stream-limits:0"
enum { LEAST = 10000 }; /* RFC 6120 §13.12: no server may take less */

/* They may change with each set of features; who says nothing has none that we know. */
void limits_features(struct x *x, xmpp_stanza_t *features)
{
    char *text = st_child_text(st_child(features, "limits", NS_LIMITS), "max-bytes", NULL);
    int64_t n = 0;
    x->max_bytes = text && str_int(text, 1, INT32_MAX, &n) ? (size_t)(n < LEAST ? LEAST : n) : 0;
    free(text);
}

bool x_fits(struct x *x, xmpp_stanza_t *st)
{
    char *xml;
    size_t len;
    if (!x->max_bytes || xmpp_stanza_to_text(st, &xml, &len) != XMPP_EOK)
        return true;
    xmpp_free(x->ctx, xml);
    return len <= x->max_bytes;
}
