/* backends/irc/sts.c - strict transport security: a server that said so once is never spoken to in clear again
 *
 * IRCv3 sts. In clear only "port" counts: connect anew with TLS. Only what comes over verified TLS is kept, at once, under
 * the key "sts HOST" as "PORT DURATION EXPIRY"; the expiry counts from when we leave. A duration of 0 forgets it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/irc.h"
#include "base/mem.h"

enum { DURATION_MAX_S = 10 * 366 * 86400, RECORD_MAX = 96 };

static char *key_of(const char *host)
{
    return xasprintf("sts %s", host);
}

static bool load(struct irc *i, const char *host, uint16_t *port, int64_t *duration, int64_t *expiry)
{
    char record[RECORD_MAX + 1] = "", *key = key_of(host);
    int n = i->io.state_get(i->io.user, key, record, RECORD_MAX);
    char *rest = record, *a = strsep(&rest, " "), *b = rest ? strsep(&rest, " ") : NULL;
    int64_t p = 0;
    free(key);
    if (n <= 0 || !a || !b || !rest || !str_int(a, 1, 65535, &p) ||
        !str_int(b, 0, DURATION_MAX_S, duration) || !str_int(rest, 0, INT64_MAX, expiry))
        return false;
    *port = (uint16_t)p;
    return true;
}

static void save(struct irc *i, const char *host, uint16_t port, int64_t duration)
{
    char record[RECORD_MAX], *key = key_of(host);
    int n = snprintf(record, sizeof record, "%u %" PRId64 " %" PRId64, port, duration,
                     irc_wall(i) + duration * 1000);
    i->io.state_set(i->io.user, key, record, duration > 0 ? (size_t)n : 0);
    free(key);
}

void irc_sts_before(struct irc *i, const char *host, uint16_t *port, bool *tls)
{
    uint16_t known = 0;
    int64_t duration = 0, expiry = 0;
    if (*tls)
        return; /* what the user set is at least as strict */
    if (i->sts_port)
        known = i->sts_port;
    else if (!load(i, host, &known, &duration, &expiry) || expiry <= irc_wall(i))
        return;
    *port = known;
    *tls = true;
}

/* "duration=300,port=6697": the value of a key as a number; -1: not there or senseless. */
static int64_t value_of(const char *list, const char *key, int64_t max)
{
    size_t len = strlen(key);
    for (const char *p = list; p && *p;) {
        size_t n = strcspn(p, ",");
        if (n > len + 1 && strncmp(p, key, len) == 0 && p[len] == '=') {
            char *number = xstrndup(p + len + 1, n - len - 1);
            int64_t v = -1;
            if (!str_int(number, 0, max, &v))
                v = strspn(number, "0123456789") == strlen(number) ? max : -1;
            free(number);
            return v;
        }
        p += n + (p[n] == ',');
    }
    return -1;
}

static char *host_of(const struct irc *i)
{
    const char *s = i->server;
    if (*s == '[')
        return xstrndup(s + 1, strcspn(s + 1, "]"));
    const char *colon = strchr(s, ':');
    return colon && !strchr(colon + 1, ':') ? xstrndup(s, (size_t)(colon - s)) : xstrdup(s);
}

void irc_sts_value(struct irc *i, const char *value)
{
    int64_t port = value_of(value, "port", 65536), duration = value_of(value, "duration", DURATION_MAX_S);
    if (i->insecure_only) {
        if (port < 1 || port > 65535)
            return;
        i->sts_port = (uint16_t)port;
        i->sts_upgrade = true;
        irc_end(i, KITH_ETLS, KITH_RETRY_NOW, 0, "%s wants encryption: connecting anew with TLS.", i->server);
        return;
    }
    if (duration < 0 || !i->secure)
        return;
    char *host = host_of(i);
    uint16_t known = 0, own = 0;
    int64_t a, b, n = 0;
    const char *colon = strrchr(i->server, ':');
    if (colon && str_int(colon + 1, 1, 65535, &n))
        own = (uint16_t)n;
    if (irc_option(i, "port") && str_int(irc_option(i, "port"), 1, 65535, &n))
        own = (uint16_t)n;
    if (i->sts_port) /* upgraded: the port of this connection */
        known = i->sts_port;
    else if (!load(i, host, &known, &a, &b))
        known = own && own != 6667 ? own : 6697;
    save(i, host, known, duration);
    free(host);
}

void irc_sts_gone(struct irc *i)
{
    uint16_t port;
    int64_t duration, expiry;
    char *host = host_of(i);
    if (i->secure && load(i, host, &port, &duration, &expiry) && expiry > irc_wall(i))
        save(i, host, port, duration);
    free(host);
}
