/* cmd/url.c - finding addresses in text, and which of them may be opened */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "cmd/internal.h"
#include "cmd/url.h"

static const char *const schemes[] = {"https", "http",   "xmpp", "ircs",
                                      "irc",   "mailto", "geo"};

/* Length of the scheme and its colon at s when it is one of ours, else 0. */
static size_t scheme_at(const char *s)
{
    for (size_t i = 0; i < COUNT(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (strncasecmp(s, schemes[i], n) == 0 && s[n] == ':')
            return n + 1;
    }
    return 0;
}

/* A scheme inside a word is none; scripts without blanks may stand right before one. */
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* What ends a sentence, or closes a bracket that the address did not open, is no part of it. */
static size_t trim(const char *s, size_t len)
{
    while (len) {
        char c = s[len - 1], open = c == ')'   ? '('
                                    : c == ']' ? '['
                                    : c == '}' ? '{'
                                    : c == '>' ? '<'
                                               : 0;
        if (strchr(".,;:!?'\"", c)) {
            len--;
        } else if (open) {
            int depth = 0;
            for (size_t i = 0; i < len; i++)
                depth += s[i] == open ? 1 : s[i] == c ? -1 : 0;
            if (depth >= 0)
                return len;
            len--;
        } else {
            return len;
        }
    }
    return len;
}

bool find_url(const char *text, size_t at, size_t *from, size_t *len)
{
    for (size_t i = at; text[i]; i++) {
        size_t scheme = i == 0 || !is_word(text[i - 1]) ? scheme_at(text + i) : 0;
        if (!scheme)
            continue;
        size_t n = trim(text + i, strcspn(text + i, " \t\n<>\"`"));
        bool web = strncasecmp(text + i, "http", 4) == 0;
        if (n <= scheme || (web && (n <= scheme + 2 || strncmp(text + i + scheme, "//", 2) != 0)))
            continue;
        *from = i;
        *len = n;
        return true;
    }
    return false;
}

int url_check(const char *url, struct err *e)
{
    size_t scheme = scheme_at(url);
    if (!scheme)
        return err_set(
            e, KITH_EINVAL,
            "only https, http, xmpp, irc, ircs, mailto and geo addresses are opened");
    if (!url[scheme])
        return err_set(e, KITH_EINVAL, "nothing follows %.10s", url);
    for (const char *p = url; *p; p++) {
        if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("<>\"`\\^{|}", *p))
            return err_set(e, KITH_EINVAL,
                           "the address has characters that do not belong into one");
    }
    if (strlen(url) > 8000)
        return err_set(e, KITH_ETOOBIG, "the address is too long");
    return 0;
}

bool url_is_chat(const char *url)
{
    return strncasecmp(url, "xmpp:", 5) == 0 || strncasecmp(url, "irc:", 4) == 0 ||
           strncasecmp(url, "ircs:", 5) == 0;
}
