/* ui/probe.h - the questions asked of a terminal at the start, and what its answers mean (UX.md 2.3)
 *
 * Pure. One write, then nobody waits: answers are taken whenever they come. The first frame waits until
 * probe_settled(); what comes later still counts (probe_reply() returns true when a finding has changed).
 */
#ifndef UI_PROBE_H
#define UI_PROBE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/cells.h"
#include "ui/decode.h"

enum { PROBE_WAIT_MS = 100, PROBE_WAIT_SSH_MS = 300 };

/* What is known of a terminal. Zeroed: nothing is; then all is safe. */
struct term_facts {
    char version[64];   /* XTVERSION, or "" */
    bool answers;       /* DA1 came */
    bool widths;        /* all width questions were answered */
    struct cell_rules rules;
    bool sync;          /* mode 2026 */
    bool appearance;    /* mode 2031: tells when it turns dark or light */
    bool size_reports;  /* mode 2048 */
    bool keyboard;      /* kitty's protocol */
    bool notices;       /* OSC 99 */
    bool sixel, truecolour, links;
    bool has_background;
    uint32_t background; /* 0xRRGGBB */
    int dark;            /* 1 dark, 0 light, -1 unknown; zeroed facts must be set up by probe_init() */
    int cell_w, cell_h;  /* pixels, 0 = unknown */
};

/* The terminal's environment. */
struct probe_env {
    const char *term, *colorterm, *colorfgbg; /* may be NULL */
    bool tmux, screen, ssh; /* TMUX, STY, SSH_CONNECTION are set */
    bool utf8;              /* the locale's characters are UTF-8 */
};

struct probe {
    struct term_facts facts;
    int n_widths;     /* answers to the width questions so far */
    int widths[8];
    int64_t deadline; /* on the caller's clock */
    bool quiet;       /* nothing was asked: the terminal would print the questions */
    bool utf8, screen, tmux;
};

enum term_graphics { TERM_GRAPHICS_NONE = 0, TERM_GRAPHICS_KITTY, TERM_GRAPHICS_SIXEL };
/* What the terminal has for pictures, as far as it has told; in tmux and screen nothing: they know nothing of pictures,
 * or of how they scroll. */
enum term_graphics probe_graphics(const struct term_facts *f, bool multiplexer);
/* TERM names a terminal that would print what it does not understand, or is too simple to have any of it. */
bool probe_is_simple(const char *term);
/* Appends the one write to out. The cursor must be free to move; the screen is dirty afterwards. */
void probe_init(struct probe *p, const struct probe_env *env, int64_t now_ms, struct buf *out);
/* Takes an answer. True when facts may have changed. */
bool probe_reply(struct probe *p, const struct decode_event *ev);
/* Facts that were kept for the same version: the widths need not be awaited. */
void probe_adopt(struct probe *p, const struct term_facts *known);
/* The first frame may be drawn: all was answered, or the time is up. */
bool probe_settled(const struct probe *p, int64_t now_ms);
/* How many cursor reports will come (for decode_expect_cursor). */
int probe_cursor_reports(const struct probe *p);

#endif
