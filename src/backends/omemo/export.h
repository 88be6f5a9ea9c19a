/* backends/omemo/export.h - our identity and what was decided about others, in a file that only a passphrase opens
 *
 * "KITHKEYS", a version, how the key is made of the passphrase (scrypt, RFC 7914: log2 N, r, p, a salt), a nonce, and the rows,
 * encrypted with AES-256-GCM, which covers all before them. No sessions and no pre keys: others have gone on with those. */
#ifndef BACKENDS_OMEMO_EXPORT_H
#define BACKENDS_OMEMO_EXPORT_H

#include "backends/omemo/omemo.h"

enum { EXPORT_MOST = 32 << 20 /* bytes of such a file */ };

/* Appends the file of owner (a bare address). 0, or negative and a sentence. */
int export_write(const struct omemo_io *io, const char *owner, const char *passphrase, struct buf *out, struct err *e);
/* Replaces what is in the store by it, all or nothing; what was decided for encryption here stays decided. The store is read
 * anew afterwards (omemo_new), and its keys made with omemo_restored(). 0, or negative and a sentence: then nothing changed. */
int export_read(const struct omemo_io *io, const char *owner, const char *passphrase, const void *data, size_t len, struct err *e);

#endif
