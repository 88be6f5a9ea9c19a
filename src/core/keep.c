/* core/keep.c - pins, mutes and notice levels of chats: the user's own, kept on this machine */
#include "core/private.h"

/* The account keeps them for all devices, where it can; a failure is said, and this machine keeps them all the same. */
static void tell_account(struct chat *chat)
{
    uint32_t flags = chat->flags & (KITH_CHAT_AUTOJOIN | KITH_CHAT_PINNED | KITH_CHAT_MUTED);
    if (!(flags & KITH_CHAT_MUTED) && chat->notices == NOTICE_ALL)
        flags |= KITH_CHAT_ALERT_ALL;
    if (!(flags & KITH_CHAT_MUTED) && chat->notices == NOTICE_MENTIONS)
        flags |= KITH_CHAT_ALERT_MENTIONS;
    if (chat->kind == KITH_CHAT_ROOM && (chat->account->caps & KITH_CAP_KEEP))
        rooms_keep(chat, flags);
}

bool keep_take(struct chat *chat, uint32_t flags)
{
    const uint32_t ours = KITH_CHAT_PINNED | KITH_CHAT_MUTED;
    uint32_t was = chat->flags & ours;
    enum notice_level level = flags & KITH_CHAT_ALERT_ALL        ? NOTICE_ALL
                              : flags & KITH_CHAT_ALERT_MENTIONS ? NOTICE_MENTIONS
                                                                 : NOTICE_DEFAULT;
    if (flags & KITH_CHAT_MUTED)
        level = chat->notices; /* what holds again when it is muted no more */
    bool changed = was != (flags & ours) || chat->notices != level;
    chat->notices = level;
    chat->flags = (chat->flags & ~ours) | (flags & ours);
    return changed;
}

static int set_flags(struct core *c, struct chat *chat, uint32_t set, uint32_t clear, struct err *e)
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

int core_keep(struct core *c, struct chat *chat, uint32_t set, uint32_t clear, struct err *e)
{
    uint32_t was = chat->flags;
    int rc = set_flags(c, chat, set, clear, e);
    if (rc >= 0 && chat->flags != was)
        tell_account(chat);
    return rc;
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
    uint32_t was = chat->flags;
    int rc = set_flags(c, chat, none ? KITH_CHAT_MUTED : 0, none ? 0 : KITH_CHAT_MUTED, e);
    if (rc >= 0 && changed)
        save_chat(c, chat);
    if (rc >= 0 && (changed || chat->flags != was))
        tell_account(chat);
    return rc;
}
