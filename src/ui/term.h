/* ui/term.h - a terminal to draw on: curses into a buffer, never into a descriptor that could block
 *
 * One struct term per attached terminal. Everything it has to say is appended to the caller's buffer; nothing is
 * written and nothing is read here. The order at the start:
 *
 *     t = term_new(&params, &e);            NULL: exit code 4 with the sentence
 *     term_begin(t, out);                   alternate screen, pastes, focus
 *     term_probe_env(t, &env);  probe_init(&probe, &env, now, out);
 *     send out; when probe_settled(): term_set_facts(t, &probe.facts, out), surface_set_rules(), first term_draw()
 *     later answers: term_set_facts() again
 *
 * Back from a suspension: term_begin() and, because all must be drawn anew, term_redraw(). The view keeps
 * term_restore() and writes it whatever happens. main's part: nothing; terminfo_dir is put into TERMINFO_DIRS here.
 */
#ifndef UI_TERM_H
#define UI_TERM_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "ui/probe.h"
#include "ui/surface.h"

struct term;

enum term_keys { TERM_KEYS_AUTO = 0, TERM_KEYS_PLAIN };
struct term_params {
    int columns, rows;
    const char *const *env;   /* "TERM=...", NULL-terminated (view/proto.h); borrowed for the call */
    const char *terminfo_dir; /* where the entry kith-direct is, or NULL */
    bool no_colour;           /* --no-color; NO_COLOR in env does the same */
    const char *colours;      /* ui.colours: "auto", "truecolor", "256", "16", "8", "mono"; NULL = auto */
    enum term_keys keys;      /* terminal.keys */
    bool mouse, focus, links; /* terminal.mouse, .focus, .links */
    bool no_sync;             /* terminal.sync = "off" */
};
/* NULL and a sentence when this terminal cannot show a screen (TERM=dumb, or nothing known of it). */
struct term *term_new(const struct term_params *p, struct err *e);
void term_free(struct term *t);
/* What the user should know: "TERM=xterm-kitty is not known here; taken for xterm-256color". NULL: nothing. */
const char *term_note(const struct term *t);
void term_probe_env(const struct term *t, struct probe_env *env); /* borrows from t */

/* Sets the terminal up. The bytes that undo it all are term_restore(). */
void term_begin(struct term *t, struct buf *out);
const char *term_restore(const struct term *t); /* a constant string, whatever state the terminal is in */
/* What the probe has found so far: depth of colour, synchronised frames, keyboard protocol. May be called again. */
void term_set_facts(struct term *t, const struct term_facts *f, struct buf *out);
void term_set_mouse(struct term *t, bool on, struct buf *out);
void term_resize(struct term *t, int columns, int rows);
/* The screen is not what we drew (suspension, another program): the next frame draws everything. */
void term_redraw(struct term *t);
/* Draws what changed in s as one frame, with cursor, title, bell and clipboard, and commits s. Appends nothing when
 * nothing changed. s must have the size of t. */
void term_draw(struct term *t, struct surface *s, struct buf *out);

/* ---- pictures on all of the screen ---- */
struct picture; /* base/picture.h */
enum term_graphics term_graphics(const struct term *t); /* ui/probe.h */
int term_colours(const struct term *t); /* how many are used: 0, 8, 16, 256, 1 << 24 */
bool term_clears(const struct term *t); /* the next frame begins with a clear screen */
/* Shows it with its left upper corner in cell (x, y), over a frame that was drawn; PIXELS for KITTY, SIXEL for SIXEL. The
 * sequences are made here, from what picture_get() has checked. */
void term_picture(const struct term *t, const struct picture *p, int x, int y, struct buf *out);
/* It is to go: the next frame draws everything. */
void term_picture_gone(struct term *t, struct buf *out);

/* ---- beside the screen; arguments are cleaned and bounded here ---- */
void term_copy(const struct term *t, const char *text, size_t len, struct buf *out); /* OSC 52, at most 74 KB: longer text is cut */
/* A notice of the terminal: OSC 99, 777 or 9, through tmux or screen where it must be. id groups notices that replace
 * each other (one a chat). */
void term_notice(const struct term *t, const char *how, const char *id, const char *title, const char *body,
                 struct buf *out); /* how: "9", "99", "777"; anything else: what the terminal understands */

#endif
