/* cmd/when.h - times as people say them: 2h, tomorrow, mon 9, 18:30 */
#ifndef CMD_WHEN_H
#define CMD_WHEN_H

#include "base/base.h"
#include "base/err.h"

/* A time after now_ms (wall, ms) by the local clock. "30m", "2h", "3d", "1w": from now. "18:30", "9", "9am": the next
 * time it is that late. "tomorrow", "mon", "monday": at 9, or with a time behind it: "mon 14:00". 0, or negative and a
 * sentence. */
int when_parse(const char *text, int64_t now_ms, int64_t *out, struct err *e);

#endif
