/* backends/xmpp/muc_info.c - what a room says of itself (XEP-0045 §6.4), asked for once and when its settings change */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/muc.h"
#include "base/mem.h"

enum { FEATURES_MAX = 500, NAME_MAX_BYTES = 200 };

static void learn(struct muc_room *r, xmpp_stanza_t *query)
{
    const char *name = NULL;
    map_free(&r->features, NULL);
    EACH_CHILD (c, query) {
        const char *var = is_elem(c, "feature", NULL) ? st_attr(c, "var") : NULL;
        if (var && r->features.n < FEATURES_MAX && strlen(var) < 256)
            set_add(&r->features, var);
        if (!name && is_elem(c, "identity", NULL) && str_eq(st_attr(c, "category"), "conference"))
            name = st_attr(c, "name");
    }
    bool plain = !name || !*name || strlen(name) > NAME_MAX_BYTES || strncmp(name, r->address, strlen(name)) == 0;
    str_set(&r->name, plain ? NULL : name);
    r->flags = (muc_has(r, "muc_nonanonymous") ? KITH_CHAT_NON_ANONYMOUS : 0u) |
               (muc_has(r, "muc_membersonly") ? KITH_CHAT_MEMBERS_ONLY : 0u) |
               (muc_has(r, "muc_moderated") ? KITH_CHAT_MODERATED : 0u);
    r->known = true;
}

/* A room that is not there yet, or says nothing, has no features: nothing of it is trusted but its address. */
static void on_info(struct x *x, xmpp_stanza_t *reply, void *user)
{
    char *address = user;
    struct muc_room *r = x_state(x, "muc") ? muc_find(x, address) : NULL;
    free(address);
    if (!r)
        return;
    r->asking_info = false;
    if (!x_online(x))
        return;
    if (iq_is_result(reply))
        learn(r, st_child(reply, "query", NS_DISCO_INFO));
    muc_informed(x, r);
}

void muc_info(struct x *x, struct muc_room *r)
{
    if (r->asking_info)
        return;
    r->asking_info = true;
    x_iq(x, iq_new(x, "get", r->address, "query", NS_DISCO_INFO, NULL), on_info, xstrdup(r->address));
}
