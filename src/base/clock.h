/* base/clock.h - time: monotonic for waiting, wall for people */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_boot_ms(void); /* goes on while the machine is suspended */
int64_t clock_wall_ms(void);
/* Local date and time by strftime(3) format. Returns the length, 0 when it does not fit. */
size_t clock_format(char *out, size_t cap, const char *fmt, int64_t wall_ms);
/* Local day number of a moment: equal for two moments on the same local day. */
int clock_day(int64_t wall_ms);
/* "2026-11-30": the local midnight it begins with. False: it is no day. */
bool clock_parse_day(const char *s, int64_t *wall_ms);
/* XEP-0082 / RFC 3339 in and out (UTC, ms). Parse returns false when it is malformed. */
bool clock_parse_iso(const char *s, int64_t *wall_ms);
size_t clock_format_iso(char *out, size_t cap, int64_t wall_ms);

#endif
