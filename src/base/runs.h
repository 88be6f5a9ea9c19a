/* base/runs.h - how parts of a text look (bold, in a colour, hidden): runs of it, and those packed into a short line
 *
 * A run says all that holds for its bytes of the text. Runs lie in order and apart, on whole characters; what no run
 * covers is plain. Kept and handed on they are a packed line, NULL for plain text, so that plain text costs nothing.
 */
#ifndef BASE_RUNS_H
#define BASE_RUNS_H

#include "base/base.h"
#include "base/buf.h"

enum { /* the same numbers as KITH_STYLE_* of the plugin interface */
    LOOK_BOLD = 1u << 0,
    LOOK_ITALIC = 1u << 1,
    LOOK_UNDERLINE = 1u << 2,
    LOOK_STRIKE = 1u << 3,
    LOOK_MONOSPACE = 1u << 4,
    LOOK_REVERSE = 1u << 5,
    LOOK_SPOILER = 1u << 6, /* hidden until the reader wants to see it */
    LOOK_ALL = 0x7Fu
};
#define LOOK_COLOUR 0x1000000u /* | 0xRRGGBB; a colour without this bit is none */
enum { RUNS_MAX = 512 };       /* of one text; what follows is plain, but see runs_add() */

struct look {
    uint32_t style, fg, bg;
};
struct run {
    uint32_t start, len; /* bytes */
    struct look look;
};
struct runs { /* zero-initialised is empty and valid */
    struct run *v;
    size_t n, cap;
};

bool look_eq(const struct look *a, const struct look *b);
bool look_plain(const struct look *l);

/* Behind those that are there. Plain or empty ones are left out, and all behind the RUNS_MAX-th; of those a spoiler makes
 * one of all from the last run to itself: what is hidden stays hidden, and so does what lies between. */
void runs_add(struct runs *r, size_t start, size_t len, const struct look *l);
void runs_free(struct runs *r);
/* The run that covers byte `at`, NULL when none does. *end: where this changes next, at most len. */
const struct run *runs_at(const struct runs *r, size_t at, size_t len, size_t *end);

/* Owned; NULL when there is none. */
char *runs_pack(const struct runs *r);
/* What does not fit the text is left out. packed and text may be NULL. */
void runs_unpack(struct runs *out, const char *packed, const char *text);

/* ---- spoilers ---- */
/* Is something of it hidden? */
bool runs_have_spoiler(const char *packed);
/* The part that is hidden and holds byte `at`: *end behind it. False when that byte is not hidden; *end is then where
 * the next hidden part begins, at most len. */
bool runs_hidden(const struct runs *r, size_t at, size_t len, size_t *end);
/* Appends the text with "[spoiler]" for what is hidden: for all places that show text but cannot reveal it. */
void runs_add_covered(struct buf *out, const char *text, const char *packed);
#define RUNS_COVER "[spoiler]"

#endif
