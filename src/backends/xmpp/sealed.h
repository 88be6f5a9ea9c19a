/* backends/xmpp/sealed.h - files that are encrypted before they leave, and decrypted when they came: keys, links, bytes
 *
 * One key for each file. What lies on a server is the ciphertext and, behind it, the tag of GCM (XEP-0454 §3); how the key gets
 * to the other side is the business of an encrypted message: in the fragment of an aesgcm: link (XEP-0454), or as an element
 * (XEP-0448). Bytes are streamed: a file of any size takes the same memory. */
#ifndef XMPP_SEALED_H
#define XMPP_SEALED_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum seal_cipher { SEAL_NONE, SEAL_GCM_128, SEAL_GCM_256, SEAL_CBC_256 };
enum {
    SEAL_KEY = 32, SEAL_IV = 16, /* bytes at most */
    SEAL_TAG = 16,
    SEAL_WRITTEN_IV = 12         /* what we write; programs of old wrote 16 */
};
#define SEAL_MOST ((INT64_C(1) << 36) - 32) /* bytes that one key of GCM can hide */

struct seal_key {
    enum seal_cipher cipher; /* SEAL_NONE: the file is not encrypted */
    unsigned char key[SEAL_KEY], iv[SEAL_IV];
    size_t iv_len;
};
bool seal_key_new(struct seal_key *k); /* at random, AES-256-GCM; false: there is no randomness */
void seal_key_wipe(struct seal_key *k);
/* "gcm256.IV.KEY" in hex, as the id of an attachment holds it. Reading: all of text, strict; *k is wiped when it is none. */
void seal_key_add(const struct seal_key *k, struct buf *out);
bool seal_key_read(struct seal_key *k, const char *text);

/* ---- XEP-0448: the cipher's name, and key and iv in base64 ---- */
const char *seal_cipher_name(enum seal_cipher c);
char *seal_base64(const unsigned char *data, size_t len); /* owned; to be wiped */
bool seal_key_of(struct seal_key *k, const char *cipher, const char *key, const char *iv);

/* ---- XEP-0454 ---- */
/* "aesgcm://host/path#IVKEY": owned, to be wiped. NULL: the address is not https:, or the key is none of AES-256-GCM. */
char *seal_link(const char *url, const struct seal_key *k);
/* The first len bytes of text, which must be nothing else. *url is owned, an address https: without a fragment. */
bool seal_link_read(const char *text, size_t len, char **url, struct seal_key *k);

/* ---- bytes ---- */
int64_t seal_bytes(int64_t plain); /* of what lies on the server, as we write it */
/* Can a file of so many bytes (-1: not known) be so long on the server? */
bool seal_fits(enum seal_cipher c, int64_t plain, int64_t there);

typedef int seal_out_fn(void *user, const void *data, size_t len, struct err *e);
struct sealer;
struct sealer *sealer_new(const struct seal_key *k, bool encrypts); /* NULL: it cannot be done */
void sealer_free(struct sealer *s);                                 /* NULL is fine; wipes what it has */
/* Encrypts in place. False: it cannot. */
bool sealer_seal(struct sealer *s, unsigned char *data, size_t len);
bool sealer_tag(struct sealer *s, unsigned char tag[SEAL_TAG]); /* once, after the last byte */
/* Decrypts what came; pieces go to out. Nothing of it is proven yet. 0, or negative with *e: of out, or it cannot. */
int sealer_open(struct sealer *s, const void *data, size_t len, seal_out_fn *out, void *user, struct err *e);
/* After the last byte. tagged: the tag is behind the ciphertext. 0: it is what was encrypted with this key (CBC and what has
 * no tag prove nothing: a checksum must). Negative with *e: it is not. */
int sealer_end(struct sealer *s, bool tagged, seal_out_fn *out, void *user, struct err *e);

#endif
