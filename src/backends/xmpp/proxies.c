/* backends/xmpp/proxies.c - finds the relays of our server, once a session and only when a file goes (XEP-0065 §4) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/jingle.h"
#include "base/mem.h"

enum { ITEMS_MAX = 20, HOST_MAX = 255 };

struct proxies {
    struct proxy list[PROXIES_MAX];
    size_t n;
    bool known, asking;
    unsigned waiting; /* answers still to come */
    uintptr_t round;  /* of questions: late answers of an earlier one do not count */
};

static struct proxies *proxies_of(const struct x *x)
{
    return x_state(x, "proxies");
}

static void clear(struct proxies *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->list[i].jid);
        free(p->list[i].host);
    }
    p->n = 0;
    p->known = p->asking = false;
    p->waiting = 0;
    p->round++;
}

static void one_less(struct x *x, struct proxies *p)
{
    if (--p->waiting > 0)
        return;
    p->known = true;
    p->asking = false;
    jingle_proxies_known(x);
}

static struct proxies *current(struct x *x, void *user)
{
    struct proxies *p = proxies_of(x);
    return p && p->asking && p->round == (uintptr_t)user ? p : NULL;
}

static void ask(struct x *x, const char *to, const char *ns, x_iq_fn *fn)
{
    struct proxies *p = proxies_of(x);
    p->waiting++;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a number, never dereferenced */
    x_iq(x, iq_new(x, "get", to, "query", ns, NULL), fn, (void *)p->round);
}

/* §4.3: where it is. Nobody is sent to a relay that its own service does not name. */
static void on_address(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct proxies *p = current(x, user);
    int64_t port = 0;
    if (!p)
        return;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_BYTESTREAMS) : NULL;
    xmpp_stanza_t *at = st_child(query, "streamhost", NULL);
    const char *host = st_attr(at, "host"), *number = st_attr(at, "port"), *from = st_attr(reply, "from");
    if (!str_empty(host) && strlen(host) <= HOST_MAX && number && str_int(number, 1, 65535, &port) && from &&
        p->n < PROXIES_MAX)
        p->list[p->n++] = (struct proxy){xstrdup(from), xstrdup(host), (uint16_t)port};
    one_less(x, p);
}

static void on_info(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct proxies *p = current(x, user);
    if (!p)
        return;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL;
    bool is = false;
    EACH_CHILD (c, query)
        is = is || (is_elem(c, "identity", NULL) && str_eq(st_attr(c, "category"), "proxy") &&
                    str_eq(st_attr(c, "type"), "bytestreams"));
    if (is)
        ask(x, st_attr(reply, "from"), NS_BYTESTREAMS, on_address);
    one_less(x, p);
}

static void on_items(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct proxies *p = current(x, user);
    size_t n = 0;
    if (!p)
        return;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_ITEMS) : NULL;
    EACH_CHILD (c, query) {
        const char *jid = is_elem(c, "item", NULL) && !st_attr(c, "node") ? st_attr(c, "jid") : NULL;
        if (jid && !strchr(jid, '@') && n++ < ITEMS_MAX)
            ask(x, jid, NS_DISCO_INFO, on_info);
    }
    one_less(x, p);
}

bool proxies_known(struct x *x, const struct proxy **list, size_t *n)
{
    struct proxies *p = proxies_of(x);
    *list = p->list;
    *n = p->n;
    if (!p->known && !p->asking) {
        p->asking = true;
        ask(x, x_domain(x), NS_DISCO_ITEMS, on_items);
    }
    return p->known;
}

static void proxies_online(struct x *x, bool resumed)
{
    if (!resumed)
        clear(proxies_of(x));
}

static void proxies_attach(struct x *x)
{
    x_set_state(x, "proxies", xcalloc(1, sizeof(struct proxies)));
}

static void proxies_detach(struct x *x)
{
    struct proxies *p = proxies_of(x);
    clear(p);
    free(p);
    x_set_state(x, "proxies", NULL);
}

const struct feature feature_proxies = {
    .name = "proxies", .attach = proxies_attach, .online = proxies_online, .detach = proxies_detach};
