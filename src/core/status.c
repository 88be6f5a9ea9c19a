/* core/status.c - own presence: kept over restarts, told to each account */
#include "core/private.h"

static int set_one(struct core_account *ca, enum kith_show show, const char *text, struct err *e)
{
    struct account *a = ca->account;
    struct wire_op op = {.size = sizeof op, .type = OP_PRESENCE, .number = show, .text = text};
    if (show == KITH_SHOW_OFFLINE) {
        ca->off_by_status = ca->off_by_status || a->enabled;
        return core_disconnect(ca->core, a, e);
    }
    a->show = show;
    str_set(&a->status, str_empty(text) ? NULL : text);
    op.text = a->status;
    save_account(ca);
    if (link_up(ca))
        link_op(ca, &op, -1, e);
    ca->off_by_status = false;
    if (!a->enabled && a->state == KITH_STATE_OFFLINE && !ca->core->p.offline)
        return core_connect(ca->core, a, e); /* who says "away" wants to be seen */
    account_changed(a);
    return 0;
}

int core_set_status(struct core *c, struct account *a, enum kith_show show, const char *text,
                    struct err *e)
{
    if (show == KITH_SHOW_UNKNOWN)
        return err_set(e, KITH_EINVAL,
                       "that is no status; take online, chat, away, xa, dnd or offline");
    if (a)
        return set_one(a->core, show, text, e);
    int r = 0;
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        struct account *one = c->model->accounts[i];
        if (one->enabled || one->core->off_by_status)
            r = MIN(r, set_one(one->core, show, text, e));
    }
    return r;
}
