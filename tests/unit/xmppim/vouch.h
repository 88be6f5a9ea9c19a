/* unit/xmppim/vouch.h - two devices of a friend, two more of ours and one of somebody else: what they say of each other's keys */
#ifndef UNIT_XMPPIM_VOUCH_H
#define UNIT_XMPPIM_VOUCH_H

#include "played.h"

#include "backends/xmpp/omemo_atm.h"

#define NURSE "nurse@capulet.lit"
#define BEGIN "<trust-message xmlns='urn:xmpp:tm:1' usage='urn:xmpp:atm:1' encryption='urn:xmpp:omemo:2'>"
#define END "</trust-message>"

enum { H1, H2, A2, A3, N1, DEVICES }; /* two of hers, two more of ours, one of the nurse */
struct world {
    struct both both; /* both.her: not used for anything but what is published */
    struct party d[DEVICES];
};

struct omemo *ours(struct world *t);
const char *jid_of(size_t k);
uint32_t id_of(struct world *t, size_t k);
void meet_all(struct world *t);
int open_world(void **state);
int close_world(void **state);
void set(struct world *t, size_t k, enum omemo_trust trust);
struct omemo_known known(struct world *t, size_t k);
enum omemo_trust trust_of(struct world *t, size_t k);
/* Ours, asked over the operation as a user does. */
void user_says(struct world *t, size_t k, enum omemo_trust trust);
char *key_text(struct world *t, size_t k, bool published);
/* <key-owner/> with one statement; owned. */
char *owner(struct world *t, const char *jid, size_t k, const char *what);
char *sealed(struct world *t, size_t k, enum omemo_version v, const char *text);
char *envelope(struct world *t, size_t k, int64_t ms, const char *content);
void feed(struct world *t, size_t k, enum omemo_version v, const char *text);
/* By device k, at so many ms from now. owners: consumed */
void says_at(struct world *t, size_t k, int64_t later, char *owners);
void says(struct world *t, size_t k, char *owners);
size_t waiting(struct world *t);

#endif
