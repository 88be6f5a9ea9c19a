/* backends/irc/netsplit.c - is a quit message one of a server about a split? */
#include <string.h>

#include "backends/irc/rooms.h"

enum { NAME_MAX_BYTES = 63 };

/* "hub.example.org", "*.net": letters, digits and hyphens with dots between; *at is moved behind it. */
static bool server_name(const char **at)
{
    const char *p = *at;
    size_t dots = 0;
    if (*p == '*')
        p++;
    for (; *p && *p != ' '; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
        bool dot = *p == '.' && (p == *at || p[-1] != '.') && p[1] && p[1] != ' ';
        if (!letter && !dot && *p != '-' && *p != '_')
            return false;
        dots += dot;
    }
    size_t len = (size_t)(p - *at);
    bool good = dots > 0 && **at != '.' && len <= NAME_MAX_BYTES;
    *at = p;
    return good;
}

bool irc_is_split(const char *reason)
{
    const char *at = reason, *first = reason;
    if (!server_name(&at) || *at != ' ')
        return false;
    size_t len = (size_t)(at - first);
    const char *second = ++at;
    return server_name(&at) && *at == '\0' && !(strlen(second) == len && strncmp(first, second, len) == 0);
}
