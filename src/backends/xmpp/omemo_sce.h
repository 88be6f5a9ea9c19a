/* backends/xmpp/omemo_sce.h - what is inside of a message of OMEMO_2: elements in an envelope (XEP-0420, XEP-0384 §5.5.1) */
#ifndef XMPP_OMEMO_SCE_H
#define XMPP_OMEMO_SCE_H

#include <strophe.h>

#include "base/base.h"
#include "base/buf.h"

struct sce_ends {
    const char *from;   /* bare address of who sends; reading: as the stanza says */
    const char *to;     /* whom it is to, or the room. Writing: NULL leaves it out, as it may be between two people */
    int64_t time_ms;    /* writing: now. Reading: when the stanza was sent, as the server says; 0 = not known */
    bool room;          /* reading: `to` is a room, which must be named; else only nobody else may be */
};

/* The message without what must not be seen (owned by the caller); that goes into an envelope, whose text is appended to *out
 * (secret). What servers need stays outside: hints, their ids, addresses (XEP-0420 §5). NULL: there was nothing to hide. */
xmpp_stanza_t *sce_seal(xmpp_stanza_t *message, const struct sce_ends *e, struct buf *out);

enum sce_result {
    SCE_FINE = 0,
    SCE_MALFORMED = -1, /* it is no envelope, or larger and deeper than any that a person writes */
    SCE_OTHER_ENDS = -2, /* it was meant for another room or person, or sent by somebody else: copied from there */
    SCE_OTHER_TIME = -3  /* it was written long before or after it was sent: kept back, or sent a second time */
};
/* The message with the elements of the envelope (owned by the caller), and without what stood outside and may only stand in an
 * envelope: every server on the way could see and change it. NULL with *why: it cannot be taken. */
xmpp_stanza_t *sce_open(xmpp_stanza_t *message, const char *text, size_t len, const struct sce_ends *e, enum sce_result *why);
/* When the envelope says that it was written: what could be opened. 0: it does not say, or it names somebody else than to,
 * whom the message is to. */
int64_t sce_time(xmpp_stanza_t *message, const char *text, size_t len, const char *to);

/* An element that stands outside by right, or may: what servers need to see. */
bool sce_is_outside(xmpp_stanza_t *c);

#endif
