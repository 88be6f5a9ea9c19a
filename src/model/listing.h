/* model/listing.h - lists that were asked for and come row by row: rooms of a server, who is banned, people found
 *
 * A listing belongs to no protocol. Whoever asks says how it looks (a static struct listing_look): which columns there
 * are, how they are sorted at first, and which command line a row runs. Rows come while it is on the screen. It is bounded
 * in rows and bytes, and says how many were left out. The newest few are kept after they were looked at, so that the
 * same question need not be asked again at once: that one shows its age.
 */
#ifndef MODEL_LISTING_H
#define MODEL_LISTING_H

#include "base/arena.h"
#include "model/model.h"

enum {
    LISTING_ROWS = 60000,      /* of one listing; further ones are counted and left out */
    LISTING_BYTES = 8 << 20,   /* of its texts */
    LISTING_TEXT = 600,        /* bytes of one cell; longer ones are cut at a character */
    LISTINGS = 4,              /* kept at a time, those on a screen not counted */
    LISTING_EXTRAS = 2
};
enum listing_cell { LISTING_NAME, LISTING_NUMBER, LISTING_WORDS, LISTING_EXTRA1, LISTING_EXTRA2, N_LISTING_CELLS };
struct listing_look { /* static */
    const char *one, *many;              /* "room", "rooms" */
    const char *heads[N_LISTING_CELLS];  /* headings of columns; NULL: there is no such column */
    const char *extra_keys[LISTING_EXTRAS]; /* keys of the fields (kith_field) shown in the extra columns */
    bool extra_times[LISTING_EXTRAS];    /* the field is wall ms, shown as an age */
    enum listing_cell sort;              /* at first */
    bool down;                           /* the greatest first */
    /* Command lines with $who (the row's address) and $name; NULL: nothing. Said for the key hints: "join". */
    const char *accept, *accept_words, *other, *other_words;
    bool stays;                          /* the screen stays open when accept was run */
    bool rooms;                          /* rows are rooms: those we are in are marked */
};
struct listing_row {
    const char *address, *name, *words, *extras[LISTING_EXTRAS]; /* words, extras: may be NULL; name never */
    int64_t number;                      /* people in a room, -1 = not known */
};
enum listing_state { LISTING_RUNS, LISTING_DONE, LISTING_FAILED };
struct listing {
    struct model *model;
    int64_t id;
    int64_t account, chat;               /* ids, 0 = none: for whom its commands run */
    char *key;                           /* what was asked, for finding it again */
    char *title;                         /* "Rooms of irc.example.org" */
    char *again;                         /* the command line that asks anew, or NULL */
    const struct listing_look *look;
    struct listing_row *rows;            /* in the order they came; texts live in the arena */
    size_t n, cap;
    size_t left_out;                     /* rows beyond the bounds */
    struct arena texts;
    size_t bytes;
    enum listing_state state;
    char *problem;                       /* FAILED: why; DONE: what is to be known of it (it was cut off), or NULL */
    int64_t time;                        /* wall ms: asked, then answered */
    unsigned shown;                      /* views that have it on the screen */
};

/* A new one, running; when there are too many the oldest that nobody looks at goes. MODEL_LISTING is emitted by all of
 * these. key, title, again: copied. */
struct listing *model_add_listing(struct model *m, const struct listing_look *look, const char *key, const char *title);
struct listing *model_listing(const struct model *m, int64_t id);
/* The newest that answers this question and did not fail; NULL: there is none. */
struct listing *model_listing_by_key(const struct model *m, const char *key);
/* Copies the row; address NULL: name; name NULL: address. */
void listing_add(struct listing *l, const struct listing_row *row);
void listing_end(struct listing *l, enum listing_state state, const char *problem);
/* The order of two rows by one column, as of strcmp; case does not count. Equal ones by name, always upwards. */
int listing_compare(const struct listing *l, enum listing_cell by, bool down, const struct listing_row *a,
                    const struct listing_row *b);
/* Sorts n numbers of rows, of which the first `sorted` are in this order already: what came since is merged in. */
void listing_sort(const struct listing *l, enum listing_cell by, bool down, uint32_t *v, size_t sorted, size_t n);
void model_drop_listing(struct model *m, struct listing *l);
void listings_free_all(struct model *m); /* model_free() */

#endif
