/* account/serve.c - talks to the engine: frames in and out, signs of life, congestion, and the
 * polite end */
#include <string.h>

#include "account/account.h"
#include "account/handles.h"
#include "account/secret.h"
#include "account/stream.h"
#include "base/mem.h"

static void engine_gone(struct kith_account *a)
{
    if (a->wire_gone)
        return;
    a->wire_gone = true;
    loop_io_del(a->wire_io);
    a->wire_io = NULL;
    serve_bye(a, KITH_REASON_RESTART);
}

static void set_congested(struct kith_account *a, bool on)
{
    if (a->congested == on)
        return;
    a->congested = on;
    handles_hold(a->handles, on);
    streams_hold(a, on);
}

void serve_flush(struct kith_account *a)
{
    if (a->wire_gone)
        return;
    int rc = frame_flush(&a->wire);
    if (rc < 0) {
        engine_gone(a);
        return;
    }
    size_t queued = frame_queued(&a->wire);
    if (queued > ACCOUNT_FULL)
        set_congested(a, true);
    else if (queued < ACCOUNT_DRAINED)
        set_congested(a, false);
    if (a->wire_io)
        loop_io_want(a->wire_io, rc == 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

static void flush_turn(void *user)
{
    serve_flush(user);
}

void serve_flush_soon(struct kith_account *a)
{
    loop_defer(a->loop, flush_turn, a);
}

void serve_send(struct kith_account *a, enum wire_kind kind, const struct buf *payload)
{
    if (a->wire_gone)
        return;
    frame_put(&a->wire, (uint16_t)kind, payload ? payload->data : NULL, payload ? payload->len : 0);
    serve_flush_soon(a);
}

void serve_hello(struct kith_account *a, const struct err *e)
{
    struct wire_hello h = {.size = sizeof h};
    struct kith_protocol proto = {0};
    struct arena mem = {0};
    struct buf b = {0};
    if (e) {
        h.err = e->code < 0 ? e->code : KITH_EUNSUP;
        h.text = e->text;
    } else {
        memcpy(&proto, a->proto, MIN(a->proto->size, sizeof proto));
        proto.size = sizeof proto;
        proto.options = options_all(a->proto, &mem, &proto.n_options);
        h.protocol = &proto;
        h.plugin_version = a->plugin->version;
        h.plugin_license = a->plugin->license;
    }
    wire_put_hello(&b, &h);
    if (b.len)
        serve_send(a, WIRE_HELLO, &b);
    serve_flush(a);
    buf_free(&b);
    arena_free(&mem);
}

static void refuse(struct kith_account *a, const struct wire_op *op, int err)
{
    struct buf b = {0};
    struct wire_refused r = {.size = sizeof r,
                             .type = op->type,
                             .req = op->req,
                             .err = err,
                             .chat = op->chat,
                             .id = op->id};
    if (op->type == OP_SEND) {
        r.chat = op->send->chat;
        r.id = op->send->id;
    }
    wire_put_refused(&b, &r);
    serve_send(a, WIRE_REFUSED, &b);
    buf_free(&b);
}

static void on_op(struct kith_account *a, struct frame *f)
{
    struct wire_op *op;
    struct err e = {0};
    arena_reset(&a->op_mem);
    if (wire_get_op(f->data, f->len, &a->op_mem, &op, &e) < 0) {
        account_log(a, KITH_ERROR, "%s", e.text);
        return;
    }
    if (!a->session || a->quitting) {
        refuse(a, op, KITH_EOFFLINE);
        return;
    }
    int none = -1;
    int rc = ops_run(a, op, f->n_fds ? &f->fds[0] : &none);
    if (rc < 0)
        refuse(a, op, rc);
    arena_wipe(&a->op_mem);
}

static void on_committed(struct kith_account *a, const struct frame *f)
{
    uint64_t number;
    const struct kith_core_ops *core = a->proto ? a->proto->core : NULL;
    if (!core || !a->session || wire_get_number(f->data, f->len, &number, NULL) < 0 ||
        number > a->number)
        return;
    if (KITH_HAS(struct kith_core_ops, core, committed) && core->committed)
        core->committed(a->session, number);
}

static void on_quit(struct kith_account *a, const struct frame *f)
{
    uint64_t reason = KITH_REASON_QUIT;
    if (f->len &&
        (wire_get_number(f->data, f->len, &reason, NULL) < 0 || reason > KITH_REASON_RESTART))
        reason = KITH_REASON_QUIT;
    serve_bye(a, (enum kith_reason)reason);
}

static void on_frame(struct kith_account *a, struct frame *f)
{
    switch (f->kind) { /* a number from the wire: unknown kinds are ignored */
    case WIRE_OP:
        on_op(a, f);
        break;
    case WIRE_COMMITTED:
        on_committed(a, f);
        break;
    case WIRE_PING:
        serve_send(a, WIRE_PONG, NULL);
        break;
    case WIRE_QUIT:
        on_quit(a, f);
        break;
    case WIRE_SECRET:
        secrets_frame(a->secrets, f);
        break;
    default:
        break;
    }
}

static void on_wire(void *user, int fd, unsigned ready)
{
    struct kith_account *a = user;
    struct frame f;
    if (ready & LOOP_WRITE)
        serve_flush(a);
    if (a->wire_gone || !(ready & (LOOP_READ | LOOP_HANGUP)))
        return;
    int rc = frame_fill(&a->wire), got = 0;
    while (!a->wire_gone && (got = frame_next(&a->wire, &f)) > 0)
        on_frame(a, &f); /* frame_next closes the descriptors that nobody took */
    frame_wipe_taken(&a->wire); /* what the user writes, answers: secrets */
    if (rc < 0 || got < 0)
        engine_gone(a);
}

void serve_start(struct kith_account *a)
{
    a->wire_io = loop_io_add(a->loop, a->wire.fd, LOOP_READ, on_wire, a);
    loop_io_priority(a->wire_io, -1);
}

static void end(void *user)
{
    struct kith_account *a = user;
    a->bye = NULL;
    loop_quit(a->loop, 0);
}

void serve_bye(struct kith_account *a, enum kith_reason reason)
{
    if (a->quitting)
        return;
    a->quitting = true;
    set_congested(a, false);
    a->bye = loop_timer_add(
        a->loop, a->session && a->state != KITH_STATE_OFFLINE ? ACCOUNT_BYE_MS : 0, end, a);
    if (a->session && a->state != KITH_STATE_OFFLINE &&
        a->proto->core->disconnect(a->session, reason, NULL) < 0) {
        loop_timer_del(a->bye);
        a->bye = loop_timer_add(a->loop, 0, end, a);
    }
}

void serve_state_changed(struct kith_account *a)
{
    if (!a->quitting || a->state != KITH_STATE_OFFLINE)
        return;
    loop_timer_del(a->bye); /* after what else the plugin does in this turn */
    a->bye = loop_timer_add(a->loop, 0, end, a);
}
