/* backends/xmpp/omemo_xml.h - the elements of both versions of OMEMO, read strictly and written as peers understand them
 *
 * XEP-0384 0.3.0 ("eu.siacs.conversations.axolotl": OMEMO_OLD) and 0.9 ("urn:xmpp:omemo:2": OMEMO_2), XEP-0420. */
#ifndef XMPP_OMEMO_XML_H
#define XMPP_OMEMO_XML_H

#include <strophe.h>

#include "backends/omemo/device.h"
#include "backends/omemo/payload.h"

const char *omemo_ns(enum omemo_version v);
/* The node with somebody's list of devices; the item in it is "current". */
const char *omemo_list_node(enum omemo_version v);
/* The node and the item with a device's bundle; node has room for OMEMO_NODE, item for 16 bytes. */
enum { OMEMO_NODE = 64 };
void omemo_bundle_node(enum omemo_version v, uint32_t device, char node[OMEMO_NODE], char item[16]);

/* ---- lists (§5.3.1; 0.3.0 §4.2) ---- */
struct omemo_devices {
    struct omemo_listed v[OMEMO_DEVICES_MOST]; /* labels are borrowed from the stanza */
    size_t n;
};
/* Of an item (NULL: an empty list). Numbers that cannot be, and those that stand there twice, are left out. A label is taken
 * for what its owner says, which nobody has signed. False: it is no list. */
bool omemo_read_list(xmpp_stanza_t *item, enum omemo_version v, struct omemo_devices *out);
void omemo_write_list(xmpp_stanza_t *item, enum omemo_version v, const struct omemo_devices *l);

/* ---- bundles (§5.3.2; 0.3.0 §4.3) ---- */
/* False: it is none, or a part of it is missing or has the wrong length; *out is empty then. omemo_bundle_clear() frees it. */
bool omemo_read_bundle(xmpp_stanza_t *item, enum omemo_version v, struct omemo_bundle *out);
void omemo_write_bundle(xmpp_stanza_t *item, enum omemo_version v, const struct omemo_bundle *b);

/* ---- messages (§5.5, 0.3.0 §4.4) ---- */
struct omemo_sealed {
    enum omemo_version version;
    uint32_t from;      /* number of the device that sent it */
    bool for_us;        /* key is what it has for us */
    bool exchange;
    bool has_payload;   /* else it is there for the keys alone */
    struct buf key;
    struct omemo_payload payload; /* its secret is what key will say */
};
void omemo_sealed_clear(struct omemo_sealed *s);
/* Of a message stanza, for the device of the bare address `own`. The new version is preferred where both are there and both
 * are for us. False: nothing of OMEMO, or nothing that could be it. */
bool omemo_read_sealed(xmpp_stanza_t *message, const char *own, uint32_t device, struct omemo_sealed *out);

struct omemo_recipient {
    const char *jid;   /* bare */
    uint32_t device;
    bool exchange;
    struct buf key;
};
/* Adds <encrypted/> to a message; r is sorted by address. p without data: a message without text (§5.5.4), which in the old
 * version has an iv all the same, for there are programs that want one. */
void omemo_write_sealed(xmpp_stanza_t *message, enum omemo_version v, uint32_t from, const struct omemo_recipient *r, size_t n,
                        const struct omemo_payload *p);

#endif
