/* core/allowed.c - what the user lets others see (UX.md 4.24), and whom they do not want to hear */
#include "core/private.h"

/* "contacts" leaves rooms out; that strangers are told nothing is the backend's rule in any case. */
enum tell_rule allowed_tell(const struct core *c, const struct chat *chat, const char *option)
{
    const char *who = config_str(c->config, option);
    if (str_eq(who, "off"))
        return TELL_OFF;
    if (str_eq(who, "all"))
        return TELL_ALL;
    return chat->kind == KITH_CHAT_ROOM ? TELL_NOT_ROOMS : TELL_CONTACTS;
}

bool core_may_tell(const struct core *c, const struct chat *chat, const char *option)
{
    enum tell_rule rule = allowed_tell(c, chat, option);
    return rule == TELL_ALL || rule == TELL_CONTACTS;
}

/* "account/address"; a bare address covers all its devices, room/nick one occupant. */
static bool covers(const char *entry, const char *account, const char *address)
{
    size_t n = strlen(account);
    if (strncmp(entry, account, n) != 0 || entry[n] != '/')
        return false;
    const char *who = entry + n + 1;
    size_t len = strlen(who);
    return strncmp(who, address, len) == 0 &&
           (!address[len] || (address[len] == '/' && !strchr(who, '/')));
}

const char *allowed_ignores(const struct core *c, const struct account *a, const char *address)
{
    size_t n = 0;
    const char *const *v = config_list(c->config, "privacy.ignore", &n);
    for (size_t i = 0; i < n; i++) {
        if (!str_empty(address) && covers(v[i], a->name, address))
            return v[i];
    }
    return NULL;
}

bool core_ignores(const struct core *c, const struct account *a, const char *address)
{
    return allowed_ignores(c, a, address) != NULL;
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* * and ?, whatever the case. Where the last star was is tried again with one byte more, never recursed. */
static bool mask_fits(const char *mask, const char *text)
{
    const char *star = NULL, *taken = NULL;
    while (*text) {
        if (*mask == '*') {
            star = ++mask;
            taken = text;
        } else if (*mask && (*mask == '?' || lower(*mask) == lower(*text))) {
            mask++;
            text++;
        } else if (star) {
            mask = star;
            text = ++taken;
        } else {
            return false;
        }
    }
    while (*mask == '*')
        mask++;
    return !*mask;
}

const char *allowed_ignores_mask(const struct core *c, const struct account *a, const char *mask)
{
    size_t n = 0, len = strlen(a->name);
    const char *const *v = config_list(c->config, "privacy.ignore", &n);
    for (size_t i = 0; mask && i < n; i++) {
        bool here = strncmp(v[i], a->name, len) == 0 && v[i][len] == '/';
        if (here && strchr(v[i] + len, '!') && mask_fits(v[i] + len + 1, mask))
            return v[i];
    }
    return NULL;
}

/* Where people are called by nicks an entry holds in all rooms. */
static const char *ignores_nick(const struct core *c, const struct account *a, const char *nick)
{
    if (!nick || !(a->groups & ACCOUNT_HAS_NICKS))
        return NULL;
    char *folded = xstrdup(nick);
    for (char *p = folded; *p; p++)
        *p = lower(*p);
    const char *entry = allowed_ignores(c, a, folded);
    free(folded);
    return entry;
}

const char *allowed_ignores_in(const struct core *c, const struct chat *chat, const char *nick)
{
    const struct member *m = nick ? chat_member(chat, nick) : NULL;
    char *occupant = xasprintf("%s/%s", chat->address, nick ? nick : "");
    const char *entry = allowed_ignores(c, chat->account, occupant);
    free(occupant);
    entry = entry ? entry : ignores_nick(c, chat->account, nick);
    return entry || !m ? entry : allowed_ignores(c, chat->account, m->address);
}
