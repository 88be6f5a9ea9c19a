/* store/sift.h - which messages come into question for a search, the newest first, without reading them */
#ifndef STORE_SIFT_H
#define STORE_SIFT_H

#include <sqlite3.h>

#include "base/err.h"
#include "store/find.h"

struct place {
    int64_t time, id;
};
/* Could this one have said it, there? */
typedef bool sift_voice_fn(void *user, int64_t chat, bool own, const char *sender, const char *name);

struct sift; /* opaque; reads db, which must see one state of the file throughout */
/* Only messages after the row `after`. NULL and a sentence when the file cannot be read. f is kept. */
struct sift *sift_new(sqlite3 *db, const struct find *f, int64_t after, sift_voice_fn *fits, void *user, struct err *e);
void sift_free(struct sift *g);
/* From now on only these, and what comes after the row `upto`: what the index of words, which goes so far, says. The list is
 * ascending, and kept. */
void sift_only(struct sift *g, const int64_t *ids, size_t n, int64_t upto);
/* About `want` places more, none twice, which stay valid until the next call; 0: there are no more; -1 and a sentence. What
 * they name may not fit after all, or not be there any more. */
int sift_next(struct sift *g, size_t want, const struct place **out, struct err *e);

#endif
