/* core/rooms.c - joining, leaving and keeping rooms */
#include <stdio.h>

#include "core/private.h"

static struct request *plain(struct core_account *ca, struct chat *chat, const char *what,
                             core_done_fn *done, void *user)
{
    struct request *r = request_new(ca, request_tell);
    r->chat_id = chat ? chat->id : 0;
    r->what = what;
    r->done = done;
    r->user = user;
    return r;
}

static void on_joined(struct core *c, struct request *r, const struct kith_ev_reply *reply,
                      const struct err *e)
{
    struct chat *chat = NULL;
    const char *room = reply && !str_empty(reply->text) && account_chat(r->ca->account, reply->text)
                           ? reply->text
                           : r->text;
    if (e->code == 0) {
        chat = chats_get(r->ca, room, KITH_CHAT_ROOM);
        chats_show(c, chat);
    }
    if (r->chat_done)
        r->chat_done(r->user, chat, e);
    else if (e->code)
        model_notice(c->model, r->ca->account, NULL, KITH_ERROR, "cannot join %s: %s", r->text,
                     e->text);
}

int core_join(struct core *c, struct account *a, const char *room, const char *nick,
              const char *secret, core_chat_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_ROOMS, "rooms", e) < 0)
        return KITH_EUNSUP;
    struct request *r = request_new(a->core, on_joined);
    r->chat_done = done;
    r->user = user;
    r->text = xstrdup(room);
    struct wire_op op = {.type = OP_ROOM_JOIN, .chat = room, .who = nick, .id = secret};
    return request_send(r, &op, -1, e);
}

int core_leave(struct core *c, struct chat *chat, const char *text, struct err *e)
{
    struct core_account *ca = chat->account->core;
    if (chat->kind != KITH_CHAT_ROOM)
        return err_set(e, KITH_EINVAL, "%s is no room", chat_title(chat));
    struct request *r = plain(ca, chat, "cannot leave the room", NULL, NULL);
    struct wire_op op = {.type = OP_ROOM_LEAVE, .chat = chat->address, .text = text};
    return request_send(r, &op, -1, e);
}

int core_room(struct core *c, struct chat *chat, enum core_room what, const char *who,
              const char *text, core_done_fn *done, void *user, struct err *e)
{
    struct wire_op op = {.chat = chat->address, .who = who, .text = text};
    const char *failed = NULL;
    bool everywhere = what == CORE_ROOM_NICK && (chat->account->groups & ACCOUNT_HAS_NICKS);
    if (chat->kind != KITH_CHAT_ROOM && !everywhere)
        return err_set(e, KITH_EINVAL, "%s is no room", chat_title(chat));
    op.chat = everywhere ? NULL : op.chat;
    switch (what) {
    case CORE_ROOM_TOPIC:
        op.type = OP_ROOM_TOPIC;
        failed = "the topic was not changed";
        break;
    case CORE_ROOM_NICK:
        op.type = OP_ROOM_NICK;
        failed = "the nick was not changed";
        break;
    case CORE_ROOM_INVITE:
        op.type = OP_ROOM_INVITE;
        failed = "the invitation was not sent";
        break;
    case CORE_ROOM_KICK:
        op.type = OP_ROOM_REMOVE;
        op.number = KITH_LEAVE_KICK;
        failed = "nobody was removed";
        break;
    case CORE_ROOM_BAN:
        op.type = OP_ROOM_REMOVE;
        op.number = KITH_LEAVE_BAN;
        failed = "nobody was banned";
        break;
    }
    return request_send(plain(chat->account->core, chat, failed, done, user), &op, -1, e);
}

void rooms_keep(struct chat *chat, uint32_t flags)
{
    struct err e = {0};
    struct wire_op op = {.type = OP_ROOM_KEEP, .chat = chat->address, .number = flags};
    struct request *r = plain(chat->account->core, chat, "only this device knows of it", NULL, NULL);
    if (request_send(r, &op, -1, &e) < 0)
        log_debug("%s: %s", chat->address, e.text);
}

int core_room_list(struct core *c, struct account *a, const char *where, const char *pattern,
                   core_item_fn *item, core_done_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_ROOMS, "rooms", e) < 0)
        return KITH_EUNSUP;
    struct request *r = plain(a->core, NULL, "the rooms cannot be listed", done, user);
    r->item = item;
    struct wire_op op = {.type = OP_ROOM_LIST, .chat = where, .text = pattern};
    return request_send(r, &op, -1, e);
}

int core_backend_command(struct core *c, struct account *a, struct chat *chat, int argc,
                         const char *const *argv, core_item_fn *item, core_done_fn *done,
                         void *user, struct err *e)
{
    struct request *r = plain(a->core, chat, "the command failed", done, user);
    r->item = item;
    struct wire_op op = {.type = OP_COMMAND,
                         .chat = chat ? chat->address : NULL,
                         .list = argv,
                         .n_list = (size_t)argc};
    return request_send(r, &op, -1, e);
}
