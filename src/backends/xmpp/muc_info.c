/* backends/xmpp/muc_info.c - what a room says of itself (XEP-0045 §6.4), asked for once and when its settings change */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/muc.h"
#include "base/mem.h"

enum { FEATURES_MAX = 500, NAME_MAX_BYTES = 200 };

/* XEP-0486 §3.3; prosody's module had a field of its own before. */
static void learn_photo(struct muc_room *r, xmpp_stanza_t *form)
{
    EACH_CHILD (f, is_elem(form, "x", NS_DATA) ? form : NULL) {
        const char *var = is_elem(f, "field", NULL) ? st_attr(f, "var") : NULL;
        if (!str_eq(var, "muc#roominfo_avatarhash") && !str_eq(var, "{http://modules.prosody.im/mod_vcard_muc}avatar#sha1"))
            continue;
        char *hash = st_child_text(f, "value", NULL);
        r->has_photo = avatar_id_read(hash, r->photo);
        free(hash);
    }
}

/* The newest presence of each is what holds. A room that cannot have a card has no picture. */
int muc_avatar(const struct x *x, const char *address, unsigned char sha[20])
{
    const struct muc_room *r = muc_find(x, address);
    const char *nick = jid_resource(address);
    const struct muc_member *m = r && nick ? muc_member(r, nick) : NULL;
    if (!r || (nick && !m))
        return 0;
    if (m ? m->has_photo > 0 : r->has_photo)
        memcpy(sha, m ? m->photo : r->photo, 20);
    if (m)
        return m->has_photo;
    return r->has_photo ? 1 : r->known && !muc_has(r, NS_VCARD) ? 0 : -1;
}

static void learn(struct muc_room *r, xmpp_stanza_t *query)
{
    const char *name = NULL;
    map_free(&r->features, NULL);
    r->has_photo = false;
    EACH_CHILD (c, query) {
        const char *var = is_elem(c, "feature", NULL) ? st_attr(c, "var") : NULL;
        if (var && r->features.n < FEATURES_MAX && strlen(var) < 256)
            set_add(&r->features, var);
        learn_photo(r, c);
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
