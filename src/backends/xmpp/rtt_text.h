/* backends/xmpp/rtt_text.h - a text that changes while it is written: its edits, counted in code points (XEP-0301) */
#ifndef XMPP_RTT_TEXT_H
#define XMPP_RTT_TEXT_H

#include <strophe.h>

#include "base/base.h"

#define NS_RTT "urn:xmpp:rtt:0"

enum { RTT_BYTES = 4000 }; /* of a text that is followed, ours and theirs */

struct rtt_text { /* zero-initialised is empty */
    char *s;      /* NULL: empty */
    size_t len, n; /* bytes, code points */
};

void rtt_text_free(struct rtt_text *t); /* leaves it empty */
/* §4.6.3: positions behind the end mean the end, what is erased ends at the beginning. False: it would be longer than
 * RTT_BYTES; nothing was changed. */
bool rtt_insert(struct rtt_text *t, size_t at, const char *s);
void rtt_erase(struct rtt_text *t, size_t at, size_t n); /* the n code points before at */
/* Does what <t/> or <e/> says; false: it does not fit. Other elements do nothing. */
bool rtt_apply(struct rtt_text *t, xmpp_stanza_t *action);
/* Makes t what is in `text` (cut at RTT_BYTES) and appends to rtt the elements that do the same: at most one <e/> and one
 * <t/>. Returns how many. */
int rtt_follow(struct rtt_text *t, const char *text, xmpp_stanza_t *rtt);
void rtt_whole(const struct rtt_text *t, xmpp_stanza_t *rtt); /* appends all of it as one <t/> */

#endif
