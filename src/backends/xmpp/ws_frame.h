/* backends/xmpp/ws_frame.h - WebSocket as a client sees it, without any I/O: the handshake and the frames (RFC 6455)
 *
 * Text is handed on as it comes, piece by piece: a message of any size takes no memory here.
 */
#ifndef XMPP_WS_FRAME_H
#define XMPP_WS_FRAME_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum ws_op { WS_MORE = 0, WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };
enum {
    WS_KEY = 25,              /* bytes of a key as text, with its NUL */
    WS_HEAD_MAX = 16 << 10,   /* of the answer to the handshake */
    WS_CONTROL_MAX = 125,     /* RFC 6455 §5.5 */
    WS_MESSAGE_MAX = 16 << 20 /* no stanza is that long */
};

/* ---- the handshake, RFC 6455 §4.1 ---- */

void ws_key(char key[WS_KEY]);                         /* a new one, at random */
void ws_accept(const char *key, struct buf *out);      /* what the server must answer to it */
/* The server's answer, up to and with its empty line: 0 when it speaks XMPP by WebSocket from here on, else KITH_EPROTO
 * and a sentence that begins with `who`. */
int ws_answer(const char *head, size_t len, const char *key, const char *who, struct err *e);

/* ---- frames, RFC 6455 §5 ---- */

/* Appends one whole frame, masked. */
void ws_frame(struct buf *out, enum ws_op op, const void *data, size_t len, const unsigned char mask[4]);

struct ws_sink {
    /* The next bytes of a text; first, last: of it (both in a message that came at once). Negative ends the reading. */
    int (*text)(void *user, const char *data, size_t len, bool first, bool last, struct err *e);
    /* WS_PING, WS_PONG, or WS_CLOSE, after which nothing is read any more. */
    void (*control)(void *user, enum ws_op op, const void *data, size_t len);
};
struct ws_in { /* zero-initialised is the beginning */
    unsigned char head[10];
    size_t n_head;
    uint64_t left;          /* of the frame's payload */
    uint64_t message;       /* bytes of the message so far */
    bool in_payload, in_message, fin, fresh, closed;
    enum ws_op op;
    unsigned char control[WS_CONTROL_MAX];
    size_t n_control;
};
/* Takes all of data. 0; KITH_EPROTO and a sentence about what the server did wrong; or what text() said. */
int ws_read(struct ws_in *w, const void *data, size_t len, const struct ws_sink *sink, void *user, struct err *e);

#endif
