/* core/paced.c - what the limits of a protocol hold back: told, and taken back before it leaves */
#include "core/private.h"

static bool unsent(const struct outgoing *o)
{
    return !o->sent && !o->issued && !o->row.failure && !o->chat->core->held;
}

/* What waits here behind what waits there takes its time as well. */
void paced_on_link(struct core_account *ca, const struct kith_ev_link *ev)
{
    struct account *a = ca->account;
    uint32_t here = 0;
    int64_t wait = ev->wait_ms;
    if (a->state != KITH_STATE_ONLINE)
        return;
    for (const struct outgoing *o = ev->waiting ? ca->queue : NULL; o; o = o->next)
        here += unsent(o);
    if (ev->waiting)
        wait += wait / ev->waiting * here;
    if (a->lag_ms == ev->lag_ms && a->waiting == ev->waiting + here && a->wait_ms == wait)
        return;
    a->lag_ms = ev->lag_ms;
    a->waiting = ev->waiting + here;
    a->wait_ms = wait;
    account_changed(a);
}

void paced_lost(struct account *a)
{
    a->lag_ms = -1;
    a->waiting = 0;
    a->wait_ms = 0;
}

/* ---- taking back ---- */

bool paced_take_back(struct core_account *ca, int64_t message)
{
    struct outgoing *o = ca->queue;
    while (o && !(o->row.message == message && o->row.op == STORE_SEND))
        o = o->next;
    bool there = o && o->issued && !o->sent && ca->account->state == KITH_STATE_ONLINE;
    if (!there || (o->row.flags & KITH_SEND_EDIT))
        return false;
    struct wire_op op = {
        .size = sizeof op, .type = OP_UNSEND, .chat = o->chat->address, .id = o->row.origin_id};
    o->unsend = link_op(ca, &op, -1, NULL) >= 0;
    return o->unsend;
}

bool paced_taken_back(struct core_account *ca, struct outgoing *o, int err)
{
    struct core *c = ca->core;
    struct chat *chat = o->chat;
    if (!o->unsend || err != KITH_ECANCELED)
        return false;
    struct message *m = send_get(c, chat, o->row.message);
    outbox_drop(ca, o);
    if (m)
        send_drop(c, m);
    message_free(m);
    return true;
}

void paced_refused(struct core_account *ca, const struct wire_refused *r)
{
    for (struct outgoing *o = ca->queue; o; o = o->next) {
        if (str_eq(o->row.origin_id, r->id))
            o->unsend = false;
    }
    model_notice(ca->core->model, ca->account, account_chat(ca->account, r->chat), KITH_WARN,
                 r->err == KITH_ENOTFOUND
                     ? "it was not taken back: it has left already"
                     : "it may have left already; wait until that is known");
}
