/* cmd/listed.c - who stands in the buddy list */
#include "cmd/listed.h"

enum listed listed_rule(const struct contact *ct, const struct chat *chat, bool offline_too)
{
    bool busy = chat && (chat->unread > 0 || chat->open);
    enum kith_show show = ct ? contact_show(ct) : KITH_SHOW_OFFLINE;
    if (ct && show != KITH_SHOW_OFFLINE && show != KITH_SHOW_UNKNOWN)
        return LISTED_PRESENT;
    if (busy)
        return LISTED_BUSY;
    if (ct)
        return offline_too ? LISTED_OFFLINE : UNLISTED_OFFLINE;
    const uint32_t kept = KITH_CHAT_JOINED | KITH_CHAT_AUTOJOIN | KITH_CHAT_PINNED;
    return chat && (chat->flags & kept) ? LISTED_KEPT : UNLISTED_CLOSED;
}
