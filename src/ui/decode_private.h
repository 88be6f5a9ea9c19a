/* ui/decode_private.h - what the decoder's own files share */
#ifndef UI_DECODE_PRIVATE_H
#define UI_DECODE_PRIVATE_H

#include "base/buf.h"
#include "ui/decode.h"

enum { SEQUENCE_MAX = 4096 }; /* bytes of one escape sequence or answer; what is longer is dropped */

struct decode {
    struct buf in;
    size_t at;
    bool expired;      /* nothing more will come for what is pending */
    bool skipping;     /* a string that is too long: drop up to its end */
    bool pasting, cut;
    size_t end_at;     /* bytes of the end mark of a paste that have matched */
    bool last_cr;      /* of the paste */
    struct buf paste;
    struct buf text;   /* what the last event points to */
    int cursor_reports;
    bool latin1;
};

/* Parameters of a control sequence. */
struct csi {
    char marker;          /* '<', '=', '>', '?' or 0 */
    char intermediate, final;
    int n[16], sub[16];   /* -1 = left out; sub: the one behind ':' */
    int count;
};

/* A key by its character and the modifiers of xterm (1 + bits); KEY_NONE when it is none of ours. */
struct key decode_key(uint32_t cp, int xterm_mods);
/* Fills ev from a whole sequence; ev->kind stays DECODE_NONE when it is unknown. */
void decode_csi(struct decode *d, const struct csi *c, struct decode_event *ev);
void decode_ss3(char final, int mods, struct decode_event *ev);
/* kind: 'P' DCS, ']' OSC; s is what stands between introducer and terminator. */
void decode_string(struct decode *d, char kind, const char *s, size_t len, struct decode_event *ev);

#endif
