/* tests/xmpp_server/describe.h - events of a backend as the driver prints them */
#ifndef TEST_XMPP_DESCRIBE_H
#define TEST_XMPP_DESCRIBE_H

#include "base/buf.h"
#include "kith/plugin.h"

/* A short word, "other" for an event that no test looks at. */
const char *event_name(const struct kith_event *ev);
/* Adds what the event says to an open JSON object. */
void event_describe(struct buf *b, const struct kith_event *ev);

#endif
