/* base/clock.c - time: monotonic for waiting, wall for people */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

enum { DAY_S = 86400 };

static int64_t now_us(clockid_t id)
{
    struct timespec t = {0};
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
#ifdef CLOCK_BOOTTIME
    return now_us(CLOCK_BOOTTIME) / 1000;
#else
    return now_us(CLOCK_MONOTONIC) / 1000;
#endif
}

int64_t clock_wall_ms(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 of a date of the Gregorian calendar; month 1..12. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool local_time(int64_t wall_ms, struct tm *tm)
{
    time_t t = (time_t)floor_div(wall_ms, 1000);
    return localtime_r(&t, tm) != NULL;
}

size_t clock_format(char *out, size_t cap, const char *fmt, int64_t wall_ms)
{
    struct tm tm;
    if (!cap)
        return 0;
    out[0] = '\0';
    if (!local_time(wall_ms, &tm))
        return 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    size_t n = strftime(out, cap, fmt, &tm);
#pragma GCC diagnostic pop
    if (!n)
        out[0] = '\0';
    return n;
}

int clock_day(int64_t wall_ms)
{
    struct tm tm;
    if (!local_time(wall_ms, &tm))
        return 0;
    return (int)days_of(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* Reads exactly n digits. */
static bool digits(const char **s, int n, int *out)
{
    int v = 0;
    for (int i = 0; i < n; i++, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        v = v * 10 + (**s - '0');
    }
    *out = v;
    return true;
}

static bool skip(const char **s, char a, char b)
{
    if (**s != a && **s != b)
        return false;
    (*s)++;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* "Z" or "+hh:mm"; *offset in minutes. */
static bool zone(const char **s, int *offset)
{
    *offset = 0;
    if (skip(s, 'Z', 'z'))
        return true;
    int sign = **s == '-' ? -1 : 1, h, m;
    if (!skip(s, '+', '-') || !digits(s, 2, &h) || !skip(s, ':', ':') || !digits(s, 2, &m))
        return false;
    *offset = sign * (h * 60 + m);
    return h <= 23 && m <= 59;
}

bool clock_parse_iso(const char *s, int64_t *wall_ms)
{
    int year, month, day, h, m, sec, ms = 0, offset;
    if (!s || !digits(&s, 4, &year) || !skip(&s, '-', '-') || !digits(&s, 2, &month) ||
        !skip(&s, '-', '-') || !digits(&s, 2, &day) || !skip(&s, 'T', 't') || !digits(&s, 2, &h) ||
        !skip(&s, ':', ':') || !digits(&s, 2, &m) || !skip(&s, ':', ':') || !digits(&s, 2, &sec))
        return false;
    if (skip(&s, '.', '.')) {
        if (*s < '0' || *s > '9')
            return false;
        for (int scale = 100; *s >= '0' && *s <= '9'; s++, scale /= 10)
            ms += scale * (*s - '0');
    }
    if (!zone(&s, &offset) || *s)
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || h > 23 || m > 59 ||
        sec > 60)
        return false;
    int64_t t = days_of(year, month, day) * DAY_S + h * 3600 + (m - offset) * 60 + sec;
    *wall_ms = t * 1000 + ms;
    return true;
}

size_t clock_format_iso(char *out, size_t cap, int64_t wall_ms)
{
    time_t t = (time_t)floor_div(wall_ms, 1000);
    struct tm tm;
    if (!gmtime_r(&t, &tm))
        memset(&tm, 0, sizeof tm);
    int n =
        snprintf(out, cap, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall_ms - (int64_t)t * 1000));
    return n < 0 || (size_t)n >= cap ? 0 : (size_t)n;
}

bool clock_parse_day(const char *s, int64_t *wall_ms)
{
    struct tm tm = {.tm_isdst = -1};
    int64_t part[3];
    char copy[11];
    if (!s || strlen(s) != 10 || s[4] != '-' || s[7] != '-')
        return false;
    memcpy(copy, s, sizeof copy);
    copy[4] = copy[7] = '\0';
    if (!str_int(copy, 1970, 9999, &part[0]) || !str_int(copy + 5, 1, 12, &part[1]) ||
        !str_int(copy + 8, 1, 31, &part[2]))
        return false;
    tm.tm_year = (int)part[0] - 1900;
    tm.tm_mon = (int)part[1] - 1;
    tm.tm_mday = (int)part[2];
    time_t t = mktime(&tm);
    *wall_ms = (int64_t)t * 1000;
    return t != (time_t)-1 && tm.tm_mday == (int)part[2];
}
