/* core/detached.c - presence while no terminal is attached (presence.detached) */
#include "core/private.h"

void core_attached(struct core *c, bool any)
{
    const char *how = config_str(c->config, "presence.detached");
    enum kith_show show = str_eq(how, "xa") ? KITH_SHOW_XA : KITH_SHOW_AWAY;
    for (size_t i = 0; i < c->model->n_accounts && !c->stopping; i++) {
        struct account *a = c->model->accounts[i];
        bool here = a->show == KITH_SHOW_ONLINE || a->show == KITH_SHOW_CHAT;
        if (any && a->core->away_by_detach) { /* unless the user said otherwise meanwhile */
            a->core->away_by_detach = false;
            if (a->show == KITH_SHOW_AWAY || a->show == KITH_SHOW_XA)
                (void)core_set_status(c, a, a->core->show_before, a->status, NULL);
        } else if (!any && here && a->enabled && !str_eq(how, "none")) {
            a->core->show_before = a->show;
            a->core->away_by_detach = true;
            (void)core_set_status(c, a, show, a->status, NULL);
        }
    }
}
