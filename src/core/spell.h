/* core/spell.h - is a word right? Asks the helper process once for each word and remembers the answer
 *
 * The helper (kith-spell) is started at the first word. Nothing here blocks: a word that was not asked about yet is
 * asked about at the end of the turn. A helper that dies or hangs is given up after the third time.
 */
#ifndef CORE_SPELL_H
#define CORE_SPELL_H

#include "base/base.h"
#include "base/loop.h"

struct spell;
enum spell_verdict { SPELL_NOT_YET, SPELL_GOOD, SPELL_BAD };

struct spell_params {
    struct loop *loop;
    const char *program; /* path of kith-spell; NULL: every word is good */
    int64_t silent_ms;   /* 0 = 5000 */
    void (*news)(void *user); /* words were answered */
    void *user;
};
struct spell *spell_new(const struct spell_params *p); /* p is copied */
void spell_free(struct spell *s);                      /* ends the helper; NULL is fine */
/* languages: as enchant names them, "en_GB de_DE"; "" or NULL: nothing is checked. Any of them is enough. */
enum spell_verdict spell_word(struct spell *s, const char *languages, const char *word, size_t len);
/* What may be meant by a BAD word, one a line; "" when nothing is known. Borrowed until the next turn. */
const char *spell_suggestions(const struct spell *s, const char *word);
/* Why nothing is checked, in words; NULL = all is well. Borrowed. */
const char *spell_problem(const struct spell *s);

/* The words of a text to be checked: letters with apostrophes inside, not in addresses, names with digits or capitals
 * inside, or code. Pure; takes time by the length of the text, once. */
struct spell_walk { /* opaque */
    const char *text;
    size_t at, end, from, piece_to, fence;
    bool code, no_fence;
};
/* Those that end behind byte at and begin before byte end. text (borrowed) must stay. */
void spell_walk(struct spell_walk *w, const char *text, size_t at, size_t end);
bool spell_next(struct spell_walk *w, size_t *from, size_t *to); /* false: there is no further one */

#endif
