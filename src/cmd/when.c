/* cmd/when.c - times as people say them: 2h, tomorrow, mon 9, 18:30 */
#include "cmd/when.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "kith/plugin.h"

enum { MORNING = 9 * 60, MINUTE_MS = 60000, DAY_MINUTES = 24 * 60, MOST_DAYS = 3660 };

/* Digits at *s, at most four of them; -1 when there is none. */
static int number(const char **s)
{
    int n = 0, digits = 0;
    while (**s >= '0' && **s <= '9' && digits < 4) {
        n = n * 10 + *(*s)++ - '0';
        digits++;
    }
    return digits ? n : -1;
}

/* "2h", "90m", "1d12h": minutes, or -1. */
static int64_t span(const char *s)
{
    int64_t minutes = 0;
    while (*s) {
        int n = number(&s);
        int64_t unit = *s == 'm' ? 1 : *s == 'h' ? 60 : *s == 'd' ? DAY_MINUTES : *s == 'w' ? 7 * DAY_MINUTES : 0;
        if (n < 0 || unit == 0)
            return -1;
        minutes += n * unit;
        s++;
    }
    return minutes;
}

/* "9", "18:30", "9am", "6:15pm": minutes of the day, or -1. */
static int time_of_day(const char *s)
{
    int hour = number(&s), minute = 0;
    if (hour < 0)
        return -1;
    if (*s == ':') {
        s++;
        minute = number(&s);
    }
    bool am = strcasecmp(s, "am") == 0, pm = strcasecmp(s, "pm") == 0;
    if ((am || pm) && (hour < 1 || hour > 12))
        return -1;
    if (am || pm)
        hour = hour % 12 + (pm ? 12 : 0);
    if ((*s && !am && !pm) || hour > 23 || minute < 0 || minute > 59)
        return -1;
    return hour * 60 + minute;
}

/* 0 = Sunday; -1 when it is no day. */
static int weekday(const char *s, size_t len)
{
    static const char *const names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                        "thursday", "friday", "saturday"};
    for (int i = 0; len >= 2 && i < 7; i++) {
        if (len <= strlen(names[i]) && strncasecmp(names[i], s, len) == 0)
            return i;
    }
    return -1;
}

/* So many days on, at that minute of the day, by the local clock and its changes. */
static int64_t at(const struct tm *now, int days, int minutes)
{
    struct tm t = *now;
    t.tm_mday += days;
    t.tm_hour = minutes / 60;
    t.tm_min = minutes % 60;
    t.tm_sec = 0;
    t.tm_isdst = -1;
    return (int64_t)mktime(&t) * 1000;
}

static int not_a_time(const char *text, struct err *e)
{
    return err_set(e, KITH_EINVAL, "\"%.40s\" is no time; say 30m, 2h, 3d, 18:30, tomorrow or mon 9",
                   text);
}

int when_parse(const char *text, int64_t now_ms, int64_t *out, struct err *e)
{
    time_t now = (time_t)(now_ms / 1000);
    struct tm t;
    text += strspn(text, " \t");
    int64_t minutes = *text ? span(text) : -1;
    if (minutes > 0 && minutes <= (int64_t)MOST_DAYS * DAY_MINUTES) {
        *out = now_ms + minutes * MINUTE_MS;
        return 0;
    }
    if (!*text || minutes >= 0 || !localtime_r(&now, &t))
        return not_a_time(text, e);
    int only = time_of_day(text);
    if (only >= 0) {
        *out = at(&t, 0, only);
        if (*out <= now_ms)
            *out = at(&t, 1, only);
        return 0;
    }
    size_t len = strcspn(text, " \t");
    const char *rest = text + len + strspn(text + len, " \t");
    int day = weekday(text, len), clock = *rest ? time_of_day(rest) : MORNING, days = 1;
    bool tomorrow = len >= 3 && len <= 8 && strncasecmp("tomorrow", text, len) == 0;
    if ((day < 0 && !tomorrow) || clock < 0)
        return not_a_time(text, e);
    if (day >= 0)
        days = (day - t.tm_wday + 7) % 7;
    *out = at(&t, days, clock);
    if (*out <= now_ms)
        *out = at(&t, days + 7, clock);
    return 0;
}
