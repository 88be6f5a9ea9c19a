/* core/allowed.c - what the user lets others see (UX.md 4.24), and whom they do not want to hear */
#include "core/private.h"

/* "contacts" leaves rooms out; that strangers are told nothing is the backend's rule in any case. */
bool core_may_tell(const struct core *c, const struct chat *chat, const char *option)
{
    const char *who = config_str(c->config, option);
    if (str_eq(who, "off"))
        return false;
    return str_eq(who, "all") || chat->kind != KITH_CHAT_ROOM;
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

bool core_ignores(const struct core *c, const struct account *a, const char *address)
{
    size_t n = 0;
    const char *const *v = config_list(c->config, "privacy.ignore", &n);
    for (size_t i = 0; i < n; i++) {
        if (!str_empty(address) && covers(v[i], a->name, address))
            return true;
    }
    return false;
}
