/* core/request.c - questions to a backend, each answered exactly once: by its reply, a refusal, or
 * the end */
#include "core/private.h"

enum { MOST = 4096 }; /* waiting at one time: a backend that never answers cannot fill the memory */

struct request *request_new(struct core_account *ca, request_fn *fn)
{
    struct request *r = xcalloc(1, sizeof *r);
    r->ca = ca;
    r->fn = fn;
    r->id = ++ca->core->next_req;
    return r;
}

static void request_free(struct request *r)
{
    free(r->text);
    free(r);
}

int request_send(struct request *r, struct wire_op *op, int fd, struct err *e)
{
    struct core *c = r->ca->core;
    size_t n = 0;
    for (const struct request *other = c->requests; other; other = other->next)
        n++;
    op->size = sizeof *op;
    op->req = r->id;
    int err = n < MOST ? link_op(r->ca, op, fd, e)
                       : err_set(e, KITH_EBUSY, "too many questions to %s wait for an answer",
                                 r->ca->account->name);
    if (err < 0) {
        request_free(r);
        return err;
    }
    r->next = c->requests;
    c->requests = r;
    return 0;
}

struct request *request_of(struct core_account *ca, kith_req id)
{
    struct request *r = ca->core->requests;
    while (r && (r->id != id || r->ca != ca))
        r = r->next;
    return id ? r : NULL;
}

static void settle(struct request *r, const struct kith_ev_reply *reply, const struct err *e)
{
    r->fn(r->ca->core, r, reply, e);
    request_free(r);
}

static void end(struct request *r, const struct kith_ev_reply *reply, const struct err *e)
{
    struct request **at = &r->ca->core->requests;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    settle(r, reply, e);
}

void request_reply(struct core_account *ca, const struct kith_ev_reply *ev)
{
    struct request *r = request_of(ca, ev->ev.req);
    struct err e = {0};
    if (!r)
        return;
    if (ev->err != KITH_OK)
        err_set(&e, ev->err, "%s", str_empty(ev->text) ? kith_err_text(ev->err) : ev->text);
    else if (ev->more && ev->text) /* of a list: why there would be more */
        str_copy(e.text, sizeof e.text, ev->text);
    end(r, ev, &e);
}

void request_item(struct core_account *ca, const struct kith_ev_item *ev)
{
    struct request *r = request_of(ca, ev->ev.req);
    if (r && r->item)
        r->item(r->user, ev);
}

void request_refused(struct core_account *ca, const struct wire_refused *refused)
{
    struct request *r = request_of(ca, refused->req);
    struct err e = {0};
    if (!r)
        return;
    err_set(&e, refused->err < 0 ? refused->err : KITH_EUNSUP, "%s", kith_err_text(refused->err));
    end(r, NULL, &e);
}

void request_lost(struct core_account *ca, const char *why)
{
    struct err e = {0};
    struct request *mine = NULL, **at = &ca->core->requests;
    err_set(&e, KITH_ECANCELED, "%s", why);
    while (*at) {
        struct request *r = *at;
        if (r->ca != ca) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        r->next = mine;
        mine = r;
    }
    while (mine) {
        struct request *r = mine;
        mine = r->next;
        settle(r, NULL, &e);
    }
}

void request_forget_chat(struct core *c, int64_t chat_id)
{
    for (struct request *r = c->requests; r; r = r->next) {
        if (r->chat_id == chat_id)
            r->chat_id = 0;
    }
}

void request_tell(struct core *c, struct request *r, const struct kith_ev_reply *reply,
                  const struct err *e)
{
    struct err good = {0};
    if (r->done && reply && e->code == 0 && !str_empty(reply->text)) {
        err_set(&good, 0, "%s", reply->text); /* what the backend says of its success */
        r->done(r->user, &good);
    } else if (r->done) {
        r->done(r->user, e);
    } else if (e->code != 0 && !c->stopping) {
        model_notice(c->model, r->ca->account, model_chat_by_id(c->model, r->chat_id), KITH_ERROR,
                     "%s: %s", r->what ? r->what : "it did not work", e->text);
    }
}

int request_possible(const struct account *a, uint32_t group, const char *what, struct err *e)
{
    if (a->core->link.protocol && !(a->groups & group))
        return err_set(e, KITH_EUNSUP, "%s has no %s",
                       a->protocol_label ? a->protocol_label : a->protocol, what);
    return 0;
}
