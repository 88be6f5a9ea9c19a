/* backends/irc/time.c - times of the tag "time": "2011-10-19T16:40:51.620Z" (IRCv3 server-time) */
#include <stdio.h>
#include <string.h>

#include "backends/irc/line.h"
#include "base/mem.h"

/* Days from 1970-01-01 to the first day of a month, by the proleptic Gregorian calendar. */
static int64_t days_to(int year, int month)
{
    int64_t y = month <= 2 ? year - 1 : year, era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5, doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

/* n digits at *p; -1 when there are fewer. */
static int digits(const char **p, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return -1;
        value = value * 10 + (**p - '0');
    }
    return value;
}

static bool sign(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

/* Milliseconds of ".620", as many digits as there are; 0 when there are none. */
static int fraction(const char **p)
{
    int value = 0, scale = 100;

    if (!sign(p, '.'))
        return 0;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        value += (**p - '0') * scale;
        scale /= 10;
    }
    return value;
}

int64_t irc_time_parse(const char *text)
{
    const char *p = text;
    int year, month, day, hour, minute, second, ms;

    if ((year = digits(&p, 4)) < 1990 || year > 2200 || !sign(&p, '-') || (month = digits(&p, 2)) < 1 || month > 12 || !sign(&p, '-') ||
        (day = digits(&p, 2)) < 1 || day > 31 || !sign(&p, 'T') || (hour = digits(&p, 2)) < 0 || hour > 23 || !sign(&p, ':') ||
        (minute = digits(&p, 2)) < 0 || minute > 59 || !sign(&p, ':') || (second = digits(&p, 2)) < 0 || second > 60)
        return 0;
    ms = fraction(&p);
    if (!sign(&p, 'Z') || *p != '\0')
        return 0;
    return (((days_to(year, month) + day - 1) * 24 + hour) * 60 + minute) * 60000 + (int64_t)second * 1000 + ms;
}

void irc_time_format(int64_t ms, char out[32])
{
    int64_t days = ms / 86400000, rest = ms % 86400000;
    char text[96];
    int year = 1970 + (int)(days / 366), month = 1;

    while (days_to(year + 1, 1) <= days)
        year++;
    while (month < 12 && days_to(year, month + 1) <= days)
        month++;
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year % 10000, month, (int)(days - days_to(year, month) + 1) % 100,
             (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
    str_copy(out, 32, text);
}

int64_t irc_line_time(const struct irc_line *l)
{
    const char *text = irc_line_tag(l, "time");

    return text != NULL ? irc_time_parse(text) : 0;
}
