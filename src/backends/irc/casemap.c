/* backends/irc/casemap.c - which names are the same: CASEMAPPING of ISUPPORT */
#include "backends/irc/casemap.h"

#include <string.h>

#include "base/mem.h"

enum irc_casemap irc_casemap_named(const char *name)
{
    if (str_eq(name, "rfc1459"))
        return IRC_CASE_RFC1459;
    if (str_eq(name, "rfc1459-strict") || str_eq(name, "strict-rfc1459"))
        return IRC_CASE_STRICT;
    return IRC_CASE_ASCII;
}

char irc_fold_char(enum irc_casemap map, char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    if (map == IRC_CASE_ASCII)
        return c;
    if (c == '[' || c == ']' || c == '\\')
        return c == '[' ? '{' : c == ']' ? '}' : '|';
    return c == '~' && map == IRC_CASE_RFC1459 ? '^' : c;
}

char *irc_fold(enum irc_casemap map, const char *name)
{
    char *folded = xstrdup(name);

    for (char *c = folded; *c != '\0'; c++)
        *c = irc_fold_char(map, *c);
    return folded;
}

bool irc_same(enum irc_casemap map, const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return false;
    while (*a != '\0' && irc_fold_char(map, *a) == irc_fold_char(map, *b)) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Where the last '*' was, and what of the text it has taken so far: tried again with one more, never recursed. */
bool irc_mask_match(enum irc_casemap map, const char *mask, const char *text)
{
    const char *star = NULL, *taken = NULL;

    while (*text != '\0') {
        bool literal = *mask == '\\' && (mask[1] == '*' || mask[1] == '?' || mask[1] == '\\');
        const char *m = literal ? mask + 1 : mask;

        if (!literal && *m == '*') {
            star = ++mask;
            taken = text;
        } else if (*m != '\0' && ((!literal && *m == '?') || irc_fold_char(map, *m) == irc_fold_char(map, *text))) {
            mask = m + 1;
            text++;
        } else if (star != NULL) {
            mask = star;
            text = ++taken;
        } else {
            return false;
        }
    }
    while (*mask == '*')
        mask++;
    return *mask == '\0';
}
