/* view/proto.h - frames between the engine and what connects to its socket: views and control clients
 *
 * base/frame.h over $XDG_RUNTIME_DIR/kith/engine.sock (0600, peer uid checked by the engine). A client's first frame
 * says what it is: VIEW_HELLO or CTL_REQUEST. Numbers are little endian; text is NUL-terminated fields in a row.
 */
#ifndef VIEW_PROTO_H
#define VIEW_PROTO_H

#include "base/base.h"
#include "base/buf.h"

enum { PROTO_VERSION = 2, PROTO_MAX = 12 << 20 };

enum proto_kind {
    /* view -> engine */
    VIEW_HELLO = 1,    /* u32 version, u16 columns, u16 rows, then fields "NAME=value" (proto_env) */
    VIEW_BYTES = 2,    /* what the terminal sent */
    VIEW_SIZE = 3,     /* u16 columns, u16 rows */
    VIEW_ACK = 4,      /* u32 number of the last VIEW_OUT that the terminal has taken */
    VIEW_CONTINUED = 5, /* back from a suspension: draw everything anew */
    VIEW_GONE = 6,     /* the terminal hung up: the view leaves */
    VIEW_EDITED = 8,   /* the editor ended: u32 1, the text; or u32 0, a sentence why the old one holds */
    VIEW_PLAIN = 7,    /* instead of VIEW_HELLO: kith --plain, fields as there; each VIEW_BYTES is one line, CTL_OUT the answer */
    VIEW_ANSWER = 9,   /* --plain: a line that was typed for a VIEW_PROMPT, and is nothing else when that is gone */
    /* engine -> view */
    VIEW_OUT = 16,     /* u32 number, bytes for the terminal */
    VIEW_RESTORE = 17, /* bytes that make the terminal sane; written at any end */
    VIEW_SUSPEND = 18, /* stop (Ctrl-z), restore first */
    VIEW_EDIT = 22,    /* run the editor: fields command ("": $VISUAL, $EDITOR), account and address of the chat ("": none),
                        * then the text; nothing is drawn until VIEW_EDITED */
    VIEW_EXIT = 19,    /* u32 exit code, a sentence for stderr ("" = none) */
    VIEW_PROMPT = 20,  /* --plain: u32 1 = what is typed is secret, then what to ask for ("" = nothing any more) */
    VIEW_INPUT = 21,   /* --plain: text that belongs into the line of input */
    /* control */
    CTL_REQUEST = 32,  /* u32 number of arguments, the arguments as fields, then the body (may hold anything) */
    CTL_OUT = 33,      /* bytes for stdout */
    CTL_ERR = 34,      /* a line for stderr */
    CTL_DONE = 35      /* u32 exit code */
};

enum proto_exit { /* exit codes of kith, UX.md 3 */
    EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG = 3, EXIT_TERMINAL = 4, EXIT_RUNNING = 5
};

/* The environment variables that travel in VIEW_HELLO, NULL-terminated. */
extern const char *const proto_env[];

void proto_put_u16(struct buf *b, uint16_t n);
void proto_put_u32(struct buf *b, uint32_t n);
/* Read from *p (of *left bytes), advancing; false when there is too little. */
bool proto_get_u16(const char **p, size_t *left, uint16_t *n);
bool proto_get_u32(const char **p, size_t *left, uint32_t *n);
/* The next NUL-terminated field (borrowed), NULL at the end or when its NUL is missing. */
const char *proto_get_field(const char **p, size_t *left);

#endif
