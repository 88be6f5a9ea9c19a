/* backends/local/dedupe.h - which messages of one sender are already here, over restarts
 *
 * A sender has at most LOCAL_WINDOW messages on the wire that we have not confirmed, so whatever it
 * may send twice is among the last LOCAL_WINDOW that we confirmed: a ring of SEEN_MAX hashes is
 * enough.
 */
#ifndef LOCAL_DEDUPE_H
#define LOCAL_DEDUPE_H

#include "base/base.h"
#include "base/buf.h"

enum { LOCAL_WINDOW = 64, SEEN_MAX = 256, SEEN_HASH = 16 };

struct seen { /* zero-initialised is empty */
    unsigned char hash[SEEN_MAX][SEEN_HASH];
    unsigned n, at; /* how many; where the next one goes */
};

/* room may be NULL (a direct message). */
bool seen_has(const struct seen *s, const char *room, const char *id);
void seen_add(struct seen *s, const char *room,
              const char *id); /* the oldest goes when it is full */
/* As kept in the host's state store. Loading foreign or short bytes gives an empty ring. */
void seen_save(const struct seen *s, struct buf *out);
void seen_load(struct seen *s, const void *data, size_t len);

#endif
