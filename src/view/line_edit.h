/* view/line_edit.h - the one line of input of kith --plain: typed on the last row, put aside while others' lines come
 *
 * Pure: keys in, bytes for the terminal out. No cursor addressing: only characters, CR, BS, spaces and line feeds, so
 * that a screen reader, a Braille line or a printer can follow. A line that is wider than the terminal shows its part
 * at the cursor.
 */
#ifndef VIEW_LINE_EDIT_H
#define VIEW_LINE_EDIT_H

#include "base/base.h"
#include "base/buf.h"

enum line_event { LINE_NONE = 0, LINE_ENTER, LINE_END /* Ctrl-d on an empty line */, LINE_STOP /* Ctrl-z */ };
enum { LINE_HISTORY = 100, LINE_BYTES = 64 << 10 /* the longest line */ };

struct line_edit {
    int columns;         /* of the terminal; set by the caller at any time */
    char *prompt;        /* "> " or a question; owned */
    bool secret;         /* nothing typed is shown, kept or repeated */
    struct buf text;
    size_t cursor;       /* byte offset in text */
    int at, drawn;       /* cells on the row: up to the cursor, in all */
    char **history;      /* oldest first */
    size_t n_history, seen; /* seen: which one is shown, n_history = none */
    struct buf keep;     /* what was being written when history was entered */
    struct buf pending;  /* bytes of a key or character that is not complete */
};

void line_edit_init(struct line_edit *l, int columns);
void line_edit_free(struct line_edit *l); /* wipes */
/* A question takes the place of "> "; NULL: back to it. secret holds for the next line only. */
void line_edit_prompt(struct line_edit *l, const char *prompt, bool secret, struct buf *out);
void line_edit_set(struct line_edit *l, const char *text, struct buf *out);
/* Takes bytes up to the first event; *used says how many. LINE_ENTER: the line is line_edit_take(). */
enum line_event line_edit_feed(struct line_edit *l, const char *data, size_t len, size_t *used, struct buf *out);
/* The line that Enter ended, owned; the editor is empty then. A secret is the caller's to wipe. */
char *line_edit_take(struct line_edit *l);
/* Takes the line off the row, and puts it back: around whatever else is printed. */
void line_edit_hide(struct line_edit *l, struct buf *out);
void line_edit_show(struct line_edit *l, struct buf *out);

#endif
