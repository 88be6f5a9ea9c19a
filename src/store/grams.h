/* store/grams.h - text as it is searched: folded, and cut into the parts by which the full text
 * finds it */
#ifndef STORE_GRAMS_H
#define STORE_GRAMS_H

#include <sqlite3.h>

#include "base/base.h"
#include "base/buf.h"

/* Text without case, accents and compatible forms: code points, and where each came from. Owned:
 * folded_free(). */
struct folded {
    uint32_t *cp;
    uint32_t *from; /* byte of the text at which the character began; one more than n: the text's
                       length */
    size_t n, cap;
};
void fold_text(struct folded *f, const char *text,
               size_t len); /* f zero-initialised, or used before */
void folded_free(struct folded *f);
/* Where `what` occurs in f at or after `at`; SIZE_MAX when it does not. */
size_t folded_find(const struct folded *f, const struct folded *what, size_t at);
bool folded_word_at(const struct folded *f, size_t at, size_t n); /* whole words lie there */
/* The same as folded_find() for words that are searched for: one or two letters count only where a word begins (inside of
 * words nobody means them, and the index does not hold them). */
size_t folded_find_term(const struct folded *f, const struct folded *what, size_t at);

/* The tokenizer of the table message_text; before anything is done with that table. An SQLite code.
 */
int grams_register(sqlite3 *db);
/* Appends what a text must have in the index to hold `what`, as an FTS5 expression; false: nothing
 * would narrow it down. */
bool grams_expression(struct buf *out, const struct folded *what);

/* What a text is made of, as a set that may say too much and never too little: each part, and what stands on both sides
 * of a gap between two words, sets two of its bits. The bits are on disk (store/shelf.c): they never change. */
struct gram_marks {
    uint64_t w[4];
};
void grams_mark(struct gram_marks *m, const struct folded *text);
/* Adds what a text that holds `what` (folded_find_term()) surely has. */
void grams_mark_term(struct gram_marks *m, const struct folded *what);

#endif
