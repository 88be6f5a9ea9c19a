/* account/ops.c - calls the plugin's function for each operation of the engine */
#include "account/account.h"
#include "account/secret.h"
#include "account/trust.h"
#include "base/mem.h"

/* A function that the plugin may not have: older header, group absent, or NULL. */
#define HAS(group, T, f) (p->group && KITH_HAS(struct T, p->group, f) && p->group->f)

static int run_core(struct kith_account *a, const struct wire_op *op)
{
    const struct kith_protocol *p = a->proto;
    struct kith_session *s = a->session;
    switch (op->type) {
    case OP_CONNECT:
        trust_connecting(a->trust);
        return p->core->connect(s);
    case OP_DISCONNECT:
        return p->core->disconnect(s, op->number, op->text);
    case OP_SEND:
        return p->core->send(s, op->send);
    case OP_PRESENCE:
        return p->core->presence ? p->core->presence(s, op->number, op->text) : KITH_EUNSUP;
    case OP_TYPING:
        return p->core->typing ? p->core->typing(s, op->chat, op->number, op->text) : KITH_EUNSUP;
    case OP_MARK_READ:
        return p->core->mark_read ? p->core->mark_read(s, op->chat, op->id, op->id2) : KITH_EUNSUP;
    case OP_NORMALIZE:
        return HAS(core, kith_core_ops, normalize) ? p->core->normalize(s, op->text, op->req)
                                                   : KITH_EUNSUP;
    case OP_UNSEND:
        return HAS(core, kith_core_ops, unsend) ? p->core->unsend(s, op->chat, op->id)
                                                : KITH_EUNSUP;
    case OP_WATCHED:
        if (HAS(core, kith_core_ops, watched))
            p->core->watched(s, op->number != 0);
        return KITH_OK;
    case OP_WAKE:
        if (HAS(core, kith_core_ops, wake))
            p->core->wake(s);
        return KITH_OK;
    default:
        return KITH_EUNSUP;
    }
}

static int run_answer(struct kith_account *a, const struct wire_op *op)
{
    struct kith_answer answer = {
        .size = sizeof answer, .choice = op->id, .fields = op->fields, .n_fields = op->n_fields};
    if (op->ask & WIRE_ASK_HOST) {
        bool ours =
            trust_answer(a->trust, op->ask, op->id) || secrets_answer(a->secrets, op->ask, op);
        return ours ? KITH_OK : KITH_ENOTFOUND;
    }
    return a->proto->core->answer ? a->proto->core->answer(a->session, op->ask, &answer)
                                  : KITH_EUNSUP;
}

static int run_roster(struct kith_account *a, const struct wire_op *op)
{
    const struct kith_protocol *p = a->proto;
    struct kith_session *s = a->session;
    switch (op->type) {
    case OP_ROSTER_ADD:
        return HAS(roster, kith_roster_ops, add)
                   ? p->roster->add(s, op->chat, op->who, op->list, op->n_list, op->text, op->req)
                   : KITH_EUNSUP;
    case OP_ROSTER_UPDATE:
        return HAS(roster, kith_roster_ops, update)
                   ? p->roster->update(s, op->chat, op->who, op->list, op->n_list, op->req)
                   : KITH_EUNSUP;
    case OP_ROSTER_REMOVE:
        return HAS(roster, kith_roster_ops, remove) ? p->roster->remove(s, op->chat, op->req)
                                                    : KITH_EUNSUP;
    case OP_ROSTER_AUTHORIZE:
        return HAS(roster, kith_roster_ops, authorize)
                   ? p->roster->authorize(s, op->chat, op->number != 0, op->req)
                   : KITH_EUNSUP;
    default:
        return KITH_EUNSUP;
    }
}

static int run_room(struct kith_account *a, const struct wire_op *op)
{
    const struct kith_protocol *p = a->proto;
    struct kith_session *s = a->session;
    switch (op->type) {
    case OP_ROOM_JOIN:
        return HAS(rooms, kith_room_ops, join)
                   ? p->rooms->join(s, op->chat, op->who, op->id, op->req)
                   : KITH_EUNSUP;
    case OP_ROOM_LEAVE:
        return HAS(rooms, kith_room_ops, leave) ? p->rooms->leave(s, op->chat, op->text, op->req)
                                                : KITH_EUNSUP;
    case OP_ROOM_TOPIC:
        return HAS(rooms, kith_room_ops, topic) ? p->rooms->topic(s, op->chat, op->text, op->req)
                                                : KITH_EUNSUP;
    case OP_ROOM_NICK:
        return HAS(rooms, kith_room_ops, nick) ? p->rooms->nick(s, op->chat, op->who, op->req)
                                               : KITH_EUNSUP;
    case OP_ROOM_INVITE:
        return HAS(rooms, kith_room_ops, invite)
                   ? p->rooms->invite(s, op->chat, op->who, op->text, op->req)
                   : KITH_EUNSUP;
    case OP_ROOM_REMOVE:
        return HAS(rooms, kith_room_ops, remove)
                   ? p->rooms->remove(s, op->chat, op->who, op->number, op->text, op->req)
                   : KITH_EUNSUP;
    case OP_ROOM_ROLE:
        return HAS(rooms, kith_room_ops, role)
                   ? p->rooms->role(s, op->chat, op->who, op->number, op->text, op->req)
                   : KITH_EUNSUP;
    case OP_ROOM_LIST:
        return HAS(rooms, kith_room_ops, list)
                   ? p->rooms->list(s, op->chat, op->text, op->id, op->req)
                   : KITH_EUNSUP;
    case OP_ROOM_AFFILIATED:
        return HAS(rooms, kith_room_ops, affiliated)
                   ? p->rooms->affiliated(s, op->chat, op->number, op->req)
                   : KITH_EUNSUP;
    case OP_ROOM_FORM:
        return HAS(rooms, kith_room_ops, form) ? p->rooms->form(s, op->chat, op->req) : KITH_EUNSUP;
    case OP_ROOM_KEEP:
        return HAS(rooms, kith_room_ops, keep) ? p->rooms->keep(s, op->chat, op->number, op->req)
                                               : KITH_EUNSUP;
    case OP_ROOM_DESTROY:
        return HAS(rooms, kith_room_ops, destroy)
                   ? p->rooms->destroy(s, op->chat, op->text, op->req)
                   : KITH_EUNSUP;
    default:
        return KITH_EUNSUP;
    }
}

static int run_change(struct kith_account *a, const struct wire_op *op)
{
    const struct kith_protocol *p = a->proto;
    struct kith_session *s = a->session;
    switch (op->type) {
    case OP_HISTORY_FETCH:
        return HAS(history, kith_history_ops, fetch) ? p->history->fetch(s, op->fetch, op->req)
                                                     : KITH_EUNSUP;
    case OP_RETRACT:
        return HAS(change, kith_change_ops, retract)
                   ? p->change->retract(s, op->chat, op->who, op->text, op->id)
                   : KITH_EUNSUP;
    case OP_REACT:
        return HAS(change, kith_change_ops, react)
                   ? p->change->react(s, op->chat, op->who, op->list, op->n_list, op->id)
                   : KITH_EUNSUP;
    case OP_BLOCK:
        if (op->number != KITH_REPORT_NONE && HAS(blocking, kith_blocking_ops, report))
            return p->blocking->report(s, op->chat, op->number, op->list, op->n_list, op->text,
                                       op->req);
        return HAS(blocking, kith_blocking_ops, block)
                   ? p->blocking->block(s, op->chat, op->number, op->req)
                   : KITH_EUNSUP;
    case OP_UNBLOCK:
        return HAS(blocking, kith_blocking_ops, unblock)
                   ? p->blocking->unblock(s, op->chat, op->req)
                   : KITH_EUNSUP;
    case OP_INFO:
        return HAS(directory, kith_directory_ops, info) ? p->directory->info(s, op->chat, op->req)
                                                        : KITH_EUNSUP;
    case OP_DIRECTORY_FORM:
        return HAS(directory, kith_directory_ops, form) ? p->directory->form(s, op->chat, op->req)
                                                        : KITH_EUNSUP;
    case OP_DIRECTORY_SEARCH:
        return HAS(directory, kith_directory_ops, search)
                   ? p->directory->search(s, op->chat, op->fields, op->n_fields, op->req)
                   : KITH_EUNSUP;
    default:
        return KITH_EUNSUP;
    }
}

/* Accepted: the descriptor is the plugin's. Refused: it stays the caller's. */
static int run_file(struct kith_account *a, const struct wire_op *op, int *fd)
{
    const struct kith_protocol *p = a->proto;
    struct kith_session *s = a->session;
    int rc = KITH_EUNSUP;
    switch (op->type) {
    case OP_FILE_OFFER:
    case OP_FILE_ACCEPT:
        if (*fd < 0)
            return KITH_EINVAL;
        if (op->type == OP_FILE_OFFER && HAS(files, kith_file_ops, offer))
            rc = p->files->offer(s, op->chat, *fd, op->text, op->id2, op->big, op->id, op->req);
        else if (op->type == OP_FILE_ACCEPT && HAS(files, kith_file_ops, accept))
            rc = p->files->accept(s, op->id, *fd, op->req);
        if (rc >= 0)
            *fd = -1;
        return rc;
    case OP_FILE_DECLINE:
        return HAS(files, kith_file_ops, decline) ? p->files->decline(s, op->id, op->req)
                                                  : KITH_EUNSUP;
    case OP_FILE_CANCEL:
        return HAS(files, kith_file_ops, cancel) ? p->files->cancel(s, op->req) : KITH_EUNSUP;
    default:
        return KITH_EUNSUP;
    }
}

/* As with files, of whom descriptors are. A plugin of an older header has no such group. */
static int run_avatar(struct kith_account *a, const struct wire_op *op, int *fd)
{
    const struct kith_protocol *p = a->proto;
    struct kith_session *s = a->session;
    int rc = KITH_EUNSUP;
    if (!KITH_HAS(struct kith_protocol, p, avatars))
        return rc;
    if (op->type == OP_AVATAR_FIND)
        return HAS(avatars, kith_avatar_ops, find) ? p->avatars->find(s, op->chat, op->req) : rc;
    if (op->type == OP_AVATAR_FETCH && *fd < 0)
        return KITH_EINVAL;
    if (op->type == OP_AVATAR_FETCH && HAS(avatars, kith_avatar_ops, fetch))
        rc = p->avatars->fetch(s, op->chat, op->id, *fd, op->req);
    else if (op->type == OP_AVATAR_SET && HAS(avatars, kith_avatar_ops, set))
        rc = p->avatars->set(s, op->chat, *fd, op->id2, op->number, op->number2, op->req);
    if (rc >= 0)
        *fd = -1;
    return rc;
}

/* Likewise. */
static int run_encryption(struct kith_account *a, const struct wire_op *op, int *fd)
{
    const struct kith_protocol *p = a->proto;
    struct kith_session *s = a->session;
    int rc = KITH_EUNSUP;
    if (!KITH_HAS(struct kith_protocol, p, encryption))
        return rc;
    if (op->type == OP_FORECAST)
        return HAS(encryption, kith_encryption_ops, forecast) ? p->encryption->forecast(s, op->chat, op->req) : rc;
    if (op->type == OP_ENCRYPT)
        return HAS(encryption, kith_encryption_ops, encrypt) ? p->encryption->encrypt(s, op->chat, (int)MIN(op->number, (uint32_t)KITH_ENCRYPT_HELD), op->req) : rc;
    if (op->type == OP_TRUST)
        return HAS(encryption, kith_encryption_ops, trust)
                   ? p->encryption->trust(s, op->who, op->id, op->text, op->number, op->req)
                   : rc;
    if (op->type == OP_NEW_DEVICES)
        return HAS(encryption, kith_encryption_ops, new_devices) ? p->encryption->new_devices(s, op->chat, op->number != 0, op->req) : rc;
    if (op->type == OP_REMOVE_DEVICE)
        return HAS(encryption, kith_encryption_ops, remove_device) ? p->encryption->remove_device(s, op->id, op->req) : rc;
    if (op->type == OP_RESET_KEYS)
        return HAS(encryption, kith_encryption_ops, reset_keys) ? p->encryption->reset_keys(s, op->req) : rc;
    if (op->type == OP_LOOK)
        return HAS(encryption, kith_encryption_ops, look) ? p->encryption->look(s, op->chat) : rc;
    if (*fd < 0)
        return KITH_EINVAL;
    if (op->type == OP_KEYS_EXPORT && HAS(encryption, kith_encryption_ops, export_keys))
        rc = p->encryption->export_keys(s, *fd, op->req);
    else if (op->type == OP_KEYS_IMPORT && HAS(encryption, kith_encryption_ops, import_keys))
        rc = p->encryption->import_keys(s, *fd, op->req);
    if (rc >= 0)
        *fd = -1;
    return rc;
}

static int run_command(struct kith_account *a, const struct wire_op *op)
{
    if (op->n_list == 0)
        return KITH_EINVAL;
    for (size_t i = 0; i < a->proto->n_commands; i++) {
        const struct kith_command *c = KITH_AT(struct kith_command, a->proto->commands, i);
        if (c->run && str_eq(c->name, op->list[0]))
            return c->run(a->session, op->chat, (int)op->n_list, op->list, op->req);
    }
    return KITH_ENOTFOUND;
}

int ops_run(struct kith_account *a, const struct wire_op *op, int *fd)
{
    if (op->type == OP_ANSWER)
        return run_answer(a, op);
    if (op->type <= OP_WAKE || op->type == OP_UNSEND || op->type == OP_WATCHED)
        return run_core(a, op);
    if (op->type <= OP_ROSTER_AUTHORIZE)
        return run_roster(a, op);
    if (op->type <= OP_ROOM_DESTROY)
        return run_room(a, op);
    if (op->type >= OP_FILE_OFFER && op->type <= OP_FILE_CANCEL)
        return run_file(a, op, fd);
    if (op->type >= OP_AVATAR_FIND && op->type <= OP_AVATAR_SET)
        return run_avatar(a, op, fd);
    if (op->type >= OP_FORECAST && op->type <= OP_LOOK)
        return run_encryption(a, op, fd);
    return op->type == OP_COMMAND ? run_command(a, op) : run_change(a, op);
}
