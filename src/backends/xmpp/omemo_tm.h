/* backends/xmpp/omemo_tm.h - the element in which a device says whose keys it trusts: read strictly, and written (XEP-0434) */
#ifndef XMPP_OMEMO_TM_H
#define XMPP_OMEMO_TM_H

#include <strophe.h>

#include "backends/omemo/device.h"

#define NS_TM "urn:xmpp:tm:1"
#define NS_ATM "urn:xmpp:atm:1"

enum {
    TM_READ = 500, /* keys of one element; one with more is none */
    TM_WRITE = 100
};
struct tm_key {
    char *owner;                   /* bare address, normalized; owned */
    unsigned char id[OMEMO_KEY];   /* as it stands there: either form of the key (tm_is()) */
    bool trust;                    /* else: distrust */
};
struct tm {
    struct tm_key *v; /* each key of an owner once: what is distrusted anywhere is distrusted */
    size_t n, cap;
};
/* §3: exactly one element, used by XEP-0450, about keys of either version of OMEMO; each key-owner a bare address, with a key at
 * least; each identifier 32 bytes in base64. False: there is none, or it is anything else; *out is empty then. */
bool tm_read(xmpp_stanza_t *message, struct tm *out);
bool tm_is_there(xmpp_stanza_t *message); /* one of these, well-formed or not */
/* Adds one to a message; v ordered by owner, at most TM_WRITE. version: of the devices that they are the keys of. */
void tm_write(xmpp_stanza_t *message, enum omemo_version version, const struct tm_key *v, size_t n);
/* For the identifier of a key of this version, as tm_write() wants it: of OMEMO_2 the form in which it is published (Ed25519), of
 * OMEMO_OLD that of the fingerprint. False: it is no key. */
bool tm_id(struct omemo *o, enum omemo_version version, const unsigned char key[OMEMO_KEY], unsigned char id[OMEMO_KEY]);
/* Is it this key? XEP-0384 names a key by its fingerprint, others by its published form (tm_id() of OMEMO_2): both are understood. */
bool tm_is(const unsigned char id[OMEMO_KEY], const unsigned char key[OMEMO_KEY], const unsigned char published[OMEMO_KEY]);
void tm_clear(struct tm *t);

#endif
