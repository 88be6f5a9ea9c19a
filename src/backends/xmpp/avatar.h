/* backends/xmpp/avatar.h - what the two files about pictures of people share: ids, cards, what is ours */
#ifndef XMPP_AVATAR_H
#define XMPP_AVATAR_H

#include "backends/xmpp/feature.h"

#define NS_AVATAR_DATA "urn:xmpp:avatar:data"
#define NS_AVATAR_META "urn:xmpp:avatar:metadata"
#define NS_CARD_UPDATE "vcard-temp:x:update"
#define NS_CONVERSION "urn:xmpp:pep-vcard-conversion:0"

enum { AVATAR_ID = 40 };                                  /* hex digits */
enum { AVATARS_MAX = 20000, AVATARS_RUNNING = 8 };        /* known; questions at one time */
enum { AVATAR_TEXT = KITH_MAX_AVATAR / 3 * 4 + 16384 };   /* base64, with line ends */

/* SHA-1 as 40 small hex digits. */
void avatar_id_of(const void *data, size_t len, char id[AVATAR_ID + 1]);
void avatar_id_write(const unsigned char sha[20], char id[AVATAR_ID + 1]);
/* base64 of a picture into out; NULL or a sentence why it is none that is taken. id: what its SHA-1 must be, NULL: any. */
const char *avatar_decode(const char *base64, const char *id, struct buf *out);
/* The picture of a card (XEP-0054 PHOTO) into out, as avatar_decode(). */
const char *avatar_of_card(xmpp_stanza_t *card, const char *id, struct buf *out);

/* ---- avatar_own.c ---- */
void avatar_own_changed(struct x *x, const char *id); /* our node says so; NULL: none */

#endif
