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

const char *allowed_ignores_in(const struct core *c, const struct chat *chat, const char *nick)
{
    const struct member *m = nick ? chat_member(chat, nick) : NULL;
    char *occupant = xasprintf("%s/%s", chat->address, nick ? nick : "");
    const char *entry = allowed_ignores(c, chat->account, occupant);
    free(occupant);
    return entry || !m ? entry : allowed_ignores(c, chat->account, m->address);
}
