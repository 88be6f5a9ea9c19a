/* backends/xmpp/pep_write.c - publishing what is private, at servers that know only half of the options (XEP-0060, 0223)
 *
 * First with options in the request itself (XEP-0223 §3). A server that refuses them - because it does not know one of them, as
 * ejabberd 23.01 does, or because the node is there with others - is asked to make the node as it must be, or to change it, and
 * then takes the item without options. What cannot be kept private, or whole, is not published at all. */
#include <stdlib.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"

#define NS_OWNER NS_PUBSUB "#owner"

struct write {
    char *node;
    xmpp_stanza_t *plain; /* the request without options */
    struct pep_options options;
    x_iq_fn *fn;
    void *user;
};

/* The nodes that are as they must be: no options are needed there. */
static struct map *settled(struct x *x)
{
    struct map *m = x_state(x, "pep");
    if (!m) {
        m = xcalloc(1, sizeof *m);
        x_set_state(x, "pep", m);
    }
    return m;
}

void pep_write_free(struct x *x)
{
    struct map *m = x_state(x, "pep");
    if (m)
        map_free(m, NULL);
    free(m);
    x_set_state(x, "pep", NULL);
}

static void end(struct x *x, struct write *w, xmpp_stanza_t *reply)
{
    w->fn(x, reply, w->user);
    xmpp_stanza_release(w->plain);
    free(w->node);
    free(w);
}

static void on_plain(struct x *x, xmpp_stanza_t *reply, void *user)
{
    end(x, user, reply);
}

static void publish_plain(struct x *x, struct write *w)
{
    set_add(settled(x), w->node);
    x_iq(x, xmpp_stanza_copy(w->plain), on_plain, w);
}

static void on_changed(struct x *x, xmpp_stanza_t *reply, void *user)
{
    if (iq_is_result(reply))
        publish_plain(x, user);
    else
        end(x, user, reply);
}

/* XEP-0060 §8.2.4 */
static void change_node(struct x *x, struct write *w)
{
    xmpp_stanza_t *pubsub, *iq = iq_new(x, "set", NULL, "pubsub", NS_OWNER, &pubsub);
    xmpp_stanza_t *configure = st_add(pubsub, "configure", NULL);
    st_set(configure, "node", w->node);
    pep_form(configure, NS_PUBSUB "#node_config", &w->options);
    x_iq(x, iq, on_changed, w);
}

static void on_made(struct x *x, xmpp_stanza_t *reply, void *user)
{
    if (iq_is_result(reply))
        publish_plain(x, user);
    else if (st_child(st_child(reply, "error", NULL), "conflict", NULL))
        change_node(x, user); /* it is there */
    else
        end(x, user, reply);
}

/* XEP-0060 §8.1.3 */
static void make_node(struct x *x, struct write *w)
{
    xmpp_stanza_t *pubsub, *iq = iq_new(x, "set", NULL, "pubsub", NS_PUBSUB, &pubsub);
    st_set(st_add(pubsub, "create", NULL), "node", w->node);
    pep_form(st_add(pubsub, "configure", NULL), NS_PUBSUB "#node_config", &w->options);
    x_iq(x, iq, on_made, w);
}

static void on_published(struct x *x, xmpp_stanza_t *reply, void *user)
{
    if (!reply || iq_is_result(reply) || !x_online(x))
        end(x, user, reply);
    else
        make_node(x, user);
}

void pep_write(struct x *x, const char *node, xmpp_stanza_t *publish, const struct pep_options *o, x_iq_fn *fn, void *user)
{
    struct write *w = xcalloc(1, sizeof *w);
    *w = (struct write){.node = xstrdup(node), .plain = publish, .options = *o, .fn = fn, .user = user};
    xmpp_stanza_t *iq = xmpp_stanza_copy(publish);
    if (!map_get(settled(x), node))
        pep_options(iq, o);
    x_iq(x, iq, map_get(settled(x), node) ? on_plain : on_published, w);
}
