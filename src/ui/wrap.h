/* ui/wrap.h - styled text into lines of a width: by clusters, by words, links whole; pure */
#ifndef UI_WRAP_H
#define UI_WRAP_H

#include "base/base.h"
#include "base/buf.h"
#include "base/cells.h"
#include "base/runs.h"

enum {
    SPAN_LINK = 1, /* kept whole where it fits a line */
    SPAN_CODE = 2, /* its lines are not re-flowed but cut */
    SPAN_FILE = 4, /* the name of a file */
    SPAN_CHIP = 8  /* one reaction */
};
struct span {
    uint32_t len; /* bytes of the text, in order */
    uint8_t role; /* enum role */
    uint8_t flags;
    uint16_t look; /* of rich.looks, from 1; 0 = as the role says */
};
struct rich { /* styled text; zero-initialised is empty and valid */
    struct buf text;
    struct span *spans;
    size_t n_spans, cap_spans;
    struct look *looks; /* what authors of messages chose, over the role */
    size_t n_looks, cap_looks;
    uint16_t look; /* of what is added */
};
/* How all looks that is added from now on; NULL: as its role says. */
void rich_look(struct rich *r, const struct look *l);
void rich_add(struct rich *r, uint8_t role, uint8_t flags, const char *text, size_t len);
void rich_adds(struct rich *r, uint8_t role, const char *text);
void rich_clear(struct rich *r);
void rich_free(struct rich *r);
/* The span that covers byte `at`; *start its first byte. NULL behind the end. */
const struct span *rich_at(const struct rich *r, size_t at, size_t *start);

enum {
    LINE_CODE = 1, /* draw the code mark before it; its text is 2 cells narrower */
    LINE_CUT = 2,  /* code longer than the line: draw the cut mark behind it */
    LINE_OUT = 4   /* a link that needs the whole width: no indentation */
};
struct wrap_line {
    uint32_t from, to; /* bytes of the text, without the space or newline where it was broken */
    uint16_t cells;
    uint8_t flags;
};
struct wrap { /* zero-initialised is empty and valid */
    struct wrap_line *lines;
    size_t n, cap;
    size_t total; /* lines it would have had without the limit */
};
struct wrap_width {
    int width;    /* cells of a line, >= 1 */
    int out;      /* cells of a line without indentation; <= width: no such thing */
    size_t limit; /* lines to keep; 0 = all */
};
/* Replaces what is in *out. Text has at least one line. */
void wrap_text(struct wrap *out, const struct rich *r, const struct wrap_width *w,
               const struct cell_rules *rules);
void wrap_free(struct wrap *w);

#endif
