/* core/keep.c - pins, mutes and notice levels of chats: the user's own, kept on this machine */
#include "core/private.h"

int core_keep(struct core *c, struct chat *chat, uint32_t set, uint32_t clear, struct err *e)
{
    const uint32_t all = KITH_CHAT_PINNED | KITH_CHAT_MUTED | KITH_CHAT_AUTOJOIN;
    if ((set | clear) & ~all)
        return err_set(e, KITH_EINVAL, "only pins, mutes and joining by itself are kept");
    uint32_t flags = (chat->flags & ~clear) | set;
    if (flags == chat->flags)
        return 0;
    chat->flags = flags;
    if (set & KITH_CHAT_MUTED)
        inbox_forget_chat(c, chat, false);
    save_chat(c, chat);
    chat_changed(chat);
    return 0;
}

void core_set_pictures(struct core *c, struct chat *chat, enum picture_wish wish)
{
    if (chat->pictures == wish)
        return;
    chat->pictures = wish;
    save_chat(c, chat);
    chat_changed(chat);
}

int core_set_notices(struct core *c, struct chat *chat, enum notice_level level, struct err *e)
{
    bool none = level == NOTICE_NONE;
    enum notice_level kept = none ? NOTICE_DEFAULT : level;
    bool changed = chat->notices != kept;
    chat->notices = kept;
    int rc = core_keep(c, chat, none ? KITH_CHAT_MUTED : 0, none ? 0 : KITH_CHAT_MUTED, e);
    if (rc >= 0 && changed)
        save_chat(c, chat);
    return rc;
}
