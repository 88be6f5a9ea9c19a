/* backends/xmpp/puppets.c - people behind a gateway that the account keeps, and are not in its list of contacts
 *
 * A gateway that may not write the list of contacts sends its people's presence and messages all the same.
 * Whoever keeps the gateway as a contact knows them: they are shown as contacts, in a group of the gateway's name, for as
 * long as the session lasts. Nobody else can bring one about: the domain of the sender has to be in the list. */
#include "backends/xmpp/puppets.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/roster.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { PUPPETS_MAX = 2000, NAME_BYTES = 200 };

struct puppets {
    struct map of;   /* bare address -> name, "" where it is not known */
    struct map kept; /* gateways that were registered with in this session */
};

bool puppets_is_gateway(const struct x *x, const char *bare)
{
    const struct puppets *p = x_state(x, "puppets");
    return bare && !strpbrk(bare, "@/") && strcmp(bare, x_domain(x)) != 0 &&
           ((roster_flags(x, bare) & KITH_CONTACT_GATEWAY) || (p && map_get(&p->kept, bare)));
}

void puppets_keep(struct x *x, const char *gateway)
{
    struct puppets *p = x_state(x, "puppets");
    set_add(&p->kept, gateway);
}

bool puppets_has(const struct x *x, const char *bare)
{
    const char *at = bare ? strchr(bare, '@') : NULL;
    return at && !strchr(at, '/') && puppets_is_gateway(x, at + 1);
}

static void emit(struct x *x, const char *bare, const char *name)
{
    const char *gateway = strchr(bare, '@') + 1;
    char *group = roster_name(x, gateway), *shown = *name ? NULL : jid_shown(bare);
    const char *groups[] = {group ? group : gateway};
    struct kith_ev_contact ev = EV_INIT(KITH_EV_CONTACT, kith_ev_contact);
    ev.address = bare;
    ev.name = *name ? name : shown;
    ev.groups = groups;
    ev.n_groups = 1;
    ev.flags = KITH_CONTACT_TO | (blocking_has(x, bare) ? KITH_CONTACT_BLOCKED : 0u);
    x_emit(x, &ev.ev);
    free(shown);
    free(group);
}

void puppets_seen(struct x *x, const char *bare, const char *nick)
{
    struct puppets *p = x_state(x, "puppets");
    const char *known = map_get(&p->of, bare);
    if (!puppets_has(x, bare) || roster_has(x, bare) || muc_is_room(x, bare) || (!known && p->of.n >= PUPPETS_MAX))
        return;
    if (known && (str_empty(nick) || str_eq(known, nick)))
        return;
    char *name = nick ? xstrndup(nick, utf8_floor(nick, strlen(nick), NAME_BYTES)) : xstrdup(nick_of(x, bare));
    name = name ? name : xstrdup("");
    emit(x, bare, name);
    free(map_set(&p->of, bare, name));
}

void puppets_tell(struct x *x)
{
    const struct puppets *p = x_state(x, "puppets");
    for (struct map_entry *e = NULL; p && (e = map_next(&p->of, e));)
        if (puppets_has(x, e->key) && !roster_has(x, e->key))
            emit(x, e->key, e->value);
}

static void gone(struct x *x, struct puppets *p, const char *bare)
{
    struct kith_ev_contact_gone ev = EV_INIT(KITH_EV_CONTACT_GONE, kith_ev_contact_gone);
    ev.address = bare;
    if (!roster_has(x, bare))
        x_emit(x, &ev.ev);
    free(map_del(&p->of, bare));
}

/* Put into the list: it is the list's now. A gateway that is no contact any more takes its people along. */
void puppets_roster(struct x *x, const char *bare)
{
    struct puppets *p = x_state(x, "puppets");
    if (!p)
        return;
    if (strchr(bare, '@')) {
        if (roster_has(x, bare))
            free(map_del(&p->of, bare));
        return;
    }
    if (roster_has(x, bare))
        return;
    map_del(&p->kept, bare);
    for (bool again = true; again;) {
        again = false;
        for (struct map_entry *e = NULL; !again && (e = map_next(&p->of, e));) {
            const char *at = strchr(e->key, '@');
            again = at && strcmp(at + 1, bare) == 0;
            char *one = again ? xstrdup(e->key) : NULL;
            if (again)
                gone(x, p, one);
            free(one);
            if (again)
                break;
        }
    }
}

static bool puppets_presence(struct x *x, xmpp_stanza_t *st)
{
    const char *from = st_attr(st, "from");
    char *bare = from && !st_attr(st, "type") && !st_child(st, "x", NS_MUC_USER) ? jid_bare(from) : NULL;
    if (bare && puppets_has(x, bare)) {
        char *nick = st_child_text(st, "nick", NS_NICK);
        puppets_seen(x, bare, nick);
        free(nick);
    }
    free(bare);
    return false;
}

static void puppets_attach(struct x *x)
{
    x_set_state(x, "puppets", xcalloc(1, sizeof(struct puppets)));
}

/* A new session: who is still there says so. */
static void puppets_online(struct x *x, bool resumed)
{
    struct puppets *p = x_state(x, "puppets");
    if (!resumed)
        map_free(&p->of, free);
}

static void puppets_detach(struct x *x)
{
    struct puppets *p = x_state(x, "puppets");
    map_free(&p->of, free);
    map_free(&p->kept, NULL);
    free(p);
    x_set_state(x, "puppets", NULL);
}

const struct feature feature_puppets = {
    .name = "puppets",
    .attach = puppets_attach,
    .online = puppets_online,
    .detach = puppets_detach,
    .presence = puppets_presence,
};
