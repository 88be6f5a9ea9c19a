/* notify/notice.h - what the engine and kith-notify say to each other, and how text is made fit for
 * a notice
 *
 * Frames (base/frame.h) over one socket, which is stdin and stdout of kith-notify. Each SHOW and
 * CLOSE is answered, in order, by DONE or FAILED; an engine that hears nothing for 5 s kills the
 * process.
 */
#ifndef NOTIFY_NOTICE_H
#define NOTIFY_NOTICE_H

#include "base/base.h"

enum notice_kind {
    NOTICE_SHOW = 1,  /* u8 urgency (0..2), key, title, body: each ends in NUL */
    NOTICE_CLOSE = 2, /* key, ends in NUL */
    NOTICE_DONE = 3,
    NOTICE_FAILED = 4 /* a sentence, not terminated */
};
enum { NOTICE_FRAME_MAX = 65536, NOTICE_CHARS = 200 };

/* Owned: one line of clean text, at most NOTICE_CHARS characters (an ellipsis included); & < >
 * escaped when markup is set, after cutting. */
char *notice_text(const char *s, bool markup);
/* Takes the next NUL-terminated string from *at (up to end). NULL when there is none: the frame is
 * malformed. */
const char *notice_field(const char **at, const char *end);

#endif
