/* backends/xmpp/sums.h - checksums of bytes that pass by, under the names of XEP-0300
 *
 * Several at a time: the other side may name one function before the file and use it only after it.
 */
#ifndef XMPP_SUMS_H
#define XMPP_SUMS_H

#include "backends/xmpp/feature.h"

#define NS_HASHES "urn:xmpp:hashes:2"
#define NS_HASH_SHA256 "urn:xmpp:hash-function-text-names:sha-256"
#define NS_HASH_SHA1 "urn:xmpp:hash-function-text-names:sha-1"
#define NS_HASH_SHA512 "urn:xmpp:hash-function-text-names:sha-512"

struct sums;
struct sums *sums_new(void);
void sums_free(struct sums *s);
/* From now on this function is computed, too; before the first byte only. False: it is not known here. */
bool sums_want(struct sums *s, const char *algo);
void sums_add(struct sums *s, const void *data, size_t len);
/* Base64 of it over all bytes so far, owned; NULL when it was not wanted. */
char *sums_base64(const struct sums *s, const char *algo);
/* Of the bytes of a file from where it stands, which it stands at again afterwards: owned; NULL: it cannot be read. */
char *sums_of_file(int fd, const char *algo);

/* Of the <hash/> child of this function: owned, NULL: there is none. */
char *sums_value(xmpp_stanza_t *st, const char *algo);
/* The strongest <hash/> child whose function is known here: its name, and its value (owned). NULL: there is none. */
const char *sums_read(xmpp_stanza_t *st, char **value);
/* The name of the strongest known function that a <hash-used/> child names, or a <hash/> without a value; NULL: none. */
const char *sums_promised(xmpp_stanza_t *st);
void sums_write(xmpp_stanza_t *st, const char *algo, const char *base64); /* adds <hash/> */

#endif
