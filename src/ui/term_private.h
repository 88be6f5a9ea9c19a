/* ui/term_private.h - what the terminal's own files share */
#ifndef UI_TERM_PRIVATE_H
#define UI_TERM_PRIVATE_H

#include <wchar.h>

#include "ui/term.h"

enum { TERM_WCHARS = 24, TERM_CELL_WCHARS = 5 };

struct term_style { /* a style of the surface as curses wants it */
    bool known, struck;
    unsigned attr; /* attr_t */
    int pair;
};

struct term {
    void *screen; /* SCREEN; NULL until the next frame */
    int w, h;
    char *name;   /* the terminfo entry in use */
    char *note;
    char *term, *colorterm, *colorfgbg; /* of the environment */
    bool tmux, screen_mux, ssh, utf8;
    bool simple;  /* none of the sequences of xterm */
    bool no_colour, want_mouse, want_focus, want_links, no_sync;
    enum term_keys keys;
    char *colours; /* the option */
    char *terminfo_dir;
    int n_colours;
    struct term_facts facts;
    bool begun;    /* set up, and not yet restored */
    int keyboard;  /* asked for: 0 nothing, 1 xterm's, 2 kitty's */
    bool told_appearance;

    bool resized;  /* curses must be opened anew, with the new size */
    bool all;      /* the next frame draws everything */
    bool *overlaid; /* rows on which something stands that curses does not know of */
    struct link_map *links; /* NULL: no links here */
    uint32_t epoch;
    struct term_style *styles;
    size_t n_styles;
    char *title;
    int cursor_x, cursor_y, cursor_visible; /* -1: unknown */
    enum cursor_shape shape;
};

/* ---- term_seq.c: sequences beside the screen ---- */
void seq_begin(struct term *t, struct buf *out);
void seq_facts(struct term *t, struct buf *out); /* what the probe's findings let us switch on */
/* SGR for a style at a depth, from a clean state. */
void seq_style(struct buf *out, const struct style *st, int n_colours);
/* number 0: a link in one piece, which needs no id. */
void seq_link_open(struct buf *out, uint32_t epoch, uint16_t number, const char *url);
void seq_link_close(struct buf *out);
void seq_title(const struct term *t, const char *title, struct buf *out);
void seq_base64(struct buf *out, const void *data, size_t len);
/* The colours of a style as numbers of this terminal, -1 = default; *bright: bold stands for a bright foreground. */
void seq_colours(const struct style *st, int n_colours, int *fg, int *bg, bool *bright);
uint8_t seq_attributes(const struct style *st, int n_colours);

/* ---- term_env.c: the environment ---- */
int env_open_memory(void); /* a descriptor, negative with errno */
void env_want_utf8(void);
void env_want_terminfo(const char *dir);
void env_read(struct term *t, const char *const *env);
const char *env_relative(const char *term); /* the terminal that an unknown one is taken for */
bool env_wants_direct(const struct term *t);

/* ---- term_over.c: what is laid over a frame ---- */
size_t over_to_wide(const char *text, size_t len, wchar_t out[TERM_WCHARS]);
bool over_in_corner(const struct surface *s, int x, int y, const struct cell *c);
bool over_needed(const struct surface *s, int x, int y);
/* A row where the terminal's columns may not be ours: it is written whole. */
bool over_is_risky(const struct term *t, const struct surface *s, int y);
void over_row(struct term *t, const struct surface *s, int y, struct buf *out);
void over_go(struct buf *out, int x, int y);
/* Lines of several rows (surface.goes_on): which of them changed, before the frame is made; and
 * writing those, after it. */
void over_mark_lines(const struct term *t, const struct surface *s, bool *lines);
void over_put_lines(const struct term *t, const struct surface *s, const bool *lines,
                    struct buf *out);

/* ---- term_links.c: which cells of the terminal are links ---- */
void links_free(struct term *t);
void links_renumbered(struct term *t); /* the surface's epoch changed */
void links_frame(struct term *t, const char *s, size_t len); /* what curses wrote */
void links_forget_cell(struct term *t, int x, int y); /* it was written over, without its link */
/* Writes the cells whose link is not yet, or no longer, as the surface has it. */
void links_write(struct term *t, const struct surface *s, struct buf *out);

#endif
