/* base/invitation.c - links by which somebody is invited to make an account: read */
#include "base/invitation.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { LINK_BYTES = 2000, TOKEN_LEAST = 6, TOKEN_MOST = 512, NAME_BYTES = 255 };

void invitation_free(struct invitation *i)
{
    free(i->server);
    free(i->user);
    free(i->inviter);
    free(i->token);
    *i = (struct invitation){0};
}

/* A host's name: nothing else may be in it. */
static bool is_server(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c >= 0x80))
            return false;
    }
    return len > 0 && len <= NAME_BYTES && s[0] != '.' && s[0] != '-';
}

static bool is_user(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] <= ' ' || strchr("\"&'/:<>@%", s[i]))
            return false;
    return len > 0 && len <= NAME_BYTES;
}

static char *token_of(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.~+=", c)))
            return NULL;
    }
    return len >= TOKEN_LEAST && len <= TOKEN_MOST ? xstrndup(s, len) : NULL;
}

/* The value of key in "a=1;b=2" (or with &); NULL: it is not there. */
static const char *param(const char *query, const char *key, size_t *len)
{
    size_t n = strlen(key);
    while (*query) {
        size_t all = strcspn(query, ";&#");
        if (all > n && strncmp(query, key, n) == 0 && query[n] == '=') {
            *len = all - n - 1;
            return query + n + 1;
        }
        query += all + (query[all] != '\0');
    }
    return NULL;
}

/* What follows "xmpp:". */
static bool read_address(const char *s, struct invitation *out)
{
    size_t len = strcspn(s, "?"), n = 0;
    const char *query = s[len] ? s + len + 1 : "", *at = memchr(s, '@', len), *server = at ? at + 1 : s;
    const char *value = param(query, "preauth", &n);
    size_t action = strcspn(query, ";&");
    bool fresh = action == 8 && strncmp(query, "register", action) == 0;
    bool contact = action == 6 && strncmp(query, "roster", action) == 0 && at;
    size_t server_len = len - (size_t)(server - s), yes = 0;
    const char *ibr = param(query, "ibr", &yes);
    if (!value || !(fresh || (contact && ibr && yes == 1 && *ibr == 'y')) || !is_server(server, server_len) ||
        (at && !is_user(s, (size_t)(at - s))))
        return false;
    out->token = token_of(value, n);
    if (!out->token)
        return false;
    out->server = xstrndup(server, server_len);
    if (contact)
        out->inviter = xstrndup(s, len);
    else if (at)
        out->user = xstrndup(s, (size_t)(at - s));
    return true;
}

/* https://host/path?query#fragment, from the host on. */
static bool read_page(const char *s, struct invitation *out)
{
    size_t host = strcspn(s, "/:?#"), n = 0;
    const char *fragment = strchr(s, '#'), *query = strchr(s, '?'), *path = strstr(s, "/invite/"), *value = NULL;
    if (fragment && read_address(fragment + 1 + 5 * str_starts(fragment + 1, "xmpp:"), out))
        return true;
    if (query && (!fragment || query < fragment)) {
        static const char *const keys[] = {"preauth", "t", "token", "key"};
        for (size_t i = 0; i < COUNT(keys) && !value; i++)
            value = param(query + 1, keys[i], &n);
        if (!value && !strchr(query, '=')) {
            value = query + 1;
            n = strcspn(value, "&#");
        }
    } else if (path) {
        value = path + strlen("/invite/");
        n = strcspn(value, "/?#");
    }
    if (!value || !is_server(s, host))
        return false;
    out->token = token_of(value, n);
    out->server = out->token ? xstrndup(s, host) : NULL;
    return out->token != NULL;
}

bool invitation_read(const char *text, struct invitation *out)
{
    *out = (struct invitation){0};
    text += strspn(text, " \t\r\n");
    size_t len = strcspn(text, " \t\r\n");
    if (len == 0 || len > LINK_BYTES || text[len + strspn(text + len, " \t\r\n")])
        return false;
    char *one = xstrndup(text, len);
    bool is = strncasecmp(one, "xmpp:", 5) == 0      ? read_address(one + 5, out)
              : strncasecmp(one, "https://", 8) == 0 ? read_page(one + 8, out)
                                                     : false;
    free(one);
    return is;
}
