/* backends/irc/bouncer.c - networks behind a bouncer of the kind of soju: which there are, and how they stand
 *
 * soju.im/bouncer-networks. An account that is bound to a network (option bouncer_network) is that network; one that is
 * not tells the host which there are, and the host runs each as an account bound to it. What /network does: network.c.
 */
#include "backends/irc/bouncer.h"

#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "base/mem.h"

enum { ID_MAX = 64, VALUE_MAX = 255 };

static const char *const keys[NET_KEYS] = {
    [NET_NAME] = "name",         [NET_STATE] = "state",       [NET_ERROR] = "error",
    [NET_HOST] = "host",         [NET_PORT] = "port",         [NET_TLS] = "tls",
    [NET_NICKNAME] = "nickname", [NET_USERNAME] = "username", [NET_REALNAME] = "realname"};

const char *irc_network_key(enum irc_network_key key)
{
    return keys[key];
}

static void free_network(void *value)
{
    struct irc_network *n = value;
    for (size_t k = 0; k < NET_KEYS; k++)
        free(n->values[k]);
    free(n->id);
    free(n);
}

void irc_bouncer_free(struct irc *i)
{
    if (i->bouncer)
        map_free(&i->bouncer->networks, free_network);
    free(i->bouncer);
    i->bouncer = NULL;
}

bool irc_bouncer_bound(const struct irc *i)
{
    return irc_option(i, "bouncer_network") || !str_empty(irc_isupport_get(&i->is, "BOUNCER_NETID"));
}

/* A bouncer keeps our nick by itself, and would rename us at the network if we asked for another. */
bool irc_behind_bouncer(const struct irc *i)
{
    return irc_bouncer_bound(i) || irc_cap(i, CAP_BOUNCER) || irc_cap(i, CAP_SELF) || irc_cap(i, CAP_ZNC);
}

static bool lists(const struct irc *i)
{
    return irc_cap(i, CAP_BOUNCER) && !irc_bouncer_bound(i);
}

void irc_bouncer_online(struct irc *i)
{
    if (lists(i) && !irc_cap(i, CAP_BOUNCER_NOTIFY)) /* with it they come by themselves */
        irc_say(i, PRIO_QUERY, "BOUNCER", "LISTNETWORKS", NULL);
}

/* ---- telling the host ---- */

const char *irc_network_name(const struct irc_network *n)
{
    const char *name = !str_empty(n->values[NET_NAME]) ? n->values[NET_NAME] : n->values[NET_HOST];
    return str_empty(name) ? n->id : name;
}

char *irc_network_state(const struct irc_network *n)
{
    const char *state = n->values[NET_STATE], *error = n->values[NET_ERROR];
    if (!str_eq(state, "disconnected"))
        return xstrdup(str_empty(state) ? "state not known" : state);
    return str_empty(error) ? xstrdup("the bouncer is not connected to it")
                            : xasprintf("the bouncer is not connected to it: %s", error);
}

static void tell(struct irc *i, const struct irc_network *n)
{
    if (!lists(i))
        return;
    bool off = str_eq(n->values[NET_STATE], "disconnected");
    char *text = off ? irc_network_state(n) : NULL;
    const char *id = n->id;
    const struct kith_field option = {
        .size = sizeof option, .key = "bouncer_network", .values = &id, .n_values = 1};
    struct kith_ev_sub ev = {.ev = {sizeof ev, KITH_EV_SUB, 0, 0},
                             .id = id,
                             .name = irc_network_name(n),
                             .text = text,
                             .options = &option,
                             .n_options = 1};
    irc_emit(i, &ev.ev);
    free(text);
}

static void tell_gone(struct irc *i, const char *id)
{
    struct kith_ev_sub_gone ev = {.ev = {sizeof ev, KITH_EV_SUB_GONE, 0, 0}, .id = id};
    if (lists(i))
        irc_emit(i, &ev.ev);
}

static void tell_list(struct irc *i, uint32_t type)
{
    struct kith_ev_sync ev = {.ev = {sizeof ev, type, 0, 0}, .what = KITH_SYNC_SUBS};
    irc_emit(i, &ev.ev);
}

/* ---- what it says ---- */

static struct irc_bouncer *of(struct irc *i)
{
    if (!i->bouncer)
        i->bouncer = xcalloc(1, sizeof *i->bouncer);
    return i->bouncer;
}

static bool id_ok(const char *id)
{
    size_t n = strlen(id);
    return n > 0 && n <= ID_MAX &&
           strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

/* "name=libera;state=connected": what is named is new, what has no value is gone, the rest stays. */
static void take(struct irc_network *n, const char *list)
{
    struct irc_line l;
    char *text = xasprintf("@%s X", list);
    bool ok = irc_line_parse(&l, text, strlen(text));
    for (size_t t = 0; ok && t < l.n_tags; t++) {
        for (size_t k = 0; k < NET_KEYS; k++) {
            if (strcmp(l.tags[t].key, keys[k]) == 0)
                str_take(&n->values[k], *l.tags[t].value ? xstrndup(l.tags[t].value, VALUE_MAX) : NULL);
        }
    }
    free(text);
}

static void on_network(struct irc *i, const char *id, const char *list)
{
    struct irc_bouncer *b = of(i);
    struct irc_network *n = map_get(&b->networks, id);
    if (!id_ok(id) || !*list)
        return;
    if (strcmp(list, "*") == 0) {
        if (n)
            tell_gone(i, id);
        if (n)
            free_network(map_del(&b->networks, id));
        return;
    }
    if (!n && b->networks.n >= IRC_NETWORKS_MAX)
        return;
    if (!n) {
        n = xcalloc(1, sizeof *n);
        n->id = xstrdup(id);
        map_set(&b->networks, id, n);
    }
    n->listed = true;
    take(n, list);
    tell(i, n);
}

void irc_on_bouncer(struct irc *i, const struct irc_line *l)
{
    const char *what = irc_param(l, 0);
    if (str_casecmp_ascii(what, "NETWORK") == 0)
        on_network(i, irc_param(l, 1), irc_param(l, 2));
    else
        irc_network_done(i, what);
}

/* A list as a whole: what it does not name is no longer there. */
void irc_bouncer_list(struct irc *i, bool begin)
{
    struct irc_bouncer *b = of(i);
    for (struct map_entry *e = NULL; begin && (e = map_next(&b->networks, e));)
        ((struct irc_network *)e->value)->listed = false;
    for (bool more = !begin && b->listing; more;) {
        struct map_entry *e = NULL;
        while ((e = map_next(&b->networks, e)) && ((const struct irc_network *)e->value)->listed)
            ;
        more = e != NULL;
        if (e)
            free_network(map_del(&b->networks, e->key));
    }
    if (lists(i) && begin != b->listing)
        tell_list(i, begin ? KITH_EV_SYNC_BEGIN : KITH_EV_SYNC_END);
    b->listing = begin;
    if (!begin)
        irc_network_listed(i);
}

/* "FAIL BOUNCER INVALID_NETID BIND 42 :...": before the welcome there is nothing left to do. */
bool irc_bouncer_fail(struct irc *i, const struct irc_line *l)
{
    const char *why = l->n > 0 ? l->params[l->n - 1] : "";
    if (strcmp(irc_param(l, 0), "BOUNCER") != 0)
        return false;
    if (i->phase == IRC_REGISTER && str_casecmp_ascii(irc_param(l, 2), "BIND") == 0) {
        irc_end(i, KITH_ENOTFOUND, KITH_RETRY_NEVER, 0, "The bouncer does not let us into its network %s: %.300s",
                irc_option(i, "bouncer_network"), why);
        return true;
    }
    return irc_network_failed(i, irc_param(l, 2), why);
}
