/* store/find.h - searching the history: what the user typed, and the messages that fit it
 *
 * Words must all occur, also inside of other words (one or two letters only where a word begins);
 * case and accents do not count. "several words" in quotation marks occur as they stand.
 * Filters: from:bob (from:me), in:lobby, since:2026-01-31, before:2026-02 (also 7d, 3w, 2m, 1y
 * ago, today, yesterday), has:link, has:file, has:picture.
 */
#ifndef STORE_FIND_H
#define STORE_FIND_H

#include <sqlite3.h>

#include "base/err.h"
#include "model/model.h"
#include "store/grams.h"

enum { FIND_LINK = 1, FIND_FILE = 2, FIND_PICTURE = 4 };
enum { FIND_TERMS = 16, FIND_MAX = 1000, FIND_SPOTS = 16 };
struct find {
    struct folded terms[FIND_TERMS];
    size_t n_terms;
    struct folded from, in;
    bool from_me;
    int64_t since, before; /* wall ms; 0: no bound */
    unsigned has;          /* FIND_* */
    int64_t chat;          /* only this one; 0: all */
    size_t max;            /* hits; 0: FIND_MAX, which is the most */
    bool ranked;           /* the best first; else the newest */
};
/* Takes the user's line apart. 0, or negative and a sentence. now: wall ms. */
int find_parse(struct find *f, const char *line, int64_t now, struct err *e);
void find_clear(struct find *f);

struct find_hit {
    int64_t message, chat, time, sort;
    double score;
    uint32_t flags; /* KITH_MSG_* */
    char *sender, *sender_name, *body;
    char *spans; /* how parts of body look, packed (base/runs.h) */
    struct {
        uint32_t from, to;
    } spots[FIND_SPOTS]; /* bytes of body that fit */
    size_t n_spots;
};
void find_hit_clear(struct find_hit *h);
/* The hits, in order, owned: find_hits_free(). *more: there are others. Negative and a sentence
 * when the file cannot be read. Reads db only; grams_register() was called for it. */
int find_run(sqlite3 *db, const struct find *f, struct find_hit **out, size_t *n, bool *more,
             struct err *e);
void find_hits_free(struct find_hit *v, size_t n);
/* A connection that can read the file and nothing else. 0, or negative and a sentence. */
int find_open(sqlite3 **db, const char *path, struct err *e);

/* ---- the helper process: one query comes in a frame, each hit goes out in one, then the end ----
 */
struct find_query {
    const char *words; /* the user's line */
    int64_t chat, now; /* chat 0: all */
    size_t max;
    bool ranked;
};
enum {
    FIND_FRAME_QUERY = 1,
    FIND_FRAME_HIT,
    FIND_FRAME_END /* "1": there are more */,
    FIND_FRAME_ERROR
};
void find_put_query(struct buf *b, const struct find_query *q);
bool find_get_query(const char *data, size_t len, struct find_query *q,
                    char **words); /* *words: owned */
void find_put_error(struct buf *b, const struct err *e);
void find_get_error(const char *data, size_t len, struct err *e);
void find_put_hit(struct buf *b, const struct find_hit *h);
bool find_get_hit(const char *data, size_t len,
                  struct find_hit *h); /* owned; false: that is none */
/* Parses and runs q. As find_run(). */
int find_query(sqlite3 *db, const struct find_query *q, struct find_hit **out, size_t *n,
               bool *more, struct err *e);

#endif
