/* core/allowed.c - what the user lets others see: typing and reading (UX.md 4.24) */
#include "core/private.h"

/* "contacts" leaves rooms out; that strangers are told nothing is the backend's rule in any case. */
bool core_may_tell(const struct core *c, const struct chat *chat, const char *option)
{
    const char *who = config_str(c->config, option);
    if (str_eq(who, "off"))
        return false;
    return str_eq(who, "all") || chat->kind != KITH_CHAT_ROOM;
}
