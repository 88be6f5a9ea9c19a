/* ui/decode.h - what a terminal sends, decoded: keys, pastes, focus, mouse, answers to queries (UX.md 2.4)
 *
 * Pure: bytes in, events out, the time-out of a lone ESC is the caller's timer. Nothing unknown ever becomes text.
 *
 *     decode_feed(d, bytes, n);
 *     while (decode_next(d, &ev))
 *         ...
 *     arm a timer of decode_wait_ms(d, esc_timeout_ms); when it fires: decode_expire(d), and decode_next() again
 */
#ifndef UI_DECODE_H
#define UI_DECODE_H

#include "base/base.h"
#include "config/keys.h"

enum { DECODE_PASTE_MAX = 10 << 20 }; /* bytes; what is longer is cut */

enum decode_kind {
    DECODE_NONE = 0,
    DECODE_KEY,
    DECODE_PASTE, /* text: cleaned, lines end with '\n'; cut: it was longer than DECODE_PASTE_MAX */
    DECODE_FOCUS, /* on: the terminal has the focus now */
    DECODE_MOUSE,
    DECODE_REPLY
};

enum decode_mouse { MOUSE_PRESS, MOUSE_RELEASE, MOUSE_DRAG, MOUSE_MOVE, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

enum decode_reply {
    REPLY_DA1,        /* n[]: attributes (4 = sixel) */
    REPLY_DA2,        /* n[]: type, version, ... */
    REPLY_XTVERSION,  /* text: "tmux 3.3a", "XTerm(379)" */
    REPLY_MODE,       /* DECRPM: n[0] = mode, n[1] = 0 unknown, 1 set, 2 reset, 3 and 4 for good */
    REPLY_CURSOR,     /* CPR: n[0] = row, n[1] = column, from 1 */
    REPLY_KEYBOARD,   /* kitty protocol: n[0] = flags */
    REPLY_BACKGROUND, /* OSC 11: n[0] = 0xRRGGBB */
    REPLY_NOTICE,     /* OSC 99: text */
    REPLY_CELL_SIZE,  /* n[0] = height, n[1] = width of a cell in pixels */
    REPLY_SIZE,       /* mode 2048: n[0] = rows, n[1] = columns */
    REPLY_CAPABILITY, /* XTGETTCAP: n[0] = 1 when it is known; text = "RGB=8/8/8" */
    REPLY_SETTING,    /* DECRQSS: n[0] = 1 when it is known; text = "0;38:2:1:2:3m" */
    REPLY_APPEARANCE  /* mode 2031: n[0] = 1 dark, 2 light */
};

struct decode_event {
    enum decode_kind kind;
    struct key key; /* DECODE_KEY; DECODE_MOUSE: mods only */
    bool on;        /* DECODE_FOCUS */
    bool cut;       /* DECODE_PASTE */
    enum decode_mouse mouse;
    int button, x, y; /* DECODE_MOUSE: 0 = left, 1 = middle, 2 = right; cell from 0 */
    enum decode_reply reply;
    int n[16], count; /* DECODE_REPLY */
    const char *text; /* NUL-terminated, borrowed until the next call; never NULL */
    size_t len;
};

struct decode;
struct decode *decode_new(void);
void decode_free(struct decode *d);
void decode_feed(struct decode *d, const char *data, size_t len);
bool decode_next(struct decode *d, struct decode_event *ev);
/* How long to wait before decode_expire(), unless more bytes come; -1: nothing is pending. */
int decode_wait_ms(const struct decode *d, int esc_timeout_ms);
/* What is pending will not be continued: a lone ESC is the key. */
void decode_expire(struct decode *d);
/* How many cursor reports are awaited: "CSI 1 ; 2 R" is also Shift-F3 of some terminals. Counts down by itself. */
void decode_expect_cursor(struct decode *d, int n);
/* The terminal is not in UTF-8: bytes from 0xA0 on are Latin-1. */
void decode_set_latin1(struct decode *d, bool on);

#endif
